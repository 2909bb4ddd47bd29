/*
 * Files of JSON lines, each record once: journal-INCARNATION-NUMBER.ndjson begins with that delivery number. What was written and not acknowledged
 * before a crash comes again from the node and is recognised; half a line at the end is cut off. One thread.
 */
#ifndef PLUGINS_JOURNAL_JOURNAL_H
#define PLUGINS_JOURNAL_JOURNAL_H

#include "base/buf.h"
#include "plugins/line.h"

#define JOURNAL_NAME_MAX 96

struct journal {
    int folder, fd;
    char name[JOURNAL_NAME_MAX];            /* of the open file; "" = none yet */
    char incarnation[LINE_INCARNATION_MAX]; /* of its records */
    uint64_t number;                        /* of its last record; 0 = none */
    uint64_t bytes, bytes_max;              /* of it; a new one begins behind the record that passes this */
};

/* The newest file in ${folder}, if there is one, with its end as it must be. 0, or -1 with errno. */
int journal_open(struct journal *j, const char *folder, uint64_t bytes_max);
void journal_close(struct journal *j);

/* Append ${text} unless it is here. 0, or -1 with errno. */
int journal_add(struct journal *j, const char *incarnation, uint64_t number, struct span text);
/* What was added is on disk. 0, or -1 with errno. */
int journal_sync(struct journal *j);

#endif
