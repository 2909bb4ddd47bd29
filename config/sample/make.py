#!/usr/bin/python3
"""Writes the sample data of the demonstration: config/sample/<nation>/* and counts.json.

Everything is invented and says so in its names: objects have catalogue numbers that nobody has given out (nine digits, or
Alpha-5 from 331001 where a TLE must hold them), launches with numbers above 900, asteroid designations with the half-month
letter Z, which does not exist. What can be computed is computed: mean motions from heights, state vectors from elements,
miss distances from state vectors, collision probabilities from covariances, Palermo values from probabilities.

    make.py [--seed N] [--out DIR]     the same seed gives the same bytes
    make.py --check                    exit 1 if the files are not what the script writes
"""
import argparse
import json
import math
import os
import random
import sys
from datetime import datetime, timedelta

import notices
import tracks

MU = 398600.8           # km^3/s^2, WGS-72 as SGP4 uses it
EARTH_RADIUS = 6378.135  # km
EPOCH = datetime(2026, 11, 23, 6, 0, 0)
NATIONS = ("us-noaa", "fr-cnes", "jp-jaxa")
ORIGINATOR = {"us-noaa": "NOAA (SAMPLE)", "fr-cnes": "CNES (SAMPLE)", "jp-jaxa": "JAXA (SAMPLE)"}
HERE = os.path.dirname(os.path.abspath(__file__))


# --- Vectors and two-body motion -------------------------------------------------------------------------------------

def add(a, b):
    return [x + y for x, y in zip(a, b)]


def scale(a, k):
    return [x * k for x in a]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def norm(a):
    return math.sqrt(dot(a, a))


def unit(a):
    return scale(a, 1 / norm(a))


def rtn_axes(r, v):
    radial = unit(r)
    normal = unit(cross(r, v))
    return [radial, cross(normal, radial), normal]


def from_frame(axes, components):
    return [sum(components[k] * axes[k][i] for k in range(3)) for i in range(3)]


def to_frame(axes, vector):
    return [dot(axis, vector) for axis in axes]


class Elements:
    """Mean elements: rev/day, none, degrees; `epoch` is when the mean anomaly holds."""

    def __init__(self, motion, ecc, inc, node, peri, anomaly, epoch=EPOCH):
        self.motion, self.ecc, self.inc = motion, ecc, inc
        self.node, self.peri, self.anomaly, self.epoch = node % 360, peri % 360, anomaly % 360, epoch

    def at(self, epoch):
        turned = (epoch - self.epoch).total_seconds() / 86400 * self.motion * 360
        return Elements(self.motion, self.ecc, self.inc, self.node, self.peri, self.anomaly + turned, epoch)

    def state(self):
        """Position and velocity, km and km/s."""
        a = (MU / (self.motion * 2 * math.pi / 86400) ** 2) ** (1 / 3)
        mean = math.radians(self.anomaly)
        big = mean
        for _ in range(20):
            big -= (big - self.ecc * math.sin(big) - mean) / (1 - self.ecc * math.cos(big))
        across = math.sqrt(1 - self.ecc ** 2)
        rate = math.sqrt(MU / a) / (1 - self.ecc * math.cos(big))
        plane = [a * (math.cos(big) - self.ecc), a * across * math.sin(big)]
        speed = [-rate * math.sin(big), rate * across * math.cos(big)]
        node, inc, peri = map(math.radians, (self.node, self.inc, self.peri))
        p = [math.cos(node) * math.cos(peri) - math.sin(node) * math.sin(peri) * math.cos(inc),
             math.sin(node) * math.cos(peri) + math.cos(node) * math.sin(peri) * math.cos(inc),
             math.sin(peri) * math.sin(inc)]
        q = [-math.cos(node) * math.sin(peri) - math.sin(node) * math.cos(peri) * math.cos(inc),
             -math.sin(node) * math.sin(peri) + math.cos(node) * math.cos(peri) * math.cos(inc),
             math.cos(peri) * math.sin(inc)]
        return add(scale(p, plane[0]), scale(q, plane[1])), add(scale(p, speed[0]), scale(q, speed[1]))

    @staticmethod
    def of_state(r, v, epoch):
        h = cross(r, v)
        node = math.atan2(h[0], -h[1])
        inc = math.acos(h[2] / norm(h))
        ecc_vector = add(scale(cross(v, h), 1 / MU), scale(unit(r), -1))
        ecc = norm(ecc_vector)
        a = 1 / (2 / norm(r) - dot(v, v) / MU)
        towards = [math.cos(node), math.sin(node), 0]
        beside = cross(unit(h), towards)
        peri = math.atan2(dot(ecc_vector, beside), dot(ecc_vector, towards))
        true = math.atan2(dot(r, beside), dot(r, towards)) - peri
        big = 2 * math.atan2(math.sqrt(1 - ecc) * math.sin(true / 2), math.sqrt(1 + ecc) * math.cos(true / 2))
        motion = math.sqrt(MU / a ** 3) * 86400 / (2 * math.pi)
        return Elements(motion, ecc, math.degrees(inc), math.degrees(node), math.degrees(peri),
                        math.degrees(big - ecc * math.sin(big)), epoch)


