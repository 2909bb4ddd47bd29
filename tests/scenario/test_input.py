"""What `check`, `convert` and `publish` make of packed files and of files that hold several kinds of messages."""
import fcntl
import gzip
import io
import json
import os
import random
import subprocess
import sys
import zipfile

import pytest

from test_cli_offline import BIN, DONE, FAILED, ROOT, ok, refused, run

SAMPLE = os.path.join(ROOT, "config", "sample")
CDM = open(os.path.join(SAMPLE, "us-noaa", "conjunction-1.cdm"), "rb").read()
OEM = open(os.path.join(SAMPLE, "us-noaa", "ephemeris.oem"), "rb").read()


def archive(entries, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as file:
        for name, content in entries:
            file.writestr(name, content)
    return out.getvalue()


def told(data, *words):
    """The JSON of `check` about what comes on standard input."""
    done = run("check", "--json", *words, "-", stdin=data)
    assert done.returncode in (DONE, FAILED), (done.returncode, done.err)
    return json.loads(done.out)


def test_a_gzip_file_is_read_like_what_it_holds():
    plain, packed = ok("convert", "--to", "ndjson", "-", stdin=OEM), ok("convert", "--to", "ndjson", "-", stdin=gzip.compress(OEM))
    assert packed == plain and '"form":"oem"' in plain
    two = gzip.compress(OEM[:700]) + gzip.compress(OEM[700:])  # members follow each other (RFC 1952)
    assert ok("convert", "--to", "ndjson", "-", stdin=two) == plain


def test_all_entries_of_a_zip_file_are_read_and_a_wrong_one_is_named():
    data = archive([("a/", b""), ("a/one.cdm", CDM), ("two.oem", OEM)])
    answer = told(data)
    assert answer["accepted"] and answer["records"] == 2
    assert [(kind["type"], kind["format"]) for kind in answer["kinds"]] == [("conjunction", "cdm-kvn"), ("ephemeris", "oem-kvn")]
    wrong = archive([("good.cdm", CDM), ("../../x\x1b[31m/bad.cdm", CDM.replace(b"MISS_DISTANCE", b"MISS_DISTANCE = x\nMISS_DISTANCE", 1))])
    answer = told(wrong)
    assert not answer["accepted"] and answer["file"].startswith("stdin(../../x") and answer["file"].endswith("/bad.cdm)") and answer["line"] > 1
    assert "\x1b" not in answer["file"]


def test_what_a_mac_puts_into_a_zip_file_is_passed_over():
    data = archive([("a/one.oem", OEM), ("__MACOSX/a/._one.oem", b"\0\5\x16\7\0\2\0\0Mac OS X"), ("a/.DS_Store", b"\0\0\0\1Bud1")])
    answer = told(data)
    assert answer["accepted"] and answer["records"] == 1


def test_what_explains_a_zip_file_is_named_and_passed_over_and_nothing_else_is():
    data = archive([("README.txt", b"States of one object.\n"), ("a/one.oem", OEM), ("LICENCE", b"CC-BY 4.0\n"), ("a/index.html", b"<!DOCTYPE html><html/>")])
    answer = told(data)
    assert answer["accepted"] and answer["records"] == 1 and answer["warnings"] == 3
    assert told(archive([("readme.txt", OEM)]))["records"] == 1  # the name alone says nothing
    for name in ("orbit.sp3", "notice.json", "readme.csv"):
        answer = told(archive([("one.oem", OEM), (name, b"#dP2032  3  1\n")]))
        assert not answer["accepted"] and answer["file"] == f"stdin({name})" and answer["reason"] == "FORMAT_UNKNOWN"


@pytest.mark.parametrize("data, word", [
    (gzip.compress(b" " * 60000000), "unpacks to more"),
    (gzip.compress(bytes(random.Random(1).randbytes(1)) * 70000000), "unpacks to more"),
    (archive([("a", b"0" * 60000000)]), "unpacks to more"),
    (archive([(str(i), b"0" * 900000) for i in range(100)]), "unpacks to more"),
    (archive([(str(i), b"x") for i in range(1001)]), "1001 entries"),
    (gzip.compress(gzip.compress(OEM)), "one level"),
    (archive([("a.gz", gzip.compress(OEM))]), "one level"),
    (archive([("a.zip", archive([("b", OEM)]))]), "one level"),
    (gzip.compress(OEM)[:-20], "cut off"),
    (gzip.compress(OEM)[:12], "cut off"),
    (gzip.compress(OEM) + b"more", "damaged"),
    (archive([("a", OEM)])[:-30], "ZIP"),
    (archive([]), "holds nothing"),
    (archive([("a/", b"")]), "holds no file"),
    (archive([("__MACOSX/._a", b"x")]), "holds no file"),
    (archive([("README", b"Nothing yet.\n")]), "holds no file of records"),
], ids=["gzip-blanks", "gzip-large", "zip-entry", "zip-entries", "zip-count", "gzip-gzip", "zip-gzip", "zip-zip", "gzip-cut", "gzip-short", "gzip-more", "zip-cut", "zip-empty", "zip-folder", "zip-litter", "zip-readme"])
def test_a_packed_file_that_is_a_trap_or_broken_is_refused_with_the_reason(data, word):
    answer = told(data)
    assert not answer["accepted"] and answer["reason"] == "INPUT_SIZE" and word in answer["note"], answer


def test_an_encrypted_entry_is_refused(tmp_path):
    data = bytearray(archive([("a.oem", OEM)]))
    # The flag of the local header and of the list, as an encrypting program sets it.
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    answer = told(bytes(data))
    assert not answer["accepted"] and answer["reason"] == "INPUT_SIZE"


@pytest.mark.parametrize("whole", [gzip.compress(OEM, mtime=0), archive([("one.cdm", CDM), ("two.oem", OEM)])], ids=["gzip", "zip"])
def test_a_damaged_packed_file_never_crashes(whole):
    rng = random.Random(7)
    for i in range(60):
        data = bytearray(whole)
        if i % 2:
            data = data[:rng.randrange(1, len(data))]
        else:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        done = subprocess.run([os.path.join(BIN, "parallax"), "check", "-"], input=bytes(data), capture_output=True, timeout=60)
        assert done.returncode in (DONE, FAILED), (i, done.returncode, done.stderr)


def combined():
    parts = []
    for name, form in (("us-noaa/conjunction-1.cdm", "cdm-xml"), ("us-noaa/ephemeris.oem", "oem-xml"), ("us-noaa/tracking.tdm", "tdm-xml")):
        text = ok("convert", "--to", form, os.path.join(SAMPLE, name))
        parts.append(text[text.index("<ndm"):].split(">", 1)[1].rsplit("</ndm>", 1)[0])
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<ndm>\n<COMMENT>three kinds</COMMENT>\n' + "".join(parts) + "</ndm>\n").encode()


def test_a_combined_message_goes_to_the_reader_of_each_kind():
    data = combined()
    answer = told(data)
    assert {kind["type"]: kind["records"] for kind in answer["kinds"]} == {"conjunction": 1, "ephemeris": 1, "observation": 1}
    again = ok("convert", "--to", "ndm-xml", "-", stdin=data)
    assert ok("convert", "--to", "ndjson", "-", stdin=again.encode()) == ok("convert", "--to", "ndjson", "-", stdin=data)


def test_one_format_cannot_take_several_kinds():
    said = refused(2, "convert", "--to", "cdm-kvn", "-", stdin=combined())
    assert "no format that" in said


def test_a_kind_that_no_reader_knows_is_said_and_refused_when_strict():
    data = combined().replace(b"</ndm>", b'<prm id="CCSDS_PRM_VERS" version="1.0"><header/></prm></ndm>')
    done = run("check", "--json", "-", stdin=data)
    assert json.loads(done.out)["records"] == 3 and "prm" in done.err
    assert told(data, "--strict")["reason"] == "FORMAT_UNKNOWN"


def test_a_combined_file_is_published_to_the_logs_of_its_classes(federate, tmp_path):
    """An alert among data goes to the log of alerts."""
    node = federate("us-noaa").start().nodes[0]
    path = tmp_path / "mixed.zip"
    path.write_bytes(archive([("one.cdm", CDM), ("reentry.rdm", open(os.path.join(SAMPLE, "us-noaa", "reentry.rdm"), "rb").read()), ("two.oem", OEM)]))
    ranges = node.publish("--mode", "TEST", str(path))
    series = {row["id"]: row["series"] for row in node.json("log", "list")}
    assert sorted(series[log] for log, _, _ in ranges) == ["us-noaa/open/alert", "us-noaa/open/data", "us-noaa/open/data"]
    for kind in ("conjunction", "reentry", "ephemeris"):
        assert len(node.cli("query", kind, "--mode", "TEST", "--json").out.splitlines()) == 1


def operator_ephemeris(points):
    rows = ["created:2032-05-02 09:40:17 UTC", "ephemeris_start:2032-05-03 00:00:42 UTC ephemeris_stop:2032-05-04 00:00:42 UTC step_size:60", "ephemeris_source:blend", "UVW"]
    for k in range(points):
        rows.append("2032124%02d%02d42.000 %.10f 1.5 -2.25 0.5 7.5 0.125" % (k // 60, k % 60, 7000 + k))
        rows += [" ".join("%.10e" % (1e-8 * (row + column + k)) for column in range(7)) for row in range(3)]
    return ("\n".join(rows) + "\n").encode()


def test_a_long_operator_ephemeris_becomes_pieces_that_hold_all_of_it():
    data = operator_ephemeris(300)
    answer = told(data)
    assert (answer["type"], answer["format"], answer["records"], answer["warnings"]) == ("ephemeris", "ephemeris-uvw", 4, 0)
    blocks = [block for line in ok("convert", "--to", "ndjson", "-", stdin=data).splitlines() for block in json.loads(line)["blocks"]]
    states = [line for block in blocks if block["block"] == "data" for line in block["lines"]]
    assert len(states) == 300 and sum(block["block"] == "covariance" for block in blocks) == 300
    assert told(data.replace(b"2032124010042", b"2032124000042"))["reason"] == "FIELD_TIME"  # a time that falls, in a later piece
# --- Files that are larger than memory should be ----------------------------------------------------------------------

PEAK_MIB = 40  # program, libraries, a window of the file, a window of the output
HEAD = b"OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,NORAD_CAT_ID\n"
ROW = b"SAMPLE %d,2026-001A,2032-02-01T00:00:00.125,15.1,0.0007976,53.0,150.1,91.8,268.3,%d\n"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """64 MiB of GP CSV; the rows, and their number."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    rows = b"".join(ROW % (i, 900000000 + i) for i in range(10000))
    times = 64 * 1048576 // len(rows) + 1
    with open(path, "wb") as file:
        file.write(HEAD)
        for _ in range(times):
            file.write(rows)
    yield path, 10000 * times
    path.unlink()


# A process of its own: the memory of who starts a program counts as that program's.
PEAK = ("import os, subprocess, sys\nchild = subprocess.Popen(sys.argv[1:])\n_, status, usage = os.wait4(child.pid, 0)\n"
        "print(usage.ru_maxrss // 1024, file=sys.stderr)\nsys.exit(os.waitstatus_to_exitcode(status))")


def peak(words, stdout, stdin=None):
    """Exit code and the most memory that was resident, in MiB."""
    done = subprocess.run([sys.executable, "-S", "-c", PEAK, os.path.join(BIN, "parallax"), *map(str, words)], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, timeout=300)
    return done.returncode, int(done.stderr.split()[-1])


def test_a_large_file_is_checked_and_converted_in_flat_memory(large, tmp_path):
    path, records = large
    with open(tmp_path / "told", "wb") as out:
        code, mib = peak(("check", path), out)
    assert code == DONE and mib < PEAK_MIB
    assert b": %d orbit records (omm-csv)" % records in (tmp_path / "told").read_bytes()
    with open(tmp_path / "out.ndjson", "wb") as out:
        code, mib = peak(("convert", "--to", "ndjson", path), out)
    assert code == DONE and mib < PEAK_MIB
    with open(tmp_path / "out.ndjson", "rb") as file:
        lines = [line for line in file]
    assert len(lines) == records and json.loads(lines[-1])["NORAD_CAT_ID"] == 900009999
    with open(path, "rb") as file:
        start = file.read(8192)
    assert b"".join(lines).startswith(ok("convert", "--to", "ndjson", "-", stdin=start[:start.rindex(b"\n") + 1]).encode())


def test_a_fault_at_the_end_of_a_large_file_keeps_its_place_and_nothing_is_written(large, tmp_path):
    path, records = large
    spoilt = tmp_path / "spoilt.csv"
    with open(path, "rb") as file:
        spoilt.write_bytes(file.read() + ROW.replace(b"53.0", b"553.0") % (1, 1))
    assert ":%d:59: INCLINATION" % (records + 2) in refused(FAILED, "convert", "--to", "ndjson", spoilt)


def test_a_large_file_that_is_cut_off_while_it_is_read_is_refused(large, tmp_path):
    path, records = large
    cut = tmp_path / "cut.csv"
    with open(path, "rb") as file:
        file.readline()
        rows = file.read()
    cut.write_bytes(HEAD.replace(b"\n", b",BSTAR\n") + (ROW % (1, 1)).replace(b"\n", b",nan\n") * 200 + rows.replace(b"\n", b",0\n"))
    # Its reader stands still in the first rows: the pipe that takes the warnings about them is full.
    taker, giver = os.pipe()
    fcntl.fcntl(giver, fcntl.F_SETPIPE_SZ, 4096)
    child = subprocess.Popen([os.path.join(BIN, "parallax"), "convert", "--to", "ndjson", str(cut)], stdout=subprocess.PIPE, stderr=giver)
    os.close(giver)
    with open(taker, "rb") as errors:
        said = errors.read(1)
        os.truncate(cut, 1048576)
        said += errors.read()
    out, _ = child.communicate(timeout=60)
    assert child.returncode == FAILED and not out
    assert said.count(b"NaN") == 200 and b"cannot be read: it was cut off meanwhile" in said
