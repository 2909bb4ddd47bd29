/* Where an object can come down that re-enters within a window: the track on the ground, and the States under it. */
#ifndef CLI_CORRIDOR_H
#define CLI_CORRIDOR_H

#include "astro/sgp4.h"
#include "base/buf.h"
#include "cli/borders.h"
#include "cli/pick.h"
#include "types/type.h"

struct corridor_point {
    struct utc t;
    double latitude_deg, longitude_deg, height_km;
};

/* A State that the track passes over or by. */
struct corridor_state {
    const struct borders_state *state;
    struct utc first, last;
    double seconds, nearest_km; /* 0: under the track itself */
    size_t passes, seen;        /* seen: the last point, counted from 1 */
};

/* A stretch of the track with no State near. */
struct corridor_sea {
    struct utc from, to;
};

struct corridor {
    char object[SUBJECT_OBJECT_MAX][PICK_OBJECT_MAX]; /* as in struct subject; "" = not known */
    char summary[256];                                /* of the record that gives the window; "" = none */
    struct utc from, to;
    double inclination_deg; /* below 0: not known */
    bool has_elements;
    struct type_sgp4 mean;
    char name[64];
    double revolution_s, step_s, cross_km;
    struct corridor_point *point;
    size_t points;
    enum sgp4_error error; /* why the track ends before the window */
    struct utc error_at;
    double south_deg, north_deg; /* of the track */
    const char *borders_file;    /* NULL: none */
    struct borders borders;
    struct corridor_state *state; /* in order of the first overflight */
    size_t states;
    struct corridor_sea *sea;
    size_t seas;
    double sea_s;
};

/* The track of c->mean from c->from to c->to. 0, or -1 with ${why}. */
int corridor_track(struct corridor *c, struct why *why);
/* The States of c->borders within c->cross_km of the track. */
void corridor_overfly(struct corridor *c);
void corridor_release(struct corridor *c);

/* "text", "json" or "geojson"; NULL: no such format. */
typedef void corridor_write_fn(const struct corridor *c, struct buf *out);
corridor_write_fn *corridor_writer(const char *format);

#endif
