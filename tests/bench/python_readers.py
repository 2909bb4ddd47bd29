"""What a Python user would write with what Debian has, to get what `parallax check` looks at: every value with its type, every mandatory field there.

One function a format; each yields records one after the other, as `parallax check` does, so that neither side holds a whole file of records. They are meant
to be fast: tables are made once, the parsers are the ones in C (csv, json, lxml, float, datetime.fromisoformat), nothing is looked at twice. What they leave
out, and our readers do not, is said in docs/performance.md: ranges of values, spelling of units, order of keywords, the digits as written, places for errors.
"""
import csv
import datetime
import json
import sys


class Refused(Exception):
    """Something is missing, or not what it has to be."""


def moment(text):
    """A time of CCSDS: calendar date or day of the year."""
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        form = "%Y-%jT%H:%M:%S.%f" if "." in text else "%Y-%jT%H:%M:%S"
        return datetime.datetime.strptime(text.rstrip("Z"), form)


def require(names, record, what):
    if not names <= record.keys():
        raise Refused("%s: no %s" % (what, ", ".join(sorted(names - record.keys()))))


# --- GP data: the reader that python3-sgp4 has for it ----------------------------------------------------------------

def gp_csv(path):
    from sgp4 import omm  # here, so that no other reader pays for it
    from sgp4.api import Satrec
    with open(path, encoding="utf-8", newline="") as file:
        for fields in omm.parse_csv(file):
            satellite = Satrec()
            omm.initialize(satellite, fields)
            yield satellite


def omm_xml(path):
    from sgp4 import omm
    from sgp4.api import Satrec
    with open(path, encoding="utf-8") as file:
        for fields in omm.parse_xml(file):
            satellite = Satrec()
            omm.initialize(satellite, fields)
            yield satellite


# --- KVN of CCSDS ----------------------------------------------------------------------------------------------------

CDM_TIMES = {"CREATION_DATE", "TCA", "START_SCREEN_PERIOD", "STOP_SCREEN_PERIOD", "SCREEN_ENTRY_TIME", "SCREEN_EXIT_TIME", "TIME_LASTOB_START", "TIME_LASTOB_END"}
CDM_TEXTS = {"CCSDS_CDM_VERS", "ORIGINATOR", "MESSAGE_FOR", "MESSAGE_ID", "SCREEN_VOLUME_FRAME", "SCREEN_VOLUME_SHAPE", "COLLISION_PROBABILITY_METHOD", "OBJECT", "OBJECT_DESIGNATOR",
             "CATALOG_NAME", "OBJECT_NAME", "INTERNATIONAL_DESIGNATOR", "OBJECT_TYPE", "OPERATOR_CONTACT_POSITION", "OPERATOR_ORGANIZATION", "OPERATOR_PHONE", "OPERATOR_EMAIL",
             "EPHEMERIS_NAME", "COVARIANCE_METHOD", "MANEUVERABLE", "ORBIT_CENTER", "REF_FRAME", "GRAVITY_MODEL", "ATMOSPHERIC_MODEL", "N_BODY_PERTURBATIONS", "SOLAR_RAD_PRESSURE",
             "EARTH_TIDES", "INTRACK_THRUST", "COMMENT"}
CDM_MUST = {"CCSDS_CDM_VERS", "CREATION_DATE", "ORIGINATOR", "MESSAGE_ID", "TCA", "MISS_DISTANCE"}
OBJECT_MUST = {"OBJECT", "OBJECT_DESIGNATOR", "CATALOG_NAME", "OBJECT_NAME", "INTERNATIONAL_DESIGNATOR", "EPHEMERIS_NAME", "COVARIANCE_METHOD", "MANEUVERABLE", "REF_FRAME",
               "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT", "CR_R", "CT_R", "CT_T", "CN_R", "CN_T", "CN_N", "CRDOT_R", "CRDOT_T", "CRDOT_N", "CRDOT_RDOT", "CTDOT_R", "CTDOT_T", "CTDOT_N",
               "CTDOT_RDOT", "CTDOT_TDOT", "CNDOT_R", "CNDOT_T", "CNDOT_N", "CNDOT_RDOT", "CNDOT_TDOT", "CNDOT_NDOT"}


