#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "world.h"

struct asking {
    Parallax__V1__Request request;
    Parallax__V1__TailRequest tail;
    uint8_t incarnation[16];
};

static void
init(struct bed *b, struct asking *q)
{
    q->request = world_request(PARALLAX__V1__REQUEST__WHAT_TAIL);
    parallax__v1__tail_request__init(&q->tail);
    q->request.tail = &q->tail;
    store_incarnation(b->store, q->incarnation);
    q->tail.incarnation = (ProtobufCBinaryData){16, q->incarnation};
}

/* ${rows} come, and the answer says to go on after ${delivery}. */
static void
assert_rows(Parallax__V1__Answer *a, const char *rows, uint64_t delivery)
{
    struct buf out;

    assert_non_null(a);
    buf_init(&out, 65536);
    assert_string_equal(a->error, "");
    world_rows(a->records, &out);
    assert_string_equal(buf_cstr(&out), rows);
    assert_int_equal(a->records->delivery, delivery);
    assert_int_equal(a->records->incarnation.len, 16);
    assert_int_equal(a->records->cursor.len, 0);
    buf_release(&out);
    bed_answer_free(a);
}

#define NEWEST 22 /* 6 + 2 + 2 + 9 leaves of others, three descriptors of ours */

static void
a_tail_replays_in_the_order_of_delivery_and_goes_on_after_its_cursor(void **state)
{
    struct bed *b = *state;
    struct asking q;
    int fd = bed_connect(b);

    init(b, &q);
    assert_rows(bed_ask(b, fd, &q.request), "a0:1 a0:2 a0:5 b0:1 ", NEWEST);
    q.tail.after = 3; /* a0:2 */
    assert_rows(bed_ask(b, fd, &q.request), "a0:5 b0:1 ", NEWEST);
    q.tail.after = NEWEST;
    assert_rows(bed_ask(b, fd, &q.request), "", NEWEST);
    close(fd);
}

static void
a_cursor_of_another_incarnation_or_from_the_future_replays_from_the_start(void **state)
{
    struct bed *b = *state;
    struct asking q;
    int fd = bed_connect(b);

    init(b, &q);
    q.tail.after = NEWEST + 1;
    assert_rows(bed_ask(b, fd, &q.request), "a0:1 a0:2 a0:5 b0:1 ", NEWEST);
    q.tail.after = 3;
    q.incarnation[15] ^= 1;
    assert_rows(bed_ask(b, fd, &q.request), "a0:1 a0:2 a0:5 b0:1 ", NEWEST);
    q.tail.incarnation.len = 0;
    assert_rows(bed_ask(b, fd, &q.request), "a0:1 a0:2 a0:5 b0:1 ", NEWEST);
    close(fd);
}

static void
a_tail_of_a_mode_or_type_gives_no_other(void **state)
{
    struct bed *b = *state;
    struct asking q;
    char *types[] = {(char *)(uintptr_t) "conjunction", (char *)(uintptr_t) "orbit"};
    Parallax__V1__Mode modes[] = {REAL, PARALLAX__V1__MODE__EXERCISE};
    int fd = bed_connect(b);

    init(b, &q);
    q.tail.mode = PARALLAX__V1__MODE__EXERCISE;
    assert_rows(bed_ask(b, fd, &q.request), "a0:3 ", NEWEST);
    q.tail.mode = REAL;
    q.tail.types = types;
    q.tail.n_types = 1;
    assert_rows(bed_ask(b, fd, &q.request), "", NEWEST);
    q.tail.n_types = 2;
    assert_rows(bed_ask(b, fd, &q.request), "a0:1 a0:2 a0:5 b0:1 ", NEWEST);
    q.tail.modes = modes;
    q.tail.n_modes = 2;
    assert_rows(bed_ask(b, fd, &q.request), "a0:1 a0:2 a0:3 a0:5 b0:1 ", NEWEST);
    modes[1] = PARALLAX__V1__MODE__MODE_UNSPECIFIED;
    world_refused(b, fd, &q.request, "FIELD_VALUE");
    modes[1] = PARALLAX__V1__MODE__EXERCISE;
    types[0] = (char *)(uintptr_t) "horoscope";
    world_refused(b, fd, &q.request, "TYPE_UNKNOWN");
    close(fd);
}

