/*
 * Messages of CCSDS that are made of repeated blocks: OEM, OCM, TDM. A form is a table: which blocks in which order, which keywords
 * each may hold, what its lines of data look like, what the elements of its XML are called. The readers and writers of KVN and
 * XML, the check and the canonical JSON all work from it. Single values are rows of types/fieldmap.h.
 * Attitude messages (504.0-B) add: elements around some values, lines whose columns the metadata choose, blocks inside blocks, and
 * major versions that have a table each.
 */
#ifndef TYPES_BLOCKMAP_H
#define TYPES_BLOCKMAP_H

#include "block.pb-c.h"
#include "record.pb-c.h"
#include "types/fieldmap.h"
#include "types/guess.h"
#include "types/type.h"

enum block_lines {
    BLOCK_NO_LINES,
    BLOCK_COLUMNS, /* a time and numbers */
    BLOCK_ROWS,    /* numbers only: a matrix */
    BLOCK_TAGGED   /* KEYWORD = time value; the keywords are the rows of ${tag} */
};

enum block_flag {
    BLOCK_MUST = 1,    /* at least once in a segment (the header: once) */
    BLOCK_MANY = 2,    /* any number of times */
    BLOCK_SEGMENT = 4, /* begins a segment; after the last block of one, the next may begin */
    BLOCK_AGAIN = 8,   /* its first keyword begins the next one, without words between (covariances) */
    BLOCK_USER = 16,   /* holds USER_DEFINED_x */
    BLOCK_INSIDE = 32, /* stands inside the block of the kind before it, at its end */
    BLOCK_BARE = 64    /* KVN: ${start} and ${stop} are read and not written; of a flat form */
};

/* XML: an element of its own around some of the values: <quaternion>. */
struct block_part {
    const char *element;
    const char *first; /* keyword of the first of its rows */
    size_t count;
    /* Its elements are called ${item}1, ${item}2, ... and this attribute has the keyword. NULL: they are called by it. */
    const char *attribute;
    const char *item;
    bool is_any; /* they come in any order */
};

/* Columns of a line where the metadata say which: the word that says it, and how XML nests them. */
struct block_layout {
    const char *word;
    const char *element; /* inside the line's element */
    const struct field *column;
    size_t columns;
    const struct block_part *part;
    size_t parts;
};

struct block_kind {
    const char *name;           /* in Block.name and JSON */
    const char *start;          /* KVN: the word that begins it, NULL: what stands there does */
    const char *stop;           /* KVN: the word that ends it; NULL: the next block does */
    const char *element;        /* XML */
    const char *line;           /* XML: the element of a line; NULL: there are no lines */
    const struct field *column; /* XML: the elements inside that, one a column; NULL: its text is the line */
    size_t columns;
    const struct field *field;
    size_t count;
    const struct field *tag; /* BLOCK_TAGGED */
    size_t tags;
    const struct block_part *part;
    size_t parts;
    unsigned char lines; /* enum block_lines */
    unsigned char flags; /* enum block_flag */
};

#define BLOCKMAP_KINDS_MAX    12
#define BLOCKMAP_FIELDS_MAX   128
#define BLOCKMAP_TAGS_MAX     96
#define BLOCKMAP_BLOCKS_MAX   1024 /* of one record */
#define BLOCKMAP_ITEMS_MAX    4096 /* of one block: what a piece of a long message holds at most is less */
#define BLOCKMAP_COLUMNS_MAX  128
#define BLOCKMAP_PIECE_BYTES  49152 /* a message longer than that becomes several records */
#define BLOCKMAP_PIECE_LINES  2048  /* ... or with more lines of data in one block */
#define BLOCKMAP_PIECE_BLOCKS 512   /* ... or with more blocks */

struct block_walk;

struct blockmap {
    const char *form;             /* the root element, and the message's own word: "oem" */
    const char *majors;           /* versions known: "123" */
    const struct blockmap *older; /* the form in other versions; NULL: none */
    const struct block_kind *kind;
    size_t kinds; /* [0] is the header, [0].field[0] the version keyword */
    /* A line of data of the open block, cut into columns; a block that is complete. 0, or -1 with w->why. NULL: nothing to add. */
    int (*line)(struct block_walk *w, const struct span *column, size_t n);
    int (*end)(struct block_walk *w);
    /* The columns of the lines of a segment, by its metadata. NULL: block_kind has them. */
    const struct block_layout *(*layout)(const Parallax__V1__Block *metadata);
    bool has_units;      /* KVN may show units; else they are fixed and never shown */
    bool is_flat;        /* KVN has no words that begin and end blocks: keywords say where they belong */
    bool has_long_lines; /* KVN lines have no limit */
    const ProtobufCMessageDescriptor *schema;
    size_t source, form_at, n_blocks, blocks; /* offsets in the message */
};

/* The rules of a form over the items of a message, one after the other: the readers and the check walk the same way. */
/* What a reader tells and a check lets pass: once a block each. */
enum block_odd {
    BLOCK_ODD_COLUMNS = 1,
    BLOCK_ODD_ORDER = 2,
    BLOCK_ODD_TWICE = 4,
    BLOCK_ODD_OUTSIDE = 8,
    BLOCK_ODD_MISSING = 16
};

