/*
 * Borders of States, or any areas, such as a TopoJSON file has them (Natural Earth from the npm package world-atlas): which of them hold a place, or come
 * near it. Edges are straight in longitude and latitude, as in the source of that data; the Earth is a sphere for distances (astro/sphere.h).
 */
#ifndef TYPES_BORDERS_H
#define TYPES_BORDERS_H

#include "base/span.h"
#include "base/why.h"

#define BORDERS_NAME_MAX 96
#define BORDERS_CODE_MAX 8

/* A vertex of a ring. Long edges are cut so that the great circle between two vertices is the edge itself to within 0.1 km. */
struct borders_vertex {
    double unit[3], latitude_deg, longitude_deg;
};

/* Some edges of one ring, one after the other: vertex[first] to vertex[first + edges]. */
struct borders_chunk {
    size_t first, edges;
    double center[3], radius_rad;         /* all its vertices lie within */
    double longitude_deg, half_width_deg; /* all its vertices lie between */
};

struct borders_state {
    char name[BORDERS_NAME_MAX], code[BORDERS_CODE_MAX]; /* as written; ISO 3166-1 numeric, "" = none */
    size_t first, chunks;
    double center[3], radius_rad; /* all of its vertices lie within */
    bool holds_north;             /* the north pole is inside */
};

struct borders {
    struct borders_state *state;
    struct borders_chunk *chunk;
    struct borders_vertex *vertex;
    size_t states, chunks, vertices;
    size_t states_max, chunks_max, vertices_max; /* room */
};

/* Read ${input}. 0, or -1 with ${why}; then nothing is held. Release in the first case. */
int borders_read(struct borders *b, struct span input, struct why *why);
void borders_release(struct borders *b);

/*
 * How far ${state} is from a place, km: 0 inside it and on its border. More than ${reach_km} when it is farther than that, by how much
 * is not said.
 */
double borders_distance_km(const struct borders *b, const struct borders_state *state, double latitude_deg,
                           double longitude_deg, double reach_km);

/* Make ${to} of another file or of none: add State ${s} of ${b}, under ${name}. 0, or -1 with ${why}. */
int borders_copy_state(struct borders *to, const struct borders *b, const struct borders_state *s,
                       const char *name, struct why *why);
/* Add a State, a ring to the last State (closed; longitude and latitude, degrees), and say that there are no more. 0, or -1 with ${why}. */
int borders_add_state(struct borders *b, const char *name, const char *code, struct why *why);
int borders_add_ring(struct borders *b, const double (*place)[2], size_t n, struct why *why);
void borders_end(struct borders *b);

#endif
