"""`parallax audit`: what a node holds is verified from the bytes at rest; whatever byte of the evidence is changed, that is found and named."""
import json
import os
import random
import re
import sqlite3

import pytest

from federation import parallax
from test_federation import until
from test_protocol import CSV, TEST

ROW = CSV.split(b"\r\n")[1]


def many(tmp_path, n):
    path = tmp_path / "many.csv"
    path.write_bytes(CSV.split(b"\r\n")[0] + b"\r\n" + b"".join(ROW.replace(b",900,", b",%d," % (1000 + i)) + b"\r\n" for i in range(n)))
    return str(path)


def audit(build, node, *words):
    done = parallax(build, "audit", "--node", node.directory, "--json", *words, check=False)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert rows or done.returncode != 0, done.err
    return done.returncode, rows[:-1] if rows and "wrong" in rows[-1] else rows, rows[-1] if rows and "wrong" in rows[-1] else None


def fingerprint(build, node):
    return re.search(r"[0-9a-f]{64}", parallax(build, "roster", "show", os.path.join(node.directory, "roster", "000001.note")).out).group()


@pytest.fixture
def full(three, tmp_path, sample):
    """fr-cnes holds some of everything: logs of three origins, a named audience, an embargo, a subtree, records under review."""
    us, fr, jp = three.nodes
    us.cli("audience", "create", "ops", "fr-cnes")
    us.publish(*TEST, "--wait", 2, many(tmp_path, 600))
    us.publish("--audience", "ops", "--wait", 1, sample("us-noaa/orbits.csv"))
    fr.publish(*TEST, "--embargo", "2035-01-01T00:00:00Z", "--wait", 2, sample("fr-cnes/conjunction-1.xml"))
    for name in ("conjunction-1.cdm", "conjunction-1-update.cdm", "distress.json"):
        us.publish("--wait", 2, sample("us-noaa/" + name))
    jp.publish("--wait", 2, sample("jp-jaxa/orbits.json"))
    until(lambda: all(row["state"] in ("complete", "open", "closed") for row in fr.json("log", "list")), "fr-cnes holds all")
    return three


def test_what_is_held_holds_while_the_node_runs_and_in_a_copy(full, build, tmp_path):
    us, fr, _ = full.nodes
    for node in full.nodes:
        code, findings, whole = audit(build, node)
        assert code == 0 and [row for row in findings if not row["holds"]] == [] and whole["holds"], findings
        held = node.json("log", "list")
        assert whole["logs"] == len(held) and whole["records"] == sum(row["size"] for row in held) and whole["records"] > 600
        assert whole["signatures"] >= whole["logs"] and whole["cosignatures"] >= whole["logs"] and whole["subjects"] > 600
    assert audit(build, fr)[2]["sealed"] > 0
    copy = str(tmp_path / "copy.db")
    fr.cli("backup", copy)
    assert audit(build, fr, "--store", copy)[0] == 0
    mark = fingerprint(build, us)
    assert audit(build, fr, "--fingerprint", mark)[2]["fingerprint"] == mark
    assert audit(build, fr, "--fingerprint", ("0" if mark[0] != "0" else "1") + mark[1:])[0] == 1
    text = parallax(build, "audit", "--node", fr.directory)
    assert text.out.startswith("It holds.") or "\nIt holds." in text.out
    roster = os.path.join(fr.directory, "roster", "000001.note")
    with open(roster, "r+b") as file:
        data = bytearray(file.read())
        at = data.index(b"noaa")
        data[at] ^= 1
        file.seek(0)
        file.write(data)
    assert audit(build, fr)[0] == 1


# Columns that hold evidence or say where it is; for the picture, what it shows. What is left out is made again from these, or says nothing of what was said
# (docs/operations.md).
BLOBS = {"batch": ("headers", "bodies"), "anchor": ("root", "signature", "key_id", "proof"), "log": ("id", "origin", "audience", "class", "head", "heartbeat", "cosignatures"),
         "node": ("hash",), "subject": ("type", "key", "origin")}
NUMBERS = {"batch": ("id", "count", "bytes"), "anchor": ("id", "size"), "extent": ("log", "size", "bytes", "quarantined"), "node": ("id",), "subject": ("mode", "slot")}


