/*
 * The near part. Names of quantities are those of Spacetrack Report No. 3, so that the code can be held against it;
 * lengths are in Earth radii, times in minutes.
 */
#include "astro/sgp4.h"

#include <math.h>
#include <string.h>

#include "astro/sgp4_internal.h"

#define DEEP_MINUTES      225.0   /* period from which Sun and Moon count */
#define SIMPLE_PERIGEE_KM 220.0   /* below, the atmosphere is uncertain enough for a shorter series */
#define ROUND             1.0e-4  /* eccentricity below which terms with 1/e are dropped */
#define RETROGRADE_MIN    1.5e-12 /* 1 + cos i is not taken for less: inclination 180 degrees */
#define KEPLER_STEPS_MAX  10

static double
power4(double x)
{
    return x * x * x * x;
}

double
sgp4_xke(void)
{
    return 60.0 / sqrt(SGP4_RE_KM * SGP4_RE_KM * SGP4_RE_KM / SGP4_MU);
}

/* Semi-major axis of a mean motion, Earth radii. */
static double
axis_of(double n)
{
    return pow(sgp4_xke() / n, 2.0 / 3.0);
}

/* Functions of the inclination that many terms share. */
struct tilt {
    double cosi, sini, cosi2;
    double con41, con42;   /* 3 cos**2 - 1, 1 - 5 cos**2 */
    double x1mth2, x7thm1; /* 1 - cos**2, 7 cos**2 - 1 */
    double xlcof, aycof;   /* long-period terms of J3 */
};

static struct tilt
tilt_of(double inclination)
{
    struct tilt t = {.cosi = cos(inclination), .sini = sin(inclination)};
    double below = 1.0 + t.cosi;

    t.cosi2 = t.cosi * t.cosi;
    t.con41 = 3.0 * t.cosi2 - 1.0;
    t.con42 = 1.0 - 5.0 * t.cosi2;
    t.x1mth2 = 1.0 - t.cosi2;
    t.x7thm1 = 7.0 * t.cosi2 - 1.0;
    t.aycof = -0.5 * SGP4_J3_J2 * t.sini;
    if (fabs(below) <= RETROGRADE_MIN)
        below = RETROGRADE_MIN;
    t.xlcof = -0.25 * SGP4_J3_J2 * t.sini * (3.0 + 5.0 * t.cosi) / below;
    return t;
}

/* The mean motion of an element set is that of Kozai; the theory wants that of Brouwer. */
static double
brouwer_motion(double kozai, double omeosq, const struct tilt *t)
{
    double a1 = axis_of(kozai);
    double d1 = 0.75 * SGP4_J2 * t->con41 / (sqrt(omeosq) * omeosq);
    double delta1 = d1 / (a1 * a1);
    double a0 = a1 * (1.0 - delta1 * delta1 - delta1 * (1.0 / 3.0 + 134.0 * delta1 * delta1 / 81.0));

    return kozai / (1.0 + d1 / (a0 * a0));
}

/* The shape of the orbit at its epoch, and the atmosphere's parameter. */
struct shape {
    double ao, po, omeosq; /* semi-major axis, semi-latus rectum, 1 - e**2 */
    double s, qoms24;      /* the fitted density: bottom of the atmosphere and (q0 - s)**4 */
    double tsi;            /* xi of the report: 1 / (a - s) */
};

static struct shape
shape_of(const struct sgp4 *s)
{
    double e = s->in.ecco;
    struct shape h = {.ao = axis_of(s->no), .omeosq = 1.0 - e * e};
    double perigee_km = (h.ao * (1.0 - e) - 1.0) * SGP4_RE_KM;
    double bottom_km = 78.0;

    if (perigee_km < 156.0)
        bottom_km = perigee_km < 98.0 ? 20.0 : perigee_km - 78.0;
    h.po = h.ao * h.omeosq;
    h.s = bottom_km / SGP4_RE_KM + 1.0;
    h.qoms24 = power4((120.0 - bottom_km) / SGP4_RE_KM);
    h.tsi = 1.0 / (h.ao - h.s);
    return h;
}

