"""`check --profile`: what a message misses of what a community wants beyond the standard, line by line."""
import gzip
import json
import os
import zipfile

import pytest

from test_cli_offline import DONE, FAILED, ROOT, run

USAGE = 2
HEAD = """CCSDS_OCM_VERS = 3.0
CREATION_DATE = 2032-02-11T04:00:00
ORIGINATOR = INVENTED
MESSAGE_ID = T-1
META_START
OBJECT_NAME = MERIDIAN 4
INTERNATIONAL_DESIGNATOR = 2031-904A
OBJECT_DESIGNATOR = 900000104
ORIGINATOR_PHONE = +33 5 55 55 01 04
ORIGINATOR_EMAIL = watch@example
ORIGINATOR_ADDRESS = Toulouse
OPERATOR = Meridian
OWNER = Meridian
COUNTRY = FR
TIME_SYSTEM = UTC
EPOCH_TZERO = 2032-02-11T00:00:00
OCM_DATA_ELEMENTS = ORB, COV
START_TIME = 2032-02-11T00:00:00
STOP_TIME = 2032-02-11T00:19:00
META_STOP
TRAJ_START
TRAJ_BASIS = OPERATIONAL
CENTER_NAME = EARTH
TRAJ_REF_FRAME = EME2000
USEABLE_START_TIME = 2032-02-11T00:05:00
USEABLE_STOP_TIME = 2032-02-11T00:14:00
TRAJ_TYPE = CARTPV
"""
COV = "COV_START\nCOV_REF_FRAME = RTN\nCOV_TYPE = CARTPV\nCOV_ORDERING = LTM\n"


