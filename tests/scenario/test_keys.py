"""docs/keys.md, run as it stands, and the other kinds of keys the same way: a node changes its keys while the others go on."""
import json
import os
import re
import subprocess

from federation import parallax
from test_federation import until
from test_protocol import CSV, TEST

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def blocks():
    with open(os.path.join(ROOT, "docs", "keys.md"), encoding="utf-8") as file:
        return re.findall(r"^```sh\n(.*?)^```$", file.read(), re.S | re.M)


def run(federation, block, build):
    environment = dict(os.environ, PATH=os.path.join(build, "bin") + ":" + os.environ["PATH"])
    done = subprocess.run(["bash", "-euc", block], cwd=federation.directory, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    assert done.returncode == 0, "%s\n%s" % (block, done.stdout.decode())


def listed(node, kind):
    words = [row for row in map(json.loads, parallax(os.path.dirname(node.bin), "key", "list", node.directory, "--json").out.splitlines())]
    return {row["state"]: row["listed"] for row in words if row["kind"] == kind}


def next_version(federation, number):
    """What jp-jaxa asks for, signed by all and taken by all."""
    old, out = (os.path.join(federation.directory, *words) for words in (("us-noaa", "roster", "%06d.note" % (number - 1)), ("roster-%d.yaml" % number,)))
    parallax(federation.build, "roster", "keys", old, os.path.join(federation["jp-jaxa"].directory, "key-request.yaml"), "-o", out)
    for node in federation.nodes:
        parallax(federation.build, "roster", "sign", out, "--key", os.path.join(node.directory, "keys", "steward.key"), "--as", node.name)
    federation["us-noaa"].cli("roster", "update", out)
    in_force(federation, number)


def version(node):
    """None while its core starts again with another roster."""
    done = node.cli("status", "--json", check=False)
    return json.loads(done.out)["roster_version"] if done.out else None


def in_force(federation, number):
    for node in federation.nodes:
        until(lambda: version(node) == number, "%s has version %d" % (node.name, number))


def restart(federation):
    """jp-jaxa starts with its keys, and both others speak to it in both lanes."""
    jp = federation["jp-jaxa"]
    jp.stop()
    jp.start()
    for node in federation.nodes[:2]:
        for lane in ("alert", "bulk"):
            jp.events.wait("session_open", peer=node.name, lane=lane)


def test_the_page_on_keys_changes_them_while_the_others_go_on(three, build, tmp_path):
    us, _, jp = three.nodes
    path = str(tmp_path / "one.csv")
    (tmp_path / "one.csv").write_bytes(CSV)
    page = blocks()
    [(log, _, _)] = jp.publish(*TEST, "--wait", 2, path)

    run(three, page[0], build)
    early = parallax(build, "key", "switch", jp.directory, "log", check=False)
    assert early.returncode == 1 and "does not list the new key yet" in early.err
    run(three, page[1], build)
    in_force(three, 2)
    assert listed(jp, "log") == {"in use": True, "made": True}
    assert jp.publish(*TEST, "--again", "--wait", 2, path)[0][0] == log  # the overlap: the old one goes on
    size = [row["size"] for row in jp.json("log", "list") if row["id"] == log]
    run(three, page[2], build)
    restart(three)
    assert listed(jp, "log") == {"in use": True, "old": True}
    [(new, _, _)] = jp.publish(*TEST, "--again", "--wait", 2, path)
    assert new != log
    continues = us.json("log", "describe", new)["continues"]
    assert (continues["log"], [continues["size"]]) == (log, size)
    until(lambda: [row["state"] for row in us.json("log", "list") if row["id"] == log] == ["closed"], "the old log has ended")
    proof = tmp_path / "proof"
    proof.write_bytes(us.cli("prove", "%s:1" % log).stdout)  # of the old key, with both listed
    us.cli("verify", str(proof), "--roster", os.path.join(us.directory, "roster", "000002.note"))

    run(three, page[3], build)
    next_version(three, 3)
    parallax(build, "key", "switch", jp.directory, "witness")
    restart(three)
    [(same, first, _)] = jp.publish(*TEST, "--again", "--wait", 2, path)
    assert same == new  # a cosigner key ends no log
    until(lambda: [row["state"] for row in us.json("log", "list") if row["id"] == new] == ["complete"], "us-noaa hears its heartbeat")
    [(ours, at, _)] = us.publish(*TEST, "--again", "--wait", 2, path)
    until(lambda: "jp-jaxa" in [name for row in us.json("status")["logs"] if row["id"] == ours for name in row["cosigners"]], "it cosigns with the new key")

    parallax(build, "key", "new", jp.directory, "transport")
    next_version(three, 4)
    parallax(build, "key", "switch", jp.directory, "transport")
    restart(three)
    run(three, page[4], build)
    assert listed(jp, "witness") == {"in use": True}
    next_version(three, 5)
    parallax(build, "key", "drop", jp.directory, "transport")
    next_version(three, 6)
    assert jp.publish(*TEST, "--again", "--wait", 2, path)[0][0] == new
    assert not jp.events.find("fork_found") and not us.events.find("fork_found") and not us.events.find("log_frozen")


def secret(tmp_path, number):
    """A file about object ${number} for a named audience."""
    path = tmp_path / ("secret-%d.csv" % number)
    path.write_bytes(CSV.replace(b",900,", b",%d," % number))
    return str(path)


def reads(node, record):
    return node.cli("export", record, "--original", check=False).returncode == 0


def open_log(node, name):
    """Id of the open log of a series as ${node} sees it."""
    return [row["id"] for row in node.json("log", "list") if row["series"] == name and row["state"] != "closed"]


def test_the_page_on_keys_changes_the_wrap_key_and_what_was_sealed_before_is_still_read(three, build, tmp_path):
    us, fr, jp = three.nodes
    page = blocks()
    us.cli("audience", "create", "ops", "jp-jaxa")
    publish = lambda number: "%s:%d" % us.publish(*TEST, "--audience", "ops", "--wait", 1, secret(tmp_path, number))[0][:2]
    first = publish(90001)
    until(lambda: reads(jp, first), "jp-jaxa reads")
    jp.publish(*TEST, "--embargo", "2035-01-01T00:00:00Z", secret(tmp_path, 90009))

    run(three, page[5], build)
    next_version(three, 2)
    assert listed(jp, "wrap") == {"in use": True, "made": True}
    [log] = open_log(us, "us-noaa/ops/data")
    assert first.startswith(log)  # the overlap ends no log
    us.cli("audience", "add", "ops", "fr-cnes")
    overlap = publish(90002)  # sealed for both keys of jp-jaxa, which has the old one only
    until(lambda: reads(jp, overlap) and reads(fr, overlap), "both read")
    run(three, page[6], build)
    restart(three)
    assert reads(jp, first) and reads(jp, overlap)

    run(three, page[7], build)
    old = os.path.join(jp.directory, "keys", "wrap.old.key")
    assert os.path.exists(old)
    [before] = open_log(us, "us-noaa/ops/data")
    next_version(three, 3)
    until(lambda: open_log(us, "us-noaa/ops/data") not in ([], [before]), "the audience goes on in a new log by itself")
    last = publish(90003)
    until(lambda: reads(jp, last) and reads(fr, last), "both read what the new key opens")
    assert reads(jp, first) and reads(jp, overlap)

    stays = parallax(build, "key", "drop", jp.directory, "wrap")
    assert "stays" in stays.out and "2 logs of named audiences and 1 records of its own under embargo" in stays.out  # data and alert of before the overlap
    assert os.path.exists(old)
    thief = tmp_path / "wrap.old.key"
    with open(old, "rb") as file:
        thief.write_bytes(file.read())
    run(three, page[8], build)
    assert not os.path.exists(old)
    restart(three)
    assert not reads(jp, first) and reads(jp, overlap) and reads(jp, last)

    # Who has the old key reads what was sealed for it, and nothing that came after.
    jp.stop()
    os.replace(os.path.join(jp.directory, "keys", "wrap.key"), str(tmp_path / "wrap.key"))
    os.rename(str(thief), os.path.join(jp.directory, "keys", "wrap.key"))
    os.chmod(os.path.join(jp.directory, "keys", "wrap.key"), 0o600)
    jp.start()
    until(lambda: reads(jp, first), "the old key opens what it was wrapped for")
    assert reads(jp, overlap) and not reads(jp, last)


def test_a_stolen_wrap_key_is_replaced_by_one_version_and_a_lost_one_by_a_new_hand_on(three, build, tmp_path):
    us, _, jp = three.nodes
    us.cli("audience", "create", "ops", "jp-jaxa")
    [(log, at, _)] = us.publish(*TEST, "--audience", "ops", "--wait", 1, secret(tmp_path, 90001))
    first = "%s:%d" % (log, at)
    until(lambda: reads(jp, first), "jp-jaxa reads")
    parallax(build, "key", "new", jp.directory, "wrap")
    parallax(build, "key", "switch", jp.directory, "wrap")
    restart(three)
    assert reads(jp, first)
    said = parallax(build, "key", "drop", jp.directory, "wrap")
    assert "roster keys" in said.out and "lists it, so nodes seal for it" in said.out
    next_version(three, 2)
    assert listed(jp, "wrap") == {"in use": True, "old": False}
    until(lambda: open_log(us, "us-noaa/ops/data") not in ([], [log]), "a new log")
    os.unlink(os.path.join(jp.directory, "keys", "wrap.old.key"))  # lost
    restart(three)
    assert not reads(jp, first)
    us.cli("audience", "add", "ops", "jp-jaxa", "--with-history")
    until(lambda: reads(jp, first), "its origin hands on the key once more, for the new wrap key")


def test_a_steward_takes_a_new_key_and_the_old_one_signs_nothing_any_more(three, build):
    jp = three["jp-jaxa"]
    parallax(build, "key", "new", jp.directory, "steward")
    next_version(three, 2)
    old = os.path.join(three.directory, "us-noaa", "roster", "000002.note")
    parallax(build, "key", "switch", jp.directory, "steward")
    draft = os.path.join(three.directory, "three.yaml")
    parallax(build, "key", "new", jp.directory, "witness")
    parallax(build, "roster", "keys", old, os.path.join(jp.directory, "key-request.yaml"), "-o", draft)
    for name, key in (("us-noaa", "steward.key"), ("jp-jaxa", "steward.old.key")):
        parallax(build, "roster", "sign", draft, "--key", os.path.join(three[name].directory, "keys", key), "--as", name)
    refused = three["us-noaa"].cli("roster", "update", draft, check=False)
    assert refused.returncode == 1, refused.out  # two of three are needed, and the old key is of nobody
    parallax(build, "roster", "sign", draft, "--key", os.path.join(jp.directory, "keys", "steward.key"), "--as", "jp-jaxa")
    three["us-noaa"].cli("roster", "update", draft)


def test_kinds_that_do_not_rotate_are_refused(three, build):
    jp = three["jp-jaxa"]
    assert parallax(build, "key", "drop", jp.directory, "wrap", check=False).returncode == 1
    assert parallax(build, "key", "drop", jp.directory, "log", check=False).returncode == 2
    assert parallax(build, "key", "drop", jp.directory, "witness", check=False).returncode == 1
    assert not os.path.exists(os.path.join(jp.directory, "key-request.yaml"))
