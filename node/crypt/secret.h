/* The only owner of private bytes: guarded memory (sodium_malloc), wiped on free, read-only between uses. */
#ifndef CRYPT_SECRET_H
#define CRYPT_SECRET_H

#include "base/span.h"
#include "base/why.h"

#define SECRET_BYTES 32

struct secret; /* 32 private bytes: an Ed25519 seed, an X25519 or CURVE secret key */

/* Start libsodium; every program calls it once, first. Aborts if it cannot. */
void secret_start(void);
struct secret *secret_new_random(void);
struct secret *secret_new_copy(const uint8_t bytes[SECRET_BYTES]); /* the caller wipes its own copy */
void secret_free(struct secret *s);                                /* wipes; NULL is fine */
const uint8_t *secret_bytes(const struct secret *s); /* valid while the secret lives; never copy, never log */
const uint8_t *
secret_signing_pair(const struct secret *s); /* Ed25519: seed || public key, 64 bytes; for crypt/sig.c */

/*
 * Key files, one key each, mode 0600, owned by the caller's user: one line `parallax-<kind>-key-v1 <base64 of 32 bytes>`.
 * ${kind}: "log", "witness", "steward", "transport", "wrap". secret_save fails when the file is there. secret_load refuses another
 * kind, a group- or world-readable file, and trailing bytes. 0 / pointer, or -1 / NULL with ${why} (CONF_VALUE).
 */
int secret_save(const struct secret *s, const char *kind, const char *path, struct why *why);
struct secret *secret_load(const char *kind, const char *path, struct why *why);

/* CURVE and X25519 public key of a secret (crypto_scalarmult_base). */
void secret_curve_public(const struct secret *s, uint8_t key[32]);
/* Is ${key} a canonical X25519 public key and not of small order (RFC 7748 section 6.1)? */
bool secret_curve_key_ok(const uint8_t key[32]);

#endif
