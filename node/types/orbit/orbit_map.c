#include "types/orbit/orbit_map.h"

#include <stddef.h>
#include <stdio.h>

#include "base/text.h"

enum { HEADER, METADATA, MEAN, CRAFT, TLE, COVARIANCE, USER };

/* 505.0-B section 4; the order of 502.0-B-3 table 4-1 to 4-3. */
static const struct field_block blocks[] = {
    [HEADER] = {.name = "header", .path = "header"},
    [METADATA] = {.name = "metadata", .path = "body/segment/metadata"},
    [MEAN] = {.name = "meanElements", .path = "body/segment/data/meanElements"},
    [CRAFT] = {.name = "spacecraftParameters", .path = "body/segment/data/spacecraftParameters"},
    [TLE] = {.name = "tleParameters", .path = "body/segment/data/tleParameters"},
    [COVARIANCE] = {.name = "covarianceMatrix",
                    .path = "body/segment/data/covarianceMatrix",
                    .is_optional = true},
    [USER] = {.name = "userDefinedParameters", .path = "body/segment/data/userDefinedParameters"},
};

#define ROW(keyword, member, kind, block, flags, unit, min, max, words)                                      \
    {                                                                                                        \
        keyword, unit, min, max, words, NULL, offsetof(Parallax__V1__Orbit, member), kind, block, flags      \
    }

