/*
 * Orbits of a day and of half a day are in step with the Earth's rotation: its shape pulls them at the same place again and again
 * (Spacetrack Report No. 3 section 9; constants of AIAA 2006-6753). The longitude is integrated from the epoch each time, so that a result does
 * not depend on what was asked before.
 */
#include "astro/sgp4_internal.h"

#include <math.h>

#define STEP_MINUTES 720.0
#define Q22          1.7891679e-6
#define Q31          2.1460748e-6
#define Q33          2.2123015e-7
#define ROOT22       1.7891679e-6
#define ROOT32       3.7393792e-7
#define ROOT44       7.3636953e-9
#define ROOT52       1.1428639e-7
#define ROOT54       2.1765803e-9
/* Phases of the half-day terms, rad. */
#define G22 5.7686396
#define G32 0.95240898
#define G44 1.8014998
#define G52 1.0508330
#define G54 4.4108898

/* a + b e + c e**2 + d e**3 */
static double
cubic(double e, double a, double b, double c, double d)
{
    return a + b * e + c * e * e + d * e * e * e;
}

/* Eccentricity functions G of half-day orbits, as polynomials fitted to ranges. */
struct eccentric {
    double g201, g211, g310, g322, g410, g422, g520, g521, g532, g533;
};

static struct eccentric
eccentric_of(double e)
{
    struct eccentric g = {.g201 = -0.306 - (e - 0.64) * 0.440};

    if (e <= 0.65) {
        g.g211 = cubic(e, 3.616, -13.2470, 16.2900, 0.0);
        g.g310 = cubic(e, -19.302, 117.3900, -228.4190, 156.5910);
        g.g322 = cubic(e, -18.9068, 109.7927, -214.6334, 146.5816);
        g.g410 = cubic(e, -41.122, 242.6940, -471.0940, 313.9530);
        g.g422 = cubic(e, -146.407, 841.8800, -1629.014, 1083.4350);
        g.g520 = cubic(e, -532.114, 3017.977, -5740.032, 3708.2760);
    } else {
        g.g211 = cubic(e, -72.099, 331.819, -508.738, 266.724);
        g.g310 = cubic(e, -346.844, 1582.851, -2415.925, 1246.113);
        g.g322 = cubic(e, -342.585, 1554.908, -2366.899, 1215.972);
        g.g410 = cubic(e, -1052.797, 4758.686, -7193.992, 3651.957);
        g.g422 = cubic(e, -3581.690, 16178.110, -24462.770, 12422.520);
        g.g520 = e > 0.715 ? cubic(e, -5149.66, 29936.92, -54087.36, 31324.56)
                           : cubic(e, 1464.74, -4664.75, 3763.64, 0.0);
    }
    if (e < 0.7) {
        g.g533 = cubic(e, -919.22770, 4988.6100, -9064.7700, 5542.21);
        g.g521 = cubic(e, -822.71072, 4568.6173, -8491.4146, 5337.524);
        g.g532 = cubic(e, -853.66600, 4690.2500, -8624.7700, 5341.4);
    } else {
        g.g533 = cubic(e, -37995.780, 161616.52, -229838.20, 109377.94);
        g.g521 = cubic(e, -51752.104, 218913.95, -309468.16, 146349.42);
        g.g532 = cubic(e, -40023.880, 170470.89, -242699.48, 115605.82);
    }
    return g;
}

/* The ten terms of half a day: d2201 d2211 d3210 d3222 d4410 d4422 d5220 d5232 d5421 d5433. */
static void
init_half_day(struct sgp4 *s, double aonv, double theta)
{
    struct sgp4_deep *d = &s->deep;
    struct eccentric g = eccentric_of(s->in.ecco);
    double c = cos(s->in.inclo), si = sin(s->in.inclo);
    double c2 = c * c, si2 = si * si;
    double f220 = 0.75 * (1.0 + 2.0 * c + c2);
    double f221 = 1.5 * si2;
    double f321 = 1.875 * si * (1.0 - 2.0 * c - 3.0 * c2);
    double f322 = -1.875 * si * (1.0 + 2.0 * c - 3.0 * c2);
    double f441 = 35.0 * si2 * f220;
    double f442 = 39.3750 * si2 * si2;
    double f522 =
        9.84375 * si * (si2 * (1.0 - 2.0 * c - 5.0 * c2) + 0.33333333 * (-2.0 + 4.0 * c + 6.0 * c2));
    double f523 =
        si * (4.92187512 * si2 * (-2.0 - 4.0 * c + 10.0 * c2) + 6.56250012 * (1.0 + 2.0 * c - 3.0 * c2));
    double f542 = 29.53125 * si * (2.0 - 8.0 * c + c2 * (-12.0 + 8.0 * c + 10.0 * c2));
    double f543 = 29.53125 * si * (-2.0 - 8.0 * c + c2 * (12.0 + 8.0 * c - 10.0 * c2));
    double of2 = 3.0 * s->no * s->no * aonv * aonv;
    double of3 = of2 * aonv, of4 = of3 * aonv, of5 = of4 * aonv;

    d->d[0] = of2 * ROOT22 * f220 * g.g201;
    d->d[1] = of2 * ROOT22 * f221 * g.g211;
    d->d[2] = of3 * ROOT32 * f321 * g.g310;
    d->d[3] = of3 * ROOT32 * f322 * g.g322;
    d->d[4] = 2.0 * of4 * ROOT44 * f441 * g.g410;
    d->d[5] = 2.0 * of4 * ROOT44 * f442 * g.g422;
    d->d[6] = of5 * ROOT52 * f522 * g.g520;
    d->d[7] = of5 * ROOT52 * f523 * g.g532;
    d->d[8] = 2.0 * of5 * ROOT54 * f542 * g.g521;
    d->d[9] = 2.0 * of5 * ROOT54 * f543 * g.g533;
    d->xlamo = fmod(s->in.mo + 2.0 * s->in.nodeo - 2.0 * theta, SGP4_TWO_PI);
    d->xfact = s->mdot + d->dmdt + 2.0 * (s->nodedot + d->dnodt - SGP4_RPTIM) - s->no;
}

