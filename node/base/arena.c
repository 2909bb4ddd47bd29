#include "base/arena.h"

#include <stdlib.h>

#include "base/mem.h"

#define FIRST_BYTES     8192
#define BLOCK_MAX_BYTES 262144 /* a block beyond this size serves one large piece only */

struct arena_block {
    struct arena_block *next;
    size_t size; /* of data, in steps of ARENA_ALIGN */
    alignas(max_align_t) uint8_t data[];
};

void
arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){.max = max};
}

static void
drop(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;

        free(block);
        block = next;
    }
}

void
arena_release(struct arena *a)
{
    drop(a->head);
    drop(a->spare);
    arena_init(a, a->max);
}

/* Keep what stands behind the head for later: blocks of the usual size, together no more than the arena may hand out. */
static void
spare(struct arena *a)
{
    struct arena_block *block = a->head->next;
    struct arena_block *rest = a->spare;
    struct arena_block **last = &a->spare;
    size_t kept = 0;

    a->head->next = NULL;
    while (block != NULL || rest != NULL) {
        struct arena_block **from = block != NULL ? &block : &rest;
        struct arena_block *one = *from;

        *from = one->next;
        if (one->size > BLOCK_MAX_BYTES || kept + one->size > a->max) {
            free(one);
            continue;
        }
        kept += one->size;
        *last = one;
        last = &one->next;
    }
    *last = NULL;
}

void
arena_clear(struct arena *a)
{
    if (a->head != NULL) {
        if (a->head->next != NULL)
            spare(a);
        a->next = a->head->data;
        a->room = a->head->size;
    }
    a->used = 0;
    a->failed = false;
    a->starved = false;
}

/* A new head with room for ${n}; blocks double, so that many small pieces cost few calls of malloc. */
static struct arena_block *
extend(struct arena *a, size_t n)
{
    size_t size = a->head != NULL ? a->head->size * 2 : FIRST_BYTES;
    struct arena_block *block = a->spare;

    if (block != NULL && block->size >= n) {
        a->spare = block->next;
        block->next = a->head;
        a->head = block;
        return block;
    }
    if (size > BLOCK_MAX_BYTES)
        size = BLOCK_MAX_BYTES;
    if (size < n)
        size = n;
    block = mem_try(sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    block->next = a->head;
    a->head = block;
    return block;
}

void *
arena_more(struct arena *a, size_t n)
{
    size_t need = n > 0 ? n : 1;
    struct arena_block *block;

    if (need > a->max || (need = (need + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1)) > a->max - a->used) {
        a->failed = true;
        return NULL;
    }
    if (a->head == NULL || need > a->room) {
        block = extend(a, need);
        if (block == NULL) {
            a->failed = true;
            a->starved = true;
            return NULL;
        }
        a->next = block->data;
        a->room = block->size;
    }
    a->next += need;
    a->room -= need;
    a->used += need;
    return a->next - need;
}

void *
arena_zalloc(struct arena *a, size_t n)
{
    void *p = arena_alloc(a, n);

    if (p != NULL)
        memset(p, 0, n);
    return p;
}

char *
arena_strdup(struct arena *a, struct span s)
{
    char *copy = s.n < SIZE_MAX ? arena_alloc(a, s.n + 1) : NULL;

    if (copy == NULL)
        return NULL;
    if (s.n > 0)
        memcpy(copy, s.p, s.n);
    copy[s.n] = 0;
    return copy;
}
