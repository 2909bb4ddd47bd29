/* What the two files of events share: how they are made (store_event.c) and read (store_event_read.c). */
#ifndef STORE_STORE_EVENT_INTERNAL_H
#define STORE_STORE_EVENT_INTERNAL_H

#include "store/store_internal.h"
#include "types/event.h"

enum { STATE_ENDED = 1, STATE_WITHDRAWN = 2, STATE_REMARK = 4, STATE_STALE = 8 };

#define RECORD_BYTES STORE_MEMBER_BYTES

/* A scope of a kind in a mode. */
struct place {
    uint8_t mode;
    const char *kind, *scope;
    int64_t window;
};

struct member {
    int64_t at, leaf, issued, created, closes;
    const char *origin, *voice;
    int state;
    uint8_t record[RECORD_BYTES];
};

struct cluster {
    int64_t lo, hi, count, closes, first_at, first_created;
    uint8_t first_record[RECORD_BYTES];
};

static inline int64_t
minus(int64_t a, int64_t b)
{
    return a < INT64_MIN + b ? INT64_MIN : a - b;
}

static inline int64_t
plus(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* A statement about a place; NULL after store_fail. */
sqlite3_stmt *store_event_stmt(struct store *s, enum sql sql, const struct place *p);
/* Events that have a member within a window of ${at}: two at most, the later first. Their number, or -1. */
int store_event_touched(struct store *s, const struct place *p, int64_t at, struct cluster out[2]);
int store_event_copy(struct store *s, sqlite3_stmt *st, int column, uint8_t out[RECORD_BYTES]);
/* What a row of EVENT_BEFORE says. */
int store_event_cluster(struct store *s, sqlite3_stmt *st, struct cluster *out);
/* What a row of MEMBER_OF_SCOPE or STANDING_OF says; texts live until the next step. */
int store_event_member(struct store *s, sqlite3_stmt *st, struct member *out);

#endif
