/* What must hold of logs that contradict themselves. */
#include "world_internal.h"
#include "core/evidence.h"
#include "core/release.h"
#include "core/tree.h"
#include <stdio.h>

static const char *
wrong(struct world *w, unsigned i, const struct store_log *row, const char *what)
{
    (void)snprintf(w->wrong, sizeof(w->wrong), "%s %s (a disputed log of %s, %llu of %llu leaves in common)",
                   w->roster->member[i].name, what, row->origin, (unsigned long long)row->common,
                   (unsigned long long)row->size);
    return w->wrong;
}

/* The evidence that node ${i} keeps shows what it says. */
static const char *
check_evidence(struct world *w, unsigned i, const struct store_log *row, struct evidence *e)
{
    struct buf fork;
    struct why why;
    int rc;

    why_clear(&why);
    buf_init(&fork, LIMIT_FRAME_BYTES);
    rc = store_evidence_get(w->sim[i].store, row->id, &fork) != 0 ||
         evidence_unpack(buf_span(&fork), e) != 0 || evidence_check(e, w->roster, &why) != 0;
    buf_release(&fork);
    if (rc != 0)
        return wrong(w, i, row, "keeps no proof of a contradiction");
    return e->common.size >= row->common ? NULL : wrong(w, i, row, "believes more than is proved");
}

/* All who may hold it, as node ${i} with this ${row} sees it, know of it and hold the same. */
static const char *
check_others(struct world *w, unsigned i, const struct store_log *row)
{
    for (unsigned k = 0; k < w->conf.nodes; k++) {
        int at = node_log_find(w->sim[k].node, row->id);
        struct node_log_status s;
        if (!may_release(w->roster->member[k].name, row, w->roster))
            continue;
        if (at < 0)
            return wrong(w, k, row, "was not told");
        node_log_status(w->sim[k].node, (size_t)at, &s);
        if (!s.row->disputed)
            return wrong(w, k, row, "was not told, and follows it");
        /* A later log of the series, which only the others know, may have taken it off the list: it is told nothing more. */
        if (row->common == 0 && !may_release(w->roster->member[i].name, s.row, w->roster))
            continue;
        if (s.row->common != row->common)
            return wrong(w, k, s.row, "has another common size");
        if (s.row->size < s.row->common)
            return wrong(w, k, s.row, "does not hold the common part");
        if (s.row->refill)
            return wrong(w, k, s.row, "did not bring its picture in line");
    }
    return NULL;
}

struct look {
    struct world *w;
    unsigned node;
    const char *wrong;
};

static int
look(void *cookie, const struct store_latest *row)
{
    struct look *l = cookie;
    struct node_log_status s;
    int i = node_log_find_no(l->w->sim[l->node].node, row->log);

    if (i < 0)
        return 0;
    node_log_status(l->w->sim[l->node].node, (size_t)i, &s);
    if (s.row->disputed && row->index >= s.row->common)
        l->wrong = wrong(l->w, l->node, s.row, "shows a disputed record in its picture");
    return l->wrong != NULL;
}

struct held {
    struct store *store;
    uint32_t no;
};

static bool
range_of(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    const struct held *h = cookie;

    return store_range(h->store, h->no, lo, hi, out);
}

static bool
root_at(struct world *w, unsigned i, const struct store_log *row, uint64_t size, uint8_t root[HASH_BYTES])
{
    struct held h = {w->sim[i].store, row->no};

    return tree_range_root(range_of, &h, 0, size, root) == 0;
}

/* Two honest nodes that hold different stories of one log, one of which may tell the other of it, and neither says so. */
static const char *
check_apart(struct world *w, unsigned i, const struct store_log *row)
{
    for (unsigned k = 0; k < w->conf.nodes; k++) {
        int at = k == i || k == LIAR ? -1 : node_log_find(w->sim[k].node, row->id);
        uint8_t root[2][HASH_BYTES];
        struct node_log_status s;
        uint64_t least;
        if (at < 0)
            continue;
        node_log_status(w->sim[k].node, (size_t)at, &s);
        least = s.row->size < row->size ? s.row->size : row->size;
        if (s.row->frozen || s.row->closed || least == 0 ||
            !may_release(w->roster->member[k].name, row, w->roster) || !root_at(w, i, row, least, root[0]) ||
            !root_at(w, k, s.row, least, root[1]))
            continue;
        if (memcmp(root[0], root[1], HASH_BYTES) != 0)
            return wrong(w, i, row, "holds another story than a peer, and does not say so");
    }
    return NULL;
}

const char *
world_disputes_wrong(struct world *w)
{
    struct evidence e;
    const char *bad;

    for (unsigned i = 0; i < w->conf.nodes && w->lies; i++) {
        struct look l = {.w = w, .node = i};
        if (!members_current(w, i))
            continue;
        for (size_t k = 0; k < node_logs_count(w->sim[i].node); k++) {
            struct node_log_status s;
            node_log_status(w->sim[i].node, k, &s);
            if (i != LIAR && !s.row->frozen && !s.row->closed && (bad = check_apart(w, i, s.row)) != NULL)
                return bad;
            if (!s.row->disputed)
                continue;
            w->figures.disputed += i == 0;
            if ((bad = check_evidence(w, i, s.row, &e)) != NULL || (bad = check_others(w, i, s.row)) != NULL)
                return bad;
        }
        if (store_latest_each(w->sim[i].store, NULL, look, &l) != 0 && l.wrong != NULL)
            return l.wrong;
    }
    return NULL;
}
