/* The ROUTER that peers connect to. Runs in the gate's loop. */
#include "bus/gate_internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#define DOORS_STEP   256
#define FRAME_COST   1024    /* of a frame's budget, beside its bytes */
#define REFUSALS_MS  10000   /* between two lines about failed handshakes */
#define FORGIVEN     64      /* bytes a look: heartbeats, which nobody counts */
#define UNREAD_FIRST 1048576 /* bytes received before a first frame came out */

void
gate_listen_close(struct gate *g)
{
    if (g->listener == NULL)
        return;
    monitor_remove(g->monitor, g->listener, 0);
    (void)zmq_close(g->listener);
    g->listener = NULL;
    g->listener_fd = -1;
    g->listening[0] = 0;
    for (int fd = 0; fd < g->doors; fd++)
        g->door[fd] = (struct gate_door){.accepted_ms = 0};
}

/* Say once why nobody can reach us. */
static void
complain(struct gate *g, const char *what)
{
    if (!g->bind_failed)
        log_event(EV_role_failed, "what=\"cannot listen on %s: %s: %s\"", g->peers.listen, what,
                  zmq_strerror(errno));
    g->bind_failed = true;
}

void
gate_listen_open(struct gate *g)
{
    size_t size = sizeof g->listener_fd;

    if (g->listener != NULL && strcmp(g->listening, g->peers.listen) == 0)
        return;
    gate_listen_close(g);
    if (g->peers.listen[0] == 0)
        return;
    g->listener = socket_new(g->context, SOCKET_LISTEN, &g->keys);
    if (g->listener == NULL) {
        complain(g, "options");
        return;
    }
    if (monitor_add(g->monitor, g->listener, 0) != 0 || zmq_bind(g->listener, g->peers.listen) != 0) {
        complain(g, "bind");
        gate_listen_close(g);
        return;
    }
    (void)zmq_getsockopt(g->listener, ZMQ_FD, &g->listener_fd, &size);
    memcpy(g->listening, g->peers.listen, sizeof g->listening);
    g->bind_failed = false;
    g->listener_look = true;
}

static struct gate_door *
door_at(struct gate *g, int fd)
{
    if (fd < 0)
        return NULL;
    if (fd >= g->doors) {
        int doors = (fd / DOORS_STEP + 1) * DOORS_STEP;

        g->door = mem_resize(g->door, (size_t)doors * sizeof *g->door);
        memset(g->door + g->doors, 0, (size_t)(doors - g->doors) * sizeof *g->door);
        g->doors = doors;
    }
    return &g->door[fd];
}

/* A new connection is behind ${fd}; false when it has gone already. */
static bool
open_door(struct gate *g, struct gate_door *door, int fd)
{
    *door = (struct gate_door){.accepted_ms = g->now_ms, .serial = ++g->doors_opened};
    if (gate_fd_address(fd, &door->address))
        return true;
    door->accepted_ms = 0;
    return false;
}

/* Of one host, as far as an address tells: in IPv6 a host has all addresses of its /64. */
static bool
same_host(const union gate_address *a, const union gate_address *b)
{
    const struct in6_addr *x = &a->in6.sin6_addr, *y = &b->in6.sin6_addr;

    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
    return memcmp(x, y, IN6_IS_ADDR_V4MAPPED(x) ? sizeof *x : sizeof *x / 2) == 0;
}

/* Who has said nothing yet shall not use up the descriptors: of too many the oldest goes, first of the
 * newcomer's own address. */
static void
make_room(struct gate *g, const struct gate_door *newcomer)
{
    int oldest[2] = {-1, -1}, count[2] = {0, 0};

    for (int fd = 0; fd < g->doors; fd++) {
        const struct gate_door *d = &g->door[fd];

        if (d->accepted_ms == 0 || d->link != NULL || d->is_kicked)
            continue;
        for (int k = 0; k <= same_host(&d->address, &newcomer->address); k++) {
            count[k]++;
            if (oldest[k] < 0 || d->serial < g->door[oldest[k]].serial)
                oldest[k] = fd;
        }
    }
    for (int k = 1; k >= 0; k--) {
        if (count[k] > (k == 1 ? LIMIT_GATE_UNPROVEN_ADDRESS_COUNT : LIMIT_GATE_UNPROVEN_COUNT)) {
            g->doors_crowded++;
            g->door[oldest[k]].is_kicked = true;
            gate_fd_kick(oldest[k], &g->door[oldest[k]].address);
            return;
        }
    }
}

void
gate_listen_accepted(struct gate *g, int fd)
{
    struct gate_door *door = door_at(g, fd);

    if (door == NULL || (door->accepted_ms != 0 && gate_fd_is(fd, &door->address)))
        return; /* its first frame was faster */
    if (door->link != NULL)
        gate_link_down(g, door->link, "disconnected");
    if (open_door(g, door, fd))
        make_room(g, door);
}

