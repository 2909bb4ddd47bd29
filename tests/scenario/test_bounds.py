"""What is kept of whom, for how long, and what is done about a body that is not there."""
import json
import os
import shutil
import sqlite3
import time

import pytest

import refpeer
from test_protocol import TEST, held, peer, refused, rows, state, two, until, body  # noqa: F401 (fixtures)

ORBITS = ("query", "orbit", "--mode", "TEST", "--origin", "jp-jaxa")
DAY_MS = 86400000


def configure(node, **keys):
    with open(os.path.join(node.directory, "node.yaml"), "a", encoding="ascii") as file:
        for key, value in keys.items():
            file.write("%s: %s\n" % (key.replace("__", "."), value))


def problems(node):
    return " | ".join(node.json("status")["problems"])


def record(node, log, index):
    return node.json("export", "%s:%d" % (log.id.hex() if hasattr(log, "id") else log, index))


def spoil(log):
    log.bodies[-1] = log.bodies[-1][:-1] + bytes([log.bodies[-1][-1] ^ 1])


# --- Bodies that are not there ------------------------------------------------------------------------------------------

def test_a_damaged_body_is_fetched_from_another_peer(two, peer, body):
    fr, us = two["fr-cnes"], two["us-noaa"]
    log = refpeer.Log(peer)
    index = log.add(log.header(body), body)
    spoil(log)
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    held(fr, log, 2)
    refused(fr, "BODY_HASH")
    assert "asked of other peers" in record(fr, log, index)["absent"] and rows(fr, *ORBITS) == []
    # us-noaa has the leaf from fr-cnes by now, and asks as well: it is the one that is answered.
    elsewhere = peer.dial("us-noaa")
    elsewhere.wait("get", fits=lambda g: g.log == log.id and g.first == index, seconds=30)
    elsewhere.send(data=peer.wire.Data(log=log.id, first=index, bodies=[peer.wire.Body(state=refpeer.BYTES, bytes=body)]))
    until("us-noaa did not take it", lambda: len(rows(us, *ORBITS)) == 1)
    until("fr-cnes did not get the body from us-noaa", lambda: len(rows(fr, *ORBITS)) == 1, 30)
    assert fr.cli("export", "%s:%d" % (log.id.hex(), index), "--body").stdout == body


def test_the_origin_itself_is_asked_and_its_answer_is_checked(two, peer, body):
    fr = two["fr-cnes"]
    log = refpeer.Log(peer)
    index = log.add(log.header(body), body)
    spoil(log)
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    held(fr, log, 2)
    wire = peer.wire

    def answer(with_body):
        asked = session.wait("get", fits=lambda g: g.log == log.id and g.first == index, seconds=30)
        assert asked.count == 1 and asked.what == wire.Get.BODY
        session.send(data=wire.Data(log=log.id, first=index, bodies=[wire.Body(state=refpeer.BYTES, bytes=with_body)]))

    before = sum(int(row["count"]) for row in fr.json("status")["rejects"] if row["why"] == "BODY_HASH")
    answer(body + b"x")
    until("a wrong body was not refused",
          lambda: sum(int(row["count"]) for row in fr.json("status")["rejects"] if row["why"] == "BODY_HASH") > before)
    assert rows(fr, *ORBITS) == []
    answer(body)
    until("the body was not taken", lambda: len(rows(fr, *ORBITS)) == 1)
    # What nobody asked for is not taken: the record is whole.
    session.send(data=wire.Data(log=log.id, first=index, bodies=[wire.Body(state=refpeer.BYTES, bytes=b"else")]))
    assert fr.cli("export", "%s:%d" % (log.id.hex(), index), "--body").stdout == body


def test_that_the_origin_has_it_no_more_is_final_and_said(two, peer, body):
    fr = two["fr-cnes"]
    log = refpeer.Log(peer)
    index = log.add(log.header(body), body)
    spoil(log)
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    session.wait("get", fits=lambda g: g.log == log.id, seconds=30)
    session.send(gone=peer.wire.Gone(log=log.id, first=index, count=1, reason=1))
    until("the record is not shown as gone", lambda: "dropped" in record(fr, log, index)["absent"])
    done = fr.cli("export", "%s:%d" % (log.id.hex(), index), "--body", check=False)
    assert done.returncode != 0 and "dropped at its age" in done.err


