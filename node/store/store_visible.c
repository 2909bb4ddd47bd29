/* History in delivery order, and the segments that let a reader skip most of it. The thread that owns the
 * handle. */
#include "store/store_internal.h"

#include <assert.h>

#include "store/pack.h"

int
store_segment_flush(struct store *s)
{
    sqlite3_stmt *st;

    if (s->notes_n == 0)
        return 0;
    st = store_stmt(s, SQL_SEGMENT_PUT);
    if (st == NULL)
        return -1;
    for (size_t i = 0; i < s->notes_n; i++) {
        (void)sqlite3_bind_int64(st, 1, (int64_t)s->segment);
        store_bind_text(st, 2, s->notes[i].type);
        (void)sqlite3_bind_int64(st, 3, s->notes[i].min);
        (void)sqlite3_bind_int64(st, 4, s->notes[i].max);
        if (store_run(s, st) != 0)
            return -1;
    }
    s->notes_n = 0;
    return 0;
}

static int
note(struct store *s, uint64_t segment, const char *type, int64_t epoch)
{
    struct store_note *n;

    if (segment != s->segment && store_segment_flush(s) != 0)
        return -1;
    s->segment = segment;
    for (size_t i = 0; i < s->notes_n; i++) {
        n = &s->notes[i];
        if (strcmp(n->type, type) == 0) {
            n->min = epoch < n->min ? epoch : n->min;
            n->max = epoch > n->max ? epoch : n->max;
            return 0;
        }
    }
    if (s->notes_n == STORE_NOTES_MAX && store_segment_flush(s) != 0)
        return -1;
    n = &s->notes[s->notes_n++];
    memcpy(n->type, type, strlen(type) + 1);
    n->min = n->max = epoch;
    return 0;
}

int
store_segment_note(struct store *s, uint64_t delivery, const char *type, int64_t epoch)
{
    bool opened;
    int rc;

    assert(strlen(type) <= LIMIT_NAME_BYTES);
    rc = store_enter(s, &opened);
    if (rc == 0)
        rc = note(s, delivery / LIMIT_SEGMENT_COUNT, type, epoch);
    return store_leave(s, opened, rc);
}

/* One walk of store_visible. */
struct walk {
    bool forward;
    const char *type;
    int64_t since, until;
    uint64_t at;           /* next number wanted */
    uint64_t open_segment; /* last one known to match; UINT64_MAX = none yet */
    store_visible_fn *fn;
    void *cookie;
};

/* A row of table delivery. */
struct run {
    uint64_t first, count;
    int64_t leaf;
};

/* 1 and ${out}, 0 when there is no such row. */
static int
run_get(struct store *s, enum sql sql, uint64_t number, struct run *out)
{
    sqlite3_stmt *st = store_stmt(s, sql);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, number > INT64_MAX ? INT64_MAX : (int64_t)number);
    rc = store_row(s, st);
    if (rc > 0) {
        out->first = (uint64_t)sqlite3_column_int64(st, 0);
        out->leaf = sqlite3_column_int64(st, 1);
        out->count = (uint64_t)sqlite3_column_int64(st, 2);
        if (out->count == 0 || out->count > LIMIT_BATCH_COUNT)
            rc = store_fail(s, "delivery %llu is damaged", (unsigned long long)out->first);
    }
    (void)sqlite3_reset(st);
    return rc;
}

/* Move w->at into the nearest segment that may hold what is wanted. 0 when none is left. */
static int
seek_segment(struct store *s, struct walk *w)
{
    uint64_t segment = w->at / LIMIT_SEGMENT_COUNT, found;
    sqlite3_stmt *st;
    int rc;

    if (segment == w->open_segment || (w->type == NULL && w->since == INT64_MIN && w->until == INT64_MAX))
        return 1;
    st = store_stmt(s, w->forward ? SQL_SEGMENT_NEXT : SQL_SEGMENT_PREVIOUS);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, (int64_t)segment);
    store_bind_text(st, 2, w->type != NULL ? w->type : "");
    (void)sqlite3_bind_int64(st, 3, w->since);
    (void)sqlite3_bind_int64(st, 4, w->until);
    rc = store_row(s, st);
    if (rc > 0) {
        found = (uint64_t)sqlite3_column_int64(st, 0);
        w->open_segment = found;
        if (found != segment)
            w->at = found * LIMIT_SEGMENT_COUNT + (w->forward ? 0 : LIMIT_SEGMENT_COUNT - 1);
    }
    (void)sqlite3_reset(st);
    return rc;
}

