#include "cli/plugins.h"

#include <inttypes.h>
#include <string.h>

#include "cli/screen.h"
#include "core/object.h"

/* Delivery numbers that it has not passed. Of a cursor that means another store, all. */
static uint64_t
lag(const Parallax__V1__StatusAnswer *s, const Parallax__V1__PluginStatus *p)
{
    bool ours = p->incarnation.len == s->incarnation.len && p->incarnation.len > 0 &&
                memcmp(p->incarnation.data, s->incarnation.data, p->incarnation.len) == 0;

    if (p->no_records)
        return 0;
    if (!ours)
        return s->delivery;
    return p->cursor < s->delivery ? s->delivery - p->cursor : 0;
}

static void
cell(struct screen_table *t, struct buf *text)
{
    screen_table_cell(t, buf_cstr(text));
    buf_clear(text);
}

static void
number_cell(struct screen_table *t, struct buf *text, uint64_t number)
{
    buf_put_fmt(text, "%" PRIu64, number);
    cell(t, text);
}

void
plugins_print(const Parallax__V1__StatusAnswer *s)
{
    static const char *const titles[] = {"PLUGIN", "STATE", "FOR",      "CURSOR",    "LAG",
                                         "BEHIND", "ACKED", "RESTARTS", "LAST ERROR"};
    struct screen_table t;
    struct buf text;

    buf_init(&text, 8192);
    screen_table_init(&t, sizeof titles / sizeof titles[0], titles);
    for (size_t i = 0; i < s->n_plugins; i++) {
        const Parallax__V1__PluginStatus *p = s->plugins[i];

        screen_text(&text, p->name);
        cell(&t, &text);
        screen_text(&text, p->state);
        cell(&t, &text);
        screen_age(&text, s->time_ms - p->since_ms);
        cell(&t, &text);
        number_cell(&t, &text, p->cursor);
        number_cell(&t, &text, lag(s, p));
        if (lag(s, p) > 0 && p->behind_since_ms != 0)
            screen_age(&text, s->time_ms - p->behind_since_ms);
        cell(&t, &text);
        number_cell(&t, &text, p->records);
        number_cell(&t, &text, p->restarts);
        if (p->error[0] != '\0') {
            screen_text(&text, p->error);
            buf_put_str(&text, ", ");
            screen_age(&text, s->time_ms - p->error_ms);
            buf_put_str(&text, " ago");
        }
        cell(&t, &text);
    }
    screen_table_print(&t);
    buf_release(&text);
}

void
plugins_json(const Parallax__V1__StatusAnswer *s, const Parallax__V1__PluginStatus *p, struct buf *out)
{
    object_open(out, NULL);
    object_str(out, "name", p->name);
    object_str(out, "state", p->state);
    object_ms(out, "since", p->since_ms);
    object_open(out, "cursor");
    object_hex(out, "incarnation", p->incarnation.data, p->incarnation.len);
    object_uint(out, "number", p->cursor);
    object_close(out);
    object_uint(out, "lag", lag(s, p));
    object_ms(out, "behind_since", lag(s, p) > 0 ? p->behind_since_ms : 0);
    object_uint(out, "unacknowledged", p->unacknowledged);
    object_uint(out, "records", p->records);
    object_uint(out, "restarts", p->restarts);
    object_uint(out, "nonsense", p->nonsense);
    object_uint(out, "said", p->said);
    object_uint(out, "published", p->published);
    object_uint(out, "denied", p->denied);
    object_str(out, "error", p->error);
    object_ms(out, "error_at", p->error_ms);
    object_ms(out, "reported", p->reported_ms);
    object_close(out);
}
