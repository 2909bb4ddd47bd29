/*
 * A strict subset of YAML 1.1 as a bounded tree: UTF-8, one document, scalars, sequences and mappings with scalar keys. No anchors,
 * aliases, tags, directives, duplicate keys, control characters or byte order mark. Scalars are text: what they mean is the caller's.
 * Pure.
 */
#ifndef CONF_YAML_H
#define CONF_YAML_H

#include "base/arena.h"
#include "base/why.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;                   /* a scalar in quotes: never a missing value */
    uint32_t line, column;         /* of the value, 1-based, bytes */
    uint32_t key_line, key_column; /* of its key; 0 outside a mapping */
    struct span key;               /* in a mapping; NUL-terminated */
    struct span text;              /* a scalar's; NUL-terminated; no control characters */
    const struct yaml_node *first; /* child */
    const struct yaml_node *next;  /* sibling */
    size_t n;                      /* children */
};

/*
 * Read ${text}; the tree lives in ${a}. An empty document is a scalar without text. NULL with ${why} and its place: TEXT_ENCODING,
 * TEXT_SYNTAX, TEXT_LIMIT, FIELD_DUPLICATE or NO_MEMORY.
 */
const struct yaml_node *yaml_read(struct span text, struct arena *a, struct why *why);

/* The value of ${key}; NULL when ${map} has none. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* Fail at ${node} with its key as the field. Returns -1. */
int yaml_fail(const struct yaml_node *node, enum why_code code, struct why *why, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* 0, or -1 with CONF_VALUE ("expected a list") unless ${node} is of ${kind}. */
int yaml_expect(const struct yaml_node *node, enum yaml_kind kind, struct why *why);

/* Is ${map} a mapping with no keys but the ${n} of ${keys}? 0, or -1 with CONF_VALUE, or CONF_KEY and the nearest known key. */
int yaml_check_keys(const struct yaml_node *map, const char *const *keys, size_t n, struct why *why);

/* The value of ${key}, which must be of ${kind}. NULL with CONF_VALUE when it is missing or another kind. */
const struct yaml_node *yaml_need(const struct yaml_node *map, const char *key, enum yaml_kind kind,
                                  struct why *why);

#endif
