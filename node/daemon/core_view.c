/* What the pure core reads: the store and the rosters. Runs in the core role's thread. */
#include "daemon/core_internal.h"

static int
view_batch(void *cookie, uint32_t log, uint64_t first, size_t bytes_max, struct store_record *records,
           size_t records_max, struct store_batch *out)
{
    struct core *c = cookie;

    return store_batch_get(c->store, log, first, bytes_max, records, records_max, out);
}

static bool
view_range(void *cookie, uint32_t log, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    struct core *c = cookie;

    return store_range(c->store, log, lo, hi, out);
}

static int
view_leaves(void *cookie, uint32_t log, uint64_t from,
            void (*fn)(void *cookie, const uint8_t leaf[HASH_BYTES]), void *fn_cookie)
{
    struct core *c = cookie;

    return store_leaves(c->store, log, from, fn, fn_cookie);
}

static int
view_published(void *cookie, struct span key, uint32_t part, struct store_range_row *ranges, size_t max)
{
    struct core *c = cookie;

    return store_published_get(c->store, key, part, ranges, max);
}

static int
view_note(void *cookie, uint64_t version, struct span *out)
{
    struct core *c = cookie;

    if (version == 0 || version > c->chain.n)
        return 1;
    *out = c->notes[version - 1];
    return 0;
}

static int
view_due(void *cookie, int64_t now, struct store_due *out, size_t max)
{
    struct core *c = cookie;

    return store_due(c->store, now, out, max);
}

static int
view_reveal_of(void *cookie, const uint8_t log[LOG_ID_BYTES], uint64_t index, uint32_t *reveal_log,
               uint64_t *reveal_index)
{
    struct core *c = cookie;

    return store_reveal_of(c->store, log, index, reveal_log, reveal_index);
}

struct node_view
core_view(struct core *c)
{
    return (struct node_view){.cookie = c,
                              .batch = view_batch,
                              .range = view_range,
                              .leaves = view_leaves,
                              .published = view_published,
                              .note = view_note,
                              .evidence = core_do_evidence,
                              .due = view_due,
                              .reveal_of = view_reveal_of};
}
