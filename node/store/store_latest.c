/* The picture: the newest record of each (type, mode, key, origin). The thread that owns the handle. */
#include "store/store_internal.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

/*
 * Finding a subject by its text costs more than all else, so the writer remembers where the last LIMIT_STORE_SUBJECTS_COUNT of them are. They are known by 128
 * bits of a hash under a key that nobody else knows: no peer can make two that fall together.
 */
#define WAYS 4

struct known {
    uint64_t hash[2]; /* of (type, mode, key, origin); 0, 0 = free */
    uint64_t objects; /* hash of both and of the identity; 0 = not known */
    int64_t slot;     /* subject.slot */
};

struct store_cache {
    uint8_t key[crypto_shorthash_siphashx24_KEYBYTES];
    struct known set[LIMIT_STORE_SUBJECTS_COUNT / WAYS][WAYS];
};
_Static_assert((LIMIT_STORE_SUBJECTS_COUNT / WAYS & (LIMIT_STORE_SUBJECTS_COUNT / WAYS - 1)) == 0,
               "a power of two");

void
store_cache_clear(struct store *s)
{
    free(s->cache);
    s->cache = NULL;
}

static struct store_cache *
cache_get(struct store *s)
{
    if (s->cache == NULL) {
        s->cache = mem_new(sizeof *s->cache);
        randombytes_buf(s->cache->key, sizeof s->cache->key);
    }
    return s->cache;
}

/* Hash of the objects and of what is said of who they are. */
static uint64_t
hash_identity(const struct store_cache *c, const struct store_subject *v)
{
    uint8_t in[2 * STORE_TEXT_MAX + STORE_IDENTITY_MAX], *p = in;
    uint64_t out[2];

    for (size_t i = 0; i < 2; i++) {
        size_t k = strlen(v->object[i]) + 1;

        memcpy(p, v->object[i], k);
        p += k;
    }
    if (v->identity.n > 0)
        memcpy(p, v->identity.p, v->identity.n);
    p += v->identity.n;
    (void)crypto_shorthash_siphashx24((unsigned char *)out, in, (unsigned long long)(p - in), c->key);
    return out[0];
}

/* Hash of ${n} texts and a byte before them. */
static void
hash_texts(const struct store_cache *c, const char *const *texts, size_t n, uint8_t mode, uint64_t out[2])
{
    uint8_t in[4 * STORE_TEXT_MAX + 1], *p = in;

    *p++ = mode;
    for (size_t i = 0; i < n; i++) {
        size_t k = strlen(texts[i]) + 1;

        memcpy(p, texts[i], k);
        p += k;
    }
    (void)crypto_shorthash_siphashx24((unsigned char *)out, in, (unsigned long long)(p - in), c->key);
}

/* The entry of ${hash}, or the one to overwrite with it: a free one, else the one that was filled first. */
static struct known *
find(struct store_cache *c, const uint64_t hash[2])
{
    struct known *set = c->set[hash[0] & (LIMIT_STORE_SUBJECTS_COUNT / WAYS - 1)];

    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].hash[0] == hash[0] && set[i].hash[1] == hash[1])
            return &set[i];
    memmove(set + 1, set, (WAYS - 1) * sizeof *set);
    set[0] = (struct known){0};
    return &set[0];
}

static void
bind_key(sqlite3_stmt *st, int i, const struct store_subject *v)
{
    store_bind_text(st, i, v->type);
    (void)sqlite3_bind_int(st, i + 1, v->mode);
    store_bind_text(st, i + 2, v->key);
    store_bind_text(st, i + 3, v->origin);
}

static int
change_object(struct store *s, enum sql sql, const char *object, const struct store_subject *v)
{
    sqlite3_stmt *st;

    if (*object == 0)
        return 0;
    st = store_stmt(s, sql);
    if (st == NULL)
        return -1;
    store_bind_text(st, 1, object);
    bind_key(st, 2, v);
    return store_run(s, st);
}

/* What a row of subject has beside its key. */
struct was {
    char object[2][STORE_TEXT_MAX];
    uint8_t bytes[STORE_IDENTITY_MAX];
    struct span identity; /* in bytes */
};

/* Where the picture has a subject: 1 with slot, objects and identity, 0 when it is new. */
static int
look_up(struct store *s, const struct store_subject *v, int64_t *slot, struct was *was)
{
    sqlite3_stmt *st = store_stmt(s, SQL_SUBJECT_GET);
    int rc;

    if (st == NULL)
        return -1;
    bind_key(st, 1, v);
    rc = store_row(s, st);
    if (rc > 0) {
        *slot = sqlite3_column_int64(st, 0);
        struct span identity = store_column(st, 3);

        if (store_copy_text(s, st, 1, was->object[0], STORE_TEXT_MAX) != 0 ||
            store_copy_text(s, st, 2, was->object[1], STORE_TEXT_MAX) != 0)
            rc = -1;
        else if (identity.n > sizeof was->bytes)
            rc = store_fail(s, "an identity of the picture is damaged");
        else if (identity.n > 0)
            memcpy(was->bytes, identity.p, identity.n);
        was->identity = span_of(was->bytes, identity.n);
    }
    (void)sqlite3_reset(st);
    return rc;
}

