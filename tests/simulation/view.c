/* What a core reads: the store of its node. */
#include "world_internal.h"
#include <assert.h>

static struct store *
store_of(const void *sim)
{
    return ((const struct sim *)sim)->store;
}

static int
view_batch(void *cookie, uint32_t log, uint64_t first, size_t bytes_max, struct store_record *records,
           size_t max, struct store_batch *out)
{
    return store_batch_get(store_of(cookie), log, first, bytes_max, records, max, out);
}

static bool
view_range(void *cookie, uint32_t log, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    return store_range(store_of(cookie), log, lo, hi, out);
}

static int
view_leaves(void *cookie, uint32_t log, uint64_t from,
            void (*fn)(void *cookie, const uint8_t leaf[HASH_BYTES]), void *fn_cookie)
{
    return store_leaves(store_of(cookie), log, from, fn, fn_cookie);
}

static int
view_due(void *cookie, int64_t now, struct store_due *out, size_t max)
{
    return store_due(store_of(cookie), now, out, max);
}

static int
view_reveal_of(void *cookie, const uint8_t log[LOG_ID_BYTES], uint64_t index, uint32_t *reveal_log,
               uint64_t *reveal_index)
{
    return store_reveal_of(store_of(cookie), log, index, reveal_log, reveal_index);
}

static int
view_evidence(void *cookie, const uint8_t log[LOG_ID_BYTES], struct span *out)
{
    static uint8_t bytes[LIMIT_FRAME_BYTES]; /* one thread, and used before the next call */
    struct buf b;
    int rc;

    buf_init_fixed(&b, bytes, sizeof(bytes));
    rc = store_evidence_get(store_of(cookie), log, &b);
    *out = buf_span(&b);
    return rc;
}

static int
view_published(void *cookie, struct span key, uint32_t part, struct store_range_row *ranges, size_t max)
{
    return store_published_get(store_of(cookie), key, part, ranges, max);
}

/* The version of the roster in the folder of the node. */
static int
view_note(void *cookie, uint64_t version, struct span *out)
{
    const struct sim *s = cookie;

    if (version == 0 || version > s->adopted)
        return 1;
    *out = buf_span(&s->version[version - 1].note);
    return 0;
}

struct node_view
view_of(struct sim *s)
{
    return (struct node_view){.cookie = s,
                              .batch = view_batch,
                              .range = view_range,
                              .leaves = view_leaves,
                              .published = view_published,
                              .evidence = view_evidence,
                              .note = s->version == NULL ? NULL : view_note,
                              .due = view_due,
                              .reveal_of = view_reveal_of};
}

static int
add_row(void *cookie, const struct store_log *log)
{
    struct rows *r = cookie;

    assert(r->n < LOG_ROWS_MAX);
    r->v[r->n++] = *log;
    return 0;
}

int
view_rows(struct store *s, struct rows *out)
{
    out->n = 0;
    return store_logs(s, add_row, out);
}
