"""`parallax track`: how it is called, what it refuses and what it says. Positions are held by tests/conformance/track_oracle.py."""
import json
import os
import zipfile

from test_cli_offline import DONE, FAILED, ROOT, USAGE, ok, refused, run

GOLDEN = os.path.join(ROOT, "node", "types", "orbit", "golden")
# Vanguard 1 (SGP4-VER.TLE), and an object in its last hour.
VANGUARD = """1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753
2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667
"""
FALLING = """1 28872U 05037B   05333.02012661  .25992681  00000-0  24476-3 0  1534
2 28872  96.4736 157.9986 0303955 244.0492 110.6523 16.46015938 10708
"""
OMM = {"OBJECT_NAME": "A", "OBJECT_ID": "2031-004A", "EPOCH": "2032-02-11T00:00:00", "MEAN_MOTION": 15.1, "ECCENTRICITY": 0.001, "INCLINATION": 51.6,
       "RA_OF_ASC_NODE": 1, "ARG_OF_PERICENTER": 2, "MEAN_ANOMALY": 3, "NORAD_CAT_ID": 148493, "BSTAR": 0.0001, "MEAN_MOTION_DOT": 0,
       "MEAN_MOTION_DDOT": 0}
META = {"CCSDS_OMM_VERS": "3.0", "CREATION_DATE": "2032-02-11T00:00:00", "ORIGINATOR": "X", "CENTER_NAME": "EARTH", "REF_FRAME": "TEME",
        "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4"}


def points(text, *options):
    return [json.loads(line) for line in ok("track", "--format", "json", *options, stdin=text.encode()).splitlines()]


def omm(**changes):
    return json.dumps({**META, **OMM, **changes})


def test_the_position_of_the_verification_set_is_printed():
    point, = points(VANGUARD, "--from", "2000-06-27T18:50:19.733568Z", "--to", "2000-06-27T18:50:19.733568Z")
    assert point["object"] == "norad:5" and point["days_from_epoch"] == 0
    assert all(abs(a - b) < 1e-6 for a, b in zip(point["r_teme_km"], (7022.46529266, -1400.08296755, 0.03995155)))
    text = ok("track", "--from", "2000-06-27T18:50:19.733568Z", "--step", "600", stdin=VANGUARD.encode())
    assert "norad:5 epoch 2000-06-27T18:50:19.733568Z" in text and "   7022.465293  -1400.082968      0.039952 " in text
    assert len(text.splitlines()) == 2 + 14  # a revolution of 133 min, each 10 min


def test_without_times_it_is_one_revolution_from_now():
    done = run("track", "--format", "json", stdin=omm().encode())
    assert len(done.stdout.splitlines()) == 96 and "of the element set: expected at most 7" in done.err


def test_an_error_is_said_in_words_and_the_other_times_go_on():
    options = ("--from", "2005-11-29T00:28:58.939Z", "--to", "2005-11-29T01:28:58.939Z", "--step", "300")
    text = ok("track", *options, stdin=FALLING.encode())
    assert text.count("error 6: the object has decayed") == 2 and len(text.splitlines()) == 2 + 13
    rows = points(FALLING, *options)
    assert [row.get("error", 0) for row in rows] == [0] * 11 + [6] * 2 and "r_teme_km" not in rows[-1]
    feature, = json.loads(ok("track", "--format", "geojson", *options, stdin=FALLING.encode()))["features"]
    assert feature["properties"]["error"] == 6 and sum(map(len, feature["geometry"]["coordinates"])) >= 11


def test_an_object_that_cannot_be_computed_at_any_time_fails():
    done = run("track", "--from", "2005-11-29T01:25:00Z", "--to", "2005-11-29T01:26:00Z", stdin=FALLING.encode())
    assert done.returncode == FAILED and "error 6" in done.out


