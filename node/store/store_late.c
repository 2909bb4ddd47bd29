/* What is done with records after they were stored: embargoes, REVEALs, late delivery. The thread that owns the handle. */
#include "store/store_internal.h"

#include <assert.h>

#include "base/why.h"
#include "store/pack.h"

int
store_hold_put(struct store *s, uint32_t log, const struct store_hold *h)
{
    sqlite3_stmt *st = store_stmt(s, SQL_HOLD_INSERT);

    assert(log > 0 && log <= LEAF_LOG_MAX && h->index <= LEAF_INDEX_MAX);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_of(log, h->index));
    (void)sqlite3_bind_int64(st, 2, h->until);
    return store_run(s, st);
}

int
store_reveal_put(struct store *s, uint32_t log, const struct store_reveal *r)
{
    sqlite3_stmt *st = store_stmt(s, SQL_REVEAL_INSERT);

    assert(log > 0 && log <= LEAF_LOG_MAX && r->index <= LEAF_INDEX_MAX && r->target <= INT64_MAX);
    if (st == NULL)
        return -1;
    store_bind_span(st, 1, span_of(r->log, LOG_ID_BYTES));
    (void)sqlite3_bind_int64(st, 2, (int64_t)r->target);
    (void)sqlite3_bind_int64(st, 3, leaf_of(log, r->index));
    return store_run(s, st);
}

static int
delete_from(struct store *s, enum sql sql, int64_t from, int64_t to)
{
    sqlite3_stmt *st = store_stmt(s, sql);

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, from);
    (void)sqlite3_bind_int64(st, 2, to);
    return store_run(s, st);
}

int
store_late_cut(struct store *s, int64_t from, int64_t to)
{
    if (delete_from(s, SQL_HOLD_CUT, from, to) != 0)
        return -1;
    if (delete_from(s, SQL_AGAIN_CUT, from, to) != 0)
        return -1;
    return delete_from(s, SQL_REVEAL_CUT, from, to);
}

int
store_reveal_of(struct store *s, const uint8_t log[LOG_ID_BYTES], uint64_t index, uint32_t *reveal_log,
                uint64_t *reveal_index)
{
    sqlite3_stmt *st = store_stmt(s, SQL_REVEAL_OF);
    int rc;

    if (st == NULL)
        return -1;
    if (index > LEAF_INDEX_MAX)
        return 1;
    store_bind_span(st, 1, span_of(log, LOG_ID_BYTES));
    (void)sqlite3_bind_int64(st, 2, (int64_t)index);
    rc = store_row(s, st);
    if (rc > 0) {
        *reveal_log = leaf_log(sqlite3_column_int64(st, 0));
        *reveal_index = leaf_index(sqlite3_column_int64(st, 0));
    }
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : rc == 0;
}

static int
due_holds(struct store *s, int64_t now, struct store_due *out, size_t max)
{
    sqlite3_stmt *st = store_stmt(s, SQL_HOLD_DUE);
    int n = 0, rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, now);
    (void)sqlite3_bind_int64(st, 2, (int64_t)max);
    while ((rc = store_row(s, st)) > 0) {
        int64_t leaf = sqlite3_column_int64(st, 0);
        out[n++] = (struct store_due){.kind = DUE_EMBARGO, .log = leaf_log(leaf), .index = leaf_index(leaf)};
    }
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : n;
}

