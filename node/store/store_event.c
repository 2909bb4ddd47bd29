/*
 * Events: records of one mode, kind and scope that follow each other in time no further apart than the window of their kind. What is kept of them is a function
 * of the members, and moves with each that comes: to join costs no more when there are many. The thread that owns the handle.
 */
#include "store/store_event_internal.h"

#include "core/record.h"

static void
bind_place(sqlite3_stmt *st, const struct place *p)
{
    (void)sqlite3_bind_int(st, 1, p->mode);
    store_bind_text(st, 2, p->kind);
    store_bind_text(st, 3, p->scope);
}

/* A statement about a place; NULL after store_fail. */
sqlite3_stmt *
store_event_stmt(struct store *s, enum sql sql, const struct place *p)
{
    sqlite3_stmt *st = store_stmt(s, sql);

    if (st != NULL)
        bind_place(st, p);
    return st;
}

int
store_event_copy(struct store *s, sqlite3_stmt *st, int column, uint8_t out[RECORD_BYTES])
{
    struct span record = store_column(st, column);

    if (record.n != RECORD_BYTES)
        return store_fail(s, "a member of an event is damaged");
    memcpy(out, record.p, RECORD_BYTES);
    return 0;
}

int
store_event_cluster(struct store *s, sqlite3_stmt *st, struct cluster *out)
{
    out->lo = sqlite3_column_int64(st, 0);
    out->hi = sqlite3_column_int64(st, 1);
    out->count = sqlite3_column_int64(st, 2);
    out->closes = sqlite3_column_int64(st, 3);
    out->first_at = sqlite3_column_int64(st, 4);
    out->first_created = sqlite3_column_int64(st, 5);
    return store_event_copy(s, st, 6, out->first_record);
}

/* Events that have a member within a window of ${at}: two at most, the later first. Their number, or -1. */
int
store_event_touched(struct store *s, const struct place *p, int64_t at, struct cluster out[2])
{
    sqlite3_stmt *st = store_event_stmt(s, SQL_EVENT_BEFORE, p);
    int n = 0, rc = 0;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, plus(at, p->window));
    while (n < 2 && (rc = store_row(s, st)) > 0) {
        if (store_event_cluster(s, st, &out[n]) != 0)
            rc = -1;
        if (rc < 0 || out[n].hi < minus(at, p->window))
            break; /* those before it end earlier still */
        n++;
    }
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : n;
}

static void
widen(struct cluster *c, const struct cluster *by)
{
    bool first =
        by->first_created < c->first_created || (by->first_created == c->first_created &&
                                                 memcmp(by->first_record, c->first_record, RECORD_BYTES) < 0);

    c->lo = by->lo < c->lo ? by->lo : c->lo;
    c->hi = by->hi > c->hi ? by->hi : c->hi;
    c->closes = by->closes > c->closes ? by->closes : c->closes;
    c->count += by->count;
    if (first) {
        c->first_at = by->first_at;
        c->first_created = by->first_created;
        memcpy(c->first_record, by->first_record, RECORD_BYTES);
    }
}

static int
delete_cluster(struct store *s, const struct place *p, int64_t lo)
{
    sqlite3_stmt *st = store_event_stmt(s, SQL_EVENT_DELETE, p);

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, lo);
    return store_run(s, st);
}

static int
insert_cluster(struct store *s, const struct place *p, const struct cluster *c)
{
    sqlite3_stmt *st = store_event_stmt(s, SQL_EVENT_INSERT, p);

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, c->lo);
    (void)sqlite3_bind_int64(st, 5, c->hi);
    (void)sqlite3_bind_int64(st, 6, c->count);
    (void)sqlite3_bind_int64(st, 7, c->closes);
    (void)sqlite3_bind_int64(st, 8, c->first_at);
    (void)sqlite3_bind_int64(st, 9, c->first_created);
    store_bind_span(st, 10, span_of(c->first_record, RECORD_BYTES));
    return store_run(s, st);
}

static void
bind_member(sqlite3_stmt *st, const struct member *m)
{
    (void)sqlite3_bind_int64(st, 4, m->at);
    (void)sqlite3_bind_int64(st, 5, m->leaf);
    store_bind_text(st, 6, m->origin);
    store_bind_text(st, 7, m->voice);
    (void)sqlite3_bind_int64(st, 8, m->issued);
    (void)sqlite3_bind_int64(st, 9, m->created);
    (void)sqlite3_bind_int64(st, 10, m->closes);
    (void)sqlite3_bind_int(st, 11, m->state);
    store_bind_span(st, 12, span_of(m->record, RECORD_BYTES));
}

