"""What a Python user would have to write to get what `parallax check` gives: the same job as our readers, for the comparison in docs/performance.md.

A record is an object with the text of each value beside its number (decimal.Decimal) or time, its comments with their places, keywords outside the standard and warnings. Units are held
against the standard's, values against their ranges and words, mandatory keywords, their order, times and their order are looked at, and whatever is wrong is told with its line and column.
tests/scenario/test_python_readers.py holds these readers against `parallax check` over the golden files and over spoilt ones.

They are meant to be fast: tables are made once and hold a function a keyword, a whole line is matched by one regular expression where that is possible, what is odd or wrong is looked at
again by slower code, and nothing is done a character at a time.
"""
import datetime
import re
from decimal import Decimal

import python_tables as tables
from python_tables import INT, REAL, TEXT, TIME, WORD

LINE_MAX, VALUE_MAX, TEXT_MAX, DIGITS_MAX, NAME_MAX = 254, 8192, 1024, 64, 64
BLANKS = " \t"
DECIMAL = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eEdD][+-]?[0-9]+)?"
STAMP = r"[0-9]{4}-(?:[0-9]{2}-[0-9]{2}|[0-9]{3})[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?Z?"
is_decimal = re.compile(DECIMAL).fullmatch
is_integer = re.compile(r"[+-]?[0-9]+").fullmatch
is_stamp = re.compile(STAMP).fullmatch
is_clear = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch  # 502.0-B-3 section 7.5.6
is_name = re.compile(r"[!#-%'-;?-~]{1,64}").fullmatch
fromisoformat = datetime.datetime.fromisoformat


class Fault(Exception):
    """What is wrong, and where: line and column count from 1."""

    def __init__(self, line, column, field, what):
        super().__init__("%d:%d: %s: %s" % (line, column, field, what))
        self.line, self.column, self.field, self.what = line, column, field, what


class Record:
    __slots__ = ("line", "fields", "parts", "lines", "comments", "extras", "warnings", "about")

    def __init__(self, line, about=None):
        self.line = line          # where it begins
        self.fields = {}          # keyword: (value, its text); None: it stands there and is empty
        self.parts = []           # what it is made of: objects, segments, impacts
        self.lines = []           # measurements, states
        self.comments = []        # (line, the keyword before it, text)
        self.extras = {}          # keywords outside the standard
        self.warnings = []        # (line, column, field, what)
        self.about = about        # what it has in common with others: a header, metadata


# --- Values -----------------------------------------------------------------------------------------------------------

def number(text):
    """Decimal takes more than the standard does: the shape first."""
    if len(text) > DIGITS_MAX or is_decimal(text) is None:
        raise ValueError("expected a decimal number")
    return Decimal(text.replace("D", "E").replace("d", "e"))


def moment(text):
    """Digits beyond microseconds are in the text only."""
    if is_stamp(text) is None:
        raise ValueError("expected YYYY-MM-DDThh:mm:ss[.d...], a time that exists")
    try:
        return fromisoformat(text[:-1] if text[-1] == "Z" else text)
    except ValueError:
        return odd_moment(text)


def odd_moment(text):
    """A day of the year; a leap second."""
    text, _, fraction = text.rstrip("Z").partition(".")
    form = "%Y-%j" if text[8] in "T " else "%Y-%m-%d"
    leap = text.endswith(":59:60")
    time = datetime.datetime.strptime((text[:-2] + "59" if leap else text).replace(" ", "T"), form + "T%H:%M:%S")
    return time + datetime.timedelta(seconds=leap, microseconds=int((fraction + "000000")[:6]))


def is_later(time, text, before, before_text):
    """Also where only digits beyond microseconds differ."""
    if time != before:
        return time > before
    return text.rstrip("Z").partition(".")[2].rstrip("0") > before_text.rstrip("Z").partition(".")[2].rstrip("0")


