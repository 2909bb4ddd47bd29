#include "types/fieldmap.h"

#include <stdio.h>

#include "base/limit.h"
#include "base/text.h"

static bool
is_digit(struct span s, size_t i)
{
    return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

static size_t
put_digits(struct buf *out, struct span s, size_t from)
{
    size_t to = from;

    while (is_digit(s, to))
        to++;
    buf_put(out, s.p + from, to - from);
    if (to == from)
        buf_put_byte(out, '0');
    return to;
}

void
fieldmap_number(struct buf *out, struct span value)
{
    size_t i = 0;

    if (value.n > 0 && (value.p[0] == '+' || value.p[0] == '-')) {
        if (value.p[0] == '-')
            buf_put_byte(out, '-');
        i++;
    }
    while (is_digit(value, i + 1) && value.p[i] == '0')
        i++;
    i = put_digits(out, value, i);
    if (i < value.n && value.p[i] == '.') {
        buf_put_byte(out, '.');
        i = put_digits(out, value, i + 1);
    }
    if (i < value.n) {
        uint8_t letter = value.p[i++];

        buf_put_byte(out, letter == 'D' ? 'E' : letter == 'd' ? 'e' : letter);
    }
    buf_put(out, value.p + i, value.n - i);
}

static void
put_key(struct buf *out, bool *first, const char *key)
{
    if (!*first)
        buf_put_byte(out, ',');
    *first = false;
    text_json(out, span_str(key));
    buf_put_byte(out, ':');
}

static void
put_fields(const struct fieldmap *map, const ProtobufCMessage *part, bool object, bool *first,
           struct buf *out)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct field *field = &map->field[i];
        char number[FIELDMAP_NUMBER_MAX];
        struct span value;

        if ((map->block[field->block].part == 1) != object)
            continue;
        value = fieldmap_get(field, part, number);
        if (value.n == 0)
            continue;
        put_key(out, first, field->keyword);
        if (field->kind == FIELD_REAL || field->kind == FIELD_INT || field->kind == FIELD_COUNT)
            fieldmap_number(out, value);
        else
            text_json(out, value);
    }
}

/* `"COMMENT":[{"header":"text"},...]`: in the order of the blocks, so that no format's own order shows. */
static void
put_comments(const struct fieldmap *map, const ProtobufCMessage *part, bool object, bool *first,
             struct buf *out)
{
    Parallax__V1__Comment **list;
    size_t n = fieldmap_comments(map, part, object, &list);
    bool first_comment = true;

    if (n == 0)
        return;
    put_key(out, first, "COMMENT");
    buf_put_byte(out, '[');
    for (size_t b = 0; b < map->block_count; b++) {
        if (map->block[b].is_quiet || (map->block[b].part == 1) != object)
            continue;
        for (size_t i = 0; i < n; i++) {
            bool first_key = true;

            if (strcmp(list[i]->block, map->block[b].name) != 0)
                continue;
            if (!first_comment)
                buf_put_byte(out, ',');
            first_comment = false;
            buf_put_byte(out, '{');
            put_key(out, &first_key, list[i]->block);
            text_json(out, span_str(list[i]->text));
            buf_put_byte(out, '}');
        }
    }
    buf_put_byte(out, ']');
}

/* A name that reads as one of the map's own keywords gets the standard's prefix in front. */
static bool
needs_prefix(const struct fieldmap *map, const char *name, bool object)
{
    if (map->user_prefix == NULL)
        return false;
    return strcmp(name, "COMMENT") == 0 || strncmp(name, map->user_prefix, strlen(map->user_prefix)) == 0 ||
           fieldmap_find(map, span_str(name), object, 0) >= 0;
}

static void
put_extras(const struct fieldmap *map, const ProtobufCMessage *part, bool object, bool *first,
           struct buf *out)
{
    Parallax__V1__Keyword **list;
    size_t n = fieldmap_extras(map, part, object, &list);

    for (size_t i = 0; i < n; i++) {
        char key[2 * LIMIT_NAME_BYTES + 1];
        const char *prefix = needs_prefix(map, list[i]->name, object) ? map->user_prefix : "";

        (void)snprintf(key, sizeof key, "%s%s", prefix, list[i]->name);
        put_key(out, first, key);
        text_json(out, span_str(list[i]->value));
    }
}

static void
put_part(const struct fieldmap *map, const ProtobufCMessage *part, bool object, bool *first, struct buf *out)
{
    put_fields(map, part, object, first, out);
    put_comments(map, part, object, first, out);
    put_extras(map, part, object, first, out);
}

void
fieldmap_json_part(const struct fieldmap *map, const ProtobufCMessage *msg, bool *first, struct buf *out)
{
    put_part(map, msg, false, first, out);
    for (unsigned i = 1; i < fieldmap_parts(map); i++) {
        const ProtobufCMessage *object = fieldmap_part(map, msg, i);
        bool first_key = true;

        if (object == NULL)
            continue;
        put_key(out, first, map->object_word[i]);
        buf_put_byte(out, '{');
        put_part(map, object, true, &first_key, out);
        buf_put_byte(out, '}');
    }
}

void
fieldmap_json(const struct fieldmap *map, const ProtobufCMessage *msg, struct buf *out)
{
    bool first = true;

    buf_put_byte(out, '{');
    fieldmap_json_part(map, msg, &first, out);
    buf_put_byte(out, '}');
}
