/*
 * An RFC 6962 tree that only grows, as its peaks: the roots of the complete subtrees that make it up, largest first
 * (a compact range). Pure.
 */
#ifndef CORE_TREE_H
#define CORE_TREE_H

#include "base/limit.h"
#include "crypt/hash.h"

struct tree {
    uint64_t size;                                   /* leaves */
    uint8_t peak[LIMIT_PROOF_COUNT + 1][HASH_BYTES]; /* popcount(size) are used */
};

/* A complete subtree whose root became known: 2^level leaves starting at index * 2^level. */
typedef void tree_node_fn(void *cookie, unsigned level, uint64_t index, const uint8_t hash[HASH_BYTES]);

void tree_init(struct tree *t);
unsigned tree_peaks(const struct tree *t); /* number of peaks */
/* Append one leaf hash. ${node} (may be NULL) hears of every subtree of level 8, 16, 24 that this completes (C2SP tile roots). */
void tree_append(struct tree *t, const uint8_t leaf[HASH_BYTES], tree_node_fn *node, void *cookie);
void tree_root(const struct tree *t, uint8_t root[HASH_BYTES]);

/*
 * Does ${proof} (RFC 6962 section 2.1.2, ${n} hashes) show that the tree of ${new_size} leaves with ${new_root} begins with the
 * tree of ${old_size} leaves with ${old_root}? An empty proof is right for equal sizes and for old_size 0.
 */
bool tree_check_consistency(uint64_t old_size, const uint8_t old_root[HASH_BYTES], uint64_t new_size,
                            const uint8_t new_root[HASH_BYTES], const uint8_t (*proof)[HASH_BYTES], size_t n);
bool tree_check_inclusion(uint64_t index, uint64_t size, const uint8_t leaf[HASH_BYTES],
                          const uint8_t root[HASH_BYTES], const uint8_t (*proof)[HASH_BYTES], size_t n);

/*
 * Where proofs get hashes from: the root of leaves [lo, hi), a complete subtree or the right edge of the tree. Returns false when it
 * is not known as a whole; the caller then asks for its two parts (a single leaf must be known).
 */
typedef bool tree_range_fn(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES]);

/* Fill ${proof} (LIMIT_PROOF_COUNT); the number of hashes, or -1 when a needed leaf is not known. old_size <= new_size, index < size. */
int tree_prove_consistency(tree_range_fn *get, void *cookie, uint64_t old_size, uint64_t new_size,
                           uint8_t (*proof)[HASH_BYTES]);
int tree_prove_inclusion(tree_range_fn *get, void *cookie, uint64_t index, uint64_t size,
                         uint8_t (*proof)[HASH_BYTES]);
/* Root of leaves [lo, hi) through ${get}, splitting as RFC 6962 does. 0 or -1. */
int tree_range_root(tree_range_fn *get, void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES]);

#endif
