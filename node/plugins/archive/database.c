#include "plugins/archive/database.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limit.h"
#include "base/num.h"

#define SQL_MAX 2048

static const char *const steps[] = {
#define STEP(sql) sql,
#include "plugins/archive/step.tbl"
#undef STEP
};

#define VERSION ((int)(sizeof steps / sizeof steps[0]))

/*
 * A record comes again when more of it can be read (its body arrived, its embargo ended), or after a crash, a replay, a new incarnation. What is
 * the same already is not written, and what could be read is not replaced by what cannot: a body may be gone from the node, not from here.
 */
static const char put[] =
    "INSERT INTO record AS old (id, origin, series, type, mode, kind, created, epoch, expires, objects, "
    "header, body, readable, json) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO UPDATE SET "
    "origin = EXCLUDED.origin, series = EXCLUDED.series, type = EXCLUDED.type, mode = EXCLUDED.mode, kind = "
    "EXCLUDED.kind, "
    "created = EXCLUDED.created, epoch = EXCLUDED.epoch, expires = EXCLUDED.expires, objects = "
    "EXCLUDED.objects, "
    "header = COALESCE(EXCLUDED.header, old.header), body = COALESCE(EXCLUDED.body, old.body), readable = "
    "EXCLUDED.readable, "
    "json = EXCLUDED.json, changed = now() "
    "WHERE (EXCLUDED.readable OR NOT old.readable) AND (EXCLUDED.json::text <> old.json::text OR "
    "(old.header IS NULL AND EXCLUDED.header IS NOT NULL) OR (old.body IS NULL AND EXCLUDED.body IS NOT "
    "NULL))";

static const char move[] = "INSERT INTO cursor VALUES ($1, $2, $3, $4, now()) ON CONFLICT (node, plugin) DO "
                           "UPDATE SET incarnation = EXCLUDED.incarnation, "
                           "number = EXCLUDED.number, moved = EXCLUDED.moved";

/* Whether trying again can help. Classes of SQLSTATE (PostgreSQL manual, appendix A); no state at all: the connection. */
static bool
is_hopeless(const char *state)
{
    static const char *const classes[] = {"08", "25", "40", "53", "55", "57", "58", "XX"};

    if (state == NULL || state[0] == '\0')
        return false;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strncmp(state, classes[i], 2) == 0)
            return false;
    }
    return true;
}

static int
fail(struct database *d, const char *what, const PGresult *result)
{
    const char *text = result != NULL ? PQresultErrorMessage(result) : NULL;

    if (text == NULL || text[0] == '\0')
        text = PQerrorMessage(d->conn);
    d->hopeless = is_hopeless(result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL);
    (void)snprintf(d->said, sizeof d->said, "%s: %.300s", what, text);
    return -1;
}

/* A statement without an answer, or several. */
static int
run(struct database *d, const char *sql)
{
    PGresult *result = PQexec(d->conn, sql);
    ExecStatusType status = PQresultStatus(result);
    int rc =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : fail(d, "the database refuses", result);

    PQclear(result);
    return rc;
}

/* One value of one row; "" when there is none. -1 when it fails, or ${out} is too small. */
static int
ask(struct database *d, const char *sql, char *out, size_t n)
{
    PGresult *result = PQexec(d->conn, sql);
    int rc = 0;

    out[0] = '\0';
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        rc = fail(d, "the database refuses", result);
    else if (PQntuples(result) > 0 && snprintf(out, n, "%s", PQgetvalue(result, 0, 0)) >= (int)n)
        rc = fail(d, "an answer that is too long", NULL);
    PQclear(result);
    return rc;
}

static int
hopeless(struct database *d, const char *said)
{
    d->hopeless = true;
    (void)snprintf(d->said, sizeof d->said, "%s", said);
    return -1;
}

static int
connect_to(struct database *d)
{
    /* Later ones win: what the operator writes stands over all but the encoding. */
    static const char *const names[] = {
        "connect_timeout", "keepalives_idle", "tcp_user_timeout", "application_name",
        "passfile",        "dbname",          "client_encoding",  NULL};
    const char *values[] = {"10",      "10",     "20000", "parallax-plugin-archive",
                            ".pgpass", d->where, "UTF8",  NULL};

    d->conn = PQconnectdbParams(names, values, 1);
    if (d->conn == NULL)
        return hopeless(d, "no memory");
    if (PQstatus(d->conn) != CONNECTION_OK)
        return fail(d, "the database cannot be reached", NULL);
    if (PQserverVersion(d->conn) < 120000)
        return hopeless(d, "the server is older than PostgreSQL 12");
    return 0;
}

/* Versions of the tables, one after the other, in one transaction; whoever else does the same waits. */
static int
upgrade(struct database *d)
{
    char sql[SQL_MAX], found[32];
    int64_t version = 0;

    (void)snprintf(
        sql, sizeof sql,
        "SELECT pg_advisory_xact_lock(hashtext('parallax archive')); "
        "CREATE SCHEMA IF NOT EXISTS \"%s\"; CREATE TABLE IF NOT EXISTS version (version integer NOT NULL)",
        d->schema);
    if (run(d, "BEGIN") != 0 || run(d, sql) != 0 ||
        ask(d, "SELECT version FROM version", found, sizeof found) != 0)
        return -1;
    if (found[0] != '\0' && num_int(span_str(found), 0, INT32_MAX, &version) != 0)
        return hopeless(d, "the archive's version is no number");
    for (int i = (int)version; i < VERSION; i++) {
        if (run(d, steps[i]) != 0)
            return -1;
    }
    (void)snprintf(sql, sizeof sql,
                   version > 0 ? "UPDATE version SET version = %d" : "INSERT INTO version VALUES (%d)",
                   VERSION);
    return run(d, sql) != 0 ? -1 : run(d, "COMMIT");
}

