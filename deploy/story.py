"""Stories that deploy/demo --check tells of a federation: what was done, what was expected, what was seen. Each is real nodes on this machine."""
import json
import os
import re
import shutil
import signal
import socket
import tempfile
import threading
import time

from federation import Failed, Federation, Node, free_port, parallax

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAMPLE = os.path.join(ROOT, "config", "sample")
NAMES = ("us-noaa", "fr-cnes", "jp-jaxa")
MODE = ("--mode", "SIMULATED")


def did(text):
    print("did         " + text, flush=True)


def expected(text):
    print("expected    " + text, flush=True)


def saw(text):
    print("saw         " + text, flush=True)


def sample(path):
    return os.path.join(SAMPLE, path)


def until(holds, what, timeout=60):
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > deadline:
            raise Failed("after %d s: %s" % (timeout, what))
        time.sleep(0.05)  # between two questions; the answer decides


def records(ranges):
    return sum(last - first + 1 for _, first, last in ranges)


def make(build, directory, names=NAMES, endpoint=lambda name, port: "tcp://127.0.0.1:%d" % port):
    federation = Federation(build, directory, names, None, "A story")
    os.makedirs(federation.directory, exist_ok=True)
    for node in federation.nodes:
        port = free_port()
        parallax(build, "init", node.directory, "--name", node.name, "--listen", "tcp://127.0.0.1:%d" % port, "--endpoint", endpoint(node.name, port))
    federation.write_roster(federation.nodes)
    return federation


def verify_elsewhere(federation, text, *words):
    """`parallax verify` of ${text} in an empty directory, with the roster alone."""
    with tempfile.TemporaryDirectory() as away:
        path = os.path.join(away, "evidence")
        with open(path, "wb") as file:
            file.write(text)
        roster = shutil.copy(federation.roster, away)
        return parallax(federation.build, "verify", path, "--roster", roster, *words, cwd=away).out


# --- relay ------------------------------------------------------------------------------------------------------------

def relay(build, directory, stack):
    federation = make(build, directory, endpoint=lambda name, port: "tcp://127.0.0.1:%d" % port if name == "fr-cnes" else "")
    stack.callback(federation.stop)
    us, fr, jp = federation.nodes
    federation.start()
    for node in (us, jp):
        node.events.wait("session_open", peer="fr-cnes", lane="bulk")
    did("started three nodes; us-noaa and jp-jaxa cannot reach each other, both reach fr-cnes")
    ranges = us.publish(*MODE, sample("us-noaa/orbits.csv"), sample("us-noaa/conjunction-1.cdm"))
    ranges += jp.publish(*MODE, sample("jp-jaxa/orbits.json"))
    did("published %d records at the two ends" % records(ranges))
    expected("each end holds what the other said, with the other's own signature")
    federation.wait_equal(ranges)
    assert_no_link(us, jp)
    log, first, _ = ranges[0]
    proof = jp.cli("prove", "%s:%d" % (log, first)).stdout
    told = verify_elsewhere(federation, proof)
    if "us-noaa" not in told:
        raise Failed("the proof does not name us-noaa: %s" % told)
    saw("all three hold the same; jp-jaxa proves a record of us-noaa, which it never spoke to, and the proof verifies offline")
    mark = {node: node.events.mark() for node in (us, jp)}
    fr.crash()
    more = us.publish(*MODE, sample("us-noaa/conjunction-2.cdm"))
    did("killed the relay, published %d more at us-noaa, started the relay again" % records(more))
    expected("jp-jaxa gets it as soon as the relay is back")
    fr.start()
    for node in (us, jp):
        node.events.wait("session_open", peer="fr-cnes", lane="bulk", after=mark[node])
    federation.wait_equal(ranges + more)
    saw("all three hold the same %d leaves" % sum(row[2] for row in jp.heads().values()))


def assert_no_link(*nodes):
    for node in nodes:
        others = {other.name for other in nodes} - {node.name}
        for row in node.json("peers"):
            if row["node"] in others and (row["alert_up"] or row["bulk_up"]):
                raise Failed("%s has a session with %s: this was to be a relay" % (node.name, row["node"]))


# --- join -------------------------------------------------------------------------------------------------------------

def sign(federation, path, nodes):
    for node in nodes:
        parallax(federation.build, "roster", "sign", path, "--key", os.path.join(node.directory, "keys", "steward.key"), "--as", node.name)


