#include "plug/feed.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limit.h"
#include "wire/unpack.h"

#define LENGTH_BYTES 4
#define READ_BYTES   65536
#define FIELDS_MAX   1000000 /* as the node's own clients take them: 1,000 rows */

void
feed_init(struct feed *f)
{
    *f = (struct feed){.fd = -1};
    buf_init(&f->out, LENGTH_BYTES + LIMIT_API_BYTES);
    buf_init(&f->in, LENGTH_BYTES + LIMIT_API_BYTES + READ_BYTES);
}

void
feed_release(struct feed *f)
{
    feed_drop(f);
}

void
feed_drop(struct feed *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
    f->asked = false;
    f->out_at = 0;
    buf_release(&f->out);
    buf_release(&f->in);
}

int
feed_connect(struct feed *f, const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (f->fd < 0)
        return -1;
    if (connect(f->fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return 0;
    feed_drop(f);
    return -1;
}

void
feed_ask(struct feed *f, Parallax__V1__Request *request)
{
    size_t n;

    request->token = ++f->token;
    n = parallax__v1__request__get_packed_size(request);
    buf_clear(&f->out);
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        buf_put_byte(&f->out, (uint8_t)(n >> (8 * i)));
    pack(&request->base, &f->out);
    f->out_at = 0;
    f->asked = true;
}

short
feed_events(const struct feed *f)
{
    return f->out_at < f->out.n ? POLLIN | POLLOUT : POLLIN;
}

static int
write_some(struct feed *f)
{
    while (f->out_at < f->out.n) {
        ssize_t n = send(f->fd, f->out.p + f->out_at, f->out.n - f->out_at, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        f->out_at += (size_t)n;
    }
    return 0;
}

static int
read_some(struct feed *f)
{
    size_t before = f->in.n;
    uint8_t *p = buf_add(&f->in, READ_BYTES);
    ssize_t n;

    if (p == NULL)
        return -1;
    n = recv(f->fd, p, READ_BYTES, 0);
    f->in.n = before + (n > 0 ? (size_t)n : 0);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)) ? 0 : -1;
}

/* The length of the answer that is coming, 0 while not even that is here. */
static size_t
length(const struct feed *f)
{
    const uint8_t *p = f->in.p;

    if (f->in.n < LENGTH_BYTES)
        return 0;
    return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

static Parallax__V1__Answer *
take(struct feed *f, size_t n)
{
    struct span bytes = span_of(f->in.p + LENGTH_BYTES, n);
    Parallax__V1__Answer *answer = NULL;
    struct why why;

    why_clear(&why);
    if (prescan(&parallax__v1__answer__descriptor, bytes, LIMIT_PB_DEPTH_COUNT, FIELDS_MAX, false,
                WHY_FRAME_SHAPE, &why) == 0)
        answer = parallax__v1__answer__unpack(NULL, bytes.n, bytes.p);
    if (answer != NULL && answer->token != f->token) {
        parallax__v1__answer__free_unpacked(answer, NULL);
        answer = NULL;
    }
    return answer;
}

enum feed_result
feed_step(struct feed *f, short revents, Parallax__V1__Answer **answer)
{
    size_t n;

    *answer = NULL;
    if (f->fd < 0)
        return FEED_LOST;
    if (((revents & (POLLIN | POLLHUP | POLLERR)) != 0 && read_some(f) != 0) ||
        ((revents & POLLOUT) != 0 && write_some(f) != 0)) {
        feed_drop(f);
        return FEED_LOST;
    }
    n = length(f);
    if ((f->in.n >= LENGTH_BYTES && (n == 0 || n > LIMIT_API_BYTES)) || (f->in.n > 0 && !f->asked)) {
        feed_drop(f);
        return FEED_LOST;
    }
    if (n == 0 || f->in.n < LENGTH_BYTES + n)
        return FEED_NOTHING;
    *answer = take(f, n);
    if (*answer == NULL) {
        feed_drop(f);
        return FEED_LOST;
    }
    f->asked = false;
    buf_release(&f->in);
    return FEED_ANSWER;
}
