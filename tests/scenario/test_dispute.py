"""What a log that contradicts itself is worth: what both stories have is believed, carried and completed; what lies above is kept aside; alerts go on."""
import pytest

import reflog
import refpeer
from test_contradiction import Branch, fork, frozen, grow, proof, serve, verified
from test_protocol import held, others_are_fine, rejects, rows, state, until
from test_protocol import body, peer, two  # noqa: F401 - fixtures

COMMON = 3


def answer(session, story, until_seen, node):
    """Proofs from ${story}, until ${node} said where the two part."""
    while not node.events.find("fork_common"):
        for frame in session.frames(0.2):
            session.received.append(frame)
            if frame.WhichOneof("body") == "proof":
                session.send(proof_answer=proof(story, frame.proof.old_size))
    assert node.events.wait("fork_common").fields["size"] == str(until_seen)


def contradict(two, peer, body, class_name="data", away=False):  # noqa: F811
    """fr-cnes holds 5 leaves of a log and is shown a story of 7 that parts after the third. The log, and the session."""
    fr = two["fr-cnes"]
    log = grow(refpeer.Log(peer, class_name), body, 4)
    other = grow(Branch(log, COMMON), body, 4)
    session = peer.dial("fr-cnes", refpeer.ALERT if class_name == "alert" else refpeer.BULK)
    serve(session, log)
    held(fr, log, 5)
    if not away:
        held(two["us-noaa"], log, 5)
    session.send(heads=other.heads())
    session.send(data=other.data(first=5))
    session.wait("proof")
    session.send(proof_answer=proof(other, 5))
    frozen(fr, log)
    answer(session, other, COMMON, fr)
    return log, session


def indexes(node, log, *words):
    found = [row["id"].split(":") for row in rows(node, "query", "orbit", "--mode", "TEST", "--origin", "jp-jaxa", *words)]
    assert all(name == log.id.hex() for name, _ in found)
    return sorted(int(index) for _, index in found)


def believed(node, log):
    until("%s does not show what is common: %s" % (node.name, state(node, log)), lambda: indexes(node, log) == [COMMON - 1])
    assert not [line for line in node.cli("picture", "export").out.splitlines() if '"%s:%d"' % (log.id.hex(), 4) in line]


def test_what_only_one_story_has_leaves_the_picture_and_what_was_before_it_comes_back(two, peer, body, tmp_path):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    log, _ = contradict(two, peer, body)
    for node in (us, fr):
        frozen(node, log)
        believed(node, log)
        assert state(node, log)["common"] == COMMON and state(node, log)["size"] == 5
        assert indexes(node, log, "--history") == [1, 2]
        assert indexes(node, log, "--disputed") == [3, 4]
        assert all(row["disputed"] for row in rows(node, "query", "orbit", "--mode", "TEST", "--disputed"))
        assert "DISPUTED" in node.cli("status", check=False).out
        verified(node, log, tmp_path)
    assert us.cli("picture", "export").stdout == fr.cli("picture", "export").stdout
    fr.stop()
    fr.start()
    believed(fr, log)
    assert state(fr, log)["common"] == COMMON
    others_are_fine(two, tmp_path)


def test_who_holds_nothing_of_it_gets_what_both_stories_have(two, peer, body, tmp_path):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    us.stop()
    log, _ = contradict(two, peer, body, away=True)
    us.start()
    frozen(us, log)
    held(us, log, COMMON)
    believed(us, log)
    assert indexes(us, log, "--disputed") == [] and not rejects(us, "TREE_PROOF", "fr-cnes")
    until("pictures differ", lambda: us.cli("picture", "export").stdout == fr.cli("picture", "export").stdout)
    verified(us, log, tmp_path)


@pytest.mark.parametrize("away", (False, True))
def test_alerts_of_it_go_on_and_are_shown_disputed(two, peer, body, tmp_path, away):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    if away:
        us.stop()
    log, session = contradict(two, peer, body, "alert", away)
    if not any(frame.WhichOneof("body") == "open" and getattr(frame.open, "from") == 5 for frame in session.received):
        session.wait("open", fits=lambda o: o.log == log.id and getattr(o, "from") == 5)
    grow(log, body, 1)
    session.send(data=log.data(first=5))
    held(fr, log, 6)
    if away:
        us.start()
    held(us, log, 6)
    for node in (us, fr):
        frozen(node, log)
        believed(node, log)
        shown = rows(node, "query", "orbit", "--mode", "TEST", "--origin", "jp-jaxa", "--history")
        assert sorted((int(row["id"].split(":")[1]), row.get("disputed", False)) for row in shown) == [(1, False), (2, False), (3, True), (4, True), (5, True)]


def test_a_common_part_that_is_not_in_both_stories_is_not_believed(two, peer, body, tmp_path):  # noqa: F811
    fr = two["fr-cnes"]
    log, session = contradict(two, peer, body)
    other = grow(Branch(log, 4), body, 4)
    lie = fork(log, other, 5)
    leaves = [reflog.leaf_hash(header) for header in log.headers]
    lie.common_size, lie.common_root = 4, reflog.root(leaves[:4])
    lie.older_common.extend(reflog.consistency_proof(4, leaves))
    lie.newer_common.extend(reflog.consistency_proof(4, leaves))
    session.send(fork=lie)
    until("it is counted", lambda: rejects(fr, "PROOF_BAD"))
    assert state(fr, log)["common"] == COMMON
    believed(fr, log)
