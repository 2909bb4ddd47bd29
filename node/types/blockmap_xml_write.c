/* Messages of blocks as NDM/XML, unqualified (505.0-B-3). */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "syntax/xml.h"
#include "types/blockmap.h"
#include "types/fill.h"

#define USER_PREFIX "USER_DEFINED_"

struct writing {
    const struct blockmap *map;
    const struct convert *how;
    struct buf *out;
    struct why *why;
    const struct block_layout *layout; /* of the lines of this segment; NULL: block_kind has their columns */
    const struct block_part *part;     /* whose element is open */
};

/* XML knows E for an exponent, no D; it spells some words in lower case. */
enum spelling { AS_IT_IS, NUMBER, LOWER };

static void
put_value(struct writing *w, const char *name, const char *unit, struct span value, enum spelling spelling)
{
    size_t start;

    if (unit != NULL && *unit != 0)
        buf_put_fmt(w->out, " units=\"%s\"", unit);
    buf_put_byte(w->out, '>');
    start = w->out->n;
    xml_put(w->out, value);
    for (size_t i = start; spelling != AS_IT_IS && i < w->out->n && !buf_failed(w->out); i++) {
        uint8_t c = w->out->p[i];

        if (spelling == NUMBER && (c == 'D' || c == 'd'))
            w->out->p[i] = 'E';
        if (spelling == LOWER && c >= 'A' && c <= 'Z')
            w->out->p[i] = (uint8_t)(c - 'A' + 'a');
    }
    buf_put_fmt(w->out, "</%s>\n", name);
}

static void
put_element(struct writing *w, const char *name, const char *unit, struct span value)
{
    buf_put_fmt(w->out, "<%s", name);
    put_value(w, name, unit, value, AS_IT_IS);
}

/* Row ${index} of the open part, or one that stands in none. */
static void
put_row(struct writing *w, size_t index, const struct field *field, const char *unit, struct span value,
        enum spelling spelling)
{
    const struct block_part *part = w->part;
    char name[LIMIT_NAME_BYTES + 24];

    if (part == NULL || part->attribute == NULL) {
        buf_put_fmt(w->out, "<%s", field->keyword);
        put_value(w, field->keyword, unit, value, spelling);
        return;
    }
    (void)snprintf(name, sizeof name, "%s%zu", part->item, index + 1);
    buf_put_fmt(w->out, "<%s %s=\"%s\"", name, part->attribute, field->keyword);
    put_value(w, name, unit, value, spelling);
}

/* What comes now stands in ${part}; NULL: in none. */
static void
go_into(struct writing *w, const struct block_part *part)
{
    if (w->part == part)
        return;
    if (w->part != NULL)
        buf_put_fmt(w->out, "</%s>\n", w->part->element);
    if (part != NULL)
        buf_put_fmt(w->out, "<%s>\n", part->element);
    w->part = part;
}

/* A line whose columns the metadata chose. */
static int
write_layout(struct writing *w, const struct block_kind *kind, const Parallax__V1__Item *item)
{
    const struct block_layout *layout = w->layout;
    struct span column[BLOCKMAP_COLUMNS_MAX];
    size_t n = blockmap_columns(span_str(item->value), column, BLOCKMAP_COLUMNS_MAX), index = 0;
    bool has_units = strcmp(item->unit, "all") == 0;

    if (layout == NULL || n != layout->columns)
        return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, kind->name, "a line of %zu columns: expected %zu", n,
                       layout != NULL ? layout->columns : 0);
    buf_put_fmt(w->out, "<%s>\n<%s>\n", kind->line, layout->element);
    for (size_t i = 0; i < n; i++) {
        go_into(w, blockmap_part(layout->part, layout->parts, layout->column, layout->columns, i, &index));
        put_row(w, index, &layout->column[i], has_units ? layout->column[i].unit : NULL, column[i],
                i > 0 ? NUMBER : AS_IT_IS);
    }
    go_into(w, NULL);
    buf_put_fmt(w->out, "</%s>\n</%s>\n", layout->element, kind->line);
    return 0;
}

static int
write_columns(struct writing *w, const struct block_kind *kind, const Parallax__V1__Item *item)
{
    struct span column[BLOCKMAP_COLUMNS_MAX];
    size_t n = blockmap_columns(span_str(item->value), column, BLOCKMAP_COLUMNS_MAX);
    bool has_units = strcmp(item->unit, "all") == 0;

    buf_put_fmt(w->out, "<%s>\n", kind->line);
    for (size_t i = 0; i < n && i < BLOCKMAP_COLUMNS_MAX; i++) {
        const struct field *field = i < kind->columns ? &kind->column[i] : NULL;
        int row;

        if (kind->lines == BLOCK_TAGGED && i == 1) {
            row = blockmap_find(kind->tag, kind->tags, span_str(item->keyword));
            field = row >= 0 ? &kind->tag[row] : NULL;
        }
        if (field == NULL)
            return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, kind->name, "a line of %zu columns: expected %zu",
                           n, kind->columns);
        put_row(w, 0, field, has_units && i > 0 ? field->unit : NULL, column[i], i > 0 ? NUMBER : AS_IT_IS);
    }
    buf_put_fmt(w->out, "</%s>\n", kind->line);
    return 0;
}

