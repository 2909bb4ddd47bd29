/* What peers read from us: OPEN, CLOSE, and pushing DATA while credit lasts. The log on disk is the queue.
 * Pure. */
#include "core/evidence.h"
#include "core/node_internal.h"

#define DATA_FIXED_BYTES 4096 /* anchor, proof, frame */

static void
refuse(struct node *n, struct link *l, ProtobufCBinaryData log)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Refused r = PARALLAX__V1__REFUSED__INIT;

    r.log = log;
    f.body_case = PARALLAX__V1__FRAME__BODY_REFUSED;
    f.refused = &r;
    session_send(n, l, &f);
}

void
serve_open(struct node *n, struct link *l, const Parallax__V1__Open *o)
{
    struct track *t = o->log.len == LOG_ID_BYTES ? node_track(n, o->log.data) : NULL;
    struct peer_log *p;

    if (t == NULL || t->lane != l->lane || (t->row.frozen && !t->row.disputed) ||
        !may_release(l->peer, &t->row, n->roster)) {
        refuse(n, l, o->log);
        return;
    }
    p = session_log(l, t);
    p->serving = true;
    p->next = o->from;
    t->closed_ms[l->member] = 0;
}

void
serve_close(struct node *n, struct link *l, const Parallax__V1__Close *c)
{
    struct track *t = c->log.len == LOG_ID_BYTES ? node_track(n, c->log.data) : NULL;

    if (t == NULL)
        return;
    session_log(l, t)->serving = false;
    if (c->reason != WHY_NONE) {
        t->closed_ms[l->member] = n->wall;
        t->closed_why[l->member] = (uint16_t)(c->reason < UINT16_MAX ? c->reason : UINT16_MAX);
    }
}

static bool
has_data(struct node *n, struct link *l, const struct track *t)
{
    const struct peer_log *p = session_log(l, t);

    if (t->end != NULL && t->ready < t->end->size)
        return false; /* it is all proved under the head that ends it */
    return p->serving && p->next < dispute_served(t) && !recover_hides(n, l, t) &&
           may_release(l->peer, &t->row, n->roster);
}

static void
put_records(struct node *n, const struct store_batch *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        const struct store_record *r = &b->records[i];
        n->headers[i] = (ProtobufCBinaryData){r->header.n, (uint8_t *)(uintptr_t)r->header.p};
        parallax__v1__body__init(&n->bodies[i]);
        n->bodies[i].state = r->body_state == STORE_BODY_HELD       ? PARALLAX__V1__BODY__STATE__BYTES
                             : r->body_state == STORE_BODY_FILTERED ? PARALLAX__V1__BODY__STATE__FILTERED
                                                                    : PARALLAX__V1__BODY__STATE__GONE;
        if (r->body_state == STORE_BODY_HELD)
            n->bodies[i].bytes = (ProtobufCBinaryData){r->body.n, (uint8_t *)(uintptr_t)r->body.p};
        n->bodies_p[i] = &n->bodies[i];
    }
}

/* What comes under another head than the one that it was stored with. -1: it cannot be proved. */
static int
prove_again(struct node *n, const struct track *t, struct store_batch *b)
{
    uint64_t end = t->end != NULL ? t->end->size : t->row.common, left = end - b->first;
    uint8_t(*hashes)[HASH_BYTES] = action_memory(n, LIMIT_PROOF_COUNT * HASH_BYTES);
    int count;

    b->count = b->count < left ? b->count : (uint32_t)left;
    if (t->end != NULL) {
        b->anchor = t->row.head;
        count = node_prove_consistency(n, t, b->first + b->count, end, hashes);
    } else {
        count = dispute_prove(n, t, b->first + b->count, &b->anchor, hashes);
    }
    b->proof_n = count < 0 ? 0 : (uint32_t)count;
    b->proof = (const uint8_t(*)[HASH_BYTES])hashes;
    return count < 0 ? -1 : 0;
}

/* One DATA frame of ${t} to ${l}. False when there was none to send. */
static bool
send_data(struct node *n, struct link *l, struct track *t)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Data d = PARALLAX__V1__DATA__INIT;
    Parallax__V1__Checkpoint anchor;
    ProtobufCBinaryData proof[LIMIT_PROOF_COUNT];
    struct peer_log *p = session_log(l, t);
    struct store_batch b;

    if (n->conf.view.batch(n->conf.view.cookie, t->row.no, p->next, LIMIT_DATA_BYTES - DATA_FIXED_BYTES,
                           n->records, LIMIT_BATCH_COUNT, &b) != 0)
        return false;
    if ((t->end != NULL || (t->row.disputed && b.first < t->row.common)) && prove_again(n, t, &b) != 0)
        return false;
    put_records(n, &b);
    evidence_checkpoint_put(&b.anchor, &anchor);
    for (uint32_t i = 0; i < b.proof_n; i++)
        proof[i] = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)b.proof[i]};
    d.log = (ProtobufCBinaryData){LOG_ID_BYTES, t->row.id};
    d.first = b.first;
    d.n_headers = d.n_bodies = b.count;
    d.headers = n->headers;
    d.bodies = n->bodies_p;
    d.anchor = &anchor;
    d.n_proof = b.proof_n;
    d.proof = proof;
    f.body_case = PARALLAX__V1__FRAME__BODY_DATA;
    f.data = &d;
    session_send(n, l, &f);
    p->next = b.first + b.count;
    return true;
}

/* Admin before alert; otherwise one log after the other. */
static struct track *
next_log(struct node *n, struct link *l)
{
    struct track *found = NULL;

    for (size_t k = 0; k < n->track_n; k++) {
        size_t i = (l->pump_next + k) % n->track_n;
        struct track *t = n->track[i];
        if (t->lane != l->lane || !has_data(n, l, t))
            continue;
        if (strcmp(t->row.class_name, "admin") == 0)
            return t;
        if (found == NULL)
            found = t;
    }
    if (found != NULL)
        l->pump_next = found->index + 1;
    return found;
}

static bool
pump_lane(struct node *n, Parallax__V1__Lane lane, size_t *budget, bool ask)
{
    bool more = false;

    for (size_t i = 0; i < n->link_n; i++) {
        struct link *l = n->link[i];
        struct track *t;
        if (l->lane != lane || !session_may_send(l) || (t = next_log(n, l)) == NULL)
            continue;
        more = true;
        if (ask)
            return true;
        if (*budget == 0)
            continue;
        (*budget)--;
        if (!send_data(n, l, t))
            session_log(l, t)->serving = false; /* our disk failed: the store said so */
    }
    return more;
}

bool
serve_pump(struct node *n, size_t frames_max)
{
    size_t budget = frames_max;
    bool ask = frames_max == 0, more;

    more = pump_lane(n, PARALLAX__V1__LANE__ALERT_LANE, &budget, ask);
    if (ask && more)
        return true;
    if (n->hold_bulk)
        return more;
    return pump_lane(n, PARALLAX__V1__LANE__BULK_LANE, &budget, ask) || more;
}
