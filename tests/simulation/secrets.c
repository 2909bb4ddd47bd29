/* Named audiences in the world: who may hold what, told apart from the cores' own idea of it; changes of readers; embargoes. */
#include "world_internal.h"
#include "core/release.h"
#include "peer.pb-c.h"
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AUDIENCE "ops"
#define MARKER   "SECRET "

static uint64_t random_state;

static uint32_t
random_word(void)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(random_state >> 32);
}

static void
random_bytes(void *out, const size_t n)
{
    uint8_t *p = out;

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)random_word();
}

static const char *
random_name(void)
{
    return "simulation";
}

static struct randombytes_implementation seeded = {
    .implementation_name = random_name, .random = random_word, .buf = random_bytes};

void
secrets_start(void)
{
    randombytes_set_implementation(&seeded);
}

void
secrets_seed(uint64_t seed)
{
    random_state = seed;
}

int
secrets_items(void *cookie, struct sealer_item *items, size_t n, struct buf *out)
{
    sealer_items(cookie, items, n, out);
    return 0;
}

int
secrets_wrap(void *cookie, struct span wrapped, const uint8_t (*to)[32], size_t n,
             uint8_t (*out)[SEAL_WRAPPED_BYTES], struct why *why)
{
    return sealer_wrap(cookie, wrapped, to, n, out, why);
}

int
secrets_keys(void *cookie, uint8_t (*out)[32], size_t max)
{
    return (int)sealer_keys(cookie, out, max);
}

bool
secrets_is(const struct world *w, uint32_t number)
{
    return w->conf.audiences && number % 4 == 1;
}

static struct truth *
truth_of(struct world *w, const uint8_t *log)
{
    for (size_t i = 0; i < w->truth_n; i++) {
        if (memcmp(w->truth[i].log, log, LOG_ID_BYTES) == 0)
            return &w->truth[i];
    }
    return NULL;
}

static uint64_t
bits(const struct world *w, char **names, size_t n)
{
    uint64_t out = 0;

    for (size_t k = 0; k < n; k++) {
        for (unsigned i = 0; i < w->conf.nodes; i++)
            out |= strcmp(w->roster->member[i].name, names[k]) == 0 ? (uint64_t)1 << i : 0;
    }
    return out;
}

static void
note_descriptor(struct world *w, unsigned i, const uint8_t *log, struct span body)
{
    Parallax__V1__Descriptor *d = parallax__v1__descriptor__unpack(NULL, body.n, body.p);
    struct truth *t;

    assert(d != NULL && w->truth_n < TRUTH_MAX);
    if (truth_of(w, log) == NULL && strcmp(d->audience, "open") != 0) {
        t = &w->truth[w->truth_n++];
        memcpy(t->log, log, LOG_ID_BYTES);
        t->origin = i;
        t->readers = bits(w, d->readers, d->n_readers);
        t->carriers = bits(w, d->carriers, d->n_carriers);
        for (size_t k = 0; k < d->n_keys && t->hints < HINTS_MAX; k++) {
            uint64_t reader = bits(w, &d->keys[k]->reader, 1);
            assert(d->keys[k]->wrap_key.len == 32 && reader != 0);
            t->hint[t->hints].reader = (unsigned)__builtin_ctzll(reader);
            memcpy(t->hint[t->hints++].key, d->keys[k]->wrap_key.data, 32);
        }
    }
    parallax__v1__descriptor__free_unpacked(d, NULL);
}

static void
note_keys(struct world *w, struct span body)
{
    Parallax__V1__Keys *keys = parallax__v1__keys__unpack(NULL, body.n, body.p);

    for (size_t i = 0; keys != NULL && i < keys->n_logs; i++) {
        struct truth *t = truth_of(w, keys->logs[i]->log.data);
        for (size_t k = 0; t != NULL && k < keys->logs[i]->n_keys; k++)
            t->readers |= bits(w, &keys->logs[i]->keys[k]->reader, 1);
    }
    parallax__v1__keys__free_unpacked(keys, NULL);
}

