/* The signer's database. Runs in the signer's thread. */
#include "sign/signer_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define APPLICATION_ID 0x50785367 /* "PxSg" */
#define VERSION        1

static const char *const texts[SQL_COUNT] = {
#define SQL(name, text) [SQL_##name] = text,
#include "sign/sql.tbl"
#undef SQL
};

/* FULL: a commit that was answered is on the disk. EXCLUSIVE: two signers with one key would be the end of the log. */
static const char PRAGMAS[] =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA cache_size = -1024;";

static const char SCHEMA[] = "BEGIN EXCLUSIVE;"
                             "CREATE TABLE IF NOT EXISTS log (id BLOB PRIMARY KEY CHECK (length(id) = 16), "
                             "origin_line TEXT NOT NULL UNIQUE,"
                             " size INTEGER NOT NULL CHECK (size > 0), peaks BLOB NOT NULL, before_size "
                             "INTEGER NOT NULL CHECK (before_size <= size),"
                             " before_peaks BLOB NOT NULL, root BLOB NOT NULL CHECK (length(root) = 32),"
                             " signature BLOB NOT NULL CHECK (length(signature) = 64)) STRICT, WITHOUT ROWID;"
                             "CREATE TABLE IF NOT EXISTS witness (origin_line TEXT PRIMARY KEY, log_key BLOB "
                             "NOT NULL CHECK (length(log_key) = 32),"
                             " size INTEGER NOT NULL CHECK (size > 0), root BLOB NOT NULL CHECK "
                             "(length(root) = 32), time INTEGER NOT NULL)"
                             " STRICT, WITHOUT ROWID;";

static int
fail(struct signer *s, const char *what)
{
    if (!s->failed)
        log_event(EV_store_error, "what=\"sign.db: %s: %s\"", what, sqlite3_errmsg(s->db));
    s->failed = true;
    return -1;
}

static int64_t
ask(struct signer *s, const char *pragma)
{
    sqlite3_stmt *st = NULL;
    int64_t value = -1;

    if (sqlite3_prepare_v2(s->db, pragma, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        value = sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    return value;
}

/* An empty file becomes ours; any other must be. */
static bool
is_ours(struct signer *s)
{
    int64_t id = ask(s, "PRAGMA application_id"), version = ask(s, "PRAGMA user_version");
    int64_t tables = ask(s, "SELECT count(*) FROM sqlite_schema");

    return (id == APPLICATION_ID && version == VERSION) || (id == 0 && version == 0 && tables == 0);
}

int
signer_db_open(struct signer *s, const char *path, char error[200])
{
    char finish[100];

    (void)snprintf(finish, sizeof finish, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
                   APPLICATION_ID, VERSION);
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK ||
        sqlite3_exec(s->db, PRAGMAS, NULL, NULL, NULL) != SQLITE_OK) {
        (void)snprintf(error, 200, "%s: %s", path, sqlite3_errmsg(s->db));
        return -1;
    }
    if (!is_ours(s)) {
        (void)snprintf(error, 200, "%s: not a signer's database of version %d", path, VERSION);
        return -1;
    }
    if (sqlite3_exec(s->db, SCHEMA, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(s->db, finish, NULL, NULL, NULL) != SQLITE_OK) {
        (void)snprintf(error, 200, "%s: %s", path, sqlite3_errmsg(s->db));
        return -1;
    }
    for (int i = 0; i < SQL_COUNT; i++) {
        if (sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s->sql[i], NULL) !=
            SQLITE_OK) {
            (void)snprintf(error, 200, "%s: %s", path, sqlite3_errmsg(s->db));
            return -1;
        }
    }
    return 0;
}

void
signer_db_close(struct signer *s)
{
    for (int i = 0; i < SQL_COUNT; i++)
        (void)sqlite3_finalize(s->sql[i]);
    (void)sqlite3_close(s->db);
}

/* Step a statement that changes rows, once. */
static int
run(struct signer *s, enum signer_sql sql)
{
    int result = sqlite3_step(s->sql[sql]);

    (void)sqlite3_reset(s->sql[sql]);
    (void)sqlite3_clear_bindings(s->sql[sql]);
    return result == SQLITE_DONE ? 0 : fail(s, texts[sql]);
}

int
signer_db_run(struct signer *s, enum signer_sql sql)
{
    return run(s, sql);
}

static void
bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n)
{
    (void)sqlite3_bind_blob(st, i, n > 0 ? p : "", (int)n, SQLITE_TRANSIENT);
}

