#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/limit.h"

static void
utf8_is_valid_by_the_table_of_the_standard(void **state)
{
    static const struct {
        const char *text;
        size_t prefix;
    } cases[] = {
        {"", 0},
        {"plain ascii text", 16},
        {"\xC3\xA9t\xC3\xA9", 5},
        {"\xE2\x82\xAC", 3},
        {"\xF0\x9F\x9B\xB0", 4},
        {"\xF4\x8F\xBF\xBF", 4},
        {"a\xF4\x90\x80\x80", 1}, /* over U+10FFFF */
        {"ab\xED\xA0\x80", 2},    /* a surrogate */
        {"\xED\x9F\xBF", 3},      /* the last before them */
        {"\xEE\x80\x80", 3},      /* the first after them */
        {"\xC0\x80", 0},          /* overlong forms */
        {"\xC1\xBF", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xE0\xA0\x80", 3},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xF0\x90\x80\x80", 4},
        {"12345678\x80", 8},
        {"1234567\xC3", 7},
        {"\xE2\x82", 0},
        {"\xE2\x28\xA1", 0},
        {"\xF0\x9F\x9B", 0},
        {"\xFF\xFE", 0},
        {"\xF8\x88\x80\x80\x80", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct span s = span_str(cases[i].text);

        assert_int_equal(text_utf8_prefix(s), cases[i].prefix);
        assert_int_equal(text_is_utf8(s), cases[i].prefix == s.n);
    }
}

/* At every place of words of eight bytes, and in what is left of them. */
static void
the_plain_prefix_ends_at_the_first_byte_that_is_no_printable_ascii(void **state)
{
    static const uint8_t odd[] = {0x00, 0x09, 0x0A, 0x1F, 0x7F, 0x80, 0xA0, 0xC3, 0xFF};
    uint8_t text[40];

    for (size_t n = 0; n <= sizeof text; n++) {
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = (uint8_t)(0x20 + (i * 7 + n) % 0x5F);
        assert_int_equal(text_plain_prefix(span_of(text, n)), n);
        for (size_t at = 0; at < n; at++) {
            for (size_t k = 0; k < sizeof odd; k++) {
                uint8_t kept = text[at];

                text[at] = odd[k];
                assert_int_equal(text_plain_prefix(span_of(text, n)), at);
                text[at] = kept;
            }
        }
    }
}

static void
printable_is_ascii_without_controls(void **state)
{
    assert_true(text_is_printable(span_str(" ~aZ0")));
    assert_false(text_is_printable(span_str("a\tb")));
    assert_false(text_is_printable(span_str("\x7F")));
    assert_false(text_is_printable(span_str("\xC3\xA9")));
    assert_false(text_is_printable(span_of("\0", 1)));
}

static void
check_quote(struct span s, size_t max, const char *want)
{
    struct buf b;

    buf_init(&b, 10000);
    text_quote(&b, s, max);
    assert_string_equal(buf_cstr(&b), want);
    buf_release(&b);
}

static void
quoting_escapes_what_could_mislead(void **state)
{
    check_quote(span_str(""), 10, "\"\"");
    check_quote(span_str("a \"b\" \\ c"), 100, "\"a \\\"b\\\" \\\\ c\"");
    check_quote(span_str("l1\nl2\r\t\x1B[2J"), 100, "\"l1\\nl2\\x0D\\x09\\x1B[2J\"");
    check_quote(span_of("a\0b", 3), 100, "\"a\\x00b\"");
    check_quote(span_str("\xC3\xA9\xFF\xC3"), 100, "\"\xC3\xA9\\xFF\\xC3\"");
    check_quote(span_str("\xC2\x9B"
                         "2J"),
                100, "\"\\xC2\\x9B2J\"");                                       /* CSI of C1 */
    check_quote(span_str("\xE2\x80\xAEtxt"), 100, "\"\\xE2\\x80\\xAEtxt\"");    /* right-to-left override */
    check_quote(span_str("\xE2\x80\xA8"), 100, "\"\\xE2\\x80\\xA8\"");          /* line separator */
    check_quote(span_str("\xF3\xA0\x81\x81"), 100, "\"\\xF3\\xA0\\x81\\x81\""); /* a tag character */
}

static void
quoting_is_cut_between_characters(void **state)
{
    check_quote(span_str("abcdef"), 6, "\"abcdef\"");
    check_quote(span_str("abcdef"), 5, "\"abcde\"...");
    check_quote(span_str("abc"), 0, "\"\"...");
    check_quote(span_str("ab\xE2\x82\xAC"), 4, "\"ab\"...");
    check_quote(span_str("ab\xE2\x82\xAC"), 5, "\"ab\xE2\x82\xAC\"");
}

static void
quoted_bytes_of_any_kind_are_clean_utf8_on_one_line(void **state)
{
    struct buf b;
    uint8_t bytes[4];

    buf_init(&b, 1000);
    for (unsigned i = 0; i < 65536; i++) {
        bytes[0] = (uint8_t)(i >> 8);
        bytes[1] = (uint8_t)i;
        bytes[2] = (uint8_t)(i * 7);
        bytes[3] = 0x80;
        for (size_t max = 1; max <= 4; max++) {
            buf_clear(&b);
            text_quote(&b, span_of(bytes, 4), max);
            assert_true(text_is_utf8(buf_span(&b)));
            for (size_t j = 0; j < b.n; j++)
                assert_true(b.p[j] >= 0x20 && b.p[j] != 0x7F && !(b.p[j] == 0xC2 && b.p[j + 1] < 0xA0));
        }
    }
    buf_release(&b);
}

static void
hex_goes_both_ways_and_is_exact(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x7F, 0xA5, 0xFF};
    uint8_t back[4];
    struct buf b;

    buf_init(&b, 100);
    text_hex(&b, span_of(bytes, 4));
    assert_string_equal(buf_cstr(&b), "007fa5ff");
    assert_int_equal(text_unhex(buf_span(&b), back, 4), 0);
    assert_memory_equal(back, bytes, 4);
    assert_int_equal(text_unhex(span_str("007FA5FF"), back, 4), 0);
    assert_int_equal(text_unhex(span_str("007fa5f"), back, 4), -1);
    assert_int_equal(text_unhex(span_str("007fa5ff00"), back, 4), -1);
    assert_int_equal(text_unhex(span_str("007fa5fg"), back, 4), -1);
    assert_int_equal(text_unhex(span_str("0x7fa5ff"), back, 4), -1);
    assert_int_equal(text_unhex(span_str(""), back, 0), 0);
    buf_release(&b);
}

