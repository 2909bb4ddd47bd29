/* The elements of an ADES observation in the order of the standard (IAU ADES description of 2 May 2024; general.xsd), and what goes with what. */
#include "types/neo_observation/neo_observation_map.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "types/neo_observation/neo_observation_mpc.h"

#define OPTICAL     1
#define OFFSET      2
#define OCCULTATION 4
#define RADAR       8
#define BUT_RADAR   7
#define ALL         15

/* Elements that rules between elements ask for. */
enum mark {
    NOTHING,
    PERM_ID,
    PROV_ID,
    ART_SAT,
    TRK_SUB,
    MODE,
    STN,
    TRX,
    RCV,
    SYS,
    CTR,
    POS1,
    POS2,
    POS3,
    OBS_TIME,
    RA,
    DEC,
    RA_STAR,
    DEC_STAR,
    OBS_CENTER,
    DELTA_RA,
    DELTA_DEC,
    DIST,
    PA,
    AST_CAT,
    DOPPLER,
    RMS_DOPPLER,
    DELAY,
    RMS_DELAY,
    MAG,
    BAND,
    FRQ,
};

/* Those that an observation has: a bit each. */
struct given {
    uint64_t marks;
};

/* clang-format off: one row a line */
static const struct neo_observation_row rows[] = {
    {{.keyword = "permID", .kind = FIELD_TEXT}, 25, ALL, PERM_ID},
    {{.keyword = "provID", .kind = FIELD_TEXT}, 25, ALL, PROV_ID},
    {{.keyword = "artSat", .kind = FIELD_TEXT}, 25, ALL, ART_SAT},
    {{.keyword = "trkSub", .kind = FIELD_TEXT}, 8, ALL, TRK_SUB},
    {{.keyword = "obsID", .kind = FIELD_TEXT}, 25, ALL},
    {{.keyword = "obsSubID", .kind = FIELD_TEXT}, 25, BUT_RADAR},
    {{.keyword = "trkID", .kind = FIELD_TEXT}, 12, BUT_RADAR},
    {{.keyword = "trkMPC", .kind = FIELD_TEXT}, 12, BUT_RADAR},
    {{.keyword = "mode", .kind = FIELD_TEXT}, 3, BUT_RADAR, MODE},
    {{.keyword = "stn", .kind = FIELD_TEXT}, 4, BUT_RADAR, STN},
    {{.keyword = "trx", .kind = FIELD_TEXT}, 4, RADAR, TRX},
    {{.keyword = "rcv", .kind = FIELD_TEXT}, 4, RADAR, RCV},
    {{.keyword = "sys", .kind = FIELD_WORD, .words = "WGS84|ITRF|IAU|ICRF_AU|ICRF_KM"}, 0, BUT_RADAR, SYS},
    {{.keyword = "ctr", .kind = FIELD_INT, .min = "0"}, 0, BUT_RADAR, CTR},
    {{.keyword = "pos1", .kind = FIELD_REAL}, 0, BUT_RADAR, POS1},
    {{.keyword = "pos2", .kind = FIELD_REAL}, 0, BUT_RADAR, POS2},
    {{.keyword = "pos3", .kind = FIELD_REAL}, 0, BUT_RADAR, POS3},
    {{.keyword = "vel1", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "vel2", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "vel3", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "posCov11", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "posCov12", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "posCov13", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "posCov22", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "posCov23", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "posCov33", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "prog", .kind = FIELD_TEXT}, 2, ALL},
    {{.keyword = "obsTime", .kind = FIELD_TIME}, 0, ALL, OBS_TIME},
    {{.keyword = "rmsTime", .kind = FIELD_REAL, .min = "0"}, 0, BUT_RADAR},
    {{.keyword = "ra", .kind = FIELD_REAL, .unit = "deg", .min = "0", .max = "360", .flags = FIELD_BELOW},
     0,
     OPTICAL,
     RA},
    {{.keyword = "dec", .kind = FIELD_REAL, .unit = "deg", .min = "-90", .max = "90"}, 0, OPTICAL, DEC},
    {{.keyword = "raStar", .kind = FIELD_REAL, .unit = "deg", .min = "0", .max = "360", .flags = FIELD_BELOW},
     0,
     OCCULTATION,
     RA_STAR},
    {{.keyword = "decStar", .kind = FIELD_REAL, .unit = "deg", .min = "-90", .max = "90"},
     0,
     OCCULTATION,
     DEC_STAR},
    {{.keyword = "obsCenter", .kind = FIELD_TEXT}, 25, OFFSET, OBS_CENTER},
    {{.keyword = "deltaRA", .kind = FIELD_REAL, .unit = "arcsec"}, 0, OFFSET | OCCULTATION, DELTA_RA},
    {{.keyword = "deltaDec", .kind = FIELD_REAL, .unit = "arcsec"}, 0, OFFSET | OCCULTATION, DELTA_DEC},
    {{.keyword = "dist", .kind = FIELD_REAL, .unit = "arcsec", .min = "0"}, 0, OFFSET | OCCULTATION, DIST},
    {{.keyword = "pa", .kind = FIELD_REAL, .unit = "deg", .min = "0", .max = "360"},
     0,
     OFFSET | OCCULTATION,
     PA},
    {{.keyword = "rmsRA", .kind = FIELD_REAL, .unit = "arcsec", .min = "0"}, 0, BUT_RADAR},
    {{.keyword = "rmsDec", .kind = FIELD_REAL, .unit = "arcsec", .min = "0"}, 0, BUT_RADAR},
    {{.keyword = "rmsDist", .kind = FIELD_REAL, .unit = "arcsec", .min = "0"}, 0, OFFSET | OCCULTATION},
    {{.keyword = "rmsPA", .kind = FIELD_REAL, .unit = "deg", .min = "0"}, 0, OFFSET | OCCULTATION},
    {{.keyword = "rmsCorr", .kind = FIELD_REAL, .min = "-1", .max = "1"}, 0, BUT_RADAR},
    {{.keyword = "astCat", .kind = FIELD_TEXT}, 8, OPTICAL | OCCULTATION, AST_CAT},
    {{.keyword = "doppler", .kind = FIELD_REAL, .unit = "Hz"}, 0, RADAR, DOPPLER},
    {{.keyword = "rmsDoppler", .kind = FIELD_REAL, .unit = "Hz", .min = "0"}, 0, RADAR, RMS_DOPPLER},
    {{.keyword = "delay", .kind = FIELD_REAL, .unit = "s", .min = "0"}, 0, RADAR, DELAY},
    {{.keyword = "rmsDelay", .kind = FIELD_REAL, .unit = "us", .min = "0"}, 0, RADAR, RMS_DELAY},
    {{.keyword = "mag", .kind = FIELD_REAL, .min = "-5", .max = "35"}, 0, BUT_RADAR, MAG},
    {{.keyword = "rmsMag", .kind = FIELD_REAL, .min = "0"}, 0, BUT_RADAR},
    {{.keyword = "band", .kind = FIELD_TEXT}, 3, BUT_RADAR, BAND},
    {{.keyword = "fltr", .kind = FIELD_TEXT}, 3, BUT_RADAR},
    {{.keyword = "photCat", .kind = FIELD_TEXT}, 8, BUT_RADAR},
    {{.keyword = "photAp", .kind = FIELD_REAL, .unit = "arcsec", .min = "0"}, 0, BUT_RADAR},
    {{.keyword = "nucMag", .kind = FIELD_WORD, .words = "0|1"}, 0, BUT_RADAR},
    {{.keyword = "logSNR", .kind = FIELD_REAL}, 0, ALL},
    {{.keyword = "com", .kind = FIELD_WORD, .words = "0|1"}, 0, RADAR},
    {{.keyword = "frq", .kind = FIELD_REAL, .unit = "MHz", .min = "0", .flags = FIELD_ABOVE}, 0, RADAR, FRQ},
    {{.keyword = "shapeOcc", .kind = FIELD_WORD, .words = "0|1"}, 0, OCCULTATION},
    {{.keyword = "seeing", .kind = FIELD_REAL, .unit = "arcsec", .min = "0"}, 0, BUT_RADAR},
    {{.keyword = "exp", .kind = FIELD_REAL, .unit = "s", .min = "0"}, 0, OPTICAL | OFFSET},
    {{.keyword = "rmsFit", .kind = FIELD_REAL, .unit = "arcsec", .min = "0"}, 0, OPTICAL | OFFSET},
    {{.keyword = "nStars", .kind = FIELD_INT, .min = "0"}, 0, OPTICAL | OFFSET},
    {{.keyword = "ref", .kind = FIELD_TEXT}, 25, ALL},
    {{.keyword = "disc", .kind = FIELD_WORD, .words = "*|+"}, 0, BUT_RADAR},
    {{.keyword = "subFrm", .kind = FIELD_TEXT}, 8, BUT_RADAR},
    {{.keyword = "subFmt", .kind = FIELD_TEXT}, 8, BUT_RADAR},
    {{.keyword = "precTime", .kind = FIELD_REAL, .min = "0"}, 0, BUT_RADAR},
    {{.keyword = "precRA", .kind = FIELD_REAL, .min = "0"}, 0, BUT_RADAR},
    {{.keyword = "precDec", .kind = FIELD_REAL, .min = "0"}, 0, BUT_RADAR},
    {{.keyword = "uncTime", .kind = FIELD_REAL, .unit = "s", .min = "0"}, 0, BUT_RADAR},
    {{.keyword = "notes", .kind = FIELD_TEXT}, 6, BUT_RADAR},
    {{.keyword = "remarks", .kind = FIELD_TEXT}, 300, ALL},
    {{.keyword = "orbProd", .kind = FIELD_TEXT}, 25, ALL},
    {{.keyword = "orbID", .kind = FIELD_TEXT}, 25, ALL},
    {{.keyword = "resRA", .kind = FIELD_REAL, .unit = "arcsec"}, 0, BUT_RADAR},
    {{.keyword = "resDec", .kind = FIELD_REAL, .unit = "arcsec"}, 0, BUT_RADAR},
    {{.keyword = "selAst", .kind = FIELD_TEXT}, 1, BUT_RADAR},
    {{.keyword = "sigRA", .kind = FIELD_REAL, .unit = "arcsec"}, 0, BUT_RADAR},
    {{.keyword = "sigDec", .kind = FIELD_REAL, .unit = "arcsec"}, 0, BUT_RADAR},
    {{.keyword = "sigCorr", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "sigTime", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "biasRA", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "biasDec", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "biasTime", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "photProd", .kind = FIELD_TEXT}, 25, BUT_RADAR},
    {{.keyword = "resMag", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "selPhot", .kind = FIELD_TEXT}, 1, BUT_RADAR},
    {{.keyword = "sigMag", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "biasMag", .kind = FIELD_REAL}, 0, BUT_RADAR},
    {{.keyword = "photMod", .kind = FIELD_TEXT}, 25, BUT_RADAR},
    {{.keyword = "resDelay", .kind = FIELD_REAL}, 0, RADAR},
    {{.keyword = "selDelay", .kind = FIELD_TEXT}, 1, RADAR},
    {{.keyword = "sigDelay", .kind = FIELD_REAL}, 0, RADAR},
    {{.keyword = "resDoppler", .kind = FIELD_REAL}, 0, RADAR},
    {{.keyword = "selDoppler", .kind = FIELD_TEXT}, 1, RADAR},
    {{.keyword = "sigDoppler", .kind = FIELD_REAL}, 0, RADAR},
    {{.keyword = "deprecated", .kind = FIELD_WORD, .words = "X|x"}, 0, BUT_RADAR},
};
/* clang-format on */

