/*
 * The lists of ESA's NEO Coordination Centre: a line with its date, two header lines, a mask, then rows of columns between bars. The risk
 * list has all columns; the special list and that of removed objects lack the last ones. Diameters are metres (JPL: kilometres): the
 * header is read word for word, because it alone says so. Where no column tells which of the two short lists it is, the user must.
 */
#include "types/neo_risk/neo_risk_map.h"

#include <stdio.h>

#include "base/scan.h"
#include "base/text.h"

#define COLUMNS 12
#define UPDATE  "Last Update:"

/* Header and field of each column in the order of the risk list; the first holds designation and name. */
static const struct column {
    const char *header;
    const char *field;
} columns[COLUMNS] = {
    {"Num/des. Name", NULL}, {"m", "diameter_m"},  {"*=Y", "diameter_from_h"}, {"Date/Time", "vi_max_time"},
    {"IP max", "ip_max"},    {"PS max", "ps_max"}, {"TS", "ts_max"},           {"Vel km/s", "velocity_km_s"},
    {"Years", "years"},      {"IP cum", "ip_cum"}, {"PS cum", "ps_cum"},       {"Removal date", "removed"},
};
#define RISK_COLUMNS 11
#define IP_MAX       4
#define IP_CUM       9
#define REMOVED      11

/* The three lists. */
struct list {
    const char *format, *standing;
};
static const struct list risk_list = {"neocc-risk", ""};
static const struct list special_list = {"neocc-special", "SPECIAL"};
static const struct list removed_list = {"neocc-removed", "REMOVED"};

struct reading {
    const struct list *list;
    struct fill fill;
    struct scan scan;
    const struct convert *how;
    struct arena *arena;
    type_emit_fn *emit;
    void *cookie;
    struct why *why;
    struct span input;
    struct span preamble;
    struct span updated;       /* "2021-10-04 05:49" */
    size_t column[COLUMNS], n; /* which column of the table stands where */
    size_t records;
};

/* Split at bars. Number of columns, at most ${max}; what stands behind the last bar is left out when blank. */
static size_t
split(struct span line, struct span *cell, size_t max)
{
    const uint8_t *p = line.p;
    const uint8_t *end = line.p + line.n;
    size_t n = 0;

    while (n < max) {
        const uint8_t *bar = memchr(p, '|', (size_t)(end - p));
        struct span rest = text_trim(span_of(p, (size_t)((bar != NULL ? bar : end) - p)));

        if (bar == NULL && rest.n == 0)
            break;
        cell[n++] = rest;
        if (bar == NULL)
            break;
        p = bar + 1;
    }
    return n;
}

/* Equal but for runs of blanks and, beyond the first letter, for capitals: `Removal Date`. */
static bool
is_header(struct span cell, const char *header)
{
    size_t i = 0;

    for (; *header != 0; header++) {
        if (i == cell.n ||
            (cell.p[i] != (uint8_t)*header && !(i > 0 && (cell.p[i] | 32) == (uint8_t)*header)))
            return false;
        i++;
        while (*header == ' ' && i < cell.n && cell.p[i] == ' ')
            i++;
    }
    return i == cell.n;
}

/* Line 1: `Last Update: 2021-10-04 05:49 UTC`. */
static int
take_update(struct reading *r)
{
    struct span line;
    size_t n = strlen(UPDATE);

    if (!scan_line(&r->scan, LIMIT_LINE_BYTES, &line) || line.n < n || memcmp(line.p, UPDATE, n) != 0)
        return scan_fail(&r->scan, WHY_TEXT_SYNTAX, r->scan.line_start, NULL,
                         "expected `%s YYYY-MM-DD hh:mm UTC`", UPDATE);
    r->updated = text_trim(span_of(line.p + n, line.n - n));
    if (r->updated.n != 20 || memcmp(r->updated.p + 16, " UTC", 4) != 0)
        return scan_fail(&r->scan, WHY_FIELD_TIME, line.p + n, "Last Update",
                         "expected YYYY-MM-DD hh:mm UTC");
    r->updated.n = 16;
    return 0;
}

static bool
has_column(const struct reading *r, size_t column)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->column[i] == column)
            return true;
    }
    return false;
}

