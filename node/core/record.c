#include "core/record.h"

#include <assert.h>
#include <stdio.h>

#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "wire/unpack.h"

#define FORMAT      1
#define SALT_BYTES  16
#define EVENT_BYTES 64

static const char *const mode_names[] = {"?", "REAL", "EXERCISE", "TEST", "SIMULATED"};
static const char *const kind_names[] = {"?",   "INITIAL",    "UPDATE", "CANCEL", "RETRACT",
                                         "ACK", "DESCRIPTOR", "CLOSE",  "REVEAL", "KEYS"};

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

const char *
record_mode_name(int mode)
{
    return mode > 0 && mode < COUNT(mode_names) ? mode_names[mode] : "?";
}

const char *
record_kind_name(int kind)
{
    return kind > 0 && kind < COUNT(kind_names) ? kind_names[kind] : "?";
}

bool
record_kind_has_type(int kind)
{
    return kind == PARALLAX__V1__KIND__INITIAL || kind == PARALLAX__V1__KIND__UPDATE ||
           record_kind_withdraws(kind);
}

bool
record_kind_is_own(int kind)
{
    return kind == PARALLAX__V1__KIND__DESCRIPTOR || kind == PARALLAX__V1__KIND__CLOSE ||
           kind == PARALLAX__V1__KIND__REVEAL || kind == PARALLAX__V1__KIND__KEYS;
}

bool
record_kind_withdraws(int kind)
{
    return kind == PARALLAX__V1__KIND__CANCEL || kind == PARALLAX__V1__KIND__RETRACT;
}

int
record_mode_parse(struct span s, Parallax__V1__Mode *mode)
{
    for (int i = 1; i < COUNT(mode_names); i++) {
        if (text_equal_nocase(s, mode_names[i])) {
            *mode = (Parallax__V1__Mode)i;
            return 0;
        }
    }
    return -1;
}

struct utc
record_utc(const Parallax__V1__Utc *t)
{
    struct utc utc = {0};

    if (t != NULL && utc_is_valid((struct utc){t->mjd, t->ns}))
        utc = (struct utc){t->mjd, t->ns};
    return utc;
}

static int fail(struct why *why, const char *field, const char *note) __attribute__((cold));

static int
fail(struct why *why, const char *field, const char *note)
{
    return why_set(why, WHY_HEADER_VALUE, 0, 0, field, "%s", note);
}

/* A time that is there exists; MJD 0 at 0h stands for "not given" and is not sent. */
static int
check_time(const Parallax__V1__Utc *t, const char *field, struct why *why)
{
    return t == NULL || !utc_is_zero(record_utc(t)) ? 0 : fail(why, field, "no such time");
}

static int
check_times(const Parallax__V1__Header *h, struct why *why)
{
    if (h->created == NULL)
        return fail(why, "created", "missing");
    if (check_time(h->created, "created", why) != 0 || check_time(h->epoch, "epoch", why) != 0 ||
        check_time(h->expires, "expires", why) != 0)
        return -1;
    return check_time(h->embargo_until, "embargo_until", why);
}

/* Leaf 0 and the last leaf are of no type; what opens others need not be. */
static int
check_type(const Parallax__V1__Header *h, struct why *why)
{
    bool bare = h->kind == PARALLAX__V1__KIND__DESCRIPTOR || h->kind == PARALLAX__V1__KIND__CLOSE;
    bool free = h->kind == PARALLAX__V1__KIND__REVEAL || h->kind == PARALLAX__V1__KIND__KEYS;
    struct span type = span_str(h->type);

    if (type.n == 0 && (bare || free))
        return h->type_version == 0 ? 0 : fail(why, "type_version", "a version of no type");
    if (bare)
        return fail(why, "type", "expected none for this kind");
    if (!text_is_word(type))
        return fail(why, "type", "not a type name");
    return h->type_version > 0 ? 0 : fail(why, "type_version", "missing");
}

