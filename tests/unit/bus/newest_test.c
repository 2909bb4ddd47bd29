#include "bus/newest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct newest *n;
static const struct newest_row *rows[LIMIT_FEED_BEAT_COUNT];

static int
setup(void **state)
{
    (void)state;
    n = newest_new();
    newest_start(n, 100);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    newest_free(n);
    return 0;
}

static void
a_record_names_the_one_before_it_on_its_topic(void **state)
{
    assert_int_equal(newest_put(n, "REAL.orbit.fr-cnes.", 101),
                     100); /* what came before the start is not known */
    assert_int_equal(newest_put(n, "REAL.orbit.us-noaa.", 102), 100);
    assert_int_equal(newest_put(n, "REAL.orbit.fr-cnes.", 103), 101);
    assert_int_equal(newest_put(n, "REAL.orbit.us-noaa.", 110), 102);
}

static void
after_a_new_start_nothing_is_known_of_what_went_by(void **state)
{
    newest_put(n, "REAL.orbit.fr-cnes.", 101);
    newest_start(n, 500);
    assert_int_equal(newest_put(n, "REAL.orbit.fr-cnes.", 501), 500);
}

static void
the_list_names_every_topic_of_the_last_minute(void **state)
{
    uint64_t since;

    newest_put(n, "old", 101);
    newest_tick(n, 101);
    assert_int_equal(newest_list(n, rows, &since), 1);
    assert_int_equal(since, 100);
    for (unsigned i = 0; i < 59; i++)
        newest_tick(n, 101);
    newest_put(n, "new", 102);
    assert_int_equal(newest_list(n, rows, &since), 1);
    assert_int_equal(since, 101);
    assert_string_equal(rows[0]->topic, "new");
    assert_int_equal(rows[0]->delivery, 102);
}

/* Where not all fit, since says up to where a subscriber must have everything by other means. */
static void
a_list_that_is_too_long_is_of_a_second_or_of_nothing(void **state)
{
    char topic[32];
    uint64_t since;

    for (unsigned i = 0; i < LIMIT_FEED_BEAT_COUNT; i++) {
        (void)snprintf(topic, sizeof topic, "a%u", i);
        newest_put(n, topic, 101 + i);
    }
    assert_int_equal(newest_list(n, rows, &since), LIMIT_FEED_BEAT_COUNT);
    assert_int_equal(since, 100);
    newest_tick(n, 100 + LIMIT_FEED_BEAT_COUNT);
    newest_put(n, "b", 101 + LIMIT_FEED_BEAT_COUNT);
    assert_int_equal(newest_list(n, rows, &since), 1);
    assert_int_equal(since, 100 + LIMIT_FEED_BEAT_COUNT);
    for (unsigned i = 0; i <= LIMIT_FEED_BEAT_COUNT; i++) {
        (void)snprintf(topic, sizeof topic, "c%u", i);
        newest_put(n, topic, 2000 + i);
    }
    assert_int_equal(newest_list(n, rows, &since), 0);
    assert_int_equal(since, 2000 + LIMIT_FEED_BEAT_COUNT);
}

static void
more_topics_than_are_kept_are_all_forgotten_and_that_is_seen(void **state)
{
    char topic[32];
    uint64_t since;

    for (unsigned i = 0; i < LIMIT_FEED_TOPIC_COUNT; i++) {
        (void)snprintf(topic, sizeof topic, "%u", i);
        assert_int_equal(newest_put(n, topic, 101 + i), 100);
    }
    newest_tick(n, 100 + LIMIT_FEED_TOPIC_COUNT);
    assert_int_equal(newest_put(n, "0", 6000), 101);
    assert_int_equal(newest_put(n, "one more", 6001), 6000);
    assert_int_equal(newest_put(n, "0", 6002), 6000);
    assert_int_equal(newest_list(n, rows, &since), 2);
    assert_int_equal(since, 6000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_names_the_one_before_it_on_its_topic, setup, teardown),
        cmocka_unit_test_setup_teardown(after_a_new_start_nothing_is_known_of_what_went_by, setup, teardown),
        cmocka_unit_test_setup_teardown(the_list_names_every_topic_of_the_last_minute, setup, teardown),
        cmocka_unit_test_setup_teardown(a_list_that_is_too_long_is_of_a_second_or_of_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(more_topics_than_are_kept_are_all_forgotten_and_that_is_seen, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
