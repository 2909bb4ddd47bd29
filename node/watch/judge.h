/*
 * One rule against what every origin says of one subject, side by side: figures of several origins are never mixed or averaged. The alert is
 * at the highest level that the figures of any origin reach. Hysteresis is an origin's own: it keeps a level that it has reached until one of
 * its figures is known to have left it. What is not stated neither raises nor cancels. Pure.
 */
#ifndef WATCH_JUDGE_H
#define WATCH_JUDGE_H

#include "base/limit.h"
#include "watch/rule.h"

/* The newest record of one origin about the subject. */
struct judge_view {
    const char *origin;
    struct figure figure[FIGURES_MAX];
    size_t n;
    bool withdrawn; /* cancelled or retracted by its origin: reaches nothing */
};

/* The alert that this node has published last for this rule and subject. */
struct judge_prior {
    bool is_up;
    bool overridden;
    const char *level, *origins, *values, *version; /* as the alert has them; "" without one */
};

enum judge_state { JUDGE_SAME, JUDGE_RAISED, JUDGE_UPDATED, JUDGE_DOWNGRADED, JUDGE_CANCELLED };

struct judge_result {
    enum judge_state state;
    size_t level;                       /* of the rule, from 1; 0 = none is reached */
    size_t reached[LIMIT_MEMBER_COUNT]; /* the same for each view */
    bool waits;                         /* time alone may change it */
    double
        turn_h; /* then: hours until the first figure in hours crosses its threshold; large if none is in hours */
    char values[LIMIT_TEXT_BYTES + 1];  /* "us-noaa: size_m 46 (diameter_km 0.046) > 10, ...; fr-cnes: ..." */
    char origins[LIMIT_TEXT_BYTES + 1]; /* "us-noaa=WARNING fr-cnes=WARNING": who reaches what */
};

/* ${n} views, at most LIMIT_MEMBER_COUNT. */
void judge(const struct rule *rule, const struct judge_view *view, size_t n, const struct judge_prior *prior,
           struct judge_result *out);
const char *judge_state_name(enum judge_state state); /* "RAISED" */

#endif
