#include "conf/yaml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <yaml.h>

#include "base/limit.h"
#include "base/text.h"

#define QUOTE_BYTES 40 /* of untrusted text in a message */

/* A mapping or sequence that is not closed yet. */
struct open {
    struct yaml_node *node;
    const struct yaml_node **tail; /* where the next child goes */
    struct yaml_node *pending;     /* mapping: a child with its key whose value comes next */
};

struct read {
    yaml_parser_t parser;
    struct arena *a;
    struct why *why;
    struct span text;
    const uint8_t *line_start; /* of the line that the last place was on */
    uint32_t line;
    struct open open[LIMIT_YAML_DEPTH_COUNT];
    unsigned depth;
    struct yaml_node *root;
    bool done; /* the document ended */
};

/* libyaml counts characters; places are bytes. Marks come in the order of the text, so a cursor is enough. */
static void
find_place(struct read *r, size_t line, size_t column, uint32_t *out_line, uint32_t *out_column)
{
    const uint8_t *end = r->text.p + r->text.n;
    const uint8_t *p;

    if (line + 1 < r->line) { /* only a mark of an error may point back */
        r->line = 1;
        r->line_start = r->text.p;
    }
    while (r->line <= line) {
        p = r->line_start < end ? memchr(r->line_start, '\n', (size_t)(end - r->line_start)) : NULL;
        if (p == NULL)
            break;
        r->line_start = p + 1;
        r->line++;
    }
    for (p = r->line_start; p < end && column > 0; column--) {
        do {
            p++;
        } while (p < end && (*p & 0xC0) == 0x80);
    }
    *out_line = r->line;
    *out_column = (uint32_t)(p - r->line_start) + 1;
}

static int fail(struct read *r, enum why_code code, yaml_mark_t at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int
fail(struct read *r, enum why_code code, yaml_mark_t at, const char *fmt, ...)
{
    char note[sizeof r->why->note];
    uint32_t line;
    uint32_t column;
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(note, sizeof note, fmt, args) < 0)
        note[0] = 0;
    va_end(args);
    find_place(r, at.line, at.column, &line, &column);
    return why_set(r->why, code, line, column, NULL, "%s", note);
}

static int
fail_memory(struct read *r)
{
    if (r->a->failed && !r->a->starved)
        return why_set(r->why, WHY_TEXT_LIMIT, r->line, 0, NULL, "the document takes more than %zu bytes",
                       r->a->max);
    return why_set(r->why, WHY_NO_MEMORY, 0, 0, NULL, "no memory to read a document of %zu bytes", r->text.n);
}

static int
fail_parser(struct read *r)
{
    const char *problem = r->parser.problem != NULL ? r->parser.problem : "not well-formed";

    if (r->parser.error == YAML_MEMORY_ERROR)
        return fail_memory(r);
    if (r->parser.error == YAML_READER_ERROR)
        return fail(r, WHY_TEXT_ENCODING, r->parser.mark, "%s", problem);
    return fail(r, WHY_TEXT_SYNTAX, r->parser.problem_mark, "%s", problem);
}

/* Control characters of Unicode, other line ends, a byte order mark: ${s} starts with one of those above
 * ASCII. */
static bool
is_hidden(struct span s)
{
    static const char *const marks[] = {"\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBB\xBF"};

    if (s.n >= 2 && s.p[0] == 0xC2 && s.p[1] < 0xA0)
        return true;
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
        if (s.n >= 3 && memcmp(s.p, marks[k], 3) == 0)
            return true;
    }
    return false;
}

/* What YAML itself takes and two readers could see differently. */
static int
check_bytes(struct span text, struct why *why)
{
    size_t valid = text_utf8_prefix(text);
    uint32_t line = 1;
    size_t start = 0;

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool bad = i >= valid || c == 0x7F || (c < 0x20 && c != '\n' && c != '\t' && c != '\r');

        if (c == '\r' && (i + 1 == text.n || text.p[i + 1] != '\n'))
            bad = true;
        if (bad || (c >= 0x80 && is_hidden(span_of(text.p + i, text.n - i))))
            return why_set(why, WHY_TEXT_ENCODING, line, (uint32_t)(i - start) + 1, NULL,
                           i >= valid ? "not UTF-8"
                                      : "a control character or another line end than LF or CR LF");
        if (c == '\n') {
            line++;
            start = i + 1;
        }
    }
    return 0;
}

