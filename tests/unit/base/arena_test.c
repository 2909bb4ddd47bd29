#include "base/arena.h"

#include <stdalign.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"

static void
pieces_are_aligned_and_do_not_overlap(void **state)
{
    struct arena a;
    uint8_t *pieces[300];

    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < 300; i++) {
        pieces[i] = arena_alloc(&a, i);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i & 0xFF), i);
    }
    for (size_t i = 0; i < 300; i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_equal(pieces[i][j], i & 0xFF);
    }
    arena_release(&a);
}

static void
the_ceiling_holds_for_many_small_and_one_large_piece(void **state)
{
    struct arena a;
    size_t n = 0;

    arena_init(&a, 100000);
    while (arena_alloc(&a, 24) != NULL)
        n += 24;
    assert_true(a.failed);
    assert_false(a.starved);
    assert_true(a.used <= 100000);
    assert_true(n >= 60000);
    arena_clear(&a);
    assert_false(a.failed);
    assert_null(arena_alloc(&a, 100001));
    assert_true(a.failed);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 15));
    assert_null(arena_strdup(&a, span_of("x", SIZE_MAX)));
    arena_release(&a);
}

static void
all_of_the_ceiling_can_be_used(void **state)
{
    struct arena a;

    arena_init(&a, 1 << 20);
    assert_non_null(arena_alloc(&a, 1 << 20));
    assert_int_equal(a.used, 1 << 20);
    assert_null(arena_alloc(&a, 1));
    arena_release(&a);
}

static void
a_message_like_the_one_before_takes_no_memory_from_the_system(void **state)
{
    struct arena a;

    arena_init(&a, 1 << 21);
    for (int round = 0; round < 4; round++) {
        if (round > 0)
            mem_fail_at(1);
        for (int i = 0; i < 20000; i++)
            assert_non_null(memset(arena_alloc(&a, 50), round, 50));
        mem_fail_at(0);
        arena_clear(&a);
    }
    /* Large pieces, each larger than the one before, do not pile up: one block is the head, the others are of the usual size. */
    for (size_t n = 300000; n < 400000; n += 1000) {
        assert_non_null(arena_alloc(&a, n));
        arena_clear(&a);
        assert_non_null(arena_alloc(&a, 16));
    }
    arena_release(&a);
    assert_null(a.spare);
}

static void
a_cleared_or_released_arena_can_be_used_again(void **state)
{
    struct arena a;

    arena_init(&a, 1 << 16);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            assert_non_null(arena_alloc(&a, 50));
        arena_clear(&a);
        assert_int_equal(a.used, 0);
        mem_fail_at(1); /* the block that was kept is used again */
        assert_non_null(arena_alloc(&a, 1 << 16));
        mem_fail_at(0);
        arena_clear(&a);
    }
    arena_release(&a);
    arena_release(&a);
    assert_null(a.head);
    assert_non_null(arena_alloc(&a, 1000));
    arena_release(&a);
}

static void
zeroed_pieces_are_zero_in_used_memory(void **state)
{
    struct arena a;
    uint8_t *p;

    arena_init(&a, 4096);
    memset(arena_alloc(&a, 4096), 0xFF, 4096);
    arena_clear(&a);
    p = arena_zalloc(&a, 4000);
    for (size_t i = 0; i < 4000; i++)
        assert_int_equal(p[i], 0);
    arena_release(&a);
}

static void
a_copied_string_ends_with_nul(void **state)
{
    struct arena a;

    arena_init(&a, 4096);
    assert_string_equal(arena_strdup(&a, span_of("abcdef", 3)), "abc");
    assert_string_equal(arena_strdup(&a, span_of(NULL, 0)), "");
    arena_release(&a);
}

static void
each_failing_allocation_is_told_apart_from_the_ceiling(void **state)
{
    bool failed = true;
    unsigned long k;

    for (k = 1; failed; k++) {
        struct arena a;

        arena_init(&a, 1 << 20);
        mem_fail_at(k);
        for (int i = 0; i < 1000 && !a.failed; i++)
            (void)arena_alloc(&a, 100);
        mem_fail_at(0);
        failed = a.failed;
        assert_int_equal(a.starved, a.failed);
        arena_clear(&a);
        assert_false(a.starved);
        assert_non_null(arena_alloc(&a, 100));
        arena_release(&a);
    }
    assert_true(k > 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(the_ceiling_holds_for_many_small_and_one_large_piece),
        cmocka_unit_test(all_of_the_ceiling_can_be_used),
        cmocka_unit_test(a_message_like_the_one_before_takes_no_memory_from_the_system),
        cmocka_unit_test(a_cleared_or_released_arena_can_be_used_again),
        cmocka_unit_test(zeroed_pieces_are_zero_in_used_memory),
        cmocka_unit_test(a_copied_string_ends_with_nul),
        cmocka_unit_test(each_failing_allocation_is_told_apart_from_the_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
