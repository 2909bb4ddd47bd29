/*
 * The records that a plugin was given and has not acknowledged, by delivery number, and the cursor that follows from them. Numbers are pushed
 * in rising order; an acknowledgement is of a number and of all before it. Pure.
 */
#ifndef PLUG_WINDOW_H
#define PLUG_WINDOW_H

#include "base/limit.h"
#include "base/span.h"

struct window {
    uint64_t sent[LIMIT_PLUGIN_WINDOW_COUNT]; /* a ring */
    size_t first, n, max;
    uint64_t passed; /* looked at up to here: given to the plugin, or not for it */
    uint64_t acked;  /* the highest number acknowledged */
};

enum window_result {
    WINDOW_DONE,
    WINDOW_OLD,    /* acknowledged before: harmless */
    WINDOW_UNKNOWN /* it was not given that number */
};

/* Empty, for a plugin that goes on after ${cursor} and may hold ${max} records. */
void window_start(struct window *w, size_t max, uint64_t cursor);
bool window_is_full(const struct window *w);
/* ${number} is given to the plugin. The window is not full. */
void window_push(struct window *w, uint64_t number);
/* Everything up to ${number} was looked at. */
void window_pass(struct window *w, uint64_t number);
/* *${count}: records that this acknowledges. */
enum window_result window_ack(struct window *w, uint64_t number, size_t *count);
/* Where a new start goes on: after this. */
uint64_t window_cursor(const struct window *w);
uint64_t window_oldest(const struct window *w); /* not acknowledged; 0 = none */

#endif
