"""parallax-plugin-mqtt with a real Mosquitto: a notice of every record, none lost, whatever the broker does (node/plugins/mqtt/mqtt.md)."""
import base64
import hashlib
import json
import os
import queue
import signal
import socket
import subprocess
import threading
import time
import uuid

import pytest

from direct import Direct, line
from federation import Failed, die_with_parent, free_port
from test_plugin import ORBITS, Plugin, ids

TOPIC = "origin/a/parallax/fr-cnes/test/orbit"


class Broker:
    """Debian's Mosquitto on loopback: plain, and with TLS. What it holds survives stop() and start()."""

    def __init__(self, directory):
        self.directory, self.process = str(directory), None
        self.port, self.tls_port = free_port(), free_port()
        self.path = os.path.join(self.directory, "mosquitto.conf")
        for words in (("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=CA",
                       "-keyout", "ca.key", "-out", "ca.pem"),
                      ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout", "broker.key",
                       "-out", "broker.csr"),
                      ("x509", "-req", "-in", "broker.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", "broker.pem"),
                      ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=client", "-keyout", "client.key",
                       "-out", "client.csr"),
                      ("x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", "client.pem")):
            subprocess.run(["openssl", *words], cwd=self.directory, check=True, capture_output=True, timeout=60)
        subprocess.run(["mosquitto_passwd", "-c", "-b", "passwords", "known", "a secret"], cwd=self.directory, check=True, capture_output=True, timeout=60)
        with open(os.path.join(self.directory, "acl"), "w", encoding="ascii") as file:
            file.write("topic readwrite origin/#\nuser known\ntopic readwrite origin/#\n")
        with open(self.path, "w", encoding="ascii") as file:
            file.write("user root\nallow_anonymous true\npassword_file %(d)s/passwords\nacl_file %(d)s/acl\npersistence true\npersistence_location %(d)s/\nmax_queued_messages 0\n"
                       "max_packet_size 60000\nlistener %(p)d 127.0.0.1\nlistener %(t)d 127.0.0.1\ncafile %(d)s/ca.pem\n"
                       "certfile %(d)s/broker.pem\nkeyfile %(d)s/broker.key\nrequire_certificate true\n" % {"d": self.directory, "p": self.port, "t": self.tls_port})

    def start(self):
        with open(os.path.join(self.directory, "log"), "ab") as log:
            self.process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", self.path], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_parent)
        deadline = time.monotonic() + 30
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed("mosquitto does not listen")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=30)


