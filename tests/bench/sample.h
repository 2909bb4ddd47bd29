/* Times of a benchmark: the clock, and order statistics. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* CLOCK_MONOTONIC, the same for all processes of the machine. */
int64_t sample_now_ns(void);
/* Pause; signals do not shorten it. */
void sample_pause_ns(int64_t ns);

/* Durations, nanoseconds. */
struct sample {
    int64_t *v;
    size_t n;
};

void sample_add(struct sample *s, int64_t ns);
void sample_release(struct sample *s);
/* The value that ${permille} of a thousand are at or below, microseconds; 0 of nothing. Sorts ${s}. */
double sample_us(struct sample *s, unsigned permille);

/* Say on standard error why a benchmark ends, and end it: a figure of half a run is none. */
void sample_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
