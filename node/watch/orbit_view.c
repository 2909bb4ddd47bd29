#include "watch/orbit_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "astro/frame.h"
#include "astro/timescale.h"
#include "base/text.h"
#include "core/identity.h"

#define GM_KM3_S2 398600.4418
#define TWO_PI    6.28318530717958647692
#define HIGH_MIN  225.0 /* as SGP4 divides near from deep space */
#define FORWARD_DAYS_MAX                                                                                     \
    30.0 /* SGP4 is asked for no farther: then it is off by hundreds of km in low orbit */
#define DEGREE_MAX 30
/* Turned from an inertial frame to the Earth's without UT1: up to 0.9 s of its rotation. */
#define TURN_RAD (0.9 * 7.292115e-5)

enum frame { FRAME_TEME, FRAME_GCRF, FRAME_ITRF, FRAME_OTHER };

static enum frame
frame_of(const struct orbit_view_row *r)
{
    struct span name = span_str(r->path.frame);

    if (r->path.n == 0 || text_equal_nocase(name, "TEME") || text_equal_nocase(name, "TEMEOFDATE"))
        return FRAME_TEME;
    if (text_equal_nocase(name, "GCRF") || text_equal_nocase(name, "EME2000") ||
        text_equal_nocase(name, "J2000") || text_equal_nocase(name, "ICRF"))
        return FRAME_GCRF;
    if (name.n >= 4 && text_equal_nocase(span_of(name.p, 4), "ITRF"))
        return FRAME_ITRF;
    return FRAME_OTHER;
}

/* Does the policy name ${origin} as operator of one of ${n} identifiers? */
static bool
operates(const struct orbit_view_policy *p, const char *const *objects, size_t n, const char *origin)
{
    size_t length;

    for (const char *at = p->operators; *at != 0; at += length) {
        const char *equal;

        at += strspn(at, " ,");
        length = strcspn(at, " ,");
        equal = memchr(at, '=', length);
        if (equal == NULL || strlen(origin) != length - (size_t)(equal - at) - 1 ||
            strncmp(equal + 1, origin, strlen(origin)) != 0)
            continue;
        for (size_t i = 0; i < n; i++) {
            if (strlen(objects[i]) == (size_t)(equal - at) &&
                strncmp(objects[i], at, (size_t)(equal - at)) == 0)
                return true;
        }
    }
    return false;
}

void
orbit_view_take(struct orbit_view_object *o, const Parallax__V1__OrbitPolicy *policy,
                const Parallax__V1__Object *object)
{
    *o = (struct orbit_view_object){.policy = {.order = policy->order,
                                               .operators = policy->operators,
                                               .stale_leo_h = policy->stale_leo_hours,
                                               .stale_high_h = policy->stale_high_hours,
                                               .disagree_leo_km = policy->disagree_leo_km,
                                               .disagree_high_km = policy->disagree_high_km}};
    for (size_t i = 0; i < object->n_aliases && o->n < LIMIT_OBJECT_ALIAS_COUNT; i++) {
        if (identity_word_is_joined(object->aliases[i]->state))
            o->id[o->n++] = object->aliases[i]->id;
    }
}

void
orbit_view_registered(struct orbit_view_object *o, const char *origin)
{
    o->has_owners = o->has_owners || (o->owner != NULL && strcmp(o->owner, origin) != 0);
    o->owner = origin;
}

void
orbit_view_rate(const struct orbit_view_object *o, struct orbit_view_row *r)
{
    r->is_operator = operates(&o->policy, o->id, o->n, r->origin);
    r->is_owner = o->owner != NULL && !o->has_owners && strcmp(o->owner, r->origin) == 0;
}

static const char *const words[] = {"operator", "owner", "covariance", "fresh"};

/* The next word of an order: its number, 4 when it is none; -1 at the end. */
static int
take_word(const char **at, char out[32])
{
    size_t n;

    *at += strspn(*at, " ,");
    n = strcspn(*at, " ,");
    if (n == 0)
        return -1;
    (void)snprintf(out, 32, "%.*s", (int)(n < 31 ? n : 31), *at);
    *at += n;
    for (int i = 0; i < 4; i++) {
        if (strcmp(out, words[i]) == 0)
            return i;
    }
    return 4;
}

static double
period_min(double r_km, double v_km_s)
{
    double a = 1 / (2 / r_km - v_km_s * v_km_s / GM_KM3_S2);

    return a > 0 ? TWO_PI * sqrt(a * a * a / GM_KM3_S2) / 60 : INFINITY;
}

