#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

#include "base/text.h"
#include "crypt/sig.h"

/* RFC 8032 section 7.1, tests 1 and 2. */
static const struct {
    const char *seed, *key, *message, *signature;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f"
     "0595bbe2465"
     "5141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2ea"
     "eb4302aeeb0"
     "0d291612bb0c00"},
};

/* Points of small order, in canonical and other encodings (low-order points of edwards25519, all y values).
 */
static const char *const small[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};
#define SMALL_COUNT (sizeof small / sizeof *small)

static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

static void
unhex(const char *hex, uint8_t *out, size_t n)
{
    assert_int_equal(text_unhex(span_str(hex), out, n), 0);
}

static int
start(void **state)
{
    secret_start();
    return 0;
}

static void
signatures_are_those_of_rfc_8032(void **state)
{
    for (size_t i = 0; i < 2; i++) {
        struct span message = span_str(vectors[i].message);
        uint8_t seed[32];
        uint8_t key[32];
        uint8_t want[64];
        uint8_t got[64];
        struct secret *s;

        unhex(vectors[i].seed, seed, 32);
        s = secret_new_copy(seed);
        unhex(vectors[i].key, want, 32);
        sig_public(s, key);
        assert_memory_equal(key, want, 32);
        assert_true(sig_key_ok(key));
        unhex(vectors[i].signature, want, 64);
        sig_sign(s, message, got);
        assert_memory_equal(got, want, 64);
        assert_true(sig_verify(key, message, got));
        secret_free(s);
    }
}

static void
every_flipped_bit_of_key_message_or_signature_is_refused(void **state)
{
    struct secret *s = secret_new_random();
    uint8_t message[20] = "what the origin says";
    uint8_t key[32];
    uint8_t sig[64];
    struct {
        uint8_t *p;
        size_t n;
    } parts[] = {{key, 32}, {sig, 64}, {message, sizeof message}};

    sig_public(s, key);
    sig_sign(s, span_of(message, sizeof message), sig);
    assert_true(sig_verify(key, span_of(message, sizeof message), sig));
    for (size_t k = 0; k < 3; k++) {
        for (size_t bit = 0; bit < parts[k].n * 8; bit++) {
            parts[k].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(sig_verify(key, span_of(message, sizeof message), sig));
            parts[k].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    assert_false(sig_verify(key, span_of(message, sizeof message - 1), sig));
    secret_free(s);
}

/* S + L signs the same: a second signature for anyone to make, refused by RFC 8032 section 5.1.7. */
static void
an_s_of_the_group_order_or_more_is_refused(void **state)
{
    struct secret *s = secret_new_random();
    struct span message = span_str("m");
    uint8_t key[32];
    uint8_t sig[64];
    unsigned carry = 0;

    sig_public(s, key);
    sig_sign(s, message, sig);
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)sig[32 + i] + order[i];
        sig[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_false(sig_verify(key, message, sig));
    secret_free(s);
}

/* With A of order 1 the equation S B = R + h A holds for S = 0, R = 0 and any message. */
static void
keys_of_small_order_verify_nothing(void **state)
{
    uint8_t sig[64] = {1}; /* R = the neutral point, S = 0 */
    uint8_t key[32];

    for (size_t i = 0; i < SMALL_COUNT; i++) {
        unhex(small[i], key, 32);
        assert_false(sig_key_ok(key));
        /* h A vanishes for some message when the order is 8: try many. */
        for (uint8_t m = 0; m < 64; m++)
            assert_false(sig_verify(key, span_of(&m, 1), sig));
    }
}

/* h = SHA-512(R || A || M) mod L, S = r + h a, for a chosen R. */
static void
forge(const uint8_t seed[32], const uint8_t r[32], const uint8_t point[32], const uint8_t key[32],
      struct span message, uint8_t sig[64])
{
    crypto_hash_sha512_state hash;
    uint8_t wide[64];
    uint8_t a[64];
    uint8_t h[32];

    crypto_hash_sha512(a, seed, 32);
    a[0] &= 248;
    a[31] = (uint8_t)((a[31] & 127) | 64);
    memset(a + 32, 0, 32);
    crypto_core_ed25519_scalar_reduce(wide, a);
    memcpy(a, wide, 32);
    crypto_hash_sha512_init(&hash);
    crypto_hash_sha512_update(&hash, point, 32);
    crypto_hash_sha512_update(&hash, key, 32);
    crypto_hash_sha512_update(&hash, message.p, message.n);
    crypto_hash_sha512_final(&hash, wide);
    crypto_core_ed25519_scalar_reduce(h, wide);
    crypto_core_ed25519_scalar_mul(h, h, a);
    crypto_core_ed25519_scalar_add(sig + 32, h, r);
    memcpy(sig, point, 32);
}

static void
an_r_of_small_or_mixed_order_is_refused(void **state)
{
    struct secret *s = secret_new_random();
    struct span message = span_str("the owner of the key may not make these either");
    uint8_t zero[32] = {0};
    uint8_t torsion[32];
    uint8_t point[32];
    uint8_t key[32];
    uint8_t sig[64];
    uint8_t r[32];

    sig_public(s, key);
    /* The forgery itself is right: with an ordinary R it verifies. */
    crypto_core_ed25519_scalar_random(r);
    assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(point, r), 0);
    forge(secret_bytes(s), r, point, key, message, sig);
    assert_true(sig_verify(key, message, sig));
    /* R + T for T of order 8: a cofactored check would take it. */
    unhex(small[4], torsion, 32);
    assert_int_equal(crypto_core_ed25519_add(point, point, torsion), 0);
    forge(secret_bytes(s), r, point, key, message, sig);
    assert_false(sig_verify(key, message, sig));
    for (size_t i = 0; i < SMALL_COUNT; i++) {
        unhex(small[i], point, 32);
        forge(secret_bytes(s), zero, point, key, message, sig);
        assert_false(sig_verify(key, message, sig));
    }
    secret_free(s);
}

static void
public_keys_outside_the_prime_order_group_are_refused(void **state)
{
    struct secret *s = secret_new_random();
    uint8_t torsion[32];
    uint8_t key[32];
    uint8_t bad[32];

    sig_public(s, key);
    unhex(small[4], torsion, 32);
    assert_int_equal(crypto_core_ed25519_add(bad, key, torsion), 0);
    assert_false(sig_key_ok(bad));
    memset(bad, 0, 32);
    bad[0] = 2; /* not on the curve */
    assert_false(sig_key_ok(bad));
    memset(bad, 0xFF, 32);
    assert_false(sig_key_ok(bad));
    secret_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_those_of_rfc_8032),
        cmocka_unit_test(every_flipped_bit_of_key_message_or_signature_is_refused),
        cmocka_unit_test(an_s_of_the_group_order_or_more_is_refused),
        cmocka_unit_test(keys_of_small_order_verify_nothing),
        cmocka_unit_test(an_r_of_small_or_mixed_order_is_refused),
        cmocka_unit_test(public_keys_outside_the_prime_order_group_are_refused),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
