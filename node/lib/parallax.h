/*
 * libparallax: read and publish at a node on this machine, and check proofs with no node at all.
 *
 * Every call that speaks to a node takes a time in milliseconds and does not wait longer for something new; a node that starts again meanwhile is asked
 * again. A handle or stream may be used by several threads: their calls wait for each other. A record, a list of ids and a proof are of one thread at a time.
 * Texts are UTF-8; what is borrowed lives until its owner is freed. No call prints, exits, or changes signals; without memory for a
 * handful of bytes the library aborts, as malloc wrappers do.
 */
#ifndef PARALLAX_H
#define PARALLAX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The interface: a library with the same PARALLAX_ABI runs a program that was built with this header. A structure grows at its end only. */
#define PARALLAX_ABI 0

/* What a call returns. 0 or above: it did what it says. Below: it did not, and parallax_error() says why. */
enum parallax_result {
    PARALLAX_DONE = 0,
    PARALLAX_NOTHING = 1,  /* nothing new came in that time; of a query: that was all */
    PARALLAX_REFUSED = -1, /* the node, or a check, says no: asking again changes nothing */
    PARALLAX_LOST =
        -2, /* the node was not reached, or did not answer in time: the same call may be made again */
    PARALLAX_INVALID = -3, /* an argument is none */
    PARALLAX_FAILED = -4   /* a file could not be read or written */
};

/* The mode of a record. A reader that names none gets PARALLAX_REAL: a drill must be asked for. */
enum parallax_mode { PARALLAX_REAL = 1, PARALLAX_EXERCISE = 2, PARALLAX_TEST = 3, PARALLAX_SIMULATED = 4 };

typedef struct parallax parallax; /* a node */
typedef struct parallax_stream
    parallax_stream; /* records, one after the other: a subscription, or the answer to a query */
typedef struct parallax_record parallax_record; /* one record */
typedef struct parallax_ids parallax_ids;       /* ids of published records */

/* A place in the order in which records became visible at one node. */
typedef struct parallax_cursor {
    unsigned char incarnation[16]; /* of the store: a number of another one means nothing */
    uint64_t number;               /* of the record that is behind it; 0 = before the first */
} parallax_cursor;

/* --- Nodes --- */

/* The version of the library, such as "0.1.0". Borrowed for ever. */
const char *parallax_version(void);

/* In words, why the last call of this thread did not do what it says; "" after none. Borrowed until the next call of this thread. */
const char *parallax_error(void);

/*
 * The node whose directory is `directory` (where node.yaml is). Nothing is sent yet. *node is freed with parallax_close().
 * PARALLAX_INVALID: no such directory.
 */
int parallax_open(const char *directory, parallax **node);

/* Its streams go on without it. NULL is allowed. */
void parallax_close(parallax *node);

/*
 * Is the node there? Waits up to `timeout_ms` milliseconds for it. *newest (may be NULL) is the place behind everything that is visible now. PARALLAX_LOST: it is not.
 */
int parallax_connect(parallax *node, int64_t timeout_ms, parallax_cursor *newest);

/* --- Reading as it comes --- */

/* Which records; all that are given must fit. Set to {0} first: {0} is everything of mode REAL. */
typedef struct parallax_filter {
    size_t size;              /* sizeof(parallax_filter) */
    const char *const *types; /* names of record types, `types_n` of them; 0 = all */
    size_t types_n;
    const char *const *origins; /* names of nodes */
    size_t origins_n;
    unsigned modes; /* the sum of 1 << each parallax_mode; 0 = PARALLAX_REAL */
    const char *
        region; /* "box:W,S,E,N", "circle:LAT,LON,KM", "polygon:LAT,LON LAT,LON ..." (docs/filters.md); NULL = all */
    const char *where; /* an expression, "pc >= 1e-4 and miss_m < 1000" (docs/filters.md); NULL = all */
    const char
        *object; /* any identifier of an object, "norad:25544": its records under all of them; NULL = all */
} parallax_filter;

