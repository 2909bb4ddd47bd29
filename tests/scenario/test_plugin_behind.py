"""A plugin that is far behind, and plugins that use all they can: nothing is lost of its records, and nobody else waits for it (docs/writing-a-plugin.md). The million is in tests/bench/run backlog."""
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time

import pytest

from apiclient import Api
from test_plugin import Plugin, ids, until

COUNT = 50000

# Takes nothing in until the file `go` is there; then notes each record before it acknowledges it, a hundred at a time, and everything before its input ends.
LATE = """
import os, sys, time
seen = open("seen", "a")
number = None
while not os.path.exists("go"):
    time.sleep(0.02)
for count, line in enumerate(sys.stdin):
    number = line.split('"number":', 1)[1].split("}", 1)[0]
    seen.write("%s %s %d\\n" % (number, line.split('"id":"', 1)[1].split('"', 1)[0], os.getpid()))
    if count % 100 == 99:
        seen.flush()
        print("ack", number, flush=True)
seen.flush()
if number:
    print("ack", number, flush=True)
"""


def catalogue(path, count, first=900000000):
    """GP CSV of so many objects."""
    with open(path, "w", encoding="ascii") as file:
        file.write("OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,EPHEMERIS_TYPE,"
                   "CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT\n")
        for i in range(count):
            file.write("BEHIND %d,2026-920A,2026-11-23T12:34:01.501407,14.99116317,.00115184,42.9942,248.0222,346.2891,82.7303,0,U,%d,999,449,.43404574E-3,.2604E-4,0\n" % (i, first + i))
    return path


def resident_mib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024


def noted(plugin):
    """(number, id, pid) of each whole line, of the end too where a run was killed in the middle of one."""
    with open(os.path.join(plugin.folder, "seen"), encoding="ascii") as file:
        rows = re.findall(r"(?m)^(\d+) ([0-9a-f]{32}:\d+) (\d+)$", file.read())
    return [(int(number), one, int(pid)) for number, one, pid in rows]