/* 1 when ${v} is newer than ${old}: by (epoch, created, log id, index), so that the order of arrival does not matter. */
static int
is_newer(struct store *s, const struct store_subject *v, const struct store_slot *old)
{
    uint8_t ours[LOG_ID_BYTES], theirs[LOG_ID_BYTES];

    if (v->epoch != old->epoch)
        return v->epoch > old->epoch;
    if (v->created != old->created)
        return v->created > old->created;
    if (v->log == leaf_log(old->leaf))
        return v->index > leaf_index(old->leaf);
    if (store_log_id(s, v->log, ours) != 0 || store_log_id(s, leaf_log(old->leaf), theirs) != 0)
        return -1;
    return memcmp(ours, theirs, LOG_ID_BYTES) > 0;
}

/* Row of subject for ${v}: new when ${old} is NULL, else with other objects or another identity than that. */
static int
write_subject(struct store *s, const struct store_subject *v, int64_t slot, const struct was *old)
{
    sqlite3_stmt *st = store_stmt(s, old == NULL ? SQL_SUBJECT_INSERT : SQL_SUBJECT_OBJECTS);

    if (st == NULL)
        return -1;
    bind_key(st, 1, v);
    if (old == NULL)
        (void)sqlite3_bind_int64(st, 5, slot);
    store_bind_text(st, 6, v->object[0]);
    store_bind_text(st, 7, v->object[1]);
    store_bind_span(st, 8, v->identity);
    if (store_run(s, st) != 0)
        return -1;
    for (int i = 0; i < 2 && old != NULL; i++)
        if (change_object(s, SQL_OBJECT_DELETE, old->object[i], v) != 0)
            return -1;
    for (int i = 0; i < 2; i++)
        if (change_object(s, SQL_OBJECT_INSERT, v->object[i], v) != 0)
            return -1;
    if (old != NULL && store_alias_change(s, v->mode, v->origin, old->identity, false) != 0)
        return -1;
    return store_alias_change(s, v->mode, v->origin, v->identity, true);
}

/* The row of a subject follows its newest record, ${v}. */
static int
follow(struct store *s, const struct store_subject *v, struct known *k, uint64_t objects)
{
    struct was was;

    if (k->objects == objects)
        return 0;
    if (look_up(s, v, &k->slot, &was) != 1)
        return store_fail(s, "a subject of the picture is missing");
    if ((strcmp(was.object[0], v->object[0]) != 0 || strcmp(was.object[1], v->object[1]) != 0 ||
         !span_equal(was.identity, v->identity)) &&
        write_subject(s, v, k->slot, &was) != 0)
        return -1;
    k->objects = objects;
    return 0;
}

/* A subject whose slot is known. Its objects are looked at only when they are not known to be the same. */
static int
replace(struct store *s, const struct store_subject *v, const struct store_slot *now, struct known *k,
        uint64_t objects)
{
    struct store_slot old;
    int rc;

    if (store_slot_get(s, k->slot, &old) != 0)
        return -1;
    if (now->leaf == old.leaf) /* once more: what an older release did not keep of it */
        return follow(s, v, k, objects);
    rc = is_newer(s, v, &old);
    if (rc <= 0)
        return rc;
    if (store_slot_set(s, k->slot, now) != 0)
        return -1;
    return follow(s, v, k, objects);
}

/* ${k} is what is remembered of the subject; nothing when its hash is not set. */
static int
apply(struct store *s, const struct store_subject *v, struct known *k, uint64_t objects)
{
    struct store_slot now = {v->epoch, v->created, leaf_of(v->log, v->index), v->delivery, v->kind};
    struct was was;
    int rc = 1;

    if ((k->hash[0] | k->hash[1]) == 0) {
        k->objects = 0;
        rc = look_up(s, v, &k->slot, &was);
    }
    if (rc > 0)
        return replace(s, v, &now, k, objects);
    if (rc < 0 || store_slot_add(s, &now, &k->slot) != 0 || write_subject(s, v, k->slot, NULL) != 0)
        return -1;
    k->objects = objects;
    return 0;
}

int
store_latest_apply(struct store *s, const struct store_subject *v)
{
    struct store_cache *c = cache_get(s);
    const char *const key[] = {v->type, v->key, v->origin};
    uint64_t hash[2], objects;
    struct known *k;

    if (store_segment_note(s, v->delivery, v->type, v->epoch) != 0)
        return -1;
    if (v->aside)
        return 0;
    if (v->events_n > 0 && store_event_apply(s, v) != 0)
        return -1;
    hash_texts(c, key, 3, v->mode, hash);
    objects = hash_identity(c, v);
    k = find(c, hash);
    if (apply(s, v, k, objects) != 0) {
        store_cache_clear(s);
        return -1;
    }
    k->hash[0] = hash[0];
    k->hash[1] = hash[1];
    return 0;
}

