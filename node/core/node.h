/*
 * The pure core of a node: logs, sessions, cursors, release and publishing as one state machine, step(state,
 * event) -> actions. No sockets, clock, disk, randomness or globals: time comes with events, salts from a
 * seeded generator, stored bytes through struct node_view. The daemon, and the simulator in tests/simulation,
 * are its adapters. One thread owns a node.
 */
#ifndef CORE_NODE_H
#define CORE_NODE_H

#include "core/roster.h"
#include "core/rows.h"
#include "crypt/sealer.h"
#include "peer.pb-c.h"
#include "record.pb-c.h"

struct node;

/* Reads of what is stored, as of all actions carried out so far. Spans live until the next read. */
struct node_view {
    void *cookie;
    /* As store_batch_get(): 0, 1 = nothing there, -1 = our disk failed. */
    int (*batch)(void *cookie, uint32_t log, uint64_t first, size_t bytes_max, struct store_record *records,
                 size_t records_max, struct store_batch *out);
    /* As tree_range_fn over one log. */
    bool (*range)(void *cookie, uint32_t log, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES]);
    /* Leaf hashes of [from, size), in order. */
    int (*leaves)(void *cookie, uint32_t log, uint64_t from,
                  void (*fn)(void *cookie, const uint8_t leaf[HASH_BYTES]), void *fn_cookie);
    /* What a publish key made: number of ranges, 0 = new, -1 = our disk failed. */
    int (*published)(void *cookie, struct span key, uint32_t part, struct store_range_row *ranges,
                     size_t max);
    /* The note of a version of the roster, 1 first: 0, or 1 when there is none. NULL: none is served. */
    int (*note)(void *cookie, uint64_t version, struct span *out);
    /* What ACTION_EVIDENCE kept of a log: 0, 1 = nothing, -1 = our disk failed. NULL: nothing is kept. */
    int (*evidence)(void *cookie, const uint8_t log[LOG_ID_BYTES], struct span *out);
    /* As store_due(). NULL: nothing is ever due. */
    int (*due)(void *cookie, int64_t now, struct store_due *out, size_t max);
    /* As store_reveal_of(). NULL: nothing is ever revealed. */
    int (*reveal_of)(void *cookie, const uint8_t log[LOG_ID_BYTES], uint64_t index, uint32_t *reveal_log,
                     uint64_t *reveal_index);
};

/* Where the keys of sealed logs are used (crypt/sealer.h); -1: not to be had now, ask again. */
struct node_seal {
    void *cookie;
    int (*items)(void *cookie, struct sealer_item *items, size_t n, struct buf *out);
    int (*wrap)(void *cookie, struct span wrapped, const uint8_t (*to)[32], size_t n,
                uint8_t (*out)[SEAL_WRAPPED_BYTES], struct why *why);
    /* As sealer_keys(): at most LIMIT_WRAP_KEY_COUNT; their number, or -1. NULL: those that the roster lists. */
    int (*keys)(void *cookie, uint8_t (*out)[32], size_t max);
};

struct node_conf {
    const char *name;
    const struct roster *roster; /* borrowed for the life of the node */
    uint8_t seed[32];            /* for salts and ids; never used twice */
    bool copied;                 /* the store is a marked copy: no log of ours goes on from it */
    bool rebuild;                /* the picture is being made from the logs: it was not finished */
    bool fresh_boot;             /* the node (not only its role) was started: boot guards apply */
    int64_t guard_wait_ms, heartbeat_ms, cosign_ms;
    uint64_t quota, quota_alert; /* bytes held of one origin: in data logs, in the others; 0 = any */
    const char *software;
    struct node_view view;
    struct node_seal seal;
};

/* ${logs}: every row of the store. The first event must be EVENT_TICK. */
struct node *node_new(const struct node_conf *conf, const struct store_log *logs, size_t logs_n);
void node_free(struct node *n);

enum event_kind {
    EVENT_TICK,         /* time passes: at least every 250 ms */
    EVENT_LINK_UP,      /* link, peer, lane (0 when the peer dialled), dialled */
    EVENT_LINK_DOWN,    /* link */
    EVENT_FRAME,        /* link, bytes */
    EVENT_PUBLISH,      /* publish */
    EVENT_COMMITTED,    /* every store action so far is on disk */
    EVENT_SIGN_LIST,    /* signed, signed_n, log_key: the signer's answer to ACTION_SIGN_LIST */
    EVENT_SIGNED,       /* signed[0], heartbeat: answer to ACTION_SIGN or ACTION_HEARTBEAT */
    EVENT_SIGN_REFUSED, /* signed[0]: what the signer holds */
    EVENT_WITNESSED,    /* log, size, line: answer to ACTION_WITNESS; size = last cosigned, line.time 0 when
                           refused */
    EVENT_PUMP,         /* go on with what node_has_work() announced */
    EVENT_DISK,         /* disk_low */
    EVENT_AUDIENCE,     /* audience */
    EVENT_DROPPED,      /* log, size: bytes of bodies that are not kept any more */
    EVENT_REBUILD,      /* make the picture once more from the logs */
    EVENT_REFUSED /* why, peer ("" = not known), size = how often: refused before it got here, and logged there */
};

