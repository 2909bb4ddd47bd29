/* One record as the api answers it, opened for programs: its header, its body, one line of JSON. Pure. */
#ifndef CORE_ROW_H
#define CORE_ROW_H

#include "api.pb-c.h"
#include "base/arena.h"
#include "core/record.h"
#include "core/where.h"
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

/* As an expression looks at it; borrowed from ${r}. */
struct where_record row_where(const struct row *r, struct utc now);
/* Why there is no body. */
const char *row_absent(const struct row *r);
int row_mode(const struct row *r); /* a Mode; 0 when the header is not readable */
/*
 * One JSON object on one line, without its end of line: header members, delivery, and `body` as its type writes it. With an ${incarnation}
 * of the store the line begins with {"delivery":{"incarnation":"HEX","number":N}, which plugins rely on, and has the objects that the record is
 * about; without, delivery is the number alone.
 */
void row_json(const struct row *r, struct span incarnation, struct buf *out);
/* The same, with what the origin signed in front of the body: "bytes":{"header":BASE64,"body":BASE64}; no body where none is held here; with "plain", what it
 * holds, where it was sealed and this node can open it. */
void row_json_bytes(const struct row *r, struct span incarnation, struct buf *out);

#endif
