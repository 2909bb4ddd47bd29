/* Warning of a possible asteroid impact: What the International Asteroid Warning Network and the Space Mission Planning Advisory Group pass on when a threshold of theirs is crossed. Neither publishes a form for machines; this one holds what their notices say. */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "neo_warning.pb-c.h"
#include "types/capnote.h"
#include "types/designator.h"
#include "types/figure.h"
#include "types/jsonmap.h"
#include "types/notice.h"
#include "types/outline.h"

typedef Parallax__V1__NeoWarning Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "NEO_WARNING/1", "NEO_WARNING/1",          \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "IAWN-2032-01",                              \
      "what the issuer calls this matter; a later notice with the same id replaces this one")                \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-08-20T15:00:00Z",              \
      "when this notice was issued, UTC")                                                                    \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                      \
      "International Asteroid Warning Network", "the authority that issues it")                              \
    F("contact", contact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "coordinating officer, +1 301 555 0140",    \
      "whom to call, at any hour")                                                                           \
    F("designation", designation, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "2031 ZQ4",                \
      "of the object")                                                                                       \
    F("name", name, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "unnamed", "of the object, where it has one")     \
    F("threshold", threshold, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL,                                      \
      "IAWN|PREPAREDNESS|SMPAG|WITHDRAWN|OTHER", "IAWN",                                                     \
      "which threshold was crossed: IAWN 1 % and 10 m, preparedness 10 %, 20 m and 20 years, SMPAG 1 %, 50 " \
      "m and 50 years")                                                                                      \
    F("impact_probability", impact_probability, FIELD_REAL, FIELD_MUST, NULL, "0", "1", NULL, "0.013",       \
      "over all possible impacts")                                                                           \
    F("impact_first", impact_first, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2042-12-22T13:05:00Z",           \
      "first possible impact, UTC")                                                                          \
    F("impact_last", impact_last, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2042-12-22T14:10:00Z",             \
      "last possible impact, UTC")                                                                           \
    F("h", h, FIELD_REAL, 0, NULL, "-10", "50", NULL, "24.1", "absolute magnitude")                          \
    F("diameter_min_m", diameter_min_m, FIELD_REAL, 0, "m", "0", NULL, NULL, "40", "size range")             \
    F("diameter_max_m", diameter_max_m, FIELD_REAL, 0, "m", "0", NULL, NULL, "90", "size range")             \
    F("velocity_km_s", velocity_km_s, FIELD_REAL, 0, "km/s", "0", "1000", NULL, "17.2", "at entry")          \
    F("energy_mt", energy_mt, FIELD_REAL, 0, NULL, "0", NULL, NULL, "7.8", "of the impact, megatons of TNT") \
    F("torino", torino, FIELD_INT, 0, NULL, "0", "10", NULL, "3", "Torino scale")                            \
    F("palermo", palermo, FIELD_REAL, 0, NULL, "-100", "100", NULL, "-0.32", "Palermo scale, cumulative")    \
    F("corridor", corridor, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                           \
      "from the eastern Pacific over northern South America to the Arabian Sea",                             \
      "where it may strike, in words")                                                                       \
    F("corridor_points", corridor_points, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                             \
      "-2.1,-110.0 4.5,-62.0 11.0,10.5 17.2,62.0",                                                           \
      "the line of possible impact points: latitude,longitude in degrees, separated by blanks")              \
    F("observability", observability, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                 \
      "lost in the Sun until 2033-03; next apparition 2036", "when it can be observed")                      \
    F("first_observed", first_observed, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2031-12-27T05:00:00Z",       \
      "UTC")                                                                                                 \
    F("last_observed", last_observed, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-08-19T22:40:00Z", "UTC")  \
    F("centres", centres, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "JPL CNEOS, ESA NEOCC, NEODyS",             \
      "that contributed")                                                                                    \
    F("action", action, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                                               \
      "none for the public; observers are asked for astrometry", "what is asked of whom")                    \
    F("next_update", next_update, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-08-27T15:00:00Z",             \
      "when the next notice is due, UTC")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__neo_warning__descriptor);

static const struct notice about = {
    .map = &map,
    .help = help,
    .format = "neo_warning-json",
    .title = "Warning of a possible asteroid impact",
    .key = "designation",
    .epoch = {"issued"},
    .object = {"designation"},
    .object_kind = {"neo"},
    .object_name = "name",
    .summary = {"designation", "impact_probability", "impact_first"},
    .order = {{"diameter_min_m", "diameter_max_m"},
              {"impact_first", "impact_last"},
              {"first_observed", "last_observed"}},
};

/* By the size that is certain to be passed: 10, 20 and 50 m are the thresholds of IAWN, preparedness and SMPAG. */
static const char *
severity(const Notice *n)
{
    double metres;

    if (num_double(span_str(n->diameter_max_m), &metres) != 0 &&
        num_double(span_str(n->diameter_min_m), &metres) != 0)
        return "Unknown";
    return metres > 50 ? "Extreme" : metres > 20 ? "Severe" : metres > 10 ? "Moderate" : "Minor";
}

