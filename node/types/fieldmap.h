/*
 * One table a record type: keyword, member, kind, unit, range. The KVN, XML, JSON and CSV readers and writers, the check and the
 * canonical JSON of the type all work from it, so that no keyword is written twice. A message of several parts (a CDM: the
 * relative data and two objects) names the part of each row by its block.
 */
#ifndef TYPES_FIELDMAP_H
#define TYPES_FIELDMAP_H

#include <protobuf-c/protobuf-c.h>
#include "base/buf.h"
#include "base/why.h"
#include "keyword.pb-c.h"
#include "record.pb-c.h"
#include "types/type.h"

enum field_kind {
    FIELD_TEXT,   /* char *: free text, no control characters */
    FIELD_WORD,   /* char *: one of ${words}, as spelled there */
    FIELD_REAL,   /* char *: a decimal, its source text */
    FIELD_INT,    /* char *: an integer, its source text */
    FIELD_COUNT,  /* uint64_t: an integer; 0 = not given */
    FIELD_TIME,   /* char *: YYYY-MM-DDThh:mm:ss[.d...][Z], or with the day of the year */
    FIELD_TAG,    /* char *: that, or seconds since the epoch of the message (502.0-B-3 section 6.2.1.7) */
    FIELD_VECTOR, /* char *: decimals with blanks between them, ${min} to ${max} of them */
    FIELD_PATH    /* char *: digits with commas between them, of participants: 1,2,1 */
};

enum field_flag {
    FIELD_MUST = 1, /* mandatory */
    FIELD_SHOULD =
        2,          /* mandatory by the standard, but served empty by agencies: only strict reading insists */
    FIELD_OPEN = 4, /* other words than ${words} occur and are kept */
    FIELD_ABOVE = 8,  /* ${min} itself is outside */
    FIELD_BELOW = 16, /* ${max} itself is outside */
    FIELD_NEW = 32,   /* not in the oldest version that the map reads */
    FIELD_FORM = 64,  /* of a form: "<...>" is a hint that was not replaced */
    FIELD_LOWER = 128 /* XML spells its words in lower case (505.0-B-3: attitudeTypeType) */
};

struct field {
    const char *keyword;
    const char *unit; /* NULL: a pure number or no number */
    const char *min;  /* decimals, inclusive; NULL: none */
    const char *max;
    const char *words;   /* "YES|NO" */
    const char *alias;   /* what else a source calls it; NULL */
    size_t offset;       /* of the member in its part */
    unsigned char kind;  /* enum field_kind */
    unsigned char block; /* index of its block */
    unsigned char flags; /* enum field_flag */
};

struct field_block {
    const char *name; /* place of its comments: "header", "metadata" */
    const char *path; /* of its element in XML, below the root: "body/segment/metadata"; NULL: XML has none */
    unsigned char part; /* 0: the message itself; 1: each of its objects */
    bool is_optional;   /* its mandatory fields are mandatory only if any of the block is there */
    bool is_quiet;      /* takes no comments: they go to the block of the same name before it */
};

/* Offsets of what a part has beside its keywords; 0: the type has none. */
struct field_part {
    const ProtobufCMessageDescriptor *schema;
    size_t n_comments, comments; /* Comment */
    size_t n_extras, extras;     /* Keyword */
};

#define FIELDMAP_PARTS      3
#define FIELDMAP_FIELDS_MAX 128
#define FIELDMAP_NOTES_MAX                                                                                   \
    256 /* comments, and keywords outside the standard, of one part; messages seen have 40 */

struct fieldmap {
    const char *root;          /* XML element of a message: "omm" */
    const char *majors;        /* versions known: "23" */
    const struct field *field; /* [0] is the version keyword, if the format has one */
    size_t count;
    const struct field_block *block;
    size_t block_count;
    struct field_part part[2];               /* the message itself; its objects */
    size_t source;                           /* offset of the Source in the message */
    size_t object[FIELDMAP_PARTS];           /* offsets of the objects; [0] is unused */
    const char *object_keyword;              /* "OBJECT"; NULL: the message has no objects */
    const char *object_word[FIELDMAP_PARTS]; /* [1] "OBJECT1", [2] "OBJECT2" */
    bool has_units;                          /* units are mandatory in KVN (CDM) rather than optional (OMM) */
    const char *user_prefix; /* "USER_DEFINED_"; NULL: the standard has no place for other keywords */
    const char *user_block;  /* the block of those: the last one, without fields */
};