static void
bind_tree(sqlite3_stmt *st, int size_at, int peaks_at, const struct tree *t)
{
    (void)sqlite3_bind_int64(st, size_at, (int64_t)t->size);
    bind_blob(st, peaks_at, t->peak, tree_peaks(t) * (size_t)HASH_BYTES);
}

/* Column ${i} is exactly ${n} bytes. */
static bool
get_blob(sqlite3_stmt *st, int i, void *out, size_t n)
{
    const void *p = sqlite3_column_blob(st, i);

    if ((size_t)sqlite3_column_bytes(st, i) != n)
        return false;
    if (n > 0)
        memcpy(out, p, n);
    return true;
}

static bool
get_tree(sqlite3_stmt *st, int size_at, int peaks_at, struct tree *t)
{
    int64_t size = sqlite3_column_int64(st, size_at);

    tree_init(t);
    if (size < 0 || size >= (int64_t)1 << 60)
        return false;
    t->size = (uint64_t)size;
    return get_blob(st, peaks_at, t->peak, tree_peaks(t) * (size_t)HASH_BYTES);
}

static bool
get_line(sqlite3_stmt *st, int i, char out[ORIGIN_LINE_MAX])
{
    const char *text = (const char *)sqlite3_column_text(st, i);

    if (text == NULL || strlen(text) >= ORIGIN_LINE_MAX)
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

/* Finish a statement that may have one row, whose columns were read well if ${well}. */
static int
finish(struct signer *s, enum signer_sql sql, int step, bool well)
{
    int result = step == SQLITE_ROW ? (well ? 1 : -1) : step == SQLITE_DONE ? 0 : -1;

    (void)sqlite3_reset(s->sql[sql]);
    (void)sqlite3_clear_bindings(s->sql[sql]);
    return result < 0 ? fail(s, texts[sql]) : result;
}

int
signer_db_log(struct signer *s, const uint8_t id[LOG_ID_BYTES], struct signer_log *log)
{
    sqlite3_stmt *st = s->sql[SQL_LOG_GET];
    int step;
    bool well;

    memset(log, 0, sizeof *log);
    memcpy(log->id, id, LOG_ID_BYTES);
    bind_blob(st, 1, id, LOG_ID_BYTES);
    step = sqlite3_step(st);
    well = step == SQLITE_ROW && get_line(st, 0, log->origin_line) && get_tree(st, 1, 2, &log->tree) &&
           get_tree(st, 3, 4, &log->before) && get_blob(st, 5, log->root, HASH_BYTES) &&
           get_blob(st, 6, log->signature, SIG_BYTES);
    return finish(s, SQL_LOG_GET, step, well);
}

int
signer_db_has_line(struct signer *s, const char *origin_line)
{
    int step;

    (void)sqlite3_bind_text(s->sql[SQL_LOG_BY_LINE], 1, origin_line, -1, SQLITE_TRANSIENT);
    step = sqlite3_step(s->sql[SQL_LOG_BY_LINE]);
    return finish(s, SQL_LOG_BY_LINE, step, true);
}

int
signer_db_put_log(struct signer *s, const struct signer_log *log)
{
    sqlite3_stmt *st = s->sql[SQL_LOG_PUT];

    bind_blob(st, 1, log->id, LOG_ID_BYTES);
    (void)sqlite3_bind_text(st, 2, log->origin_line, -1, SQLITE_TRANSIENT);
    bind_tree(st, 3, 4, &log->tree);
    bind_tree(st, 5, 6, &log->before);
    bind_blob(st, 7, log->root, HASH_BYTES);
    bind_blob(st, 8, log->signature, SIG_BYTES);
    if (run(s, SQL_LOG_PUT) != 0)
        return -1;
    assert(sqlite3_changes(s->db) == 1); /* the statement itself never lets a log shrink */
    return 0;
}

int
signer_db_witness(struct signer *s, const char *origin_line, struct signer_witness *w)
{
    sqlite3_stmt *st = s->sql[SQL_WITNESS_GET];
    int step;
    bool well;

    memset(w, 0, sizeof *w);
    (void)snprintf(w->origin_line, sizeof w->origin_line, "%s", origin_line);
    (void)sqlite3_bind_text(st, 1, origin_line, -1, SQLITE_TRANSIENT);
    step = sqlite3_step(st);
    well = step == SQLITE_ROW && get_blob(st, 0, w->log_key, SIG_KEY_BYTES) &&
           sqlite3_column_int64(st, 1) > 0 && get_blob(st, 2, w->root, HASH_BYTES);
    w->size = well ? (uint64_t)sqlite3_column_int64(st, 1) : 0;
    w->time = well ? (uint64_t)sqlite3_column_int64(st, 3) : 0;
    return finish(s, SQL_WITNESS_GET, step, well);
}

int
signer_db_put_witness(struct signer *s, const struct signer_witness *w)
{
    sqlite3_stmt *st = s->sql[SQL_WITNESS_PUT];

    (void)sqlite3_bind_text(st, 1, w->origin_line, -1, SQLITE_TRANSIENT);
    bind_blob(st, 2, w->log_key, SIG_KEY_BYTES);
    (void)sqlite3_bind_int64(st, 3, (int64_t)w->size);
    bind_blob(st, 4, w->root, HASH_BYTES);
    (void)sqlite3_bind_int64(st, 5, (int64_t)w->time);
    if (run(s, SQL_WITNESS_PUT) != 0)
        return -1;
    assert(sqlite3_changes(s->db) == 1);
    return 0;
}

/* One row, into the arena. */
static Parallax__Role__SignAnswer__Signed *
get_signed(struct signer *s, sqlite3_stmt *st)
{
    Parallax__Role__SignAnswer__Signed *head = arena_zalloc(&s->arena, sizeof *head);
    uint8_t *bytes = arena_alloc(&s->arena, LOG_ID_BYTES + HASH_BYTES + SIG_BYTES);

    if (head == NULL || bytes == NULL)
        return NULL;
    parallax__role__sign_answer__signed__init(head);
    head->log = (ProtobufCBinaryData){LOG_ID_BYTES, bytes};
    head->size = (uint64_t)sqlite3_column_int64(st, 1);
    head->root = (ProtobufCBinaryData){HASH_BYTES, bytes + LOG_ID_BYTES};
    head->signature = (ProtobufCBinaryData){SIG_BYTES, bytes + LOG_ID_BYTES + HASH_BYTES};
    if (!get_blob(st, 0, head->log.data, LOG_ID_BYTES) || !get_blob(st, 2, head->root.data, HASH_BYTES) ||
        !get_blob(st, 3, head->signature.data, SIG_BYTES))
        return NULL;
    return head;
}

int
signer_db_list(struct signer *s, Parallax__Role__SignAnswer__Signed ***heads)
{
    const size_t max = 8192; /* as the statement */
    sqlite3_stmt *st = s->sql[SQL_LOG_LIST];
    bool well = true;
    int step, n = 0;

    *heads = arena_alloc(&s->arena, max * sizeof **heads);
    if (*heads == NULL)
        return fail(s, "memory");
    while (well && (step = sqlite3_step(st)) == SQLITE_ROW) {
        (*heads)[n] = get_signed(s, st);
        well = (*heads)[n++] != NULL;
    }
    (void)sqlite3_reset(st);
    return well && step == SQLITE_DONE ? n : fail(s, texts[SQL_LOG_LIST]);
}
