/*
 * Everything that a node holds, verified once more from the bytes at rest (docs/operations.md). Believes nothing but the fingerprint of the federation: the chain of rosters gives
 * keys, keys give heads, heads give leaves, leaves give bodies, and these the picture. One thread.
 */
#ifndef CLI_AUDIT_H
#define CLI_AUDIT_H

#include "cli/screen.h"
#include "core/record.h"
#include "core/roster.h"
#include "core/tree.h"
#include "store/store_scan.h"

enum audit_level {
    AUDIT_BAD, /* it does not hold */
    AUDIT_NOTE /* it holds, and a reader should know */
};

struct audit_finding {
    enum audit_level level;
    const char *what;            /* a word: docs/operations.md has them */
    const struct store_log *log; /* NULL: about no log that can be named */
    bool has_leaf;
    uint64_t leaf;
    const char *text; /* what was expected, and what is there */
};
typedef void audit_fn(void *cookie, const struct audit_finding *f);

struct audit_counts {
    uint64_t logs, records, bodies, sealed, signatures, cosignatures, subjects, aside, bad, notes;
};

/* That a log goes on from another at a head. */
struct audit_claim {
    uint8_t log[LOG_ID_BYTES], root[HASH_BYTES];
    uint64_t size;
    uint32_t by; /* store_log.no */
};

struct audit {
    struct store *store;
    const struct roster *const *roster; /* every version, 1 first; at least one */
    size_t rosters;
    audit_fn *found;
    void *cookie;
    struct screen_progress *progress;
    struct audit_counts counts;
    struct store_log *log;
    size_t log_n;
    struct audit_claim *claim;
    size_t claim_n;
    bool picture; /* it is looked at: it is not being made just now */
    struct arena arena;
};

/*
 * Look at all of ${a}->store, which is open for reading. ${a}: store, roster, rosters, found, cookie and progress are filled in. 0, or -1 when the file cannot
 * be read on (logged).
 */
int audit_run(struct audit *a);

/* What the files of it share. */
void audit_say(struct audit *a, enum audit_level level, const char *what, const struct store_log *log,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void audit_say_leaf(struct audit *a, enum audit_level level, const char *what, const struct store_log *log,
                    uint64_t leaf, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
const struct store_log *audit_log_by_no(const struct audit *a, uint32_t no);
const struct store_log *audit_log_by_id(const struct audit *a, const uint8_t id[LOG_ID_BYTES]);
const struct roster *audit_newest(const struct audit *a);
/* The log key of ${origin} with that id in any version of the roster, the newest first: a key that is out of use still proves what it signed. NULL: none. */
const struct roster_key *audit_log_key(const struct audit *a, const char *origin,
                                       const uint8_t log[LOG_ID_BYTES], const uint8_t key_id[KEY_ID_BYTES]);

/* One log: its leaves, heads, lines. audit_log.c; 0 or -1. */
int audit_log_check(struct audit *a, const struct store_log *log, uint64_t quarantined);
/* Head, heartbeat, cosignatures, evidence. audit_head.c */
void audit_head_check(struct audit *a, const struct store_log *log);
/* Is ${c} signed by its origin, or named by the newest roster? Says what is wrong. */
bool audit_head_signed(struct audit *a, const struct store_log *log, const struct checkpoint *c,
                       const char *what, uint64_t leaf);
/* One record, and what the picture has of it. audit_record.c; 0 or -1. */
struct audit_record {
    uint64_t index;
    const struct store_record *record;
    bool is_signed, aside;
    int kind; /* of its header; -1: it cannot be read */
    bool is_quarantined;
};
int audit_record_check(struct audit *a, const struct store_log *log, struct audit_record *r);
/* The rows of the picture whose record was not met on the way. 0 or -1. */
int audit_record_picture(struct audit *a);

#endif
