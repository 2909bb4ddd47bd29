#include "plugins/value.h"

#include "base/limit.h"
#include "base/num.h"

struct build {
    struct arena *arena;
    struct value *root;
    struct value *open[LIMIT_JSON_DEPTH_COUNT + 1]; /* objects and arrays around what comes */
    struct value *last[LIMIT_JSON_DEPTH_COUNT + 1]; /* child of each */
};

static struct span
copy(struct arena *a, struct span s)
{
    const char *p = s.p != NULL ? arena_strdup(a, s) : NULL;

    return span_of(p, p != NULL ? s.n : 0);
}

static int
add(void *cookie, const struct json_event *e, struct why *why)
{
    struct build *b = cookie;
    struct value *v;

    if (e->kind == JSON_OBJECT_END || e->kind == JSON_ARRAY_END)
        return 0;
    if (e->depth == 0 && b->root != NULL)
        return why_set(why, WHY_TEXT_SYNTAX, e->place.line, e->place.column, NULL,
                       "a second value: expected one");
    v = arena_zalloc(b->arena, sizeof *v);
    if (v != NULL) {
        v->kind = e->kind;
        v->key = copy(b->arena, e->key);
        if (e->kind != JSON_OBJECT && e->kind != JSON_ARRAY) {
            v->text = copy(b->arena, e->text);
            v->raw = copy(b->arena, e->raw);
        }
    }
    if (b->arena->failed)
        return why_set(why, WHY_TEXT_LIMIT, e->place.line, e->place.column, NULL,
                       "it holds more than a program of %zu bytes can look at", b->arena->max);
    if (e->depth == 0) {
        b->root = v;
    } else {
        struct value *parent = b->open[e->depth - 1];
        if (parent->n++ == 0)
            parent->first = v;
        else
            b->last[e->depth - 1]->next = v;
        b->last[e->depth - 1] = v;
    }
    b->open[e->depth] = v;
    return 0;
}

const struct value *
value_read(struct span text, struct arena *a, struct why *why)
{
    struct build b = {.arena = a};

    if (json_read_long(text, LIMIT_PLUGIN_LINE_BYTES, add, &b, why) != 0)
        return NULL;
    if (b.root == NULL)
        (void)why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "nothing: expected a JSON value");
    return b.root;
}

const struct value *
value_get(const struct value *v, const char *path)
{
    while (v != NULL && *path != '\0') {
        size_t n = strcspn(path, ".");
        const struct value *child = v->kind == JSON_OBJECT ? v->first : NULL;
        while (child != NULL && !span_equal(child->key, span_of(path, n)))
            child = child->next;
        v = child;
        path += path[n] == '.' ? n + 1 : n;
    }
    return v;
}

const char *
value_text(const struct value *v, const char *path)
{
    v = value_get(v, path);
    return v != NULL && (v->kind == JSON_STRING || v->kind == JSON_NUMBER) && v->text.p != NULL
               ? (const char *)v->text.p
               : "";
}

int
value_uint(const struct value *v, const char *path, uint64_t max, uint64_t *out)
{
    return num_uint(span_str(value_text(v, path)), max, out);
}

int
value_double(const struct value *v, const char *path, double *out)
{
    return num_double(span_str(value_text(v, path)), out);
}
