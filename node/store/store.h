/*
 * The store (DESIGN section 9): logs, batches as received, cursors and the picture, changed together in one transaction. One writer thread owns a
 * handle. SQLite is the default implementation. All functions that return int: 0, or -1 after logging store_error (our disk, never a peer's
 * fault) unless said otherwise. Spans handed out are valid until the next call on the same handle unless said otherwise.
 *
 * After -1 inside a transaction the caller rolls back and ends its role; such a transaction cannot be committed any more. A change outside a
 * transaction is one of its own. A callback may read through the same handle, but not call the function that called it, nor change anything.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "core/rows.h"
#include "base/utc.h"

struct store;

/* ${path} of the database file (":memory:" for the simulator); made and migrated when new. NULL after logging. */
struct store *store_open(const char *path, bool read_only);
void store_close(struct store *s);
/* 16 random bytes made with the file; a rebuilt or restored store gets new ones. */
void store_incarnation(struct store *s, uint8_t out[16]);

int store_begin(struct store *s); /* on a read-only handle: one view of everything until commit or rollback */
int store_commit(struct store *s); /* synchronous=FULL: on disk when it returns */
void store_rollback(struct store *s);
bool store_in_transaction(const struct store *s);
uint64_t store_free_bytes(struct store *s); /* of the file system that holds it */

/* Small values by name: boot ids, guard states. */
int store_meta_set(struct store *s, const char *name, struct span value);
int store_meta_get(struct store *s, const char *name, struct buf *value); /* 1 when absent */
/* Set in a copy that store_copy() made: no log of ours is continued from it. Deleted once they all have ended. */
#define STORE_COPY_MARK "copy"
int store_meta_delete(struct store *s, const char *name);
/*
 * Copy the store at ${path}, as it is at one moment and whether or not a node has it open, to the file ${to}, which is empty or not there; the copy is marked and has an
 * incarnation of its own. 0, or -1 with what SQLite says in ${error}; ${to} is worth nothing then.
 */
int store_copy(const char *path, const char *to, char *error, size_t error_n);
/* What shows that a log contradicted itself (a packed Fork, core/evidence.h); as store_meta_*. */
int store_evidence_set(struct store *s, const uint8_t log[LOG_ID_BYTES], struct span fork);
int store_evidence_get(struct store *s, const uint8_t log[LOG_ID_BYTES], struct buf *fork);

int
store_log_put(struct store *s,
              struct store_log *log); /* insert (with log->no if given) or replace all but size and bytes */
typedef int store_log_fn(void *cookie, const struct store_log *log);
int store_logs(struct store *s, store_log_fn *fn, void *cookie);

/*
 * Append at the end of its log: size and bytes move. -1 also when first is not the log's size. 1 to LIMIT_BATCH_COUNT records, ${proof_n} at most
 * LIMIT_PROOF_COUNT: the caller has checked. *delivery = number of the first record, the others follow; 0 for an own batch (anchor.size 0), which
 * is not visible, has no number and does nothing to the picture before store_batch_sign.
 */
int store_batch_put(struct store *s, const struct store_batch *b, const struct store_node *nodes,
                    size_t nodes_n, uint64_t *delivery);
/*
 * Own batches up to the one that ends at anchor->size got their signature: they become visible with delivery numbers in order, their subjects (see
 * store_latest_put) join the picture, and the log's head moves. The same head again does nothing.
 */
int store_batch_sign(struct store *s, uint32_t log, const struct checkpoint *anchor);
/*
 * Drop own leaves from ${size} on that were never signed (the signer refused), with the publish keys that made any of them. -1 when one is signed or
 * ${size} is inside a batch.
 */
int store_log_truncate(struct store *s, uint32_t log, uint64_t size);

/*
 * Whole stored batches from leaf ${first} on (the first one cut at its front when ${first} is inside it), as many as fit ${bytes_max} of headers and bodies
 * (at least one) and ${records_max} records (at least LIMIT_BATCH_COUNT). Fills ${records} and ${out}: anchor and proof of the last batch. 1 when ${first} is at
 * or past the last signed leaf. One read of each blob: the spans point into it.
 */
int store_batch_get(struct store *s, uint32_t log, uint64_t first, size_t bytes_max,
                    struct store_record *records, size_t records_max, struct store_batch *out);
