#!/usr/bin/python3
"""The word `track` against python3-sgp4 and formulas of our own: from files in every format that holds element sets to places on the ground.

    track_oracle.py PARALLAX

Positions in TEME within 1e-6 km of python3-sgp4 with the same error codes; latitude, longitude and height within 1 m of Greenwich mean sidereal
time after the Explanatory Supplement and a geodetic iteration, both written here. GeoJSON holds the same points, cut at the antimeridian.
"""
import datetime
import glob
import json
import math
import os
import subprocess
import sys
import tempfile

import sgp4
from sgp4 import omm
from sgp4.api import Satrec, WGS72

from oracle import ROOT, SHARED, omm_fields, tle_pairs

GOLDEN = os.path.join(ROOT, "node", "types", "orbit", "golden")
SAMPLE = os.path.join(ROOT, "config", "sample")
DEFAULTS = {"CLASSIFICATION_TYPE": "U", "OBJECT_ID": "", "EPHEMERIS_TYPE": 0, "ELEMENT_SET_NO": 0, "REV_AT_EPOCH": 0, "MEAN_MOTION_DOT": 0,
            "MEAN_MOTION_DDOT": 0, "NORAD_CAT_ID": 0, "BSTAR": 0}

passed, failed, errors, worst_km, worst_m = 0, 0, 0, 0.0, 0.0


def check(name, problem):
    global passed, failed
    if problem:
        failed += 1
        print("FAILED %s: %s" % (name, problem), file=sys.stderr)
    else:
        passed += 1


# --- Times and the turning Earth, by formulas of our own ---------------------------------------------------------------

def leap_seconds(text):
    """TAI-UTC, s, as far as these tests need it."""
    year = int(text[:4])
    assert 1999 <= year < 2006 or year >= 2017, text
    return 32 if year < 2006 else 37


def julian(text):
    """Two parts."""
    text = text.rstrip("Z")
    day, _, clock = text.partition("T")
    if len(day) == 8:  # day of the year
        date = datetime.date(int(day[:4]), 1, 1) + datetime.timedelta(days=int(day[5:]) - 1)
    else:
        date = datetime.date.fromisoformat(day)
    hours, minutes, seconds = clock.split(":")
    return date.toordinal() + 1721424.5, (int(hours) * 3600 + int(minutes) * 60 + float(seconds)) / 86400


def sidereal(jd, fraction):
    """Explanatory Supplement to the Astronomical Almanac (1992) equation 2.24-1: of 0h, then the ratio of the days."""
    t = (jd - 2451545.0) / 36525
    midnight = 24110.54841 + 8640184.812866 * t + 0.093104 * t ** 2 - 6.2e-6 * t ** 3
    return math.radians((midnight + 1.002737909350795 * fraction * 86400) / 240 % 360)


def place(jd, fraction, r):
    """Latitude, longitude (rad) and height (km) on the WGS-84 ellipsoid, by iteration."""
    angle = sidereal(jd, fraction)
    x, y, z = math.cos(angle) * r[0] + math.sin(angle) * r[1], math.cos(angle) * r[1] - math.sin(angle) * r[0], r[2]
    a, f = 6378.137, 1 / 298.257223563
    e2 = f * (2 - f)
    p, latitude = math.hypot(x, y), math.atan2(z, math.hypot(x, y) * (1 - e2))
    for _ in range(50):
        n = a / math.sqrt(1 - e2 * math.sin(latitude) ** 2)
        latitude = math.atan2(z + e2 * n * math.sin(latitude), p)
    n = a / math.sqrt(1 - e2 * math.sin(latitude) ** 2)
    # This form is good at the poles as well as at the equator.
    height = p * math.cos(latitude) + z * math.sin(latitude) - a * a / n
    return latitude, math.atan2(y, x), height


# --- Element sets, by python3-sgp4 -------------------------------------------------------------------------------------

def at_epoch(read, text):
    """As twoline2rv() does it: Sun and Moon from the epoch in one number of 40 us, time from its two parts."""
    jd, fraction = julian(text)
    satellite = Satrec()
    satellite.sgp4init(WGS72, "i", read.satnum, jd + fraction - 2433281.5, read.bstar, read.ndot, read.nddot, read.ecco, read.argpo, read.inclo,
                       read.mo, read.no_kozai, read.nodeo)
    satellite.jdsatepoch, satellite.jdsatepochF = jd, fraction
    return satellite


