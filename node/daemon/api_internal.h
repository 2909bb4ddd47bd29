/* What the files of the api server share; nobody else includes it. */
#ifndef DAEMON_API_INTERNAL_H
#define DAEMON_API_INTERNAL_H

#include "daemon/api.h"
#include "base/arena.h"
#include "base/buf.h"
#include "core/identity.h"
#include "core/sift.h"
#include "types/type.h"

/* A tail request that may wait; survives between steps. */
struct api_tail {
    uint64_t after; /* looked at up to here */
    bool more;      /* there may be more to look at now */
};

/* One request while it is answered. */
struct api_call {
    const struct api_ctx *ctx;
    const Parallax__V1__Request *request;
    Parallax__V1__Answer
        *answer; /* a handler sets its part; pointers into arena, text, or borrowed from node and ctx */
    struct arena *arena;   /* of the answer */
    struct arena *scratch; /* of one record: cleared for each */
    struct buf *text;      /* one large text of the answer; empty at first */
    struct buf *plain;     /* the sealed body that was opened last */
    struct api_tail *tail; /* tail only */
    uint64_t visible;      /* newest delivery number that is on disk */
    struct buf *plugins;   /* the last PluginsRequest, packed; empty at first */
    struct buf *feeds;     /* the last FeedsRequest, likewise */
    struct api_view *view; /* events as they are joined (api_view.h); NULL until one is asked for */
    struct why why;
};

/*
 * Fill call->answer. 0; 1 = nothing yet (tail only); -1 with call->why, or without when the store failed,
 * which it logged. Every row that leaves passed may_release().
 */
typedef int api_fn(struct api_call *call);
api_fn api_status_node, api_status_logs, api_log_answer, api_record_answer, api_record_holders,
    api_query_answer, api_tail_answer, api_prove_answer, api_picture_answer, api_audiences_answer,
    api_release_answer, api_plugins_answer, api_event_list, api_event_answer, api_objects_answer,
    api_picture_rebuild, api_feeds_answer;

/* api_answer.c */
/* Zeroed, in the call's arena; NULL with why when it is full. */
void *api_answer_alloc(struct api_call *c, size_t n);
/* Text that lives until the answer is packed, for a generated struct that does not say const. */
char *api_answer_text(const char *text);
/* A copy in the arena; empty when the arena is full. */
ProtobufCBinaryData api_answer_bytes(struct api_call *c, struct span s);
int api_answer_refuse(struct api_call *c, enum why_code code, const char *field, const char *note); /* -1 */
/* utc_sort_key() of the wall clock. */
int64_t api_answer_now(const struct api_call *c);
/* Eight bytes of a cursor. */
int64_t api_answer_be64(const uint8_t *p);
/* "fr-cnes/open/data" in the arena; "" until the descriptor is held; NULL when the arena is full. */
char *api_answer_series(struct api_call *c, const struct store_log *log);
/* The log of that id, if this node's own people may see it. "No such log" and "not for you" read the same. 0
 * or -1. */
int api_answer_log(struct api_call *c, ProtobufCBinaryData id, struct node_log_status *out);
/* The same for the log of a record that is held. */
int api_answer_leaf(struct api_call *c, const Parallax__V1__RecordId *id, struct node_log_status *out);

/*
 * What the sealed body of ${r} holds, in the call's own buffer until the next call; ${r} is copied first, for this may read from the store. 0; 1 when this node
 * cannot open it; -1 when it should be able to.
 */
int api_answer_plain(struct api_call *c, const struct store_log *log, uint64_t index,
                     const Parallax__V1__Header *h, struct span body, struct span *plain);

/* api_plugins.c: what the plug role said last goes into ${out}. 0 or -1. */
int api_plugins_fill(struct api_call *c, Parallax__V1__StatusAnswer *out);
/* api_feeds.c: the same for the feed role. */
int api_feeds_fill(struct api_call *c, Parallax__V1__StatusAnswer *out);

/* api_status.c */
/* One log as people see it; NULL when the arena is full. */
Parallax__V1__LogStatus *api_status_log(struct api_call *c, const struct node_log_status *in);

/* api_page.c: rows of one answer, bounded in number and bytes. */
#define API_PAGE_LOGS 16
struct api_page {
    struct api_call *call;
    size_t max, n;
    size_t bytes;
    Parallax__V1__RecordRow **rows;
    struct api_page_log {            /* logs met, by number */
        uint32_t no;                 /* 0 = empty: numbers start at 1 */
        const struct store_log *row; /* NULL: not known, or not released */
        char *series;
        int64_t complete_ms; /* RecordRow.complete_ms */
    } log[API_PAGE_LOGS];
};
/* At most ${limit} rows, 0 or too many = LIMIT_API_PAGE_COUNT. 0 or -1. */
int api_page_init(struct api_page *p, struct api_call *c, uint32_t limit);
/* The log of that number if its records may leave, or NULL. */
const struct store_log *api_page_log(struct api_page *p, uint32_t no);
/* Up to when all of that log is held here: RecordRow.complete_ms. */
int64_t api_page_complete(struct api_page *p, uint32_t no);
/* Add a copy. 0; 1 = the page is full, nothing was added (never for the first row); -1. A log that is not
 * released adds nothing. */