/* Coefficients C1 to C5 of drag. */
static void
init_drag(struct sgp4 *s, const struct shape *h, const struct tilt *t, double xhdot1)
{
    double e = s->in.ecco;
    double eta = h->ao * e * h->tsi;
    double etasq = eta * eta;
    double eeta = e * eta;
    double psisq = fabs(1.0 - etasq);
    double coef = h->qoms24 * power4(h->tsi);
    double coef1 = coef / pow(psisq, 3.5);
    double cc2 = coef1 * s->no *
                 (h->ao * (1.0 + 1.5 * etasq + eeta * (4.0 + etasq)) +
                  0.375 * SGP4_J2 * h->tsi / psisq * t->con41 * (8.0 + 3.0 * etasq * (8.0 + etasq)));
    double oblate = -3.0 * t->con41 * (1.0 - 2.0 * eeta + etasq * (1.5 - 0.5 * eeta)) +
                    0.75 * t->x1mth2 * (2.0 * etasq - eeta * (1.0 + etasq)) * cos(2.0 * s->in.argpo);

    s->eta = eta;
    s->cc1 = s->in.bstar * cc2;
    s->cc4 =
        2.0 * s->no * coef1 * h->ao * h->omeosq *
        (eta * (2.0 + 0.5 * etasq) + e * (0.5 + 2.0 * etasq) - SGP4_J2 * h->tsi / (h->ao * psisq) * oblate);
    s->cc5 = 2.0 * coef1 * h->ao * h->omeosq * (1.0 + 2.75 * (etasq + eeta) + eeta * etasq);
    if (e > ROUND) {
        double cc3 = -2.0 * coef * h->tsi * SGP4_J3_J2 * s->no * t->sini / e;

        s->omgcof = s->in.bstar * cc3 * cos(s->in.argpo);
        s->xmcof = -2.0 / 3.0 * coef * s->in.bstar / eeta;
    }
    s->nodecf = 3.5 * h->omeosq * xhdot1 * s->cc1;
    s->t2cof = 1.5 * s->cc1;
    s->delmo = pow(1.0 + eta * cos(s->in.mo), 3.0);
    s->sinmao = sin(s->in.mo);
}

/* Higher powers of time, where perigee is high enough for them to mean something. */
static void
init_drag_powers(struct sgp4 *s, const struct shape *h)
{
    double cc1sq = s->cc1 * s->cc1;
    double temp;

    s->d2 = 4.0 * h->ao * h->tsi * cc1sq;
    temp = s->d2 * h->tsi * s->cc1 / 3.0;
    s->d3 = (17.0 * h->ao + h->s) * temp;
    s->d4 = 0.5 * temp * h->ao * h->tsi * (221.0 * h->ao + 31.0 * h->s) * s->cc1;
    s->t3cof = s->d2 + 2.0 * cc1sq;
    s->t4cof = 0.25 * (3.0 * s->d3 + s->cc1 * (12.0 * s->d2 + 10.0 * cc1sq));
    s->t5cof = 0.2 * (3.0 * s->d4 + 12.0 * s->cc1 * s->d3 + 6.0 * s->d2 * s->d2 +
                      15.0 * cc1sq * (2.0 * s->d2 + cc1sq));
}

