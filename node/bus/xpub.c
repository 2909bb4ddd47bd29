/* xpub_* run in the feed role's thread, given_back() in any thread of libzmq's. */
#include "bus/xpub.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "bus/gate_internal.h"
#include "bus/monitor.h"

#define SUBSCRIBERS (LIMIT_FEED_SUBSCRIBER_COUNT)
#define SAY_SECONDS 10 /* that queues were full is said so often at most */

struct subscriber {
    int fd;
    unsigned subscribed;
    bool slow, was_slow;
    uint64_t received; /* bytes, when xpub_watch() last looked */
};

struct xpub {
    const char *name;
    void *context, *socket;
    struct monitor *monitor;
    struct sockaddr_storage local; /* by which a connection of ours is told from another descriptor */
    socklen_t local_n;
    struct subscriber subscriber[SUBSCRIBERS];
    size_t n;
    bool short_of_memory; /* who did not read was ended in this second */
    bool heartbeat;       /* somebody subscribed to it in this turn */
    struct xpub_counts counts;
    uint64_t filled_said;
    unsigned said_ago;
    _Atomic size_t waiting, waiting_bytes;
};

/* A body that libzmq holds. */
struct held {
    struct xpub *x;
    size_t n;
    uint8_t bytes[];
};

static const struct {
    int option, value;
} options[] = {
    {ZMQ_LINGER, 0},
    {ZMQ_SNDHWM, LIMIT_FEED_HWM_COUNT},
    {ZMQ_RCVHWM, LIMIT_FEED_SUBSCRIBED_COUNT},
    {ZMQ_SNDTIMEO, 0},
    {ZMQ_RCVTIMEO, 0},
    {ZMQ_HANDSHAKE_IVL, 5000},
    {ZMQ_XPUB_VERBOSE, 1}, /* each subscription is told of, so that those of a connection can be counted */
    {ZMQ_XPUB_NODROP, 1},  /* so that a full queue is told of: xpub_send() then goes on without it */
};

static int
open_socket(struct xpub *x, int fd)
{
    int64_t frame = LIMIT_FEED_TOPIC_BYTES + 1;
    const char *any = x->local.ss_family == AF_UNIX ? "ipc://feed" : "tcp://127.0.0.1:1";

    x->context = zmq_ctx_new();
    if (x->context == NULL || zmq_ctx_set(x->context, ZMQ_BLOCKY, 0) != 0)
        return -1;
    x->socket = zmq_socket(x->context, ZMQ_XPUB);
    x->monitor = x->socket != NULL ? monitor_new(x->context) : NULL;
    if (x->monitor == NULL || zmq_setsockopt(x->socket, ZMQ_MAXMSGSIZE, &frame, sizeof frame) != 0)
        return -1;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (zmq_setsockopt(x->socket, options[i].option, &options[i].value, sizeof options[i].value) != 0)
            return -1;
    }
    if (monitor_add(x->monitor, x->socket, 0) != 0 ||
        zmq_setsockopt(x->socket, ZMQ_USE_FD, &fd, sizeof fd) != 0)
        return -1;
    return zmq_bind(x->socket, any); /* its address is that of the descriptor */
}

struct xpub *
xpub_new(int fd, const char *name)
{
    struct xpub *x = mem_new(sizeof *x);
    int saved;

    x->name = name;
    x->local_n = sizeof x->local;
    if (getsockname(fd, (struct sockaddr *)&x->local, &x->local_n) == 0 && open_socket(x, fd) == 0)
        return x;
    saved = errno;
    xpub_free(x);
    errno = saved;
    return NULL;
}

void
xpub_free(struct xpub *x)
{
    if (x == NULL)
        return;
    if (x->monitor != NULL) {
        monitor_remove(x->monitor, x->socket, 0);
        monitor_free(x->monitor);
    }
    if (x->socket != NULL)
        (void)zmq_close(x->socket);
    if (x->context != NULL)
        (void)zmq_ctx_term(x->context);
    free(x);
}

