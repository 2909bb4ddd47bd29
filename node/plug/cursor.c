#include "plug/cursor.h"

#include <errno.h>
#include <inttypes.h>

#include "base/file.h"
#include "base/num.h"
#include "base/text.h"

static const char first_line[] = "parallax plugin cursor 1\nincarnation ";

void
cursor_print(const struct cursor *c, struct buf *out)
{
    buf_put_str(out, first_line);
    text_hex(out, span_of(c->incarnation, sizeof c->incarnation));
    buf_put_fmt(out, "\nnumber %" PRIu64 "\n", c->number);
}

/* Cut ${word} off the beginning of ${s}. */
static bool
skip(struct span *s, const char *word)
{
    size_t n = strlen(word);

    if (s->n < n || memcmp(s->p, word, n) != 0)
        return false;
    *s = span_of(s->p + n, s->n - n);
    return true;
}

static int
take_number(struct span s, uint64_t *out)
{
    if (s.n < 2 || s.p[s.n - 1] != '\n' || s.p[0] == '+')
        return -1;
    return num_uint(span_of(s.p, s.n - 1), INT64_MAX, out);
}

int
cursor_parse(struct span text, struct cursor *c)
{
    struct span hex;

    *c = (struct cursor){.known = true};
    if (!skip(&text, first_line) || text.n < 2 * sizeof c->incarnation)
        return -1;
    hex = span_of(text.p, 2 * sizeof c->incarnation);
    text = span_of(text.p + hex.n, text.n - hex.n);
    if (text_unhex(hex, c->incarnation, sizeof c->incarnation) != 0 || !skip(&text, "\nnumber "))
        return -1;
    return take_number(text, &c->number);
}

int
cursor_load(const char *path, struct cursor *c)
{
    struct buf text;
    int rc;

    *c = (struct cursor){.known = false};
    buf_init(&text, CURSOR_TEXT_MAX);
    rc = file_read(path, &text);
    if (rc != 0 && errno == ENOENT)
        rc = 1;
    else if (rc != 0 || cursor_parse(buf_span(&text), c) != 0)
        rc = -1;
    if (rc < 0)
        *c = (struct cursor){.known = true};
    buf_release(&text);
    return rc;
}

int
cursor_store(const char *path, const struct cursor *c)
{
    struct buf text;
    int rc;

    buf_init(&text, CURSOR_TEXT_MAX);
    cursor_print(c, &text);
    rc = file_write(path, buf_span(&text), 0600);
    buf_release(&text);
    return rc;
}

void
cursor_print_order(uint64_t next, struct buf *out)
{
    buf_put_fmt(out, "from %" PRIu64 "\n", next);
}

int
cursor_parse_order(struct span text, uint64_t *next)
{
    *next = 1;
    if (!skip(&text, "from "))
        return -1;
    return span_is(text, "start\n") ? 0 : take_number(text, next);
}