def taker(kind, least, most, outside, words, is_open):
    """The function that makes a value of a text, or raises ValueError."""
    if kind == TIME:
        return moment
    if kind == TEXT:
        def take(text):
            if len(text) > TEXT_MAX:
                raise ValueError("%d bytes: expected at most %d" % (len(text), TEXT_MAX))
            return text
        return take
    if kind == WORD:
        folded = {word.upper(): word for word in words}

        def take(text):
            word = folded.get(text.upper()) or folded.get(text.upper().replace("_", " "))
            if word is None and (not is_open or len(text) > NAME_MAX):
                raise ValueError("%r: expected %s" % (text[:40], "|".join(words)))
            return word or text
        return take
    low, high = Decimal(least or "-Infinity"), Decimal(most or "Infinity")
    is_above, is_below = "a" in outside, "b" in outside
    if kind == INT:
        low, high = max(low, Decimal(-2147483648)), min(high, Decimal(2147483647))

        def take(text):
            if len(text) > DIGITS_MAX or is_integer(text) is None:
                raise ValueError("expected an integer")
            value = int(text)
            if not low <= value <= high:
                raise ValueError("%s: expected %s to %s" % (text, low, high))
            return value
        return take
    if least is None and most is None:
        return number

    def take(text):
        value = number(text)
        if not low <= value <= high or (is_above and value == low) or (is_below and value == high):
            raise ValueError("%s: expected %s to %s" % (text, low, high))
        return value
    return take


class Table:
    """Rows: (rank, function, unit, is a number, has a unit at all, is mandatory, words); and which keywords are mandatory."""

    def __init__(self, rows):
        self.rows = {name: (rank, taker(kind, least, most, outside, words, is_open), unit, kind in (REAL, INT), kind in (REAL, INT, TIME), must, frozenset(words or ()))
                     for rank, (name, (kind, must, unit, least, most, outside, words, is_open)) in enumerate(rows.items())}
        self.must = frozenset(name for name, row in self.rows.items() if row[5])


def missing(table, fields, line, what=""):
    absent = [name for name in table.must if name not in fields]
    raise Fault(line, 1, min(absent, key=lambda name: table.rows[name][0]), "missing: it is mandatory%s" % what)


# --- KEYWORD = value --------------------------------------------------------------------------------------------------

SLIPS = {("m/s", "m")}  # the standard's unit and the one that is seen where only it can be meant


def odd_line(record, number, line):
    """A line that is not printable ASCII: blanks for TABs, or a fault."""
    if record is None:
        record = Record(number)
    for column, character in enumerate(line, 1):
        if character != "\t" and (character < " " or "\x7f" <= character < "\xa0"):
            raise Fault(number, column, "", "a control character: expected printable text")
    record.warnings.append((number, 1, "", "not printable ASCII"))
    return line.replace("\t", " ")


def odd_unit(record, number, line, key, unit, expected):
    column = line.index("=") + 2
    if unit is None:
        raise Fault(number, column, key, "no unit: expected [%s]" % expected)
    if (expected is None and unit.lower() in ("", "n/a", "-")) or (expected is not None and (unit.lower() == expected.lower() or (expected, unit) in SLIPS)):
        record.warnings.append((number, column, key, "another unit: expected [%s]" % expected))
        return
    raise Fault(number, column, key, "another unit: expected [%s]" % expected)


def odd_value(record, number, line, key, value, must):
    """Empty, or NaN."""
    column = line.index("=") + 2 if "=" in line else 1
    if must:
        raise Fault(number, column, key, "NaN: expected a number" if value else "empty: it is mandatory")
    record.warnings.append((number, column, key, "read as not given"))


def take_pair(record, fields, number, line, key, value, row, has_units):
    """One value of a table into ${fields}."""
    _, take, expected, is_number, may_have_unit, must, words = row
    if key in fields:
        raise Fault(number, 1, key, "occurs twice")
    unit = None
    if may_have_unit and value.endswith("]"):
        value, _, unit = value[:-1].rpartition("[")
        value, unit = value.rstrip(BLANKS), unit.strip(BLANKS)
    if not value or (is_number and value[-1] in "nN"):
        odd_value(record, number, line, key, value, must)
        fields[key] = None
        return
    if has_units:
        if unit != expected:
            odd_unit(record, number, line, key, unit, expected)
    elif unit is not None:
        raise Fault(number, line.index("=") + 2, key, "a unit: this format shows none")
    try:
        fields[key] = take(value), value
    except ValueError as error:
        raise Fault(number, line.index("=") + 2, key, str(error)) from None
    if words:
        if value not in words:
            record.warnings.append((number, 1, key, "not as the standard spells it"))
    elif is_number and is_clear(value) is None:
        record.warnings.append((number, 1, key, "no digit beside the point, or D for the exponent"))


