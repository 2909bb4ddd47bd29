/*
 * The membership, and its changes while the world runs: one node joins, another is removed. Then rosters are real notes, signed by a steward; one node is given the
 * new one, the others take it from peers, and each starts its core with it (DESIGN section 6).
 */
#include "world_internal.h"
#include "base/mem.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define STEWARD "simulation"

static void
seed_of(struct world *w, uint8_t seed[32])
{
    for (int k = 0; k < 4; k++) {
        uint64_t r = world_random(w);
        memcpy(seed + 8 * k, &r, 8);
    }
}

/* With all wrap keys of ${s}, the newest as the present one, which the roster lists. */
static struct sealer *
make_sealer(const struct sim *s, struct roster_member *m)
{
    struct secret *now = secret_new_copy(s->wrap[s->wraps - 1]);
    struct sealer *sealer;

    secret_curve_public(now, m->wrap.key[0].key);
    sealer = sealer_new(now);
    for (unsigned k = s->wraps - 1; k-- > 0;)
        (void)sealer_add_old(sealer, secret_new_copy(s->wrap[k]));
    return sealer;
}

/* The wrap key of a node, and the key of its transport, from its seed. */
static void
more_keys(const uint8_t seed[32], struct roster_member *m, struct sim *s)
{
    uint8_t twice[64], bytes[HASH_BYTES];
    struct secret *transport;

    memcpy(twice, seed, 32);
    memcpy(twice + 32, seed, 32);
    hash_sha256(span_of(twice, sizeof(twice)), s->wrap[s->wraps++]);
    s->sealer = make_sealer(s, m);
    hash_sha256(span_of(twice, sizeof(twice) - 1), bytes);
    transport = secret_new_copy(bytes);
    secret_curve_public(transport, m->transport.key[0].key);
    secret_free(transport);
}

static void
make_member(struct world *w, unsigned i)
{
    static const char *const names[] = {"us-noaa", "fr-cnes", "jp-jaxa", "br-inpe", "in-isro"};
    struct roster_member *m = &w->roster->member[i];
    uint8_t seed[32];

    seed_of(w, seed);
    model_init(&w->sim[i].signer, seed);
    (void)snprintf(m->name, sizeof(m->name), "%s", names[i]);
    (void)snprintf(m->country, sizeof(m->country), "%.2s", names[i]);
    (void)snprintf(m->agency, sizeof(m->agency), "%s", names[i]);
    (void)snprintf(m->source_class, sizeof(m->source_class), "government");
    (void)snprintf(m->contact, sizeof(m->contact), "watch@%s.example", names[i]);
    (void)snprintf(m->endpoint, sizeof(m->endpoint), "tcp://127.0.0.1:%u", 7600 + i);
    m->log.n = m->witness.n = m->wrap.n = m->transport.n = 1;
    more_keys(seed, m, &w->sim[i]);
    roster_key_make(m->name, "log", w->sim[i].signer.log_key, &m->log.key[0]);
    roster_key_make(m->name, "witness", w->sim[i].signer.witness_key, &m->witness.key[0]);
}

/* The next version, of the first ${members_n} members. */
static void
sign(struct world *w, unsigned members_n)
{
    struct version *v = &w->version[w->version_n];
    struct roster *draft = roster_new();
    struct buf text;
    struct why why;

    assert(w->version_n < VERSIONS_MAX);
    why_clear(&why);
    *draft = *w->roster;
    draft->members_n = members_n;
    draft->version = w->version_n + 1;
    if (w->version_n > 0)
        memcpy(draft->previous, w->version[w->version_n - 1].roster->hash, HASH_BYTES);
    buf_init(&text, LIMIT_ROSTER_BYTES);
    buf_init(&v->note, LIMIT_ROSTER_BYTES);
    v->roster = roster_new();
    roster_write(draft, &text);
    if (roster_add_signature(buf_span(&text), STEWARD, w->steward, &v->note, &why) != 0 ||
        roster_parse(buf_span(&v->note), v->roster, &why) != 0) {
        fprintf(stderr, "simulation: roster: %s\n", why.note);
        abort();
    }
    buf_release(&text);
    roster_free(draft);
    w->version_n++;
}

