"""The image and the federation that deploy/ ships, in a real Docker engine: built, started, cut, killed, mended.

Where no engine answers, one is started here and ended with the tests; where no base image is there and none can be pulled, debootstrap makes it under
the name that the Dockerfile asks for. One federation serves all tests, in their order.
"""
import os
import shutil
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "deploy"))

import containers  # noqa: E402
from containers import BASE, NAMES, Containers, Engine, run  # noqa: E402

SAMPLE = os.path.join(ROOT, "config", "sample")
EXERCISE = ("--mode", "EXERCISE")


def make_base(engine, folder):
    """A minimal Debian 12 with the packages' sources and settings of this machine, under the name of the base image."""
    if engine.has_image(BASE) or engine.docker("pull", "-q", BASE, check=False, timeout=120).returncode == 0:
        return
    root = os.path.join(folder, "base")
    shutil.rmtree(root, ignore_errors=True)
    run("debootstrap", "--variant=minbase", "bookworm", root, timeout=900)
    for name in os.listdir("/etc/apt/apt.conf.d"):
        shutil.copy(os.path.join("/etc/apt/apt.conf.d", name), os.path.join(root, "etc/apt/apt.conf.d", name))
    tar = subprocess.Popen(["tar", "-C", root, "--exclude=./var/cache/apt/archives/*.deb", "-c", "."], stdout=subprocess.PIPE)
    made = subprocess.run(engine.words("docker") + ["import", "-", BASE], stdin=tar.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    tar.stdout.close()
    assert tar.wait() == 0 and made.returncode == 0, made.stderr
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def engine():
    one = Engine().start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def four(engine):
    make_base(engine, containers.ENGINE)
    engine.build()
    federation = Containers(engine, os.path.join(ROOT, "build", "containers-test"))
    federation.down()
    federation.make()
    try:
        federation.up()
        federation.wait_equal()
        yield federation
    finally:
        federation.down()


def test_the_image_runs_without_rights_and_the_nodes_are_healthy(four):
    for name in NAMES:
        four.wait(lambda name=name: four.health(name) == "healthy", "%s is not healthy" % name)
        config = four.engine.docker("inspect", "-f", "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}", four.id(name)).out.split()
        assert config == ["parallax", "true", "[ALL]"]
        assert run(*four.engine.words("docker"), "exec", four.id(name), "touch", "/usr/bin/x", check=False).returncode != 0
    status = run(*four.engine.words("docker"), "exec", four.id("us-noaa"), "cat", "/proc/1/status").out
    assert "\nUid:\t7600\t7600\t7600\t7600\n" in status and "\nCapEff:\t0000000000000000\n" in status


def test_a_nation_that_reaches_the_others_only_through_a_relay_holds_and_is_held(four):
    peers = {row["node"]: row["alert_up"] and row["bulk_up"] for row in four.rows("br-inpe", "peers")}
    assert peers == {"us-noaa": False, "fr-cnes": True, "jp-jaxa": False}
    ranges = four.publish("us-noaa", os.path.join(SAMPLE, "us-noaa", "orbits.csv"), *EXERCISE)
    ranges += four.publish("br-inpe", os.path.join(SAMPLE, "fr-cnes", "conjunction-1.xml"), *EXERCISE)
    four.wait_equal(ranges)
    log, first, _ = ranges[0]
    record = "%s:%d" % (log, first)
    original = [four.cli(name, "export", record, "--original").out for name in NAMES]
    assert original[0] and original == [original[0]] * 4
    proof = four.cli("br-inpe", "prove", record).out
    path = os.path.join(four.directory, "proof")
    with open(path, "w", encoding="utf-8") as file:
        file.write(proof)
    assert "us-noaa" in four.tool("verify", "proof", "--roster", "roster.yaml").out


def test_cut_from_the_backbone_it_goes_on_alone_and_catches_up(four):
    four.cut("jp-jaxa", "backbone")
    four.wait(lambda: not any(row["bulk_up"] for row in four.rows("jp-jaxa", "peers")), "jp-jaxa still sees somebody")
    apart = four.publish("jp-jaxa", os.path.join(SAMPLE, "jp-jaxa", "orbits.json"), *EXERCISE)
    others = four.publish("br-inpe", os.path.join(SAMPLE, "fr-cnes", "orbits.xml"), *EXERCISE)
    four.wait_equal(others, [name for name in NAMES if name != "jp-jaxa"])
    assert not four.equal(apart + others)
    four.mend("jp-jaxa", "backbone")
    four.wait_equal(apart + others)


def test_the_relay_is_killed_and_comes_back_with_all_that_it_acknowledged(four):
    ranges = four.publish("fr-cnes", os.path.join(SAMPLE, "fr-cnes", "conjunction-2.xml"), *EXERCISE)
    four.kill("fr-cnes")
    ranges += four.publish("us-noaa", os.path.join(SAMPLE, "us-noaa", "conjunction-1.cdm"), *EXERCISE)
    ranges += four.publish("br-inpe", os.path.join(SAMPLE, "us-noaa", "conjunction-2.cdm"), *EXERCISE)
    four.start("fr-cnes")
    four.wait_equal(ranges)


def test_containers_that_are_hurt_at_random_hold_the_same_in_the_end(four, capsys):
    containers.chaos(four, 20, 7)
    told = capsys.readouterr().out
    assert "kill " in told and "cut " in told and "nothing acknowledged is lost" in told
    for name in NAMES:
        status = four.status(name)
        assert status["quarantined"] == 0 and not [row for row in status["logs"] if row["state"] == "frozen"]
