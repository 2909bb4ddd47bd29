#include "syntax/xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include "base/limit.h"
#include "base/text.h"
#include "syntax/xml_latin.h"
#include "syntax/xml_plain.h"

#define BOM "\xEF\xBB\xBF"

struct walk {
    struct span input;
    xmlParserCtxtPtr parser;
    xml_event_fn *fn;
    void *cookie;
    struct why *why;
    struct places places;
    size_t told;       /* events that have been told already: those are passed over */
    unsigned depth;    /* open elements */
    bool has_child;    /* of the innermost open element */
    size_t text_start; /* offset behind the innermost start tag */
    struct buf text;
    bool has_text; /* other than blanks */
};

static int
stop(struct walk *w)
{
    xmlStopParser(w->parser);
    return -1;
}

static int
tell(struct walk *w, const struct xml_event *event)
{
    if (w->told > 0) {
        w->told--;
        return 0;
    }
    return w->fn(w->cookie, event, w->why) == 0 ? 0 : stop(w);
}

static int
refuse(struct walk *w, enum why_code code, size_t at, const char *note)
{
    struct place place = place_of(&w->places, at);

    why_set(w->why, code, place.line, place.column, NULL, "%s", note);
    return stop(w);
}

/* How far libxml2 has read; the input is one block of memory in UTF-8, so this is an offset into it. */
static size_t
position(const struct walk *w)
{
    long at = xmlByteConsumed(w->parser);

    return at < 0 || (size_t)at > w->input.n ? w->input.n : (size_t)at;
}

/* Offset of the `<` of the tag that the parser stands in: no raw `<` can stand in a tag. */
static size_t
tag_start(const struct walk *w, size_t at)
{
    while (at > 0 && w->input.p[--at] != '<')
        continue;
    return at;
}

/* Offset behind the `>` of the tag that the parser stands in or has just left. */
static size_t
tag_end(const struct walk *w, size_t at)
{
    if (at > 0 && w->input.p[at - 1] == '>')
        return at;
    while (at < w->input.n && w->input.p[at] != '>')
        at++;
    return at < w->input.n ? at + 1 : at;
}

static void
on_start(void *cookie, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces,
         const xmlChar **namespaces, int n_attributes, int n_defaulted, const xmlChar **attributes)
{
    struct walk *w = cookie;
    struct xml_attribute list[XML_ATTRIBUTE_MAX];
    struct xml_event event = {.kind = XML_START, .depth = w->depth, .attribute = list};
    size_t at = position(w);

    (void)prefix, (void)uri, (void)n_namespaces, (void)namespaces, (void)n_defaulted;
    if (w->why->code != WHY_NONE)
        return;
    event.offset = tag_start(w, at);
    event.place = place_of(&w->places, event.offset);
    event.name = span_str((const char *)name);
    if (w->has_text) {
        refuse(w, WHY_TEXT_SYNTAX, event.offset, "text beside elements: expected elements only");
        return;
    }
    if (w->depth == LIMIT_XML_DEPTH_COUNT || n_attributes > XML_ATTRIBUTE_MAX) {
        refuse(w, WHY_TEXT_LIMIT, event.offset, "nested too deep, or too many attributes");
        return;
    }
    for (int i = 0; i < n_attributes; i++) {
        const xmlChar **a = &attributes[5 * i];

        list[i] = (struct xml_attribute){span_str((const char *)a[0]), span_of(a[3], (size_t)(a[4] - a[3]))};
    }
    event.attribute_count = (size_t)n_attributes;
    w->depth++;
    w->has_child = false;
    buf_clear(&w->text);
    w->text_start = tag_end(w, at);
    (void)tell(w, &event);
}

static void
on_end(void *cookie, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct walk *w = cookie;
    struct xml_event event = {.kind = XML_END, .is_leaf = !w->has_child};

    (void)prefix, (void)uri;
    if (w->why->code != WHY_NONE)
        return;
    event.depth = --w->depth;
    event.name = span_str((const char *)name);
    event.offset = tag_end(w, position(w));
    if (event.is_leaf)
        event.text = span_of(w->text.p != NULL ? w->text.p : (const uint8_t *)"", w->text.n);
    event.place = place_of(&w->places, event.is_leaf ? w->text_start : event.offset);
    if (!event.is_leaf && w->has_text) {
        refuse(w, WHY_TEXT_SYNTAX, event.offset, "text beside elements: expected elements only");
        return;
    }
    if (tell(w, &event) != 0)
        return;
    w->has_child = true;
    w->has_text = false;
    buf_clear(&w->text);
}

static bool
is_blank(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (strchr(" \t\r\n", s.p[i]) == NULL || s.p[i] == 0)
            return false;
    }
    return true;
}

