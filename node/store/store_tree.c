/* Hashes of the trees: leaves are recomputed from headers, levels 8, 16 and 24 are stored. The thread that
 * owns the handle. */
#include "store/store_internal.h"

#include <assert.h>

#include "store/pack.h"

#define GROUP_LEAVES 256u

void
store_groups_clear(struct store *s)
{
    for (size_t i = 0; i < STORE_GROUPS_MAX; i++)
        s->group[i].log = 0;
}

/* Where leaf hashes go. */
struct leaves {
    uint64_t next, end;
    void (*fn)(void *cookie, const uint8_t leaf[HASH_BYTES]);
    void *cookie;
};

/* The wanted leaves of one batch row. */
static int
hash_batch(struct store *s, sqlite3_stmt *st, struct leaves *l)
{
    uint64_t first = leaf_index(sqlite3_column_int64(st, 0));
    int64_t count = sqlite3_column_int64(st, 1);
    struct span in = store_column(st, 2), header;
    uint8_t hash[HASH_BYTES];

    if (first > l->next || count <= 0 || first + (uint64_t)count <= l->next)
        return store_fail(s, "batch %lld does not follow the one before it",
                          (long long)sqlite3_column_int64(st, 0));
    for (uint64_t i = first; i < first + (uint64_t)count && l->next < l->end; i++) {
        if (!pack_take_header(&in, &header))
            return store_fail(s, "batch %lld is damaged", (long long)sqlite3_column_int64(st, 0));
        if (i < l->next)
            continue;
        hash_leaf(header, hash);
        l->fn(l->cookie, hash);
        l->next++;
    }
    return 0;
}

/* First leaf of the batch that holds or precedes ${leaf}; ${leaf} itself when there is none. */
static int
batch_start(struct store *s, int64_t leaf, int64_t *id)
{
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_AT);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf);
    rc = store_row(s, st);
    *id = rc > 0 && leaf - sqlite3_column_int64(st, 0) < sqlite3_column_int64(st, 1)
              ? sqlite3_column_int64(st, 0)
              : leaf;
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : 0;
}

/* Leaves [l->next, l->end) of ${log}, as far as they are held. */
static int
each_leaf(struct store *s, uint32_t log, struct leaves *l)
{
    sqlite3_stmt *st;
    int64_t start;
    int rc = 0;

    if (batch_start(s, leaf_of(log, l->next), &start) != 0)
        return -1;
    st = store_stmt(s, SQL_BATCH_HEADERS);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, start);
    (void)sqlite3_bind_int64(st, 2, leaf_of(log, l->end));
    while (l->next < l->end && (rc = store_row(s, st)) > 0)
        if (hash_batch(s, st, l) != 0) {
            rc = -1;
            break;
        }
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : 0;
}

int
store_leaves(struct store *s, uint32_t log, uint64_t from,
             void (*fn)(void *cookie, const uint8_t leaf[HASH_BYTES]), void *cookie)
{
    struct leaves l = {from, LEAF_INDEX_MAX, fn, cookie};

    assert(log > 0 && log <= LEAF_LOG_MAX);
    return from > LEAF_INDEX_MAX ? 0 : each_leaf(s, log, &l);
}

static void
add_leaf(void *cookie, const uint8_t leaf[HASH_BYTES])
{
    struct store_group *g = cookie;

    memcpy(g->leaf[g->n++], leaf, HASH_BYTES);
}

/* Another process may have dropped unsigned leaves: forget what was read before its last commit. */
static int
look_around(struct store *s)
{
    sqlite3_stmt *st = store_stmt(s, SQL_DATA_VERSION);
    int64_t version;

    if (st == NULL || store_row(s, st) <= 0)
        return -1;
    version = sqlite3_column_int64(st, 0);
    (void)sqlite3_reset(st);
    if (version != s->data_version)
        store_groups_clear(s);
    s->data_version = version;
    return 0;
}

/* The group ${no} of ${log} with at least ${n} leaves; NULL when they are not held. */
static struct store_group *
group_get(struct store *s, uint32_t log, uint64_t no, uint32_t n)
{
    struct store_group *g = NULL;
    struct leaves l;

    if (s->read_only && look_around(s) != 0)
        return NULL;
    for (size_t i = 0; i < STORE_GROUPS_MAX; i++)
        if (s->group[i].log == log && s->group[i].no == no)
            g = &s->group[i];
    for (size_t i = 0; g == NULL && i < STORE_GROUPS_MAX; i++)
        if (i + 1 == STORE_GROUPS_MAX || s->group[i].log == 0 || s->group[i].used < s->group[i + 1].used)
            g = &s->group[i];
    assert(g != NULL);
    if (g->log != log || g->no != no) {
        g->log = log;
        g->no = no;
        g->n = 0;
    }
    g->used = ++s->clock;
    if (g->n < n) {
        l = (struct leaves){no * GROUP_LEAVES + g->n, (no + 1) * GROUP_LEAVES, add_leaf, g};
        if (each_leaf(s, log, &l) != 0)
            g->log = 0;
    }
    return g->log == log && g->n >= n ? g : NULL;
}

/* Root of the complete subtree over leaf[0..n), n a power of two. */
static void
subtree(const uint8_t (*leaf)[HASH_BYTES], size_t n, uint8_t out[HASH_BYTES])
{
    uint8_t row[GROUP_LEAVES / 2][HASH_BYTES];

    if (n == 1) {
        memcpy(out, leaf[0], HASH_BYTES);
        return;
    }
    for (size_t i = 0; i < n / 2; i++)
        hash_node(leaf[2 * i], leaf[2 * i + 1], row[i]);
    for (n /= 2; n > 1; n /= 2)
        for (size_t i = 0; i < n / 2; i++)
            hash_node(row[2 * i], row[2 * i + 1], row[i]);
    memcpy(out, row[0], HASH_BYTES);
}

static bool
stored(struct store *s, uint32_t log, unsigned level, uint64_t index, uint8_t out[HASH_BYTES])
{
    sqlite3_stmt *st = store_stmt(s, SQL_NODE_GET);
    struct span hash;
    int rc;

    if (st == NULL)
        return false;
    (void)sqlite3_bind_int64(st, 1, leaf_of(log, (uint64_t)(level / 8 - 1) << 38 | index));
    rc = store_row(s, st);
    if (rc > 0) {
        hash = store_column(st, 0);
        if (hash.n == HASH_BYTES)
            memcpy(out, hash.p, HASH_BYTES);
        else
            rc = store_fail(s, "log %u: the hash of a subtree is damaged", log);
    }
    (void)sqlite3_reset(st);
    return rc > 0;
}

bool
store_range(struct store *s, uint32_t log, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    uint64_t n = hi - lo;
    struct store_group *g;

    if (log == 0 || log > LEAF_LOG_MAX || lo >= hi || hi > LEAF_INDEX_MAX || (n & (n - 1)) != 0 ||
        lo % n != 0)
        return false;
    for (unsigned level = 8; level <= 24; level += 8)
        if (n == 1ull << level)
            return stored(s, log, level, lo >> level, out);
    if (n >= GROUP_LEAVES)
        return false;
    g = group_get(s, log, lo / GROUP_LEAVES, (uint32_t)(lo % GROUP_LEAVES + n));
    if (g == NULL)
        return false;
    subtree((const uint8_t(*)[HASH_BYTES])g->leaf + lo % GROUP_LEAVES, n, out);
    return true;
}
