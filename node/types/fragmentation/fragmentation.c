/* Break-up of a space object: That an object broke up, when, why as far as is known, and into how many pieces. */
#include "fragmentation.pb-c.h"
#include "types/designator.h"
#include "types/figure.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__Fragmentation Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "FRAGMENTATION/1", "FRAGMENTATION/1",      \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "EU-FG-2032-0031",                           \
      "what the issuer calls this matter; a later notice with the same id replaces this one")                \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-05-17T06:10:00Z",              \
      "when this notice was issued, UTC")                                                                    \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "France, space operations centre",   \
      "the authority that issues it")                                                                        \
    F("contact", contact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "watch floor, +33 5 55 55 01 00",           \
      "whom to call, at any hour")                                                                           \
    F("object_name", object_name, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "MERIDIAN SAMPLE DEB 4",   \
      "name of the object")                                                                                  \
    F("norad_cat_id", norad_cat_id, FIELD_INT, 0, NULL, "1", "999999999", NULL, "900000204",                 \
      "catalogue number")                                                                                    \
    F("cospar_id", cospar_id, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "2029-901D",                            \
      "international designator")                                                                            \
    F("event_time", event_time, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-05-17T01:22:40Z",               \
      "when it happened, UTC")                                                                               \
    F("event_time_uncertainty_s", event_time_uncertainty_s, FIELD_REAL, 0, "s", "0", NULL, NULL, "90",       \
      "how far off that may be")                                                                             \
    F("cause", cause, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL,                                              \
      "UNKNOWN|EXPLOSION|COLLISION|AERODYNAMIC|DELIBERATE|ANOMALOUS", "EXPLOSION", "as far as is known")     \
    F("second_object", second_object, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "none known",                   \
      "what it collided with")                                                                               \
    F("pieces", pieces, FIELD_INT, 0, NULL, "0", NULL, NULL, "140", "how many pieces are estimated")         \
    F("pieces_tracked", pieces_tracked, FIELD_INT, 0, NULL, "0", NULL, NULL, "61",                           \
      "how many of them are tracked")                                                                        \
    F("perigee_km", perigee_km, FIELD_REAL, 0, "km", "0", NULL, NULL, "702.3", "of the orbit before")        \
    F("apogee_km", apogee_km, FIELD_REAL, 0, "km", "0", NULL, NULL, "731.9", "of the orbit before")          \
    F("inclination_deg", inclination_deg, FIELD_REAL, 0, "deg", "0", "180", NULL, "98.12",                   \
      "of the orbit before")                                                                                 \
    F("altitude_min_km", altitude_min_km, FIELD_REAL, 0, "km", "0", NULL, NULL, "480",                       \
      "lowest altitude that pieces reach")                                                                   \
    F("altitude_max_km", altitude_max_km, FIELD_REAL, 0, "km", "0", NULL, NULL, "1190",                      \
      "highest altitude that pieces reach")                                                                  \
    F("risk_rise_percent", risk_rise_percent, FIELD_REAL, 0, "%", "0", NULL, NULL, "6.5",                    \
      "rise of collision risk for our satellites over the next month")                                       \
    F("advice", advice, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "screen against the pieces daily",            \
      "what operators should do")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__fragmentation__descriptor);

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "fragmentation-json",
    .title = "Break-up of a space object",
    .key = "id",
    .epoch = {"event_time", "issued"},
    .object = {"norad_cat_id", "cospar_id"},
    .object_kind = {"norad", "cospar"},
    .object_name = "object_name",
    .summary = {"object_name", "cause", "pieces_tracked"},
    .order = {{"perigee_km", "apogee_km"},
              {"altitude_min_km", "altitude_max_km"},
              {"pieces_tracked", "pieces"}},
};

static const char *const figure_names[] = {"fragmentation", "pieces", "risk_rise_percent", "age_h", NULL};

static size_t
figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX])
{
    const Notice *n = (const Notice *)msg;
    struct figures f = {.out = out, .at = at};

    figure_count(&f, "fragmentation", 1, n->cause);
    figure_decimal(&f, "pieces", "pieces", n->pieces[0] != 0 ? n->pieces : n->pieces_tracked, 0);
    figure_decimal(&f, "risk_rise_percent", "risk_rise_percent", n->risk_rise_percent, 0);
    figure_hours_since(&f, "age_h", "issued", designator_utc(span_str(n->issued), span_str("UTC")));
    return f.n;
}

#define OPEN_NS ((int64_t)30 * 86400 * 1000000000) /* as the alert rule: pieces are being found for a month */

static size_t
events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Notice *n = (const Notice *)msg;
    char object[LIMIT_TEXT_BYTES + 8];

    designator_object(n->norad_cat_id, n->cospar_id, n->object_name, object, sizeof object);
    (void)notice_event(out, "fragmentation", object, n->id, n->event_time[0] != 0 ? n->event_time : n->issued,
                       n->issued, NULL);
    out->closes = utc_add_ns(out->issued, OPEN_NS);
    return 1;
}

NOTICE_TYPE_EVENTS(fragmentation, true, "Break-up of a space object", parallax__v1__fragmentation__descriptor,
                   NULL, figures, figure_names, events);
