/* Links, greetings, credit, idle sessions, dispatch of frames (DESIGN section 4). Pure; runs in the node's
 * thread. */
#include "core/node_internal.h"
#include "wire/unpack.h"
#include <stdio.h>
#include <stdlib.h>

bool
session_may_send(const struct link *l)
{
    return l->state == LINK_OPEN && l->sent < l->limit;
}

struct peer_log *
session_log(struct link *l, const struct track *t)
{
    if (t->index >= l->log_n) {
        size_t want = t->index + 8;
        l->log = mem_resize(l->log, want * sizeof(*l->log));
        memset(l->log + l->log_n, 0, (want - l->log_n) * sizeof(*l->log));
        l->log_n = want;
    }
    return &l->log[t->index];
}

struct link *
session_of(struct node *n, int member, Parallax__V1__Lane lane)
{
    struct link *best = NULL;

    for (size_t i = 0; i < n->link_n; i++) {
        struct link *l = n->link[i];
        if (l->member != member || l->lane != lane || l->state != LINK_OPEN)
            continue;
        if (best == NULL || (best->surplus && !l->surplus))
            best = l;
    }
    return best;
}

static bool
counts_against_credit(const Parallax__V1__Frame *f)
{
    return f->body_case == PARALLAX__V1__FRAME__BODY_DATA ||
           f->body_case == PARALLAX__V1__FRAME__BODY_HEADS || f->body_case == PARALLAX__V1__FRAME__BODY_GONE;
}

void
session_send(struct node *n, struct link *l, Parallax__V1__Frame *frame)
{
    size_t bytes;
    uint8_t *p;
    struct action *a;

    if (l->state == LINK_OPEN || frame->body_case == PARALLAX__V1__FRAME__BODY_HELLO) {
        frame->session.data = l->theirs;
        frame->session.len = l->state == LINK_GREETED ? 0 : SESSION_BYTES;
    }
    bytes = parallax__v1__frame__get_packed_size(frame);
    p = action_memory(n, bytes);
    parallax__v1__frame__pack(frame, p);
    if (counts_against_credit(frame))
        l->sent += bytes;
    l->said_ms = n->mono;
    n->peer[l->member].out += bytes;
    a = action_add(n, ACTION_SEND);
    a->link = l->id;
    a->lane = l->lane;
    a->bytes = span_of(p, bytes);
}

static void
send_hello(struct node *n, struct link *l)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Hello h = PARALLAX__V1__HELLO__INIT;
    uint32_t protocol = 1;

    if (l->window == 0)
        l->window =
            l->lane == PARALLAX__V1__LANE__BULK_LANE ? LIMIT_CREDIT_BULK_BYTES : LIMIT_CREDIT_ALERT_BYTES;
    l->received = 0;
    l->granted = l->window;
    l->grown_at = 0;
    h.n_protocols = 1;
    h.protocols = &protocol;
    h.federation = (char *)(uintptr_t)n->roster->federation;
    h.node = (char *)(uintptr_t)n->conf.name;
    h.to = (char *)(uintptr_t)l->peer;
    h.session = (ProtobufCBinaryData){SESSION_BYTES, l->mine};
    if (l->state == LINK_OPEN)
        h.your_session = (ProtobufCBinaryData){SESSION_BYTES, l->theirs};
    h.time_ms = n->wall;
    h.roster_version = n->roster->version;
    h.roster_hash = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)n->roster->hash};
    h.lane = l->lane;
    h.credit = l->granted;
    h.software = (char *)(uintptr_t)n->conf.software;
    f.body_case = PARALLAX__V1__FRAME__BODY_HELLO;
    f.hello = &h;
    l->hello_ms = n->mono;
    session_send(n, l, &f);
}

static void
send_reset(struct node *n, struct link *l, ProtobufCBinaryData session, enum why_code code)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Reset r = PARALLAX__V1__RESET__INIT;

    r.session = session;
    r.reason = (uint32_t)code;
    f.body_case = PARALLAX__V1__FRAME__BODY_RESET;
    f.reset = &r;
    session_send(n, l, &f);
}