static const char *const kinds[] = {"optical", "offset", "occultation", "radar"};

/* What each context may hold, parent by parent; one without children is a value itself. */
static const struct parent {
    const char *name;
    const char *children; /* "|name|institution|" */
} parents[] = {{"observatory", "|mpcCode|name|"},
               {"submitter", "|name|institution|"},
               {"observers", "|name|"},
               {"measurers", "|name|"},
               {"telescope", "|name|design|aperture|detector|fRatio|filter|arraySize|pixelScale|"},
               {"software", "|astrometry|fitOrder|photometry|objectDetection|"},
               {"coinvestigators", "|name|"},
               {"collaborators", "|name|"},
               {"fundingSource", NULL},
               {"comment", "|line|"}};

int
neo_observation_kind(struct span name)
{
    for (int i = 0; i < 4; i++) {
        if (span_is(name, kinds[i]))
            return i;
    }
    return -1;
}

int
neo_observation_row(struct span name)
{
    for (size_t i = 0; name.n > 0 && i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].field.keyword[0] == (char)name.p[0] && span_is(name, rows[i].field.keyword))
            return (int)i;
    }
    return -1;
}

const struct neo_observation_row *
neo_observation_at(size_t row)
{
    return row < sizeof rows / sizeof *rows ? &rows[row] : NULL;
}

