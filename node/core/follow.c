/* What we read from peers: choosing one live source a log, the road of a DATA frame, acknowledging (DESIGN
 * section 4). Pure. */
#include "core/evidence.h"
#include "core/node_internal.h"
#include <stdio.h>

#define ACKS_AGAIN    2     /* times that an acknowledgement is repeated soon */
#define ACK_AGAIN_MS  1000  /* after the one before */
#define ACK_ALWAYS_MS 30000 /* and for good: whoever lost it learns it */

static void
send_open(struct node *n, struct link *l, struct track *t)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Open o = PARALLAX__V1__OPEN__INIT;

    o.log = (ProtobufCBinaryData){LOG_ID_BYTES, t->row.id};
    o.from = t->row.size;
    f.body_case = PARALLAX__V1__FRAME__BODY_OPEN;
    f.open = &o;
    session_send(n, l, &f);
}

static void
send_ack(struct node *n, struct link *l, struct track *t)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Ack a = PARALLAX__V1__ACK__INIT;

    a.log = (ProtobufCBinaryData){LOG_ID_BYTES, t->row.id};
    a.size = t->row.size;
    a.level = PARALLAX__V1__ACK__LEVEL__STORED;
    f.body_case = PARALLAX__V1__FRAME__BODY_ACK;
    f.ack = &a;
    session_send(n, l, &f);
}

static void
send_close(struct node *n, struct link *l, struct track *t, enum why_code code)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Close c = PARALLAX__V1__CLOSE__INIT;

    c.log = (ProtobufCBinaryData){LOG_ID_BYTES, t->row.id};
    c.reason = (uint32_t)code;
    f.body_case = PARALLAX__V1__FRAME__BODY_CLOSE;
    f.close = &c;
    session_send(n, l, &f);
}

static bool
wanted(const struct node *n, const struct track *t)
{
    if ((t->row.frozen && !dispute_wants(n, t)) || quota_is_full(n, t) ||
        (n->disk_low && t->lane == PARALLAX__V1__LANE__BULK_LANE))
        return false;
    if (t->row.frozen)
        return true;
    /* Of a log of ours that ended, peers may hold more than the store that we came back with. */
    if (t->own == OWN_ENDED)
        return n->listed && t->row.size < t->row.head.size && t->row.size == t->anchored;
    if (t->own != OWN_NONE)
        return t->own == OWN_RECOVERING;
    return !(t->row.closed || t->old) || t->row.size < t->row.head.size;
}

/* The origin where it can be read, else who offered most. */
static struct link *
best_source(struct node *n, struct track *t, uint32_t avoid)
{
    struct link *best = NULL;
    uint64_t best_offer = t->row.size;

    for (size_t i = 0; i < n->link_n; i++) {
        struct link *l = n->link[i];
        if (l->state != LINK_OPEN || l->surplus || l->lane != t->lane || l->id == avoid)
            continue;
        /* Of what both stories have in common, who proved it is the better source. */
        if (strcmp(l->peer, t->row.origin) == 0 && t->row.size >= t->row.common)
            return l;
        if (t->offered[l->member] > best_offer) {
            best = l;
            best_offer = t->offered[l->member];
        }
    }
    return best;
}

static bool
is_stalled(const struct node *n, const struct track *t)
{
    uint64_t end = t->row.disputed ? t->row.common : t->row.head.size;

    return t->row.size < end && n->mono - t->progress_ms > STALL_MS;
}

void
follow_lane(struct node *n, struct track *t, const struct link *l)
{
    struct link *now = t->source == 0 ? NULL : node_link(n, t->source);

    if (t->row.size != 0 || t->lane == l->lane)
        return;
    if (now != NULL && !is_stalled(n, t) && strcmp(l->peer, t->row.origin) != 0 && t->own == OWN_NONE)
        return;
    if (now != NULL)
        send_close(n, now, t, WHY_NONE);
    t->source = 0;
    t->lane = l->lane;
}

