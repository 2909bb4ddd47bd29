"""parallax-plugin-screen against a brute force over python3-sgp4, and through a node."""
import csv
import json
import math
import os
import random
import re
import subprocess

import numpy
import pytest
from sgp4.api import SGP4_ERRORS, WGS72, Satrec, jday

from test_plugin import Plugin, until

START = (2026, 11, 30, 6, 0, 0)
START_TEXT = "2026-11-30T06:00:00Z"
HOURS, DISTANCE = 8, 10.0
ROAD = "command: [parallax-plugin-screen, plan.yaml]\nfilter: {types: [orbit], modes: [TEST]}\nwindow: 4096\npublish: {types: [conjunction], audiences: [open], modes: [SIMULATED]}\n"


class Orbit:
    """Mean elements as an OMM writes them; angles in degrees, mean motion in revolutions a day."""

    def __init__(self, number, motion, e, i, node, argp, anomaly, bstar=1e-5, day=30.0):
        self.number, self.day = number, day
        self.values = [float("%.8f" % motion), float("%.8f" % e)] + [float("%.5f" % value) for value in (i, node % 360, argp % 360, anomaly % 360)]
        self.bstar = bstar

    def epoch(self):
        hours = (self.day - int(self.day)) * 24
        return (2026, 11, int(self.day), int(hours), int(hours * 60) % 60, 0)

    def row(self):
        motion, e, i, node, argp, anomaly = self.values
        return {"CCSDS_OMM_VERS": "2.0", "OBJECT_NAME": "N%d" % self.number, "OBJECT_ID": "2020-001A", "CENTER_NAME": "EARTH", "REF_FRAME": "TEME", "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4",
                "EPOCH": "%04d-%02d-%02dT%02d:%02d:%02d" % self.epoch(), "MEAN_MOTION": motion, "ECCENTRICITY": e, "INCLINATION": i, "RA_OF_ASC_NODE": node, "ARG_OF_PERICENTER": argp,
                "MEAN_ANOMALY": anomaly, "EPHEMERIS_TYPE": 0, "CLASSIFICATION_TYPE": "U", "NORAD_CAT_ID": self.number, "ELEMENT_SET_NO": 999, "REV_AT_EPOCH": 1, "BSTAR": self.bstar,
                "MEAN_MOTION_DOT": 0, "MEAN_MOTION_DDOT": 0}

    def satellite(self):
        motion, e, i, node, argp, anomaly = self.values
        sat, (jd, fraction) = Satrec(), jday(*self.epoch())
        rad = math.pi / 180
        sat.sgp4init(WGS72, "i", self.number % 99999, jd - 2433281.5 + fraction, self.bstar, 0.0, 0.0, e, argp * rad, i * rad, anomaly * rad, motion * 2 * math.pi / 1440, node * rad)
        return sat


def plane(normal):
    """Inclination and node, degrees."""
    return math.degrees(math.acos(normal[2])), math.degrees(math.atan2(normal[0], -normal[1]))


def catalogue():
    """300 objects in crowded and in wide orbits, and pairs of them that meet; with the planted pairs."""
    rng, orbits, planted = random.Random(8), [], []
    for number in range(1, 251):
        orbits.append(Orbit(number, 14.33 + rng.uniform(-0.02, 0.02), rng.uniform(0.0001, 0.002), rng.uniform(50, 110), rng.uniform(0, 360), rng.uniform(0, 360), rng.uniform(0, 360), day=30 - rng.randrange(0, 48) / 24.0))
    for number in range(251, 281):  # transfer, Molniya and geosynchronous orbits
        motion, e = rng.choice(((2.25, 0.73), (2.006, 0.7), (1.0027, 0.0005)))
        orbits.append(Orbit(number, motion, e, rng.choice((0.05, 7.0, 63.4)), rng.uniform(0, 360), rng.uniform(0, 360), rng.uniform(0, 360)))
    jd, fraction = jday(*START)
    for number in range(281, 301):  # each of these is on the way of another one in the middle of the window
        other, at = orbits[rng.randrange(250)], fraction + rng.uniform(0.02, HOURS / 24.0 - 0.02)
        r = numpy.array(other.satellite().sgp4(jd, at)[1])
        turned = math.radians(rng.uniform(0, 360))
        axis = numpy.array([math.cos(turned), math.sin(turned), 0])
        normal = numpy.cross(axis, r)  # the plane through the node and the meeting point
        normal *= math.copysign(1, normal[2]) / numpy.linalg.norm(normal)
        mine = Orbit(number, other.values[0], 0.0005, *plane(normal), 0, 0)
        for _ in range(8):  # its plane, along its way, and up and down, until they meet
            here, speed = (numpy.array(v) for v in mine.satellite().sgp4(jd, at)[1:])
            tilt, turn = (a - b for a, b in zip(plane(normal), plane(numpy.cross(here, speed) / numpy.linalg.norm(numpy.cross(here, speed)))))
            angle = math.degrees(math.atan2(numpy.dot(numpy.cross(here, r), normal), numpy.dot(here, r)))
            ratio = (numpy.linalg.norm(r) / numpy.linalg.norm(here)) ** 1.5
            motion, e, i, node, argp, anomaly = mine.values
            mine = Orbit(number, motion / ratio, e, i + tilt, node + turn, argp, anomaly + angle)
        orbits.append(mine)
        planted.append((min(other.number, number), max(other.number, number), at - fraction))
    return orbits, planted


