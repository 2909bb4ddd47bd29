/* Space weather: what NOAA SWPC and NASA DONKI say. */
#include "types/space_weather/space_weather_map.h"

#include <stdio.h>

#include "base/text.h"
#include "types/designator.h"
#include "types/jsonmap.h"

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)msg;
    struct utc t;

    if (fieldmap_check(&space_weather_map, msg, why) != 0)
        return -1;
    if (m->issued[0] != 0 && space_weather_time(span_str(m->issued), &t) != 0)
        return why_set(
            why, WHY_FIELD_TIME, 0, 0, "issued",
            "expected a time such as 2026-09-13 08:27:29, 2026-09-13T08:27Z or 2026 Sep 13 0827 UTC");
    return 0;
}

static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)msg;
    char key[2 * LIMIT_NAME_BYTES + LIMIT_TEXT_BYTES];

    *out = (struct subject){0};
    (void)snprintf(key, sizeof key, "%s:%s", m->provider, m->id);
    designator_key(key, out->key, sizeof out->key);
    if (space_weather_time(span_str(m->issued), &out->epoch) != 0)
        (void)space_weather_time(span_str(m->begin), &out->epoch);
    return 0;
}

static void
put(struct buf *out, const char *text)
{
    if (text[0] == 0)
        return;
    buf_put_byte(out, ' ');
    text_quote(out, span_str(text), 60);
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)msg;

    buf_put_fmt(out, "%s %s", m->provider, m->kind);
    put(out, m->id);
    put(out, m->noaa_scale);
    put(out, m->headline);
    put(out, m->class_type);
    if (m->kp[0] != 0 || m->estimated_kp[0] != 0) {
        buf_put_str(out, m->kp[0] != 0 ? " Kp " : " estimated Kp ");
        fieldmap_number(out, span_str(m->kp[0] != 0 ? m->kp : m->estimated_kp));
    }
    if (m->g[0] != 0 || m->r[0] != 0 || m->s[0] != 0) {
        put(out, m->r);
        put(out, m->s);
        put(out, m->g);
    }
}

static void
json(const ProtobufCMessage *msg, struct buf *out)
{
    fieldmap_json(&space_weather_map, msg, out);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    fieldmap_source(&space_weather_map, msg, out);
}

static int
write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    json(msg, out);
    return 0;
}

static const struct writer json_writer = {.format = "json",
                                          .media = "application/json",
                                          .title = "canonical JSON, an array",
                                          .begin = jsonmap_begin,
                                          .between = jsonmap_between,
                                          .end = jsonmap_end,
                                          .write = write_json};
static const struct writer ndjson_writer = {.format = "ndjson",
                                            .media = "application/x-ndjson",
                                            .title = "canonical JSON, one record a line",
                                            .between = buf_end_line,
                                            .end = buf_end_line,
                                            .write = write_json};
static const struct reader *const readers[] = {&space_weather_alerts_reader, &space_weather_scales_reader,
                                               &space_weather_kp_reader,     &space_weather_donki_reader,
                                               &space_weather_notice_reader, NULL};
static const struct writer *const writers[] = {&json_writer, &ndjson_writer, &space_weather_cap_writer, NULL};

const struct type type_space_weather = {
    .name = "space_weather",
    .title = "Space weather (NOAA SWPC, NASA DONKI)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .alert = true,
    .schema = &parallax__v1__space_weather__descriptor,
    .check = check,
    .subject = subject,
    .summary = summary,
    .json = json,
    .source = source,
    .scales = space_weather_scales,
    .figures = space_weather_figures,
    .figure_names = space_weather_figure_names,
    .events = space_weather_events,
    .readers = readers,
    .writers = writers,
    .doc = "space_weather.md",
};