void
gate_listen_gone(struct gate *g, int fd)
{
    struct gate_door *door = door_at(g, fd);

    if (door == NULL || door->accepted_ms == 0)
        return;
    if (gate_fd_is(fd, &door->address) && gate_fd_is_established(fd)) {
        door->suspect = true; /* about an earlier user of the number, or libzmq is about to close it */
        return;
    }
    if (door->link != NULL)
        gate_link_down(g, door->link, "disconnected");
    door->accepted_ms = 0;
}

static void
refuse(struct gate_door *door, int fd, const uint8_t routing[GATE_ROUTING_BYTES], const char *why,
       const char *peer)
{
    log_event(EV_link_refused, "why=%s peer=%s", why, peer);
    door->is_shut = true;
    memcpy(door->shut, routing, sizeof door->shut);
    gate_fd_kick(fd, &door->address);
}

/* Who the ZAP handler said it is, if that is still so. */
static const struct gatelink_peer *
identify(const struct gate *g, zmq_msg_t *msg, uint8_t key[GATELINK_KEY_BYTES])
{
    const char *name = zmq_msg_gets(msg, "User-Id");
    const char *hex = zmq_msg_gets(msg, ZAP_KEY_PROPERTY);

    if (name == NULL || hex == NULL || text_unhex(span_str(hex), key, GATELINK_KEY_BYTES) != 0)
        return NULL;
    return gate_peer(g, name, key);
}

/* Make room where one peer has too many links: its oldest goes. */
static void
evict(struct gate *g, const char *peer)
{
    struct gate_link *oldest = NULL;
    int count = 0;

    for (int i = 0; i < LIMIT_LINK_COUNT; i++) {
        struct gate_link *link = &g->link[i];

        if (link->id == 0 || link->dial != NULL || strcmp(link->peer, peer) != 0)
            continue;
        count++;
        if (oldest == NULL || link->id < oldest->id)
            oldest = link;
    }
    if (count >= LIMIT_LINK_PEER_COUNT)
        gate_link_down(g, oldest, "crowded");
}

/* The first frame of a connection: a link, or NULL where there shall be none. */
static struct gate_link *
greet(struct gate *g, int fd, const uint8_t routing[GATE_ROUTING_BYTES], zmq_msg_t *msg)
{
    struct gate_door *door = &g->door[fd];
    struct gatelink_up up = {.dialled = false, .lane = GATELINK_ANY};
    uint8_t key[GATELINK_KEY_BYTES];
    const struct gatelink_peer *peer = identify(g, msg, key);
    struct gate_link *link;

    if (peer == NULL) {
        refuse(door, fd, routing, "not_a_member", "-");
        return NULL;
    }
    evict(g, peer->name);
    memcpy(up.peer, peer->name, sizeof up.peer);
    link = gate_link_up(g, &up, NULL);
    if (link == NULL) {
        refuse(door, fd, routing, "too_many_links", peer->name);
        return NULL;
    }
    memcpy(link->routing, routing, sizeof link->routing);
    memcpy(link->key, key, sizeof link->key);
    link->fd = fd;
    link->address = door->address;
    door->link = link;
    return link;
}

/* The link that a frame came on. */
static struct gate_link *
find(struct gate *g, zmq_msg_t *id, zmq_msg_t *msg)
{
    int fd = zmq_msg_get(msg, ZMQ_SRCFD);
    struct gate_door *door = door_at(g, fd);
    uint8_t routing[GATE_ROUTING_BYTES] = {0};
    bool ours = zmq_msg_size(id) == sizeof routing && *(const uint8_t *)zmq_msg_data(id) == 0;

    if (door == NULL)
        return NULL;
    memcpy(routing, zmq_msg_data(id), ours ? sizeof routing : 0);
    if (door->is_shut && memcmp(door->shut, routing, sizeof routing) == 0)
        return NULL;
    if (door->link != NULL && memcmp(door->link->routing, routing, sizeof routing) == 0)
        return door->link;
    if (door->link != NULL)
        gate_link_down(g, door->link, "disconnected"); /* its number is used again */
    if (!(door->accepted_ms != 0 && gate_fd_is(fd, &door->address)) && !open_door(g, door, fd))
        return NULL;
    door->is_shut = false;
    if (!ours) { /* an id that the peer chose could shadow another's */
        refuse(door, fd, routing, "routing_id", "-");
        return NULL;
    }
    return greet(g, fd, routing, msg);
}

static void
take(struct gate *g, zmq_msg_t *id, zmq_msg_t *msg, int parts)
{
    struct gate_link *link = find(g, id, msg);

    if (link == NULL)
        return;
    if (parts > 1) {
        gate_refused(g, WHY_FRAME_SHAPE, link->peer, "multipart");
        gate_link_down(g, link, "multipart");
        return;
    }
    gate_link_frame(g, link, span_of(zmq_msg_data(msg), zmq_msg_size(msg)));
}

