/*
 * A connection to the api socket for a poll loop: one request at a time, nothing blocks. The loop of the plug role has one a plugin.
 */
#ifndef PLUG_FEED_H
#define PLUG_FEED_H

#include "api.pb-c.h"
#include "base/buf.h"

struct feed {
    int fd;     /* -1 = not connected */
    bool asked; /* an answer is awaited */
    struct buf out, in;
    size_t out_at;
    uint64_t token;
};

enum feed_result { FEED_NOTHING, FEED_ANSWER, FEED_LOST };

void feed_init(struct feed *f);
void feed_release(struct feed *f);
/* 0, or -1 with errno. */
int feed_connect(struct feed *f, const char *path);
void feed_drop(struct feed *f);
/* Nothing is asked yet. ${request} gets a token; it is written as the socket takes it. */
void feed_ask(struct feed *f, Parallax__V1__Request *request);
short feed_events(const struct feed *f);
/*
 * After poll(2). FEED_ANSWER with *${answer}, which the caller frees (parallax__v1__answer__free_unpacked); FEED_LOST: the connection is closed,
 * what was asked may be asked again.
 */
enum feed_result feed_step(struct feed *f, short revents, Parallax__V1__Answer **answer);

#endif
