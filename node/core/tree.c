#include "core/tree.h"

#include <assert.h>

#define TILE_LEVELS 8 /* C2SP tlog-tiles: a tile is 256 hashes wide */
/* A consistency proof takes one hash more than the tree is high: with this, LIMIT_PROOF_COUNT holds it. */
#define LEAVES_MAX ((uint64_t)1 << (LIMIT_PROOF_COUNT - 1))

void
tree_init(struct tree *t)
{
    *t = (struct tree){0};
}

unsigned
tree_peaks(const struct tree *t)
{
    return (unsigned)__builtin_popcountll(t->size);
}

void
tree_append(struct tree *t, const uint8_t leaf[HASH_BYTES], tree_node_fn *node, void *cookie)
{
    unsigned n = tree_peaks(t);
    unsigned level = 0;

    assert(t->size < LEAVES_MAX);
    memcpy(t->peak[n], leaf, HASH_BYTES);
    /* Each one bit at the end of the size is a peak as large as the new one: together they make the next
     * level. */
    for (uint64_t bits = t->size; (bits & 1) != 0; bits >>= 1) {
        level++;
        n--;
        hash_node(t->peak[n], t->peak[n + 1], t->peak[n]);
        if (node != NULL && level % TILE_LEVELS == 0)
            node(cookie, level, t->size >> level, t->peak[n]);
    }
    t->size++;
}

void
tree_root(const struct tree *t, uint8_t root[HASH_BYTES])
{
    unsigned n = tree_peaks(t);

    if (n == 0) {
        hash_empty(root);
        return;
    }
    memcpy(root, t->peak[--n], HASH_BYTES);
    while (n > 0)
        hash_node(t->peak[--n], root, root);
}

static bool
is_equal(const uint8_t a[HASH_BYTES], const uint8_t b[HASH_BYTES])
{
    return memcmp(a, b, HASH_BYTES) == 0;
}

/* RFC 9162 section 2.1.3.2. */
bool
tree_check_inclusion(uint64_t index, uint64_t size, const uint8_t leaf[HASH_BYTES],
                     const uint8_t root[HASH_BYTES], const uint8_t (*proof)[HASH_BYTES], size_t n)
{
    uint8_t hash[HASH_BYTES];
    uint64_t fn = index;
    uint64_t sn;

    if (index >= size || n > LIMIT_PROOF_COUNT)
        return false;
    sn = size - 1;
    memcpy(hash, leaf, HASH_BYTES);
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            hash_node(proof[i], hash, hash);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash_node(hash, proof[i], hash);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && is_equal(hash, root);
}

/* RFC 9162 section 2.1.4.2 from step 4 on: ${old} is the old root as rebuilt, ${new} the new one. */
static bool
fold_consistency(uint64_t fn, uint64_t sn, const uint8_t (*proof)[HASH_BYTES], size_t n,
                 uint8_t old[HASH_BYTES], uint8_t new[HASH_BYTES])
{
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            hash_node(proof[i], old, old);
            hash_node(proof[i], new, new);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash_node(new, proof[i], new);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

bool
tree_check_consistency(uint64_t old_size, const uint8_t old_root[HASH_BYTES], uint64_t new_size,
                       const uint8_t new_root[HASH_BYTES], const uint8_t (*proof)[HASH_BYTES], size_t n)
{
    uint8_t old[HASH_BYTES];
    uint8_t new[HASH_BYTES];
    uint64_t fn = old_size - 1;
    uint64_t sn = new_size - 1;
    const uint8_t *first = old_root;

    if (old_size > new_size || n > LIMIT_PROOF_COUNT)
        return false;
    if (old_size == new_size)
        return n == 0 && is_equal(old_root, new_root);
    if (old_size == 0)
        return n == 0;
    if (n == 0)
        return false;
    /* A complete old tree is a node of the new one: its root is not repeated in the proof. */
    if ((old_size & (old_size - 1)) != 0) {
        first = proof[0];
        proof++;
        n--;
    }
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    memcpy(old, first, HASH_BYTES);
    memcpy(new, first, HASH_BYTES);
    return fold_consistency(fn, sn, proof, n, old, new) && is_equal(old, old_root) && is_equal(new, new_root);
}

/* The largest power of two below ${n}, which is 2 or more: where RFC 6962 section 2.1 splits. */
static uint64_t
split_at(uint64_t n)
{
    return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

int
tree_range_root(tree_range_fn *get, void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    uint8_t right[HASH_BYTES];
    uint64_t middle;

    assert(lo <= hi);
    if (lo == hi) {
        hash_empty(out);
        return 0;
    }
    if (get(cookie, lo, hi, out))
        return 0;
    if (hi - lo == 1)
        return -1;
    middle = lo + split_at(hi - lo);
    if (tree_range_root(get, cookie, lo, middle, out) != 0 ||
        tree_range_root(get, cookie, middle, hi, right) != 0)
        return -1;
    hash_node(out, right, out);
    return 0;
}

static void
reverse(uint8_t (*proof)[HASH_BYTES], int n)
{
    for (int i = 0; i < n / 2; i++) {
        uint8_t swap[HASH_BYTES];

        memcpy(swap, proof[i], HASH_BYTES);
        memcpy(proof[i], proof[n - 1 - i], HASH_BYTES);
        memcpy(proof[n - 1 - i], swap, HASH_BYTES);
    }
}

/* RFC 6962 section 2.1.2, SUBPROOF walked down from the root, so in reverse. */
int
tree_prove_consistency(tree_range_fn *get, void *cookie, uint64_t old_size, uint64_t new_size,
                       uint8_t (*proof)[HASH_BYTES])
{
    uint64_t lo = 0;
    uint64_t hi = new_size;
    int n = 0;

    assert(old_size <= new_size && new_size <= LEAVES_MAX);
    if (old_size == 0 || old_size == new_size)
        return 0;
    while (hi != old_size) {
        uint64_t middle = lo + split_at(hi - lo);
        bool left = old_size <= middle;

        if (tree_range_root(get, cookie, left ? middle : lo, left ? hi : middle, proof[n]) != 0)
            return -1;
        n++;
        if (left)
            hi = middle;
        else
            lo = middle;
    }
    if (lo != 0) {
        if (tree_range_root(get, cookie, lo, hi, proof[n]) != 0)
            return -1;
        n++;
    }
    reverse(proof, n);
    return n;
}

/* RFC 6962 section 2.1.1, PATH walked down from the root, so in reverse. */
int
tree_prove_inclusion(tree_range_fn *get, void *cookie, uint64_t index, uint64_t size,
                     uint8_t (*proof)[HASH_BYTES])
{
    uint64_t lo = 0;
    uint64_t hi = size;
    int n = 0;

    assert(index < size && size <= LEAVES_MAX);
    while (hi - lo > 1) {
        uint64_t middle = lo + split_at(hi - lo);
        bool left = index < middle;

        if (tree_range_root(get, cookie, left ? middle : lo, left ? hi : middle, proof[n]) != 0)
            return -1;
        n++;
        if (left)
            hi = middle;
        else
            lo = middle;
    }
    reverse(proof, n);
    return n;
}
