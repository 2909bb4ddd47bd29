/* The orbits of one object side by side, made from its records as the policy of the node has it. */
#ifndef CLI_OBJECT_ORBITS_H
#define CLI_OBJECT_ORBITS_H

#include "cli/object_records.h"
#include "watch/orbit_view.h"

struct object_orbits {
    struct orbit_view view;
    const struct row *row[ORBIT_VIEW_MAX]; /* given in this order; view.row[].record leads back */
    size_t n;
    bool is_cut;
    struct arena arena;
};

/* ${object}: of the node's answer. */
void object_orbits_make(struct object_orbits *o, const struct object_records *r,
                        const Parallax__V1__Object *object);
void object_orbits_release(struct object_orbits *o);
/* Members of an open JSON object; heads of logs give what each record is complete up to. */
void object_orbits_json(const struct object_orbits *o, const struct object_records *r, struct buf *out);
void object_orbits_print(const struct object_orbits *o, const struct object_records *r);
/* One line: which orbit is preferred and why. */
void object_orbits_explain(const struct object_orbits *o, struct buf *out);

#endif
