#include "astro/timescale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static enum timescale_error
convert(const char *text, const char *system, const double *dut1_s, char out[UTC_TEXT_MAX])
{
    struct utc t, u = {0, 0};
    enum timescale_error error;

    if (utc_parse(span_str(text), &t) != 0)
        fail_msg("%s is refused", text);
    error = timescale_utc(t, span_str(system), dut1_s, &u);
    utc_print(u, 9, out);
    return error;
}

struct row {
    const char *system, *given, *utc;
};

static void
assert_rows(const struct row *rows, size_t n)
{
    char text[UTC_TEXT_MAX];

    for (size_t i = 0; i < n; i++) {
        assert_int_equal(convert(rows[i].given, rows[i].system, NULL, text), TIMESCALE_DONE);
        if (strcmp(text, rows[i].utc) != 0)
            fail_msg("%s %s: %s, expected %s", rows[i].given, rows[i].system, text, rows[i].utc);
    }
}

static void
systems_with_a_fixed_offset_are_exact(void **state)
{
    static const struct row rows[] = {
        {"UTC", "2026-11-24T00:00:00.123456789", "2026-11-24T00:00:00.123456789Z"},
        {"TAI", "2026-11-24T00:00:37.123456789", "2026-11-24T00:00:00.123456789Z"},
        {"TT", "2026-11-24T00:01:09.184", "2026-11-24T00:00:00.000000000Z"},
        {"gps", "2026-11-24T00:00:18", "2026-11-24T00:00:00.000000000Z"},
        {"GPS", "1980-01-06T00:00:00", "1980-01-06T00:00:00.000000000Z"},
        {"GALILEO", "1999-08-22T00:00:00", "1999-08-21T23:59:47.000000000Z"},
        {"GST", "2026-11-24T00:00:18", "2026-11-24T00:00:00.000000000Z"},
        {"QZSST", "2026-11-24T00:00:18", "2026-11-24T00:00:00.000000000Z"},
        {"NAVIC", "1999-08-22T00:00:00", "1999-08-21T23:59:47.000000000Z"},
        {"BDT", "2006-01-01T00:00:00", "2006-01-01T00:00:00.000000000Z"},
        {"BDT", "2026-11-24T00:00:04", "2026-11-24T00:00:00.000000000Z"},
        {"GLONASST", "2026-11-24T02:59:59.5", "2026-11-23T23:59:59.500000000Z"},
        {"GLONASST", "2026-11-24T03:00:00", "2026-11-24T00:00:00.000000000Z"},
    };

    assert_rows(rows, sizeof rows / sizeof *rows);
}

static void
a_leap_second_is_reached_and_left(void **state)
{
    static const struct row rows[] = {
        {"TAI", "2017-01-01T00:00:35.5", "2016-12-31T23:59:59.500000000Z"},
        {"TAI", "2017-01-01T00:00:36", "2016-12-31T23:59:60.000000000Z"},
        {"TAI", "2017-01-01T00:00:36.999999999", "2016-12-31T23:59:60.999999999Z"},
        {"TAI", "2017-01-01T00:00:37", "2017-01-01T00:00:00.000000000Z"},
        {"GPS", "2017-01-01T00:00:17", "2016-12-31T23:59:60.000000000Z"},
        {"GPS", "2017-01-01T00:00:18", "2017-01-01T00:00:00.000000000Z"},
        {"UTC", "2016-12-31T23:59:60.5", "2016-12-31T23:59:60.500000000Z"},
        {"TAI", "1972-01-01T00:00:10", "1972-01-01T00:00:00.000000000Z"},
    };
    char text[UTC_TEXT_MAX];

    assert_rows(rows, sizeof rows / sizeof *rows);
    assert_int_equal(convert("2016-12-31T23:59:60", "TAI", NULL, text), TIMESCALE_NO_TIME);
    assert_int_equal(convert("2016-12-31T23:59:60", "GLONASST", NULL, text), TIMESCALE_NO_TIME);
}

