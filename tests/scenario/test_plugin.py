"""Plugins: what one gets, and what one cannot do to the node, its peers and the others, whatever it does."""
import json
import os
import re
import subprocess
import time

import pytest

from federation import Failed

ORBITS = ("us-noaa/orbits.csv", "fr-cnes/orbits.xml", "jp-jaxa/orbits.json")

# Notes each record in the file `seen` of its folder before it acknowledges it.
RECORDER = """
import json, sys
seen = open("seen", "a")
for line in sys.stdin:
    record = json.loads(line)
    seen.write(json.dumps([record["delivery"]["number"], record["id"], "%(mark)s"]) + "\\n")
    seen.flush()
    print("ack", record["delivery"]["number"], flush=True)
"""


class Plugin:
    def __init__(self, node, name):
        self.node, self.name = node, name
        self.folder = os.path.join(node.directory, "plugins", name)

    def program(self, text, name="main.py"):
        os.makedirs(self.folder, exist_ok=True)
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(path + ".new", path)
        return self

    def configure(self, text="command: [python3, main.py]\nfilter: {modes: [TEST]}\n"):
        with open(self.folder + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.folder + ".new", self.folder + ".yaml")
        return self

    def seen(self):
        """[number, id, mark] of each record that it noted."""
        path = os.path.join(self.folder, "seen")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def ids(self):
        return [row[1] for row in self.seen()]

    def status(self):
        rows = [row for row in listed(self.node) if row["name"] == self.name]
        return rows[0] if rows else None

    def wait(self, what, fits, timeout=90):
        """Until its status fits."""
        return until("plugin %s: %s" % (self.name, what), self.status, lambda row: row is not None and fits(row), timeout)

    def wait_done(self, **options):
        """Until it has acknowledged all there is."""
        return self.wait("no lag", lambda row: row["lag"] == 0 and row["state"] == "running", **options)

    def events(self, name, **fields):
        return self.node.events.find(name, plugin=self.name, **fields)


def listed(node):
    answer = node.json("plugin", "list")
    return answer if isinstance(answer, list) else [answer]


def until(what, ask, fits, timeout=90):
    deadline = time.monotonic() + timeout
    while True:
        answer = ask()
        if fits(answer):
            return answer
        if time.monotonic() > deadline:
            raise Failed("not within %d s: %s; it is %r" % (timeout, what, answer))
        time.sleep(0.05)  # between two questions; the answer decides


def recorder(node, name, configuration=None, mark=""):
    plugin = Plugin(node, name).program(RECORDER % {"mark": mark})
    return plugin.configure(configuration) if configuration else plugin.configure()


def ids(ranges):
    return ["%s:%d" % (log, index) for log, first, last in ranges for index in range(first, last + 1)]


@pytest.fixture
def node(federate):
    federation = federate("fr-cnes")
    yield federation.nodes[0]


