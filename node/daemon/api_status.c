/* status and logs. The core's thread. */
#include "daemon/api_internal.h"

#include "core/tree.h"

/* Shares of one answer: what does not fit is left out of status, and comes in pages with logs. */
#define STATUS_LOGS_BYTES    (LIMIT_API_PAGE_BYTES / 2)
#define STATUS_REJECTS_BYTES (LIMIT_API_PAGE_BYTES / 2)

static Parallax__V1__Holder *
make_holder(struct api_call *c, const char *node, uint64_t stored)
{
    Parallax__V1__Holder *out = api_answer_alloc(c, sizeof *out);

    if (out == NULL)
        return NULL;
    parallax__v1__holder__init(out);
    out->node = api_answer_text(node);
    out->stored = stored;
    return out;
}

static int
fill_witnesses(struct api_call *c, const struct node_log_status *in, Parallax__V1__LogStatus *out)
{
    const struct store_log *row = in->row;

    out->cosigners = api_answer_alloc(c, (row->cosignatures_n + 1) * sizeof(char *));
    out->holders = api_answer_alloc(c, (in->holders_n + 1) * sizeof(Parallax__V1__Holder *));
    if (out->cosigners == NULL || out->holders == NULL)
        return -1;
    while (out->n_cosigners < row->cosignatures_n) {
        out->cosigners[out->n_cosigners] = api_answer_text(row->cosignature[out->n_cosigners].node);
        out->n_cosigners++;
    }
    for (unsigned i = 0; i < in->holders_n; i++) {
        out->holders[i] = make_holder(c, in->holders[i].node, in->holders[i].stored);
        if (out->holders[i] == NULL)
            return -1;
        out->n_holders++;
    }
    return 0;
}

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

/* Of a log that contradicts itself, or that the roster ends. */
static int
fill_end(struct api_call *c, const struct store_log *row, Parallax__V1__LogStatus *out)
{
    struct range_of range = {c->ctx->store, row->no};
    uint8_t root[HASH_BYTES];

    out->disputed = row->disputed;
    out->common = row->common;
    out->recovered = roster_recovery(c->ctx->roster, row->id) != NULL;
    if (out->recovered && store_aside_count(c->ctx->store, row->id, &out->aside) != 0)
        return -1;
    if (row->disputed && row->common > 0 && row->common <= row->size &&
        tree_range_root(get_range, &range, 0, row->common, root) == 0)
        out->common_root = api_answer_bytes(c, span_of(root, HASH_BYTES));
    return 0;
}

Parallax__V1__LogStatus *
api_status_log(struct api_call *c, const struct node_log_status *in)
{
    const struct store_log *row = in->row;
    Parallax__V1__LogStatus *out = api_answer_alloc(c, sizeof *out);

    if (out == NULL)
        return NULL;
    parallax__v1__log_status__init(out);
    out->log = (ProtobufCBinaryData){LOG_ID_BYTES, (uint8_t *)(uintptr_t)row->id};
    out->origin = api_answer_text(row->origin);
    out->series = api_answer_series(c, row);
    out->size = row->size;
    out->head_size = row->head.size;
    out->root = api_answer_bytes(c, span_of(in->root, HASH_BYTES));
    out->heartbeat_ms = (int64_t)row->heartbeat.time * 1000;
    out->own = row->own;
    out->closed = row->closed;
    out->state = api_answer_text(in->state);
    out->bytes = row->bytes;
    out->quarantined = in->quarantined;
    if (out->series == NULL || fill_end(c, row, out) != 0 || fill_witnesses(c, in, out) != 0 ||
        c->arena->failed)
        return NULL;
    return out;
}

static const char *
peer_state(const struct api_call *c, const struct node_peer_status *p)
{
    static const char *const words[2][2] = {{"connecting", "bulk only"}, {"alert only", "up"}};
    const struct roster_member *member = roster_member(c->ctx->roster, p->name);

    if (member != NULL && member->removed)
        return "removed";
    return words[p->alert_up][p->bulk_up];
}

static int
fill_peers(struct api_call *c, Parallax__V1__StatusAnswer *out)
{
    size_t n = node_peers_count(c->ctx->node);

    out->peers = api_answer_alloc(c, (n + 1) * sizeof(Parallax__V1__PeerStatus *));
    if (out->peers == NULL)
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct node_peer_status p;
        Parallax__V1__PeerStatus *peer;

        node_peer_status(c->ctx->node, i, &p);
        if (strcmp(p.name, c->ctx->name) == 0)
            continue;
        peer = api_answer_alloc(c, sizeof *peer);
        if (peer == NULL)
            return -1;
        parallax__v1__peer_status__init(peer);
        peer->node = api_answer_text(p.name);
        peer->alert_up = p.alert_up;
        peer->bulk_up = p.bulk_up;
        peer->last_frame_ms = p.last_frame_ms;
        peer->state = api_answer_text(peer_state(c, &p));
        peer->bytes_in = p.bytes_in;
        peer->bytes_out = p.bytes_out;
        peer->held_bytes = p.held_bytes;
        peer->quota_reached = p.quota_reached;
        peer->clock_ahead_ms = p.clock_ahead_ms;
        out->peers[out->n_peers++] = peer;
    }
    return 0;
}

