"""A hostile member, written from proto/ and docs/protocol.md alone: hostile.py CASE DIR NAME NODE BODY_FILE FOLDER

Plays CASE against NODE over and over, as the member NAME whose directory is DIR. Prints a line before the first round and after each. Ends when its standard input does.
"""
import os
import sys
import threading

import zmq

import rawpeer
import reflog
import refpeer
from refpeer import ALERT, BULK

U64 = (1 << 64) - 1


class Hostile:
    def __init__(self, directory, name, node, body, folder):
        self.peer, self.node, self.body = refpeer.Peer(directory, name, folder), node, body
        self.wire = self.peer.wire
        self.sessions, self.kept = {}, {}

    def log(self, class_name="data", records=2):
        """One log a class, so that the places that an origin has are not the point."""
        if class_name not in self.kept:
            log = self.kept[class_name] = refpeer.Log(self.peer, class_name)
            for _ in range(records):
                log.add(log.header(self.body), self.body)
        return self.kept[class_name]

    def session(self, lane):
        """The session of ${lane}; greets where there is none, or it was ended."""
        if lane not in self.sessions:
            self.sessions[lane] = refpeer.Session(self.peer, self.node, lane, greet=False)
        s = self.sessions[lane]
        lost = not s.theirs
        for frame in s.frames(0):
            lost |= frame.WhichOneof("body") == "reset" and frame.reset.session == s.theirs
            s.received.append(frame)
        while lost:
            s.mine = os.urandom(8)
            if writable(s, 3000):
                s.greet(self.node)
                for frame in s.frames(1):
                    if frame.WhichOneof("body") == "hello" and frame.hello.your_session == s.mine:
                        s.theirs, lost = frame.hello.session, False
                        break
        del s.received[:-100]
        return s

    def frame(self, s, **body):
        return self.wire.Frame(session=s.theirs, **body).SerializeToString()

    def flood(self, s, frame, count):
        """Send as fast as the connection takes it; what the node says is thrown away."""
        for _ in range(count):
            if not writable(s, 500):
                return
            try:
                s.socket.send(frame, zmq.DONTWAIT)
            except zmq.Again:  # the connection went away meanwhile
                return

    def followed(self, lane, class_name):
        """A session in which the node has asked for our log."""
        s, log = self.session(lane), self.log(class_name)
        s.send(heads=log.heads())
        s.send(credit=self.wire.Credit(limit=1 << 40))
        return s, log


def writable(s, timeout_ms):
    return s.socket.poll(timeout_ms, zmq.POLLOUT) != 0


# --- Every field of every frame -------------------------------------------------------------------------------------------

def wrong(field):
    """Values that a field may hold and should not."""
    if field.cpp_type in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32):
        return 0, (1 << 31) - 1
    if field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64):
        return 0, 1, (1 << 63) - 1
    if field.cpp_type == field.CPPTYPE_BOOL:
        return False, True
    if field.cpp_type == field.CPPTYPE_ENUM:
        return 0, 77
    if field.type == field.TYPE_STRING:
        return "", "us-noaa", "x" * 300, "\u202e\n\0"
    return b"", b"x", os.urandom(16), os.urandom(32), os.urandom(64), bytes(5000)


def lies(message):
    """Copies of ${message} with one field wrong each, on all levels."""
    for field in message.DESCRIPTOR.fields:
        is_list, value = field.label == field.LABEL_REPEATED, getattr(message, field.name)
        parts = []
        if field.cpp_type == field.CPPTYPE_MESSAGE:
            parts = [[lie] for lie in lies(value[0] if is_list else value)] if not is_list or value else []
            parts += [[], [value[0]] * 3] if is_list and value else [[]]
        else:
            parts = [[w] for w in wrong(field)] + ([[], [wrong(field)[-1]] * 300] if is_list else [])
        for part in parts:
            copy = type(message)()
            copy.CopyFrom(message)
            copy.ClearField(field.name)
            if is_list:
                getattr(copy, field.name).extend(part)
            elif part and field.cpp_type == field.CPPTYPE_MESSAGE:
                getattr(copy, field.name).CopyFrom(part[0])
            elif part:
                setattr(copy, field.name, part[0])
            yield copy


