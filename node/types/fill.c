#include "types/fill.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/text.h"
#include "types/fill_value.h"

int
fill_full(struct fill *f, struct place at)
{
    return why_set(f->why, WHY_TEXT_LIMIT, at.line, at.column, NULL,
                   "the record is too large: expected at most %zu bytes", f->arena->max);
}

static void warn(const struct convert *how, struct place at, const char *field, const char *fmt, va_list args)
    __attribute__((format(printf, 4, 0)));

static void
warn(const struct convert *how, struct place at, const char *field, const char *fmt, va_list args)
{
    struct warning w = {.line = at.line, .column = at.column};

    if (how->warn == NULL)
        return;
    if (field != NULL)
        memcpy(w.field, field, strnlen(field, sizeof w.field - 1));
    (void)vsnprintf(w.note, sizeof w.note, fmt, args);
    how->warn(how->cookie, &w);
}

void
fill_warn(const struct convert *how, struct place at, const char *field, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    warn(how, at, field, fmt, args);
    va_end(args);
}

int
fill_lose(const struct convert *how, struct why *why, const char *field, const char *note)
{
    if (how->strict)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, field, "%s", note);
    fill_warn(how, (struct place){0}, field, "%s", note);
    return 0;
}

int
fill_tolerate(struct fill *f, enum why_code code, struct place at, const char *field, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    if (f->how->strict) {
        char note[sizeof f->why->note];

        (void)vsnprintf(note, sizeof note, fmt, args);
        why_set(f->why, code, at.line, at.column, field, "%s", note);
    } else {
        warn(f->how, at, field, fmt, args);
    }
    va_end(args);
    return f->how->strict ? -1 : 0;
}

char *
fill_copy(struct fill *f, struct span text)
{
    char *copy = arena_strdup(f->arena, text);

    if (text_plain_prefix(text) == text.n)
        return copy;
    for (char *p = copy; p != NULL && (p = memchr(p, '\t', text.n - (size_t)(p - copy))) != NULL;)
        *p = ' ';
    return copy;
}

static ProtobufCMessage *
new_message(struct fill *f, const ProtobufCMessageDescriptor *schema)
{
    ProtobufCMessage *msg = arena_alloc(f->arena, schema->sizeof_message);

    if (msg != NULL)
        schema->message_init(msg);
    return msg;
}

int
fill_begin(struct fill *f, const struct fieldmap *map, enum fill_style style, const struct convert *how,
           struct arena *arena, struct why *why)
{
    assert(map->count <= FIELDMAP_FIELDS_MAX);
    arena_clear(arena);
    memset(f, 0, offsetof(struct fill, guess));
    f->map = map;
    f->how = how;
    f->arena = arena;
    f->why = why;
    f->style = style;
    f->last = map->count;
    f->msg = new_message(f, map->part[0].schema);
    f->object[0] = f->msg;
    return f->msg != NULL ? 0 : fill_full(f, (struct place){0});
}

int
fill_object(struct fill *f, struct span word, struct place at)
{
    ProtobufCMessage *object;
    unsigned i = 1;

    while (i < fieldmap_parts(f->map) && !span_is(word, f->map->object_word[i]))
        i++;
    if (i == fieldmap_parts(f->map))
        return why_set(f->why, WHY_FIELD_VALUE, at.line, at.column, f->map->object_keyword,
                       "expected %s or %s", f->map->object_word[1], f->map->object_word[2]);
    if (f->object[i] != NULL)
        return why_set(f->why, WHY_FIELD_DUPLICATE, at.line, at.column, f->map->object_keyword,
                       "%s occurs twice", f->map->object_word[i]);
    object = new_message(f, f->map->part[1].schema);
    if (object == NULL)
        return fill_full(f, at);
    memcpy((char *)f->msg + f->map->object[i], &object, sizeof object);
    f->object[i] = object;
    f->part = i;
    f->last = f->map->count;
    return 0;
}

