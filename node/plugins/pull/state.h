/* What is remembered of a feed over restarts, in small files of the plugin's folder: NAME.state, NAME.body (the last good answer), NAME.new (being published). */
#ifndef PLUGINS_PULL_STATE_H
#define PLUGINS_PULL_STATE_H

#include "base/buf.h"
#include "plugins/pull/fetch.h"

#define STATE_PATH_MAX (SOURCE_NAME_MAX + 16)

struct state {
    int64_t first_s, next_s, ok_s,
        told_s; /* POSIX: begun; next request; last good answer (0 = none); last told to be late (0 = it is not) */
    int64_t fails;       /* in a row */
    uint64_t generation; /* of the body: part of the keys of what is published */
    char etag[FETCH_TAG_MAX], modified[FETCH_TAG_MAX];
};

/* "celestrak.state" for the end ".state". */
void state_path(const char *name, const char *end, char out[STATE_PATH_MAX]);
/* What cannot be read counts as not there, but for the time: then nothing is asked for before ${now_s} + ${interval_s}. */
void state_load(struct state *st, const char *name, int64_t now_s, int64_t interval_s);
/* On disk when it returns. 0, or -1 with errno. */
int state_store(const struct state *st, const char *name);

/* Seconds until the next request after a failure of that HTTP status (0 = none came): at least the interval, doubling; ${chance} is 0..255. Pure. */
int64_t state_delay_s(const struct source *s, const struct fetch *f, int64_t fails, unsigned chance);

#endif
