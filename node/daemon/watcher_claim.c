/*
 * The watch role's thread. Rules of pairs: each record of a type with an extent beside each other one of its mode. What they claim is kept as the newest record of each origin has it: it
 * is a function of what the node holds, so a start, and whatever order records come in, leads to the same alerts.
 */
#include "daemon/watcher_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "watch/overlap.h"

struct claim {
    const struct type *type;
    int mode;
    char key[128], origin[LIMIT_NAME_BYTES + 1];
    bool withdrawn;
    struct type_extent extent;
    char id[RECORD_ID_TEXT_MAX];
    uint8_t log[LOG_ID_BYTES];
    Parallax__V1__RecordId reference; /* its log is set when it is used */
};

struct watcher_claims {
    struct claim *of;
    size_t n, room;
};

/* Two claims that are held against each other; the first has the label that comes first. */
struct meeting {
    struct claim *a, *b;
};

/* All meetings of two labels: origins may differ about each. */
struct pair {
    struct meeting of[LIMIT_MEMBER_COUNT];
    char origin[LIMIT_MEMBER_COUNT][2 * LIMIT_NAME_BYTES + 2];
    size_t n;
};

void
watcher_claim_free(struct watcher_claims *c)
{
    if (c == NULL)
        return;
    free(c->of);
    free(c);
}

void
watcher_claim_clear(struct watcher *w)
{
    watcher_claim_free(w->claims);
    w->claims = NULL;
}

static bool
is_over(const struct claim *c, struct utc now)
{
    return c->withdrawn || c->extent.is_over || utc_compare(c->extent.zone.end, now) < 0;
}

/* The place of the origin's record of ${s}; a new one, or that of one that is over. NULL: all are taken. */
static struct claim *
place_for(struct watcher *w, const struct watcher_subject *s, const char *origin, struct utc now)
{
    struct watcher_claims *c = w->claims;
    struct claim *over = NULL;

    for (size_t i = 0; i < c->n; i++) {
        if (c->of[i].type == s->type && c->of[i].mode == s->mode && strcmp(c->of[i].key, s->key) == 0 &&
            strcmp(c->of[i].origin, origin) == 0)
            return &c->of[i];
        if (over == NULL && is_over(&c->of[i], now))
            over = &c->of[i];
    }
    if (c->n == LIMIT_WATCH_CLAIM_COUNT) {
        if (over == NULL)
            watcher_open_full(w, c->n);
        return over;
    }
    if (c->n == c->room) {
        c->room = c->room == 0 ? 16 : 2 * c->room;
        c->of = mem_resize(c->of, c->room * sizeof *c->of);
    }
    return &c->of[c->n++];
}

static void
keep(struct watcher *w, const struct watcher_subject *s, const struct watcher_views *v)
{
    struct utc now = clock_utc();

    if (w->claims == NULL)
        w->claims = mem_new(sizeof *w->claims);
    for (size_t i = 0; i < v->n; i++) {
        const Parallax__V1__RecordId *id = v->input[i].reference;
        struct claim *c = place_for(w, s, v->view[i].origin, now);

        if (c == NULL)
            continue;
        *c = (struct claim){
            .type = s->type, .mode = s->mode, .withdrawn = v->view[i].withdrawn, .extent = v->fact[i].extent};
        (void)snprintf(c->key, sizeof c->key, "%s", s->key);
        (void)snprintf(c->origin, sizeof c->origin, "%s", v->view[i].origin);
        (void)snprintf(c->id, sizeof c->id, "%s", v->id[i]);
        memcpy(c->log, id->log.data, sizeof c->log);
        parallax__v1__record_id__init(&c->reference);
        c->reference.index = id->index;
    }
}

static bool
is_of(const struct claim *c, const struct watcher_subject *s, const char *label)
{
    return c->type == s->type && c->mode == s->mode && strcmp(c->extent.label, label) == 0;
}

static int
compare(const struct meeting *x, const struct meeting *y)
{
    int rc = strcmp(x->a->origin, y->a->origin);

    return rc != 0 ? rc : strcmp(x->b->origin, y->b->origin);
}

