#include "types/fieldmap.h"

#include "base/num.h"

static const void *
at(const ProtobufCMessage *part, size_t offset)
{
    return (const char *)part + offset;
}

unsigned
fieldmap_parts(const struct fieldmap *map)
{
    return map->object_keyword != NULL ? FIELDMAP_PARTS : 1;
}

const ProtobufCMessage *
fieldmap_part(const struct fieldmap *map, const ProtobufCMessage *msg, unsigned index)
{
    const ProtobufCMessage *part;

    if (index == 0)
        return msg;
    memcpy(&part, at(msg, map->object[index]), sizeof part);
    return part;
}

int
fieldmap_find(const struct fieldmap *map, struct span keyword, bool object, size_t hint)
{
    size_t row = hint < map->count ? hint : hint % map->count;

    for (size_t i = 0; i < map->count; i++, row = row + 1 < map->count ? row + 1 : 0) {
        const struct field *field = &map->field[row];

        if (!span_is(keyword, field->keyword) && (field->alias == NULL || !span_is(keyword, field->alias)))
            continue;
        if ((map->block[field->block].part == 1) == object)
            return (int)row;
    }
    return -1;
}

struct span
fieldmap_get(const struct field *field, const ProtobufCMessage *part, char number[FIELDMAP_NUMBER_MAX])
{
    const char *text;
    uint64_t count;

    _Static_assert(FIELDMAP_NUMBER_MAX >= NUM_PRINT_MAX, "a number fits");
    if (field->kind == FIELD_COUNT) {
        memcpy(&count, at(part, field->offset), sizeof count);
        if (count == 0)
            return span_of(number, 0);
        return span_of(number, num_print(count, number));
    }
    memcpy(&text, at(part, field->offset), sizeof text);
    return *text != 0 ? span_str(text) : span_of(text, 0); /* most are empty */
}

size_t
fieldmap_comments(const struct fieldmap *map, const ProtobufCMessage *part, bool object,
                  Parallax__V1__Comment ***list)
{
    const struct field_part *kind = &map->part[object];
    size_t n;

    *list = NULL;
    if (kind->n_comments == 0)
        return 0; /* the type has none */
    memcpy(&n, at(part, kind->n_comments), sizeof n);
    memcpy(list, at(part, kind->comments), sizeof *list);
    return n;
}

size_t
fieldmap_extras(const struct fieldmap *map, const ProtobufCMessage *part, bool object,
                Parallax__V1__Keyword ***list)
{
    const struct field_part *kind = &map->part[object];
    size_t n;

    *list = NULL;
    if (kind->n_extras == 0)
        return 0; /* the type has none */
    memcpy(&n, at(part, kind->n_extras), sizeof n);
    memcpy(list, at(part, kind->extras), sizeof *list);
    return n;
}

void
fieldmap_source_of(const Parallax__V1__Source *source, struct source *out)
{
    *out = (struct source){0};
    if (source == NULL)
        return;
    out->format = span_str(source->format);
    out->original = span_of(source->original.data, source->original.len);
    out->preamble = span_of(source->preamble.data, source->preamble.len);
    out->trailer = span_of(source->trailer.data, source->trailer.len);
    out->piece = source->piece;
}

void
fieldmap_source(const struct fieldmap *map, const ProtobufCMessage *msg, struct source *out)
{
    const Parallax__V1__Source *source;

    memcpy(&source, at(msg, map->source), sizeof source);
    fieldmap_source_of(source, out);
}
