/* Lines of fixed columns: 1-based and inclusive, as the tables of such formats count them. */
#ifndef SYNTAX_FIXCOL_H
#define SYNTAX_FIXCOL_H

#include "base/span.h"

/* Columns ${from}..${to} of ${line} as they stand; what lies beyond the end of the line is left out. */
struct span fixcol(struct span line, unsigned from, unsigned to);

/* The same without blanks at both ends. */
struct span fixcol_trim(struct span line, unsigned from, unsigned to);

/* The byte in column ${at}; a blank beyond the end. */
uint8_t fixcol_at(struct span line, unsigned at);

/* The column, in the line that ${part} was cut from, at which ${part} begins. */
uint32_t fixcol_column(struct span line, struct span part);

#endif
