#include "cli/client.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/screen.h"
#include "wire/unpack.h"

/* Fields of one answer, all levels: 4,160 logs with their cosigners and holders are the most there is. */
#define ANSWER_FIELDS_MAX 1000000
#define CUT_MAX           3      /* times that a question is asked again when its connection was cut */
#define STARTING_US       100000 /* before what the node is not ready for is asked again */

struct client {
    char *dir;
    const char *word;
    int fd;                   /* -1 = not connected */
    uint64_t token, answered; /* of the request sent last, of the one whose answer came last */
    int64_t timeout_ms;
    bool cut; /* the other end closed the connection, or was not there any more */
    struct buf frame;
    char error[400];
};

static void fail(struct client *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
fail(struct client *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(c->error, sizeof c->error, fmt, ap);
    va_end(ap);
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

struct client *
client_new(const struct args *a, int *status)
{
    int64_t ms;
    const char *dir = args_node(a);
    if (args_timeout(a, 30, &ms) != 0) {
        *status = EXIT_USAGE;
        return NULL;
    }
    if (dir == NULL) {
        *status = args_usage(a, "which node? Expected --node DIR, or PARALLAX_NODE in the environment");
        return NULL;
    }
    struct client *c = mem_new(sizeof *c);
    c->dir = mem_strdup(dir);
    c->word = a->word;
    c->fd = -1;
    c->timeout_ms = ms;
    buf_init(&c->frame, LIMIT_API_BYTES + 4);
    return c;
}

void
client_free(struct client *c)
{
    if (c == NULL)
        return;
    if (c->fd >= 0)
        close(c->fd);
    buf_release(&c->frame);
    free(c->dir);
    free(c);
}

int64_t
client_timeout_ms(const struct client *c)
{
    return c->timeout_ms;
}

const char *
client_error(const struct client *c)
{
    return c->error;
}

/* The socket by way of its open directory: sun_path holds 107 bytes, a directory's name may be longer. */
static int
connect_node(struct client *c)
{
    int dir = open(c->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        fail(c, "node %s is not reachable: %s", c->dir, strerror(errno));
        return -1;
    }
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "/proc/self/fd/%d/run/api.sock", dir);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->answered = c->token;
    int r = c->fd < 0 ? -1 : connect(c->fd, (const struct sockaddr *)&to, sizeof to);
    int error = errno;
    close(dir);
    if (r == 0) /* from here on every wait is a poll with a deadline */
        return fcntl(c->fd, F_SETFL, O_NONBLOCK);
    if (error == ENOENT || error == ECONNREFUSED)
        fail(c,
             "node %s is not reachable: nothing listens at its run/api.sock: is it running? (parallaxd "
             "--config %s/node.yaml)",
             c->dir, c->dir);
    else
        fail(c, "node %s is not reachable: run/api.sock: %s", c->dir, strerror(error));
    return -1;
}

static int
wait_for(struct client *c, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - clock_mono_ms();
        struct pollfd p = {.fd = c->fd, .events = events};
        int r = left <= 0 ? 0 : poll(&p, 1, left > 60000 ? 60000 : (int)left);
        if (r > 0)
            return 0;
        if (r < 0 && errno != EINTR) {
            fail(c, "node %s: poll: %s", c->dir, strerror(errno));
            return -1;
        }
        if (left <= 0) {
            fail(c, "node %s did not answer in time", c->dir);
            return -1;
        }
    }
}

static int
send_frame(struct client *c, int64_t deadline)
{
    size_t at = 0;
    while (at < c->frame.n) {
        ssize_t n = send(c->fd, c->frame.p + at, c->frame.n - at, MSG_NOSIGNAL);
        if (n > 0) {
            at += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            if (wait_for(c, POLLOUT, deadline) != 0)
                return -1;
        } else if (errno != EINTR) {
            fail(c, "the connection to node %s ended: %s", c->dir, strerror(errno));
            return -1;
        }
    }
    return 0;
}

static int
receive(struct client *c, size_t want, int64_t deadline)
{
    while (want > 0) {
        uint8_t chunk[16384];
        ssize_t n = recv(c->fd, chunk, want < sizeof chunk ? want : sizeof chunk, 0);
        if (n > 0) {
            buf_put(&c->frame, chunk, (size_t)n);
            want -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            if (wait_for(c, POLLIN, deadline) != 0)
                return -1;
        } else if (n == 0 || errno != EINTR) {
            fail(c, "the connection to node %s ended before its answer", c->dir);
            c->cut = true;
            return -1;
        }
    }
    return 0;
}

