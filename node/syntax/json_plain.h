/*
 * The short way through JSON: what nearly every file is made of, with the plain escapes. Whatever else occurs ends it, and yajl reads
 * on from there: it alone says what is wrong with a document (docs/decisions/0028).
 */
#ifndef SYNTAX_JSON_PLAIN_H
#define SYNTAX_JSON_PLAIN_H

#include "syntax/json.h"

enum json_plain {
    JSON_PLAIN_DONE,    /* all is read, and well-formed */
    JSON_PLAIN_STOPPED, /* ${fn} said no, ${why} says why */
    JSON_PLAIN_OTHER    /* something else stands there, right or wrong */
};

/*
 * ${input} is UTF-8 without byte order mark. ${told} becomes how many events ${fn} got: those that json_read() would tell first,
 * with the same texts and places.
 */
enum json_plain json_plain_read(struct span input, json_event_fn *fn, void *cookie, struct why *why,
                                size_t *told);

#endif