static void
on_text(void *cookie, const xmlChar *text, int n)
{
    struct walk *w = cookie;
    struct span s = span_of(text, n > 0 ? (size_t)n : 0);

    if (w->why->code != WHY_NONE)
        return;
    if (!is_blank(s))
        w->has_text = true;
    else if (w->has_child)
        return;
    buf_put_span(&w->text, s);
    if (buf_failed(&w->text))
        refuse(w, WHY_TEXT_LIMIT, position(w), "the text of an element is too long");
}

static void
on_doctype(void *cookie, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    struct walk *w = cookie;

    (void)name, (void)external, (void)system;
    if (w->why->code == WHY_NONE)
        refuse(w, WHY_TEXT_SYNTAX, tag_start(w, position(w)),
               "a document type declaration: expected none (no DTD and no entities are read)");
}

/* Only the five entities of XML exist here; libxml2 resolves those without asking. */
static xmlEntityPtr
on_entity(void *cookie, const xmlChar *name)
{
    (void)cookie;
    return xmlGetPredefinedEntity(name);
}

/* A prefix that is not declared is no error: a message cut out of its <ndm> keeps the prefix. */
static void
on_error(void *cookie, xmlErrorPtr error)
{
    struct walk *w = cookie;
    struct span words;

    if (error->level == XML_ERR_WARNING || error->code == XML_NS_ERR_UNDEFINED_NAMESPACE ||
        error->domain == XML_FROM_NAMESPACE || w->why->code != WHY_NONE)
        return;
    words = text_trim(span_str(error->message != NULL ? error->message : "not well-formed"));
    while (words.n > 0 && words.p[words.n - 1] == '\n')
        words.n--;
    if (w->parser->input == NULL) {
        why_set(w->why, WHY_TEXT_SYNTAX, 1, 1, NULL, "%.*s", (int)words.n, (const char *)words.p);
    } else {
        struct place place = place_of(&w->places, position(w));

        why_set(w->why, WHY_TEXT_SYNTAX, place.line, place.column, NULL, "%.*s", (int)words.n,
                (const char *)words.p);
    }
}

/* The declared encoding, {NULL, 0} if none is. */
static struct span
declared_encoding(struct span input)
{
    struct span head = span_of(input.p, input.n < 200 ? input.n : 200);

    if (head.n < 6 || memcmp(head.p, "<?xml", 5) != 0)
        return (struct span){NULL, 0};
    for (size_t i = 5; i + 10 < head.n && head.p[i] != '>'; i++) {
        const uint8_t *p = head.p + i;
        const uint8_t *end = head.p + head.n;
        const uint8_t *close;

        if (memcmp(p, "encoding", 8) != 0)
            continue;
        for (p += 8; p < end && (*p == ' ' || *p == '='); p++)
            continue;
        if (p >= end || (*p != '"' && *p != '\''))
            break;
        close = memchr(p + 1, *p, (size_t)(end - p) - 1);
        return close != NULL ? span_of(p + 1, (size_t)(close - p) - 1) : (struct span){NULL, 0};
    }
    return (struct span){NULL, 0};
}

/* Encodings whose first half is ASCII: a text of that half alone is the same in all of them, and in UTF-8. */
static bool
is_ascii_in(struct span encoding, struct span input)
{
    static const char *const families[] = {"ISO-8859-", "windows-125", "US-ASCII", "ASCII"};
    bool is_known = false;

    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        size_t n = strlen(families[i]);

        is_known = is_known || (encoding.n >= n && text_equal_nocase(span_of(encoding.p, n), families[i]));
    }
    for (size_t i = 0; is_known && i < input.n; i++)
        is_known = input.p[i] < 0x80;
    return is_known;
}

static int
check_encoding(struct walk *w)
{
    size_t prefix = text_utf8_prefix(w->input);
    struct span encoding = declared_encoding(w->input);
    const uint8_t *nul = memchr(w->input.p, 0, w->input.n);
    struct place place;

    if (nul != NULL && (size_t)(nul - w->input.p) < prefix)
        prefix = (size_t)(nul - w->input.p);
    if (prefix < w->input.n) {
        place = place_of(&w->places, prefix);
        return why_set(w->why, WHY_TEXT_ENCODING, place.line, place.column, NULL,
                       "the byte 0x%02X is not UTF-8 text: expected UTF-8", w->input.p[prefix]);
    }
    if (encoding.p != NULL && !text_equal_nocase(encoding, "UTF-8") && !is_ascii_in(encoding, w->input)) {
        place = place_of(&w->places, (size_t)(encoding.p - w->input.p));
        return why_set(w->why, WHY_TEXT_ENCODING, place.line, place.column, NULL,
                       "the encoding is declared as another one: expected UTF-8");
    }
    return 0;
}

