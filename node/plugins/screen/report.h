/* Approaches as text that the node reads: rows of SOCRATES' form, with a column METHOD. Pure. */
#ifndef PLUGINS_SCREEN_REPORT_H
#define PLUGINS_SCREEN_REPORT_H

#include "base/buf.h"
#include "base/utc.h"
#include "plugins/screen/sieve.h"

#define REPORT_FORMAT "socrates-csv"

extern const char report_head[]; /* the line with the names of the columns */

/* Append the row of the approach ${i} of a window from ${start}. */
void report_row(const struct sieve *s, struct utc start, size_t i, struct buf *out);

#endif
