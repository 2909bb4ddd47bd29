/* Named audiences as their descriptors tell them: who reads, who carries, with which key, and what a later log of the series takes back (DESIGN section 5). Pure. */
#include "core/node_internal.h"
#include "wire/unpack.h"

#define WRAPS_AGAIN_MS 5000 /* who did not answer which keys it has is asked again */

static uint64_t
bit_of(const struct node *n, const char *name)
{
    int i = node_member_index(n, name);

    return i < 0 ? 0 : (uint64_t)1 << i;
}

static uint64_t
bits_of(const struct node *n, char *const *names, size_t count)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < count; i++)
        bits |= bit_of(n, names[i]);
    return bits;
}

/* Is ${t} of the series of ${s}, and of a named audience? */
static bool
same_series(const struct track *t, const struct track *s)
{
    return node_is_named(t) && strcmp(t->row.origin, s->row.origin) == 0 &&
           strcmp(t->row.audience, s->row.audience) == 0;
}

static struct track *
predecessor_of(struct node *n, const struct track *t)
{
    struct track *p = t->continues ? node_track(n, t->predecessor) : NULL;

    return p != NULL && p != t && same_series(p, t) ? p : NULL;
}

/* Whoever is not on the lists of ${t} gets nothing of what went before it either. */
static void
narrow_back(struct node *n, const struct track *t)
{
    struct track *p = predecessor_of(n, t);

    /* No longer chain than there are logs: an origin may write one that bites its tail. */
    for (size_t i = 0; p != NULL && i < n->track_n; i++) {
        p->row.limit &= release_holders(&t->row);
        t = p;
        p = predecessor_of(n, t);
    }
}

/* Which wrap keys do we hold? They change between two starts only: a roster may list more than those, and no more the old ones. */
static void
learn_wraps(struct node *n)
{
    const struct roster_keys *listed = &n->roster->member[n->me].wrap;
    int count = -1;

    if (n->wraps > 0 || (n->wraps_ms != 0 && n->mono - n->wraps_ms < WRAPS_AGAIN_MS))
        return;
    n->wraps_ms = n->mono == 0 ? 1 : n->mono;
    if (n->conf.seal.keys != NULL) {
        count = n->conf.seal.keys(n->conf.seal.cookie, n->wrap_key, LIMIT_WRAP_KEY_COUNT);
        n->wraps = count < 0 ? 0 : (size_t)count;
        return;
    }
    for (; n->wraps < listed->n && n->wraps < LIMIT_WRAP_KEY_COUNT; n->wraps++)
        memcpy(n->wrap_key[n->wraps], listed->key[n->wraps].key, 32);
}

/* Of several that one log key is wrapped for, the first that we hold: the present one before old ones. */
static void
take_key(struct node *n, struct track *t, Parallax__V1__WrappedKey *const *keys, size_t count)
{
    learn_wraps(n);
    for (size_t w = 0; w < n->wraps && !t->has_key; w++) {
        for (size_t i = 0; i < count && !t->has_key; i++) {
            const Parallax__V1__WrappedKey *k = keys[i];
            if (strcmp(k->reader, n->conf.name) != 0 || k->sealed.len != SEAL_WRAPPED_BYTES ||
                k->wrap_key.len != 32 || memcmp(k->wrap_key.data, n->wrap_key[w], 32) != 0)
                continue;
            memcpy(t->wrapped, k->sealed.data, SEAL_WRAPPED_BYTES);
            t->has_key = true;
        }
    }
}

/* Is it wrapped for a key that was dropped from the roster: lost, stolen, or out of use? */
static bool
is_outdated(const struct node *n, const Parallax__V1__Descriptor *d)
{
    for (size_t i = 0; i < d->n_keys; i++) {
        const struct roster_member *m = roster_member(n->roster, d->keys[i]->reader);
        bool listed = m == NULL || m->removed || d->keys[i]->wrap_key.len != 32;
        for (unsigned k = 0; !listed && k < m->wrap.n; k++)
            listed = memcmp(m->wrap.key[k].key, d->keys[i]->wrap_key.data, 32) == 0;
        if (!listed)
            return true;
    }
    return false;
}