def test_a_plugin_that_is_far_behind_catches_up_without_a_gap_while_peers_get_what_is_new(federate, sample, tmp_path):
    federation = federate("us-noaa", "fr-cnes")
    us, fr = federation.nodes
    plugin = Plugin(us, "late").program(LATE).configure("command: [python3, main.py]\nwindow: 1024\ntimeout_s: 600\nfilter: {types: [orbit], modes: [TEST]}\n")
    federation.start()
    for lane in ("alert", "bulk"):
        fr.events.wait("session_open", peer="us-noaa", lane=lane)
    begun = time.time()
    published = ids(us.publish("--mode", "TEST", catalogue(tmp_path / "all.csv", COUNT)))
    row = plugin.wait("all of it behind", lambda row: row["lag"] >= COUNT and row["unacknowledged"] > 0)
    since = time.mktime(time.strptime(row["behind_since"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert begun - 2 <= since <= time.time(), "since when"
    [shown] = us.json("status")["plugins"]
    assert shown["lag"] >= COUNT and shown["behind_since"] == row["behind_since"]
    table = us.cli("plugin", "list").out
    assert re.search(r"late +running +\d+ (s|min) +\d+ +%d +\d+ (s|min) " % row["lag"], table), table
    before = {role: resident_mib(us.role_pid(role)) for role in ("plug", "core")}
    open(os.path.join(plugin.folder, "go"), "w").close()
    def moved():
        return len(noted(plugin)) if os.path.exists(os.path.join(plugin.folder, "seen")) else 0
    until("a tenth", moved, lambda n: n > COUNT // 10)
    alert = ids(us.publish("--mode", "TEST", "--wait", 1, sample("us-noaa/conjunction-1.cdm")))
    assert plugin.status()["lag"] > COUNT // 3, "the peer has what is new long before the plugin"
    os.kill(int(plugin.events("plugin_started")[-1].fields["pid"]), signal.SIGKILL)
    until("on it goes", moved, lambda n: n > COUNT // 2)
    us.crash()
    us.start()
    plugin.wait_done()
    after = {role: resident_mib(us.role_pid(role)) for role in ("plug", "core")}
    rows = noted(plugin)
    numbers = {one: number for number, one, _ in rows}
    assert list(dict.fromkeys(one for _, one, _ in rows)) == published and alert[0] not in numbers, "nothing is missing, and in order"
    runs = {}
    for number, _, pid in rows:
        runs.setdefault(pid, []).append(number)
    starts = starts_of(us)
    assert len(runs) == 3
    ordered = sorted(numbers.values())
    for pid, run in runs.items():
        assert run == sorted(set(run)), "within a run each comes once"
        assert run[0] == next(n for n in ordered if n > starts[pid]), "a run begins behind its cursor"
    first, second, third = runs
    assert starts[second] > 0 and starts[third] > starts[second], "what was stored of the cursor outlives the plugin and the node"
    assert starts[second] <= runs[first][-1] and starts[third] <= runs[second][-1], "and is never ahead"
    for role, bound in (("plug", 16), ("core", 48)):
        assert after[role] < before[role] + bound, "%s is flat: %s, then %s MiB" % (role, before[role], after[role])
    assert plugin.status()["behind_since"] is None


def starts_of(node):
    """{pid: cursor} of each start of a plugin, through crashes of the node."""
    with open(os.path.join(node.directory, "events.log"), encoding="utf-8") as file:
        return {int(pid): int(number) for pid, number in re.findall(r" plugin_started plugin=\S+ pid=(\d+) number=(\d+)", file.read())}


@pytest.fixture(scope="session")
def protocol(build, tmp_path_factory):
    where = str(tmp_path_factory.mktemp("protocol"))
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    subprocess.run(["protoc", "-I" + os.path.join(root, "proto"), "--python_out=" + where, os.path.join(root, "proto", "api.proto"), os.path.join(root, "proto", "record.proto")], check=True)
    sys.path.insert(0, where)
    import api_pb2
    return api_pb2


def look_at_all(node, api, patient):
    """Seconds until the node has looked at all of its records for a reader that wants others: its own time, and hardly the reader's."""
    client, after, incarnation, begun = Api(node, api), 0, b"", time.monotonic()
    while True:
        client.ask(tail=api.TailRequest(modes=[3], types=["conjunction", "reentry"], after=after, incarnation=incarnation, patient=patient))
        page = client.answer().records
        assert not page.rows
        if page.delivery == after:
            break
        after, incarnation = page.delivery, page.incarnation
    assert after > COUNT
    client.close()
    return time.monotonic() - begun


def test_who_can_wait_gets_a_small_share_of_a_busy_node(federate, protocol, tmp_path):
    node = federate("us-noaa").start().nodes[0]
    node.publish("--mode", "TEST", catalogue(tmp_path / "all.csv", COUNT))
    other, stop = Api(node, protocol), threading.Event()

    def keep_busy():
        while not stop.wait(0.005):  # a request every few milliseconds
            other.ask(status=protocol.StatusRequest())
            other.answer()

    busy = threading.Thread(target=keep_busy, daemon=True)
    busy.start()
    try:
        at_once = min(look_at_all(node, protocol, False) for _ in range(5))
        waits = min(look_at_all(node, protocol, True) for _ in range(3))
    finally:
        stop.set()
        busy.join()
    assert waits > 6 * at_once, "%.2f s, and %.2f s for one that does not wait" % (waits, at_once)
    other.close()
    idle = min(look_at_all(node, protocol, True) for _ in range(3))
    assert idle < waits / 2, "%.2f s where nobody else asks, %.2f s where others do" % (idle, waits)


SPINNERS = 8


def test_plugins_that_use_all_of_the_processor_hardly_slow_the_node(federate, tmp_path):
    node = federate("us-noaa").nodes[0]
    files = [catalogue(tmp_path / ("%d.csv" % i), 3000, 900000000 + 10000 * i) for i in range(14)]
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})  # one for the node, its plugins and us: whoever is to come first must be told
    try:
        plugins = [Plugin(node, "spins%d" % i).program("while True:\n    pass\n") for i in range(SPINNERS)]
        times = {False: [], True: []}
        node.start()
        for i, path in enumerate(files):
            spins = i % 2 == 1
            for plugin in plugins:
                plugin.configure("# %d\nenabled: %s\ntimeout_s: 3600\ncommand: [python3, main.py]\nfilter: {modes: [TEST]}\n" % (i, "true" if spins else "false"))
            for plugin in plugins:
                plugin.wait("as told", lambda row: row["state"] == ("running" if spins else "off"))
            begun = time.monotonic()
            node.publish("--mode", "TEST", path)
            if i > 1:  # the first time every object is new
                times[spins].append(time.monotonic() - begun)
    finally:
        os.sched_setaffinity(0, processors)
    without, beside = statistics.median(times[False]), statistics.median(times[True])
    assert beside < 2 * without, "%.3f s beside eight that spin, %.3f s without" % (beside, without)


BINARY = r"""
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(void)
{
    char *line = NULL;
    size_t size = 0;
    unsigned long long number;
    FILE *seen = fopen("seen", "a");

    while (getline(&line, &size, stdin) > 0) {
        const char *id = strstr(line, "\"id\":\"");
        if (sscanf(line, "{\"delivery\":{\"incarnation\":\"%*[0-9a-f]\",\"number\":%llu}", &number) != 1 || id == NULL)
            return 1;
        fprintf(seen, "%llu %.*s %d\n", number, (int)strcspn(id + 6, "\""), id + 6, VERSION);
        fflush(seen);
        printf("ack %llu\n", number);
        fflush(stdout);
    }
    return 0;
}
"""


def compile_into(folder, version):
    """A new file in the place of the old one, as an installation makes it."""
    source = os.path.join(folder, "watch.c")
    with open(source, "w", encoding="ascii") as file:
        file.write(BINARY)
    subprocess.run(["cc", "-O1", "-DVERSION=%d" % version, "-o", os.path.join(folder, "new"), source], check=True, timeout=60)
    os.rename(os.path.join(folder, "new"), os.path.join(folder, "watch"))


def test_a_binary_is_replaced_while_records_flow_and_none_is_lost(federate, tmp_path):
    node = federate("us-noaa").nodes[0]
    plugin = Plugin(node, "watch")
    os.makedirs(plugin.folder)
    compile_into(plugin.folder, 1)
    plugin.configure("command: [./watch]\nwindow: 16\nfilter: {modes: [TEST]}\n")
    node.start()
    published, failed = [], []

    def keep_publishing():
        try:
            for i in range(20):
                published.extend(ids(node.publish("--mode", "TEST", catalogue(tmp_path / ("%d.csv" % i), 1000, 900000000 + 1000 * i))))
        except Exception as error:  # told in the test's own thread
            failed.append(error)

    publisher = threading.Thread(target=keep_publishing, daemon=True)
    publisher.start()
    seen = os.path.join(plugin.folder, "seen")
    until("they flow", lambda: len(noted(plugin)) if os.path.exists(seen) else 0, lambda n: n > 500)
    compile_into(plugin.folder, 2)
    os.kill(int(plugin.events("plugin_started")[-1].fields["pid"]), signal.SIGTERM)
    node.events.wait("plugin_started", plugin="watch", count=2)
    assert publisher.is_alive(), "while they are published"
    publisher.join(120)
    assert not failed and len(published) == 20000
    plugin.wait_done()
    rows = noted(plugin)
    assert list(dict.fromkeys(one for _, one, _ in rows)) == published, "none is missing, and in order"
    versions = [version for _, _, version in rows]
    assert versions == sorted(versions) and set(versions) == {1, 2}, "first the old one, then the new one"
    [ended] = plugin.events("plugin_ended")
    second = starts_of(node)[int(plugin.events("plugin_started")[-1].fields["pid"])]
    old = [number for number, _, version in rows if version == 1]
    assert ended.fields["signal"] == "15" and 0 < second <= old[-1]
    assert next(number for number, _, version in rows if version == 2) == min(number for number, _, _ in rows if number > second)
