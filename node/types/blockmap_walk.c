/* The rules that every form shares; a form adds its own for lines and complete blocks. */
#include "types/blockmap.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"

#define USER_PREFIX "USER_DEFINED_"

int
blockmap_wrong(struct block_walk *w, enum why_code code, const char *field, const char *fmt, ...)
{
    char note[sizeof w->why->note];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(note, sizeof note, fmt, args);
    va_end(args);
    return why_set(w->why, code, w->row, w->column, field, "%s", note);
}

void
blockmap_odd(struct block_walk *w, enum block_odd what, const char *field, const char *note)
{
    if (w->odd_told & what)
        return;
    w->odd_told |= what;
    w->odd_field = field;
    w->odd = note;
}

void
blockmap_walk(struct block_walk *w, const struct blockmap *map, struct why *why)
{
    assert(map->kinds <= BLOCKMAP_KINDS_MAX);
    for (size_t i = 0; i < map->kinds; i++)
        assert(map->kind[i].tags <= BLOCKMAP_TAGS_MAX);
    *w = (struct block_walk){.map = map, .why = why};
}

int
blockmap_number(struct block_walk *w, struct span value)
{
    double view;

    if (value.n > LIMIT_DIGITS_COUNT || num_double(value, &view) != 0)
        return blockmap_wrong(w, WHY_FIELD_NUMBER, "line", "%.*s: expected a decimal number",
                              (int)(value.n < 40 ? value.n : 40), (const char *)value.p);
    return 0;
}

int
blockmap_span(struct block_walk *w, const char *from, const char *to)
{
    struct utc a, b;

    if (utc_parse(blockmap_value(w->block, from), &a) != 0 ||
        utc_parse(blockmap_value(w->block, to), &b) != 0 || utc_compare(a, b) <= 0)
        return 0;
    return blockmap_wrong(w, WHY_FIELD_RANGE, from, "after %s", to);
}

/* What a segment must have and does not. */
static int
end_segment(struct block_walk *w)
{
    for (size_t i = 1; i < w->map->kinds; i++) {
        if ((w->map->kind[i].flags & BLOCK_MUST) && w->count[i] == 0)
            return blockmap_wrong(w, WHY_FIELD_MISSING, w->map->kind[i].name,
                                  "missing: each segment has this block");
    }
    return 0;
}

int
blockmap_walk_open(struct block_walk *w, const struct block_kind *kind, const Parallax__V1__Block *block)
{
    size_t i = (size_t)(kind - w->map->kind);
    bool is_first = w->count[0] == 0;

    if (is_first != (i == 0))
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, kind->name,
                              is_first ? "before the header" : "a second header");
    if (kind->flags & BLOCK_SEGMENT && w->segments > 0) {
        if (!(kind->flags & BLOCK_MANY))
            return blockmap_wrong(w, WHY_FIELD_DUPLICATE, kind->name, "occurs twice: expected one");
        if (end_segment(w) != 0)
            return -1;
        memset(w->count + 1, 0, sizeof w->count - sizeof *w->count);
        w->at = 0;
    }
    if (i > 0 && i < w->at)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, kind->name,
                              "behind blocks that the standard puts after it");
    if ((kind->flags & BLOCK_INSIDE) && w->at != i && w->at + 1 != i)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, kind->name, "outside %s", kind[-1].name);
    if (i > 1 && w->segments == 0)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, kind->name, "before the metadata");
    if (w->count[i] > 0 && !(kind->flags & BLOCK_MANY))
        return blockmap_wrong(w, WHY_FIELD_DUPLICATE, kind->name, "occurs twice: expected one");
    w->count[i]++;
    w->segments += (kind->flags & BLOCK_SEGMENT) != 0;
    w->at = i;
    w->kind = kind;
    w->block = block;
    if (kind->flags & BLOCK_SEGMENT)
        w->metadata = block;
    w->lines = w->columns = w->extras = 0;
    w->last = SIZE_MAX;
    w->time[0] = 0;
    w->has_before = false;
    w->odd_told = 0;
    if (kind->lines == BLOCK_TAGGED)
        memset(w->tag_before, 0, sizeof w->tag_before);
    memset(w->seen, 0, sizeof w->seen);
    return 0;
}