/* In the order of their origins, whatever the order in which they came. */
static void
add_meeting(struct pair *p, struct claim *a, struct claim *b)
{
    struct meeting m = {a, b};
    size_t at = p->n;

    if (p->n == LIMIT_MEMBER_COUNT)
        return;
    for (p->n++; at > 0 && compare(&m, &p->of[at - 1]) < 0; at--)
        p->of[at] = p->of[at - 1];
    p->of[at] = m;
}

static void
gather(struct watcher_claims *c, const struct watcher_subject *s, const char *first, const char *second,
       struct pair *p)
{
    p->n = 0;
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < c->n && is_of(&c->of[i], s, first); k++) {
            if (is_of(&c->of[k], s, second))
                add_meeting(p, &c->of[i], &c->of[k]);
        }
    }
}

/* What each two say, as views of the pair. */
static void
fill(struct pair *p, struct watcher_views *out)
{
    struct utc now = clock_utc();

    out->inputs = 0;
    for (out->n = 0; out->n < p->n; out->n++) {
        struct claim *side[2] = {p->of[out->n].a, p->of[out->n].b};
        struct judge_view *v = &out->view[out->n];
        bool same = strcmp(side[0]->origin, side[1]->origin) == 0;

        (void)snprintf(p->origin[out->n], sizeof *p->origin, "%s%s%s", side[0]->origin, same ? "" : "+",
                       same ? "" : side[1]->origin);
        *v = (struct judge_view){.origin = p->origin[out->n],
                                 .withdrawn = side[0]->withdrawn || side[1]->withdrawn};
        v->n = overlap_figures(&side[0]->extent, &side[1]->extent, now, v->figure);
        for (size_t i = 0; i < 2; i++) {
            bool is_there = false;

            side[i]->reference.log = (ProtobufCBinaryData){LOG_ID_BYTES, side[i]->log};
            for (size_t k = 0; k < out->inputs; k++)
                is_there = is_there || out->input[k].id == side[i]->id;
            if (!is_there)
                out->input[out->inputs++] = (struct watcher_input){side[i]->id, &side[i]->reference, out->n};
        }
    }
}

static bool
meet(const struct claim *a, const struct claim *b)
{
    return !a->withdrawn && !b->withdrawn && overlap_is(&a->extent, &b->extent);
}

/* ${mine} beside what has another label. ${partners}: how many pairs it may still raise. */
static int
apply_pair(struct watcher *w, const struct rule *rule, const struct watcher_subject *s, struct claim *mine,
           struct claim *other, size_t *partners, struct pair *p, struct watcher_views *v, int64_t *look_ms)
{
    bool in_order = strcmp(mine->extent.label, other->extent.label) < 0;
    const char *first = in_order ? mine->extent.label : other->extent.label;
    const char *second = in_order ? other->extent.label : mine->extent.label;
    char key[WATCHER_KEY_BYTES];
    bool is_open;

    (void)snprintf(key, sizeof key, "%s" DERIVE_AND "%s", first, second);
    is_open = watcher_open_about(w, rule, key, s->mode);
    if (!is_open && !meet(mine, other))
        return 0;
    if (!is_open && *partners == 0) {
        watcher_open_full(w, LIMIT_WATCH_PARTNER_COUNT);
        return 0;
    }
    *partners -= !is_open;
    v->key = v->name = key;
    gather(w->claims, s, first, second, p);
    fill(p, v);
    return watcher_apply(w, rule, s, v, look_ms);
}

int
watcher_claim_apply(struct watcher *w, const struct rule *rule, const struct watcher_subject *s,
                    const struct watcher_views *v, int64_t *look_ms)
{
    struct pair *p = mem_new(sizeof *p);
    struct watcher_views *both = mem_new(sizeof *both);
    size_t partners = LIMIT_WATCH_PARTNER_COUNT;
    int rc = 0;

    keep(w, s, v);
    for (size_t i = 0; i < w->claims->n && rc == 0; i++) {
        struct claim *mine = &w->claims->of[i];

        if (mine->type != s->type || mine->mode != s->mode || strcmp(mine->key, s->key) != 0)
            continue;
        for (size_t k = 0; k < w->claims->n && rc == 0; k++) {
            struct claim *other = &w->claims->of[k];

            if (other->type == s->type && other->mode == s->mode &&
                strcmp(other->extent.label, mine->extent.label) != 0)
                rc = apply_pair(w, rule, s, mine, other, &partners, p, both, look_ms);
        }
    }
    free(both);
    free(p);
    return rc;
}
