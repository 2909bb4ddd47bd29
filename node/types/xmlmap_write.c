#include "types/xmlmap.h"

#include <stdio.h>

#include "syntax/xml.h"

#define PATH_MAX_BYTES 128

struct writing {
    const struct fieldmap *map;
    const struct convert *how;
    struct buf *out;
    struct why *why;
    char path[PATH_MAX_BYTES]; /* open elements below the root */
};

void
xmlmap_begin(struct buf *out)
{
    buf_put_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<ndm xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n");
}

void
xmlmap_end(struct buf *out)
{
    buf_put_str(out, "</ndm>\n");
}

/* Length of the longest run of whole elements that both paths begin with. */
static size_t
common(const char *a, const char *b)
{
    size_t whole = 0;

    for (size_t i = 0;; i++) {
        bool a_ends = a[i] == 0 || a[i] == '/';
        bool b_ends = b[i] == 0 || b[i] == '/';

        if (a_ends && b_ends)
            whole = i;
        if (a[i] != b[i] || a[i] == 0)
            return whole;
    }
}

/* Close and open elements until those of ${path} are open. */
static void
move(struct writing *w, const char *path)
{
    size_t keep = common(w->path, path);
    size_t at = strlen(w->path);
    const char *rest = path + keep + (path[keep] == '/');

    while (at > keep) {
        size_t start = at;

        while (start > 0 && w->path[start - 1] != '/')
            start--;
        buf_put_fmt(w->out, "</%.*s>\n", (int)(at - start), w->path + start);
        at = start > 0 ? start - 1 : 0;
    }
    while (*rest != 0) {
        size_t n = strcspn(rest, "/");

        buf_put_fmt(w->out, "<%.*s>\n", (int)n, rest);
        rest += n + (rest[n] == '/');
    }
    (void)snprintf(w->path, sizeof w->path, "%s", path);
}

static void
write_comments(struct writing *w, const ProtobufCMessage *part, const struct field_block *block)
{
    Parallax__V1__Comment **list;
    size_t n = fieldmap_comments(w->map, part, block->part == 1, &list);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i]->block, block->name) != 0)
            continue;
        move(w, block->path);
        buf_put_str(w->out, "<COMMENT>");
        xml_put(w->out, span_str(list[i]->text));
        buf_put_str(w->out, "</COMMENT>\n");
    }
}

static int
write_field(struct writing *w, const struct field *field, const ProtobufCMessage *part)
{
    char number[FIELDMAP_NUMBER_MAX];
    struct span value = fieldmap_get(field, part, number);

    if (value.n == 0) {
        if (!(field->flags & FIELD_SHOULD))
            return 0;
        if (w->how->strict)
            return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, field->keyword,
                           "not given: the standard makes it mandatory");
        fill_warn(w->how, (struct place){0}, field->keyword, "not given: written empty");
    }
    move(w, w->map->block[field->block].path);
    buf_put_fmt(w->out, "<%s", field->keyword);
    if (w->map->has_units && field->unit != NULL)
        buf_put_fmt(w->out, " units=\"%s\"", field->unit);
    buf_put_byte(w->out, '>');
    if (field->kind == FIELD_REAL || field->kind == FIELD_INT || field->kind == FIELD_COUNT)
        fieldmap_number(w->out, value);
    else
        xml_put(w->out, value);
    buf_put_fmt(w->out, "</%s>\n", field->keyword);
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
    return true;
}

/* Outside the standard and its schema: as elements at the end of what is open. */
static int
write_odd_extras(struct writing *w, Parallax__V1__Keyword **list, size_t n)
{
    if (w->how->strict)
        return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, list[0]->name, "not a keyword of the standard");
    fill_warn(w->how, (struct place){0}, list[0]->name, "not a keyword of the standard: written as it is");
    for (size_t i = 0; i < n; i++) {
        if (!is_element_name(list[i]->name))
            return why_set(w->why, WHY_CANNOT_HOLD, 0, 0, list[i]->name, "cannot be the name of an element");
        buf_put_fmt(w->out, "<%s>", list[i]->name);
        xml_put(w->out, span_str(list[i]->value));
        buf_put_fmt(w->out, "</%s>\n", list[i]->name);
    }
    return 0;
}

static int
write_extras(struct writing *w, const ProtobufCMessage *part, bool object)
{
    Parallax__V1__Keyword **list;
    size_t n = fieldmap_extras(w->map, part, object, &list);

    if (n == 0)
        return 0;
    if (w->map->user_prefix == NULL)
        return write_odd_extras(w, list, n);
    move(w, w->map->block[w->map->block_count - 1].path);
    for (size_t i = 0; i < n; i++) {
        buf_put_str(w->out, "<USER_DEFINED parameter=\"");
        xml_put(w->out, span_str(list[i]->name));
        buf_put_str(w->out, "\">");
        xml_put(w->out, span_str(list[i]->value));
        buf_put_str(w->out, "</USER_DEFINED>\n");
    }
    return 0;
}

static int
write_part(struct writing *w, const ProtobufCMessage *part, unsigned index)
{
    const struct fieldmap *map = w->map;
    bool object = index > 0;
    bool has_named = false;

    for (size_t b = 0; b < map->block_count; b++) {
        if ((map->block[b].part == 1) != object)
            continue;
        if (!map->block[b].is_quiet)
            write_comments(w, part, &map->block[b]);
        if (object && !has_named) {
            move(w, map->block[b].path);
            buf_put_fmt(w->out, "<%s>%s</%s>\n", map->object_keyword, map->object_word[index],
                        map->object_keyword);
            has_named = true;
        }
        for (size_t i = 0; i < map->count; i++) {
            bool is_version = i == 0 && map->majors != NULL; /* an attribute of the root */

            if (map->field[i].block == b && !is_version && write_field(w, &map->field[i], part) != 0)
                return -1;
        }
    }
    return write_extras(w, part, object);
}

int
xmlmap_write(const struct fieldmap *map, const ProtobufCMessage *msg, const struct convert *how,
             struct buf *out, struct why *why)
{
    struct writing w = {.map = map, .how = how, .out = out, .why = why};
    char number[FIELDMAP_NUMBER_MAX];
    struct span version = fieldmap_get(&map->field[0], msg, number);

    buf_put_fmt(out, "<%s id=\"%s\" version=\"%.*s\">\n", map->root, map->field[0].keyword, (int)version.n,
                (const char *)version.p);
    for (unsigned i = 0; i < fieldmap_parts(map); i++) {
        if (i > 0)
            move(&w, "body"); /* each object has a segment of its own */
        if (write_part(&w, fieldmap_part(map, msg, i), i) != 0)
            return -1;
    }
    move(&w, "");
    buf_put_fmt(out, "</%s>\n", map->root);
    return 0;
}
