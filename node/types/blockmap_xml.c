/* Messages of blocks as NDM/XML (505.0-B-3). */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "syntax/xml.h"
#include "types/blockmap_build.h"
#include "types/blockmap_nest.h"
#include "types/xmlmap.h"

#define DEPTH_MAX LIMIT_XML_DEPTH_COUNT

struct reading {
    struct block_build build;
    const struct blockmap *newest; /* version of the form */
    const struct blockmap *map;    /* the one of this message */
    struct span input;
    const struct convert *how;
    struct why *why;
    bool is_combined, is_open; /* <ndm>; inside a message */
    unsigned root;             /* depth of its root */
    unsigned skip;             /* depth + 1 of what is passed over; 0: none */
    size_t start[DEPTH_MAX];   /* offsets of the elements that are open */
    size_t first_segment;      /* offset of the first <segment> */
    size_t metadata_end;       /* behind the metadata of this segment */
    size_t block_start;        /* of the open block's element */
    size_t head_end;           /* of what stands in it before its lines; 0: no line came */
    size_t piece_start;        /* where the original of this piece begins */
    size_t data;               /* offset of its first line; 0: none came */
    struct buf preamble;       /* of this piece */
    bool in_line;              /* inside a line element with elements for columns */
    bool line_has_units, line_lacks_units;
    struct buf line; /* its columns */
    struct block_nest nest;
    struct span tag; /* of a tagged line, in ${names} */
    char names[LIMIT_NAME_BYTES + 1];
    size_t column; /* of it, so far */
    char parameter[LIMIT_NAME_BYTES + 1];
    char unit[LIMIT_NAME_BYTES + 1];
    bool has_unit;
    struct place element;
    size_t count;
};

static int
fail(struct reading *r, struct place at, struct span name, const char *note)
{
    char field[LIMIT_NAME_BYTES + 1];

    (void)snprintf(field, sizeof field, "%.*s", (int)name.n, (const char *)name.p);
    return why_set(r->why, WHY_TEXT_SYNTAX, at.line, at.column, field, "%s", note);
}

static struct span
slice(const struct reading *r, size_t from, size_t to)
{
    return span_of(r->input.p + from, to - from);
}

static struct span
declaration(const struct reading *r)
{
    const uint8_t *end =
        r->input.n >= 5 && memcmp(r->input.p, "<?xml", 5) == 0 ? memchr(r->input.p, '>', r->input.n) : NULL;

    return end != NULL ? span_of(r->input.p, (size_t)(end - r->input.p) + 1) : span_of(NULL, 0);
}

static int
begin_message(struct reading *r, const struct xml_event *event)
{
    struct span version = xml_attribute(event, "version");
    const char *keyword = r->newest->kind[0].field[0].keyword;

    r->map = r->build.map = blockmap_for(r->newest, version);
    r->is_open = true;
    r->root = event->depth;
    r->piece_start = event->offset;
    r->first_segment = r->block_start = r->head_end = r->data = 0;
    r->in_line = false;
    blockmap_nest_begin(&r->nest, NULL);
    buf_clear(&r->preamble);
    buf_put_span(&r->preamble, declaration(r));
    r->count++;
    if (blockmap_build_begin(&r->build, event->place) != 0)
        return -1;
    if (version.n == 0)
        return why_set(r->why, WHY_VERSION, event->place.line, event->place.column, keyword,
                       "no attribute `version`");
    if (!span_is(xml_attribute(event, "id"), keyword) &&
        fill_tolerate(&r->build.fill, WHY_FIELD_VALUE, event->place, "id", "expected id=\"%s\"", keyword) !=
            0)
        return -1;
    return blockmap_build_pair(&r->build, span_str(keyword), version, span_of(NULL, 0), event->place,
                               event->place);
}