def test_each_record_comes_once_and_in_order(node, sample):
    plugin = recorder(node, "watch")
    node.start()
    published = [one for path in ORBITS for one in ids(node.publish("--mode", "TEST", sample(path)))]
    row = plugin.wait_done()
    assert plugin.ids() == published
    numbers = [number for number, _, _ in plugin.seen()]
    assert numbers == sorted(set(numbers)) and row["records"] == len(published) == 174
    assert row["restarts"] == row["nonsense"] == 0 and row["error"] == "" and node.json("status")["well"]
    assert [one["name"] for one in node.json("status")["plugins"]] == ["watch"]
    node.stop()
    node.start()
    more = ids(node.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    plugin.wait_done()
    assert plugin.ids() == published + more, "nothing comes again after a restart of the node"


def test_a_record_line_is_that_of_tail_with_its_place_in_the_order_of_delivery(node, sample):
    Plugin(node, "keep").program("import sys\nout = open('lines', 'a')\nfor line in sys.stdin:\n    out.write(line)\n    out.flush()\n"
                                 "    print('ack', line.split('\"number\":')[1].split('}')[0], flush=True)\n").configure()
    plugin = Plugin(node, "keep")
    node.start()
    published = ids(node.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    row = plugin.wait_done()
    with open(os.path.join(plugin.folder, "lines"), encoding="utf-8") as file:
        [line] = file
    assert re.match(r'\{"delivery":\{"incarnation":"[0-9a-f]{32}","number":[0-9]+\},"id":', line)
    record = json.loads(line)
    assert record["delivery"] == {"incarnation": row["cursor"]["incarnation"], "number": row["cursor"]["number"]}
    export = node.json("query", "conjunction", "--mode", "TEST")
    export = export[0] if isinstance(export, list) else export
    assert record["id"] == published[0] == export["id"] and record["body"] == export["body"] and record["origin"] == "fr-cnes"


def test_filters_choose_by_type_origin_class_mode_and_object(federate, sample):
    federation = federate("us-noaa", "fr-cnes")
    us, fr = federation.nodes
    orbits = recorder(fr, "orbits", "command: [python3, main.py]\nfilter:\n  types: [orbit]\n  modes: [TEST, EXERCISE]\n")
    theirs = recorder(fr, "theirs", "command: [python3, main.py]\nfilter: {origins: [us-noaa], modes: [TEST]}\n")
    alerts = recorder(fr, "alerts", "command: [python3, main.py]\nfilter: {classes: [alert], modes: [TEST]}\n")
    real = recorder(fr, "real", "command: [python3, main.py]\n")
    one = recorder(fr, "one", "command: [python3, main.py]\nfilter: {modes: [TEST], object: \"norad:999999\"}\n")
    federation.start()
    a = ids(us.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    b = ids(fr.publish("--mode", "EXERCISE", sample("fr-cnes/orbits.xml")))
    c = ids(us.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    d = ids(fr.publish("--mode", "REAL", sample("fr-cnes/conjunction-1.xml")))
    federation.wait_equal()
    for plugin in (orbits, theirs, alerts, real, one):
        plugin.wait_done()
    assert sorted(orbits.ids()) == sorted(a + b) and sorted(theirs.ids()) == sorted(a + c)
    assert set(alerts.ids()) <= set(c) and sorted(real.ids()) == sorted(d), "REAL and nothing else, unless it is asked for"
    assert one.ids() == []
    rows = fr.json("query", "orbit", "--mode", "TEST")
    wanted = next(row for row in rows if row["body"].get("noradCatId") or row["body"].get("NORAD_CAT_ID"))
    number = wanted["body"].get("noradCatId") or wanted["body"].get("NORAD_CAT_ID")
    one.configure("command: [python3, main.py]\nfilter: {modes: [TEST], object: \"norad:%s\"}\n" % number)
    fr.cli("plugin", "replay", "one", "--from", "start")
    one.wait("the object's record", lambda row: row["records"] > 0)
    of_object = fr.json("query", "orbit", "--mode", "TEST", "--object", str(number), "--history")
    of_object = of_object if isinstance(of_object, list) else [of_object]
    assert set(one.ids()) == {row["id"] for row in of_object}


HANGS = "import sys, time\nfor line in sys.stdin:\n    time.sleep(3600)\n"
DEAF = "import time\ntime.sleep(3600)\n"
FLOODS = "import sys\nwhile True:\n    sys.stderr.write('x' * 4000 + '\\n' + 'so much to say\\n' * 100)\n"
BABBLES = "import sys\nwhile True:\n    sys.stdout.write('yes\\n' * 1000)\n"
ENDS = "raise SystemExit(3)\n"
LEAKS = "import sys\nheap = []\nfor line in sys.stdin:\n    while True:\n        heap.append(bytearray(1 << 20))\n"
MUTE = "import os, sys, time\nos.close(1)\ntime.sleep(3600)\n"
STUBBORN = "import signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n    time.sleep(3600)\n"
FORKS = "import os, time\nif os.fork() == 0:\n    time.sleep(3600)\nraise SystemExit(4)\n"


def test_bad_plugins_are_limited_restarted_and_shown_and_nobody_else_notices(federate, sample):
    federation = federate("us-noaa", "fr-cnes")
    us, fr = federation.nodes
    limits = "command: [python3, main.py]\ntimeout_s: %d\nmemory: 64MiB\nfilter: {modes: [TEST]}\n"
    silent = ("hangs", "deaf", "floods")
    bad = {name: Plugin(fr, name).program(text).configure(limits % (1 if name in silent else 60)) for name, text in (
        ("hangs", HANGS), ("deaf", DEAF), ("floods", FLOODS), ("babbles", BABBLES), ("ends", ENDS), ("leaks", LEAKS), ("mute", MUTE),
        ("forks", FORKS))}
    bad["missing"] = Plugin(fr, "missing").configure("command: [no-such-program]\n")
    good = recorder(fr, "good")
    federation.start()
    for node, other in ((us, fr), (fr, us)):
        node.events.wait("session_open", peer=other.name, lane="bulk")
    published = ids(us.publish("--mode", "TEST", "--wait", 1, sample("us-noaa/orbits.csv")))
    published += ids(fr.publish("--mode", "TEST", "--wait", 1, sample("fr-cnes/orbits.xml")))
    good.wait_done()
    assert sorted(good.ids()) == sorted(published)
    why = {"hangs": "did not acknowledge", "deaf": "did not acknowledge", "floods": "did not acknowledge", "babbles": "no acknowledgement",
           "ends": "exit code 3", "leaks": "exit code 1", "mute": "", "forks": "exit code 4", "missing": "exit code 127"}
    for name, plugin in bad.items():
        row = plugin.wait("shown with its error", lambda row: row["restarts"] >= 1 and row["error"] != "")
        assert why[name] in row["error"], (name, row["error"])
        assert row["records"] == 0
    assert any("cannot start: no-such-program" in event.line for event in fr.events.find("plugin_said", plugin="missing"))
    bad["ends"].wait("three restarts", lambda row: row["restarts"] >= 3)
    waits = [int(event.fields["restart_ms"]) for event in bad["ends"].events("plugin_ended")[:3]]
    assert waits == [200, 400, 800], "each time twice as long, with no chance in it"
    assert any("MemoryError" in event.line for event in bad["leaks"].events("plugin_said"))
    seconds = {}
    for event in bad["floods"].events("plugin_said"):
        seconds[event.line[:19]] = seconds.get(event.line[:19], 0) + 1
        assert len(event.line) < 2048
    assert seconds and max(seconds.values()) <= 21, "ten lines a second"
    marks = [(node, node.events.mark()) for node in (us, fr)]  # links that were dialled twice are sorted out
    for name in ("hangs", "floods", "babbles", "leaks"):
        before = bad[name].status()["restarts"]
        bad[name].wait("ended once more", lambda row: row["restarts"] > before)
    for node, mark in marks:
        assert not node.events.find("session_end", after=mark) and not node.events.find("role_ended"), "neither the node nor its peer noticed"
    more = ids(us.publish("--mode", "TEST", "--wait", 1, sample("us-noaa/conjunction-1.cdm")))
    good.wait_done()
    assert sorted(good.ids()) == sorted(published + more)
    status = fr.json("status")
    assert not status["well"] and any("plugin " in problem for problem in status["problems"])
    pids = [int(event.fields["pid"]) for event in fr.events.all if event.name == "plugin_started"]
    fr.stop()
    for pid in pids:
        assert not in_group(pid), "nothing of a plugin outlives the node"


def in_group(group):
    """Processes of the group ${group}: a plugin and all that it started."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % name, encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if name.isdigit() and int(fields[2]) == group and fields[0] != "Z":
            found.append(int(name))
    return found


def test_acknowledgements_twice_late_and_in_heaps_are_harmless_and_nonsense_is_not(node, sample):
    odd = Plugin(node, "odd").program("""
import json, sys
numbers = []
seen = open("seen", "a")
for line in sys.stdin:
    record = json.loads(line)
    numbers.append(record["delivery"]["number"])
    seen.write(json.dumps([numbers[-1], record["id"], ""]) + "\\n")
    seen.flush()
    if len(numbers) % 5 == 0:
        for number in reversed(numbers[-5:]):
            print("ack", number)
            print("ack", number, flush=True)
""").configure()
    liar = Plugin(node, "liar").program("""
import json, sys
for line in sys.stdin:
    print("ack", json.loads(line)["delivery"]["number"] + 1000000, flush=True)
    print("ack -1\\nACK 4\\n\\nack 99999999999999999999\\n" + "z" * 5000, flush=True)
""").configure()
    node.start()
    published = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    assert len(published) % 5 == 0
    row = odd.wait_done()
    assert odd.ids() == published and row["nonsense"] == 0 and row["records"] == len(published)
    row = liar.wait("ended for its nonsense", lambda row: row["restarts"] >= 1)
    assert row["records"] == 0 and row["nonsense"] > 16 and "no acknowledgement" in row["error"]
    said = liar.events("plugin_nonsense")
    assert said and all(len(event.line) < 1400 for event in said)


def test_an_upgrade_in_mid_stream_leaves_no_gap(node, sample):
    plugin = recorder(node, "watch", "command: [python3, main.py]\nwindow: 2\nfilter: {modes: [TEST]}\n", mark="one")
    node.start()
    published = ids(node.publish("--mode", "TEST", sample(ORBITS[0])))
    until("the first is seen", plugin.seen, lambda rows: rows)
    plugin.program(RECORDER % {"mark": "two"}, name="second.py")
    plugin.configure("command: [python3, second.py]\nwindow: 3\nfilter: {modes: [TEST]}\n")
    node.events.wait("plugin_stopped", plugin="watch")
    published += [one for path in ORBITS[1:] for one in ids(node.publish("--mode", "TEST", sample(path)))]
    plugin.wait_done()
    marks = [mark for _, _, mark in plugin.seen()]
    assert marks == sorted(marks) and set(marks) == {"one", "two"}, "one after the other, never both"
    assert firsts(plugin) == published
    assert plugin.events("plugin_ended") == [], "an upgrade is no failure"


def firsts(plugin):
    """Ids in the order in which they were first seen."""
    return list(dict.fromkeys(plugin.ids()))


def test_core_plug_and_the_whole_node_are_killed_and_there_is_no_gap(node, sample):
    plugin = recorder(node, "watch", "command: [python3, main.py]\nwindow: 4\nfilter: {modes: [TEST]}\n")
    node.start()
    published = []
    for path, role in ((ORBITS[0], "core"), (ORBITS[1], "plug"), (ORBITS[2], "core")):
        published += ids(node.publish("--mode", "TEST", sample(path)))
        assert node.kill(role)
    published += ids(node.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    node.crash()
    node.start()
    published += ids(node.publish("--mode", "TEST", sample("us-noaa/conjunction-2.cdm")))
    plugin.wait_done()
    assert firsts(plugin) == published


def test_a_plugin_that_is_killed_gets_what_it_had_not_acknowledged_once_more(node, sample):
    plugin = Plugin(node, "dies").program("""
import json, os, sys
seen = open("seen", "a")
for count, line in enumerate(sys.stdin):
    record = json.loads(line)
    seen.write(json.dumps([record["delivery"]["number"], record["id"], ""]) + "\\n")
    seen.flush()
    if count == 30:
        os._exit(1)
    print("ack", record["delivery"]["number"], flush=True)
""").configure()
    node.start()
    published = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    plugin.wait_done()
    assert firsts(plugin) == published
    twice = [one for one in set(plugin.ids()) if plugin.ids().count(one) > 1]
    assert sorted(twice) == sorted([published[30], published[60]]), "the two that it died of, and no other"


def test_another_store_is_replayed_from_its_beginning(node, sample):
    plugin = recorder(node, "watch")
    path = plugin.folder + ".cursor"
    node.start()
    published = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    plugin.wait_done()
    node.stop()
    with open(path, encoding="ascii") as file:
        text = file.read()
    assert re.fullmatch(r"parallax plugin cursor 1\nincarnation [0-9a-f]{32}\nnumber \d+\n", text)
    newer = re.sub(r"number .*", "number 999999", text)  # the store came back from an older copy
    for content in (re.sub(r"incarnation .*", "incarnation " + "5" * 32, text), newer, "damaged", ""):
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        os.remove(os.path.join(plugin.folder, "seen"))
        node.start()
        until("all of it once more", plugin.ids, lambda seen: seen == published)
        plugin.wait_done()
        node.stop()


def test_replay_goes_back_and_forth(node, sample):
    plugin = recorder(node, "watch")
    node.start()
    published = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    plugin.wait_done()
    middle = plugin.seen()[40][0]
    node.cli("plugin", "replay", "watch", "--from", middle)
    until("from the middle", plugin.ids, lambda seen: seen == published + published[40:])
    node.cli("plugin", "replay", "watch", "--from", "start")
    until("from the start", plugin.ids, lambda seen: seen == published + published[40:] + published)
    plugin.wait_done()
    newest = plugin.status()["cursor"]["number"]
    node.cli("plugin", "replay", "watch", "--from", newest)
    until("the newest", plugin.ids, lambda seen: seen[-1:] == published[-1:] and len(seen) == 201)
    assert node.cli("plugin", "replay", "nothing", "--from", "start", check=False).returncode == 1
    assert node.cli("plugin", "replay", "watch", "--from", "0", check=False).returncode == 2
    done = node.cli("plugin", "replay", "watch", "--from", newest + 2, check=False)
    assert done.returncode == 1 and "the newest is %d" % newest in done.err


def test_a_plugin_may_begin_with_what_is_new(node, sample):
    node.start()
    node.publish("--mode", "TEST", sample("us-noaa/orbits.csv"))
    plugin = recorder(node, "watch", "command: [python3, main.py]\nfrom: now\nfilter: {modes: [TEST]}\n")
    plugin.wait_done()
    published = ids(node.publish("--mode", "TEST", sample("fr-cnes/orbits.xml")))
    plugin.wait("it was given them", lambda row: row["records"] == len(published))
    assert plugin.ids() == published


def test_a_wrong_configuration_is_refused_with_its_place_and_the_one_before_goes_on(node, sample):
    node.start()
    plugin = Plugin(node, "watch").program(RECORDER % {"mark": ""})
    plugin.configure("command: [python3, main.py]\nfilter:\n  typs: [orbit]\n")
    node.events.wait("conf_error", where="plugins/watch.yaml:3:3")
    row = plugin.wait("refused", lambda row: row["state"] == "refused")
    assert "did you mean \"types\"?" in row["error"] and "watch.yaml:3:3" in row["error"]
    plugin.configure()
    published = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    plugin.wait_done()
    pid = plugin.events("plugin_started")[-1].fields["pid"]
    for line, text in ((2, "command: [python3, main.py]\nwindow: 0\n"), (1, "command: python3 main.py\n"), (2, "command: [a]\nfilter: {types: [comet]}\n"),
                       (2, "command: [a]\nmemory: 1KiB\n"), (1, "enabled: true\n"), (2, "command: [a]\nfilter: {modes: [MAYBE]}\n")):
        mark = node.events.mark()
        plugin.configure(text)
        event = node.events.wait("conf_error", after=mark)
        assert event.fields["where"].startswith("plugins/watch.yaml:%d:" % line), event.line
    published += ids(node.publish("--mode", "TEST", sample("fr-cnes/orbits.xml")))
    plugin.wait("goes on", lambda row: row["records"] == len(published))
    assert plugin.events("plugin_started")[-1].fields["pid"] == pid and plugin.ids() == published
    plugin.configure("command: [python3, main.py]\nenabled: false\nfilter: {modes: [TEST]}\n")
    plugin.wait("off", lambda row: row["state"] == "off")
    os.remove(plugin.folder + ".yaml")
    until("it is gone", lambda: node.cli("plugin", "list").out, lambda text: "watch" not in text)
    more = ids(node.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    plugin.configure()
    plugin.wait_done()
    assert plugin.ids() == published + more, "it goes on where it stopped"


PROBE = """
import json, os, signal, socket, sys, subprocess

def can(what):
    try:
        what()
        return True
    except Exception as error:
        return False

def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.path.join(node, "run", "api.sock"))

def child():
    assert subprocess.run(["sh", "-c", "exit 3"]).returncode == 3

for line in sys.stdin:
    node = os.path.dirname(os.path.dirname(os.getcwd()))
    found = {
        "reads a key": can(lambda: open(os.path.join(node, "keys", "log.key"), "rb").read()),
        "reads the store": can(lambda: open(os.path.join(node, "store.db"), "rb").read(16)),
        "reads the configuration": can(lambda: open(os.path.join(node, "node.yaml")).read()),
        "reads another plugin": can(lambda: os.listdir(os.path.join(node, "plugins"))),
        "writes outside": can(lambda: open(os.path.join(node, "new"), "w")),
        "cuts the store": can(lambda: os.truncate(os.path.join(node, "store.db"), 0)),
        "locks the store away": can(lambda: os.chmod(os.path.join(node, "store.db"), 0)),
        "calls the node": can(connect),
        "opens the network": can(lambda: socket.socket(socket.AF_INET)),
        "signals the node": can(lambda: os.kill(os.getppid(), 0)),
        "leaves its session": can(os.setsid),
        "changes the node's priority": can(lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)),
        "writes at home": can(lambda: open("probe", "w").write("x")),
        "starts programs": can(child),
        "environment": sorted(os.environ),
        "descriptors": sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:3] + [len(os.listdir("/proc/self/fd"))],
        "capabilities": [line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "CapPrm"))],
        "reads a device": can(lambda: open("/dev/kmsg", "rb")),
        "session": os.getsid(0), "policy": os.sched_getscheduler(0) == os.SCHED_IDLE, "takes a better one": can(lambda: os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))), "group": os.getpgid(0) == os.getpid(), "nice": os.getpriority(os.PRIO_PROCESS, 0),
    }
    with open("found.new", "w") as file:
        json.dump(found, file)
    os.rename("found.new", "found")
    print("ack", json.loads(line)["delivery"]["number"], flush=True)