def truths(h, log):
    """One frame of each kind, but for HELLO, as an honest member could send it."""
    w, head, id = h.wire, log.checkpoint(), log.id
    leaves = [reflog.leaf_hash(header) for header in log.headers]
    path = reflog.consistency_proof(1, leaves)
    heads = log.heads()
    heads.heads[0].cosignatures.add().CopyFrom(heads.heads[0].heartbeat)
    return dict(heads=heads, data=log.data(), open=w.Open(log=id), close=w.Close(log=id, reason=1), refused=w.Refused(log=id),
                get=w.Get(log=id, first=1, count=1, what=w.Get.BODY), gone=w.Gone(log=id, first=1, count=1, reason=1),
                proof=w.Proof(log=id, old_size=1, new_size=len(leaves)), roster=w.Roster(**{"from": 1, "note": b"roster"}),
                proof_answer=w.ProofAnswer(log=id, old_size=1, prefix_root=leaves[0], checkpoint=head, path=path),
                cosign=w.Cosign(log=id, size=head.size, root=head.root, line=log.heartbeat(head)),
                fork=w.Fork(origin=h.peer.name, older=log.checkpoint(1), newer=head, prefix_root=leaves[0], path=path),
                reset=w.Reset(session=os.urandom(8), reason=1), ack=w.Ack(log=id, size=1, level=w.Ack.STORED),
                heads_request=w.HeadsRequest(), credit=w.Credit(limit=1 << 40))


def fields(h):
    for lane, class_name in ((BULK, "data"), (ALERT, "alert")):
        s, log = h.followed(lane, class_name)
        for kind, truth in truths(h, log).items():
            for lie in lies(truth):
                h.flood(h.session(lane), h.frame(s, **{kind: lie}), 1)


def greetings(h):
    s = h.session(BULK)
    true = h.wire.Hello(protocols=[1], federation=h.peer.federation, node=h.peer.name, to=h.node, session=os.urandom(8), lane=BULK, credit=1 << 24)
    for lie in lies(true):
        h.flood(s, h.wire.Frame(hello=lie).SerializeToString(), 1)


# --- Order, sessions, counts, replays -------------------------------------------------------------------------------------

def order(h):
    """What nobody asked for, at once after the greeting: batches, bodies, answers; and a log from its end to its beginning."""
    s, log = h.session(BULK), h.log(records=20)
    w = h.wire
    for first in reversed(range(len(log.headers))):
        s.send(data=log.data(first, 1))
    s.send(data=w.Data(log=log.id, first=1, bodies=[w.Body(state=1, bytes=b"unasked")]))
    s.send(roster=w.Roster(**{"from": 2, "note": b"unasked"}))
    h.flood(s, h.frame(s, proof_answer=truths(h, log)["proof_answer"]), 20)
    h.flood(s, h.frame(s, ack=w.Ack(log=os.urandom(16), size=U64, level=w.Ack.STORED)), 20)
    s.send(heads=log.heads())


def sessions(h):
    s = h.session(ALERT)
    for _ in range(200):
        h.flood(s, h.wire.Frame(session=os.urandom(8), credit=h.wire.Credit(limit=U64)).SerializeToString(), 1)


def counts(h):
    """As many entries as a frame can hold, and numbers as large as can be said."""
    s, log = h.followed(BULK, "data")
    w = h.wire
    h.flood(s, h.frame(s, get=w.Get(log=log.id, first=0, count=(1 << 32) - 1, what=w.Get.BODY)), 5)
    h.flood(s, h.frame(s, gone=w.Gone(log=log.id, first=0, count=(1 << 32) - 1, reason=1)), 5)
    h.flood(s, h.frame(s, open=w.Open(**{"log": log.id, "from": U64})), 5)
    h.flood(s, h.frame(s, ack=w.Ack(log=log.id, size=U64, level=w.Ack.STORED)), 5)
    h.flood(s, h.frame(s, data=log.data(headers=[b""] * 60000, bodies=[])), 1)
    s = h.session(BULK)
    h.flood(s, h.frame(s, proof_answer=w.ProofAnswer(log=log.id, old_size=1, path=[b""] * 200000)), 1)
    s = h.session(BULK)
    h.flood(s, h.frame(s, heads=w.Heads(heads=[w.Head()] * 100000)), 1)


