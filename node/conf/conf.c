#include "conf/conf.h"
#include "base/file.h"
#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "conf/yaml.h"
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

enum kind { NAME, TEXT, WORDS, NUMBER, SIZE, FLAG, LEVEL };

struct row {
    const char *path;
    size_t offset;
    enum kind kind;
    const char *value; /* default; of a NAME "" = must be given */
    uint64_t min, max;
    const char *when, *unit, *text;
};

static const struct row rows[] = {
#define CONF(path, member, kind, value, min, max, reload, unit, text)                                        \
    {path, offsetof(struct conf, member), kind, value, min, max, #reload, unit, text},
#include "conf/conf.tbl"
#undef CONF
};
#define ROWS (sizeof(rows) / sizeof(*rows))

static const char *const levels[] = {"error", "warn", "info", "debug"};

static const struct {
    const char *unit;
    uint64_t bytes;
} units[] = {{"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {"", 1}};

int
conf_size(struct span s, uint64_t min, uint64_t max, uint64_t *out)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        size_t n = strlen(units[i].unit);
        if (s.n < n || memcmp(s.p + s.n - n, units[i].unit, n) != 0)
            continue;
        if (num_uint(span_of(s.p, s.n - n), UINT64_MAX / units[i].bytes, out) != 0)
            return -1;
        *out *= units[i].bytes;
        return *out >= min && *out <= max ? 0 : -1;
    }
    return -1;
}

/* One value into its member. NULL, or what was expected. */
static const char *
take(const struct row *r, struct span s, struct conf *out)
{
    char *at = (char *)out + r->offset;
    uint64_t n;

    switch (r->kind) {
    case NAME:
        if (!text_is_node_name(s))
            return "<iso-country>-<agency>, such as fr-cnes";
        memset(at, 0, CONF_TEXT_MAX);
        memcpy(at, s.p, s.n);
        return NULL;
    case TEXT:
    case WORDS:
        if (s.n < r->min || s.n > r->max || s.n >= CONF_TEXT_MAX)
            return "text of another length";
        memset(at, 0, CONF_TEXT_MAX);
        if (s.n > 0)
            memcpy(at, s.p, s.n);
        return NULL;
    case NUMBER:
        if (num_int(s, (int64_t)r->min, (int64_t)r->max, (int64_t *)(void *)at) != 0)
            return "a whole number in its range";
        return NULL;
    case SIZE:
        if (conf_size(s, r->min, r->max, &n) != 0)
            return "a size such as 256MiB in its range";
        memcpy(at, &n, sizeof(n));
        return NULL;
    case FLAG:
        if (!span_is(s, "true") && !span_is(s, "false"))
            return "true or false";
        *(bool *)(void *)at = span_is(s, "true");
        return NULL;
    case LEVEL:
        for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
            enum log_level level = (enum log_level)i;
            if (!span_is(s, levels[i]))
                continue;
            memcpy(at, &level, sizeof(level));
            return NULL;
        }
        return "error, warn, info or debug";
    }
    return "nothing";
}

static void
expected(const struct row *r, struct buf *out)
{
    if (r->kind == NUMBER || r->kind == SIZE)
        buf_put_fmt(out, " (%" PRIu64 " to %" PRIu64 "%s%s)", r->min, r->max, r->unit[0] == '\0' ? "" : " ",
                    r->unit);
    else if (r->kind == TEXT || r->kind == WORDS)
        buf_put_fmt(out, " (%" PRIu64 " to %" PRIu64 " bytes)", r->min, r->max);
}

/* The next word from ${at} on, blanks and commas between: its bytes, 0 at the end; *${at} is where it begins. */
static size_t
next_word(const char *text, size_t *at)
{
    *at += strspn(text + *at, " ,");
    return strcspn(text + *at, " ,");
}

static bool
is_word(const char *list, struct span word)
{
    size_t n;

    for (size_t at = 0; (n = next_word(list, &at)) > 0; at += n) {
        if (span_equal(span_of((const uint8_t *)list + at, n), word))
            return true;
    }
    return false;
}

/* Are all words of ${node} known? Its place is that of the first that is not. */
static int
check_words(const struct row *r, const struct yaml_node *node, struct why *why)
{
    const char *text = (const char *)node->text.p;
    size_t n;

    for (size_t at = 0; (n = next_word(text, &at)) > 0; at += n) {
        if (!is_word(r->value, span_of(node->text.p + at, n)))
            return why_set(why, WHY_CONF_VALUE, node->line, node->column + (uint32_t)at + node->quoted,
                           r->path, "unknown word \"%.*s\": expected some of %s", (int)(n < 40 ? n : 40),
                           text + at, r->value);
    }
    return 0;
}

static int
take_node(const struct row *r, const struct yaml_node *node, struct conf *out, struct why *why)
{
    const char *wanted = node->kind == YAML_SCALAR ? take(r, node->text, out) : "one value";
    struct buf range;
    int rc;

    if (wanted == NULL)
        return r->kind == WORDS ? check_words(r, node, why) : 0;
    buf_init(&range, 256);
    expected(r, &range);
    rc = why_set(why, WHY_CONF_VALUE, node->line, node->column, r->path, "not allowed here: expected %s%s",
                 wanted, buf_cstr(&range));
    buf_release(&range);
    return rc;
}

