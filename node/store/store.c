/* Any thread, one at a time for a handle: opening, transactions, statements. */
#include "store/store.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/text.h"
#include "store/schema.h"
#include "store/store_internal.h"

#define BUSY_MS        10000    /* a reader that recovers or a checkpoint: never long */
#define VALUE_BYTES    16777216 /* no value of ours comes near: a length beyond is damage */
#define READ_BUF_BYTES 8388608  /* batches read at once */

static const char *const sql_text[] = {
#define SQL(name, text) text,
#include "store/sql.tbl"
#undef SQL
};

/* reference: 16 KiB pages and a WAL of 64 MiB between checkpoints gain a quarter each; secure_delete is
 * Debian's default and costs writes. */
#define TEXT_OF(x)  TEXT_OF_(x)
#define TEXT_OF_(x) #x
static const char PRAGMAS_WRITE[] =
    "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 134217728;"
    "PRAGMA secure_delete = OFF;";
static const char PRAGMAS[] =
    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON";
/* Counted in pages of the size that SQLite knows of: only right after the file was read. */
static const char PRAGMA_CACHE[] = "PRAGMA cache_size = -" TEXT_OF(LIMIT_STORE_CACHE_KIB);

int
store_fail(struct store *s, const char *fmt, ...)
{
    char what[256];
    struct buf quoted;
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    buf_init(&quoted, 4 * sizeof what);
    text_quote(&quoted, span_str(what), sizeof what);
    log_event(EV_store_error, "what=%s", buf_cstr(&quoted));
    buf_release(&quoted);
    s->failed = true;
    return -1;
}

sqlite3_stmt *
store_stmt(struct store *s, enum sql sql)
{
    sqlite3_stmt *st = s->stmt[sql];

    if (st != NULL) {
        (void)sqlite3_reset(st);
        return st;
    }
    if (sqlite3_prepare_v3(s->db, sql_text[sql], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[sql], NULL) !=
        SQLITE_OK) {
        (void)store_fail(s, "%s: %s", sql_text[sql], sqlite3_errmsg(s->db));
        return NULL;
    }
    return s->stmt[sql];
}

int
store_row(struct store *s, sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);

    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    (void)store_fail(s, "%s: %s", sqlite3_sql(st), sqlite3_errmsg(s->db));
    (void)sqlite3_reset(st);
    return -1;
}

int
store_run(struct store *s, sqlite3_stmt *st)
{
    int rc;

    if (st == NULL)
        return -1;
    do
        rc = store_row(s, st);
    while (rc > 0);
    (void)sqlite3_reset(st);
    return rc;
}

/* A bind can only fail for want of memory: it leaves NULL, which no column of ours takes. */
void
store_bind_text(sqlite3_stmt *st, int i, const char *text)
{
    (void)sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
}

void
store_bind_span(sqlite3_stmt *st, int i, struct span value)
{
    (void)sqlite3_bind_blob64(st, i, value.n > 0 ? (const void *)value.p : "", value.n, SQLITE_STATIC);
}

void
store_bind_buf(sqlite3_stmt *st, int i, const struct buf *b)
{
    store_bind_span(st, i, buf_span(b));
}

struct span
store_column(sqlite3_stmt *st, int i)
{
    const void *p = sqlite3_column_blob(st, i);
    int n = sqlite3_column_bytes(st, i);

    return span_of(p, p == NULL || n < 0 ? 0 : (size_t)n);
}

int
store_copy_text(struct store *s, sqlite3_stmt *st, int i, char *out, size_t max)
{
    struct span text = store_column(st, i);

    if (text.n >= max || (text.n > 0 && memchr(text.p, 0, text.n) != NULL))
        return store_fail(s, "a text is longer than allowed: %s", sqlite3_sql(st));
    if (text.n > 0)
        memcpy(out, text.p, text.n);
    out[text.n] = 0;
    return 0;
}

static int
run_text(struct store *s, const char *sql)
{
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return store_fail(s, "%s: %s", s->path, sqlite3_errmsg(s->db));
    return 0;
}

/* One integer that ${sql} asks for; -1 after store_fail. */
static int64_t
ask(struct store *s, const char *sql)
{
    sqlite3_stmt *st = NULL;
    int64_t v = -1;

    if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        v = sqlite3_column_int64(st, 0);
    else
        (void)store_fail(s, "%s: %s", s->path, sqlite3_errmsg(s->db));
    (void)sqlite3_finalize(st);
    return v;
}