/* Forget what the session on ${l} agreed; the connection stays. */
static void
end_session(struct node *n, struct link *l, const char *why)
{
    if (l->state == LINK_OPEN) {
        action_event(n, EV_session_end, "peer=%s lane=%s why=%s", l->peer,
                     l->lane == PARALLAX__V1__LANE__BULK_LANE ? "bulk" : "alert", why);
        if (l->lane == PARALLAX__V1__LANE__BULK_LANE)
            n->pool -= n->pool < l->window ? n->pool : l->window;
    }
    l->state = LINK_NEW;
    l->window = 0;
    l->sent = l->limit = 0;
    l->heads_sent = false;
    l->closed_asked = l->closed_any = l->closed_done = false;
    l->closed_tries = 0;
    free(l->log);
    l->log = NULL;
    l->log_n = 0;
    follow_lost(n, l->id);
}

/* May one more connection of ${member} be kept? */
static bool
has_room(struct node *n, int member)
{
    size_t count = 0;

    for (size_t i = 0; i < n->link_n; i++)
        count += n->link[i]->member == member;
    return count < LIMIT_LINK_MEMBER_COUNT && n->link_n < LIMIT_LINK_COUNT;
}

void
session_link_up(struct node *n, const struct event *e)
{
    struct link *l;
    int member = node_member_index(n, e->peer);

    if (member < 0 || member == n->me || !has_room(n, member) || node_link(n, e->link) != NULL) {
        action_add(n, ACTION_DROP_LINK)->link = e->link;
        return;
    }
    l = mem_new(sizeof(*l));
    l->id = e->link;
    l->member = member;
    l->peer = n->roster->member[member].name;
    l->lane = e->dialled ? e->lane : 0;
    l->dialled = e->dialled;
    l->up_ms = l->heard_ms = l->said_ms = n->mono;
    node_random(n, l->mine, SESSION_BYTES);
    n->link = mem_resize(n->link, (n->link_n + 1) * sizeof(struct link *));
    n->link[n->link_n++] = l;
    action_event(n, EV_link_up, "peer=%s dialled=%d", l->peer, l->dialled);
    if (l->dialled) {
        l->state = LINK_GREETED;
        send_hello(n, l);
    }
}

/* The session that was used is gone: one that was not needed beside it is used from now on. */
static void
reinstate(struct node *n, const struct link *gone)
{
    struct link *o = session_of(n, gone->member, gone->lane);

    if (o == NULL || !o->surplus)
        return;
    o->surplus = false;
    for (size_t i = 0; i < n->track_n; i++)
        follow_choose(n, n->track[i]);
}

void
session_link_down(struct node *n, uint32_t id, const char *why)
{
    struct link *l = node_link(n, id);
    const struct roster_member *m;

    if (l == NULL)
        return;
    end_session(n, l, why);
    action_event(n, EV_link_down, "peer=%s why=%s", l->peer, why);
    for (size_t i = 0; i < n->link_n; i++) {
        if (n->link[i] == l)
            n->link[i] = n->link[--n->link_n];
    }
    reinstate(n, l);
    m = &n->roster->member[l->member];
    if (l->lane != 0 && m->endpoint[0] != '\0' && session_of(n, l->member, l->lane) == NULL) {
        struct action *a = action_add(n, ACTION_DIAL);
        a->peer = m->name;
        a->lane = l->lane;
    }
    free(l);
}

static void
drop_link(struct node *n, struct link *l, const char *why)
{
    action_add(n, ACTION_DROP_LINK)->link = l->id;
    session_link_down(n, l->id, why);
}

/* Two sessions of one peer and lane: the dial of the smaller name is used, among dials of one side the
 * newest. */
static void
settle_double(struct node *n, struct link *l)
{
    for (size_t i = 0; i < n->link_n; i++) {
        struct link *o = n->link[i], *loser;
        bool smaller_dialled_l = (strcmp(n->conf.name, l->peer) < 0) == l->dialled;
        if (o == l || o->member != l->member || o->lane != l->lane || o->state != LINK_OPEN)
            continue;
        loser = o->dialled == l->dialled ? o : smaller_dialled_l ? o : l;
        loser->surplus = true;
        follow_lost(n, loser->id);
        if (loser->dialled) {
            struct action *a = action_add(n, ACTION_UNDIAL);
            a->peer = loser->peer;
            a->lane = loser->lane;
        }
    }
}

