/* audiences and release: who reads, and by which rule. The core's thread. */
#include "daemon/api_internal.h"

#include "core/release.h"

static char **
names_of(struct api_call *c, uint64_t bits, size_t *n)
{
    char **names = api_answer_alloc(c, LIMIT_MEMBER_COUNT * sizeof *names);

    *n = 0;
    for (unsigned i = 0; names != NULL && i < c->ctx->roster->members_n; i++) {
        if ((bits >> i & 1) != 0)
            names[(*n)++] = api_answer_text(c->ctx->roster->member[i].name);
    }
    return names;
}

static Parallax__V1__Audience *
find(const Parallax__V1__AudiencesAnswer *out, const char *name)
{
    for (size_t i = 0; i < out->n_audiences; i++) {
        if (strcmp(out->audiences[i]->name, name) == 0)
            return out->audiences[i];
    }
    return NULL;
}

#define AUDIENCE_LOGS_MAX LIMIT_LOG_ORIGIN_COUNT

/* One open log of ours: its audience has the lists of the newest. */
static int
add_log(struct api_call *c, Parallax__V1__AudiencesAnswer *out, const struct store_log *row)
{
    Parallax__V1__Audience *a = find(out, row->audience);

    if (a == NULL) {
        if (out->n_audiences == AUDIENCE_LOGS_MAX || (a = api_answer_alloc(c, sizeof *a)) == NULL)
            return -1;
        parallax__v1__audience__init(a);
        a->name = api_answer_text(row->audience);
        a->logs = api_answer_alloc(c, AUDIENCE_LOGS_MAX * sizeof *a->logs);
        out->audiences[out->n_audiences++] = a;
    }
    a->readers = names_of(c, row->readers, &a->n_readers);
    a->carriers = names_of(c, row->carriers, &a->n_carriers);
    if (c->arena->failed)
        return -1;
    if (a->n_logs < AUDIENCE_LOGS_MAX)
        a->logs[a->n_logs++] = (ProtobufCBinaryData){LOG_ID_BYTES, (uint8_t *)(uintptr_t)row->id};
    return 0;
}

int
api_audiences_answer(struct api_call *c)
{
    Parallax__V1__AudiencesAnswer *out = api_answer_alloc(c, sizeof *out);

    if (out == NULL)
        return -1;
    parallax__v1__audiences_answer__init(out);
    out->audiences = api_answer_alloc(c, AUDIENCE_LOGS_MAX * sizeof(Parallax__V1__Audience *));
    for (size_t i = 0; out->audiences != NULL && i < node_logs_count(c->ctx->node); i++) {
        struct node_log_status log;
        node_log_status(c->ctx->node, i, &log);
        if (log.row->own && !log.row->closed && log.row->audience[0] != '\0' &&
            strcmp(log.row->audience, "open") != 0 && add_log(c, out, log.row) != 0)
            return -1;
    }
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_AUDIENCES;
    c->answer->audiences = out;
    return c->arena->failed ? -1 : 0;
}

/* How far the reader is, as far as it is known here. */
static void
fill_holder(struct api_call *c, const char *reader, const struct node_log_status *log,
            Parallax__V1__ReleaseAnswer *out)
{
    int i = node_log_find(c->ctx->node, log->row->id);
    struct node_holder_status h;

    if (i < 0)
        return;
    node_holder_status(c->ctx->node, (size_t)i, reader, &h);
    out->time_ms = c->ctx->wall_ms;
    out->stored = h.stored;
    out->stored_ms = h.stored_ms;
    out->up = h.is_up;
    out->closed = api_answer_text(h.closed_ms != 0 ? why_text((enum why_code)h.closed_why) : "");
    out->closed_ms = h.closed_ms;
    out->size = log->row->size;
    out->own = log->row->own;
    out->state = api_answer_text(log->state);
    for (size_t p = 0; p < node_peers_count(c->ctx->node); p++) {
        struct node_peer_status peer;

        node_peer_status(c->ctx->node, p, &peer);
        if (strcmp(peer.name, reader) == 0)
            out->last_frame_ms = peer.last_frame_ms;
    }
}

int
api_release_answer(struct api_call *c)
{
    const Parallax__V1__ReleaseRequest *q = c->request->release;
    Parallax__V1__ReleaseAnswer *out = api_answer_alloc(c, sizeof *out);
    const struct release_info *rule;
    struct node_log_status log;

    if (out == NULL || api_answer_leaf(c, q->id, &log) != 0)
        return -1;
    if (q->reader[0] == '\0')
        return api_answer_refuse(c, WHY_FIELD_MISSING, "reader", "expected the name of a member");
    rule = release_info(release_rule(q->reader, log.row, c->ctx->roster));
    parallax__v1__release_answer__init(out);
    out->released = rule->holds;
    out->readable = rule->reads;
    out->rule = api_answer_text(rule->name);
    out->text = api_answer_text(rule->text);
    fill_holder(c, q->reader, &log, out);
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_RELEASE;
    c->answer->release = out;
    return 0;
}

int
api_answer_plain(struct api_call *c, const struct store_log *log, uint64_t index,
                 const Parallax__V1__Header *h, struct span body, struct span *plain)
{
    int i = node_log_find(c->ctx->node, log->id);
    struct why why;
    int rc;

    *plain = span_of(NULL, 0);
    if (i < 0 || body.n == 0)
        return 1;
    why_clear(&why);
    buf_clear(c->plain);
    rc = node_open_body(c->ctx->node, (size_t)i, index, h, body, c->plain, &why);
    if (rc == 0)
        *plain = buf_span(c->plain);
    return rc;
}
