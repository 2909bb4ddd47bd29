#!/usr/bin/python3
"""What others make of our goldens and of what we write.

    oracle.py PARALLAX

Every TLE and OMM golden is read with python3-sgp4 (an implementation of its own) and its elements are compared with the committed
canonical JSON. Every accepted golden is written as XML, which must validate with the schemas in ../shared/data/xsd/ndm where those are
beside the repository: OMM, OPM, OEM and TDM 2.0, APM, AEM and CDM 1.0 (schema set 1.0, unqualified, which is what we write). OMM 3.0 has no schema there: such a
message is validated as 2.0 when it holds nothing that is new in 3.0. Of APM, AEM and ACM 2.0 the common schema has the types of their values and blocks; adm-2.0.xsd
puts the rest around them. Observations in 80 columns are worked out once more, exactly. Public alerts, and warnings written as such, validate
with CAP 1.2. Real files are converted likewise when they are there.
"""
import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from lxml import etree
from sgp4 import omm
from sgp4.api import Satrec

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.path.join(os.path.dirname(ROOT), "shared", "data")
TYPES = os.path.join(ROOT, "node", "types")
NEW_IN_3 = ("CLASSIFICATION", "MESSAGE_ID", "BTERM", "AGOM")
SCHEMA_2_TLE = ("NORAD_CAT_ID", "ELEMENT_SET_NO", "REV_AT_EPOCH", "BSTAR", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT")
SCHEMA_2_SPACECRAFT = ("MASS", "SOLAR_RAD_AREA", "SOLAR_RAD_COEFF", "DRAG_AREA", "DRAG_COEFF")

passed, failed = 0, 0


def check(name, problem):
    """Count one comparison; ${problem} is "" when it holds."""
    global passed, failed
    if problem:
        failed += 1
        print("FAILED %s: %s" % (name, problem), file=sys.stderr)
    else:
        passed += 1


def read(path, mode="r"):
    with open(path, mode, **({} if "b" in mode else {"encoding": "utf-8-sig", "newline": ""})) as file:
        return file.read()


def goldens(record_type):
    """(path, format, expected records) of all goldens that are accepted."""
    folder = os.path.join(TYPES, record_type, "golden")
    for name in sorted(os.listdir(folder)):
        stem, form = name.rsplit(".", 1)
        expected = os.path.join(folder, stem + ".json")
        if form in ("json", "why", "strict", "meta") or not os.path.exists(expected):
            continue
        yield os.path.join(folder, name), form, [json.loads(line) for line in read(expected).split("\n") if line]


# --- Elements, by python3-sgp4 ----------------------------------------------------------------------------------------

ANGLES = (("INCLINATION", "inclo"), ("RA_OF_ASC_NODE", "nodeo"), ("ARG_OF_PERICENTER", "argpo"), ("MEAN_ANOMALY", "mo"))


def near(a, b, scale=1.0):
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12 * scale)


def compare_elements(satellite, record, tle):
    """What differs between a Satrec and our JSON, in words; "" if nothing does."""
    for key, attribute in ANGLES:
        if not near(math.radians(record[key]), getattr(satellite, attribute)):
            return "%s %r: sgp4 has %r rad" % (key, record[key], getattr(satellite, attribute))
    if not near(record["ECCENTRICITY"], satellite.ecco):
        return "ECCENTRICITY %r: sgp4 has %r" % (record["ECCENTRICITY"], satellite.ecco)
    if not near(record["MEAN_MOTION"] / 720.0 * math.pi, satellite.no_kozai):
        return "MEAN_MOTION %r: sgp4 has %r rad/min" % (record["MEAN_MOTION"], satellite.no_kozai)
    if not near(record.get("BSTAR", 0), satellite.bstar):
        return "BSTAR %r: sgp4 has %r" % (record.get("BSTAR"), satellite.bstar)
    ndot = record.get("MEAN_MOTION_DOT", 0) / (1036800.0 / math.pi)
    if not math.isclose(ndot, satellite.ndot, rel_tol=1e-9, abs_tol=1e-15):
        return "MEAN_MOTION_DOT %r: sgp4 has %r" % (record.get("MEAN_MOTION_DOT"), satellite.ndot)
    # sgp4.omm hands nddot over unscaled; a TLE is scaled to rad/min**3.
    nddot = record.get("MEAN_MOTION_DDOT", 0) / ((1036800.0 / math.pi) * 1440 if tle else 1)
    if not math.isclose(nddot, satellite.nddot, rel_tol=1e-9, abs_tol=1e-18):
        return "MEAN_MOTION_DDOT %r: sgp4 has %r" % (record.get("MEAN_MOTION_DDOT"), satellite.nddot)
    if record["NORAD_CAT_ID"] != satellite.satnum:
        return "NORAD_CAT_ID %r: sgp4 has %r" % (record["NORAD_CAT_ID"], satellite.satnum)
    return compare_epoch(satellite, record)


