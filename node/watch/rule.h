/*
 * Alert rules: the table that Parallax supplies (config/rules.yaml, compiled in) and what a node's own rules.yaml puts in the place of its
 * rows. The form is told in config/rules.yaml and docs/alerts.md. Pure.
 */
#ifndef WATCH_RULE_H
#define WATCH_RULE_H

#include "base/limit.h"
#include "types/type.h"
#include "watch/territory.h"

#define RULE_COUNT           LIMIT_RULE_COUNT
#define RULE_LEVEL_COUNT     6
#define RULE_CONDITION_COUNT 8
#define RULE_WORD_BYTES      40 /* of an id, a version, a level, with its NUL */
#define RULE_NUMBER_BYTES    24

/* What a rule compares: figures of one record, of one beside another of its type, or of one beside a territory. */
enum rule_relation { RULE_ALONE, RULE_PAIR, RULE_TERRITORY };

enum rule_op { RULE_ABOVE, RULE_AT_LEAST, RULE_BELOW, RULE_AT_MOST };

struct rule_condition {
    const char *figure; /* of the type's figure_names, or of those of its relation */
    enum rule_relation relation;
    enum rule_op op;
    double threshold;
    bool has_clear;
    double clear;                                                /* it no longer holds at that or beyond */
    char text[RULE_NUMBER_BYTES], clear_text[RULE_NUMBER_BYTES]; /* both as they stand in the file */
};

struct rule_level {
    char name[RULE_WORD_BYTES];
    struct rule_condition when[RULE_CONDITION_COUNT]; /* all of them */
    size_t n;
};

struct rule {
    char id[RULE_WORD_BYTES], version[RULE_WORD_BYTES];
    char title[200];
    const struct type *type;
    enum rule_relation relation;
    struct rule_level level[RULE_LEVEL_COUNT]; /* lowest first */
    size_t levels;                             /* 0: it is off */
    bool overridden;                           /* by the node's own file, or only there */
    uint32_t line;                             /* in its file */
};

struct rule_table {
    struct rule rule[RULE_COUNT];
    size_t n;
    struct territory_table territories; /* of the node's own file */
};

/* The supplied rules. Never fails: a test reads what is compiled in. Freed with free(). */
struct rule_table *rule_table_new(void);
/* Put the rules of ${text} in the place of those with their ids, or behind them. 0, or -1 with ${why} and its place; ${t} is then as it was. */
int rule_table_override(struct rule_table *t, struct span text, struct why *why);
const struct rule *rule_find(const struct rule_table *t, const char *id);

/* Does it judge anything? Not when it is off, nor without the territories that it is about. */
bool rule_is_in_force(const struct rule_table *t, const struct rule *r);

/* Holds the condition for ${value}? */
bool rule_holds(const struct rule_condition *c, double value);
/* Is it left at ${value}? Between the two is hysteresis: it neither holds nor is left. */
bool rule_is_left(const struct rule_condition *c, double value);
/* "> 0.01" */
const char *rule_sign(enum rule_op op);
/* "impact_probability > 0.01 and size_m > 10" */
void rule_print_when(const struct rule_level *level, struct buf *out);
/* "impact_probability <= 0.008 or size_m <= 9" */
void rule_print_clear(const struct rule_level *level, struct buf *out);

/* config/rules.yaml as it is compiled in. */
struct span rule_supplied(void);

#endif
