/* Signed heads, heartbeats and cosignatures: taking, keeping, passing on (DESIGN sections 3 and 4). Pure. */
#include "core/evidence.h"
#include "core/node_internal.h"
#include <stdio.h>

#define BAD_HEADS_MAX       4    /* in one frame */
#define HEARTBEAT_EVERY_MS  1000 /* of one head */
#define HEARTBEAT_STEP_S    5    /* a difference that matters */
#define HEADS_EACH_MAX      32   /* honest peers tell 20 a second, see the next line */
#define HEAD_ALERT_EVERY_MS 50   /* of one log to one peer; its DATA does not wait for that */
#define BAD_LINES_MAX       4    /* of one head */

static bool
same_head(const struct checkpoint *a, const struct checkpoint *b)
{
    return a->size == b->size && memcmp(a->root, b->root, HASH_BYTES) == 0;
}

int
heads_verify(struct node *n, struct track *t, const char *origin, const struct checkpoint *c, struct why *why)
{
    char line[ORIGIN_LINE_MAX];
    const struct roster_key *key;

    if (t != NULL && ((t->row.head.size != 0 && same_head(&t->row.head, c)) ||
                      (t->checked.size != 0 && same_head(&t->checked, c))))
        return 0; /* known by (log, size, root): signed already */
    if (recover_end(n, origin, c->log) != NULL)
        return roster_vouches(n->roster, origin, c)
                   ? 0
                   : why_set(why, WHY_HEAD_KEY, 0, 0, "size", "the roster ends this log at another head");
    key = roster_log_key(n->roster, origin, c->log, c->key_id);
    if (key != NULL && roster_is_shut(n->roster, origin, c->log, c->key_id))
        return why_set(why, WHY_HEAD_KEY, 0, 0, "key_id", "the roster accepts nothing more of this key of %s",
                       origin);
    if (key == NULL)
        return why_set(why, WHY_HEAD_KEY, 0, 0, "key_id", "not a log key of %s", origin);
    checkpoint_origin_line(n->roster->federation, origin, c->log, line);
    if (!checkpoint_verify(c, line, key->key))
        return why_set(why, WHY_HEAD_SIGNATURE, 0, 0, "signature", "does not verify for %s at size %llu",
                       line, (unsigned long long)c->size);
    if (t != NULL)
        t->checked = *c;
    return 0;
}

void
heads_changed(struct node *n, struct track *t)
{
    (void)n;
    t->version++;
    t->row_dirty = true;
}

void
heads_adopt(struct node *n, struct track *t, const struct checkpoint *c)
{
    t->row.head = *c;
    memset(&t->row.heartbeat, 0, sizeof(t->row.heartbeat));
    t->row.cosignatures_n = 0;
    t->caught_up = t->row.size >= c->size;
    heads_changed(n, t);
}

static int
cosignature_of(const Parallax__V1__Cosignature *in, struct cosignature *out)
{
    if (in == NULL || in->signature.len != SIG_BYTES || in->key_id.len != KEY_ID_BYTES ||
        strlen(in->node) > LIMIT_NAME_BYTES)
        return -1;
    memset(out, 0, sizeof(*out));
    snprintf(out->node, sizeof(out->node), "%s", in->node);
    memcpy(out->key_id, in->key_id.data, KEY_ID_BYTES);
    out->time = in->time;
    memcpy(out->signature, in->signature.data, SIG_BYTES);
    return 0;
}

static bool
cosignature_good(struct node *n, const struct track *t, const struct checkpoint *over,
                 const struct cosignature *c)
{
    char line[ORIGIN_LINE_MAX];
    const struct roster_key *key = roster_witness_key(n->roster, c->node, c->key_id);

    if (key == NULL)
        return false;
    checkpoint_origin_line(n->roster->federation, t->row.origin, t->row.id, line);
    return checkpoint_verify_cosignature(over, line, c, key->key);
}

/* Each heartbeat costs a signature and is told to all: of one head, one a second, unless it makes a stale log fresh. */
static bool
is_news(const struct node *n, const struct track *t, const struct checkpoint *over,
        const struct cosignature *c)
{
    if (n->mono - t->heartbeat_ms >= HEARTBEAT_EVERY_MS || t->row.heartbeat.time == 0 ||
        !same_head(over, &t->row.head))
        return true;
    return c->time >= t->heartbeat_time + HEARTBEAT_STEP_S && (int64_t)c->time * 1000 > n->wall - STALE_MS;
}

