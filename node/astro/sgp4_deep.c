/*
 * The deep part: Sun and Moon (Spacetrack Report No. 3 section 9; Hujsak 1979). Both act alike, with other constants, so
 * that one function computes either.
 */
#include "astro/sgp4_internal.h"

#include <math.h>

#define ZNS                 1.19459e-5   /* mean motion of the Sun, rad/min */
#define ZNL                 1.5835218e-4 /* of the Moon */
#define ZES                 0.01675      /* eccentricities */
#define ZEL                 0.05490
#define C1SS                2.9864797e-6 /* perturbation coefficients, rad/min */
#define C1L                 4.7968065e-7
#define LOW_INCLINATION     5.2359877e-2 /* 3 degrees: closer to the equator the node does not move */
#define LYDDANE_INCLINATION 0.2          /* rad: below, node and perigee change together */
#define DAYS_1950_TO_1900   18261.5      /* from 1900-01-00.5 to 1950-01-00 */
#define JD_1950             2433281.5    /* 1949-12-31.0 */

/* Where the body's orbit lies, seen from the node of the satellite's. */
struct aspect {
    double cosg, sing; /* argument of perigee */
    double cosi, sini;
    double cosh, sinh; /* node */
};

/* The satellite's orbit at its epoch. */
struct orbit {
    double n, e, esq, beta; /* beta = sqrt(1 - e**2) */
    double cosi, sini, cosw, sinw;
};

/* Integrals over one revolution of both (s1..s7, z1..z33 of the report). */
struct integrals {
    double s1, s2, s3, s4, s5, s6, s7;
    double z1, z2, z3, z11, z12, z13, z21, z22, z23, z31, z32, z33;
};

static struct integrals
integrate(const struct aspect *b, const struct orbit *o, double cc)
{
    double a1 = b->cosg * b->cosh + b->sing * b->cosi * b->sinh;
    double a3 = -b->sing * b->cosh + b->cosg * b->cosi * b->sinh;
    double a7 = -b->cosg * b->sinh + b->sing * b->cosi * b->cosh;
    double a8 = b->sing * b->sini;
    double a9 = b->sing * b->sinh + b->cosg * b->cosi * b->cosh;
    double a10 = b->cosg * b->sini;
    double a2 = o->cosi * a7 + o->sini * a8;
    double a4 = o->cosi * a9 + o->sini * a10;
    double a5 = -o->sini * a7 + o->cosi * a8;
    double a6 = -o->sini * a9 + o->cosi * a10;
    double x1 = a1 * o->cosw + a2 * o->sinw, x3 = -a1 * o->sinw + a2 * o->cosw;
    double x2 = a3 * o->cosw + a4 * o->sinw, x4 = -a3 * o->sinw + a4 * o->cosw;
    double x5 = a5 * o->sinw, x7 = a5 * o->cosw;
    double x6 = a6 * o->sinw, x8 = a6 * o->cosw;
    double beta2 = 1.0 - o->esq;
    struct integrals z = {.z31 = 12.0 * x1 * x1 - 3.0 * x3 * x3,
                          .z32 = 24.0 * x1 * x2 - 6.0 * x3 * x4,
                          .z33 = 12.0 * x2 * x2 - 3.0 * x4 * x4};

    z.z1 = 2.0 * (3.0 * (a1 * a1 + a2 * a2) + z.z31 * o->esq) + beta2 * z.z31;
    z.z2 = 2.0 * (6.0 * (a1 * a3 + a2 * a4) + z.z32 * o->esq) + beta2 * z.z32;
    z.z3 = 2.0 * (3.0 * (a3 * a3 + a4 * a4) + z.z33 * o->esq) + beta2 * z.z33;
    z.z11 = -6.0 * a1 * a5 + o->esq * (-24.0 * x1 * x7 - 6.0 * x3 * x5);
    z.z12 = -6.0 * (a1 * a6 + a3 * a5) + o->esq * (-24.0 * (x2 * x7 + x1 * x8) - 6.0 * (x3 * x6 + x4 * x5));
    z.z13 = -6.0 * a3 * a6 + o->esq * (-24.0 * x2 * x8 - 6.0 * x4 * x6);
    z.z21 = 6.0 * a2 * a5 + o->esq * (24.0 * x1 * x5 - 6.0 * x3 * x7);
    z.z22 = 6.0 * (a4 * a5 + a2 * a6) + o->esq * (24.0 * (x2 * x5 + x1 * x6) - 6.0 * (x4 * x7 + x3 * x8));
    z.z23 = 6.0 * a4 * a6 + o->esq * (24.0 * x2 * x6 - 6.0 * x4 * x8);
    z.s3 = cc / o->n;
    z.s2 = -0.5 * z.s3 / o->beta;
    z.s4 = z.s3 * o->beta;
    z.s1 = -15.0 * o->e * z.s4;
    z.s5 = x1 * x3 + x2 * x4;
    z.s6 = x2 * x3 + x1 * x4;
    z.s7 = x2 * x4 - x1 * x3;
    return z;
}

