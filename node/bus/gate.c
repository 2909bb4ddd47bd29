/* The gate's loop: one thread; the ZAP handler and the monitor have their own. */
#include "bus/gate.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bus/gate_internal.h"

#define TURN_BYTES 1048576 /* from peers to core in one turn of the loop: about 1 ms */
#define HEAP_PIECE 131072
#define HEAP_KEEP  4194304
#define POLL_FIXED 6
#define POLL_MAX   (MONITOR_DIAL_MAX + POLL_FIXED)

const struct gatelink_peer *
gate_peer(const struct gate *g, const char *name, const uint8_t key[GATELINK_KEY_BYTES])
{
    for (unsigned i = 0; i < g->peers.peers_n; i++) {
        const struct gatelink_peer *peer = &g->peers.peer[i];

        for (unsigned k = 0; k < peer->keys_n && strcmp(peer->name, name) == 0; k++) {
            if (memcmp(peer->key[k], key, GATELINK_KEY_BYTES) == 0)
                return peer;
        }
    }
    return NULL;
}

void
gate_tell(struct gate *g, enum gatelink_lane lane, enum gatelink_kind kind, uint32_t link,
          struct span payload)
{
    if (g->core.fd >= 0 && gatelink_put(&g->core, lane, kind, link, payload) != 0)
        g->core_lost = true;
}

static void
count(struct gate *g, enum why_code why, const char *peer, unsigned long n)
{
    struct gatelink_refused refused = {.why = why, .count = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX};
    struct buf payload;

    memcpy(refused.peer, peer, strlen(peer));
    buf_init(&payload, 256);
    gatelink_write_refused(&refused, &payload);
    gate_tell(g, GATELINK_ALERT, GATELINK_REFUSED, 0, buf_span(&payload));
    buf_release(&payload);
}

void
gate_refused(struct gate *g, enum why_code why, const char *peer, const char *note)
{
    log_event(EV_frame_refused, "peer=%s why=%s note=%s", peer[0] != 0 ? peer : "-", why_name(why), note);
    count(g, why, peer, 1);
}

/* Strangers are logged by the ZAP handler, and counted here. */
static void
count_strangers(struct gate *g)
{
    unsigned long now = zap_refused(g->zap);

    if (now == g->strangers || g->core.fd < 0)
        return;
    count(g, WHY_PEER_UNKNOWN, "", now - g->strangers);
    g->strangers = now;
}

/* The messages of core */

static void
on_send(struct gate *g, uint32_t id, struct span payload)
{
    struct gate_link *link = gate_link_find(g, id);

    if (link != NULL && payload.n > 0)
        gate_link_send(g, link, payload);
}

static void
on_drop(struct gate *g, uint32_t id, struct span payload)
{
    struct gate_link *link = gate_link_find(g, id);

    (void)payload;
    if (link != NULL)
        gate_link_down(g, link, "dropped");
}

static void
on_lane(struct gate *g, uint32_t id, struct span payload)
{
    struct gate_link *link = gate_link_find(g, id);

    if (link == NULL || link->lane != GATELINK_ANY || payload.n != 1 || payload.p[0] == GATELINK_ANY ||
        payload.p[0] > GATELINK_BULK)
        return;
    link->lane = (enum gatelink_lane)payload.p[0];
}

static void
on_dial(struct gate *g, uint32_t id, struct span payload)
{
    struct gatelink_dial want;

    (void)id;
    if (gatelink_read_dial(payload, &want) != 0)
        g->core_lost = true;
    else
        gate_dial_add(g, &want);
}

static void
on_undial(struct gate *g, uint32_t id, struct span payload)
{
    struct gatelink_dial want;

    (void)id;
    if (gatelink_read_dial(payload, &want) != 0)
        g->core_lost = true;
    else
        gate_dial_remove(g, &want);
}

static void
be_ready(struct gate *g)
{
    if (g->is_ready || (g->peers.listen[0] != 0 && g->listener == NULL))
        return;
    g->is_ready = true;
    log_event(EV_role_ready, "%s", "");
    if (g->args->ready_fd >= 0)
        (void)write(g->args->ready_fd, "1", 1);
}

static void
on_peers(struct gate *g, uint32_t id, struct span payload)
{
    (void)id;
    if (gatelink_read_peers(payload, &g->peers) != 0) {
        g->core_lost = true;
        return;
    }
    zap_set(g->zap, &g->peers);
    g->has_peers = true;
    for (int i = 0; i < LIMIT_LINK_COUNT; i++) {
        struct gate_link *link = &g->link[i];

        if (link->id != 0 && gate_peer(g, link->peer, link->key) == NULL)
            gate_link_down(g, link, "roster");
    }
    gate_listen_open(g);
    gate_dial_update(g);
    be_ready(g);
}

