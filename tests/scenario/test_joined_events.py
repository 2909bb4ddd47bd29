"""Events joined over the identifiers of their objects: one event however each member calls the object, as long as its identifiers are of one object."""
import json
import os
import random
import signal

import pytest

from test_alerts import until
from test_events import CDM, GOLDEN, events
from test_objects import omm, put

NORAD, COSPAR, OTHER = "norad:148493+norad:88902", "cospar:2031-004A+norad:88902", "EXAMPLE:X1+norad:88902"
AT = "@2032-02-13T22:37Z"


@pytest.fixture
def named(tmp_path):
    """named(catalog, designator, cospar, tca, originator): a file with the CDM of object 88902 and one that is called so."""
    def write(catalog, designator, cospar, tca="2032-02-13T22:37:52.618", made="2032-02-10T22:31:12.000", originator="EXAMPLE SSA"):
        with open(CDM, encoding="utf-8") as file:
            text = file.read()
        for old, new in (("000148493", designator), ("= SATCAT", "= " + catalog), ("2031-004A", cospar), ("2032-02-13T22:37:52.618", tca),
                         ("2032-02-10T22:31:12.000", made), ("EXAMPLE SSA", originator)):
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / ("named-%d.kvn" % len(list(tmp_path.iterdir())))
        path.write_text(text)
        return path
    return write


@pytest.fixture
def notice(tmp_path):
    """notice(spacecraft, cospar): a file with a distress notice."""
    def write(spacecraft, cospar):
        with open(os.path.join(GOLDEN, "distress", "golden", "01-full.distress-json"), encoding="utf-8") as file:
            value = json.load(file)
        value.update(spacecraft=spacecraft, id="RCC-" + spacecraft.replace(" ", "-"))
        value.update({"cospar_id": cospar} if cospar else {})
        if cospar is None:
            del value["cospar_id"]
        path = tmp_path / ("notice-%d.distress-json" % len(list(tmp_path.iterdir())))
        path.write_text(json.dumps(value))
        return path
    return write


def whole(node, name):
    return json.loads(node.cli("events", name, "--json").out)


def test_three_orders_with_restarts_join_the_same_events_and_so_does_a_rebuild(three, named, notice):
    chance = random.Random(36)
    files = [named("SATCAT", "000148493", "2031-004A", made="2032-02-10T00:00:00.000"),
             named("EXAMPLE", "X1", "2031-004A", "2032-02-13T22:41:52.618", "2032-02-11T00:00:00.000", "SECOND"),
             named("EXAMPLE", "X1", "UNKNOWN", "2032-02-13T22:49:10.618", "2032-02-12T00:00:00.000", "THIRD"),   # within a window of the second alone
             named("SATCAT", "000148493", "UNKNOWN", "2032-02-13T22:58:52.618", "2032-02-12T01:00:00.000", "FOURTH"),
             named("EXAMPLE", "X1", "2031-004A", "2032-02-14T01:41:52.618", "2032-02-12T02:00:00.000"),          # another encounter
             named("EXAMPLE", "Y2", "UNKNOWN", made="2032-02-12T03:00:00.000"),                                  # another object
             notice("Aurora 3", "2032-004A"), notice("Aurora III", "2032-004A"), notice("Aurora 3", None), notice("Luna", None)]
    for node in three.nodes:
        order = list(files)
        chance.shuffle(order)
        for i, path in enumerate(order):
            node.cli("publish", "--again", path)
            if i == 4:
                assert node.stop(signal.SIGTERM) == 0
                node.start()
            if i == 7:
                node.crash()
                node.start()
    three.wait_equal()
    until(lambda: len({node.picture() for node in three.nodes}), 1, timeout=120)
    picture = three.nodes[0].picture()
    seen = [events(node, "--state", "all") for node in three.nodes]
    assert seen[0] == seen[1] == seen[2]
    assert sorted(members for _, _, members in seen[0]) == [3, 3, 3, 9, 12], seen[0]
    kept = {line["event"] for line in map(json.loads, picture.splitlines()) if "event" in line}
    assert len(kept) == 9   # what is exported is what records say: each under its own identifier
    for node in three.nodes:
        for scope, minute in ((NORAD, "22:37"), (COSPAR, "22:41"), (OTHER, "22:49"), (NORAD, "22:58"), (OTHER, "22:40")):
            event = whole(node, "conjunction:%s@2032-02-13T%sZ" % (scope, minute))
            assert event["members"] == len(event["history"]) == 12, (scope, minute)
            assert len(event["standing"]) == 12 and len(event["joined"]) == 4
            assert {word["voice"] for word in event["standing"]} == {"EXAMPLE SSA", "SECOND", "THIRD", "FOURTH"}
        assert len(whole(node, "distress:name:AURORA_III@2032-02-11T14:05Z")["history"]) == 9
    fr = three.nodes[1]
    fr.cli("rebuild")
    assert fr.events.wait("picture_remade")
    until(lambda: events(fr, "--state", "all") == seen[0], True)
    assert fr.picture() == picture