def join(build, directory, stack):
    federation = make(build, directory)
    stack.callback(federation.stop)
    federation.start()
    us, fr, jp = federation.nodes
    ranges = us.publish(*MODE, "--wait", 2, sample("us-noaa/orbits.csv"))
    did("started three nodes, published %d records" % records(ranges))
    newcomer = Node(federation.build, os.path.join(federation.directory, "br-inpe"), "br-inpe")
    stack.callback(newcomer.stop)
    federation.init(newcomer, "br-inpe")
    second = os.path.join(federation.directory, "roster-2.yaml")
    parallax(build, "roster", "add", os.path.join(us.directory, "roster", "000001.note"), os.path.join(newcomer.directory, "join-request.yaml"), "-o", second)
    sign(federation, second, (us, fr, jp))
    begun = time.monotonic()
    us.cli("roster", "update", second)
    did("br-inpe made its keys; the stewards signed version 2 of the roster; us-noaa was given it, nobody was stopped")
    expected("fr-cnes and jp-jaxa take it from us-noaa by themselves")
    until(lambda: all(node.json("status")["roster_version"] == 2 for node in federation.nodes), "not all have version 2")
    saw("all three go on with version 2 after %.1f s" % (time.monotonic() - begun))
    chain = os.path.join(federation.directory, "chain.note")
    us.cli("roster", "chain", "-o", chain)
    fingerprint = us.json("roster", "show", os.path.join(us.directory, "roster", "000001.note"))["sha256"]
    newcomer.cli("roster", "update", chain, "--fingerprint", fingerprint)
    newcomer.start()
    did("started br-inpe with the chain of rosters, checked against the fingerprint that a person told it")
    expected("it holds everything, and the others hold what it says")
    ranges += newcomer.publish(*MODE, "--wait", 3, sample("fr-cnes/conjunction-1.xml"))
    federation.wait_equal(ranges, nodes=federation.nodes + [newcomer])
    saw("four nodes hold the same %d leaves" % sum(row[2] for row in us.heads().values()))
    third = os.path.join(federation.directory, "roster-3.yaml")
    parallax(build, "roster", "remove", os.path.join(us.directory, "roster", "000002.note"), "br-inpe", "-o", third)
    sign(federation, third, (us, fr, jp))
    mark = newcomer.events.mark()
    us.cli("roster", "update", third)
    did("the stewards removed br-inpe again")
    expected("its connections are cut, what it said stays, nothing new reaches it")
    until(lambda: all(node.json("status")["roster_version"] == 3 for node in federation.nodes), "not all have version 3")
    newcomer.events.wait("session_end", after=mark, peer="us-noaa", lane="bulk")
    more = us.publish(*MODE, "--wait", 2, sample("us-noaa/conjunction-1.cdm"))
    federation.wait_equal(ranges + more)
    if newcomer.heads()[more[0][0]][2] > more[0][2]:
        raise Failed("br-inpe got a record that was published after it was removed")
    saw("three nodes hold the new record, br-inpe does not")


# --- restore ----------------------------------------------------------------------------------------------------------

def restore(build, directory, stack):
    federation = make(build, directory)
    stack.callback(federation.stop)
    federation.start()
    us, fr, jp = federation.nodes
    ranges = us.publish(*MODE, "--wait", 2, sample("us-noaa/orbits.csv"))
    us.stop()
    backup = os.path.join(federation.directory, "backup")
    os.makedirs(backup)
    for name in os.listdir(us.directory):
        if name.startswith("store.db"):
            shutil.copy(os.path.join(us.directory, name), backup)
    us.start()
    more = us.publish(*MODE, "--wait", 2, sample("us-noaa/conjunction-1.cdm"), sample("us-noaa/conjunction-2.cdm"))
    did("published %d records, copied the store of us-noaa, published %d more" % (records(ranges), records(more)))
    original = us.cli("export", "%s:%d" % more[-1][:2], "--original").stdout
    us.crash()
    for name in os.listdir(us.directory):
        if name.startswith("store.db"):
            os.remove(os.path.join(us.directory, name))
    for name in os.listdir(backup):
        shutil.copy(os.path.join(backup, name), us.directory)
    us.start()
    did("us-noaa lost its power and its disk, and was started from the copy")
    expected("before it signs anything it gets its own newer records back from the others, and its log goes on without a fork")
    us.events.wait("guard_behind")
    federation.wait_equal(ranges + more)
    after = us.publish(*MODE, "--wait", 2, sample("us-noaa/conjunction-3.cdm"))
    if us.cli("export", "%s:%d" % more[-1][:2], "--original").stdout != original:
        raise Failed("a recovered record has other bytes than before")
    if after[0][0] != ranges[0][0]:
        raise Failed("the log did not go on")
    federation.wait_equal(ranges + more + after)
    no_forks(federation)
    saw("the same log went on at leaf %d, the recovered records have their bytes, nobody saw a contradiction" % after[0][1])
    us.stop()
    for name in os.listdir(us.directory):
        if name.startswith("store.db"):
            os.remove(os.path.join(us.directory, name))
    us.start()
    did("us-noaa lost its store whole")
    expected("everything comes back from the others, its own logs too")
    last = us.publish(*MODE, "--wait", 2, sample("us-noaa/conjunction-4.cdm"))
    federation.wait_equal(ranges + more + after + last)
    no_forks(federation)
    saw("%d leaves are back at us-noaa, and it published one more" % sum(row[2] for row in us.heads().values()))


