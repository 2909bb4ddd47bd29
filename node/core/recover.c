/*
 * Logs that the roster ends at a head it names (DESIGN sections 4 and 6): of an origin that contradicted itself, of a key that was stolen, of a member that was
 * removed. Everybody comes to hold the leaves below that head and no others; what was above it, or on the other side, is put aside. A node takes
 * a roster only by starting with it, so all of it happens at the start: nothing else moves a cursor back. Pure.
 */
#include "core/evidence.h"
#include "core/node_internal.h"
#include <stdio.h>

const struct roster_recovery *
recover_end(const struct node *n, const char *origin, const uint8_t log[LOG_ID_BYTES])
{
    const struct roster_recovery *end = roster_recovery(n->roster, log);

    return end != NULL && strcmp(end->origin, origin) == 0 ? end : NULL;
}

/* The head as it is kept: the roster's word is all that it needs. */
static struct checkpoint
named_head(const struct roster_recovery *end)
{
    struct checkpoint c;

    memset(&c, 0, sizeof(c));
    memcpy(c.log, end->log, LOG_ID_BYTES);
    c.size = end->size;
    memcpy(c.root, end->root, HASH_BYTES);
    return c;
}

static bool
is_named(const struct roster_recovery *end, const struct checkpoint *c)
{
    return c->size == end->size && memcmp(c->root, end->root, HASH_BYTES) == 0;
}

/* How many of our first ${held} leaves may stay: as far as we know, they are those of the named head. */
static uint64_t
right_leaves(struct node *n, const struct track *t, uint64_t held)
{
    uint64_t common = !t->row.disputed ? 0 : t->row.common < held ? t->row.common : held;
    uint8_t root[HASH_BYTES];

    if (held < t->end->size)
        return t->row.disputed ? common : held;
    if (node_range_root(n, t, 0, t->end->size, root) == 0 && memcmp(root, t->end->root, HASH_BYTES) == 0)
        return t->end->size;
    return common < t->end->size ? common : 0;
}

static void
put_aside(struct node *n, struct track *t, uint64_t size)
{
    char hex[2 * LOG_ID_BYTES + 1];
    struct action *a;

    text_hex_of(t->row.id, LOG_ID_BYTES, hex);
    action_event(n, EV_log_recovered, "log=%s origin=%s size=%llu kept=%llu aside=%llu", hex, t->row.origin,
                 (unsigned long long)t->end->size, (unsigned long long)size,
                 (unsigned long long)(t->row.size - size));
    t->row.common = size;
    t->row.refill = true;
    t->refill_begun = false;
    if (size < t->row.size) {
        t->row.size = size;
        if (node_rebuild_tree(n, t) != 0)
            return; /* our disk failed: the store said so, and the role ends */
        a = action_add(n, ACTION_ASIDE);
        a->row = action_row_copy(n, t);
        a->size = size;
    }
    t->anchored = t->row.size;
    t->ready = t->row.size;
    heads_changed(n, t);
    action_row(n, t);
}

static void
settle(struct node *n, struct track *t)
{
    uint64_t held = t->own == OWN_NONE ? t->row.size : t->anchored; /* an unsigned tail is no part of it */
    bool known = is_named(t->end, &t->row.head);
    uint64_t size;

    if (t->own != OWN_NONE)
        t->own = OWN_ENDED;
    if (known && !t->row.frozen && t->row.closed && t->row.size <= t->end->size)
        return;
    size = right_leaves(n, t, held);
    if (!known) {
        struct checkpoint c = named_head(t->end);
        heads_adopt(n, t, &c);
    }
    t->row.frozen = t->row.disputed = false;
    t->row.closed = true;
    put_aside(n, t, size);
    t->caught_up = t->row.size >= t->row.head.size;
}

void
recover_start(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        const struct roster_member *m = roster_member(n->roster, t->row.origin);
        if (t->end != NULL) {
            settle(n, t);
        } else if (m != NULL && m->removed && !t->row.closed) {
            t->row.closed = true;
            heads_changed(n, t);
        }
    }
}

void
recover_own(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        if (t->own == OWN_ENDED && t->end != NULL && strcmp(t->row.audience, "open") == 0 &&
            own_log(n, t->row.audience, t->row.class_name) == NULL)
            (void)own_create(n, t->row.audience, t->row.class_name, t, NULL);
    }
}

void
recover_discovered(struct track *t)
{
    if (t->end == NULL)
        return;
    t->row.closed = true;
    if (t->own != OWN_NONE)
        t->own = OWN_ENDED;
}

bool
recover_admits(const struct node *n, const struct track *t, const char *origin, struct checkpoint *c)
{
    const struct roster_recovery *end = recover_end(n, origin, c->log);

    if (end != NULL) {
        if (!is_named(end, c))
            return false;
        *c = t != NULL && is_named(end, &t->row.head) ? t->row.head : named_head(end);
        return true;
    }
    if (!roster_is_shut(n->roster, origin, c->log, c->key_id))
        return true;
    return t != NULL && t->row.head.size == c->size && memcmp(t->row.head.root, c->root, HASH_BYTES) == 0;
}

bool
recover_hides(const struct node *n, const struct link *l, const struct track *t)
{
    return l->roster_version < n->roster->version &&
           (t->end != NULL || roster_is_shut(n->roster, t->row.origin, t->row.id, t->row.head.key_id));
}

bool
recover_doubt(struct node *n, struct track *t, struct link *l)
{
    if (t->row.size == 0)
        return false;
    if (!t->ask.busy)
        fork_ask(n, l, t, t->row.size, t->end->size);
    return true;
}

int
recover_answer(struct node *n, struct track *t, const struct evidence *e)
{
    uint8_t root[HASH_BYTES];

    t->ask.busy = false;
    if (!is_named(t->end, &e->newer) || t->ask.old_size != t->row.size ||
        node_range_root(n, t, 0, t->row.size, root) != 0)
        return 0; /* too late */
    if (memcmp(root, e->prefix_root, HASH_BYTES) == 0)
        return -1;
    put_aside(n, t, 0);
    t->source = 0;
    follow_choose(n, t);
    return 0;
}
