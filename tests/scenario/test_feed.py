"""The ZeroMQ feed, with subscribers written from proto/ and docs/feed.md alone: honest ones that lose nothing or see that they did, and hostile ones."""
import contextlib
import os
import re
import socket
import stat
import struct
import subprocess
import sys
import threading
import time

import pytest
import zmq

import apiclient
import refpeer
from federation import Failed, free_port
from test_audience import MARKER, secret  # noqa: F401 (fixture)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MANY = 12000  # more than the queue of one subscriber, its own, and the kernel's buffers hold


def until(what, ask, fits, timeout=60):
    deadline = time.monotonic() + timeout
    while True:
        answer = ask()
        if fits(answer):
            return answer
        if time.monotonic() > deadline:
            raise Failed("not within %d s: %s; it is %r" % (timeout, what, str(answer)[-400:]))
        time.sleep(0.05)  # between two questions; the answer decides


def configure(node, *lines):
    with open(os.path.join(node.directory, "node.yaml"), "a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(lines) + "\n")


@pytest.fixture
def wire(tmp_path):
    folder = tmp_path / "proto"
    folder.mkdir(exist_ok=True)
    names = ("record", "api", "feed")
    return dict(zip(names, refpeer.load_proto(folder, *names)))


@pytest.fixture
def node(federate):
    node = federate("fr-cnes").nodes[0]
    configure(node, "feed.ipc: run/feed.sock", "feed.loopback: tcp://127.0.0.1:%d" % free_port())
    return node


@pytest.fixture
def context():
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


def endpoint(node, kind="ipc"):
    if kind == "ipc":
        return "ipc://" + os.path.join(node.directory, "run", "feed.sock")
    with open(os.path.join(node.directory, "node.yaml"), encoding="utf-8") as file:
        return re.findall(r"^feed.loopback: (\S+)", file.read(), re.M)[-1]


def shown(node, kind="ipc"):
    """What the status says of one socket of the feed."""
    return next((row for row in node.json("status")["feeds"] if row["endpoint"].startswith("tcp:") == (kind != "ipc")), None)


class Subscriber:
    """Keeps the rules of docs/feed.md; what it lost is counted, not fetched."""

    def __init__(self, context, node, wire, *topics, kind="ipc", hwm=0):
        self.wire, self.topics = wire, topics
        self.socket = context.socket(zmq.SUB)
        self.socket.rcvhwm = hwm
        self.socket.connect(endpoint(node, kind))
        for topic in topics:
            self.socket.subscribe(topic)
        self.socket.subscribe("heartbeat.")
        self.done, self.last, self.rows, self.beat, self.lost = None, {}, [], None, 0

    def take(self, timeout=30):
        if not self.socket.poll(timeout * 1000):
            raise Failed("nothing came within %d s" % timeout)
        topic, body = self.socket.recv_multipart()
        topic, feed = topic.decode(), self.wire["feed"].Feed.FromString(body)
        if feed.HasField("record"):
            row, known = feed.record.row, max(self.done or 0, self.last.get(topic, 0))
            if self.done is not None:
                self.lost += feed.record.previous > known
            self.last[topic] = row.delivery
            self.rows.append((topic, feed.record))
        else:
            self.beat = feed.beat
            if self.done is not None:
                self.lost += any(one.topic.startswith(self.topics) and one.delivery > max(self.done, self.last.get(one.topic, 0)) for one in feed.beat.newest)
                self.lost += feed.beat.since > self.done
            self.done = feed.beat.delivery
        return topic

    def join(self):
        """Until the first heartbeat: from then on nothing is missed unseen."""
        while self.done is None:
            self.take()
        return self

    def up_to(self, delivery, timeout=60):
        """Until a heartbeat says that all up to there was sent."""
        deadline = time.monotonic() + timeout
        while self.done is None or self.done < delivery:
            if time.monotonic() > deadline:
                raise Failed("the heartbeat stays at %r, expected %d" % (self.done, delivery))
            self.take()
        return self

    def ids(self):
        return ["%s:%d" % (record.row.id.log.hex(), record.row.id.index) for _, record in self.rows]


def ids(ranges):
    return ["%s:%d" % (log, index) for log, first, last in ranges for index in range(first, last + 1)]


def many(tmp_path, sample, count=MANY):
    """A file of so many orbits."""
    with open(sample("us-noaa/orbits.csv"), encoding="ascii") as file:
        head, row = file.readline(), file.readline()
    column = head.strip().split(",").index("NORAD_CAT_ID")
    path = tmp_path / "many.csv"
    with open(path, "w", encoding="ascii") as file:
        file.write(head)
        for i in range(count):
            cells = row.split(",")
            cells[column] = str(100000 + i)
            file.write(",".join(cells))
    return path


def sanitized(node):
    with open(os.path.join(os.path.dirname(node.bin), "CMakeCache.txt"), encoding="utf-8") as file:
        return re.search(r"^PARALLAX_SANITIZE:STRING=.", file.read(), re.M) is not None


def resident_mib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
        return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in file if line.startswith(("VmRSS", "VmHWM"))}