/* Column ${i} of the header: in the order of the table; the short lists leave some out. */
static int
take_column(struct reading *r, size_t i, struct span cell)
{
    size_t k = r->list == &risk_list || i == 0 ? i : r->column[i - 1] + 1;

    while (r->list != &risk_list && k < COLUMNS && i > 0 && !is_header(cell, columns[k].header))
        k++;
    if (k == COLUMNS)
        return scan_fail(&r->scan, WHY_TEXT_SYNTAX, cell.p, NULL,
                         "no column of this list, or out of its order");
    if (!is_header(cell, columns[k].header))
        return scan_fail(&r->scan, WHY_TEXT_SYNTAX, cell.p, NULL,
                         "another list or another unit: expected the column `%s`", columns[k].header);
    r->column[i] = k;
    return 0;
}

/* Lines 2 to 4: groups, columns, mask. */
static int
take_header(struct reading *r)
{
    struct span cell[COLUMNS + 1];
    struct span line;

    for (int i = 0; i < 2; i++) {
        if (!scan_line(&r->scan, LIMIT_LINE_BYTES, &line))
            return scan_fail(&r->scan, WHY_TEXT_SYNTAX, r->scan.p, NULL, "expected two header lines");
    }
    r->n = split(line, cell, COLUMNS + 1);
    if (r->n < 2 || r->n > COLUMNS || (r->list == &risk_list && r->n != RISK_COLUMNS))
        return scan_fail(&r->scan, WHY_TEXT_SYNTAX, line.p, NULL,
                         r->list == &risk_list ? "expected the 11 columns of the risk list"
                                               : "expected the columns of a list of objects");
    for (size_t i = 0; i < r->n; i++) {
        if (take_column(r, i, cell[i]) != 0)
            return -1;
    }
    if (r->list == &special_list && has_column(r, IP_CUM))
        return scan_fail(&r->scan, WHY_TEXT_SYNTAX, line.p, NULL,
                         "the columns of the risk list: expected fewer");
    if (!scan_line(&r->scan, LIMIT_LINE_BYTES, &line) || line.n == 0 || *line.p != 'A')
        return scan_fail(&r->scan, WHY_TEXT_SYNTAX, r->scan.line_start, NULL,
                         "expected the line with the mask");
    r->preamble = span_of(r->input.p, (size_t)(r->scan.p - r->input.p));
    if (!text_is_utf8(r->preamble))
        return scan_fail(&r->scan, WHY_TEXT_ENCODING, r->scan.line_start, NULL,
                         "the header is not UTF-8 text");
    return 0;
}

static int
put(struct reading *r, const char *field, struct span value, struct span line)
{
    struct place at = {r->scan.line, (uint32_t)(value.p - line.p) + 1};

    return fill_put(&r->fill, span_str(field), value, span_of(NULL, 0), at, at);
}

static int
put_own(struct reading *r, const char *field, const char *value)
{
    struct place at = {r->scan.line, 1};

    return fill_put(&r->fill, span_str(field), span_str(value), span_of(NULL, 0), at, at);
}

/* `101955 Bennu`, `2021QM1`: the designation has no blank. */
static int
put_object(struct reading *r, struct span cell, struct span line)
{
    size_t n = 0;
    struct span name;

    while (n < cell.n && cell.p[n] != ' ')
        n++;
    name = text_trim(span_of(cell.p + n, cell.n - n));
    if (put(r, "designation", span_of(cell.p, n), line) != 0)
        return -1;
    return name.n > 0 ? put(r, "name", name, line) : 0;
}

static int
put_cell(struct reading *r, size_t i, struct span cell, struct span line)
{
    if (columns[i].field == NULL)
        return put_object(r, cell, line);
    if (strcmp(columns[i].field, "diameter_from_h") == 0)
        return put_own(r, columns[i].field, span_is(cell, "*") ? "YES" : "NO");
    if (cell.n == 0 || span_is(cell, "-") || text_equal_nocase(cell, "n/a"))
        return 0;
    return put(r, columns[i].field, cell, line);
}

static int
take_row(struct reading *r, struct span line)
{
    struct span cell[COLUMNS + 1];
    struct place at = {r->scan.line, 1};
    struct span raw = span_of(line.p, (size_t)(r->scan.p - line.p));
    size_t n = split(line, cell, COLUMNS + 1);

    if (n != r->n)
        return scan_fail(&r->scan, WHY_TEXT_SYNTAX, line.p, NULL, "%zu columns: expected %zu", n, r->n);
    if (fill_begin(&r->fill, &neo_risk_map, FILL_TABLE, r->how, r->arena, r->why) != 0 ||
        put_own(r, "list", "neocc") != 0 ||
        (r->list->standing[0] != 0 && put_own(r, "standing", r->list->standing) != 0) ||
        fill_put(&r->fill, span_str("list_updated"), r->updated, span_of(NULL, 0), at, at) != 0)
        return -1;
    for (size_t i = 0; i < r->n; i++) {
        if (put_cell(r, r->column[i], cell[i], line) != 0)
            return -1;
    }
    if (fill_source(&r->fill, r->list->format, raw, r->preamble) != 0 || fill_end(&r->fill, NULL, at) != 0)
        return -1;
    r->records++;
    return fill_emit(&r->fill, r->emit, r->cookie);
}

