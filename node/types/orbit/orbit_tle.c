/*
 * TLE, 2LE and 3LE (NORAD two-line elements): 69 columns a line, checksum enforced. Numbers become exact decimal text, implied
 * points and exponents made explicit; the epoch becomes exact ISO text (1e-8 day is 864 us).
 */
#include "types/orbit/orbit_map.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/scan.h"
#include "base/text.h"
#include "syntax/fixcol.h"

#define COLUMNS       69
#define ELEMENT_BYTES 40 /* a shorter line that begins with `1 ` or `2 ` is a name */
#define NAME_COLUMNS  24

/* A line with its place. */
struct row {
    struct span text; /* without blanks at both ends */
    struct span raw;  /* with its line end */
    uint32_t line;
    uint32_t column; /* of the first byte of text */
};

struct reading {
    struct fill fill;
    struct scan scan;
    struct row row[3]; /* the next lines that are neither blank nor comment */
    unsigned count;
    const struct convert *how;
    struct arena *arena;
    type_emit_fn *emit;
    void *cookie;
    struct why *why;
    size_t records;
};

static int
refuse(struct reading *r, const struct row *row, enum why_code code, uint32_t column, const char *field,
       const char *note)
{
    return why_set(r->why, code, row->line, row->column + column - 1, field, "%s", note);
}

static struct place
place_at(const struct row *row, uint32_t column)
{
    return (struct place){row->line, row->column + column - 1};
}

/* Keep three lines in hand: what a line is shows in the two behind it. */
static void
look_ahead(struct reading *r)
{
    struct span line;

    while (r->count < 3 && scan_line(&r->scan, LIMIT_LINE_BYTES, &line)) {
        struct row *row = &r->row[r->count];

        row->text = text_trim(line);
        if (row->text.n == 0 || *row->text.p == '#')
            continue;
        row->raw = span_of(line.p, (size_t)(r->scan.p - line.p));
        row->line = r->scan.line;
        row->column = (uint32_t)(row->text.p - line.p) + 1;
        r->count++;
    }
}

static void
drop(struct reading *r, unsigned n)
{
    r->count -= n;
    memmove(&r->row[0], &r->row[n], r->count * sizeof r->row[0]);
}

/* Does row ${i} look like element line ${digit}? Loose, so that a damaged line is refused and not taken for a name. */
static bool
is_element(const struct reading *r, unsigned i, uint8_t digit)
{
    return i < r->count && r->row[i].text.n >= ELEMENT_BYTES && r->row[i].text.p[0] == digit &&
           r->row[i].text.p[1] == ' ';
}

static int
check_line(struct reading *r, const struct row *row)
{
    unsigned sum = 0;

    for (size_t i = 0; i < row->text.n; i++) {
        if (row->text.p[i] < 0x20 || row->text.p[i] > 0x7E)
            return refuse(r, row, WHY_TEXT_ENCODING, (uint32_t)i + 1, NULL, "expected printable ASCII");
    }
    if (row->text.n > COLUMNS)
        return why_set(
            r->why, WHY_TEXT_LIMIT, row->line, row->column + COLUMNS, NULL,
            "%zu columns: expected 69 (a number with too many digits shifts the columns behind it)",
            row->text.n);
    if (row->text.n == COLUMNS - 1)
        return refuse(r, row, WHY_CHECKSUM, COLUMNS, NULL, "no checksum in column 69");
    if (row->text.n < COLUMNS)
        return why_set(r->why, WHY_TEXT_SYNTAX, row->line, row->column + (uint32_t)row->text.n, NULL,
                       "%zu columns: expected 69", row->text.n);
    for (unsigned i = 0; i < COLUMNS - 1; i++) {
        uint8_t c = row->text.p[i];

        sum += c == '-' ? 1 : c >= '0' && c <= '9' ? (unsigned)(c - '0') : 0;
    }
    if (row->text.p[COLUMNS - 1] != '0' + sum % 10)
        return why_set(r->why, WHY_CHECKSUM, row->line, row->column + COLUMNS - 1, NULL,
                       "the checksum is %c: expected %u", row->text.p[COLUMNS - 1], sum % 10);
    return 0;
}

/* Columns 3-7: five digits, or Alpha-5 (a letter but I and O for 10 to 33, then four digits). */
static int
take_number(struct reading *r, const struct row *row, uint64_t *out)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";
    struct span field = fixcol_trim(row->text, 3, 7);
    const char *letter = field.n == 5 && *field.p >= 'A' ? strchr(letters, *field.p) : NULL;
    uint64_t rest;

    if (letter != NULL && num_uint(span_of(field.p + 1, 4), 9999, &rest) == 0) {
        *out = (uint64_t)(letter - letters + 10) * 10000 + rest;
        return 0;
    }
    if (num_uint(field, 99999, out) == 0)
        return 0;
    return refuse(r, row, WHY_FIELD_NUMBER, 3, "NORAD_CAT_ID",
                  "expected five digits, or Alpha-5 (A0000 to Z9999)");
}

