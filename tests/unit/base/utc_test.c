#include "base/utc.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct utc
read_utc(const char *text)
{
    struct utc t = {0, 0};

    if (utc_parse(span_str(text), &t) != 0)
        fail_msg("%s is refused", text);
    return t;
}

static void
both_forms_of_a_date_are_read(void **state)
{
    struct utc t = read_utc("2026-11-24T06:51:18.123456789Z");
    char text[UTC_TEXT_MAX];

    assert_int_equal(t.mjd, 61368);
    assert_true(t.ns == (6 * 3600 + 51 * 60 + 18) * 1000000000LL + 123456789);
    assert_int_equal(utc_compare(t, read_utc("2026-328T06:51:18.123456789")), 0);
    assert_int_equal(read_utc("2024-366T00:00:00").mjd, read_utc("2024-12-31T00:00:00Z").mjd);
    assert_int_equal(read_utc("1858-11-17T00:00:00").mjd, 0);
    assert_int_equal(read_utc("1970-001T00:00:00").mjd, UTC_MJD_UNIX);
    utc_print(read_utc("2024-02-29T23:59:59.9999999999Z"), 9, text);
    assert_string_equal(text, "2024-02-29T23:59:59.999999999Z");
}

static void
what_is_no_time_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "Z",
        "2026-11-24",
        "2026-11-24T06:51",
        "2026-11-24T06:51:1",
        "2026-11-24T06:51:18.",
        "2026-11-24T06:51:18.Z",
        "2026-11-24T06:51:18z",
        "2026-11-24T06:51:18ZZ",
        "2026-11-24T06:51:18 ",
        " 2026-11-24T06:51:18",
        "2026-11-24 06:51:18",
        "2026-11-24t06:51:18",
        "2026-11-24T06:51:18+00:00",
        "2026-11-24T24:00:00",
        "2026-11-24T06:60:00",
        "2026-11-24T06:51:61",
        "2026-11-24T-6:51:18",
        "2026-13-01T00:00:00",
        "2026-00-01T00:00:00",
        "2026-02-29T00:00:00",
        "1900-02-29T00:00:00",
        "2026-04-31T00:00:00",
        "2026-01-00T00:00:00",
        "2026-366T00:00:00",
        "2026-000T00:00:00",
        "2024-367T00:00:00",
        "2026-1-01T00:00:00",
        "0000-01-01T00:00:00",
        "026-01-01T00:00:00",
        "+2026-01-01T00:00:00",
        "20260101T000000",
        "2026-01-01T00:00:00,5",
    };
    struct utc t = {1, 2};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (utc_parse(span_str(bad[i]), &t) == 0)
            fail_msg("%s is taken", bad[i]);
    }
    assert_int_equal(utc_parse(span_of("2026-01-01T00:00:00\0", 20), &t), -1);
    assert_int_equal(t.mjd, 1);
    assert_true(t.ns == 2);
}

static void
a_time_cut_at_any_byte_is_no_crash_and_mostly_no_time(void **state)
{
    static const char whole[] = "2016-12-31T23:59:60.123Z";

    for (size_t n = 0; n < sizeof whole - 1; n++) {
        char copy[sizeof whole];
        struct utc t;

        memcpy(copy, whole, n);
        assert_int_equal(utc_parse(span_of(copy, n), &t), n == 19 || n > 20 ? 0 : -1);
    }
}

static void
second_60_exists_on_the_days_of_the_table_only(void **state)
{
    /* Written out as dates: the table holds day numbers. */
    static const char *const days[] = {
        "1972-06-30", "1972-12-31", "1973-12-31", "1974-12-31", "1975-12-31", "1976-12-31", "1977-12-31",
        "1978-12-31", "1979-12-31", "1981-06-30", "1982-06-30", "1983-06-30", "1985-06-30", "1987-12-31",
        "1989-12-31", "1990-12-31", "1992-06-30", "1993-06-30", "1994-06-30", "1995-12-31", "1997-06-30",
        "1998-12-31", "2005-12-31", "2008-12-31", "2012-06-30", "2015-06-30", "2016-12-31"};
    size_t next = 0;

    for (int year = 1960; year <= 2025; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= 31; day++) {
                char text[UTC_TEXT_MAX + 40];
                struct utc t;
                int32_t mjd;
                bool leap;

                if (utc_mjd(year, month, day, &mjd) != 0)
                    continue;
                snprintf(text, sizeof text, "%04d-%02d-%02dT23:59:60", year, month, day);
                leap = next < sizeof days / sizeof *days && memcmp(text, days[next], 10) == 0;
                next += leap;
                assert_int_equal(utc_parse(span_str(text), &t), leap ? 0 : -1);
                if (leap)
                    assert_true(t.mjd == mjd && t.ns == UTC_DAY_NS);
            }
        }
    }
    assert_int_equal(next, 27);
}

