/* What an AEM 2.0 holds (CCSDS 504.0-B-2 section 4): keywords, units, lines. */
#include "types/attitude/attitude_map.h"

/* Columns of a line. */
#define QUATERNION                                                                                           \
    {.keyword = "Q1", ATTITUDE_COMPONENT}, {.keyword = "Q2", ATTITUDE_COMPONENT},                            \
        {.keyword = "Q3", ATTITUDE_COMPONENT},                                                               \
    {                                                                                                        \
        .keyword = "QC", ATTITUDE_COMPONENT                                                                  \
    }
#define QUATERNION_DOT                                                                                       \
    {.keyword = "Q1_DOT", .kind = FIELD_REAL, .unit = "1/s"},                                                \
        {.keyword = "Q2_DOT", .kind = FIELD_REAL, .unit = "1/s"},                                            \
        {.keyword = "Q3_DOT", .kind = FIELD_REAL, .unit = "1/s"},                                            \
    {                                                                                                        \
        .keyword = "QC_DOT", .kind = FIELD_REAL, .unit = "1/s"                                               \
    }
#define ANGULAR_VELOCITY                                                                                     \
    {.keyword = "ANGVEL_X", .kind = FIELD_REAL, .unit = "deg/s"},                                            \
        {.keyword = "ANGVEL_Y", .kind = FIELD_REAL, .unit = "deg/s"},                                        \
    {                                                                                                        \
        .keyword = "ANGVEL_Z", .kind = FIELD_REAL, .unit = "deg/s"                                           \
    }
#define ANGLES                                                                                               \
    {.keyword = "ANGLE_1", ATTITUDE_ANGLE, .flags = FIELD_BELOW},                                            \
        {.keyword = "ANGLE_2", ATTITUDE_ANGLE, .flags = FIELD_BELOW},                                        \
    {                                                                                                        \
        .keyword = "ANGLE_3", ATTITUDE_ANGLE, .flags = FIELD_BELOW                                           \
    }
#define SPIN                                                                                                 \
    {.keyword = "SPIN_ALPHA", ATTITUDE_ANGLE, .flags = FIELD_BELOW},                                         \
        {.keyword = "SPIN_DELTA", ATTITUDE_ANGLE, .flags = FIELD_BELOW},                                     \
        {.keyword = "SPIN_ANGLE", ATTITUDE_ANGLE, .flags = FIELD_BELOW},                                     \
    {                                                                                                        \
        .keyword = "SPIN_ANGLE_VEL", .kind = FIELD_REAL, .unit = "deg/s"                                     \
    }
#define EPOCH                                                                                                \
    {                                                                                                        \
        .keyword = "EPOCH", .kind = FIELD_TIME                                                               \
    }