def take_extra(record, extras, number, key, value):
    if is_name(key) is None or len(value) > VALUE_MAX:
        raise Fault(number, 1, key[:40], "no keyword: expected printable characters without blanks")
    if key in extras:
        raise Fault(number, 1, key, "occurs twice")
    if len(extras) == 256:
        raise Fault(number, 1, key, "too many keywords outside the standard")
    extras[key] = value
    record.warnings.append((number, 1, key, "not a keyword of the standard"))


def version_of(text, majors, number, key):
    if re.fullmatch(r"[%s]\.[0-9]{1,4}" % majors, text) is None:
        raise Fault(number, 18, key, "another version")


CDM, CDM_OBJECT = Table(tables.CDM), Table(tables.CDM_OBJECT)
OBJECTS = ("OBJECT1", "OBJECT2")


def end_cdm(message):
    if not CDM.must <= message.fields.keys():
        missing(CDM, message.fields, message.line)
    if len(message.parts) != 2:
        raise Fault(message.line, 1, "OBJECT2", "missing: expected two objects")
    for part in message.parts:
        if not CDM_OBJECT.must <= part.fields.keys():
            missing(CDM_OBJECT, part.fields, message.line)
    return message


def begin_object(message, number, line, value):
    if value not in OBJECTS:
        raise Fault(number, line.index("=") + 2, "OBJECT", "expected OBJECT1 or OBJECT2")
    if any(part.about == value for part in message.parts):
        raise Fault(number, line.index("=") + 2, "OBJECT", "%s occurs twice" % value)
    message.parts.append(Record(number, value))
    return message.parts[-1]


def cdm_kvn(path):
    message, part, rows, own, last, before = None, None, CDM.rows, CDM.rows, -1, ""
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\r\n")
            if not (line.isascii() and line.isprintable()):
                line = odd_line(message, number, line)
            key, equals, value = line.partition("=")
            key, value = key.strip(BLANKS), value.strip(BLANKS)
            if key == "CCSDS_CDM_VERS" and equals:
                if message is not None:
                    yield end_cdm(message)
                message = part = Record(number)
                rows, last, before = own, -1, ""
                version_of(value, "1", number, key)
            elif message is None:
                if not line.strip(BLANKS):
                    continue
                raise Fault(number, 1, "", "expected CCSDS_CDM_VERS on the first line")
            if len(line) > LINE_MAX:
                message.warnings.append((number, 1, "", "a line is longer than %d characters" % LINE_MAX))
            if key[:7] == "COMMENT" and key[7:8] in ("", " "):
                part.comments.append((number, before, line.lstrip(BLANKS)[8:].rstrip(BLANKS)))
                continue
            if not equals:
                if not key:
                    continue
                raise Fault(number, 1, "", "no `=`: expected KEYWORD = value")
            if key == "OBJECT":
                part, rows, last, before = begin_object(message, number, line, value), CDM_OBJECT.rows, -1, key
                continue
            row, fields = rows.get(key), part.fields
            if row is None:
                row, fields = own.get(key), message.fields
                if row is None:
                    take_extra(message, part.extras, number, key, value)
                    continue
            if row[0] < last:
                message.warnings.append((number, 1, key, "behind keywords that the standard puts after it"))
            last, before = row[0], key
            take_pair(message, fields, number, line, key, value, row, True)
    if message is None:
        raise Fault(1, 1, "", "empty: expected CCSDS_CDM_VERS on the first line")
    yield end_cdm(message)


# --- Messages of blocks -----------------------------------------------------------------------------------------------

TDM_HEADER, TDM_METADATA, TDM_DATA = Table(tables.TDM_HEADER), Table(tables.TDM_METADATA), Table(tables.TDM_DATA)
OEM_HEADER, OEM_METADATA, OEM_COVARIANCE = Table(tables.OEM_HEADER), Table(tables.OEM_METADATA), Table(tables.OEM_COVARIANCE)
is_measurement = re.compile(r"[A-Z_0-9]+ *= *(%s) +(%s) *" % (STAMP, DECIMAL)).fullmatch
is_state = re.compile(r" *%s(?: +%s){6} *" % (STAMP, DECIMAL)).fullmatch
NO_TABLE = Table({})
PIECE = 2048  # lines of one record


