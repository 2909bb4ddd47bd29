#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "watch/event_view.h"

/* Newest last; ${pc} below 0: it states none. */
static struct event_word
word(const char *origin, const char *voice, int day, double pc, bool stands)
{
    struct figure f[2] = {{"tca_h", 5, FIGURE_FALLS, "5"}, {"pc", pc, FIGURE_STAYS, ""}};
    struct event_word w = {.origin = origin, .voice = voice, .issued = {61000 + day, 1}, .stands = stands};

    event_view_take(&w, f, pc < 0 ? 1 : 2);
    return w;
}

static void
a_spread_is_of_what_stands_and_never_of_the_clock(void **state)
{
    struct event_word w[] = {word("fr-cnes", "", 1, 9e-3, false), word("fr-cnes", "", 2, 1e-6, true),
                             word("us-noaa", "A", 3, 4e-5, true), word("us-noaa", "B", 4, -1, true),
                             word("jp-jaxa", "", 5, 1, true),     word("de-dlr", "", 6, 0, true)};
    struct event_spread s[FIGURES_MAX];

    (void)state;
    w[4].withdrawn = true;
    w[5].remark = true;
    assert_int_equal(event_view_spread(w, 6, s), 1);
    assert_string_equal(s[0].name, "pc");
    assert_int_equal(s[0].n, 2);
    assert_true(s[0].low <= 1e-6 && s[0].low >= 1e-6 && s[0].low_by == &w[1]);
    assert_true(s[0].high <= 4e-5 && s[0].high >= 4e-5 && s[0].high_by == &w[2]);
    w[4].withdrawn = false;
    assert_int_equal(event_view_spread(w, 6, s), 1);
    assert_true(s[0].n == 3 && s[0].high_by == &w[4]);
}

static void
a_trend_is_of_one_voice_from_the_word_before_to_the_last(void **state)
{
    struct event_word w[] = {word("us-noaa", "A", 3, 3e-5, false), word("us-noaa", "B", 1, 1, false),
                             word("us-noaa", "A", 1, 5e-5, false), word("fr-cnes", "A", 4, 1, false),
                             word("us-noaa", "A", 5, 4e-5, true),  word("us-noaa", "A", 4, -1, false)};
    struct event_trend t;

    (void)state;
    qsort(w, 6, sizeof *w, event_view_compare);
    assert_true(w[5].issued.mjd == 61005);
    t = event_view_trend(w, 6, &w[5], "pc");
    assert_int_equal(t.n, 3);
    assert_true(t.course == EVENT_RISES && t.first > 4.9e-5 && t.before < 3.1e-5 && t.last > 3.9e-5);
    w[5].withdrawn = true; /* what is taken back is no part of it */
    t = event_view_trend(w, 6, &w[5], "pc");
    assert_true(t.n == 2 && t.course == EVENT_FALLS);
    t = event_view_trend(w, 1, &w[0], "pc");
    assert_true(t.n == 1 && t.course == EVENT_FIRST);
    assert_int_equal(event_view_trend(w, 6, &w[5], "miss_m").n, 0);
    assert_string_equal(event_view_course(EVENT_STAYS), "stays");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spread_is_of_what_stands_and_never_of_the_clock),
        cmocka_unit_test(a_trend_is_of_one_voice_from_the_word_before_to_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
