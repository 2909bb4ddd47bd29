#include "crypt/sig.h"

#include <sodium.h>

_Static_assert(SIG_BYTES == crypto_sign_BYTES && SIG_KEY_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519");

bool
sig_key_ok(const uint8_t key[SIG_KEY_BYTES])
{
    return crypto_core_ed25519_is_valid_point(key) == 1;
}

bool
sig_verify(const uint8_t key[SIG_KEY_BYTES], struct span message, const uint8_t sig[SIG_BYTES])
{
    return crypto_sign_verify_detached(sig, message.p, message.n, key) == 0;
}

void
sig_sign(const struct secret *seed, struct span message, uint8_t sig[SIG_BYTES])
{
    (void)crypto_sign_detached(sig, NULL, message.p, message.n, secret_signing_pair(seed));
}

void
sig_public(const struct secret *seed, uint8_t key[SIG_KEY_BYTES])
{
    memcpy(key, secret_signing_pair(seed) + SECRET_BYTES, SIG_KEY_BYTES);
}
