"""The rule zone-overlap: two published zones that overlap are one alert, whoever publishes them and in whatever order."""
import datetime
import itertools
import json
import os
import signal

import pytest

from apiclient import Api
from test_alerts import until
from test_zones import KM, zone

CANCEL = 3


@pytest.fixture
def publish(tmp_path):
    """publish(node, notice, *options): its record id."""
    numbers = itertools.count()

    def write(node, notice, *options):
        path = tmp_path / ("notice-%d.json" % next(numbers))
        path.write_text(json.dumps(notice))
        [(log, index, _)] = node.publish(*options, path)
        return "%s:%d" % (log, index)
    return write


def rows(node, *words):
    return [json.loads(line) for line in node.cli(*words, "--json").out.splitlines()]


def overlaps(node, mode="REAL", origin=None):
    """What the node's own alerts of the rule are about."""
    return sorted(row["body"]["about"] for row in rows(node, "alerts", "--mode", mode)
                  if row["body"]["rule"] == "zone-overlap" and row["origin"] == (origin or node.name))


def history(node):
    found = sorted(rows(node, "query", "alert", "--origin", node.name, "--history"), key=lambda row: int(row["id"].split(":")[1]))
    return [(row["body"]["about"], row["body"]["state"]) for row in found if row["body"]["rule"] == "zone-overlap"]


FIRST, SECOND = "Z-1 of Agency 1 and Z-2 of Agency 2", "Z-2 of Agency 2 and Z-3 of Agency 3"


def test_an_overlap_is_raised_by_all_and_ends_with_either(three, publish, api):
    us, fr, jp = three.nodes
    one = publish(us, zone(1))
    two = publish(fr, zone(2, 0.2))
    for node in three.nodes:
        until(lambda: overlaps(node), [FIRST])
    row = next(row for row in rows(jp, "alerts") if row["origin"] == "us-noaa")
    assert sorted(row["body"]["inputs"].split()) == sorted([one, two]) == sorted(row["references"])
    assert row["body"]["level"] == "ADVISORY" and row["body"]["origins"] == "us-noaa+fr-cnes=ADVISORY"
    # 0.2 degrees are 6.065 km: the zones reach into each other by 20 km less that.
    assert "us-noaa+fr-cnes: overlap 1 (by %.3f km, 2032-09-14T00:00Z to 2032-10-02T00:00Z) >= 1" % (20 - 0.2 * KM) in row["body"]["values"]
    publish(jp, zone(3, 0.1, start="2032-10-02T00:00:01Z", end="2032-11-01T00:00:00Z"))   # at another time
    publish(jp, zone(4, 0.1), "--mode", "EXERCISE")                                       # in another world
    publish(us, zone(1))                                                                  # the same once more
    publish(us, zone(5, 40))                                                              # elsewhere
    publish(us, zone(6, 0.2, status="CANCELLED"))
    publish(us, {k: v for k, v in zone(7).items() if not k.endswith("_deg")})             # nowhere

    assert us.kill("watch")
    publish(fr, zone(2, 0.2, 0, 12, issued="2032-07-02T00:00:00Z", end="2032-11-01T00:00:00Z"))   # grows, and lasts longer
    for node in three.nodes:
        until(lambda: overlaps(node), [FIRST, SECOND])
        until(lambda: history(node), [(FIRST, "RAISED"), (FIRST, "UPDATED"), (SECOND, "RAISED")])
    assert jp.stop(signal.SIGTERM) == 0
    publish(fr, zone(2, 30, issued="2032-07-03T00:00:00Z"))   # moves away, while one is down
    jp.start()
    for node in three.nodes:
        until(lambda: overlaps(node), [])
        until(lambda: sorted(history(node)[3:]), [(FIRST, "CANCELLED"), (SECOND, "CANCELLED")])

    back = publish(fr, zone(2, 0.2, issued="2032-07-04T00:00:00Z"))
    for node in three.nodes:
        until(lambda: overlaps(node), [FIRST])
    client = Api(fr, api)
    log, index = back.split(":")
    client.ask(record=api.RecordRequest(id=dict(log=bytes.fromhex(log), index=int(index))))
    body = client.answer().records.rows[0].body
    client.ask(publish=api.PublishRequest(key=os.urandom(16), audience="open", mode=1, records=[api.PublishRecord(type="lunar_activity", kind=CANCEL, body=body)]))
    client.answer()
    client.close()
    for node in three.nodes:
        until(lambda: overlaps(node), [])
    publish(us, zone(8))
    for node in three.nodes:
        until(lambda: overlaps(node), ["Z-1 of Agency 1 and Z-8 of Agency 8"])   # of one origin, too: they are two notices
    publish(us, zone(8, status="ENDED", issued="2032-07-02T00:00:00Z"))
    for node in three.nodes:
        until(lambda: overlaps(node), [])
        assert overlaps(node, "EXERCISE") == []


@pytest.mark.parametrize("order", ["uuufff", "fffuuu", "fufufu"])
def test_the_order_of_coming_makes_no_difference(three, publish, order):
    us, fr, jp = three.nodes
    said = {"u": [zone(1), zone(3, 0.1), zone(3, 0.1, status="ENDED", issued="2032-07-03T00:00:00Z")],
            "f": [zone(2, 0.2), zone(2, 50, issued="2032-07-02T00:00:00Z"), zone(4, 50.1)]}
    assert jp.stop(signal.SIGTERM) == 0   # it gets all of it at once, and late
    for who in order:
        publish({"u": us, "f": fr}[who], said[who].pop(0))
    jp.start()
    for node in three.nodes:
        until(lambda: overlaps(node), ["Z-2 of Agency 2 and Z-4 of Agency 4"])
    told = history(fr)
    fr.cli("rebuild")
    assert fr.events.wait("picture_remade")
    fr.kill("watch")
    fr.events.wait("watch_swept", count=2)
    publish(us, zone(9, 20))   # elsewhere: once a second one is judged, so is the rest
    publish(us, zone(10, 20))
    until(lambda: overlaps(fr), ["Z-10 of Agency 10 and Z-9 of Agency 9", "Z-2 of Agency 2 and Z-4 of Agency 4"])
    assert history(fr)[:-1] == told


