/* The seal role: the wrap key, and nothing else: no network, no store, no files. */
#include "base/limit.h"
#include "base/log.h"
#include "crypt/sealer.h"
#include "daemon/role.h"
#include "role.pb-c.h"
#include "sign/sign_run.h"
#include "wire/unpack.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct seal_role {
    struct sealer *sealer;
    struct arena arena;
    struct buf out;
    struct sealer_item item[LIMIT_BATCH_COUNT];
    Parallax__Role__SealAnswer__Item answer[LIMIT_BATCH_COUNT];
    Parallax__Role__SealAnswer__Item *answers[LIMIT_BATCH_COUNT];
};

static bool
take_item(const Parallax__Role__SealRequest__Item *in, struct sealer_item *item)
{
    memset(item, 0, sizeof *item);
    if (in->op < PARALLAX__ROLE__SEAL_REQUEST__ITEM__OP__SEAL ||
        in->op > PARALLAX__ROLE__SEAL_REQUEST__ITEM__OP__REVEAL || in->log.len != SEAL_ID_BYTES ||
        in->salt.len != SEAL_ID_BYTES ||
        (in->op != PARALLAX__ROLE__SEAL_REQUEST__ITEM__OP__SEAL &&
         in->commitment.len != SEAL_COMMITMENT_BYTES))
        return false;
    item->op = in->op == PARALLAX__ROLE__SEAL_REQUEST__ITEM__OP__SEAL   ? SEALER_SEAL
               : in->op == PARALLAX__ROLE__SEAL_REQUEST__ITEM__OP__OPEN ? SEALER_OPEN
                                                                        : SEALER_REVEAL;
    item->embargo = in->embargo;
    item->wrapped = span_of(in->wrapped.data, in->wrapped.len);
    memcpy(item->place.log, in->log.data, SEAL_ID_BYTES);
    memcpy(item->place.salt, in->salt.data, SEAL_ID_BYTES);
    if (in->op != PARALLAX__ROLE__SEAL_REQUEST__ITEM__OP__SEAL)
        memcpy(item->commitment, in->commitment.data, SEAL_COMMITMENT_BYTES);
    item->in = span_of(in->bytes.data, in->bytes.len);
    return true;
}

static void
put_item(struct seal_role *r, size_t i)
{
    struct sealer_item *item = &r->item[i];
    Parallax__Role__SealAnswer__Item *out = &r->answer[i];

    parallax__role__seal_answer__item__init(out);
    r->answers[i] = out;
    out->ok = item->why.code == WHY_NONE;
    out->note = item->why.note;
    if (!out->ok)
        return;
    if (item->op == SEALER_REVEAL)
        out->bytes = (ProtobufCBinaryData){SEAL_KEY_BYTES, item->key};
    else
        out->bytes = (ProtobufCBinaryData){item->out_n, r->out.p + item->out};
    if (item->op == SEALER_SEAL)
        out->commitment = (ProtobufCBinaryData){SEAL_COMMITMENT_BYTES, item->commitment};
}

static bool
do_items(struct seal_role *r, const Parallax__Role__SealRequest *q, Parallax__Role__SealAnswer *a)
{
    if (q->n_items > LIMIT_BATCH_COUNT)
        return false;
    for (size_t i = 0; i < q->n_items; i++) {
        if (!take_item(q->items[i], &r->item[i]))
            return false;
    }
    buf_clear(&r->out);
    sealer_items(r->sealer, r->item, q->n_items, &r->out);
    for (size_t i = 0; i < q->n_items; i++)
        put_item(r, i);
    a->n_items = q->n_items;
    a->items = r->answers;
    return true;
}

#define WRAP_MAX (LIMIT_MEMBER_COUNT * LIMIT_KEY_COUNT)