/* REVEALs whose record is held, from where the last call ended: none that cannot be dealt with keeps the others waiting. */
static int
due_reveals(struct store *s, struct store_due *out, size_t max)
{
    sqlite3_stmt *st = store_stmt(s, SQL_REVEAL_DUE);
    int n = 0, rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, s->reveal_after);
    (void)sqlite3_bind_int64(st, 2, (int64_t)max);
    while ((rc = store_row(s, st)) > 0) {
        int64_t leaf = sqlite3_column_int64(st, 0);
        s->reveal_after = leaf;
        out[n++] = (struct store_due){.kind = DUE_REVEAL,
                                      .log = (uint32_t)sqlite3_column_int64(st, 1),
                                      .index = (uint64_t)sqlite3_column_int64(st, 2),
                                      .reveal_log = leaf_log(leaf),
                                      .reveal_index = leaf_index(leaf)};
    }
    (void)sqlite3_reset(st);
    if (rc == 0 && (size_t)n < max)
        s->reveal_after = 0;
    return rc < 0 ? -1 : n;
}

static int
due_again(struct store *s, struct store_due *out, size_t max)
{
    sqlite3_stmt *st = store_stmt(s, SQL_AGAIN_DUE);
    int n = 0, rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, s->again_after);
    (void)sqlite3_bind_int64(st, 2, (int64_t)max);
    while ((rc = store_row(s, st)) > 0) {
        int64_t leaf = sqlite3_column_int64(st, 0);
        s->again_after = leaf;
        out[n++] =
            (struct store_due){.kind = sqlite3_column_int64(st, 1) == STORE_AGAIN_BODY ? DUE_BODY : DUE_CHECK,
                               .log = leaf_log(leaf),
                               .index = leaf_index(leaf)};
    }
    (void)sqlite3_reset(st);
    if (rc == 0 && (size_t)n < max)
        s->again_after = 0;
    return rc < 0 ? -1 : n;
}

int
store_due(struct store *s, int64_t now, struct store_due *out, size_t max)
{
    int n = due_holds(s, now, out, max / 3), more;

    if (n < 0 || (more = due_reveals(s, out + n, max / 3)) < 0)
        return -1;
    n += more;
    more = due_again(s, out + n, max / 3);
    return more < 0 ? -1 : n + more;
}

int
store_again_put(struct store *s, uint32_t log, uint64_t index, enum store_again reason)
{
    sqlite3_stmt *st = store_stmt(s, SQL_AGAIN_INSERT);

    assert(log > 0 && log <= LEAF_LOG_MAX && index <= LEAF_INDEX_MAX);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_of(log, index));
    (void)sqlite3_bind_int64(st, 2, reason);
    return store_run(s, st);
}

/* What a release does not understand, a later one may. */
static const enum why_code may_be_lifted[] = {WHY_HEADER_SHAPE, WHY_HEADER_CRITICAL, WHY_HEADER_VALUE,
                                              WHY_BODY_SIZE,    WHY_TYPE_UNKNOWN,    WHY_BODY_SHAPE,
                                              WHY_BODY_DEEP};

int
store_again_quarantined(struct store *s)
{
    sqlite3_stmt *st = store_stmt(s, SQL_AGAIN_QUARANTINED);

    if (st == NULL)
        return -1;
    for (int i = 0; i < (int)(sizeof may_be_lifted / sizeof *may_be_lifted); i++)
        (void)sqlite3_bind_int64(st, i + 1, may_be_lifted[i]);
    return store_run(s, st);
}

