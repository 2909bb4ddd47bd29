"""A member in Python, written from docs/protocol.md, docs/evidence.md and proto/ alone: it dials a node, greets, reads and checks logs, and serves a log of
its own. It can also be made to lie. Not a node: it keeps nothing, and waits for answers with a deadline."""
import base64
import datetime
import hashlib
import importlib
import os
import subprocess
import sys
import time

import nacl.bindings
import nacl.signing
import zmq
import zmq.utils.z85 as z85

import reflog

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ALERT, BULK = 1, 2
REAL, TEST = 1, 3
INITIAL, DESCRIPTOR = 1, 6
UNSEALED = 1
BYTES = 1


def load_proto(folder, *names):
    """Python code of proto/*.proto, made into ${folder}."""
    names = names or ("record", "peer", "api")
    subprocess.run(["protoc", "-I", os.path.join(ROOT, "proto"), "--python_out", str(folder)] +
                   [os.path.join(ROOT, "proto", name + ".proto") for name in names], check=True)
    sys.path.insert(0, str(folder))
    try:
        return [importlib.import_module(name + "_pb2") for name in names]
    finally:
        sys.path.pop(0)


def read_key(directory, kind):
    with open(os.path.join(str(directory), "keys", kind + ".key"), encoding="ascii") as file:
        label, text = file.read().split()
    assert label == "parallax-%s-key-v1" % kind
    return base64.b64decode(text)


def now(record):
    moment = datetime.datetime.now(datetime.timezone.utc)
    days = (moment.date() - datetime.date(1858, 11, 17)).days
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return record.Utc(mjd=days, ns=int((moment - midnight).total_seconds() * 1e6) * 1000)


class Log:
    """An append-only log of ours."""

    def __init__(self, peer, class_name="data", log_id=None, audience="open", readers=(), **descriptor):
        self.peer, self.class_name = peer, class_name
        self.id = log_id or os.urandom(16)
        self.headers, self.bodies = [], []
        record = peer.record
        body = record.Descriptor(federation=peer.federation, node=peer.name, audience=audience, readers=readers,
                                 class_name=class_name).SerializeToString()
        self.add(self.header(body, kind=DESCRIPTOR, mode=REAL, type="", type_version=0, **descriptor), body)

    def header(self, body, **changes):
        record = self.peer.record
        fields = dict(format=1, log=self.id, type="orbit", type_version=1, mode=TEST, kind=INITIAL, sealing=UNSEALED, body_length=len(body),
                      body_hash=hashlib.sha256(body).digest(), salt=os.urandom(16), created=now(record))
        fields.update(changes)
        return record.Header(**fields).SerializeToString()

    def add(self, header, body):
        self.headers.append(header)
        self.bodies.append(body)
        return len(self.headers) - 1

    @property
    def origin_line(self):
        return reflog.origin_line(self.peer.federation, self.peer.name, self.id)

    def checkpoint(self, size=None, root=None):
        size = len(self.headers) if size is None else size
        root = root or reflog.root([reflog.leaf_hash(header) for header in self.headers[:size]])
        text = reflog.checkpoint_text(self.origin_line, size, root)
        key = self.peer.log_key
        return self.peer.wire.Checkpoint(log=self.id, size=size, root=root, signature=key.sign(text).signature,
                                         key_id=reflog.key_id(self.origin_line, 1, bytes(key.verify_key)))

    def heartbeat(self, checkpoint, when=None):
        when = int(time.time()) if when is None else when
        text = reflog.checkpoint_text(self.origin_line, checkpoint.size, checkpoint.root)
        name = "%s/%s/witness" % (self.peer.federation, self.peer.name)
        key = self.peer.witness_key
        signature = key.sign(reflog.cosign_message(text, when)).signature
        return self.peer.wire.Cosignature(node=self.peer.name, key_id=reflog.key_id(name, 4, bytes(key.verify_key)), time=when, signature=signature)

    def data(self, first=0, count=None, **changes):
        count = len(self.headers) - first if count is None else count
        wire = self.peer.wire
        fields = dict(log=self.id, first=first, headers=self.headers[first:first + count],
                      bodies=[wire.Body(state=BYTES, bytes=body) for body in self.bodies[first:first + count]], anchor=self.checkpoint(first + count))
        fields.update(changes)
        return wire.Data(**fields)

    def heads(self, checkpoint=None, when=None):
        checkpoint = checkpoint or self.checkpoint()
        return self.peer.wire.Heads(heads=[self.peer.wire.Head(checkpoint=checkpoint, origin=self.peer.name, held=checkpoint.size,
                                                               heartbeat=self.heartbeat(checkpoint, when))])


