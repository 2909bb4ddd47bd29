/* When a plugin that ended is started again: sooner if it lived long, later each time that it did not; the same after every same history. Pure. */
#ifndef PLUG_BACKOFF_H
#define PLUG_BACKOFF_H

#include <stdint.h>

#define BACKOFF_MS_MIN    200
#define BACKOFF_MS_MAX    60000
#define BACKOFF_STEADY_MS 10000 /* a run of that length is a good one */

struct backoff {
    int64_t ms; /* what the last end was answered with; 0 = none yet */
};

/* A run of ${lived_ms} ended: how long to wait. */
int64_t backoff_next(struct backoff *b, int64_t lived_ms);
void backoff_reset(struct backoff *b);

#endif
