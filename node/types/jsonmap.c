#include "types/jsonmap.h"

#include "syntax/json.h"

struct reading {
    struct fill fill;
    const struct fieldmap *map;
    const char *format;
    const struct fill_default *implied;
    const struct convert *how;
    struct arena *arena;
    type_emit_fn *emit;
    void *cookie;
    struct why *why;
    unsigned depth; /* of the open record; records stand at depth 0 or, in an array, 1 */
    bool is_open;
    bool in_array;
    const char *list;     /* member of one object that holds the array of records; NULL: there is none such */
    unsigned base;        /* depth of a record, or of their array */
    bool is_skipping;     /* a member beside that list */
    bool in_comments;     /* in the array of COMMENT */
    const uint8_t *start; /* of the open record */
    struct place at;
    size_t count;
};

static int
refuse(struct reading *r, const struct json_event *event, const char *note)
{
    return why_set(r->why, WHY_TEXT_SYNTAX, event->place.line, event->place.column, NULL, "%s", note);
}

static int
begin_record(struct reading *r, const struct json_event *event)
{
    r->is_open = true;
    r->depth = event->depth;
    r->start = event->raw.p;
    r->at = event->place;
    r->count++;
    return fill_begin(&r->fill, r->map, FILL_TABLE, r->how, r->arena, r->why);
}

static int
end_record(struct reading *r, const struct json_event *event)
{
    struct span original = span_of(r->start, (size_t)(event->raw.p + event->raw.n - r->start));

    r->is_open = false;
    if (fill_source(&r->fill, r->format, original, span_of(NULL, 0)) != 0 ||
        fill_end(&r->fill, r->implied, r->at) != 0)
        return -1;
    return fill_emit(&r->fill, r->emit, r->cookie);
}

/* Between records. */
static int
on_outside(struct reading *r, const struct json_event *event)
{
    if (event->kind == JSON_ARRAY && event->depth == r->base) {
        r->in_array = true;
        return 0;
    }
    if (event->kind == JSON_ARRAY_END && event->depth == r->base) {
        r->in_array = false;
        return 0;
    }
    if (event->kind == JSON_OBJECT && event->depth == r->base + (r->in_array ? 1 : 0))
        return begin_record(r, event);
    return refuse(r, event, "expected an object, or an array of objects");
}

/* `"COMMENT":["text", {"block": "text"}]`: what the canonical JSON holds. */
static int
on_comment(struct reading *r, const struct json_event *event)
{
    const struct field_block *block = &r->map->block[0];

    if (event->kind == JSON_OBJECT || event->kind == JSON_OBJECT_END)
        return 0;
    if (event->kind != JSON_STRING)
        return refuse(r, event, "expected the text of a comment");
    for (size_t b = 0; event->key.p != NULL && b < r->map->block_count; b++) {
        if (span_is(event->key, r->map->block[b].name))
            block = &r->map->block[b];
    }
    if (event->key.p != NULL && !span_is(event->key, block->name))
        return refuse(r, event, "expected the name of a block of the message");
    return fill_comment_in(&r->fill, span_str(block->name), event->text, event->place);
}

static int
on_member(struct reading *r, const struct json_event *event)
{
    /* A type that has no place for comments keeps it as any other member. */
    bool is_comment = r->map->part[0].comments != 0 && span_is(event->key, "COMMENT");

    if (event->kind == JSON_ARRAY && is_comment) {
        r->in_comments = true;
        return 0;
    }
    if (event->kind == JSON_OBJECT || event->kind == JSON_ARRAY)
        return why_set(r->why, WHY_FIELD_VALUE, event->place.line, event->place.column, NULL,
                       "a nested value: expected text, a number or null");
    if (event->kind == JSON_NULL)
        return 0;
    if (is_comment)
        return event->text.n == 0
                   ? 0
                   : fill_comment_in(&r->fill, span_str(r->map->block[0].name), event->text, event->place);
    return fill_put(&r->fill, event->key, event->text, span_of(NULL, 0), event->key_place, event->place);
}

/* The object around the list, and what else it holds: about the question that it answers. */
static bool
is_around_list(struct reading *r, const struct json_event *event)
{
    bool is_list = event->kind == JSON_ARRAY && event->depth == 1 && span_is(event->key, r->list);

    if (event->depth == 0)
        return event->kind == JSON_OBJECT || event->kind == JSON_OBJECT_END;
    if (r->is_skipping) {
        r->is_skipping = event->depth > 1;
        return true;
    }
    if (event->depth > 1 || is_list || event->kind == JSON_ARRAY_END)
        return false;
    r->is_skipping = event->kind == JSON_OBJECT || event->kind == JSON_ARRAY;
    return true;
}

static int
on_event(void *cookie, const struct json_event *event, struct why *why)
{
    struct reading *r = cookie;

    (void)why;
    if (!r->is_open && r->list != NULL && is_around_list(r, event))
        return 0;
    if (!r->is_open)
        return on_outside(r, event);
    if (r->in_comments) {
        r->in_comments = event->kind != JSON_ARRAY_END;
        return r->in_comments ? on_comment(r, event) : 0;
    }
    if (event->kind == JSON_OBJECT_END)
        return end_record(r, event);
    return on_member(r, event);
}

static int
read_all(struct reading *r, struct span input)
{
    if (json_read(input, on_event, r, r->why) != 0)
        return -1;
    if (r->count == 0)
        return why_set(r->why, WHY_TEXT_SYNTAX, 1, 1, NULL,
                       "no record: expected an object, or an array of objects");
    return 0;
}

int
jsonmap_read(const struct fieldmap *map, const char *format, const struct fill_default *implied,
             struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    struct reading r = {.map = map,
                        .format = format,
                        .implied = implied,
                        .how = how,
                        .arena = a,
                        .emit = emit,
                        .cookie = cookie,
                        .why = why};

    return read_all(&r, input);
}

struct looking {
    const char *list;
    bool is_found;
};

static int
look_for_list(void *cookie, const struct json_event *event, struct why *why)
{
    struct looking *l = cookie;

    l->is_found = event->kind == JSON_ARRAY && event->depth == 1 && event->key.p != NULL &&
                  span_is(event->key, l->list);
    /* One array of records, or one record, is not such an object: no more is looked at. */
    if (l->is_found || (event->kind == JSON_ARRAY && event->depth == 0))
        return why_set(why, WHY_TEXT_SYNTAX, 0, 0, NULL, "looked at");
    return 0;
}

int
jsonmap_read_list(const struct fieldmap *map, const char *list, const char *format,
                  const struct fill_default *implied, struct span input, const struct convert *how,
                  struct arena *a, type_emit_fn *emit, void *cookie, struct why *why)
{
    struct looking l = {.list = list};
    struct reading r = {.map = map,
                        .format = format,
                        .implied = implied,
                        .how = how,
                        .arena = a,
                        .emit = emit,
                        .cookie = cookie,
                        .why = why};
    struct why none;

    why_clear(&none);
    (void)json_read(input, look_for_list, &l, &none);
    if (l.is_found) {
        r.list = list;
        r.base = 1;
    }
    return read_all(&r, input);
}

void
jsonmap_begin(struct buf *out)
{
    buf_put_str(out, "[\n");
}

void
jsonmap_between(struct buf *out)
{
    buf_put_str(out, ",\n");
}

void
jsonmap_end(struct buf *out)
{
    buf_put_str(out, "\n]\n");
}
