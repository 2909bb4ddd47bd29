#include "core/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Reads of the source for one object: with the claims of an identifier bounded, so is the work. */
#define READS_MAX 1024

struct claim {
    char partner[ALIAS_BYTES];
    uint8_t origin;
};

/* What is said of one identifier. */
struct claims {
    struct claim *row;
    size_t n, cap;
};

struct finder {
    const struct identity_source *source;
    struct identity *out;
    struct claims *into;
};

static const char *const state_names[] = {"used",      "claimed", "merged", "named",
                                          "contested", "split",   "noted"};

const char *
identity_state_name(enum identity_state state)
{
    return state_names[state];
}

bool
identity_word_is_joined(const char *state)
{
    for (size_t i = 0; i < sizeof state_names / sizeof *state_names; i++) {
        if (strcmp(state_names[i], state) == 0)
            return identity_is_joined((enum identity_state)i);
    }
    return false;
}

/* Its number; -1 when there are too many. */
static int
origin_of(struct identity *out, const char *name)
{
    for (size_t i = 0; i < out->origin_n; i++) {
        if (strcmp(out->origin[i], name) == 0)
            return (int)i;
    }
    if (out->origin_n == LIMIT_OBJECT_ORIGIN_COUNT || strlen(name) > LIMIT_NAME_BYTES) {
        out->is_cut = true;
        return -1;
    }
    memcpy(out->origin[out->origin_n], name, strlen(name) + 1);
    return (int)out->origin_n++;
}

static int
take_claim(void *cookie, const char *origin, const char *partner)
{
    struct finder *f = cookie;
    struct claims *c = f->into;
    int number = origin_of(f->out, origin);

    if (number < 0 || strlen(partner) >= ALIAS_BYTES)
        return 0;
    if (c->n == c->cap) {
        c->cap = c->cap == 0 ? 16 : 2 * c->cap;
        c->row = mem_resize(c->row, c->cap * sizeof *c->row);
    }
    memcpy(c->row[c->n].partner, partner, strlen(partner) + 1);
    c->row[c->n++].origin = (uint8_t)number;
    return 0;
}

/* What is said of ${id}; released with free(c->row). */
static int
read_claims(struct finder *f, const char *id, enum store_relation relation, struct claims *c)
{
    *c = (struct claims){0};
    if (f->out->reads >= READS_MAX) {
        f->out->is_cut = true;
        return 0;
    }
    f->out->reads++;
    f->into = c;
    return f->source->each(
        f->source->cookie, id, relation,
        alias_class(id) == ALIAS_NAME ? LIMIT_OBJECT_ALIAS_COUNT : LIMIT_OBJECT_CLAIM_COUNT, take_claim, f);
}

static bool is_hub(enum alias_class class)
{
    return class <= ALIAS_PROVISIONAL;
}

/* The kind of identifier that belongs to it one to one. */
static enum alias_class mate_of(enum alias_class class)
{
    static const enum alias_class mates[] = {[ALIAS_NORAD] = ALIAS_COSPAR,
                                             [ALIAS_COSPAR] = ALIAS_NORAD,
                                             [ALIAS_NUMBER] = ALIAS_PROVISIONAL,
                                             [ALIAS_PROVISIONAL] = ALIAS_NUMBER};

    return is_hub(class) ? mates[class] : ALIAS_NONE;
}

/* Origins that put ${partner} beside it, and nothing else of that kind. */
static uint64_t
single(const struct claims *c, const char *partner)
{
    enum alias_class class = alias_class(partner);
    uint64_t with = 0, others = 0;

    for (size_t i = 0; i < c->n; i++) {
        uint64_t bit = UINT64_C(1) << c->row[i].origin;

        if (strcmp(c->row[i].partner, partner) == 0)
            with |= bit;
        else if (alias_class(c->row[i].partner) == class)
            others |= bit;
    }
    return with & ~others;
}

static unsigned
count(uint64_t bits)
{
    unsigned n = 0;

    for (; bits != 0; bits &= bits - 1)
        n++;
    return n;
}

/* A person whose word counts here says that ${a} and ${b} are two objects: 1, 0, or -1. */
static int
is_split(struct finder *f, const char *a, const char *b)
{
    struct claims c;
    int rc = read_claims(f, a, STORE_SPLIT, &c);
    bool found = false;

    for (size_t i = 0; rc == 0 && i < c.n; i++)
        found |= strcmp(c.row[i].partner, b) == 0 &&
                 f->source->counts(f->source->cookie, f->out->origin[c.row[i].origin]);
    free(c.row);
    return rc != 0 ? -1 : found;
}

