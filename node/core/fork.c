/*
 * Contradictions (DESIGN sections 1.5 and 4): finding that an origin signed two heads that cannot both be true, asking for the proof,
 * keeping it, telling every peer that may hold the log. Where the two stories part is found by bisection (bisect.c); what follows
 * from it for the log is in dispute.c. Pure.
 */
#include "core/evidence.h"
#include "core/node_internal.h"
#include <stdio.h>

#define ASK_MS     10000 /* an answer that takes longer is none */
#define FORKS_MAX  20    /* looked at of one session in PROOFS_MS: each costs two signatures */
#define PROOFS_MAX 40    /* answered to one session in PROOFS_MS: each costs some reads of the store */
#define PROOFS_MS  1000
#define PROBE_MS   30000 /* while it is not known where the stories part, the next peer is asked */

static bool
same_head(const struct checkpoint *a, const struct checkpoint *b)
{
    return a->size == b->size && memcmp(a->root, b->root, HASH_BYTES) == 0;
}

/* --- Keeping and telling ------------------------------------------------------------------------------------- */

static void
tell(struct node *n, struct link *l, const struct track *t, struct span packed)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Fork *fork;

    /* Who told us of the log knows of it; who was removed is told nothing all the same. */
    bool knows = (t->told >> l->member & 1) != 0 && !n->roster->member[l->member].removed;

    if (l->lane != t->lane || (!knows && !may_release(l->peer, &t->row, n->roster)))
        return;
    fork = parallax__v1__fork__unpack(NULL, packed.n, packed.p);
    if (fork == NULL)
        return; /* no memory: told again with the next session */
    f.body_case = PARALLAX__V1__FRAME__BODY_FORK;
    f.fork = fork;
    session_send(n, l, &f);
    parallax__v1__fork__free_unpacked(fork, NULL);
}

static void
tell_kept(struct node *n, struct link *l, const struct track *t)
{
    struct span packed;

    if (t->row.frozen && n->conf.view.evidence != NULL &&
        n->conf.view.evidence(n->conf.view.cookie, t->row.id, &packed) == 0)
        tell(n, l, t, packed);
}

void
fork_greeted(struct node *n, struct link *l)
{
    for (size_t i = 0; i < n->track_n; i++)
        tell_kept(n, l, n->track[i]);
}

void
fork_heard(struct node *n, struct link *l, struct track *t)
{
    uint64_t bit = (uint64_t)1 << l->member;

    if ((t->told & bit) != 0)
        return;
    t->told |= bit;
    tell_kept(n, l, t);
}

static void
keep_and_tell(struct node *n, struct track *t, const struct evidence *e)
{
    struct buf packed;
    struct action *a;
    uint8_t *bytes;

    buf_init(&packed, LIMIT_FRAME_BYTES);
    evidence_pack(e, &packed);
    bytes = action_memory(n, packed.n);
    memcpy(bytes, packed.p, packed.n);
    a = action_add(n, ACTION_EVIDENCE);
    memcpy(a->log, t->row.id, LOG_ID_BYTES);
    a->bytes = span_of(bytes, packed.n);
    buf_release(&packed);
    for (size_t i = 0; i < n->link_n; i++) {
        struct link *l = n->link[i];
        /* A second session of the origin may be a second process under its name, which is the one to hear it. */
        if (l->state == LINK_OPEN && (!l->surplus || strcmp(l->peer, t->row.origin) == 0))
            tell(n, l, t, a->bytes);
    }
}

/* Freeze the log, and keep and pass on ${e} (NULL: nothing that others could check). */
static void
found(struct node *n, struct track *t, const struct evidence *e)
{
    char hex[2 * LOG_ID_BYTES + 1];
    struct why why;

    why_clear(&why);
    why_set(&why, WHY_FORK, 0, 0, "checkpoint", "size %llu has two signed roots",
            (unsigned long long)(e == NULL ? t->row.size : e->older.size));
    node_count_reject(n, node_member_index(n, t->row.origin), &why);
    text_hex_of(t->row.id, LOG_ID_BYTES, hex);
    t->row.frozen = true;
    t->source = 0;
    t->ask.busy = false;
    heads_changed(n, t);
    action_event(n, EV_fork_found, "log=%s origin=%s size=%llu", hex, t->row.origin,
                 (unsigned long long)(e == NULL ? t->row.size : e->older.size));
    if (e != NULL) {
        dispute_begin(n, t, e);
        keep_and_tell(n, t, e);
    }
    if (t->own != OWN_NONE)
        own_forged(n, t);
}