static void
second_60_is_only_the_last_of_the_day(void **state)
{
    struct utc t;

    assert_int_equal(utc_parse(span_str("2016-12-31T23:58:60"), &t), -1);
    assert_int_equal(utc_parse(span_str("2016-12-31T22:59:60"), &t), -1);
    assert_int_equal(utc_parse(span_str("2017-01-01T00:00:60"), &t), -1);
    assert_int_equal(utc_parse(span_str("2016-366T23:59:60.999999999Z"), &t), 0);
    assert_true(t.ns == UTC_DAY_NS + 999999999);
}

static void
a_later_leap_second_is_believed_at_the_end_of_a_month(void **state)
{
    struct utc t;

    assert_int_equal(utc_parse(span_str("2031-06-30T23:59:60"), &t), 0);
    assert_int_equal(utc_parse(span_str("2031-12-31T23:59:60"), &t), 0);
    assert_int_equal(utc_parse(span_str("2031-06-29T23:59:60"), &t), -1);
}

static void
every_day_of_ten_millennia_survives_the_calendar(void **state)
{
    int32_t want;
    int year;
    int month;
    int day;

    assert_int_equal(utc_mjd(1, 1, 1, &want), 0);
    for (int y = 1; y <= 9999; y++) {
        for (int m = 1; m <= 12; m++) {
            for (int d = 1; d <= 31; d++) {
                int32_t mjd;

                if (utc_mjd(y, m, d, &mjd) != 0)
                    continue;
                assert_int_equal(mjd, want++);
                utc_calendar(mjd, &year, &month, &day);
                assert_true(year == y && month == m && day == d);
            }
        }
    }
    assert_int_equal(want - 1, 2973483); /* 9999-12-31 */
}

static void
printing_cuts_and_shows_second_60(void **state)
{
    static const char *const want[] = {"2016-12-31T23:59:60Z",          "2016-12-31T23:59:60.9Z",
                                       "2016-12-31T23:59:60.98Z",       "2016-12-31T23:59:60.987Z",
                                       "2016-12-31T23:59:60.9876Z",     "2016-12-31T23:59:60.98765Z",
                                       "2016-12-31T23:59:60.987654Z",   "2016-12-31T23:59:60.9876543Z",
                                       "2016-12-31T23:59:60.98765432Z", "2016-12-31T23:59:60.987654321Z"};
    struct utc t = read_utc("2016-12-31T23:59:60.987654321Z");

    for (int decimals = 0; decimals <= 9; decimals++) {
        char text[UTC_TEXT_MAX];

        utc_print(t, decimals, text);
        assert_string_equal(text, want[decimals]);
    }
}

static void
times_from_outside_of_any_value_are_printed_and_converted(void **state)
{
    static const int32_t days[] = {INT32_MIN, INT32_MIN + 1, -1, 0, 1, INT32_MAX - 1, INT32_MAX};
    static const int64_t nanos[] = {INT64_MIN, -1, 0, UTC_DAY_NS, UTC_DAY_NS + 1000000000, INT64_MAX};

    for (size_t i = 0; i < 7; i++) {
        for (size_t j = 0; j < 6; j++) {
            struct utc t = {days[i], nanos[j]};
            char text[UTC_TEXT_MAX];

            for (int decimals = -1; decimals < 12; decimals++) {
                utc_print(t, decimals, text);
                assert_true(strlen(text) < sizeof text && text[strlen(text) - 1] == 'Z');
            }
            (void)utc_unix_ns(t);
            (void)utc_tai_offset(t);
            (void)utc_from_sort_key(utc_sort_key(t));
            for (size_t k = 0; k < 6; k++) {
                (void)utc_add_ns(t, nanos[k]);
                (void)utc_diff_ms(t, (struct utc){days[k], nanos[k]});
                (void)utc_from_unix(nanos[j], nanos[k]);
                (void)utc_from_sort_key(nanos[k]);
            }
        }
    }
}

static void
posix_time_goes_both_ways(void **state)
{
    static const int64_t seconds[] = {0,      -1,     1,          86399,      86400,
                                      -86400, -86401, 1483228799, 1483228800, 1795503078};

    for (size_t i = 0; i < 10; i++) {
        struct utc t = utc_from_unix(seconds[i], 5);

        assert_true(utc_unix(t) == seconds[i]);
        assert_true(utc_unix_ns(t) == seconds[i] * 1000000000 + 5);
    }
    assert_int_equal(utc_compare(utc_from_unix(1795503078, 0), read_utc("2026-11-24T06:51:18Z")), 0);
    assert_int_equal(utc_compare(utc_from_unix(10, -1), utc_from_unix(9, 999999999)), 0);
    assert_int_equal(utc_compare(utc_from_unix(10, 2000000001), utc_from_unix(12, 1)), 0);
    assert_int_equal(utc_from_unix(INT64_MAX, INT64_MAX).mjd, INT32_MAX);
    assert_int_equal(utc_from_unix(INT64_MIN, INT64_MIN).mjd, INT32_MIN);
    assert_true(utc_unix_ns((struct utc){INT32_MAX, 0}) == INT64_MAX);
    assert_true(utc_unix_ns((struct utc){INT32_MIN, 0}) == INT64_MIN);
}

