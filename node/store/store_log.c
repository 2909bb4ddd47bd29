/* One row a log, its extent and its head. The thread that owns the handle. */
#include "store/store_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/pack.h"

/* head: size (be64), root, signature, key id. cosignatures: node (length byte, text), key id, time (be64),
 * signature; one after the other. */
#define HEAD_BYTES        (8 + HASH_BYTES + SIG_BYTES + KEY_ID_BYTES)
#define COSIGNATURE_BYTES (1 + LIMIT_NAME_BYTES + KEY_ID_BYTES + 8 + SIG_BYTES)

static void
put_head(struct buf *out, const struct checkpoint *c)
{
    if (c->size == 0)
        return;
    buf_put_be64(out, c->size);
    buf_put(out, c->root, sizeof c->root);
    buf_put(out, c->signature, sizeof c->signature);
    buf_put(out, c->key_id, sizeof c->key_id);
}

static bool
take_head(struct span in, const uint8_t id[LOG_ID_BYTES], struct checkpoint *c)
{
    memset(c, 0, sizeof *c);
    memcpy(c->log, id, LOG_ID_BYTES);
    if (in.n == 0)
        return true;
    return pack_take_be64(&in, &c->size) && pack_take_copy(&in, c->root, sizeof c->root) &&
           pack_take_copy(&in, c->signature, sizeof c->signature) &&
           pack_take_copy(&in, c->key_id, sizeof c->key_id) && in.n == 0;
}

static void
put_cosignature(struct buf *out, const struct cosignature *c)
{
    size_t n = strnlen(c->node, LIMIT_NAME_BYTES);

    buf_put_byte(out, (uint8_t)n);
    buf_put(out, c->node, n);
    buf_put(out, c->key_id, sizeof c->key_id);
    buf_put_be64(out, c->time);
    buf_put(out, c->signature, sizeof c->signature);
}

static bool
take_cosignature(struct span *in, struct cosignature *c)
{
    uint8_t n;

    memset(c, 0, sizeof *c);
    return pack_take_u8(in, &n) && n <= LIMIT_NAME_BYTES && pack_take_copy(in, c->node, n) &&
           pack_take_copy(in, c->key_id, sizeof c->key_id) && pack_take_be64(in, &c->time) &&
           pack_take_copy(in, c->signature, sizeof c->signature);
}

static int
write_row(struct store *s, const struct store_log *log, bool fresh)
{
    sqlite3_stmt *st = store_stmt(s, fresh ? SQL_LOG_INSERT : SQL_LOG_UPDATE);
    struct buf head, heartbeat, lines;
    int rc;

    if (st == NULL)
        return -1;
    buf_init(&head, HEAD_BYTES);
    buf_init(&heartbeat, COSIGNATURE_BYTES);
    buf_init(&lines, (size_t)LIMIT_COSIG_COUNT * COSIGNATURE_BYTES);
    put_head(&head, &log->head);
    if (log->heartbeat.time != 0)
        put_cosignature(&heartbeat, &log->heartbeat);
    for (uint32_t i = 0; i < log->cosignatures_n; i++)
        put_cosignature(&lines, &log->cosignature[i]);
    store_bind_span(st, 1, span_of(log->id, sizeof log->id));
    store_bind_text(st, 2, log->origin);
    store_bind_text(st, 3, log->audience);
    store_bind_text(st, 4, log->class_name);
    (void)sqlite3_bind_int(st, 5, log->own);
    (void)sqlite3_bind_int(st, 6, log->closed);
    (void)sqlite3_bind_int(st, 7, log->frozen);
    store_bind_buf(st, 8, &head);
    store_bind_buf(st, 9, &heartbeat);
    store_bind_buf(st, 10, &lines);
    (void)sqlite3_bind_int64(st, 11, (int64_t)log->witnessed);
    (void)sqlite3_bind_int(st, 13, log->disputed ? 1 + log->refill : 3 * log->refill);
    (void)sqlite3_bind_int64(st, 14, (int64_t)log->common);
    if (log->no != 0)
        (void)sqlite3_bind_int64(st, 12, log->no);
    rc = buf_failed(&head) || buf_failed(&heartbeat) || buf_failed(&lines)
             ? store_fail(s, "no memory for the row of a log")
             : store_run(s, st);
    buf_release(&head);
    buf_release(&heartbeat);
    buf_release(&lines);
    return rc;
}

