"""A backup of a running node: whole as of one moment, marked, and never the beginning of a second story."""
import os
import shutil
import sqlite3
import threading

import reflog
from test_protocol import CSV, TEST, until
from test_protocol import two  # noqa: F401 - fixture


def orbit(tmp_path, number):
    path = tmp_path / ("orbit%d.csv" % number)
    path.write_bytes(CSV.replace(b",U,900,", b",U,%d," % (1000 + number)))
    return str(path)


def restore(node, copy):
    for name in os.listdir(node.directory):
        if name.startswith("store.db"):
            os.remove(os.path.join(node.directory, name))
    shutil.copy(copy, os.path.join(node.directory, "store.db"))


def own(node, class_name="data"):
    return [row for row in node.json("log", "list") if row["origin"] == node.name and row["series"].endswith("/" + class_name)]


def contradictions(two):  # noqa: F811
    return [line for node in two.nodes if node.process is not None for line in node.events.find("fork_found") + node.events.find("log_frozen")]


def test_a_node_that_comes_back_on_a_copy_goes_on_in_new_logs_that_name_the_last_heads(two, tmp_path):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    [(log, first, _)] = us.publish(*TEST, "--wait", 1, orbit(tmp_path, 0))
    copy = str(tmp_path / "copy.db")
    out = us.cli("backup", copy).out
    assert copy in out and os.stat(copy).st_mode & 0o777 == 0o600
    [(same, later, _)] = us.publish(*TEST, "--wait", 1, orbit(tmp_path, 1))
    assert same == log and later > first
    us.crash()
    restore(us, copy)
    us.start()
    us.events.wait("store_is_copy")
    us.events.wait("guard_new_log", old=log)
    [(new, _, _)] = us.publish(*TEST, "--wait", 1, orbit(tmp_path, 2))
    assert new != log
    continues = us.json("log", "describe", new)["continues"]
    assert (continues["log"], continues["size"]) == (log, later + 1)  # the signer's last head, newer than the copy's
    until("the leaves that the copy lacks come back", lambda: [row["size"] for row in own(us) if row["id"] == log] == [later + 1])
    assert [row["size"] for row in fr.json("log", "list") if row["id"] == log] == [later + 1]
    two.start("jp-jaxa")  # the boot guard asks more than half of the others
    # Only once: the mark is gone, and the next start goes on where it is.
    us.stop()
    us.start()
    assert not us.events.find("store_is_copy")
    assert us.publish(*TEST, "--wait", 1, orbit(tmp_path, 3))[0][0] == new
    assert not contradictions(two)


def test_a_copy_made_while_the_node_works_is_whole(two, tmp_path):  # noqa: F811
    us = two["us-noaa"]
    done = threading.Event()

    def work():
        number = 100
        while not done.is_set():
            us.publish(*TEST, orbit(tmp_path, number))
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for turn in range(5):
            us.cli("backup", str(tmp_path / ("copy%d.db" % turn)))
    finally:
        done.set()
        worker.join()
    for turn in range(5):
        path = str(tmp_path / ("copy%d.db" % turn))
        assert not os.path.exists(path + "-wal")
        with sqlite3.connect("file:%s?mode=ro" % path, uri=True) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("SELECT count(*) FROM meta WHERE name = 'copy'").fetchone() == (1,)
            for log, size in db.execute("SELECT log, size FROM extent"):
                leaves = sum(count for count, in db.execute("SELECT count FROM batch WHERE id >> 40 = ?", (log,)))
                assert leaves == size


def test_a_copy_is_never_written_over_and_holds_no_key(two, tmp_path):  # noqa: F811
    us = two["us-noaa"]
    us.publish(*TEST, orbit(tmp_path, 0))
    us.cli("backup", str(tmp_path))
    [copy] = [path for path in tmp_path.iterdir() if path.name.startswith("us-noaa-") and path.name.endswith("Z.db")]
    before = copy.read_bytes()
    done = us.cli("backup", str(copy), check=False)
    assert done.returncode == 1 and "already" in done.err and copy.read_bytes() == before
    for name in os.listdir(os.path.join(us.directory, "keys")):
        with open(os.path.join(us.directory, "keys", name), encoding="ascii") as file:
            assert reflog.unbase64(file.read().split()[1]) not in before
    assert us.cli("backup", str(tmp_path / "absent" / "x"), check=False).returncode == 1
    assert not list(tmp_path.glob("*.part"))