/* Write ${r} in place of one record in the bodies of its batch; its header stays. */
static int
amend(struct store *s, int64_t leaf, const struct store_record *r)
{
    struct store_record records[LIMIT_BATCH_COUNT];
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_ROW);
    int64_t id = 0, count = 0, bytes = 0, quarantined = 0;
    struct span headers, bodies;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf);
    rc = store_row(s, st);
    if (rc > 0) {
        id = sqlite3_column_int64(st, 0);
        count = sqlite3_column_int64(st, 1);
        headers = store_column(st, 3);
        bodies = store_column(st, 4);
        if (leaf - id >= count || count > LIMIT_BATCH_COUNT ||
            !pack_read(headers, bodies, (uint32_t)count, 0, records))
            rc = store_fail(s, "batch %lld is damaged", (long long)id);
    }
    if (rc > 0) {
        struct store_record *was = &records[leaf - id];
        bytes = (int64_t)r->body.n - (int64_t)was->body.n;
        quarantined = (r->quarantine != 0) - (was->quarantine != 0);
        was->body = r->body;
        was->body_state = r->body_state;
        was->quarantine = r->quarantine;
        buf_clear(&s->bodies);
        pack_bodies(&s->bodies, records, (uint32_t)count);
        rc = buf_failed(&s->bodies) ? store_fail(s, "no memory for a batch") : 1;
    }
    (void)sqlite3_reset(st);
    if (rc <= 0)
        return rc < 0 ? -1 : store_fail(s, "leaf %lld is not held", (long long)leaf);
    st = store_stmt(s, SQL_BATCH_AMEND);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, id);
    store_bind_buf(st, 2, &s->bodies);
    (void)sqlite3_bind_int64(st, 3, bytes);
    if (store_run(s, st) != 0 || (st = store_stmt(s, SQL_EXTENT_AMEND)) == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_log(leaf));
    (void)sqlite3_bind_int64(st, 2, bytes);
    (void)sqlite3_bind_int64(st, 3, quarantined);
    return store_run(s, st);
}

static int
finish_reveal(struct store *s, const struct store_late *l, int64_t leaf)
{
    sqlite3_stmt *st = store_stmt(s, SQL_REVEAL_DONE);

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_of(l->reveal_log, l->reveal_index));
    (void)sqlite3_bind_int64(st, 2, l->opened ? 1 : 2);
    if (store_run(s, st) != 0)
        return -1;
    return l->opened ? delete_from(s, SQL_HOLD_CUT, leaf, leaf + 1) : 0;
}

static int
deliver(struct store *s, const struct store_late *l, int64_t leaf)
{
    sqlite3_stmt *st;
    uint64_t delivery;

    if (store_delivery_next(s, &delivery) != 0 || (st = store_stmt(s, SQL_DELIVERY_INSERT)) == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, (int64_t)delivery);
    (void)sqlite3_bind_int64(st, 2, leaf);
    (void)sqlite3_bind_int64(st, 3, 1);
    if (store_run(s, st) != 0)
        return -1;
    if (l->subject != NULL) {
        struct store_subject subject = *l->subject;
        subject.delivery = delivery;
        for (int i = 0; i < 2; i++)
            subject.object[i] = subject.object[i] == NULL ? "" : subject.object[i];
        return store_latest_apply(s, &subject);
    }
    return 0;
}

/* The list of what is in quarantine follows what is stored. */
static int
note_quarantine(struct store *s, const struct store_late *l, int64_t leaf)
{
    if (delete_from(s, SQL_QUARANTINE_DELETE, leaf, leaf + 1) != 0)
        return -1;
    if (l->record->quarantine == 0)
        return 0;
    return store_quarantine_note(s, l->log, l->index, l->record->quarantine,
                                 l->why != NULL ? l->why->note : "");
}

static int
late(struct store *s, const struct store_late *l)
{
    int64_t leaf = leaf_of(l->log, l->index);

    if (l->record != NULL && (amend(s, leaf, l->record) != 0 || note_quarantine(s, l, leaf) != 0))
        return -1;
    if (l->settled && delete_from(s, SQL_AGAIN_CUT, leaf, leaf + 1) != 0)
        return -1;
    if (l->reveal_log != 0 && finish_reveal(s, l, leaf) != 0)
        return -1;
    return l->opened && (l->record == NULL || l->record->quarantine == 0) ? deliver(s, l, leaf) : 0;
}

int
store_late_put(struct store *s, const struct store_late *l)
{
    bool opened;
    int rc;

    assert(l->log > 0 && l->log <= LEAF_LOG_MAX && l->index <= LEAF_INDEX_MAX);
    rc = store_enter(s, &opened);
    if (rc == 0)
        rc = late(s, l);
    return store_leave(s, opened, rc);
}
