"""`parallax corridor` and `parallax borders`: the States under the track of a re-entry.

The borders are read and looked up a second time here, in other ways than those of the program: winding numbers instead of a ray, haversines and bearings
instead of vectors. Tracks come from python3-sgp4. deploy/setup test fetches the borders (Natural Earth, npm package world-atlas).
"""
import datetime
import json
import math
import os
import random
import shutil
import subprocess

import pytest
from sgp4.api import Satrec, jday

from test_cli_offline import BIN, DONE, FAILED, ROOT, USAGE, ok, refused, run

GOLDEN = os.path.join(ROOT, "node", "types", "reentry", "golden")
BORDERS = os.environ.get("PARALLAX_BORDERS") or os.path.join(ROOT, "build", "share", "parallax", "countries-50m.json")
EARTH_KM = 6371.0088
WINDOW = ("--from", "2032-03-11T19:12:00Z", "--to", "2032-03-12T03:12:00Z")


def checked(line):
    return line[:68] + str(sum(int(c) if c.isdigit() else c == "-" for c in line[:68]) % 10)


def tle(number="25544", inclination="51.6400", motion="16.10000000", cospar="98067A"):
    return "".join(checked(line) + "\n" for line in (
        "1 %sU %s   32071.00000000  .00016717  00000-0  10270-3 0  9000" % (number, cospar),
        "2 %s %8s 208.9163 0006317  69.9862 290.2553 %s10000" % (number, inclination, motion)))


def topology(arcs, geometries, **changes):
    """Arcs in whole degrees."""
    def deltas(arc):
        return [[b[0] - a[0], b[1] - a[1]] for a, b in zip([(0, 0)] + arc, arc)]
    return {"type": "Topology", "objects": {"countries": {"type": "GeometryCollection", "geometries": geometries}},
            "arcs": [deltas(arc) for arc in arcs], "transform": {"scale": [1, 1], "translate": [0, 0]}, **changes}


def polygon(name, *rings, code="001"):
    return {"type": "Polygon", "arcs": [list(ring) for ring in rings], "id": code, "properties": {"name": name}}


# A State with a hole, another one in the hole; one over the antimeridian; one round the south pole.
OUTER, HOLE = [(10, 10), (30, 10), (30, 30), (10, 30), (10, 10)], [(18, 18), (22, 18), (22, 22), (18, 22), (18, 18)]
ACROSS = [(170, -5), (-170, -5), (-170, 5), (170, 5), (170, -5)]
POLAR = [(lon, -70) for lon in list(range(-180, 180, 30))] + [(-180, -70)]
MADE = topology([OUTER, HOLE, ACROSS, POLAR], [polygon("Outer", [0], [1]), polygon("Inner", [-2], code="002"), polygon("Across", [2], code="003"),
                                              polygon("Polar", [3], code="004")])


@pytest.fixture
def made(tmp_path):
    def write(document):
        path = tmp_path / "borders.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path
    return write


def near(path, places, cross=0):
    text = ok("borders", "--json", "--file", path, "--cross", cross, "--", *("%.6f,%.6f" % place for place in places))
    return [{state["state"]: state["km"] for state in json.loads(line)["states"]} for line in text.splitlines()]


def test_holes_the_antimeridian_and_a_pole(made):
    places = {(11, 11): {"Outer"}, (20, 20): {"Inner"}, (18.5, 21.5): {"Inner"}, (17, 20): {"Outer"}, (9, 20): set(), (20, 31): set(), (0, 180): {"Across"},
              (0, -180): {"Across"}, (4.9, 171): {"Across"}, (-4.9, -171): {"Across"}, (0, 169): set(), (0, -169): set(), (0, 0): set(), (6, 180): set(),
              (-90, 0): {"Polar"}, (-71, 180): {"Polar"}, (-71, -15): {"Polar"}, (-69, 77): set(), (90, 0): set(), (20, 380 - 360): {"Inner"},
              (0, 190): {"Across"}}
    assert [set(states) for states in near(made(MADE), places)] == list(places.values())


