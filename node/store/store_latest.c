/* The picture: the newest record of each (type, mode, key, origin). The thread that owns the handle. */
#include "store/store_internal.h"

#include <assert.h>
#include <stdio.h>

/* What the picture holds of a subject. */
struct held {
    int64_t epoch, created, leaf;
    char object[2][STORE_TEXT_MAX];
};

void
store_cache_clear(struct store *s)
{
    (void)s;
}

static void
bind_key(sqlite3_stmt *st, int i, const struct store_subject *v)
{
    store_bind_text(st, i, v->type);
    (void)sqlite3_bind_int(st, i + 1, v->mode);
    store_bind_text(st, i + 2, v->key);
    store_bind_text(st, i + 3, v->origin);
}

/* 1 and ${out} when the picture has a row. */
static int
look_up(struct store *s, const struct store_subject *v, struct held *out)
{
    sqlite3_stmt *st = store_stmt(s, SQL_LATEST_GET);
    int rc;

    if (st == NULL)
        return -1;
    bind_key(st, 1, v);
    rc = store_row(s, st);
    if (rc > 0) {
        out->epoch = sqlite3_column_int64(st, 0);
        out->created = sqlite3_column_int64(st, 1);
        out->leaf = sqlite3_column_int64(st, 2);
        if (store_copy_text(s, st, 3, out->object[0], sizeof out->object[0]) != 0 ||
            store_copy_text(s, st, 4, out->object[1], sizeof out->object[1]) != 0)
            rc = -1;
    }
    (void)sqlite3_reset(st);
    return rc;
}

/* 1 when ${v} is newer than ${old}: by (epoch, created, log id, index), so that the order of arrival does not
 * matter. */
static int
is_newer(struct store *s, const struct store_subject *v, const struct held *old)
{
    uint8_t ours[LOG_ID_BYTES], theirs[LOG_ID_BYTES];
    int order;

    if (v->epoch != old->epoch)
        return v->epoch > old->epoch;
    if (v->created != old->created)
        return v->created > old->created;
    if (v->log == leaf_log(old->leaf))
        return v->index > leaf_index(old->leaf);
    if (store_log_id(s, v->log, ours) != 0 || store_log_id(s, leaf_log(old->leaf), theirs) != 0)
        return -1;
    order = memcmp(ours, theirs, LOG_ID_BYTES);
    return order > 0;
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

static int
insert(struct store *s, const struct store_subject *v)
{
    sqlite3_stmt *st = store_stmt(s, SQL_LATEST_INSERT);

    if (st == NULL)
        return -1;
    bind_key(st, 1, v);
    (void)sqlite3_bind_int(st, 5, v->kind);
    (void)sqlite3_bind_int64(st, 6, v->epoch);
    (void)sqlite3_bind_int64(st, 7, v->created);
    (void)sqlite3_bind_int64(st, 8, leaf_of(v->log, v->index));
    (void)sqlite3_bind_int64(st, 9, (int64_t)v->delivery);
    store_bind_text(st, 10, v->object[0]);
    store_bind_text(st, 11, v->object[1]);
    if (store_run(s, st) != 0 || change_object(s, SQL_OBJECT_INSERT, v->object[0], v) != 0)
        return -1;
    return change_object(s, SQL_OBJECT_INSERT, v->object[1], v);
}

/* Objects of a subject seldom change, so they are apart from the update that every record makes. */
static int
update_objects(struct store *s, const struct store_subject *v, const struct held *old)
{
    sqlite3_stmt *st;

    if (strcmp(v->object[0], old->object[0]) == 0 && strcmp(v->object[1], old->object[1]) == 0)
        return 0;
    st = store_stmt(s, SQL_LATEST_OBJECTS);
    if (st == NULL)
        return -1;
    bind_key(st, 1, v);
    store_bind_text(st, 5, v->object[0]);
    store_bind_text(st, 6, v->object[1]);
    if (store_run(s, st) != 0 || change_object(s, SQL_OBJECT_DELETE, old->object[0], v) != 0 ||
        change_object(s, SQL_OBJECT_DELETE, old->object[1], v) != 0 ||
        change_object(s, SQL_OBJECT_INSERT, v->object[0], v) != 0)
        return -1;
    return change_object(s, SQL_OBJECT_INSERT, v->object[1], v);
}

static int
update(struct store *s, const struct store_subject *v, const struct held *old)
{
    sqlite3_stmt *st = store_stmt(s, SQL_LATEST_UPDATE);

    if (st == NULL)
        return -1;
    bind_key(st, 1, v);
    (void)sqlite3_bind_int(st, 5, v->kind);
    (void)sqlite3_bind_int64(st, 6, v->epoch);
    (void)sqlite3_bind_int64(st, 7, v->created);
    (void)sqlite3_bind_int64(st, 8, leaf_of(v->log, v->index));
    (void)sqlite3_bind_int64(st, 9, (int64_t)v->delivery);
    return store_run(s, st) != 0 ? -1 : update_objects(s, v, old);
}

int
store_latest_apply(struct store *s, const struct store_subject *v)
{
    struct held old;
    int rc;

    if (store_segment_note(s, v->delivery, v->type, v->epoch) != 0)
        return -1;
    rc = look_up(s, v, &old);
    if (rc == 0)
        return insert(s, v);
    if (rc > 0)
        rc = is_newer(s, v, &old);
    return rc > 0 ? update(s, v, &old) : rc;
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
    assert(strlen(v->key) < STORE_TEXT_MAX);
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
    int rc;

    while ((rc = store_row(s, st)) > 0) {
        int64_t leaf = sqlite3_column_int64(st, 7);

        memset(&row, 0, sizeof row);
        row.mode = (uint8_t)sqlite3_column_int(st, 1);
        row.kind = (uint8_t)sqlite3_column_int(st, 4);
        row.epoch = sqlite3_column_int64(st, 5);
        row.created = sqlite3_column_int64(st, 6);
        row.log = leaf_log(leaf);
        row.index = leaf_index(leaf);
        row.delivery = (uint64_t)sqlite3_column_int64(st, 8);
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

    if (st == NULL)
        return -1;
    store_bind_text(st, 1, after != NULL ? after->type : "");
    (void)sqlite3_bind_int(st, 2, after != NULL ? after->mode : 0);
    store_bind_text(st, 3, after != NULL ? after->key : "");
    store_bind_text(st, 4, after != NULL ? after->origin : "");
    return each(s, st, fn, cookie);
}

int
store_latest_of_object(struct store *s, const char *object, store_latest_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_LATEST_OF_OBJECT);

    if (st == NULL)
        return -1;
    store_bind_text(st, 1, object);
    return each(s, st, fn, cookie);
}