/* Factors of what comes and goes. */
static void
set_periodic(struct sgp4_body *b, const struct integrals *z, double esq)
{
    b->e2 = 2.0 * z->s1 * z->s6;
    b->e3 = 2.0 * z->s1 * z->s7;
    b->i2 = 2.0 * z->s2 * z->z12;
    b->i3 = 2.0 * z->s2 * (z->z13 - z->z11);
    b->l2 = -2.0 * z->s3 * z->z2;
    b->l3 = -2.0 * z->s3 * (z->z3 - z->z1);
    b->l4 = -2.0 * z->s3 * (-21.0 - 9.0 * esq) * b->eccentricity;
    b->gh2 = 2.0 * z->s4 * z->z32;
    b->gh3 = 2.0 * z->s4 * (z->z33 - z->z31);
    b->gh4 = -18.0 * z->s4 * b->eccentricity;
    b->h2 = -2.0 * z->s2 * z->z22;
    b->h3 = -2.0 * z->s2 * (z->z23 - z->z21);
}

/* What grows. */
static void
add_secular(struct sgp4_deep *d, const struct integrals *z, const struct orbit *o, double rate,
            double inclination)
{
    double gh = z->s4 * rate * (z->z31 + z->z33 - 6.0);
    double h = -rate * z->s2 * (z->z21 + z->z23);

    if (inclination < LOW_INCLINATION || inclination > SGP4_PI - LOW_INCLINATION)
        h = 0.0;
    if (o->sini != 0.0)
        h /= o->sini;
    d->dedt += z->s1 * rate * z->s5;
    d->didt += z->s2 * rate * (z->z11 + z->z13);
    d->dmdt -= rate * z->s3 * (z->z1 + z->z3 - 14.0 - 6.0 * o->esq);
    d->domdt += gh - o->cosi * h;
    d->dnodt += h;
}

static struct aspect
aspect_of_sun(double node)
{
    return (struct aspect){.cosg = 0.1945905,
                           .sing = -0.98088458,
                           .cosi = 0.91744867,
                           .sini = 0.39785416,
                           .cosh = cos(node),
                           .sinh = sin(node)};
}

/* The Moon's orbit turns with its node: ${day} since 1900. Sets ${perigee}, its longitude. */
static struct aspect
aspect_of_moon(double day, double node, double *perigee)
{
    double moon_node = fmod(4.5236020 - 9.2422029e-4 * day, SGP4_TWO_PI);
    double stem = sin(moon_node);
    double ctem = cos(moon_node);
    struct aspect b = {.cosi = 0.91375164 - 0.03568096 * ctem};
    double sinhl, coshl, angle;

    b.sini = sqrt(1.0 - b.cosi * b.cosi);
    sinhl = 0.089683511 * stem / b.sini;
    coshl = sqrt(1.0 - sinhl * sinhl);
    *perigee = 5.8351514 + 0.0019443680 * day;
    angle = atan2(0.39785416 * stem / b.sini, coshl * ctem + 0.91744867 * sinhl * stem);
    angle += *perigee - moon_node;
    b.cosg = cos(angle);
    b.sing = sin(angle);
    b.cosh = coshl * cos(node) + sinhl * sin(node);
    b.sinh = sin(node) * coshl - cos(node) * sinhl;
    return b;
}

/* Greenwich sidereal time of 1982, of the epoch taken as UT1; rad. */
static double
sidereal_improved(double days_1950)
{
    double t = (days_1950 + JD_1950 - 2451545.0) / 36525.0;
    double seconds =
        -6.2e-6 * t * t * t + 0.093104 * t * t + (876600.0 * 3600.0 + 8640184.812866) * t + 67310.54841;
    double angle = fmod(seconds * (SGP4_PI / 180.0) / 240.0, SGP4_TWO_PI);

    return angle < 0.0 ? angle + SGP4_TWO_PI : angle;
}

/* The same by days since 1970, as the AFSPC programs have it. */
static double
sidereal_afspc(double days_1950)
{
    double ts70 = days_1950 - 7305.0;
    double ids70 = floor(ts70 + 1.0e-8);
    double c1 = 1.72027916940703639e-2;
    double angle = fmod(1.7321343856509374 + c1 * ids70 + (c1 + SGP4_TWO_PI) * (ts70 - ids70) +
                            ts70 * ts70 * 5.07551419432269442e-15,
                        SGP4_TWO_PI);

    return angle < 0.0 ? angle + SGP4_TWO_PI : angle;
}

