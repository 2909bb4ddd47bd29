#include "base/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void
cr_lf_and_cr_lf_end_one_line_each(void **state)
{
    static const char *const want[] = {"a", "", "b", "c", "", "", "d"};
    struct why why = {0};
    struct scan s;
    struct span line;
    size_t n = 0;

    scan_init(&s, span_str("a\r\n\nb\rc\n\r\r\nd"), &why);
    while (scan_line(&s, 100, &line)) {
        assert_true(n < 7);
        assert_true(span_is(line, want[n]));
        n++;
        assert_int_equal(s.line, n);
    }
    assert_int_equal(n, 7);
    assert_false(scan_failed(&s));
    assert_true(scan_end(&s));
}

static void
a_final_line_end_opens_no_empty_line(void **state)
{
    static const char *const texts[] = {"a\n", "a\r", "a\r\n", "a", "\n"};

    for (size_t i = 0; i < 5; i++) {
        struct why why = {0};
        struct scan s;
        struct span line;

        scan_init(&s, span_str(texts[i]), &why);
        assert_true(scan_line(&s, 10, &line));
        assert_int_equal(line.n, i < 4);
        assert_true(scan_end(&s));
        assert_false(scan_line(&s, 10, &line));
    }
}

static void
no_text_is_no_line(void **state)
{
    struct why why = {0};
    struct scan s;
    struct span line;

    scan_init(&s, span_of(NULL, 0), &why);
    assert_true(scan_end(&s));
    assert_false(scan_line(&s, 10, &line));
    assert_false(scan_byte(&s, 'x'));
    assert_int_equal(scan_until(&s, ",").n, 0);
    scan_blanks(&s);
    assert_false(scan_failed(&s));
    scan_expect(&s, 'x');
    assert_int_equal(why.code, WHY_TEXT_SYNTAX);
    assert_int_equal(why.column, 1);
}

static void
a_line_over_the_limit_fails_at_the_first_byte_over(void **state)
{
    struct why why = {0};
    struct scan s;
    struct span line;

    scan_init(&s, span_str("12345\n123456\n"), &why);
    assert_true(scan_line(&s, 5, &line));
    assert_false(scan_line(&s, 5, &line));
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
    assert_int_equal(why.line, 2);
    assert_int_equal(why.column, 6);
    assert_false(scan_line(&s, 500, &line));
}

static void
an_error_has_the_place_inside_the_line_that_is_held(void **state)
{
    struct why why = {0};
    struct scan s;
    struct span line;

    scan_init(&s, span_str("first\r\nsecond\r\nthird"), &why);
    assert_true(scan_line(&s, 100, &line));
    assert_true(scan_line(&s, 100, &line));
    assert_int_equal(scan_fail(&s, WHY_FIELD_RANGE, line.p + 3, "KEY", "%d is wrong", 5), -1);
    assert_int_equal(why.line, 2);
    assert_int_equal(why.column, 4);
    assert_string_equal(why.field, "KEY");
    assert_string_equal(why.note, "5 is wrong");
    assert_true(scan_end(&s));
}

static void
an_error_sticks(void **state)
{
    struct why why = {0};
    struct scan s;
    struct span line;

    scan_init(&s, span_str("abc"), &why);
    scan_expect(&s, 'x');
    assert_string_equal(why.note, "expected 'x'");
    scan_expect(&s, 'y');
    assert_string_equal(why.note, "expected 'x'");
    assert_false(scan_byte(&s, 'a'));
    assert_false(scan_line(&s, 10, &line));
    assert_int_equal(scan_until(&s, "").n, 0);
    assert_ptr_equal(s.p, s.end - 3);
}

static void
pieces_of_a_line_are_taken_in_turn(void **state)
{
    struct why why = {0};
    struct scan s;
    struct span line;

    scan_init(&s, span_str("KEY \t= value ; x\nrest"), &why);
    assert_true(span_is(scan_until(&s, " =\t"), "KEY"));
    scan_blanks(&s);
    assert_int_equal(scan_column(&s), 6);
    scan_expect(&s, '=');
    scan_blanks(&s);
    assert_true(span_is(scan_until(&s, ";"), "value "));
    assert_true(scan_byte(&s, ';'));
    assert_true(span_is(scan_until(&s, ";"), " x"));
    assert_true(span_is(scan_until(&s, ";"), ""));
    assert_true(scan_byte(&s, '\n'));
    scan_blanks(&s);
    assert_int_equal(s.line, 2);
    assert_int_equal(scan_column(&s), 1);
    assert_true(scan_line(&s, 10, &line));
    assert_true(span_is(line, "rest"));
    assert_int_equal(s.line, 2);
}

static void
a_place_behind_a_line_end_is_on_the_next_line(void **state)
{
    struct why why = {0};
    struct scan s;

    scan_init(&s, span_str("a\nb"), &why);
    assert_true(scan_byte(&s, 'a'));
    assert_true(scan_byte(&s, '\n'));
    scan_fail(&s, WHY_TEXT_SYNTAX, s.p, NULL, "here");
    assert_int_equal(why.line, 2);
    assert_int_equal(why.column, 1);
    why_clear(&why);
    scan_init(&s, span_str("\r\nb"), &why);
    assert_true(scan_byte(&s, '\r'));
    assert_true(scan_byte(&s, 'b')); /* the LF belongs to the CR */
    scan_expect(&s, 'c');
    assert_int_equal(why.line, 2);
    assert_int_equal(why.column, 2);
}

static void
nul_is_a_byte_like_any_other(void **state)
{
    struct why why = {0};
    struct scan s;
    struct span line;

    scan_init(&s, span_of("a\0b,c\nd", 7), &why);
    assert_int_equal(scan_until(&s, ",").n, 3);
    assert_true(scan_byte(&s, ','));
    assert_true(scan_line(&s, 10, &line));
    assert_true(span_is(line, "c"));
    assert_true(scan_line(&s, 10, &line));
    assert_int_equal(s.line, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cr_lf_and_cr_lf_end_one_line_each),
        cmocka_unit_test(a_final_line_end_opens_no_empty_line),
        cmocka_unit_test(no_text_is_no_line),
        cmocka_unit_test(a_line_over_the_limit_fails_at_the_first_byte_over),
        cmocka_unit_test(an_error_has_the_place_inside_the_line_that_is_held),
        cmocka_unit_test(an_error_sticks),
        cmocka_unit_test(pieces_of_a_line_are_taken_in_turn),
        cmocka_unit_test(a_place_behind_a_line_end_is_on_the_next_line),
        cmocka_unit_test(nul_is_a_byte_like_any_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
