#include "store/store_scan.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/pack.h"
#include "store/store_internal.h"

/* What is handed out of a row, until the next one. */
struct scan {
    struct store_record records[LIMIT_BATCH_COUNT];
    uint8_t proof[LIMIT_PROOF_COUNT][HASH_BYTES];
    struct store_scan_batch b;
};

int
store_scan_logs(struct store *s, store_scan_log_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_SCAN_LOGS);
    struct store_log *log;
    int rc;

    if (st == NULL)
        return -1;
    log = mem_new(sizeof *log);
    while ((rc = store_row(s, st)) > 0) {
        bool whole = store_log_row(s, st, log) == 0;

        rc = fn(cookie, (uint32_t)sqlite3_column_int64(st, 0), whole ? log : NULL,
                (uint64_t)sqlite3_column_int64(st, 16));
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    free(log);
    return rc;
}

/* Columns from ${at}: size, root, signature, key_id, proof. */
static void
read_anchor(sqlite3_stmt *st, int at, struct scan *scan)
{
    struct store_scan_batch *b = &scan->b;
    struct span root, signature, key_id, proof;

    b->is_signed = sqlite3_column_type(st, at) != SQLITE_NULL;
    if (!b->is_signed)
        return;
    b->anchor.size = (uint64_t)sqlite3_column_int64(st, at);
    root = store_column(st, at + 1);
    signature = store_column(st, at + 2);
    key_id = store_column(st, at + 3);
    proof = store_column(st, at + 4);
    b->anchor_whole = pack_take_copy(&root, b->anchor.root, HASH_BYTES) && root.n == 0 &&
                      pack_take_copy(&signature, b->anchor.signature, SIG_BYTES) && signature.n == 0 &&
                      pack_take_copy(&key_id, b->anchor.key_id, KEY_ID_BYTES) && key_id.n == 0 &&
                      proof.n <= sizeof scan->proof && proof.n % HASH_BYTES == 0;
    if (!b->anchor_whole)
        return;
    b->proof_n = (uint32_t)(proof.n / HASH_BYTES);
    (void)pack_take_copy(&proof, scan->proof, proof.n);
    b->proof = (const uint8_t(*)[HASH_BYTES])scan->proof;
}

/* id, count, bytes, headers, bodies, delivery or skip, then the anchor. */
static int
each_batch(struct store *s, sqlite3_stmt *st, bool aside, store_scan_batch_fn *fn, void *cookie)
{
    struct scan *scan = mem_new(sizeof *scan);
    int rc;

    while ((rc = store_row(s, st)) > 0) {
        struct store_scan_batch *b = &scan->b;

        memset(b, 0, sizeof *b);
        b->first = leaf_index(sqlite3_column_int64(st, 0));
        b->count = sqlite3_column_int64(st, 1);
        b->bytes = sqlite3_column_int64(st, 2);
        b->whole = b->count > 0 && b->count <= LIMIT_BATCH_COUNT &&
                   pack_read(store_column(st, 3), store_column(st, 4), (uint32_t)b->count, 0, scan->records);
        b->records = scan->records;
        if (aside)
            b->skip = (uint64_t)sqlite3_column_int64(st, 5);
        else
            b->delivery = (uint64_t)sqlite3_column_int64(st, 5);
        read_anchor(st, 6, scan);
        rc = fn(cookie, b);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    free(scan);
    return rc;
}

int
store_scan_batches(struct store *s, uint32_t log, store_scan_batch_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_SCAN_BATCHES);

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_of(log, 0));
    (void)sqlite3_bind_int64(st, 2, leaf_of(log + 1, 0));
    return each_batch(s, st, false, fn, cookie);
}

int
store_scan_aside(struct store *s, const uint8_t log[LOG_ID_BYTES], store_scan_batch_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_SCAN_ASIDE);

    if (st == NULL)
        return -1;
    store_bind_span(st, 1, span_of(log, LOG_ID_BYTES));
    return each_batch(s, st, true, fn, cookie);
}

int
store_scan_node(struct store *s, uint32_t log, unsigned level, uint64_t index, uint8_t out[HASH_BYTES])
{
    sqlite3_stmt *st = store_stmt(s, SQL_NODE_GET);
    struct span hash;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_of(log, (uint64_t)(level / 8 - 1) << 38 | index));
    rc = store_row(s, st);
    hash = rc > 0 ? store_column(st, 0) : span_of(NULL, 0);
    if (hash.n == HASH_BYTES)
        memcpy(out, hash.p, HASH_BYTES);
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : hash.n != HASH_BYTES;
}

int
store_scan_quarantine(struct store *s, uint32_t log, uint64_t index, uint32_t *why)
{
    int64_t code;
    int rc = store_leaf_ask(s, SQL_SCAN_QUARANTINE, log, index, &code);

    *why = (uint32_t)code;
    return rc;
}

int
store_scan_reveal(struct store *s, uint32_t at_log, uint64_t at, uint8_t log[LOG_ID_BYTES], uint64_t *index)
{
    sqlite3_stmt *st = store_stmt(s, SQL_SCAN_REVEAL);
    struct span id = span_of(NULL, 0);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf_of(at_log, at));
    rc = store_row(s, st);
    if (rc > 0) {
        id = store_column(st, 0);
        *index = (uint64_t)sqlite3_column_int64(st, 1);
    }
    if (id.n == LOG_ID_BYTES)
        memcpy(log, id.p, LOG_ID_BYTES);
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : id.n != LOG_ID_BYTES;
}

int
store_scan_subject(struct store *s, const char *type, uint8_t mode, const char *key, const char *origin,
                   struct store_latest *out)
{
    sqlite3_stmt *st = store_stmt(s, SQL_SCAN_SUBJECT);
    struct store_slot slot;
    bool whole = false;
    int rc;

    if (st == NULL)
        return -1;
    store_bind_text(st, 1, type);
    (void)sqlite3_bind_int(st, 2, mode);
    store_bind_text(st, 3, key);
    store_bind_text(st, 4, origin);
    rc = store_row(s, st);
    if (rc > 0)
        whole = store_slot_read(store_column(st, 0), &slot);
    (void)sqlite3_reset(st);
    if (!whole)
        return rc < 0 ? -1 : 1;
    memset(out, 0, sizeof *out);
    out->kind = slot.kind;
    out->epoch = slot.epoch;
    out->created = slot.created;
    out->log = leaf_log(slot.leaf);
    out->index = leaf_index(slot.leaf);
    out->delivery = slot.delivery;
    return 0;
}

int
store_scan_strays(struct store *s, store_scan_stray_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_SCAN_STRAYS);
    int rc;

    if (st == NULL)
        return -1;
    while ((rc = store_row(s, st)) > 0) {
        rc = fn(cookie, (const char *)sqlite3_column_text(st, 0), (uint64_t)sqlite3_column_int64(st, 1));
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    return rc;
}

int
store_scan_file(struct store *s, store_scan_file_fn *fn, void *cookie)
{
    sqlite3_stmt *st = store_stmt(s, SQL_SCAN_FILE);
    int rc;

    if (st == NULL)
        return -1;
    while ((rc = store_row(s, st)) > 0) {
        const char *line = (const char *)sqlite3_column_text(st, 0);

        rc = line == NULL || strcmp(line, "ok") == 0 ? 0 : fn(cookie, line);
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(st);
    return rc;
}