static double
norm(const double v[3])
{
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static void
read_states(struct orbit_view_row *r, struct arena *a)
{
    struct why why;

    why_clear(&why);
    if (r->type->path == NULL || r->type->path(r->msg, a, &r->path, &why) != 0) {
        r->path.n = 0;
        (void)snprintf(r->note, sizeof r->note, "%.159s", why.note);
        r->means = "nothing to compute with";
        return;
    }
    r->means = "states";
    r->start = r->path.start;
    r->stop = r->path.stop;
    r->epoch = r->path.n == 1 ? r->path.start : r->path.stop;
    r->is_high = period_min(norm(r->path.state[0].r_km), norm(r->path.state[0].v_km_s)) >= HIGH_MIN;
    if (!text_equal_nocase(span_str(r->path.center), "EARTH"))
        (void)snprintf(r->note, sizeof r->note, "its centre is not the Earth");
    else if (frame_of(r) == FRAME_OTHER)
        (void)snprintf(r->note, sizeof r->note,
                       "its frame is none of TEME, GCRF, EME2000, ITRF: not led to a common one");
}

static void
read_row(struct orbit_view_row *r, struct arena *a)
{
    struct type_sgp4 mean;
    struct why why;

    why_clear(&why);
    r->sigma_km = r->type->sigma_km != NULL ? r->type->sigma_km(r->msg) : 0;
    if (r->type->sgp4 == NULL || r->type->sgp4(r->msg, &mean, &why) != 0) {
        struct utc epoch = r->epoch;

        read_states(r, a);
        if (utc_is_zero(r->epoch))
            r->epoch = epoch;
        if (r->path.n == 0 && why.note[0] != 0 && r->type->sgp4 != NULL)
            (void)snprintf(r->note, sizeof r->note, "%.159s", why.note);
        return;
    }
    r->means = "SGP4";
    r->epoch = mean.epoch;
    r->is_high = mean.elements.no_kozai <= 0 || TWO_PI / mean.elements.no_kozai >= HIGH_MIN;
    if (sgp4_init(&r->sgp4, &mean.elements, SGP4_IMPROVED) != SGP4_DONE)
        (void)snprintf(r->note, sizeof r->note, "SGP4 error %d: %s", (int)r->sgp4.refused,
                       sgp4_error_text(r->sgp4.refused));
}

/* Lagrange's polynomial through the states around ${t}: ${t} is within them. */
static void
interpolate(const struct type_path *p, struct utc t, double out[3])
{
    size_t points = (p->degree < DEGREE_MAX ? p->degree : DEGREE_MAX) + 1, first = 0;

    if (points > p->n)
        points = p->n;
    while (first + points < p->n && utc_compare(p->state[first + points / 2].at, t) < 0)
        first++;
    out[0] = out[1] = out[2] = 0;
    for (size_t i = first; i < first + points; i++) {
        double weight = 1;

        for (size_t k = first; k < first + points; k++) {
            if (k != i)
                weight *= timescale_elapsed_s(t, p->state[k].at) /
                          timescale_elapsed_s(p->state[i].at, p->state[k].at);
        }
        for (int x = 0; x < 3; x++)
            out[x] += weight * p->state[i].r_km[x];
    }
}

/* Where it is at ${t}, in its own frame. 0, or -1 with ${note}. */
static int
position(const struct orbit_view_row *r, struct utc t, double out[3], char *note, size_t size)
{
    double v[3], seconds;
    enum sgp4_error error;

    if (r->path.n > 0) {
        interpolate(&r->path, t, out);
        return 0;
    }
    seconds = timescale_elapsed_s(t, r->epoch);
    if (fabs(seconds) > FORWARD_DAYS_MAX * 86400) {
        (void)snprintf(
            note, size,
            "the common epoch is %.1f days from that of the elements: SGP4 is not asked beyond %.0f",
            fabs(seconds) / 86400, FORWARD_DAYS_MAX);
        return -1;
    }
    error = sgp4_propagate(&r->sgp4, seconds / 60, out, v);
    if (error != SGP4_DONE)
        (void)snprintf(note, size, "SGP4 error %d: %s", (int)error, sgp4_error_text(error));
    return error == SGP4_DONE ? 0 : -1;
}

static void
to_itrf(enum frame frame, struct utc t, double r[3])
{
    static const double still[3] = {0, 0, 0};
    double from[3] = {r[0], r[1], r[2]}, v[3];

    if (frame == FRAME_TEME)
        frame_teme_to_itrf(t, NULL, from, still, r, v);
    else if (frame == FRAME_GCRF)
        frame_gcrf_to_itrf(t, NULL, from, r);
}

static struct utc
later(struct utc a, struct utc b)
{
    return utc_compare(a, b) >= 0 ? a : b;
}

static struct utc
earlier(struct utc a, struct utc b)
{
    return utc_compare(a, b) <= 0 ? a : b;
}

/* Of elements: the newer epoch. With states: within them, nearest to it. 0, or -1 when there is none. */
static int
common_epoch(const struct orbit_view_row *a, const struct orbit_view_row *b, struct utc *out)
{
    *out = later(a->epoch, b->epoch);
    if (a->path.n > 0 && b->path.n > 0) {
        *out = earlier(a->stop, b->stop);
        return utc_compare(*out, later(a->start, b->start)) >= 0 ? 0 : -1;
    }
    if (a->path.n > 0)
        *out = earlier(later(b->epoch, a->start), a->stop);
    else if (b->path.n > 0)
        *out = earlier(later(a->epoch, b->start), b->stop);
    return 0;
}

static void
compare_with(const struct orbit_view_row *best, struct orbit_view_row *r, const struct orbit_view_policy *p)
{
    double a[3], b[3];
    enum frame x = frame_of(best), y = frame_of(r);

    if (best->note[0] != 0 || r->note[0] != 0) {
        (void)snprintf(r->compare_note, sizeof r->compare_note, "%s", r->note[0] != 0 ? r->note : best->note);
        return;
    }
    if (common_epoch(best, r, &r->compared_at) != 0) {
        (void)snprintf(r->compare_note, sizeof r->compare_note,
                       "no time is within both: states are not propagated");
        return;
    }
    if (position(best, r->compared_at, a, r->compare_note, sizeof r->compare_note) != 0 ||
        position(r, r->compared_at, b, r->compare_note, sizeof r->compare_note) != 0)
        return;
    if (x != y) {
        to_itrf(x, r->compared_at, a);
        to_itrf(y, r->compared_at, b);
        if (x == FRAME_ITRF || y == FRAME_ITRF)
            (void)snprintf(
                r->compare_note, sizeof r->compare_note,
                "between a frame of the sky and one of the Earth, UT1 taken as UTC: up to %.2f km of it",
                norm(a) * TURN_RAD);
    }
    for (int i = 0; i < 3; i++)
        a[i] -= b[i];
    r->distance_km = norm(a);
    r->is_compared = true;
    r->disagrees = r->distance_km > (best->is_high ? p->disagree_high_km : p->disagree_leo_km);
}

/* By one word of the order: below 0 when ${a} comes first. */
static int
by_word(int word, const struct orbit_view_row *a, const struct orbit_view_row *b)
{
    switch (word) {
    case 0:
        return (int)b->is_operator - (int)a->is_operator;
    case 1:
        return (int)b->is_owner - (int)a->is_owner;
    case 2:
        return (int)(b->sigma_km > 0) - (int)(a->sigma_km > 0);
    case 3:
        return utc_compare(b->epoch, a->epoch);
    default:
        return 0;
    }
}

/* Which comes first, and by which word; 4: by none. What cannot be computed with comes last. */
static int
order(const struct orbit_view_policy *p, const struct orbit_view_row *a, const struct orbit_view_row *b,
      int *by)
{
    const char *at = p->order;
    char text[32];
    int rc = (a->note[0] != 0) - (b->note[0] != 0), word;

    *by = 5;
    while (rc == 0 && (word = take_word(&at, text)) >= 0) {
        rc = by_word(word, a, b);
        *by = word;
    }
    if (rc != 0)
        return rc;
    *by = 4;
    rc = utc_compare(b->created, a->created);
    return rc != 0 ? rc : strcmp(a->record, b->record);
}

static void
sort(struct orbit_view *v, const struct orbit_view_policy *p, struct orbit_view_row *spare)
{
    int by;

    for (size_t i = 1; i < v->n; i++) {
        for (size_t k = i; k > 0 && order(p, &v->row[k], &v->row[k - 1], &by) < 0; k--) {
            *spare = v->row[k];
            v->row[k] = v->row[k - 1];
            v->row[k - 1] = *spare;
        }
    }
}

static void
explain(struct orbit_view *v, const struct orbit_view_policy *p)
{
    static const char *const texts[] = {
        "its origin is named as operator of the object in orbit_policy.operators",
        "its origin alone registered the object",
        "it states a covariance",
        "its epoch is newer",
        "it was published later, all else being equal",
        "it is one that can be computed with"};
    int by = 4;

    if (v->n == 0 || v->row[0].note[0] != 0)
        return;
    if (v->n > 1)
        (void)order(p, &v->row[0], &v->row[1], &by);
    if (v->n == 1)
        (void)snprintf(v->why, sizeof v->why, "it is the only one");
    else
        (void)snprintf(v->why, sizeof v->why, "before that of %s: %s (order: %s)", v->row[1].origin,
                       texts[by], p->order);
}

void
orbit_view_make(struct orbit_view *v, const struct orbit_view_policy *p, struct utc now, struct arena *a)
{
    struct orbit_view_row *spare = arena_alloc(a, sizeof *spare);

    v->why[0] = 0;
    for (size_t i = 0; i < v->n; i++) {
        struct orbit_view_row *r = &v->row[i];

        read_row(r, a);
        r->age_h = utc_is_zero(r->epoch) ? 0 : timescale_elapsed_s(now, r->epoch) / 3600;
        r->is_stale = !utc_is_zero(r->epoch) && r->age_h > (r->is_high ? p->stale_high_h : p->stale_leo_h);
    }
    if (spare == NULL)
        return;
    sort(v, p, spare);
    explain(v, p);
    for (size_t i = 1; i < v->n && v->why[0] != 0; i++)
        compare_with(&v->row[0], &v->row[i], p);
}