int
store_latest_put(struct store *s, const struct store_subject *v)
{
    struct store_subject whole = *v;
    bool opened;
    int rc;

    assert(v->log > 0 && v->log <= LEAF_LOG_MAX && v->index <= LEAF_INDEX_MAX);
    assert(strlen(v->type) <= LIMIT_NAME_BYTES && strlen(v->origin) <= LIMIT_NAME_BYTES);
    for (int i = 0; i < 2; i++) {
        if (v->object[i] == NULL)
            whole.object[i] = "";
        assert(strlen(whole.object[i]) < STORE_TEXT_MAX);
    }
    assert(strlen(v->key) < STORE_TEXT_MAX && v->identity.n <= STORE_IDENTITY_MAX);
    rc = store_enter(s, &opened);
    if (rc == 0)
        rc = v->index >= store_tail_from(s, v->log) ? store_pending_put(s, &whole)
                                                    : store_latest_apply(s, &whole);
    return store_leave(s, opened, rc);
}

/* Call ${fn} for each row of ${st}. */
static int
each(struct store *s, sqlite3_stmt *st, store_latest_fn *fn, void *cookie)
{
    struct store_latest row;
    struct store_slot slot;
    int rc;

    while ((rc = store_row(s, st)) > 0) {
        if (!store_slot_read(store_column(st, 4), &slot)) {
            rc = store_fail(s, "a row of the picture is damaged");
            break;
        }
        memset(&row, 0, sizeof row);
        row.mode = (uint8_t)sqlite3_column_int(st, 1);
        row.kind = slot.kind;
        row.epoch = slot.epoch;
        row.created = slot.created;
        row.log = leaf_log(slot.leaf);
        row.index = leaf_index(slot.leaf);
        row.delivery = slot.delivery;
        if (store_copy_text(s, st, 0, row.type, sizeof row.type) != 0 ||
            store_copy_text(s, st, 2, row.key, sizeof row.key) != 0 ||
            store_copy_text(s, st, 3, row.origin, sizeof row.origin) != 0)
            rc = -1;
        else
            rc = fn(cookie, &row);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    return rc;
}

int
store_latest_each(struct store *s, const struct store_latest *after, store_latest_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_LATEST_EACH);

    if (st == NULL || store_newest_flush(s) != 0)
        return -1;
    store_bind_text(st, 1, after != NULL ? after->type : "");
    (void)sqlite3_bind_int(st, 2, after != NULL ? after->mode : 0);
    store_bind_text(st, 3, after != NULL ? after->key : "");
    store_bind_text(st, 4, after != NULL ? after->origin : "");
    return each(s, st, fn, cookie);
}

static void
put_list(struct buf *list, const char *const *objects, size_t n)
{
    buf_put_byte(list, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_byte(list, ',');
        text_json(list, span_str(objects[i]));
    }
    buf_put_byte(list, ']');
}

int
store_latest_of_pair(struct store *s, const struct store_pair *pair, store_latest_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_LATEST_OF_OBJECTS);
    struct buf list[2];
    int rc;

    assert(pair->n[0] <= LIMIT_OBJECT_ALIAS_COUNT && pair->n[1] <= LIMIT_OBJECT_ALIAS_COUNT);
    if (st == NULL || store_newest_flush(s) != 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        buf_init(&list[i], (size_t)LIMIT_OBJECT_ALIAS_COUNT * 6 * STORE_TEXT_MAX);
        put_list(&list[i], pair->object[i], pair->n[i]);
        store_bind_text(st, 1 + (int)i, buf_cstr(&list[i]));
    }
    rc = buf_failed(&list[0]) || buf_failed(&list[1]) ? store_fail(s, "no memory for a list of objects")
                                                      : each(s, st, fn, cookie);
    buf_release(&list[0]);
    buf_release(&list[1]);
    return rc;
}

int
store_latest_of_objects(struct store *s, const char *const *objects, size_t n, store_latest_fn *fn,
                        void *cookie)
{
    struct store_pair pair = {{objects, NULL}, {n, 0}};

    return store_latest_of_pair(s, &pair, fn, cookie);
}

int
store_latest_is(struct store *s, const struct store_latest *row)
{
    const struct store_subject v = {
        .type = row->type, .mode = row->mode, .key = row->key, .origin = row->origin};
    struct store_slot slot;
    struct was was;
    int64_t no;
    int rc = look_up(s, &v, &no, &was);

    if (rc <= 0)
        return rc;
    return store_slot_get(s, no, &slot) != 0 ? -1 : slot.leaf == leaf_of(row->log, row->index);
}

int
store_latest_of_object(struct store *s, const char *object, store_latest_fn *fn, void *cookie)
{
    return store_latest_of_objects(s, &object, 1, fn, cookie);
}
