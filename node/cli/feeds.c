#include "cli/feeds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/screen.h"
#include "core/object.h"

/* Delivery numbers that it has not sent; it sends while somebody subscribes. */
static uint64_t
lag(const Parallax__V1__StatusAnswer *s, const Parallax__V1__FeedStatus *f)
{
    bool ours = f->incarnation.len > 0 && f->incarnation.len == s->incarnation.len &&
                memcmp(f->incarnation.data, s->incarnation.data, f->incarnation.len) == 0;

    return ours && f->delivery < s->delivery ? s->delivery - f->delivery : 0;
}

void
feeds_print(const Parallax__V1__StatusAnswer *s)
{
    static const char *const titles[] = {"FEED", "SUBSCRIBERS", "SLOW", "LAG",
                                         "SENT", "QUEUES FULL", "ENDED"};
    struct screen_table t;
    struct buf text;

    if (s->n_feeds == 0)
        return;
    putchar('\n');
    buf_init(&text, 8192);
    screen_table_init(&t, sizeof titles / sizeof titles[0], titles);
    for (size_t i = 0; i < s->n_feeds; i++) {
        const Parallax__V1__FeedStatus *f = s->feeds[i];
        const uint64_t numbers[] = {f->subscribers, f->slow, lag(s, f), f->records, f->filled, f->ended};
        screen_text(&text, f->endpoint);
        screen_table_cell(&t, buf_cstr(&text));
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            buf_clear(&text);
            buf_put_fmt(&text, "%" PRIu64, numbers[k]);
            screen_table_cell(&t, buf_cstr(&text));
        }
        buf_clear(&text);
    }
    screen_table_print(&t);
    buf_release(&text);
}

void
feeds_json(const Parallax__V1__StatusAnswer *s, struct buf *out)
{
    object_open_list(out, "feeds");
    for (size_t i = 0; i < s->n_feeds; i++) {
        const Parallax__V1__FeedStatus *f = s->feeds[i];
        object_open(out, NULL);
        object_str(out, "endpoint", f->endpoint);
        object_uint(out, "subscribers", f->subscribers);
        object_uint(out, "slow", f->slow);
        object_uint(out, "lag", lag(s, f));
        object_uint(out, "sent", f->records);
        object_uint(out, "filled", f->filled);
        object_uint(out, "ended", f->ended);
        object_ms(out, "reported", f->reported_ms);
        object_close(out);
    }
    object_close_list(out);
}
