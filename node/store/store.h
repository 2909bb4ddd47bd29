/*
 * The store (DESIGN section 9): logs, batches as received, cursors and the picture, changed together in one transaction. One writer thread owns a
 * handle. SQLite is the default implementation. All functions that return int: 0, or -1 after logging store_error (our disk, never a peer's
 * fault) unless said otherwise. Spans handed out are valid until the next call on the same handle unless said otherwise.
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

int store_begin(struct store *s);
int store_commit(struct store *s);           /* synchronous=FULL: on disk when it returns */
void store_rollback(struct store *s);
bool store_in_transaction(const struct store *s);
uint64_t store_free_bytes(struct store *s);  /* of the file system that holds it */

/* Small values by name: boot ids, guard states. */
int store_meta_set(struct store *s, const char *name, struct span value);
int store_meta_get(struct store *s, const char *name, struct buf *value);   /* 1 when absent */

int store_log_put(struct store *s, struct store_log *log);      /* insert or replace everything but size and bytes of an existing row */
typedef int store_log_fn(void *cookie, const struct store_log *log);
int store_logs(struct store *s, store_log_fn *fn, void *cookie);

/* Append at the end of its log: size and bytes move, delivery numbers are given. -1 also when first is not the log's size. Sets *delivery. */
int store_batch_put(struct store *s, const struct store_batch *b, const struct store_node *nodes, size_t nodes_n,
                    uint64_t *delivery);
/* The origin's own batch got its signature: anchor of the batch that ends at anchor->size, and the log's head. */
int store_batch_sign(struct store *s, uint32_t log, const struct checkpoint *anchor);
/* Drop own leaves from ${size} on that were never signed (the signer refused). */
int store_log_truncate(struct store *s, uint32_t log, uint64_t size);

/*
 * Whole stored batches from leaf ${first} on (the first one cut at its front when ${first} is inside it), as many as fit ${bytes_max} of headers and bodies
 * (at least one), ending at a batch whose anchor is known. Records beyond ${records_max} are not taken. Fills ${out} and ${records}. 1 when ${first} is at or
 * past the last signed leaf.
 */
int store_batch_get(struct store *s, uint32_t log, uint64_t first, size_t bytes_max, struct store_record *records,
                    size_t records_max, struct store_batch *out);
/* One record, with its delivery number and time of receipt; 1 when not held. */
int store_record_get(struct store *s, uint32_t log, uint64_t index, struct store_record *out, uint64_t *delivery,
                     int64_t *received_ms);
/* Root of [lo, hi) when it is a stored node or a single leaf (tree_range_fn shape); false when not known as a whole. Reads each 256-group once. */
bool store_range(struct store *s, uint32_t log, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES]);
/* Leaf hashes of [from, size) one after the other: to rebuild peaks at start. */
int store_leaves(struct store *s, uint32_t log, uint64_t from, void (*fn)(void *cookie, const uint8_t leaf[HASH_BYTES]),
                 void *cookie);

/* Idempotency: what a publish key made. Parts of one key are separate rows; ranges in order. */
int store_published_put(struct store *s, struct span key, uint32_t part, const struct store_range_row *ranges, size_t n);
/* Number of ranges, 0 when the key is new, -1 on error. */
int store_published_get(struct store *s, struct span key, uint32_t part, struct store_range_row *ranges, size_t max);

/* The picture: the newest record of each (type, mode, subject key, origin), by (epoch, created, log id, index); independent of arrival order. */
/* Replace the row when ${subject} is newer than what is there. */
int store_latest_put(struct store *s, const struct store_subject *subject);

struct store_latest {
    char type[LIMIT_NAME_BYTES + 1], origin[LIMIT_NAME_BYTES + 1], key[128];
    uint8_t mode, kind;
    int64_t epoch, created;
    uint32_t log;
    uint64_t index, delivery;
};
typedef int store_latest_fn(void *cookie, const struct store_latest *row);   /* non-zero stops; the same value is returned */
/* Rows of the picture in canonical order (type, mode, key, origin by bytes), strictly after ${after} (NULL: from the start). */
int store_latest_each(struct store *s, const struct store_latest *after, store_latest_fn *fn, void *cookie);
/* Rows whose subject names ${object}, newest epoch first. */
int store_latest_of_object(struct store *s, const char *object, store_latest_fn *fn, void *cookie);

/* Segments of LIMIT_SEGMENT_COUNT delivery numbers keep minimum and maximum epoch per type; recorded with each visible record. */
int store_segment_note(struct store *s, uint64_t delivery, const char *type, int64_t epoch);
/* Visible batches in delivery order, from ${delivery} (included), ${forward} or backward, skipping segments that cannot hold ${type} (NULL: any) within
 * [since, until]. For each record: log, index, delivery. Non-zero from ${fn} stops. At most ${batches_max} batches; *next = where to go on, UINT64_MAX = end. */
typedef int store_visible_fn(void *cookie, uint32_t log, uint64_t index, uint64_t delivery, int64_t received_ms,
                             const struct store_record *record);
int store_visible(struct store *s, uint64_t delivery, bool forward, const char *type, int64_t since, int64_t until,
                  unsigned batches_max, store_visible_fn *fn, void *cookie, uint64_t *next);

struct store_counts {
    uint64_t records, quarantined, delivery; /* newest delivery number given, 0 = none */
};
int store_counts(struct store *s, struct store_counts *out);
/* Quarantined records, oldest first. */
typedef int store_quarantine_fn(void *cookie, uint32_t log, uint64_t index, uint32_t why, const char *note);
int store_quarantine_note(struct store *s, uint32_t log, uint64_t index, uint32_t why, const char *note);
int store_quarantine_each(struct store *s, store_quarantine_fn *fn, void *cookie);

#endif
