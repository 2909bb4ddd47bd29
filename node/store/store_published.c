/* Idempotency keys and what they made. The thread that owns the handle. */
#include "store/store_internal.h"

#include <assert.h>

#include "store/pack.h"

/* ranges: log (be32), first (be64), count (be32), one after the other. */
#define RANGE_BYTES 16

static bool
take_range(struct span *in, struct store_range_row *r)
{
    return pack_take_be32(in, &r->log) && pack_take_be64(in, &r->first) && pack_take_be32(in, &r->count);
}

int
store_published_put(struct store *s, struct span key, uint32_t part, const struct store_range_row *ranges,
                    size_t n)
{
    sqlite3_stmt *st = store_stmt(s, SQL_PUBLISHED_INSERT);
    struct buf packed;
    int rc;

    assert(n > 0);
    if (st == NULL)
        return -1;
    buf_init(&packed, n * RANGE_BYTES);
    for (size_t i = 0; i < n; i++) {
        buf_put_be32(&packed, ranges[i].log);
        buf_put_be64(&packed, ranges[i].first);
        buf_put_be32(&packed, ranges[i].count);
    }
    store_bind_span(st, 1, key);
    (void)sqlite3_bind_int64(st, 2, part);
    store_bind_buf(st, 3, &packed);
    rc = buf_failed(&packed) ? store_fail(s, "no memory for a publish key") : store_run(s, st);
    buf_release(&packed);
    return rc;
}

int
store_published_get(struct store *s, struct span key, uint32_t part, struct store_range_row *ranges,
                    size_t max)
{
    sqlite3_stmt *st = store_stmt(s, SQL_PUBLISHED_GET);
    struct store_range_row row;
    struct span in;
    int rc, n = 0;

    if (st == NULL)
        return -1;
    store_bind_span(st, 1, key);
    (void)sqlite3_bind_int64(st, 2, part);
    rc = store_row(s, st);
    if (rc > 0) {
        in = store_column(st, 0);
        while (in.n > 0 && take_range(&in, &row)) {
            if ((size_t)n < max)
                ranges[n] = row;
            n++;
        }
        if (in.n > 0 || n == 0)
            rc = store_fail(s, "the row of a publish key is damaged");
    }
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : n;
}

static bool
made_beyond(struct span in, uint32_t log, uint64_t size)
{
    struct store_range_row row;

    while (take_range(&in, &row))
        if (row.log == log && row.first + row.count > size)
            return true;
    return false;
}

/* Seldom (the signer refused), so all rows are read. A row goes whole: its publisher was never answered, and
 * part of it would answer a retry wrongly. */
int
store_published_cut(struct store *s, uint32_t log, uint64_t size)
{
    sqlite3_stmt *each = store_stmt(s, SQL_PUBLISHED_EACH), *drop = store_stmt(s, SQL_PUBLISHED_DELETE);
    int rc;

    if (each == NULL || drop == NULL)
        return -1;
    while ((rc = store_row(s, each)) > 0) {
        if (!made_beyond(store_column(each, 2), log, size))
            continue;
        (void)sqlite3_bind_value(drop, 1, sqlite3_column_value(each, 0));
        (void)sqlite3_bind_value(drop, 2, sqlite3_column_value(each, 1));
        if (store_run(s, drop) != 0) {
            rc = -1;
            break;
        }
    }
    (void)sqlite3_reset(each);
    return rc;
}
