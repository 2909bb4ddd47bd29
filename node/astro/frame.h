/*
 * From the frame of SGP4 to the turning Earth. TEME is the true equator and mean equinox of date: Greenwich mean sidereal time of 1982 turns
 * it to the pseudo Earth-fixed frame, polar motion from there to ITRF (AIAA 2006-6753 appendix C; IERS Conventions 2010).
 */
#ifndef ASTRO_FRAME_H
#define ASTRO_FRAME_H

#include "base/utc.h"

/*
 * What of the Earth's rotation only observation knows (IERS Bulletin A). All zero where it is not given: UT1 = UTC is off by up to 0.9 s, which
 * turns positions by up to 14 seconds of arc (0.42 km on the ground, 2.8 km in geostationary orbit); no polar motion by up to 0.6 (0.02 km).
 */
struct frame_rotation {
    double dut1_s;         /* UT1 - UTC, seconds */
    double xp_rad, yp_rad; /* coordinates of the pole */
};

/* Where on the Earth, WGS-84. */
struct frame_place {
    double latitude_rad, longitude_rad; /* geodetic, north positive; east positive, -pi to pi */
    double height_km;                   /* above the ellipsoid */
};

/* Greenwich mean sidereal time of 1982 at ${t}, rad, 0 to 2 pi (ERFA eraGmst82). */
double frame_gmst_rad(struct utc t, const struct frame_rotation *rotation);

/* TEME of ${t} to ITRF: km, km/s; the velocity is that which is seen from the turning Earth. ${rotation} NULL: all zero. */
void frame_teme_to_itrf(struct utc t, const struct frame_rotation *rotation, const double r_teme_km[3],
                        const double v_teme_km_s[3], double r_km[3], double v_km_s[3]);

/* GCRF of ${t} to ITRF (IAU 2006/2000A, ERFA eraC2t06a), positions only: km. J2000 (EME2000) is off from GCRF by 0.023 seconds of arc (5 m in geostationary orbit). */
void frame_gcrf_to_itrf(struct utc t, const struct frame_rotation *rotation, const double r_gcrf_km[3],
                        double r_km[3]);

/* ITRF to WGS-84 (ERFA eraGc2gd). 0, or -1 when ${r_km} is not finite. */
int frame_place(const double r_km[3], struct frame_place *out);

#endif
