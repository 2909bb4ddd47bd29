"""What plugins cost the node that runs them: one that behaves badly beside none, in turns, in one run; and one that is a million records behind."""
import os
import re
import signal
import statistics
import threading
import time

import federation

RECORDS_BATCH = 512
QUIET = "off"
CONTROL = "is not there"  # no plugin beside no plugin: what the same figures do by themselves

# What each does with the lines of records that it is given. The nodes run each of them twice over: at the origin and at its peer.
RECORDER = """
import sys
number = 0
for count, line in enumerate(sys.stdin):
    number = line.split('"number":', 1)[1].split("}", 1)[0]
    if count % 64 == 63:
        print("ack", number, flush=True)
"""
PROGRAMS = {
    "hangs": ("import sys, time\nfor line in sys.stdin:\n    time.sleep(3600)\n", "timeout_s: 1\n"),
    "floods stderr": ("import sys\nwhile True:\n    sys.stderr.write('x' * 4000 + '\\n' + 'so much to say\\n' * 100)\n", "timeout_s: 3600\n"),
    "exits at once": ("raise SystemExit(3)\n", ""),
    "spins": ("while True:\n    pass\n", "timeout_s: 3600\n"),
    "leaks memory": ("heap = []\nwhile True:\n    heap.append(b'x' * (1 << 20))\n", "memory: 512MiB\n"),
    "acknowledges oddly": ("import sys\nnumbers = []\nfor line in sys.stdin:\n    numbers.append(line.split('\"number\":', 1)[1].split('}', 1)[0])\n"
                           "    if len(numbers) == 32:\n        for number in reversed(numbers):\n            print('ack', number)\n"
                           "            print('ack', number, flush=True)\n        numbers = []\n", ""),
    "is far behind": (RECORDER, "window: 1024\n"),
}
CONFIGURATION = "enabled: %s\ncommand: [python3, %s]\nfrom: now\nfilter: {modes: [SIMULATED]}\n%s"


def file_name(kind):
    return kind.replace(" ", "-") + ".py"


def configure(node, kind):
    """Let it behave so; None: not run at all."""
    folder = os.path.join(node.directory, "plugins")
    os.makedirs(os.path.join(folder, "guest"), exist_ok=True)
    if kind is not None:
        with open(os.path.join(folder, "guest", file_name(kind)), "w", encoding="ascii") as file:
            file.write(PROGRAMS[kind][0])
    text = "# %d\n" % time.monotonic_ns() + CONFIGURATION % ("true" if kind else "false", file_name(kind or "hangs"), PROGRAMS[kind or "hangs"][1])
    with open(os.path.join(folder, "guest.new"), "w", encoding="ascii") as file:
        file.write(text)
    os.rename(os.path.join(folder, "guest.new"), os.path.join(folder, "guest.yaml"))


def status(node):
    answer = node.json("plugin", "list")
    rows = answer if isinstance(answer, list) else [answer]
    return next((row for row in rows if row and row["name"] == "guest"), None)


def until(what, ask, fits, timeout=120, pause=0.05):
    deadline = time.monotonic() + timeout
    while True:
        answer = ask()
        if answer is not None and fits(answer):
            return answer
        if time.monotonic() > deadline:
            raise federation.Failed("not within %d s: %s; it is %r" % (timeout, what, answer))
        time.sleep(pause)  # between two questions; the answer decides


def begin(node, kind):
    """Until it does what it is there for, or is not there."""
    mark = node.events.mark()
    configure(node, kind)
    if kind is None:
        until("off", lambda: status(node), lambda row: row["state"] == "off")
        return
    node.events.wait("plugin_started", after=mark, plugin="guest", timeout=60)
    if kind == "is far behind":
        node.cli("plugin", "replay", "guest", "--from", "start")
        until("catching up", lambda: status(node), lambda row: row["state"] == "running" and row["lag"] > 0)


class Resident:
    """Resident memory of processes, MiB: read while something else runs."""

    @staticmethod
    def of(pid):
        try:
            with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
                return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024
        except (OSError, AttributeError):
            return 0.0


def one(bench, options, nodes, sockets):
    """Bulk and alerts once, with whatever runs beside them."""
    a, b = nodes
    pids = [node.role_pid(role) for node in nodes for role in ("core", "gate", "sign")]
    watch = bench.Watch(pids)
    bulk = bench.program(options.build, "bench_fill", sockets[0], options.plugin_records, RECORDS_BATCH, options.objects, sockets[1])
    cpu = sum(watch.seconds(pid) for pid in pids)
    alert = bench.program(options.build, "bench_alert", sockets[0], sockets[1], options.plugin_alerts, options.plugin_pause_ms, "-")
    return {"publish": options.plugin_records / bulk["seconds"], "peer": options.plugin_records / bulk["peer_seconds"],
            "cpu_us": 1e6 * cpu / options.plugin_records, "alerts": alert["shown_us"], "others": watch.others()}


