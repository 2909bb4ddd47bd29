/*
 * SGP4 and SDP4: where an object of a mean element set is at a time. Hoots and Roehrich, Spacetrack Report No. 3 (1980), with the
 * corrections of Vallado, Crawford, Hujsak and Kelso, "Revisiting Spacetrack Report #3", AIAA 2006-6753; constants of WGS-72, with which
 * element sets are made. Pure: a propagation changes nothing, so that threads can share one struct sgp4.
 */
#ifndef ASTRO_SGP4_H
#define ASTRO_SGP4_H

#include <stdbool.h>

/* The element set as TLE and OMM have it, in radians and minutes. */
struct sgp4_elements {
    double epoch_jd, epoch_fraction; /* UTC as a Julian date in two parts; days */
    double bstar;                    /* 1/Earth radii */
    double ecco;
    double argpo;    /* argument of perigee, rad */
    double inclo;    /* inclination, rad */
    double mo;       /* mean anomaly, rad */
    double no_kozai; /* mean motion of Kozai, as the element set says it, rad/min */
    double nodeo;    /* right ascension of the ascending node, rad */
};

/* AIAA 2006-6753 appendix: as the theory wants it, or with the sidereal time and the node of the AFSPC programs. */
enum sgp4_mode { SGP4_IMPROVED = 'i', SGP4_AFSPC = 'a' };

/* 1 to 6 are those of the reference implementation; it does not use 5 any more. */
enum sgp4_error {
    SGP4_DONE,
    SGP4_ECCENTRICITY,           /* mean eccentricity outside 0 <= e < 1 */
    SGP4_MEAN_MOTION,            /* mean motion is not above 0 */
    SGP4_PERTURBED_ECCENTRICITY, /* outside 0 <= e <= 1 with the pull of Sun and Moon */
    SGP4_SEMI_LATUS_RECTUM,      /* below 0 */
    SGP4_SUBORBITAL,
    SGP4_DECAYED, /* the position is inside the Earth */
    SGP4_INPUT    /* ours: no finite numbers, or a time beyond SGP4_MINUTES_MAX */
};

#define SGP4_MINUTES_MAX                                                                                     \
    52594920.0 /* 100 years from the epoch: resonances are integrated in steps of half a day */

/* What the Moon or the Sun does to the orbit with their own period: factors of the sines of their anomaly. */
struct sgp4_body {
    double anomaly, rate; /* at the epoch, rad; rad/min */
    double eccentricity;
    double e2, e3;        /* of the eccentricity */
    double i2, i3;        /* of the inclination */
    double l2, l3, l4;    /* of the mean anomaly */
    double gh2, gh3, gh4; /* of the argument of perigee, with the node in it */
    double h2, h3;        /* of the node */
};

/* Orbits of half a day and of a day that the Earth's shape pulls in step. */
enum sgp4_resonance { SGP4_RESONANCE_NONE, SGP4_RESONANCE_DAY, SGP4_RESONANCE_HALF_DAY };

/* Of orbits with a period of 225 minutes and more. */
struct sgp4_deep {
    struct sgp4_body sun, moon;
    double dedt, didt, dmdt, dnodt, domdt; /* secular, per minute */
    double gsto;                           /* Greenwich sidereal time of the epoch, rad */
    enum sgp4_resonance resonance;
    double del[3];       /* of a day */
    double d[10];        /* of half a day: in the order of the terms in sgp4_resonance.c */
    double xlamo, xfact; /* resonant longitude at the epoch, rad; its drift, rad/min */
};

/* An element set, prepared. For sgp4_*() only. */
struct sgp4 {
    struct sgp4_elements in;
    enum sgp4_mode mode;
    enum sgp4_error refused; /* the elements themselves */
    bool is_deep,
        is_simple; /* simple: perigee below 220 km, or deep: drag to the second power of time only */
    double no;     /* mean motion of Brouwer, rad/min */
    double mdot, argpdot, nodedot; /* secular, rad/min */
    double eta, cc1, cc4, cc5;
    double omgcof, xmcof, nodecf, delmo, sinmao;
    double d2, d3, d4, t2cof, t3cof, t4cof, t5cof; /* powers of drag */
    struct sgp4_deep deep;
};

/* Prepare ${in}. SGP4_DONE, or why nothing can be computed from it (SGP4_ECCENTRICITY, SGP4_MEAN_MOTION, SGP4_INPUT). */
enum sgp4_error sgp4_init(struct sgp4 *s, const struct sgp4_elements *in, enum sgp4_mode mode);

/*
 * Position (km) and velocity (km/s) in TEME of date, ${minutes} after the epoch. After an error both are 0, except
 * that SGP4_DECAYED leaves what was computed.
 */
enum sgp4_error sgp4_propagate(const struct sgp4 *s, double minutes, double r_km[3], double v_km_s[3]);

/* In words. */
const char *sgp4_error_text(enum sgp4_error error);

#endif
