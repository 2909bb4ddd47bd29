#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Calls of mem_try() on this thread until one fails, 0 = none does. The one state of this file; only tests
 * set it. */
static _Thread_local unsigned long countdown;

void *
mem_new(size_t n)
{
    void *p = calloc(1, n > 0 ? n : 1);

    if (p == NULL)
        abort();
    return p;
}

void *
mem_resize(void *p, size_t n)
{
    void *grown = realloc(p, n > 0 ? n : 1);

    if (grown == NULL)
        abort();
    return grown;
}

char *
mem_strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = mem_new(n);

    memcpy(copy, s, n);
    return copy;
}

void
mem_fail_at(unsigned long k)
{
    countdown = k;
}

void *
mem_try(size_t n)
{
    if (countdown > 0 && --countdown == 0)
        return NULL;
    return malloc(n > 0 ? n : 1);
}
