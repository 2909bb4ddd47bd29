#include "syntax/csv.h"

#include "base/text.h"

#define BOM "\xEF\xBB\xBF"

void
csv_init(struct csv *c, struct span text, struct arena *arena, struct why *why)
{
    if (text.n >= 3 && memcmp(text.p, BOM, 3) == 0)
        text = span_of(text.p + 3, text.n - 3);
    scan_init(&c->scan, text, why);
    c->arena = arena;
}

/* No controls but TAB, and UTF-8. */
static int
check_bytes(struct csv *c, struct span line)
{
    size_t prefix;
    bool ascii = true;

    if (c->scan.is_plain)
        return 0;
    for (size_t i = 0; i < line.n; i++) {
        uint8_t byte = line.p[i];

        if ((byte < 0x20 && byte != '\t') || byte == 0x7F)
            return scan_fail(&c->scan, WHY_TEXT_ENCODING, line.p + i, NULL,
                             "a control character (0x%02X): expected printable text", byte);
        ascii = ascii && byte < 0x80;
    }
    if (ascii)
        return 0;
    prefix = text_utf8_prefix(line);
    if (prefix < line.n)
        return scan_fail(&c->scan, WHY_TEXT_ENCODING, line.p + prefix, NULL,
                         "the byte 0x%02X is not UTF-8: expected UTF-8 text", line.p[prefix]);
    return 0;
}

/* ${p} stands behind the opening quote. The byte behind the closing quote, or NULL. */
static const uint8_t *
take_quoted(struct csv *c, const uint8_t *p, const uint8_t *end, struct span *out)
{
    const uint8_t *start = p;
    bool doubled = false;
    uint8_t *copy;
    size_t n = 0;

    for (; p < end && (*p != '"' || (p + 1 < end && p[1] == '"')); p++) {
        if (*p == '"') {
            doubled = true;
            p++;
        }
    }
    if (p == end) {
        scan_fail(&c->scan, WHY_TEXT_SYNTAX, start - 1, NULL, "a quote is not closed on its line");
        return NULL;
    }
    *out = span_of(start, (size_t)(p - start));
    if (!doubled)
        return p + 1;
    copy = arena_alloc(c->arena, out->n);
    if (copy == NULL) {
        scan_fail(&c->scan, WHY_TEXT_LIMIT, start - 1, NULL, "out of memory for a row");
        return NULL;
    }
    for (size_t i = 0; i < out->n; i++) {
        copy[n++] = out->p[i];
        i += out->p[i] == '"';
    }
    *out = span_of(copy, n);
    return p + 1;
}

/* One cell; the byte behind it (a comma or the end), or NULL. */
static const uint8_t *
take_cell(struct csv *c, const uint8_t *p, const uint8_t *end, struct span *out)
{
    const uint8_t *start = p;

    if (p < end && *p == '"') {
        p = take_quoted(c, p + 1, end, out);
        if (p != NULL && p < end && *p != ',') {
            scan_fail(&c->scan, WHY_TEXT_SYNTAX, p, NULL, "text behind a closing quote: expected a comma");
            return NULL;
        }
        return p;
    }
    p = memchr(start, ',', (size_t)(end - start));
    if (p == NULL)
        p = end;
    *out = span_of(start, (size_t)(p - start));
    return p;
}

static int
split(struct csv *c, struct span line, struct csv_row *out)
{
    const uint8_t *end = line.p + line.n;
    const uint8_t *p = line.p;

    for (;;) {
        struct csv_cell *cell = &out->cell[out->count];

        if (out->count == LIMIT_COLUMN_COUNT)
            return scan_fail(&c->scan, WHY_TEXT_LIMIT, p, NULL, "more than %d columns", LIMIT_COLUMN_COUNT);
        cell->line = c->scan.line;
        cell->column = (uint32_t)(p - line.p) + 1;
        p = take_cell(c, p, end, &cell->text);
        if (p == NULL)
            return -1;
        if (cell->text.n > LIMIT_VALUE_BYTES)
            return scan_fail(&c->scan, WHY_TEXT_LIMIT, line.p + cell->column - 1, NULL,
                             "a value is longer than %d bytes", LIMIT_VALUE_BYTES);
        out->count++;
        if (p == end)
            return 0;
        p++;
    }
}

bool
csv_next(struct csv *c, struct csv_row *out)
{
    struct span line;

    while (scan_line(&c->scan, LIMIT_LINE_BYTES, &line)) {
        if (check_bytes(c, line) != 0)
            return false;
        if (text_trim(line).n == 0)
            continue;
        out->raw = span_of(line.p, (size_t)(c->scan.p - line.p));
        out->count = 0;
        return split(c, line, out) == 0;
    }
    return false;
}

void
csv_put(struct buf *out, struct span text)
{
    bool plain = text.n == 0 || (text.p[0] != ' ' && text.p[text.n - 1] != ' ');

    for (size_t i = 0; i < text.n; i++)
        plain = plain && text.p[i] != ',' && text.p[i] != '"';
    if (plain) {
        buf_put_span(out, text);
        return;
    }
    buf_put_byte(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            buf_put_byte(out, '"');
        buf_put_byte(out, text.p[i]);
    }
    buf_put_byte(out, '"');
}
