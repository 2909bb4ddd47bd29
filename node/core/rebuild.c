/* The picture once more from the logs, a few pieces a tick, while the node goes on. It was emptied first; a node that is stopped goes on when it starts. Pure. */
#include "core/node_internal.h"

#define PIECES      32    /* a tick: some ten thousand records, and a twentieth of a second */
#define PIECE_BYTES 65536 /* of one read */

void
rebuild_begin(struct node *n)
{
    (void)action_add(n, ACTION_UNMAKE);
    n->rebuild = true;
    n->rebuild_log = 0;
    n->rebuild_at = 0;
}

/* Leaves of ${t} that are believed and can be read. */
static uint64_t
end_of(const struct track *t)
{
    return t->row.disputed && t->row.common < t->ready ? t->row.common : t->ready;
}

/* The next piece; false when all of it was looked at. */
static bool
piece(struct node *n)
{
    const struct node_view *v = &n->conf.view;
    struct store_record *records;
    struct store_batch b;

    for (; n->rebuild_log < n->track_n; n->rebuild_log++, n->rebuild_at = 0) {
        struct track *t = n->track[n->rebuild_log];

        if (n->rebuild_at >= end_of(t))
            continue;
        records = action_memory(n, LIMIT_BATCH_COUNT * sizeof(*records));
        if (v->batch(v->cookie, t->row.no, n->rebuild_at, PIECE_BYTES, records, LIMIT_BATCH_COUNT, &b) != 0)
            continue;
        n->refilled = n->rebuild_at;
        late_refill(n, t, &b, end_of(t));
        n->rebuild_at = n->refilled;
        return true;
    }
    return false;
}

void
rebuild_tick(struct node *n)
{
    for (unsigned i = 0; n->rebuild && i < PIECES; i++) {
        if (!piece(n)) {
            (void)action_add(n, ACTION_REMADE);
            n->rebuild = false;
        }
    }
}

bool
rebuild_status(const struct node *n, uint64_t *done, uint64_t *total)
{
    *done = *total = 0;
    for (size_t i = 0; i < n->track_n; i++) {
        uint64_t end = end_of(n->track[i]), at = i < n->rebuild_log   ? end
                                                 : i > n->rebuild_log ? 0
                                                                      : n->rebuild_at;

        *total += end;
        *done += at < end ? at : end;
    }
    return n->rebuild;
}
