/* corridor_write(): for people, as one JSON document, and as GeoJSON (RFC 7946). */
#include "cli/corridor_write.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "astro/timescale.h"
#include "base/text.h"
#include "cli/screen.h"
#include "cli/track.h"

#define DRAWN_S   20 /* between two places of a line: 150 km */
#define WORDS_MAX 8

struct words {
    char line[WORDS_MAX][320];
    size_t n;
};

static void add(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct words *w, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(w->line[w->n++], sizeof *w->line, fmt, args);
    va_end(args);
}

static const char *
degrees(double deg, char out[16])
{
    (void)snprintf(out, 16, "%.1f %c", fabs(deg), deg < 0 ? 'S' : 'N');
    return out;
}

static double
limit_deg(double inclination_deg)
{
    return inclination_deg > 90 ? 180 - inclination_deg : inclination_deg;
}

static void
say_where(const struct corridor_report *r, double span_s, struct words *w)
{
    double revolutions = span_s / r->c.revolution_s;
    char south[16], north[16];

    (void)degrees(r->c.south_deg, south);
    (void)degrees(r->c.north_deg, north);
    if (r->c.points == 0)
        add(w, "There is no track: SGP4 error %d, %s, at the opening of the window.", (int)r->c.error,
            sgp4_error_text(r->c.error));
    else if (span_s <= 0)
        add(w, "Only one time is stated, and no window: what lies under the track before and after it may be "
               "hit as well. Give --from and --to.");
    else if (revolutions >= 1)
        add(w,
            "The window is %.1f h = %.1f revolutions: any place between %s and %s under the track may be "
            "hit; where along the track is not known.",
            span_s / 3600, revolutions, north, south);
    else
        add(w,
            "The window is %.1f h = %.2f of a revolution: any place under this part of the track, between %s "
            "and %s, may be hit.",
            span_s / 3600, revolutions, north, south);
}

static void
say_track(const struct corridor_report *r, struct words *w)
{
    double days = timescale_elapsed_s(r->c.from, r->c.mean.epoch) / 86400;
    char t[UTC_TEXT_MAX];

    if (r->c.error != SGP4_DONE && r->c.points > 0) {
        utc_print(r->c.error_at, 0, t);
        add(w,
            "The track ends at %s, before the window does: SGP4 error %d, %s. What comes after is not "
            "listed.",
            t, (int)r->c.error, sgp4_error_text(r->c.error));
    }
    add(w,
        "The elements are of %.1f days %s the opening of the window. A minute that the object is ahead of "
        "them or behind moves its track 28 km at the equator, and the object 470 km along it.",
        fabs(days), days < 0 ? "after" : "before");
    if (r->borders_file == NULL)
        add(w,
            "No file of borders: the track alone, and no States. deploy/setup test fetches one; --borders or "
            "$PARALLAX_BORDERS names one.");
    else
        add(w,
            "The States are those under the track or within %g km of it. Borders are as the file draws them, "
            "small "
            "islands may be missing; nothing is said about any claim.",
            r->c.cross_km);
}

/* The uncertainty, in words. */
static void
say(const struct corridor_report *r, struct words *w)
{
    double span_s = timescale_elapsed_s(r->c.to, r->c.from);

    w->n = 0;
    if (r->has_impact)
        add(w,
            "The message names one place of impact, %.2f,%.2f, with what it knows of the break-up: this is "
            "no limit.",
            r->impact_deg[0], r->impact_deg[1]);
    if (r->has_elements) {
        say_where(r, span_s, w);
        say_track(r, w);
        return;
    }
    if (r->inclination_deg >= 0)
        add(w,
            "The window is %.1f h. No elements: only latitudes up to the inclination can be said: any place "
            "between %.1f N and %.1f S.",
            span_s / 3600, limit_deg(r->inclination_deg), limit_deg(r->inclination_deg));
    else
        add(w, "The window is %.1f h. No elements and no inclination: nothing can be said of the place.",
            span_s / 3600);
}