def test_a_get_is_answered_with_the_body_or_with_gone(two, peer, body):
    us = two["us-noaa"]
    found = rows(us, "query", "orbit", "--mode", "TEST", "--origin", "us-noaa")[0]["id"]
    log, _, index = found.partition(":")
    wire = peer.wire
    session = peer.dial("fr-cnes")
    until("fr-cnes does not hold it", lambda: fr_holds(two, log, int(index)))
    session.send(get=wire.Get(log=bytes.fromhex(log), first=int(index), count=1, what=wire.Get.BODY))
    answer = session.wait("data", fits=lambda d: d.log == bytes.fromhex(log))
    assert answer.first == int(index) and not answer.headers and [b.bytes for b in answer.bodies] == [body]
    for wrong in (wire.Get(log=bytes.fromhex(log), first=10 ** 6, count=1, what=wire.Get.BODY),
                  wire.Get(log=os.urandom(16), first=0, count=1, what=wire.Get.BODY)):
        session.send(get=wrong)
        gone = session.wait("gone", fits=lambda g: g.log == wrong.log)
        assert (gone.first, gone.count) == (wrong.first, 1)


def fr_holds(two, log, index):
    return any(row["id"] == log and row["size"] > index for row in two["fr-cnes"].json("log", "list"))


# --- Quota --------------------------------------------------------------------------------------------------------------

def test_an_origin_that_fills_its_quota_is_stopped_and_its_alerts_are_not(federate, tmp_path):
    federation = federate()
    fr, us = federation["fr-cnes"], federation["us-noaa"]
    configure(fr, origin__quota="1MiB")
    federation.start("us-noaa", "fr-cnes")
    fr.events.wait("session_open", peer="us-noaa", lane="bulk")
    folder = tmp_path / "proto"
    folder.mkdir()
    played = refpeer.Peer(federation["jp-jaxa"].directory, "jp-jaxa", folder)
    log = refpeer.Log(played)
    session = played.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    for i in range(14):
        nonsense = os.urandom(100000)  # so that it is full within a tenth of the quota: below that it is read on
        log.add(log.header(nonsense), nonsense)
        session.send(heads=log.heads())
        session.send(data=log.data(first=i + 1))
        answer = next(frame for frame in session.frames(20) if frame.WhichOneof("body") in ("ack", "close"))
        if answer.HasField("close"):
            break
    assert answer.close.log == log.id
    fr.events.wait("quota_reached", origin="jp-jaxa", lane="bulk")
    size = state(fr, log)["size"]
    assert 9 <= size <= 11 and state(fr, log)["state"] == "quota"  # 1 MiB of 100 kB each
    assert "QUOTA of jp-jaxa" in problems(fr)
    refused(fr, "QUOTA")
    alerts = refpeer.Log(played, class_name="alert")
    lane = played.dial("fr-cnes", refpeer.ALERT)
    lane.offer(alerts)
    lane.send(data=alerts.data())
    held(fr, alerts, 1)
    # Nobody else is short of anything, and a restart forgets nothing.
    path = tmp_path / "one.json"
    shutil.copy(os.path.join(os.path.dirname(__file__), "../../config/sample/us-noaa/orbits.csv"), path)
    us.publish(*TEST, "--wait", 1, str(path))
    fr.stop()
    fr.start()
    again = played.dial("fr-cnes")
    assert again.offer(log) == size
    again.send(data=log.data(first=size, count=1))
    again.wait("close", fits=lambda c: c.log == log.id)
    assert "QUOTA of jp-jaxa" in problems(fr)
    assert state(fr, log)["size"] == size
    played.close()


# --- Retention ----------------------------------------------------------------------------------------------------------

def age(node, log, days):
    """As if what is stored of a log had come earlier."""
    with sqlite3.connect(os.path.join(node.directory, "store.db")) as db:
        [(no,)] = db.execute("SELECT no FROM log WHERE id = ?", (bytes.fromhex(log),)).fetchall()
        changed = db.execute("UPDATE batch SET received_ms = received_ms - ? WHERE id >> 40 = ?", (days * DAY_MS, no)).rowcount
    assert changed > 0
    db.close()


