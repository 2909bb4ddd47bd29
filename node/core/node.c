/* The node as a whole: making it, the step, lookups, rejects. One thread owns it; pure. */
#include "core/node.h"
#include "core/node_internal.h"
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

void
node_random(struct node *n, uint8_t *out, size_t bytes)
{
    uint8_t seed[32], counter[8];

    /* A new seed each time: ChaCha20 of (seed, counter), so that the same seed and events give the same node.
     */
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)(n->random_n >> (8 * i));
    n->random_n++;
    crypto_generichash(seed, sizeof(seed), counter, sizeof(counter), n->conf.seed, sizeof(n->conf.seed));
    randombytes_buf_deterministic(out, bytes, seed);
    sodium_memzero(seed, sizeof(seed));
}

int
node_member_index(const struct node *n, const char *name)
{
    for (unsigned i = 0; i < n->roster->members_n; i++) {
        if (strcmp(n->roster->member[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

struct track *
node_track(struct node *n, const uint8_t log[LOG_ID_BYTES])
{
    for (size_t i = 0; i < n->track_n; i++) {
        if (memcmp(n->track[i]->row.id, log, LOG_ID_BYTES) == 0)
            return n->track[i];
    }
    return NULL;
}

struct track *
node_track_add(struct node *n, const struct store_log *row)
{
    struct track *t = mem_new(sizeof(*t));

    t->row = *row;
    if (t->row.no == 0)
        t->row.no = n->next_no;
    if (t->row.no >= n->next_no)
        n->next_no = t->row.no + 1;
    t->index = n->track_n;
    t->lane =
        strcmp(row->class_name, "data") == 0 ? PARALLAX__V1__LANE__BULK_LANE : PARALLAX__V1__LANE__ALERT_LANE;
    t->version = 1;
    t->queue_end = &t->queue;
    t->placed_end = &t->placed;
    t->row.readers = t->row.carriers = t->row.granted = 0;
    t->row.limit = UINT64_MAX;
    t->end = recover_end(n, row->origin, row->id);
    tree_init(&t->tree);
    n->track = mem_resize(n->track, (n->track_n + 1) * sizeof(struct track *));
    n->track[n->track_n++] = t;
    return t;
}

struct link *
node_link(struct node *n, uint32_t id)
{
    for (size_t i = 0; i < n->link_n; i++) {
        if (n->link[i]->id == id)
            return n->link[i];
    }
    return NULL;
}

/* Add ${count} to the row of (why, member). */
static void
tally(struct node *n, int member, const struct why *why, uint64_t count)
{
    struct node_reject_row *row = NULL;

    for (size_t i = 0; i < n->reject_n && row == NULL; i++) {
        if (n->reject[i].why == (uint32_t)why->code && n->reject[i].member == member)
            row = &n->reject[i];
    }
    if (row == NULL) {
        if (n->reject_n == REJECT_ROWS_MAX)
            return;
        row = &n->reject[n->reject_n++];
        row->why = (uint32_t)why->code;
        row->member = member;
    }
    row->count += count;
    snprintf(row->note, sizeof(row->note), "%.150s", why->note);
}

void
node_count_reject(struct node *n, int member, const struct why *why)
{
    const char *peer = member < 0 ? "" : n->roster->member[member].name;

    tally(n, member, why, 1);
    action_event(n, member < 0 ? EV_publish_refused : EV_frame_refused, "peer=%s why=%s note=\"%s\"", peer,
                 why_name(why->code), why->note);
}

static void
rebuild_leaf(void *cookie, const uint8_t leaf[HASH_BYTES])
{
    struct track *t = cookie;

    if (t->tree.size < t->row.size)
        tree_append(&t->tree, leaf, NULL, NULL);
}

struct range_of {
    const struct node_view *view;
    uint32_t log;
};

static bool
range_get(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    const struct range_of *r = cookie;

    return r->view->range(r->view->cookie, r->log, lo, hi, out);
}

int
node_range_root(struct node *n, const struct track *t, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    struct range_of r = {&n->conf.view, t->row.no};

    return tree_range_root(range_get, &r, lo, hi, out);
}

int
node_prove_consistency(struct node *n, const struct track *t, uint64_t old_size, uint64_t new_size,
                       uint8_t (*proof)[HASH_BYTES])
{
    struct range_of r = {&n->conf.view, t->row.no};

    return tree_prove_consistency(range_get, &r, old_size, new_size, proof);
}

/* Peaks at size: subtrees of 256 leaves and more from the stored nodes, the rest leaf by leaf. */
int
node_rebuild_tree(struct node *n, struct track *t)
{
    const struct node_view *v = &n->conf.view;

    tree_init(&t->tree);
    for (int level = 62; level >= 8; level--) {
        uint64_t at = t->tree.size, width = (uint64_t)1 << level;
        if ((t->row.size & width) == 0)
            continue;
        if (node_range_root(n, t, at, at + width, t->tree.peak[tree_peaks(&t->tree)]) != 0)
            return -1;
        t->tree.size += width;
    }
    return v->leaves(v->cookie, t->row.no, t->tree.size, rebuild_leaf, t);
}

struct node *
node_new(const struct node_conf *conf, const struct store_log *logs, size_t logs_n)
{
    struct node *n = mem_new(sizeof(*n));

    n->conf = *conf;
    n->roster = conf->roster;
    n->rebuild = conf->rebuild;
    n->next_no = 1;
    n->me = node_member_index(n, conf->name);
    assert(n->me >= 0); /* the adapter checked its own name against the roster */
    arena_init(&n->frame_arena, LIMIT_ARENA_FRAME_BYTES);
    arena_init(&n->body_arena, LIMIT_ARENA_BODY_BYTES);
    buf_init(&n->opened, LIMIT_FRAME_BYTES);
    for (size_t i = 0; i < logs_n; i++) {
        struct track *t = node_track_add(n, &logs[i]);
        if (node_rebuild_tree(n, t) != 0 || t->tree.size != t->row.size) {
            node_free(n);
            return NULL;
        }
        /* Not the head: peers may have told one over the tail, whose signature is not noted here. */
        t->anchored = t->row.size - t->row.tail;
        if (t->row.own)
            t->own = t->row.closed ? OWN_ENDED : OWN_LISTING;
        quota_count(n, t, t->row.bytes);
    }
    audience_load(n);
    return n;
}

static void
track_free(struct track *t)
{
    struct request *r, *lists[2] = {t->queue, t->placed};

    for (int i = 0; i < 2; i++) {
        while ((r = lists[i]) != NULL) {
            lists[i] = r->next;
            for (uint32_t k = 0; r->records != NULL && k < r->count; k++) {
                buf_release(&r->records[k].header);
                buf_release(&r->records[k].body);
                buf_release(&r->records[k].plain);
                buf_release(&r->records[k].identity);
            }
            free(r->records);
            free(r);
        }
    }
    free(t->bisect);
    free(t);
}

void
node_free(struct node *n)
{
    if (n == NULL)
        return;
    for (size_t i = 0; i < n->track_n; i++)
        track_free(n->track[i]);
    for (size_t i = 0; i < n->link_n; i++) {
        free(n->link[i]->log);
        free(n->link[i]);
    }
    free(n->track);
    free(n->link);
    roster_free(n->next_roster);
    arena_release(&n->frame_arena);
    arena_release(&n->body_arena);
    buf_release(&n->opened);
    sodium_memzero(n->conf.seed, sizeof(n->conf.seed));
    free(n);
}

static void
start(struct node *n)
{
    n->started = true;
    n->start_mono = n->mono;
    n->clock_base = n->wall - n->mono;
    action_event(n, EV_roster_loaded, "version=%llu members=%u", (unsigned long long)n->roster->version,
                 n->roster->members_n);
    for (unsigned i = 0; i < n->roster->members_n; i++) {
        const struct roster_member *m = &n->roster->member[i];
        if ((int)i == n->me || m->removed || m->endpoint[0] == '\0')
            continue;
        for (int lane = PARALLAX__V1__LANE__ALERT_LANE; lane <= PARALLAX__V1__LANE__BULK_LANE; lane++) {
            struct action *a = action_add(n, ACTION_DIAL);
            a->peer = m->name;
            a->lane = (Parallax__V1__Lane)lane;
        }
    }
    recover_start(n);
    own_start(n);
}

/* Peers that told their time, and how many of them are off ours by over a minute: one alone may be the one that is wrong. */
static unsigned
clocks(const struct node *n, unsigned *off)
{
    unsigned greeted = 0;

    for (unsigned i = 0; i < n->roster->members_n; i++) {
        int64_t ahead = n->peer[i].clock_base - (n->wall - n->mono);
        if (n->peer[i].clock_base == 0 || (int)i == n->me || n->roster->member[i].removed)
            continue;
        greeted++;
        *off += ahead > CLOCK_JUMP_MS || ahead < -CLOCK_JUMP_MS;
    }
    return greeted;
}

/* Is our wall clock to be believed? */
static void
doubt(struct node *n)
{
    int64_t jump = n->wall - n->mono - n->clock_base;
    unsigned off = 0, greeted = clocks(n, &off);
    bool jumped = jump > CLOCK_JUMP_MS || jump < -CLOCK_JUMP_MS, suspect;

    if (jumped && greeted > 1 && greeted - off > greeted / 2) {
        /* It was wrong when we started, and was set: most peers say so. */
        n->clock_base = n->wall - n->mono;
        action_event(n, EV_clock_set, "wall_jump_ms=%lld peers_off=%u peers=%u", (long long)jump, off,
                     greeted);
        jumped = false;
    }
    suspect = jumped || (greeted > 1 && off > greeted / 2);
    if (suspect && !n->clock_suspect)
        action_event(n, EV_clock_suspect, "wall_jump_ms=%lld peers_off=%u peers=%u", (long long)jump, off,
                     greeted);
    n->clock_suspect = suspect;
}

static void
tick(struct node *n)
{
    doubt(n);
    session_tick(n);
    follow_tick(n);
    own_tick(n);
    audience_tick(n);
    late_tick(n);
    quota_tick(n);
    heads_tick(n);
    adopt_tick(n);
    fork_tick(n);
    closed_tick(n);
}

typedef void step_fn(struct node *n, const struct event *e);

static void
step_tick(struct node *n, const struct event *e)
{
    (void)e;
    tick(n);
}

static void
step_link_down(struct node *n, const struct event *e)
{
    session_link_down(n, e->link, "closed");
}

static void
step_publish(struct node *n, const struct event *e)
{
    publish_take(n, e->publish);
}

static void
step_dropped(struct node *n, const struct event *e)
{
    struct track *t = node_track(n, e->log);

    if (t != NULL && e->size <= t->row.bytes) {
        t->row.bytes -= e->size;
        quota_count(n, t, (uint64_t)0 - e->size);
    }
}

static void
step_audience(struct node *n, const struct event *e)
{
    audience_take(n, e->audience);
}

static void
step_committed(struct node *n, const struct event *e)
{
    (void)e;
    own_committed(n);
    follow_committed(n);
    session_committed(n);
}

static void
step_pump(struct node *n, const struct event *e)
{
    (void)n;
    (void)e;
}

static void
step_disk(struct node *n, const struct event *e)
{
    n->disk_low = e->disk_low;
    follow_disk(n);
}

static void
step_refused(struct node *n, const struct event *e)
{
    tally(n, node_member_index(n, e->peer), e->why, e->size);
}

static void
step_rebuild(struct node *n, const struct event *e)
{
    (void)e;
    rebuild_begin(n);
}

static step_fn *const steps[] = {
    [EVENT_TICK] = step_tick,
    [EVENT_LINK_UP] = session_link_up,
    [EVENT_LINK_DOWN] = step_link_down,
    [EVENT_FRAME] = session_frame,
    [EVENT_PUBLISH] = step_publish,
    [EVENT_COMMITTED] = step_committed,
    [EVENT_SIGN_LIST] = own_listed,
    [EVENT_SIGNED] = own_signed,
    [EVENT_SIGN_REFUSED] = own_sign_refused,
    [EVENT_WITNESSED] = heads_witnessed,
    [EVENT_PUMP] = step_pump,
    [EVENT_DISK] = step_disk,
    [EVENT_AUDIENCE] = step_audience,
    [EVENT_DROPPED] = step_dropped,
    [EVENT_REBUILD] = step_rebuild,
    [EVENT_REFUSED] = step_refused,
};

static void
see_stored(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        /* Ours are served once they are signed; every batch of another origin came with its anchor. */
        t->ready = t->own == OWN_NONE ? t->row.size : t->anchored;
    }
}

void
node_step(struct node *n, const struct event *e, struct actions *out)
{
    n->out = out;
    n->mono = e->mono_ms;
    n->wall = e->wall_ms;
    n->hold_bulk = e->hold_bulk;
    see_stored(n);
    if (!n->started)
        start(n);
    steps[e->kind](n, e);
    heads_push(n);
    serve_pump(n, 4);
    n->out = NULL;
}

bool
node_has_work(const struct node *n)
{
    struct node *m = (struct node *)(uintptr_t)n; /* asks only */

    see_stored(m);
    return serve_pump(m, 0);
}
