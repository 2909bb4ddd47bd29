/* A decimal number as its digits, to fit it exactly into fixed columns. */
#ifndef TYPES_ORBIT_ORBIT_DECIMAL_H
#define TYPES_ORBIT_ORBIT_DECIMAL_H

#include "base/limit.h"
#include "base/span.h"

/* +-0.DIGITS x 10^exponent; no zero at either end; n == 0: zero. */
struct orbit_decimal {
    bool minus;
    size_t n;
    char digits[LIMIT_DIGITS_COUNT];
    int exponent;
};

/* ${text} must satisfy num_is_decimal(). */
void orbit_decimal_read(struct span text, struct orbit_decimal *out);

/*
 * The magnitude as ${before} digits (padded with ${pad}) and ${behind} decimals, with the point if ${point}; ${out} needs room for all
 * and a NUL. -1 if it has more digits than that on either side.
 */
int orbit_decimal_fixed(const struct orbit_decimal *d, unsigned before, char pad, bool point, unsigned behind,
                        char *out);

/* The magnitude as five digits behind an implied point and an exponent -9..9; -1 if that does not hold it. */
int orbit_decimal_exponential(const struct orbit_decimal *d, char digits[6], int *exponent);

#endif
