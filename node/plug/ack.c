#include "plug/ack.h"

#include "base/num.h"

static void
tell(struct ack *a, ack_fn *fn, void *cookie)
{
    struct span line = span_of(a->line, a->n);
    uint64_t number = 0;
    bool known;

    if (!a->too_long && line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    known = !a->too_long && line.n > 4 && memcmp(line.p, "ack ", 4) == 0 && line.p[4] != '+' &&
            num_uint(span_of(line.p + 4, line.n - 4), UINT64_MAX, &number) == 0;
    fn(cookie, known, number, line);
    a->n = 0;
    a->too_long = false;
}

void
ack_feed(struct ack *a, struct span bytes, ack_fn *fn, void *cookie)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] == '\n')
            tell(a, fn, cookie);
        else if (a->n < sizeof a->line)
            a->line[a->n++] = (char)bytes.p[i];
        else
            a->too_long = true;
    }
}
