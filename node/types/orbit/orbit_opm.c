/* What an OPM holds (CCSDS 502.0-B-3 section 3): keywords, units. */
#include <stddef.h>

#include "syntax/kvn.h"
#include "types/blockmap.h"
#include "types/orbit/orbit_map.h"
#include "types/xmlmap.h"

static const struct field header[] = {
    {.keyword = "CCSDS_OPM_VERS", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CLASSIFICATION", .kind = FIELD_TEXT},
    {.keyword = "CREATION_DATE", .kind = FIELD_TIME, .flags = FIELD_SHOULD},
    {.keyword = "ORIGINATOR", .kind = FIELD_TEXT, .flags = FIELD_SHOULD},
    {.keyword = "MESSAGE_ID", .kind = FIELD_TEXT},
};

static const struct field metadata[] = {
    {.keyword = "OBJECT_NAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "OBJECT_ID", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CENTER_NAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "REF_FRAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "REF_FRAME_EPOCH", .kind = FIELD_TIME},
    {.keyword = "TIME_SYSTEM",
     .kind = FIELD_WORD,
     .words = "UTC|TAI|TT|GPS|UT1|TDB|TCB|TCG|GMST|MET|MRT|SCLK",
     .flags = FIELD_MUST | FIELD_OPEN},
};

static const struct field state[] = {
    {.keyword = "EPOCH", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "X", .kind = FIELD_REAL, .unit = "km", .flags = FIELD_MUST},
    {.keyword = "Y", .kind = FIELD_REAL, .unit = "km", .flags = FIELD_MUST},
    {.keyword = "Z", .kind = FIELD_REAL, .unit = "km", .flags = FIELD_MUST},
    {.keyword = "X_DOT", .kind = FIELD_REAL, .unit = "km/s", .flags = FIELD_MUST},
    {.keyword = "Y_DOT", .kind = FIELD_REAL, .unit = "km/s", .flags = FIELD_MUST},
    {.keyword = "Z_DOT", .kind = FIELD_REAL, .unit = "km/s", .flags = FIELD_MUST},
};

static const struct field keplerian[] = {
    {.keyword = "SEMI_MAJOR_AXIS", .kind = FIELD_REAL, .unit = "km", .flags = FIELD_MUST},
    {.keyword = "ECCENTRICITY", .kind = FIELD_REAL, .min = "0", .flags = FIELD_MUST},
    {.keyword = "INCLINATION", .kind = FIELD_REAL, .unit = "deg", .flags = FIELD_MUST},
    {.keyword = "RA_OF_ASC_NODE", .kind = FIELD_REAL, .unit = "deg", .flags = FIELD_MUST},
    {.keyword = "ARG_OF_PERICENTER", .kind = FIELD_REAL, .unit = "deg", .flags = FIELD_MUST},
    {.keyword = "TRUE_ANOMALY", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "MEAN_ANOMALY", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "GM",
     .kind = FIELD_REAL,
     .unit = "km**3/s**2",
     .min = "0",
     .flags = FIELD_MUST | FIELD_ABOVE},
};

static const struct field spacecraft[] = {
    {.keyword = "MASS", .kind = FIELD_REAL, .unit = "kg", .min = "0"},
    {.keyword = "SOLAR_RAD_AREA", .kind = FIELD_REAL, .unit = "m**2", .min = "0"},
    {.keyword = "SOLAR_RAD_COEFF", .kind = FIELD_REAL},
    {.keyword = "DRAG_AREA", .kind = FIELD_REAL, .unit = "m**2", .min = "0"},
    {.keyword = "DRAG_COEFF", .kind = FIELD_REAL},
};

static const struct field covariance[] = {
    {.keyword = "COV_REF_FRAME", .kind = FIELD_TEXT},
    {.keyword = "CX_X", .kind = FIELD_REAL, .unit = "km**2", .flags = FIELD_MUST},
    {.keyword = "CY_X", .kind = FIELD_REAL, .unit = "km**2", .flags = FIELD_MUST},
    {.keyword = "CY_Y", .kind = FIELD_REAL, .unit = "km**2", .flags = FIELD_MUST},
    {.keyword = "CZ_X", .kind = FIELD_REAL, .unit = "km**2", .flags = FIELD_MUST},
    {.keyword = "CZ_Y", .kind = FIELD_REAL, .unit = "km**2", .flags = FIELD_MUST},
    {.keyword = "CZ_Z", .kind = FIELD_REAL, .unit = "km**2", .flags = FIELD_MUST},
    {.keyword = "CX_DOT_X", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CX_DOT_Y", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CX_DOT_Z", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CX_DOT_X_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .flags = FIELD_MUST},
    {.keyword = "CY_DOT_X", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CY_DOT_Y", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CY_DOT_Z", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CY_DOT_X_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .flags = FIELD_MUST},
    {.keyword = "CY_DOT_Y_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_X", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_Y", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_Z", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_X_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_Y_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_Z_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .flags = FIELD_MUST},
};

static const struct field maneuver[] = {
    {.keyword = "MAN_EPOCH_IGNITION", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "MAN_DURATION", .kind = FIELD_REAL, .unit = "s", .min = "0", .flags = FIELD_MUST},
    {.keyword = "MAN_DELTA_MASS", .kind = FIELD_REAL, .unit = "kg", .max = "0", .flags = FIELD_MUST},
    {.keyword = "MAN_REF_FRAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "MAN_DV_1", .kind = FIELD_REAL, .unit = "km/s", .flags = FIELD_MUST},
    {.keyword = "MAN_DV_2", .kind = FIELD_REAL, .unit = "km/s", .flags = FIELD_MUST},
    {.keyword = "MAN_DV_3", .kind = FIELD_REAL, .unit = "km/s", .flags = FIELD_MUST},
};

static const struct block_kind kinds[] = {
    {.name = "header",
     .element = "header",
     .field = header,
     .count = sizeof header / sizeof *header,
     .flags = BLOCK_MUST},
    {.name = "metadata",
     .element = "metadata",
     .field = metadata,
     .count = sizeof metadata / sizeof *metadata,
     .flags = BLOCK_MUST | BLOCK_SEGMENT},
    {.name = "state",
     .element = "stateVector",
     .field = state,
     .count = sizeof state / sizeof *state,
     .flags = BLOCK_MUST},
    {.name = "keplerian",
     .element = "keplerianElements",
     .field = keplerian,
     .count = sizeof keplerian / sizeof *keplerian},
    {.name = "spacecraft",
     .element = "spacecraftParameters",
     .field = spacecraft,
     .count = sizeof spacecraft / sizeof *spacecraft},
    {.name = "covariance",
     .element = "covarianceMatrix",
     .field = covariance,
     .count = sizeof covariance / sizeof *covariance},
    {.name = "maneuver",
     .element = "maneuverParameters",
     .field = maneuver,
     .count = sizeof maneuver / sizeof *maneuver,
     .flags = BLOCK_MANY | BLOCK_AGAIN},
    {.name = "user", .element = "userDefinedParameters", .flags = BLOCK_USER},
};

/* Of the two anomalies one is given. */
static int
end(struct block_walk *w)
{
    if (w->kind != &kinds[3])
        return 0;
    if ((blockmap_value(w->block, "TRUE_ANOMALY").n > 0) != (blockmap_value(w->block, "MEAN_ANOMALY").n > 0))
        return 0;
    return blockmap_wrong(w, WHY_FIELD_MISSING, "TRUE_ANOMALY", "expected it or MEAN_ANOMALY");
}

const struct blockmap orbit_opm = {
    .form = "opm",
    .majors = "123",
    .kind = kinds,
    .kinds = sizeof kinds / sizeof *kinds,
    .end = end,
    .has_units = true,
    .is_flat = true,
    .schema = &parallax__v1__orbit__descriptor,
    .source = offsetof(Parallax__V1__Orbit, source),
    .form_at = offsetof(Parallax__V1__Orbit, form),
    .n_blocks = offsetof(Parallax__V1__Orbit, n_blocks),
    .blocks = offsetof(Parallax__V1__Orbit, blocks),
};

bool
orbit_is_opm(const ProtobufCMessage *msg)
{
    return *((const Parallax__V1__Orbit *)msg)->form != 0;
}

bool
orbit_is_omm(const ProtobufCMessage *msg)
{
    return !orbit_is_opm(msg);
}

/* A state is not made into mean elements, nor back. */
int
orbit_refuse_form(const ProtobufCMessage *msg, struct why *why)
{
    return why_set(why, WHY_CANNOT_HOLD, 0, 0, orbit_is_opm(msg) ? "X" : "MEAN_MOTION",
                   "%s are not converted into %s",
                   orbit_is_opm(msg) ? "position and velocity" : "mean elements",
                   orbit_is_opm(msg) ? "mean elements" : "position and velocity");
}

static int
probe_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_OPM_VERS") ? 100 : 0;
}

static int
read_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return blockmap_read_kvn(&orbit_opm, "opm-kvn", input, how, a, emit, cookie, why);
}

