"""The Python readers that docs/performance.md compares ours with do the same job: they accept what ours accept and refuse what ours refuse, in the same line."""
import glob
import json
import os
import subprocess
import sys

import pytest

from test_cli_offline import BIN, ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "bench"))

READERS = os.path.join(ROOT, "tests", "bench", "python_equal_run.py")
FORMATS = ("cdm-kvn", "tdm-kvn", "oem-kvn", "omm-xml", "ades-psv", "sentry-json", "cap")
GOLDEN = os.path.join(ROOT, "node", "types", "*", "golden", "*.")

# What only ours does: (the line where ours refuses, the line where theirs does). docs/performance.md says so.
UNLIKE = {
    "40-not-available.cdm-kvn": (None, 57),   # N/A for an optional number
    "42-variance.cdm-kvn": (81, None),        # a variance below zero, a speed that nothing has
    "43-speed.cdm-kvn": (77, None),
    "31-angle.tdm-kvn": (37, None),           # an angle that is none
    "70-metres.oem-kvn": (18, None),
    "71-variance.oem-kvn": (24, None),
    "41-signatures.sentry-json": (1, None),   # two signatures
    "30-latin.cap": (None, 1),                # declared as Latin-1 or windows-1252, and so it is
    "31-windows.cap": (None, 1),
    "34-no-character.cap": (34, 1),
    "24-path-words.tdm-kvn": (17, None),      # a path of other words, or over nobody
    "25-path-nobody.tdm-kvn": (34, None),
    "30-zulu.tdm-kvn": (40, None),            # Z where the time system is not UTC
    "63-zulu.oem-kvn": (16, None),
    "53-ascii.omm-xml": (None, 1),            # Latin-1 is declared, and nothing but ASCII is there
    "50-pipes.ades-psv": (None, 22),          # a pipe behind the last column; two files put one behind the other
    "52-two-files.ades-psv": (None, 25),
    "22-version.cap": (1, None),              # of another version, or of another namespace
    "24-namespace.cap": (1, None),
}

# Of each format a golden file, and what is spoilt in it: one value becomes another.
SPOILT = {
    "conjunction/golden/01-full.cdm-kvn": (
        ("[km]", "[m]"), ("[km/s]", "[km]"), ("[m**2]", "[m]"), ("OBJECT1", "OBJECT3"), ("OBJECT2", "OBJECT1"), ("COVARIANCE_METHOD", "COVARIANCE_NETHOD"), ("MANEUVERABLE", "MANEUVERABLE ="),
        ("CREATION_DATE = 2", "CREATION_DATE = x2"), ("-", "--"), ("TCA = 20", "TCA = 2O"), ("X_DOT", "X"), (".", ".."), ("MESSAGE_ID", "\x01MESSAGE_ID")),
    "observation/golden/01-range.tdm-kvn": (
        ("META_STOP", ""), ("DATA_START", "DATA_STOP"), ("T03:10", "T24:61"), ("RANGE = ", "RANGE = 1 "), ("TIME_SYSTEM", "TIME_SISTEM"), ("PARTICIPANT_1", "PARTICIPANT_9"), ("CCSDS_TDM_VERS = 2", "CCSDS_TDM_VERS = 4"),
        ("MODE = ", "MODE = x"), ("RANGE = ", "RANGE "), ("DATA_STOP", "DATA STOP"), (".", ".x")),
    "ephemeris/golden/01-covariance.oem-kvn": (
        ("META_STOP", ""), ("REF_FRAME", "REF_FRANE"), ("START_TIME = 2", "START_TIME = 3"), ("e-0", "x-0"), ("COVARIANCE_STOP", ""), ("TIME_SYSTEM = ", "TIME_SYSTEM = \nOBJECT_ID ="), ("OBJECT_NAME", "OBJECT_ID"),
        ("CCSDS_OEM_VERS = ", "CCSDS_OEM_VERS = x")),
    "orbit/golden/06-combined.omm-xml": (
        ("<ECCENTRICITY>", "<ECCENTRICITY>1"), ("<EPOCH>", "<EPOCH>x"), ("<INCLINATION>", "<INCLINATION>9"), ("<MEAN_ANOMALY>", "<MEAN_ANOMALY>--"), ("</EPOCH>", "</EPOCH><EPOCH>2031-01-01T00:00:00</EPOCH>"),
        ("</metadata>", ""), ('version="2.0"', 'version="9.0"'), ("<REF_FRAME>TEME</REF_FRAME>", "")),
    "neo_observation/golden/01-block.ades-psv": (
        ("version=20", "version=19"), ("|", "||"), ("obsTime", "obsTine"), ("T0", "X0"), ("Z|", "|"), ("astCat", "stn"), ("Gaia", "a catalogue of that name"), ("|ra", "|rb")),
    "neo_risk/golden/01-summary.sentry-json": (
        ('"ip":', '"ip":1'), ('"version"', '"wersion"'), ('"des":', '"dez":'), ('"range":"2', '"range":"9'), ('"ps_cum":"', '"ps_cum":"x'), ("}", "}}"), ('"ts_max":', '"ts_max":11,"x":'), ('"last_obs":"20', '"last_obs":"2O'),
        ('"h":"', '"h":"9')),
    "public_alert/golden/01-full.cap": (
        ("<status>", "<status>x"), ("<sent>2", "<sent>x"), ("<scope>Public", "<scope>Private"), ("<polygon>", "<polygon>95,0 "), ("<msgType>", "<msgType>x"), ("</info>", ""), ("<category>", "<category>x"),
        ("<severity>", "<severity>x"), ("<circle>", "<circle>x"), ("<identifier>", "<identifier>a b"), ("<sender>", "<!-- --><sender></sender><sendr>"), ("<event>", "<event><b/>"), ("<areaDesc>", "<area>")),
}


def ours(form, path):
    done = subprocess.run([os.path.join(BIN, "parallax"), "check", "--json", "--from", form, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    answer = json.loads(done.stdout)
    return None if answer["accepted"] else answer.get("line", 0)


def theirs(form, path):
    """None: accepted; else the line."""
    done = subprocess.run(["/usr/bin/python3", READERS, form, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return None if done.returncode == 0 else int(done.stderr.decode()[len(path) + 1:].split(":")[0])


@pytest.mark.parametrize("form", FORMATS)
def test_golden_files_are_accepted_by_both_or_refused_in_the_same_line(form):
    paths = sorted(glob.glob(GOLDEN + form))
    told = {path: (ours(form, path), theirs(form, path)) for path in paths}
    assert any(mine is None for mine, _ in told.values()) and any(mine is not None for mine, _ in told.values())
    unlike = {os.path.basename(path): both for path, both in told.items() if both[0] != both[1]}
    assert unlike == {name: both for name, both in UNLIKE.items() if name.endswith("." + form)}


@pytest.mark.parametrize("name", sorted(SPOILT))
def test_spoilt_files_are_refused_by_both_in_the_same_line(name, tmp_path):
    form = name.rpartition(".")[2]
    with open(os.path.join(ROOT, "node", "types", name), encoding="utf-8") as file:
        text = file.read()
    wrong, refused = [], 0
    for was, becomes in SPOILT[name]:
        assert was in text, was
        for start in (0, len(text) // 2):  # the first, and one further on
            at = text.find(was, start)
            if at < 0:
                continue
            path = str(tmp_path / "spoilt")
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text[:at] + becomes + text[at + len(was):])
            both = ours(form, path), theirs(form, path)
            refused += both[0] is not None
            if both[0] != both[1]:
                wrong.append((was, becomes, start, both))
    assert not wrong and refused >= len(SPOILT[name]) // 2