/* Where a subscription without a stored cursor begins. */
enum parallax_from { PARALLAX_FROM_START = 0, PARALLAX_FROM_NOW = 1 };

/*
 * Records that fit `filter` (NULL: all of mode REAL), in the order of their delivery numbers, at least once. With `cursor_file`, a path, the stream goes on where
 * parallax_acknowledge() was last called with that file, whatever ended meanwhile; without (NULL), or while there is no such file, it begins at `from`, or behind `after`
 * when that is not NULL. Nothing is sent yet. *stream is freed with parallax_stream_free().
 * PARALLAX_INVALID: a mode or a type that there is not. PARALLAX_FAILED: the file is there and is no cursor. A region, an expression or an object that is none is refused by the
 * node: parallax_fetch() says PARALLAX_REFUSED, and parallax_error() where it is wrong.
 */
int parallax_subscribe(parallax *node, const parallax_filter *filter, const char *cursor_file,
                       enum parallax_from from, const parallax_cursor *after, parallax_stream **stream);

/*
 * The next record, waiting up to `timeout_ms` milliseconds for one. *record is freed with parallax_record_free(). PARALLAX_NOTHING: none came, or (of a query) there is none. PARALLAX_LOST:
 * the node is away; call again to go on. When its store is another one than before, everything comes again: duplicates, never gaps.
 */
int parallax_fetch(parallax_stream *stream, int64_t timeout_ms, parallax_record **record);

/*
 * The record with delivery number `number`, and all before it, need not come again. On disk when this returns, if the stream has a cursor file: acknowledge in
 * heaps where that is too often. PARALLAX_INVALID: a number above the last one fetched, or a stream of a query. PARALLAX_FAILED: the file cannot be written.
 */
int parallax_acknowledge(parallax_stream *stream, uint64_t number);

/* Up to where the stream has been acknowledged. PARALLAX_NOTHING: nothing is known yet. */
int parallax_stream_cursor(parallax_stream *stream, parallax_cursor *cursor);

/* NULL is allowed. */
void parallax_stream_free(parallax_stream *stream);

/* --- Asking --- */

/* A question to the picture and the history. Set to {0} first; `type` must be given. */
typedef struct parallax_question {
    size_t size;        /* sizeof(parallax_question) */
    const char *type;   /* name of a record type */
    const char *object; /* "norad:25544", "cospar:1998-067A", "neo:2023 VD3"; NULL = all */
    const char *origin; /* name of a node; NULL = all */
    const char *since;  /* of the data epoch, "2026-04-01T00:00:00Z", that included; NULL = all */
    const char *until;
    enum parallax_mode mode; /* 0 = PARALLAX_REAL */
    int history;             /* not 0: all records; 0: the newest of each subject and origin */
    const char *region;      /* as in parallax_filter; NULL = all */
    const char *where;
} parallax_question;

/* The answer comes by parallax_fetch(), page by page, until PARALLAX_NOTHING. PARALLAX_INVALID: a type or a time that is none; region and expression as
 * of parallax_subscribe(). */
int parallax_query(parallax *node, const parallax_question *question, parallax_stream **stream);

/* One record by its id, "HEX:INDEX". PARALLAX_REFUSED: it is not held here, or not for this node. */
int parallax_get(parallax *node, const char *id, int64_t timeout_ms, parallax_record **record);

/* --- Records --- */

