/* Our own logs: boot guard, recovery, new logs, signing, heartbeats (DESIGN section 3). Pure. */
#include "core/node_internal.h"
#include <stdio.h>

static const char *const classes[] = {"admin", "alert", "data"};

/* Another current member that may hold ${t} (NULL, or one whose audience is lost: any log of ours). */
static bool
counts(const struct node *n, const struct track *t, unsigned member)
{
    if ((int)member == n->me || n->roster->member[member].removed)
        return false;
    return t == NULL || !node_is_named(t) || !t->described || (release_holders(&t->row) >> member & 1) != 0;
}

static unsigned
others(const struct node *n, const struct track *t)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n->roster->members_n; i++)
        count += counts(n, t, i);
    return count;
}

static unsigned
answered(const struct node *n, const struct track *t, Parallax__V1__Lane lane)
{
    unsigned count = 0;

    for (unsigned i = 0; i < n->roster->members_n; i++)
        count += counts(n, t, i) && n->heads_done[lane][i];
    return count;
}

/* Peers who told all that they hold of the lane of ${t}; of both lanes, while our signer alone knows the log. */
static unsigned
answered_for(const struct node *n, const struct track *t)
{
    unsigned alert = answered(n, t, PARALLAX__V1__LANE__ALERT_LANE);
    unsigned bulk = answered(n, t, PARALLAX__V1__LANE__BULK_LANE);

    if (t->row.class_name[0] == '\0')
        return alert < bulk ? alert : bulk;
    return t->lane == PARALLAX__V1__LANE__BULK_LANE ? bulk : alert;
}

struct track *
own_log(struct node *n, const char *audience, const char *class_name)
{
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        if (t->own != OWN_NONE && t->own != OWN_ENDED && !t->closing &&
            strcmp(t->row.audience, audience) == 0 && strcmp(t->row.class_name, class_name) == 0)
            return t;
    }
    return NULL;
}

void
own_start(struct node *n)
{
    action_add(n, ACTION_SIGN_LIST);
}

static int take_signature(struct node *n, struct track *t, const struct event_signed *s);

static int
cut(struct node *n, struct track *t, uint64_t size)
{
    struct store_log *row;
    struct action *a;

    if (t->row.size <= size)
        return 0;
    row = action_memory(n, sizeof(*row));
    t->row.size = size;
    *row = t->row;
    if (node_rebuild_tree(n, t) != 0)
        return -1; /* our disk failed: the store said so, and the role ends */
    a = action_add(n, ACTION_TRUNCATE);
    a->row = row;
    a->size = size;
    return 0;
}

/* What the signer signed of what we hold was not noted in the store. */
static bool
is_unnoted(const struct track *t)
{
    return t->signer.size > t->anchored && t->signer.size <= t->row.size;
}

/*
 * What was stored and never signed is no part of the log: nobody was told of it. What the signer signed and we had no time to note is: its publisher may have been answered. The
 * rest of what was signed can be had from peers.
 */
static void
cut_tail(struct node *n, struct track *t)
{
    if (is_unnoted(t) && (cut(n, t, t->signer.size) != 0 || take_signature(n, t, &t->signer) == 0))
        return;
    (void)cut(n, t, t->anchored);
}

static void
end_here(struct node *n, struct track *t)
{
    t->own = OWN_ENDED;
    t->row.closed = true;
    t->signing = false;
    cut_tail(n, t);
    heads_changed(n, t);
}