static int
on_root(struct reading *r, const struct xml_event *event)
{
    if (event->depth == 0 && span_is(event->name, "ndm")) {
        r->is_combined = true;
        return 0;
    }
    if (span_is(event->name, r->newest->form) && (event->depth == 0 || r->is_combined))
        return begin_message(r, event);
    if (event->depth == 0)
        return fail(r, event->place, event->name, "another root element");
    r->skip = event->depth + 1;
    if (span_is(event->name, "COMMENT") || span_is(event->name, "MESSAGE_ID"))
        return 0; /* of the combination, not of a message */
    return xmlmap_foreign(r->how, event->name, event->place, r->newest->form, r->why);
}

static const struct block_kind *
kind_of(const struct reading *r, struct span name)
{
    for (size_t i = 0; i < r->map->kinds; i++) {
        if (span_is(name, r->map->kind[i].element))
            return &r->map->kind[i];
    }
    return NULL;
}

/* The qualified name of the element whose `<` is at ${offset}. */
static struct span
tag_at(const struct reading *r, size_t offset)
{
    size_t end = offset + 1;

    while (end < r->input.n && r->input.p[end] != '>' && r->input.p[end] != '/' && r->input.p[end] > ' ')
        end++;
    return slice(r, offset + 1, end);
}

static void
put_start_tag(const struct reading *r, size_t offset, struct buf *out)
{
    const uint8_t *end = memchr(r->input.p + offset, '>', r->input.n - offset);

    if (end != NULL)
        buf_put_span(out, slice(r, offset, (size_t)(end - r->input.p) + 1));
}

/* The message is too long for one record: cut before the line element at ${event}. */
static int
cut(struct reading *r, const struct xml_event *event)
{
    struct buf preamble, trailer;
    int rc;

    buf_init(&preamble, LIMIT_BODY_BYTES);
    buf_init(&trailer, LIMIT_BODY_BYTES);
    buf_put_span(&preamble, declaration(r));
    /* Root, header, body; this segment with its metadata; what is open below it; the head of the open block. */
    buf_put_span(&preamble, slice(r, r->start[r->root], r->first_segment));
    buf_put_span(&preamble, slice(r, r->start[r->root + 2], r->metadata_end));
    for (unsigned d = r->root + 3; d < event->depth && r->start[d] < r->block_start; d++)
        put_start_tag(r, r->start[d], &preamble);
    buf_put_span(&preamble, slice(r, r->block_start, r->head_end));
    for (unsigned d = event->depth; d-- > r->root;) {
        buf_put_str(&trailer, "</");
        buf_put_span(&trailer, tag_at(r, r->start[d]));
        buf_put_byte(&trailer, '>');
    }
    rc = buf_failed(&preamble) || buf_failed(&trailer)
             ? fill_full(&r->build.fill, event->place)
             : blockmap_build_cut(&r->build, buf_span(&r->preamble), slice(r, r->piece_start, event->offset),
                                  buf_span(&trailer), event->place);
    buf_release(&trailer);
    buf_release(&r->preamble);
    r->preamble = preamble;
    r->piece_start = r->data = event->offset;
    return rc;
}

/* ... or before the <segment> at ${event}. */
static int
cut_segment(struct reading *r, const struct xml_event *event)
{
    struct buf trailer;
    int rc;

    buf_init(&trailer, LIMIT_BODY_BYTES);
    for (unsigned d = event->depth; d-- > r->root;) {
        buf_put_str(&trailer, "</");
        buf_put_span(&trailer, tag_at(r, r->start[d]));
        buf_put_byte(&trailer, '>');
    }
    rc = buf_failed(&trailer)
             ? fill_full(&r->build.fill, event->place)
             : blockmap_build_next(&r->build, buf_span(&r->preamble), slice(r, r->piece_start, event->offset),
                                   buf_span(&trailer), event->place);
    buf_release(&trailer);
    buf_clear(&r->preamble);
    buf_put_span(&r->preamble, declaration(r));
    buf_put_span(&r->preamble, slice(r, r->start[r->root], r->first_segment));
    r->piece_start = event->offset;
    r->data = 0;
    return rc;
}