static int
receive_frame(struct client *c, int64_t deadline)
{
    buf_clear(&c->frame);
    if (receive(c, 4, deadline) != 0)
        return -1;
    const uint8_t *p = c->frame.p;
    uint32_t n = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    if (n > LIMIT_API_BYTES) {
        fail(c, "node %s answered with a frame of %u bytes: expected at most %d", c->dir, n, LIMIT_API_BYTES);
        return -1;
    }
    buf_clear(&c->frame);
    return receive(c, n, deadline);
}

static void
put_request(struct client *c, const Parallax__V1__Request *request)
{
    size_t n = parallax__v1__request__get_packed_size(request);
    assert(n <= LIMIT_API_BYTES); /* every word keeps its parts below that */
    buf_clear(&c->frame);
    for (unsigned i = 0; i < 4; i++)
        buf_put_byte(&c->frame, (uint8_t)(n >> (8 * i)));
    uint8_t *at = buf_add(&c->frame, n);
    assert(at != NULL);
    parallax__v1__request__pack(request, at);
}

/* Which part of an answer a request is answered with. */
static bool
fits(Parallax__V1__Request__WhatCase what, const Parallax__V1__Answer *answer)
{
    static const Parallax__V1__Answer__WhatCase parts[] = {
        [PARALLAX__V1__REQUEST__WHAT_STATUS] = PARALLAX__V1__ANSWER__WHAT_STATUS,
        [PARALLAX__V1__REQUEST__WHAT_PUBLISH] = PARALLAX__V1__ANSWER__WHAT_PUBLISH,
        [PARALLAX__V1__REQUEST__WHAT_QUERY] = PARALLAX__V1__ANSWER__WHAT_RECORDS,
        [PARALLAX__V1__REQUEST__WHAT_RECORD] = PARALLAX__V1__ANSWER__WHAT_RECORDS,
        [PARALLAX__V1__REQUEST__WHAT_TAIL] = PARALLAX__V1__ANSWER__WHAT_RECORDS,
        [PARALLAX__V1__REQUEST__WHAT_PROVE] = PARALLAX__V1__ANSWER__WHAT_PROVE,
        [PARALLAX__V1__REQUEST__WHAT_PICTURE] = PARALLAX__V1__ANSWER__WHAT_PICTURE,
        [PARALLAX__V1__REQUEST__WHAT_LOGS] = PARALLAX__V1__ANSWER__WHAT_LOGS,
        [PARALLAX__V1__REQUEST__WHAT_LOG] = PARALLAX__V1__ANSWER__WHAT_LOG,
        [PARALLAX__V1__REQUEST__WHAT_HOLDERS] = PARALLAX__V1__ANSWER__WHAT_HOLDERS,
        [PARALLAX__V1__REQUEST__WHAT_AUDIENCE] = PARALLAX__V1__ANSWER__WHAT_AUDIENCES,
        [PARALLAX__V1__REQUEST__WHAT_AUDIENCES] = PARALLAX__V1__ANSWER__WHAT_AUDIENCES,
        [PARALLAX__V1__REQUEST__WHAT_RELEASE] = PARALLAX__V1__ANSWER__WHAT_RELEASE,
        [PARALLAX__V1__REQUEST__WHAT_PLUGINS] = PARALLAX__V1__ANSWER__WHAT_PLUGINS,
        [PARALLAX__V1__REQUEST__WHAT_EVENTS] = PARALLAX__V1__ANSWER__WHAT_EVENTS,
        [PARALLAX__V1__REQUEST__WHAT_EVENT] = PARALLAX__V1__ANSWER__WHAT_EVENT,
        [PARALLAX__V1__REQUEST__WHAT_OBJECTS] = PARALLAX__V1__ANSWER__WHAT_OBJECTS,
        [PARALLAX__V1__REQUEST__WHAT_REBUILD] = PARALLAX__V1__ANSWER__WHAT_REBUILD,
        [PARALLAX__V1__REQUEST__WHAT_FEEDS] = PARALLAX__V1__ANSWER__WHAT_FEEDS,
    };
    return answer->error[0] != '\0' || answer->what_case == parts[what];
}

