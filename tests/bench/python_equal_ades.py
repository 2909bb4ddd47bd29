"""The readers of OMM as NDM/XML and of ADES as PSV that do the same job as ours: see python_equal.py."""
import re

import python_tables as tables
from python_equal import BLANKS, NAME_MAX, TEXT_MAX, Fault, Record, Table, is_clear, take_extra, taker, version_of
from python_tables import TIME

# --- OMM as NDM/XML ---------------------------------------------------------------------------------------------------

OMM = Table(tables.OMM)
OMM_ELEMENTS = {block: frozenset(names) for block, names in tables.OMM_BLOCKS.items()}
declared = re.compile(rb'<\?xml[^>]*encoding\s*=\s*["\']([^"\']*)')


def checked_document(path):
    """What lxml would take and we do not: other encodings, a DTD with its entities."""
    with open(path, "rb") as file:
        head = file.read(4096)
    match = declared.search(head)
    if match is not None and match[1].upper() not in (b"UTF-8", b"US-ASCII", b"ASCII"):
        raise Fault(1, match.start(1) + 1, "encoding", "expected UTF-8")
    at = head.find(b"<!DOCTYPE")
    if at >= 0:
        raise Fault(head.count(b"\n", 0, at) + 1, at - head.rfind(b"\n", 0, at), "", "a DTD: expected none")


def local(element):
    return element.tag.rpartition("}")[2]


def take_element(record, element, name, text, row):
    _, take, expected, is_number, _, must, words = row
    if name in record.fields:
        raise Fault(element.sourceline, 1, name, "occurs twice")
    if not text or (is_number and text[-1] in "nN"):
        if must:
            raise Fault(element.sourceline, 1, name, "empty: it is mandatory")
        record.fields[name] = None
        record.warnings.append((element.sourceline, 1, name, "read as not given"))
        return
    if not text.isprintable():
        raise Fault(element.sourceline, 1, name, "a control character: expected printable text")
    unit = element.get("units")
    if unit is not None and unit != expected:
        if expected is None or unit.lower() != expected.lower():
            raise Fault(element.sourceline, 1, name, "another unit: expected %s" % expected)
        record.warnings.append((element.sourceline, 1, name, "a unit in another case"))
    try:
        record.fields[name] = take(text), text
    except ValueError as error:
        raise Fault(element.sourceline, 1, name, str(error)) from None
    if words:
        if text not in words:
            record.warnings.append((element.sourceline, 1, name, "not as the standard spells it"))
    elif is_number and is_clear(text) is None:
        record.warnings.append((element.sourceline, 1, name, "no digit beside the point, or D for the exponent"))


def take_block(record, block, allowed, last):
    rows = OMM.rows
    for element in block:
        tag = element.tag
        if not isinstance(tag, str):
            record.comments.append((element.sourceline, local(block), element.text))
            continue
        name = tag if tag[0] != "{" else tag.rpartition("}")[2]
        text = element.text
        text = text.strip() if text else ""
        if name == "COMMENT":
            record.comments.append((element.sourceline, local(block), text))
        elif name == "USER_DEFINED":
            take_extra(record, record.extras, element.sourceline, element.get("parameter"), text)
        elif name in allowed:
            if len(element):
                raise Fault(element.sourceline, 1, name, "an element inside a value")
            row = rows[name]
            if row[0] < last:
                record.warnings.append((element.sourceline, 1, name, "behind elements that the standard puts after it"))
            last = row[0]
            take_element(record, element, name, text, row)
        else:
            take_extra(record, record.extras, element.sourceline, name, text)
    return last


def omm_of(root):
    record = Record(root.sourceline)
    version = root.get("version") or ""
    version_of(version, "23", root.sourceline, "CCSDS_OMM_VERS")
    record.fields["CCSDS_OMM_VERS"] = version, version
    last = 0
    for block in root.iter("{*}header", "{*}metadata", "{*}meanElements", "{*}spacecraftParameters", "{*}tleParameters", "{*}covarianceMatrix", "{*}userDefinedParameters"):
        last = take_block(record, block, OMM_ELEMENTS.get(local(block), ()), last)
    must = OMM.must - OMM_ELEMENTS["covarianceMatrix"] if not OMM_ELEMENTS["covarianceMatrix"] & record.fields.keys() else OMM.must
    if not must <= record.fields.keys():
        raise Fault(record.line, 1, min(must - record.fields.keys()), "missing: it is mandatory")
    return record


