/* What an APM 2.0 holds (CCSDS 504.0-B-2 section 3): keywords, units. */
#include "types/attitude/attitude_map.h"

static const struct field header[] = {
    {.keyword = "CCSDS_APM_VERS", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CLASSIFICATION", .kind = FIELD_TEXT},
    {.keyword = "CREATION_DATE", .kind = FIELD_TIME, .flags = FIELD_SHOULD},
    {.keyword = "ORIGINATOR", .kind = FIELD_TEXT, .flags = FIELD_SHOULD},
    {.keyword = "MESSAGE_ID", .kind = FIELD_TEXT},
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

static const struct field data[] = {
    {.keyword = "EPOCH", .kind = FIELD_TIME, .flags = FIELD_MUST},
};

static const struct field quaternion[] = {
    {.keyword = "REF_FRAME_A", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "REF_FRAME_B", .kind = FIELD_TEXT, .flags = FIELD_MUST},
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
    {.element = "quaternion", .first = "Q1", .count = 4},
    {.element = "quaternionDot", .first = "Q1_DOT", .count = 4},
};

static const struct field euler[] = {
    {.keyword = "REF_FRAME_A", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "REF_FRAME_B", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "EULER_ROT_SEQ", .kind = FIELD_WORD, .words = ATTITUDE_SEQUENCES, .flags = FIELD_MUST},
    {.keyword = "ANGLE_1", ATTITUDE_ANGLE, .flags = FIELD_MUST | FIELD_BELOW},
    {.keyword = "ANGLE_2", ATTITUDE_ANGLE, .flags = FIELD_MUST | FIELD_BELOW},
    {.keyword = "ANGLE_3", ATTITUDE_ANGLE, .flags = FIELD_MUST | FIELD_BELOW},
    {.keyword = "ANGLE_1_DOT", .kind = FIELD_REAL, .unit = "deg/s"},
    {.keyword = "ANGLE_2_DOT", .kind = FIELD_REAL, .unit = "deg/s"},
    {.keyword = "ANGLE_3_DOT", .kind = FIELD_REAL, .unit = "deg/s"},
};

static const struct field velocity[] = {
    {.keyword = "REF_FRAME_A", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "REF_FRAME_B", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "ANGVEL_FRAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "ANGVEL_X", .kind = FIELD_REAL, .unit = "deg/s", .flags = FIELD_MUST},
    {.keyword = "ANGVEL_Y", .kind = FIELD_REAL, .unit = "deg/s", .flags = FIELD_MUST},
    {.keyword = "ANGVEL_Z", .kind = FIELD_REAL, .unit = "deg/s", .flags = FIELD_MUST},
};

static const struct field spin[] = {
    {.keyword = "REF_FRAME_A", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "REF_FRAME_B", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "SPIN_ALPHA", ATTITUDE_ANGLE, .flags = FIELD_MUST | FIELD_BELOW},
    {.keyword = "SPIN_DELTA", ATTITUDE_ANGLE, .flags = FIELD_MUST | FIELD_BELOW},
    {.keyword = "SPIN_ANGLE", ATTITUDE_ANGLE, .flags = FIELD_MUST | FIELD_BELOW},
    {.keyword = "SPIN_ANGLE_VEL", .kind = FIELD_REAL, .unit = "deg/s", .flags = FIELD_MUST},
    {.keyword = "NUTATION", ATTITUDE_ANGLE, .flags = FIELD_BELOW},
    {.keyword = "NUTATION_PER", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "NUTATION_PHASE", ATTITUDE_ANGLE, .flags = FIELD_BELOW},
    {.keyword = "MOMENTUM_ALPHA", ATTITUDE_ANGLE, .flags = FIELD_BELOW},
    {.keyword = "MOMENTUM_DELTA", ATTITUDE_ANGLE, .flags = FIELD_BELOW},
    {.keyword = "NUTATION_VEL", .kind = FIELD_REAL, .unit = "deg/s"},
};

static const struct field inertia[] = {
    {.keyword = "INERTIA_REF_FRAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "IXX", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
    {.keyword = "IYY", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
    {.keyword = "IZZ", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
    {.keyword = "IXY", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
    {.keyword = "IXZ", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
    {.keyword = "IYZ", .kind = FIELD_REAL, .unit = "kg*m**2", .flags = FIELD_MUST},
};

static const struct field maneuver[] = {
    {.keyword = "MAN_EPOCH_START", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "MAN_DURATION", .kind = FIELD_REAL, .unit = "s", .min = "0", .flags = FIELD_MUST},
    {.keyword = "MAN_REF_FRAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "MAN_TOR_X", .kind = FIELD_REAL, .unit = "N*m", .flags = FIELD_MUST},
    {.keyword = "MAN_TOR_Y", .kind = FIELD_REAL, .unit = "N*m", .flags = FIELD_MUST},
    {.keyword = "MAN_TOR_Z", .kind = FIELD_REAL, .unit = "N*m", .flags = FIELD_MUST},
    {.keyword = "MAN_DELTA_MASS", .kind = FIELD_REAL, .unit = "kg", .max = "0"},
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
    {.name = "data",
     .element = "data",
     .field = data,
     .count = sizeof data / sizeof *data,
     .flags = BLOCK_MUST},
    {.name = "quaternion",
     .start = "QUAT_START",
     .stop = "QUAT_STOP",
     .element = "quaternionState",
     .field = quaternion,
     .count = sizeof quaternion / sizeof *quaternion,
     .part = quaternion_parts,
     .parts = sizeof quaternion_parts / sizeof *quaternion_parts,
     .flags = BLOCK_MANY},
    {.name = "euler",
     .start = "EULER_START",
     .stop = "EULER_STOP",
     .element = "eulerAngleState",
     .field = euler,
     .count = sizeof euler / sizeof *euler,
     .flags = BLOCK_MANY},
    {.name = "angular_velocity",
     .start = "ANGVEL_START",
     .stop = "ANGVEL_STOP",
     .element = "angularVelocity",
     .field = velocity,
     .count = sizeof velocity / sizeof *velocity,
     .flags = BLOCK_MANY},
    {.name = "spin",
     .start = "SPIN_START",
     .stop = "SPIN_STOP",
     .element = "spin",
     .field = spin,
     .count = sizeof spin / sizeof *spin,
     .flags = BLOCK_MANY},
    {.name = "inertia",
     .start = "INERTIA_START",
     .stop = "INERTIA_STOP",
     .element = "inertia",
     .field = inertia,
     .count = sizeof inertia / sizeof *inertia,
     .flags = BLOCK_MANY},
    {.name = "maneuver",
     .start = "MAN_START",
     .stop = "MAN_STOP",
     .element = "maneuverParameters",
     .field = maneuver,
     .count = sizeof maneuver / sizeof *maneuver,
     .flags = BLOCK_MANY},
};

/* Nutation is told by its angle, period and phase, or by the direction of the momentum and its rate, or not at all. */
static int
check_spin(struct block_walk *w)
{
    static const char *const triple[2][3] = {{"NUTATION", "NUTATION_PER", "NUTATION_PHASE"},
                                             {"MOMENTUM_ALPHA", "MOMENTUM_DELTA", "NUTATION_VEL"}};
    size_t n[2] = {0, 0};

    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 3; k++)
            n[i] += blockmap_value(w->block, triple[i][k]).n > 0;
    }
    if (n[0] > 0 && n[1] > 0)
        return blockmap_wrong(w, WHY_FIELD_VALUE, triple[1][0],
                              "beside NUTATION: expected one of the two groups");
    for (size_t i = 0; i < 2; i++) {
        if (n[i] == 1 || n[i] == 2)
            return blockmap_wrong(w, WHY_FIELD_MISSING, triple[i][0], "%s, %s and %s: expected all",
                                  triple[i][0], triple[i][1], triple[i][2]);
    }
    return 0;
}

static int
end(struct block_walk *w)
{
    if (attitude_no_old(w) != 0 || attitude_whole_parts(w) != 0)
        return -1;
    return strcmp(w->kind->name, "spin") == 0 ? check_spin(w) : 0;
}

const struct blockmap attitude_apm = {
    .form = "apm",
    .majors = "2",
    .older = &attitude_apm1,
    .kind = kinds,
    .kinds = sizeof kinds / sizeof *kinds,
    .end = end,
    .has_units = true,
    .is_flat = true, /* EPOCH stands between the metadata and the first block with words */
    ATTITUDE_MESSAGE,
};
