/* The vectors were computed with hashlib and PyNaCl; tests/scenario/test_seal.py compares many more. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypt/seal.h"

#define PLAIN      "not for everyone"
#define RECORD_KEY "e063625f44ed4180aac59dc48121e7f07db6ec38ae400cc958cac6a77782ecaf"
#define COMMITMENT "64e49ab59086f837c0d14d20eee0f096a2871e20b9339c709f6df35572868c42"
#define SEALED     "f689af4c33522e8fb2e42741958cfd7a1d96b049c4b3464f5cfb228533a49bb2"

struct bed {
    struct secret *key;
    struct seal_place place;
    uint8_t commitment[SEAL_COMMITMENT_BYTES];
    struct buf sealed, opened;
    struct why why;
};

/* Key 00 01 .., log 40 41 .., salt 80 81 ..; PLAIN is sealed. */
static int
set_up(void **state)
{
    struct bed *b = mem_new(sizeof *b);
    uint8_t key[SECRET_BYTES];

    secret_start();
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    for (size_t i = 0; i < SEAL_ID_BYTES; i++) {
        b->place.log[i] = (uint8_t)(0x40 + i);
        b->place.salt[i] = (uint8_t)(0x80 + i);
    }
    b->key = secret_new_copy(key);
    buf_init(&b->sealed, LIMIT_BODY_BYTES);
    buf_init(&b->opened, LIMIT_BODY_BYTES);
    assert_int_equal(seal_body(b->key, &b->place, span_str(PLAIN), &b->sealed, b->commitment, &b->why), 0);
    *state = b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bed *b = *state;

    secret_free(b->key);
    buf_release(&b->sealed);
    buf_release(&b->opened);
    free(b);
    return 0;
}

static void
assert_hex(struct span got, const char *hex)
{
    uint8_t want[256];

    assert_int_equal(got.n, strlen(hex) / 2);
    assert_int_equal(text_unhex(span_str(hex), want, got.n), 0);
    assert_memory_equal(got.p, want, got.n);
}

static int
open_with(struct bed *b, const struct secret *key, struct span commitment)
{
    return seal_open(key, &b->place, commitment, buf_span(&b->sealed), &b->opened, &b->why);
}

static void
key_commitment_and_ciphertext_are_those_of_an_independent_program(void **state)
{
    struct bed *b = *state;
    uint8_t key[SEAL_KEY_BYTES];

    seal_reveal(b->key, &b->place, key);
    assert_hex(span_of(key, sizeof key), RECORD_KEY);
    assert_hex(span_of(b->commitment, sizeof b->commitment), COMMITMENT);
    assert_hex(buf_span(&b->sealed), SEALED);
}

static void
a_body_opens_behind_what_the_buffer_holds(void **state)
{
    struct bed *b = *state;

    buf_put_str(&b->opened, "before ");
    assert_int_equal(open_with(b, b->key, span_of(b->commitment, sizeof b->commitment)), 0);
    assert_true(span_is(buf_span(&b->opened), "before " PLAIN));
}

static void
a_refused_body_leaves_the_buffer_as_it_was(void **state)
{
    struct bed *b = *state;
    struct span commitment = span_of(b->commitment, sizeof b->commitment);
    struct secret *other = secret_new_random();

    buf_put_str(&b->opened, "before");
    assert_int_equal(open_with(b, other, commitment), -1);
    assert_int_equal(b->why.code, WHY_BODY_SEALED);
    assert_int_equal(open_with(b, b->key, span_of(b->commitment, 31)), -1);
    assert_int_equal(open_with(b, b->key, span_of(NULL, 0)), -1);
    b->sealed.p[3] ^= 1;
    assert_int_equal(open_with(b, b->key, commitment), -1);
    assert_int_equal(b->why.code, WHY_BODY_SEALED);
    assert_true(span_is(buf_span(&b->opened), "before"));
    secret_free(other);
}

static void
memory_that_fails_is_not_blamed_on_the_body(void **state)
{
    struct bed *b = *state;
    struct buf small;

    buf_init(&small, 4);
    assert_int_equal(seal_open(b->key, &b->place, span_of(b->commitment, sizeof b->commitment),
                               buf_span(&b->sealed), &small, &b->why),
                     -1);
    assert_int_equal(b->why.code, WHY_NO_MEMORY);
    assert_int_equal(seal_body(b->key, &b->place, span_str(PLAIN), &small, b->commitment, &b->why), -1);
    assert_int_equal(b->why.code, WHY_NO_MEMORY);
    buf_release(&small);
}

static void
a_wrapped_key_opens_for_its_reader_only(void **state)
{
    struct bed *b = *state;
    struct secret *reader = secret_new_random();
    struct secret *other = secret_new_random();
    uint8_t public_key[32];
    uint8_t wrapped[SEAL_WRAPPED_BYTES];
    struct secret *got;

    secret_curve_public(reader, public_key);
    assert_int_equal(seal_wrap(b->key, public_key, wrapped), 0);
    assert_null(seal_unwrap(other, span_of(wrapped, sizeof wrapped), &b->why));
    assert_int_equal(b->why.code, WHY_BODY_SEALED);
    got = seal_unwrap(reader, span_of(wrapped, sizeof wrapped), &b->why);
    assert_non_null(got);
    assert_memory_equal(secret_bytes(got), secret_bytes(b->key), SECRET_BYTES);
    secret_free(got);
    secret_free(other);
    secret_free(reader);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(key_commitment_and_ciphertext_are_those_of_an_independent_program,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_opens_behind_what_the_buffer_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_body_leaves_the_buffer_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_that_fails_is_not_blamed_on_the_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrapped_key_opens_for_its_reader_only, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
