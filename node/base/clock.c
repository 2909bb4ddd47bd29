#include "base/clock.h"

#include <time.h>

int64_t
clock_mono_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

struct utc
clock_utc(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return utc_from_unix(t.tv_sec, t.tv_nsec);
}
