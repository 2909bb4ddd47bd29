#include "core/evidence.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "core/tree.h"

int
evidence_checkpoint_take(const Parallax__V1__Checkpoint *in, struct checkpoint *out, struct why *why)
{
    if (in == NULL || in->log.len != LOG_ID_BYTES || in->root.len != HASH_BYTES ||
        in->signature.len != SIG_BYTES || in->key_id.len != KEY_ID_BYTES || in->size == 0 ||
        in->size > LIMIT_LOG_LEAVES_COUNT * 2ULL)
        return why_set(why, WHY_HEAD_SHAPE, 0, 0, "checkpoint", "a member is missing or of a wrong length");
    memcpy(out->log, in->log.data, LOG_ID_BYTES);
    out->size = in->size;
    memcpy(out->root, in->root.data, HASH_BYTES);
    memcpy(out->signature, in->signature.data, SIG_BYTES);
    memcpy(out->key_id, in->key_id.data, KEY_ID_BYTES);
    return 0;
}

void
evidence_checkpoint_put(const struct checkpoint *c, Parallax__V1__Checkpoint *out)
{
    parallax__v1__checkpoint__init(out);
    out->log = (ProtobufCBinaryData){LOG_ID_BYTES, (uint8_t *)(uintptr_t)c->log};
    out->size = c->size;
    out->root = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)c->root};
    out->signature = (ProtobufCBinaryData){SIG_BYTES, (uint8_t *)(uintptr_t)c->signature};
    out->key_id = (ProtobufCBinaryData){KEY_ID_BYTES, (uint8_t *)(uintptr_t)c->key_id};
}

int
evidence_path_take(const ProtobufCBinaryData *in, size_t n, uint8_t (*out)[HASH_BYTES], uint32_t *out_n,
                   struct why *why)
{
    if (n > LIMIT_PROOF_COUNT)
        return why_set(why, WHY_PROOF_BAD, 0, 0, "path", "%zu hashes", n);
    for (size_t i = 0; i < n; i++) {
        if (in[i].len != HASH_BYTES)
            return why_set(why, WHY_PROOF_BAD, 0, 0, "path", "a hash of %zu bytes", in[i].len);
        memcpy(out[i], in[i].data, HASH_BYTES);
    }
    *out_n = (uint32_t)n;
    return 0;
}

static int
take_common(const Parallax__V1__Fork *in, struct evidence_common *out, struct why *why)
{
    if (in->common_size == 0)
        return 0;
    if (in->common_root.len != HASH_BYTES)
        return why_set(why, WHY_PROOF_BAD, 0, 0, "common_root", "a root of %zu bytes", in->common_root.len);
    out->size = in->common_size;
    memcpy(out->root, in->common_root.data, HASH_BYTES);
    if (evidence_path_take(in->older_common, in->n_older_common, out->older, &out->older_n, why) != 0)
        return -1;
    return evidence_path_take(in->newer_common, in->n_newer_common, out->newer, &out->newer_n, why);
}

int
evidence_take(const Parallax__V1__Fork *in, struct evidence *out, struct why *why)
{
    memset(out, 0, sizeof *out);
    if (evidence_checkpoint_take(in->older, &out->older, why) != 0 ||
        evidence_checkpoint_take(in->newer, &out->newer, why) != 0)
        return -1;
    if (in->prefix_root.len != HASH_BYTES || !text_is_node_name(span_str(in->origin)))
        return why_set(why, WHY_PROOF_BAD, 0, 0, "fork", "a member is missing or of a wrong length");
    if (evidence_path_take(in->path, in->n_path, out->path, &out->path_n, why) != 0 ||
        take_common(in, &out->common, why) != 0)
        return -1;
    memcpy(out->prefix_root, in->prefix_root.data, HASH_BYTES);
    snprintf(out->origin, sizeof out->origin, "%s", in->origin);
    return 0;
}

static size_t
put_path(ProtobufCBinaryData *out, const uint8_t (*path)[HASH_BYTES], uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)path[i]};
    return n;
}

void
evidence_pack(const struct evidence *e, struct buf *out)
{
    Parallax__V1__Fork f = PARALLAX__V1__FORK__INIT;
    Parallax__V1__Checkpoint older, newer;
    ProtobufCBinaryData path[LIMIT_PROOF_COUNT], older_common[LIMIT_PROOF_COUNT],
        newer_common[LIMIT_PROOF_COUNT];
    uint8_t *at;

    evidence_checkpoint_put(&e->older, &older);
    evidence_checkpoint_put(&e->newer, &newer);
    f.older = &older;
    f.newer = &newer;
    f.prefix_root = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)e->prefix_root};
    f.n_path = put_path(path, (const uint8_t(*)[HASH_BYTES])e->path, e->path_n);
    f.path = path;
    f.origin = (char *)(uintptr_t)e->origin;
    f.common_size = e->common.size;
    if (e->common.size != 0)
        f.common_root = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)e->common.root};
    f.n_older_common =
        put_path(older_common, (const uint8_t(*)[HASH_BYTES])e->common.older, e->common.older_n);
    f.older_common = older_common;
    f.n_newer_common =
        put_path(newer_common, (const uint8_t(*)[HASH_BYTES])e->common.newer, e->common.newer_n);
    f.newer_common = newer_common;
    at = buf_add(out, parallax__v1__fork__get_packed_size(&f));
    if (at != NULL)
        parallax__v1__fork__pack(&f, at);
}

