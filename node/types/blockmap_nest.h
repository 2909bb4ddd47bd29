/* XML of blockmap.h where some values stand in elements of their own: which is open, and what came of a line. */
#ifndef TYPES_BLOCKMAP_NEST_H
#define TYPES_BLOCKMAP_NEST_H

#include "syntax/xml.h"
#include "types/blockmap.h"

#define BLOCKMAP_NEST_COLUMNS 16

struct block_nest {
    const struct block_layout *layout; /* of the line; NULL: the parts are those of the block */
    const struct block_part *part;     /* whose element is open; NULL: none */
    bool is_inside;                    /* the layout's element is open */
    size_t last, count;                /* of a line: row of the last column, columns so far */
    size_t start[BLOCKMAP_NEST_COLUMNS],
        length[BLOCKMAP_NEST_COLUMNS]; /* of each column in ${text}; 0: it did not come */
    struct buf text;
    char role[LIMIT_NAME_BYTES + 1]; /* the keyword that an attribute gave */
};

void blockmap_nest_init(struct block_nest *n);
void blockmap_nest_release(struct block_nest *n);
/* A line of ${layout} begins; NULL: a block does. */
void blockmap_nest_begin(struct block_nest *n, const struct block_layout *layout);

/*
 * An element begins, in a line of ${layout} or in ${kind}. True: it is a part, or the layout's own. False with ${why} set: it is
 * where none may be; without: it is another.
 */
bool blockmap_nest_start(struct block_nest *n, const struct block_kind *kind, const struct xml_event *event,
                         struct why *why);
/* An element ends. True: it was a part, or the layout's own. */
bool blockmap_nest_end(struct block_nest *n, const struct xml_event *event);
/* The keyword of a value: its element's name, or what the attribute said. {NULL, 0} with ${why}: it does not belong here. */
struct span blockmap_nest_keyword(struct block_nest *n, const struct block_kind *kind,
                                  const struct xml_event *event, struct place at, struct why *why);
/* A column of the line. 0, or -1 with ${why}. */
int blockmap_nest_put(struct block_nest *n, size_t row, struct span value, struct place at, struct why *why);
/* The line of all columns, with blanks between them. 0, or -1 with ${why}: some did not come. */
int blockmap_nest_line(const struct block_nest *n, struct buf *out, struct place at, struct why *why);

#endif
