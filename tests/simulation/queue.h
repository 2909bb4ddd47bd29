/* Things that will happen, in order of virtual time (a binary heap); equal times in order of insertion. */
#ifndef SIMULATION_QUEUE_H
#define SIMULATION_QUEUE_H

#include "base/span.h"

enum thing_kind {
    THING_TICK,
    THING_UP,
    THING_FRAME,
    THING_DOWN,
    THING_COMMIT,
    THING_SIGNER,
    THING_START,
    THING_AGAIN,
    THING_DIAL
};

struct thing {
    int64_t at_ms;
    uint64_t order;
    enum thing_kind kind;
    unsigned node;
    uint64_t life; /* of the node it was meant for; older ones are void */
    uint32_t link;
    uint64_t pair; /* connection */
    unsigned peer, lane;
    bool dialled;
    uint8_t *bytes; /* owned */
    size_t n;
};

struct queue {
    struct thing *v;
    size_t n, cap;
    uint64_t order;
};

void queue_put(struct queue *q, struct thing thing);
bool queue_take(struct queue *q, int64_t until_ms, struct thing *out);
void queue_release(struct queue *q);

#endif
