/* Bounded allocation for one message: many small pieces, one release. Also a ProtobufCAllocator source (wire/unpack.h). */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdalign.h>

#include "base/span.h"

#define ARENA_ALIGN alignof(max_align_t)

struct arena_block;

struct arena {
    struct arena_block *head;
    struct arena_block *spare; /* of an earlier message, largest first */
    uint8_t *next;             /* in the head: what is free of it */
    size_t room;               /* ... and how much that is, in steps of ARENA_ALIGN */
    size_t used;               /* bytes handed out, with alignment */
    size_t max;                /* ceiling, bytes */
    bool failed;               /* ceiling or memory reached since the last clear */
    bool starved; /* ... and it was memory: an operating error of ours, not the fault of the input */
};

void arena_init(struct arena *a, size_t max);
void arena_release(struct arena *a);
void arena_clear(struct arena *a); /* forget all, keep the blocks */

void *arena_more(struct arena *a,
                 size_t n); /* arena_alloc() where the head has no room, or nothing is asked for */

/* ${n} bytes aligned for any type, not zeroed; NULL past the ceiling (and ${a}->failed is set). */
static inline void *
arena_alloc(struct arena *a, size_t n)
{
    size_t need = (n + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    void *p = a->next;

    if (n == 0 || n > a->room || need > a->max - a->used)
        return arena_more(a, n);
    a->next += need;
    a->room -= need;
    a->used += need;
    return p;
}

void *arena_zalloc(struct arena *a, size_t n);
/* A NUL-terminated copy; NULL past the ceiling. */
char *arena_strdup(struct arena *a, struct span s);

#endif
