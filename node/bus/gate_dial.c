/* The DEALERs: one a peer and lane that core wants dialled. Runs in the gate's loop. */
#include "bus/gate_internal.h"

#include <errno.h>

#include "base/log.h"

#define FRAME_COST 1024  /* of a frame's budget, beside its bytes */
#define REDIAL_MS  1000  /* before another of a peer's keys is tried */
#define NAME_MS    10000 /* before a name that nobody knew is asked for again */
#define MOVED_MS   20000 /* without a connection for so long: the name may lead elsewhere by now */

static struct gate_dial *
find(struct gate *g, const struct gatelink_dial *want)
{
    for (int i = 0; i < MONITOR_DIAL_MAX; i++) {
        struct gate_dial *d = &g->dial[i];

        if (d->used && d->lane == want->lane && strcmp(d->peer, want->peer) == 0)
            return d;
    }
    return NULL;
}

static unsigned
monitor_id(const struct gate *g, const struct gate_dial *d)
{
    return (unsigned)(d - g->dial) + 1;
}

static const struct gatelink_peer *
peer_of(const struct gate *g, const char *name)
{
    for (unsigned i = 0; i < g->peers.peers_n; i++) {
        if (strcmp(g->peers.peer[i].name, name) == 0)
            return &g->peers.peer[i];
    }
    return NULL;
}

static void
shut(struct gate *g, struct gate_dial *d, const char *why)
{
    if (d->link != NULL)
        gate_link_down(g, d->link, why);
    if (d->socket == NULL)
        return;
    monitor_remove(g->monitor, d->socket, monitor_id(g, d));
    (void)zmq_close(d->socket);
    d->socket = NULL;
    d->poll_fd = -1;
    d->look = false;
}

/* Open a socket to d->address. */
static void
connect_socket(struct gate *g, struct gate_dial *d)
{
    struct socket_keys keys = g->keys;
    size_t size = sizeof d->poll_fd;

    memcpy(keys.server, d->key, sizeof keys.server);
    d->seen = (struct monitor_dial){.fd = -1};
    d->socket = socket_new(g->context, d->lane == GATELINK_BULK ? SOCKET_BULK : SOCKET_ALERT, &keys);
    explicit_bzero(keys.secret, sizeof keys.secret);
    if (d->socket == NULL) {
        log_event(EV_role_failed, "what=\"socket for %s: %s\"", d->peer, zmq_strerror(errno));
        d->redial_ms = g->now_ms + 10 * REDIAL_MS;
        return;
    }
    if (monitor_add(g->monitor, d->socket, monitor_id(g, d)) != 0 ||
        zmq_connect(d->socket, d->address) != 0) {
        log_event(EV_role_failed, "what=\"cannot dial %s: %s\"", d->peer, zmq_strerror(errno));
        shut(g, d, "endpoint");
        d->redial_ms = g->now_ms + 10 * REDIAL_MS;
        return;
    }
    (void)zmq_getsockopt(d->socket, ZMQ_FD, &d->poll_fd, &size);
    d->look = true;
}

static void
ask_name(struct gate *g, struct gate_dial *d)
{
    d->asked_ms = g->now_ms;
    d->resolving = resolver_ask(g->resolver, (unsigned)(d - g->dial), d->endpoint) == 0;
    if (d->resolving)
        return;
    log_event(EV_role_failed, "what=\"resolver: %s\"", strerror(errno));
    d->redial_ms = g->now_ms + NAME_MS;
}

static void
dial(struct gate *g, struct gate_dial *d)
{
    const struct gatelink_peer *peer = peer_of(g, d->peer);

    d->redial_ms = 0;
    d->resolving = false;
    if (peer == NULL || peer->endpoint[0] == 0 || peer->keys_n == 0)
        return;
    d->key_index %= peer->keys_n;
    memcpy(d->key, peer->key[d->key_index], sizeof d->key);
    memcpy(d->endpoint, peer->endpoint, sizeof d->endpoint);
    if (!resolver_is_numeric(d->endpoint)) {
        ask_name(g, d);
        return;
    }
    memcpy(d->address, d->endpoint, sizeof d->address);
    connect_socket(g, d);
}

static void
take_answer(struct gate *g, struct gate_dial *d, const struct resolver_answer *answer)
{
    const char *address;

    d->resolving = false;
    if (answer->n == 0) {
        if (!d->nameless)
            log_event(EV_link_refused, "why=name peer=%s", d->peer);
        d->nameless = true;
        if (d->socket == NULL)
            d->redial_ms = g->now_ms + NAME_MS;
        return;
    }
    d->nameless = false;
    address = answer->endpoint[d->address_index % answer->n];
    if (d->socket != NULL && strcmp(address, d->address) == 0)
        return; /* libzmq goes on trying */
    shut(g, d, "address");
    memcpy(d->address, address, sizeof d->address);
    connect_socket(g, d);
}

