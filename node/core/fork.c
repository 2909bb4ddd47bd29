/*
 * Contradictions (DESIGN sections 1.5 and 4): finding that an origin signed two heads that cannot both be true, asking for the proof,
 * keeping it, telling every peer that may hold the log. The log is frozen at what is held; where the two stories part is found by
 * bisection. Pure.
 */
#include "core/evidence.h"
#include "core/node_internal.h"
#include <stdio.h>

#define ASK_MS     10000 /* an answer that takes longer is none */
#define FORKS_MAX  20    /* looked at of one session in PROOFS_MS: each costs two signatures */
#define PROOFS_MAX 20    /* answered to one session in PROOFS_MS: each costs some reads of the store */
#define PROOFS_MS  1000
#define BISECT_MAX 64

static bool
same_head(const struct checkpoint *a, const struct checkpoint *b)
{
    return a->size == b->size && memcmp(a->root, b->root, HASH_BYTES) == 0;
}

static void begin_bisect(struct node *n, struct track *t, struct link *l, uint64_t differs,
                         uint64_t newer_size);

/* --- Keeping and telling ------------------------------------------------------------------------------------- */

static void
tell(struct node *n, struct link *l, const struct track *t, struct span packed)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Fork *fork;

    bool knows = (t->told >> l->member & 1) != 0;

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

/* Freeze the log, and keep and pass on ${e} (NULL: nothing that others could check). */
static void
found(struct node *n, struct track *t, const struct evidence *e)
{
    char hex[2 * LOG_ID_BYTES + 1];
    struct action *a;
    struct buf packed;
    struct why why;
    uint8_t *bytes;

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
        buf_init(&packed, LIMIT_FRAME_BYTES);
        evidence_pack(e, &packed);
        bytes = action_memory(n, packed.n);
        memcpy(bytes, packed.p, packed.n);
        a = action_add(n, ACTION_EVIDENCE);
        memcpy(a->log, t->row.id, LOG_ID_BYTES);
        a->bytes = span_of(bytes, packed.n);
        for (size_t i = 0; i < n->link_n; i++) {
            if (n->link[i]->state == LINK_OPEN && !n->link[i]->surplus)
                tell(n, n->link[i], t, a->bytes);
        }
        buf_release(&packed);
    }
    if (t->own != OWN_NONE)
        own_forged(n, t);
}

static void
set_evidence(const struct track *t, const struct checkpoint *older, const struct checkpoint *newer,
             const uint8_t prefix[HASH_BYTES], struct evidence *e)
{
    memset(e, 0, sizeof(*e));
    snprintf(e->origin, sizeof(e->origin), "%s", t->row.origin);
    e->older = *older;
    e->newer = *newer;
    memcpy(e->prefix_root, prefix, HASH_BYTES);
}

void
fork_same_size(struct node *n, struct track *t, struct link *l, const struct checkpoint *a,
               const struct checkpoint *b)
{
    struct evidence e;

    set_evidence(t, a, b, b->root, &e);
    found(n, t, &e);
    begin_bisect(n, t, l, a->size <= t->ready ? a->size : t->ready + 1, a->size);
}

void
fork_forged(struct node *n, struct track *t)
{
    found(n, t, NULL);
}

/* --- Heads that are older than what we hold ------------------------------------------------------------------- */

/* The newest signed head whose leaves we hold to its end; size 0: none. */
static struct checkpoint
held_head(struct node *n, const struct track *t)
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
    mine = held_head(n, t);
    if (mine.size < c->size || node_range_root(n, t, 0, c->size, root) != 0)
        return false;
    if (memcmp(root, c->root, HASH_BYTES) == 0) {
        t->agreed = *c;
        return false;
    }
    set_evidence(t, c, &mine, root, &e);
    count = node_prove_consistency(n, t, c->size, mine.size, e.path);
    if (count < 0)
        return false;
    e.path_n = (uint32_t)count;
    found(n, t, &e);
    begin_bisect(n, t, l, c->size, c->size);
    return true;
}

/* --- Data that does not follow from what we hold --------------------------------------------------------------- */

static void
ask(struct node *n, struct link *l, struct track *t, uint64_t old_size, uint64_t new_size)
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
        return true;
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
    t->ask.lo = t->ask.hi = 0;
    ask(n, l, t, mine.size, anchor->size);
    return true;
}

/* Nothing shows that the origin lied: whoever sent the frame did. */
static void
blame_sender(struct node *n, struct track *t)
{
    const struct link *l = node_link(n, t->ask.link);
    struct why why;

    t->ask.busy = false;
    if (l == NULL || t->ask.lo != t->ask.hi)
        return;
    why_clear(&why);
    why_set(&why, WHY_TREE_PROOF, 0, 0, "anchor",
            "the batch did not lead to the signed root, and the origin's heads agree");
    node_count_reject(n, l->member, &why);
}