static bool
do_wrap(struct seal_role *r, const Parallax__Role__SealRequest__Wrap *w, Parallax__Role__SealAnswer *a)
{
    static uint8_t to[WRAP_MAX][32], out[WRAP_MAX][SEAL_WRAPPED_BYTES];
    static ProtobufCBinaryData list[WRAP_MAX];
    struct why why;

    if (w->n_to > WRAP_MAX)
        return false;
    for (size_t i = 0; i < w->n_to; i++) {
        if (w->to[i].len != 32)
            return false;
        memcpy(to[i], w->to[i].data, 32);
        list[i] = (ProtobufCBinaryData){SEAL_WRAPPED_BYTES, out[i]};
    }
    why_clear(&why);
    if (sealer_wrap(r->sealer, span_of(w->wrapped.data, w->wrapped.len), (const uint8_t(*)[32])to, w->n_to,
                    out, &why) != 0)
        return true; /* no keys: refused */
    a->n_wrapped = w->n_to;
    a->wrapped = list;
    return true;
}

static void
do_keys(struct seal_role *r, Parallax__Role__SealAnswer *a)
{
    static uint8_t key[LIMIT_WRAP_KEY_COUNT][32];
    static ProtobufCBinaryData list[LIMIT_WRAP_KEY_COUNT];

    a->n_keys = sealer_keys(r->sealer, key, LIMIT_WRAP_KEY_COUNT);
    for (size_t i = 0; i < a->n_keys; i++)
        list[i] = (ProtobufCBinaryData){32, key[i]};
    a->keys = list;
}

/* What core asks for is ours: nonsense in it ends the connection, as -1 ends the role. */
static int
answer(void *server, struct span request, struct buf *out)
{
    struct seal_role *r = server;
    Parallax__Role__SealAnswer a = PARALLAX__ROLE__SEAL_ANSWER__INIT;
    Parallax__Role__SealRequest *q;
    struct why why;

    why_clear(&why);
    arena_clear(&r->arena);
    q = (Parallax__Role__SealRequest *)unpack(&parallax__role__seal_request__descriptor, request, false,
                                              WHY_FRAME_SHAPE, &r->arena, &why);
    if (q == NULL || !do_items(r, q, &a) || (q->wrap != NULL && !do_wrap(r, q->wrap, &a)))
        return -1;
    if (q->keys)
        do_keys(r, &a);
    a.token = q->token;
    pack(&a.base, out);
    if (r->out.n > 0)
        sodium_memzero(r->out.p, r->out.n);
    return buf_failed(out) ? -1 : 0;
}

/* ${kind}.key, or NULL: said already unless it ${may_lack}. */
static struct secret *
load(const struct role_args *args, const char *kind, bool may_lack)
{
    struct secret *s;
    struct why why;
    char path[512];

    why_clear(&why);
    snprintf(path, sizeof path, "%s/%s.key", args->conf->keys, kind);
    if (may_lack && access(path, F_OK) != 0)
        return NULL;
    s = secret_load("wrap", path, &why);
    if (s == NULL)
        log_event(EV_role_failed, "what=\"%s: %s\"", path, why.note);
    return s;
}

int
role_seal(const struct role_args *args)
{
    struct seal_role *r = calloc(1, sizeof *r);
    struct sign_args run = {.listen_fd = args->listen_seal,
                            .ready_fd = args->ready_fd,
                            .stop_fd = -1,
                            .answer = answer,
                            .server = r};
    struct secret *wrap = r == NULL ? NULL : load(args, role_wrap_keys[0], false);
    int rc;

    if (wrap == NULL) {
        free(r);
        return 1;
    }
    r->sealer = sealer_new(wrap);
    /* An old key that cannot be read closes only what was sealed for it. */
    for (size_t i = 1; i < LIMIT_WRAP_KEY_COUNT; i++) {
        wrap = load(args, role_wrap_keys[i], true);
        if (wrap != NULL)
            (void)sealer_add_old(r->sealer, wrap);
    }
    arena_init(&r->arena, 4 * (size_t)LIMIT_SIGN_BYTES);
    buf_init(&r->out, LIMIT_SIGN_BYTES);
    rc = sign_run(&run);
    sealer_free(r->sealer);
    arena_release(&r->arena);
    buf_release(&r->out);
    free(r);
    return rc == 0 ? 0 : 1;
}