class Blocks:
    """What the KVN of TDM and OEM have in common: a header and segments of blocks."""

    def __init__(self, form, majors, header, kinds):
        self.version, self.majors, self.kinds = "CCSDS_%s_VERS" % form, majors, kinds
        self.starts = {kind + "_START": kind for kind in kinds}
        self.stops = {kind + "_STOP": kind for kind in kinds}
        self.header = header

    def begin(self, number, value):
        version_of(value, self.majors, number, self.version)
        self.message = Record(number)
        self.part, self.table, self.block, self.last, self.before = self.message, self.header, "HEADER", -1, ""

    def close(self, number):
        """The open block ends."""
        if not self.table.must <= self.part.fields.keys():
            missing(self.table, self.part.fields, number)
        self.block = ""

    def open(self, kind, number, table, part):
        if self.block == "HEADER":
            self.close(number)
        if self.block:
            raise Fault(number, 1, kind, "a block within a block: expected %s_STOP" % self.block)
        self.block, self.table, self.part, self.last, self.before = kind, table, part, -1, ""

    def pair(self, number, line, key, value):
        row = self.table.rows.get(key)
        if row is None:
            take_extra(self.message, self.part.extras, number, key, value)
            return
        if row[0] < self.last:
            self.message.warnings.append((number, 1, key, "behind keywords that the standard puts after it"))
        self.last, self.before = row[0], key
        take_pair(self.message, self.part.fields, number, line, key, value, row, False)

    def piece(self, number, lines):
        """Lines of a segment as a record of its own."""
        record = Record(number, self.part if self.part is not self.message else None)
        record.lines = lines
        return record


def checked_tdm_metadata(part, number):
    fields = part.fields
    mode, path = fields.get("MODE"), fields.get("PATH")
    if path and (mode and mode[0] == "SINGLE_DIFF" or fields.get("PATH_1")):
        raise Fault(number, 1, "PATH", "expected PATH, or PATH_1 and PATH_2 with MODE = SINGLE_DIFF")
    if bool(fields.get("TURNAROUND_NUMERATOR")) != bool(fields.get("TURNAROUND_DENOMINATOR")):
        raise Fault(number, 1, "TURNAROUND_DENOMINATOR", "numerator and denominator: expected both")


def measurement(number, line, key, value, row):
    """What the regular expression did not match."""
    words = value.split()
    if len(words) != 2:
        raise Fault(number, 1, key, "%d words: expected a time and a measurement" % len(words))
    try:
        return moment(words[0]), words[0], row[1](words[1]), words[1]
    except ValueError as error:
        raise Fault(number, 1, key, str(error)) from None


def last_line(path):
    """The last line that is not blank: looked for only when a file is cut off."""
    with open(path, encoding="utf-8-sig") as file:
        return max((number for number, line in enumerate(file, 1) if line.strip()), default=1)


def end_tdm(blocks, number, path):
    if blocks.block and blocks.block != "HEADER":
        raise Fault(last_line(path) if path else number, 1, "", "the message is cut off: expected %s_STOP" % blocks.block)
    if not blocks.message.parts:
        raise Fault(number, 1, "metadata", "missing: expected at least one segment")
    if not all(part.about for part in blocks.message.parts):
        raise Fault(blocks.message.line, 1, "data", "missing: each segment has this block")


