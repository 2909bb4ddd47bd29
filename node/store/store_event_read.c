/* Events, read: those of a place or an object, what one is made of, what stands. The thread that owns the handle. */
#include "store/store_event_internal.h"

#include <assert.h>

static int
read_event(struct store *s, sqlite3_stmt *st, struct store_event_row *out)
{
    memset(out, 0, sizeof *out);
    out->mode = (uint8_t)sqlite3_column_int(st, 0);
    if (store_copy_text(s, st, 1, out->kind, sizeof out->kind) != 0 ||
        store_copy_text(s, st, 2, out->scope, sizeof out->scope) != 0)
        return -1;
    out->lo = sqlite3_column_int64(st, 3);
    out->hi = sqlite3_column_int64(st, 4);
    out->count = (uint64_t)sqlite3_column_int64(st, 5);
    out->closes = sqlite3_column_int64(st, 6);
    out->at = sqlite3_column_int64(st, 7);
    out->first_created = sqlite3_column_int64(st, 8);
    return store_event_copy(s, st, 9, out->first_record);
}

static int
each_event(struct store *s, sqlite3_stmt *st, store_event_fn *fn, void *cookie)
{
    struct store_event_row row;
    int rc;

    while ((rc = store_row(s, st)) > 0) {
        rc = read_event(s, st, &row) != 0 ? -1 : fn(cookie, &row);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    return rc;
}

static int
each_of_scope(struct store *s, const struct place *p, int64_t after, store_event_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_event_stmt(s, SQL_EVENT_OF_SCOPE, p);

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, after);
    return each_event(s, st, fn, cookie);
}

/* The scope that an object is named in next. */
struct next {
    uint8_t mode;
    char kind[LIMIT_NAME_BYTES + 1], scope[STORE_TEXT_MAX];
    bool none;
};

static int
compare(const struct next *a, const struct next *b)
{
    int rc = a->mode != b->mode ? (a->mode < b->mode ? -1 : 1) : strcmp(a->kind, b->kind);

    return rc != 0 ? rc : strcmp(a->scope, b->scope);
}

static int
find_next(struct store *s, const char *object, const struct next *after, struct next *out)
{
    struct place p = {after->mode, after->kind, after->scope, 0};
    sqlite3_stmt *st = store_event_stmt(s, SQL_SCOPE_OBJECT_NEXT, &p);
    int rc;

    if (st == NULL)
        return -1;
    store_bind_text(st, 4, object);
    rc = store_row(s, st);
    *out = (struct next){.none = rc == 0};
    if (rc > 0) {
        out->mode = (uint8_t)sqlite3_column_int(st, 0);
        if (store_copy_text(s, st, 1, out->kind, sizeof out->kind) != 0 ||
            store_copy_text(s, st, 2, out->scope, sizeof out->scope) != 0)
            rc = -1;
    }
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : 0;
}

/* Scope by scope, each once, whichever of the objects it names: an object may be in very many, of which one page looks at few. */
static int
each_of_objects(struct store *s, const char *const *objects, size_t n, struct next *at, int64_t after,
                store_event_fn *fn, void *cookie)
{
    struct next next[LIMIT_OBJECT_ALIAS_COUNT];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = find_next(s, objects[i], at, &next[i]);
    while (rc == 0) {
        struct place p = {at->mode, at->kind, at->scope, 0};
        const struct next *first = NULL;

        rc = each_of_scope(s, &p, after, fn, cookie);
        after = INT64_MIN;
        for (size_t i = 0; i < n; i++) {
            if (!next[i].none && (first == NULL || compare(&next[i], first) < 0))
                first = &next[i];
        }
        if (rc != 0 || first == NULL)
            return rc;
        *at = *first;
        for (size_t i = 0; rc == 0 && i < n; i++) {
            if (!next[i].none && compare(&next[i], at) == 0)
                rc = find_next(s, objects[i], at, &next[i]);
        }
    }
    return rc;
}

