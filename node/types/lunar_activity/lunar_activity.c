/* Activity on or around the Moon: What is to be done where and when, so that nobody interferes: Artemis Accords, section 11 (deconfliction of activities). The zone is a notice to others, no claim. */
#include <stdio.h>

#include "astro/sphere.h"
#include "base/num.h"
#include "lunar_activity.pb-c.h"
#include "types/designator.h"
#include "types/figure.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__LunarActivity Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "LUNAR_ACTIVITY/1", "LUNAR_ACTIVITY/1",    \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "FR-LUNE-2032-02",                           \
      "what the issuer calls this matter; a later notice with the same id replaces this one")                \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-07-01T12:00:00Z",              \
      "when this notice was issued, UTC")                                                                    \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                      \
      "France, Centre national d'etudes spatiales", "the authority that issues it")                          \
    F("contact", contact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "lunar desk, +33 5 55 55 01 20",            \
      "whom to call, at any hour")                                                                           \
    F("status", status, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "PLANNED|ACTIVE|ENDED|CANCELLED",          \
      "PLANNED", "of the activity")                                                                          \
    F("activity", activity, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "landing and drilling",          \
      "general nature of the activity")                                                                      \
    F("mission", mission, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "Selene 4", "name of the mission")          \
    F("location", location, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "rim of Shackleton crater", "in words")   \
    F("latitude_deg", latitude_deg, FIELD_REAL, 0, "deg", "-90", "90", NULL, "-89.54",                       \
      "centre of the safety zone, north positive")                                                           \
    F("longitude_deg", longitude_deg, FIELD_REAL, 0, "deg", "-180", "360", NULL, "221.6",                    \
      "centre of the safety zone, east positive")                                                            \
    F("radius_km", radius_km, FIELD_REAL, 0, "km", "0", NULL, NULL, "2.0", "of the safety zone")             \
    F("start", start, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-09-14T00:00:00Z",                \
      "from when on, UTC")                                                                                   \
    F("end", end, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-10-02T00:00:00Z", "until when, UTC") \
    F("hazards", hazards, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "plume ejecta to 2 km at landing",          \
      "what others must expect")                                                                             \
    F("coordination", coordination, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                   \
      "tell us 14 days ahead of any landing within 50 km", "what is asked of others")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__lunar_activity__descriptor);

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "lunar_activity-json",
    .title = "Activity on or around the Moon",
    .key = "id",
    .epoch = {"start", "issued"},
    .summary = {"status", "activity", "location"},
    .order = {{"start", "end"}},
};

static const char *const over[] = {"ENDED", "CANCELLED", NULL};

static const char *const figure_names[] = {"in_force",      "radius_km", "latitude_deg",
                                           "longitude_deg", "start_mjd", "end_mjd",
                                           "opens_h",       "closes_h",  NULL};

static struct utc
utc_of(const char *text)
{
    struct utc t = {0};

    (void)utc_parse(span_str(text), &t);
    return t;
}

static size_t
figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX])
{
    const Notice *n = (const Notice *)msg;
    struct figures f = {.out = out, .at = at};

    figure_count(&f, "in_force", notice_is_one_of(n->status, over) ? 0 : 1, n->status);
    figure_decimal(&f, "radius_km", "radius_km", n->radius_km, 0);
    figure_decimal(&f, "latitude_deg", "latitude_deg", n->latitude_deg, 0);
    figure_decimal(&f, "longitude_deg", "longitude_deg", n->longitude_deg, 0);
    figure_time(&f, "start_mjd", "start", n->start);
    figure_time(&f, "end_mjd", "end", n->end);
    figure_hours_to(&f, "opens_h", "start", utc_of(n->start));
    figure_hours_to(&f, "closes_h", "end", utc_of(n->end));
    return f.n;
}

static void
extent(const ProtobufCMessage *msg, struct type_extent *out)
{
    const Notice *n = (const Notice *)msg;

    *out = (struct type_extent){.body_km = SPHERE_MOON_KM,
                                .zone = {.start = utc_of(n->start), .end = utc_of(n->end)},
                                .is_over = notice_is_one_of(n->status, over),
                                .issued = utc_of(n->issued)};
    out->has_place = num_double(span_str(n->latitude_deg), &out->zone.latitude_deg) == 0 &&
                     num_double(span_str(n->longitude_deg), &out->zone.longitude_deg) == 0;
    out->has_radius = num_double(span_str(n->radius_km), &out->zone.radius_km) == 0;
    notice_label(n->id, n->issuer, out->label, sizeof out->label);
    notice_label(n->issuer, NULL, out->issuer, sizeof out->issuer);
}

static size_t
events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Notice *n = (const Notice *)msg;
    char scope[LIMIT_TEXT_BYTES + 8];

    (void)snprintf(scope, sizeof scope, "id:%s", n->id);
    (void)notice_event(out, "zone", scope, n->id, NULL, n->issued, n->end);
    out->ended = notice_is_one_of(n->status, over);
    return 1;
}

NOTICE_TYPE_EXTENT(lunar_activity, false, "Activity on or around the Moon",
                   parallax__v1__lunar_activity__descriptor, NULL, figures, figure_names, events, extent);