def test_old_bodies_are_dropped_and_what_is_signed_stays(federate, sample):
    federation = federate("us-noaa", "fr-cnes")
    us, fr = federation.nodes
    configure(fr, keep__data_days=30)
    federation.start()
    ranges = us.publish(*TEST, "--wait", 1, sample("us-noaa/orbits.csv"))
    alerts = us.publish(*TEST, "--wait", 1, sample("us-noaa/reentry.rdm"))
    federation.wait_equal(ranges + alerts)
    log, first, last = ranges[0]
    fr.stop()
    age(fr, log, 31)
    age(fr, alerts[0][0], 31)
    fr.start()
    fr.events.wait("bodies_dropped", timeout=60)
    assert "dropped at its age" in record(fr, log, first)["absent"]
    assert fr.json("export", "%s:%d" % alerts[0][:2])["body"]  # alerts have a time of their own
    assert "absent" not in record(fr, log, 0)  # the descriptor lives as long as its log
    federation.wait_equal(ranges + alerts)
    assert us.cli("export", "%s:%d" % (log, first), "--body").stdout
    # A new record on top of it is followed, and proved.
    more = us.publish(*TEST, "--again", "--wait", 1, sample("us-noaa/orbits.csv"))
    federation.wait_equal(ranges + alerts + more)
    assert fr.json("export", "%s:%d" % more[0][:2])["body"]


def test_our_own_bodies_are_kept_until_every_member_has_them(federate, sample):
    federation = federate("us-noaa", "fr-cnes")
    us, fr = federation.nodes
    configure(us, keep__data_days=30)
    us.start()
    ranges = us.publish(*TEST, sample("us-noaa/orbits.csv"))
    log, first, _ = ranges[0]
    us.stop()
    age(us, log, 31)
    us.start()
    time.sleep(7)  # a round of the keeper, and some: that nothing is done has no event
    assert us.json("export", "%s:%d" % (log, first))["body"]
    fr.start()
    federation.wait_equal(ranges)
    us.events.wait("bodies_dropped", timeout=60)
    assert fr.json("export", "%s:%d" % (log, first))["body"]


# --- Clocks -------------------------------------------------------------------------------------------------------------

def test_a_peer_whose_clock_is_off_is_named_and_one_alone_changes_nothing(two, peer):
    fr = two["fr-cnes"]
    peer.dial("fr-cnes", time_ms=int((time.time() + 7200) * 1000))
    until("not said: %s" % problems(fr), lambda: "the clock of jp-jaxa is" in problems(fr))
    assert "ahead of ours" in problems(fr) and "SUSPECT" not in problems(fr) and "clock of us-noaa" not in problems(fr)
    two["us-noaa"].publish(*TEST, "--again", "--wait", 1, os.path.join(os.path.dirname(__file__), "../../config/sample/us-noaa/orbits.csv"))


# --- Another release ----------------------------------------------------------------------------------------------------

@pytest.fixture
def older(build, tmp_path):
    """Programs of a release that knows no registrations: the same ones, with that word spoilt in them."""
    folder = tmp_path / "older" / "bin"
    folder.mkdir(parents=True)
    for name in ("parallax", "parallaxd"):
        with open(os.path.join(build, "bin", name), "rb") as file:
            program = file.read()
        assert program.count(b"\0registration\0") == 1 and b"0.1.0\0" in program
        program = program.replace(b"\0registration\0", b"\0registratiom\0").replace(b"0.1.0\0", b"0.0.9\0")
        path = folder / name
        path.write_bytes(program)
        path.chmod(0o755)
    return str(folder)