static void
a_leap_second_maps_to_the_last_nanosecond_before_it(void **state)
{
    struct utc t = read_utc("2016-12-31T23:59:60.5Z");

    assert_true(utc_unix(t) == 1483228799);
    assert_true(utc_unix_ns(t) == 1483228799999999999);
}

static void
ages_and_windows_are_counted_through_posix_time(void **state)
{
    struct utc a = read_utc("2026-11-24T00:00:00.001Z");
    struct utc b = read_utc("2026-11-23T23:59:59.999Z");

    assert_true(utc_diff_ms(a, b) == 2);
    assert_true(utc_diff_ms(b, a) == -2);
    assert_int_equal(utc_compare(utc_add_ns(b, 2000000), a), 0);
    assert_int_equal(utc_compare(utc_add_ns(a, -2000000), b), 0);
    assert_int_equal(utc_compare(a, b), 1);
    assert_int_equal(utc_compare(b, a), -1);
    assert_true(utc_is_zero((struct utc){0, 0}));
    assert_false(utc_is_zero((struct utc){0, 1}));
    assert_false(utc_is_zero((struct utc){1, 0}));
}

static void
tai_utc_steps_after_each_leap_second(void **state)
{
    assert_int_equal(utc_tai_offset(read_utc("1971-12-31T23:59:59")), 0);
    assert_int_equal(utc_tai_offset(read_utc("1972-01-01T00:00:00")), 10);
    assert_int_equal(utc_tai_offset(read_utc("1972-06-30T23:59:60")), 10);
    assert_int_equal(utc_tai_offset(read_utc("1972-07-01T00:00:00")), 11);
    assert_int_equal(utc_tai_offset(read_utc("1999-01-01T00:00:00")), 32);
    assert_int_equal(utc_tai_offset(read_utc("2016-12-31T23:59:60.9")), 36);
    assert_int_equal(utc_tai_offset(read_utc("2017-01-01T00:00:00")), 37);
    assert_int_equal(utc_tai_offset(read_utc("2026-11-24T00:00:00")), 37);
}

static void
sort_keys_sort_as_time_does(void **state)
{
    static const char *const ascending[] = {
        "0001-01-01T00:00:00",        "1858-11-16T23:59:59.999999", "1858-11-17T00:00:00",
        "2016-12-31T23:59:59.999999", "2016-12-31T23:59:60",        "2016-12-31T23:59:60.999999",
        "2017-01-01T00:00:00",        "2017-01-01T00:00:00.000001", "9999-12-31T23:59:59"};

    for (size_t i = 0; i < sizeof ascending / sizeof *ascending; i++) {
        struct utc t = read_utc(ascending[i]);

        assert_int_equal(utc_compare(utc_from_sort_key(utc_sort_key(t)), t), 0);
        if (i > 0)
            assert_true(utc_sort_key(read_utc(ascending[i - 1])) < utc_sort_key(t));
    }
    assert_true(utc_sort_key((struct utc){INT32_MIN, 0}) < utc_sort_key((struct utc){-678575, 0}));
    assert_true(utc_sort_key((struct utc){INT32_MAX, 0}) > utc_sort_key((struct utc){2973483, 0}));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_of_a_date_are_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(a_time_cut_at_any_byte_is_no_crash_and_mostly_no_time),
        cmocka_unit_test(second_60_exists_on_the_days_of_the_table_only),
        cmocka_unit_test(second_60_is_only_the_last_of_the_day),
        cmocka_unit_test(a_later_leap_second_is_believed_at_the_end_of_a_month),
        cmocka_unit_test(every_day_of_ten_millennia_survives_the_calendar),
        cmocka_unit_test(printing_cuts_and_shows_second_60),
        cmocka_unit_test(times_from_outside_of_any_value_are_printed_and_converted),
        cmocka_unit_test(posix_time_goes_both_ways),
        cmocka_unit_test(a_leap_second_maps_to_the_last_nanosecond_before_it),
        cmocka_unit_test(ages_and_windows_are_counted_through_posix_time),
        cmocka_unit_test(tai_utc_steps_after_each_leap_second),
        cmocka_unit_test(sort_keys_sort_as_time_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
