/* The alerts that a feed is made of: which of them are in it now, which have left it, and when that changes. The same items give the same answer in whatever order they came. Pure. */
#ifndef PLUGINS_CAP_ATOM_SHELF_H
#define PLUGINS_CAP_ATOM_SHELF_H

#include "plugins/cap-atom/item.h"

#define SHELF_MAX 1000 /* items; 2.8 MiB, and as many files of at most 1 MiB twice over */

struct shelf {
    struct item *item[SHELF_MAX];
    size_t n;
    int64_t age_s; /* items sent so long ago are forgotten */
};

enum shelf_state {
    SHELF_SHOWN,  /* it is in the feed, where there is room */
    SHELF_LEFT,   /* it expired, or another has its place: its file stays for who has its address */
    SHELF_HIDDEN, /* under embargo, withdrawn, or nothing to show */
};

/* Takes a copy of ${item}; one of the same id goes. False: it is too old to be kept. The caller trims when ${s} is full. */
bool shelf_add(struct shelf *s, const struct item *item, struct utc now);
void shelf_release(struct shelf *s);

/* Forget what is too old, and the oldest while there are more than ${most}. ${gone} is told of each. */
void shelf_trim(struct shelf *s, size_t most, struct utc now,
                void (*gone)(void *cookie, const struct item *item), void *cookie);

enum shelf_state shelf_state(const struct shelf *s, const struct item *item, struct utc now);

/* Newest first: those that are shown, as many as there are up to ${max}. */
size_t shelf_list(const struct shelf *s, bool drill, struct utc now, const struct item **out, size_t max);

/* Of all that may be seen, when the newest was sent; zero of none. */
struct utc shelf_updated(const struct shelf *s, bool drill, struct utc now);

/* Milliseconds until time alone changes something, at most ${max}. */
int64_t shelf_wait_ms(const struct shelf *s, struct utc now, int64_t max);

#endif