void
evidence_set(const char *origin, const struct checkpoint *older, const struct checkpoint *newer,
             const uint8_t prefix[HASH_BYTES], struct evidence *e)
{
    memset(e, 0, sizeof(*e));
    snprintf(e->origin, sizeof(e->origin), "%s", origin);
    e->older = *older;
    e->newer = *newer;
    memcpy(e->prefix_root, prefix, HASH_BYTES);
}

int
evidence_unpack(struct span bytes, struct evidence *out)
{
    Parallax__V1__Fork *f = parallax__v1__fork__unpack(NULL, bytes.n, bytes.p);
    int rc = f == NULL ? -1 : evidence_take(f, out, NULL);

    if (f != NULL)
        parallax__v1__fork__free_unpacked(f, NULL);
    return rc;
}

static int
check_head(const struct evidence *e, const struct checkpoint *c, const struct roster *roster, struct why *why)
{
    char line[ORIGIN_LINE_MAX];
    const struct roster_key *key = roster_log_key(roster, e->origin, c->log, c->key_id);

    if (key == NULL)
        return why_set(why, WHY_HEAD_KEY, 0, 0, "key_id", "not a log key of %s", e->origin);
    checkpoint_origin_line(roster->federation, e->origin, c->log, line);
    if (!checkpoint_verify(c, line, key->key))
        return why_set(why, WHY_HEAD_SIGNATURE, 0, 0, "signature", "does not verify for %s at size %llu",
                       line, (unsigned long long)c->size);
    return 0;
}

static bool
fits_common(const struct evidence *e)
{
    const struct evidence_common *c = &e->common;

    return c->size == 0 || (c->size < e->older.size &&
                            tree_check_consistency(c->size, c->root, e->older.size, e->older.root,
                                                   (const uint8_t(*)[HASH_BYTES])c->older, c->older_n) &&
                            tree_check_consistency(c->size, c->root, e->newer.size, e->newer.root,
                                                   (const uint8_t(*)[HASH_BYTES])c->newer, c->newer_n));
}

int
evidence_check(const struct evidence *e, const struct roster *roster, struct why *why)
{
    if (memcmp(e->older.log, e->newer.log, LOG_ID_BYTES) != 0)
        return why_set(why, WHY_PROOF_BAD, 0, 0, "log", "the two heads are of two logs");
    if (e->older.size > e->newer.size)
        return why_set(why, WHY_PROOF_BAD, 0, 0, "size", "the older head is larger than the newer one");
    if (memcmp(e->prefix_root, e->older.root, HASH_BYTES) == 0)
        return why_set(why, WHY_PROOF_BAD, 0, 0, "prefix", "the two heads agree");
    if (!tree_check_consistency(e->older.size, e->prefix_root, e->newer.size, e->newer.root,
                                (const uint8_t(*)[HASH_BYTES])e->path, e->path_n))
        return why_set(why, WHY_PROOF_BAD, 0, 0, "path", "does not lead from the prefix to the newer head");
    if (!fits_common(e))
        return why_set(why, WHY_PROOF_BAD, 0, 0, "common", "the heads do not have that in common");
    return check_head(e, &e->older, roster, why) == 0 ? check_head(e, &e->newer, roster, why) : -1;
}

static void
put_hash(struct buf *out, const char *word, const uint8_t hash[HASH_BYTES])
{
    buf_put_str(out, word);
    text_base64(out, span_of(hash, HASH_BYTES));
    buf_put_byte(out, '\n');
}

void
evidence_print(const struct evidence *e, const char *federation, struct buf *out)
{
    char line[ORIGIN_LINE_MAX];

    checkpoint_origin_line(federation, e->origin, e->older.log, line);
    buf_put_fmt(out, "%s\norigin %s\n", EVIDENCE_MAGIC, e->origin);
    put_hash(out, "prefix ", e->prefix_root);
    for (uint32_t i = 0; i < e->path_n; i++)
        put_hash(out, "path ", e->path[i]);
    buf_put_byte(out, '\n');
    checkpoint_print(&e->older, federation, line, NULL, 0, out);
    buf_put_byte(out, '\n');
    checkpoint_print(&e->newer, federation, line, NULL, 0, out);
}

