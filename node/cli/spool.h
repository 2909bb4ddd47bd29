/* Bytes that wait: in memory while they are few, then in a file without a name, which is gone when it is closed. One thread. */
#ifndef CLI_SPOOL_H
#define CLI_SPOOL_H

#include "base/buf.h"
#include "base/why.h"

struct spool {
    int fd; /* -1: all of it is in ${tail} */
    uint64_t written;
    uint64_t max;
    struct buf tail; /* what is not in the file yet */
};

/* Empty; takes at most ${max} bytes. */
void spool_init(struct spool *s, uint64_t max);
void spool_release(struct spool *s);

uint64_t spool_bytes(const struct spool *s);

/* Append. The file is made in $TMPDIR, else /var/tmp. 0, or -1 with ${why} (over the ceiling, the disk is full). */
int spool_put(struct spool *s, struct span bytes, struct why *why);
/* Put everything into the file, if there is one: then s->fd has all of it. 0, or -1 with ${why}. */
int spool_flush(struct spool *s, struct why *why);

/* Append to ${out} the ${n} bytes from ${at} on, which are there. 0, or -1 with errno. */
int spool_read(const struct spool *s, uint64_t at, size_t n, struct buf *out);

#endif