/* Where the stories part is between lo (common) and hi (not): ask for the middle. */
static void
bisect(struct node *n, struct track *t, struct link *l)
{
    char hex[2 * LOG_ID_BYTES + 1];

    if (t->ask.hi - t->ask.lo > 1 && t->ask.steps++ < BISECT_MAX) {
        ask(n, l, t, t->ask.lo + (t->ask.hi - t->ask.lo) / 2, t->ask.newer_size);
        return;
    }
    text_hex_of(t->row.id, LOG_ID_BYTES, hex);
    t->ask.busy = false;
    action_event(n, EV_fork_common, "log=%s origin=%s size=%llu", hex, t->row.origin,
                 (unsigned long long)t->ask.lo);
}

/* ${l} told the other story. It may tell it only to itself: then the common size stays unknown. */
static void
begin_bisect(struct node *n, struct track *t, struct link *l, uint64_t differs, uint64_t newer_size)
{
    if (l->lane != t->lane || l->state != LINK_OPEN)
        return;
    t->ask.lo = 0;
    t->ask.hi = differs;
    t->ask.steps = 0;
    t->ask.newer_size = newer_size;
    bisect(n, t, l);
}

static int
read_answer(struct node *n, struct track *t, const Parallax__V1__ProofAnswer *a, struct evidence *e,
            struct why *why)
{
    struct checkpoint c;

    if (evidence_checkpoint_take(a->checkpoint, &c, why) != 0)
        return -1;
    if (a->prefix_root.len != HASH_BYTES || a->n_path > LIMIT_PROOF_COUNT || c.size < a->old_size ||
        memcmp(c.log, t->row.id, LOG_ID_BYTES) != 0)
        return why_set(why, WHY_PROOF_BAD, 0, 0, "proof_answer", "a member is missing or of a wrong length");
    set_evidence(t, &t->ask.older, &c, a->prefix_root.data, e);
    for (size_t i = 0; i < a->n_path; i++) {
        if (a->path[i].len != HASH_BYTES)
            return why_set(why, WHY_PROOF_BAD, 0, 0, "path", "a hash of %zu bytes", a->path[i].len);
        memcpy(e->path[i], a->path[i].data, HASH_BYTES);
    }
    e->path_n = (uint32_t)a->n_path;
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
    uint8_t root[HASH_BYTES];

    if (t == NULL || !t->ask.busy || t->ask.link != l->id || a->old_size != t->ask.old_size)
        return; /* too late, or nobody asked: costs nothing */
    if (read_answer(n, t, a, &e, why) != 0) {
        t->ask.busy = false;
        return;
    }
    if (t->ask.hi != 0) {
        if (a->old_size > t->ready || node_range_root(n, t, 0, a->old_size, root) != 0) {
            t->ask.busy = false;
            return;
        }
        if (memcmp(root, e.prefix_root, HASH_BYTES) == 0)
            t->ask.lo = a->old_size;
        else
            t->ask.hi = a->old_size;
        bisect(n, t, l);
        return;
    }
    if (memcmp(e.prefix_root, e.older.root, HASH_BYTES) == 0) {
        blame_sender(n, t);
        return;
    }
    found(n, t, &e);
    begin_bisect(n, t, l, e.older.size <= t->ready ? e.older.size : t->ready + 1, e.newer.size);
}

void
fork_tick(struct node *n)
{
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        if (t->ask.busy && n->mono - t->ask.ms > ASK_MS)
            blame_sender(n, t);
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
    head = held_head(n, t);
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

void
fork_told(struct node *n, struct link *l, const Parallax__V1__Fork *in, struct why *why)
{
    struct evidence *e = action_memory(n, sizeof(*e));
    struct track *t;

    begin_second(n, l);
    if (l->forks_n++ >= FORKS_MAX) {
        why_set(why, WHY_LIMIT, 0, 0, "fork", "more than %d a second", FORKS_MAX);
        return;
    }
    if (evidence_take(in, e, why) != 0)
        return;
    t = node_track(n, e->older.log);
    if (t != NULL && (t->row.frozen || strcmp(t->row.origin, e->origin) != 0))
        return; /* known already, or of nobody */
    if (node_member_index(n, e->origin) < 0 || evidence_check(e, n->roster, why) != 0) {
        if (why->code == WHY_NONE)
            why_set(why, WHY_HEAD_KEY, 0, 0, "origin", "not a member");
        return;
    }
    if (t == NULL && (t = heads_discover(n, l, e->origin, &e->newer, false, why)) == NULL)
        return;
    found(n, t, e);
}
