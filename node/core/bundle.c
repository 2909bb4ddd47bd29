#include "core/bundle.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "core/tree.h"
#include "crypt/seal.h"
#include "proof.pb-c.h"
#include "wire/unpack.h"

#define ARENA_BYTES (LIMIT_PROOF_BYTES + 1048576)

/* One verification. */
struct check {
    struct span rest; /* of the text */
    uint32_t line;    /* that was taken last */
    struct why *why;
    struct arena a;
    Parallax__V1__ProofExtra *extra;
    struct roster *chain[2]; /* the roster read last and the one before it, in turns */
    const struct roster *roster;
    struct checkpoint head;
    char origin_line[ORIGIN_LINE_MAX];
    size_t path_n;
    uint8_t path[LIMIT_PROOF_COUNT][HASH_BYTES];
    struct bundle_result *out;
};

static int refuse(struct check *c, const char *note) __attribute__((cold));

static int
refuse(struct check *c, const char *note)
{
    return why_set(c->why, WHY_PROOF_BAD, c->line, 0, NULL, "%s", note);
}

static int
take_line(struct check *c, struct span *line)
{
    const uint8_t *end = c->rest.n > 0 ? memchr(c->rest.p, '\n', c->rest.n) : NULL;

    c->line++;
    if (end == NULL)
        return refuse(c, "the proof ends too early");
    *line = span_of(c->rest.p, (size_t)(end - c->rest.p));
    c->rest = span_of(end + 1, c->rest.n - line->n - 1);
    return 0;
}

/* A line "<word> <value>". */
static int
take_field(struct check *c, const char *word, struct span *value)
{
    size_t n = strlen(word);
    struct span line;

    if (take_line(c, &line) != 0)
        return -1;
    if (line.n <= n || memcmp(line.p, word, n) != 0 || line.p[n] != ' ')
        return why_set(c->why, WHY_PROOF_BAD, c->line, 1, NULL, "expected \"%s \" and its value", word);
    *value = span_of(line.p + n + 1, line.n - n - 1);
    return 0;
}

/* Decimal digits, without a leading zero. */
static int
read_count(struct check *c, struct span s, uint64_t *out)
{
    if (s.n == 0 || s.p[0] < '0' || s.p[0] > '9' || (s.p[0] == '0' && s.n > 1) ||
        num_uint(s, INT64_MAX, out) != 0)
        return refuse(c, "expected a number");
    return 0;
}

static int
read_hash(struct check *c, struct span s, uint8_t out[HASH_BYTES])
{
    uint8_t bytes[HASH_BYTES + 2];
    struct buf b;

    buf_init_fixed(&b, bytes, sizeof bytes);
    if (text_unbase64(s, &b) != 0 || b.n != HASH_BYTES)
        return refuse(c, "expected the base64 of 32 bytes");
    memcpy(out, bytes, HASH_BYTES);
    return 0;
}

/* The message must be the only one that packs to these bytes: no slack in tags, lengths, order or unknown
 * fields. */
static int
unpack_extra(struct check *c, struct span packed)
{
    struct buf again;
    bool same;

    c->extra = (Parallax__V1__ProofExtra *)(void *)unpack(&parallax__v1__proof_extra__descriptor, packed,
                                                          true, WHY_PROOF_BAD, &c->a, c->why);
    if (c->extra == NULL)
        return -1;
    buf_init(&again, packed.n + 1);
    pack(&c->extra->base, &again);
    same = c->extra->base.n_unknown_fields == 0 && span_equal(buf_span(&again), packed);
    buf_release(&again);
    return same ? 0 : refuse(c, "the extra line is not packed as it must be");
}

static int
read_extra(struct check *c)
{
    struct span value;
    struct buf packed;
    int status;

    if (take_field(c, "extra", &value) != 0)
        return -1;
    buf_init(&packed, value.n + 1);
    if (text_unbase64(value, &packed) == 0)
        status = unpack_extra(c, buf_span(&packed));
    else if (buf_failed(&packed))
        status = why_set(c->why, WHY_NO_MEMORY, 0, 0, NULL, "no memory for the extra line");
    else
        status = refuse(c, "the extra line is not base64");
    buf_release(&packed);
    return status;
}

static int
read_path(struct check *c)
{
    struct span line;

    for (;;) {
        if (take_line(c, &line) != 0)
            return -1;
        if (line.n == 0)
            return 0;
        if (c->path_n == LIMIT_PROOF_COUNT)
            return refuse(c, "too many hashes");
        if (read_hash(c, line, c->path[c->path_n]) != 0)
            return -1;
        c->path_n++;
    }
}

