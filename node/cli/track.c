#include "cli/track.h"

#include <string.h>

#include "base/text.h"
#include "cli/screen.h"

static void
nothing(struct track_out *out)
{
    (void)out;
}

static void
set_nothing(struct track_out *out, const struct track_set *set)
{
    (void)out, (void)set;
}

static void
begin_text_set(struct track_out *out, const struct track_set *set)
{
    char epoch[UTC_TEXT_MAX];

    utc_print(set->epoch, 6, epoch);
    if (out->sets > 0)
        buf_put_byte(&out->text, '\n');
    screen_text(&out->text, set->object);
    buf_put_byte(&out->text, ' ');
    if (set->name[0] != 0) {
        text_quote(&out->text, span_str(set->name), 40);
        buf_put_byte(&out->text, ' ');
    }
    buf_put_fmt(&out->text, "epoch %s\n%-24s %13s %13s %13s %11s %11s %11s %9s %10s %11s\n", epoch, "UTC",
                "TEME x km", "y km", "z km", "x' km/s", "y' km/s", "z' km/s", "lat deg", "lon deg",
                "height km");
}

static void
put_text_point(struct track_out *out, const struct track_set *set, const struct track_point *p)
{
    char t[UTC_TEXT_MAX];

    (void)set;
    utc_print(p->t, 3, t);
    if (p->error != SGP4_DONE)
        buf_put_fmt(&out->text, "%-24s error %d: %s\n", t, p->error, sgp4_error_text(p->error));
    else
        buf_put_fmt(&out->text, "%-24s %13.6f %13.6f %13.6f %11.8f %11.8f %11.8f %9.5f %10.5f %11.4f\n", t,
                    p->r_km[0], p->r_km[1], p->r_km[2], p->v_km_s[0], p->v_km_s[1], p->v_km_s[2],
                    p->place.latitude_rad * TRACK_DEGREES, p->place.longitude_rad * TRACK_DEGREES,
                    p->place.height_km);
}

static void
put_json_point(struct track_out *out, const struct track_set *set, const struct track_point *p)
{
    struct buf *b = &out->text;
    char t[UTC_TEXT_MAX];

    buf_put_str(b, "{\"object\":");
    text_json(b, span_str(set->object));
    buf_put_str(b, ",\"name\":");
    text_json(b, span_str(set->name));
    utc_print(set->epoch, 6, t);
    buf_put_fmt(b, ",\"epoch\":\"%s\"", t);
    utc_print(p->t, 6, t);
    buf_put_fmt(b, ",\"utc\":\"%s\",\"days_from_epoch\":%.9f", t, p->days);
    if (p->error != SGP4_DONE)
        buf_put_fmt(b, ",\"error\":%d,\"error_text\":\"%s\"}\n", p->error, sgp4_error_text(p->error));
    else
        buf_put_fmt(
            b,
            ",\"r_teme_km\":[%.9f,%.9f,%.9f],\"v_teme_km_s\":[%.12f,%.12f,%.12f],\"latitude_deg\":%.9f,"
            "\"longitude_deg\":%.9f,\"height_km\":%.6f}\n",
            p->r_km[0], p->r_km[1], p->r_km[2], p->v_km_s[0], p->v_km_s[1], p->v_km_s[2],
            p->place.latitude_rad * TRACK_DEGREES, p->place.longitude_rad * TRACK_DEGREES,
            p->place.height_km);
}

static const struct track_writer text_writer = {"text",         false,       nothing, begin_text_set,
                                                put_text_point, set_nothing, nothing};
static const struct track_writer json_writer = {"json",         false,       nothing, set_nothing,
                                                put_json_point, set_nothing, nothing};

const struct track_writer *
track_writer(const char *format)
{
    const struct track_writer *const writers[] = {&text_writer, &json_writer, &track_geojson};

    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        if (strcmp(format, writers[i]->format) == 0)
            return writers[i];
    }
    return NULL;
}