/* The log ends here, unsigned: another one continues its series. */
static void
continue_elsewhere(struct node *n, struct track *t)
{
    char a[2 * LOG_ID_BYTES + 1], b[2 * LOG_ID_BYTES + 1];
    struct track *next;

    end_here(n, t);
    if (t->row.class_name[0] == '\0')
        return; /* lost as a whole: not even its class is known; the missing classes are made below */
    if (node_is_named(t)) {
        audience_settle(n); /* or later, when a key can be had */
        next = own_log(n, t->row.audience, t->row.class_name);
    } else {
        next = own_create(n, t->row.audience, t->row.class_name, t, NULL);
        publish_move(n, t, next);
    }
    if (next == NULL)
        return;
    text_hex_of(t->row.id, LOG_ID_BYTES, a);
    text_hex_of(next->row.id, LOG_ID_BYTES, b);
    action_event(n, EV_guard_new_log, "old=%s new=%s size=%llu", a, b, (unsigned long long)t->row.head.size);
}

void
own_forged(struct node *n, struct track *t)
{
    struct why why;

    if (t->own == OWN_NONE || t->own == OWN_ENDED)
        return;
    why_clear(&why);
    why_set(&why, WHY_FORK, 0, 0, NULL, "this log contradicts itself; a new one continues it: publish again");
    publish_drop(n, t, &why);
    continue_elsewhere(n, t);
}

/* Every class has a log, as soon as no lost log may still come back. */
static void
fill_classes(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        const struct track *t = n->track[i];
        if (t->own != OWN_NONE && t->own != OWN_ENDED && t->own != OWN_OPEN && t->row.class_name[0] == '\0')
            return;
    }
    for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
        if (own_log(n, "open", classes[i]) == NULL)
            own_create(n, "open", classes[i], NULL, NULL);
    }
}

/* What the signer signed, as a head. -1: its key is not in the roster. */
static int
signer_head(struct node *n, const struct track *t, const struct event_signed *s, struct checkpoint *c)
{
    const struct roster_member *me = &n->roster->member[n->me];
    char line[ORIGIN_LINE_MAX];

    memcpy(c->log, t->row.id, LOG_ID_BYTES);
    c->size = s->size;
    memcpy(c->root, s->root, HASH_BYTES);
    memcpy(c->signature, s->signature, SIG_BYTES);
    checkpoint_origin_line(n->roster->federation, n->conf.name, t->row.id, line);
    for (unsigned i = 0; i < me->log.n; i++) {
        checkpoint_key_id(line, 0x01, me->log.key[i].key, c->key_id);
        if (checkpoint_verify(c, line, me->log.key[i].key))
            return 0;
    }
    return -1;
}

/* The newest head as the signer gave it becomes the log's, if it fits what we hold. */
static int
take_signature(struct node *n, struct track *t, const struct event_signed *s)
{
    struct checkpoint c;
    struct action *a;
    struct store_log *row;
    uint8_t root[HASH_BYTES];

    tree_root(&t->tree, root);
    if (s->size != t->row.size || memcmp(root, s->root, HASH_BYTES) != 0 || signer_head(n, t, s, &c) != 0)
        return -1;
    if (t->row.head.size != c.size)
        heads_adopt(n, t, &c);
    t->anchored = c.size;
    t->signer = *s;
    n->audience_dirty =
        n->audience_dirty || (node_is_named(t) && (!t->described || c.size <= AUDIENCE_LEAVES));
    row = action_memory(n, sizeof(*row));
    *row = t->row;
    a = action_add(n, ACTION_BATCH_SIGN);
    a->row = row;
    return 0;
}

/* The series goes on in another log already: this one came back too late. */
static struct track *
overtaken_by(const struct node *n, const struct track *t)
{
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *o = n->track[i];
        if (o != t && o->own == OWN_OPEN && strcmp(o->row.audience, t->row.audience) == 0 &&
            strcmp(o->row.class_name, t->row.class_name) == 0)
            return o;
    }
    return NULL;
}

bool
own_is_continued(const struct node *n, const struct track *t)
{
    for (size_t i = 0; i < n->track_n; i++) {
        const struct track *s = n->track[i];
        if (s->own != OWN_NONE && s->continues && memcmp(s->predecessor, t->row.id, LOG_ID_BYTES) == 0)
            return true;
    }
    return false;
}