void
fork_same_size(struct node *n, struct track *t, struct link *l, const struct checkpoint *a,
               const struct checkpoint *b)
{
    struct evidence e;

    evidence_set(t->row.origin, a, b, b->root, &e);
    found(n, t, &e);
    bisect_begin(n, t, l);
}

void
fork_forged(struct node *n, struct track *t, struct link *l)
{
    found(n, t, NULL);
    bisect_begin(n, t, l);
}

/* --- Heads that are older than what we hold ------------------------------------------------------------------- */

struct checkpoint
fork_held_head(struct node *n, const struct track *t)
{
    struct checkpoint none = {.size = 0};
    struct store_batch b;

    if (t->row.head.size != 0 && t->row.head.size <= t->ready)
        return t->row.head;
    if (t->ready == 0 || n->conf.view.batch(n->conf.view.cookie, t->row.no, t->ready - 1, SIZE_MAX,
                                            n->records, LIMIT_BATCH_COUNT, &b) != 0)
        return none;
    return b.anchor.size != 0 && b.anchor.size <= t->ready ? b.anchor : none;
}

/* The anchor that came with the last leaves: signed, and our leaves lead to it. size 0: none. */
static struct checkpoint
last_anchor(struct node *n, const struct track *t)
{
    struct checkpoint none = {.size = 0};
    struct store_batch b;

    if (t->ready == 0 || n->conf.view.batch(n->conf.view.cookie, t->row.no, t->ready - 1, SIZE_MAX,
                                            n->records, LIMIT_BATCH_COUNT, &b) != 0)
        return none;
    return b.anchor;
}

bool
fork_older(struct node *n, struct track *t, struct link *l, const struct checkpoint *c)
{
    struct evidence e;
    struct checkpoint mine;
    uint8_t root[HASH_BYTES];
    int count;

    if (c->size > t->ready || same_head(c, &t->agreed))
        return false;
    mine = fork_held_head(n, t);
    if (mine.size < c->size || node_range_root(n, t, 0, c->size, root) != 0)
        return false;
    if (memcmp(root, c->root, HASH_BYTES) == 0) {
        t->agreed = *c;
        return false;
    }
    evidence_set(t->row.origin, c, &mine, root, &e);
    count = node_prove_consistency(n, t, c->size, mine.size, e.path);
    if (count < 0)
        return false;
    e.path_n = (uint32_t)count;
    found(n, t, &e);
    bisect_begin(n, t, l);
    return true;
}

/* --- Data that does not follow from what we hold --------------------------------------------------------------- */

void
fork_ask(struct node *n, struct link *l, struct track *t, uint64_t old_size, uint64_t new_size)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Proof p = PARALLAX__V1__PROOF__INIT;

    p.log = (ProtobufCBinaryData){LOG_ID_BYTES, t->row.id};
    p.old_size = old_size;
    p.new_size = new_size;
    f.body_case = PARALLAX__V1__FRAME__BODY_PROOF;
    f.proof = &p;
    session_send(n, l, &f);
    t->ask.busy = true;
    t->ask.link = l->id;
    t->ask.old_size = old_size;
    t->ask.ms = n->mono;
}

bool
fork_suspect(struct node *n, struct track *t, struct link *l, const struct checkpoint *anchor)
{
    struct checkpoint mine;

    if (t->ask.busy)
        return t->bisect == NULL;
    mine = last_anchor(n, t);
    if (mine.size == 0 || mine.size > anchor->size)
        return false; /* nothing signed that it could contradict, or nothing that it could prove */
    if (mine.size == anchor->size) {
        if (same_head(&mine, anchor))
            return false;
        fork_same_size(n, t, l, &mine, anchor);
        return true;
    }
    t->ask.older = mine;
    fork_ask(n, l, t, mine.size, anchor->size);
    return true;
}

