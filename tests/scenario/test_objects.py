"""Objects: identifiers of one object, who says so, what a person merges and splits, what one hostile origin can do."""
import datetime
import itertools
import json
import math
import sqlite3
import time

import erfa
import pytest
from sgp4.api import WGS72, Satrec, jday

ELEMENTS = {"CENTER_NAME": "EARTH", "REF_FRAME": "TEME", "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4", "MEAN_MOTION": 15.49181153,
            "ECCENTRICITY": 0.0007417, "INCLINATION": 51.6414, "RA_OF_ASC_NODE": 295.8524, "ARG_OF_PERICENTER": 151.1727, "MEAN_ANOMALY": 21.5046,
            "EPHEMERIS_TYPE": 0, "CLASSIFICATION_TYPE": "U", "ELEMENT_SET_NO": 999, "REV_AT_EPOCH": 1, "BSTAR": 0.00033, "MEAN_MOTION_DOT": 0.00016,
            "MEAN_MOTION_DDOT": 0, "EPOCH": "2026-11-29T12:00:00.000000"}


def omm(number, cospar, name, **changes):
    return dict({"OBJECT_NAME": name, "OBJECT_ID": cospar, "NORAD_CAT_ID": number}, **dict(ELEMENTS, **changes))


def put(node, tmp_path, *records, mode=None, wait=2):
    path = tmp_path / ("%s-%d.json" % (node.name, len(list(tmp_path.iterdir()))))
    path.write_text(json.dumps(list(records)), encoding="utf-8")
    return node.publish(*(("--wait", wait) if wait else ()), *(("--mode", mode) if mode else ()), path)


def one(node, name, *options):
    return json.loads(node.cli("objects", name, "--json", *options).out)


def joined(node, name, *options):
    return sorted(alias["id"] for alias in one(node, name, *options)["aliases"] if alias["joined"])


def state(node, name, other):
    return {alias["id"]: alias["state"] for alias in one(node, name)["aliases"]}.get(other)


def test_any_identifier_finds_the_object_and_its_records(three, tmp_path):
    us, fr, jp = three.nodes
    put(us, tmp_path, omm(25544, "1998-067A", "ISS (ZARYA)"), omm(100345, "2026-120B", "NEWCOMER"), omm(25545, "1998-067C", "SHARED"), omm(25546, "1998-067D", "SHARED"))
    put(fr, tmp_path, omm(25544, "1998-067A", "ISS"))
    for name in ("25544", "norad:25544", "1998-067A", "1998-067a", "98067A", "ISS (ZARYA)", "iss  (zarya)", "name:ISS"):
        rows = [json.loads(line) for line in jp.cli("query", "orbit", "--object", name, "--json").out.splitlines()]
        assert sorted(row["origin"] for row in rows) == ["fr-cnes", "us-noaa"], name
        assert joined(jp, name) == ["cospar:1998-067A", "norad:25544"]
    assert joined(jp, "A0345") == joined(jp, "newcomer") == ["cospar:2026-120B", "norad:100345"]
    names = {alias["id"]: alias["origins"] for alias in one(jp, "25544")["aliases"]}
    assert names["name:ISS"] == ["fr-cnes"] and names["name:ISS (ZARYA)"] == ["us-noaa"] and names["cospar:1998-067A"] == ["fr-cnes", "us-noaa"]
    several = jp.cli("query", "orbit", "--object", "shared", check=False)
    assert several.returncode == 1 and "2 objects: norad:25545, norad:25546" in several.err, several.err
    absent = jp.cli("objects", "12345", check=False)
    assert absent.returncode == 1 and "nothing here is about norad:12345" in absent.err
    assert jp.cli("query", "orbit", "--object", "1998-067A", "--history", "--json").out.count("\n") == 2
    # the list, whole and in pages
    whole = [json.loads(line)["id"] for line in jp.cli("objects", "--json").out.splitlines()]
    assert whole == ["norad:100345", "norad:25544", "norad:25545", "norad:25546"]
    pages, cursor = [], ()
    for _ in whole:
        page = jp.cli("objects", "--json", "--limit", 1, *cursor)
        pages += [json.loads(line)["id"] for line in page.out.splitlines()]
        cursor = ("--cursor", page.err.split("'")[1]) if "more" in page.err else ()
    assert pages == whole