/*
 * The origin itself tells a time that it signed: its clock is no earlier. On a session that has stood for a while it
 * was signed just now, too. What it said in its greeting may have been over a minute wrong.
 */
static void
take_clock(struct node *n, const struct link *l, uint64_t time)
{
    int64_t base = (int64_t)time * 1000 - n->mono, *told = &n->peer[l->member].clock_base;
    bool stood = n->mono - l->up_ms > 2 * n->conf.heartbeat_ms;

    if (base > *told + CLOCK_JUMP_MS || (stood && base < *told - CLOCK_JUMP_MS))
        *told = base;
}

static void
take_heartbeat(struct node *n, const struct link *l, struct track *t, const struct checkpoint *over,
               const Parallax__V1__Cosignature *in, struct why *why)
{
    struct cosignature c;

    if (in == NULL || cosignature_of(in, &c) != 0 ||
        (c.time <= t->heartbeat_time && (c.time <= t->row.heartbeat.time || !same_head(over, &t->row.head))))
        return;
    if (!is_news(n, t, over, &c))
        return;
    if ((int64_t)c.time * 1000 > n->wall + LIMIT_PREDATE_SECONDS * 1000LL) {
        why_set(why, WHY_HEARTBEAT_AHEAD, 0, 0, "heartbeat", "dated %llu", (unsigned long long)c.time);
        return;
    }
    if (strcmp(c.node, t->row.origin) != 0 || !cosignature_good(n, t, over, &c)) {
        why_set(why, WHY_HEARTBEAT_BAD, 0, 0, "heartbeat", "not by %s over this head", t->row.origin);
        return;
    }
    if (c.time > t->heartbeat_time) {
        t->heartbeat_ms = n->mono;
        t->heartbeat_time = c.time;
        t->stale_said = false;
        if (strcmp(l->peer, t->row.origin) == 0)
            take_clock(n, l, c.time);
    }
    /* While a log grows fast, the newest word with a time is about a head that has passed: it says as much about freshness. */
    if (!same_head(over, &t->row.head))
        return;
    t->row.heartbeat = c;
    heads_changed(n, t);
}

/* Keep a line of another member over the newest head; a newer one by another key of that member replaces it. */
static void
take_line(struct node *n, struct track *t, const Parallax__V1__Cosignature *in, struct why *why)
{
    struct cosignature c, *slot = NULL;

    if (cosignature_of(in, &c) != 0) {
        why_set(why, WHY_COSIGNATURE_BAD, 0, 0, "cosignature", "a member is missing or of a wrong length");
        return;
    }
    for (uint32_t i = 0; i < t->row.cosignatures_n; i++) {
        if (strcmp(t->row.cosignature[i].node, c.node) == 0)
            slot = &t->row.cosignature[i];
    }
    /* That this key saw this head is known: a newer time says nothing more, and costs a signature. */
    if (slot != NULL && (slot->time >= c.time || memcmp(slot->key_id, c.key_id, KEY_ID_BYTES) == 0))
        return;
    if (strcmp(c.node, t->row.origin) == 0)
        return;
    if (!cosignature_good(n, t, &t->row.head, &c)) {
        why_set(why, WHY_COSIGNATURE_BAD, 0, 0, "cosignature", "a line does not verify");
        return;
    }
    if (slot == NULL) {
        if (t->row.cosignatures_n == LIMIT_COSIG_COUNT)
            return;
        slot = &t->row.cosignature[t->row.cosignatures_n++];
    }
    *slot = c;
    heads_changed(n, t);
}

struct track *
heads_discover(struct node *n, struct link *l, const char *origin, const struct checkpoint *c, bool closed,
               struct why *why)
{
    struct store_log row;
    struct track *t;
    size_t all = 0, of_origin = 0;

    for (size_t i = 0; i < n->track_n; i++) {
        const struct track *o = n->track[i];
        if ((o->row.closed || o->old) != closed)
            continue;
        all++;
        of_origin += strcmp(o->row.origin, origin) == 0;
    }
    if (all >= (closed ? LIMIT_LOG_CLOSED_COUNT : LIMIT_LOG_OPEN_COUNT) ||
        of_origin >= (closed ? LIMIT_LOG_CLOSED_ORIGIN_COUNT : LIMIT_LOG_ORIGIN_COUNT)) {
        why_set(why, WHY_LIMIT, 0, 0, "log", "%zu %s logs are kept, %zu of this origin", all,
                closed ? "closed" : "live", of_origin);
        return NULL;
    }
    memset(&row, 0, sizeof(row));
    memcpy(row.id, c->log, LOG_ID_BYTES);
    snprintf(row.origin, sizeof(row.origin), "%s", origin);
    row.own = strcmp(origin, n->conf.name) == 0;
    t = node_track_add(n, &row);
    t->lane = l->lane;
    t->old = closed;
    if (row.own)
        t->own = n->listed ? OWN_GUARD : OWN_LISTING; /* our store lost it */
    recover_discovered(t);
    return t;
}

