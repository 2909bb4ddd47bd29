"""Alerts by rules in a federation: each node derives its own, signed into its own alert log, and all see all."""
import json
import os
import signal
import time

import pytest

from federation import parallax

REMOVED = "2031-03-01 10:22:33"


def until(what, wanted, timeout=60):
    """Ask ${what} again until it answers ${wanted}."""
    deadline = time.monotonic() + timeout
    while True:
        got = what()
        if got == wanted:
            return
        assert time.monotonic() < deadline, "%r, expected %r" % (got, wanted)
        time.sleep(0.2)


@pytest.fixture
def sentry(tmp_path):
    """sentry(ip, torino, observed): a file with one object of 46 m, as the Sentry API serves it; sentry() that it was removed."""
    def write(ip=None, torino=0, observed="2031-02-15", name="2031 AQ7"):
        row = {"des": name, "removed": REMOVED} if ip is None else {
            "des": name, "fullname": "(%s)" % name, "ip": ip, "ps_cum": "-3.0", "ps_max": "-3.1", "ts_max": torino, "n_imp": 2,
            "range": "2056-2113", "h": "24.3", "diameter": "0.046", "v_inf": "11.8", "last_obs": observed}
        path = tmp_path / ("sentry-%d.json" % len(list(tmp_path.iterdir())))
        path.write_text(json.dumps({"signature": {"source": "NASA/JPL Sentry Data API", "version": "2.0"}, "count": "1", "data": [row]}))
        return path
    return write


def alerts(node, mode="REAL", every=False, origin=None):
    """What `parallax alerts` shows: (origin, rule, state, level), sorted."""
    text = node.cli("alerts", "--mode", mode, "--json", *(["--all"] if every else [])).out
    rows = [json.loads(line) for line in text.splitlines()]
    return sorted((row["origin"], row["body"]["rule"], row["body"]["state"], row["body"]["level"])
                  for row in rows if origin in (None, row["origin"]))


def history(node, origin, mode="REAL"):
    """States of the alerts of ${origin} in the order of its log, as ${node} holds them."""
    text = node.cli("query", "alert", "--mode", mode, "--origin", origin, "--history", "--json").out
    rows = sorted((json.loads(line) for line in text.splitlines()), key=lambda row: int(row["id"].split(":")[1]))
    return [(row["body"]["rule"], row["body"]["state"], row["body"]["level"]) for row in rows]


def test_an_alert_is_raised_downgraded_and_cancelled_and_seen_everywhere_once(three, sentry):
    us, fr, jp = three.nodes
    names = [node.name for node in (fr, jp, us)]
    us.publish(sentry("0.02", 3))
    raised = [(name, rule, "RAISED", level) for name in names for rule, level in (("neo-iawn", "WARNING"), ("neo-torino", "YELLOW"))]
    until(lambda: alerts(fr), raised)
    row = next(row for row in fr.json("alerts") if row["origin"] == "us-noaa" and row["body"]["rule"] == "neo-iawn")
    ids = us.publish(sentry("0.02", 3))   # the same record again: its id, and no second alert
    assert row["body"]["inputs"] == "%s:%d" % (ids[0][0], ids[0][1]) and row["references"] == [row["body"]["inputs"]]
    assert "us-noaa: listed 1 >= 1, impact_probability 0.02 > 0.01, size_m 46 (diameter_km 0.046) > 10" == row["body"]["values"]
    assert row["body"]["rule_version"] == "1" and row["body"]["overridden"] == "NO" and "/alert" in row["series"]

    assert us.kill("watch")
    us.publish(sentry("0.009", 1, "2031-02-16"))   # below the threshold, in the hysteresis; Torino falls
    fallen = [(name, rule, state, level) for name in names
              for rule, state, level in (("neo-iawn", "UPDATED", "WARNING"), ("neo-torino", "DOWNGRADED", "GREEN"))]
    until(lambda: alerts(jp), fallen)
    assert us.stop(signal.SIGTERM) == 0
    us.start()
    us.events.wait("watch_swept", timeout=60)
    us.publish(sentry())
    until(lambda: alerts(fr), [])
    until(lambda: [state for _, _, state, _ in alerts(fr, every=True)], ["CANCELLED"] * 6)
    told = [("neo-iawn", "RAISED", "WARNING"), ("neo-torino", "RAISED", "YELLOW"), ("neo-iawn", "UPDATED", "WARNING"),
            ("neo-torino", "DOWNGRADED", "GREEN"), ("neo-iawn", "CANCELLED", "NONE"), ("neo-torino", "CANCELLED", "NONE")]
    for node in three.nodes:
        for name in names:
            until(lambda: history(node, name), told)


def test_a_crash_of_any_role_makes_no_second_alert(three, sentry):
    us, fr, _ = three.nodes
    for number, role in enumerate(("watch", "core", "sign", "watch")):
        us.publish(sentry("0.02", 0, name="2031 BB%d" % number))
        us.kill(role)
        until(lambda: len(alerts(us, origin="us-noaa")), number + 1)
    until(lambda: history(fr, "us-noaa"), [("neo-iawn", "RAISED", "WARNING")] * 4)


def test_a_drill_gives_alerts_of_the_drill_only(federate, sentry, tmp_path):
    node = federate("us-noaa").start().nodes[0]
    node.events.wait("watch_swept")
    node.publish("--mode", "EXERCISE", sentry("0.5", 8))
    node.publish("--mode", "TEST", sentry("0.02", 0))
    until(lambda: alerts(node, "EXERCISE"), [("us-noaa", "neo-iawn", "RAISED", "WARNING"), ("us-noaa", "neo-torino", "RAISED", "RED")])
    until(lambda: alerts(node, "TEST"), [("us-noaa", "neo-iawn", "RAISED", "WARNING")])
    assert alerts(node) == [] and alerts(node, "SIMULATED") == []
    assert "[EXERCISE]" in node.cli("alerts", "--mode", "EXERCISE").out


