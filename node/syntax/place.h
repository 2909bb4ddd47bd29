/* Byte offsets to lines and columns, for parsers that only know offsets. Cheap when offsets ascend. */
#ifndef SYNTAX_PLACE_H
#define SYNTAX_PLACE_H

#include "base/span.h"

/* Where something stands in an input: 1-based, columns in bytes; 0 = no place. */
struct place {
    uint32_t line;
    uint32_t column;
};

struct places {
    struct span text;
    size_t offset; /* everything before it is counted */
    size_t line_start;
    uint32_t line;
};

/* ${text} is borrowed and must outlive ${p}. */
void place_init(struct places *p, struct span text);

/* The place of ${offset}; one beyond the end is the end. Line ends CR, LF and CR LF are one line end. */
struct place place_of(struct places *p, size_t offset);

#endif
