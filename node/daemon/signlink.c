/* Runs in the core role's thread. */
#include "daemon/signlink.h"
#include "base/mem.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX 1048576 /* a List of 4,096 logs with root and signature */

struct request {
    uint64_t token;
    uint8_t *bytes;
    size_t n;
    struct request *next;
};

struct signlink {
    char path[108];
    signlink_fn *fn;
    void *cookie;
    int fd;
    uint64_t token;
    struct request *first, **end; /* outstanding, oldest first */
    struct buf in, out;
};

struct signlink *
signlink_new(const char *path, signlink_fn *fn, void *cookie)
{
    struct signlink *l = mem_new(sizeof(*l));

    snprintf(l->path, sizeof(l->path), "%s", path);
    l->fn = fn;
    l->cookie = cookie;
    l->fd = -1;
    l->end = &l->first;
    buf_init(&l->in, ANSWER_BYTES_MAX + 4);
    buf_init(&l->out, SIZE_MAX);
    return l;
}

static void
disconnect(struct signlink *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    buf_clear(&l->in);
    buf_clear(&l->out);
}

static void
forget(struct signlink *l)
{
    struct request *r = l->first;

    l->first = r->next;
    if (l->first == NULL)
        l->end = &l->first;
    free(r->bytes);
    free(r);
}

void
signlink_free(struct signlink *l)
{
    if (l == NULL)
        return;
    disconnect(l);
    while (l->first != NULL)
        forget(l);
    buf_release(&l->in);
    buf_release(&l->out);
    free(l);
}

static void
put(struct signlink *l, const struct request *r)
{
    uint8_t head[4];

    for (int i = 0; i < 4; i++)
        head[i] = (uint8_t)(r->n >> (8 * i));
    buf_put(&l->out, head, sizeof(head));
    buf_put(&l->out, r->bytes, r->n);
}

void
signlink_send(struct signlink *l, Parallax__Role__SignRequest *request)
{
    struct request *r = mem_new(sizeof(*r));

    request->token = r->token = ++l->token;
    r->n = parallax__role__sign_request__get_packed_size(request);
    r->bytes = mem_new(r->n);
    parallax__role__sign_request__pack(request, r->bytes);
    *l->end = r;
    l->end = &r->next;
    if (l->fd >= 0) {
        put(l, r);
        signlink_poll(l, 0); /* most requests leave at once */
    }
}

static void
try_connect(struct signlink *l)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return;
    memcpy(a.sun_path, l->path, sizeof(l->path));
    /* The supervisor listens for the signer: this does not block while the signer starts. */
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        close(fd);
        return;
    }
    l->fd = fd;
    for (struct request *r = l->first; r != NULL; r = r->next)
        put(l, r);
}

static int
flush(struct signlink *l)
{
    while (l->out.n > 0) {
        ssize_t got = send(l->fd, l->out.p, l->out.n, MSG_NOSIGNAL);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        buf_shift(&l->out, (size_t)got);
    }
    return 0;
}

static int
take_answer(struct signlink *l, const uint8_t *p, size_t n)
{
    Parallax__Role__SignAnswer *a = parallax__role__sign_answer__unpack(NULL, n, p);

    if (a == NULL || l->first == NULL || a->token != l->first->token) {
        if (a != NULL)
            parallax__role__sign_answer__free_unpacked(a, NULL);
        return -1;
    }
    forget(l);
    l->fn(l->cookie, a);
    parallax__role__sign_answer__free_unpacked(a, NULL);
    return 0;
}

static int
receive(struct signlink *l)
{
    for (;;) {
        uint8_t chunk[65536];
        ssize_t got = recv(l->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
        if (got == 0)
            return -1;
        if (got < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        buf_put(&l->in, chunk, (size_t)got);
        while (l->in.n >= 4) {
            size_t n = (size_t)l->in.p[0] | (size_t)l->in.p[1] << 8 | (size_t)l->in.p[2] << 16 |
                       (size_t)l->in.p[3] << 24;
            struct buf whole;
            if (n > ANSWER_BYTES_MAX)
                return -1;
            if (l->in.n < n + 4)
                break;
            /* The callback may send: it must not see a buffer that moves. */
            buf_init(&whole, n + 1);
            buf_put(&whole, l->in.p + 4, n);
            buf_shift(&l->in, n + 4);
            if (take_answer(l, whole.p, n) != 0) {
                buf_release(&whole);
                return -1;
            }
            buf_release(&whole);
        }
        if (buf_failed(&l->in))
            return -1;
    }
}

int
signlink_fd(const struct signlink *l)
{
    return l->fd;
}

short
signlink_events(const struct signlink *l)
{
    return (short)(POLLIN | (l->out.n > 0 ? POLLOUT : 0));
}

void
signlink_poll(struct signlink *l, short revents)
{
    if (l->fd < 0)
        try_connect(l);
    if (l->fd < 0)
        return;
    if (flush(l) != 0 || ((revents & (POLLIN | POLLHUP | POLLERR)) != 0 && receive(l) != 0))
        disconnect(l); /* tried again at the next poll; what is outstanding goes to the next signer */
}