static void
on_message(void *cookie, enum gatelink_kind kind, uint32_t link, struct span payload)
{
    static void (*const handlers[GATELINK_KIND_END])(struct gate *, uint32_t, struct span) = {
        [GATELINK_SEND] = on_send, [GATELINK_DROP] = on_drop,     [GATELINK_LANE] = on_lane,
        [GATELINK_DIAL] = on_dial, [GATELINK_UNDIAL] = on_undial, [GATELINK_PEERS] = on_peers,
    };
    struct gate *g = cookie;

    if (handlers[kind] == NULL)
        g->core_lost = true;
    else if (!g->core_lost)
        handlers[kind](g, link, payload);
}

static void
on_sent(void *cookie, enum gatelink_kind kind, uint32_t link, size_t bytes)
{
    if (kind == GATELINK_FRAME)
        gate_link_sent(cookie, link, bytes);
}

/* The connection to core */

static bool
is_us(int fd)
{
    struct ucred other;
    socklen_t n = sizeof other;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &n) == 0 && other.uid == geteuid();
}

/* Core has gone: so does every link. Who may connect is up to the next core. */
static void
lose_core(struct gate *g)
{
    g->core_lost = false;
    gatelink_release(&g->core);
    memset(&g->peers, 0, sizeof g->peers);
    g->has_peers = false;
    zap_set(g->zap, &g->peers);
    gate_dial_remove_all(g);
    gate_link_down_all(g, "core");
    gate_listen_close(g);
}

/* The newest core is the one that lives. */
static void
accept_core(struct gate *g)
{
    int fd = accept4(g->args->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    if (!is_us(fd)) {
        (void)close(fd);
        return;
    }
    if (g->core.fd >= 0)
        lose_core(g);
    gatelink_init(&g->core, fd, LIMIT_GATE_CORE_ALERT_BYTES + LIMIT_GATE_CONTROL_BYTES,
                  LIMIT_GATE_CORE_BULK_BYTES + LIMIT_GATE_CONTROL_BYTES);
    g->core.sent = on_sent;
    g->core.sent_cookie = g;
}

/* The loop */

static void
receive(struct gate *g)
{
    long alert = TURN_BYTES, bulk = TURN_BYTES;
    int start = (int)(clock_mono_ms() % MONITOR_DIAL_MAX); /* no peer is always the first */

    for (int i = 0; i < MONITOR_DIAL_MAX; i++) {
        struct gate_dial *d = &g->dial[i];

        if (d->look && d->lane == GATELINK_ALERT)
            gate_dial_receive(g, d, &alert);
    }
    if (g->listener_look)
        gate_listen_receive(g, &bulk);
    bulk = TURN_BYTES;
    for (int i = 0; i < MONITOR_DIAL_MAX; i++) {
        struct gate_dial *d = &g->dial[(start + i) % MONITOR_DIAL_MAX];

        if (d->look && d->lane == GATELINK_BULK)
            gate_dial_receive(g, d, &bulk);
    }
}

static void
news_dial(void *cookie, unsigned id, const struct monitor_dial *state)
{
    gate_dial_news(cookie, id, state);
}

static void
news_gone(void *cookie, int fd)
{
    gate_listen_gone(cookie, fd);
}

static void
news_accepted(void *cookie, int fd)
{
    gate_listen_accepted(cookie, fd);
}

/* What is there to do now. Receiving comes last, so that no signal of a socket is lost to a send. */
static void
turn(struct gate *g)
{
    struct monitor_news news = {news_dial, news_gone, news_accepted, g};

    g->now_ms = clock_mono_ms();
    if (g->core_calls)
        accept_core(g);
    g->core_calls = false;
    monitor_take(g->monitor, &news);
    gate_dial_resolved(g);
    if (g->core.fd >= 0 && gatelink_read(&g->core, on_message, g) < 0)
        g->core_lost = true;
    for (int i = 0; i < LIMIT_LINK_COUNT; i++) {
        if (g->link[i].id != 0)
            gate_link_resume(g, &g->link[i]);
    }
    receive(g);
    count_strangers(g);
    if (g->now_ms >= g->tick_ms) {
        g->tick_ms = g->now_ms + GATE_TICK_MS;
        gate_dial_tick(g);
        gate_listen_tick(g);
        if (g->has_peers)
            be_ready(g);
    }
    if (g->now_ms >= g->watch_ms) {
        g->watch_ms = g->now_ms + GATE_WATCH_MS;
        gate_listen_watch(g);
    }
    if (g->core.fd >= 0 && gatelink_flush(&g->core) != 0)
        g->core_lost = true;
    if (g->core_lost)
        lose_core(g);
}

static bool
has_more(const struct gate *g)
{
    bool more = g->listener_look;

    for (int i = 0; i < MONITOR_DIAL_MAX; i++)
        more |= g->dial[i].look;
    return more;
}

/* Wait for the next thing to happen, and note which sockets to look at. False: told to stop. */
static bool
wait_turn(struct gate *g)
{
    struct pollfd fds[POLL_MAX] = {
        {.fd = g->args->stop_fd, .events = POLLIN},
        {.fd = g->core.fd,
         .events = (short)(POLLIN | (g->core.fd >= 0 && gatelink_wants_write(&g->core) ? POLLOUT : 0))},
        {.fd = monitor_fd(g->monitor), .events = POLLIN},
        {.fd = g->listener != NULL ? g->listener_fd : -1, .events = POLLIN},
        {.fd = g->args->listen_fd, .events = POLLIN},
        {.fd = resolver_fd(g->resolver), .events = POLLIN},
    };
    int64_t timeout = (g->tick_ms < g->watch_ms ? g->tick_ms : g->watch_ms) - g->now_ms;

    for (int i = 0; i < MONITOR_DIAL_MAX; i++)
        fds[POLL_FIXED + i] =
            (struct pollfd){.fd = g->dial[i].socket != NULL ? g->dial[i].poll_fd : -1, .events = POLLIN};
    if (timeout < 0 || has_more(g))
        timeout = 0;
    if (poll(fds, POLL_MAX, (int)timeout) <= 0)
        return true;
    g->listener_look |= fds[3].revents != 0;
    g->core_calls = fds[4].revents != 0;
    for (int i = 0; i < MONITOR_DIAL_MAX; i++)
        g->dial[i].look |= fds[POLL_FIXED + i].revents != 0;
    return fds[0].revents == 0;
}

/* What a peer sent is given back to the system once it is read: large blocks are mapped one by one. */
static void
bound_heap(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, HEAP_PIECE);
    (void)mallopt(M_TRIM_THRESHOLD, HEAP_KEEP);
}

