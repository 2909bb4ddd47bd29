#!/usr/bin/python3
"""The demonstration behind deploy/demo: a federation of three nodes, published to, watched, and on demand checked and hurt."""
import argparse
import contextlib
import fcntl
import json
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time

import story
from federation import ROLES, Failed, Federation, parallax

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAMPLE = os.path.join(ROOT, "config", "sample")
BUILD = os.path.join(ROOT, "build", "release")
AGENCIES = {"us-noaa": "National Oceanic and Atmospheric Administration", "fr-cnes": "Centre national d'etudes spatiales",
            "jp-jaxa": "Japan Aerospace Exploration Agency"}
NAMES = tuple(AGENCIES)
# Of three stewards none is assumed faulty: t > 3/2, so that two valid successors cannot exist, and t <= 3.
THRESHOLD = 2
SMALL_BYTES = 12000   # files up to this size are published one by one and timed
KILLS_PUBLISHING, KILLS_CATCHING_UP = 12, 6
ROUNDS_AWAY = 4           # of the whole sample, while one node is away
KILLING_SECONDS_MAX = 120


def say(topic, text):
    print("%-11s %s" % (topic, text), flush=True)


class Progress:
    """One line that changes on a terminal; elsewhere only what the caller says at the end."""

    def __init__(self, topic):
        self.topic, self.live, self.shown = topic, sys.stdout.isatty(), ""

    def show(self, text):
        if self.live and text != self.shown:
            print("\r\033[K%-11s %s" % (self.topic, text), end="", flush=True)
            self.shown = text

    def done(self, text):
        print(("\r\033[K" if self.live else "") + "%-11s %s" % (self.topic, text), flush=True)