def tdm_kvn(path):
    blocks = Blocks("TDM", "12", TDM_HEADER, ("META", "DATA"))
    rows, lines, message, number, times = TDM_DATA.rows, [], None, 0, {}
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\r\n")
            if not (line.isascii() and line.isprintable()):
                line = odd_line(message, number, line)
            key, equals, value = line.partition("=")
            key = key.strip(BLANKS)
            if message is not None and len(line) > LINE_MAX:
                message.warnings.append((number, 1, "", "a line is longer than %d characters" % LINE_MAX))
            if equals and message is not None and blocks.block == "DATA":
                row = rows.get(key)
                if row is not None:
                    match = is_measurement(line)
                    if match is None:
                        lines.append((key, *measurement(number, line, key, value, row)))
                    else:
                        stamp, text = match.groups()
                        try:
                            time = moment(stamp)
                            lines.append((key, time, stamp, row[1](text), text))
                        except ValueError as error:
                            raise Fault(number, 1, key, str(error)) from None
                        before = times.get(key)
                        if before is not None and is_later(*before, time, stamp):
                            message.warnings.append((number, 1, key, "%s is before the one before of its keyword" % stamp))
                        times[key] = time, stamp
                    if len(lines) == PIECE:
                        yield blocks.piece(number, lines)
                        lines = []
                    continue
            value = value.strip(BLANKS)
            if key == blocks.version and equals:
                if message is not None:
                    end_tdm(blocks, number, None)
                blocks.begin(number, value)
                message = blocks.message
            elif not key and not equals:
                continue
            elif message is None:
                raise Fault(number, 1, "", "no version on the first line: expected %s" % blocks.version)
            if key[:7] == "COMMENT" and key[7:8] in ("", " "):
                blocks.part.comments.append((number, blocks.before, line.lstrip(BLANKS)[8:].rstrip(BLANKS)))
            elif equals:
                if blocks.block == "":
                    raise Fault(number, 1, key, "outside of any block")
                blocks.pair(number, line, key, value)
            elif key == "META_START":
                blocks.open("META", number, TDM_METADATA, Record(number))
                message.parts.append(blocks.part)
            elif key == "DATA_START":
                if not message.parts or message.parts[-1].about:
                    raise Fault(number, 1, "data", "before the metadata")
                message.parts[-1].about, times = True, {}
                blocks.open("DATA", number, NO_TABLE, message.parts[-1])
            elif key in blocks.stops:
                if blocks.stops[key] != blocks.block:
                    raise Fault(number, 1, key, "the end of a block that is not open")
                blocks.close(number)
                if key == "META_STOP":
                    checked_tdm_metadata(blocks.part, number)
                elif lines:
                    yield blocks.piece(number, lines)
                    lines = []
            else:
                raise Fault(number, 1, "", "no `=`: expected KEYWORD = value")
    if message is None:
        raise Fault(1, 1, "", "empty: expected %s on the first line" % blocks.version)
    end_tdm(blocks, number, path)


def checked_oem_metadata(part, number):
    fields = part.fields
    method, degree = fields.get("INTERPOLATION"), fields.get("INTERPOLATION_DEGREE")
    if bool(method) != bool(degree) and not (method and method[0] == "LINEAR"):
        raise Fault(number, 1, "INTERPOLATION_DEGREE", "INTERPOLATION and its degree: expected both")
    start, stop = fields["START_TIME"], fields["STOP_TIME"]
    if is_later(start[0].replace(tzinfo=None), start[1], stop[0].replace(tzinfo=None), stop[1]):
        raise Fault(number, 1, "START_TIME", "after STOP_TIME")


def state(number, line, columns):
    """What the regular expression did not match: accelerations, or something wrong."""
    words = line.split()
    if len(words) not in (7, 10) or (columns and len(words) != columns):
        raise Fault(number, 1, "line", "%d columns: expected a time and 6 or 9 numbers" % len(words))
    try:
        return [moment(words[0]), *map(number_of, words[1:])], words
    except ValueError as error:
        raise Fault(number, 1, "line", str(error)) from None


number_of = number


def end_oem(blocks, number, path):
    if blocks.block in ("META", "COVARIANCE"):
        raise Fault(last_line(path) if path else number, 1, "", "the message is cut off: expected %s_STOP" % blocks.block)
    if not blocks.message.parts:
        raise Fault(number, 1, "metadata", "missing: expected at least one segment")
    if not all(part.about for part in blocks.message.parts):
        raise Fault(blocks.message.line, 1, "data", "missing: each segment has this block")


def take_row(blocks, number, line, rows):
    """A row of a covariance, a lower triangle of six. Its epoch and frame stand before it."""
    words = line.split()
    if rows >= 6 or len(words) != rows + 1:
        raise Fault(number, 1, "line", "%d numbers in row %d: expected a lower triangle of 6 rows" % (len(words), rows + 1))
    try:
        blocks.part.lines.append((list(map(number_of, words)), words))
    except ValueError as error:
        raise Fault(number, 1, "line", str(error)) from None


