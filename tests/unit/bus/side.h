/* Two real gates in threads of this process, each with a core played by the test, over CURVE on loopback. */
#ifndef UNIT_BUS_SIDE_H
#define UNIT_BUS_SIDE_H

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "bus/gate.h"
#include "bus/gatelink.h"
#include "bus/socket.h"

#define PATIENCE_MS 30000
#define SEEN_MAX    512

struct seen {
    enum gatelink_kind kind;
    uint32_t link;
    size_t n;
    char head[24]; /* first bytes of the payload */
    struct gatelink_up up;
};

/* One node: a gate, and what its core knows. */
struct side {
    const char *name;
    char path[108], endpoint[64];
    int listen_fd, stop[2], ready[2];
    pthread_t thread;
    struct secret *secret;
    uint8_t key[32];
    struct gate_args args;
    struct gatelink core;
    struct seen seen[SEEN_MAX];
    unsigned seen_n, taken;
    struct gatelink_peers peers;
    bool stopped;
};

static struct side a, b;

static int64_t
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
note(void *cookie, enum gatelink_kind kind, uint32_t link, struct span payload)
{
    struct side *s = cookie;
    struct seen *seen = &s->seen[s->seen_n % SEEN_MAX];

    *seen = (struct seen){.kind = kind, .link = link, .n = payload.n};
    if (payload.n > 0)
        memcpy(seen->head, payload.p, payload.n < 23 ? payload.n : 23);
    if (kind == GATELINK_UP)
        assert_int_equal(gatelink_read_up(payload, &seen->up), 0);
    s->seen_n++;
    assert_true(s->seen_n - s->taken < SEEN_MAX);
}

static void
pump(struct side *s, int timeout_ms)
{
    struct pollfd fd = {.fd = s->core.fd, .events = POLLIN};

    if (gatelink_wants_write(&s->core))
        fd.events |= POLLOUT;
    poll(&fd, 1, timeout_ms);
    assert_int_equal(gatelink_flush(&s->core), 0);
    if (fd.revents & (POLLIN | POLLHUP))
        assert_true(gatelink_read(&s->core, note, s) >= 0);
}

/* The next thing of ${kind} that core hears; others before it are skipped. NULL if none comes. */
static struct seen *
await_for(struct side *s, enum gatelink_kind kind, int patience_ms)
{
    int64_t end = now_ms() + patience_ms;

    for (;;) {
        while (s->taken < s->seen_n) {
            struct seen *seen = &s->seen[s->taken++ % SEEN_MAX];

            if (seen->kind == kind)
                return seen;
        }
        if (now_ms() >= end)
            return NULL;
        pump(s, 20);
    }
}

static struct seen *
await(struct side *s, enum gatelink_kind kind)
{
    struct seen *seen = await_for(s, kind, PATIENCE_MS);

    assert_non_null(seen);
    return seen;
}

static void
call_gate(struct side *s)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(address.sun_path, s->path, strlen(s->path));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    gatelink_init(&s->core, fd, 1 << 24, 1 << 26);
}

static void *
run(void *cookie)
{
    struct side *s = cookie;

    assert(gate_run(&s->args) == 0);
    return NULL;
}