int
store_event_each(struct store *s, const char *const *objects, size_t n, const struct store_event_row *after,
                 store_event_fn *fn, void *cookie)
{
    struct place p = {after->mode, after->kind, after->scope, 0};
    sqlite3_stmt *st;

    assert(n <= LIMIT_OBJECT_ALIAS_COUNT);
    if (n > 0) {
        struct next at = {.mode = after->mode};

        memcpy(at.kind, after->kind, sizeof at.kind);
        memcpy(at.scope, after->scope, sizeof at.scope);
        return each_of_objects(s, objects, n, &at, after->lo, fn, cookie);
    }
    st = store_event_stmt(s, SQL_EVENT_EACH, &p);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, after->lo);
    return each_event(s, st, fn, cookie);
}

bool
store_event_names(struct store *s, uint8_t mode, const char *kind, const char *object)
{
    sqlite3_stmt *st = store_stmt(s, SQL_SCOPE_OBJECT_HAS);
    int rc = 0;

    if (st != NULL) {
        store_bind_text(st, 1, object);
        (void)sqlite3_bind_int(st, 2, mode);
        store_bind_text(st, 3, kind);
        rc = store_row(s, st);
        (void)sqlite3_reset(st);
    }
    return rc > 0;
}

/* The event whose members are nearest to ${at}, none further than a window; of two as near, the earlier. */
static int
nearest(struct store *s, const struct place *p, int64_t at, struct cluster *out)
{
    struct cluster found[2];
    int n = store_event_touched(s, p, at, found);

    if (n <= 0)
        return n < 0 ? -1 : 1;
    *out = found[0];
    if (n == 2 && found[0].lo > at && minus(at, found[1].hi) <= minus(found[0].lo, at))
        *out = found[1];
    return 0;
}

static void
fill(const struct place *p, const struct cluster *c, struct store_event_row *out)
{
    *out = (struct store_event_row){.mode = p->mode,
                                    .lo = c->lo,
                                    .hi = c->hi,
                                    .count = (uint64_t)c->count,
                                    .closes = c->closes,
                                    .at = c->first_at,
                                    .first_created = c->first_created};
    memcpy(out->kind, p->kind, strlen(p->kind) + 1);
    memcpy(out->scope, p->scope, strlen(p->scope) + 1);
    memcpy(out->first_record, c->first_record, RECORD_BYTES);
}

int
store_event_find(struct store *s, uint8_t mode, const char *kind, const char *scope, int64_t at,
                 struct store_event_row *out)
{
    struct place p = {mode, kind, scope, event_window(kind, scope)};
    struct cluster c;
    int rc;

    assert(p.window >= 0 && strlen(kind) < sizeof out->kind && strlen(scope) < sizeof out->scope);
    rc = nearest(s, &p, at, &c);
    if (rc != 0)
        return rc;
    fill(&p, &c, out);
    return 0;
}

int
store_event_near(struct store *s, const struct store_event_row *by, const char *scope, store_event_fn *fn,
                 void *cookie)
{
    struct place p = {by->mode, by->kind, scope, event_window(by->kind, scope)};
    sqlite3_stmt *st = store_event_stmt(s, SQL_EVENT_BEFORE, &p);
    struct store_event_row out;
    struct cluster c;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, plus(by->hi, p.window));
    while ((rc = store_row(s, st)) > 0) {
        rc = store_event_cluster(s, st, &c);
        if (rc != 0 || c.hi < minus(by->lo, p.window))
            break;
        fill(&p, &c, &out);
        rc = fn(cookie, &out);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    return rc;
}

int
store_event_of(struct store *s, uint32_t log, uint64_t index, store_event_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_MEMBER_OF_LEAF);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_of(log, index));
    while ((rc = store_row(s, st)) > 0) {
        char kind[LIMIT_NAME_BYTES + 1], scope[STORE_TEXT_MAX];
        struct store_event_row e;

        if (store_copy_text(s, st, 1, kind, sizeof kind) != 0 ||
            store_copy_text(s, st, 2, scope, sizeof scope) != 0 || event_window(kind, scope) < 0)
            rc = -1;
        else
            rc = store_event_find(s, (uint8_t)sqlite3_column_int(st, 0), kind, scope,
                                  sqlite3_column_int64(st, 3), &e);
        rc = rc < 0 ? -1 : rc > 0 ? 0 : fn(cookie, &e);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    return rc;
}

