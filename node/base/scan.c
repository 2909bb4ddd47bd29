#include "base/scan.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

void
scan_init(struct scan *s, struct span text, struct why *why)
{
    static const uint8_t nothing[1];

    if (text.p == NULL)
        text.p = nothing;
    *s = (struct scan){.p = text.p, .end = text.p + text.n, .line_start = text.p, .line = 1, .why = why};
}

bool
scan_failed(const struct scan *s)
{
    return s->why->code != WHY_NONE;
}

bool
scan_end(const struct scan *s)
{
    return scan_failed(s) || s->p == s->end;
}

static bool
is_line_end(uint8_t c)
{
    return c == '\n' || c == '\r';
}

/* Does the cursor stand behind a line end that is not counted yet? */
static bool
is_past_line(const struct scan *s)
{
    return s->p > s->line_start && is_line_end(s->p[-1]);
}

/*
 * The line is counted when something behind its end is asked for, not when its end is taken: a caller that
 * holds a line from scan_line() still fails inside it.
 */
static void
settle(struct scan *s)
{
    if (!is_past_line(s))
        return;
    if (s->p[-1] == '\r' && s->p < s->end && *s->p == '\n')
        s->p++; /* scan_byte() took the CR of a CR LF */
    s->line++;
    s->line_start = s->p;
}

uint32_t
scan_column(const struct scan *s)
{
    return (uint32_t)(s->p - s->line_start) + 1;
}

bool
scan_line(struct scan *s, size_t max, struct span *line)
{
    const uint8_t *p;
    const uint8_t *limit;

    if (scan_failed(s))
        return false;
    settle(s);
    if (s->p == s->end)
        return false;
    limit = (size_t)(s->end - s->p) > max ? s->p + max : s->end;
    p = s->p + text_plain_prefix(span_of(s->p, (size_t)(limit - s->p)));
    s->is_plain = p == limit || is_line_end(*p);
    while (p < limit && !is_line_end(*p))
        p++;
    if (p == limit && p < s->end && !is_line_end(*p)) {
        scan_fail(s, WHY_TEXT_LIMIT, p, NULL, "a line is longer than %zu bytes", max);
        return false;
    }
    *line = span_of(s->p, (size_t)(p - s->p));
    if (p < s->end && *p++ == '\r' && p < s->end && *p == '\n')
        p++;
    s->p = p;
    return true;
}

int
scan_fail(struct scan *s, enum why_code code, const uint8_t *at, const char *field, const char *fmt, ...)
{
    char note[sizeof s->why->note];
    va_list args;

    if (scan_failed(s))
        return -1;
    if (at == s->p)
        settle(s);
    va_start(args, fmt);
    if (vsnprintf(note, sizeof note, fmt, args) < 0)
        note[0] = 0;
    va_end(args);
    return why_set(s->why, code, s->line, at >= s->line_start ? (uint32_t)(at - s->line_start) + 1 : 1, field,
                   "%s", note);
}

bool
scan_byte(struct scan *s, uint8_t c)
{
    if (scan_end(s))
        return false;
    settle(s);
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

void
scan_expect(struct scan *s, uint8_t c)
{
    if (scan_failed(s) || scan_byte(s, c))
        return;
    if (c > 0x20 && c < 0x7f)
        scan_fail(s, WHY_TEXT_SYNTAX, s->p, NULL, "expected '%c'", c);
    else
        scan_fail(s, WHY_TEXT_SYNTAX, s->p, NULL, "expected the byte 0x%02X", c);
}

void
scan_blanks(struct scan *s)
{
    if (scan_end(s))
        return;
    settle(s);
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
        s->p++;
}

struct span
scan_until(struct scan *s, const char *stops)
{
    const uint8_t *start;

    if (scan_end(s))
        return span_of(s->p, 0);
    settle(s);
    start = s->p;
    while (s->p < s->end && !is_line_end(*s->p) && (*s->p == 0 || strchr(stops, *s->p) == NULL))
        s->p++;
    return span_of(start, (size_t)(s->p - start));
}
