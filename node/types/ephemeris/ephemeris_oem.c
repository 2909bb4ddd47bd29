/* What an OEM holds (CCSDS 502.0-B-3 section 5): keywords, units, lines. */
#include "types/ephemeris/ephemeris_map.h"

#include <string.h>

#include "base/num.h"

static const struct field header[] = {
    {.keyword = "CCSDS_OEM_VERS", .kind = FIELD_TEXT, .flags = FIELD_MUST},
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
    {.keyword = "START_TIME", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "USEABLE_START_TIME", .kind = FIELD_TIME},
    {.keyword = "USEABLE_STOP_TIME", .kind = FIELD_TIME},
    {.keyword = "STOP_TIME", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "INTERPOLATION", .kind = FIELD_WORD, .words = "HERMITE|LINEAR|LAGRANGE", .flags = FIELD_OPEN},
    {.keyword = "INTERPOLATION_DEGREE", .kind = FIELD_INT, .min = "1"},
};

static const struct field covariance[] = {
    {.keyword = "EPOCH", .kind = FIELD_TIME, .flags = FIELD_MUST},
    {.keyword = "COV_REF_FRAME", .kind = FIELD_TEXT},
};

/* In XML: a state, and a covariance in the order of its lower triangle. */
static const struct field state[] = {
    {.keyword = "EPOCH", .kind = FIELD_TIME},
    {.keyword = "X", .kind = FIELD_REAL, .unit = "km"},
    {.keyword = "Y", .kind = FIELD_REAL, .unit = "km"},
    {.keyword = "Z", .kind = FIELD_REAL, .unit = "km"},
    {.keyword = "X_DOT", .kind = FIELD_REAL, .unit = "km/s"},
    {.keyword = "Y_DOT", .kind = FIELD_REAL, .unit = "km/s"},
    {.keyword = "Z_DOT", .kind = FIELD_REAL, .unit = "km/s"},
    {.keyword = "X_DDOT", .kind = FIELD_REAL, .unit = "km/s**2"},
    {.keyword = "Y_DDOT", .kind = FIELD_REAL, .unit = "km/s**2"},
    {.keyword = "Z_DDOT", .kind = FIELD_REAL, .unit = "km/s**2"},
};

static const struct field matrix[] = {
    {.keyword = "CX_X", .kind = FIELD_REAL, .unit = "km**2"},
    {.keyword = "CY_X", .kind = FIELD_REAL, .unit = "km**2"},
    {.keyword = "CY_Y", .kind = FIELD_REAL, .unit = "km**2"},
    {.keyword = "CZ_X", .kind = FIELD_REAL, .unit = "km**2"},
    {.keyword = "CZ_Y", .kind = FIELD_REAL, .unit = "km**2"},
    {.keyword = "CZ_Z", .kind = FIELD_REAL, .unit = "km**2"},
    {.keyword = "CX_DOT_X", .kind = FIELD_REAL, .unit = "km**2/s"},
    {.keyword = "CX_DOT_Y", .kind = FIELD_REAL, .unit = "km**2/s"},
    {.keyword = "CX_DOT_Z", .kind = FIELD_REAL, .unit = "km**2/s"},
    {.keyword = "CX_DOT_X_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2"},
    {.keyword = "CY_DOT_X", .kind = FIELD_REAL, .unit = "km**2/s"},
    {.keyword = "CY_DOT_Y", .kind = FIELD_REAL, .unit = "km**2/s"},
    {.keyword = "CY_DOT_Z", .kind = FIELD_REAL, .unit = "km**2/s"},
    {.keyword = "CY_DOT_X_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2"},
    {.keyword = "CY_DOT_Y_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2"},
    {.keyword = "CZ_DOT_X", .kind = FIELD_REAL, .unit = "km**2/s"},
    {.keyword = "CZ_DOT_Y", .kind = FIELD_REAL, .unit = "km**2/s"},
    {.keyword = "CZ_DOT_Z", .kind = FIELD_REAL, .unit = "km**2/s"},
    {.keyword = "CZ_DOT_X_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2"},
    {.keyword = "CZ_DOT_Y_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2"},
    {.keyword = "CZ_DOT_Z_DOT", .kind = FIELD_REAL, .unit = "km**2/s**2"},
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
     .flags = BLOCK_MUST | BLOCK_MANY | BLOCK_SEGMENT},
    {.name = "data",
     .element = "data",
     .line = "stateVector",
     .column = state,
     .columns = sizeof state / sizeof *state,
     .lines = BLOCK_COLUMNS,
     .flags = BLOCK_MUST},
    {.name = "covariance",
     .start = "COVARIANCE_START",
     .stop = "COVARIANCE_STOP",
     .element = "covarianceMatrix",
     .column = matrix,
     .columns = sizeof matrix / sizeof *matrix,
     .field = covariance,
     .count = sizeof covariance / sizeof *covariance,
     .lines = BLOCK_ROWS,
     .flags = BLOCK_MANY | BLOCK_AGAIN},
};

enum { KIND_METADATA = 1, KIND_DATA, KIND_COVARIANCE };

