/* An event and all that is said of it, page after page. */
#ifndef CLI_THREAD_H
#define CLI_THREAD_H

#include "cli/client.h"
#include "cli/row.h"

/* ${row} is valid for the call only. */
typedef void thread_take_fn(void *cookie, const struct row *row);
/* ${event}: once, before the first row. */
typedef void thread_event_fn(void *cookie, const Parallax__V1__EventRow *event, int64_t time_ms);

/* Each record of the event that has the name ${id}, and each remark on it, in the order of their times; both may be NULL. EXIT_DONE, or the exit code after saying what is wrong. */
int thread_each(struct client *c, const char *id, Parallax__V1__Mode mode, thread_event_fn *event,
                thread_take_fn *take, void *cookie);

#endif