/* Behind ${mark}, from ${p} on; the end if it is not there. */
static const uint8_t *
behind(const uint8_t *p, const uint8_t *end, const char *mark)
{
    const uint8_t *found = memmem(p, (size_t)(end - p), mark, strlen(mark));

    return found != NULL ? found + strlen(mark) : end;
}

/* Behind the tag that begins at ${p}: at a `>` outside quotes. NULL: it is longer than a tag may be. */
static const uint8_t *
behind_tag(const uint8_t *p, const uint8_t *end)
{
    static const bool stops[256] = {['>'] = true, ['"'] = true, ['\''] = true};
    const uint8_t *last = end - p > LIMIT_TAG_BYTES ? p + LIMIT_TAG_BYTES : end;

    for (;; p++) {
        while (p < last && !stops[*p])
            p++;
        if (p < last && *p == '>')
            return p + 1;
        if (p < last)
            p = memchr(p + 1, *p, (size_t)(last - p) - 1);
        if (p == NULL || p == last)
            return last == end ? end : NULL;
    }
}

/* What libxml2 would take quadratic time for is refused before it sees it. */
static int
check_tags(struct walk *w)
{
    const uint8_t *p = w->input.p, *end = w->input.p + w->input.n;

    while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
        const uint8_t *start = p;

        if (end - p >= 4 && memcmp(p, "<!--", 4) == 0)
            p = behind(p + 4, end, "-->");
        else if (end - p >= 9 && memcmp(p, "<![CDATA[", 9) == 0)
            p = behind(p + 9, end, "]]>");
        else if (end - p >= 2 && p[1] == '?')
            p = behind(p + 2, end, "?>");
        else if ((p = behind_tag(p, end)) == NULL) {
            struct place place = place_of(&w->places, (size_t)(start - w->input.p));

            return why_set(w->why, WHY_TEXT_LIMIT, place.line, place.column, NULL,
                           "a tag of more than %d bytes", LIMIT_TAG_BYTES);
        }
    }
    return 0;
}

static void
set_handlers(xmlParserCtxtPtr parser)
{
    xmlSAXHandlerPtr sax = parser->sax;

    memset(sax, 0, sizeof *sax);
    sax->initialized = XML_SAX2_MAGIC;
    sax->startElementNs = on_start;
    sax->endElementNs = on_end;
    sax->characters = on_text;
    sax->cdataBlock = on_text;
    sax->ignorableWhitespace = on_text;
    sax->internalSubset = on_doctype;
    sax->getEntity = on_entity;
    sax->serror = on_error;
}

static int
run(struct walk *w)
{
    w->parser = xmlCreateMemoryParserCtxt((const char *)w->input.p, (int)w->input.n);
    if (w->parser == NULL)
        return why_set(w->why, WHY_TEXT_SYNTAX, 1, 1, NULL, "nothing to read: expected XML");
    set_handlers(w->parser);
    w->parser->userData = w;
    xmlCtxtUseOptions(w->parser, XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_COMPACT);
    w->parser->loadsubset = 0;
    w->parser->validate = 0;
    (void)xmlParseDocument(w->parser);
    if (w->why->code == WHY_NONE && (!w->parser->wellFormed || w->depth > 0))
        why_set(w->why, WHY_TEXT_SYNTAX, 0, 0, NULL, "not well-formed XML");
    w->parser->userData = w->parser;
    if (w->parser->myDoc != NULL)
        xmlFreeDoc(w->parser->myDoc);
    w->parser->myDoc = NULL;
    xmlFreeParserCtxt(w->parser);
    return w->why->code == WHY_NONE ? 0 : -1;
}

/* ${is_short}: the short way first, as far as it goes. */
static int
read_all(struct span input, bool is_short, xml_event_fn *fn, void *cookie, struct why *why)
{
    struct walk w = {.fn = fn, .cookie = cookie, .why = why, .input = input};
    enum xml_plain plain = XML_PLAIN_OTHER;
    int rc;

    if (input.n >= 3 && memcmp(input.p, BOM, 3) == 0)
        w.input = span_of(input.p + 3, input.n - 3);
    if (w.input.n == 0 || w.input.n > LIMIT_INPUT_BYTES)
        return why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "nothing to read: expected XML");
    place_init(&w.places, w.input);
    if (check_encoding(&w) != 0 || check_tags(&w) != 0)
        return -1;
    if (is_short)
        plain = xml_plain_read(w.input, fn, cookie, why, &w.told);
    if (plain != XML_PLAIN_OTHER)
        return plain == XML_PLAIN_DONE ? 0 : -1;
    buf_init(&w.text, LIMIT_VALUE_BYTES);
    rc = run(&w);
    buf_release(&w.text);
    return rc;
}

