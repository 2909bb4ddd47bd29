"""Nothing to report, signed: for each rule and watch period; and which source is late. docs/alerts.md."""
import json
import signal
from datetime import datetime, timezone

from test_alerts import sentry, until  # noqa: F401


def seconds(text):
    return datetime.strptime(text.split(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()


def reports(node, origin=None, **wanted):
    """Bodies of all that was reported, in the order of the log."""
    lines = node.cli("query", "watch_report", "--history", "--json").out.splitlines()
    rows = [row for row in map(json.loads, lines) if origin in (None, row["origin"])]
    rows = sorted((int(row["id"].split(":")[1]), row["body"]) for row in rows)
    return [body for _, body in rows if all(body.get(key) == value for key, value in wanted.items())]


def test_each_rule_and_period_is_reported_once_and_without_a_gap(federate, sentry):  # noqa: F811
    node = federate("us-noaa", reports=8).start().nodes[0]
    rules = [row["id"] for row in node.json("rules") if row["in_force"]]
    assert {row["id"] for row in node.json("rules")} - set(rules) == {"reentry-territory"}   # nothing is clear that nobody watches
    until(lambda: sorted(body["rule"] for body in reports(node, state="ALL CLEAR"))[:1] != [], True)
    node.publish(sentry("0.02", 0))
    node.events.wait("alert_published", rule="neo-iawn", state="RAISED")
    until(lambda: [body["open_alerts"] for body in reports(node, rule="neo-iawn", state="ALERTS")][:1], [1])
    node.kill("watch")
    assert node.stop(signal.SIGTERM) == 0
    node.start()
    before = len(reports(node, rule="neo-smpag"))
    until(lambda: len(reports(node, rule="neo-smpag")) >= before + 2, True)
    for rule in rules:
        mine = reports(node, rule=rule)
        assert mine, rule
        ends = [body["period_to"] for body in mine]
        assert len(set(ends)) == len(ends), "%s: a period was reported twice: %s" % (rule, ends)
        for body in mine:
            assert seconds(body["period_to"]) % 8 == 0 and seconds(body["period_from"]) < seconds(body["period_to"]) <= seconds(body["issued"])
    iawn = reports(node, rule="neo-iawn")
    assert iawn[0]["state"] == "ALL CLEAR" and iawn[0]["open_alerts"] == 0 and iawn[0]["text"].startswith("nothing to report: ")
    assert iawn[-1]["state"] == "ALERTS" and "alerts: 1 of the rule" in iawn[-1]["text"]
    assert any(body["judged"] > 0 for body in iawn)
    shown = node.cli("reports").out
    assert "ALERTS  neo-iawn 1 " in shown and "ALL CLEAR  neo-smpag 1 " in shown


def test_a_source_that_falls_silent_is_reported_late_and_back_and_no_watch_is_clear_without_it(federate):
    federation = federate("us-noaa", "fr-cnes", reports=10).start()
    us, fr = federation.nodes
    us.events.wait("session_open", peer="fr-cnes", lane="bulk")
    until(lambda: [body["state"] for body in reports(us, "us-noaa", rule="distress")][-1:], ["ALL CLEAR"])
    clear = reports(us, "us-noaa", rule="distress")[-1]
    assert clear["complete"].startswith("fr-cnes ") and " as of 20" in clear["complete"]
    fr.crash()
    until(lambda: [body["origin"] for body in reports(us, "us-noaa", state="SOURCE LATE")], ["fr-cnes"])
    late = reports(us, "us-noaa", state="SOURCE LATE")[0]
    assert 20 <= seconds(late["issued"]) - seconds(late["last_heard"]) < 60 and late["id"] == "source fr-cnes"
    until(lambda: [body["state"] for body in reports(us, "us-noaa", rule="distress")][-1:], ["INCOMPLETE"])
    assert "nothing is heard of fr-cnes" in reports(us, "us-noaa", rule="distress")[-1]["text"]
    us.kill("watch")   # the next one knows that it was said
    fr.start()
    until(lambda: [body["origin"] for body in reports(us, "us-noaa", state="SOURCE BACK")], ["fr-cnes"])
    until(lambda: [body["state"] for body in reports(us, "us-noaa", rule="distress")][-1:], ["ALL CLEAR"])
    assert len(reports(us, "us-noaa", state="SOURCE LATE")) == 1
    until(lambda: "SOURCE BACK  fr-cnes" in fr.cli("reports", "--origin", "us-noaa").out, True)
