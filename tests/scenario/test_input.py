"""What `check`, `convert` and `publish` make of packed files and of files that hold several kinds of messages."""
import gzip
import io
import json
import os
import random
import subprocess
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
], ids=["gzip-blanks", "gzip-large", "zip-entry", "zip-entries", "zip-count", "gzip-gzip", "zip-gzip", "zip-zip", "gzip-cut", "gzip-short", "gzip-more", "zip-cut", "zip-empty"])
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