/* The definitions, worked out by hand. */
static void
relativistic_scales_follow_erfa(void **state)
{
    static const struct row rows[] = {
        /* TT and TCG agree at 1977-01-01T00:00:32.184 */
        {"TCG", "1977-01-01T00:00:32.184", "1976-12-31T23:59:45.000000000Z"},
        /* 18,261 days later, less 32 s: 6.969290134e-10 of it is 1.099580007 s */
        {"TCG", "2026-12-31T00:00:00", "2026-12-30T23:58:49.716419993Z"},
    };
    struct utc tdb = {0, 0}, utc, tt;

    assert_rows(rows, sizeof rows / sizeof *rows);
    /* TDB leads TT by 1.657 ms sin g: near the start of April the most. */
    assert_int_equal(utc_parse(span_str("2026-04-04T00:01:09.184"), &tdb), 0);
    assert_int_equal(timescale_utc(tdb, span_str("TDB"), NULL, &utc), TIMESCALE_DONE);
    assert_int_equal(timescale_utc(tdb, span_str("TT"), NULL, &tt), TIMESCALE_DONE);
    assert_true(fabs(timescale_elapsed_s(tt, utc) - 0.00166) < 0.00005);
    /* TCB leads TDB by 1.550519768e-8 of the time since 1977. */
    assert_int_equal(timescale_utc(tdb, span_str("TCB"), NULL, &tt), TIMESCALE_DONE);
    assert_true(fabs(timescale_elapsed_s(utc, tt) - 24.1003) < 0.0001);
}

static void
ut1_wants_its_difference(void **state)
{
    char text[UTC_TEXT_MAX];
    double before = -0.4, after = 0.6, wrong = 5;

    assert_int_equal(convert("2026-11-24T00:00:00", "UT1", NULL, text), TIMESCALE_NO_DUT1);
    assert_int_equal(convert("2026-11-24T00:00:00", "UT1", &wrong, text), TIMESCALE_NO_DUT1);
    assert_int_equal(convert("2026-11-24T00:00:00", "UT1", &after, text), TIMESCALE_DONE);
    assert_string_equal(text, "2026-11-23T23:59:59.400000000Z");
    assert_int_equal(convert("2016-12-31T23:59:59.9", "UT1", &before, text), TIMESCALE_DONE);
    assert_string_equal(text, "2016-12-31T23:59:60.300000000Z");
    assert_int_equal(convert("2017-01-01T00:00:00.1", "UT1", &after, text), TIMESCALE_DONE);
    assert_string_equal(text, "2016-12-31T23:59:60.500000000Z");
}

static void
what_cannot_be_led_back_says_why(void **state)
{
    static const struct {
        const char *system;
        enum timescale_error error;
    } rows[] = {{"MET", TIMESCALE_PRIVATE},  {"MRT", TIMESCALE_PRIVATE}, {"SCLK", TIMESCALE_PRIVATE},
                {"GMST", TIMESCALE_ANGLE},   {"", TIMESCALE_UNKNOWN},    {"UTC ", TIMESCALE_UNKNOWN},
                {"LOCAL", TIMESCALE_UNKNOWN}};
    char text[UTC_TEXT_MAX];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(convert("2026-11-24T00:00:00", rows[i].system, NULL, text), rows[i].error);
    assert_int_equal(convert("1972-01-01T00:00:09", "TAI", NULL, text), TIMESCALE_EARLY);
    assert_int_equal(convert("1950-01-01T00:00:00", "TDB", NULL, text), TIMESCALE_EARLY);
    assert_int_equal(convert("0001-01-01T00:00:00", "TCB", NULL, text), TIMESCALE_EARLY);
    assert_int_equal(convert("9999-12-31T23:59:59", "TCB", NULL, text), TIMESCALE_DONE);
    for (int error = TIMESCALE_DONE; error <= TIMESCALE_NO_TIME; error++)
        assert_string_not_equal(timescale_error_text((enum timescale_error)error), "unknown");
}

static void
elapsed_time_counts_leap_seconds(void **state)
{
    struct utc a, b;

    assert_int_equal(utc_parse(span_str("2017-01-01T00:00:00"), &a), 0);
    assert_int_equal(utc_parse(span_str("2016-12-31T23:59:60.5"), &b), 0);
    assert_true(timescale_elapsed_s(a, b) == 0.5 && timescale_elapsed_s(b, a) == -0.5);
    assert_int_equal(utc_parse(span_str("2016-12-31T00:00:00"), &b), 0);
    assert_true(timescale_elapsed_s(a, b) == 86401);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(systems_with_a_fixed_offset_are_exact),
        cmocka_unit_test(a_leap_second_is_reached_and_left),
        cmocka_unit_test(relativistic_scales_follow_erfa),
        cmocka_unit_test(ut1_wants_its_difference),
        cmocka_unit_test(what_cannot_be_led_back_says_why),
        cmocka_unit_test(elapsed_time_counts_leap_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
