#include "bus/socket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include <cmocka.h>

#include "base/limit.h"
#include "bus/zap.h"
#include "crypt/secret.h"

struct keyring {
    struct socket_keys server, client;
};

static void
make_keys(struct keyring *k)
{
    struct secret *a = secret_new_random(), *b = secret_new_random();

    memset(k, 0, sizeof *k);
    memcpy(k->server.secret, secret_bytes(a), 32);
    memcpy(k->client.secret, secret_bytes(b), 32);
    secret_curve_public(a, k->server.public_key);
    secret_curve_public(b, k->client.public_key);
    memcpy(k->client.server, k->server.public_key, 32);
    memcpy(k->server.server, k->client.public_key, 32);
    secret_free(a);
    secret_free(b);
}

static void
every_option_reads_back(void **state)
{
    void *context = socket_context();
    struct keyring k;

    make_keys(&k);
    for (int use = SOCKET_LISTEN; use <= SOCKET_BULK; use++) {
        void *socket = socket_new(context, (enum socket_use)use, &k.client);
        const char *wrong;

        assert_non_null(socket);
        wrong = socket_check(socket, (enum socket_use)use, &k.client);
        if (wrong != NULL)
            fail_msg("%s does not hold", wrong);
        zmq_close(socket);
    }
    zmq_ctx_term(context);
}

static void
a_changed_option_is_noticed(void **state)
{
    static const struct {
        int option;
        const char *name;
    } rows[] = {{ZMQ_SNDHWM, "SNDHWM"},
                {ZMQ_RCVHWM, "RCVHWM"},
                {ZMQ_HEARTBEAT_IVL, "HEARTBEAT_IVL"},
                {ZMQ_HANDSHAKE_IVL, "HANDSHAKE_IVL"},
                {ZMQ_IMMEDIATE, "IMMEDIATE"}};
    void *context = socket_context();
    struct keyring k;

    make_keys(&k);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        void *socket = socket_new(context, SOCKET_BULK, &k.client);
        int value = i == 4 ? 0 : 77;

        assert_int_equal(zmq_setsockopt(socket, rows[i].option, &value, sizeof value), 0);
        assert_string_equal(socket_check(socket, SOCKET_BULK, &k.client), rows[i].name);
        zmq_close(socket);
    }
    zmq_ctx_term(context);
}

static int64_t
option_of(void *socket, int option)
{
    int small = 0;
    int64_t wide = 0;
    size_t small_n = sizeof small, wide_n = sizeof wide;

    if (option == ZMQ_MAXMSGSIZE)
        assert_int_equal(zmq_getsockopt(socket, option, &wide, &wide_n), 0);
    else
        assert_int_equal(zmq_getsockopt(socket, option, &small, &small_n), 0);
    return option == ZMQ_MAXMSGSIZE ? wide : small;
}

/* What docs/zeromq.md relies on, told apart from the table that sets it. */
static void
each_measure_is_in_force(void **state)
{
    static const struct {
        int option;
        bool listens, dials;
        int64_t low, high;
    } rows[] = {
        {ZMQ_MAXMSGSIZE, true, true, LIMIT_FRAME_BYTES, LIMIT_FRAME_BYTES + 100},
        {ZMQ_RCVHWM, true, true, 1, 4096},
        {ZMQ_SNDHWM, true, true, 1, 4096},
        {ZMQ_LINGER, true, true, 0, 0},
        {ZMQ_HANDSHAKE_IVL, true, true, 1000, 10000},
        {ZMQ_HEARTBEAT_IVL, true, true, 1000, 10000},
        {ZMQ_HEARTBEAT_TIMEOUT, true, true, 1000, 20000},
        {ZMQ_HEARTBEAT_TTL, true, true, 1000, 20000},
        {ZMQ_RECONNECT_IVL, false, true, 100, 1000},
        {ZMQ_RECONNECT_IVL_MAX, false, true, 1000, 20000},
        {ZMQ_IMMEDIATE, false, true, 1, 1},
        {ZMQ_CURVE_SERVER, true, false, 1, 1},
        {93 /* ZMQ_ZAP_ENFORCE_DOMAIN, a draft name only */, true, false, 1, 1},
    };
    void *context = socket_context();
    struct keyring k;

    make_keys(&k);
    for (int use = SOCKET_LISTEN; use <= SOCKET_BULK; use++) {
        void *socket = socket_new(context, (enum socket_use)use, &k.client);

        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            if (use == SOCKET_LISTEN ? rows[i].listens : rows[i].dials)
                assert_in_range(option_of(socket, rows[i].option), rows[i].low, rows[i].high);
        }
        zmq_close(socket);
    }
    zmq_ctx_term(context);
}

