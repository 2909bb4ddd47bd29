#include "syntax/json_plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

struct story {
    struct buf text;
    size_t left; /* events until the listener says no */
};

static int
hear(void *cookie, const struct json_event *e, struct why *why)
{
    struct story *s = cookie;

    buf_put_fmt(&s->text, "%d %u %d %.*s=%.*s {%.*s} %u:%u %u:%u\n", (int)e->kind, e->depth, e->key.p != NULL,
                (int)e->key.n, (const char *)e->key.p, (int)e->text.n, (const char *)e->text.p, (int)e->raw.n,
                (const char *)e->raw.p, e->place.line, e->place.column, e->key_place.line,
                e->key_place.column);
    if (s->left-- == 0)
        return why_set(why, WHY_FIELD_VALUE, 7, 7, NULL, "enough");
    return 0;
}

/* What json_read() tells is what yajl tells, and the short way goes as far as ${expected} says. */
static void
assert_as_yajl(const char *text, size_t events, enum json_plain expected)
{
    struct story plain = {.left = events}, whole = {.left = events}, other = {.left = events};
    struct why why[3];
    size_t told;
    int rc;

    memset(why, 0, sizeof why);
    buf_init(&plain.text, 65536);
    buf_init(&whole.text, 65536);
    buf_init(&other.text, 65536);
    if (json_plain_read(span_str(text), hear, &plain, &why[0], &told) != expected)
        fail_msg("%s: told %zu events", text, told);
    rc = json_read(span_str(text), hear, &whole, &why[1]);
    assert_int_equal(rc, json_read_yajl(span_str(text), hear, &other, &why[2]));
    assert_string_equal(buf_cstr(&whole.text), buf_cstr(&other.text));
    assert_int_equal(why[1].code, why[2].code);
    assert_int_equal(why[1].line, why[2].line);
    assert_int_equal(why[1].column, why[2].column);
    assert_string_equal(why[1].note, why[2].note);
    if (expected != JSON_PLAIN_OTHER)
        assert_string_equal(buf_cstr(&plain.text), buf_cstr(&other.text));
    buf_release(&plain.text);
    buf_release(&whole.text);
    buf_release(&other.text);
}

static const char *const plain[] = {
    "{}",
    " [ ] \n",
    "{\"a\":1,\"b\" : [ -0.5e+3 ,true,false , null,\"x\" ],\r\n\"\":{}}",
    "[1,\n2,\r3,\r\n4]",
    "[[[],{}],{\"a\":{\"b\":[0,10,1.5,1E5,-1e-7]}}]",
    "[\"\xC3\xA9 0123456789 \x7F\",\"a \\\"b\\\" \\\\ \\/ \\b\\f\\n\\r\\t 123456789\",\"\"]",
    "{\"a\\n\":\"b\\t\",\"a\\\\\":1}",
    "{\"a\":1}\n{\"a\":2}\n",
    "{}{}[]",
};

static void
what_is_plain_is_read_in_one_go(void **state)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_as_yajl(plain[i], SIZE_MAX, JSON_PLAIN_DONE);
}

static void
a_listener_may_stop_anywhere(void **state)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_as_yajl(plain[i], 1, JSON_PLAIN_STOPPED);
    for (size_t events = 0; events < 6; events++)
        assert_as_yajl("{\"a\":[1,2],\"b\":3,\"c\":\"\\u00e9\"}", events, JSON_PLAIN_STOPPED);
    assert_as_yajl("{\"a\":[1,2],\"b\":3,\"c\":\"\\u00e9\"}", 6, JSON_PLAIN_OTHER);
}

static void
all_else_is_left_to_yajl(void **state)
{
    static const char *const other[] = {
        "",
        " ",
        "1",
        "\"a\"",
        "true",
        "[1 2]",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "[01]",
        "[-]",
        "[1.]",
        "[.5]",
        "[1e]",
        "[+1]",
        "[NaN]",
        "[tru]",
        "[nulll]",
        "[\"a]",
        "[\"\\x\"]",
        "[\"\\u00e9\"]",
        "[\"\t\"]",
        "[\"\n\"]",
        "[\"\\",
        "{\"a\":1]",
        "[1}",
        "[",
        "{",
        "]",
        "{} 1",
        "{}\"a\"",
        "{},{}",
        "[1]x",
        "/* c */[]",
        "[\"\\ud800\"]",
        "{\"a\" 1}",
        "[\"a\"\"b\"]",
        "{\"\\u0041\":1}",
        "[truefalse]",
        "[1, 2",
        "[true",
        "[\"a\"",
    };

    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_as_yajl(other[i], SIZE_MAX, JSON_PLAIN_OTHER);
}

static void
every_byte_that_ends_a_run_is_seen(void **state)
{
    char text[40];

    /* At each place of a word of eight bytes, and behind the last whole one. */
    for (int at = 0; at < 20; at++) {
        for (int c = 1; c < 128; c++) {
            bool is_stop = c < 0x20 || c == '\\' || c == '"';

            (void)snprintf(text, sizeof text, "[\"%-20s\"]", "\xC3\xA9");
            if (at == 0 || at == 1) /* not into the letter */
                continue;
            text[2 + at] = (char)c;
            assert_as_yajl(text, SIZE_MAX, is_stop ? JSON_PLAIN_OTHER : JSON_PLAIN_DONE);
        }
    }
}

static void
depth_and_texts_are_bounded_as_ever(void **state)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    for (size_t n = 31; n <= 33; n++) {
        buf_clear(&text);
        for (size_t i = 0; i < n; i++)
            buf_put_str(&text, "[");
        for (size_t i = 0; i < n; i++)
            buf_put_str(&text, "]");
        assert_as_yajl(buf_cstr(&text), SIZE_MAX, n <= 32 ? JSON_PLAIN_DONE : JSON_PLAIN_OTHER);
    }
    for (int n = 8191; n <= 8193; n++) {

        for (size_t i = 0; i < 4; i++) {
            int digits = i == 1 || i == 3 ? n - 1 : n;

            buf_clear(&text);
            buf_put_str(&text, i == 0 ? "[\"" : i == 1 ? "[1" : i == 2 ? "{\"" : "[\"\\n");
            buf_put_fmt(&text, "%0*d", digits, 1);
            buf_put_str(&text, i == 0 || i == 3 ? "\"]" : i == 1 ? "]" : "\":1}");
            assert_as_yajl(buf_cstr(&text), SIZE_MAX, n <= 8192 ? JSON_PLAIN_DONE : JSON_PLAIN_OTHER);
        }
    }
    buf_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_is_read_in_one_go),
        cmocka_unit_test(a_listener_may_stop_anywhere),
        cmocka_unit_test(all_else_is_left_to_yajl),
        cmocka_unit_test(every_byte_that_ends_a_run_is_seen),
        cmocka_unit_test(depth_and_texts_are_bounded_as_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
