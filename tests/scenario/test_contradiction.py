"""An origin that tells two stories: found, proved, told to all, shown, verified offline; nobody else is blamed."""
import os
import subprocess
import time

import pytest

import reflog
import refpeer
from test_protocol import held, others_are_fine, refused, rejects, state, until
from test_protocol import body, peer, two  # noqa: F401 - fixtures


class Branch(refpeer.Log):
    """Another story of ${log}: the same first ${common} leaves."""

    def __init__(self, log, common):
        self.peer, self.class_name, self.id = log.peer, log.class_name, log.id
        self.headers, self.bodies = log.headers[:common], log.bodies[:common]


def grow(log, body, count):  # noqa: F811
    for _ in range(count):
        log.add(log.header(body), body)
    return log


def proof(log, old_size, **changes):
    """An answer to PROOF from ${log}, to its newest head."""
    leaves = [reflog.leaf_hash(header) for header in log.headers]
    fields = dict(log=log.id, old_size=old_size, prefix_root=reflog.root(leaves[:old_size]), checkpoint=log.checkpoint(),
                  path=reflog.consistency_proof(old_size, leaves))
    fields.update(changes)
    return log.peer.wire.ProofAnswer(**fields)


def fork(older, newer, size):
    """FORK: ${older} at ${size} against the newest head of ${newer}."""
    leaves = [reflog.leaf_hash(header) for header in newer.headers]
    return older.peer.wire.Fork(origin=older.peer.name, older=older.checkpoint(size), newer=newer.checkpoint(),
                                prefix_root=reflog.root(leaves[:size]), path=reflog.consistency_proof(size, leaves))


def frozen(node, log):
    until("%s did not freeze the log: %s" % (node.name, state(node, log)), lambda: (state(node, log) or {}).get("state") == "frozen")


def serve(session, log, size=None):
    """Offer ${log} and send what is asked for."""
    first = session.offer(log)
    session.send(data=log.data(first=first))
    return first


