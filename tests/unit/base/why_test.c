#include "base/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"

static void
the_first_reason_is_kept(void **state)
{
    struct why why;

    why_clear(&why);
    assert_int_equal(why_set(&why, WHY_CHECKSUM, 3, 69, "LINE1", "found %d", 4), -1);
    assert_int_equal(why_set(&why, WHY_FORK, 1, 1, "other", "later"), -1);
    assert_int_equal(why.code, WHY_CHECKSUM);
    assert_int_equal(why.line, 3);
    assert_int_equal(why.column, 69);
    assert_string_equal(why.field, "LINE1");
    assert_string_equal(why.note, "found 4");
    assert_int_equal(why_set(NULL, WHY_FORK, 0, 0, NULL, "nowhere"), -1);
}

static void
numbers_on_the_wire_stay_what_they_are(void **state)
{
    /* Append only: a few rows that old peers know by number. */
    assert_int_equal(WHY_NONE, 0);
    assert_int_equal(WHY_FRAME_SIZE, 1);
    assert_int_equal(WHY_TREE_PROOF, 12);
    assert_int_equal(WHY_BODY_SHAPE, 24);
    assert_int_equal(WHY_PEER_UNKNOWN, 36);
    assert_string_equal(why_name(WHY_TREE_PROOF), "TREE_PROOF");
    assert_int_equal(why_blame(WHY_TREE_PROOF), BLAME_SENDER);
    assert_int_equal(why_effect(WHY_FORK), EFFECT_FREEZE);
}

static void
a_number_outside_the_table_has_a_name_and_no_effect(void **state)
{
    static const unsigned numbers[] = {WHY_COUNT, 1000, 0x7FFFFFFF, 0xFFFFFFFF};

    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(why_name((enum why_code)numbers[i]), "?");
        assert_non_null(why_text((enum why_code)numbers[i]));
        assert_int_equal(why_effect((enum why_code)numbers[i]), EFFECT_NONE);
        assert_int_equal(why_blame((enum why_code)numbers[i]), BLAME_NOBODY);
    }
    assert_string_equal(blame_name(BLAME_USER), "user");
    assert_string_equal(blame_name((enum blame)77), "?");
    assert_string_equal(effect_name(EFFECT_END_SESSION), "end_session");
    assert_string_equal(effect_name((enum effect)77), "?");
}

static void
a_note_never_holds_controls_or_half_a_character(void **state)
{
    char longest[400];

    memset(longest, 0, sizeof longest);
    for (size_t i = 0; i + 2 < sizeof longest; i += 2)
        memcpy(longest + i, "\xC3\xA9", 2);
    for (size_t shift = 0; shift < 2; shift++) {
        struct why why;

        why_clear(&why);
        why_set(&why, WHY_TEXT_SYNTAX, 0, 0, longest + 2 - shift * 2, "%s\x1B[2J\n%s", shift != 0 ? "x" : "",
                longest);
        assert_true(text_is_utf8(span_str(why.note)));
        assert_true(text_is_utf8(span_str(why.field)));
        assert_true(strlen(why.note) > 190);
        assert_null(strchr(why.note, '\x1B'));
        assert_null(strchr(why.note, '\n'));
    }
}

static void
parts_that_are_absent_are_not_printed(void **state)
{
    static const struct {
        struct why why;
        const char *file;
        const char *want;
    } cases[] = {
        {{WHY_CHECKSUM, 3, 69, "LINE1", "sum 4"}, "a.tle", "a.tle:3:69: LINE1: sum 4"},
        {{WHY_CHECKSUM, 3, 0, "", "sum 4"}, "a.tle", "a.tle:3: sum 4"},
        {{WHY_CHECKSUM, 3, 5, "", "sum 4"}, NULL, "3:5: sum 4"},
        {{WHY_CHECKSUM, 0, 0, "F", "sum 4"}, NULL, "F: sum 4"},
        {{WHY_CHECKSUM, 0, 0, "F", ""}, "x", "x: F: a checksum does not match"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;

        buf_init(&b, 1000);
        why_print(&cases[i].why, cases[i].file, &b);
        assert_string_equal(buf_cstr(&b), cases[i].want);
        buf_release(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_reason_is_kept),
        cmocka_unit_test(numbers_on_the_wire_stay_what_they_are),
        cmocka_unit_test(a_number_outside_the_table_has_a_name_and_no_effect),
        cmocka_unit_test(a_note_never_holds_controls_or_half_a_character),
        cmocka_unit_test(parts_that_are_absent_are_not_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