static void
open_session(struct node *n, struct link *l, const Parallax__V1__Hello *h)
{
    memcpy(l->theirs, h->session.data, SESSION_BYTES);
    l->limit = h->credit;
    l->sent = 0;
    l->surplus = false;
    if (l->lane == PARALLAX__V1__LANE__BULK_LANE)
        n->pool += LIMIT_CREDIT_BULK_BYTES;
    action_event(n, EV_session_open, "peer=%s lane=%s dialled=%d", l->peer,
                 l->lane == PARALLAX__V1__LANE__BULK_LANE ? "bulk" : "alert", l->dialled);
}

static int
check_hello(struct node *n, const struct link *l, const Parallax__V1__Hello *h, struct why *why)
{
    bool speaks = false;

    for (size_t i = 0; i < h->n_protocols; i++)
        speaks = speaks || h->protocols[i] == 1;
    if (!speaks)
        return why_set(why, WHY_HELLO_BAD, 0, 0, "protocols", "no protocol in common: expected 1");
    if (strcmp(h->federation, n->roster->federation) != 0)
        return why_set(why, WHY_HELLO_BAD, 0, 0, "federation", "another federation: expected %s",
                       n->roster->federation);
    if (strcmp(h->node, l->peer) != 0 || strcmp(h->to, n->conf.name) != 0)
        return why_set(why, WHY_HELLO_BAD, 0, 0, "node",
                       "names do not fit the transport key: expected %s to %s", l->peer, n->conf.name);
    if (h->session.len != SESSION_BYTES)
        return why_set(why, WHY_HELLO_BAD, 0, 0, "session", "expected %d bytes", SESSION_BYTES);
    if (h->lane != PARALLAX__V1__LANE__ALERT_LANE && h->lane != PARALLAX__V1__LANE__BULK_LANE)
        return why_set(why, WHY_HELLO_BAD, 0, 0, "lane", "expected alert or bulk");
    if (l->dialled && h->lane != l->lane)
        return why_set(why, WHY_HELLO_BAD, 0, 0, "lane", "not the lane that was dialled");
    return 0;
}

/* Each greeting starts a session anew, and all heads are told. */
static int
check_greetings(struct node *n, struct link *l, struct why *why)
{
    if (n->mono - l->greeted_ms >= 1000) {
        l->greeted_ms = n->mono;
        l->greeted_n = 0;
    }
    if (l->greeted_n++ >= LIMIT_HELLO_COUNT)
        return why_set(why, WHY_HELLO_BAD, 0, 0, NULL, "more than %d greetings a second", LIMIT_HELLO_COUNT);
    return 0;
}

static void
tell_lane(struct node *n, const struct link *l)
{
    struct action *a = action_add(n, ACTION_LANE);

    a->link = l->id;
    a->lane = l->lane;
}

static void
take_hello(struct node *n, struct link *l, const Parallax__V1__Hello *h, struct why *why)
{
    if (check_hello(n, l, h, why) != 0 || check_greetings(n, l, why) != 0)
        return;
    if (h->time_ms > 0 && h->time_ms < CLOCK_MAX_MS)
        n->peer[l->member].clock_base = h->time_ms - n->mono;
    if (l->dialled) {
        if (l->state != LINK_GREETED || h->your_session.len != SESSION_BYTES ||
            memcmp(h->your_session.data, l->mine, SESSION_BYTES) != 0)
            return; /* an answer to an older greeting */
        open_session(n, l, h);
        l->state = LINK_OPEN;
    } else {
        /* The dialler speaks first, also when it starts over on a connection that stayed. */
        if (l->state == LINK_OPEN) {
            end_session(n, l, "greeted_again");
            node_random(n, l->mine, SESSION_BYTES);
        }
        l->lane = h->lane;
        tell_lane(n, l);
        open_session(n, l, h);
        l->state = LINK_OPEN;
        send_hello(n, l);
    }
    adopt_greeted(n, l, h);
    settle_double(n, l);
}

static void
take_reset(struct node *n, struct link *l, const Parallax__V1__Reset *r)
{
    if (r->session.len != SESSION_BYTES || memcmp(r->session.data, l->theirs, SESSION_BYTES) != 0 ||
        l->state != LINK_OPEN)
        return;
    end_session(n, l, why_name((enum why_code)r->reason));
    node_random(n, l->mine, SESSION_BYTES);
}