/* Who was removed hears of nothing new: of others' logs it is a source for what it has, and then no more. */
static bool
is_spent(const struct node *n, const struct track *t, const struct link *l)
{
    return n->roster->member[l->member].removed && strcmp(l->peer, t->row.origin) != 0 &&
           t->offered[l->member] <= t->row.size;
}

void
follow_choose(struct node *n, struct track *t)
{
    struct link *now = t->source == 0 ? NULL : node_link(n, t->source);
    struct link *best;
    bool stalled;

    if (!wanted(n, t)) {
        if (now != NULL)
            send_close(n, now, t, WHY_NONE);
        t->source = 0;
        return;
    }
    if (now != NULL && is_spent(n, t, now)) {
        send_close(n, now, t, WHY_NONE);
        t->source = 0;
        now = NULL;
    }
    stalled = now != NULL && is_stalled(n, t);
    if (now != NULL && !stalled)
        return;
    if (now == NULL && t->strayed != 0 && n->mono - t->strayed_ms < STALL_MS)
        return;
    best = best_source(n, t, stalled ? t->source : t->strayed);
    if (best == NULL)
        best = now; /* nobody else: ask the same one again from where we are */
    if (best == NULL)
        return;
    if (now != NULL && best != now)
        send_close(n, now, t, WHY_NONE);
    if (t->row.size == 0 && t->progress_ms == 0) {
        char hex[2 * LOG_ID_BYTES + 1];
        text_hex_of(t->row.id, LOG_ID_BYTES, hex);
        action_event(n, EV_log_followed, "log=%s origin=%s size=%llu", hex, t->row.origin,
                     (unsigned long long)t->row.size);
    }
    t->source = best->id;
    t->progress_ms = n->mono;
    send_open(n, best, t);
    if (!t->advanced && t->row.size > 0 && t->own == OWN_NONE)
        send_ack(n, best, t); /* all of it is on disk: a new session starts from what we hold */
}

void
follow_lost(struct node *n, uint32_t link)
{
    for (size_t i = 0; i < n->track_n; i++) {
        if (n->track[i]->source == link)
            n->track[i]->source = 0;
    }
}

/* Say again what is stored: the last word may have gone down with a connection that lost against a double. */
static void
repeat_ack(struct node *n, struct track *t)
{
    int member = node_member_index(n, t->row.origin);
    struct link *origin = member < 0 ? NULL : session_of(n, member, t->lane);

    if (t->row.size == 0 || t->advanced || t->own != OWN_NONE || origin == NULL ||
        n->mono - t->ack_ms < (t->acks_left > 0 ? ACK_AGAIN_MS : ACK_ALWAYS_MS))
        return;
    t->acks_left -= t->acks_left > 0;
    t->ack_ms = n->mono;
    send_ack(n, origin, t);
}

void
follow_tick(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        follow_choose(n, n->track[i]);
        repeat_ack(n, n->track[i]);
    }
}

void
follow_disk(struct node *n)
{
    follow_tick(n);
}

static int
check_shape(const Parallax__V1__Data *d, struct checkpoint *anchor, struct why *why)
{
    if (d->n_headers == 0 || d->n_headers > LIMIT_BATCH_COUNT || d->n_bodies != d->n_headers ||
        d->n_proof > LIMIT_PROOF_COUNT)
        return why_set(why, WHY_FRAME_SHAPE, 0, 0, "data", "%zu headers, %zu bodies, %zu hashes",
                       d->n_headers, d->n_bodies, d->n_proof);
    for (size_t i = 0; i < d->n_proof; i++) {
        if (d->proof[i].len != HASH_BYTES)
            return why_set(why, WHY_FRAME_SHAPE, 0, 0, "proof", "a hash of %zu bytes", d->proof[i].len);
    }
    if (evidence_checkpoint_take(d->anchor, anchor, why) != 0)
        return -1;
    if (memcmp(anchor->log, d->log.data, LOG_ID_BYTES) != 0 || anchor->size < d->first + d->n_headers)
        return why_set(why, WHY_HEAD_SHAPE, 0, 0, "anchor", "does not cover the batch");
    return 0;
}