static int
check_sealing(const Parallax__V1__Header *h, struct why *why)
{
    if (h->sealing < PARALLAX__V1__SEALING__NONE || h->sealing > PARALLAX__V1__SEALING__EMBARGO)
        return fail(why, "sealing", "not one of NONE, LOG, EMBARGO");
    if (h->key_commitment.len != (h->sealing == PARALLAX__V1__SEALING__NONE ? 0 : HASH_BYTES))
        return fail(why, "key_commitment", "expected 32 bytes where sealed, else none");
    if ((h->embargo_until != NULL) != (h->sealing == PARALLAX__V1__SEALING__EMBARGO))
        return fail(why, "embargo_until", "expected with sealing EMBARGO and only there");
    return 0;
}

/* One body inline, or as many chunks as its length makes. */
static int
check_length(const Parallax__V1__Header *h, struct why *why)
{
    uint64_t chunks = h->body_length > LIMIT_BODY_BYTES ? (h->body_length - 1) / LIMIT_BODY_BYTES + 1 : 0;

    if (chunks > 0 && h->n_chunks == 0)
        return why_set(why, WHY_BODY_SIZE, 0, 0, "body_length",
                       "a body of %llu bytes: at most %d are allowed", (unsigned long long)h->body_length,
                       LIMIT_BODY_BYTES);
    if (chunks != h->n_chunks)
        return fail(why, "chunks", "their number does not fit the length of the body");
    for (size_t i = 0; i < h->n_chunks; i++) {
        if (h->chunks[i].len != HASH_BYTES)
            return fail(why, "chunks", "expected 32 bytes each");
    }
    return 0;
}

static int
check_references(const Parallax__V1__Header *h, struct why *why)
{
    if (h->n_references > LIMIT_REF_COUNT)
        return fail(why, "references", "too many");
    for (size_t i = 0; i < h->n_references; i++) {
        if (h->references[i]->log.len != LOG_ID_BYTES)
            return fail(why, "references", "expected 16 bytes of log id in each");
    }
    return 0;
}

static int
check_rights(const Parallax__V1__Rights *r, struct why *why)
{
    if (r == NULL || (r->source_class >= PARALLAX__V1__SOURCE_CLASS__GOVERNMENT &&
                      r->source_class <= PARALLAX__V1__SOURCE_CLASS__INTERNATIONAL))
        return 0;
    return fail(why, "rights", "source_class is not one of GOVERNMENT, COMMERCIAL, ACADEMIC, INTERNATIONAL");
}

static int
check_values(const Parallax__V1__Header *h, const uint8_t log[LOG_ID_BYTES], struct why *why)
{
    if (h->format != FORMAT)
        return fail(why, "format", "expected 1");
    if (h->log.len != LOG_ID_BYTES)
        return fail(why, "log", "expected 16 bytes");
    if (memcmp(h->log.data, log, LOG_ID_BYTES) != 0)
        return why_set(why, WHY_HEADER_LOG, 0, 0, "log", "another log than the one that holds this leaf");
    if (h->mode <= 0 || h->mode >= COUNT(mode_names))
        return fail(why, "mode", "not one of REAL, EXERCISE, TEST, SIMULATED");
    if (h->kind <= 0 || h->kind >= COUNT(kind_names))
        return fail(why, "kind", "missing or not known");
    if (h->body_hash.len != HASH_BYTES)
        return fail(why, "body_hash", "expected 32 bytes");
    if (h->salt.len != SALT_BYTES)
        return fail(why, "salt", "expected 16 bytes");
    if (h->event.len > EVENT_BYTES)
        return fail(why, "event", "longer than 64 bytes");
    if (h->full_version.len != 0 && h->full_version.len != HASH_BYTES)
        return fail(why, "full_version", "expected a hash of 32 bytes");
    if (check_type(h, why) != 0 || check_sealing(h, why) != 0 || check_length(h, why) != 0 ||
        check_times(h, why) != 0 || check_references(h, why) != 0)
        return -1;
    return check_rights(h->rights, why);
}

Parallax__V1__Header *
record_header_read(struct span bytes, const uint8_t log[LOG_ID_BYTES], struct arena *a, struct why *why)
{
    Parallax__V1__Header *h = (Parallax__V1__Header *)(void *)unpack(&parallax__v1__header__descriptor, bytes,
                                                                     true, WHY_HEADER_SHAPE, a, why);

    return h != NULL && check_values(h, log, why) == 0 ? h : NULL;
}

