/*
 * Where two stories of a log part (DESIGN section 4): one peer is asked for proofs from sizes of ours to its head, until the last size is known that both
 * have in common, and proved for both. Pure.
 */
#include "core/evidence.h"
#include "core/node_internal.h"
#include <stdlib.h>

#define STEPS_MAX 64
#define TRIES_MAX 3 /* a question that is not answered is asked again */

struct bisect {
    struct checkpoint mine, theirs; /* theirs.size 0: not known yet */
    struct evidence e;
    bool paired;     /* e shows that they contradict each other */
    uint64_t lo, hi; /* common, and not: 0 of them are not known */
    uint8_t lo_root[HASH_BYTES], lo_path[LIMIT_PROOF_COUNT][HASH_BYTES]; /* lo -> theirs */
    uint32_t lo_path_n;
    unsigned steps, tries;
};

void
bisect_end(struct track *t)
{
    free(t->bisect);
    t->bisect = NULL;
    t->ask.busy = false;
}

static void
ask(struct node *n, struct track *t, struct link *l, uint64_t size)
{
    if (t->bisect->steps++ >= STEPS_MAX) {
        bisect_end(t);
        return;
    }
    t->bisect->tries = 0;
    fork_ask(n, l, t, size, t->bisect->theirs.size);
}

void
bisect_begin(struct node *n, struct track *t, struct link *l)
{
    struct checkpoint mine;

    if (l->lane != t->lane || l->state != LINK_OPEN || t->bisect != NULL || t->ask.busy ||
        ((t->told >> l->member & 1) == 0 && !may_release(l->peer, &t->row, n->roster)))
        return;
    mine = fork_held_head(n, t);
    if (mine.size == 0)
        return;
    t->bisect = mem_new(sizeof(*t->bisect));
    t->bisect->mine = mine;
    t->bisect->hi = mine.size;
    ask(n, t, l, 1);
}

/* All is known: the last common size is lo. */
static void
finish(struct node *n, struct track *t, struct link *l)
{
    struct bisect *b = t->bisect;
    struct evidence *e = action_memory(n, sizeof(*e));
    struct evidence_common *c = &e->common;
    bool older = b->e.older.size == b->mine.size && memcmp(b->e.older.root, b->mine.root, HASH_BYTES) == 0;
    int count = 0;

    *e = b->e;
    c->size = b->lo;
    if (b->lo != 0) {
        memcpy(c->root, b->lo_root, HASH_BYTES);
        count = node_prove_consistency(n, t, b->lo, b->mine.size, older ? c->older : c->newer);
        memcpy(older ? c->newer : c->older, b->lo_path, sizeof(b->lo_path));
        c->older_n = older ? (uint32_t)count : b->lo_path_n;
        c->newer_n = older ? b->lo_path_n : (uint32_t)count;
    }
    bisect_end(t);
    if (count >= 0)
        fork_common(n, t, l, e);
}

static void
next(struct node *n, struct track *t, struct link *l)
{
    struct bisect *b = t->bisect;

    if (!b->paired)
        ask(n, t, l, b->mine.size);
    else if (b->hi - b->lo > 1)
        ask(n, t, l, b->lo + (b->hi - b->lo) / 2);
    else
        finish(n, t, l);
}

static void
set_pair(struct bisect *b, const struct track *t, const uint8_t prefix[HASH_BYTES])
{
    bool older = b->mine.size < b->theirs.size;

    evidence_set(t->row.origin, older ? &b->mine : &b->theirs, older ? &b->theirs : &b->mine, prefix, &b->e);
    b->paired = true;
}

/* Their head is not above ours: our own leaves show whether the two agree. -1: they do. */
static int
pair_below(struct node *n, struct track *t)
{
    struct bisect *b = t->bisect;
    uint8_t root[HASH_BYTES];
    int count;

    if (node_range_root(n, t, 0, b->theirs.size, root) != 0 || memcmp(root, b->theirs.root, HASH_BYTES) == 0)
        return -1;
    set_pair(b, t, root);
    count = node_prove_consistency(n, t, b->theirs.size, b->mine.size, b->e.path);
    if (count < 0)
        return -1;
    b->e.path_n = (uint32_t)count;
    b->hi = b->theirs.size;
    return 0;
}

/* -1: it leads nowhere. */
static int
take(struct node *n, struct track *t, uint64_t size, const struct evidence *in)
{
    struct bisect *b = t->bisect;
    uint8_t root[HASH_BYTES];

    if (b->theirs.size == 0) {
        b->theirs = in->newer;
        if (b->theirs.size <= b->mine.size && pair_below(n, t) != 0)
            return -1;
    } else if (b->theirs.size != in->newer.size || memcmp(b->theirs.root, in->newer.root, HASH_BYTES) != 0) {
        return -1; /* it tells more by now: another time */
    }
    if (node_range_root(n, t, 0, size, root) != 0)
        return -1;
    if (memcmp(root, in->prefix_root, HASH_BYTES) != 0) {
        b->hi = size < b->hi ? size : b->hi;
    } else if (size > b->lo) {
        b->lo = size;
        memcpy(b->lo_root, root, HASH_BYTES);
        memcpy(b->lo_path, in->path, sizeof(b->lo_path));
        b->lo_path_n = in->path_n;
    }
    if (!b->paired && size == b->mine.size) {
        if (b->lo == size)
            return -1; /* theirs goes on where ours ends */
        set_pair(b, t, in->prefix_root);
        memcpy(b->e.path, in->path, sizeof(b->e.path));
        b->e.path_n = in->path_n;
    }
    return b->lo < b->hi ? 0 : -1;
}

void
bisect_answer(struct node *n, struct track *t, struct link *l, const struct evidence *in)
{
    t->ask.busy = false;
    if (take(n, t, t->ask.old_size, in) != 0)
        bisect_end(t);
    else
        next(n, t, l);
}

void
bisect_late(struct node *n, struct track *t)
{
    struct link *l = node_link(n, t->ask.link);

    if (l == NULL || l->state != LINK_OPEN || ++t->bisect->tries >= TRIES_MAX)
        bisect_end(t);
    else
        fork_ask(n, l, t, t->ask.old_size, t->bisect->theirs.size);
}