/* A number that libzmq gave may be another descriptor by now: one that has our local address is a connection of this endpoint, if not the one. */
static bool
is_ours(const struct xpub *x, int fd)
{
    struct sockaddr_storage local;
    socklen_t n = sizeof local;

    memset(&local, 0, sizeof local);
    return fd >= 0 && getsockname(fd, (struct sockaddr *)&local, &n) == 0 && n == x->local_n &&
           memcmp(&local, &x->local, n) == 0;
}

static void
end(struct xpub *x, int fd, const char *why)
{
    if (!is_ours(x, fd))
        return;
    (void)shutdown(fd, SHUT_RDWR);
    x->counts.ended++;
    log_event(EV_feed_ended, "endpoint=%s why=%s", x->name, why);
}

static struct subscriber *
find(struct xpub *x, int fd)
{
    for (size_t i = 0; i < x->n; i++) {
        if (x->subscriber[i].fd == fd)
            return &x->subscriber[i];
    }
    return NULL;
}

static struct subscriber *
add(struct xpub *x, int fd)
{
    struct subscriber *s = find(x, fd);

    if (s != NULL)
        return s;
    if (x->n == SUBSCRIBERS) {
        end(x, fd, "too_many_subscribers");
        return NULL;
    }
    s = &x->subscriber[x->n++];
    *s = (struct subscriber){.fd = fd};
    return s;
}

static void
accepted(void *cookie, int fd)
{
    (void)add(cookie, fd);
}

static void
gone(void *cookie, int fd)
{
    struct xpub *x = cookie;
    struct subscriber *s = find(x, fd);

    if (s != NULL)
        *s = x->subscriber[--x->n];
}

static void
no_dial(void *cookie, unsigned id, const struct monitor_dial *state)
{
    (void)cookie;
    (void)id;
    (void)state;
}

/* A subscription is 1 and a topic, its end 0 and a topic (ZMTP 3.1, RFC 37). Ends that libzmq makes for a connection that is gone name no descriptor. */
static void
take(struct xpub *x, zmq_msg_t *msg, int parts)
{
    const uint8_t *p = zmq_msg_data(msg);
    size_t n = zmq_msg_size(msg), all = strlen(XPUB_HEARTBEAT);
    int fd = zmq_msg_get(msg, ZMQ_SRCFD);
    struct subscriber *s;

    if (n > 0 && p[0] == 0 && parts == 1)
        return;
    s = add(x, fd);
    if (s == NULL)
        return;
    if (n == 0 || p[0] != 1 || parts != 1) {
        end(x, fd, "no_subscription");
        return;
    }
    if (++s->subscribed > LIMIT_FEED_SUBSCRIBED_COUNT) {
        end(x, fd, "too_many_subscriptions");
        return;
    }
    n = n - 1 < all ? n - 1 : all;
    x->heartbeat = x->heartbeat || memcmp(p + 1, XPUB_HEARTBEAT, n) == 0;
}

size_t
xpub_fds(const struct xpub *x, struct pollfd out[XPUB_FDS])
{
    int fd = -1;
    size_t n = sizeof fd;

    (void)zmq_getsockopt(x->socket, ZMQ_FD, &fd, &n);
    out[0] = (struct pollfd){.fd = fd, .events = POLLIN};
    out[1] = (struct pollfd){.fd = monitor_fd(x->monitor), .events = POLLIN};
    return XPUB_FDS;
}

bool
xpub_turn(struct xpub *x)
{
    const struct monitor_news news = {no_dial, gone, accepted, x};
    zmq_msg_t msg;
    int parts;

    x->heartbeat = false;
    monitor_take(x->monitor, &news);
    (void)zmq_msg_init(&msg);
    while ((parts = gate_fd_message(x->socket, &msg)) > 0)
        take(x, &msg, parts);
    (void)zmq_msg_close(&msg);
    return x->heartbeat;
}

