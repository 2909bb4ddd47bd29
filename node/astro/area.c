#include "astro/area.h"

#include <math.h>

#include "astro/sphere.h"
#include "base/limit.h"

#define RAD      (3.14159265358979323846 / 180)
#define TOUCH_KM 1e-6
/* A piece of an edge for which its great circle stands is at most 0.03 km off it: that bends with east * east / 8 beside a parallel, and with east * north / 4 across it. */
#define PIECE_DEG  0.5
#define PIECE_DEG2 0.06
#define WIDTH_DEG  720 /* a ring that goes farther round is none */
#define STRIP_DEG  2   /* of arc between two corners of a strip */
#define STRIP_MAX  90
#define PIECE_WORK 16 /* of a distance, in comparisons of two edges */

void
area_list_init(struct area_list *l, struct arena *a)
{
    *l = (struct area_list){.arena = a};
}

static bool
is_place(double latitude_deg, double longitude_deg)
{
    return fabs(latitude_deg) <= 90 && fabs(longitude_deg) <= 1e6;
}

static struct area *
add(struct area_list *l, enum area_kind kind, size_t corners)
{
    struct area *area = arena_zalloc(l->arena, sizeof *area);
    struct area_corner *corner = arena_alloc(l->arena, corners * sizeof *corner);

    if (area == NULL || corner == NULL) {
        l->failed = true;
        return NULL;
    }
    *area = (struct area){.kind = kind,
                          .corner = corner,
                          .west = INFINITY,
                          .south = INFINITY,
                          .east = -INFINITY,
                          .north = -INFINITY};
    if (l->last != NULL)
        l->last->next = area;
    else
        l->first = area;
    l->last = area;
    l->corners += corners;
    return area;
}

static void
put(struct area *area, double latitude_deg, double longitude_deg)
{
    area->corner[area->n++] = (struct area_corner){latitude_deg, longitude_deg};
}

static void
bound(struct area *area, double latitude_deg, double longitude_deg)
{
    area->south = fmin(area->south, latitude_deg);
    area->north = fmax(area->north, latitude_deg);
    area->west = fmin(area->west, longitude_deg);
    area->east = fmax(area->east, longitude_deg);
}

void
area_add_circle(struct area_list *l, double latitude_deg, double longitude_deg, double radius_km)
{
    struct area *area;

    if (!is_place(latitude_deg, longitude_deg) || !(radius_km >= 0))
        return;
    area = add(l, AREA_CIRCLE, 1);
    if (area == NULL)
        return;
    area->radius_km = radius_km;
    put(area, latitude_deg, longitude_deg);
    bound(area, latitude_deg, longitude_deg);
}

void
area_add_box(struct area_list *l, double west, double south, double east, double north)
{
    struct area *area;

    if (!is_place(south, west) || !is_place(north, east) || south > north)
        return;
    if (east < west)
        east += 360 * ceil((west - east) / 360);
    if (east - west > 360) {
        west = -180;
        east = 180;
    }
    area = add(l, AREA_RING, 4);
    if (area == NULL)
        return;
    bound(area, south, west);
    bound(area, north, east);
    put(area, south, west);
    put(area, south, east);
    put(area, north, east);
    put(area, north, west);
}

void
area_begin(struct area_list *l, bool is_short)
{
    struct area_corner *corner = l->drawn.corner;

    /* The first corner may come again, and those beside a pole. */
    if (corner == NULL)
        corner = arena_alloc(l->arena, (LIMIT_AREA_CORNER_COUNT + 4) * sizeof *corner);
    if (corner == NULL)
        l->failed = true;
    l->drawn = (struct area){
        .corner = corner, .west = INFINITY, .south = INFINITY, .east = -INFINITY, .north = -INFINITY};
    l->is_short = is_short;
    l->is_cut = corner == NULL;
}

void
area_corner(struct area_list *l, double latitude_deg, double longitude_deg)
{
    struct area *drawn = &l->drawn;

    if (!is_place(latitude_deg, longitude_deg))
        return;
    if (l->is_short && drawn->south <= drawn->north)
        longitude_deg = l->longitude_deg + sphere_turn_deg(l->longitude_deg, longitude_deg);
    l->longitude_deg = longitude_deg;
    bound(drawn, latitude_deg, longitude_deg);
    l->is_cut = l->is_cut || drawn->n + l->corners >= LIMIT_AREA_CORNER_COUNT;
    if (!l->is_cut)
        put(drawn, latitude_deg, longitude_deg);
}

