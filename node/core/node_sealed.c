/* Bodies of named audiences and under embargo: sealing what is published, opening what came (DESIGN section 5). Pure: the keys are elsewhere. */
#include "core/node_internal.h"
#include "wire/unpack.h"
#include <sodium.h>

bool
node_is_named(const struct track *t)
{
    return t->row.audience[0] != '\0' && strcmp(t->row.audience, "open") != 0;
}

/* Is this node meant to read the log? */
static bool
is_reader(const struct node *n, const struct track *t)
{
    return t->own != OWN_NONE || ((t->row.readers | t->row.granted) >> n->me & 1) != 0;
}

static int
starting(struct why *why)
{
    return why_set(why, WHY_STARTING, 0, 0, NULL, "the keys of sealed logs cannot be used now");
}

static void
place_of(const struct track *t, const uint8_t *salt, struct sealer_item *item)
{
    item->wrapped = span_of(t->wrapped, t->has_key ? sizeof(t->wrapped) : 0);
    memcpy(item->place.log, t->row.id, LOG_ID_BYTES);
    memcpy(item->place.salt, salt, SEAL_ID_BYTES);
}

static int
one(const struct node *n, struct sealer_item *item, struct buf *out, struct why *why)
{
    if (n->conf.seal.items == NULL || n->conf.seal.items(n->conf.seal.cookie, item, 1, out) != 0)
        return starting(why);
    if (item->why.code == WHY_NONE)
        return 0;
    *why = item->why;
    return -1;
}

int
node_sealed_make(struct node *n, const struct track *t, bool embargo, const uint8_t salt[16],
                 struct span plain, struct buf *out, uint8_t commitment[32], struct why *why)
{
    struct sealer_item item = {.op = SEALER_SEAL, .embargo = embargo, .in = plain};

    place_of(t, salt, &item);
    if (one(n, &item, out, why) != 0)
        return -1;
    memcpy(commitment, item.commitment, SEAL_COMMITMENT_BYTES);
    return 0;
}

/* Is the record sealed under the key of its log? Then ${item} is what opens it. */
static bool
is_for_us(struct node *n, const struct track *t, struct span header, struct span body,
          struct sealer_item *item)
{
    const Parallax__V1__Header *h;
    struct why why;

    why_clear(&why);
    arena_clear(&n->body_arena);
    h = record_header_read(header, t->row.id, &n->body_arena, &why);
    if (h == NULL || h->sealing != PARALLAX__V1__SEALING__LOG || record_body_check(h, body, &why) != 0)
        return false;
    memset(item, 0, sizeof(*item));
    item->op = SEALER_OPEN;
    item->in = body;
    place_of(t, h->salt.data, item);
    memcpy(item->commitment, h->key_commitment.data, SEAL_COMMITMENT_BYTES);
    return true;
}

int
node_sealed_open(struct node *n, struct track *t, const struct span *headers, const struct span *bodies,
                 size_t count)
{
    size_t which[LIMIT_BATCH_COUNT], m = 0;

    if (node_is_named(t) && n->conf.seal.keys != NULL && n->wraps == 0 && is_reader(n, t))
        return -1;
    buf_clear(&n->opened);
    for (size_t i = 0; i < count; i++) {
        n->plain[i] = span_of(NULL, 0);
        why_clear(&n->plain_why[i]);
        if (t->has_key && bodies[i].p != NULL && is_for_us(n, t, headers[i], bodies[i], &n->items[m]))
            which[m++] = i;
    }
    if (m == 0)
        return 0;
    if (n->conf.seal.items == NULL || n->conf.seal.items(n->conf.seal.cookie, n->items, m, &n->opened) != 0)
        return -1;
    for (size_t k = 0; k < m; k++) {
        n->plain_why[which[k]] = n->items[k].why;
        if (n->items[k].why.code == WHY_NONE)
            n->plain[which[k]] = span_of(n->opened.p + n->items[k].out, n->items[k].out_n);
    }
    return 0;
}

/* The key in a REVEAL of record ${index} of ${t}. */
static int
take_key(const struct node *n, const struct track *t, uint64_t index, const Parallax__V1__Reveal *r,
         uint8_t key[SEAL_KEY_BYTES], struct why *why)
{
    struct sealer_item item = {.op = SEALER_OPEN, .in = span_of(r->key.data, r->key.len)};
    struct buf out;
    int rc;

    if (r->record == NULL || r->record->log.len != LOG_ID_BYTES ||
        memcmp(r->record->log.data, t->row.id, LOG_ID_BYTES) != 0 || r->record->index != index)
        return why_set(why, WHY_BODY_SEALED, 0, 0, "reveal", "it does not name this record");
    if (r->salt.len == 0 && r->key.len == SEAL_KEY_BYTES) {
        memcpy(key, r->key.data, SEAL_KEY_BYTES);
        return 0;
    }
    if (r->salt.len != SEAL_ID_BYTES || r->commitment.len != SEAL_COMMITMENT_BYTES)
        return why_set(why, WHY_BODY_SEALED, 0, 0, "reveal", "the key is not of a form known here");
    if (!t->has_key)
        return 1; /* revealed to those who may read that log, not to us */
    place_of(t, r->salt.data, &item);
    memcpy(item.commitment, r->commitment.data, SEAL_COMMITMENT_BYTES);
    buf_init(&out, SEAL_KEY_BYTES);
    rc = one(n, &item, &out, why);
    if (rc == 0 && out.n != SEAL_KEY_BYTES)
        rc = why_set(why, WHY_BODY_SEALED, 0, 0, "reveal", "a key of %zu bytes", out.n);
    if (rc == 0)
        memcpy(key, out.p, SEAL_KEY_BYTES);
    buf_release(&out);
    return rc;
}