bool
neo_observation_in_context(const char *parent, const char *child)
{
    char word[40];

    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        if (strcmp(parents[i].name, parent) != 0)
            continue;
        if (parents[i].children == NULL || child == NULL)
            return parents[i].children == NULL && child == NULL;
        (void)snprintf(word, sizeof word, "|%.36s|", child);
        return strstr(parents[i].children, word) != NULL;
    }
    return false;
}

bool
neo_observation_is_parent(struct span name)
{
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        if (span_is(name, parents[i].name))
            return true;
    }
    return false;
}

const char *
neo_observation_get(const Parallax__V1__NeoObservation *o, const char *name)
{
    for (size_t i = 0; i < o->n_fields; i++) {
        if (strcmp(o->fields[i]->name, name) == 0)
            return o->fields[i]->value;
    }
    return "";
}

bool
neo_observation_in_ades(const Parallax__V1__NeoObservation *o, size_t i)
{
    return strcmp(o->fields[i]->name, "mag") != 0 || *neo_observation_get(o, "band") != 0;
}

int
neo_observation_check_value(size_t row, int kind, struct span value, struct why *why, uint32_t line,
                            uint32_t column)
{
    const struct neo_observation_row *r = &rows[row];

    if (!(r->kinds >> kind & 1))
        return why_set(why, WHY_FIELD_UNKNOWN, line, column, r->field.keyword,
                       "not of an observation of kind %s", kinds[kind]);
    if (value.n == 0)
        return why_set(why, WHY_FIELD_MISSING, line, column, r->field.keyword,
                       "empty: expected a value, or nothing");
    if (memchr(value.p, '|', value.n) != NULL)
        return why_set(why, WHY_FIELD_VALUE, line, column, r->field.keyword,
                       "a `|`, which ADES forbids in values");
    if (fieldmap_check_value(&r->field, value, why, line, column) != 0)
        return -1;
    if (r->max > 0 && value.n > r->max)
        return why_set(why, WHY_TEXT_LIMIT, line, column, r->field.keyword,
                       "%zu characters: expected at most %u", value.n, (unsigned)r->max);
    if (r->field.kind == FIELD_TIME && (value.n < 20 || value.p[value.n - 1] != 'Z' || value.p[10] != 'T'))
        return why_set(why, WHY_FIELD_TIME, line, column, r->field.keyword,
                       "expected yyyy-mm-ddThh:mm:ss[.s]Z");
    if (r->field.kind == FIELD_TIME && value.n > sizeof "2032-03-01T12:34:56.123456Z" - 1)
        return why_set(why, WHY_FIELD_TIME, line, column, r->field.keyword,
                       "expected at most six decimals of a second");
    return 0;
}

