/* Astronauts or a spacecraft in distress: What a State tells that learns of an accident, distress or emergency landing, or finds people or objects: 1968 Rescue Agreement, articles 1 to 5. */
#include <stdio.h>

#include "base/text.h"
#include "distress.pb-c.h"
#include "types/designator.h"
#include "types/figure.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__Distress Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "DISTRESS/1", "DISTRESS/1",                \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "NOAA-RCC-2032-014",                         \
      "what the issuer calls this matter; a later notice with the same id replaces this one")                \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-02-11T14:05:00Z",              \
      "when this notice was issued, UTC")                                                                    \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                      \
      "United States, Rescue Coordination Center", "the authority that issues it")                           \
    F("contact", contact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "duty officer, +1 301 555 0100",            \
      "whom to call, at any hour")                                                                           \
    F("state", state, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL,                                              \
      "DISTRESS|ACCIDENT|EMERGENCY LANDING|FOUND|RESCUED|RETURNED|ENDED", "EMERGENCY LANDING",               \
      "what is known of the matter now")                                                                     \
    F("spacecraft", spacecraft, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "Aurora 3",                  \
      "name of the spacecraft, or unknown")                                                                  \
    F("cospar_id", cospar_id, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "2032-004A",                            \
      "its international designator")                                                                        \
    F("launching_authority", launching_authority, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "unknown",          \
      "the State or organization that launched it; unknown makes the notice public (article 1)")             \
    F("persons", persons, FIELD_INT, 0, NULL, "0", "1000", NULL, "3", "how many people are concerned")       \
    F("condition", condition, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "all three conscious, one injured arm", \
      "what is known of them")                                                                               \
    F("latitude_deg", latitude_deg, FIELD_REAL, 0, "deg", "-90", "90", NULL, "-12.4021",                     \
      "where, WGS 84, north positive")                                                                       \
    F("longitude_deg", longitude_deg, FIELD_REAL, 0, "deg", "-180", "360", NULL, "-151.2207",                \
      "where, WGS 84, east positive")                                                                        \
    F("position_time", position_time, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-02-11T13:58:20Z",         \
      "when that was their position, UTC")                                                                   \
    F("position_uncertainty_km", position_uncertainty_km, FIELD_REAL, 0, "km", "0", NULL, NULL, "4.5",       \
      "how far off it may be")                                                                               \
    F("beacon_id", beacon_id, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "2DCC7A1B04FFBFF",                      \
      "15 hexadecimal digits of a 406 MHz beacon")                                                           \
    F("beacon_frequency_mhz", beacon_frequency_mhz, FIELD_REAL, 0, "MHz", "0", NULL, NULL, "406.040",        \
      "on which it is heard")                                                                                \
    F("un_notified", un_notified, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-02-11T14:20:00Z",             \
      "when the Secretary-General of the United Nations was notified, UTC (article 1)")                      \
    F("steps", steps, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "a ship and two aircraft are on their way",     \
      "what is being done (article 2)")                                                                      \
    F("object_found", object_found, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "heat shield, afloat",            \
      "what was found of the spacecraft (article 5)")                                                        \
    F("hazard", hazard, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "hydrazine on board: keep upwind",            \
      "what rescuers must know")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__distress__descriptor);

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "distress-json",
    .title = "Astronauts or a spacecraft in distress",
    .key = "id",
    .epoch = {"position_time", "issued"},
    .object = {"cospar_id"},
    .object_kind = {"cospar"},
    .object_name = "spacecraft",
    .summary = {"state", "spacecraft", "condition"},
};

static const char *const figure_names[] = {"distress", NULL};

/* FOUND is not yet rescued. */
static const char *const over[] = {"RESCUED", "RETURNED", "ENDED", NULL};

static size_t
figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX])
{
    const Notice *n = (const Notice *)msg;
    struct figures f = {.out = out, .at = at};

    figure_count(&f, "distress", notice_is_one_of(n->state, over) ? 0 : 1, n->state);
    return f.n;
}

/* By the name that everybody who reports it knows; a designator comes later, or never. */
static size_t
events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Notice *n = (const Notice *)msg;
    char object[LIMIT_TEXT_BYTES + 8];

    if (!text_equal_nocase(span_str(n->spacecraft), "unknown"))
        designator_object(NULL, NULL, n->spacecraft, object, sizeof object);
    else if (n->beacon_id[0] != 0)
        (void)snprintf(object, sizeof object, "beacon:%s", n->beacon_id);
    else
        (void)snprintf(object, sizeof object, "id:%s", n->id);
    (void)notice_event(out, "distress", object, n->id, n->issued, n->issued, NULL);
    out->ended = notice_is_one_of(n->state, over);
    return 1;
}

static void
places(const ProtobufCMessage *msg, struct area_list *out)
{
    const Notice *n = (const Notice *)msg;

    notice_place(out, n->latitude_deg, n->longitude_deg, n->position_uncertainty_km);
}

NOTICE_TYPE_PLACES(distress, true, "Astronauts or a spacecraft in distress",
                   parallax__v1__distress__descriptor, NULL, figures, figure_names, events, places);