/* The checkpoint's three lines, which must be those of this origin, an empty one and the log's signature
 * line. */
static int
read_head(struct check *c)
{
    struct note_line signature;
    struct span line;

    if (take_line(c, &line) != 0)
        return -1;
    if (!span_is(line, c->origin_line))
        return refuse(c, "the checkpoint is of another log than its origin line, extra or roster says");
    if (take_line(c, &line) != 0 || read_count(c, line, &c->head.size) != 0)
        return -1;
    if (take_line(c, &line) != 0 || read_hash(c, line, c->head.root) != 0)
        return -1;
    if (take_line(c, &line) != 0)
        return -1;
    if (line.n != 0)
        return refuse(c, "expected an empty line below the root");
    if (take_line(c, &line) != 0)
        return -1;
    if (note_line_read(line, &signature) != 0 || !span_is(signature.name, c->origin_line) ||
        signature.signature_n != SIG_BYTES)
        return refuse(c, "expected the signature line of the log");
    memcpy(c->head.key_id, signature.key_id, KEY_ID_BYTES);
    memcpy(c->head.signature, signature.signature, SIG_BYTES);
    return 0;
}

static struct span
lend(ProtobufCBinaryData data)
{
    return span_of(data.data, data.len);
}

/* One link of the chain, which must be in its normal form. */
static int
check_roster(struct check *c, struct span note, const struct roster *old, struct roster *r)
{
    struct buf normal;
    bool same;

    if (roster_parse(note, r, c->why) != 0 || roster_check(note, r, old, c->why) != 0)
        return -1;
    buf_init(&normal, LIMIT_ROSTER_BYTES);
    same = roster_normal(note, r, old, &normal) == 0 && span_equal(buf_span(&normal), note);
    buf_release(&normal);
    if (!same)
        return why_set(c->why, WHY_ROSTER_SHAPE, 0, 0, NULL,
                       "a roster carries a signature line that is damaged, repeated or not by a steward");
    return 0;
}

static int
check_chain(struct check *c, const struct roster *given, const uint8_t *fingerprint)
{
    const struct roster *last = NULL;

    for (size_t i = 0; i < c->extra->n_rosters; i++) {
        struct roster *r = c->chain[i % 2] != NULL ? c->chain[i % 2] : roster_new();

        c->chain[i % 2] = r;
        if (check_roster(c, lend(c->extra->rosters[i]), last, r) != 0)
            return -1;
        if (i == 0 && fingerprint != NULL && memcmp(r->hash, fingerprint, HASH_BYTES) != 0)
            return why_set(c->why, WHY_ROSTER_CHAIN, 0, 0, NULL, "the first roster has another fingerprint");
        if (given != NULL && r->version == given->version && memcmp(r->hash, given->hash, HASH_BYTES) != 0)
            return why_set(c->why, WHY_ROSTER_CHAIN, 0, 0, NULL, "another version %llu than the roster given",
                           (unsigned long long)r->version);
        last = r;
    }
    if (given != NULL && last != NULL && strcmp(given->federation, last->federation) != 0)
        return why_set(c->why, WHY_ROSTER_CHAIN, 0, 0, NULL, "the rosters inside are of another federation");
    c->roster = given != NULL ? given : last;
    return c->roster != NULL ? 0 : refuse(c, "there is no roster inside, and none was given");
}

/* The key must be the one that the header commits to, and open the body: nothing in a proof may be false. */
static int
open_sealed(struct check *c, const Parallax__V1__Header *h, struct span body, struct buf *scratch)
{
    struct seal_place place;

    if (h->sealing == PARALLAX__V1__SEALING__NONE || c->extra->key.len != SEAL_KEY_BYTES)
        return refuse(c, "a key of a record that is not sealed, or not 32 bytes");
    memcpy(place.log, h->log.data, SEAL_ID_BYTES);
    memcpy(place.salt, h->salt.data, SEAL_ID_BYTES);
    return seal_open_revealed(c->extra->key.data, &place, lend(h->key_commitment), body, scratch, c->why);
}

