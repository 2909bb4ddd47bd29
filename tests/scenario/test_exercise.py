"""The drills of config/exercises, played through a live federation in accelerated time; docs/exercises.md."""
import json
import os
import subprocess
import time

import pytest

from test_alerts import until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DRILLS = os.path.join(ROOT, "config", "exercises")
# Drill hours an hour, so that each takes some ten seconds; and what is expected of all nations together.
PLAYED = {"2024yr4": (12000, 24), "reentry": (16000, 11), "conjunction": (16000, 20)}


def play(federation, drill, *words):
    """Each nation plays its part at the same time; what each says at the end."""
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    speed = str(PLAYED[os.path.basename(drill).partition(".")[0]][0])
    running = [subprocess.Popen([os.path.join(node.bin, "parallax"), "--node", node.directory, "exercise", drill, "--start", start, "--speed", speed, "--json", *words],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for node in federation.nodes]
    done = []
    for process in running:
        out, err = process.communicate(timeout=120)
        done.append((process.returncode, out.decode(), err.decode()))
    return start, speed, done


@pytest.mark.parametrize("name", sorted(PLAYED))
def test_a_drill_is_played_by_three_nations_and_scored_alike(three, name):
    drill = os.path.join(DRILLS, name + ".yaml")
    start, speed, done = play(three, drill)
    for code, out, err in done:
        card = json.loads(out) if out else None
        missed = [score for score in card["scores"] if score["verdict"] != "met"] if card else err
        assert code == 0 and not missed, "%s\n%s" % (missed, err)
        assert card["exercise"] == name and card["met"] == card["expected"] == PLAYED[name][1] and card["real_records"] == 0
        assert "[EXERCISE] hour " in err
    records = [{score["record"] for score in json.loads(out)["scores"]} for _, out, _ in done]
    assert records[0] == records[1] == records[2]   # every nation's card rests on the same records
    for node in three.nodes:
        for word in ("alerts", "events"):
            shown = node.cli(word, "--json", "--mode", "REAL").out
            assert shown == "", shown   # nothing of it in a real view
        assert node.cli("alerts", "--mode", "EXERCISE", "--all").out.count("[EXERCISE]") > 0
    again = three.nodes[2].cli("exercise", drill, "--start", start, "--speed", speed, "--scorecard")
    assert "%d of %d met; nothing of the drill's objects is in any real view" % (PLAYED[name][1], PLAYED[name][1]) in again.out


def test_what_people_leave_undone_is_missing_and_a_real_record_is_told(three, tmp_path):
    us, _, jp = three.nodes
    drill = tmp_path / "conjunction.yaml"
    with open(os.path.join(DRILLS, "conjunction.yaml"), encoding="utf-8") as file:
        head, _, tail = file.read().partition("\nexpect:\n")
    lines = [line for line in tail.splitlines() if "by_h: 1," in line or "the operator of A has seen it" in line]
    steps = head[:head.index("  - at_h: 8\n")]
    drill.write_text(steps + "expect:\n" + "\n".join(lines).replace("by_h: 10", "by_h: 8.5") + "\n")
    row = next(line for line in head.splitlines() if '"CDM_ID":"1"' in line).strip()[len("text: '"):-1]
    for mark in ("{{T+0h}}", "{{T+60h}}"):
        row = row.replace(mark, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + (200000 if "60" in mark else 0))))
    (tmp_path / "real.json").write_text(row)
    us.publish(tmp_path / "real.json", "--wait", 2)
    _, _, done = play(three, str(drill), "--people")
    for code, out, err in done:
        card = json.loads(out)
        assert code == 1 and card["met"] == 3 and card["expected"] == 4 and card["real_records"] > 0, err
        assert [score["say"] for score in card["scores"] if score["verdict"] == "MISSING"] == ["the operator of A has seen it"]


@pytest.mark.parametrize("old, new, complaint", [
    ("form: EXERCISE/1", "form: EXERCISE/2", ":2:7: form: expected EXERCISE/1"),
    ("by: us-noaa", "by: de-dlr", "by: expected one of the nations of this drill"),
    ("publish: cdm-public-json", "publish: cdm-private-json", "publish: expected a format"),
    ("at_h: 8", "at_h: 11", "expected steps in the order of their times"),
    ("at_h: 0", "at_h: soon", "expected hours"),
    ("{{T+60h}}.000000", "{{T+60d}}.000000", "expected {{T+72h}}"),
    ("nations: [us-noaa, fr-cnes, jp-jaxa]", "nations: []", "nations: expected 1 to"),
    ("consult: REQUEST", "consults: REQUEST", "consult"),
    ("by_h: 1,", "by_h: -1,", "by_h: expected hours"),
])
def test_a_drill_with_a_mistake_is_refused_with_its_place_before_anything_is_played(federate, tmp_path, old, new, complaint):
    node = federate("us-noaa").start().nodes[0]
    with open(os.path.join(DRILLS, "conjunction.yaml"), encoding="utf-8") as file:
        text = file.read()
    assert old in text
    path = tmp_path / "drill.yaml"
    path.write_text(text.replace(old, new, 1))
    done = node.cli("exercise", path, check=False)
    assert done.returncode == 1 and complaint in done.err and "%s:" % path in done.err, done.err
    assert node.cli("query", "conjunction", "--mode", "EXERCISE", "--json").out == ""


def test_a_drill_that_is_begun_again_says_nothing_twice(federate):
    node = federate("us-noaa").start().nodes[0]
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for _ in range(2):
        node.cli("exercise", os.path.join(DRILLS, "reentry.yaml"), "--start", start, "--speed", "1000000", "--people", check=False, timeout=90)
    until(lambda: len(node.cli("query", "reentry", "--mode", "EXERCISE", "--history", "--json").out.splitlines()), 2)
