#include "plug/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

static void
what_is_stored_is_loaded_again(void **state)
{
    struct cursor c = {.known = true, .incarnation = {1, 2, 0xfe, 0xff}, .number = INT64_MAX}, d;
    char path[80];

    snprintf(path, sizeof path, "/tmp/cursor-test-%d", (int)getpid());
    assert_int_equal(cursor_load(path, &d), 1);
    assert_false(d.known);
    assert_int_equal(cursor_store(path, &c), 0);
    assert_int_equal(cursor_load(path, &d), 0);
    assert_true(d.known);
    assert_memory_equal(d.incarnation, c.incarnation, sizeof c.incarnation);
    assert_int_equal(d.number, c.number);
    assert_int_equal(file_write(path, span_str("damaged"), 0600), 0);
    assert_int_equal(cursor_load(path, &d), -1);
    assert_true(d.known); /* of no store: all is given again */
    assert_int_equal(d.number, 0);
    unlink(path);
    assert_int_equal(cursor_store("/nowhere/at/all", &c), -1);
}

static void
every_damage_of_a_cursor_is_seen(void **state)
{
    struct cursor c = {.known = true, .number = 8412}, d;
    struct buf text;

    buf_init(&text, CURSOR_TEXT_MAX);
    cursor_print(&c, &text);
    for (size_t n = 0; n < text.n; n++)
        assert_int_equal(cursor_parse(span_of(text.p, n), &d), -1);
    assert_int_equal(cursor_parse(buf_span(&text), &d), 0);
    buf_put_byte(&text, '\n');
    assert_int_equal(cursor_parse(buf_span(&text), &d), -1);
    buf_release(&text);
}

static void
an_order_names_the_record_that_comes_next(void **state)
{
    struct buf text;
    uint64_t next;

    buf_init(&text, CURSOR_TEXT_MAX);
    cursor_print_order(77, &text);
    assert_int_equal(cursor_parse_order(buf_span(&text), &next), 0);
    assert_int_equal(next, 77);
    assert_int_equal(cursor_parse_order(span_str("from start\n"), &next), 0);
    assert_int_equal(next, 1);
    assert_int_equal(cursor_parse_order(span_str("from\n"), &next), -1);
    assert_int_equal(cursor_parse_order(span_str("from 1"), &next), -1);
    assert_int_equal(cursor_parse_order(span_str("from -1\n"), &next), -1);
    assert_int_equal(cursor_parse_order(span_str(""), &next), -1);
    buf_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stored_is_loaded_again),
        cmocka_unit_test(every_damage_of_a_cursor_is_seen),
        cmocka_unit_test(an_order_names_the_record_that_comes_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