def pair(bench, options, base, title):
    """Two linked nodes; the first holds what is to be caught up with, and the second too."""
    nations = federation.Federation(options.build, base, ["us-noaa", "fr-cnes"], title=title).make()
    os.setpriority(os.PRIO_PROCESS, 0, 0)  # --nice is for the nodes' sessions only: within one, roles and plugins are to stand to each other as they do
    try:
        for node in nations.nodes:
            node.session = False  # all that is measured in one: the kernel may share by session first, and then a plugin of one node stands beside the other node
            with open(os.path.join(node.directory, "node.yaml"), "a", encoding="ascii") as file:
                file.write("report:\n  period_s: 0\n")
            bench.start(node, options)
        for lane in ("alert", "bulk"):
            nations.nodes[1].events.wait("session_open", peer="us-noaa", lane=lane, timeout=60)
        sockets = [bench.api(node) for node in nations.nodes]
        left = options.backlog
        while left > 0:
            part = min(left, 200000)
            bench.program(options.build, "bench_fill", sockets[0], part, RECORDS_BATCH, options.objects, sockets[1])
            left -= part
        return nations, sockets
    except BaseException:
        nations.stop()
        raise


def measure(bench, options):
    nations, sockets = pair(bench, options, os.path.join(options.dir, "plugin"), "Benchmark")
    rows = []
    try:
        for node in nations.nodes:
            configure(node, None)
        for kind in options.plugin_kinds or (CONTROL, *PROGRAMS):
            turns = {QUIET: [], kind: []}
            for i in range(options.plugin_rounds):
                for which in (QUIET, kind) if i % 2 == 0 else (kind, QUIET):
                    for node in nations.nodes:
                        begin(node, None if which in (QUIET, CONTROL) else kind)
                    turns[which].append(one(bench, options, nations.nodes, sockets))
                    if which == "is far behind" and any(status(node)["lag"] == 0 for node in nations.nodes):
                        raise federation.Failed("it had caught up before the measurement ended: a larger --backlog is needed")
            rows.append({"kind": kind, "without": turns[QUIET], "with": turns[kind]})
            bench.say("plugin that %s: %s" % (kind, ", ".join("%s %.2f" % (name, ratio(rows[-1], name)[0]) for name in ("peer", "publish") + SHARES)))
    finally:
        nations.stop()
    return {"backlog": options.backlog, "records": options.plugin_records, "alerts": options.plugin_alerts, "pause_ms": options.plugin_pause_ms,
            "rounds": options.plugin_rounds, "rows": rows}


SHARES = ("p50", "p90", "p99")  # of the alerts of all rounds together, or of one