class Session:
    """One dialled connection of one lane."""

    def __init__(self, peer, node, lane=BULK, greet=True, **hello):
        self.peer, self.lane, self.wire = peer, lane, peer.wire
        member = peer.members[node]
        socket = peer.context.socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.IMMEDIATE, 1)
        socket.setsockopt(zmq.HANDSHAKE_IVL, 2000)  # else a connection that was answered 300 hangs for 30 s
        socket.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(peer.transport_key))
        socket.setsockopt(zmq.CURVE_PUBLICKEY, z85.encode(nacl.bindings.crypto_scalarmult_base(peer.transport_key)))
        socket.setsockopt(zmq.CURVE_SERVERKEY, z85.encode(base64.b64decode(member["keys"]["transport"][0])))
        socket.connect(member["endpoint"])
        self.socket, self.mine, self.theirs = socket, os.urandom(8), b""
        self.received = []
        if greet:
            self.greet(node, **hello)
            self.theirs = self.wait("hello").session

    def greet(self, node, /, **changes):
        fields = dict(protocols=[1], federation=self.peer.federation, node=self.peer.name, to=node, session=self.mine, lane=self.lane,
                      time_ms=int(time.time() * 1000), roster_version=1, credit=1 << 24, software="refpeer")
        fields.update(changes)
        self.send_raw(self.wire.Frame(hello=self.wire.Hello(**fields)).SerializeToString())

    def send_raw(self, *parts):
        poller = zmq.Poller()
        poller.register(self.socket, zmq.POLLOUT)
        assert poller.poll(20000), "no connection"
        self.socket.send_multipart(parts)

    def send(self, session=None, **body):
        self.send_raw(self.wire.Frame(session=self.theirs if session is None else session, **body).SerializeToString())

    def frames(self, seconds):
        """Frames as they come, until nothing came for ${seconds}."""
        while self.socket.poll(seconds * 1000):
            frame = self.wire.Frame()
            frame.ParseFromString(self.socket.recv())
            yield frame

    def wait(self, kind, seconds=20, fits=lambda body: True):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for frame in self.frames(max(0.0, until - time.monotonic())):
                self.received.append(frame)
                if frame.WhichOneof("body") == kind and fits(getattr(frame, kind)):
                    return getattr(frame, kind)
        raise AssertionError("no %s within %d s" % (kind, seconds))

    def offer(self, log):
        """Tell the head of ${log} and wait until the node asks for it: from which leaf."""
        self.send(heads=log.heads())
        return getattr(self.wait("open", fits=lambda o: o.log == log.id), "from")

    def close(self):
        self.socket.close()


class Peer:
    """The member whose directory (made by `parallax init`) is ${directory}."""

    def __init__(self, directory, name, folder):
        self.record, self.wire, self.api = load_proto(folder)
        self.name, self.context = name, zmq.Context()
        self.log_key = nacl.signing.SigningKey(read_key(directory, "log"))
        self.witness_key = nacl.signing.SigningKey(read_key(directory, "witness"))
        self.transport_key = read_key(directory, "transport")
        with open(os.path.join(str(directory), "roster", "000001.note"), "rb") as file:
            text = file.read().rpartition(b"\n\n")[0] + b"\n"
        self.federation = hashlib.sha256(text).hexdigest()[:32]
        self.members = {member["name"]: member for member in reflog.load_yaml(text)["members"]}

    def dial(self, node, lane=BULK, **options):
        return Session(self, node, lane, **options)

    def check_head(self, head):
        """Signature of the log key, and of the origin's heartbeat."""
        c, member = head.checkpoint, self.members[head.origin]
        line = reflog.origin_line(self.federation, head.origin, c.log)
        text = reflog.checkpoint_text(line, c.size, c.root)
        key = base64.b64decode(member["keys"]["log"][0])
        assert c.key_id == reflog.key_id(line, 1, key)
        assert reflog.good(key, text, c.signature)
        if head.HasField("heartbeat"):
            witness = base64.b64decode(member["keys"]["witness"][0])
            assert reflog.good(witness, reflog.cosign_message(text, head.heartbeat.time), head.heartbeat.signature)

    def read_log(self, session, head):
        """All headers and bodies of a log, checked against ${head}."""
        session.send(open=self.wire.Open(log=head.checkpoint.log))
        headers, bodies = [], []
        while len(headers) < head.checkpoint.size:
            data = session.wait("data", fits=lambda d: d.log == head.checkpoint.log)
            assert data.first == len(headers) and len(data.headers) == len(data.bodies) > 0
            headers += data.headers
            bodies += [body.bytes for body in data.bodies]
        leaves = [reflog.leaf_hash(header) for header in headers]
        assert reflog.root(leaves[:head.checkpoint.size]) == head.checkpoint.root
        for header, body in zip(headers, bodies):
            parsed = self.record.Header()
            parsed.ParseFromString(header)
            assert parsed.log == head.checkpoint.log and parsed.body_hash == hashlib.sha256(body).digest()
        return headers, bodies

    def close(self):
        self.context.destroy(linger=0)
