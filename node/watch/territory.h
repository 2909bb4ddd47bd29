/*
 * Territories that a node names in its rules.yaml, and what the track of a re-entry says of them: a State out of a file of borders, a box, or a polygon
 * (docs/alerts.md). Pure: the borders are given.
 */
#ifndef WATCH_TERRITORY_H
#define WATCH_TERRITORY_H

#include "base/limit.h"
#include "conf/yaml.h"
#include "types/corridor.h"

#define TERRITORY_ID_BYTES 40 /* with its NUL */

enum territory_kind { TERRITORY_STATE, TERRITORY_BOX, TERRITORY_POLYGON };

struct territory {
    char id[TERRITORY_ID_BYTES]; /* a word of small letters, digits and - */
    enum territory_kind kind;
    char state[BORDERS_NAME_MAX]; /* ISO 3166-1 numeric, or the name as in the file of borders */
    double place[LIMIT_TERRITORY_VERTEX_COUNT + 1][2]; /* longitude and latitude, degrees; closed */
    size_t places;
    uint32_t line;
};

struct territory_table {
    struct territory of[LIMIT_TERRITORY_COUNT];
    size_t n;
};

/* Take the list ${node} of rules.yaml in the place of ${t}. 0, or -1 with ${why} and its place. */
int territory_take(struct territory_table *t, const struct yaml_node *node, struct why *why);
/* "state 250", "box 41,-5 to 51,10", "polygon of 4 places" */
void territory_print(const struct territory *t, struct buf *out);
/* Is a file of borders wanted? */
bool territory_wants_borders(const struct territory_table *t);

/* Their shapes: State i of ${shape} is territory i; one that could not be made is empty, and lies nowhere. */
struct territory_map {
    struct borders shape;
    char note[LIMIT_TERRITORY_COUNT][160]; /* why it could not be made; "": it is there */
    size_t n, made;
};
/* ${file}: NULL, there is none. Never fails as a whole. */
void territory_map_make(const struct territory_table *t, const struct borders *file,
                        struct territory_map *out);
void territory_map_release(struct territory_map *m);

/* How a track passes by one territory. */
struct territory_pass {
    bool is_known;          /* false: the track ends before it can be told */
    double nearest_km;      /* 0: under the track; above TERRITORY_FAR_KM: farther than that */
    struct utc first, last; /* within CORRIDOR_CROSS_KM; zero: never */
    size_t passes;
    double share_percent; /* of the window */
    bool is_cut;          /* the track ends before the window */
};
#define TERRITORY_FAR_KM 500 /* beyond, distances are not told */

/* The track of ${mean} from ${from} to ${to} over each territory of ${m}. 0, or -1 with ${why}: SGP4 takes these elements for nothing, or the window says nothing of a place. */
int territory_passes(const struct territory_map *m, const struct type_sgp4 *mean, struct utc from,
                     struct utc to, struct territory_pass out[LIMIT_TERRITORY_COUNT], struct why *why);

extern const char *const territory_figure_names[]; /* NULL-terminated */
/* Behind the ${n} figures at ${out}, as seen at ${at}; the number of all. */
size_t territory_figures(const struct territory_pass *p, struct utc at, struct figure out[FIGURES_MAX],
                         size_t n);

#endif
