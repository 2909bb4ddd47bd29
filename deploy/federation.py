"""Nodes on this machine: made, started, asked, killed and stopped. Used by deploy/demo and tests/scenario.

Needs nothing but Python's own library and the two programs of a build. Every wait is for an event of a node (a line on its
standard error, docs/events.md) or for a state that is asked for, with a deadline; nothing is assumed after a pause.
"""
import ctypes
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
ROLES = ("gate", "core", "sign")
LINE = re.compile(r"^\S+Z (\w+) (\S+) (\w+) ?(.*)$")
FIELD = re.compile(r'(\w+)=("(?:\\.|[^"\\])*"|\S*)')


class Failed(Exception):
    """What did not happen, in words for people."""


def die_with_parent():
    """A node must not outlive whoever started it, however that ended."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port(rng=random.SystemRandom()):
    """A port that nobody listens on, below the range that the kernel takes outgoing ports from; PARALLAX_PORTS=FIRST-LAST keeps apart those who ask at once."""
    first, last = os.environ.get("PARALLAX_PORTS", "20000-31999").split("-")
    for _ in range(200):
        port = rng.randint(int(first), int(last))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failed("no free port between %s and %s on 127.0.0.1" % (first, last))


class Event:
    """One line of a node's event log."""

    def __init__(self, line):
        match = LINE.match(line)
        self.line = line
        self.level, self.speaker, self.name, rest = match.groups() if match else ("", "", "", "")
        self.fields = {key: value.strip('"') for key, value in FIELD.findall(rest)}

    def fits(self, name, fields):
        return self.name == name and all(self.fields.get(k) == str(v) for k, v in fields.items())


class Events:
    """What a node said, from the moment it was started."""

    def __init__(self, log_path):
        self.all, self.changed, self.ended = [], threading.Condition(), False
        self.log_path = log_path

    def read(self, stream):
        with open(self.log_path, "a", encoding="utf-8", errors="replace") as log:
            for raw in iter(stream.readline, b""):
                line = raw.decode("utf-8", "replace").rstrip("\n")
                log.write(line + "\n")
                log.flush()
                with self.changed:
                    self.all.append(Event(line))
                    self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def mark(self):
        """Where the log stands now: wait(after=mark) hears only of what comes later."""
        with self.changed:
            return len(self.all)

    def find(self, name, after=0, **fields):
        with self.changed:
            return [event for event in self.all[after:] if event.fits(name, fields)]

    def wait(self, name, after=0, timeout=30, count=1, **fields):
        """The ${count}-th event that fits."""
        deadline, at, seen = time.monotonic() + timeout, after, 0
        with self.changed:
            while True:
                while at < len(self.all):
                    seen += self.all[at].fits(name, fields)
                    at += 1
                    if seen == count:
                        return self.all[at - 1]
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    wanted = " ".join([name] + ["%s=%s" % pair for pair in fields.items()])
                    tail = "\n".join("    " + event.line for event in self.all[-12:])
                    raise Failed("%s: no event `%s` %s; the last ones:\n%s" % (
                        self.log_path, wanted, "before it ended" if self.ended else "within %d s" % timeout, tail))
                self.changed.wait(left)


