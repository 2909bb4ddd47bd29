/* Anomaly of a spacecraft: That a spacecraft does not do what it should, as far as it concerns others. */
#include <string.h>

#include "anomaly.pb-c.h"
#include "types/designator.h"
#include "types/figure.h"
#include "types/jsonmap.h"
#include "types/notice.h"

typedef Parallax__V1__Anomaly Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "ANOMALY/1", "ANOMALY/1",                  \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "NOAA-AR-2032-118",                          \
      "what the issuer calls this matter; a later notice with the same id replaces this one")                \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-06-03T18:00:00Z",              \
      "when this notice was issued, UTC")                                                                    \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                      \
      "United States, satellite operations", "the authority that issues it")                                 \
    F("contact", contact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "operations, +1 301 555 0111",              \
      "whom to call, at any hour")                                                                           \
    F("object_name", object_name, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "MERIDIAN SAMPLE 6",       \
      "name of the object")                                                                                  \
    F("norad_cat_id", norad_cat_id, FIELD_INT, 0, NULL, "1", "999999999", NULL, "900000106",                 \
      "catalogue number")                                                                                    \
    F("cospar_id", cospar_id, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "2030-902F",                            \
      "international designator")                                                                            \
    F("anomaly_type", anomaly_type, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL,                                \
      "ATTITUDE|PROPULSION|POWER|COMMUNICATION|INTERFERENCE|PAYLOAD|CYBER|SPACE ENVIRONMENT|OTHER",          \
      "ATTITUDE", "what kind")                                                                               \
    F("status", status, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "ONGOING|MITIGATED|ENDED|LOSS OF MISSION", \
      "ONGOING", "of the anomaly")                                                                           \
    F("started", started, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-06-03T16:20:00Z",            \
      "when it began, UTC")                                                                                  \
    F("ended", ended, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-06-05T02:00:00Z", "when it ended, UTC")   \
    F("impact", impact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "no manoeuvres for the time being",           \
      "what it means for others")                                                                            \
    F("maneuverable", maneuverable, FIELD_WORD, 0, NULL, NULL, NULL, "YES|NO|LIMITED", "NO",                 \
      "whether it can avoid a collision now")                                                                \
    F("mitigation", mitigation, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                       \
      "safe mode; recovery planned for tomorrow", "what is being done")                                      \
    F("related", related, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "NOAA-AR-2032-101", "ids of related notices")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__anomaly__descriptor);

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "anomaly-json",
    .title = "Anomaly of a spacecraft",
    .key = "id",
    .epoch = {"started", "issued"},
    .object = {"norad_cat_id", "cospar_id"},
    .object_kind = {"norad", "cospar"},
    .object_name = "object_name",
    .summary = {"object_name", "anomaly_type", "status"},
    .order = {{"started", "ended"}},
};

static const char *const figure_names[] = {
    "ongoing", "mission_lost", "maneuverable", "started_mjd", "ended_mjd", "age_h", NULL};

static const char *const over[] = {"ENDED", "LOSS OF MISSION", NULL};

static size_t
figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX])
{
    const Notice *n = (const Notice *)msg;
    struct figures f = {.out = out, .at = at};
    struct utc started = {0};

    (void)utc_parse(span_str(n->started), &started);
    figure_count(&f, "ongoing", notice_is_one_of(n->status, over) ? 0 : 1, n->status);
    figure_count(&f, "mission_lost", strcmp(n->status, "LOSS OF MISSION") == 0, n->status);
    if (n->maneuverable[0] != 0)
        figure_count(&f, "maneuverable", strcmp(n->maneuverable, "YES") == 0, n->maneuverable);
    figure_time(&f, "started_mjd", "started", n->started);
    figure_time(&f, "ended_mjd", "ended", n->ended);
    figure_hours_since(&f, "age_h", "started", started);
    return f.n;
}

static size_t
events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Notice *n = (const Notice *)msg;
    char object[LIMIT_TEXT_BYTES + 8];

    designator_object(n->norad_cat_id, n->cospar_id, n->object_name, object, sizeof object);
    (void)notice_event(out, "anomaly", object, n->id, n->started, n->issued, NULL);
    out->ended = notice_is_one_of(n->status, over);
    return 1;
}

NOTICE_TYPE_EVENTS(anomaly, false, "Anomaly of a spacecraft", parallax__v1__anomaly__descriptor, NULL,
                   figures, figure_names, events);
