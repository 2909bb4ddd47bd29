#include "astro/timescale.h"

#include <erfa.h>
#include <math.h>

#include "base/text.h"

#define SECOND_NS        1000000000LL
#define TT_TAI_NS        32184000000LL
#define MJD_1972         41317
#define JD_MJD0          2400000.5
#define DUT1_S_MAX       1.0 /* UT1 - UTC is kept below 0.9 s */
#define SYSTEM_BYTES_MAX 16

/* How a system is led back to UTC. */
enum kind {
    KIND_UTC, /* ahead of UTC by a fixed time */
    KIND_TAI, /* ahead of TAI by a fixed time */
    KIND_TCG,
    KIND_TDB,
    KIND_TCB,
    KIND_UT1,
    KIND_ANGLE,
    KIND_PRIVATE
};

struct system {
    const char *name;
    enum kind kind;
    int64_t ahead_ns;
};

static const struct system systems[] = {
    {"UTC", KIND_UTC, 0},
    {"GLONASST", KIND_UTC, 3 * 3600 * SECOND_NS}, /* GLONASS ICD L1, L2 section 3.3.3 */
    {"GLONASS", KIND_UTC, 3 * 3600 * SECOND_NS},
    {"TAI", KIND_TAI, 0},
    {"TT", KIND_TAI, TT_TAI_NS},
    {"GPS", KIND_TAI, -19 * SECOND_NS}, /* IS-GPS-200 section 3.3.4 */
    {"GPST", KIND_TAI, -19 * SECOND_NS},
    {"GALILEO", KIND_TAI,
     -19 * SECOND_NS}, /* Galileo OS SIS ICD section 5.1.2: starts with GPS time's seconds */
    {"GST", KIND_TAI, -19 * SECOND_NS},
    {"QZSST", KIND_TAI, -19 * SECOND_NS}, /* IS-QZSS-PNT section 3.2.1 */
    {"NAVIC", KIND_TAI, -19 * SECOND_NS}, /* IRNSS SIS ICD for SPS: 13 s ahead of UTC in 1999 */
    {"IRNWT", KIND_TAI, -19 * SECOND_NS},
    {"BDT", KIND_TAI, -33 * SECOND_NS}, /* BDS-SIS-ICD: 0 s from UTC on 2006-01-01 */
    {"TCG", KIND_TCG, 0},
    {"TDB", KIND_TDB, 0},
    {"TCB", KIND_TCB, 0},
    {"UT1", KIND_UT1, 0},
    {"GMST", KIND_ANGLE, 0},
    {"MET", KIND_PRIVATE, 0},
    {"MRT", KIND_PRIVATE, 0},
    {"SCLK", KIND_PRIVATE, 0},
};

static const struct system *
find(struct span name)
{
    if (name.n > SYSTEM_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
        if (text_equal_nocase(name, systems[i].name))
            return &systems[i];
    }
    return NULL;
}

/* ${t} plus ${ns}, below a day, in a system whose days all have 86,400 s. */
static struct utc
shift(struct utc t, int64_t ns)
{
    t.ns += ns;
    if (t.ns < 0) {
        t.ns += UTC_DAY_NS;
        t.mjd--;
    } else if (t.ns >= UTC_DAY_NS) {
        t.ns -= UTC_DAY_NS;
        t.mjd++;
    }
    return t;
}

static int64_t
offset_ns(int32_t mjd)
{
    return utc_tai_offset((struct utc){mjd, 0}) * SECOND_NS;
}

/* TAI to UTC: what does not reach into the day of the same number is of the day before, its leap second included. */
static enum timescale_error
utc_of_tai(struct utc tai, struct utc *out)
{
    int64_t ns = tai.ns - offset_ns(tai.mjd);

    if (tai.mjd < MJD_1972 || (tai.mjd == MJD_1972 && ns < 0))
        return TIMESCALE_EARLY;
    *out = ns >= 0 ? (struct utc){tai.mjd, ns}
                   : (struct utc){tai.mjd - 1, tai.ns + UTC_DAY_NS - offset_ns(tai.mjd - 1)};
    return TIMESCALE_DONE;
}

static double
day_fraction(struct utc t)
{
    return (double)t.ns / (double)UTC_DAY_NS;
}

/* ${days} as nanoseconds, rounded to ${unit} of them. */
static int64_t
round_days(double days, int64_t unit)
{
    return (int64_t)round(days * (double)(UTC_DAY_NS / unit)) * unit;
}

