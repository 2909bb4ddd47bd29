#include "plug/backoff.h"

int64_t
backoff_next(struct backoff *b, int64_t lived_ms)
{
    if (b->ms == 0 || lived_ms >= BACKOFF_STEADY_MS)
        b->ms = BACKOFF_MS_MIN;
    else
        b->ms = b->ms * 2 > BACKOFF_MS_MAX ? BACKOFF_MS_MAX : b->ms * 2;
    return b->ms;
}

void
backoff_reset(struct backoff *b)
{
    b->ms = 0;
}