static void
put_states(const struct corridor_report *r, struct buf *out)
{
    char first[UTC_TEXT_MAX], last[UTC_TEXT_MAX], near[32];

    if (r->c.states > 0)
        buf_put_fmt(out, "\n%-20s  %-20s  %6s  %7s  %10s  %s\n", "first", "last", "passes", "minutes",
                    "nearest", "State or area");
    for (size_t i = 0; i < r->c.states; i++) {
        const struct corridor_state *s = &r->c.state[i];

        utc_print(s->first, 0, first);
        utc_print(s->last, 0, last);
        (void)snprintf(near, sizeof near, s->nearest_km > 0 ? "%.0f km" : "under", s->nearest_km);
        buf_put_fmt(out, "%-20s  %-20s  %6zu  %7.1f  %10s  ", first, last, s->passes, s->seconds / 60, near);
        text_quote(out, span_str(s->state->name), BORDERS_NAME_MAX);
        if (s->state->code[0] != 0) {
            buf_put_str(out, " (");
            screen_text(out, s->state->code);
            buf_put_byte(out, ')');
        }
        buf_put_byte(out, '\n');
    }
}

static void
put_sea(const struct corridor_report *r, struct buf *out)
{
    const struct corridor_sea *longest = NULL;
    char from[UTC_TEXT_MAX], to[UTC_TEXT_MAX];

    for (size_t i = 0; i < r->c.seas; i++) {
        if (longest == NULL || timescale_elapsed_s(r->c.sea[i].to, r->c.sea[i].from) >
                                   timescale_elapsed_s(longest->to, longest->from))
            longest = &r->c.sea[i];
    }
    if (longest == NULL) {
        buf_put_fmt(out, "\nSea: no part of the track is farther than %g km from land.\n", r->c.cross_km);
        return;
    }
    utc_print(longest->from, 0, from);
    utc_print(longest->to, 0, to);
    buf_put_fmt(
        out,
        "\nSea: %.0f %% of the time no State within %g km, in %zu stretches; the longest from %s to %s.\n",
        100 * r->c.sea_s / ((double)r->c.points * r->c.step_s), r->c.cross_km, r->c.seas, from, to);
}

static void
write_text(const struct corridor_report *r, struct buf *out)
{
    char from[UTC_TEXT_MAX], to[UTC_TEXT_MAX];
    struct words words;

    utc_print(r->c.from, 0, from);
    utc_print(r->c.to, 0, to);
    screen_text(out, r->object[0][0] != 0 ? r->object[0] : "object");
    if (r->name[0] != 0) {
        buf_put_byte(out, ' ');
        text_quote(out, span_str(r->name), 40);
    }
    buf_put_fmt(out, " window %s to %s\n", from, to);
    if (r->summary[0] != 0)
        buf_put_fmt(out, "%s\n", r->summary);
    say(r, &words);
    for (size_t i = 0; i < words.n; i++)
        buf_put_fmt(out, "%s\n", words.line[i]);
    if (r->borders_file != NULL && r->c.points > 0) {
        put_states(r, out);
        put_sea(r, out);
    }
}

static void
put_time(struct buf *out, const char *member, struct utc t)
{
    char text[UTC_TEXT_MAX];

    utc_print(t, 0, text);
    buf_put_fmt(out, "\"%s\":\"%s\"", member, text);
}

static void
put_state(struct buf *out, const struct corridor_state *s)
{
    buf_put_str(out, "\"state\":");
    text_json(out, span_str(s->state->name));
    buf_put_str(out, ",\"code\":");
    text_json(out, span_str(s->state->code));
    buf_put_byte(out, ',');
    put_time(out, "first", s->first);
    buf_put_byte(out, ',');
    put_time(out, "last", s->last);
    buf_put_fmt(out, ",\"passes\":%zu,\"seconds\":%.0f,\"nearest_km\":%.1f", s->passes, s->seconds,
                s->nearest_km);
}

