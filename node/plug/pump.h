/*
 * One plugin while the node runs: its process, what it is given and what it answers, its cursor. For the poll loop of the plug role: nothing
 * blocks but the write of a cursor. What a plugin does wrong ends its process, is logged and shown; nothing of it reaches the node or the others.
 */
#ifndef PLUG_PUMP_H
#define PLUG_PUMP_H

#include <poll.h>

#include "plug/ack.h"
#include "plug/backoff.h"
#include "plug/cursor.h"
#include "plug/feed.h"
#include "plug/publication.h"
#include "plug/spawn.h"
#include "plug/stanza.h"
#include "plug/window.h"

#define PUMP_FDS       5 /* at most, of one plugin */
#define PUMP_ERROR_MAX 240

struct pump_place {
    const char *folder; /* of all plugins */
    const char *socket; /* of the api */
    const char *node;   /* name */
};

enum pump_state { PUMP_OFF, PUMP_REFUSED, PUMP_WAITING, PUMP_RUNNING, PUMP_STOPPING };

struct pump_now {
    int64_t mono_ms, wall_ms;
};

/* Lines on the standard error of a plugin. */
struct pump_said {
    char line[LIMIT_PLUGIN_SAID_BYTES];
    size_t n;
    int64_t second;
    unsigned logged, unlogged; /* in that second */
};

/* A publication of a plugin on its way to the node, and the reply on its way back. Nothing else is heard of the plugin until it is answered. */
struct pump_publish {
    enum {
        PUMP_PUBLISH_NONE,
        PUMP_PUBLISH_HELD,
        PUMP_PUBLISH_GOING
    } step;          /* HELD: beyond its rate, or just come */
    struct buf json; /* of it */
    struct buf rest; /* what was read behind it */
    struct publication publication;
    struct feed feed;
    size_t first; /* record of the part that is asked for */
    uint32_t part;
    struct buf ids;   /* of the parts before it */
    struct buf reply; /* waits for the end of a line */
    int64_t retry_ms; /* monotonic */
    int64_t spent_ms; /* up to then its rate is used up */
    uint64_t records, denied;
};

struct pump {
    const struct pump_place *place;
    char name[STANZA_NAME_MAX + 1];
    enum pump_state state;
    int64_t since_ms; /* wall */
    bool leaving;     /* its configuration is gone: it ends, and then this does */
    struct stanza stanza, next;
    bool has_next; /* a newer configuration, for when the process has ended */
    struct spawn child;
    int64_t started_ms, progress_ms, start_at_ms, kill_ms; /* monotonic; kill_ms 0 = not asked to end */
    bool terminated;                                       /* SIGTERM was sent */
    struct backoff backoff;

    struct feed feed;
    int64_t ask_at_ms;
    Parallax__V1__Answer *page;
    size_t row;      /* of the page, the next one */
    struct buf line; /* being written */
    size_t line_at;
    struct window window;
    struct ack ack;
    struct pump_publish publish;
    struct pump_said said;
    int64_t read_second;
    size_t out_bytes, err_bytes; /* read in that second */

    struct cursor cursor, stored;
    uint64_t unstored; /* acknowledged since it was stored */
    int64_t store_at_ms;

    unsigned strange; /* answers of this run that were none */
    uint64_t records, restarts, nonsense, lines;
    char error[PUMP_ERROR_MAX];  /* the last one */
    int64_t error_ms;            /* wall */
    char reason[PUMP_ERROR_MAX]; /* why this run is being ended; "" = it is not, or as it should */
};

/* A plugin of that name, with its cursor and no configuration yet. */
struct pump *pump_new(const char *name, const struct pump_place *place, struct pump_now now);
/* Stores the cursor. The process has ended. */
void pump_free(struct pump *p);

/* Read its configuration again: what changed ends the process gently, and the new one goes on where it stopped. A configuration that is wrong is
 * logged, and the one before stays in force. */
void pump_load(struct pump *p, struct pump_now now);
/* The configuration is gone, or the node stops: end. pump_is_over() tells when. */
void pump_leave(struct pump *p, struct pump_now now);
bool pump_is_over(const struct pump *p);
/* Go on with the record of the order in NAME.replay, if there is one. */
void pump_replay(struct pump *p, struct pump_now now);

/* Fill ${out} (PUMP_FDS); how many. pump_step() gets the same back after poll(2). */
size_t pump_fds(const struct pump *p, struct pollfd *out, struct pump_now now);
void pump_step(struct pump *p, const struct pollfd *fds, size_t n, struct pump_now now);
/* Its process was reaped. */
void pump_ended(struct pump *p, int status, struct pump_now now);
/* Monotonic milliseconds: when pump_step() has something to do without a descriptor. */
int64_t pump_due(const struct pump *p, struct pump_now now);

/* Borrowed from ${p}. */
void pump_status(const struct pump *p, Parallax__V1__PluginStatus *out);

#endif