static int
check_version(struct block_walk *w, struct span value)
{
    char majors[16] = "";
    const struct fieldmap known = {.majors = majors, .field = w->map->kind[0].field};
    size_t n = 0;

    for (const struct blockmap *m = w->map; m != NULL; m = m->older)
        n += (size_t)snprintf(majors + n, sizeof majors - n, "%s", m->majors);
    return fieldmap_check_version(&known, value, w->why, w->row, w->column);
}

/* One time system a message (502.0-B-3 section 5.2.4.5); a tracking message may have one a segment. */
static int
check_system(struct block_walk *w, struct span value)
{
    if (w->map->kind[w->map->kinds - 1].lines == BLOCK_TAGGED || w->system[0] == 0) {
        (void)snprintf(w->system, sizeof w->system, "%.*s", (int)value.n, (const char *)value.p);
        return 0;
    }
    if (span_is(value, w->system))
        return 0;
    return blockmap_wrong(w, WHY_FIELD_VALUE, "TIME_SYSTEM", "not %s: a message has one time system",
                          w->system);
}

static int
walk_field(struct block_walk *w, size_t row, const Parallax__V1__Item *item)
{
    const struct field *field = &w->kind->field[row];
    struct span value = span_str(item->value);

    if (w->seen[row / 64] >> row % 64 & 1)
        return blockmap_wrong(w, WHY_FIELD_DUPLICATE, field->keyword, "occurs twice");
    w->seen[row / 64] |= (uint64_t)1 << row % 64;
    if (w->last != SIZE_MAX && row < w->last)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, field->keyword,
                              "behind keywords that the standard puts after it");
    w->last = row;
    if (value.n == 0)
        return blockmap_wrong(w, WHY_FIELD_MISSING, field->keyword, "empty");
    if (fieldmap_check_value(field, value, w->why, w->row, w->column) != 0)
        return -1;
    if (*item->unit != 0 &&
        (!w->map->has_units || field->unit == NULL || strcmp(item->unit, field->unit) != 0))
        return blockmap_wrong(w, WHY_FIELD_UNIT, field->keyword, "another unit: expected %s",
                              field->unit != NULL ? field->unit : "none");
    if (row == 0 && w->kind == w->map->kind)
        return check_version(w, value);
    return strcmp(field->keyword, "TIME_SYSTEM") == 0 ? check_system(w, value) : 0;
}

/* Outside the standard, or a user's own. */
static int
walk_extra(struct block_walk *w, const Parallax__V1__Item *item)
{
    struct span name = span_str(item->keyword);
    size_t same = 0;

    if (fieldmap_check_name(name, w->why, w->row, w->column) != 0 ||
        fieldmap_check_text(item->keyword, span_str(item->value), LIMIT_VALUE_BYTES, w->why, w->row,
                            w->column) != 0)
        return -1;
    if (w->extras++ == FIELDMAP_NOTES_MAX)
        return blockmap_wrong(w, WHY_TEXT_LIMIT, item->keyword, "more than %d keywords outside the standard",
                              FIELDMAP_NOTES_MAX);
    if (*item->value == 0 || *item->unit != 0)
        return blockmap_wrong(w, WHY_FIELD_VALUE, item->keyword, "expected a value without a unit");
    for (size_t i = 0; i < w->block->n_items; i++)
        same += strcmp(w->block->items[i]->keyword, item->keyword) == 0;
    if (same > 1)
        return blockmap_wrong(w, WHY_FIELD_DUPLICATE, item->keyword, "occurs twice");
    return 0;
}

