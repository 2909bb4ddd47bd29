/* Making a record from an ADES file: what the readers of XML and PSV have in common. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "types/neo_observation/neo_observation_map.h"

void
neo_observation_build_init(struct neo_observation_build *b, const char *format, const struct convert *how,
                           struct arena *a, type_emit_fn *emit, void *cookie, struct why *why)
{
    *b = (struct neo_observation_build){.format = format, .emit = emit, .cookie = cookie};
    b->fill = (struct fill){.how = how, .arena = a, .why = why};
    buf_init(&b->context, LIMIT_BODY_BYTES);
}

void
neo_observation_build_release(struct neo_observation_build *b)
{
    buf_release(&b->context);
}

int
neo_observation_build_version(struct neo_observation_build *b, struct span version, struct place at)
{
    if (!span_is(version, "2017") && !span_is(version, "2022"))
        return why_set(b->fill.why, WHY_VERSION, at.line, at.column, "version", "expected 2017 or 2022");
    (void)snprintf(b->version, sizeof b->version, "%.*s", (int)version.n, (const char *)version.p);
    return 0;
}

void
neo_observation_build_block(struct neo_observation_build *b)
{
    buf_clear(&b->context);
}

int
neo_observation_build_context(struct neo_observation_build *b, struct span parent, struct span child,
                              struct span value, struct place at)
{
    char over[40], under[40];

    (void)snprintf(over, sizeof over, "%.*s", (int)parent.n, (const char *)parent.p);
    (void)snprintf(under, sizeof under, "%.*s", (int)child.n, (const char *)child.p);
    if (parent.n >= sizeof over || child.n >= sizeof under ||
        !neo_observation_in_context(over, child.n > 0 ? under : NULL))
        return fill_tolerate(&b->fill, WHY_FIELD_UNKNOWN, at, child.n > 0 ? under : over,
                             "not a value of a context: passed over");
    if (value.n == 0)
        return fill_tolerate(&b->fill, WHY_FIELD_MISSING, at, child.n > 0 ? under : over,
                             "empty, which is read as not given");
    if (memchr(value.p, '|', value.n) != NULL)
        return why_set(b->fill.why, WHY_FIELD_VALUE, at.line, at.column, over,
                       "a `|`, which ADES forbids in values");
    if (fieldmap_check_text(over, value, LIMIT_TEXT_BYTES, b->fill.why, at.line, at.column) != 0)
        return -1;
    buf_put_str(&b->context, over);
    if (child.n > 0)
        buf_put_fmt(&b->context, "/%s", under);
    buf_put_byte(&b->context, 0);
    buf_put_span(&b->context, value);
    buf_put_byte(&b->context, 0);
    return buf_failed(&b->context) ? fill_full(&b->fill, at) : 0;
}

/* The value of ${name} in the context; NULL: not given. */
static const char *
context_value(const struct buf *context, const char *name)
{
    const char *p = (const char *)context->p, *end;

    if (context->n == 0)
        return NULL;
    end = p + context->n;
    while (p < end) {
        const char *value = p + strlen(p) + 1;

        if (strcmp(p, name) == 0)
            return value;
        p = value + strlen(value) + 1;
    }
    return NULL;
}

int
neo_observation_build_context_end(struct neo_observation_build *b, struct place at)
{
    static const char *const must[] = {"observatory/mpcCode", "submitter/name",     "measurers/name",
                                       "telescope/design",    "telescope/aperture", "telescope/detector"};

    for (size_t i = 0; i < sizeof must / sizeof *must; i++) {
        if (context_value(&b->context, must[i]) == NULL &&
            fill_tolerate(&b->fill, WHY_FIELD_MISSING, at, must[i],
                          "missing: the standard makes it mandatory") != 0)
            return -1;
    }
    return 0;
}

static void *
new_message(struct neo_observation_build *b, const ProtobufCMessageDescriptor *schema)
{
    ProtobufCMessage *msg = arena_alloc(b->fill.arena, schema->sizeof_message);

    if (msg == NULL)
        fill_full(&b->fill, b->start);
    else
        schema->message_init(msg);
    return msg;
}

int
neo_observation_build_begin(struct neo_observation_build *b, int kind, struct place at)
{
    arena_clear(b->fill.arena);
    memset(b->given, 0, sizeof b->given);
    b->kind = kind;
    b->start = at;
    b->msg = new_message(b, &parallax__v1__neo_observation__descriptor);
    return b->msg != NULL ? 0 : -1;
}

static int
pass_over(struct neo_observation_build *b, struct span name, struct place at)
{
    char field[40];

    (void)snprintf(field, sizeof field, "%.*s", (int)name.n, (const char *)name.p);
    return fill_tolerate(&b->fill, WHY_FIELD_UNKNOWN, at, field,
                         "not an element of the standard: kept in the original only");
}

