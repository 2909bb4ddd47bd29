/* Rows of lists of close approaches, which say less than a CDM: Space-Track cdm_public, CelesTrak SOCRATES. */
#include <stddef.h>

#include "syntax/json.h"
#include "types/conjunction/conjunction_map.h"
#include "types/csvmap.h"
#include "types/jsonmap.h"

static const struct field_block blocks[] = {{.name = "data"}};

#define ROW(keyword, member, kind, flags, unit, min, max, words)                                             \
    {                                                                                                        \
        keyword, unit, min, max, words, NULL, offsetof(Parallax__V1__Conjunction, member), kind, 0, flags    \
    }

/* clang-format off: one row a line */
static const struct field public_fields[] = {
    ROW("FORM", form, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "cdm_public"),
    ROW("CDM_ID", cdm_id, FIELD_INT, FIELD_MUST, NULL, "0", NULL, NULL),
    ROW("CREATED", created, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("EMERGENCY_REPORTABLE", emergency_reportable, FIELD_WORD, 0, NULL, NULL, NULL, "Y|N"),
    ROW("TCA", tca, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("MIN_RNG", min_rng, FIELD_REAL, FIELD_MUST, "m", "0", NULL, NULL),
    ROW("PC", pc, FIELD_REAL, 0, NULL, "0", "1", NULL),
    ROW("SAT_1_ID", sat_1_id, FIELD_INT, FIELD_MUST, NULL, "1", "999999999", NULL),
    ROW("SAT_1_NAME", sat_1_name, FIELD_TEXT, 0, NULL, NULL, NULL, NULL),
    ROW("SAT1_OBJECT_TYPE", sat1_object_type, FIELD_TEXT, 0, NULL, NULL, NULL, NULL),
    ROW("SAT1_RCS", sat1_rcs, FIELD_TEXT, 0, NULL, NULL, NULL, NULL),
    ROW("SAT_1_EXCL_VOL", sat_1_excl_vol, FIELD_REAL, 0, "km", "0", NULL, NULL),
    ROW("SAT_2_ID", sat_2_id, FIELD_INT, FIELD_MUST, NULL, "1", "999999999", NULL),
    ROW("SAT_2_NAME", sat_2_name, FIELD_TEXT, 0, NULL, NULL, NULL, NULL),
    ROW("SAT2_OBJECT_TYPE", sat2_object_type, FIELD_TEXT, 0, NULL, NULL, NULL, NULL),
    ROW("SAT2_RCS", sat2_rcs, FIELD_TEXT, 0, NULL, NULL, NULL, NULL),
    ROW("SAT_2_EXCL_VOL", sat_2_excl_vol, FIELD_REAL, 0, "km", "0", NULL, NULL),
};

static const struct field socrates_fields[] = {
    ROW("FORM", form, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "socrates"),
    ROW("NORAD_CAT_ID_1", norad_cat_id_1, FIELD_INT, FIELD_MUST, NULL, "1", "999999999", NULL),
    ROW("OBJECT_NAME_1", object_name_1, FIELD_TEXT, 0, NULL, NULL, NULL, NULL),
    ROW("DSE_1", dse_1, FIELD_REAL, 0, "d", NULL, NULL, NULL),
    ROW("NORAD_CAT_ID_2", norad_cat_id_2, FIELD_INT, FIELD_MUST, NULL, "1", "999999999", NULL),
    ROW("OBJECT_NAME_2", object_name_2, FIELD_TEXT, 0, NULL, NULL, NULL, NULL),
    ROW("DSE_2", dse_2, FIELD_REAL, 0, "d", NULL, NULL, NULL),
    ROW("TCA", tca, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("TCA_RANGE", tca_range, FIELD_REAL, FIELD_MUST, "km", "0", NULL, NULL),
    ROW("TCA_RELATIVE_SPEED", tca_relative_speed, FIELD_REAL, 0, "km/s", "0", NULL, NULL),
    ROW("MAX_PROB", max_prob, FIELD_REAL, 0, NULL, "0", "1", NULL),
    ROW("DILUTION", dilution, FIELD_REAL, 0, "km", "0", NULL, NULL),
};
/* clang-format on */

#define MAP(fields)                                                                                          \
    {                                                                                                        \
        .field = fields, .count = sizeof fields / sizeof *fields, .block = blocks, .block_count = 1,         \
        .part = {{.schema = &parallax__v1__conjunction__descriptor,                                          \
                  .n_extras = offsetof(Parallax__V1__Conjunction, n_extras),                                 \
                  .extras = offsetof(Parallax__V1__Conjunction, extras)}},                                   \
        .source = offsetof(Parallax__V1__Conjunction, source)                                                \
    }

static const struct fieldmap public_map = MAP(public_fields);
static const struct fieldmap socrates_map = MAP(socrates_fields);
static const struct fill_default public_implied[] = {{"FORM", "cdm_public"}, {NULL, NULL}};
static const struct fill_default socrates_implied[] = {{"FORM", "socrates"}, {NULL, NULL}};

const struct fieldmap *
conjunction_row_map(const ProtobufCMessage *msg)
{
    const char *form = ((const Parallax__V1__Conjunction *)msg)->form;

    if (strcmp(form, "cdm_public") == 0)
        return &public_map;
    return strcmp(form, "socrates") == 0 ? &socrates_map : NULL;
}

static int
probe_public_json(struct span head)
{
    return json_is_likely(head) && json_has_key(head, "CDM_ID") && json_has_key(head, "SAT_1_ID") ? 95 : 0;
}

static int
read_public_json(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit,
                 void *cookie, struct why *why)
{
    return jsonmap_read_list(&public_map, "data", "cdm-public-json", public_implied, input, how, a, emit,
                             cookie, why);
}

static int
probe_public_csv(struct span head)
{
    static const char *const must[] = {"CDM_ID", "TCA", "SAT_1_ID"};

    return csvmap_has(head, must, sizeof must / sizeof *must) ? 95 : 0;
}

static int
read_public_csv(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit,
                void *cookie, struct why *why)
{
    return csvmap_read(&public_map, "cdm-public-csv", public_implied, input, how, a, emit, cookie, why);
}

static int
probe_socrates(struct span head)
{
    static const char *const must[] = {"NORAD_CAT_ID_1", "NORAD_CAT_ID_2", "TCA_RANGE"};

    return csvmap_has(head, must, sizeof must / sizeof *must) ? 95 : 0;
}

static int
read_socrates(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
              struct why *why)
{
    return csvmap_read(&socrates_map, "socrates-csv", socrates_implied, input, how, a, emit, cookie, why);
}

const struct reader conjunction_public_json_reader = {
    "cdm-public-json", "application/json", "Space-Track cdm_public rows as JSON",
    LIMIT_INPUT_BYTES, probe_public_json,  read_public_json};
const struct reader conjunction_public_csv_reader = {
    "cdm-public-csv",   "text/csv",       "Space-Track cdm_public rows as CSV",
    LIMIT_STREAM_BYTES, probe_public_csv, read_public_csv};
const struct reader conjunction_socrates_reader = {
    "socrates-csv",     "text/csv",     "CelesTrak SOCRATES rows as CSV",
    LIMIT_STREAM_BYTES, probe_socrates, read_socrates};
