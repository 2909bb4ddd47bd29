#include "syntax/kvn.h"

#include "base/limit.h"
#include "base/text.h"

#define BOM "\xEF\xBB\xBF"

/* A byte order mark says nothing in UTF-8. */
static struct span
skip_bom(struct span text)
{
    return text.n >= 3 && memcmp(text.p, BOM, 3) == 0 ? span_of(text.p + 3, text.n - 3) : text;
}

void
kvn_init(struct kvn *k, struct span text, struct why *why)
{
    scan_init(&k->scan, skip_bom(text), why);
}

/* No controls but TAB, and UTF-8. */
static int
check_bytes(struct kvn *k, struct span line, struct kvn_line *out)
{
    size_t prefix;

    if (k->scan.is_plain)
        return 0;
    for (size_t i = 0; i < line.n; i++) {
        uint8_t c = line.p[i];

        if (c >= 0x20 && c < 0x7F)
            continue;
        if (c != '\t' && (c < 0x20 || c == 0x7F))
            return scan_fail(&k->scan, WHY_TEXT_ENCODING, line.p + i, NULL,
                             "a control character (0x%02X): expected printable text", c);
        if (out->odd == NULL)
            out->odd = line.p + i;
    }
    if (out->odd == NULL)
        return 0;
    prefix = text_utf8_prefix(line);
    if (prefix < line.n)
        return scan_fail(&k->scan, WHY_TEXT_ENCODING, line.p + prefix, NULL,
                         "the byte 0x%02X is not UTF-8: expected UTF-8 text", line.p[prefix]);
    return 0;
}

static struct span
trim_end(struct span s)
{
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static bool
is_comment(struct span line)
{
    return line.n >= 7 && memcmp(line.p, "COMMENT", 7) == 0 &&
           (line.n == 7 || line.p[7] == ' ' || line.p[7] == '\t');
}

/* COMMENT, one blank, text whose inner and leading blanks are its own. `COMMENT = x` is seen and is the text `= x`. */
static void
split_comment(struct span line, struct kvn_line *out)
{
    size_t skip = line.n > 7 ? 8 : 7;

    out->kind = KVN_COMMENT;
    out->keyword = span_of(line.p, 7);
    out->value = trim_end(span_of(line.p + skip, line.n - skip));
}

static int
split_pair(struct kvn *k, struct span line, struct kvn_line *out)
{
    const uint8_t *equals = memchr(line.p, '=', line.n);

    if (equals == NULL) {
        out->kind = KVN_WORD;
        out->keyword = trim_end(line);
        return 0;
    }
    out->kind = KVN_PAIR;
    out->keyword = trim_end(span_of(line.p, (size_t)(equals - line.p)));
    out->value = text_trim(span_of(equals + 1, (size_t)(line.p + line.n - equals) - 1));
    if (out->keyword.n == 0)
        return scan_fail(&k->scan, WHY_TEXT_SYNTAX, line.p, NULL,
                         "no keyword before `=`: expected KEYWORD = value");
    if (out->keyword.n > LIMIT_NAME_BYTES)
        return scan_fail(&k->scan, WHY_TEXT_LIMIT, line.p, NULL, "a keyword is longer than %d bytes",
                         LIMIT_NAME_BYTES);
    return 0;
}

/* ${line} starts at its first byte that is no blank. */
static int
split(struct kvn *k, struct span whole, struct span line, struct kvn_line *out)
{
    out->line = k->scan.line;
    out->column = (uint32_t)(line.p - whole.p) + 1;
    out->is_long = whole.n > LIMIT_KVN_LINE_BYTES;
    if (check_bytes(k, line, out) != 0)
        return -1;
    if (is_comment(line))
        split_comment(line, out);
    else if (split_pair(k, line, out) != 0)
        return -1;
    if (out->value.n > LIMIT_VALUE_BYTES)
        return scan_fail(&k->scan, WHY_TEXT_LIMIT, out->value.p, NULL, "a value is longer than %d bytes",
                         LIMIT_VALUE_BYTES);
    if (out->value.p != NULL)
        out->value_column = (uint32_t)(out->value.p - whole.p) + 1;
    return 0;
}

bool
kvn_next(struct kvn *k, struct kvn_line *out)
{
    struct span line;

    while (scan_line(&k->scan, LIMIT_LINE_BYTES, &line)) {
        struct span rest = line;

        while (rest.n > 0 && (*rest.p == ' ' || *rest.p == '\t'))
            rest = span_of(rest.p + 1, rest.n - 1);
        if (rest.n == 0)
            continue;
        *out = (struct kvn_line){.raw = span_of(line.p, (size_t)(k->scan.p - line.p))};
        return split(k, line, rest, out) == 0;
    }
    return false;
}

struct span
kvn_unit(struct span *value)
{
    size_t open;
    struct span unit;

    if (value->n < 2 || value->p[value->n - 1] != ']')
        return (struct span){NULL, 0};
    for (open = value->n - 1; open > 0 && value->p[open] != '['; open--)
        continue;
    if (value->p[open] != '[')
        return (struct span){NULL, 0};
    unit = text_trim(span_of(value->p + open + 1, value->n - open - 2));
    *value = trim_end(span_of(value->p, open));
    return unit;
}

bool
kvn_begins_with(struct span head, const char *keyword)
{
    size_t n = strlen(keyword);
    size_t at = 0;

    head = skip_bom(head);
    while (at < head.n &&
           (head.p[at] == ' ' || head.p[at] == '\t' || head.p[at] == '\r' || head.p[at] == '\n'))
        at++;
    if (head.n - at <= n || memcmp(head.p + at, keyword, n) != 0)
        return false;
    at += n;
    while (at < head.n && (head.p[at] == ' ' || head.p[at] == '\t'))
        at++;
    return at < head.n && head.p[at] == '=';
}
