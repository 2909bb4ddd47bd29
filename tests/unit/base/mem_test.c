#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void
new_memory_is_zero_and_grows(void **state)
{
    unsigned char *p = mem_new(100);

    for (int i = 0; i < 100; i++)
        assert_int_equal(p[i], 0);
    p[99] = 7;
    p = mem_resize(p, 100000);
    assert_int_equal(p[99], 7);
    free(p);
    free(mem_new(0));
}

static void
a_string_is_copied(void **state)
{
    char *s = mem_strdup("abc");

    assert_string_equal(s, "abc");
    free(s);
}

static void
only_the_kth_try_fails(void **state)
{
    mem_fail_at(3);
    for (int i = 1; i <= 6; i++) {
        void *p = mem_try(10);

        assert_int_equal(p == NULL, i == 3);
        free(p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zero_and_grows),
        cmocka_unit_test(a_string_is_copied),
        cmocka_unit_test(only_the_kth_try_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