static int
insert(struct store *s, struct store_log *log)
{
    sqlite3_stmt *st = store_stmt(s, SQL_EXTENT_INSERT);
    int64_t no;

    if (st == NULL || write_row(s, log, true) != 0)
        return -1;
    no = sqlite3_last_insert_rowid(s->db);
    if (no <= 0 || no > LEAF_LOG_MAX)
        return store_fail(s, "no number is left for a new log");
    (void)sqlite3_bind_int64(st, 1, no);
    if (store_run(s, st) != 0)
        return -1;
    log->no = (uint32_t)no;
    log->size = log->bytes = 0;
    return 0;
}

static int
update(struct store *s, struct store_log *log)
{
    if (write_row(s, log, false) != 0)
        return -1;
    return sqlite3_changes(s->db) == 1 ? 0 : insert(s, log);
}

int
store_log_put(struct store *s, struct store_log *log)
{
    bool fresh = log->no == 0, opened;
    int rc;

    assert(log->cosignatures_n <= LIMIT_COSIG_COUNT && log->head.size <= INT64_MAX);
    rc = store_enter(s, &opened);
    if (rc == 0)
        rc = fresh ? insert(s, log) : update(s, log);
    rc = store_leave(s, opened, rc);
    if (rc != 0 && fresh)
        log->no = 0;
    return rc;
}

int
store_log_row(struct store *s, sqlite3_stmt *st, struct store_log *log)
{
    struct span id = store_column(st, 1), heartbeat = store_column(st, 9), lines = store_column(st, 10);
    uint64_t signed_end;
    bool whole;

    memset(log, 0, sizeof *log);
    log->no = (uint32_t)sqlite3_column_int64(st, 0);
    if (id.n != LOG_ID_BYTES)
        return store_fail(s, "log %u: its id is damaged", log->no);
    memcpy(log->id, id.p, LOG_ID_BYTES);
    if (store_copy_text(s, st, 2, log->origin, sizeof log->origin) != 0 ||
        store_copy_text(s, st, 3, log->audience, sizeof log->audience) != 0 ||
        store_copy_text(s, st, 4, log->class_name, sizeof log->class_name) != 0)
        return -1;
    log->own = sqlite3_column_int(st, 5) != 0;
    log->closed = sqlite3_column_int(st, 6) != 0;
    log->frozen = sqlite3_column_int(st, 7) != 0;
    whole = take_head(store_column(st, 8), log->id, &log->head);
    if (heartbeat.n > 0)
        whole = whole && take_cosignature(&heartbeat, &log->heartbeat) && heartbeat.n == 0;
    for (; whole && lines.n > 0; log->cosignatures_n++)
        whole = log->cosignatures_n < LIMIT_COSIG_COUNT &&
                take_cosignature(&lines, &log->cosignature[log->cosignatures_n]);
    log->witnessed = (uint64_t)sqlite3_column_int64(st, 11);
    log->size = (uint64_t)sqlite3_column_int64(st, 12);
    log->bytes = (uint64_t)sqlite3_column_int64(st, 13);
    log->disputed = sqlite3_column_int(st, 14) == 1 || sqlite3_column_int(st, 14) == 2;
    log->refill = sqlite3_column_int(st, 14) >= 2; /* 3: only that */
    log->common = (uint64_t)sqlite3_column_int64(st, 15);
    if (!whole || log->size > LEAF_INDEX_MAX)
        return store_fail(s, "log %u: its row is damaged", log->no);
    signed_end = store_tail_from(s, log->no);
    log->tail = signed_end < log->size ? log->size - signed_end : 0;
    return 0;
}

