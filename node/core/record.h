/* The record header: make, read, check (DESIGN section 3). Pure. */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "core/checkpoint.h"
#include "base/arena.h"
#include "base/utc.h"
#include "base/why.h"
#include "record.pb-c.h"

/*
 * Read a header that a leaf holds: prescan with critical fields, unpack into ${a}, check values (format 1, mode, kind, sealing given,
 * lengths of log id, salt, hash, times that exist, type word). ${log} is the log it must name. NULL with ${why}; size is the caller's check.
 */
Parallax__V1__Header *record_header_read(struct span bytes, const uint8_t log[LOG_ID_BYTES], struct arena *a,
                                         struct why *why);

/* Does ${body} fit its header: length and SHA-256. 0 or -1 (BODY_SIZE, BODY_HASH). */
int record_body_check(const Parallax__V1__Header *h, struct span body, struct why *why);

/* What a local publisher gives for one header; the rest is computed. */
struct record_new {
    const char *type; /* "" for DESCRIPTOR and CLOSE */
    uint32_t type_version;
    Parallax__V1__Mode mode;
    Parallax__V1__Kind kind;
    struct utc created, epoch, expires; /* zero = absent */
    struct span body;
    uint8_t salt[16];
    const Parallax__V1__RecordId *const *references;
    size_t references_n;
    const Parallax__V1__Rights *rights; /* may be NULL */
    Parallax__V1__Sealing sealing;      /* 0 = NONE */
    const uint8_t *commitment;          /* where sealed */
    struct utc embargo_until;           /* with EMBARGO */
    const uint8_t *full_version;        /* leaf hash, or NULL */
};
/* Append the packed header. 0, or -1 with ${why} when it passes LIMIT_HEADER_BYTES. */
int record_header_make(const uint8_t log[LOG_ID_BYTES], const struct record_new *r, struct buf *out,
                       struct why *why);

/* "<log id hex>:<index>" */
#define RECORD_ID_TEXT_MAX 56
void record_id_print(const uint8_t log[LOG_ID_BYTES], uint64_t index, char out[RECORD_ID_TEXT_MAX]);
int record_id_parse(struct span s, uint8_t log[LOG_ID_BYTES], uint64_t *index);

struct utc record_utc(const Parallax__V1__Utc *t); /* NULL or invalid: zero */
const char *record_mode_name(int mode);            /* "REAL"; "?" outside */
const char *record_kind_name(int kind);
/* Is the body of that kind a message of a record type? */
bool record_kind_has_type(int kind);
/* The log's own business: DESCRIPTOR, CLOSE, REVEAL, KEYS. Their bodies live as long as their headers. */
bool record_kind_is_own(int kind);
/* CANCEL and RETRACT: what was said before is said no more. */
bool record_kind_withdraws(int kind);
int record_mode_parse(struct span s, Parallax__V1__Mode *mode);

#endif