static int
missing(struct why *why, const char *field, const char *note)
{
    return why_set(why, WHY_FIELD_MISSING, 0, 0, field, "%s", note);
}

static bool
has(struct given given, enum mark mark)
{
    return given.marks >> mark & 1;
}

static int
check_identity(struct given given, int kind, struct why *why)
{
    bool is_designated = has(given, PERM_ID) || has(given, PROV_ID) || has(given, ART_SAT);

    if (has(given, ART_SAT) && (has(given, PERM_ID) || has(given, PROV_ID)))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "artSat", "beside permID or provID: expected one of them");
    if (!is_designated && (kind == 3 || !has(given, TRK_SUB)))
        return missing(why, "permID",
                       kind == 3 ? "missing, like provID and artSat: nothing names the object"
                                 : "missing, like provID, artSat and trkSub: nothing names the object");
    return 0;
}

static const struct must {
    enum mark mark;
    const char *name;
} musts[4][5] = {
    {{MODE, "mode"}, {STN, "stn"}, {RA, "ra"}, {DEC, "dec"}, {AST_CAT, "astCat"}},
    {{MODE, "mode"}, {STN, "stn"}, {OBS_CENTER, "obsCenter"}},
    {{MODE, "mode"}, {STN, "stn"}, {RA_STAR, "raStar"}, {DEC_STAR, "decStar"}, {AST_CAT, "astCat"}},
    {{TRX, "trx"}, {RCV, "rcv"}, {FRQ, "frq"}}};