static void
init_day(struct sgp4 *s, double aonv, double theta, double xpidot)
{
    struct sgp4_deep *d = &s->deep;
    double esq = s->in.ecco * s->in.ecco;
    double c1 = 1.0 + cos(s->in.inclo);
    double si = sin(s->in.inclo);
    double g200 = 1.0 + esq * (-2.5 + 0.8125 * esq);
    double g310 = 1.0 + 2.0 * esq;
    double g300 = 1.0 + esq * (-6.0 + 6.60937 * esq);
    double f220 = 0.75 * c1 * c1;
    double f311 = 0.9375 * si * si * (1.0 + 3.0 * cos(s->in.inclo)) - 0.75 * c1;
    double f330 = 1.875 * c1 * c1 * c1;
    double of2 = 3.0 * s->no * s->no * aonv * aonv;

    d->del[0] = of2 * f311 * g310 * Q31 * aonv;
    d->del[1] = 2.0 * of2 * f220 * g200 * Q22;
    d->del[2] = 3.0 * of2 * f330 * g300 * Q33 * aonv;
    d->xlamo = fmod(s->in.mo + s->in.nodeo + s->in.argpo - theta, SGP4_TWO_PI);
    d->xfact = s->mdot + xpidot - SGP4_RPTIM + d->dmdt + d->domdt + d->dnodt - s->no;
}

void
sgp4_resonance_init(struct sgp4 *s, double xpidot)
{
    double aonv = pow(s->no / sgp4_xke(), 2.0 / 3.0); /* 1 / semi-major axis */
    double theta = fmod(s->deep.gsto, SGP4_TWO_PI);

    if (s->no < 0.0052359877 && s->no > 0.0034906585) {
        s->deep.resonance = SGP4_RESONANCE_DAY;
        init_day(s, aonv, theta, xpidot);
    } else if (s->no >= 8.26e-3 && s->no <= 9.24e-3 && s->in.ecco >= 0.5) {
        s->deep.resonance = SGP4_RESONANCE_HALF_DAY;
        init_half_day(s, aonv, theta);
    }
}

/* The resonant longitude, its rate is n + xfact, and what pulls at n. */
struct state {
    double l, n; /* rad, rad/min */
    double ldot, ndot, nddot;
};

static void
pull_day(const struct sgp4_deep *d, struct state *x)
{
    static const double phase[] = {0.13130908, 2.8843198, 0.37448087};

    x->ndot = x->nddot = 0.0;
    for (int k = 0; k < 3; k++) {
        double angle = (k + 1) * (x->l - phase[k]);

        x->ndot += d->del[k] * sin(angle);
        x->nddot += (k + 1) * d->del[k] * cos(angle);
    }
}

/* One term: multiples of the argument of perigee and of the longitude, and its phase. */
struct term {
    int of_argp, of_l;
    double phase;
};

static void
pull_half_day(const struct sgp4_deep *d, double argp, struct state *x)
{
    static const struct term terms[] = {{2, 1, G22}, {0, 1, G22}, {1, 1, G32},  {-1, 1, G32}, {2, 2, G44},
                                        {0, 2, G44}, {1, 1, G52}, {-1, 1, G52}, {1, 2, G54},  {-1, 2, G54}};

    x->ndot = x->nddot = 0.0;
    for (int k = 0; k < 10; k++) {
        double angle = terms[k].of_argp * argp + terms[k].of_l * x->l - terms[k].phase;

        x->ndot += d->d[k] * sin(angle);
        x->nddot += terms[k].of_l * d->d[k] * cos(angle);
    }
}

static void
pull(const struct sgp4 *s, double at, struct state *x)
{
    if (s->deep.resonance == SGP4_RESONANCE_DAY)
        pull_day(&s->deep, x);
    else
        pull_half_day(&s->deep, s->in.argpo + s->argpdot * at, x);
    x->ldot = x->n + s->deep.xfact;
    x->nddot *= x->ldot;
}

void
sgp4_resonance_secular(const struct sgp4 *s, double minutes, struct sgp4_mean *mean)
{
    double step = minutes > 0.0 ? STEP_MINUTES : -STEP_MINUTES;
    double theta = fmod(s->deep.gsto + minutes * SGP4_RPTIM, SGP4_TWO_PI);
    struct state x = {.l = s->deep.xlamo, .n = s->no};
    double at = 0.0;
    double rest;

    pull(s, at, &x);
    while (fabs(minutes - at) >= STEP_MINUTES) { /* at most SGP4_MINUTES_MAX / STEP_MINUTES times */
        x.l += x.ldot * step + x.ndot * 0.5 * step * step;
        x.n += x.ndot * step + x.nddot * 0.5 * step * step;
        at += step;
        pull(s, at, &x);
    }
    rest = minutes - at;
    mean->n = x.n + x.ndot * rest + x.nddot * rest * rest * 0.5;
    x.l += x.ldot * rest + x.ndot * rest * rest * 0.5;
    if (s->deep.resonance == SGP4_RESONANCE_DAY)
        mean->m = x.l - mean->node - mean->argp + theta;
    else
        mean->m = x.l - 2.0 * mean->node + 2.0 * theta;
}
