#include "cli/fresh.h"

#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "cli/screen.h"

#define CURSOR_BYTES_MAX 512

void
fresh_put_time(struct buf *out, struct utc t)
{
    char text[UTC_TEXT_MAX] = "-";

    if (!utc_is_zero(t))
        utc_print(t, 0, text);
    buf_put_str(out, text);
}

void
fresh_put_ms(struct buf *out, int64_t ms)
{
    fresh_put_time(out, ms > 0 ? utc_from_ms(ms) : (struct utc){0, 0});
}

void
fresh_put(struct buf *out, struct utc epoch, struct utc created, int64_t received_ms, int64_t complete_ms)
{
    buf_put_str(out, "epoch ");
    fresh_put_time(out, epoch);
    buf_put_str(out, ", created ");
    fresh_put_time(out, created);
    buf_put_str(out, ", received ");
    fresh_put_ms(out, received_ms);
    buf_put_str(out, ", complete up to ");
    fresh_put_ms(out, complete_ms);
}

void
fresh_put_row(struct buf *out, const struct row *r)
{
    const Parallax__V1__Header *h = r->header;

    fresh_put(out, h != NULL ? record_utc(h->epoch) : (struct utc){0, 0},
              h != NULL ? record_utc(h->created) : (struct utc){0, 0}, r->in->received_ms,
              r->in->complete_ms);
}

int
fresh_cursor(const struct args *a, struct buf *out)
{
    const char *text = args_get(a, "cursor");
    uint8_t bytes[CURSOR_BYTES_MAX];
    size_t n = text != NULL ? strlen(text) : 0;

    if (text == NULL)
        return EXIT_DONE;
    if (n == 0 || n % 2 != 0 || n > 2 * sizeof bytes || text_unhex(span_str(text), bytes, n / 2) != 0)
        return args_usage(a, "--cursor %.64s: expected what the page before said after --cursor", text);
    buf_put(out, bytes, n / 2);
    return EXIT_DONE;
}

void
fresh_more(const struct buf *cursor)
{
    struct buf text;

    buf_init(&text, 2 * CURSOR_BYTES_MAX + 1);
    text_hex(&text, buf_span(cursor));
    fprintf(stderr, "more: --cursor %s\n", buf_cstr(&text));
    buf_release(&text);
}
