#include "types/xmlmap.h"

#include <assert.h>
#include <stdio.h>

#include "base/text.h"
#include "syntax/xml.h"

#define CONTAINERS_MAX 32

struct reading {
    struct fill fill;
    const struct fieldmap *map;
    const char *format;
    struct span input;
    const struct convert *how;
    struct arena *arena;
    type_emit_fn *emit;
    void *cookie;
    struct why *why;
    bool is_combined; /* <ndm> */
    bool is_open;     /* inside a message */
    unsigned root;    /* depth of its root */
    unsigned skip;    /* depth + 1 of a message of another kind that is passed over; 0 = none */
    size_t start;     /* offset of its root */
    struct place at;  /* of its root */
    char name[LIMIT_NAME_BYTES + 1]; /* parameter of the open USER_DEFINED */
    char unit[LIMIT_NAME_BYTES + 1]; /* of the innermost element */
    bool has_unit;
    struct place element; /* of the innermost element */
    size_t count;
    struct span container[CONTAINERS_MAX]; /* elements that hold blocks or are one */
    size_t containers;
};

/* What stands before the root of the first message, when it is only the declaration: with it a message reads alone. */
static struct span
declaration(struct span input)
{
    static const char bom[] = "\xEF\xBB\xBF";
    size_t skip = input.n >= 3 && memcmp(input.p, bom, 3) == 0 ? 3 : 0;
    const uint8_t *end;

    if (input.n < skip + 5 || memcmp(input.p + skip, "<?xml", 5) != 0)
        return span_of(NULL, 0);
    end = memchr(input.p + skip, '>', input.n - skip);
    return end != NULL ? span_of(input.p + skip, (size_t)(end - input.p) + 1 - skip) : span_of(NULL, 0);
}

static int
begin_message(struct reading *r, const struct xml_event *event)
{
    struct span version = xml_attribute(event, "version");
    struct span id = xml_attribute(event, "id");
    const char *keyword = r->map->field[0].keyword;

    r->is_open = true;
    r->root = event->depth;
    r->start = event->offset;
    r->at = event->place;
    r->count++;
    if (fill_begin(&r->fill, r->map, FILL_CCSDS, r->how, r->arena, r->why) != 0)
        return -1;
    if (version.n == 0)
        return why_set(r->why, WHY_VERSION, event->place.line, event->place.column, keyword,
                       "no attribute `version`");
    if (!span_is(id, keyword) &&
        fill_tolerate(&r->fill, WHY_FIELD_VALUE, event->place, "id", "expected id=\"%s\"", keyword) != 0)
        return -1;
    return fill_row(&r->fill, 0, version, span_of(NULL, 0), event->place, event->place);
}

int
xmlmap_foreign(const struct convert *how, struct span name, struct place at, const char *root,
               struct why *why)
{
    struct foreign *f = how->foreign;
    char text[sizeof f->name[0]];
    size_t i = 0;

    (void)snprintf(text, sizeof text, "%.*s", (int)(name.n < sizeof text ? name.n : sizeof text - 1),
                   (const char *)name.p);
    while (f != NULL && i < f->n && strcmp(f->name[i], text) != 0)
        i++;
    if (f != NULL && i == f->n && i < FOREIGN_MAX) {
        memcpy(f->name[i], text, sizeof text);
        f->line[i] = at.line;
        f->column[i] = at.column;
        f->n++;
    }
    if (f != NULL && i < FOREIGN_MAX)
        return 0;
    if (how->strict)
        return why_set(why, WHY_TEXT_SYNTAX, at.line, at.column, text,
                       "a message of another kind: expected <%s>", root);
    fill_warn(how, at, text, "a message of another kind: passed over");
    return 0;
}

static int
on_root(struct reading *r, const struct xml_event *event)
{
    if (event->depth == 0 && span_is(event->name, "ndm")) {
        r->is_combined = true;
        return 0;
    }
    if (span_is(event->name, r->map->root) && (event->depth == 0 || r->is_combined))
        return begin_message(r, event);
    if (event->depth == 0)
        return why_set(r->why, WHY_TEXT_SYNTAX, event->place.line, event->place.column, NULL,
                       "another root element: expected <%s> or <ndm>", r->map->root);
    r->skip = event->depth + 1;
    if (span_is(event->name, "COMMENT") || span_is(event->name, "MESSAGE_ID"))
        return 0; /* of the combination, not of a message */
    return xmlmap_foreign(r->how, event->name, event->place, r->map->root, r->why);
}

static void
keep(char out[LIMIT_NAME_BYTES + 1], struct span s)
{
    if (s.n > 0)
        memcpy(out, s.p, s.n);
    out[s.n] = 0;
}

static int
on_start(struct reading *r, const struct xml_event *event)
{
    struct span unit;
    struct span name;

    if (r->skip > 0)
        return 0;
    if (!r->is_open)
        return on_root(r, event);
    unit = xml_attribute(event, "units");
    name = xml_attribute(event, "parameter");
    r->has_unit = unit.p != NULL;
    r->element = event->place;
    if (unit.n > LIMIT_NAME_BYTES || name.n > LIMIT_NAME_BYTES)
        return why_set(r->why, WHY_TEXT_LIMIT, event->place.line, event->place.column, NULL,
                       "an attribute is longer than %d bytes", LIMIT_NAME_BYTES);
    keep(r->unit, unit);
    keep(r->name, name);
    return 0;
}

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span
trim(struct span s)
{
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    while (s.n > 0 && is_blank(*s.p))
        s = span_of(s.p + 1, s.n - 1);
    return s;
}

