#include "types/fieldmap.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "types/designator.h"

static void
a_number_is_made_json_and_nothing_else(void **state)
{
    static const char *const cases[][2] = {
        {".0019638", "0.0019638"}, {"-.87E-6", "-0.87E-6"},
        {"+5.0", "5.0"},           {"1.", "1.0"},
        {"0925", "925"},           {"000", "0"},
        {"-0.0", "-0.0"},          {"1.5D-3", "1.5E-3"},
        {"2.88e-6", "2.88e-6"},    {"00.50", "0.50"},
        {"1.e+5", "1.0e+5"},       {"12345678901234567890.123456789", "12345678901234567890.123456789"},
    };
    struct buf out;

    buf_init(&out, 256);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&out);
        fieldmap_number(&out, span_str(cases[i][0]));
        assert_string_equal(buf_cstr(&out), cases[i][1]);
    }
    buf_release(&out);
}

static enum why_code
check(const struct field *field, const char *value)
{
    struct why why = {.code = WHY_NONE};

    (void)fieldmap_check_value(field, span_str(value), &why, 1, 1);
    return why.code;
}

static void
ranges_are_exact(void **state)
{
    const struct field closed = {.keyword = "A", .kind = FIELD_REAL, .min = "0", .max = "1"};
    const struct field open = {
        .keyword = "A", .kind = FIELD_REAL, .min = "0", .max = "1", .flags = FIELD_ABOVE | FIELD_BELOW};

    assert_int_equal(check(&closed, "0"), WHY_NONE);
    assert_int_equal(check(&closed, "1.000"), WHY_NONE);
    assert_int_equal(check(&closed, "1.00000000000000000000000000001"), WHY_FIELD_RANGE);
    assert_int_equal(check(&closed, "-1e-300"), WHY_FIELD_RANGE);
    assert_int_equal(check(&open, "0e5"), WHY_FIELD_RANGE);
    assert_int_equal(check(&open, "1"), WHY_FIELD_RANGE);
    assert_int_equal(check(&open, "1e-300"), WHY_NONE);
    assert_int_equal(check(&open, "0.99999999999999999999999999999"), WHY_NONE);
}

static void
values_of_the_wrong_kind_are_refused(void **state)
{
    const struct field real = {.keyword = "A", .kind = FIELD_REAL};
    const struct field integer = {.keyword = "A", .kind = FIELD_INT};
    const struct field word = {.keyword = "A", .kind = FIELD_WORD, .words = "YES|NO|N/A"};
    const struct field time = {.keyword = "A", .kind = FIELD_TIME};
    const struct field text = {.keyword = "A", .kind = FIELD_TEXT};

    assert_int_equal(check(&real, "NaN"), WHY_FIELD_NUMBER);
    assert_int_equal(check(&real, "0x10"), WHY_FIELD_NUMBER);
    assert_int_equal(check(&real, "1e999"), WHY_FIELD_NUMBER);
    assert_int_equal(check(&real, "1 2"), WHY_FIELD_NUMBER);
    assert_int_equal(check(&integer, "1.0"), WHY_FIELD_NUMBER);
    assert_int_equal(check(&integer, "2147483648"), WHY_FIELD_NUMBER);
    assert_int_equal(check(&integer, "-2147483648"), WHY_NONE);
    assert_int_equal(check(&word, "N/A"), WHY_NONE);
    assert_int_equal(check(&word, "yes"),
                     WHY_FIELD_VALUE); /* in a body: readers spell it as the table does */
    assert_int_equal(check(&time, "2031-02-29T00:00:00"), WHY_FIELD_TIME);
    assert_int_equal(check(&time, "2032-366T00:00:00"), WHY_NONE);
    assert_int_equal(check(&text, "a\nb"), WHY_TEXT_ENCODING);
    assert_int_equal(check(&text, "a\xC2\x85"), WHY_TEXT_ENCODING);
    assert_int_equal(check(&text, "\xFF"), WHY_TEXT_ENCODING);
}