def test_a_late_alias_joins_a_contradiction_and_a_split_part_and_old_names_stay_good(three, named, tmp_path):
    us, fr, jp = three.nodes
    us.publish(named("SATCAT", "000148493", "UNKNOWN"))
    fr.publish(named("EXAMPLE", "X1", "2031-004A", "2032-02-13T22:40:00.000", "2032-02-11T00:00:00.000"))
    first, second = "conjunction:" + NORAD + AT, "conjunction:" + COSPAR + "@2032-02-13T22:40Z"
    apart, one = [(first, "open", 1), (second, "open", 1)], [(first, "open", 2)]

    def told(node, wanted):
        until(lambda: sorted(events(node)), sorted(wanted))
        for name in (first, second):
            assert whole(node, name)["id"] == (first if wanted == one else name)
        assert sorted(row[0] for row in events(node, "--object", "148493")) == [first]
        assert [row[0] for row in events(node, "--object", "2031-004A")] == [first if wanted == one else second]
        assert [row[0] for row in events(node, "--pair", "2031-004A+88902")] == [first if wanted == one else second]

    for node in three.nodes:
        told(node, apart)
    put(us, tmp_path, omm(148493, "2031-004A", "LANTERN 1"))
    for node in three.nodes:
        told(node, one)
    assert "joined   " + second in jp.cli("events", first).out
    put(jp, tmp_path, omm(148493, "2031-005B", "LANTERN 1"))   # one against one joins nothing
    for node in three.nodes:
        told(node, apart)
    put(fr, tmp_path, omm(148493, "2031-004A", "LANTERN 1"))   # two against one
    for node in three.nodes:
        told(node, one)
    fr.cli("object", "split", "148493", "2031-004A", "--reason", "two payloads")
    told(fr, apart)
    told(us, one)   # another nation's word does not count there
    fr.crash()
    fr.start()
    told(fr, apart)
    fr.cli("object", "undo", "148493", "2031-004A")
    told(fr, one)
    # what is said of the event under a name under which there is no record is part of it
    rows = [json.loads(line) for line in us.cli("query", "conjunction", "--state", "open", "--json").out.splitlines()]
    assert len(rows) == 2
    assert sorted({row["event"] for row in map(json.loads, us.picture().splitlines()) if "event" in row}) == sorted([first, second])


def test_a_part_that_comes_between_two_pages_hides_no_event_and_shows_none_twice(federate, named):
    [node] = federate("us-noaa").start().nodes
    node.publish(named("SATCAT", "000100001", "2030-001A"))
    node.publish(named("SATCAT", "000148493", "2031-004A"))
    node.publish(named("SATCAT", "000199999", "2030-003A"))
    names = sorted(row[0] for row in events(node))
    assert len(names) == 3
    page = node.cli("events", "--json", "--limit", 1)
    assert json.loads(page.out)["id"] == names[0]
    node.publish(named("EXAMPLE", "X1", "2031-004A", "2032-02-13T22:38:00.000", "2032-02-11T00:00:00.000"))   # of the second, and before the cursor
    node.crash()
    node.start()
    found, cursor = [], page.err.split("more: --cursor ")[1].split()[0]
    while cursor:
        page = node.cli("events", "--json", "--limit", 1, "--cursor", cursor)
        found += [json.loads(line) for line in page.out.splitlines()]
        cursor = page.err.split("more: --cursor ")[1].split()[0] if "more: " in page.err else None
    assert [row["id"] for row in found] == names[1:] and found[0]["members"] == 2
    again = [json.loads(line)["id"] for line in node.cli("events", "--json", "--limit", 10).out.splitlines()]
    assert sorted(again) == names   # once, in its place under the name that comes first now
