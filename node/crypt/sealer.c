/* The thread that owns the handle. */
#include "crypt/sealer.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/limit.h"
#include "base/mem.h"

/* The key of a log, open. */
struct slot {
    uint8_t wrapped[SEAL_WRAPPED_BYTES];
    struct secret *key; /* NULL: none of our keys opens it */
    uint64_t used;      /* clock of the last use; 0 = free */
};

struct sealer {
    struct secret *wrap[LIMIT_WRAP_KEY_COUNT]; /* the present one first */
    size_t wraps;
    uint64_t clock;
    struct slot slot[LIMIT_SEAL_KEY_COUNT];
};

struct sealer *
sealer_new(struct secret *wrap)
{
    struct sealer *s = mem_new(sizeof *s);

    s->wrap[s->wraps++] = wrap;
    return s;
}

int
sealer_add_old(struct sealer *s, struct secret *old)
{
    if (s->wraps == LIMIT_WRAP_KEY_COUNT) {
        secret_free(old);
        return -1;
    }
    s->wrap[s->wraps++] = old;
    return 0;
}

size_t
sealer_keys(const struct sealer *s, uint8_t (*out)[32], size_t max)
{
    size_t n = s->wraps < max ? s->wraps : max;

    for (size_t i = 0; i < n; i++)
        secret_curve_public(s->wrap[i], out[i]);
    return n;
}

void
sealer_free(struct sealer *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < LIMIT_SEAL_KEY_COUNT; i++)
        secret_free(s->slot[i].key);
    for (size_t i = 0; i < s->wraps; i++)
        secret_free(s->wrap[i]);
    free(s);
}

static const struct secret *
not_ours(struct why *why)
{
    (void)why_set(why, WHY_BODY_SEALED, 0, 0, NULL,
                  "the key of the log is not wrapped for a wrap key of this node");
    return NULL;
}

/* The log key that ${wrapped} names, until the next call. NULL with ${why}: that is remembered, too, so that a log of bad keys costs no more than another. */
static const struct secret *
key_of(struct sealer *s, struct span wrapped, struct why *why)
{
    struct slot *oldest = &s->slot[0];
    struct secret *key = NULL;
    struct why tried;

    if (wrapped.n != SEAL_WRAPPED_BYTES)
        return not_ours(why);
    for (size_t i = 0; i < LIMIT_SEAL_KEY_COUNT; i++) {
        struct slot *slot = &s->slot[i];
        if (slot->used != 0 && span_equal(span_of(slot->wrapped, SEAL_WRAPPED_BYTES), wrapped)) {
            slot->used = ++s->clock;
            return slot->key != NULL ? slot->key : not_ours(why);
        }
        if (slot->used < oldest->used)
            oldest = slot;
    }
    why_clear(&tried);
    for (size_t i = 0; i < s->wraps && key == NULL; i++)
        key = seal_unwrap(s->wrap[i], wrapped, &tried);
    secret_free(oldest->key);
    oldest->key = key;
    memcpy(oldest->wrapped, wrapped.p, SEAL_WRAPPED_BYTES);
    oldest->used = ++s->clock;
    return key != NULL ? key : not_ours(why);
}

/*
 * BLAKE2b-256(key = wrap key, "parallax-embargo-v1" || log id): a secret of the log that exists nowhere else, cannot be wrapped for anybody by mistake, and
 * comes back with the node's keys.
 */
static struct secret *
embargo_by(const struct secret *wrap, const uint8_t log[SEAL_ID_BYTES])
{
    static const char label[] = "parallax-embargo-v1";
    crypto_generichash_state state;
    uint8_t key[SECRET_BYTES];
    struct secret *secret;

    (void)crypto_generichash_init(&state, secret_bytes(wrap), SECRET_BYTES, sizeof key);
    (void)crypto_generichash_update(&state, (const uint8_t *)label, sizeof label - 1);
    (void)crypto_generichash_update(&state, log, SEAL_ID_BYTES);
    (void)crypto_generichash_final(&state, key, sizeof key);
    secret = secret_new_copy(key);
    sodium_memzero(key, sizeof key);
    sodium_memzero(&state, sizeof state);
    return secret;
}

/* That under which ${item} is sealed: what is new by the present wrap key, what was sealed by the one that its header commits to. */
static struct secret *
embargo_of(const struct sealer *s, const struct sealer_item *item)
{
    struct secret *found = NULL;

    if (item->op == SEALER_SEAL)
        return embargo_by(s->wrap[0], item->place.log);
    for (size_t i = 0; i < s->wraps && found == NULL; i++) {
        struct secret *secret = embargo_by(s->wrap[i], item->place.log);
        uint8_t key[SEAL_KEY_BYTES];

        seal_reveal(secret, &item->place, key);
        if (seal_fits(key, &item->place, span_of(item->commitment, SEAL_COMMITMENT_BYTES)))
            found = secret;
        else
            secret_free(secret);
        sodium_memzero(key, sizeof key);
    }
    return found;
}

static void
do_item(const struct secret *key, struct sealer_item *item, struct buf *out)
{
    item->out = out->n;
    switch (item->op) {
    case SEALER_SEAL:
        (void)seal_body(key, &item->place, item->in, out, item->commitment, &item->why);
        break;
    case SEALER_OPEN:
        (void)seal_open(key, &item->place, span_of(item->commitment, SEAL_COMMITMENT_BYTES), item->in, out,
                        &item->why);
        break;
    case SEALER_REVEAL:
        seal_reveal(key, &item->place, item->key);
        break;
    }
    item->out_n = out->n - item->out;
}

void
sealer_items(struct sealer *s, struct sealer_item *items, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        struct secret *embargo = items[i].embargo ? embargo_of(s, &items[i]) : NULL;
        const struct secret *key = embargo;

        why_clear(&items[i].why);
        if (!items[i].embargo)
            key = key_of(s, items[i].wrapped, &items[i].why);
        else if (embargo == NULL)
            (void)why_set(&items[i].why, WHY_BODY_SEALED, 0, 0, NULL,
                          "under the embargo of a wrap key that this node does not hold");
        if (key != NULL)
            do_item(key, &items[i], out);
        secret_free(embargo);
    }
}

int
sealer_wrap(struct sealer *s, struct span wrapped, const uint8_t (*to)[32], size_t n,
            uint8_t (*out)[SEAL_WRAPPED_BYTES], struct why *why)
{
    struct secret *fresh = wrapped.n == 0 ? secret_new_random() : NULL;
    const struct secret *key = fresh != NULL ? fresh : key_of(s, wrapped, why);
    int rc = key == NULL ? -1 : 0;

    for (size_t i = 0; i < n && rc == 0; i++) {
        if (seal_wrap(key, to[i], out[i]) != 0)
            rc = why_set(why, WHY_FIELD_VALUE, 0, 0, "wrap", "not an X25519 key that one may use");
    }
    secret_free(fresh);
    return rc;
}
