/* The newest mean elements of each object, of whichever origin, in memory and in a file. One thread. */
#ifndef PLUGINS_SCREEN_CATALOGUE_H
#define PLUGINS_SCREEN_CATALOGUE_H

#include "astro/sgp4.h"
#include "base/span.h"
#include "plugins/value.h"

#define CATALOGUE_COUNT_MAX 131072 /* objects: all that are tracked today, four times */
#define CATALOGUE_NAME_MAX  32

struct object {
    uint32_t number;               /* NORAD */
    char name[CATALOGUE_NAME_MAX]; /* printable ASCII, cut */
    struct sgp4_elements elements;
};

struct catalogue {
    struct object *object;
    size_t n, cap;
    uint32_t *slot; /* hash of the number -> index + 1; 0 = free */
    size_t slots;
    uint64_t changes; /* so far */
};

void catalogue_init(struct catalogue *c);
void catalogue_release(struct catalogue *c);

/* Mean elements of the body of a record as JSON. 0; -1 when SGP4 means nothing for it, or it has no catalogue number. */
int catalogue_read(const struct value *body, struct object *out);
/* Keep ${o} unless what is here is as new. False when there is no room for another object. */
bool catalogue_put(struct catalogue *c, const struct object *o);

/* 0, also when there is no such file; -1 with errno. A line that cannot be read is left out. */
int catalogue_load(struct catalogue *c, const char *path);
int catalogue_store(const struct catalogue *c, const char *path);

#endif