bool
evidence_is(struct span text)
{
    const size_t n = strlen(EVIDENCE_MAGIC);

    return text.n > n && memcmp(text.p, EVIDENCE_MAGIC "\n", n + 1) == 0;
}

/* Lines of a text with their numbers. */
struct lines {
    struct span rest;
    uint32_t at;
    struct why *why;
    bool failed;
};

static struct span
next_line(struct lines *l)
{
    const uint8_t *end = l->rest.n == 0 ? NULL : memchr(l->rest.p, '\n', l->rest.n);
    struct span line = {l->rest.p, 0};

    l->at++;
    if (end == NULL) {
        l->failed = true;
        return line;
    }
    line.n = (size_t)(end - l->rest.p);
    l->rest = span_of(end + 1, l->rest.n - line.n - 1);
    return line;
}

static int
fail(struct lines *l, const char *expected)
{
    l->failed = true;
    return why_set(l->why, WHY_PROOF_BAD, l->at, 1, NULL, "expected %s", expected);
}

static int
read_hash(struct span s, uint8_t hash[HASH_BYTES])
{
    uint8_t bytes[HASH_BYTES + 1];
    struct buf b;

    buf_init_fixed(&b, bytes, sizeof bytes);
    if (text_unbase64(s, &b) != 0 || buf_failed(&b) || b.n != HASH_BYTES)
        return -1;
    memcpy(hash, bytes, HASH_BYTES);
    return 0;
}

/* What follows ${word} in a line; n 0 when it does not begin with it. */
static struct span
after_word(struct span line, const char *word)
{
    const size_t n = strlen(word);

    if (line.n <= n || memcmp(line.p, word, n) != 0)
        return span_of(line.p, 0);
    return span_of(line.p + n, line.n - n);
}

static int
read_checkpoint(struct lines *l, struct checkpoint *c)
{
    struct note_line signature;
    struct span line = next_line(l);
    size_t hex = 2 * (size_t)LOG_ID_BYTES;

    if (line.n <= hex || text_unhex(span_of(line.p + line.n - hex, hex), c->log, LOG_ID_BYTES) != 0)
        return fail(l, "an origin line that ends in a log id");
    if (num_uint(next_line(l), LIMIT_LOG_LEAVES_COUNT * 2ULL, &c->size) != 0 || c->size == 0)
        return fail(l, "the size of a tree");
    if (read_hash(next_line(l), c->root) != 0)
        return fail(l, "the base64 of a root");
    if (next_line(l).n != 0 || l->failed)
        return fail(l, "an empty line");
    if (note_line_read(next_line(l), &signature) != 0 || signature.signature_n != SIG_BYTES)
        return fail(l, "a signature line");
    memcpy(c->key_id, signature.key_id, KEY_ID_BYTES);
    memcpy(c->signature, signature.signature, SIG_BYTES);
    return l->failed ? fail(l, "a whole line") : 0;
}

static int
read_all(struct lines *l, struct evidence *out)
{
    struct span word;

    if (!span_is(next_line(l), EVIDENCE_MAGIC))
        return fail(l, EVIDENCE_MAGIC);
    word = after_word(next_line(l), "origin ");
    if (!text_is_node_name(word))
        return fail(l, "origin and the name of a node");
    memcpy(out->origin, word.p, word.n);
    if (read_hash(after_word(next_line(l), "prefix "), out->prefix_root) != 0)
        return fail(l, "prefix and a root");
    for (word = next_line(l); word.n != 0; word = next_line(l)) {
        if (out->path_n == LIMIT_PROOF_COUNT ||
            read_hash(after_word(word, "path "), out->path[out->path_n]) != 0)
            return fail(l, "path and a hash, or an empty line");
        out->path_n++;
    }
    if (l->failed || read_checkpoint(l, &out->older) != 0)
        return l->failed && l->why != NULL && l->why->code == WHY_NONE ? fail(l, "the older head") : -1;
    if (next_line(l).n != 0 || l->failed)
        return fail(l, "an empty line");
    return read_checkpoint(l, &out->newer);
}

int
evidence_parse(struct span text, const char *federation, struct evidence *out, struct why *why)
{
    struct why scratch;
    struct lines l = {.rest = text, .why = why != NULL ? why : &scratch};
    struct buf again;
    bool same;

    why_clear(&scratch);
    memset(out, 0, sizeof *out);
    if (text.n > EVIDENCE_TEXT_BYTES)
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "larger than %d bytes", EVIDENCE_TEXT_BYTES);
    if (read_all(&l, out) != 0)
        return -1;
    buf_init(&again, EVIDENCE_TEXT_BYTES);
    evidence_print(out, federation, &again);
    same = !buf_failed(&again) && span_equal(buf_span(&again), text);
    buf_release(&again);
    return same ? 0
                : why_set(why, WHY_PROOF_BAD, 0, 0, NULL,
                          "not in canonical form, or not of federation %s: expected what `parallax log "
                          "evidence` wrote",
                          federation);
}
