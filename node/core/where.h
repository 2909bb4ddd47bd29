/*
 * Expressions over records (docs/filters.md): `type == conjunction and pc >= 1e-4 and miss_m < 1000`. What a record does not state makes a comparison unknown, which is
 * neither true nor false; a record fits where the whole is true. Total and bounded: LIMIT_WHERE_* in base/limit.h. Pure.
 */
#ifndef CORE_WHERE_H
#define CORE_WHERE_H

#include "base/arena.h"
#include "base/utc.h"
#include "base/why.h"
#include "record.pb-c.h"
#include "types/type.h"

/* A record, as its reader can open it. */
struct where_record {
    const char *origin;
    struct span audience, class_name; /* "open", "alert"; empty while they are not known */
    const Parallax__V1__Header *header;
    const struct type *type;     /* NULL: not known here, or a record about its log */
    const ProtobufCMessage *msg; /* it passed check(); NULL: not held, or it cannot be opened */
    struct utc now;              /* for figures that change with time */
};

enum where_truth { WHERE_FALSE, WHERE_UNKNOWN, WHERE_TRUE };

/* From where a comparison has its values. */
enum where_source {
    WHERE_TYPE,
    WHERE_ORIGIN,
    WHERE_AUDIENCE,
    WHERE_CLASS,
    WHERE_MODE,
    WHERE_KIND,
    WHERE_OBJECT,
    WHERE_SUBJECT,
    WHERE_CREATED,
    WHERE_EPOCH,
    WHERE_ISSUED,
    WHERE_EXPIRES,
    WHERE_FIGURE,
    WHERE_BODY
};

enum where_relation {
    WHERE_EQUAL,
    WHERE_LESS,
    WHERE_AT_MOST,
    WHERE_ABOVE,
    WHERE_AT_LEAST,
    WHERE_LIKE,
    WHERE_STATED
};

enum where_kind { WHERE_TEXT, WHERE_NUMBER, WHERE_TIME };

struct where_value {
    enum where_kind kind;
    struct span text; /* as written, without quotes; an object's is canonical */
    double number;
    struct utc time;
    const struct where_value *next;
};

/* Holds it for one of the values that the record states, and one of those that are given? */
struct where_test {
    enum where_source source;
    enum where_relation relation;
    const char *figure;                       /* of WHERE_FIGURE: one of a type's figure_names */
    struct span path[LIMIT_WHERE_PATH_COUNT]; /* of WHERE_BODY */
    size_t path_n, no;
    const struct where_value *value;
    const struct where_test *next;
};

enum where_op { WHERE_TEST, WHERE_NOT, WHERE_AND, WHERE_OR };

struct where_node {
    enum where_op op;
    const struct where_test *test;
    const struct where_node *left, *right;
};

struct where {
    const struct where_node *root;
    const struct where_test *first; /* all of them */
    size_t tests;
    bool has_subject, has_figures, has_body;
};

/* Compile ${text} into memory of ${a}. NULL with ${why}: line and column in the text, and what was expected. */
const struct where *where_read(struct span text, struct arena *a, struct why *why);

enum where_truth where_judge(const struct where *w, const struct where_record *r);

/* One row a word that is no figure and no path, for documentation: its name, its kind and what it is. */
struct where_word {
    const char *name;
    enum where_source source;
    enum where_kind kind;
    const char *what;
};
extern const struct where_word where_words[];
extern const size_t where_words_count;

#endif
