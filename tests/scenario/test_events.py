"""Events in a federation: what several records are about together is one at every node, in whatever order they came."""
import contextlib
import json
import os
import random
import signal
import sqlite3

import pytest

from apiclient import Api
from conftest import ROOT
from test_alerts import until

GOLDEN = os.path.join(ROOT, "node", "types")
CDM = os.path.join(GOLDEN, "conjunction", "golden", "01-full.cdm-kvn")
PAIR = "conjunction:norad:148493+norad:88902"
CANCEL, RETRACT = 3, 4


@pytest.fixture
def cdm(tmp_path):
    """cdm(tca, made, pc, originator): a file with one CDM of the pair; mirrored: the objects the other way round."""
    def write(tca="2032-02-13T22:37:52.618", made="2032-02-10T22:31:12.000", pc="4.835E-05", originator="EXAMPLE SSA", mirrored=False):
        with open(CDM, encoding="utf-8") as file:
            text = file.read()
        for old, new in (("2032-02-13T22:37:52.618", tca), ("2032-02-10T22:31:12.000", made), ("4.835E-05", pc), ("EXAMPLE SSA", originator)):
            assert old in text
            text = text.replace(old, new)
        if mirrored:
            text = text.replace("000148493", "SWAP").replace("= 88902", "= 000148493").replace("SWAP", "88902")
        path = tmp_path / ("cdm-%d.kvn" % len(list(tmp_path.iterdir())))
        path.write_text(text)
        return path
    return write


def events(node, *words):
    """(id, state, members) of `parallax events`, in its order."""
    rows = [json.loads(line) for line in node.cli("events", "--json", *words).out.splitlines()]
    return [(row["id"], row["state"], row["members"]) for row in rows]


def event(node, name, *words):
    return json.loads(node.cli("events", name, "--json", *words).out)


def say(node, api, path, kind):
    """Publish what ${path} holds once more, as a record of another kind."""
    body = api.PublishRecord(type="conjunction", kind=kind, body=say.bodies[str(path)])
    client = Api(node, api)
    client.ask(publish=api.PublishRequest(key=os.urandom(16), audience="open", mode=1, records=[body]))
    client.answer()
    client.close()


say.bodies = {}


def publish(node, api, path, mode="REAL"):
    """Publish a file of one record and keep its body."""
    [(log, first, _)] = node.publish("--mode", mode, path)
    client = Api(node, api)
    client.ask(record=api.RecordRequest(id=dict(log=bytes.fromhex(log), index=first)))
    say.bodies[str(path)] = client.answer().records.rows[0].body
    client.close()
    return "%s:%d" % (log, first)