struct event_signed {
    uint8_t log[LOG_ID_BYTES];
    uint64_t size;
    uint8_t root[HASH_BYTES];
    uint8_t signature[SIG_BYTES];
};

struct publish_record {
    const char *type;
    struct span body;
    int kind;           /* 0 = INITIAL */
    struct utc expires; /* zero = absent */
    const Parallax__V1__RecordId *const *references;
    size_t references_n;
    const Parallax__V1__Rights *rights;
    struct utc embargo_until;    /* zero = none */
    const uint8_t *full_version; /* leaf hash of what this is a version for all of; NULL = of nothing */
};

/* One request: all of its records become durable in one batch, or none. */
struct publish {
    uint64_t token;
    struct span key;
    uint32_t part;
    const char *audience, *class_name; /* class "" = the default of the first record's type */
    int mode;
    const struct publish_record *records;
    size_t records_n;
};

/* A change of who reads an audience of this node. */
struct audience_change {
    uint64_t token;
    const char *name;
    char *const *readers, *const *carriers, *const *granted;
    size_t readers_n, carriers_n, granted_n;
    bool create; /* it must not exist; else it must */
};

struct event {
    enum event_kind kind;
    const struct why *why;
    int64_t mono_ms, wall_ms; /* monotonic and POSIX milliseconds, now; in every event */
    uint32_t link;
    const char *peer;
    Parallax__V1__Lane lane;
    bool dialled, disk_low;
    bool hold_bulk; /* in every event: the way out is full, push no bulk for now */
    struct span bytes;
    const struct publish *publish;
    const struct audience_change *audience;
    const struct event_signed *signed_heads;
    size_t signed_n;
    const uint8_t *log_key;  /* that the signer signs with now; NULL: the only one it ever had */
    uint64_t heartbeat_time; /* POSIX seconds; 0 = none */
    uint8_t heartbeat[SIG_BYTES];
    uint8_t log[LOG_ID_BYTES];
    uint64_t size;
    struct cosignature line;
};

enum action_kind {
    ACTION_SEND,       /* link, lane, bytes */
    ACTION_LANE,       /* link, lane: what an accepted link turned out to be */
    ACTION_DROP_LINK,  /* link */
    ACTION_DIAL,       /* peer, lane */
    ACTION_UNDIAL,     /* peer, lane */
    ACTION_LOG_PUT,    /* row */
    ACTION_BATCH_PUT,  /* batch, lane: of its log */
    ACTION_BATCH_SIGN, /* row->no, row->head: the batch that ends at head.size has this anchor */
    ACTION_TRUNCATE,   /* row->no, size */
    ACTION_PUBLISHED,  /* bytes = key, part, range */
    ACTION_SIGN_LIST,
    ACTION_SIGN, /* log, origin_line, size = old size, bytes = leaf hashes, time (0: sign the head alone) */
    ACTION_HEARTBEAT,    /* log, time */
    ACTION_WITNESS,      /* row, origin_line, log_key, size = old size, bytes = proof, time */
    ACTION_ANSWER,       /* token, why (NULL = done), range */
    ACTION_GUARD_PASSED, /* every own log may go on: remember it for this boot */
    ACTION_EVIDENCE,     /* log, bytes: a packed Fork (core/evidence.h), to be kept for good */
    ACTION_ROSTER,       /* bytes = note, size = version: keep it, and start a node with it */
    ACTION_LATE,         /* late */
    ACTION_DISPUTE, /* row, size: of a log that contradicts itself, leaves from size on leave the picture */
    ACTION_ASIDE,  /* row, size: its log ends at row->head by the roster: leaves from size on are put aside */
    ACTION_REFILL, /* subjects, subjects_n: of records that were delivered before */
    ACTION_UNMAKE, /* the picture is emptied; ACTION_REFILLs of all that is believed follow */
    ACTION_REMADE, /* they have come */
    ACTION_EVENT   /* event, text */
};

/* A batch with what it does to the tree and the picture. subject[].delivery is the adapter's: delivery of the
 * batch + (index - first). */
