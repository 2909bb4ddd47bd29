/* What an AEM 1.0 holds (CCSDS 504.0-B-1 section 4): keywords, units, lines. */
#include "types/attitude/attitude_map.h"

static const struct field header[] = {
    {.keyword = "CCSDS_AEM_VERS", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CREATION_DATE", .kind = FIELD_TIME, .flags = FIELD_SHOULD},
    {.keyword = "ORIGINATOR", .kind = FIELD_TEXT, .flags = FIELD_SHOULD},
};

static const struct field metadata[] = {
    {.keyword = "OBJECT_NAME", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "OBJECT_ID", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CENTER_NAME", .kind = FIELD_TEXT},
    {.keyword = "REF_FRAME_A", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "REF_FRAME_B", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "ATTITUDE_DIR", .kind = FIELD_WORD, .words = "A2B|B2A", .flags = FIELD_MUST},
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
     .words = "QUATERNION|QUATERNION/DERIVATIVE|QUATERNION/RATE|EULER_ANGLE|EULER_ANGLE/RATE|SPIN|SPIN/"
              "NUTATION",
     .flags = FIELD_MUST},
    {.keyword = "QUATERNION_TYPE", .kind = FIELD_WORD, .words = "FIRST|LAST"},
    {.keyword = "EULER_ROT_SEQ", .kind = FIELD_WORD, .words = ATTITUDE_SEQUENCES_1},
    {.keyword = "RATE_FRAME", .kind = FIELD_WORD, .words = "REF_FRAME_A|REF_FRAME_B"},
    {.keyword = "INTERPOLATION_METHOD", .kind = FIELD_TEXT},
    {.keyword = "INTERPOLATION_DEGREE", .kind = FIELD_INT, .min = "1"},
};

/* Columns; the scalar of a quaternion comes last or first, as QUATERNION_TYPE says. */
#define EPOCH                                                                                                \
    {                                                                                                        \
        .keyword = "EPOCH", .kind = FIELD_TIME                                                               \
    }
#define VECTOR                                                                                               \
    {.keyword = "Q1", ATTITUDE_COMPONENT}, {.keyword = "Q2", ATTITUDE_COMPONENT},                            \
    {                                                                                                        \
        .keyword = "Q3", ATTITUDE_COMPONENT                                                                  \
    }
#define SCALAR                                                                                               \
    {                                                                                                        \
        .keyword = "QC", ATTITUDE_COMPONENT                                                                  \
    }
#define VECTOR_DOT                                                                                           \
    {.keyword = "Q1_DOT", .kind = FIELD_REAL, .unit = "1/s"},                                                \
        {.keyword = "Q2_DOT", .kind = FIELD_REAL, .unit = "1/s"},                                            \
    {                                                                                                        \
        .keyword = "Q3_DOT", .kind = FIELD_REAL, .unit = "1/s"                                               \
    }
#define SCALAR_DOT                                                                                           \
    {                                                                                                        \
        .keyword = "QC_DOT", .kind = FIELD_REAL, .unit = "1/s"                                               \
    }
#define RATES                                                                                                \
    {.keyword = "X_RATE", .kind = FIELD_REAL, .unit = "deg/s"},                                              \
        {.keyword = "Y_RATE", .kind = FIELD_REAL, .unit = "deg/s"},                                          \
    {                                                                                                        \
        .keyword = "Z_RATE", .kind = FIELD_REAL, .unit = "deg/s"                                             \
    }
#define ANGLES                                                                                               \
    {.keyword = "X_ANGLE", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},                                          \
        {.keyword = "Y_ANGLE", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},                                      \
    {                                                                                                        \
        .keyword = "Z_ANGLE", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW                                         \
    }
#define SPIN                                                                                                 \
    {.keyword = "SPIN_ALPHA", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},                                       \
        {.keyword = "SPIN_DELTA", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},                                   \
        {.keyword = "SPIN_ANGLE", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},                                   \
    {                                                                                                        \
        .keyword = "SPIN_ANGLE_VEL", .kind = FIELD_REAL, .unit = "deg/s"                                     \
    }

static const struct field last[] = {EPOCH, VECTOR, SCALAR};
static const struct field first[] = {EPOCH, SCALAR, VECTOR};
static const struct field last_derivative[] = {EPOCH, VECTOR, SCALAR, VECTOR_DOT, SCALAR_DOT};
static const struct field first_derivative[] = {EPOCH, SCALAR, VECTOR, SCALAR_DOT, VECTOR_DOT};
static const struct field last_rate[] = {EPOCH, VECTOR, SCALAR, RATES};
static const struct field first_rate[] = {EPOCH, SCALAR, VECTOR, RATES};
static const struct field euler[] = {EPOCH, ANGLES};
static const struct field euler_rate[] = {EPOCH, ANGLES, RATES};
static const struct field spin[] = {EPOCH, SPIN};
static const struct field spin_nutation[] = {
    EPOCH,
    SPIN,
    {.keyword = "NUTATION", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},
    {.keyword = "NUTATION_PER", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "NUTATION_PHASE", ATTITUDE_ANGLE_1, .flags = FIELD_BELOW},
};

#define PARTS(quaternion, dot)                                                                               \
    {.element = "quaternion", .first = quaternion, .count = 4, .is_any = true},                              \
        {.element = "quaternionRate", .first = dot, .count = 4, .is_any = true},                             \
        {.element = "rotationAngles",                                                                        \
         .first = "X_ANGLE",                                                                                 \
         .count = 3,                                                                                         \
         .attribute = "angle",                                                                               \
         .item = "rotation",                                                                                 \
         .is_any = true},                                                                                    \
    {                                                                                                        \
        .element = "rotationRates", .first = "X_RATE", .count = 3, .attribute = "rate", .item = "rotation",  \
        .is_any = true                                                                                       \
    }

static const struct block_part parts_last[] = {PARTS("Q1", "Q1_DOT")};
static const struct block_part parts_first[] = {PARTS("QC", "QC_DOT")};

#define LAYOUT(name, tag, table, order)                                                                      \
    {                                                                                                        \
        .word = name, .element = tag, .column = table, .columns = sizeof table / sizeof *table,              \
        .part = order, .parts = 4                                                                            \
    }

/* 504.0-B-1 table 4-4. */
static const struct block_layout layouts[] = {
    LAYOUT("QUATERNION", "quaternionState", last, parts_last),
    LAYOUT("QUATERNION/DERIVATIVE", "quaternionDerivative", last_derivative, parts_last),
    LAYOUT("QUATERNION/RATE", "quaternionEulerRate", last_rate, parts_last),
    LAYOUT("EULER_ANGLE", "eulerAngle", euler, parts_last),
    LAYOUT("EULER_ANGLE/RATE", "eulerAngleRate", euler_rate, parts_last),
    LAYOUT("SPIN", "spin", spin, parts_last),
    LAYOUT("SPIN/NUTATION", "spinNutation", spin_nutation, parts_last),
};

static const struct block_layout scalar_first[] = {
    LAYOUT("QUATERNION", "quaternionState", first, parts_first),
    LAYOUT("QUATERNION/DERIVATIVE", "quaternionDerivative", first_derivative, parts_first),
    LAYOUT("QUATERNION/RATE", "quaternionEulerRate", first_rate, parts_first),
};

static const struct block_layout *
layout(const Parallax__V1__Block *block)
{
    const struct block_layout *found = NULL;

    if (span_is(blockmap_value(block, "QUATERNION_TYPE"), "FIRST"))
        found = attitude_layout(scalar_first, sizeof scalar_first / sizeof *scalar_first, block);
    return found != NULL ? found : attitude_layout(layouts, sizeof layouts / sizeof *layouts, block);
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

/* What goes with ATTITUDE_TYPE (table 4-3). Without QUATERNION_TYPE a line does not say which number is the scalar. */
static int
end(struct block_walk *w)
{
    struct span type = blockmap_value(w->block, "ATTITUDE_TYPE");

    if (w->block != w->metadata)
        return attitude_some_lines(w);
    if (attitude_begins(type, "QUATERNION") && attitude_must(w, "QUATERNION_TYPE", "QUATERNION") != 0)
        return -1;
    if (attitude_begins(type, "EULER_ANGLE") && attitude_must(w, "EULER_ROT_SEQ", "EULER_ANGLE") != 0)
        return -1;
    return attitude_check_span(w);
}

const struct blockmap attitude_aem1 = {
    .form = "aem",
    .majors = "1",
    .kind = kinds,
    .kinds = sizeof kinds / sizeof *kinds,
    .line = attitude_line,
    .end = end,
    .layout = layout,
    ATTITUDE_MESSAGE,
};
