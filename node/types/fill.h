/*
 * Filling a message from text, by its fieldmap: what every reader does with one `keyword, value, unit` after its grammar has cut
 * them out. Here stands what is tolerated, what is refused, and what is only reported.
 */
#ifndef TYPES_FILL_H
#define TYPES_FILL_H

#include "syntax/place.h"
#include "types/fieldmap.h"
#include "types/guess.h"
#include "types/type.h"

/* Kinds of source, for what they leave out. */
enum fill_style {
    FILL_CCSDS, /* KVN and XML: every mandatory keyword is there, an empty value is reported */
    FILL_TABLE  /* JSON, CSV, TLE: an empty value is no value, defaults are implied */
};

/* What a source without metadata means: keyword and value. */
struct fill_default {
    const char *keyword;
    const char *value;
};

struct fill_comment {
    struct fill_comment *next;
    struct span text;
};

struct fill {
    const struct fieldmap *map;
    const struct convert *how;
    struct arena *arena;
    struct why *why;
    enum fill_style style;
    ProtobufCMessage *msg;
    unsigned part; /* where keywords go: 0, or an object */
    ProtobufCMessage *object[FIELDMAP_PARTS];
    uint64_t seen[FIELDMAP_PARTS][FIELDMAP_FIELDS_MAX / 64];
    struct place start;                   /* of the record */
    struct fill_comment *pending;         /* comments whose block is not known yet, newest first */
    size_t last;                          /* row of the last keyword; map->count if none */
    bool is_disordered;                   /* reported already */
    size_t room_comments[FIELDMAP_PARTS]; /* allocated elements */
    size_t room_extras[FIELDMAP_PARTS];
    struct guess guess; /* goes from record to record: a struct fill is zero before its first */
};

/* Begin a message in ${arena}, which is cleared first. 0, or -1 with ${why}. */
int fill_begin(struct fill *f, const struct fieldmap *map, enum fill_style style, const struct convert *how,
               struct arena *arena, struct why *why);

/*
 * One keyword. ${unit}.p NULL: no unit given. An unknown keyword is kept as an extra one. ${value_at} is the place of the value.
 */
int fill_put(struct fill *f, struct span keyword, struct span value, struct span unit, struct place at,
             struct place value_at);
/* Row of a keyword in the part that is being filled, or in the message itself; -1: unknown. */
int fill_find(struct fill *f, struct span keyword);
/* fill_put() with the row known. */
int fill_row(struct fill *f, size_t row, struct span value, struct span unit, struct place at,
             struct place value_at);
/* A keyword outside the standard. */
int fill_extra(struct fill *f, struct span name, struct span value, struct place at);

/* A comment: it belongs to the block of the next keyword, or to ${block} where the source names it. */
int fill_comment(struct fill *f, struct span text, struct place at);
int fill_comment_in(struct fill *f, struct span block, struct span text, struct place at);

/* What follows belongs to object 1 or 2, by its word ("OBJECT1"). */
int fill_object(struct fill *f, struct span word, struct place at);

/* The source of the message. Spans are borrowed until the arena is cleared. */
int fill_source(struct fill *f, const char *format, struct span original, struct span preamble);

/* Add what is implied, place the last comments, and see that nothing mandatory is missing. ${at}: where the record begins. */
int fill_end(struct fill *f, const struct fill_default *implied, struct place at);

/*
 * Something that the standard forbids and that is certain in meaning: a refusal when strict (-1), else a warning (0).
 */
int fill_tolerate(struct fill *f, enum why_code code, struct place at, const char *field, const char *fmt,
                  ...) __attribute__((format(printf, 5, 6)));
/* A warning in any case. */
void fill_warn(const struct convert *how, struct place at, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Something that a format cannot hold, when writing: CANNOT_HOLD when strict (-1), else a warning (0). */
int fill_lose(const struct convert *how, struct why *why, const char *field, const char *note);

/* Tell ${emit}. What check() finds wrong without a place gets the place of the record. */
int fill_emit(struct fill *f, type_emit_fn *emit, void *cookie);

/* A copy in the arena, with blanks for TABs; NULL when that is full. */
char *fill_copy(struct fill *f, struct span text);

/* Out of arena: the record is too large. Returns -1. */
int fill_full(struct fill *f, struct place at);

#endif
