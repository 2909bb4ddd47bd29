#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/limit.h"
#include "base/mem.h"
#include "conf/yaml.h"

static struct arena arena;
static struct why why;

static int
setup(void **state)
{
    arena_init(&arena, 1 << 22);
    why_clear(&why);
    return 0;
}

static int
teardown(void **state)
{
    arena_release(&arena);
    return 0;
}

static const struct yaml_node *
read_text(const char *text)
{
    return yaml_read(span_str(text), &arena, &why);
}

static void
a_tree_keeps_order_places_and_text(void **state)
{
    const struct yaml_node *root =
        read_text("# top\nname: \"été\"\nlist:\n  - {a: 1, é: two}\n  - ''\nempty:\n");
    const struct yaml_node *list;
    const struct yaml_node *item;

    assert_non_null(root);
    assert_int_equal(root->kind, YAML_MAPPING);
    assert_int_equal(root->n, 3);
    assert_string_equal((const char *)yaml_get(root, "name")->text.p, "été");
    assert_true(yaml_get(root, "name")->quoted);
    list = yaml_get(root, "list");
    assert_int_equal(list->kind, YAML_SEQUENCE);
    assert_int_equal(list->line, 4);
    assert_int_equal(list->key_line, 3);
    item = list->first;
    assert_int_equal(item->kind, YAML_MAPPING);
    assert_true(span_is(item->first->next->text, "two"));
    assert_int_equal(item->first->next->key_column, 12);
    assert_int_equal(item->first->next->column, 16); /* bytes: the key takes two */
    assert_int_equal(item->next->text.n, 0);
    assert_true(item->next->quoted);
    assert_int_equal(yaml_get(root, "empty")->text.n, 0);
    assert_false(yaml_get(root, "empty")->quoted);
    assert_null(yaml_get(root, "nothing"));
}

static void
nothing_is_a_scalar_without_text(void **state)
{
    const struct yaml_node *root = yaml_read(span_of(NULL, 0), &arena, &why);

    assert_non_null(root);
    assert_int_equal(root->kind, YAML_SCALAR);
    assert_int_equal(root->text.n, 0);
}

static void
what_the_subset_leaves_out_is_refused_at_its_place(void **state)
{
    static const struct {
        const char *text;
        enum why_code code;
        uint32_t line, column;
    } rows[] = {
        {"a: 1\nb: &x 2\n", WHY_TEXT_SYNTAX, 2, 4},
        {"a: 1\nb: *x\n", WHY_TEXT_SYNTAX, 2, 4},
        {"a: !!str 1\n", WHY_TEXT_SYNTAX, 1, 4},
        {"a: &x {b: 1}\n", WHY_TEXT_SYNTAX, 1, 4},
        {"a: !t [b]\n", WHY_TEXT_SYNTAX, 1, 4},
        {"&k a: 1\n", WHY_TEXT_SYNTAX, 1, 1},
        {"a: 1\nc: 2\na: 3\n", WHY_FIELD_DUPLICATE, 3, 1},
        {"é: {b: 1, b: 2}\n", WHY_FIELD_DUPLICATE, 1, 12},
        {"a: 1\n---\nb: 2\n", WHY_TEXT_SYNTAX, 2, 1},
        {"%YAML 1.1\n---\na: 1\n", WHY_TEXT_SYNTAX, 1, 1},
        {"? [a, b]\n: 1\n", WHY_TEXT_SYNTAX, 1, 3},
        {"'': 1\n", WHY_TEXT_SYNTAX, 1, 1},
        {"a: [1\n", WHY_TEXT_SYNTAX, 2, 1},
        {"a: \"\\x01\"\n", WHY_TEXT_ENCODING, 1, 4},
        {"a: \"\\x85\"\n", WHY_TEXT_ENCODING, 1, 4},
        {"a: \"\\u2028\"\n", WHY_TEXT_ENCODING, 1, 4},
        {"a: |\n  two\n  lines\n", WHY_TEXT_ENCODING, 1, 4},
        {"a: 1\nb: \x01\n", WHY_TEXT_ENCODING, 2, 4},
        {"a: \xff\n", WHY_TEXT_ENCODING, 1, 4},
        {"a: 1\rb: 2\n", WHY_TEXT_ENCODING, 1, 5},
        {"\xEF\xBB\xBF"
         "a: 1\n",
         WHY_TEXT_ENCODING, 1, 1},
        {"a: x\xE2\x80\xA8y\n", WHY_TEXT_ENCODING, 1, 5},
        {"[[[[[[[[[1]]]]]]]]]", WHY_TEXT_LIMIT, 1, 9},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        why_clear(&why);
        if (read_text(rows[i].text) != NULL)
            fail_msg("taken: %s", rows[i].text);
        if (why.code != rows[i].code || why.line != rows[i].line || why.column != rows[i].column)
            fail_msg("%s: %s at %u:%u (%s)", rows[i].text, why_name(why.code), why.line, why.column,
                     why.note);
        arena_clear(&arena);
    }
}