def verified(node, log, tmp_path):
    """`log evidence` of ${node}, verified offline in another directory, and not with any byte flipped."""
    text = node.cli("log", "evidence", log.id.hex()).stdout
    path, roster = tmp_path / "evidence", os.path.join(node.directory, "roster", "000001.note")
    path.write_bytes(text)
    program = os.path.join(node.bin, "parallax")

    def verify(data):
        path.write_bytes(data)
        return subprocess.run([program, "verify", str(path), "--roster", roster], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    good = verify(text)
    assert good.returncode == 0 and b"cannot both be true" in good.stdout, good.stderr
    for at in range(0, len(text), 7):
        damaged = text[:at] + bytes([text[at] ^ 1]) + text[at + 1:]
        assert verify(damaged).returncode == 1, "byte %d flipped" % at
    assert verify(text[:-1]).returncode == 1 and verify(text + b"\n").returncode == 1
    return text


@pytest.mark.parametrize("sizes", ((3, 3), (3, 6), (6, 3)))
def test_two_stories_told_to_two_nodes_are_found_proved_and_told_to_both(two, peer, body, tmp_path, sizes):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    log = grow(refpeer.Log(peer), body, 1)
    other = grow(Branch(log, 2), body, sizes[1] - 2)
    grow(log, body, sizes[0] - 2)
    one, second = peer.dial("us-noaa"), peer.dial("fr-cnes")
    one.send(heads=log.heads())
    second.send(heads=other.heads())
    for session, story in ((one, log), (second, other)):
        session.send(data=story.data()) if session.wait("open", fits=lambda o: o.log == log.id) else None
    for node in (us, fr):
        frozen(node, log)
        assert node.events.wait("fork_found", origin="jp-jaxa")
        refused(node, "FORK")
        verified(node, log, tmp_path)
    assert not rejects(us, "TREE_PROOF", "fr-cnes") and not rejects(fr, "TREE_PROOF", "us-noaa")
    assert "FROZEN" in us.cli("status", check=False).out
    others_are_fine(two, tmp_path)


def test_a_batch_under_a_head_of_another_story_is_asked_about_before_anybody_is_blamed(two, peer, body, tmp_path):  # noqa: F811
    fr = two["fr-cnes"]
    log = grow(refpeer.Log(peer), body, 2)
    other = grow(Branch(log, 1), body, 5)
    session = peer.dial("fr-cnes")
    serve(session, log)
    held(fr, log, 3)
    session.send(heads=other.heads())
    session.send(data=other.data(first=3))
    ask = session.wait("proof")
    assert (ask.log, ask.old_size, ask.new_size) == (log.id, 3, 6)
    session.send(proof_answer=proof(other, 3))
    frozen(fr, log)
    for frame in session.frames(1):
        if frame.WhichOneof("body") == "proof":
            session.send(proof_answer=proof(other, frame.proof.old_size))
    assert fr.events.wait("fork_common").fields["size"] == "1"
    verified(fr, log, tmp_path)
    assert not rejects(fr, "TREE_PROOF")


def test_a_sender_whose_batch_is_bad_under_an_honest_head_is_blamed_itself(two, peer, body, tmp_path):  # noqa: F811
    fr = two["fr-cnes"]
    log = grow(refpeer.Log(peer), body, 2)
    session = peer.dial("fr-cnes")
    serve(session, log)
    held(fr, log, 3)
    grow(log, body, 2)
    session.send(heads=log.heads())
    bad = log.data(first=3)
    bad.headers[0] = log.header(body)
    session.send(data=bad)
    session.wait("proof")
    session.send(proof_answer=proof(log, 3))
    refused(fr, "TREE_PROOF")
    session.send(data=log.data(first=3))
    held(fr, log, 5)
    others_are_fine(two, tmp_path)


def test_proofs_that_do_not_hold_prove_nothing(two, peer, body, tmp_path):  # noqa: F811
    fr = two["fr-cnes"]
    log = grow(refpeer.Log(peer), body, 2)
    other = grow(Branch(log, 1), body, 5)
    session = peer.dial("fr-cnes")
    serve(session, log)
    held(fr, log, 3)
    lies = (dict(prefix_root=os.urandom(32)), dict(path=[os.urandom(32)]), dict(checkpoint=log.checkpoint(2)),
            dict(path=[b"short"]), dict(checkpoint=None), dict(prefix_root=b""))
    for number, lie in enumerate(lies, 1):
        session.send(heads=other.heads())
        session.send(data=other.data(first=3))
        session.wait("proof")
        session.send(proof_answer=proof(other, 3, **lie))
        until("lie %d is counted" % number, lambda: rejects(fr, "PROOF_BAD") + rejects(fr, "HEAD_SHAPE") == number)
    assert state(fr, log)["state"] != "frozen" and state(fr, log)["size"] == 3


def test_forks_that_are_told_are_believed_only_when_they_hold(two, peer, body, tmp_path):  # noqa: F811
    fr = two["fr-cnes"]
    log = grow(refpeer.Log(peer), body, 2)
    other = grow(Branch(log, 1), body, 5)
    session = peer.dial("fr-cnes")
    serve(session, log)
    held(fr, log, 3)
    good = fork(log, other, 3)
    lies = []
    for change in ("older.signature", "newer.signature", "older.root", "newer.root", "prefix_root"):
        lie = peer.wire.Fork()
        lie.CopyFrom(good)
        part, _, name = change.rpartition(".")
        message = getattr(lie, part) if part else lie
        setattr(message, name, os.urandom(len(getattr(message, name))))
        lies.append(lie)
    same = fork(log, grow(Branch(log, 3), body, 2), 3)  # an honest extension
    lies += [same, peer.wire.Fork(), peer.wire.Fork(origin="de-dlr", older=good.older, newer=good.newer, prefix_root=good.prefix_root, path=good.path)]
    for lie in lies:
        session.send(fork=lie)
    time.sleep(0.2)  # all are taken in order: the good one comes behind them
    assert state(fr, log)["state"] != "frozen"
    session.send(fork=good)
    frozen(fr, log)
    frozen(two["us-noaa"], log)  # passed on
    text = verified(two["us-noaa"], log, tmp_path)
    assert text == fr.cli("log", "evidence", log.id.hex()).stdout


def test_what_is_known_of_a_contradiction_outlives_a_restart_and_reaches_who_was_away(two, peer, body, tmp_path):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    us.stop()
    log = grow(refpeer.Log(peer), body, 2)
    session = peer.dial("fr-cnes")
    serve(session, log)
    held(fr, log, 3)
    session.send(fork=fork(log, grow(Branch(log, 1), body, 5), 3))
    frozen(fr, log)
    text = verified(fr, log, tmp_path)
    fr.stop()
    fr.start()
    assert state(fr, log)["state"] == "frozen" and fr.cli("log", "evidence", log.id.hex()).stdout == text
    us.start()
    frozen(us, log)
    assert us.cli("log", "evidence", log.id.hex()).stdout == text


def test_a_head_of_our_own_log_that_we_never_signed_ends_the_log_and_another_goes_on(two, peer, body, tmp_path):  # noqa: F811
    us = two["us-noaa"]
    [row] = [row for row in us.json("log", "list") if row["origin"] == "us-noaa" and row["series"].endswith("/data")]
    thief = refpeer.Peer(us.directory, "us-noaa", tmp_path)
    log = refpeer.Log(thief, log_id=bytes.fromhex(row["id"]))
    grow(log, body, row["size"] + 3)
    head = log.heads().heads[0]
    session = peer.dial("us-noaa")
    session.send(heads=peer.wire.Heads(heads=[peer.wire.Head(checkpoint=head.checkpoint, origin="us-noaa", held=0)]))
    us.events.wait("fork_found", origin="us-noaa")
    until("a new log goes on", lambda: [r for r in us.json("log", "list") if r["origin"] == "us-noaa" and r["series"].endswith("/data") and
                                        r["state"] == "open" and r["id"] != row["id"]])
    others_are_fine(two, tmp_path)
    thief.close()


def test_a_flood_of_false_contradictions_is_looked_at_twenty_times_a_second(two, peer, body, tmp_path):  # noqa: F811
    fr = two["fr-cnes"]
    log = grow(refpeer.Log(peer), body, 2)
    lie = fork(log, grow(Branch(log, 1), body, 5), 3)
    lie.older.signature = os.urandom(64)
    session = peer.dial("fr-cnes")
    for _ in range(400):
        session.send(fork=lie)
    until("all are counted", lambda: rejects(fr, "LIMIT") + rejects(fr, "HEAD_SIGNATURE") == 400)
    assert rejects(fr, "LIMIT") >= 100 and rejects(fr, "HEAD_SIGNATURE") >= 20
    others_are_fine(two, tmp_path)