/* One record, with its delivery number (0: own, not signed yet) and time of receipt; 1 when not held. */
int store_record_get(struct store *s, uint32_t log, uint64_t index, struct store_record *out,
                     uint64_t *delivery, int64_t *received_ms);
/*
 * Root of [lo, hi) when that is a complete subtree of level 0 to 8, 16 or 24 (tree_range_fn shape); false when it is not, or not held. Levels 0 to 7 are
 * computed from the headers; the last two groups of 256 leaves are kept.
 */
bool store_range(struct store *s, uint32_t log, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES]);
/* Leaf hashes of [from, size) one after the other: to rebuild peaks at start. */
int store_leaves(struct store *s, uint32_t log, uint64_t from,
                 void (*fn)(void *cookie, const uint8_t leaf[HASH_BYTES]), void *cookie);

/* Idempotency: what a publish key made. Parts of one key are separate rows; ranges in order. */
int store_published_put(struct store *s, struct span key, uint32_t part, const struct store_range_row *ranges,
                        size_t n);
/* Number of ranges (at most ${max} are filled in), 0 when the key is new, -1 on error. */
int store_published_get(struct store *s, struct span key, uint32_t part, struct store_range_row *ranges,
                        size_t max);

/* The picture: the newest record of each (type, mode, subject key, origin), by (epoch, created, log id, index); independent of arrival order. */
/*
 * Replace the row when ${subject} is newer than what is there and not set aside, and note its epoch in its segment. Texts: type and origin at most LIMIT_NAME_BYTES, key and
 * objects at most 127 bytes. When the record is not signed yet, this waits for store_batch_sign and ${delivery} is not looked at.
 */
int store_latest_put(struct store *s, const struct store_subject *subject);

struct store_latest {
    char type[LIMIT_NAME_BYTES + 1], origin[LIMIT_NAME_BYTES + 1], key[128];
    uint8_t mode, kind;
    int64_t epoch, created;
    uint32_t log;
    uint64_t index, delivery;
};
typedef int store_latest_fn(void *cookie,
                            const struct store_latest *row); /* non-zero stops; the same value is returned */
/*
 * A log contradicts itself: rows whose newest record is one of its leaves from ${from} on leave the picture. What older records say of those subjects is put
 * back by store_dispute_refill(), which finds the delivery number of a record that came with its batch.
 */
int store_dispute_drop(struct store *s, uint32_t log, const char *origin, uint64_t from);
int store_dispute_refill(struct store *s, const struct store_subject *subject);
/*
 * ${log} ends at ${head}, which the roster names: leaves from ${size} on (at most head->size) leave it, and the picture. They are kept apart, as they came; their
 * delivery numbers are never given again. A batch that is cut in two has ${head} as its anchor from now on. *bytes: of headers and bodies that left the log.
 */
int store_aside_put(struct store *s, uint32_t log, const char *origin, uint64_t size,
                    const struct checkpoint *head, uint64_t *bytes);
/* Leaves of a log that were put aside. 0 or -1. */
int store_aside_count(struct store *s, const uint8_t log[LOG_ID_BYTES], uint64_t *count);
/* Rows of the picture in canonical order (type, mode, key, origin by bytes), strictly after ${after} (NULL: from the start). */
int store_latest_each(struct store *s, const struct store_latest *after, store_latest_fn *fn, void *cookie);
/* Rows whose subject names ${object}, newest epoch first. */
int store_latest_of_object(struct store *s, const char *object, store_latest_fn *fn, void *cookie);
/* Rows whose subject names one of ${n} objects (at most LIMIT_OBJECT_ALIAS_COUNT), newest epoch first. */
int store_latest_of_objects(struct store *s, const char *const *objects, size_t n, store_latest_fn *fn,
                            void *cookie);
/* The same where each is about one of the first objects and one of the second, in either order; n[1] 0: of the first alone. */
struct store_pair {
    const char *const *object[2];
    size_t n[2];
};
int store_latest_of_pair(struct store *s, const struct store_pair *pair, store_latest_fn *fn, void *cookie);
/* Is the record of ${row} the newest of its type, mode, key and origin? 1, 0, or -1. The writer's handle. */
int store_latest_is(struct store *s, const struct store_latest *row);

