/* Runs in the core role's thread. */
#include "daemon/seallink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <sodium.h>

#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "role.pb-c.h"
#include "wire/unpack.h"

#define WAIT_MS  1000
#define TRIES    2 /* the role may have ended since the last call */
#define WRAP_MAX (LIMIT_MEMBER_COUNT * LIMIT_KEY_COUNT)

struct seallink {
    char path[108];
    int fd;
    uint64_t token;
    struct buf io;
    struct arena arena;
    Parallax__Role__SealRequest__Item item[LIMIT_BATCH_COUNT];
    Parallax__Role__SealRequest__Item *items[LIMIT_BATCH_COUNT];
};

struct seallink *
seallink_new(const char *path)
{
    struct seallink *l = mem_new(sizeof *l);

    snprintf(l->path, sizeof l->path, "%s", path);
    l->fd = -1;
    buf_init(&l->io, LIMIT_SIGN_BYTES + 4);
    arena_init(&l->arena, 4 * (size_t)LIMIT_SIGN_BYTES);
    return l;
}

static void
hang_up(struct seallink *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

void
seallink_free(struct seallink *l)
{
    if (l == NULL)
        return;
    hang_up(l);
    buf_release(&l->io);
    arena_release(&l->arena);
    free(l);
}

static int
call(struct seallink *l)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct timeval wait = {WAIT_MS / 1000, WAIT_MS % 1000 * 1000};

    if (l->fd >= 0)
        return 0;
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->fd < 0)
        return -1;
    memcpy(a.sun_path, l->path, sizeof l->path);
    if (setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
        setsockopt(l->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
        connect(l->fd, (struct sockaddr *)&a, sizeof a) == 0)
        return 0;
    hang_up(l);
    return -1;
}

