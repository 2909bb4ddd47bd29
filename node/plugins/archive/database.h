/*
 * The PostgreSQL side of the archive: its tables, made and upgraded when it is opened, and batches in one transaction with the cursor. One thread.
 * The tables are those of archive.md.
 */
#ifndef PLUGINS_ARCHIVE_DATABASE_H
#define PLUGINS_ARCHIVE_DATABASE_H

#include "plugins/archive/batch.h"

struct pg_conn; /* libpq's PGconn */

struct database {
    const char *where;                      /* connection string or URI */
    const char *schema;                     /* a word */
    const char *node, *plugin;              /* whose cursor */
    struct pg_conn *conn;                   /* NULL: not open */
    bool hopeless;                          /* what went wrong is not mended by trying again */
    char said[400];                         /* what went wrong, last */
    char incarnation[LINE_INCARNATION_MAX]; /* of the cursor in it; "" = none */
    uint64_t number;
};

/* Connect, see to the tables, read the cursor. 0, or -1 with ${d}->said and ${d}->hopeless. */
int database_open(struct database *d);
void database_close(struct database *d);

/*
 * All of ${b} and the cursor behind it, or nothing, durably. 0, or -1 with ${d}->said and ${d}->hopeless; then the connection is closed, and
 * whether it is there is not known: to write it again is harmless.
 */
int database_write(struct database *d, const struct batch *b);

#endif
