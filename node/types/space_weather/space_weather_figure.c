/*
 * Figures of a space weather record for alert rules: NOAA's R, S and G as the record states them, else the lowest that follows from its
 * flux or Kp; and how old it is, since flares and messages are never taken back.
 */
#include "types/space_weather/space_weather_map.h"

#include <stdio.h>

#include "base/text.h"
#include "types/figure.h"

const char *const space_weather_figure_names[] = {"r", "s", "g", "age_h", NULL};

static const char letters[] = "RSG";

/* The end of what it is valid for, else when it was observed or issued. */
static void
put_age(const Parallax__V1__SpaceWeather *m, struct figures *f)
{
    const struct {
        const char *keyword, *text;
    } times[] = {{"valid_to", m->valid_to},
                 {"end", m->end},
                 {"peak", m->peak},
                 {"begin", m->begin},
                 {"issued", m->issued}};
    struct utc t;

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (times[i].text[0] != 0 && space_weather_time(span_str(times[i].text), &t) == 0) {
            figure_hours_since(f, "age_h", times[i].keyword, t);
            return;
        }
    }
}

size_t
space_weather_figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX])
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)msg;
    const char *const now[] = {m->r, m->s, m->g};
    struct figures f = {.out = out, .at = at};
    struct scale scale[SCALES_MAX];
    size_t scales = space_weather_scales(msg, at, scale);
    int stated = 0;
    char letter = space_weather_stated(m, &stated);
    char text[16];

    for (size_t i = 0; i < 3; i++) {
        const char *name = space_weather_figure_names[i];
        const struct scale *worked_out = NULL;

        for (size_t k = 0; k < scales; k++) {
            if (scale[k].low[0] == letters[i])
                worked_out = &scale[k];
        }
        if (now[i][0] != 0) {
            figure_decimal(&f, name, name, now[i], 0);
        } else if (letter == letters[i]) {
            bool is_over = strcmp(m->change, "CANCELLED") == 0;

            (void)snprintf(text, sizeof text, "%c%d%s", letter, stated, is_over ? " CANCELLED" : "");
            figure_count(&f, name, is_over ? 0 : stated, text);
        } else if (worked_out != NULL) {
            (void)snprintf(text, sizeof text, "%.3s worked out", worked_out->low);
            figure_count(&f, name, worked_out->low[1] - '0', text);
        }
    }
    put_age(m, &f);
    return f.n;
}

/* The first of these that is given and a time. */
static struct utc
first_time(const char *const *texts, size_t n)
{
    struct utc t;

    for (size_t i = 0; i < n; i++) {
        if (texts[i][0] != 0 && space_weather_time(span_str(texts[i]), &t) == 0)
            return t;
    }
    return (struct utc){0};
}

/* A storm of one scale: begun, warned of, or called off. */
static void
put_event(const Parallax__V1__SpaceWeather *m, char letter, struct type_event *out)
{
    const char *const at[] = {m->begin, m->threshold_reached, m->valid_from, m->issued};
    const char *const issued[] = {m->issued, m->begin};
    const char *const until[] = {m->valid_to, m->end, m->peak, m->begin, m->threshold_reached, m->issued};
    const char *word = m->code[0] != 0 ? m->code : m->kind;

    *out = (struct type_event){.kind = "space_weather",
                               .at = first_time(at, 4),
                               .issued = first_time(issued, 2),
                               .closes = first_time(until, 6),
                               .ended = strcmp(m->change, "CANCELLED") == 0};
    out->scope[0] = letter;
    (void)snprintf(out->voice, sizeof out->voice, "%s %s", m->provider, word);
    out->voice[text_utf8_prefix(span_str(out->voice))] = 0;
    /* As long as what comes would be of the same storm. */
    if (!utc_is_zero(out->closes))
        out->closes = utc_add_ns(out->closes, event_window(out->kind, out->scope) * 1000);
}

size_t
space_weather_events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)msg;
    struct figure f[FIGURES_MAX];
    size_t figures = space_weather_figures(msg, (struct utc){0}, f), n = 0;
    bool cancels = strcmp(m->change, "CANCELLED") == 0;

    for (size_t i = 0; i < figures; i++) {
        for (size_t k = 0; k < 3; k++) {
            if (strcmp(f[i].name, space_weather_figure_names[k]) != 0 || (f[i].value < 1 && !cancels))
                continue;
            put_event(m, letters[k], &out[n]);
            n += !utc_is_zero(out[n].at);
        }
    }
    return n;
}