/* Once round the Earth: by way of the pole of its hemisphere, so that it is closed. */
static void
close_ring(struct area *area, double turn)
{
    struct area_corner first = area->corner[0];
    double sum = 0, pole;

    for (size_t i = 0; i < area->n; i++)
        sum += area->corner[i].latitude_deg;
    pole = sum > 0 ? 90 : -90;
    put(area, first.latitude_deg, first.longitude_deg + turn);
    put(area, pole, first.longitude_deg + turn);
    put(area, pole, first.longitude_deg);
    bound(area, pole, first.longitude_deg + turn);
}

void
area_end(struct area_list *l, bool is_ring)
{
    struct area *drawn = &l->drawn, *area;
    double turn;

    if (drawn->north < drawn->south) /* not a corner */
        return;
    if (l->is_cut || drawn->east - drawn->west > WIDTH_DEG) {
        area_add_box(l, drawn->west, drawn->south, drawn->east, drawn->north);
        return;
    }
    if (is_ring && l->is_short) {
        turn = l->longitude_deg + sphere_turn_deg(l->longitude_deg, drawn->corner[0].longitude_deg) -
               drawn->corner[0].longitude_deg;
        if (fabs(turn) > 180)
            close_ring(drawn, turn);
    }
    area = add(l, drawn->n == 1 ? AREA_CIRCLE : is_ring ? AREA_RING : AREA_LINE, drawn->n);
    if (area == NULL)
        return;
    for (size_t i = 0; i < drawn->n; i++)
        put(area, drawn->corner[i].latitude_deg, drawn->corner[i].longitude_deg);
    bound(area, drawn->south, drawn->west);
    bound(area, drawn->north, drawn->east);
}

/* ${km} along the great circle with the tangent ${t} at ${p}. */
static struct area_corner
along(const double p[3], const double t[3], double km)
{
    double a = km / SPHERE_EARTH_KM, v[3];

    for (int k = 0; k < 3; k++)
        v[k] = p[k] * cos(a) + t[k] * sin(a);
    return (struct area_corner){atan2(v[2], hypot(v[0], v[1])) / RAD, atan2(v[1], v[0]) / RAD};
}

void
area_add_strip(struct area_list *l, const struct area_corner *from, const struct area_corner *to,
               double width_km)
{
    double a[3], b[3], across[3], ahead[3], p[3], angle, size;
    double side = width_km > 0 ? width_km / 2 : 0;
    const double back[3] = {0, 0, 0};
    size_t pieces;

    if (!is_place(from->latitude_deg, from->longitude_deg) || !is_place(to->latitude_deg, to->longitude_deg))
        return;
    sphere_unit(from->latitude_deg, from->longitude_deg, a);
    sphere_unit(to->latitude_deg, to->longitude_deg, b);
    across[0] = a[1] * b[2] - a[2] * b[1];
    across[1] = a[2] * b[0] - a[0] * b[2];
    across[2] = a[0] * b[1] - a[1] * b[0];
    size = sqrt(across[0] * across[0] + across[1] * across[1] + across[2] * across[2]);
    angle = sphere_angle(a, b);
    if (size < 1e-12) { /* one place, or two with no one way between them */
        area_add_circle(l, from->latitude_deg, from->longitude_deg, side);
        area_add_circle(l, to->latitude_deg, to->longitude_deg, side);
        return;
    }
    for (int k = 0; k < 3; k++)
        across[k] /= size;
    ahead[0] = across[1] * a[2] - across[2] * a[1];
    ahead[1] = across[2] * a[0] - across[0] * a[2];
    ahead[2] = across[0] * a[1] - across[1] * a[0];
    pieces = (size_t)fmin(STRIP_MAX, ceil(angle / RAD / STRIP_DEG));
    area_begin(l, true);
    for (size_t i = 0; i < 2 * (pieces + 1); i++) {
        bool is_back = i > pieces;
        double at = angle * (double)(is_back ? 2 * pieces + 1 - i : i) / (double)pieces;
        struct area_corner c;

        if (is_back && side == 0)
            break;
        for (int k = 0; k < 3; k++)
            p[k] = a[k] * cos(at) + ahead[k] * sin(at);
        c = along(p, side > 0 ? across : back, is_back ? -side : side);
        area_corner(l, c.latitude_deg, c.longitude_deg);
    }
    area_end(l, side > 0);
}

