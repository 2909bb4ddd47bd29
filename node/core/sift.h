/*
 * A region and an expression, as a reader asks for them (docs/filters.md): the one piece of code behind the filters of plugins, `tail`, `query` and libparallax. Both have to
 * hold. A record that is sealed and cannot be opened fits neither, and one that states no place on the Earth fits no region. Pure.
 */
#ifndef CORE_SIFT_H
#define CORE_SIFT_H

#include "astro/area.h"
#include "core/where.h"

struct sift {
    const struct where *where; /* NULL: none is asked for */
    struct area_list region;
    bool has_region;
};

/*
 * Read both, each "" where it is not asked for, into memory of ${a}, which outlives ${s}. 0, or -1 with ${why}: line and column in the text that why->field names, "region"
 * or "where", and what was expected.
 */
int sift_read(struct sift *s, struct span region, struct span where, struct arena *a, struct why *why);

/* Is anything asked for? */
static inline bool
sift_is_on(const struct sift *s)
{
    return s->where != NULL || s->has_region;
}

bool sift_fits(const struct sift *s, const struct where_record *r);

#endif