/* CAP 1.2 section 3.2.2: Likely is above about 50 %, Unlikely is about 0. */
static const char *
certainty(const Notice *n, bool is_withdrawn)
{
    double p = 0;

    (void)num_double(span_str(n->impact_probability), &p);
    return is_withdrawn || p <= 0 ? "Unlikely" : p > 0.5 ? "Likely" : "Possible";
}

static int
write_cap(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    const Notice *n = (const Notice *)msg;
    bool is_withdrawn = strcmp(n->threshold, "WITHDRAWN") == 0;
    char identifier[2 * LIMIT_NAME_BYTES], headline[4 * LIMIT_NAME_BYTES];
    struct capnote cap = {.sender = n->issuer,
                          .identifier = identifier,
                          .category = "Safety",
                          .event = "Possible asteroid impact",
                          .response_type = is_withdrawn ? "AllClear" : "Monitor",
                          .urgency = "Future",
                          .severity = severity(n),
                          .certainty = certainty(n, is_withdrawn),
                          .sender_name = n->issuer,
                          .headline = headline,
                          .description = n->observability,
                          .instruction = n->action,
                          .contact = n->contact,
                          .area = n->corridor,
                          .map = &map,
                          .msg = msg};

    /* A later notice of the same matter is another message of CAP: they differ by when they were issued. */
    (void)snprintf(identifier, sizeof identifier, "%.64s-%.30s", n->id, n->issued);
    (void)snprintf(headline, sizeof headline, "%.20s: %.40s, impact probability %.40s%s", n->threshold,
                   n->designation, n->impact_probability, is_withdrawn ? ", withdrawn" : "");
    (void)utc_parse(span_str(n->issued), &cap.sent);
    (void)utc_parse(span_str(n->impact_first), &cap.onset);
    (void)utc_parse(span_str(n->next_update), &cap.expires);
    if (!utc_is_zero(cap.onset) && utc_diff_ms(cap.onset, cap.sent) < (int64_t)86400 * 1000)
        cap.urgency = utc_compare(cap.onset, cap.sent) < 0 ? "Past" : "Immediate";
    return capnote_write(&cap, how, out, why);
}

static const struct writer cap_writer = {.format = "cap",
                                         .media = "application/cap+xml",
                                         .title =
                                             "Common Alerting Protocol 1.2, with each field as a parameter",
                                         .write = write_cap};

static const char *const figure_names[] = {
    "in_force",  "impact_probability", "size_min_m",       "size_max_m",      "torino",         "palermo",
    "energy_mt", "velocity_km_s",      "impact_first_mjd", "impact_last_mjd", "impact_first_h", NULL};

static size_t
figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX])
{
    const Notice *n = (const Notice *)msg;
    struct figures f = {.out = out, .at = at};
    struct utc first = {0};

    (void)utc_parse(span_str(n->impact_first), &first);
    figure_count(&f, "in_force", strcmp(n->threshold, "WITHDRAWN") != 0, n->threshold);
    figure_decimal(&f, "impact_probability", "impact_probability", n->impact_probability, 0);
    figure_decimal(&f, "size_min_m", "diameter_min_m", n->diameter_min_m, 0);
    figure_decimal(&f, "size_max_m", "diameter_max_m", n->diameter_max_m, 0);
    figure_decimal(&f, "torino", "torino", n->torino, 0);
    figure_decimal(&f, "palermo", "palermo", n->palermo, 0);
    figure_decimal(&f, "energy_mt", "energy_mt", n->energy_mt, 0);
    figure_decimal(&f, "velocity_km_s", "velocity_km_s", n->velocity_km_s, 0);
    figure_time(&f, "impact_first_mjd", "impact_first", n->impact_first);
    figure_time(&f, "impact_last_mjd", "impact_last", n->impact_last);
    figure_hours_to(&f, "impact_first_h", "impact_first", first);
    return f.n;
}

/* In the word of its issuer: each notice of a network has an id of its own. */
static size_t
events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Notice *n = (const Notice *)msg;
    char object[LIMIT_TEXT_BYTES + 8];

    designator_neo(n->designation, object, sizeof object);
    (void)notice_event(out, "impact", object, n->issuer, NULL, n->issued, n->impact_last);
    out->ended = strcmp(n->threshold, "WITHDRAWN") == 0;
    return 1;
}

/* The line of possible impact points; what is not written as the form asks says no place. */
static void
places(const ProtobufCMessage *msg, struct area_list *out)
{
    (void)outline_pairs(out, span_str(((const Notice *)msg)->corridor_points), false);
}

NOTICE_TYPE_PLACES(neo_warning, true, "Warning of a possible asteroid impact",
                   parallax__v1__neo_warning__descriptor, &cap_writer, figures, figure_names, events, places);