/* --- Comparing -------------------------------------------------------------------------------------------------------- */

/* What is left to do before it takes too long. */
struct work {
    size_t left;
};

static bool
is_over(struct work *w, size_t cost)
{
    w->left = w->left > cost ? w->left - cost : 0;
    return w->left == 0;
}

static size_t
edges_of(const struct area *a)
{
    return a->kind == AREA_RING ? a->n : a->n - 1;
}

static const struct area_corner *
end_of(const struct area *a, size_t edge)
{
    return &a->corner[edge + 1 < a->n ? edge + 1 : 0];
}

/* Is a place of the edge within ${reach} rad of ${p}? By halves: what is farther than its own length allows is left out. */
static bool
is_near(struct work *w, const double p[3], double reach, struct area_corner a, struct area_corner b)
{
    struct area_corner m = {(a.latitude_deg + b.latitude_deg) / 2, (a.longitude_deg + b.longitude_deg) / 2};
    double north = fabs(b.latitude_deg - a.latitude_deg), east = fabs(b.longitude_deg - a.longitude_deg);
    double least =
        (a.latitude_deg < 0) != (b.latitude_deg < 0) ? 0 : fmin(fabs(a.latitude_deg), fabs(b.latitude_deg));
    double half = (north + east * cos(least * RAD)) * RAD / 2, u[3], v[3], apart;

    if (is_over(w, PIECE_WORK))
        return true;
    sphere_unit(m.latitude_deg, m.longitude_deg, u);
    apart = sphere_angle(p, u);
    if (apart <= reach)
        return true;
    if (apart > reach + half)
        return false;
    if (east > PIECE_DEG || east * north > PIECE_DEG2 || north > 90)
        return is_near(w, p, reach, a, m) || is_near(w, p, reach, m, b);
    sphere_unit(a.latitude_deg, a.longitude_deg, u);
    sphere_unit(b.latitude_deg, b.longitude_deg, v);
    return sphere_angle_to_arc(p, u, v) <= reach;
}

/* The turns by which ${a} can be moved so that it lies beside ${b}. */
static void
turns(const struct area *a, const struct area *b, int *first, int *last)
{
    *first = (int)ceil((b->west - a->east) / 360 - 1e-12);
    *last = (int)floor((b->east - a->west) / 360 + 1e-12);
}

/* On which side of the line from ${a} to ${b} is ${c}? */
static double
side_of(const struct area_corner *a, const struct area_corner *b, const struct area_corner *c)
{
    return (b->longitude_deg - a->longitude_deg) * (c->latitude_deg - a->latitude_deg) -
           (b->latitude_deg - a->latitude_deg) * (c->longitude_deg - a->longitude_deg);
}

static bool
overlaps(double a, double b, double c, double d)
{
    return fmax(a, b) >= fmin(c, d) && fmax(c, d) >= fmin(a, b);
}

static bool
crosses(const struct area_corner *a, const struct area_corner *b, const struct area_corner *c,
        const struct area_corner *d)
{
    double c_side, d_side, a_side, b_side;

    if (!overlaps(a->longitude_deg, b->longitude_deg, c->longitude_deg, d->longitude_deg) ||
        !overlaps(a->latitude_deg, b->latitude_deg, c->latitude_deg, d->latitude_deg))
        return false;
    c_side = side_of(a, b, c);
    d_side = side_of(a, b, d);
    a_side = side_of(c, d, a);
    b_side = side_of(c, d, b);
    return !((c_side > 0 && d_side > 0) || (c_side < 0 && d_side < 0) || (a_side > 0 && b_side > 0) ||
             (a_side < 0 && b_side < 0));
}

