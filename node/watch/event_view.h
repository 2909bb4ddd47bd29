/*
 * What the records of one event say in figures: how far apart those are that stand, and where each of them comes from. Nothing is averaged, and no figure is made of
 * two. Pure.
 */
#ifndef WATCH_EVENT_VIEW_H
#define WATCH_EVENT_VIEW_H

#include "types/type.h"

/* What one record says. Figures that move with the time (hours to TCA) are not kept: they are no word of anybody. */
struct event_word {
    const char *origin, *voice; /* borrowed */
    struct utc at, issued, created;
    bool stands, withdrawn, ended, remark;
    size_t n;
    struct figure figure[FIGURES_MAX];
};

/* Keep of ${figures} what stays as time passes. */
void event_view_take(struct event_word *w, const struct figure *figures, size_t n);
/* The order of a history: issued, then created. For qsort over struct event_word. */
int event_view_compare(const void *a, const void *b);
const struct figure *event_view_figure(const struct event_word *w,
                                       const char *name); /* NULL: it states none */

/* Of one figure, over what stands and is not withdrawn: the least and the most that is said, and by whom. */
struct event_spread {
    const char *name;
    size_t n; /* that state it */
    double low, high;
    const struct event_word *low_by, *high_by;
};
/* A spread of each figure that anybody who stands states, in the order in which they come; their number. */
size_t event_view_spread(const struct event_word *words, size_t n, struct event_spread out[FIGURES_MAX]);

enum event_course { EVENT_FIRST, EVENT_RISES, EVENT_FALLS, EVENT_STAYS };
/* How ${name} has moved in what ${by}'s origin and voice said, from the word before to the last: ${words} in the order of a history. FIRST: said once. */
struct event_trend {
    size_t n;           /* how often it was stated */
    double first, last; /* by the oldest, by the newest */
    double before;      /* by the one before the newest */
    enum event_course course;
};
struct event_trend event_view_trend(const struct event_word *words, size_t n, const struct event_word *by,
                                    const char *name);
const char *event_view_course(enum event_course c); /* "rises" */

#endif