def checked_cdm(message):
    require(CDM_MUST, message[0], "message")
    if len(message) != 3:
        raise Refused("expected two objects")
    require(OBJECT_MUST, message[1], "object 1")
    require(OBJECT_MUST, message[2], "object 2")
    return message


def cdm_kvn(path):
    """A list of three: the relative data and the two objects."""
    message = None
    with open(path, encoding="utf-8") as file:
        for line in file:
            key, equals, value = line.partition("=")
            key, value = key.strip(), value.strip()
            if not equals:
                if key and not key.startswith("COMMENT"):
                    raise Refused("no keyword: %r" % line)
                continue
            if value.endswith("]"):
                value = value[:value.rindex("[")].rstrip()
            if key == "CCSDS_CDM_VERS":
                if message is not None:
                    yield checked_cdm(message)
                message = [{}]
            elif key == "OBJECT":
                message.append({})
            part = message[-1]
            if key in part:
                raise Refused("%s: twice" % key)
            part[key] = value if key in CDM_TEXTS else moment(value) if key in CDM_TIMES else float(value)
    if message is not None:
        yield checked_cdm(message)


TDM_MUST = {"TIME_SYSTEM", "PARTICIPANT_1"}
OEM_MUST = {"OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME"}


def tdm_kvn(path):
    """(metadata, keyword, time, value) for each observation."""
    metadata, is_data = {}, False
    with open(path, encoding="utf-8") as file:
        for line in file:
            key, equals, value = line.partition("=")
            key, value = key.strip(), value.strip()
            if is_data and equals:
                time, number = value.split()
                yield metadata, key, moment(time), float(number)
            elif key == "META_START":
                metadata, is_data = {}, False
            elif key == "DATA_START":
                require(TDM_MUST, metadata, "metadata")
                is_data = True
            elif equals:
                metadata[key] = value


def oem_kvn(path):
    """(metadata, time, x, y, z, vx, vy, vz) for each state; times ascend and lie in the span of the metadata."""
    metadata, is_data, last = {}, False, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if is_data and "=" not in line:
                words = line.split()
                if len(words) == 7:
                    time = moment(words[0])
                    if last is not None and time <= last:
                        raise Refused("times do not ascend")
                    last = time
                    yield metadata, time, float(words[1]), float(words[2]), float(words[3]), float(words[4]), float(words[5]), float(words[6])
                    continue
            key, equals, value = line.partition("=")
            key, value = key.strip(), value.strip()
            if key == "META_START":
                metadata, is_data, last = {}, False, None
            elif key == "META_STOP":
                require(OEM_MUST, metadata, "metadata")
                metadata["START_TIME"], metadata["STOP_TIME"] = moment(metadata["START_TIME"]), moment(metadata["STOP_TIME"])
                is_data = True
            elif equals:
                metadata[key] = value


# --- ADES, Sentry, CAP -----------------------------------------------------------------------------------------------

ADES_TEXTS = {"permID", "provID", "artSat", "trkSub", "obsID", "obsSubID", "trkID", "trkMPC", "mode", "stn", "trx", "rcv", "sys", "prog", "obsCenter", "astCat", "band", "photCat",
              "photAp", "nucMag", "disc", "subFrm", "subFmt", "notes", "remarks", "ref", "orbProd", "orbID", "selAst", "photProd", "selPhot", "photMod", "selDelay", "selDoppler", "deprecated"}
ADES_NAMES = ("permID", "provID", "artSat", "trkSub")
ADES_MUST = ("mode", "stn", "obsTime", "ra", "dec", "astCat")


