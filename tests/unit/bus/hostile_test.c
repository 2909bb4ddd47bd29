/* A member that speaks CurveZMQ (RFC 26) by hand, and so may send what libzmq never would. */
#include "side.h"

#include <fcntl.h>
#include <sodium.h>

#define MESSAGE_MAX 524288
#define MAC         crypto_box_MACBYTES

struct raw {
    int fd;
    uint8_t our_public[32], our_secret[32]; /* of this connection */
    uint8_t their_public[32];               /* the server's, of this connection */
    uint64_t nonce;
};

static void
put_be64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

static void
seal(uint8_t *out, const uint8_t *plain, size_t n, const uint8_t *nonce, const uint8_t *to,
     const uint8_t *from)
{
    assert_int_equal(crypto_box_easy(out, plain, n, nonce, to, from), 0);
}

static bool
send_all(int fd, const void *p, size_t n)
{
    const uint8_t *at = p;

    while (n > 0) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

static void
get_all(int fd, void *p, size_t n)
{
    uint8_t *at = p;

    while (n > 0) {
        ssize_t got = recv(fd, at, n, 0);

        assert_true(got > 0);
        at += got;
        n -= (size_t)got;
    }
}

static int
call(const struct side *to)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000},
                   hurry = {.tv_sec = 2}; /* a closed window is an end, too */
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_port = htons((uint16_t)atoi(strrchr(to->endpoint, ':') + 1));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &hurry, sizeof hurry);
    return fd;
}

static void
greet(struct raw *r)
{
    uint8_t greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, 'C', 'U', 'R', 'V', 'E'}, theirs[64];

    assert_true(send_all(r->fd, greeting, sizeof greeting));
    get_all(r->fd, theirs, sizeof theirs);
    assert_memory_equal(theirs + 12, "CURVE", 5);
}

/* HELLO and WELCOME; the cookie. */
static void
hello(struct raw *r, const uint8_t server[32], uint8_t cookie[96])
{
    uint8_t c[2 + 200] = {4, 200}, w[2 + 168], plain[128], zeros[64] = {0}, nonce[24];

    crypto_box_keypair(r->our_public, r->our_secret);
    memcpy(c + 2, "\5HELLO\1\0", 8);
    memcpy(c + 2 + 80, r->our_public, 32);
    put_be64(c + 2 + 112, ++r->nonce);
    memcpy(nonce, "CurveZMQHELLO---", 16);
    memcpy(nonce + 16, c + 2 + 112, 8);
    seal(c + 2 + 120, zeros, sizeof zeros, nonce, server, r->our_secret);
    assert_true(send_all(r->fd, c, sizeof c));
    get_all(r->fd, w, sizeof w);
    assert_memory_equal(w + 2, "\7WELCOME", 8);
    memcpy(nonce, "WELCOME-", 8);
    memcpy(nonce + 8, w + 10, 16);
    assert_int_equal(crypto_box_open_easy(plain, w + 26, 144, nonce, server, r->our_secret), 0);
    memcpy(r->their_public, plain, 32);
    memcpy(cookie, plain + 32, 96);
}

static void
initiate(struct raw *r, const struct secret *secret, const uint8_t server[32], const uint8_t cookie[96])
{
    static const char metadata[] = "\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0";
    uint8_t plain[32 + 16 + 80 + sizeof metadata], vouch[64], nonce[24];
    uint8_t c[9 + 9 + 96 + 8 + MAC + sizeof plain] = {6}; /* a long command */
    uint8_t head[2];

    secret_curve_public(secret, plain);
    memcpy(vouch, r->our_public, 32);
    memcpy(vouch + 32, server, 32);
    memcpy(nonce, "VOUCH---", 8);
    randombytes_buf(nonce + 8, 16);
    memcpy(plain + 32, nonce + 8, 16);
    seal(plain + 48, vouch, sizeof vouch, nonce, r->their_public, secret_bytes(secret));
    memcpy(plain + 128, metadata, sizeof metadata);
    put_be64(c + 1, sizeof c - 9);
    memcpy(c + 9, "\10INITIATE", 9);
    memcpy(c + 18, cookie, 96);
    put_be64(c + 114, ++r->nonce);
    memcpy(nonce, "CurveZMQINITIATE", 16);
    memcpy(nonce + 16, c + 114, 8);
    seal(c + 122, plain, sizeof plain, nonce, r->their_public, r->our_secret);
    assert_true(send_all(r->fd, c, sizeof c));
    get_all(r->fd, head, sizeof head); /* READY */
    assert_int_equal(head[0], 4);
    get_all(r->fd, plain, head[1]);
    assert_memory_equal(plain, "\5READY", 6);
}