def test_an_event_has_every_word_side_by_side_and_ends_when_all_withdraw(three, cdm, api):
    us, fr, jp = three.nodes
    early, late = cdm(), cdm("2032-02-13T22:45:10.000", "2032-02-11T22:31:12.000", "9.0E-05")
    other = cdm(made="2032-02-11T10:00:00.000", pc="1.0E-06", originator="CNES", mirrored=True)
    publish(us, api, early)
    first = PAIR + "@2032-02-13T22:37Z"
    until(lambda: events(fr), [(first, "open", 1)])
    publish(fr, api, other)
    until(lambda: events(us), [(first, "open", 2)])
    publish(us, api, late)
    for node in three.nodes:
        until(lambda: events(node), [(first, "open", 3)])
    publish(jp, api, cdm(originator="DRILL"), "EXERCISE")

    seen = event(jp, PAIR + "@2032-02-13T22:45Z")   # by the name that the later TCA gives it
    assert seen["id"] == first and seen["state"] == "open" and len(seen["history"]) == 3
    assert [(word["origin"], word["voice"]) for word in seen["standing"]] == [(fr.name, "CNES"), (us.name, "EXAMPLE SSA")]
    pc = {word["origin"]: next(f for f in word["figures"] if f["name"] == "pc") for word in seen["standing"]}
    assert pc[us.name]["value"] == 9.0e-05 and pc[us.name]["before"] == 4.835e-05 and pc[us.name]["course"] == "rises"
    assert pc[fr.name]["value"] == 1.0e-06 and pc[fr.name]["course"] == "first word"
    spread = next(s for s in seen["spread"] if s["figure"] == "pc")
    assert (spread["low"], spread["low_origin"], spread["high"], spread["high_origin"]) == (1.0e-06, fr.name, 9.0e-05, us.name)
    assert all("tca_h" != s["figure"] for s in seen["spread"])
    text = jp.cli("events", first).out
    assert text.startswith(first + "\nstate    open, closes 2032-02-13T22:45:10Z, in ")
    assert "fr-cnes in the words of CNES" in text and "1e-06 (fr-cnes in the words of CNES) to 9e-05 (us-noaa in the words of EXAMPLE SSA)" in text
    assert "\x1b" not in text and all(len(line) < 400 for line in text.splitlines())
    assert events(us, "--object", "norad:88902") == [(first, "open", 3)] and events(us, "--kind", "reentry") == []
    assert events(us, "--since", "2032-02-14") == [] and events(us, "--until", "2032-02-14") == [(first, "open", 3)]

    say(us, api, late, CANCEL)
    until(lambda: events(fr), [(first, "open", 4)])
    assert [word["origin"] for word in event(fr, first)["standing"] if word["withdrawn"]] == [us.name]
    assert [s["stated"] for s in event(fr, first)["spread"] if s["figure"] == "pc"] == [1]
    say(fr, api, other, RETRACT)
    for node in three.nodes:
        until(lambda: events(node, "--state", "cancelled"), [(first, "cancelled", 5)])
        assert events(node) == []
    publish(us, api, cdm("2032-02-13T22:38:00.000", "2032-02-12T22:31:12.000"))
    until(lambda: events(jp), [(first, "open", 6)])   # said once more: it is open again

    drill = events(us, "--mode", "EXERCISE")
    assert drill == [(first, "open", 1)] and len(event(us, first, "--mode", "EXERCISE")["history"]) == 1
    assert us.cli("events", first, "--mode", "TEST", check=False).returncode == 1
    assert us.cli("events", "no-id", check=False).returncode == 1
    assert us.cli("events", "--state", "over", check=False).returncode == 1


def golden_files():
    """(format, path) of each golden file whose records have events."""
    found = []
    for kind in ("conjunction", "reentry", "fragmentation", "neo_risk", "neo_warning", "space_weather", "distress", "launch", "lunar_activity", "anomaly"):
        folder = os.path.join(GOLDEN, kind, "golden")
        for name in sorted(os.listdir(folder)):
            stem, form = name.split(".")
            if form not in ("json", "meta", "why", "strict") and not os.path.exists(os.path.join(folder, stem + ".why")):
                found.append((form, os.path.join(folder, name)))
    return found


def series(cdm):
    """CDMs of one pair whose TCA drifts: two approaches, of which the first is in two parts until the last of its messages brings them together."""
    times = ["22:%02d:00.000" % minute for minute in (0, 4, 8, 29, 33, 19, 11)] + ["23:%02d:30.000" % minute for minute in (10, 15)]
    return [("cdm-kvn", str(cdm("2032-02-14T" + text, "2032-02-%02dT10:00:00.000" % (1 + i), "%de-06" % (i + 1)))) for i, text in enumerate(times)]


