#include "plug/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
each_short_run_doubles_the_wait_up_to_a_minute(void **state)
{
    static const int64_t waits[] = {200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000};
    struct backoff b = {0};

    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++)
        assert_int_equal(backoff_next(&b, BACKOFF_STEADY_MS - 1), waits[i]);
}

static void
a_long_run_or_a_new_configuration_begins_anew(void **state)
{
    struct backoff b = {0};

    for (int i = 0; i < 5; i++)
        (void)backoff_next(&b, 0);
    assert_int_equal(backoff_next(&b, BACKOFF_STEADY_MS), 200);
    assert_int_equal(backoff_next(&b, 0), 400);
    backoff_reset(&b);
    assert_int_equal(backoff_next(&b, 0), 200);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_short_run_doubles_the_wait_up_to_a_minute),
        cmocka_unit_test(a_long_run_or_a_new_configuration_begins_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
