#include "daemon/api_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define LOOK_COUNT 256 /* members of a part that are looked at for when it came */

struct api_view *
api_view_new(struct api_call *c, int mode)
{
    struct api_view *v = api_answer_alloc(c, sizeof *v);

    if (v == NULL)
        return NULL;
    v->call = c;
    v->mode = (uint8_t)mode;
    v->object = api_answer_alloc(c, sizeof *v->object);
    return v->object != NULL ? v : NULL;
}

static void
add_scope(struct api_view *v, const char *a, const char *b)
{
    char *out = v->scope[v->scopes];

    if (b == NULL)
        (void)snprintf(out, EVENT_SCOPE_MAX, "%.63s", a);
    else if (strcmp(a, b) <= 0)
        (void)snprintf(out, EVENT_SCOPE_MAX, "%.63s+%.63s", a, b);
    else
        (void)snprintf(out, EVENT_SCOPE_MAX, "%.63s+%.63s", b, a);
    for (size_t i = 0; i < v->scopes; i++) {
        if (strcmp(v->scope[i], out) == 0)
            return;
    }
    v->scopes++;
}

/* All scopes that mean the same as ${scope}. 0 or -1. */
static int
gather_scopes(struct api_view *v, const char *kind, const char *scope)
{
    char second[LIMIT_EVENT_ALIAS_COUNT][sizeof v->family[0].part[0]];
    const struct api_family *f;
    struct span part[2];
    size_t n = event_scope_parts(scope, part), second_n = 0;

    v->scopes = 0;
    if (n == 2) {
        f = api_family_of(v, kind, part[1]);
        if (f == NULL)
            return -1;
        second_n = f->n;
        memcpy(second, f->part, sizeof second);
    }
    f = api_family_of(v, kind, part[0]);
    if (f == NULL)
        return -1;
    for (size_t i = 0; i < f->n; i++) {
        for (size_t k = 0; k < second_n; k++)
            add_scope(v, f->part[i], second[k]);
        if (n == 1)
            add_scope(v, f->part[i], NULL);
    }
    return 0;
}

static int
take_part(void *cookie, const struct store_event_row *e)
{
    struct api_view *v = cookie;

    for (size_t i = 0; i < v->parts; i++) {
        if (v->part[i].lo == e->lo && strcmp(v->part[i].scope, e->scope) == 0)
            return 0;
    }
    if (v->parts == LIMIT_EVENT_PARTS_COUNT)
        return 1;
    v->part[v->parts++] = *e;
    v->grown |= e->lo < v->event.lo || e->hi > v->event.hi;
    return 0;
}

static void
widen(struct store_event_row *e, const struct store_event_row *by)
{
    bool first = by->first_created < e->first_created ||
                 (by->first_created == e->first_created &&
                  memcmp(by->first_record, e->first_record, STORE_MEMBER_BYTES) < 0);

    e->lo = by->lo < e->lo ? by->lo : e->lo;
    e->hi = by->hi > e->hi ? by->hi : e->hi;
    e->closes = by->closes > e->closes ? by->closes : e->closes;
    e->count += by->count;
    if (!first)
        return;
    e->at = by->at;
    e->first_created = by->first_created;
    memcpy(e->scope, by->scope, sizeof e->scope);
    memcpy(e->first_record, by->first_record, STORE_MEMBER_BYTES);
}

static void
sum(struct api_view *v)
{
    v->event = v->part[0];
    for (size_t i = 1; i < v->parts; i++)
        widen(&v->event, &v->part[i]);
}

/* It stands for itself: there is nothing to join, or more than is joined. */
static void
stand_alone(struct api_view *v, const struct store_event_row *e)
{
    v->event = v->part[0] = *e;
    v->parts = v->scopes = 1;
    memcpy(v->scope[0], e->scope, sizeof e->scope);
}

