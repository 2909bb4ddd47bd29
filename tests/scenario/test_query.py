"""What is asked of a node: by pair, state and time; pages that miss nothing and repeat nothing while records come; how fresh an answer is."""
import json
import os

import pytest

from apiclient import Api
from test_alerts import sentry, until  # noqa: F401 (a fixture)
from test_events import CDM, cdm  # noqa: F401 (a fixture)
from test_objects import omm, put

CANCEL = 3


@pytest.fixture
def pairs(tmp_path):
    """pairs(second, tca, made): a file with the CDM of object 88902 and another."""
    def write(second, tca="2032-02-13T22:37:52.618", made="2032-02-10T22:31:12.000"):
        with open(CDM, encoding="utf-8") as file:
            text = file.read()
        for old, new in (("000148493", "%09d" % second), ("2031-004A", "2031-%03dA" % (100 + second % 800)), ("LANTERN 1", "SOLO %d" % second), ("2032-02-13T22:37:52.618", tca), ("2032-02-10T22:31:12.000", made)):
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / ("pair-%d.kvn" % len(list(tmp_path.iterdir())))
        path.write_text(text)
        return path
    return write


def rows(node, *words):
    return [json.loads(line) for line in node.cli("query", *words, "--json").out.splitlines()]


def ids(found):
    return [row["id"] for row in found]


def one(node, *words):
    """Publish a file of one record: its id."""
    [(log, first, _)] = node.publish(*words)
    return "%s:%d" % (log, first)


def walk(node, words, between, limit):
    """Ids of all pages, and what was published between them: after the first page once, and the node has started again after the second."""
    found, cursor, pages, written = [], (), 0, []
    while True:
        page = node.cli(*words, "--json", "--limit", limit, *cursor)
        found += [json.loads(line) for line in page.out.splitlines()]
        assert page.out.count("\n") <= limit
        if "more: --cursor " not in page.err:
            return found, written
        cursor = ("--cursor", page.err.split("more: --cursor ")[1].split()[0])
        pages += 1
        if pages <= len(between):
            written += between[pages - 1]()
        if pages == 2:
            node.crash()
            node.start()
        assert pages < 60


def test_pages_of_records_have_each_that_was_there_once_while_others_come(federate, pairs):
    [node] = federate("us-noaa").start().nodes
    first = [one(node, pairs(200000 + i, made="2032-02-%02dT10:00:00.000" % (1 + i))) for i in range(12)]

    def later(day, *numbers):
        """The newest word on other pairs, which has a later TCA and so comes before all in a list by epoch."""
        return [one(node, pairs(200000 + i, tca="2032-02-%02dT22:37:53.618" % day, made="2032-03-%02dT10:00:00.000" % day)) for i in numbers]

    def subject(row):
        """What a newer record replaces: the pair and the minute."""
        return next("%d" % (200000 + i) for i in range(12) if "%d" % (200000 + i) in json.dumps(row["body"])), row["epoch"][:16]

    def same(day, *numbers):
        """The newest word on the same conjunctions: it takes the place of the one before."""
        return [one(node, pairs(200000 + i, tca="2032-02-13T22:37:55.618", made="2032-03-%02dT10:00:00.000" % day)) for i in numbers]

    # of an object, the newest epoch first: what is replaced moves to the front
    found, _ = walk(node, ("query", "conjunction", "--object", "88902"), [
        lambda: same(1, 0, 5, 11), lambda: same(2, 1, 2, 3, 4), lambda: later(20, 6), lambda: same(3, 7)], 3)
    seen = ids(found)
    assert len(seen) == len(set(seen))
    assert {subject(row) for row in found if row["epoch"] < "2032-02-14"} == {("%d" % (200000 + i), "2032-02-13T22:37") for i in range(12)}
    # the newest of a type, in the order of their keys
    before = [subject(row) for row in rows(node, "conjunction")]
    found, _ = walk(node, ("query", "conjunction"), [lambda: same(4, 8, 9), lambda: later(21, 0, 1, 2), lambda: same(5, 10)], 4)
    seen = [subject(row) for row in found]
    assert len(seen) == len(set(seen)) and set(before) <= set(seen)
    # all, newest delivery first: what comes meanwhile is not of this list
    before = ids(rows(node, "conjunction", "--history"))
    found, _ = walk(node, ("query", "conjunction", "--history"), [lambda: later(22, 0, 1), lambda: same(6, 3)], 7)
    assert ids(found) == before
    assert node.cli("query", "conjunction", "--cursor", "zz", check=False).returncode == 2
    assert node.cli("query", "conjunction", "--cursor", "ff", check=False).returncode == 1