def omm_xml(path):
    from lxml import etree
    checked_document(path)
    count = 0
    try:
        for _, element in etree.iterparse(path, events=("end",), tag="{*}omm", resolve_entities=False, no_network=True):
            yield omm_of(element)
            count += 1
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise Fault(*error.position, "", error.msg) from None
    if count == 0:
        raise Fault(1, 1, "", "no <omm>")


# --- ADES -------------------------------------------------------------------------------------------------------------

ADES = {name: (taker(*row[:1], *row[3:8]), row[8], row[9], frozenset(row[6] or ()), row[0] == TIME) for name, row in tables.ADES.items()}
ADES_KINDS = {"ra": 1, "obsCenter": 2, "raStar": 4, "trx": 8}
ADES_MUST = {1: ("obsTime", "mode", "stn", "ra", "dec", "astCat"), 2: ("obsTime", "mode", "stn", "obsCenter"), 4: ("obsTime", "mode", "stn", "raStar", "decStar", "astCat"), 8: ("obsTime", "trx", "rcv", "frq")}
ADES_CONTEXT = {"observatory": {"mpcCode", "name"}, "submitter": {"name", "institution"}, "observers": {"name"}, "measurers": {"name"}, "telescope": {"name", "design", "aperture", "detector", "fRatio", "filter",
                "arraySize", "pixelScale"}, "software": {"astrometry", "fitOrder", "photometry", "objectDetection"}, "coinvestigators": {"name"}, "collaborators": {"name"}, "fundingSource": {""}, "comment": {"line"}}
ADES_EXPECTED = (("observatory", "mpcCode"), ("submitter", "name"), ("measurers", "name"), ("telescope", "design"), ("telescope", "aperture"), ("telescope", "detector"))


def keyword_record(cells, number):
    """(name, its row or None) of each column, and the kind."""
    if len(set(cells)) != len(cells):
        raise Fault(number, 1, "", "two columns of one name")
    kinds = [kind for name, kind in ADES_KINDS.items() if name in cells]
    if not kinds:
        raise Fault(number, 1, "", "no column tells what is observed: expected ra, obsCenter, raStar or trx")
    for name in cells:
        if name in ADES and not ADES[name][1] & kinds[-1]:
            raise Fault(number, 1, name, "not of an observation of that kind")
    return [(name, ADES.get(name)) for name in cells], kinds[-1]


def context_line(context, parent, number, text, warnings):
    word, _, value = text[1:].strip(BLANKS).partition(" ")
    value = value.strip(BLANKS)
    if not word or len(word) > NAME_MAX:
        raise Fault(number, 1, "", "expected a name behind `%s`" % text[0])
    if text[0] == "#":
        parent, word = word, ""
        if not value:
            return parent
    if "|" in value or len(value) > TEXT_MAX:
        raise Fault(number, 1, parent, "a `|`, or too long")
    if not value or word not in ADES_CONTEXT.get(parent, ()):
        warnings.append((number, 1, parent + "/" + word, "not a value of a context, or empty: passed over"))
    else:
        context.setdefault((parent, word), []).append(value)
    return parent


