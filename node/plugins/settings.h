/*
 * What a shipped plugin is told beyond its command: a YAML file in its own folder, read by a table of keys, with file, line, column and the
 * nearest known key in every refusal. No I/O but reading that file.
 */
#ifndef PLUGINS_SETTINGS_H
#define PLUGINS_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/why.h"
#include "conf/yaml.h"

#define SETTINGS_PAIRS_MAX 64

enum setting_kind {
    SETTING_TEXT,   /* const char *: what is written */
    SETTING_WORD,   /* const char *: [a-z][a-z0-9_-]* */
    SETTING_NUMBER, /* int64_t: ${min} to ${max} */
    SETTING_FLAG,   /* bool */
    SETTING_PAIRS,  /* struct settings_pairs: names and values, whatever they are */
    SETTING_LIST /* const struct yaml_node *: a list, each of which settings_take() may read; NULL when there is none */
};

struct settings_pairs {
    size_t n;
    const char *name[SETTINGS_PAIRS_MAX], *value[SETTINGS_PAIRS_MAX];
    uint32_t line[SETTINGS_PAIRS_MAX], column[SETTINGS_PAIRS_MAX]; /* of the value */
};

struct setting {
    const char *name;
    enum setting_kind kind;
    size_t at;         /* of the value in the plugin's own struct */
    const char *value; /* default; NULL: it must be given */
    int64_t min, max;
};

/* Owns all that the values point to. */
struct settings {
    struct buf text;
    struct arena arena;
};

void settings_init(struct settings *s);
void settings_release(struct settings *s);

/* Read ${path} into ${out} by the ${n} rows of ${table}. 0, or -1 with ${why} at its line and column. Once a struct settings. */
int settings_read(struct settings *s, const char *path, const struct setting *table, size_t n, void *out,
                  struct why *why);

/* The same of a mapping ${map} that was read: an entry of a SETTING_LIST. The values live as long as it does. */
int settings_take(const struct yaml_node *map, const struct setting *table, size_t n, void *out,
                  struct why *why);

/* Say ${why} of ${path}, for people: file:line:column: what is wrong: what was expected. */
void settings_complain(const struct why *why, const char *path);

#endif
