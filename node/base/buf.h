/* A growing byte buffer with a ceiling and a sticky error: check buf_failed() once at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

struct buf {
    uint8_t *p;
    size_t n;    /* bytes used */
    size_t cap;  /* bytes allocated */
    size_t max;  /* ceiling, bytes */
    bool failed; /* over the ceiling or out of memory; all later puts are ignored */
};

/* Prepare an empty buffer that refuses to grow over ${max} bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t max);
/* A buffer over ${n} bytes of the caller's that never allocates; one is kept for the NUL of buf_cstr(). Never release it. */
static inline void
buf_init_fixed(struct buf *b, void *p, size_t n)
{
    *b = (struct buf){.p = (uint8_t *)p, .cap = n - 1, .max = n - 1};
}
void buf_release(struct buf *b);
void buf_clear(struct buf *b);

void buf_put(struct buf *b, const void *p, size_t n);
void buf_put_span(struct buf *b, struct span s);
void buf_put_str(struct buf *b, const char *s);
void buf_put_byte(struct buf *b, uint8_t c);
void buf_end_line(struct buf *b);
void buf_put_be16(struct buf *b, uint16_t v);
void buf_put_be32(struct buf *b, uint32_t v);
void buf_put_be64(struct buf *b, uint64_t v);
void buf_put_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for ${n} more bytes that the caller fills; NULL when that would pass the ceiling. Counts them as used. */
uint8_t *buf_add(struct buf *b, size_t n);

/* Remove the first ${n} bytes. */
void buf_shift(struct buf *b, size_t n);

static inline bool
buf_failed(const struct buf *b)
{
    return b->failed;
}

static inline struct span
buf_span(const struct buf *b)
{
    return span_of(b->p, b->n);
}

/* The content as a C string, valid until the next call on ${b}; "" if empty or failed. */
const char *buf_cstr(struct buf *b);

#endif