/* A node stores a batch of its own: what it says of readers is what counts from then on. */
void
secrets_stored(struct world *w, unsigned i, const uint8_t *log, const struct store_batch *b)
{
    for (uint32_t k = 0; k < b->count; k++) {
        Parallax__V1__Header *h =
            parallax__v1__header__unpack(NULL, b->records[k].header.n, b->records[k].header.p);
        if (h != NULL && h->kind == PARALLAX__V1__KIND__DESCRIPTOR)
            note_descriptor(w, i, log, b->records[k].body);
        else if (h != NULL && h->kind == PARALLAX__V1__KIND__KEYS)
            note_keys(w, b->records[k].body);
        parallax__v1__header__free_unpacked(h, NULL);
    }
}

static void
check_log(struct world *w, unsigned from, unsigned to, const ProtobufCBinaryData *log, const char *what)
{
    const struct truth *t = log->len == LOG_ID_BYTES ? truth_of(w, log->data) : NULL;

    if (t == NULL || t->origin == to || ((t->readers | t->carriers) >> to & 1) != 0 || w->leak[0] != '\0')
        return;
    snprintf(w->leak, sizeof(w->leak), "%s sent %s of a named log of %s to %s, which may not hold it",
             w->roster->member[from].name, what, w->roster->member[t->origin].name,
             w->roster->member[to].name);
}

static void
check_sealed(struct world *w, unsigned from, const Parallax__V1__Data *d)
{
    if (d->log.len != LOG_ID_BYTES || truth_of(w, d->log.data) == NULL)
        return;
    for (size_t i = 0; i < d->n_headers; i++) {
        Parallax__V1__Header *h = parallax__v1__header__unpack(NULL, d->headers[i].len, d->headers[i].data);
        if (h != NULL && h->type[0] != '\0' &&
            (h->sealing == PARALLAX__V1__SEALING__NONE || h->epoch != NULL))
            snprintf(w->leak, sizeof(w->leak), "%s sent a record of a named audience that is not sealed",
                     w->roster->member[from].name);
        parallax__v1__header__free_unpacked(h, NULL);
    }
}

/* A contradiction of a named log is news for those who may hold it, and for who has shown that it knows of the log. */
static void
check_told(struct world *w, unsigned from, unsigned to, const ProtobufCBinaryData *log, const char *what)
{
    bool knows =
        log->len == LOG_ID_BYTES && w->sim[to].node != NULL && node_log_find(w->sim[to].node, log->data) >= 0;

    if (!knows)
        check_log(w, from, to, log, what);
}

/* No byte of a record on any path to whom it is not for (DESIGN section 10). */
void
secrets_sent(struct world *w, unsigned from, unsigned to, struct span bytes)
{
    Parallax__V1__Frame *f;

    if (!w->conf.audiences && w->version_n == 0)
        return;
    if (memmem(bytes.p, bytes.n, MARKER, strlen(MARKER)) != NULL)
        snprintf(w->leak, sizeof(w->leak), "%s sent the plain text of a named audience",
                 w->roster->member[from].name);
    f = parallax__v1__frame__unpack(NULL, bytes.n, bytes.p);
    if (f == NULL)
        return;
    members_sent(w, from, to, f);
    if (f->body_case == PARALLAX__V1__FRAME__BODY_DATA) {
        check_log(w, from, to, &f->data->log, "records");
        check_sealed(w, from, f->data);
    } else if (f->body_case == PARALLAX__V1__FRAME__BODY_COSIGN) {
        check_log(w, from, to, &f->cosign->log, "a cosignature");
    } else if (f->body_case == PARALLAX__V1__FRAME__BODY_FORK && f->fork->newer != NULL) {
        check_told(w, from, to, &f->fork->newer->log, "a contradiction");
    } else if (f->body_case == PARALLAX__V1__FRAME__BODY_PROOF_ANSWER) {
        check_log(w, from, to, &f->proof_answer->log, "a proof");
    } else if (f->body_case == PARALLAX__V1__FRAME__BODY_HEADS) {
        for (size_t i = 0; i < f->heads->n_heads; i++)
            check_log(w, from, to, &f->heads->heads[i]->checkpoint->log, "a head");
    }
    parallax__v1__frame__free_unpacked(f, NULL);
}

