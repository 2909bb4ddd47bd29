/* Inside SGP4: constants, and what its near and its deep part tell each other. */
#ifndef ASTRO_SGP4_INTERNAL_H
#define ASTRO_SGP4_INTERNAL_H

#include "astro/sgp4.h"

#define SGP4_PI     3.14159265358979323846
#define SGP4_TWO_PI (2 * SGP4_PI)

/* WGS-72, as Spacetrack Report No. 3 has it. */
#define SGP4_RE_KM 6378.135
#define SGP4_MU    398600.8 /* km**3/s**2 */
#define SGP4_J2    0.001082616
#define SGP4_J3    (-0.00000253881)
#define SGP4_J4    (-0.00000165597)
#define SGP4_J3_J2 (SGP4_J3 / SGP4_J2)
#define SGP4_RPTIM 4.37526908801129966e-3 /* rotation of the Earth, rad/min */

/* Square root of mu in Earth radii**1.5 a minute. */
double sgp4_xke(void);

/* Mean elements at a time. */
struct sgp4_mean {
    double n, e, i, argp, node, m; /* rad/min, rad */
};

/* Sun, Moon and resonances at the epoch. ${xpidot}: drift of perigee and node, rad/min. */
void sgp4_deep_init(struct sgp4 *s, double xpidot);
/* What grows with time. */
void sgp4_deep_secular(const struct sgp4 *s, double minutes, struct sgp4_mean *mean);
/* What comes and goes with Sun and Moon. */
void sgp4_deep_periodic(const struct sgp4 *s, double minutes, struct sgp4_mean *mean);

void sgp4_resonance_init(struct sgp4 *s, double xpidot);
/* Mean motion and mean anomaly of a resonant orbit; mean->argp and mean->node are those of the time already. */
void sgp4_resonance_secular(const struct sgp4 *s, double minutes, struct sgp4_mean *mean);

#endif
