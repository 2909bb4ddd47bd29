/* Runs in the sign role's one thread. */
#include "sign/signer.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/checkpoint.h"
#include "core/tree.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define PEAK_BYTES ((LIMIT_PROOF_COUNT + 1) * HASH_BYTES)

struct signer {
    struct signer_conf conf;
    sqlite3 *db;
};

/* What is kept of one of our logs. */
struct held {
    char origin_line[ORIGIN_LINE_MAX];
    struct tree tree;
    uint8_t root[HASH_BYTES], signature[SIG_BYTES];
    bool found;
};

static int
fail(struct signer *s, const char *what)
{
    log_event(EV_store_error, "what=\"%s: %s\"", what, s->db == NULL ? "no database" : sqlite3_errmsg(s->db));
    return -1;
}

static int
run(struct signer *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(s, sql);
}

struct signer *
signer_open(const struct signer_conf *conf)
{
    static const char schema[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                 "CREATE TABLE IF NOT EXISTS log (id BLOB PRIMARY KEY, origin_line TEXT NOT "
                                 "NULL, size INTEGER NOT NULL,"
                                 " peaks BLOB NOT NULL, root BLOB NOT NULL, signature BLOB NOT NULL) STRICT;"
                                 "CREATE TABLE IF NOT EXISTS witness (origin_line TEXT PRIMARY KEY, size "
                                 "INTEGER NOT NULL, root BLOB NOT NULL) STRICT;";
    struct signer *s = mem_new(sizeof(*s));

    s->conf = *conf;
    if (sqlite3_open_v2(conf->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(s->db, 0) != SQLITE_OK || run(s, schema) != 0) {
        fail(s, conf->path);
        signer_close(s);
        return NULL;
    }
    return s;
}

void
signer_close(struct signer *s)
{
    if (s == NULL)
        return;
    sqlite3_close(s->db);
    free(s);
}

static sqlite3_stmt *
prepare(struct signer *s, const char *sql)
{
    sqlite3_stmt *st = NULL;

    if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
        fail(s, sql);
    return st;
}

/* A blob of exactly ${n} bytes from a column. */
static bool
blob(sqlite3_stmt *st, int column, void *out, size_t n)
{
    if (sqlite3_column_bytes(st, column) != (int)n)
        return false;
    memcpy(out, sqlite3_column_blob(st, column), n);
    return true;
}

static int
read_held(struct signer *s, sqlite3_stmt *st, struct held *h)
{
    const char *line = (const char *)sqlite3_column_text(st, 0);

    tree_init(&h->tree);
    h->tree.size = (uint64_t)sqlite3_column_int64(st, 1);
    if (line == NULL || strlen(line) >= sizeof(h->origin_line) ||
        !blob(st, 2, h->tree.peak, tree_peaks(&h->tree) * HASH_BYTES) || !blob(st, 3, h->root, HASH_BYTES) ||
        !blob(st, 4, h->signature, SIG_BYTES))
        return fail(s, "a row of sign.db is damaged");
    snprintf(h->origin_line, sizeof(h->origin_line), "%s", line);
    h->found = true;
    return 0;
}

static int
get(struct signer *s, const uint8_t id[LOG_ID_BYTES], struct held *h)
{
    sqlite3_stmt *st = prepare(s, "SELECT origin_line, size, peaks, root, signature FROM log WHERE id = ?1");
    int rc;

    memset(h, 0, sizeof(*h));
    if (st == NULL)
        return -1;
    sqlite3_bind_blob(st, 1, id, LOG_ID_BYTES, SQLITE_STATIC);
    rc = sqlite3_step(st);
    rc = rc == SQLITE_ROW ? read_held(s, st, h) : rc == SQLITE_DONE ? 0 : fail(s, "log");
    sqlite3_finalize(st);
    return rc;
}

static int
put(struct signer *s, const uint8_t id[LOG_ID_BYTES], const struct held *h)
{
    sqlite3_stmt *st = prepare(
        s, "INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET size = excluded.size,"
           " peaks = excluded.peaks, root = excluded.root, signature = excluded.signature");
    int rc;

    if (st == NULL)
        return -1;
    sqlite3_bind_blob(st, 1, id, LOG_ID_BYTES, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, h->origin_line, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 3, (int64_t)h->tree.size);
    sqlite3_bind_blob(st, 4, h->tree.peak, (int)(tree_peaks(&h->tree) * HASH_BYTES), SQLITE_STATIC);
    sqlite3_bind_blob(st, 5, h->root, HASH_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob(st, 6, h->signature, SIG_BYTES, SQLITE_STATIC);
    /* One statement is one transaction: when it returns, the head is on disk. */
    rc = sqlite3_step(st) == SQLITE_DONE ? 0 : fail(s, "log");
    sqlite3_finalize(st);
    return rc;
}

static void
refuse(struct signer_answer *out, const char *what)
{
    snprintf(out->error, sizeof(out->error), "%s", what);
    out->answer.error = out->error;
    out->answer.ok = false;
}

static void
tell_head(struct signer_answer *out, const uint8_t id[LOG_ID_BYTES], const struct held *h)
{
    memcpy(out->log, id, LOG_ID_BYTES);
    out->answer.log = (ProtobufCBinaryData){LOG_ID_BYTES, out->log};
    out->answer.size = h->tree.size;
    if (!h->found)
        return;
    memcpy(out->root, h->root, HASH_BYTES);
    memcpy(out->signature, h->signature, SIG_BYTES);
    out->answer.root = (ProtobufCBinaryData){HASH_BYTES, out->root};
    out->answer.signature = (ProtobufCBinaryData){SIG_BYTES, out->signature};
}

static void
cosign(const struct signer *s, const char *origin_line, uint64_t size, const uint8_t root[HASH_BYTES],
       uint64_t time, struct signer_answer *out)
{
    struct buf text;

    buf_init(&text, LIMIT_NOTE_BYTES);
    checkpoint_cosign_text(origin_line, size, root, time, &text);
    sig_sign(s->conf.witness_key, buf_span(&text), out->cosignature);
    buf_release(&text);
    out->answer.time = time;
    out->answer.cosignature = (ProtobufCBinaryData){SIG_BYTES, out->cosignature};
}

/* "<federation>/<our name>/<log id hex>" */
static bool
is_our_line(const struct signer *s, const char *line, const uint8_t id[LOG_ID_BYTES])
{
    char expected[ORIGIN_LINE_MAX], federation[ORIGIN_LINE_MAX];
    const char *slash = strchr(line, '/');

    if (slash == NULL || strlen(line) >= ORIGIN_LINE_MAX)
        return false;
    snprintf(federation, sizeof(federation), "%.*s", (int)(slash - line), line);
    checkpoint_origin_line(federation, s->conf.node, id, expected);
    return strcmp(expected, line) == 0;
}

static void
extend(const struct signer *s, struct held *h, struct span leaves)
{
    struct buf text;

    for (size_t i = 0; i < leaves.n; i += HASH_BYTES)
        tree_append(&h->tree, leaves.p + i, NULL, NULL);
    tree_root(&h->tree, h->root);
    buf_init(&text, LIMIT_NOTE_BYTES);
    checkpoint_text(h->origin_line, h->tree.size, h->root, &text);
    sig_sign(s->conf.log_key, buf_span(&text), h->signature);
    buf_release(&text);
    h->found = true;
}

static int
append(struct signer *s, const Parallax__Role__SignRequest__Append *r, struct signer_answer *out)
{
    struct held h;
    uint64_t count = r->leaves.len / HASH_BYTES;

    if (r->log.len != LOG_ID_BYTES || r->leaves.len % HASH_BYTES != 0 || count == 0 ||
        !is_our_line(s, r->origin_line, r->log.data)) {
        refuse(out, "not a request to extend one of our logs");
        return 0;
    }
    if (get(s, r->log.data, &h) != 0)
        return -1;
    if (h.found && strcmp(h.origin_line, r->origin_line) != 0) {
        tell_head(out, r->log.data, &h);
        refuse(out, "the log was signed under another origin line");
        return 0;
    }
    if (r->old_size == h.tree.size) {
        snprintf(h.origin_line, sizeof(h.origin_line), "%s", r->origin_line);
        extend(s, &h, span_of(r->leaves.data, r->leaves.len));
        if (put(s, r->log.data, &h) != 0)
            return -1;
    } else if (!h.found || r->old_size > h.tree.size || r->old_size + count != h.tree.size) {
        tell_head(out, r->log.data, &h);
        refuse(out, "the request does not extend the last signed head");
        return 0;
    }
    /* The same size again: what was signed is told; the asker compares the root with its own. */
    tell_head(out, r->log.data, &h);
    cosign(s, h.origin_line, h.tree.size, h.root, r->time, out);
    out->answer.ok = true;
    log_event(EV_sign_signed, "size=%llu", (unsigned long long)h.tree.size);
    return 0;
}

static int
heartbeat(struct signer *s, const Parallax__Role__SignRequest__Heartbeat *r, struct signer_answer *out)
{
    struct held h;

    if (r->log.len != LOG_ID_BYTES) {
        refuse(out, "no log id");
        return 0;
    }
    if (get(s, r->log.data, &h) != 0)
        return -1;
    tell_head(out, r->log.data, &h);
    if (!h.found) {
        refuse(out, "nothing of this log was ever signed");
        return 0;
    }
    cosign(s, h.origin_line, h.tree.size, h.root, r->time, out);
    out->answer.ok = true;
    return 0;
}

static int
get_witness(struct signer *s, const char *line, uint64_t *size, uint8_t root[HASH_BYTES])
{
    sqlite3_stmt *st = prepare(s, "SELECT size, root FROM witness WHERE origin_line = ?1");
    int rc;

    *size = 0;
    memset(root, 0, HASH_BYTES);
    if (st == NULL)
        return -1;
    sqlite3_bind_text(st, 1, line, -1, SQLITE_STATIC);
    rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        *size = (uint64_t)sqlite3_column_int64(st, 0);
        rc = blob(st, 1, root, HASH_BYTES) ? 0 : fail(s, "a row of sign.db is damaged");
    } else {
        rc = rc == SQLITE_DONE ? 0 : fail(s, "witness");
    }
    sqlite3_finalize(st);
    return rc;
}

static int
put_witness(struct signer *s, const char *line, uint64_t size, const uint8_t root[HASH_BYTES])
{
    sqlite3_stmt *st =
        prepare(s, "INSERT INTO witness VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET size = excluded.size,"
                   " root = excluded.root WHERE excluded.size >= size");
    int rc;

    if (st == NULL)
        return -1;
    sqlite3_bind_text(st, 1, line, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, (int64_t)size);
    sqlite3_bind_blob(st, 3, root, HASH_BYTES, SQLITE_STATIC);
    rc = sqlite3_step(st) == SQLITE_DONE ? 0 : fail(s, "witness");
    sqlite3_finalize(st);
    return rc;
}

static bool
witness_shape(const Parallax__Role__SignRequest__Witness *r)
{
    return r->root.len == HASH_BYTES && r->signature.len == SIG_BYTES && r->log_key.len == SIG_KEY_BYTES &&
           r->proof.len % HASH_BYTES == 0 && r->proof.len / HASH_BYTES <= LIMIT_PROOF_COUNT && r->size > 0 &&
           r->size <= INT64_MAX && strlen(r->origin_line) < ORIGIN_LINE_MAX;
}

static int
witness(struct signer *s, const Parallax__Role__SignRequest__Witness *r, struct signer_answer *out)
{
    uint64_t size;
    uint8_t root[HASH_BYTES];
    struct buf text;
    bool good;

    out->answer.origin_line = r->origin_line;
    if (!witness_shape(r)) {
        refuse(out, "not a request to cosign");
        return 0;
    }
    if (get_witness(s, r->origin_line, &size, root) != 0)
        return -1;
    out->answer.size = size;
    buf_init(&text, LIMIT_NOTE_BYTES);
    checkpoint_text(r->origin_line, r->size, r->root.data, &text);
    good = sig_verify(r->log_key.data, buf_span(&text), r->signature.data);
    buf_release(&text);
    if (!good) {
        refuse(out, "the log's signature does not verify");
    } else if (r->old_size != size) {
        refuse(out, "another size was cosigned last");
    } else if (!tree_check_consistency(size, root, r->size, r->root.data,
                                       (const uint8_t(*)[HASH_BYTES])r->proof.data,
                                       r->proof.len / HASH_BYTES)) {
        refuse(out, "the head is not proved to extend the one cosigned last");
    } else {
        if (put_witness(s, r->origin_line, r->size, r->root.data) != 0)
            return -1;
        out->answer.size = r->size;
        cosign(s, r->origin_line, r->size, r->root.data, r->time, out);
        out->answer.ok = true;
    }
    return 0;
}

static int
count_logs(struct signer *s, size_t *n)
{
    sqlite3_stmt *st = prepare(s, "SELECT count(*) FROM log");
    int rc = -1;

    if (st != NULL && sqlite3_step(st) == SQLITE_ROW) {
        *n = (size_t)sqlite3_column_int64(st, 0);
        rc = 0;
    }
    sqlite3_finalize(st);
    return rc;
}

static int
list(struct signer *s, struct signer_answer *out)
{
    sqlite3_stmt *st;
    size_t n = 0, i = 0;
    int rc = count_logs(s, &n);

    st = rc == 0 ? prepare(s, "SELECT id, size, root, signature FROM log ORDER BY id") : NULL;
    if (st == NULL)
        return -1;
    out->signed_v = mem_new((n + 1) * sizeof(*out->signed_v));
    out->signed_p = mem_new((n + 1) * sizeof(*out->signed_p));
    out->bytes = mem_new((n + 1) * (LOG_ID_BYTES + HASH_BYTES + SIG_BYTES));
    while (i < n && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        Parallax__Role__SignAnswer__Signed *v = &out->signed_v[i];
        uint8_t *at = out->bytes + i * (LOG_ID_BYTES + HASH_BYTES + SIG_BYTES);
        parallax__role__sign_answer__signed__init(v);
        if (!blob(st, 0, at, LOG_ID_BYTES) || !blob(st, 2, at + LOG_ID_BYTES, HASH_BYTES) ||
            !blob(st, 3, at + LOG_ID_BYTES + HASH_BYTES, SIG_BYTES)) {
            sqlite3_finalize(st);
            return fail(s, "a row of sign.db is damaged");
        }
        v->log = (ProtobufCBinaryData){LOG_ID_BYTES, at};
        v->size = (uint64_t)sqlite3_column_int64(st, 1);
        v->root = (ProtobufCBinaryData){HASH_BYTES, at + LOG_ID_BYTES};
        v->signature = (ProtobufCBinaryData){SIG_BYTES, at + LOG_ID_BYTES + HASH_BYTES};
        out->signed_p[i++] = v;
    }
    sqlite3_finalize(st);
    if (i < n)
        return fail(s, "log");
    out->answer.n_logs = i;
    out->answer.logs = out->signed_p;
    out->answer.ok = true;
    return 0;
}

int
signer_answer(struct signer *s, const Parallax__Role__SignRequest *request, struct signer_answer *out)
{
    memset(out, 0, sizeof(*out));
    parallax__role__sign_answer__init(&out->answer);
    out->answer.token = request->token;
    switch (request->what_case) {
    case PARALLAX__ROLE__SIGN_REQUEST__WHAT_APPEND:
        return append(s, request->append, out);
    case PARALLAX__ROLE__SIGN_REQUEST__WHAT_HEARTBEAT:
        return heartbeat(s, request->heartbeat, out);
    case PARALLAX__ROLE__SIGN_REQUEST__WHAT_WITNESS:
        return witness(s, request->witness, out);
    case PARALLAX__ROLE__SIGN_REQUEST__WHAT_LIST:
        return list(s, out);
    default:
        refuse(out, "not a request that is known");
        return 0;
    }
}

void
signer_answer_release(struct signer_answer *a)
{
    free(a->signed_v);
    free(a->signed_p);
    free(a->bytes);
    memset(a, 0, sizeof(*a));
}