/* The record: header, its leaf in the tree, its body. */
static int
check_record(struct check *c, struct buf *scratch)
{
    struct span header = lend(c->extra->header);
    struct span body = lend(c->extra->body);
    uint8_t leaf[HASH_BYTES];
    Parallax__V1__Header *h;
    bool held;

    hash_leaf(header, leaf);
    if (!tree_check_inclusion(c->out->index, c->head.size, leaf, c->head.root,
                              (const uint8_t(*)[HASH_BYTES])c->path, c->path_n))
        return refuse(c, "the record is not in the tree that the checkpoint signs");
    if (header.n > LIMIT_HEADER_BYTES)
        return why_set(c->why, WHY_HEADER_SIZE, 0, 0, NULL, "a header of %zu bytes", header.n);
    h = record_header_read(header, c->head.log, &c->a, c->why);
    if (h == NULL)
        return -1;
    held = body.n > 0 || h->body_length == 0;
    if (held && record_body_check(h, body, c->why) != 0)
        return -1;
    buf_put_span(scratch, header);
    buf_put_span(scratch, body);
    if (c->extra->key.len != 0 && open_sealed(c, h, body, scratch) != 0)
        return -1;
    if (buf_failed(scratch) || scratch->p == NULL)
        return why_set(c->why, WHY_NO_MEMORY, 0, 0, NULL, "no room for the record");
    c->out->header = span_of(scratch->p, header.n);
    c->out->body = held ? span_of(scratch->p + header.n, body.n) : span_of(NULL, 0);
    c->out->plain = c->extra->key.len != 0
                        ? span_of(scratch->p + header.n + body.n, scratch->n - header.n - body.n)
                        : span_of(NULL, 0);
    return 0;
}

/* The member that a cosignature line names as "<federation>/<node>/witness". */
static bool
find_witness(const struct check *c, const struct note_line *line, char node[LIMIT_NAME_BYTES + 1])
{
    static const char tail[] = "/witness";
    size_t head_n = strlen(c->roster->federation) + 1;
    size_t tail_n = sizeof tail - 1;
    char name[ORIGIN_LINE_MAX];
    size_t n;

    if (line->name.n <= head_n + tail_n || line->name.n > head_n + LIMIT_NAME_BYTES + tail_n)
        return false;
    n = line->name.n - head_n - tail_n;
    memcpy(node, line->name.p + head_n, n);
    node[n] = 0;
    checkpoint_witness_name(c->roster->federation, node, name);
    return strlen(node) == n && span_is(line->name, name);
}

static bool
check_cosignature(const struct check *c, struct span text, struct cosignature *out)
{
    struct note_line line;
    const struct roster_key *key;

    if (note_line_read(text, &line) != 0 || line.signature_n != sizeof(uint64_t) + SIG_BYTES ||
        !find_witness(c, &line, out->node))
        return false;
    out->time = 0;
    for (size_t i = 0; i < sizeof(uint64_t); i++)
        out->time = out->time << 8 | line.signature[i];
    memcpy(out->signature, line.signature + sizeof(uint64_t), SIG_BYTES);
    memcpy(out->key_id, line.key_id, KEY_ID_BYTES);
    key = roster_witness_key(c->roster, out->node, out->key_id);
    if (key == NULL || !checkpoint_verify_cosignature(&c->head, c->origin_line, out, key->key))
        return false;
    for (unsigned i = 0; i < c->out->good_n; i++) {
        if (strcmp(c->out->good[i], out->node) == 0)
            return false; /* one member counts once */
    }
    return true;
}

/* The key name of a line that did not verify, whatever is left of it. */
static void
keep_lost(struct bundle_result *out, struct span line)
{
    char *name;
    size_t n = 0;

    if (out->lost_n >= BUNDLE_LINES_MAX) {
        out->lost_n++;
        return;
    }
    name = out->lost[out->lost_n++];
    if (line.n >= 4 && memcmp(line.p, "\xE2\x80\x94 ", 4) == 0)
        line = span_of(line.p + 4, line.n - 4);
    for (; n < line.n && n < ORIGIN_LINE_MAX - 1 && line.p[n] != ' '; n++)
        name[n] = (char)(line.p[n] > 0x20 && line.p[n] < 0x7F ? line.p[n] : '?');
    name[n] = 0;
}

