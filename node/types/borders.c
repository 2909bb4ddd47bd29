#include "types/borders.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "astro/sphere.h"
#include "base/limit.h"

#define CHUNK_EDGES 32
#define PIECE_DEG   0.5 /* of longitude: the middle is at most 0.03 km off the great circle */
#define SLACK       1e-9
#define HALF_PI     1.57079632679489661923

void
borders_release(struct borders *b)
{
    free(b->state);
    free(b->chunk);
    free(b->vertex);
    *b = (struct borders){0};
}

/* Room for one more of ${size} bytes in ${list}. */
static int
grow(void **list, size_t n, size_t *room, size_t max, size_t size, const char *what, struct why *why)
{
    size_t more = *room == 0 ? 256 : *room * 2;
    void *p;

    if (n < *room)
        return 0;
    if (n >= max)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, NULL, "more than %zu %s", max, what);
    p = realloc(*list, more * size);
    if (p == NULL)
        return why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "out of memory");
    *list = p;
    *room = more;
    return 0;
}

int
borders_add_state(struct borders *b, const char *name, const char *code, struct why *why)
{
    if (grow((void **)&b->state, b->states, &b->states_max, LIMIT_BORDERS_STATE_COUNT, sizeof *b->state,
             "States", why) != 0)
        return -1;
    struct borders_state *s = &b->state[b->states++];

    *s = (struct borders_state){.first = b->chunks};
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    (void)snprintf(s->code, sizeof s->code, "%s", code);
    return 0;
}

static int
add_vertex(struct borders *b, double longitude_deg, double latitude_deg, struct why *why)
{
    struct borders_vertex *v;

    if (grow((void **)&b->vertex, b->vertices, &b->vertices_max, LIMIT_BORDERS_VERTEX_COUNT,
             sizeof *b->vertex, "places", why) != 0)
        return -1;
    v = &b->vertex[b->vertices++];
    v->latitude_deg = latitude_deg;
    v->longitude_deg = longitude_deg;
    sphere_unit(latitude_deg, longitude_deg, v->unit);
    return 0;
}

static int
add_chunk(struct borders *b, size_t first, size_t edges, struct why *why)
{
    struct borders_chunk *c;
    double low = 0, high = 0, at = 0, sum[3] = {0}, size;

    if (grow((void **)&b->chunk, b->chunks, &b->chunks_max, LIMIT_BORDERS_VERTEX_COUNT, sizeof *b->chunk,
             "pieces", why) != 0)
        return -1;
    c = &b->chunk[b->chunks++];
    *c = (struct borders_chunk){.first = first, .edges = edges};
    for (size_t i = first; i <= first + edges; i++) {
        const struct borders_vertex *v = &b->vertex[i];

        if (i > first)
            at += sphere_turn_deg(v[-1].longitude_deg, v->longitude_deg);
        low = fmin(low, at);
        high = fmax(high, at);
        for (int k = 0; k < 3; k++)
            sum[k] += v->unit[k];
    }
    c->longitude_deg = b->vertex[first].longitude_deg + (low + high) / 2;
    c->half_width_deg = (high - low) / 2 + SLACK;
    size = sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
    for (int k = 0; k < 3; k++)
        c->center[k] = size > SLACK ? sum[k] / size : b->vertex[first].unit[k];
    for (size_t i = first; i <= first + edges; i++)
        c->radius_rad = fmax(c->radius_rad, sphere_angle(c->center, b->vertex[i].unit) + SLACK);
    return 0;
}

/* From the last vertex of the ring to the next place, in pieces. */
static int
add_edge(struct borders *b, double longitude_deg, double latitude_deg, struct why *why)
{
    struct borders_vertex from = b->vertex[b->vertices - 1];
    double turn = sphere_turn_deg(from.longitude_deg, longitude_deg);
    int pieces = (int)ceil(fabs(turn) / PIECE_DEG);

    for (int i = 1; i < pieces; i++) {
        double part = (double)i / pieces;
        double longitude = from.longitude_deg + part * turn;

        if (add_vertex(b, longitude - 360 * floor((longitude + 180) / 360),
                       from.latitude_deg + part * (latitude_deg - from.latitude_deg), why) != 0)
            return -1;
    }
    return add_vertex(b, longitude_deg, latitude_deg, why);
}

int
borders_add_ring(struct borders *b, const double (*place)[2], size_t n, struct why *why)
{
    struct borders_state *s = &b->state[b->states - 1];
    size_t first = b->vertices;
    double winding = 0, latitude = 0;

    if (add_vertex(b, place[0][0], place[0][1], why) != 0)
        return -1;
    for (size_t i = 1; i < n; i++) {
        winding += sphere_turn_deg(place[i - 1][0], place[i][0]);
        latitude += place[i][1];
        if (add_edge(b, place[i][0], place[i][1], why) != 0)
            return -1;
    }
    /* A ring once round the Earth holds the pole of its hemisphere. */
    if (fabs(winding) > 180 && latitude > 0)
        s->holds_north = !s->holds_north;
    for (size_t i = first; i + 1 < b->vertices; i += CHUNK_EDGES) {
        size_t left = b->vertices - 1 - i;

        if (add_chunk(b, i, left < CHUNK_EDGES ? left : CHUNK_EDGES, why) != 0)
            return -1;
        s->chunks++;
    }
    return 0;
}

