#include "sample.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

#define SECOND_NS 1000000000

int64_t
sample_now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

void
sample_pause_ns(int64_t ns)
{
    struct timespec left = {ns / SECOND_NS, ns % SECOND_NS};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

void
sample_add(struct sample *s, int64_t ns)
{
    if ((s->n & (s->n - 1)) == 0)
        s->v = mem_resize(s->v, (s->n == 0 ? 1 : 2 * s->n) * sizeof *s->v);
    s->v[s->n++] = ns;
}

void
sample_release(struct sample *s)
{
    free(s->v);
    *s = (struct sample){NULL, 0};
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

double
sample_us(struct sample *s, unsigned permille)
{
    if (s->n == 0)
        return 0;
    qsort(s->v, s->n, sizeof *s->v, compare);
    return (double)s->v[(s->n - 1) * permille / 1000] / 1000;
}

void
sample_die(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(1);
}