static void
base64_matches_rfc_4648_section_10(void **state)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\xFB\xFF\xBF", "+/+/"}};

    for (size_t i = 0; i < 8; i++) {
        struct buf text;
        struct buf bytes;

        buf_init(&text, 100);
        buf_init(&bytes, 100);
        text_base64(&text, span_str(pairs[i][0]));
        assert_string_equal(buf_cstr(&text), pairs[i][1]);
        assert_int_equal(text_unbase64(buf_span(&text), &bytes), 0);
        assert_string_equal(buf_cstr(&bytes), pairs[i][0]);
        buf_release(&text);
        buf_release(&bytes);
    }
}

static void
base64_of_another_form_is_refused_and_adds_nothing(void **state)
{
    static const char *const bad[] = {
        "Z",    "Zg",   "Zg=",      "Zg===", "====", "=",    "Zh==",  "Zm9=",  "Zm9v\n", "Zm 9",
        "Zm9-", "Zm9_", "Zg==Zg==", "Z===",  "Zm=v", "=m9v", "Zm9vZ", " Zm9v", "Zg=a",   "\xC3\xA9\xC3\xA9"};
    struct buf b;

    buf_init(&b, 100);
    buf_put_str(&b, "kept");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(text_unbase64(span_str(bad[i]), &b), -1);
        assert_int_equal(b.n, 4);
        assert_string_equal(buf_cstr(&b), "kept");
    }
    buf_release(&b);
    buf_init(&b, 5);
    assert_int_equal(text_unbase64(span_str("Zm9vYmFy"), &b), -1);
    assert_true(buf_failed(&b));
    buf_release(&b);
}

static void
trimming_and_case(void **state)
{
    assert_true(span_is(text_trim(span_str(" \ta b\t ")), "a b"));
    assert_true(span_is(text_trim(span_str(" \t ")), ""));
    assert_true(span_is(text_trim(span_str("\na\n")), "\na\n"));
    assert_int_equal(text_trim(span_of(NULL, 0)).n, 0);
    assert_true(text_equal_nocase(span_str("Epoch_1"), "ePOCH_1"));
    assert_false(text_equal_nocase(span_str("Epoch"), "Epoch_"));
    assert_false(text_equal_nocase(span_str("["), "{"));
    assert_false(text_equal_nocase(span_str("\xC3\x89"), "\xC3\xA9"));
}

