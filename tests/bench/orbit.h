/* Records to publish: mean elements of objects that do not exist, as CelesTrak serves them, with one original byte. */
#ifndef BENCH_ORBIT_H
#define BENCH_ORBIT_H

#include "base/buf.h"

/* Numbers that only look random: the same from the same seed. */
struct orbit_draw {
    uint64_t state;
};
uint64_t orbit_draw(struct orbit_draw *d, uint64_t below);

/*
 * The body of one record: an object of ${objects}, drawn, at an epoch within a day, drawn: the worst order for an index. About 230 bytes; with
 * its header about 340.
 */
void orbit_body(struct orbit_draw *d, uint64_t objects, struct buf *out);

#endif
