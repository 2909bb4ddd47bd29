/* Everything in one thread. */
#include "sign/sign_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limit.h"
#include "base/log.h"

#define LENGTH_BYTES 4
#define GROUP_BYTES  (4 * (LIMIT_SIGN_BYTES + LENGTH_BYTES)) /* of the answers to one group of requests */

/* The connection of core. */
struct client {
    int fd; /* -1 = none */
    struct buf in, out;
};

static void
hang_up(struct client *c)
{
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
    buf_clear(&c->in);
    buf_clear(&c->out);
}

static bool
is_us(int fd)
{
    struct ucred other;
    socklen_t n = sizeof other;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &n) == 0 && other.uid == geteuid();
}

static void
answer_call(struct client *c, int listen_fd)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    if (!is_us(fd)) {
        (void)close(fd);
        return;
    }
    hang_up(c);
    c->fd = fd;
}

/* Read what is there. False when core has gone. */
static bool
fill(struct client *c)
{
    uint8_t bytes[65536];
    ssize_t n;

    do
        n = read(c->fd, bytes, sizeof bytes);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN;
    buf_put(&c->in, bytes, (size_t)n);
    return n > 0 && !buf_failed(&c->in);
}

static bool
drain(struct client *c)
{
    ssize_t n;

    if (c->out.n == 0)
        return true;
    do
        n = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN;
    buf_shift(&c->out, (size_t)n);
    return true;
}

/* The next whole request at ${at}. 1, 0 when it is not complete, -1 when it is too long. */
static int
next(const struct client *c, size_t at, struct span *request)
{
    const uint8_t *p = c->in.p + at;
    size_t left = c->in.n - at, n;

    if (left < LENGTH_BYTES)
        return 0;
    n = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    if (n > LIMIT_SIGN_BYTES)
        return -1;
    if (left - LENGTH_BYTES < n)
        return 0;
    *request = span_of(p + LENGTH_BYTES, n);
    return 1;
}

/* Fill in the length of the answer that begins at ${at}. */
static void
set_length(struct buf *out, size_t at)
{
    size_t n = out->n - at - LENGTH_BYTES;

    if (buf_failed(out))
        return;
    for (int i = 0; i < LENGTH_BYTES; i++)
        out->p[at + (size_t)i] = (uint8_t)(n >> (8 * i));
}

/*
 * Answer the whole requests that are there, with one commit for all: nothing leaves before it. 0, 1 when core speaks nonsense, -1 when the
 * database failed: core, which hears nothing, asks the next signer again.
 */
static int
serve(const struct sign_args *args, struct client *c)
{
    struct span request;
    size_t at = 0;
    int more = 1;

    if (c->out.n > 0)
        return 0; /* it must take the last answers first */
    for (int i = 0; i < LIMIT_SIGN_GROUP_COUNT && (more = next(c, at, &request)) == 1; i++) {
        size_t start = c->out.n;

        if (start > GROUP_BYTES - LIMIT_SIGN_BYTES - LENGTH_BYTES)
            break;
        buf_put(&c->out, "\0\0\0\0", LENGTH_BYTES);
        if (args->answer(args->server, request, &c->out) != 0)
            return -1;
        set_length(&c->out, start);
        at += LENGTH_BYTES + request.n;
    }
    if (at > 0 && args->commit != NULL && args->commit(args->server) != 0)
        return -1;
    buf_shift(&c->in, at);
    return more < 0;
}

static bool
has_request(const struct client *c)
{
    struct span request;

    return c->fd >= 0 && c->out.n == 0 && next(c, 0, &request) != 0;
}

/* Wait, then do what there is to do. 0, 1 when told to stop, -1 when the database failed. */
static int
turn(const struct sign_args *args, struct client *c)
{
    bool busy = has_request(c);
    struct pollfd fds[3] = {
        {.fd = args->stop_fd, .events = POLLIN},
        {.fd = args->listen_fd, .events = POLLIN},
        {.fd = c->fd,
         .events = (short)(busy           ? 0
                           : c->out.n > 0 ? POLLOUT
                                          : POLLIN)},
    };
    bool lives;
    int served = 0;

    if (poll(fds, 3, busy ? 0 : -1) < 0)
        return errno == EINTR ? 0 : -1;
    if (c->fd >= 0) {
        lives = (fds[2].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || fill(c);
        served = lives ? serve(args, c) : 0;
        if (!lives || served != 0 || !drain(c))
            hang_up(c);
    }
    if (fds[1].revents != 0)
        answer_call(c, args->listen_fd);
    return served < 0 ? -1 : fds[0].revents != 0;
}

int
sign_run(const struct sign_args *args)
{
    struct client c = {.fd = -1};
    int result;

    buf_init(&c.in, 2 * (LIMIT_SIGN_BYTES + LENGTH_BYTES));
    buf_init(&c.out, GROUP_BYTES);
    (void)fcntl(args->listen_fd, F_SETFL, O_NONBLOCK);
    log_event(EV_role_ready, "pid=%d", (int)getpid());
    if (args->ready_fd >= 0)
        (void)!write(args->ready_fd, "1", 1);
    do
        result = turn(args, &c);
    while (result == 0);
    hang_up(&c);
    buf_release(&c.in);
    buf_release(&c.out);
    return result > 0 ? 0 : -1;
}
