/* One record as the api answers it, opened for people and programs. */
#ifndef CLI_ROW_H
#define CLI_ROW_H

#include "api.pb-c.h"
#include "base/arena.h"
#include "core/record.h"
#include "types/registry.h"

struct row {
    const Parallax__V1__RecordRow *in;
    Parallax__V1__Header *header; /* NULL: not readable, see why */
    const struct type *type;      /* NULL: not known here, or a record about the log itself */
    struct span body;             /* as it can be read: plain where it was sealed and could be opened */
    ProtobufCMessage *msg;        /* NULL: no body held, or not readable, see why */
    char id[RECORD_ID_TEXT_MAX];
    struct why why;
    struct arena arena;
};

/* Never fails: what cannot be read stays NULL. ${in} must outlive it. */
void row_open(struct row *r, const Parallax__V1__RecordRow *in);
void row_close(struct row *r);

/* Why there is no body. */
const char *row_absent(const struct row *r);
int row_mode(const struct row *r); /* a Mode; 0 when the header is not readable */
/* One JSON object on one line, without its end of line: header members, delivery, and `body` as its type
 * writes it. */
void row_json(const struct row *r, struct buf *out);
/* "[EXERCISE] CANCEL summary": mode when a drill, kind when not INITIAL, quarantine, what it says. */
void row_summary(const struct row *r, struct buf *out);
void row_epoch(const struct row *r, char text[UTC_TEXT_MAX]); /* "-" when it has none */
/* Say on standard error that what was written to standard output is a drill, if it is. */
void row_warn_mode(int mode);

#endif