void
audience_described(struct node *n, struct track *t, const Parallax__V1__Descriptor *d)
{
    t->described = true;
    t->continues = d->continues != NULL && d->continues->log.len == LOG_ID_BYTES;
    if (t->continues)
        memcpy(t->predecessor, d->continues->log.data, LOG_ID_BYTES);
    if (!node_is_named(t))
        return;
    t->row.readers = bits_of(n, d->readers, d->n_readers);
    t->row.carriers = bits_of(n, d->carriers, d->n_carriers);
    take_key(n, t, d->keys, d->n_keys);
    t->outdated = t->own != OWN_NONE && is_outdated(n, d);
    for (size_t i = 0; i < n->track_n; i++) {
        const struct track *s = n->track[i];
        if (s != t && predecessor_of(n, s) == t)
            t->row.limit &= release_holders(&s->row);
    }
    narrow_back(n, t);
    n->audience_dirty = true;
}

void
audience_forget(struct track *t)
{
    t->described = t->continues = t->has_key = false;
    t->row.audience[0] = t->row.class_name[0] = '\0';
    t->row.readers = t->row.carriers = t->row.granted = 0;
    t->row.limit = UINT64_MAX;
}

void
audience_keys(struct node *n, struct track *t, struct span body)
{
    struct arena arena;
    struct why why;
    Parallax__V1__Keys *keys;

    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    why_clear(&why);
    keys = (Parallax__V1__Keys *)unpack(&parallax__v1__keys__descriptor, body, false, WHY_BODY_SHAPE, &arena,
                                        &why);
    for (size_t i = 0; keys != NULL && i < keys->n_logs; i++) {
        const Parallax__V1__LogKey *k = keys->logs[i];
        struct track *old = k->log.len == LOG_ID_BYTES ? node_track(n, k->log.data) : NULL;
        bool had;
        if (old != NULL && !old->described && !old->hinted && strcmp(old->row.origin, t->row.origin) == 0) {
            old->hinted =
                true; /* it may be for us after all: asked for at once, not when the last answer is old */
            old->source = 0;
        }
        if (old == NULL || old == t || !old->described || !same_series(old, t))
            continue;
        had = old->has_key;
        for (size_t m = 0; m < k->n_keys; m++)
            old->row.granted |= bit_of(n, k->keys[m]->reader) & t->row.readers;
        if ((t->row.readers >> n->me & 1) != 0)
            take_key(n, old, k->keys, k->n_keys);
        if (!had && old->has_key)
            old->rescan = old->row.size; /* what we carried so far can be read from now on */
    }
    arena_release(&arena);
}

/* The descriptor and the KEYS leaves of ${t}, from the store. */
static void
load(struct node *n, struct track *t)
{
    const struct node_view *v = &n->conf.view;
    struct store_record records[AUDIENCE_LEAVES];
    struct store_batch b;
    struct why why;
    size_t count;

    if (t->row.size == 0 ||
        v->batch(v->cookie, t->row.no, 0, LIMIT_DATA_BYTES, n->records, LIMIT_BATCH_COUNT, &b) != 0)
        return;
    count = b.count < AUDIENCE_LEAVES ? b.count : AUDIENCE_LEAVES;
    memcpy(records, b.records, count * sizeof(*records));
    why_clear(&why);
    if (!t->described && road_descriptor(n, t, records[0].header, records[0].body, &why) != 0)
        return;
    for (size_t i = 1; i < count; i++) {
        const Parallax__V1__Header *h;
        arena_clear(&n->body_arena);
        h = record_header_read(records[i].header, t->row.id, &n->body_arena, &why);
        if (h == NULL || h->kind != PARALLAX__V1__KIND__KEYS ||
            record_body_check(h, records[i].body, &why) != 0)
            break;
        audience_keys(n, t, records[i].body);
    }
}

void
audience_load(struct node *n)
{
    n->audience_dirty = false;
    for (size_t i = 0; i < n->track_n; i++) {
        if (node_is_named(n->track[i]) && !n->track[i]->described)
            load(n, n->track[i]);
    }
    /* Keys may have been handed on by a log that came before the one they are of. */
    for (size_t i = 0; i < n->track_n; i++) {
        if (node_is_named(n->track[i]))
            load(n, n->track[i]);
    }
    n->audience_dirty = false;
}

/* The seal role did not say which keys it has when the first descriptors came: now it may. */
static void
ask_again(struct node *n)
{
    if (n->wraps > 0 || n->wraps_ms == 0)
        return;
    learn_wraps(n);
    for (size_t i = 0; n->wraps > 0 && i < n->track_n; i++) {
        if (!node_is_named(n->track[i]) || n->track[i]->row.size == 0)
            continue;
        n->track[i]->described = false;
        n->audience_dirty = true;
    }
}

void
audience_tick(struct node *n)
{
    ask_again(n);
    if (n->audience_dirty)
        audience_load(n);
    audience_settle(n);
}