def test_one_hostile_origin_fuses_nothing_and_is_seen(three, tmp_path):
    us, fr, evil = three.nodes
    put(us, tmp_path, omm(25544, "1998-067A", "ISS (ZARYA)"), omm(40000, "1998-067B", "ISS DEB"))
    put(evil, tmp_path, omm(25544, "1998-067B", "ISS (ZARYA)"))
    for node in (us, fr):
        assert joined(node, "25544") == ["norad:25544"]
        assert joined(node, "40000") == ["norad:40000"]
        assert state(node, "25544", "cospar:1998-067B") == state(node, "25544", "cospar:1998-067A") == "contested"
    put(fr, tmp_path, omm(25544, "1998-067A", "ISS"), omm(40000, "1998-067B", "DEB"))
    for node in (us, fr):  # two against one
        assert joined(node, "25544") == ["cospar:1998-067A", "norad:25544"]
        assert joined(node, "1998-067B") == ["cospar:1998-067B", "norad:40000"]
        assert state(node, "25544", "cospar:1998-067B") == "contested"
    put(evil, tmp_path, omm(25544, "1998-067A", "ISS (ZARYA)", EPOCH="2026-11-30T12:00:00"))  # it mends its mistake
    assert state(us, "25544", "cospar:1998-067B") is None


def test_a_person_merges_and_splits_signed_and_takes_it_back(three, tmp_path):
    us, fr, jp = three.nodes
    put(us, tmp_path, omm(25544, "1998-067A", "ISS (ZARYA)"), omm(270001, "UNKNOWN", "ANALYST"))
    fr.cli("object", "merge", "25544", "270001", "--reason", "same orbit")
    assert joined(fr, "270001") == ["cospar:1998-067A", "norad:25544", "norad:270001"]
    assert fr.cli("query", "orbit", "--object", "1998-067A", "--json").out.count("\n") == 2
    three.wait_equal([])
    assert joined(us, "25544") == ["cospar:1998-067A", "norad:25544"]
    assert state(us, "25544", "norad:270001") == "noted"  # another nation's word: shown, not followed
    [row] = [json.loads(line) for line in jp.cli("query", "identity", "--json").out.splitlines()]
    assert row["origin"] == "fr-cnes" and row["body"]["state"] == "MERGE" and row["body"]["reason"] == "same orbit"
    fr.cli("object", "split", "270001", "25544")
    assert joined(fr, "270001") == ["norad:270001"] and state(fr, "25544", "norad:270001") == "split"
    fr.cli("object", "split", "25544", "1998-067A")
    assert joined(fr, "25544") == ["norad:25544"] and state(fr, "25544", "cospar:1998-067A") == "split"
    for pair in (("25544", "1998-067A"), ("25544", "270001")):
        fr.cli("object", "undo", *pair)
    assert joined(fr, "25544") == ["cospar:1998-067A", "norad:25544"] and state(fr, "25544", "norad:270001") is None
    assert fr.cli("object", "merge", "25544", "ISS", check=False).returncode == 2
    assert fr.cli("object", "merge", "25544", "norad:25544", check=False).returncode == 2


def test_a_drill_says_nothing_of_the_real_thing(three, tmp_path):
    us, fr, _ = three.nodes
    put(us, tmp_path, omm(25544, "1998-067A", "ISS (ZARYA)"))
    put(us, tmp_path, omm(25544, "1998-067B", "DRILL"), mode="EXERCISE")
    fr.cli("object", "merge", "25544", "40000", "--mode", "EXERCISE")
    assert joined(fr, "25544") == ["cospar:1998-067A", "norad:25544"]
    assert joined(fr, "25544", "--mode", "EXERCISE") == ["cospar:1998-067B", "norad:25544", "norad:40000"]
    assert fr.cli("objects", "drill", check=False).returncode == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[1::2])
def test_the_same_records_in_any_order_give_the_same_objects(three, tmp_path, order):
    nodes = three.nodes
    batches = [lambda: put(nodes[0], tmp_path, omm(25544, "1998-067A", "ISS (ZARYA)"), omm(40000, "1998-067B", "DEB")),
               lambda: put(nodes[1], tmp_path, omm(25544, "1998-067B", "ISS"), omm(7, "1960-001A", "OLD")),
               lambda: put(nodes[2], tmp_path, omm(25544, "1998-067A", "KIBO"), omm(8, "1960-001A", "OLD"))]
    for i in order:
        batches[i]()
    nodes[order[0]].stop()
    nodes[order[0]].start()
    seen = [sorted((row["id"], row["aliases"]) for row in map(json.loads, node.cli("objects", "--json").out.splitlines())) for node in nodes]
    assert seen[0] == seen[1] == seen[2]
    objects = dict(seen[0])
    assert sorted(objects) == ["cospar:1960-001A", "cospar:1998-067B", "norad:25544", "norad:40000", "norad:7", "norad:8"]
    assert [alias["id"] for alias in objects["norad:25544"] if alias["joined"]] == ["norad:25544", "cospar:1998-067A"]


