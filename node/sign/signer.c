/* Runs in the signer's one thread. */
#include "sign/signer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "sign/signer_internal.h"
#include "wire/unpack.h"

#define TEXT_BYTES  512                            /* what is signed: a checkpoint or cosignature text */
#define SIZE_MAX_64 ((uint64_t)1 << 60)            /* no tree of ours or theirs comes near */
#define ARENA_BYTES ((size_t)4 * LIMIT_SIGN_BYTES) /* a request, unpacked, and the longest list */

/* Room for the bytes of an answer. */
struct reply {
    Parallax__Role__SignAnswer answer;
    uint8_t log[LOG_ID_BYTES];
    uint8_t root[HASH_BYTES];
    uint8_t signature[SIG_BYTES];
    uint8_t cosignature[SIG_BYTES];
};

struct signer *
signer_open(const char *path, const char *node, const struct secret *log_key,
            const struct secret *witness_key, char error[200])
{
    struct signer *s = mem_new(sizeof *s);

    (void)snprintf(s->node, sizeof s->node, "%s", node);
    s->log_key = log_key;
    s->witness_key = witness_key;
    sig_public(log_key, s->log_public);
    arena_init(&s->arena, ARENA_BYTES);
    if (signer_db_open(s, path, error) == 0)
        return s;
    signer_close(s);
    return NULL;
}

void
signer_close(struct signer *s)
{
    if (s == NULL)
        return;
    signer_db_close(s);
    arena_release(&s->arena);
    free(s);
}

static int
refuse(struct reply *r, const char *error)
{
    r->answer.ok = false;
    r->answer.error = (char *)(uintptr_t)error; /* protobuf-c has no const; packing only reads it */
    return 0;
}

static void
set(ProtobufCBinaryData *to, uint8_t *room, const uint8_t *bytes, size_t n)
{
    memcpy(room, bytes, n);
    *to = (ProtobufCBinaryData){n, room};
}

/* What is held of a log goes into every answer about it, so that core can find its way back; of an unknown one that is its id alone. */
static void
tell_head(struct reply *r, const struct signer_log *log)
{
    set(&r->answer.log, r->log, log->id, LOG_ID_BYTES);
    r->answer.size = log->tree.size;
    if (log->tree.size == 0)
        return;
    set(&r->answer.root, r->root, log->root, HASH_BYTES);
    set(&r->answer.signature, r->signature, log->signature, SIG_BYTES);
}

/* "<federation>/<node>/<log id hex>". */
static bool
is_line(const char *line)
{
    size_t n = strlen(line);
    uint8_t id[LOG_ID_BYTES];
    const size_t digits = 2 * LOG_ID_BYTES;

    return n > digits + 1 && n < ORIGIN_LINE_MAX && text_is_printable(span_str(line)) &&
           line[n - digits - 1] == '/' &&
           text_unhex(span_of(line + n - digits, digits), id, LOG_ID_BYTES) == 0;
}

/* The line names us and this log: no two logs of ours can share one, and no other node's log has it. */
static bool
is_our_line(const struct signer *s, const char *line, const uint8_t id[LOG_ID_BYTES])
{
    const char *slash = strchr(line, '/');
    char federation[ORIGIN_LINE_MAX], expected[ORIGIN_LINE_MAX];

    if (!is_line(line) || slash == line)
        return false;
    (void)snprintf(federation, sizeof federation, "%.*s", (int)(slash - line), line);
    checkpoint_origin_line(federation, s->node, id, expected);
    return strcmp(line, expected) == 0;
}

static void
cosign(const struct signer *s, struct reply *r, const char *line, uint64_t size,
       const uint8_t root[HASH_BYTES], uint64_t time)
{
    uint8_t bytes[TEXT_BYTES], sig[SIG_BYTES];
    struct buf text;

    buf_init_fixed(&text, bytes, sizeof bytes);
    checkpoint_cosign_text(line, size, root, time, &text);
    sig_sign(s->witness_key, buf_span(&text), sig);
    set(&r->answer.cosignature, r->cosignature, sig, SIG_BYTES);
    r->answer.time = time;
}

static void
sign_head(const struct signer *s, struct signer_log *log)
{
    uint8_t bytes[TEXT_BYTES];
    struct buf text;

    buf_init_fixed(&text, bytes, sizeof bytes);
    checkpoint_text(log->origin_line, log->tree.size, log->root, &text);
    sig_sign(s->log_key, buf_span(&text), log->signature);
}

/* The batch that was signed last, asked for again: only if it leads to the very same head. */
static bool
is_repeat(const struct signer_log *log, uint64_t old_size, const uint8_t *leaves, size_t n)
{
    struct tree tree = old_size == log->tree.size ? log->tree : log->before;
    uint8_t root[HASH_BYTES];

    if (log->tree.size == 0 || old_size != tree.size || old_size + n != log->tree.size)
        return false;
    for (size_t i = 0; i < n; i++)
        tree_append(&tree, leaves + i * HASH_BYTES, NULL, NULL);
    tree_root(&tree, root);
    return memcmp(root, log->root, HASH_BYTES) == 0;
}