static int
put(struct reading *r, const char *keyword, const char *value, const struct row *row, uint32_t column)
{
    return fill_put(&r->fill, span_str(keyword), span_str(value), span_of(NULL, 0), place_at(row, column),
                    place_at(row, column));
}

static int
put_number(struct reading *r, const struct row *row, uint64_t *number)
{
    char text[FIELDMAP_NUMBER_MAX];

    if (take_number(r, row, number) != 0)
        return -1;
    (void)snprintf(text, sizeof text, "%" PRIu64, *number);
    return put(r, "NORAD_CAT_ID", text, row, 3);
}

/* Columns 10-17: yy, launch of the year, piece; blank for analyst objects. 57 and later are of the 20th century. */
static int
put_designator(struct reading *r, const struct row *row)
{
    struct span all = fixcol_trim(row->text, 10, 17);
    struct span piece = fixcol_trim(row->text, 15, 17);
    uint64_t year, launch;
    char text[16];

    if (all.n == 0)
        return 0;
    if (num_uint(fixcol_trim(row->text, 10, 11), 99, &year) == 0 &&
        num_uint(fixcol_trim(row->text, 12, 14), 999, &launch) == 0 && piece.n > 0) {
        (void)snprintf(text, sizeof text, "%u-%03u%.*s", (unsigned)(year + (year < 57 ? 2000 : 1900)),
                       (unsigned)launch, (int)piece.n, (const char *)piece.p);
        return put(r, "OBJECT_ID", text, row, 10);
    }
    if (fill_tolerate(&r->fill, WHY_FIELD_VALUE, place_at(row, 10), "OBJECT_ID",
                      "not year, launch and piece: kept as it is") != 0)
        return -1;
    (void)snprintf(text, sizeof text, "%.*s", (int)all.n, (const char *)all.p);
    return put(r, "OBJECT_ID", text, row, 10);
}

/* Columns 19-32: yyddd.dddddddd. Each unit of the last digit is 864 us. */
static int
put_epoch(struct reading *r, const struct row *row)
{
    uint64_t year, day, fraction;
    struct span digits = fixcol(row->text, 25, 32);
    int y, month, dom;
    int32_t first, next, mjd;
    char text[40];
    uint64_t us;

    if (num_uint(fixcol_trim(row->text, 19, 20), 99, &year) != 0 ||
        num_uint(fixcol_trim(row->text, 21, 23), 366, &day) != 0 || day == 0 ||
        fixcol_at(row->text, 24) != '.' || num_uint(digits, 99999999, &fraction) != 0)
        return refuse(r, row, WHY_FIELD_TIME, 19, "EPOCH",
                      "expected yyddd.dddddddd: year, day of the year, its fraction");
    y = (int)year + (year < 57 ? 2000 : 1900);
    (void)utc_mjd(y, 1, 1, &first);
    (void)utc_mjd(y + 1, 1, 1, &next);
    mjd = first + (int32_t)day - 1;
    if (mjd >= next)
        return refuse(r, row, WHY_FIELD_TIME, 21, "EPOCH", "the year has no day 366");
    utc_calendar(mjd, &y, &month, &dom);
    us = fraction * 864;
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02u:%02u:%02u.%06u", y, month, dom,
                   (unsigned)(us / 3600000000), (unsigned)(us / 60000000 % 60), (unsigned)(us / 1000000 % 60),
                   (unsigned)(us % 1000000));
    return put(r, "EPOCH", text, row, 19);
}

/* A field as it stands, blanks around it aside; the fieldmap checks it. Blank is not given. */
static int
put_plain(struct reading *r, const struct row *row, unsigned from, unsigned to, const char *keyword)
{
    struct span field = fixcol_trim(row->text, from, to);

    return fill_put(&r->fill, span_str(keyword), field, span_of(NULL, 0), place_at(row, from),
                    place_at(row, fixcol_column(row->text, field)));
}

