/*
 * The api server of the core role (proto/api.proto): connections, framing, bounds, order of answers.
 * Non-blocking, one thread, for a poll loop; what it reads of node and store it reads between steps. Local
 * programs of the node's own user, or root, only.
 *
 * A record is shown in `tail` and in the history once it is on disk: api_delivered() tells when. The other
 * answers may be of the transaction that is open.
 */
#ifndef DAEMON_API_H
#define DAEMON_API_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api.pb-c.h"
#include "conf/conf.h"
#include "core/node.h"
#include "core/roster.h"
#include "store/store.h"

/* What handlers may see; owned and kept up to date by the caller, who outlives the server. */
struct api_ctx {
    const struct node *node;
    struct store *store; /* the writer's handle: handlers only read, in bounded steps */
    const struct roster *roster;
    const struct span *roster_notes; /* the chain, version 1 first */
    size_t roster_notes_n;
    const char *name;   /* of this node */
    int64_t started_ms; /* POSIX milliseconds */
    bool disk_low;
    bool watch_off;           /* alert rules are off */
    const struct conf *conf;  /* in force */
    int64_t wall_ms, mono_ms; /* now, set before each call */
    void *cookie;
    /*
     * Take a publish request: 0, and the answer comes through api_published(${token}), before or after this
     * returns; or -1 with ${why}, and no answer comes. ${req} lives for the call only.
     */
    int (*publish)(void *cookie, uint64_t token, const Parallax__V1__PublishRequest *req, struct why *why);
    /* Begin to make the picture once more. */
    void (*rebuild)(void *cookie);
    /* As publish, for a change of an audience. */
    int (*change_audience)(void *cookie, uint64_t token, const Parallax__V1__AudienceRequest *req,
                           struct why *why);
};

struct api;

/* Serve ${listen_fd} (a listening UNIX stream socket; made non-blocking and closed by api_free). */
struct api *api_new(int listen_fd, struct api_ctx *ctx);
void api_free(struct api *a);

/* There is other work than that of readers that can wait (TailRequest.patient): they get less of this thread for a while. */
void api_busy(struct api *a);

/* What to poll for; the number of entries filled: at most LIMIT_API_CLIENT_COUNT + 1. */
size_t api_pollfds(struct api *a, struct pollfd *out, size_t max);
/* After poll(2): accept, read, answer, write. Bounded work a call: api_timeout_ms() is 0 while there is more.
 */
void api_poll(struct api *a, const struct pollfd *fds, size_t n);
/*
 * The answer to a publish request: refused for ${why}, or (NULL) done: ${range} of log ${log_id}. A token
 * whose client has gone is ignored. Answers leave in the order of the requests of a connection.
 */
void api_published(struct api *a, uint64_t token, const struct why *why, const struct store_range_row *range,
                   const uint8_t log_id[LOG_ID_BYTES]);
/* A transaction is on disk: records may have become visible. Call it outside a transaction; waiting tails go
 * on at the next api_poll(). */
void api_delivered(struct api *a);
/* Until api_poll() has something to do without any descriptor being ready; 0 = now, -1 = never. */
int api_timeout_ms(const struct api *a);

#endif
