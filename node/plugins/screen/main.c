/* parallax-plugin-screen PLAN: close approaches in the merged catalogue (screen.md). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypt/hash.h"
#include "plugins/line.h"
#include "plugins/screen/catalogue.h"
#include "plugins/screen/plan.h"
#include "plugins/screen/report.h"
#include "plugins/screen/sieve.h"

#define FILE_NAME     "catalogue"
#define QUIET_MS      1000 /* without a record: the catalogue is taken for complete */
#define JD_MJD0       2400000.5
#define ROWS_MAX      500 /* of one publication */
#define ROW_BYTES_MAX 1024

enum { ENDED = 1, FAILED };

struct screen {
    struct plan plan;
    struct catalogue catalogue;
    struct line line;
    uint64_t heard;              /* the newest record */
    uint64_t stored;             /* changes of the catalogue when it was written */
    uint64_t screened;           /* the same at the last run */
    uint8_t (*told)[HASH_BYTES]; /* rows that the last run published, sorted */
    size_t told_n;
    int64_t next_s; /* POSIX: of the next run */
    bool full;      /* told */
};

/* What was heard is on disk, and acknowledged. */
static int
settle(struct screen *s)
{
    if (s->heard == 0)
        return 0;
    if (s->catalogue.changes != s->stored && catalogue_store(&s->catalogue, FILE_NAME) != 0) {
        line_say("%s: %s", FILE_NAME, strerror(errno));
        return FAILED;
    }
    s->stored = s->catalogue.changes;
    if (line_ack(s->heard) != 0)
        return ENDED;
    s->heard = 0;
    return 0;
}

static void
take_record(struct screen *s)
{
    struct object o;

    s->heard = s->line.record.number;
    if (s->line.record.body != NULL && catalogue_read(s->line.record.body, &o) == 0 &&
        !catalogue_put(&s->catalogue, &o) && !s->full) {
        line_say("more than %d objects: the others are not screened", CATALOGUE_COUNT_MAX);
        s->full = true;
    }
}

/* Records until there are none for ${quiet_ms}. 0, ENDED or FAILED. */
static int
hear(struct screen *s, int quiet_ms)
{
    int rc = 0;

    while (rc == 0) {
        enum line_kind kind = line_wait(&s->line, quiet_ms);
        if (kind == LINE_NOTHING)
            return 0;
        if (kind == LINE_END)
            return ENDED;
        if (kind == LINE_RECORD || s->line.record.number > 0)
            take_record(s);
        if (!line_has_more(&s->line))
            rc = settle(s);
    }
    return rc;
}

/* Between two steps of a long run: nobody waits for this plugin. */
static int
turn(void *cookie)
{
    return hear(cookie, 0);
}

/* 0, ENDED, FAILED. */
static int
publish(struct screen *s, const struct buf *text)
{
    uint8_t digest[HASH_BYTES];
    char key[2 * HASH_BYTES + 1];
    struct line_publication p = {.key = key,
                                 .mode = s->plan.mode,
                                 .audience = s->plan.audience,
                                 .format = REPORT_FORMAT,
                                 .text = buf_span(text)};

    hash_sha256(p.text, digest); /* the same approaches of the same elements are no news */
    text_hex_of(digest, sizeof digest, key);
    if (line_publish(&p) != 0)
        return ENDED;
    for (;;) {
        enum line_kind kind = line_wait(&s->line, -1);
        if (kind == LINE_END)
            return ENDED;
        if (kind == LINE_RECORD)
            take_record(s); /* acknowledged when it is quiet again */
        if (kind == LINE_REPLY)
            break;
    }
    if (value_get(s->line.record.root, "refused") != NULL)
        line_say("refused: %s: %.40s %.200s", value_text(s->line.record.root, "refused"),
                 value_text(s->line.record.root, "field"), value_text(s->line.record.root, "note"));
    return 0;
}

static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