/* Nothing shows that the origin lied: whoever sent the frame did. */
static void
blame_sender(struct node *n, struct track *t)
{
    const struct link *l = node_link(n, t->ask.link);
    struct why why;

    t->ask.busy = false;
    if (l == NULL)
        return;
    why_clear(&why);
    why_set(&why, WHY_TREE_PROOF, 0, 0, "anchor",
            "the batch did not lead to the signed root, and the origin's heads agree");
    node_count_reject(n, l->member, &why);
}

void
fork_common(struct node *n, struct track *t, struct link *l, const struct evidence *e)
{
    char hex[2 * LOG_ID_BYTES + 1];
    uint64_t before = t->row.common;

    if (!t->row.disputed) {
        found(n, t, e);
    } else if (e->common.size > t->row.common) {
        dispute_begin(n, t, e);
        if (t->row.common > before)
            keep_and_tell(n, t, e);
    }
    text_hex_of(t->row.id, LOG_ID_BYTES, hex);
    action_event(n, EV_fork_common, "log=%s origin=%s size=%llu", hex, t->row.origin,
                 (unsigned long long)e->common.size);
    (void)l;
    heads_changed(n, t);
}

static int
read_answer(struct node *n, struct track *t, const Parallax__V1__ProofAnswer *a, struct evidence *e,
            struct why *why)
{
    struct checkpoint c;

    if (evidence_checkpoint_take(a->checkpoint, &c, why) != 0)
        return -1;
    if (a->prefix_root.len != HASH_BYTES || c.size < a->old_size ||
        memcmp(c.log, t->row.id, LOG_ID_BYTES) != 0)
        return why_set(why, WHY_PROOF_BAD, 0, 0, "proof_answer", "a member is missing or of a wrong length");
    evidence_set(t->row.origin, &t->ask.older, &c, a->prefix_root.data, e);
    if (evidence_path_take(a->path, a->n_path, e->path, &e->path_n, why) != 0)
        return -1;
    if (!tree_check_consistency(a->old_size, e->prefix_root, c.size, c.root,
                                (const uint8_t(*)[HASH_BYTES])e->path, e->path_n))
        return why_set(why, WHY_PROOF_BAD, 0, 0, "path", "does not lead from the prefix to the checkpoint");
    return heads_verify(n, t, t->row.origin, &c, why);
}

void
fork_proof_answer(struct node *n, struct link *l, const Parallax__V1__ProofAnswer *a, struct why *why)
{
    struct track *t = a->log.len == LOG_ID_BYTES ? node_track(n, a->log.data) : NULL;
    struct evidence e;

    if (t == NULL || !t->ask.busy || t->ask.link != l->id || a->old_size != t->ask.old_size)
        return; /* too late, or nobody asked: costs nothing */
    if (read_answer(n, t, a, &e, why) != 0) {
        bisect_end(t);
        return;
    }
    if (t->end != NULL) {
        if (recover_answer(n, t, &e) != 0)
            blame_sender(n, t);
        return;
    }
    if (t->bisect != NULL) {
        bisect_answer(n, t, l, &e);
        return;
    }
    if (memcmp(e.prefix_root, e.older.root, HASH_BYTES) == 0) {
        blame_sender(n, t);
        return;
    }
    found(n, t, &e);
    bisect_begin(n, t, l);
}

/* Where the stories part is not known: the next peer may hold the other one. */
static void
probe(struct node *n, struct track *t)
{
    if (!t->row.disputed || t->row.common != 0 || t->row.size == 0 || t->ask.busy || n->link_n == 0 ||
        n->mono - t->probe_ms < PROBE_MS)
        return;
    t->probe_ms = n->mono;
    for (size_t i = 0; i < n->link_n && t->bisect == NULL; i++) {
        struct link *l = n->link[t->probe_turn++ % n->link_n];
        if (!l->surplus)
            bisect_begin(n, t, l);
    }
}

void
fork_tick(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        if (t->ask.busy && n->mono - t->ask.ms > ASK_MS) {
            if (t->bisect != NULL)
                bisect_late(n, t);
            else
                blame_sender(n, t);
        }
        probe(n, t);
    }
}

