/*
 * Ground tracks as GeoJSON (RFC 7946): a FeatureCollection with a MultiLineString an element set, of longitude, latitude (degrees, WGS-84) and
 * height (m). Lines are cut at the antimeridian (section 3.1.9), and where nothing could be computed.
 */
#include "cli/track.h"

#include <math.h>

#include "base/text.h"

static void
begin(struct track_out *out)
{
    buf_put_str(&out->text, "{\"type\":\"FeatureCollection\",\"features\":[");
}

static void
begin_set(struct track_out *out, const struct track_set *set)
{
    (void)set;
    out->line = (struct track_line){0};
    buf_put_fmt(&out->text,
                "%s{\"type\":\"Feature\",\"geometry\":{\"type\":\"MultiLineString\",\"coordinates\":[",
                out->sets > 0 ? ",\n" : "");
}

static void
put_position(struct track_out *out, double longitude_deg, double latitude_deg, double height_km)
{
    struct track_line *line = &out->line;

    if (line->n == 0)
        buf_put_str(&out->text, line->lines > 0 ? ",[" : "[");
    buf_put_fmt(&out->text, "%s[%.6f,%.6f,%.1f]", line->n > 0 ? "," : "", longitude_deg, latitude_deg,
                height_km * 1e3);
    line->n++;
    line->longitude_deg = longitude_deg;
    line->latitude_deg = latitude_deg;
    line->height_km = height_km;
}

/* A line has two positions at least (RFC 7946 section 3.1.4): a lonely one is said twice. */
static void
end_line(struct track_out *out)
{
    struct track_line *line = &out->line;

    if (line->n == 0)
        return;
    if (line->n == 1)
        put_position(out, line->longitude_deg, line->latitude_deg, line->height_km);
    buf_put_byte(&out->text, ']');
    line->lines++;
    line->n = 0;
}

/* From the last position to the antimeridian, and on from its other side. */
static void
cross(struct track_out *out, double longitude_deg, double latitude_deg, double height_km)
{
    struct track_line from = out->line;
    double edge = from.longitude_deg > 0 ? 180.0 : -180.0;
    double beyond = longitude_deg + 2 * edge;
    double part = (edge - from.longitude_deg) / (beyond - from.longitude_deg);
    double at_latitude = from.latitude_deg + part * (latitude_deg - from.latitude_deg);
    double at_height = from.height_km + part * (height_km - from.height_km);

    put_position(out, edge, at_latitude, at_height);
    end_line(out);
    put_position(out, -edge, at_latitude, at_height);
}

static void
put_point(struct track_out *out, const struct track_set *set, const struct track_point *p)
{
    double longitude_deg = p->place.longitude_rad * TRACK_DEGREES;
    double latitude_deg = p->place.latitude_rad * TRACK_DEGREES;

    (void)set;
    if (p->error != SGP4_DONE) {
        end_line(out);
        return;
    }
    if (out->line.n > 0 && fabs(longitude_deg - out->line.longitude_deg) > 180.0)
        cross(out, longitude_deg, latitude_deg, p->place.height_km);
    put_position(out, longitude_deg, latitude_deg, p->place.height_km);
}

static void
end_set(struct track_out *out, const struct track_set *set)
{
    char epoch[UTC_TEXT_MAX];

    end_line(out);
    utc_print(set->epoch, 6, epoch);
    buf_put_str(&out->text, "]},\"properties\":{\"object\":");
    text_json(&out->text, span_str(set->object));
    buf_put_str(&out->text, ",\"name\":");
    text_json(&out->text, span_str(set->name));
    buf_put_fmt(&out->text, ",\"epoch\":\"%s\"", epoch);
    if (out->error != SGP4_DONE)
        buf_put_fmt(&out->text, ",\"error\":%d,\"error_text\":\"%s\"", out->error,
                    sgp4_error_text(out->error));
    buf_put_str(&out->text, "}}");
}

static void
end(struct track_out *out)
{
    buf_put_str(&out->text, "]}\n");
}

const struct track_writer track_geojson = {"geojson", true, begin, begin_set, put_point, end_set, end};
