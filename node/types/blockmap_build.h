/* Making a message of blocks from text: what the KVN and the XML reader of blockmap.h have in common. */
#ifndef TYPES_BLOCKMAP_BUILD_H
#define TYPES_BLOCKMAP_BUILD_H

#include "types/blockmap.h"
#include "types/fill.h"

struct block_comment {
    struct block_comment *next;
    struct span text;
    struct place at;
};

struct block_build {
    const struct blockmap *map;
    const char *format;
    struct fill fill; /* for tolerances and copies: its map is not used */
    struct block_walk walk;
    ProtobufCMessage *msg;
    Parallax__V1__Block *block; /* open; NULL: none */
    size_t blocks_room, items_room;
    struct block_comment *pending; /* comments whose place is not known yet, newest first */
    bool is_open;                  /* a message has begun */
    bool is_disordered;            /* reported for this block */
    bool is_unordered;             /* what comes now may come in any order */
    bool is_changed;               /* something was changed that the walk had seen: the check begins anew */
    struct place start;            /* of the message */
    uint32_t piece;                /* of a long message: 0 while it is whole so far */
    struct buf frame;              /* packed blocks that each piece begins with */
    type_emit_fn *emit;
    void *cookie;
};

void blockmap_build_init(struct block_build *b, const struct blockmap *map, const char *format,
                         const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
                         struct why *why);
void blockmap_build_release(struct block_build *b);

/* All of these: 0, or -1 with why. */
int blockmap_build_begin(struct block_build *b, struct place at); /* opens the header */
int blockmap_build_open(struct block_build *b, const struct block_kind *kind, struct place at);
int blockmap_build_close(struct block_build *b, struct place at); /* nothing if none is open */
/* Comments that wait belong to the open block: a word or a tag ends it. */
int blockmap_build_comments(struct block_build *b, struct place at);
int blockmap_build_comment(struct block_build *b, struct span text, struct place at);
/* KEYWORD = value. ${unit}.p NULL: none was written. */
int blockmap_build_pair(struct block_build *b, struct span keyword, struct span value, struct span unit,
                        struct place at, struct place value_at);
/* A line that goes on with the value of the keyword before it: some writers break long lists. */
int blockmap_build_continue(struct block_build *b, struct span text, struct place at);
/* Does a line that begins with ${word} go on with such a value? */
bool blockmap_build_is_continued(const struct block_build *b, struct span word);
/* A line of data: ${keyword} empty, or the tag of a BLOCK_TAGGED. */
int blockmap_build_line(struct block_build *b, struct span keyword, struct span text, bool has_units,
                        struct place at);
/* The message is complete: emitted with its source. Spans are borrowed. */
int blockmap_build_end(struct block_build *b, struct span preamble, struct span original, struct span trailer,
                       struct place at);
/* The same between two segments: what came so far is a piece, the next begins with the header. */
int blockmap_build_next(struct block_build *b, struct span preamble, struct span original,
                        struct span trailer, struct place at);
/* Is the message long enough to be cut before its next segment? ${bytes}: since its first line of data. */
bool blockmap_build_is_long(const struct block_build *b, size_t bytes);
/*
 * The message is too long for one record: what came so far is emitted as a piece, and the next piece begins with the header, the
 * metadata of this segment and what stands at the head of the open block, which stays open.
 */
int blockmap_build_cut(struct block_build *b, struct span preamble, struct span original, struct span trailer,
                       struct place at);

#endif