struct action_batch {
    struct store_batch batch;
    const struct store_node *nodes;
    size_t nodes_n;
    const struct store_subject *subjects;
    size_t subjects_n;
    const struct why *quarantines; /* one a record that is quarantined, in order of records */
    const struct store_hold *holds;
    size_t holds_n;
    const struct store_reveal *reveals;
    size_t reveals_n;
    const uint64_t *misses; /* records whose body is to be had elsewhere */
    size_t misses_n;
};

struct action {
    enum action_kind kind;
    uint32_t link, part;
    Parallax__V1__Lane lane;
    uint64_t token, size, time;
    int event; /* enum log_event */
    struct span bytes;
    const char *text, *peer;
    char origin_line[ORIGIN_LINE_MAX];
    uint8_t log[LOG_ID_BYTES];
    uint8_t log_key[SIG_KEY_BYTES];
    const struct store_log *row;
    const struct action_batch *batch;
    const struct store_late *late;
    const struct store_subject *subjects;
    size_t subjects_n;
    const struct why *why;
    struct store_range_row range;
};

/* Actions in the order in which they must be carried out. Everything they point to lives until actions_clear,
 * or is borrowed from the event. */
struct actions {
    struct action *v;
    size_t n, cap;
    void **owned;
    size_t owned_n, owned_cap;
};
void actions_init(struct actions *a);
void actions_clear(struct actions *a);
void actions_release(struct actions *a);

void node_step(struct node *n, const struct event *e, struct actions *out);

/* More to send now: call node_step(EVENT_PUMP) before waiting. */
bool node_has_work(const struct node *n);

/* What people and the api see; read between steps. Pointers live until the next step. */
struct node_log_status {
    const struct store_log *row;
    const char
        *state; /* "open", "guard", "recovering", "following", "complete", "stale", "frozen", "closed" */
    int64_t heartbeat_age_ms; /* -1 = never heard */
    struct {
        const char *node;
        uint64_t stored;
    } holders[LIMIT_MEMBER_COUNT]; /* acknowledged by peers as stored */
    unsigned holders_n;
    uint8_t root[HASH_BYTES]; /* at row->size */
    uint64_t quarantined;     /* since start */
};
/* What is known of how much of log ${i} the member ${peer} has. */
struct node_holder_status {
    uint64_t stored;   /* leaves that it said to have */
    int64_t stored_ms; /* wall clock, when that last grew; 0: not since start */
    int64_t closed_ms; /* wall clock, when it said that it takes no more; 0: it did not */
    uint32_t closed_why;
    bool is_up; /* a session in the lane of the log */
};
void node_holder_status(const struct node *n, size_t i, const char *peer, struct node_holder_status *out);
size_t node_logs_count(const struct node *n);
void node_log_status(const struct node *n, size_t i, struct node_log_status *out);
/* Index for node_log_status, or -1. */
int node_log_find(const struct node *n, const uint8_t log[LOG_ID_BYTES]);
int node_log_find_no(const struct node *n, uint32_t no);

struct node_peer_status {
    const char *name;
    bool alert_up, bulk_up;
    bool quota_reached;     /* no more is taken of what it publishes */
    uint64_t held_bytes;    /* of its logs */
    int64_t clock_ahead_ms; /* of ours, when it greeted last */
    int64_t last_frame_ms;  /* wall clock; 0 = never */
    uint64_t bytes_in, bytes_out;
};
/*
 * Append what the sealed body of a record of log ${i} holds. 0, 1 when this node cannot open it (a carrier; embargoed), -1 with ${why} when it should be able to
 * and it does not open, or nobody was there to open it (STARTING). May read through the view.
 */
int node_open_body(const struct node *n, size_t i, uint64_t index, const Parallax__V1__Header *h,
                   struct span sealed, struct buf *out, struct why *why);
/* The key of that one record, to be shown to whoever may read it then. As node_open_body. */
int node_reveal_key(const struct node *n, size_t i, uint64_t index, const Parallax__V1__Header *h,
                    uint8_t key[SEAL_KEY_BYTES], struct why *why);

size_t node_peers_count(const struct node *n);
void node_peer_status(const struct node *n, size_t i, struct node_peer_status *out);

struct node_reject {
    uint32_t why;     /* enum why_code */
    const char *peer; /* "" = local */
    uint64_t count;
    const char *note; /* the latest */
};
size_t node_rejects_count(const struct node *n);
void node_reject(const struct node *n, size_t i, struct node_reject *out);
/* Is the picture being made once more? Then how many of how many leaves were looked at. */
bool node_rebuilding(const struct node *n, uint64_t *done, uint64_t *total);
bool node_clock_suspect(const struct node *n);
/* Two valid rosters of this version are known; a valid later one no longer lists this node. */
bool node_roster_contested(const struct node *n);
bool node_roster_removed(const struct node *n);

#endif
