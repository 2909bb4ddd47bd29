/* borders_read(): TopoJSON (specification 1.0.0), quantized, the object `countries` of it. Bounded and strict: the whole file or nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "base/num.h"
#include "types/borders.h"
#include "syntax/json.h"

#define DEPTH_MAX 10
#define DELTA_MAX 1000000000
#define EDGE_DEG  1e-6 /* what rounding may put a place beyond the pole or the antimeridian */

/* Where in the document an object or an array stands. */
enum where {
    ELSEWHERE,
    ROOT,
    OBJECTS,
    COUNTRIES,
    GEOMETRIES,
    GEOMETRY,
    RINGS, /* arrays of arcs of a geometry, of any level */
    PROPERTIES,
    ARCS,
    ARC,
    POSITION,
    TRANSFORM,
    SCALE,
    TRANSLATE
};

struct list {
    int64_t *p;
    size_t n, room;
};

struct geometry {
    char name[BORDERS_NAME_MAX], code[BORDERS_CODE_MAX];
    size_t first_ring, rings;
    unsigned levels, expected; /* of the arrays around its arc numbers */
};

struct reading {
    struct borders *out;
    enum where at[DEPTH_MAX + 1];
    struct list arc_start;  /* of each arc: its first number in ${delta} */
    struct list delta;      /* x and y by turns */
    struct list ring_start; /* of each ring: its first in ${use} */
    struct list use;        /* numbers of arcs */
    struct geometry *geometry;
    size_t geometries, room;
    double scale[2], translate[2];
    unsigned scales, translates, coordinate;
    bool is_topology, has_countries, has_arcs, in_ring;
};

static int
put(struct list *l, int64_t value, struct why *why)
{
    if (l->n == l->room) {
        size_t room = l->room == 0 ? 1024 : l->room * 2;
        int64_t *p = l->n < 2 * (size_t)LIMIT_BORDERS_VERTEX_COUNT ? realloc(l->p, room * sizeof *p) : NULL;

        if (p == NULL)
            return why_set(why, WHY_TEXT_LIMIT, 0, 0, NULL,
                           "more than can be held: expected at most %d places", LIMIT_BORDERS_VERTEX_COUNT);
        l->p = p;
        l->room = room;
    }
    l->p[l->n++] = value;
    return 0;
}

static int
wrong(const struct json_event *e, struct why *why, const char *expected)
{
    return why_set(why, WHY_FIELD_VALUE, e->place.line, e->place.column, NULL,
                   "not as in TopoJSON: expected %s", expected);
}

static bool
is_key(const struct json_event *e, const char *key)
{
    return span_equal(e->key, span_str(key));
}

static int
begin_geometry(struct reading *r, struct why *why)
{
    if (r->geometries == r->room) {
        size_t room = r->room == 0 ? 256 : r->room * 2;
        struct geometry *p =
            r->geometries < LIMIT_BORDERS_STATE_COUNT ? realloc(r->geometry, room * sizeof *p) : NULL;

        if (p == NULL)
            return why_set(why, WHY_TEXT_LIMIT, 0, 0, NULL, "more than %d States", LIMIT_BORDERS_STATE_COUNT);
        r->geometry = p;
        r->room = room;
    }
    r->geometry[r->geometries++] = (struct geometry){.first_ring = r->ring_start.n};
    return 0;
}

/* What an object or array is that begins inside ${around}. */
static enum where
inside(enum where around, const struct json_event *e)
{
    static const struct {
        enum where around;
        enum json_kind kind;
        const char *key; /* NULL: in an array */
        enum where is;
    } steps[] = {
        {ROOT, JSON_OBJECT, "objects", OBJECTS},
        {OBJECTS, JSON_OBJECT, "countries", COUNTRIES},
        {COUNTRIES, JSON_ARRAY, "geometries", GEOMETRIES},
        {GEOMETRIES, JSON_OBJECT, NULL, GEOMETRY},
        {GEOMETRY, JSON_ARRAY, "arcs", RINGS},
        {RINGS, JSON_ARRAY, NULL, RINGS},
        {GEOMETRY, JSON_OBJECT, "properties", PROPERTIES},
        {ROOT, JSON_ARRAY, "arcs", ARCS},
        {ARCS, JSON_ARRAY, NULL, ARC},
        {ARC, JSON_ARRAY, NULL, POSITION},
        {ROOT, JSON_OBJECT, "transform", TRANSFORM},
        {TRANSFORM, JSON_ARRAY, "scale", SCALE},
        {TRANSFORM, JSON_ARRAY, "translate", TRANSLATE},
    };

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].around == around && steps[i].kind == e->kind &&
            (steps[i].key == NULL || is_key(e, steps[i].key)))
            return steps[i].is;
    }
    return ELSEWHERE;
}

