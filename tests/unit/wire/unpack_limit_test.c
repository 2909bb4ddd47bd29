#include "wire/unpack.h"

#include "base/mem.h"
#include "probe.h"

/* ${depth} messages in each other, the outermost included. */
static void
put_nest(struct buf *b, unsigned depth)
{
    struct buf inner;

    buf_init(&inner, 1 << 20);
    for (unsigned i = 1; i < depth; i++) {
        buf_clear(b);
        put_tag(b, F_CHILD, 2);
        put_varint(b, inner.n);
        buf_put_span(b, buf_span(&inner));
        buf_clear(&inner);
        buf_put_span(&inner, buf_span(b));
    }
    buf_release(&inner);
}

static void
nesting_is_bounded(void **state)
{
    struct buf b;

    buf_init(&b, 1 << 20);
    put_nest(&b, LIMIT_PB_DEPTH_COUNT);
    assert_int_equal(judge(buf_span(&b)), WHY_NONE);
    put_nest(&b, LIMIT_PB_DEPTH_COUNT + 1);
    assert_int_equal(judge(buf_span(&b)), WHY_BODY_DEEP);
    put_nest(&b, 2000);
    assert_int_equal(judge(buf_span(&b)), WHY_BODY_DEEP);
    buf_release(&b);
}

static void
fields_are_counted_over_all_levels(void **state)
{
    struct buf b;
    struct why why;

    buf_init(&b, 1 << 20);
    put_tag(&b, F_MESSAGE, 2); /* (1 + 2) + (1 + 3) + 1 fields */
    buf_put(&b, "\6\xC0\2\1\xCA\2\0", 7);
    put_tag(&b, 2, 2);
    buf_put(&b, "\3\1\2\3", 4);
    put_tag(&b, 18, 0);
    buf_put_byte(&b, 1);
    for (unsigned max = 0; max < 10; max++) {
        why_clear(&why);
        assert_int_equal(prescan(&probe_schema, buf_span(&b), 8, max, false, WHY_BODY_SHAPE, &why),
                         max < 8 ? -1 : 0);
        assert_int_equal(why.code, max < 8 ? WHY_BODY_DEEP : WHY_NONE);
    }
    buf_release(&b);
}

static void
giant_counts_are_refused_before_memory_is_taken(void **state)
{
    static const struct {
        uint32_t number;
        unsigned wire;
    } kinds[] = {{1, 0}, {F_MESSAGE, 2}, {15, 2}, {18, 0}, {18, 2}};
    struct buf b;

    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        buf_clear(&b);
        for (unsigned n = 0; n < LIMIT_PB_FIELD_COUNT; n++) {
            put_tag(&b, kinds[i].number, kinds[i].wire);
            buf_put_byte(&b, 0);
        }
        assert_int_equal(judge(buf_span(&b)), WHY_NONE);
        put_tag(&b, kinds[i].number, kinds[i].wire);
        buf_put_byte(&b, 0);
        assert_int_equal(judge(buf_span(&b)), WHY_BODY_DEEP);
    }
    for (uint32_t number = 1; number <= 14; number++) {
        size_t n = 8 * 70000;

        buf_clear(&b);
        put_tag(&b, number, 2);
        put_varint(&b, n);
        memset(buf_add(&b, n), 1, n);
        assert_int_equal(judge(buf_span(&b)), WHY_BODY_DEEP);
    }
    buf_release(&b);
}

static void
the_arena_ceiling_bounds_what_is_unpacked(void **state)
{
    struct buf b;
    struct why why;
    struct arena a;

    buf_init(&b, 1 << 20);
    for (unsigned n = 0; n < 60000; n++)
        buf_put(&b, "\x8A\1\0", 3); /* 3 bytes become a whole struct */
    arena_init(&a, LIMIT_ARENA_BODY_BYTES);
    why_clear(&why);
    assert_null(unpack(&probe_schema, buf_span(&b), false, WHY_BODY_SHAPE, &a, &why));
    assert_int_equal(why.code, WHY_BODY_DEEP);
    assert_true(a.used <= LIMIT_ARENA_BODY_BYTES);
    arena_clear(&a);
    why_clear(&why);
    assert_null(unpack(&probe_schema, buf_span(&b), false, WHY_FRAME_SHAPE, &a, &why));
    assert_int_equal(why.code, WHY_FRAME_SHAPE);
    arena_clear(&a);
    why_clear(&why);
    assert_non_null(unpack(&probe_schema, span_of(b.p, 300), false, WHY_BODY_SHAPE, &a, &why));
    arena_release(&a);
    buf_release(&b);
}

static void
each_failing_allocation_is_our_fault_and_no_crash(void **state)
{
    struct buf b;
    bool failed = true;
    unsigned long k;

    buf_init(&b, 1 << 20);
    for (unsigned i = 0; i < 200; i++) {
        put_probe(&b);
        put_tag(&b, F_MESSAGE, 2);
        put_varint(&b, 300);
        put_tag(&b, 16, 2);
        put_varint(&b, 296);
        memset(buf_add(&b, 296), 'x', 296);
    }
    assert_int_equal(judge(buf_span(&b)), WHY_NONE);
    for (k = 1; failed; k++) {
        struct why why;
        struct arena a;

        why_clear(&why);
        arena_init(&a, 1 << 24);
        mem_fail_at(k);
        failed = unpack(&probe_schema, buf_span(&b), false, WHY_BODY_SHAPE, &a, &why) == NULL;
        mem_fail_at(0);
        assert_int_equal(why.code, failed ? WHY_NO_MEMORY : WHY_NONE);
        arena_release(&a);
    }
    assert_true(k > 5);
    buf_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(fields_are_counted_over_all_levels),
        cmocka_unit_test(giant_counts_are_refused_before_memory_is_taken),
        cmocka_unit_test(the_arena_ceiling_bounds_what_is_unpacked),
        cmocka_unit_test(each_failing_allocation_is_our_fault_and_no_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
