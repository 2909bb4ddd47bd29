/*
 * JSON (RFC 8259) as events, over a short way for what is plain and yajl: numbers keep their source text, depth and sizes are bounded, each event has its place.
 * One value, or several with white space between them (a list of one a line).
 */
#ifndef SYNTAX_JSON_H
#define SYNTAX_JSON_H

#include "base/why.h"
#include "syntax/place.h"

enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_OBJECT, /* `{` */
    JSON_OBJECT_END,
    JSON_ARRAY, /* `[` */
    JSON_ARRAY_END
};

struct json_event {
    enum json_kind kind;
    unsigned
        depth; /* objects and arrays around it: 0 = a value of its own; an end has the depth of its start */
    struct span key;  /* its member name, {NULL, 0} in an array; valid during the call */
    struct span text; /* decoded string, source text of a number, "true" or "false"; valid during the call */
    struct span raw;  /* the token as it stands in the input */
    struct place place; /* of the token */
    struct place key_place;
};

/* Returns 0 to go on, -1 with ${why} set to stop. */
typedef int json_event_fn(void *cookie, const struct json_event *event, struct why *why);

/* Walk all of ${input}. 0, or -1 with ${why} (TEXT_SYNTAX, TEXT_ENCODING, TEXT_LIMIT, or what ${fn} says). */
int json_read(struct span input, json_event_fn *fn, void *cookie, struct why *why);
/* The same by yajl alone, which is several times slower: the measure for tests. */
int json_read_yajl(struct span input, json_event_fn *fn, void *cookie, struct why *why);

/* The same with values of up to ${value_max} bytes instead of LIMIT_VALUE_BYTES: where a whole text, or a body in base64, is a value. */
int json_read_long(struct span input, size_t value_max, json_event_fn *fn, void *cookie, struct why *why);

/* Does ${head} begin like JSON (an object or an array), and does it hold the member name ${key}? For probes. */
bool json_is_likely(struct span head);
bool json_has_key(struct span head, const char *key);

#endif