/* `.11`, `073.5`: certain in meaning, and no decimals of ADES: as it spells them. 0, or -1 with why. */
static int
spell_number(struct neo_observation_build *b, const char *keyword, struct span *value, struct place at)
{
    size_t sign = value->p[0] == '-' || value->p[0] == '+', from = sign;
    bool is_bare;
    char *copy;

    while (from + 1 < value->n && value->p[from] == '0' && value->p[from + 1] >= '0' &&
           value->p[from + 1] <= '9')
        from++;
    is_bare = value->p[from] == '.';
    if (from == sign && !is_bare)
        return 0;
    if (fill_tolerate(&b->fill, WHY_FIELD_NUMBER, at, keyword,
                      is_bare ? "no digit before the point" : "a superfluous zero in front") != 0)
        return -1;
    copy = arena_alloc(b->fill.arena, value->n + 2);
    if (copy == NULL)
        return fill_full(&b->fill, at);
    (void)snprintf(copy, value->n + 2, "%.*s%s%.*s", (int)sign, (const char *)value->p, is_bare ? "0" : "",
                   (int)(value->n - from), (const char *)value->p + from);
    *value = span_str(copy);
    return 0;
}

int
neo_observation_build_row(struct neo_observation_build *b, int row, struct span name, struct span value,
                          struct place at, struct place value_at)
{
    const struct neo_observation_row *r;
    Parallax__V1__Keyword *keyword;
    struct span word;
    uint64_t bit;

    if (row < 0)
        return pass_over(b, name, at);
    r = neo_observation_at((size_t)row);
    bit = (uint64_t)1 << row % 64;
    if ((b->given[row / 64] & bit) != 0)
        return why_set(b->fill.why, WHY_FIELD_DUPLICATE, at.line, at.column, r->field.keyword,
                       "occurs twice");
    if (value.n == 0)
        return fill_tolerate(&b->fill, WHY_FIELD_MISSING, value_at, r->field.keyword,
                             "empty, which is read as not given");
    word = r->field.kind == FIELD_WORD ? fieldmap_word(&r->field, value) : span_of(NULL, 0);
    if (word.p != NULL)
        value = word;
    if (neo_observation_check_value((size_t)row, b->kind, value, b->fill.why, value_at.line,
                                    value_at.column) != 0 ||
        (r->field.kind == FIELD_REAL && spell_number(b, r->field.keyword, &value, value_at) != 0))
        return -1;
    keyword = new_message(b, &parallax__v1__keyword__descriptor);
    if (keyword == NULL)
        return -1;
    keyword->name = (char *)(uintptr_t)r->field.keyword;
    /* Printable: it has been looked at, so no TAB has to become a blank. */
    keyword->value = arena_strdup(b->fill.arena, value);
    b->at[row] = keyword;
    b->given[row / 64] |= bit;
    return keyword->value == NULL ? fill_full(&b->fill, at) : 0;
}

int
neo_observation_build_field(struct neo_observation_build *b, struct span name, struct span value,
                            struct place at, struct place value_at)
{
    return neo_observation_build_row(b, neo_observation_row(name), name, value, at, value_at);
}

/* The context of the block, in one piece: every observation of the block has it. */
static int
put_context(struct neo_observation_build *b)
{
    Parallax__V1__Keyword *keyword;
    const char *p, *end;
    size_t n = 0;

    if (b->context.n == 0)
        return 0;
    p = arena_strdup(b->fill.arena, buf_span(&b->context));
    for (size_t at = 0; at < b->context.n; at += strlen((const char *)b->context.p + at) + 1)
        n++;
    keyword = arena_alloc(b->fill.arena, n / 2 * sizeof *keyword);
    b->msg->context = arena_alloc(b->fill.arena, n / 2 * sizeof(void *));
    if (p == NULL || keyword == NULL || b->msg->context == NULL)
        return fill_full(&b->fill, b->start);
    for (end = p + b->context.n; p < end; keyword++) {
        parallax__v1__keyword__init(keyword);
        keyword->name = (char *)(uintptr_t)p;
        p += strlen(p) + 1;
        keyword->value = (char *)(uintptr_t)p;
        p += strlen(p) + 1;
        b->msg->context[b->msg->n_context++] = keyword;
    }
    return 0;
}

int
neo_observation_build_end(struct neo_observation_build *b, struct span preamble, struct span original,
                          struct span trailer)
{
    static const char *const kinds[] = {"optical", "offset", "occultation", "radar"};
    Parallax__V1__Source *source = new_message(b, &parallax__v1__source__descriptor);

    if (source == NULL)
        return -1;
    source->format = (char *)(uintptr_t)b->format;
    source->preamble = (ProtobufCBinaryData){preamble.n, (uint8_t *)(uintptr_t)preamble.p};
    source->original = (ProtobufCBinaryData){original.n, (uint8_t *)(uintptr_t)original.p};
    source->trailer = (ProtobufCBinaryData){trailer.n, (uint8_t *)(uintptr_t)trailer.p};
    b->msg->source = source;
    b->msg->kind = (char *)(uintptr_t)kinds[b->kind];
    b->msg->version = b->version;
    b->msg->fields = arena_alloc(b->fill.arena, sizeof b->at);
    if (b->msg->fields == NULL || put_context(b) != 0)
        return fill_full(&b->fill, b->start);
    for (size_t i = 0; i < sizeof b->given / sizeof *b->given; i++) {
        for (uint64_t left = b->given[i]; left != 0; left &= left - 1)
            b->msg->fields[b->msg->n_fields++] = b->at[64 * i + (size_t)__builtin_ctzll(left)];
    }
    if (b->emit(b->cookie, &b->msg->base, b->fill.why) == 0)
        return 0;
    if (b->fill.why->line == 0) { /* check() knows no places */
        b->fill.why->line = b->start.line;
        b->fill.why->column = b->start.column;
    }
    return -1;
}