void
gate_listen_receive(struct gate *g, long *budget)
{
    while (*budget > 0) {
        zmq_msg_t id, msg;
        int parts = -1;

        (void)zmq_msg_init(&id);
        (void)zmq_msg_init(&msg);
        if (zmq_msg_recv(&id, g->listener, ZMQ_DONTWAIT) >= 0) {
            parts = zmq_msg_more(&id) ? gate_fd_message(g->listener, &msg) : 0;
            if (parts > 0)
                take(g, &id, &msg, parts);
            *budget -= (long)zmq_msg_size(&msg) + FRAME_COST;
        }
        (void)zmq_msg_close(&id);
        (void)zmq_msg_close(&msg);
        if (parts < 0) {
            g->listener_look = false;
            return;
        }
    }
}

static void
watch_door(struct gate *g, int fd)
{
    struct gate_door *door = &g->door[fd];
    struct gate_link *link = door->link;

    if (!gate_fd_is(fd, &door->address) || (door->suspect && !gate_fd_is_established(fd))) {
        if (link != NULL)
            gate_link_down(g, link, "disconnected");
        door->accepted_ms = 0;
        return;
    }
    door->suspect = false;
    if (link != NULL || door->is_kicked)
        return;
    if (gate_fd_received(fd) > UNREAD_FIRST)
        log_event(EV_link_refused, "why=unfinished peer=-");
    else if (g->now_ms - door->accepted_ms > LIMIT_GATE_SILENT_SECONDS * 1000)
        log_event(EV_link_refused, "why=silent peer=-");
    else
        return;
    door->is_kicked = true;
    gate_fd_kick(fd, &door->address);
}

/* How much more has the other side sent than came out as frames? Unfinished messages grow in libzmq's memory
 * without a limit of its own. What was counted in the peer's favour is not saved up. */
static void
measure(struct gate_link *link)
{
    uint64_t received =
        link->fd >= 0 && gate_fd_is(link->fd, &link->address) ? gate_fd_received(link->fd) : 0;

    link->received += FORGIVEN;
    link->unread = received > link->received ? received - link->received : 0;
    if (received > 0 && link->received > received)
        link->received = received;
}

/* Is ${link} the one of its member's with the most unread, and they have too much together? */
static bool
hoards(const struct gate *g, const struct gate_link *link)
{
    uint64_t sum = 0;

    if (link->unread <= LIMIT_GATE_UNREAD_BYTES / LIMIT_LINK_COUNT)
        return false;
    for (int i = 0; i < LIMIT_LINK_COUNT; i++) {
        const struct gate_link *other = &g->link[i];

        if (other->id == 0 || strcmp(other->peer, link->peer) != 0)
            continue;
        if (other->unread > link->unread)
            return false;
        sum += other->unread;
    }
    return sum > LIMIT_GATE_UNREAD_BYTES;
}

void
gate_listen_watch(struct gate *g)
{
    for (int fd = 0; fd < g->doors; fd++) {
        if (g->door[fd].accepted_ms != 0)
            watch_door(g, fd);
    }
    for (int i = 0; i < LIMIT_LINK_COUNT; i++) {
        if (g->link[i].id != 0)
            measure(&g->link[i]);
    }
    for (int i = 0; i < LIMIT_LINK_COUNT; i++) {
        if (g->link[i].id != 0 && hoards(g, &g->link[i])) {
            gate_refused(g, WHY_LIMIT, g->link[i].peer, "unfinished");
            gate_link_down(g, &g->link[i], "unfinished");
        }
    }
}

static void
tell_some(const char *why, uint64_t now, uint64_t *told)
{
    if (now != *told)
        log_event(EV_link_refused, "why=%s peer=- count=%llu", why, (unsigned long long)(now - *told));
    *told = now;
}

/* Strangers decide how often this happens: one line for many. */
static void
tell_refusals(struct gate *g)
{
    struct gate_told *told = &g->told, before = *told;
    struct monitor_counts counts;

    if (g->now_ms < told->next_ms)
        return;
    monitor_count(g->monitor, &counts);
    tell_some("handshake", counts.handshake_failed, &told->handshake);
    tell_some("accept", counts.accept_failed, &told->accept);
    tell_some("crowded", g->doors_crowded, &told->crowded);
    if (memcmp(&before, told, sizeof before) != 0)
        told->next_ms = g->now_ms + REFUSALS_MS;
}

void
gate_listen_tick(struct gate *g)
{
    tell_refusals(g);
    if (g->has_peers)
        gate_listen_open(g); /* the port may have become free */
}