/* The member joins those that stand, and what it replaces leaves; where it has brought two events together, of each voice. */
static int
stand(struct store *s, const struct place *p, const struct member *m, const struct cluster *c, bool merged)
{
    sqlite3_stmt *st = store_event_stmt(s, SQL_STANDING_PUT, p);

    if (st == NULL)
        return -1;
    bind_member(st, m);
    if (store_run(s, st) != 0)
        return -1;
    st = store_event_stmt(s, merged ? SQL_STANDING_CUT : SQL_STANDING_CUT_VOICE, p);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, c->lo);
    (void)sqlite3_bind_int64(st, 5, c->hi);
    if (!merged) {
        store_bind_text(st, 6, m->origin);
        store_bind_text(st, 7, m->voice);
    }
    return store_run(s, st);
}

static int
change_objects(struct store *s, enum sql sql, const struct place *p)
{
    struct span part[2];
    size_t n = event_scope_parts(p->scope, part);

    for (size_t i = 0; i < n; i++) {
        sqlite3_stmt *st = store_stmt(s, sql);

        if (st == NULL)
            return -1;
        (void)sqlite3_bind_text(st, 1, (const char *)part[i].p, (int)part[i].n, SQLITE_STATIC);
        (void)sqlite3_bind_int(st, 2, p->mode);
        store_bind_text(st, 3, p->kind);
        store_bind_text(st, 4, p->scope);
        if (store_run(s, st) != 0)
            return -1;
    }
    return 0;
}

static int
join(struct store *s, const struct place *p, const struct member *m)
{
    struct cluster old[2], now = {m->at, m->at, 1, m->closes, m->at, m->created, {0}};
    int n;

    if (m->state & STATE_REMARK)
        return 0;
    memcpy(now.first_record, m->record, RECORD_BYTES);
    n = store_event_touched(s, p, m->at, old);
    for (int i = 0; i < n; i++) {
        widen(&now, &old[i]);
        if (delete_cluster(s, p, old[i].lo) != 0)
            return -1;
    }
    if (n < 0 || (n == 0 && change_objects(s, SQL_SCOPE_OBJECT_INSERT, p) != 0))
        return -1;
    return insert_cluster(s, p, &now) != 0 ? -1 : stand(s, p, m, &now, n == 2);
}

/* 1: it is new, 0: it was there. */
static int
insert_member(struct store *s, const struct place *p, const struct member *m)
{
    sqlite3_stmt *st = store_event_stmt(s, SQL_MEMBER_INSERT, p);
    int rc;

    if (st == NULL)
        return -1;
    bind_member(st, m);
    rc = store_row(s, st);
    (void)sqlite3_reset(st);
    return rc;
}

static int
put(struct store *s, const struct store_subject *v, const struct store_event *e)
{
    struct place p = {v->mode, e->kind, e->scope, event_window(e->kind, e->scope)};
    bool withdrawn = record_kind_withdraws(v->kind);
    struct member m = {.at = e->at,
                       .leaf = leaf_of(v->log, v->index),
                       .issued = e->issued,
                       .created = v->created,
                       .closes = e->closes,
                       .origin = v->origin,
                       .voice = e->voice,
                       .state = (e->ended ? STATE_ENDED : 0) | (withdrawn ? STATE_WITHDRAWN : 0) |
                                (e->remark ? STATE_REMARK : 0)};
    int rc;

    if (p.window < 0)
        return store_fail(s, "no such kind of event: %.40s", e->kind);
    if (store_log_id(s, v->log, m.record) != 0)
        return -1;
    for (unsigned i = 0; i < 8; i++)
        m.record[LOG_ID_BYTES + i] = (uint8_t)(v->index >> (56 - 8 * i));
    rc = insert_member(s, &p, &m);
    return rc <= 0 ? rc : join(s, &p, &m);
}

int
store_event_apply(struct store *s, const struct store_subject *v)
{
    for (size_t i = 0; i < v->events_n; i++) {
        if (put(s, v, &v->events[i]) != 0)
            return -1;
    }
    return 0;
}

/* What a row of MEMBER_OF_SCOPE or STANDING_OF says; texts live until the next step. */
int
store_event_member(struct store *s, sqlite3_stmt *st, struct member *out)
{
    out->at = sqlite3_column_int64(st, 0);
    out->leaf = sqlite3_column_int64(st, 1);
    out->origin = (const char *)sqlite3_column_text(st, 2);
    out->voice = (const char *)sqlite3_column_text(st, 3);
    out->issued = sqlite3_column_int64(st, 4);
    out->created = sqlite3_column_int64(st, 5);
    out->closes = sqlite3_column_int64(st, 6);
    out->state = sqlite3_column_int(st, 7);
    if (out->origin == NULL || out->voice == NULL)
        return store_fail(s, "no memory for a member of an event");
    return store_event_copy(s, st, 8, out->record);
}

