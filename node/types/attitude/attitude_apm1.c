/* What an APM 1.0 holds (CCSDS 504.0-B-1 section 3): keywords, units. */
#include "types/attitude/attitude_map.h"

static const struct field header[] = {
    {.keyword = "CCSDS_APM_VERS", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CREATION_DATE", .kind = FIELD_TIME, .flags = FIELD_SHOULD},
    {.keyword = "ORIGINATOR", .kind = FIELD_TEXT, .flags = FIELD_SHOULD},
};

static const struct field metadata[] = {
    {.keyword = "OBJECT_NAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "OBJECT_ID", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CENTER_NAME", .kind = FIELD_TEXT},
    {.keyword = "TIME_SYSTEM",
     .kind = FIELD_WORD,
     .words = ATTITUDE_TIME_SYSTEMS,
     .flags = FIELD_MUST | FIELD_OPEN},
};

static const struct field quaternion[] = {
    {.keyword = "EPOCH", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "Q_FRAME_A", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "Q_FRAME_B", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "Q_DIR", .kind = FIELD_WORD, .words = "A2B|B2A", .flags = FIELD_MUST},
    {.keyword = "Q1", ATTITUDE_COMPONENT, .flags = FIELD_MUST},
    {.keyword = "Q2", ATTITUDE_COMPONENT, .flags = FIELD_MUST},
    {.keyword = "Q3", ATTITUDE_COMPONENT, .flags = FIELD_MUST},
    {.keyword = "QC", ATTITUDE_COMPONENT, .flags = FIELD_MUST},
    {.keyword = "Q1_DOT", .kind = FIELD_REAL, .unit = "1/s"},
    {.keyword = "Q2_DOT", .kind = FIELD_REAL, .unit = "1/s"},
    {.keyword = "Q3_DOT", .kind = FIELD_REAL, .unit = "1/s"},
    {.keyword = "QC_DOT", .kind = FIELD_REAL, .unit = "1/s"},
};

static const struct block_part quaternion_parts[] = {
    {.element = "quaternion", .first = "Q1", .count = 4, .is_any = true},
    {.element = "quaternionRate", .first = "Q1_DOT", .count = 4, .is_any = true},
};

static const struct field euler[] = {
    {.keyword = "EULER_FRAME_A", .kind = FIELD_TEXT},
    {.keyword = "EULER_FRAME_B", .kind = FIELD_TEXT},
    {.keyword = "EULER_DIR", .kind = FIELD_WORD, .words = "A2B|B2A"},
    {.keyword = "EULER_ROT_SEQ", .kind = FIELD_WORD, .words = ATTITUDE_SEQUENCES_1},
    {.keyword = "RATE_FRAME", .kind = FIELD_WORD, .words = "EULER_FRAME_A|EULER_FRAME_B"},
    {.keyword = "X_ANGLE", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},
    {.keyword = "Y_ANGLE", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},
    {.keyword = "Z_ANGLE", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},
    {.keyword = "X_RATE", .kind = FIELD_REAL, .unit = "deg/s"},
    {.keyword = "Y_RATE", .kind = FIELD_REAL, .unit = "deg/s"},
    {.keyword = "Z_RATE", .kind = FIELD_REAL, .unit = "deg/s"},
};

static const struct block_part euler_parts[] = {
    {.element = "rotationAngles",
     .first = "X_ANGLE",
     .count = 3,
     .attribute = "angle",
     .item = "rotation",
     .is_any = true},
    {.element = "rotationRates",
     .first = "X_RATE",
     .count = 3,
     .attribute = "rate",
     .item = "rotation",
     .is_any = true},
};

static const struct field spin[] = {
    {.keyword = "SPIN_FRAME_A", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "SPIN_FRAME_B", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "SPIN_DIR", .kind = FIELD_WORD, .words = "A2B|B2A"},
    {.keyword = "SPIN_ALPHA", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},
    {.keyword = "SPIN_DELTA", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},
    {.keyword = "SPIN_ANGLE", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},
    {.keyword = "SPIN_ANGLE_VEL", .kind = FIELD_REAL, .unit = "deg/s"},
    {.keyword = "NUTATION", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},
    {.keyword = "NUTATION_PER", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "NUTATION_PHASE", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},
};

static const struct field inertia[] = {
    {.keyword = "INERTIA_REF_FRAME", .kind = FIELD_TEXT},
    {.keyword = "I11", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
    {.keyword = "I22", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
    {.keyword = "I33", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
    {.keyword = "I12", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
    {.keyword = "I13", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
    {.keyword = "I23", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
};

static const struct field maneuver[] = {
    {.keyword = "MAN_EPOCH_START", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "MAN_DURATION", .kind = FIELD_REAL, .unit = "s", .min = "0", .flags = FIELD_MUST},
    {.keyword = "MAN_REF_FRAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "MAN_TOR_1", .kind = FIELD_REAL, .unit = "N*m", .flags = FIELD_MUST},
    {.keyword = "MAN_TOR_2", .kind = FIELD_REAL, .unit = "N*m", .flags = FIELD_MUST},
    {.keyword = "MAN_TOR_3", .kind = FIELD_REAL, .unit = "N*m", .flags = FIELD_MUST},
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
     .flags = BLOCK_MUST | BLOCK_SEGMENT | BLOCK_BARE},
    {.name = "quaternion",
     .element = "quaternionState",
     .field = quaternion,
     .count = sizeof quaternion / sizeof *quaternion,
     .part = quaternion_parts,
     .parts = sizeof quaternion_parts / sizeof *quaternion_parts,
     .flags = BLOCK_MUST},
    {.name = "euler",
     .element = "eulerElementsThree",
     .field = euler,
     .count = sizeof euler / sizeof *euler,
     .part = euler_parts,
     .parts = sizeof euler_parts / sizeof *euler_parts},
    {.name = "spin", .element = "eulerElementsSpin", .field = spin, .count = sizeof spin / sizeof *spin},
    {.name = "inertia",
     .element = "spacecraftParameters",
     .field = inertia,
     .count = sizeof inertia / sizeof *inertia},
    {.name = "maneuver",
     .element = "maneuverParameters",
     .field = maneuver,
     .count = sizeof maneuver / sizeof *maneuver,
     .flags = BLOCK_MANY | BLOCK_AGAIN},
};

const struct blockmap attitude_apm1 = {
    .form = "apm",
    .majors = "1",
    .kind = kinds,
    .kinds = sizeof kinds / sizeof *kinds,
    .end = attitude_whole_parts,
    .has_units = true,
    .is_flat = true,
    ATTITUDE_MESSAGE,
};
