#include "plug/stanza.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "base/num.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/yaml.h"
#include "core/record.h"
#include "types/registry.h"

enum kind { WORDS, TYPES, NODES, CLASSES, AUDIENCES, MODES, OBJECT, TEXT, FLAG, FROM, NUMBER, SIZE };

struct key {
    const char *name;
    enum kind kind;
    size_t at;         /* in struct stanza */
    const char *value; /* default, for NUMBER and SIZE and FLAG */
    int64_t min, max;
};

#define AT(member) offsetof(struct stanza, member)

static const struct key keys[] = {
    {"command", WORDS, AT(command), NULL, 0, 0},
    {"enabled", FLAG, AT(enabled), "true", 0, 0},
    {"from", FROM, AT(from_now), "start", 0, 0},
    {"window", NUMBER, AT(window), "64", 1, LIMIT_PLUGIN_WINDOW_COUNT},
    {"timeout_s", NUMBER, AT(timeout_s), "30", 1, 3600},
    {"memory", SIZE, AT(memory), "512MiB", 16 << 20, INT64_C(1) << 40},
    {"files", NUMBER, AT(files), "64", 8, 4096},
    {"cpu_s", NUMBER, AT(cpu_s), "0", 0, 31536000},
    {"network", FLAG, AT(network), "false", 0, 0},
    {"bytes", FLAG, AT(bytes), "false", 0, 0},
    {"records", FLAG, AT(records), "true", 0, 0},
};

static const struct key filters[] = {
    {"types", TYPES, AT(types), NULL, 0, 0},       {"origins", NODES, AT(origins), NULL, 0, 0},
    {"classes", CLASSES, AT(classes), NULL, 0, 0}, {"modes", MODES, AT(modes), NULL, 0, 0},
    {"object", OBJECT, AT(object), NULL, 0, 0},    {"region", TEXT, AT(region), NULL, 0, 0},
    {"where", TEXT, AT(where), NULL, 0, 0},
};

static const struct key publishing[] = {
    {"types", TYPES, AT(publish_types), NULL, 0, 0},
    {"audiences", AUDIENCES, AT(publish_audiences), NULL, 0, 0},
    {"modes", MODES, AT(publish_modes), NULL, 0, 0},
    {"records_per_minute", NUMBER, AT(publish_rate), "600", 1, LIMIT_PLUGIN_PUBLISH_COUNT},
};