def brute_force(orbits):
    """{(a, b): [(seconds, km, km/s)]} of all pairs: distances every 10 s, then thirds of the interval around each minimum."""
    jd, fraction = jday(*START)
    steps = numpy.arange(-10, HOURS * 3600 + 20, 10.0)
    satellites = [orbit.satellite() for orbit in orbits]
    places = []
    for satellite in satellites:
        error, r, _ = satellite.sgp4_array(numpy.full(len(steps), jd), fraction + steps / 86400.0)
        assert not error.any(), SGP4_ERRORS
        places.append(r)

    def apart(a, b, at):
        ra, va = satellites[a].sgp4(jd, fraction + at / 86400.0)[1:]
        rb, vb = satellites[b].sgp4(jd, fraction + at / 86400.0)[1:]
        return math.dist(ra, rb), math.dist(va, vb)

    found = {}
    for a in range(len(orbits)):
        for b in range(a + 1, len(orbits)):
            d = numpy.linalg.norm(places[a] - places[b], axis=1)
            for k in numpy.nonzero((d[1:-1] <= d[:-2]) & (d[1:-1] < d[2:]) & (d[1:-1] < DISTANCE + 160))[0] + 1:
                low, high = steps[k - 1], steps[k + 1]
                for _ in range(60):
                    one, two = low + (high - low) / 3, high - (high - low) / 3
                    low, high = (low, two) if apart(a, b, one)[0] < apart(a, b, two)[0] else (one, high)
                range_km, speed = apart(a, b, low)
                if range_km <= DISTANCE and 0 <= low < HOURS * 3600 and speed >= 0.01:
                    found.setdefault((orbits[a].number, orbits[b].number), []).append((low, range_km, speed))
    return found


