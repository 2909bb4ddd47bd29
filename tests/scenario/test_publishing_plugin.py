"""Plugins that publish: the whole road, only what their configuration lets them, and no record twice whatever ends in between."""
import json
import os
import signal
import time

from test_plugin import Plugin, until

ALLOW = "publish: {types: [orbit], audiences: [open], modes: [TEST]%s}\n"
CONFIGURATION = "command: [python3, main.py]\nrecords: false\ntimeout_s: %d\n" + ALLOW

# Publishes the lines of the file `ask`, and notes each reply in `replies`.
ASKER = """
import os, sys, time
for line in open("ask"):
    print("publish", line.strip(), flush=True)
    reply = sys.stdin.readline()
    if not reply:
        sys.exit()
    with open("replies", "a") as file:
        file.write(reply)
sys.stdin.read()
"""

OBJECT = {"OBJECT_NAME": "ONE", "OBJECT_ID": "1998-067A", "EPOCH": "2026-11-29T12:00:00.000000", "MEAN_MOTION": 15.5, "ECCENTRICITY": 0.0005, "INCLINATION": 51.6,
          "RA_OF_ASC_NODE": 10, "ARG_OF_PERICENTER": 20, "MEAN_ANOMALY": 30, "EPHEMERIS_TYPE": 0, "CLASSIFICATION_TYPE": "U", "NORAD_CAT_ID": 25544, "ELEMENT_SET_NO": 999,
          "REV_AT_EPOCH": 1, "BSTAR": 0.0001, "MEAN_MOTION_DOT": 0.0001, "MEAN_MOTION_DDOT": 0}