/* All rows of a matrix, one element a number. */
static int
write_rows(struct writing *w, const struct block_kind *kind, const Parallax__V1__Block *block)
{
    size_t at = 0;

    for (size_t i = 0; i < block->n_items; i++) {
        const Parallax__V1__Item *item = block->items[i];
        struct span column[BLOCKMAP_COLUMNS_MAX];
        size_t n = blockmap_columns(span_str(item->value), column, BLOCKMAP_COLUMNS_MAX);

        if (*item->keyword != 0)
            continue;
        for (size_t k = 0; k < n && k < BLOCKMAP_COLUMNS_MAX; k++) {
            if (at == kind->columns)
                return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, kind->name, "more than %zu numbers",
                               kind->columns);
            put_row(w, 0, &kind->column[at], strcmp(item->unit, "all") == 0 ? kind->column[at].unit : NULL,
                    column[k], NUMBER);
            at++;
        }
    }
    return 0;
}

static bool
is_element_name(const char *name)
{
    for (const char *p = name; *p != 0; p++) {
        bool is_letter = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == '_';

        if (!is_letter && (p == name || !((*p >= '0' && *p <= '9') || *p == '-' || *p == '.')))
            return false;
    }
    return *name != 0;
}

static int
write_pair(struct writing *w, const struct block_kind *kind, const Parallax__V1__Item *item)
{
    size_t prefix = strlen(USER_PREFIX), index = 0;
    int row = blockmap_find(kind->field, kind->count, span_str(item->keyword));

    go_into(w, row < 0
                   ? NULL
                   : blockmap_part(kind->part, kind->parts, kind->field, kind->count, (size_t)row, &index));
    if (row < 0 && (kind->flags & BLOCK_USER) && strncmp(item->keyword, USER_PREFIX, prefix) == 0) {
        buf_put_str(w->out, "<USER_DEFINED parameter=\"");
        xml_put(w->out, span_str(item->keyword + prefix));
        buf_put_str(w->out, "\">");
        xml_put(w->out, span_str(item->value));
        buf_put_str(w->out, "</USER_DEFINED>\n");
        return 0;
    }
    if (row < 0) {
        if (w->how->strict || !is_element_name(item->keyword))
            return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, item->keyword, "not a keyword of the standard");
        fill_warn(w->how, (struct place){0}, item->keyword,
                  "not a keyword of the standard: written as it is");
    }
    if (row < 0)
        put_element(w, item->keyword, item->unit, span_str(item->value));
    else
        put_row(w, index, &kind->field[row], item->unit, span_str(item->value),
                kind->field[row].flags & FIELD_LOWER ? LOWER : AS_IT_IS);
    return 0;
}

static int
write_block(struct writing *w, const struct block_kind *kind, const Parallax__V1__Block *block)
{
    size_t lines = 0;

    for (size_t i = 0; i < block->n_items; i++) {
        const Parallax__V1__Item *item = block->items[i];
        bool is_comment = strcmp(item->keyword, "COMMENT") == 0;
        int rc = 0;

        if (is_comment && lines > 0) {
            if (w->how->strict)
                return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, "COMMENT",
                               "between lines of data: XML has no place for it");
            fill_warn(w->how, (struct place){0}, "COMMENT",
                      "between lines of data: written there, where the schema allows none");
        }
        if (is_comment)
            put_element(w, "COMMENT", NULL, span_str(item->value));
        else if (kind == w->map->kind && strcmp(item->keyword, kind->field[0].keyword) == 0)
            continue; /* an attribute of the root */
        else if (!blockmap_is_line(kind, item))
            rc = write_pair(w, kind, item);
        else if (kind->lines == BLOCK_ROWS)
            rc = lines == 0 ? write_rows(w, kind, block) : 0;
        else if (w->map->layout != NULL)
            rc = write_layout(w, kind, item);
        else if (kind->column == NULL)
            put_element(w, kind->line, NULL, span_str(item->value));
        else
            rc = write_columns(w, kind, item);
        if (rc != 0)
            return -1;
        lines += blockmap_is_line(kind, item);
    }
    go_into(w, NULL);
    return 0;
}

int
blockmap_write_xml(const struct blockmap *map, const ProtobufCMessage *msg, const struct convert *how,
                   struct buf *out, struct why *why)
{
    struct writing w = {.map = map, .how = how, .out = out, .why = why};
    Parallax__V1__Block **list;
    size_t n = blockmap_blocks(map, msg, &list);
    struct span version = n > 0 ? blockmap_value(list[0], map->kind[0].field[0].keyword) : span_str("");
    bool in_segment = false;

    buf_put_fmt(out, "<%s id=\"%s\" version=\"", map->form, map->kind[0].field[0].keyword);
    xml_put(out, version);
    buf_put_str(out, "\">\n");
    for (size_t i = 0; i < n; i++) {
        const struct block_kind *kind = blockmap_kind(map, list[i]->name);
        const struct block_kind *next = i + 1 < n ? blockmap_kind(map, list[i + 1]->name) : NULL;
        bool goes_inside = next != NULL && (next->flags & BLOCK_INSIDE);
        bool is_data = strcmp(kind->element, "data") == 0; /* it is open */

        if (kind->flags & BLOCK_SEGMENT) {
            buf_put_str(out, in_segment ? "</data>\n</segment>\n<segment>\n" : "<body>\n<segment>\n");
            in_segment = true;
            w.layout = map->layout != NULL ? map->layout(list[i]) : NULL;
        }
        if (!is_data)
            buf_put_fmt(out, "<%s>\n", kind->element);
        if (write_block(&w, kind, list[i]) != 0)
            return -1;
        if (!is_data && !(goes_inside && !(kind->flags & BLOCK_INSIDE)))
            buf_put_fmt(out, "</%s>\n", kind->element);
        if ((kind->flags & BLOCK_INSIDE) && !goes_inside)
            buf_put_fmt(out, "</%s>\n", kind[-1].element);
        if (kind->flags & BLOCK_SEGMENT)
            buf_put_str(out, "<data>\n");
    }
    buf_put_fmt(out, "</data>\n</segment>\n</body>\n</%s>\n", map->form);
    return 0;
}
