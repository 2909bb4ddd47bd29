/* Duty contact: Whom to call, for what, when, in which languages. Signed by the nation whose officer it is. */
#include "contact.pb-c.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__Contact Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "CONTACT/1", "CONTACT/1",                  \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "jp-watch-floor",                            \
      "what the issuer calls this matter; a later notice with the same id replaces this one")                \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-01-01T00:00:00Z",              \
      "when this notice was issued, UTC")                                                                    \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                      \
      "Japan, Aerospace Exploration Agency", "the authority that issues it")                                 \
    F("role", role, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL,                                                \
      "DUTY OFFICER|CONJUNCTION|RE-ENTRY|PLANETARY DEFENSE|SPACE "                                           \
      "WEATHER|RESCUE|REGISTRATION|SECURITY|STEWARD",                                                        \
      "DUTY OFFICER", "what for")                                                                            \
    F("name", name, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "Watch floor, Tsukuba",                  \
      "a desk rather than a person, where there is one")                                                     \
    F("telephone", telephone, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "+81 50 5555 0199",            \
      "with country code")                                                                                   \
    F("email", email, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "watch@jaxa.example",                           \
      "that is read at those hours")                                                                         \
    F("languages", languages, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "ja, en",                      \
      "spoken there, ISO 639, best first")                                                                   \
    F("hours", hours, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "24/7", "when somebody answers, UTC")  \
    F("escalation", escalation, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                       \
      "after 15 min: operations director, +81 50 5555 0198", "whom to call when nobody does")                \
    F("valid_from", valid_from, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-01-01T00:00:00Z", "UTC")        \
    F("valid_until", valid_until, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2033-01-01T00:00:00Z", "UTC")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__contact__descriptor);

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "contact-json",
    .title = "Duty contact",
    .key = "id",
    .epoch = {"issued"},
    .summary = {"role", "name", "telephone"},
    .order = {{"valid_from", "valid_until"}},
};

NOTICE_TYPE(contact, false, "Duty contact", parallax__v1__contact__descriptor);
