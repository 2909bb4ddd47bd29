#include "plugins/screen/sieve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MU           398600.8 /* km3/s2 */
#define SPEED_MAX    22.4     /* km/s: two at the escape speed of the surface, against each other */
#define PULL_MAX     0.0197   /* km/s2: both pulled at the surface, against each other */
#define SHELL_PAD_KM 40.0 /* what the pull of J2, Sun and Moon, and drag, change of a shell in the window */
#define STEP_ALL_S   20.0
#define STEP_SOME_S  60.0
#define HEADS        65536 /* of the grid; a power of two */
#define BISECTIONS   40    /* of a step: below a microsecond */

struct body {
    struct sgp4 sgp4;
    uint32_t index;    /* of the object */
    bool own, here;    /* here: has a position in this step */
    double offset_min; /* start of the window, after its epoch */
    double perigee_km, apogee_km;
    double r[3], v[3];
    int32_t cell[3];
    uint32_t next; /* in its chain, index + 1 */
};

struct run {
    struct sieve *s;
    struct body *body;
    size_t n;
    double step_s, pad_km, cell_km;
    uint32_t *head;
};

static bool
place(const struct body *b, double at_s, double r[3], double v[3])
{
    return sgp4_propagate(&b->sgp4, b->offset_min + at_s / 60.0, r, v) == SGP4_DONE;
}

static double
dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Perigee and apogee of the ellipse of this moment, with what they change within a revolution. */
static void
widen_shell(struct body *b, const double r[3], const double v[3])
{
    double range = sqrt(dot(r, r)), rv = dot(r, v), a = 1 / (2 / range - dot(v, v) / MU);
    double hh = range * range * dot(v, v) - rv * rv, ee = 1 - hh / (MU * a), e = ee > 0 ? sqrt(ee) : 0;

    b->perigee_km = fmin(b->perigee_km, a * (1 - e) - SHELL_PAD_KM);
    b->apogee_km = fmax(b->apogee_km, a > 0 ? a * (1 + e) + SHELL_PAD_KM : INFINITY);
}

/* Of the beginning and the end of the window. */
static void
find_shell(struct body *b, double window_s)
{
    double r[3], v[3];

    b->perigee_km = INFINITY;
    b->apogee_km = 0;
    if (place(b, 0, r, v))
        widen_shell(b, r, v);
    if (place(b, window_s, r, v))
        widen_shell(b, r, v);
    else
        b->perigee_km = 0; /* it comes down */
}

static bool
meets_own_shell(const struct run *run, const struct body *b)
{
    for (size_t i = 0; i < run->n; i++) {
        const struct body *o = &run->body[i];
        if (o->own && b->perigee_km - run->s->distance_km <= o->apogee_km &&
            o->perigee_km - run->s->distance_km <= b->apogee_km)
            return true;
    }
    return false;
}

static void
prepare(struct run *run)
{
    struct sieve *s = run->s;
    size_t kept = 0;

    for (size_t i = 0; i < s->n; i++) {
        struct body *b = &run->body[run->n];
        const struct sgp4_elements *e = &s->object[i].elements;
        double days = (s->start_jd - e->epoch_jd) + (s->start_fraction - e->epoch_fraction), r[3], v[3];
        b->index = (uint32_t)i;
        b->own = s->own == NULL || s->own[i];
        b->offset_min = days * 1440.0;
        if (fabs(days) > s->age_max_d || sgp4_init(&b->sgp4, e, SGP4_IMPROVED) != SGP4_DONE ||
            !place(b, 0, r, v)) {
            s->left_out++;
            continue;
        }
        find_shell(b, s->window_s);
        run->n++;
    }
    for (size_t i = 0; i < run->n && s->own != NULL; i++) {
        /* Own ones meet their own shell. The order stays, so that a body is only ever moved down over one that was looked at. */
        if (meets_own_shell(run, &run->body[i]))
            run->body[i].here = true;
    }
    for (size_t i = 0; i < run->n; i++) {
        if (s->own == NULL || run->body[i].here)
            run->body[kept++] = run->body[i];
    }
    run->n = kept;
    s->used = kept;
}

/* Half the change of the squared distance in a second: its zero from below is the closest approach. False where SGP4 has no answer. */
static bool
rate(const struct body *a, const struct body *b, double at_s, double *out, double *range, double *speed)
{
    double ra[3], va[3], rb[3], vb[3], dr[3], dv[3];

    if (!place(a, at_s, ra, va) || !place(b, at_s, rb, vb))
        return false;
    for (int k = 0; k < 3; k++) {
        dr[k] = ra[k] - rb[k];
        dv[k] = va[k] - vb[k];
    }
    *out = dot(dr, dv);
    *range = sqrt(dot(dr, dr));
    *speed = sqrt(dot(dv, dv));
    return true;
}