/* Another lost log of ours is still to come back: nobody knows yet whether it continues this one. */
static bool
may_be_ended(const struct node *n, const struct track *t)
{
    for (size_t i = 0; i < n->track_n; i++) {
        const struct track *s = n->track[i];
        if (s != t && (s->own == OWN_GUARD || s->own == OWN_RECOVERING) && s->row.class_name[0] == '\0')
            return true;
    }
    return false;
}

/* The guard lets the log go on. */
static void
resume(struct node *n, struct track *t)
{
    char hex[2 * LOG_ID_BYTES + 1];
    struct track *next;

    text_hex_of(t->row.id, LOG_ID_BYTES, hex);
    if (own_is_continued(n, t)) {
        end_here(n, t);
        if ((next = own_log(n, t->row.audience, t->row.class_name)) != NULL)
            publish_move(n, t, next);
        else
            continue_elsewhere(n, t);
        return;
    }
    if (t->signer.size > t->row.size || t->row.size == 0 ||
        (t->signer.size == t->row.size && take_signature(n, t, &t->signer) != 0)) {
        continue_elsewhere(n, t); /* our store is behind our signer, and nobody could help */
        return;
    }
    if ((next = overtaken_by(n, t)) != NULL) {
        end_here(n, t);
        publish_move(n, t, next);
        return;
    }
    t->own = OWN_OPEN;
    t->signing = t->signer.size < t->row.size; /* a tail that was stored, not signed */
    t->sign_sent = false;
    follow_choose(n, t);
    action_event(n, EV_guard_passed, "log=%s size=%llu", hex, (unsigned long long)t->row.size);
    /* A tail is signed when what this step stored is on disk, and so is what other logs of ours stored a moment ago: the row brings a commit. */
    action_row(n, t);
    publish_batch(n, t);
}

/* What was stored but never signed gives way to what peers hold of the same log. */
static void
recover(struct node *n, struct track *t, int member)
{
    char hex[2 * LOG_ID_BYTES + 1];

    text_hex_of(t->row.id, LOG_ID_BYTES, hex);
    action_event(n, EV_guard_behind, "log=%s size=%llu peer_size=%llu peer=%s", hex,
                 (unsigned long long)t->row.size, (unsigned long long)t->offered[member],
                 n->roster->member[member].name);
    cut_tail(n, t);
    t->own = OWN_RECOVERING;
}

static void
guard(struct node *n, struct track *t)
{
    unsigned all = others(n, t), need = all == 0 ? 0 : all / 2 + 1, have = answered_for(n, t);
    int64_t waited = n->mono - n->start_mono;
    int ahead = -1;

    for (unsigned i = 0; i < n->roster->members_n; i++) {
        if ((int)i != n->me && t->offered[i] > t->row.size &&
            (ahead < 0 || t->offered[i] > t->offered[ahead]))
            ahead = (int)i;
    }
    if (ahead >= 0) {
        if (t->own != OWN_RECOVERING)
            recover(n, t, ahead);
        follow_choose(n, t);
        if (waited > n->conf.guard_wait_ms && n->mono - t->progress_ms > n->conf.guard_wait_ms)
            continue_elsewhere(n, t);
        return;
    }
    if (have >= need && !may_be_ended(n, t))
        resume(n, t);
    else if (waited > n->conf.guard_wait_ms || (strcmp(t->row.class_name, "alert") == 0 && t->queue != NULL &&
                                                n->mono - t->queue->queued_ms > ALERT_GUARD_MS))
        continue_elsewhere(n, t);
}

void
own_guard_check(struct node *n)
{
    bool waiting = false;

    if (!n->listed)
        return;
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        if (t->own != OWN_GUARD && t->own != OWN_RECOVERING)
            continue;
        guard(n, t);
        waiting = waiting || t->own == OWN_GUARD || t->own == OWN_RECOVERING;
    }
    fill_classes(n);
    if (!waiting)
        action_add(n, ACTION_GUARD_PASSED);
}

