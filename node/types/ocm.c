/* What an OCM holds (CCSDS 502.0-B-3 section 6): keywords, units, lines. */
#include "types/ocm.h"

#include "types/ocm_units.h"

#include "base/num.h"

static const struct field header[] = {
    {.keyword = "CCSDS_OCM_VERS", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CLASSIFICATION", .kind = FIELD_TEXT},
    {.keyword = "CREATION_DATE", .kind = FIELD_TIME, .flags = FIELD_SHOULD},
    {.keyword = "ORIGINATOR", .kind = FIELD_TEXT, .flags = FIELD_SHOULD},
    {.keyword = "MESSAGE_ID", .kind = FIELD_TEXT},
};

static const struct field metadata[] = {
    {.keyword = "OBJECT_NAME", .kind = FIELD_TEXT},
    {.keyword = "INTERNATIONAL_DESIGNATOR", .kind = FIELD_TEXT},
    {.keyword = "CATALOG_NAME", .kind = FIELD_TEXT},
    {.keyword = "OBJECT_DESIGNATOR", .kind = FIELD_TEXT},
    {.keyword = "ALTERNATE_NAMES", .kind = FIELD_TEXT},
    {.keyword = "ORIGINATOR_POC", .kind = FIELD_TEXT},
    {.keyword = "ORIGINATOR_POSITION", .kind = FIELD_TEXT},
    {.keyword = "ORIGINATOR_PHONE", .kind = FIELD_TEXT},
    {.keyword = "ORIGINATOR_EMAIL", .kind = FIELD_TEXT},
    {.keyword = "ORIGINATOR_ADDRESS", .kind = FIELD_TEXT},
    {.keyword = "TECH_ORG", .kind = FIELD_TEXT},
    {.keyword = "TECH_POC", .kind = FIELD_TEXT},
    {.keyword = "TECH_POSITION", .kind = FIELD_TEXT},
    {.keyword = "TECH_PHONE", .kind = FIELD_TEXT},
    {.keyword = "TECH_EMAIL", .kind = FIELD_TEXT},
    {.keyword = "TECH_ADDRESS", .kind = FIELD_TEXT},
    {.keyword = "PREVIOUS_MESSAGE_ID", .kind = FIELD_TEXT},
    {.keyword = "NEXT_MESSAGE_ID", .kind = FIELD_TEXT},
    {.keyword = "ADM_MSG_LINK", .kind = FIELD_TEXT},
    {.keyword = "CDM_MSG_LINK", .kind = FIELD_TEXT},
    {.keyword = "PRM_MSG_LINK", .kind = FIELD_TEXT},
    {.keyword = "RDM_MSG_LINK", .kind = FIELD_TEXT},
    {.keyword = "TDM_MSG_LINK", .kind = FIELD_TEXT},
    {.keyword = "OPERATOR", .kind = FIELD_TEXT},
    {.keyword = "OWNER", .kind = FIELD_TEXT},
    {.keyword = "COUNTRY", .kind = FIELD_TEXT},
    {.keyword = "CONSTELLATION", .kind = FIELD_TEXT},
    {.keyword = "OBJECT_TYPE", .kind = FIELD_TEXT},
    {.keyword = "TIME_SYSTEM",
     .kind = FIELD_WORD,
     .words = "UTC|TAI|TT|GPS|UT1|TDB|TCB|TCG|GMST|MET|MRT|SCLK",
     .flags = FIELD_OPEN},
    {.keyword = "EPOCH_TZERO", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "OPS_STATUS", .kind = FIELD_TEXT},
    {.keyword = "ORBIT_CATEGORY", .kind = FIELD_TEXT},
    {.keyword = "OCM_DATA_ELEMENTS", .kind = FIELD_TEXT},
    {.keyword = "SCLK_OFFSET_AT_EPOCH", .kind = FIELD_REAL, .unit = "s"},
    {.keyword = "SCLK_SEC_PER_SI_SEC", .kind = FIELD_REAL, .unit = "s"},
    {.keyword = "PREVIOUS_MESSAGE_EPOCH", .kind = FIELD_TAG},
    {.keyword = "NEXT_MESSAGE_EPOCH", .kind = FIELD_TAG},
    {.keyword = "START_TIME", .kind = FIELD_TAG},
    {.keyword = "STOP_TIME", .kind = FIELD_TAG},
    {.keyword = "TIME_SPAN", .kind = FIELD_REAL, .unit = "d", .min = "0"},
    {.keyword = "TAIMUTC_AT_TZERO", .kind = FIELD_REAL, .unit = "s"},
    {.keyword = "NEXT_LEAP_EPOCH", .kind = FIELD_TAG},
    {.keyword = "NEXT_LEAP_TAIMUTC", .kind = FIELD_REAL, .unit = "s"},
    {.keyword = "UT1MUTC_AT_TZERO", .kind = FIELD_REAL, .unit = "s"},
    {.keyword = "EOP_SOURCE", .kind = FIELD_TEXT},
    {.keyword = "INTERP_METHOD_EOP", .kind = FIELD_TEXT},
    {.keyword = "CELESTIAL_SOURCE", .kind = FIELD_TEXT},
};

static const struct field traj[] = {
    {.keyword = "TRAJ_ID", .kind = FIELD_TEXT},
    {.keyword = "TRAJ_PREV_ID", .kind = FIELD_TEXT},
    {.keyword = "TRAJ_NEXT_ID", .kind = FIELD_TEXT},
    {.keyword = "TRAJ_BASIS",
     .kind = FIELD_WORD,
     .words = "PREDICTED|DETERMINED|TELEMETRY|SIMULATED|OTHER",
     .flags = FIELD_OPEN},
    {.keyword = "TRAJ_BASIS_ID", .kind = FIELD_TEXT},
    {.keyword = "INTERPOLATION", .kind = FIELD_TEXT},
    {.keyword = "INTERPOLATION_DEGREE", .kind = FIELD_INT, .min = "0"},
    {.keyword = "PROPAGATOR", .kind = FIELD_TEXT},
    {.keyword = "CENTER_NAME", .kind = FIELD_TEXT},
    {.keyword = "TRAJ_REF_FRAME", .kind = FIELD_TEXT},
    {.keyword = "TRAJ_FRAME_EPOCH", .kind = FIELD_TAG},
    {.keyword = "USEABLE_START_TIME", .kind = FIELD_TAG},
    {.keyword = "USEABLE_STOP_TIME", .kind = FIELD_TAG},
    {.keyword = "ORB_REVNUM", .kind = FIELD_INT},
    {.keyword = "ORB_REVNUM_BASIS", .kind = FIELD_INT},
    {.keyword = "TRAJ_TYPE", .kind = FIELD_TEXT},
    {.keyword = "ORB_AVERAGING", .kind = FIELD_TEXT},
    {.keyword = "TRAJ_UNITS", .kind = FIELD_TEXT},
};

static const struct field phys[] = {
    {.keyword = "MANUFACTURER", .kind = FIELD_TEXT},
    {.keyword = "BUS_MODEL", .kind = FIELD_TEXT},
    {.keyword = "DOCKED_WITH", .kind = FIELD_TEXT},
    {.keyword = "DRAG_CONST_AREA", .kind = FIELD_REAL, .unit = "m**2", .min = "0"},
    {.keyword = "DRAG_COEFF_NOM", .kind = FIELD_REAL},
    {.keyword = "DRAG_UNCERTAINTY", .kind = FIELD_REAL, .unit = "%"},
    {.keyword = "INITIAL_WET_MASS", .kind = FIELD_REAL, .unit = "kg", .min = "0"},
    {.keyword = "WET_MASS", .kind = FIELD_REAL, .unit = "kg", .min = "0"},
    {.keyword = "DRY_MASS", .kind = FIELD_REAL, .unit = "kg", .min = "0"},
    {.keyword = "OEB_PARENT_FRAME", .kind = FIELD_TEXT},
    {.keyword = "OEB_PARENT_FRAME_EPOCH", .kind = FIELD_TAG},
    {.keyword = "OEB_Q1", .kind = FIELD_REAL},
    {.keyword = "OEB_Q2", .kind = FIELD_REAL},
    {.keyword = "OEB_Q3", .kind = FIELD_REAL},
    {.keyword = "OEB_QC", .kind = FIELD_REAL},
    {.keyword = "OEB_MAX", .kind = FIELD_REAL, .unit = "m"},
    {.keyword = "OEB_INT", .kind = FIELD_REAL, .unit = "m"},
    {.keyword = "OEB_MIN", .kind = FIELD_REAL, .unit = "m"},
    {.keyword = "AREA_ALONG_OEB_MAX", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "AREA_ALONG_OEB_INT", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "AREA_ALONG_OEB_MIN", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "AREA_MIN_FOR_PC", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "AREA_MAX_FOR_PC", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "AREA_TYP_FOR_PC", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "RCS", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "RCS_MIN", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "RCS_MAX", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "SRP_CONST_AREA", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "SOLAR_RAD_COEFF", .kind = FIELD_REAL},
    {.keyword = "SOLAR_RAD_UNCERTAINTY", .kind = FIELD_REAL, .unit = "%"},
    {.keyword = "VM_ABSOLUTE", .kind = FIELD_REAL},
    {.keyword = "VM_APPARENT_MIN", .kind = FIELD_REAL},
    {.keyword = "VM_APPARENT", .kind = FIELD_REAL},
    {.keyword = "VM_APPARENT_MAX", .kind = FIELD_REAL},
    {.keyword = "REFLECTANCE", .kind = FIELD_REAL},
    {.keyword = "ATT_CONTROL_MODE", .kind = FIELD_TEXT},
    {.keyword = "ATT_ACTUATOR_TYPE", .kind = FIELD_TEXT},
    {.keyword = "ATT_KNOWLEDGE", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "ATT_CONTROL", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "ATT_POINTING", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "AVG_MANEUVER_FREQ", .kind = FIELD_REAL, .unit = "#/yr"},
    {.keyword = "MAX_THRUST", .kind = FIELD_REAL, .unit = "N"},
    {.keyword = "DV_BOL", .kind = FIELD_REAL, .unit = "km/s"},
    {.keyword = "DV_REMAINING", .kind = FIELD_REAL, .unit = "km/s"},
    {.keyword = "IXX", .kind = FIELD_REAL, .unit = "kg*m**2"},
    {.keyword = "IYY", .kind = FIELD_REAL, .unit = "kg*m**2"},
    {.keyword = "IZZ", .kind = FIELD_REAL, .unit = "kg*m**2"},
    {.keyword = "IXY", .kind = FIELD_REAL, .unit = "kg*m**2"},
    {.keyword = "IXZ", .kind = FIELD_REAL, .unit = "kg*m**2"},
    {.keyword = "IYZ", .kind = FIELD_REAL, .unit = "kg*m**2"},
};

static const struct field cov[] = {
    {.keyword = "COV_ID", .kind = FIELD_TEXT},
    {.keyword = "COV_PREV_ID", .kind = FIELD_TEXT},
    {.keyword = "COV_NEXT_ID", .kind = FIELD_TEXT},
    {.keyword = "COV_BASIS", .kind = FIELD_TEXT},
    {.keyword = "COV_BASIS_ID", .kind = FIELD_TEXT},
    {.keyword = "COV_REF_FRAME", .kind = FIELD_TEXT},
    {.keyword = "COV_FRAME_EPOCH", .kind = FIELD_TAG},
    {.keyword = "COV_SCALE_MIN", .kind = FIELD_REAL},
    {.keyword = "COV_SCALE_MAX", .kind = FIELD_REAL},
    {.keyword = "COV_CONFIDENCE", .kind = FIELD_REAL, .unit = "%"},
    {.keyword = "COV_TYPE", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "COV_ORDERING", .kind = FIELD_WORD, .words = "LTM|UTM|FULL|LTMWCC|UTMWCC"},
    {.keyword = "COV_UNITS", .kind = FIELD_TEXT},
};

static const struct field man[] = {
    {.keyword = "MAN_ID", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "MAN_PREV_ID", .kind = FIELD_TEXT},
    {.keyword = "MAN_NEXT_ID", .kind = FIELD_TEXT},
    {.keyword = "MAN_BASIS", .kind = FIELD_TEXT},
    {.keyword = "MAN_BASIS_ID", .kind = FIELD_TEXT},
    {.keyword = "MAN_DEVICE_ID", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "MAN_PREV_EPOCH", .kind = FIELD_TAG},
    {.keyword = "MAN_NEXT_EPOCH", .kind = FIELD_TAG},
    {.keyword = "MAN_PURPOSE", .kind = FIELD_TEXT},
    {.keyword = "MAN_PRED_SOURCE", .kind = FIELD_TEXT},
    {.keyword = "MAN_REF_FRAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "MAN_FRAME_EPOCH", .kind = FIELD_TAG},
    {.keyword = "GRAV_ASSIST_NAME", .kind = FIELD_TEXT},
    {.keyword = "DC_TYPE", .kind = FIELD_WORD, .words = "CONTINUOUS|TIME|TIME_AND_ANGLE"},
    {.keyword = "DC_WIN_OPEN", .kind = FIELD_TAG},
    {.keyword = "DC_WIN_CLOSE", .kind = FIELD_TAG},
    {.keyword = "DC_MIN_CYCLES", .kind = FIELD_INT, .min = "0"},
    {.keyword = "DC_MAX_CYCLES", .kind = FIELD_INT, .min = "0"},
    {.keyword = "DC_EXEC_START", .kind = FIELD_TAG},
    {.keyword = "DC_EXEC_STOP", .kind = FIELD_TAG},
    {.keyword = "DC_REF_TIME", .kind = FIELD_TAG},
    {.keyword = "DC_TIME_PULSE_DURATION", .kind = FIELD_REAL, .unit = "s"},
    {.keyword = "DC_TIME_PULSE_PERIOD", .kind = FIELD_REAL, .unit = "s"},
    {.keyword = "DC_REF_DIR", .kind = FIELD_TEXT},
    {.keyword = "DC_BODY_FRAME", .kind = FIELD_TEXT},
    {.keyword = "DC_BODY_TRIGGER", .kind = FIELD_TEXT},
    {.keyword = "DC_PA_START_ANGLE", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "DC_PA_STOP_ANGLE", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "MAN_COMPOSITION", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "MAN_UNITS", .kind = FIELD_TEXT},
};

static const struct field pert[] = {
    {.keyword = "ATMOSPHERIC_MODEL", .kind = FIELD_TEXT},
    {.keyword = "GRAVITY_MODEL", .kind = FIELD_TEXT},
    {.keyword = "EQUATORIAL_RADIUS", .kind = FIELD_REAL, .unit = "km"},
    {.keyword = "GM", .kind = FIELD_REAL, .unit = "km**3/s**2"},
    {.keyword = "N_BODY_PERTURBATIONS", .kind = FIELD_TEXT},
    {.keyword = "CENTRAL_BODY_ROTATION", .kind = FIELD_REAL, .unit = "deg/s"},
    {.keyword = "OBLATE_FLATTENING", .kind = FIELD_REAL},
    {.keyword = "OCEAN_TIDES_MODEL", .kind = FIELD_TEXT},
    {.keyword = "SOLID_TIDES_MODEL", .kind = FIELD_TEXT},
    {.keyword = "REDUCTION_THEORY", .kind = FIELD_TEXT},
    {.keyword = "ALBEDO_MODEL", .kind = FIELD_TEXT},
    {.keyword = "ALBEDO_GRID_SIZE", .kind = FIELD_TEXT},
    {.keyword = "SHADOW_MODEL", .kind = FIELD_TEXT},
    {.keyword = "SHADOW_BODIES", .kind = FIELD_TEXT},
    {.keyword = "SRP_MODEL", .kind = FIELD_TEXT},
    {.keyword = "SW_DATA_SOURCE", .kind = FIELD_TEXT},
    {.keyword = "SW_DATA_EPOCH", .kind = FIELD_TAG},
    {.keyword = "SW_INTERP_METHOD", .kind = FIELD_TEXT},
    {.keyword = "FIXED_GEOMAG_KP", .kind = FIELD_REAL, .unit = "nT"},
    {.keyword = "FIXED_GEOMAG_AP", .kind = FIELD_REAL, .unit = "nT"},
    {.keyword = "FIXED_GEOMAG_DST", .kind = FIELD_REAL, .unit = "nT"},
    {.keyword = "FIXED_F10P7", .kind = FIELD_REAL, .unit = "SFU"},
    {.keyword = "FIXED_F10P7_MEAN", .kind = FIELD_REAL, .unit = "SFU"},
    {.keyword = "FIXED_M10P7", .kind = FIELD_REAL, .unit = "SFU"},
    {.keyword = "FIXED_M10P7_MEAN", .kind = FIELD_REAL, .unit = "SFU"},
    {.keyword = "FIXED_S10P7", .kind = FIELD_REAL, .unit = "SFU"},
    {.keyword = "FIXED_S10P7_MEAN", .kind = FIELD_REAL, .unit = "SFU"},
    {.keyword = "FIXED_Y10P7", .kind = FIELD_REAL, .unit = "SFU"},
    {.keyword = "FIXED_Y10P7_MEAN", .kind = FIELD_REAL, .unit = "SFU"},
};

static const struct field od[] = {
    {.keyword = "OD_ID", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "OD_PREV_ID", .kind = FIELD_TEXT},
    {.keyword = "OD_METHOD", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "OD_EPOCH", .kind = FIELD_TAG, .flags = FIELD_MUST},
    {.keyword = "DAYS_SINCE_FIRST_OBS", .kind = FIELD_REAL, .unit = "d"},
    {.keyword = "DAYS_SINCE_LAST_OBS", .kind = FIELD_REAL, .unit = "d"},
    {.keyword = "RECOMMENDED_OD_SPAN", .kind = FIELD_REAL, .unit = "d"},
    {.keyword = "ACTUAL_OD_SPAN", .kind = FIELD_REAL, .unit = "d"},
    {.keyword = "OBS_AVAILABLE", .kind = FIELD_INT, .min = "0"},
    {.keyword = "OBS_USED", .kind = FIELD_INT, .min = "0"},
    {.keyword = "TRACKS_AVAILABLE", .kind = FIELD_INT, .min = "0"},
    {.keyword = "TRACKS_USED", .kind = FIELD_INT, .min = "0"},
    {.keyword = "MAXIMUM_OBS_GAP", .kind = FIELD_REAL, .unit = "d"},
    {.keyword = "OD_EPOCH_EIGMAJ", .kind = FIELD_REAL, .unit = "m"},
    {.keyword = "OD_EPOCH_EIGINT", .kind = FIELD_REAL, .unit = "m"},
    {.keyword = "OD_EPOCH_EIGMIN", .kind = FIELD_REAL, .unit = "m"},
    {.keyword = "OD_MAX_PRED_EIGMAJ", .kind = FIELD_REAL, .unit = "m"},
    {.keyword = "OD_MIN_PRED_EIGMIN", .kind = FIELD_REAL, .unit = "m"},
    {.keyword = "OD_CONFIDENCE", .kind = FIELD_REAL, .unit = "%"},
    {.keyword = "GDOP", .kind = FIELD_REAL},
    {.keyword = "SOLVE_N", .kind = FIELD_INT, .min = "0"},
    {.keyword = "SOLVE_STATES", .kind = FIELD_TEXT},
    {.keyword = "CONSIDER_N", .kind = FIELD_INT, .min = "0"},
    {.keyword = "CONSIDER_PARAMS", .kind = FIELD_TEXT},
    {.keyword = "SEDR", .kind = FIELD_REAL, .unit = "W/kg"},
    {.keyword = "SENSORS_N", .kind = FIELD_INT, .min = "0"},
    {.keyword = "SENSORS", .kind = FIELD_TEXT},
    {.keyword = "WEIGHTED_RMS", .kind = FIELD_REAL},
    {.keyword = "DATA_TYPES", .kind = FIELD_TEXT},
};

const struct block_kind ocm_kinds[OCM_KINDS] = {
    {.name = "header",
     .element = "header",
     .field = header,
     .count = sizeof header / sizeof *header,
     .flags = BLOCK_MUST},
    {.name = "metadata",
     .start = "META_START",
     .stop = "META_STOP",
     .element = "metadata",
     .field = metadata,
     .count = sizeof metadata / sizeof *metadata,
     .flags = BLOCK_MUST | BLOCK_SEGMENT},
    {.name = "traj",
     .start = "TRAJ_START",
     .stop = "TRAJ_STOP",
     .element = "traj",
     .field = traj,
     .count = sizeof traj / sizeof *traj,
     .line = "trajLine",
     .lines = BLOCK_COLUMNS,
     .flags = BLOCK_MANY},
    {.name = "phys",
     .start = "PHYS_START",
     .stop = "PHYS_STOP",
     .element = "phys",
     .field = phys,
     .count = sizeof phys / sizeof *phys},
    {.name = "cov",
     .start = "COV_START",
     .stop = "COV_STOP",
     .element = "cov",
     .field = cov,
     .count = sizeof cov / sizeof *cov,
     .line = "covLine",
     .lines = BLOCK_COLUMNS,
     .flags = BLOCK_MANY},
    {.name = "man",
     .start = "MAN_START",
     .stop = "MAN_STOP",
     .element = "man",
     .field = man,
     .count = sizeof man / sizeof *man,
     .line = "manLine",
     .lines = BLOCK_COLUMNS,
     .flags = BLOCK_MANY},
    {.name = "pert",
     .start = "PERT_START",
     .stop = "PERT_STOP",
     .element = "pert",
     .field = pert,
     .count = sizeof pert / sizeof *pert},
    {.name = "od",
     .start = "OD_START",
     .stop = "OD_STOP",
     .element = "od",
     .field = od,
     .count = sizeof od / sizeof *od},
    {.name = "user", .start = "USER_START", .stop = "USER_STOP", .element = "user", .flags = BLOCK_USER},
};

enum { KIND_METADATA = 1, KIND_TRAJ, KIND_PHYS, KIND_COV, KIND_MAN };

/* Elements of a state or a covariance of a type; 0: as many as the first line has. */
static size_t
elements(struct span type)
{
    static const struct {
        const char *type;
        size_t n;
    } known[] = {{"CARTP", 3}, {"CARTPV", 6}, {"CARTPVA", 9}, {"ADBARV", 6}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (span_is(type, known[i].type))
            return known[i].n;
    }
    return 0;
}

static int
check_state(struct block_walk *w, size_t n)
{
    struct span type = blockmap_value(w->block, "TRAJ_TYPE");
    size_t wanted = type.n > 0 ? elements(type) : 6; /* CARTPV */

    if (wanted == 6 && n == 10) { /* an example of the standard itself is written so */
        blockmap_odd(w, BLOCK_ODD_COLUMNS, "line",
                     "9 numbers where TRAJ_TYPE has 6: read as position, velocity and acceleration");
        return 0;
    }
    if (wanted > 0 && n != wanted + 1)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, "line",
                              "%zu columns: expected a time and %zu numbers of TRAJ_TYPE", n, wanted);
    return 0;
}

static int
check_covariance(struct block_walk *w, size_t n)
{
    struct span order = blockmap_value(w->block, "COV_ORDERING");
    size_t side = elements(blockmap_value(w->block, "COV_TYPE")), k = 1;
    bool is_triangle = order.n == 0 || span_is(order, "LTM") || span_is(order, "UTM");

    if (side == 0) {
        while ((is_triangle ? k * (k + 1) / 2 : k * k) < n - 1)
            k++;
        side = k;
    }
    if (n - 1 != (is_triangle ? side * (side + 1) / 2 : side * side))
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, "line", "%zu numbers: expected the %s of a matrix", n - 1,
                              is_triangle ? "triangle" : "whole");
    return 0;
}

