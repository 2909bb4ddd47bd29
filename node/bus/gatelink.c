/* Runs in the thread that owns the struct gatelink: the loop of gate, or of core. */
#include "bus/gatelink.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"

#define IN_BYTES    ((size_t)2 * (GATELINK_HEAD_BYTES + GATELINK_PAYLOAD_MAX)) /* at least one whole message */
#define AFTER_LEN   (GATELINK_HEAD_BYTES - 4) /* what the length counts beside the payload */
#define WRITEV_MAX  64                        /* chunks in one writev(2) */
#define FLUSH_BYTES 262144 /* written between two looks at the alert queue: one bulk frame */

struct gatelink_chunk {
    struct gatelink_chunk *next;
    size_t n;    /* bytes, with the head */
    size_t done; /* written */
    uint32_t link;
    uint8_t bytes[];
};

static void
put_le32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static uint32_t
get_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void
gatelink_init(struct gatelink *l, int fd, size_t alert_max, size_t bulk_max)
{
    int flags = fcntl(fd, F_GETFL);

    *l = (struct gatelink){.fd = fd, .out = {{.max = alert_max}, {.max = bulk_max}}};
    (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void
gatelink_release(struct gatelink *l)
{
    if (l->in == NULL && l->out[0].max == 0)
        return;
    for (int i = 0; i < 2; i++) {
        while (l->out[i].first != NULL) {
            struct gatelink_chunk *chunk = l->out[i].first;
            l->out[i].first = chunk->next;
            free(chunk);
        }
    }
    free(l->partial);
    free(l->in);
    if (l->fd >= 0)
        (void)close(l->fd);
    *l = (struct gatelink){.fd = -1};
}

/* Hand over the whole messages at the front of the buffer. How many, or -1 with EPROTO. */
static int
take(struct gatelink *l, gatelink_fn *fn, void *cookie)
{
    size_t at = 0;
    int count = 0;

    while (l->in_n - at >= GATELINK_HEAD_BYTES) {
        const uint8_t *head = l->in + at;
        uint32_t n = get_le32(head);

        if (n < AFTER_LEN || n - AFTER_LEN > GATELINK_PAYLOAD_MAX || head[4] == 0 ||
            head[4] >= GATELINK_KIND_END) {
            errno = EPROTO;
            return -1;
        }
        if (l->in_n - at - 4 < n)
            break;
        fn(cookie, (enum gatelink_kind)head[4], get_le32(head + 5),
           span_of(head + GATELINK_HEAD_BYTES, n - AFTER_LEN));
        at += 4 + (size_t)n;
        count++;
    }
    if (at > 0)
        memmove(l->in, l->in + at, l->in_n - at);
    l->in_n -= at;
    return count;
}

int
gatelink_read(struct gatelink *l, gatelink_fn *fn, void *cookie)
{
    ssize_t n;

    if (l->in == NULL)
        l->in = mem_new(IN_BYTES);
    do
        n = read(l->fd, l->in + l->in_n, IN_BYTES - l->in_n);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? 0 : -1;
    if (n == 0) {
        errno = ECONNRESET;
        return -1;
    }
    l->in_n += (size_t)n;
    return take(l, fn, cookie);
}

int
gatelink_put(struct gatelink *l, enum gatelink_lane lane, enum gatelink_kind kind, uint32_t link,
             struct span payload)
{
    struct gatelink_queue *q = &l->out[lane == GATELINK_BULK];
    struct gatelink_chunk *chunk;
    size_t n = GATELINK_HEAD_BYTES + payload.n;
    size_t cost = n + sizeof *chunk;

    assert(payload.n <= GATELINK_PAYLOAD_MAX);
    chunk = cost <= q->max - q->bytes ? mem_try(sizeof *chunk + n) : NULL;
    if (chunk == NULL) {
        errno = ENOBUFS;
        return -1;
    }
    *chunk = (struct gatelink_chunk){.n = n, .link = link};
    put_le32(chunk->bytes, (uint32_t)(AFTER_LEN + payload.n));
    chunk->bytes[4] = (uint8_t)kind;
    put_le32(chunk->bytes + 5, link);
    if (payload.n > 0)
        memcpy(chunk->bytes + GATELINK_HEAD_BYTES, payload.p, payload.n);
    if (q->last == NULL)
        q->first = chunk;
    else
        q->last->next = chunk;
    q->last = chunk;
    q->bytes += cost;
    return 0;
}

static void
count_sent(struct gatelink *l, struct gatelink_chunk *chunk)
{
    if (l->sent != NULL)
        l->sent(l->sent_cookie, (enum gatelink_kind)chunk->bytes[4], chunk->link,
                chunk->n - GATELINK_HEAD_BYTES);
    free(chunk);
}

/* ${done} bytes of the partial message and then of ${q} have been written. What is begun becomes the partial
 * one. */
static void
advance(struct gatelink *l, struct gatelink_queue *q, size_t done)
{
    if (l->partial != NULL) {
        size_t left = l->partial->n - l->partial->done;
        size_t n = done < left ? done : left;

        l->partial->done += n;
        done -= n;
        if (l->partial->done < l->partial->n)
            return;
        count_sent(l, l->partial);
        l->partial = NULL;
    }
    while (done > 0) {
        struct gatelink_chunk *chunk = q->first;

        q->first = chunk->next;
        if (q->first == NULL)
            q->last = NULL;
        q->bytes -= chunk->n + sizeof *chunk;
        chunk->next = NULL;
        if (done < chunk->n) {
            chunk->done = done;
            l->partial = chunk;
            return;
        }
        done -= chunk->n;
        count_sent(l, chunk);
    }
}

/* One writev(2): the partial message, then of ${q} about FLUSH_BYTES.  */
static ssize_t
write_some(struct gatelink *l, struct gatelink_queue *q, size_t *wanted)
{
    struct iovec part[WRITEV_MAX];
    ssize_t n;
    int parts = 0;

    *wanted = 0;
    if (l->partial != NULL) {
        *wanted = l->partial->n - l->partial->done;
        part[parts++] = (struct iovec){l->partial->bytes + l->partial->done, *wanted};
    }
    for (struct gatelink_chunk *c = q->first; c != NULL && parts < WRITEV_MAX && *wanted < FLUSH_BYTES;
         c = c->next) {
        part[parts++] = (struct iovec){c->bytes, c->n};
        *wanted += c->n;
    }
    do
        n = writev(l->fd, part, parts);
    while (n < 0 && errno == EINTR);
    return n;
}

int
gatelink_flush(struct gatelink *l)
{
    while (gatelink_wants_write(l)) {
        struct gatelink_queue *q = l->out[0].first != NULL ? &l->out[0] : &l->out[1];
        size_t wanted;
        ssize_t n = write_some(l, q, &wanted);

        if (n < 0)
            return errno == EAGAIN ? 0 : -1;
        advance(l, q, (size_t)n);
        if ((size_t)n < wanted)
            return 0;
    }
    return 0;
}

bool
gatelink_wants_write(const struct gatelink *l)
{
    return l->partial != NULL || l->out[0].first != NULL || l->out[1].first != NULL;
}