static void
make_signed(struct world *w)
{
    struct roster_steward *s = &w->roster->steward[0];
    unsigned joins = w->conf.nodes - 1;
    uint8_t seed[32];

    seed_of(w, seed);
    w->steward = secret_new_copy(seed);
    (void)snprintf(w->roster->title, sizeof(w->roster->title), "Simulation %llu",
                   (unsigned long long)w->conf.seed);
    w->roster->expires = utc_from_unix(clocks_right(w) / 1000 + 86400 * 365LL, 0);
    (void)snprintf(s->name, sizeof(s->name), STEWARD);
    sig_public(w->steward, s->key.key);
    w->roster->stewards_n = w->roster->threshold = 1;
    sign(w, joins);
    memcpy(w->roster->federation, w->version[0].roster->federation, sizeof(w->roster->federation));
    w->sim[joins].absent = true;
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        w->sim[i].version = w->version;
        w->sim[i].adopted = 1;
    }
}

void
members_make(struct world *w)
{
    w->roster = roster_new();
    w->roster->version = 1;
    w->roster->members_n = w->conf.nodes;
    (void)snprintf(w->roster->federation, sizeof(w->roster->federation), "%032llx",
                   (unsigned long long)w->conf.seed);
    for (unsigned i = 0; i < w->conf.nodes; i++)
        make_member(w, i);
    if (w->conf.faults.roster)
        make_signed(w);
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        struct roster_member *m = &w->roster->member[i];
        char name[ORIGIN_LINE_MAX];
        checkpoint_witness_name(w->roster->federation, m->name, name);
        checkpoint_key_id(name, 0x04, m->witness.key[0].key, m->witness.key[0].id);
    }
}

void
members_free(struct world *w)
{
    for (unsigned k = 0; k < w->version_n; k++) {
        roster_free(w->version[k].roster);
        buf_release(&w->version[k].note);
    }
    secret_free(w->steward);
    roster_free(w->roster);
}

const struct roster *
members_of(const struct world *w, unsigned i)
{
    return w->version_n == 0 ? w->roster : w->version[w->sim[i].held - 1].roster;
}

bool
members_current(const struct world *w, unsigned i)
{
    return !w->roster->member[i].removed;
}

static void
start_again(struct world *w, unsigned i)
{
    struct thing t = {.kind = THING_AGAIN, .node = i, .life = w->sim[i].life};

    t.at_ms = w->now + 1 + (int64_t)world_below(w, 500);
    queue_put(&w->queue, t);
}

/* Node ${i} takes a version from a peer: it is on its disk at once, and its core starts again with it. */
void
members_adopted(struct world *w, unsigned i, const struct action *a)
{
    struct sim *s = &w->sim[i];

    if (a->size == 0 || a->size > w->version_n ||
        !span_equal(a->bytes, buf_span(&w->version[a->size - 1].note))) {
        (void)snprintf(w->leak, sizeof(w->leak), "%s takes a roster that was never signed",
                       w->roster->member[i].name);
        return;
    }
    if (a->size > s->adopted)
        s->adopted = (unsigned)a->size;
    start_again(w, i);
}

/* Somebody puts every version into the folder of node ${i}. */
static void
install(struct world *w, unsigned i)
{
    w->sim[i].adopted = w->version_n;
    if (w->sim[i].node != NULL)
        start_again(w, i);
}

/* Any of those that stay, and not ${other}. */
static unsigned
any_but(struct world *w, unsigned other)
{
    unsigned i;

    do
        i = (unsigned)world_below(w, w->conf.nodes);
    while (i == other || w->sim[i].absent || !members_current(w, i));
    return i;
}

