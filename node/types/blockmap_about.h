/* What a message of blocks is about: the subject and the summary that types of them share. */
#ifndef TYPES_BLOCKMAP_ABOUT_H
#define TYPES_BLOCKMAP_ABOUT_H

#include "types/blockmap.h"

struct block_about {
    const char *form;
    struct span name, cospar, catalog, number; /* of the object; number: in the catalogue */
    struct span start, stop, system;
    uint32_t piece; /* of a long message; 0: it is whole */
};

/* The first block of a name; NULL: there is none. */
const Parallax__V1__Block *blockmap_first(Parallax__V1__Block *const *block, size_t n, const char *name);
/* Lines of data in all blocks of a name. */
size_t blockmap_lines(Parallax__V1__Block *const *block, size_t n, const char *name);

/* Which object, by form and piece. 0. */
int blockmap_subject(const struct block_about *about, struct subject *out);
/* Its identifiers, for struct type. */
void blockmap_identity(const struct block_about *about, struct buf *out);
/* ` from START to STOP`, as far as they are times. */
void blockmap_put_times(const struct block_about *about, struct buf *out);
void blockmap_put_piece(const struct block_about *about, struct buf *out);

#endif
