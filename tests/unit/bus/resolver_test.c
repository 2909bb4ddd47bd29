#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <poll.h>
#include <cmocka.h>

#include "bus/resolver.h"

static struct resolver_answer
wait_answer(struct resolver *r)
{
    struct resolver_answer answer = {.slot = RESOLVE_SLOTS};
    struct pollfd p = {resolver_fd(r), POLLIN, 0};

    while (!resolver_take(r, &answer))
        assert_int_equal(poll(&p, 1, 60000), 1);
    return answer;
}

static void
addresses_need_no_question_and_names_do(void **state)
{
    static const char *const numeric[] = {
        "tcp://127.0.0.1:7600", "tcp://[::1]:7600", "tcp://[fe80::1]:1", "nonsense", "tcp://", "ipc://x:1"};
    static const char *const names[] = {"tcp://localhost:7600", "tcp://ssa.example:1", "tcp://1.2.3.4.5:1",
                                        "tcp://[x]:1"};

    for (size_t i = 0; i < sizeof numeric / sizeof *numeric; i++)
        assert_true(resolver_is_numeric(numeric[i]));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_false(resolver_is_numeric(names[i]));
}

static void
a_name_becomes_addresses_with_its_port(void **state)
{
    struct resolver *r = resolver_new();
    struct resolver_answer answer;

    assert_int_equal(resolver_ask(r, 5, "tcp://localhost:7601"), 0);
    answer = wait_answer(r);
    assert_int_equal(answer.slot, 5);
    assert_true(answer.n > 0);
    for (unsigned i = 0; i < answer.n; i++) {
        assert_true(resolver_is_numeric(answer.endpoint[i]));
        assert_non_null(strstr(answer.endpoint[i], ":7601"));
    }
    assert_false(resolver_take(r, &answer));
    resolver_free(r);
}

static void
a_name_that_does_not_exist_has_no_address(void **state)
{
    struct resolver *r = resolver_new();

    assert_int_equal(resolver_ask(r, 0, "tcp://no such name:7601"), 0);
    assert_int_equal(wait_answer(r).n, 0);
    resolver_free(r);
}

static void
the_newest_question_of_a_slot_is_answered(void **state)
{
    struct resolver *r = resolver_new();
    struct resolver_answer answer;

    for (int i = 0; i < 50; i++)
        assert_int_equal(resolver_ask(r, 1, "tcp://localhost:1"), 0);
    assert_int_equal(resolver_ask(r, 1, "tcp://localhost:2"), 0);
    do
        answer = wait_answer(r);
    while (answer.n > 0 && strstr(answer.endpoint[0], ":1") != NULL &&
           strstr(answer.endpoint[0], ":2") == NULL);
    assert_non_null(strstr(answer.endpoint[0], ":2"));
    assert_int_equal(resolver_ask(r, RESOLVE_SLOTS, "tcp://localhost:1"), -1);
    resolver_free(r);
}

static void
it_is_freed_while_questions_are_under_way(void **state)
{
    for (int i = 0; i < 20; i++) {
        struct resolver *r = resolver_new();

        for (unsigned slot = 0; slot < RESOLVE_SLOTS; slot++)
            assert_int_equal(resolver_ask(r, slot, "tcp://localhost:7600"), 0);
        resolver_free(r);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_need_no_question_and_names_do),
        cmocka_unit_test(a_name_becomes_addresses_with_its_port),
        cmocka_unit_test(a_name_that_does_not_exist_has_no_address),
        cmocka_unit_test(the_newest_question_of_a_slot_is_answered),
        cmocka_unit_test(it_is_freed_while_questions_are_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
