"""Logs that the stewards end: of an origin that contradicted itself, of a member that was removed, of a key that was stolen. A roster names the last good
head, and all nodes come to hold that and nothing else, live and across a restart."""
import json
import os
import sqlite3

import pytest

import reflog
import refpeer
from test_contradiction import Branch, frozen, grow
from test_protocol import CSV, TEST, held, others_are_fine, rejects, rows, state, until
from test_protocol import body, peer, two  # noqa: F401 - fixtures
from test_roster_live import next_roster

COMMON = 3


def root(log, size):
    return reflog.root([reflog.leaf_hash(header) for header in log.headers[:size]]).hex()


def ends(path, *lines):
    path.write_text("# named by the stewards\n" + "".join("%s %d %s\n" % line for line in lines))
    return str(path)


def end(log, size):
    return log.id.hex(), size, root(log, size)


def adopted(federation, note, nodes, version=2):
    marks = [node.events.mark() for node in nodes]
    nodes[0].cli("roster", "update", note)
    for node, mark in zip(nodes, marks):
        node.events.wait("roster_loaded", after=mark, version=version)


def two_stories(two, peer, body, class_name="data"):  # noqa: F811
    """us-noaa holds one story of 5 leaves, fr-cnes another of 7 that parts after the third; both know."""
    us, fr = two["us-noaa"], two["fr-cnes"]
    log = grow(refpeer.Log(peer, class_name), body, 2)
    other = grow(Branch(log, COMMON), body, 4)
    grow(log, body, 2)
    lane = refpeer.ALERT if class_name == "alert" else refpeer.BULK
    sessions = [peer.dial("us-noaa", lane), peer.dial("fr-cnes", lane)]
    for session, story in zip(sessions, (log, other)):
        session.send(heads=story.heads())
    for session, story in zip(sessions, (log, other)):
        if session.wait("open", fits=lambda o: o.log == log.id):
            session.send(data=story.data())
    for node in (us, fr):
        frozen(node, log)
    held(us, log, 5)
    held(fr, log, 7)
    for node in (us, fr):
        until("%s does not know where they part: %s" % (node.name, state(node, log)), lambda: state(node, log).get("common") == COMMON)
    return log, other, sessions


def settled(node, log, size, right, aside):
    until("%s did not settle: %s" % (node.name, state(node, log)), lambda: state(node, log)["size"] == size)
    row = state(node, log)
    assert (row["state"], row["root"], row["head_size"], row["recovered"], row["aside"]) == ("closed", right, size, True, aside), row
    assert "common" not in row
    said = node.cli("status", check=False).out
    assert "FROZEN" not in said and "DISPUTED" not in said and "contradict" not in said, said
    shown = rows(node, "query", "orbit", "--mode", "TEST", "--origin", "jp-jaxa", "--history")
    assert sorted(int(row["id"].split(":")[1]) for row in shown) == list(range(1, size)) and not [row for row in shown if row.get("disputed")]
    assert rows(node, "query", "orbit", "--mode", "TEST", "--origin", "jp-jaxa", "--disputed") == []
    until("the picture of %s is not of the newest leaf" % node.name,
          lambda: [row["id"] for row in rows(node, "query", "orbit", "--mode", "TEST", "--origin", "jp-jaxa")] == ["%s:%d" % (log.id.hex(), size - 1)])


def kept(node):
    """Bytes held of jp-jaxa."""
    return [row["held_bytes"] for row in node.json("status")["peers"] if row["node"] == "jp-jaxa"]


