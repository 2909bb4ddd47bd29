/* What an OPM holds (CCSDS 502.0-B-3 section 3): keywords, units. */
#include "types/opm.h"

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
    {.keyword = "X_DOT",
     .kind = FIELD_REAL,
     .unit = "km/s",
     .min = "-1000",
     .max = "1000",
     .flags = FIELD_MUST},
    {.keyword = "Y_DOT",
     .kind = FIELD_REAL,
     .unit = "km/s",
     .min = "-1000",
     .max = "1000",
     .flags = FIELD_MUST},
    {.keyword = "Z_DOT",
     .kind = FIELD_REAL,
     .unit = "km/s",
     .min = "-1000",
     .max = "1000",
     .flags = FIELD_MUST},
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
    {.keyword = "CX_X", .kind = FIELD_REAL, .unit = "km**2", .min = "0", .flags = FIELD_MUST},
    {.keyword = "CY_X", .kind = FIELD_REAL, .unit = "km**2", .flags = FIELD_MUST},
    {.keyword = "CY_Y", .kind = FIELD_REAL, .unit = "km**2", .min = "0", .flags = FIELD_MUST},
    {.keyword = "CZ_X", .kind = FIELD_REAL, .unit = "km**2", .flags = FIELD_MUST},
    {.keyword = "CZ_Y", .kind = FIELD_REAL, .unit = "km**2", .flags = FIELD_MUST},
    {.keyword = "CZ_Z", .kind = FIELD_REAL, .unit = "km**2", .min = "0", .flags = FIELD_MUST},
    {.keyword = "CX_DOT_X", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CX_DOT_Y", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CX_DOT_Z", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CX_DOT_X_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .min = "0", .flags = FIELD_MUST},
    {.keyword = "CY_DOT_X", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CY_DOT_Y", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CY_DOT_Z", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CY_DOT_X_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .flags = FIELD_MUST},
    {.keyword = "CY_DOT_Y_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .min = "0", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_X", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_Y", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_Z", .kind = FIELD_REAL, .unit = "km**2/s", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_X_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_Y_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .flags = FIELD_MUST},
    {.keyword = "CZ_DOT_Z_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2", .min = "0", .flags = FIELD_MUST},
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

const struct block_kind opm_kinds[OPM_KINDS] = {
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
int
opm_end(struct block_walk *w)
{
    if (w->kind != &opm_kinds[3])
        return 0;
    if ((blockmap_value(w->block, "TRUE_ANOMALY").n > 0) != (blockmap_value(w->block, "MEAN_ANOMALY").n > 0))
        return 0;
    return blockmap_wrong(w, WHY_FIELD_MISSING, "TRUE_ANOMALY", "expected it or MEAN_ANOMALY");
}