static Parallax__V1__Answer *
read_answer(struct client *c, Parallax__V1__Request__WhatCase what)
{
    struct why why;
    why_clear(&why);
    if (prescan(&parallax__v1__answer__descriptor, buf_span(&c->frame), LIMIT_PB_DEPTH_COUNT,
                ANSWER_FIELDS_MAX, false, WHY_FRAME_SHAPE, &why) != 0) {
        fail(c, "node %s: its answer is not well-formed: %s", c->dir, why.note);
        return NULL;
    }
    Parallax__V1__Answer *answer = parallax__v1__answer__unpack(NULL, c->frame.n, c->frame.p);
    if (answer == NULL)
        fail(c, "node %s: its answer is not well-formed", c->dir);
    else if (answer->token != ++c->answered || !fits(what, answer))
        fail(c, "node %s answered another request than the one it was sent", c->dir);
    if (c->fd < 0 && answer != NULL) {
        client_answer_free(answer);
        return NULL;
    }
    return answer;
}

enum client_result
client_post(struct client *c, Parallax__V1__Request *request, int64_t ms)
{
    c->error[0] = '\0';
    c->cut = false;
    if (c->fd < 0 && connect_node(c) != 0)
        return CLIENT_LOST;
    request->token = ++c->token;
    put_request(c, request);
    return send_frame(c, clock_mono_ms() + ms) == 0 ? CLIENT_DONE : CLIENT_LOST;
}

enum client_result
client_collect(struct client *c, Parallax__V1__Request__WhatCase what, int64_t ms,
               Parallax__V1__Answer **answer)
{
    *answer = NULL;
    c->error[0] = '\0';
    if (receive_frame(c, clock_mono_ms() + ms) != 0)
        return CLIENT_LOST;
    *answer = read_answer(c, what);
    if (*answer == NULL)
        return CLIENT_LOST;
    if ((*answer)->error[0] == '\0')
        return CLIENT_DONE;
    struct buf text;
    buf_init(&text, 8192);
    screen_text(&text, (*answer)->error);
    if ((*answer)->error_name[0] != '\0')
        buf_put_fmt(&text, " (%.40s)", (*answer)->error_name);
    snprintf(c->error, sizeof c->error, "%s", buf_cstr(&text));
    buf_release(&text);
    return CLIENT_REFUSED;
}

enum client_result
client_call(struct client *c, Parallax__V1__Request *request, int64_t ms, Parallax__V1__Answer **answer)
{
    int64_t deadline = clock_mono_ms() + ms;
    *answer = NULL;
    if (client_post(c, request, ms) != CLIENT_DONE)
        return CLIENT_LOST;
    return client_collect(c, request->what_case, deadline - clock_mono_ms(), answer);
}

void
client_drop(struct client *c)
{
    char said[sizeof c->error];
    memcpy(said, c->error, sizeof said);
    fail(c, "%s", said);
}

void
client_answer_free(Parallax__V1__Answer *answer)
{
    parallax__v1__answer__free_unpacked(answer, NULL);
}

int
client_fail(const struct client *c, enum client_result result)
{
    fprintf(stderr, "%sparallax %s:%s %s\n", screen_tone(stderr, TONE_BAD), c->word,
            screen_tone(stderr, TONE_PLAIN), c->error);
    return result == CLIENT_LOST ? EXIT_NO_NODE : EXIT_FAILED;
}

Parallax__V1__Answer *
client_ask(struct client *c, Parallax__V1__Request *request, int *status)
{
    Parallax__V1__Answer *answer;
    int64_t deadline = clock_mono_ms() + c->timeout_ms;
    enum client_result r = client_call(c, request, c->timeout_ms, &answer);
    /* A core that started again (a newer roster, a crash) left the question unanswered: reading is harmless. */
    for (int i = 0; i < CUT_MAX && r == CLIENT_LOST && c->cut && clock_mono_ms() < deadline; i++)
        r = client_call(c, request, deadline - clock_mono_ms(), &answer);
    while (r == CLIENT_REFUSED && strcmp(answer->error_name, "STARTING") == 0 && clock_mono_ms() < deadline) {
        client_answer_free(answer);
        usleep(STARTING_US);
        r = client_call(c, request, deadline - clock_mono_ms(), &answer);
    }
    if (r == CLIENT_DONE)
        return answer;
    *status = client_fail(c, r);
    client_answer_free(answer);
    return NULL;
}

Parallax__V1__Request
client_request(Parallax__V1__Request__WhatCase what)
{
    Parallax__V1__Request r = PARALLAX__V1__REQUEST__INIT;
    r.what_case = what;
    return r;
}