/* A reader of Latin text: it hears offsets in what it gave, not in the UTF-8 that was read. */
struct latin {
    struct xml_latin_back back;
    xml_event_fn *fn;
    void *cookie;
};

static int
on_latin(void *cookie, const struct xml_event *event, struct why *why)
{
    struct latin *l = cookie;
    struct xml_event there = *event;

    there.offset = xml_latin_offset(&l->back, event->offset);
    return l->fn(l->cookie, &there, why);
}

static int
read_latin(struct span input, struct span encoding, bool is_short, xml_event_fn *fn, void *cookie,
           struct why *why)
{
    struct latin l = {.fn = fn, .cookie = cookie};
    struct buf text;
    size_t done;
    int rc;

    buf_init(&text, LIMIT_INPUT_BYTES);
    done = xml_latin_put(input, encoding, &text);
    l.back.text = buf_span(&text);
    if (done < input.n) {
        struct places places;
        struct place place;

        place_init(&places, input);
        place = place_of(&places, done);
        rc = why_set(why, WHY_TEXT_ENCODING, place.line, place.column, NULL,
                     "the byte 0x%02X is no character of the encoding that is declared", input.p[done]);
    } else if (buf_failed(&text)) {
        rc = why_set(why, WHY_TEXT_LIMIT, 1, 1, NULL, "larger than %d bytes as UTF-8", LIMIT_INPUT_BYTES);
    } else {
        rc = read_all(l.back.text, is_short, on_latin, &l, why);
    }
    buf_release(&text);
    return rc;
}

/* Text that is not UTF-8 and says so is read as what it says. What is UTF-8 and says another thing is refused: one of the two is wrong. */
static int
read_declared(struct span input, bool is_short, xml_event_fn *fn, void *cookie, struct why *why)
{
    struct span encoding = declared_encoding(input);

    return encoding.p != NULL && input.n <= LIMIT_INPUT_BYTES && xml_latin_is(encoding) &&
                   text_utf8_prefix(input) < input.n
               ? read_latin(input, encoding, is_short, fn, cookie, why)
               : read_all(input, is_short, fn, cookie, why);
}

int
xml_read(struct span input, xml_event_fn *fn, void *cookie, struct why *why)
{
    return read_declared(input, true, fn, cookie, why);
}

int
xml_read_libxml2(struct span input, xml_event_fn *fn, void *cookie, struct why *why)
{
    return read_declared(input, false, fn, cookie, why);
}

struct span
xml_attribute(const struct xml_event *event, const char *name)
{
    for (size_t i = 0; i < event->attribute_count; i++) {
        if (span_is(event->attribute[i].name, name))
            return event->attribute[i].value;
    }
    return (struct span){NULL, 0};
}

/* The byte behind `-->`, `?>` or `>` of what begins at ${p}: a comment, an instruction, a tag. */
static const uint8_t *
skip_markup(const uint8_t *p, const uint8_t *end)
{
    if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
        for (p += 4; end - p >= 3; p++) {
            if (memcmp(p, "-->", 3) == 0)
                return p + 3;
        }
        return end;
    }
    p = memchr(p, '>', (size_t)(end - p));
    return p != NULL ? p + 1 : end;
}

static struct span
local_name(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *start = p;

    for (; p < end && strchr(" \t\r\n/>", *p) == NULL; p++) {
        if (*p == ':')
            start = p + 1;
    }
    return span_of(start, (size_t)(p - start));
}

size_t
xml_sniff(struct span head, struct span *names, size_t max)
{
    const uint8_t *p = head.p;
    const uint8_t *end = head.p + head.n;
    size_t count = 0;

    if (head.n >= 3 && memcmp(p, BOM, 3) == 0)
        p += 3;
    while (p < end && strchr(" \t\r\n", *p) != NULL && *p != 0)
        p++;
    if (p == end || *p != '<')
        return 0;
    while (count < max && p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
        if (end - p >= 2 && p[1] != '!' && p[1] != '?' && p[1] != '/')
            names[count++] = local_name(p + 1, end);
        p = skip_markup(p, end);
    }
    return count;
}

void
xml_put(struct buf *out, struct span text)
{
    size_t start = 0;

    for (size_t i = 0; i < text.n; i++) {
        const char *escaped = text.p[i] == '<'   ? "&lt;"
                              : text.p[i] == '>' ? "&gt;"
                              : text.p[i] == '&' ? "&amp;"
                              : text.p[i] == '"' ? "&quot;"
                                                 : NULL;

        if (escaped == NULL)
            continue;
        buf_put(out, text.p + start, i - start);
        buf_put_str(out, escaped);
        start = i + 1;
    }
    buf_put(out, text.p + start, text.n - start);
}
