"""Notices: forms that people fill in, schemas that programs check, records that nations share."""
import json
import os
import re

import jsonschema
import pytest

from federation import parallax

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TYPES = ("alert", "anomaly", "contact", "distress", "fragmentation", "identity", "launch", "lunar_activity", "maneuver", "neo_warning", "registration")
WRITTEN = tuple(kind for kind in TYPES if kind not in ("alert", "identity"))   # alerts are derived (test_alerts.py), identity: test_objects.py


def schema(build, kind):
    return json.loads(parallax(build, "new", kind, "--schema").out)


def golden(kind):
    folder = os.path.join(ROOT, "node", "types", kind, "golden")
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith("-json"))


def objects(path):
    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("kind", TYPES)
def test_the_published_schema_is_what_the_program_checks(build, kind):
    with open(os.path.join(ROOT, "proto", "schema", kind + "-1.json"), encoding="utf-8") as file:
        assert file.read() == parallax(build, "new", kind, "--schema").out
    one = schema(build, kind)
    jsonschema.Draft202012Validator.check_schema(one)
    validator = jsonschema.Draft202012Validator(one)
    assert not list(validator.iter_errors(one["examples"][0]))
    for path in golden(kind):
        good = not os.path.exists(re.sub(r"\.[^.]+$", ".why", path))
        for value in objects(path):
            errors = list(validator.iter_errors(value))
            if good:
                assert not errors, (path, errors)
            elif re.search(r"0[578]-", path):  # missing, word, range: what a schema can say
                assert errors, path


@pytest.mark.parametrize("kind", TYPES)
def test_a_form_is_refused_until_it_is_filled_in_and_then_accepted(build, kind, tmp_path):
    form = parallax(build, "new", kind).out
    path = tmp_path / "form.json"
    path.write_text(form, encoding="utf-8")
    done = parallax(build, "check", path, check=False)
    lines = form.split("\n")
    row = next(k for k, line in enumerate(lines) if "<" in line)
    column = lines[row].index("<")  # of the quote before it
    assert done.returncode == 1 and "%s:%d:%d: " % (path, row + 1, column) in done.err and "not filled in" in done.err, done.err
    values, example = json.loads(form), schema(build, kind)["examples"][0]
    assert list(values) == list(example) and values["notice"] == example["notice"]
    filled = {key: value if not str(value).startswith("<") else example[key] for key, value in values.items()}
    path.write_text(json.dumps(filled, indent=2), encoding="utf-8")
    assert parallax(build, "check", path).returncode == 0
    least = {key: filled[key] for key in schema(build, kind)["required"]}  # the optional lines were taken away
    path.write_text(json.dumps(least), encoding="utf-8")
    assert parallax(build, "check", path).returncode == 0
    text = parallax(build, "convert", "--to", "text", path).out
    assert all(str(value) in text for key, value in least.items() if key != "notice")


def test_what_has_no_form_says_which_types_have_one(build):
    done = parallax(build, "new", "orbit", check=False)
    assert done.returncode == 2 and all(kind in done.err for kind in TYPES)


def test_a_notice_of_each_kind_reaches_the_others_as_it_was_written(three, sample):
    us, fr, jp = three.nodes
    ranges, texts = [], []
    for kind in WRITTEN:
        path = sample("fr-cnes/%s.json" % kind.replace("_", "-"))
        [one] = fr.publish("--mode", "EXERCISE", "--wait", 2, path)
        with open(path, "rb") as file:
            texts.append((one, file.read()))
        ranges.append(one)
    three.wait_equal(ranges)
    for (log, index, _), text in texts:
        assert jp.cli("export", "%s:%d" % (log, index), "--original").stdout.strip() == text.strip()
    series = {row["id"]: row["series"] for row in us.json("log", "list")}
    alerts = {kind for kind, (log, _, _) in zip(WRITTEN, ranges) if series[log].endswith("/alert")}
    assert alerts == {"distress", "fragmentation", "neo_warning"}
    for kind in WRITTEN:
        assert us.cli("query", kind, "--mode", "EXERCISE", "--json").out.count("\n") == 1
        assert us.cli("query", kind, "--json").out == ""  # a drill is never in a query of the real thing
    assert "2031 ZQ4" in us.cli("query", "neo_warning", "--mode", "EXERCISE", "--object", "2031 ZQ4").out


def test_two_nations_notices_about_one_break_up_stand_side_by_side(three, sample):
    us, fr, jp = three.nodes
    for node in (us, fr):
        node.publish("--mode", "EXERCISE", "--wait", 2, sample(node.name + "/fragmentation.json"))
    rows = [json.loads(line) for line in jp.cli("query", "fragmentation", "--mode", "EXERCISE", "--object", "900000204", "--json").out.splitlines()]
    assert sorted(row["origin"] for row in rows) == ["fr-cnes", "us-noaa"]