static void
keep(struct sieve *s, const struct body *a, const struct body *b, double tca_s, double range, double speed)
{
    bool turned = s->object[a->index].number > s->object[b->index].number;

    if (s->approach_n == SIEVE_APPROACH_MAX) {
        s->too_many = true;
        return;
    }
    if (s->approach_n == s->cap) {
        s->cap = s->cap == 0 ? 256 : s->cap * 2;
        s->approach = mem_resize(s->approach, s->cap * sizeof *s->approach);
    }
    s->approach[s->approach_n++] = (struct sieve_approach){turned ? b->index : a->index,
                                                           turned ? a->index : b->index, tca_s, range, speed};
}

/* The closest approach in [from, to), if it lies inside. */
static void
refine(struct run *run, const struct body *a, const struct body *b, double from, double to)
{
    double low = from, high = to, g, range, speed;

    if (!rate(a, b, low, &g, &range, &speed) || g >= 0 || !rate(a, b, high, &g, &range, &speed) || g < 0)
        return;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = low + (high - low) / 2;
        if (!rate(a, b, middle, &g, &range, &speed))
            return;
        if (g < 0)
            low = middle;
        else
            high = middle;
    }
    if (range <= run->s->distance_km && speed >= SIEVE_SPEED_MIN)
        keep(run->s, a, b, high, range, speed);
}

/* Two that are in reach of each other in the step around ${at_s}. */
static void
look(struct run *run, const struct body *a, const struct body *b, double at_s)
{
    double dr[3], dv[3], half = run->step_s / 2, reach = run->s->distance_km + run->pad_km, vv, tau,
                         square = 0;
    double from = at_s - half, to = at_s + half;

    for (int k = 0; k < 3; k++) {
        dr[k] = a->r[k] - b->r[k];
        dv[k] = a->v[k] - b->v[k];
        if (fabs(dr[k]) > run->cell_km)
            return;
    }
    vv = dot(dv, dv);
    tau = vv > 0 ? -dot(dr, dv) / vv : 0;
    tau = tau < -half ? -half : tau > half ? half : tau;
    for (int k = 0; k < 3; k++)
        square += (dr[k] + dv[k] * tau) * (dr[k] + dv[k] * tau);
    if (square > reach * reach)
        return;
    refine(run, a, b, from, to < run->s->window_s ? to : run->s->window_s);
}

static uint32_t
hash(const int32_t cell[3])
{
    return ((uint32_t)cell[0] * 73856093u ^ (uint32_t)cell[1] * 19349663u ^ (uint32_t)cell[2] * 83492791u) &
           (HEADS - 1);
}

static void
look_around(struct run *run, const struct body *a, size_t i, double at_s)
{
    int32_t c[3];

    for (int32_t k = 0; k < 27; k++) {
        c[0] = a->cell[0] + k / 9 - 1;
        c[1] = a->cell[1] + k / 3 % 3 - 1;
        c[2] = a->cell[2] + k % 3 - 1;
        for (uint32_t at = run->head[hash(c)]; at != 0; at = run->body[at - 1].next) {
            const struct body *b = &run->body[at - 1];
            /* Each pair once: two own ones from the one behind. */
            if (memcmp(b->cell, c, sizeof c) == 0 && at - 1 != i && (!b->own || at - 1 < i))
                look(run, a, b, at_s);
        }
    }
}

static void
step(struct run *run, double at_s)
{
    memset(run->head, 0, HEADS * sizeof *run->head);
    for (size_t i = 0; i < run->n; i++) {
        struct body *b = &run->body[i];
        uint32_t *head;
        b->here = place(b, at_s, b->r, b->v);
        if (!b->here)
            continue;
        for (int k = 0; k < 3; k++)
            b->cell[k] = (int32_t)floor(b->r[k] / run->cell_km);
        head = &run->head[hash(b->cell)];
        b->next = *head;
        *head = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < run->n; i++) {
        if (run->body[i].own && run->body[i].here)
            look_around(run, &run->body[i], i, at_s);
    }
}

static int
by_time(const void *a, const void *b)
{
    const struct sieve_approach *x = a, *y = b;

    return x->tca_s < y->tca_s ? -1 : x->tca_s > y->tca_s;
}

int
sieve_run(struct sieve *s)
{
    struct run run = {.s = s, .step_s = s->own == NULL ? STEP_ALL_S : STEP_SOME_S};
    double half = run.step_s / 2;
    int rc = 0;

    run.pad_km = PULL_MAX * half * half / 2;
    run.cell_km = s->distance_km + run.pad_km + SPEED_MAX * half;
    run.body = mem_new((s->n + 1) * sizeof *run.body);
    run.head = mem_new(HEADS * sizeof *run.head);
    prepare(&run);
    for (double at_s = half; at_s - half < s->window_s && rc == 0; at_s += run.step_s) {
        step(&run, at_s);
        if (s->turn != NULL)
            rc = s->turn(s->cookie);
    }
    if (s->approach_n > 0)
        qsort(s->approach, s->approach_n, sizeof *s->approach, by_time);
    free(run.body);
    free(run.head);
    return rc;
}
