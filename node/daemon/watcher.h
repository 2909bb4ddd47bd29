/* What the watch role does with one subject: asks the node what each origin says, judges, publishes what has changed. */
#ifndef DAEMON_WATCHER_H
#define DAEMON_WATCHER_H

#include "base/arena.h"
#include "daemon/watchlink.h"
#include "watch/derive.h"

/* A subject in one mode; what is kept of it between two looks. */
struct watcher_subject {
    const struct type *type;
    int mode;
    char key[128];
    int64_t look_ms; /* when to look again, monotonic */
};

struct watcher {
    struct watchlink *link;
    const struct rule_table *rules;
    const struct territory_map *map; /* shapes of its territories; NULL: there are none */
    const char *name;                /* of the node */
    struct arena body, prior, alert; /* of one record, of the alert before, of the alert that is made */
    struct arena orbits;             /* of the orbits of one object */
    struct watcher_claims *claims;   /* what records of types with an extent claim, for rules of pairs */
    struct watcher_tracks *tracks;   /* of re-entries over territories */
    /*
     * Alerts of this node that are not over, by a hash of id and mode: only for these, and for what is to be raised, the alert before is asked for. When there are more
     * than fit it is asked for always.
     */
    uint64_t *open; /* places by their lowest bits, the next free one behind; 0 is free */
    size_t open_n, open_room;
    bool open_is_full;
    /* Subjects whose alerts time alone may change, or that could not be published yet. */
    struct watcher_subject due[LIMIT_WATCH_OPEN_COUNT];
    size_t due_n;
    bool due_was_full; /* said once */
    uint64_t judged
        [LIMIT_RULE_COUNT]; /* records that each rule was held against; the reporter counts from 0 again */
    int64_t say_ms;         /* monotonic: before then nothing is said of what could not be published */
};

/* All are borrowed. */
struct watcher *watcher_new(struct watchlink *link, const struct rule_table *rules,
                            const struct territory_map *map, const char *name);
void watcher_free(struct watcher *w);
void watcher_clear(struct watcher *w); /* forget what was open and due */

/* Is the type named by a rule? */
bool watcher_knows(const struct watcher *w, const struct type *type);
/* Judge the subject of a record that has become visible. 0, or -1 when the node was lost: what was asked must be asked again. */
int watcher_take(struct watcher *w, const Parallax__V1__RecordRow *row);
/* An alert of this node that was found at the start: remembered, or ended when its rule is in force no longer. As watcher_take. */
int watcher_take_own(struct watcher *w, const Parallax__V1__RecordRow *row);
/* Look again at what is due. As watcher_take. */
int watcher_look(struct watcher *w);
/* Milliseconds until something is due, at most ${max}. */
int64_t watcher_wait_ms(const struct watcher *w, int64_t max);

#endif
