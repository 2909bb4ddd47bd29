/* Figures of two claims on one body: do they meet in place and time, how far, when. For rules of pairs (docs/alerts.md). Pure. */
#ifndef WATCH_OVERLAP_H
#define WATCH_OVERLAP_H

#include "types/type.h"

extern const char *const overlap_figure_names[]; /* NULL-terminated; none is a figure of one record */

/* Is the figure "overlap" above 0? */
bool overlap_is(const struct type_extent *a, const struct type_extent *b);
/* As seen at ${at}; their number. What cannot be compared for want of a place is not stated. */
size_t overlap_figures(const struct type_extent *a, const struct type_extent *b, struct utc at,
                       struct figure out[FIGURES_MAX]);

#endif
