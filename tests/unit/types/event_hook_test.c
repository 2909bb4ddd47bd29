/* What the golden records of each type say of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/file.h"
#include "types/event.h"
#include "types/registry.h"

static void
put_time(struct utc t, struct buf *out)
{
    char text[UTC_TEXT_MAX] = "-";

    if (!utc_is_zero(t))
        utc_print(t, 0, text);
    buf_put_fmt(out, " %s", text);
}

/* A line an event: id, voice in brackets, issued, closes, and whether it has ended. */
static int
put(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct type_event events[EVENTS_MAX];
    struct buf *out = cookie;
    size_t n = type->events != NULL ? type->events(msg, events) : 0;

    (void)why;
    for (size_t i = 0; i < n; i++) {
        char id[EVENT_ID_MAX];
        struct event_id read;

        event_id_print(events[i].kind, events[i].scope, events[i].at, id);
        assert_int_equal(event_id_parse(span_str(id), &read), 0);
        buf_put_fmt(out, "%s [%s]", id, events[i].voice);
        put_time(events[i].issued, out);
        put_time(events[i].closes, out);
        buf_put_str(out, events[i].ended ? " ended\n" : "\n");
    }
    return 0;
}

static void
read_file(const char *path, const char *format, const char *from, const char *to, struct buf *out)
{
    struct convert how = {.strict = false};
    struct buf text, changed;
    struct why why;
    const char *at, *p;

    buf_init(&text, LIMIT_INPUT_BYTES);
    buf_init(&changed, LIMIT_INPUT_BYTES);
    why_clear(&why);
    if (file_read(path, &text) != 0)
        fail_msg("%s cannot be read", path);
    p = buf_cstr(&text);
    while (from != NULL && (at = strstr(p, from)) != NULL) {
        buf_put(&changed, p, (size_t)(at - p));
        buf_put_str(&changed, to);
        p = at + strlen(from);
    }
    buf_put_str(&changed, p);
    if (registry_read(buf_span(&changed), format, &how, put, out, &why) != 0)
        fail_msg("%s: %s", path, why.note);
    buf_release(&text);
    buf_release(&changed);
}

static const struct {
    const char *path, *format, *from, *to, *expected;
} rows[] = {
#include "event_hook_rows.h"
};

static void
records_say_of_which_event_they_are(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 65536);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[256];

        (void)snprintf(path, sizeof path, "../../../node/types/%s", rows[i].path);
        buf_clear(&out);
        read_file(path, rows[i].format, rows[i].from, rows[i].to, &out);
        if (strcmp(buf_cstr(&out), rows[i].expected) != 0)
            fail_msg("%s (%s for %s):\n%sexpected\n%s", rows[i].path, rows[i].to != NULL ? rows[i].to : "-",
                     rows[i].from != NULL ? rows[i].from : "-", buf_cstr(&out), rows[i].expected);
    }
    buf_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(records_say_of_which_event_they_are)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
