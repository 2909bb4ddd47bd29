"""The rule reentry-territory: the track of a re-entry over what a node names in its rules.yaml, decided a second time here (python3-sgp4, haversines)."""
import datetime
import json
import os
import random
import signal

import pytest

import test_corridor
from test_alerts import until
from test_corridor import BORDERS, checked, edge_km, rings_of, track, winding

OBJECT = "norad:25544"


def at(hours):
    """A whole minute so many hours from now."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, second=0, microsecond=0)
    return now + datetime.timedelta(hours=hours)


@pytest.fixture
def elements(tmp_path):
    """elements(motion): a file with a TLE whose epoch is half a day ago."""
    def write(motion="16.10000000", anomaly="290.2553"):
        t = at(-12)
        day = t.timetuple().tm_yday + (t.hour * 60 + t.minute) / 1440
        text = "".join(checked(line) + "\n" for line in (
            "1 25544U 98067A   %02d%012.8f  .00016717  00000-0  10270-3 0  9000" % (t.year % 100, day),
            "2 25544  51.6400 208.9163 0006317  69.9862 %s %s10000" % (anomaly, motion)))
        path = tmp_path / ("%d.tle" % len(list(tmp_path.iterdir())))
        path.write_text(text)
        return path
    return write


@pytest.fixture
def tip(tmp_path):
    """tip(decay, minutes, said): a file with one TIP, of datetimes."""
    def write(decay, minutes, said):
        row = {"NORAD_CAT_ID": "25544", "MSG_EPOCH": str(said), "INSERT_EPOCH": str(said), "DECAY_EPOCH": str(decay), "WINDOW": str(minutes), "REV": "31245",
               "DIRECTION": None, "LAT": "-12.3", "LON": "151.2", "INCL": "51.6", "NEXT_REPORT": "24", "ID": "4455", "HIGH_INTEREST": "Y", "OBJECT_NUMBER": "25544"}
        path = tmp_path / ("%d.tip.json" % len(list(tmp_path.iterdir())))
        path.write_text(json.dumps([row]))
        return path
    return write


def names(node, territories):
    with open(os.path.join(node.directory, "rules.yaml"), "w", encoding="ascii") as file:
        file.write("form: RULES/1\nterritories:\n" + "".join("  - {id: %s, %s}\n" % each for each in territories.items()))


def open_alerts(node, mode="REAL", origin=None):
    """Territory -> body of the alert, of those that are open."""
    rows = [json.loads(line) for line in node.cli("alerts", "--mode", mode, "--json").out.splitlines()]
    return {row["body"]["about"].split(" over ")[1]: row["body"] for row in rows
            if row["body"]["rule"] == "reentry-territory" and row["origin"] == (origin or node.name)}


def history(node):
    """(territory, state) in the order of the node's log."""
    rows = [json.loads(line) for line in node.cli("query", "alert", "--origin", node.name, "--history", "--json").out.splitlines()]
    rows.sort(key=lambda row: int(row["id"].split(":")[1]))
    return [(row["body"]["about"].split(" over ")[1], row["body"]["state"]) for row in rows if row["body"]["rule"] == "reentry-territory"]


def ids(node, path, *options):
    [(log, index, _)] = node.publish(*options, path)
    return "%s:%d" % (log, index)


def box_km(box, lat, lon):
    south, west, north, east = box
    if south <= lat <= north and (lon - west) % 360 <= (east - west) % 360:
        return 0.0
    if not south - 6 <= lat <= north + 6 or (lon - west + 12) % 360 > (east - west) % 360 + 24:
        return 9999.0
    corners = [(west, south), (east, south), (east, north), (west, north)]
    return min(edge_km(lat, lon, a, b) for a, b in zip(corners, corners[1:] + corners[:1]))


def state_km(rings, lat, lon):
    """Far places are not measured."""
    rings = [ring for ring in rings if min(y for _, y in ring) - 4 <= lat <= max(y for _, y in ring) + 4]
    if sum(winding(ring, lat, lon) != 0 for ring in rings) % 2:
        return 0.0
    near = [(a, b) for ring in rings for a, b in zip(ring, ring[1:]) if abs(a[1] - lat) < 4 and abs((a[0] - lon + 180) % 360 - 180) < 7]
    return min((edge_km(lat, lon, a, b) for a, b in near), default=9999.0)


