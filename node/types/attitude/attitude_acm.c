/* What an ACM 2.0 holds (CCSDS 504.0-B-2 section 5): keywords, units, lines. */
#include "base/num.h"
#include "types/attitude/attitude_map.h"

static const struct field header[] = {
    {.keyword = "CCSDS_ACM_VERS", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CLASSIFICATION", .kind = FIELD_TEXT},
    {.keyword = "CREATION_DATE", .kind = FIELD_TIME, .flags = FIELD_SHOULD},
    {.keyword = "ORIGINATOR", .kind = FIELD_TEXT, .flags = FIELD_SHOULD},
    {.keyword = "MESSAGE_ID", .kind = FIELD_TEXT},
};

static const struct field metadata[] = {
    {.keyword = "OBJECT_NAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "INTERNATIONAL_DESIGNATOR", .kind = FIELD_TEXT},
    {.keyword = "CATALOG_NAME", .kind = FIELD_TEXT},
    {.keyword = "OBJECT_DESIGNATOR", .kind = FIELD_TEXT},
    {.keyword = "ORIGINATOR_POC", .kind = FIELD_TEXT},
    {.keyword = "ORIGINATOR_POSITION", .kind = FIELD_TEXT},
    {.keyword = "ORIGINATOR_PHONE", .kind = FIELD_TEXT},
    {.keyword = "ORIGINATOR_EMAIL", .kind = FIELD_TEXT},
    {.keyword = "ORIGINATOR_ADDRESS", .kind = FIELD_TEXT},
    {.keyword = "ODM_MSG_LINK", .kind = FIELD_TEXT},
    {.keyword = "CENTER_NAME", .kind = FIELD_TEXT},
    {.keyword = "TIME_SYSTEM",
     .kind = FIELD_WORD,
     .words = ATTITUDE_TIME_SYSTEMS,
     .flags = FIELD_MUST | FIELD_OPEN},
    {.keyword = "EPOCH_TZERO", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "ACM_DATA_ELEMENTS", .kind = FIELD_TEXT},
    {.keyword = "START_TIME", .kind = FIELD_TAG},
    {.keyword = "STOP_TIME", .kind = FIELD_TAG},
    {.keyword = "TAIMUTC_AT_TZERO", .kind = FIELD_REAL, .unit = "s"},
    {.keyword = "NEXT_LEAP_EPOCH", .kind = FIELD_TIME},
    {.keyword = "NEXT_LEAP_TAIMUTC", .kind = FIELD_REAL, .unit = "s"},
};

#define BASIS "PREDICTED|DETERMINED_GND|DETERMINED_OBC|SIMULATED"
#define RATES "ANGVEL|Q_DOT|EULER_RATE|GYRO_BIAS"

static const struct field att[] = {
    {.keyword = "ATT_ID", .kind = FIELD_TEXT},
    {.keyword = "ATT_PREV_ID", .kind = FIELD_TEXT},
    {.keyword = "ATT_BASIS", .kind = FIELD_WORD, .words = BASIS, .flags = FIELD_OPEN},
    {.keyword = "ATT_BASIS_ID", .kind = FIELD_TEXT},
    {.keyword = "REF_FRAME_A", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "REF_FRAME_B", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "NUMBER_STATES", .kind = FIELD_INT, .min = "1", .flags = FIELD_MUST},
    {.keyword = "ATT_TYPE",
     .kind = FIELD_WORD,
     .words = "QUATERNION|EULER_ANGLES|DCM|ANGVEL|Q_DOT|EULER_RATE|GYRO_BIAS",
     .flags = FIELD_MUST},
    {.keyword = "RATE_TYPE", .kind = FIELD_WORD, .words = RATES},
    {.keyword = "EULER_ROT_SEQ", .kind = FIELD_WORD, .words = ATTITUDE_SEQUENCES},
};

static const struct field phys[] = {
    {.keyword = "DRAG_COEFF", .kind = FIELD_REAL, .min = "0"},
    {.keyword = "WET_MASS", .kind = FIELD_REAL, .unit = "kg", .min = "0"},
    {.keyword = "DRY_MASS", .kind = FIELD_REAL, .unit = "kg", .min = "0"},
    {.keyword = "CP_REF_FRAME", .kind = FIELD_TEXT},
    {.keyword = "CP", .kind = FIELD_VECTOR, .unit = "m", .min = "3", .max = "3"},
    {.keyword = "INERTIA_REF_FRAME", .kind = FIELD_TEXT},
    {.keyword = "IXX", .kind = FIELD_REAL, .unit = "kg*m**2"},
    {.keyword = "IYY", .kind = FIELD_REAL, .unit = "kg*m**2"},
    {.keyword = "IZZ", .kind = FIELD_REAL, .unit = "kg*m**2"},
    {.keyword = "IXY", .kind = FIELD_REAL, .unit = "kg*m**2"},
    {.keyword = "IXZ", .kind = FIELD_REAL, .unit = "kg*m**2"},
    {.keyword = "IYZ", .kind = FIELD_REAL, .unit = "kg*m**2"},
};

#define COVARIANCES "ANGLE|ANGLE_GYROBIAS|ANGLE_ANGVEL|QUATERNION|QUATERNION_GYROBIAS|QUATERNION_ANGVEL"

static const struct field cov[] = {
    {.keyword = "COV_ID", .kind = FIELD_TEXT},
    {.keyword = "COV_PREV_ID", .kind = FIELD_TEXT},
    {.keyword = "COV_BASIS", .kind = FIELD_WORD, .words = BASIS, .flags = FIELD_OPEN},
    {.keyword = "COV_BASIS_ID", .kind = FIELD_TEXT},
    {.keyword = "COV_REF_FRAME", .kind = FIELD_TEXT},
    {.keyword = "COV_TYPE", .kind = FIELD_WORD, .words = COVARIANCES, .flags = FIELD_MUST},
};

static const struct field man[] = {
    {.keyword = "MAN_ID", .kind = FIELD_TEXT},
    {.keyword = "MAN_PREV_ID", .kind = FIELD_TEXT},
    {.keyword = "MAN_PURPOSE", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "MAN_BEGIN_TIME", .kind = FIELD_TAG, .flags = FIELD_MUST},
    {.keyword = "MAN_END_TIME", .kind = FIELD_TAG},
    {.keyword = "MAN_DURATION", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "ACTUATOR_USED", .kind = FIELD_TEXT},
    {.keyword = "TARGET_MOMENTUM", .kind = FIELD_VECTOR, .unit = "N*m*s", .min = "3", .max = "3"},
    {.keyword = "TARGET_MOM_FRAME", .kind = FIELD_TEXT},
    {.keyword = "TARGET_ATTITUDE", .kind = FIELD_VECTOR, .min = "4", .max = "4"},
    {.keyword = "TARGET_SPINRATE", .kind = FIELD_REAL, .unit = "deg/s"},
};

static const struct field ad[] = {
    {.keyword = "AD_ID", .kind = FIELD_TEXT},
    {.keyword = "AD_PREV_ID", .kind = FIELD_TEXT},
    {.keyword = "AD_METHOD",
     .kind = FIELD_WORD,
     .words = "EKF|TRIAD|QUEST|BATCH|Q_METHOD|FILTER_SMOOTHER|OTHER",
     .flags = FIELD_OPEN},
    {.keyword = "ATTITUDE_SOURCE", .kind = FIELD_TEXT},
    {.keyword = "EULER_ROT_SEQ", .kind = FIELD_WORD, .words = ATTITUDE_SEQUENCES},
    {.keyword = "NUMBER_STATES", .kind = FIELD_INT, .min = "1"},
    {.keyword = "ATTITUDE_STATES", .kind = FIELD_TEXT},
    {.keyword = "COV_TYPE", .kind = FIELD_WORD, .words = COVARIANCES},
    {.keyword = "AD_EPOCH", .kind = FIELD_TAG},
    {.keyword = "REF_FRAME_A", .kind = FIELD_TEXT},
    {.keyword = "REF_FRAME_B", .kind = FIELD_TEXT},
    {.keyword = "ATTITUDE_TYPE", .kind = FIELD_TEXT},
    {.keyword = "RATE_STATES", .kind = FIELD_WORD, .words = RATES},
    {.keyword = "SIGMA_U", .kind = FIELD_REAL, .unit = "deg/s**1.5"},
    {.keyword = "SIGMA_V", .kind = FIELD_REAL, .unit = "deg/s**0.5"},
    {.keyword = "RATE_PROCESS_NOISE_STDDEV", .kind = FIELD_REAL, .unit = "deg/s**1.5"},
};

static const struct field sensor[] = {
    {.keyword = "SENSOR_NUMBER", .kind = FIELD_INT, .min = "1", .flags = FIELD_MUST},
    {.keyword = "SENSOR_USED", .kind = FIELD_TEXT},
    {.keyword = "NUMBER_SENSOR_NOISE_COVARIANCE", .kind = FIELD_INT, .min = "1"},
    {.keyword = "SENSOR_NOISE_STDDEV", .kind = FIELD_VECTOR, .unit = "deg", .min = "1"},
    {.keyword = "SENSOR_FREQUENCY", .kind = FIELD_REAL, .unit = "Hz", .min = "0"},
};

static const struct block_kind kinds[] = {
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
    {.name = "att",
     .start = "ATT_START",
     .stop = "ATT_STOP",
     .element = "att",
     .field = att,
     .count = sizeof att / sizeof *att,
     .line = "attLine",
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
     .flags = BLOCK_MANY},
    {.name = "ad",
     .start = "AD_START",
     .stop = "AD_STOP",
     .element = "ad",
     .field = ad,
     .count = sizeof ad / sizeof *ad},
    {.name = "sensor",
     .start = "SENSOR_START",
     .stop = "SENSOR_STOP",
     .element = "sensor",
     .field = sensor,
     .count = sizeof sensor / sizeof *sensor,
     .flags = BLOCK_MANY | BLOCK_INSIDE},
    {.name = "user", .start = "USER_START", .stop = "USER_STOP", .element = "user", .flags = BLOCK_USER},
};

enum { KIND_METADATA = 1, KIND_ATT, KIND_PHYS, KIND_COV, KIND_MAN };

/* Numbers of a state, a rate or the diagonal of a covariance; 0: not known. */
static size_t
numbers(struct span type)
{
    static const struct {
        const char *type;
        size_t n;
    } known[] = {{"QUATERNION", 4},
                 {"EULER_ANGLES", 3},
                 {"DCM", 9},
                 {"ANGVEL", 3},
                 {"Q_DOT", 4},
                 {"EULER_RATE", 3},
                 {"GYRO_BIAS", 3},
                 {"ANGLE", 3},
                 {"ANGLE_GYROBIAS", 6},
                 {"ANGLE_ANGVEL", 6},
                 {"QUATERNION_ANGVEL", 7},
                 {"QUATERNION_GYROBIAS", 7}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (span_is(type, known[i].type))
            return known[i].n;
    }
    return 0;
}

static int
line(struct block_walk *w, const struct span *column, size_t n)
{
    bool is_state = w->at == KIND_ATT;
    size_t wanted = is_state ? numbers(blockmap_value(w->block, "ATT_TYPE")) +
                                   numbers(blockmap_value(w->block, "RATE_TYPE"))
                             : numbers(blockmap_value(w->block, "COV_TYPE"));

    if (n != wanted + 1)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, "line",
                              "%zu columns: expected a time and %zu numbers of %s", n, wanted,
                              is_state ? "ATT_TYPE and RATE_TYPE" : "COV_TYPE");
    for (size_t i = 1; i < n; i++) {
        if (blockmap_number(w, column[i]) != 0)
            return -1;
    }
    return 0;
}

/* NUMBER_STATES counts what ATT_TYPE and RATE_TYPE name. */
static int
check_states(struct block_walk *w)
{
    size_t wanted =
        numbers(blockmap_value(w->block, "ATT_TYPE")) + numbers(blockmap_value(w->block, "RATE_TYPE"));
    uint64_t n = 0;

    if (num_uint(blockmap_value(w->block, "NUMBER_STATES"), 1000, &n) != 0 || n != wanted)
        return blockmap_wrong(w, WHY_FIELD_VALUE, "NUMBER_STATES",
                              "expected %zu: the numbers of ATT_TYPE and RATE_TYPE", wanted);
    if (span_is(blockmap_value(w->block, "ATT_TYPE"), "EULER_ANGLES"))
        return attitude_must(w, "EULER_ROT_SEQ", "EULER_ANGLES");
    return 0;
}

static int
end(struct block_walk *w)
{
    if (attitude_no_old(w) != 0 || attitude_some_lines(w) != 0)
        return -1;
    if (w->at == KIND_ATT)
        return check_states(w);
    if (w->at == KIND_MAN)
        return blockmap_span(w, "MAN_BEGIN_TIME", "MAN_END_TIME");
    return w->at == KIND_METADATA ? blockmap_span(w, "START_TIME", "STOP_TIME") : 0;
}

const struct blockmap attitude_acm = {
    .form = "acm",
    .majors = "2",
    .kind = kinds,
    .kinds = sizeof kinds / sizeof *kinds,
    .line = line,
    .end = end,
    .has_units = true,
    .has_long_lines = true,
    ATTITUDE_MESSAGE,
};