/* START_TIME and STOP_TIME are those of all states (502.0-B-3 table 5-3). */
static void
note_span(struct block_walk *w)
{
    if (w->has_span && w->has_before &&
        (utc_compare(w->before, w->start) < 0 || utc_compare(w->before, w->stop) > 0))
        blockmap_odd(w, BLOCK_ODD_OUTSIDE, "EPOCH", "a state outside START_TIME to STOP_TIME");
}

/* 1,000 or more? Digits before the point, and the exponent. */
static bool
is_thousands(struct span s)
{
    size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'), first;
    int64_t exponent = 0;

    while (i < s.n && s.p[i] == '0')
        i++;
    for (first = i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        continue;
    if (i == first)
        return false;
    /* An exponent stands in the last five bytes. */
    for (size_t k = s.n > i + 5 ? s.n - 5 : i; k + 1 < s.n; k++) {
        if (memchr("eEdD", s.p[k], 4) != NULL &&
            num_int(span_of(s.p + k + 1, s.n - k - 1), -999, 999, &exponent) != 0)
            return false;
    }
    return (int64_t)(i - first) + exponent > 3;
}

/*
 * What a line says that cannot be. Nothing moves at 1,000 km/s about anything in the solar system, and a variance is a square: a number like that
 * has another unit, or stands in another column.
 */
static int
check_physics(struct block_walk *w, const struct span *column, size_t n)
{
    if (w->at == KIND_COVARIANCE && num_compare(column[n - 1], span_str("0")) < 0)
        return blockmap_wrong(w, WHY_FIELD_RANGE, "line", "a negative variance: expected at least 0");
    for (size_t i = 4; w->at == KIND_DATA && i < 7; i++) {
        if (is_thousands(column[i]))
            return blockmap_wrong(w, WHY_FIELD_RANGE, "line",
                                  "1,000 km/s or more in column %zu: expected km and km/s, not metres",
                                  i + 1);
    }
    return 0;
}

static int
line(struct block_walk *w, const struct span *column, size_t n)
{
    size_t first = w->at == KIND_DATA ? 1 : 0;

    if (w->at == KIND_DATA && n != 7 && n != 10)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, "line", "%zu columns: expected a time and 6 or 9 numbers",
                              n);
    if (w->at == KIND_DATA && w->columns > 0 && n != w->columns)
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, "line", "%zu columns behind lines of %zu: expected as many",
                              n, w->columns);
    if (w->at == KIND_COVARIANCE && (w->lines >= 6 || n != w->lines + 1))
        return blockmap_wrong(w, WHY_TEXT_SYNTAX, "line",
                              "%zu numbers in row %zu: expected a lower triangle of 6 rows", n, w->lines + 1);
    for (size_t i = first; i < n; i++) {
        if (blockmap_number(w, column[i]) != 0)
            return -1;
    }
    if (check_physics(w, column, n) != 0)
        return -1;
    if (w->at == KIND_DATA)
        note_span(w);
    return 0;
}

/* Matrices in order of time (section 5.2.5.7). */
static void
note_covariance(struct block_walk *w)
{
    struct utc now;

    if (utc_parse(blockmap_value(w->block, "EPOCH"), &now) != 0)
        return;
    if (w->count[KIND_COVARIANCE] > 1 && w->matrix.mjd != 0 && utc_compare(w->matrix, now) >= 0)
        blockmap_odd(w, BLOCK_ODD_ORDER, "EPOCH", "a covariance not after the one before");
    w->matrix = now;
}

static int
end(struct block_walk *w)
{
    if (w->at == KIND_METADATA &&
        (blockmap_value(w->block, "INTERPOLATION").n > 0) !=
            (blockmap_value(w->block, "INTERPOLATION_DEGREE").n > 0) &&
        !span_is(blockmap_value(w->block, "INTERPOLATION"), "LINEAR"))
        return blockmap_wrong(w, WHY_FIELD_MISSING, "INTERPOLATION_DEGREE",
                              "INTERPOLATION and its degree: expected both");
    if (w->at == KIND_METADATA) {
        w->has_span = utc_parse(blockmap_value(w->block, "START_TIME"), &w->start) == 0 &&
                      utc_parse(blockmap_value(w->block, "STOP_TIME"), &w->stop) == 0;
        return blockmap_span(w, "START_TIME", "STOP_TIME");
    }
    if (w->at == KIND_DATA && w->lines == 0)
        return blockmap_wrong(w, WHY_FIELD_MISSING, "data", "no lines: expected at least one state");
    if (w->at == KIND_COVARIANCE && w->lines != 6)
        return blockmap_wrong(w, WHY_FIELD_MISSING, "covariance", "%zu rows: expected 6", w->lines);
    if (w->at == KIND_COVARIANCE)
        note_covariance(w);
    return 0;
}

const struct blockmap ephemeris_oem = {
    .form = "oem",
    .majors = "123",
    .kind = kinds,
    .kinds = sizeof kinds / sizeof *kinds,
    .line = line,
    .end = end,
    .schema = &parallax__v1__ephemeris__descriptor,
    .source = offsetof(Parallax__V1__Ephemeris, source),
    .form_at = offsetof(Parallax__V1__Ephemeris, form),
    .n_blocks = offsetof(Parallax__V1__Ephemeris, n_blocks),
    .blocks = offsetof(Parallax__V1__Ephemeris, blocks),
};
