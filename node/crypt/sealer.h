/*
 * All that a node does with the keys of its sealed logs, behind one owner of its wrap key (DESIGN section 5, docs/decisions/0009). A log's key is named
 * by the bytes that wrap it for this node: beside a cache there is no state, and nothing to be lost. The daemon runs this in a role of its own.
 */
#ifndef CRYPT_SEALER_H
#define CRYPT_SEALER_H

#include "crypt/seal.h"

struct sealer;

enum sealer_op {
    SEALER_SEAL,  /* in = plain; out = sealed, commitment */
    SEALER_OPEN,  /* in = sealed, commitment; out = plain */
    SEALER_REVEAL /* key = that of this record */
};

struct sealer_item {
    enum sealer_op op;
    bool embargo; /* under the embargo secret of the log instead of its key: only its origin has that */
    struct span wrapped; /* the log's key; not looked at with embargo */
    struct seal_place place;
    struct span in;
    uint8_t commitment[SEAL_COMMITMENT_BYTES]; /* told to OPEN and to REVEAL, made by SEAL */
    /* what came of it */
    struct why why;    /* NONE: done */
    size_t out, out_n; /* where in the caller's buffer */
    uint8_t key[SEAL_KEY_BYTES];
};

/* Takes ${wrap} over: the present key, under which embargoes are sealed. */
struct sealer *sealer_new(struct secret *wrap);
void sealer_free(struct sealer *s);
/* Takes over a key that was the present one before: it opens what was sealed for it. 0, or -1 when LIMIT_WRAP_KEY_COUNT are held: it is freed. */
int sealer_add_old(struct sealer *s, struct secret *old);
/* The public halves of all, the present one first; their number. */
size_t sealer_keys(const struct sealer *s, uint8_t (*out)[32], size_t max);

/* Do each item by itself; what it makes is appended to ${out}. Reasons: BODY_SEALED, BODY_SIZE, NO_MEMORY. */
void sealer_items(struct sealer *s, struct sealer_item *items, size_t n, struct buf *out);

/*
 * Wrap a log key for ${n} X25519 keys: the one that ${wrapped} names, or, when that is empty, a new one. 0, or -1 with ${why} when it is not
 * this node's to give or one of the keys is none.
 */
int sealer_wrap(struct sealer *s, struct span wrapped, const uint8_t (*to)[32], size_t n,
                uint8_t (*out)[SEAL_WRAPPED_BYTES], struct why *why);

#endif