def audited(node, log, aside, tmp_path):
    """All of it holds, what was put aside too; a changed byte in that, or in the contradiction, does not."""
    whole = json.loads(node.cli("audit", "--json").out.splitlines()[-1])
    assert whole["holds"] and whole["aside"] == aside
    places = [(column, "aside", "1") for column in ("headers", "bodies", "root") if aside] + [("value", "meta", "name LIKE 'fork:%'")]
    for number, (column, table, where) in enumerate(places):
        copy = str(tmp_path / ("%s-%d.db" % (node.name, number)))
        node.cli("backup", copy)
        with sqlite3.connect(copy) as db:
            found = db.execute("SELECT rowid, %s FROM %s WHERE %s LIMIT 1" % (column, table, where) if table == "aside" else "SELECT name, value FROM meta WHERE " + where).fetchone()
            changed = bytearray(found[1])
            changed[len(changed) // 2] ^= 4
            assert db.execute("UPDATE %s SET %s = ? WHERE %s = ?" % (table, column, "rowid" if table == "aside" else "name"), (bytes(changed), found[0])).rowcount == 1
        done = node.cli("audit", "--json", "--store", copy, check=False)
        wrong = [row for row in map(json.loads, done.out.splitlines()[:-1]) if not row["holds"]]
        assert done.returncode == 1 and {row["log"] for row in wrong} == {log.id.hex()}, (column, table, done.out)


def same_picture(*nodes):
    until("pictures differ", lambda: len({node.cli("picture", "export").stdout for node in nodes}) == 1)


def proved(node, log, index, tmp_path, signed):
    """The roster's word is enough for a proof; not one byte of it may differ."""
    proof, roster = tmp_path / "proof", os.path.join(node.directory, "roster", sorted(os.listdir(os.path.join(node.directory, "roster")))[-1])
    whole = node.cli("prove", "%s:%d" % (log.id.hex(), index)).stdout
    proof.write_bytes(whole)
    node.cli("verify", str(proof), "--roster", roster)
    at = whole.index(b"\xe2\x80\x94 ")  # the line that nobody signed
    for flipped in range(at + 4, whole.index(b"\n", at), 9):
        proof.write_bytes(whole[:flipped] + bytes([whole[flipped] ^ 1]) + whole[flipped + 1:])
        assert node.cli("verify", str(proof), "--roster", roster, check=False).returncode == 1
    proof.write_bytes(whole)
    old = node.cli("verify", str(proof), "--roster", os.path.join(node.directory, "roster", "000001.note"), check=False)
    assert signed or old.returncode == 1  # a roster that does not end the log vouches for nothing


@pytest.mark.parametrize("class_name", ("data", "alert"))
@pytest.mark.parametrize("right, size", (("fr-cnes", 7), ("us-noaa", 5), ("fr-cnes", 6), ("both", COMMON)))
def test_a_recovery_takes_all_nodes_to_the_named_head_and_puts_the_rest_aside(two, peer, body, tmp_path, right, size, class_name):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    log, other, sessions = two_stories(two, peer, body, class_name)
    story = other if right == "fr-cnes" else log
    if right == "both":  # what a node proposes: the common part
        path = tmp_path / "ends"
        path.write_bytes(us.cli("log", "ends", "jp-jaxa", "--log", log.id.hex()).stdout)
        assert path.read_bytes() == fr.cli("log", "ends", "jp-jaxa", "--log", log.id.hex()).stdout.replace(b"7 leaves here", b"5 leaves here")
        named = str(path)
    else:
        named = ends(tmp_path / "ends", end(story, size))
    adopted(two, next_roster(two, 2, "recover", "jp-jaxa", "--ends", named), (us, fr))
    aside = {"us-noaa": 5 - (size if right == "us-noaa" else COMMON), "fr-cnes": 7 - (size if right == "fr-cnes" else COMMON)}
    for turn in range(2):
        for node in (us, fr):
            settled(node, log, size, root(story, size), aside[node.name])
        same_picture(us, fr)
        if turn == 0:
            others_are_fine(two, tmp_path)  # before the restart: with jp-jaxa away, the boot guard holds our own logs after it
        counted = counted if turn else {node.name: kept(node) for node in (us, fr)}
        assert counted == {node.name: kept(node) for node in (us, fr)}  # what was put aside counts for nobody, at once
        for node in (us, fr):
            node.stop()
        for node in (us, fr):
            node.start()
    proved(us, log, size - 1, tmp_path, signed=size in (5, 7))
    for node in (us, fr):  # what was put aside is there, as it came
        with sqlite3.connect("file:%s/store.db?mode=ro" % node.directory, uri=True) as db:
            assert db.execute("SELECT coalesce(sum(count - skip), 0) FROM aside WHERE log = ?", (log.id,)).fetchone() == (aside[node.name],)
        assert node.cli("log", "evidence", log.id.hex()).out.startswith("parallax-contradiction/v1")
        assert not rejects(node, "TREE_PROOF", "us-noaa") and not rejects(node, "TREE_PROOF", "fr-cnes")
        audited(node, log, aside[node.name], tmp_path)


def test_after_a_recovery_the_wrong_story_is_not_heard_and_a_new_log_goes_on(two, peer, body, tmp_path):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    log, other, _ = two_stories(two, peer, body)
    adopted(two, next_roster(two, 2, "recover", "jp-jaxa", "--ends", ends(tmp_path / "ends", end(other, 7))), (us, fr))
    settled(us, log, 7, root(other, 7), 2)
    session = peer.dial("us-noaa")
    session.send(heads=log.heads())  # the wrong story once more: nobody looks at it
    new = grow(refpeer.Log(peer), body, 1)
    assert session.offer(new) == 0
    session.send(data=new.data())
    for node in (us, fr):
        held(node, new, 2)
        until("newest is shown", lambda: [row["id"] for row in rows(node, "query", "orbit", "--mode", "TEST", "--origin", "jp-jaxa")] == ["%s:1" % new.id.hex()])
        assert state(node, log)["size"] == 7 and state(node, log)["state"] == "closed"
        assert not rejects(node, "HEAD_SIGNATURE", "us-noaa") and not rejects(node, "HEAD_SIGNATURE", "fr-cnes")
    same_picture(us, fr)


def test_leaves_that_are_found_wrong_only_by_the_recovery_are_all_read_again(two, peer, body, tmp_path):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    log = grow(refpeer.Log(peer), body, 4)
    other = grow(Branch(log, COMMON), body, 4)
    us.stop()
    session = peer.dial("fr-cnes")
    session.offer(other)
    session.send(data=other.data())
    held(fr, log, 7)
    adopted(two, next_roster(two, 2, "recover", "jp-jaxa", "--ends", ends(tmp_path / "ends", end(other, 7))), (fr,))
    fr.stop()
    us.start()
    session = peer.dial("us-noaa")
    session.offer(log)
    session.send(data=log.data())
    held(us, log, 5)
    fr.start()
    settled(us, log, 7, root(other, 7), 5)
    assert not us.events.find("fork_found") and not rejects(us, "TREE_PROOF", "fr-cnes")
    same_picture(us, fr)


def test_a_removed_member_s_logs_end_where_the_roster_says_and_others_take_nothing_more(two, peer, body, tmp_path):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    listed, unlisted = grow(refpeer.Log(peer), body, 2), grow(refpeer.Log(peer), body, 2)
    session = peer.dial("fr-cnes")
    for log in (listed, unlisted):
        session.offer(log)
        session.send(data=log.data())
        held(fr, log, 3)
        held(us, log, 3)
    us.stop()
    for log in (listed, unlisted):
        grow(log, body, 2)
        session.send(heads=log.heads())
        session.send(data=log.data(first=3))
        held(fr, log, 5)
    path = tmp_path / "ends"
    path.write_bytes(fr.cli("log", "ends", "jp-jaxa", "--log", listed.id.hex()).stdout)
    note = next_roster(two, 2, "remove", "jp-jaxa", "--ends", str(path))
    adopted(two, note, (fr,))
    us.start()
    held(us, listed, 5)
    assert state(us, unlisted)["size"] == 3 and state(us, unlisted)["head_size"] == 3
    assert state(us, listed)["root"] == state(fr, listed)["root"] == root(listed, 5)
    until("they greet", lambda: [row for row in us.json("peers") if row["node"] == "fr-cnes" and row["state"] == "up"])
    fine = tmp_path / "fine.csv"
    fine.write_bytes(CSV)
    fr.publish(*TEST, "--again", "--wait", 1, str(fine))
    assert state(us, unlisted)["size"] == 3 and [row for row in us.json("status")["rejects"] if row["peer"] == "fr-cnes"] == []


def test_a_stolen_key_is_trusted_up_to_the_named_head_and_not_beyond(two, peer, body, tmp_path):  # noqa: F811
    us, fr = two["us-noaa"], two["fr-cnes"]
    log = grow(refpeer.Log(peer), body, 4)
    session = peer.dial("fr-cnes")
    session.offer(log)
    session.send(data=log.data())
    for node in (us, fr):
        held(node, log, 5)
    early = tmp_path / "early"
    early.write_bytes(us.cli("prove", "%s:1" % log.id.hex()).stdout)
    key = [row for row in us.json("roster", "show", os.path.join(us.directory, "roster", "000001.note"))["members"] if row["name"] == "jp-jaxa"][0]["keys"]["log"][0]
    adopted(two, next_roster(two, 2, "recover", "jp-jaxa", "--ends", ends(tmp_path / "ends", end(log, 3)), "--revoke", key), (us, fr))
    for node in (us, fr):
        settled(node, log, 3, root(log, 3), 2)
    for version, code in (("000001", 0), ("000002", 1)):  # what a proof of before stands on is not the last good head
        done = us.cli("verify", str(early), "--roster", os.path.join(us.directory, "roster", version + ".note"), check=False)
        assert done.returncode == code, done.err
    proved(us, log, 2, tmp_path, signed=False)
    session = peer.dial("fr-cnes")
    thief = grow(refpeer.Log(peer), body, 2)
    session.send(heads=log.heads())
    session.send(heads=thief.heads())
    session.send(data=thief.data())
    others_are_fine(two, tmp_path)
    for node in (us, fr):
        assert state(node, thief) is None
        settled(node, log, 3, root(log, 3), 2)


def test_an_honest_node_whose_log_is_ended_goes_on_in_a_new_one(three, tmp_path):
    us, fr, jp = three.nodes
    path = tmp_path / "one.csv"
    path.write_bytes(CSV)
    [(log, first, _)] = jp.publish(*TEST, "--wait", 2, str(path))
    row = [row for row in jp.json("log", "list") if row["id"] == log][0]
    [(same, second, _)] = jp.publish(*TEST, "--again", "--wait", 2, str(path))
    assert same == log and second == first + 1
    adopted(three, next_roster(three, 2, "recover", "jp-jaxa", "--ends", ends(tmp_path / "ends", (log, row["size"], row["root"]))), three.nodes)
    for node in three.nodes:
        until("%s does not end it" % node.name, lambda: [r["aside"] for r in node.json("log", "list") if r["id"] == log] == [1])
    [(new, _, _)] = jp.publish(*TEST, "--again", "--wait", 2, str(path))
    assert new != log
    continues = us.json("log", "describe", new)["continues"]
    assert (continues["log"], continues["size"], continues["root"]) == (log, row["size"], row["root"])
    same_picture(*three.nodes)


def test_what_a_roster_ended_cannot_be_opened_again_by_a_later_one(two, peer, body, tmp_path):  # noqa: F811
    us = two["us-noaa"]
    log = grow(refpeer.Log(peer), body, 1)
    first = next_roster(two, 2, "recover", "jp-jaxa", "--ends", ends(tmp_path / "ends", end(log, 2)))
    adopted(two, first, (us,))
    again = two.nodes[0].cli("roster", "recover", first, "jp-jaxa", "--ends", ends(tmp_path / "more", end(log, 1)), "-o", str(tmp_path / "again.yaml"), check=False)
    assert again.returncode == 1 and "ends:2: the roster ends this log at size 2 already" in again.err.replace("more", "ends")
