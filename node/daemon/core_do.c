/* Carrying out the actions of the core: store, gate, signer, api. Runs in the core role's thread. */
#include "daemon/core_internal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ROSTER_SETTLE_MS 200 /* several versions may come in a row */

typedef void do_fn(struct core *c, const struct action *a);

/* Every write goes into the running transaction; the loop commits it: at the end of this turn when anything waits for
 * it. */
static void
check(struct core *c, int result)
{
    if (result != 0)
        c->failed = true;
}

static void
begin(struct core *c)
{
    if (c->failed || store_in_transaction(c->store))
        return;
    c->begun_ms = core_run_mono_ms();
    c->gathered = 0;
    c->urgent = false;
    check(c, store_begin(c->store));
}

static void
begin_urgent(struct core *c)
{
    begin(c);
    c->urgent = true;
}

static void
do_send(struct core *c, const struct action *a)
{
    if (!c->gate_up ||
        gatelink_put(&c->gate, (enum gatelink_lane)a->lane, GATELINK_SEND, a->link, a->bytes) == 0)
        return;
    /* The way out is fuller than credit allows: this link ends, the others go on. */
    gatelink_put(&c->gate, GATELINK_ALERT, GATELINK_DROP, a->link, span_of(NULL, 0));
}

static void
do_drop_link(struct core *c, const struct action *a)
{
    if (c->gate_up)
        gatelink_put(&c->gate, GATELINK_ALERT, GATELINK_DROP, a->link, span_of(NULL, 0));
}

static void
do_lane(struct core *c, const struct action *a)
{
    uint8_t lane = (uint8_t)a->lane;

    if (c->gate_up)
        gatelink_put(&c->gate, GATELINK_ALERT, GATELINK_LANE, a->link, span_of(&lane, 1));
}

static void
put_dial(struct core *c, const struct action *a, enum gatelink_kind kind)
{
    struct gatelink_dial d = {.lane = (enum gatelink_lane)a->lane};
    struct buf b;

    if (!c->gate_up)
        return;
    snprintf(d.peer, sizeof(d.peer), "%s", a->peer);
    buf_init(&b, 256);
    gatelink_write_dial(&d, &b);
    gatelink_put(&c->gate, GATELINK_ALERT, kind, 0, buf_span(&b));
    buf_release(&b);
}

static void
do_dial(struct core *c, const struct action *a)
{
    put_dial(c, a, GATELINK_DIAL);
}

static void
do_undial(struct core *c, const struct action *a)
{
    put_dial(c, a, GATELINK_UNDIAL);
}

static void
do_log_put(struct core *c, const struct action *a)
{
    struct store_log row = *a->row;

    begin(c);
    if (!c->failed)
        check(c, store_log_put(c->store, &row));
}

static void
do_batch_put(struct core *c, const struct action *a)
{
    const struct action_batch *b = a->batch;
    uint64_t delivery;
    size_t bad = 0;

    begin(c);
    if (c->failed || store_batch_put(c->store, &b->batch, b->nodes, b->nodes_n, &delivery) != 0) {
        c->failed = true;
        return;
    }
    for (size_t i = 0; i < b->subjects_n && !c->failed; i++) {
        struct store_subject s = b->subjects[i];
        s.delivery = delivery + (s.index - b->batch.first);
        check(c, store_latest_put(c->store, &s));
        check(c, store_segment_note(c->store, s.delivery, s.type, s.epoch));
    }
    for (size_t i = 0; i < b->holds_n && !c->failed; i++)
        check(c, store_hold_put(c->store, b->batch.log, &b->holds[i]));
    for (size_t i = 0; i < b->reveals_n && !c->failed; i++)
        check(c, store_reveal_put(c->store, b->batch.log, &b->reveals[i]));
    for (uint32_t i = 0; i < b->batch.count && !c->failed; i++) {
        const struct why *why = &b->quarantines[bad];
        if (b->batch.records[i].quarantine == WHY_NONE)
            continue;
        bad++;
        check(c, store_quarantine_note(c->store, b->batch.log, b->batch.first + i, (uint32_t)why->code,
                                       why->note));
        log_event(EV_record_quarantined, "index=%llu why=%s note=\"%s\"",
                  (unsigned long long)(b->batch.first + i), why_name(why->code), why->note);
    }
    for (size_t i = 0; i < b->misses_n && !c->failed; i++)
        check(c, store_again_put(c->store, b->batch.log, b->misses[i], STORE_AGAIN_BODY));
    c->gathered += b->batch.count;
    c->urgent = c->urgent || b->batch.anchor.size == 0 || a->lane != PARALLAX__V1__LANE__BULK_LANE;
    c->delivered = c->delivered || b->subjects_n > 0;
    c->own_waiting = c->own_waiting || b->batch.anchor.size == 0;
}

