/* Rules that APM, AEM and ACM share. */
#include "types/attitude/attitude_map.h"

#include "base/text.h"

static const struct blockmap *const forms[] = {&attitude_apm, &attitude_aem, &attitude_acm};

const struct blockmap *
attitude_form(const ProtobufCMessage *msg)
{
    return blockmap_of(forms, sizeof forms / sizeof *forms, msg);
}

int
attitude_no_old(struct block_walk *w)
{
    static const char *const old[] = {"ATTITUDE_DIR", "QUATERNION_TYPE", "RATE_FRAME",
                                      "Q_DIR",        "EULER_DIR",       "SPIN_DIR"};

    for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
        if (blockmap_value(w->block, old[i]).n > 0)
            return blockmap_wrong(w, WHY_FIELD_UNKNOWN, old[i],
                                  "of version 1.0, and gone in 2.0: what the message means is not certain");
    }
    return 0;
}

int
attitude_whole_parts(struct block_walk *w)
{
    for (size_t i = 0; i < w->kind->parts; i++) {
        const struct block_part *part = &w->kind->part[i];
        int first = blockmap_find(w->kind->field, w->kind->count, span_str(part->first));
        size_t n = 0;

        for (size_t k = 0; k < part->count; k++)
            n += blockmap_value(w->block, w->kind->field[(size_t)first + k].keyword).n > 0;
        if (n > 0 && n < part->count)
            return blockmap_wrong(w, WHY_FIELD_MISSING, part->first,
                                  "%zu of %zu values from it on: expected all", n, part->count);
    }
    return 0;
}

bool
attitude_begins(struct span word, const char *with)
{
    size_t n = strlen(with);

    return word.n >= n && memcmp(word.p, with, n) == 0;
}

int
attitude_must(struct block_walk *w, const char *keyword, const char *by)
{
    if (blockmap_value(w->block, keyword).n > 0)
        return 0;
    return blockmap_wrong(w, WHY_FIELD_MISSING, keyword, "missing: %s needs it", by);
}

const struct block_layout *
attitude_layout(const struct block_layout *list, size_t n, const Parallax__V1__Block *metadata)
{
    struct span type = blockmap_value(metadata, "ATTITUDE_TYPE");

    for (size_t i = 0; i < n; i++) {
        if (span_is(type, list[i].word))
            return &list[i];
    }
    return NULL;
}

int
attitude_line(struct block_walk *w, const struct span *column, size_t n)
{
    const struct block_layout *layout = w->map->layout(w->metadata);

    if (layout == NULL || n != layout->columns)
        return blockmap_wrong(
            w, WHY_TEXT_SYNTAX, "line", "%zu columns: expected a time and %zu numbers of %s", n,
            layout != NULL ? layout->columns - 1 : 0, layout != NULL ? layout->word : "no type");
    for (size_t i = 1; i < n; i++) {
        if (fieldmap_check_value(&layout->column[i], column[i], w->why, w->row, w->column) != 0)
            return -1;
    }
    return 0;
}

int
attitude_some_lines(struct block_walk *w)
{
    if (w->kind->lines == BLOCK_NO_LINES || w->lines > 0)
        return 0;
    return blockmap_wrong(w, WHY_FIELD_MISSING, w->kind->name, "no lines: expected at least one");
}

int
attitude_check_span(struct block_walk *w)
{
    struct span method = blockmap_value(w->block, "INTERPOLATION_METHOD");

    if ((method.n > 0) != (blockmap_value(w->block, "INTERPOLATION_DEGREE").n > 0) &&
        !text_equal_nocase(method, "LINEAR"))
        return blockmap_wrong(w, WHY_FIELD_MISSING, "INTERPOLATION_DEGREE",
                              "INTERPOLATION_METHOD and its degree: expected both");
    return blockmap_span(w, "START_TIME", "STOP_TIME");
}
