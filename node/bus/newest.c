/* The feed role's thread. */
#include "bus/newest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SLOTS 8192 /* twice the topics: a power of two */
#define TICKS 60

struct newest {
    struct newest_row row[LIMIT_FEED_TOPIC_COUNT];
    size_t n;
    uint16_t slot[SLOTS]; /* 1 + row; 0 = empty */
    uint64_t base, delivery;
    uint64_t tick[TICKS]; /* positions, a ring */
    size_t at;
};

struct newest *
newest_new(void)
{
    return mem_new(sizeof(struct newest));
}

void
newest_free(struct newest *n)
{
    free(n);
}

static void
forget(struct newest *n, uint64_t base)
{
    memset(n->slot, 0, sizeof n->slot);
    n->n = 0;
    n->base = base;
}

void
newest_start(struct newest *n, uint64_t base)
{
    forget(n, base);
    n->delivery = base;
    for (size_t i = 0; i < TICKS; i++)
        n->tick[i] = base;
}

/* FNV-1a. Who chooses topics chooses names of types and nodes, which are few. */
static size_t
hash(const char *topic)
{
    uint32_t h = 2166136261u;

    for (const char *c = topic; *c != '\0'; c++)
        h = (h ^ (uint8_t)*c) * 16777619u;
    return h & (SLOTS - 1);
}

static struct newest_row *
find(struct newest *n, const char *topic, size_t *slot)
{
    for (*slot = hash(topic); n->slot[*slot] != 0; *slot = (*slot + 1) & (SLOTS - 1)) {
        struct newest_row *row = &n->row[n->slot[*slot] - 1];
        if (strcmp(row->topic, topic) == 0)
            return row;
    }
    return NULL;
}

uint64_t
newest_put(struct newest *n, const char *topic, uint64_t delivery)
{
    size_t slot;
    struct newest_row *row = find(n, topic, &slot);
    uint64_t before;

    assert(strlen(topic) <= LIMIT_FEED_TOPIC_BYTES);
    if (row != NULL) {
        before = row->delivery;
    } else {
        if (n->n == LIMIT_FEED_TOPIC_COUNT) {
            forget(n, n->delivery);
            slot = hash(topic);
        }
        row = &n->row[n->n++];
        n->slot[slot] = (uint16_t)n->n;
        memcpy(row->topic, topic, strlen(topic) + 1);
        before = n->base;
    }
    row->delivery = delivery;
    n->delivery = delivery;
    return before;
}

void
newest_tick(struct newest *n, uint64_t delivery)
{
    n->delivery = delivery;
    n->tick[n->at] = delivery;
    n->at = (n->at + 1) % TICKS;
}

static size_t
list_after(const struct newest *n, uint64_t since, const struct newest_row *out[LIMIT_FEED_BEAT_COUNT])
{
    size_t found = 0;

    for (size_t i = 0; i < n->n && found <= LIMIT_FEED_BEAT_COUNT; i++) {
        if (n->row[i].delivery <= since)
            continue;
        if (found < LIMIT_FEED_BEAT_COUNT)
            out[found] = &n->row[i];
        found++;
    }
    return found;
}

size_t
newest_list(const struct newest *n, const struct newest_row *out[LIMIT_FEED_BEAT_COUNT], uint64_t *since)
{
    uint64_t last = n->tick[(n->at + TICKS - 1) % TICKS];
    const uint64_t from[] = {n->tick[n->at], last, n->delivery}; /* a minute ago, a second ago, now */
    size_t found = 0;

    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        *since = from[i] > n->base ? from[i] : n->base;
        found = list_after(n, *since, out);
        if (found <= LIMIT_FEED_BEAT_COUNT)
            break;
    }
    return found;
}