"""


@pytest.mark.parametrize("network", (False, True))
def test_a_plugin_is_confined_to_its_folder(node, sample, network):
    plugin = Plugin(node, "probe").program(PROBE)
    plugin.configure("command: [python3, main.py]\nnetwork: %s\nfilter: {modes: [TEST]}\n" % str(network).lower())
    node.start()
    node.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm"))
    plugin.wait_done()
    with open(os.path.join(plugin.folder, "found"), encoding="utf-8") as file:
        found = json.load(file)
    landlock = not node.events.find("sandbox_partial", role="plug")
    for what in ("reads a key", "reads the store", "reads the configuration", "reads another plugin", "writes outside"):
        assert not (found[what] and landlock), what
    for what in ("cuts the store", "locks the store away", "calls the node", "signals the node", "leaves its session", "changes the node's priority"):
        assert not found[what], what
    assert found["opens the network"] == network and found["writes at home"] and found["starts programs"]
    assert set(found["environment"]) <= {"HOME", "LANG", "LC_CTYPE", "PARALLAX_NAME", "PARALLAX_PLUGIN", "PATH", "PWD", "TMPDIR"}
    assert found["descriptors"][:3] == [0, 1, 2] and found["descriptors"][3] <= 4 and found["nice"] == 15 and found["group"]
    assert found["policy"] and not found["takes a better one"]
    assert found["session"] == os.getsid(node.process.pid), "in another session the kernel may give it as much of the processor as the whole node"
    assert found["capabilities"] == ["0" * 16] * 2 and not (found["reads a device"] and landlock)


def test_network_that_is_asked_for_later_starts_the_role_again_and_loses_nothing(node, sample):
    plugin, other = recorder(node, "watch"), recorder(node, "other")
    node.start()
    published = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    plugin.wait_done()
    mark = node.events.mark()
    plugin.configure("command: [python3, main.py]\nnetwork: true\nfilter: {modes: [TEST]}\n")
    node.events.wait("role_started", after=mark, role="plug")
    published += ids(node.publish("--mode", "TEST", sample("fr-cnes/orbits.xml")))
    for one in (plugin, other):
        one.wait("all", lambda row: row["cursor"]["number"] > 0 and row["lag"] == 0 and row["state"] == "running")
        assert firsts(one) == published


@pytest.mark.parametrize("language", ("python", "sh", "c", "node"))
def test_what_plugin_new_writes_works_at_once(node, sample, language):
    program = {"python": "/usr/bin/python3", "sh": "/bin/sh", "c": "/usr/bin/cc", "node": "/usr/bin/node"}[language]
    if not os.path.exists(program):
        pytest.skip("%s is not here" % program)
    said = node.cli("plugin", "new", "mine", "--lang", language).out
    build = re.search(r"^build it:  \((.*)\)$", said, re.M)
    if build:
        subprocess.run(["sh", "-euc", build[1].replace("cc ", "cc -Wall -Wextra -Wpedantic -Werror ")], check=True, timeout=60)
    tried = node.cli("plugin", "test", "mine", sample("us-noaa/orbits.csv"))
    assert "80 of 80 records acknowledged" in tried.out
    node.start()
    plugin = Plugin(node, "mine")
    plugin.wait("off at first", lambda row: row["state"] == "off")
    with open(plugin.folder + ".yaml", encoding="utf-8") as file:
        plugin.configure(file.read().replace("enabled: false", "enabled: true").replace("[REAL]", "[TEST]"))
    node.publish("--mode", "TEST", sample("us-noaa/orbits.csv"))
    row = plugin.wait("all acknowledged", lambda row: row["records"] == 80)
    assert row["restarts"] == 0 and row["error"] == ""
    assert node.cli("plugin", "new", "mine", "--lang", language, check=False).returncode == 1, "nothing is written over"


def test_plugin_test_tells_what_is_wrong(node, sample):
    plugin = Plugin(node, "watch").program(HANGS).configure("command: [python3, main.py]\ntimeout_s: 1\nfilter: {origins: [us-noaa]}\n")
    one = sample("us-noaa/conjunction-1.cdm")

    def tried(*words):
        return node.cli("plugin", "test", "watch", *words, check=False)

    done = tried(one)
    assert done.returncode == 1 and "did not acknowledge 1 within 1 s" in done.err and "its filter would pass over this one" in done.out
    plugin.program(ENDS)
    assert "it ended with exit code 3" in tried(one).err
    plugin.program("import sys\nfor line in sys.stdin:\n    print('ack 7', flush=True)\n    print('oops', flush=True)\n    sys.exit(0)\n")
    done = tried(one)
    assert done.returncode == 1 and 'no acknowledgement of what it was given: "ack 7"' in done.out and '"oops"' in done.out
    plugin.configure("command: [no-such-program]\n")
    assert "cannot start: no-such-program" in tried(one).err
    plugin.configure("comand: [python3]\n")
    done = tried(one)
    assert done.returncode == 1 and "watch.yaml:1:1: " in done.err and 'did you mean "command"?' in done.err
    assert tried(os.path.join(node.directory, "nothing")).returncode == 1


def test_a_plugin_that_will_not_end_is_ended(node):
    plugin = Plugin(node, "stays").program(STUBBORN).configure()
    node.start()
    started = node.events.wait("plugin_started", plugin="stays")
    plugin.configure("command: [python3, main.py]\nenabled: false\n")
    node.events.wait("plugin_stopped", plugin="stays")
    assert not in_group(int(started.fields["pid"]))
    plugin.wait("off", lambda row: row["state"] == "off")
    plugin.configure()
    started = node.events.wait("plugin_started", plugin="stays", count=2)
    assert node.stop() == 0 and not in_group(int(started.fields["pid"]))