def teme(record, when):
    """Independent: python3-sgp4."""
    satellite = Satrec()
    epoch = datetime.datetime.fromisoformat(record["EPOCH"])
    days = (epoch - datetime.datetime(1949, 12, 31)) / datetime.timedelta(days=1)
    satellite.sgp4init(WGS72, "i", 1, days, record["BSTAR"], 0.0, 0.0, record["ECCENTRICITY"], math.radians(record["ARG_OF_PERICENTER"]),
                       math.radians(record["INCLINATION"]), math.radians(record["MEAN_ANOMALY"]), record["MEAN_MOTION"] * 2 * math.pi / 1440,
                       math.radians(record["RA_OF_ASC_NODE"]))
    error, r, _ = satellite.sgp4(*jday(when.year, when.month, when.day, when.hour, when.minute, when.second + when.microsecond / 1e6))
    assert error == 0
    return r


def moment(text):
    return datetime.datetime.fromisoformat(text.rstrip("Z"))


OEM = """CCSDS_OEM_VERS = 2.0
CREATION_DATE = 2026-11-29T00:00:00
ORIGINATOR = JAXA
META_START
OBJECT_NAME = ISS
OBJECT_ID = 1998-067A
CENTER_NAME = EARTH
REF_FRAME = %s
TIME_SYSTEM = UTC
START_TIME = 2026-11-29T10:00:00
STOP_TIME = 2026-11-29T14:00:00
META_STOP
%s
"""


def oem(frame, turn, record, **shift):
    lines = []
    for minute in range(0, 241, 2):
        when = datetime.datetime(2026, 11, 29, 10) + datetime.timedelta(minutes=minute)
        x, y, z = turn(teme(record, when), when)
        lines.append("%s %.9f %.9f %.9f 1 2 3" % (when.isoformat(), x + shift.get("x", 0), y, z))
    return OEM % (frame, "\n".join(lines))


def test_orbits_of_three_origins_side_by_side(three, tmp_path):
    us, fr, jp = three.nodes
    a = omm(25544, "1998-067A", "ISS (ZARYA)", EPOCH="2026-11-29T06:00:00.000000")
    b = omm(25544, "1998-067A", "ISS", MEAN_ANOMALY=171.7)
    put(us, tmp_path, a)
    put(fr, tmp_path, b)
    path = tmp_path / "iss.oem"
    path.write_text(oem("TEME", lambda r, when: r, b, x=0.25), encoding="utf-8")
    jp.publish("--wait", 2, path)
    seen = one(us, "25544")
    assert [row["origin"] for row in seen["orbits"]] == ["jp-jaxa", "fr-cnes", "us-noaa"]  # by the newest epoch: that of its last state
    assert seen["preferred"]["origin"] == "jp-jaxa" and "its epoch is newer" in seen["preferred"]["why"]
    rows = {row["origin"]: row for row in seen["orbits"]}
    assert "distance_km" not in rows["jp-jaxa"]
    assert rows["fr-cnes"]["compared_at"] == "2026-11-29T12:00:00Z" and abs(rows["fr-cnes"]["distance_km"] - 0.25) < 1e-4
    assert not rows["fr-cnes"]["disagrees"]
    assert rows["us-noaa"]["compared_at"] == "2026-11-29T10:00:00Z"  # its epoch is before the first state
    when = moment(rows["us-noaa"]["compared_at"])
    p, q = teme(a, when), teme(b, when)
    assert abs(rows["us-noaa"]["distance_km"] - math.dist(p, (q[0] + 0.25, q[1], q[2]))) < 1e-3
    assert rows["us-noaa"]["disagrees"] and seen["disagreement"]
    deadline = time.monotonic() + 60  # when it was so, made, received, and up to when nothing is missing: a heartbeat comes at least every 30 s
    while not all(row[key] for row in seen["orbits"] for key in ("epoch", "created", "received", "complete_up_to")):
        assert time.monotonic() < deadline, seen["orbits"]
        seen = one(us, "25544")
    why = us.cli("query", "orbit", "--object", "ISS", "--explain")
    assert "norad:25544 = cospar:1998-067A: preferred orbit: " in why.err and "of jp-jaxa: before that of fr-cnes: its epoch is newer" in why.err
    text = us.cli("objects", "25544").out
    assert "DISAGREES" in text and "preferred orbit: " in text


def test_two_element_sets_are_compared_at_the_newer_epoch(three, tmp_path):
    us, fr, _ = three.nodes
    a, b = omm(25544, "1998-067A", "A"), omm(25544, "1998-067A", "A", EPOCH="2026-11-30T00:30:00.000000", MEAN_ANOMALY=30)
    put(us, tmp_path, a)
    put(fr, tmp_path, b)
    rows = one(us, "25544")["orbits"]
    assert [row["origin"] for row in rows] == ["fr-cnes", "us-noaa"] and rows[1]["compared_at"] == "2026-11-30T00:30:00Z"
    when = moment(rows[1]["compared_at"])
    assert abs(rows[1]["distance_km"] - math.dist(teme(a, when), teme(b, when))) < 1e-5
    assert rows[1]["disagrees"] == (rows[1]["distance_km"] > 10)