void
borders_end(struct borders *b)
{
    for (struct borders_state *s = b->state; s < b->state + b->states; s++) {
        double sum[3] = {0}, size;
        const struct borders_chunk *first = b->chunk + s->first;

        for (const struct borders_chunk *c = first; c < first + s->chunks; c++) {
            for (int k = 0; k < 3; k++)
                sum[k] += c->center[k];
        }
        size = sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
        for (int k = 0; k < 3; k++)
            s->center[k] = size > SLACK ? sum[k] / size : k == 2;
        for (const struct borders_chunk *c = first; c < first + s->chunks; c++)
            s->radius_rad = fmax(s->radius_rad, sphere_angle(s->center, c->center) + c->radius_rad);
    }
}

int
borders_copy_state(struct borders *to, const struct borders *b, const struct borders_state *s,
                   const char *name, struct why *why)
{
    if (borders_add_state(to, name, s->code, why) != 0)
        return -1;
    to->state[to->states - 1].holds_north = s->holds_north;
    for (const struct borders_chunk *c = b->chunk + s->first; c < b->chunk + s->first + s->chunks; c++) {
        size_t first = to->vertices;

        for (size_t i = c->first; i <= c->first + c->edges; i++) {
            if (grow((void **)&to->vertex, to->vertices, &to->vertices_max, LIMIT_BORDERS_VERTEX_COUNT,
                     sizeof *to->vertex, "places", why) != 0)
                return -1;
            to->vertex[to->vertices++] = b->vertex[i];
        }
        if (add_chunk(to, first, c->edges, why) != 0)
            return -1;
        to->state[to->states - 1].chunks++;
    }
    return 0;
}

/* Does the meridian from the place to the north pole cross the edge from ${a} to ${b}? */
static bool
is_crossed(const struct borders_vertex *a, const struct borders_vertex *b, double latitude_deg,
           double longitude_deg)
{
    double x = sphere_turn_deg(longitude_deg, a->longitude_deg);
    double y = sphere_turn_deg(longitude_deg, b->longitude_deg);

    /* Each is of its own vertex alone, so that one on the meridian counts for one of its two edges. The chunk is near: none is at the antipode. */
    if ((x < 0) == (y < 0))
        return false;
    return a->latitude_deg - x / (y - x) * (b->latitude_deg - a->latitude_deg) > latitude_deg;
}

static bool
holds(const struct borders *b, const struct borders_state *state, double latitude_deg, double longitude_deg)
{
    bool inside = state->holds_north;

    for (const struct borders_chunk *c = b->chunk + state->first; c < b->chunk + state->first + state->chunks;
         c++) {
        if (fabs(sphere_turn_deg(c->longitude_deg, longitude_deg)) > c->half_width_deg)
            continue;
        for (const struct borders_vertex *v = b->vertex + c->first; v < b->vertex + c->first + c->edges; v++)
            inside ^= is_crossed(v, v + 1, latitude_deg, longitude_deg);
    }
    return inside;
}

double
borders_distance_km(const struct borders *b, const struct borders_state *state, double latitude_deg,
                    double longitude_deg, double reach_km)
{
    double reach = reach_km / SPHERE_EARTH_KM, nearest = INFINITY, p[3];

    sphere_unit(latitude_deg, longitude_deg, p);
    /* What is smaller than half the sphere lies within its circle, inside and all. */
    if (state->radius_rad < HALF_PI && sphere_angle(p, state->center) > state->radius_rad + reach + SLACK)
        return INFINITY;
    if (holds(b, state, latitude_deg, longitude_deg))
        return 0;
    for (const struct borders_chunk *c = b->chunk + state->first; c < b->chunk + state->first + state->chunks;
         c++) {
        double apart = p[0] * c->center[0] + p[1] * c->center[1] + p[2] * c->center[2];

        /* The chord is shorter than the arc: an angle above what the chord allows is certainly beyond reach. */
        if (2 - 2 * apart > (reach + c->radius_rad) * (reach + c->radius_rad) + SLACK)
            continue;
        for (const struct borders_vertex *v = b->vertex + c->first; v < b->vertex + c->first + c->edges; v++)
            nearest = fmin(nearest, sphere_angle_to_arc(p, v->unit, v[1].unit));
    }
    return nearest * SPHERE_EARTH_KM;
}