/* An array of pointers in ${part}, one longer. NULL when the arena or the array is full. */
static void *
push(struct fill *f, ProtobufCMessage *part, size_t n_offset, size_t offset, size_t *room,
     const ProtobufCMessageDescriptor *schema)
{
    ProtobufCMessage **list;
    ProtobufCMessage *element = new_message(f, schema);
    size_t n;

    memcpy(&n, (char *)part + n_offset, sizeof n);
    memcpy(&list, (char *)part + offset, sizeof list);
    if (element == NULL || n == FIELDMAP_NOTES_MAX)
        return NULL;
    if (n == *room) {
        size_t grown_room = n == 0 ? 8 : 2 * n;
        ProtobufCMessage **grown = arena_alloc(f->arena, grown_room * sizeof(void *));

        if (grown == NULL)
            return NULL;
        if (n > 0)
            memcpy(grown, list, n * sizeof(void *));
        memcpy((char *)part + offset, &grown, sizeof grown);
        list = grown;
        *room = grown_room;
    }
    list[n++] = element;
    memcpy((char *)part + n_offset, &n, sizeof n);
    return element;
}

static int
add_comment(struct fill *f, struct span block, struct span text, struct place at)
{
    const struct field_part *kind = &f->map->part[f->part > 0];

    assert(kind->comments != 0);
    Parallax__V1__Comment *comment = push(f, f->object[f->part], kind->n_comments, kind->comments,
                                          &f->room_comments[f->part], &parallax__v1__comment__descriptor);

    if (comment == NULL || (comment->block = arena_strdup(f->arena, block)) == NULL ||
        (comment->text = arena_strdup(f->arena, text)) == NULL)
        return fill_full(f, at);
    return 0;
}

int
fill_comment_in(struct fill *f, struct span block, struct span text, struct place at)
{
    char *copy = fill_copy(f, text);

    if (copy == NULL)
        return fill_full(f, at);
    if (fieldmap_check_text("COMMENT", span_of(copy, text.n), LIMIT_VALUE_BYTES, f->why, at.line,
                            at.column) != 0)
        return -1;
    return add_comment(f, block, span_of(copy, text.n), at);
}

int
fill_comment(struct fill *f, struct span text, struct place at)
{
    struct fill_comment *pending = arena_alloc(f->arena, sizeof *pending);
    char *copy = fill_copy(f, text);

    if (pending == NULL || copy == NULL)
        return fill_full(f, at);
    if (fieldmap_check_text("COMMENT", span_of(copy, text.n), LIMIT_VALUE_BYTES, f->why, at.line,
                            at.column) != 0)
        return -1;
    pending->text = span_str(copy);
    pending->next = f->pending;
    f->pending = pending;
    return 0;
}

/* Give the waiting comments to ${block}, in the order in which they came. */
static int
place_comments(struct fill *f, const char *block, struct place at)
{
    struct fill_comment *list = NULL;

    while (f->pending != NULL) {
        struct fill_comment *next = f->pending->next;

        f->pending->next = list;
        list = f->pending;
        f->pending = next;
    }
    for (; list != NULL; list = list->next) {
        if (add_comment(f, span_str(block), list->text, at) != 0)
            return -1;
    }
    return 0;
}

/* The block for comments that no keyword of the part follows: where its last keyword stands, or its first block. */
static const char *
tail_block(const struct fill *f)
{
    const struct fieldmap *map = f->map;
    size_t b = 0;

    if (f->last < map->count && (map->block[map->field[f->last].block].part == 1) == (f->part > 0))
        return map->block[map->field[f->last].block].name;
    while ((map->block[b].part == 1) != (f->part > 0))
        b++;
    return map->block[b].name;
}

static int
note_order(struct fill *f, size_t row, struct place at)
{
    bool is_behind = f->last < f->map->count && row < f->last;

    f->last = row;
    if (!is_behind || f->is_disordered || f->style != FILL_CCSDS)
        return 0;
    f->is_disordered = true;
    return fill_tolerate(f, WHY_TEXT_SYNTAX, at, f->map->field[row].keyword,
                         "behind keywords that the standard puts after it");
}

int
fill_row(struct fill *f, size_t row, struct span value, struct span unit, struct place at,
         struct place value_at)
{
    const struct field *field = &f->map->field[row];
    const struct field_block *block = &f->map->block[field->block];
    unsigned part = block->part == 1 ? f->part : 0;
    unsigned current = f->part;
    bool is_nothing;
    int rc = 0;