static int
read_list(const struct list *list, struct span input, const struct convert *how, struct arena *a,
          type_emit_fn *emit, void *cookie, struct why *why)
{
    struct reading r = {
        .list = list, .how = how, .arena = a, .emit = emit, .cookie = cookie, .why = why, .input = input};
    struct span line;

    if (input.n >= 3 && memcmp(input.p, "\xEF\xBB\xBF", 3) == 0)
        r.input = span_of(input.p + 3, input.n - 3);
    scan_init(&r.scan, r.input, why);
    if (take_update(&r) != 0 || take_header(&r) != 0)
        return -1;
    while (scan_line(&r.scan, LIMIT_LINE_BYTES, &line)) {
        if (text_trim(line).n > 0 && take_row(&r, line) != 0)
            return -1;
    }
    if (why->code != WHY_NONE)
        return -1;
    return r.records > 0 ? 0
                         : why_set(why, WHY_TEXT_SYNTAX, r.scan.line, 1, NULL, "no rows behind the header");
}

static int
read_risk(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
          struct why *why)
{
    return read_list(&risk_list, input, how, a, emit, cookie, why);
}

static int
read_special(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return read_list(&special_list, input, how, a, emit, cookie, why);
}

static int
read_removed(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return read_list(&removed_list, input, how, a, emit, cookie, why);
}

/* Columns of the third line that are ${header}; -1: this is no list of theirs. */
static int
count_columns(struct span head, const char *header)
{
    struct span cell[COLUMNS + 1], line = head;
    struct scan scan;
    struct why why;
    size_t n;
    int found = 0;

    why_clear(&why);
    if (head.n >= 3 && memcmp(head.p, "\xEF\xBB\xBF", 3) == 0)
        head = span_of(head.p + 3, head.n - 3);
    if (head.n < strlen(UPDATE) || memcmp(head.p, UPDATE, strlen(UPDATE)) != 0)
        return -1;
    scan_init(&scan, head, &why);
    for (int i = 0; i < 3; i++) {
        if (!scan_line(&scan, LIMIT_LINE_BYTES, &line))
            return -1;
    }
    n = split(line, cell, COLUMNS + 1);
    if (n < 2 || n > COLUMNS + 1)
        return -1;
    for (size_t i = 0; i < n; i++)
        found += is_header(cell[i], header);
    return found;
}

static int
probe_risk(struct span head)
{
    int n = count_columns(head, columns[IP_CUM].header);

    return n < 0 || count_columns(head, columns[REMOVED].header) > 0 ? 0
           : n > 0                                                   ? 95
                   : 10; /* unknown columns: its header is told */
}

/* A short list without a date of removal may be either: a tie, which the user decides. Their list of close approaches is neither. */
static int
probe_special(struct span head)
{
    return count_columns(head, columns[IP_CUM].header) == 0 &&
                   count_columns(head, columns[REMOVED].header) == 0 &&
                   count_columns(head, columns[IP_MAX].header) > 0
               ? 80
               : 0;
}

static int
probe_removed(struct span head)
{
    return count_columns(head, columns[REMOVED].header) > 0 ? 95 : probe_special(head);
}

const struct reader neo_risk_neocc_reader = {
    "neocc-risk",      "text/plain", "risk list of ESA's NEO Coordination Centre",
    LIMIT_INPUT_BYTES, probe_risk,   read_risk};
const struct reader neo_risk_neocc_special_reader = {
    "neocc-special",   "text/plain",  "special list of ESA's NEO Coordination Centre",
    LIMIT_INPUT_BYTES, probe_special, read_special};
const struct reader neo_risk_neocc_removed_reader = {
    "neocc-removed",   "text/plain",  "objects that ESA's NEO Coordination Centre took off its risk list",
    LIMIT_INPUT_BYTES, probe_removed, read_removed};