static void
take_ack(struct node *n, struct link *l, const Parallax__V1__Ack *a)
{
    struct track *t = a->log.len == LOG_ID_BYTES ? node_track(n, a->log.data) : NULL;

    if (t == NULL || a->level != PARALLAX__V1__ACK__LEVEL__STORED || a->size > t->row.size)
        return;
    if (a->size > t->stored[l->member]) {
        t->stored[l->member] = a->size;
        t->stored_ms[l->member] = n->wall;
    }
}

static void
take_refused(struct node *n, struct link *l, const Parallax__V1__Refused *r)
{
    struct track *t = r->log.len == LOG_ID_BYTES ? node_track(n, r->log.data) : NULL;

    if (t != NULL && t->source == l->id) {
        t->source = 0;
        t->offered[l->member] = 0;
    }
}

static void
dispatch(struct node *n, struct link *l, const Parallax__V1__Frame *f, struct why *why)
{
    switch (f->body_case) {
    case PARALLAX__V1__FRAME__BODY_HEADS:
        heads_receive(n, l, f->heads, why);
        break;
    case PARALLAX__V1__FRAME__BODY_OPEN:
        serve_open(n, l, f->open);
        break;
    case PARALLAX__V1__FRAME__BODY_CLOSE:
        serve_close(n, l, f->close);
        break;
    case PARALLAX__V1__FRAME__BODY_REFUSED:
        take_refused(n, l, f->refused);
        break;
    case PARALLAX__V1__FRAME__BODY_DATA:
        follow_data(n, l, f->data, why);
        break;
    case PARALLAX__V1__FRAME__BODY_GET:
        fetch_asked(n, l, f->get);
        break;
    case PARALLAX__V1__FRAME__BODY_GONE:
        fetch_gone(n, l, f->gone);
        break;
    case PARALLAX__V1__FRAME__BODY_CREDIT:
        if (f->credit->limit > l->limit)
            l->limit = f->credit->limit;
        break;
    case PARALLAX__V1__FRAME__BODY_ACK:
        take_ack(n, l, f->ack);
        break;
    case PARALLAX__V1__FRAME__BODY_COSIGN:
        heads_cosign(n, l, f->cosign, why);
        break;
    case PARALLAX__V1__FRAME__BODY_ROSTER:
        adopt_roster(n, l, f->roster, why);
        break;
    case PARALLAX__V1__FRAME__BODY_PROOF:
        fork_proof(n, l, f->proof);
        break;
    case PARALLAX__V1__FRAME__BODY_PROOF_ANSWER:
        fork_proof_answer(n, l, f->proof_answer, why);
        break;
    case PARALLAX__V1__FRAME__BODY_FORK:
        fork_told(n, l, f->fork, why);
        break;
    case PARALLAX__V1__FRAME__BODY_HEADS_REQUEST:
        closed_asked(n, l, f->heads_request);
        break;
    default:
        /* Of a later protocol. */
        break;
    }
}

static int
check_session(struct link *l, const Parallax__V1__Frame *f, size_t bytes, struct why *why)
{
    if (f->session.len != SESSION_BYTES || l->state != LINK_OPEN ||
        memcmp(f->session.data, l->mine, SESSION_BYTES) != 0)
        return why_set(why, WHY_SESSION_UNKNOWN, 0, 0, "session", "no such session");
    if (!counts_against_credit(f))
        return 0;
    /* A frame may start while any credit is left. */
    if (l->received >= l->granted)
        return why_set(why, WHY_CREDIT_OVERRUN, 0, 0, NULL, "%llu bytes were allowed",
                       (unsigned long long)l->granted);
    l->received += bytes;
    return 0;
}

static bool
costs_signatures(const Parallax__V1__Frame *f)
{
    return f->body_case == PARALLAX__V1__FRAME__BODY_HEADS ||
           f->body_case == PARALLAX__V1__FRAME__BODY_DATA ||
           f->body_case == PARALLAX__V1__FRAME__BODY_COSIGN ||
           f->body_case == PARALLAX__V1__FRAME__BODY_FORK ||
           f->body_case == PARALLAX__V1__FRAME__BODY_PROOF_ANSWER ||
           f->body_case == PARALLAX__V1__FRAME__BODY_ROSTER;
}

/* A frame that is refused costs us as much as one that is taken: after many, nothing more is verified for that
 * member in that second. */