/* "HEX:INDEX": its log and the index of its leaf, the same at every node. Borrowed, as all texts and bytes of a record. */
const char *parallax_record_id(const parallax_record *record);
/* The node that made it. */
const char *parallax_record_origin(const parallax_record *record);
/* "fr-cnes/open/data": origin, audience and class. */
const char *parallax_record_series(const parallax_record *record);
/* The name of its type; "" of a record about its log itself. */
const char *parallax_record_type(const parallax_record *record);
/* Its mode; 0 when its header cannot be read. */
enum parallax_mode parallax_record_mode(const parallax_record *record);
/* Its delivery number here: what parallax_acknowledge() takes. 0 = it is not visible. */
uint64_t parallax_record_number(const parallax_record *record);
/* When it was stored here, in milliseconds since 1970. */
int64_t parallax_record_received_ms(const parallax_record *record);
/* All of it as one line of JSON, as `parallax tail --json` prints it and as a plugin gets it, without the end of the line. */
const char *parallax_record_json(parallax_record *record);
/* The header in the very bytes of its origin (proto/record.proto), *n of them. */
const unsigned char *parallax_record_header(const parallax_record *record, size_t *n);
/* The body as it can be read here, opened where it was sealed (the file of its type in proto/), *n bytes; NULL: it is not held, or cannot be opened. */
const unsigned char *parallax_record_body(const parallax_record *record, size_t *n);
/* NULL is allowed. */
void parallax_record_free(parallax_record *record);

/* --- Publishing --- */

/* How to publish. Set to {0} first; `mode` must be given, because nothing is real by mistake. */
typedef struct parallax_publication {
    size_t size; /* sizeof(parallax_publication) */
    enum parallax_mode mode;
    const char *format;   /* as `parallax formats` names it; NULL: found out from the text */
    const char *audience; /* NULL = "open" */
    const unsigned char *
        key; /* 16 to 64 bytes: the same key again publishes nothing twice, and gives the same ids; NULL: a new one */
    size_t key_n;
    int strict; /* not 0: to the letter of the standard */
} parallax_publication;

/*
 * Read `n` bytes of text in any format that the node reads, check them, and publish all of its records, or none if one is wrong: then PARALLAX_REFUSED, and parallax_error() says
 * line, column and what was expected. Returns when they are on disk and signed. After PARALLAX_LOST nothing is known: publish again with the same key. *ids (may be
 * NULL) is freed with parallax_ids_free().
 */
int parallax_publish(parallax *node, const parallax_publication *how, const void *text, size_t n,
                     int64_t timeout_ms, parallax_ids **ids);

/* How many, in the order of the text. */
size_t parallax_ids_count(const parallax_ids *ids);
/* The id of the record with that index, from 0; NULL beyond the last. Borrowed. */
const char *parallax_ids_at(const parallax_ids *ids, size_t index);
/* NULL is allowed. */
void parallax_ids_free(parallax_ids *ids);

/* --- Proofs --- */

/*
 * A proof bundle (docs/evidence.md) of the record with that id: who has it can show to anybody what its origin said, and when. *proof, *n bytes, is freed with parallax_free(). With
 * `reveal` not 0 the bundle of a sealed record holds the key of that one record.
 */
int parallax_prove(parallax *node, const char *id, int reveal, int64_t timeout_ms, char **proof, size_t *n);

/* What a proof shows. */
typedef struct parallax_verdict {
    size_t size;             /* sizeof(parallax_verdict), set by the caller */
    uint64_t index;          /* of the leaf */
    uint64_t tree_size;      /* leaves of the signed tree that it is in */
    uint64_t roster_version; /* from which the keys are */
    unsigned cosigners;      /* other members who have seen that tree */
    unsigned lost;           /* lines of others that do not verify */
    int origin_removed;      /* not 0: the roster lists the origin as removed from the federation */
} parallax_verdict;

/*
 * Check a proof bundle with no node and no network: against `roster`, the text of a signed roster, or against `fingerprint`, the 64 hex digits of the federation's first roster, or both; either may be
 * NULL, not both. *verdict and *record (each may be NULL) are filled only when it holds. PARALLAX_REFUSED: it does not, nothing in it is proved, and parallax_error() says why.
 */
int parallax_verify(const void *proof, size_t n, const char *roster, size_t roster_n, const char *fingerprint,
                    parallax_verdict *verdict, parallax_record **record);

/* What the library gave as bytes. NULL is allowed. */
void parallax_free(void *bytes);

#ifdef __cplusplus
}
#endif

#endif
