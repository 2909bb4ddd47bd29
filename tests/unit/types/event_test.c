#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "types/event.h"

static struct utc
at(const char *text)
{
    struct utc t;

    assert_int_equal(utc_parse(span_str(text), &t), 0);
    return t;
}

static void
an_id_reads_back_as_what_it_names(void **state)
{
    static const struct {
        const char *kind, *a, *b, *time, *id;
    } rows[] = {
        {"conjunction", "norad:40000", "norad:25544", "2026-11-30T12:34:56.9Z",
         "conjunction:norad:25544+norad:40000@2026-11-30T12:34Z"},
        {"conjunction", "x", "", "2016-12-31T23:59:60.5Z", "conjunction:x@2016-12-31T23:59Z"},
        {"impact", "neo:2024YR4", NULL, NULL, "impact:neo:2024YR4"},
        {"launch", "id:A b/$(c)\xc3\xa9", NULL, NULL, "launch:id:A_b~2f~24~28c~29~c3~a9"},
        {"space_weather", "G", NULL, "2026-02-28T00:00:00Z", "space_weather:G@2026-02-28T00:00Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char scope[EVENT_SCOPE_MAX], id[EVENT_ID_MAX], again[EVENT_ID_MAX];
        struct utc t = rows[i].time != NULL ? at(rows[i].time) : (struct utc){0};
        struct event_id read;

        event_scope(scope, rows[i].a, rows[i].b);
        event_id_print(rows[i].kind, scope, t, id);
        assert_string_equal(id, rows[i].id);
        assert_int_equal(event_id_parse(span_str(id), &read), 0);
        assert_string_equal(read.kind, rows[i].kind);
        assert_string_equal(read.scope, scope);
        event_id_print(read.kind, read.scope, read.at, again);
        assert_string_equal(again, id);
    }
}

static void
what_is_no_id_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "conjunction",
        "conjunction:",
        "conjunction:norad:1+norad:2",
        "conjunction:norad:1+norad:2@",
        "conjunction:norad:1+norad:2@2026-11-30T12:34",
        "conjunction:norad:1+norad:2@2026-11-30T12:34:00Z",
        "conjunction:norad:1+norad:2@2026-02-30T12:34Z",
        "conjunction:norad:1+norad:2+norad:3@2026-11-30T12:34Z",
        "conjunction:+norad:2@2026-11-30T12:34Z",
        "conjunction:norad:2+@2026-11-30T12:34Z",
        "conjunction:nor ad:2@2026-11-30T12:34Z",
        "conjunction:norad/2@2026-11-30T12:34Z",
        "impact:neo:2024YR4@2026-11-30T12:34Z",
        "impact:",
        "weather:R@2026-11-30T12:34Z",
        "impact:0123456789012345678901234567890123456789012345678901234567890123"};
    struct event_id id;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (event_id_parse(span_str(rows[i]), &id) == 0)
            fail_msg("%s is taken", rows[i]);
    }
    assert_int_equal(event_id_parse(span_of((const uint8_t *)"impact:a\0b", 10), &id), -1);
}

static void
a_long_object_keeps_to_its_half_and_stays_itself(void **state)
{
    char a[201], scope[EVENT_SCOPE_MAX], other[EVENT_SCOPE_MAX], id[EVENT_ID_MAX];
    struct event_id read;

    (void)state;
    for (char c = 1; c != 0 && c < 127; c++) {
        memset(a, c, 200);
        a[200] = 0;
        event_scope(scope, a, a);
        assert_true(strlen(scope) <= LIMIT_EVENT_SCOPE_BYTES);
        if (c == 'x')
            assert_memory_equal(scope, a, 46); /* people know it by that */
        a[199] = c == 'x' ? 'y' : 'x';
        event_scope(other, a, a);
        assert_string_not_equal(scope, other);
        event_id_print("conjunction", scope, at("2026-11-30T12:34:56Z"), id);
        assert_int_equal(event_id_parse(span_str(id), &read), 0);
        assert_string_equal(read.scope, scope);
    }
}

static void
each_kind_has_a_window(void **state)
{
    unsigned n = 0;

    (void)state;
    for (const char *kind = event_kind_next(NULL); kind != NULL; kind = event_kind_next(kind), n++)
        assert_true(event_window(kind, "x") >= 0);
    assert_int_equal(n, 9);
    assert_true(event_window("space_weather", "R") < event_window("space_weather", "G"));
    assert_int_equal(event_window("orbit", "x"), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_reads_back_as_what_it_names),
        cmocka_unit_test(what_is_no_id_is_refused),
        cmocka_unit_test(a_long_object_keeps_to_its_half_and_stays_itself),
        cmocka_unit_test(each_kind_has_a_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
