/* What the parts of the watcher share. The watch role's thread. */
#ifndef DAEMON_WATCHER_INTERNAL_H
#define DAEMON_WATCHER_INTERNAL_H

#include "core/record.h"
#include "daemon/watcher.h"
#include "watch/territory.h"

#define WATCHER_ASK_MS   30000
#define WATCHER_LOOK_MS  60000 /* between two looks at what time alone may change */
#define WATCHER_RETRY_MS 1000  /* before what could not be published is tried again */
#define WATCHER_KEY_BYTES                                                                                    \
    208 /* of what an alert is about: two labels of a pair, or a subject over a territory */

/* What rules of a relation want to know of a record beside its figures. */
struct watcher_fact {
    bool has_window, has_extent;
    struct utc opens, closes;
    struct type_extent extent;
    char object[SUBJECT_OBJECT_MAX][64];
};

/* A record that an alert follows from, and the view that it belongs to. */
struct watcher_input {
    const char *id;
    Parallax__V1__RecordId *reference;
    size_t view;
};

/* What every origin says of one subject now. */
struct watcher_views {
    struct subject subject;
    const char *key, *name; /* of a relation; NULL: the subject's */
    struct judge_view view[LIMIT_MEMBER_COUNT];
    struct watcher_fact fact[LIMIT_MEMBER_COUNT];
    char id[LIMIT_MEMBER_COUNT][RECORD_ID_TEXT_MAX];
    size_t n;
    struct watcher_input input[2 * LIMIT_MEMBER_COUNT];
    size_t inputs;
    Parallax__V1__Answer *answer; /* what origins and references point into */
};

/* watcher_ask.c */
Parallax__V1__Header *watcher_open_row(const Parallax__V1__RecordRow *row, struct arena *a,
                                       const struct type **type, const ProtobufCMessage **msg);
/* The same, behind what ${a} has already. */
Parallax__V1__Header *watcher_open_row_behind(const Parallax__V1__RecordRow *row, struct arena *a,
                                              const struct type **type, const ProtobufCMessage **msg);
/* 0, or -1: the node was lost, or refused. ${out}->answer is freed by the caller. */
int watcher_ask_views(struct watcher *w, const struct watcher_subject *s, struct watcher_views *out);
int watcher_ask_prior(struct watcher *w, const char *key, int mode, const Parallax__V1__Alert **out,
                      char id[RECORD_ID_TEXT_MAX]);

/* watcher_open.c: alerts of this node that are not over, and subjects that are looked at again */
uint64_t watcher_open_hash(const char *id, int mode);
void watcher_open_clear(struct watcher *w);
bool watcher_open_is(const struct watcher *w, uint64_t hash);
void watcher_open_set(struct watcher *w, uint64_t hash, bool open);
/* Is the alert of ${rule} about ${key} open? */
bool watcher_open_about(const struct watcher *w, const struct rule *rule, const char *key, int mode);
/* Again at ${look_ms}; 0: no more. */
void watcher_open_due(struct watcher *w, const struct watcher_subject *s, int64_t look_ms);
/* More than can be looked at: said once, and no watch is clear from now on. */
void watcher_open_full(struct watcher *w, size_t subjects);

/* watcher_apply.c */
/* 0; 1 = the node refused it for now; -1 = lost. */
int watcher_publish(struct watcher *w, const Parallax__V1__Alert *alert, int mode, const char *before,
                    Parallax__V1__RecordId **reference, size_t references);
/* One rule and what is said of one subject. ${look_ms} sinks to when it is to be looked at again. 0 or -1. */
int watcher_apply(struct watcher *w, const struct rule *rule, const struct watcher_subject *s,
                  const struct watcher_views *v, int64_t *look_ms);

/* watcher_claim.c: rules of pairs */
struct watcher_claims;
void watcher_claim_free(struct watcher_claims *c);
void watcher_claim_clear(struct watcher *w);
int watcher_claim_apply(struct watcher *w, const struct rule *rule, const struct watcher_subject *s,
                        const struct watcher_views *v, int64_t *look_ms);

/* watcher_track.c: rules of territories */
struct watcher_tracks;
void watcher_track_free(struct watcher_tracks *t);
bool watcher_track_is_quiet(struct watcher *w, const struct rule *rule, const struct watcher_subject *s,
                            const ProtobufCMessage *msg);
/* ${v} is changed on the way, and as it was at the end. */
int watcher_track_apply(struct watcher *w, const struct rule *rule, const struct watcher_subject *s,
                        struct watcher_views *v, int64_t *look_ms);
/* Is what ${alert} is about a territory that is still named? */
bool watcher_track_is_named(const struct watcher *w, const Parallax__V1__Alert *alert);

/* watcher_orbit.c: the preferred mean elements of an object */
struct watcher_orbit {
    bool is_known;
    struct type_sgp4 mean; /* without its name */
    char id[RECORD_ID_TEXT_MAX];
};
/* 0, or -1 when the node was lost. */
int watcher_orbit_ask(struct watcher *w, const char *object, int mode, struct watcher_orbit *out);

#endif
