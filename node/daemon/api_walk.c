/* Visible records in the order of delivery. The core's thread. */
#include "daemon/api_internal.h"

/* One step: a few milliseconds of headers, with a body each when an object is asked for. */
#define LOOK_COUNT  2048
#define BATCH_COUNT 64
#define STATE_COUNT 256 /* the same where the state of each is looked up */

struct look {
    struct api_walk *walk;
    unsigned n, max;
    bool stopped, failed;
    uint64_t at; /* where it stopped: not looked at yet */
};

static int
look(void *cookie, uint32_t no, uint64_t index, uint64_t delivery, int64_t received_ms,
     const struct store_record *record)
{
    struct look *l = cookie;
    struct api_page *page = l->walk->page;
    const struct store_log *log;
    int rc = 0;

    l->at = delivery;
    l->stopped = l->n >= l->max || delivery > page->call->visible;
    if (l->stopped)
        return 1;
    l->n += api_match_cost(l->walk->match, record);
    log = api_page_log(page, no);
    if (log == NULL || !api_match_record(page->call, l->walk->match, log, index, record))
        return 0;
    rc = api_match_late(page->call, l->walk->match, log, index, record, received_ms);
    if (rc > 0)
        rc = api_page_add(page, no, index, record, delivery, received_ms);
    l->stopped = rc > 0;
    l->failed = rc < 0;
    return rc;
}

int
api_walk_step(struct api_walk *w)
{
    const struct api_match *m = w->match;
    bool by_state = m->state != NULL && m->state[0] != 0, by_epoch = m->dated && m->time == API_EPOCH;
    struct look l = {.walk = w, .max = by_state ? STATE_COUNT : LOOK_COUNT};
    uint64_t next = UINT64_MAX;
    int rc = store_visible(w->page->call->ctx->store, w->next, w->forward, api_match_one_type(m),
                           by_epoch ? m->since : INT64_MIN, by_epoch ? m->until : INT64_MAX, BATCH_COUNT,
                           look, &l, &next);

    if (l.failed || (rc < 0 && !l.stopped))
        return -1;
    w->next = l.stopped ? l.at : next;
    return 0;
}