def share(rounds, name):
    """What so many of a hundred alerts are at or below, us."""
    alerts = sorted(one for r in rounds for one in r["alerts"])
    return alerts[(len(alerts) - 1) * int(name[1:]) // 100]


def ratio(row, name):
    """With over without: of the medians of the rounds, or of all alerts together; and the range of the rounds' own."""
    of = share if name in SHARES else lambda rounds, name: statistics.median([r[name] for r in rounds])
    each = [of([w], name) / of([o], name) for w, o in zip(row["with"], row["without"])]
    return of(row["with"], name) / of(row["without"], name), min(each), max(each)


def show(bench, result):
    print("\nplugin: %d rounds of each, in turns; %d records published at once, then %d alerts, %d ms between two; at both nodes; %d records are there before" % (
        result["rounds"], result["records"], result["alerts"], result["pause_ms"], result["backlog"]))
    for name, what in (("peer", "bulk, publish at one node to visible at the other, records/s"), ("publish", "bulk, publish to answered, records/s"),
                       ("cpu_us", "CPU of both nodes' core, gate and sign, us a record"), ("p50", "alert, publish to shown at the other, us: half of all are at or below"),
                       ("p90", "the same, nine tenths"), ("p99", "the same, 99 of a hundred")):
        print("  " + what)
        for row in result["rows"]:
            print("    %-20s without %-30s with %-30s ratio %.2f [%.2f..%.2f]" % (
                (row["kind"],) + tuple(bench.middle([share([r], name) if name in SHARES else r[name] for r in row[which]])
                                       for which in ("without", "with")) + ratio(row, name)))
    print("  cores that others kept busy: %.2f [%.2f..%.2f]" % tuple(
        f([r["others"] for row in result["rows"] for which in ("without", "with") for r in row[which]]) for f in (statistics.median, min, max)))


# --- One that is far behind -------------------------------------------------------------------------------------------

LATE = """
import os, sys, time
while not os.path.exists("go"):
    time.sleep(0.02)
seen = open("seen", "a")
number = None
for count, line in enumerate(sys.stdin):
    number = line.split('"number":', 1)[1].split("}", 1)[0]
    seen.write(line.split('"id":"', 1)[1].split('"', 1)[0].split(":")[1] + "\\n")
    if count % 100 == 99:
        seen.flush()
        print("ack", number, flush=True)
seen.flush()
if number:
    print("ack", number, flush=True)
"""


class Sampler(threading.Thread):
    """Resident memory of roles of a node, MiB, while something else runs."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.stop, self.seen = node, threading.Event(), {"plug": [], "core": []}
        self.start()

    def run(self):
        while not self.stop.wait(0.25):
            for role, values in self.seen.items():
                values.append(Resident.of(self.node.role_pid(role)))

    def end(self):
        """{role: (median of the first quarter, of the last quarter, most)}"""
        self.stop.set()
        self.join()
        return {role: (statistics.median(v[:len(v) // 4 + 1]), statistics.median(v[-(len(v) // 4 + 1):]), max(v)) for role, v in self.seen.items()}


def written(folder):
    """Indexes of the records that the plugin noted, in order; a line that a kill cut off is none."""
    with open(os.path.join(folder, "seen"), encoding="ascii") as file:
        return [int(row) for row in file.read().splitlines() if row]


def begin_backlog(node, folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "late.py"), "w", encoding="ascii") as file:
        file.write(LATE)
    with open(folder + ".new", "w", encoding="ascii") as file:
        file.write("command: [python3, late.py]\nwindow: 1024\ntimeout_s: 3600\nfilter: {classes: [data], types: [orbit], modes: [SIMULATED]}\n")
    os.rename(folder + ".new", folder + ".yaml")
    return until("all of it behind", lambda: status(node), lambda row: row["state"] == "running" and row["unacknowledged"] > 0, 600)


def catch_up_plugin(bench, options, nations, sockets, folder, disturb):
    """From the file that lets it begin until it has acknowledged everything."""
    node = nations.nodes[0]
    row = begin_backlog(node, folder)
    sampler, begun = Sampler(node), time.monotonic()
    open(os.path.join(folder, "go"), "w", encoding="ascii").close()
    result = {"lag": row["lag"], "behind_since": row["behind_since"]}
    if disturb:
        alert = bench.program(options.build, "bench_alert", sockets[0], sockets[1], options.plugin_alerts * 2, options.plugin_pause_ms, "-")
        result.update(p50=alert["shown_p50_us"], p99=alert["shown_p99_us"], lag_after_alerts=status(node)["lag"])
        os.kill(int(node.events.find("plugin_started", plugin="guest")[-1].fields["pid"]), signal.SIGKILL)
        until("more than half", lambda: status(node), lambda row: row["lag"] < options.backlog * 0.4, 600, 0.5)
        node.crash()
        node.start(ready=False)
        node.events.wait("node_ready")
    until("caught up", lambda: status(node), lambda row: row["state"] == "running" and row["lag"] == 0, 600, 0.5)  # a question is other work of the node
    result["seconds"] = time.monotonic() - begun
    result["resident"] = sampler.end()
    rows = written(folder)
    first = list(dict.fromkeys(rows))
    if first != list(range(1, options.backlog + 1)):
        raise federation.Failed("%d of %d records are noted, or not in order" % (len(first), options.backlog))
    result["again"] = len(rows) - len(first)
    return result


def backlog(bench, options):
    nations, sockets = pair(bench, options, os.path.join(options.dir, "backlog"), "Benchmark")
    node, folder = nations.nodes[0], os.path.join(nations.nodes[0].directory, "plugins", "guest")
    try:
        idle = bench.program(options.build, "bench_alert", sockets[0], sockets[1], options.plugin_alerts * 2, options.plugin_pause_ms, "-")
        result = {"records": options.backlog, "idle_p50": idle["shown_p50_us"], "idle_p99": idle["shown_p99_us"]}
        for name, disturb in (("alone", False), ("disturbed", True)):
            result[name] = catch_up_plugin(bench, options, nations, sockets, folder, disturb)
            bench.say("backlog, %s: %.1f s" % (name, result[name]["seconds"]))
            os.rename(folder + ".yaml", folder + ".off")
            until("gone", lambda: status(node) or {"state": "gone"}, lambda row: row["state"] == "gone")
            for left in ("go", "seen"):
                os.unlink(os.path.join(folder, left))
            os.unlink(folder + ".cursor")
    finally:
        nations.stop()
    return result


def show_backlog(result):
    print("\nbacklog: a plugin that is %d records behind, in Python, that notes each before it acknowledges it" % result["records"])
    for name, what in (("alone", "nothing else goes on"), ("disturbed", "alerts go out meanwhile; then kill -9 of the plugin, and of the whole node")):
        one = result[name]
        print("  %s: `plugin list` said %d behind since %s" % (what, one["lag"], one["behind_since"]))
        print("    caught up after %.1f s, %.0f records/s; none missing, in order, %d came again" % (one["seconds"], result["records"] / one["seconds"], one["again"]))
        for role, (first, last, most) in one["resident"].items():
            print("    resident, %s: %.1f MiB in the first quarter, %.1f in the last, %.1f at most" % (role, first, last, most))
    one = result["disturbed"]
    print("  alert, publish to shown at the other node: p50 %.0f us, p99 %.0f us while it catches up (%d still behind afterwards); p50 %.0f, p99 %.0f before" % (
        one["p50"], one["p99"], one["lag_after_alerts"], result["idle_p50"], result["idle_p99"]))
