/* ADES as text: pipe-separated values below a header. */
#include <stdio.h>
#include <string.h>

#include "base/scan.h"
#include "base/text.h"
#include "types/neo_observation/neo_observation_mpc.h"

#define COLUMNS_MAX 128

struct reading {
    struct neo_observation_build build;
    const struct convert *how;
    struct why *why;
    struct span version; /* its line */
    struct buf
        header; /* that, the lines of this block, then its keyword record: with it an observation reads alone */
    size_t header_n; /* of them without the keyword record */
    char parent[LIMIT_NAME_BYTES + 1];
    struct span column[COLUMNS_MAX]; /* borrowed from the input */
    int row[COLUMNS_MAX];            /* of the elements; -1: none of them */
    size_t columns;
    int kind;
    bool has_data; /* behind a keyword record: the next `#` begins a block */
    bool is_piped; /* its names end in a pipe, and so may its rows */
    size_t count;
};

static struct span
trim(struct span s)
{
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
        s = span_of(s.p + 1, s.n - 1);
    return s;
}

/* The word and the rest of a header line behind its mark. */
static void
split(struct span line, struct span *word, struct span *rest)
{
    struct span s = trim(span_of(line.p + 1, line.n - 1));
    size_t n = 0;

    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
        n++;
    *word = span_of(s.p, n);
    *rest = trim(span_of(s.p + n, s.n - n));
}

static void
begin_block(struct reading *r)
{
    neo_observation_build_block(&r->build);
    buf_clear(&r->header);
    buf_put_span(&r->header, r->version);
    r->header_n = r->header.n;
    r->has_data = r->is_piped = false;
    r->columns = 0;
}

static int
take_version(struct reading *r, struct span raw, struct span word, struct place at)
{
    /* Files put one behind the other. */
    if (r->has_data && span_equal(trim(raw), trim(r->version))) {
        begin_block(r);
        return fill_tolerate(&r->build.fill, WHY_TEXT_SYNTAX, at, "version",
                             "a second time: read as a file behind another");
    }
    if (r->version.p != NULL || r->build.context.n > 0)
        return why_set(r->why, WHY_TEXT_SYNTAX, at.line, at.column, "version",
                       "a second time, or not on the first line");
    r->version = raw;
    buf_put_span(&r->header, raw);
    r->header_n = r->header.n;
    return neo_observation_build_version(&r->build, span_of(word.p + 8, word.n - 8), at);
}

/* `# element [value]`, `! child value`. */
static int
take_header(struct reading *r, struct span raw, struct span line, struct place at)
{
    struct span word, rest;

    split(line, &word, &rest);
    if (line.p[0] == '#' && word.n > 8 && memcmp(word.p, "version=", 8) == 0)
        return take_version(r, raw, word, at);
    if (r->version.p == NULL)
        return why_set(r->why, WHY_VERSION, at.line, at.column, "version",
                       "missing: expected `# version=2022` on the first line");
    if (line.p[0] == '#' && (r->has_data || (span_is(word, "observatory") && r->build.context.n > 0)))
        begin_block(r);
    if (r->has_data)
        return why_set(r->why, WHY_TEXT_SYNTAX, at.line, at.column, NULL,
                       "`!` behind data: expected it below a `#`");
    buf_put_span(&r->header, raw);
    r->header_n = r->header.n;
    if (word.n == 0 || word.n > LIMIT_NAME_BYTES)
        return why_set(r->why, WHY_TEXT_SYNTAX, at.line, at.column, NULL, "expected a name behind `%c`",
                       line.p[0]);
    if (line.p[0] == '#') {
        (void)snprintf(r->parent, sizeof r->parent, "%.*s", (int)word.n, (const char *)word.p);
        return rest.n > 0 ? neo_observation_build_context(&r->build, word, span_of(NULL, 0), rest, at) : 0;
    }
    return neo_observation_build_context(&r->build, span_str(r->parent), word, rest, at);
}

/* Cut at pipes; the number of cells, at most ${max} of them stored. */
static size_t
cells(struct span line, struct span *out, size_t max)
{
    const uint8_t *p = line.p, *end = line.p + line.n;

    for (size_t n = 0;;) {
        const uint8_t *pipe = memchr(p, '|', (size_t)(end - p));

        if (n < max)
            out[n] = trim(span_of(p, (size_t)((pipe != NULL ? pipe : end) - p)));
        n++;
        if (pipe == NULL)
            return n;
        p = pipe + 1;
    }
}

/* Behind a pipe at the end of a line stands nothing, which is no column. */
static bool
ends_in_pipe(struct span line)
{
    line = trim(line);
    return line.n > 0 && line.p[line.n - 1] == '|';
}

static bool
is_keyword(struct span cell)
{
    return cell.n > 0 && cell.p[0] >= 'a' && cell.p[0] <= 'z';
}

