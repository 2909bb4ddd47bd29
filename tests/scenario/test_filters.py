"""Filters by region, expression and object: a plugin, `tail` and `query` of real daemons, which all have the same code behind them (docs/filters.md)."""
import contextlib
import json
import os
import subprocess

import pytest

import refpeer
from apiclient import Api
from test_objects import omm, put
from test_plugin import Plugin, RECORDER, ids, until

PACIFIC = "box:160,-40,-120,10"   # over the antimeridian


def distress(name, latitude, longitude, **more):
    """A notice; latitude None: it states no place."""
    place = {} if latitude is None else {"latitude_deg": latitude, "longitude_deg": longitude}
    return dict({"notice": "DISTRESS/1", "id": name, "issued": "2032-02-11T14:05:00Z", "issuer": "RCC", "state": "DISTRESS", "spacecraft": name}, **place, **more)


def publish(node, tmp_path, *records, audience=None):
    path = tmp_path / ("%d.json" % len(list(tmp_path.iterdir())))
    path.write_text(json.dumps(list(records)), encoding="utf-8")
    return ids(node.publish("--mode", "TEST", *(("--audience", audience) if audience else ()), path))


@pytest.fixture
def node(federate):
    return federate("fr-cnes").nodes[0]


@pytest.fixture
def api(tmp_path_factory):
    return refpeer.load_proto(tmp_path_factory.mktemp("proto"))[2]


def found(node, *words):
    return [json.loads(line)["id"] for line in node.cli("query", *words, "--mode", "TEST", "--json").out.splitlines()]


