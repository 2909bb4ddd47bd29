"""Three nations on one machine: what they share, and what they survive."""
import contextlib
import json
import os
import signal
import socket
import threading
import time

import pytest
import yaml
import zmq

from federation import Failed, Federation, free_port, parallax

TEST = ("--mode", "TEST")


def everything(ranges):
    return sum(last - first + 1 for _, first, last in ranges)


def sample_records(sample):
    """How many records the sample holds, by its own list."""
    with open(sample("counts.json"), encoding="ascii") as file:
        return sum(sum(kinds.values()) for kinds in json.load(file).values())


def until(holds, what, timeout=30):
    """Ask again until it holds; the answer decides, not the time between two questions."""
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def settled(federation, ranges=()):
    """(heads, how many of the records are alerts that nodes derived): when nothing more follows from the records."""
    def open_alerts():
        rows = [[json.loads(line) for line in node.cli("alerts", *TEST, "--json").out.splitlines()] for node in federation.nodes]
        return [sorted((row["body"]["id"], row["body"]["level"], row["body"]["values"]) for row in of_one if row["origin"] == origin.name)
                for of_one in rows for origin in federation.nodes]

    def all_agree():
        sets = open_alerts()   # of each nation, as each holds it: from the same records follow the same alerts
        return all(one == sets[0] for one in sets)

    federation.wait_equal(ranges)
    until(all_agree, "the nations derived other alerts", timeout=60)
    heads = federation.wait_equal(ranges)
    return heads, federation.nodes[0].cli("query", "alert", *TEST, "--history", "--json").out.count("\n")


def exported(node, ranges):
    """The very bytes of each record that ${node} holds, asked for one by one."""
    return [node.cli("export", "%s:%d" % (log, index), "--original").stdout for log, first, last in ranges for index in range(first, last + 1)]


def test_three_nodes_share_every_record_and_show_the_same_picture(three, sample):
    ranges = []
    for node in three.nodes:
        folder = sample(node.name)
        ranges += node.publish(*TEST, *sorted(os.path.join(folder, name) for name in os.listdir(folder)))
    heads, derived = settled(three, ranges)
    assert sum(row[2] - 1 for row in heads.values()) - derived == everything(ranges) == sample_records(sample)
    pictures = [node.picture() for node in three.nodes]
    assert pictures[0] and pictures == [pictures[0]] * 3


def test_publish_with_wait_returns_when_both_others_have_stored_it(three, sample):
    node, *others = three.nodes
    [(log, _, last)] = node.publish(*TEST, "--wait", 2, sample("us-noaa/conjunction-1.cdm"))
    for other in others:
        assert other.heads()[log][2] > last


def test_the_bytes_that_come_out_elsewhere_are_those_that_went_in(three, sample):
    with open(sample("us-noaa/conjunction-1.cdm"), "rb") as file:
        original = file.read()
    ranges = three["us-noaa"].publish(*TEST, "--wait", 2, sample("us-noaa/conjunction-1.cdm"))
    assert exported(three["jp-jaxa"], ranges) == [original]


def test_a_record_of_many_in_a_file_comes_out_with_its_own_bytes(three, sample):
    with open(sample("fr-cnes/orbits.xml"), "rb") as file:
        original = file.read()
    ranges = three["fr-cnes"].publish(*TEST, "--wait", 2, sample("fr-cnes/orbits.xml"))
    elements = [b"<omm " + part.partition(b"</omm>")[0] + b"</omm>" for part in original.split(b"<omm ")[1:]]
    for element, out in zip(elements, exported(three["jp-jaxa"], ranges), strict=True):
        assert element in out


def test_a_node_that_was_away_catches_up(federate, sample):
    federation = federate()
    first, second, late = federation.nodes
    federation.start(first.name, second.name)
    ranges = first.publish(*TEST, "--wait", 1, sample("us-noaa/orbits.csv")) + second.publish(*TEST, "--wait", 1, sample("fr-cnes/orbits.xml"))
    late.start()
    federation.wait_equal(ranges)
    assert late.picture() == first.picture()


def test_a_node_that_is_stopped_in_order_goes_on_with_the_same_log(three, sample):
    node = three["fr-cnes"]
    before = node.publish(*TEST, "--wait", 2, sample("fr-cnes/conjunction-1.xml"))
    assert node.stop() == 0
    node.start()
    after = node.publish(*TEST, "--wait", 2, sample("fr-cnes/conjunction-2.xml"))
    assert after[0][0] == before[0][0] and after[0][1] == before[0][2] + 1
    three.wait_equal(before + after)


def test_a_node_that_lost_its_power_keeps_all_that_it_acknowledged(three, sample):
    node = three["us-noaa"]
    ranges = node.publish(*TEST, sample("us-noaa/orbits.csv"))
    node.crash()
    node.start()
    assert len(exported(node, ranges)) == 80
    ranges += node.publish(*TEST, "--wait", 2, sample("us-noaa/conjunction-1.cdm"))
    three.wait_equal(ranges)