static void
a_tail_of_several_modes_gives_these_and_no_other(void **state)
{
    struct bed *b = *state;
    struct asking q;
    Parallax__V1__Mode modes[] = {PARALLAX__V1__MODE__EXERCISE, REAL};
    int fd = bed_connect(b);

    init(b, &q);
    q.tail.modes = modes;
    q.tail.n_modes = 2;
    assert_rows(bed_ask(b, fd, &q.request), "a0:1 a0:2 a0:3 a0:5 b0:1 ", NEWEST);
    q.tail.n_modes = 1;
    assert_rows(bed_ask(b, fd, &q.request), "a0:3 ", NEWEST);
    modes[0] = PARALLAX__V1__MODE__MODE_UNSPECIFIED;
    world_refused(b, fd, &q.request, "FIELD_VALUE");
    modes[0] = (Parallax__V1__Mode)99;
    world_refused(b, fd, &q.request, "FIELD_VALUE");
    close(fd);
}

static void
a_tail_in_pages_misses_nothing(void **state)
{
    struct bed *b = *state;
    struct asking q;
    int fd = bed_connect(b);

    init(b, &q);
    q.tail.mode = PARALLAX__V1__MODE__TEST;
    assert_rows(bed_ask(b, fd, &q.request), "d0:1 d0:2 d0:3 ", 14);
    q.tail.after = 14;
    assert_rows(bed_ask(b, fd, &q.request), "d0:4 d0:5 d0:6 ", 17);
    q.tail.after = 17;
    assert_rows(bed_ask(b, fd, &q.request), "d0:7 d0:8 ", NEWEST);
    close(fd);
}

static void
a_waiting_tail_is_answered_when_something_comes(void **state)
{
    struct bed *b = *state;
    struct asking q;
    int fd = bed_connect(b), other = bed_connect(b);
    Parallax__V1__Answer *a;

    init(b, &q);
    q.tail.from_now = true;
    q.tail.wait_ms = 20000;
    bed_send(b, fd, &q.request);
    assert_null(bed_receive(b, fd));
    assert_int_equal(api_timeout_ms(b->api), 20000);
    bed_publish_orbit(b, other, 1, 1, PARALLAX__V1__MODE__EXERCISE);
    assert_null(bed_receive(b, fd)); /* not for this one */
    bed_publish_orbit(b, other, 1, 2, REAL);
    a = bed_receive(b, fd);
    assert_non_null(a);
    assert_int_equal(a->records->n_rows, 1);
    assert_string_equal(a->records->rows[0]->origin, "fr-cnes");
    assert_int_equal(a->records->delivery, NEWEST + 2);
    assert_int_equal(a->records->rows[0]->delivery, NEWEST + 2);
    bed_answer_free(a);
    close(fd);
    close(other);
}

static void
a_waiting_tail_is_answered_empty_when_its_time_is_up(void **state)
{
    struct bed *b = *state;
    struct asking q;
    int fd = bed_connect(b);

    init(b, &q);
    q.tail.from_now = true;
    q.tail.wait_ms = UINT32_MAX; /* as long as is allowed */
    bed_send(b, fd, &q.request);
    assert_null(bed_receive(b, fd));
    assert_int_equal(api_timeout_ms(b->api), LIMIT_API_WAIT_MS);
    b->ctx.mono_ms += LIMIT_API_WAIT_MS - 1;
    assert_null(bed_receive(b, fd));
    assert_int_equal(api_timeout_ms(b->api), 1);
    b->ctx.mono_ms += 1;
    assert_int_equal(api_timeout_ms(b->api), 0);
    assert_rows(bed_receive(b, fd), "", NEWEST);
    assert_int_equal(api_timeout_ms(b->api), -1);
    close(fd);
}