static int
begin(struct reading *r, enum where around, const struct json_event *e, struct why *why)
{
    enum where is = e->depth == 0 && e->kind == JSON_OBJECT ? ROOT : inside(around, e);

    if (e->depth >= DEPTH_MAX)
        return why_set(why, WHY_TEXT_LIMIT, e->place.line, e->place.column, NULL, "nested deeper than %d",
                       DEPTH_MAX);
    if (is == ELSEWHERE &&
        (around == GEOMETRIES || around == RINGS || around == ARCS || around == ARC || around == POSITION))
        return wrong(e, why, "another kind of value here");
    if ((is == COUNTRIES && r->has_countries) || (is == ARCS && r->has_arcs))
        return why_set(why, WHY_FIELD_DUPLICATE, e->place.line, e->place.column, NULL, "given twice");
    if (r->in_ring && is == RINGS)
        return wrong(e, why, "numbers of arcs alone in a ring");
    r->at[e->depth + 1] = is;
    r->has_countries |= is == COUNTRIES;
    r->has_arcs |= is == ARCS;
    r->coordinate = 0;
    if (is == GEOMETRY)
        return begin_geometry(r, why);
    return is == ARC ? put(&r->arc_start, (int64_t)r->delta.n, why) : 0;
}

static int
end(struct reading *r, const struct json_event *e, struct why *why)
{
    switch (r->at[e->depth + 1]) {
    case POSITION:
        return r->coordinate == 2 ? 0 : wrong(e, why, "two numbers in a position");
    case RINGS:
        r->in_ring = false;
        return 0;
    case GEOMETRY: {
        struct geometry *g = &r->geometry[r->geometries - 1];

        g->rings = r->ring_start.n - g->first_ring;
        return g->rings == 0 || g->levels == g->expected
                   ? 0
                   : wrong(e, why, "the arcs of a Polygon or a MultiPolygon");
    }
    default:
        return 0;
    }
}

/* The number of an arc in a ring. */
static int
use_arc(struct reading *r, const struct json_event *e, struct why *why)
{
    struct geometry *g = &r->geometry[r->geometries - 1];
    unsigned level = 0;
    int64_t n;

    if (num_int(e->text, -DELTA_MAX, DELTA_MAX, &n) != 0)
        return wrong(e, why, "the number of an arc");
    while (r->at[e->depth - level] == RINGS)
        level++;
    if (g->levels != 0 && g->levels != level)
        return wrong(e, why, "all rings at one depth");
    g->levels = level;
    if (!r->in_ring && put(&r->ring_start, (int64_t)r->use.n, why) != 0)
        return -1;
    r->in_ring = true;
    return put(&r->use, n, why);
}

static int
read_text(const struct json_event *e, char *out, size_t room, struct why *why)
{
    if (e->text.n >= room || memchr(e->text.p, 0, e->text.n) != NULL)
        return why_set(why, WHY_TEXT_LIMIT, e->place.line, e->place.column, NULL,
                       "a name or a code that is too long: expected at most %zu bytes", room - 1);
    memcpy(out, e->text.p, e->text.n);
    out[e->text.n] = 0;
    return 0;
}

static int
read_pair(const struct json_event *e, double pair[2], unsigned *n, struct why *why)
{
    if (e->kind != JSON_NUMBER || *n == 2 || num_double(e->text, &pair[*n]) != 0)
        return wrong(e, why, "two numbers");
    (*n)++;
    return 0;
}

static int
in_geometry(struct reading *r, const struct json_event *e, struct why *why)
{
    struct geometry *g = &r->geometry[r->geometries - 1];

    if (is_key(e, "id") && (e->kind == JSON_STRING || e->kind == JSON_NUMBER))
        return read_text(e, g->code, sizeof g->code, why);
    if (!is_key(e, "type"))
        return 0;
    if (e->kind == JSON_STRING && span_equal(e->text, span_str("Polygon")))
        g->expected = 2;
    else if (e->kind == JSON_STRING && span_equal(e->text, span_str("MultiPolygon")))
        g->expected = 3;
    return 0;
}

static int
scalar(struct reading *r, enum where around, const struct json_event *e, struct why *why)
{
    int64_t n;

    switch (around) {
    case ROOT:
        r->is_topology |= is_key(e, "type") && span_equal(e->text, span_str("Topology"));
        return 0;
    case GEOMETRY:
        return in_geometry(r, e, why);
    case PROPERTIES:
        return is_key(e, "name") && e->kind == JSON_STRING
                   ? read_text(e, r->geometry[r->geometries - 1].name, BORDERS_NAME_MAX, why)
                   : 0;
    case RINGS:
        return use_arc(r, e, why);
    case POSITION:
        if (++r->coordinate > 2 || num_int(e->text, -DELTA_MAX, DELTA_MAX, &n) != 0)
            return wrong(e, why, "two whole numbers in a position");
        return put(&r->delta, n, why);
    case SCALE:
        return read_pair(e, r->scale, &r->scales, why);
    case TRANSLATE:
        return read_pair(e, r->translate, &r->translates, why);
    case GEOMETRIES:
    case ARCS:
    case ARC:
        return wrong(e, why, "an array or an object");
    default:
        return 0;
    }
}

static int
event(void *cookie, const struct json_event *e, struct why *why)
{
    struct reading *r = cookie;
    enum where around = e->depth > 0 ? r->at[e->depth] : ELSEWHERE;

    switch (e->kind) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return begin(r, around, e, why);
    case JSON_OBJECT_END:
    case JSON_ARRAY_END:
        return end(r, e, why);
    default:
        return scalar(r, around, e, why);
    }
}

