"""What ZeroMQ does on a hostile network, against the daemon: docs/zeromq.md says which test shows which measure."""
import contextlib
import os
import resource
import select
import socket
import threading
import time

import pytest

import rawpeer
import refpeer
from federation import Federation, free_port, parallax
from test_protocol import TEST, others_are_fine, peer, refused, two, until  # noqa: F401 (fixtures)

STRANGER = ("127.0.0.2", 0)  # another address than that of the members


def hello(peer, node, /, **changes):  # noqa: F811
    fields = dict(protocols=[1], federation=peer.federation, node=peer.name, to=node, session=os.urandom(8), lane=refpeer.BULK, credit=1 << 20)
    fields.update(changes)
    return peer.wire.Frame(hello=peer.wire.Hello(**fields)).SerializeToString()


# --- Who speaks -----------------------------------------------------------------------------------------------------------

def test_a_user_id_that_a_dialler_sends_is_not_believed(two, peer):  # noqa: F811
    fr = two["fr-cnes"]
    mark = fr.events.mark()
    raw = rawpeer.Raw(peer, "fr-cnes", User_Id="us-noaa", Transport_Key="00" * 32)
    raw.send(hello(peer, "fr-cnes", node="us-noaa"))
    refused(fr, "HELLO_BAD", "jp-jaxa")
    raw.close()
    honest = rawpeer.Raw(peer, "fr-cnes", User_Id="us-noaa")
    honest.send(hello(peer, "fr-cnes"))
    fr.events.wait("session_open", after=mark, peer="jp-jaxa")
    honest.close()
    assert not fr.events.find("session_open", after=mark, peer="us-noaa")


def dialled_by(name, peer, door):  # noqa: F811
    """The connection of ${name} to the door of the member that we play, and its greeting."""
    while True:
        with contextlib.suppress(ConnectionError):  # who gave up meanwhile dials again
            raw = rawpeer.Served(peer, door, User_Id="us-noaa")
            asked = peer.wire.Frame.FromString(raw.receive()).hello
            if asked.node == name:
                return raw, asked
            raw.close()


def test_a_user_id_that_a_listener_sends_is_not_believed(two, peer):  # noqa: F811
    fr = two["fr-cnes"]
    host, port = peer.members["jp-jaxa"]["endpoint"][len("tcp://"):].split(":")
    settled(fr, two["us-noaa"])
    mark = fr.events.mark()
    with socket.create_server((host, int(port))) as door:
        door.settimeout(30)
        raw, asked = dialled_by("fr-cnes", peer, door)
        raw.send(hello(peer, "fr-cnes", node="us-noaa", your_session=asked.session, lane=asked.lane))
        fr.events.wait("frame_refused", after=mark, peer="jp-jaxa", why="HELLO_BAD")
        raw.close()
    assert not fr.events.find("session_open", after=mark, peer="jp-jaxa")


# --- How many connections -------------------------------------------------------------------------------------------------

def settled(smaller, other):
    """Both dialled, and the dials of ${other} have gone."""
    for lane in ("alert", "bulk"):
        other.events.wait("link_down", peer=smaller.name, lane=lane, why="undialled")


def standing(node, peer):  # noqa: F811
    """Connections to ${peer} that the gate has now."""
    return sum((event.name == "link_up") - (event.name == "link_down") for event in node.events.all
               if event.speaker == "gate" and event.fields.get("peer") == peer.name)


def test_when_both_dial_the_dial_of_the_smaller_name_is_left(two):  # noqa: F811
    fr, us = two["fr-cnes"], two["us-noaa"]
    settled(fr, us)
    until("one connection a lane", lambda: standing(fr, us) == standing(us, fr) == 2)
    assert not fr.events.find("link_down", peer="us-noaa", why="undialled")
    for node in (fr, us):
        [row] = [row for row in node.json("status")["peers"] if row["node"] in ("fr-cnes", "us-noaa")]
        assert row["alert_up"] and row["bulk_up"]


def hold(address, held, stop):
    """Keep as many silent connections to ${address} as can be had."""
    while not stop.is_set():
        with contextlib.suppress(OSError):
            held.append(socket.create_connection(address, 5, source_address=STRANGER))
        if len(held) > 1500:
            held.pop(0).close()