/* Parts whose times follow each other no further apart than the window, from ${e} on. */
static int
gather_parts(struct api_view *v, const struct store_event_row *e)
{
    int rc = 0;

    v->event = v->part[0] = *e;
    v->parts = 1;
    do {
        v->grown = false;
        for (size_t i = 0; i < v->scopes && rc == 0; i++)
            rc = store_event_near(v->call->ctx->store, &v->event, v->scope[i], take_part, v);
        sum(v);
    } while (rc == 0 && v->grown);
    if (rc > 0)
        stand_alone(v, e);
    return rc < 0 ? -1 : 0;
}

int
api_view_make(struct api_view *v, const struct store_event_row *e)
{
    if (gather_scopes(v, e->kind, e->scope) != 0)
        return -1;
    if (v->scopes > 1)
        return gather_parts(v, e);
    stand_alone(v, e);
    return 0;
}

static int64_t
away(const struct store_event_row *e, int64_t at)
{
    return at < e->lo ? e->lo - at : at > e->hi ? at - e->hi : 0;
}

/* The part of any scope that is nearest to ${at}; of two as near, the earlier. As store_event_find(). */
static int
find_nearest(struct api_view *v, const char *kind, int64_t at, struct store_event_row *out)
{
    struct store_event_row e;
    bool found = false;

    for (size_t i = 0; i < v->scopes; i++) {
        int rc = store_event_find(v->call->ctx->store, v->mode, kind, v->scope[i], at, &e);

        if (rc < 0)
            return -1;
        if (rc == 0 &&
            (!found || away(&e, at) < away(out, at) || (away(&e, at) == away(out, at) && e.lo < out->lo)))
            *out = e;
        found |= rc == 0;
    }
    return !found;
}

int
api_view_find(struct api_view *v, const char *kind, const char *scope, int64_t at)
{
    struct store_event_row e;
    int rc = gather_scopes(v, kind, scope);

    if (rc == 0)
        rc = find_nearest(v, kind, at, &e);
    return rc != 0 ? rc : api_view_make(v, &e);
}

/* The first members after one, in the order of (at, record). */
struct members {
    struct api_view *view;
    struct store_member *out;
    size_t n, max;
    bool more;
};

static int
compare_members(const struct store_member *a, const struct store_member *b)
{
    return a->at != b->at ? (a->at < b->at ? -1 : 1) : memcmp(a->record, b->record, STORE_MEMBER_BYTES);
}

/* A remark may lie a window outside the event, and then nearer to another. 1, 0, or -1. */
static int
belongs(struct api_view *v, const struct store_member *m)
{
    struct store_event_row e;
    int rc;

    if (m->at >= v->event.lo && m->at <= v->event.hi)
        return 1;
    if (!m->remark)
        return 0;
    rc = find_nearest(v, v->event.kind, m->at, &e);
    return rc < 0 ? -1 : rc == 0 && e.lo >= v->event.lo && e.hi <= v->event.hi;
}

static int
take_member(void *cookie, const struct store_member *m)
{
    struct members *g = cookie;
    size_t i = g->n;
    int rc;

    if (i == g->max && compare_members(m, &g->out[i - 1]) > 0) {
        rc = belongs(g->view, m);
        g->more |= rc > 0;
        return rc != 0 ? (rc < 0 ? -1 : 1) : 0;
    }
    rc = belongs(g->view, m);
    if (rc <= 0)
        return rc;
    g->more |= i == g->max;
    i -= i == g->max;
    g->n = i + 1;
    for (; i > 0 && compare_members(&g->out[i - 1], m) > 0; i--)
        g->out[i] = g->out[i - 1];
    g->out[i] = *m;
    return 0;
}

int
api_view_members(struct api_view *v, const struct store_member *after, struct store_member *out, size_t max,
                 bool *more)
{
    struct members g = {.view = v, .out = out, .max = max};

    for (size_t i = 0; i < v->scopes; i++) {
        if (store_event_scope(v->call->ctx->store, &v->event, v->scope[i], after, take_member, &g) < 0)
            return -1;
    }
    *more = g.more;
    return (int)g.n;
}