/* Live logs before closed ones. */
static int
fill_logs(struct api_call *c, Parallax__V1__StatusAnswer *out)
{
    size_t n = node_logs_count(c->ctx->node), bytes = 0;

    out->logs = api_answer_alloc(c, (n + 1) * sizeof(Parallax__V1__LogStatus *));
    if (out->logs == NULL)
        return -1;
    for (size_t i = 0; i < 2 * n; i++) {
        struct node_log_status in;
        Parallax__V1__LogStatus *log;

        node_log_status(c->ctx->node, i % n, &in);
        if (in.row->closed != (i >= n))
            continue;
        log = api_status_log(c, &in);
        if (log == NULL)
            return -1;
        bytes += parallax__v1__log_status__get_packed_size(log);
        if (bytes > STATUS_LOGS_BYTES)
            break;
        out->logs[out->n_logs++] = log;
    }
    return 0;
}

static int
fill_rejects(struct api_call *c, Parallax__V1__StatusAnswer *out)
{
    size_t n = node_rejects_count(c->ctx->node), bytes = 0;

    out->rejects = api_answer_alloc(c, (n + 1) * sizeof(Parallax__V1__RejectCount *));
    if (out->rejects == NULL)
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct node_reject r;
        Parallax__V1__RejectCount *row = api_answer_alloc(c, sizeof *row);

        if (row == NULL)
            return -1;
        node_reject(c->ctx->node, i, &r);
        parallax__v1__reject_count__init(row);
        row->why = api_answer_text(why_name((enum why_code)r.why));
        row->peer = api_answer_text(r.peer);
        row->count = r.count;
        row->blame = api_answer_text(blame_name(why_blame((enum why_code)r.why)));
        row->effect = api_answer_text(effect_name(why_effect((enum why_code)r.why)));
        row->note = api_answer_text(r.note);
        bytes += parallax__v1__reject_count__get_packed_size(row);
        if (bytes > STATUS_REJECTS_BYTES)
            break;
        out->rejects[out->n_rejects++] = row;
    }
    return 0;
}

/* Loud, not silent (DESIGN section 6). */
static const char *
roster_concern(const struct api_ctx *ctx)
{
    if (node_roster_removed(ctx->node))
        return "a valid newer roster no longer lists this node";
    if (node_roster_contested(ctx->node))
        return "two valid rosters of this version are known: the stewards must settle it";
    if (utc_compare(ctx->roster->expires, utc_from_unix(ctx->wall_ms / 1000, 0)) <= 0)
        return "it has expired: the stewards must sign a new one";
    return "";
}

int
api_status_node(struct api_call *c)
{
    const struct api_ctx *ctx = c->ctx;
    Parallax__V1__StatusAnswer *out = api_answer_alloc(c, sizeof *out);
    struct store_counts counts;
    uint8_t incarnation[16];

    if (out == NULL || store_counts(ctx->store, &counts) != 0)
        return -1;
    parallax__v1__status_answer__init(out);
    store_incarnation(ctx->store, incarnation);
    out->node = api_answer_text(ctx->name);
    out->federation = api_answer_text(ctx->roster->federation);
    out->software = api_answer_text("parallax " PARALLAX_VERSION);
    out->roster_version = ctx->roster->version;
    out->roster_hash = api_answer_bytes(c, span_of(ctx->roster->hash, HASH_BYTES));
    out->time_ms = ctx->wall_ms;
    out->started_ms = ctx->started_ms;
    out->records = counts.records;
    out->quarantined = counts.quarantined;
    out->delivery = counts.delivery;
    out->incarnation = api_answer_bytes(c, span_of(incarnation, sizeof incarnation));
    out->disk_low = ctx->disk_low;
    out->watch_off = ctx->watch_off;
    out->rebuilding = node_rebuilding(ctx->node, &out->rebuild_done, &out->rebuild_total);
    out->clock_suspect = node_clock_suspect(ctx->node);
    out->roster_concern = api_answer_text(roster_concern(ctx));
    if (fill_peers(c, out) != 0 || fill_logs(c, out) != 0 || fill_rejects(c, out) != 0 ||
        api_plugins_fill(c, out) != 0 || api_feeds_fill(c, out) != 0 || c->arena->failed)
        return -1;
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_STATUS;
    c->answer->status = out;
    return 0;
}

static int
read_place(struct api_call *c, ProtobufCBinaryData after, size_t *at)
{
    if (after.len == 0)
        return 0;
    if (after.len != 4)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "after", "not a cursor of this request");
    for (size_t i = 0; i < 4; i++)
        *at = *at << 8 | after.data[i];
    return 0;
}

int
api_status_logs(struct api_call *c)
{
    Parallax__V1__LogsAnswer *out = api_answer_alloc(c, sizeof *out);
    size_t n = node_logs_count(c->ctx->node), at = 0, bytes = 0;

    if (out == NULL || read_place(c, c->request->logs->after, &at) != 0)
        return -1;
    parallax__v1__logs_answer__init(out);
    out->logs = api_answer_alloc(c, (n + 1) * sizeof(Parallax__V1__LogStatus *));
    if (out->logs == NULL)
        return -1;
    for (; at < n; at++) {
        struct node_log_status in;
        Parallax__V1__LogStatus *log;

        node_log_status(c->ctx->node, at, &in);
        log = api_status_log(c, &in);
        if (log == NULL)
            return -1;
        bytes += parallax__v1__log_status__get_packed_size(log);
        if (out->n_logs == LIMIT_API_PAGE_COUNT || (out->n_logs > 0 && bytes > LIMIT_API_PAGE_BYTES))
            break;
        out->logs[out->n_logs++] = log;
    }
    if (at < n) {
        uint8_t cursor[4] = {(uint8_t)(at >> 24), (uint8_t)(at >> 16), (uint8_t)(at >> 8), (uint8_t)at};

        out->cursor = api_answer_bytes(c, span_of(cursor, sizeof cursor));
    }
    if (c->arena->failed)
        return -1;
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_LOGS;
    c->answer->logs = out;
    return 0;
}
