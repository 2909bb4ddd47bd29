/*
 * Every row of the tables that hold evidence, as it stands on disk: a damaged one is told as damaged, and the next one comes. For `parallax audit`, which believes
 * nothing of it. On a read-only handle in a transaction: one view of everything, while the node goes on. Callbacks may read through the same handle.
 * int: 0 or -1 (store_error was logged: the file itself cannot be read on); non-zero from a callback stops and is returned.
 */
#ifndef STORE_STORE_SCAN_H
#define STORE_STORE_SCAN_H

#include "store/store.h"

struct store_scan_batch {
    uint64_t first;
    int64_t count, bytes; /* as the row states them */
    uint64_t skip;        /* of a batch that was put aside: leaves at its front that stayed */
    bool whole;           /* the blobs hold that many records: */
    const struct store_record *records;
    bool is_signed; /* it has an anchor: */
    bool anchor_whole;
    uint64_t delivery;
    struct checkpoint anchor; /* without its log */
    uint32_t proof_n;
    const uint8_t (*proof)[HASH_BYTES];
};

/* ${log}: NULL when its row is damaged. ${quarantined}: how many of its records, as its extent states. */
typedef int store_scan_log_fn(void *cookie, uint32_t no, const struct store_log *log, uint64_t quarantined);
int store_scan_logs(struct store *s, store_scan_log_fn *fn, void *cookie);

typedef int store_scan_batch_fn(void *cookie, const struct store_scan_batch *b);
int store_scan_batches(struct store *s, uint32_t log, store_scan_batch_fn *fn, void *cookie);
/* What was put aside of a log, in order. */
int store_scan_aside(struct store *s, const uint8_t log[LOG_ID_BYTES], store_scan_batch_fn *fn, void *cookie);

/* The stored root of a complete subtree: 1 when there is none of 32 bytes. */
int store_scan_node(struct store *s, uint32_t log, unsigned level, uint64_t index, uint8_t out[HASH_BYTES]);
/* Reason that the table of quarantined records has for one; 0 = it is not in it. */
int store_scan_quarantine(struct store *s, uint32_t log, uint64_t index, uint32_t *why);
/* Does table reveal say that this leaf reveals (log, index)? 1 when it has no row for it. */
int store_scan_reveal(struct store *s, uint32_t at_log, uint64_t at, uint8_t log[LOG_ID_BYTES],
                      uint64_t *index);
/* The row of the picture for a subject: 1 when there is none. */
int store_scan_subject(struct store *s, const char *type, uint8_t mode, const char *key, const char *origin,
                       struct store_latest *out);

/* Rows that belong to no log, batch or place: how many of table ${name}. */
typedef int store_scan_stray_fn(void *cookie, const char *name, uint64_t rows);
int store_scan_strays(struct store *s, store_scan_stray_fn *fn, void *cookie);
/* What SQLite finds in its own file, a line each, at most 100. */
typedef int store_scan_file_fn(void *cookie, const char *line);
int store_scan_file(struct store *s, store_scan_file_fn *fn, void *cookie);

#endif