void
own_recovered(struct node *n, struct track *t)
{
    t->anchored = t->row.size;
    if (t->row.size >= t->row.head.size)
        own_guard_check(n);
}

/*
 * The store is a copy: what was signed after it was made may be known to nobody who answers, so the log ends whatever peers say. Its successor names the newest head that the signer
 * knows; the leaves up to there are had from peers, as of any log.
 */
static void
end_copied(struct node *n, struct track *t)
{
    struct checkpoint c;

    if (t->signer.size > t->row.head.size && signer_head(n, t, &t->signer, &c) == 0)
        heads_adopt(n, t, &c);
    continue_elsewhere(n, t);
}

/* Another key of ours signed its newest head: it ends, and a log of the new key goes on. */
static bool
is_of_old_key(const struct node *n, const struct track *t, const uint8_t *log_key)
{
    const struct roster_key *key =
        t->row.head.size == 0 ? NULL : roster_log_key(n->roster, n->conf.name, t->row.id, t->row.head.key_id);

    return key != NULL && log_key != NULL && memcmp(key->key, log_key, SIG_KEY_BYTES) != 0;
}

void
own_listed(struct node *n, const struct event *e)
{
    bool guarded = n->conf.fresh_boot && others(n, NULL) > 0, lacks = false;

    if (n->listed)
        return;
    n->listed = true;
    for (size_t k = 0; k < e->signed_n; k++) {
        struct track *t = node_track(n, e->signed_heads[k].log);
        if (t == NULL) {
            struct store_log row;
            memset(&row, 0, sizeof(row));
            memcpy(row.id, e->signed_heads[k].log, LOG_ID_BYTES);
            snprintf(row.origin, sizeof(row.origin), "%s", n->conf.name);
            row.own = true;
            t = node_track_add(n, &row);
            t->own = OWN_LISTING;
        }
        t->signer = e->signed_heads[k];
        lacks =
            lacks || (t->own == OWN_LISTING && t->row.size == 0); /* leaf 0 is on disk before it is signed */
    }
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        if (t->own == OWN_ENDED)
            cut_tail(n, t);
        if (t->own != OWN_LISTING)
            continue;
        /* Noted before the guard lets anything go on: a copy that is made meanwhile is to know that it was signed. */
        if (is_unnoted(t))
            (void)take_signature(n, t, &t->signer);
        if (n->conf.copied || is_of_old_key(n, t, e->log_key)) {
            end_copied(n, t);
        } else if (guarded || lacks ||
                   t->signer.size > t->row.size) { /* who lacks one cannot know which of ours ended since */
            char hex[2 * LOG_ID_BYTES + 1];
            text_hex_of(t->row.id, LOG_ID_BYTES, hex);
            t->own = OWN_GUARD;
            action_event(n, EV_guard_waiting, "log=%s have=%u need=%u", hex, answered_for(n, t),
                         others(n, t) / 2 + 1);
        } else {
            resume(n, t);
        }
    }
    recover_own(n);
    own_guard_check(n);
}

struct leaves {
    uint8_t *p;
    size_t n, max;
};

static void
add_leaf(void *cookie, const uint8_t leaf[HASH_BYTES])
{
    struct leaves *l = cookie;

    if (l->n < l->max)
        memcpy(l->p + HASH_BYTES * l->n++, leaf, HASH_BYTES);
}

static void
send_sign(struct node *n, struct track *t)
{
    struct leaves l = {NULL, 0, (size_t)(t->row.size - t->signer.size)};
    struct action *a;

    l.p = action_memory(n, l.max * HASH_BYTES);
    if (n->conf.view.leaves(n->conf.view.cookie, t->row.no, t->signer.size, add_leaf, &l) != 0 ||
        l.n != l.max)
        return; /* our disk failed: the store said so, and the role ends */
    a = action_add(n, ACTION_SIGN);
    memcpy(a->log, t->row.id, LOG_ID_BYTES);
    checkpoint_origin_line(n->roster->federation, n->conf.name, t->row.id, a->origin_line);
    a->size = t->signer.size;
    a->bytes = span_of(l.p, l.n * HASH_BYTES);
    a->time = n->clock_suspect ? 0 : (uint64_t)(n->wall / 1000); /* 0: the head alone, no word on when */
    t->sign_sent = true;
}