/* Heads are hints, and batches bring their own: of one log only so many that one peer tells are verified in a
 * second. */
static bool
heard_enough(struct node *n, struct track *t, int member, const struct checkpoint *c)
{
    if (t->own != OWN_NONE || same_head(&t->row.head, c))
        return false;
    if (n->mono - t->heads_ms >= 1000) {
        t->heads_ms = n->mono;
        memset(t->heads_n, 0, sizeof(t->heads_n));
    }
    if (t->heads_n[member] >= HEADS_EACH_MAX)
        return true;
    t->heads_n[member]++;
    return false;
}

static void
take_head(struct node *n, struct link *l, const Parallax__V1__Head *h, struct why *why)
{
    struct checkpoint c;
    struct track *t;
    int origin = node_member_index(n, h->origin);
    unsigned bad = 0;

    if (evidence_checkpoint_take(h->checkpoint, &c, why) != 0)
        return;
    t = node_track(n, c.log);
    if (origin >= 0 && !recover_admits(n, t, h->origin, &c))
        return; /* of an origin or a log that is ended: whoever tells it may hold it, or an older roster */
    if (origin < 0 || (t != NULL && strcmp(t->row.origin, h->origin) != 0)) {
        why_set(why, WHY_HEAD_KEY, 0, 0, "origin", "not the origin of this log");
        return;
    }
    if ((t != NULL && heard_enough(n, t, l->member, &c)) || heads_verify(n, t, h->origin, &c, why) != 0)
        return;
    if (t == NULL && (t = heads_discover(n, l, h->origin, &c, h->closed, why)) == NULL)
        return;
    follow_lane(n, t, l);
    t->old = t->old && h->closed;
    fork_heard(n, l, t);
    if (t->row.frozen)
        return;
    if (c.size == t->row.head.size && !same_head(&c, &t->row.head)) {
        fork_same_size(n, t, l, &t->row.head, &c);
        return;
    }
    if (fork_older(n, t, l, &c))
        return;
    t->offered[l->member] = h->held < c.size ? h->held : c.size;
    if (t->end != NULL && h->held < c.size)
        t->offered[l->member] = 0; /* only who holds all of it can prove it */
    if (c.size > t->row.head.size) {
        if (t->own == OWN_OPEN) {
            /* Somebody signed with our key what our signer did not. */
            fork_forged(n, t, l);
            return;
        }
        heads_adopt(n, t, &c);
    }
    take_heartbeat(n, l, t, &c, h->heartbeat, why);
    if (same_head(&c, &t->row.head)) {
        for (size_t i = 0; i < h->n_cosignatures && i < LIMIT_COSIG_COUNT && bad < BAD_LINES_MAX; i++) {
            struct why line;
            why_clear(&line);
            take_line(n, t, h->cosignatures[i], &line);
            bad += line.code != WHY_NONE;
            if (why->code == WHY_NONE)
                *why = line;
        }
    }
    follow_choose(n, t);
}

void
heads_receive(struct node *n, struct link *l, const Parallax__V1__Heads *heads, struct why *why)
{
    unsigned bad = 0;

    /* A signature that fails costs us as much as one that holds: after a few, the rest of the frame is not looked at. */
    for (size_t i = 0; i < heads->n_heads && i < LIMIT_HEADS_COUNT && bad < BAD_HEADS_MAX; i++) {
        struct why one;
        why_clear(&one);
        take_head(n, l, heads->heads[i], &one);
        bad += one.code != WHY_NONE;
        if (one.code != WHY_NONE && why->code == WHY_NONE)
            *why = one;
    }
    closed_answered(n, l, heads);
    if (!heads->more && !n->heads_done[l->lane][l->member]) {
        n->heads_done[l->lane][l->member] = true;
        own_guard_check(n);
    }
}