/* The run that holds w->at, or the nearest one in the direction of the walk. 0 at the end. */
static int
next_run(struct store *s, const struct walk *w, struct run *run)
{
    int rc = run_get(s, SQL_DELIVERY_AT, w->at, run);

    if (w->forward && (rc == 0 || (rc > 0 && w->at - run->first >= run->count)))
        rc = run_get(s, SQL_DELIVERY_AFTER, w->at, run);
    return rc;
}

/* The batch of ${run} in s->visible: headers, then bodies. Sets the records of the batch before and with
 * those of the run. */
static int
read_run(struct store *s, const struct run *run, struct span *headers, struct span *bodies, uint32_t *skip,
         int64_t *received_ms)
{
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_ROW);
    int64_t id, count;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, run->leaf);
    rc = store_row(s, st);
    if (rc > 0) {
        id = sqlite3_column_int64(st, 0);
        count = sqlite3_column_int64(st, 1);
        *skip = (uint32_t)(run->leaf - id);
        *received_ms = sqlite3_column_int64(st, 2);
        *headers = store_column(st, 3);
        *bodies = store_column(st, 4);
        buf_clear(&s->visible);
        buf_put_span(&s->visible, *headers);
        buf_put_span(&s->visible, *bodies);
        if (buf_failed(&s->visible))
            rc = store_fail(s, "no memory to read a batch");
        else if (run->leaf - id + (int64_t)run->count > count)
            rc = 0;
        headers->p = s->visible.p;
        bodies->p = s->visible.p != NULL ? s->visible.p + headers->n : NULL;
    }
    (void)sqlite3_reset(st);
    if (rc == 0)
        return store_fail(s, "the batch of delivery %llu is missing", (unsigned long long)run->first);
    return rc < 0 ? -1 : 0;
}

/* Records [lo, hi) of the run, in the direction of the walk; quarantined ones are not visible. */
static int
tell(const struct walk *w, const struct run *run, const struct store_record *records, uint64_t lo,
     uint64_t hi, int64_t received_ms, uint64_t *stopped)
{
    for (uint64_t k = lo; k < hi; k++) {
        uint64_t i = w->forward ? k : hi - 1 - (k - lo);
        int rc;

        if (records[i].quarantine != 0)
            continue;
        rc = w->fn(w->cookie, leaf_log(run->leaf), leaf_index(run->leaf) + i, run->first + i, received_ms,
                   &records[i]);
        if (rc != 0) {
            *stopped = run->first + i;
            return rc;
        }
    }
    return 0;
}

/* One batch: moves w->at past what was told; UINT64_MAX at the end. */
static int
visit(struct store *s, struct walk *w, const struct run *run)
{
    struct store_record records[LIMIT_BATCH_COUNT];
    uint64_t lo = 0, hi = run->count, last;
    struct span headers, bodies;
    int64_t received_ms = 0;
    uint32_t skip = 0;
    int rc;

    if (run->leaf == 0) { /* what it held was put aside: store_aside.c */
        last = w->forward ? run->first + run->count - 1 : run->first;
        w->at = w->forward ? last + 1 : last > 1 ? last - 1 : UINT64_MAX;
        return 0;
    }
    if (read_run(s, run, &headers, &bodies, &skip, &received_ms) != 0)
        return -1;
    for (uint32_t i = 0; i < skip + run->count; i++) {
        struct store_record *r = &records[i < skip ? 0 : i - skip];

        if (!pack_take_header(&headers, &r->header) || !pack_take_body(&bodies, r))
            return store_fail(s, "the batch of delivery %llu is damaged", (unsigned long long)run->first);
    }
    if (w->forward && w->at > run->first)
        lo = w->at - run->first;
    if (!w->forward && w->at - run->first + 1 < hi)
        hi = w->at - run->first + 1;
    last = w->forward ? run->first + run->count - 1 : run->first;
    rc = tell(w, run, records, lo, hi, received_ms, &last);
    w->at = w->forward ? last + 1 : last > 1 ? last - 1 : UINT64_MAX;
    return rc;
}

