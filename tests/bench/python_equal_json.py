"""The readers of Sentry JSON and of CAP that do the same job as ours: see python_equal.py."""
import datetime
import json
import re

import python_tables as tables
from python_equal import Fault, Record, Table, is_decimal, number
from python_equal_ades import checked_document, local

# --- Sentry JSON ------------------------------------------------------------------------------------------------------

SENTRY, IMPACT = Table(tables.SENTRY), Table(tables.SENTRY_IMPACT)
is_years = re.compile(r"([0-9]{4})-([0-9]{4})").fullmatch
is_minute = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?").fullmatch
blank = re.compile(r"\s*")
MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


class Pairs(dict):
    """An object whose members occur once."""

    def __init__(self, pairs):
        super().__init__(pairs)
        if len(self) != len(pairs):
            self.twice = True

    twice = False


decoder = json.JSONDecoder(object_pairs_hook=Pairs, parse_float=str, parse_int=str, parse_constant=str)  # digits as they are written


def documents(text):
    """All values of the file, one after the other, and where each begins."""
    found, at, end = [], blank.match(text).end(), len(text)
    try:
        while at < end:
            value, after = decoder.raw_decode(text, at)
            found.append((value, at))
            at = blank.match(text, after).end()
    except json.JSONDecodeError as error:
        raise Fault(error.lineno, error.colno, "", error.msg) from None
    except RecursionError:
        raise Fault(1, 1, "", "too deep") from None
    return found


def place(text, at):
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def row_at(text, index, alone):
    """Where the index-th object of `data` begins: looked for only when something is wrong with it."""
    if alone is not None:
        return alone
    at = text.index("[", text.index('"data"')) + 1
    for _ in range(index):
        at = blank.match(text, at).end()
        _, at = decoder.raw_decode(text, at)
        at = text.index(",", at) + 1
    return blank.match(text, at).end()


class Wrong(Exception):
    """A member, and what is wrong with it; its place is looked for later."""


