/* Links, whichever side dialled. Runs in the gate's loop. */
#include "bus/gate_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

#define INDEX_MASK (LIMIT_LINK_COUNT - 1)
#define OVERHEAD_BYTES                                                                                       \
    64 /* at least what CurveZMQ (33) and ZMTP (9) add to a frame; counted in the peer's favour */

_Static_assert((LIMIT_LINK_COUNT & INDEX_MASK) == 0, "the index is the low bits of a link's id");

static const char *const lane_names[] = {"any", "alert", "bulk"};

struct gate_link *
gate_link_find(struct gate *g, uint32_t id)
{
    struct gate_link *link = &g->link[id & INDEX_MASK];

    return id != 0 && link->id == id ? link : NULL;
}

struct gate_link *
gate_link_up(struct gate *g, const struct gatelink_up *up, struct gate_dial *dial)
{
    struct gate_link *link = NULL;
    struct buf payload;

    for (uint32_t i = 0; i < LIMIT_LINK_COUNT && link == NULL; i++) {
        if (g->link[i].id == 0)
            link = &g->link[i];
    }
    if (link == NULL)
        return NULL;
    g->links_made++;
    *link = (struct gate_link){.id = (g->links_made + 1) * LIMIT_LINK_COUNT + (uint32_t)(link - g->link),
                               .dial = dial,
                               .fd = -1,
                               .lane = up->lane};
    memcpy(link->peer, up->peer, sizeof link->peer);
    buf_init(&payload, 256);
    gatelink_write_up(up, &payload);
    gate_tell(g, GATELINK_ALERT, GATELINK_UP, link->id, buf_span(&payload));
    buf_release(&payload);
    log_event(EV_link_up, "peer=%s lane=%s dialled=%d", link->peer, lane_names[link->lane], up->dialled);
    return link;
}

static void
forget_waiting(struct gate_link *link)
{
    while (link->first != NULL) {
        struct gate_waiting *frame = link->first;
        link->first = frame->next;
        free(frame);
    }
    link->last = NULL;
    link->waiting = 0;
}

void
gate_link_down(struct gate *g, struct gate_link *link, const char *why)
{
    log_event(EV_link_down, "peer=%s lane=%s why=%s", link->peer, lane_names[link->lane], why);
    /* In the lane of its frames, so that it comes after them. */
    gate_tell(g, link->lane, GATELINK_DOWN, link->id, span_str(why));
    if (link->fd >= 0)
        gate_fd_kick(link->fd, &link->address);
    if (link->dial != NULL) {
        link->dial->link = NULL;
    } else if (link->fd >= 0 && link->fd < g->doors && g->door[link->fd].link == link) {
        struct gate_door *door = &g->door[link->fd];

        door->link = NULL;
        door->is_shut = true;
        memcpy(door->shut, link->routing, sizeof door->shut);
    }
    forget_waiting(link);
    link->id = 0;
}

void
gate_link_down_all(struct gate *g, const char *why)
{
    for (int i = 0; i < LIMIT_LINK_COUNT; i++) {
        if (g->link[i].id != 0)
            gate_link_down(g, &g->link[i], why);
    }
}

/* 0, or -1 with errno. A ROUTER takes the second part always when it took the first (libzmq router.cpp). */
static int
send_now(struct gate *g, const struct gate_link *link, struct span frame)
{
    void *socket = link->dial != NULL ? link->dial->socket : g->listener;
    int n;

    if (link->dial != NULL) {
        link->dial->look = true; /* a send may swallow the signal that frames came in */
    } else {
        g->listener_look = true;
        do
            n = zmq_send(socket, link->routing, sizeof link->routing, ZMQ_SNDMORE | ZMQ_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            return -1;
    }
    do
        n = zmq_send(socket, frame.p, frame.n, ZMQ_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -1 : 0;
}

static size_t
ceiling(const struct gate_link *link)
{
    return link->lane == GATELINK_BULK ? LIMIT_GATE_BULK_BYTES : LIMIT_GATE_ALERT_BYTES;
}

static size_t
total_max(const struct gate_link *link)
{
    return link->lane == GATELINK_BULK ? LIMIT_GATE_CORE_BULK_BYTES : LIMIT_GATE_CORE_ALERT_BYTES;
}

static bool
wait(struct gate_link *link, struct span frame)
{
    struct gate_waiting *w;

    if (frame.n > ceiling(link) - link->waiting)
        return false;
    w = mem_try(sizeof *w + frame.n);
    if (w == NULL)
        return false;
    *w = (struct gate_waiting){.n = frame.n};
    memcpy(w->bytes, frame.p, frame.n);
    if (link->last == NULL)
        link->first = w;
    else
        link->last->next = w;
    link->last = w;
    link->waiting += frame.n;
    return true;
}

void
gate_link_send(struct gate *g, struct gate_link *link, struct span frame)
{
    if (link->first == NULL) {
        if (send_now(g, link, frame) == 0)
            return;
        if (errno != EAGAIN) {
            gate_link_down(g, link, errno == EHOSTUNREACH ? "unreachable" : "send");
            return;
        }
    }
    if (!wait(link, frame))
        gate_link_down(g, link, "slow");
}

void
gate_link_resume(struct gate *g, struct gate_link *link)
{
    while (link->first != NULL) {
        struct gate_waiting *frame = link->first;

        if (send_now(g, link, span_of(frame->bytes, frame->n)) != 0) {
            if (errno != EAGAIN)
                gate_link_down(g, link, errno == EHOSTUNREACH ? "unreachable" : "send");
            return;
        }
        link->first = frame->next;
        if (link->first == NULL)
            link->last = NULL;
        link->waiting -= frame->n;
        free(frame);
    }
}

void
gate_link_frame(struct gate *g, struct gate_link *link, struct span frame)
{
    bool bulk = link->lane == GATELINK_BULK;
    size_t charge = frame.n + GATE_CHARGE_BYTES;

    link->received += frame.n + OVERHEAD_BYTES;
    if (frame.n == 0 || frame.n > LIMIT_FRAME_BYTES) {
        gate_refused(g, WHY_FRAME_SIZE, link->peer, frame.n == 0 ? "empty" : "oversize");
        gate_link_down(g, link, frame.n == 0 ? "empty" : "oversize");
        return;
    }
    if (charge > ceiling(link) - link->to_core || g->core.out[bulk].bytes + charge > total_max(link)) {
        gate_refused(g, WHY_CREDIT_OVERRUN, link->peer, "gate");
        gate_link_down(g, link, "overrun");
        return;
    }
    link->to_core += charge;
    gate_tell(g, link->lane, GATELINK_FRAME, link->id, frame);
}

void
gate_link_sent(struct gate *g, uint32_t id, size_t bytes)
{
    struct gate_link *link = gate_link_find(g, id);

    if (link != NULL)
        link->to_core -= bytes + GATE_CHARGE_BYTES;
}