def no_forks(federation):
    for node in federation.nodes:
        found = node.events.find("fork_found") + node.events.find("log_frozen")
        if found:
            raise Failed("%s: %s" % (node.name, found[0].line))


# --- fork -------------------------------------------------------------------------------------------------------------

def fork(build, directory, stack):
    federation = make(build, directory)
    stack.callback(federation.stop)
    federation.start()
    us, fr, jp = federation.nodes
    us.publish(*MODE, "--wait", 2, sample("us-noaa/orbits.csv"))
    us.stop()
    twin = Node(federation.build, os.path.join(federation.directory, "us-noaa-copy"), "us-noaa")
    shutil.copytree(us.directory, twin.directory, ignore=shutil.ignore_patterns("run", "events.log"))
    path = os.path.join(twin.directory, "node.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(r"^listen:.*$", "listen: tcp://127.0.0.1:%d" % free_port(), text, flags=re.M))
    stack.callback(twin.stop)
    for node in (us, twin):
        node.start(ready=False)
    for node in (us, twin):
        node.events.wait("guard_passed", count=3)
    did("copied the whole directory of us-noaa, keys and all, and ran both copies: what no operator may do")
    for node in (fr, jp):
        os.killpg(node.process.pid, signal.SIGSTOP)
    try:
        one = us.publish(*MODE, sample("us-noaa/conjunction-1.cdm"))
        two = twin.publish(*MODE, sample("us-noaa/conjunction-2.cdm"))
    finally:
        for node in (fr, jp):
            os.killpg(node.process.pid, signal.SIGCONT)
    did("held the others still while each copy published a record of its own under the same number, then let them go on")
    if one[0][:2] != two[0][:2]:
        raise Failed("the copies signed different leaves: %s, %s" % (one, two))
    log = one[0][0]
    expected("both others find two signed heads that cannot both be true, freeze the log, and can show it to anybody")
    for node in (fr, jp):
        node.events.wait("fork_found", origin="us-noaa", timeout=60)
        row = next(row for row in node.json("log", "list") if row["id"] == log)
        if row["state"] != "frozen":
            raise Failed("%s: the log is %s" % (node.name, row["state"]))
        text = node.cli("log", "evidence", log).stdout
        told = json.loads(verify_elsewhere(federation, text, "--json"))
        if told["origin"] != "us-noaa" or told["log"] != log:
            raise Failed("the evidence of %s is of something else: %s" % (node.name, told))
    saw("frozen at both; the evidence of each verifies offline and names us-noaa")
    expected("the others go on, and so does us-noaa, in a new log")
    more = fr.publish(*MODE, "--wait", 1, sample("fr-cnes/conjunction-1.xml"))
    until(lambda: all(more[0][0] in node.heads() and node.heads()[more[0][0]][2] > more[0][2] for node in (fr, jp)), "jp-jaxa does not hold the new record of fr-cnes")
    twin.stop()
    until(lambda: us.cli("publish", *MODE, "--timeout", 5, sample("us-noaa/conjunction-3.cdm"), check=False).returncode == 0, "us-noaa cannot publish any more")
    again = us.publish(*MODE, "--again", "--wait", 2, sample("us-noaa/conjunction-3.cdm"))
    if again[0][0] == log:
        raise Failed("us-noaa went on in the log that contradicts itself")
    saw("all three hold new records; those of us-noaa stand in log %s…, not in %s…" % (again[0][0][:8], log[:8]))


# --- secret -----------------------------------------------------------------------------------------------------------

MARKER = "MARKER-9F27-NOT-FOR-EVERYBODY"


class Wire:
    """A listener that passes everything on to ${target} and keeps a copy: who taps the line."""

    def __init__(self, target):
        self.target, self.seen, self.lock = target, bytearray(), threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                inside, _ = self.socket.accept()
            except OSError:
                return
            try:
                outside = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                inside.close()  # the node is not there yet: its peer dials again
                continue
            for pair in ((inside, outside), (outside, inside)):
                threading.Thread(target=self.copy, args=pair, daemon=True).start()

    def copy(self, source, target):
        try:
            while chunk := source.recv(65536):
                with self.lock:
                    self.seen += chunk
                target.sendall(chunk)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.socket.close()


def bytes_on_disk(node):
    """All files of a node's directory, the store's journal among them."""
    whole = b""
    for directory, _, files in os.walk(node.directory):
        for name in files:
            try:
                with open(os.path.join(directory, name), "rb") as file:
                    whole += file.read()
            except OSError:
                pass  # a socket
    return whole


def bytes_in_memory(node):
    """What the roles of a node have in memory now; NULL bytes of what may not be read."""
    whole = b""
    for role in ("sign", "seal", "core", "gate"):
        pid = node.role_pid(role)
        with open("/proc/%d/maps" % pid, encoding="ascii", errors="replace") as maps, open("/proc/%d/mem" % pid, "rb", 0) as memory:
            for line in maps:
                place, mode = line.split()[:2]
                begin, end = (int(part, 16) for part in place.split("-"))
                if mode.startswith("rw"):
                    try:
                        memory.seek(begin)
                        whole += memory.read(end - begin)
                    except OSError:
                        pass  # guarded, or gone
    return whole


def secret_file(directory, number, name=MARKER):
    """One orbit whose name is a marker."""
    path = os.path.join(directory, "secret-%d.csv" % number)
    with open(path, "w", encoding="ascii") as file:
        file.write("OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,EPHEMERIS_TYPE,"
                   "CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT\n"
                   "%s,2026-077A,2026-11-01T12:00:00,15.5,0.0001,51.6,10,20,30,0,U,%d,999,100,0.0001,0.00001,0\n" % (name, number))
    return path


def orbits(node):
    return [json.loads(line)["body"]["OBJECT_NAME"] for line in node.cli("query", "orbit", "--mode", "SIMULATED", "--json").out.splitlines()]


def secret(build, directory, stack):
    wires = {}

    def endpoint(name, port):
        if name != "fr-cnes":
            return ""
        wires[name] = Wire(port)
        stack.callback(wires[name].close)
        return "tcp://127.0.0.1:%d" % wires[name].port

    federation = make(build, directory, endpoint=endpoint)
    stack.callback(federation.stop)
    us, fr, jp = federation.nodes
    federation.start()
    for node in (us, jp):
        node.events.wait("session_open", peer="fr-cnes", lane="bulk")
    did("started three nodes; us-noaa and jp-jaxa reach each other through fr-cnes only, and the line to fr-cnes is tapped")
    us.cli("audience", "create", "inner", "jp-jaxa", "--carriers", "fr-cnes")
    ranges = us.publish(*MODE, "--audience", "inner", secret_file(directory, 900001))
    did("made an audience of us-noaa that jp-jaxa reads and fr-cnes carries, and published a record with a marker to it")
    expected("jp-jaxa reads it; fr-cnes holds it and cannot")
    until(lambda: orbits(jp) == [MARKER], "jp-jaxa does not read the record")
    record = "%s:%d" % ranges[0][:2]
    if orbits(fr) != [] or fr.cli("export", record, check=False).returncode == 0:
        raise Failed("fr-cnes reads what it carries")
    rules = {name: us.json("explain-release", name, record)["rule"] for name in NAMES}
    saw("jp-jaxa shows it, fr-cnes does not; explain-release: %s" % ", ".join("%s %s" % pair for pair in rules.items()))
    expected("no byte of the marker on fr-cnes' disk, in its memory, or on its line; the search finds it at jp-jaxa")
    jp.cli("export", record)
    if MARKER.encode() not in bytes_in_memory(jp):
        raise Failed("the search of the memory finds nothing where it must: it proves nothing")
    for place, content in (("disk", bytes_on_disk(fr)), ("memory", bytes_in_memory(fr)), ("line", bytes(wires["fr-cnes"].seen))):
        if MARKER.encode() in content or len(content) < 4096:
            raise Failed("the marker is in the %s of fr-cnes (%d bytes)" % (place, len(content)))
        saw("%s of fr-cnes: %d bytes, the marker is not among them" % (place, len(content)))
    us.cli("audience", "remove", "inner", "jp-jaxa")
    us.cli("audience", "add", "inner", "fr-cnes")
    more = us.publish(*MODE, "--audience", "inner", secret_file(directory, 900002, "SECOND"))
    did("removed jp-jaxa from the readers, made fr-cnes one, published another")
    expected("fr-cnes reads the new one and not the old one; jp-jaxa keeps the old one and gets no more")
    until(lambda: orbits(fr) == ["SECOND"], "fr-cnes does not read the new record")
    opened = us.publish(*MODE, "--wait", 1, sample("us-noaa/conjunction-1.cdm"))
    until(lambda: opened[0][0] in jp.heads() and jp.heads()[opened[0][0]][2] > opened[0][2], "jp-jaxa does not hold an open record that came later")
    if orbits(jp) != [MARKER] or more[0][0] in jp.heads():
        raise Failed("jp-jaxa got what was published after it was removed")
    saw("as expected; the old log ended, and the new one has another key")


STORIES = {"relay": relay, "join": join, "restore": restore, "secret": secret, "fork": fork}
