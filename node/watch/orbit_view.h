/*
 * Orbits of one object side by side: which one is preferred and why, how far each is from it at a common epoch, and which are stale (docs/objects.md).
 * Nothing is averaged and nothing is propagated beyond what its source means. Pure.
 */
#ifndef WATCH_ORBIT_VIEW_H
#define WATCH_ORBIT_VIEW_H

#include "api.pb-c.h"
#include "base/limit.h"
#include "types/type.h"

#define ORBIT_VIEW_MAX 128 /* orbits of one object that are looked at: two forms of each member */

/* orbit_policy of node.yaml. */
struct orbit_view_policy {
    const char *order;     /* words: operator owner covariance fresh */
    const char *operators; /* OBJECT=NODE with blanks between */
    double stale_leo_h, stale_high_h;
    double disagree_leo_km, disagree_high_km;
};

struct orbit_view_row {
    /* given */
    const struct type *type;
    const ProtobufCMessage *msg;
    const char *origin;
    const char *record; /* its id */
    struct utc created; /* of the record */
    bool is_operator;   /* the policy says that its origin operates the object */
    bool is_owner;      /* its origin alone registered the object */
    /* found out */
    const char *means;      /* "SGP4", "states", "nothing to compute with" */
    char note[160];         /* why nothing can be computed; "" = it can */
    struct utc epoch;       /* of the elements or the last state; zero when not known */
    struct utc start, stop; /* of states */
    bool is_high;           /* period of 225 minutes or more */
    double sigma_km;        /* 0: not stated */
    double age_h;           /* of the epoch; below 0: it is to come */
    bool is_stale;
    bool is_compared; /* with the preferred one */
    double distance_km;
    struct utc compared_at;
    bool disagrees;
    char compare_note[160]; /* why it is not compared, or what the figure rests on */
    /* for orbit_view_make() */
    struct sgp4 sgp4;
    struct type_path path;
};

struct orbit_view {
    struct orbit_view_row row[ORBIT_VIEW_MAX]; /* the preferred one first */
    size_t n;
    char why[240]; /* why it is preferred; "" when there is none */
};

#define ORBIT_VIEW_REGISTERS "registration-json" /* a format of the type that makes its origin the owner */

/* What decides of the orbits of one object: as the node says it, and borrowed from its answer. */
struct orbit_view_object {
    struct orbit_view_policy policy;
    const char *id[LIMIT_OBJECT_ALIAS_COUNT]; /* those that are joined */
    size_t n;
    const char *owner; /* an origin that registered it; NULL: none did */
    bool has_owners;   /* several did: none is the owner */
};
void orbit_view_take(struct orbit_view_object *o, const Parallax__V1__OrbitPolicy *policy,
                     const Parallax__V1__Object *object);
/* ${origin} registered the object. */
void orbit_view_registered(struct orbit_view_object *o, const char *origin);
/* Is the origin of ${r} operator or owner of the object? */
void orbit_view_rate(const struct orbit_view_object *o, struct orbit_view_row *r);
/* ${v}->row[0 .. n) are given: the rest is found out as of ${now}. States go to memory of ${a}. */
void orbit_view_make(struct orbit_view *v, const struct orbit_view_policy *p, struct utc now,
                     struct arena *a);

#endif