/*
 * A keyword record: every cell begins with a small letter, and one of them is an element of ADES that all observations have.
 * ${text}: the line without blanks around it.
 */
static bool
is_keywords(struct span line, struct span text)
{
    struct span cell[COLUMNS_MAX];
    bool has_time = false;
    size_t n;

    if (!is_keyword(text)) /* so neither is its first cell */
        return false;
    n = cells(line, cell, COLUMNS_MAX);
    n -= n > 1 && ends_in_pipe(line);
    for (size_t i = 0; i < n && i < COLUMNS_MAX; i++) {
        if (!is_keyword(cell[i]))
            return false;
        has_time = has_time || span_is(cell[i], "obsTime");
    }
    return n > 1 && has_time;
}

static int
take_keywords(struct reading *r, struct span raw, struct span line, struct place at)
{
    static const char *const telling[] = {"ra", "obsCenter", "raStar", "trx"};

    if (r->build.context.n > 0 && !r->has_data && neo_observation_build_context_end(&r->build, at) != 0)
        return -1;
    r->columns = cells(line, r->column, COLUMNS_MAX);
    r->kind = -1;
    r->is_piped = ends_in_pipe(line);
    r->columns -= r->is_piped;
    if (r->is_piped &&
        fill_tolerate(&r->build.fill, WHY_TEXT_SYNTAX, at, NULL, "a pipe at the end of the line") != 0)
        return -1;
    if (r->columns > COLUMNS_MAX)
        return why_set(r->why, WHY_TEXT_LIMIT, at.line, at.column, NULL, "%zu columns: expected at most %d",
                       r->columns, COLUMNS_MAX);
    for (size_t i = 0; i < r->columns; i++) {
        for (size_t k = 0; k < i; k++) {
            if (span_equal(r->column[i], r->column[k]))
                return why_set(r->why, WHY_FIELD_DUPLICATE, at.line, at.column, NULL,
                               "column %zu has the name of column %zu", i + 1, k + 1);
        }
        r->row[i] = neo_observation_row(r->column[i]);
        for (int k = 0; k < 4; k++)
            r->kind = span_is(r->column[i], telling[k]) ? k : r->kind;
    }
    if (r->kind < 0)
        return why_set(r->why, WHY_TEXT_SYNTAX, at.line, at.column, NULL,
                       "no column tells what is observed: expected ra, obsCenter, raStar or trx");
    r->header.n = r->header_n;
    buf_put_span(&r->header, raw);
    r->has_data = true;
    return 0;
}

static int
take_data(struct reading *r, struct span raw, struct span line, struct place at)
{
    struct span cell[COLUMNS_MAX];
    size_t n = cells(line, cell, COLUMNS_MAX);

    if (r->columns == 0)
        return why_set(r->why, WHY_TEXT_SYNTAX, at.line, at.column, NULL,
                       "data before a keyword record: expected names between pipes");
    /* Only where the names end so too: else it may be one pipe too many in the middle, before an empty last value. */
    if (r->is_piped && n == r->columns + 1 && ends_in_pipe(line))
        n--;
    if (n != r->columns)
        return why_set(r->why, WHY_TEXT_SYNTAX, at.line, at.column, NULL, "%zu columns: expected %zu", n,
                       r->columns);
    if (neo_observation_build_begin(&r->build, r->kind, at) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct place value_at = {at.line, (uint32_t)(cell[i].p - line.p) + 1};

        if (cell[i].n > 0 &&
            neo_observation_build_row(&r->build, r->row[i], r->column[i], cell[i], value_at, value_at) != 0)
            return -1;
    }
    r->count++;
    if (buf_failed(&r->header))
        return fill_full(&r->build.fill, at);
    return neo_observation_build_end(&r->build, buf_span(&r->header), raw, span_of(NULL, 0));
}

static int
take_line(struct reading *r, struct span raw, struct span line, bool is_plain, struct place at)
{
    struct span text = trim(line);

    if (text.n == 0)
        return 0;
    if (!is_plain && (text_utf8_prefix(line) < line.n || memchr(line.p, 0, line.n) != NULL))
        return why_set(r->why, WHY_TEXT_ENCODING, at.line, 1, NULL, "not UTF-8 text");
    if (text.p[0] == '#' || text.p[0] == '!')
        return take_header(r, raw, text, at);
    if (r->version.p == NULL)
        return why_set(r->why, WHY_VERSION, at.line, at.column, "version",
                       "missing: expected `# version=2022` on the first line");
    return is_keywords(line, text) ? take_keywords(r, raw, line, at) : take_data(r, raw, line, at);
}