/* A log has one key for life (DESIGN section 2): what another key of ours signed last is not gone on with. */
static bool
is_of_our_key(const struct signer *s, const struct signer_log *log)
{
    uint8_t bytes[TEXT_BYTES];
    struct buf text;

    if (log->tree.size == 0)
        return true;
    buf_init_fixed(&text, bytes, sizeof bytes);
    checkpoint_text(log->origin_line, log->tree.size, log->root, &text);
    return sig_verify(s->log_public, buf_span(&text), log->signature);
}

/* Extend the log as asked and sign its head. 0, 1 when the request does not extend it, -1. */
static int
extend(struct signer *s, struct signer_log *log, uint64_t old_size, const uint8_t *leaves, size_t n)
{
    if (is_repeat(log, old_size, leaves, n))
        return 0;
    if (old_size != log->tree.size || n == 0 || n >= SIZE_MAX_64 - old_size)
        return 1;
    log->before = log->tree;
    for (size_t i = 0; i < n; i++)
        tree_append(&log->tree, leaves + i * HASH_BYTES, NULL, NULL);
    tree_root(&log->tree, log->root);
    sign_head(s, log);
    return signer_db_put_log(s, log);
}

static int
append(struct signer *s, const Parallax__Role__SignRequest *request, struct reply *r)
{
    const Parallax__Role__SignRequest__Append *a = request->append;
    struct signer_log log;
    int known, result;

    if (a->log.len != LOG_ID_BYTES)
        return refuse(r, "shape");
    known = signer_db_log(s, a->log.data, &log);
    if (known < 0)
        return -1;
    tell_head(r, &log);
    if (a->leaves.len % HASH_BYTES != 0)
        return refuse(r, "shape");
    if (!is_our_line(s, a->origin_line, a->log.data) ||
        (known && strcmp(log.origin_line, a->origin_line) != 0))
        return refuse(r, "origin_line");
    if (known && !is_of_our_key(s, &log))
        return refuse(r, "log_key");
    if (!known)
        (void)snprintf(log.origin_line, sizeof log.origin_line, "%s", a->origin_line);
    result = extend(s, &log, a->old_size, a->leaves.data, a->leaves.len / HASH_BYTES);
    if (result != 0)
        return result < 0 ? -1 : refuse(r, "does_not_extend");
    tell_head(r, &log);
    if (a->time > 0)
        cosign(s, r, log.origin_line, log.tree.size, log.root, a->time);
    return 0;
}

static int
heartbeat(struct signer *s, const Parallax__Role__SignRequest *request, struct reply *r)
{
    const Parallax__Role__SignRequest__Heartbeat *h = request->heartbeat;
    struct signer_log log;
    int known;

    if (h->log.len != LOG_ID_BYTES)
        return refuse(r, "shape");
    known = signer_db_log(s, h->log.data, &log);
    if (known < 0)
        return -1;
    tell_head(r, &log);
    if (!known)
        return refuse(r, "unknown");
    if (h->time == 0)
        return refuse(r, "shape");
    cosign(s, r, log.origin_line, log.tree.size, log.root, h->time);
    return 0;
}

static bool
is_signed(const Parallax__Role__SignRequest__Witness *w)
{
    uint8_t bytes[TEXT_BYTES];
    struct buf text;

    buf_init_fixed(&text, bytes, sizeof bytes);
    checkpoint_text(w->origin_line, w->size, w->root.data, &text);
    return !buf_failed(&text) && sig_key_ok(w->log_key.data) &&
           sig_verify(w->log_key.data, buf_span(&text), w->signature.data);
}

/* Does the request lead from what was cosigned last to the new head? An error word, or NULL. */
static const char *
judge(const struct signer *s, const Parallax__Role__SignRequest__Witness *w, bool known,
      const struct signer_witness *last)
{
    if (known && memcmp(last->log_key, w->log_key.data, SIG_KEY_BYTES) != 0)
        return "log_key"; /* a log has one key for life (DESIGN section 2: a change of key closes it) */
    if (memcmp(s->log_public, w->log_key.data, SIG_KEY_BYTES) == 0)
        return "own_log"; /* heartbeats are for these */
    if (w->old_size != last->size)
        return "old_size";
    if (w->size < last->size)
        return "smaller";
    if (!is_signed(w))
        return "signature";
    if (!tree_check_consistency(last->size, last->root, w->size, w->root.data,
                                (const uint8_t(*)[HASH_BYTES])w->proof.data, w->proof.len / HASH_BYTES))
        return "inconsistent";
    return NULL;
}