/* Does the batch lead from what we hold to the signed root? */
static int
check_tree(struct node *n, const struct track *t, const Parallax__V1__Data *d,
           const struct checkpoint *anchor, struct road_growth *growth, struct why *why)
{
    uint8_t root[HASH_BYTES], proof[LIMIT_PROOF_COUNT][HASH_BYTES];

    road_grow_begin(n, t, d->n_headers, growth);
    for (size_t i = 0; i < d->n_headers; i++)
        road_grow(growth, span_of(d->headers[i].data, d->headers[i].len));
    tree_root(&growth->tree, root);
    for (size_t i = 0; i < d->n_proof; i++)
        memcpy(proof[i], d->proof[i].data, HASH_BYTES);
    if (!tree_check_consistency(growth->tree.size, root, anchor->size, anchor->root,
                                (const uint8_t(*)[HASH_BYTES])proof, d->n_proof))
        return why_set(why, WHY_TREE_PROOF, 0, 0, "anchor",
                       "%llu leaves do not lead to the root signed at %llu",
                       (unsigned long long)growth->tree.size, (unsigned long long)anchor->size);
    return 0;
}

static void
freeze(struct node *n, struct track *t, struct link *l, const struct why *why)
{
    char hex[2 * LOG_ID_BYTES + 1];

    text_hex_of(t->row.id, LOG_ID_BYTES, hex);
    t->row.frozen = true;
    t->source = 0;
    heads_changed(n, t);
    send_close(n, l, t, why->code);
    action_event(n, EV_log_frozen, "log=%s origin=%s why=%s", hex, t->row.origin, why_name(why->code));
}

/* ${l} tells another story of a log that contradicts itself than the one we hold: nobody is blamed once more, and another source may tell ours. */
static void
stray(struct node *n, struct track *t, struct link *l)
{
    send_close(n, l, t, WHY_NONE);
    t->strayed = l->id;
    t->strayed_ms = n->mono;
    t->offered[l->member] = 0;
    t->source = 0;
}

static int
check_leaves(struct node *n, struct track *t, struct link *l, const Parallax__V1__Data *d, struct why *why)
{
    for (size_t i = 0; i < d->n_headers; i++) {
        if (d->headers[i].len > LIMIT_HEADER_BYTES) {
            why_set(why, WHY_HEADER_SIZE, 0, 0, "header", "%zu bytes at leaf %llu", d->headers[i].len,
                    (unsigned long long)(d->first + i));
            freeze(n, t, l, why);
            return -1;
        }
    }
    if (d->first == 0 &&
        road_descriptor(n, t, span_of(d->headers[0].data, d->headers[0].len),
                        span_of(d->bodies[0]->bytes.data, d->bodies[0]->bytes.len), why) != 0) {
        if (why->code != WHY_BODY_HASH)
            freeze(n, t, l, why);
        return -1;
    }
    if (d->first == 0) {
        Parallax__V1__Lane lane = strcmp(t->row.class_name, "data") == 0 ? PARALLAX__V1__LANE__BULK_LANE
                                                                         : PARALLAX__V1__LANE__ALERT_LANE;
        if (node_is_named(t) && !may_release(n->conf.name, &t->row, n->roster))
            audience_load(n); /* a later log may hand its keys on to us */
        if (lane != t->lane || !may_release(n->conf.name, &t->row, n->roster)) {
            audience_forget(t);
            return why_set(why, WHY_NOT_RELEASED, 0, 0, "log", "not for us, or on the wrong lane");
        }
    }
    return 0;
}

