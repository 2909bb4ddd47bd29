/*
 * What a plugin answers on its standard output: one line a time, `ack NUMBER`, or `publish JSON`. Bytes in pieces of any size become lines; what is
 * neither is told as nonsense. Pure.
 */
#ifndef PLUG_ACK_H
#define PLUG_ACK_H

#include "base/buf.h"
#include "base/limit.h"

struct ack {
    char line[LIMIT_PLUGIN_ANSWER_BYTES];
    size_t n;
    bool too_long; /* the rest of the line is skipped */
    bool is_long;  /* this line is one: it goes to ${more} */
    struct buf more;
};

enum ack_kind { ACK_NUMBER, ACK_PUBLISH, ACK_NONSENSE };

/* ACK_NUMBER: `ack ${number}`. ACK_PUBLISH: ${line} is the JSON. ACK_NONSENSE: ${line} is what came, or its beginning. Valid during the call. */
typedef void ack_fn(void *cookie, enum ack_kind kind, uint64_t number, struct span line);

void ack_init(struct ack *a);
void ack_release(struct ack *a);

/* Returns how many of ${bytes} were taken: all, or those up to the end of a publication, which is to be answered before anything more is heard. */
size_t ack_feed(struct ack *a, struct span bytes, ack_fn *fn, void *cookie);

#endif