static void
words_are_found_in_any_case(void **state)
{
    const struct field word = {.keyword = "A", .kind = FIELD_WORD, .words = "YES|ROCKET BODY|N/A"};

    assert_true(span_is(fieldmap_word(&word, span_str("rocket body")), "ROCKET BODY"));
    assert_true(span_is(fieldmap_word(&word, span_str("Rocket_Body")), "ROCKET BODY"));
    assert_true(span_is(fieldmap_word(&word, span_str("n/a")), "N/A"));
    assert_null(fieldmap_word(&word, span_str("YE")).p);
    assert_null(fieldmap_word(&word, span_str("YESS")).p);
    assert_null(fieldmap_word(&word, span_str("")).p);
}

static void
designators_are_told_from_other_text(void **state)
{
    assert_true(designator_is_cospar(span_str("1998-067A")));
    assert_true(designator_is_cospar(span_str("1998-067ABC")));
    assert_false(designator_is_cospar(span_str("1998-067")));
    assert_false(designator_is_cospar(span_str("1998-67A")));
    assert_false(designator_is_cospar(span_str("1998-067a")));
    assert_false(designator_is_cospar(span_str("1998-067ABCD")));
    assert_int_equal(designator_norad(span_str("000028485")), 28485);
    assert_int_equal(designator_norad(span_str("999999999")), 999999999);
    assert_int_equal(designator_norad(span_str("1000000000")), 0);
    assert_int_equal(designator_norad(span_str("A0001")), 0);
    assert_int_equal(designator_norad(span_str("-1")), 0);
}

static void
times_of_other_scales_become_utc(void **state)
{
    static const char *const cases[][3] = {
        {"2020-01-01T00:00:37", "TAI", "2020-01-01T00:00:00.000Z"},
        {"2020-01-01T00:00:18", "GPS", "2020-01-01T00:00:00.000Z"},
        {"2020-01-01T00:01:09.184", "TT", "2020-01-01T00:00:00.000Z"},
        {"2020-01-01T00:00:00", "TAI", "2019-12-31T23:59:23.000Z"},
        {"2020-01-01T00:00:00Z", "UTC", "2020-01-01T00:00:00.000Z"},
        {"2017-01-01T00:00:36.5", "TAI", "2016-12-31T23:59:60.500Z"},
        {"2020-01-01T03:00:00", "GLONASST", "2020-01-01T00:00:00.000Z"},
        {"2020-01-01T00:00:04", "BDT", "2020-01-01T00:00:00.000Z"},
        {"2020-01-01T00:00:18", "GALILEO", "2020-01-01T00:00:00.000Z"},
        {"2020-01-01T00:01:09.184", "TDB", "2020-01-01T00:00:00.000Z"},
        {"2020-01-01T00:00:00", "UT1", "2020-01-01T00:00:00.000Z"},
        {"1969-07-20T20:17:40", "TDB", "1969-07-20T20:17:40.000Z"},
    };
    static const char *const unknown[] = {"MET", "MRT", "SCLK", "GMST", "CET", ""};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[UTC_TEXT_MAX];

        utc_print(designator_utc(span_str(cases[i][0]), span_str(cases[i][1])), 3, text);
        assert_string_equal(text, cases[i][2]);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_true(utc_is_zero(designator_utc(span_str(cases[0][0]), span_str(unknown[i]))));
    assert_true(utc_is_zero(designator_utc(span_str("soon"), span_str("UTC"))));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_made_json_and_nothing_else),
        cmocka_unit_test(ranges_are_exact),
        cmocka_unit_test(values_of_the_wrong_kind_are_refused),
        cmocka_unit_test(words_are_found_in_any_case),
        cmocka_unit_test(designators_are_told_from_other_text),
        cmocka_unit_test(times_of_other_scales_become_utc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
