/* Zones on the surface of a body: where and when two of them meet. Pure. */
#ifndef ASTRO_ZONE_H
#define ASTRO_ZONE_H

#include "base/utc.h"

/* A circle on the surface, for a time: all places at most radius_km of arc from its centre. */
struct zone {
    double latitude_deg, longitude_deg, radius_km; /* east positive, any turn; 0: a point */
    struct utc start, end;
};

/* On a sphere of ${body_km}: km of arc between the centres. */
double zone_distance_km(const struct zone *a, const struct zone *b, double body_km);
/* Do they share a place? Touching counts, to 1 mm. */
bool zone_meets_in_space(const struct zone *a, const struct zone *b, double body_km);
/* Do they share an instant? Touching counts. ${from} and ${to}: those they share. */
bool zone_meets_in_time(const struct zone *a, const struct zone *b, struct utc *from, struct utc *to);

#endif