static int
walk(struct store *s, struct walk *w, unsigned batches_max, uint64_t *next)
{
    struct run run;
    int rc = 1;

    if (!w->forward) {
        rc = run_get(s, SQL_DELIVERY_AT, w->at, &run);
        if (rc > 0 && w->at - run.first >= run.count)
            w->at = run.first + run.count - 1;
    }
    while (rc > 0 && batches_max-- > 0) {
        rc = seek_segment(s, w);
        if (rc > 0)
            rc = next_run(s, w, &run);
        if (rc <= 0)
            break;
        rc = visit(s, w, &run);
        if (rc != 0) {
            *next = w->at;
            return rc;
        }
        rc = w->at != UINT64_MAX;
    }
    if (rc > 0)
        *next = w->at;
    return rc < 0 ? -1 : 0;
}

int
store_visible(struct store *s, uint64_t delivery, bool forward, const char *type, int64_t since,
              int64_t until, unsigned batches_max, store_visible_fn *fn, void *cookie, uint64_t *next)
{
    struct walk w = {forward, type, since, until, delivery, UINT64_MAX, fn, cookie};
    bool view = !store_in_transaction(s);
    int rc;

    *next = UINT64_MAX;
    if (!view && !s->read_only && store_segment_flush(s) != 0)
        return -1;
    /* One view of the file: also, taking a lock for each statement would cost more than reading a small batch. */
    if (view && store_run(s, store_stmt(s, SQL_BEGIN_READ)) != 0)
        return -1;
    rc = walk(s, &w, batches_max, next);
    if (view && store_run(s, store_stmt(s, SQL_COMMIT)) != 0)
        return -1;
    return rc;
}

int
store_counts(struct store *s, struct store_counts *out)
{
    sqlite3_stmt *st = store_stmt(s, SQL_EXTENT_SUM);
    struct run run;
    int rc;

    if (st == NULL || store_row(s, st) <= 0)
        return -1;
    out->records = (uint64_t)sqlite3_column_int64(st, 0);
    out->quarantined = (uint64_t)sqlite3_column_int64(st, 1);
    (void)sqlite3_reset(st);
    rc = run_get(s, SQL_DELIVERY_AT, UINT64_MAX, &run);
    out->delivery = rc > 0 ? run.first + run.count - 1 : 0;
    return rc < 0 ? -1 : 0;
}

int
store_quarantine_note(struct store *s, uint32_t log, uint64_t index, uint32_t why, const char *note_text)
{
    sqlite3_stmt *st = store_stmt(s, SQL_QUARANTINE_INSERT);

    assert(log > 0 && log <= LEAF_LOG_MAX && index <= LEAF_INDEX_MAX);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_of(log, index));
    (void)sqlite3_bind_int64(st, 2, why);
    store_bind_text(st, 3, note_text);
    return store_run(s, st);
}

int
store_quarantine_each(struct store *s, int64_t after, store_quarantine_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_QUARANTINE_EACH);
    char text[512];
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, after);
    while ((rc = store_row(s, st)) > 0) {
        int64_t leaf = sqlite3_column_int64(st, 0);

        rc = store_copy_text(s, st, 2, text, sizeof text);
        if (rc == 0)
            rc = fn(cookie, sqlite3_column_int64(st, 3), leaf_log(leaf), leaf_index(leaf),
                    (uint32_t)sqlite3_column_int64(st, 1), text);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    return rc;
}

int
store_leaf_ask(struct store *s, enum sql sql, uint32_t log, uint64_t index, int64_t *out)
{
    sqlite3_stmt *st = store_stmt(s, sql);
    int rc;

    *out = 0;
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_of(log, index));
    rc = store_row(s, st);
    if (rc > 0)
        *out = sqlite3_column_int64(st, 0);
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : 0;
}

int
store_leaf_received(struct store *s, uint32_t log, uint64_t index, int64_t *received_ms)
{
    return store_leaf_ask(s, SQL_LEAF_RECEIVED, log, index, received_ms);
}

int
store_leaf_delivery(struct store *s, uint32_t log, uint64_t index, uint64_t *delivery)
{
    int64_t n;
    int rc = store_leaf_ask(s, SQL_LEAF_DELIVERY, log, index, &n);

    *delivery = (uint64_t)n;
    return rc;
}
