#include "syntax/xml_plain.h"

#include "base/limit.h"
#include "base/text.h"

/* What a byte of text is. */
enum kind {
    USUAL, /* stands for itself */
    BLANK,
    LINE_END,
    TAG,     /* `<` */
    ENTITY,  /* `&` */
    BRACKET, /* `]`, which may begin `]]>` */
    ODD      /* no character of XML, or the first byte of one: U+FFFE and U+FFFF begin with 0xEF */
};

/* clang-format off */
static const uint8_t kinds[256] = {
    ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, BLANK, LINE_END, ODD, ODD, LINE_END, ODD, ODD,
    ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD,
    [' '] = BLANK, ['<'] = TAG, ['&'] = ENTITY, [']'] = BRACKET, [0xEF] = ODD};

/* Bytes of a name in ASCII: 1 may begin it, 2 may not. */
static const uint8_t names[256] = {
    ['A'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['a'] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['_'] = 1, ['0'] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, ['-'] = 2, ['.'] = 2};
/* clang-format on */

/* A name with its prefix, if it has one. */
struct name {
    struct span whole;
    struct span prefix;
    struct span local;
};

struct reading {
    const uint8_t *start;
    const uint8_t *p;
    const uint8_t *end;
    const uint8_t *line_start;
    uint32_t line;
    xml_event_fn *fn;
    void *cookie;
    struct why *why;
    size_t told;
    unsigned depth;
    bool has_child; /* the innermost open element */
    struct name open[LIMIT_XML_DEPTH_COUNT];
    struct place text_place; /* behind the innermost start tag */
    struct buf decoded;      /* text with entities */
};

/* Text up to a tag. */
struct text {
    struct span value;
    bool is_blank;
    bool has_return; /* a CR, which libxml2 makes an LF of */
};

static struct place
place(const struct reading *r)
{
    return (struct place){r->line, (uint32_t)(r->p - r->line_start) + 1};
}

/* The line end at ${p}; the LF of a CR LF counts. */
static void
count_line(struct reading *r, const uint8_t *p)
{
    if (*p == '\r' && p + 1 < r->end && p[1] == '\n')
        return;
    r->line++;
    r->line_start = p + 1;
}

static bool
skip_blanks(struct reading *r)
{
    const uint8_t *from = r->p;

    for (; r->p < r->end; r->p++) {
        if (kinds[*r->p] == LINE_END)
            count_line(r, r->p);
        else if (kinds[*r->p] != BLANK)
            break;
    }
    return r->p > from;
}

static bool
take(struct reading *r, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
        return false;
    r->p += n;
    return true;
}

/* Letters, digits, `_`, `-` and `.`, with one prefix at most. */
static bool
take_name(struct reading *r, struct name *out)
{
    const uint8_t *start = r->p, *p = start, *local = start;

    if (p == r->end || names[*p] != 1)
        return false;
    while (p < r->end && names[*p] != 0)
        p++;
    if (p < r->end && *p == ':') {
        local = ++p;
        if (p == r->end || names[*p] != 1)
            return false;
        while (p < r->end && names[*p] != 0)
            p++;
    }
    if (p == r->end || *p == ':' || *p >= 0x80)
        return false;
    r->p = p;
    out->whole = span_of(start, (size_t)(p - start));
    out->local = span_of(local, (size_t)(p - local));
    out->prefix = span_of(start, local > start ? (size_t)(local - start) - 1 : 0);
    return !span_is(out->prefix, "xml");
}

/* ="value" or ='value' that needs nothing done to it. */
static bool
take_value(struct reading *r, struct span *out)
{
    const uint8_t *start;
    uint8_t quote;

    if (r->end - r->p < 3 || *r->p != '=' || (r->p[1] != '"' && r->p[1] != '\''))
        return false;
    quote = r->p[1];
    start = r->p += 2;
    while (r->p < r->end && *r->p != quote &&
           (kinds[*r->p] == USUAL || kinds[*r->p] == BRACKET || *r->p == ' '))
        r->p++;
    if (r->p == r->end || *r->p != quote)
        return false;
    *out = span_of(start, (size_t)(r->p++ - start));
    return true;
}

/* Attributes up to `>` or `/>`; declarations of namespaces are none. */
struct attributes {
    struct xml_attribute list[XML_ATTRIBUTE_MAX];
    size_t n;
    struct span prefix[XML_ATTRIBUTE_MAX]; /* declared */
    size_t prefixes;
};

static bool
add_attribute(struct attributes *a, const struct name *name, struct span value)
{
    if (a->n == XML_ATTRIBUTE_MAX)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (span_equal(a->list[i].name, name->local))
            return false;
    }
    a->list[a->n++] = (struct xml_attribute){name->local, value};
    return true;
}

