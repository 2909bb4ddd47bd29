#include "cli/drill.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "conf/yaml.h"
#include "types/registry.h"

#define HOURS_MAX   87600 /* ten years */
#define VALUE_BYTES 16384

struct reading {
    struct arena *a;
    struct utc start;
    struct why *why;
    struct drill *drill;
};

/* --- Times in values ------------------------------------------------------------------------------------------ */

/* One {{T+72h}} at ${p}: its length and its time in ${out}; 0: it is none. */
static size_t
template_at(const char *p, struct utc start, char out[UTC_TEXT_MAX])
{
    const char *end = strstr(p, "h}}");
    double hours;
    char *mark;

    if (strncmp(p, "{{", 2) != 0 || strchr("TtM", p[2]) == NULL || (p[3] != '+' && p[3] != '-') ||
        end == NULL || num_double(span_of(p + 4, (size_t)(end - p - 4)), &hours) != 0 || hours < 0 ||
        hours > HOURS_MAX)
        return 0;
    hours = p[3] == '-' ? -hours : hours;
    utc_print(utc_add_ns(start, (int64_t)(hours * 3600.0) * 1000000000), 0, out);
    out[strlen(out) - 1] = 0; /* the Z */
    mark = strchr(out, 'T');
    if (p[2] == 't' && mark != NULL)
        *mark = ' ';
    if (p[2] == 'M')
        out[strlen(out) - 3] = 0;
    return (size_t)(end + 3 - p);
}

static const char *
fill(struct reading *r, const struct yaml_node *node)
{
    const char *in = node->text.n > 0 ? (const char *)node->text.p : "";
    char time[UTC_TEXT_MAX], *copy = NULL;
    struct buf out;

    buf_init(&out, VALUE_BYTES);
    while (*in != 0) {
        size_t n = template_at(in, r->start, time);

        if (n == 0 && strncmp(in, "{{", 2) == 0) {
            (void)yaml_fail(node, WHY_CONF_VALUE, r->why, "%.20s: expected {{T+72h}}, {{t+72h}} or {{M+72h}}",
                            in);
            buf_release(&out);
            return NULL;
        }
        if (n > 0)
            buf_put_str(&out, time);
        else
            buf_put_byte(&out, (uint8_t)*in++);
        in += n;
    }
    if (buf_failed(&out))
        (void)yaml_fail(node, WHY_CONF_VALUE, r->why, "expected at most %d bytes", VALUE_BYTES);
    else
        copy = arena_strdup(r->a, buf_span(&out));
    buf_release(&out);
    return copy;
}

/* The text of ${key}; *${out} NULL when it is not there. 0 or -1. */
static int
take(struct reading *r, const struct yaml_node *map, const char *key, bool must, const char **out)
{
    const struct yaml_node *node = must ? yaml_need(map, key, YAML_SCALAR, r->why) : yaml_get(map, key);

    *out = NULL;
    if (node == NULL)
        return must ? -1 : 0;
    if (yaml_expect(node, YAML_SCALAR, r->why) != 0)
        return -1;
    *out = fill(r, node);
    return *out == NULL ? -1 : 0;
}

static int
take_hours(struct reading *r, const struct yaml_node *map, const char *key, double fallback, double *out)
{
    const struct yaml_node *node = yaml_get(map, key);

    *out = fallback;
    if (node == NULL && fallback >= 0)
        return 0;
    if (node == NULL)
        node = yaml_need(map, key, YAML_SCALAR, r->why);
    if (node == NULL)
        return -1;
    if (node->kind != YAML_SCALAR || num_double(node->text, out) != 0 || *out < 0 || *out > HOURS_MAX)
        return yaml_fail(node, WHY_CONF_VALUE, r->why, "expected hours: 0 to %d", HOURS_MAX);
    return 0;
}

/* A member of `nations` (or "all", where ${all} is given). */
static int
take_nation(struct reading *r, const struct yaml_node *map, const char *key, bool *all, const char **out)
{
    if (take(r, map, key, true, out) != 0)
        return -1;
    if (all != NULL && (*all = strcmp(*out, "all") == 0))
        return 0;
    for (size_t i = 0; i < r->drill->nations; i++) {
        if (strcmp(r->drill->nation[i], *out) == 0)
            return 0;
    }
    return yaml_fail(yaml_get(map, key), WHY_CONF_VALUE, r->why,
                     "expected one of the nations of this drill%s", all != NULL ? ", or all" : "");
}

