"""A second implementation of the protocol meets the daemon: as an honest member, and as a hostile one."""
import json
import os
import time

import pytest

import refpeer

TEST = ("--mode", "TEST")
CSV = (b"OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,EPHEMERIS_TYPE,"
       b"CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT\r\n"
       b"REFPEER,2026-001A,2026-03-10T07:26:52.157760,13.76498747,.00237643,90.2160,69.4642,228.7713,198.2104,0,U,900,999,5782,.76643197E-3,.76E-5,0\r\n")


@pytest.fixture
def two(federate):
    """us-noaa and fr-cnes run; jp-jaxa is a member that is played by Python."""
    federation = federate()
    federation.start("us-noaa", "fr-cnes")
    federation["fr-cnes"].events.wait("session_open", peer="us-noaa", lane="bulk")
    return federation


@pytest.fixture
def peer(two, tmp_path):
    folder = tmp_path / "proto"
    folder.mkdir(exist_ok=True)
    played = refpeer.Peer(two["jp-jaxa"].directory, "jp-jaxa", folder)
    yield played
    played.close()


@pytest.fixture
def body(two, tmp_path):
    """The body of one orbit record, as a node packs it."""
    path = tmp_path / "one.csv"
    path.write_bytes(CSV)
    node = two["us-noaa"]
    [(log, first, _)] = node.publish(*TEST, str(path))
    return node.cli("export", "%s:%d" % (log, first), "--body").stdout


def rows(node, *words):
    """An answer of one line a row, also when there is one, or none."""
    return [json.loads(line) for line in node.cli(*words, "--json").out.splitlines()]


def rejects(node, why, who="jp-jaxa"):
    return sum(int(row["count"]) for row in node.json("status")["rejects"] if row["why"] == why and row["peer"] == who)