static int
check_cosignatures(struct check *c)
{
    while (c->rest.n > 0) {
        const uint8_t *end = memchr(c->rest.p, '\n', c->rest.n);
        struct span line = span_of(c->rest.p, end != NULL ? (size_t)(end - c->rest.p) : c->rest.n);
        struct cosignature cosignature;

        c->line++;
        c->rest = span_of(c->rest.p + line.n, c->rest.n - line.n);
        if (end != NULL)
            c->rest = span_of(c->rest.p + 1, c->rest.n - 1);
        if (c->out->good_n + c->out->lost_n == LIMIT_NOTE_LINES_COUNT)
            return refuse(c, "too many cosignature lines");
        if (end == NULL || !check_cosignature(c, line, &cosignature)) {
            keep_lost(c->out, line);
            continue;
        }
        if (c->out->good_n == BUNDLE_LINES_MAX)
            return refuse(c, "too many cosignature lines");
        memcpy(c->out->good[c->out->good_n], cosignature.node, sizeof cosignature.node);
        c->out->good_time[c->out->good_n++] = cosignature.time;
    }
    return 0;
}

/* The log that the checkpoint's first line names, and the line as it must be. */
static int
name_log(struct check *c)
{
    const size_t digits = (size_t)2 * LOG_ID_BYTES;
    const uint8_t *end = c->rest.n > 0 ? memchr(c->rest.p, '\n', c->rest.n) : NULL;
    const struct roster_member *origin = roster_member(c->roster, c->extra->origin);
    size_t n = end != NULL ? (size_t)(end - c->rest.p) : 0;

    if (origin == NULL)
        return refuse(c, "the roster does not list the origin");
    if (n < digits || text_unhex(span_of(end - digits, digits), c->head.log, LOG_ID_BYTES) != 0)
        return refuse(c, "the checkpoint does not start with the origin line of a log");
    checkpoint_origin_line(c->roster->federation, origin->name, c->head.log, c->origin_line);
    memcpy(c->out->origin, origin->name, sizeof c->out->origin);
    memcpy(c->out->log, c->head.log, LOG_ID_BYTES);
    c->out->origin_removed = origin->removed;
    c->out->roster_version = c->roster->version;
    return 0;
}

/* A head at which the roster ends its log may be signed by nobody else: then its line is all zeros. */
static bool
is_unsigned(const struct checkpoint *c)
{
    static const uint8_t zeros[SIG_BYTES];

    return memcmp(c->signature, zeros, SIG_BYTES) == 0 && memcmp(c->key_id, zeros, KEY_ID_BYTES) == 0;
}

static int
check_head(struct check *c)
{
    const struct roster_key *key = roster_log_key(c->roster, c->out->origin, c->head.log, c->head.key_id);
    bool vouched = roster_vouches(c->roster, c->out->origin, &c->head);

    if (vouched && is_unsigned(&c->head))
        return 0;
    if (key == NULL)
        return refuse(c, "the checkpoint is signed by a key that the roster does not list for its origin");
    if (!checkpoint_verify(&c->head, c->origin_line, key->key))
        return refuse(c, "the signature of the checkpoint does not match");
    /* A head below the end may be of the story that was put aside. */
    if (!vouched && (key->revoked || roster_recovery(c->roster, c->head.log) != NULL))
        return refuse(
            c, "the roster ends this log, or what its key signs, at another head: ask for a new proof");
    return 0;
}

static int
check_all(struct check *c, const struct roster *roster, const uint8_t *fingerprint, struct buf *scratch)
{
    struct span line;

    if (c->rest.n > LIMIT_PROOF_BYTES)
        return refuse(c, "larger than a proof may be");
    if (take_line(c, &line) != 0)
        return -1;
    if (!span_is(line, BUNDLE_MAGIC))
        return refuse(c, "not a proof: expected \"" BUNDLE_MAGIC "\" in the first line");
    if (read_extra(c) != 0 || take_field(c, "index", &line) != 0 ||
        read_count(c, line, &c->out->index) != 0 || read_path(c) != 0 ||
        check_chain(c, roster, fingerprint) != 0 || name_log(c) != 0 || read_head(c) != 0)
        return -1;
    if (check_head(c) != 0)
        return -1;
    c->out->size = c->head.size;
    if (check_record(c, scratch) != 0)
        return -1;
    return check_cosignatures(c);
}

int
bundle_verify(struct span text, const struct roster *roster, const uint8_t *fingerprint, struct buf *scratch,
              struct bundle_result *out, struct why *why)
{
    struct check *c = mem_new(sizeof *c);
    int status;

    assert(roster != NULL || fingerprint != NULL);
    memset(out, 0, sizeof *out);
    buf_clear(scratch);
    c->rest = text;
    c->why = why;
    c->out = out;
    arena_init(&c->a, ARENA_BYTES);
    status = check_all(c, roster, fingerprint, scratch);
    roster_free(c->chain[0]);
    roster_free(c->chain[1]);
    arena_release(&c->a);
    free(c);
    return status;
}