/* --- Steps ---------------------------------------------------------------------------------------------------- */

static int
take_publish(struct reading *r, const struct yaml_node *map, struct drill_step *s)
{
    const struct type *type;

    s->act = DRILL_PUBLISH;
    if (take(r, map, "publish", true, &s->word) != 0 || take(r, map, "text", true, &s->text) != 0)
        return -1;
    if (registry_reader(s->word, &type) == NULL)
        return yaml_fail(yaml_get(map, "publish"), WHY_CONF_VALUE, r->why,
                         "expected a format: parallax formats has them");
    return 0;
}

/* Members of the consultation that is made: the type's own check says what is wrong with them. */
static int
take_with(struct reading *r, const struct yaml_node *map, struct drill_step *s)
{
    const struct yaml_node *with = yaml_get(map, "with");

    if (with == NULL)
        return 0;
    if (yaml_expect(with, YAML_MAPPING, r->why) != 0)
        return -1;
    for (const struct yaml_node *field = with->first; field != NULL; field = field->next) {
        if (s->fields == DRILL_FIELD_COUNT)
            return yaml_fail(field, WHY_CONF_VALUE, r->why, "expected at most %d members", DRILL_FIELD_COUNT);
        if (yaml_expect(field, YAML_SCALAR, r->why) != 0)
            return -1;
        s->field[s->fields].keyword = arena_strdup(r->a, field->key);
        s->field[s->fields].value = fill(r, field);
        if (s->field[s->fields++].value == NULL)
            return -1;
    }
    return 0;
}

static int
take_step(struct reading *r, const struct yaml_node *map)
{
    static const char *const keys[] = {"at_h",    "by",  "say",   "publish", "text",
                                       "consult", "ack", "event", "with"};
    struct drill *d = r->drill;
    struct drill_step *s = &d->step[d->steps];
    int rc;

    if (d->steps == DRILL_STEP_COUNT)
        return yaml_fail(map, WHY_CONF_VALUE, r->why, "expected at most %d steps", DRILL_STEP_COUNT);
    if (yaml_check_keys(map, keys, sizeof keys / sizeof *keys, r->why) != 0 ||
        take_hours(r, map, "at_h", -1, &s->at_h) != 0 || take_nation(r, map, "by", NULL, &s->by) != 0 ||
        take(r, map, "say", true, &s->say) != 0)
        return -1;
    s->line = map->line;
    if (d->steps > 0 && s->at_h < s[-1].at_h)
        return yaml_fail(yaml_get(map, "at_h"), WHY_CONF_VALUE, r->why,
                         "expected steps in the order of their times");
    if (yaml_get(map, "publish") != NULL) {
        rc = take_publish(r, map, s);
    } else if (yaml_get(map, "ack") != NULL) {
        s->act = DRILL_ACK;
        rc = take(r, map, "ack", true, &s->word);
    } else {
        s->act = DRILL_CONSULT;
        rc = take(r, map, "consult", true, &s->word);
    }
    if (rc == 0 && s->act != DRILL_PUBLISH)
        rc = take(r, map, "event", true, &s->event);
    if (rc != 0 || take_with(r, map, s) != 0)
        return -1;
    d->end_h = s->at_h > d->end_h ? s->at_h : d->end_h;
    d->steps++;
    return 0;
}

/* --- What is expected ----------------------------------------------------------------------------------------- */

static int
add_expect(struct reading *r, const struct yaml_node *map, const struct drill_expect *e)
{
    struct drill *d = r->drill;

    if (d->expects == DRILL_EXPECT_COUNT)
        return yaml_fail(map, WHY_CONF_VALUE, r->why, "expected at most %d expectations", DRILL_EXPECT_COUNT);
    d->expect[d->expects++] = *e;
    return 0;
}