def test_an_edge_is_straight_in_longitude_and_latitude(made):
    # The great circle from (10 E, 30 N) to (30 E, 30 N) goes as far as 30.38 N.
    states = near(made(MADE), [(30.2, 20)], 50)[0]
    assert abs(states["Outer"] - 0.2 * math.pi / 180 * EARTH_KM) < 0.1


@pytest.mark.parametrize("change, said", [
    (lambda t: t.pop("transform"), "expected type Topology"),
    (lambda t: t.update(type="Feature"), "expected type Topology"),
    (lambda t: t["objects"].pop("countries"), "expected type Topology"),
    (lambda t: t["objects"]["countries"]["geometries"][0].update(arcs=[[99]]), "no arc 99: expected below 4"),
    (lambda t: t["objects"]["countries"]["geometries"][0].update(arcs=[[-99]]), "no arc 98"),
    (lambda t: t["objects"]["countries"]["geometries"][0].update(arcs=[[0, 2]]), "does not begin where the one before it ends"),
    (lambda t: t["objects"]["countries"]["geometries"][0].update(arcs=[[[0]]]), "expected the arcs of a Polygon or a MultiPolygon"),
    (lambda t: t["objects"]["countries"]["geometries"][0].update(arcs=[[0], 1]), "expected all rings at one depth"),
    (lambda t: t["objects"]["countries"]["geometries"][0].update(arcs=[[0, [1]]]), "expected numbers of arcs alone"),
    (lambda t: t["objects"]["countries"]["geometries"][0].update(arcs=[[0.5]]), "expected the number of an arc"),
    (lambda t: t["objects"]["countries"]["geometries"][0].update(id="9" * 99), "too long"),
    (lambda t: t["objects"]["countries"]["geometries"][0].update(type="Point"), "expected the arcs of a Polygon"),
    (lambda t: t["arcs"][0].pop(), "a ring that does not end where it begins"),
    (lambda t: t["arcs"][0].append([0]), "expected two numbers in a position"),
    (lambda t: t["arcs"][0].append([0, 0, 0]), "expected two whole numbers in a position"),
    (lambda t: t["arcs"][0].append([0, 1e99]), "expected two whole numbers in a position"),
    (lambda t: t["arcs"].append([[0, 0]] * 5 + [7]), "expected an array or an object"),
    (lambda t: t["transform"].update(scale=[20, 1]), "a place outside -180 to 180 degrees"),
    (lambda t: t["transform"].update(scale=[1, 1, 1]), "expected two numbers"),
    (lambda t: t["transform"].update(translate=[0, 81]), "a place outside -90 to 90 degrees"),
    (lambda t: t["arcs"].__setitem__(0, []), "a ring that does not end where it begins"),
    (lambda t: t["objects"]["countries"].update(geometries=[polygon("x", [0])] * 5000), "more than 4096 States"),
    (lambda t: t["objects"]["countries"].update(geometries=[polygon("x", *[[0]] * 60000)]), "more than 4194304 places"),
])
def test_what_is_no_border_is_refused(made, change, said):
    document = json.loads(json.dumps(MADE))
    change(document)
    assert said in refused(FAILED, "borders", "--file", made(document), "0,0")


def test_a_file_cut_anywhere_is_refused(made):
    text = json.dumps(MADE)
    for n in range(0, len(text), 7):
        refused(FAILED, "borders", "--file", made(text[:n]), "0,0")
    assert "nested deeper" in refused(FAILED, "borders", "--file", made('{"type":"Topology","x":' + "[" * 12 + "]" * 12 + "}"), "0,0")


def test_places_that_are_none_are_a_wrong_call(made):
    for place in ("91,0", "0,361", "0", "a,b", "0,nan", ""):
        assert "expected LATITUDE,LONGITUDE" in refused(USAGE, "borders", "--file", made(MADE), place)