def test_the_program_of_the_page_gets_each_record_once_whatever_ends_meanwhile(node, sample, tmp_path):
    with open(os.path.join(ROOT, "docs", "feed.md"), encoding="utf-8") as file:
        page = file.read()
    [program] = re.findall(r"^```python\n(.*?)^```$", page, re.S | re.M)
    make, run = re.findall(r"^```sh\n(.*?)^```$", page, re.S | re.M)
    (tmp_path / "subscriber.py").write_text(program, encoding="utf-8")
    os.symlink(node.directory, tmp_path / "fr-cnes")
    environment = dict(os.environ, PARALLAX=ROOT)
    subprocess.run(["bash", "-euc", make], cwd=tmp_path, env=environment, check=True)
    node.start()
    expected = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    done = subprocess.run(["bash", "-euc", run], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, timeout=60, check=True)
    assert [line.split()[1] for line in done.stdout.decode().splitlines()] == expected, "what was there before"
    with open(tmp_path / "out", "wb") as out:
        child = subprocess.Popen([sys.executable, "subscriber.py", "fr-cnes"], cwd=tmp_path, stdout=out)
    try:
        def seen():
            return [line.split()[1] for line in (tmp_path / "out").read_text().split("\n")[:-1]]
        until("the first ones", seen, lambda have: have == expected)
        expected += ids(node.publish("--mode", "TEST", sample("fr-cnes/orbits.xml")))
        until("while it runs", seen, lambda have: have == expected)
        mark = node.events.mark()
        assert node.kill("feed")
        expected += ids(node.publish("--mode", "TEST", sample("jp-jaxa/orbits.json")))
        node.events.wait("role_ready", after=mark, timeout=60)
        until("published while the feed was away", seen, lambda have: have == expected)
        assert node.kill("core")
        until("core is back", lambda: node.cli("status", check=False).returncode, lambda code: code == 0)
        expected += ids(node.publish("--mode", "TEST", sample("us-noaa/debris.3le")))
        until("after core was gone", seen, lambda have: have == expected)
        node.stop()
        node.start()
        expected += ids(node.publish("--mode", "TEST", sample("jp-jaxa/cubes.2le")))
        until("after the node was gone", seen, lambda have: have == expected)
    finally:
        child.kill()
        child.wait()


