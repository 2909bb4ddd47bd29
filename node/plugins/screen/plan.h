/* What is screened: the plugin's table (screen.md). */
#ifndef PLUGINS_SCREEN_PLAN_H
#define PLUGINS_SCREEN_PLAN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/utc.h"
#include "base/why.h"

#define PLAN_OWN_MAX 1024

struct plan {
    uint32_t own[PLAN_OWN_MAX]; /* catalogue numbers */
    size_t own_n;               /* 0 = all with all */
    struct utc start;           /* zero = the time of the run */
    int64_t window_h, every_s, age_max_d;
    double distance_km;
    const char *mode, *audience;
    struct buf text;
    struct arena arena;
};

void plan_init(struct plan *p);
void plan_release(struct plan *p);
/* 0, or -1 with ${why}. */
int plan_load(struct plan *p, const char *path, struct why *why);

#endif
