/*
 * A region in words: `box:W,S,E,N` (east of W to E, across the antimeridian where W is the larger), `circle:LAT,LON,KM`, `polygon:LAT,LON LAT,LON LAT,LON ...`; several with `;`
 * between them. Degrees of WGS 84. Pure.
 */
#ifndef CORE_REGION_H
#define CORE_REGION_H

#include "astro/area.h"
#include "base/why.h"

/* 0, or -1 with ${why}: column in the text, and what was expected. */
int region_read(struct span text, struct area_list *out, struct why *why);

#endif