/* What the Earth's flattening does: secular rates of anomaly, perigee and node. Returns the part of J2 in the last. */
static double
init_rates(struct sgp4 *s, const struct shape *h, const struct tilt *t)
{
    double c2 = t->cosi2;
    double c4 = c2 * c2;
    double beta = sqrt(h->omeosq);
    double pinvsq = 1.0 / (h->po * h->po);
    double temp1 = 1.5 * SGP4_J2 * pinvsq * s->no;
    double temp2 = 0.5 * temp1 * SGP4_J2 * pinvsq;
    double temp3 = -0.46875 * SGP4_J4 * pinvsq * pinvsq * s->no;
    double xhdot1 = -temp1 * t->cosi;

    s->mdot = s->no + 0.5 * temp1 * beta * t->con41 + 0.0625 * temp2 * beta * (13.0 - 78.0 * c2 + 137.0 * c4);
    s->argpdot = -0.5 * temp1 * t->con42 + 0.0625 * temp2 * (7.0 - 114.0 * c2 + 395.0 * c4) +
                 temp3 * (3.0 - 36.0 * c2 + 49.0 * c4);
    s->nodedot = xhdot1 + (0.5 * temp2 * (4.0 - 19.0 * c2) + 2.0 * temp3 * (3.0 - 7.0 * c2)) * t->cosi;
    return xhdot1;
}

static bool
is_finite(const struct sgp4_elements *in)
{
    return isfinite(in->epoch_jd) && isfinite(in->epoch_fraction) && isfinite(in->bstar) &&
           isfinite(in->ecco) && isfinite(in->argpo) && isfinite(in->inclo) && isfinite(in->mo) &&
           isfinite(in->no_kozai) && isfinite(in->nodeo);
}

enum sgp4_error
sgp4_init(struct sgp4 *s, const struct sgp4_elements *in, enum sgp4_mode mode)
{
    struct tilt t;
    struct shape h;
    double xhdot1;

    memset(s, 0, sizeof *s);
    s->in = *in;
    s->mode = mode;
    if (!is_finite(in))
        return s->refused = SGP4_INPUT;
    if (in->ecco < 0.0 || in->ecco >= 1.0)
        return s->refused = SGP4_ECCENTRICITY;
    if (in->no_kozai <= 0.0)
        return s->refused = SGP4_MEAN_MOTION;
    t = tilt_of(in->inclo);
    s->no = brouwer_motion(in->no_kozai, 1.0 - in->ecco * in->ecco, &t);
    if (!(s->no > 0.0))
        return s->refused = SGP4_MEAN_MOTION;
    h = shape_of(s);
    s->is_deep = SGP4_TWO_PI / s->no >= DEEP_MINUTES;
    s->is_simple = s->is_deep || h.ao * (1.0 - in->ecco) < SIMPLE_PERIGEE_KM / SGP4_RE_KM + 1.0;
    xhdot1 = init_rates(s, &h, &t);
    init_drag(s, &h, &t, xhdot1);
    if (!s->is_simple)
        init_drag_powers(s, &h);
    if (s->is_deep)
        sgp4_deep_init(s, s->argpdot + s->nodedot);
    return SGP4_DONE;
}

/* How drag shrinks the orbit: factors of axis and eccentricity, and what is gained in longitude. */
struct drag {
    double tempa, tempe, templ;
};

/* Gravity and drag from the epoch to the time. */
static struct drag
secular(const struct sgp4 *s, double t, struct sgp4_mean *mean)
{
    double xmdf = s->in.mo + s->mdot * t;
    double argpdf = s->in.argpo + s->argpdot * t;
    double t2 = t * t;
    struct drag drag = {1.0 - s->cc1 * t, s->in.bstar * s->cc4 * t, s->t2cof * t2};

    *mean = (struct sgp4_mean){.n = s->no, .e = s->in.ecco, .i = s->in.inclo, .argp = argpdf, .m = xmdf};
    mean->node = s->in.nodeo + s->nodedot * t + s->nodecf * t2;
    if (!s->is_simple) {
        double base = 1.0 + s->eta * cos(xmdf);
        double shift = s->omgcof * t + s->xmcof * (base * base * base - s->delmo);
        double t3 = t2 * t;
        double t4 = t3 * t;

        mean->m = xmdf + shift;
        mean->argp = argpdf - shift;
        drag.tempa -= s->d2 * t2 + s->d3 * t3 + s->d4 * t4;
        drag.tempe += s->in.bstar * s->cc5 * (sin(mean->m) - s->sinmao);
        drag.templ += s->t3cof * t3 + t4 * (s->t4cof + t * s->t5cof);
    }
    if (s->is_deep)
        sgp4_deep_secular(s, t, mean);
    return drag;
}

