"""The roster changes while nodes run: it spreads, a removed member is cut off, rivals and forgeries change nothing."""
import os
import shutil
import time

import pytest

from federation import Node, free_port, parallax
from refpeer import Peer
from test_federation import until


def next_roster(federation, number, *words, signers=None, name=None):
    """Version ${number}, made from us-noaa's newest with `roster ${words}`, signed by ${signers} (all three)."""
    us = federation.nodes[0]
    old = os.path.join(us.directory, "roster", "%06d.note" % (number - 1))
    out = os.path.join(federation.directory, name or "roster-%d.yaml" % number)
    parallax(federation.build, "roster", words[0], old, *words[1:], "-o", out)
    for node in signers or federation.nodes[:3]:
        parallax(federation.build, "roster", "sign", out, "--key", os.path.join(node.directory, "keys", "steward.key"), "--as", node.name)
    return out


def request(federation, name):
    """A join request of a node that is never started."""
    directory = os.path.join(federation.directory, name)
    parallax(federation.build, "init", directory, "--name", name, "--listen", "tcp://127.0.0.1:%d" % free_port(), "--agency", name)
    return os.path.join(directory, "join-request.yaml")


def version(node):
    return node.json("status")["roster_version"]


def test_a_node_that_was_away_takes_all_versions_when_it_comes_back(three):
    us, fr, jp = three.nodes
    jp.stop()
    signers = list(three.nodes)
    for number, name in ((2, "br-inpe"), (3, "in-isro"), (4, "au-asa")):
        us.cli("roster", "update", next_roster(three, number, "add", request(three, name), signers=signers))
        signers.append(Node(three.build, os.path.join(three.directory, name), name))
        until(lambda: version(us) == version(fr) == number, "us-noaa and fr-cnes have version %d" % number)
    jp.start()
    until(lambda: version(jp) == 4, "jp-jaxa has version 4")
    assert sorted(os.listdir(os.path.join(jp.directory, "roster"))) == ["%06d.note" % k for k in (1, 2, 3, 4)]
    three.wait_equal()


def test_a_removed_member_is_cut_off_within_a_second_of_the_roster(three):
    us, fr, jp = three.nodes
    note = next_roster(three, 2, "remove", "jp-jaxa")
    marks = {node: node.events.mark() for node in (us, fr)}
    jp_mark = jp.events.mark()
    us.cli("roster", "update", note)
    us.events.wait("roster_changed", after=marks[us])
    begun = time.monotonic()
    for lane in ("alert", "bulk"):
        jp.events.wait("session_end", after=jp_mark, peer="us-noaa", lane=lane)
    assert time.monotonic() - begun < 1
    fr.events.wait("roster_loaded", after=marks[fr], version=2)
    until(lambda: [row["state"] for row in fr.json("peers") if row["node"] == "jp-jaxa"] == ["removed"], "fr-cnes sees it removed")
    mark = us.events.mark()
    us.events.wait("zap_refused", after=mark)  # it dials again, and is nobody
    assert not us.events.find("session_open", after=mark, peer="jp-jaxa")


def test_the_removed_member_learns_it_from_a_peer_that_still_speaks_to_it(three):
    us, fr, jp = three.nodes
    fr.stop()
    note = next_roster(three, 2, "remove", "jp-jaxa", signers=three.nodes)
    shutil.copy(note, os.path.join(jp.directory, "roster", "000002.note"))
    jp.events.wait("roster_refused")
    until(lambda: version(jp) == 1, "it goes on with what it has")


def test_two_valid_rosters_of_one_version_are_said_everywhere_and_change_nothing(three):
    us, fr, jp = three.nodes
    one = next_roster(three, 2, "add", request(three, "br-inpe"), name="one.yaml")
    two = next_roster(three, 2, "add", request(three, "in-isro"), name="two.yaml")
    fr.stop()
    marks = [node.events.mark() for node in (us, jp)]
    us.cli("roster", "update", one)
    for node, mark in zip((us, jp), marks):
        node.events.wait("roster_loaded", after=mark, version=2)
    fr.cli("roster", "update", two)
    fr.start()
    for node in three.nodes:
        node.events.wait("roster_contested")
        until(lambda: "two valid rosters" in node.json("status")["roster_concern"], "%s says it" % node.name)
    members = [node.cli("roster", "show", os.path.join(node.directory, "roster", "000002.note")).out for node in three.nodes]
    assert "br-inpe" in members[0] and "in-isro" in members[1] and "br-inpe" in members[2]
    assert "NOT WELL" in us.cli("status", check=False).out and "ROSTER" in us.cli("status", check=False).out


