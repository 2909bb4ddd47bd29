/* What the watch role says of its own watch: for each rule and period that nothing reached it, and which source is late. docs/alerts.md. */
#ifndef DAEMON_REPORTER_H
#define DAEMON_REPORTER_H

#include "daemon/watcher.h"
#include "watch/report.h"

struct reporter;

/* ${period_s} 0: no reports of periods. ${w} counts what is judged. All are borrowed. */
struct reporter *reporter_new(struct watchlink *link, const struct rule_table *rules, struct watcher *w,
                              const char *name, int64_t period_s, int64_t late_s);
void reporter_free(struct reporter *r);

/* Ask and say what is due. 0, or -1 when the node was lost: it goes on with the next look. */
int reporter_look(struct reporter *r);
/* Milliseconds until something is due, at most ${max}. */
int64_t reporter_wait_ms(const struct reporter *r, int64_t max);

#endif