static void
floods_are_refused_by_their_limit(void **state)
{
    struct buf text;

    buf_init(&text, LIMIT_CONF_BYTES);
    for (unsigned i = 0; i < LIMIT_CONF_BYTES / 8; i++)
        buf_put_fmt(&text, "k%05u:\n", i);
    assert_null(yaml_read(buf_span(&text), &arena, &why));
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
    buf_clear(&text);
    why_clear(&why);
    for (unsigned i = 0; i < LIMIT_CONF_BYTES; i++)
        buf_put_byte(&text, '[');
    assert_null(yaml_read(buf_span(&text), &arena, &why));
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
    buf_clear(&text);
    why_clear(&why);
    buf_put_str(&text, "a: ");
    for (unsigned i = 0; i <= LIMIT_VALUE_BYTES; i++)
        buf_put_byte(&text, 'x');
    assert_null(yaml_read(buf_span(&text), &arena, &why));
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
    buf_release(&text);
}

static void
an_unknown_key_names_the_nearest_known_one(void **state)
{
    static const char *const keys[] = {"listen", "name"};
    const struct yaml_node *root = read_text("name: x\nlisetn: y\n");

    assert_int_equal(yaml_check_keys(root, keys, 2, &why), -1);
    assert_int_equal(why.code, WHY_CONF_KEY);
    assert_int_equal(why.line, 2);
    assert_int_equal(why.column, 1);
    assert_non_null(strstr(why.note, "\"listen\""));
    why_clear(&why);
    assert_int_equal(yaml_check_keys(root->first, keys, 2, &why), -1);
    assert_int_equal(why.code, WHY_CONF_VALUE);
    why_clear(&why);
    assert_null(yaml_need(root, "listen", YAML_SCALAR, &why));
    assert_string_equal(why.field, "listen");
    why_clear(&why);
    assert_null(yaml_need(root, "name", YAML_SEQUENCE, &why));
    assert_int_equal(why.code, WHY_CONF_VALUE);
    assert_non_null(yaml_need(root, "name", YAML_SCALAR, NULL));
}

static void
memory_that_runs_out_is_our_fault_not_the_texts(void **state)
{
    for (unsigned long k = 1; k < 8; k++) {
        struct arena a;
        const struct yaml_node *root;

        arena_init(&a, 1 << 20);
        why_clear(&why);
        mem_fail_at(k);
        root = yaml_read(span_str("a: [1, 2]\nb: {c: d}\n"), &a, &why);
        mem_fail_at(0);
        if (root == NULL)
            assert_int_equal(why.code, WHY_NO_MEMORY);
        arena_release(&a);
        if (k == 1)
            assert_null(root);
    }
    arena_release(&arena);
    arena_init(&arena, 256);
    why_clear(&why);
    assert_null(read_text("a: [1, 2]\nb: {c: d}\n"));
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_tree_keeps_order_places_and_text),
        TEST(nothing_is_a_scalar_without_text),
        TEST(what_the_subset_leaves_out_is_refused_at_its_place),
        TEST(floods_are_refused_by_their_limit),
        TEST(an_unknown_key_names_the_nearest_known_one),
        TEST(memory_that_runs_out_is_our_fault_not_the_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
