/* Confirmations in any order, acknowledgements without a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plugins/flight.h"

static void
only_what_has_no_gap_before_it_lands(void **state)
{
    static struct flight f;
    struct flight_slot *slot[4];

    for (size_t i = 0; i < 4; i++)
        slot[i] = flight_add(&f, 10 * (i + 1));
    assert_int_equal(flight_land(&f), 0);
    slot[1]->done = true;
    slot[3]->done = true;
    assert_int_equal(flight_land(&f), 0);
    slot[0]->done = true;
    assert_int_equal(flight_land(&f), 20);
    assert_int_equal(flight_land(&f), 0);
    slot[2]->done = true;
    assert_int_equal(flight_land(&f), 40);
    assert_int_equal(f.n, 0);
}

static void
it_is_bounded_and_goes_round(void **state)
{
    static struct flight f;
    struct flight_slot *slot;
    uint64_t number = 0;

    for (size_t i = 0; i < 3 * LIMIT_PLUGIN_WINDOW_COUNT / 2; i++) {
        flight_add(&f, ++number)->done = true;
        assert_int_equal(flight_land(&f), number);
    }
    while ((slot = flight_add(&f, ++number)) != NULL)
        slot->done = true;
    assert_int_equal(f.n, LIMIT_PLUGIN_WINDOW_COUNT);
    assert_int_equal(flight_land(&f), number - 1);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_has_no_gap_before_it_lands),
        cmocka_unit_test(it_is_bounded_and_goes_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
