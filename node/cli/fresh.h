/* How old an answer is, and where the next page of it begins. */
#ifndef CLI_FRESH_H
#define CLI_FRESH_H

#include "cli/args.h"
#include "core/row.h"

/* Append "epoch E, created C, received R, complete up to U"; "-" for what is not known. Times of receipt and completeness as in RecordRow. */
void fresh_put(struct buf *out, struct utc epoch, struct utc created, int64_t received_ms,
               int64_t complete_ms);
void fresh_put_row(struct buf *out, const struct row *r);
/* Append a time to the second, "-" when it is zero or not known. */
void fresh_put_time(struct buf *out, struct utc t);
void fresh_put_ms(struct buf *out, int64_t ms);

/* --cursor, as fresh_more() wrote it, into ${out}. EXIT_DONE or EXIT_USAGE. */
int fresh_cursor(const struct args *a, struct buf *out);
/* Say on standard error how to go on. */
void fresh_more(const struct buf *cursor);

#endif
