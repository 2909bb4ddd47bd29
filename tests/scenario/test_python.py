"""The Python package, on the installed library, against nodes that run."""
import asyncio
import os
import subprocess
import sys
import threading

import pytest

from test_feed import ids, many, until
from test_library import ROOT, blocks, environment, installed, library, run  # noqa: F401 (fixture)

PACKAGE = os.path.join(ROOT, "deploy", "python")


@pytest.fixture
def parallax(installed):  # noqa: F811
    """The package, loaded."""
    os.environ["PARALLAX_LIBRARY"] = library(installed)
    sys.path.insert(0, PACKAGE)
    try:
        import parallax
        return parallax
    finally:
        sys.path.remove(PACKAGE)


@pytest.fixture
def daemon(federate):
    return federate("fr-cnes").nodes[0].start()


@pytest.fixture
def node(daemon, parallax):
    with parallax.Node(daemon.directory) as node:
        yield node


def read(path):
    with open(path, "rb") as file:
        return file.read()


def test_the_page_publishes_reads_and_proves(daemon, installed, sample, tmp_path):  # noqa: F811
    [program], [waiting] = blocks("python"), blocks("python-async")
    [command] = [block for block in blocks("sh") if "python" in block]
    (tmp_path / "orbits.py").write_text(program)
    os.symlink(daemon.directory, tmp_path / "fr-cnes")
    os.symlink(os.path.dirname(sample("us-noaa/orbits.csv")), tmp_path / "us-noaa")
    environ = dict(environment(installed), PARALLAX=ROOT)
    first = run("bash", "-euc", command, env=environ, cwd=tmp_path).splitlines()
    assert len(first) == 81 and first[-1].startswith("proved: " + first[0].split()[1])
    [last] = run("bash", "-euc", command, env=environ, cwd=tmp_path).splitlines()[80:]
    assert last.startswith("proved: "), "another 80, and those of the first run do not come again"
    (tmp_path / "orbits.py").write_text(waiting)
    rows = run("bash", "-euc", command, env=environ, cwd=tmp_path).splitlines()
    assert len(rows) == len(set(rows)) == 160 and rows[0] == first[0].split()[1]


def test_what_is_not_done_with_comes_again(node, daemon, sample, tmp_path):
    published = node.publish(read(sample("us-noaa/orbits.csv")), mode="TEST")
    options = {"types": ["orbit"], "modes": ["TEST"], "cursor": tmp_path / "cursor", "timeout": 1}
    with node.subscribe(**options) as stream:
        seen = [next(stream).id for _ in range(10)]
    assert seen == published[:10]
    with node.subscribe(**options) as stream:
        assert next(stream).id == published[9], "the tenth was not done with"
        assert [record.id for record in stream] == published[10:]
    with node.subscribe(acknowledge=False, **options) as stream:
        assert stream.fetch(0.2) is None
        more = ids(daemon.publish("--mode", "TEST", sample("fr-cnes/orbits.xml")))
        last = [record for record in stream][-1]
        assert last.id == more[-1] and stream.cursor.number < last.number
        stream.acknowledge(last)
        assert stream.cursor.number >= last.number
    with node.subscribe(**options) as stream:
        assert list(stream) == []


def test_a_record_is_what_tail_prints(node, daemon, sample, parallax):
    with node.subscribe(modes=["TEST", "REAL"], start=node.newest(), timeout=1) as stream:
        [one] = node.publish(read(sample("us-noaa/conjunction-1.cdm")), mode="TEST")
        [record] = list(stream)
    assert record.id == one and record.type == "conjunction" and record.mode == "TEST" and record.origin == "fr-cnes" and record.series == "fr-cnes/open/data"
    shown = daemon.json("query", "conjunction", "--mode", "TEST")
    shown = shown[0] if isinstance(shown, list) else shown
    assert record["body"] == shown["body"] and record["delivery"]["number"] == record.number == shown["delivery"]
    assert len(record.body) == record["body_length"] and record.header and record.received_ms > 0
    assert node.get(one).id == one and [found.id for found in node.query("conjunction", mode="TEST")] == [one]
    assert list(node.query("conjunction")) == [], "a drill must be asked for"
    verdict = parallax.verify(node.prove(one), roster=read(os.path.join(daemon.directory, "roster", "000001.note")))
    assert verdict.record.id == one and verdict.record["body"] == shown["body"] and verdict.tree_size > verdict.leaf and not verdict.origin_removed


