/* Notice of a launch: A pre-launch notification with the elements that subscribers of the Hague Code of Conduct exchange, and what became of it. */
#include <stdio.h>

#include "launch.pb-c.h"
#include "types/figure.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__Launch Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "LAUNCH/1", "LAUNCH/1",                    \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "JP-2032-L04",                               \
      "what the issuer calls this matter; a later notice with the same id replaces this one")                \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-04-02T00:00:00Z",              \
      "when this notice was issued, UTC")                                                                    \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                      \
      "Japan, Aerospace Exploration Agency", "the authority that issues it")                                 \
    F("contact", contact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "launch control, +81 50 5555 0100",         \
      "whom to call, at any hour")                                                                           \
    F("outcome", outcome, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL,                                          \
      "PLANNED|DELAYED|LAUNCHED|FAILED|CANCELLED", "PLANNED", "what became of it so far")                    \
    F("vehicle_class", vehicle_class, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL,                              \
      "SPACE LAUNCH VEHICLE|BALLISTIC MISSILE|SOUNDING ROCKET|REENTRY TEST", "SPACE LAUNCH VEHICLE",         \
      "generic class")                                                                                       \
    F("vehicle", vehicle, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "Hayate 2", "name of the vehicle")          \
    F("window_start", window_start, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-04-09T21:30:00Z",  \
      "planned launch window, UTC")                                                                          \
    F("window_end", window_end, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-04-09T23:45:00Z",      \
      "planned launch window, UTC")                                                                          \
    F("launch_area", launch_area, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                            \
      "Tanegashima Space Center", "launch area")                                                             \
    F("latitude_deg", latitude_deg, FIELD_REAL, 0, "deg", "-90", "90", NULL, "30.400",                       \
      "of the pad, WGS 84, north positive")                                                                  \
    F("longitude_deg", longitude_deg, FIELD_REAL, 0, "deg", "-180", "360", NULL, "130.975",                  \
      "of the pad, WGS 84, east positive")                                                                   \
    F("azimuth_deg", azimuth_deg, FIELD_REAL, 0, "deg", "0", "360", NULL, "98.5",                            \
      "planned direction, from north through east")                                                          \
    F("inclination_deg", inclination_deg, FIELD_REAL, 0, "deg", "0", "180", NULL, "33.0",                    \
      "of the planned orbit")                                                                                \
    F("hazard_areas", hazard_areas, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                   \
      "NAVAREA XI 0412/32; NOTAM J1182/32", "warnings to ships and aircraft")                                \
    F("payloads", payloads, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "two technology satellites",              \
      "what it carries")                                                                                     \
    F("launched", launched, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-04-09T21:41:12Z",                   \
      "when it was launched, UTC")                                                                           \
    F("cospar_id", cospar_id, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "2032-030A",                            \
      "of the first object, once it has one")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__launch__descriptor);

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "launch-json",
    .title = "Notice of a launch",
    .key = "id",
    .epoch = {"launched", "window_start"},
    .object = {"cospar_id"},
    .object_kind = {"cospar"},
    .summary = {"outcome", "vehicle_class", "vehicle"},
    .order = {{"window_start", "window_end"}},
};

static const char *const figure_names[] = {"due",          "window_opens_mjd", "window_closes_mjd",
                                           "launched_mjd", "azimuth_deg",      "inclination_deg",
                                           "opens_h",      "closes_h",         NULL};

static const char *const over[] = {"LAUNCHED", "FAILED", "CANCELLED", NULL};

static size_t
figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX])
{
    const Notice *n = (const Notice *)msg;
    struct figures f = {.out = out, .at = at};
    struct utc opens = {0}, closes = {0};

    (void)utc_parse(span_str(n->window_start), &opens);
    (void)utc_parse(span_str(n->window_end), &closes);
    figure_count(&f, "due", notice_is_one_of(n->outcome, over) ? 0 : 1, n->outcome);
    figure_time(&f, "window_opens_mjd", "window_start", n->window_start);
    figure_time(&f, "window_closes_mjd", "window_end", n->window_end);
    figure_time(&f, "launched_mjd", "launched", n->launched);
    figure_decimal(&f, "azimuth_deg", "azimuth_deg", n->azimuth_deg, 0);
    figure_decimal(&f, "inclination_deg", "inclination_deg", n->inclination_deg, 0);
    figure_hours_to(&f, "opens_h", "window_start", opens);
    figure_hours_to(&f, "closes_h", "window_end", closes);
    return f.n;
}

/* By its id, which stays when the window moves. */
static size_t
events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Notice *n = (const Notice *)msg;
    char scope[LIMIT_TEXT_BYTES + 8];

    (void)snprintf(scope, sizeof scope, "id:%s", n->id);
    (void)notice_event(out, "launch", scope, n->id, NULL, n->issued, n->window_end);
    out->ended = notice_is_one_of(n->outcome, over);
    return 1;
}

/* The pad: hazard areas are told in words. */
static void
places(const ProtobufCMessage *msg, struct area_list *out)
{
    const Notice *n = (const Notice *)msg;

    notice_place(out, n->latitude_deg, n->longitude_deg, NULL);
}

NOTICE_TYPE_PLACES(launch, false, "Notice of a launch", parallax__v1__launch__descriptor, NULL, figures,
                   figure_names, events, places);
