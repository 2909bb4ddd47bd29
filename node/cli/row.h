/* One record as the api answers it, shown to people. */
#ifndef CLI_ROW_H
#define CLI_ROW_H

#include "core/row.h"

/* "[EXERCISE] CANCEL summary": mode when a drill, kind when not INITIAL, quarantine, what it says. */
void row_summary(const struct row *r, struct buf *out);
void row_epoch(const struct row *r, char text[UTC_TEXT_MAX]);   /* "-" when it has none */
void row_created(const struct row *r, char text[UTC_TEXT_MAX]); /* when its origin made it */
/* Say on standard error that what was written to standard output is a drill, if it is. */
void row_warn_mode(int mode);

#endif
