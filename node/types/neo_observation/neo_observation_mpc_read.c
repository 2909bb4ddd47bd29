/* Files of 80-column records, with or without the header lines of a submission (COD, OBS, MEA, TEL, ...), which stay in the original. */
#include <stdio.h>
#include <string.h>

#include "base/scan.h"
#include "base/text.h"
#include "types/neo_observation/neo_observation_mpc.h"

struct reading {
    struct neo_observation_build build;
    const struct convert *how;
    struct why *why;
    struct buf header;            /* lines that go before the observations that follow */
    bool has_data;                /* behind a header: the next header line begins another */
    struct span first, first_raw; /* an observation that waits for its second line; p NULL: none */
    uint32_t line;
    size_t count;
};

/* `COD 703`: three capitals or digits and a blank, and no date where one would be. */
static bool
is_header(struct span line)
{
    if (line.n < 3 || (line.n > 3 && line.p[3] != ' ') || neo_observation_mpc_is(line))
        return false;
    for (int i = 0; i < 3; i++) {
        if ((line.p[i] < 'A' || line.p[i] > 'Z') && (i == 0 || line.p[i] < '0' || line.p[i] > '9'))
            return false;
    }
    return true;
}

static int
put_lines(struct reading *r, struct span first, struct span second)
{
    Parallax__V1__NeoObservation *msg = r->build.msg;

    msg->lines = arena_alloc(r->build.fill.arena, 2 * sizeof *msg->lines);
    if (msg->lines == NULL || (msg->lines[0] = arena_strdup(r->build.fill.arena, first)) == NULL ||
        (second.p != NULL && (msg->lines[1] = arena_strdup(r->build.fill.arena, second)) == NULL))
        return fill_full(&r->build.fill, r->build.start);
    msg->n_lines = second.p != NULL ? 2 : 1;
    return 0;
}

/* One observation of one line or two; ${raw} are its bytes. */
static int
take_observation(struct reading *r, struct span first, struct span second, struct span raw, uint32_t line)
{
    struct neo_observation_mpc mpc;
    struct place at = {line, 1};

    if (neo_observation_mpc_elements(first, second, &mpc, r->why) != 0) {
        r->why->line += line;
        return -1;
    }
    if (neo_observation_build_begin(&r->build, mpc.kind, at) != 0 || put_lines(r, first, second) != 0)
        return -1;
    for (size_t i = 0; i < mpc.n; i++) {
        if (neo_observation_build_field(&r->build, span_str(mpc.field[i].name), span_str(mpc.field[i].value),
                                        at, at) != 0)
            return -1;
    }
    r->count++;
    r->has_data = true;
    return neo_observation_build_end(&r->build, buf_span(&r->header), raw, span_of(NULL, 0));
}

static int
take_line(struct reading *r, struct span raw, struct span line, uint32_t number)
{
    struct span first = r->first;

    while (line.n > MPC_COLUMNS && line.p[line.n - 1] == ' ')
        line.n--;
    if (first.p != NULL) {
        r->first = span_of(NULL, 0);
        return take_observation(
            r, first, line, span_of(r->first_raw.p, (size_t)(raw.p + raw.n - r->first_raw.p)), number - 1);
    }
    if (text_trim(line).n == 0)
        return 0;
    if (line.n >= 5 && memcmp(line.p, "-----", 5) == 0) /* ----- end ----- */
        return fill_tolerate(&r->build.fill, WHY_TEXT_SYNTAX, (struct place){number, 1}, NULL,
                             "a line of dashes: passed over");
    if (is_header(line)) {
        if (r->has_data)
            buf_clear(&r->header);
        r->has_data = false;
        buf_put_span(&r->header, raw);
        if (!text_is_utf8(line))
            return why_set(r->why, WHY_TEXT_ENCODING, number, 1, NULL, "not UTF-8 text");
        return buf_failed(&r->header)
                   ? why_set(r->why, WHY_TEXT_LIMIT, number, 1, NULL, "the header is too large")
                   : 0;
    }
    if (neo_observation_mpc_has_second(line) && line.n >= 78) {
        r->first = line;
        r->first_raw = raw;
        return 0;
    }
    return take_observation(r, line, span_of(NULL, 0), raw, number);
}

static int
read_mpc(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    struct reading r = {.how = how, .why = why};
    struct scan scan;
    struct span line;
    int rc = 0;

    scan_init(&scan, input, why);
    neo_observation_build_init(&r.build, "mpc80", how, a, emit, cookie, why);
    (void)snprintf(r.build.version, sizeof r.build.version, MPC_VERSION);
    buf_init(&r.header, LIMIT_BODY_BYTES);
    while (rc == 0 && scan_line(&scan, LIMIT_LINE_BYTES, &line))
        rc = take_line(&r, span_of(line.p, (size_t)(scan.p - line.p)), line, scan.line);
    if (why->code != WHY_NONE)
        rc = -1;
    if (rc == 0 && r.first.p != NULL)
        rc = take_observation(&r, r.first, span_of(NULL, 0), r.first_raw, scan.line);
    if (rc == 0 && r.count == 0)
        rc = why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no observation: expected records of 80 columns");
    buf_release(&r.header);
    neo_observation_build_release(&r.build);
    return rc;
}

/* The first line that is no header line has a date where it belongs, and its sign or a radar's letter. */
static int
probe(struct span head)
{
    struct scan scan;
    struct span line;
    struct why why;

    why_clear(&why);
    scan_init(&scan, head, &why);
    while (scan_line(&scan, LIMIT_LINE_BYTES, &line)) {
        if (text_trim(line).n == 0 || is_header(line))
            continue;
        while (line.n > MPC_COLUMNS && line.p[line.n - 1] == ' ')
            line.n--;
        return neo_observation_mpc_is(line) ? 90 : 0;
    }
    return 0;
}

const struct reader neo_observation_mpc_reader = {
    "mpc80",           "text/plain", "MPC 80 columns: optical, satellite, roving, radar",
    LIMIT_INPUT_BYTES, probe,        read_mpc};
