/* Records that the broker has not confirmed yet, in the order of the node. Confirmations come in any order; acknowledged is what has no gap before it. Pure. */
#ifndef PLUGINS_FLIGHT_H
#define PLUGINS_FLIGHT_H

#include "base/limit.h"
#include "base/span.h"

struct flight_slot {
    uint64_t number;
    bool done;
};

struct flight {
    struct flight_slot slots[LIMIT_PLUGIN_WINDOW_COUNT];
    size_t first, n;
};

/* Room for ${number}; NULL when none is left. Valid until it is done and all before it are. */
struct flight_slot *flight_add(struct flight *f, uint64_t number);

/* Forget what is done at the front. The number up to which all is done since the last call; 0 when none is new. */
uint64_t flight_land(struct flight *f);

#endif
