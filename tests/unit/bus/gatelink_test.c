#include "bus/gatelink.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct seen {
    unsigned n;
    enum gatelink_kind kind[64];
    uint32_t link[64];
    size_t bytes[64];
    uint8_t first[64];
};

static void
note(void *cookie, enum gatelink_kind kind, uint32_t link, struct span payload)
{
    struct seen *seen = cookie;

    assert_true(seen->n < 64);
    seen->kind[seen->n] = kind;
    seen->link[seen->n] = link;
    seen->bytes[seen->n] = payload.n;
    seen->first[seen->n] = payload.n > 0 ? payload.p[0] : 0;
    seen->n++;
}

struct pair {
    struct gatelink a, b;
};

static void
open_pair(struct pair *p, size_t max)
{
    int fd[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    gatelink_init(&p->a, fd[0], max, max);
    gatelink_init(&p->b, fd[1], max, max);
}

static void
close_pair(struct pair *p)
{
    gatelink_release(&p->a);
    gatelink_release(&p->b);
}

/* Move everything from a to b. */
static void
move_all(struct pair *p, struct seen *seen)
{
    do {
        assert_int_equal(gatelink_flush(&p->a), 0);
        while (gatelink_read(&p->b, note, seen) > 0)
            ;
    } while (gatelink_wants_write(&p->a));
    while (gatelink_read(&p->b, note, seen) > 0)
        ;
}

static void
messages_arrive_whole_and_in_order(void **state)
{
    static uint8_t frame[GATELINK_PAYLOAD_MAX];
    struct pair p;
    struct seen seen = {0};

    open_pair(&p, 1 << 22);
    for (uint32_t i = 0; i < 4; i++) {
        frame[0] = (uint8_t)(i + 1);
        assert_int_equal(gatelink_put(&p.a, GATELINK_BULK, GATELINK_FRAME, i,
                                      span_of(frame, i == 3 ? sizeof frame : i * 7)),
                         0);
    }
    move_all(&p, &seen);
    assert_int_equal(seen.n, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(seen.link[i], i);
        assert_int_equal(seen.kind[i], GATELINK_FRAME);
        assert_int_equal(seen.bytes[i], i == 3 ? sizeof frame : i * 7);
        if (i > 0)
            assert_int_equal(seen.first[i], i + 1);
    }
    close_pair(&p);
}

static void
an_alert_overtakes_queued_bulk(void **state)
{
    static uint8_t frame[400000];
    struct pair p;
    struct seen seen = {0};
    size_t waiting;

    open_pair(&p, 1 << 24);
    for (int i = 0; i < 8; i++)
        assert_int_equal(gatelink_put(&p.a, GATELINK_BULK, GATELINK_FRAME, 2, span_of(frame, sizeof frame)),
                         0);
    assert_int_equal(gatelink_flush(&p.a), 0); /* some are with the kernel, one is partly written */
    waiting = p.a.out[1].bytes / (sizeof frame + GATELINK_HEAD_BYTES);
    assert_true(waiting > 0 && waiting < 8);
    assert_int_equal(gatelink_put(&p.a, GATELINK_ALERT, GATELINK_FRAME, 1, span_str("now")), 0);
    move_all(&p, &seen);
    assert_int_equal(seen.n, 9);
    assert_int_equal(seen.link[8 - waiting], 1); /* before all that still waited here */
    assert_int_equal(seen.link[7 - waiting], 2);
    close_pair(&p);
}

static void
count(void *cookie, enum gatelink_kind kind, uint32_t link, size_t bytes)
{
    (void)link;
    assert_int_equal(kind, GATELINK_FRAME);
    *(size_t *)cookie += bytes;
}

static void
a_full_queue_refuses_and_recovers(void **state)
{
    static uint8_t frame[1000];
    struct pair p;
    struct seen seen = {0};
    size_t sent = 0;
    int taken = 0;

    open_pair(&p, 10000);
    p.a.sent = count;
    p.a.sent_cookie = &sent;
    while (gatelink_put(&p.a, GATELINK_BULK, GATELINK_FRAME, 1, span_of(frame, sizeof frame)) == 0)
        taken++;
    assert_int_equal(errno, ENOBUFS);
    assert_int_equal(taken, 9);
    assert_int_equal(gatelink_put(&p.a, GATELINK_ALERT, GATELINK_FRAME, 1, span_of(frame, 5)), 0);
    move_all(&p, &seen);
    assert_int_equal(sent, 9005);
    assert_int_equal(p.a.out[1].bytes, 0);
    assert_int_equal(gatelink_put(&p.a, GATELINK_BULK, GATELINK_FRAME, 1, span_of(frame, sizeof frame)), 0);
    close_pair(&p);
}

static void
broken_framing_is_refused(void **state)
{
    static const struct {
        uint8_t bytes[9];
    } rows[] = {
        {{0, 0, 0, 0, 2, 0, 0, 0, 0}},             /* shorter than its head */
        {{4, 0, 0, 0, 2, 0, 0, 0, 0}},             /* one byte too short */
        {{6, 0, 8, 0, 2, 0, 0, 0, 0}},             /* one byte over the largest */
        {{0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0}}, /* huge */
        {{5, 0, 0, 0, 0, 0, 0, 0, 0}},             /* kind 0 */
        {{5, 0, 0, 0, GATELINK_KIND_END, 0, 0, 0, 0}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair p;
        struct seen seen = {0};

        open_pair(&p, 10000);
        assert_int_equal(write(p.a.fd, rows[i].bytes, 9), 9);
        assert_int_equal(gatelink_read(&p.b, note, &seen), -1);
        assert_int_equal(errno, EPROTO);
        assert_int_equal(seen.n, 0);
        close_pair(&p);
    }
}

static void
a_message_byte_by_byte_arrives_once(void **state)
{
    static const uint8_t bytes[] = {8, 0, 0, 0, GATELINK_DOWN, 7, 0, 0, 0, 'b', 'y', 'e'};
    struct pair p;
    struct seen seen = {0};

    open_pair(&p, 10000);
    for (size_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(write(p.a.fd, bytes + i, 1), 1);
        assert_int_equal(gatelink_read(&p.b, note, &seen), i + 1 == sizeof bytes);
    }
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.link[0], 7);
    assert_int_equal(seen.bytes[0], 3);
    close_pair(&p);
}

static void
the_end_of_the_other_side_is_seen(void **state)
{
    struct pair p;
    struct seen seen = {0};

    open_pair(&p, 10000);
    assert_int_equal(gatelink_read(&p.b, note, &seen), 0);
    gatelink_release(&p.a);
    assert_int_equal(gatelink_read(&p.b, note, &seen), -1);
    assert_int_equal(errno, ECONNRESET);
    close_pair(&p);
}

/* Every truncation and every longer form of each payload is refused, the whole one is read back. */
static void
payloads_read_back_and_nothing_else(void **state)
{
    struct gatelink_peers *peers = calloc(1, sizeof *peers), *got = calloc(1, sizeof *got);
    struct gatelink_up up = {.dialled = true, .lane = GATELINK_BULK, .peer = "fr-cnes"}, up_got;
    struct gatelink_dial dial = {.lane = GATELINK_ALERT, .peer = "de-dlr"}, dial_got;
    struct buf out;

    buf_init(&out, 100000);
    gatelink_write_up(&up, &out);
    assert_int_equal(gatelink_read_up(buf_span(&out), &up_got), 0);
    assert_true(up_got.dialled && up_got.lane == GATELINK_BULK);
    assert_string_equal(up_got.peer, "fr-cnes");
    for (size_t n = 0; n < out.n; n++)
        assert_int_equal(gatelink_read_up(span_of(out.p, n), &up_got), -1);
    buf_clear(&out);
    gatelink_write_dial(&dial, &out);
    assert_int_equal(gatelink_read_dial(buf_span(&out), &dial_got), 0);
    buf_put_byte(&out, 0);
    assert_int_equal(gatelink_read_dial(buf_span(&out), &dial_got), -1);

    buf_clear(&out);
    strcpy(peers->name, "jp-jaxa");
    strcpy(peers->listen, "tcp://127.0.0.1:7600");
    peers->peers_n = LIMIT_MEMBER_COUNT;
    for (unsigned i = 0; i < LIMIT_MEMBER_COUNT; i++) {
        snprintf(peers->peer[i].name, sizeof peers->peer[i].name, "xx-%u", i);
        peers->peer[i].keys_n = i % (LIMIT_KEY_COUNT + 1);
        memset(peers->peer[i].key, (int)i, peers->peer[i].keys_n * 32u);
    }
    gatelink_write_peers(peers, &out);
    assert_true(out.n <= GATELINK_PAYLOAD_MAX);
    assert_int_equal(gatelink_read_peers(buf_span(&out), got), 0);
    assert_memory_equal(peers, got, sizeof *peers);
    assert_int_equal(gatelink_read_peers(span_of(out.p, out.n - 1), got), -1);
    gatelink_write_peers(peers, &out); /* twice: too many */
    assert_int_equal(gatelink_read_peers(buf_span(&out), got), -1);
    buf_release(&out);
    free(peers);
    free(got);
}

static void
random_bytes_never_hurt(void **state)
{
    struct gatelink_peers *got = calloc(1, sizeof *got);
    uint32_t x = 1;

    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[200];
        size_t n;
        struct gatelink_up up;
        struct gatelink_dial dial;

        for (size_t i = 0; i < sizeof bytes; i++) {
            x = x * 1664525u + 1013904223u;
            bytes[i] = (uint8_t)(x >> 24) % (round % 2 ? 255 : 12);
        }
        n = x % sizeof bytes;
        if (gatelink_read_up(span_of(bytes, n), &up) == 0)
            assert_true(strlen(up.peer) <= LIMIT_NAME_BYTES);
        (void)gatelink_read_dial(span_of(bytes, n), &dial);
        if (gatelink_read_peers(span_of(bytes, n), got) == 0)
            assert_true(got->peers_n <= LIMIT_MEMBER_COUNT);
    }
    free(got);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_arrive_whole_and_in_order),
        cmocka_unit_test(an_alert_overtakes_queued_bulk),
        cmocka_unit_test(a_full_queue_refuses_and_recovers),
        cmocka_unit_test(broken_framing_is_refused),
        cmocka_unit_test(a_message_byte_by_byte_arrives_once),
        cmocka_unit_test(the_end_of_the_other_side_is_seen),
        cmocka_unit_test(payloads_read_back_and_nothing_else),
        cmocka_unit_test(random_bytes_never_hurt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