/* What stands of all parts: of each origin and voice the newest, in the order of their names. */
struct words {
    struct store_member *word;
    size_t n, cap;
    char origin[LIMIT_NAME_BYTES +
                1]; /* of one part: the one that is told now, and how many of its voices were */
    unsigned voices;
};

static int
compare_voices(const struct store_member *a, const struct store_member *b)
{
    int rc = strcmp(a->origin, b->origin);

    return rc != 0 ? rc : strcmp(a->voice, b->voice);
}

/* Which of two words of one voice stands: as in the store. */
static bool
is_later(const struct store_member *a, const struct store_member *b)
{
    if (a->issued != b->issued)
        return a->issued > b->issued;
    if (a->created != b->created)
        return a->created > b->created;
    return memcmp(a->record, b->record, STORE_MEMBER_BYTES) > 0;
}

static int
take_word(void *cookie, const struct store_member *m)
{
    struct words *w = cookie;
    size_t lo = 0, hi = w->n;

    w->voices = strcmp(w->origin, m->origin) == 0 ? w->voices + 1 : 1;
    memcpy(w->origin, m->origin, sizeof w->origin);
    if (w->voices > LIMIT_EVENT_WORDS_COUNT)
        return 0;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int rc = compare_voices(&w->word[mid], m);

        if (rc == 0) {
            if (is_later(m, &w->word[mid]))
                w->word[mid] = *m;
            return 0;
        }
        lo = rc < 0 ? mid + 1 : lo;
        hi = rc < 0 ? hi : mid;
    }
    if (w->n == w->cap) {
        w->cap = w->cap == 0 ? 64 : 2 * w->cap;
        w->word = mem_resize(w->word, w->cap * sizeof *w->word);
    }
    memmove(w->word + lo + 1, w->word + lo, (w->n - lo) * sizeof *w->word);
    w->word[lo] = *m;
    w->n++;
    return 0;
}

int
api_view_standing(struct api_view *v, store_member_fn *fn, void *cookie)
{
    struct words w = {.n = 0};
    int rc = 0;

    if (v->parts == 1)
        return store_event_standing(v->call->ctx->store, &v->part[0], fn, cookie);
    for (size_t i = 0; i < v->parts && rc == 0; i++) {
        w.voices = 0;
        w.origin[0] = 0;
        rc = store_event_standing(v->call->ctx->store, &v->part[i], take_word, &w);
    }
    for (size_t i = 0; i < w.n && rc == 0; i++)
        rc = fn(cookie, &w.word[i]);
    free(w.word);
    return rc;
}

struct came {
    struct store *store;
    uint64_t then;
    unsigned looked;
    bool before;
};

static int
look_came(void *cookie, const struct store_member *m)
{
    struct came *c = cookie;
    uint64_t delivery = 0;

    if (m->remark)
        return 0;
    if (store_leaf_delivery(c->store, m->log, m->index, &delivery) != 0)
        return -1;
    c->before = delivery <= c->then;
    return c->before || ++c->looked == LOOK_COUNT;
}

static int
compare_parts(const struct store_event_row *a, const struct store_event_row *b)
{
    int rc = strcmp(a->scope, b->scope);

    return rc != 0 ? rc : a->lo < b->lo ? -1 : a->lo > b->lo;
}

int
api_view_leads(struct api_view *v, const struct store_event_row *e, uint64_t then, bool changed)
{
    const struct store_event_row *first = NULL, *old = NULL;

    for (size_t i = 0; i < v->parts; i++) {
        struct came came = {.store = v->call->ctx->store, .then = then, .before = !changed || v->parts == 1};

        if (!came.before && store_event_members(came.store, &v->part[i], NULL, look_came, &came) < 0)
            return -1;
        if (first == NULL || compare_parts(&v->part[i], first) < 0)
            first = &v->part[i];
        if (came.before && (old == NULL || compare_parts(&v->part[i], old) < 0))
            old = &v->part[i];
    }
    return compare_parts(e, old != NULL ? old : first) == 0;
}