CDM = """[{"CDM_ID":"1","CREATED":"%s","EMERGENCY_REPORTABLE":"Y","TCA":"%s","MIN_RNG":"412","PC":"0.001","SAT_1_ID":"900000101",
"SAT_1_NAME":"A","SAT1_OBJECT_TYPE":"PAYLOAD","SAT1_RCS":"LARGE","SAT_1_EXCL_VOL":"5.00","SAT_2_ID":"900002900","SAT_2_NAME":"B",
"SAT2_OBJECT_TYPE":"DEBRIS","SAT2_RCS":null,"SAT_2_EXCL_VOL":"1.00"}]"""


def test_an_alert_ends_by_time_alone(federate, tmp_path):
    node = federate("us-noaa").start().nodes[0]
    node.events.wait("watch_swept")
    now = time.time()
    tca = time.strftime("%Y-%m-%dT%H:%M:%S.000000", time.gmtime(now + 15))
    path = tmp_path / "cdm.json"
    path.write_text(CDM % (time.strftime("%Y-%m-%dT%H:%M:%S.000000", time.gmtime(now)), tca))
    node.publish(path)
    node.events.wait("alert_published", rule="conjunction-pc", state="RAISED", level="MITIGATION")
    node.events.wait("alert_published", rule="conjunction-emergency", state="RAISED")
    node.kill("watch")   # the next one finds what is open, and what time will end
    for rule in ("conjunction-pc", "conjunction-emergency"):
        node.events.wait("alert_published", rule=rule, state="CANCELLED", timeout=90)
    assert time.time() >= now + 14 and alerts(node) == []


OWN = """form: RULES/1
rules:
  - id: neo-iawn
    version: us-1
    title: "impact probability above one in a thousand"
    type: neo_risk
    levels:
      - level: NOTE
        when:
          - {figure: impact_probability, above: 0.001}
  - {id: neo-torino, version: us-1, type: neo_risk, off: true}
"""


def test_a_rule_of_ones_own_is_shown_as_such_and_ends_with_its_file(federate, sentry):
    node = federate("us-noaa").nodes[0]
    path = os.path.join(node.directory, "rules.yaml")
    with open(path, "w", encoding="ascii") as file:
        file.write(OWN)
    node.start()
    assert node.events.wait("rules_loaded").fields["own"] == "2"
    node.publish(sentry("0.002", 8))
    until(lambda: alerts(node), [("us-noaa", "neo-iawn", "RAISED", "NOTE")])
    assert "neo-iawn us-1* (not as supplied)" in node.cli("alerts").out
    shown = node.cli("rules").out
    assert "neo-iawn us-1*" in shown and "rules.yaml:3" in shown and "it is off" in shown
    assert [rule["id"] for rule in node.json("rules") if rule["overridden"]] == ["neo-iawn", "neo-torino"]

    node.stop()
    with open(path, "a", encoding="ascii") as file:
        file.write("  - {id: ours, version: 1, title: t, type: neo_risk, level: []}\n")
    broken = node.cli("rules", check=False)
    assert broken.returncode == 1 and "rules.yaml:12:" in broken.err
    os.remove(path)
    node.start()   # the supplied rules again: neo-iawn is not reached, Torino 8 is
    until(lambda: alerts(node), [("us-noaa", "neo-torino", "RAISED", "RED")])
    assert history(node, "us-noaa")[1] == ("neo-iawn", "CANCELLED", "NONE")


def test_a_node_without_rules_says_so_and_derives_nothing(federate, sentry):
    federation = federate("us-noaa", "fr-cnes")
    us, fr = federation.nodes
    with open(os.path.join(us.directory, "node.yaml"), "a", encoding="ascii") as file:
        file.write("watch: false\n")
    federation.start()
    us.publish(sentry("0.02", 0))
    until(lambda: alerts(us), [("fr-cnes", "neo-iawn", "RAISED", "WARNING")])   # what others derive it shows
    assert us.json("status")["watch_off"] and not fr.json("status")["watch_off"]
    assert "alert rules are OFF" in us.cli("status").out and "alert rules" not in fr.cli("status").out
    assert not us.events.find("role_started", role="watch")


def test_what_is_sealed_is_not_told_by_an_alert(three, sentry):
    us, fr, _ = three.nodes
    us.cli("audience", "create", "close", "fr-cnes")
    us.publish("--audience", "close", sentry("0.02", 8))
    until(lambda: fr.cli("query", "neo_risk", "--json").out.count("\n"), 1)
    us.publish(sentry("0.02", 0, name="2031 CC1"))   # open, and later: once its alert is out, the sealed one was judged
    until(lambda: alerts(fr, origin="fr-cnes"), [("fr-cnes", "neo-iawn", "RAISED", "WARNING")])
    assert all("CC1" in json.dumps(row) for row in us.json("alerts") + fr.json("alerts"))


def test_rules_are_shown_without_a_node(build):
    rules = [json.loads(line) for line in parallax(build, "rules", "--json").out.splitlines()]
    assert {rule["id"] for rule in rules} >= {"neo-iawn", "conjunction-pc", "reentry-window", "space-weather-g", "distress"}
    assert not any(rule["overridden"] for rule in rules)