/* accept(2) that fails for want of descriptors is tried again at once by libzmq, without end. */
static void
raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= LIMIT_GATE_FD_COUNT)
        return;
    limit.rlim_cur = limit.rlim_max < LIMIT_GATE_FD_COUNT ? limit.rlim_max : LIMIT_GATE_FD_COUNT;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < LIMIT_GATE_FD_COUNT)
        log_event(EV_descriptors_few, "limit=%llu wanted=%d", (unsigned long long)limit.rlim_cur,
                  LIMIT_GATE_FD_COUNT);
}

static int
start(struct gate *g)
{
    bound_heap();
    raise_descriptors();
    memcpy(g->keys.secret, secret_bytes(g->args->transport), sizeof g->keys.secret);
    secret_curve_public(g->args->transport, g->keys.public_key);
    g->context = socket_context();
    if (g->context == NULL)
        return -1;
    g->zap = zap_new(g->context); /* before any socket that a peer can reach */
    if (g->zap == NULL)
        return -1;
    g->monitor = monitor_new(g->context);
    g->resolver = g->monitor != NULL ? resolver_new() : NULL;
    return g->resolver != NULL ? 0 : -1;
}

static void
stop(struct gate *g)
{
    if (g->resolver != NULL) {
        lose_core(g);
        resolver_free(g->resolver);
    }
    monitor_free(g->monitor);
    zap_free(g->zap);
    if (g->context != NULL)
        (void)zmq_ctx_term(g->context);
    free(g->door);
    explicit_bzero(g->keys.secret, sizeof g->keys.secret);
    free(g);
}

int
gate_run(const struct gate_args *args)
{
    struct gate *g = mem_new(sizeof *g);
    int result = 0;

    g->args = args;
    (void)fcntl(args->listen_fd, F_SETFL, O_NONBLOCK);
    g->core.fd = -1;
    g->listener_fd = -1;
    if (start(g) == 0) {
        do
            turn(g);
        while (wait_turn(g));
    } else {
        log_event(EV_role_failed, "what=\"ZeroMQ: %s\"", zmq_strerror(errno));
        result = -1;
    }
    stop(g);
    return result;
}
