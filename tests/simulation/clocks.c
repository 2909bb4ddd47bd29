/* Wall clocks that jump, against the monotonic ones; what a node may not sign and not open while it must doubt its own. */
#include "world_internal.h"
#include "core/release.h"
#include <stdio.h>
#include <stdlib.h>

#define START_MS    1795000000000LL
#define LEAST_MS    70000 /* a node doubts its clock from a minute on */
#define DOUBT_MS    60000
#define MOST_MS     7200000
#define STALE_MS    90000 /* DESIGN section 1.4 */
#define PATIENCE_MS 40000 /* longer than from one word on the time to the next */

int64_t
clocks_right(const struct world *w)
{
    return START_MS + w->now;
}

int64_t
clocks_wall(const struct world *w, unsigned i)
{
    return clocks_right(w) + w->sim[i].ahead_ms;
}

static void
set(struct world *w, unsigned i, int64_t ahead_ms)
{
    w->sim[i].ahead_ms = ahead_ms;
    w->sim[i].ticked = false;
    w->figures.jumps++;
    if (w->conf.trace)
        printf("%8lld %s FAULT its clock is %lld ms ahead\n", (long long)w->now, w->roster->member[i].name,
               (long long)ahead_ms);
}

/* One clock is wrong at a time: if most were, nobody could say which. */
void
clocks_cause(struct world *w)
{
    unsigned i = (unsigned)world_below(w, w->conf.nodes);

    for (unsigned k = 0; k < w->conf.nodes; k++) {
        if (w->sim[k].ahead_ms != 0) {
            set(w, k, 0);
            return;
        }
    }
    set(w, i, (world_chance(w, 5000) ? 1 : -1) * (LEAST_MS + (int64_t)world_below(w, MOST_MS)));
}

/*
 * Clocks are right again. Who was started with a wrong one believes the right one when most of at least two peers
 * tell the same time; where there are not so many it is started again.
 */
void
clocks_heal(struct world *w)
{
    unsigned members = 0;

    for (unsigned i = 0; i < w->roster->members_n; i++)
        members += !w->roster->member[i].removed;
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        if (w->sim[i].ahead_ms != 0)
            set(w, i, 0);
        if (w->sim[i].ahead_start != 0 && members < 3)
            faults_crash(w, i, false);
    }
}

/* Has node ${i} had time to see that its clock jumped? */
static bool
must_doubt(const struct world *w, unsigned i)
{
    const struct sim *s = &w->sim[i];

    return s->ticked && s->ahead_ms != 0 &&
           llabs(s->ahead_ms - s->ahead_start) > DOUBT_MS; /* wrong again by the same: it cannot see that */
}

void
clocks_signs(struct world *w, unsigned i, const struct action *a)
{
    if (!must_doubt(w, i) || a->time == 0 || w->leak[0] != '\0')
        return;
    snprintf(w->leak, sizeof(w->leak), "%s asks for a signature over a time while it must doubt its clock",
             w->roster->member[i].name);
}

void
clocks_opens(struct world *w, unsigned i, const struct store_reveal *record)
{
    const struct acked *oldest = NULL; /* who lies has one in each story */

    for (size_t k = 0; k < w->acked_n; k++) {
        const struct acked *x = &w->acked[k];
        if (memcmp(x->log, record->log, LOG_ID_BYTES) == 0 && x->index == record->target &&
            (oldest == NULL || w->born[x->number] < w->born[oldest->number]))
            oldest = x;
    }
    /* Who was started with a wrong clock, and hears nobody, cannot know. */
    if (oldest != NULL && w->sim[i].ahead_start == 0 &&
        w->now < w->born[oldest->number] + EMBARGO_S * 1000 - 1000)
        snprintf(w->leak, sizeof(w->leak), "%s opens record %u before its embargo ends",
                 w->roster->member[i].name, (unsigned)oldest->number);
}

/* Only of a log that goes on is there a word on the time: what its origin ended may be open yet in the eyes of others. */
static bool
goes_on(struct world *w, const struct store_log *row)
{
    for (unsigned k = 0; k < w->conf.nodes; k++) {
        int at =
            strcmp(w->roster->member[k].name, row->origin) == 0 ? node_log_find(w->sim[k].node, row->id) : -1;
        struct node_log_status s;
        if (at < 0)
            continue;
        node_log_status(w->sim[k].node, (size_t)at, &s);
        return !s.row->closed && strcmp(s.state, "open") == 0;
    }
    return false;
}

static const char *
stale(struct world *w, unsigned i, const struct node_log_status *s)
{
    snprintf(w->wrong, sizeof(w->wrong), "%s heard the time of a log of %s last %lld ms ago",
             w->roster->member[i].name, s->row->origin, (long long)s->heartbeat_age_ms);
    return w->wrong;
}

const char *
world_clocks_wrong(struct world *w)
{
    if (w->figures.jumps == 0)
        return NULL;
    world_run(w, PATIENCE_MS, false, false);
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        if (node_clock_suspect(w->sim[i].node))
            return "a node doubts its clock, which is right";
        for (size_t k = 0; k < node_logs_count(w->sim[i].node); k++) {
            struct node_log_status s;
            node_log_status(w->sim[i].node, k, &s);
            if (s.row->closed || s.row->frozen || s.row->size == 0 || !goes_on(w, s.row) ||
                !check_still_may(w, i, s.row))
                continue;
            if (s.heartbeat_age_ms < 0 || s.heartbeat_age_ms >= STALE_MS)
                return stale(w, i, &s);
        }
    }
    return NULL;
}
