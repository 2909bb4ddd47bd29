"""What nations say to each other of an event, and who has seen it: consult, ack, receipts, between real nodes."""
import json
import time

import pytest

from federation import Failed
from test_alerts import until

EVENT = "conjunction:norad:900000101+norad:900002900@%sZ"
CDM = """[{"CDM_ID":"1","CREATED":"%s","EMERGENCY_REPORTABLE":"Y","TCA":"%s","MIN_RNG":"412","PC":"0.001","SAT_1_ID":"900000101",
"SAT_1_NAME":"A","SAT1_OBJECT_TYPE":"PAYLOAD","SAT1_RCS":"LARGE","SAT_1_EXCL_VOL":"5.00","SAT_2_ID":"900002900","SAT_2_NAME":"B",
"SAT2_OBJECT_TYPE":"DEBRIS","SAT2_RCS":null,"SAT_2_EXCL_VOL":"1.00"}]"""


def conjunction(path, hours=30):
    """A file with one conjunction that far ahead; the name of its event."""
    now = time.time()
    tca = time.gmtime(now + hours * 3600)
    path.write_text(CDM % (time.strftime("%Y-%m-%dT%H:%M:%S.000000", time.gmtime(now)), time.strftime("%Y-%m-%dT%H:%M:%S.000000", tca)))
    return EVENT % time.strftime("%Y-%m-%dT%H:%M", tca)


def thread(node, event, *words):
    rows = [json.loads(line) for line in node.cli("consult", event, "--json", *words).out.splitlines()]
    return [(row["origin"], row["body"]["act"]) for row in rows]


@pytest.fixture
def shared(three, tmp_path):
    """Three nodes that hold one conjunction of us-noaa; and the event's name."""
    us, fr, jp = three.nodes
    event = conjunction(tmp_path / "cdm.json")
    us.publish(tmp_path / "cdm.json", "--wait", 2)
    for node in three.nodes:
        until(lambda: node.cli("consult", event, check=False).returncode, 0)
    return us, fr, jp, event


def test_a_consultation_is_one_thread_at_every_node(shared):
    us, fr, jp, event = shared
    request = us.cli("consult", event, "request", "--text", "will you move?", "--to", "fr-cnes jp-jaxa", "--answer-by", "2020-01-01T00:00:00Z",
                     "--officer", "R. Diaz", "--role", "OPERATOR").out.strip()
    until(lambda: thread(fr, event), [("us-noaa", "REQUEST")])
    shown = fr.cli("consult", event).out
    assert "OVERDUE since 2020-01-01T00:00:00Z: no answer of fr-cnes, jp-jaxa to %s" % request in shown and "will you move?" in shown
    claim = fr.json("consult", event, "claim", "--claim", "MANOEUVRE", "--object", "norad:900000101", "--reply", request, "--until", "2099-01-01T00:00:00Z",
                    "--text", "we raise the orbit by 150 m")
    assert claim["act"] == "CLAIM" and claim["event"] == event
    until(lambda: len(thread(jp, event)), 2)
    jp.cli("consult", event, "assess", "--probability", "0.00012", "--text", "we find less", "--reply", request)
    jp.cli("consult", event, "dissent", "--reply", claim["id"], "--text", "the other object is ours, too")
    us.cli("consult", event, "acknowledge", "--reply", claim["id"])
    us.cli("consult", event, "close", "--text", "TCA has passed")
    told = [("fr-cnes", "CLAIM"), ("jp-jaxa", "ASSESS"), ("jp-jaxa", "DISSENT"), ("us-noaa", "ACKNOWLEDGE"), ("us-noaa", "CLOSE"), ("us-noaa", "REQUEST")]
    for node in (us, fr, jp):
        until(lambda: sorted(thread(node, event)), told)
        shown = node.cli("consult", event).out
        assert "CLAIM: MANOEUVRE for norad:900000101" in shown and "0.00012" in shown
        assert "OVERDUE" not in shown and "WAITING" not in shown   # both have answered
    assert claim["id"].split(":")[0] in us.cli("prove", claim["id"]).out   # a claim is evidence, at whoever holds it


