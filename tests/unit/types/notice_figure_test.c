/* Figures of notices, from their golden files: what they state, in the units of the names, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "types/figure.h"
#include "types/registry.h"

/* "name=value" of each, those that move with the time in brackets. */
static int
put(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct figure f[FIGURES_MAX];
    struct utc at;
    size_t n;

    (void)why;
    assert_int_equal(utc_parse(span_str("2032-01-01T00:00:00Z"), &at), 0);
    n = type->figures(msg, at, f);
    for (size_t i = 0; i < n; i++) {
        const char *const *name = type->figure_names;

        while (*name != NULL && strcmp(*name, f[i].name) != 0)
            name++;
        if (*name == NULL)
            fail_msg("%s has a figure %s that it does not name", type->name, f[i].name);
        buf_put_fmt(cookie, f[i].course == FIGURE_STAYS ? "%s=%.12g " : "(%s=%.12g) ", f[i].name, f[i].value);
    }
    buf_put_str(cookie, "\n");
    return 0;
}

#define GOLDEN "../../../node/types/"

static void
notices_state_figures(void **state)
{
    static const struct {
        const char *path, *format, *expected;
    } rows[] = {
#include "notice_figure_rows.h"
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct convert how = {.strict = false};
        struct buf text, out;
        struct why why;

        why_clear(&why);
        buf_init(&text, LIMIT_INPUT_BYTES);
        buf_init(&out, 65536);
        assert_int_equal(file_read(rows[i].path, &text), 0);
        if (registry_read(buf_span(&text), rows[i].format, &how, put, &out, &why) != 0)
            fail_msg("%s: %s", rows[i].path, why.note);
        if (strcmp(buf_cstr(&out), rows[i].expected) != 0)
            fail_msg("%s:\n%sexpected\n%s", rows[i].path, buf_cstr(&out), rows[i].expected);
        buf_release(&text);
        buf_release(&out);
    }
}

static void
a_time_is_a_day_and_a_day_a_time(void **state)
{
    struct figure f[FIGURES_MAX];
    struct figures s = {.out = f};
    char text[UTC_TEXT_MAX];

    figure_time(&s, "start_mjd", "start", "2032-09-14T06:00:00Z");
    figure_time(&s, "end_mjd", "end", "");
    figure_time(&s, "end_mjd", "end", "soon");
    assert_int_equal(s.n, 1);
    assert_true(f[0].value == 63489.25 && f[0].course == FIGURE_STAYS);
    assert_string_equal(f[0].text, "(start 2032-09-14T06:00:00Z)");
    utc_print(figure_utc(f[0].value), 0, text);
    assert_string_equal(text, "2032-09-14T06:00:00Z");
    assert_true(figure_is_time("start_mjd") && !figure_is_time("opens_h") && !figure_is_time("_mjd"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notices_state_figures),
        cmocka_unit_test(a_time_is_a_day_and_a_day_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