/* Name ${i} of a list "A, B, C". */
struct span
ocm_name(struct span list, size_t i)
{
    size_t at = 0;

    for (;;) {
        size_t start;

        while (at < list.n &&
               (list.p[at] == ' ' || list.p[at] == ',' || list.p[at] == '[' || list.p[at] == ']'))
            at++;
        start = at;
        while (at < list.n && list.p[at] != ' ' && list.p[at] != ',' && list.p[at] != ']')
            at++;
        if (at == start || i-- == 0)
            return span_of(list.p + start, at - start);
    }
}

/* Columns are named by MAN_COMPOSITION; three of them are words. */
static int
check_maneuver(struct block_walk *w, const struct span *column, size_t n)
{
    struct span names = blockmap_value(w->block, "MAN_COMPOSITION");

    if (names.n == 0 || ocm_name(names, n - 1).n == 0 || ocm_name(names, n).n > 0)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, "line",
                              "%zu columns: expected one for each name of MAN_COMPOSITION", n);
    for (size_t i = 1; i < n; i++) {
        struct span name = ocm_name(names, i);

        if (!span_is(name, "ACC_INTERP") && !span_is(name, "THR_INTERP") && !span_is(name, "DEPLOY_ID") &&
            blockmap_number(w, column[i]) != 0)
            return -1;
    }
    return 0;
}

int
ocm_line(struct block_walk *w, const struct span *column, size_t n)
{
    if (w->at == KIND_MAN)
        return check_maneuver(w, column, n);
    for (size_t i = 1; i < n; i++) {
        if (blockmap_number(w, column[i]) != 0)
            return -1;
    }
    if (n < 2 || (w->columns > 0 && n != w->columns))
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, "line", "%zu columns: expected %zu", n,
                              n < 2 ? 2 : w->columns);
    return w->at == KIND_TRAJ ? check_state(w, n) : check_covariance(w, n);
}

int
ocm_end(struct block_walk *w)
{
    bool has_lines = w->kind->lines == BLOCK_COLUMNS;

    if (has_lines && w->lines == 0)
        return blockmap_wrong(w, WHY_FIELD_MISSING, w->kind->name, "no lines: expected at least one");
    if (w->at == KIND_TRAJ)
        return ocm_units_check_state(w);
    if (w->at == KIND_MAN)
        return ocm_units_check_maneuver(w);
    return w->at == KIND_METADATA ? blockmap_span(w, "START_TIME", "STOP_TIME") : 0;
}
