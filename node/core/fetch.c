/* Bodies that came damaged, or that a source does not have: asked for elsewhere, and answered (DESIGN section 4, GET and GONE). Pure. */
#include "core/node_internal.h"

#define COUNT_MAX 16  /* bodies of one GET */
#define GETS_MAX  256 /* answered a second a session */

/* The next peer in turn that may have the body. */
static struct link *
next_source(struct node *n, const struct track *t, uint64_t index)
{
    for (size_t k = 0; k < n->link_n; k++) {
        struct link *l = n->link[(n->fetch_turn + k) % n->link_n];
        if (l->state != LINK_OPEN || l->surplus || l->lane != t->lane ||
            (strcmp(l->peer, t->row.origin) != 0 && t->offered[l->member] <= index))
            continue;
        n->fetch_turn = (n->fetch_turn + k + 1) % n->link_n;
        return l;
    }
    return NULL;
}

void
fetch_ask(struct node *n, struct track *t, uint64_t index)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Get g = PARALLAX__V1__GET__INIT;
    struct link *l = n->link_n == 0 ? NULL : next_source(n, t, index);

    if (l == NULL)
        return;
    g.log = (ProtobufCBinaryData){LOG_ID_BYTES, t->row.id};
    g.first = index;
    g.count = 1;
    g.what = PARALLAX__V1__GET__WHAT__BODY;
    f.body_case = PARALLAX__V1__FRAME__BODY_GET;
    f.get = &g;
    session_send(n, l, &f);
}

static void
send_gone(struct node *n, struct link *l, const Parallax__V1__Get *g)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Gone gone = PARALLAX__V1__GONE__INIT;

    gone.log = g->log;
    gone.first = g->first;
    gone.count = g->count;
    gone.reason = WHY_LOG_UNKNOWN; /* "no such log" and "not for you" read the same, and so does "not here" */
    f.body_case = PARALLAX__V1__FRAME__BODY_GONE;
    f.gone = &gone;
    session_send(n, l, &f);
}

void
fetch_asked(struct node *n, struct link *l, const Parallax__V1__Get *g)
{
    struct track *t = g->log.len == LOG_ID_BYTES ? node_track(n, g->log.data) : NULL;
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Data d = PARALLAX__V1__DATA__INIT;
    struct store_batch b;
    bool whole = false; /* the record is at hand, with its body or without */

    if (n->mono - l->gets_ms >= 1000) {
        l->gets_ms = n->mono;
        l->gets_n = 0;
    }
    if (l->gets_n++ >= GETS_MAX || !session_may_send(l) || g->what != PARALLAX__V1__GET__WHAT__BODY ||
        g->count == 0 || g->count > COUNT_MAX)
        return;
    if (t != NULL && t->lane == l->lane && may_release(l->peer, &t->row, n->roster)) {
        whole = (!t->row.frozen || t->row.disputed) && g->first < t->ready &&
                n->conf.view.batch(n->conf.view.cookie, t->row.no, g->first, 1, n->records, LIMIT_BATCH_COUNT,
                                   &b) == 0;
        /* Who asks believes of an origin that a body is gone for good: one that misses it itself, after a loss, or shows nothing of the log for now, does not say so. */
        if (t->own != OWN_NONE && (!whole || b.records[0].body_state == STORE_BODY_MISSING))
            return;
    }
    if (!whole || b.records[0].body_state != STORE_BODY_HELD) {
        send_gone(n, l, g);
        return;
    }
    d.log = g->log;
    d.first = g->first;
    d.bodies = n->bodies_p;
    for (uint32_t i = 0; i < b.count && i < g->count && b.records[i].body_state == STORE_BODY_HELD; i++) {
        parallax__v1__body__init(&n->bodies[i]);
        n->bodies[i].state = PARALLAX__V1__BODY__STATE__BYTES;
        n->bodies[i].bytes =
            (ProtobufCBinaryData){b.records[i].body.n, (uint8_t *)(uintptr_t)b.records[i].body.p};
        n->bodies_p[i] = &n->bodies[i];
        d.n_bodies++;
        if (parallax__v1__data__get_packed_size(&d) > LIMIT_DATA_BYTES && d.n_bodies > 1) {
            d.n_bodies--;
            break;
        }
    }
    f.body_case = PARALLAX__V1__FRAME__BODY_DATA;
    f.data = &d;
    session_send(n, l, &f);
}

/* The header of a record that is held without its body. */
static bool
wants_body(struct node *n, const struct track *t, uint64_t index, struct buf *header)
{
    const struct node_view *v = &n->conf.view;
    struct store_batch b;

    buf_clear(header);
    if (index >= t->ready ||
        v->batch(v->cookie, t->row.no, index, 1, n->records, LIMIT_BATCH_COUNT, &b) != 0 ||
        b.records[0].body_state == STORE_BODY_HELD)
        return false;
    buf_put_span(header, b.records[0].header);
    return !buf_failed(header);
}

void
fetch_answered(struct node *n, struct link *l, const Parallax__V1__Data *d, struct why *why)
{
    struct track *t = node_track(n, d->log.data);
    struct buf header;
    struct why header_why;

    if (d->n_bodies > COUNT_MAX || d->n_proof > 0) {
        why_set(why, WHY_FRAME_SHAPE, 0, 0, "data", "%zu bodies, %zu hashes", d->n_bodies, d->n_proof);
        return;
    }
    buf_init(&header, LIMIT_HEADER_BYTES);
    for (size_t i = 0; i < d->n_bodies && why->code == WHY_NONE; i++) {
        struct span body = span_of(d->bodies[i]->bytes.data, d->bodies[i]->bytes.len);
        const Parallax__V1__Header *h;
        if (d->bodies[i]->state != PARALLAX__V1__BODY__STATE__BYTES ||
            !wants_body(n, t, d->first + i, &header))
            continue; /* not asked for, or here by now */
        arena_clear(&n->body_arena);
        why_clear(&header_why);
        h = record_header_read(buf_span(&header), t->row.id, &n->body_arena, &header_why);
        if (h != NULL && record_body_check(h, body, why) == 0)
            late_body(n, t, d->first + i, buf_span(&header), body);
    }
    buf_release(&header);
    (void)l;
}

/* That a source has none says nothing of others; that the origin has none says all. */
void
fetch_gone(struct node *n, struct link *l, const Parallax__V1__Gone *g)
{
    struct track *t = g->log.len == LOG_ID_BYTES ? node_track(n, g->log.data) : NULL;
    struct buf header;

    if (t == NULL || strcmp(l->peer, t->row.origin) != 0 || g->count == 0 || g->count > COUNT_MAX)
        return;
    buf_init(&header, LIMIT_HEADER_BYTES);
    for (uint32_t i = 0; i < g->count; i++) {
        if (wants_body(n, t, g->first + i, &header))
            late_gone(n, t, g->first + i, buf_span(&header));
    }
    buf_release(&header);
}
