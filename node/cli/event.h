/* One event in full, for people and as JSON. */
#ifndef CLI_EVENT_H
#define CLI_EVENT_H

#include "cli/client.h"
#include "watch/event_view.h"

/* Ask the node for the event of any of its names and show it. An exit code. */
int event_show(struct client *c, const struct args *a, const char *id, Parallax__V1__Mode mode, bool json);

struct utc event_utc(const Parallax__V1__Utc *t);                    /* NULL: zero */
void event_put_until(struct buf *out, struct utc t, int64_t now_ms); /* "in 3 h 12 min", "4 days ago" */
/* The member "joined" of an open JSON object, where the event is several under one identifier each. */
void event_put_joined(struct buf *out, const Parallax__V1__EventRow *r);
/* "us-noaa", "us-noaa in the words of EXAMPLE SSA" */
void event_put_who(struct buf *out, const char *origin, const char *voice);

#endif
