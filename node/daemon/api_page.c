/* Rows of one answer. The core's thread. */
#include "daemon/api_internal.h"

#include "core/record.h"
#include "core/release.h"

#define ROW_BYTES 512 /* of a row beside its header and body: names, ids, framing */

int
api_page_init(struct api_page *p, struct api_call *c, uint32_t limit)
{
    *p = (struct api_page){.call = c, .max = limit};
    if (p->max == 0 || p->max > LIMIT_API_PAGE_COUNT)
        p->max = LIMIT_API_PAGE_COUNT;
    p->rows = api_answer_alloc(c, p->max * sizeof(Parallax__V1__RecordRow *));
    return p->rows != NULL ? 0 : -1;
}

static struct api_page_log *
find(struct api_page *p, uint32_t no)
{
    const struct api_ctx *ctx = p->call->ctx;
    struct api_page_log *log = &p->log[no % API_PAGE_LOGS];
    struct node_log_status status;
    int i;

    if (log->no == no)
        return log;
    *log = (struct api_page_log){.no = no};
    i = node_log_find_no(ctx->node, no);
    if (i < 0)
        return log;
    node_log_status(ctx->node, (size_t)i, &status);
    if (may_release(RELEASE_LOCAL, status.row, ctx->roster))
        log->row = status.row;
    log->complete_ms = status.row->heartbeat.time > 0 && status.row->size >= status.row->head.size
                           ? (int64_t)status.row->heartbeat.time * 1000
                           : -1;
    return log;
}

const struct store_log *
api_page_log(struct api_page *p, uint32_t no)
{
    return find(p, no)->row;
}

int64_t
api_page_complete(struct api_page *p, uint32_t no)
{
    return find(p, no)->complete_ms;
}

/* What a sealed body holds, where this node can open it; nothing where it cannot. */
static ProtobufCBinaryData
plain_of(struct api_call *c, const struct store_log *log, uint64_t index, const struct store_record *r)
{
    const Parallax__V1__Header *h;
    struct span plain = {NULL, 0};
    struct why why;

    why_clear(&why);
    arena_clear(c->scratch);
    h = record_header_read(r->header, log->id, c->scratch, &why);
    if (h != NULL && h->sealing != PARALLAX__V1__SEALING__NONE)
        (void)api_answer_plain(c, log, index, h, r->body, &plain);
    return api_answer_bytes(c, plain);
}

static int
fill(struct api_page *p, const struct api_page_log *log, uint64_t index, const struct store_record *r,
     Parallax__V1__RecordRow *row)
{
    static const char *const absent[] = {[STORE_BODY_HELD] = "",
                                         [STORE_BODY_MISSING] =
                                             "came damaged or not at all: asked of other peers",
                                         [STORE_BODY_GONE] = "dropped at its age, here or at its origin",
                                         [STORE_BODY_FILTERED] = "not asked for"};
    struct api_call *c = p->call;

    parallax__v1__record_row__init(row);
    row->id = api_answer_alloc(c, sizeof *row->id);
    if (row->id == NULL)
        return -1;
    parallax__v1__record_id__init(row->id);
    row->id->log = (ProtobufCBinaryData){LOG_ID_BYTES, (uint8_t *)(uintptr_t)log->row->id};
    row->id->index = index;
    row->disputed = log->row->disputed && index >= log->row->common;
    row->origin = api_answer_text(log->row->origin);
    row->series = log->series;
    row->header = api_answer_bytes(c, r->header);
    if (r->body_state == STORE_BODY_HELD)
        row->body = api_answer_bytes(c, r->body);
    else
        row->absent = api_answer_text(absent[r->body_state]);
    if (r->body_state == STORE_BODY_HELD && r->quarantine == WHY_NONE)
        row->plain = plain_of(c, log->row, index, r);
    if (r->quarantine != WHY_NONE)
        row->quarantine = api_answer_text(why_name((enum why_code)r->quarantine));
    return c->arena->failed ? -1 : 0;
}

int
api_page_add(struct api_page *p, uint32_t no, uint64_t index, const struct store_record *r, uint64_t delivery,
             int64_t received_ms)
{
    struct api_page_log *log = find(p, no);
    /* A sealed body leaves with what it holds. */
    size_t bodies = log->row != NULL && strcmp(log->row->audience, "open") != 0 ? 2 : 1;
    size_t bytes = ROW_BYTES + r->header.n + (r->body_state == STORE_BODY_HELD ? bodies * r->body.n : 0);
    Parallax__V1__RecordRow *row;

    if (log->row == NULL)
        return 0;
    if (p->n == p->max || (p->n > 0 && p->bytes + bytes > LIMIT_API_PAGE_BYTES))
        return 1;
    if (log->series == NULL)
        log->series = api_answer_series(p->call, log->row);
    row = api_answer_alloc(p->call, sizeof *row);
    if (log->series == NULL || row == NULL || fill(p, log, index, r, row) != 0)
        return -1;
    row->delivery = delivery;
    row->received_ms = received_ms;
    row->complete_ms = log->complete_ms;
    p->rows[p->n++] = row;
    p->bytes += bytes;
    return 0;
}

int
api_page_fetch(struct api_page *p, uint32_t log, uint64_t index)
{
    struct store_record record;
    uint64_t delivery;
    int64_t received_ms;
    int rc;

    if (api_page_log(p, log) == NULL)
        return 0;
    if (p->n == p->max)
        return 1;
    rc = store_record_get(p->call->ctx->store, log, index, &record, &delivery, &received_ms);
    if (rc != 0)
        return rc > 0 ? 0 : -1;
    return api_page_add(p, log, index, &record, delivery, received_ms);
}

int
api_page_end(struct api_page *p, struct span cursor)
{
    struct api_call *c = p->call;
    Parallax__V1__RecordsAnswer *out = api_answer_alloc(c, sizeof *out);

    if (out == NULL)
        return -1;
    parallax__v1__records_answer__init(out);
    out->n_rows = p->n;
    out->rows = p->rows;
    out->cursor = api_answer_bytes(c, cursor);
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_RECORDS;
    c->answer->records = out;
    return c->arena->failed ? -1 : 0;
}
