/* What the files of the store share. Nobody else includes this. */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include <sqlite3.h>

#include "store/store.h"

/* A leaf as one integer: log << 40 | index (schema.c). */
#define LEAF_INDEX_BITS 40
#define LEAF_LOG_MAX    ((1u << 23) - 1)
#define LEAF_INDEX_MAX  ((1ull << LEAF_INDEX_BITS) - 1)

static inline int64_t
leaf_of(uint32_t log, uint64_t index)
{
    return (int64_t)((uint64_t)log << LEAF_INDEX_BITS | index);
}

static inline uint32_t
leaf_log(int64_t leaf)
{
    return (uint32_t)((uint64_t)leaf >> LEAF_INDEX_BITS);
}

static inline uint64_t
leaf_index(int64_t leaf)
{
    return (uint64_t)leaf & LEAF_INDEX_MAX;
}

#define STORE_TEXT_MAX 128 /* a type, key, origin or object with its NUL (types/type.h) */

#define STORE_IDENTITY_MAX 512 /* what a record says of who its objects are (types/alias.h) */

enum sql {
#define SQL(name, text) SQL_##name,
#include "store/sql.tbl"
#undef SQL
    SQL_COUNT
};

/* An own log whose end is not signed yet. */
struct store_tail {
    uint32_t log;
    uint64_t from; /* first leaf that is not signed */
};

/* Minimum and maximum epoch of one type in the segment that is being noted. */
struct store_note {
    char type[LIMIT_NAME_BYTES + 1];
    int64_t min, max;
};
#define STORE_NOTES_MAX 32

/* Leaf hashes of leaves [256 no, 256 no + n) of a log. */
struct store_group {
    uint32_t log; /* 0 = empty: numbers of logs start at 1 */
    uint32_t n;
    uint64_t no;
    uint64_t used; /* clock of the last use */
    uint8_t leaf[256][HASH_BYTES];
};
#define STORE_GROUPS_MAX 2

struct store_cache;
struct store_newest;

struct store {
    sqlite3 *db;
    char *path;
    bool read_only;
    bool failed; /* something went wrong in this transaction: it will not be committed */
    sqlite3_stmt *stmt[SQL_COUNT];
    uint8_t incarnation[16];
    struct buf headers, bodies;        /* of the batch that is being put */
    struct buf batch, record, visible; /* what was handed out by store_batch_get, _record_get, _visible */
    uint8_t proof[LIMIT_PROOF_COUNT][HASH_BYTES];
    struct store_tail *tails;
    size_t tails_n;
    struct buf alias_due; /* changes of alias that wait, not written yet */
    unsigned alias_made;  /* in this transaction */
    int alias_behind;     /* 1: there are some; -1: not known */
    struct buf pending;   /* subjects of unsigned records, not written yet */
    uint64_t segment;     /* that notes[] is about */
    size_t notes_n;
    struct store_note notes[STORE_NOTES_MAX];
    struct store_group group[STORE_GROUPS_MAX];
    uint64_t clock;              /* for group[].used */
    int64_t data_version;        /* of a read-only handle, when group[] was filled */
    struct store_cache *cache;   /* which subjects are where; writer only */
    int64_t reveal_after;        /* leaf of the REVEAL that was looked at last */
    int64_t again_after;         /* of the record in table again */
    struct store_newest *newest; /* rows of table newest, some not written yet; writer only */
};

/* store.c */
int store_fail(struct store *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));               /* logs store_error; -1 */
sqlite3_stmt *store_stmt(struct store *s, enum sql sql); /* reset, unbound; NULL after store_fail */
int store_row(struct store *s, sqlite3_stmt *st);        /* 1 a row, 0 none, -1 after store_fail and reset */
int store_run(struct store *s, sqlite3_stmt *st);        /* to its end, then reset */
/* A function that changes several tables is a transaction of its own unless one is open. */
int store_enter(struct store *s, bool *opened);
int store_leave(struct store *s, bool opened, int rc);
void store_bind_text(sqlite3_stmt *st, int i, const char *text);
void store_bind_span(sqlite3_stmt *st, int i, struct span value);
void store_bind_buf(sqlite3_stmt *st, int i, const struct buf *b);
struct span store_column(sqlite3_stmt *st, int i); /* blob or text, until the next step */
int store_copy_text(struct store *s, sqlite3_stmt *st, int i, char *out,
                    size_t max); /* -1 when it does not fit */

