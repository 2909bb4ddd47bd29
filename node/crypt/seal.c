/* Any thread: nothing here outlives a call. */
#include "crypt/seal.h"

#include <sodium.h>

#include "base/limit.h"

_Static_assert(SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "XChaCha20-Poly1305 key");
_Static_assert(SEAL_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "Poly1305 tag");
_Static_assert(SEAL_WRAPPED_BYTES == SECRET_BYTES + crypto_box_SEALBYTES, "a wrapped key");
_Static_assert(SEAL_KEY_BYTES == SECRET_BYTES && SECRET_BYTES <= crypto_generichash_KEYBYTES_MAX,
               "BLAKE2b key");

#define LABEL_SEAL  "parallax-seal-v1"
#define LABEL_BYTES (sizeof LABEL_SEAL - 1)
#define BOUND_BYTES (LABEL_BYTES + 2 * SEAL_ID_BYTES) /* associated data */

static const uint8_t
    nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES]; /* zero: a record key is used once */

/* BLAKE2b-256(key, label || log id || salt). */
static void
derive(const uint8_t key[SEAL_KEY_BYTES], const char *label, const struct seal_place *place, uint8_t out[32])
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, key, SEAL_KEY_BYTES, 32);
    (void)crypto_generichash_update(&state, (const uint8_t *)label, strlen(label));
    (void)crypto_generichash_update(&state, place->log, SEAL_ID_BYTES);
    (void)crypto_generichash_update(&state, place->salt, SEAL_ID_BYTES);
    (void)crypto_generichash_final(&state, out, 32);
    sodium_memzero(&state, sizeof state);
}

static void
commit(const uint8_t key[SEAL_KEY_BYTES], const struct seal_place *place, uint8_t out[SEAL_COMMITMENT_BYTES])
{
    derive(key, "parallax-commit-v1", place, out);
}

static void
bind(const struct seal_place *place, uint8_t bound[BOUND_BYTES])
{
    memcpy(bound, LABEL_SEAL, LABEL_BYTES);
    memcpy(bound + LABEL_BYTES, place->log, SEAL_ID_BYTES);
    memcpy(bound + LABEL_BYTES + SEAL_ID_BYTES, place->salt, SEAL_ID_BYTES);
}

void
seal_reveal(const struct secret *log_key, const struct seal_place *place, uint8_t key[SEAL_KEY_BYTES])
{
    derive(secret_bytes(log_key), "parallax-body-v1", place, key);
}

int
seal_body(const struct secret *log_key, const struct seal_place *place, struct span plain, struct buf *out,
          uint8_t commitment[SEAL_COMMITMENT_BYTES], struct why *why)
{
    uint8_t key[SEAL_KEY_BYTES];
    uint8_t bound[BOUND_BYTES];
    uint8_t *sealed;

    if (plain.n > LIMIT_BODY_BYTES - SEAL_TAG_BYTES)
        return why_set(why, WHY_BODY_SIZE, 0, 0, NULL, "%zu bytes: a body to be sealed has at most %d",
                       plain.n, LIMIT_BODY_BYTES - SEAL_TAG_BYTES);
    sealed = buf_add(out, plain.n + SEAL_TAG_BYTES);
    if (sealed == NULL)
        return why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no room for a sealed body");
    bind(place, bound);
    seal_reveal(log_key, place, key);
    commit(key, place, commitment);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, plain.p, plain.n, bound, sizeof bound,
                                                     NULL, nonce, key); /* 0 always */
    sodium_memzero(key, sizeof key);
    return 0;
}

bool
seal_fits(const uint8_t key[SEAL_KEY_BYTES], const struct seal_place *place, struct span commitment)
{
    uint8_t want[SEAL_COMMITMENT_BYTES];

    commit(key, place, want);
    return commitment.n == sizeof want && sodium_memcmp(commitment.p, want, sizeof want) == 0;
}

int
seal_open_revealed(const uint8_t key[SEAL_KEY_BYTES], const struct seal_place *place, struct span commitment,
                   struct span sealed, struct buf *out, struct why *why)
{
    uint8_t bound[BOUND_BYTES];
    uint8_t none; /* where the nothing of an empty body goes */
    uint8_t *plain = &none;
    size_t before = out->n;

    if (sealed.n < SEAL_TAG_BYTES)
        return why_set(why, WHY_BODY_SEALED, 0, 0, NULL, "%zu bytes: too short for a sealed body", sealed.n);
    if (!seal_fits(key, place, commitment))
        return why_set(why, WHY_BODY_SEALED, 0, 0, NULL, "the key is not the one that the header commits to");
    if (sealed.n > SEAL_TAG_BYTES && (plain = buf_add(out, sealed.n - SEAL_TAG_BYTES)) == NULL)
        return why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no room for an unsealed body");
    bind(place, bound);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed.p, sealed.n, bound, sizeof bound,
                                                   nonce, key) == 0)
        return 0;
    out->n = before;
    return why_set(why, WHY_BODY_SEALED, 0, 0, NULL, "the sealed body is damaged, or of another record");
}

int
seal_open(const struct secret *log_key, const struct seal_place *place, struct span commitment,
          struct span sealed, struct buf *out, struct why *why)
{
    uint8_t key[SEAL_KEY_BYTES];
    int status;

    seal_reveal(log_key, place, key);
    status = seal_open_revealed(key, place, commitment, sealed, out, why);
    sodium_memzero(key, sizeof key);
    return status;
}

int
seal_wrap(const struct secret *log_key, const uint8_t wrap_key[32], uint8_t wrapped[SEAL_WRAPPED_BYTES])
{
    if (!secret_curve_key_ok(wrap_key))
        return -1;
    return crypto_box_seal(wrapped, secret_bytes(log_key), SECRET_BYTES, wrap_key);
}

struct secret *
seal_unwrap(const struct secret *wrap, struct span wrapped, struct why *why)
{
    uint8_t public_key[32];
    uint8_t key[SECRET_BYTES];
    struct secret *s = NULL;

    secret_curve_public(wrap, public_key);
    if (wrapped.n == SEAL_WRAPPED_BYTES &&
        crypto_box_seal_open(key, wrapped.p, wrapped.n, public_key, secret_bytes(wrap)) == 0)
        s = secret_new_copy(key);
    else
        (void)why_set(why, WHY_BODY_SEALED, 0, 0, NULL,
                      "the key of the log is not wrapped for this node's wrap key");
    sodium_memzero(key, sizeof key);
    return s;
}
