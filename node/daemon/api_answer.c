/* The core's thread. */
#include "daemon/api_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/release.h"

void *
api_answer_alloc(struct api_call *c, size_t n)
{
    void *p = arena_zalloc(c->arena, n);

    if (p == NULL)
        (void)api_answer_refuse(c, WHY_NO_MEMORY, NULL, "no memory for the answer");
    return p;
}

char *
api_answer_text(const char *text)
{
    return (char *)(uintptr_t)text;
}

ProtobufCBinaryData
api_answer_bytes(struct api_call *c, struct span s)
{
    ProtobufCBinaryData out = {0, NULL};

    if (s.n == 0)
        return out;
    out.data = arena_alloc(c->arena, s.n);
    if (out.data == NULL) {
        (void)api_answer_refuse(c, WHY_NO_MEMORY, NULL, "no memory for the answer");
        return out;
    }
    memcpy(out.data, s.p, s.n);
    out.len = s.n;
    return out;
}

int
api_answer_refuse(struct api_call *c, enum why_code code, const char *field, const char *note)
{
    return why_set(&c->why, code, 0, 0, field, "%s", note);
}

char *
api_answer_series(struct api_call *c, const struct store_log *log)
{
    size_t n = sizeof log->origin + sizeof log->audience + sizeof log->class_name;
    char *series = api_answer_alloc(c, n);

    if (series != NULL && log->audience[0] != '\0')
        (void)snprintf(series, n, "%s/%s/%s", log->origin, log->audience, log->class_name);
    return series;
}

int
api_answer_log(struct api_call *c, ProtobufCBinaryData id, struct node_log_status *out)
{
    int i;

    if (id.len != LOG_ID_BYTES)
        return why_set(&c->why, WHY_FIELD_VALUE, 0, 0, "log", "%zu bytes: expected a log id of %d", id.len,
                       LOG_ID_BYTES);
    i = node_log_find(c->ctx->node, id.data);
    if (i >= 0) {
        node_log_status(c->ctx->node, (size_t)i, out);
        /* Of a log that contradicted itself before we held any of it, two heads are all there is. */
        if (may_release(RELEASE_LOCAL, out->row, c->ctx->roster) || (out->row->frozen && out->row->size == 0))
            return 0;
    }
    return api_answer_refuse(c, WHY_LOG_UNKNOWN, "log", "no such log here");
}

int
api_answer_leaf(struct api_call *c, const Parallax__V1__RecordId *id, struct node_log_status *out)
{
    if (id == NULL)
        return api_answer_refuse(c, WHY_FIELD_MISSING, "id", "expected a record id");
    if (api_answer_log(c, id->log, out) != 0)
        return -1;
    if (id->index >= out->row->size)
        return why_set(&c->why, WHY_FIELD_RANGE, 0, 0, "index",
                       "no record %" PRIu64 ": %" PRIu64 " of this log are held", id->index, out->row->size);
    return 0;
}

int64_t
api_answer_now(const struct api_call *c)
{
    return utc_sort_key(utc_from_ms(c->ctx->wall_ms));
}

int64_t
api_answer_be64(const uint8_t *p)
{
    uint64_t v = 0;

    for (size_t i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}