def replays(h):
    s, log = h.followed(BULK, "data")
    batch, heads = h.frame(s, data=log.data()), h.frame(s, heads=log.heads())
    for _ in range(50):
        h.flood(s, batch, 2)
        h.flood(s, heads, 2)


def foreign(h):
    """Heads and batches that are well signed, for another federation, and another federation's greeting."""
    ours = h.peer.federation
    s = h.session(BULK)
    h.peer.federation = "f" * 32
    log = refpeer.Log(h.peer)
    log.add(log.header(h.body), h.body)
    s.send(heads=log.heads())
    h.peer.federation = ours
    mine = h.log()
    s.send(heads=mine.heads())
    h.peer.federation = "f" * 32
    anchor = mine.checkpoint()
    h.peer.federation = ours
    s.send(data=mine.data(anchor=anchor))


def copies(h):
    """Another's headers, in a log of ours."""
    s = h.session(BULK)
    log = h.kept.get("copies")
    if log is None:
        heads = s.wait("heads", fits=lambda heads: any(head.origin == "us-noaa" and head.held > 1 for head in heads.heads))
        headers, bodies = h.peer.read_log(s, next(head for head in heads.heads if head.origin == "us-noaa" and head.held > 1))
        log = h.kept["copies"] = refpeer.Log(h.peer)
        for _ in range(200):
            log.add(headers[-1], bodies[-1])
    s.send(heads=log.heads())
    s.send(data=log.data())


# --- What costs more than it looks ----------------------------------------------------------------------------------------

def lines(h):
    """Cosignature lines that do not verify, under heads of ours and of others."""
    s = h.session(ALERT)
    known = [head for frame in s.received if frame.WhichOneof("body") == "heads" for head in frame.heads.heads]
    log = h.log("alert")
    heads = log.heads()
    us = h.peer.members["us-noaa"]
    key = reflog.key_id("%s/us-noaa/witness" % h.peer.federation, 4, refpeer.base64.b64decode(us["keys"]["witness"][0]))
    bad = h.wire.Cosignature(node="us-noaa", key_id=key, time=1 << 40, signature=os.urandom(64))
    heads.heads[0].cosignatures.extend([bad] * 32)
    s.send(heads=heads)
    targets = [heads.heads[0].checkpoint] + [head.checkpoint for head in known[-8:]]
    for c in targets:
        h.flood(s, h.frame(s, cosign=h.wire.Cosign(log=c.log, size=c.size, root=c.root, line=bad)), 300)


def true_lines(h):
    """Lines of our own, each newer than the one before: every one is good."""
    s, log = h.followed(ALERT, "alert")
    s.send(data=log.data())
    c = log.checkpoint()
    h.kept.setdefault("time", 1)
    for _ in range(500):
        h.kept["time"] += 1
        heads = log.heads(c, when=h.kept["time"])
        h.flood(s, h.frame(s, heads=heads), 1)


def growth(h):
    """Heads of a log of ours that is held, each larger than the one before, with no leaves to show for it."""
    s, log = h.followed(ALERT, "alert")
    s.send(data=log.data())
    h.kept.setdefault("size", len(log.headers))
    for _ in range(300):
        h.kept["size"] += 1
        h.flood(s, h.frame(s, heads=log.heads(log.checkpoint(h.kept["size"], os.urandom(32)))), 1)


def cosigns(h):
    """The same with cosignatures of a head of another, which cost no credit."""
    s = h.session(ALERT)
    if "target" not in h.kept:
        heads = s.wait("heads", fits=lambda heads: any(head.origin == "us-noaa" for head in heads.heads)).heads
        h.kept["target"] = min((head.checkpoint for head in heads if head.origin == "us-noaa"), key=lambda c: c.size)  # one that does not grow
        h.kept["time"] = 1
    c, key, name = h.kept["target"], h.peer.witness_key, "%s/%s/witness" % (h.peer.federation, h.peer.name)
    text = reflog.checkpoint_text(reflog.origin_line(h.peer.federation, "us-noaa", c.log), c.size, c.root)
    for _ in range(500):
        h.kept["time"] += 1
        line = h.wire.Cosignature(node=h.peer.name, key_id=reflog.key_id(name, 4, bytes(key.verify_key)), time=h.kept["time"],
                                  signature=key.sign(reflog.cosign_message(text, h.kept["time"])).signature)
        h.flood(s, h.frame(s, cosign=h.wire.Cosign(log=c.log, size=c.size, root=c.root, line=line)), 1)