static int
begin_line(struct reading *r, const struct xml_event *event)
{
    const struct block_kind *kind = r->build.walk.kind;

    if (r->head_end == 0)
        r->head_end = event->offset;
    if (r->build.walk.lines > 0 && r->data > 0 &&
        (event->offset - r->data > BLOCKMAP_PIECE_BYTES || r->build.walk.lines >= BLOCKMAP_PIECE_LINES) &&
        cut(r, event) != 0)
        return -1;
    if (r->data == 0)
        r->data = event->offset;
    if (r->map->layout != NULL && kind->column == NULL)
        blockmap_nest_begin(&r->nest, r->map->layout(r->build.walk.metadata));
    r->in_line = kind->column != NULL || r->nest.layout != NULL;
    r->column = 0;
    r->line_has_units = r->line_lacks_units = false;
    r->tag = span_of(NULL, 0);
    buf_clear(&r->line);
    return 0;
}

static int
begin_block(struct reading *r, const struct block_kind *kind, const struct xml_event *event)
{
    r->block_start = event->offset;
    r->head_end = 0;
    blockmap_nest_begin(&r->nest, NULL);
    r->column = 0;
    r->line_has_units = r->line_lacks_units = false;
    buf_clear(&r->line);
    if ((kind->flags & BLOCK_INSIDE) && r->build.block != NULL && r->build.walk.kind == kind - 1 &&
        blockmap_build_comments(&r->build, event->place) != 0)
        return -1;                  /* those before its element are of the block around it */
    return kind == r->map->kind ? 0 /* the root opened it */
                                : blockmap_build_open(&r->build, kind, event->place);
}

