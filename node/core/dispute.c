/*
 * A log that contradicts itself is held in two parts (DESIGN section 4): what both stories have in common is believed, carried and completed; what lies above
 * is kept aside. Alerts go on to be carried all the same: a person judges them. Pure.
 */
#include "core/evidence.h"
#include "core/node_internal.h"

bool
dispute_has(const struct track *t, uint64_t index)
{
    return t->row.disputed && index >= t->row.common;
}

/* While the class is not known, the lane says as much: class admin turns out at leaf 0. */
static bool
is_alert(const struct track *t)
{
    return t->lane == PARALLAX__V1__LANE__ALERT_LANE &&
           (t->row.class_name[0] == '\0' || strcmp(t->row.class_name, "alert") == 0);
}

bool
dispute_wants(const struct node *n, const struct track *t)
{
    if (!t->row.disputed)
        return false;
    if (t->own != OWN_NONE)
        return t->own == OWN_ENDED && n->listed && t->row.size < t->row.common && t->row.size == t->anchored;
    return t->row.size < t->row.common || is_alert(t);
}

uint64_t
dispute_served(const struct track *t)
{
    if (!t->row.frozen)
        return t->ready;
    if (!t->row.disputed)
        return 0;
    return is_alert(t) || t->ready < t->row.common ? t->ready : t->row.common;
}

int
dispute_evidence(struct node *n, const struct track *t, struct evidence *e)
{
    struct span packed;

    if (n->conf.view.evidence == NULL || n->conf.view.evidence(n->conf.view.cookie, t->row.id, &packed) != 0)
        return -1;
    return evidence_unpack(packed, e);
}

bool
dispute_fits(struct node *n, const struct track *t, const Parallax__V1__Data *d,
             const struct checkpoint *anchor)
{
    struct evidence *e;

    if (d->first >= t->row.common)
        return true;
    e = action_memory(n, sizeof(*e));
    return d->first + d->n_headers <= t->row.common && dispute_evidence(n, t, e) == 0 &&
           anchor->size == e->older.size && memcmp(anchor->root, e->older.root, HASH_BYTES) == 0;
}

/* Hashes of a proof by the leaves that they stand for. */
struct known {
    struct node *n;
    const struct track *t;
    uint64_t common;
    size_t count;
    uint64_t lo[LIMIT_PROOF_COUNT], hi[LIMIT_PROOF_COUNT];
    const uint8_t (*hash)[HASH_BYTES];
};

/* Records the leaves of each hash that a proof needs, in the order in which it is asked for. */
static bool
note_range(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    struct known *k = cookie;

    memset(out, 0, HASH_BYTES);
    if (k->count < LIMIT_PROOF_COUNT) {
        k->lo[k->count] = lo;
        k->hi[k->count++] = hi;
    }
    return true;
}

static bool
get_range(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    const struct known *k = cookie;

    for (size_t i = 0; i < k->count; i++) {
        if (k->lo[i] == lo && k->hi[i] == hi) {
            memcpy(out, k->hash[k->count - 1 - i], HASH_BYTES); /* a proof is told from its end */
            return true;
        }
    }
    return hi <= k->common && k->n->conf.view.range(k->n->conf.view.cookie, k->t->row.no, lo, hi, out);
}

int
dispute_prove(struct node *n, const struct track *t, uint64_t size, struct checkpoint *anchor,
              uint8_t (*proof)[HASH_BYTES])
{
    struct evidence *e = action_memory(n, sizeof(*e));
    struct known *k = action_memory(n, sizeof(*k));
    uint8_t scratch[LIMIT_PROOF_COUNT][HASH_BYTES];

    if (dispute_evidence(n, t, e) != 0 || size > e->common.size)
        return -1;
    *anchor = e->older;
    k->n = n;
    k->t = t;
    k->common = e->common.size;
    k->hash = (const uint8_t(*)[HASH_BYTES])e->common.older;
    if (tree_prove_consistency(note_range, k, e->common.size, e->older.size, scratch) !=
        (int)e->common.older_n)
        return -1;
    return tree_prove_consistency(get_range, k, size, e->older.size, proof);
}

void
dispute_begin(struct node *n, struct track *t, const struct evidence *e)
{
    uint8_t root[HASH_BYTES];
    uint64_t size = e->common.size;

    /* Of a third story nothing is known to be in common with the other two. */
    if (size != 0 && size <= t->ready &&
        (node_range_root(n, t, 0, size, root) != 0 || memcmp(root, e->common.root, HASH_BYTES) != 0))
        size = 0;
    if (t->row.disputed && size <= t->row.common)
        return; /* nothing new: nobody makes us look at everything again */
    t->row.frozen = t->row.disputed = t->row.refill = true;
    t->row.common = size;
    t->refill_begun = false;
}