static const char *const groups[] = {"filter", "publish"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

void
stanza_init(struct stanza *s)
{
    memset(s, 0, sizeof *s);
    buf_init(&s->text, LIMIT_CONF_BYTES);
    arena_init(&s->arena, 8 * (size_t)LIMIT_CONF_BYTES);
}

void
stanza_release(struct stanza *s)
{
    buf_release(&s->text);
    arena_release(&s->arena);
}

bool
stanza_is_name(const char *name)
{
    return strlen(name) <= STANZA_NAME_MAX && text_is_word(span_str(name));
}

static bool
is_class(struct span s)
{
    return span_is(s, "alert") || span_is(s, "data") || span_is(s, "admin");
}

/* NULL, or what an element of a list of that kind must be. */
static const char *
element_wanted(enum kind kind, struct span s)
{
    if (kind == TYPES)
        return registry_type(s) != NULL ? NULL : "a record type (parallax formats)";
    if (kind == NODES)
        return text_is_node_name(s) ? NULL : "a node, such as fr-cnes";
    if (kind == AUDIENCES)
        return text_is_word(s) ? NULL : "open, or the name of an audience";
    if (kind == CLASSES)
        return is_class(s) ? NULL : "alert, data or admin";
    return s.n > 0 ? NULL : "a word of the command";
}

static int
take_list(const struct key *k, const struct yaml_node *node, struct stanza *s, struct why *why)
{
    struct stanza_list *list = (void *)((char *)s + k->at);

    if (yaml_expect(node, YAML_SEQUENCE, why) != 0)
        return -1;
    if (node->n == 0 || node->n > LIMIT_PLUGIN_WORDS_COUNT)
        return yaml_fail(node, WHY_CONF_VALUE, why, "expected 1 to %d entries", LIMIT_PLUGIN_WORDS_COUNT);
    for (const struct yaml_node *one = node->first; one != NULL; one = one->next) {
        const char *wanted = one->kind == YAML_SCALAR ? element_wanted(k->kind, one->text) : "a single value";
        if (wanted != NULL)
            return why_set(why, WHY_CONF_VALUE, one->line, one->column, k->name, "expected %s", wanted);
        list->at[list->n++] = (char *)(uintptr_t)one->text.p;
    }
    return 0;
}

static int
take_modes(const struct yaml_node *node, unsigned *modes, struct why *why)
{
    if (yaml_expect(node, YAML_SEQUENCE, why) != 0)
        return -1;
    *modes = 0;
    for (const struct yaml_node *one = node->first; one != NULL; one = one->next) {
        Parallax__V1__Mode mode;
        if (one->kind != YAML_SCALAR || record_mode_parse(one->text, &mode) != 0)
            return why_set(why, WHY_CONF_VALUE, one->line, one->column, "modes",
                           "expected REAL, EXERCISE, TEST or SIMULATED");
        *modes |= 1u << mode;
    }
    return *modes != 0 ? 0 : yaml_fail(node, WHY_CONF_VALUE, why, "expected at least one mode");
}

static const char *
take_object(struct span text, struct stanza *s)
{
    static const char *const schemes[] = {"norad:", "cospar:", "neo:"};

    for (size_t i = 0; i < COUNT(schemes); i++) {
        size_t n = strlen(schemes[i]);
        if (text.n <= n || text.n >= sizeof s->object || memcmp(text.p, schemes[i], n) != 0)
            continue;
        memcpy(s->object, text.p, text.n);
        s->object[text.n] = 0;
        return NULL;
    }
    return "norad:25544, cospar:1998-067A or neo:Apophis";
}

/* One value. NULL, or what was expected. */
static const char *
take_value(const struct key *k, struct span text, struct stanza *s)
{
    void *at = (char *)s + k->at;

    switch (k->kind) {
    case FLAG:
        *(bool *)at = span_is(text, "true");
        return span_is(text, "true") || span_is(text, "false") ? NULL : "true or false";
    case FROM:
        *(bool *)at = span_is(text, "now");
        return span_is(text, "now") || span_is(text, "start") ? NULL : "start or now";
    case NUMBER:
        return num_int(text, k->min, k->max, at) == 0 ? NULL : "a whole number in its range";
    case SIZE:
        return conf_size(text, (uint64_t)k->min, (uint64_t)k->max, at) == 0
                   ? NULL
                   : "a size in its range, such as 512MiB";
    case OBJECT:
        return take_object(text, s);
    case TEXT:
        *(struct span *)at = text;
        return text.n > 0 ? NULL : "a text that is not empty";
    default:
        return "a list";
    }
}

static int
take_key(const struct key *k, const struct yaml_node *node, struct stanza *s, struct why *why)
{
    const char *wanted;

    if (k->kind <= AUDIENCES)
        return take_list(k, node, s, why);
    if (k->kind == MODES)
        return take_modes(node, (void *)((char *)s + k->at), why);
    if (yaml_expect(node, YAML_SCALAR, why) != 0)
        return -1;
    wanted = take_value(k, node->text, s);
    if (wanted == NULL)
        return 0;
    if (k->max > 0)
        return yaml_fail(node, WHY_CONF_VALUE, why, "expected %s (%" PRId64 " to %" PRId64 ")", wanted,
                         k->min, k->max);
    return yaml_fail(node, WHY_CONF_VALUE, why, "expected %s", wanted);
}

static int
take_map(const struct key *table, size_t n, size_t groups_n, const struct yaml_node *map, struct stanza *s,
         struct why *why)
{
    const char *names[COUNT(keys) + COUNT(groups)];

    for (size_t i = 0; i < n; i++)
        names[i] = table[i].name;
    for (size_t i = 0; i < groups_n; i++)
        names[n + i] = groups[i];
    if (yaml_check_keys(map, names, n + groups_n, why) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const struct yaml_node *node = yaml_get(map, table[i].name);
        if (node != NULL && take_key(&table[i], node, s, why) != 0)
            return -1;
    }
    return 0;
}

/* What is not named in it is denied, so each of its lists has to be there. */
static int
take_publishing(const struct yaml_node *map, struct stanza *s, struct why *why)
{
    if (take_map(publishing, COUNT(publishing), 0, map, s, why) != 0)
        return -1;
    for (size_t i = 0; i < COUNT(publishing); i++) {
        if (publishing[i].value == NULL && yaml_get(map, publishing[i].name) == NULL)
            return why_set(why, WHY_FIELD_MISSING, map->line, map->column, publishing[i].name,
                           "must be given: what a list does not name, the plugin may not publish");
    }
    s->publishes = true;
    return 0;
}

/* Region and expression, with their places in the file: exact where the text stands on one line, for YAML gives it as one. */
static int
take_sift(const struct yaml_node *filter, struct stanza *s, struct why *why)
{
    const struct yaml_node *node;

    if (sift_read(&s->sift, s->region, s->where, &s->arena, why) == 0)
        return 0;
    node = yaml_get(filter, why->field);
    if (node != NULL) {
        why->line = node->line;
        why->column = node->column + (why->column > 0 ? why->column - 1 : 0) + (node->quoted ? 1 : 0);
    }
    return -1;
}

static int
read_tree(struct stanza *s, struct why *why)
{
    const struct yaml_node *root = yaml_read(buf_span(&s->text), &s->arena, why), *filter, *publish;

    if (root == NULL || take_map(keys, COUNT(keys), COUNT(groups), root, s, why) != 0)
        return -1;
    filter = yaml_get(root, "filter");
    if (filter != NULL &&
        (take_map(filters, COUNT(filters), 0, filter, s, why) != 0 || take_sift(filter, s, why) != 0))
        return -1;
    publish = yaml_get(root, "publish");
    if (publish != NULL && take_publishing(publish, s, why) != 0)
        return -1;
    if (s->command.n == 0)
        return why_set(why, WHY_FIELD_MISSING, root->line, root->column, "command",
                       "must be given: expected a list such as [python3, warn.py]");
    return 0;
}

int
stanza_read(struct stanza *s, const char *name, struct span text, struct why *why)
{
    struct buf copy;

    buf_init(&copy, LIMIT_CONF_BYTES);
    buf_put_span(&copy, text);
    stanza_release(s);
    stanza_init(s);
    s->text = copy;
    if (!stanza_is_name(name))
        return why_set(why, WHY_CONF_VALUE, 0, 0, NULL,
                       "not a plugin's name: expected a lower-case word of at most %d letters",
                       STANZA_NAME_MAX);
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    s->modes = 1u << PARALLAX__V1__MODE__REAL;
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (keys[i].value != NULL)
            (void)take_value(&keys[i], span_str(keys[i].value), s);
    }
    for (size_t i = 0; i < COUNT(publishing); i++) {
        if (publishing[i].value != NULL)
            (void)take_value(&publishing[i], span_str(publishing[i].value), s);
    }
    return read_tree(s, why);
}

int
stanza_load(struct stanza *s, const char *folder, const char *name, struct why *why)
{
    char path[PATH_MAX];
    struct buf text;
    int rc;

    buf_init(&text, LIMIT_CONF_BYTES);
    (void)snprintf(path, sizeof path, "%s/%.*s.yaml", folder, STANZA_NAME_MAX, name);
    if (file_read(path, &text) != 0)
        rc = why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "cannot be read: %s", strerror(errno));
    else
        rc = stanza_read(s, name, buf_span(&text), why);
    buf_release(&text);
    return rc;
}