    if (f->seen[part][row / 64] >> row % 64 & 1)
        return why_set(f->why, WHY_FIELD_DUPLICATE, at.line, at.column, field->keyword, "occurs twice");
    f->seen[part][row / 64] |= (uint64_t)1 << row % 64;
    if (note_order(f, row, at) != 0)
        return -1;
    f->part = part;
    value = text_trim(value);
    is_nothing = fill_value_is_nothing(field, value);
    /* A block of which nothing is given is not written: its comments stand with what is. */
    if (f->pending != NULL && (!is_nothing || (field->flags & FIELD_SHOULD)) &&
        place_comments(f, block->name, at) != 0)
        return -1;
    if (!is_nothing && row == 0 && f->map->majors != NULL)
        rc = fieldmap_check_version(f->map, value, f->why, value_at.line, value_at.column);
    if (rc == 0)
        rc = fill_value_put(f, field, value, unit, value_at);
    f->part = current;
    return rc;
}

int
fill_extra(struct fill *f, struct span name, struct span value, struct place at)
{
    const struct field_part *kind = &f->map->part[f->part > 0];
    Parallax__V1__Keyword *extra;
    char *copy;

    if (f->pending != NULL &&
        place_comments(f, f->map->user_block != NULL ? f->map->user_block : tail_block(f), at) != 0)
        return -1;
    value = text_trim(value);
    if (value.n == 0)
        return 0; /* not given */
    copy = fill_copy(f, value);
    if (copy == NULL)
        return fill_full(f, at);
    if (fieldmap_check_name(name, f->why, at.line, at.column) != 0 ||
        fieldmap_check_text("USER_DEFINED", span_of(copy, value.n), LIMIT_VALUE_BYTES, f->why, at.line,
                            at.column) != 0)
        return -1;
    extra = push(f, f->object[f->part], kind->n_extras, kind->extras, &f->room_extras[f->part],
                 &parallax__v1__keyword__descriptor);
    if (extra == NULL || (extra->name = arena_strdup(f->arena, name)) == NULL)
        return fill_full(f, at);
    extra->value = copy;
    return 0;
}

int
fill_find(struct fill *f, struct span keyword)
{
    size_t next = f->last + 1;
    uint8_t *guess;
    int row;

    if (next < f->map->count && span_is(keyword, f->map->field[next].keyword) &&
        (f->map->block[f->map->field[next].block].part == 1) == (f->part > 0))
        return (int)next; /* in the order of the table */
    guess = guess_row(&f->guess, keyword);
    row = fieldmap_find(f->map, keyword, f->part > 0, *guess);
    if (row < 0 && f->part > 0)
        row = fieldmap_find(f->map, keyword, false, *guess);
    if (row >= 0)
        *guess = (uint8_t)row;
    return row;
}

int
fill_put(struct fill *f, struct span keyword, struct span value, struct span unit, struct place at,
         struct place value_at)
{
    const char *prefix = f->map->user_prefix;
    int row;

    if (f->map->object_keyword != NULL && span_is(keyword, f->map->object_keyword))
        return fill_object(f, text_trim(value), value_at);
    row = fill_find(f, keyword);
    if (row >= 0)
        return fill_row(f, (size_t)row, value, unit, at, value_at);
    if (prefix != NULL && keyword.n > strlen(prefix) && memcmp(keyword.p, prefix, strlen(prefix)) == 0)
        return fill_extra(f, span_of(keyword.p + strlen(prefix), keyword.n - strlen(prefix)), value, at);
    if (fieldmap_check_name(keyword, f->why, at.line, at.column) != 0)
        return -1;
    if (f->style == FILL_CCSDS) {
        char name[LIMIT_NAME_BYTES + 1];

        (void)snprintf(name, sizeof name, "%.*s", (int)keyword.n, (const char *)keyword.p);
        if (fill_tolerate(f, WHY_FIELD_UNKNOWN, at, name, "not a keyword of the standard: kept as it is") !=
            0)
            return -1;
    }
    return fill_extra(f, keyword, value, at);
}

