"""Each reader by itself under libFuzzer until it has had so many seconds of CPU; the corpus is kept, and minimised at the end.

What it has done stands in build/fuzz/each/READER: the corpus, the seconds, the finds. Stop it at any time: started again it goes on from there.
The seconds are of CPU, so that a machine that others use does not make the run shorter than it says.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEPT_MAX = 512  # bytes of an input that goes with the tests
SLICE_S = 60  # on the clock: what an interruption costs at most
# The program sees one input after the other through one reader: an input that takes longer, or more, is a find.
OPTIONS = ("-timeout=60", "-rss_limit_mb=2048", "-max_len=32768", "-print_final_stats=1", "-verbosity=0", "-reload=0")


class Reader:
    """One reader: its folder, and what it has had."""

    def __init__(self, program, state, name):
        self.program, self.name, self.directory = program, name, state / name
        for below in ("corpus", "finds"):
            (self.directory / below).mkdir(parents=True, exist_ok=True)
        self.env = dict(os.environ, PARALLAX_FUZZ_READER=name)

    def _number(self, name):
        path = self.directory / name
        return float(path.read_text(encoding="ascii")) if path.exists() else 0.0

    def seconds(self):
        return self._number("seconds")

    def runs(self):
        return int(self._number("runs"))

    def finds(self):
        return sorted(path.name for path in (self.directory / "finds").iterdir())

    def corpus(self):
        return sorted((self.directory / "corpus").iterdir(), key=lambda path: (path.stat().st_size, path.name))

    def _add(self, name, more):
        path = self.directory / name
        (self.directory / "new").write_text("%.1f" % (self._number(name) + more), encoding="ascii")
        (self.directory / "new").replace(path)

    def _start(self, log, *words):
        with open(self.directory / log, "wb") as file:
            process = subprocess.Popen(["nice", "-n", "19", str(self.program), *words], env=self.env, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, usage.ru_utime + usage.ru_stime

    def slice(self):
        """A slice of the run; the goldens of all types are seeds of the first one."""
        seeds = [] if self.seconds() > 0 else sorted(str(path) for path in ROOT.glob("node/types/*/golden"))
        status, used = self._start("log", *OPTIONS, "-max_total_time=%d" % SLICE_S, "-artifact_prefix=%s/" % (self.directory / "finds"),
                                   str(self.directory / "corpus"), str(ROOT / "tests/fuzz/corpus/reader"), *seeds)
        log = (self.directory / "log").read_text(encoding="utf-8", errors="replace")
        for line in log.splitlines():
            if line.startswith("stat::number_of_executed_units:"):
                self._add("runs", int(line.split()[1]))
        self._add("seconds", used)
        if status != 0 and not self.finds():  # it did not run at all
            (self.directory / "finds" / "did-not-run").write_text(log[-4000:], encoding="utf-8")

    def minimise(self):
        """The fewest inputs that reach what all of the corpus reaches."""
        less = self.directory / "less"
        shutil.rmtree(less, ignore_errors=True)
        less.mkdir()
        status, _ = self._start("merge.log", *OPTIONS, "-merge=1", str(less), str(self.directory / "corpus"))
        if status != 0:
            shutil.rmtree(less)
            return
        (self.directory / "corpus").rename(self.directory / "whole")
        less.rename(self.directory / "corpus")
        shutil.rmtree(self.directory / "whole")


def keep(readers, each_bytes):
    """Small inputs of each reader, whichever, into tests/fuzz/corpus/reader, which is replayed by every run of the tests."""
    for reader in readers:
        into = ROOT / "tests/fuzz/corpus/reader" / reader.name
        left = each_bytes
        for path in sorted(path for path in reader.corpus() if path.stat().st_size <= KEPT_MAX):
            left -= path.stat().st_size
            if left < 0:
                break
            into.mkdir(exist_ok=True)
            shutil.copy(path, into)


def show(readers, seconds):
    print("%-24s %9s %12s %8s  %s" % ("reader", "CPU s", "inputs", "corpus", "finds"))
    for reader in readers:
        print("%-24s %9.0f %12d %8d  %s" % (reader.name, reader.seconds(), reader.runs(), len(reader.corpus()), " ".join(reader.finds()) or "-"))
    print("%d of %d readers have had %d s" % (sum(reader.seconds() >= seconds for reader in readers), len(readers), seconds))


def main():
    words = argparse.ArgumentParser(prog="tests/run fuzz --each", description=__doc__)
    words.add_argument("--seconds", type=float, default=600, help="of CPU for each reader, over all runs (default 600)")
    words.add_argument("--jobs", type=int, default=os.cpu_count(), help="readers at a time (default: one a core)")
    words.add_argument("--program", type=pathlib.Path, default=ROOT / "build/fuzz/tests/fuzz_reader")
    words.add_argument("--state", type=pathlib.Path, default=ROOT / "build/fuzz/each")
    words.add_argument("--keep", type=int, metavar="BYTES", help="no run: minimise, and keep so much of each corpus with the tests")
    words.add_argument("reader", nargs="*", help="these, in this order (default: all)")
    args = words.parse_args()
    listed = subprocess.run([str(args.program)], env=dict(os.environ, PARALLAX_FUZZ_READER="list"), check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    unknown = [name for name in args.reader if name not in listed]
    if unknown:
        words.error("no reader %s" % unknown[0])
    readers = [Reader(args.program, args.state, name) for name in args.reader or listed]
    if args.keep is not None:
        for reader in readers:
            reader.minimise()
        keep(readers, args.keep)
        show(readers, args.seconds)
        return 0

    lock, taken = threading.Lock(), set()

    def work():
        """The reader that has had least and is not taken, a slice of it; then the next."""
        while True:
            with lock:
                open_ones = [reader for reader in readers if reader.name not in taken and reader.seconds() < args.seconds and not reader.finds()]
                if not open_ones:
                    return
                reader = min(open_ones, key=lambda one: one.seconds())
                taken.add(reader.name)
            reader.slice()
            if reader.seconds() >= args.seconds:
                reader.minimise()
            print("%s: %.0f s of CPU, %d inputs, %d in the corpus" % (reader.name, reader.seconds(), reader.runs(), len(reader.corpus())), flush=True)
            with lock:
                taken.discard(reader.name)

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for done in [pool.submit(work) for _ in range(args.jobs)]:
            done.result()
    show(readers, args.seconds)
    return 1 if any(reader.finds() for reader in readers) else 0


if __name__ == "__main__":
    sys.exit(main())
