#include "side.h"

#include "bus/gate_internal.h"

static void
two_gates_exchange_frames_on_both_lanes(void **state)
{
    uint32_t alert_a, alert_b, bulk_a, bulk_b;
    static uint8_t big[LIMIT_FRAME_BYTES];
    struct seen *seen;

    join(GATELINK_ALERT, &alert_a, &alert_b);
    join(GATELINK_BULK, &bulk_a, &bulk_b);
    assert_true(alert_b != bulk_b);
    tell(&b, GATELINK_BULK, GATELINK_SEND, bulk_b, "back", 4);
    seen = await(&a, GATELINK_FRAME);
    assert_int_equal(seen->link, bulk_a);
    assert_string_equal(seen->head, "back");
    for (int i = 0; i < 14; i++) { /* the largest frame, within the credit, in order */
        big[0] = (uint8_t)('0' + i);
        tell(&a, GATELINK_BULK, GATELINK_SEND, bulk_a, big, sizeof big);
        pump(&a, 0);
    }
    for (int i = 0; i < 14; i++) {
        int64_t end = now_ms() + PATIENCE_MS;

        while ((seen = await_for(&b, GATELINK_FRAME, 0)) == NULL && now_ms() < end) {
            pump(&a, 0);
            pump(&b, 10);
        }
        assert_non_null(seen);
        assert_int_equal(seen->link, bulk_b);
        assert_int_equal(seen->n, sizeof big);
        assert_int_equal(seen->head[0], '0' + i);
    }
}

static void
a_dropped_link_comes_back_as_another_until_it_is_undialled(void **state)
{
    uint32_t at_a, at_b, again;
    struct seen *seen;

    join(GATELINK_ALERT, &at_a, &at_b);
    tell(&b, GATELINK_ALERT, GATELINK_DROP, at_b, "", 0);
    seen = await(&b, GATELINK_DOWN);
    assert_int_equal(seen->link, at_b);
    assert_string_equal(seen->head, "dropped");
    seen = await(&a, GATELINK_DOWN);
    assert_int_equal(seen->link, at_a);
    seen = await(&a, GATELINK_UP);
    again = seen->link;
    assert_true(again != at_a);
    tell(&a, GATELINK_ALERT, GATELINK_SEND, at_a, "old", 3); /* to a link that is no more */
    tell(&a, GATELINK_ALERT, GATELINK_SEND, again, "new", 3);
    seen = await(&b, GATELINK_FRAME);
    assert_string_equal(seen->head, "new");
    dial(&a, b.name, GATELINK_ALERT, GATELINK_UNDIAL);
    seen = await(&a, GATELINK_DOWN);
    assert_int_equal(seen->link, again);
    seen = await(&b, GATELINK_DOWN);
    assert_string_equal(seen->head, "disconnected");
    assert_null(await_for(&a, GATELINK_UP, 1500));
}

static void
a_stranger_is_refused_and_recovers_when_the_roster_admits_it(void **state)
{
    uint32_t at_a, at_b;

    b.peers.peers_n = 0;
    tell_peers(&b);
    assert_null(await_for(&b, GATELINK_UP, 1000)); /* nobody dials yet: its gate takes the peers meanwhile */
    dial(&a, b.name, GATELINK_ALERT, GATELINK_DIAL);
    assert_null(await_for(&a, GATELINK_UP, 1000));
    admit(&b, a.name, a.key, a.endpoint);
    join(GATELINK_ALERT, &at_a, &at_b); /* dialled already: the same connection attempt goes on */
}

static void
a_removed_member_is_cut_off_at_once(void **state)
{
    uint32_t at_a, at_b;
    struct seen *seen;
    int64_t start_ms;

    join(GATELINK_BULK, &at_a, &at_b);
    start_ms = now_ms();
    b.peers.peers_n = 0;
    tell_peers(&b);
    seen = await(&b, GATELINK_DOWN);
    assert_int_equal(seen->link, at_b);
    assert_string_equal(seen->head, "roster");
    seen = await(&a, GATELINK_DOWN);
    assert_int_equal(seen->link, at_a);
    assert_true(now_ms() - start_ms < 4000); /* before any heartbeat could tell */
    assert_null(await_for(&a, GATELINK_UP, 1500));
}

static void
a_peer_that_changed_its_key_is_dialled_with_the_new_one(void **state)
{
    uint32_t at_a, at_b;
    struct seen *seen;
    uint8_t right[32];

    memcpy(right, b.key, 32);
    memset(a.peers.peer[0].key[0], 9, 32); /* nobody has it */
    tell_peers(&a);
    dial(&a, b.name, GATELINK_ALERT, GATELINK_DIAL);
    assert_null(await_for(&a, GATELINK_UP, 500));
    a.peers.peer[0].keys_n = 2; /* the rotated key is listed second */
    memcpy(a.peers.peer[0].key[1], right, 32);
    tell_peers(&a);
    join(GATELINK_ALERT, &at_a, &at_b);
    a.peers.peer[0].keys_n = 1;
    memset(a.peers.peer[0].key[0], 9, 32);
    tell_peers(&a);
    seen = await(&a, GATELINK_DOWN);
    assert_string_equal(seen->head, "roster");
}

