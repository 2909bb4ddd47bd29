/* Where an object comes down, as far as the message says: for struct type. */
#include "base/num.h"
#include "base/text.h"
#include "types/outline.h"
#include "types/reentry/reentry_map.h"

static bool
place(const char *latitude, const char *longitude, struct area_corner *out)
{
    return num_double(span_str(latitude), &out->latitude_deg) == 0 &&
           num_double(span_str(longitude), &out->longitude_deg) == 0;
}

/* A confidence interval: along the great circle from its start to its stop, as wide as it is across the track. */
static void
add_interval(struct area_list *out, const char *start_lat, const char *start_lon, const char *stop_lat,
             const char *stop_lon, const char *cross_track)
{
    struct area_corner start, stop;
    double km = 0;

    (void)num_double(span_str(cross_track), &km);
    if (place(start_lat, start_lon, &start) && place(stop_lat, stop_lon, &stop))
        area_add_strip(out, &start, &stop, km);
}

void
reentry_places(const ProtobufCMessage *msg, struct area_list *out)
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;
    const struct span none = {NULL, 0};

    if (!reentry_is_rdm(msg)) {
        (void)outline_circle(out, span_str(r->lat), span_str(r->lon), none);
        return;
    }
    if (!text_equal_nocase(span_str(r->center_name), "EARTH"))
        return;
    (void)outline_circle(out, span_str(r->nominal_impact_lat), span_str(r->nominal_impact_lon), none);
    add_interval(out, r->impact_1_start_lat, r->impact_1_start_lon, r->impact_1_stop_lat,
                 r->impact_1_stop_lon, r->impact_1_cross_track);
    add_interval(out, r->impact_2_start_lat, r->impact_2_start_lon, r->impact_2_stop_lat,
                 r->impact_2_stop_lon, r->impact_2_cross_track);
    add_interval(out, r->impact_3_start_lat, r->impact_3_start_lon, r->impact_3_stop_lat,
                 r->impact_3_stop_lon, r->impact_3_cross_track);
}