static int
see_to_tables(struct database *d)
{
    char sql[SQL_MAX], found[32];
    int64_t version = 0;

    (void)snprintf(sql, sizeof sql,
                   "SET search_path = \"%s\"; SET statement_timeout = 20000; "
                   "SELECT set_config('synchronous_commit', 'on', false) "
                   "WHERE current_setting('synchronous_commit') = 'off'",
                   d->schema);
    if (ask(d, "SHOW server_encoding", found, sizeof found) != 0)
        return -1;
    if (strcmp(found, "UTF8") != 0)
        return hopeless(d, "the database is not in UTF8: create one that is");
    if (run(d, sql) != 0 || ask(d, "SELECT to_regclass('version')::text", found, sizeof found) != 0)
        return -1;
    if (found[0] == '\0')
        return upgrade(d);
    if (ask(d, "SELECT version FROM version", found, sizeof found) != 0)
        return -1;
    if (found[0] != '\0' && num_int(span_str(found), 0, INT32_MAX, &version) != 0)
        return hopeless(d, "the archive's version is no number");
    if (version > VERSION)
        return hopeless(d, "the archive was made by a newer program: upgrade this one");
    return version < VERSION ? upgrade(d) : 0;
}

static int
read_cursor(struct database *d)
{
    const char *values[] = {d->node, d->plugin};
    PGresult *result =
        PQexecParams(d->conn, "SELECT incarnation, number FROM cursor WHERE node = $1 AND plugin = $2", 2,
                     NULL, values, NULL, NULL, 0);
    int rc = 0;

    d->incarnation[0] = '\0';
    d->number = 0;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        rc = fail(d, "the database refuses", result);
    } else if (PQntuples(result) > 0) {
        (void)snprintf(d->incarnation, sizeof d->incarnation, "%s", PQgetvalue(result, 0, 0));
        if (num_uint(span_str(PQgetvalue(result, 0, 1)), INT64_MAX, &d->number) != 0)
            rc = hopeless(d, "the cursor in the database is no number");
    }
    PQclear(result);
    return rc;
}

static int
prepare(struct database *d, const char *name, const char *sql)
{
    PGresult *result = PQprepare(d->conn, name, sql, 0, NULL);
    int rc = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : fail(d, "the database refuses", result);

    PQclear(result);
    return rc;
}

int
database_open(struct database *d)
{
    database_close(d);
    if (connect_to(d) == 0 && see_to_tables(d) == 0 && prepare(d, "put", put) == 0 &&
        prepare(d, "move", move) == 0 && read_cursor(d) == 0)
        return 0;
    database_close(d);
    return -1;
}

void
database_close(struct database *d)
{
    PQfinish(d->conn);
    d->conn = NULL;
}

static int
send_row(struct database *d, const struct batch *b, const struct batch_row *row)
{
    static const int formats[BATCH_COLUMNS] = {[BATCH_HEADER] = 1, [BATCH_BODY] = 1};
    const char *values[BATCH_COLUMNS];
    int lengths[BATCH_COLUMNS];

    for (size_t i = 0; i < BATCH_COLUMNS; i++) {
        values[i] = row->at[i] != 0 ? (const char *)b->bytes.p + row->at[i] : NULL;
        lengths[i] = (int)row->n[i];
    }
    return PQsendQueryPrepared(d->conn, "put", BATCH_COLUMNS, values, lengths, formats, 0);
}

/* Everything on its way, without waiting for answers in between. 1, or 0 as libpq says it. */
static int
send_all(struct database *d, const struct batch *b)
{
    char number[NUM_PRINT_MAX];
    const char *values[] = {d->node, d->plugin, b->incarnation, number};

    (void)num_print(b->number, number);
    if (PQenterPipelineMode(d->conn) != 1 ||
        PQsendQueryParams(d->conn, "BEGIN", 0, NULL, NULL, NULL, NULL, 0) != 1)
        return 0;
    for (size_t i = 0; i < b->n; i++) {
        if (send_row(d, b, &b->rows[i]) != 1)
            return 0;
    }
    return PQsendQueryPrepared(d->conn, "move", 4, values, NULL, NULL, 0) == 1 &&
           PQsendQueryParams(d->conn, "COMMIT", 0, NULL, NULL, NULL, NULL, 0) == 1 &&
           PQpipelineSync(d->conn) == 1;
}

/* ${n} answers, all of them good, and the mark behind them. The first that is not tells why. */
static int
receive_all(struct database *d, size_t n)
{
    for (size_t i = 0; i <= n; i++) {
        PGresult *result = PQgetResult(d->conn);
        ExecStatusType wanted = i == n ? PGRES_PIPELINE_SYNC : PGRES_COMMAND_OK;
        int rc = result != NULL && PQresultStatus(result) == wanted ? 0 : fail(d, "not written", result);
        PQclear(result);
        if (rc != 0)
            return -1;
        if (i < n)
            PQclear(PQgetResult(d->conn)); /* the end of that answer */
    }
    return PQexitPipelineMode(d->conn) == 1 ? 0 : fail(d, "not written", NULL);
}

int
database_write(struct database *d, const struct batch *b)
{
    int rc = send_all(d, b) == 1 ? receive_all(d, b->n + 3) : fail(d, "not written", NULL);

    if (rc != 0) {
        database_close(d);
        return -1;
    }
    (void)snprintf(d->incarnation, sizeof d->incarnation, "%s", b->incarnation);
    d->number = b->number;
    return 0;
}
