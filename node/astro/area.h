/*
 * Areas on the Earth: where records are about, and what a reader wants to hear of. Degrees of WGS 84, north and east positive. Circles are on a sphere (astro/sphere.h); edges are
 * straight in longitude and latitude, as in GeoJSON (RFC 7946 section 3.1.1) and as the borders of States are drawn. A ring once round the Earth holds the
 * pole of its hemisphere. Pure.
 */
#ifndef ASTRO_AREA_H
#define ASTRO_AREA_H

#include "base/arena.h"

enum area_kind {
    AREA_CIRCLE, /* corner[0], radius_km of arc; 0: a place */
    AREA_LINE,   /* open */
    AREA_RING    /* closed, and all that is within */
};

struct area_corner {
    double latitude_deg,
        longitude_deg; /* of a line or ring: goes on beyond 180 where an edge crosses the antimeridian */
};

struct area {
    enum area_kind kind;
    double radius_km;
    struct area_corner *corner;
    size_t n;
    double west, east, south, north; /* of the corners */
    const struct area *next;
};

/* Some areas, in memory of an arena. */
struct area_list {
    struct arena *arena;
    struct area *first, *last;
    size_t corners;
    bool failed;       /* no memory for one of them */
    struct area drawn; /* the one that is being drawn; its corners are memory for any */
    double longitude_deg;
    bool is_cut, is_short;
};

void area_list_init(struct area_list *l, struct arena *a);

/* Latitudes are -90 to 90, longitudes any turn; what is outside of that adds nothing. */
void area_add_circle(struct area_list *l, double latitude_deg, double longitude_deg, double radius_km);
/* East of ${west} to ${east}: across the antimeridian where ${west} is the larger; all longitudes from -180 to 180. */
void area_add_box(struct area_list *l, double west, double south, double east, double north);
/*
 * Draw a line or a ring: begin, its corners, end. Each edge goes the shorter way round, or, with ${is_short} false, as its two longitudes say. What has more
 * corners than are left (LIMIT_AREA_CORNER_COUNT of a list) is taken by the box around it.
 */
void area_begin(struct area_list *l, bool is_short);
void area_corner(struct area_list *l, double latitude_deg, double longitude_deg);
void area_end(struct area_list *l, bool is_ring);
/* A strip along the great circle between two places, ${width_km} across; without a width, the line. */
void area_add_strip(struct area_list *l, const struct area_corner *from, const struct area_corner *to,
                    double width_km);

/*
 * Do an area of ${a} and one of ${b} share a place? Touching counts, to 1 mm. Outlines that take longer to compare than LIMIT_AREA_WORK_COUNT count as sharing one: what
 * is shown too much is seen, what is missing is not.
 */
bool area_list_meets(const struct area_list *a, const struct area_list *b);

#endif
