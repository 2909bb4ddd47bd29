/* How long bodies are kept (DESIGN section 3, retention). Runs in the core role's thread. */
#include "daemon/core_internal.h"
#include "base/log.h"
#include "core/release.h"

#define BATCHES_MAX 16 /* of one log in one call: a few milliseconds */
#define DAY_MS      86400000LL

static int64_t
days_of(const struct core *c, const struct store_log *log)
{
    if (strcmp(log->class_name, "data") == 0)
        return c->args->conf->keep_data_days;
    return strcmp(log->class_name, "alert") == 0 ? c->args->conf->keep_alert_days : 0;
}

/* Of our own logs, only what every current member that may hold it has stored. */
static uint64_t
stored_by_all(const struct core *c, const struct node_log_status *s)
{
    const struct roster *r = c->chain.roster;
    uint64_t least = s->row->size;

    for (unsigned i = 0; i < r->members_n; i++) {
        uint64_t stored = 0;
        if (strcmp(r->member[i].name, c->api_ctx.name) == 0 || !may_release(r->member[i].name, s->row, r))
            continue;
        for (unsigned k = 0; k < s->holders_n; k++)
            stored = strcmp(s->holders[k].node, r->member[i].name) == 0 ? s->holders[k].stored : stored;
        least = stored < least ? stored : least;
    }
    return least;
}

static void
keep_log(struct core *c, size_t i)
{
    struct event e = {.kind = EVENT_DROPPED};
    struct node_log_status s;
    uint64_t count = 0;
    int64_t days;

    node_log_status(c->node, i, &s);
    days = days_of(c, s.row);
    if (days == 0 || s.row->size == 0)
        return;
    if (store_bodies_drop(c->store, s.row->no, core_run_wall_ms() - days * DAY_MS,
                          s.row->own ? stored_by_all(c, &s) : s.row->size, BATCHES_MAX, &e.size,
                          &count) != 0) {
        c->failed = true;
        return;
    }
    if (count == 0)
        return;
    log_event(EV_bodies_dropped, "log_no=%u older_than_days=%lld count=%llu", s.row->no, (long long)days,
              (unsigned long long)count);
    memcpy(e.log, s.row->id, LOG_ID_BYTES);
    core_run_step(c, &e);
}

void
core_keep(struct core *c)
{
    if (node_clock_suspect(c->node))
        return;
    for (size_t i = 0; i < node_logs_count(c->node) && !c->failed; i++)
        keep_log(c, i);
}