void
own_committed(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        if (t->own == OWN_OPEN && t->signing && !t->sign_sent)
            send_sign(n, t);
    }
}

static void
take_heartbeat(struct node *n, struct track *t, uint64_t time, const uint8_t sig[SIG_BYTES])
{
    const struct roster_member *me = &n->roster->member[n->me];
    struct cosignature c;
    char line[ORIGIN_LINE_MAX], name[ORIGIN_LINE_MAX];

    memset(&c, 0, sizeof(c));
    snprintf(c.node, sizeof(c.node), "%s", n->conf.name);
    c.time = time;
    memcpy(c.signature, sig, SIG_BYTES);
    checkpoint_origin_line(n->roster->federation, n->conf.name, t->row.id, line);
    checkpoint_witness_name(n->roster->federation, n->conf.name, name);
    for (unsigned i = 0; i < me->witness.n; i++) {
        checkpoint_key_id(name, 0x04, me->witness.key[i].key, c.key_id);
        if (!checkpoint_verify_cosignature(&t->row.head, line, &c, me->witness.key[i].key))
            continue;
        t->row.heartbeat = c;
        t->heartbeat_ms = n->mono;
        t->heartbeat_time = time;
        heads_changed(n, t);
        return;
    }
}

void
own_signed(struct node *n, const struct event *e)
{
    const struct event_signed *s = &e->signed_heads[0];
    struct track *t = node_track(n, s->log);

    if (t == NULL || t->own != OWN_OPEN)
        return;
    if (t->signing && t->sign_sent && s->size == t->row.size && s->size > t->signer.size) {
        if (take_signature(n, t, s) != 0) {
            own_sign_refused(n, e);
            return;
        }
        t->signing = t->sign_sent = false;
        publish_signed(n, t);
        publish_batch(n, t);
    }
    if (e->heartbeat_time != 0 && s->size == t->row.head.size)
        take_heartbeat(n, t, e->heartbeat_time, e->heartbeat);
}

void
own_sign_refused(struct node *n, const struct event *e)
{
    struct track *t = node_track(n, e->signed_heads[0].log);
    struct why why;
    char hex[2 * LOG_ID_BYTES + 1];

    if (t == NULL || t->own != OWN_OPEN)
        return;
    text_hex_of(t->row.id, LOG_ID_BYTES, hex);
    action_event(n, EV_sign_refused, "log=%s signer_size=%llu size=%llu", hex,
                 (unsigned long long)e->signed_heads[0].size, (unsigned long long)t->row.size);
    why_clear(&why);
    why_set(&why, WHY_FORK, 0, 0, NULL,
            "the signer refused to extend this log; a new one continues it: publish again");
    publish_drop(n, t, &why);
    continue_elsewhere(n, t);
}

void
own_tick(struct node *n)
{
    if (!n->listed) {
        if ((n->mono - n->start_mono) % 1000 < 250)
            action_add(n, ACTION_SIGN_LIST);
        return;
    }
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        struct action *a;
        if (t->own == OWN_GUARD || t->own == OWN_RECOVERING) {
            own_guard_check(n);
            return;
        }
        if (t->own != OWN_OPEN || t->row.head.size == 0 || t->signing || n->clock_suspect ||
            n->mono - t->heartbeat_sent_ms < n->conf.heartbeat_ms)
            continue;
        t->heartbeat_sent_ms = n->mono;
        a = action_add(n, ACTION_HEARTBEAT);
        memcpy(a->log, t->row.id, LOG_ID_BYTES);
        a->time = (uint64_t)(n->wall / 1000);
    }
}
