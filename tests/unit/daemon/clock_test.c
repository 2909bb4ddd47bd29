/* A wall clock that moves against the monotonic one: no time is signed until it is back (DESIGN section 3). */
#include "bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define JUMP_MS 7200000

static void
pass(struct bed *b, int64_t ms, int64_t jump_ms)
{
    struct event tick = {.kind = EVENT_TICK};

    b->ctx.mono_ms += ms;
    b->ctx.wall_ms += ms + jump_ms;
    bed_step(b, &tick);
}

static void
publish(struct bed *b, uint32_t number)
{
    uint8_t key[16] = {(uint8_t)number};
    struct publish_record record = {.type = "orbit"};
    struct publish p = {.token = number,
                        .key = span_of(key, sizeof key),
                        .audience = "open",
                        .class_name = "",
                        .mode = PARALLAX__V1__MODE__TEST,
                        .records = &record,
                        .records_n = 1};
    struct event e = {.kind = EVENT_PUBLISH, .publish = &p};
    struct buf body;

    buf_init(&body, LIMIT_BODY_BYTES);
    bed_orbit(number, 1, &body);
    record.body = buf_span(&body);
    bed_step(b, &e);
    buf_release(&body);
}

static void
what_is_published_meanwhile_is_signed_without_a_time(void **state)
{
    static const int64_t jumps[] = {JUMP_MS, -JUMP_MS};
    struct event committed = {.kind = EVENT_COMMITTED};

    for (size_t i = 0; i < 2; i++) {
        struct bed *b = bed_new();

        bed_start(b);
        publish(b, 1);
        bed_settle(b);
        assert_int_equal(b->own[0].head.size > 0, 1);
        b->hold_signer = true;
        pass(b, 250, jumps[i]);
        assert_true(node_clock_suspect(b->node));
        publish(b, 2);
        assert_int_equal(store_commit(b->store), 0);
        bed_step(b, &committed);
        assert_int_equal(b->answer_n, 1);
        assert_int_equal(b->answer[0].time,
                         0); /* the head, which is what was asked for, and no word on when */
        b->hold_signer = false;
        bed_settle(b);
        b->hold_signer = true;
        pass(b, 40000, 0);
        assert_int_equal(b->answer_n, 0); /* nor a word alone */
        pass(b, 250, -jumps[i]);
        assert_false(node_clock_suspect(b->node));
        assert_true(b->answer_n > 0);
        assert_int_equal(b->answer[0].time, b->ctx.wall_ms / 1000);
        bed_free(b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_published_meanwhile_is_signed_without_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
