/* How much is kept of one origin: its alerts have a share of their own (DESIGN section 3). Pure. */
#include "core/node_internal.h"

#define EASE 10 /* a tenth below the quota, what was closed is read on */

static uint64_t
quota_of(const struct node *n, Parallax__V1__Lane lane)
{
    return lane == PARALLAX__V1__LANE__BULK_LANE ? n->conf.quota : n->conf.quota_alert;
}

void
quota_count(struct node *n, const struct track *t, uint64_t bytes)
{
    int m = node_member_index(n, t->row.origin);

    if (m >= 0 && t->own == OWN_NONE && !t->row.own)
        n->peer[m].held[t->lane] += bytes;
}

bool
quota_is_full(const struct node *n, const struct track *t)
{
    int m = node_member_index(n, t->row.origin);

    return m >= 0 && t->own == OWN_NONE && n->peer[m].full[t->lane];
}

bool
quota_pass(struct node *n, const struct track *t, uint64_t bytes)
{
    int m = node_member_index(n, t->row.origin);
    uint64_t quota = quota_of(n, t->lane);

    if (m < 0 || quota == 0 || n->peer[m].held[t->lane] + bytes <= quota)
        return false;
    if (!n->peer[m].full[t->lane])
        action_event(n, EV_quota_reached, "origin=%s lane=%s held_bytes=%llu quota_bytes=%llu", t->row.origin,
                     t->lane == PARALLAX__V1__LANE__BULK_LANE ? "bulk" : "alert",
                     (unsigned long long)n->peer[m].held[t->lane], (unsigned long long)quota);
    n->peer[m].full[t->lane] = true;
    return true;
}

void
quota_tick(struct node *n)
{
    for (unsigned m = 0; m < n->roster->members_n; m++) {
        for (int lane = PARALLAX__V1__LANE__ALERT_LANE; lane <= PARALLAX__V1__LANE__BULK_LANE; lane++) {
            uint64_t quota = quota_of(n, (Parallax__V1__Lane)lane);
            if (n->peer[m].full[lane] && n->peer[m].held[lane] < quota - quota / EASE)
                n->peer[m].full[lane] = false;
        }
    }
}
