/*
 * Two signed heads of one log that cannot both be true (DESIGN sections 1.5 and 4), as a FORK frame, as a value and as a text that
 * anybody verifies offline: the older head, the newer one, and the path that shows which root the newer one has at the size of the
 * older. Pure.
 */
#ifndef CORE_EVIDENCE_H
#define CORE_EVIDENCE_H

#include "core/roster.h"
#include "peer.pb-c.h"

#define EVIDENCE_MAGIC      "parallax-contradiction/v1" /* first line of the text */
#define EVIDENCE_TEXT_BYTES 8192                        /* 63 hashes and two notes take less */

struct evidence {
    char origin[LIMIT_NAME_BYTES + 1];
    struct checkpoint older, newer;  /* older.size <= newer.size */
    uint8_t prefix_root[HASH_BYTES]; /* of the newer tree at older.size */
    uint32_t path_n;
    uint8_t path[LIMIT_PROOF_COUNT][HASH_BYTES]; /* older.size -> newer.size, in the newer tree */
    struct evidence_common {                     /* leaves that both heads have; size 0: not known */
        uint64_t size;
        uint8_t root[HASH_BYTES];
        uint32_t older_n, newer_n;
        uint8_t older[LIMIT_PROOF_COUNT][HASH_BYTES]; /* size -> older.size */
        uint8_t newer[LIMIT_PROOF_COUNT][HASH_BYTES]; /* size -> newer.size */
    } common;
};

/* Shapes only. 0 or -1 with ${why} (HEAD_SHAPE, PROOF_BAD). */
int evidence_take(const Parallax__V1__Fork *in, struct evidence *out, struct why *why);
/* Two heads and the root of the newer one's tree at the size of the older; no path, nothing in common. */
void evidence_set(const char *origin, const struct checkpoint *older, const struct checkpoint *newer,
                  const uint8_t prefix[HASH_BYTES], struct evidence *e);
/* Pack it as a Fork message. */
void evidence_pack(const struct evidence *e, struct buf *out);
/* Unpack what evidence_pack() made. 0 or -1. */
int evidence_unpack(struct span bytes, struct evidence *out);

/*
 * Does it show that ${e}->origin contradicted itself? Both heads are of one log and signed by log keys that ${roster} lists for it, and the path binds a root at
 * the older size that is not the one that the older head names; and what it says that both have in common, both have. 0 or -1 with ${why} (HEAD_KEY, HEAD_SIGNATURE, PROOF_BAD).
 */
int evidence_check(const struct evidence *e, const struct roster *roster, struct why *why);

void evidence_print(const struct evidence *e, const char *federation, struct buf *out);
bool evidence_is(struct span text);
/* Read a text. Every byte counts: anything that is not exactly what evidence_print() makes is refused. 0 or -1 with ${why}. */
int evidence_parse(struct span text, const char *federation, struct evidence *out, struct why *why);

/* Hashes of the wire, at most LIMIT_PROOF_COUNT. 0 or -1 with ${why} (PROOF_BAD). */
int evidence_path_take(const ProtobufCBinaryData *in, size_t n, uint8_t (*out)[HASH_BYTES], uint32_t *out_n,
                       struct why *why);
/* A checkpoint of the wire. 0 or -1 with ${why} (HEAD_SHAPE). */
int evidence_checkpoint_take(const Parallax__V1__Checkpoint *in, struct checkpoint *out, struct why *why);
/* Borrows from ${c}. */
void evidence_checkpoint_put(const struct checkpoint *c, Parallax__V1__Checkpoint *out);

#endif