def checked_observation(fields, kind, number):
    for name in ADES_MUST[kind]:
        if name not in fields:
            raise Fault(number, 1, name, "missing: it is mandatory")
    if "artSat" in fields:
        if "permID" in fields or "provID" in fields:
            raise Fault(number, 1, "artSat", "beside permID or provID: expected one of them")
    elif not ("permID" in fields or "provID" in fields or ("trkSub" in fields and kind != 8)):
        raise Fault(number, 1, "permID", "missing: nothing names the object")
    if kind in (2, 4) and not (("deltaRA" in fields and "deltaDec" in fields) or ("dist" in fields and "pa" in fields)):
        raise Fault(number, 1, "deltaRA", "missing: it and deltaDec, or dist and pa, are mandatory")
    if kind == 8 and not (("doppler" in fields and "rmsDoppler" in fields) or ("delay" in fields and "rmsDelay" in fields)):
        raise Fault(number, 1, "delay", "missing: it and rmsDelay, or doppler and rmsDoppler, are mandatory")
    if "mag" in fields and "band" not in fields:
        raise Fault(number, 1, "band", "missing: mag goes with it")
    if "sys" in fields and not ("ctr" in fields and "pos1" in fields and "pos2" in fields and "pos3" in fields):
        raise Fault(number, 1, "pos1", "missing: sys goes with ctr, pos1, pos2 and pos3")


def observation(cells, columns, kind, context, number, line):
    record = Record(number, context)
    fields = record.fields
    for (name, row), cell in zip(columns, cells):
        cell = cell.strip(BLANKS)
        if not cell:
            continue
        if row is None:
            record.warnings.append((number, 1, name, "not an element of the standard"))
            continue
        take, _, longest, words, is_time = row
        try:
            value = take(cell)
        except ValueError as error:
            raise Fault(number, line.index(cell) + 1, name, str(error)) from None
        if longest and len(cell) > longest:
            raise Fault(number, line.index(cell) + 1, name, "%d characters: expected at most %d" % (len(cell), longest))
        if is_time and (cell[-1] != "Z" or cell[10] != "T"):
            raise Fault(number, line.index(cell) + 1, name, "expected yyyy-mm-ddThh:mm:ss[.s]Z")
        fields[name] = value, cell
    checked_observation(fields, kind, number)
    return record


def ades_psv(path):
    context, columns, parent, kind, version, count, warnings = {}, None, "", 0, None, 0, []
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\r\n")
            if not line.isprintable() and "\0" in line:
                raise Fault(number, 1, "", "not UTF-8 text")
            cells = line.split("|")
            mark = line.lstrip(BLANKS)[:1]
            if mark == "":
                continue
            if mark in "#!":
                text = line.strip(BLANKS)
                if mark == "#" and text[1:].lstrip(BLANKS)[:8] == "version=":
                    version = text.partition("=")[2]
                    if context or version not in ("2017", "2022"):
                        raise Fault(number, 1, "version", "expected 2017 or 2022, on the first line")
                    continue
                if version is None:
                    raise Fault(number, 1, "version", "missing: expected `# version=2022` on the first line")
                if mark == "#" and (columns is not None or (context and text[1:].split()[:1] == ["observatory"])):
                    context, columns = {}, None
                elif columns is not None:
                    raise Fault(number, 1, "", "`!` behind data: expected it below a `#`")
                parent = context_line(context, parent, number, text, warnings)
                continue
            if version is None:
                raise Fault(number, 1, "version", "missing: expected `# version=2022` on the first line")
            if "a" <= mark <= "z" and len(cells) > 1:
                names = [cell.strip(BLANKS) for cell in cells]
                if "obsTime" in names and all("a" <= name[:1] <= "z" for name in names):
                    warnings.extend((number, 1, "/".join(name), "missing: the standard makes it mandatory") for name in ADES_EXPECTED if context and columns is None and name not in context)
                    columns, kind = keyword_record(names, number)
                    continue
            if columns is None:
                raise Fault(number, 1, "", "data before a keyword record: expected names between pipes")
            if len(cells) != len(columns):
                raise Fault(number, 1, "", "%d columns: expected %d" % (len(cells), len(columns)))
            if not line.isprintable() and any(not cell.strip(BLANKS).isprintable() for cell in cells):
                raise Fault(number, 1, "", "a control character: expected printable text")
            yield observation(cells, columns, kind, context, number, line)
            count += 1
    if count == 0:
        raise Fault(1, 1, "", "no observation: expected a keyword record and data")