def test_an_event_shows_what_overlaps_it_and_how_the_zone_moves(three, publish):
    us, fr, jp = three.nodes
    publish(us, zone(1))
    publish(us, zone(1, 0, 0, 12, issued="2032-07-02T00:00:00Z", end="2032-10-05T12:00:00Z"))
    publish(fr, zone(2, 0.2))
    publish(fr, zone(3, 50))
    publish(fr, zone(4, 0.1), "--mode", "EXERCISE")
    until(lambda: jp.cli("events", "--kind", "zone", "--json").out.count("\n"), 3)
    seen = json.loads(jp.cli("events", "zone:id:Z-1", "--json").out)
    by = "by %.3f km, 2032-09-14T00:00Z to 2032-10-02T00:00Z" % (22 - 0.2 * KM)
    assert seen["overlaps"] == [{"event": "zone:id:Z-2", "label": "Z-2 of Agency 2", "origin": "fr-cnes", "text": by}]
    figures = {figure["name"]: figure for figure in seen["standing"][0]["figures"]}
    assert (figures["radius_km"]["course"], figures["radius_km"]["before"]) == ("rises", 10) and figures["start_mjd"]["course"] == "stays"
    text = jp.cli("events", "zone:id:Z-1").out
    assert "\nOverlaps in place and time with\n  zone:id:Z-2 \"Z-2 of Agency 2\", published by fr-cnes: %s\n" % by in text
    assert 'end_mjd "(end 2032-10-05T12:00:00Z)", rises from 2032-10-02T00:00:00Z' in text and "opens_h" not in text
    assert "Overlaps" not in jp.cli("events", "zone:id:Z-3").out and json.loads(jp.cli("events", "zone:id:Z-3", "--json").out)["overlaps"] == []
    assert json.loads(jp.cli("events", "zone:id:Z-2", "--json").out)["overlaps"][0]["event"] == "zone:id:Z-1"
    publish(fr, zone(2, 0.2, status="ENDED", issued="2032-07-02T00:00:00Z"))
    until(lambda: json.loads(jp.cli("events", "zone:id:Z-1", "--json").out)["overlaps"], [])


def test_an_overlap_ends_when_the_time_of_one_is_over(federate, publish):
    node = federate("us-noaa").start().nodes[0]
    node.events.wait("watch_swept")
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)
    times = {"issued": now.isoformat() + "Z", "start": (now - datetime.timedelta(days=1)).isoformat() + "Z"}
    publish(node, zone(1, end=(now + datetime.timedelta(days=400)).isoformat() + "Z", **times))
    publish(node, zone(2, end=(now + datetime.timedelta(seconds=12)).isoformat() + "Z", **times))
    node.events.wait("alert_published", rule="zone-overlap", state="RAISED")
    node.events.wait("alert_published", rule="zone-overlap", state="CANCELLED", timeout=60)
    assert history(node) == [(FIRST, "RAISED"), (FIRST, "CANCELLED")]


def test_alerts_of_a_rule_that_has_become_one_of_another_kind_are_over(federate, publish):
    node = federate("us-noaa").start().nodes[0]
    rules = os.path.join(node.directory, "rules.yaml")
    node.events.wait("watch_swept")
    for number in range(3):
        publish(node, zone(number, 40 * number))
    publish(node, zone(4, 0.1))
    pair = "Z-0 of Agency 0 and Z-4 of Agency 4"
    until(lambda: overlaps(node), [pair])
    assert node.stop(signal.SIGTERM) == 0
    with open(rules, "w", encoding="ascii") as file:
        file.write("form: RULES/1\nrules:\n  - {id: zone-overlap, version: 7, title: a zone, type: lunar_activity, levels: [{level: INFO, when: [{figure: radius_km, above: 1}]}]}\n")
    node.start()
    alone = ["Z-0", "Z-1", "Z-2", "Z-4"]
    until(lambda: overlaps(node), alone)
    assert history(node)[:2] == [(pair, "RAISED"), (pair, "CANCELLED")]
    assert node.stop(signal.SIGTERM) == 0   # the same rule once more: nothing has changed
    node.start()
    node.events.wait("watch_swept", timeout=60)
    told = history(node)
    assert overlaps(node) == alone and len(told) == 2 + len(alone)
    assert node.stop(signal.SIGTERM) == 0
    os.unlink(rules)
    node.start()
    until(lambda: overlaps(node), [pair])
    assert sorted(history(node)[len(told):]) == sorted([(pair, "RAISED")] + [(one, "CANCELLED") for one in alone])


def test_alerts_of_one_notice_are_bounded(federate, publish, tmp_path):
    node = federate("us-noaa").start().nodes[0]
    node.events.wait("watch_swept")
    for number in range(18):
        publish(node, zone(number, end="2033-10-02T00:00:00Z") if number < 17 else zone(number))
    assert node.events.wait("watch_full").fields["subjects"] == "16"
    until(lambda: len(overlaps(node)), 17 * 16 // 2 + 16)   # the 17 before, and 16 of the last one's 17