/* store_visible.c */
/* The first column of the row that ${sql} gives for a leaf, 0 where it gives none. 0, or -1 after store_fail. */
int store_leaf_ask(struct store *s, enum sql sql, uint32_t log, uint64_t index, int64_t *out);

/* store_log.c */
int store_log_row(struct store *s, sqlite3_stmt *st,
                  struct store_log *log); /* of LOG_EACH; -1: it is damaged */
int store_tails_load(struct store *s);
uint64_t store_tail_from(const struct store *s, uint32_t log);     /* first unsigned leaf, or UINT64_MAX */
void store_tail_set(struct store *s, uint32_t log, uint64_t from); /* UINT64_MAX: all is signed */
int store_head_move(struct store *s, uint32_t log, const struct checkpoint *head);
int store_log_id(struct store *s, uint32_t log, uint8_t id[LOG_ID_BYTES]);

/* store_sign.c */
int store_anchor_put(struct store *s, int64_t id, uint32_t count, const struct checkpoint *anchor,
                     const uint8_t (*proof)[HASH_BYTES], uint32_t proof_n, uint64_t *delivery);

int store_delivery_next(struct store *s, uint64_t *next); /* number for the first of the next records */

int store_size_of(struct store *s, uint32_t log, uint64_t *size); /* leaves held */
int store_delete_between(struct store *s, enum sql sql, int64_t from, int64_t to);
int store_nodes_cut(struct store *s, uint32_t log,
                    uint64_t size); /* stored subtrees that hold a leaf from size on */

/* store_late.c */
int store_late_cut(struct store *s, int64_t from, int64_t to); /* forget what leaves [from, to) asked for */

/* store_published.c */
int store_published_cut(struct store *s, uint32_t log,
                        uint64_t size); /* forget keys that made leaves from size on */

/* store_pending.c */
int store_pending_put(struct store *s, const struct store_subject *subject);
/* Subjects of ${log} with leaves below ${size} join the picture; leaf ${first} has number ${delivery}. */
int store_pending_apply(struct store *s, uint32_t log, uint64_t size, uint64_t first, uint64_t delivery);
int store_pending_cut(struct store *s, uint32_t log, uint64_t size); /* forget leaves from size on */
int store_pending_flush(struct store *s);

/* store_newest.c */
struct store_slot {
    int64_t epoch, created, leaf;
    uint64_t delivery;
    uint8_t kind;
};
int store_slot_get(struct store *s, int64_t slot, struct store_slot *out);
int store_slot_set(struct store *s, int64_t slot, const struct store_slot *v);
int store_slot_add(struct store *s, const struct store_slot *v, int64_t *slot);
bool store_slot_read(struct span in, struct store_slot *out); /* as SQL reads it */
int store_newest_flush(struct store *s);
void store_newest_clear(struct store *s);

/* store_alias.c */
int store_alias_flush(struct store *s);
void store_alias_clear(struct store *s);
int store_alias_change(struct store *s, uint8_t mode, const char *origin, struct span identity, bool add);

/* store_latest.c */
int store_latest_apply(struct store *s, const struct store_subject *subject);
void store_cache_clear(struct store *s);

/* store_event.c */
int store_event_apply(struct store *s,
                      const struct store_subject *subject);     /* the same once more does nothing */
int store_event_cut(struct store *s, int64_t from, int64_t to); /* without leaves [from, to) */

int store_event_settle(struct store *s); /* the end of a rebuild */

/* store_visible.c */
int store_segment_flush(struct store *s);

/* store_tree.c */
void store_groups_clear(struct store *s);

#endif
