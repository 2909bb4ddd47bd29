/* log: one log with its descriptor, its newest head and leaves. The core's thread. */
#include "daemon/api_internal.h"

#include "core/checkpoint.h"

/* The newest head with all of its lines, as C2SP tools read it. */
static int
fill_checkpoint(struct api_call *c, const struct store_log *log, Parallax__V1__LogAnswer *out)
{
    struct cosignature lines[1 + LIMIT_COSIG_COUNT];
    char origin_line[ORIGIN_LINE_MAX];
    size_t n = 0;

    if (log->head.size == 0)
        return 0;
    if (log->heartbeat.time != 0)
        lines[n++] = log->heartbeat;
    for (uint32_t i = 0; i < log->cosignatures_n; i++)
        lines[n++] = log->cosignature[i];
    checkpoint_origin_line(c->ctx->roster->federation, log->origin, log->id, origin_line);
    checkpoint_print(&log->head, c->ctx->roster->federation, origin_line, lines, n, c->text);
    if (buf_failed(c->text))
        return api_answer_refuse(c, WHY_NO_MEMORY, NULL, "no memory for the checkpoint");
    out->checkpoint = (ProtobufCBinaryData){c->text->n, c->text->p};
    return 0;
}

static int
fill_descriptor(struct api_call *c, const struct store_log *log, Parallax__V1__LogAnswer *out)
{
    struct store_record record;
    uint64_t delivery;
    int64_t received_ms;
    int rc = store_record_get(c->ctx->store, log->no, 0, &record, &delivery, &received_ms);

    if (rc == 0 && record.body_state == STORE_BODY_HELD && record.quarantine == WHY_NONE)
        out->descriptor = api_answer_bytes(c, record.body);
    return rc < 0 || c->arena->failed ? -1 : 0;
}

/* What shows that the origin contradicted itself in this log. */
static int
fill_fork(struct api_call *c, const struct store_log *log, Parallax__V1__LogAnswer *out)
{
    struct buf fork;
    int rc;

    if (!log->frozen && roster_recovery(c->ctx->roster, log->id) == NULL)
        return 0;
    buf_init(&fork, LIMIT_FRAME_BYTES);
    rc = store_evidence_get(c->ctx->store, log->id, &fork);
    if (rc == 0)
        out->fork = api_answer_bytes(c, buf_span(&fork));
    buf_release(&fork);
    return rc < 0 ? -1 : 0;
}

/* Every leaf counts here, the quarantined and the log's own ones too: a gap would look like a loss. */
static int
fill_rows(struct api_call *c, const struct store_log *log, Parallax__V1__LogAnswer *out)
{
    const Parallax__V1__LogRequest *q = c->request->log;
    struct api_page page;
    int rc = 0;

    if (q->count == 0)
        return 0;
    if (api_page_init(&page, c, q->count) != 0)
        return -1;
    for (uint64_t at = q->first; at < log->size && rc == 0 && page.n < page.max; at++)
        rc = api_page_fetch(&page, log->no, at);
    out->n_rows = page.n;
    out->rows = page.rows;
    return rc < 0 ? -1 : 0;
}

int
api_log_answer(struct api_call *c)
{
    Parallax__V1__LogAnswer *out = api_answer_alloc(c, sizeof *out);
    struct node_log_status log;

    if (out == NULL || api_answer_log(c, c->request->log->log, &log) != 0)
        return -1;
    parallax__v1__log_answer__init(out);
    out->federation = api_answer_text(c->ctx->roster->federation);
    out->status = api_status_log(c, &log);
    if (out->status == NULL || fill_descriptor(c, log.row, out) != 0 ||
        fill_checkpoint(c, log.row, out) != 0 || fill_fork(c, log.row, out) != 0 ||
        fill_rows(c, log.row, out) != 0)
        return -1;
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_LOG;
    c->answer->log = out;
    return 0;
}
