/*
 * Ephemerides that operators upload with covariances in UVW ("modified ITC"): four header lines, then for each point a state and
 * three lines of a lower triangle. They are read as the OEM that says the same; what the file leaves to its name or to custom is implied.
 */
#include "types/ephemeris/ephemeris_map.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/scan.h"
#include "base/text.h"
#include "types/blockmap_build.h"

#define POINT_LINES   4
#define POINTS_MAX    96 /* of one record: with their covariances about as many bytes as a piece of an OEM */
#define ROWS          6
#define NUMBERS_LINE  7
#define STATE_COLUMNS 7
#define LINE_BYTES    1024
#define TIME_BYTES    64

struct row {
    struct span text; /* without blanks at both ends */
    struct place at;
};

struct point {
    struct row line[POINT_LINES];
    char time[TIME_BYTES];
};

struct reading {
    struct block_build build;
    struct scan scan;
    struct why *why;
    type_emit_fn *emit;
    void *cookie;
    const uint8_t *first; /* of the message */
    struct span header;   /* its bytes */
    char created[TIME_BYTES], start[TIME_BYTES], stop[TIME_BYTES];
    struct span source, step;
    struct point point[POINTS_MAX];
    size_t points;
    uint32_t piece; /* 0: the message is whole so far */
};

static int
refuse(struct reading *r, enum why_code code, struct place at, const char *field, const char *expected)
{
    return why_set(r->why, code, at.line, at.column, field, "expected %s", expected);
}

/* The next line that is not blank; false at the end, or with why set. */
static bool
next_row(struct reading *r, struct row *row)
{
    struct span line;

    while (scan_line(&r->scan, LINE_BYTES, &line)) {
        row->text = text_trim(line);
        row->at.line = r->scan.line;
        row->at.column = row->text.n > 0 ? (uint32_t)(row->text.p - line.p) + 1 : 1;
        if (row->text.n > 0)
            return true;
    }
    return false;
}

/* `2032-05-03 04:00:42 UTC` as 2032-05-03T04:00:42. */
static int
take_time(struct reading *r, const struct row *row, struct span text, const char *field, char out[TIME_BYTES])
{
    struct utc t;

    text = text_trim(text);
    if (text.n > 4 && memcmp(text.p + text.n - 4, " UTC", 4) == 0)
        text = text_trim(span_of(text.p, text.n - 4));
    if (text.n > 10 && text.n < TIME_BYTES) {
        memcpy(out, text.p, text.n);
        out[text.n] = 0;
        if (out[10] == ' ')
            out[10] = 'T';
        if (utc_parse(span_str(out), &t) == 0)
            return 0;
    }
    return refuse(r, WHY_FIELD_TIME, row->at, field, "YYYY-MM-DD hh:mm:ss UTC");
}

/* What stands behind ${word} in ${line}, up to ${end} or the end; n 0: it is not there. */
static struct span
behind(struct span line, const char *word, const char *end)
{
    size_t n = strlen(word), m = strlen(end);

    for (size_t i = 0; i + n <= line.n; i++) {
        size_t stop = i + n;

        if (memcmp(line.p + i, word, n) != 0)
            continue;
        while (stop < line.n && (m == 0 || stop + m > line.n || memcmp(line.p + stop, end, m) != 0))
            stop++;
        return text_trim(span_of(line.p + i + n, stop - i - n));
    }
    return span_of(NULL, 0);
}

static int
take_header(struct reading *r)
{
    struct row row[POINT_LINES] = {{.at = {1, 1}}};
    struct span stop;

    for (size_t i = 0; i < POINT_LINES; i++) {
        if (!next_row(r, &row[i]))
            return r->why->code != WHY_NONE ? -1
                                            : refuse(r, WHY_TEXT_SYNTAX, (struct place){r->scan.line, 1},
                                                     NULL, "four header lines");
        if (i == 0)
            r->first = row[0].text.p;
    }
    if (take_time(r, &row[0], behind(row[0].text, "created:", ""), "created", r->created) != 0 ||
        take_time(r, &row[1], behind(row[1].text, "ephemeris_start:", " ephemeris_stop:"), "ephemeris_start",
                  r->start) != 0)
        return -1;
    stop = behind(row[1].text, "ephemeris_stop:", " step_size:");
    if (take_time(r, &row[1], stop, "ephemeris_stop", r->stop) != 0)
        return -1;
    r->step = behind(row[1].text, "step_size:", "");
    while (r->step.n > 0 && (r->step.n < 10 || memcmp(r->step.p, "step_size:", 10) != 0))
        r->step = span_of(r->step.p - 1, r->step.n + 1);
    if (row[2].text.n < 17 || memcmp(row[2].text.p, "ephemeris_source:", 17) != 0)
        return refuse(r, WHY_TEXT_SYNTAX, row[2].at, "ephemeris_source",
                      "ephemeris_source: and what it was made of");
    r->source = row[2].text;
    if (!span_is(row[3].text, "UVW"))
        return refuse(r, WHY_FIELD_VALUE, row[3].at, "UVW", "UVW, the frame of the covariances");
    r->header = span_of(r->first, (size_t)(r->scan.p - r->first));
    return 0;
}

