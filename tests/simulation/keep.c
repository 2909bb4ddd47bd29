/* Storing what the cores ask to be stored. */
#include "world_internal.h"
#include <assert.h>

/* The store may fail only when its disk did: the process ends at the end of the step. */
bool
keep_holds_up(struct sim *s, int rc)
{
    assert(rc == 0 || disk_is_dead(s->disk));
    s->broken = s->broken || rc != 0;
    return rc == 0;
}

/* The list of what is in quarantine, as the daemon keeps it. */
static void
take_quarantines(struct sim *s, const struct action_batch *b)
{
    size_t bad = 0;

    for (uint32_t i = 0; i < b->batch.count && !s->broken; i++) {
        const struct why *why = &b->quarantines[bad];
        if (b->batch.records[i].quarantine == WHY_NONE)
            continue;
        bad++;
        keep_holds_up(s, store_quarantine_note(s->store, b->batch.log, b->batch.first + i,
                                               (uint32_t)why->code, why->note));
    }
}

void
keep_batch(struct sim *s, const struct action_batch *b)
{
    uint64_t delivery;

    if (!keep_holds_up(s, store_batch_put(s->store, &b->batch, b->nodes, b->nodes_n, &delivery)))
        return;
    for (size_t k = 0; k < b->subjects_n && !s->broken; k++) {
        struct store_subject subject = b->subjects[k];
        subject.delivery = delivery + (subject.index - b->batch.first);
        if (keep_holds_up(s, store_latest_put(s->store, &subject)))
            keep_holds_up(s, store_segment_note(s->store, subject.delivery, subject.type, subject.epoch));
    }
    for (size_t k = 0; k < b->holds_n && !s->broken; k++)
        keep_holds_up(s, store_hold_put(s->store, b->batch.log, &b->holds[k]));
    for (size_t k = 0; k < b->reveals_n && !s->broken; k++)
        keep_holds_up(s, store_reveal_put(s->store, b->batch.log, &b->reveals[k]));
    for (size_t k = 0; k < b->misses_n && !s->broken; k++)
        keep_holds_up(s, store_again_put(s->store, b->batch.log, b->misses[k], STORE_AGAIN_BODY));
    take_quarantines(s, b);
}