/* How many origins vote for the pair (a, b): each states it, and of neither another partner. -1 on error. */
static int
votes(struct finder *f, const char *a, const char *b, const struct claims *of_a)
{
    struct claims of_b;
    int rc = read_claims(f, b, STORE_SAME, &of_b);
    uint64_t bits = rc == 0 ? single(of_a, b) & single(&of_b, a) : 0;

    free(of_b.row);
    if (rc == 0 && bits != 0 && (rc = is_split(f, a, b)) > 0)
        return 0;
    return rc < 0 ? -1 : (int)count(bits);
}

/* Is ${b} named before row ${n} already? */
static bool
is_repeated(const struct claims *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(c->row[i].partner, c->row[n].partner) == 0)
            return true;
    }
    return false;
}

/* The partner of ${a} with the most votes, and whether it has more than each other: *${best} votes, "" when there is none. 0 or -1. */
static int
favourite(struct finder *f, const char *a, const struct claims *c, char out[ALIAS_BYTES], int *best)
{
    enum alias_class mate = mate_of(alias_class(a));

    out[0] = 0;
    *best = 0;
    for (size_t i = 0; i < c->n; i++) {
        int v;

        if (alias_class(c->row[i].partner) != mate || is_repeated(c, i))
            continue;
        v = votes(f, a, c->row[i].partner, c);
        if (v < 0)
            return -1;
        if (v == *best)
            out[0] = 0;
        if (v > *best) {
            *best = v;
            memcpy(out, c->row[i].partner, ALIAS_BYTES);
        }
    }
    return 0;
}

/* The partner of ${a}, one to one: each has the other as its favourite. "" when there is none. 0 or -1. */
static int
partner_of(struct finder *f, const char *a, char out[ALIAS_BYTES])
{
    char back[ALIAS_BYTES];
    struct claims c;
    int rc, best;

    out[0] = 0;
    if (!is_hub(alias_class(a)))
        return 0;
    rc = read_claims(f, a, STORE_SAME, &c);
    if (rc == 0)
        rc = favourite(f, a, &c, out, &best);
    free(c.row);
    if (rc != 0 || out[0] == 0)
        return rc;
    rc = read_claims(f, out, STORE_SAME, &c);
    if (rc == 0)
        rc = favourite(f, out, &c, back, &best);
    free(c.row);
    if (rc == 0 && strcmp(back, a) != 0)
        out[0] = 0;
    return rc;
}

/* Which of two identifiers stands for an object that has both. */
static bool
is_before(const char *a, const char *b)
{
    enum alias_class x = alias_class(a), y = alias_class(b);

    if (x != y)
        return x < y;
    if (strlen(a) != strlen(b))
        return strlen(a) < strlen(b);
    return strcmp(a, b) < 0;
}

/* The identifier that stands for the pair of ${id}. 0 or -1. */
static int
core_of(struct finder *f, const char *id, char out[ALIAS_BYTES])
{
    if (partner_of(f, id, out) != 0)
        return -1;
    if (out[0] == 0 || is_before(id, out))
        memcpy(out, id, strlen(id) + 1);
    return 0;
}

/* Cores that origins put an operator's identifier beside. */
struct cores {
    char id[LIMIT_OBJECT_ORIGIN_COUNT][ALIAS_BYTES];
    uint64_t origins[LIMIT_OBJECT_ORIGIN_COUNT];
    size_t n;
};

static int
note_core(struct finder *f, const char *leaf, const struct claim *claim, struct cores *cores)
{
    char core[ALIAS_BYTES];
    size_t i;
    int rc;

    if (!is_hub(alias_class(claim->partner)))
        return 0;
    rc = is_split(f, leaf, claim->partner);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (core_of(f, claim->partner, core) != 0)
        return -1;
    for (i = 0; i < cores->n && strcmp(cores->id[i], core) != 0; i++)
        continue;
    if (i == LIMIT_OBJECT_ORIGIN_COUNT) {
        f->out->is_cut = true;
        return 0;
    }
    if (i == cores->n)
        memcpy(cores->id[cores->n++], core, sizeof core);
    cores->origins[i] |= UINT64_C(1) << claim->origin;
    return 0;
}

