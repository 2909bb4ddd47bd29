"""A member that does all it can against one node (hostile.py): what is counted, whom it blames, and that nobody else notices.

With $PARALLAX_MEASURED=FILE the memory of each case is written there: docs/limits.md shows it.
"""
import collections
import json
import os
import re
import subprocess
import sys
import threading
import time

import pytest

import apiclient
from test_protocol import body, others_are_fine, peer, two, until  # noqa: F401 (fixtures)

HERE = os.path.dirname(os.path.abspath(__file__))
ROLES = ("gate", "core", "sign", "seal")
ALERTS = 15
FLOOR_MS = 25  # below this the machine's own noise decides
ATTACK_S = 1
TRIES = 3  # what else the machine does in one of them is not the member's doing

def limit(name):
    """LIMIT_${name} of node/base/limit.h, in MiB."""
    with open(os.path.join(HERE, "..", "..", "node", "base", "limit.h"), encoding="ascii") as file:
        number = int(re.search(r"#define LIMIT_%s +(\d+)" % name, file.read())[1])
    return number / (1024 if name.endswith("_KIB") else 1 << 20)


# What all roles together may grow by, as sums of limits.
UNDER_WAY = (("GATE_ALERT_BYTES", 2), ("GATE_BULK_BYTES", 2), ("ARENA_FRAME_BYTES", 1), ("ARENA_BODY_BYTES", 1))
BOUNDS = {
    "session": UNDER_WAY,  # a session of each lane, both directions, and what core unpacks of it
    "reader": UNDER_WAY + (("STORE_CACHE_KIB", 1), ("GATE_ALERT_BYTES", 8)),  # the store is read for it, and redials
    "hoarder": UNDER_WAY + (("GATE_UNREAD_BYTES", 4),),  # what comes in until the gate looks again is allowed for three times over
}

# rejects: what is counted for the member, as (reason, whom it blames); events: what is said, as (event, why).
Case = collections.namedtuple("Case", "name says rejects events bound", defaults=("session",))

CASES = [
    Case("fields", "every field of every frame wrong in turn",
         [("HEAD_SHAPE", "sender"), ("HEAD_KEY", "sender"), ("HEAD_SIGNATURE", "sender"), ("FRAME_SHAPE", "sender"), ("COSIGNATURE_BAD", "nobody"),
          ("LIMIT", "sender")], [("session_end", "FRAME_SHAPE")]),
    Case("greetings", "every field of the greeting wrong in turn", [("HELLO_BAD", "sender"), ("FRAME_SHAPE", "sender")], [("session_end", "HELLO_BAD")]),
    Case("order", "batches from the end to the beginning, answers that nobody asked for", [("LIMIT", "sender")], []),
    Case("sessions", "frames of sessions that are not there", [], []),
    Case("counts", "counts and sizes as large as can be said", [("FRAME_SHAPE", "sender")], [("session_end", "FRAME_SHAPE")]),
    Case("replays", "the same batch and head over and over", [("CREDIT_OVERRUN", "sender")], [("session_end", "CREDIT_OVERRUN")]),
    Case("foreign", "heads and batches of another federation, well signed there", [("HEAD_KEY", "sender")], []),
    Case("copies", "headers and bodies of another member, in a log of its own", [("HEADER_LOG", "origin")], [("record_quarantined", "HEADER_LOG")]),
    Case("lines", "cosignature lines that do not verify", [("COSIGNATURE_BAD", "nobody"), ("LIMIT", "sender")], []),
    Case("true_lines", "heartbeats of one head, each newer than the one before", [], []),
    Case("growth", "heads of its own log, all signed, each larger, and no leaves", [], []),
    Case("cosigns", "cosignatures of one head of another, all good, each newer than the one before", [("LIMIT", "sender")], []),
    Case("signatures", "heads that nobody signed", [("HEAD_SIGNATURE", "sender"), ("LIMIT", "sender")], []),
    Case("hellos", "greetings without end", [("HELLO_BAD", "sender")], [("session_end", "HELLO_BAD")]),
    Case("credit", "more than was allowed; all logs asked for and not read", [("CREDIT_OVERRUN", "sender")], [("session_end", "CREDIT_OVERRUN")], "reader"),
    Case("multipart", "six messages at once that never end", [("LIMIT", "sender")], [("link_down", "unfinished")], "hoarder"),
    Case("loris", "connections that say a byte now and then", [], [("link_refused", "handshake")]),
    Case("redials", "a connection after the other, each ended by its first frame", [("FRAME_SIZE", "sender")], [("link_down", "empty"), ("zap_refused", None)]),
]