def oem_kvn(path):
    blocks = Blocks("OEM", "123", OEM_HEADER, ("META", "COVARIANCE"))
    lines, message, number, columns, last, last_text, rows, system = [], None, 0, 0, None, "", 0, None
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\r\n")
            if not (line.isascii() and line.isprintable()):
                line = odd_line(message, number, line)
            if message is not None and len(line) > LINE_MAX:
                message.warnings.append((number, 1, "", "a line is longer than %d characters" % LINE_MAX))
            if message is not None and blocks.block == "STATES" and is_state(line) is not None and columns in (0, 7):
                words = line.split()
                try:
                    time = moment(words[0])
                except ValueError as error:
                    raise Fault(number, 1, "EPOCH", str(error)) from None
                if last is not None and not is_later(time, words[0], last, last_text):
                    raise Fault(number, 1, "EPOCH", "%s is not after the line before" % words[0])
                if last is None:
                    message.parts[-1].about = True
                last, last_text, columns = time, words[0], 7
                lines.append((time, Decimal(words[1]), Decimal(words[2]), Decimal(words[3]), Decimal(words[4]), Decimal(words[5]), Decimal(words[6]), words)
                             if "D" not in line else (time, *map(number_of, words[1:]), words))
                if len(lines) == PIECE:
                    yield blocks.piece(number, lines)
                    lines = []
                continue
            key, equals, value = line.partition("=")
            key, value = key.strip(BLANKS), value.strip(BLANKS)
            if key == blocks.version and equals:
                if message is not None:
                    end_oem(blocks, number, None)
                blocks.begin(number, value)
                message, system = blocks.message, None
            elif not key and not equals:
                continue
            elif message is None:
                raise Fault(number, 1, "", "no version on the first line: expected %s" % blocks.version)
            if key[:7] == "COMMENT" and key[7:8] in ("", " "):
                blocks.part.comments.append((number, blocks.before, line.lstrip(BLANKS)[8:].rstrip(BLANKS)))
            elif key == "META_START" or key == "COVARIANCE_START":
                if blocks.block == "STATES":
                    if lines:
                        yield blocks.piece(number, lines)
                        lines = []
                    blocks.block = ""
                if key == "META_START":
                    blocks.open("META", number, OEM_METADATA, Record(number))
                    message.parts.append(blocks.part)
                    columns, last = 0, None
                else:
                    if not message.parts or not message.parts[-1].about:
                        raise Fault(number, 1, "covariance", "before the states")
                    blocks.open("COVARIANCE", number, OEM_COVARIANCE, Record(number))
                    message.parts[-1].parts.append(blocks.part)
                    rows = 0
            elif key in blocks.stops and not equals:
                if blocks.stops[key] != blocks.block:
                    raise Fault(number, 1, key, "the end of a block that is not open")
                if blocks.block == "COVARIANCE" and rows != 6:
                    raise Fault(number, 1, "covariance", "%d rows: expected 6" % rows)
                blocks.close(number)
                if key == "META_STOP":
                    checked_oem_metadata(blocks.part, number)
                    blocks.block = "STATES"
            elif equals and blocks.block == "COVARIANCE":
                if rows == 6 and key == "EPOCH" and "EPOCH" in blocks.part.fields:  # the next matrix
                    blocks.part, rows, blocks.last = Record(number), 0, -1
                    message.parts[-1].parts.append(blocks.part)
                elif 0 < rows:
                    raise Fault(number, value and line.index(value) + 1 or 1, key, "a keyword behind lines of data")
                blocks.pair(number, line, key, value)
            elif equals and blocks.block in ("HEADER", "META"):
                blocks.pair(number, line, key, value)
                if key == "TIME_SYSTEM":
                    if system is not None and system != value:
                        raise Fault(number, line.index(value) + 1, key, "not %s: a message has one time system" % system)
                    system = value
            elif blocks.block == "STATES" and not equals:
                values, words = state(number, line, columns)
                if last is not None and not is_later(values[0], words[0], last, last_text):
                    raise Fault(number, 1, "EPOCH", "%s is not after the line before" % words[0])
                last, last_text, columns = values[0], words[0], len(words)
                lines.append((*values, words))
            elif blocks.block == "COVARIANCE":
                take_row(blocks, number, line, rows)
                rows += 1
            else:
                raise Fault(number, 1, "", "no `=`: expected KEYWORD = value")
            if blocks.block == "STATES" and message.parts and lines:
                message.parts[-1].about = True
    if message is None:
        raise Fault(1, 1, "", "empty: expected %s on the first line" % blocks.version)
    if blocks.block == "STATES" and lines:
        blocks.part.about = True
        yield blocks.piece(number, lines)
    end_oem(blocks, number, path)
