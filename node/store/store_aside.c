/* Leaves that the roster cut off their log: kept as evidence, out of everything else. The thread that owns the handle. */
#include "store/store_internal.h"

#include <assert.h>

#include "store/pack.h"

/* What leaves the log, and where it begins. */
struct piece {
    uint32_t log;
    int64_t from, to;
    int64_t batch; /* first leaf of the batch that holds ${from}; ${from} when one begins there */
    uint64_t bytes;
    int64_t quarantined;
};

/* One batch of the piece in ${st} (BATCH_TAIL): what of it goes. */
static void
weigh_batch(sqlite3_stmt *st, const struct store_record *records, struct piece *p)
{
    int64_t id = sqlite3_column_int64(st, 0), count = sqlite3_column_int64(st, 1);
    int64_t keep = id < p->from ? p->from - id : 0;

    for (int64_t i = 0; i < count; i++)
        p->quarantined += i >= keep && records[i].quarantine != 0;
    p->bytes += (uint64_t)sqlite3_column_int64(st, 2);
    for (int64_t i = 0; i < keep; i++)
        p->bytes -= records[i].header.n + records[i].body.n;
}

/* All records of the row in ${st}, whose last two columns are the blobs. */
static int
read_batch(struct store *s, sqlite3_stmt *st, struct store_record *records)
{
    int64_t count = sqlite3_column_int64(st, 1);

    if (count < 1 || count > LIMIT_BATCH_COUNT ||
        !pack_read(store_column(st, 3), store_column(st, 4), (uint32_t)count, 0, records))
        return store_fail(s, "batch %lld is damaged", (long long)sqlite3_column_int64(st, 0));
    return 0;
}

/* The batch that ${p}->from is inside of keeps its front. 0 or -1. */
static int
cut_batch(struct store *s, struct piece *p, const struct checkpoint *head, struct store_record *records)
{
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_ROW);
    uint32_t keep = (uint32_t)(p->from - p->batch);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, p->batch);
    rc = store_row(s, st);
    if (rc > 0)
        rc = read_batch(s, st, records);
    else if (rc == 0)
        rc = store_fail(s, "batch %lld is missing", (long long)p->batch);
    buf_clear(&s->headers);
    buf_clear(&s->bodies);
    if (rc == 0) {
        pack_headers(&s->headers, records, keep);
        pack_bodies(&s->bodies, records, keep);
    }
    (void)sqlite3_reset(st);
    if (rc != 0)
        return -1;
    if (buf_failed(&s->headers) || buf_failed(&s->bodies))
        return store_fail(s, "no memory for a batch");
    st = store_stmt(s, SQL_ASIDE_CUT_BATCH);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, p->batch);
    (void)sqlite3_bind_int64(st, 2, keep);
    (void)sqlite3_bind_int64(st, 3,
                             (int64_t)(s->headers.n + s->bodies.n - (uint64_t)PACK_RECORD_BYTES * keep));
    store_bind_buf(st, 4, &s->headers);
    store_bind_buf(st, 5, &s->bodies);
    if (store_run(s, st) != 0)
        return -1;
    st = store_stmt(s, SQL_ASIDE_CUT_ANCHOR);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, p->batch);
    (void)sqlite3_bind_int64(st, 2, (int64_t)head->size);
    store_bind_span(st, 3, span_of(head->root, HASH_BYTES));
    store_bind_span(st, 4, span_of(head->signature, SIG_BYTES));
    store_bind_span(st, 5, span_of(head->key_id, KEY_ID_BYTES));
    return store_run(s, st);
}

/* Fill in where the piece begins and what it weighs. */
static int
weigh(struct store *s, struct piece *p, struct store_record *records)
{
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_AT);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, p->from);
    rc = store_row(s, st);
    p->batch = p->from;
    if (rc > 0 && p->from - sqlite3_column_int64(st, 0) < sqlite3_column_int64(st, 1))
        p->batch = sqlite3_column_int64(st, 0);
    (void)sqlite3_reset(st);
    if (rc < 0 || (st = store_stmt(s, SQL_ASIDE_WEIGH)) == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, p->batch);
    (void)sqlite3_bind_int64(st, 2, p->to);
    while ((rc = store_row(s, st)) > 0) {
        if (read_batch(s, st, records) != 0) {
            rc = -1;
            break;
        }
        weigh_batch(st, records, p);
    }
    (void)sqlite3_reset(st);
    return rc;
}

