/* A federation made of nothing but its names: the same keys, rosters and heads in every run. For tests and
 * tests/scenario/vectors.c. */
#ifndef TESTS_FEDERATION_H
#define TESTS_FEDERATION_H

#include <stdio.h>
#include <stdlib.h>

#include "core/bundle.h"
#include "core/tree.h"

static const char *const federation_members[] = {"fr-cnes", "de-dlr", "jp-jaxa", "in-isro", "it-asi"};
static const char *const federation_stewards[] = {"paris", "koeln", "tsukuba", "bengaluru", "rome"};

/* The key of ${who} for ${kind}: its seed is the hash of both. */
static inline struct secret *
federation_secret(const char *who, const char *kind)
{
    uint8_t seed[HASH_BYTES];
    char text[128];

    (void)snprintf(text, sizeof text, "%s %s", who, kind);
    hash_sha256(span_str(text), seed);
    return secret_new_copy(seed);
}

static inline void
federation_sign(const char *who, const char *kind, struct span text, uint8_t sig[SIG_BYTES])
{
    struct secret *s = federation_secret(who, kind);

    sig_sign(s, text, sig);
    secret_free(s);
}

static inline void
federation_public(const char *who, const char *kind, uint8_t key[SIG_KEY_BYTES])
{
    struct secret *s = federation_secret(who, kind);

    sig_public(s, key);
    secret_free(s);
}

static inline void
federation_add_key(const char *who, const char *kind, const char *seed, struct roster_keys *keys)
{
    struct secret *s = federation_secret(who, seed);
    bool curve = kind[0] == 't' || (kind[0] == 'w' && kind[1] == 'r');

    if (curve)
        secret_curve_public(s, keys->key[keys->n++].key);
    else
        roster_key_make(who, kind, s, &keys->key[keys->n++]);
    secret_free(s);
}

static inline void
federation_add_member(struct roster *r, const char *name)
{
    static const char *const classes[] = {"government", "commercial", "academic", "international"};
    struct roster_member *m = &r->member[r->members_n];

    (void)snprintf(m->name, sizeof m->name, "%s", name);
    (void)snprintf(m->country, sizeof m->country, "%.2s", name);
    (void)snprintf(m->agency, sizeof m->agency, "Agency of %s: l'été, \"etc\"", name);
    (void)snprintf(m->source_class, sizeof m->source_class, "%s", classes[r->members_n % 4]);
    (void)snprintf(m->contact, sizeof m->contact, "watch@%s.example # not a comment", name);
    if (r->members_n % 2 == 0)
        (void)snprintf(m->endpoint, sizeof m->endpoint, "tcp://%s.example:7700", name);
    federation_add_key(name, "log", "log", &m->log);
    federation_add_key(name, "witness", "witness", &m->witness);
    federation_add_key(name, "transport", "transport", &m->transport);
    federation_add_key(name, "wrap", "wrap", &m->wrap);
    r->members_n++;
}

/* Version 1 with so many members and stewards, and the least threshold there may be. */
static inline struct roster *
federation_roster(unsigned members, unsigned stewards)
{
    struct roster *r = roster_new();

    (void)snprintf(r->title, sizeof r->title, "%s", "Sky watch: a test federation");
    r->version = 1;
    r->expires = (struct utc){62502, 0}; /* 2030-01-01 */
    for (unsigned i = 0; i < members; i++)
        federation_add_member(r, federation_members[i]);
    for (unsigned i = 0; i < stewards; i++) {
        (void)snprintf(r->steward[i].name, sizeof r->steward[i].name, "%s", federation_stewards[i]);
        federation_public(federation_stewards[i], "steward", r->steward[i].key.key);
    }
    r->stewards_n = stewards;
    r->faulty = (stewards - 1) / 3;
    r->threshold = (stewards + r->faulty) / 2 + 1;
    return r;
}

/* The text of ${r}, signed by ${n} stewards from ${first} on. */
static inline int
federation_note(const struct roster *r, unsigned first, unsigned n, struct buf *out)
{
    struct buf before;
    int status = 0;

    buf_clear(out);
    roster_write(r, out);
    buf_init(&before, LIMIT_ROSTER_BYTES);
    for (unsigned i = first; i < first + n; i++) {
        struct secret *s = federation_secret(federation_stewards[i], "steward");

        buf_clear(&before);
        buf_put_span(&before, buf_span(out));
        buf_clear(out);
        status |= roster_add_signature(buf_span(&before), federation_stewards[i], s, out, NULL);
        secret_free(s);
    }
    buf_release(&before);
    return status;
}

/* ${r} as parsed becomes the draft of its successor. */
static inline void
federation_succeed(struct roster *r)
{
    memcpy(r->previous, r->hash, HASH_BYTES);
    r->version++;
}