def test_pages_of_events_have_each_that_was_there_once_while_others_come(federate, pairs):
    [node] = federate("us-noaa").start().nodes
    for i in range(11):
        one(node, pairs(200000 + 10 * i))
    names = [row["id"] for row in map(json.loads, node.cli("events", "--json").out.splitlines())]
    assert len(names) == 11
    found, _ = walk(node, ("events",), [
        lambda: [one(node, pairs(200000, made="2032-02-01T00:00:00.000")), one(node, pairs(200005)), one(node, pairs(200100, tca="2032-02-13T22:30:00.000"))],
        lambda: [one(node, pairs(200040, tca="2032-02-14T22:30:00.000")), one(node, pairs(200050, tca="2032-02-13T22:32:00.000"))]], 2)
    seen = [row["id"] for row in found]
    assert len(seen) == len(set(seen)) and set(names) <= set(seen), (names, seen)
    assert node.cli("events", "--limit", 0, check=False).returncode == 2


def test_a_pair_is_found_by_any_of_its_identifiers_in_either_order(three, pairs):
    us, fr, _ = three.nodes
    both, other = one(us, "--wait", 2, pairs(200000)), one(us, "--wait", 2, pairs(200001))
    for pair in ("88902+200000", "200000+88902", "2031-100A+norad:88902", "solo 200000+2029-111BC"):
        assert ids(rows(fr, "conjunction", "--pair", pair)) == [both], pair
        assert ids(rows(fr, "conjunction", "--pair", pair, "--history")) == [both], pair
        [line] = fr.cli("events", "--pair", pair, "--json").out.splitlines()
        assert json.loads(line)["scope"] == "norad:200000+norad:88902"
    assert sorted(ids(rows(fr, "conjunction", "--object", "2029-111BC"))) == sorted([both, other])
    assert fr.cli("events", "--object", "2029-111BC", "--json").out.count("\n") == 2
    assert rows(fr, "conjunction", "--pair", "200000+200001") == [] and fr.cli("events", "--pair", "200000+200001", "--json").out == ""
    for wrong in (("--pair", "25544"), ("--pair", "1+2+3"), ("--pair", "1+2", "--object", "1")):
        assert us.cli("query", "conjunction", *wrong, check=False).returncode == 2
        assert us.cli("events", *wrong, check=False).returncode == 2


def test_records_by_the_state_of_their_event_and_by_what_took_their_place(federate, cdm, pairs, api, tmp_path):  # noqa: F811
    [node] = federate("us-noaa").start().nodes
    over = one(node, pairs(200000, tca="2020-02-13T22:37:52.618", made="2020-02-10T22:31:12.000"))
    old, new = one(node, cdm()), one(node, cdm(made="2032-02-11T22:31:12.000"))
    lost = one(node, pairs(200001))
    client = Api(node, api)
    log, index = lost.split(":")
    client.ask(record=api.RecordRequest(id=dict(log=bytes.fromhex(log), index=int(index))))
    body = client.answer().records.rows[0].body
    client.ask(publish=api.PublishRequest(key=os.urandom(16), audience="open", mode=1,
                                          records=[api.PublishRecord(type="conjunction", kind=CANCEL, body=body)]))
    client.answer()
    client.close()
    [cancel] = [row["id"] for row in rows(node, "conjunction") if row["kind"] == "CANCEL"]

    def state(name, *words):
        return sorted(ids(rows(node, "conjunction", "--state", name, *words)))

    assert state("open") == [new] and state("open", "--history") == sorted([old, new])
    assert state("closed") == [over] and state("cancelled") == [cancel] and state("cancelled", "--history") == sorted([lost, cancel])
    assert state("superseded", "--history") == sorted([old, lost])
    put(node, tmp_path, omm(1, "1998-067A", "ONE"), wait=0)    # of no event: its own state
    put(node, tmp_path, omm(1, "1998-067A", "ONE", EPOCH="2026-11-30T12:00:00"), wait=0)
    assert len(rows(node, "orbit", "--state", "open")) == 1 and rows(node, "orbit", "--state", "cancelled") == []
    assert [row["epoch"][:10] for row in rows(node, "orbit", "--state", "superseded", "--history")] == ["2026-11-29"]
    for wrong in (("--state", "over"), ("--state", "superseded"), ("--time", "issued")):
        assert node.cli("query", "orbit", *wrong, check=False).returncode == 2


