/* What a TDM holds (CCSDS 503.0-B-2, tables 3-2 to 3-5): keywords, units, ranges. */
#include "types/observation/observation_map.h"

static const struct field header[] = {
    {.keyword = "CCSDS_TDM_VERS", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "CREATION_DATE", .kind = FIELD_TIME, .flags = FIELD_SHOULD},
    {.keyword = "ORIGINATOR", .kind = FIELD_TEXT, .flags = FIELD_SHOULD},
    {.keyword = "MESSAGE_ID", .kind = FIELD_TEXT},
};

static const struct field metadata[] = {
    {.keyword = "TRACK_ID", .kind = FIELD_TEXT},
    {.keyword = "DATA_TYPES", .kind = FIELD_TEXT},
    {.keyword = "TIME_SYSTEM",
     .kind = FIELD_WORD,
     .words = "UTC|TAI|GPS|SCLK|TT|UT1|TDB|TCB|TCG|GMST|MET|MRT",
     .flags = FIELD_MUST | FIELD_OPEN},
    {.keyword = "START_TIME", .kind = FIELD_TIME},
    {.keyword = "STOP_TIME", .kind = FIELD_TIME},
    {.keyword = "PARTICIPANT_1", .kind = FIELD_TEXT, .flags = FIELD_MUST},
    {.keyword = "PARTICIPANT_2", .kind = FIELD_TEXT},
    {.keyword = "PARTICIPANT_3", .kind = FIELD_TEXT},
    {.keyword = "PARTICIPANT_4", .kind = FIELD_TEXT},
    {.keyword = "PARTICIPANT_5", .kind = FIELD_TEXT},
    {.keyword = "MODE", .kind = FIELD_WORD, .words = "SEQUENTIAL|SINGLE_DIFF"},
    {.keyword = "PATH", .kind = FIELD_PATH},
    {.keyword = "PATH_1", .kind = FIELD_PATH},
    {.keyword = "PATH_2", .kind = FIELD_PATH},
    {.keyword = "EPHEMERIS_NAME_1", .kind = FIELD_TEXT},
    {.keyword = "EPHEMERIS_NAME_2", .kind = FIELD_TEXT},
    {.keyword = "EPHEMERIS_NAME_3", .kind = FIELD_TEXT},
    {.keyword = "EPHEMERIS_NAME_4", .kind = FIELD_TEXT},
    {.keyword = "EPHEMERIS_NAME_5", .kind = FIELD_TEXT},
    {.keyword = "TRANSMIT_BAND", .kind = FIELD_TEXT},
    {.keyword = "RECEIVE_BAND", .kind = FIELD_TEXT},
    {.keyword = "TURNAROUND_NUMERATOR", .kind = FIELD_INT},
    {.keyword = "TURNAROUND_DENOMINATOR", .kind = FIELD_INT},
    {.keyword = "TIMETAG_REF", .kind = FIELD_WORD, .words = "TRANSMIT|RECEIVE"},
    {.keyword = "INTEGRATION_INTERVAL", .kind = FIELD_REAL, .unit = "s", .min = "0", .flags = FIELD_ABOVE},
    {.keyword = "INTEGRATION_REF", .kind = FIELD_WORD, .words = "START|MIDDLE|END"},
    {.keyword = "FREQ_OFFSET", .kind = FIELD_REAL, .unit = "Hz"},
    {.keyword = "RANGE_MODE", .kind = FIELD_WORD, .words = "COHERENT|CONSTANT|ONE_WAY"},
    {.keyword = "RANGE_MODULUS", .kind = FIELD_REAL, .min = "0"},
    {.keyword = "RANGE_UNITS", .kind = FIELD_WORD, .words = "km|s|RU"},
    {.keyword = "ANGLE_TYPE", .kind = FIELD_WORD, .words = "AZEL|RADEC|XEYN|XSYE"},
    {.keyword = "REFERENCE_FRAME", .kind = FIELD_TEXT},
    {.keyword = "INTERPOLATION", .kind = FIELD_TEXT},
    {.keyword = "INTERPOLATION_DEGREE", .kind = FIELD_INT, .min = "1"},
    {.keyword = "DOPPLER_COUNT_BIAS", .kind = FIELD_REAL, .unit = "Hz", .min = "0", .flags = FIELD_ABOVE},
    {.keyword = "DOPPLER_COUNT_SCALE", .kind = FIELD_INT, .min = "1"},
    {.keyword = "DOPPLER_COUNT_ROLLOVER", .kind = FIELD_WORD, .words = "YES|NO"},
    {.keyword = "TRANSMIT_DELAY_1", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "TRANSMIT_DELAY_2", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "TRANSMIT_DELAY_3", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "TRANSMIT_DELAY_4", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "TRANSMIT_DELAY_5", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "RECEIVE_DELAY_1", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "RECEIVE_DELAY_2", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "RECEIVE_DELAY_3", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "RECEIVE_DELAY_4", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "RECEIVE_DELAY_5", .kind = FIELD_REAL, .unit = "s", .min = "0"},
    {.keyword = "DATA_QUALITY", .kind = FIELD_WORD, .words = "RAW|VALIDATED|DEGRADED"},
    {.keyword = "CORRECTION_ANGLE_1", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "CORRECTION_ANGLE_2", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "CORRECTION_DOPPLER", .kind = FIELD_REAL, .unit = "km/s"},
    {.keyword = "CORRECTION_MAG", .kind = FIELD_REAL},
    {.keyword = "CORRECTION_RANGE", .kind = FIELD_REAL},
    {.keyword = "CORRECTION_RCS", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "CORRECTION_RECEIVE", .kind = FIELD_REAL, .unit = "Hz"},
    {.keyword = "CORRECTION_TRANSMIT", .kind = FIELD_REAL, .unit = "Hz"},
    {.keyword = "CORRECTION_ABERRATION_YEARLY", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "CORRECTION_ABERRATION_DIURNAL", .kind = FIELD_REAL, .unit = "deg"},
    {.keyword = "CORRECTIONS_APPLIED", .kind = FIELD_WORD, .words = "YES|NO"},
};