def test_topics_choose_mode_type_and_origin_and_bytes_are_those_of_the_api(node, sample, context, wire):
    node.start()
    orbits = Subscriber(context, node, wire, "TEST.orbit.").join()
    conjunctions = Subscriber(context, node, wire, "TEST.conjunction.fr-cnes.", "REAL.").join()
    nobody = Subscriber(context, node, wire, "REAL.").join()
    csv = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    cdm = ids(node.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    newest = node.json("status")["delivery"]
    assert orbits.up_to(newest).ids() == csv and conjunctions.up_to(newest).ids() == cdm and nobody.up_to(newest).ids() == []
    assert orbits.lost == conjunctions.lost == nobody.lost == 0
    numbers = [record.row.delivery for _, record in orbits.rows]
    assert [record.previous for _, record in orbits.rows[1:]] == numbers[:-1] and orbits.rows[0][1].previous < numbers[0]
    topic, record = conjunctions.rows[0]
    assert topic == "TEST.conjunction.fr-cnes."
    exported = node.cli("export", cdm[0], "--original").stdout
    with open(sample("us-noaa/conjunction-1.cdm"), "rb") as file:
        assert exported == file.read()
    header = wire["record"].Header.FromString(record.row.header)
    assert header.type == "conjunction" and header.body_length == len(record.row.body)
    row = shown(node)
    assert row["subscribers"] == 3 and row["slow"] == row["filled"] == row["ended"] == 0
    assert re.search(r"^run/feed.sock +3 +0 +0 +\d+ +0 +0$", node.cli("status").out, re.M)


def test_a_subscriber_that_does_not_read_loses_and_sees_it_and_nobody_else_does(node, sample, context, wire, tmp_path):
    node.start()
    slow = Subscriber(context, node, wire, "TEST.orbit.", hwm=1).join()
    fast = Subscriber(context, node, wire, "TEST.orbit.").join()
    published = ids(node.publish("--mode", "TEST", many(tmp_path, sample), timeout=300))
    newest = node.json("status")["delivery"]
    assert fast.up_to(newest, 120).ids() == published and fast.lost == 0
    row = until("its queue was full", lambda: shown(node), lambda row: row["filled"] > 0 and row["slow"] == 1)
    assert row["subscribers"] == 2 and row["ended"] == 0
    node.events.wait("feed_filled", timeout=30)
    slow.up_to(newest, 120)
    assert 0 < len(slow.rows) < len(published) and slow.lost > 0
    until("it reads again", lambda: shown(node), lambda row: row["slow"] == 0)
    before = slow.lost
    more = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    assert slow.up_to(node.json("status")["delivery"]).ids()[-80:] == more
    assert slow.lost == before, "what came once it read again"


def test_who_takes_too_much_is_ended_and_nobody_else_notices(node, sample, context, wire):
    node.start()
    honest = [Subscriber(context, node, wire, "TEST.", kind=kind).join() for kind in ("ipc", "tcp")]
    at = node.events.mark()

    def expect(why, kind="ipc"):
        node.events.wait("feed_ended", after=at, why=why, endpoint="run/feed.sock" if kind == "ipc" else endpoint(node, "tcp"))

    hoarder = context.socket(zmq.SUB)
    hoarder.connect(endpoint(node))
    for i in range(65):
        hoarder.subscribe("TEST.%03d" % i)
    expect("too_many_subscriptions")
    hoarder.close()
    talker = context.socket(zmq.XSUB)
    talker.connect(endpoint(node))
    talker.send(b"anything else")
    expect("no_subscription")
    talker.close()
    fd_count = len(os.listdir("/proc/%d/fd" % node.role_pid("feed")))
    crowd = [raw(endpoint(node, "tcp")) for _ in range(80)]
    expect("too_many_subscribers", "tcp")
    until("the crowd is bounded", lambda: shown(node, "tcp"), lambda row: row["subscribers"] == 64 and row["ended"] >= 17)
    assert len(os.listdir("/proc/%d/fd" % node.role_pid("feed"))) <= fd_count + 64
    for one in crowd:
        one.close()
    until("they are gone", lambda: shown(node, "tcp"), lambda row: row["subscribers"] == 1)
    large = raw(endpoint(node, "tcp"))
    greet(large)
    large.sendall(b"\x02" + struct.pack(">Q", 4096) + b"\x01" + b"x" * 4095)
    assert ends(large), "a topic that is too long"
    published = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    for one in honest:
        assert one.up_to(node.json("status")["delivery"]).ids() == published and one.lost == 0


def raw(address):
    host, port = address.replace("tcp://", "").rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=20)


def greet(connection):
    """ZMTP 3.0 without security, as a SUB (RFC 23)."""
    connection.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32))
    read = b""
    while len(read) < 64:
        part = connection.recv(64 - len(read))
        assert part
        read += part
    ready = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", 4) + b"XSUB"
    connection.sendall(b"\x04" + bytes([len(ready)]) + ready)


def ends(connection):
    """The other side closes it."""
    try:
        while connection.recv(65536):
            pass
    except socket.timeout:
        return False
    except OSError:
        pass
    return True


def test_subscribers_that_hoard_cannot_make_its_memory_grow(node, sample, context, wire):
    node.start()
    honest = Subscriber(context, node, wire, "TEST.").join()
    pid = node.role_pid("feed")
    before = resident_mib(pid)["VmRSS"]
    crowd = [raw(endpoint(node, "tcp")) for _ in range(60)]
    for i, one in enumerate(crowd):
        greet(one)
        for k in range(60):
            topic = os.urandom(150)
            one.sendall(b"\x00" + bytes([1 + len(topic)]) + b"\x01" + topic)
    until("all are there", lambda: shown(node, "tcp"), lambda row: row["subscribers"] == 60)
    crowded = resident_mib(pid)["VmHWM"]
    for one in crowd:
        one.close()
    until("they are gone", lambda: shown(node, "tcp"), lambda row: row["subscribers"] == 0)
    # A message that never ends: every part says that more follows.
    endless, stop = raw(endpoint(node, "tcp")), threading.Event()
    greet(endless)

    def flood():
        try:
            while not stop.is_set():
                endless.sendall((b"\x01\x80" + bytes(128)) * 64)
        except OSError:
            pass

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        node.events.wait("feed_ended", why="too_much_received")
    finally:
        stop.set()
        with contextlib.suppress(OSError):  # the node was faster
            endless.shutdown(socket.SHUT_RDWR)
        thread.join()
    print("grown by %.0f MiB with the crowd, %.0f with the endless message" % (crowded - before, resident_mib(pid)["VmHWM"] - before))
    if not sanitized(node):  # they keep what was freed
        assert crowded - before < 64 and resident_mib(pid)["VmHWM"] - before < 192, "%r" % resident_mib(pid)
    assert node.role_pid("feed") == pid
    published = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    assert honest.up_to(node.json("status")["delivery"]).ids() == published and honest.lost == 0