/* 0: it can be kept. Bodies of the log's own kinds live as long as their headers and change what follows: who comes without them is not believed. */
static int
check_own_kinds(const struct road_result *results, const Parallax__V1__Data *d, struct why *why)
{
    for (size_t i = 0; i < d->n_headers; i++) {
        if (results[i].kind >= PARALLAX__V1__KIND__DESCRIPTOR &&
            results[i].record.body_state != STORE_BODY_HELD)
            return why_set(why, WHY_BODY_HASH, 0, 0, "body",
                           "leaf %llu, which is about the log itself, comes without its body",
                           (unsigned long long)(d->first + i));
    }
    return 0;
}

/* -1: what the sender says is not believed, or sealed bodies cannot be opened now. */
static int
store(struct node *n, struct track *t, struct link *l, const Parallax__V1__Data *d,
      const struct road_growth *growth, const struct checkpoint *anchor, struct why *why)
{
    struct road_result *results = action_memory(n, d->n_headers * sizeof(*results));
    struct span *headers = action_memory(n, d->n_headers * sizeof(*headers));
    struct span *bodies = action_memory(n, d->n_headers * sizeof(*bodies));
    bool opened = node_is_named(t), of_origin = strcmp(l->peer, t->row.origin) == 0;
    uint8_t(*proof)[HASH_BYTES] = action_memory(n, d->n_proof * HASH_BYTES);

    for (size_t i = 0; i < d->n_headers; i++) {
        headers[i] = span_of(d->headers[i].data, d->headers[i].len);
        if (d->bodies[i]->state == PARALLAX__V1__BODY__STATE__BYTES)
            bodies[i] = span_of(d->bodies[i]->bytes.data, d->bodies[i]->bytes.len);
    }
    if (opened && node_sealed_open(n, t, headers, bodies, d->n_headers) != 0)
        return -1;
    for (size_t i = 0; i < d->n_headers; i++) {
        const Parallax__V1__Body *b = d->bodies[i];
        int state = b->state == PARALLAX__V1__BODY__STATE__BYTES      ? STORE_BODY_HELD
                    : b->state == PARALLAX__V1__BODY__STATE__FILTERED ? STORE_BODY_FILTERED
                    : of_origin                                       ? STORE_BODY_GONE
                                : STORE_BODY_MISSING; /* not there; elsewhere, perhaps */
        road_check(n, t, headers[i], bodies[i], state, opened ? &n->plain[i] : NULL,
                   opened ? &n->plain_why[i] : NULL, &results[i]);
        if (results[i].why.code != WHY_NONE)
            node_count_reject(n,
                              why_blame(results[i].why.code) == BLAME_SENDER
                                  ? l->member
                                  : node_member_index(n, t->row.origin),
                              &results[i].why);
    }
    if (check_own_kinds(results, d, why) != 0)
        return -1;
    for (size_t i = 0; i < d->n_proof; i++)
        memcpy(proof[i], d->proof[i].data, HASH_BYTES);
    if (anchor->size > t->row.head.size)
        heads_adopt(n, t, anchor);
    road_store(n, t, results, d->n_headers, growth, anchor, (const uint8_t(*)[HASH_BYTES])proof, d->n_proof);
    return 0;
}

/* Does the frame go on where our leaves end? -1: what follows from that is done. */
static int
check_story(struct node *n, struct track *t, struct link *l, const Parallax__V1__Data *d,
            const struct checkpoint *anchor, struct road_growth *growth, struct why *why)
{
    if (t->end != NULL) {
        if (check_tree(n, t, d, anchor, growth, why) == 0)
            return 0;
        t->progress_ms = n->mono - STALL_MS - 1;
        if (recover_doubt(n, t, l))
            why_clear(why);
        return -1;
    }
    if (t->row.disputed) {
        if (dispute_fits(n, t, d, anchor) && check_tree(n, t, d, anchor, growth, why) == 0)
            return 0;
        why_clear(why);
        stray(n, t, l);
        return -1;
    }
    if (anchor->size == t->row.head.size && memcmp(anchor->root, t->row.head.root, HASH_BYTES) != 0) {
        fork_same_size(n, t, l, &t->row.head, anchor);
        return -1;
    }
    if (check_tree(n, t, d, anchor, growth, why) == 0)
        return 0;
    t->progress_ms = n->mono - STALL_MS - 1;
    /* Under a well-signed anchor it may be the origin that lied: the proof decides whom to blame. */
    if (fork_suspect(n, t, l, anchor))
        why_clear(why);
    return -1;
}