@pytest.mark.parametrize("role", ("gate", "core", "sign"))
def test_a_role_that_is_killed_while_publishing_costs_nothing_that_was_acknowledged(three, sample, role):
    node = three["jp-jaxa"]
    files = [sample("jp-jaxa/" + name) for name in sorted(os.listdir(sample("jp-jaxa")))]
    acknowledged, failures, killed = {}, [], threading.Event()

    def publish():
        for number in range(400):
            if number >= 6 and killed.is_set():
                break
            for path in files:
                key = "%s-%d-%s" % (role, number, os.path.basename(path))
                for _ in range(20):
                    done = node.cli("publish", *TEST, "--json", "--key", key, "--timeout", 30, path, check=False)
                    if done.returncode == 0:
                        acknowledged[key, path] = done.out
                        break
                else:
                    failures.append(done.err)
                    return

    publisher = threading.Thread(target=publish)
    publisher.start()
    for count in range(1, 4):
        node.events.wait("published", count=1, after=node.events.mark())
        assert node.kill(role)
    killed.set()
    publisher.join()
    assert not failures
    for (key, path), answer in acknowledged.items():  # saying it again makes no second record
        assert node.cli("publish", *TEST, "--json", "--key", key, path).out == answer
    heads, derived = settled(three)
    assert sum(row[2] - 1 for row in heads.values()) - derived == everything(
        (None, r["first"], r["last"]) for answer in acknowledged.values() for r in yaml.safe_load(answer)["ranges"])
    assert not any(other.events.find("fork_found") for other in three.nodes)


def test_a_file_of_many_parts_is_published_once_though_the_core_is_killed(three, sample, tmp_path):
    node, path, count = three["us-noaa"], tmp_path / "many.csv", 9000
    with open(sample("us-noaa/orbits.csv"), encoding="ascii") as file:
        header, row = file.readline(), file.readline().split(",")
    at = header.split(",").index("NORAD_CAT_ID")
    path.write_text(header + "".join(",".join(row[:at] + [str(100000 + i)] + row[at + 1:]) for i in range(count)), encoding="ascii")
    done = []
    publisher = threading.Thread(target=lambda: done.append(node.cli("publish", *TEST, "--json", path, check=False)))
    mark = node.events.mark()
    publisher.start()
    for part in (1, 2):  # while others are on their way
        node.events.wait("published", count=part, after=mark)
        assert node.kill("core")
        mark = node.events.mark()
    publisher.join()
    assert done[0].returncode == 0, done[0].err
    ranges = [(r["log"], r["first"], r["last"]) for r in yaml.safe_load(done[0].out)["ranges"]]
    assert everything(ranges) == count
    heads = three.wait_equal(ranges)
    assert sum(row[2] - 1 for row in heads.values()) == count


def test_a_bad_file_among_good_ones_is_named_and_the_good_ones_are_published(three, sample, tmp_path):
    with open(sample("us-noaa/conjunction-2.cdm"), encoding="ascii") as file:
        lines = file.read().split("\n")
    at = next(k for k, line in enumerate(lines) if line.startswith("MISS_DISTANCE"))
    lines[at] = lines[at].replace("[m]", "[km]")
    bad = tmp_path / "bad.cdm"
    bad.write_text("\n".join(lines), encoding="ascii")
    node = three["us-noaa"]
    done = node.cli("publish", *TEST, sample("us-noaa/conjunction-1.cdm"), bad, sample("us-noaa/conjunction-3.cdm"), check=False)
    assert done.returncode == 1
    assert len(done.out.split()) == 2
    column = lines[at].index("=") + 3  # where the value begins
    assert "%s:%d:%d: MISS_DISTANCE: " % (bad, at + 1, column) in done.err, done.err
    heads = three.wait_equal()
    assert sum(row[2] - 1 for row in heads.values()) == 2


def test_a_file_of_which_one_record_is_bad_is_published_not_at_all(three, sample, tmp_path):
    with open(sample("us-noaa/orbits.csv"), encoding="ascii", newline="") as file:
        text = file.read()
    bad = tmp_path / "bad.csv"
    bad.write_bytes(text.replace("2026-11-23T", "2026-13-23T", 60).replace("2026-13-23T", "2026-11-23T", 59).encode())
    done = three["us-noaa"].cli("publish", *TEST, bad, check=False)
    assert done.returncode == 1 and "%s:61:" % bad in done.err and "EPOCH" in done.err, done.err
    assert sum(row[2] - 1 for row in three.wait_equal().values() if row[2]) == 0


