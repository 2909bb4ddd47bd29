/* Reports of a watch: what they say of a period, of sources, and in how many bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "types/registry.h"
#include "watch/report.h"

static struct utc
at(const char *text)
{
    struct utc t;

    assert_int_equal(utc_parse(span_str(text), &t), 0);
    return t;
}

static void
test_periods_count_from_midnight(void **state)
{
    static const struct {
        const char *now;
        int64_t seconds;
        const char *begin;
    } row[] = {{"2032-02-11T14:05:00Z", 86400, "2032-02-11T00:00:00Z"},
               {"2032-02-11T00:00:00Z", 86400, "2032-02-11T00:00:00Z"},
               {"2032-02-11T23:59:59.999Z", 86400, "2032-02-11T00:00:00Z"},
               {"2032-02-11T14:05:00Z", 28800, "2032-02-11T08:00:00Z"},
               {"2032-02-11T14:05:07Z", 10, "2032-02-11T14:05:00Z"}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_int_equal(utc_compare(report_begin(at(row[i].now), row[i].seconds), at(row[i].begin)), 0);
}

static void
test_a_source_turns_when_it_passes_the_limit_and_once(void **state)
{
    struct report_source s = {.name = "us-noaa", .silent_ms = 900000};

    assert_false(report_turned(&s, 900000));
    s.silent_ms++;
    assert_true(report_turned(&s, 900000));
    s.is_late = true;
    assert_false(report_turned(&s, 900000));
    s.silent_ms = 0;
    assert_true(report_turned(&s, 900000));
}

/* What ${p} says, checked as every holder checks it. */
static const Parallax__V1__WatchReport *
report_of(const struct report_period *p, struct arena *a)
{
    const struct type *type = registry_type_cstr(REPORT_TYPE);
    Parallax__V1__WatchReport *report;
    struct why why;

    why_clear(&why);
    arena_clear(a);
    report = report_period(p, a);
    assert_non_null(report);
    assert_int_equal(type->check(&report->base, &why), 0);
    return report;
}

static void
test_a_watch_is_clear_only_when_everything_was_heard(void **state)
{
    struct rule_table *rules = rule_table_new();
    struct report_source source[LIMIT_MEMBER_COUNT] = {{.name = "us-noaa", .records = 8412}};
    struct report_period p = {.rule = rule_find(rules, "neo-iawn"),
                              .from = at("2032-02-11T00:00:00Z"),
                              .to = at("2032-02-12T00:00:00Z"),
                              .now = at("2032-02-12T00:00:05Z"),
                              .judged = 7,
                              .source = source,
                              .sources = 1,
                              .late_ms = 900000};
    const Parallax__V1__WatchReport *report;
    struct arena a;

    arena_init(&a, LIMIT_ARENA_BODY_BYTES);
    source[0].heard = at("2032-02-11T23:59:48Z");
    report = report_of(&p, &a);
    assert_string_equal(report->state, "ALL CLEAR");
    assert_string_equal(report->complete, "us-noaa 8412 as of 2032-02-11T23:59:48Z");
    assert_string_equal(report->judged, "7");
    source[0].silent_ms = 900001;
    report = report_of(&p, &a);
    assert_string_equal(report->state, "INCOMPLETE");
    assert_non_null(strstr(report->text, "nothing is heard of us-noaa: "));
    source[0].silent_ms = 0;
    p.obstacle = "the clock is suspect";
    assert_string_equal(report_of(&p, &a)->state, "INCOMPLETE");
    p.alerts = 2;
    report = report_of(&p, &a);
    assert_string_equal(report->state, "ALERTS");
    assert_string_equal(report->open_alerts, "2");
    /* As many names as there can be, as long as they can be. */
    for (size_t i = 0; i < LIMIT_MEMBER_COUNT; i++) {
        memset(source[i].name, 'a', LIMIT_NAME_BYTES);
        source[i] = (struct report_source){.records = UINT64_MAX, .silent_ms = INT64_MAX};
        memset(source[i].name, 'a', LIMIT_NAME_BYTES);
    }
    p.sources = LIMIT_MEMBER_COUNT;
    p.alerts = 0;
    p.obstacle = NULL;
    report = report_of(&p, &a);
    assert_non_null(strstr(report->complete, "; and "));
    assert_string_equal(report->state, "INCOMPLETE");
    arena_release(&a);
    free(rules);
}

static void
test_the_same_report_has_the_same_key_and_another_another(void **state)
{
    struct report_source s = {.name = "us-noaa", .silent_ms = 901000};
    uint8_t late[REPORT_KEY_BYTES], again[REPORT_KEY_BYTES], back[REPORT_KEY_BYTES];
    struct arena a;

    arena_init(&a, LIMIT_ARENA_BODY_BYTES);
    s.heard = at("2032-02-11T22:13:07Z");
    report_key(report_source(&s, true, at("2032-02-11T22:28:08Z"), &a), late);
    report_key(report_source(&s, true, at("2032-02-11T22:28:09Z"), &a), again);
    report_key(report_source(&s, false, at("2032-02-11T22:28:09Z"), &a), back);
    assert_memory_equal(late, again, sizeof late);
    assert_memory_not_equal(late, back, sizeof late);
    arena_release(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_periods_count_from_midnight),
        cmocka_unit_test(test_a_source_turns_when_it_passes_the_limit_and_once),
        cmocka_unit_test(test_a_watch_is_clear_only_when_everything_was_heard),
        cmocka_unit_test(test_the_same_report_has_the_same_key_and_another_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