/* What the run before did not tell. */
static int
publish_new(struct screen *s, const struct sieve *v, struct utc start)
{
    uint8_t(*now)[HASH_BYTES] = mem_new((v->approach_n + 1) * sizeof *now);
    struct buf text, row;
    size_t rows = 0;
    int rc = 0;

    buf_init(&text, LIMIT_PLUGIN_PUBLISH_BYTES);
    buf_init(&row, ROW_BYTES_MAX);
    for (size_t i = 0; i < v->approach_n && rc == 0; i++) {
        buf_clear(&row);
        report_row(v, start, i, &row);
        hash_sha256(buf_span(&row), now[i]);
        if (s->told_n == 0 || bsearch(now[i], s->told, s->told_n, sizeof *now, compare) == NULL) {
            buf_put_str(&text, text.n == 0 ? report_head : "");
            buf_put_span(&text, buf_span(&row));
            rows++;
        }
        if (rows == ROWS_MAX || (rows > 0 && i + 1 == v->approach_n)) {
            rc = publish(s, &text);
            buf_clear(&text);
            rows = 0;
        }
    }
    buf_release(&text);
    buf_release(&row);
    qsort(now, v->approach_n, sizeof *now, compare);
    free(s->told);
    s->told = now;
    s->told_n = v->approach_n;
    return rc;
}

static bool *
find_own(const struct screen *s, const struct object *object, size_t n)
{
    bool *own = s->plan.own_n > 0 ? mem_new(n * sizeof *own + 1) : NULL;

    for (size_t i = 0; i < n && own != NULL; i++) {
        for (size_t k = 0; k < s->plan.own_n; k++)
            own[i] = own[i] || object[i].number == s->plan.own[k];
    }
    return own;
}

static int
screen(struct screen *s)
{
    struct utc start = utc_is_zero(s->plan.start) ? utc_from_unix((int64_t)time(NULL), 0) : s->plan.start;
    size_t n = s->catalogue.n;
    struct object *copy = mem_new(n * sizeof *copy + 1); /* the catalogue goes on meanwhile */
    struct sieve v = {.object = copy,
                      .n = n,
                      .start_jd = JD_MJD0 + start.mjd,
                      .start_fraction = (double)start.ns / (double)UTC_DAY_NS,
                      .window_s = (double)s->plan.window_h * 3600,
                      .distance_km = s->plan.distance_km,
                      .age_max_d = (double)s->plan.age_max_d,
                      .turn = turn,
                      .cookie = s};
    char from[UTC_TEXT_MAX];
    clock_t begun = clock();
    bool *own;
    int rc;

    if (n > 0)
        memcpy(copy, s->catalogue.object, n * sizeof *copy);
    v.own = own = find_own(s, copy, n);
    s->screened = s->catalogue.changes;
    rc = sieve_run(&v);
    utc_print(start, 0, from);
    if (rc == 0)
        line_say("%zu approaches within %g km in %d h from %s; %zu of %zu objects looked at, %zu without an "
                 "answer of SGP4; %.1f s%s",
                 v.approach_n, v.distance_km, (int)s->plan.window_h, from, v.used, n, v.left_out,
                 (double)(clock() - begun) / CLOCKS_PER_SEC, v.too_many ? "; more than can be told" : "");
    if (rc == 0)
        rc = publish_new(s, &v, start);
    free(v.approach);
    free(own);
    free(copy);
    return rc;
}

static int
run(struct screen *s)
{
    for (;;) {
        int rc = hear(s, QUIET_MS);
        if (rc == 0)
            rc = settle(s);
        if (rc == 0 && s->catalogue.changes != s->screened && (int64_t)time(NULL) >= s->next_s) {
            s->next_s = (int64_t)time(NULL) + s->plan.every_s;
            rc = screen(s);
        }
        if (rc != 0)
            return rc == ENDED ? 0 : 1;
    }
}

int
main(int argc, char **argv)
{
    struct screen *s = mem_new(sizeof *s);
    struct why why;
    struct buf said;
    int rc = 1;

    plan_init(&s->plan);
    catalogue_init(&s->catalogue);
    line_init(&s->line, 0);
    why_clear(&why);
    buf_init(&said, 1024);
    if (argc != 2) {
        line_say("usage: parallax-plugin-screen PLAN");
        rc = 2;
    } else if (plan_load(&s->plan, argv[1], &why) != 0) {
        why_print(&why, argv[1], &said);
        line_say("%s", buf_cstr(&said));
    } else if (catalogue_load(&s->catalogue, FILE_NAME) != 0) {
        line_say("%s: %s", FILE_NAME, strerror(errno));
    } else {
        rc = run(s);
    }
    buf_release(&said);
    line_release(&s->line);
    catalogue_release(&s->catalogue);
    plan_release(&s->plan);
    free(s->told);
    free(s);
    return rc;
}
