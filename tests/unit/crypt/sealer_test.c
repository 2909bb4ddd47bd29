#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/limit.h"
#include "base/mem.h"
#include "crypt/sealer.h"

struct bed {
    struct sealer *origin, *reader, *stranger;
    uint8_t key[3][32]; /* X25519 public, in that order */
    uint8_t wrapped[2][SEAL_WRAPPED_BYTES];
    struct buf out;
    struct why why;
};

static struct sealer *
make(uint8_t key[32])
{
    struct secret *wrap = secret_new_random();

    secret_curve_public(wrap, key);
    return sealer_new(wrap);
}

/* A log key of origin's, wrapped for itself and for reader. */
static int
set_up(void **state)
{
    struct bed *b = mem_new(sizeof *b);

    secret_start();
    b->origin = make(b->key[0]);
    b->reader = make(b->key[1]);
    b->stranger = make(b->key[2]);
    buf_init(&b->out, LIMIT_FRAME_BYTES);
    assert_int_equal(
        sealer_wrap(b->origin, span_of(NULL, 0), (const uint8_t(*)[32])b->key, 2, b->wrapped, &b->why), 0);
    *state = b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bed *b = *state;

    sealer_free(b->origin);
    sealer_free(b->reader);
    sealer_free(b->stranger);
    buf_release(&b->out);
    free(b);
    return 0;
}

static struct sealer_item
item_of(enum sealer_op op, const uint8_t *wrapped, uint8_t salt, struct span in)
{
    struct sealer_item item = {
        .op = op, .in = in, .wrapped = span_of(wrapped, wrapped == NULL ? 0 : SEAL_WRAPPED_BYTES)};

    item.place.log[0] = 7;
    item.place.salt[0] = salt;
    return item;
}

static struct span
made(const struct bed *b, const struct sealer_item *item)
{
    return span_of(b->out.p + item->out, item->out_n);
}

static void
what_is_sealed_opens_at_the_reader_and_nowhere_else(void **state)
{
    struct bed *b = *state;
    struct sealer_item items[3], open[3];
    uint8_t copy[3][64];

    for (uint8_t i = 0; i < 3; i++)
        items[i] = item_of(SEALER_SEAL, b->wrapped[0], i, span_str("for few"));
    sealer_items(b->origin, items, 3, &b->out);
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(items[i].why.code, WHY_NONE);
        assert_int_equal(items[i].out_n, strlen("for few") + SEAL_TAG_BYTES);
        memcpy(copy[i], made(b, &items[i]).p, items[i].out_n);
        open[i] = item_of(SEALER_OPEN, b->wrapped[1], i, span_of(copy[i], items[i].out_n));
        memcpy(open[i].commitment, items[i].commitment, SEAL_COMMITMENT_BYTES);
    }
    open[1].place.salt[0] = 9; /* one of them is said to be of another place: the others open all the same */
    buf_clear(&b->out);
    sealer_items(b->reader, open, 3, &b->out);
    assert_int_equal(open[1].why.code, WHY_BODY_SEALED);
    assert_int_equal(open[1].out_n, 0);
    for (int i = 0; i < 3; i += 2) {
        assert_int_equal(open[i].why.code, WHY_NONE);
        assert_true(span_is(made(b, &open[i]), "for few"));
    }
    for (int i = 0; i < 2; i++) {
        open[0].wrapped = span_of(b->wrapped[i], SEAL_WRAPPED_BYTES);
        sealer_items(b->stranger, open, 1, &b->out);
        assert_int_equal(open[0].why.code, WHY_BODY_SEALED);
    }
}