int
store_logs(struct store *s, store_log_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_LOG_EACH);
    struct store_log *log;
    int rc;

    if (st == NULL)
        return -1;
    log = mem_new(sizeof *log);
    while ((rc = store_row(s, st)) > 0) {
        rc = store_log_row(s, st, log);
        if (rc == 0)
            rc = fn(cookie, log);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    free(log);
    return rc;
}

int
store_head_move(struct store *s, uint32_t log, const struct checkpoint *head)
{
    sqlite3_stmt *st = store_stmt(s, SQL_LOG_HEAD_GET);
    struct checkpoint old;
    struct buf packed;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, log);
    rc = store_row(s, st);
    if (rc == 0 || (rc > 0 && !take_head(store_column(st, 1), head->log, &old)))
        rc = store_fail(s, "log %u: its head is damaged or missing", log);
    (void)sqlite3_reset(st);
    if (rc < 0 || old.size > head->size)
        return rc < 0 ? -1 : 0;
    st = store_stmt(s, SQL_LOG_HEAD_SET);
    if (st == NULL)
        return -1;
    buf_init(&packed, HEAD_BYTES);
    put_head(&packed, head);
    (void)sqlite3_bind_int64(st, 1, log);
    store_bind_buf(st, 2, &packed);
    rc = buf_failed(&packed) ? store_fail(s, "no memory for a head") : store_run(s, st);
    buf_release(&packed);
    return rc;
}

int
store_log_id(struct store *s, uint32_t log, uint8_t id[LOG_ID_BYTES])
{
    sqlite3_stmt *st = store_stmt(s, SQL_LOG_HEAD_GET);
    struct span held;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, log);
    rc = store_row(s, st);
    if (rc > 0) {
        held = store_column(st, 0);
        if (held.n == LOG_ID_BYTES)
            memcpy(id, held.p, LOG_ID_BYTES);
        else
            rc = store_fail(s, "log %u: its id is damaged", log);
    } else if (rc == 0) {
        rc = store_fail(s, "log %u has no row", log);
    }
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : 0;
}

uint64_t
store_tail_from(const struct store *s, uint32_t log)
{
    for (size_t i = 0; i < s->tails_n; i++)
        if (s->tails[i].log == log)
            return s->tails[i].from;
    return UINT64_MAX;
}

void
store_tail_set(struct store *s, uint32_t log, uint64_t from)
{
    size_t i = 0;

    while (i < s->tails_n && s->tails[i].log != log)
        i++;
    if (from == UINT64_MAX) {
        if (i < s->tails_n)
            s->tails[i] = s->tails[--s->tails_n];
        return;
    }
    if (i == s->tails_n) {
        s->tails = mem_resize(s->tails, (s->tails_n + 1) * sizeof *s->tails);
        s->tails_n++;
    }
    s->tails[i] = (struct store_tail){log, from};
}

/* First leaf after the signed batch ${id}. */
static int
end_of(struct store *s, int64_t id, uint64_t *end)
{
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_AT);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, id);
    rc = store_row(s, st);
    if (rc == 0 || (rc > 0 && sqlite3_column_int64(st, 0) != id))
        rc = store_fail(s, "batch %lld is missing", (long long)id);
    if (rc > 0)
        *end = leaf_index(id) + (uint64_t)sqlite3_column_int64(st, 1);
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : 0;
}

int
store_tails_load(struct store *s)
{
    sqlite3_stmt *st = store_stmt(s, SQL_LOG_OWN_EACH);
    int rc;

    s->tails_n = 0;
    if (st == NULL)
        return -1;
    while ((rc = store_row(s, st)) > 0) {
        uint64_t end = 0;

        if (sqlite3_column_type(st, 2) != SQLITE_NULL && end_of(s, sqlite3_column_int64(st, 2), &end) != 0) {
            rc = -1;
            break;
        }
        if (end < (uint64_t)sqlite3_column_int64(st, 1))
            store_tail_set(s, (uint32_t)sqlite3_column_int64(st, 0), end);
    }
    (void)sqlite3_reset(st);
    return rc;
}