def run(build, folder, plan, orbits, body_of=Orbit.row):
    """The program with these records: what it publishes, as rows; what it says."""
    with open(os.path.join(folder, "plan.yaml"), "w", encoding="utf-8") as file:
        file.write(plan)
    process = subprocess.Popen([os.path.join(build, "bin", "parallax-plugin-screen"), "plan.yaml"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for number, orbit in enumerate(orbits, 1):
        process.stdin.write(json.dumps({"delivery": {"incarnation": "00" * 16, "number": number}, "type": "orbit", "body": body_of(orbit)}) + "\n")
    process.stdin.flush()
    said = process.stderr.readline()  # the run is over: what it found comes now
    count, rows = int(re.match(r"(\d+) approaches", said)[1]), []
    while len(rows) < count:
        line = process.stdout.readline()
        if line.startswith("publish "):
            asked = json.loads(line[8:])
            assert asked["mode"] == "SIMULATED" and asked["audience"] == "open" and asked["format"] == "socrates-csv"
            rows += list(csv.DictReader(asked["text"].splitlines()))
            process.stdin.write(json.dumps({"reply": asked["key"], "ids": ["x:1"]}) + "\n")
            process.stdin.flush()
        else:
            assert re.match(r"ack \d+$", line), line
    process.stdin.close()
    assert process.wait(60) == 0, process.stderr.read()
    return rows, said


def seconds(row):
    day, hours = row["TCA"].split("T")
    h, m, s = hours.split(":")
    return (int(day[-2:]) - START[2]) * 86400 + (int(h) - START[3]) * 3600 + int(m) * 60 + float(s)


def by_pair(rows):
    found = {}
    for row in rows:
        found.setdefault((int(row["NORAD_CAT_ID_1"]), int(row["NORAD_CAT_ID_2"])), []).append((seconds(row), float(row["TCA_RANGE"]), float(row["TCA_RELATIVE_SPEED"])))
    return found


def agree(found, wanted):
    edge = 0.002  # km: one within the distance for the one may be outside for the other
    for pair in set(found) | set(wanted):
        mine, theirs = found.get(pair, []), wanted.get(pair, [])
        mine, theirs = ([row for row in rows if row[1] < DISTANCE - edge] for rows in (mine, theirs))
        assert len(mine) == len(theirs), (pair, mine, theirs)
        for one, two in zip(mine, theirs):
            assert abs(one[0] - two[0]) < 0.01 and abs(one[1] - two[1]) < 0.001 and abs(one[2] - two[2]) < 0.001, (pair, one, two)


def test_all_with_all_finds_what_a_brute_force_finds(build, tmp_path):
    orbits, planted = catalogue()
    wanted = brute_force(orbits)
    found = by_pair(run(build, tmp_path, "start: %s\nwindow_h: %d\ndistance_km: %g\n" % (START_TEXT, HOURS, DISTANCE), orbits)[0])
    agree(found, wanted)
    for a, b, at in planted:
        assert any(abs(row[0] - at * 86400) < 5 for row in found.get((a, b), [])), "planted: %d and %d at %.0f s: %r" % (a, b, at * 86400, found.get((a, b)))
    # Some with all: the same, of these.
    own = [planted[0][1], planted[1][1], 5, 260]
    rows, said = run(build, tmp_path, "start: %s\nwindow_h: %d\ndistance_km: %g\nown: %s\n" % (START_TEXT, HOURS, DISTANCE, own), [])
    agree(by_pair(rows), {pair: rows for pair, rows in wanted.items() if set(pair) & set(own)})
    assert "of 300 objects looked at" in said  # and the catalogue was read from its file: it was given none


def test_no_probability_and_the_method_by_name(build, tmp_path):
    orbits, _ = catalogue()
    rows, _ = run(build, tmp_path, "start: %s\nwindow_h: 2\ndistance_km: 20\n" % START_TEXT, orbits)
    assert rows and all("MAX_PROB" not in row and "DILUTION" not in row and "SGP4" in row["METHOD"] and "no probability" in row["METHOD"] for row in rows)


def test_what_sgp4_is_not_for_is_left_out(build, tmp_path):
    orbits, _ = catalogue()
    spoilt = {1: {"MEAN_ELEMENT_THEORY": "DSST"}, 2: {"REF_FRAME": "EME2000"}, 3: {"EPHEMERIS_TYPE": 4}, 4: {"TIME_SYSTEM": "TAI"}, 5: {"MEAN_MOTION": "x"}, 6: {"NORAD_CAT_ID": 0}, 7: {"CENTER_NAME": "MOON"}}
    said = run(build, tmp_path, "start: %s\nwindow_h: 1\n" % START_TEXT, orbits, lambda orbit: dict(orbit.row(), **spoilt.get(orbit.number, {})))[1]
    assert "of 293 objects looked at" in said
    said = run(build, tmp_path, "start: %s\nwindow_h: 1\n" % START_TEXT, [dict(orbits[0].row(), NORAD_CAT_ID=999, EPOCH="2026-10-01T00:00:00")], lambda row: row)[1]
    assert "293 of 294 objects looked at, 1 without an answer of SGP4" in said


def test_through_a_node_the_newest_elements_count(federate, tmp_path):
    node = federate("fr-cnes").nodes[0]
    node.start()
    orbits, planted = catalogue()
    a, b, _ = planted[0]
    pair = [orbits[a - 1].row(), orbits[b - 1].row()]
    (tmp_path / "old.json").write_text(json.dumps([dict(row, EPOCH="2026-11-20T00:00:00", ARG_OF_PERICENTER=1, MEAN_ANOMALY=1) for row in pair]))
    (tmp_path / "new.json").write_text(json.dumps(pair))
    node.cli("publish", "--mode", "TEST", str(tmp_path / "new.json"))
    node.cli("publish", "--mode", "TEST", str(tmp_path / "old.json"))
    plugin = Plugin(node, "screen").program("start: %s\nwindow_h: %d\ndistance_km: 10\nown: [%d]\nevery_s: 10\n" % (START_TEXT, HOURS, b), "plan.yaml").configure(ROAD)
    row = plugin.wait("published", lambda row: row["published"] >= 1 and row["lag"] <= row["published"])
    assert row["denied"] == row["nonsense"] == row["restarts"] == 0
    rows = [json.loads(line) for line in node.cli("query", "conjunction", "--mode", "SIMULATED", "--json").out.splitlines()]
    assert {one["body"]["NORAD_CAT_ID_1"] for one in rows} == {a} and {one["body"]["NORAD_CAT_ID_2"] for one in rows} == {b} and all("MAX_PROB" not in one["body"] for one in rows)


@pytest.mark.parametrize("plan, wanted", [("window_h: 200\n", "hours, 1 to 168"), ("own: [x]\n", "a catalogue number"), ("distance: 5\n", "distance_km"), ("start: yesterday\n", "a time in UTC")])
def test_a_plan_that_is_wrong_is_told_with_its_place(build, tmp_path, plan, wanted):
    (tmp_path / "plan.yaml").write_text(plan)
    done = subprocess.run([os.path.join(build, "bin", "parallax-plugin-screen"), "plan.yaml"], cwd=tmp_path, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=30, check=False)
    assert done.returncode == 1 and re.match(r"plan.yaml:1:\d+: ", done.stderr.decode()) and wanted in done.stderr.decode(), done.stderr
