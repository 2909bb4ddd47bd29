/*
 * A connection to the api socket of a node (DIR/run/api.sock, proto/api.proto). Connects when asked, and
 * again after a loss. One thread.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "api.pb-c.h"
#include "cli/args.h"

struct client;

enum client_result {
    CLIENT_DONE,
    CLIENT_LOST,   /* not reachable, or the connection ended or the time was up: the same request may be sent
                      again */
    CLIENT_REFUSED /* the node's answer is an error; the answer holds it */
};

/* The node that --node or PARALLAX_NODE names, not connected yet. NULL after args_usage; *${status} is the
 * exit code. */
struct client *client_new(const struct args *a, int *status);
void client_free(struct client *c);
int64_t client_timeout_ms(const struct client *c);

/*
 * Ask, wait at most ${ms}. *${answer} (NULL when lost) is freed with client_answer_free. client_error says
 * why it was lost or refused.
 */
enum client_result client_call(struct client *c, Parallax__V1__Request *request, int64_t ms,
                               Parallax__V1__Answer **answer);
const char *client_error(const struct client *c);
/*
 * The two halves of client_call, for requests on their way together: answers come in the order of the requests. After CLIENT_LOST
 * none is on its way any more.
 */
enum client_result client_post(struct client *c, Parallax__V1__Request *request, int64_t ms);
enum client_result client_collect(struct client *c, Parallax__V1__Request__WhatCase what, int64_t ms,
                                  Parallax__V1__Answer **answer);
void client_answer_free(Parallax__V1__Answer *answer);

/* Close the connection: whatever is on its way is not waited for. client_error says what it said last. */
void client_drop(struct client *c);

/* client_call with --timeout; NULL after saying what is wrong, then *${status} is the exit code. */
Parallax__V1__Answer *client_ask(struct client *c, Parallax__V1__Request *request, int *status);
/* Say what client_error says; the exit code for ${result}. */
int client_fail(const struct client *c, enum client_result result);

/* An empty request for the part ${what} (PARALLAX__V1__REQUEST__WHAT_*). */
Parallax__V1__Request client_request(Parallax__V1__Request__WhatCase what);

#endif