static void
do_batch_sign(struct core *c, const struct action *a)
{
    begin_urgent(c);
    if (!c->failed)
        check(c, store_batch_sign(c->store, a->row->no, &a->row->head));
    c->delivered = true; /* our own records become visible with their signature */
}

static void
do_truncate(struct core *c, const struct action *a)
{
    begin_urgent(c);
    if (!c->failed)
        check(c, store_log_truncate(c->store, a->row->no, a->size));
}

static void
do_published(struct core *c, const struct action *a)
{
    begin_urgent(c);
    if (!c->failed)
        check(c, store_published_put(c->store, a->bytes, a->part, &a->range, 1));
}

static void
do_sign_list(struct core *c, const struct action *a)
{
    Parallax__Role__SignRequest r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
    Parallax__Role__SignRequest__List list = PARALLAX__ROLE__SIGN_REQUEST__LIST__INIT;

    (void)a;
    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_LIST;
    r.list = &list;
    signlink_send(c->sign, &r);
}

static void
do_sign(struct core *c, const struct action *a)
{
    Parallax__Role__SignRequest r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
    Parallax__Role__SignRequest__Append p = PARALLAX__ROLE__SIGN_REQUEST__APPEND__INIT;

    p.log = (ProtobufCBinaryData){LOG_ID_BYTES, (uint8_t *)(uintptr_t)a->log};
    p.origin_line = (char *)(uintptr_t)a->origin_line;
    p.old_size = a->size;
    p.leaves = (ProtobufCBinaryData){a->bytes.n, (uint8_t *)(uintptr_t)a->bytes.p};
    p.time = a->time;
    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_APPEND;
    r.append = &p;
    signlink_send(c->sign, &r);
}

static void
do_heartbeat(struct core *c, const struct action *a)
{
    Parallax__Role__SignRequest r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
    Parallax__Role__SignRequest__Heartbeat h = PARALLAX__ROLE__SIGN_REQUEST__HEARTBEAT__INIT;

    h.log = (ProtobufCBinaryData){LOG_ID_BYTES, (uint8_t *)(uintptr_t)a->log};
    h.time = a->time;
    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_HEARTBEAT;
    r.heartbeat = &h;
    signlink_send(c->sign, &r);
}

static void
do_witness(struct core *c, const struct action *a)
{
    Parallax__Role__SignRequest r = PARALLAX__ROLE__SIGN_REQUEST__INIT;
    Parallax__Role__SignRequest__Witness w = PARALLAX__ROLE__SIGN_REQUEST__WITNESS__INIT;
    const struct checkpoint *h = &a->row->head;

    w.origin_line = (char *)(uintptr_t)a->origin_line;
    w.old_size = a->size;
    w.size = h->size;
    w.root = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)h->root};
    w.signature = (ProtobufCBinaryData){SIG_BYTES, (uint8_t *)(uintptr_t)h->signature};
    w.log_key = (ProtobufCBinaryData){SIG_KEY_BYTES, (uint8_t *)(uintptr_t)a->log_key};
    w.proof = (ProtobufCBinaryData){a->bytes.n, (uint8_t *)(uintptr_t)a->bytes.p};
    w.time = a->time;
    r.what_case = PARALLAX__ROLE__SIGN_REQUEST__WHAT_WITNESS;
    r.witness = &w;
    signlink_send(c->sign, &r);
}

static void
do_answer(struct core *c, const struct action *a)
{
    static const uint8_t none[LOG_ID_BYTES];
    struct node_log_status s;
    int i = node_log_find_no(c->node, a->range.log);

    if (i >= 0)
        node_log_status(c->node, (size_t)i, &s);
    api_published(c->api, a->token, a->why, a->why == NULL ? &a->range : NULL, i >= 0 ? s.row->id : none);
}

static void
do_guard_passed(struct core *c, const struct action *a)
{
    (void)a;
    begin(c);
    if (!c->failed)
        check(c, store_meta_set(c->store, "boot", span_str(c->args->boot)));
    if (!c->failed)
        check(c, store_meta_delete(c->store, STORE_COPY_MARK));
}

static void
do_evidence(struct core *c, const struct action *a)
{
    begin_urgent(c);
    if (!c->failed)
        check(c, store_evidence_set(c->store, a->log, a->bytes));
}

