#include "types/blockmap_nest.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void
blockmap_nest_init(struct block_nest *n)
{
    *n = (struct block_nest){.layout = NULL};
    buf_init(&n->text, LIMIT_VALUE_BYTES);
}

void
blockmap_nest_release(struct block_nest *n)
{
    buf_release(&n->text);
}

void
blockmap_nest_begin(struct block_nest *n, const struct block_layout *layout)
{
    assert(layout == NULL || layout->columns <= BLOCKMAP_NEST_COLUMNS);
    n->layout = layout;
    n->part = NULL;
    n->is_inside = false;
    n->last = n->count = 0;
    n->role[0] = 0;
    memset(n->length, 0, sizeof n->length);
    buf_clear(&n->text);
}

static void
refuse(struct place at, struct span name, const char *note, struct why *why)
{
    char field[LIMIT_NAME_BYTES + 1];

    (void)snprintf(field, sizeof field, "%.*s", (int)name.n, (const char *)name.p);
    (void)why_set(why, WHY_TEXT_SYNTAX, at.line, at.column, field, "%s", note);
}

static const struct block_part *
find(const struct block_nest *n, const struct block_kind *kind, struct span name)
{
    const struct block_part *list = n->layout != NULL ? n->layout->part : kind->part;
    size_t parts = n->layout != NULL ? n->layout->parts : kind->parts;

    for (size_t i = 0; i < parts; i++) {
        if (span_is(name, list[i].element))
            return &list[i];
    }
    return NULL;
}

bool
blockmap_nest_start(struct block_nest *n, const struct block_kind *kind, const struct xml_event *event,
                    struct why *why)
{
    const struct block_part *part = find(n, kind, event->name);
    struct span role;

    if (n->part != NULL && n->part->attribute != NULL) {
        role = xml_attribute(event, n->part->attribute);
        (void)snprintf(n->role, sizeof n->role, "%.*s", (int)(role.n < sizeof n->role ? role.n : 0),
                       (const char *)role.p);
    }
    if (n->layout != NULL && span_is(event->name, n->layout->element)) {
        if (n->is_inside)
            refuse(event->place, event->name, "within itself", why);
        n->is_inside = true;
        return why->code == WHY_NONE;
    }
    if (part == NULL)
        return false;
    if (n->part != NULL || (n->layout != NULL && !n->is_inside)) {
        refuse(event->place, event->name, "not where the standard puts it", why);
        return false;
    }
    n->part = part;
    return true;
}

bool
blockmap_nest_end(struct block_nest *n, const struct xml_event *event)
{
    if (n->part != NULL && span_is(event->name, n->part->element)) {
        n->part = NULL;
        return true;
    }
    return n->layout != NULL && n->part == NULL && n->is_inside && span_is(event->name, n->layout->element);
}

struct span
blockmap_nest_keyword(struct block_nest *n, const struct block_kind *kind, const struct xml_event *event,
                      struct place at, struct why *why)
{
    const struct block_part *list = n->layout != NULL ? n->layout->part : kind->part, *wanted;
    const struct field *field = n->layout != NULL ? n->layout->column : kind->field;
    size_t parts = n->layout != NULL ? n->layout->parts : kind->parts;
    size_t count = n->layout != NULL ? n->layout->columns : kind->count, k;
    struct span keyword = event->name;
    int row;

    if (n->part != NULL && n->part->attribute != NULL) {
        k = strlen(n->part->item);
        if (event->name.n != k + 1 || memcmp(event->name.p, n->part->item, k) != 0)
            keyword = span_of("", 0);
        else
            keyword = span_str(n->role);
    }
    row = blockmap_find(field, count, keyword);
    wanted = row >= 0 ? blockmap_part(list, parts, field, count, (size_t)row, NULL) : NULL;
    if (wanted == n->part && (n->layout == NULL || (n->is_inside && row >= 0)))
        return keyword;
    refuse(at, event->name, "not the element that the standard puts here", why);
    return span_of(NULL, 0);
}

int
blockmap_nest_put(struct block_nest *n, size_t row, struct span value, struct place at, struct why *why)
{
    bool is_any = n->part != NULL && n->part->is_any;
    const char *keyword = n->layout->column[row].keyword;

    if (n->length[row] > 0)
        return why_set(why, WHY_FIELD_DUPLICATE, at.line, at.column, keyword, "occurs twice");
    if (n->count > 0 && row < n->last && !is_any)
        return why_set(why, WHY_TEXT_SYNTAX, at.line, at.column, keyword,
                       "behind elements that the standard puts after it");
    n->start[row] = n->text.n;
    n->length[row] = value.n;
    buf_put_span(&n->text, value);
    n->last = row;
    n->count++;
    return 0;
}

int
blockmap_nest_line(const struct block_nest *n, struct buf *out, struct place at, struct why *why)
{
    if (buf_failed(&n->text))
        return why_set(why, WHY_TEXT_LIMIT, at.line, at.column, NULL, "a line of more than %d bytes",
                       LIMIT_VALUE_BYTES);
    for (size_t i = 0; i < n->layout->columns; i++) {
        if (n->length[i] == 0)
            return why_set(why, WHY_FIELD_MISSING, at.line, at.column, n->layout->column[i].keyword,
                           "missing: %s has it", n->layout->word);
        if (i > 0)
            buf_put_byte(out, ' ');
        buf_put(out, n->text.p + n->start[i], n->length[i]);
    }
    return 0;
}
