#include "core/object.h"

#include <inttypes.h>

#include "base/text.h"

static void
begin(struct buf *b, const char *key)
{
    uint8_t last = b->n > 0 ? b->p[b->n - 1] : '\n';
    if (last != '{' && last != '[' && last != '\n')
        buf_put_byte(b, ',');
    if (key != NULL) {
        text_json(b, span_str(key));
        buf_put_byte(b, ':');
    }
}

void
object_open(struct buf *b, const char *key)
{
    begin(b, key);
    buf_put_byte(b, '{');
}

void
object_close(struct buf *b)
{
    buf_put_byte(b, '}');
}

void
object_open_list(struct buf *b, const char *key)
{
    begin(b, key);
    buf_put_byte(b, '[');
}

void
object_close_list(struct buf *b)
{
    buf_put_byte(b, ']');
}

void
object_str(struct buf *b, const char *key, const char *value)
{
    begin(b, key);
    text_json(b, span_str(value));
}

void
object_uint(struct buf *b, const char *key, uint64_t value)
{
    begin(b, key);
    buf_put_fmt(b, "%" PRIu64, value);
}

void
object_int(struct buf *b, const char *key, int64_t value)
{
    begin(b, key);
    buf_put_fmt(b, "%" PRId64, value);
}

void
object_bool(struct buf *b, const char *key, bool value)
{
    begin(b, key);
    buf_put_str(b, value ? "true" : "false");
}

void
object_hex(struct buf *b, const char *key, const void *p, size_t n)
{
    begin(b, key);
    buf_put_byte(b, '"');
    text_hex(b, span_of(p, n));
    buf_put_byte(b, '"');
}

void
object_base64(struct buf *b, const char *key, struct span value)
{
    begin(b, key);
    buf_put_byte(b, '"');
    text_base64(b, value);
    buf_put_byte(b, '"');
}

void
object_raw(struct buf *b, const char *key, struct span json)
{
    begin(b, key);
    buf_put_span(b, json);
}

/* As many as are needed, by threes. */
static int
decimals(int64_t ns)
{
    int n = 9;
    for (int64_t unit = 1000; n > 0 && ns % unit == 0; unit *= 1000)
        n -= 3;
    return n;
}

void
object_utc(struct buf *b, const char *key, struct utc t)
{
    char text[UTC_TEXT_MAX];
    if (utc_is_zero(t))
        return;
    utc_print(t, decimals(t.ns), text);
    object_str(b, key, text);
}

void
object_ms(struct buf *b, const char *key, int64_t ms)
{
    if (ms == 0) {
        begin(b, key);
        buf_put_str(b, "null");
        return;
    }
    char text[UTC_TEXT_MAX];
    utc_print(utc_from_ms(ms), 3, text);
    object_str(b, key, text);
}