struct block_walk {
    const struct blockmap *map;
    struct why *why;
    uint32_t row, column;                /* place of the item, in the text; 0: none */
    const struct block_kind *kind;       /* of the open block; NULL: none is open */
    const Parallax__V1__Block *block;    /* the open block as far as it came */
    const Parallax__V1__Block *metadata; /* of this segment; NULL: none came */
    size_t count[BLOCKMAP_KINDS_MAX];    /* blocks of each kind in this segment */
    size_t segments;
    size_t at; /* kind of the last block */
    uint64_t seen[BLOCKMAP_FIELDS_MAX / 64];
    size_t last;          /* row of the last keyword; SIZE_MAX: none yet */
    size_t lines, extras; /* of the open block */
    size_t columns;       /* of its first line */
    bool is_relative;     /* its time tags are seconds */
    char time[72];        /* of the line before */
    struct utc before;    /* that, where it is of the calendar */
    bool has_before;
    struct utc start, stop; /* of this segment, for its form: what all its times lie in */
    bool has_span;
    struct utc matrix; /* of the covariance before in this segment, for its form; mjd 0: none */
    struct utc tag_before[BLOCKMAP_TAGS_MAX]; /* BLOCK_TAGGED: the last time of each keyword; mjd 0: none */
    char system[72];                          /* TIME_SYSTEM of the message */
    unsigned odd_told;                        /* enum block_odd, of this block */
    const char *odd_field, *odd;              /* for the reader to tell and to clear; NULL: nothing */
    struct guess tag;
};

void blockmap_walk(struct block_walk *w, const struct blockmap *map, struct why *why);
int blockmap_walk_open(struct block_walk *w, const struct block_kind *kind, const Parallax__V1__Block *block);
int blockmap_walk_item(struct block_walk *w, const Parallax__V1__Item *item);
int blockmap_walk_close(struct block_walk *w);
int blockmap_walk_end(struct block_walk *w);
/* why_set() at the place of the item. Returns -1. */
int blockmap_wrong(struct block_walk *w, enum why_code code, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Something that the standard forbids and whose meaning is certain: for w->odd, once a block. */
void blockmap_odd(struct block_walk *w, enum block_odd what, const char *field, const char *note);

/* For the rules of a form, 0 or -1 with w->why: a column is a number; ${from} is not after ${to}, where both are times. */
int blockmap_number(struct block_walk *w, struct span value);
int blockmap_span(struct block_walk *w, const char *from, const char *to);

/* Row of the keyword of a line of a block of ${kind}; -1: none. */
int blockmap_find_tag(struct block_walk *w, const struct block_kind *kind, struct span keyword);
/* Row of a keyword; -1: unknown. */
int blockmap_find(const struct field *field, size_t n, struct span keyword);
/* The value of a keyword in a block; n == 0: not given. */
struct span blockmap_value(const Parallax__V1__Block *block, const char *keyword);
/* Cut at blanks and TABs. The number of columns; more than ${max} are counted and not stored. */
size_t blockmap_columns(struct span line, struct span *column, size_t max);
/* One blank between two columns, none before and behind. ${to} is a copy of ${text}. */
void blockmap_single_blanks(char *to, struct span text);
/* Is item ${i} of ${block} a line of data (of the kind's lines)? */
bool blockmap_is_line(const struct block_kind *kind, const Parallax__V1__Item *item);
const struct block_kind *blockmap_kind(const struct blockmap *map, const char *name);
size_t blockmap_blocks(const struct blockmap *map, const ProtobufCMessage *msg, Parallax__V1__Block ***list);

/* For struct type. */
int blockmap_check(const struct blockmap *map, const ProtobufCMessage *msg, struct why *why);
/* The last part of it. A message of blockmap_build.h has passed the others. */
int blockmap_check_source(const struct blockmap *map, const ProtobufCMessage *msg, struct why *why);
void blockmap_json(const struct blockmap *map, const ProtobufCMessage *msg, struct buf *out);
void blockmap_source(const struct blockmap *map, const ProtobufCMessage *msg, struct source *out);
/* ${map}, or an older one that knows ${version}. */
const struct blockmap *blockmap_for(const struct blockmap *map, struct span version);
/* The part that row ${row} of ${field} stands in; NULL: none. ${index}: which of its rows, from 0; may be NULL. */
const struct block_part *blockmap_part(const struct block_part *part, size_t parts, const struct field *field,
                                       size_t count, size_t row, size_t *index);
/* The form that ${msg} says it has, in its version, of ${map}[0..n); NULL: none of them. */
const struct blockmap *blockmap_of(const struct blockmap *const *map, size_t n, const ProtobufCMessage *msg);

/* As struct reader's read() and struct writer's write(); begin and end of XML as xmlmap_begin(), xmlmap_end(). */
int blockmap_read_kvn(const struct blockmap *map, const char *format, struct span input,
                      const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
                      struct why *why);
int blockmap_read_xml(const struct blockmap *map, const char *format, struct span input,
                      const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
                      struct why *why);
int blockmap_write_kvn(const struct blockmap *map, const ProtobufCMessage *msg, const struct convert *how,
                       struct buf *out, struct why *why);
int blockmap_write_xml(const struct blockmap *map, const ProtobufCMessage *msg, const struct convert *how,
                       struct buf *out, struct why *why);

#endif
