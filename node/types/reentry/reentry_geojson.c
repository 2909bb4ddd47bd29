/*
 * GeoJSON (RFC 7946) of where an object may come down: the nominal impact point, and a line from the start to the stop of each confidence interval. The corridor's width is a
 * property, not a polygon: the standard gives it as a distance across the track.
 */
#include "types/reentry/reentry_map.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"

static void
put_text(struct buf *out, const char *name, const char *value)
{
    if (value[0] == 0)
        return;
    buf_put_fmt(out, ",\"%s\":", name);
    text_json(out, span_str(value));
}

static void
put_number(struct buf *out, const char *name, const char *value)
{
    if (value[0] == 0)
        return;
    buf_put_fmt(out, ",\"%s\":", name);
    fieldmap_number(out, span_str(value));
}

static void
put_point(struct buf *out, const char *lon, const char *lat)
{
    buf_put_byte(out, '[');
    fieldmap_number(out, span_str(lon));
    buf_put_byte(out, ',');
    fieldmap_number(out, span_str(lat));
    buf_put_byte(out, ']');
}

/* What every feature says of its record; ${what} tells which part of it this is. */
static void
put_properties(struct buf *out, const Parallax__V1__Reentry *r, const char *what)
{
    buf_put_fmt(out, "},\"properties\":{\"what\":\"%s\"", what);
    put_text(out, "OBJECT_NAME", r->object_name);
    put_text(out, "INTERNATIONAL_DESIGNATOR", r->international_designator);
    put_text(out, "MESSAGE_ID", r->message_id);
    put_text(out, "TIME_SYSTEM", r->time_system);
    put_text(out, "NOMINAL_REENTRY_EPOCH", r->nominal_reentry_epoch);
    put_text(out, "REENTRY_WINDOW_START", r->reentry_window_start);
    put_text(out, "REENTRY_WINDOW_END", r->reentry_window_end);
    put_text(out, "NOMINAL_IMPACT_EPOCH", r->nominal_impact_epoch);
    put_text(out, "IMPACT_WINDOW_START", r->impact_window_start);
    put_text(out, "IMPACT_WINDOW_END", r->impact_window_end);
    put_number(out, "PROBABILITY_OF_CASUALTY", r->probability_of_casualty);
}

static bool
put_nominal(struct buf *out, const Parallax__V1__Reentry *r)
{
    if (r->nominal_impact_lon[0] == 0 || r->nominal_impact_lat[0] == 0)
        return false;
    buf_put_str(out, "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":");
    put_point(out, r->nominal_impact_lon, r->nominal_impact_lat);
    put_properties(out, r, "nominal impact");
    buf_put_str(out, "}}");
    return true;
}

struct interval {
    const char *confidence, *start_lon, *start_lat, *stop_lon, *stop_lat, *cross_track;
};

static bool
put_interval(struct buf *out, const Parallax__V1__Reentry *r, const struct interval *i, bool first)
{
    if (i->start_lon[0] == 0 || i->start_lat[0] == 0 || i->stop_lon[0] == 0 || i->stop_lat[0] == 0)
        return false;
    buf_put_str(out, first ? "" : ",\n");
    buf_put_str(out, "{\"type\":\"Feature\",\"geometry\":{\"type\":\"LineString\",\"coordinates\":[");
    put_point(out, i->start_lon, i->start_lat);
    buf_put_byte(out, ',');
    put_point(out, i->stop_lon, i->stop_lat);
    buf_put_byte(out, ']');
    put_properties(out, r, "impact interval");
    put_number(out, "CONFIDENCE_PERCENT", i->confidence);
    put_number(out, "CROSS_TRACK_KM", i->cross_track);
    buf_put_str(out, "}}");
    return true;
}

/* Where the object is at its predicted decay. */
static int
put_tip(struct buf *out, const Parallax__V1__Reentry *r, const struct convert *how, struct why *why)
{
    if (*r->lon == 0 || *r->lat == 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "LON",
                       "the message says no place: there is nothing to draw");
    if (num_compare(span_str(r->lon), span_str("180")) > 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "LON",
                       "above 180 degrees: GeoJSON goes from -180 to 180, and nothing is rescaled");
    buf_put_str(out, "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":");
    put_point(out, r->lon, r->lat);
    buf_put_str(out, "},\"properties\":{\"what\":\"predicted decay\"");
    put_number(out, "NORAD_CAT_ID", r->norad_cat_id);
    put_text(out, "MSG_EPOCH", r->msg_epoch);
    put_text(out, "DECAY_EPOCH", r->decay_epoch);
    put_number(out, "WINDOW", r->window);
    buf_put_str(out, "}}");
    return fill_lose(how, why, NULL, "a drawing holds place and window only");
}

static int
write_geojson(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;
    const struct interval intervals[] = {
        {r->impact_1_confidence, r->impact_1_start_lon, r->impact_1_start_lat, r->impact_1_stop_lon,
         r->impact_1_stop_lat, r->impact_1_cross_track},
        {r->impact_2_confidence, r->impact_2_start_lon, r->impact_2_start_lat, r->impact_2_stop_lon,
         r->impact_2_stop_lat, r->impact_2_cross_track},
        {r->impact_3_confidence, r->impact_3_start_lon, r->impact_3_start_lat, r->impact_3_stop_lon,
         r->impact_3_stop_lat, r->impact_3_cross_track},
    };
    bool any;

    if (!reentry_is_rdm(msg))
        return put_tip(out, r, how, why);
    any = put_nominal(out, r);

    for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++)
        any = put_interval(out, r, &intervals[i], !any) || any;
    if (!any)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "NOMINAL_IMPACT_LON",
                       "the message says no place: there is nothing to draw");
    return fill_lose(how, why, NULL, "a drawing holds place and window only");
}

static void
begin(struct buf *out)
{
    buf_put_str(out, "{\"type\":\"FeatureCollection\",\"features\":[\n");
}

static void
between(struct buf *out)
{
    buf_put_str(out, ",\n");
}

static void
end(struct buf *out)
{
    buf_put_str(out, "\n]}\n");
}

const struct writer reentry_geojson_writer = {.format = "geojson",
                                              .media = "application/geo+json",
                                              .title = "GeoJSON of impact point and intervals",
                                              .begin = begin,
                                              .between = between,
                                              .end = end,
                                              .write = write_geojson};