static const struct row *
find(const char *path)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].path, path) == 0)
            return &rows[i];
    }
    return NULL;
}

static bool
is_group(const char *path)
{
    size_t n = strlen(path);

    for (size_t i = 0; i < ROWS; i++) {
        if (strncmp(rows[i].path, path, n) == 0 && rows[i].path[n] == '.')
            return true;
    }
    return false;
}

static int
unknown(const char *path, const struct yaml_node *node, struct why *why)
{
    const char *names[ROWS], *near;

    for (size_t i = 0; i < ROWS; i++)
        names[i] = rows[i].path;
    near = text_nearest(span_str(path), names, ROWS);
    return why_set(why, WHY_CONF_KEY, node->key_line, node->key_column, NULL, "unknown key \"%.60s\"%s%s%s",
                   path, near == NULL ? "" : ": did you mean \"", near == NULL ? "" : near,
                   near == NULL ? "" : "\"?");
}

/* Keys are given as `a.b: v` or as `a:` with `b: v` below it. */
static int
take_map(const struct yaml_node *map, const char *prefix, struct conf *out, bool given[ROWS], struct why *why)
{
    for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
        char path[128], key[64];
        const struct row *r;
        snprintf(key, sizeof(key), "%.*s", (int)(node->key.n > 60 ? 60 : node->key.n),
                 (const char *)node->key.p);
        snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", key);
        r = find(path);
        if (r == NULL && node->kind == YAML_MAPPING && prefix[0] == '\0' && is_group(path)) {
            if (take_map(node, path, out, given, why) != 0)
                return -1;
            continue;
        }
        if (r == NULL && is_group(path))
            return why_set(why, WHY_CONF_VALUE, node->line, node->column, path,
                           "not allowed here: expected keys below it");
        if (r == NULL)
            return unknown(path, node, why);
        if (given[r - rows])
            return why_set(why, WHY_FIELD_DUPLICATE, node->key_line, node->key_column, r->path,
                           "given twice");
        given[r - rows] = true;
        if (take_node(r, node, out, why) != 0)
            return -1;
    }
    return 0;
}

int
conf_read(struct span text, struct conf *out, struct why *why)
{
    const struct yaml_node *root;
    struct arena a;
    bool given[ROWS] = {false};
    int rc = -1;

    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < ROWS; i++)
        take(&rows[i], span_str(rows[i].value), out);
    arena_init(&a, 8 * (size_t)LIMIT_CONF_BYTES);
    root = yaml_read(text, &a, why);
    if (root != NULL && root->kind == YAML_MAPPING)
        rc = take_map(root, "", out, given, why);
    else if (root != NULL)
        rc = why_set(why, WHY_CONF_VALUE, root->line, root->column, NULL, "expected keys with values");
    arena_release(&a);
    if (rc == 0 && out->name[0] == '\0')
        return why_set(why, WHY_FIELD_MISSING, 1, 1, "name",
                       "must be given: expected <iso-country>-<agency>");
    return rc;
}

int
conf_load(const char *path, struct conf *out, struct why *why)
{
    struct buf text;
    int rc;

    buf_init(&text, LIMIT_CONF_BYTES);
    if (file_read(path, &text) != 0) {
        buf_release(&text);
        return why_set(why, WHY_CONF_VALUE, 0, 0, NULL, "cannot be read: %s", strerror(errno));
    }
    rc = conf_read(buf_span(&text), out, why);
    buf_release(&text);
    return rc;
}

static void
put_value(const struct row *r, const struct conf *conf, struct buf *out)
{
    const char *at = (const char *)conf + r->offset;
    uint64_t n;

    switch (r->kind) {
    case NAME:
    case TEXT:
    case WORDS:
        text_json(out, span_str(at));
        break;
    case NUMBER:
        buf_put_fmt(out, "%" PRId64, *(const int64_t *)(const void *)at);
        break;
    case SIZE:
        memcpy(&n, at, sizeof(n));
        buf_put_fmt(out, "%" PRIu64, n);
        break;
    case FLAG:
        buf_put_str(out, *(const bool *)(const void *)at ? "true" : "false");
        break;
    case LEVEL:
        buf_put_str(out, levels[*(const enum log_level *)(const void *)at]);
        break;
    }
}

void
conf_dump(const struct conf *conf, struct buf *out)
{
    for (size_t i = 0; i < ROWS; i++) {
        buf_put_fmt(out, "%s: ", rows[i].path);
        put_value(&rows[i], conf, out);
        buf_put_byte(out, '\n');
    }
}

void
conf_dump_example(struct buf *out)
{
    buf_put_str(out, "# node.yaml: every key with its default. Generated: parallaxd --dump-example\n");
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        buf_put_fmt(out, "\n# %s\n#", r->text);
        expected(r, out);
        buf_put_fmt(out, " takes effect at %s\n",
                    strcmp(r->when, "RESTART") == 0 ? "the next start" : "SIGHUP");
        if (r->kind == TEXT || r->kind == WORDS || r->kind == NAME)
            buf_put_fmt(out, "%s: \"%s\"\n", r->path, r->kind == NAME ? "fr-cnes" : r->value);
        else
            buf_put_fmt(out, "%s: %s\n", r->path, r->value);
    }
}
