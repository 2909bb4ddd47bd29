"""Named audiences: sealed end to end, over relays, with readers that come and go; embargoes; versions for all."""
import json
import os
import sqlite3
import subprocess
import time

import pytest

import story
from test_federation import until
from test_roster_live import next_roster

MARKER = "ZQX77MARKER"  # in the sample, where an object has its name


@pytest.fixture
def secret(tmp_path):
    """An orbit file that holds a marker in many places: nothing of it may be seen by who may not read."""
    path = tmp_path / "secret.csv"
    row = "%s,2031-077%s,2026-03-01T12:00:00.000000,15.5,0.0001,51.6,10,20,30,0,U,%d,999,100,0.0001,0.00001,0"
    head = ("OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,"
            "EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT")
    path.write_text("\n".join([head] + [row % (MARKER, chr(65 + i), 777100 + i) for i in range(3)]) + "\n")
    return str(path)


def one(tmp_path, number):
    """One more file of the same kind, about another object."""
    path = tmp_path / ("one-%d.csv" % number)
    head = ("OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,"
            "EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT")
    path.write_text(head + "\n%s,2031-078A,2026-03-01T12:00:00.000000,15.5,0.0001,51.6,10,20,30,0,U,%d,999,100,0.0001,0.00001,0\n"
                    % (MARKER, number))
    return str(path)


def objects(node, *words):
    """Catalogue numbers of the orbits in the picture of ${node}, in mode REAL."""
    out = node.cli("query", "orbit", "--json", *words).out
    return sorted(json.loads(line)["body"]["NORAD_CAT_ID"] for line in out.splitlines())


def lines(node, *words):
    return [json.loads(line) for line in node.cli(*words, "--json").out.splitlines()]


def series(node, name):
    return [row for row in lines(node, "log", "list") if row["series"] == name]


def on_disk(node):
    """Every byte in the directory of ${node}: its store, its journal, whatever else it wrote."""
    whole = b""
    for directory, _, files in os.walk(node.directory):
        for name in files:
            try:
                with open(os.path.join(directory, name), "rb") as file:
                    whole += file.read()
            except OSError:
                pass
    return whole


def test_readers_read_and_nobody_else_hears_of_it(three, secret):
    us, fr, jp = three.nodes
    us.cli("audience", "create", "ops", "fr-cnes")
    ranges = us.publish("--audience", "ops", "--wait", 1, secret)
    until(lambda: objects(fr) == [777100, 777101, 777102], "fr-cnes reads all three")
    assert objects(us) == [777100, 777101, 777102]
    listed = lines(us, "audience", "list")
    assert [(row["name"], row["readers"], row["carriers"], len(row["logs"])) for row in listed] == [("ops", ["fr-cnes"], [], 2)]
    # An open record behind it: whatever was to come has come.
    us.publish("--wait", 2, os.path.join(os.path.dirname(__file__), "..", "..", "config", "sample", "us-noaa", "conjunction-1.cdm"))
    assert objects(jp) == [] and not [row for row in lines(jp, "log", "list") if "/ops/" in row["series"]]
    assert {row["id"] for row in lines(jp, "log", "list")}.isdisjoint({ranges[0][0]})
    assert MARKER.encode() not in on_disk(jp)
    record = "%s:%d" % (ranges[0][0], ranges[0][1])
    told = {reader: us.json("explain-release", reader, record) for reader in ("us-noaa", "fr-cnes", "jp-jaxa", "nobody")}
    assert {reader: (t["released"], t["readable"], t["rule"]) for reader, t in told.items()} == {
        "us-noaa": (True, True, "origin"), "fr-cnes": (True, True, "reader"),
        "jp-jaxa": (False, False, "not_listed"), "nobody": (False, False, "not_member")}
    # The very bytes come back, at the origin and at the reader.
    for node in (us, fr):
        assert MARKER in node.cli("export", record, "--original").out
    # What is at rest is ciphertext even where it can be read; only the picture's keys are plain.
    assert MARKER.encode() not in on_disk(fr) and MARKER.encode() not in on_disk(us)