class Node:
    def __init__(self, build, directory, name):
        self.bin = os.path.join(build, "bin")
        self.directory, self.name = directory, name
        self.process, self.events, self.reader = None, None, None
        self.session = True  # of its own

    # --- The parallax program -----------------------------------------------------------------------------------------

    def cli(self, *words, check=True, timeout=120, cwd=None):
        """Run `parallax --node DIR words...`; with ${check}, anything but exit 0 is Failed."""
        command = [os.path.join(self.bin, "parallax"), "--node", self.directory] + [str(word) for word in words]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, cwd=cwd)
        done.out, done.err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        if check and done.returncode != 0:
            raise Failed("%s: `parallax %s` exits %d: %s" % (self.name, " ".join(map(str, words)), done.returncode, done.err.strip() or done.out.strip()))
        return done

    def json(self, *words, **options):
        """The answer of a reading word: one document, or a list of those on lines."""
        text = self.cli(*words, "--json", **options).out
        try:
            return json.loads(text)
        except ValueError:
            return [json.loads(line) for line in text.splitlines() if line]

    def publish(self, *words, **options):
        """Ids of the published records: (log, first, last) ranges by file."""
        answer = self.json("publish", *words, **options)
        answers = answer if isinstance(answer, list) else [answer]
        return [(entry["log"], entry["first"], entry["last"]) for one in answers for entry in one["ranges"]]

    def heads(self):
        """{log: (origin, series, leaves held, root, newest size known)}"""
        answer = self.json("log", "list")
        rows = answer if isinstance(answer, list) else answer["logs"]
        return {row["id"]: (row["origin"], row["series"], row["size"], row["root"], row["head_size"]) for row in rows}

    def picture(self):
        """The whole merged picture in its one canonical form."""
        return self.cli("picture", "export").stdout

    # --- The daemon ---------------------------------------------------------------------------------------------------

    def start(self, ready=True, timeout=60):
        assert self.process is None
        self.events = Events(os.path.join(self.directory, "events.log"))
        self.process = subprocess.Popen([os.path.join(self.bin, "parallaxd"), "--config", os.path.join(self.directory, "node.yaml")],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        start_new_session=self.session, process_group=None if self.session else 0, preexec_fn=die_with_parent)
        self.reader = threading.Thread(target=self.events.read, args=(self.process.stderr,), daemon=True)
        self.reader.start()
        if ready:
            self.events.wait("node_ready", timeout=timeout)
        return self

    def role_pid(self, role):
        """Process id of the newest process of a role, None before its first."""
        started = self.events.find("role_started", role=role)
        return int(started[-1].fields["pid"]) if started else None

    def kill(self, role, timeout=30):
        """kill -9 one role of this node and wait until the supervisor has put another in its place. False if it was gone already."""
        mark, pid = self.events.mark(), self.role_pid(role)
        if pid is None or not self.is_role(pid):
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.events.wait("role_started", role=role, after=mark, timeout=timeout)
        return True

    def is_role(self, pid):
        """Is ${pid} still a child of this node's supervisor? Nothing else is ever killed."""
        try:
            with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
                return int(file.read().rpartition(")")[2].split()[1]) == self.process.pid
        except (OSError, IndexError, ValueError):
            return False

    def stop(self, how=signal.SIGTERM, timeout=20):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session: nobody else is in it
            status = self.process.wait()
        self.reader.join(5)
        self.process = None
        return status

    def crash(self):
        """kill -9 of the supervisor and all roles at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join(5)
        self.process = None


class Federation:
    def __init__(self, build, directory, names, threshold=None, title="Demonstration"):
        self.build, self.directory = os.path.abspath(build), os.path.abspath(directory)
        self.nodes = [Node(self.build, os.path.join(self.directory, name), name) for name in names]
        self.roster = os.path.join(self.directory, "roster.yaml")
        self.threshold, self.title = threshold, title

    def __getitem__(self, name):
        return next(node for node in self.nodes if node.name == name)

    def make(self, agencies=None):
        """Directories, keys, ports, and a roster that every member signed and installed."""
        os.makedirs(self.directory, exist_ok=True)
        for node in self.nodes:
            self.init(node, (agencies or {}).get(node.name, node.name))
        self.write_roster(self.nodes)
        return self

    def init(self, node, agency):
        parallax(self.build, "init", node.directory, "--name", node.name, "--listen", "tcp://127.0.0.1:%d" % free_port(), "--agency", agency)

    def write_roster(self, members):
        requests = [os.path.join(node.directory, "join-request.yaml") for node in members]
        words = ["--threshold", str(self.threshold)] if self.threshold else []
        parallax(self.build, "roster", "new", "--title", self.title, *words, *requests, "-o", self.roster)
        for node in members:
            parallax(self.build, "roster", "sign", self.roster, "--key", os.path.join(node.directory, "keys", "steward.key"), "--as", node.name)
        for node in members:
            node.cli("roster", "install", self.roster)

    def start(self, *names):
        chosen = [node for node in self.nodes if not names or node.name in names]
        for node in chosen:
            node.start(ready=False)
        for node in chosen:
            node.events.wait("node_ready", timeout=60)
        return self

    def stop(self):
        for node in self.nodes:
            if node.process is not None and node.process.poll() is None:
                node.process.send_signal(signal.SIGTERM)
        for node in self.nodes:
            node.stop()

    def wait_equal(self, ranges=(), nodes=None, timeout=120, progress=None):
        """Until all nodes hold the same leaves of the same logs, up to the newest head that any knows, and ${ranges} with them."""
        nodes = nodes or self.nodes
        deadline = time.monotonic() + timeout
        while True:
            heads = [node.heads() for node in nodes]
            state = difference(nodes, heads, ranges)
            if progress:
                progress(heads)
            if state is None:
                return heads[0]
            if time.monotonic() > deadline:
                raise Failed("after %d s the nodes do not hold the same: %s" % (timeout, state))
            time.sleep(0.05)  # between two questions; the answer decides


def difference(nodes, heads, ranges):
    """None when equal and complete, else the first difference in words."""
    for node, mine in zip(nodes, heads):
        for log, (origin, series, size, root, head_size) in mine.items():
            if size != head_size:
                return "%s holds %d of %d leaves of %s" % (node.name, size, head_size, series or log)
            for other, theirs in zip(nodes, heads):
                if log not in theirs:
                    return "%s has not heard of %s of %s" % (other.name, log, origin)
                if theirs[log][2:4] != (size, root):
                    return "%s: %s holds %d leaves, %s %d" % (series or log, node.name, size, other.name, theirs[log][2])
        for log, _, last in ranges:
            if log not in mine or mine[log][2] <= last:
                return "%s lacks leaf %d of %s" % (node.name, last, log)
    return None


def parallax(build, *words, check=True, cwd=None):
    """A word that speaks to no node."""
    done = subprocess.run([os.path.join(build, "bin", "parallax")] + [str(word) for word in words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, cwd=cwd)
    done.out, done.err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    if check and done.returncode != 0:
        raise Failed("`parallax %s` exits %d: %s" % (" ".join(map(str, words)), done.returncode, done.err.strip() or done.out.strip()))
    return done