static int
check_position(struct given given, int kind, bool has_lines, struct why *why)
{
    bool has_offset = (has(given, DELTA_RA) && has(given, DELTA_DEC)) || (has(given, DIST) && has(given, PA));

    if (!has(given, OBS_TIME))
        return missing(why, "obsTime", "missing: it is mandatory");
    for (int i = 0; i < 5 && musts[kind][i].name != NULL; i++) {
        if (!has(given, musts[kind][i].mark))
            return missing(why, musts[kind][i].name, "missing: it is mandatory");
    }
    if ((kind == 1 || kind == 2) && !has_offset)
        return missing(why, "deltaRA", "missing: it and deltaDec, or dist and pa, are mandatory");
    if (kind == 3 && !(has(given, DOPPLER) && has(given, RMS_DOPPLER)) &&
        !(has(given, DELAY) && has(given, RMS_DELAY)))
        return missing(why, "delay", "missing: it and rmsDelay, or doppler and rmsDoppler, are mandatory");
    if (has(given, MAG) && !has(given, BAND) && !has_lines) /* old plates have no band */
        return missing(why, "band", "missing: mag goes with it");
    if (has(given, SYS) && !(has(given, CTR) && has(given, POS1) && has(given, POS2) && has(given, POS3)))
        return missing(why, "pos1", "missing: sys goes with ctr, pos1, pos2 and pos3");
    return 0;
}

static int
check_context(const Parallax__V1__NeoObservation *o, bool is_read, struct why *why)
{
    if (o->n_context > FIELDMAP_NOTES_MAX)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, "context", "%zu values: expected at most %d", o->n_context,
                       FIELDMAP_NOTES_MAX);
    for (size_t i = 0; i < o->n_context && !is_read; i++) {
        const Parallax__V1__Keyword *k = o->context[i];
        const char *slash = strchr(k->name, '/');
        char parent[40];

        (void)snprintf(parent, sizeof parent, "%.*s",
                       (int)(slash != NULL ? slash - k->name : (long)strlen(k->name)), k->name);
        if (!neo_observation_in_context(parent, slash != NULL ? slash + 1 : NULL))
            return why_set(why, WHY_FIELD_UNKNOWN, 0, 0, "context", "no value of a context");
        if (*k->value == 0 || strchr(k->value, '|') != NULL)
            return why_set(why, WHY_FIELD_VALUE, 0, 0, parent, "expected a value without `|`");
        if (fieldmap_check_text(parent, span_str(k->value), LIMIT_TEXT_BYTES, why, 0, 0) != 0)
            return -1;
    }
    return 0;
}

