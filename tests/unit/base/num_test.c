#include "base/num.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void
integers_are_whole_text_in_range(void **state)
{
    static const struct {
        const char *text;
        int64_t min, max, want;
        int result;
    } cases[] = {
        {"0", -5, 5, 0, 0},
        {"-5", -5, 5, -5, 0},
        {"+5", -5, 5, 5, 0},
        {"-0", 0, 5, 0, 0},
        {"0005", 0, 5, 5, 0},
        {"6", -5, 5, 0, -1},
        {"-6", -5, 5, 0, -1},
        {"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, 0},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, 0},
        {"9223372036854775808", INT64_MIN, INT64_MAX, 0, -1},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, 0, -1},
        {"18446744073709551621", INT64_MIN, INT64_MAX, 0, -1},
        {"", -5, 5, 0, -1},
        {"+", -5, 5, 0, -1},
        {"-", -5, 5, 0, -1},
        {"--1", -5, 5, 0, -1},
        {"+-1", -5, 5, 0, -1},
        {" 1", -5, 5, 0, -1},
        {"1 ", -5, 5, 0, -1},
        {"1.0", -5, 5, 0, -1},
        {"0x1", -5, 5, 0, -1},
        {"1e0", -5, 5, 0, -1},
        {"\xD9\xA1", -5, 5, 0, -1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t v = 77;

        assert_int_equal(num_int(span_str(cases[i].text), cases[i].min, cases[i].max, &v), cases[i].result);
        assert_true(v == (cases[i].result == 0 ? cases[i].want : 77));
    }
}

static void
unsigned_integers_reach_their_maximum_and_no_further(void **state)
{
    uint64_t v = 7;

    assert_int_equal(num_uint(span_str("18446744073709551615"), UINT64_MAX, &v), 0);
    assert_true(v == UINT64_MAX);
    assert_int_equal(num_uint(span_str("18446744073709551616"), UINT64_MAX, &v), -1);
    assert_int_equal(num_uint(span_str("100000000000000000000000"), UINT64_MAX, &v), -1);
    assert_int_equal(num_uint(span_str("+12"), 12, &v), 0);
    assert_int_equal(num_uint(span_str("13"), 12, &v), -1);
    assert_int_equal(num_uint(span_str("-1"), 12, &v), -1);
    assert_int_equal(num_uint(span_str("-0"), 12, &v), -1);
    assert_int_equal(num_uint(span_of("1\0", 2), 12, &v), -1);
    assert_int_equal(num_uint(span_of(NULL, 0), 12, &v), -1);
    assert_true(v == 12);
}

static void
printed_integers_are_read_back(void **state)
{
    static const uint64_t values[] = {0, 7, 10, 25544, 999999999, UINT64_MAX};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[NUM_PRINT_MAX];
        size_t n = num_print(values[i], text);
        uint64_t v;

        assert_int_equal(n, strlen(text));
        assert_int_equal(num_uint(span_str(text), UINT64_MAX, &v), 0);
        assert_true(v == values[i]);
    }
}