int
core_do_evidence(void *cookie, const uint8_t log[LOG_ID_BYTES], struct span *out)
{
    struct core *c = cookie;
    int rc;

    buf_clear(&c->evidence);
    rc = store_evidence_get(c->store, log, &c->evidence);
    *out = buf_span(&c->evidence);
    return rc;
}

/* Kept first, then in force: a core that cannot keep it goes on without. */
static void
do_roster(struct core *c, const struct action *a)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%06llu.note", c->args->conf->roster, (unsigned long long)a->size);
    if (file_create(path, a->bytes, 0600) != 0 && errno != EEXIST) {
        log_event(EV_roster_refused, "note=\"%s: %s\"", path, strerror(errno));
        return;
    }
    c->again_ms = core_run_mono_ms() + ROSTER_SETTLE_MS;
}

static void
do_late(struct core *c, const struct action *a)
{
    begin_urgent(c);
    if (!c->failed)
        check(c, store_late_put(c->store, a->late));
    c->delivered = true;
}

static void
do_dispute(struct core *c, const struct action *a)
{
    begin_urgent(c);
    if (!c->failed)
        check(c, store_dispute_drop(c->store, a->row->no, a->row->origin, a->size));
}

static void
do_aside(struct core *c, const struct action *a)
{
    struct event e = {.kind = EVENT_DROPPED};

    begin_urgent(c);
    if (!c->failed)
        check(c, store_aside_put(c->store, a->row->no, a->row->origin, a->size, &a->row->head, &e.size));
    /* They count for nobody any more. */
    memcpy(e.log, a->row->id, LOG_ID_BYTES);
    core_run_step(c, &e);
}

static void
do_refill(struct core *c, const struct action *a)
{
    begin(c);
    for (size_t i = 0; i < a->subjects_n && !c->failed; i++)
        check(c, store_dispute_refill(c->store, &a->subjects[i]));
}

static void
do_unmake(struct core *c, const struct action *a)
{
    (void)a;
    begin_urgent(c);
    if (!c->failed)
        check(c, store_picture_unmake(c->store));
    log_event(EV_picture_unmade, "%s", "why=asked");
}

static void
do_remade(struct core *c, const struct action *a)
{
    (void)a;
    begin_urgent(c);
    if (!c->failed)
        check(c, store_picture_remade(c->store));
    log_event(EV_picture_remade, "%s", "from=logs");
}

static void
do_event(struct core *c, const struct action *a)
{
    (void)c;
    log_event((enum log_event)a->event, "%s", a->text);
}

static do_fn *const table[] = {
    [ACTION_SEND] = do_send,           [ACTION_LANE] = do_lane,
    [ACTION_DROP_LINK] = do_drop_link, [ACTION_DIAL] = do_dial,
    [ACTION_UNDIAL] = do_undial,       [ACTION_LOG_PUT] = do_log_put,
    [ACTION_BATCH_PUT] = do_batch_put, [ACTION_BATCH_SIGN] = do_batch_sign,
    [ACTION_TRUNCATE] = do_truncate,   [ACTION_PUBLISHED] = do_published,
    [ACTION_SIGN_LIST] = do_sign_list, [ACTION_SIGN] = do_sign,
    [ACTION_HEARTBEAT] = do_heartbeat, [ACTION_WITNESS] = do_witness,
    [ACTION_ANSWER] = do_answer,       [ACTION_GUARD_PASSED] = do_guard_passed,
    [ACTION_EVIDENCE] = do_evidence,   [ACTION_ROSTER] = do_roster,
    [ACTION_LATE] = do_late,           [ACTION_EVENT] = do_event,
    [ACTION_DISPUTE] = do_dispute,     [ACTION_REFILL] = do_refill,
    [ACTION_UNMAKE] = do_unmake,       [ACTION_REMADE] = do_remade,
    [ACTION_ASIDE] = do_aside,
};

void
core_do(struct core *c, const struct actions *a)
{
    for (size_t i = 0; i < a->n && !c->failed; i++)
        table[a->v[i].kind](c, &a->v[i]);
}

static bool
has(ProtobufCBinaryData b, size_t n)
{
    return b.len == n;
}

static void
copy_signed(struct event_signed *s, ProtobufCBinaryData log, uint64_t size, ProtobufCBinaryData root,
            ProtobufCBinaryData signature)
{
    memset(s, 0, sizeof(*s));
    if (has(log, LOG_ID_BYTES))
        memcpy(s->log, log.data, LOG_ID_BYTES);
    s->size = size;
    if (has(root, HASH_BYTES))
        memcpy(s->root, root.data, HASH_BYTES);
    if (has(signature, SIG_BYTES))
        memcpy(s->signature, signature.data, SIG_BYTES);
}