def ades_psv(path):
    """A dict for each optical observation, with the context of its block."""
    context, converters, names, parent = {}, [], [], ""
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE):
            if not row:
                continue
            if row[0].startswith("#"):
                if names:
                    context, names = {}, []
                parent = row[0][1:].strip()
            elif row[0].startswith("!"):
                key, _, value = row[0][1:].strip().partition(" ")
                context[parent, key] = value
            elif not names:
                names = [name.strip() for name in row]
                converters = [str if name in ADES_TEXTS else moment if name == "obsTime" else float for name in names]
            else:
                record = {}
                for name, convert, cell in zip(names, converters, row, strict=True):
                    cell = cell.strip()
                    if cell:
                        record[name] = convert(cell)
                for name in ADES_MUST:
                    if name not in record:
                        raise Refused("no %s" % name)
                if not any(name in record for name in ADES_NAMES):
                    raise Refused("nothing names the object")
                yield context, record


SENTRY_NUMBERS = ("v_inf", "ip", "ps_max", "ps_cum", "h", "last_obs_jd", "diameter")
SENTRY_MUST = {"des", "id", "fullname", "ip", "ps_cum", "ps_max", "n_imp", "range", "last_obs"}


def sentry_json(path):
    with open(path, encoding="utf-8") as file:
        answer = json.load(file)
    if not answer["signature"]["version"].startswith("2."):
        raise Refused("another version")
    for row in answer["data"]:
        require(SENTRY_MUST, row, "object")
        for name in SENTRY_NUMBERS:
            if row.get(name) is not None:
                row[name] = float(row[name])
        row["n_imp"] = int(row["n_imp"])
        if row.get("ts_max") is not None:
            row["ts_max"] = int(row["ts_max"])
        row["last_obs"] = datetime.date.fromisoformat(row["last_obs"])
        row["range"] = tuple(int(year) for year in row["range"].split("-"))
        yield row


CAP_WORDS = {"status": {"Actual", "Exercise", "System", "Test", "Draft"}, "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"}, "scope": {"Public", "Restricted", "Private"},
             "category": {"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"},
             "responseType": {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"},
             "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"}, "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
             "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"}}
CAP_TIMES = {"sent", "effective", "onset", "expires"}
CAP_PARTS = {"alert": {"identifier", "sender", "sent", "status", "msgType", "scope"}, "info": {"category", "event", "urgency", "severity", "certainty"}, "area": {"areaDesc"},
             "resource": {"resourceDesc"}, "eventCode": {"valueName", "value"}, "parameter": {"valueName"}, "geocode": {"valueName"}}


def points(text):
    return [tuple(map(float, point.split(","))) for point in text.split()]


def cap_part(element):
    """An element with its children as a dict of lists."""
    part = {}
    for child in element:
        if not isinstance(child.tag, str):
            continue  # a comment
        name = child.tag.rpartition("}")[2]
        text = (child.text or "").strip()
        if name in CAP_PARTS:
            value = cap_part(child)
            require(CAP_PARTS[name], value, name)
        elif name in CAP_TIMES:
            value = datetime.datetime.fromisoformat(text)
        elif name in CAP_WORDS:
            if text not in CAP_WORDS[name]:
                raise Refused("%s: %s" % (name, text))
            value = text
        elif name == "polygon":
            value = points(text)
        elif name == "circle":
            value = points(text.split()[0]), float(text.split()[1])
        elif name in ("size", "altitude", "ceiling"):
            value = float(text)
        else:
            value = text
        part.setdefault(name, []).append(value)
    return part


def cap(path):
    from lxml import etree
    alert = cap_part(etree.parse(path).getroot())
    require(CAP_PARTS["alert"], alert, "alert")
    yield alert


READERS = {"omm-csv": gp_csv, "omm-xml": omm_xml, "cdm-kvn": cdm_kvn, "tdm-kvn": tdm_kvn, "oem-kvn": oem_kvn, "ades-psv": ades_psv, "sentry-json": sentry_json, "cap": cap}


def main():
    records = 0
    for path in sys.argv[2:]:
        for _ in READERS[sys.argv[1]](path):
            records += 1
    print(records)


if __name__ == "__main__":
    main()