/* Differences to places in units of the grid, arc by arc. Sums stay below 2^63: the count and each difference are bounded. */
static void
add_up(struct reading *r)
{
    for (size_t i = 0; i < r->arc_start.n; i++) {
        size_t stop = i + 1 < r->arc_start.n ? (size_t)r->arc_start.p[i + 1] : r->delta.n;

        for (size_t k = (size_t)r->arc_start.p[i] + 2; k < stop; k++)
            r->delta.p[k] += r->delta.p[k - 2];
    }
}

/* Places of an arc, the last first when its number is negative; the first left out where a ring goes on with it. */
static int
append_arc(struct reading *r, int64_t number, struct list *ring, struct why *why)
{
    size_t arc = (size_t)(number < 0 ? -1 - number : number);
    size_t start, count;

    if (arc >= r->arc_start.n)
        return why_set(why, WHY_FIELD_RANGE, 0, 0, "arcs", "no arc %zu: expected below %zu", arc,
                       r->arc_start.n);
    start = (size_t)r->arc_start.p[arc];
    count = ((arc + 1 < r->arc_start.n ? (size_t)r->arc_start.p[arc + 1] : r->delta.n) - start) / 2;
    for (size_t i = 0; i < count; i++) {
        const int64_t *at = r->delta.p + start + 2 * (number < 0 ? count - 1 - i : i);

        if (i == 0 && ring->n > 0) {
            if (ring->p[ring->n - 2] != at[0] || ring->p[ring->n - 1] != at[1])
                return why_set(why, WHY_FIELD_VALUE, 0, 0, "arcs",
                               "arc %zu does not begin where the one before it ends", arc);
            continue;
        }
        if (put(ring, at[0], why) != 0 || put(ring, at[1], why) != 0)
            return -1;
    }
    return 0;
}

static int
finish_ring(struct reading *r, const struct list *ring, double (*place)[2], struct why *why)
{
    size_t n = ring->n / 2;

    if (n < 2 || ring->p[0] != ring->p[ring->n - 2] || ring->p[1] != ring->p[ring->n - 1])
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "arcs", "a ring that does not end where it begins");
    for (size_t i = 0; i < ring->n; i++) {
        double most = i % 2 == 0 ? 180 : 90;
        double v = r->translate[i % 2] + (double)ring->p[i] * r->scale[i % 2];

        if (!(fabs(v) <= most + EDGE_DEG))
            return why_set(why, WHY_FIELD_RANGE, 0, 0, "arcs", "a place outside -%g to %g degrees", most,
                           most);
        /* Whole steps of the grid rarely end at the pole: what lies within one of it is at it. */
        if (i % 2 == 1 && most - fabs(v) < fabs(r->scale[1]))
            v = copysign(most, v);
        place[i / 2][i % 2] = fmax(-most, fmin(most, v));
    }
    return borders_add_ring(r->out, (const double(*)[2])place, n, why);
}

static int
make_ring(struct reading *r, size_t index, struct list *ring, struct why *why)
{
    size_t stop = index + 1 < r->ring_start.n ? (size_t)r->ring_start.p[index + 1] : r->use.n;
    double(*place)[2];
    int rc;

    ring->n = 0;
    for (size_t i = (size_t)r->ring_start.p[index]; i < stop; i++) {
        if (append_arc(r, r->use.p[i], ring, why) != 0)
            return -1;
    }
    place = malloc((ring->n + 2) * sizeof **place);
    if (place == NULL)
        return why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "out of memory");
    rc = finish_ring(r, ring, place, why);
    free(place);
    return rc;
}

static int
make(struct reading *r, struct why *why)
{
    struct list ring = {0};
    int rc = 0;

    if (!r->is_topology || !r->has_countries || !r->has_arcs || r->scales != 2 || r->translates != 2)
        return why_set(
            why, WHY_FIELD_MISSING, 0, 0, NULL,
            "not TopoJSON of States: expected type Topology, objects.countries, arcs and transform");
    add_up(r);
    for (size_t i = 0; rc == 0 && i < r->geometries; i++) {
        const struct geometry *g = &r->geometry[i];

        rc = borders_add_state(r->out, g->name[0] != 0 ? g->name : "(no name)", g->code, why);
        for (size_t k = 0; rc == 0 && k < g->rings; k++)
            rc = make_ring(r, g->first_ring + k, &ring, why);
    }
    free(ring.p);
    if (rc == 0)
        borders_end(r->out);
    return rc;
}

int
borders_read(struct borders *b, struct span input, struct why *why)
{
    struct reading r = {.out = b};
    int rc;

    *b = (struct borders){0};
    rc = json_read(input, event, &r, why) == 0 ? make(&r, why) : -1;
    free(r.arc_start.p);
    free(r.delta.p);
    free(r.ring_start.p);
    free(r.use.p);
    free(r.geometry);
    if (rc != 0)
        borders_release(b);
    return rc;
}
