/* What the files of a plugin's pump share; nobody else includes it. */
#ifndef PLUG_PUMP_INTERNAL_H
#define PLUG_PUMP_INTERNAL_H

#include "plug/pump.h"

#define PUMP_GRACE_MS 2000 /* from the end of its input to SIGTERM, and from there to SIGKILL */
#define PUMP_WAIT_MS  1000 /* of a tail: how old the cursor of an idle plugin may be */
#define PUMP_RETRY_MS 200

/* pump.c */
/* ${text} is the last error. */
void pump_note(struct pump *p, struct pump_now now, const char *text);
/* End this run because of ${fmt}: at once, and start again after a while. */
void pump_fail(struct pump *p, struct pump_now now, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* End this run gently: no more input, SIGTERM, SIGKILL. */
void pump_stop(struct pump *p, struct pump_now now);
void pump_path(const struct pump *p, const char *end, char out[300]);

/* pump_flow.c: from the node to the plugin and back. */
void pump_flow_start(struct pump *p, struct pump_now now);
void pump_flow_clear(struct pump *p); /* what is on its way is forgotten: it will be asked for again */
void pump_flow_feed(struct pump *p, short revents, struct pump_now now);
void pump_flow_write(struct pump *p, struct pump_now now);
bool pump_flow_is_ready(const struct pump *p);
void pump_flow_read(struct pump *p, struct pump_now now, bool all);
/* Monotonic milliseconds: when it is due by itself. */
int64_t pump_flow_store_due(const struct pump *p);
void pump_flow_store(struct pump *p, struct pump_now now, bool at_once);

/* pump_publish.c: what it publishes, and the reply. */
void pump_publish_init(struct pump *p);
void
pump_publish_clear(struct pump *p);     /* what is on its way gets no reply, what is behind it is not heard */
void pump_publish_stop(struct pump *p); /* the same, but what is behind it is heard */
/* Is one on its way, so that nothing more is to be heard? */
bool pump_publish_is_busy(const struct pump *p);
void pump_publish_take(struct pump *p, struct span json);
void pump_publish_step(struct pump *p, short revents, struct pump_now now);
int64_t pump_publish_due(const struct pump *p);

/* pump_said.c: its standard error. */
void pump_said_feed(struct pump *p, struct span bytes, struct pump_now now);
void pump_said_end(struct pump *p, struct pump_now now);

#endif