/* A connection that is through its handshake. */
static void
open_raw(struct raw *r, const struct secret *secret, const struct side *to)
{
    uint8_t cookie[96];

    *r = (struct raw){.fd = call(to)};
    greet(r);
    hello(r, to->key, cookie);
    initiate(r, secret, to->key, cookie);
}

/* One part of a message; false when the connection has ended. */
static bool
send_part(struct raw *r, const void *p, size_t n, bool more)
{
    static uint8_t plain[MESSAGE_MAX + 1], wire[9 + 16 + MAC + sizeof plain];
    uint8_t nonce[24];

    plain[0] = more;
    memcpy(plain + 1, p, n);
    wire[0] = 2; /* a long frame; the flag of the part is inside */
    put_be64(wire + 1, 16 + MAC + n + 1);
    memcpy(wire + 9, "\7MESSAGE", 8);
    put_be64(wire + 17, ++r->nonce);
    memcpy(nonce, "CurveZMQMESSAGEC", 16);
    memcpy(nonce + 16, wire + 17, 8);
    seal(wire + 25, plain, n + 1, nonce, r->their_public, r->our_secret);
    return send_all(r->fd, wire, 25 + MAC + n + 1);
}

static void
a_message_without_end_costs_the_link(void **state)
{
    static uint8_t part[MESSAGE_MAX];
    struct raw r;
    struct seen *seen;
    uint32_t link;
    int sent = 0;

    open_raw(&r, a.secret, &b);
    assert_true(send_part(&r, "hello", 5, false));
    link = await(&b, GATELINK_UP)->link;
    assert_string_equal(await(&b, GATELINK_FRAME)->head, "hello");
    while (send_part(&r, part, sizeof part, true))
        assert_true(++sent < 4000); /* 2 GB */
    seen = await(&b, GATELINK_DOWN);
    assert_int_equal(seen->link, link);
    assert_string_equal(seen->head, "unfinished");
    close(r.fd);
}

static void
a_first_message_without_end_is_cut_off(void **state)
{
    static uint8_t part[65536];
    struct raw r;
    int sent = 0;

    open_raw(&r, a.secret, &b);
    while (send_part(&r, part, sizeof part, true))
        assert_true(++sent < 30000);
    close(r.fd);
    assert_null(await_for(&b, GATELINK_UP, 0));
}

static void
a_long_honest_stream_is_not_taken_for_one(void **state)
{
    static uint8_t part[MESSAGE_MAX];
    struct raw r;
    uint8_t bulk = GATELINK_BULK;
    uint32_t link;

    open_raw(&r, a.secret, &b);
    assert_true(send_part(&r, "hello", 5, false));
    link = await(&b, GATELINK_UP)->link;
    assert_string_equal(await(&b, GATELINK_FRAME)->head, "hello");
    tell(&b, GATELINK_ALERT, GATELINK_LANE, link, &bulk, 1);
    for (int i = 0; i < 40; i++) { /* 80 MiB, 2 MiB at once */
        for (int k = 0; k < 4; k++)
            assert_true(send_part(&r, part, sizeof part, false));
        for (int k = 0; k < 4; k++)
            assert_int_equal(await(&b, GATELINK_FRAME)->link, link);
    }
    close(r.fd);
}

static void
read_to_end(int fd)
{
    uint8_t byte;
    ssize_t n;

    do
        n = recv(fd, &byte, 1, 0);
    while (n > 0);
    assert_true(n == 0 || errno == ECONNRESET);
}

/* Strangers and members that open a connection and say nothing do not keep it. */
static void
a_silent_connection_is_cut_off(void **state)
{
    struct raw r;
    int stranger = call(&b);
    void *context = zmq_ctx_new();
    void *patient = open_client(context, a.secret, &b, NULL); /* answers heartbeats */
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    zmq_pollitem_t ended = {.socket = monitor, .events = ZMQ_POLLIN};

    assert_int_equal(zmq_socket_monitor(patient, "inproc://ended", ZMQ_EVENT_DISCONNECTED), 0);
    assert_int_equal(zmq_connect(monitor, "inproc://ended"), 0);
    open_raw(&r, a.secret, &b);
    read_to_end(stranger); /* its half of the greeting, then the end of the handshake time */
    read_to_end(r.fd);     /* heartbeats that are not answered */
    assert_int_equal(zmq_poll(&ended, 1, PATIENCE_MS), 1);
    assert_null(await_for(&b, GATELINK_UP, 0));
    close(stranger);
    close(r.fd);
    zmq_close(monitor);
    zmq_close(patient);
    zmq_ctx_term(context);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(a_message_without_end_costs_the_link),
        GATE_TEST(a_first_message_without_end_is_cut_off),
        GATE_TEST(a_long_honest_stream_is_not_taken_for_one),
        GATE_TEST(a_silent_connection_is_cut_off),
    };

    secret_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
