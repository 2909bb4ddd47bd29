/*
 * Logs that have ended: their heads are not pushed, but asked for, page by page, once a session (DESIGN section 4). So a newcomer, and a
 * node that lost its disk, hold what was said before. Pure.
 */
#include "core/evidence.h"
#include "core/node_internal.h"

#define PAGE_COUNT 16   /* heads in one answer: with all their lines they fit a frame of the alert credit */
#define ASK_MS     5000 /* a question without an answer is asked again, and no sooner */
#define GIVE_MS    20   /* between two answers to one session */

static void
ask(struct node *n, struct link *l)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__HeadsRequest r = PARALLAX__V1__HEADS_REQUEST__INIT;

    r.after = (ProtobufCBinaryData){l->closed_any ? LOG_ID_BYTES : 0, l->closed_after};
    f.body_case = PARALLAX__V1__FRAME__BODY_HEADS_REQUEST;
    f.heads_request = &r;
    session_send(n, l, &f);
    l->closed_asked = true;
    l->closed_ms = n->mono;
}

/* An answer is a HEADS frame of closed logs; it says "more" when the peer has others. */
void
closed_answered(struct node *n, struct link *l, const Parallax__V1__Heads *heads)
{
    const Parallax__V1__Head *last = heads->n_heads == 0 ? NULL : heads->heads[heads->n_heads - 1];

    if (!l->closed_asked || l->closed_done || last == NULL || !last->closed)
        return;
    if (last->checkpoint == NULL || last->checkpoint->log.len != LOG_ID_BYTES ||
        (l->closed_any && memcmp(last->checkpoint->log.data, l->closed_after, LOG_ID_BYTES) <= 0))
        return; /* not behind what was asked for: it would go round for ever */
    memcpy(l->closed_after, last->checkpoint->log.data, LOG_ID_BYTES);
    l->closed_any = true;
    if (heads->more)
        ask(n, l);
    else
        l->closed_done = true;
}

void
closed_tick(struct node *n)
{
    for (size_t i = 0; i < n->link_n; i++) {
        struct link *l = n->link[i];
        if (l->state != LINK_OPEN || l->surplus || l->closed_done || !n->heads_done[l->lane][l->member] ||
            (l->closed_asked && n->mono - l->closed_ms < ASK_MS))
            continue;
        if (l->closed_asked && l->closed_tries++ == 2) {
            l->closed_done = true; /* it has none, and says so by silence */
            continue;
        }
        ask(n, l);
    }
}

static bool
is_next(struct node *n, const struct link *l, const struct track *t, const Parallax__V1__HeadsRequest *r,
        const struct track *best)
{
    return t->row.closed && t->lane == l->lane && t->row.head.size != 0 && !t->row.frozen &&
           !recover_hides(n, l, t) && (r->node[0] == '\0' || strcmp(r->node, t->row.origin) == 0) &&
           (r->after.len == 0 || memcmp(t->row.id, r->after.data, LOG_ID_BYTES) > 0) &&
           (best == NULL || memcmp(t->row.id, best->row.id, LOG_ID_BYTES) < 0) &&
           may_release(l->peer, &t->row, n->roster);
}

void
closed_asked(struct node *n, struct link *l, const Parallax__V1__HeadsRequest *in)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Heads h = PARALLAX__V1__HEADS__INIT;
    Parallax__V1__Head *heads[PAGE_COUNT];
    Parallax__V1__HeadsRequest r = *in;

    if ((r.after.len != 0 && r.after.len != LOG_ID_BYTES) || !session_may_send(l) ||
        (l->closed_given_ms != 0 && n->mono - l->closed_given_ms < GIVE_MS))
        return;
    l->closed_given_ms = n->mono;
    h.heads = heads;
    for (;;) {
        struct track *best = NULL;
        for (size_t i = 0; i < n->track_n; i++) {
            if (is_next(n, l, n->track[i], &r, best))
                best = n->track[i];
        }
        if (best == NULL)
            break;
        if (h.n_heads == PAGE_COUNT) {
            h.more = true;
            break;
        }
        heads[h.n_heads] = heads_put(n, best);
        heads[h.n_heads++]->closed = true;
        session_log(l, best)->head_version = best->version;
        r.after = (ProtobufCBinaryData){LOG_ID_BYTES, best->row.id};
    }
    if (h.n_heads == 0)
        return; /* nothing to say costs nothing */
    f.body_case = PARALLAX__V1__FRAME__BODY_HEADS;
    f.heads = &h;
    session_send(n, l, &f);
}
