/* Mean elements of a record as SGP4 wants them (CCSDS 502.0-B-3 section 4.2.4). */
#include "types/orbit/orbit_map.h"

#include "astro/timescale.h"
#include "base/num.h"
#include "base/text.h"

#define PI          3.14159265358979323846
#define JD_MJD0     2400000.5
#define MINUTES_DAY 1440.0
/* Space-Track's type of SGP4-XP, which is another theory with the same columns. */
#define EPHEMERIS_TYPE_XP 4

static bool
is_one_of(const char *value, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (text_equal_nocase(span_str(value), *words))
            return true;
    }
    return false;
}

/* ${value} came from outside. Returns -1. */
static int
refuse(struct why *why, const char *keyword, const char *value, const char *reason)
{
    char quoted[160];
    struct buf b;

    buf_init_fixed(&b, quoted, sizeof quoted);
    text_quote(&b, span_str(value), 30);
    return why_set(why, WHY_FIELD_VALUE, 0, 0, keyword, "%s: %s", buf_cstr(&b), reason);
}

static int
check_meaning(const Parallax__V1__Orbit *orbit, struct why *why)
{
    static const char *const theories[] = {"SGP4", "SGP", "SGP/SGP4", NULL};
    static const char *const frames[] = {"TEME", "TEMEOFDATE", NULL};
    static const char *const centers[] = {"EARTH", NULL};
    const struct {
        const char *keyword, *value;
        const char *const *accepted;
        const char *expected;
    } rows[] = {
        {"MEAN_ELEMENT_THEORY", orbit->mean_element_theory, theories, "expected SGP4, SGP or SGP/SGP4"},
        {"REF_FRAME", orbit->ref_frame, frames, "expected TEME"},
        {"CENTER_NAME", orbit->center_name, centers, "expected EARTH"}};
    double type;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!is_one_of(rows[i].value, rows[i].accepted))
            return refuse(why, rows[i].keyword, rows[i].value, rows[i].expected);
    }
    if (num_double(span_str(orbit->ephemeris_type), &type) == 0 && type == EPHEMERIS_TYPE_XP)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "EPHEMERIS_TYPE", "4 (SGP4-XP): another theory than SGP4");
    return 0;
}

static int
read_epoch(const Parallax__V1__Orbit *orbit, struct utc *epoch, struct why *why)
{
    struct utc given;
    enum timescale_error error;

    if (utc_parse(span_str(orbit->epoch), &given) != 0)
        return why_set(why, WHY_FIELD_TIME, 0, 0, "EPOCH", "no time");
    error = timescale_utc(given, span_str(orbit->time_system), NULL, epoch);
    return error == TIMESCALE_DONE
               ? 0
               : refuse(why, "TIME_SYSTEM", orbit->time_system, timescale_error_text(error));
}

int
orbit_sgp4(const ProtobufCMessage *msg, struct type_sgp4 *out, struct why *why)
{
    const Parallax__V1__Orbit *orbit = (const Parallax__V1__Orbit *)msg;
    struct sgp4_elements *e = &out->elements;

    if (orbit_is_opm(msg))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, NULL,
                       "position and velocity (OPM): SGP4 is for mean elements");
    if (check_meaning(orbit, why) != 0 || read_epoch(orbit, &out->epoch, why) != 0)
        return -1;
    const struct {
        const char *keyword, *value;
        double *out, parts; /* of the unit of SGP4 */
    } rows[] = {{"MEAN_MOTION", orbit->mean_motion, &e->no_kozai, MINUTES_DAY / (2 * PI)},
                {"ECCENTRICITY", orbit->eccentricity, &e->ecco, 1.0},
                {"INCLINATION", orbit->inclination, &e->inclo, 180 / PI},
                {"RA_OF_ASC_NODE", orbit->ra_of_asc_node, &e->nodeo, 180 / PI},
                {"ARG_OF_PERICENTER", orbit->arg_of_pericenter, &e->argpo, 180 / PI},
                {"MEAN_ANOMALY", orbit->mean_anomaly, &e->mo, 180 / PI},
                {"BSTAR", orbit->bstar[0] != 0 ? orbit->bstar : "0", &e->bstar, 1.0}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value;

        if (num_double(span_str(rows[i].value), &value) != 0)
            return why_set(why, WHY_FIELD_MISSING, 0, 0, rows[i].keyword, "not given: SGP4 needs it");
        *rows[i].out = value / rows[i].parts;
    }
    e->epoch_jd = JD_MJD0 + out->epoch.mjd;
    e->epoch_fraction = (double)out->epoch.ns / (double)UTC_DAY_NS;
    out->name = orbit->object_name;
    out->has_bstar = orbit->bstar[0] != 0;
    return 0;
}