/* The core that ${leaf} belongs to: more origins put it there, and nowhere else, than beside each other. "" when there is none. 0 or -1. */
static int
home_of(struct finder *f, const char *leaf, char out[ALIAS_BYTES])
{
    struct cores *cores = mem_new(sizeof *cores);
    unsigned best = 0;
    struct claims c;
    int rc = read_claims(f, leaf, STORE_SAME, &c);

    out[0] = 0;
    for (size_t i = 0; rc == 0 && i < c.n; i++)
        rc = note_core(f, leaf, &c.row[i], cores);
    free(c.row);
    for (size_t i = 0; rc == 0 && i < cores->n; i++) {
        uint64_t others = 0;
        unsigned v;

        for (size_t k = 0; k < cores->n; k++)
            others |= k != i ? cores->origins[k] : 0;
        v = count(cores->origins[i] & ~others);
        if (v == best)
            out[0] = 0;
        if (v > best) {
            best = v;
            memcpy(out, cores->id[i], ALIAS_BYTES);
        }
    }
    free(cores);
    return rc;
}

static struct identity_alias *
find_alias(struct identity *out, const char *id, bool joined)
{
    for (size_t i = 0; i < out->alias_n; i++) {
        if (strcmp(out->alias[i].id, id) == 0 && identity_is_joined(out->alias[i].state) == joined)
            return &out->alias[i];
    }
    return NULL;
}

/* NULL when it is there, or when there are too many. */
static struct identity_alias *
add_alias(struct identity *out, const char *id, enum identity_state state, const char *with)
{
    struct identity_alias *a;

    if (find_alias(out, id, identity_is_joined(state)) != NULL)
        return NULL;
    if (out->alias_n == LIMIT_OBJECT_ALIAS_COUNT) {
        out->is_cut = true;
        return NULL;
    }
    a = &out->alias[out->alias_n++];
    *a = (struct identity_alias){.state = state};
    memcpy(a->id, id, strlen(id) + 1);
    memcpy(a->with, with, strlen(with) + 1);
    return a;
}

/* ${id} and its pair, or what an operator's identifier belongs to. */
static int
add_core(struct finder *f, const char *id, enum identity_state state, const char *with)
{
    char other[ALIAS_BYTES], pair[ALIAS_BYTES];
    int rc;

    (void)add_alias(f->out, id, state, with);
    rc = alias_class(id) == ALIAS_OTHER ? home_of(f, id, other) : partner_of(f, id, other);
    if (rc != 0 || other[0] == 0)
        return rc;
    (void)add_alias(f->out, other, IDENTITY_CLAIMED, id);
    if (alias_class(id) != ALIAS_OTHER)
        return 0;
    rc = partner_of(f, other, pair);
    if (rc == 0 && pair[0] != 0)
        (void)add_alias(f->out, pair, IDENTITY_CLAIMED, other);
    return rc;
}

/* Operators' identifiers that belong to the object of ${id}. */
static int
add_leaves(struct finder *f, const char *id)
{
    char core[ALIAS_BYTES], home[ALIAS_BYTES];
    struct claims c;
    int rc = core_of(f, id, core);

    if (rc != 0 || !is_hub(alias_class(id)) || read_claims(f, id, STORE_SAME, &c) != 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < c.n; i++) {
        const char *leaf = c.row[i].partner;

        if (alias_class(leaf) != ALIAS_OTHER || is_repeated(&c, i))
            continue;
        rc = home_of(f, leaf, home);
        if (rc == 0 && strcmp(home, core) == 0)
            (void)add_alias(f->out, leaf, IDENTITY_CLAIMED, id);
    }
    free(c.row);
    return rc;
}

/* What persons merge with ${id}, where their word counts. */
static int
add_merged(struct finder *f, const char *id)
{
    struct claims c;
    int rc = read_claims(f, id, STORE_MERGE, &c);

    for (size_t i = 0; rc == 0 && i < c.n; i++) {
        const char *partner = c.row[i].partner;

        if (!f->source->counts(f->source->cookie, f->out->origin[c.row[i].origin]))
            continue;
        rc = is_split(f, id, partner);
        if (rc == 0 && find_alias(f->out, partner, true) == NULL)
            rc = add_core(f, partner, IDENTITY_MERGED, id);
        rc = rc < 0 ? -1 : 0;
    }
    free(c.row);
    return rc;
}

/* The state of what origins or persons put beside ${id} and what is not one of the object. */
static enum identity_state
state_beside(struct finder *f, enum store_relation relation, const struct claim *c, int split)
{
    bool counts = f->source->counts(f->source->cookie, f->out->origin[c->origin]);

    if (relation == STORE_SAME)
        return alias_class(c->partner) == ALIAS_NAME ? IDENTITY_NAMED
               : split > 0                           ? IDENTITY_SPLIT
                                                     : IDENTITY_CONTESTED;
    return counts && relation == STORE_SPLIT ? IDENTITY_SPLIT : IDENTITY_NOTED;
}

