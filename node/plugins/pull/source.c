#include "plugins/pull/source.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/yaml.h"

enum kind { TEXT, MODE, NUMBER, SIZE, FLAG };

static const struct key {
    const char *name;
    enum kind kind;
    size_t at;
    const char *value; /* default; NULL: it must be given */
    int64_t min, max;
} keys[] = {
#define AT(member) offsetof(struct source, member)
    {"name", TEXT, AT(name), NULL, 1, SOURCE_NAME_MAX},
    {"url", TEXT, AT(url), NULL, 1, 1000},
    {"format", TEXT, AT(format), NULL, 1, 64},
    {"mode", MODE, AT(mode), "REAL", 0, 0},
    {"audience", TEXT, AT(audience), "open", 1, LIMIT_NAME_BYTES},
    {"content", TEXT, AT(content), "", 0, 100},
    {"split", TEXT, AT(split), "none", 0, 100},
    {"interval_s", NUMBER, AT(interval_s), NULL, 1, 604800},
    {"late_s", NUMBER, AT(late_s), "86400", 1, 2592000},
    {"denied_s", NUMBER, AT(denied_s), "21600", 1, 2592000},
    {"timeout_s", NUMBER, AT(timeout_s), "60", 1, 600},
    {"body_max", SIZE, AT(body_max), "16MiB", 1, LIMIT_INPUT_BYTES},
    {"enabled", FLAG, AT(enabled), "true", 0, 0},
#undef AT
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Limits that the hosts have published, or that follow from how often their data change. */
static const struct {
    const char *host;
    int64_t seconds;
} floors[] = {
    {"celestrak.org", 7200}, /* GP data change at most every two hours; asking sooner is refused with 403 */
    {"ssd-api.jpl.nasa.gov", 3600}, /* one request at a time; the risk list changes a few times a day */
    {"kauai.ccmc.gsfc.nasa.gov", 600},
    {"services.swpc.noaa.gov", 60}, /* files are made anew every minute at most */
    {"127.0.0.1", 1},
};

void
source_init(struct source_table *t)
{
    memset(t, 0, sizeof *t);
    buf_init(&t->text, LIMIT_CONF_BYTES);
    arena_init(&t->arena, 8 * (size_t)LIMIT_CONF_BYTES);
}

void
source_release(struct source_table *t)
{
    buf_release(&t->text);
    arena_release(&t->arena);
}

/* The host of an http or https URL without a user; {NULL, 0} when it is none. */
static struct span
host_of(const char *url)
{
    const char *host = strncmp(url, "https://", 8) == 0  ? url + 8
                       : strncmp(url, "http://", 7) == 0 ? url + 7
                                                         : NULL;
    size_t n = host != NULL ? strcspn(host, ":/?#@\\") : 0;

    return n == 0 || host[n] == '@' || strchr(url, '@') != NULL ? span_of(NULL, 0) : span_of(host, n);
}

int64_t
source_floor_s(const char *url)
{
    struct span host = host_of(url);

    for (size_t i = 0; i < COUNT(floors); i++) {
        size_t n = strlen(floors[i].host);
        if (host.n >= n && text_equal_nocase(span_of(host.p + host.n - n, n), floors[i].host) &&
            (host.n == n || host.p[host.n - n - 1] == '.'))
            return floors[i].seconds;
    }
    return 60;
}

static int
take_scalar(const struct key *k, struct span text, struct source *s)
{
    void *at = (char *)s + k->at;

    switch (k->kind) {
    case MODE:
        if (!span_is(text, "REAL") && !span_is(text, "TEST") && !span_is(text, "EXERCISE") &&
            !span_is(text, "SIMULATED"))
            return -1;
        break;
    case NUMBER:
        return num_int(text, k->min, k->max, at);
    case SIZE:
        return conf_size(text, (uint64_t)k->min, (uint64_t)k->max, at);
    case FLAG:
        *(bool *)at = span_is(text, "true");
        return span_is(text, "true") || span_is(text, "false") ? 0 : -1;
    case TEXT:
        if (text.n < (size_t)k->min || text.n > (size_t)k->max)
            return -1;
    }
    *(const char **)at = (const char *)text.p;
    return 0;
}

static int
take_source(const struct yaml_node *map, struct source *s, struct why *why)
{
    const char *names[COUNT(keys)];
    const struct yaml_node *node;

    for (size_t i = 0; i < COUNT(keys); i++)
        names[i] = keys[i].name;
    if (yaml_check_keys(map, names, COUNT(keys), why) != 0)
        return -1;
    for (size_t i = 0; i < COUNT(keys); i++) {
        node = yaml_get(map, keys[i].name);
        if (node == NULL && keys[i].value == NULL)
            return why_set(why, WHY_FIELD_MISSING, map->line, map->column, keys[i].name, "must be given");
        if (node != NULL && yaml_expect(node, YAML_SCALAR, why) != 0)
            return -1;
        if (take_scalar(&keys[i], node != NULL ? node->text : span_str(keys[i].value), s) != 0 &&
            node != NULL)
            return yaml_fail(node, WHY_CONF_VALUE, why,
                             "expected a value in its range (%" PRId64 " to %" PRId64 ")", keys[i].min,
                             keys[i].max);
    }
    node = yaml_get(map, "name");
    if (!text_is_word(span_str(s->name)))
        return yaml_fail(node, WHY_CONF_VALUE, why, "expected a lower-case word");
    node = yaml_get(map, "url");
    if (host_of(s->url).p == NULL)
        return yaml_fail(node, WHY_CONF_VALUE, why,
                         "expected http:// or https:// and a host, without a user");
    if (s->interval_s < source_floor_s(s->url))
        return yaml_fail(yaml_get(map, "interval_s"), WHY_CONF_VALUE, why,
                         "expected at least %" PRId64 ": the limit of that host", source_floor_s(s->url));
    return 0;
}

int
source_load(struct source_table *t, const char *path, struct why *why)
{
    static const char *const top[] = {"sources"};
    const struct yaml_node *root, *list;

    if (file_read(path, &t->text) != 0)
        return why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "cannot be read: %s", strerror(errno));
    root = yaml_read(buf_span(&t->text), &t->arena, why);
    if (root == NULL || yaml_check_keys(root, top, 1, why) != 0)
        return -1;
    list = yaml_need(root, "sources", YAML_SEQUENCE, why);
    if (list == NULL)
        return -1;
    if (list->n > SOURCE_COUNT_MAX)
        return yaml_fail(list, WHY_CONF_VALUE, why, "expected at most %d sources", SOURCE_COUNT_MAX);
    for (const struct yaml_node *one = list->first; one != NULL; one = one->next) {
        struct source *s = &t->source[t->n];
        if (take_source(one, s, why) != 0)
            return -1;
        for (size_t i = 0; i < t->n; i++) {
            if (strcmp(t->source[i].name, s->name) == 0)
                return why_set(why, WHY_FIELD_DUPLICATE, one->line, one->column, "name",
                               "two sources of one name");
        }
        t->n++;
    }
    return 0;
}