/* From the file's version to ours, one committed step at a time. */
static int
migrate(struct store *s)
{
    int64_t version = ask(s, "PRAGMA user_version");
    int64_t id = ask(s, "PRAGMA application_id");
    int64_t tables = ask(s, "SELECT count(*) FROM sqlite_schema");
    char tail[96];

    if (version < 0 || id < 0 || tables < 0)
        return -1;
    if (id != SCHEMA_APPLICATION_ID && (version != 0 || tables != 0))
        return store_fail(s, "%s: this is not a store", s->path);
    if (version > schema_version() || (s->read_only && version != schema_version()))
        return store_fail(s, "%s: version %lld of the tables; this program knows %d", s->path,
                          (long long)version, schema_version());
    for (; version < schema_version(); version++) {
        (void)snprintf(tail, sizeof tail, "PRAGMA application_id = %d; PRAGMA user_version = %lld; COMMIT",
                       SCHEMA_APPLICATION_ID, (long long)version + 1);
        if (run_text(s, "BEGIN IMMEDIATE") != 0 || run_text(s, schema_steps[version]) != 0 ||
            run_text(s, tail) != 0)
            return -1;
    }
    return 0;
}

/* Without a write-ahead log (a file system that cannot map memory) readers in other processes would hold up the writer. */
static int
check_journal(struct store *s)
{
    sqlite3_stmt *st = NULL;
    struct span mode;
    int rc = -1;

    if (sqlite3_prepare_v2(s->db, "PRAGMA journal_mode", -1, &st, NULL) == SQLITE_OK &&
        sqlite3_step(st) == SQLITE_ROW) {
        mode = store_column(st, 0);
        rc = span_is(mode, "wal") || span_is(mode, "memory") ? 0 : -1;
    }
    (void)sqlite3_finalize(st);
    return rc == 0 ? 0 : store_fail(s, "%s: no write-ahead log: %s", s->path, sqlite3_errmsg(s->db));
}

static int
open_file(struct store *s)
{
    int flags = s->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

    if (sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) !=
        SQLITE_OK)
        return store_fail(s, "%s: %s", s->path, s->db != NULL ? sqlite3_errmsg(s->db) : "no memory");
    (void)sqlite3_busy_timeout(s->db, BUSY_MS);
    (void)sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, VALUE_BYTES);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (run_text(s, PRAGMAS) != 0)
        return -1;
    if (s->read_only)
        return 0;
    return run_text(s, PRAGMAS_WRITE) != 0 ? -1 : check_journal(s);
}

static int
load(struct store *s)
{
    struct buf id;
    int rc = -1;

    buf_init(&id, sizeof s->incarnation);
    if (store_meta_get(s, "incarnation", &id) != 0 || id.n != sizeof s->incarnation)
        (void)store_fail(s, "%s: no incarnation", s->path);
    else {
        memcpy(s->incarnation, id.p, id.n);
        rc = s->read_only ? 0 : store_tails_load(s);
    }
    buf_release(&id);
    return rc;
}

struct store *
store_open(const char *path, bool read_only)
{
    struct store *s = mem_new(sizeof *s);

    s->path = mem_strdup(path);
    s->read_only = read_only;
    buf_init(&s->headers, READ_BUF_BYTES);
    buf_init(&s->bodies, READ_BUF_BYTES);
    buf_init(&s->batch, READ_BUF_BYTES);
    buf_init(&s->record, READ_BUF_BYTES);
    buf_init(&s->visible, READ_BUF_BYTES);
    buf_init(&s->pending, READ_BUF_BYTES);
    buf_init(&s->alias_due, READ_BUF_BYTES);
    s->alias_behind = -1;
    if (open_file(s) != 0 || migrate(s) != 0 || run_text(s, PRAGMA_CACHE) != 0 || load(s) != 0) {
        store_close(s);
        return NULL;
    }
    s->failed = false;
    return s;
}

void
store_close(struct store *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < SQL_COUNT; i++)
        (void)sqlite3_finalize(s->stmt[i]);
    (void)sqlite3_close(s->db);
    buf_release(&s->headers);
    buf_release(&s->bodies);
    buf_release(&s->batch);
    buf_release(&s->record);
    buf_release(&s->visible);
    buf_release(&s->pending);
    buf_release(&s->alias_due);
    free(s->tails);
    free(s->cache);
    free(s->newest);
    free(s->path);
    free(s);
}