static int
send_all(struct seallink *l)
{
    size_t at = 0;

    while (at < l->io.n) {
        ssize_t n = send(l->fd, l->io.p + at, l->io.n - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += (size_t)n;
    }
    return 0;
}

static int
receive(struct seallink *l, uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(l->fd, p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        p += got;
        n -= (size_t)got;
    }
    return 0;
}

/* The answer to what stands in l->io, in the arena; NULL when the connection is no good. */
static Parallax__Role__SealAnswer *
talk(struct seallink *l, uint64_t token)
{
    Parallax__Role__SealAnswer *a;
    struct why why;
    uint8_t length[4];
    size_t n;

    if (call(l) != 0 || send_all(l) != 0 || receive(l, length, 4) != 0)
        return NULL;
    n = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    buf_clear(&l->io);
    if (n > LIMIT_SIGN_BYTES || buf_add(&l->io, n) == NULL || receive(l, l->io.p, n) != 0)
        return NULL;
    why_clear(&why);
    arena_clear(&l->arena);
    a = (Parallax__Role__SealAnswer *)unpack(&parallax__role__seal_answer__descriptor, buf_span(&l->io),
                                             false, WHY_FRAME_SHAPE, &l->arena, &why);
    return a != NULL && a->token == token ? a : NULL;
}

static Parallax__Role__SealAnswer *
ask(struct seallink *l, Parallax__Role__SealRequest *q)
{
    for (int i = 0; i < TRIES; i++) {
        size_t n = parallax__role__seal_request__get_packed_size(q);
        Parallax__Role__SealAnswer *a;
        uint8_t *length;

        q->token = ++l->token;
        n = parallax__role__seal_request__get_packed_size(q);
        buf_clear(&l->io);
        length = buf_add(&l->io, 4);
        if (length == NULL || n > LIMIT_SIGN_BYTES)
            return NULL;
        for (int k = 0; k < 4; k++)
            length[k] = (uint8_t)(n >> (8 * k));
        pack(&q->base, &l->io);
        if (buf_failed(&l->io))
            return NULL;
        a = talk(l, q->token);
        if (a != NULL)
            return a;
        hang_up(l);
    }
    log_event(EV_role_failed, "what=\"the seal role does not answer\"");
    return NULL;
}

/* protobuf-c has no const; packing only reads. */
static ProtobufCBinaryData
borrow(const uint8_t *p, size_t n)
{
    return (ProtobufCBinaryData){n, (uint8_t *)(uintptr_t)p};
}

static void
fill(Parallax__Role__SealRequest__Item *out, const struct sealer_item *in)
{
    parallax__role__seal_request__item__init(out);
    out->op = in->op == SEALER_SEAL   ? PARALLAX__ROLE__SEAL_REQUEST__ITEM__OP__SEAL
              : in->op == SEALER_OPEN ? PARALLAX__ROLE__SEAL_REQUEST__ITEM__OP__OPEN
                                      : PARALLAX__ROLE__SEAL_REQUEST__ITEM__OP__REVEAL;
    out->embargo = in->embargo;
    out->wrapped = borrow(in->wrapped.p, in->wrapped.n);
    out->log = borrow(in->place.log, SEAL_ID_BYTES);
    out->salt = borrow(in->place.salt, SEAL_ID_BYTES);
    if (in->op != SEALER_SEAL)
        out->commitment = borrow(in->commitment, SEAL_COMMITMENT_BYTES);
    out->bytes = borrow(in->in.p, in->in.n);
}

static int
take(const Parallax__Role__SealAnswer__Item *in, struct sealer_item *item, struct buf *out)
{
    why_clear(&item->why);
    item->out = out->n;
    item->out_n = 0;
    if (!in->ok) {
        (void)why_set(&item->why, WHY_BODY_SEALED, 0, 0, NULL, "%.150s", in->note);
        return 0;
    }
    if (item->op == SEALER_REVEAL) {
        if (in->bytes.len != SEAL_KEY_BYTES)
            return -1;
        memcpy(item->key, in->bytes.data, SEAL_KEY_BYTES);
        return 0;
    }
    if (item->op == SEALER_SEAL) {
        if (in->commitment.len != SEAL_COMMITMENT_BYTES)
            return -1;
        memcpy(item->commitment, in->commitment.data, SEAL_COMMITMENT_BYTES);
    }
    buf_put(out, in->bytes.data, in->bytes.len);
    item->out_n = in->bytes.len;
    return buf_failed(out) ? -1 : 0;
}

int
seallink_items(void *cookie, struct sealer_item *items, size_t n, struct buf *out)
{
    struct seallink *l = cookie;
    Parallax__Role__SealRequest q = PARALLAX__ROLE__SEAL_REQUEST__INIT;
    const Parallax__Role__SealAnswer *a;
    int rc = 0;

    if (n > LIMIT_BATCH_COUNT)
        return -1;
    for (size_t i = 0; i < n; i++) {
        fill(&l->item[i], &items[i]);
        l->items[i] = &l->item[i];
    }
    q.n_items = n;
    q.items = l->items;
    a = ask(l, &q);
    if (a == NULL || a->n_items != n)
        return -1;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = take(a->items[i], &items[i], out);
    sodium_memzero(l->io.p, l->io.n);
    return rc;
}

int
seallink_wrap(void *cookie, struct span wrapped, const uint8_t (*to)[32], size_t n,
              uint8_t (*out)[SEAL_WRAPPED_BYTES], struct why *why)
{
    struct seallink *l = cookie;
    Parallax__Role__SealRequest q = PARALLAX__ROLE__SEAL_REQUEST__INIT;
    Parallax__Role__SealRequest__Wrap w = PARALLAX__ROLE__SEAL_REQUEST__WRAP__INIT;
    ProtobufCBinaryData list[WRAP_MAX];
    const Parallax__Role__SealAnswer *a;

    if (n > WRAP_MAX)
        return why_set(why, WHY_LIMIT, 0, 0, NULL, "%zu keys: expected at most %d", n, WRAP_MAX);
    for (size_t i = 0; i < n; i++)
        list[i] = borrow(to[i], 32);
    w.wrapped = borrow(wrapped.p, wrapped.n);
    w.n_to = n;
    w.to = list;
    q.wrap = &w;
    a = ask(l, &q);
    if (a == NULL)
        return why_set(why, WHY_STARTING, 0, 0, NULL, "the seal role does not answer");
    if (a->n_wrapped != n)
        return why_set(why, WHY_BODY_SEALED, 0, 0, NULL, "the seal role did not wrap the key");
    for (size_t i = 0; i < n; i++) {
        if (a->wrapped[i].len != SEAL_WRAPPED_BYTES)
            return why_set(why, WHY_BODY_SEALED, 0, 0, NULL, "the seal role's answer is not well-formed");
        memcpy(out[i], a->wrapped[i].data, SEAL_WRAPPED_BYTES);
    }
    return 0;
}

int
seallink_keys(void *cookie, uint8_t (*out)[32], size_t max)
{
    Parallax__Role__SealRequest q = PARALLAX__ROLE__SEAL_REQUEST__INIT;
    const Parallax__Role__SealAnswer *a;
    size_t n = 0;

    q.keys = true;
    a = ask(cookie, &q);
    for (size_t i = 0; a != NULL && i < a->n_keys && n < max; i++) {
        if (a->keys[i].len == 32)
            memcpy(out[n++], a->keys[i].data, 32);
    }
    return n == 0 ? -1 : (int)n;
}