def publish_in_three_orders(three, files):
    """Each node publishes all of the files, (format or None, path), in an order of its own; nodes are stopped and killed in between. Gives the picture, which all have in the end."""
    chance = random.Random(29)
    orders = {}
    for node in three.nodes:
        orders[node.name] = list(files)
        chance.shuffle(orders[node.name])
    for i in range(len(files)):
        for node in three.nodes:
            form, path = orders[node.name][i]
            node.cli("publish", *(("--format", form) if form else ()), "--again", path)
        if i % 12 == 5:
            node = three.nodes[i // 12 % 3]
            if i % 24 == 5:
                node.crash()
            else:
                assert node.stop(signal.SIGTERM) == 0
            node.start()
    three.wait_equal()
    until(lambda: len({node.picture() for node in three.nodes}), 1, timeout=120)
    return three.nodes[0].picture()


def test_three_orders_with_restarts_make_one_picture_and_so_does_a_rebuild(three, cdm):
    files = golden_files() + series(cdm)
    assert len(files) > 40
    picture = publish_in_three_orders(three, files)
    lines = [json.loads(line) for line in picture.splitlines()]
    members = [line for line in lines if "event" in line]
    assert len(members) > 150 and {line["event"].split(":")[0] for line in members} == {
        "conjunction", "reentry", "fragmentation", "impact", "space_weather", "distress", "launch", "zone", "anomaly"}
    drifting = {line["event"] for line in members if line["event"].startswith(PAIR + "@2032-02-14")}
    assert len(drifting) == 2, drifting   # two approaches
    states = [events(node, "--state", "all") for node in three.nodes]
    assert states[0] == states[1] == states[2]
    told = [json.loads(line) for line in three.nodes[0].cli("events", "--state", "all", "--json").out.splitlines()]
    names = [name for row in told for name in row.get("joined", [row["id"]])]   # each under one identifier is told once, alone or joined
    assert len(names) == len(set(names)) and set(names) == {line["event"] for line in members} and len(told) < len(names)

    fr = three.nodes[1]
    fr.cli("rebuild")
    assert fr.events.wait("picture_remade")
    assert fr.picture() == picture and events(fr, "--state", "all") == states[0]
    assert fr.stop(signal.SIGTERM) == 0   # as a store of before events is opened, or one whose rebuild was cut off
    with contextlib.closing(sqlite3.connect(os.path.join(fr.directory, "store.db"))) as store, store:
        for table in ("member", "event", "standing", "scope_object"):
            store.execute("DELETE FROM " + table)
        store.execute("INSERT INTO meta VALUES ('rebuild', x'01')")
    fr.start()
    assert fr.events.wait("picture_remade")
    assert fr.picture() == picture and events(fr, "--state", "all") == states[0]


DATA = os.environ.get("PARALLAX_DATA", os.path.join(ROOT, "..", "shared", "data"))   # files as agencies serve them, where they are at hand


def data_files():
    found = [os.path.join(folder, name) for folder, folders, names in os.walk(DATA) for name in names if "xsd" not in folder.split(os.sep)]
    return sorted(path for path in found if not path.endswith(".md"))


if data_files():
    def test_real_files_in_three_orders_with_restarts_make_one_picture(three):
        picture = publish_in_three_orders(three, [(None, path) for path in data_files()])
        assert len(picture.splitlines()) > 10000
        fr = three.nodes[1]
        fr.cli("rebuild")
        assert fr.events.wait("picture_remade")
        assert fr.picture() == picture


@pytest.fixture
def changed(tmp_path):
    """changed(golden, (old, new)...): a copy of a golden file with other words."""
    def write(golden, *pairs):
        with open(os.path.join(GOLDEN, golden), encoding="utf-8") as file:
            text = file.read()
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / ("%d-%s" % (len(list(tmp_path.iterdir())), os.path.basename(golden)))
        path.write_text(text)
        return path
    return write


def test_what_is_taken_back_or_over_closes_its_event_and_a_later_word_opens_it(three, changed):
    us, fr, jp = three.nodes

    def state(name):
        return next((row[1] for row in events(jp, "--state", "all") if row[0] == name), None)

    asteroid = "impact:neo:2031AQ7"
    us.publish("--format", "sentry-json", changed("neo_risk/golden/01-summary.sentry-json"))
    until(lambda: state(asteroid), "open")
    us.publish("--format", "sentry-json", changed("neo_risk/golden/07-removed.sentry-json"))
    until(lambda: state(asteroid), "closed")   # off the only list that had it
    fr.publish("--format", "neocc-risk", changed("neo_risk/golden/04-list.neocc-risk"))
    until(lambda: state(asteroid), "open")     # another list has it
    assert sorted((word["voice"], word["ended"]) for word in event(jp, asteroid)["standing"]) == [("neocc", False), ("sentry", True)]

    golden, issued = "distress/golden/01-full.distress-json", "2032-02-11T14:05:00Z"
    distress = "distress:name:AURORA_3@2032-02-11T14:05Z"
    us.publish(changed(golden))
    until(lambda: state(distress), "open")
    us.publish(changed(golden, ("EMERGENCY LANDING", "RESCUED"), (issued, "2032-02-12T08:00:00Z")))
    until(lambda: state(distress), "closed")
    us.publish(changed(golden, ("EMERGENCY LANDING", "FOUND"), (issued, "2032-02-11T20:00:00Z")))   # comes late: it was said before
    until(lambda: len(event(jp, distress)["history"]), 3)
    assert state(distress) == "closed"
    assert [row["body"]["state"] for row in event(jp, distress)["history"]] == ["EMERGENCY LANDING", "FOUND", "RESCUED"]

    golden = "space_weather/golden/01-messages.swpc-alerts"
    us.publish("--format", "swpc-alerts", changed(golden))
    until(lambda: sorted((word["voice"], word["ended"]) for word in event_of(jp, "space_weather", "G")["standing"]),
          [("SWPC ALTK05", False), ("SWPC WARK05", False), ("SWPC WATA20", True)])
    us.publish("--format", "swpc-alerts", changed(golden, ("2032-03-01 09:14", "2032-03-01 10:20"), ("2032 Mar 01 0914", "2032 Mar 01 1020"),
                                                  ("G1 - Minor", "G2 - Moderate")))   # the same serial, corrected
    until(lambda: [f["value"] for word in event_of(jp, "space_weather", "G")["standing"] if word["voice"] == "SWPC ALTK05"
                   for f in word["figures"] if f["name"] == "g"], [2])


def event_of(node, kind, scope):
    """The one event of a scope; nothing stands in it while there is none."""
    rows = [row for row in map(json.loads, node.cli("events", "--kind", kind, "--state", "all", "--json").out.splitlines()) if row["scope"] == scope]
    return event(node, rows[0]["id"]) if len(rows) == 1 else {"standing": []}


def test_a_launch_an_anomaly_and_a_warning_are_followed_by_their_figures(three, changed):
    us, fr, jp = three.nodes
    golden = "launch/golden/01-full.launch-json"
    us.publish(changed(golden))
    until(lambda: len(events(jp, "--kind", "launch")), 1)
    [(launch, _, _)] = events(jp, "--kind", "launch")
    us.publish(changed(golden, ('"window_start": "2032-04-09T21:30:00Z"', '"window_start": "2032-04-09T22:30:00Z"'), ("2032-04-02T00:00:00Z", "2032-04-03T00:00:00Z")))
    until(lambda: len(event(jp, launch)["history"]), 2)
    assert 'window_opens_mjd "(window_start 2032-04-09T22:30:00Z)", rises from 2032-04-09T21:30:00Z' in jp.cli("events", launch).out
    golden = "neo_warning/golden/01-full.neo_warning-json"
    us.publish(changed(golden))
    fr.publish(changed(golden, ('"impact_probability": 0.013', '"impact_probability": 0.02'), ("2042-12-22T13:05:00Z", "2042-12-22T12:05:00Z")))
    until(lambda: len([row for row in events(jp, "--kind", "impact") if row[2] == 2]), 1)
    spread = {row["figure"]: row for row in event(jp, events(jp, "--kind", "impact")[0][0])["spread"]}
    assert (spread["impact_probability"]["low"], spread["impact_probability"]["high"], spread["impact_probability"]["high_origin"]) == (0.013, 0.02, "fr-cnes")
    assert "impact_first_mjd 2042-12-22T12:05:00Z (fr-cnes in the words of" in jp.cli("events", events(jp, "--kind", "impact")[0][0]).out
    assert "apart by 60 min" in jp.cli("events", events(jp, "--kind", "impact")[0][0]).out
    golden = "anomaly/golden/01-full.anomaly-json"
    us.publish(changed(golden))
    us.publish(changed(golden, ('"ONGOING"', '"LOSS OF MISSION"'), ("2032-06-03T18:00:00Z", "2032-06-04T18:00:00Z")))
    until(lambda: [row[1:] for row in events(jp, "--kind", "anomaly", "--state", "all")], [("closed", 2)])
    figures = {f["name"]: f for f in event(jp, events(jp, "--kind", "anomaly", "--state", "all")[0][0])["standing"][0]["figures"]}
    assert (figures["ongoing"]["course"], figures["mission_lost"]["course"], figures["mission_lost"]["text"]) == ("falls", "rises", "LOSS OF MISSION")