static void
send_patiently(void *socket, const void *p, size_t n, int flags)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLOUT};

    assert_int_equal(zmq_poll(&item, 1, PATIENCE_MS), 1);
    assert_int_equal(zmq_send(socket, p, n, flags | ZMQ_DONTWAIT), (int)n);
}

static void
what_is_no_single_frame_costs_the_link(void **state)
{
    static uint8_t big[LIMIT_FRAME_BYTES + 1];
    static const char *const why[] = {"multipart", "empty", "disconnected"};

    for (int i = 0; i < 3; i++) {
        void *context = zmq_ctx_new();
        void *client = open_client(context, a.secret, &b, NULL);
        struct seen *seen;
        uint32_t link;

        send_patiently(client, "good", 4, 0);
        link = await(&b, GATELINK_UP)->link;
        assert_string_equal(await(&b, GATELINK_FRAME)->head, "good");
        if (i == 0) {
            send_patiently(client, "part", 4, ZMQ_SNDMORE);
            send_patiently(client, "part", 4, ZMQ_SNDMORE);
            send_patiently(client, "part", 4, 0);
        } else {
            send_patiently(client, big, i == 1 ? 0 : sizeof big, 0);
        }
        seen = await(&b, GATELINK_DOWN);
        assert_int_equal(seen->link, link);
        assert_string_equal(seen->head, why[i]);
        zmq_close(client);
        zmq_ctx_term(context);
    }
}

static void
a_routing_id_of_the_peers_own_choice_is_refused(void **state)
{
    void *context = zmq_ctx_new();
    void *chooser = open_client(context, a.secret, &b, "mine");
    void *honest = open_client(context, a.secret, &b, NULL);
    struct seen *seen;

    send_patiently(chooser, "chosen", 6, 0);
    assert_null(await_for(&b, GATELINK_UP, 500));
    send_patiently(honest, "honest", 6, 0);
    await(&b, GATELINK_UP);
    seen = await(&b, GATELINK_FRAME);
    assert_string_equal(seen->head, "honest");
    zmq_close(chooser);
    zmq_close(honest);
    zmq_ctx_term(context);
}

static void
too_many_connections_of_one_peer_push_out_its_own_oldest(void **state)
{
    void *context = zmq_ctx_new();
    void *client[LIMIT_LINK_PEER_COUNT + 2];
    uint32_t first = 0, other_a, other_b;
    struct seen *seen;

    join(GATELINK_ALERT, &other_a, &other_b); /* the first of this peer */
    for (int i = 0; i < LIMIT_LINK_PEER_COUNT; i++) {
        client[i] = open_client(context, a.secret, &b, NULL);
        send_patiently(client[i], "x", 1, 0);
        seen = await(&b, GATELINK_FRAME);
        if (i == 0)
            first = seen->link;
    }
    assert_true(first != 0);
    seen = &b.seen[0];
    for (b.taken = 0; (seen = await(&b, GATELINK_DOWN)) != NULL && seen->link != other_b;)
        ;
    assert_string_equal(seen->head, "crowded");
    for (int i = 0; i < LIMIT_LINK_PEER_COUNT; i++)
        zmq_close(client[i]);
    zmq_ctx_term(context);
}

/* Core does not read; a peer sends without credit. Memory is bounded, the link is lost, an alert of another link gets through. */
static void
overrunning_credit_costs_the_link_and_nobody_elses(void **state)
{
    static uint8_t frame[262144];
    void *context = zmq_ctx_new();
    void *client = open_client(context, a.secret, &b, NULL);
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    zmq_pollitem_t ended = {.socket = monitor, .events = ZMQ_POLLIN};
    uint32_t flood, at_a, at_b;
    uint8_t bulk = GATELINK_BULK;
    struct seen *seen;
    size_t bytes = 0;

    join(GATELINK_ALERT, &at_a, &at_b);
    send_patiently(client, "x", 1, 0);
    flood = await(&b, GATELINK_UP)->link;
    tell(&b, GATELINK_ALERT, GATELINK_LANE, flood, &bulk, 1);
    assert_int_equal(zmq_socket_monitor(client, "inproc://ended", ZMQ_EVENT_DISCONNECTED), 0);
    assert_int_equal(zmq_connect(monitor, "inproc://ended"), 0);
    for (int i = 0; i < 80; i++) /* 20 MiB; core reads nothing */
        (void)zmq_send(client, frame, sizeof frame, ZMQ_DONTWAIT);
    assert_int_equal(zmq_poll(&ended, 1, PATIENCE_MS), 1);
    tell(&a, GATELINK_ALERT, GATELINK_SEND, at_a, "alert", 5);
    assert_null(await_for(&a, GATELINK_DOWN, 500)); /* by then it waits in the gate of b */
    /* The kernel's buffer of the core socket may hold a frame already: what counts is what waits in the gate. */
    for (unsigned frames = 0; (seen = await(&b, GATELINK_FRAME)) != NULL && seen->link != at_b; frames++)
        assert_true(frames < 12);
    assert_string_equal(seen->head, "alert");
    b.taken = 0;
    do {
        seen = await_for(&b, GATELINK_FRAME, 1000);
        bytes += seen != NULL && seen->link == flood ? seen->n : 0;
    } while (seen != NULL);
    assert_true(bytes < LIMIT_GATE_BULK_BYTES + (2u << 20));
    b.taken = 0;
    while ((seen = await(&b, GATELINK_DOWN))->link != flood)
        ;
    assert_string_equal(seen->head, "overrun");
    zmq_close(monitor);
    zmq_close(client);
    zmq_ctx_term(context);
}

