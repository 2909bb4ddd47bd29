/*
 * Sealed bodies of named audiences (DESIGN section 5). A log has one key, each record a key of its own derived from it, so that one
 * record can be revealed without the others. A record key exists on the stack of one call and is wiped; log keys are struct secret.
 *
 *   record key = BLAKE2b-256(key = log key, "parallax-body-v1" || log id || salt)
 *   commitment = BLAKE2b-256(key = record key, "parallax-commit-v1" || log id || salt)
 *   sealed     = XChaCha20-Poly1305(record key, nonce = 24 zero bytes, associated data = "parallax-seal-v1" || log id || salt)
 *
 * The nonce may be zero because a key is used once: the salt of a header is random and never used twice in a log. An embargoed record
 * is sealed the same way under the embargo secret of its log in place of the log key.
 */
#ifndef CRYPT_SEAL_H
#define CRYPT_SEAL_H

#include "base/buf.h"
#include "base/span.h"
#include "base/why.h"
#include "crypt/secret.h"

#define SEAL_ID_BYTES         16 /* of a log id, of a salt */
#define SEAL_KEY_BYTES        32
#define SEAL_COMMITMENT_BYTES 32
#define SEAL_TAG_BYTES        16 /* that a sealed body is longer than its plain one */
#define SEAL_WRAPPED_BYTES    80 /* crypto_box_seal of a log key */

/* Which record: its key can open no other. */
struct seal_place {
    uint8_t log[SEAL_ID_BYTES];
    uint8_t salt[SEAL_ID_BYTES];
};

/*
 * Append the sealed ${plain} to ${out} and give the commitment for its header. 0, or -1 with ${why}: BODY_SIZE when the sealed body
 * would pass LIMIT_BODY_BYTES, NO_MEMORY when ${out} cannot hold it. The caller never gives one place two bodies.
 */
int seal_body(const struct secret *log_key, const struct seal_place *place, struct span plain,
              struct buf *out, uint8_t commitment[SEAL_COMMITMENT_BYTES], struct why *why);

/*
 * Append what ${sealed} holds to ${out}. The key must fit ${commitment}, so that two readers cannot be shown two plaintexts. 0, or -1
 * with ${why} (BODY_SEALED, NO_MEMORY) and ${out} as it was. ${sealed} must not lie in ${out}.
 */
int seal_open(const struct secret *log_key, const struct seal_place *place, struct span commitment,
              struct span sealed, struct buf *out, struct why *why);

/* The key of this one record, to be published: it opens that record and tells nothing of any other. */
void seal_reveal(const struct secret *log_key, const struct seal_place *place, uint8_t key[SEAL_KEY_BYTES]);
/* Is ${key} the one that a header with ${commitment} commits to? */
bool seal_fits(const uint8_t key[SEAL_KEY_BYTES], const struct seal_place *place, struct span commitment);
/* seal_open with a key that seal_reveal gave. */
int seal_open_revealed(const uint8_t key[SEAL_KEY_BYTES], const struct seal_place *place,
                       struct span commitment, struct span sealed, struct buf *out, struct why *why);

/* The log key for the holder of ${wrap_key} (X25519, from the roster). 0, or -1: not a key one may use (see secret_curve_key_ok). */
int seal_wrap(const struct secret *log_key, const uint8_t wrap_key[32], uint8_t wrapped[SEAL_WRAPPED_BYTES]);
/* The log key that was wrapped for ${wrap}, the caller's; NULL with ${why} (BODY_SEALED) when it was not, or is damaged. */
struct secret *seal_unwrap(const struct secret *wrap, struct span wrapped, struct why *why);

#endif