class Tail:
    """`parallax tail` that goes on, into a file."""

    def __init__(self, node, tmp_path, name, *words):
        self.path = tmp_path / name
        self.log = open(self.path, "wb")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen([os.path.join(node.bin, "parallax"), "--node", node.directory, "tail", "--mode", "TEST", "--json", "--from", "start", *words],
                                        stdout=self.log, stderr=subprocess.STDOUT)

    def ids(self):
        return [json.loads(line)["id"] for line in self.path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        return self.ids()


def recorder(node, name, filters):
    return Plugin(node, name).program(RECORDER % {"mark": name}).configure("command: [python3, main.py]\nfilter:\n  modes: [TEST]\n" + filters)


def test_a_plugin_tail_and_query_choose_the_same(node, tmp_path, sample):
    here = recorder(node, "here", "  region: \"%s\"\n" % PACIFIC)
    high = recorder(node, "high", "  where: pc >= 1e-4 or body.persons > 2\n")
    both = recorder(node, "both", "  types: [distress]\n  region: circle:0,180,1500\n  where: >-\n    body.persons in (1, 3)\n    and not body.state == ENDED\n")
    node.start()
    tails = {"region": Tail(node, tmp_path, "tail1", "--region", PACIFIC), "where": Tail(node, tmp_path, "tail2", "--where", "pc >= 1e-4 or body.persons > 2")}
    fiji, hawaii, paris, lost = publish(node, tmp_path, distress("Fiji", -17.7, 178.0, persons=3), distress("Hawaii", 20.8, -157.0, persons=2),
                                        distress("Paris", 48.8, 2.3, persons=4), distress("Lost", None, None))
    [tonga] = publish(node, tmp_path, distress("Tonga", -21.1, -175.2, state="ENDED", persons=1))
    cdm = ids(node.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    row = node.json("query", "conjunction", "--mode", "TEST")
    row = row[0] if isinstance(row, list) else row
    likely = cdm if row["body"]["COLLISION_PROBABILITY"] >= 1e-4 else []
    for plugin in (here, high, both):
        plugin.wait_done()
    assert here.ids() == [fiji, tonga] and hawaii not in here.ids(), "20 degrees north is not in the box"
    assert high.ids() == [fiji, paris] + likely
    assert both.ids() == []
    both.configure("command: [python3, main.py]\nfilter:\n  modes: [TEST]\n  region: circle:-17.7,178,1\n  where: body.persons in (1, 3) and not body.state == ENDED\n")
    node.cli("plugin", "replay", "both", "--from", "start")
    both.wait("the one", lambda row: row["records"] == 1)
    assert both.ids() == [fiji]
    until("tail by region", tails["region"].ids, lambda seen: len(seen) == 2)
    until("tail by expression", tails["where"].ids, lambda seen: len(seen) >= 2 + len(likely))
    assert tails["region"].end() == [fiji, tonga] and tails["where"].end() == [fiji, paris] + likely
    assert sorted(found(node, "distress", "--region", PACIFIC)) == sorted([fiji, tonga])
    assert sorted(found(node, "distress", "--region", PACIFIC, "--history")) == sorted([fiji, tonga])
    assert found(node, "distress", "--region", "%s; circle:48.8,2.3,1" % PACIFIC, "--where", "body.persons > 3") == [paris]
    assert found(node, "distress", "--where", "not stated(body.persons)") == [lost]
    assert found(node, "distress", "--where", "body.persons != 3 and body.persons != 4 and body.persons != 1") == [hawaii], "unknown is not unequal"
    assert found(node, "conjunction", "--where", "pc < 1 and miss_m > 0") == cdm
    assert found(node, "distress", "--region", "box:-180,-90,180,90") and lost not in found(node, "distress", "--region", "box:-180,-90,180,90")


def test_pages_of_a_filtered_query_are_stable_under_writes(node, api, tmp_path):
    node.start()
    wanted = publish(node, tmp_path, *(distress("Aurora %03d" % i, 10.0 if i % 7 == 0 else -10.0, 20.0) for i in range(300)))[::7]
    with contextlib.closing(Api(node, api)) as client:
        for history in (False, True):
            seen, cursor, pages = [], b"", 0
            while pages == 0 or cursor:
                client.ask(query=api.QueryRequest(type="distress", mode=3, region="box:0,0,40,20", where="body.state == DISTRESS", limit=5, cursor=cursor, history=history))
                answer = client.answer().records
                assert len(answer.rows) <= 5
                seen += ["%s:%d" % (row.id.log.hex(), row.id.index) for row in answer.rows]
                cursor, pages = answer.cursor, pages + 1
                publish(node, tmp_path, distress("Aurora %03d late %d" % (150, 2 * pages + history), -10.0, 20.0))   # a write between two pages
            assert sorted(seen) == sorted(wanted), "each once"
            assert pages >= len(wanted) / 5


def test_an_object_is_found_by_all_of_its_identifiers(node, tmp_path):
    plugin = recorder(node, "station", "  types: [orbit, distress]\n  object: \"norad:25544\"\n")
    node.start()
    tail = Tail(node, tmp_path, "tail", "--object", "ISS (ZARYA)", "orbit")
    known = ids(put(node, tmp_path, omm(25544, "1998-067A", "ISS (ZARYA)"), mode="TEST", wait=0))
    named = publish(node, tmp_path, distress("Zarya", 0, 0, cospar_id="1998-067A"), distress("Other", 0, 0, cospar_id="1999-001A"))[:1]
    plugin.wait_done()
    assert plugin.ids() == known + named, "the notice names the international designator only"
    until("tail", tail.ids, lambda seen: len(seen) == 1)
    assert tail.end() == known
    several = node.cli("tail", "--mode", "TEST", "--object", "norad:", check=False)
    assert several.returncode == 2 and "names no object" in several.err


def test_a_mistake_is_told_with_its_place(node, api, tmp_path):
    for words, place in ((("query", "orbit", "--where", "pc > 1 and mis_m < 3"), "--where:1:12: \"mis_m\": expected a name (did you mean miss_m?)"),
                         (("tail", "--where", "type == conjuncton"), "--where:1:9: \"conjuncton\": expected a record type (did you mean conjunction?)"),
                         (("tail", "--region", "box:1,2,3"), "--region:1:10: nothing: expected N of W,S,E,N"),
                         (("query", "distress", "--region", ""), "--region: expected a text that is not empty")):
        answer = node.cli(*words, check=False)   # and no node runs
        assert answer.returncode == 2 and place in answer.err, answer.err
    Plugin(node, "wrong").program(RECORDER % {"mark": ""})
    for text, place in (("  where: pc >= 1e-4 an miss_m < 3\n", "wrong.yaml:4:21: where: \"an\": expected and, or or the end"),
                        ("  where: \"pc >= high\"\n", "wrong.yaml:4:17: where: \"high\": expected a number"),
                        ("  region: circle:1,2\n", "wrong.yaml:4:21: region: nothing: expected KM of LAT,LON,KM"),
                        ("  where: ''\n", "expected a text that is not empty"),
                        ("  place: here\n", "wrong.yaml:4:3: unknown key \"place\"")):
        Plugin(node, "wrong").configure("command: [python3, main.py]\nfilter:\n  modes: [TEST]\n" + text)
        answer = node.cli("plugin", "test", "wrong", check=False)
        assert answer.returncode == 1 and place in answer.err, answer.err
    Plugin(node, "wrong").configure("command: [python3, main.py]\nfilter: {modes: [TEST], region: \"circle:0,0,1\", where: \"type == distress\"}\n")
    path = tmp_path / "two.json"
    path.write_text(json.dumps([distress("Here", 0, 0), distress("There", 1, 1)]))
    answer = node.cli("plugin", "test", "wrong", "--mode", "TEST", path)
    assert answer.out.count("would pass over") == 1 and "2 distress: its filter would pass over this one" in answer.out
    node.start()
    with contextlib.closing(Api(node, api)) as client:
        for wrong, place in (({"where": "pc >"}, "1:5: where: the end"), ({"region": "box:"}, "1:5: region: nothing"), ({"object": "nobody"}, "object: expected")):
            for request in ({"tail": api.TailRequest(mode=3, **wrong)}, {"query": api.QueryRequest(type="orbit", mode=3, **wrong)}):
                client.ask(**request)
                with pytest.raises(AssertionError, match=place):
                    client.answer()


def test_a_filter_tells_nobody_of_what_is_sealed(federate, tmp_path):
    """A member outside the audience holds nothing of it; a carrier holds it and cannot read it: no expression finds it there."""
    federation = federate("us-noaa", "fr-cnes", "jp-jaxa").start()
    us, fr, jp = federation.nodes
    us.cli("audience", "create", "rescue", "fr-cnes", "--carriers", "jp-jaxa")
    [sealed] = publish(us, tmp_path, distress("Secret", 0, 0), audience="rescue")
    [plain] = publish(us, tmp_path, distress("Open", 0, 0))
    until("the record at the reader", lambda: found(fr, "distress"), lambda seen: {sealed, plain} <= set(seen))
    until("what is sealed, at the carrier", lambda: jp.cli("export", sealed, check=False).err, lambda said: "no key" in said)
    until("the open one, at the carrier", lambda: found(jp, "distress"), lambda seen: plain in seen)
    everything = "type == distress or not type == distress or not stated(pc)"
    assert sorted(found(fr, "distress", "--where", everything)) == sorted([sealed, plain])
    assert sorted(found(fr, "distress", "--region", "circle:0,0,1")) == sorted([sealed, plain])
    for words in (("--where", everything), ("--region", "circle:0,0,1"), ("--where", everything, "--history"), ("--region", "circle:0,0,1", "--history")):
        assert found(jp, "distress", *words) == [plain], words
    tail = Tail(jp, tmp_path, "carrier", "--where", everything)
    until("tail at the carrier", tail.ids, lambda seen: plain in seen)
    assert sealed not in tail.end()
