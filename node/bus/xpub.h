/*
 * One endpoint of the feed: an XPUB socket on a listening descriptor that the supervisor made. A subscriber that does not read loses messages; one that
 * takes too much is ended; nothing that it does holds up the others or makes memory grow without bound. One thread, for a poll loop.
 */
#ifndef BUS_XPUB_H
#define BUS_XPUB_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define XPUB_FDS       2
#define XPUB_HEARTBEAT "heartbeat."

struct xpub;

struct xpub_counts {
    unsigned subscribers; /* connections */
    unsigned slow;        /* of them, those that did not read at the last two seconds */
    uint64_t
        filled; /* times that a queue was full: from then on, until it had room again, one lost messages */
    uint64_t ended; /* connections ended for what they did */
    uint64_t sent;  /* messages */
};

/* Takes ${fd}, a listening socket, UNIX or TCP; ${name} for log events is borrowed. NULL with errno; ${fd} is then still the caller's. */
struct xpub *xpub_new(int fd, const char *name);
void xpub_free(struct xpub *x);

size_t xpub_fds(const struct xpub *x, struct pollfd out[XPUB_FDS]);
/* Before each poll(2) and after it: take what subscribers sent. True when one asked for heartbeats. */
bool xpub_turn(struct xpub *x);
/* Once a second. */
void xpub_second(struct xpub *x);
/* Of a TCP endpoint, every 100 ms while it has subscribers: who sends more than a subscriber does is ended. */
void xpub_watch(struct xpub *x);

/* Send to whom it concerns: never waits. 0, or -1 when there is no memory. */
int xpub_send(struct xpub *x, const char *topic, struct span body);
/* Messages that wait for a subscriber, or are on their way. */
size_t xpub_waiting(const struct xpub *x);

void xpub_count(const struct xpub *x, struct xpub_counts *out);

#endif