class Demo:
    def __init__(self, options):
        self.options = options
        self.mode = options.mode or ("REAL" if options.data else "SIMULATED")
        self.federation = Federation(BUILD, options.dir, NAMES, THRESHOLD, "Parallax demonstration")
        self.acknowledged = {name: [] for name in NAMES}   # ranges (log, first, last)
        self.seconds = {name: [] for name in NAMES}        # of each single record: publish to stored at both others
        self.say_lock = threading.Lock()

    # --- What is published --------------------------------------------------------------------------------------------

    def files(self):
        """{nation: paths}"""
        if self.options.data:
            chosen, load = {name: [] for name in NAMES}, {name: 0 for name in NAMES}
            for path in sorted(self.options.data, key=os.path.getsize, reverse=True):  # the largest to whom has least
                name = min(NAMES, key=load.get)
                chosen[name].append(path)
                load[name] += os.path.getsize(path)
            return chosen
        return {name: sorted(os.path.join(SAMPLE, name, file) for file in os.listdir(os.path.join(SAMPLE, name))) for name in NAMES}

    def publish_one(self, node, path, *words):
        begun = time.monotonic()
        answer = node.json("publish", "--mode", self.mode, "--timeout", 120, *words, path, timeout=300)
        took = time.monotonic() - begun
        self.acknowledged[node.name] += [(r["log"], r["first"], r["last"]) for r in answer["ranges"]]
        return answer["records"], took

    def publish_large(self, node, paths):
        for path in paths:
            count, took = self.publish_one(node, path)
            with self.say_lock:
                say("publish", "%s  %-24s %6d records in %.2f s" % (node.name, os.path.basename(path), count, took))

    def publish(self):
        large, small = {}, {}
        for name, paths in self.files().items():
            large[name] = [path for path in paths if os.path.getsize(path) > SMALL_BYTES]
            small[name] = [path for path in paths if os.path.getsize(path) <= SMALL_BYTES]
        at_once([lambda node=node: self.publish_large(node, large[node.name]) for node in self.federation.nodes])
        self.wait_equal("share")
        for node in self.federation.nodes:
            records = 0
            for path in small[node.name]:
                count, took = self.publish_one(node, path, "--wait", 2)
                records += count
                if count == 1:
                    self.seconds[node.name].append(took)
            if small[node.name]:
                say("publish", "%s  %-24s %6d records, each file stored at both others before the next" %
                    (node.name, "%d small files" % len(small[node.name]), records))
        self.wait_equal("share")

    def wait_equal(self, topic):
        progress, begun = Progress(topic), time.monotonic()

        def show(heads):
            progress.show("   ".join("%s %d" % (node.name, held(rows)) for node, rows in zip(self.federation.nodes, heads)))

        ranges = [r for of_one in self.acknowledged.values() for r in of_one]
        rows = self.federation.wait_equal(ranges, progress=show)
        progress.done("all three hold %d records after %.2f s" % (held(rows), time.monotonic() - begun))
        return rows

    # --- What is shown ------------------------------------------------------------------------------------------------

    def table(self):
        titles = ["", "holds"] + ["of " + name for name in NAMES] + ["a record from publish to stored at both others"]
        rows = []
        for node in self.federation.nodes:
            heads = node.heads()
            times = self.seconds[node.name]
            told = "no single record was published" if not times else "%.0f ms (median of %d, slowest %.0f ms)" % (
                statistics.median(times) * 1000, len(times), max(times) * 1000)
            rows.append([node.name, str(held(heads))] + [str(held(heads, origin)) for origin in NAMES] + [told])
        widths = [max(len(row[k]) for row in [titles] + rows) for k in range(len(titles))]
        print()
        for row in [titles] + rows:
            print("  ".join(cell.ljust(width) if k in (0, 5) else cell.rjust(width) for k, (cell, width) in enumerate(zip(row, widths))).rstrip())
        print(flush=True)

    # --- What is verified ---------------------------------------------------------------------------------------------

    def alerts(self, node):
        """What follows from the rules, as each nation derived it and ${node} holds it: {nation: what is open}."""
        found = {name: [] for name in NAMES}
        for line in node.cli("alerts", "--mode", self.mode, "--json").out.splitlines():
            row = json.loads(line)
            found[row["origin"]].append(tuple(row["body"][key] for key in ("id", "rule_version", "level", "values")))
        return {name: sorted(rows) for name, rows in found.items()}

    def wait_alerts(self):
        """Until every nation has derived the same alerts and holds those of the others."""
        deadline = time.monotonic() + 120
        while True:
            seen = [self.alerts(node) for node in self.federation.nodes]
            if all(one[name] == seen[0][NAMES[0]] for one in seen for name in NAMES):
                break
            if time.monotonic() > deadline:
                raise Failed("the nations derived other alerts: %s" % [{name: len(rows) for name, rows in one.items()} for one in seen])
            time.sleep(0.2)
        say("check", "each nation derived the same %d alerts by the supplied rules, and holds those of the others" % len(seen[0][NAMES[0]]))

    def verify(self):
        nodes = self.federation.nodes
        self.wait_alerts()
        heads = self.federation.wait_equal([r for of_one in self.acknowledged.values() for r in of_one])
        say("check", "tree heads are equal: %d logs, %d leaves" % (len(heads), sum(row[2] for row in heads.values())))
        pictures = [node.picture() for node in nodes]
        if not pictures[0]:
            raise Failed("the picture is empty")
        for node, picture in zip(nodes, pictures):
            if picture != pictures[0]:
                raise Failed("picture export of %s differs from that of %s" % (node.name, nodes[0].name))
        say("check", "picture export is equal byte for byte: %d rows, %d bytes" % (pictures[0].count(b"\n"), len(pictures[0])))
        published = sum(last - first + 1 for of_one in self.acknowledged.values() for _, first, last in of_one)
        derived = nodes[0].cli("query", "alert", "--mode", self.mode, "--history", "--json").out.count("\n")
        derived += nodes[0].cli("query", "watch_report", "--history", "--json").out.count("\n")
        if held(heads) != published + derived:
            raise Failed("the logs hold %d records, but %d were acknowledged and %d are alerts that nodes derived and reports of their watches" % (held(heads), published, derived))
        say("check", "every node holds the %d acknowledged records, the %d alerts that nodes derived, and no other" % (published, derived))
        self.verify_counts()
        self.verify_believed()
        self.verify_proof()

    def verify_counts(self):
        """The sample's own list of what is in it, against the history of each node."""
        if self.options.data or self.options.check == "kill":
            return
        with open(os.path.join(SAMPLE, "counts.json"), encoding="ascii") as file:
            expected = json.load(file)
        for node in self.federation.nodes:
            for origin in NAMES:
                for kind in expected[origin]:
                    text = node.cli("query", kind, "--mode", self.mode, "--origin", origin, "--history", "--json").out
                    if text.count("\n") != expected[origin][kind]:
                        raise Failed("%s holds %d %s records of %s, expected %d" % (node.name, text.count("\n"), kind, origin, expected[origin][kind]))
        say("check", "record counts of every type and origin are as config/sample/counts.json says, at every node")

    def verify_believed(self):
        for node in self.federation.nodes:
            status = node.json("status")
            if status["quarantined"]:
                raise Failed("%s has %d records in quarantine" % (node.name, status["quarantined"]))
            forks = node.events.find("fork_found") + node.events.find("log_frozen")
            if forks:
                raise Failed("%s: %s" % (node.name, forks[0].line))
        say("check", "nothing is in quarantine, no log was frozen, no origin contradicted itself")

    def verify_proof(self):
        """A record of the first nation that has any, proved by the next, verified where there is no node."""
        origin = next(name for name in NAMES if self.acknowledged[name])
        prover = self.federation.nodes[(NAMES.index(origin) + 1) % len(NAMES)]
        log, _, last = self.acknowledged[origin][-1]
        proof = prover.cli("prove", "%s:%d" % (log, last)).stdout
        with tempfile.TemporaryDirectory() as away:
            path = os.path.join(away, "record.tlog-proof")
            roster = shutil.copy(self.federation.roster, away)
            write(path, proof)
            parallax(BUILD, "verify", path, "--roster", roster, cwd=away)
            at = proof.index(b"\nindex ") - 20   # inside the record
            write(path, proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1:])
            if parallax(BUILD, "verify", path, "--roster", roster, check=False, cwd=away).returncode == 0:
                raise Failed("a proof with a flipped byte verifies")
        say("check", "%s proves record %s…:%d of %s; it verifies offline, and not with a byte flipped" % (prover.name, log[:8], last, origin))

    # --- What is survived ---------------------------------------------------------------------------------------------

    def hurt(self, seed):
        """Publish round after round while roles die, then let a node that was away catch up while roles die."""
        nodes, rng = self.federation.nodes, random.Random(seed)
        say("kill", "seed %d (deploy/demo --check kill --seed %d does the same again)" % (seed, seed))
        with Killer(self.federation, random.Random(rng.random()), [(node, role) for node in nodes for role in ROLES]) as killer:
            enough = threading.Event()
            killer.after(KILLS_PUBLISHING, enough)
            at_once([lambda node=node: self.publish_rounds(node, seed, enough) for node in nodes])
            killer.wait(enough)
        say("kill", "%d roles killed while %d records were published" % (killer.count, sum(
            last - first + 1 for of_one in self.acknowledged.values() for _, first, last in of_one)))

        away = rng.choice(nodes)
        away.crash()
        say("kill", "%s is gone whole; the others go on" % away.name)
        others = [node for node in nodes if node is not away]
        for number in range(ROUNDS_AWAY):
            at_once([lambda node=node: self.publish_round(node, "%d-away-%d" % (seed, number)) for node in others])
        away.start()
        targets = [(away, role) for role in ROLES] + [(node, "gate") for node in others]
        with Killer(self.federation, random.Random(rng.random()), targets, pause_max=0.1) as killer:
            enough = threading.Event()
            killer.after(KILLS_CATCHING_UP, enough)
            killer.wait(enough)
        say("kill", "%d roles killed while %s catches up" % (killer.count, away.name))
        self.wait_equal("catch up")
        self.verify_repetition(others[0], "%d-away-0" % seed)

    def publish_rounds(self, node, seed, enough):
        number, deadline = 0, time.monotonic() + KILLING_SECONDS_MAX
        while number < 2 or not enough.is_set() and time.monotonic() < deadline:
            self.publish_round(node, "%d-%d" % (seed, number))
            number += 1

    def publish_round(self, node, name):
        for path in self.files()[node.name]:
            self.acknowledged[node.name] += self.publish_until_acknowledged(node, name, path)

    def publish_until_acknowledged(self, node, name, path):
        """A key of its own for each file and round: to say it again after a failure makes no second record."""
        deadline = time.monotonic() + 120
        while True:
            done = node.cli("publish", "--mode", self.mode, "--json", "--key", "%s-%s" % (name, os.path.basename(path)), "--timeout", 30, path,
                            check=False, timeout=120)
            if done.returncode == 0:
                return [(r["log"], r["first"], r["last"]) for r in json.loads(done.out)["ranges"]]
            if time.monotonic() > deadline:
                raise Failed("%s: %s is not published after two minutes: %s" % (node.name, os.path.basename(path), done.err.strip()))

    def verify_repetition(self, node, name):
        path = self.files()[node.name][0]
        again = self.publish_until_acknowledged(node, name, path)
        if any(r not in self.acknowledged[node.name] for r in again):
            raise Failed("%s: the same publication gave other ids the second time: %s" % (node.name, again))
        say("check", "the same publication again gives the same record ids")