def test_known_places():
    places = {(48.85, 2.35): "France", (-29.6, 28.2): "Lesotho", (-16.5, 179.3): "Fiji", (-16.85, -179.97): "Fiji", (66, -175): "Russia", (-85, 180): "Antarctica", (-90, 0): "Antarctica", (-90, 120): "Antarctica",
              (-28.5, 24.7): "South Africa", (52, 179.9): None, (0, -30): None, (64.2, -51.7): "Greenland", (46.0, 25.0): "Romania", (43.94, 12.45): "San Marino"}
    assert [next(iter(states), None) for states in near(BORDERS, places)] == list(places.values())


def rings_of(path):
    """Of each State its rings, in degrees."""
    with open(path) as file:
        document = json.load(file)
    (sx, sy), (tx, ty) = document["transform"]["scale"], document["transform"]["translate"]
    arcs = []
    for arc in document["arcs"]:
        x = y = 0
        arcs.append([(tx + (x := x + dx) * sx, ty + (y := y + dy) * sy) for dx, dy in arc])
    for geometry in document["objects"]["countries"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        yield geometry["properties"]["name"], [
            [place for k in ring for place in (arcs[k] if k >= 0 else arcs[~k][::-1])] for rings in polygons for ring in rings]


def winding(ring, lat, lon):
    """How often the ring goes round the place, on the map; a ring round the Earth is closed along the pole."""
    flat = [ring[0]]
    for x, y in ring[1:]:
        flat.append((flat[-1][0] + (x - flat[-1][0] + 180) % 360 - 180, y))
    if abs(flat[-1][0] - flat[0][0]) > 1:
        pole = math.copysign(90, flat[0][1])
        flat += [(flat[-1][0], pole), (flat[0][0], pole), flat[0]]
    inside = 0
    for turn in (-720, -360, 0, 360, 720):
        px = lon + turn
        if not min(x for x, _ in flat) <= px <= max(x for x, _ in flat):
            continue
        angles = [math.atan2(y - lat, x - px) for x, y in flat]
        inside += round(sum((b - a + math.pi) % (2 * math.pi) - math.pi for a, b in zip(angles, angles[1:])) / (2 * math.pi))
    return inside


def haversine(lat1, lon1, lat2, lon2):
    lat1, lon1, lat2, lon2 = map(math.radians, (lat1, lon1, lat2, lon2))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1, h)))


def edge_km(lat, lon, a, b):
    """To an edge that is straight on the map: the nearest of places on it, closer and closer."""
    turn = (b[0] - a[0] + 180) % 360 - 180
    low, high = 0.0, 1.0
    for _ in range(40):
        thirds = low + (high - low) / 3, high - (high - low) / 3
        x, y = (haversine(lat, lon, a[1] + t * (b[1] - a[1]), a[0] + t * turn) for t in thirds)
        low, high = (low, thirds[1]) if x < y else (thirds[0], high)
    return min(x, y)


def test_random_places_are_as_a_second_reader_has_them():
    dice = random.Random(32)
    states = dict(rings_of(BORDERS))
    places = [(round(math.degrees(math.asin(dice.uniform(-1, 1))), 6), round(dice.uniform(-180, 180), 6)) for _ in range(120)]
    shore = [place for rings in states.values() for ring in rings for place in ring]
    places += [(round(max(-89, min(89, y + dice.gauss(0, 0.4))), 6), round((x + dice.gauss(0, 0.4) + 180) % 360 - 180, 6)) for x, y in dice.sample(shore, 80)]
    inside = reached = 0
    for (lat, lon), got in zip(places, near(BORDERS, places, 60)):
        expected = {}
        for name, rings in states.items():
            low, high = min(y for ring in rings for _, y in ring), max(y for ring in rings for _, y in ring)
            if not low - 1 <= lat <= high + 1:
                continue
            if sum(winding(ring, lat, lon) != 0 for ring in rings) % 2:
                expected[name] = 0.0
                inside += 1
                continue
            width = 0.6 / max(0.02, math.cos(math.radians(lat)))
            km = min((edge_km(lat, lon, a, b) for ring in rings for a, b in zip(ring, ring[1:])
                      if min(a[1], b[1]) - 0.6 <= lat <= max(a[1], b[1]) + 0.6 and
                      (abs((a[0] - lon + 180) % 360 - 180) < width + 2 or abs((b[0] - a[0] + 180) % 360 - 180) > 1)), default=999)
            if km <= 60:
                expected[name] = km
                reached += 1
        assert got.keys() == expected.keys(), (lat, lon, got, expected)
        assert all(abs(got[name] - expected[name]) < 0.1 for name in got), (lat, lon, got, expected)
    assert inside > 60 and reached > 60


