#include "plug/ack.h"

#include "base/num.h"

#define PUBLISH       "publish "
#define PUBLISH_BYTES (sizeof PUBLISH - 1)

void
ack_init(struct ack *a)
{
    memset(a, 0, sizeof *a);
    buf_init(&a->more, LIMIT_PLUGIN_PUBLISH_BYTES);
}

void
ack_release(struct ack *a)
{
    buf_release(&a->more);
    ack_init(a);
}

static void
begin(struct ack *a)
{
    a->n = 0;
    a->too_long = a->is_long = false;
    buf_release(&a->more);
}

static struct span
without_cr(struct span line)
{
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* True when it was a publication. */
static bool
tell(struct ack *a, ack_fn *fn, void *cookie)
{
    struct span line = span_of(a->line, a->n);
    bool publishes = a->is_long && !a->too_long;
    uint64_t number = 0;
    bool known;

    if (!a->too_long)
        line = without_cr(line);
    known = !a->too_long && line.n > 4 && memcmp(line.p, "ack ", 4) == 0 && line.p[4] != '+' &&
            num_uint(span_of(line.p + 4, line.n - 4), UINT64_MAX, &number) == 0;
    if (publishes)
        fn(cookie, ACK_PUBLISH, 0, without_cr(buf_span(&a->more)));
    else
        fn(cookie, known ? ACK_NUMBER : ACK_NONSENSE, number, line);
    begin(a);
    return publishes;
}

/* One byte of a line. */
static void
take(struct ack *a, uint8_t c)
{
    if (a->is_long) {
        buf_put_byte(&a->more, c);
        a->too_long = buf_failed(&a->more);
    } else if (a->n < sizeof a->line) {
        a->line[a->n++] = (char)c;
        a->is_long = a->n == PUBLISH_BYTES && memcmp(a->line, PUBLISH, PUBLISH_BYTES) == 0;
    } else {
        a->too_long = true;
    }
}

size_t
ack_feed(struct ack *a, struct span bytes, ack_fn *fn, void *cookie)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] != '\n')
            take(a, bytes.p[i]);
        else if (tell(a, fn, cookie))
            return i + 1;
    }
    return bytes.n;
}