static void
decimals_follow_the_grammar(void **state)
{
    static const char *const good[] = {"0",      "1",       "-1",      "+1",    "1.",   "-.5",
                                       "1.5",    "00.10",   "1e5",     "1E+05", "1d-3", "1.5D10",
                                       "1e9999", "1e-9999", "1e09999", ".5e00", "0e0"};
    static const char *const bad[] = {"",         ".",
                                      "+",        "-.",
                                      "e5",       "1e",
                                      "1e+",      "1e+-5",
                                      "1 ",       " 1",
                                      "1,5",      "1..2",
                                      "1.2.3",    "1e5.0",
                                      "1e5e5",    "0x1",
                                      "NaN",      "nan",
                                      "inf",      "-Inf",
                                      "1f",       "1_0",
                                      "--1",      "1e10000",
                                      "1e-10000", "1e99999999999999999999",
                                      "infinity", "1p3"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(num_is_decimal(span_str(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double v = 7;

        assert_false(num_is_decimal(span_str(bad[i])));
        assert_int_equal(num_double(span_str(bad[i]), &v), -1);
        assert_true(v == 7);
    }
    assert_false(num_is_decimal(span_of("1\0", 2)));
}

static void
decimals_have_at_most_64_characters(void **state)
{
    char text[70];
    double v;

    memset(text, '0', sizeof text); /* a short number by all its digits */
    memcpy(text, "1e", 2);
    text[64] = '1';
    assert_int_equal(num_double(span_of(text, 65), &v), -1);
    memset(text, '9', sizeof text);
    assert_true(num_is_decimal(span_of(text, 64)));
    assert_int_equal(num_double(span_of(text, 64), &v), 0);
    assert_true(v > 9e63 && v < 1.1e64);
    assert_false(num_is_decimal(span_of(text, 65)));
    text[0] = '-';
    text[1] = '.';
    assert_true(num_is_decimal(span_of(text, 64)));
    assert_int_equal(num_compare(span_of(text, 64), span_str("-1")), 1);
}

static void
doubles_are_rounded_correctly_and_finite(void **state)
{
    double v;

    assert_int_equal(num_double(span_str("0.1"), &v), 0);
    assert_true(v == 0.1);
    assert_int_equal(num_double(span_str("-1.5D+03"), &v), 0);
    assert_true(v == -1500);
    assert_int_equal(num_double(span_str("1d2"), &v), 0);
    assert_true(v == 100);
    assert_int_equal(num_double(span_str("-0"), &v), 0);
    assert_true(v == 0 && signbit(v));
    assert_int_equal(num_double(span_str("1e308"), &v), 0);
    assert_int_equal(num_double(span_str("1e309"), &v), -1);
    assert_int_equal(num_double(span_str("-1e9999"), &v), -1);
    assert_int_equal(num_double(span_str("1e-9999"), &v), 0);
    assert_true(v == 0);
    assert_int_equal(num_double(span_of("12345", 2), &v), 0);
    assert_true(v == 12);
}

/* Numbers that only look random: xorshift. */
static uint64_t
draw(uint64_t *state, uint64_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % below;
}

static void
doubles_are_those_of_strtod_digit_by_digit(void **state)
{
    uint64_t seed = 7600;

    for (unsigned round = 0; round < 200000; round++) {
        unsigned digits = 1 + (unsigned)draw(&seed, 20), point = (unsigned)draw(&seed, digits + 1), n = 0;
        char text[64];
        double v;

        if (draw(&seed, 2) == 0)
            text[n++] = '-';
        for (unsigned i = 0; i < digits; i++) {
            if (i == point)
                text[n++] = '.';
            text[n++] = (char)('0' + draw(&seed, 4) * draw(&seed, 4)); /* 0 to 9, zero most often */
        }
        if (draw(&seed, 2) == 0)
            n += (unsigned)snprintf(text + n, sizeof text - n, "e%d", (int)draw(&seed, 61) - 30);
        text[n] = 0;
        assert_int_equal(num_double(span_str(text), &v), 0);
        if (memcmp(&v, &(double){strtod(text, NULL)}, sizeof v) != 0)
            fail_msg("%s is read as %.17g", text, v);
    }
}

static void
decimals_compare_exactly_by_their_text(void **state)
{
    /* In ascending order; lines with the same rank are equal. */
    static const struct {
        const char *text;
        int rank;
    } rows[] = {
        {"-1e9999", 0},
        {"-9.9e307", 1},
        {"-10.5", 2},
        {"-1.05e1", 2},
        {"-10", 3},
        {"-0.1", 4},
        {"-1e-9999", 5},
        {"0", 6},
        {"-0", 6},
        {"+0.000e5", 6},
        {".0e-9999", 6},
        {"1e-9999", 7},
        {"0.0000000000000000000000000001", 8},
        {"1d-28", 8},
        {"0.1", 9},
        {".1", 9},
        {"0.10000000000000000000000000000000000000000001", 10},
        {"9007199254740992", 11},
        {"9007199254740993", 12}, /* the same double as the row above */
        {"9.007199254740993E15", 12},
        {"9007199254740993.0000", 12},
        {"90071992547409930e-1", 12},
        {"9007199254740993.0001", 13},
        {"1e9998", 14},
        {"9.99e9998", 15},
        {"1e9999", 16},
        {"0.1e9999", 14},
        {"10e9999", 17},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < sizeof rows / sizeof *rows; j++) {
            int want = (rows[i].rank > rows[j].rank) - (rows[i].rank < rows[j].rank);

            assert_int_equal(num_compare(span_str(rows[i].text), span_str(rows[j].text)), want);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_whole_text_in_range),
        cmocka_unit_test(unsigned_integers_reach_their_maximum_and_no_further),
        cmocka_unit_test(printed_integers_are_read_back),
        cmocka_unit_test(decimals_follow_the_grammar),
        cmocka_unit_test(decimals_have_at_most_64_characters),
        cmocka_unit_test(doubles_are_rounded_correctly_and_finite),
        cmocka_unit_test(doubles_are_those_of_strtod_digit_by_digit),
        cmocka_unit_test(decimals_compare_exactly_by_their_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