/* Names of the members in ${bits}; memory is of the step. */
static char **
names_of(struct node *n, uint64_t bits, size_t *count)
{
    char **names = action_memory(n, LIMIT_MEMBER_COUNT * sizeof(*names));

    *count = 0;
    for (unsigned i = 0; i < n->roster->members_n; i++) {
        if ((bits >> i & 1) != 0)
            names[(*count)++] = (char *)(uintptr_t)n->roster->member[i].name;
    }
    return names;
}

#define WRAPS_MAX (LIMIT_MEMBER_COUNT * LIMIT_KEY_COUNT)

/* The key that ${wrapped} names (empty: a new one) for each key of the members in ${bits}. NULL: not now. */
static Parallax__V1__WrappedKey **
wrap_for(struct node *n, struct span wrapped, uint64_t bits, size_t *count)
{
    uint8_t(*to)[32] = action_memory(n, WRAPS_MAX * sizeof(*to));
    uint8_t(*out)[SEAL_WRAPPED_BYTES] = action_memory(n, WRAPS_MAX * sizeof(*out));
    Parallax__V1__WrappedKey *keys = action_memory(n, WRAPS_MAX * sizeof(*keys));
    Parallax__V1__WrappedKey **p = action_memory(n, WRAPS_MAX * sizeof(*p));
    struct why why;

    *count = 0;
    for (unsigned i = 0; i < n->roster->members_n; i++) {
        const struct roster_member *m = &n->roster->member[i];
        for (unsigned k = 0; (bits >> i & 1) != 0 && k < m->wrap.n; k++) {
            Parallax__V1__WrappedKey *w = &keys[*count];
            parallax__v1__wrapped_key__init(w);
            memcpy(to[*count], m->wrap.key[k].key, 32);
            w->reader = (char *)(uintptr_t)m->name;
            w->wrap_key = (ProtobufCBinaryData){32, to[*count]};
            w->sealed = (ProtobufCBinaryData){SEAL_WRAPPED_BYTES, out[*count]};
            p[(*count)++] = w;
        }
    }
    why_clear(&why);
    if (n->conf.seal.wrap != NULL &&
        n->conf.seal.wrap(n->conf.seal.cookie, wrapped, (const uint8_t(*)[32])to, *count, out, &why) == 0)
        return p;
    return NULL;
}

int
audience_describe(struct node *n, const struct audience_lists *lists, Parallax__V1__Descriptor *d)
{
    d->readers = names_of(n, lists->readers, &d->n_readers);
    d->carriers = names_of(n, lists->carriers, &d->n_carriers);
    d->keys = wrap_for(n, span_of(NULL, 0), lists->readers | (uint64_t)1 << n->me, &d->n_keys);
    return d->keys == NULL ? -1 : 0;
}

void
audience_hand_on(struct node *n, struct track *t, uint64_t granted)
{
    Parallax__V1__Keys body = PARALLAX__V1__KEYS__INIT;
    Parallax__V1__LogKey **logs = action_memory(n, LIMIT_LOG_KEYS_COUNT * sizeof(*logs));
    struct buf packed;

    /* From the newest log back: those that a new reader asks for first. */
    for (size_t i = n->track_n; i-- > 0 && body.n_logs < LIMIT_LOG_KEYS_COUNT;) {
        struct track *old = n->track[i];
        Parallax__V1__LogKey *k;
        if (old == t || old->own == OWN_NONE || !old->has_key || !same_series(old, t) ||
            strcmp(old->row.class_name, t->row.class_name) != 0)
            continue;
        k = action_memory(n, sizeof(*k));
        parallax__v1__log_key__init(k);
        k->log = (ProtobufCBinaryData){LOG_ID_BYTES, old->row.id};
        k->keys = wrap_for(n, span_of(old->wrapped, SEAL_WRAPPED_BYTES), granted, &k->n_keys);
        if (k->keys != NULL && k->n_keys > 0)
            logs[body.n_logs++] = k;
    }
    if (body.n_logs == 0)
        return;
    body.logs = logs;
    while (parallax__v1__keys__get_packed_size(&body) > LIMIT_BODY_BYTES)
        body.n_logs--;
    buf_init(&packed, LIMIT_BODY_BYTES);
    parallax__v1__keys__pack(&body, buf_add(&packed, parallax__v1__keys__get_packed_size(&body)));
    (void)publish_own_record(n, t, PARALLAX__V1__KIND__KEYS, PARALLAX__V1__MODE__REAL, buf_span(&packed),
                             false);
    buf_release(&packed);
}