/* Sign, `.`, digits: columns 34-43. The zero in front of the point is not written in a TLE. */
static int
put_first_derivative(struct reading *r, const struct row *row)
{
    struct span field = fixcol_trim(row->text, 34, 43);
    bool minus = field.n > 0 && *field.p == '-';
    char text[24];

    if (field.n > 0 && (*field.p == '-' || *field.p == '+'))
        field = text_trim(span_of(field.p + 1, field.n - 1));
    if (!num_is_decimal(field) || *field.p == '-' || *field.p == '+')
        return refuse(r, row, WHY_FIELD_NUMBER, 34, "MEAN_MOTION_DOT", "expected a decimal number");
    (void)snprintf(text, sizeof text, "%s%s%.*s", minus ? "-" : "", *field.p == '.' ? "0" : "", (int)field.n,
                   (const char *)field.p);
    return put(r, "MEAN_MOTION_DOT", text, row, 34);
}

/* Sign, five digits with an implied point in front, sign and digit of the exponent. Any spelling of zero is 0. */
static int
put_exponential(struct reading *r, const struct row *row, unsigned from, const char *keyword)
{
    struct span field = fixcol(row->text, from, from + 7);
    struct span digits = fixcol_trim(row->text, from + 1, from + 5);
    uint8_t sign = field.p[0];
    uint8_t esign = field.p[6];
    uint8_t exponent = field.p[7];
    uint64_t value;
    char text[24];

    if (text_trim(field).n == 0)
        return 0;
    if (strchr(" +-", sign) == NULL || strchr(" +-", esign) == NULL || exponent < '0' || exponent > '9' ||
        num_uint(digits, 99999, &value) != 0)
        return refuse(r, row, WHY_FIELD_NUMBER, from, keyword,
                      "expected [-]ddddd[-]d: digits behind an implied point, exponent");
    if (value == 0)
        return put(r, keyword, "0", row, from);
    (void)snprintf(text, sizeof text, "%s0.%05uE%s%c", sign == '-' ? "-" : "", (unsigned)value,
                   esign == '-' ? "-" : "+", exponent);
    return put(r, keyword, text, row, from);
}

/* Columns 27-33: seven digits behind an implied `0.`; blanks in front are zeros. */
static int
put_eccentricity(struct reading *r, const struct row *row)
{
    uint64_t value;
    char text[16];

    if (num_uint(fixcol_trim(row->text, 27, 33), 9999999, &value) != 0 || fixcol_at(row->text, 33) == ' ')
        return refuse(r, row, WHY_FIELD_NUMBER, 27, "ECCENTRICITY", "expected seven digits");
    (void)snprintf(text, sizeof text, "0.%07u", (unsigned)value);
    return put(r, "ECCENTRICITY", text, row, 27);
}

/* What stands between the fields is blank: a line whose blanks collapsed reads as nonsense otherwise. */
static int
check_gaps(struct reading *r, const struct row *row, const unsigned char *gaps)
{
    for (; *gaps != 0; gaps++) {
        if (fixcol_at(row->text, *gaps) != ' ')
            return refuse(r, row, WHY_TEXT_SYNTAX, *gaps, NULL, "expected a blank: the columns are shifted");
    }
    return 0;
}

static int
take_line1(struct reading *r, const struct row *row, uint64_t *number)
{
    static const unsigned char gaps[] = {2, 9, 18, 33, 44, 53, 62, 64, 0};

    if (check_line(r, row) != 0 || check_gaps(r, row, gaps) != 0 || put_number(r, row, number) != 0 ||
        put_plain(r, row, 8, 8, "CLASSIFICATION_TYPE") != 0 || put_designator(r, row) != 0 ||
        put_epoch(r, row) != 0 || put_first_derivative(r, row) != 0 ||
        put_exponential(r, row, 45, "MEAN_MOTION_DDOT") != 0 || put_exponential(r, row, 54, "BSTAR") != 0 ||
        put_plain(r, row, 63, 63, "EPHEMERIS_TYPE") != 0)
        return -1;
    return put_plain(r, row, 65, 68, "ELEMENT_SET_NO");
}

static int
take_line2(struct reading *r, const struct row *row, uint64_t number)
{
    static const unsigned char gaps[] = {2, 8, 17, 26, 34, 43, 52, 0};
    uint64_t second;

    if (check_line(r, row) != 0 || check_gaps(r, row, gaps) != 0 || take_number(r, row, &second) != 0)
        return -1;
    if (second != number)
        return why_set(r->why, WHY_FIELD_VALUE, row->line, row->column + 2, "NORAD_CAT_ID",
                       "%" PRIu64 " in line 2: expected %" PRIu64 ", as in line 1", second, number);
    if (put_plain(r, row, 9, 16, "INCLINATION") != 0 || put_plain(r, row, 18, 25, "RA_OF_ASC_NODE") != 0 ||
        put_eccentricity(r, row) != 0 || put_plain(r, row, 35, 42, "ARG_OF_PERICENTER") != 0 ||
        put_plain(r, row, 44, 51, "MEAN_ANOMALY") != 0 || put_plain(r, row, 53, 63, "MEAN_MOTION") != 0)
        return -1;
    return put_plain(r, row, 64, 68, "REV_AT_EPOCH");
}

