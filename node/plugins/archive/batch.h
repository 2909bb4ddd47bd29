/* Records on their way into one transaction, as the parameters of the statement that writes each. */
#ifndef PLUGINS_ARCHIVE_BATCH_H
#define PLUGINS_ARCHIVE_BATCH_H

#include "base/buf.h"
#include "plugins/line.h"

#define BATCH_COUNT_MAX 1024
#define BATCH_BYTES_MAX 16777216 /* beside one more line: a batch is closed when it passes this */

/* The order of database.c's statement. */
enum batch_column {
    BATCH_ID,
    BATCH_ORIGIN,
    BATCH_SERIES,
    BATCH_TYPE,
    BATCH_MODE,
    BATCH_KIND,
    BATCH_CREATED,
    BATCH_EPOCH,
    BATCH_EXPIRES,
    BATCH_OBJECTS, /* an array as PostgreSQL reads it */
    BATCH_HEADER,  /* bytes */
    BATCH_BODY,    /* bytes */
    BATCH_READABLE,
    BATCH_JSON,
    BATCH_COLUMNS
};

struct batch_row {
    size_t at[BATCH_COLUMNS], n[BATCH_COLUMNS]; /* in ${bytes}, each with a NUL behind it; at 0: NULL */
};

struct batch {
    struct buf bytes;
    struct batch_row rows[BATCH_COUNT_MAX];
    size_t n;
    char incarnation[LINE_INCARNATION_MAX]; /* of the last record, and its number */
    uint64_t number;
};

void batch_init(struct batch *b);
void batch_release(struct batch *b);
void batch_clear(struct batch *b);

/* Take a record. 0, or -1 with ${why}: not what a node writes, or no memory. */
int batch_add(struct batch *b, const struct line_record *r, struct why *why);

#endif
