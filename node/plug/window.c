#include "plug/window.h"

#include <assert.h>

void
window_start(struct window *w, size_t max, uint64_t cursor)
{
    assert(max > 0 && max <= LIMIT_PLUGIN_WINDOW_COUNT);
    w->first = w->n = 0;
    w->max = max;
    w->passed = w->acked = cursor;
}

bool
window_is_full(const struct window *w)
{
    return w->n >= w->max;
}

void
window_push(struct window *w, uint64_t number)
{
    assert(!window_is_full(w) && number > w->passed);
    w->sent[(w->first + w->n++) % LIMIT_PLUGIN_WINDOW_COUNT] = number;
    w->passed = number;
}

void
window_pass(struct window *w, uint64_t number)
{
    if (number > w->passed)
        w->passed = number;
}

/* How many of the ring are not after ${number}. */
static size_t
covered(const struct window *w, uint64_t number)
{
    size_t lo = 0, hi = w->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (w->sent[(w->first + mid) % LIMIT_PLUGIN_WINDOW_COUNT] <= number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

enum window_result
window_ack(struct window *w, uint64_t number, size_t *count)
{
    size_t n = covered(w, number);

    *count = 0;
    if (number <= w->acked)
        return WINDOW_OLD;
    if (n == 0 || w->sent[(w->first + n - 1) % LIMIT_PLUGIN_WINDOW_COUNT] != number)
        return WINDOW_UNKNOWN;
    w->first = (w->first + n) % LIMIT_PLUGIN_WINDOW_COUNT;
    w->n -= n;
    w->acked = number;
    *count = n;
    return WINDOW_DONE;
}

uint64_t
window_cursor(const struct window *w)
{
    return w->n == 0 ? w->passed : window_oldest(w) - 1;
}

uint64_t
window_oldest(const struct window *w)
{
    return w->n == 0 ? 0 : w->sent[w->first];
}