def track(text, start, seconds, step):
    """Latitude and longitude on the ground, by python3-sgp4 and the sidereal time of 1982; geodetic."""
    satellite = Satrec.twoline2rv(*text.splitlines())
    for i in range(0, seconds + 1, step):
        t = start + datetime.timedelta(seconds=i)
        jd, fraction = jday(t.year, t.month, t.day, t.hour, t.minute, t.second)
        error, (x, y, z), _ = satellite.sgp4(jd, fraction)
        assert error == 0
        d = (jd - 2451545.0) + fraction
        c = d / 36525
        gmst = math.radians((280.46061837 + 360.98564736629 * d + 0.000387933 * c * c) % 360)
        p, lat = math.hypot(x, y), math.atan2(z, math.hypot(x, y))
        for _ in range(6):
            n = 6378.137 / math.sqrt(1 - 0.00669437999014 * math.sin(lat) ** 2)
            lat = math.atan2(z + n * 0.00669437999014 * math.sin(lat), p)
        yield math.degrees(lat), (math.degrees(math.atan2(y, x) - gmst) + 180) % 360 - 180


def test_the_states_of_a_corridor_are_those_of_a_second_reader():
    text = tle()
    options = ("--from", "2032-03-11T19:12:00Z", "--to", "2032-03-11T20:41:00Z")
    got = json.loads(ok("corridor", *options, "--format", "json", "--borders", BORDERS, stdin=text.encode()))
    start = datetime.datetime(2032, 3, 11, 19, 12)
    places = list(track(text, start, 89 * 60, 20))
    first = {}
    for i, states in enumerate(near(BORDERS, places, 100)):
        for name in states:
            first.setdefault(name, i * 20)
    times = {s["state"]: (datetime.datetime.fromisoformat(s["first"][:-1]) - start).total_seconds() for s in got["states"]}
    assert len(first) > 8 and set(first) <= set(times)
    assert all(0 <= first[name] - times[name] <= 20 for name in first)
    # What the coarse track misses is passed by within less than its step.
    assert all(s["seconds"] <= 21 * s["passes"] for s in got["states"] if s["state"] not in first)
    assert list(times.values()) == sorted(times.values())
    seconds = sum((datetime.datetime.fromisoformat(s["to"][:-1]) - datetime.datetime.fromisoformat(s["from"][:-1])).total_seconds() + 1 for s in got["sea"])
    assert 0.3 < seconds / (89 * 60) < 0.9


def test_the_uncertainty_is_said_in_words(made):
    text = ok("corridor", *WINDOW, "--borders", made(MADE), stdin=tle().encode())
    assert "The window is 8.0 h = 5.4 revolutions: any place between 51.8 N and 51.8 S under the track may be hit" in text
    assert "within 100 km of it" in text and '"Across" (003)' in text and "% of the time no State within 100 km" in text and "Polar" not in text
    assert "within 5 km of it" in ok("corridor", *WINDOW, "--cross", "5", "--borders", made(MADE), stdin=tle().encode())
    short = ok("corridor", WINDOW[0], WINDOW[1], "--to", "2032-03-11T19:30:00Z", "--borders", made(MADE), stdin=tle().encode())
    assert "The window is 0.3 h = 0.20 of a revolution: any place under this part" in short
    one = ok("corridor", WINDOW[0], WINDOW[1], "--to", WINDOW[1], "--borders", made(MADE), stdin=tle().encode())
    assert "Only one time is stated, and no window" in one


