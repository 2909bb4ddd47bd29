#include "watch/rule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "conf/yaml.h"
#include "types/registry.h"
#include "watch/overlap.h"

extern const unsigned char rule_supplied_bytes[];
extern const size_t rule_supplied_count;

static const struct {
    const char *key, *sign, *otherwise;
} ops[] = {
    [RULE_ABOVE] = {"above", ">", "<="},
    [RULE_AT_LEAST] = {"at_least", ">=", "<"},
    [RULE_BELOW] = {"below", "<", ">="},
    [RULE_AT_MOST] = {"at_most", "<=", ">"},
};
#define OPS (sizeof ops / sizeof *ops)

bool
rule_holds(const struct rule_condition *c, double value)
{
    switch (c->op) {
    case RULE_ABOVE:
        return value > c->threshold;
    case RULE_AT_LEAST:
        return value >= c->threshold;
    case RULE_BELOW:
        return value < c->threshold;
    case RULE_AT_MOST:
        return value <= c->threshold;
    }
    return false;
}

static bool
is_lower_bound(const struct rule_condition *c)
{
    return c->op == RULE_ABOVE || c->op == RULE_AT_LEAST;
}

bool
rule_is_left(const struct rule_condition *c, double value)
{
    if (!c->has_clear)
        return !rule_holds(c, value);
    return is_lower_bound(c) ? value <= c->clear : value >= c->clear;
}

const char *
rule_sign(enum rule_op op)
{
    return ops[op].sign;
}

void
rule_print_when(const struct rule_level *level, struct buf *out)
{
    for (size_t i = 0; i < level->n; i++)
        buf_put_fmt(out, "%s%s %s %s", i > 0 ? " and " : "", level->when[i].figure,
                    ops[level->when[i].op].sign, level->when[i].text);
}

void
rule_print_clear(const struct rule_level *level, struct buf *out)
{
    for (size_t i = 0; i < level->n; i++) {
        const struct rule_condition *c = &level->when[i];

        buf_put_fmt(out, "%s%s ", i > 0 ? " or " : "", c->figure);
        if (c->has_clear)
            buf_put_fmt(out, "%s %s", is_lower_bound(c) ? "<=" : ">=", c->clear_text);
        else
            buf_put_fmt(out, "%s %s", ops[c->op].otherwise, c->text);
    }
}

/* A text value that is not empty and fits ${size}. */
static int
take_text(const struct yaml_node *map, const char *key, char *out, size_t size, struct why *why)
{
    const struct yaml_node *node = yaml_need(map, key, YAML_SCALAR, why);

    if (node == NULL)
        return -1;
    if (node->text.n == 0 || node->text.n >= size)
        return yaml_fail(node, WHY_CONF_VALUE, why, "expected 1 to %zu bytes", size - 1);
    memcpy(out, node->text.p, node->text.n + 1);
    return 0;
}

/* A word that may stand in a list with blanks between: of these letters only. */
static int
take_word(const struct yaml_node *map, const char *key, const char *letters, char out[RULE_WORD_BYTES],
          struct why *why)
{
    if (take_text(map, key, out, RULE_WORD_BYTES, why) != 0)
        return -1;
    if (strspn(out, letters) != strlen(out))
        return yaml_fail(yaml_get(map, key), WHY_CONF_VALUE, why, "expected only the letters %s", letters);
    return 0;
}

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static int
take_number(const struct yaml_node *node, double *value, char text[RULE_NUMBER_BYTES], struct why *why)
{
    if (node->kind != YAML_SCALAR || node->text.n >= RULE_NUMBER_BYTES || num_double(node->text, value) != 0)
        return yaml_fail(node, WHY_CONF_VALUE, why, "expected a number of at most %d characters",
                         RULE_NUMBER_BYTES - 1);
    memcpy(text, node->text.p, node->text.n + 1);
    return 0;
}

/* Figures that a rule of ${type} may name beside each other, by relation. NULL: none. */
static const char *const *
names_of(const struct type *type, enum rule_relation relation)
{
    switch (relation) {
    case RULE_ALONE:
        return type->figure_names;
    case RULE_PAIR:
        return type->extent != NULL ? overlap_figure_names : NULL;
    case RULE_TERRITORY:
        return type->window != NULL ? territory_figure_names : NULL;
    }
    return NULL;
}

static int
take_figure(const struct yaml_node *map, const struct type *type, struct rule_condition *c, struct why *why)
{
    static const enum rule_relation relations[] = {RULE_ALONE, RULE_PAIR, RULE_TERRITORY};
    const struct yaml_node *node = yaml_need(map, "figure", YAML_SCALAR, why);
    const char *all[3 * FIGURES_MAX], *near;
    size_t n = 0;

    if (node == NULL)
        return -1;
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        const char *const *names = names_of(type, relations[i]);

        for (; names != NULL && *names != NULL && n < sizeof all / sizeof *all; names++) {
            all[n++] = *names;
            if (!span_is(node->text, *names))
                continue;
            c->figure = *names;
            c->relation = relations[i];
        }
    }
    if (c->figure != NULL)
        return 0;
    near = text_nearest(node->text, all, n);
    return yaml_fail(node, WHY_CONF_VALUE, why, "%s has no such figure%s%s%s", type->name,
                     near != NULL ? ": did you mean \"" : ": expected the first of its figures, \"",
                     near != NULL ? near : type->figure_names[0], "\"?");
}