def test_strangers_that_hold_connections_do_not_use_up_the_descriptors(two, peer, tmp_path):  # noqa: F811
    fr = two["fr-cnes"]
    gate = fr.role_pid("gate")
    resource.prlimit(gate, resource.RLIMIT_NOFILE, (400, 400))
    host, port = peer.members["fr-cnes"]["endpoint"][len("tcp://"):].split(":")
    held, stop = [], threading.Event()
    holders = [threading.Thread(target=hold, args=((host, int(port)), held, stop)) for _ in range(2)]
    for holder in holders:
        holder.start()
    try:
        until("strangers hold connections", lambda: len(held) > 450)
        begun = time.monotonic()
        session = peer.dial("fr-cnes")  # somebody who was not there before
        assert time.monotonic() - begun < 4  # strangers would be let go after 5 s
        session.close()
        assert len(os.listdir("/proc/%d/fd" % gate)) < 300
        fr.events.wait("link_refused", why="crowded", timeout=20)
        assert not fr.events.find("link_refused", why="accept")
    finally:
        stop.set()
        for holder in holders:
            holder.join()
        for one in held:
            one.close()
    others_are_fine(two, tmp_path)


# --- A line that is dead in both directions -------------------------------------------------------------------------------

class Line:
    """A way to ${port} that can be cut without either end being told: TCP stays open, nothing passes."""

    def __init__(self, port):
        self.port, self.pairs, self.cut = port, [], threading.Event()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = self.door.getsockname()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        ends = {}
        while not self.ended.is_set():
            ready = select.select([self.door] + list(ends), [], [], 0.05)[0] if not self.cut.is_set() else select.select([self.door], [], [], 0.05)[0]
            for one in ready:
                if one is self.door:
                    near = self.door.accept()[0]
                    try:
                        far = socket.create_connection(("127.0.0.1", self.port), 10)
                        ends[near], ends[far] = far, near
                    except OSError:  # not there yet
                        near.close()
                    continue
                if one not in ends:
                    continue
                data = b""
                with contextlib.suppress(OSError):
                    data = one.recv(1 << 16)
                    ends[one].sendall(data)
                if not data:
                    other = ends.pop(one)
                    ends.pop(other, None)
                    one.close(), other.close()
        for one in [self.door, *ends]:
            one.close()

    def close(self):
        self.ended.set()
        self.thread.join()


@pytest.fixture
def lined(build, tmp_path):
    """fr-cnes and us-noaa, whose only way to each other can be cut."""
    federation = Federation(build, tmp_path / "lined", ("fr-cnes", "us-noaa"), None, "Line")
    os.makedirs(federation.directory)
    port = free_port()
    line = Line(port)
    fr, us = federation.nodes
    parallax(build, "init", fr.directory, "--name", fr.name, "--listen", "tcp://127.0.0.1:%d" % free_port())
    parallax(build, "init", us.directory, "--name", us.name, "--listen", "tcp://127.0.0.1:%d" % port, "--endpoint", "tcp://127.0.0.1:%d" % line.address[1])
    federation.write_roster(federation.nodes)
    federation.start()
    fr.events.wait("session_open", peer="us-noaa", lane="bulk")
    fr.events.wait("session_open", peer="us-noaa", lane="alert")
    yield fr, us, line
    federation.stop()
    line.close()


def test_a_line_that_died_without_a_word_is_given_up_on_both_ends_and_comes_back(lined, sample):
    fr, us, line = lined
    settled(fr, us)
    until("only the dial of fr-cnes is left", lambda: standing(fr, us) == standing(us, fr) == 2)
    marks = fr.events.mark(), us.events.mark()
    begun = time.monotonic()
    line.cut.set()
    for lane in ("alert", "bulk"):  # a lane that has not noticed yet would go on as if nothing had been
        fr.events.wait("session_end", after=marks[0], peer="us-noaa", lane=lane, timeout=30)
        us.events.wait("session_end", after=marks[1], peer="fr-cnes", lane=lane, timeout=30)
    assert time.monotonic() - begun < 25  # heartbeats; sessions alone would take 45 s
    line.cut.clear()
    fr.events.wait("session_open", after=marks[0], peer="us-noaa", lane="bulk", timeout=30)
    us.publish(*TEST, "--wait", 1, sample("us-noaa/conjunction-1.cdm"))
