/* Alert by a rule: what a node derived from records of its own and of others. The rule, its version and its inputs are named, so that anybody can work it out again. */
#include "alert.pb-c.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__Alert Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "ALERT/1", "ALERT/1",                      \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "neo-iawn neo_risk 2031AQ7@sentry",          \
      "rule and subject: a later alert of the same node with the same id replaces this one")                 \
    F("rule", rule, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "neo-iawn", "which rule")                \
    F("rule_version", rule_version, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "1",                     \
      "which version of it")                                                                                 \
    F("overridden", overridden, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "YES|NO", "NO",                    \
      "YES: the node's own rule, not the one that Parallax supplies")                                        \
    F("state", state, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "RAISED|UPDATED|DOWNGRADED|CANCELLED",       \
      "RAISED", "what changed: RAISED to this level, UPDATED in its figures, DOWNGRADED to it, CANCELLED")   \
    F("level", level, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "WARNING",                             \
      "the level of the rule that is reached; NONE when cancelled")                                          \
    F("about_type", about_type, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                              \
      "neo_"                                                                                                 \
      "risk",                                                                                                \
      "record type of what it is about")                                                                     \
    F("about", about, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "2031AQ7@sentry",                      \
      "subject key of what it is about")                                                                     \
    F("object", object, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "neo:2031AQ7",                                \
      "canonical id of the object, where there is one")                                                      \
    F("second_object", second_object, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "norad:900000102",              \
      "canonical id of the other object, where there are two")                                               \
    F("headline", headline, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                  \
      "WARNING: impact probability above 1 %, larger than 10 m: neo:2031AQ7", "for people, one line")        \
    F("values", values, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                      \
      "us-noaa: impact_probability 0.013 > 0.01, size_m 46 (diameter_km 0.046) > 10",                        \
      "what was compared with what, for each origin")                                                        \
    F("inputs", inputs, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "00112233445566778899aabbccddeeff:17",        \
      "records that it follows from, joined by blanks")                                                      \
    F("origins", origins, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "us-noaa",                                  \
      "origins whose figures reach the level, joined by blanks")                                             \
    F("since", since, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-02-11T14:05:00.000Z",            \
      "when it was first raised, UTC")                                                                       \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-02-11T14:05:00.000Z",          \
      "when this one was derived, UTC")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__alert__descriptor);

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "alert-json",
    .title = "Alert by a rule",
    .key = "id",
    .epoch = {"issued"},
    .object = {"object", "second_object"},
    .object_kind = {"", ""},
    .summary = {"state", "level", "headline"},
    .order = {{"since", "issued"}},
};

NOTICE_TYPE(alert, true, "Alert by a rule", parallax__v1__alert__descriptor);