void
heads_cosign(struct node *n, struct link *l, const Parallax__V1__Cosign *c, struct why *why)
{
    struct track *t = c->log.len == LOG_ID_BYTES ? node_track(n, c->log.data) : NULL;

    if (n->mono - l->cosigns_ms >= 1000) {
        l->cosigns_ms = n->mono;
        l->cosigns_n = 0;
    }
    if (l->cosigns_n++ >= LIMIT_COSIGN_COUNT) {
        why_set(why, WHY_LIMIT, 0, 0, "cosign", "more than %d a second", LIMIT_COSIGN_COUNT);
        return;
    }
    if (t == NULL || c->root.len != HASH_BYTES || c->size != t->row.head.size ||
        memcmp(c->root.data, t->row.head.root, HASH_BYTES) != 0)
        return; /* of a head that has passed, or that is still to come: the line will be in HEADS */
    take_line(n, t, c->line, why);
}

static void
cosignature_put(const struct cosignature *c, Parallax__V1__Cosignature *out)
{
    parallax__v1__cosignature__init(out);
    out->node = (char *)(uintptr_t)c->node;
    out->key_id = (ProtobufCBinaryData){KEY_ID_BYTES, (uint8_t *)(uintptr_t)c->key_id};
    out->time = c->time;
    out->signature = (ProtobufCBinaryData){SIG_BYTES, (uint8_t *)(uintptr_t)c->signature};
}

/* All that goes into one head; the arrays live as long as the message. */
struct head_out {
    Parallax__V1__Head head;
    Parallax__V1__Checkpoint checkpoint;
    Parallax__V1__Cosignature heartbeat, line[LIMIT_COSIG_COUNT];
    Parallax__V1__Cosignature *line_p[LIMIT_COSIG_COUNT];
};

Parallax__V1__Head *
heads_put(struct node *n, const struct track *t)
{
    struct head_out *o = action_memory(n, sizeof(*o));

    parallax__v1__head__init(&o->head);
    evidence_checkpoint_put(&t->row.head, &o->checkpoint);
    o->head.checkpoint = &o->checkpoint;
    o->head.origin = (char *)(uintptr_t)t->row.origin;
    o->head.held = t->row.size;
    if (t->row.heartbeat.time != 0) {
        cosignature_put(&t->row.heartbeat, &o->heartbeat);
        o->head.heartbeat = &o->heartbeat;
    }
    for (uint32_t i = 0; i < t->row.cosignatures_n; i++) {
        cosignature_put(&t->row.cosignature[i], &o->line[i]);
        o->line_p[i] = &o->line[i];
    }
    o->head.n_cosignatures = t->row.cosignatures_n;
    o->head.cosignatures = o->line_p;
    return &o->head;
}

static bool
head_is_due(struct node *n, struct link *l, struct track *t)
{
    struct peer_log *p;

    if (t->lane != l->lane || t->row.head.size == 0)
        return false;
    p = session_log(l, t);
    if (p->head_version == t->version)
        return false; /* the usual case, and this is asked of every log in every step */
    if (t->row.frozen || recover_hides(n, l, t) || !may_release(l->peer, &t->row, n->roster))
        return false;
    /* One that has ended is told to who asks; what changes of it after that, like any other. */
    if (t->row.closed && !t->row.own && p->head_version == 0)
        return false;
    return (p->head_version == 0 ||
            n->mono - p->head_ms >=
                (l->lane == PARALLAX__V1__LANE__ALERT_LANE ? HEAD_ALERT_EVERY_MS : HEAD_EVERY_MS));
}

static void
push_to(struct node *n, struct link *l)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Heads h = PARALLAX__V1__HEADS__INIT;
    Parallax__V1__Head *heads[LIMIT_HEADS_COUNT];

    do {
        h.n_heads = 0;
        h.heads = heads;
        h.more = false;
        for (size_t i = 0; i < n->track_n; i++) {
            struct track *t = n->track[i];
            if (!head_is_due(n, l, t))
                continue;
            if (h.n_heads == LIMIT_HEADS_COUNT) {
                h.more = true;
                break;
            }
            heads[h.n_heads++] = heads_put(n, t);
            session_log(l, t)->head_version = t->version;
            session_log(l, t)->head_ms = n->mono;
        }
        if (h.n_heads == 0 && l->heads_sent)
            return;
        f.body_case = PARALLAX__V1__FRAME__BODY_HEADS;
        f.heads = &h;
        session_send(n, l, &f);
    } while (h.more && session_may_send(l));
    if (!l->heads_sent)
        fork_greeted(n, l);
    l->heads_sent = true;
}

