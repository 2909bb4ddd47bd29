/*
 * Units of the lines of an OCM. The SANA registries fix them (502.0-B-3 sections 6.2.5.5 and 6.2.8.18): TRAJ_UNITS and MAN_UNITS only repeat them,
 * and a list that says metres makes all numbers uncertain by a factor of a thousand.
 */
#ifndef TYPES_OCM_UNITS_H
#define TYPES_OCM_UNITS_H

#include "types/blockmap.h"

/* A block that is complete: of states, of a manoeuvre. 0, or -1 with w->why (FIELD_UNIT). */
int ocm_units_check_state(struct block_walk *w);
int ocm_units_check_maneuver(struct block_walk *w);

#endif