static void
pick_port(char endpoint[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    snprintf(endpoint, 64, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
    close(fd);
}

static void
start(struct side *s, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memset(s, 0, sizeof *s);
    s->name = name;
    snprintf(s->path, sizeof s->path, "/tmp/gate-test-%d-%s", getpid(), name);
    unlink(s->path);
    memcpy(address.sun_path, s->path, strlen(s->path));
    s->listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(s->listen_fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s->listen_fd, 4), 0);
    assert_int_equal(pipe(s->stop), 0);
    assert_int_equal(pipe(s->ready), 0);
    s->secret = secret_new_random();
    secret_curve_public(s->secret, s->key);
    pick_port(s->endpoint);
    strcpy(s->peers.name, name);
    strcpy(s->peers.listen, s->endpoint);
    s->args = (struct gate_args){
        .listen_fd = s->listen_fd, .transport = s->secret, .ready_fd = s->ready[1], .stop_fd = s->stop[0]};
    assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
    call_gate(s);
}

static void
stop(struct side *s)
{
    assert_int_equal(write(s->stop[1], "x", 1), 1);
    pthread_join(s->thread, NULL);
    gatelink_release(&s->core);
    for (int i = 0; i < 2; i++) {
        close(s->stop[i]);
        close(s->ready[i]);
    }
    close(s->listen_fd);
    unlink(s->path);
    secret_free(s->secret);
}

/* Put one message to the gate and see it off. */
static void
tell(struct side *s, enum gatelink_lane lane, enum gatelink_kind kind, uint32_t link, const void *p, size_t n)
{
    assert_int_equal(gatelink_put(&s->core, lane, kind, link, span_of(p, n)), 0);
    assert_int_equal(gatelink_flush(&s->core), 0);
}

static void
tell_peers(struct side *s)
{
    struct buf out;

    buf_init(&out, 100000);
    gatelink_write_peers(&s->peers, &out);
    tell(s, GATELINK_ALERT, GATELINK_PEERS, 0, out.p, out.n);
    buf_release(&out);
}

static void
admit(struct side *s, const char *name, const uint8_t key[32], const char *endpoint)
{
    struct gatelink_peer *peer = &s->peers.peer[s->peers.peers_n++];

    strcpy(peer->name, name);
    strcpy(peer->endpoint, endpoint);
    peer->keys_n = 1;
    memcpy(peer->key[0], key, 32);
    tell_peers(s);
}

static void
dial(struct side *s, const char *peer, enum gatelink_lane lane, enum gatelink_kind kind)
{
    struct gatelink_dial want = {.lane = lane};
    struct buf out;

    strcpy(want.peer, peer);
    buf_init(&out, 1000);
    gatelink_write_dial(&want, &out);
    tell(s, GATELINK_ALERT, kind, 0, out.p, out.n);
    buf_release(&out);
}

static void
await_ready(struct side *s)
{
    struct pollfd fd = {.fd = s->ready[0], .events = POLLIN};
    char c;

    assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
    assert_int_equal(read(s->ready[0], &c, 1), 1);
}

static int
two_gates(void **state)
{
    start(&a, "aa-one");
    start(&b, "bb-two");
    admit(&b, a.name, a.key, a.endpoint);
    admit(&a, b.name, b.key, b.endpoint);
    await_ready(&a);
    await_ready(&b);
    return 0;
}

static int
no_gates(void **state)
{
    stop(&a);
    stop(&b);
    return 0;
}

/* Not every test needs it. a dials b on ${lane} and greets; the ids of the link on both sides. */
static __attribute__((unused)) void
join(enum gatelink_lane lane, uint32_t *at_a, uint32_t *at_b)
{
    struct seen *seen;
    uint8_t byte = (uint8_t)lane;

    dial(&a, b.name, lane, GATELINK_DIAL);
    seen = await(&a, GATELINK_UP);
    assert_true(seen->up.dialled);
    assert_int_equal(seen->up.lane, lane);
    assert_string_equal(seen->up.peer, b.name);
    *at_a = seen->link;
    tell(&a, lane, GATELINK_SEND, *at_a, "hello", 5);
    seen = await(&b, GATELINK_UP);
    assert_false(seen->up.dialled);
    assert_int_equal(seen->up.lane, GATELINK_ANY);
    assert_string_equal(seen->up.peer, a.name);
    *at_b = seen->link;
    seen = await(&b, GATELINK_FRAME);
    assert_int_equal(seen->link, *at_b);
    assert_string_equal(seen->head, "hello");
    tell(&b, GATELINK_ALERT, GATELINK_LANE, *at_b, &byte, 1);
}

/* A member with a socket of its own making. */
static __attribute__((unused)) void *
open_client(void *context, const struct secret *secret, const struct side *to, const char *routing_id)
{
    struct socket_keys keys;
    void *socket;

    memcpy(keys.secret, secret_bytes(secret), 32);
    secret_curve_public(secret, keys.public_key);
    memcpy(keys.server, to->key, 32);
    socket = socket_new(context, SOCKET_BULK, &keys);
    assert_non_null(socket);
    if (routing_id != NULL)
        assert_int_equal(zmq_setsockopt(socket, ZMQ_ROUTING_ID, routing_id, strlen(routing_id)), 0);
    assert_int_equal(zmq_connect(socket, to->endpoint), 0);
    return socket;
}

#define GATE_TEST(f) cmocka_unit_test_setup_teardown(f, two_gates, no_gates)

#endif