def test_what_sgp4_is_not_for_is_refused_and_named():
    for change, said in (({"MEAN_ELEMENT_THEORY": "SGP4-XP"}, 'MEAN_ELEMENT_THEORY: "SGP4-XP": expected SGP4, SGP or SGP/SGP4'),
                         ({"MEAN_ELEMENT_THEORY": "DSST"}, 'MEAN_ELEMENT_THEORY: "DSST"'), ({"EPHEMERIS_TYPE": 4}, "EPHEMERIS_TYPE: 4 (SGP4-XP)"),
                         ({"REF_FRAME": "EME2000"}, 'REF_FRAME: "EME2000": expected TEME'), ({"CENTER_NAME": "MOON"}, 'CENTER_NAME: "MOON"'),
                         ({"TIME_SYSTEM": "SCLK"}, 'TIME_SYSTEM: "SCLK": a clock of the mission'), ({"TIME_SYSTEM": "XYZ"}, "not a registered time system")):
        err = refused(FAILED, "track", "--from", "2032-02-11", stdin=omm(**change).encode())
        assert said in err and "1 of 1 records cannot be propagated" in err, (change, err)
    assert "position and velocity (OPM)" in refused(FAILED, "track", os.path.join(GOLDEN, "40-whole.opm-kvn"))
    both = "[%s,%s]" % (omm(), omm(MEAN_ELEMENT_THEORY="DSST"))
    done = run("track", "--from", "2032-02-11", "--format", "json", stdin=both.encode())
    assert done.returncode == FAILED and len(done.stdout.splitlines()) == 96 and "(record 2: " in done.err


def test_names_from_outside_are_quoted():
    out = ok("track", "--from", "2032-02-11", "--to", "2032-02-11", stdin=omm(OBJECT_NAME="Caf\u00e9 \u202e", OBJECT_ID="", NORAD_CAT_ID=0).encode())
    assert out.startswith('"Caf\u00e9 \\x')
    err = refused(FAILED, "track", "--from", "2032-02-11", stdin=omm(MEAN_ELEMENT_THEORY="\u00e9" * 31).encode())
    assert 'MEAN_ELEMENT_THEORY: "' + "\u00e9" * 15 + '"...: expected' in err


def test_names_of_one_theory_and_other_time_systems_are_taken():
    options = ("--from", "2032-02-11T01:00:00Z", "--to", "2032-02-11T01:00:00Z")
    plain, = points(omm(), *options)
    for theory in ("SGP/SGP4", "SGP", "sgp4"):
        assert points(omm(MEAN_ELEMENT_THEORY=theory), *options) == [plain]
    assert points(omm(TIME_SYSTEM="TAI", EPOCH="2032-02-11T00:00:37"), *options) == [plain]
    done = run("track", *options, stdin=json.dumps({**META, **{k: v for k, v in OMM.items() if k != "BSTAR"}}).encode())
    assert done.returncode == DONE and "without BSTAR: taken as zero" in done.err


def test_universal_time_moves_the_ground_and_not_space():
    options = ("--from", "2032-02-11T01:00:00Z", "--to", "2032-02-11T01:00:00Z")
    plain, late = points(omm(), *options)[0], points(omm(), *options, "--dut1", "0.5")[0]
    assert plain["r_teme_km"] == late["r_teme_km"] and plain["latitude_deg"] == late["latitude_deg"]
    assert abs(plain["longitude_deg"] - late["longitude_deg"] - 0.5 * 360.98564736629 / 86400) < 1e-8


def test_one_object_is_picked_and_packed_files_are_read(tmp_path):
    path = tmp_path / "sets.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.tle", VANGUARD + FALLING)
    out = ok("track", path, "--object", "5", "--from", "2000-06-28", "--to", "2000-06-28", "--format", "json")
    assert [json.loads(line)["object"] for line in out.splitlines()] == ["norad:5"]
    assert "no element set of norad:6" in refused(FAILED, "track", path, "--object", "6")
    out = ok("track", path, "--object", "2005-037B", "--from", "2005-11-29T02:00:00", "--to", "2005-11-29T02:00:00")
    assert out.startswith("norad:28872 ")
    assert "no element set" in refused(FAILED, "track", os.path.join(ROOT, "config", "sample", "us-noaa", "sentry.json"))


def test_calls_that_are_wrong_say_so():
    for options, said in ((("--format", "kml"), "expected text, json or geojson"), (("--step", "0"), "from 1 to 86400"),
                          (("--from", "soon"), "expected a time"), (("--from", "2032-02-12", "--to", "2032-02-11"), "--to is before --from"),
                          (("--to", "2000-01-01"), "which is now"), (("--dut1", "2"), "-1 to 1"), (("--dut1", "x"), "-1 to 1"),
                          (("--from", "2000-01-01", "--to", "2032-01-01"), "more than 1000000 times")):
        assert said in refused(USAGE, "track", *options, stdin=VANGUARD.encode())
    assert "no such file" in refused(FAILED, "track", "/nonexistent").lower()


def test_a_long_step_draws_no_track():
    options = ("--from", "2000-06-28", "--to", "2000-06-29", "--step", "3600")
    assert "the line is no track" in run("track", "--format", "geojson", *options, stdin=VANGUARD.encode()).err
    assert not run("track", "--format", "json", *options, stdin=VANGUARD.encode()).err
