/* Shared by the files of the signer. */
#ifndef SIGN_SIGNER_INTERNAL_H
#define SIGN_SIGNER_INTERNAL_H

#include <sqlite3.h>

#include "base/arena.h"
#include "core/checkpoint.h"
#include "core/tree.h"
#include "role.pb-c.h"
#include "sign/signer.h"

enum signer_sql {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_LOG_GET,
    SQL_LOG_PUT,
    SQL_LOG_LIST,
    SQL_LOG_BY_LINE,
    SQL_WITNESS_GET,
    SQL_WITNESS_PUT,
    SQL_COUNT
};

struct signer {
    sqlite3 *db;
    sqlite3_stmt *sql[SQL_COUNT];
    bool in_transaction;
    bool failed; /* a statement failed */
    char node[LIMIT_NAME_BYTES + 1];
    const struct secret *log_key, *witness_key;
    uint8_t log_public[SIG_KEY_BYTES];
    struct arena arena; /* of one request and its answer */
};

/* The last signed head of a log of ours, and the tree one step before it: for a batch that is asked for again. */
struct signer_log {
    uint8_t id[LOG_ID_BYTES];
    char origin_line[ORIGIN_LINE_MAX];
    struct tree tree, before;
    uint8_t root[HASH_BYTES];
    uint8_t signature[SIG_BYTES];
};

/* The last cosigned head of another origin's log. */
struct signer_witness {
    char origin_line[ORIGIN_LINE_MAX];
    uint8_t log_key[SIG_KEY_BYTES];
    uint64_t size;
    uint8_t root[HASH_BYTES];
    uint64_t time;
};

/* signer_db.c: 1 = there, 0 = not, -1 = the database failed (and s->failed). */
int signer_db_open(struct signer *s, const char *path, char error[200]);
void signer_db_close(struct signer *s);
int signer_db_run(struct signer *s, enum signer_sql sql);
int signer_db_log(struct signer *s, const uint8_t id[LOG_ID_BYTES], struct signer_log *log);
int signer_db_has_line(struct signer *s, const char *origin_line);
int signer_db_put_log(struct signer *s, const struct signer_log *log);
int signer_db_witness(struct signer *s, const char *origin_line, struct signer_witness *w);
int signer_db_put_witness(struct signer *s, const struct signer_witness *w);
/* Every log, into the arena: ${heads} points at an array of pointers. How many, or -1. */
int signer_db_list(struct signer *s, Parallax__Role__SignAnswer__Signed ***heads);

#endif
