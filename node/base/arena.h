/* Bounded allocation for one message: many small pieces, one release. Also a ProtobufCAllocator source (wire/unpack.h). */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

struct arena_block;

struct arena {
    struct arena_block *head;
    struct arena_block *spare; /* of an earlier message, largest first */
    size_t used;               /* bytes handed out, with alignment */
    size_t max;                /* ceiling, bytes */
    bool failed;               /* ceiling or memory reached since the last clear */
    bool starved; /* ... and it was memory: an operating error of ours, not the fault of the input */
};

void arena_init(struct arena *a, size_t max);
void arena_release(struct arena *a);
void arena_clear(struct arena *a); /* forget all, keep the blocks */

/* ${n} bytes aligned for any type, not zeroed; NULL past the ceiling (and ${a}->failed is set). */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);
/* A NUL-terminated copy; NULL past the ceiling. */
char *arena_strdup(struct arena *a, struct span s);

#endif
