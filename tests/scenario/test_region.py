"""The geometry of regions (node/astro/area.c), compiled by itself, against shapely: planar shapes of random corners, over the antimeridian too; circles against haversines to
points along each edge."""
import ctypes
import math
import os
import random
import subprocess

import pytest
from shapely.affinity import translate
from shapely.geometry import LineString, Point, Polygon, box

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EARTH_KM = 6371.0088

SHIM = """
#include "astro/area.h"
/* Two areas: 'c' LAT LON KM, 'b' W S E N, 'r' and 'l' LAT LON LAT LON ... */
static void draw(struct area_list *l, char kind, const double *v, int n)
{
    if (kind == 'c') area_add_circle(l, v[0], v[1], v[2]);
    if (kind == 'b') area_add_box(l, v[0], v[1], v[2], v[3]);
    if (kind != 'r' && kind != 'l') return;
    area_begin(l, true);
    for (int i = 0; i + 1 < n; i += 2) area_corner(l, v[i], v[i + 1]);
    area_end(l, kind == 'r');
}
int area_test(char a, const double *av, int an, char b, const double *bv, int bn)
{
    struct area_list left, right;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    area_list_init(&left, &arena); area_list_init(&right, &arena);
    draw(&left, a, av, an); draw(&right, b, bv, bn);
    int meets = area_list_meets(&left, &right);
    arena_release(&arena);
    return meets;
}
"""


@pytest.fixture(scope="module")
def meets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("area")
    (folder / "shim.c").write_text(SHIM)
    sources = [os.path.join(ROOT, "node", name) for name in ("astro/area.c", "astro/sphere.c", "base/arena.c", "base/mem.c")]
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-D_GNU_SOURCE", "-std=c11", "-I", os.path.join(ROOT, "node"), "-o", str(folder / "area.so"), str(folder / "shim.c")] + sources + ["-lm"],
                   check=True)
    library = ctypes.CDLL(str(folder / "area.so"))

    def ask(a, b):
        arguments = []
        for kind, values in (a, b):
            arguments += [ctypes.c_char(kind.encode()), (ctypes.c_double * len(values))(*values), ctypes.c_int(len(values))]
        return bool(library.area_test(*arguments))
    return ask


def wrapped(longitude):
    return (longitude + 180) % 360 - 180


def corners(rng, lon, lat, size, count):
    """A star about a place: simple, with longitudes that go on over 180; and the same as values, turned back to -180 .. 180."""
    angles = sorted(rng.uniform(0, 2 * math.pi) for _ in range(count))
    places = []
    for angle in angles:
        radius = rng.uniform(0.1, 1) * size
        places.append((round(lon + radius * math.cos(angle), 3), max(-89.9, min(89.9, round(lat + radius * math.sin(angle) / 2, 3)))))
    return places, [value for x, y in places for value in (y, round(wrapped(x), 3))]


def shape(rng, center):
    """(shape of shapely, the same for area.c)."""
    lon, lat = center[0] + rng.uniform(-15, 15), max(-60, min(60, center[1] + rng.uniform(-12, 12)))
    kind = rng.choice("rrlbp")
    if kind == "b":
        width, height = rng.uniform(0.1, 60), rng.uniform(0.1, 25)
        west, south = round(lon - width / 2, 3), round(lat - height / 2, 3)
        east, north = round(lon + width / 2, 3), round(lat + height / 2, 3)
        return box(west, south, east, north), ("b", [round(wrapped(west), 3), south, round(wrapped(east), 3), north])
    if kind == "p":
        return Point(round(lon, 3), round(lat, 3)), ("c", [round(lat, 3), round(wrapped(lon), 3), 0])
    places, values = corners(rng, lon, lat, rng.uniform(1, 40), rng.randint(3, 12))
    if kind == "l":
        return LineString(places), ("l", values)
    return Polygon(places), ("r", values)