def test_a_roster_with_too_few_signatures_is_refused_by_the_word_and_by_the_node(three):
    us = three.nodes[0]
    note = next_roster(three, 2, "remove", "jp-jaxa", signers=three.nodes[:1])
    done = us.cli("roster", "update", note, check=False)
    assert done.returncode == 1 and "signed by 1 stewards" in done.err, done.err
    shutil.copy(note, os.path.join(us.directory, "roster", "000002.note"))
    assert us.events.wait("roster_refused").fields["why"] == "ROSTER_THRESHOLD"
    assert version(us) == 1
    os.remove(os.path.join(us.directory, "roster", "000002.note"))


@pytest.fixture
def liar(federate, tmp_path):
    """us-noaa up, and fr-cnes in Python."""
    federation = federate("us-noaa", "fr-cnes", "jp-jaxa")
    us, fr, jp = federation.nodes
    us.start()
    peer = Peer(fr.directory, "fr-cnes", tmp_path)
    yield federation, us, peer
    peer.close()


def rejects(node, why):
    return sum(row["count"] for row in node.json("status")["rejects"] if row["why"] == why and row["peer"] == "fr-cnes")


def test_a_peer_that_claims_a_newer_roster_is_asked_and_must_show_it(liar):
    federation, us, peer = liar
    with open(next_roster(federation, 2, "remove", "jp-jaxa", signers=federation.nodes[:1]), "rb") as file:
        weak = file.read()
    session = peer.dial("us-noaa", roster_version=2)
    ask = session.wait("roster")
    assert getattr(ask, "from") == 2 and ask.note == b""
    session.send(roster=peer.wire.Roster(note=weak))
    until(lambda: rejects(us, "ROSTER_THRESHOLD") == 1, "the weak note is refused")
    session.send(roster=peer.wire.Roster(note=weak[:len(weak) // 2]))
    until(lambda: rejects(us, "ROSTER_THRESHOLD") == 2, "the torn note is refused")
    with open(next_roster(federation, 2, "remove", "jp-jaxa", name="good.yaml"), "rb") as file:
        good = file.read()
    session.send(roster=peer.wire.Roster(note=good))
    us.events.wait("roster_loaded", version=2)


def test_a_note_that_was_not_asked_for_is_refused_and_questions_are_answered_once_a_second(liar):
    federation, us, peer = liar
    with open(os.path.join(us.directory, "roster", "000001.note"), "rb") as file:
        first = file.read()
    session = peer.dial("us-noaa")
    session.send(roster=peer.wire.Roster(note=first))
    until(lambda: rejects(us, "LIMIT") == 1, "an unasked note is refused")
    for _ in range(50):
        session.send(roster=peer.wire.Roster(**{"from": 1}))
    assert session.wait("roster").note == first
    time.sleep(0.5)  # what the other 49 would bring is here by now
    assert sum(frame.WhichOneof("body") == "roster" for frame in session.frames(0.2)) <= 1


def test_an_expired_roster_is_loud_and_the_federation_goes_on(build, tmp_path, sample):
    from federation import Federation
    federation = Federation(build, tmp_path / "old", ("us-noaa", "fr-cnes"), None, "Old")
    os.makedirs(federation.directory)
    for node in federation.nodes:
        federation.init(node, node.name)
    requests = [os.path.join(node.directory, "join-request.yaml") for node in federation.nodes]
    parallax(build, "roster", "new", "--title", "Old", "--expires", "2026-01-01T00:00:00Z", *requests, "-o", federation.roster)
    for node in federation.nodes:
        parallax(build, "roster", "sign", federation.roster, "--key", os.path.join(node.directory, "keys", "steward.key"), "--as", node.name)
    for node in federation.nodes:
        node.cli("roster", "install", federation.roster)
    try:
        federation.start()
        us = federation.nodes[0]
        us.publish("--mode", "TEST", "--wait", 1, sample("us-noaa/conjunction-1.cdm"))
        assert "expired" in us.json("status")["roster_concern"]
    finally:
        federation.stop()