/* --- What others ask and tell ---------------------------------------------------------------------------------- */

static void
begin_second(const struct node *n, struct link *l)
{
    if (n->mono - l->proofs_ms < PROOFS_MS)
        return;
    l->proofs_ms = n->mono;
    l->proofs_n = l->forks_n = 0;
}

void
fork_proof(struct node *n, struct link *l, const Parallax__V1__Proof *p)
{
    struct track *t = p->log.len == LOG_ID_BYTES ? node_track(n, p->log.data) : NULL;
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__ProofAnswer out = PARALLAX__V1__PROOF_ANSWER__INIT;
    Parallax__V1__Checkpoint c;
    ProtobufCBinaryData path[LIMIT_PROOF_COUNT];
    uint8_t root[HASH_BYTES], (*hashes)[HASH_BYTES];
    struct checkpoint head;
    int count;

    begin_second(n, l);
    if (t == NULL || l->proofs_n++ >= PROOFS_MAX || !may_release(l->peer, &t->row, n->roster) ||
        p->old_size == 0 || p->old_size > t->ready)
        return;
    head = fork_held_head(n, t);
    hashes = action_memory(n, LIMIT_PROOF_COUNT * HASH_BYTES);
    if (head.size < p->old_size || node_range_root(n, t, 0, p->old_size, root) != 0 ||
        (count = node_prove_consistency(n, t, p->old_size, head.size, hashes)) < 0)
        return;
    for (int i = 0; i < count; i++)
        path[i] = (ProtobufCBinaryData){HASH_BYTES, hashes[i]};
    evidence_checkpoint_put(&head, &c);
    out.log = (ProtobufCBinaryData){LOG_ID_BYTES, t->row.id};
    out.old_size = p->old_size;
    out.prefix_root = (ProtobufCBinaryData){HASH_BYTES, root};
    out.checkpoint = &c;
    out.n_path = (size_t)count;
    out.path = path;
    f.body_case = PARALLAX__V1__FRAME__BODY_PROOF_ANSWER;
    f.proof_answer = &out;
    session_send(n, l, &f);
}

/* Who tells what both stories have in common holds it, or soon does. Of alerts all is taken that goes on where ours ends. */
static void
offer(struct node *n, struct track *t, const struct link *l, uint64_t common)
{
    follow_lane(n, t, l);
    if (l->lane != t->lane)
        return;
    if (common < t->row.size + 1 && l->lane == PARALLAX__V1__LANE__ALERT_LANE)
        common = t->row.size + 1;
    if (common > t->offered[l->member])
        t->offered[l->member] = common;
    follow_choose(n, t);
}

void
fork_told(struct node *n, struct link *l, const Parallax__V1__Fork *in, struct why *why)
{
    struct evidence *e = action_memory(n, sizeof(*e));
    struct track *t;

    begin_second(n, l);
    if (in->older != NULL && in->older->log.len == LOG_ID_BYTES &&
        roster_recovery(n->roster, in->older->log.data) != NULL)
        return; /* settled by the roster */
    if (l->forks_n++ >= FORKS_MAX) {
        why_set(why, WHY_LIMIT, 0, 0, "fork", "more than %d a second", FORKS_MAX);
        return;
    }
    if (evidence_take(in, e, why) != 0)
        return;
    t = node_track(n, e->older.log);
    if (t != NULL && strcmp(t->row.origin, e->origin) != 0)
        return; /* of nobody */
    if (t != NULL && t->row.disputed && e->common.size <= t->row.common) {
        offer(n, t, l, e->common.size); /* known already */
        return;
    }
    if (node_member_index(n, e->origin) < 0 || evidence_check(e, n->roster, why) != 0) {
        if (why->code == WHY_NONE)
            why_set(why, WHY_HEAD_KEY, 0, 0, "origin", "not a member");
        return;
    }
    if (t == NULL && (t = heads_discover(n, l, e->origin, &e->newer, false, why)) == NULL)
        return;
    if (e->common.size > 0)
        fork_common(n, t, l, e);
    else
        found(n, t, e);
    if (t->row.common == 0)
        bisect_begin(n, t, l);
    offer(n, t, l, e->common.size);
}