/*
 * What the picture says of who objects are (types/alias.h), by identifier: a function of what is in the picture, so independent of the order of arrival. Which identifiers each origin puts beside ${id}, by (origin, partner); of one scheme ("norad:") at most ${max} of an origin, so that no origin makes this long.
 * Non-zero from ${fn} stops and is returned. ${partner} "": it is alone.
 */
typedef int store_alias_fn(void *cookie, const char *origin, const char *partner);
int store_alias_each(struct store *s, int mode, const char *id, enum store_relation relation, unsigned max,
                     store_alias_fn *fn, void *cookie);
/* Are there changes that wait? 1, 0, or -1. Many at once do, so that they do not hold up the records that bring them; store_alias_settle() makes some of them. */
int store_alias_is_behind(struct store *s);
int store_alias_settle(struct store *s);
/* The identifier that follows ${after} by bytes ("": the first). 0; 1 when there is none. ${out}: of 128 bytes. */
int store_alias_next(struct store *s, int mode, const char *after, char *out);

/*
 * Events (types/event.h): store_latest_put() makes them of what a subject says of events, in the same transaction, whatever the order; store_dispute_drop() takes
 * leaves out of them.
 */
#define STORE_MEMBER_BYTES (LOG_ID_BYTES + 8)
struct store_event_row {
    uint8_t mode;
    char kind[LIMIT_NAME_BYTES + 1], scope[128];
    int64_t lo, hi; /* of its first and last member: utc_sort_key(); 0 where the kind has no times */
    int64_t at;     /* of the member that was created first: it names the event */
    int64_t closes; /* no member says that it is open after that; INT64_MAX: no time ends it */
    uint64_t count; /* members, without remarks */
    int64_t first_created;
    uint8_t first_record[STORE_MEMBER_BYTES];
};
typedef int
store_event_fn(void *cookie,
               const struct store_event_row *row); /* non-zero stops; the same value is returned */
/* In the order (mode, kind, scope, lo), strictly after ${after}; with ${n} objects (at most LIMIT_OBJECT_ALIAS_COUNT), as event_scope() writes one, those that name any. */
int store_event_each(struct store *s, const char *const *objects, size_t n,
                     const struct store_event_row *after, store_event_fn *fn, void *cookie);
/* Is there an event of that kind whose scope names the object, as event_scope() writes one? */
bool store_event_names(struct store *s, uint8_t mode, const char *kind, const char *object);
/* Events of the mode and kind of ${by} and of ${scope} that have a member within a window of its times, the latest first. */
int store_event_near(struct store *s, const struct store_event_row *by, const char *scope, store_event_fn *fn,
                     void *cookie);
/* Events that a record is a member of. */
int store_event_of(struct store *s, uint32_t log, uint64_t index, store_event_fn *fn, void *cookie);
/*
 * The event that (mode, kind, scope, at) names, such as the parts of an id: the one that has a member nearest to ${at}, none further than the window of the
 * kind. 0, 1 when there is none, -1.
 */
int store_event_find(struct store *s, uint8_t mode, const char *kind, const char *scope, int64_t at,
                     struct store_event_row *out);

struct store_member {
    uint32_t log;
    uint64_t index;
    uint8_t record[STORE_MEMBER_BYTES]; /* log id and index: orders what is as old, the same at every node */
    char origin[LIMIT_NAME_BYTES + 1], voice[LIMIT_EVENT_VOICE_BYTES + 1];
    int64_t at, issued, created, closes; /* utc_sort_key(); closes INT64_MAX: no time ends it */
    bool ended, withdrawn, remark;
};
typedef int store_member_fn(void *cookie, const struct store_member *member); /* as store_event_fn */
/* All members of an event and the remarks on it, in the order (at, record), strictly after ${after} (NULL: from the first). */
int store_event_members(struct store *s, const struct store_event_row *e, const struct store_member *after,
                        store_member_fn *fn, void *cookie);
/* Members and remarks of ${scope} within a window of the times of ${by}, whichever event they are of; otherwise the same. */
int store_event_scope(struct store *s, const struct store_event_row *by, const char *scope,
                      const struct store_member *after, store_member_fn *fn, void *cookie);