def compare_epoch(satellite, record):
    epoch = datetime.fromisoformat(record["EPOCH"].rstrip("Z"))
    theirs = datetime(2000, 1, 1, 12) + timedelta(days=satellite.jdsatepoch - 2451545.0) + timedelta(days=satellite.jdsatepochF)
    if abs((epoch - theirs).total_seconds()) > 1e-4: # a TLE epoch is exact to 864 us, sgp4's to a double of days
        return "EPOCH %s: sgp4 has %s" % (record["EPOCH"], theirs.isoformat())
    return ""


def tle_pairs(text):
    """Our own cutting of the file, after the rule that two element lines stand behind one another."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(a, b) for a, b in zip(lines, lines[1:]) if len(a) == len(b) == 69 and a[:2] == "1 " and b[:2] == "2 "]


def check_tle(path, records):
    pairs = tle_pairs(read(path))
    check(path, "" if len(pairs) == len(records) else "%d element sets: our JSON has %d" % (len(pairs), len(records)))
    for (first, second), record in zip(pairs, records):
        # python3-sgp4 wants zeros where blanks are legal too.
        number = first[2:7].strip().rjust(5, "0")
        first, second = first[:2] + number + first[7:], second[:2] + number + second[7:]
        first = first[:64] + first[64:68].strip().rjust(4, "0") + first[68:]
        check("%s %s" % (path, number), compare_elements(Satrec.twoline2rv(first, second), record, True))


def omm_fields(path, form):
    """Field dictionaries as python3-sgp4 reads them; None: it does not read that format."""
    if form == "omm-csv":
        return [{key.upper(): value for key, value in row.items()} for row in omm.parse_csv(io.StringIO(read(path)))]
    if form == "omm-json":
        rows = json.loads(read(path))
        rows = rows["data"] if isinstance(rows, dict) and "data" in rows else rows
        rows = rows if isinstance(rows, list) else [rows]
        for row in rows:   # Space-Track's tle_latest: the fraction of EPOCH is a member of its own
            if row.get("EPOCH_MICROSECONDS") and "." not in row["EPOCH"]:
                row["EPOCH"] += ".%06d" % int(row["EPOCH_MICROSECONDS"])
        return rows
    if form == "omm-xml":
        try:
            return list(omm.parse_xml(io.StringIO(read(path))))
        except (AttributeError, TypeError, ValueError): # no tleParameters, or every tag has a prefix
            return None
    return None


def check_omm(path, form, records):
    rows = omm_fields(path, form)
    if not rows:
        return
    check(path, "" if len(rows) == len(records) else "%d messages: our JSON has %d" % (len(rows), len(records)))
    for row, record in zip(rows, records):
        row = {key: value for key, value in row.items() if value is not None}
        if any(key not in row for key in ("NORAD_CAT_ID", "MEAN_MOTION", "BSTAR")):
            continue
        defaults = {"CLASSIFICATION_TYPE": "U", "OBJECT_ID": "", "EPHEMERIS_TYPE": 0, "ELEMENT_SET_NO": 0, "REV_AT_EPOCH": 0,
                    "MEAN_MOTION_DOT": 0, "MEAN_MOTION_DDOT": 0}
        row = {**defaults, **row, "EPOCH": row["EPOCH"].replace(" ", "T").rstrip("Z")}
        satellite = Satrec()
        omm.initialize(satellite, row)
        check("%s %s" % (path, record["NORAD_CAT_ID"]), compare_elements(satellite, record, False))


# --- XML, by the schemas -----------------------------------------------------------------------------------------------

def convert(program, path, form, to):
    result = subprocess.run([program, "convert", "--from", form, "--to", to, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return result.stdout if result.returncode == 0 else None


def schema():
    path = os.path.join(SHARED, "xsd", "ndm", "1.0-unqualified", "ndmxml-1.0-master.xsd")
    return etree.XMLSchema(etree.parse(path)) if os.path.exists(path) else None


def attitude_schema():
    common = os.path.join(SHARED, "xsd", "ndm", "4.0.0-common-tdm", "ndmxml-4.0.0-common-4.0.xsd")
    return etree.XMLSchema(etree.parse(os.path.join(ROOT, "tests", "conformance", "adm-2.0.xsd"))) if os.path.exists(common) else None


def as_version_2(tree):
    """OMM 3.0 messages that say nothing new become 2.0; those that do, and what the schema of 2.0 cannot say, are left out."""
    for message in list(tree.getroot().findall("omm")):
        names = {element.tag for element in message.iter()}
        # The standard wants none of these, the schema all of a block or nothing; and it wants angles below 360.
        half_tle = "tleParameters" in names and not names.issuperset(SCHEMA_2_TLE)
        half_craft = "spacecraftParameters" in names and not names.issuperset(SCHEMA_2_SPACECRAFT)
        if names & set(NEW_IN_3) or half_tle or half_craft or message.findtext(".//ARG_OF_PERICENTER") == "360":
            tree.getroot().remove(message)
        else:
            message.set("version", "2.0")
    return tree


def as_schema_2(tree):
    """TDM 1.0, OEM and OPM 1.0 and 3.0 that say nothing new become 2.0, which the schema is of."""
    for message in list(tree.getroot()):
        if message.get("version") == "2.0":
            continue
        if message.tag in ("oem", "opm") and {element.tag for element in message.iter()} & {"MESSAGE_ID", "CLASSIFICATION"}:
            tree.getroot().remove(message)
        else:
            message.set("version", "2.0")
    return tree


def is_outside_schema(path, reasons=("FIELD_UNKNOWN", "FIELD_MISSING", "TEXT_SYNTAX")):
    """Lenient reading keeps what the schema has no place for."""
    strict = os.path.splitext(path)[0] + ".strict"
    return os.path.exists(strict) and read(strict).split()[0] in reasons


def validate(program, path, form, to, validator):
    xml = convert(program, path, form, to)
    if xml is None:
        check("%s as %s" % (path, to), "was not written")
        return
    try:
        tree = etree.parse(io.BytesIO(xml))
        tree = as_schema_2(tree) if to in ("tdm-xml", "oem-xml", "opm-xml", "opm-maneuver-xml") else as_version_2(tree)
    except etree.XMLSyntaxError as error:
        check("%s as %s" % (path, to), "is not well-formed: %s" % error)
        return
    if len(tree.getroot()) == 0:
        return
    good = validator is None or validator.validate(tree)
    check("%s as %s" % (path, to), "" if good else str(validator.error_log.last_error))


def validate_attitude(program, path, form, validators):
    """APM and AEM 1.0 by their own schema, 2.0 and ACM by the frame around the common one."""
    to = form.split("-")[0] + "-xml"
    xml = convert(program, path, form, to)
    if xml is None:
        check("%s as %s" % (path, to), "was not written")
        return
    for message in list(etree.parse(io.BytesIO(xml)).getroot()):
        alone = etree.Element("ndm")
        alone.append(message)
        good = validators[message.get("version")]
        check("%s as %s" % (path, to), "" if good is None or good.validate(alone) else str(good.error_log.last_error))


def validate_ades(program, path, form):
    schema_path = os.path.join(SHARED, "xsd", "ades", "general.xsd")
    xml = convert(program, path, form, "ades-xml")
    if xml is None or not os.path.exists(schema_path):
        check("%s as ades-xml" % path, "" if xml else "was not written")
        return
    if os.path.exists(os.path.splitext(path)[0] + ".strict") and read(os.path.splitext(path)[0] + ".strict").startswith("FIELD_MISSING"):
        return  # lenient reading takes a context that the schema does not
    good = etree.XMLSchema(etree.parse(schema_path))
    check("%s as ades-xml" % path, "" if good.validate(etree.parse(io.BytesIO(xml))) else str(good.error_log.last_error))


def validate_cap(program, path, form, records):
    """Public alerts, and other types written as such: the schema of CAP 1.2 takes them, and our own reader too. One alert a file."""
    if len(records) != 1:
        return
    xml = convert(program, path, form, "cap")
    check("%s as cap" % path, "" if xml else "was not written")
    if not xml:
        return
    with tempfile.NamedTemporaryFile(suffix=".cap") as file:
        file.write(xml)
        file.flush()
        check("%s as cap, read" % path, "" if convert(program, file.name, "cap", "ndjson") else "our own reader refuses it")
    schema_path = os.path.join(SHARED, "xsd", "cap", "cap12.xsd")
    if os.path.exists(schema_path):
        good = etree.XMLSchema(etree.parse(schema_path))
        check("%s as cap, schema" % path, "" if good.validate(etree.parse(io.BytesIO(xml))) else str(good.error_log.last_error))


# --- 80 columns, by arithmetic of our own ---------------------------------------------------------------------------------

def column_lines(random, n):
    """Observations as the columns hold them at their finest: microdays, milliseconds of time, hundredths of an arc second."""
    for i in range(n):
        time = "2032 %02d %02d.%06d" % (random.randint(1, 12), random.randint(1, 28), random.randint(0, 999999))
        ra = "%02d %02d %02d.%03d" % (random.randint(0, 23), random.randint(0, 59), random.randint(0, 59), random.randint(0, 999))
        dec = "%s%02d %02d %02d.%02d" % (random.choice("+-"), random.randint(0, 89), random.randint(0, 59), random.randint(0, 59), random.randint(0, 99))
        yield "%05d         C%s%s%s         %2d.%02d%sV     703" % (
            random.randint(1, 99999), time, ra, dec, random.randint(10, 25), random.randint(0, 99), random.choice("RVG"))


def check_columns(program):
    """Degrees and times of random lines by exact arithmetic, and through ADES back to the very same lines."""
    lines = list(column_lines(Random(80), 500))
    with tempfile.NamedTemporaryFile(suffix=".txt", mode="w") as file, tempfile.NamedTemporaryFile(suffix=".xml") as ades:
        file.write("\n".join(lines) + "\n")
        file.flush()
        records = [json.loads(line, parse_float=Decimal) for line in convert(program, file.name, "mpc80", "ndjson").decode().split("\n") if line]
        ades.write(convert(program, file.name, "mpc80", "ades-xml"))
        ades.flush()
        again = convert(program, ades.name, "ades-xml", "mpc80").decode().split("\n")
    for line, back, record in zip(lines, again, records):
        check("%s there and back" % line, "" if line == back else "came back as %s" % back)
        ra = (int(line[32:34]) * 3600 + int(line[35:37]) * 60 + Decimal(line[38:44])) / 240
        dec = (int(line[45:47]) * 3600 + int(line[48:50]) * 60 + Decimal(line[51:56])) / 3600 * (-1 if line[44] == "-" else 1)
        check("%s ra" % line, "" if abs(record["ra"] - ra) <= Decimal("0.000000005") else "%s: expected %s" % (record["ra"], ra))
        check("%s dec" % line, "" if abs(record["dec"] - dec) <= Decimal("0.000000005") else "%s: expected %s" % (record["dec"], dec))
        seconds = Decimal("0." + line[26:32]) * 86400
        hours, minutes, rest = record["obsTime"].rstrip("Z").split("T")[1].split(":")
        told = int(hours) * 3600 + int(minutes) * 60 + Decimal(rest)
        check("%s obsTime" % line, "" if told == seconds else "%s: expected %s s" % (record["obsTime"], seconds))
    check("lines of 80 columns", "" if len(lines) == len(records) else "%d of %d" % (len(records), len(lines)))


def check_real(program, validator):
    """The real files, where they are: each format and back says the same, XML validates, elements agree."""
    def files(*parts):
        folder = os.path.join(SHARED, *parts)
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))] if os.path.isdir(folder) else []
    forms = {".csv": "omm-csv", ".json": "omm-json", ".tle": "tle", ".cdm": "cdm-kvn"}
    for path in files("gp") + files("tle") + files("cdm"):
        form = forms[os.path.splitext(path)[1]]
        want = convert(program, path, form, "ndjson")
        check(path, "" if want else "was not read")
        for to in ("cdm-kvn", "cdm-xml") if form == "cdm-kvn" else ("omm-kvn", "omm-xml", "omm-json", "omm-csv"):
            check_there_and_back(program, path, form, to, want)
        validate(program, path, form, "cdm-xml" if form == "cdm-kvn" else "omm-xml", validator)
        if form != "cdm-kvn" and want:
            records = [json.loads(line) for line in want.decode().split("\n") if line]
            check_tle(path, records) if form == "tle" else check_omm(path, form, records)
    for path in files("cap"):
        want = convert(program, path, "cap", "ndjson")
        check(path, "" if want else "was not read")
        for to in ("cap", "cap-atom"):
            check_there_and_back(program, path, "cap", to, want)
        validate_cap(program, path, "cap", [want])
    for path in files("ades"):
        form = "ades-" + os.path.splitext(path)[1][1:]
        want = convert(program, path, form, "ndjson")
        check(path, "" if want else "was not read")
        for to in ("ades-xml", "ades-psv"):
            check_there_and_back(program, path, form, to, want)
        validate_ades(program, path, form)
    for name in ("tdm", "oem", "ocm", "opm", "apm", "aem", "acm"):
        for path in files("ccsds", "kvn") + files("ccsds", "xml"):
            if not os.path.basename(path).startswith(name):
                continue
            form = name + os.path.splitext(path)[1].replace(".", "-")
            want = convert(program, path, form, "ndjson")
            check(path, "" if want else "was not read")
            for to in (name + "-kvn", name + "-xml"):
                check_there_and_back(program, path, form, to, want)
            if name in ("apm", "aem", "acm"):
                validate_attitude(program, path, form, {"1.0": validator, "2.0": attitude_schema()})
            elif name != "ocm":
                validate(program, path, form, name + "-xml", validator)
            if name in ("ocm", "opm") and ("MAN_ID" if name == "ocm" else "MAN_DURATION") in read(path):
                form = form.replace("-", "-maneuver-")
                want = convert(program, path, form, "ndjson")
                check(path, "" if want else "was not read as a manoeuvre")
                for to in (name + "-maneuver-kvn", name + "-maneuver-xml"):
                    check_there_and_back(program, path, form, to, want)


def check_maneuvers(program, validator):
    """OPM of manoeuvres by the schema; the OCM that a notice becomes has its change of velocity, in km/s."""
    for path, form, records in goldens("maneuver"):
        if form.startswith("opm"):
            validate(program, path, form, "opm-maneuver-xml", validator)
        if form != "maneuver-json" or "frame" not in records[0] or records[0]["status"] == "CANCELLED":
            continue
        xml = convert(program, path, form, "ocm-maneuver-xml")
        row = etree.fromstring(xml).findtext(".//manLine").split()[-3:] if xml else []
        want = [records[0]["dv_%d_m_s" % k] / 1000 for k in (1, 2, 3)]
        check("%s as ocm-maneuver-xml" % path, "" if len(row) == 3 and all(near(float(a), b) for a, b in zip(row, want)) else "%r: expected %r" % (row, want))


def check_there_and_back(program, path, form, to, want):
    there = convert(program, path, form, to)
    with tempfile.NamedTemporaryFile(suffix="." + to) as file:
        file.write(there or b"")
        file.flush()
        check("%s as %s and back" % (path, to), "" if there and convert(program, file.name, to, "ndjson") == want else "says something else")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    program, validator = sys.argv[1], schema()
    csv.field_size_limit(1 << 20)
    for path, form, records in goldens("orbit"):
        if form.startswith("opm"):
            if not is_outside_schema(path):
                validate(program, path, form, "opm-xml", validator)
            continue
        check_tle(path, records) if form == "tle" else check_omm(path, form, records)
        validate(program, path, form, "omm-xml", validator)
    for path, form, _ in goldens("conjunction"):
        if form in ("cdm-kvn", "cdm-xml"):
            validate(program, path, form, "cdm-xml", validator)
    for path, form, _ in list(goldens("observation")) + list(goldens("ephemeris")):
        if not form.startswith("ocm") and not is_outside_schema(path):
            validate(program, path, form, "oem-xml" if form == "ephemeris-uvw" else form.split("-")[0] + "-xml", validator)
    for record_type in ("public_alert", "neo_warning", "space_weather"):
        for path, form, records in goldens(record_type):
            validate_cap(program, path, form, records)
    versions = {"1.0": validator, "2.0": attitude_schema()}
    for path, form, _ in goldens("attitude"):
        if not is_outside_schema(path, ("FIELD_UNKNOWN", "FIELD_VALUE", "TEXT_SYNTAX")):
            validate_attitude(program, path, form, versions)
    check_maneuvers(program, validator)
    for path, form, _ in goldens("neo_observation"):
        validate_ades(program, path, form)
    check_columns(program)
    check_real(program, validator)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
