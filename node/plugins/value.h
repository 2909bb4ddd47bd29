/* A JSON value as a bounded tree: what a plugin reads of the line of a record. Numbers keep their source text. Pure. */
#ifndef PLUGINS_VALUE_H
#define PLUGINS_VALUE_H

#include "base/arena.h"
#include "syntax/json.h"

struct value {
    enum json_kind kind;       /* JSON_NULL to JSON_OBJECT, or JSON_ARRAY */
    struct span key;           /* in an object; NUL-terminated */
    struct span text;          /* decoded string, source text of a number, "true", "false"; NUL-terminated */
    struct span raw;           /* of a string, number, true, false or null: as it stands in the input */
    const struct value *first; /* child */
    const struct value *next;  /* sibling */
    size_t n;                  /* children */
};

/* Read ${text}, one value; the tree lives in ${a}. NULL with ${why}: TEXT_SYNTAX, TEXT_ENCODING, TEXT_LIMIT. */
const struct value *value_read(struct span text, struct arena *a, struct why *why);

/*
 * The value at ${path} below ${v}: member names with dots between them ("delivery.number"). The first, where a name stands twice. NULL when there
 * is none, and of NULL.
 */
const struct value *value_get(const struct value *v, const char *path);
/* The text of the string or number at ${path}; "" when there is none. NUL-terminated; it may hold NUL itself: then it ends there. */
const char *value_text(const struct value *v, const char *path);
/* 0, or -1 when there is no number at ${path} (a string that is one counts), or it is not in range. */
int value_uint(const struct value *v, const char *path, uint64_t max, uint64_t *out);
int value_double(const struct value *v, const char *path, double *out);

#endif