/* What stands: of each origin and voice the member that was issued last, by (issued, created, log id, index); in the order of their names. */
int store_event_standing(struct store *s, const struct store_event_row *e, store_member_fn *fn, void *cookie);

/*
 * Empty the picture and its events, and mark the store; what the logs say of it is put back by store_dispute_refill(). store_picture_remade(): it was. Members of
 * events whose body is gone stay; a subject whose newest body is gone does not.
 */
#define STORE_REBUILD_MARK "rebuild"
int store_picture_unmake(struct store *s);
int store_picture_remade(struct store *s);

/* Segments of LIMIT_SEGMENT_COUNT delivery numbers keep minimum and maximum epoch per type. store_latest_put does this; for records without a subject. */
int store_segment_note(struct store *s, uint64_t delivery, const char *type, int64_t epoch);
/*
 * Visible batches in delivery order, from number ${delivery} (included; UINT64_MAX backward: the newest), ${forward} or backward, skipping segments that hold
 * no ${type} (NULL: any) within [since, until] (INT64_MIN to INT64_MAX with NULL: nothing is skipped). Other records of the batches read come along.
 * Quarantined records are not visible. Non-zero from ${fn} stops and is returned. At most ${batches_max} batches; *next = where to go on (after the record
 * that stopped), UINT64_MAX = the end was reached.
 */
typedef int store_visible_fn(void *cookie, uint32_t log, uint64_t index, uint64_t delivery,
                             int64_t received_ms, const struct store_record *record);
int store_visible(struct store *s, uint64_t delivery, bool forward, const char *type, int64_t since,
                  int64_t until, unsigned batches_max, store_visible_fn *fn, void *cookie, uint64_t *next);

/* When a stored leaf was received; the delivery number that it got with its batch. */
int store_leaf_received(struct store *s, uint32_t log, uint64_t index, int64_t *received_ms);
int store_leaf_delivery(struct store *s, uint32_t log, uint64_t index, uint64_t *delivery);

/* An own record that is to be revealed at its time; a REVEAL that came. Both go with their leaves when those are dropped. */
int store_hold_put(struct store *s, uint32_t log, const struct store_hold *h);
int store_reveal_put(struct store *s, uint32_t log, const struct store_reveal *r);
/* A record is to be looked at again, until store_late_put settles it. */
int store_again_put(struct store *s, uint32_t log, uint64_t index, enum store_again reason);
/* All records whose quarantine a newer release may lift are looked at again. */
int store_again_quarantined(struct store *s);
/*
 * Own records whose embargo ends by ${now} (utc_sort_key()) and that nobody revealed, REVEALs that were not looked at whose record is held, and records to be looked at again, a third of ${max} each: each call goes on where the last one ended. Their number, or -1.
 */
int store_due(struct store *s, int64_t now, struct store_due *out, size_t max);
/* The REVEAL that opens a record, or may: 0, 1 when there is none, -1. */
int store_reveal_of(struct store *s, const uint8_t log[LOG_ID_BYTES], uint64_t index, uint32_t *reveal_log,
                    uint64_t *reveal_index);
/* A stored record becomes visible, or a REVEAL turns out to open nothing: see struct store_late. The picture and the delivery numbers follow. */
int store_late_put(struct store *s, const struct store_late *late);

/*
 * Drop the bodies of records of a log that were received before ${before_ms}, below leaf ${below}, in at most ${batches_max} batches; those of the log's own
 * kinds (descriptor, closure, keys, reveal) stay. Goes on where the last call ended. *bytes: what is not kept any more; *count: bodies.
 */
int store_bodies_drop(struct store *s, uint32_t log, int64_t before_ms, uint64_t below, unsigned batches_max,
                      uint64_t *bytes, uint64_t *count);

struct store_counts {
    uint64_t records, quarantined, delivery; /* newest delivery number given, 0 = none */
};
int store_counts(struct store *s, struct store_counts *out);
/* Quarantined records after number ${after}, oldest first. */
typedef int store_quarantine_fn(void *cookie, int64_t no, uint32_t log, uint64_t index, uint32_t why,
                                const char *note);
int store_quarantine_note(struct store *s, uint32_t log, uint64_t index, uint32_t why, const char *note);
int store_quarantine_each(struct store *s, int64_t after, store_quarantine_fn *fn, void *cookie);

#endif
