/* One connection, one question at a time; the lock of its owner is held. */
#include "lib/parallax_internal.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS 10000 /* for an answer that is on its way, beyond the caller's time */
#define AGAIN_MS  50

int
parallax_link_open(struct parallax_link *l, int dir)
{
    feed_init(&l->feed);
    l->dir = fcntl(dir, F_DUPFD_CLOEXEC, 3);
    return l->dir >= 0 ? PARALLAX_DONE : parallax_say(PARALLAX_FAILED, "%s", strerror(errno));
}

void
parallax_link_close(struct parallax_link *l)
{
    feed_release(&l->feed);
    (void)close(l->dir);
}

/* By way of the open directory: a socket's name holds 107 bytes, that of a directory may be longer. */
static int
reach(struct parallax_link *l)
{
    char path[64];

    if (l->feed.fd >= 0)
        return PARALLAX_DONE;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d/run/api.sock", l->dir);
    if (feed_connect(&l->feed, path) == 0)
        return PARALLAX_DONE;
    return parallax_say(PARALLAX_LOST, "the node is not reachable: run/api.sock: %s", strerror(errno));
}

static int
hear(struct parallax_link *l, int64_t until, Parallax__V1__Answer **answer)
{
    for (;;) {
        struct pollfd p = {.fd = l->feed.fd, .events = feed_events(&l->feed)};
        int64_t left = until - clock_mono_ms();
        int n = left <= 0 ? 0 : poll(&p, 1, left > 60000 ? 60000 : (int)left);

        if (left <= 0 || (n < 0 && errno != EINTR)) {
            feed_drop(&l->feed);
            return parallax_say(PARALLAX_LOST, "the node did not answer in time");
        }
        if (n <= 0)
            continue;
        switch (feed_step(&l->feed, p.revents, answer)) {
        case FEED_ANSWER:
            return PARALLAX_DONE;
        case FEED_LOST:
            return parallax_say(PARALLAX_LOST, "the connection to the node ended before its answer");
        case FEED_NOTHING:
            break;
        }
    }
}

static int
try(struct parallax_link *l, Parallax__V1__Request *request, int64_t until, Parallax__V1__Answer **answer)
{
    int rc = reach(l);

    if (rc != PARALLAX_DONE)
        return rc;
    feed_ask(&l->feed, request);
    return hear(l, until + ANSWER_MS, answer);
}

/* An answer that is a refusal or another one than was asked for is freed. */
static int
check(struct parallax_link *l, Parallax__V1__Answer__WhatCase what, Parallax__V1__Answer **answer)
{
    int rc = PARALLAX_DONE;

    if (strcmp((*answer)->error_name, "STARTING") == 0)
        rc = parallax_say(PARALLAX_LOST, "the node starts");
    else if ((*answer)->error[0] != '\0')
        rc = parallax_say(PARALLAX_REFUSED, "%s%s%s", (*answer)->error,
                          (*answer)->error_name[0] != '\0' ? ": " : "", (*answer)->error_name);
    else if ((*answer)->what_case != what) {
        rc = parallax_say(PARALLAX_LOST, "the node answered another question than it was asked");
        feed_drop(&l->feed);
    }
    if (rc != PARALLAX_DONE) {
        parallax__v1__answer__free_unpacked(*answer, NULL);
        *answer = NULL;
    }
    return rc;
}

int
parallax_link_ask(struct parallax_link *l, Parallax__V1__Request *request,
                  Parallax__V1__Answer__WhatCase what, int64_t ms, Parallax__V1__Answer **answer)
{
    const struct timespec pause = {0, AGAIN_MS * 1000000};
    int64_t until = clock_mono_ms() + (ms > 0 ? ms : 0);

    for (;;) {
        int rc = try(l, request, until, answer);

        if (rc == PARALLAX_DONE)
            rc = check(l, what, answer);
        if (rc != PARALLAX_LOST || clock_mono_ms() + AGAIN_MS > until)
            return rc;
        (void)nanosleep(&pause, NULL);
    }
}