static void
json_strings_are_json(void **state)
{
    struct buf b;

    buf_init(&b, 1000);
    text_json(&b, span_of("a\"\\/\b\f\n\r\t\0\x1F\x7F\xC3\xA9\xFF\xF0\x9F\x9B\xB0", 19));
    assert_string_equal(
        buf_cstr(&b),
        "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f\xC3\xA9\xEF\xBF\xBD\xF0\x9F\x9B\xB0\"");
    buf_release(&b);
}

static void
names_and_words_follow_their_grammar(void **state)
{
    static const char *const names[] = {"fr-cnes", "de-a", "xx-0-9-"};
    static const char *const no_names[] = {"",       "fr",       "fr-",        "FR-cnes",  "fr-CNES",
                                           "f-cnes", "fra-cnes", "fr_cnes",    "fr-cn es", "fr-cn/es",
                                           "fr-..",  "f1-cnes",  "fr-\xC3\xA9"};
    static const char *const words[] = {"a", "open", "data-2_x"};
    static const char *const no_words[] = {"", "1a", "-a", "_a", "A", "aB", "a.b", "a/b", "a b"};
    char longest[LIMIT_NAME_BYTES + 1];

    for (size_t i = 0; i < 3; i++)
        assert_true(text_is_node_name(span_str(names[i])) && text_is_word(span_str(words[i])));
    for (size_t i = 0; i < sizeof no_names / sizeof *no_names; i++)
        assert_false(text_is_node_name(span_str(no_names[i])));
    for (size_t i = 0; i < sizeof no_words / sizeof *no_words; i++)
        assert_false(text_is_word(span_str(no_words[i])));
    memset(longest, 'a', sizeof longest);
    assert_true(text_is_word(span_of(longest, LIMIT_NAME_BYTES)));
    assert_false(text_is_word(span_of(longest, LIMIT_NAME_BYTES + 1)));
    longest[2] = '-';
    assert_true(text_is_node_name(span_of(longest, LIMIT_NAME_BYTES)));
    assert_false(text_is_node_name(span_of(longest, LIMIT_NAME_BYTES + 1)));
    assert_false(text_is_node_name(span_of("fr-a\0", 5)));
}

static void
the_nearest_word_is_suggested_if_it_is_near(void **state)
{
    static const char *const words[] = {"listen", "peers", "audience", "data_dir", "EPOCH", "to"};
    char longest[1000];

    assert_string_equal(text_nearest(span_str("lisetn"), words, 6), "listen"); /* a swap */
    assert_string_equal(text_nearest(span_str("ot"), words, 6), "to");
    assert_string_equal(text_nearest(span_str("peer"), words, 6), "peers"); /* a loss */
    assert_string_equal(text_nearest(span_str("audiience"), words, 6), "audience");
    assert_string_equal(text_nearest(span_str("data-dir"), words, 6), "data_dir");
    assert_string_equal(text_nearest(span_str("epoch"), words, 6), "EPOCH");
    assert_null(text_nearest(span_str("xyzzy"), words, 6));
    assert_null(text_nearest(span_str("audxxxce"), words, 2));
    assert_null(text_nearest(span_str(""), words, 6));
    assert_null(text_nearest(span_str("x"), words, 6));
    assert_null(text_nearest(span_str("peers"), words, 0));
    memset(longest, 'p', sizeof longest);
    assert_null(text_nearest(span_of(longest, sizeof longest), words, 6));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_valid_by_the_table_of_the_standard),
        cmocka_unit_test(the_plain_prefix_ends_at_the_first_byte_that_is_no_printable_ascii),
        cmocka_unit_test(printable_is_ascii_without_controls),
        cmocka_unit_test(quoting_escapes_what_could_mislead),
        cmocka_unit_test(quoting_is_cut_between_characters),
        cmocka_unit_test(quoted_bytes_of_any_kind_are_clean_utf8_on_one_line),
        cmocka_unit_test(hex_goes_both_ways_and_is_exact),
        cmocka_unit_test(base64_matches_rfc_4648_section_10),
        cmocka_unit_test(base64_of_another_form_is_refused_and_adds_nothing),
        cmocka_unit_test(trimming_and_case),
        cmocka_unit_test(json_strings_are_json),
        cmocka_unit_test(names_and_words_follow_their_grammar),
        cmocka_unit_test(the_nearest_word_is_suggested_if_it_is_near),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