static int
write_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return orbit_is_omm(msg) ? orbit_refuse_form(msg, why)
                             : blockmap_write_kvn(&orbit_opm, msg, how, out, why);
}

static void
end_line(struct buf *out)
{
    buf_put_byte(out, '\n');
}

static int
probe_xml(struct span head)
{
    return xmlmap_probe_root("opm", head);
}

static int
read_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return blockmap_read_xml(&orbit_opm, "opm-xml", input, how, a, emit, cookie, why);
}

static int
write_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return orbit_is_omm(msg) ? orbit_refuse_form(msg, why)
                             : blockmap_write_xml(&orbit_opm, msg, how, out, why);
}

const struct reader orbit_opm_kvn_reader = {
    "opm-kvn",          "text/plain", "CCSDS OPM 1.0, 2.0 and 3.0, keyword = value",
    LIMIT_STREAM_BYTES, probe_kvn,    read_kvn};
const struct reader orbit_opm_xml_reader = {
    "opm-xml",         "application/xml", "CCSDS OPM 1.0, 2.0 and 3.0 as NDM/XML",
    LIMIT_INPUT_BYTES, probe_xml,         read_xml};
const struct writer orbit_opm_kvn_writer = {.format = "opm-kvn",
                                            .media = "text/plain",
                                            .title =
                                                "CCSDS OPM in the version that it came in, keyword = value",
                                            .lossless = true,
                                            .between = end_line,
                                            .fits = orbit_is_opm,
                                            .write = write_kvn};
const struct writer orbit_opm_xml_writer = {.format = "opm-xml",
                                            .media = "application/xml",
                                            .title = "CCSDS OPM in the version that it came in, as NDM/XML",
                                            .lossless = true,
                                            .begin = xmlmap_begin,
                                            .end = xmlmap_end,
                                            .fits = orbit_is_opm,
                                            .write = write_xml};
