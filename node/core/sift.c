#include "core/sift.h"

#include <stdio.h>

#include "core/region.h"

#define PLACES_BYTES 1048576 /* all outlines of one record, and those while they are drawn */

/* -1, with the one that is wrong as the field. */
static int
name(struct why *why, const char *field)
{
    if (why->field[0] == '\0')
        (void)snprintf(why->field, sizeof why->field, "%s", field);
    return -1;
}

int
sift_read(struct sift *s, struct span region, struct span where, struct arena *a, struct why *why)
{
    *s = (struct sift){.has_region = region.n > 0};
    area_list_init(&s->region, a);
    if (s->has_region && region_read(region, &s->region, why) != 0)
        return name(why, "region");
    if (where.n == 0)
        return 0;
    s->where = where_read(where, a, why);
    return s->where != NULL ? 0 : name(why, "where");
}

static bool
fits_region(const struct sift *s, const struct where_record *r)
{
    struct area_list places;
    struct arena a;
    bool meets;

    if (r->msg == NULL || r->type->places == NULL)
        return false;
    arena_init(&a, PLACES_BYTES);
    area_list_init(&places, &a);
    r->type->places(r->msg, &places);
    meets = area_list_meets(&s->region, &places);
    arena_release(&a);
    return meets;
}

bool
sift_fits(const struct sift *s, const struct where_record *r)
{
    if (!sift_is_on(s))
        return true;
    /* Its header alone would tell when, of what type and how often somebody speaks to others. */
    if (r->header == NULL || (r->header->sealing != PARALLAX__V1__SEALING__NONE && r->msg == NULL))
        return false;
    return (!s->has_region || fits_region(s, r)) &&
           (s->where == NULL || where_judge(s->where, r) == WHERE_TRUE);
}