def until(what, condition, seconds=20):
    """A state that is asked for, with a deadline."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(what)


def refused(node, why, who="jp-jaxa"):
    until("%s was not counted for %s: %s" % (why, who, node.json("status")["rejects"]), lambda: rejects(node, why, who) > 0)


def state(node, log):
    for row in node.json("log", "list"):
        if row["id"] == log.id.hex():
            return row
    return None


def held(node, log, size):
    until("%s does not hold %d leaves: %s" % (node.name, size, state(node, log)), lambda: (state(node, log) or {}).get("size") == size)


def others_are_fine(two, tmp_path):
    """Whatever the hostile member did: an honest one still publishes and is heard."""
    path = tmp_path / ("fine%d.csv" % time.monotonic_ns())
    path.write_bytes(CSV)
    two["us-noaa"].publish(*TEST, "--again", "--wait", 1, str(path))


def test_all_logs_of_a_node_are_read_and_found_true(two, peer, body):
    read = {}
    for lane in (refpeer.ALERT, refpeer.BULK):
        session = peer.dial("fr-cnes", lane)
        heads = session.wait("heads").heads
        for head in heads:
            peer.check_head(head)
            headers, bodies = peer.read_log(session, head)
            read[head.checkpoint.log.hex()] = (head.checkpoint.size, headers, bodies)
    listed = {row["id"]: row["size"] for row in two["fr-cnes"].json("log", "list")}
    assert {log: size for log, (size, _, _) in read.items()} == listed and len(listed) == 6
    assert any(body in bodies for _, _, bodies in read.values())


def test_a_log_of_the_second_implementation_is_accepted_and_passed_on(two, peer, body):
    log = refpeer.Log(peer)
    log.add(log.header(body), body)
    session = peer.dial("fr-cnes")
    assert session.offer(log) == 0
    session.send(data=log.data())
    assert session.wait("ack", fits=lambda a: a.log == log.id).size == 2
    held(two["fr-cnes"], log, 2)
    found = rows(two["fr-cnes"], "query", "orbit", "--mode", "TEST", "--origin", "jp-jaxa")
    assert len(found) == 1
    held(two["us-noaa"], log, 2)
    index = log.add(log.header(body), body)
    session.send(data=log.data(first=index))
    held(two["fr-cnes"], log, 3)


def forged_anchor(log, body):
    anchor = log.checkpoint()
    anchor.signature = bytes(64)
    return log.data(anchor=anchor)


def altered_header(log, body):
    headers = list(log.headers)
    headers[-1] = headers[-1][:-1] + bytes([headers[-1][-1] ^ 1])
    return log.data(headers=headers)


def short_bodies(log, body):
    data = log.data()
    del data.bodies[-1]
    return data


def foreign_key(log, body):
    anchor = log.checkpoint()
    anchor.key_id = b"none"
    return log.data(anchor=anchor)


def small_anchor(log, body):
    return log.data(anchor=log.checkpoint(1))


@pytest.mark.parametrize("make, why", [(forged_anchor, "HEAD_SIGNATURE"), (altered_header, "TREE_PROOF"), (short_bodies, "FRAME_SHAPE"),
                                       (foreign_key, "HEAD_KEY"), (small_anchor, "HEAD_SHAPE")])
def test_a_batch_that_does_not_hold_is_refused_and_blamed_on_its_sender(two, peer, body, tmp_path, make, why):
    log = refpeer.Log(peer)
    log.add(log.header(body), body)
    session = peer.dial("fr-cnes")
    # The head that is offered is not the one that the batch claims, so that the batch's own signature counts.
    session.send(heads=log.heads(log.checkpoint(1)))
    session.wait("open", fits=lambda o: o.log == log.id)
    session.send(data=make(log, body))
    refused(two["fr-cnes"], why)
    assert (state(two["fr-cnes"], log) or {"size": 0})["size"] == 0
    others_are_fine(two, tmp_path)


def unknown_critical(log, body):
    return log.header(body) + b"\xf8\x01\x01"  # field 31, varint 1


def unknown_type(log, body):
    return log.header(body, type="weather_on_mars")


def copied_from_elsewhere(log, body):
    return log.header(body, log=os.urandom(16))


def sealed_it_says(log, body):
    return log.header(body, sealing=2, key_commitment=os.urandom(32))


def no_mode(log, body):
    return log.header(body, mode=0)


@pytest.mark.parametrize("make, why", [(unknown_critical, "HEADER_CRITICAL"), (unknown_type, "TYPE_UNKNOWN"), (copied_from_elsewhere, "HEADER_LOG"),
                                       (no_mode, "HEADER_VALUE"), (sealed_it_says, "BODY_SEALED")])
def test_a_record_that_means_nothing_is_quarantined_and_the_cursor_moves_on(two, peer, body, tmp_path, make, why):
    log = refpeer.Log(peer)
    log.add(make(log, body), body)
    log.add(log.header(body), body)
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    held(two["fr-cnes"], log, 3)
    refused(two["fr-cnes"], why)
    assert len(rows(two["fr-cnes"], "query", "orbit", "--mode", "TEST", "--origin", "jp-jaxa")) == 1
    assert two["fr-cnes"].json("status")["quarantined"] >= 1
    others_are_fine(two, tmp_path)


def test_a_body_that_is_not_a_message_of_its_type_is_quarantined(two, peer, body, tmp_path):
    log = refpeer.Log(peer)
    nonsense = b"\xff" * 40
    log.add(log.header(nonsense), nonsense)
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    held(two["fr-cnes"], log, 2)
    refused(two["fr-cnes"], "BODY_SHAPE")
    others_are_fine(two, tmp_path)


def test_an_altered_body_leaves_its_leaf_and_blames_the_sender(two, peer, body):
    log = refpeer.Log(peer)
    log.add(log.header(body), body)
    log.bodies[-1] = body[:-1] + bytes([body[-1] ^ 1])
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    held(two["fr-cnes"], log, 2)
    refused(two["fr-cnes"], "BODY_HASH")
    assert rows(two["fr-cnes"], "query", "orbit", "--mode", "TEST", "--origin", "jp-jaxa") == []


def test_what_a_log_says_of_itself_is_not_taken_damaged_and_freezes_nothing(two, peer, body, tmp_path):
    log = refpeer.Log(peer)
    log.add(log.header(body), body)
    whole = log.bodies[0]
    log.bodies[0] = whole[:-1] + bytes([whole[-1] ^ 1])
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    refused(two["fr-cnes"], "BODY_HASH")
    assert (state(two["fr-cnes"], log) or {"size": 0, "state": "following"})["size"] == 0
    assert (state(two["fr-cnes"], log) or {"state": "following"})["state"] != "frozen"
    log.bodies[0] = whole
    session.wait("open", fits=lambda o: o.log == log.id)
    session.send(data=log.data())
    held(two["fr-cnes"], log, 2)
    others_are_fine(two, tmp_path)


def test_a_header_over_its_limit_freezes_the_log(two, peer, body):
    log = refpeer.Log(peer)
    rights = peer.record.Rights(onward="x" * 5000)
    log.add(log.header(body, rights=rights), body)
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    refused(two["fr-cnes"], "HEADER_SIZE")
    until("the log is not frozen", lambda: (state(two["fr-cnes"], log) or {}).get("state") == "frozen")


def test_a_sealed_descriptor_freezes_the_log(two, peer):
    log = refpeer.Log(peer, sealing=2, key_commitment=os.urandom(32))
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    refused(two["fr-cnes"], "DESCRIPTOR_BAD")


def test_nothing_of_a_named_log_that_comes_astray_is_kept_or_passed_on(two, peer, tmp_path):
    marker = os.urandom(24).hex().encode()
    log = refpeer.Log(peer, audience="inner", readers=["us-noaa"])
    log.add(log.header(marker), marker)
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    after = refpeer.Log(peer)
    session.offer(after)
    session.send(data=after.data())
    held(two["fr-cnes"], after, 1)  # frames of a session are taken in order
    assert (state(two["fr-cnes"], log) or {"size": 0})["size"] == 0
    others_are_fine(two, tmp_path)
    for name in ("fr-cnes", "us-noaa"):
        for folder, _, files in os.walk(two[name].directory):
            for file in files:
                path = os.path.join(folder, file)
                assert not os.path.isfile(path) or marker not in open(path, "rb").read(), path
    assert not any(row["id"] == log.id.hex() for row in two["us-noaa"].json("log", "list"))


def test_replayed_and_early_batches_are_dropped_without_blame(two, peer, body):
    log = refpeer.Log(peer)
    log.add(log.header(body), body)
    log.add(log.header(body), body)
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data(first=2))
    session.send(data=log.data(0, 2))
    session.send(data=log.data(0, 2))
    held(two["fr-cnes"], log, 2)
    session.send(data=log.data(first=2))
    held(two["fr-cnes"], log, 3)
    assert not [row for row in two["fr-cnes"].json("status")["rejects"] if row["peer"] == "jp-jaxa"]


def test_two_roots_of_one_size_freeze_the_log_and_are_shown(two, peer, body, tmp_path):
    log = refpeer.Log(peer)
    log.add(log.header(body), body)
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    held(two["fr-cnes"], log, 2)
    session.send(heads=log.heads(log.checkpoint(root=os.urandom(32))))
    two["fr-cnes"].events.wait("fork_found", origin="jp-jaxa")
    refused(two["fr-cnes"], "FORK")
    assert state(two["fr-cnes"], log)["state"] == "frozen"
    others_are_fine(two, tmp_path)


def test_a_heartbeat_from_the_future_is_not_kept(two, peer, body):
    log = refpeer.Log(peer)
    session = peer.dial("fr-cnes")
    session.send(heads=log.heads(when=int(time.time()) + 3600))
    refused(two["fr-cnes"], "HEARTBEAT_AHEAD")


@pytest.mark.parametrize("frame", [b"", b"\xff" * 100, b"\x0a\x08sessions\x1a\x02"])
def test_what_is_no_frame_ends_the_connection_and_nothing_else(two, peer, tmp_path, frame):
    session = peer.dial("fr-cnes")
    session.send_raw(frame)
    two["fr-cnes"].events.wait("session_end", peer="jp-jaxa")
    others_are_fine(two, tmp_path)


def test_a_message_of_two_parts_ends_the_connection(two, peer, tmp_path):
    session = peer.dial("fr-cnes")
    session.send_raw(b"one", b"two")
    two["fr-cnes"].events.wait("session_end", peer="jp-jaxa")
    others_are_fine(two, tmp_path)


def test_an_oversize_frame_never_reaches_the_core(two, peer, tmp_path):
    session = peer.dial("fr-cnes")
    session.send_raw(b"x" * 2000000)
    two["fr-cnes"].events.wait("session_end", peer="jp-jaxa", timeout=60)
    others_are_fine(two, tmp_path)


def test_a_frame_of_an_unknown_session_is_answered_by_reset(two, peer):
    session = peer.dial("fr-cnes")
    session.send(session=b"nowhere!", credit=peer.wire.Credit(limit=1))
    assert session.wait("reset").session == b"nowhere!"


@pytest.mark.parametrize("changes", [{"federation": "0" * 32}, {"node": "us-noaa"}, {"to": "us-noaa"}, {"protocols": [99]}, {"lane": 0}, {"session": b"short"}])
def test_a_greeting_that_does_not_fit_is_refused(two, peer, tmp_path, changes):
    session = peer.dial("fr-cnes", greet=False)
    session.greet("fr-cnes", **changes)
    refused(two["fr-cnes"], "HELLO_BAD")
    others_are_fine(two, tmp_path)


def test_overrunning_credit_ends_the_session(two, peer, tmp_path):
    session = peer.dial("fr-cnes")
    heavy = peer.wire.Heads(heads=[peer.wire.Head(origin="x" * 4000) for _ in range(30)])
    for _ in range(6):
        session.send(heads=heavy)
    refused(two["fr-cnes"], "CREDIT_OVERRUN")
    others_are_fine(two, tmp_path)


def test_a_stranger_gets_no_session(two, peer, tmp_path):
    peer.transport_key = os.urandom(32)
    session = peer.dial("fr-cnes", greet=False)
    two["fr-cnes"].events.wait("zap_refused")
    assert session.socket.poll(0) == 0
    others_are_fine(two, tmp_path)