static void
put_words(const struct corridor_report *r, struct buf *out)
{
    struct words words;

    say(r, &words);
    buf_put_str(out, "\"uncertainty\":[");
    for (size_t i = 0; i < words.n; i++) {
        buf_put_str(out, i > 0 ? "," : "");
        text_json(out, span_str(words.line[i]));
    }
    buf_put_byte(out, ']');
}

static void
write_json(const struct corridor_report *r, struct buf *out)
{
    buf_put_str(out, "{\"object\":");
    text_json(out, span_str(r->object[0]));
    buf_put_byte(out, ',');
    put_time(out, "from", r->c.from);
    buf_put_byte(out, ',');
    put_time(out, "to", r->c.to);
    if (r->has_elements)
        buf_put_fmt(out, ",\"revolution_s\":%.1f,\"step_s\":%.0f,\"cross_km\":%g", r->c.revolution_s,
                    r->c.step_s, r->c.cross_km);
    if (r->c.points > 0)
        buf_put_fmt(out, ",\"south_deg\":%.3f,\"north_deg\":%.3f", r->c.south_deg, r->c.north_deg);
    buf_put_byte(out, ',');
    put_words(r, out);
    if (r->borders_file != NULL && r->c.points > 0) {
        buf_put_str(out, ",\"states\":[");
        for (size_t i = 0; i < r->c.states; i++) {
            buf_put_str(out, i > 0 ? ",{" : "{");
            put_state(out, &r->c.state[i]);
            buf_put_byte(out, '}');
        }
        buf_put_str(out, "],\"sea\":[");
        for (size_t i = 0; i < r->c.seas; i++) {
            buf_put_str(out, i > 0 ? ",{" : "{");
            put_time(out, "from", r->c.sea[i].from);
            buf_put_byte(out, ',');
            put_time(out, "to", r->c.sea[i].to);
            buf_put_byte(out, '}');
        }
        buf_put_byte(out, ']');
    }
    buf_put_str(out, "}\n");
}

static void
draw(const struct corridor_report *r, struct track_out *out)
{
    struct track_set set = {.object = r->object[0], .name = r->name, .epoch = r->c.mean.epoch};
    size_t every = (size_t)fmax(1, floor(DRAWN_S / r->c.step_s));

    out->error = r->c.error;
    track_geojson.set_begin(out, &set);
    for (size_t i = 0; i < r->c.points; i++) {
        const struct corridor_point *from = &r->c.point[i];
        struct track_point p = {.t = from->t,
                                .place = {.latitude_rad = from->latitude_deg / TRACK_DEGREES,
                                          .longitude_rad = from->longitude_deg / TRACK_DEGREES,
                                          .height_km = from->height_km}};

        if (i % every == 0 || i + 1 == r->c.points)
            track_geojson.point(out, &set, &p);
    }
    track_geojson.set_end(out, &set);
    out->sets++;
}

/* The track; and of each State a point, where it is first overflown. */
static void
write_geojson(const struct corridor_report *r, struct buf *text)
{
    struct track_out out = {.text = *text};

    track_geojson.begin(&out);
    if (r->c.points > 0)
        draw(r, &out);
    for (size_t i = 0; i < r->c.states; i++) {
        size_t at = (size_t)(timescale_elapsed_s(r->c.state[i].first, r->c.from) / r->c.step_s + 0.5);
        const struct corridor_point *p = &r->c.point[at < r->c.points ? at : r->c.points - 1];

        buf_put_fmt(&out.text,
                    ",\n{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[%.6f,%.6f]},"
                    "\"properties\":{",
                    p->longitude_deg, p->latitude_deg);
        put_state(&out.text, &r->c.state[i]);
        buf_put_str(&out.text, "}}");
    }
    buf_put_str(&out.text, "],");
    put_words(r, &out.text);
    buf_put_str(&out.text, "}\n");
    *text = out.text;
}

corridor_write_fn *
corridor_write(const char *format)
{
    static const struct {
        const char *format;
        corridor_write_fn *write;
    } writers[] = {{"text", write_text}, {"json", write_json}, {"geojson", write_geojson}};

    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        if (strcmp(format, writers[i].format) == 0)
            return writers[i].write;
    }
    return NULL;
}