static int
take_condition(const struct yaml_node *map, const struct type *type, struct rule_condition *c,
               struct why *why)
{
    static const char *const keys[] = {"figure", "above", "at_least", "below", "at_most", "clear"};
    const struct yaml_node *node, *found = NULL;

    if (yaml_check_keys(map, keys, sizeof keys / sizeof *keys, why) != 0 ||
        take_figure(map, type, c, why) != 0)
        return -1;
    for (size_t i = 0; i < OPS; i++) {
        if ((node = yaml_get(map, ops[i].key)) == NULL)
            continue;
        if (found != NULL)
            return yaml_fail(node, WHY_CONF_VALUE, why,
                             "expected one threshold: a second condition has its own");
        found = node;
        c->op = (enum rule_op)i;
    }
    if (found == NULL)
        return yaml_fail(map, WHY_CONF_VALUE, why, "expected above, at_least, below or at_most");
    if (take_number(found, &c->threshold, c->text, why) != 0)
        return -1;
    node = yaml_get(map, "clear");
    if (node == NULL)
        return 0;
    c->has_clear = true;
    if (take_number(node, &c->clear, c->clear_text, why) != 0)
        return -1;
    if (rule_holds(c, c->clear))
        return yaml_fail(node, WHY_CONF_VALUE, why, "expected a value for which the condition does not hold");
    return 0;
}

static int
take_level(const struct yaml_node *map, const struct type *type, struct rule_level *level, struct why *why)
{
    static const char *const keys[] = {"level", "when"};
    const struct yaml_node *when;

    if (yaml_check_keys(map, keys, 2, why) != 0 ||
        take_word(map, "level", UPPER DIGITS "-", level->name, why) != 0)
        return -1;
    if (strcmp(level->name, "NONE") == 0)
        return yaml_fail(yaml_get(map, "level"), WHY_CONF_VALUE, why,
                         "expected another word: none is reached");
    when = yaml_need(map, "when", YAML_SEQUENCE, why);
    if (when == NULL)
        return -1;
    if (when->n == 0 || when->n > RULE_CONDITION_COUNT)
        return yaml_fail(when, WHY_CONF_VALUE, why, "expected 1 to %d conditions", RULE_CONDITION_COUNT);
    for (const struct yaml_node *node = when->first; node != NULL; node = node->next) {
        if (take_condition(node, type, &level->when[level->n++], why) != 0)
            return -1;
    }
    return 0;
}

/* A rule is of one relation. Beside a territory a record's own figures count, too; of a pair it would not be said whose. */
static int
settle_relation(const struct yaml_node *levels, struct rule *rule, struct why *why)
{
    size_t own = 0;

    for (size_t i = 0; i < rule->levels; i++) {
        for (size_t k = 0; k < rule->level[i].n; k++) {
            enum rule_relation relation = rule->level[i].when[k].relation;

            own += relation == RULE_ALONE;
            if (relation != RULE_ALONE && rule->relation != RULE_ALONE && relation != rule->relation)
                return yaml_fail(levels, WHY_CONF_VALUE, why,
                                 "figures of a pair and of a territory in one rule");
            rule->relation = relation != RULE_ALONE ? relation : rule->relation;
        }
    }
    if (rule->relation == RULE_PAIR && own > 0)
        return yaml_fail(levels, WHY_CONF_VALUE, why,
                         "a figure of one record in a rule of pairs: expected those of a pair alone");
    return 0;
}

static int
take_levels(const struct yaml_node *map, struct rule *rule, struct why *why)
{
    const struct yaml_node *levels = yaml_need(map, "levels", YAML_SEQUENCE, why);

    if (levels == NULL)
        return -1;
    if (levels->n == 0 || levels->n > RULE_LEVEL_COUNT)
        return yaml_fail(levels, WHY_CONF_VALUE, why, "expected 1 to %d levels, the lowest first",
                         RULE_LEVEL_COUNT);
    for (const struct yaml_node *node = levels->first; node != NULL; node = node->next) {
        if (take_level(node, rule->type, &rule->level[rule->levels++], why) != 0)
            return -1;
        for (size_t i = 0; i + 1 < rule->levels; i++) {
            if (strcmp(rule->level[i].name, rule->level[rule->levels - 1].name) == 0)
                return yaml_fail(node, WHY_FIELD_DUPLICATE, why, "a second level of that name");
        }
    }
    return settle_relation(levels, rule, why);
}

static int
take_type(const struct yaml_node *map, struct rule *rule, struct why *why)
{
    const struct yaml_node *node = yaml_need(map, "type", YAML_SCALAR, why);

    if (node == NULL)
        return -1;
    rule->type = registry_type(node->text);
    if (rule->type == NULL)
        return yaml_fail(node, WHY_CONF_VALUE, why, "no such record type");
    if (rule->type->figures == NULL)
        return yaml_fail(node, WHY_CONF_VALUE, why, "its records have no figures to compare");
    return 0;
}

