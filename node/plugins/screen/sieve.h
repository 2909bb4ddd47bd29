/*
 * Close approaches among objects on SGP4, all with all or some with all. Shells (perigee to apogee) that cannot meet are left out first; then positions in
 * steps, neighbours by a grid, a straight line through each pair with a bound on how far both can leave it within half a step; then the zero of
 * the range rate. No approach is left out within the window but those slower than SIEVE_SPEED_MIN. Pure but for memory.
 */
#ifndef PLUGINS_SCREEN_SIEVE_H
#define PLUGINS_SCREEN_SIEVE_H

#include "plugins/screen/catalogue.h"

#define SIEVE_SPEED_MIN    0.01   /* km/s: below it two objects are docked, or fly in formation */
#define SIEVE_APPROACH_MAX 100000 /* of one run */

struct sieve_approach {
    uint32_t a, b;   /* index of the objects, a < b by number */
    double tca_s;    /* after the start */
    double range_km; /* at TCA */
    double speed_km_s;
};

struct sieve {
    /* in */
    const struct object *object;
    const bool *own; /* of each object; NULL: all with all */
    size_t n;
    double start_jd, start_fraction; /* UTC */
    double window_s, distance_km, age_max_d;
    int (*turn)(void *cookie); /* after each step; other than 0 ends the run. NULL: none */
    void *cookie;
    /* out */
    struct sieve_approach *approach; /* free() it */
    size_t approach_n, cap;
    size_t used, left_out; /* objects: looked at; too old, or SGP4 has no answer at the start */
    bool too_many;         /* more than SIEVE_APPROACH_MAX */
};

/* 0, or what turn() returned. */
int sieve_run(struct sieve *s);

#endif