/* `0 NAME` (Space-Track) or the bare name, padded or not (CelesTrak). */
static int
take_name(struct reading *r, const struct row *row)
{
    struct span name = row->text;

    if (name.n > 2 && name.p[0] == '0' && name.p[1] == ' ')
        name = text_trim(span_of(name.p + 2, name.n - 2));
    if (name.n > NAME_COLUMNS && fill_tolerate(&r->fill, WHY_TEXT_LIMIT, place_at(row, NAME_COLUMNS + 1),
                                               "OBJECT_NAME", "a name of more than 24 columns") != 0)
        return -1;
    return fill_put(&r->fill, span_str("OBJECT_NAME"), name, span_of(NULL, 0), place_at(row, 1),
                    place_at(row, fixcol_column(row->text, name)));
}

/* ${lines} rows are one record: its name if there are three, then its element lines. */
static int
take_record(struct reading *r, unsigned lines)
{
    const struct row *first = &r->row[0];
    const struct row *elements = &r->row[lines - 2];
    const struct row *last = &elements[1];
    struct span original = span_of(first->raw.p, (size_t)(last->raw.p + last->raw.n - first->raw.p));
    struct place at = {elements->line, elements->column};
    uint64_t number;

    if (fill_begin(&r->fill, &orbit_map, FILL_TABLE, r->how, r->arena, r->why) != 0 ||
        (lines == 3 && take_name(r, first) != 0) || take_line1(r, elements, &number) != 0 ||
        take_line2(r, last, number) != 0 || fill_source(&r->fill, "tle", original, span_of(NULL, 0)) != 0 ||
        fill_end(&r->fill, orbit_map_implied, at) != 0 || fill_emit(&r->fill, r->emit, r->cookie) != 0)
        return -1;
    r->records++;
    drop(r, lines);
    return 0;
}

/* Headers, footers and prose around the elements. */
static int
pass_over(struct reading *r)
{
    struct place at = {r->row[0].line, r->row[0].column};

    if (is_element(r, 0, '1'))
        return refuse(r, &r->row[0], WHY_TEXT_SYNTAX, 1, NULL, "line 1 of an element set without its line 2");
    if (is_element(r, 0, '2'))
        return refuse(r, &r->row[0], WHY_TEXT_SYNTAX, 1, NULL, "line 2 of an element set without its line 1");
    if (r->how->strict)
        return refuse(r, &r->row[0], WHY_TEXT_SYNTAX, 1, NULL,
                      "no element set: expected a name and lines 1 and 2");
    fill_warn(r->how, at, NULL, "no element set: passed over");
    drop(r, 1);
    return 0;
}

static int
read_tle(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    struct reading r = {.how = how, .arena = a, .emit = emit, .cookie = cookie, .why = why};

    if (input.n >= 3 && memcmp(input.p, "\xEF\xBB\xBF", 3) == 0)
        input = span_of(input.p + 3, input.n - 3);
    scan_init(&r.scan, input, why);
    for (look_ahead(&r); r.count > 0 && why->code == WHY_NONE; look_ahead(&r)) {
        int rc;

        if (is_element(&r, 1, '1') && is_element(&r, 2, '2') && !is_element(&r, 0, '1') &&
            !is_element(&r, 0, '2'))
            rc = take_record(&r, 3);
        else if (is_element(&r, 0, '1') && is_element(&r, 1, '2'))
            rc = take_record(&r, 2);
        else
            rc = pass_over(&r);
        if (rc != 0)
            return -1;
    }
    if (why->code != WHY_NONE)
        return -1;
    return r.records > 0
               ? 0
               : why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no element set: expected lines 1 and 2");
}

static int
probe(struct span head)
{
    struct why why = {.code = WHY_NONE};
    struct reading r = {.why = &why};

    if (memchr(head.p, 0, head.n) != NULL)
        return 0;
    scan_init(&r.scan, head, &why);
    for (look_ahead(&r); r.count > 1; look_ahead(&r)) {
        if (is_element(&r, 0, '1') && is_element(&r, 1, '2'))
            return 80;
        drop(&r, 1);
    }
    return 0;
}

const struct reader orbit_tle_reader = {
    "tle", "text/x-tle", "two-line elements, with names or without", LIMIT_STREAM_BYTES, probe, read_tle};