static int
take_rule(const struct yaml_node *map, struct rule *rule, struct why *why)
{
    static const char *const keys[] = {"id", "version", "title", "type", "levels", "off"};
    const struct yaml_node *off;

    *rule = (struct rule){.line = map->line};
    if (yaml_check_keys(map, keys, sizeof keys / sizeof *keys, why) != 0 ||
        take_word(map, "id", LOWER DIGITS "-", rule->id, why) != 0 ||
        take_word(map, "version", LOWER UPPER DIGITS "-._", rule->version, why) != 0 ||
        take_type(map, rule, why) != 0)
        return -1;
    off = yaml_get(map, "off");
    if (off != NULL) {
        if (off->kind != YAML_SCALAR || !span_is(off->text, "true") || yaml_get(map, "levels") != NULL)
            return yaml_fail(off, WHY_CONF_VALUE, why, "expected true, and no levels");
        return yaml_get(map, "title") == NULL ? 0
                                              : take_text(map, "title", rule->title, sizeof rule->title, why);
    }
    return take_text(map, "title", rule->title, sizeof rule->title, why) != 0 ? -1
                                                                              : take_levels(map, rule, why);
}

static struct rule *
find(struct rule_table *t, const char *id)
{
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->rule[i].id, id) == 0)
            return &t->rule[i];
    }
    return NULL;
}

const struct rule *
rule_find(const struct rule_table *t, const char *id)
{
    return find((struct rule_table *)(uintptr_t)t, id);
}

bool
rule_is_in_force(const struct rule_table *t, const struct rule *r)
{
    return r->levels > 0 && (r->relation != RULE_TERRITORY || t->territories.n > 0);
}

/* One rule into its place. A version tells apart what an alert was derived by: an override needs another one than the supplied rule's. */
static int
place_rule(struct rule_table *t, const struct rule *rule, const struct yaml_node *node, struct why *why)
{
    struct rule *old = find(t, rule->id);

    if (old == NULL && t->n == RULE_COUNT)
        return yaml_fail(node, WHY_TEXT_LIMIT, why, "expected at most %d rules", RULE_COUNT);
    if (old != NULL && old->overridden == rule->overridden)
        return yaml_fail(node, WHY_FIELD_DUPLICATE, why, "a second rule %s", rule->id);
    if (old != NULL && strcmp(old->version, rule->version) == 0)
        return yaml_fail(yaml_get(node, "version"), WHY_CONF_VALUE, why,
                         "expected another one than that of the supplied rule %s", rule->id);
    if (old == NULL)
        old = &t->rule[t->n++];
    *old = *rule;
    return 0;
}

static int
take_table(struct rule_table *t, const struct yaml_node *root, bool is_own, struct why *why)
{
    static const char *const keys[] = {"form", "rules", "territories"};
    const struct yaml_node *form, *rules, *territories;
    struct rule rule;

    if (yaml_check_keys(root, keys, sizeof keys / sizeof *keys, why) != 0 ||
        (form = yaml_need(root, "form", YAML_SCALAR, why)) == NULL)
        return -1;
    if (!span_is(form->text, "RULES/1"))
        return yaml_fail(form, WHY_CONF_VALUE, why, "expected RULES/1");
    territories = yaml_get(root, "territories");
    if (territories != NULL && territory_take(&t->territories, territories, why) != 0)
        return -1;
    if (territories != NULL && yaml_get(root, "rules") == NULL)
        return 0;
    rules = yaml_need(root, "rules", YAML_SEQUENCE, why);
    if (rules == NULL)
        return -1;
    for (const struct yaml_node *node = rules->first; node != NULL; node = node->next) {
        if (take_rule(node, &rule, why) != 0)
            return -1;
        rule.overridden = is_own;
        if (place_rule(t, &rule, node, why) != 0)
            return -1;
    }
    return 0;
}

static int
read_table(struct rule_table *t, struct span text, bool is_own, struct why *why)
{
    struct rule_table *next = mem_new(sizeof *next);
    const struct yaml_node *root;
    struct arena a;
    int rc = -1;

    *next = *t;
    arena_init(&a, 8 * (size_t)LIMIT_CONF_BYTES);
    root = yaml_read(text, &a, why);
    if (root != NULL)
        rc = take_table(next, root, is_own, why);
    arena_release(&a);
    if (rc == 0)
        *t = *next;
    free(next);
    return rc;
}

struct span
rule_supplied(void)
{
    return span_of(rule_supplied_bytes, rule_supplied_count);
}

struct rule_table *
rule_table_new(void)
{
    struct rule_table *t = mem_new(sizeof *t);
    struct why why;
    int rc;

    why_clear(&why);
    rc = read_table(t, rule_supplied(), false, &why);
    assert(rc == 0);
    return t;
}

int
rule_table_override(struct rule_table *t, struct span text, struct why *why)
{
    return read_table(t, text, true, why);
}