void
sgp4_deep_init(struct sgp4 *s, double xpidot)
{
    const struct sgp4_elements *in = &s->in;
    struct sgp4_deep *d = &s->deep;
    /* Added up first, and so rounded to 40 us, as the reference does: with the exact epoch results differ by some mm. */
    double days_1950 = in->epoch_jd + in->epoch_fraction - JD_1950;
    double day = days_1950 + DAYS_1950_TO_1900;
    struct orbit o = {.n = s->no, .e = in->ecco, .esq = in->ecco * in->ecco};
    struct aspect sun = aspect_of_sun(in->nodeo), moon;
    struct integrals z;
    double perigee;

    o.beta = sqrt(1.0 - o.esq);
    o.cosi = cos(in->inclo);
    o.sini = sin(in->inclo);
    o.cosw = cos(in->argpo);
    o.sinw = sin(in->argpo);
    moon = aspect_of_moon(day, in->nodeo, &perigee);
    d->sun = (struct sgp4_body){.rate = ZNS, .eccentricity = ZES};
    d->sun.anomaly = fmod(6.2565837 + 0.017201977 * day, SGP4_TWO_PI);
    d->moon = (struct sgp4_body){.rate = ZNL, .eccentricity = ZEL};
    d->moon.anomaly = fmod(4.7199672 + 0.22997150 * day - perigee, SGP4_TWO_PI);
    z = integrate(&sun, &o, C1SS);
    set_periodic(&d->sun, &z, o.esq);
    add_secular(d, &z, &o, ZNS, in->inclo);
    z = integrate(&moon, &o, C1L);
    set_periodic(&d->moon, &z, o.esq);
    add_secular(d, &z, &o, ZNL, in->inclo);
    d->gsto = s->mode == SGP4_AFSPC ? sidereal_afspc(days_1950) : sidereal_improved(days_1950);
    sgp4_resonance_init(s, xpidot);
}

void
sgp4_deep_secular(const struct sgp4 *s, double minutes, struct sgp4_mean *mean)
{
    const struct sgp4_deep *d = &s->deep;

    mean->e += d->dedt * minutes;
    mean->i += d->didt * minutes;
    mean->argp += d->domdt * minutes;
    mean->node += d->dnodt * minutes;
    mean->m += d->dmdt * minutes;
    if (d->resonance != SGP4_RESONANCE_NONE)
        sgp4_resonance_secular(s, minutes, mean);
}

/* Changes of the elements by Sun and Moon at a time. */
struct change {
    double e, i, l, gh, h;
};

static void
add_periodic(const struct sgp4_body *b, double minutes, struct change *c)
{
    double mean_anomaly = b->anomaly + b->rate * minutes;
    double f = mean_anomaly + 2.0 * b->eccentricity * sin(mean_anomaly);
    double sinf = sin(f);
    double f2 = 0.5 * sinf * sinf - 0.25;
    double f3 = -0.5 * sinf * cos(f);

    c->e += b->e2 * f2 + b->e3 * f3;
    c->i += b->i2 * f2 + b->i3 * f3;
    c->l += b->l2 * f2 + b->l3 * f3 + b->l4 * sinf;
    c->gh += b->gh2 * f2 + b->gh3 * f3 + b->gh4 * sinf;
    c->h += b->h2 * f2 + b->h3 * f3;
}

/* Lyddane 1963: near the equator the node means little, its sum with the perigee does. */
static void
apply_lyddane(const struct change *c, bool is_afspc, double sini, double cosi, struct sgp4_mean *mean)
{
    double sino = sin(mean->node);
    double coso = cos(mean->node);
    double alfdp = sini * sino + c->h * coso + c->i * cosi * sino;
    double betdp = sini * coso - c->h * sino + c->i * cosi * coso;
    double before, xls;

    mean->node = fmod(mean->node, SGP4_TWO_PI);
    if (mean->node < 0.0 && is_afspc)
        mean->node += SGP4_TWO_PI;
    before = mean->node;
    xls = mean->m + mean->argp + cosi * before + c->l + c->gh - c->i * before * sini;
    mean->node = atan2(alfdp, betdp);
    if (mean->node < 0.0 && is_afspc)
        mean->node += SGP4_TWO_PI;
    if (fabs(before - mean->node) > SGP4_PI)
        mean->node += mean->node < before ? SGP4_TWO_PI : -SGP4_TWO_PI;
    mean->m += c->l;
    mean->argp = xls - mean->m - cosi * mean->node;
}

void
sgp4_deep_periodic(const struct sgp4 *s, double minutes, struct sgp4_mean *mean)
{
    struct change c = {0};
    double sini, cosi;

    add_periodic(&s->deep.sun, minutes, &c);
    add_periodic(&s->deep.moon, minutes, &c);
    mean->i += c.i;
    mean->e += c.e;
    sini = sin(mean->i);
    cosi = cos(mean->i);
    if (mean->i >= LYDDANE_INCLINATION) {
        c.h /= sini;
        mean->argp += c.gh - cosi * c.h;
        mean->node += c.h;
        mean->m += c.l;
    } else {
        apply_lyddane(&c, s->mode == SGP4_AFSPC, sini, cosi, mean);
    }
}
