/*
 * What the picture changes with every record: epoch, created, leaf, delivery and kind of the newest record of a subject. A row a subject would be a B-tree
 * search and an update a record; so SLOTS subjects share a row, the writer keeps rows that it changes in memory, and writes each once a transaction.
 * The thread that owns the handle.
 */
#include "store/store_internal.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/pack.h"

/* epoch and created (be64, sign flipped: they sort as bytes), leaf, delivery (be64), kind. sql.tbl knows both numbers. */
#define SLOT_BYTES 33
#define SLOTS      64

struct chunk {
    int64_t id; /* newest.id + 1; 0 = nothing here */
    uint32_t n; /* slots in use */
    uint8_t slots[SLOTS * SLOT_BYTES];
};

/* Chunk i is at i modulo the table's size. */
#define CHUNKS (LIMIT_STORE_NEWEST_COUNT / SLOTS)

struct store_newest {
    int64_t next;                /* slot for a new subject; -1 = not looked up yet */
    uint64_t dirty[CHUNKS / 64]; /* a bit a chunk: a commit of one record looks at few bytes */
    struct chunk chunk[CHUNKS];
};
_Static_assert(CHUNKS % 64 == 0, "whole words");

static void
set_dirty(struct store_newest *newest, const struct chunk *c, bool dirty)
{
    size_t i = (size_t)(c - newest->chunk);
    uint64_t bit = (uint64_t)1 << i % 64;

    newest->dirty[i / 64] = dirty ? newest->dirty[i / 64] | bit : newest->dirty[i / 64] & ~bit;
}

static bool
is_dirty(const struct store_newest *newest, size_t i)
{
    return (newest->dirty[i / 64] >> i % 64 & 1) != 0;
}

static void
put_be64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

static void
write_slot(uint8_t *p, const struct store_slot *v)
{
    put_be64(p, (uint64_t)v->epoch ^ 1ull << 63);
    put_be64(p + 8, (uint64_t)v->created ^ 1ull << 63);
    put_be64(p + 16, (uint64_t)v->leaf);
    put_be64(p + 24, v->delivery);
    p[32] = v->kind;
}

bool
store_slot_read(struct span in, struct store_slot *out)
{
    uint64_t epoch, created, leaf;

    if (in.n != SLOT_BYTES || !pack_take_be64(&in, &epoch) || !pack_take_be64(&in, &created) ||
        !pack_take_be64(&in, &leaf) || !pack_take_be64(&in, &out->delivery) || !pack_take_u8(&in, &out->kind))
        return false;
    out->epoch = (int64_t)(epoch ^ 1ull << 63);
    out->created = (int64_t)(created ^ 1ull << 63);
    out->leaf = (int64_t)leaf;
    return out->leaf >= 0 && leaf_log(out->leaf) != 0;
}

static int
write_chunk(struct store *s, struct chunk *c)
{
    sqlite3_stmt *st = store_stmt(s, SQL_NEWEST_PUT);

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, c->id - 1);
    store_bind_span(st, 2, span_of(c->slots, (size_t)c->n * SLOT_BYTES));
    if (store_run(s, st) != 0)
        return -1;
    set_dirty(s->newest, c, false);
    return 0;
}

int
store_newest_flush(struct store *s)
{
    for (size_t w = 0; s->newest != NULL && w < CHUNKS / 64; w++) {
        for (uint64_t left = s->newest->dirty[w]; left != 0; left &= left - 1)
            if (write_chunk(s, &s->newest->chunk[w * 64 + (size_t)__builtin_ctzll(left)]) != 0)
                return -1;
    }
    return 0;
}

void
store_newest_clear(struct store *s)
{
    free(s->newest);
    s->newest = NULL;
}

static struct store_newest *
newest_get(struct store *s)
{
    if (s->newest == NULL) {
        s->newest = mem_new(sizeof *s->newest);
        s->newest->next = -1;
    }
    return s->newest;
}

/* Row ${id} of newest in memory, read when it is not; a new one is empty. NULL after store_fail. */
static struct chunk *
chunk_get(struct store *s, int64_t id)
{
    size_t i = (size_t)((uint64_t)id % CHUNKS);
    struct chunk *c = &newest_get(s)->chunk[i];
    struct span slots;
    sqlite3_stmt *st;
    int rc;

    if (c->id == id + 1)
        return c;
    if (is_dirty(s->newest, i) && write_chunk(s, c) != 0)
        return NULL;
    st = store_stmt(s, SQL_NEWEST_GET);
    if (st == NULL)
        return NULL;
    *c = (struct chunk){0};
    (void)sqlite3_bind_int64(st, 1, id);
    rc = store_row(s, st);
    if (rc > 0) {
        slots = store_column(st, 0);
        if (slots.n == 0 || slots.n > sizeof c->slots || slots.n % SLOT_BYTES != 0) {
            rc = store_fail(s, "row %lld of the picture is damaged", (long long)id);
        } else {
            memcpy(c->slots, slots.p, slots.n);
            c->n = (uint32_t)(slots.n / SLOT_BYTES);
        }
    }
    (void)sqlite3_reset(st);
    if (rc < 0)
        return NULL;
    c->id = id + 1;
    return c;
}

int
store_slot_get(struct store *s, int64_t slot, struct store_slot *out)
{
    struct chunk *c = chunk_get(s, slot / SLOTS);
    uint32_t at = (uint32_t)((uint64_t)slot % SLOTS);

    if (c == NULL)
        return -1;
    if (slot < 0 || at >= c->n || !store_slot_read(span_of(c->slots + at * SLOT_BYTES, SLOT_BYTES), out))
        return store_fail(s, "slot %lld of the picture is damaged or missing", (long long)slot);
    return 0;
}

int
store_slot_set(struct store *s, int64_t slot, const struct store_slot *v)
{
    struct chunk *c = chunk_get(s, slot / SLOTS);
    uint32_t at = (uint32_t)((uint64_t)slot % SLOTS);

    if (c == NULL)
        return -1;
    if (slot < 0 || at >= c->n)
        return store_fail(s, "slot %lld of the picture is missing", (long long)slot);
    write_slot(c->slots + at * SLOT_BYTES, v);
    set_dirty(s->newest, c, true);
    return 0;
}

/* The slot after the last one in use. */
static int
find_next(struct store *s, struct store_newest *newest)
{
    sqlite3_stmt *st = store_stmt(s, SQL_NEWEST_LAST);
    int rc;

    if (store_newest_flush(s) != 0 || st == NULL)
        return -1;
    rc = store_row(s, st);
    newest->next =
        rc > 0 ? sqlite3_column_int64(st, 0) * SLOTS + sqlite3_column_int64(st, 1) / SLOT_BYTES : 0;
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : 0;
}

int
store_slot_add(struct store *s, const struct store_slot *v, int64_t *slot)
{
    struct store_newest *newest = newest_get(s);
    struct chunk *c;

    if (newest->next < 0 && find_next(s, newest) != 0)
        return -1;
    c = chunk_get(s, newest->next / SLOTS);
    if (c == NULL)
        return -1;
    if (c->n != newest->next % SLOTS)
        return store_fail(s, "row %lld of the picture is damaged", (long long)(newest->next / SLOTS));
    *slot = newest->next++;
    c->n++;
    return store_slot_set(s, *slot, v);
}