def test_the_window_of_a_tip_and_of_an_rdm(made, tmp_path):
    tip, rdm = os.path.join(GOLDEN, "21-decay.tip-csv"), os.path.join(GOLDEN, "01-full.rdm-kvn")
    text = ok("corridor", tip)
    assert "window 2032-03-11T19:12:00Z to 2032-03-12T03:12:00Z" in text and "+- 240 min (TIP)" in text
    assert "No elements: only latitudes up to the inclination can be said: any place between 51.6 N and 51.6 S" in text
    text = ok("corridor", rdm)   # its state vector, in ITRF, has an inclination of 31.15 degrees against a frame that does not turn
    assert "only latitudes up to the inclination can be said: any place between 31.1 N and 31.1 S" in text or "between 31.2 N and 31.2 S" in text
    with open(rdm, encoding="ascii") as file:
        lines = file.read()
    assert "any place between 30.0 N" not in text and "No elements and no inclination" in ok("corridor", stdin=lines.replace("REF_FRAME = ITRF", "REF_FRAME = OWN", 1).encode())
    assert "The message names one place of impact, " in text
    omm = {"CCSDS_OMM_VERS": "3.0", "CREATION_DATE": "2032-03-11T00:00:00", "ORIGINATOR": "X", "CENTER_NAME": "EARTH", "REF_FRAME": "TEME",
           "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4", "OBJECT_NAME": "A", "OBJECT_ID": "2031-944C", "EPOCH": "2032-03-11T00:00:00",
           "MEAN_MOTION": 16.1, "ECCENTRICITY": 0.001, "INCLINATION": 51.6, "RA_OF_ASC_NODE": 1, "ARG_OF_PERICENTER": 2, "MEAN_ANOMALY": 3,
           "NORAD_CAT_ID": 900000777, "BSTAR": 0.0001, "MEAN_MOTION_DOT": 0, "MEAN_MOTION_DDOT": 0}
    path = tmp_path / "elements.json"
    path.write_text(json.dumps(omm))
    document = json.loads(ok("corridor", tip, "--elements", path, "--format", "json", "--borders", made(MADE)))
    assert (document["from"], document["to"], document["object"]) == ("2032-03-11T19:12:00Z", "2032-03-12T03:12:00Z", "norad:900000777")
    assert document["states"]
    document = json.loads(ok("corridor", rdm, "--elements", path, "--format", "json", "--borders", made(MADE)))
    assert (document["from"], document["to"]) == ("2032-03-11T19:54:00Z", "2032-03-12T03:06:00Z") and document["states"]
    other = tmp_path / "other.tle"
    other.write_text(tle())
    assert "no element set of this object" in refused(FAILED, "corridor", tip, "--elements", other)
    assert "element sets of several objects: expected --object" in refused(FAILED, "corridor", *WINDOW, stdin=(tle() + tle("00005", cospar="58002B")).encode())
    assert "norad:5 " in ok("corridor", *WINDOW, "--object", "5", "--borders", made(MADE), stdin=(tle() + tle("00005", cospar="58002B")).encode())
    assert "no window" in refused(FAILED, "corridor", stdin=tle().encode())


def test_passes_and_minutes_are_those_of_a_second_reader(made):
    path = made(MADE)
    got = json.loads(ok("corridor", *WINDOW, "--format", "json", "--borders", path, stdin=tle().encode()))
    seen = near(path, list(track(tle(), datetime.datetime(2032, 3, 11, 19, 12), 8 * 3600, 10)), 100)
    for state in got["states"]:
        over = [state["state"] in states for states in seen]
        assert state["passes"] == sum(b and not a for a, b in zip([False] + over, over))
        assert abs(state["seconds"] - 10 * sum(over)) <= 10 * state["passes"]
    assert {state["state"] for state in got["states"]} == {"Outer", "Across"} and max(state["passes"] for state in got["states"]) > 1