/* Measurements. RANGE has the unit of RANGE_UNITS; a phase count has any number of digits. */
static const struct field tags[] = {
    {.keyword = "ANGLE_1",
     .kind = FIELD_REAL,
     .unit = "deg",
     .min = "-180",
     .max = "360",
     .flags = FIELD_BELOW},
    {.keyword = "ANGLE_2",
     .kind = FIELD_REAL,
     .unit = "deg",
     .min = "-180",
     .max = "360",
     .flags = FIELD_BELOW},
    {.keyword = "CARRIER_POWER", .kind = FIELD_REAL, .unit = "dBW"},
    {.keyword = "CLOCK_BIAS", .kind = FIELD_REAL, .unit = "s"},
    {.keyword = "CLOCK_DRIFT", .kind = FIELD_REAL, .unit = "s/s"},
    {.keyword = "DOPPLER_COUNT", .kind = FIELD_REAL},
    {.keyword = "DOPPLER_INSTANTANEOUS", .kind = FIELD_REAL, .unit = "km/s"},
    {.keyword = "DOPPLER_INTEGRATED", .kind = FIELD_REAL, .unit = "km/s"},
    {.keyword = "DOR", .kind = FIELD_REAL, .unit = "s"},
    {.keyword = "MAG", .kind = FIELD_REAL},
    {.keyword = "PC_N0", .kind = FIELD_REAL, .unit = "dBHz"},
    {.keyword = "PR_N0", .kind = FIELD_REAL, .unit = "dBHz"},
    {.keyword = "PRESSURE", .kind = FIELD_REAL, .unit = "hPa"},
    {.keyword = "RANGE", .kind = FIELD_REAL},
    {.keyword = "RCS", .kind = FIELD_REAL, .unit = "m**2"},
    {.keyword = "RECEIVE_FREQ", .kind = FIELD_REAL, .unit = "Hz"},
    {.keyword = "RECEIVE_FREQ_1", .kind = FIELD_REAL, .unit = "Hz"},
    {.keyword = "RECEIVE_FREQ_2", .kind = FIELD_REAL, .unit = "Hz"},
    {.keyword = "RECEIVE_FREQ_3", .kind = FIELD_REAL, .unit = "Hz"},
    {.keyword = "RECEIVE_FREQ_4", .kind = FIELD_REAL, .unit = "Hz"},
    {.keyword = "RECEIVE_FREQ_5", .kind = FIELD_REAL, .unit = "Hz"},
    {.keyword = "RECEIVE_PHASE_CT_1", .kind = FIELD_REAL},
    {.keyword = "RECEIVE_PHASE_CT_2", .kind = FIELD_REAL},
    {.keyword = "RECEIVE_PHASE_CT_3", .kind = FIELD_REAL},
    {.keyword = "RECEIVE_PHASE_CT_4", .kind = FIELD_REAL},
    {.keyword = "RECEIVE_PHASE_CT_5", .kind = FIELD_REAL},
    {.keyword = "RHUMIDITY", .kind = FIELD_REAL, .unit = "%", .min = "0", .max = "100"},
    {.keyword = "STEC", .kind = FIELD_REAL, .unit = "TECU"},
    {.keyword = "TEMPERATURE", .kind = FIELD_REAL, .unit = "K", .min = "0"},
    {.keyword = "TRANSMIT_FREQ_1", .kind = FIELD_REAL, .unit = "Hz", .min = "0", .flags = FIELD_ABOVE},
    {.keyword = "TRANSMIT_FREQ_2", .kind = FIELD_REAL, .unit = "Hz", .min = "0", .flags = FIELD_ABOVE},
    {.keyword = "TRANSMIT_FREQ_3", .kind = FIELD_REAL, .unit = "Hz", .min = "0", .flags = FIELD_ABOVE},
    {.keyword = "TRANSMIT_FREQ_4", .kind = FIELD_REAL, .unit = "Hz", .min = "0", .flags = FIELD_ABOVE},
    {.keyword = "TRANSMIT_FREQ_5", .kind = FIELD_REAL, .unit = "Hz", .min = "0", .flags = FIELD_ABOVE},
    {.keyword = "TRANSMIT_FREQ_RATE_1", .kind = FIELD_REAL, .unit = "Hz/s"},
    {.keyword = "TRANSMIT_FREQ_RATE_2", .kind = FIELD_REAL, .unit = "Hz/s"},
    {.keyword = "TRANSMIT_FREQ_RATE_3", .kind = FIELD_REAL, .unit = "Hz/s"},
    {.keyword = "TRANSMIT_FREQ_RATE_4", .kind = FIELD_REAL, .unit = "Hz/s"},
    {.keyword = "TRANSMIT_FREQ_RATE_5", .kind = FIELD_REAL, .unit = "Hz/s"},
    {.keyword = "TRANSMIT_PHASE_CT_1", .kind = FIELD_REAL},
    {.keyword = "TRANSMIT_PHASE_CT_2", .kind = FIELD_REAL},
    {.keyword = "TRANSMIT_PHASE_CT_3", .kind = FIELD_REAL},
    {.keyword = "TRANSMIT_PHASE_CT_4", .kind = FIELD_REAL},
    {.keyword = "TRANSMIT_PHASE_CT_5", .kind = FIELD_REAL},
    {.keyword = "TROPO_DRY", .kind = FIELD_REAL, .unit = "m", .min = "0"},
    {.keyword = "TROPO_WET", .kind = FIELD_REAL, .unit = "m", .min = "0"},
    {.keyword = "VLBI_DELAY", .kind = FIELD_REAL, .unit = "s"},
};