def flips(db, chance):
    """Statements that each change one byte: (table, column, rowid or key, place)."""
    for table, columns in BLOBS.items():
        key = "rowid" if table != "subject" else "type || char(9) || mode || char(9) || key || char(9) || origin"
        for column in columns:
            rows = [row for row in db.execute("SELECT %s, length(CAST(%s AS BLOB)) FROM %s" % (key, column, table)) if row[1] > 0]
            assert rows or column == "proof", (table, column)
            for name, size in chance.sample(rows, min(len(rows), 3)):
                for at in {chance.randrange(size), size - 1}:
                    yield table, column, key, name, at


def flip(db, table, column, key, name, at, chance):
    [(old, kind)] = db.execute("SELECT CAST(%s AS BLOB), typeof(%s) FROM %s WHERE %s = ?" % (column, column, table, key), (name,))
    new = bytearray(old)
    new[at] ^= 1 << chance.randrange(5)  # a text stays one
    db.execute("UPDATE %s SET %s = ? WHERE %s = ?" % (table, column, key), (bytes(new) if kind == "blob" else new.decode(), name))


def changed(build, node, copy, change):
    """What an audit says of the copy after ${change}, which is undone."""
    db = sqlite3.connect(copy, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    db.execute("SAVEPOINT before")
    before = db.total_changes
    change(db)
    assert db.total_changes == before + 1
    db.execute("COMMIT")
    code, findings, _ = audit(build, node, "--store", copy)
    db.close()
    return code, [row for row in findings if not row["holds"]]


def test_one_changed_byte_anywhere_in_the_evidence_is_found_and_named(full, build, tmp_path):
    fr = full["fr-cnes"]
    copy, one = str(tmp_path / "copy.db"), str(tmp_path / "one.db")
    fr.cli("backup", copy)
    for node in full.nodes:
        node.stop()
    chance = random.Random(20261201)
    db = sqlite3.connect(copy)
    db.execute("PRAGMA journal_mode = WAL")
    logs = {row[0]: row[1].hex() for row in db.execute("SELECT no, id FROM log")}
    places = list(flips(db, chance))
    numbers = [(table, column, name) for table, columns in NUMBERS.items() if table != "subject" for column in columns
               for (name,) in chance.sample(list(db.execute("SELECT rowid FROM %s" % table)), min(2, db.execute("SELECT count(*) FROM %s" % table).fetchone()[0]))]
    db.close()
    with open(copy, "rb") as file:
        whole = file.read()

    def fresh():
        for end in ("", "-wal", "-shm"):
            if os.path.exists(one + end):
                os.unlink(one + end)
        with open(one, "wb") as file:
            file.write(whole)

    missed = []
    for table, column, key, name, at in places:
        fresh()
        try:
            code, wrong = changed(build, fr, one, lambda db: flip(db, table, column, key, name, at, chance))
        except sqlite3.IntegrityError:
            continue  # another row has that name
        named = [row for row in wrong if row.get("log") or row["what"] in ("row", "stray", "picture")]
        if code != 1 or not named:
            missed.append((table, column, name, at, code, wrong))
        elif table in ("batch", "anchor") and not any(row.get("log") == logs[name >> 40] and row["leaf"] >= 0 for row in wrong if "leaf" in row):
            missed.append((table, column, name, at, "another log", wrong))
    for table, column, name in numbers:
        fresh()
        try:
            code, wrong = changed(build, fr, one, lambda db: db.execute("UPDATE %s SET %s = %s + 1 WHERE rowid = ?" % (table, column, column), (name,)))
        except sqlite3.IntegrityError:
            continue
        if code != 1 or not wrong:
            missed.append((table, column, name, code, wrong))
    fresh()
    code, wrong = changed(build, fr, one, lambda db: db.execute("UPDATE anchor SET proof = zeroblob(32) WHERE id = (SELECT min(id) FROM anchor WHERE length(proof) = 0)"))
    assert code == 1 and [row["what"] for row in wrong] == ["tree"]
    assert missed == [] and len(places) > 80