/* A NUL-terminated copy of a scalar. */
static int
copy_text(struct read *r, const yaml_event_t *event, struct span *out)
{
    struct span s = span_of(event->data.scalar.value, event->data.scalar.length);
    char *copy;

    if (s.n > LIMIT_VALUE_BYTES)
        return fail(r, WHY_TEXT_LIMIT, event->start_mark, "a value is longer than %d bytes",
                    LIMIT_VALUE_BYTES);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] == 0x7F || (s.p[i] >= 0x80 && is_hidden(span_of(s.p + i, s.n - i))))
            return fail(r, WHY_TEXT_ENCODING, event->start_mark,
                        "a value holds a line end or control character");
    }
    copy = arena_strdup(r->a, s);
    if (copy == NULL)
        return fail_memory(r);
    *out = span_of(copy, s.n);
    return 0;
}

static struct yaml_node *
new_node(struct read *r)
{
    struct yaml_node *node = arena_zalloc(r->a, sizeof *node);

    if (node == NULL)
        (void)fail_memory(r);
    return node;
}

static void
append(struct open *open, struct yaml_node *child)
{
    *open->tail = child;
    open->tail = &child->next;
    open->node->n++;
}

static int
take_key(struct read *r, struct open *open, const yaml_event_t *event)
{
    struct yaml_node *child = new_node(r);
    char text[QUOTE_BYTES * 4 + 8];
    struct buf quoted;

    if (child == NULL)
        return -1;
    if (event->type != YAML_SCALAR_EVENT)
        return fail(r, WHY_TEXT_SYNTAX, event->start_mark, "a key must be a word");
    if (copy_text(r, event, &child->key) != 0)
        return -1;
    if (child->key.n == 0)
        return fail(r, WHY_TEXT_SYNTAX, event->start_mark, "a key is empty");
    for (const struct yaml_node *other = open->node->first; other != NULL; other = other->next) {
        if (!span_equal(other->key, child->key))
            continue;
        buf_init(&quoted, sizeof text - 1);
        text_quote(&quoted, child->key, QUOTE_BYTES);
        (void)snprintf(text, sizeof text, "%s", buf_cstr(&quoted));
        buf_release(&quoted);
        return fail(r, WHY_FIELD_DUPLICATE, event->start_mark, "the key %s occurs twice, first in line %u",
                    text, (unsigned)other->key_line);
    }
    find_place(r, event->start_mark.line, event->start_mark.column, &child->key_line, &child->key_column);
    open->pending = child;
    return 0;
}

/* The node that ${event} starts, hung where it belongs; NULL with a reason. */
static struct yaml_node *
place_node(struct read *r, const yaml_event_t *event, enum yaml_kind kind)
{
    struct open *open = r->depth > 0 ? &r->open[r->depth - 1] : NULL;
    struct yaml_node *node = open != NULL && open->pending != NULL ? open->pending : new_node(r);

    if (node == NULL)
        return NULL;
    node->kind = kind;
    find_place(r, event->start_mark.line, event->start_mark.column, &node->line, &node->column);
    if (open == NULL) {
        r->root = node;
        return node;
    }
    if (open->node->n == LIMIT_YAML_CHILD_COUNT) {
        (void)fail(r, WHY_TEXT_LIMIT, event->start_mark, "more than %d entries in one place",
                   LIMIT_YAML_CHILD_COUNT);
        return NULL;
    }
    append(open, node);
    open->pending = NULL;
    return node;
}

static int
take_scalar(struct read *r, const yaml_event_t *event)
{
    struct yaml_node *node;

    if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL)
        return fail(r, WHY_TEXT_SYNTAX, event->start_mark, "anchors and tags are not allowed");
    node = place_node(r, event, YAML_SCALAR);
    if (node == NULL)
        return -1;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return copy_text(r, event, &node->text);
}

static int
open_node(struct read *r, const yaml_event_t *event, enum yaml_kind kind, bool decorated)
{
    struct yaml_node *node;

    if (decorated)
        return fail(r, WHY_TEXT_SYNTAX, event->start_mark, "anchors and tags are not allowed");
    if (r->depth == LIMIT_YAML_DEPTH_COUNT)
        return fail(r, WHY_TEXT_LIMIT, event->start_mark, "nested deeper than %d", LIMIT_YAML_DEPTH_COUNT);
    node = place_node(r, event, kind);
    if (node == NULL)
        return -1;
    r->open[r->depth++] = (struct open){.node = node, .tail = &node->first};
    return 0;
}