static bool
is_shaped(const Parallax__Role__SignRequest__Witness *w)
{
    return w->root.len == HASH_BYTES && w->signature.len == SIG_BYTES && w->log_key.len == SIG_KEY_BYTES &&
           w->proof.len % HASH_BYTES == 0 && w->proof.len / HASH_BYTES <= LIMIT_PROOF_COUNT && w->size > 0 &&
           w->size < SIZE_MAX_64 && w->time > 0 && w->time < SIZE_MAX_64;
}

static int
witness(struct signer *s, const Parallax__Role__SignRequest *request, struct reply *r)
{
    const Parallax__Role__SignRequest__Witness *w = request->witness;
    struct signer_witness last;
    const char *error;
    int known, own;

    r->answer.origin_line = w->origin_line;
    if (!is_line(w->origin_line))
        return refuse(r, "shape");
    known = signer_db_witness(s, w->origin_line, &last);
    own = signer_db_has_line(s, w->origin_line);
    if (known < 0 || own < 0)
        return -1;
    error = own ? "own_log" : !is_shaped(w) ? "shape" : judge(s, w, known, &last);
    if (error == NULL) {
        last.size = w->size;
        last.time = w->time;
        memcpy(last.root, w->root.data, HASH_BYTES);
        memcpy(last.log_key, w->log_key.data, SIG_KEY_BYTES);
        if (signer_db_put_witness(s, &last) != 0)
            return -1;
        cosign(s, r, last.origin_line, last.size, last.root, last.time);
    } else {
        (void)refuse(r, error);
    }
    r->answer.size = last.size;
    if (last.size > 0)
        set(&r->answer.root, r->root, last.root, HASH_BYTES);
    return 0;
}

static int
list(struct signer *s, const Parallax__Role__SignRequest *request, struct reply *r)
{
    int n = signer_db_list(s, &r->answer.logs);

    (void)request;
    r->answer.log_key = (ProtobufCBinaryData){SIG_KEY_BYTES, s->log_public};
    r->answer.n_logs = n > 0 ? (size_t)n : 0;
    return n < 0 ? -1 : 0;
}

static int
none(struct signer *s, const Parallax__Role__SignRequest *request, struct reply *r)
{
    (void)s;
    (void)request;
    return refuse(r, "shape");
}

static void
tell_log(const struct reply *r)
{
    struct buf id;

    if (r->answer.ok && (r->answer.signature.len == 0 || r->answer.origin_line[0] != 0))
        return;
    buf_init(&id, 1024);
    if (r->answer.origin_line[0] != 0)
        text_quote(&id, span_str(r->answer.origin_line), ORIGIN_LINE_MAX);
    else
        text_hex(&id, span_of(r->answer.log.data, r->answer.log.len));
    if (r->answer.ok)
        log_event(EV_sign_signed, "log=%s size=%llu", buf_cstr(&id), (unsigned long long)r->answer.size);
    else
        log_event(EV_sign_refused, "log=%s why=%s", buf_cstr(&id), r->answer.error);
    buf_release(&id);
}

int
signer_answer(struct signer *s, struct span request, struct buf *answer)
{
    static int (*const handlers[])(struct signer *, const Parallax__Role__SignRequest *, struct reply *) = {
        [PARALLAX__ROLE__SIGN_REQUEST__WHAT__NOT_SET] = none,
        [PARALLAX__ROLE__SIGN_REQUEST__WHAT_APPEND] = append,
        [PARALLAX__ROLE__SIGN_REQUEST__WHAT_HEARTBEAT] = heartbeat,
        [PARALLAX__ROLE__SIGN_REQUEST__WHAT_WITNESS] = witness,
        [PARALLAX__ROLE__SIGN_REQUEST__WHAT_LIST] = list,
    };
    struct reply r = {.answer = PARALLAX__ROLE__SIGN_ANSWER__INIT};
    const Parallax__Role__SignRequest *message;
    struct why why = {.code = WHY_NONE};

    arena_clear(&s->arena);
    r.answer.ok = true;
    if (s->failed || (!s->in_transaction && signer_db_run(s, SQL_BEGIN) != 0))
        return -1;
    s->in_transaction = true;
    message = (const Parallax__Role__SignRequest *)unpack(&parallax__role__sign_request__descriptor, request,
                                                          false, WHY_FRAME_SHAPE, &s->arena, &why);
    if (message == NULL) {
        (void)refuse(&r, "shape");
    } else {
        r.answer.token = message->token;
        if (handlers[message->what_case](s, message, &r) != 0)
            return -1;
    }
    tell_log(&r);
    pack(&r.answer.base, answer);
    return buf_failed(answer) ? -1 : 0;
}

int
signer_commit(struct signer *s)
{
    if (s->failed)
        return -1;
    if (!s->in_transaction)
        return 0;
    s->in_transaction = false;
    return signer_db_run(s, SQL_COMMIT);
}
