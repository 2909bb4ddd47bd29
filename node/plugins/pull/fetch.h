/*
 * One conditional request over HTTP or HTTPS: bounded in time, bytes (unpacked), redirects (to the same host only); nothing but these two schemes,
 * no proxy, no cookies, certificates checked.
 */
#ifndef PLUGINS_PULL_FETCH_H
#define PLUGINS_PULL_FETCH_H

#include "base/buf.h"
#include "plugins/pull/source.h"

#define FETCH_TAG_MAX  200
#define FETCH_NOTE_MAX 300

struct fetch {
    char etag[FETCH_TAG_MAX],
        modified[FETCH_TAG_MAX]; /* in: of the answer before; out: of this one. "" = none */
    long status;                 /* of HTTP; 0 = there was no whole answer */
    int64_t retry_s;             /* Retry-After in seconds; 0 = none */
    struct buf body;             /* of status 200 */
    char note[FETCH_NOTE_MAX];   /* what is wrong; "" = nothing (200 or 304) */
};

void fetch_init(struct fetch *f, uint64_t body_max);
void fetch_release(struct fetch *f);
void fetch_do(struct fetch *f, const struct source *s);

#endif