# --- Objects in orbit ------------------------------------------------------------------------------------------------

REGIMES = (  # share, lowest and highest perigee height km, most eccentricity, inclinations, drag
    (0.40, 480, 620, 0.002, (43.0, 53.2, 97.6, 97.8), True),
    (0.25, 700, 900, 0.003, (74.0, 82.5, 98.2, 98.7), True),
    (0.15, 1100, 1500, 0.004, (52.0, 66.0, 87.9), False),
    (0.10, 20150, 20230, 0.012, (55.0, 56.1, 64.8), False),
    (0.10, 35760, 35790, 0.0004, (0.05, 1.2, 5.6), False),
)


class Thing:
    """One object; `seen_by` gives one nation's opinion of its orbit."""

    def __init__(self, name, number, cospar, elements, bstar, kind="PAYLOAD"):
        self.name, self.number, self.cospar, self.elements = name, number, cospar, elements
        self.bstar, self.kind = bstar, kind

    def seen_by(self, rng):
        epoch = EPOCH + timedelta(seconds=rng.randrange(0, 40000), microseconds=rng.randrange(0, 10 ** 6))
        e = self.elements.at(epoch)
        opinion = Elements(e.motion + rng.gauss(0, 2e-7), max(1e-7, e.ecc + rng.gauss(0, 2e-6)),
                           e.inc + rng.gauss(0, 4e-4), e.node + rng.gauss(0, 4e-4), e.peri + rng.gauss(0, 0.02),
                           e.anomaly + rng.gauss(0, 0.02), epoch)
        bstar = self.bstar * rng.uniform(0.9, 1.1)
        return Thing(self.name, self.number, self.cospar, opinion, bstar, self.kind)


def invent(rng, name, number, launch, piece="A"):
    pick = rng.random()
    for share, low, high, ecc_max, inclinations, drag in REGIMES:
        if pick < share:
            break
        pick -= share
    height = rng.uniform(low, high)
    ecc = rng.uniform(0.00005, ecc_max)
    a = (EARTH_RADIUS + height) / (1 - ecc)
    motion = math.sqrt(MU / a ** 3) * 86400 / (2 * math.pi)
    inc = rng.choice(inclinations) + rng.gauss(0, 0.02)
    elements = Elements(motion, ecc, abs(inc), rng.uniform(0, 360), rng.uniform(0, 360), rng.uniform(0, 360))
    bstar = 10 ** rng.uniform(-4.6, -3.2) if drag else 0.0
    return Thing(name, number, "2026-%03d%s" % (launch, piece), elements, bstar)


def drag_rate(thing):
    """ndot/2 as element sets carry it: a plausible companion of BSTAR."""
    return thing.bstar * 0.06 if thing.bstar else 0.0


def short(text):
    """CelesTrak's CSV writes no zero before the point."""
    return text.replace("-0.", "-.") if text.startswith("-0.") else text[1:] if text.startswith("0.") else text


def fortran(value, digits):
    """`.76643197E-3`, `0`."""
    if value == 0:
        return "0"
    power = math.floor(math.log10(abs(value))) + 1
    return "%sE%d" % (short("%.*f" % (digits, value / 10 ** power)), power)


def iso(time, digits=6):
    return time.strftime("%Y-%m-%dT%H:%M:%S") + (".%06d" % time.microsecond)[:digits + 1 if digits else 0]