int
record_body_check(const Parallax__V1__Header *h, struct span body, struct why *why)
{
    uint8_t hash[HASH_BYTES];

    hash_sha256(body, hash);
    if (memcmp(hash, h->body_hash.data, HASH_BYTES) != 0)
        return why_set(why, WHY_BODY_HASH, 0, 0, "body", "%zu bytes of another hash than the header's",
                       body.n);
    if (body.n != h->body_length)
        return why_set(why, WHY_BODY_SIZE, 0, 0, "body_length", "%zu bytes, where the header says %llu",
                       body.n, (unsigned long long)h->body_length);
    return 0;
}

static Parallax__V1__Utc *
put_time(struct utc t, Parallax__V1__Utc *out)
{
    if (utc_is_zero(t))
        return NULL;
    parallax__v1__utc__init(out);
    out->mjd = t.mjd;
    out->ns = t.ns;
    return out;
}

/* protobuf-c has no const; packing only reads. */
static ProtobufCBinaryData
borrow(const uint8_t *p, size_t n)
{
    return (ProtobufCBinaryData){n, (uint8_t *)(uintptr_t)p};
}

int
record_header_make(const uint8_t log[LOG_ID_BYTES], const struct record_new *r, struct buf *out,
                   struct why *why)
{
    Parallax__V1__Header h = PARALLAX__V1__HEADER__INIT;
    Parallax__V1__Utc times[4];
    uint8_t hash[HASH_BYTES];
    size_t size;

    hash_sha256(r->body, hash);
    h.format = FORMAT;
    h.log = borrow(log, LOG_ID_BYTES);
    h.type = (char *)(uintptr_t)r->type;
    h.type_version = r->type_version;
    h.mode = r->mode;
    h.kind = r->kind;
    h.sealing = r->sealing == 0 ? PARALLAX__V1__SEALING__NONE : r->sealing;
    if (h.sealing != PARALLAX__V1__SEALING__NONE)
        h.key_commitment = borrow(r->commitment, HASH_BYTES);
    if (r->full_version != NULL)
        h.full_version = borrow(r->full_version, HASH_BYTES);
    h.body_length = r->body.n;
    h.body_hash = borrow(hash, HASH_BYTES);
    h.salt = borrow(r->salt, SALT_BYTES);
    h.created = put_time(r->created, &times[0]);
    h.epoch = put_time(r->epoch, &times[1]);
    h.expires = put_time(r->expires, &times[2]);
    h.embargo_until = put_time(r->embargo_until, &times[3]);
    h.n_references = r->references_n;
    h.references = (Parallax__V1__RecordId **)(uintptr_t)r->references;
    h.rights = (Parallax__V1__Rights *)(uintptr_t)r->rights;
    if (check_values(&h, log, why) != 0)
        return -1;
    size = protobuf_c_message_get_packed_size(&h.base);
    if (size > LIMIT_HEADER_BYTES)
        return why_set(why, WHY_HEADER_SIZE, 0, 0, NULL, "a header of %zu bytes: at most %d are allowed",
                       size, LIMIT_HEADER_BYTES);
    pack(&h.base, out);
    return buf_failed(out) ? why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no room for a header") : 0;
}

void
record_id_print(const uint8_t log[LOG_ID_BYTES], uint64_t index, char out[RECORD_ID_TEXT_MAX])
{
    struct buf b;

    buf_init_fixed(&b, out, RECORD_ID_TEXT_MAX);
    text_hex(&b, span_of(log, LOG_ID_BYTES));
    buf_put_fmt(&b, ":%llu", (unsigned long long)index);
    (void)buf_cstr(&b);
}

int
record_id_parse(struct span s, uint8_t log[LOG_ID_BYTES], uint64_t *index)
{
    const size_t colon = (size_t)2 * LOG_ID_BYTES;
    struct span digits;

    if (s.n < colon + 2 || s.p[colon] != ':')
        return -1;
    digits = span_of(s.p + colon + 1, s.n - colon - 1);
    if (digits.p[0] < '0' || digits.p[0] > '9' || (digits.p[0] == '0' && digits.n > 1))
        return -1;
    if (text_unhex(span_of(s.p, colon), log, LOG_ID_BYTES) != 0)
        return -1;
    return num_uint(digits, UINT64_MAX, index);
}
