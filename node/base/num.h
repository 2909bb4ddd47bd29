/* Strict numbers: whole text or nothing, no locale. Decimals are kept as text; these only check and view them. */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include "base/span.h"

/* Optional sign and digits only, range-checked. Returns 0, or -1 (not such a number, or out of range). */
int num_int(struct span s, int64_t min, int64_t max, int64_t *out);
int num_uint(struct span s, uint64_t max, uint64_t *out);

/* The decimal digits of ${v} and a NUL; returns how many digits. */
#define NUM_PRINT_MAX 21
size_t num_print(uint64_t v, char out[NUM_PRINT_MAX]);

/*
 * Is ${s} a decimal number: [+-] digits [. digits] [(e|E|d|D) [+-] digits], with digits before or after the
 * point. At most LIMIT_DIGITS_COUNT characters, exponent from -9999 to 9999. NaN, Inf, hex and blanks are not.
 */
bool num_is_decimal(struct span s);

/* The value as a double (a view: correctly rounded, never written back). -1 if no decimal or not finite. */
int num_double(struct span s, double *out);

/* Compare two decimals exactly, by their text. -1, 0 or 1. Both must satisfy num_is_decimal(). */
int num_compare(struct span a, struct span b);

#endif
