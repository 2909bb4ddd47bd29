/*
 * Events as they are read: what the store keeps under each identifier of an object is one event where the identifiers are of one object here
 * (docs/decisions/0036-joined-events.md). For the files of the api server. The core's thread.
 */
#ifndef DAEMON_API_VIEW_H
#define DAEMON_API_VIEW_H

#include "base/text.h"
#include "daemon/api_internal.h"
#include "types/event.h"

#define API_FAMILIES 16

/* Parts of scopes that mean one object: those that name an event of a kind. */
struct api_family {
    const char *kind;         /* NULL: this row is free */
    char of[EVENT_SCOPE_MAX]; /* that was asked about */
    char part[LIMIT_EVENT_ALIAS_COUNT][EVENT_SCOPE_MAX / 2 + 1];
    size_t n; /* at least the one that was asked about */
};

/* What one request knows of objects, and one event. */
struct api_view {
    struct api_call *call;
    uint8_t mode;
    unsigned reads; /* look-ups of identifiers so far: what a page is bounded by */
    struct identity *object;
    char name[ALIAS_BYTES];
    struct api_family family[API_FAMILIES];
    size_t families;
    struct store_event_row event; /* joined: its scope is that of the member that was created first */
    char scope[LIMIT_EVENT_SCOPES_COUNT][EVENT_SCOPE_MAX]; /* in which its parts may be */
    size_t scopes;
    struct store_event_row part[LIMIT_EVENT_PARTS_COUNT]; /* as the store has them */
    size_t parts;
    bool grown; /* while they are gathered */
};

/* NULL when there is no memory. */
struct api_view *api_view_new(struct api_call *c, int mode);
/* The event that ${e} is a part of. 0 or -1. */
int api_view_make(struct api_view *v, const struct store_event_row *e);
/* As store_event_find(), by any name of any of its identifiers. */
int api_view_find(struct api_view *v, const char *kind, const char *scope, int64_t at);
/* As store_event_members(), at most ${max} after ${after}: how many, with *${more}, or -1. */
int api_view_members(struct api_view *v, const struct store_member *after, struct store_member *out,
                     size_t max, bool *more);
/* As store_event_standing(). */
int api_view_standing(struct api_view *v, store_member_fn *fn, void *cookie);
/* Is ${e} the part by which a list tells the event, of those that were there when the newest delivery number was ${then}? 1, 0, or -1. */
int api_view_leads(struct api_view *v, const struct store_event_row *e, uint64_t then, bool changed);

/* api_family.c: NULL when the store failed. Until the next call. */
const struct api_family *api_family_of(struct api_view *v, const char *kind, struct span part);

#endif
