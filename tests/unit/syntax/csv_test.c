#include "syntax/csv.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct why why;
static struct csv csv;
static struct csv_row row;
static struct arena arena;

static bool
next(const char *text)
{
    why_clear(&why);
    arena_clear(&arena);
    csv_init(&csv, span_str(text), &arena, &why);
    return csv_next(&csv, &row);
}

static int
start(void **state)
{
    arena_init(&arena, 4096);
    return 0;
}

static int
stop(void **state)
{
    arena_release(&arena);
    return 0;
}

static void
cells_have_their_text_and_place(void **state)
{
    assert_true(next("\n\r\na,,\" b,c\",\"say \"\"so\"\"\",\r\n"));
    assert_int_equal(row.count, 5);
    assert_true(span_is(row.cell[0].text, "a"));
    assert_int_equal(row.cell[1].text.n, 0);
    assert_true(span_is(row.cell[2].text, " b,c"));
    assert_true(span_is(row.cell[3].text, "say \"so\""));
    assert_int_equal(row.cell[4].text.n, 0);
    assert_int_equal(row.cell[2].column, 4);
    assert_int_equal(row.cell[2].line, 3);
    assert_false(csv_next(&csv, &row));
    assert_int_equal(why.code, WHY_NONE);
}

static void
an_open_quote_or_text_behind_one_is_refused(void **state)
{
    assert_false(next("a,\"b\n"));
    assert_int_equal(why.code, WHY_TEXT_SYNTAX);
    assert_int_equal(why.column, 3);
    assert_false(next("\"a\"b,c"));
    assert_int_equal(why.code, WHY_TEXT_SYNTAX);
    assert_int_equal(why.column, 4);
    assert_false(next("\""));
    assert_int_equal(why.code, WHY_TEXT_SYNTAX);
}

static void
columns_are_counted_up_to_their_limit(void **state)
{
    char text[LIMIT_COLUMN_COUNT + 2];

    memset(text, ',', sizeof text);
    text[LIMIT_COLUMN_COUNT - 1] = 0;
    assert_true(next(text));
    assert_int_equal(row.count, LIMIT_COLUMN_COUNT);
    text[LIMIT_COLUMN_COUNT - 1] = ',';
    text[LIMIT_COLUMN_COUNT] = 0;
    assert_false(next(text));
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
}

static void
what_is_put_reads_back(void **state)
{
    static const char *const texts[] = {"plain", "a,b", "\"", " x", "x ", "", "a\"\"b,"};
    struct buf out;

    buf_init(&out, 256);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        buf_clear(&out);
        buf_put_str(&out, "first,");
        csv_put(&out, span_str(texts[i]));
        assert_true(next(buf_cstr(&out)));
        assert_int_equal(row.count, 2);
        assert_true(span_is(row.cell[1].text, texts[i]));
    }
    buf_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_have_their_text_and_place),
        cmocka_unit_test(an_open_quote_or_text_behind_one_is_refused),
        cmocka_unit_test(columns_are_counted_up_to_their_limit),
        cmocka_unit_test(what_is_put_reads_back),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