/* Mean elements at the time and the semi-major axis. */
static enum sgp4_error
mean_at(const struct sgp4 *s, double t, struct sgp4_mean *mean, double *axis)
{
    struct drag drag = secular(s, t, mean);
    double longitude;

    if (mean->n <= 0.0)
        return SGP4_MEAN_MOTION;
    *axis = axis_of(mean->n) * drag.tempa * drag.tempa;
    mean->n = sgp4_xke() / pow(*axis, 1.5);
    mean->e -= drag.tempe;
    if (mean->e >= 1.0 || mean->e < -0.001)
        return SGP4_ECCENTRICITY;
    if (mean->e < 1.0e-6)
        mean->e = 1.0e-6;
    mean->m += s->no * drag.templ;
    longitude = fmod(mean->m + mean->argp + mean->node, SGP4_TWO_PI);
    mean->node = fmod(mean->node, SGP4_TWO_PI);
    mean->argp = fmod(mean->argp, SGP4_TWO_PI);
    mean->m = fmod(longitude - mean->argp - mean->node, SGP4_TWO_PI);
    if (!s->is_deep)
        return SGP4_DONE;
    sgp4_deep_periodic(s, t, mean);
    if (mean->i < 0.0) {
        mean->i = -mean->i;
        mean->node += SGP4_PI;
        mean->argp -= SGP4_PI;
    }
    return mean->e < 0.0 || mean->e > 1.0 ? SGP4_PERTURBED_ECCENTRICITY : SGP4_DONE;
}

/*
 * Kepler's equation for u = E + argument of perigee; Newton with a step that is held back. The sine and cosine are those before the last
 * step, as in the reference: it is below 1e-12.
 */
static void
solve_kepler(double u, double axn, double ayn, double *sine, double *cosine)
{
    double at = u;
    double step = 1.0;

    for (int i = 0; i < KEPLER_STEPS_MAX && fabs(step) >= 1.0e-12; i++) {
        *sine = sin(at);
        *cosine = cos(at);
        step = (u - ayn * *cosine + axn * *sine - at) / (1.0 - *cosine * axn - *sine * ayn);
        if (fabs(step) >= 0.95)
            step = step > 0.0 ? 0.95 : -0.95;
        at += step;
    }
}

/* In the plane of the orbit, osculating: where on which plane, and how fast. */
struct plane {
    double r, u, node, i; /* Earth radii, rad */
    double rdot, rvdot;   /* along and across, in units of xke */
};