static int
start_document(struct read *r, const yaml_event_t *event)
{
    if (r->done)
        return fail(r, WHY_TEXT_SYNTAX, event->start_mark, "a second document");
    if (event->data.document_start.version_directive != NULL ||
        event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
        return fail(r, WHY_TEXT_SYNTAX, event->start_mark, "directives are not allowed");
    return 0;
}

static int
take_event(struct read *r, const yaml_event_t *event)
{
    struct open *open = r->depth > 0 ? &r->open[r->depth - 1] : NULL;
    bool ends = event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT;

    if (event->type == YAML_ALIAS_EVENT)
        return fail(r, WHY_TEXT_SYNTAX, event->start_mark, "aliases are not allowed");
    if (event->type == YAML_SCALAR_EVENT &&
        (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL))
        return fail(r, WHY_TEXT_SYNTAX, event->start_mark, "anchors and tags are not allowed");
    if (!ends && open != NULL && open->node->kind == YAML_MAPPING && open->pending == NULL)
        return take_key(r, open, event);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return start_document(r, event);
    case YAML_DOCUMENT_END_EVENT:
        r->done = true;
        return 0;
    case YAML_SCALAR_EVENT:
        return take_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_node(r, event, YAML_SEQUENCE,
                         event->data.sequence_start.anchor != NULL || event->data.sequence_start.tag != NULL);
    case YAML_MAPPING_START_EVENT:
        return open_node(r, event, YAML_MAPPING,
                         event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        assert(r->depth > 0);
        r->depth--;
        return 0;
    default: /* stream start and end */
        return 0;
    }
}

static int
read_events(struct read *r)
{
    bool end = false;

    while (!end) {
        yaml_event_t event;
        int status;

        if (!yaml_parser_parse(&r->parser, &event))
            return fail_parser(r);
        end = event.type == YAML_STREAM_END_EVENT;
        status = take_event(r, &event);
        yaml_event_delete(&event);
        if (status != 0)
            return -1;
    }
    if (r->root == NULL) {
        r->root = new_node(r);
        if (r->root == NULL)
            return -1;
        r->root->line = r->root->column = 1;
        r->root->text = span_str("");
    }
    return 0;
}

const struct yaml_node *
yaml_read(struct span text, struct arena *a, struct why *why)
{
    static const uint8_t nothing[1];
    struct read r = {.a = a, .why = why, .line = 1};
    int status;

    r.text = text.p != NULL ? text : span_of(nothing, 0);
    r.line_start = r.text.p;
    if (check_bytes(r.text, why) != 0)
        return NULL;
    if (!yaml_parser_initialize(&r.parser)) {
        (void)fail_memory(&r);
        return NULL;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, r.text.p, r.text.n);
    status = read_events(&r);
    yaml_parser_delete(&r.parser);
    return status == 0 ? r.root : NULL;
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
    for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
        if (span_is(node->key, key))
            return node;
    }
    return NULL;
}

int
yaml_fail(const struct yaml_node *node, enum why_code code, struct why *why, const char *fmt, ...)
{
    char note[sizeof why->note];
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(note, sizeof note, fmt, args) < 0)
        note[0] = 0;
    va_end(args);
    return why_set(why, code, node->line, node->column, node->key.n > 0 ? (const char *)node->key.p : NULL,
                   "%s", note);
}

int
yaml_expect(const struct yaml_node *node, enum yaml_kind kind, struct why *why)
{
    static const char *const names[] = {
        [YAML_SCALAR] = "a single value", [YAML_SEQUENCE] = "a list", [YAML_MAPPING] = "a group of keys"};

    if (node->kind == kind)
        return 0;
    return yaml_fail(node, WHY_CONF_VALUE, why, "expected %s, found %s", names[kind], names[node->kind]);
}

static int
fail_key(const struct yaml_node *node, const char *const *keys, size_t n, struct why *why)
{
    const char *nearest = text_nearest(node->key, keys, n);
    struct buf quoted;

    buf_init(&quoted, QUOTE_BYTES * 4 + 8);
    text_quote(&quoted, node->key, QUOTE_BYTES);
    if (nearest != NULL)
        (void)why_set(why, WHY_CONF_KEY, node->key_line, node->key_column, NULL,
                      "unknown key %s; did you mean \"%s\"?", buf_cstr(&quoted), nearest);
    else
        (void)why_set(why, WHY_CONF_KEY, node->key_line, node->key_column, NULL, "unknown key %s",
                      buf_cstr(&quoted));
    buf_release(&quoted);
    return -1;
}

int
yaml_check_keys(const struct yaml_node *map, const char *const *keys, size_t n, struct why *why)
{
    if (yaml_expect(map, YAML_MAPPING, why) != 0)
        return -1;
    for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
        bool known = false;

        for (size_t i = 0; i < n && !known; i++)
            known = span_is(node->key, keys[i]);
        if (!known)
            return fail_key(node, keys, n, why);
    }
    return 0;
}

const struct yaml_node *
yaml_need(const struct yaml_node *map, const char *key, enum yaml_kind kind, struct why *why)
{
    const struct yaml_node *node = yaml_get(map, key);

    if (node == NULL) {
        (void)why_set(why, WHY_CONF_VALUE, map->line, map->column, key, "the key is missing");
        return NULL;
    }
    return yaml_expect(node, kind, why) == 0 ? node : NULL;
}