static bool
add_prefix(struct attributes *a, const struct name *name, struct span value)
{
    if (value.n == 0 || a->prefixes == XML_ATTRIBUTE_MAX || span_is(name->local, "xml") ||
        (name->prefix.n > 0 && span_is(name->local, "xmlns")))
        return false;
    for (size_t i = 0; i < a->prefixes; i++) {
        if (span_equal(a->prefix[i], name->whole))
            return false;
    }
    a->prefix[a->prefixes++] = name->whole;
    return true;
}

static bool
take_attributes(struct reading *r, struct attributes *a)
{
    a->n = a->prefixes = 0;
    while (r->p < r->end && *r->p != '>' && *r->p != '/') {
        struct name name;
        struct span value;

        if (!skip_blanks(r))
            return false;
        if (r->p < r->end && (*r->p == '>' || *r->p == '/'))
            break;
        if (!take_name(r, &name) || !take_value(r, &value))
            return false;
        if (span_is(name.prefix, "xmlns") || span_is(name.whole, "xmlns") ? !add_prefix(a, &name, value)
                                                                          : !add_attribute(a, &name, value))
            return false;
    }
    return r->p < r->end;
}

static enum xml_plain
tell(struct reading *r, const struct xml_event *event)
{
    r->told++;
    return r->fn(r->cookie, event, r->why) == 0 ? XML_PLAIN_DONE : XML_PLAIN_STOPPED;
}

/* The innermost element ends before ${r}->p. */
static enum xml_plain
tell_end(struct reading *r, struct span text)
{
    bool is_leaf = !r->has_child;
    struct xml_event event = {.kind = XML_END, .is_leaf = is_leaf, .depth = --r->depth};

    event.name = r->open[r->depth].local;
    event.offset = (size_t)(r->p - r->start);
    event.place = is_leaf ? r->text_place : place(r);
    if (is_leaf)
        event.text = text;
    r->has_child = true;
    return tell(r, &event);
}

/* A start tag at ${r}->p, or an element without content. */
static enum xml_plain
take_start(struct reading *r)
{
    struct attributes attributes;
    struct xml_event event = {.kind = XML_START, .depth = r->depth, .attribute = attributes.list};
    enum xml_plain rc;
    bool is_empty;

    event.offset = (size_t)(r->p - r->start);
    event.place = place(r);
    if (r->depth == LIMIT_XML_DEPTH_COUNT || !take(r, "<") || !take_name(r, &r->open[r->depth]) ||
        span_is(r->open[r->depth].prefix, "xmlns") || !take_attributes(r, &attributes))
        return XML_PLAIN_OTHER;
    is_empty = *r->p == '/';
    if (!take(r, is_empty ? "/>" : ">"))
        return XML_PLAIN_OTHER;
    event.name = r->open[r->depth++].local;
    event.attribute_count = attributes.n;
    r->has_child = false;
    r->text_place = place(r);
    rc = tell(r, &event);
    return is_empty && rc == XML_PLAIN_DONE ? tell_end(r, span_of(r->p, 0)) : rc;
}

/* An entity at ${*p}: what it stands for goes behind the text since ${from}. */
static bool
decode(struct reading *r, const uint8_t **p, const uint8_t *from)
{
    static const struct {
        const char *name;
        uint8_t c;
    } entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};

    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        size_t n = strlen(entities[i].name);

        if ((size_t)(r->end - *p) < n || memcmp(*p, entities[i].name, n) != 0)
            continue;
        buf_put(&r->decoded, from, (size_t)(*p - from));
        buf_put_byte(&r->decoded, entities[i].c);
        *p += n;
        return !buf_failed(&r->decoded);
    }
    return false;
}