static int
read_psv(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    static const char bom[] = "\xEF\xBB\xBF";
    struct reading r = {.how = how, .why = why};
    struct scan scan;
    struct span line;
    int rc = 0;

    scan_init(&scan, input.n >= 3 && memcmp(input.p, bom, 3) == 0 ? span_of(input.p + 3, input.n - 3) : input,
              why);
    neo_observation_build_init(&r.build, "ades-psv", how, a, emit, cookie, why);
    buf_init(&r.header, LIMIT_BODY_BYTES);
    while (rc == 0 && scan_line(&scan, LIMIT_LINE_BYTES, &line))
        rc = take_line(&r, span_of(line.p, (size_t)(scan.p - line.p)), line, scan.is_plain,
                       (struct place){scan.line, 1});
    if (why->code != WHY_NONE)
        rc = -1;
    if (rc == 0 && r.count == 0)
        rc = why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no observation: expected a keyword record and data");
    buf_release(&r.header);
    neo_observation_build_release(&r.build);
    return rc;
}

static int
probe_psv(struct span head)
{
    static const char mark[] = "# version=20";

    if (head.n >= 3 && memcmp(head.p, "\xEF\xBB\xBF", 3) == 0)
        head = span_of(head.p + 3, head.n - 3);
    while (head.n > 0 && *head.p <= ' ')
        head = span_of(head.p + 1, head.n - 1);
    return head.n > sizeof mark && memcmp(head.p, mark, sizeof mark - 1) == 0 ? 100 : 0;
}

static void
begin(struct buf *out)
{
    buf_put_str(out, "# version=2022\n");
}

static void
put_context(const Parallax__V1__NeoObservation *o, struct buf *out)
{
    char open[40] = "";

    for (size_t i = 0; i < o->n_context; i++) {
        const char *slash = strchr(o->context[i]->name, '/');
        char parent[40] = "";

        if (slash == NULL) {
            buf_put_fmt(out, "# %s %s\n", o->context[i]->name, o->context[i]->value);
            *open = 0;
            continue;
        }
        (void)snprintf(parent, sizeof parent, "%.*s", (int)(slash - o->context[i]->name),
                       o->context[i]->name);
        if (strcmp(open, parent) != 0)
            buf_put_fmt(out, "# %s\n", parent);
        memcpy(open, parent, sizeof open);
        buf_put_fmt(out, "! %s %s\n", slash + 1, o->context[i]->value);
    }
}

/* A header begins with the observatory, by which a reader sees that a block begins. */
static bool
fits(const ProtobufCMessage *msg)
{
    const Parallax__V1__NeoObservation *o = (const Parallax__V1__NeoObservation *)msg;

    return o->n_context > 0 && strncmp(o->context[0]->name, "observatory/", 12) == 0;
}

/* Names, or values, between pipes. */
static void
put_row(const Parallax__V1__NeoObservation *o, bool is_names, struct buf *out)
{
    const char *pipe = "";

    for (size_t i = 0; i < o->n_fields; i++) {
        if (!neo_observation_in_ades(o, i))
            continue;
        buf_put_fmt(out, "%s%s", pipe, is_names ? o->fields[i]->name : o->fields[i]->value);
        pipe = "|";
    }
    buf_put_byte(out, '\n');
}

static int
write_psv(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    const Parallax__V1__NeoObservation *o = (const Parallax__V1__NeoObservation *)msg;

    if (neo_observation_mpc_losses(o, how, why) != 0)
        return -1;
    if (!fits(msg) && o->n_lines == 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "observatory",
                       "no context that begins with it: PSV has one");
    for (size_t i = 0; i < o->n_fields; i++) {
        if (!neo_observation_in_ades(o, i))
            continue;
        if (strchr("#!", o->fields[i]->value[0]) != NULL) /* none is empty */
            return why_set(why, WHY_CANNOT_HOLD, 0, 0, o->fields[i]->name,
                           "the first value of a row, and begins like a line of the header");
        break;
    }
    if (strcmp(o->version, "2017") == 0)
        fill_warn(how, (struct place){0}, "version", "2017: written as 2022, which has all that it had");
    if (o->n_lines > 0) /* PSV has no observation without a header */
        buf_put_fmt(out, "# observatory\n! mpcCode %s\n",
                    neo_observation_get(o, strcmp(o->kind, "radar") == 0 ? "rcv" : "stn"));
    put_context(o, out);
    put_row(o, true, out);
    put_row(o, false, out);
    return 0;
}

const struct reader neo_observation_ades_psv_reader = {
    "ades-psv", "text/plain", "ADES 2017 and 2022, pipe-separated", LIMIT_STREAM_BYTES, probe_psv, read_psv};
const struct writer neo_observation_ades_psv_writer = {
    .format = "ades-psv",
    .media = "text/plain",
    .title = "ADES 2022, pipe-separated, a block an observation",
    .lossless = true,
    .begin = begin,
    .fits = fits,
    .write = write_psv};
