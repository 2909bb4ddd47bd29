/*
 * Nothing to report, in words that can be signed: for a rule and a watch period that nothing reached it, or why that cannot be said; that a source is late, or back.
 * Pure: what was counted and the time are given.
 */
#ifndef WATCH_REPORT_H
#define WATCH_REPORT_H

#include "base/arena.h"
#include "base/limit.h"
#include "base/utc.h"
#include "watch/rule.h"
#include "watch_report.pb-c.h"

#define REPORT_TYPE      "watch_report"
#define REPORT_KEY_BYTES 32

/* An origin whose logs the node follows. */
struct report_source {
    char name[LIMIT_NAME_BYTES + 1];
    struct utc heard;  /* up to when all of its open logs are known to be complete; zero: not at all yet */
    uint64_t records;  /* of it, held */
    bool is_late;      /* as it was said last */
    int64_t silent_ms; /* how long it has been silent: of ${heard}, or since it was first looked for */
};

struct report_period {
    const struct rule *rule;
    struct utc from, to, now;
    uint64_t judged; /* records */
    uint64_t alerts; /* of this rule and node, open at any time of the period */
    const struct report_source *source;
    size_t sources;
    int64_t late_ms;      /* a source that is silent for longer makes it incomplete */
    const char *obstacle; /* what else makes it incomplete; NULL: nothing */
};

/* The begin of the period that ${now} is in: periods of ${seconds} count from 0h UTC of a day on, or from 1970 where they are longer. */
struct utc report_begin(struct utc now, int64_t seconds);

/* Has what is known of ${s} to be said: that it is late, or back? */
bool report_turned(const struct report_source *s, int64_t late_ms);

/* In ${a}; NULL when that is full. */
Parallax__V1__WatchReport *report_period(const struct report_period *p, struct arena *a);
Parallax__V1__WatchReport *report_source(const struct report_source *s, bool is_late, struct utc now,
                                         struct arena *a);

/* The idempotency key: a report that is tried again makes no second one. */
void report_key(const Parallax__V1__WatchReport *report, uint8_t out[REPORT_KEY_BYTES]);

#endif