/* The key that a REVEAL record shows for a record of ${t}. 0, or -1 with ${why}. */
static int
revealed_key(const struct node *n, const struct track *t, uint64_t index, const struct track *from,
             uint64_t at, uint8_t key[SEAL_KEY_BYTES], struct why *why)
{
    const struct node_view *v = &n->conf.view;
    struct node *scratch = (struct node *)(uintptr_t)n; /* between steps the scratch is free */
    struct store_batch b;
    struct arena arena;
    struct buf opened;
    Parallax__V1__Header *h;
    Parallax__V1__Reveal *r = NULL;
    struct span body;
    int rc = -1;

    if (strcmp(from->row.origin, t->row.origin) != 0)
        return why_set(why, WHY_BODY_SEALED, 0, 0, "reveal", "another origin than the record's");
    if (v->batch(v->cookie, from->row.no, at, 1, scratch->records, LIMIT_BATCH_COUNT, &b) != 0)
        return 1; /* ours, and not signed yet */
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    buf_init(&opened, LIMIT_BODY_BYTES);
    h = record_header_read(b.records[0].header, from->row.id, &arena, why);
    body = b.records[0].body;
    if (h != NULL && h->sealing == PARALLAX__V1__SEALING__LOG) {
        struct sealer_item item = {.op = SEALER_OPEN, .in = body};
        memcpy(item.commitment, h->key_commitment.data, SEAL_COMMITMENT_BYTES);
        place_of(from, h->salt.data, &item);
        if (one(n, &item, &opened, why) != 0)
            h = NULL;
        body = buf_span(&opened);
    }
    if (h != NULL)
        r = (Parallax__V1__Reveal *)unpack(&parallax__v1__reveal__descriptor, body, false, WHY_BODY_SHAPE,
                                           &arena, why);
    if (r != NULL)
        rc = take_key(n, t, index, r, key, why);
    if (opened.n > 0)
        sodium_memzero(opened.p, opened.n);
    buf_release(&opened);
    arena_release(&arena);
    return rc;
}

static const struct track *
track_no(const struct node *n, uint32_t no)
{
    int i = node_log_find_no(n, no);

    return i < 0 ? NULL : n->track[i];
}

/* As node_open_body, for what is under embargo. */
static int
embargo_key(const struct node *n, const struct track *t, uint64_t index, uint8_t key[SEAL_KEY_BYTES],
            struct why *why)
{
    const struct node_view *v = &n->conf.view;
    const struct track *from;
    uint32_t no;
    uint64_t at;

    if (v->reveal_of == NULL || v->reveal_of(v->cookie, t->row.id, index, &no, &at) != 0 ||
        (from = track_no(n, no)) == NULL)
        return 1;
    return revealed_key(n, t, index, from, at, key, why);
}

int
node_open_body(const struct node *n, size_t i, uint64_t index, const Parallax__V1__Header *h,
               struct span sealed, struct buf *out, struct why *why)
{
    const struct track *t = n->track[i];
    struct seal_place place;
    struct span commitment = span_of(h->key_commitment.data, h->key_commitment.len);
    uint8_t key[SEAL_KEY_BYTES];
    int rc;

    if (h->sealing == PARALLAX__V1__SEALING__LOG) {
        struct sealer_item item = {.op = SEALER_OPEN, .in = sealed};
        if (!t->has_key)
            return is_reader(n, t) ? why_set(why, WHY_BODY_SEALED, 0, 0, NULL, "no key of this log is held")
                                   : 1;
        memcpy(item.commitment, commitment.p, SEAL_COMMITMENT_BYTES);
        place_of(t, h->salt.data, &item);
        return one(n, &item, out, why);
    }
    rc = embargo_key(n, t, index, key, why);
    if (rc != 0)
        return rc;
    memcpy(place.log, t->row.id, LOG_ID_BYTES);
    memcpy(place.salt, h->salt.data, SEAL_ID_BYTES);
    rc = seal_open_revealed(key, &place, commitment, sealed, out, why);
    sodium_memzero(key, sizeof(key));
    return rc;
}

int
node_reveal_key(const struct node *n, size_t i, uint64_t index, const Parallax__V1__Header *h,
                uint8_t key[SEAL_KEY_BYTES], struct why *why)
{
    const struct track *t = n->track[i];
    struct sealer_item item = {.op = SEALER_REVEAL, .embargo = h->sealing == PARALLAX__V1__SEALING__EMBARGO};
    struct buf none;

    if (item.embargo && t->own == OWN_NONE)
        return embargo_key(n, t, index, key, why);
    if (!item.embargo && !t->has_key)
        return is_reader(n, t) ? why_set(why, WHY_BODY_SEALED, 0, 0, NULL, "no key of this log is held") : 1;
    place_of(t, h->salt.data, &item);
    memcpy(item.commitment, h->key_commitment.data, SEAL_COMMITMENT_BYTES);
    buf_init(&none, 1);
    if (one(n, &item, &none, why) != 0)
        return -1;
    memcpy(key, item.key, SEAL_KEY_BYTES);
    sodium_memzero(item.key, sizeof(item.key));
    return 0;
}
