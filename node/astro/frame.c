#include "astro/frame.h"

#include <erfa.h>
#include <erfam.h>
#include <math.h>
#include <stdint.h>

#include "astro/timescale.h"

#define JD_MJD0 2400000.5
/* 2000-01-01T00:00:00Z, when TAI - UTC was 32 s. */
#define UTC_MJD_2000 51544
/* Rotation of the Earth, rad/s of UT1 (IERS Conventions 2010 section 1.2); its change in the length of day is below 1e-7 of it. */
#define EARTH_RATE 7.292115146706979e-5

double
frame_gmst_rad(struct utc t, const struct frame_rotation *rotation)
{
    double dut1_s = rotation != NULL ? rotation->dut1_s : 0.0;
    double day = ((double)t.ns / 1e9 + dut1_s) / 86400.0;

    return eraGmst82(JD_MJD0 + t.mjd, day);
}

void
frame_teme_to_itrf(struct utc t, const struct frame_rotation *rotation, const double r_teme_km[3],
                   const double v_teme_km_s[3], double r_km[3], double v_km_s[3])
{
    double gmst = frame_gmst_rad(t, rotation);
    double c = cos(gmst), s = sin(gmst);
    double r[3] = {c * r_teme_km[0] + s * r_teme_km[1], c * r_teme_km[1] - s * r_teme_km[0], r_teme_km[2]};
    double v[3] = {c * v_teme_km_s[0] + s * v_teme_km_s[1] + EARTH_RATE * r[1],
                   c * v_teme_km_s[1] - s * v_teme_km_s[0] - EARTH_RATE * r[0], v_teme_km_s[2]};
    double pole[3][3];

    eraPom00(rotation != NULL ? rotation->xp_rad : 0.0, rotation != NULL ? rotation->yp_rad : 0.0, 0.0, pole);
    eraRxp(pole, r, r_km);
    eraRxp(pole, v, v_km_s);
}

void
frame_gcrf_to_itrf(struct utc t, const struct frame_rotation *rotation, const double r_gcrf_km[3],
                   double r_km[3])
{
    double dut1_s = rotation != NULL ? rotation->dut1_s : 0.0;
    double day = (double)t.ns / (double)UTC_DAY_NS, m[3][3];
    double tt_s = timescale_elapsed_s(t, (struct utc){UTC_MJD_2000, 0}) + 32.0 + 32.184;

    eraC2t06a(JD_MJD0 + UTC_MJD_2000, tt_s / 86400.0, JD_MJD0 + t.mjd, day + dut1_s / 86400.0,
              rotation != NULL ? rotation->xp_rad : 0.0, rotation != NULL ? rotation->yp_rad : 0.0, m);
    eraRxp(m, (double *)(uintptr_t)r_gcrf_km, r_km);
}

int
frame_place(const double r_km[3], struct frame_place *out)
{
    double r_m[3] = {r_km[0] * 1e3, r_km[1] * 1e3, r_km[2] * 1e3};
    double height_m;

    if (!isfinite(r_m[0] + r_m[1] + r_m[2]) ||
        eraGc2gd(ERFA_WGS84, r_m, &out->longitude_rad, &out->latitude_rad, &height_m) != 0)
        return -1;
    out->height_km = height_m / 1e3;
    return 0;
}