static int
on_start(struct reading *r, const struct xml_event *event)
{
    struct span unit = xml_attribute(event, "units"), name = xml_attribute(event, "parameter");
    const struct block_kind *open = r->build.block != NULL ? r->build.walk.kind : NULL;
    const struct block_kind *kind = kind_of(r, event->name);

    if (event->depth < DEPTH_MAX)
        r->start[event->depth] = event->offset;
    if (r->skip > 0)
        return 0;
    if (!r->is_open)
        return on_root(r, event);
    r->has_unit = unit.p != NULL;
    r->element = event->place;
    if (unit.n > LIMIT_NAME_BYTES || name.n > LIMIT_NAME_BYTES || event->name.n > LIMIT_NAME_BYTES)
        return why_set(r->why, WHY_TEXT_LIMIT, event->place.line, event->place.column, NULL,
                       "a name is longer than %d bytes", LIMIT_NAME_BYTES);
    (void)snprintf(r->unit, sizeof r->unit, "%.*s", (int)unit.n, (const char *)unit.p);
    (void)snprintf(r->parameter, sizeof r->parameter, "%.*s", (int)name.n, (const char *)name.p);
    if (event->depth == r->root + 2 && span_is(event->name, "segment")) {
        if (r->first_segment == 0)
            r->first_segment = event->offset;
        else if (r->data > 0 && blockmap_build_is_long(&r->build, event->offset - r->data))
            return cut_segment(r, event);
    }
    if (r->in_line && r->nest.layout == NULL)
        return 0;
    if (open != NULL && blockmap_nest_start(&r->nest, open, event, r->why))
        return 0;
    if (r->in_line || r->why->code != WHY_NONE)
        return r->why->code != WHY_NONE ? -1 : 0;
    if (open != NULL && open->line != NULL && span_is(event->name, open->line))
        return begin_line(r, event);
    return kind != NULL ? begin_block(r, kind, event) : 0;
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

/* Each line of it is a comment, as in KVN. */
static int
take_comment(struct reading *r, const struct xml_event *event)
{
    struct span text = event->text;

    while (text.n > 0 && is_blank(text.p[text.n - 1]))
        text.n--;
    if (memchr(text.p, '\n', text.n) == NULL && memchr(text.p, '\r', text.n) == NULL)
        return blockmap_build_comment(&r->build, text, event->place); /* blanks before it are its own */
    text = trim(text);
    while (text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end != NULL ? (size_t)(end - text.p) : text.n;

        if (blockmap_build_comment(&r->build, trim(span_of(text.p, n)), event->place) != 0)
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
    bool is_told = false;
    char *copy;

    if (value.n == 0)
        return span_of((const uint8_t *)"", 0);
    copy = arena_strdup(r->build.fill.arena, value);
    for (size_t i = 0; copy != NULL && i < value.n; i++) {
        if ((uint8_t)copy[i] >= 0x20)
            continue;
        if (!is_told && fill_tolerate(&r->build.fill, WHY_TEXT_ENCODING, event->place, NULL,
                                      "a line end or TAB in a value, which is read as a blank") != 0)
            return span_of(NULL, 0);
        is_told = true;
        copy[i] = ' ';
    }
    if (copy == NULL)
        fill_full(&r->build.fill, event->place);
    return copy == NULL ? span_of(NULL, 0) : span_of(copy, value.n);
}

/* A line that was wrapped behind a sign: `-` and a line end before a digit are one number. */
static int
join_signs(struct reading *r, const struct xml_event *event, struct span *value)
{
    uint8_t *to = (uint8_t *)(uintptr_t)value->p; /* take_value() made the copy */
    struct span text = trim(event->text);
    size_t n = 0;
    bool is_told = false;

    for (size_t i = 0; i < value->n; i++) {
        bool is_broken = i > 0 && i + 1 < value->n && text.p[i] == '\n' && text.p[i - 1] == '-' &&
                         text.p[i + 1] >= '0' && text.p[i + 1] <= '9';

        if (is_broken && !is_told &&
            fill_tolerate(&r->build.fill, WHY_FIELD_NUMBER, event->place, "line",
                          "a number that is broken behind its sign: read as one") != 0)
            return -1;
        is_told = is_told || is_broken;
        if (!is_broken)
            to[n++] = value->p[i];
    }
    value->n = n;
    return 0;
}

/* The column that an element is: in the order of the table, none left out. NULL with why. */
static const struct field *
column_of(struct reading *r, const struct xml_event *event)
{
    const struct block_kind *kind = r->build.walk.kind;
    const struct field *field = r->column < kind->columns ? &kind->column[r->column] : NULL;

    if (r->nest.layout != NULL) {
        struct span name = blockmap_nest_keyword(&r->nest, kind, event, r->element, r->why);
        int row = blockmap_find(r->nest.layout->column, r->nest.layout->columns, name);

        return row >= 0 ? &r->nest.layout->column[row] : NULL;
    }
    if (kind->lines == BLOCK_TAGGED && r->column == 1) {
        int row = blockmap_find(kind->tag, kind->tags, event->name);

        if (row < 0) {
            (void)fail(r, r->element, event->name, "no measurement of the standard");
            return NULL;
        }
        field = &kind->tag[row];
        r->tag = span_str(field->keyword);
    }
    if (field != NULL && span_is(event->name, field->keyword))
        return field;
    (void)fail(r, r->element, event->name, "not the element that the standard puts here");
    return NULL;
}

/* One column of a line, an element of its own. */
static int
take_column(struct reading *r, const struct xml_event *event)
{
    const struct field *field = column_of(r, event);
    struct span value = trim(event->text);

    if (field == NULL)
        return -1;
    if (value.n == 0 || memchr(value.p, ' ', value.n) != NULL)
        return why_set(r->why, WHY_FIELD_VALUE, event->place.line, event->place.column, field->keyword,
                       "expected one value");
    if (r->has_unit && r->unit[0] == 0) {
        if (fill_tolerate(&r->build.fill, WHY_FIELD_UNIT, event->place, field->keyword, "an empty unit") != 0)
            return -1;
        r->has_unit = false;
    }
    if (r->has_unit && (field->unit == NULL || strcmp(field->unit, r->unit) != 0))
        return why_set(r->why, WHY_FIELD_UNIT, event->place.line, event->place.column, field->keyword,
                       "another unit: expected %s", field->unit != NULL ? field->unit : "none");
    if (field->unit != NULL) {
        r->line_has_units = r->line_has_units || r->has_unit;
        r->line_lacks_units = r->line_lacks_units || !r->has_unit;
    }
    r->column++;
    if (r->nest.layout != NULL)
        return blockmap_nest_put(&r->nest, (size_t)(field - r->nest.layout->column), value, r->element,
                                 r->why);
    if (r->line.n > 0)
        buf_put_byte(&r->line, ' ');
    buf_put_span(&r->line, value);
    return 0;
}

/* The columns of a matrix are written as rows of 1, 2, 3 ... numbers. */
static int
end_rows(struct reading *r, struct place at)
{
    struct span column[BLOCKMAP_COLUMNS_MAX];
    size_t n = blockmap_columns(buf_span(&r->line), column, BLOCKMAP_COLUMNS_MAX), used = 0;

    for (size_t row = 1; used < n; row++) {
        size_t last = used + row < n ? used + row : n;
        struct span line =
            span_of(column[used].p, (size_t)(column[last - 1].p + column[last - 1].n - column[used].p));

        if (blockmap_build_line(&r->build, span_of(NULL, 0), line, r->line_has_units && !r->line_lacks_units,
                                at) != 0)
            return -1;
        used = last;
    }
    return 0;
}

static int
end_line(struct reading *r, const struct xml_event *event)
{
    const struct block_kind *kind = r->build.walk.kind;

    r->in_line = false;
    if (r->nest.layout != NULL && blockmap_nest_line(&r->nest, &r->line, event->place, r->why) != 0)
        return -1;
    blockmap_nest_begin(&r->nest, NULL);
    if (r->column < 2)
        return fail(r, event->place, event->name, "too few elements");
    if (r->line_has_units && r->line_lacks_units &&
        fill_tolerate(&r->build.fill, WHY_FIELD_UNIT, r->element, NULL, "units at some of the values only") !=
            0)
        return -1;
    if (kind->lines == BLOCK_TAGGED && r->column != 2)
        return fail(r, event->place, event->name, "expected EPOCH and one measurement");
    return blockmap_build_line(&r->build, r->tag, buf_span(&r->line),
                               r->line_has_units && !r->line_lacks_units, event->place);
}

static int
take_leaf(struct reading *r, const struct xml_event *event)
{
    const struct block_kind *kind = r->build.walk.kind;
    struct span unit = r->has_unit ? span_str(r->unit) : span_of(NULL, 0);
    char keyword[LIMIT_NAME_BYTES + 16];
    struct span value, name;
    int rc;

    if (span_is(event->name, "COMMENT"))
        return take_comment(r, event);
    if (r->build.block == NULL)
        return fail(r, r->element, event->name, "a keyword outside a block");
    /* The numbers of a matrix stand in the block itself, behind its keywords. */
    if (kind->lines == BLOCK_ROWS && r->column < kind->columns &&
        span_is(event->name, kind->column[r->column].keyword))
        return take_column(r, event);
    value = take_value(r, event);
    if (value.p == NULL)
        return -1;
    if (kind->line != NULL && kind->column == NULL && span_is(event->name, kind->line))
        return value.n > 0 && join_signs(r, event, &value) != 0
                   ? -1
                   : blockmap_build_line(&r->build, span_of(NULL, 0), value, false, event->place);
    if (span_is(event->name, "USER_DEFINED") && (kind->flags & BLOCK_USER)) {
        (void)snprintf(keyword, sizeof keyword, "USER_DEFINED_%s", r->parameter);
        return blockmap_build_pair(&r->build, span_str(keyword), value, span_of(NULL, 0), r->element,
                                   event->place);
    }
    name = blockmap_nest_keyword(&r->nest, kind, event, r->element, r->why);
    if (name.p == NULL)
        return -1;
    r->build.is_unordered = r->nest.part != NULL && r->nest.part->is_any;
    rc = blockmap_build_pair(&r->build, name, value, unit, r->element, event->place);
    r->build.is_unordered = false;
    return rc;
}

static int
end_message(struct reading *r, const struct xml_event *event)
{
    r->is_open = false;
    return blockmap_build_end(&r->build, buf_span(&r->preamble), slice(r, r->piece_start, event->offset),
                              span_of(NULL, 0), event->place);
}

/* The end of a block's own element. */
static int
end_block(struct reading *r, const struct block_kind *kind, const struct xml_event *event)
{
    if (kind->flags & BLOCK_SEGMENT)
        r->metadata_end = event->offset;
    if (r->build.block == NULL || r->build.walk.kind != kind)
        return 0; /* a later block closed it: <data> around covariances */
    if (kind->lines == BLOCK_ROWS) {
        int rc = end_rows(r, event->place);

        r->column = 0;
        buf_clear(&r->line);
        if (rc != 0)
            return -1;
    }
    /* Comments at its end belong to it. */
    if (blockmap_build_comments(&r->build, event->place) != 0)
        return -1;
    return kind == r->map->kind ? 0 : blockmap_build_close(&r->build, event->place);
}

static int
on_end(struct reading *r, const struct xml_event *event)
{
    const struct block_kind *kind;

    if (r->skip > 0) {
        r->skip = event->depth + 1 == r->skip ? 0 : r->skip;
        return 0;
    }
    if (!r->is_open)
        return 0;
    if (event->depth == r->root)
        return end_message(r, event);
    if (r->build.block != NULL && blockmap_nest_end(&r->nest, event))
        return 0;
    if (r->in_line)
        return span_is(event->name, r->build.walk.kind->line) ? end_line(r, event) : take_column(r, event);
    kind = kind_of(r, event->name);
    if (kind != NULL)
        return end_block(r, kind, event);
    if (span_is(event->name, "segment") || span_is(event->name, "body") || span_is(event->name, "data"))
        return 0;
    if (event->is_leaf)
        return take_leaf(r, event);
    return fill_tolerate(&r->build.fill, WHY_FIELD_UNKNOWN, event->place, NULL,
                         "an element that the standard does not know");
}

static int
on_event(void *cookie, const struct xml_event *event, struct why *why)
{
    (void)why;
    return event->kind == XML_START ? on_start(cookie, event) : on_end(cookie, event);
}

int
blockmap_read_xml(const struct blockmap *map, const char *format, struct span input,
                  const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
                  struct why *why)
{
    static const char bom[] = "\xEF\xBB\xBF";
    struct reading reading = {.newest = map, .map = map, .how = how, .why = why};
    struct reading *r = &reading;
    int rc;

    r->input = input.n >= 3 && memcmp(input.p, bom, 3) == 0 ? span_of(input.p + 3, input.n - 3) : input;
    blockmap_build_init(&r->build, map, format, how, a, emit, cookie, why);
    buf_init(&r->preamble, LIMIT_BODY_BYTES);
    buf_init(&r->line, LIMIT_VALUE_BYTES);
    blockmap_nest_init(&r->nest);
    rc = xml_read(r->input, on_event, r, why);
    if (rc == 0 && r->count == 0)
        rc = why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no message: expected <%s>", map->form);
    blockmap_nest_release(&r->nest);
    buf_release(&r->line);
    buf_release(&r->preamble);
    blockmap_build_release(&r->build);
    return rc;
}
