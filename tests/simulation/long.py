#!/usr/bin/python3
"""Many seeds on all cores; what is done is kept, so that a run that ends early goes on where it was.

    tests/simulation/long.py --seeds N [--first S] [--jobs J] [--program FILE] [--record DIR] [--minutes M]

The record lies in DIR (build/simulation), one JSON file for each program (its SHA-256 names it) and first seed. At the end it prints a row for docs/simulation.md
and `N passed, N failed`. Ends early at the fifth seed that fails, after M minutes, or at Ctrl-C: call it again to go on.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
CHUNK = 24     # seeds a process: long enough that its start costs nothing, short enough that little is done twice
FAILED_MAX = 5


def commit_of():
    done = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return done.stdout.decode().strip() or "no commit"


class Record:
    def __init__(self, folder, program, first):
        with open(program, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        self.path = os.path.join(folder, "%s-from-%d.json" % (digest[:16], first))
        self.lock = threading.Lock()
        self.begun = time.monotonic()
        os.makedirs(folder, exist_ok=True)
        self.it = {"program": digest, "commit": commit_of(), "first": first, "chunks": [], "failed": {}, "seconds": 0.0, "cpu_seconds": 0.0}
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                self.it = json.load(file)
        self.before = self.it["seconds"]
        self.cpu_before = self.it["cpu_seconds"] - self.cpu()

    @staticmethod
    def cpu():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def add(self, chunk, failed):
        """Seeds [chunk[0], chunk[0] + chunk[1]) are done; the file is whole at any moment."""
        with self.lock:
            self.it["chunks"].append(chunk)
            self.it["failed"].update(failed)
            self.it["seconds"] = self.before + time.monotonic() - self.begun
            self.it["cpu_seconds"] = self.cpu_before + self.cpu()
            with open(self.path + ".new", "w", encoding="utf-8") as file:
                json.dump(self.it, file)
            os.replace(self.path + ".new", self.path)

    def left(self, seeds):
        """Chunks of what was asked for that are not done."""
        done = {first + k for first, n in self.it["chunks"] for k in range(n)}
        want = [s for s in range(self.it["first"], self.it["first"] + seeds) if s not in done]
        chunks = []
        for seed in want:
            if chunks and seed == chunks[-1][0] + chunks[-1][1] and chunks[-1][1] < CHUNK:
                chunks[-1][1] += 1
            else:
                chunks.append([seed, 1])
        return chunks

    def seeds(self):
        return sum(n for _, n in self.it["chunks"])

    def row(self):
        it, n = self.it, self.seeds()
        return "| `%s` | %d to %d | %d | %d | %.0f | %.0f | %d |" % (it["commit"], it["first"], it["first"] + n - 1, n, len(it["failed"]), it["seconds"],
                                                                 n / max(it["seconds"], 0.001) * 3600, n / max(it["cpu_seconds"], 0.001) * 3600)


def run_chunk(program, chunk):
    """The seeds of a chunk that fail, with what was wrong; a process that dies counts against its first seed."""
    one = subprocess.run(["nice", "-n", "19", program, "--first", str(chunk[0]), "--seeds", str(chunk[1]), "--all"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    text = one.stdout.decode(errors="replace")
    failed = dict(re.findall(r"^seed (\d+): (.*)$", text, re.M))
    if one.returncode not in (0, 1) or not re.search(r"^\d+ passed, \d+ failed$", text, re.M):
        failed["%d" % chunk[0]] = "the process ended with %d within %d seeds: %s" % (one.returncode, chunk[1], one.stderr.decode(errors="replace")[-300:])
    return failed


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seeds", type=int, required=True)
    words.add_argument("--first", type=int, default=1)
    words.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    words.add_argument("--minutes", type=float, default=0)
    words.add_argument("--program", default=os.path.join(ROOT, "build", "release", "tests", "simulate"))
    words.add_argument("--record", default=os.path.join(ROOT, "build", "simulation"))
    how = words.parse_args()
    record = Record(how.record, how.program, how.first)
    chunks = iter(record.left(how.seeds))
    if record.seeds():
        print("%d seeds are done already (%s)" % (record.seeds(), record.path), flush=True)
    stop = threading.Event()
    told = time.monotonic()

    def work():
        while not stop.is_set():
            with record.lock:
                chunk = next(chunks, None)
            if chunk is None:
                return
            failed = run_chunk(how.program, chunk)
            if stop.is_set() and failed:
                failed = {}  # killed with us, perhaps
                return
            record.add(chunk, failed)
            for seed, what in failed.items():
                print("seed %s: %s" % (seed, what), flush=True)
            if len(record.it["failed"]) >= FAILED_MAX or (how.minutes and time.monotonic() - record.begun > how.minutes * 60):
                stop.set()

    with concurrent.futures.ThreadPoolExecutor(how.jobs) as pool:
        jobs = [pool.submit(work) for _ in range(how.jobs)]
        try:
            while not all(job.done() for job in jobs):
                concurrent.futures.wait(jobs, timeout=1)
                if time.monotonic() - told > 60:
                    told = time.monotonic()
                    print("%d seeds, %d failed, %.0f seeds an hour" % (record.seeds(), len(record.it["failed"]), record.seeds() / max(record.it["seconds"], 0.001) * 3600), flush=True)
        except KeyboardInterrupt:
            stop.set()
    for job in jobs:
        job.result()
    print("| commit | seeds | how many | violations | seconds | seeds an hour, %d at once | seeds an hour of one core's time |" % how.jobs)
    print("|---|---|---|---|---|---|---|")
    print(record.row())
    failed = len(record.it["failed"])
    print("%d passed, %d failed" % (record.seeds() - failed, failed))
    return 0 if failed == 0 and not record.left(how.seeds) else 1


if __name__ == "__main__":
    sys.exit(main())
