"""docs/joining.md, run as it stands."""
import os
import re
import subprocess
import time

import yaml

from federation import Node, free_port

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def blocks():
    with open(os.path.join(ROOT, "docs", "joining.md"), encoding="utf-8") as file:
        return re.findall(r"^```sh\n(.*?)^```$", file.read(), re.S | re.M)


def fingerprint(node):
    return node.json("roster", "show", os.path.join(node.directory, "roster", "000001.note"))["sha256"]


def test_the_page_on_joining_takes_a_newcomer_in_and_lets_it_go(three, sample, build):
    us = three["us-noaa"]
    before = us.publish("--mode", "TEST", "--wait", 2, sample("us-noaa/conjunction-1.cdm"))
    environment = dict(os.environ, PATH=os.path.join(build, "bin") + ":" + os.environ["PATH"], FINGERPRINT=fingerprint(us),
                       LISTEN="tcp://127.0.0.1:%d" % free_port())
    newcomer = Node(build, os.path.join(three.directory, "br-inpe"), "br-inpe")
    begun, took = time.monotonic(), None
    try:
        for block in blocks():
            if block.startswith("parallaxd"):
                newcomer.start()
                for node in three.nodes:
                    newcomer.events.wait("session_open", peer=node.name, lane="bulk")
                    newcomer.events.wait("session_open", peer=node.name, lane="alert")
                heads = newcomer.publish("--mode", "TEST", "--wait", 3, sample("fr-cnes/conjunction-1.xml"))
                three.wait_equal(before + heads, nodes=three.nodes + [newcomer])
                assert newcomer.picture() == us.picture()
                took = time.monotonic() - begun
                continue
            marks = [node.events.mark() for node in three.nodes]
            done = subprocess.run(["bash", "-euc", block], cwd=three.directory, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            assert done.returncode == 0, "%s\n%s" % (block, done.stdout.decode())
            if "roster update roster-" in block:
                version = re.search(r"roster-(\d)", block).group(1)
                for node, mark in zip(three.nodes, marks):
                    node.events.wait("roster_loaded", after=mark, version=version)
        assert took is not None and took < 300
        for node in three.nodes:
            [row] = [row for row in node.json("peers") if row["node"] == "br-inpe"]
            assert row["state"] == "removed" and not row["alert_up"] and not row["bulk_up"], row
        ranges = us.publish("--mode", "TEST", "--wait", 2, sample("us-noaa/conjunction-2.cdm"))
        assert newcomer.heads()[ranges[0][0]][2] <= ranges[0][2]
    finally:
        newcomer.stop()


def test_the_page_names_the_federation_that_the_tests_make():
    text = "".join(blocks())
    assert text.count("roster sign") == 6 and yaml.safe_load("[%s]" % ", ".join(re.findall(r"--as (\S+)", text))) == ["us-noaa", "fr-cnes", "jp-jaxa"] * 2
