/* What the word corridor prints: a corridor, and what is known of the object. */
#ifndef CLI_CORRIDOR_WRITE_H
#define CLI_CORRIDOR_WRITE_H

#include "base/buf.h"
#include "cli/pick.h"
#include "types/corridor.h"

struct corridor_report {
    struct corridor c;
    struct borders borders;                           /* of c.borders, where there are any */
    const char *borders_file;                         /* NULL: none */
    char object[SUBJECT_OBJECT_MAX][PICK_OBJECT_MAX]; /* as in struct subject; "" = not known */
    char summary[256];                                /* of the record that gives the window; "" = none */
    double inclination_deg;                           /* below 0: not known */
    bool has_impact;                                  /* the message names a place of impact */
    double impact_deg[2];                             /* latitude, longitude */
    bool has_elements;
    char name[64];
};

/* "text", "json" or "geojson"; NULL: no such format. */
typedef void corridor_write_fn(const struct corridor_report *r, struct buf *out);
corridor_write_fn *corridor_write(const char *format);

#endif
