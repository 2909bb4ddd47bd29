/* OMM as KVN, XML, JSON and CSV (CCSDS 502.0-B-3 section 4, 505.0-B; CelesTrak and Space-Track GP data). */
#include <stdio.h>
#include <string.h>

#include "types/csvmap.h"
#include "types/jsonmap.h"
#include "types/kvnmap.h"
#include "types/orbit/orbit_map.h"
#include "types/xmlmap.h"

#include "syntax/json.h"
#include "syntax/kvn.h"

static int
probe_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_OMM_VERS") ? 100 : 0;
}

static int
read_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return kvnmap_read(&orbit_map, "omm-kvn", input, how, a, emit, cookie, why);
}

static int
write_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return orbit_is_opm(msg) ? orbit_refuse_form(msg, why) : kvnmap_write(&orbit_map, msg, how, out, why);
}

const struct reader orbit_omm_kvn_reader = {
    "omm-kvn",          "text/plain", "CCSDS OMM 2.0 and 3.0, keyword = value",
    LIMIT_STREAM_BYTES, probe_kvn,    read_kvn};
const struct writer orbit_omm_kvn_writer = {.format = "omm-kvn",
                                            .media = "text/plain",
                                            .title = "CCSDS OMM, keyword = value",
                                            .lossless = true,
                                            .fits = orbit_is_omm,
                                            .between = buf_end_line,
                                            .write = write_kvn};

static int
probe_xml(struct span head)
{
    return xmlmap_probe(&orbit_map, head);
}

static int
read_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return xmlmap_read(&orbit_map, "omm-xml", input, how, a, emit, cookie, why);
}

static int
write_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return orbit_is_opm(msg) ? orbit_refuse_form(msg, why) : xmlmap_write(&orbit_map, msg, how, out, why);
}

const struct reader orbit_omm_xml_reader = {
    "omm-xml", "application/xml", "CCSDS OMM 2.0 and 3.0 as NDM/XML", LIMIT_INPUT_BYTES, probe_xml, read_xml};
const struct writer orbit_omm_xml_writer = {.format = "omm-xml",
                                            .media = "application/xml",
                                            .title = "CCSDS OMM as NDM/XML",
                                            .lossless = true,
                                            .fits = orbit_is_omm,
                                            .begin = xmlmap_begin,
                                            .end = xmlmap_end,
                                            .write = write_xml};

/* EPOCH and one of what only mean elements have. */
static int
probe_json(struct span head)
{
    bool has_elements = json_has_key(head, "MEAN_MOTION") || json_has_key(head, "SEMI_MAJOR_AXIS") ||
                        json_has_key(head, "ECCENTRICITY");

    if (!json_is_likely(head))
        return 0;
    if (json_has_key(head, "CCSDS_OMM_VERS"))
        return 95;
    return json_has_key(head, "EPOCH") && has_elements ? 90 : 0;
}

/*
 * Space-Track's older classes (tle, tle_latest, tle_publish) cut the epoch in two columns: EPOCH to the second, and
 * EPOCH_MICROSECONDS, without which an object is up to 8 km from where it was.
 */
struct joining {
    struct arena *arena; /* of the record */
    type_emit_fn *emit;
    void *cookie;
};

static int
join_epoch(const struct joining *j, Parallax__V1__Orbit *orbit, const char *digits, struct why *why)
{
    const char *point = strchr(orbit->epoch, '.');
    size_t n = strlen(digits), whole = strlen(orbit->epoch);
    char *joined;

    if (n == 0 || n > 6 || strspn(digits, "0123456789") != n)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "EPOCH_MICROSECONDS", "expected up to six digits");
    if (point == NULL && orbit->epoch[whole - 1] == 'Z')
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "EPOCH_MICROSECONDS", "beside an EPOCH with Z");
    joined = arena_alloc(j->arena, whole + 8);
    if (joined == NULL)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, NULL, "the record is too large");
    (void)snprintf(joined, whole + 8, "%s.%.*s%s", orbit->epoch, (int)(6 - n), "000000", digits);
    if (point == NULL)
        orbit->epoch = joined;
    else if (strncmp(point, strrchr(joined, '.'), 7) != 0)
        return why_set(why, WHY_FIELD_DUPLICATE, 0, 0, "EPOCH_MICROSECONDS",
                       "another fraction of a second than that of EPOCH");
    return 0;
}

