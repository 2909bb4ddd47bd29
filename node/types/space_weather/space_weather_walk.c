/* What the readers share: JSON objects as records, and the times of these sources. */
#include "types/space_weather/space_weather_map.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"

#define LIST_BYTES 65536 /* of the values of one array, joined; a record with more is refused */

/* ${s} as an ISO time: what is left out is zero. */
static int
parse(const char *date, const char *clock, struct utc *out)
{
    char iso[48];

    (void)snprintf(iso, sizeof iso, "%sT%s", date, clock);
    return utc_parse(span_str(iso), out);
}

/* "2026 Sep 13 0827 UTC" */
static int
read_words(struct span s, struct utc *out)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char date[32], clock[16];

    if (s.n != 20 || s.p[4] != ' ' || s.p[8] != ' ' || s.p[11] != ' ' || memcmp(s.p + 16, " UTC", 4) != 0)
        return -1;
    for (int m = 0; m < 12; m++) {
        if (memcmp(s.p + 5, months[m], 3) != 0)
            continue;
        (void)snprintf(date, sizeof date, "%.4s-%02d-%.2s", (const char *)s.p, m + 1, (const char *)s.p + 9);
        (void)snprintf(clock, sizeof clock, "%.2s:%.2s:00", (const char *)s.p + 12, (const char *)s.p + 14);
        return parse(date, clock, out);
    }
    return -1;
}

int
space_weather_time(struct span s, struct utc *out)
{
    char date[32], clock[24];

    if (s.n == 20 && s.p[4] == ' ')
        return read_words(s, out);
    if (s.n < 16 || s.n > 30 || (s.p[10] != ' ' && s.p[10] != 'T'))
        return -1;
    (void)snprintf(date, sizeof date, "%.10s", (const char *)s.p);
    (void)snprintf(clock, sizeof clock, "%.*s", (int)(s.n - 11), (const char *)s.p + 11);
    if (clock[strlen(clock) - 1] == 'Z')
        clock[strlen(clock) - 1] = 0;
    if (strlen(clock) == 5)
        (void)snprintf(clock + 5, sizeof clock - 5, ":00");
    return parse(date, clock, out);
}

int
space_weather_put(struct walk *w, const char *field, struct span value, struct place at)
{
    if (value.p == NULL || value.n == 0)
        return 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < 0x20)
            return 0;
    }
    if (value.n > LIMIT_TEXT_BYTES)
        return 0;
    return fill_put(&w->fill, span_str(field), value, span_of(NULL, 0), at, at);
}

static int
open_record(struct walk *w, const struct json_event *event)
{
    w->is_open = true;
    w->start = event->raw.p;
    w->at = event->place;
    for (int i = 0; i < 3; i++)
        buf_clear(&w->list[i]);
    if (fill_begin(&w->fill, &space_weather_map, FILL_TABLE, w->how, w->arena, w->why) != 0)
        return -1;
    return w->begin == NULL ? 0 : w->begin(w, event);
}

static int
close_record(struct walk *w, const struct json_event *event)
{
    struct span original = span_of(w->start, (size_t)(event->raw.p + event->raw.n - w->start));

    w->is_open = false;
    w->records++;
    for (int i = 0; i < 3; i++) {
        if (buf_failed(&w->list[i]))
            return fill_full(&w->fill, w->at);
    }
    if (w->finish(w) != 0 || fill_source(&w->fill, w->format, original, span_of(NULL, 0)) != 0 ||
        fill_end(&w->fill, NULL, w->at) != 0)
        return -1;
    return fill_emit(&w->fill, w->emit, w->cookie);
}

static int
on_event(void *cookie, const struct json_event *event, struct why *why)
{
    struct walk *w = cookie;
    bool opens = event->kind == JSON_OBJECT || event->kind == JSON_ARRAY;

    (void)why;
    if (!w->is_open && w->records == 0 && event->depth == 0 && event->kind == JSON_OBJECT)
        w->depth = 0; /* one alone, or one after the other */
    if (event->depth >= WALK_DEPTH)
        return w->is_open ? 0
                          : why_set(w->why, WHY_TEXT_SYNTAX, event->place.line, event->place.column, NULL,
                                    "nested too deep");
    if (event->kind != JSON_OBJECT_END && event->kind != JSON_ARRAY_END)
        (void)snprintf(w->name[event->depth], sizeof w->name[0], "%.*s",
                       event->key.p == NULL || event->key.n > LIMIT_NAME_BYTES ? 0 : (int)event->key.n,
                       event->key.p == NULL ? "" : (const char *)event->key.p);
    if (!w->is_open) {
        if (event->kind == JSON_OBJECT && event->depth == w->depth)
            return open_record(w, event);
        if (opens ? event->depth < w->depth : event->kind == JSON_OBJECT_END || event->kind == JSON_ARRAY_END)
            return 0;
        return why_set(w->why, WHY_TEXT_SYNTAX, event->place.line, event->place.column, NULL,
                       "expected objects of this source");
    }
    if (event->kind == JSON_OBJECT_END && event->depth == w->depth)
        return close_record(w, event);
    if (opens || event->kind == JSON_OBJECT_END || event->kind == JSON_ARRAY_END)
        return 0;
    return w->value(w, event);
}

int
space_weather_walk(struct walk *w, struct span input, const struct convert *how, struct arena *a,
                   type_emit_fn *emit, void *cookie, struct why *why)
{
    int rc;

    w->how = how;
    w->arena = a;
    w->emit = emit;
    w->cookie = cookie;
    w->why = why;
    for (int i = 0; i < 3; i++)
        buf_init(&w->list[i], LIST_BYTES);
    rc = json_read(input, on_event, w, why);
    for (int i = 0; i < 3; i++)
        buf_release(&w->list[i]);
    if (rc == 0 && w->records == 0)
        return why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no record of this source in it");
    return rc;
}