def day(text):
    """`YYYY-MM-DD`, or a day with a fraction: `2020-10-3.80160`."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    whole, _, fraction = text.partition(".")
    try:
        if fraction and not fraction.isdecimal():
            raise ValueError
        year, month, date = map(int, whole.split("-"))
        return datetime.date(year, month, date)
    except ValueError:
        raise Wrong("last_obs", "expected YYYY-MM-DD or YYYY-MM-D.ddd, a day that exists") from None


def take_member(record, fields, rows, key, text):
    row = rows.get(key)
    if text is None or text == "":
        return
    if not isinstance(text, str):
        raise Wrong(key, "a nested value: expected text, a number or null")
    if row is None:
        record.extras[key] = text
        return
    if row[3] and text[-1] in "nN":
        record.warnings.append((0, 0, key, "NaN, which is read as not given"))
        return
    if not text.isprintable():
        raise Wrong(key, "a control character: expected printable text")
    try:
        fields[key] = row[1](text), text
    except ValueError as error:
        raise Wrong(key, str(error)) from None


def checked_risk(record, standing):
    fields = record.fields
    if "des" not in fields:
        raise Wrong("des", "missing: it is mandatory")
    if "last_obs" in fields:
        text = fields["last_obs"][1]
        fields["last_obs"] = day(text), text
    if "removed" in fields:
        text = fields["removed"][1]
        try:
            if is_minute(text) is None:
                raise ValueError
            fields["removed"] = datetime.datetime.fromisoformat(text), text
        except ValueError:
            raise Wrong("removed", "expected YYYY-MM-DD[ hh:mm[:ss]], a time that exists") from None
    if "range" in fields:
        match = is_years(fields["range"][1])
        if match is None or match[1] > match[2]:
            raise Wrong("range", "expected YYYY-YYYY")
        fields["range"] = (int(match[1]), int(match[2])), fields["range"][1]
    if standing == "" and not ("ip" in fields and "ps_cum" in fields):
        raise Wrong("ip" if "ip" not in fields else "ps_cum", "missing: it is mandatory")
    if standing == "IMPACTOR" and not ("date" in record.parts[0].fields and "ip" in record.parts[0].fields):
        raise Wrong("impacts", "missing: it is mandatory")


def risk(row, about, standing, impacts=()):
    if not isinstance(row, Pairs) or row.twice:
        raise Wrong("", "not an object, or a member twice")
    record = Record(0, about)
    if standing == "IMPACTOR":
        record.parts.append(Record(0))
        for key, text in row.items():
            into = record.parts[0] if key in IMPACT.rows else record
            take_member(record, into.fields, IMPACT.rows if key in IMPACT.rows else SENTRY.rows, key, text)
    else:
        rows, fields = SENTRY.rows, record.fields
        for key, text in row.items():
            take_member(record, fields, rows, key, text)
    for impact in impacts:
        part = Record(0)
        for key, text in impact.items():
            if key in IMPACT.rows:
                take_member(part, part.fields, IMPACT.rows, key, text)
        record.parts.append(part)
    checked_risk(record, standing)
    return record


def sentry_json(path):
    with open(path, encoding="utf-8-sig") as file:
        text = file.read()
    values = documents(text)
    answer = next((value for value, _ in values if isinstance(value, Pairs) and isinstance(value.get("signature"), dict)), None)
    if answer is None:
        raise Fault(1, 1, "signature", "missing: expected the envelope of the Sentry API")
    about = answer["signature"]
    if not str(about.get("version", "")).startswith("2."):
        raise Fault(1, 1, "signature.version", "another version: expected 2.x")
    data = answer.get("data", [])
    rows = [(row, None) for row in data] if isinstance(data, list) and "summary" not in answer else []
    rows += [(value, at) for value, at in values[1:]]
    if "summary" in answer:
        if len(values) > 1:
            raise Fault(1, 1, "", "several answers in one input: expected one")
        try:
            yield risk(answer["summary"], about, "", data)
        except Wrong as wrong:
            raise Fault(*place(text, max(text.find('"%s"' % wrong.args[0]), 0)), *wrong.args) from None
        return
    some = rows[0][0] if rows else {}
    kinds = [name for name in ("ps_cum", "removed", "date") if any(isinstance(row, dict) and name in row for row, _ in (rows if name not in some else rows[:1]))]
    if not kinds:
        raise Fault(1, 1, "", "neither objects with their risk (ps_cum), nor impactors (date), nor removed objects (removed)")
    standing = {"ps_cum": "", "removed": "REMOVED", "date": "IMPACTOR"}[kinds[0]]
    for index, (row, alone) in enumerate(rows):
        try:
            yield risk(row, about, standing)
        except Wrong as wrong:
            at = row_at(text, index, alone)
            inside = text.find('"%s"' % wrong.args[0], at, decoder.raw_decode(text, at)[1])
            raise Fault(*place(text, inside if inside >= 0 else at), *wrong.args) from None


# --- CAP --------------------------------------------------------------------------------------------------------------

is_cap_time = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[+-](?:0[0-9]|1[0-4]):[0-5][0-9]|Z)").fullmatch
PARTS = {"pair": tables.CAP_PAIR, "resource": tables.CAP_RESOURCE, "area": tables.CAP_AREA, "info": tables.CAP_INFO}
MUST = {id(part): frozenset(name for name, row in part.items() if row[2]) for part in (*PARTS.values(), tables.CAP_ALERT)}
WORDS = {id(row): frozenset(row[3]) for part in (*PARTS.values(), tables.CAP_ALERT) for row in part.values() if row[3]}
TEXT_LONG = 16384


def point(text):
    latitude, comma, longitude = text.partition(",")
    if not comma or is_decimal(latitude) is None or is_decimal(longitude) is None or not -90 <= float(latitude) <= 90 or not -180 <= float(longitude) <= 180:
        raise ValueError("%r: expected latitude,longitude in degrees" % text[:40])
    return number(latitude), number(longitude)


def polygon(text):
    words = text.split()
    if len(words) < 4 or words[0] != words[-1]:
        list(map(point, words))
        raise ValueError("expected four points or more, the first again at the end")
    return list(map(point, words))


def circle(text):
    center, radius = text.split()
    if is_decimal(radius) is None or float(radius) < 0:
        raise ValueError("expected latitude,longitude in degrees and a radius in km")
    return point(center), number(radius)


def cap_time(text):
    if is_cap_time(text) is None:
        raise ValueError("expected YYYY-MM-DDThh:mm:ss-00:00, a time that exists")
    return datetime.datetime.fromisoformat(text)


def name_of(text):
    if any(c in text for c in " ,<&"):
        raise ValueError("a blank, a comma, `<` or `&`")
    return text


TAKE = {"time": cap_time, "polygon": polygon, "circle": circle, "number": number, "name": name_of}


def cap_value(record, element, name, row, text):
    kind = row[0]
    if name == "certainty" and text == "Very Likely":
        record.warnings.append((element.sourceline, 1, name, "`Very Likely` of CAP 1.0 is Likely"))
        text = "Likely"
    if len(text) > TEXT_LONG or not text.isprintable() and not text.replace("\n", "").replace("\t", "").isprintable():
        raise Fault(element.sourceline, 1, name, "too long, or a control character")
    if kind == "text":
        return text, text
    if kind == "word":
        if text not in WORDS[id(row)]:
            raise Fault(element.sourceline, 1, name, "%r: expected %s" % (text[:40], "|".join(row[3])))
        return text, text
    if kind == "time" and text[-1:] == "Z":
        record.warnings.append((element.sourceline, 1, name, "Z for UTC: CAP wants -00:00"))
    try:
        return TAKE[kind](text), text
    except ValueError as error:
        raise Fault(element.sourceline, 1, name, str(error)) from None


def cap_part(record, parent, table):
    part = Record(parent.sourceline)
    fields = part.fields
    text = (parent.text or "").strip()
    if len(parent) == 0 and table is tables.CAP_PAIR and "=" in text:  # CAP 1.0 writes a pair as name=value
        key, _, value = text.partition("=")
        fields["valueName"], fields["value"] = (key, key), (value, value)
        return part
    for element in parent:
        tag = element.tag
        if not isinstance(tag, str):
            record.comments.append((element.sourceline, local(parent), element.text))
            continue
        name = tag.rpartition("}")[2]
        row = table.get(name)
        if row is None:
            if name != "Signature":
                record.warnings.append((element.sourceline, 1, name, "an element that CAP does not know"))
            continue
        inner = PARTS.get(row[0])
        if inner is not None:
            fields.setdefault(name, []).append(cap_part(record, element, inner))
            continue
        for child in element:
            if isinstance(child.tag, str):
                raise Fault(child.sourceline, 1, name, "an element inside a value")
        text = element.text
        text = text.strip() if text else ""
        if not text:
            continue
        value = cap_value(record, element, name, row, text)
        if row[1]:
            fields.setdefault(name, []).append(value)
        elif name in fields:
            raise Fault(element.sourceline, 1, name, "occurs twice")
        else:
            fields[name] = value
    if not MUST[id(table)] <= fields.keys():
        raise Fault(record.line, 1, min(MUST[id(table)] - fields.keys()), "missing: it is mandatory")
    return part


def checked_alert(record, fields):
    references = fields["references"][1].split() if "references" in fields else []
    if fields["msgType"][1] != "Alert" and not references:
        raise Fault(record.line, 1, "references", "missing: expected what it is about")
    for word in references:
        sender, _, rest = word.partition(",")
        identifier, _, sent = rest.partition(",")
        try:
            cap_time(sent)
        except ValueError:
            sender = ""
        if not sender or not identifier:
            raise Fault(record.line, 1, "references", "expected sender,identifier,sent for each message")
    for scope, name in (("Restricted", "restriction"), ("Private", "addresses")):
        if fields["scope"][1] == scope and name not in fields:
            raise Fault(record.line, 1, name, "missing: the scope is %s" % scope)
    for info in fields.get("info", ()):
        for area in info.fields.get("area", ()):
            if "ceiling" in area.fields and "altitude" not in area.fields:
                raise Fault(record.line, 1, "altitude", "missing: a ceiling stands above an altitude")


def cap(path):
    from lxml import etree
    checked_document(path)
    try:
        root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    except etree.XMLSyntaxError as error:
        raise Fault(*error.position, "", error.msg) from None
    if local(root) != "alert":
        raise Fault(root.sourceline, 1, "", "expected <alert>")
    record = Record(root.sourceline)
    record.fields = cap_part(record, root, tables.CAP_ALERT).fields
    checked_alert(record, record.fields)
    yield record