static int
copy(struct store *s, const struct piece *p)
{
    sqlite3_stmt *st;
    uint8_t id[LOG_ID_BYTES];

    if (store_log_id(s, p->log, id) != 0 || (st = store_stmt(s, SQL_ASIDE_PUT)) == NULL)
        return -1;
    store_bind_span(st, 1, span_of(id, LOG_ID_BYTES));
    (void)sqlite3_bind_int64(st, 2, p->from);
    (void)sqlite3_bind_int64(st, 3, p->to);
    (void)sqlite3_bind_int64(st, 4, p->batch);
    return store_run(s, st);
}

static int
shrink(struct store *s, const struct piece *p)
{
    sqlite3_stmt *st = store_stmt(s, SQL_EXTENT_CUT);

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, p->log);
    (void)sqlite3_bind_int64(st, 2, (int64_t)leaf_index(p->from));
    (void)sqlite3_bind_int64(st, 3, (int64_t)p->bytes);
    (void)sqlite3_bind_int64(st, 4, p->quarantined);
    return store_run(s, st);
}

static int
put_aside(struct store *s, struct piece *p, const char *origin, const struct checkpoint *head)
{
    struct store_record records[LIMIT_BATCH_COUNT];
    uint64_t size = leaf_index(p->from);
    int64_t start = leaf_of(p->log, 0);

    if (store_dispute_drop(s, p->log, origin, size) != 0 || weigh(s, p, records) != 0 || copy(s, p) != 0 ||
        (p->batch < p->from && cut_batch(s, p, head, records) != 0))
        return -1;
    if (store_delete_between(s, SQL_BATCH_DELETE, p->from, p->to) != 0 ||
        store_delete_between(s, SQL_ANCHOR_DELETE, p->from, p->to) != 0 ||
        store_delete_between(s, SQL_QUARANTINE_DELETE, p->from, p->to) != 0 ||
        store_delete_between(s, SQL_ASIDE_SPLIT_RUN, start, p->from) != 0 ||
        store_delete_between(s, SQL_ASIDE_CUT_RUN, start, p->from) != 0 ||
        store_delete_between(s, SQL_ASIDE_RUNS, p->from, p->to) != 0)
        return -1;
    if (store_nodes_cut(s, p->log, size) != 0 || store_late_cut(s, p->from, p->to) != 0 ||
        store_published_cut(s, p->log, size) != 0 || store_pending_cut(s, p->log, size) != 0 ||
        shrink(s, p) != 0)
        return -1;
    store_groups_clear(s);
    store_tail_set(s, p->log, UINT64_MAX);
    return 0;
}

int
store_aside_put(struct store *s, uint32_t log, const char *origin, uint64_t size,
                const struct checkpoint *head, uint64_t *bytes)
{
    struct piece p = {.log = log};
    uint64_t held = 0;
    bool opened;
    int rc;

    assert(log > 0 && log <= LEAF_LOG_MAX && size <= head->size && head->size <= LEAF_INDEX_MAX);
    p.from = leaf_of(log, size);
    p.to = leaf_of(log + 1, 0);
    rc = store_enter(s, &opened);
    if (rc == 0)
        rc = store_size_of(s, log, &held);
    if (rc == 0 && size < held)
        rc = put_aside(s, &p, origin, head);
    *bytes = p.bytes;
    return store_leave(s, opened, rc);
}

int
store_aside_count(struct store *s, const uint8_t log[LOG_ID_BYTES], uint64_t *count)
{
    sqlite3_stmt *st = store_stmt(s, SQL_ASIDE_COUNT);
    int rc;

    if (st == NULL)
        return -1;
    store_bind_span(st, 1, span_of(log, LOG_ID_BYTES));
    rc = store_row(s, st);
    *count = rc > 0 ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : 0;
}
