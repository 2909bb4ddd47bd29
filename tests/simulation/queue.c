#include "queue.h"
#include "base/mem.h"
#include <stdlib.h>

static bool
before(const struct thing *a, const struct thing *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void
swap(struct thing *a, struct thing *b)
{
    struct thing t = *a;

    *a = *b;
    *b = t;
}

void
queue_put(struct queue *q, struct thing thing)
{
    size_t i = q->n++;

    if (q->n > q->cap) {
        q->cap = q->cap == 0 ? 256 : q->cap * 2;
        q->v = mem_resize(q->v, q->cap * sizeof(*q->v));
    }
    thing.order = q->order++;
    q->v[i] = thing;
    while (i > 0 && before(&q->v[i], &q->v[(i - 1) / 2])) {
        swap(&q->v[i], &q->v[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

bool
queue_take(struct queue *q, int64_t until_ms, struct thing *out)
{
    size_t i = 0;

    if (q->n == 0 || q->v[0].at_ms > until_ms)
        return false;
    *out = q->v[0];
    q->v[0] = q->v[--q->n];
    for (;;) {
        size_t least = i;
        for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < q->n; k++) {
            if (before(&q->v[k], &q->v[least]))
                least = k;
        }
        if (least == i)
            return true;
        swap(&q->v[i], &q->v[least]);
        i = least;
    }
}

void
queue_release(struct queue *q)
{
    for (size_t i = 0; i < q->n; i++)
        free(q->v[i].bytes);
    free(q->v);
    memset(q, 0, sizeof(*q));
}