static int
check_patience(struct node *n, const struct link *l, const Parallax__V1__Frame *f, struct why *why)
{
    if (n->mono - n->peer[l->member].refused_ms >= 1000) {
        n->peer[l->member].refused_ms = n->mono;
        n->peer[l->member].refused_n = 0;
    }
    if (n->peer[l->member].refused_n >= LIMIT_REFUSED_COUNT && costs_signatures(f))
        return why_set(why, WHY_LIMIT, 0, 0, NULL, "more than %d refused frames a second",
                       LIMIT_REFUSED_COUNT);
    return 0;
}

void
session_frame(struct node *n, const struct event *e)
{
    struct link *l = node_link(n, e->link);
    struct why why;
    Parallax__V1__Frame *f;

    if (l == NULL)
        return;
    why_clear(&why);
    n->peer[l->member].in += e->bytes.n;
    n->peer[l->member].last_frame_ms = n->wall;
    arena_clear(&n->frame_arena);
    f = NULL;
    if (e->bytes.n == 0 || e->bytes.n > LIMIT_FRAME_BYTES)
        why_set(&why, WHY_FRAME_SIZE, 0, 0, NULL, "%zu bytes: expected 1 to %d", e->bytes.n,
                LIMIT_FRAME_BYTES);
    else
        f = (Parallax__V1__Frame *)unpack(&parallax__v1__frame__descriptor, e->bytes, false, WHY_FRAME_SHAPE,
                                          &n->frame_arena, &why);
    if (f != NULL && f->body_case == PARALLAX__V1__FRAME__BODY_HELLO)
        take_hello(n, l, f->hello, &why);
    else if (f != NULL && f->body_case == PARALLAX__V1__FRAME__BODY_RESET)
        take_reset(n, l, f->reset);
    else if (f != NULL && check_session(l, f, e->bytes.n, &why) == 0) {
        l->heard_ms = n->mono;
        if (check_patience(n, l, f, &why) == 0)
            dispatch(n, l, f, &why);
        n->peer[l->member].refused_n += why.code != WHY_NONE && why_blame(why.code) != BLAME_ORIGIN;
    }
    if (why.code == WHY_NONE)
        return;
    if (why.code == WHY_SESSION_UNKNOWN) {
        if (f->session.len == SESSION_BYTES)
            send_reset(n, l, f->session, why.code);
        return;
    }
    node_count_reject(n, l->member, &why);
    if (why_effect(why.code) == EFFECT_END_SESSION)
        drop_link(n, l, why_name(why.code));
}

static void
grow_window(struct node *n, struct link *l)
{
    if (l->lane != PARALLAX__V1__LANE__BULK_LANE || l->received - l->grown_at < l->window ||
        l->window * 2 > LIMIT_CREDIT_BULK_MAX_BYTES || n->pool + l->window > LIMIT_CREDIT_POOL_BYTES)
        return;
    n->pool += l->window;
    l->window *= 2;
    l->grown_at = l->received;
}

void
session_committed(struct node *n)
{
    for (size_t i = 0; i < n->link_n; i++) {
        struct link *l = n->link[i];
        Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
        Parallax__V1__Credit c = PARALLAX__V1__CREDIT__INIT;
        if (l->state != LINK_OPEN)
            continue;
        grow_window(n, l);
        if (l->received + l->window - l->granted < l->window / 4)
            continue;
        l->granted = l->received + l->window;
        c.limit = l->granted;
        f.body_case = PARALLAX__V1__FRAME__BODY_CREDIT;
        f.credit = &c;
        session_send(n, l, &f);
    }
}

void
session_tick(struct node *n)
{
    for (size_t i = n->link_n; i-- > 0;) {
        struct link *l = n->link[i];
        if (n->mono - l->heard_ms > LIMIT_SESSION_IDLE_SECONDS * 1000) {
            drop_link(n, l, "idle");
        } else if (l->dialled && l->state != LINK_OPEN && n->mono - l->hello_ms >= HELLO_EVERY_MS) {
            l->state = LINK_GREETED;
            send_hello(n, l);
        } else if (l->state == LINK_OPEN && n->mono - l->said_ms >= IDLE_SEND_MS && session_may_send(l)) {
            Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
            Parallax__V1__Heads h = PARALLAX__V1__HEADS__INIT;
            f.body_case = PARALLAX__V1__FRAME__BODY_HEADS;
            f.heads = &h;
            session_send(n, l, &f);
        }
    }
}