class Attack:
    """hostile.py at work against fr-cnes."""

    def __init__(self, two, peer, case, body, tmp_path):  # noqa: F811
        path = tmp_path / "body"
        path.write_bytes(body)
        self.lines = 0
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "hostile.py"), case, two["jp-jaxa"].directory, "jp-jaxa", "fr-cnes", str(path),
                                         str(tmp_path / "proto")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"begins\n"
        self.until = time.monotonic() + ATTACK_S
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for _ in self.process.stdout:
            self.lines += 1

    def going(self):
        """Not a whole round yet, or not long enough."""
        assert self.process.poll() is None, "the hostile member gave up"
        return self.lines == 0 or time.monotonic() < self.until

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()


def memory_kib(node, row):
    """VmRSS, or VmHWM (its peak so far), of all roles together."""
    total = 0
    for role in ROLES:
        pid = node.role_pid(role)
        if pid is not None:
            with open("/proc/%d/status" % pid, encoding="ascii") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith(row + ":"))
    return total


def counted(node, why, blame):
    return any(row["why"] == why and row["blame"] == blame and row["peer"] == "jp-jaxa" for row in node.json("status")["rejects"])


def terms(bound):
    return " + ".join(("%d * LIMIT_%s" % (times, name)) if times > 1 else "LIMIT_" + name for name, times in BOUNDS[bound])


def mib(bound):
    return sum(limit(name) * times for name, times in BOUNDS[bound])


def record(case, grown_mib, before_ms, during_ms):
    """For docs/limits.md."""
    path = os.environ.get("PARALLAX_MEASURED")
    if not path:
        return
    known = {}
    if os.path.exists(path):
        with open(path, encoding="ascii") as file:
            known = {row["case"]: row for row in json.load(file)["cases"]}
    known[case.name] = {"case": case.name, "says": case.says, "rejects": case.rejects, "bound": case.bound, "grown_mib": round(grown_mib, 1),
                        "before_ms": round(before_ms, 1), "during_ms": round(during_ms, 1)}
    with open(path, "w", encoding="ascii") as file:
        json.dump({"bounds": [{"bound": bound, "terms": terms(bound), "mib": mib(bound)} for bound in BOUNDS],
                   "cases": [known[one.name] for one in CASES if one.name in known]}, file, indent=1)
        file.write("\n")


def attacked(two, peer, body, tmp_path, case, alerts):  # noqa: F811
    """Medians of the alerts before and meanwhile; all that ${case} expects has been counted and said."""
    fr = two["fr-cnes"]
    before_ms = alerts.median(ALERTS)
    attack = Attack(two, peer, case.name, body, tmp_path)
    try:
        during_ms = alerts.median(ALERTS, attack.going)
        for why, blame in case.rejects:
            until("%s, which blames %s: %s" % (why, blame, fr.json("status")["rejects"]), lambda: counted(fr, why, blame), 60)
        for event, why in case.events:
            fr.events.wait(event, timeout=15 if case.name == "loris" else 60, **({"why": why} if why else {}))
    finally:
        attack.stop()
    return before_ms, during_ms


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_member_is_counted_and_nobody_else_notices(two, peer, body, tmp_path, case):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    pids = {role: fr.role_pid(role) for role in ROLES}
    alerts = apiclient.Alerts(us, fr, peer.api, body, peer.record.SIMULATED)
    before_kib = memory_kib(fr, "VmRSS")
    for _ in range(TRIES):
        before_ms, during_ms = attacked(two, peer, body, tmp_path, case, alerts)
        if during_ms <= max(3 * before_ms, FLOOR_MS):
            break
    alerts.close()
    grown_mib = (memory_kib(fr, "VmHWM") - before_kib) / 1024
    record(case, grown_mib, before_ms, during_ms)
    rows = fr.json("status")["rejects"]
    assert not [row for row in rows if row["peer"] not in ("jp-jaxa", "")], "somebody else is blamed"
    assert case.rejects or not [row for row in rows if row["peer"] and row["why"] != "CREDIT_OVERRUN"], "somebody is blamed"
    assert during_ms <= max(3 * before_ms, FLOOR_MS), "alerts took %.1f ms, before %.1f ms" % (during_ms, before_ms)
    assert grown_mib <= mib(case.bound)
    assert pids == {role: fr.role_pid(role) for role in ROLES}, "a role died"
    others_are_fine(two, tmp_path)
