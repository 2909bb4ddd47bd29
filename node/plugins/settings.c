#include "plugins/settings.h"

#include <errno.h>
#include <inttypes.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "plugins/line.h"

#define KEYS_MAX 32

void
settings_init(struct settings *s)
{
    buf_init(&s->text, LIMIT_CONF_BYTES);
    arena_init(&s->arena, 8 * (size_t)LIMIT_CONF_BYTES);
}

void
settings_release(struct settings *s)
{
    buf_release(&s->text);
    arena_release(&s->arena);
}

/* NULL, or what was expected. */
static const char *
take(const struct setting *k, struct span text, void *out)
{
    void *at = (char *)out + k->at;

    switch (k->kind) {
    case SETTING_NUMBER:
        return num_int(text, k->min, k->max, at) == 0 ? NULL : "a whole number in its range";
    case SETTING_FLAG:
        *(bool *)at = span_is(text, "true");
        return span_is(text, "true") || span_is(text, "false") ? NULL : "true or false";
    case SETTING_WORD:
        if (!text_is_word(text))
            return "a lower-case word";
        break;
    case SETTING_TEXT:
        break;
    default:
        return "names and values";
    }
    *(const char **)at = (const char *)text.p; /* NUL-terminated: struct yaml_node */
    return NULL;
}

static int
take_pairs(const struct yaml_node *map, struct settings_pairs *out, struct why *why)
{
    if (yaml_expect(map, YAML_MAPPING, why) != 0)
        return -1;
    if (map->n > SETTINGS_PAIRS_MAX)
        return yaml_fail(map, WHY_CONF_VALUE, why, "expected at most %d entries", SETTINGS_PAIRS_MAX);
    for (const struct yaml_node *one = map->first; one != NULL; one = one->next) {
        if (yaml_expect(one, YAML_SCALAR, why) != 0)
            return -1;
        out->name[out->n] = (const char *)one->key.p;
        out->value[out->n] = (const char *)one->text.p;
        out->line[out->n] = one->line;
        out->column[out->n++] = one->column;
    }
    return 0;
}

static int
take_key(const struct setting *k, const struct yaml_node *node, void *out, struct why *why)
{
    const char *wanted;

    if (k->kind == SETTING_PAIRS)
        return take_pairs(node, (struct settings_pairs *)((char *)out + k->at), why);
    if (k->kind == SETTING_LIST) {
        *(const struct yaml_node **)((char *)out + k->at) = node;
        return yaml_expect(node, YAML_SEQUENCE, why);
    }
    if (yaml_expect(node, YAML_SCALAR, why) != 0)
        return -1;
    wanted = take(k, node->text, out);
    if (wanted != NULL && k->kind == SETTING_NUMBER)
        return yaml_fail(node, WHY_CONF_VALUE, why, "expected %s (%" PRId64 " to %" PRId64 ")", wanted,
                         k->min, k->max);
    return wanted != NULL ? yaml_fail(node, WHY_CONF_VALUE, why, "expected %s", wanted) : 0;
}

int
settings_take(const struct yaml_node *map, const struct setting *table, size_t n, void *out, struct why *why)
{
    const struct yaml_node *node;
    const char *names[KEYS_MAX] = {NULL};

    for (size_t i = 0; i < n && i < KEYS_MAX; i++)
        names[i] = table[i].name;
    if (yaml_check_keys(map, names, n, why) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        node = yaml_get(map, table[i].name);
        if (node == NULL && table[i].value == NULL && table[i].kind != SETTING_PAIRS)
            return why_set(why, WHY_FIELD_MISSING, map->line, map->column, table[i].name, "must be given");
        if (node == NULL && table[i].value != NULL)
            (void)take(&table[i], span_str(table[i].value), out);
        if (node != NULL && take_key(&table[i], node, out, why) != 0)
            return -1;
    }
    return 0;
}

int
settings_read(struct settings *s, const char *path, const struct setting *table, size_t n, void *out,
              struct why *why)
{
    const struct yaml_node *root;

    if (file_read(path, &s->text) != 0)
        return why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "cannot be read: %s", strerror(errno));
    root = yaml_read(buf_span(&s->text), &s->arena, why);
    return root != NULL ? settings_take(root, table, n, out, why) : -1;
}

void
settings_complain(const struct why *why, const char *path)
{
    struct buf text;

    buf_init(&text, LIMIT_PLUGIN_SAID_BYTES);
    why_print(why, path, &text);
    line_say("%s", buf_cstr(&text));
    buf_release(&text);
}