/* TT - TCG: 0.7 s in 2000, 1.4 s in 2050 and so on. */
static int64_t
tt_minus_tcg_ns(struct utc tcg)
{
    double day = JD_MJD0 + tcg.mjd;
    double tt1, tt2;

    (void)eraTcgtt(day, day_fraction(tcg), &tt1, &tt2);
    return round_days((tt1 - day) + (tt2 - day_fraction(tcg)), 1);
}

static int64_t
tdb_minus_tcb_ns(struct utc tcb)
{
    double day = JD_MJD0 + tcb.mjd;
    double tdb1, tdb2;

    (void)eraTcbtdb(day, day_fraction(tcb), &tdb1, &tdb2);
    return round_days((tdb1 - day) + (tdb2 - day_fraction(tcb)), 1000);
}

/* TT - TDB at the centre of the Earth, at most 2 ms: there the universal time of day, an argument of eraDtdb, has no effect. */
static int64_t
tt_minus_tdb_ns(struct utc tdb)
{
    double seconds = -eraDtdb(JD_MJD0 + tdb.mjd, day_fraction(tdb), day_fraction(tdb), 0.0, 0.0, 0.0);

    return (int64_t)round(seconds * 1e6) * 1000;
}

/* UT1 goes on through a leap second, as TAI does: so over TAI - UT1, which is TAI - UTC less UT1 - UTC of the day. */
static enum timescale_error
utc_of_ut1(struct utc ut1, const double *dut1_s, struct utc *out)
{
    if (dut1_s == NULL || !(fabs(*dut1_s) <= DUT1_S_MAX))
        return TIMESCALE_NO_DUT1;
    return utc_of_tai(shift(ut1, offset_ns(ut1.mjd) - (int64_t)round(*dut1_s * 1e6) * 1000), out);
}

enum timescale_error
timescale_utc(struct utc given, struct span system, const double *dut1_s, struct utc *out)
{
    const struct system *s = find(system);

    if (s == NULL)
        return TIMESCALE_UNKNOWN;
    if (s->kind == KIND_PRIVATE)
        return TIMESCALE_PRIVATE;
    if (s->kind == KIND_ANGLE)
        return TIMESCALE_ANGLE;
    if (!utc_is_valid(given) || (given.ns >= UTC_DAY_NS && (s->kind != KIND_UTC || s->ahead_ns != 0)))
        return TIMESCALE_NO_TIME;
    switch (s->kind) {
    case KIND_UTC:
        *out = s->ahead_ns == 0 ? given : shift(given, -s->ahead_ns);
        return TIMESCALE_DONE;
    case KIND_UT1:
        return utc_of_ut1(given, dut1_s, out);
    case KIND_TCB:
        given = shift(given, tdb_minus_tcb_ns(given));
        return utc_of_tai(shift(given, tt_minus_tdb_ns(given) - TT_TAI_NS), out);
    case KIND_TDB:
        return utc_of_tai(shift(given, tt_minus_tdb_ns(given) - TT_TAI_NS), out);
    case KIND_TCG:
        return utc_of_tai(shift(given, tt_minus_tcg_ns(given) - TT_TAI_NS), out);
    default:
        return utc_of_tai(shift(given, -s->ahead_ns), out);
    }
}

const char *
timescale_error_text(enum timescale_error error)
{
    switch (error) {
    case TIMESCALE_DONE:
        return "done";
    case TIMESCALE_UNKNOWN:
        return "not a registered time system";
    case TIMESCALE_PRIVATE:
        return "a clock of the mission: only its partners can lead it back to UTC";
    case TIMESCALE_ANGLE:
        return "sidereal time is an angle, not an instant";
    case TIMESCALE_NO_DUT1:
        return "UT1 needs UT1-UTC, which is not given";
    case TIMESCALE_EARLY:
        return "before 1972 UTC was no whole number of seconds from TAI";
    case TIMESCALE_NO_TIME:
        return "no such time in this system";
    }
    return "unknown";
}

double
timescale_elapsed_s(struct utc a, struct utc b)
{
    int64_t days = (int64_t)a.mjd - b.mjd;
    int64_t leaps = a.mjd < MJD_1972 || b.mjd < MJD_1972 ? 0 : utc_tai_offset(a) - utc_tai_offset(b);

    return (double)(days * 86400 + leaps) + (double)(a.ns - b.ns) / (double)SECOND_NS;
}
