/* Registration of a space object: What a State of registry furnishes: Registration Convention, article IV, with the additions of General Assembly resolution 62/101. The official register is that of the United Nations; a record here is a draft of what was or will be sent there, and says so. */
#include "registration.pb-c.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__Registration Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "REGISTRATION/1", "REGISTRATION/1",        \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "FR-2032-007",                               \
      "what the issuer calls this matter; a later notice with the same id replaces this one")                \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-03-01T09:00:00Z",              \
      "when this notice was issued, UTC")                                                                    \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                      \
      "France, Centre national d'etudes spatiales", "the authority that issues it")                          \
    F("contact", contact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "registry@cnes.example",                    \
      "whom to call, at any hour")                                                                           \
    F("draft", draft, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "YES", "YES",                                \
      "that this is no submission to the United Nations")                                                    \
    F("state_of_registry", state_of_registry, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "France",      \
      "the State in whose register it is carried")                                                           \
    F("launching_states", launching_states, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "France, Japan", \
      "all launching States, separated by commas")                                                           \
    F("designator", designator, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "FR-2032-007-A",             \
      "appropriate designator or registration number")                                                       \
    F("cospar_id", cospar_id, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "2032-011A",                            \
      "international designator")                                                                            \
    F("norad_cat_id", norad_cat_id, FIELD_INT, 0, NULL, "1", "999999999", NULL, "900000101",                 \
      "catalogue number")                                                                                    \
    F("launched", launched, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-02-20T03:14:07Z",                   \
      "date of launch, UTC")                                                                                 \
    F("launch_place", launch_place, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "Guiana Space Centre, Kourou",    \
      "territory or location of launch")                                                                     \
    F("nodal_period_min", nodal_period_min, FIELD_REAL, 0, "min", "0", NULL, NULL, "97.4",                   \
      "basic orbital parameters")                                                                            \
    F("inclination_deg", inclination_deg, FIELD_REAL, 0, "deg", "0", "180", NULL, "97.92",                   \
      "basic orbital parameters")                                                                            \
    F("apogee_km", apogee_km, FIELD_REAL, 0, "km", "0", NULL, NULL, "612.0",                                 \
      "basic orbital parameters, above the equatorial radius")                                               \
    F("perigee_km", perigee_km, FIELD_REAL, 0, "km", "0", NULL, NULL, "598.5",                               \
      "basic orbital parameters, above the equatorial radius")                                               \
    F("gso_longitude_deg", gso_longitude_deg, FIELD_REAL, 0, "deg", "-180", "360", NULL, "7.0",              \
      "planned position in the geostationary orbit, east positive")                                          \
    F("function", function, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "Earth observation",             \
      "general function of the object")                                                                      \
    F("change", change, FIELD_WORD, 0, NULL, NULL, NULL,                                                     \
      "NONE|OPERATIONS ENDED|MOVED TO DISPOSAL ORBIT|DECAYED|RECOVERED|DEORBITED|CHANGE OF SUPERVISION",     \
      "NONE", "change of status since the last notice")                                                      \
    F("changed", changed, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-02-28T00:00:00Z",                     \
      "when that change happened, UTC")                                                                      \
    F("supervision", supervision, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "France",                           \
      "the State or organization that supervises it, where that changed")                                    \
    F("web", web, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "https://cnes.example/fr-2032-007",                 \
      "official information on the object")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__registration__descriptor);

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "registration-json",
    .title = "Registration of a space object",
    .key = "id",
    .epoch = {"issued"},
    .object = {"cospar_id", "norad_cat_id"},
    .object_kind = {"cospar", "norad"},
    .summary = {"designator", "function", "change"},
    .order = {{"perigee_km", "apogee_km"}},
};

NOTICE_TYPE(registration, false, "Registration of a space object", parallax__v1__registration__descriptor);
