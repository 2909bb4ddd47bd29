"""`parallax zones`: safety zones on the Moon that overlap. The geometry alone is held by tests/unit/astro/zone_test.c."""
import json
import math

import pytest

from test_cli_offline import FAILED, NO_NODE, ok, refused, run

KM = math.pi / 180 * 1737.4  # a degree


def zone(number, lat=0.0, lon=0.0, radius=10.0, start="2032-09-14T00:00:00Z", end="2032-10-02T00:00:00Z", **changes):
    return {"notice": "LUNAR_ACTIVITY/1", "id": "Z-%s" % number, "issued": "2032-07-01T12:00:00Z", "issuer": "Agency %s" % number, "status": "PLANNED",
            "activity": "drilling", "latitude_deg": lat, "longitude_deg": lon, "radius_km": radius, "start": start, "end": end, **changes}


def pairs(*notices):
    return [json.loads(line) for line in ok("zones", "--json", "-", stdin=json.dumps(notices).encode()).splitlines()]


def ids(*notices):
    return [(pair["a"]["id"], pair["b"]["id"]) for pair in pairs(*notices)]


def test_a_pair_is_told_with_distance_overlap_and_time():
    pair, = pairs(zone(1, -89.54, 221.6, 2), zone(2, -89.6, 221.6, 1, start="2032-09-20T00:00:00Z", end="2032-12-01T00:00:00Z"), zone(3, 50))
    assert (pair["a"]["id"], pair["b"]["id"], pair["from"], pair["to"]) == ("Z-1", "Z-2", "2032-09-20T00:00:00Z", "2032-10-02T00:00:00Z")
    assert abs(pair["distance_km"] - 0.06 * KM) < 1e-5 and abs(pair["overlap_km"] - (3 - 0.06 * KM)) < 1e-5
    text = ok("zones", "-", stdin=json.dumps([zone(1), zone(2, 0.1)]).encode())
    assert '"Z-1" of "Agency 1" (10 km)\n  and "Z-2" of "Agency 2" (10 km)\n  centres 3.032 km apart, the zones overlap by 16.968 km, 2032-09-14' in text


@pytest.mark.parametrize("second, meets", [
    (zone(2, 0, 1, KM - 10), True), (zone(2, 0, 1, KM - 10.001), False),                   # touching in space
    (zone(2, start="2032-10-02T00:00:00Z", end="2032-11-01T00:00:00Z"), True),              # and in time
    (zone(2, start="2032-10-02T00:00:01Z", end="2032-11-01T00:00:00Z"), False),
    (zone(2, status="CANCELLED"), False), (zone(2, status="ENDED"), False), (zone(2, status="ACTIVE"), True),
    (zone(2, 0, 360), True), (zone(2, radius=None), True), (zone(2, 0, 1, None), False), (zone(2, None, None, None), False),
])
def test_what_overlaps(second, meets):
    second = {key: value for key, value in second.items() if value is not None}
    assert ids(zone(1), second) == ([("Z-1", "Z-2")] if meets else [])


def test_the_newest_notice_of_an_issuer_and_id_counts():
    old, new = zone(2), zone(2, 40, issued="2032-08-01T00:00:00Z")
    assert ids(zone(1), old, new) == ids(zone(1), new, old) == []
    assert ids(zone(1), {**old, "issuer": "another"}, new) == [("Z-1", "Z-2")]


def test_what_is_not_compared_is_said(tmp_path):
    done = run("zones", "-", stdin=json.dumps([{k: v for k, v in zone(1).items() if not k.endswith("_deg")}, zone(2)]).encode())
    assert done.returncode == 0 and done.err == ("1 notices without latitude and longitude: not compared\nno two of 2 zones overlap in space and time\n")
    assert "more than 4096 zones" in refused(FAILED, "zones", "-", stdin=json.dumps([zone(n, n % 80, radius=0) for n in range(4097)]).encode())
    assert run("zones", "--node", tmp_path).returncode == NO_NODE


def test_zones_of_two_nations_at_a_node(federate, tmp_path):
    federation = federate("us-nasa", "fr-cnes").start()
    us, fr = federation.nodes

    def publish(node, notice, *options):
        path = tmp_path / "notice.json"
        path.write_text(json.dumps(notice))
        federation.wait_equal(node.publish(path, *options))

    publish(us, zone(1))
    publish(fr, zone(2, 0.2))
    publish(fr, zone(3, 0.1), "--mode", "EXERCISE")
    for node in us, fr:
        pair, = (json.loads(line) for line in node.cli("zones", "--json").out.splitlines())
        assert {pair["a"]["id"], pair["b"]["id"]} == {"Z-1", "Z-2"}
        assert node.cli("zones", "--mode", "EXERCISE").out == ""
    publish(fr, zone(2, 0.2, status="CANCELLED", issued="2032-07-02T00:00:00Z"))
    assert us.cli("zones").out == ""
