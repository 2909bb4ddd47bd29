#include "cli/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_BYTES 8388608 /* what is longer waits on the disk */

void
spool_init(struct spool *s, uint64_t max)
{
    *s = (struct spool){.fd = -1, .max = max};
    buf_init(&s->tail, MEMORY_BYTES);
}

void
spool_release(struct spool *s)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
    buf_release(&s->tail);
}

uint64_t
spool_bytes(const struct spool *s)
{
    return s->written + s->tail.n;
}

static int
open_file(void)
{
    const char *folder = getenv("TMPDIR");
    FILE *file;
    int fd = open(folder != NULL && *folder != 0 ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0 || (file = tmpfile()) == NULL) /* a file system without O_TMPFILE */
        return fd;
    fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
    (void)fclose(file);
    return fd;
}

static int
refuse(struct why *why)
{
    return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "it cannot be kept on the disk until it is whole: %s",
                   strerror(errno));
}

static int
write_file(struct spool *s, struct span bytes, struct why *why)
{
    if (s->fd < 0 && (s->fd = open_file()) < 0)
        return refuse(why);
    while (bytes.n > 0) {
        ssize_t n = write(s->fd, bytes.p, bytes.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return refuse(why);
        s->written += (uint64_t)n;
        bytes = span_of(bytes.p + n, bytes.n - (size_t)n);
    }
    return 0;
}

static int
write_tail(struct spool *s, struct why *why)
{
    if (write_file(s, buf_span(&s->tail), why) != 0)
        return -1;
    buf_clear(&s->tail);
    return 0;
}

int
spool_put(struct spool *s, struct span bytes, struct why *why)
{
    if (bytes.n > s->max - spool_bytes(s))
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "it takes more than %" PRIu64 " bytes", s->max);
    if (bytes.n > MEMORY_BYTES - s->tail.n && write_tail(s, why) != 0)
        return -1;
    if (bytes.n > MEMORY_BYTES)
        return write_file(s, bytes, why);
    buf_put_span(&s->tail, bytes);
    return buf_failed(&s->tail) ? why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no memory for it") : 0;
}

int
spool_flush(struct spool *s, struct why *why)
{
    return s->fd < 0 ? 0 : write_tail(s, why);
}

static int
read_file(int fd, uint64_t at, size_t n, struct buf *out)
{
    uint8_t *p = buf_add(out, n);

    if (p == NULL) {
        errno = ENOMEM;
        return -1;
    }
    for (size_t got = 0; got < n;) {
        ssize_t r = pread(fd, p + got, n - got, (off_t)(at + got));

        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0) {
            errno = r == 0 ? EIO : errno; /* nobody else can make it shorter */
            return -1;
        }
        got += (size_t)r;
    }
    return 0;
}

int
spool_read(const struct spool *s, uint64_t at, size_t n, struct buf *out)
{
    size_t stored = at >= s->written ? 0 : s->written - at < n ? (size_t)(s->written - at) : n;

    assert(at <= spool_bytes(s) && n <= spool_bytes(s) - at);
    if (stored > 0 && read_file(s->fd, at, stored, out) != 0)
        return -1;
    if (n > stored)
        buf_put(out, s->tail.p + (at + stored - s->written), n - stored);
    if (!buf_failed(out))
        return 0;
    errno = ENOMEM;
    return -1;
}
