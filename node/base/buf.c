#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define FIRST_CAP 64

void
buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void
buf_release(struct buf *b)
{
    free(b->p);
    buf_init(b, b->max);
}

void
buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

/* Room for ${n} more bytes. One byte beyond cap is always allocated, for the NUL of buf_cstr(). */
static bool
reserve(struct buf *b, size_t n)
{
    size_t cap = b->cap;
    uint8_t *p;

    if (b->failed)
        return false;
    if (b->p != NULL && n <= b->cap - b->n)
        return true;
    if (n > b->max - b->n) {
        b->failed = true;
        return false;
    }
    cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap < FIRST_CAP)
        cap = FIRST_CAP < b->max ? FIRST_CAP : b->max;
    if (cap < b->n + n)
        cap = b->n + n;
    p = mem_try(cap + 1);
    if (p == NULL) {
        b->failed = true;
        return false;
    }
    if (b->n > 0)
        memcpy(p, b->p, b->n);
    free(b->p);
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *
buf_add(struct buf *b, size_t n)
{
    uint8_t *room;

    if (!reserve(b, n))
        return NULL;
    room = b->p + b->n;
    b->n += n;
    return room;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
    uint8_t *room;

    if (n == 0)
        return;
    room = buf_add(b, n);
    if (room != NULL)
        memcpy(room, p, n);
}

void
buf_put_span(struct buf *b, struct span s)
{
    buf_put(b, s.p, s.n);
}

void
buf_put_str(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void
buf_put_byte(struct buf *b, uint8_t c)
{
    buf_put(b, &c, 1);
}

void
buf_end_line(struct buf *b)
{
    buf_put_byte(b, '\n');
}

void
buf_put_be16(struct buf *b, uint16_t v)
{
    uint8_t be[2] = {(uint8_t)(v >> 8), (uint8_t)v};

    buf_put(b, be, sizeof be);
}

void
buf_put_be32(struct buf *b, uint32_t v)
{
    uint8_t be[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    buf_put(b, be, sizeof be);
}

void
buf_put_be64(struct buf *b, uint64_t v)
{
    buf_put_be32(b, (uint32_t)(v >> 32));
    buf_put_be32(b, (uint32_t)v);
}

void
buf_put_fmt(struct buf *b, const char *fmt, ...)
{
    va_list args;
    size_t room;
    int n;

    if (!reserve(b, 0))
        return;
    room = b->cap - b->n;
    va_start(args, fmt);
    n = vsnprintf((char *)b->p + b->n, room + 1, fmt, args);
    va_end(args);
    if (n < 0) {
        b->failed = true;
        return;
    }
    if ((size_t)n > room) {
        if (!reserve(b, (size_t)n))
            return;
        va_start(args, fmt);
        (void)vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, args);
        va_end(args);
    }
    b->n += (size_t)n;
}

void
buf_shift(struct buf *b, size_t n)
{
    if (n >= b->n) {
        b->n = 0;
    } else if (n > 0) {
        memmove(b->p, b->p + n, b->n - n);
        b->n -= n;
    }
}

const char *
buf_cstr(struct buf *b)
{
    if (b->failed || b->p == NULL)
        return "";
    b->p[b->n] = 0;
    return (const char *)b->p;
}