/* Would it take more? Its queue here fills up otherwise. */
static bool
reads(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, 0) != 0;
}

/* A message of which every part says that more follows is counted by no limit of libzmq's. */
void
xpub_watch(struct xpub *x)
{
    for (size_t i = 0; i < x->n; i++) {
        struct subscriber *s = &x->subscriber[i];
        uint64_t received = gate_fd_received(s->fd);
        if (received > s->received && received - s->received > LIMIT_FEED_UNREAD_BYTES)
            end(x, s->fd, "too_much_received");
        s->received = received;
    }
}

void
xpub_second(struct xpub *x)
{
    x->counts.slow = 0;
    x->short_of_memory = false;
    for (size_t i = 0; i < x->n; i++) {
        struct subscriber *s = &x->subscriber[i];
        s->was_slow = s->slow;
        s->slow = !reads(s->fd);
        x->counts.slow += s->slow && s->was_slow;
    }
    if (++x->said_ago < SAY_SECONDS || x->counts.filled == x->filled_said)
        return;
    log_event(EV_feed_filled, "endpoint=%s filled=%llu slow=%u", x->name,
              (unsigned long long)(x->counts.filled - x->filled_said), x->counts.slow);
    x->filled_said = x->counts.filled;
    x->said_ago = 0;
}

/* Once a second at most: what an ended connection held is given back some time later. */
static void
make_room(struct xpub *x)
{
    if (x->short_of_memory || x->waiting_bytes < LIMIT_FEED_WAITING_BYTES)
        return;
    x->short_of_memory = true;
    for (size_t i = 0; i < x->n; i++) {
        if (!reads(x->subscriber[i].fd))
            end(x, x->subscriber[i].fd, "reads_nothing_and_memory_is_short");
    }
}

static void
given_back(void *bytes, void *hint)
{
    struct held *h = hint;

    (void)bytes;
    h->x->waiting--;
    h->x->waiting_bytes -= h->n;
    free(h);
}

static int
set_lossy(struct xpub *x, bool lossy)
{
    int nodrop = !lossy;

    return zmq_setsockopt(x->socket, ZMQ_XPUB_NODROP, &nodrop, sizeof nodrop);
}

/* The first frame: 0; 1 after saying that a queue was full, and for this message the socket is lossy; -1. */
static int
send_topic(struct xpub *x, const char *topic)
{
    size_t n = strlen(topic);

    if (zmq_send(x->socket, topic, n, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        return 0;
    if (errno != EAGAIN || set_lossy(x, true) != 0)
        return -1;
    x->counts.filled++;
    return zmq_send(x->socket, topic, n, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 ? 1 : -1;
}

int
xpub_send(struct xpub *x, const char *topic, struct span body)
{
    struct held *h;
    zmq_msg_t msg;
    int full, rc;

    make_room(x);
    h = mem_try(sizeof *h + body.n);
    if (h == NULL)
        return -1;
    *h = (struct held){.x = x, .n = body.n};
    memcpy(h->bytes, body.p, body.n);
    if (zmq_msg_init_data(&msg, h->bytes, body.n, given_back, h) != 0) {
        free(h);
        return -1;
    }
    x->waiting++;
    x->waiting_bytes += body.n;
    full = send_topic(x, topic);
    rc = full < 0 ? -1 : zmq_msg_send(&msg, x->socket, ZMQ_DONTWAIT);
    if (rc < 0)
        (void)zmq_msg_close(&msg);
    if (full != 0)
        (void)set_lossy(x, false);
    x->counts.sent += rc >= 0;
    return rc >= 0 ? 0 : -1;
}

size_t
xpub_waiting(const struct xpub *x)
{
    return x->waiting;
}

void
xpub_count(const struct xpub *x, struct xpub_counts *out)
{
    *out = x->counts;
    out->subscribers = (unsigned)x->n;
}
