#include "plug/ack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
note(void *cookie, enum ack_kind kind, uint64_t number, struct span line)
{
    if (kind == ACK_NUMBER)
        buf_put_fmt(cookie, "%llu ", (unsigned long long)number);
    else if (kind == ACK_PUBLISH)
        buf_put_fmt(cookie, "<%zu %.*s> ", line.n, (int)(line.n < 8 ? line.n : 8), (const char *)line.p);
    else
        buf_put_fmt(cookie, "[%.*s] ", (int)(line.n < 8 ? line.n : 8), (const char *)line.p);
}

/* ${text} in pieces of ${step} bytes is heard as ${expected}. */
static void
hears(const char *text, size_t step, const char *expected)
{
    struct ack a;
    struct buf out;
    size_t n = strlen(text);

    ack_init(&a);
    buf_init(&out, 65536);
    for (size_t at = 0; at < n;)
        at += ack_feed(&a, span_of(text + at, n - at < step ? n - at : step), note, &out);
    ack_release(&a);
    assert_string_equal(buf_cstr(&out), expected);
    buf_release(&out);
}

static void
lines_are_heard_whatever_the_pieces(void **state)
{
    for (size_t step = 1; step < 24; step++)
        hears("ack 1\nack 22\r\nack 18446744073709551615\nno", step, "1 22 18446744073709551615 ");
}

static void
what_is_no_acknowledgement_is_told(void **state)
{
    hears("ack\nack \nack x\nack 1 \nack  1\nACK 1\nack -1\nack +1\nack 18446744073709551616\n\n", 100,
          "[ack] [ack ] [ack x] [ack 1 ] [ack  1] [ACK 1] [ack -1] [ack +1] [ack 1844] [] ");
}

static void
a_line_that_is_too_long_is_nonsense_and_the_next_one_is_heard(void **state)
{
    char text[2 * LIMIT_PLUGIN_ANSWER_BYTES + 10];

    memset(text, '7', sizeof text);
    memcpy(text, "ack ", 4);
    memcpy(text + sizeof text - 8, "\nack 3\n", 9 - 1);
    text[sizeof text - 1] = '\0';
    hears(text, 7, "[ack 7777] 3 ");
    hears("ack 12345678901234567890123\nack 3\n", 7, "[ack 1234] 3 ");
}

static void
a_publication_is_heard_whole_and_what_is_behind_it_waits(void **state)
{
    static const char text[] = "ack 1\npublish {\"key\":\"a\"}\r\nack 2\n";
    struct ack a;
    struct buf out;

    for (size_t step = 1; step < sizeof text; step++)
        hears(text, step, "1 <11 {\"key\":\"> 2 ");
    ack_init(&a);
    buf_init(&out, 100);
    assert_int_equal(ack_feed(&a, span_str(text), note, &out), sizeof text - 1 - strlen("ack 2\n"));
    ack_release(&a);
    buf_release(&out);
}

static void
a_publication_that_is_too_long_is_nonsense(void **state)
{
    char *text = malloc(LIMIT_PLUGIN_PUBLISH_BYTES + 100);

    for (size_t n = LIMIT_PLUGIN_PUBLISH_BYTES; n <= LIMIT_PLUGIN_PUBLISH_BYTES + 1; n++) {
        char expected[100];
        memset(text, 'x', n + 8);
        memcpy(text, "publish ", 8);
        strcpy(text + 8 + n, "\nack 7\n");
        snprintf(expected, sizeof expected,
                 n > LIMIT_PLUGIN_PUBLISH_BYTES ? "[publish ] 7 " : "<%zu xxxxxxxx> 7 ", n);
        hears(text, 4096, expected);
    }
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_publication_is_heard_whole_and_what_is_behind_it_waits),
        cmocka_unit_test(a_publication_that_is_too_long_is_nonsense),
        cmocka_unit_test(lines_are_heard_whatever_the_pieces),
        cmocka_unit_test(what_is_no_acknowledgement_is_told),
        cmocka_unit_test(a_line_that_is_too_long_is_nonsense_and_the_next_one_is_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
