/* Dropping bodies that are past their age. The thread that owns the handle. */
#include "store/store_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/record.h"
#include "store/pack.h"

/* The log's own kinds live as long as their headers. A header that cannot be read says nothing: its body is not believed either. */
static bool
may_go(struct span header)
{
    Parallax__V1__Header *h = parallax__v1__header__unpack(NULL, header.n, header.p);
    bool own = h != NULL && record_kind_is_own((int)h->kind);

    parallax__v1__header__free_unpacked(h, NULL);
    return !own;
}

/* Where the last call ended in a log: a small value by name. */
static void
cursor_name(uint32_t log, char name[32])
{
    (void)snprintf(name, 32, "dropped/%u", log);
}

static int
cursor_get(struct store *s, uint32_t log, uint64_t *at)
{
    struct buf value;
    struct span in;
    char name[32];
    int rc;

    cursor_name(log, name);
    buf_init(&value, 64);
    *at = 0;
    rc = store_meta_get(s, name, &value);
    in = buf_span(&value);
    if (rc == 0 && !pack_take_be64(&in, at))
        rc = store_fail(s, "%s is damaged", name);
    buf_release(&value);
    return rc < 0 ? -1 : 0;
}

static int
cursor_set(struct store *s, uint32_t log, uint64_t at)
{
    struct buf value;
    char name[32];
    int rc;

    cursor_name(log, name);
    buf_init(&value, 64);
    buf_put_be64(&value, at);
    rc = store_meta_set(s, name, buf_span(&value));
    buf_release(&value);
    return rc;
}

/* The batch at ${leaf} without the bodies that may go, in s->bodies. 1 when there is one old enough, 0, -1. */
static int
strip(struct store *s, int64_t leaf, int64_t before_ms, uint64_t below, int64_t *id, int64_t *count,
      int64_t *bytes, uint64_t *gone)
{
    struct store_record records[LIMIT_BATCH_COUNT];
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_ROW);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf);
    rc = store_row(s, st);
    *id = rc > 0 ? sqlite3_column_int64(st, 0) : 0;
    *count = rc > 0 ? sqlite3_column_int64(st, 1) : 0;
    *bytes = 0;
    if (rc > 0 && (*id != leaf || sqlite3_column_int64(st, 2) >= before_ms ||
                   leaf_index(*id) + (uint64_t)*count > below))
        rc = 0;
    if (rc > 0 && (*count > LIMIT_BATCH_COUNT ||
                   !pack_read(store_column(st, 3), store_column(st, 4), (uint32_t)*count, 0, records)))
        rc = store_fail(s, "batch %lld is damaged", (long long)*id);
    for (int64_t i = 0; i < *count && rc > 0; i++) {
        if (records[i].body_state != STORE_BODY_HELD || !may_go(records[i].header))
            continue;
        *bytes += (int64_t)records[i].body.n;
        records[i].body = span_of(NULL, 0);
        records[i].body_state = STORE_BODY_GONE;
        (*gone)++;
    }
    if (rc > 0) {
        buf_clear(&s->bodies);
        pack_bodies(&s->bodies, records, (uint32_t)*count);
        if (buf_failed(&s->bodies))
            rc = store_fail(s, "no memory for a batch");
    }
    (void)sqlite3_reset(st);
    return rc;
}

static int
drop(struct store *s, uint32_t log, int64_t before_ms, uint64_t below, unsigned batches_max, uint64_t *bytes,
     uint64_t *gone)
{
    uint64_t at;
    int rc = cursor_get(s, log, &at);

    for (unsigned i = 0; i < batches_max && rc == 0; i++) {
        int64_t id, count, less;
        sqlite3_stmt *st;
        rc = strip(s, leaf_of(log, at), before_ms, below, &id, &count, &less, gone);
        if (rc <= 0)
            break;
        rc = 0;
        at += (uint64_t)count;
        *bytes += (uint64_t)less;
        if ((st = store_stmt(s, SQL_BATCH_AMEND)) == NULL)
            return -1;
        (void)sqlite3_bind_int64(st, 1, id);
        store_bind_buf(st, 2, &s->bodies);
        (void)sqlite3_bind_int64(st, 3, -less);
        if (store_run(s, st) != 0 || (st = store_stmt(s, SQL_EXTENT_AMEND)) == NULL)
            return -1;
        (void)sqlite3_bind_int64(st, 1, log);
        (void)sqlite3_bind_int64(st, 2, -less);
        (void)sqlite3_bind_int64(st, 3, 0);
        if (store_run(s, st) != 0 || cursor_set(s, log, at) != 0)
            return -1;
    }
    return rc;
}

int
store_bodies_drop(struct store *s, uint32_t log, int64_t before_ms, uint64_t below, unsigned batches_max,
                  uint64_t *bytes, uint64_t *count)
{
    bool opened;
    int rc;

    assert(log > 0 && log <= LEAF_LOG_MAX);
    *bytes = *count = 0;
    rc = store_enter(s, &opened);
    if (rc == 0)
        rc = drop(s, log, before_ms, below, batches_max, bytes, count);
    return store_leave(s, opened, rc);
}