def satellites(path, form):
    if form in ("tle", "3le", "2le"):
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
        for first, second in tle_pairs(text):
            number = first[2:7].strip().rjust(5, "0")
            number = number if number.isdigit() else "00001"
            first = first[:2] + number + first[7:64] + first[64:68].strip().rjust(4, "0") + first[68:]
            yield Satrec.twoline2rv(first, second[:2] + number + second[7:])
        return
    for row in omm_fields(path, form) or ():
        row = {**DEFAULTS, **{key: value for key, value in row.items() if value is not None}}
        epoch, row["EPOCH"] = row["EPOCH"].replace(" ", "T"), "2000-01-01T00:00:00.000000"
        satellite = Satrec()
        omm.initialize(satellite, row)
        yield at_epoch(satellite, epoch)


# --- Comparing -----------------------------------------------------------------------------------------------------------

def track(program, path, *options):
    return subprocess.run([program, "track", path, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, text=True)


def compare(name, satellite, row):
    global errors, worst_km, worst_m
    jd, fraction = julian(row["utc"])
    is_far = abs(row["days_from_epoch"]) > 60
    # python3-sgp4 knows no leap seconds: the time that passed is given to it as days of 86,400 s.
    leaps = leap_seconds(row["utc"]) - leap_seconds(row["epoch"]) if is_far else 0
    error, r, v = satellite.sgp4(jd, fraction + leaps / 86400)
    if error != row.get("error", 0):
        return "error %s: expected %d" % (row.get("error", 0), error)
    if error:
        errors += 1
        return "" if row["error_text"] else "no words"
    km = max(abs(a - b) for a, b in zip(r, row["r_teme_km"]))
    km_s = max(abs(a - b) for a, b in zip(v, row["v_teme_km_s"]))
    if not is_far:
        worst_km = max(worst_km, km)
    # Far from the epoch rounding of the mean motion and of resonances has grown.
    if km > (1e-3 if is_far else 1e-6) or km_s > (1e-6 if is_far else 1e-9):
        return "%g km and %g km/s away" % (km, km_s)
    latitude, longitude, height = place(jd, fraction, r)
    turn = math.remainder(longitude - math.radians(row["longitude_deg"]), 2 * math.pi) * math.cos(latitude)
    metres = 6.4e6 * math.hypot(latitude - math.radians(row["latitude_deg"]), turn) + 1e3 * abs(height - row["height_km"])
    worst_m = max(worst_m, metres)
    return "" if metres < 1 else "%s: %g m away on the ground" % (row["utc"], metres)


def check_file(program, path, form, spans):
    expected = [s for s in satellites(path, form) if s.no_kozai > 0]
    for start, stop, step in spans:
        done = track(program, path, "--format", "json", "--from", start, "--to", stop, "--step", step, "--as", "tle" if form.endswith("le") else form)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        each = len({row["utc"] for row in rows})
        check(path, "" if rows and len(rows) == each * len(expected) else "%d states of %d element sets: %s" % (len(rows), len(expected), done.stderr))
        for k, row in enumerate(rows):
            check("%s %s" % (path, row["utc"]), compare(path, expected[k // each], row))
        is_old = any(abs(row["days_from_epoch"]) > 7 for row in rows)
        check(path, "" if ("epoch of the element set: expected at most 7" in done.stderr) == is_old else "warns wrongly: " + done.stderr)


def check_verification(program):
    """The sets of AIAA 2006-6753, errors and all, for two days from their epochs. Their checksums are not all right: they are made so."""
    with open(os.path.join(os.path.dirname(sgp4.__file__), "SGP4-VER.TLE"), encoding="ascii") as file:
        lines = [line.rstrip() for line in file]
    for first, second in zip(lines, lines[1:]):
        if first[:2] != "1 " or second[:2] != "2 ":
            continue
        pair = [line[:68] for line in (first, second)]
        pair = [line + str(sum(int(c) if c.isdigit() else c == "-" for c in line) % 10) for line in pair]
        satellite = Satrec.twoline2rv(*pair)
        start = datetime.datetime(2000, 1, 1, 12) + datetime.timedelta(days=satellite.jdsatepoch - 2451545 + satellite.jdsatepochF)
        with tempfile.NamedTemporaryFile("w", suffix=".tle") as file:
            file.write("\n".join(pair) + "\n")
            file.flush()
            done = track(program, file.name, "--format", "json", "--from", start.isoformat(), "--to", (start + datetime.timedelta(days=2)).isoformat(),
                         "--step", "900")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        check(pair[0], "" if len(rows) in (192, 193) else "%d states: %s" % (len(rows), done.stderr))
        for row in rows:
            check("%s %s" % (pair[0][2:7], row["utc"]), compare(pair[0], satellite, row))


def check_geojson(program, path):
    """The points of --format json, in order, and no line that crosses the antimeridian."""
    options = ("--from", "2026-11-24", "--to", "2026-11-25", "--step", "60")
    rows = [json.loads(line) for line in track(program, path, "--format", "json", *options).stdout.splitlines()]
    features = json.loads(track(program, path, "--format", "geojson", *options).stdout)["features"]
    cuts = 0
    for feature in features:
        mine = [row for row in rows if row["object"] == feature["properties"]["object"] and "error" not in row]
        lines = feature["geometry"]["coordinates"]
        positions = [position for line in lines for position in line]
        check(path, "" if all(len(line) > 1 for line in lines) else "a line of one position")
        check(path, "" if all(abs(a[0] - b[0]) <= 180 for line in lines for a, b in zip(line, line[1:])) else "a line crosses the antimeridian")
        for before, after in zip(lines, lines[1:]):
            cuts += 1
            same = before[-1][0] == -after[0][0] and abs(before[-1][0]) == 180 and before[-1][1:] == after[0][1:]
            check(path, "" if same else "cut at %r and %r" % (before[-1], after[0]))
        on_edge = [p for p in positions if abs(p[0]) == 180]
        inside = [p for p in positions if abs(p[0]) != 180]
        check(path, "" if len(on_edge) == 2 * (len(lines) - 1) and len(inside) == len(mine) else "%d points: expected %d" % (len(inside), len(mine)))
        for position, row in zip(inside, mine):
            same = abs(position[0] - row["longitude_deg"]) < 1e-6 and abs(position[1] - row["latitude_deg"]) < 1e-6
            check(path, "" if same and abs(position[2] - 1e3 * row["height_km"]) < 0.1 else "%r is not %r" % (position, row))
    check(path, "" if cuts > 20 else "only %d cuts" % cuts)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    program = sys.argv[1]
    for path in sorted(glob.glob(os.path.join(GOLDEN, "*.json"))):
        for form in ("tle", "omm-csv", "omm-json", "omm-xml"):
            golden = path[:-len("json")] + form
            if os.path.exists(golden) and (form == "tle" or omm_fields(golden, form)) and "34-leap" not in golden:
                check_file(program, golden, form, (("2032-02-11T00:00:00Z", "2032-02-11T03:00:00Z", "600"), ("2032-02-20", "2032-03-20", "86400")))
    for name, form in (("us-noaa/orbits.csv", "omm-csv"), ("us-noaa/debris.3le", "3le"), ("fr-cnes/orbits.xml", "omm-xml"),
                       ("jp-jaxa/orbits.json", "omm-json"), ("jp-jaxa/cubes.2le", "2le")):
        check_file(program, os.path.join(SAMPLE, name), form, (("2026-11-23T20:00:00Z", "2026-11-23T23:00:00Z", "600"), ("2026-11-25", "2026-12-25", "86400")))
    for name in ("active.csv", "fengyun-1c-debris.json", "stations.json"):  # real ones, where they are
        path = os.path.join(SHARED, "gp", name)
        if os.path.exists(path):
            check_file(program, path, "omm-" + name.rsplit(".", 1)[1], (("2026-03-11T12:00:00Z", "2026-03-12T12:00:00Z", "86400"),))
    check_verification(program)
    check_geojson(program, os.path.join(SAMPLE, "us-noaa", "orbits.csv"))
    check("errors", "" if errors else "none was compared")
    print("%g km away in TEME, %g m on the ground at most; %d errors" % (worst_km, worst_m, errors))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or passed < 1000 else 0


if __name__ == "__main__":
    sys.exit(main())