OMM_KEYS = ("OBJECT_NAME", "OBJECT_ID", "EPOCH", "MEAN_MOTION", "ECCENTRICITY", "INCLINATION", "RA_OF_ASC_NODE",
            "ARG_OF_PERICENTER", "MEAN_ANOMALY", "EPHEMERIS_TYPE", "CLASSIFICATION_TYPE", "NORAD_CAT_ID",
            "ELEMENT_SET_NO", "REV_AT_EPOCH", "BSTAR", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT")


def omm_values(thing, number_text):
    e = thing.elements
    revolution = int(e.motion * 30)
    return (thing.name, thing.cospar, iso(e.epoch), "%.8f" % e.motion, "%.8f" % e.ecc, "%.4f" % e.inc,
            "%.4f" % e.node, "%.4f" % e.peri, "%.4f" % e.anomaly, "0", "U", str(thing.number), "999",
            str(revolution), number_text(thing.bstar, 8), number_text(drag_rate(thing), 4), "0")


def write_csv(things):
    rows = [",".join(OMM_KEYS)]
    for thing in things:
        values = list(omm_values(thing, fortran))
        values[4] = short(values[4])
        rows.append(",".join(values))
    return "".join(row + "\r\n" for row in rows)


TEXT_KEYS = ("OBJECT_NAME", "OBJECT_ID", "EPOCH", "CLASSIFICATION_TYPE")


def plain(value, digits):
    return "0" if value == 0 else "%.*e" % (digits - 1, value)


def write_json(things):
    records = []
    for thing in things:
        members = []
        for key, value in zip(OMM_KEYS, omm_values(thing, plain)):
            members.append('"%s":%s' % (key, json.dumps(value) if key in TEXT_KEYS else value))
        records.append("{" + ",".join(members) + "}")
    return "[" + ",\n".join(records) + "]\n"


def write_xml(things, originator):
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           '<ndm xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation='
           '"https://sanaregistry.org/r/ndmxml/ndmxml-1.0-master.xsd">']
    for thing in things:
        value = dict(zip(OMM_KEYS, omm_values(thing, plain)))

        def tags(*keys):
            return "".join("<%s>%s</%s>" % (key, value[key], key) for key in keys)

        out += ['<omm id="CCSDS_OMM_VERS" version="2.0">',
                "<header><COMMENT>Invented sample data</COMMENT><CREATION_DATE>%s</CREATION_DATE>"
                "<ORIGINATOR>%s</ORIGINATOR></header>" % (iso(EPOCH, 0), originator),
                "<body><segment><metadata>" + tags("OBJECT_NAME", "OBJECT_ID") +
                "<CENTER_NAME>EARTH</CENTER_NAME><REF_FRAME>TEME</REF_FRAME><TIME_SYSTEM>UTC</TIME_SYSTEM>"
                "<MEAN_ELEMENT_THEORY>SGP4</MEAN_ELEMENT_THEORY></metadata>",
                "<data><meanElements>" + tags(*OMM_KEYS[2:9]) + "</meanElements>",
                "<tleParameters>" + tags(*OMM_KEYS[9:]) + "</tleParameters></data></segment></body>", "</omm>"]
    return "\n".join(out + ["</ndm>"]) + "\n"


def write_kvn(thing, originator, message_id, rng):
    value = dict(zip(OMM_KEYS, omm_values(thing, plain)))
    rows = [("CCSDS_OMM_VERS", "3.0"), ("COMMENT", "Invented sample data"), ("CREATION_DATE", iso(EPOCH, 0)),
            ("ORIGINATOR", originator), ("MESSAGE_ID", message_id), ("OBJECT_NAME", thing.name),
            ("OBJECT_ID", thing.cospar), ("CENTER_NAME", "EARTH"), ("REF_FRAME", "TEME"), ("TIME_SYSTEM", "UTC"),
            ("MEAN_ELEMENT_THEORY", "SGP4")]
    rows += [(key, value[key] + (" [deg]" if key in OMM_KEYS[5:9] else "")) for key in OMM_KEYS[2:9]]
    rows += [(key, value[key]) for key in OMM_KEYS[9:]]
    names = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    rows.append(("COV_REF_FRAME", "RTN"))
    sigma = [0.04, 0.3, 0.03, 3e-4, 5e-5, 4e-5]  # km, km/s
    matrix = covariance(rng, sigma)
    rows += [("C%s_%s" % (names[i], names[j]), "%.9e" % matrix[i][j]) for i in range(6) for j in range(i + 1)]
    return kvn_lines(rows, 20)


