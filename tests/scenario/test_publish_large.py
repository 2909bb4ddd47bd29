"""What `publish` does with a file that is larger than memory should be: flat memory, nothing of a spoilt file, pipes, Ctrl-C, a node that dies meanwhile."""
import fcntl
import os
import signal
import subprocess

import pytest

from test_cli_offline import DONE, FAILED
from test_input import HEAD, ROW, peak

PEAK_MIB = 60       # program, libraries, a window of the file, records that wait, parts on their way
NODE_MIB = 128      # all roles together (docs/performance.md)
RECORD_BYTES = 196608
OEM = ("CCSDS_OEM_VERS = 2.0\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = SAMPLE\nMETA_START\nOBJECT_NAME = A\nOBJECT_ID = 2026-001A\nCENTER_NAME = EARTH\nREF_FRAME = GCRF\n"
       "TIME_SYSTEM = UTC\nSTART_TIME = 2032-02-01T00:00:00\nSTOP_TIME = 2032-02-28T00:00:00\nMETA_STOP\n")
STATE = "2032-02-%02dT%02d:%02d:%02d.%d00 6500.125000 -1200.500000 %d.250000 7.100000000 -0.250000000 1.500000000\n"


def state(i):
    return STATE % (1 + i // 864000, i // 36000 % 24, i // 600 % 60, i // 10 % 60, i % 10, i % 9000)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """64 MiB of OEM: one message, which becomes some hundred records."""
    path = tmp_path_factory.mktemp("large") / "large.oem"
    with open(path, "w", encoding="ascii") as file:
        file.write(OEM)
        n, i = 0, 0
        while n < 64 * 1048576:
            n += file.write("".join(state(i + k) for k in range(1000)))
            i += 1000
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """8 MiB of GP CSV and some more: many parts."""
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    with open(path, "wb") as file:
        file.write(HEAD)
        for i in range(120000):
            file.write(ROW % (i, 900000000 + i))
    yield path
    path.unlink()


def words(node, path, *more):
    return ["--node", node.directory, "publish", "--mode", "TEST", *more, str(path)]


def publisher(node, path, *more, **pipes):
    return subprocess.Popen([os.path.join(node.bin, "parallax"), *words(node, path, *more)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **pipes)   # who starts tests in the background ignores it


def under_way(node, path, folder):
    """The publisher of a file of which some, and not all, is signed."""
    first = folder / "first.csv"
    first.write_bytes(HEAD + ROW % (1, 1))
    [(log, index, _)] = node.publish(*words(node, first)[3:])
    node.events.wait("published", first="%s:%d" % (log, index))  # its logs are open: the next that it signs is of the file
    mark = node.events.mark()
    child = publisher(node, path)
    node.events.wait("published", after=mark, timeout=120)
    return child


def held(node):
    return [row["size"] for row in node.json("log", "list") if row["series"] == "%s/open/data" % node.name]


def peak_mib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024


def test_a_large_file_is_published_in_flat_memory_once(federate, large, tmp_path):
    node = federate("us-noaa").start().nodes[0]
    with open(tmp_path / "ids", "wb") as out:
        code, mib = peak(words(node, large), out)
    assert code == DONE and mib < PEAK_MIB
    ids = (tmp_path / "ids").read_text()
    assert held(node)[0] > 64 * 1048576 // RECORD_BYTES
    assert sum(peak_mib(node.role_pid(role)) for role in ("gate", "core", "sign")) < NODE_MIB
    before = held(node)
    # The same content has the same key, also when it comes through a pipe.
    with open(large, "rb") as file:
        child = publisher(node, "-", stdin=subprocess.PIPE)
        out, err = child.communicate(file.read(), timeout=300)
    assert child.returncode == DONE, err
    assert out.decode() == ids and held(node) == before


def test_a_long_pipe_is_checked_in_flat_memory(large, tmp_path):
    with open(tmp_path / "told", "wb") as out, open(large, "rb") as file:
        cat = subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE)
        code, mib = peak(("check", "-"), out, stdin=cat.stdout)
        cat.stdout.close()
    assert cat.wait(60) == 0 and code == DONE and mib < PEAK_MIB
    assert (tmp_path / "told").read_bytes().startswith(b"stdin: ")


def test_nothing_of_a_large_file_with_a_fault_is_published(federate, rows, tmp_path):
    node = federate("us-noaa").start().nodes[0]
    before = held(node)
    spoilt = tmp_path / "spoilt.csv"
    spoilt.write_bytes(rows.read_bytes() + ROW.replace(b"53.0", b"553.0") % (1, 1))
    done = node.cli(*words(node, spoilt)[2:], check=False)
    assert done.returncode == FAILED and ":120002:59: INCLINATION" in done.err and done.out == ""
    assert held(node) == before


def test_a_file_that_is_written_to_while_it_is_read_is_not_published(federate, rows, tmp_path):
    node = federate("us-noaa").start().nodes[0]
    before = held(node)
    busy = tmp_path / "busy.csv"
    lines = rows.read_bytes().splitlines(keepends=True)
    busy.write_bytes(lines[0].replace(b"\n", b",BSTAR\n") + b"".join(line.replace(b"\n", b",nan\n") for line in lines[1:201]) + b"".join(line.replace(b"\n", b",0\n") for line in lines[201:]))
    # Its reader stands still in the first rows: the pipe that takes the warnings about them is full.
    taker, giver = os.pipe()
    fcntl.fcntl(giver, fcntl.F_SETPIPE_SZ, 4096)
    child = subprocess.Popen([os.path.join(node.bin, "parallax"), *words(node, busy)], stdout=subprocess.PIPE, stderr=giver)
    os.close(giver)
    with open(taker, "rb") as errors:
        said = errors.read(1)
        with open(busy, "r+b") as file:
            file.seek(1048576)
            file.write(b"7")
        said += errors.read()
    out, _ = child.communicate(timeout=60)
    assert child.returncode == FAILED and not out
    assert b"busy.csv was written to while it was read: nothing of it is published" in said
    assert held(node) == before


def test_ctrl_c_says_how_far_it_came_and_the_same_command_goes_on(federate, rows, tmp_path):
    node = federate("us-noaa").start().nodes[0]
    child = under_way(node, rows, tmp_path)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=120)
    assert child.returncode == FAILED, err
    some = int(err.decode().split("interrupted: ", 1)[1].split()[0])
    assert 0 < some < 120000 and b" of 120000 records are published; the same command publishes the others" in err
    log, _, span = out.decode().strip().partition(":")
    first, last = map(int, span.split("-"))
    assert last - first + 1 == some and held(node) == [last + 1]
    assert node.publish(*words(node, rows)[3:]) == [(log, first, first + 119999)]


def test_a_node_that_dies_meanwhile_gets_every_record_once(federate, rows, tmp_path):
    node = federate("us-noaa").start().nodes[0]
    child = under_way(node, rows, tmp_path)
    node.kill("core")
    out, err = child.communicate(timeout=200)
    assert child.returncode == DONE, err
    first, last = map(int, out.decode().strip().partition(":")[2].split("-"))
    assert last - first == 119999 and held(node) == [last + 1]
