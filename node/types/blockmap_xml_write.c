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
};

static void
put_element(struct writing *w, const char *name, const char *unit, struct span value)
{
    buf_put_fmt(w->out, "<%s", name);
    if (unit != NULL && *unit != 0)
        buf_put_fmt(w->out, " units=\"%s\"", unit);
    buf_put_byte(w->out, '>');
    xml_put(w->out, value);
    buf_put_fmt(w->out, "</%s>\n", name);
}

/* XML knows E for an exponent, no D. */
static void
put_number(struct writing *w, const char *name, const char *unit, struct span value)
{
    size_t start;

    buf_put_fmt(w->out, "<%s", name);
    if (unit != NULL && *unit != 0)
        buf_put_fmt(w->out, " units=\"%s\"", unit);
    buf_put_byte(w->out, '>');
    start = w->out->n;
    xml_put(w->out, value);
    for (size_t i = start; i < w->out->n && !buf_failed(w->out); i++) {
        if (w->out->p[i] == 'D' || w->out->p[i] == 'd')
            w->out->p[i] = 'E';
    }
    buf_put_fmt(w->out, "</%s>\n", name);
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
        if (i == 0)
            put_element(w, field->keyword, NULL, column[i]);
        else
            put_number(w, field->keyword, has_units ? field->unit : NULL, column[i]);
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
            put_number(w, kind->column[at].keyword,
                       strcmp(item->unit, "all") == 0 ? kind->column[at].unit : NULL, column[k]);
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
    size_t prefix = strlen(USER_PREFIX);
    int row = blockmap_find(kind->field, kind->count, span_str(item->keyword));

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
    put_element(w, item->keyword, item->unit, span_str(item->value));
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
        else if (kind->column == NULL)
            put_element(w, kind->line, NULL, span_str(item->value));
        else
            rc = write_columns(w, kind, item);
        if (rc != 0)
            return -1;
        lines += blockmap_is_line(kind, item);
    }
    return 0;
}

int
blockmap_write_xml(const struct blockmap *map, const ProtobufCMessage *msg, const struct convert *how,
                   struct buf *out, struct why *why)
{
    struct writing w = {map, how, out, why};
    Parallax__V1__Block **list;
    size_t n = blockmap_blocks(map, msg, &list);
    struct span version = n > 0 ? blockmap_value(list[0], map->kind[0].field[0].keyword) : span_str("");
    bool in_segment = false;

    buf_put_fmt(out, "<%s id=\"%s\" version=\"", map->form, map->kind[0].field[0].keyword);
    xml_put(out, version);
    buf_put_str(out, "\">\n");
    for (size_t i = 0; i < n; i++) {
        const struct block_kind *kind = blockmap_kind(map, list[i]->name);
        bool is_data = strcmp(kind->element, "data") == 0; /* it is open */

        if (kind->flags & BLOCK_SEGMENT) {
            buf_put_str(out, in_segment ? "</data>\n</segment>\n<segment>\n" : "<body>\n<segment>\n");
            in_segment = true;
        }
        if (!is_data)
            buf_put_fmt(out, "<%s>\n", kind->element);
        if (write_block(&w, kind, list[i]) != 0)
            return -1;
        if (!is_data)
            buf_put_fmt(out, "</%s>\n", kind->element);
        if (kind->flags & BLOCK_SEGMENT)
            buf_put_str(out, "<data>\n");
    }
    buf_put_fmt(out, "</data>\n</segment>\n</body>\n</%s>\n", map->form);
    return 0;
}