/* `2032124040042.000` as 2032-124T04:00:42.000. */
static int
take_epoch(struct reading *r, struct point *point)
{
    struct span tag;
    struct buf out;
    struct utc t;

    if (blockmap_columns(point->line[0].text, &tag, 1) != STATE_COLUMNS || tag.n < 13 || tag.n > 40)
        return refuse(r, WHY_FIELD_TIME, point->line[0].at, "line", "YYYYDDDhhmmss.sss and six numbers");
    buf_init_fixed(&out, point->time, sizeof point->time);
    buf_put_fmt(&out, "%.4s-%.3sT%.2s:%.2s:%.*s", tag.p, tag.p + 4, tag.p + 7, tag.p + 9, (int)(tag.n - 11),
                tag.p + 11);
    (void)buf_cstr(&out);
    if (utc_parse(span_str(point->time), &t) != 0)
        return refuse(r, WHY_FIELD_TIME, point->line[0].at, "line", "YYYYDDDhhmmss.sss, a time that exists");
    return 0;
}

/* Up to POINTS_MAX points. */
static int
take_points(struct reading *r)
{
    for (r->points = 0; r->points < POINTS_MAX; r->points++) {
        struct point *point = &r->point[r->points];

        for (size_t i = 0; i < POINT_LINES; i++) {
            if (next_row(r, &point->line[i]))
                continue;
            if (r->why->code != WHY_NONE)
                return -1;
            return i == 0 ? 0
                          : refuse(r, WHY_TEXT_SYNTAX, (struct place){r->scan.line, 1}, "line",
                                   "three lines of covariance behind each state");
        }
        if (take_epoch(r, point) != 0)
            return -1;
    }
    return 0;
}

static int
put(struct reading *r, const char *keyword, const char *value)
{
    struct place at = r->build.start;

    return blockmap_build_pair(&r->build, span_str(keyword), span_str(value), span_of(NULL, 0), at, at);
}

static const struct block_kind *
kind(const char *name)
{
    return blockmap_kind(&ephemeris_oem, name);
}

/* Header and metadata; neither object nor frame of the states is in the file: EME2000 is what operators agreed on. */
static int
put_head(struct reading *r)
{
    static const char *const implied[][2] = {{"OBJECT_NAME", "UNKNOWN"},
                                             {"OBJECT_ID", "UNKNOWN"},
                                             {"CENTER_NAME", "EARTH"},
                                             {"REF_FRAME", "EME2000"},
                                             {"TIME_SYSTEM", "UTC"}};
    struct place at = {1, 1};

    if (blockmap_build_begin(&r->build, at) != 0 || put(r, "CCSDS_OEM_VERS", "2.0") != 0 ||
        put(r, "CREATION_DATE", r->created) != 0 || put(r, "ORIGINATOR", "UNKNOWN") != 0 ||
        blockmap_build_open(&r->build, kind("metadata"), at) != 0 ||
        blockmap_build_comment(&r->build, r->source, at) != 0 ||
        (r->step.n > 0 && blockmap_build_comment(&r->build, r->step, at) != 0))
        return -1;
    for (size_t i = 0; i < sizeof implied / sizeof *implied; i++) {
        if (put(r, implied[i][0], implied[i][1]) != 0)
            return -1;
    }
    return put(r, "START_TIME", r->start) != 0 ? -1 : put(r, "STOP_TIME", r->stop);
}

static int
put_state(struct reading *r, const struct point *point)
{
    struct span text = point->line[0].text, tag;
    struct buf line;
    int rc;

    (void)blockmap_columns(text, &tag, 1);
    buf_init(&line, LINE_BYTES + TIME_BYTES);
    buf_put_str(&line, point->time);
    buf_put_span(&line, span_of(tag.p + tag.n, (size_t)(text.p + text.n - (tag.p + tag.n))));
    rc = blockmap_build_line(&r->build, span_of(NULL, 0), buf_span(&line), false, point->line[0].at);
    buf_release(&line);
    return rc;
}

