#include "watch/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypt/hash.h"
#include "watch/derive.h"

struct utc
report_begin(struct utc now, int64_t seconds)
{
    int64_t unix_s = utc_unix(now);

    return utc_from_unix(unix_s - unix_s % seconds, 0);
}

bool
report_turned(const struct report_source *s, int64_t late_ms)
{
    return s->is_late != (s->silent_ms > late_ms);
}

static char *
copy(struct arena *a, const char *text)
{
    return arena_strdup(a, span_str(text));
}

static char *
time_of(struct arena *a, struct utc t, int decimals)
{
    char text[UTC_TEXT_MAX];

    utc_print(t, decimals, text);
    return copy(a, text);
}

static char *
count_of(struct arena *a, uint64_t n)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIu64, n);
    return copy(a, text);
}

/* "us-noaa 8412 as of 2032-02-11T23:59:48Z; ...": as many as fit, and how many more there are. */
static char *
put_complete(const struct report_period *p, struct arena *a)
{
    char out[LIMIT_TEXT_BYTES + 1] = "", heard[UTC_TEXT_MAX];
    size_t at = 0, room = sizeof out - 32;

    for (size_t i = 0; i < p->sources; i++) {
        const struct report_source *s = &p->source[i];
        int n;

        utc_print(s->heard, 0, heard);
        n = snprintf(out + at, room - at, "%s%s %" PRIu64 " %s%s", at > 0 ? "; " : "", s->name, s->records,
                     utc_is_zero(s->heard) ? "never heard" : "as of ", utc_is_zero(s->heard) ? "" : heard);
        if ((size_t)n >= room - at) {
            (void)snprintf(out + at, sizeof out - at, "; and %zu more", p->sources - i);
            break;
        }
        at += (size_t)n;
    }
    return copy(a, out);
}

/* Names of those who are late, or NULL. */
static const char *
late_sources(const struct report_period *p, char out[256])
{
    size_t at = 0;

    out[0] = 0;
    for (size_t i = 0; i < p->sources && at < 200; i++) {
        if (p->source[i].silent_ms > p->late_ms)
            at += (size_t)snprintf(out + at, 256 - at, "%s%.60s", at > 0 ? ", " : "", p->source[i].name);
    }
    return at > 0 ? out : NULL;
}

static char *
put_text(const struct report_period *p, const char *late, struct arena *a)
{
    char out[LIMIT_TEXT_BYTES + 1];
    const char *title = p->rule->title[0] != 0 ? p->rule->title : p->rule->id;

    if (p->alerts > 0)
        (void)snprintf(out, sizeof out, "alerts: %" PRIu64 " of the rule: %.199s", p->alerts, title);
    else if (p->obstacle != NULL)
        (void)snprintf(out, sizeof out, "nothing reached the rule, but %.199s: %.199s", p->obstacle, title);
    else if (late != NULL)
        (void)snprintf(out, sizeof out, "nothing reached the rule, but nothing is heard of %.255s: %.199s",
                       late, title);
    else
        (void)snprintf(out, sizeof out, "nothing to report: no record reached the rule: %.199s", title);
    return copy(a, out);
}

Parallax__V1__WatchReport *
report_period(const struct report_period *p, struct arena *a)
{
    Parallax__V1__WatchReport *out = arena_alloc(a, sizeof *out);
    char names[256];
    const char *late = late_sources(p, names);

    if (out == NULL)
        return NULL;
    parallax__v1__watch_report__init(out);
    out->notice = copy(a, "WATCH-REPORT/1");
    out->id = copy(a, p->rule->id);
    out->issued = time_of(a, p->now, 3);
    out->state = copy(a, p->alerts > 0                         ? "ALERTS"
                         : p->obstacle != NULL || late != NULL ? "INCOMPLETE"
                                                               : "ALL CLEAR");
    out->rule = copy(a, p->rule->id);
    out->rule_version = copy(a, p->rule->version);
    out->period_from = time_of(a, p->from, 0);
    out->period_to = time_of(a, p->to, 0);
    out->judged = count_of(a, p->judged);
    out->open_alerts = count_of(a, p->alerts);
    out->complete = put_complete(p, a);
    out->text = put_text(p, late, a);
    out->source = derive_source(REPORT_TYPE, REPORT_TYPE "-json", &out->base, a);
    return out->source == NULL || a->failed ? NULL : out;
}

Parallax__V1__WatchReport *
report_source(const struct report_source *s, bool is_late, struct utc now, struct arena *a)
{
    Parallax__V1__WatchReport *out = arena_alloc(a, sizeof *out);
    char text[LIMIT_TEXT_BYTES + 1], id[LIMIT_NAME_BYTES + 16];

    if (out == NULL)
        return NULL;
    parallax__v1__watch_report__init(out);
    (void)snprintf(id, sizeof id, "source %s", s->name);
    (void)snprintf(text, sizeof text,
                   is_late ? "nothing is heard of %.60s for %" PRId64
                             " s: that it says nothing does not mean that there is nothing"
                           : "%.60s is heard again",
                   s->name, s->silent_ms / 1000);
    out->notice = copy(a, "WATCH-REPORT/1");
    out->id = copy(a, id);
    out->issued = time_of(a, now, 3);
    out->state = copy(a, is_late ? "SOURCE LATE" : "SOURCE BACK");
    out->origin = copy(a, s->name);
    if (!utc_is_zero(s->heard))
        out->last_heard = time_of(a, s->heard, 0);
    out->text = copy(a, text);
    out->source = derive_source(REPORT_TYPE, REPORT_TYPE "-json", &out->base, a);
    return out->source == NULL || a->failed ? NULL : out;
}

void
report_key(const Parallax__V1__WatchReport *report, uint8_t out[REPORT_KEY_BYTES])
{
    const char *const parts[] = {report->id, report->state, report->rule_version, report->period_to,
                                 report->last_heard};
    struct buf text;

    buf_init(&text, 8 * LIMIT_TEXT_BYTES);
    buf_put_str(&text, REPORT_TYPE);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_put_byte(&text, 0);
        buf_put_str(&text, parts[i]);
    }
    hash_sha256(buf_span(&text), out);
    buf_release(&text);
}