/* clang-format off: one row a line */
static const struct field fields[] = {
    ROW("CCSDS_OMM_VERS", ccsds_omm_vers, FIELD_TEXT, HEADER, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("CLASSIFICATION", classification, FIELD_TEXT, HEADER, FIELD_NEW, NULL, NULL, NULL, NULL),
    ROW("CREATION_DATE", creation_date, FIELD_TIME, HEADER, FIELD_SHOULD, NULL, NULL, NULL, NULL),
    ROW("ORIGINATOR", originator, FIELD_TEXT, HEADER, FIELD_SHOULD, NULL, NULL, NULL, NULL),
    ROW("MESSAGE_ID", message_id, FIELD_TEXT, HEADER, FIELD_NEW, NULL, NULL, NULL, NULL),
    ROW("OBJECT_NAME", object_name, FIELD_TEXT, METADATA, FIELD_SHOULD, NULL, NULL, NULL, NULL),
    ROW("OBJECT_ID", object_id, FIELD_TEXT, METADATA, FIELD_SHOULD, NULL, NULL, NULL, NULL),
    ROW("CENTER_NAME", center_name, FIELD_TEXT, METADATA, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("REF_FRAME", ref_frame, FIELD_TEXT, METADATA, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("REF_FRAME_EPOCH", ref_frame_epoch, FIELD_TIME, METADATA, 0, NULL, NULL, NULL, NULL),
    ROW("TIME_SYSTEM", time_system, FIELD_TEXT, METADATA, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("MEAN_ELEMENT_THEORY", mean_element_theory, FIELD_TEXT, METADATA, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("EPOCH", epoch, FIELD_TIME, MEAN, FIELD_MUST, NULL, NULL, NULL, NULL),
    ROW("SEMI_MAJOR_AXIS", semi_major_axis, FIELD_REAL, MEAN, FIELD_ABOVE, "km", "0", NULL, NULL),
    ROW("MEAN_MOTION", mean_motion, FIELD_REAL, MEAN, FIELD_ABOVE, "rev/day", "0", NULL, NULL),
    ROW("ECCENTRICITY", eccentricity, FIELD_REAL, MEAN, FIELD_MUST | FIELD_BELOW, NULL, "0", "1", NULL),
    ROW("INCLINATION", inclination, FIELD_REAL, MEAN, FIELD_MUST, "deg", "0", "180", NULL),
    ROW("RA_OF_ASC_NODE", ra_of_asc_node, FIELD_REAL, MEAN, FIELD_MUST, "deg", "-360", "360", NULL),
    ROW("ARG_OF_PERICENTER", arg_of_pericenter, FIELD_REAL, MEAN, FIELD_MUST, "deg", "-360", "360", NULL),
    ROW("MEAN_ANOMALY", mean_anomaly, FIELD_REAL, MEAN, FIELD_MUST, "deg", "-360", "360", NULL),
    ROW("GM", gm, FIELD_REAL, MEAN, FIELD_ABOVE, "km**3/s**2", "0", NULL, NULL),
    ROW("MASS", mass, FIELD_REAL, CRAFT, 0, "kg", "0", NULL, NULL),
    ROW("SOLAR_RAD_AREA", solar_rad_area, FIELD_REAL, CRAFT, 0, "m**2", "0", NULL, NULL),
    ROW("SOLAR_RAD_COEFF", solar_rad_coeff, FIELD_REAL, CRAFT, 0, NULL, "0", NULL, NULL),
    ROW("DRAG_AREA", drag_area, FIELD_REAL, CRAFT, 0, "m**2", "0", NULL, NULL),
    ROW("DRAG_COEFF", drag_coeff, FIELD_REAL, CRAFT, 0, NULL, "0", NULL, NULL),
    ROW("EPHEMERIS_TYPE", ephemeris_type, FIELD_INT, TLE, 0, NULL, "0", "9", NULL),
    ROW("CLASSIFICATION_TYPE", classification_type, FIELD_WORD, TLE, FIELD_OPEN, NULL, NULL, NULL, "U|C|S"),
    ROW("NORAD_CAT_ID", norad_cat_id, FIELD_COUNT, TLE, 0, NULL, "0", "999999999", NULL),
    ROW("ELEMENT_SET_NO", element_set_no, FIELD_INT, TLE, 0, NULL, "0", "9999", NULL),
    ROW("REV_AT_EPOCH", rev_at_epoch, FIELD_INT, TLE, 0, NULL, "0", NULL, NULL),
    ROW("BSTAR", bstar, FIELD_REAL, TLE, 0, "1/ER", NULL, NULL, NULL),
    ROW("BTERM", bterm, FIELD_REAL, TLE, FIELD_NEW, "m**2/kg", NULL, NULL, NULL),
    ROW("MEAN_MOTION_DOT", mean_motion_dot, FIELD_REAL, TLE, 0, "rev/day**2", NULL, NULL, NULL),
    ROW("MEAN_MOTION_DDOT", mean_motion_ddot, FIELD_REAL, TLE, 0, "rev/day**3", NULL, NULL, NULL),
    ROW("AGOM", agom, FIELD_REAL, TLE, FIELD_NEW, "m**2/kg", NULL, NULL, NULL),
    ROW("COV_REF_FRAME", cov_ref_frame, FIELD_TEXT, COVARIANCE, 0, NULL, NULL, NULL, NULL),
    ROW("CX_X", cx_x, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2", "0", NULL, NULL),
    ROW("CY_X", cy_x, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2", NULL, NULL, NULL),
    ROW("CY_Y", cy_y, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2", "0", NULL, NULL),
    ROW("CZ_X", cz_x, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2", NULL, NULL, NULL),
    ROW("CZ_Y", cz_y, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2", NULL, NULL, NULL),
    ROW("CZ_Z", cz_z, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2", "0", NULL, NULL),
    ROW("CX_DOT_X", cx_dot_x, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s", NULL, NULL, NULL),
    ROW("CX_DOT_Y", cx_dot_y, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s", NULL, NULL, NULL),
    ROW("CX_DOT_Z", cx_dot_z, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s", NULL, NULL, NULL),
    ROW("CX_DOT_X_DOT", cx_dot_x_dot, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s**2", "0", NULL, NULL),
    ROW("CY_DOT_X", cy_dot_x, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s", NULL, NULL, NULL),
    ROW("CY_DOT_Y", cy_dot_y, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s", NULL, NULL, NULL),
    ROW("CY_DOT_Z", cy_dot_z, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s", NULL, NULL, NULL),
    ROW("CY_DOT_X_DOT", cy_dot_x_dot, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s**2", NULL, NULL, NULL),
    ROW("CY_DOT_Y_DOT", cy_dot_y_dot, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s**2", "0", NULL, NULL),
    ROW("CZ_DOT_X", cz_dot_x, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s", NULL, NULL, NULL),
    ROW("CZ_DOT_Y", cz_dot_y, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s", NULL, NULL, NULL),
    ROW("CZ_DOT_Z", cz_dot_z, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s", NULL, NULL, NULL),
    ROW("CZ_DOT_X_DOT", cz_dot_x_dot, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s**2", NULL, NULL, NULL),
    ROW("CZ_DOT_Y_DOT", cz_dot_y_dot, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s**2", NULL, NULL, NULL),
    ROW("CZ_DOT_Z_DOT", cz_dot_z_dot, FIELD_REAL, COVARIANCE, FIELD_MUST, "km**2/s**2", "0", NULL, NULL),
};
/* clang-format on */

const struct fieldmap orbit_map = {
    .root = "omm",
    .majors = "23",
    .field = fields,
    .count = sizeof fields / sizeof *fields,
    .block = blocks,
    .block_count = sizeof blocks / sizeof *blocks,
    .part = {{&parallax__v1__orbit__descriptor, offsetof(Parallax__V1__Orbit, n_comments),
              offsetof(Parallax__V1__Orbit, comments), offsetof(Parallax__V1__Orbit, n_user_defined),
              offsetof(Parallax__V1__Orbit, user_defined)}},
    .source = offsetof(Parallax__V1__Orbit, source),
    .user_prefix = "USER_DEFINED_",
    .user_block = "userDefinedParameters",
};

const struct fill_default orbit_map_implied[] = {
    {"CCSDS_OMM_VERS", "2.0"}, {"CENTER_NAME", "EARTH"},        {"REF_FRAME", "TEME"},
    {"TIME_SYSTEM", "UTC"},    {"MEAN_ELEMENT_THEORY", "SGP4"}, {NULL, NULL},
};

/* Is the value one that a format without metadata implies? Names of one frame or theory differ by source. */
static bool
is_implied(const char *value, const char *const *accepted)
{
    for (; *accepted != NULL; accepted++) {
        if (text_equal_nocase(span_str(value), *accepted))
            return true;
    }
    return false;
}

int
orbit_map_check_implied(const Parallax__V1__Orbit *orbit, const char *format, struct why *why)
{
    static const char *const earth[] = {"EARTH", NULL};
    static const char *const teme[] = {"TEME", NULL};
    static const char *const utc[] = {"UTC", NULL};
    static const char *const theory[] = {"SGP4", "SGP/SGP4", "SGP", NULL};
    const struct {
        const char *keyword, *value;
        const char *const *accepted;
    } rows[] = {{"CENTER_NAME", orbit->center_name, earth},
                {"REF_FRAME", orbit->ref_frame, teme},
                {"TIME_SYSTEM", orbit->time_system, utc},
                {"MEAN_ELEMENT_THEORY", orbit->mean_element_theory, theory}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!is_implied(rows[i].value, rows[i].accepted))
            return why_set(why, WHY_CANNOT_HOLD, 0, 0, rows[i].keyword, "%s means %s", format,
                           rows[i].accepted[0]);
    }
    if (orbit->bterm[0] != 0 || orbit->agom[0] != 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, orbit->bterm[0] != 0 ? "BTERM" : "AGOM",
                       "%s has no place for it", format);
    return 0;
}

static const char no_place[] = "has no place in the format: left out";

int
orbit_map_lose(const Parallax__V1__Orbit *orbit, bool (*is_held)(const char *keyword),
               const struct convert *how, struct why *why)
{
    for (size_t i = 0; i < orbit_map.count; i++) {
        const struct field *field = &orbit_map.field[i];
        const struct fill_default *implied = orbit_map_implied;
        char number[FIELDMAP_NUMBER_MAX], note[80];
        struct span value = fieldmap_get(field, &orbit->base, number);

        while (implied->keyword != NULL && strcmp(implied->keyword, field->keyword) != 0)
            implied++;
        if (value.n == 0 || is_held(field->keyword) ||
            (implied->keyword != NULL && span_is(value, implied->value)))
            continue;
        if (implied->keyword != NULL)
            (void)snprintf(note, sizeof note, "has no place in the format: read back as %s", implied->value);
        if (fill_lose(how, why, field->keyword, implied->keyword != NULL ? note : no_place) != 0)
            return -1;
    }
    if (orbit->n_comments > 0 && fill_lose(how, why, "COMMENT", no_place) != 0)
        return -1;
    for (size_t i = 0; i < orbit->n_user_defined; i++) {
        if (fill_lose(how, why, orbit->user_defined[i]->name, no_place) != 0)
            return -1;
    }
    return 0;
}