def test_frames_are_led_to_one_or_said_why_not(three, tmp_path):
    us, fr, jp = three.nodes
    record = omm(25544, "1998-067A", "ISS")
    put(us, tmp_path, record)

    def inertial(r, when):  # independent of frame.c's way: TEME to true equator and equinox to GCRS
        tt = (2400000.5, 61371.0 + (when - datetime.datetime(2026, 11, 27)) / datetime.timedelta(days=1) + 69.184 / 86400)
        turn = erfa.ee00a(*tt)
        tod = (r[0] * math.cos(turn) - r[1] * math.sin(turn), r[0] * math.sin(turn) + r[1] * math.cos(turn), r[2])
        return erfa.rxp(erfa.tr(erfa.pnm06a(*tt)), tod)
    for node, frame in ((fr, "EME2000"), (jp, "MEAN OF DATE")):
        path = tmp_path / (node.name + ".oem")
        path.write_text(oem(frame, inertial, record), encoding="utf-8")
        node.publish("--wait", 2, path)
    rows = {row["origin"]: row for row in one(us, "25544")["orbits"]}
    both = [row["distance_km"] for row in rows.values() if "distance_km" in row]
    assert len(both) == 1 and both[0] < 0.02, rows  # sidereal times of 1982 and 2006 differ by metres
    assert "distance_km" not in rows["jp-jaxa"] and "frame is none of" in rows["jp-jaxa"]["note"]


def test_the_policy_of_the_node_prefers_the_operator_and_the_one_with_a_covariance(federate, tmp_path):
    federation = federate()
    us, fr, jp = federation.nodes
    with open(us.directory + "/node.yaml", "a", encoding="utf-8") as file:
        file.write("\norbit_policy:\n  operators: norad:25544=jp-jaxa\n  disagree_leo_km: 15000\n  stale_leo_h: 1\n")
    federation.start()
    covariance = {"COV_REF_FRAME": "TEME"}
    names = ["X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"]
    for i, row in enumerate(names):
        for column in names[:i + 1]:
            covariance["C%s_%s" % (row, column)] = 0.01 if row == column else 0
    put(us, tmp_path, omm(25544, "1998-067A", "A", EPOCH="2026-11-30T00:00:00"))
    put(fr, tmp_path, omm(25544, "1998-067A", "A", EPOCH="2026-11-29T00:00:00", **covariance))
    put(jp, tmp_path, omm(25544, "1998-067A", "A", EPOCH="2026-11-28T00:00:00"))
    seen = one(us, "25544")
    assert [row["origin"] for row in seen["orbits"]] == ["jp-jaxa", "fr-cnes", "us-noaa"] and "operator" in seen["preferred"]["why"]
    assert seen["orbits"][1]["sigma_km"] == pytest.approx(math.sqrt(0.03), abs=1e-6)
    assert [row["stale"] for row in seen["orbits"]][:1] == [True] and not any(row.get("disagrees") for row in seen["orbits"][1:2])
    seen = one(fr, "25544")  # as supplied
    assert [row["origin"] for row in seen["orbits"]] == ["fr-cnes", "us-noaa", "jp-jaxa"] and "covariance" in seen["preferred"]["why"]
    form = {"notice": "REGISTRATION/1", "id": "JP-1", "issued": "2026-11-01T00:00:00Z", "issuer": "Japan", "draft": "YES", "state_of_registry": "Japan",
            "launching_states": "Japan", "designator": "JP-1", "cospar_id": "1998-067A", "norad_cat_id": 25544, "function": "station"}
    put(jp, tmp_path, form)
    assert one(fr, "25544")["preferred"]["origin"] == "jp-jaxa"  # it alone registered the object
    put(us, tmp_path, form)
    assert one(fr, "25544")["preferred"]["origin"] == "fr-cnes"  # two did: neither counts


def test_a_store_of_an_older_release_learns_who_its_objects_are(federate, tmp_path):
    federation = federate("us-noaa").start()
    [us] = federation.nodes
    put(us, tmp_path, *(omm(25544 + i, "1998-%03dA" % (100 + i), "OBJECT %d" % i) for i in range(600)), wait=0)
    us.stop()
    with sqlite3.connect(us.directory + "/store.db") as store:  # as STEP_5 of node/store/schema.c finds it
        store.executescript("DELETE FROM alias; DELETE FROM alias_due; UPDATE subject SET identity = x''; INSERT INTO meta VALUES ('aliases_missing', x'01');")
    us.start()
    deadline = time.monotonic() + 60
    while us.cli("objects", "--json").out.count("\n") < 600 or "not complete" in us.cli("objects", "--json", "--limit", 1).err:
        assert time.monotonic() < deadline
    assert joined(us, "1998-699A") == ["cospar:1998-699A", "norad:26143"] == joined(us, "object 599")