static void
an_embargo_is_closed_to_readers_until_the_key_of_that_record_is_shown(void **state)
{
    struct bed *b = *state;
    struct sealer_item seal = item_of(SEALER_SEAL, NULL, 1, span_str("later")), open, reveal, other,
                       second = item_of(SEALER_SEAL, NULL, 2, span_str("later still"));
    struct buf plain;
    uint8_t copy[64];

    seal.embargo = true;
    sealer_items(b->origin, &seal, 1, &b->out);
    assert_int_equal(seal.why.code, WHY_NONE);
    memcpy(copy, made(b, &seal).p, seal.out_n);
    open = item_of(SEALER_OPEN, b->wrapped[1], 1, span_of(copy, seal.out_n));
    memcpy(open.commitment, seal.commitment, SEAL_COMMITMENT_BYTES);
    sealer_items(b->reader, &open, 1, &b->out); /* with the log's key: another one */
    assert_int_equal(open.why.code, WHY_BODY_SEALED);
    open.embargo = true;
    sealer_items(b->reader, &open, 1, &b->out); /* with an embargo secret of its own: another one */
    assert_int_equal(open.why.code, WHY_BODY_SEALED);
    reveal = item_of(SEALER_REVEAL, NULL, 1, span_of(NULL, 0));
    other = item_of(SEALER_REVEAL, NULL, 2, span_of(NULL, 0));
    reveal.embargo = other.embargo = second.embargo = true;
    sealer_items(b->origin, &second, 1, &b->out);
    memcpy(reveal.commitment, seal.commitment, SEAL_COMMITMENT_BYTES);
    memcpy(other.commitment, second.commitment, SEAL_COMMITMENT_BYTES);
    sealer_items(b->origin, &reveal, 1, &b->out);
    sealer_items(b->origin, &other, 1, &b->out);
    buf_init(&plain, 100);
    assert_int_equal(seal_open_revealed(other.key, &seal.place, span_of(seal.commitment, 32),
                                        span_of(copy, seal.out_n), &plain, &b->why),
                     -1);
    assert_int_equal(seal_open_revealed(reveal.key, &seal.place, span_of(seal.commitment, 32),
                                        span_of(copy, seal.out_n), &plain, &b->why),
                     0);
    assert_true(span_is(buf_span(&plain), "later"));
    buf_release(&plain);
}

static void
more_keys_than_are_kept_open_all_work(void **state)
{
    struct bed *b = *state;
    enum { LOGS = LIMIT_SEAL_KEY_COUNT + 5 };
    static uint8_t wrapped[LOGS][1][SEAL_WRAPPED_BYTES];
    struct sealer_item first[LOGS];

    for (int i = 0; i < LOGS; i++) {
        assert_int_equal(
            sealer_wrap(b->origin, span_of(NULL, 0), (const uint8_t(*)[32])b->key, 1, wrapped[i], &b->why),
            0);
        first[i] = item_of(SEALER_REVEAL, wrapped[i][0], 1, span_of(NULL, 0));
    }
    sealer_items(b->origin, first, LOGS, &b->out);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < LOGS; i++) {
            struct sealer_item again = item_of(SEALER_REVEAL, wrapped[i][0], 1, span_of(NULL, 0));
            sealer_items(b->origin, &again, 1, &b->out);
            assert_int_equal(again.why.code, WHY_NONE);
            assert_memory_equal(again.key, first[i].key, SEAL_KEY_BYTES);
            assert_true(i == 0 || memcmp(first[i - 1].key, again.key, SEAL_KEY_BYTES) != 0);
        }
    }
}

static void
a_key_is_handed_on_by_who_has_it_only(void **state)
{
    struct bed *b = *state;
    uint8_t more[1][SEAL_WRAPPED_BYTES], bad[1][32] = {{0}};
    struct sealer_item a = item_of(SEALER_REVEAL, b->wrapped[0], 1, span_of(NULL, 0)), c;

    assert_int_equal(sealer_wrap(b->reader, span_of(b->wrapped[1], SEAL_WRAPPED_BYTES),
                                 (const uint8_t(*)[32]) & b->key[2], 1, more, &b->why),
                     0);
    c = item_of(SEALER_REVEAL, more[0], 1, span_of(NULL, 0));
    sealer_items(b->origin, &a, 1, &b->out);
    sealer_items(b->stranger, &c, 1, &b->out);
    assert_memory_equal(a.key, c.key, SEAL_KEY_BYTES);
    assert_int_equal(sealer_wrap(b->stranger, span_of(b->wrapped[1], SEAL_WRAPPED_BYTES),
                                 (const uint8_t(*)[32])b->key, 1, more, &b->why),
                     -1);
    why_clear(&b->why);
    assert_int_equal(sealer_wrap(b->origin, span_of(NULL, 0), (const uint8_t(*)[32])bad, 1, more, &b->why),
                     -1);
    assert_int_equal(b->why.code, WHY_FIELD_VALUE);
}