def signatures(h):
    """Heads that are not signed by anybody, each of another log."""
    s = h.session(ALERT)
    log = h.log("alert")
    head = log.heads().heads[0]
    for _ in range(100):
        some = h.wire.Heads()
        for _ in range(4):
            made = some.heads.add()
            made.CopyFrom(head)
            made.checkpoint.signature = os.urandom(64)
            made.checkpoint.size += 1
        h.flood(s, h.frame(s, heads=some), 1)


def hellos(h):
    s = h.session(ALERT)
    hello = h.wire.Frame(hello=h.wire.Hello(protocols=[1], federation=h.peer.federation, node=h.peer.name, to=h.node, session=os.urandom(8),
                                            lane=ALERT, credit=1 << 24)).SerializeToString()
    h.flood(s, hello, 500)
    s.theirs = b""


def credit(h):
    """Take without giving: more than was allowed; all logs again and again, with endless credit, and none of it is read."""
    s = h.session(BULK)
    heavy = h.frame(s, heads=h.wire.Heads(heads=[h.wire.Head(origin="x" * 4000) for _ in range(30)]))
    h.flood(s, heavy, 20)
    s = h.session(ALERT)
    known = {head.checkpoint.log for frame in s.received if frame.WhichOneof("body") == "heads" for head in frame.heads.heads}
    s.send(credit=h.wire.Credit(limit=U64))
    for log in known:
        h.flood(s, h.frame(s, open=h.wire.Open(log=log)), 100)


# --- Below the protocol ---------------------------------------------------------------------------------------------------

def endless(h):
    raw = rawpeer.Raw(h.peer, h.node)
    hello = h.wire.Hello(protocols=[1], federation=h.peer.federation, node=h.peer.name, to=h.node, session=os.urandom(8), lane=BULK, credit=1 << 24)
    raw.send(h.wire.Frame(hello=hello).SerializeToString())
    part = bytes(500000)
    try:
        for _ in range(400):
            raw.send(part, more=True)
    except OSError:
        pass
    raw.close()


def multipart(h):
    """Messages that never end, on several connections at once, after greetings that were fine."""
    threads = [threading.Thread(target=endless, args=(h,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def loris(h):
    """Connections that never come to a point: a true greeting, byte by byte, and the beginning of a frame."""
    held = h.kept.setdefault("held", {})
    if not held:
        for _ in range(40):
            held[rawpeer.call(h.peer, h.node)] = rawpeer.GREETING % 0
        for _ in range(4):
            raw = rawpeer.Raw(h.peer, h.node)
            held[raw.socket] = raw.message(bytes(400000))
    for one, rest in list(held.items()):
        try:
            one.send(rest[:1])
            held[one] = rest[1:]
        except OSError:
            del held[one]
    threading.Event().wait(0.2)  # as slowly as it likes


def redials(h):
    """A connection after the other, each with a frame that ends it."""
    raw = None
    try:
        raw = rawpeer.Raw(h.peer, h.node)
        raw.send(b"")
    except OSError:
        threading.Event().wait(0.05)
    if raw is not None:
        raw.close()


CASES = {f.__name__: f for f in (fields, greetings, order, sessions, counts, replays, foreign, copies, lines, true_lines, growth, cosigns, signatures, hellos, credit,
                                 multipart, loris, redials)}


def main():
    case, directory, name, node, body, folder = sys.argv[1:]
    with open(body, "rb") as file:
        h = Hostile(directory, name, node, file.read(), folder)
    end = threading.Thread(target=sys.stdin.read)
    end.daemon = True
    end.start()
    rounds = 0
    print("begins", flush=True)
    while end.is_alive():
        CASES[case](h)
        rounds += 1
        print("round", rounds, flush=True)
    h.peer.close()


if __name__ == "__main__":
    main()
