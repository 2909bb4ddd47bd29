#include "plug/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
an_acknowledgement_is_of_all_before_it(void **state)
{
    struct window w;
    size_t n;

    window_start(&w, 3, 10);
    assert_int_equal(window_cursor(&w), 10);
    window_push(&w, 12);
    window_push(&w, 15);
    window_push(&w, 16);
    assert_true(window_is_full(&w));
    assert_int_equal(window_cursor(&w), 11);
    assert_int_equal(window_oldest(&w), 12);
    assert_int_equal(window_ack(&w, 15, &n), WINDOW_DONE);
    assert_int_equal(n, 2);
    assert_int_equal(window_cursor(&w), 15);
    assert_false(window_is_full(&w));
    assert_int_equal(window_ack(&w, 16, &n), WINDOW_DONE);
    assert_int_equal(window_cursor(&w), 16);
    assert_int_equal(window_oldest(&w), 0);
}

static void
what_was_acknowledged_before_is_harmless_and_what_was_not_given_is_not(void **state)
{
    struct window w;
    size_t n;

    window_start(&w, 8, 10);
    window_push(&w, 12);
    window_push(&w, 15);
    assert_int_equal(window_ack(&w, 15, &n), WINDOW_DONE);
    assert_int_equal(window_ack(&w, 15, &n), WINDOW_OLD);
    assert_int_equal(window_ack(&w, 12, &n), WINDOW_OLD);
    assert_int_equal(window_ack(&w, 3, &n), WINDOW_OLD);
    window_push(&w, 20);
    assert_int_equal(window_ack(&w, 16, &n), WINDOW_UNKNOWN);
    assert_int_equal(window_ack(&w, 21, &n), WINDOW_UNKNOWN);
    assert_int_equal(n, 0);
    assert_int_equal(window_cursor(&w), 19);
}

static void
records_that_are_passed_over_move_the_cursor_only_when_nothing_is_out(void **state)
{
    struct window w;
    size_t n;

    window_start(&w, 8, 0);
    window_pass(&w, 7);
    assert_int_equal(window_cursor(&w), 7);
    window_push(&w, 9);
    window_pass(&w, 100);
    window_pass(&w, 50);
    assert_int_equal(window_cursor(&w), 8);
    assert_int_equal(window_ack(&w, 9, &n), WINDOW_DONE);
    assert_int_equal(window_cursor(&w), 100);
}

static void
the_ring_goes_round(void **state)
{
    struct window w;
    size_t n;

    window_start(&w, LIMIT_PLUGIN_WINDOW_COUNT, 0);
    for (uint64_t i = 1; i < 5 * LIMIT_PLUGIN_WINDOW_COUNT; i++) {
        window_push(&w, 2 * i);
        if (window_is_full(&w)) {
            assert_int_equal(window_ack(&w, 2 * (i - 100), &n), WINDOW_DONE);
            assert_int_equal(w.n, 100);
            assert_int_equal(window_cursor(&w), 2 * (i - 99) - 1);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_acknowledgement_is_of_all_before_it),
        cmocka_unit_test(what_was_acknowledged_before_is_harmless_and_what_was_not_given_is_not),
        cmocka_unit_test(records_that_are_passed_over_move_the_cursor_only_when_nothing_is_out),
        cmocka_unit_test(the_ring_goes_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
