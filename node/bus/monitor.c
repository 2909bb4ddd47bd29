/*
 * monitor_* run in the gate's loop, drain() and what it calls in the monitor's thread. Orders go by a PAIR;
 * the mailbox is the one thing they share, under its lock, which neither holds while it waits.
 */
#include "bus/monitor.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zmq.h>

#include "base/mem.h"

#define ORDERS_ENDPOINT "inproc://monitor-orders"
#define SOCKETS         (MONITOR_DIAL_MAX + 1)
#define FD_MAX          65536
#define FAILED                                                                                               \
    (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |                            \
     ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
#define LISTEN_EVENTS (ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_DISCONNECTED | FAILED)
#define DIAL_EVENTS   (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | FAILED)

enum { FD_GONE = 1, FD_ACCEPTED = 2 };

struct order {
    unsigned id;
    unsigned serial; /* of the endpoint: libzmq frees a name only some time after its socket is closed */
    bool add;
};

struct mailbox {
    pthread_mutex_t lock;
    struct monitor_dial dial[SOCKETS];
    bool changed[SOCKETS];
    struct monitor_counts counts;
    uint8_t *fd;         /* FD_ flags, by descriptor */
    int fd_low, fd_high; /* the flags lie in [low, high) */
};

struct monitor {
    pthread_t thread;
    void *context;
    void *control; /* the loop's end */
    void *orders;  /* the thread's */
    int event;
    unsigned serial; /* the loop's */
    int fd_max;
    void *watch[SOCKETS];    /* the thread's PAIRs */
    int connecting[SOCKETS]; /* the thread's: descriptor of a connection in its handshake */
    struct mailbox box;
};

static void
endpoint(unsigned serial, char text[40])
{
    (void)snprintf(text, 40, "inproc://monitor-%u", serial);
}

static void
mark(struct monitor *m, int fd, uint8_t flag)
{
    struct mailbox *box = &m->box;

    if (fd < 0 || fd >= m->fd_max)
        return;
    box->fd[fd] = flag == FD_GONE ? FD_GONE : box->fd[fd] | flag;
    box->fd_low = box->fd_low < fd ? box->fd_low : fd;
    box->fd_high = box->fd_high > fd ? box->fd_high : fd + 1;
}

static void
note_listen(struct monitor *m, unsigned event, int value)
{
    struct monitor_counts *counts = &m->box.counts;

    if (event == ZMQ_EVENT_ACCEPTED) {
        counts->accepted++;
        mark(m, value, FD_ACCEPTED);
    } else if (event == ZMQ_EVENT_DISCONNECTED) {
        counts->disconnected++;
        mark(m, value, FD_GONE);
    } else if (event == ZMQ_EVENT_ACCEPT_FAILED) {
        counts->accept_failed++;
    } else {
        counts->handshake_failed++;
    }
}

static void
note_dial(struct monitor *m, unsigned id, unsigned event, int value)
{
    struct monitor_dial *dial = &m->box.dial[id];

    m->box.changed[id] = true;
    if (event == ZMQ_EVENT_CONNECTED) {
        m->connecting[id] = value;
    } else if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        dial->ups++;
        dial->is_up = true;
        dial->fd = m->connecting[id];
    } else if (event == ZMQ_EVENT_DISCONNECTED) {
        dial->failures += !dial->is_up;
        dial->is_up = false;
    }
}

/* One event: u16 number and u32 value in host order, then the endpoint. */
static void
take(struct monitor *m, unsigned id)
{
    uint8_t head[6] = {0}, rest[256];
    uint64_t one = 1;
    uint16_t event;
    int32_t value;
    int n, more = 0;
    size_t size = sizeof more;

    n = zmq_recv(m->watch[id], head, sizeof head, ZMQ_DONTWAIT);
    while (n >= 0 && zmq_getsockopt(m->watch[id], ZMQ_RCVMORE, &more, &size) == 0 && more)
        (void)zmq_recv(m->watch[id], rest, sizeof rest, 0);
    if (n != sizeof head)
        return;
    memcpy(&event, head, sizeof event);
    memcpy(&value, head + 2, sizeof value);
    (void)pthread_mutex_lock(&m->box.lock);
    if (id == 0)
        note_listen(m, event, value);
    else
        note_dial(m, id, event, value);
    (void)pthread_mutex_unlock(&m->box.lock);
    (void)write(m->event, &one, sizeof one);
}

/* Carry out an order, and say so. False when it is to end. */
static bool
obey(struct monitor *m)
{
    struct order order;
    char text[40];

    if (zmq_recv(m->orders, &order, sizeof order, 0) != sizeof order)
        return false;
    endpoint(order.serial, text);
    if (m->watch[order.id] != NULL) {
        (void)zmq_close(m->watch[order.id]);
        m->watch[order.id] = NULL;
    }
    if (order.add) {
        m->watch[order.id] = zmq_socket(m->context, ZMQ_PAIR);
        if (m->watch[order.id] != NULL)
            (void)zmq_connect(m->watch[order.id], text);
        (void)pthread_mutex_lock(&m->box.lock);
        m->box.dial[order.id] = (struct monitor_dial){.fd = -1};
        m->box.changed[order.id] = false;
        (void)pthread_mutex_unlock(&m->box.lock);
    }
    (void)zmq_send(m->orders, m->watch[order.id] != NULL || !order.add ? "1" : "0", 1, 0);
    return true;
}

