/*
 * The core's side of the socket to the signer: requests in order, answers in order. What is outstanding when
 * the signer dies is sent again to the next one: signing the same head again is allowed and gives the same
 * bytes. For a poll loop; one thread.
 */
#ifndef DAEMON_SIGNLINK_H
#define DAEMON_SIGNLINK_H

#include "base/buf.h"
#include "role.pb-c.h"

struct signlink;

typedef void signlink_fn(void *cookie, const Parallax__Role__SignAnswer *answer);

/* ${path} of the listening socket. Connects when first polled. */
struct signlink *signlink_new(const char *path, signlink_fn *fn, void *cookie);
void signlink_free(struct signlink *l);
/* Queue a request; its token is set here. */
void signlink_send(struct signlink *l, Parallax__Role__SignRequest *request);
int signlink_fd(const struct signlink *l);       /* -1 while not connected */
short signlink_events(const struct signlink *l); /* for poll(2) */
/* After poll(2), and at least every 250 ms: connect, write, read, hand answers over. */
void signlink_poll(struct signlink *l, short revents);

#endif