static int
give_member(struct store *s, sqlite3_stmt *st, const struct member *m, struct store_member *out)
{
    *out = (struct store_member){.log = leaf_log(m->leaf),
                                 .index = leaf_index(m->leaf),
                                 .at = m->at,
                                 .issued = m->issued,
                                 .created = m->created,
                                 .closes = m->closes,
                                 .ended = (m->state & STATE_ENDED) != 0,
                                 .withdrawn = (m->state & STATE_WITHDRAWN) != 0,
                                 .remark = (m->state & STATE_REMARK) != 0};
    memcpy(out->record, m->record, RECORD_BYTES);
    return store_copy_text(s, st, 2, out->origin, sizeof out->origin) != 0 ||
                   store_copy_text(s, st, 3, out->voice, sizeof out->voice) != 0
               ? -1
               : 0;
}

/* A remark on the event may lie a window outside it, and then nearer to another. */
static int
belongs(struct store *s, const struct place *p, const struct store_event_row *e, int64_t at)
{
    struct cluster c;
    int rc;

    if (at >= e->lo && at <= e->hi)
        return 1;
    rc = nearest(s, p, at, &c);
    return rc < 0 ? -1 : rc == 0 && c.lo == e->lo;
}

/* Members and remarks of a scope whose times are in [lo, hi], after ${after}; of ${e} alone when it is given. */
static int
each_member(struct store *s, const struct place *p, int64_t lo, int64_t hi, const struct store_member *after,
            const struct store_event_row *e, store_member_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_event_stmt(s, SQL_MEMBER_OF_SCOPE, p);
    struct store_member out;
    struct member m;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, after != NULL ? after->at : lo);
    store_bind_span(st, 5, span_of(after != NULL ? after->record : NULL, after != NULL ? RECORD_BYTES : 0));
    (void)sqlite3_bind_int64(st, 6, hi);
    while ((rc = store_row(s, st)) > 0) {
        rc = store_event_member(s, st, &m) != 0 ? -1 : e == NULL ? 1 : belongs(s, p, e, m.at);
        if (rc > 0)
            rc = give_member(s, st, &m, &out) != 0 ? -1 : fn(cookie, &out);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    return rc;
}

int
store_event_members(struct store *s, const struct store_event_row *e, const struct store_member *after,
                    store_member_fn *fn, void *cookie)
{
    struct place p = {e->mode, e->kind, e->scope, event_window(e->kind, e->scope)};

    return each_member(s, &p, minus(e->lo, p.window), plus(e->hi, p.window), after, e, fn, cookie);
}

int
store_event_scope(struct store *s, const struct store_event_row *by, const char *scope,
                  const struct store_member *after, store_member_fn *fn, void *cookie)
{
    struct place p = {by->mode, by->kind, scope, event_window(by->kind, scope)};

    return each_member(s, &p, minus(by->lo, p.window), plus(by->hi, p.window), after, NULL, fn, cookie);
}

int
store_event_standing(struct store *s, const struct store_event_row *e, store_member_fn *fn, void *cookie)
{
    struct place p = {e->mode, e->kind, e->scope, 0};
    sqlite3_stmt *st = store_event_stmt(s, SQL_STANDING_OF, &p);
    struct store_member out;
    struct member m;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, e->lo);
    (void)sqlite3_bind_int64(st, 5, e->hi);
    while ((rc = store_row(s, st)) > 0) {
        rc = store_event_member(s, st, &m) != 0 || give_member(s, st, &m, &out) != 0 ? -1 : fn(cookie, &out);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    return rc;
}
