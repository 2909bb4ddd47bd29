#include "base/log.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/limit.h"
#include "base/text.h"
#include "base/utc.h"

static int stderr_kept;
static int reader;

/* Standard error becomes a pipe that this test reads. */
static int
open_pipe(void **state)
{
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    stderr_kept = dup(STDERR_FILENO);
    reader = ends[0];
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    return fcntl(reader, F_SETFL, O_NONBLOCK);
}

static int
close_pipe(void **state)
{
    dup2(stderr_kept, STDERR_FILENO);
    close(stderr_kept);
    return close(reader);
}

/* What was written since the last call, as text. */
static const char *
printed(void)
{
    static char text[65536];
    ssize_t n = read(reader, text, sizeof text - 1);

    text[n > 0 ? n : 0] = 0;
    return text;
}

static void
a_line_names_time_level_role_and_event(void **state)
{
    const char *text;
    struct utc t;

    log_start("gate", LOG_INFO);
    log_event(EV_link_up, "peer=%s lane=bulk", "fr-cnes");
    text = printed();
    assert_int_equal(utc_parse(span_of(text, 24), &t), 0);
    assert_int_equal(text[23], 'Z');
    assert_string_equal(text + 24, " INFO gate link_up peer=fr-cnes lane=bulk\n");
    log_event(EV_role_ready, "%s", "");
    assert_non_null(strstr(printed(), " INFO gate role_ready"));
}

static void
less_urgent_events_are_not_printed(void **state)
{
    log_start("core", LOG_WARN);
    log_event(EV_link_up, "peer=a");
    log_event(EV_sign_signed, "log=a");
    assert_string_equal(printed(), "");
    log_event(EV_role_ended, "role=web");
    log_event(EV_store_error, "what=x");
    assert_non_null(strstr(printed(), " ERROR core store_error what=x\n"));
    log_start("core", LOG_DEBUG);
    log_event(EV_sign_signed, "log=a");
    assert_non_null(strstr(printed(), " DEBUG core sign_signed log=a\n"));
}

static void
an_event_stays_on_one_clean_line_whatever_it_holds(void **state)
{
    const char *text;

    log_start("core", LOG_INFO);
    log_event(EV_link_refused, "why=a\nFAKE \x1B[2J\xFF\xC3 end=\x7F");
    text = printed();
    assert_true(text_is_utf8(span_str(text)));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_null(strchr(text, '\x1B'));
    assert_null(strchr(text, '\x7F'));
    assert_non_null(strstr(text, " end=?\n"));
}

static void
a_line_has_a_ceiling_and_still_ends(void **state)
{
    char *longest = malloc(10000);

    assert_non_null(longest);
    log_start("core", LOG_INFO);
    for (size_t n = 1900; n < 2100; n++) {
        const char *text;
        bool cut;

        memset(longest, 'x', n);
        memcpy(longest + n - 2, "\xC3\xA9", 3);
        /* Many events, so that none meets its own rate limit. */
        log_event((enum log_event)(EV_link_up + n % 8), "%s", longest);
        text = printed();
        if (*text == 0)
            continue;
        cut = strstr(text, "\xC3\xA9") == NULL;
        assert_true(strlen(text) <= LIMIT_LOG_LINE_BYTES);
        assert_true(text_is_utf8(span_str(text)));
        assert_string_equal(text + strlen(text) - 4, cut ? "...\n" : text + strlen(text) - 4);
        assert_int_equal(text[strlen(text) - 1], '\n');
        assert_int_equal(cut, n > 2000 ? true : cut);
    }
    free(longest);
}

/* Print ${*count} events; how many lines came, and what dropped= said. */
static unsigned
flood(unsigned count, unsigned long *dropped)
{
    unsigned lines = 0;

    for (unsigned i = 0; i < count; i++) {
        const char *text;
        const char *at;

        log_event(EV_guard_waiting, "log=a");
        text = printed();
        lines += *text != 0;
        at = strstr(text, " dropped=");
        if (at != NULL)
            *dropped += strtoul(at + 9, NULL, 10);
    }
    return lines;
}

static void
a_flood_is_limited_and_what_was_dropped_is_counted(void **state)
{
    unsigned long dropped = 0;
    unsigned events = 1000;
    unsigned lines;

    log_start("gate", LOG_INFO);
    lines = flood(events, &dropped);
    assert_true(lines >= 50);
    assert_true(lines < 500);
    log_event(EV_roster_refused, "why=other"); /* another event has its own count */
    assert_non_null(strstr(printed(), "roster_refused why=other\n"));
    for (unsigned long before = dropped; dropped == before; events++) {
        lines += flood(1, &dropped);
        sched_yield();
    }
    assert_int_equal(lines + dropped, events);
    log_event(EV_guard_waiting, "log=a");
    assert_non_null(strstr(printed(), " log=a\n")); /* and counted once */
}

static void
every_event_is_documented(void **state)
{
    for (int i = 0; i < EV_COUNT; i++) {
        assert_non_null(log_event_info((enum log_event)i)->name);
        assert_true(strlen(log_event_info((enum log_event)i)->text) > 5);
    }
    assert_null(log_event_info(EV_COUNT));
    log_event((enum log_event)(EV_COUNT + 5), "x=%d", 1);
    assert_string_equal(printed(), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_names_time_level_role_and_event, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(less_urgent_events_are_not_printed, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(an_event_stays_on_one_clean_line_whatever_it_holds, open_pipe,
                                        close_pipe),
        cmocka_unit_test_setup_teardown(a_line_has_a_ceiling_and_still_ends, open_pipe, close_pipe),
        cmocka_unit_test_setup_teardown(a_flood_is_limited_and_what_was_dropped_is_counted, open_pipe,
                                        close_pipe),
        cmocka_unit_test_setup_teardown(every_event_is_documented, open_pipe, close_pipe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
