/* Activity on or around the Moon: What is to be done where and when, so that nobody interferes: Artemis Accords, section 11 (deconfliction of activities). The zone is a notice to others, no claim. */
#include <stdio.h>

#include "lunar_activity.pb-c.h"
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

static size_t
events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    static const char *const over[] = {"ENDED", "CANCELLED", NULL};
    const Notice *n = (const Notice *)msg;
    char scope[LIMIT_TEXT_BYTES + 8];

    (void)snprintf(scope, sizeof scope, "id:%s", n->id);
    (void)notice_event(out, "zone", scope, n->id, NULL, n->issued, n->end);
    out->ended = notice_is_one_of(n->status, over);
    return 1;
}

NOTICE_TYPE_EVENTS(lunar_activity, false, "Activity on or around the Moon",
                   parallax__v1__lunar_activity__descriptor, NULL, NULL, NULL, events);
