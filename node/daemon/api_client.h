/* One connection to the api socket: framing, what is in flight, what waits to be written. Part of the api
 * server. */
#ifndef DAEMON_API_CLIENT_H
#define DAEMON_API_CLIENT_H

#include "daemon/api_internal.h"

/* A publish request that the node has not answered yet, or whose answer waits for those before it. */
struct api_flight {
    uint64_t client_token, token; /* what the client called it; what the node calls it */
    bool done, refused, audience; /* audience: it asked for a change of readers */
    struct why why;               /* of a refusal */
    struct store_range_row range;
    uint8_t log[LOG_ID_BYTES];
};

struct api_client {
    int fd;
    bool ended; /* nothing more is read: answer what is here, then close */
    bool dead;  /* to be closed */
    struct buf in, out;
    size_t out_at;                                    /* bytes of out that were written */
    struct api_flight flight[LIMIT_API_FLIGHT_COUNT]; /* a ring, in the order of the requests */
    unsigned flight_first, flight_n;
    bool held;    /* the next request waits until nothing is in flight */
    bool waiting; /* the next request is a tail that waits */
    bool patient; /* its last tail said that it can wait; */
    bool resting; /* and now it does, for all of those had their share */
    struct api_tail tail;
    int64_t deadline_ms; /* of the tail, monotonic */
};

struct api_client *api_client_new(int fd);
void api_client_free(struct api_client *c);
short api_client_events(const struct api_client *c);
void api_client_read(struct api_client *c);
void api_client_write(struct api_client *c);
/* The first whole request: 1 with ${request}; 0 = not here yet; -1 = not a length that we take. */
int api_client_request(const struct api_client *c, struct span *request);
void api_client_drop_request(struct api_client *c);
/* Queue an answer; one that is too large is replaced by a refusal. */
void api_client_answer(struct api_client *c, const Parallax__V1__Answer *answer);
void api_client_refuse(struct api_client *c, uint64_t token, const struct why *why);
/* Could the next request be answered now? */
bool api_client_is_ready(const struct api_client *c);
/* Nothing is left to answer or write, and nothing more will come. */
bool api_client_is_over(const struct api_client *c);
struct api_flight *api_client_launch(struct api_client *c, uint64_t client_token, uint64_t token);
struct api_flight *api_client_find(struct api_client *c, uint64_t token);
/* Answer the flights at the front that are done. */
void api_client_land(struct api_client *c);

#endif
