/* prove: a proof bundle of one record under the newest signed head that is held completely. The core's
 * thread. */
#include "daemon/api_internal.h"

#include "core/bundle.h"
#include "core/tree.h"

struct range_of {
    struct store *store;
    uint32_t log;
};

static bool
get_range(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    const struct range_of *r = cookie;

    return store_range(r->store, r->log, lo, hi, out);
}

/* The head that the batch of leaf ${index} was proved with. 0, 1 = not signed yet, -1. */
static int
get_anchor(struct api_call *c, uint32_t log, uint64_t index, struct checkpoint *out)
{
    struct store_record *records = api_answer_alloc(c, LIMIT_BATCH_COUNT * sizeof *records);
    struct store_batch batch;
    int rc;

    if (records == NULL)
        return -1;
    rc = store_batch_get(c->ctx->store, log, index, 1, records, LIMIT_BATCH_COUNT, &batch);
    if (rc == 0)
        *out = batch.anchor;
    return rc;
}

/*
 * The newest head is used when we hold all of its leaves. In the middle of catching up we do not: then that
 * of the last batch, or of the record's own batch, which is older but can be shown. *${newest}: the lines
 * that we keep are over this head.
 */
static int
pick_head(struct api_call *c, const struct store_log *log, uint64_t index, struct checkpoint *head,
          bool *newest)
{
    const uint64_t places[] = {log->size - 1, index};

    *newest = log->head.size > index && log->head.size <= log->size;
    *head = log->head;
    if (*newest)
        return 0;
    for (size_t i = 0; i < 2; i++) {
        int rc = get_anchor(c, log->no, places[i], head);

        if (rc < 0)
            return -1;
        if (rc == 0 && head->size > index && head->size <= log->size)
            return 0;
    }
    return api_answer_refuse(c, WHY_FIELD_RANGE, "index",
                             "no signed head over this record is held completely yet: try again");
}

static int
prove(struct api_call *c, const struct store_log *log, uint64_t index, const struct checkpoint *head,
      struct bundle_parts *parts)
{
    uint8_t(*path)[HASH_BYTES] = api_answer_alloc(c, LIMIT_PROOF_COUNT * sizeof *path);
    struct range_of range = {c->ctx->store, log->no};
    uint8_t leaf[HASH_BYTES];
    int n;

    if (path == NULL)
        return -1;
    n = tree_prove_inclusion(get_range, &range, index, head->size, path);
    if (n < 0)
        return -1;
    hash_leaf(parts->header, leaf);
    if (!tree_check_inclusion(index, head->size, leaf, head->root, (const uint8_t(*)[HASH_BYTES])path,
                              (size_t)n))
        return api_answer_refuse(c, WHY_PROOF_BAD, NULL,
                                 "the leaves held do not lead to the signed root: the store is damaged");
    parts->path = (const uint8_t(*)[HASH_BYTES])path;
    parts->path_n = (size_t)n;
    return 0;
}

/* Copies of header and body: reading the path comes after. */
static int
read_record(struct api_call *c, uint32_t log, uint64_t index, struct bundle_parts *parts)
{
    static const uint8_t nothing[1];
    struct store_record record;
    ProtobufCBinaryData header, body;
    uint64_t delivery;
    int64_t received_ms;
    int rc = store_record_get(c->ctx->store, log, index, &record, &delivery, &received_ms);

    if (rc < 0)
        return -1;
    if (rc > 0)
        return api_answer_refuse(c, WHY_FIELD_RANGE, "index", "this record is not held here");
    header = api_answer_bytes(c, record.header);
    parts->header = span_of(header.data, header.len);
    if (record.body_state == STORE_BODY_HELD) {
        body = api_answer_bytes(c, record.body);
        parts->body = span_of(body.len > 0 ? body.data : nothing, body.len);
    }
    return c->arena->failed ? -1 : 0;
}

/* The key of this one record, for whoever gets the proof to read it. */
static int
reveal(struct api_call *c, const struct node_log_status *log, uint64_t index, struct bundle_parts *parts)
{
    int i = node_log_find(c->ctx->node, log->row->id);
    uint8_t *key = api_answer_alloc(c, SEAL_KEY_BYTES);
    const Parallax__V1__Header *h;
    int rc;

    if (key == NULL || i < 0)
        return -1;
    arena_clear(c->scratch);
    h = record_header_read(parts->header, log->row->id, c->scratch, &c->why);
    if (h == NULL)
        return -1;
    if (h->sealing == PARALLAX__V1__SEALING__NONE)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "reveal",
                                 "this record is not sealed: its proof shows it as it is");
    rc = node_reveal_key(c->ctx->node, (size_t)i, index, h, key, &c->why);
    if (rc > 0)
        return api_answer_refuse(c, WHY_BODY_SEALED, "reveal", "this node holds no key of the record");
    parts->key = span_of(key, SEAL_KEY_BYTES);
    return rc;
}

static void
add_lines(const struct store_log *log, struct cosignature *lines, struct bundle_parts *parts)
{
    if (log->heartbeat.time != 0)
        lines[parts->lines_n++] = log->heartbeat;
    for (uint32_t i = 0; i < log->cosignatures_n && parts->lines_n < BUNDLE_LINES_MAX; i++)
        lines[parts->lines_n++] = log->cosignature[i];
    parts->lines = lines;
}

int
api_prove_answer(struct api_call *c)
{
    const Parallax__V1__RecordId *id = c->request->prove->id;
    Parallax__V1__ProveAnswer *out = api_answer_alloc(c, sizeof *out);
    struct bundle_parts parts = {.rosters = c->ctx->roster_notes, .rosters_n = c->ctx->roster_notes_n};
    struct cosignature lines[BUNDLE_LINES_MAX];
    char origin_line[ORIGIN_LINE_MAX];
    struct node_log_status log;
    struct checkpoint head;
    bool newest;

    if (out == NULL || api_answer_leaf(c, id, &log) != 0 ||
        pick_head(c, log.row, id->index, &head, &newest) != 0 ||
        read_record(c, log.row->no, id->index, &parts) != 0 ||
        prove(c, log.row, id->index, &head, &parts) != 0)
        return -1;
    if (c->request->prove->reveal && reveal(c, &log, id->index, &parts) != 0)
        return -1;
    if (newest)
        add_lines(log.row, lines, &parts);
    checkpoint_origin_line(c->ctx->roster->federation, log.row->origin, log.row->id, origin_line);
    parts.index = id->index;
    parts.checkpoint = &head;
    parts.federation = c->ctx->roster->federation;
    parts.origin_line = origin_line;
    parts.origin = log.row->origin;
    bundle_write(&parts, c->text);
    if (buf_failed(c->text))
        return api_answer_refuse(c, WHY_LIMIT, NULL,
                                 "the proof with its rosters is larger than one answer may be");
    parallax__v1__prove_answer__init(out);
    out->proof = (ProtobufCBinaryData){c->text->n, c->text->p};
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_PROVE;
    c->answer->prove = out;
    return 0;
}