static void
a_new_core_finds_every_link_gone_and_starts_over(void **state)
{
    uint32_t at_a, at_b, again_a, again_b;
    struct seen *seen;

    join(GATELINK_ALERT, &at_a, &at_b);
    gatelink_release(&b.core); /* core of b dies */
    seen = await(&a, GATELINK_DOWN);
    assert_int_equal(seen->link, at_a);
    call_gate(&b);
    b.seen_n = b.taken = 0;
    tell_peers(&b);
    join(GATELINK_ALERT, &again_a, &again_b);
    assert_true(again_b != at_b);
}

static void
core_that_speaks_nonsense_is_left(void **state)
{
    for (int i = 0; i < 3; i++) {
        struct pollfd fd;
        char c;

        if (i == 0)
            tell(&b, GATELINK_ALERT, GATELINK_UP, 0, "x", 1); /* not for the gate */
        else if (i == 1)
            tell(&b, GATELINK_ALERT, GATELINK_PEERS, 0, "\xff", 1);
        else
            assert_int_equal(write(b.core.fd, "\1\0\0\0\0\0\0\0\0", 9), 9);
        fd = (struct pollfd){.fd = b.core.fd, .events = POLLIN};
        assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
        assert_int_equal(read(b.core.fd, &c, 1), 0);
        gatelink_release(&b.core);
        call_gate(&b);
        tell_peers(&b);
    }
}

/* Strangers that never get through the handshake do not stop members: nobody has to read the monitor for that. */
static void
a_thousand_connects_of_strangers_stop_nobody(void **state)
{
    uint32_t at_a, at_b;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    address.sin_port = htons((uint16_t)atoi(strrchr(b.endpoint, ':') + 1));
    for (int i = 0; i < 1000; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            (void)!write(fd, "GET / HTTP/1.0\r\n\r\n", i % 2 ? 18 : 0);
        close(fd);
    }
    join(GATELINK_ALERT, &at_a, &at_b);
}

/* The number of a descriptor is given out again: who is shut down is known by its address. */
static void
a_connection_that_got_the_number_of_another_is_left_alone(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    int door = socket(AF_INET, SOCK_STREAM, 0), first, second, out[2];
    union gate_address was;
    char byte;

    assert_int_equal(bind(door, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(door, 2), 0);
    assert_int_equal(getsockname(door, (struct sockaddr *)&address, &n), 0);
    for (int i = 0; i < 2; i++) {
        out[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(out[i], (struct sockaddr *)&address, sizeof address), 0);
    }
    first = accept(door, NULL, NULL);
    assert_true(gate_fd_address(first, &was));
    close(first);
    second = accept(door, NULL, NULL);
    assert_int_equal(second, first);
    gate_fd_kick(second, &was);
    assert_int_equal(write(second, "x", 1), 1);
    assert_int_equal(read(out[1], &byte, 1), 1);
    assert_true(gate_fd_address(second, &was));
    gate_fd_kick(second, &was);
    assert_int_equal(read(out[1], &byte, 1), 0);
    for (int i = 0; i < 2; i++)
        close(out[i]);
    close(second);
    close(door);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(two_gates_exchange_frames_on_both_lanes),
        GATE_TEST(a_dropped_link_comes_back_as_another_until_it_is_undialled),
        GATE_TEST(a_stranger_is_refused_and_recovers_when_the_roster_admits_it),
        GATE_TEST(a_removed_member_is_cut_off_at_once),
        GATE_TEST(a_peer_that_changed_its_key_is_dialled_with_the_new_one),
        GATE_TEST(what_is_no_single_frame_costs_the_link),
        GATE_TEST(a_routing_id_of_the_peers_own_choice_is_refused),
        GATE_TEST(too_many_connections_of_one_peer_push_out_its_own_oldest),
        GATE_TEST(overrunning_credit_costs_the_link_and_nobody_elses),
        GATE_TEST(a_new_core_finds_every_link_gone_and_starts_over),
        GATE_TEST(core_that_speaks_nonsense_is_left),
        GATE_TEST(a_thousand_connects_of_strangers_stop_nobody),
        cmocka_unit_test(a_connection_that_got_the_number_of_another_is_left_alone),
    };

    secret_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
