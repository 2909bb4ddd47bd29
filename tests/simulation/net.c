/* Connections between simulated nodes: like TCP in order and whole, unless the faults say otherwise. */
#include "world_internal.h"
#include "base/mem.h"
#include <stdio.h>

static bool
cut(const struct world *w, unsigned a, unsigned b)
{
    return w->cut_until[a][b] > w->now || w->cut_until[b][a] > w->now;
}

static int
side_of(const struct pair *p, unsigned node, uint32_t link)
{
    if (p->node[0] == node && p->link[0] == link)
        return 0;
    return p->node[1] == node && p->link[1] == link ? 1 : -1;
}

static void
deliver(struct world *w, size_t i, int side, struct span bytes, bool in_order)
{
    struct pair *p = &w->pair[i];
    int64_t at = w->now + 1 + (int64_t)world_below(w, 20);
    struct thing t = {
        .kind = THING_FRAME, .node = p->node[side], .link = p->link[side], .pair = i, .n = bytes.n};

    if (in_order && at < p->last_ms[side])
        at = p->last_ms[side];
    if (in_order)
        p->last_ms[side] = at;
    t.at_ms = at;
    t.life = w->sim[t.node].life;
    t.bytes = mem_new(bytes.n + 1);
    memcpy(t.bytes, bytes.p, bytes.n);
    queue_put(&w->queue, t);
    w->figures.frames++;
}

/* The same frame with a body of it damaged; the same bytes if it has none. */
static void
spoil(struct world *w, struct span bytes, struct buf *out)
{
    Parallax__V1__Frame *f = parallax__v1__frame__unpack(NULL, bytes.n, bytes.p);

    if (f != NULL && f->body_case == PARALLAX__V1__FRAME__BODY_DATA && f->data->n_bodies > 0) {
        Parallax__V1__Body *b = f->data->bodies[world_below(w, f->data->n_bodies)];
        if (b->bytes.len > 0)
            b->bytes.data[world_below(w, b->bytes.len)] ^= 1;
        w->figures.spoilt++;
    }
    buf_clear(out);
    if (f != NULL) {
        uint8_t *to = buf_add(out, parallax__v1__frame__get_packed_size(f));
        (void)parallax__v1__frame__pack(f, to);
    }
    parallax__v1__frame__free_unpacked(f, NULL);
}

void
net_send(struct world *w, unsigned from, uint32_t link, struct span bytes)
{
    for (size_t i = 0; i < w->pair_n; i++) {
        int side = w->pair[i].open ? side_of(&w->pair[i], from, link) : -1;
        if (side < 0)
            continue;
        if (w->deaf_until[from][w->pair[i].node[1 - side]] > w->now || world_chance(w, w->conf.faults.drop)) {
            w->figures.dropped++;
            return;
        }
        secrets_sent(w, from, w->pair[i].node[1 - side], bytes);
        if (world_chance(w, w->conf.faults.spoil)) {
            spoil(w, bytes, &w->spoilt);
            bytes = buf_span(&w->spoilt);
        }
        deliver(w, i, 1 - side, bytes, !world_chance(w, w->conf.faults.reorder));
        if (world_chance(w, w->conf.faults.duplicate))
            deliver(w, i, 1 - side, bytes, false);
        return;
    }
}

static void
say_down(struct world *w, const struct pair *p, int side)
{
    struct thing t = {.kind = THING_DOWN,
                      .at_ms = w->now + 1 + (int64_t)world_below(w, 50),
                      .node = p->node[side],
                      .link = p->link[side],
                      .life = w->sim[p->node[side]].life};

    if (t.at_ms < p->last_ms[side])
        t.at_ms = p->last_ms[side];
    queue_put(&w->queue, t);
}

void
net_close(struct world *w, size_t i, bool tell_both)
{
    struct pair *p = &w->pair[i];

    if (!p->open)
        return;
    p->open = false;
    say_down(w, p, 1);
    if (tell_both)
        say_down(w, p, 0);
    net_dial(w, p->node[0], p->node[1], p->lane, 1000);
}

void
net_close_link(struct world *w, unsigned node, uint32_t link)
{
    for (size_t i = 0; i < w->pair_n; i++) {
        if (w->pair[i].open && side_of(&w->pair[i], node, link) >= 0)
            net_close(w, i, true);
    }
}

void
net_dial(struct world *w, unsigned node, unsigned peer, unsigned lane, int64_t delay_ms)
{
    struct thing t = {
        .kind = THING_DIAL, .node = node, .peer = peer, .lane = lane, .life = w->sim[node].life};

    t.at_ms = w->now + delay_ms + (int64_t)world_below(w, 200);
    queue_put(&w->queue, t);
}

static void
connect_pair(struct world *w, unsigned node, unsigned peer, unsigned lane)
{
    struct pair *p = NULL;
    size_t i;

    for (i = 0; i < w->pair_n && p == NULL; i++) {
        if (!w->pair[i].open)
            p = &w->pair[i];
    }
    if (p == NULL) {
        if (w->pair_n == PAIRS_MAX)
            return;
        p = &w->pair[w->pair_n++];
    }
    memset(p, 0, sizeof(*p));
    p->open = true;
    p->node[0] = node;
    p->node[1] = peer;
    p->lane = lane;
    for (int side = 0; side < 2; side++) {
        struct thing t = {.kind = THING_UP, .lane = lane, .dialled = side == 0};
        p->link[side] = ++w->sim[p->node[side]].next_link;
        p->last_ms[side] = w->now + 1 + (int64_t)world_below(w, 20);
        t.at_ms = p->last_ms[side];
        t.node = p->node[side];
        t.peer = p->node[1 - side];
        t.link = p->link[side];
        t.life = w->sim[t.node].life;
        queue_put(&w->queue, t);
    }
}

void
net_try_dial(struct world *w, const struct thing *t)
{
    if (!w->sim[t->node].want[t->peer][t->lane])
        return;
    for (size_t i = 0; i < w->pair_n; i++) {
        const struct pair *p = &w->pair[i];
        if (p->open && p->node[0] == t->node && p->node[1] == t->peer && p->lane == t->lane)
            return;
    }
    /* Who was removed is let in all the same: the core must not lean on the gate, which may not know it yet. */
    if (w->sim[t->peer].node == NULL || cut(w, t->node, t->peer) ||
        roster_member(members_of(w, t->peer), w->roster->member[t->node].name) == NULL)
        net_dial(w, t->node, t->peer, t->lane, 1000);
    else
        connect_pair(w, t->node, t->peer, t->lane);
}

void
net_undial(struct world *w, unsigned node, unsigned peer, unsigned lane)
{
    w->sim[node].want[peer][lane] = false;
    for (size_t i = 0; i < w->pair_n; i++) {
        struct pair *p = &w->pair[i];
        if (p->open && p->node[0] == node && p->node[1] == peer && p->lane == lane)
            net_close(w, i, true);
    }
}

void
net_cut(struct world *w, unsigned a, unsigned b, int64_t ms)
{
    w->cut_until[a][b] = w->now + ms;
    w->figures.cuts++;
    for (size_t i = 0; i < w->pair_n; i++) {
        struct pair *p = &w->pair[i];
        if (p->open && ((p->node[0] == a && p->node[1] == b) || (p->node[0] == b && p->node[1] == a)))
            net_close(w, i, true);
    }
}

void
net_node_gone(struct world *w, unsigned node)
{
    for (size_t i = 0; i < w->pair_n; i++) {
        struct pair *p = &w->pair[i];
        if (p->open && (p->node[0] == node || p->node[1] == node))
            net_close(w, i, true);
    }
}