/* What is said of ${id} in one way: who says so of what is joined, and what is not. */
static int
tell(struct finder *f, const char *id, enum store_relation relation)
{
    struct claims c;
    int rc = read_claims(f, id, relation, &c);

    for (size_t i = 0; rc == 0 && i < c.n; i++) {
        const char *partner = c.row[i].partner;
        uint64_t bit = UINT64_C(1) << c.row[i].origin;
        struct identity_alias *self = find_alias(f->out, id, true), *a;

        f->out->is_known |= relation == STORE_SAME;
        if (self != NULL && relation == STORE_SAME && self->with[0] == 0)
            self->origins |= bit;
        if (partner[0] == 0)
            continue;
        a = relation == STORE_SPLIT ? NULL : find_alias(f->out, partner, true);
        if (a != NULL) {
            if (a->with[0] != 0)
                a->origins |= bit;
            continue;
        }
        rc = is_split(f, id, partner);
        if (rc < 0)
            break;
        (void)add_alias(f->out, partner, state_beside(f, relation, &c.row[i], rc), id);
        a = find_alias(f->out, partner, false);
        if (a != NULL)
            a->origins |= bit;
        rc = 0;
    }
    free(c.row);
    return rc;
}

static int
compare(const void *a, const void *b)
{
    const struct identity_alias *x = a, *y = b;
    bool p = identity_is_joined(x->state), q = identity_is_joined(y->state);

    if (p != q)
        return p ? -1 : 1;
    if (!p && x->state != y->state)
        return x->state < y->state ? -1 : 1;
    return strcmp(x->id, y->id) == 0 ? 0 : is_before(x->id, y->id) ? -1 : 1;
}

/* What is joined with ${id}, in f->out. What persons merged comes first: operators' identifiers, of which anybody may state many, take no place from it. */
static int
join(struct finder *f, const char *id)
{
    struct identity *out = f->out;
    int rc;

    *out = (struct identity){0};
    rc = add_core(f, id, IDENTITY_USED, "");
    for (size_t i = 0; rc == 0 && i < out->alias_n; i++) {
        char at[ALIAS_BYTES];

        memcpy(at, out->alias[i].id, sizeof at);
        rc = add_merged(f, at);
    }
    for (size_t i = 0; rc == 0 && i < out->alias_n; i++) {
        char at[ALIAS_BYTES];

        memcpy(at, out->alias[i].id, sizeof at);
        rc = add_leaves(f, at);
        if (rc == 0)
            rc = add_merged(f, at);
    }
    return rc;
}

int
identity_join(const struct identity_source *source, const char *id, struct identity *out)
{
    struct finder f = {.source = source, .out = out};
    int rc = join(&f, id);

    if (rc == 0)
        qsort(out->alias, out->alias_n, sizeof *out->alias, compare);
    return rc;
}

int
identity_resolve(const struct identity_source *source, const char *id, struct identity *out)
{
    struct finder f = {.source = source, .out = out};
    size_t joined;
    int rc = join(&f, id);

    joined = out->alias_n;
    for (size_t i = 0; rc == 0 && i < joined; i++) {
        char at[ALIAS_BYTES];

        memcpy(at, out->alias[i].id, sizeof at);
        for (int relation = STORE_SAME; rc == 0 && relation <= STORE_SPLIT; relation++)
            rc = tell(&f, at, (enum store_relation)relation);
    }
    if (rc == 0)
        qsort(out->alias, out->alias_n, sizeof *out->alias, compare);
    return rc;
}

int
identity_find(const struct identity_source *source, const char *name, struct identity *work,
              char (*out)[ALIAS_BYTES], size_t max, size_t *n)
{
    struct finder f = {.source = source, .out = work};
    struct claims c;
    int rc;

    *work = (struct identity){0};
    *n = 0;
    rc = read_claims(&f, name, STORE_SAME, &c);
    for (size_t i = 0; rc == 0 && i < c.n && *n < max; i++) {
        const char *partner = c.row[i].partner[0] != 0 ? c.row[i].partner : name;
        size_t k = 0;

        if (is_repeated(&c, i))
            continue;
        rc = identity_resolve(source, partner, work);
        for (k = 0; rc == 0 && k < *n && strcmp(out[k], work->alias[0].id) != 0; k++)
            continue;
        if (rc == 0 && k == *n)
            memcpy(out[(*n)++], work->alias[0].id, ALIAS_BYTES);
    }
    free(c.row);
    return rc;
}