/* 21 numbers of three lines as the six rows of a triangle. */
static int
put_covariance(struct reading *r, const struct point *point)
{
    struct span number[(POINT_LINES - 1) * NUMBERS_LINE];
    size_t n = 0;
    int rc = 0;

    for (size_t i = 1; i < POINT_LINES; i++, n += NUMBERS_LINE) {
        if (blockmap_columns(point->line[i].text, number + n, NUMBERS_LINE) != NUMBERS_LINE)
            return refuse(r, WHY_TEXT_SYNTAX, point->line[i].at, "line", "seven numbers of the covariance");
    }
    if (blockmap_build_open(&r->build, kind("covariance"), point->line[1].at) != 0 ||
        put(r, "EPOCH", point->time) != 0 || put(r, "COV_REF_FRAME", "RTN") != 0)
        return -1;
    for (size_t row = 0, at = 0; row < ROWS && rc == 0; row++) {
        struct buf line;
        size_t from = at;

        buf_init(&line, LINE_BYTES * (POINT_LINES - 1));
        for (size_t k = 0; k <= row; k++, at++) {
            buf_put_str(&line, k > 0 ? " " : "");
            buf_put_span(&line, number[at]);
        }
        rc = blockmap_build_line(&r->build, span_of(NULL, 0), buf_span(&line), false,
                                 point->line[1 + from / NUMBERS_LINE].at);
        buf_release(&line);
    }
    return rc;
}

static int
emit_piece(void *cookie, const ProtobufCMessage *msg, struct why *why)
{
    struct reading *r = cookie;

    ((Parallax__V1__Ephemeris *)(uintptr_t)msg)->source->piece = r->piece;
    return r->emit(r->cookie, msg, why);
}

/* The points at hand, whose bytes begin at ${from}, as a message. */
static int
put_message(struct reading *r, const uint8_t *from)
{
    struct span original = span_of(from, (size_t)(r->scan.p - from));

    if (put_head(r) != 0 || blockmap_build_open(&r->build, kind("data"), r->point[0].line[0].at) != 0)
        return -1;
    for (size_t i = 0; i < r->points; i++) {
        if (put_state(r, &r->point[i]) != 0)
            return -1;
    }
    for (size_t i = 0; i < r->points; i++) {
        if (put_covariance(r, &r->point[i]) != 0)
            return -1;
    }
    return blockmap_build_end(&r->build, r->piece > 1 ? r->header : span_of(NULL, 0), original,
                              span_of(NULL, 0), r->point[0].line[0].at);
}

/* Is there more than blank lines? */
static bool
has_more(const struct reading *r)
{
    for (const uint8_t *p = r->scan.p; p < r->scan.end; p++) {
        if (*p != ' ' && *p != '\t' && *p != '\r' && *p != '\n')
            return true;
    }
    return false;
}

static int
read_all(struct reading *r)
{
    struct utc last = {0, 0}, t;

    if (take_header(r) != 0)
        return -1;
    for (;;) {
        const uint8_t *from = r->piece == 0 ? r->first : r->scan.p;

        if (take_points(r) != 0)
            return -1;
        if (r->points == 0)
            return refuse(r, WHY_FIELD_MISSING, (struct place){r->scan.line, 1}, "line",
                          "at least one state");
        /* Times go on rising over the pieces. */
        (void)utc_parse(span_str(r->point[0].time), &t);
        if (r->piece > 0 && utc_compare(t, last) <= 0)
            return refuse(r, WHY_FIELD_TIME, r->point[0].line[0].at, "line",
                          "a time after that of the line before");
        (void)utc_parse(span_str(r->point[r->points - 1].time), &last);
        r->piece += r->piece > 0 || has_more(r);
        if (put_message(r, from) != 0)
            return -1;
        if (!has_more(r))
            return 0;
    }
}

static int
read_uvw(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    struct reading *r = mem_new(sizeof *r);
    int rc;

    r->why = why;
    r->emit = emit;
    r->cookie = cookie;
    blockmap_build_init(&r->build, &ephemeris_oem, "ephemeris-uvw", how, a, emit_piece, r, why);
    scan_init(&r->scan, input, why);
    rc = read_all(r);
    blockmap_build_release(&r->build);
    free(r);
    return rc;
}

static int
probe(struct span head)
{
    struct span text = text_trim(head);

    return text.n > 8 && memcmp(text.p, "created:", 8) == 0 && behind(text, "ephemeris_start:", "").n > 0 ? 95
                                                                                                          : 0;
}

const struct reader ephemeris_uvw_reader = {
    "ephemeris-uvw",
    "text/plain",
    "operator ephemeris with covariances in UVW (modified ITC), read as an OEM",
    LIMIT_INPUT_BYTES,
    probe,
    read_uvw};
