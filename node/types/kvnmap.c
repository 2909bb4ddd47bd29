#include "types/kvnmap.h"

#include <stdio.h>

#include "syntax/kvn.h"

struct reading {
    struct fill fill;
    struct kvn kvn;
    const struct fieldmap *map;
    const char *format;
    const struct convert *how;
    struct arena *arena;
    type_emit_fn *emit;
    void *cookie;
    struct why *why;
    bool is_open;         /* a message has begun */
    struct place start;   /* of it */
    const uint8_t *first; /* its first byte */
    const uint8_t *last;  /* behind its last byte */
};

static int
end_message(struct reading *r)
{
    r->is_open = false;
    if (fill_source(&r->fill, r->format, span_of(r->first, (size_t)(r->last - r->first)), span_of(NULL, 0)) !=
            0 ||
        fill_end(&r->fill, NULL, r->start) != 0)
        return -1;
    return fill_emit(&r->fill, r->emit, r->cookie);
}

static int
begin_message(struct reading *r, const struct kvn_line *line)
{
    struct place at = {line->line, line->column};
    bool is_next = r->is_open;

    if (is_next && end_message(r) != 0)
        return -1;
    r->is_open = true;
    r->start = at;
    r->first = line->raw.p;
    if (fill_begin(&r->fill, r->map, FILL_CCSDS, r->how, r->arena, r->why) != 0)
        return -1;
    if (is_next && r->how->strict) /* 505.0-B: only XML can combine messages */
        return fill_tolerate(&r->fill, WHY_TEXT_SYNTAX, at, r->map->field[0].keyword,
                             "a second message: KVN has no combined form");
    return 0;
}

static int
note_line(struct reading *r, const struct kvn_line *line)
{
    struct place at = {line->line, line->column};

    if (line->is_long && fill_tolerate(&r->fill, WHY_TEXT_LIMIT, at, NULL,
                                       "a line is longer than %d characters", LIMIT_KVN_LINE_BYTES) != 0)
        return -1;
    if (line->odd == NULL)
        return 0;
    return fill_tolerate(&r->fill, WHY_TEXT_ENCODING, at, NULL, "%s: expected printable ASCII",
                         *line->odd == '\t' ? "a TAB, which is read as a blank"
                                            : "a character outside ASCII");
}

static int
take_pair(struct reading *r, const struct kvn_line *line)
{
    struct place at = {line->line, line->column};
    struct place value_at = {line->line, line->value_column};
    struct span value = line->value;
    int row = fill_find(&r->fill, line->keyword);

    if (row >= 0 && r->map->field[row].kind != FIELD_TEXT && r->map->field[row].kind != FIELD_WORD) {
        struct span unit = kvn_unit(&value);

        return fill_row(&r->fill, (size_t)row, value, unit, at, value_at);
    }
    return fill_put(&r->fill, line->keyword, value, span_of(NULL, 0), at, value_at);
}

static int
take_line(struct reading *r, const struct kvn_line *line)
{
    struct place at = {line->line, line->column};
    bool is_version = line->kind == KVN_PAIR && span_is(line->keyword, r->map->field[0].keyword);

    if (is_version && begin_message(r, line) != 0)
        return -1;
    if (!r->is_open)
        return why_set(r->why, WHY_TEXT_SYNTAX, at.line, at.column, NULL, "expected %s on the first line",
                       r->map->field[0].keyword);
    r->last = line->raw.p + line->raw.n;
    if (note_line(r, line) != 0)
        return -1;
    if (line->kind == KVN_COMMENT)
        return fill_comment(&r->fill, line->value, at);
    if (line->kind == KVN_PAIR)
        return take_pair(r, line);
    return why_set(r->why, WHY_TEXT_SYNTAX, at.line, at.column, NULL, "no `=`: expected KEYWORD = value");
}

int
kvnmap_read(const struct fieldmap *map, const char *format, struct span input, const struct convert *how,
            struct arena *a, type_emit_fn *emit, void *cookie, struct why *why)
{
    struct reading r = {
        .map = map, .format = format, .how = how, .arena = a, .emit = emit, .cookie = cookie, .why = why};
    struct kvn_line line;

    kvn_init(&r.kvn, input, why);
    while (kvn_next(&r.kvn, &line)) {
        if (take_line(&r, &line) != 0)
            return -1;
    }
    if (why->code != WHY_NONE)
        return -1;
    if (!r.is_open)
        return why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "empty: expected %s on the first line",
                       map->field[0].keyword);
    return end_message(&r);
}

struct writing {
    const struct fieldmap *map;
    const struct convert *how;
    struct buf *out;
    struct why *why;
};

/* A line over 254 characters is refused when strict. */
static int
end_line(struct writing *w, const char *keyword, size_t start)
{
    if (w->out->n - start > LIMIT_KVN_LINE_BYTES) {
        if (w->how->strict)
            return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, keyword, "a line of %zu characters: KVN holds %d",
                           w->out->n - start, LIMIT_KVN_LINE_BYTES);
        fill_warn(w->how, (struct place){0}, keyword, "a line of %zu characters: the standard allows %d",
                  w->out->n - start, LIMIT_KVN_LINE_BYTES);
    }
    buf_put_byte(w->out, '\n');
    return 0;
}

