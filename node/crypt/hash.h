/* SHA-256 from libcrypto (SHA instructions), RFC 6962 section 2.1 leaf and node hashes. Thread-safe. */
#ifndef CRYPT_HASH_H
#define CRYPT_HASH_H

#include "base/span.h"

#define HASH_BYTES 32

void hash_sha256(struct span s, uint8_t out[HASH_BYTES]);
void hash_leaf(struct span entry, uint8_t out[HASH_BYTES]); /* SHA-256(0x00 || entry) */
void hash_node(const uint8_t left[HASH_BYTES], const uint8_t right[HASH_BYTES],
               uint8_t out[HASH_BYTES]);  /* 0x01 */
void hash_empty(uint8_t out[HASH_BYTES]); /* root of no leaves: SHA-256 of nothing */

#endif