/* A time tag: of the calendar, or seconds since the epoch of the message. All of a block are of one kind and in order. */
static int
check_tag(struct block_walk *w, struct span tag, bool is_strict)
{
    struct utc now = {0};
    bool is_relative = num_is_decimal(tag);
    int order = -1;

    if (is_relative && !w->map->has_units)
        return blockmap_wrong(w, WHY_FIELD_TIME, "EPOCH", "a number: expected YYYY-MM-DDThh:mm:ss[.d...]");
    if (tag.n >= sizeof w->time || (!is_relative && utc_parse(tag, &now) != 0))
        return blockmap_wrong(w, WHY_FIELD_TIME, "EPOCH",
                              "%.*s: expected YYYY-MM-DDThh:mm:ss[.d...], a time that exists",
                              (int)(tag.n < 40 ? tag.n : 40), (const char *)tag.p);
    if (!is_relative && tag.p[tag.n - 1] == 'Z' && w->system[0] != 0 && strcmp(w->system, "UTC") != 0)
        return blockmap_wrong(w, WHY_FIELD_TIME, "EPOCH", "Z, which is UTC, where TIME_SYSTEM is %s",
                              w->system);
    if (w->lines > 0 && is_relative != w->is_relative)
        return blockmap_wrong(w, WHY_FIELD_TIME, "EPOCH",
                              "times and seconds in one block: expected one of the two");
    if (w->time[0] != 0 && is_relative)
        order = num_compare(span_str(w->time), tag);
    else if (w->has_before)
        order = utc_compare(w->before, now);
    if (order > 0 || (order == 0 && is_strict))
        return blockmap_wrong(w, WHY_FIELD_TIME, "EPOCH", "%.*s is not after the line before", (int)tag.n,
                              (const char *)tag.p);
    w->is_relative = is_relative;
    w->has_before = !is_relative;
    w->before = now;
    memcpy(w->time, tag.p, tag.n);
    w->time[tag.n] = 0;
    return 0;
}

/* Does XML show units at any column of a line? */
static bool
line_has_units(const struct block_walk *w)
{
    const struct block_layout *layout = w->map->layout != NULL ? w->map->layout(w->metadata) : NULL;
    const struct field *column = layout != NULL ? layout->column : w->kind->column;
    size_t n = layout != NULL ? layout->columns : w->kind->columns;

    for (size_t i = 0; i < n; i++) {
        if (column[i].unit != NULL)
            return true;
    }
    return false;
}

static int
walk_line(struct block_walk *w, const Parallax__V1__Item *item)
{
    struct span column[BLOCKMAP_COLUMNS_MAX];
    struct span text = span_str(item->value);
    size_t n = blockmap_columns(text, column, BLOCKMAP_COLUMNS_MAX);
    size_t first = w->kind->lines == BLOCK_ROWS ? 0 : 1;

    if (n == 0 || n > BLOCKMAP_COLUMNS_MAX)
        return blockmap_wrong(w, WHY_TEXT_LIMIT, "line", "%zu columns: expected 1 to %d", n,
                              BLOCKMAP_COLUMNS_MAX);
    if (fieldmap_check_text("line", text, LIMIT_VALUE_BYTES, w->why, w->row, w->column) != 0)
        return -1;
    if (*item->unit != 0 && (!line_has_units(w) || strcmp(item->unit, "all") != 0))
        return blockmap_wrong(w, WHY_FIELD_UNIT, "line", "a unit: expected none");
    if (first == 1 && check_tag(w, column[0], !w->map->has_units) != 0)
        return -1;
    for (size_t i = first; i < n && w->map->line == NULL; i++) {
        if (blockmap_number(w, column[i]) != 0)
            return -1;
    }
    if (w->map->line != NULL && w->map->line(w, column, n) != 0)
        return -1;
    if (w->lines++ == 0)
        w->columns = n;
    return 0;
}

/* Times of one keyword are in order, and none occurs twice (503.0-B-2 section 3.4). */
static void
note_tag_time(struct block_walk *w, size_t row, struct utc now)
{
    struct utc *before = &w->tag_before[row];
    int order = before->mjd != 0 ? utc_compare(*before, now) : -1;

    if (order > 0)
        blockmap_odd(w, BLOCK_ODD_ORDER, w->kind->tag[row].keyword, "before the time of the record before");
    else if (order == 0)
        blockmap_odd(w, BLOCK_ODD_TWICE, w->kind->tag[row].keyword, "a second value at the same time");
    *before = now;
}

