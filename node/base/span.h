/* A borrowed run of bytes; the owner must outlive it. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *p;
    size_t n;
};

static inline struct span
span_of(const void *p, size_t n)
{
    return (struct span){(const uint8_t *)p, n};
}

static inline struct span
span_str(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}

static inline bool
span_is(struct span a, const char *s)
{
    size_t i = 0;

    if (__builtin_constant_p(strlen(s)))
        return a.n == strlen(s) && (a.n == 0 || memcmp(a.p, s, a.n) == 0);
    /* Words of a table that is searched mostly differ early: their lengths need not be known. */
    while (i < a.n && s[i] != 0 && a.p[i] == (uint8_t)s[i])
        i++;
    return i == a.n && s[i] == 0;
}

static inline bool
span_equal(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

#endif
