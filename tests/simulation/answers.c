/* What a core asks of its signer, and the answer, which takes its time. */
#include "world_internal.h"
#include "base/mem.h"
#include <stdio.h>

/* An answer of the signer, on its way. */
struct answer {
    enum event_kind kind;
    struct event_signed head, list[MODEL_LOGS_MAX];
    size_t list_n;
    uint64_t time, size;
    uint8_t sig[SIG_BYTES], log[LOG_ID_BYTES];
};

static void
send_answer(struct world *w, unsigned i, const struct answer *a)
{
    struct thing t = {.kind = THING_SIGNER, .node = i, .life = w->sim[i].life, .n = sizeof(*a)};

    t.at_ms = w->now + 1 + (int64_t)world_below(w, 5);
    t.bytes = mem_new(sizeof(*a));
    memcpy(t.bytes, a, sizeof(*a));
    queue_put(&w->queue, t);
}

void
answers_take(struct world *w, unsigned i, const uint8_t *bytes)
{
    const struct answer *a = (const struct answer *)(const void *)bytes;
    struct event e = {.kind = a->kind, .signed_heads = a->list, .signed_n = a->list_n, .size = a->size};

    if (a->kind != EVENT_SIGN_LIST) {
        e.signed_heads = &a->head;
        e.signed_n = 1;
        e.heartbeat_time = a->time;
        memcpy(e.heartbeat, a->sig, SIG_BYTES);
    }
    memcpy(e.log, a->log, LOG_ID_BYTES);
    if (a->kind == EVENT_WITNESSED && a->time != 0) {
        char name[ORIGIN_LINE_MAX];
        snprintf(e.line.node, sizeof(e.line.node), "%s", w->roster->member[i].name);
        e.line.time = a->time;
        memcpy(e.line.signature, a->sig, SIG_BYTES);
        checkpoint_witness_name(w->roster->federation, w->roster->member[i].name, name);
        checkpoint_key_id(name, 0x04, w->roster->member[i].witness.key[0].key, e.line.key_id);
    }
    world_event(w, i, &e);
}

void
answers_ask(struct world *w, unsigned i, const struct action *a)
{
    struct model_signer *s = &w->sim[i].signer;
    struct answer r;
    const struct model_log *l;

    memset(&r, 0, sizeof(r));
    clocks_signs(w, i, a);
    if (a->kind == ACTION_SIGN_LIST) {
        r.kind = EVENT_SIGN_LIST;
        for (size_t k = 0; k < s->log_n; k++)
            r.list[r.list_n++] = s->log[k].head;
    } else if (a->kind == ACTION_SIGN) {
        r.kind = model_append(s, a, &r.head) == 0 ? EVENT_SIGNED : EVENT_SIGN_REFUSED;
        r.time = a->time; /* 0: no word on when */
        if (r.time != 0)
            model_cosign(s, a->origin_line, r.head.size, r.head.root, r.time, r.sig);
    } else if (a->kind == ACTION_HEARTBEAT) {
        char line[ORIGIN_LINE_MAX];
        l = model_log(s, a->log);
        if (l == NULL)
            return;
        r.kind = EVENT_SIGNED;
        r.head = l->head;
        r.time = a->time;
        checkpoint_origin_line(w->roster->federation, w->roster->member[i].name, a->log, line);
        model_cosign(s, line, r.head.size, r.head.root, r.time, r.sig);
    } else {
        r.kind = EVENT_WITNESSED;
        memcpy(r.log, a->row->id, LOG_ID_BYTES);
        if (model_witness(s, a, &r.size, r.sig) == 0)
            r.time = a->time;
    }
    send_answer(w, i, &r);
}
