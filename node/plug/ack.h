/*
 * What a plugin answers on its standard output: one line a time, `ack NUMBER`. Bytes in pieces of any size become lines; what is no
 * acknowledgement is told as nonsense. Pure.
 */
#ifndef PLUG_ACK_H
#define PLUG_ACK_H

#include "base/limit.h"
#include "base/span.h"

struct ack {
    char line[LIMIT_PLUGIN_ANSWER_BYTES];
    size_t n;
    bool too_long; /* the rest of the line is skipped */
};

/* ${known}: the line is `ack ${number}`. Otherwise ${line} is what came, or its beginning. */
typedef void ack_fn(void *cookie, bool known, uint64_t number, struct span line);

void ack_feed(struct ack *a, struct span bytes, ack_fn *fn, void *cookie);

#endif
