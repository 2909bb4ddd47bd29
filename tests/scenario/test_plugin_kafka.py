"""parallax-plugin-kafka with a cluster that speaks Kafka (librdkafka's own): every record, in order, whatever the broker does (node/plugins/kafka/kafka.md)."""
import json
import os
import subprocess

import pytest

from direct import Direct, line
from federation import Failed, die_with_parent
from test_plugin import ORBITS, Plugin, ids

PRODUCE, METADATA, INIT_PRODUCER_ID = 0, 3, 22  # requests of the protocol
LEADER_NOT_AVAILABLE, TIMED_OUT, TOO_LARGE, NOT_ENOUGH_REPLICAS, TOPIC_AUTHORIZATION_FAILED = 5, 7, 10, 19, 29


class Cluster:
    def __init__(self, build):
        self.process = subprocess.Popen([os.path.join(build, "tests", "kafka_mock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=die_with_parent)
        self.address = self.process.stdout.readline().decode().strip()

    def tell(self, *words):
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()
        rows = []
        for raw in iter(self.process.stdout.readline, b""):
            text = raw.decode().rstrip("\n")
            if text == "end":
                return rows
            rows.append(text.split("\t"))
        raise Failed("the cluster ended")

    def read(self, topic):
        """Messages by partition: [[(key, record, headers)...]...]"""
        partitions = {}
        for row in self.tell("read", topic):
            if row[0] == "failed":
                raise Failed("%s: %s" % (topic, row[1]))
            partition, _, key, value, headers = row
            partitions.setdefault(partition, []).append((key, json.loads(value), dict(one.split("=", 1) for one in headers.split())))
        return list(partitions.values())

    def records(self, topic):
        return [message for partition in self.read(topic) for message in partition]

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


@pytest.fixture
def cluster(build):
    made = Cluster(build)
    yield made
    made.stop()


def settings(folder, cluster, **properties):
    os.makedirs(folder, exist_ok=True)
    properties = {"bootstrap.servers": cluster.address, "retry.backoff.ms": "50", "reconnect.backoff.max.ms": "200", **properties}
    with open(os.path.join(folder, "kafka.yaml"), "w", encoding="utf-8") as file:
        file.write("properties:\n" + "".join("  %s: \"%s\"\n" % pair for pair in properties.items()))


@pytest.fixture
def run(build, tmp_path, cluster):
    made = []

    def start(**properties):
        settings(tmp_path, cluster, **properties)
        made.append(Direct(os.path.join(build, "bin", "parallax-plugin-kafka"), tmp_path))
        return made[-1]

    yield start
    for one in made:
        one.kill()


def orbit(number, object, **more):
    return line(number, objects=["norad:%d" % object], body={"n": number}, **more)


def numbers(messages):
    return [int(headers["cursor"].split(":")[1]) for _, _, headers in messages]


def test_what_the_node_publishes_is_read_in_order_by_key(federate, sample, cluster):
    node = federate("fr-cnes").nodes[0]
    plugin = Plugin(node, "kafka")
    settings(plugin.folder, cluster)
    plugin.configure("command: [parallax-plugin-kafka]\nnetwork: true\nfilter: {modes: [TEST]}\n")
    node.start()
    published = [one for path in ORBITS for one in ids(node.publish("--mode", "TEST", sample(path)))]
    other = ids(node.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    plugin.wait_done()
    partitions = cluster.read("parallax.test.orbit")
    assert len(partitions) > 1
    for messages in partitions:
        assert numbers(messages) == sorted(set(numbers(messages)))
    messages = [message for one in partitions for message in one]
    assert sorted(headers["id"] for _, _, headers in messages) == sorted(published)
    asked = {row["id"]: row for row in node.json("query", "orbit", "--mode", "TEST", "--history")}
    for key, record, headers in messages:
        assert record["id"] == headers["id"] and headers["type"] == "orbit" and headers["mode"] == "TEST" and headers["origin"] == "fr-cnes"
        objects = record.pop("objects", [record["id"]])
        row = dict(asked[record["id"]])
        row.pop("delivery")
        row.pop("complete_up_to")
        assert key == objects[0] and record == row
    assert [headers["id"] for _, _, headers in cluster.records("parallax.test.conjunction")] == other
    assert node.events.find("plugin_ended", plugin="kafka") == []


def test_a_broker_that_refuses_and_goes_away_loses_nothing_and_keeps_the_order_of_each_key(run, cluster):
    plugin = run(**{"max.in.flight.requests.per.connection": "5", "batch.num.messages": "7"})
    plugin.give(*(orbit(n, n % 5) for n in range(1, 101))).wait_ack(100)
    for code in (NOT_ENOUGH_REPLICAS, TIMED_OUT, LEADER_NOT_AVAILABLE):
        cluster.tell("fail", PRODUCE, code, 4)
        first = 101 if code == NOT_ENOUGH_REPLICAS else 201 if code == TIMED_OUT else 301
        plugin.give(*(orbit(n, n % 5) for n in range(first, first + 100))).wait_ack(first + 99)
    cluster.tell("down")
    plugin.give(*(orbit(n, n % 5) for n in range(401, 501))).wait_said("_TRANSPORT")
    assert plugin.acks[-1] == "ack 400", "nothing is acknowledged that no broker has"
    cluster.tell("up")
    plugin.wait_ack(500)
    assert plugin.end() == 0
    messages = cluster.records("parallax.test.orbit")
    assert sorted(numbers(messages)) == list(range(1, 501)), "each once: the producer is idempotent"
    for object in range(5):
        mine = numbers(message for message in messages if message[0] == "norad:%d" % object)
        assert mine == sorted(mine) and len(mine) == 100


def test_a_killed_plugin_sends_what_was_not_acknowledged_once_more(run, cluster):
    cluster.tell("down")
    plugin = run().give(*(orbit(n, 1) for n in range(1, 11)))
    plugin.wait_said("_TRANSPORT")
    plugin.kill()
    assert plugin.acks == []
    cluster.tell("up")
    assert run().give(*(orbit(n, 1) for n in range(1, 11))).wait_ack(10).end() == 0
    assert numbers(cluster.records("parallax.test.orbit")) == list(range(1, 11))


def test_what_the_broker_finds_too_large_goes_without_its_body(run, cluster):
    plugin = run()
    plugin.give(orbit(1, 7)).wait_ack(1)
    cluster.tell("fail", PRODUCE, TOO_LARGE, 1)
    plugin.give(orbit(2, 7)).wait_ack(2)
    plugin.give(orbit(3, 7)).wait_ack(3)
    assert plugin.end() == 0
    plugin = run(**{"message.max.bytes": "5000"})
    plugin.give(line(4, objects=["norad:7"], body={"x": "y" * 6000})).wait_ack(4)
    assert plugin.end() == 0
    found = cluster.records("parallax.test.orbit")
    assert numbers(found) == [1, 2, 3, 4]
    assert [("body" in record, "larger than the broker takes" in record.get("absent", "")) for _, record, _ in found] == [
        (True, False), (False, True), (True, False), (False, True)]
    assert [record["id"] for _, record, _ in found] == [headers["id"] for _, _, headers in found]


def test_what_the_node_cannot_read_makes_no_topics(run, cluster):
    plugin = run()
    plugin.give(line(1, type="evil_1", body_base64="AAAA"), line(2, type="evil_2", absent="not held here"), line(3, mode="REAL", body={})).wait_ack(3)
    assert plugin.end() == 0
    assert sorted(numbers(cluster.records("parallax.test.other"))) == [1, 2] and numbers(cluster.records("parallax.real.orbit")) == [3]


def test_what_no_retry_mends_ends_it_and_is_told(run, cluster):
    cluster.tell("fail", PRODUCE, TOPIC_AUTHORIZATION_FAILED, 1)
    plugin = run().give(orbit(1, 1))
    assert plugin.wait_end() == 1 and plugin.acks == [] and any("parallax.test.orbit: record 1: " in said for said in plugin.said)
    plugin = run(**{"bootstrap.severs": "x"})
    assert plugin.wait_end() == 2 and "kafka.yaml:5:" in plugin.said[-1] and "bootstrap.severs" in plugin.said[-1]
    plugin = run(acks="1")
    assert plugin.wait_end() == 2 and "acks" in plugin.said[-1], "nothing weaker than it promises"