void
store_incarnation(struct store *s, uint8_t out[16])
{
    memcpy(out, s->incarnation, sizeof s->incarnation);
}

bool
store_in_transaction(const struct store *s)
{
    return sqlite3_get_autocommit(s->db) == 0;
}

int
store_begin(struct store *s)
{
    assert(!store_in_transaction(s));
    s->failed = false;
    return store_run(s, store_stmt(s, s->read_only ? SQL_BEGIN_READ : SQL_BEGIN_WRITE));
}

int
store_commit(struct store *s)
{
    assert(store_in_transaction(s));
    if (s->failed)
        return store_fail(s, "not committed: an earlier change of this transaction failed");
    if (store_segment_flush(s) != 0 || store_pending_flush(s) != 0 || store_newest_flush(s) != 0 ||
        store_alias_flush(s) != 0)
        return -1;
    return store_run(s, store_stmt(s, SQL_COMMIT));
}

void
store_rollback(struct store *s)
{
    /* SQLite has ended the transaction itself after some errors (disk full, I/O). */
    if (store_in_transaction(s))
        (void)store_run(s, store_stmt(s, SQL_ROLLBACK));
    s->notes_n = 0;
    buf_clear(&s->pending);
    store_alias_clear(s);
    store_groups_clear(s);
    store_cache_clear(s);
    store_newest_clear(s);
    if (!s->read_only)
        (void)store_tails_load(s);
    s->failed = false;
}

int
store_enter(struct store *s, bool *opened)
{
    *opened = !store_in_transaction(s);
    return *opened ? store_begin(s) : 0;
}

int
store_leave(struct store *s, bool opened, int rc)
{
    if (rc == 0 && opened)
        rc = store_commit(s);
    if (rc != 0 && opened)
        store_rollback(s);
    return rc;
}

uint64_t
store_free_bytes(struct store *s)
{
    const char *file = sqlite3_db_filename(s->db, "main");
    struct statvfs fs;

    if (file == NULL || *file == 0 || statvfs(file, &fs) != 0)
        return UINT64_MAX;
    return (uint64_t)fs.f_bavail * fs.f_frsize;
}

int
store_meta_set(struct store *s, const char *name, struct span value)
{
    sqlite3_stmt *st = store_stmt(s, SQL_META_SET);

    if (st == NULL)
        return -1;
    store_bind_text(st, 1, name);
    store_bind_span(st, 2, value);
    return store_run(s, st);
}

int
store_meta_delete(struct store *s, const char *name)
{
    sqlite3_stmt *st = store_stmt(s, SQL_META_DELETE);

    if (st == NULL)
        return -1;
    store_bind_text(st, 1, name);
    return store_run(s, st);
}

int
store_meta_get(struct store *s, const char *name, struct buf *value)
{
    sqlite3_stmt *st = store_stmt(s, SQL_META_GET);
    int rc;

    if (st == NULL)
        return -1;
    store_bind_text(st, 1, name);
    rc = store_row(s, st);
    if (rc > 0)
        buf_put_span(value, store_column(st, 0));
    (void)sqlite3_reset(st);
    if (rc > 0 && buf_failed(value))
        return store_fail(s, "the value %s is larger than expected", name);
    return rc < 0 ? -1 : rc == 0;
}

#define EVIDENCE_NAME_MAX (sizeof "fork:" + 2 * (size_t)LOG_ID_BYTES)

static void
evidence_name(const uint8_t log[LOG_ID_BYTES], char name[EVIDENCE_NAME_MAX])
{
    memcpy(name, "fork:", 5);
    text_hex_of(log, LOG_ID_BYTES, name + 5);
}

int
store_evidence_set(struct store *s, const uint8_t log[LOG_ID_BYTES], struct span fork)
{
    char name[EVIDENCE_NAME_MAX];

    evidence_name(log, name);
    return store_meta_set(s, name, fork);
}

int
store_evidence_get(struct store *s, const uint8_t log[LOG_ID_BYTES], struct buf *fork)
{
    char name[EVIDENCE_NAME_MAX];

    evidence_name(log, name);
    return store_meta_get(s, name, fork);
}