/* Node ${i} makes its audience, or changes it. Whether that works out is its own business. */
void
secrets_change(struct world *w, unsigned i)
{
    char *readers[WORLD_NODES_MAX], *carriers[WORLD_NODES_MAX], *granted[WORLD_NODES_MAX];
    struct audience_change c = {
        .token = ++w->token, .name = AUDIENCE, .readers = readers, .carriers = carriers, .granted = granted};
    struct event e = {.kind = EVENT_AUDIENCE, .audience = &c};

    c.create = !w->sim[i].audience;
    for (unsigned k = 0; k < w->conf.nodes; k++) {
        char *name = w->roster->member[k].name;
        unsigned role = (unsigned)world_below(w, 4);
        if (k == i)
            continue;
        if (role < 2)
            readers[c.readers_n++] = name;
        else if (role == 2)
            carriers[c.carriers_n++] = name;
        if (role == 0)
            granted[c.granted_n++] = name;
    }
    if (c.create)
        c.granted_n = 0;
    if (w->sim[i].node == NULL)
        return;
    w->figures.changes++;
    world_event(w, i, &e);
}

/* An answer to secrets_change: true when it was one. */
void
secrets_answered(struct world *w, unsigned i, const struct action *a)
{
    w->sim[i].audience =
        w->sim[i].audience || a->why == NULL ||
        (a->why->code == WHY_AUDIENCE_UNKNOWN && strstr(a->why->note, "there already") != NULL);
    if (w->sim[i].audience && a->why != NULL && a->why->code == WHY_AUDIENCE_UNKNOWN &&
        strstr(a->why->note, "no audience") != NULL)
        w->sim[i].audience = false; /* it never was: the node lost it before anything was signed */
}

static int
look(void *cookie, const struct store_latest *row)
{
    (void)row;
    *(bool *)cookie = true;
    return 1;
}

static bool
shows(struct world *w, unsigned i, uint32_t number)
{
    bool found = false;
    char object[32];

    snprintf(object, sizeof(object), "norad:%u", (unsigned)number);
    store_latest_of_object(w->sim[i].store, object, look, &found);
    return found;
}

bool
secrets_wrapped(struct world *w)
{
    for (size_t k = 0; k < w->truth_n; k++) {
        const struct truth *t = &w->truth[k];
        int at = members_current(w, t->origin) ? node_log_find(w->sim[t->origin].node, t->log) : -1;
        struct node_log_status s;
        if (at >= 0)
            node_log_status(w->sim[t->origin].node, (size_t)at, &s);
        for (unsigned h = 0; at >= 0 && !s.row->closed && h < t->hints; h++) {
            const struct roster_member *m = &w->roster->member[t->hint[h].reader];
            if (m->removed || memcmp(m->wrap.key[0].key, t->hint[h].key, 32) == 0)
                continue;
            snprintf(w->wrong, sizeof(w->wrong), "%s goes on in a log that a dropped wrap key of %s opens",
                     w->roster->member[t->origin].name, m->name);
            return false;
        }
    }
    return true;
}

/* In the end: whoever may read an open log's record shows it, and nobody else does. */
const char *
secrets_wrong(struct world *w)
{
    for (size_t k = 0; k < w->acked_n; k++) {
        const struct acked *x = &w->acked[k];
        const struct truth *t = secrets_is(w, x->number) ? truth_of(w, x->log) : NULL;
        int at = t == NULL ? -1 : node_log_find(w->sim[x->node].node, x->log);
        struct node_log_status s;
        if (t == NULL || at < 0)
            continue;
        node_log_status(w->sim[x->node].node, (size_t)at, &s);
        for (unsigned i = 0; i < w->conf.nodes; i++) {
            bool reads = t->origin == i || (t->readers >> i & 1) != 0;
            bool shown = shows(w, i, x->number);
            if (shown == reads || (reads && (s.row->closed || x->excused)))
                continue;
            if (reads && (!members_current(w, i) || !members_current(w, x->node)))
                continue; /* who is removed gets no more, and is heard no more */
            if (reads && w->lies && x->node == LIAR)
                continue; /* it may be of the other story: disputes.c */
            snprintf(w->wrong, sizeof(w->wrong), "%s %s record %u of %s, a named audience's",
                     w->roster->member[i].name, shown ? "shows" : "does not show", (unsigned)x->number,
                     w->roster->member[t->origin].name);
            return w->wrong;
        }
    }
    return NULL;
}