/* PUB drops in silence, and cannot be made to ask who reads. */
static void
nations_meet_no_pub_and_no_sub(void **state)
{
    void *context = socket_context();
    struct keyring k;

    make_keys(&k);
    for (int use = SOCKET_LISTEN; use <= SOCKET_BULK; use++) {
        void *socket = socket_new(context, (enum socket_use)use, &k.client);

        assert_int_equal(option_of(socket, ZMQ_TYPE), use == SOCKET_LISTEN ? ZMQ_ROUTER : ZMQ_DEALER);
        zmq_close(socket);
    }
    zmq_ctx_term(context);
}

/* Without ZMQ_IMMEDIATE what is queued now would come before the greeting later. */
static void
nothing_is_queued_while_nobody_is_there(void **state)
{
    void *context = socket_context();
    struct keyring k;
    void *socket;

    make_keys(&k);
    socket = socket_new(context, SOCKET_ALERT, &k.client);
    assert_int_equal(zmq_connect(socket, "tcp://127.0.0.1:1"), 0);
    assert_int_equal(zmq_send(socket, "early", 5, ZMQ_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    zmq_close(socket);
    zmq_ctx_term(context);
}

/* ROUTER_MANDATORY cannot be read back: it shows in what a send says. */
static void
a_send_to_nobody_is_an_error(void **state)
{
    void *context = socket_context();
    struct keyring k;
    void *socket;

    make_keys(&k);
    socket = socket_new(context, SOCKET_LISTEN, &k.server);
    assert_int_equal(zmq_send(socket, "nobody", 6, ZMQ_SNDMORE | ZMQ_DONTWAIT), -1);
    assert_int_equal(errno, EHOSTUNREACH);
    zmq_close(socket);
    zmq_ctx_term(context);
}

static void *
listen_on(void *context, const struct socket_keys *keys, char endpoint[64])
{
    void *socket = socket_new(context, SOCKET_LISTEN, keys);
    size_t n = 64;

    assert_int_equal(zmq_bind(socket, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &n), 0);
    return socket;
}

/* Without ZMQ_ZAP_ENFORCE_DOMAIN this would let the client in: there is no ZAP handler. */
static void
nobody_gets_in_without_a_zap_handler(void **state)
{
    void *context = socket_context();
    struct keyring k;
    char endpoint[64];
    void *server, *client;
    zmq_pollitem_t item;

    make_keys(&k);
    server = listen_on(context, &k.server, endpoint);
    client = socket_new(context, SOCKET_ALERT, &k.client);
    assert_int_equal(zmq_connect(client, endpoint), 0);
    item = (zmq_pollitem_t){.socket = client, .events = ZMQ_POLLOUT};
    assert_int_equal(zmq_poll(&item, 1, 700), 0);
    zmq_close(client);
    zmq_close(server);
    zmq_ctx_term(context);
}

/* A peer that does not read: the sender learns that its pipe is full, nothing is dropped in silence. */
static void
a_full_pipe_says_again(void **state)
{
    static uint8_t frame[65536];
    void *context = socket_context();
    struct gatelink_peers *peers = test_calloc(1, sizeof *peers);
    struct keyring k;
    char endpoint[64], id[16];
    void *server, *client;
    struct zap *zap = zap_new(context);
    int id_n, sent = 0, got = 0;

    make_keys(&k);
    peers->peers_n = 1;
    strcpy(peers->peer[0].name, "fr-cnes");
    peers->peer[0].keys_n = 1;
    memcpy(peers->peer[0].key[0], k.client.public_key, 32);
    zap_set(zap, peers);
    server = listen_on(context, &k.server, endpoint);
    client = socket_new(context, SOCKET_ALERT, &k.client);
    assert_int_equal(zmq_connect(client, endpoint), 0);
    assert_int_equal(zmq_send(client, "x", 1, 0) == 1 || errno == EAGAIN, 1);
    for (;;) {
        zmq_pollitem_t items[2] = {{.socket = client, .events = ZMQ_POLLOUT},
                                   {.socket = server, .events = ZMQ_POLLIN}};

        assert_true(zmq_poll(items, 2, 5000) > 0);
        if (items[1].revents)
            break;
        assert_int_equal(zmq_send(client, "x", 1, ZMQ_DONTWAIT), 1);
    }
    id_n = zmq_recv(server, id, sizeof id, 0);
    assert_int_equal(id_n, 5);
    assert_int_equal(zmq_recv(server, frame, sizeof frame, 0), 1);
    while (zmq_send(server, id, (size_t)id_n, ZMQ_SNDMORE | ZMQ_DONTWAIT) == id_n) {
        assert_int_equal(zmq_send(server, frame, sizeof frame, ZMQ_DONTWAIT), sizeof frame);
        sent++;
        assert_true(sent < 100000);
    }
    assert_int_equal(errno, EAGAIN);
    while (got < sent) {
        zmq_pollitem_t item = {.socket = client, .events = ZMQ_POLLIN};

        assert_true(zmq_poll(&item, 1, 5000) > 0);
        assert_int_equal(zmq_recv(client, frame, sizeof frame, ZMQ_DONTWAIT), sizeof frame);
        got++;
    }
    assert_int_equal(zmq_recv(client, frame, sizeof frame, ZMQ_DONTWAIT), -1);
    zmq_close(client);
    zmq_close(server);
    zap_free(zap);
    zmq_ctx_term(context);
    test_free(peers);
}

/* The handler itself, asked as libzmq asks it. */
static void
ask(void *socket, const char *domain, const char *mechanism, const uint8_t *key, size_t key_n, char status[4],
    char user[80])
{
    char part[256];
    int more = 1, parts = 0;
    size_t size = sizeof more;

    zmq_send(socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(socket, "17", 2, ZMQ_SNDMORE);
    zmq_send(socket, domain, strlen(domain), ZMQ_SNDMORE);
    zmq_send(socket, "127.0.0.1", 9, ZMQ_SNDMORE);
    zmq_send(socket, "", 0, ZMQ_SNDMORE);
    zmq_send(socket, mechanism, strlen(mechanism), ZMQ_SNDMORE);
    zmq_send(socket, key, key_n, 0);
    while (more) {
        int n = zmq_recv(socket, part, sizeof part, 0);

        assert_true(n >= 0);
        if (parts == 1)
            assert_memory_equal(part, "17", 2);
        if (parts == 2)
            memcpy(status, part, 3);
        if (parts == 4) {
            memcpy(user, part, (size_t)n);
            user[n] = 0;
        }
        parts++;
        zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size);
    }
    status[3] = 0;
    assert_int_equal(parts, 6);
}

static void
the_zap_handler_knows_members_only(void **state)
{
    void *context = socket_context();
    struct gatelink_peers *peers = test_calloc(1, sizeof *peers);
    struct zap *zap = zap_new(context);
    void *socket = zmq_socket(context, ZMQ_REQ);
    uint8_t key[32];
    char status[4], user[80];
    int let_in = 0;

    memset(key, 7, sizeof key);
    assert_int_equal(zmq_connect(socket, "inproc://zeromq.zap.01"), 0);
    ask(socket, "peer", "CURVE", key, 32, status, user);
    assert_string_equal(status, "300"); /* nobody yet */
    assert_string_equal(user, "");
    peers->peers_n = 1;
    strcpy(peers->peer[0].name, "fr-cnes");
    peers->peer[0].keys_n = 2;
    memset(peers->peer[0].key[0], 8, 32);
    memset(peers->peer[0].key[1], 7, 32);
    zap_set(zap, peers);
    ask(socket, "peer", "CURVE", key, 32, status, user);
    assert_string_equal(status, "200");
    assert_string_equal(user, "fr-cnes");
    ask(socket, "other", "CURVE", key, 32, status, user);
    assert_string_equal(status, "300");
    ask(socket, "peer", "NULL", key, 32, status, user);
    assert_string_equal(status, "300");
    ask(socket, "peer", "CURVE", key, 31, status, user);
    assert_string_equal(status, "300");
    key[31] ^= 1;
    ask(socket, "peer", "CURVE", key, 32, status, user);
    assert_string_equal(status, "300");
    key[31] ^= 1;
    for (int i = 0; i < 60; i++) { /* faster than any honest peer */
        ask(socket, "peer", "CURVE", key, 32, status, user);
        let_in += strcmp(status, "200") == 0;
    }
    assert_in_range(let_in, 20, 40);
    memset(key, 8, sizeof key);
    ask(socket, "peer", "CURVE", key, 32, status, user);
    assert_string_equal(status, "200"); /* a key of its own, a budget of its own */
    memset(key, 7, sizeof key);
    peers->peers_n = 0;
    zap_set(zap, peers);
    ask(socket, "peer", "CURVE", key, 32, status, user);
    assert_string_equal(status, "300");
    zmq_close(socket);
    zap_free(zap);
    zmq_ctx_term(context);
    test_free(peers);
}

static struct zap *
admitting(void *context, const uint8_t key[32])
{
    struct gatelink_peers *peers = test_calloc(1, sizeof *peers);
    struct zap *zap = zap_new(context);

    peers->peers_n = 1;
    strcpy(peers->peer[0].name, "fr-cnes");
    peers->peer[0].keys_n = 1;
    memcpy(peers->peer[0].key[0], key, 32);
    zap_set(zap, peers);
    test_free(peers);
    return zap;
}

/* A member's request with parts too few, too many or too long is read to its end and refused, and spoils nothing. */
static void
a_zap_request_of_another_form_is_refused(void **state)
{
    static const uint8_t key[32] = {7}, long_part[1000] = {0};
    const struct span parts[] = {span_str("1.0"), span_str("17"),    span_str("peer"), span_str("127.0.0.1"),
                                 span_str(""),    span_str("CURVE"), span_of(key, 32)};
    void *context = socket_context();
    struct zap *zap = admitting(context, key);
    void *socket = zmq_socket(context, ZMQ_REQ);

    assert_int_equal(zmq_connect(socket, "inproc://zeromq.zap.01"), 0);
    for (int n = 1; n <= 12; n++) {
        for (int too_long = 0; too_long < 2; too_long++) {
            int more = 1, answered = 0;
            size_t size = sizeof more;
            char status[4] = "";

            for (int i = 0; i < n; i++) {
                struct span part = i < 7 ? parts[i] : span_str("extra");

                if (too_long && i == 3) /* the address, which nobody decides by */
                    part = span_of(long_part, sizeof long_part);
                zmq_send(socket, part.p, part.n, i + 1 < n ? ZMQ_SNDMORE : 0);
            }
            for (; more; answered++) {
                char answer[256];
                int got = zmq_recv(socket, answer, sizeof answer, 0);

                if (answered == 2 && got == 3)
                    memcpy(status, answer, 3);
                zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size);
            }
            assert_int_equal(answered, 6);
            assert_string_equal(status, n == 7 && !too_long ? "200" : "300");
        }
    }
    zmq_close(socket);
    zap_free(zap);
    zmq_ctx_term(context);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_reads_back),
        cmocka_unit_test(a_changed_option_is_noticed),
        cmocka_unit_test(each_measure_is_in_force),
        cmocka_unit_test(nations_meet_no_pub_and_no_sub),
        cmocka_unit_test(nothing_is_queued_while_nobody_is_there),
        cmocka_unit_test(a_zap_request_of_another_form_is_refused),
        cmocka_unit_test(a_send_to_nobody_is_an_error),
        cmocka_unit_test(nobody_gets_in_without_a_zap_handler),
        cmocka_unit_test(a_full_pipe_says_again),
        cmocka_unit_test(the_zap_handler_knows_members_only),
    };

    secret_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