static int
emit_joined(void *cookie, const ProtobufCMessage *msg, struct why *why)
{
    const struct joining *j = cookie;
    Parallax__V1__Orbit *orbit =
        (Parallax__V1__Orbit *)(uintptr_t)msg; /* in the arena, and nobody has it yet */

    for (size_t i = 0; i < orbit->n_user_defined; i++) {
        const Parallax__V1__Keyword *column = orbit->user_defined[i];

        if (strcmp(column->name, "EPOCH_MICROSECONDS") != 0 || orbit->epoch[0] == 0)
            continue;
        if (join_epoch(j, orbit, column->value, why) != 0)
            return -1;
        orbit->n_user_defined--; /* EPOCH says it now */
        memmove(orbit->user_defined + i, orbit->user_defined + i + 1,
                (orbit->n_user_defined - i) * sizeof *orbit->user_defined);
        break;
    }
    return j->emit(j->cookie, msg, why);
}

static int
read_json(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
          struct why *why)
{
    struct joining j = {a, emit, cookie};

    return jsonmap_read_list(&orbit_map, "data", "omm-json", orbit_map_implied, input, how, a, emit_joined,
                             &j, why);
}

static int
write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how;
    if (orbit_is_opm(msg))
        return orbit_refuse_form(msg, why);
    fieldmap_json(&orbit_map, msg, out);
    return 0;
}

static int
write_plain_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    orbit_json(msg, out);
    return 0;
}

const struct reader orbit_omm_json_reader = {
    "omm-json",        "application/json", "GP data as JSON (CelesTrak, Space-Track)",
    LIMIT_INPUT_BYTES, probe_json,         read_json};
const struct writer orbit_omm_json_writer = {.format = "omm-json",
                                             .media = "application/json",
                                             .title = "GP data as JSON, an array",
                                             .lossless = true,
                                             .fits = orbit_is_omm,
                                             .begin = jsonmap_begin,
                                             .between = jsonmap_between,
                                             .end = jsonmap_end,
                                             .write = write_json};
const struct writer orbit_omm_plain_json_writer = {.format = "json",
                                                   .media = "application/json",
                                                   .title = "canonical JSON, an array",
                                                   .begin = jsonmap_begin,
                                                   .between = jsonmap_between,
                                                   .end = jsonmap_end,
                                                   .write = write_plain_json};

const struct writer orbit_omm_ndjson_writer = {.format = "ndjson",
                                               .media = "application/x-ndjson",
                                               .title = "canonical JSON, one record a line",
                                               .between = buf_end_line,
                                               .end = buf_end_line,
                                               .write = write_plain_json};

/* The columns of CelesTrak, in its order. */
static const char *const columns[] = {"OBJECT_NAME",     "OBJECT_ID",           "EPOCH",
                                      "MEAN_MOTION",     "ECCENTRICITY",        "INCLINATION",
                                      "RA_OF_ASC_NODE",  "ARG_OF_PERICENTER",   "MEAN_ANOMALY",
                                      "EPHEMERIS_TYPE",  "CLASSIFICATION_TYPE", "NORAD_CAT_ID",
                                      "ELEMENT_SET_NO",  "REV_AT_EPOCH",        "BSTAR",
                                      "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT",    NULL};

static int
probe_csv(struct span head)
{
    static const char *const must[] = {"EPOCH", "ECCENTRICITY", "INCLINATION"};

    return csvmap_has(head, must, sizeof must / sizeof *must) ? 95 : 0;
}

static int
read_csv(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    struct joining j = {a, emit, cookie};

    return csvmap_read(&orbit_map, "omm-csv", orbit_map_implied, input, how, a, emit_joined, &j, why);
}

static bool
is_column(const char *keyword)
{
    for (size_t i = 0; columns[i] != NULL; i++) {
        if (strcmp(columns[i], keyword) == 0)
            return true;
    }
    return false;
}

static void
begin_csv(struct buf *out)
{
    csvmap_header(columns, out);
}

static int
write_csv(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    const Parallax__V1__Orbit *orbit = (const Parallax__V1__Orbit *)msg;

    if (orbit_is_opm(msg))
        return orbit_refuse_form(msg, why);
    if (orbit_map_check_implied(orbit, "CSV", why) != 0)
        return -1;
    if (orbit->mean_motion[0] == 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "SEMI_MAJOR_AXIS",
                       "CSV has no column for it: it holds MEAN_MOTION");
    if (orbit_map_lose(orbit, is_column, how, why) != 0)
        return -1;
    csvmap_row(&orbit_map, msg, columns, out);
    return 0;
}

const struct reader orbit_omm_csv_reader = {
    "omm-csv",          "text/csv", "GP data as CSV (CelesTrak, Space-Track)",
    LIMIT_STREAM_BYTES, probe_csv,  read_csv};
const struct writer orbit_omm_csv_writer = {.format = "omm-csv",
                                            .media = "text/csv",
                                            .title = "GP data as CSV, the columns of CelesTrak",
                                            .begin = begin_csv,
                                            .write = write_csv};