def test_a_region_an_expression_and_an_object_choose(node, parallax, sample):
    conjunction, = node.publish(read(sample("us-noaa/conjunction-1.cdm")), mode="TEST")
    distress, = node.publish(read(sample("fr-cnes/distress.json")), mode="TEST")
    wanted = {"types": ["conjunction", "distress"], "modes": ["TEST"], "timeout": 1}

    def seen(**more):
        with node.subscribe(**wanted, **more) as stream:
            return [record.id for record in stream]

    assert seen() == [conjunction, distress]
    assert seen(where="pc > 1e-4") == [conjunction] and seen(where="not stated(pc)") == [distress] and seen(where="pc < 1e-4") == []
    assert seen(region="circle:-13,-152,100") == [distress] and seen(region="circle:13,-152,100") == []
    assert seen(object="cospar:2032-904A") == [distress]
    assert [record.id for record in node.query("distress", mode="TEST", region="circle:-13,-152,100", where="body.persons == 3")] == [distress]
    assert list(node.query("distress", mode="TEST", where="body.persons > 3")) == []
    with pytest.raises(parallax.Refused, match="1:6: where"):
        seen(where="pc > high")
    with pytest.raises(parallax.Refused, match="1:1: region"):
        list(node.query("distress", mode="TEST", region="Paris"))


def test_errors_say_what_and_whether_to_ask_again(node, daemon, parallax, sample, tmp_path):
    with pytest.raises(parallax.Refused, match="2:1"):
        node.publish("CCSDS_CDM_VERS = 1.0\nnonsense\n", mode="TEST")
    for wrong in (lambda: node.publish("x", mode="real"), lambda: node.subscribe(["nothing"]), lambda: node.subscribe("orbit"), lambda: node.get("one"),
                  lambda: node.query("orbit", since="yesterday"), lambda: node.subscribe(start="then"), lambda: parallax.Node(tmp_path / "nothing")):
        with pytest.raises(parallax.Invalid):
            wrong()
    with pytest.raises(parallax.Refused):
        node.get("00000000000000000000000000000000:0")
    proof = node.prove(node.publish(read(sample("us-noaa/conjunction-1.cdm")), mode="TEST")[0])
    with pytest.raises(parallax.Refused):
        parallax.verify(proof.replace(b"index", b"indey"), fingerprint="0" * 64)
    daemon.stop()
    with pytest.raises(parallax.Lost):
        node.newest(timeout=0.2)
    (tmp_path / "cursor").write_text("no cursor\n")
    with pytest.raises(parallax.Failed):
        node.subscribe(cursor=tmp_path / "cursor")
    closed = node.subscribe()
    closed.close()
    with pytest.raises(parallax.Invalid):
        closed.fetch()


def test_it_goes_on_when_the_node_comes_back(node, daemon, sample, parallax):
    stream = node.subscribe(types=["orbit"], modes=["TEST"])
    published = ids(daemon.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    seen = [next(stream).id for _ in range(40)]
    daemon.stop()
    rest = []

    def go_on():
        try:
            rest.extend(record.id for record in stream)
        except parallax.Invalid:
            pass  # closed below

    thread = threading.Thread(target=go_on)
    thread.start()
    daemon.start()
    more = node.publish(read(sample("us-noaa/debris.3le")), mode="TEST") + node.publish(read(sample("fr-cnes/orbits.xml")), mode="TEST")
    until("all of them", lambda: seen + rest, lambda have: have == published + more)
    stream.close()
    thread.join(30)
    assert not thread.is_alive()


def test_asyncio_loses_nothing_to_a_cancelled_wait(node, daemon, sample):
    async def main():
        stream = node.subscribe(types=["orbit"], modes=["TEST"], timeout=20)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stream.__anext__(), 0.05)
        published = await asyncio.get_running_loop().run_in_executor(None, lambda: node.publish(read(sample("us-noaa/orbits.csv")), mode="TEST"))
        seen = []
        while len(seen) < len(published):
            try:
                seen.append((await asyncio.wait_for(stream.__anext__(), 0.001)).id)
            except asyncio.TimeoutError:
                pass
        assert seen == published
        other = node.subscribe(types=["orbit"], modes=["TEST"], timeout=0.2)
        assert [record.id async for record in other] == published

    asyncio.run(main())


def test_its_types_are_strict():
    assert os.path.exists(os.path.join(PACKAGE, "parallax", "py.typed"))
    done = subprocess.run(["mypy", "--strict", "--cache-dir", os.devnull, os.path.join(PACKAGE, "parallax")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()


def test_a_query_and_a_subscription_turn_pages(node, sample, tmp_path):
    published = node.publish(read(many(tmp_path, sample, 2500)), mode="TEST")
    assert sorted(record.id for record in node.query("orbit", mode="TEST", history=True)) == sorted(published)
    assert len({record.id for record in node.query("orbit", mode="TEST")}) == 2500
    with node.subscribe(types=["orbit"], modes=["TEST"], timeout=1) as stream:
        assert [record.id for record in stream] == published