/* All before the next `<`. */
static bool
take_text(struct reading *r, struct text *out)
{
    const uint8_t *p = r->p, *from = p;
    bool has_entity = false;

    *out = (struct text){.is_blank = true};
    for (; p < r->end; p++) {
        while (p < r->end && kinds[*p] == USUAL) {
            out->is_blank = false;
            p++;
        }
        if (p == r->end || kinds[*p] == ODD || kinds[*p] == TAG)
            break;
        if (kinds[*p] == LINE_END) {
            out->has_return = out->has_return || *p == '\r';
            count_line(r, p);
        } else if (kinds[*p] == BRACKET) {
            if (r->end - p >= 3 && p[1] == ']' && p[2] == '>')
                return false;
            out->is_blank = false;
        } else if (kinds[*p] == ENTITY) {
            if (!has_entity)
                buf_clear(&r->decoded);
            if (!decode(r, &p, from))
                return false;
            has_entity = true;
            out->is_blank = false;
            from = p--;
        }
    }
    if (p == r->end || *p != '<')
        return false;
    if (has_entity)
        buf_put(&r->decoded, from, (size_t)(p - from));
    out->value = has_entity ? buf_span(&r->decoded) : span_of(r->p, (size_t)(p - r->p));
    r->p = p;
    return !buf_failed(&r->decoded);
}

/* An end tag, with the text before it. */
static enum xml_plain
take_end(struct reading *r, const struct text *text)
{
    struct span name = r->open[r->depth - 1].whole;

    if (r->has_child ? !text->is_blank : text->has_return || text->value.n > LIMIT_VALUE_BYTES)
        return XML_PLAIN_OTHER;
    r->p += 2;
    if ((size_t)(r->end - r->p) < name.n || memcmp(r->p, name.p, name.n) != 0)
        return XML_PLAIN_OTHER;
    r->p += name.n;
    if (r->p < r->end && *r->p != '>')
        (void)skip_blanks(r);
    return take(r, ">") ? tell_end(r, text->value) : XML_PLAIN_OTHER;
}

/* <?xml version="1.0" encoding="UTF-8" standalone="..."?>, or nothing. */
static bool
take_declaration(struct reading *r)
{
    struct span value;

    if (!take(r, "<?xml"))
        return true;
    if (!take(r, " version") || !take_value(r, &value) || !span_is(value, "1.0"))
        return false;
    if (take(r, " encoding") && (!take_value(r, &value) || !text_equal_nocase(value, "UTF-8")))
        return false;
    if (take(r, " standalone") &&
        (!take_value(r, &value) || !(span_is(value, "yes") || span_is(value, "no"))))
        return false;
    if (!take(r, "?>"))
        return false;
    (void)skip_blanks(r);
    return true;
}

static enum xml_plain
take_document(struct reading *r)
{
    enum xml_plain rc;

    if (!take_declaration(r))
        return XML_PLAIN_OTHER;
    rc = take_start(r);
    while (rc == XML_PLAIN_DONE && r->depth > 0) {
        struct text text;

        if (!take_text(r, &text))
            return XML_PLAIN_OTHER;
        if (r->end - r->p >= 2 && r->p[1] == '/')
            rc = take_end(r, &text);
        else
            rc = text.is_blank ? take_start(r) : XML_PLAIN_OTHER;
    }
    if (rc != XML_PLAIN_DONE)
        return rc;
    (void)skip_blanks(r);
    return r->p == r->end ? XML_PLAIN_DONE : XML_PLAIN_OTHER;
}

enum xml_plain
xml_plain_read(struct span input, xml_event_fn *fn, void *cookie, struct why *why, size_t *told)
{
    struct reading r = {.start = input.p,
                        .p = input.p,
                        .end = input.p + input.n,
                        .line_start = input.p,
                        .line = 1,
                        .fn = fn,
                        .cookie = cookie,
                        .why = why};
    enum xml_plain rc;

    buf_init(&r.decoded, LIMIT_VALUE_BYTES);
    rc = take_document(&r);
    buf_release(&r.decoded);
    *told = r.told;
    return rc;
}
