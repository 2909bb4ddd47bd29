#include "cli/sealed.h"

#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "base/mem.h"
#include "core/record.h"
#include "store/store.h"
#include "wire/unpack.h"

#define EMBARGOES_MAX 4096

/* One log of a named audience, and who it is wrapped for. */
struct one {
    uint8_t id[LOG_ID_BYTES];
    uint32_t no;
    bool by_old, by_kept;
};

struct look {
    const char *me;
    uint8_t old[32];
    const uint8_t (*kept)[32];
    size_t kept_n;
    struct one *v;
    size_t n;
    struct store_record records[LIMIT_BATCH_COUNT];
};

static int
add(void *cookie, const struct store_log *log)
{
    struct look *l = cookie;
    struct one *one;

    if (log->audience[0] == '\0' || strcmp(log->audience, "open") == 0)
        return 0;
    l->v = mem_resize(l->v, (l->n + 1) * sizeof *l->v);
    one = &l->v[l->n++];
    memset(one, 0, sizeof *one);
    memcpy(one->id, log->id, LOG_ID_BYTES);
    one->no = log->no;
    return 0;
}

static void
mark(const struct look *l, struct one *one, Parallax__V1__WrappedKey *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(keys[i]->reader, l->me) != 0 || keys[i]->wrap_key.len != 32)
            continue;
        one->by_old = one->by_old || memcmp(keys[i]->wrap_key.data, l->old, 32) == 0;
        for (size_t k = 0; k < l->kept_n; k++)
            one->by_kept = one->by_kept || memcmp(keys[i]->wrap_key.data, l->kept[k], 32) == 0;
    }
}

static struct one *
find(struct look *l, ProtobufCBinaryData id)
{
    for (size_t i = 0; i < l->n && id.len == LOG_ID_BYTES; i++) {
        if (memcmp(l->v[i].id, id.data, LOG_ID_BYTES) == 0)
            return &l->v[i];
    }
    return NULL;
}

/* A body that is the log's own business; others say nothing of keys. */
static void
read_body(struct look *l, struct one *one, int kind, struct span body, struct arena *arena)
{
    struct why why;

    why_clear(&why);
    if (kind == PARALLAX__V1__KIND__DESCRIPTOR) {
        const Parallax__V1__Descriptor *d = (Parallax__V1__Descriptor *)unpack(
            &parallax__v1__descriptor__descriptor, body, false, WHY_BODY_SHAPE, arena, &why);
        if (d != NULL)
            mark(l, one, d->keys, d->n_keys);
    } else if (kind == PARALLAX__V1__KIND__KEYS) {
        const Parallax__V1__Keys *k = (Parallax__V1__Keys *)unpack(&parallax__v1__keys__descriptor, body,
                                                                   false, WHY_BODY_SHAPE, arena, &why);
        for (size_t i = 0; k != NULL && i < k->n_logs; i++) {
            struct one *of = find(l, k->logs[i]->log);
            if (of != NULL)
                mark(l, of, k->logs[i]->keys, k->logs[i]->n_keys);
        }
    }
}

/* Descriptor and KEYS stand at the front of a log. */
static int
read_log(struct look *l, struct store *s, struct one *one)
{
    struct store_batch b;
    struct arena arena;
    int rc = store_batch_get(s, one->no, 0, 0, l->records, LIMIT_BATCH_COUNT, &b);

    if (rc != 0)
        return rc < 0 ? -1 : 0;
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    for (uint32_t i = 0; i < b.count; i++) {
        const Parallax__V1__Header *h;
        struct why why;

        why_clear(&why);
        arena_clear(&arena);
        h = record_header_read(l->records[i].header, one->id, &arena, &why);
        if (h == NULL || l->records[i].body_state != STORE_BODY_HELD ||
            (h->kind != PARALLAX__V1__KIND__DESCRIPTOR && h->kind != PARALLAX__V1__KIND__KEYS))
            break;
        read_body(l, one, (int)h->kind, l->records[i].body, &arena);
    }
    arena_release(&arena);
    return 0;
}

/* Is the own record at ${due} sealed by the key in ${sealer}? */
static bool
is_held_by(struct store *s, struct sealer *sealer, const struct store_due *due)
{
    struct sealer_item item = {.op = SEALER_REVEAL, .embargo = true};
    Parallax__V1__Header *h;
    struct store_record r;
    uint64_t delivery;
    int64_t received_ms;
    struct buf none;

    if (store_record_get(s, due->log, due->index, &r, &delivery, &received_ms) != 0 ||
        (h = parallax__v1__header__unpack(NULL, r.header.n, r.header.p)) == NULL)
        return false;
    if (h->log.len == SEAL_ID_BYTES && h->salt.len == SEAL_ID_BYTES &&
        h->key_commitment.len == SEAL_COMMITMENT_BYTES) {
        memcpy(item.place.log, h->log.data, SEAL_ID_BYTES);
        memcpy(item.place.salt, h->salt.data, SEAL_ID_BYTES);
        memcpy(item.commitment, h->key_commitment.data, SEAL_COMMITMENT_BYTES);
    }
    parallax__v1__header__free_unpacked(h, NULL);
    buf_init(&none, 1);
    sealer_items(sealer, &item, 1, &none);
    buf_release(&none);
    return item.why.code == WHY_NONE;
}

/* Those whose time comes first; when there are more than are looked at, the others count as sealed by it. */
static int
count_embargoes(struct store *s, const struct secret *old, uint64_t *count)
{
    struct sealer *sealer = sealer_new(secret_new_copy(secret_bytes(old)));
    struct store_due *due = mem_new(3 * EMBARGOES_MAX * sizeof *due);
    int n = store_due(s, INT64_MAX, due, 3 * EMBARGOES_MAX), seen = 0;

    for (int i = 0; i < n; i++) {
        if (due[i].kind != DUE_EMBARGO)
            continue;
        *count += is_held_by(s, sealer, &due[i]) || ++seen == EMBARGOES_MAX;
    }
    free(due);
    sealer_free(sealer);
    return n < 0 ? -1 : 0;
}

int
sealed_find(const char *path, const char *me, const struct secret *old, const uint8_t (*kept)[32],
            size_t kept_n, struct sealed_need *out)
{
    struct look *l = mem_new(sizeof *l);
    struct store *s = store_open(path, true);
    int rc = s == NULL || store_begin(s) != 0 ? -1 : 0;

    memset(out, 0, sizeof *out);
    l->me = me;
    l->kept = kept;
    l->kept_n = kept_n;
    secret_curve_public(old, l->old);
    if (rc == 0)
        rc = store_logs(s, add, l);
    for (size_t i = 0; i < l->n && rc == 0; i++)
        rc = read_log(l, s, &l->v[i]);
    for (size_t i = 0; i < l->n && rc == 0; i++)
        out->logs += l->v[i].by_old && !l->v[i].by_kept;
    if (rc == 0)
        rc = count_embargoes(s, old, &out->embargoes);
    store_close(s);
    free(l->v);
    free(l);
    return rc;
}