def test_a_wrong_configuration_is_refused_with_its_place_and_the_nearest_key(federate):
    node = federate("us-noaa").nodes[0]
    path = os.path.join(node.directory, "node.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("\nlisten:", "\nlissten:"))
    with pytest.raises(Failed):
        node.start(timeout=20)
    assert node.stop() == 1
    line = next(k for k, row in enumerate(open(path, encoding="utf-8"), 1) if row.startswith("lissten"))
    [event] = node.events.find("conf_error")
    assert "node.yaml:%d:1" % line in event.line and "listen" in event.line.replace("lissten", ""), event.line


def refused(status):
    return sum(row["count"] for row in status["rejects"] if row["why"] == "PEER_UNKNOWN")


def test_a_stranger_is_refused_counted_and_hurts_nobody(three, sample):
    node = three["fr-cnes"]
    with open(os.path.join(node.directory, "join-request.yaml"), encoding="utf-8") as file:
        request = yaml.safe_load(file)
    public, secret = zmq.curve_keypair()
    mark = node.events.mark()
    with zmq.Context() as context, context.socket(zmq.DEALER) as stranger:
        stranger.setsockopt(zmq.LINGER, 0)
        stranger.curve_publickey, stranger.curve_secretkey = public, secret
        stranger.curve_serverkey = transport_key(request)
        stranger.connect(endpoint(request))
        stranger.send(b"hello")
        node.events.wait("zap_refused", after=mark)
    host, port = endpoint(request)[len("tcp://"):].split(":")
    with socket.create_connection((host, int(port))) as noise:  # not even ZMTP
        noise.sendall(b"GET / HTTP/1.1\r\n\r\n" * 64)
        noise.settimeout(20)
        with contextlib.suppress(ConnectionResetError):
            while noise.recv(4096):
                pass
    until(lambda: refused(node.json("status")) >= 1, "the stranger is counted in status")
    assert not node.events.find("role_ended")
    ranges = three["us-noaa"].publish(*TEST, "--wait", 2, sample("us-noaa/conjunction-1.cdm"))
    three.wait_equal(ranges)


def transport_key(request):
    """The CURVE key of a join request, in ZeroMQ's own alphabet."""
    import base64
    from zmq.utils import z85
    [text] = request["members"][0]["keys"]["transport"]
    return z85.encode(base64.b64decode(text))


def endpoint(request):
    return request["members"][0]["endpoint"]


def test_a_node_that_is_not_there_is_exit_3_and_a_wrong_call_exit_2(federate, build):
    node = federate("us-noaa").nodes[0]
    assert node.cli("status", "--timeout", 1, check=False).returncode == 3
    assert node.cli("status", "--nonsense", check=False).returncode == 2
    assert parallax(build, "pubilsh", check=False).returncode == 2


def test_an_order_to_stop_is_obeyed_at_once_and_in_order(three):
    for node in three.nodes:
        assert node.stop(signal.SIGTERM, timeout=10) == 0
        assert node.events.find("node_stopping")


def test_a_newcomer_reads_logs_that_had_ended_before_it_came(federate, sample):
    federation = federate()
    us, fr, _ = federation.nodes
    with open(os.path.join(us.directory, "node.yaml"), "a", encoding="utf-8") as file:
        file.write("\nguard.wait_s: 1\n")
    us.start()
    ranges = []
    for number in (1, 2, 3):  # nobody is there to say what it holds: each start goes on in new logs
        ranges += us.publish(*TEST, sample("us-noaa/conjunction-%d.cdm" % number))
        us.stop()
        us.start()
        us.events.wait("guard_new_log", count=3)
    assert len({log for log, _, _ in ranges}) == 3
    fr.start()
    until(lambda: all((fr.heads().get(log) or [0, 0, 0])[2] > last for log, _, last in ranges), "fr-cnes holds the logs that had ended")
    assert exported(fr, ranges) == exported(us, ranges)
    until(lambda: all(row["closed"] or row["state"] == "closed" for row in fr.json("log", "list") if row["id"] in {log for log, _, _ in ranges}), "as closed")


def test_peers_are_dialled_by_name_and_one_whose_name_nobody_knows_holds_up_nobody(build, tmp_path, sample):
    federation = Federation(build, tmp_path / "names", ("us-noaa", "fr-cnes", "jp-jaxa"), None, "Names")
    os.makedirs(federation.directory)
    for node in federation.nodes:
        port = free_port()
        name = "nowhere.invalid" if node.name == "jp-jaxa" else "localhost"
        parallax(build, "init", node.directory, "--name", node.name, "--listen", "tcp://127.0.0.1:%d" % port, "--endpoint", "tcp://%s:%d" % (name, port))
    federation.write_roster(federation.nodes)
    us, fr, jp = federation.nodes
    try:
        federation.start()
        for lane in ("alert", "bulk"):
            us.events.wait("session_open", peer="fr-cnes", lane=lane, timeout=10)
        us.events.wait("link_refused", why="name", peer="jp-jaxa")
        us.events.wait("session_open", peer="jp-jaxa", lane="bulk", timeout=10)  # it dials itself
        federation.wait_equal(us.publish(*TEST, "--wait", 2, sample("us-noaa/conjunction-1.cdm")))
    finally:
        federation.stop()