@pytest.mark.parametrize("words, complaint", [
    (("shout",), "SHOUT"),
    (("request",), "text"),
    (("claim", "--claim", "MANOEUVRE"), "object"),
    (("dissent", "--text", "no"), "in_reply_to"),
    (("acknowledge", "--reply", "17"), "record id"),
    (("assess", "--probability", "1.5"), "expected 0 to 1"),
])
def test_what_makes_no_sense_is_not_said(shared, words, complaint):
    us, _, _, event = shared
    done = us.cli("consult", event, *words, check=False)
    assert done.returncode == 1 and complaint in done.err, done.err
    assert thread(us, event) == []


def test_a_probability_that_is_no_number_is_refused_as_it_stands(shared):
    us, _, _, event = shared
    for number in ("much", '1,"act":"CLOSE"', "0x1", ".5", "+1"):
        done = us.cli("consult", event, "assess", "--probability", number, check=False)
        assert done.returncode == 2 and "expected a number" in done.err, done.err
    assert thread(us, event) == []


def test_an_event_that_is_not_there_is_refused(shared):
    us, _, _, _ = shared
    for event in (EVENT % "2040-01-01T00:00", "conjunction", "impact:neo:2031AQ7"):
        for words in (("consult", event, "close", "--text", "x"), ("ack", event, "--officer", "R. Diaz"), ("receipts", event)):
            assert us.cli(*words, check=False).returncode == 1


def test_receipts_say_who_stored_and_who_saw_what_and_when(shared):
    us, fr, jp, event = shared
    first = us.json("receipts", event)
    assert [row["stored_by"] for row in first["told"]] == [["fr-cnes", "jp-jaxa"]] and first["seen"] == []
    assert "seen: no receipt is held" in us.cli("receipts", event).out
    with pytest.raises(Failed):
        fr.cli("ack", event)
    receipt = fr.json("ack", event, "--officer", "A. Moreau", "--note", "operator called", "--seen", "2026-01-01T03:00:00Z")
    jp.cli("ack", event, "--officer", "佐藤")
    until(lambda: sorted(row["body"]["seen_by"] for row in us.json("receipts", event)["seen"]), ["A. Moreau", "佐藤"])
    seen = {row["body"]["seen_by"]: row for row in us.json("receipts", event)["seen"]}
    moreau = seen["A. Moreau"]
    assert moreau["id"] == receipt["id"] and moreau["origin"] == "fr-cnes" and moreau["body"]["seen_at"] == "2026-01-01T03:00:00Z"
    assert moreau["body"]["records"] == first["told"][0]["id"] and moreau["body"]["note"] == "operator called"
    assert seen["佐藤"]["body"]["seen_at"] == seen["佐藤"]["body"]["issued"]
    assert "stored by fr-cnes, jp-jaxa" in us.cli("receipts", event).out and "stored by" not in fr.cli("receipts", event).out
    future = fr.cli("ack", event, "--officer", "A. Moreau", "--seen", "2099-01-01T00:00:00Z", check=False)
    assert future.returncode == 1 and "seen_at" in future.err


def test_a_drill_is_its_own_event(shared, tmp_path):
    us, fr, _, event = shared
    us.publish("--mode", "EXERCISE", tmp_path / "cdm.json")
    until(lambda: fr.cli("consult", event, "--mode", "EXERCISE", check=False).returncode, 0)
    fr.cli("consult", event, "claim", "--mode", "EXERCISE", "--claim", "HOLD", "--object", "norad:900002900")
    fr.cli("ack", event, "--mode", "EXERCISE", "--officer", "A. Moreau")
    until(lambda: thread(us, event, "--mode", "EXERCISE"), [("fr-cnes", "CLAIM")])
    until(lambda: len(us.json("receipts", event, "--mode", "EXERCISE")["seen"]), 1)
    assert thread(us, event) == [] and us.json("receipts", event)["seen"] == []
    assert "[EXERCISE]" in us.cli("consult", event, "--mode", "EXERCISE").out
