"""One daemon and its roles: who may run where, and what is left when a process is killed."""
import os
import select
import signal
import subprocess

import pytest

ROLES = ("sign", "core", "gate")


@pytest.fixture
def node(federate):
    return federate("us-noaa").nodes[0]


def ended(pidfd, timeout_ms=10000):
    """Has the process of ${pidfd} ended, or does it within that time?"""
    waiter = select.poll()
    waiter.register(pidfd, select.POLLIN)
    return bool(waiter.poll(timeout_ms))


def daemon(node):
    return subprocess.run([os.path.join(node.bin, "parallaxd"), "--config", os.path.join(node.directory, "node.yaml")],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def test_two_daemons_cannot_share_a_directory(node):
    node.start()
    second = daemon(node)
    assert second.returncode == 1 and "another parallaxd runs in this directory" in second.stdout
    node.json("status")  # the first goes on
    assert not node.events.find("role_ended")


def test_no_role_outlives_its_supervisor(node):
    node.start()
    roles = [os.pidfd_open(node.role_pid(role)) for role in ROLES]
    node.process.kill()
    node.process.wait(10)
    assert all(ended(role) for role in roles)
    for role in roles:
        os.close(role)
    node.process = None
    node.start()  # and the next daemon has the directory to itself


def test_each_role_that_is_killed_serves_again(node, sample):
    node.start()
    for role in ROLES:
        mark = node.events.mark()
        assert node.kill(role)
        node.events.wait("role_ready", after=mark, timeout=30)
        node.publish("--mode", "TEST", "--key", role, sample("us-noaa/conjunction-1.cdm"))
    assert len(node.events.find("role_ended")) == 3


def test_a_role_that_cannot_start_is_tried_again_ever_more_slowly(node):
    key = os.path.join(node.directory, "keys", "log.key")
    os.rename(key, key + ".away")
    node.start(ready=False)
    node.events.wait("role_ended", role="sign", count=4, timeout=30)
    waits = [int(event.fields["restart_ms"]) for event in node.events.find("role_ended", role="sign")]
    assert waits[:4] == [50, 100, 200, 400]
    assert any("log.key" in event.line for event in node.events.find("role_failed"))
    os.rename(key + ".away", key)
    node.events.wait("node_ready", timeout=30)


def test_a_run_directory_that_others_can_enter_is_refused(node):
    run = os.path.join(node.directory, "run")
    os.makedirs(run, exist_ok=True)
    os.chmod(run, 0o755)
    refused = daemon(node)
    assert refused.returncode == 1 and "0700" in refused.stdout
    os.chmod(run, 0o700)
    node.start()
    assert node.stop(signal.SIGINT) == 0


def test_check_says_what_is_wrong_and_starts_nothing(node):
    program, path = os.path.join(node.bin, "parallaxd"), os.path.join(node.directory, "node.yaml")
    assert subprocess.run([program, "--config", path, "--check"], timeout=30).returncode == 0
    with open(path, "a", encoding="utf-8") as file:
        file.write("heartbeat_s: 31\n")
    done = subprocess.run([program, "--config", path, "--check"], stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 1 and "heartbeat_s" in done.stderr and "1 to 30" in done.stderr
    assert not os.path.exists(os.path.join(node.directory, "run", "lock"))