void
heads_push(struct node *n)
{
    for (size_t i = 0; i < n->link_n; i++) {
        if (session_may_send(n->link[i]))
            push_to(n, n->link[i]);
    }
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        bool keep = t->row.size > 0 || t->row.own || t->row.frozen;
        if (t->row_dirty && keep)
            action_row(n, t);
        t->row_dirty = t->row_dirty && !keep;
    }
}

/* Ask the signer to cosign what we hold whole and have not cosigned. */
static void
witness(struct node *n, struct track *t)
{
    uint8_t(*proof)[HASH_BYTES] = action_memory(n, LIMIT_PROOF_COUNT * HASH_BYTES);
    const struct roster_key *key;
    struct store_log *row;
    struct action *a;
    int count;

    if (t->own != OWN_NONE || t->row.frozen || t->end != NULL || t->witness_busy ||
        t->row.size < t->row.head.size || t->row.head.size <= t->row.witnessed || n->clock_suspect)
        return;
    key = roster_log_key(n->roster, t->row.origin, t->row.id, t->row.head.key_id);
    count = node_prove_consistency(n, t, t->row.witnessed, t->row.head.size, proof);
    if (key == NULL || count < 0)
        return;
    row = action_memory(n, sizeof(*row));
    *row = t->row;
    a = action_add(n, ACTION_WITNESS);
    a->row = row;
    checkpoint_origin_line(n->roster->federation, t->row.origin, t->row.id, a->origin_line);
    memcpy(a->log_key, key->key, SIG_KEY_BYTES);
    a->size = t->row.witnessed;
    a->bytes = span_of(proof, t->row.witnessed == 0 ? 0 : (size_t)count * HASH_BYTES);
    a->time = (uint64_t)(n->wall / 1000);
    t->witness_busy = true;
    t->witness_ms = n->mono;
}

void
heads_witness_alerts(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        if (n->track[i]->lane == PARALLAX__V1__LANE__ALERT_LANE)
            witness(n, n->track[i]);
    }
}

/* Our line is by one of our keys: while one takes the place of another, both are listed. */
static void
name_key(struct node *n, const struct track *t, struct cosignature *line)
{
    const struct roster_keys *keys = &n->roster->member[n->me].witness;

    for (unsigned i = 0; i < keys->n; i++) {
        memcpy(line->key_id, keys->key[i].id, KEY_ID_BYTES);
        if (cosignature_good(n, t, &t->row.head, line))
            return;
    }
}

void
heads_witnessed(struct node *n, const struct event *e)
{
    struct track *t = node_track(n, e->log);
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Cosign c = PARALLAX__V1__COSIGN__INIT;
    Parallax__V1__Cosignature line;
    struct cosignature line_of_us;
    struct why why;

    if (t == NULL)
        return;
    t->witness_busy = false;
    t->row.witnessed = e->size;
    t->row_dirty = true;
    if (e->line.time == 0 || e->size != t->row.head.size)
        return;
    line_of_us = e->line;
    name_key(n, t, &line_of_us);
    cosignature_put(&line_of_us, &line);
    why_clear(&why);
    take_line(n, t, &line, &why);
    c.log = (ProtobufCBinaryData){LOG_ID_BYTES, t->row.id};
    c.size = t->row.head.size;
    c.root = (ProtobufCBinaryData){HASH_BYTES, t->row.head.root};
    c.line = &line;
    f.body_case = PARALLAX__V1__FRAME__BODY_COSIGN;
    f.cosign = &c;
    for (size_t i = 0; i < n->link_n; i++) {
        struct link *l = n->link[i];
        if (l->state == LINK_OPEN && !l->surplus && l->lane == t->lane &&
            may_release(l->peer, &t->row, n->roster))
            session_send(n, l, &f);
    }
}

void
heads_tick(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        if (t->lane == PARALLAX__V1__LANE__ALERT_LANE || n->mono - t->witness_ms >= n->conf.cosign_ms)
            witness(n, t);
        if (t->own == OWN_NONE && !t->row.closed && !t->old && !t->stale_said &&
            n->mono - n->start_mono > STALE_MS && n->mono - t->heartbeat_ms > STALE_MS) {
            t->stale_said = true;
            action_event(n, EV_stale, "origin=%s age_s=%lld", t->row.origin,
                         (long long)((n->mono - t->heartbeat_ms) / 1000));
        }
    }
}
