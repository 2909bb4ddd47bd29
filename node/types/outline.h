/* Places on the Earth in the words of several formats. Pure. */
#ifndef TYPES_OUTLINE_H
#define TYPES_OUTLINE_H

#include "astro/area.h"

/* A latitude and a longitude, degrees, and a radius in km ("": a place). False, and nothing is added, unless they are numbers in their ranges. */
bool outline_circle(struct area_list *out, struct span latitude, struct span longitude,
                    struct span radius_km);

/* "LAT,LON LAT,LON ...", degrees, with blanks or line ends between: a line or a ring, each edge the shorter way round. The same. */
bool outline_pairs(struct area_list *out, struct span text, bool is_ring);

/* "LAT,LON KM". The same. */
bool outline_pair_circle(struct area_list *out, struct span text);

/* The next of the words of ${rest}, which blanks and line ends part; n 0 at the end. */
struct span outline_word(struct span *rest);
/* "LAT,LON": -90 to 90 and -360 to 360. */
bool outline_place(struct span text, struct area_corner *out);

#endif