void
gate_dial_resolved(struct gate *g)
{
    struct resolver_answer answer;

    while (resolver_take(g->resolver, &answer)) {
        struct gate_dial *d = &g->dial[answer.slot];

        if (d->used && d->resolving)
            take_answer(g, d, &answer);
    }
}

void
gate_dial_add(struct gate *g, const struct gatelink_dial *want)
{
    if (find(g, want) != NULL)
        return;
    for (int i = 0; i < MONITOR_DIAL_MAX; i++) {
        struct gate_dial *d = &g->dial[i];

        if (d->used)
            continue;
        *d = (struct gate_dial){.used = true, .lane = want->lane, .poll_fd = -1};
        memcpy(d->peer, want->peer, sizeof d->peer);
        dial(g, d);
        return;
    }
}

void
gate_dial_remove(struct gate *g, const struct gatelink_dial *want)
{
    struct gate_dial *d = find(g, want);

    if (d == NULL)
        return;
    shut(g, d, "undialled");
    d->used = false;
}

void
gate_dial_remove_all(struct gate *g)
{
    for (int i = 0; i < MONITOR_DIAL_MAX; i++) {
        if (g->dial[i].used)
            shut(g, &g->dial[i], "undialled");
        g->dial[i].used = false;
    }
}

void
gate_dial_update(struct gate *g)
{
    for (int i = 0; i < MONITOR_DIAL_MAX; i++) {
        struct gate_dial *d = &g->dial[i];
        const struct gatelink_peer *peer;

        if (!d->used)
            continue;
        peer = gate_peer(g, d->peer, d->key);
        if (d->socket != NULL && (peer == NULL || strcmp(peer->endpoint, d->endpoint) != 0))
            shut(g, d, "roster");
        if (d->socket == NULL && d->redial_ms == 0 &&
            (!d->resolving || peer == NULL || strcmp(peer->endpoint, d->endpoint) != 0))
            dial(g, d);
    }
}

void
gate_dial_tick(struct gate *g)
{
    for (int i = 0; i < MONITOR_DIAL_MAX; i++) {
        struct gate_dial *d = &g->dial[i];

        if (d->used && d->socket != NULL && !d->seen.is_up && !d->resolving && d->redial_ms == 0 &&
            g->now_ms - d->asked_ms > MOVED_MS && !resolver_is_numeric(d->endpoint)) {
            d->address_index++;
            ask_name(g, d);
        }
        if (!d->used || d->redial_ms == 0 || g->now_ms < d->redial_ms)
            continue;
        shut(g, d, "redial");
        dial(g, d);
    }
}

static void
up(struct gate *g, struct gate_dial *d, int fd)
{
    struct gatelink_up up = {.dialled = true, .lane = d->lane};

    memcpy(up.peer, d->peer, sizeof up.peer);
    d->link = gate_link_up(g, &up, d);
    if (d->link == NULL) {
        log_event(EV_link_refused, "why=too_many_links peer=%s", d->peer);
        return;
    }
    memcpy(d->link->key, d->key, sizeof d->link->key);
    if (gate_fd_address(fd, &d->link->address))
        d->link->fd = fd;
    d->look = true;
}

void
gate_dial_news(struct gate *g, unsigned id, const struct monitor_dial *state)
{
    struct gate_dial *d = &g->dial[id - 1];
    bool again = state->ups != d->seen.ups;
    bool failed = state->failures != d->seen.failures;
    const struct gatelink_peer *peer = peer_of(g, d->peer);

    if (!d->used || d->socket == NULL)
        return;
    d->seen = *state;
    if (d->link != NULL && (again || !state->is_up))
        gate_link_down(g, d->link, "disconnected");
    if (again && state->is_up)
        up(g, d, state->fd);
    if (failed && !state->is_up && peer != NULL && peer->keys_n > 1 && d->redial_ms == 0) {
        d->key_index++; /* it may hold another of its keys by now */
        d->redial_ms = g->now_ms + REDIAL_MS;
    }
}

void
gate_dial_receive(struct gate *g, struct gate_dial *d, long *budget)
{
    while (*budget > 0) {
        zmq_msg_t msg;
        int parts;

        (void)zmq_msg_init(&msg);
        parts = gate_fd_message(d->socket, &msg);
        if (parts > 0)
            *budget -= (long)zmq_msg_size(&msg) + FRAME_COST;
        if (parts > 1 && d->link != NULL) {
            gate_refused(g, WHY_FRAME_SHAPE, d->peer, "multipart");
            gate_link_down(g, d->link, "multipart");
        } else if (parts == 1 && d->link != NULL) {
            gate_link_frame(g, d->link, span_of(zmq_msg_data(&msg), zmq_msg_size(&msg)));
        }
        (void)zmq_msg_close(&msg);
        if (parts < 0) {
            d->look = false;
            return;
        }
    }
}