static void
a_tail_whose_client_left_is_forgotten(void **state)
{
    struct bed *b = *state;
    struct asking q;
    int fd = bed_connect(b), other = bed_connect(b);

    init(b, &q);
    q.tail.from_now = true;
    q.tail.wait_ms = 20000;
    bed_send(b, fd, &q.request);
    assert_null(bed_receive(b, fd));
    close(fd);
    bed_turn(b);
    assert_int_equal(api_timeout_ms(b->api), -1);
    bed_publish_orbit(b, other, 1, 2, REAL);
    close(other);
}

/* What is not on disk may still vanish, and its number be given to another record. */
static void
nothing_is_told_before_it_is_on_disk(void **state)
{
    struct bed *b = *state;
    struct asking q;
    struct pollfd fds[BED_FDS];
    int fd = bed_connect(b), other = bed_connect(b);
    uint8_t byte;

    init(b, &q);
    q.tail.mode = PARALLAX__V1__MODE__TEST;
    q.tail.after = NEWEST;
    q.tail.wait_ms = 20000;
    bed_send(b, fd, &q.request);
    assert_null(bed_receive(b, fd));
    assert_int_equal(store_begin(b->store), 0);
    bed_batch(b, &b->other[LARGE], 9, 1, 10, -1);
    for (unsigned i = 0; i < 3; i++) {
        size_t n = api_pollfds(b->api, fds, BED_FDS);

        assert_true(poll(fds, n, 0) >= 0);
        api_poll(b->api, fds, n);
    }
    assert_true(recv(fd, &byte, 1, 0) < 0 && errno == EAGAIN);
    q.tail.after = 17;
    for (unsigned i = 0; i < 3; i++) { /* nor to one that has more to read */
        size_t n;

        if (i == 0)
            bed_send(b, other, &q.request);
        n = api_pollfds(b->api, fds, BED_FDS);
        assert_true(poll(fds, n, 0) >= 0);
        api_poll(b->api, fds, n);
    }
    assert_int_equal(store_commit(b->store), 0);
    api_delivered(b->api);
    assert_int_equal(api_timeout_ms(b->api), 0);
    assert_rows(bed_receive(b, other), "d0:7 d0:8 ", NEWEST);
    assert_rows(bed_receive(b, fd), "d0:9 ", NEWEST + 1);
    close(fd);
    close(other);
}

static void
what_was_sent_behind_a_waiting_tail_is_answered_after_it(void **state)
{
    struct bed *b = *state;
    struct asking q;
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    init(b, &q);
    q.request.token = 1;
    q.tail.from_now = true;
    q.tail.wait_ms = 20000;
    bed_send(b, fd, &q.request);
    bed_send_orbit(b, fd, 2, 1, 2, REAL);
    assert_null(bed_receive(b, fd));
    assert_int_equal(b->publishes, 0);
    b->ctx.mono_ms += 20000;
    for (unsigned i = 1; i <= 2; i++) {
        a = bed_receive(b, fd);
        assert_non_null(a);
        assert_int_equal(a->token, i);
        bed_answer_free(a);
    }
    close(fd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_tail_replays_in_the_order_of_delivery_and_goes_on_after_its_cursor),
        TEST(a_cursor_of_another_incarnation_or_from_the_future_replays_from_the_start),
        TEST(a_tail_of_a_mode_or_type_gives_no_other),
        TEST(a_tail_of_several_modes_gives_these_and_no_other),
        TEST(a_tail_in_pages_misses_nothing),
        TEST(a_waiting_tail_is_answered_when_something_comes),
        TEST(a_waiting_tail_is_answered_empty_when_its_time_is_up),
        TEST(a_tail_whose_client_left_is_forgotten),
        TEST(nothing_is_told_before_it_is_on_disk),
        TEST(what_was_sent_behind_a_waiting_tail_is_answered_after_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
