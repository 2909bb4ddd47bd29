/* The table of feeds (config/sources.yaml): what is asked for, how often at most, and as what it is published. Pure but for source_load(). */
#ifndef PLUGINS_PULL_SOURCE_H
#define PLUGINS_PULL_SOURCE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/why.h"

#define SOURCE_COUNT_MAX 32
#define SOURCE_NAME_MAX  40

struct source {
    const char *name; /* a word: files of its state begin with it */
    const char *url;  /* http or https */
    const char *format, *mode, *audience;
    const char *content; /* the media type must begin so; "" = any but HTML */
    const char *
        split; /* "none": one publication; "": records are the elements of the array; else of the array in this member */
    int64_t interval_s; /* between two requests, at least; never less than the host's own limit */
    int64_t late_s;     /* without a good answer for so long it is told to be late */
    int64_t denied_s;   /* no request for so long after 401, 403, 404, 410 or 451 */
    int64_t timeout_s;  /* of one request */
    uint64_t body_max;  /* bytes, unpacked */
    bool enabled;
};

struct source_table {
    struct source source[SOURCE_COUNT_MAX];
    size_t n;
    struct buf text;
    struct arena arena;
};

void source_init(struct source_table *t);
void source_release(struct source_table *t);
/* Read the file ${path}. 0, or -1 with ${why}. */
int source_load(struct source_table *t, const char *path, struct why *why);

/* The least interval that is kept with the host of ${url}, s, whatever the table says. */
int64_t source_floor_s(const char *url);

#endif