/* The elements of an MPC record say what its lines say. */
static int
check_lines(const Parallax__V1__NeoObservation *o, int kind, struct why *why)
{
    struct neo_observation_mpc mpc;
    bool is_mpc = strcmp(o->version, MPC_VERSION) == 0;

    if (!is_mpc)
        return o->n_lines == 0 ? 0 : why_set(why, WHY_FIELD_UNKNOWN, 0, 0, "lines", "of MPC records only");
    if (o->n_lines < 1 || o->n_lines > 2 || o->n_context > 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "lines", "expected one or two, and no context");
    if ((o->n_lines == 2) != neo_observation_mpc_has_second(span_str(o->lines[0])))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "lines", "expected as many as column 15 says");
    if (neo_observation_mpc_elements(span_str(o->lines[0]),
                                     o->n_lines == 2 ? span_str(o->lines[1]) : span_of(NULL, 0), &mpc,
                                     why) != 0) {
        why->line = why->column = 0;
        return -1;
    }
    if (mpc.kind != kind || mpc.n != o->n_fields)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "fields", "they do not follow from the lines");
    for (size_t i = 0; i < mpc.n; i++) {
        if (strcmp(mpc.field[i].name, o->fields[i]->name) != 0 ||
            strcmp(mpc.field[i].value, o->fields[i]->value) != 0)
            return why_set(why, WHY_FIELD_VALUE, 0, 0, mpc.field[i].name,
                           "it does not follow from the lines");
    }
    return 0;
}

/* Row of a name of a message just read: most often it is the table's own, behind row ${last}. */
static int
row_of(const char *name, int last)
{
    for (size_t i = (size_t)(last + 1); i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].field.keyword == name)
            return (int)i;
    }
    return neo_observation_row(span_str(name));
}

/* The elements one by one; which there are goes to ${given}. */
static int
check_fields(const Parallax__V1__NeoObservation *o, int kind, bool is_read, struct given *given,
             struct why *why)
{
    int last = -1;

    if (o->n_fields > sizeof rows / sizeof *rows)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, "fields", "%zu: expected at most %zu", o->n_fields,
                       sizeof rows / sizeof *rows);
    for (size_t i = 0; i < o->n_fields; i++) {
        int row =
            is_read ? row_of(o->fields[i]->name, last) : neo_observation_row(span_str(o->fields[i]->name));

        if (row <= last)
            return why_set(why, WHY_FIELD_UNKNOWN, 0, 0, "fields",
                           "not of the standard, twice, or out of order");
        if (!is_read &&
            neo_observation_check_value((size_t)row, kind, span_str(o->fields[i]->value), why, 0, 0) != 0)
            return -1;
        given->marks |= (uint64_t)1 << rows[row].mark;
        last = row;
    }
    return 0;
}

static int
check_all(const Parallax__V1__NeoObservation *o, bool is_read, struct why *why)
{
    int kind = neo_observation_kind(span_str(o->kind));
    struct given given = {0};

    if (kind < 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "kind", "expected optical, offset, occultation or radar");
    if (strcmp(o->version, "2017") != 0 && strcmp(o->version, "2022") != 0 &&
        strcmp(o->version, MPC_VERSION) != 0)
        return why_set(why, WHY_VERSION, 0, 0, "version", "expected 2017, 2022 or " MPC_VERSION);
    if (check_fields(o, kind, is_read, &given, why) != 0 || check_lines(o, kind, why) != 0 ||
        check_identity(given, kind, why) != 0 || check_position(given, kind, o->n_lines > 0, why) != 0 ||
        check_context(o, is_read, why) != 0)
        return -1;
    return fieldmap_check_source(o->source, why);
}

int
neo_observation_check(const Parallax__V1__NeoObservation *o, struct why *why)
{
    return check_all(o, false, why);
}

int
neo_observation_check_read(const Parallax__V1__NeoObservation *o, struct why *why)
{
    return check_all(o, true, why);
}
