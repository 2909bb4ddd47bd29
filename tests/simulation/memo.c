#include "memo.h"
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SLOTS         8192 /* a power of two */
#define MESSAGE_BYTES 512  /* longer ones are not kept */

struct slot {
    bool used;
    int answer;
    size_t n;
    uint8_t key[crypto_sign_PUBLICKEYBYTES], sig[crypto_sign_BYTES], message[MESSAGE_BYTES];
};

static struct slot slots[SLOTS];

int __real_crypto_sign_verify_detached(const uint8_t *sig, const uint8_t *m, unsigned long long n,
                                       const uint8_t *key);
int __wrap_crypto_sign_verify_detached(const uint8_t *sig, const uint8_t *m, unsigned long long n,
                                       const uint8_t *key);

int __real_crypto_sign_detached(uint8_t *sig, unsigned long long *sig_n, const uint8_t *m,
                                unsigned long long n, const uint8_t *pair);
int __wrap_crypto_sign_detached(uint8_t *sig, unsigned long long *sig_n, const uint8_t *m,
                                unsigned long long n, const uint8_t *pair);

struct point {
    bool used;
    int answer;
    uint8_t key[crypto_core_ed25519_BYTES];
};

static struct point points[256]; /* keys of a roster are read again with each of its versions */

int __real_crypto_core_ed25519_is_valid_point(const uint8_t *p);
int __wrap_crypto_core_ed25519_is_valid_point(const uint8_t *p);

int
__wrap_crypto_core_ed25519_is_valid_point(const uint8_t *p)
{
    struct point *at = &points[p[0]];

    if (at->used && memcmp(at->key, p, sizeof(at->key)) == 0)
        return at->answer;
    at->used = true;
    at->answer = __real_crypto_core_ed25519_is_valid_point(p);
    memcpy(at->key, p, sizeof(at->key));
    return at->answer;
}

void
memo_clear(void)
{
    memset(points, 0, sizeof(points));
    for (size_t i = 0; i < SLOTS; i++)
        slots[i].used = false;
}

/* Where it stands, or would: one place a signature, and the newer takes it. */
static struct slot *
place(const uint8_t *sig, const uint8_t *key)
{
    uint64_t at, k;

    memcpy(&at, sig, sizeof(at));
    memcpy(&k, key, sizeof(k));
    return &slots[(at ^ k) % SLOTS];
}

static bool
stands(const struct slot *s, const uint8_t *sig, const uint8_t *m, size_t n, const uint8_t *key)
{
    return s->used && s->n == n && memcmp(s->key, key, sizeof(s->key)) == 0 &&
           memcmp(s->sig, sig, sizeof(s->sig)) == 0 && memcmp(s->message, m, n) == 0;
}

static void
keep(const uint8_t *sig, const uint8_t *m, size_t n, const uint8_t *key, int answer)
{
    struct slot *s = place(sig, key);

    if (n > MESSAGE_BYTES)
        return;
    s->used = true;
    s->answer = answer;
    s->n = n;
    memcpy(s->key, key, sizeof(s->key));
    memcpy(s->sig, sig, sizeof(s->sig));
    memcpy(s->message, m, n);
}

int
__wrap_crypto_sign_verify_detached(const uint8_t *sig, const uint8_t *m, unsigned long long n,
                                   const uint8_t *key)
{
    const struct slot *s = place(sig, key);
    int answer;

    if (stands(s, sig, m, n, key))
        return s->answer;
    answer = __real_crypto_sign_verify_detached(sig, m, n, key);
    keep(sig, m, n, key, answer);
    return answer;
}

/* What this process signs with a key pair verifies with its public half, which is the end of it: one of 16 is checked all the same. */
int
__wrap_crypto_sign_detached(uint8_t *sig, unsigned long long *sig_n, const uint8_t *m, unsigned long long n,
                            const uint8_t *pair)
{
    int rc = __real_crypto_sign_detached(sig, sig_n, m, n, pair);

    if (rc == 0 && sig[0] % 16 != 0)
        keep(sig, m, n, pair + crypto_sign_SEEDBYTES, 0);
    return rc;
}