/* KEYWORD = time value. */
static int
walk_tagged(struct block_walk *w, size_t row, const Parallax__V1__Item *item)
{
    const struct field *tag = &w->kind->tag[row];
    struct span column[3];
    size_t n = blockmap_columns(span_str(item->value), column, 3);
    struct utc t;

    if (n != 2)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, tag->keyword,
                              "%zu words: expected a time and a measurement", n);
    if (column[0].n > LIMIT_NAME_BYTES || utc_parse(column[0], &t) != 0)
        return blockmap_wrong(w, WHY_FIELD_TIME, tag->keyword,
                              "%.*s: expected YYYY-MM-DDThh:mm:ss[.d...], a time that exists",
                              (int)(column[0].n < 40 ? column[0].n : 40), (const char *)column[0].p);
    if (*item->unit != 0 && strcmp(item->unit, "all") != 0)
        return blockmap_wrong(w, WHY_FIELD_UNIT, tag->keyword, "a unit: expected none");
    if (column[0].p[column[0].n - 1] == 'Z' && w->system[0] != 0 && strcmp(w->system, "UTC") != 0)
        return blockmap_wrong(w, WHY_FIELD_TIME, tag->keyword, "Z, which is UTC, where TIME_SYSTEM is %s",
                              w->system);
    if (fieldmap_check_value(tag, column[1], w->why, w->row, w->column) != 0)
        return -1;
    note_tag_time(w, row, t);
    w->lines++;
    return 0;
}

int
blockmap_walk_item(struct block_walk *w, const Parallax__V1__Item *item)
{
    struct span keyword = span_str(item->keyword);
    int row;

    if (w->block->n_items > BLOCKMAP_ITEMS_MAX)
        return blockmap_wrong(w, WHY_TEXT_LIMIT, w->kind->name, "more than %d lines in one block",
                              BLOCKMAP_ITEMS_MAX);
    if (span_is(keyword, "COMMENT") && *item->unit != 0)
        return blockmap_wrong(w, WHY_FIELD_UNIT, "COMMENT", "a unit: expected none");
    if (span_is(keyword, "COMMENT"))
        return fieldmap_check_text("COMMENT", span_str(item->value), LIMIT_VALUE_BYTES, w->why, w->row,
                                   w->column);
    if (w->kind->lines == BLOCK_TAGGED && (row = blockmap_find_tag(w, w->kind, keyword)) >= 0)
        return walk_tagged(w, (size_t)row, item);
    if (keyword.n == 0) {
        if (w->kind->lines != BLOCK_COLUMNS && w->kind->lines != BLOCK_ROWS)
            return blockmap_wrong(w, WHY_TEXT_SYNTAX, w->kind->name, "no `=`: expected KEYWORD = value");
        return walk_line(w, item);
    }
    if (w->lines > 0)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, item->keyword, "a keyword behind lines of data");
    row = blockmap_find(w->kind->field, w->kind->count, keyword);
    if (row >= 0)
        return walk_field(w, (size_t)row, item);
    return walk_extra(w, item);
}

int
blockmap_walk_close(struct block_walk *w)
{
    for (size_t i = 0; i < w->kind->count; i++) {
        if ((w->kind->field[i].flags & FIELD_MUST) && !(w->seen[i / 64] >> i % 64 & 1))
            return blockmap_wrong(w, WHY_FIELD_MISSING, w->kind->field[i].keyword,
                                  "missing: it is mandatory");
    }
    if (w->map->end != NULL && w->map->end(w) != 0)
        return -1;
    w->kind = NULL;
    return 0;
}

int
blockmap_walk_end(struct block_walk *w)
{
    if (w->count[0] == 0)
        return blockmap_wrong(w, WHY_FIELD_MISSING, w->map->kind[0].name, "missing");
    if (w->segments == 0)
        return blockmap_wrong(w, WHY_FIELD_MISSING, "metadata", "missing: expected at least one segment");
    return end_segment(w);
}
