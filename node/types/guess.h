/*
 * Where a keyword stood in its table the last time: sources repeat the same keywords in an order of their own, so the guess is nearly
 * always right and a table need not be searched. It is a guess only: whoever uses it compares.
 */
#ifndef TYPES_GUESS_H
#define TYPES_GUESS_H

#include "base/span.h"

struct guess {
    uint8_t row[256]; /* by a sum over the keyword; tables have at most 128 rows */
};

/* The guess for ${keyword}, to be set to what was found. */
static inline uint8_t *
guess_row(struct guess *g, struct span keyword)
{
    size_t n = keyword.n, sum = n;

    if (n > 0)
        sum += (size_t)keyword.p[0] * 3 + (size_t)keyword.p[n / 4] * 23 + (size_t)keyword.p[n / 2] * 11 +
               (size_t)keyword.p[n - 1] * 5;
    return &g->row[sum % sizeof g->row];
}

#endif
