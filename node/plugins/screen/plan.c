#include "plugins/screen/plan.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "conf/yaml.h"

static const char *const keys[] = {"own",     "start",     "window_h", "distance_km",
                                   "every_s", "age_max_d", "mode",     "audience"};

void
plan_init(struct plan *p)
{
    memset(p, 0, sizeof *p);
    p->window_h = 72;
    p->every_s = 3600;
    p->age_max_d = 30;
    p->distance_km = 5;
    p->mode = "SIMULATED";
    p->audience = "open";
    buf_init(&p->text, LIMIT_CONF_BYTES);
    arena_init(&p->arena, 8 * (size_t)LIMIT_CONF_BYTES);
}

void
plan_release(struct plan *p)
{
    buf_release(&p->text);
    arena_release(&p->arena);
}

static int
take_own(const struct yaml_node *list, struct plan *p, struct why *why)
{
    if (yaml_expect(list, YAML_SEQUENCE, why) != 0)
        return -1;
    if (list->n == 0 || list->n > PLAN_OWN_MAX)
        return yaml_fail(list, WHY_CONF_VALUE, why, "expected 1 to %d catalogue numbers", PLAN_OWN_MAX);
    for (const struct yaml_node *one = list->first; one != NULL; one = one->next) {
        uint64_t number;
        if (one->kind != YAML_SCALAR || num_uint(one->text, 999999999, &number) != 0 || number == 0)
            return why_set(why, WHY_CONF_VALUE, one->line, one->column, "own", "expected a catalogue number");
        p->own[p->own_n++] = (uint32_t)number;
    }
    return 0;
}

/* One value. NULL, or what was expected. */
static const char *
take(const char *key, struct span text, struct plan *p)
{
    if (strcmp(key, "start") == 0)
        return span_is(text, "now") || utc_parse(text, &p->start) == 0 ? NULL : "now, or a time in UTC";
    if (strcmp(key, "window_h") == 0)
        return num_int(text, 1, 168, &p->window_h) == 0 ? NULL : "hours, 1 to 168";
    if (strcmp(key, "every_s") == 0)
        return num_int(text, 10, 86400, &p->every_s) == 0 ? NULL : "seconds, 10 to 86400";
    if (strcmp(key, "age_max_d") == 0)
        return num_int(text, 1, 365, &p->age_max_d) == 0 ? NULL : "days, 1 to 365";
    if (strcmp(key, "distance_km") == 0)
        return num_double(text, &p->distance_km) == 0 && p->distance_km >= 0.01 && p->distance_km <= 100
                   ? NULL
                   : "kilometres, 0.01 to 100";
    if (strcmp(key, "mode") == 0) {
        p->mode = (const char *)text.p;
        return span_is(text, "REAL") || span_is(text, "TEST") || span_is(text, "EXERCISE") ||
                       span_is(text, "SIMULATED")
                   ? NULL
                   : "a mode";
    }
    p->audience = (const char *)text.p;
    return text_is_word(text) ? NULL : "open, or the name of an audience";
}

int
plan_load(struct plan *p, const char *path, struct why *why)
{
    const struct yaml_node *root;

    if (file_read(path, &p->text) != 0)
        return why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "cannot be read: %s", strerror(errno));
    root = yaml_read(buf_span(&p->text), &p->arena, why);
    if (root == NULL || yaml_check_keys(root, keys, sizeof keys / sizeof *keys, why) != 0)
        return -1;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct yaml_node *node = yaml_get(root, keys[i]);
        const char *wanted;
        if (node == NULL)
            continue;
        if (strcmp(keys[i], "own") == 0) {
            if (take_own(node, p, why) != 0)
                return -1;
            continue;
        }
        if (yaml_expect(node, YAML_SCALAR, why) != 0)
            return -1;
        wanted = take(keys[i], node->text, p);
        if (wanted != NULL)
            return yaml_fail(node, WHY_CONF_VALUE, why, "expected %s", wanted);
    }
    return 0;
}
