"""Two copies of one node at work at once, as when a virtual machine is cloned: the daemons themselves tell two stories, and everybody finds it."""
import os
import re
import shutil

from federation import Node, free_port
from test_backup import orbit
from test_protocol import TEST, until


def clone(node):
    """All that it is, keys and the signer's memory among it, in another place and on another port."""
    other = Node(os.path.dirname(node.bin), node.directory + "-clone", node.name)
    shutil.copytree(node.directory, other.directory)
    path = os.path.join(other.directory, "node.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(r"tcp://127\.0\.0\.1:\d+", "tcp://127.0.0.1:%d" % free_port(), text, count=1))
    return other


def size_at(node, log):
    return next((row["size"] for row in node.json("log", "list") if row["id"] == log), 0)


def both_work(us, tmp_path):
    """Each of two copies that start together publishes a record of its own at the same place."""
    twin = clone(us)
    us.start(ready=False)
    twin.start(ready=False)
    for node in (us, twin):
        node.events.wait("guard_passed")
    places = [node.publish(*TEST, orbit(tmp_path, number)) for number, node in enumerate((us, twin), 1)]
    assert places[0] == places[1]
    return twin


def test_a_node_that_is_run_twice_is_found_by_all_and_by_itself_and_nothing_of_either_is_lost(three, tmp_path):
    us, fr, jp = three.nodes
    [(log, first, _)] = us.publish(*TEST, "--wait", 2, orbit(tmp_path, 0))
    assert us.stop() == 0
    twin = both_work(us, tmp_path)
    try:
        for node in (us, twin, fr, jp):
            node.events.wait("fork_common", log=log, origin="us-noaa", size=str(first + 1))
            assert [row for row in node.json("log", "list") if row["id"] == log][0]["state"] == "frozen"
            assert "contradicts itself" in "".join(node.json("status")["problems"])
        evidence = tmp_path / "evidence"
        evidence.write_bytes(fr.cli("log", "evidence", log).stdout)
        assert fr.cli("verify", str(evidence), "--roster", three.roster).returncode == 0
        # Each goes on in a log of its own, and says why.
        goes_on = [node.publish(*TEST, "--wait", 1, orbit(tmp_path, number))[0][0] for number, node in ((3, us),)]
        goes_on += [node.publish(*TEST, orbit(tmp_path, number))[0][0] for number, node in ((4, twin),)]
        assert len({log, *goes_on}) == 3
        for node, new in zip((us, twin), goes_on):
            node.events.wait("guard_new_log", old=log, new=new)
        # One of them is stopped: what the other wrote comes, if it has not yet.
        whole = {new: size_at(node, new) for new, node in zip(goes_on, (us, twin))}
        until("all is at %s" % fr.name, lambda: size_at(fr, goes_on[0]) == whole[goes_on[0]])
        us.stop()
        for node in (fr, jp, twin):
            until("%s holds what both wrote" % node.name, lambda: {new: size_at(node, new) for new in goes_on} == whole, 60)
        until("one picture", lambda: len({node.picture() for node in (fr, jp, twin)}) == 1)
    finally:
        twin.stop()