int
fill_source(struct fill *f, const char *format, struct span original, struct span preamble)
{
    Parallax__V1__Source *source = (Parallax__V1__Source *)new_message(f, &parallax__v1__source__descriptor);

    if (source == NULL || (source->format = arena_strdup(f->arena, span_str(format))) == NULL)
        return fill_full(f, (struct place){0});
    /* Borrowed: protobuf-c has no const, and nobody writes through these. */
    source->original = (ProtobufCBinaryData){original.n, (uint8_t *)(uintptr_t)original.p};
    source->preamble = (ProtobufCBinaryData){preamble.n, (uint8_t *)(uintptr_t)preamble.p};
    memcpy((char *)f->msg + f->map->source, &source, sizeof source);
    return 0;
}

static int
add_implied(struct fill *f, const struct fill_default *implied, struct place at)
{
    size_t hint = 0;

    for (; implied != NULL && implied->keyword != NULL; implied++) {
        int row = fieldmap_find(f->map, span_str(implied->keyword), false, hint);

        assert(row >= 0);
        hint = (size_t)row + 1;
        if (!fieldmap_is_given(&f->map->field[row], f->msg) &&
            fill_value_put(f, &f->map->field[row], span_str(implied->value), span_of(NULL, 0), at) != 0)
            return -1;
    }
    return 0;
}

/* A keyword of a version later than the message's own. */
static int
note_new(struct fill *f, const struct field *field, struct place at)
{
    char number[FIELDMAP_NUMBER_MAX];
    struct span version = fieldmap_get(&f->map->field[0], f->msg, number);

    if (f->style != FILL_CCSDS || version.n == 0 || version.p[0] != (uint8_t)f->map->majors[0])
        return 0;
    return fill_tolerate(f, WHY_FIELD_UNKNOWN, at, field->keyword, "not a keyword of version %.*s",
                         (int)version.n, (const char *)version.p);
}

/* Only strict reading insists on what agencies leave out. */
static int
check_served(struct fill *f, unsigned part, struct place at)
{
    for (size_t i = 0; i < f->map->count; i++) {
        const struct field *field = &f->map->field[i];
        const struct field_block *block = &f->map->block[field->block];

        if (!(field->flags & (FIELD_MUST | FIELD_SHOULD | FIELD_NEW)) || (block->part == 1) != (part > 0) ||
            block->is_optional)
            continue;
        if (fieldmap_is_given(field, f->object[part])) {
            if (field->flags & FIELD_NEW && note_new(f, field, at) != 0)
                return -1;
            continue;
        }
        if (field->flags & FIELD_NEW)
            continue;
        if (field->flags & FIELD_MUST)
            return why_set(f->why, WHY_FIELD_MISSING, at.line, at.column, field->keyword,
                           "missing: it is mandatory");
        if (f->style == FILL_CCSDS && !(f->seen[part][i / 64] >> i % 64 & 1) &&
            fill_tolerate(f, WHY_FIELD_MISSING, at, field->keyword,
                          "missing: the standard makes it mandatory") != 0)
            return -1;
    }
    return 0;
}

int
fill_end(struct fill *f, const struct fill_default *implied, struct place at)
{
    f->start = at;
    if (f->pending != NULL && place_comments(f, tail_block(f), at) != 0)
        return -1;
    f->part = 0;
    if (add_implied(f, implied, at) != 0)
        return -1;
    for (unsigned i = 0; i < fieldmap_parts(f->map); i++) {
        if (f->object[i] == NULL)
            return why_set(f->why, WHY_FIELD_MISSING, at.line, at.column, f->map->object_word[i],
                           "missing: both objects are mandatory");
        if (check_served(f, i, at) != 0)
            return -1;
    }
    return 0;
}

int
fill_emit(struct fill *f, type_emit_fn *emit, void *cookie)
{
    if (emit(cookie, f->msg, f->why) == 0)
        return 0;
    if (f->why->line == 0) { /* check() knows no places */
        f->why->line = f->start.line;
        f->why->column = f->start.column;
    }
    return -1;
}