static void *
drain(void *cookie)
{
    struct monitor *m = cookie;

    for (;;) {
        zmq_pollitem_t items[SOCKETS + 1] = {{.socket = m->orders, .events = ZMQ_POLLIN}};
        unsigned ids[SOCKETS + 1];
        int n = 1;

        for (unsigned id = 0; id < SOCKETS; id++) {
            if (m->watch[id] != NULL) {
                ids[n] = id;
                items[n++] = (zmq_pollitem_t){.socket = m->watch[id], .events = ZMQ_POLLIN};
            }
        }
        if (zmq_poll(items, n, -1) < 0 && errno != EINTR)
            break;
        for (int i = 1; i < n; i++) {
            if (items[i].revents & ZMQ_POLLIN)
                take(m, ids[i]);
        }
        if ((items[0].revents & ZMQ_POLLIN) && !obey(m))
            break;
    }
    for (unsigned id = 0; id < SOCKETS; id++) {
        if (m->watch[id] != NULL)
            (void)zmq_close(m->watch[id]);
    }
    (void)zmq_close(m->orders);
    return NULL;
}

static int
fd_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > FD_MAX)
        return FD_MAX;
    return (int)limit.rlim_cur;
}

struct monitor *
monitor_new(void *context)
{
    struct monitor *m = mem_new(sizeof *m);
    int error;

    m->context = context;
    m->fd_max = fd_limit();
    m->box.fd = mem_new((size_t)m->fd_max);
    m->box.fd_low = m->fd_max;
    (void)pthread_mutex_init(&m->box.lock, NULL);
    m->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    m->orders = zmq_socket(context, ZMQ_PAIR);
    m->control = zmq_socket(context, ZMQ_PAIR);
    if (m->event >= 0 && m->orders != NULL && m->control != NULL &&
        zmq_bind(m->orders, ORDERS_ENDPOINT) == 0 && zmq_connect(m->control, ORDERS_ENDPOINT) == 0) {
        error = pthread_create(&m->thread, NULL, drain, m);
        if (error == 0)
            return m;
        errno = error;
    }
    error = errno;
    if (m->orders != NULL)
        (void)zmq_close(m->orders);
    if (m->control != NULL)
        (void)zmq_close(m->control);
    if (m->event >= 0)
        (void)close(m->event);
    free(m->box.fd);
    free(m);
    errno = error;
    return NULL;
}

void
monitor_free(struct monitor *m)
{
    if (m == NULL)
        return;
    (void)zmq_send(m->control, "", 0, 0);
    (void)pthread_join(m->thread, NULL);
    (void)zmq_close(m->control);
    (void)close(m->event);
    (void)pthread_mutex_destroy(&m->box.lock);
    free(m->box.fd);
    free(m);
}

int
monitor_fd(const struct monitor *m)
{
    return m->event;
}

static bool
order(struct monitor *m, unsigned id, bool add)
{
    struct order o = {.id = id, .serial = m->serial, .add = add};
    char done = '0';

    return zmq_send(m->control, &o, sizeof o, 0) == sizeof o && zmq_recv(m->control, &done, 1, 0) == 1 &&
           done == '1';
}

int
monitor_add(struct monitor *m, void *socket, unsigned id)
{
    char text[40];

    endpoint(++m->serial, text);
    if (zmq_socket_monitor(socket, text, id == 0 ? LISTEN_EVENTS : DIAL_EVENTS) != 0)
        return -1;
    if (!order(m, id, true)) {
        (void)zmq_socket_monitor(socket, NULL, 0);
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

void
monitor_remove(struct monitor *m, void *socket, unsigned id)
{
    (void)zmq_socket_monitor(socket, NULL, 0);
    (void)order(m, id, false);
}

void
monitor_take(struct monitor *m, const struct monitor_news *news)
{
    struct mailbox *box = &m->box;
    struct monitor_dial dial[SOCKETS];
    bool changed[SOCKETS];
    uint64_t count;
    int low, high;

    (void)read(m->event, &count, sizeof count);
    (void)pthread_mutex_lock(&box->lock);
    memcpy(dial, box->dial, sizeof dial);
    memcpy(changed, box->changed, sizeof changed);
    memset(box->changed, 0, sizeof box->changed);
    low = box->fd_low;
    high = box->fd_high;
    box->fd_low = m->fd_max;
    box->fd_high = 0;
    (void)pthread_mutex_unlock(&box->lock);
    for (unsigned id = 1; id < SOCKETS; id++) {
        if (changed[id])
            news->dial(news->cookie, id, &dial[id]);
    }
    for (int fd = low; fd < high; fd++) {
        uint8_t flags;

        (void)pthread_mutex_lock(&box->lock);
        flags = box->fd[fd];
        box->fd[fd] = 0;
        (void)pthread_mutex_unlock(&box->lock);
        if (flags & FD_GONE)
            news->gone(news->cookie, fd);
        if (flags & FD_ACCEPTED)
            news->accepted(news->cookie, fd);
    }
}

void
monitor_count(struct monitor *m, struct monitor_counts *counts)
{
    (void)pthread_mutex_lock(&m->box.lock);
    *counts = m->box.counts;
    (void)pthread_mutex_unlock(&m->box.lock);
}