static int
write_comments(struct writing *w, const ProtobufCMessage *part, bool object, const char *block)
{
    Parallax__V1__Comment **list;
    size_t n = fieldmap_comments(w->map, part, object, &list);

    for (size_t i = 0; i < n; i++) {
        size_t start = w->out->n;

        if (strcmp(list[i]->block, block) != 0)
            continue;
        buf_put_fmt(w->out, "COMMENT%s%s", *list[i]->text != 0 ? " " : "", list[i]->text);
        if (end_line(w, "COMMENT", start) != 0)
            return -1;
    }
    return 0;
}

static int
write_field(struct writing *w, const struct field *field, const ProtobufCMessage *part)
{
    char number[FIELDMAP_NUMBER_MAX];
    struct span value = fieldmap_get(field, part, number);
    size_t start = w->out->n;

    if (value.n == 0) {
        if (!(field->flags & FIELD_SHOULD))
            return 0;
        if (w->how->strict)
            return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, field->keyword,
                           "not given: the standard makes it mandatory");
        fill_warn(w->how, (struct place){0}, field->keyword, "not given: written empty");
    }
    buf_put_fmt(w->out, "%s = ", field->keyword);
    if (field->kind == FIELD_REAL || field->kind == FIELD_INT || field->kind == FIELD_COUNT)
        fieldmap_number(w->out, value);
    else
        buf_put_span(w->out, value);
    if (w->map->has_units && field->unit != NULL && value.n > 0)
        buf_put_fmt(w->out, " [%s]", field->unit);
    return end_line(w, field->keyword, start);
}

/* Is there anything but comments in ${block}? */
static bool
is_used(const struct fieldmap *map, const ProtobufCMessage *part, size_t block)
{
    char number[FIELDMAP_NUMBER_MAX];

    for (size_t i = 0; i < map->count; i++) {
        if (map->field[i].block == block &&
            (fieldmap_get(&map->field[i], part, number).n > 0 || (map->field[i].flags & FIELD_SHOULD)))
            return true;
    }
    return false;
}

static int
write_extras(struct writing *w, const ProtobufCMessage *part, bool object)
{
    Parallax__V1__Keyword **list;
    size_t n = fieldmap_extras(w->map, part, object, &list);

    if (n > 0 && w->map->user_prefix == NULL) {
        if (w->how->strict)
            return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, list[0]->name, "not a keyword of the standard");
        fill_warn(w->how, (struct place){0}, list[0]->name,
                  "not a keyword of the standard: written as it is");
    }
    for (size_t i = 0; i < n; i++) {
        size_t start = w->out->n;

        buf_put_fmt(w->out, "%s%s = %s", w->map->user_prefix != NULL ? w->map->user_prefix : "",
                    list[i]->name, list[i]->value);
        if (end_line(w, list[i]->name, start) != 0)
            return -1;
    }
    return 0;
}

static int
write_block(struct writing *w, const ProtobufCMessage *part, size_t block)
{
    const struct fieldmap *map = w->map;
    bool object = map->block[block].part == 1;

    for (size_t i = 0; i < map->count; i++) {
        if (map->field[i].block != block)
            continue;
        if (write_field(w, &map->field[i], part) != 0)
            return -1;
        /* The version comes before any comment. */
        if (i == 0 && map->majors != NULL && write_comments(w, part, object, map->block[block].name) != 0)
            return -1;
    }
    return 0;
}

static int
write_part(struct writing *w, const ProtobufCMessage *part, unsigned index)
{
    const struct fieldmap *map = w->map;
    bool object = index > 0;

    for (size_t b = 0; b < map->block_count; b++) {
        bool has_version = b == map->field[0].block && map->majors != NULL;

        if ((map->block[b].part == 1) != object)
            continue;
        if (!map->block[b].is_quiet && !has_version &&
            write_comments(w, part, object, map->block[b].name) != 0)
            return -1;
        /* OBJECT stands first in its metadata, behind the comments (508.0-B-1 table 3-3). */
        if (object && b > 0 && map->block[b - 1].part == 0)
            buf_put_fmt(w->out, "%s = %s\n", map->object_keyword, map->object_word[index]);
        if (is_used(map, part, b) && write_block(w, part, b) != 0)
            return -1;
    }
    return write_extras(w, part, object);
}

int
kvnmap_write(const struct fieldmap *map, const ProtobufCMessage *msg, const struct convert *how,
             struct buf *out, struct why *why)
{
    struct writing w = {map, how, out, why};

    for (unsigned i = 0; i < fieldmap_parts(map); i++) {
        if (write_part(&w, fieldmap_part(map, msg, i), i) != 0)
            return -1;
    }
    return 0;
}