static int
take_expect(struct reading *r, const struct yaml_node *map)
{
    static const char *const keys[] = {"of",    "from_h", "by_h",    "say", "alert",
                                       "state", "level",  "consult", "ack", "event"};
    struct drill *d = r->drill;
    struct drill_expect e = {.line = map->line};
    bool all = false;
    int rc;

    if (yaml_check_keys(map, keys, sizeof keys / sizeof *keys, r->why) != 0 ||
        take_nation(r, map, "of", &all, &e.of) != 0 || take_hours(r, map, "from_h", 0, &e.from_h) != 0 ||
        take_hours(r, map, "by_h", -1, &e.by_h) != 0 || take(r, map, "say", true, &e.say) != 0)
        return -1;
    if (e.by_h < e.from_h)
        return yaml_fail(yaml_get(map, "by_h"), WHY_CONF_VALUE, r->why, "expected from_h or later");
    if (yaml_get(map, "alert") != NULL) {
        e.see = DRILL_SEE_ALERT;
        rc = take(r, map, "alert", true, &e.word) != 0 || take(r, map, "state", true, &e.state) != 0 ||
             take(r, map, "level", false, &e.level) != 0;
    } else if (yaml_get(map, "ack") != NULL) {
        e.see = DRILL_SEE_ACK;
        rc = take(r, map, "ack", true, &e.event);
    } else {
        e.see = DRILL_SEE_CONSULT;
        rc = take(r, map, "consult", true, &e.word) != 0 || take(r, map, "event", true, &e.event) != 0;
    }
    if (rc != 0)
        return -1;
    d->end_h = e.by_h > d->end_h ? e.by_h : d->end_h;
    if (!all)
        return add_expect(r, map, &e);
    for (size_t i = 0; i < d->nations; i++) {
        e.of = d->nation[i];
        if (add_expect(r, map, &e) != 0)
            return -1;
    }
    return 0;
}

/* --- The whole -------------------------------------------------------------------------------------------------- */

static int
take_list(struct reading *r, const struct yaml_node *map, const char *key, const char **out, size_t max,
          size_t *n)
{
    const struct yaml_node *list = yaml_need(map, key, YAML_SEQUENCE, r->why);

    if (list == NULL)
        return -1;
    if (list->n == 0 || list->n > max)
        return yaml_fail(list, WHY_CONF_VALUE, r->why, "expected 1 to %zu of them", max);
    for (const struct yaml_node *item = list->first; item != NULL; item = item->next) {
        if (yaml_expect(item, YAML_SCALAR, r->why) != 0)
            return -1;
        out[(*n)++] = arena_strdup(r->a, item->text);
    }
    return 0;
}

static int
take_each(struct reading *r, const struct yaml_node *map, const char *key,
          int (*one)(struct reading *, const struct yaml_node *))
{
    const struct yaml_node *list = yaml_need(map, key, YAML_SEQUENCE, r->why);

    if (list == NULL)
        return -1;
    for (const struct yaml_node *item = list->first; item != NULL; item = item->next) {
        if (yaml_expect(item, YAML_MAPPING, r->why) != 0 || one(r, item) != 0)
            return -1;
    }
    return 0;
}

const struct drill *
drill_read(struct span text, struct utc start, struct arena *a, struct why *why)
{
    static const char *const keys[] = {"form",    "id",      "title", "about",
                                       "nations", "objects", "steps", "expect"};
    struct reading r = {.a = a, .start = start, .why = why};
    const struct yaml_node *root = yaml_read(text, a, why), *form;
    struct drill *d = root == NULL ? NULL : arena_alloc(a, sizeof *d);

    if (d == NULL)
        return NULL;
    memset(d, 0, sizeof *d);
    r.drill = d;
    form = yaml_need(root, "form", YAML_SCALAR, why);
    if (form == NULL)
        return NULL;
    if (!span_is(form->text, "EXERCISE/1")) {
        (void)yaml_fail(form, WHY_CONF_VALUE, why, "expected EXERCISE/1");
        return NULL;
    }
    if (yaml_check_keys(root, keys, sizeof keys / sizeof *keys, why) != 0 ||
        take(&r, root, "id", true, &d->id) != 0 || take(&r, root, "title", true, &d->title) != 0 ||
        take_list(&r, root, "nations", d->nation, LIMIT_MEMBER_COUNT, &d->nations) != 0 ||
        take_list(&r, root, "objects", d->object, DRILL_OBJECT_COUNT, &d->objects) != 0 ||
        take_each(&r, root, "steps", take_step) != 0 || take_each(&r, root, "expect", take_expect) != 0)
        return NULL;
    if (a->failed) {
        (void)why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "the drill is too large");
        return NULL;
    }
    return d;
}