def nearest(places, distance):
    return min(distance(lat, lon) for lat, lon in places)


def test_alerts_are_raised_for_what_the_track_passes_and_for_nothing_else(federate, elements, tip):
    dice = random.Random(35)
    orbit, opens, minutes = elements(), at(4), 90
    places = list(track(orbit.read_text(), opens, 2 * minutes * 60, 2))
    boxes = {}
    for i in range(24):   # by turns on the track, beside it, and anywhere
        lat, lon = places[i * len(places) // 24] if i % 3 < 2 else (dice.uniform(-56, 53), dice.uniform(-179, 179))
        south, west = round(lat + (i % 3) * dice.uniform(-3, 1.5) - 0.1, 2), lon + (i % 3) * dice.uniform(-3, 1.5) - 0.1
        boxes["box-%d" % i] = (south, round((west + 180) % 360 - 180, 2), round(south + dice.uniform(0.2, 3), 2), round((west + dice.uniform(0.2, 3) + 180) % 360 - 180, 2))
    federation = federate("us-noaa", "fr-cnes")
    us, fr = federation.nodes
    states = {"france": '"250"', "indonesia": "Indonesia", "fiji": '"242"'}
    names(fr, {**{name: "box: [%s, %s, %s, %s]" % box for name, box in boxes.items()}, **{name: "state: " + code for name, code in states.items()}})
    federation.start()
    fr.events.wait("watch_swept")
    element_id, tip_id = ids(us, orbit), ids(us, tip(opens + datetime.timedelta(minutes=minutes), minutes, at(-2)))
    rings = dict(rings_of(BORDERS))
    coarse = places[::5]
    expected = {name: nearest(places, lambda lat, lon, box=box: box_km(box, lat, lon)) for name, box in boxes.items()}
    for name, title in (("france", "France"), ("indonesia", "Indonesia"), ("fiji", "Fiji")):
        expected[name] = nearest(coarse, lambda lat, lon, title=title: state_km(rings[title], lat, lon))
    sure = {name: km for name, km in expected.items() if abs(km - 100) > (3 if name in boxes else 12)}
    wanted = {name for name, km in sure.items() if km < 100}
    assert 8 <= len(wanted) <= len(sure) - 3, expected
    until(lambda: {name for name in open_alerts(fr) if name in sure}, wanted)
    for name, body in open_alerts(fr).items():
        assert body["inputs"].split() == [tip_id, element_id] and body["object"] == OBJECT and "%s over %s" % (OBJECT, name) in body["headline"]
        stated = float(body["values"].split("territory_km ")[1].split(" ")[0])
        assert name not in boxes or abs(stated - expected[name]) < 3, (name, body["values"], expected[name])
        assert " pass" in body["values"] and "% of the window" in body["values"] and "closes_h (DECAY_EPOCH + WINDOW " in body["values"]
    assert open_alerts(us) == {} and "no territory is configured" in us.cli("rules").out and "over france: state 250" in fr.cli("rules").out

    # What `parallax corridor` says of the same: first and last pass, to the minute.
    document = json.loads(test_corridor.ok("corridor", "--from", opens.isoformat() + "Z", "--to", (opens + datetime.timedelta(minutes=2 * minutes)).isoformat() + "Z",
                                           "--format", "json", "--borders", BORDERS, stdin=orbit.read_bytes()))
    said = {state["state"]: state for state in document["states"]}
    for name, title in (("france", "France"), ("indonesia", "Indonesia"), ("fiji", "Fiji")):
        body = open_alerts(fr).get(name)
        assert (title in said) == (body is not None)
        if body is not None:
            assert "%s (%d pass" % ("%.0f" % said[title]["nearest_km"], said[title]["passes"]) in body["values"]
            assert " %sZ to %sZ," % (said[title]["first"][:16], said[title]["last"][:16]) in body["values"]

    # A start, and the same message again, make no second alert.
    told = history(fr)
    assert fr.stop(signal.SIGTERM) == 0
    fr.start()
    fr.events.wait("watch_swept", timeout=60)
    us.publish(tip(opens + datetime.timedelta(minutes=minutes), minutes, at(-2)))
    # The window shrinks: what it no longer passes is over, the rest goes on with new figures. An older message that comes late changes nothing.
    opens, minutes = opens + datetime.timedelta(minutes=60), 20
    us.publish(tip(opens + datetime.timedelta(minutes=minutes), minutes, at(-1)))
    places = list(track(orbit.read_text(), opens, 2 * minutes * 60, 2))
    shrunk = {name: nearest(places, lambda lat, lon, box=box: box_km(box, lat, lon)) for name, box in boxes.items() if name in wanted}
    left = {name for name, km in shrunk.items() if km < 97}
    gone = {name for name, km in shrunk.items() if km > 123}
    assert gone
    until(lambda: gone & set(open_alerts(fr)), set())
    until(lambda: left <= set(open_alerts(fr)), True)
    later = history(fr)[len(told):]
    assert history(fr)[:len(told)] == told and {state for _, state in later} <= {"UPDATED", "CANCELLED"} and len(later) <= len(told)
    still = sorted(open_alerts(fr))
    us.publish(tip(at(9), 300, at(-3)))
    us.publish(tip(at(-1), 30, at(0)))   # its window has closed
    until(lambda: open_alerts(fr), {})
    assert sorted(name for name, state in history(fr)[len(told) + len(later):]) == still


def test_an_orbit_that_comes_later_is_found_and_drills_are_apart(federate, elements, tip):
    node = federate("us-noaa").nodes[0]
    names(node, {"all": "box: [-90, -180, 90, 180]", "sea": "polygon: [[-40, -170], [-30, -170], [-30, -60], [-40, -60]]", "nowhere": "state: Atlantis"})
    node.start()
    refused = node.events.wait("conf_error")
    assert "territory nowhere: the file of borders has no such State" in refused.fields["note"]
    node.events.wait("watch_swept")
    assert "over nowhere: state Atlantis" in node.cli("rules").out and "NOT IN FORCE" in node.cli("rules").out
    node.publish("--mode", "EXERCISE", elements())
    node.publish("--mode", "EXERCISE", tip(at(6), 240, at(-1)))
    until(lambda: "all" in open_alerts(node, "EXERCISE"), True)
    node.publish(tip(at(6), 240, at(-1)))   # REAL, and no orbit that is
    node.publish("--mode", "EXERCISE", tip(at(-1), 30, at(0)))
    until(lambda: open_alerts(node, "EXERCISE"), {})   # judged after the REAL one
    assert open_alerts(node) == {}
    node.publish(elements())
    until(lambda: "all" in open_alerts(node), True, timeout=90)   # at the next look
    body = open_alerts(node)["all"]
    assert "territory_km 0 (1 pass " in body["values"] and "100.0 % of the window" in body["values"]
    newer = ids(node, elements(anomaly="200.0000"), "--again")
    assert newer not in body["inputs"]

    # A territory that is named no longer has no alert.
    assert node.stop(signal.SIGTERM) == 0
    names(node, {"sea": "polygon: [[-40, -170], [-30, -170], [-30, -60], [-40, -60]]"})
    node.start()
    until(lambda: "all" in open_alerts(node), False)
    assert history(node)[-1] == ("all", "CANCELLED") or ("all", "CANCELLED") in history(node)


def test_a_window_that_closes_ends_the_alert(federate, elements, tip):
    node = federate("us-noaa").nodes[0]
    names(node, {"all": "box: [-90, -180, 90, 180]"})
    node.start()
    node.events.wait("watch_swept")
    node.publish(elements())
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)
    node.publish(tip(now + datetime.timedelta(seconds=10 - 60), 1, at(-1)))
    node.events.wait("alert_published", rule="reentry-territory", state="RAISED")
    node.events.wait("alert_published", rule="reentry-territory", state="CANCELLED", timeout=60)
    assert history(node) == [("all", "RAISED"), ("all", "CANCELLED")]