class Killer(threading.Thread):
    """Kills random roles of random nodes, one after the other, until told to stop; watches that no head contradicts another."""

    def __init__(self, federation, rng, targets, pause_max=0.4):
        super().__init__(daemon=True)
        self.pause_max = pause_max
        self.federation, self.rng, self.targets = federation, rng, targets
        self.count, self.error = 0, None
        self.stopping, self.marks, self.roots = threading.Event(), [], {}

    def after(self, count, event):
        """Set ${event} when ${count} roles have been killed, or on failure."""
        self.marks.append((count, event))

    def run(self):
        try:
            while not self.stopping.wait(self.rng.uniform(0, self.pause_max)):
                node, role = self.rng.choice(self.targets)
                self.count += node.kill(role)
                self.look(node)
                self.tell()
        except Exception as error:  # told to whoever waits
            self.error = error
            self.tell()

    def wait(self, event):
        """Until ${event} is set; the killing must get on."""
        if not event.wait(KILLING_SECONDS_MAX):
            raise Failed("only %d roles could be killed in %d s" % (self.count, KILLING_SECONDS_MAX))
        if self.error:
            raise self.error

    def tell(self):
        for count, event in self.marks:
            if self.count >= count or self.error:
                event.set()

    def look(self, node):
        done = node.cli("log", "list", "--json", "--timeout", 20, check=False)
        if done.returncode != 0:
            return  # its core is starting again
        for row in json.loads(done.out) if done.out.startswith("[") else map(json.loads, done.out.splitlines()):
            key = (row["id"], row["size"])
            if self.roots.setdefault(key, row["root"]) != row["root"]:
                raise Failed("%s: log %s has two roots at size %d" % (node.name, row["id"], row["size"]))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        self.stopping.set()
        self.join()
        if self.error and kind is None:
            raise self.error


