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
    assert parallax(build, "key", "new", jp.directory, "wrap", check=False).returncode == 2
    assert parallax(build, "key", "drop", jp.directory, "log", check=False).returncode == 2
    assert parallax(build, "key", "drop", jp.directory, "witness", check=False).returncode == 1
    assert not os.path.exists(os.path.join(jp.directory, "key-request.yaml"))
