#include "syntax/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limit.h"

static struct why why;

/* Each event as `KIND@line:column key=text;`. */
static int
print(void *cookie, const struct json_event *event, struct why *w)
{
    struct buf *out = cookie;

    buf_put_fmt(out, "%d@%u:%u", (int)event->kind, event->place.line, event->place.column);
    if (event->key.p != NULL)
        buf_put_fmt(out, " %.*s=", (int)event->key.n, (const char *)event->key.p);
    buf_put_fmt(out, "%.*s;", (int)event->text.n, (const char *)event->text.p);
    return 0;
}

static int
read(const char *text, struct buf *out)
{
    why_clear(&why);
    buf_clear(out);
    return json_read(span_str(text), print, out, &why);
}

static void
events_have_key_text_and_place(void **state)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(read("{\"a\" : .1}", &out), -1);
    assert_int_equal(read("[{\"a\" : -0.10e+2,\n \"b\\n\":\"\\/x\"}, null,true]", &out), 0);
    assert_string_equal(buf_cstr(&out),
                        "6@1:1;4@1:2;2@1:9 a=-0.10e+2;3@2:8 b\n=/x;5@2:13;0@2:16;1@2:21true;7@2:25;");
    buf_release(&out);
}

static void
several_values_may_follow_one_another(void **state)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(read("{}\n{}\n", &out), 0);
    assert_string_equal(buf_cstr(&out), "4@1:1;5@1:2;4@2:1;5@2:2;");
    buf_release(&out);
}

static void
what_is_no_json_is_refused_at_its_place(void **state)
{
    static const struct {
        const char *text;
        unsigned line, column;
    } cases[] = {
        {"{\"a\":}", 1, 6}, {"[1,\n2,\n}", 3, 1}, {"{\"a\":NaN}", 1, 6}, {"[1", 1, 3}, {"{'a':1}", 1, 2}};
    struct buf out;

    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read(cases[i].text, &out), -1);
        assert_int_equal(why.code, WHY_TEXT_SYNTAX);
        assert_int_equal(why.line, cases[i].line);
        assert_in_range(why.column, cases[i].column, cases[i].column + 1);
    }
    buf_release(&out);
}

static void
depth_is_bounded(void **state)
{
    char text[2 * LIMIT_JSON_DEPTH_COUNT + 3] = {0};
    struct buf out;

    buf_init(&out, 65536);
    memset(text, '[', LIMIT_JSON_DEPTH_COUNT);
    memset(text + LIMIT_JSON_DEPTH_COUNT, ']', LIMIT_JSON_DEPTH_COUNT);
    assert_int_equal(read(text, &out), 0);
    memset(text, '[', LIMIT_JSON_DEPTH_COUNT + 1);
    memset(text + LIMIT_JSON_DEPTH_COUNT + 1, ']', LIMIT_JSON_DEPTH_COUNT + 1);
    assert_int_equal(read(text, &out), -1);
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
    buf_release(&out);
}

static void
half_a_surrogate_pair_is_refused(void **state)
{
    static const char *const bad[] = {"[\"\\ud83d\"]", "[\"\\ude00\"]", "[\"\\ud83d\\u0041\"]",
                                      "[\"\\ud83d\\\\ude00\"]", "{\"\\ud83d\":1}"};
    struct buf out;

    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read(bad[i], &out), -1);
        assert_int_equal(why.code, WHY_TEXT_ENCODING);
    }
    assert_int_equal(read("[\"\\\\ud83d \\ud83d\\ude00\"]", &out), 0);
    assert_string_equal(buf_cstr(&out), "6@1:1;3@1:2\\ud83d \xF0\x9F\x98\x80;7@1:24;");
    buf_release(&out);
}

static void
a_name_is_found_whole_only(void **state)
{
    assert_true(json_has_key(span_str("{\"EPOCH\":1}"), "EPOCH"));
    assert_false(json_has_key(span_str("{\"EPOCHS\":1}"), "EPOCH"));
    assert_false(json_has_key(span_str("\"EPOC"), "EPOCH"));
    assert_true(json_is_likely(span_str("\xEF\xBB\xBF \n[")));
    assert_false(json_is_likely(span_str("x{")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_have_key_text_and_place),
        cmocka_unit_test(several_values_may_follow_one_another),
        cmocka_unit_test(what_is_no_json_is_refused_at_its_place),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(half_a_surrogate_pair_is_refused),
        cmocka_unit_test(a_name_is_found_whole_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