/* What ${s} has: the log's key at ${wrapped}, in its present and old wrap keys. */
static int
opens(struct sealer *s, const uint8_t *wrapped)
{
    struct sealer_item item = item_of(SEALER_REVEAL, wrapped, 1, span_of(NULL, 0));
    struct buf none;

    buf_init(&none, 16);
    sealer_items(s, &item, 1, &none);
    buf_release(&none);
    return item.why.code == WHY_NONE;
}

static void
an_old_wrap_key_opens_what_was_wrapped_for_it_and_its_embargoes_and_seals_nothing_new(void **state)
{
    struct bed *b = *state;
    struct secret *old = secret_new_random(), *now = secret_new_random();
    struct sealer *before = sealer_new(secret_new_copy(secret_bytes(old)));
    struct sealer *after = sealer_new(secret_new_copy(secret_bytes(now)));
    uint8_t key[2][32], all[LIMIT_WRAP_KEY_COUNT][32], wrapped[2][SEAL_WRAPPED_BYTES];
    struct sealer_item seal = item_of(SEALER_SEAL, NULL, 1, span_str("later")), reveal, fresh;

    secret_curve_public(old, key[0]);
    secret_curve_public(now, key[1]);
    assert_int_equal(sealer_wrap(b->origin, span_of(NULL, 0), (const uint8_t(*)[32])key, 2, wrapped, &b->why),
                     0);
    seal.embargo = true;
    sealer_items(before, &seal, 1, &b->out);

    /* The new key alone does not; refused once, it is still refused. */
    for (int i = 0; i < 2; i++) {
        assert_false(opens(after, wrapped[0]));
        assert_true(opens(after, wrapped[1]));
    }
    sealer_free(after);
    after = sealer_new(secret_new_copy(secret_bytes(now)));
    assert_int_equal(sealer_add_old(after, secret_new_copy(secret_bytes(old))), 0);
    assert_true(opens(after, wrapped[0]) && opens(after, wrapped[1]));
    reveal = item_of(SEALER_REVEAL, NULL, 1, span_of(NULL, 0));
    reveal.embargo = true;
    memcpy(reveal.commitment, seal.commitment, SEAL_COMMITMENT_BYTES);
    sealer_items(after, &reveal, 1, &b->out);
    assert_int_equal(reveal.why.code, WHY_NONE);
    fresh = item_of(SEALER_SEAL, NULL, 1, span_str("later"));
    fresh.embargo = true;
    sealer_items(after, &fresh, 1, &b->out);
    assert_memory_not_equal(fresh.commitment, seal.commitment, SEAL_COMMITMENT_BYTES);
    memcpy(reveal.commitment, fresh.commitment, SEAL_COMMITMENT_BYTES);
    sealer_items(before, &reveal, 1, &b->out);
    assert_int_equal(reveal.why.code, WHY_BODY_SEALED);

    assert_int_equal(sealer_keys(after, all, LIMIT_WRAP_KEY_COUNT), 2);
    assert_memory_equal(all[0], key[1], 32);
    assert_memory_equal(all[1], key[0], 32);
    for (int i = 2; i < LIMIT_WRAP_KEY_COUNT; i++)
        assert_int_equal(sealer_add_old(after, secret_new_random()), 0);
    assert_int_equal(sealer_add_old(after, secret_new_random()), -1);
    sealer_free(before);
    sealer_free(after);
    secret_free(old);
    secret_free(now);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_sealed_opens_at_the_reader_and_nowhere_else, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_embargo_is_closed_to_readers_until_the_key_of_that_record_is_shown,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_keys_than_are_kept_open_all_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_old_wrap_key_opens_what_was_wrapped_for_it_and_its_embargoes_and_seals_nothing_new, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(a_key_is_handed_on_by_who_has_it_only, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