def test_a_later_release_takes_out_of_quarantine_what_it_knows(federate, older, sample):
    federation = federate("us-noaa", "fr-cnes")
    us, fr = federation.nodes
    newer, fr.bin = fr.bin, older
    federation.start()
    ranges = us.publish(*TEST, "--wait", 1, sample("us-noaa/registration.json"))
    log, first, last = ranges[0]
    count = last - first + 1
    until("not in quarantine: %s" % problems(fr), lambda: fr.json("status")["quarantined"] == count)
    assert fr.json("export", "%s:%d" % (log, first))["quarantine"] == "TYPE_UNKNOWN"
    fr.stop()
    fr.start()  # the same release learns nothing
    time.sleep(3)  # some rounds of the keeper: that nothing is done has no event
    assert fr.json("status")["quarantined"] == count
    fr.stop()
    fr.bin = newer
    fr.start()
    until("still in quarantine: %s" % problems(fr), lambda: fr.json("status")["quarantined"] == 0)
    found = rows(fr, "query", "registration", "--mode", "TEST")
    assert len(found) == count and all(not row.get("quarantine") for row in found)
    assert fr.picture() == us.picture()


# --- Who lacks what, and why ----------------------------------------------------------------------------------------------

def why(node, record_id, peer_name):
    return node.json("why", record_id, peer_name), node.cli("why", record_id, peer_name).out


def test_why_a_peer_has_a_record_or_not(federate, sample):
    federation = federate()
    us, fr, jp = federation.nodes
    us.start()
    log, first, _ = us.publish(*TEST, sample("us-noaa/orbits.csv"))[0]
    record_id = "%s:%d" % (log, first)
    answer, text = why(us, record_id, "fr-cnes")
    assert answer["verdict"] == "down" and answer["stored"] == 0 and "no session with it" in text and "before this node started" in text
    fr.start()
    until("fr-cnes did not say that it stored it", lambda: why(us, record_id, "fr-cnes")[0]["verdict"] == "stored")
    assert why(us, record_id, "fr-cnes")[1].startswith("yes: fr-cnes")
    fr.stop()
    us.events.wait("session_end", peer="fr-cnes")
    more = us.publish(*TEST, "--again", sample("us-noaa/orbits.csv"))[0]
    answer, text = why(us, "%s:%d" % more[:2], "fr-cnes")
    assert answer["verdict"] == "down" and answer["size"] > answer["stored"] > first and "it lacks" in text and "no session" in text
    us.cli("audience", "create", "inner", "fr-cnes")
    secret = us.publish(*TEST, "--audience", "inner", sample("us-noaa/conjunction-1.cdm"))[0]
    answer, text = why(us, "%s:%d" % secret[:2], "jp-jaxa")
    assert answer["verdict"] == "not_released" and text.startswith("no: jp-jaxa may not hold it")
    assert us.cli("why", record_id, "nobody", check=False).out.startswith("no: nobody")


def test_why_says_that_a_peer_takes_no_more(federate, tmp_path):
    """The reason is the peer's own: its quota for us is used up."""
    federation = federate("us-noaa", "fr-cnes")
    us, fr = federation.nodes
    configure(fr, origin__quota="1MiB")
    federation.start()
    path = tmp_path / "long.oem"
    head = ("CCSDS_OEM_VERS = 3.0\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = TEST\nMETA_START\nOBJECT_NAME = LONG\nOBJECT_ID = 2031-014A\n"
            "CENTER_NAME = EARTH\nREF_FRAME = GCRF\nTIME_SYSTEM = UTC\nSTART_TIME = 2032-02-01T00:00:00\nSTOP_TIME = 2032-02-02T00:00:00\nMETA_STOP\n")
    path.write_text(head + "".join("2032-02-01T%02d:%02d:%02d.125 %d.5 -6862.875 6448.296 4.901327 5.533756 -1.976341\n" % (i // 3600, i // 60 % 60, i % 60, 6000 + i)
                                   for i in range(16000)))
    ranges = us.publish(*TEST, str(path))
    log, _, last = ranges[-1]
    until("nothing was said: %s" % us.json("why", "%s:%d" % (log, last), "fr-cnes"), lambda: us.json("why", "%s:%d" % (log, last), "fr-cnes")["verdict"] == "closed")
    answer, text = why(us, "%s:%d" % (log, last), "fr-cnes")
    assert "quota" in answer["closed"] and "takes no more" in text and answer["stored"] > 0
