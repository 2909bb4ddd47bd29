"""Federations of real daemons in temporary directories. See deploy/federation.py for what a node can be asked."""
import os
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "deploy"))

import refpeer  # noqa: E402
from federation import Federation  # noqa: E402

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])   # several work side by side (tests/run): each has 1,500 ports of its own
os.environ["PARALLAX_PORTS"] = "%d-%d" % (20000 + WORKER % 8 * 1500, 21499 + WORKER % 8 * 1500)

NAMES = ("us-noaa", "fr-cnes", "jp-jaxa")
SAMPLE = os.path.join(ROOT, "config", "sample")


@pytest.fixture(scope="session")
def build():
    """The build whose programs are tested: $PARALLAX_BUILD, or build/release."""
    directory = os.environ.get("PARALLAX_BUILD", os.path.join(ROOT, "build", "release"))
    for program in ("parallaxd", "parallax"):
        assert os.access(os.path.join(directory, "bin", program), os.X_OK), "%s/bin/%s is not built" % (directory, program)
    return directory


@pytest.fixture
def federate(build, tmp_path):
    """federate(names...) makes a federation, signed and installed but not started; all of its nodes are stopped at the end."""
    made = []

    def make(*names, threshold=None, reports=0):
        federation = Federation(build, tmp_path / ("federation%d" % len(made)), names or NAMES, threshold, "Scenario")
        made.append(federation)
        federation.make()
        for node in federation.nodes:   # a watch period that ends while records are counted is another record a rule
            with open(os.path.join(node.directory, "node.yaml"), "a", encoding="ascii") as file:
                file.write("report:\n  period_s: %d\n  late_s: 20\n" % reports if reports else "report:\n  period_s: 0\n")
        return federation

    yield make
    for federation in made:
        federation.stop()


@pytest.fixture
def three(federate):
    """Three nodes, up and linked with each other."""
    federation = federate().start()
    for node in federation.nodes:
        for other in federation.nodes:
            if other is not node:
                node.events.wait("session_open", peer=other.name, lane="bulk")
    return federation


@pytest.fixture
def sample():
    """Path of a sample file: sample("us-noaa/orbits.csv")."""
    return lambda path: os.path.join(SAMPLE, path)


@pytest.fixture
def api(tmp_path):
    """The messages of api.proto, for Api() of apiclient.py."""
    folder = tmp_path / "proto"
    folder.mkdir()
    return refpeer.load_proto(folder)[2]