/* Even-odd, along the meridian to the north. */
static bool
holds(struct work *w, const struct area *ring, double latitude_deg, double longitude_deg)
{
    bool inside = false;

    if (latitude_deg < ring->south || latitude_deg > ring->north)
        return false;
    if (fabs(latitude_deg) == 90)
        return true; /* the pole has any longitude, and the ring reaches it */
    (void)is_over(w, ring->n);
    for (size_t i = 0; i < ring->n; i++) {
        const struct area_corner *a = &ring->corner[i], *b = end_of(ring, i);

        if ((a->longitude_deg <= longitude_deg) == (b->longitude_deg <= longitude_deg))
            continue;
        if (a->latitude_deg + (longitude_deg - a->longitude_deg) / (b->longitude_deg - a->longitude_deg) *
                                  (b->latitude_deg - a->latitude_deg) >
            latitude_deg)
            inside = !inside;
    }
    return inside;
}

static bool
is_on_edge(struct work *w, const struct area *a, const struct area_corner *place)
{
    (void)is_over(w, a->n);
    for (size_t i = 0; i < edges_of(a); i++) {
        if (crosses(place, place, &a->corner[i], end_of(a, i)))
            return true;
    }
    return false;
}

/* Is the first corner of ${other} in ${a}, or on an edge of it? */
static bool
holds_corner(struct work *w, const struct area *a, const struct area *other)
{
    int first, last;
    double longitude = other->corner[0].longitude_deg;
    const struct area point = {.west = longitude, .east = longitude};

    turns(&point, a, &first, &last);
    for (int k = first; k <= last; k++) {
        const struct area_corner place = {other->corner[0].latitude_deg, longitude + 360.0 * k};

        if ((a->kind == AREA_RING && holds(w, a, place.latitude_deg, place.longitude_deg)) ||
            is_on_edge(w, a, &place))
            return true;
    }
    return false;
}

static bool
circle_meets(struct work *w, const struct area *circle, const struct area *other)
{
    double reach = (circle->radius_km + other->radius_km + TOUCH_KM) / SPHERE_EARTH_KM, p[3], q[3];

    sphere_unit(circle->corner[0].latitude_deg, circle->corner[0].longitude_deg, p);
    if (other->kind == AREA_CIRCLE) {
        sphere_unit(other->corner[0].latitude_deg, other->corner[0].longitude_deg, q);
        return sphere_angle(p, q) <= reach;
    }
    if (holds_corner(w, other, circle))
        return true;
    for (size_t i = 0; i < edges_of(other); i++) {
        if (is_near(w, p, reach, other->corner[i], *end_of(other, i)))
            return true;
    }
    return false;
}

/* With ${a} moved by a turn. */
static bool
edges_meet(struct work *w, const struct area *a, const struct area *b, double turn)
{
    for (size_t i = 0; i < edges_of(a); i++) {
        struct area_corner from = a->corner[i], to = *end_of(a, i);

        from.longitude_deg += turn;
        to.longitude_deg += turn;
        if (is_over(w, 1))
            return true;
        if (!overlaps(from.longitude_deg, to.longitude_deg, b->west, b->east) ||
            !overlaps(from.latitude_deg, to.latitude_deg, b->south, b->north))
            continue;
        if (is_over(w, b->n))
            return true;
        for (size_t k = 0; k < edges_of(b); k++) {
            if (crosses(&from, &to, &b->corner[k], end_of(b, k)))
                return true;
        }
    }
    return false;
}

static bool
meets(struct work *w, const struct area *a, const struct area *b)
{
    int first, last;

    if (a->kind == AREA_CIRCLE)
        return circle_meets(w, a, b);
    if (b->kind == AREA_CIRCLE)
        return circle_meets(w, b, a);
    if (a->south > b->north || b->south > a->north)
        return false;
    if ((a->north == 90 && b->north == 90) || (a->south == -90 && b->south == -90))
        return true; /* at the pole, whatever their longitudes */
    turns(a, b, &first, &last);
    for (int k = first; k <= last; k++) {
        if (edges_meet(w, a, b, 360.0 * k))
            return true;
    }
    return holds_corner(w, a, b) || holds_corner(w, b, a);
}

bool
area_list_meets(const struct area_list *a, const struct area_list *b)
{
    struct work w = {LIMIT_AREA_WORK_COUNT};

    if (a->failed || b->failed)
        return true;
    for (const struct area *one = a->first; one != NULL; one = one->next) {
        for (const struct area *other = b->first; other != NULL; other = other->next) {
            if (is_over(&w, 1) || meets(&w, one, other))
                return true;
        }
    }
    return false;
}