/* Parts that a message of this map has: 1, or 3 with objects. */
unsigned fieldmap_parts(const struct fieldmap *map);

/* Part ${index} of ${msg}; NULL if that object is absent. */
const ProtobufCMessage *fieldmap_part(const struct fieldmap *map, const ProtobufCMessage *msg,
                                      unsigned index);

/* Row of ${keyword} in part kind ${object} (false: the message itself), looked for from ${hint} on; -1 if there is none. */
int fieldmap_find(const struct fieldmap *map, struct span keyword, bool object, size_t hint);

/* The value of a row as text; n == 0: not given. ${number} is room for a FIELD_COUNT. */
#define FIELDMAP_NUMBER_MAX 24
struct span fieldmap_get(const struct field *field, const ProtobufCMessage *part,
                         char number[FIELDMAP_NUMBER_MAX]);

/* Is there a value? */
static inline bool
fieldmap_is_given(const struct field *field, const ProtobufCMessage *part)
{
    const void *member = (const char *)part + field->offset;
    const char *text;
    uint64_t count;

    if (field->kind == FIELD_COUNT) {
        memcpy(&count, member, sizeof count);
        return count != 0;
    }
    memcpy(&text, member, sizeof text);
    return *text != 0;
}

/* Is ${value}, not empty, one that ${field} may hold? 0, or -1 with ${why} at ${line}, ${column}. */
int fieldmap_check_value(const struct field *field, struct span value, struct why *why, uint32_t line,
                         uint32_t column);

/* The spelling of ${value} in the words of ${field}; {NULL, 0} if it is none of them. */
struct span fieldmap_word(const struct field *field, struct span value);

/* Every field, comment and extra keyword of ${msg}: kinds, ranges, what is mandatory, sizes. 0, or -1 with ${why}. */
int fieldmap_check(const struct fieldmap *map, const ProtobufCMessage *msg, struct why *why);

/* The same for a message that fill.h has made: each of its values has been through fieldmap_check_value() already. */
int fieldmap_check_read(const struct fieldmap *map, const ProtobufCMessage *msg, struct why *why);

/* Nothing is given but the rows of the map, FORM, and what its parts list. 0, or -1 with ${why}. */
int fieldmap_check_alone(const struct fieldmap *map, const ProtobufCMessage *msg, struct why *why);

/* There is a source, with bytes and a format word. 0, or -1 with ${why}. */
int fieldmap_check_source(const Parallax__V1__Source *source, struct why *why);

/* Text of ours or theirs: UTF-8 without control characters, at most ${max} bytes. 0, or -1 with ${why}. */
int fieldmap_check_text(const char *keyword, struct span value, size_t max, struct why *why, uint32_t line,
                        uint32_t column);

/* A keyword outside the standard: printable, no blanks, no `=`. 0, or -1 with ${why}. */
int fieldmap_check_name(struct span name, struct why *why, uint32_t line, uint32_t column);

/* A version that the map reads. 0, or -1 with ${why} (VERSION). */
int fieldmap_check_version(const struct fieldmap *map, struct span value, struct why *why, uint32_t line,
                           uint32_t column);

/* A decimal as JSON wants it: no plus sign, no superfluous zeros in front, digits on both sides of the point, E for D. */
void fieldmap_number(struct buf *out, struct span value);

/* Canonical JSON of all parts, one line: rows in their order, comments, extra keywords. */
void fieldmap_json(const struct fieldmap *map, const ProtobufCMessage *msg, struct buf *out);

/* The same without its braces, for a type that adds members of its own; ${first}: nothing stands before it yet. */
void fieldmap_json_part(const struct fieldmap *map, const ProtobufCMessage *msg, bool *first,
                        struct buf *out);

/* Comment and extra keywords of a part. */
size_t fieldmap_comments(const struct fieldmap *map, const ProtobufCMessage *part, bool object,
                         Parallax__V1__Comment ***list);
size_t fieldmap_extras(const struct fieldmap *map, const ProtobufCMessage *part, bool object,
                       Parallax__V1__Keyword ***list);

/* For struct type: the source of a message. */
void fieldmap_source(const struct fieldmap *map, const ProtobufCMessage *msg, struct source *out);
void fieldmap_source_of(const Parallax__V1__Source *source, struct source *out);

#endif