static void
answer_list(struct core *c, const Parallax__Role__SignAnswer *a)
{
    struct event e = {.kind = EVENT_SIGN_LIST, .signed_n = a->n_logs};
    struct event_signed *v = mem_new((a->n_logs + 1) * sizeof(*v));

    for (size_t i = 0; i < a->n_logs; i++)
        copy_signed(&v[i], a->logs[i]->log, a->logs[i]->size, a->logs[i]->root, a->logs[i]->signature);
    e.signed_heads = v;
    e.log_key = has(a->log_key, SIG_KEY_BYTES) ? a->log_key.data : NULL;
    core_run_step(c, &e);
    free(v);
}

static void
answer_witness(struct core *c, const Parallax__Role__SignAnswer *a)
{
    struct event e = {.kind = EVENT_WITNESSED, .size = a->size};
    const struct roster_member *me = roster_member(c->chain.roster, c->api_ctx.name);
    const char *hex = strrchr(a->origin_line, '/');
    char name[ORIGIN_LINE_MAX];
    const char *from = a->origin_line + strlen(c->chain.roster->federation) + 1;

    if (hex == NULL || text_unhex(span_str(hex + 1), e.log, LOG_ID_BYTES) != 0 || from > hex || me == NULL)
        return;
    snprintf(e.line.node, sizeof(e.line.node), "%s", c->api_ctx.name);
    if (a->ok && has(a->cosignature, SIG_BYTES) && me->witness.n > 0) {
        e.line.time = a->time;
        memcpy(e.line.signature, a->cosignature.data, SIG_BYTES);
        checkpoint_witness_name(c->chain.roster->federation, c->api_ctx.name, name);
        checkpoint_key_id(name, 0x04, me->witness.key[0].key, e.line.key_id);
    }
    core_run_step(c, &e);
}

void
core_do_sign_answer(void *cookie, const Parallax__Role__SignAnswer *a)
{
    struct core *c = cookie;
    struct event_signed s;
    struct event e = {.kind = a->ok ? EVENT_SIGNED : EVENT_SIGN_REFUSED, .signed_heads = &s, .signed_n = 1};

    if (a->origin_line[0] != '\0') {
        answer_witness(c, a);
    } else if (!has(a->log, LOG_ID_BYTES)) {
        answer_list(c, a);
    } else {
        copy_signed(&s, a->log, a->size, a->root, a->signature);
        if (has(a->cosignature, SIG_BYTES)) {
            e.heartbeat_time = a->time;
            memcpy(e.heartbeat, a->cosignature.data, SIG_BYTES);
        }
        core_run_step(c, &e);
    }
}

void
core_do_send_peers(struct core *c)
{
    struct gatelink_peers *p = mem_new(sizeof(*p));
    const struct roster *r = c->chain.roster;
    struct buf b;

    snprintf(p->name, sizeof(p->name), "%s", c->api_ctx.name);
    snprintf(p->listen, sizeof(p->listen), "%.127s", c->args->conf->listen);
    for (unsigned i = 0; i < r->members_n; i++) {
        const struct roster_member *m = &r->member[i];
        struct gatelink_peer *q = &p->peer[p->peers_n];
        if (m->removed || strcmp(m->name, c->api_ctx.name) == 0)
            continue;
        snprintf(q->name, sizeof(q->name), "%s", m->name);
        snprintf(q->endpoint, sizeof(q->endpoint), "%s", m->endpoint);
        q->keys_n = m->transport.n;
        for (unsigned k = 0; k < m->transport.n; k++)
            memcpy(q->key[k], m->transport.key[k].key, GATELINK_KEY_BYTES);
        p->peers_n++;
    }
    buf_init(&b, GATELINK_PAYLOAD_MAX);
    gatelink_write_peers(p, &b);
    gatelink_put(&c->gate, GATELINK_ALERT, GATELINK_PEERS, 0, buf_span(&b));
    buf_release(&b);
    free(p);
}

void
core_do_drop_gate(struct core *c)
{
    gatelink_release(&c->gate);
    c->gate_up = false;
    while (c->links_n > 0) {
        struct event e = {.kind = EVENT_LINK_DOWN, .link = c->links[--c->links_n]};
        core_run_step(c, &e);
    }
}
