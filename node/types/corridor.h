/*
 * Where an object can come down that re-enters within a window: the track on the ground, and the States, or other areas, under it. Whoever asks gets the same
 * figures: `parallax corridor` and the alert rules (docs/corridor.md). Pure.
 */
#ifndef TYPES_CORRIDOR_H
#define TYPES_CORRIDOR_H

#include "astro/sgp4.h"
#include "types/borders.h"
#include "types/type.h"

#define CORRIDOR_CROSS_KM  100 /* half-width of a corridor unless told otherwise */
#define CORRIDOR_SPAN_DAYS 30  /* a longer window says nothing of a place */

struct corridor_point {
    struct utc t;
    double latitude_deg, longitude_deg, height_km;
};

/* A State that the track passes over or by. */
struct corridor_state {
    const struct borders_state *state;
    struct utc first, last;
    double seconds, nearest_km; /* 0: under the track itself */
    size_t passes, seen;        /* seen: the last point, counted from 1 */
};

/* A stretch of the track with no State near. */
struct corridor_sea {
    struct utc from, to;
};

struct corridor {
    /* given */
    struct utc from, to;
    struct type_sgp4 mean;
    double cross_km;
    const struct borders *borders; /* NULL: none */
    /* found out */
    double revolution_s, step_s;
    struct corridor_point *point;
    size_t points;
    enum sgp4_error error; /* why the track ends before the window */
    struct utc error_at;
    double south_deg, north_deg;  /* of the track */
    struct corridor_state *state; /* in order of the first overflight */
    size_t states;
    struct corridor_sea *sea;
    size_t seas;
    double sea_s;
};

/* The track of c->mean from c->from to c->to. 0, or -1 with ${why}. */
int corridor_track(struct corridor *c, struct why *why);
/* The States of c->borders within c->cross_km of the track. */
void corridor_overfly(struct corridor *c);
/* How near the track comes to State ${s} of c->borders, km; INFINITY: not within ${most_km} of any of its points. */
double corridor_nearest_km(const struct corridor *c, const struct borders_state *s, double most_km);
/* Free what was found out. */
void corridor_release(struct corridor *c);

#endif
