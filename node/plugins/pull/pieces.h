/* The records of a JSON answer as byte ranges of it, so that a part of them can be published with the bytes around them. Pure. */
#ifndef PLUGINS_PULL_PIECES_H
#define PLUGINS_PULL_PIECES_H

#include "base/buf.h"
#include "base/why.h"
#include "crypt/hash.h"

struct piece {
    struct span text;
    uint8_t digest[HASH_BYTES];
    bool changed;
};

struct pieces {
    struct span head, tail; /* up to and with `[`; from `]` on */
    struct piece *piece;
    size_t n, cap;
};

void pieces_init(struct pieces *p);
void pieces_release(struct pieces *p);

/*
 * Find the elements of the array ${member} of ${body} (a member of the outermost object; "" = the body is the array; "none" = the body is one piece,
 * of any format). Spans into ${body}. 0, or -1 with ${why}: no JSON, or no such array.
 */
int pieces_find(struct pieces *p, struct span body, const char *member, struct why *why);

/* Mark as changed what ${before} has not. How many. */
size_t pieces_compare(struct pieces *p, const struct pieces *before);

/* How many changed pieces from ${first} on fit ${bytes_max} with head and tail; at least one. ${first} and what is counted are changed pieces. */
size_t pieces_fit(const struct pieces *p, size_t first, size_t bytes_max);

/* Append a document of the ${count} changed pieces from the piece ${first} on, and its digest. Returns the piece behind the last. */
size_t pieces_write(const struct pieces *p, size_t first, size_t count, struct buf *out,
                    uint8_t digest[HASH_BYTES]);

#endif