def test_plane_shapes_meet_as_shapely_says(meets):
    rng, counts = random.Random(33), {True: 0, False: 0}
    for number in range(10000):
        center = (rng.choice((0, 180, 175, -178, 90)), rng.uniform(-50, 50))
        one, mine = shape(rng, center)
        other, yours = shape(rng, center)
        if not one.is_valid or not other.is_valid:
            continue
        turned = [translate(other, turn) for turn in (-360, 0, 360)]
        if min(one.distance(each) for each in turned) < 1e-9 and not any(one.buffer(-1e-9).intersects(each) for each in turned if one.geom_type == "Polygon"):
            continue    # they touch: what rounding decides
        expected = any(one.intersects(each) for each in turned)
        assert meets(mine, yours) == meets(yours, mine) == expected, (number, mine, yours)
        counts[expected] += 1
    assert min(counts.values()) > 2000, counts


def haversine_km(lat_a, lon_a, lat_b, lon_b):
    a, b = math.radians(lat_a), math.radians(lat_b)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1, math.sqrt(h)))


def nearest_km(places, closed, lat, lon):
    """To points along each edge, 400 of them, then again around the nearest."""
    edges = list(zip(places, places[1:] + (places[:1] if closed else [])))
    best = math.inf
    for (x0, y0), (x1, y1) in edges if closed else edges:
        low, high = 0.0, 1.0
        for _ in range(4):
            steps = [low + (high - low) * i / 200 for i in range(201)]
            far = [haversine_km(lat, lon, y0 + t * (y1 - y0), x0 + t * (x1 - x0)) for t in steps]
            at = far.index(min(far))
            best = min(best, far[at])
            low, high = steps[max(0, at - 1)], steps[min(200, at + 1)]
    return best


def test_circles_meet_outlines_as_haversines_say(meets):
    rng, counts = random.Random(34), {True: 0, False: 0}
    for number in range(150):
        lon, lat = rng.choice((0, 180, -179, 77)) + rng.uniform(-20, 20), rng.uniform(-85, 85)
        kind = rng.choice("rl")
        places, values = corners(rng, lon, lat, rng.uniform(1, 30), rng.randint(3, 7))
        at = (rng.uniform(-90, 90) if rng.random() < 0.3 else max(-90, min(90, lat + rng.uniform(-15, 15))), lon + rng.uniform(-40, 40))
        ring = Polygon(places)
        if kind == "r" and not ring.is_valid:
            continue
        inside = kind == "r" and any(ring.contains(Point(at[1] + turn, at[0])) for turn in (-360, 0, 360))
        km = 0 if inside else nearest_km(places, kind == "r", *at)
        for radius, expected in ((km * 1.001 + 0.05, True), (km * 0.999 - 0.05, False)):
            if radius > 0 and (expected or not inside):
                assert meets((kind, values), ("c", [at[0], wrapped(at[1]), radius])) == expected, (number, kind, values, at, km, radius)
                counts[expected] += 1
    assert min(counts.values()) > 60, counts


def test_a_ring_round_a_pole_holds_it(meets):
    rng = random.Random(35)
    for _ in range(200):
        side = rng.choice((1, -1))
        lons = sorted(rng.uniform(-180, 180) for _ in range(rng.randint(4, 9)))
        if max(b - a for a, b in zip(lons, lons[1:] + [lons[0] + 360])) > 170:
            continue
        lats = [side * rng.uniform(30, 80) for _ in lons]
        values = [value for pair in zip(lats, lons) for value in pair]
        # the same ring with the way over the pole drawn out, in plane coordinates
        plane = Polygon([(lon, lat) for lon, lat in zip(lons, lats)] + [(lons[0] + 360, lats[0]), (lons[0] + 360, side * 90), (lons[0], side * 90)])
        for _ in range(20):
            lat, lon = rng.uniform(-89, 89), rng.uniform(-180, 180)
            expected = any(plane.contains(Point(lon + turn, lat)) for turn in (0, 360))
            assert meets(("r", values), ("c", [lat, lon, 0])) == expected, (values, lat, lon)
        assert meets(("r", values), ("c", [side * 90, 12, 0])) and not meets(("r", values), ("c", [side * -90, 12, 0]))
