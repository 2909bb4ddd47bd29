/* The table of a TDM; see observation_map.c. */
#ifndef TYPES_OBSERVATION_MAP_H
#define TYPES_OBSERVATION_MAP_H

#include <stddef.h>

#include "observation.pb-c.h"
#include "types/blockmap.h"

extern const struct blockmap observation_map;

#endif