class Asker(Plugin):
    def ask(self, *lines):
        self.program("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "ask")
        return self.program(ASKER)

    def replies(self):
        path = os.path.join(self.folder, "replies")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def wait_replies(self, count):
        until("%d replies" % count, self.replies, lambda rows: len(rows) >= count)
        return self.replies()


def orbits(node, **more):
    return node.json("query", "orbit", "--mode", "TEST", "--history", **more)


def rows(answer):
    return answer if isinstance(answer, list) else [answer] if answer else []


def ids(node):
    return {row["id"] for row in rows(orbits(node))}


def test_what_a_plugin_publishes_goes_the_whole_road(federate, sample):
    federation = federate("fr-cnes", "us-noaa")
    for node in federation.nodes:
        node.start()
    fr, us = federation.nodes
    with open(sample("us-noaa/orbits.csv"), encoding="utf-8") as file:
        csv = file.read()
    asker = Asker(fr, "asker").ask({"key": "csv", "mode": "TEST", "audience": "open", "text": csv},
                                   {"key": "object", "mode": "TEST", "record": OBJECT},
                                   {"key": "list", "mode": "TEST", "format": "omm-json", "record": [dict(OBJECT, NORAD_CAT_ID=2), dict(OBJECT, NORAD_CAT_ID=3)]})
    asker.configure(CONFIGURATION % (30, ""))
    replies = asker.wait_replies(3)
    assert [reply["reply"] for reply in replies] == ["csv", "object", "list"]
    assert [len(reply.get("ids", ())) for reply in replies] == [80, 1, 2], replies
    mine = {one for reply in replies for one in reply["ids"]}
    assert len(mine) == 83 and ids(fr) == mine
    until("the other node has them", lambda: ids(us), lambda there: there == mine)
    assert len(asker.events("plugin_published")) == 3 and asker.wait("told", lambda row: row["published"] == 83)["denied"] == 0


def test_what_is_not_allowed_or_not_good_is_refused_with_its_reason(federate):
    node = federate("fr-cnes").nodes[0]
    node.start()
    good = {"mode": "TEST", "record": OBJECT}
    asks = [
        (dict(good, key="mode", mode="REAL"), "PUBLISH_DENIED", "mode"),
        (dict(good, key="no mode", mode=""), "MODE_MISSING", "mode"),
        (dict(good, key="audience", audience="ops"), "PUBLISH_DENIED", "audience"),
        ({"key": "type", "mode": "TEST", "text": "CCSDS_RDM_VERS = 1.0\n"}, None, None),
        ({"key": "space weather", "mode": "TEST", "record": [{"time_tag": "2026-11-30T00:00:00", "Kp": 3.33}]}, "PUBLISH_DENIED", "space_weather"),
        (dict(good, key="check", record=dict(OBJECT, ECCENTRICITY=1.5)), "FIELD_RANGE", "ECCENTRICITY"),
        (dict(good, key="two", text="x"), "FIELD_MISSING", "text"),
        ({"key": "none", "mode": "TEST"}, "FIELD_MISSING", "text"),
        ({"key": "base64", "mode": "TEST", "base64": "%%%"}, "TEXT_ENCODING", "base64"),
        (dict(good, key="unknown", priority=1), "FIELD_UNKNOWN", None),
        (dict(good, key="format", format="no-such"), None, None),
        (dict(good), "FIELD_MISSING", "key"),
        (dict(good, key="x" * 129), "FIELD_MISSING", "key"),
        ('{"key":"cut","mode":"TE', "TEXT_SYNTAX", None),
        ("[]", "FIELD_VALUE", None),
    ]
    asker = Asker(node, "asker").ask(*[ask for ask, _, _ in asks]).configure(CONFIGURATION % (30, ""))
    for reply, (ask, why, field) in zip(asker.wait_replies(len(asks)), asks):
        assert "ids" not in reply and reply["note"], (ask, reply)
        assert why is None or reply["refused"] == why, (ask, reply)
        assert field is None or reply["field"] == field, (ask, reply)
        assert not isinstance(ask, dict) or reply["reply"] == (ask.get("key", "") if len(ask.get("key", "")) <= 128 else ""), reply
    status = asker.wait("told", lambda row: row["denied"] == len(asks))
    assert status["published"] == status["nonsense"] == status["restarts"] == 0
    assert ids(node) == set()


def test_a_plugin_without_leave_publishes_nothing(federate):
    node = federate("fr-cnes").nodes[0]
    node.start()
    asker = Asker(node, "asker").ask({"key": "a", "mode": "TEST", "record": OBJECT}).configure("command: [python3, main.py]\n")
    assert asker.wait_replies(1)[0]["refused"] == "PUBLISH_DENIED"
    for text, wanted in (("publish: {types: [orbit], modes: [TEST]}\n", "audiences"), ("publish: {types: [orbit], audiences: [open]}\n", "modes"),
                         ("publish: {audiences: [open], modes: [TEST]}\n", "types"), ("publish: {types: [orbits], audiences: [open], modes: [TEST]}\n", "record type")):
        bad = Plugin(node, "bad").configure("command: [python3, main.py]\n" + text)
        assert wanted in bad.wait(wanted, lambda row, wanted=wanted: wanted in row["error"])["error"]
    assert ids(node) == set()


def test_a_crash_before_the_reply_makes_no_second_record(federate):
    """The plugin ends without reading, is killed, the node is killed: the same key is the same record."""
    node = federate("fr-cnes").nodes[0]
    node.start()
    asker = Asker(node, "asker").program('print(\'publish {"key":"once","mode":"TEST","record":%s}\', flush=True)\nimport time\ntime.sleep(0.05)\n' % json.dumps(OBJECT))
    asker.configure(CONFIGURATION % (30, ""))
    asker.wait("ended some times", lambda row: row["restarts"] >= 3)
    until("one record", lambda: ids(node), lambda there: len(there) == 1)
    first = ids(node)
    asker.ask({"key": "once", "mode": "TEST", "record": OBJECT}, {"key": "again", "mode": "TEST", "record": dict(OBJECT, NORAD_CAT_ID=7)})
    asker.configure(CONFIGURATION % (31, ""))
    replies = asker.wait_replies(2)
    assert set(replies[0]["ids"]) == first and len(replies[1]["ids"]) == 1
    node.stop(signal.SIGKILL)
    node.start()
    replies = asker.wait_replies(4)[2:]
    assert set(replies[0]["ids"]) == first and ids(node) == first | set(replies[1]["ids"])
    # Another plugin's key of the same name is another key.
    other = Asker(node, "other").ask({"key": "once", "mode": "TEST", "record": dict(OBJECT, NORAD_CAT_ID=8)}).configure(CONFIGURATION % (30, ""))
    assert set(other.wait_replies(1)[0]["ids"]).isdisjoint(ids(node) - set(other.replies()[0]["ids"])) and len(ids(node)) == 3


def test_publications_wait_for_a_core_that_starts_again(federate):
    node = federate("fr-cnes").nodes[0]
    node.start()
    count = 60
    asker = Asker(node, "asker").ask(*[{"key": str(n), "mode": "TEST", "record": dict(OBJECT, NORAD_CAT_ID=n + 1)} for n in range(count)]).configure(CONFIGURATION % (30, ", records_per_minute: 60000"))
    asker.wait_replies(5)
    node.kill("core")
    replies = asker.wait_replies(count)
    assert [reply["reply"] for reply in replies] == [str(n) for n in range(count)]
    published = [one for reply in replies for one in reply["ids"]]
    assert len(published) == count and ids(node) == set(published)


def test_more_than_its_rate_waits(federate):
    node = federate("fr-cnes").nodes[0]
    node.start()
    asker = Asker(node, "asker").ask(*[{"key": str(n), "mode": "TEST", "record": dict(OBJECT, NORAD_CAT_ID=n + 1)} for n in range(63)])
    begun = time.monotonic()
    asker.configure(CONFIGURATION % (30, ", records_per_minute: 60"))
    asker.wait_replies(63)
    assert time.monotonic() - begun >= 2, "60 at once, then one a second"
    assert asker.wait("told", lambda row: row["published"] == 63)["restarts"] == 0


def test_who_does_not_read_replies_is_ended_and_nobody_else_notices(federate, sample):
    node = federate("fr-cnes").nodes[0]
    node.start()
    deaf = Plugin(node, "deaf").program("import json, sys\nn = 0\nwhile True:\n    n += 1\n    print('publish', json.dumps({'key': str(n) * 20, 'mode': 'TEST', 'text': 'x'}), flush=True)\n")
    deaf.configure(CONFIGURATION % (1, ", records_per_minute: 60000"))
    asker = Asker(node, "asker").ask({"key": "a", "mode": "TEST", "record": OBJECT}).configure(CONFIGURATION % (30, ""))
    row = deaf.wait("ended", lambda row: row["restarts"] > 0)
    assert "did not read the reply" in row["error"]
    assert len(asker.wait_replies(1)[0]["ids"]) == 1


def test_a_plugin_hears_and_publishes_at_once(federate, sample):
    """Each record of another mode comes back as one of its own: replies and records on one input, in order."""
    node = federate("fr-cnes").nodes[0]
    node.start()
    echo = Plugin(node, "echo").program("""
import json, sys
replies, waiting = 0, {}
for line in sys.stdin:
    row = json.loads(line)
    if "reply" in row:
        assert "ids" in row, row
        print("ack", waiting.pop(row["reply"]), flush=True)
    else:
        waiting[row["id"]] = row["delivery"]["number"]
        print("publish", json.dumps({"key": row["id"], "mode": "TEST", "record": %s}).replace("25544", str(row["delivery"]["number"])), flush=True)
""" % json.dumps(OBJECT)).configure("command: [python3, main.py]\nfilter: {modes: [SIMULATED]}\n" + ALLOW % "")
    node.cli("publish", "--mode", "SIMULATED", sample("us-noaa/orbits.csv"))
    row = echo.wait("80 echoed", lambda row: row["records"] == 80)
    assert row["published"] == 80 and row["nonsense"] == row["restarts"] == 0 and len(ids(node)) == 80
