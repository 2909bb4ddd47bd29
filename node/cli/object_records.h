/* The records of one object, newest of each subject and origin: its orbits in the order of the policy, and what else is known of it. */
#ifndef CLI_OBJECT_RECORDS_H
#define CLI_OBJECT_RECORDS_H

#include "cli/client.h"
#include "cli/logs.h"
#include "core/row.h"

#define OBJECT_RECORDS_MAX 2000 /* looked at; the newest by epoch */

struct object_records {
    Parallax__V1__Answer *page[OBJECT_RECORDS_MAX]; /* rows point into them */
    size_t pages;
    struct row *row;
    size_t n;
    bool is_cut;
    struct logs logs;                          /* what each record is complete up to */
    const Parallax__V1__ObjectsAnswer *answer; /* of the node: its time and policy */
};

/* Ask for all of ${object}, canonical. The exit code; released in any case. */
int object_records_ask(struct object_records *r, struct client *c, const char *object,
                       Parallax__V1__Mode mode, const Parallax__V1__ObjectsAnswer *answer);
void object_records_release(struct object_records *r);
/* When the log of ${row} was last known to be complete here, POSIX milliseconds; 0 = not known. */
int64_t object_records_complete_ms(const struct object_records *r, const struct row *row);
void object_records_json(const struct object_records *r,
                         struct buf *out); /* members of an open JSON object */
void object_records_print(const struct object_records *r);

#endif
