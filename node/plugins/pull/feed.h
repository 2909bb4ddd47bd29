/* One feed while the plugin runs: asked when it is due, compared with the answer before, what changed is published. One thread. */
#ifndef PLUGINS_PULL_FEED_H
#define PLUGINS_PULL_FEED_H

#include "plugins/line.h"
#include "plugins/pull/state.h"

struct feed {
    const struct source *source;
    struct state state;
    bool pending;              /* NAME.new is there: to be published before anything else is asked for */
    int64_t retry_s;           /* POSIX: when that is tried again */
    char note[FETCH_NOTE_MAX]; /* of the last failure */
};

void feed_init(struct feed *f, const struct source *s, int64_t now_s);
/* POSIX seconds: when feed_step() has something to do. */
int64_t feed_due_s(const struct feed *f);
/* 0; -1 when the node has closed the lines ${l}, or nothing can be written: the plugin ends. */
int feed_step(struct feed *f, struct line *l, int64_t now_s);

#endif