/* All events of a place, made once more from its members. */
static int
remake(struct store *s, const struct place *p)
{
    static const enum sql drop[] = {SQL_EVENTS_DROP, SQL_STANDING_DROP};
    struct member m;
    sqlite3_stmt *st;
    int rc;

    for (size_t i = 0; i < 2; i++) {
        if (store_run(s, store_event_stmt(s, drop[i], p)) != 0)
            return -1;
    }
    if (change_objects(s, SQL_SCOPE_OBJECT_DELETE, p) != 0 ||
        (st = store_event_stmt(s, SQL_MEMBER_OF_SCOPE, p)) == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, INT64_MIN);
    store_bind_span(st, 5, span_of(NULL, 0));
    (void)sqlite3_bind_int64(st, 6, INT64_MAX);
    while ((rc = store_row(s, st)) > 0) {
        if (store_event_member(s, st, &m) != 0 || ((m.state & STATE_STALE) == 0 && join(s, p, &m) != 0)) {
            rc = -1;
            break;
        }
    }
    (void)sqlite3_reset(st);
    return rc;
}

/* A place that has members among leaves [from, to). 1, 0: there is none, -1. */
static int
next_place(struct store *s, int64_t from, int64_t to, uint8_t *mode, char kind[STORE_TEXT_MAX],
           char scope[STORE_TEXT_MAX])
{
    sqlite3_stmt *st = store_stmt(s, SQL_MEMBER_FIRST);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, from);
    (void)sqlite3_bind_int64(st, 2, to);
    rc = store_row(s, st);
    if (rc > 0) {
        *mode = (uint8_t)sqlite3_column_int(st, 0);
        if (store_copy_text(s, st, 1, kind, STORE_TEXT_MAX) != 0 ||
            store_copy_text(s, st, 2, scope, STORE_TEXT_MAX) != 0)
            rc = -1;
    }
    (void)sqlite3_reset(st);
    return rc;
}

int
store_event_cut(struct store *s, int64_t from, int64_t to)
{
    char kind[STORE_TEXT_MAX], scope[STORE_TEXT_MAX];
    struct place p = {0, kind, scope, 0};
    int rc;

    while ((rc = next_place(s, from, to, &p.mode, kind, scope)) > 0) {
        sqlite3_stmt *st = store_event_stmt(s, SQL_MEMBER_DELETE, &p);

        p.window = event_window(kind, scope);
        if (st == NULL)
            return -1;
        (void)sqlite3_bind_int64(st, 4, from);
        (void)sqlite3_bind_int64(st, 5, to);
        if (store_run(s, st) != 0 || remake(s, &p) != 0)
            return -1;
    }
    return rc;
}

/* A member of before the rebuild that was not met: its body is gone, and it stays, or it is believed no more. 1: there may be more. */
static int
settle_stale(struct store *s)
{
    char kind[STORE_TEXT_MAX], scope[STORE_TEXT_MAX], origin[STORE_TEXT_MAX], voice[STORE_TEXT_MAX];
    sqlite3_stmt *st = store_stmt(s, SQL_MEMBER_STALE);
    struct place p = {0, kind, scope, 0};
    struct member m = {.origin = origin, .voice = voice};
    struct store_record record;
    uint64_t delivery;
    int64_t received_ms;
    int rc = st == NULL ? -1 : store_row(s, st);

    if (rc > 0) {
        p.mode = (uint8_t)sqlite3_column_int(st, 0);
        m.at = sqlite3_column_int64(st, 3);
        m.leaf = sqlite3_column_int64(st, 4);
        m.issued = sqlite3_column_int64(st, 7);
        m.created = sqlite3_column_int64(st, 8);
        m.closes = sqlite3_column_int64(st, 9);
        m.state = sqlite3_column_int(st, 10);
        if (store_copy_text(s, st, 1, kind, sizeof kind) != 0 ||
            store_copy_text(s, st, 2, scope, sizeof scope) != 0 ||
            store_copy_text(s, st, 5, origin, sizeof origin) != 0 ||
            store_copy_text(s, st, 6, voice, sizeof voice) != 0 || store_event_copy(s, st, 11, m.record) != 0)
            rc = -1;
        (void)sqlite3_reset(st);
    }
    if (rc <= 0)
        return rc;
    p.window = event_window(kind, scope);
    rc = store_record_get(s, leaf_log(m.leaf), leaf_index(m.leaf), &record, &delivery, &received_ms);
    if (rc < 0)
        return -1;
    if (rc == 0 && record.body_state == STORE_BODY_GONE && record.quarantine == 0 && p.window >= 0)
        return insert_member(s, &p, &m) < 0 || join(s, &p, &m) != 0 ? -1 : 1;
    if ((st = store_event_stmt(s, SQL_MEMBER_DROP, &p)) == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 4, m.at);
    store_bind_span(st, 5, span_of(m.record, RECORD_BYTES));
    return store_run(s, st) != 0 ? -1 : 1;
}

int
store_event_settle(struct store *s)
{
    int rc;

    do
        rc = settle_stale(s);
    while (rc > 0);
    return rc;
}