@pytest.fixture
def line(build, tmp_path):
    """us-noaa - fr-cnes - jp-jaxa: the ends cannot reach each other."""
    federation = story.make(build, tmp_path / "line", endpoint=lambda name, port: "tcp://127.0.0.1:%d" % port if name == "fr-cnes" else "")
    federation.start()
    for node in (federation["us-noaa"], federation["jp-jaxa"]):
        node.events.wait("session_open", peer="fr-cnes", lane="bulk")
    yield federation
    federation.stop()


def test_a_carrier_relays_what_it_cannot_read(line, secret):
    us, fr, jp = line.nodes
    us.cli("audience", "create", "ops", "jp-jaxa", "--carriers", "fr-cnes")
    ranges = us.publish("--audience", "ops", secret)
    until(lambda: objects(jp) == [777100, 777101, 777102], "jp-jaxa reads what fr-cnes carried")
    held = series(fr, "us-noaa/ops/data")
    assert len(held) == 1 and held[0]["size"] == 4
    assert objects(fr) == [] and MARKER.encode() not in on_disk(fr)
    record = "%s:%d" % (ranges[0][0], ranges[0][1])
    refused = fr.cli("export", record, check=False)
    assert refused.returncode == 1 and "no key" in refused.err, refused.err
    assert us.json("explain-release", "fr-cnes", record)["rule"] == "carrier"
    # Nothing in it is wrong: it is not in quarantine, and the proof of the ciphertext holds.
    assert fr.cli("query", "orbit", "--quarantined", "--json").out == ""
    assert "Signature" not in fr.cli("prove", record).err


def test_a_reader_that_is_removed_gets_nothing_more_and_a_new_one_nothing_older(three, secret, tmp_path):
    us, fr, jp = three.nodes
    us.cli("audience", "create", "ops", "fr-cnes")
    us.publish("--audience", "ops", "--wait", 1, secret)
    until(lambda: len(objects(fr)) == 3, "fr-cnes reads three")
    us.cli("audience", "add", "ops", "jp-jaxa")
    us.publish("--audience", "ops", "--wait", 2, one(tmp_path, 777200))
    until(lambda: objects(jp) == [777200], "jp-jaxa reads what came after it was added, and nothing else")
    us.cli("audience", "remove", "ops", "fr-cnes")
    us.publish("--audience", "ops", "--wait", 1, one(tmp_path, 777300))
    until(lambda: objects(jp) == [777200, 777300], "jp-jaxa goes on")
    us.publish("--wait", 2, os.path.join(os.path.dirname(__file__), "..", "..", "config", "sample", "us-noaa", "conjunction-1.cdm"))
    assert objects(fr) == [777100, 777101, 777102, 777200], "fr-cnes keeps what it had"
    logs = series(us, "us-noaa/ops/data")
    assert [row["closed"] for row in logs].count(False) == 1 and len(logs) == 3
    # The last leaf of each that ended names the next.
    for row in logs:
        if row["closed"]:
            last = json.loads(us.cli("log", "get", row["id"], row["size"] - 1, 1, "--json").out)
            assert last["kind"] == "CLOSE"


def test_a_new_reader_gets_what_was_before_when_its_keys_are_handed_on(three, secret, tmp_path):
    us, fr, jp = three.nodes
    us.cli("audience", "create", "ops", "fr-cnes")
    us.publish("--audience", "ops", "--wait", 1, secret)
    us.cli("audience", "add", "ops", "jp-jaxa", "--with-history")
    us.publish("--audience", "ops", "--wait", 2, one(tmp_path, 777200))
    until(lambda: objects(jp) == [777100, 777101, 777102, 777200], "jp-jaxa reads the old ones too")
    record = "%s:1" % [row["id"] for row in series(us, "us-noaa/ops/data") if row["closed"]][0]
    assert us.json("explain-release", "jp-jaxa", record)["rule"] == "granted"


