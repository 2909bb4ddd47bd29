/* The unsigned end of an own log: it gets its signature, or is dropped. The thread that owns the handle. */
#include "store/store_internal.h"

#include <assert.h>

#include "core/tree.h"
#include "store/pack.h"

int
store_delivery_next(struct store *s, uint64_t *next)
{
    sqlite3_stmt *st = store_stmt(s, SQL_DELIVERY_AT);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, INT64_MAX);
    rc = store_row(s, st);
    *next = rc > 0 ? (uint64_t)(sqlite3_column_int64(st, 0) + sqlite3_column_int64(st, 2)) : 1;
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : 0;
}

int
store_anchor_put(struct store *s, int64_t id, uint32_t count, const struct checkpoint *anchor,
                 const uint8_t (*proof)[HASH_BYTES], uint32_t proof_n, uint64_t *delivery)
{
    sqlite3_stmt *st = store_stmt(s, SQL_ANCHOR_INSERT);

    assert(anchor->size <= INT64_MAX);
    if (st == NULL || store_delivery_next(s, delivery) != 0)
        return -1;
    (void)sqlite3_bind_int64(st, 1, id);
    (void)sqlite3_bind_int64(st, 2, (int64_t)*delivery);
    (void)sqlite3_bind_int64(st, 3, (int64_t)anchor->size);
    store_bind_span(st, 4, span_of(anchor->root, HASH_BYTES));
    store_bind_span(st, 5, span_of(anchor->signature, SIG_BYTES));
    store_bind_span(st, 6, span_of(anchor->key_id, KEY_ID_BYTES));
    store_bind_span(st, 7, span_of(proof, (size_t)proof_n * HASH_BYTES));
    if (store_run(s, st) != 0)
        return -1;
    st = store_stmt(s, SQL_DELIVERY_INSERT);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, (int64_t)*delivery);
    (void)sqlite3_bind_int64(st, 2, id);
    (void)sqlite3_bind_int64(st, 3, count);
    return store_run(s, st);
}

/* Where hashes of one log come from, for core/tree. */
struct range_of {
    struct store *s;
    uint32_t log;
};

static bool
range(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    struct range_of *r = cookie;

    return store_range(r->s, r->log, lo, hi, out);
}

/* One batch that ${anchor} covers. Earlier ones than the last get their own proof, so that each can be served
 * alone. */
static int
sign_batch(struct store *s, int64_t id, uint32_t count, const struct checkpoint *anchor, uint64_t *delivery)
{
    uint8_t proof[LIMIT_PROOF_COUNT][HASH_BYTES];
    struct range_of of = {s, leaf_log(id)};
    uint64_t end = leaf_index(id) + count;
    int n = 0;

    if (end < anchor->size)
        n = tree_prove_consistency(range, &of, end, anchor->size, proof);
    if (n < 0)
        return store_fail(s, "log %u: hashes for a proof from %llu are missing", of.log,
                          (unsigned long long)end);
    return store_anchor_put(s, id, count, anchor, (const uint8_t(*)[HASH_BYTES])proof, (uint32_t)n, delivery);
}

static int
sign(struct store *s, uint32_t log, const struct checkpoint *anchor)
{
    uint64_t from = store_tail_from(s, log), next = from, first = 0, delivery;
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_SIZES);
    int rc = 1;

    if (st == NULL)
        return -1;
    if (anchor->size <= from && from != UINT64_MAX)
        return 0;
    if (from == UINT64_MAX)
        return store_head_move(s, log, anchor);
    (void)sqlite3_bind_int64(st, 1, leaf_of(log, from));
    (void)sqlite3_bind_int64(st, 2, leaf_of(log, anchor->size));
    while (next < anchor->size && (rc = store_row(s, st)) > 0) {
        int64_t id = sqlite3_column_int64(st, 0), count = sqlite3_column_int64(st, 1);

        if (id != leaf_of(log, next) || count <= 0 || count > LIMIT_BATCH_COUNT)
            rc = store_fail(s, "batch %lld is damaged", (long long)id);
        else
            rc = sign_batch(s, id, (uint32_t)count, anchor, &delivery);
        if (rc != 0)
            break;
        if (next == from)
            first = delivery;
        next += (uint64_t)count;
    }
    (void)sqlite3_reset(st);
    if (rc < 0)
        return -1;
    if (next != anchor->size)
        return store_fail(s, "log %u: no batch ends at the signed size %llu", log,
                          (unsigned long long)anchor->size);
    return store_pending_apply(s, log, anchor->size, from, first) != 0 ? -1 : store_head_move(s, log, anchor);
}