def test_times_are_of_the_epoch_the_creation_or_the_receipt(three, pairs):
    us, fr, _ = three.nodes
    early = one(us, "--wait", 2, pairs(200000))
    [row] = rows(fr, "conjunction")
    fr.cli("status")
    late = one(us, "--wait", 2, pairs(200001, tca="2032-02-12T22:37:52.618"))
    created = {row["id"]: row["created"] for row in rows(fr, "conjunction")}
    received = {row["id"]: row["received"] for row in rows(fr, "conjunction")}
    assert created[early] < created[late] and received[early] < received[late] and created[early] != received[early]
    for history in ((), ("--history",)):
        assert ids(rows(fr, "conjunction", "--until", "2032-02-13", *history)) == [late]
        assert ids(rows(fr, "conjunction", "--time", "epoch", "--since", "2032-02-13", *history)) == [early]
        assert ids(rows(fr, "conjunction", "--time", "created", "--since", created[late], *history)) == [late]
        assert ids(rows(fr, "conjunction", "--time", "created", "--until", created[early], *history)) == [early]
        assert ids(rows(fr, "conjunction", "--time", "received", "--since", received[late], *history)) == [late]
        assert ids(rows(fr, "conjunction", "--time", "received", "--until", received[early], *history)) == [early]
        assert rows(fr, "conjunction", "--time", "received", "--since", "2032-01-01", *history) == []


def test_every_answer_says_how_fresh_it_is(three, pairs, sentry, tmp_path):  # noqa: F811
    us, fr, _ = three.nodes
    us.publish(sentry("0.02", 3))
    one(us, "--wait", 2, pairs(200000))
    put(us, tmp_path, omm(88902, "2029-111BC", "DEBRIS"))
    until(lambda: bool(fr.cli("alerts", "--json").out), True)

    def told(value):
        return value["created"].startswith("20") and value["received"].startswith("20") and (value["complete_up_to"] or "").startswith("20")

    until(lambda: all(told(row) for row in rows(fr, "conjunction")), True)
    [row] = rows(fr, "conjunction")
    assert row["epoch"] == "2032-02-13T22:37:52.618Z"
    [event] = [json.loads(line) for line in fr.cli("events", "--kind", "conjunction", "--json").out.splitlines()]
    assert told(event["standing"][0]) and event["standing"][0]["epoch"] == row["epoch"] and event["standing"][0]["received"] == row["received"]
    full = json.loads(fr.cli("events", event["id"], "--json").out)
    assert told(full["standing"][0]) and all(told(record) for record in full["history"])
    assert all(told(json.loads(line)) for line in fr.cli("alerts", "--json").out.splitlines())
    for line in fr.cli("objects", "--json").out.splitlines():
        assert json.loads(line)["as_of"] and json.loads(line)["complete_up_to"]["us-noaa"]
    shown = json.loads(fr.cli("objects", "88902", "--json").out)
    assert all(told(record) for record in shown["records"])
    # the same for people
    stamp, short = row["received"][:19] + "Z", row["complete_up_to"][:13]
    for words in (("query", "conjunction"), ("events",), ("events", event["id"]), ("objects", "88902")):
        text = fr.cli(*words).out
        assert stamp in text and row["created"][:19] + "Z" in text and short in text, text
    assert "COMPLETE UP TO" in fr.cli("query", "conjunction").out and "us-noaa: complete up to " + short in fr.cli("objects").out
    assert ", received 20" in fr.cli("alerts").out and ", complete up to 20" in fr.cli("alerts").out
    assert fr.cli("tail", "conjunction", "--from", "start", "--json", "--limit", 1, check=False).out.count("complete_up_to") == 0
