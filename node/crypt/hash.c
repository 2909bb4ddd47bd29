/* The one-shot SHA256() of OpenSSL 3 fetches its provider at each call, about a microsecond; the low-level
 * calls do not. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypt/hash.h"

#include <openssl/sha.h>

_Static_assert(HASH_BYTES == SHA256_DIGEST_LENGTH, "SHA-256");

static void
digest(const uint8_t *prefix, struct span a, struct span b, uint8_t out[HASH_BYTES])
{
    SHA256_CTX ctx;

    SHA256_Init(&ctx); /* these return 1 always */
    if (prefix != NULL)
        SHA256_Update(&ctx, prefix, 1);
    if (a.n > 0)
        SHA256_Update(&ctx, a.p, a.n);
    if (b.n > 0)
        SHA256_Update(&ctx, b.p, b.n);
    SHA256_Final(out, &ctx);
}

void
hash_sha256(struct span s, uint8_t out[HASH_BYTES])
{
    digest(NULL, s, span_of(NULL, 0), out);
}

void
hash_leaf(struct span entry, uint8_t out[HASH_BYTES])
{
    static const uint8_t prefix = 0x00;

    digest(&prefix, entry, span_of(NULL, 0), out);
}

void
hash_node(const uint8_t left[HASH_BYTES], const uint8_t right[HASH_BYTES], uint8_t out[HASH_BYTES])
{
    static const uint8_t prefix = 0x01;

    digest(&prefix, span_of(left, HASH_BYTES), span_of(right, HASH_BYTES), out);
}

void
hash_empty(uint8_t out[HASH_BYTES])
{
    digest(NULL, span_of(NULL, 0), span_of(NULL, 0), out);
}