class Subscriber:
    """What comes for a session that outlives the broker."""

    def __init__(self, broker):
        self.broker, self.messages, self.got, self.process = broker, [], queue.Queue(), None
        self.again()

    def again(self):
        """Connect, as the same client, to what the broker kept for it."""
        if self.process is not None:
            self.stop()
        ready = threading.Event()
        self.process = subprocess.Popen(["stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.broker.port), "-i", "reader", "-c",
                                         "-q", "1", "-d", "-t", "origin/#", "-F", "%r\t%t\t%p"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        threading.Thread(target=self._read, args=(self.process.stdout, ready), daemon=True).start()
        if not ready.wait(30):
            raise Failed("mosquitto_sub does not subscribe")

    def _read(self, stream, ready):
        for raw in iter(stream.readline, b""):
            text = raw.decode("utf-8").rstrip("\n")
            if text.startswith("Subscribed"):
                ready.set()
            elif text.count("\t") == 2:
                retained, topic, payload = text.split("\t")
                self.got.put((retained == "1", topic, json.loads(payload)))

    def until(self, count):
        """[(retained, topic, notice)...] once ${count} different notices came."""
        while len({message[2]["id"] for message in self.messages}) < count:
            try:
                self.messages.append(self.got.get(timeout=20))
            except queue.Empty:
                raise Failed("%d of %d notices came" % (len(self.messages), count)) from None
        return self.messages

    def stop(self):
        self.process.terminate()  # it prints first what it has confirmed
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def broker(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    made = Broker(folder).start()
    yield made
    if made.process.poll() is None:
        made.stop(signal.SIGKILL)


@pytest.fixture
def reader(broker):
    made = Subscriber(broker)
    yield made
    made.stop()


def settings(folder, mosquitto, **more):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "mqtt.yaml"), "w", encoding="utf-8") as file:
        file.write("".join("%s: \"%s\"\n" % pair for pair in {"broker": "127.0.0.1", "port": mosquitto.port, **more}.items()))


@pytest.fixture
def run(build, tmp_path, broker):
    made = []

    def start(**more):
        settings(tmp_path, broker, **more)
        made.append(Direct(os.path.join(build, "bin", "parallax-plugin-mqtt"), tmp_path))
        return made[-1]

    yield start
    for one in made:
        one.kill()


def numbers(messages):
    return [int(notice["properties"]["cursor"].split(":")[1]) for _, _, notice in messages]


def test_a_notice_says_what_there_is_with_its_hash_and_holds_what_is_small(federate, sample, broker, reader):
    node = federate("fr-cnes").nodes[0]
    plugin = Plugin(node, "mqtt")
    settings(plugin.folder, broker, link="https://example.org/v1/records/{id}?full", places="distress", inline_bytes=3000)
    plugin.configure("command: [parallax-plugin-mqtt]\nnetwork: true\nfilter: {modes: [TEST]}\n")
    node.start()
    published = [one for path in ORBITS for one in ids(node.publish("--mode", "TEST", sample(path)))]
    published += ids(node.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    published += ids(node.publish("--mode", "TEST", sample("fr-cnes/distress.json")))
    plugin.wait_done()
    messages = reader.until(len(published))
    assert [notice["properties"]["data_id"] for _, _, notice in messages] == published, "each once, in order"
    whole = 0
    for retained, topic, notice in messages:
        p = notice["properties"]
        assert not retained and topic == "origin/a/parallax/fr-cnes/test/" + p["type"]
        assert notice["type"] == "Feature" and notice["id"] == str(uuid.uuid5(uuid.NAMESPACE_URL, "parallax:record/" + p["data_id"]))
        assert notice["conformsTo"] == ["http://wis.wmo.int/spec/wnm/1/conf/core"] and p["mode"] == "TEST" and "datetime" in p
        [link] = notice["links"]
        assert link["rel"] == "canonical" and link["href"] == "https://example.org/v1/records/%s?full" % p["data_id"]
        assert ("content" in p) == (link["length"] <= 3000)
        if "content" in p:
            content = p["content"]["value"].encode("utf-8")
            assert p["content"]["encoding"] == "utf-8" and p["content"]["size"] == len(content) == link["length"]
            assert p["integrity"] == {"method": "sha512", "value": base64.b64encode(hashlib.sha512(content).digest()).decode()}
            record = json.loads(content)
            assert record["id"] == p["data_id"] and record["body_sha256"] == p["body_sha256"] and record.get("objects") == p.get("objects")
            whole += 1
        if p["type"] == "distress":
            at = record["body"]
            assert notice["geometry"] == {"type": "Point", "coordinates": [at["longitude_deg"], at["latitude_deg"]]}
        else:
            assert notice["geometry"] is None
    assert 0 < whole < len(messages)


def test_the_broker_is_restarted_in_mid_stream_and_none_is_lost(run, broker, reader):
    def lines(first, last):
        return [line(n, body={"n": n}) for n in range(first, last + 1)]

    plugin = run().give(*lines(1, 200)).wait("some are acknowledged", lambda d: d.acks)
    broker.process.send_signal(signal.SIGSTOP)  # it takes what comes, and says nothing
    plugin.give(*lines(201, 400))
    broker.process.send_signal(signal.SIGCONT)
    broker.stop()
    plugin.wait_said("127.0.0.1: ").give(*lines(401, 600))
    broker.start()
    reader.again()
    plugin.wait_ack(600)
    messages = reader.until(600)
    assert plugin.end() == 0 and list(dict.fromkeys(numbers(messages))) == list(range(1, 601)), "all, each first time in order"


def test_nothing_is_acknowledged_that_the_broker_did_not_confirm(run, broker, reader):
    plugin = run().give(line(1, body={})).wait_ack(1)
    broker.process.send_signal(signal.SIGSTOP)
    plugin.give(line(2, body={})).wait_read()
    broker.stop(signal.SIGKILL)
    plugin.wait_said("127.0.0.1: ")
    plugin.kill()
    assert plugin.acks == ["ack 1"]
    broker.start()
    reader.again()
    assert run().give(line(2, body={})).wait_ack(2).end() == 0
    assert numbers(reader.until(2)) == [1, 2]


def test_a_broker_that_refuses_a_topic_is_no_success(run, reader):
    plugin = run(topic="elsewhere/a").give(line(1, body={}))
    assert plugin.wait_end() == 1 and plugin.acks == [] and "refuses record 1: Not authorized" in plugin.said[-1]
    plugin = run(topic="origin/#")
    assert plugin.wait_end() == 2 and "mqtt.yaml: topic: expected a topic without wildcards" in plugin.said[-1]


def test_the_newest_alert_stays_for_who_comes_later_if_so_wished(run, broker):
    plugin = run(retain_alerts="true")
    for n in (1, 2):
        plugin.give(line(n, series="us-noaa/open/alert", type="reentry", body={})).wait_ack(n)
    plugin.give(line(3, body={})).wait_ack(3)
    late = Subscriber(broker)
    plugin.give(line(4, body={})).wait_ack(4)
    found = [(retained, topic.rsplit("/", 1)[1], number) for (retained, topic, _), number in zip(late.until(2), numbers(late.messages))]
    assert found == [(True, "reentry", 2), (False, "orbit", 4)]
    late.stop()
    assert plugin.end() == 0


def test_what_is_too_large_for_the_broker_goes_without_content_and_strangers_make_no_topics(run, reader):
    plugin = run(inline_bytes="1000000")
    plugin.give(line(1, body={"x": "y" * 40000}), line(2, body={"x": "y" * 80000}),
                line(3, type="a/#", mode="TE+ST", absent="not held here"), line(4, longitude_deg=1, body={"latitude_deg": 91, "longitude_deg": 1}))
    assert plugin.wait_ack(4).end() == 0
    messages = reader.until(4)
    assert [("content" in notice["properties"], topic) for _, topic, notice in messages] == [
        (True, TOPIC), (False, TOPIC), (True, "origin/a/parallax/fr-cnes/te_st/other"), (True, TOPIC)]
    assert messages[2][2]["id"] == str(uuid.uuid5(uuid.NAMESPACE_URL, "parallax:record/%s:3#header" % ("00" * 16)))


def test_with_tls_the_broker_must_be_who_it_says(run, broker, reader):
    nobody = {"tls": "true", "port": broker.tls_port, "broker": "localhost"}
    tls = dict(nobody, certificate=os.path.join(broker.directory, "client.pem"), key=os.path.join(broker.directory, "client.key"))
    ca = os.path.join(broker.directory, "ca.pem")
    plugin = run(ca=ca, **tls).give(line(1, body={}))
    assert plugin.wait_ack(1).end() == 0
    for options in (tls, dict(nobody, ca=ca)):  # an unknown authority; no certificate of ours
        plugin = run(**options).give(line(2, body={})).wait_said("localhost: ")
        plugin.kill()
        assert plugin.acks == []
    assert numbers(reader.until(1)) == [1]
    plugin = run(ca="/nothing.pem", **tls)
    assert plugin.wait_end() == 2 and "mqtt.yaml: tls: " in plugin.said[-1]


def test_user_and_password_are_those_of_the_settings(run, reader):
    plugin = run(user="known", password="a secret").give(line(1, body={}))
    assert plugin.wait_ack(1).end() == 0
    plugin = run(user="known", password="another").give(line(2, body={})).wait_said("refuses: Not authorized")
    plugin.kill()
    assert plugin.acks == [] and numbers(reader.until(1)) == [1]
