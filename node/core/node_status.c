/* What people and the api see of a node, between steps. */
#include "core/node.h"
#include "core/node_internal.h"

size_t
node_logs_count(const struct node *n)
{
    return n->track_n;
}

static const char *
state_of(const struct node *n, const struct track *t)
{
    static const char *const own[] = {[OWN_LISTING] = "starting",
                                      [OWN_GUARD] = "guard",
                                      [OWN_RECOVERING] = "recovering",
                                      [OWN_OPEN] = "open",
                                      [OWN_ENDED] = "closed"};

    if (t->row.frozen)
        return "frozen";
    if (t->own != OWN_NONE)
        return own[t->own];
    if (quota_is_full(n, t) && t->row.size < t->row.head.size)
        return "quota";
    if (t->row.closed || (t->old && t->row.size == t->row.head.size))
        return "closed";
    if (t->heartbeat_ms == 0 || n->mono - t->heartbeat_ms > STALE_MS)
        return "stale";
    return t->row.size < t->row.head.size ? "following" : "complete";
}

void
node_log_status(const struct node *n, size_t i, struct node_log_status *out)
{
    const struct track *t = n->track[i];

    memset(out, 0, sizeof(*out));
    out->row = &t->row;
    out->state = state_of(n, t);
    out->heartbeat_age_ms = -1;
    if (t->heartbeat_time != 0) {
        int64_t signed_age = n->wall - (int64_t)t->heartbeat_time * 1000;
        int64_t here = t->heartbeat_ms == 0 ? 0 : n->mono - t->heartbeat_ms;
        out->heartbeat_age_ms = signed_age > here ? signed_age : here;
    }
    for (unsigned m = 0; m < n->roster->members_n; m++) {
        if ((int)m == n->me || t->stored[m] == 0)
            continue;
        out->holders[out->holders_n].node = n->roster->member[m].name;
        out->holders[out->holders_n++].stored = t->stored[m];
    }
    tree_root(&t->tree, out->root);
    out->quarantined = t->quarantined;
}

void
node_holder_status(const struct node *n, size_t i, const char *peer, struct node_holder_status *out)
{
    const struct track *t = n->track[i];
    int m = node_member_index(n, peer);

    *out = (struct node_holder_status){0};
    if (m < 0)
        return;
    out->stored = t->stored[m];
    out->stored_ms = t->stored_ms[m];
    out->closed_ms = t->closed_ms[m];
    out->closed_why = t->closed_why[m];
    for (size_t k = 0; k < n->link_n; k++)
        out->is_up = out->is_up || (n->link[k]->member == m && n->link[k]->state == LINK_OPEN &&
                                    n->link[k]->lane == t->lane);
}

int
node_log_find(const struct node *n, const uint8_t log[LOG_ID_BYTES])
{
    for (size_t i = 0; i < n->track_n; i++) {
        if (memcmp(n->track[i]->row.id, log, LOG_ID_BYTES) == 0)
            return (int)i;
    }
    return -1;
}

int
node_log_find_no(const struct node *n, uint32_t no)
{
    for (size_t i = 0; i < n->track_n; i++) {
        if (n->track[i]->row.no == no)
            return (int)i;
    }
    return -1;
}

size_t
node_peers_count(const struct node *n)
{
    return n->roster->members_n;
}

void
node_peer_status(const struct node *n, size_t i, struct node_peer_status *out)
{
    memset(out, 0, sizeof(*out));
    out->name = n->roster->member[i].name;
    out->last_frame_ms = n->peer[i].last_frame_ms;
    out->bytes_in = n->peer[i].in;
    out->bytes_out = n->peer[i].out;
    if (n->peer[i].clock_base != 0)
        out->clock_ahead_ms = n->peer[i].clock_base - (n->wall - n->mono);
    for (int lane = 0; lane < 3; lane++) {
        out->held_bytes += n->peer[i].held[lane];
        out->quota_reached = out->quota_reached || n->peer[i].full[lane];
    }
    for (size_t k = 0; k < n->link_n; k++) {
        const struct link *l = n->link[k];
        if (l->member != (int)i || l->state != LINK_OPEN)
            continue;
        if (l->lane == PARALLAX__V1__LANE__ALERT_LANE)
            out->alert_up = true;
        else
            out->bulk_up = true;
    }
}

size_t
node_rejects_count(const struct node *n)
{
    return n->reject_n;
}

void
node_reject(const struct node *n, size_t i, struct node_reject *out)
{
    const struct node_reject_row *row = &n->reject[i];

    out->why = row->why;
    out->peer = row->member < 0 ? "" : n->roster->member[row->member].name;
    out->count = row->count;
    out->note = row->note;
}

bool
node_roster_contested(const struct node *n)
{
    return n->roster_contested;
}

bool
node_roster_removed(const struct node *n)
{
    return n->roster_removed;
}

bool
node_clock_suspect(const struct node *n)
{
    return n->clock_suspect;
}

bool
node_rebuilding(const struct node *n, uint64_t *done, uint64_t *total)
{
    return rebuild_status(n, done, total);
}