/* Sign (size, root) of ${log} of ${node}. */
static inline void
federation_head(const struct roster *r, const char *node, const uint8_t log[LOG_ID_BYTES], uint64_t size,
                const uint8_t root[HASH_BYTES], struct checkpoint *out)
{
    char line[ORIGIN_LINE_MAX];
    uint8_t key[SIG_KEY_BYTES];
    struct buf text;

    *out = (struct checkpoint){.size = size};
    memcpy(out->log, log, LOG_ID_BYTES);
    memcpy(out->root, root, HASH_BYTES);
    checkpoint_origin_line(r->federation, node, log, line);
    buf_init(&text, 1024);
    checkpoint_text(line, size, root, &text);
    federation_sign(node, "log", buf_span(&text), out->signature);
    federation_public(node, "log", key);
    checkpoint_key_id(line, NOTE_TYPE_SIGN, key, out->key_id);
    buf_release(&text);
}

static inline void
federation_cosign(const struct roster *r, const char *origin_line, const struct checkpoint *c,
                  const char *node, uint64_t time, struct cosignature *out)
{
    char name[ORIGIN_LINE_MAX];
    uint8_t key[SIG_KEY_BYTES];
    struct buf text;

    *out = (struct cosignature){.time = time};
    (void)snprintf(out->node, sizeof out->node, "%s", node);
    buf_init(&text, 1024);
    checkpoint_cosign_text(origin_line, c->size, c->root, time, &text);
    federation_sign(node, "witness", buf_span(&text), out->signature);
    checkpoint_witness_name(r->federation, node, name);
    federation_public(node, "witness", key);
    checkpoint_key_id(name, NOTE_TYPE_COSIGN, key, out->key_id);
    buf_release(&text);
}

/* A log of ${size} leaves, of which one is a record that is made as a publisher makes it. */
struct federation_log {
    const struct roster *roster;
    const char *node;
    uint8_t id[LOG_ID_BYTES];
    uint64_t size, index;
    struct buf header, body;
    struct checkpoint head;
    char origin_line[ORIGIN_LINE_MAX];
    size_t path_n;
    uint8_t path[LIMIT_PROOF_COUNT][HASH_BYTES];
};

static inline bool
federation_leaf(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    const struct federation_log *log = cookie;

    if (hi - lo != 1)
        return false;
    if (lo == log->index)
        hash_leaf(buf_span(&log->header), out);
    else
        hash_leaf(span_of(&lo, sizeof lo), out);
    return true;
}

static inline int
federation_log_make(struct federation_log *log, const struct roster *r, const char *node, uint64_t size,
                    uint64_t index, struct span body)
{
    struct record_new record = {.type = "orbit",
                                .type_version = 1,
                                .mode = PARALLAX__V1__MODE__REAL,
                                .kind = PARALLAX__V1__KIND__INITIAL,
                                .created = {60000, 1000000000},
                                .epoch = {59999, 5},
                                .body = body};
    uint8_t root[HASH_BYTES];
    int n;

    *log = (struct federation_log){.roster = r, .node = node, .size = size, .index = index};
    for (uint8_t i = 0; i < LOG_ID_BYTES; i++) {
        log->id[i] = (uint8_t)(0xA0 + i);
        record.salt[i] = (uint8_t)(i * 7);
    }
    buf_init(&log->header, LIMIT_HEADER_BYTES);
    buf_init(&log->body, LIMIT_BODY_BYTES);
    buf_put_span(&log->body, body);
    checkpoint_origin_line(r->federation, node, log->id, log->origin_line);
    if (record_header_make(log->id, &record, &log->header, NULL) != 0)
        return -1;
    n = tree_prove_inclusion(federation_leaf, log, index, size, log->path);
    if (n < 0 || tree_range_root(federation_leaf, log, 0, size, root) != 0)
        return -1;
    log->path_n = (size_t)n;
    federation_head(r, node, log->id, size, root, &log->head);
    return 0;
}

static inline void
federation_log_release(struct federation_log *log)
{
    buf_release(&log->header);
    buf_release(&log->body);
}

/* Bundle of the record with cosignatures of the first ${witnesses} members. ${held}: with the body. */
static inline void
federation_bundle(const struct federation_log *log, const struct span *rosters, size_t rosters_n,
                  unsigned witnesses, bool held, struct buf *out)
{
    struct cosignature lines[BUNDLE_LINES_MAX];
    struct bundle_parts parts = {.header = buf_span(&log->header),
                                 .index = log->index,
                                 .checkpoint = &log->head,
                                 .federation = log->roster->federation,
                                 .origin_line = log->origin_line,
                                 .origin = log->node,
                                 .lines = lines,
                                 .lines_n = witnesses,
                                 .path = (const uint8_t(*)[HASH_BYTES])log->path,
                                 .path_n = log->path_n,
                                 .rosters = rosters,
                                 .rosters_n = rosters_n};

    for (unsigned i = 0; i < witnesses; i++)
        federation_cosign(log->roster, log->origin_line, &log->head, federation_members[i], 1790000000 + i,
                          &lines[i]);
    if (held)
        parts.body = buf_span(&log->body);
    bundle_write(&parts, out);
}

#endif