static enum sgp4_error
osculate(const struct sgp4_mean *mean, double a, const struct tilt *t, struct plane *out)
{
    double axn = mean->e * cos(mean->argp);
    double inverse = 1.0 / (a * (1.0 - mean->e * mean->e));
    double ayn = mean->e * sin(mean->argp) + inverse * t->aycof;
    double xl = mean->m + mean->argp + mean->node + inverse * t->xlcof * axn;
    double el2 = axn * axn + ayn * ayn;
    double pl = a * (1.0 - el2);
    double sine = 0.0;
    double cosine = 1.0;
    double esine, rl, betal, part, sinu, cosu, sin2u, cos2u, temp1, temp2, rate;

    solve_kepler(fmod(xl - mean->node, SGP4_TWO_PI), axn, ayn, &sine, &cosine);
    if (pl < 0.0)
        return SGP4_SEMI_LATUS_RECTUM;
    esine = axn * sine - ayn * cosine;
    rl = a * (1.0 - (axn * cosine + ayn * sine));
    betal = sqrt(1.0 - el2);
    part = esine / (1.0 + betal);
    sinu = a / rl * (sine - ayn - axn * part);
    cosu = a / rl * (cosine - axn + ayn * part);
    sin2u = 2.0 * cosu * sinu;
    cos2u = 1.0 - 2.0 * sinu * sinu;
    temp1 = 0.5 * SGP4_J2 / pl;
    temp2 = temp1 / pl;
    rate = mean->n * temp1 / sgp4_xke();
    out->r = rl * (1.0 - 1.5 * temp2 * betal * t->con41) + 0.5 * temp1 * t->x1mth2 * cos2u;
    out->u = atan2(sinu, cosu) - 0.25 * temp2 * t->x7thm1 * sin2u;
    out->node = mean->node + 1.5 * temp2 * t->cosi * sin2u;
    out->i = mean->i + 1.5 * temp2 * t->cosi * t->sini * cos2u;
    out->rdot = sqrt(a) * esine / rl - rate * t->x1mth2 * sin2u;
    out->rvdot = sqrt(pl) / rl + rate * (t->x1mth2 * cos2u + 1.5 * t->con41);
    return SGP4_DONE;
}

static void
orient(const struct plane *p, double r_km[3], double v_km_s[3])
{
    double sinu = sin(p->u), cosu = cos(p->u), sinn = sin(p->node), cosn = cos(p->node);
    double sini = sin(p->i), cosi = cos(p->i);
    double m[3] = {-sinn * cosi, cosn * cosi, sini};
    double n[3] = {cosn, sinn, 0.0};
    double speed = SGP4_RE_KM * sgp4_xke() / 60.0;

    for (int k = 0; k < 3; k++) {
        double along = m[k] * sinu + n[k] * cosu;
        double across = m[k] * cosu - n[k] * sinu;

        r_km[k] = p->r * along * SGP4_RE_KM;
        v_km_s[k] = (p->rdot * along + p->rvdot * across) * speed;
    }
}

enum sgp4_error
sgp4_propagate(const struct sgp4 *s, double minutes, double r_km[3], double v_km_s[3])
{
    struct sgp4_mean mean;
    struct plane plane;
    struct tilt t;
    double axis;
    enum sgp4_error error;

    for (int k = 0; k < 3; k++)
        r_km[k] = v_km_s[k] = 0.0;
    if (s->refused != SGP4_DONE)
        return s->refused;
    if (!(fabs(minutes) <= SGP4_MINUTES_MAX))
        return SGP4_INPUT;
    error = mean_at(s, minutes, &mean, &axis);
    if (error != SGP4_DONE)
        return error;
    t = tilt_of(mean.i);
    error = osculate(&mean, axis, &t, &plane);
    if (error != SGP4_DONE)
        return error;
    if (!isfinite(plane.r + plane.u + plane.node + plane.i + plane.rdot + plane.rvdot))
        return SGP4_INPUT;
    orient(&plane, r_km, v_km_s);
    return plane.r < 1.0 ? SGP4_DECAYED : SGP4_DONE;
}

const char *
sgp4_error_text(enum sgp4_error error)
{
    switch (error) {
    case SGP4_DONE:
        return "done";
    case SGP4_ECCENTRICITY:
        return "the mean eccentricity is outside 0 <= e < 1";
    case SGP4_MEAN_MOTION:
        return "the mean motion is not above zero";
    case SGP4_PERTURBED_ECCENTRICITY:
        return "the eccentricity with the pull of Sun and Moon is outside 0 <= e <= 1";
    case SGP4_SEMI_LATUS_RECTUM:
        return "the semi-latus rectum is below zero";
    case SGP4_SUBORBITAL:
        return "the elements at epoch are suborbital";
    case SGP4_DECAYED:
        return "the object has decayed: the position is inside the Earth";
    case SGP4_INPUT:
        return "not computable: no finite numbers, or more than 100 years from the epoch";
    }
    return "unknown";
}