static const struct field columns[] = {{.keyword = "EPOCH", .kind = FIELD_TIME},
                                       {.keyword = "", .kind = FIELD_REAL}};

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
     .line = "observation",
     .column = columns,
     .columns = 2,
     .tag = tags,
     .tags = sizeof tags / sizeof *tags,
     .lines = BLOCK_TAGGED,
     .flags = BLOCK_MUST},
};

/* A path leads over participants that are there. */
static int
check_path(struct block_walk *w, const char *keyword)
{
    struct span path = blockmap_value(w->block, keyword);

    for (size_t i = 0; i < path.n; i += 2) {
        char participant[] = "PARTICIPANT_1";

        participant[sizeof participant - 2] = (char)path.p[i];
        if (blockmap_value(w->block, participant).n == 0)
            return blockmap_wrong(w, WHY_FIELD_VALUE, keyword, "%.*s, where no %s is given", (int)path.n,
                                  (const char *)path.p, participant);
    }
    return 0;
}

/* Angles say nothing without their type (table 3-3), nor right ascensions without their frame. */
static void
note_angles(struct block_walk *w)
{
    struct span type = blockmap_value(w->metadata, "ANGLE_TYPE");
    bool has_angles = false;

    for (size_t i = 0; i < w->block->n_items && !has_angles; i++)
        has_angles = strncmp(w->block->items[i]->keyword, "ANGLE_", 6) == 0;
    if (has_angles && type.n == 0)
        blockmap_odd(w, BLOCK_ODD_MISSING, "ANGLE_TYPE", "missing, with angles: what they are is not said");
    else if (has_angles && span_is(type, "RADEC") && blockmap_value(w->metadata, "REFERENCE_FRAME").n == 0)
        blockmap_odd(w, BLOCK_ODD_MISSING, "REFERENCE_FRAME",
                     "missing, with right ascensions: their frame is not said");
}

/* What goes with what (table 3-3). */
static int
end(struct block_walk *w)
{
    struct span mode, path;

    if (w->kind == &kinds[2])
        note_angles(w);
    if (w->kind != &kinds[1])
        return 0;
    if (check_path(w, "PATH") != 0 || check_path(w, "PATH_1") != 0 || check_path(w, "PATH_2") != 0)
        return -1;
    mode = blockmap_value(w->block, "MODE");
    path = blockmap_value(w->block, "PATH");
    if (span_is(mode, "SINGLE_DIFF") && path.n > 0)
        return blockmap_wrong(w, WHY_FIELD_VALUE, "PATH",
                              "with MODE = SINGLE_DIFF: expected PATH_1 and PATH_2");
    if (path.n > 0 && blockmap_value(w->block, "PATH_1").n > 0)
        return blockmap_wrong(w, WHY_FIELD_VALUE, "PATH", "beside PATH_1: expected one of the two");
    if ((blockmap_value(w->block, "TURNAROUND_NUMERATOR").n > 0) !=
        (blockmap_value(w->block, "TURNAROUND_DENOMINATOR").n > 0))
        return blockmap_wrong(w, WHY_FIELD_MISSING, "TURNAROUND_DENOMINATOR",
                              "numerator and denominator: expected both");
    return 0;
}

const struct blockmap observation_map = {
    .form = "tdm",
    .majors = "12",
    .kind = kinds,
    .kinds = sizeof kinds / sizeof *kinds,
    .end = end,
    .schema = &parallax__v1__observation__descriptor,
    .source = offsetof(Parallax__V1__Observation, source),
    .form_at = offsetof(Parallax__V1__Observation, form),
    .n_blocks = offsetof(Parallax__V1__Observation, n_blocks),
    .blocks = offsetof(Parallax__V1__Observation, blocks),
};