def kvn_lines(rows, width):
    return "".join("COMMENT %s\n" % value if key == "COMMENT" else "%-*s = %s\n" % (width, key, value)
                   for key, value in rows)


def tle_exponent(value):
    """` 12345-3`: sign, five digits after an implied point, signed exponent."""
    if value == 0:
        return " 00000+0"
    power = math.floor(math.log10(abs(value))) + 1
    digits = round(abs(value) / 10 ** power * 100000)
    if digits == 100000:
        digits, power = 10000, power + 1
    return "%s%05d%+d" % ("-" if value < 0 else " ", digits, power)


def checksum(line):
    return str(sum(int(c) if c.isdigit() else c == "-" for c in line) % 10)


def alpha5(number):
    return "ABCDEFGHJKLMNPQRSTUVWXYZ"[number // 10000 - 10] + "%04d" % (number % 10000) if number > 99999 else "%05d" % number


def write_tle(things, names):
    out = []
    for thing in things:
        e, number = thing.elements, alpha5(thing.number)
        day = (e.epoch - datetime(e.epoch.year, 1, 1)).total_seconds() / 86400 + 1
        cospar = thing.cospar[2:4] + thing.cospar[5:]
        first = "1 %sU %-8s %02d%012.8f  %s  00000+0 %s 0  999" % (
            number, cospar, e.epoch.year % 100, day, short("%.8f" % drag_rate(thing)), tle_exponent(thing.bstar))
        second = "2 %s %8.4f %8.4f %07d %8.4f %8.4f %11.8f%5d" % (
            number, e.inc, e.node, round(e.ecc * 1e7), e.peri, e.anomaly, e.motion, int(e.motion * 30))
        out += ["%-24s" % thing.name] if names else []
        out += [line + checksum(line) for line in (first, second)]
    return "".join(line + "\r\n" for line in out)


# --- Conjunctions ----------------------------------------------------------------------------------------------------

def covariance(rng, sigma):
    """A positive definite matrix: the correlations come from a random lower triangle."""
    n = len(sigma)
    lower = [[rng.uniform(-0.3, 0.3) if j < i else 1.0 if j == i else 0.0 for j in range(n)] for i in range(n)]
    size = [norm(row) for row in lower]
    return [[sigma[i] * sigma[j] * dot(lower[i], lower[j]) / size[i] / size[j] for j in range(n)] for i in range(n)]


def probability(miss, relative_velocity, covariances, axes, radius):
    """Foster-1992: the combined normal density over the hard-body disc in the encounter plane (metres)."""
    along = unit(relative_velocity)
    first = unit(cross(along, [0.0, 0.0, 1.0]))
    plane = [first, cross(along, first)]
    combined = [[0.0, 0.0], [0.0, 0.0]]
    for matrix, frame in zip(covariances, axes):
        local = [to_frame(frame, axis) for axis in plane]
        for i in range(2):
            for j in range(2):
                combined[i][j] += sum(local[i][a] * matrix[a][b] * local[j][b] for a in range(3) for b in range(3))
    (a, b), (_, d) = combined
    det = a * d - b * b
    centre = [dot(axis, miss) for axis in plane]
    total, rings, spokes = 0.0, 24, 48
    for i in range(rings):
        rho = radius * (i + 0.5) / rings
        for k in range(spokes):
            x = centre[0] + rho * math.cos(2 * math.pi * k / spokes)
            y = centre[1] + rho * math.sin(2 * math.pi * k / spokes)
            total += math.exp(-0.5 * (d * x * x - 2 * b * x * y + a * y * y) / det) * rho
    return total * (radius / rings) * (2 * math.pi / spokes) / (2 * math.pi * math.sqrt(det))


class Encounter:
    """One close approach: a known object and a piece of debris whose orbit follows from it."""

    def __init__(self, rng, thing, number):
        self.tca = EPOCH + timedelta(hours=rng.uniform(60, 150), milliseconds=rng.randrange(1000))
        self.first = thing
        r, v = thing.elements.at(self.tca).state()
        miss = [rng.gauss(0, 0.05), rng.gauss(0, 0.15), rng.gauss(0, 0.15)]  # km
        angle = math.radians(rng.uniform(40, 140))
        axes = rtn_axes(r, v)
        speed = to_frame(axes, v)
        v2 = [speed[0] + rng.gauss(0, 0.005), speed[1] * math.cos(angle), speed[1] * math.sin(angle)]
        r2 = add(r, from_frame(axes, miss))
        elements = Elements.of_state(r2, from_frame(axes, v2), self.tca).at(EPOCH)
        name = "MERIDIAN SAMPLE DEB %d" % number
        self.second = Thing(name, 331000 + number, "2026-901" + "BCDEFGHJ"[number - 1], elements, 2.4e-4, "DEBRIS")
        self.states = ((r, v), (r2, from_frame(axes, v2)))

    def message(self, rng, nation, sequence):
        """CDM as (keyword, value, unit) in the order of the standard; a later message is surer."""
        sure = 0.6 ** sequence
        created = self.tca - timedelta(hours=48 - 20 * sequence, seconds=rng.randrange(3000))
        states = [(add(r, [rng.gauss(0, 0.02 * sure) for _ in r]), v) for r, v in self.states]
        axes = [rtn_axes(r, v) for r, v in states]
        sigmas = [[k * sure * rng.uniform(0.8, 1.3) for k in (12, 180, 9, 0.18, 0.012, 0.009)],
                  [k * sure * rng.uniform(0.8, 1.3) for k in (45, 420, 30, 0.4, 0.05, 0.03)]]
        covariances = [covariance(rng, sigma) for sigma in sigmas]
        miss = scale(add(states[1][0], scale(states[0][0], -1)), 1000)
        rate = scale(add(states[1][1], scale(states[0][1], -1)), 1000)
        pc = probability(miss, rate, covariances, axes, 10.0)
        rows = [("CREATION_DATE", iso(created, 3), ""), ("ORIGINATOR", ORIGINATOR[nation], ""),
                ("MESSAGE_FOR", self.first.name, ""),
                ("MESSAGE_ID", "%s-%d-%d-%s" % (nation.upper(), self.first.number, self.second.number,
                                                created.strftime("%Y%m%d%H%M%S")), ""),
                ("COMMENT", "Invented sample data", ""), ("COMMENT", "HBR = 10 [m]", ""),
                ("TCA", iso(self.tca, 3), ""), ("MISS_DISTANCE", "%.1f" % norm(miss), "m"),
                ("RELATIVE_SPEED", "%.1f" % norm(rate), "m/s")]
        rows += [("RELATIVE_POSITION_" + k, "%.1f" % x, "m") for k, x in zip("RTN", to_frame(axes[0], miss))]
        rows += [("RELATIVE_VELOCITY_" + k, "%.1f" % x, "m/s") for k, x in zip("RTN", to_frame(axes[0], rate))]
        rows += [("COLLISION_PROBABILITY", "%.6e" % pc, ""), ("COLLISION_PROBABILITY_METHOD", "FOSTER-1992", "")]
        objects = [object_rows(rng, k + 1, thing, states[k], covariances[k], self.tca)
                   for k, thing in enumerate((self.first, self.second))]
        return rows, objects


def object_rows(rng, which, thing, state, matrix, tca):
    used = rng.randrange(60, 200)
    meta = [("OBJECT", "OBJECT%d" % which, ""), ("OBJECT_DESIGNATOR", str(thing.number), ""),
            ("CATALOG_NAME", "PARALLAX SAMPLE", ""), ("OBJECT_NAME", thing.name, ""),
            ("INTERNATIONAL_DESIGNATOR", thing.cospar, ""), ("OBJECT_TYPE", thing.kind, ""),
            ("EPHEMERIS_NAME", "NONE", ""), ("COVARIANCE_METHOD", "CALCULATED", ""),
            ("MANEUVERABLE", "YES" if thing.kind == "PAYLOAD" else "NO", ""), ("REF_FRAME", "EME2000", ""),
            ("GRAVITY_MODEL", "EGM-96: 36D 36O", ""), ("ATMOSPHERIC_MODEL", "JBH09", ""),
            ("N_BODY_PERTURBATIONS", "MOON,SUN", ""), ("SOLAR_RAD_PRESSURE", "YES", ""), ("EARTH_TIDES", "YES", ""),
            ("INTRACK_THRUST", "NO", "")]
    od = [("TIME_LASTOB_START", iso(tca - timedelta(days=4), 3), ""), ("TIME_LASTOB_END", iso(tca - timedelta(days=3), 3), ""),
          ("RECOMMENDED_OD_SPAN", "%.2f" % rng.uniform(2, 6), "d"), ("ACTUAL_OD_SPAN", "%.2f" % rng.uniform(2, 6), "d"),
          ("OBS_AVAILABLE", str(used + rng.randrange(9)), ""), ("OBS_USED", str(used), ""),
          ("TRACKS_AVAILABLE", str(used // 4), ""), ("TRACKS_USED", str(used // 4), ""),
          ("RESIDUALS_ACCEPTED", "%.1f" % rng.uniform(95, 100), "%"), ("WEIGHTED_RMS", "%.3f" % rng.uniform(0.9, 1.5), "")]
    extra = [("AREA_PC", "%.2f" % rng.uniform(0.2, 9), "m**2"), ("CD_AREA_OVER_MASS", "%.6f" % rng.uniform(0.005, 0.05), "m**2/kg"),
             ("CR_AREA_OVER_MASS", "%.6f" % rng.uniform(0.002, 0.03), "m**2/kg"), ("SEDR", "%.6e" % rng.uniform(1e-5, 2e-3), "W/kg")]
    vector = [(k, "%.9f" % x, "km") for k, x in zip(("X", "Y", "Z"), state[0])]
    vector += [(k + "_DOT", "%.12f" % x, "km/s") for k, x in zip("XYZ", state[1])]
    names = ("R", "T", "N", "RDOT", "TDOT", "NDOT")
    cov = []
    for i in range(6):
        for j in range(i + 1):
            cov.append(("C%s_%s" % (names[i], names[j]), "%.12e" % matrix[i][j],
                        ("m**2", "m**2/s", "m**2/s**2")[(i > 2) + (j > 2)]))
    return {"metadata": meta, "odParameters": od, "additionalParameters": extra, "stateVector": vector,
            "covarianceMatrix": cov}


def cdm_kvn(message):
    rows, objects = message
    flat = [("CCSDS_CDM_VERS", "1.0", "")] + rows + [row for parts in objects for part in parts.values() for row in part]
    return kvn_lines([(key, value + (" [%s]" % unit_text if unit_text else "")) for key, value, unit_text in flat], 34)


def cdm_xml(message):
    rows, objects = message

    def tags(part):
        return "".join("<%s%s>%s</%s>" % (key, ' units="%s"' % unit_text if unit_text else "", value, key)
                       for key, value, unit_text in part)

    def pick(first, last):
        return rows[first:last]

    out = ['<?xml version="1.0" encoding="UTF-8"?>', '<cdm id="CCSDS_CDM_VERS" version="1.0">',
           "<header>" + tags(pick(0, 4)) + "</header>",
           "<body><relativeMetadataData>" + tags(pick(4, 9)) + "<relativeStateVector>" + tags(pick(9, 15)) +
           "</relativeStateVector>" + tags(pick(15, 17)) + "</relativeMetadataData>"]
    for parts in objects:
        blocks = "".join("<%s>%s</%s>" % (name, tags(part), name) for name, part in parts.items() if name != "metadata")
        out.append("<segment><metadata>%s</metadata><data>%s</data></segment>" % (tags(parts["metadata"]), blocks))
    return "\n".join(out + ["</body></cdm>"]) + "\n"


# --- Asteroid risks --------------------------------------------------------------------------------------------------

class Asteroid:
    def __init__(self, rng, number):
        self.designation = "2026 Z%s%d" % ("ABCDEFGHJK"[number % 10], number + 1)
        self.h = rng.uniform(20.5, 29.0)
        self.v_inf = rng.uniform(4, 24)
        self.first_year = rng.randrange(2035, 2090)
        self.last_year = self.first_year + rng.randrange(0, 120 - (self.first_year - 2026))
        self.palermo = rng.uniform(-8.5, -2.8)
        self.impacts = rng.randrange(1, 60)
        self.last_obs = EPOCH - timedelta(days=rng.randrange(2, 300))
        self.vi_time = datetime(self.first_year, rng.randrange(1, 13), rng.randrange(1, 28), rng.randrange(24), rng.randrange(60))

    def assess(self, rng):
        """One centre's values: size from brightness, energy from size, probability from the Palermo scale (PS = log10(IP / fB dT))."""
        h = self.h + rng.gauss(0, 0.08)
        km = 1329 / math.sqrt(0.154) * 10 ** (-h / 5)
        speed = math.hypot(self.v_inf, 11.18)
        energy = 0.5 * (math.pi / 6 * (km * 1000) ** 3 * 2600) * (speed * 1000) ** 2 / 4.184e15  # Mt TNT
        background = 0.03 * energy ** -0.8
        palermo = self.palermo + rng.gauss(0, 0.15)
        ip_max = min(0.05, 10 ** palermo * background * (self.first_year - 2026.9))
        palermo = math.log10(ip_max / background / (self.first_year - 2026.9))
        return {"h": h, "km": km, "speed": speed, "ip_max": ip_max, "ps_max": palermo, "ip": ip_max * 1.2,
                "ps": palermo + 0.08, "ts": 0}


def write_sentry(rng, asteroids, source):
    data = []
    for a in asteroids:
        s = a.assess(rng)
        jd = 2461367.5 + (a.last_obs - datetime(2026, 11, 22)).days
        data.append({"des": a.designation, "fullname": "(%s)" % a.designation, "id": "b" + a.designation.replace(" ", ""),
                     "h": "%.2f" % s["h"], "diameter": "%.2g" % s["km"], "v_inf": "%.13f" % a.v_inf, "ip": "%.9e" % s["ip"],
                     "n_imp": a.impacts, "range": "%d-%d" % (a.first_year, a.last_year), "ps_cum": "%.2f" % s["ps"],
                     "ps_max": "%.2f" % s["ps_max"], "ts_max": str(s["ts"]) if a.first_year < 2126 else None,
                     "last_obs": a.last_obs.strftime("%Y-%m-%d"), "last_obs_jd": "%.1f" % jd})
    return json.dumps({"signature": {"source": source, "version": "2.0"}, "count": str(len(data)), "data": data}, indent=1) + "\n"


NEOCC_HEAD = """Last Update: 2026-11-23 05:49 UTC
            Object         |    Diameter    |             VI Max                                   |          VIs                  |
 Num/des.       Name       |   m  |   *=Y   |      Date/Time   |  IP max  | PS max |TS  | Vel km/s | Years     | IP cum   | PS cum |
AAAAAAAAA AAAAAAAAAAAAAAAA | NNNN |    A    | YYYY-MM-DD HH:MM | EEEEEEEE | NNN.NN | NN |  NNN.NN  | YYYY-YYYY | EEEEEEEE | NNN.NN |
"""


def neocc_exponent(value):
    power = math.floor(math.log10(value))
    return "%.2fE%d" % (value / 10 ** power, power)


def write_neocc(rng, asteroids):
    rows = []
    for a in asteroids:
        s = a.assess(rng)
        rows.append((-s["ps_max"], "%-27s| %4d |    *    | %s | %8s | %6.2f | %2d |  %6.2f  | %d-%d | %8s | %6.2f |\n" % (
            a.designation.replace(" ", ""), max(1, round(s["km"] * 1000)), a.vi_time.strftime("%Y-%m-%d %H:%M"),
            neocc_exponent(s["ip_max"]), s["ps_max"], s["ts"], s["speed"], a.first_year, a.last_year,
            neocc_exponent(s["ip"]), s["ps"])))
    return NEOCC_HEAD + "".join(row for _, row in sorted(rows))


# --- The three nations -----------------------------------------------------------------------------------------------

def build(seed):
    """All files as {path: text}, and the number of records by nation and type."""
    rng = random.Random(seed)
    files, counts = {}, {}

    def opinions(things):
        return [thing.seen_by(rng) for thing in things]

    shared = [invent(rng, "MERIDIAN SAMPLE %d" % (k + 1), 900000101 + k, 901 + k) for k in range(12)]
    own = {nation: [invent(rng, "%s SAMPLE %d" % (word, k + 1), 900000000 + base + k, launch + k // 4, "ABCD"[k % 4])
                    for k in range(count)]
           for nation, word, base, launch, count in (("us-noaa", "PELICAN", 1000, 920, 68), ("fr-cnes", "ALOUETTE", 2000, 940, 30),
                                                     ("jp-jaxa", "HIBARI", 3000, 960, 40))}
    low = [thing for thing in shared if thing.bstar]
    encounters = [Encounter(rng, low[k % len(low)], k + 1) for k in range(6)]
    small = [invent(rng, "HIBARI SAMPLE CUBE %d" % (k + 1), 331101 + k, 980 + k // 10, "ABCDEFGHJK"[k % 10]) for k in range(15)]
    debris = [e.second for e in encounters]
    more = [invent(rng, "PELICAN SAMPLE DEB %d" % (k + 1), 331201 + k, 990, "BCDEFGHJKLMNPQ"[k]) for k in range(14)]

    def put(path, kind, count, text):
        files[path] = text
        of_nation = counts.setdefault(path.split("/")[0], {})
        of_nation[kind] = of_nation.get(kind, 0) + count

    put("us-noaa/orbits.csv", "orbit", 80, write_csv(opinions(own["us-noaa"] + shared)))
    put("us-noaa/debris.3le", "orbit", 20, write_tle(opinions(debris + more), True))
    put("fr-cnes/orbits.xml", "orbit", 42, write_xml(opinions(own["fr-cnes"] + shared), ORIGINATOR["fr-cnes"]))
    for k in range(3):
        name = "ALOUETTE SAMPLE LAB %d" % (k + 1)
        thing = invent(rng, name, 900002900 + k, 949, "EFG"[k]).seen_by(rng)
        put("fr-cnes/lab-%d.omm" % (k + 1), "orbit", 1,
            write_kvn(thing, ORIGINATOR["fr-cnes"], "CNES-SAMPLE-%d" % (k + 1), rng))
    put("jp-jaxa/orbits.json", "orbit", 52, write_json(opinions(own["jp-jaxa"] + shared)))
    put("jp-jaxa/cubes.2le", "orbit", 15, write_tle(opinions(small), False))

    for nation, which, form in (("us-noaa", (0, 1, 2, 3, 4), "cdm"), ("fr-cnes", (0, 1, 5), "xml"),
                                ("jp-jaxa", (1, 2), "cdm"), ("jp-jaxa", (5,), "xml")):
        for k in which:
            message = encounters[k].message(rng, nation, 0)
            put("%s/conjunction-%d.%s" % (nation, k + 1, form), "conjunction", 1,
                cdm_kvn(message) if form == "cdm" else cdm_xml(message))
    put("us-noaa/conjunction-1-update.cdm", "conjunction", 1, cdm_kvn(encounters[0].message(rng, "us-noaa", 1)))

    asteroids = [Asteroid(rng, k) for k in range(36)]
    source = "Parallax sample (invented), in the form of the NASA/JPL Sentry Data API"
    put("us-noaa/sentry.json", "neo_risk", 30, write_sentry(rng, asteroids[:30], source))
    put("fr-cnes/neocc_risk.txt", "neo_risk", 24, write_neocc(rng, asteroids[:24]))
    put("jp-jaxa/sentry.json", "neo_risk", 14, write_sentry(rng, asteroids[22:], source))

    for path, kind, text in notices.files(random.Random(seed + 1)):
        put(path, kind, 1, text)
    for path, kind, text in tracks.files(random.Random(seed + 2)):
        put(path, kind, 3 if kind == "neo_observation" else 1, text)

    files["counts.json"] = json.dumps(counts, indent=2) + "\n"
    return files


def main():
    parser = argparse.ArgumentParser(description="writes the sample data of the demonstration")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--out", default=HERE)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    stale = 0
    for path, text in build(options.seed).items():
        full = os.path.join(options.out, path)
        if options.check:
            try:
                with open(full, encoding="ascii", newline="") as file:
                    fresh = file.read() == text
            except OSError:
                fresh = False
            if not fresh:
                stale += 1
                print("%s: not what config/sample/make.py writes: run it" % os.path.relpath(full), file=sys.stderr)
        else:
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="ascii", newline="") as file:
                file.write(text)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