def test_loopback_gives_what_is_open_to_all_and_nothing_that_was_unsealed(federate, sample, context, wire, secret):  # noqa: F811
    federation = federate("us-noaa", "fr-cnes")
    us = federation["us-noaa"]
    configure(us, "feed.ipc: run/feed.sock", "feed.loopback: tcp://127.0.0.1:%d" % free_port())
    federation.start()
    own, anybody = [Subscriber(context, us, wire, "REAL.", "TEST.", kind=kind).join() for kind in ("ipc", "tcp")]
    us.cli("audience", "create", "ops", "fr-cnes")
    sealed = ids(us.publish("--audience", "ops", secret))
    embargoed = ids(us.publish("--embargo", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 6)), secret))
    opened = ids(us.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    newest = us.json("status")["delivery"]
    own.up_to(newest)
    anybody.up_to(newest)
    assert set(sealed + opened) <= set(own.ids()) and own.lost == anybody.lost == 0
    assert MARKER.encode() in b"".join(record.row.plain for _, record in own.rows)
    assert opened[0] in anybody.ids() and not set(sealed) & set(anybody.ids())
    assert not set(embargoed) & set(own.ids() + anybody.ids()), "nobody is told before its time"
    for one in (own, anybody):
        while not set(embargoed) <= set(one.ids()):
            one.take(60)
    assert all(record.row.plain for _, record in own.rows if record.row.id.index == int(embargoed[0].split(":")[1]) and record.row.series == "us-noaa/open/data")
    assert all(record.row.series.split("/")[1] == "open" and not record.row.plain for _, record in anybody.rows)
    assert MARKER.encode() not in b"".join(record.SerializeToString() for _, record in anybody.rows)


def test_only_its_own_user_may_subscribe_unless_the_group_is_asked_for(node):
    node.start()
    path = os.path.join(node.directory, "run", "feed.sock")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    node.stop()
    assert not os.path.exists(path)
    configure(node, "feed.group: true")
    node.start()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o660


@pytest.mark.parametrize("address", ("tcp://0.0.0.0:7610", "tcp://127.0.0.1:0", "tcp://127.0.0.1:70000", "tcp://localhost:7610", "ipc://x"))
def test_the_feed_is_never_where_another_machine_reaches_it(federate, address):
    node = federate("fr-cnes").nodes[0]
    configure(node, "feed.loopback: %s" % address)
    node.start(ready=False)
    event = node.events.wait("conf_error")
    assert "feed.loopback" in event.line and node.process.wait(30) == 1


def test_a_port_that_is_taken_does_not_keep_the_node_from_starting(federate):
    node = federate("fr-cnes").nodes[0]
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        configure(node, "feed.loopback: tcp://127.0.0.1:%d" % other.getsockname()[1])
        node.start()
        assert node.events.find("role_failed") and node.json("status")["feeds"] == []


def test_without_a_subscriber_it_asks_the_node_for_nothing(node, sample, context, wire):
    node.start()
    node.publish("--mode", "TEST", sample("us-noaa/orbits.csv"))
    assert until("it told of itself", lambda: shown(node), lambda row: row is not None)["sent"] == 0 and not node.events.find("feed_following")
    subscriber = Subscriber(context, node, wire, "TEST.").join()
    node.events.wait("feed_following")
    assert subscriber.done == node.json("status")["delivery"] and subscriber.rows == []


def test_a_body_too_large_for_the_feed_is_left_out_and_can_be_fetched(node, context, wire, tmp_path):
    lines = ["2026-04-01T%02d:%02d:%02d 7000.0 0.0 0.0 0.0 7.5 %f" % (i // 3600, i // 60 % 60, i % 60, i / 7) for i in range(1500)]
    path = tmp_path / "long.oem"
    path.write_text("""CCSDS_OEM_VERS = 2.0
CREATION_DATE = 2026-04-01T00:00:00
ORIGINATOR = CNES
META_START
OBJECT_NAME = LONG
OBJECT_ID = 2020-001A
CENTER_NAME = EARTH
REF_FRAME = ITRF2014
TIME_SYSTEM = UTC
START_TIME = 2026-04-01T00:00:00
STOP_TIME = 2026-04-01T00:24:59
META_STOP
""" + "\n".join(lines) + "\n")
    node.start()
    subscriber = Subscriber(context, node, wire, "TEST.").join()
    published = ids(node.publish("--mode", "TEST", path))
    assert subscriber.up_to(node.json("status")["delivery"]).ids() == published and subscriber.lost == 0
    record = subscriber.rows[0][1]
    assert record.left_out and not record.row.body and record.row.header
    with contextlib.closing(apiclient.Api(node, wire["api"])) as api:
        api.ask(record=wire["api"].RecordRequest(id=record.row.id))
        [row] = api.answer().records.rows
    assert len(row.body) > 32768 and row.header == record.row.header
