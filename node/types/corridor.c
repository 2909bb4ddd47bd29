#include "types/corridor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "astro/frame.h"
#include "astro/sphere.h"
#include "astro/timescale.h"
#include "base/mem.h"

#define DEGREES  (180 / 3.14159265358979323846)
#define SEA_MAX  4096 /* stretches that are kept; 16 a revolution, of the longest window */
#define AHEAD_KM 300  /* looked beyond what is near, to leave out points of the track where a State is far */
#define SLACK_KM 1    /* what borders_distance_km() may be off, with room */

void
corridor_release(struct corridor *c)
{
    free(c->point);
    free(c->state);
    free(c->sea);
}

static enum sgp4_error
locate(const struct corridor *c, const struct sgp4 *s, struct corridor_point *p)
{
    double r_teme[3], v_teme[3], r[3], v[3];
    struct frame_place place;
    enum sgp4_error error = sgp4_propagate(s, timescale_elapsed_s(p->t, c->mean.epoch) / 60, r_teme, v_teme);

    if (error != SGP4_DONE)
        return error;
    frame_teme_to_itrf(p->t, NULL, r_teme, v_teme, r, v);
    if (frame_place(r, &place) != 0)
        return SGP4_INPUT;
    p->latitude_deg = place.latitude_rad * DEGREES;
    p->longitude_deg = place.longitude_rad * DEGREES;
    p->height_km = place.height_km;
    return SGP4_DONE;
}

int
corridor_track(struct corridor *c, struct why *why)
{
    double span_s = fmax(0, timescale_elapsed_s(c->to, c->from));
    struct sgp4 s;
    size_t n;

    if (sgp4_init(&s, &c->mean.elements, SGP4_IMPROVED) != SGP4_DONE)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, NULL, "SGP4 error %d: %s", s.refused,
                       sgp4_error_text(s.refused));
    c->revolution_s = 60 * 2 * 3.14159265358979323846 / s.in.no_kozai;
    c->step_s = fmax(1, ceil(span_s / (LIMIT_CORRIDOR_COUNT - 1)));
    n = (size_t)(span_s / c->step_s) + 1;
    c->point = mem_new(n * sizeof *c->point);
    c->north_deg = -90;
    c->south_deg = 90;
    for (c->points = 0; c->points < n; c->points++) {
        struct corridor_point *p = &c->point[c->points];

        p->t = utc_add_ns(c->from, (int64_t)((double)c->points * c->step_s) * 1000000000);
        c->error = locate(c, &s, p);
        if (c->error != SGP4_DONE) {
            c->error_at = p->t;
            break;
        }
        c->north_deg = fmax(c->north_deg, p->latitude_deg);
        c->south_deg = fmin(c->south_deg, p->latitude_deg);
    }
    return 0;
}

/* Half the longest way between two points: what lies beside the track between them is as near to one of them as this adds. */
static double
half_step_km(const struct corridor *c)
{
    double longest = 0, a[3], b[3];

    for (size_t i = 1; i < c->points; i++) {
        sphere_unit(c->point[i - 1].latitude_deg, c->point[i - 1].longitude_deg, a);
        sphere_unit(c->point[i].latitude_deg, c->point[i].longitude_deg, b);
        longest = fmax(longest, sphere_angle(a, b));
    }
    return longest * SPHERE_EARTH_KM / 2;
}

static void
note_state(struct corridor *c, struct corridor_state *s, size_t i, double km)
{
    if (s->passes == 0) {
        s->first = c->point[i].t;
        s->nearest_km = km;
    }
    if (s->seen != i || s->passes == 0)
        s->passes++;
    s->last = c->point[i].t;
    s->seconds += c->step_s;
    s->nearest_km = fmin(s->nearest_km, km);
    s->seen = i + 1;
}

static void
note_sea(struct corridor *c, size_t i, bool *is_going_on)
{
    c->sea_s += c->step_s;
    if (!*is_going_on && c->seas < SEA_MAX)
        c->sea[c->seas++].from = c->point[i].t;
    c->sea[c->seas - 1].to = c->point[i].t;
    *is_going_on = true;
}

static int
compare(const void *a, const void *b)
{
    const struct corridor_state *s = a, *t = b;

    if ((s->passes > 0) != (t->passes > 0))
        return s->passes > 0 ? -1 : 1;
    int order = utc_compare(s->first, t->first);
    return order != 0 ? order : strcmp(s->state->name, t->state->name);
}

/*
 * How far a State is from point ${i}, km, exact up to ${reach_km} + AHEAD_KM. ${next}: before which point none can be within ${reach_km}: the object goes at
 * most ${step_km} between two.
 */
static double
measure(const struct corridor *c, const struct borders_state *s, size_t i, double reach_km, double step_km,
        size_t *next)
{
    const struct corridor_point *p = &c->point[i];
    double km =
        borders_distance_km(c->borders, s, p->latitude_deg, p->longitude_deg, reach_km + SLACK_KM + AHEAD_KM);
    double points = (fmin(km - reach_km - SLACK_KM, AHEAD_KM)) / fmax(step_km, SLACK_KM);

    *next = i + (points < 1 ? 1 : (size_t)points);
    return km;
}

double
corridor_nearest_km(const struct corridor *c, const struct borders_state *s, double most_km)
{
    double nearest = most_km, step_km = 2 * half_step_km(c);
    size_t next = 0;
    bool found = false;

    for (size_t i = 0; i < c->points; i = next) {
        double km = measure(c, s, i, nearest, step_km, &next);

        found = found || km <= most_km;
        nearest = fmin(nearest, km);
    }
    return found ? nearest : INFINITY;
}

void
corridor_overfly(struct corridor *c)
{
    double half_km = half_step_km(c), reach_km = hypot(c->cross_km, half_km);
    size_t *next = mem_new((c->borders->states + 1) * sizeof *next);
    bool sea = false;

    c->state = mem_new((c->borders->states + 1) * sizeof *c->state);
    c->sea = mem_new(SEA_MAX * sizeof *c->sea);
    for (size_t k = 0; k < c->borders->states; k++)
        c->state[k].state = &c->borders->state[k];
    for (size_t i = 0; i < c->points; i++) {
        bool land = false;

        for (size_t k = 0; k < c->borders->states; k++) {
            double km = i < next[k] ? INFINITY
                                    : measure(c, &c->borders->state[k], i, reach_km, 2 * half_km, &next[k]);

            if (km > reach_km)
                continue;
            note_state(c, &c->state[k], i, km);
            land = true;
        }
        if (land)
            sea = false;
        else
            note_sea(c, i, &sea);
    }
    free(next);
    qsort(c->state, c->borders->states, sizeof *c->state, compare);
    while (c->states < c->borders->states && c->state[c->states].passes > 0)
        c->states++;
}
