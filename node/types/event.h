/*
 * Events: what several records are about together, such as one conjunction or one storm. An event is a function of the set of records that are held,
 * never of the order in which they came. Here: its kinds, its id, and what a record says of it (docs/decisions/0029-events.md). Pure.
 */
#ifndef TYPES_EVENT_H
#define TYPES_EVENT_H

#include "base/limit.h"
#include "base/span.h"
#include "base/utc.h"

#define EVENT_SCOPE_MAX (LIMIT_EVENT_SCOPE_BYTES + 1)
#define EVENT_ID_MAX    (LIMIT_EVENT_ID_BYTES + 1)
#define EVENT_VOICE_MAX (LIMIT_EVENT_VOICE_BYTES + 1)
#define EVENTS_MAX      3 /* that one record is of: R, S and G of a day */

/* What one record says of one event; for struct type. */
struct type_event {
    const char *kind;            /* of event.tbl */
    char scope[EVENT_SCOPE_MAX]; /* what it is about, as event_scope() makes it */
    char voice
        [EVENT_VOICE_MAX]; /* whose word it is, where an origin passes on that of several: "CNES", "sentry" */
    struct utc at;         /* when it happens; zero where the scope alone names the event */
    struct utc issued;     /* when it was said; zero: when the record was made */
    struct utc closes;     /* after that it is over by time alone; zero: no time ends it */
    bool ended;            /* the record says that it is over */
    bool remark;           /* it speaks about an event and is not part of what makes one */
};

/* The kind after ${kind} (NULL: the first); NULL after the last. */
const char *event_kind_next(const char *kind);
/* The one of that name, or NULL. */
const char *event_kind(struct span name);
/*
 * Two records of one mode, kind and scope whose times are at most so far apart are of one event, and so are all that such steps connect: microseconds, as
 * utc_sort_key() counts. 0: the scope alone is the event, and its records have no time. -1: no such kind.
 */
int64_t event_window(const char *kind, const char *scope);

/* Is a scope of that kind made of objects? Those of launches, zones and space weather are not. */
bool event_is_of_objects(const char *kind);

/*
 * What an event is about, from one object or two ("" or NULL: one): each with its blanks as `_` and what else does not belong into a word as `~` and its two hexadecimal digits,
 * in the order of their bytes, with a `+` between. An object that would take more than its half ends in a hash.
 */
void event_scope(char out[EVENT_SCOPE_MAX], const char *a, const char *b);
/* The objects of ${scope}, one or two, at ${part}. */
size_t event_scope_parts(const char *scope, struct span part[2]);

/* A name of an event. Each record of it gives it one, and none is ever given to another. */
struct event_id {
    const char *kind;
    char scope[EVENT_SCOPE_MAX];
    struct utc at; /* a whole minute; zero where the kind has no times */
};
/* "conjunction:norad:25544+norad:40000@2026-11-30T12:34Z", "impact:neo:2024YR4": of a kind and scope as above. */
void event_id_print(const char *kind, const char *scope, struct utc at, char out[EVENT_ID_MAX]);
/* 0, or -1 when ${s} is not what event_id_print() may write. */
int event_id_parse(struct span s, struct event_id *out);

/* What a record says that speaks about the event of that id, issued then (UTC). 0, or -1 when ${id} is none. */
int event_remark(struct span id, struct span issued, struct type_event *out);

#endif