def test_the_newest_message_of_an_object_counts():
    with open(os.path.join(GOLDEN, "20-decay.tip-json")) as file:
        row = json.load(file)[0]
    older = {**row, "MSG_EPOCH": "2032-03-09 17:58:00", "DECAY_EPOCH": "2032-03-12 23:12:00"}
    for rows in ([row, older], [older, row]):
        assert "window 2032-03-11T19:12:00Z to 2032-03-12T03:12:00Z" in ok("corridor", stdin=json.dumps(rows).encode())
    other = {**row, "NORAD_CAT_ID": "900000778", "OBJECT_NUMBER": "900000778", "MSG_EPOCH": "2032-03-09 17:58:00"}
    assert "re-entries of several objects: expected --object" in refused(FAILED, "corridor", stdin=json.dumps([row, other]).encode())
    assert "norad:900000778" in ok("corridor", "--object", "norad:900000778", stdin=json.dumps([row, other]).encode())


def test_without_borders_it_says_so_and_gives_the_track(tmp_path):
    (tmp_path / "bin").mkdir()
    program = shutil.copy(os.path.join(BIN, "parallax"), tmp_path / "bin")
    options = {"input": tle().encode(), "capture_output": True, "env": {k: v for k, v in os.environ.items() if k != "PARALLAX_BORDERS"}}
    done = subprocess.run([program, "corridor", *WINDOW], **options)
    assert done.returncode == DONE and b"No file of borders: the track alone, and no States." in done.stdout and b"Sea" not in done.stdout
    line, = json.loads(subprocess.run([program, "corridor", *WINDOW, "--format", "geojson"], **options).stdout)["features"]
    assert sum(map(len, line["geometry"]["coordinates"])) > 1000
    assert b"no file of borders" in subprocess.run([program, "borders", "0,0"], **options).stderr
    # Beside the program they are found.
    (tmp_path / "share" / "parallax").mkdir(parents=True)
    shutil.copy(BORDERS, tmp_path / "share" / "parallax" / "countries-50m.json")
    assert subprocess.run([program, "borders", "--", "48.85,2.35"], **options).stdout == b'48.8500,2.3500: "France"\n'
    assert "cannot be read" in refused(FAILED, "corridor", *WINDOW, stdin=tle().encode(), PARALLAX_BORDERS=tmp_path / "none.json")


def test_geojson_has_the_track_and_the_states():
    document = json.loads(ok("corridor", *WINDOW, "--format", "geojson", "--borders", BORDERS, stdin=tle().encode()))
    line, *points = document["features"]
    assert line["geometry"]["type"] == "MultiLineString" and len(points) > 40 and document["uncertainty"]
    assert all(abs(lon) <= 180 for part in line["geometry"]["coordinates"] for lon, *_ in part)
    lon, lat = next(point["geometry"]["coordinates"] for point in points if point["properties"]["state"] == "Kenya")
    assert near(BORDERS, [(lat, lon)], 101)[0].get("Kenya", 999) > 90


def test_the_track_ends_where_sgp4_does(made):
    text = ok("corridor", "--from", "2032-03-11", "--to", "2032-03-18", "--borders", made(MADE), stdin=tle(motion="16.60000000").encode())
    assert "The track ends at 2032-03-11T09:30:08Z, before the window does: SGP4 error 1" in text
    done = run("corridor", "--from", "2032-03-12", "--to", "2032-03-18", "--borders", made(MADE), stdin=tle(motion="16.60000000").encode())
    assert done.returncode == FAILED and "There is no track: SGP4 error 1" in done.out
