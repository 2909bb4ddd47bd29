/*
 * Ed25519 as DESIGN section 3 fixes it: S < L, no small-order R or A, cofactorless, never in batches. libsodium 1.0.18
 * does that. Public keys that are not canonical points of the prime-order group are refused by sig_key_ok.
 */
#ifndef CRYPT_SIG_H
#define CRYPT_SIG_H

#include "base/span.h"
#include "crypt/secret.h"

#define SIG_BYTES     64
#define SIG_KEY_BYTES 32

bool sig_key_ok(const uint8_t key[SIG_KEY_BYTES]);
bool sig_verify(const uint8_t key[SIG_KEY_BYTES], struct span message, const uint8_t sig[SIG_BYTES]);
void sig_sign(const struct secret *seed, struct span message, uint8_t sig[SIG_BYTES]);
void sig_public(const struct secret *seed, uint8_t key[SIG_KEY_BYTES]);

#endif
