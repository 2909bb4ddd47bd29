/* The picture when a log contradicts itself. The thread that owns the handle. */
#include "store/store_internal.h"

#include <assert.h>

static int
delete_rows(struct store *s, enum sql sql, const char *origin, struct span from, struct span to)
{
    sqlite3_stmt *st = store_stmt(s, sql);

    if (st == NULL)
        return -1;
    store_bind_text(st, 1, origin);
    store_bind_span(st, 2, from);
    store_bind_span(st, 3, to);
    return store_run(s, st);
}

/* What the rows that go say of who objects are, each for itself. */
static int
drop_identities(struct store *s, const char *origin, struct span from, struct span to)
{
    sqlite3_stmt *st = store_stmt(s, SQL_DISPUTE_IDENTITIES);
    int rc;

    if (st == NULL)
        return -1;
    store_bind_text(st, 1, origin);
    store_bind_span(st, 2, from);
    store_bind_span(st, 3, to);
    while ((rc = store_row(s, st)) > 0) {
        uint8_t bytes[STORE_IDENTITY_MAX];
        struct span identity = store_column(st, 1);

        if (identity.n > sizeof bytes) {
            rc = store_fail(s, "an identity of the picture is damaged");
            break;
        }
        memcpy(bytes, identity.p, identity.n);
        rc = store_alias_change(s, (uint8_t)sqlite3_column_int(st, 0), origin, span_of(bytes, identity.n),
                                false);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    return rc;
}

int
store_dispute_drop(struct store *s, uint32_t log, const char *origin, uint64_t from)
{
    struct buf lo, hi;
    uint8_t bytes[2][16];
    bool opened;
    int rc;

    assert(log > 0 && log <= LEAF_LOG_MAX && from <= LEAF_INDEX_MAX);
    buf_init_fixed(&lo, bytes[0], sizeof bytes[0]);
    buf_init_fixed(&hi, bytes[1], sizeof bytes[1]);
    buf_put_be64(&lo, (uint64_t)leaf_of(log, from));
    buf_put_be64(&hi, (uint64_t)leaf_of(log + 1, 0));
    rc = store_enter(s, &opened);
    if (rc == 0)
        rc = store_newest_flush(s);
    if (rc == 0)
        rc = drop_identities(s, origin, buf_span(&lo), buf_span(&hi));
    if (rc == 0)
        rc = delete_rows(s, SQL_DISPUTE_OBJECTS, origin, buf_span(&lo), buf_span(&hi));
    if (rc == 0)
        rc = delete_rows(s, SQL_DISPUTE_SUBJECTS, origin, buf_span(&lo), buf_span(&hi));
    if (rc == 0)
        rc = store_event_cut(s, leaf_of(log, from), leaf_of(log + 1, 0));
    store_cache_clear(s); /* it remembers where those were */
    return store_leave(s, opened, rc);
}

/* One column of the first row of ${sql} about ${leaf}; 0 when there is none. -1 after store_fail. */
static int64_t
look_up(struct store *s, enum sql sql, int64_t leaf)
{
    sqlite3_stmt *st = store_stmt(s, sql);
    int64_t found = 0;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf);
    rc = store_row(s, st);
    if (rc > 0)
        found = sqlite3_column_int64(st, 0);
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : found;
}

int
store_dispute_refill(struct store *s, const struct store_subject *v)
{
    struct store_subject subject = *v;
    int64_t leaf = leaf_of(v->log, v->index), id, first;

    assert(v->log > 0 && v->log <= LEAF_LOG_MAX && v->index <= LEAF_INDEX_MAX);
    id = look_up(s, SQL_BATCH_AT, leaf);
    if (id < 0 || (first = look_up(s, SQL_ANCHOR_GET, id)) < 0)
        return -1;
    if (leaf_log(id) != v->log || first == 0)
        return store_fail(s, "leaf %llu of log %u is not held", (unsigned long long)v->index, v->log);
    subject.delivery = (uint64_t)(first + (leaf - id));
    return store_latest_put(s, &subject);
}