void
follow_data(struct node *n, struct link *l, const Parallax__V1__Data *d, struct why *why)
{
    struct track *t = d->log.len == LOG_ID_BYTES ? node_track(n, d->log.data) : NULL;
    struct checkpoint anchor;
    struct road_growth growth;
    struct why leaf_why;

    if (t != NULL && d->n_headers == 0) {
        fetch_answered(n, l, d, why);
        return;
    }
    if (t == NULL || t->source != l->id || (t->row.frozen && !dispute_wants(n, t)) ||
        (t->own != OWN_NONE && t->own != OWN_RECOVERING && t->own != OWN_ENDED))
        return; /* LOG_UNKNOWN: what a source that was left had under way; nobody is blamed */
    if (d->first != t->row.size) {
        /* ORDER: dropped, nobody blamed; ask again where we are, once the stall is seen. */
        if (d->first > t->row.size)
            t->progress_ms = n->mono - STALL_MS - 1;
        return;
    }
    if (check_shape(d, &anchor, why) != 0 || heads_verify(n, t, t->row.origin, &anchor, why) != 0) {
        t->progress_ms = n->mono - STALL_MS - 1; /* the next source takes over */
        return;
    }
    if (t->end != NULL)
        anchor = t->row.head; /* without what the sender put in the place of a signature */
    if (check_story(n, t, l, d, &anchor, &growth, why) != 0)
        return;
    if (t->own == OWN_NONE && quota_pass(n, t, protobuf_c_message_get_packed_size(&d->base))) {
        why_clear(&leaf_why);
        why_set(&leaf_why, WHY_QUOTA, 0, 0, "log", "the quota of its origin would be passed");
        node_count_reject(n, node_member_index(n, t->row.origin), &leaf_why);
        send_close(n, l, t, WHY_QUOTA);
        t->source = 0;
        return;
    }
    why_clear(&leaf_why);
    if (check_leaves(n, t, l, d, &leaf_why) != 0) {
        if (leaf_why.code == WHY_BODY_HASH) {
            *why = leaf_why; /* the sender's fault, not the log's */
            t->progress_ms = n->mono - STALL_MS - 1;
            return;
        }
        node_count_reject(n, node_member_index(n, t->row.origin), &leaf_why);
        return;
    }
    if (store(n, t, l, d, &growth, &anchor, why) != 0) {
        if (why->code != WHY_NONE)
            t->progress_ms = n->mono - STALL_MS - 1;
        return; /* the same leaves are asked for again */
    }
    t->progress_ms = n->mono;
    if (t->own == OWN_RECOVERING)
        own_recovered(n, t);
    else if (t->own == OWN_ENDED)
        t->anchored = t->row.size;
}

void
follow_committed(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        struct link *source, *origin;
        int member;
        if (!t->advanced)
            continue;
        t->advanced = false;
        if (t->own != OWN_NONE)
            continue;
        member = node_member_index(n, t->row.origin);
        source = t->source == 0 ? NULL : node_link(n, t->source);
        origin = member < 0 ? NULL : session_of(n, member, t->lane);
        if (source != NULL)
            send_ack(n, source, t);
        if (origin != NULL && origin != source)
            send_ack(n, origin, t);
        t->acks_left = ACKS_AGAIN;
        t->ack_ms = n->mono;
        if (t->row.size >= t->row.head.size && !t->caught_up) {
            t->caught_up = true;
            action_event(n, EV_caught_up, "origin=%s size=%llu", t->row.origin,
                         (unsigned long long)t->row.size);
        }
    }
    heads_witness_alerts(n);
}
