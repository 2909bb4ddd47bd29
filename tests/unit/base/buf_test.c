#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"

static void
bytes_come_out_in_the_order_they_went_in(void **state)
{
    struct buf b;

    buf_init(&b, 1000);
    buf_put(&b, "ab", 2);
    buf_put_str(&b, "cd");
    buf_put_byte(&b, 'e');
    buf_put_span(&b, span_str("fg"));
    buf_put_fmt(&b, "%d-%s", 42, "x");
    assert_string_equal(buf_cstr(&b), "abcdefg42-x");
    buf_shift(&b, 7);
    assert_string_equal(buf_cstr(&b), "42-x");
    buf_shift(&b, 99);
    assert_int_equal(b.n, 0);
    assert_string_equal(buf_cstr(&b), "");
    buf_release(&b);
}

static void
numbers_are_big_endian(void **state)
{
    static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    struct buf b;

    buf_init(&b, 1000);
    buf_put_be16(&b, 0x0102);
    buf_put_be32(&b, 0x03040506);
    buf_put_be64(&b, 0x0708090A0B0C0D0E);
    assert_int_equal(b.n, sizeof want);
    assert_memory_equal(b.p, want, sizeof want);
    buf_release(&b);
}

static void
the_ceiling_is_reached_but_not_passed(void **state)
{
    for (size_t max = 0; max < 200; max++) {
        struct buf b;

        buf_init(&b, max);
        for (size_t i = 0; i < max; i++)
            buf_put_byte(&b, 'x');
        assert_false(buf_failed(&b));
        assert_int_equal(strlen(buf_cstr(&b)), max);
        buf_put_byte(&b, 'y');
        assert_true(buf_failed(&b));
        assert_int_equal(b.n, max);
        assert_string_equal(buf_cstr(&b), "");
        buf_release(&b);
    }
}

static void
an_error_sticks_until_clear(void **state)
{
    struct buf b;

    buf_init(&b, 4);
    buf_put_str(&b, "too long");
    buf_put_str(&b, "a");
    assert_true(buf_failed(&b));
    assert_int_equal(b.n, 0);
    assert_null(buf_add(&b, 1));
    buf_clear(&b);
    buf_put_str(&b, "abcd");
    assert_string_equal(buf_cstr(&b), "abcd");
    buf_release(&b);
}

static void
a_format_grows_the_buffer_and_obeys_the_ceiling(void **state)
{
    struct buf b;

    buf_init(&b, 300);
    buf_put_fmt(&b, "%0200d", 1);
    buf_put_fmt(&b, "%0100d", 2);
    assert_int_equal(b.n, 300);
    assert_false(buf_failed(&b));
    buf_put_fmt(&b, "%s", "");
    assert_false(buf_failed(&b));
    buf_put_fmt(&b, "%d", 3);
    assert_true(buf_failed(&b));
    buf_release(&b);
}

static void
a_giant_size_fails_without_wrapping_around(void **state)
{
    struct buf b;

    buf_init(&b, SIZE_MAX);
    buf_put_str(&b, "abc");
    assert_null(buf_add(&b, SIZE_MAX - 1));
    assert_true(buf_failed(&b));
    assert_int_equal(b.n, 3);
    buf_release(&b);
}

static void
adding_nothing_succeeds(void **state)
{
    struct buf b;

    buf_init(&b, 0);
    assert_non_null(buf_add(&b, 0));
    buf_put(&b, NULL, 0);
    buf_put_span(&b, span_of(NULL, 0));
    assert_false(buf_failed(&b));
    buf_release(&b);
}

static void
a_released_buffer_can_be_used_again(void **state)
{
    struct buf b;

    buf_init(&b, 10);
    buf_put_str(&b, "0123456789A");
    buf_release(&b);
    buf_release(&b);
    assert_null(b.p);
    buf_put_str(&b, "0123456789");
    assert_string_equal(buf_cstr(&b), "0123456789");
    buf_put_byte(&b, 'A');
    assert_true(buf_failed(&b));
    buf_release(&b);
}

static void
each_failing_allocation_is_an_error_and_no_crash(void **state)
{
    bool failed = true;
    unsigned long k;

    for (k = 1; failed; k++) {
        struct buf b;

        buf_init(&b, 10000);
        mem_fail_at(k);
        for (int i = 0; i < 1000; i++)
            buf_put_str(&b, "12345");
        buf_put_fmt(&b, "%01000d", 7);
        mem_fail_at(0);
        failed = buf_failed(&b);
        assert_int_equal(b.n, failed ? b.n : 6000);
        for (size_t i = 0; i < b.n && i < 5000; i++)
            assert_int_equal(b.p[i], '1' + i % 5); /* what was put is there after each growth */
        buf_release(&b);
    }
    assert_true(k > 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_in_the_order_they_went_in),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(the_ceiling_is_reached_but_not_passed),
        cmocka_unit_test(an_error_sticks_until_clear),
        cmocka_unit_test(a_format_grows_the_buffer_and_obeys_the_ceiling),
        cmocka_unit_test(a_giant_size_fails_without_wrapping_around),
        cmocka_unit_test(adding_nothing_succeeds),
        cmocka_unit_test(a_released_buffer_can_be_used_again),
        cmocka_unit_test(each_failing_allocation_is_an_error_and_no_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