def message(states=20, step=60, head=HEAD, covariance=True, numbers="7000.5 0.25 -3.125 0.001 7.5 0.125"):
    def time(k):
        return "2032-02-%02dT%02d:%02d:%02d" % (11 + k * step // 86400, k * step // 3600 % 24, k * step // 60 % 60, k * step % 60)
    lines = ["%s %s" % (time(k), numbers) for k in range(states)]
    text = head + "\n".join(lines) + "\nTRAJ_STOP\n"
    if covariance:
        text += COV + "\n".join("%s %s" % (time(k), " ".join(["0.001"] * 21)) for k in range(states)) + "\nCOV_STOP\n"
    return text


def told(text, *words):
    done = run("check", "--profile", "tracss", "--json", *words, "-", stdin=text if isinstance(text, bytes) else text.encode())
    assert done.returncode in (DONE, FAILED), done.err
    answer = json.loads(done.out)
    assert (done.returncode == DONE) == (answer["accepted"] and answer["met"])
    return answer


def misses(text):
    return [(miss.get("line"), miss.get("field")) for miss in told(text)["missing"]]


def test_a_message_that_has_everything_meets_it():
    assert told(message())["met"] and told(message())["missing"] == []
    done = run("check", "--profile", "tracss", "-", stdin=message().encode())
    assert done.returncode == DONE and "stdin: meets TraCSS OCM specification 2.1" in done.out


@pytest.mark.parametrize("field", ["MESSAGE_ID", "INTERNATIONAL_DESIGNATOR", "OBJECT_DESIGNATOR", "ORIGINATOR_PHONE", "ORIGINATOR_EMAIL", "ORIGINATOR_ADDRESS", "OPERATOR",
                                   "OWNER", "COUNTRY", "OCM_DATA_ELEMENTS", "START_TIME", "STOP_TIME", "TRAJ_BASIS", "TRAJ_REF_FRAME", "USEABLE_START_TIME", "USEABLE_STOP_TIME"])
def test_what_is_missing_is_told_where_its_block_begins(field):
    lines = HEAD.split("\n")
    head = "\n".join(line for line in lines if not line.startswith(field + " "))
    start = next((k + 1 for k, line in enumerate(head.split("\n")) if line == ("TRAJ_START" if field.startswith(("TRAJ", "USE")) else "META_START")))
    assert misses(message(head=head)) == [(1 if field == "MESSAGE_ID" else start, field)]


@pytest.mark.parametrize("field,value", [("TIME_SYSTEM", "TAI"), ("CENTER_NAME", "MOON"), ("TRAJ_REF_FRAME", "GCRF"), ("TRAJ_BASIS", "PREDICTED"),
                                         ("INTERNATIONAL_DESIGNATOR", "SOON")])
def test_a_word_outside_the_profile_is_told_at_its_line(field, value):
    lines = HEAD.split("\n")
    row = next(k for k, line in enumerate(lines) if line.startswith(field + " "))
    lines[row] = "%s = %s" % (field, value)
    assert misses(message(head="\n".join(lines))) == [(row + 1, field)]


def test_unknown_is_a_designator_and_accelerations_are_allowed():
    head = HEAD.replace("2031-904A", "UNKNOWN").replace("CARTPV\n", "CARTPVA\n")
    assert misses(message(head=head, numbers="7000.5 0.25 -3.125 0.001 7.5 0.125 0.0 0.0 0.0")) == []


def test_five_states_lie_outside_the_usable_span_at_each_end():
    head = HEAD.replace("T00:05:00", "T00:04:00").replace("T00:14:00", "T00:15:00")
    assert misses(message(head=head)) == [(21, "USEABLE_START_TIME"), (21, "USEABLE_STOP_TIME")]


def test_each_state_has_its_covariance():
    text = message()
    lines = text.split("\n")
    last = len(lines) - 3
    assert lines[last].startswith("2032-02-11T00:19")
    cov = lines.index("COV_START") + 1
    assert misses("\n".join(lines[:last] + lines[last + 1:])) == [(cov, "COV")]
    moved = [line.replace("T00:03:00", "T00:03:01") if k > cov else line for k, line in enumerate(lines)]
    assert misses("\n".join(moved)) == [(cov + 7, "line")]
    assert misses(text.replace("COV_ORDERING = LTM", "COV_ORDERING = UTM"))[0] == (cov + 3, "COV_ORDERING")


def test_a_time_tag_stands_once():
    lines = message(covariance=False).split("\n")
    row = next(k for k, line in enumerate(lines) if line.startswith("2032-02-11T00:06:00"))
    lines.insert(row, lines[row])
    assert misses("\n".join(lines)) == [(row + 2, "line")]


def test_the_pieces_of_a_long_message_are_looked_at_together_and_keep_their_lines():
    text = message(states=1500, step=60)
    text = text.replace("STOP_TIME = 2032-02-11T00:19:00", "STOP_TIME = 2032-02-12T00:59:00")
    assert told(text)["records"] > 2 and misses(text) == []
    lines = text.split("\n")
    row = len(lines) - 3
    assert misses("\n".join(lines[:row] + lines[row].replace("T00:59:00", "T00:59:30").split("\n") + lines[row + 1:])) == [(row + 1, "line")]


def test_packed_files_and_xml_are_looked_at_too():
    assert told(gzip.compress(message().encode()))["met"]
    xml = run("convert", "--to", "ocm-xml", "-", stdin=message(head=HEAD.replace("OWNER = Meridian\n", "")).encode()).out
    answer = told(xml)
    assert [(miss.get("line"), miss["field"]) for miss in answer["missing"]] == [(None, "OWNER")]


def test_a_record_of_another_type_does_not_meet_it_and_a_profile_must_be_known():
    path = os.path.join(ROOT, "config", "sample", "us-noaa", "conjunction-1.cdm")
    done = run("check", "--profile", "tracss", path)
    assert done.returncode == FAILED and "another type" in done.out and "misses 1 of" in done.out
    done = run("check", "--profile", "tracks", path)
    assert done.returncode == USAGE and "no profile" in done.err


def test_lines_are_those_of_the_file_behind_blank_lines_and_other_messages():
    bad = message(head=HEAD.replace("COUNTRY = FR\n", ""), covariance=False)
    text = "\n\n" + message(covariance=False) + "\n\n\n" + bad
    row = 2 + message(covariance=False).count("\n") + 3 + HEAD.split("\n").index("META_START") + 1
    assert misses(text) == [(row, "COUNTRY")]
    assert misses(text.replace("\n", "\r\n")) == [(row, "COUNTRY")]


def test_each_file_of_an_archive_has_its_own_lines(tmp_path):
    bad = message(head=HEAD.replace("OWNER = Meridian\n", ""), covariance=False)
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good.ocm", message())
        archive.writestr("bad.ocm", bad)
    done = run("check", "--profile", "tracss", path)
    assert done.returncode == FAILED and "%s(bad.ocm):5: OWNER: missing" % path in done.out, done.out