static const struct field header[] = {
    {.keyword = "CCSDS_AEM_VERS", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CLASSIFICATION", .kind = FIELD_TEXT},
    {.keyword = "CREATION_DATE", .kind = FIELD_TIME, .flags = FIELD_SHOULD},
    {.keyword = "ORIGINATOR", .kind = FIELD_TEXT, .flags = FIELD_SHOULD},
    {.keyword = "MESSAGE_ID", .kind = FIELD_TEXT},
};

static const struct field metadata[] = {
    {.keyword = "OBJECT_NAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "OBJECT_ID", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CENTER_NAME", .kind = FIELD_TEXT},
    {.keyword = "REF_FRAME_A", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "REF_FRAME_B", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "TIME_SYSTEM",
     .kind = FIELD_WORD,
     .words = ATTITUDE_TIME_SYSTEMS,
     .flags = FIELD_MUST | FIELD_OPEN},
    {.keyword = "START_TIME", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "USEABLE_START_TIME", .kind = FIELD_TIME},
    {.keyword = "USEABLE_STOP_TIME", .kind = FIELD_TIME},
    {.keyword = "STOP_TIME", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "ATTITUDE_TYPE",
     .kind = FIELD_WORD,
     .words = "QUATERNION|QUATERNION/DERIVATIVE|QUATERNION/ANGVEL|EULER_ANGLE|EULER_ANGLE/DERIVATIVE|"
              "EULER_ANGLE/ANGVEL|SPIN|SPIN/NUTATION|SPIN/NUTATION_MOM",
     .flags = FIELD_MUST | FIELD_LOWER},
    {.keyword = "EULER_ROT_SEQ", .kind = FIELD_WORD, .words = ATTITUDE_SEQUENCES},
    {.keyword = "ANGVEL_FRAME", .kind = FIELD_TEXT},
    {.keyword = "INTERPOLATION_METHOD", .kind = FIELD_TEXT},
    {.keyword = "INTERPOLATION_DEGREE", .kind = FIELD_INT, .min = "1"},
};

static const struct field quaternion[] = {EPOCH, QUATERNION};
static const struct field quaternion_derivative[] = {EPOCH, QUATERNION, QUATERNION_DOT};
static const struct field quaternion_velocity[] = {EPOCH, QUATERNION, ANGULAR_VELOCITY};
static const struct field euler[] = {EPOCH, ANGLES};
static const struct field euler_derivative[] = {
    EPOCH,
    ANGLES,
    {.keyword = "ANGLE_1_DOT", .kind = FIELD_REAL, .unit = "deg/s"},
    {.keyword = "ANGLE_2_DOT", .kind = FIELD_REAL, .unit = "deg/s"},
    {.keyword = "ANGLE_3_DOT", .kind = FIELD_REAL, .unit = "deg/s"}};
static const struct field euler_velocity[] = {EPOCH, ANGLES, ANGULAR_VELOCITY};
static const struct field spin[] = {EPOCH, SPIN};
static const struct field spin_nutation[] = {
    EPOCH,
    SPIN,
    {.keyword = "NUTATION", ATTITUDE_ANGLE, .flags = FIELD_BELOW},
    {.keyword = "NUTATION_PER", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "NUTATION_PHASE", ATTITUDE_ANGLE, .flags = FIELD_BELOW}};
static const struct field spin_momentum[] = {
    EPOCH,
    SPIN,
    {.keyword = "MOMENTUM_ALPHA", ATTITUDE_ANGLE, .flags = FIELD_BELOW},
    {.keyword = "MOMENTUM_DELTA", ATTITUDE_ANGLE, .flags = FIELD_BELOW},
    {.keyword = "NUTATION_VEL", .kind = FIELD_REAL, .unit = "deg/s"}};

static const struct block_part parts[] = {
    {.element = "quaternion", .first = "Q1", .count = 4},
    {.element = "quaternionDot", .first = "Q1_DOT", .count = 4},
    {.element = "angVel", .first = "ANGVEL_X", .count = 3},
};

#define LAYOUT(name, tag, table, n)                                                                          \
    {                                                                                                        \
        .word = name, .element = tag, .column = table, .columns = sizeof table / sizeof *table,              \
        .part = parts, .parts = n                                                                            \
    }

/* 504.0-B-2 table 4-4. Euler angles, and angular velocities beside them, stand in no element of their own. */
static const struct block_layout layouts[] = {
    LAYOUT("QUATERNION", "quaternionEphemeris", quaternion, 1),
    LAYOUT("QUATERNION/DERIVATIVE", "quaternionDerivative", quaternion_derivative, 2),
    LAYOUT("QUATERNION/ANGVEL", "quaternionAngVel", quaternion_velocity, 3),
    LAYOUT("EULER_ANGLE", "eulerAngle", euler, 0),
    LAYOUT("EULER_ANGLE/DERIVATIVE", "eulerAngleDerivative", euler_derivative, 0),
    LAYOUT("EULER_ANGLE/ANGVEL", "eulerAngleAngVel", euler_velocity, 0),
    LAYOUT("SPIN", "spin", spin, 0),
    LAYOUT("SPIN/NUTATION", "spinNutation", spin_nutation, 0),
    LAYOUT("SPIN/NUTATION_MOM", "spinNutationMom", spin_momentum, 0),
};

static const struct block_layout *
layout(const Parallax__V1__Block *block)
{
    return attitude_layout(layouts, sizeof layouts / sizeof *layouts, block);
}

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
     .flags = BLOCK_MUST | BLOCK_MANY | BLOCK_SEGMENT},
    {.name = "data",
     .start = "DATA_START",
     .stop = "DATA_STOP",
     .element = "data",
     .line = "attitudeState",
     .lines = BLOCK_COLUMNS,
     .flags = BLOCK_MUST},
};

/* What goes with ATTITUDE_TYPE (table 4-3). */
static int
end(struct block_walk *w)
{
    struct span type = blockmap_value(w->block, "ATTITUDE_TYPE");

    if (attitude_no_old(w) != 0)
        return -1;
    if (w->block != w->metadata)
        return attitude_some_lines(w);
    if (attitude_begins(type, "EULER_ANGLE") && attitude_must(w, "EULER_ROT_SEQ", "EULER_ANGLE") != 0)
        return -1;
    if ((span_is(type, "QUATERNION/ANGVEL") || span_is(type, "EULER_ANGLE/ANGVEL")) &&
        attitude_must(w, "ANGVEL_FRAME", "ANGVEL") != 0)
        return -1;
    return attitude_check_span(w);
}

const struct blockmap attitude_aem = {
    .form = "aem",
    .majors = "2",
    .older = &attitude_aem1,
    .kind = kinds,
    .kinds = sizeof kinds / sizeof *kinds,
    .line = attitude_line,
    .end = end,
    .layout = layout,
    ATTITUDE_MESSAGE,
};