static void
tell(struct world *w, unsigned i, const char *what)
{
    if (w->conf.trace)
        printf("%8lld %s ROSTER %u: %s\n", (long long)w->now, w->roster->member[i].name, w->version_n, what);
}

static void
join(struct world *w)
{
    unsigned last = w->conf.nodes - 1;
    struct thing t = {.kind = THING_START, .node = last, .at_ms = w->now + 1};

    sign(w, w->conf.nodes);
    w->sim[last].absent = false;
    install(w, last);
    install(w, any_but(w, last));
    queue_put(&w->queue, t);
    w->figures.members++;
    tell(w, last, "joins");
}

static void
leave(struct world *w)
{
    unsigned i = any_but(w, w->conf.faults.lies ? LIAR : w->conf.nodes);

    w->roster->member[i].removed = true;
    sign(w, w->conf.nodes);
    install(w, any_but(w, i));
    w->figures.members++;
    tell(w, i, "is removed");
}

/* A member has a new wrap key and its old one is lost to it or stolen: it starts with both, and the next version lists the new one only. */
static void
rotate(struct world *w)
{
    unsigned i = any_but(w, w->conf.nodes);
    struct sim *s = &w->sim[i];

    if (s->wraps == WRAPS_MAX)
        return;
    seed_of(w, s->wrap[s->wraps++]);
    sealer_free(s->sealer_next);
    s->sealer_next = make_sealer(s, &w->roster->member[i]);
    sign(w, w->conf.nodes);
    install(w, i);
    w->figures.members++;
    tell(w, i, "has a new wrap key");
}

static bool
has_left(const struct world *w)
{
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        if (w->roster->member[i].removed)
            return true;
    }
    return false;
}

/* A change in the middle of whatever is going on, and of one line that is cut. */
void
members_cause(struct world *w)
{
    unsigned a = (unsigned)world_below(w, w->conf.nodes), b = (unsigned)world_below(w, w->conf.nodes);

    if (w->version_n == VERSIONS_MAX)
        return;
    if (a != b)
        net_cut(w, a, b, 500 + (int64_t)world_below(w, 20000));
    if (w->version_n == 1)
        join(w);
    else if (has_left(w) || (w->conf.seed / 10 + w->version_n) % 2 == 1)
        rotate(w);
    else
        leave(w);
}

void
members_heal(struct world *w)
{
    if (w->version_n == 1)
        join(w);
}

bool
members_are_removed(const struct world *w, const char *origin)
{
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        if (strcmp(w->roster->member[i].name, origin) == 0)
            return w->roster->member[i].removed;
    }
    return false;
}

/* A node that knows of a removal tells the removed nothing more of any log. */
void
members_sent(struct world *w, unsigned from, unsigned to, const Parallax__V1__Frame *f)
{
    const struct roster_member *m =
        w->version_n == 0 ? NULL : roster_member(members_of(w, from), w->roster->member[to].name);
    bool says = f->body_case == PARALLAX__V1__FRAME__BODY_DATA ||
                f->body_case == PARALLAX__V1__FRAME__BODY_COSIGN ||
                f->body_case == PARALLAX__V1__FRAME__BODY_FORK ||
                f->body_case == PARALLAX__V1__FRAME__BODY_PROOF_ANSWER ||
                (f->body_case == PARALLAX__V1__FRAME__BODY_HEADS && f->heads->n_heads > 0);

    if (m == NULL || !m->removed || !says || w->leak[0] != '\0')
        return;
    (void)snprintf(w->leak, sizeof(w->leak), "%s tells %s of a log, after it learned that this is no member",
                   w->roster->member[from].name, m->name);
}

/* In the end: every member holds the newest version. */
bool
members_agree(struct world *w)
{
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        if (w->version_n == 0 || !members_current(w, i) || w->sim[i].held == w->version_n)
            continue;
        (void)snprintf(w->wrong, sizeof(w->wrong), "%s holds version %u of %u of the roster",
                       w->roster->member[i].name, w->sim[i].held, w->version_n);
        return false;
    }
    return true;
}