def test_a_carrier_that_becomes_a_reader_opens_what_it_carried(three, secret):
    us, fr, jp = three.nodes
    us.cli("audience", "create", "ops", "fr-cnes", "--carriers", "jp-jaxa")
    us.publish("--audience", "ops", "--wait", 2, secret)
    assert objects(jp) == []
    us.cli("audience", "add", "ops", "jp-jaxa", "--with-history")
    until(lambda: objects(jp) == [777100, 777101, 777102], "jp-jaxa opens what it carried")


def test_a_record_is_shown_to_a_third_party_and_only_that_one(three, secret, tmp_path):
    us, fr, jp = three.nodes
    us.cli("audience", "create", "ops", "fr-cnes")
    log, first, _ = us.publish("--audience", "ops", secret)[0]
    roster = os.path.join(us.directory, "roster", "000001.note")
    closed, shown = tmp_path / "closed.proof", tmp_path / "shown.proof"
    closed.write_text(us.cli("prove", "%s:%d" % (log, first)).out)
    shown.write_text(us.cli("prove", "--reveal", "%s:%d" % (log, first)).out)
    told = jp.json("verify", str(closed), "--roster", roster)
    assert told["valid"] and MARKER not in json.dumps(told) and told["record"]["sealing"] == "LOG"
    told = jp.json("verify", str(shown), "--roster", roster)
    assert told["valid"] and told["record"]["body"]["OBJECT_NAME"] == MARKER
    text = shown.read_text()
    spoilt = tmp_path / "spoilt.proof"
    for at in range(40, len(text), len(text) // 23):
        other = "A" if text[at] != "A" else "B"
        if text[at] == "\n":
            continue
        spoilt.write_text(text[:at] + other + text[at + 1:])
        done = jp.cli("verify", str(spoilt), "--roster", roster, check=False)
        assert done.returncode == 1 or "LOST" in done.out, at
    refused = us.cli("prove", "--reveal", "%s:0" % log, check=False)
    assert refused.returncode == 1 and "not sealed" in refused.err


@pytest.mark.parametrize("audience", ("open", "ops"))
def test_an_embargo_opens_by_itself_also_when_its_origin_was_down(three, secret, audience):
    us, fr, jp = three.nodes
    if audience != "open":
        us.cli("audience", "create", audience, "fr-cnes")
    until_s = int(time.time()) + 8
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until_s))
    log, first, _ = us.publish("--audience", audience, "--embargo", when, "--wait", 1, secret)[0]
    for node in (us, fr):
        assert objects(node) == []
        refused = node.cli("export", "%s:%d" % (log, first), check=False)
        assert refused.returncode == 1 and "embargo" in refused.err, refused.err
    us.crash()
    if audience == "open":
        time.sleep(max(0, until_s + 1 - time.time()))  # it is due while its origin is down
        assert objects(fr) == []
    us.start()
    for node in (us, fr):
        until(lambda: objects(node) == [777100, 777101, 777102], "%s reads it when the time has come" % node.name, timeout=60)
    assert time.time() >= until_s
    tail = fr.cli("query", "orbit", "--history", "--json").out
    assert len(tail.splitlines()) >= 3
    if audience != "open":
        assert objects(jp) == [] and MARKER.encode() not in on_disk(jp)