int
store_size_of(struct store *s, uint32_t log, uint64_t *size)
{
    sqlite3_stmt *st = store_stmt(s, SQL_EXTENT_GET);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, log);
    rc = store_row(s, st);
    if (rc > 0)
        *size = (uint64_t)sqlite3_column_int64(st, 0);
    (void)sqlite3_reset(st);
    return rc > 0 ? 0 : rc < 0 ? -1 : store_fail(s, "log %u has no row", log);
}

int
store_batch_sign(struct store *s, uint32_t log, const struct checkpoint *anchor)
{
    uint64_t size = 0;
    bool opened;
    int rc;

    assert(log > 0 && log <= LEAF_LOG_MAX && anchor->size > 0 && anchor->size <= LEAF_INDEX_MAX);
    rc = store_enter(s, &opened);
    if (rc == 0)
        rc = store_size_of(s, log, &size);
    if (rc == 0 && anchor->size > size)
        rc = store_fail(s, "log %u: a head of %llu leaves, %llu are held", log,
                        (unsigned long long)anchor->size, (unsigned long long)size);
    if (rc == 0)
        rc = sign(s, log, anchor);
    if (rc == 0 && store_tail_from(s, log) < anchor->size)
        store_tail_set(s, log, anchor->size < size ? anchor->size : UINT64_MAX);
    return store_leave(s, opened, rc);
}

/* What the batches from ${size} on hold, to be subtracted. */
static int
count_tail(struct store *s, uint32_t log, uint64_t size, uint64_t *bytes, int64_t *quarantined)
{
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_TAIL);
    uint64_t next = size;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_of(log, size));
    (void)sqlite3_bind_int64(st, 2, leaf_of(log + 1, 0));
    while ((rc = store_row(s, st)) > 0) {
        struct span bodies = store_column(st, 3);
        struct store_record r;

        if (sqlite3_column_int64(st, 0) != leaf_of(log, next)) {
            rc = store_fail(s, "log %u cannot be cut inside a batch", log);
            break;
        }
        while (bodies.n > 0 && pack_take_body(&bodies, &r))
            *quarantined += r.quarantine != 0;
        *bytes += (uint64_t)sqlite3_column_int64(st, 2);
        next += (uint64_t)sqlite3_column_int64(st, 1);
    }
    (void)sqlite3_reset(st);
    if (rc == 0 && next == size)
        return store_fail(s, "log %u cannot be cut inside a batch", log);
    return rc;
}

int
store_delete_between(struct store *s, enum sql sql, int64_t from, int64_t to)
{
    sqlite3_stmt *st = store_stmt(s, sql);

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, from);
    (void)sqlite3_bind_int64(st, 2, to);
    return store_run(s, st);
}

int
store_nodes_cut(struct store *s, uint32_t log, uint64_t size)
{
    for (unsigned level = 8; level <= 24; level += 8) {
        uint64_t slot = (uint64_t)(level / 8 - 1) << 38;

        if (store_delete_between(s, SQL_NODE_DELETE, leaf_of(log, slot | size >> level),
                                 leaf_of(log, 0) + (int64_t)(slot + (1ull << 38))) != 0)
            return -1;
    }
    return 0;
}

static int
truncate_to(struct store *s, uint32_t log, uint64_t size)
{
    int64_t from = leaf_of(log, size), to = leaf_of(log + 1, 0), quarantined = 0;
    uint64_t bytes = 0;
    sqlite3_stmt *st;

    if (count_tail(s, log, size, &bytes, &quarantined) != 0 ||
        store_delete_between(s, SQL_BATCH_DELETE, from, to) != 0 ||
        store_delete_between(s, SQL_QUARANTINE_DELETE, from, to) != 0 || store_nodes_cut(s, log, size) != 0 ||
        store_late_cut(s, from, to) != 0)
        return -1;
    st = store_stmt(s, SQL_EXTENT_CUT);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, log);
    (void)sqlite3_bind_int64(st, 2, (int64_t)size);
    (void)sqlite3_bind_int64(st, 3, (int64_t)bytes);
    (void)sqlite3_bind_int64(st, 4, quarantined);
    if (store_run(s, st) != 0 || store_published_cut(s, log, size) != 0)
        return -1;
    return store_pending_cut(s, log, size);
}

int
store_log_truncate(struct store *s, uint32_t log, uint64_t size)
{
    uint64_t from = store_tail_from(s, log), held = 0;
    bool opened;
    int rc;

    assert(log > 0 && log <= LEAF_LOG_MAX);
    rc = store_enter(s, &opened);
    if (rc == 0)
        rc = store_size_of(s, log, &held);
    if (rc == 0 && size < held) {
        rc = size >= from
                 ? truncate_to(s, log, size)
                 : store_fail(s, "log %u: leaves from %llu on are signed", log, (unsigned long long)size);
        store_groups_clear(s);
        if (rc == 0 && size == from)
            store_tail_set(s, log, UINT64_MAX);
    }
    return store_leave(s, opened, rc);
}