/* A comment of several lines is as many comments: no other format can hold a line end. */
static int
take_comment(struct reading *r, const struct xml_event *event)
{
    struct span text = event->text;

    while (text.n > 0 && is_blank(text.p[text.n - 1]))
        text.n--;
    if (memchr(text.p, '\n', text.n) == NULL && memchr(text.p, '\r', text.n) == NULL)
        return fill_comment(&r->fill, text, event->place);
    text = trim(text);
    while (text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end != NULL ? (size_t)(end - text.p) : text.n;

        if (fill_comment(&r->fill, trim(span_of(text.p, n)), event->place) != 0)
            return -1;
        n += n < text.n;
        text = span_of(text.p + n, text.n - n);
    }
    return 0;
}

/* A value of several lines is one with blanks. {NULL, 0} with why. */
static struct span
take_value(struct reading *r, const struct xml_event *event)
{
    struct span value = trim(event->text);
    uint8_t *copy = NULL;

    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] >= 0x20)
            continue;
        if (copy == NULL) {
            if (fill_tolerate(&r->fill, WHY_TEXT_ENCODING, event->place, NULL,
                              "a line end or TAB in a value, which is read as a blank") != 0)
                return span_of(NULL, 0);
            copy = arena_alloc(r->arena, value.n);
            if (copy == NULL) {
                fill_full(&r->fill, event->place);
                return span_of(NULL, 0);
            }
            memcpy(copy, value.p, value.n);
        }
        copy[i] = ' ';
    }
    return copy != NULL ? span_of(copy, value.n) : value;
}

static int
take_leaf(struct reading *r, const struct xml_event *event)
{
    struct span unit = r->has_unit ? span_str(r->unit) : span_of(NULL, 0);
    struct span value;

    if (span_is(event->name, "COMMENT"))
        return take_comment(r, event);
    value = take_value(r, event);
    if (value.p == NULL)
        return -1;
    if (r->map->user_prefix != NULL && span_is(event->name, "USER_DEFINED"))
        return fill_extra(&r->fill, span_str(r->name), value, r->element);
    return fill_put(&r->fill, event->name, value, unit, r->element, event->place);
}

static bool
is_container(const struct reading *r, struct span name)
{
    for (size_t i = 0; i < r->containers; i++) {
        if (span_equal(name, r->container[i]))
            return true;
    }
    return false;
}

/* The parts of the paths of all blocks. */
static void
list_containers(struct reading *r)
{
    for (size_t b = 0; b < r->map->block_count; b++) {
        const char *path = r->map->block[b].path;

        while (path != NULL && *path != 0) {
            size_t n = strcspn(path, "/");

            if (!is_container(r, span_of(path, n))) {
                assert(r->containers < CONTAINERS_MAX);
                r->container[r->containers++] = span_of(path, n);
            }
            path += n + (path[n] == '/');
        }
    }
}

static int
end_message(struct reading *r, const struct xml_event *event)
{
    struct span original = span_of(r->input.p + r->start, event->offset - r->start);

    r->is_open = false;
    if (fill_source(&r->fill, r->format, original, declaration(r->input)) != 0 ||
        fill_end(&r->fill, NULL, r->at) != 0)
        return -1;
    return fill_emit(&r->fill, r->emit, r->cookie);
}

static int
on_end(struct reading *r, const struct xml_event *event)
{
    if (r->skip > 0) {
        r->skip = event->depth + 1 == r->skip ? 0 : r->skip;
        return 0;
    }
    if (!r->is_open)
        return 0;
    if (event->depth == r->root)
        return end_message(r, event);
    if (is_container(r, event->name))
        return 0;
    if (event->is_leaf)
        return take_leaf(r, event);
    return fill_tolerate(&r->fill, WHY_FIELD_UNKNOWN, event->place, NULL,
                         "an element that the standard does not know");
}

static int
on_event(void *cookie, const struct xml_event *event, struct why *why)
{
    (void)why;
    return event->kind == XML_START ? on_start(cookie, event) : on_end(cookie, event);
}

int
xmlmap_read(const struct fieldmap *map, const char *format, struct span input, const struct convert *how,
            struct arena *a, type_emit_fn *emit, void *cookie, struct why *why)
{
    static const char bom[] = "\xEF\xBB\xBF";
    struct reading r = {
        .map = map, .format = format, .how = how, .arena = a, .emit = emit, .cookie = cookie, .why = why};

    r.input = input.n >= 3 && memcmp(input.p, bom, 3) == 0 ? span_of(input.p + 3, input.n - 3) : input;
    list_containers(&r);
    if (xml_read(r.input, on_event, &r, why) != 0)
        return -1;
    if (r.count == 0)
        return why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no message: expected <%s>", map->root);
    return 0;
}

int
xmlmap_probe(const struct fieldmap *map, struct span head)
{
    return xmlmap_probe_root(map->root, head);
}

int
xmlmap_probe_root(const char *root, struct span head)
{
    struct span names[16];
    size_t n = xml_sniff(head, names, 16);

    if (n > 0 && span_is(names[0], root))
        return 100;
    if (n == 0 || !span_is(names[0], "ndm"))
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (span_is(names[i], root))
            return 100;
        if (!span_is(names[i], "COMMENT") && !span_is(names[i], "MESSAGE_ID"))
            return 0;
    }
    return 0;
}