def test_a_version_for_all_names_the_full_record_by_its_hash_only(three, secret, sample):
    us, fr, jp = three.nodes
    us.cli("audience", "create", "ops", "fr-cnes")
    log, first, _ = us.publish("--audience", "ops", secret)[0]
    public, number, _ = us.publish("--wait", 2, "--version-of", "%s:%d" % (log, first), sample("us-noaa/conjunction-1.cdm"))[0]
    shown = json.loads(jp.cli("export", "%s:%d" % (public, number), "--json").out)
    assert len(shown["full_version"]) == 64
    assert log not in json.dumps(shown)
    import hashlib
    header = subprocess.run([os.path.join(us.bin, "parallax"), "export", "--node", us.directory, "--header", "%s:%d" % (log, first)],
                            check=True, capture_output=True).stdout
    assert hashlib.sha256(b"\0" + header).hexdigest() == shown["full_version"]


def test_what_cannot_be_is_refused_with_its_reason(three, secret):
    us = three.nodes[0]
    cases = ((("audience", "create", "open"), "not open"),
             (("audience", "create", "ops", "xx-nobody"), "not a current member"),
             (("audience", "create", "ops", "us-noaa"), "is this node"),
             (("audience", "add", "ops", "fr-cnes"), "no audience of this node"),
             (("publish", "--audience", "ops", secret), "audience"),
             (("publish", "--embargo", "2001-01-01", secret), "time to come"))
    for words, text in cases:
        done = us.cli(*words, check=False)
        assert done.returncode == 1 and text in done.err, (words, done.err)
    us.cli("audience", "create", "ops")
    us.cli("audience", "create", "ops")  # as it is
    done = us.cli("audience", "create", "ops", "fr-cnes", check=False)
    assert done.returncode == 1 and "there already" in done.err


def test_a_reader_that_leaves_the_federation_is_dropped_from_the_lists(three, secret, tmp_path):
    us, fr, jp = three.nodes
    us.cli("audience", "create", "ops", "fr-cnes", "jp-jaxa")
    us.publish("--audience", "ops", "--wait", 2, secret)
    us.cli("roster", "update", next_roster(three, 2, "remove", "jp-jaxa"))
    until(lambda: [a["readers"] for a in lines(us, "audience", "list")] == [["fr-cnes"]], "the audience goes on without jp-jaxa")
    until(lambda: len([row for row in series(us, "us-noaa/ops/data") if not row["closed"]]) == 1, "its new logs are open")
    us.publish("--audience", "ops", "--wait", 1, one(tmp_path, 777200))
    until(lambda: objects(fr) == [777100, 777101, 777102, 777200], "fr-cnes goes on reading")


def test_the_keys_are_used_in_a_role_of_their_own_and_its_death_loses_nothing(three, secret, tmp_path):
    us, fr, jp = three.nodes
    us.cli("audience", "create", "ops", "fr-cnes")
    for number in range(777200, 777206):
        us.publish("--audience", "ops", one(tmp_path, number))
        us.kill("seal")
        fr.kill("seal")
    until(lambda: objects(fr) == list(range(777200, 777206)), "fr-cnes reads all")
    assert fr.cli("query", "orbit", "--quarantined", "--json").out == ""


def test_a_crash_at_any_moment_of_a_change_leaves_one_audience(three, secret, tmp_path):
    us, fr, jp = three.nodes
    us.cli("audience", "create", "ops", "fr-cnes")
    number = 777200
    for pause in (0, 0.002, 0.01, 0.03):
        us.publish("--audience", "ops", one(tmp_path, number))
        program = subprocess.Popen([os.path.join(us.bin, "parallax"), "audience", "add", "ops", "jp-jaxa", "--node", us.directory],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        us.kill("core")
        program.wait(timeout=60)
        us.cli("audience", "add", "ops", "jp-jaxa")
        us.cli("audience", "remove", "ops", "jp-jaxa")
        number += 1
    us.publish("--audience", "ops", one(tmp_path, number))
    until(lambda: objects(fr) == list(range(777200, number + 1)), "fr-cnes reads all")
    assert objects(jp) == []
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(us.directory, "store.db"), uri=True) as store:
        live = store.execute("SELECT count(*) FROM log WHERE own AND NOT closed AND audience = 'ops'").fetchone()[0]
    assert live == 2