int api_page_add(struct api_page *p, uint32_t log, uint64_t index, const struct store_record *r,
                 uint64_t delivery, int64_t received_ms);
/* Fetch it from the store and add it; what is not held adds nothing. As api_page_add. */
int api_page_fetch(struct api_page *p, uint32_t log, uint64_t index);
/* The page becomes the answer; ${cursor} may be empty. 0 or -1. */
int api_page_end(struct api_page *p, struct span cursor);

/* api_objects.c */
/*
 * The object that a person or program means by ${id}, canonical, or a name: what is of it in ${out}. A name that several objects have is refused with what they are. 0,
 * or -1 with why (without when the store failed).
 */
int api_objects_find(struct api_call *c, const char *id, int mode, struct identity *out);

/* What is joined with ${id}, canonical and no name (identity_join()). 0, or -1 when the store failed. */
int api_objects_join(struct api_call *c, const char *id, int mode, struct identity *out);

/* api_event.c: is an event that the record is a member of in that state? 1, 0; 2: it is of none; -1. */
int api_event_has(struct api_call *c, uint32_t log, uint64_t index, const char *state);

/* api_match.c: which records a query, a history walk or a tail is about. */
struct api_match {
    char *const *types; /* names; none = all */
    size_t types_n;
    const char **objects; /* all identifiers of the one that is asked for; none = all */
    size_t objects_n;
    const char **others; /* the same of the other one of a pair */
    size_t others_n;
    const char *origin; /* "" = all */
    int mode;
    unsigned modes; /* 1 << each mode wanted; 0 = mode alone */
    bool dated;     /* since and until count: what has no epoch does not fit */
    enum api_match_time { API_EPOCH, API_CREATED, API_RECEIVED } time; /* what they are of */
    int64_t since, until;                                              /* utc_sort_key(), both included */
    const char *state; /* QueryRequest.state; "" or NULL = all */
    bool quarantined;  /* those instead of the believed ones */
    bool disputed;     /* those instead; else of the disputed ones alerts only */
    struct sift sift;
};
int api_match_mode(struct api_call *c, int mode, int *out); /* REAL when unspecified */
int api_match_modes(struct api_call *c, const Parallax__V1__Mode *modes, size_t n, struct api_match *m);
int api_match_types(struct api_call *c, char *const *types, size_t n, struct api_match *m);
/* Region and expression, "" where they are not asked for. */
int api_match_sift(struct api_call *c, const char *region, const char *where, struct api_match *m);
/* All identifiers of ${object} in ${mode}, once a mode; "" = all records. */
int api_match_object(struct api_call *c, const char *object, int mode, struct api_match *m);
int api_match_query(struct api_call *c, const Parallax__V1__QueryRequest *q, struct api_match *m);
bool api_match_record(struct api_call *c, const struct api_match *m, const struct store_log *log,
                      uint64_t index, const struct store_record *r);
/* Of a record that fits in everything else: does it fit region and expression? */
bool api_match_fits(struct api_call *c, const struct api_match *m, const struct store_log *log,
                    uint64_t index, const struct store_record *r);
/* What it costs to look at ${r}: 1 a header, more where its body is opened. */
unsigned api_match_cost(const struct api_match *m, const struct store_record *r);
bool api_match_latest(const struct api_match *m, const struct store_latest *row);
/* Is there something that costs more to look at: the time of receipt, the state? */
bool api_match_is_late(const struct api_match *m);
/* Does what costs more fit, too: the time of receipt, the state? After one of the two above. 1, 0, or -1. */
int api_match_late(struct api_call *c, const struct api_match *m, const struct store_log *log, uint64_t index,
                   const struct store_record *r, int64_t received_ms);
/* The one type that is asked for, or NULL: what segments are skipped by. */
const char *api_match_one_type(const struct api_match *m);

/* api_picture_event.c: the events in the picture, a line a member, after all rows; ${cursor} begins with API_PICTURE_EVENTS. As api_picture_answer. */
#define API_PICTURE_EVENTS "event "
api_fn api_picture_events;

/* api_walk.c: visible records in the order of delivery, a bounded piece at a time. */
struct api_walk {
    struct api_page *page;
    const struct api_match *match;
    bool forward;
    uint64_t next; /* in: where to begin; out: where to go on, UINT64_MAX = all was looked at */
};
/* 0 or -1. */
int api_walk_step(struct api_walk *w);

#endif
