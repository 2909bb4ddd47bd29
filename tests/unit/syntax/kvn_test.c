#include "syntax/kvn.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct why why;
static struct kvn kvn;
static struct kvn_line line;

static bool
next(const char *text)
{
    why_clear(&why);
    kvn_init(&kvn, span_str(text), &why);
    return kvn_next(&kvn, &line);
}

static void
blanks_around_keyword_and_value_mean_nothing(void **state)
{
    static const char *const texts[] = {"KEY=VALUE", "KEY   =VALUE   ", "  KEY = VALUE\r\n",
                                        "\xEF\xBB\xBFKEY = VALUE", "\n\n \n\tKEY = \tVALUE"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_true(next(texts[i]));
        assert_int_equal(line.kind, KVN_PAIR);
        assert_true(span_is(line.keyword, "KEY"));
        assert_true(span_is(line.value, "VALUE"));
    }
}

static void
a_value_may_hold_an_equals_sign_and_be_empty(void **state)
{
    assert_true(next("KEY = a = b"));
    assert_true(span_is(line.value, "a = b"));
    assert_int_equal(line.value_column, 7);
    assert_true(next("KEY ="));
    assert_int_equal(line.value.n, 0);
}

static void
a_comment_keeps_its_inner_blanks(void **state)
{
    assert_true(next("COMMENT   two  blanks = x  "));
    assert_int_equal(line.kind, KVN_COMMENT);
    assert_true(span_is(line.value, "  two  blanks = x"));
    assert_true(next("COMMENT"));
    assert_int_equal(line.value.n, 0);
    assert_true(next("COMMENTARY = 1"));
    assert_int_equal(line.kind, KVN_PAIR);
}

static void
a_line_without_equals_is_a_word(void **state)
{
    assert_true(next("META_START  "));
    assert_int_equal(line.kind, KVN_WORD);
    assert_true(span_is(line.keyword, "META_START"));
}

static void
controls_and_broken_utf8_are_refused_at_their_place(void **state)
{
    assert_false(next("A = 1\x01"));
    assert_int_equal(why.code, WHY_TEXT_ENCODING);
    assert_int_equal(why.column, 6);
    assert_false(next("A = \xC3("));
    assert_int_equal(why.code, WHY_TEXT_ENCODING);
    assert_int_equal(why.column, 5);
}

static void
tabs_and_characters_outside_ascii_are_reported(void **state)
{
    assert_true(next("A\t=\t1"));
    assert_non_null(line.odd);
    assert_int_equal(*line.odd, '\t');
    assert_true(next("A = \xC3\x89"));
    assert_int_equal(*line.odd, 0xC3);
    assert_true(next("A = 1"));
    assert_null(line.odd);
}

static void
a_line_over_254_characters_is_marked(void **state)
{
    char text[300];

    memset(text, 'x', sizeof text);
    memcpy(text, "A = ", 4);
    text[254] = 0;
    assert_true(next(text));
    assert_false(line.is_long);
    text[254] = 'x';
    text[255] = 0;
    assert_true(next(text));
    assert_true(line.is_long);
}

static void
a_unit_is_cut_from_the_end(void **state)
{
    struct span value = span_str("1.5  [m**2/s]");
    struct span unit = kvn_unit(&value);

    assert_true(span_is(unit, "m**2/s"));
    assert_true(span_is(value, "1.5"));
    value = span_str("1.5");
    assert_null(kvn_unit(&value).p);
    value = span_str("1.5 [ ]");
    unit = kvn_unit(&value);
    assert_non_null(unit.p);
    assert_int_equal(unit.n, 0);
    value = span_str("m]");
    assert_null(kvn_unit(&value).p);
}

static void
a_probe_wants_the_keyword_first(void **state)
{
    assert_true(kvn_begins_with(span_str("\r\n CCSDS_X_VERS  = 1.0"), "CCSDS_X_VERS"));
    assert_false(kvn_begins_with(span_str("COMMENT\nCCSDS_X_VERS = 1.0"), "CCSDS_X_VERS"));
    assert_false(kvn_begins_with(span_str("CCSDS_X_VERSION = 1.0"), "CCSDS_X_VERS"));
    assert_false(kvn_begins_with(span_str("CCSDS_X_VERS"), "CCSDS_X_VERS"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_around_keyword_and_value_mean_nothing),
        cmocka_unit_test(a_value_may_hold_an_equals_sign_and_be_empty),
        cmocka_unit_test(a_comment_keeps_its_inner_blanks),
        cmocka_unit_test(a_line_without_equals_is_a_word),
        cmocka_unit_test(controls_and_broken_utf8_are_refused_at_their_place),
        cmocka_unit_test(tabs_and_characters_outside_ascii_are_reported),
        cmocka_unit_test(a_line_over_254_characters_is_marked),
        cmocka_unit_test(a_unit_is_cut_from_the_end),
        cmocka_unit_test(a_probe_wants_the_keyword_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