def held(heads, origin=None):
    """Records in the logs (of one origin): leaf 0 is a descriptor."""
    return sum(max(0, row[2] - 1) for row in heads.values() if origin in (None, row[0]))


def at_once(calls):
    """Run all in threads; the first failure is raised."""
    errors = []

    def guarded(call):
        try:
            call()
        except Exception as error:  # told to the main thread
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


def claim(directory):
    """An empty directory that no other demonstration uses; an older demonstration in it is removed, anything else refused."""
    marker = os.path.join(directory, ".parallax-demo")
    if os.path.isdir(directory) and os.listdir(directory) and not os.path.exists(marker):
        raise Failed("%s is neither empty nor a demonstration: name another with --dir" % directory)
    os.makedirs(directory, exist_ok=True)
    lock = open(marker, "w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Failed("another demonstration runs in %s: stop it, or name another with --dir" % directory) from None
    for name in os.listdir(directory):
        full = os.path.join(directory, name)
        if full != marker:
            shutil.rmtree(full) if os.path.isdir(full) else os.remove(full)
    return lock


def invite(federation, mode):
    program, node = os.path.relpath(os.path.join(BUILD, "bin", "parallax")), os.path.relpath(federation.nodes[1].directory)
    mode = "" if mode == "REAL" else " --mode " + mode
    print("Look around, in another terminal:\n  export PARALLAX_NODE=%s\n  %s status\n  %s query conjunction%s\n"
          "  %s query orbit --object 900000101%s\n  %s tail%s\nEach node's events are in %s. Ctrl-C stops the three nodes."
          % (node, program, program, mode, program, mode, program, mode, os.path.join(os.path.dirname(node), "*", "events.log")), flush=True)


def stay(nodes):
    while True:
        for node in nodes:
            if node.process.poll() is not None:
                raise Failed("%s ended by itself with %d: see %s" % (node.name, node.process.returncode, node.events.log_path))
        time.sleep(1)


def tell(options):
    """One of the stories, in words."""
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        stack.enter_context(claim(options.dir))
        story.STORIES[options.check](BUILD, options.dir, stack)
    say("check", "passed, %.1f s" % (time.monotonic() - begun))


def run(options):
    if options.check in story.STORIES:
        return tell(options)
    begun = time.monotonic()
    demo = Demo(options)
    federation = demo.federation
    for path in options.data or []:
        if not os.path.isfile(path):
            raise Failed("%s: no such file" % path)
    with contextlib.ExitStack() as stack:
        stack.enter_context(claim(options.dir))
        stack.callback(federation.stop)
        federation.make(AGENCIES)
        say("federation", "%s: keys made, roster signed by all three (threshold %d), in %s" % (", ".join(NAMES), THRESHOLD, os.path.relpath(options.dir)))
        federation.start()
        say("nodes", "up after %.1f s" % (time.monotonic() - begun))
        if options.check == "kill":
            demo.hurt(options.seed if options.seed is not None else random.SystemRandom().randrange(1, 10 ** 6))
            demo.verify()
        else:
            demo.publish()
            demo.table()
            if options.check:
                demo.verify()
        if options.check:
            federation.stop()
            say("check", "passed, %.1f s" % (time.monotonic() - begun))
        else:
            invite(federation, demo.mode)
            stay(federation.nodes)


def read_options():
    parser = argparse.ArgumentParser(prog="deploy/demo", description="Three nations share what they know about the sky, on this machine: installs what is missing, "
                                     "builds, makes a federation of three nodes, publishes at each and waits until all three hold everything.")
    parser.add_argument("--check", nargs="?", const="all", choices=("all", "kill") + tuple(story.STORIES), help="verify what is shared, stop, and exit 0 or say what failed; "
                        "`--check kill` kills roles of the nodes at random meanwhile; relay, join, restore, secret and fork tell a story each")
    parser.add_argument("--data", nargs="+", metavar="FILE", help="publish these files, spread over the nations, instead of config/sample")
    parser.add_argument("--mode", choices=("REAL", "EXERCISE", "TEST", "SIMULATED"), help="default: SIMULATED for the sample, REAL for --data")
    parser.add_argument("--dir", default=os.path.join(ROOT, "build", "demo"), help="where the federation lives, and stays afterwards (default build/demo)")
    parser.add_argument("--seed", type=int, help="of --check kill; printed when chosen at random")
    return parser.parse_args()


def main():
    options = read_options()
    options.dir = os.path.abspath(options.dir)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        run(options)
    except Failed as failure:
        print("demo: FAILED: %s" % failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", flush=True)
        return 130 if options.check else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
