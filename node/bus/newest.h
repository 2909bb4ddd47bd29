/* The newest record of each topic of the feed, by delivery number: from it a subscriber sees whether it lost something. Pure. */
#ifndef BUS_NEWEST_H
#define BUS_NEWEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/limit.h"

struct newest_row {
    char topic[LIMIT_FEED_TOPIC_BYTES + 1];
    uint64_t delivery;
};

struct newest;

struct newest *newest_new(void);
void newest_free(struct newest *n);

/* Forget all topics: of what is up to ${base} nothing is known. */
void newest_start(struct newest *n, uint64_t base);
/*
 * A record with ${delivery}, higher than all before, goes out on ${topic} (LIMIT_FEED_TOPIC_BYTES at most). The number of the one before it on that topic, or,
 * where that is not known, one that it cannot be above.
 */
uint64_t newest_put(struct newest *n, const char *topic, uint64_t delivery);
/* Once a second: all up to ${delivery} has gone out. */
void newest_tick(struct newest *n, uint64_t delivery);
/*
 * Every topic with a record after *${since}: rows borrowed until the next call, at most LIMIT_FEED_BEAT_COUNT. *${since} is the position of a minute
 * ago, or later where more topics than that were in use.
 */
size_t newest_list(const struct newest *n, const struct newest_row *out[LIMIT_FEED_BEAT_COUNT],
                   uint64_t *since);

#endif
