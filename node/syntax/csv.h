/* Comma separated values (RFC 4180), row by row, with the place of each cell. Nothing is allocated but by quotes in quotes. */
#ifndef SYNTAX_CSV_H
#define SYNTAX_CSV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limit.h"
#include "base/scan.h"

struct csv_cell {
    struct span text; /* without its quotes */
    uint32_t column;  /* of its first byte in its line */
    uint32_t line;
};

struct csv_row {
    struct csv_cell cell[LIMIT_COLUMN_COUNT];
    size_t count;
    struct span raw; /* with its line end */
};

struct csv {
    struct scan scan;
    struct arena *arena; /* for cells with doubled quotes */
};

void csv_init(struct csv *c, struct span text, struct arena *arena, struct why *why);

/*
 * The next row that is not blank. False at the end or when ${why} is set (TEXT_ENCODING, TEXT_LIMIT, TEXT_SYNTAX). Cells live as
 * long as the text and ${arena} do.
 */
bool csv_next(struct csv *c, struct csv_row *out);

/* Append one cell, quoted where it has to be. */
void csv_put(struct buf *out, struct span text);

#endif
