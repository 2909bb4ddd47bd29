/* The line protocol, seen from a shipped plugin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limit.h"
#include "plugins/line.h"

#define RECORD(n)                                                                                            \
    "{\"delivery\":{\"incarnation\":\"00ff\",\"number\":" #n                                                 \
    "},\"type\":\"x\",\"body\":{\"a\":[1.50,\"t\"]}}\n"

struct pipes {
    int ends[2];
    struct line line;
};

static void
open_pipes(struct pipes *p)
{
    assert_int_equal(pipe(p->ends), 0);
    line_init(&p->line, p->ends[0]);
}

static void
put(struct pipes *p, const char *text)
{
    assert_int_equal(write(p->ends[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void
close_pipes(struct pipes *p)
{
    line_release(&p->line);
    close(p->ends[0]);
}

static void
records_come_one_by_one_whatever_the_pieces(void **state)
{
    static const char text[] = RECORD(7) RECORD(8);
    struct pipes p;

    for (size_t cut = 1; cut < sizeof text - 1; cut++) {
        char head[sizeof text];
        open_pipes(&p);
        (void)snprintf(head, sizeof head, "%.*s", (int)cut, text);
        put(&p, head);
        while (line_take(&p.line) == LINE_RECORD) {
        }
        assert_int_equal(line_fill(&p.line), 0);
        put(&p, text + cut);
        close(p.ends[1]);
        for (uint64_t number = 7; number <= 8; number++) {
            assert_int_equal(line_wait(&p.line, -1), LINE_RECORD);
            assert_int_equal(p.line.record.number, number);
            assert_string_equal(p.line.record.incarnation, "00ff");
            assert_string_equal(value_text(p.line.record.root, "type"), "x");
            assert_int_equal(value_get(p.line.record.body, "a")->n, 2);
            assert_string_equal((const char *)value_get(p.line.record.body, "a")->first->text.p, "1.50");
        }
        assert_int_equal(line_wait(&p.line, -1), LINE_END);
        close_pipes(&p);
    }
}

static void
what_is_no_record_is_told_and_the_next_one_is_taken(void **state)
{
    struct pipes p;

    open_pipes(&p);
    put(&p, "{\"delivery\":{\"number\":0}}\n{\n[]\n\n{} {}\n" RECORD(1) "{\"delivery\"");
    close(p.ends[1]);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(line_wait(&p.line, -1), LINE_WRONG);
        assert_int_not_equal(p.line.why.code, WHY_NONE);
    }
    assert_int_equal(line_wait(&p.line, -1), LINE_RECORD);
    assert_int_equal(line_wait(&p.line, -1), LINE_END); /* half a line is none */
    close_pipes(&p);
}

static void
more_is_seen_without_taking_it(void **state)
{
    struct pipes p;

    open_pipes(&p);
    assert_false(line_has_more(&p.line));
    put(&p, RECORD(1) "{\"deliv");
    assert_true(line_has_more(&p.line));
    assert_int_equal(line_wait(&p.line, 0), LINE_RECORD);
    assert_false(line_has_more(&p.line));
    assert_int_equal(line_wait(&p.line, 0), LINE_NOTHING);
    put(&p, "ery\":{\"number\":2}}\n");
    assert_true(line_has_more(&p.line));
    assert_int_equal(line_wait(&p.line, 0), LINE_RECORD);
    assert_int_equal(p.line.record.number, 2);
    close(p.ends[1]);
    close_pipes(&p);
}

static void
a_line_without_end_is_given_up_at_the_limit(void **state)
{
    struct pipes p;
    size_t n = 0;

    open_pipes(&p);
    close(p.ends[0]);
    p.line.fd = p.ends[0] = open("/dev/zero", O_RDONLY);
    while (line_fill(&p.line) == 0 && n <= LIMIT_PLUGIN_LINE_BYTES + 131072)
        n = p.line.in.n;
    assert_true(n <= LIMIT_PLUGIN_LINE_BYTES + 65536);
    close(p.ends[1]);
    close_pipes(&p);
}

static void
a_tree_is_bounded(void **state)
{
    struct arena a;
    struct why why;
    char text[4096];

    memset(text, '1', sizeof text);
    text[0] = '[';
    for (size_t i = 2; i < sizeof text; i += 2)
        text[i] = ',';
    text[sizeof text - 1] = ']';
    why_clear(&why);
    arena_init(&a, 65536);
    assert_null(value_read(span_of(text, sizeof text), &a, &why));
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
    arena_release(&a);
}

/* A body that the node cannot read comes in base64, longer than any value of a text format. */
static void
a_long_value_is_read(void **state)
{
    struct arena a;
    struct why why;
    char *text = malloc(300001);
    const struct value *v;

    memset(text, 'A', 300000);
    memcpy(text, "{\"b\":\"", 6);
    memcpy(text + 299998, "\"}", 3);
    why_clear(&why);
    arena_init(&a, LIMIT_PLUGIN_TREE_BYTES);
    v = value_read(span_str(text), &a, &why);
    assert_non_null(v);
    assert_int_equal(strlen(value_text(v, "b")), 299992);
    arena_release(&a);
    free(text);
}

static void
values_are_found_by_their_path(void **state)
{
    static const char text[] = "{\"a\":{\"b\":\"-2.5e3\",\"c\":17,\"d\":null},\"a.b\":1,\"e\":\"x\\u0000y\"}";
    const struct value *v;
    struct arena a;
    struct why why;
    uint64_t number;
    double d;

    why_clear(&why);
    arena_init(&a, 65536);
    v = value_read(span_str(text), &a, &why);
    assert_non_null(v);
    assert_int_equal(value_double(v, "a.b", &d), 0);
    assert_true(d == -2500.0);
    assert_int_equal(value_uint(v, "a.c", 17, &number), 0);
    assert_int_equal(value_uint(v, "a.c", 16, &number), -1);
    assert_string_equal(value_text(v, "a.d"), "");
    assert_string_equal(value_text(v, "a"), "");
    assert_null(value_get(v, "a.c.d"));
    assert_null(value_get(NULL, "a"));
    assert_string_equal(value_text(v, "e"), "x");
    arena_release(&a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_one_by_one_whatever_the_pieces),
        cmocka_unit_test(what_is_no_record_is_told_and_the_next_one_is_taken),
        cmocka_unit_test(more_is_seen_without_taking_it),
        cmocka_unit_test(a_line_without_end_is_given_up_at_the_limit),
        cmocka_unit_test(a_tree_is_bounded),
        cmocka_unit_test(a_long_value_is_read),
        cmocka_unit_test(values_are_found_by_their_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
