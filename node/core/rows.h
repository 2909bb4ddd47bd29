/*
 * What the core asks the store to keep, and reads back: plain values, defined here because the store stands
 * above the core.
 */
#ifndef CORE_ROWS_H
#define CORE_ROWS_H

#include "core/checkpoint.h"

/* One row a log. ${no} is local and never leaves the node. */
struct store_log {
    uint32_t no; /* 0 = new, set by store_log_put */
    uint8_t id[LOG_ID_BYTES];
    char origin[LIMIT_NAME_BYTES + 1];
    char audience[LIMIT_NAME_BYTES + 1]; /* "" until the descriptor is held */
    char class_name[LIMIT_NAME_BYTES + 1];
    bool own, closed, frozen;
    bool disputed;   /* it contradicts itself: leaves from common on are not believed */
    bool refill;     /* the picture is still to be brought in line with that */
    uint64_t common; /* leaves that are proved to be in both stories */
    uint64_t size;   /* leaves held */
    uint64_t
        tail; /* of an own log, as the store has it: of these, at the end, no signed head is kept over so many */
    uint64_t bytes;               /* of headers and bodies held */
    struct checkpoint head;       /* newest signed head known; size 0 = none */
    struct cosignature heartbeat; /* the origin's, over head; time 0 = none */
    uint32_t cosignatures_n;
    struct cosignature cosignature[LIMIT_COSIG_COUNT]; /* other members', over head */
    uint64_t witnessed;                                /* size that we cosigned last */
    /*
     * Of a named audience, members of the roster in force, a bit each. Not stored: core/audience.c reads them from the first leaves at each start. limit:
     * who is also on the lists of all later logs of the series that are known.
     */
    uint64_t readers, carriers, granted, limit;
};

/* Why a record has no delivered body. */
enum store_body { STORE_BODY_HELD, STORE_BODY_MISSING, STORE_BODY_GONE, STORE_BODY_FILTERED };

/* A record of a batch. */
struct store_record {
    struct span header;
    struct span body;    /* empty unless held */
    uint8_t body_state;  /* enum store_body */
    uint32_t quarantine; /* enum why_code; WHY_NONE = believed */
};

/* A run of leaves as it came, with the head that proves it. */
struct store_batch {
    uint32_t log; /* store_log.no */
    uint64_t first;
    uint32_t count;
    const struct store_record *records;
    struct checkpoint anchor; /* size 0: own batch, not signed yet */
    uint32_t proof_n;
    const uint8_t (*proof)[HASH_BYTES]; /* first + count -> anchor.size */
    int64_t received_ms;                /* POSIX milliseconds, local clock */
};

/* A complete subtree root at level 8, 16 or 24 (struct tree's tree_node_fn). */
struct store_node {
    uint8_t level;
    uint64_t index;
    uint8_t hash[HASH_BYTES];
};

/* What a visible record says of an event (types/event.h). */
struct store_event {
    const char *kind, *scope, *voice;
    int64_t at, issued, closes; /* utc_sort_key(); closes INT64_MAX: no time ends it */
    bool ended, remark;
};
/* SAME: an origin's records state that both identifiers are of one object; MERGE, SPLIT: a person of that origin does. */
enum store_relation { STORE_SAME, STORE_MERGE, STORE_SPLIT };

/* What a visible record does to the picture: the newest of each (type, mode, key, origin) by (epoch, created,
 * log id, index). */
struct store_subject {
    const char *type, *key, *origin;
    const char *object[2]; /* canonical ids, "" = none */
    struct span identity;  /* what it says of who its objects are: groups, types/alias.h */
    uint8_t mode, kind;
    bool aside;             /* disputed: it is delivered, and does nothing to the picture */
    int64_t epoch, created; /* utc_sort_key() */
    uint32_t log;
    uint64_t index;
    uint64_t delivery;
    const struct store_event *events; /* that it is of; none when it is set aside */
    size_t events_n;
};

/* An own record that stays sealed until a time: utc_sort_key(). */
struct store_hold {
    uint64_t index;
    int64_t until;
};

/* A REVEAL record at ${index} of its batch's log, of record (log, target). */
struct store_reveal {
    uint64_t index;
    uint8_t log[LOG_ID_BYTES];
    uint64_t target;
};

/* Why a stored record is looked at again. */
enum store_again {
    STORE_AGAIN_BODY = 1, /* its body is to be had from another peer */
    STORE_AGAIN_CHECK     /* it is in quarantine, and this release may know better */
};

enum store_due_kind {
    DUE_EMBARGO, /* an own record: its time has come, and nobody revealed it yet */
    DUE_REVEAL,  /* it, and the record that opens it, are held */
    DUE_BODY,
    DUE_CHECK
};

/* What is to be done with a record that was stored long ago. */
struct store_due {
    enum store_due_kind kind;
    uint32_t log;
    uint64_t index;
    uint32_t reveal_log; /* of the REVEAL record, with DUE_REVEAL */
    uint64_t reveal_index;
};

/* A record that was stored before and becomes visible now: it takes the next delivery number. */
struct store_late {
    uint32_t log;
    uint64_t index;
    const struct store_subject *subject; /* NULL: not about a subject */
    const struct store_record *record;   /* what is stored of it from now on; NULL: as it was */
    uint32_t reveal_log;                 /* the REVEAL that did it; 0 = none */
    uint64_t reveal_index;
    bool opened;           /* false: nothing becomes visible; that REVEAL is not tried again */
    bool settled;          /* it is not looked at again for another reason */
    const struct why *why; /* with ${record} in quarantine */
};

/* What one publish request made. */
struct store_range_row {
    uint32_t log;
    uint64_t first;
    uint32_t count;
};

#endif
