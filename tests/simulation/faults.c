/* What goes wrong: processes that are killed, power that fails, disks that are replaced by a backup, lines that are cut. */
#include "world_internal.h"
#include <stdio.h>

static void
tell(const struct world *w, unsigned i, const char *what)
{
    if (w->conf.trace)
        printf("%8lld %s FAULT %s\n", (long long)w->now, w->roster->member[i].name, what);
}

/* The backup of node ${i} is all that is left of its store. */
static void
restore(struct world *w, unsigned i)
{
    struct sim *s = &w->sim[i];

    disk_restore(s->disk, s->backup);
    for (size_t k = s->backup_acked; k < w->acked_n; k++)
        w->acked[k].excused = w->acked[k].excused || w->acked[k].node == i;
    s->whole = true;
    if (s->signer.log_n == s->ended_n)
        s->ended_n = 0; /* the marked copy died before it signed anything else: nobody was told of an end */
    s->marked = world_chance(w, 5000);
    w->figures.restored++;
    tell(w, i, "store replaced by a backup");
}

/* Store and signer both are what they were, and nobody waits for what peers hold: what is signed now contradicts what was signed then. */
static void
lie(struct world *w, unsigned i)
{
    struct sim *s = &w->sim[i];

    restore(w, i);
    model_roll_back(&s->signer, &s->backup_signer);
    s->marked = false;
    s->ended_n = 0;
    s->whole = false;
    w->figures.lies++;
    tell(w, i, "its signer, too: it will tell another story");
    for (unsigned k = 0; k < w->conf.nodes; k++) {
        if (k != i && world_chance(w, 7000))
            net_cut(w, i, k, 1000 + (int64_t)world_below(w, 12000));
    }
}

/* The process is gone, and with ${power} what its disk had not synced is in doubt. */
void
faults_crash(struct world *w, unsigned i, bool power)
{
    struct sim *s = &w->sim[i];
    struct thing t = {.kind = THING_START, .node = i};

    if (s->node == NULL)
        return;
    w->figures.crashes++;
    w->figures.powerless += power;
    tell(w, i, power ? "power fails" : "process killed");
    node_free(s->node);
    s->node = NULL;
    s->broken = false;
    s->whole = power || (w->conf.faults.restarts_whole && world_chance(w, 4000));
    disk_die(s->disk);
    store_rollback(s->store);
    store_close(s->store);
    s->store = NULL;
    disk_revive(s->disk, power);
    if (s->backup != NULL && i == LIAR && w->conf.faults.lies) {
        if (world_chance(w, 8000))
            lie(w, i);
    } else if (s->backup != NULL && w->conf.faults.restores && world_chance(w, 5000)) {
        restore(w, i);
    }
    net_node_gone(w, i);
    s->life++;
    t.at_ms = w->now + 200 + (int64_t)world_below(w, 5000);
    queue_put(&w->queue, t);
}

/* What was not committed is gone, and nothing of it was said; the next core starts from the disk. */
void
faults_again(struct world *w, unsigned i)
{
    struct sim *s = &w->sim[i];
    struct thing t = {.kind = THING_START, .node = i, .at_ms = w->now + 1};

    node_free(s->node);
    s->node = NULL;
    s->broken = false;
    s->whole = !s->passed; /* of this start of the node the guard holds until it is passed */
    store_rollback(s->store);
    store_close(s->store);
    s->store = NULL;
    if (disk_is_dead(s->disk))
        disk_revive(s->disk, true); /* the power failed while it closed its store */
    net_node_gone(w, i);
    s->life++;
    tell(w, i, "its core starts again");
    queue_put(&w->queue, t);
}

void
faults_mark(struct world *w, unsigned i)
{
    struct sim *s = &w->sim[i];

    if (!s->marked || !keep_holds_up(s, store_meta_set(s->store, STORE_COPY_MARK, span_str("1"))))
        return;
    s->marked = false;
    s->ended_n = s->signer.log_n;
    for (size_t k = 0; k < s->ended_n; k++)
        s->ended[k] = s->signer.log[k].head.size;
    tell(w, i, "that backup is marked as a copy");
}

static void
take_backup(struct world *w, unsigned i)
{
    struct sim *s = &w->sim[i];

    disk_image_free(s->backup);
    s->backup = disk_copy(s->disk);
    s->backup_signer = s->signer;
    s->backup_acked = w->acked_n;
    tell(w, i, "backup made");
}

void
faults_cause(struct world *w)
{
    unsigned i = (unsigned)world_below(w, w->conf.nodes);

    if (w->conf.faults.lies && world_chance(w, 40))
        faults_crash(w, LIAR, false);
    if (w->conf.faults.lies && world_chance(w, 100) && w->sim[LIAR].node != NULL &&
        !store_in_transaction(w->sim[LIAR].store))
        take_backup(w, LIAR);
    if (w->conf.faults.crashes && world_chance(w, 40))
        faults_crash(w, i, w->conf.faults.power && world_chance(w, 3000));
    if (w->conf.faults.power && world_chance(w, 40))
        disk_arm(w->sim[i].disk, 1 + world_below(w, 60));
    if (w->conf.faults.restores && world_chance(w, 60) && w->sim[i].node != NULL &&
        !store_in_transaction(w->sim[i].store))
        take_backup(w, i);
    if (w->conf.faults.partitions && world_chance(w, 60)) {
        unsigned a = (unsigned)world_below(w, w->conf.nodes), b = (unsigned)world_below(w, w->conf.nodes);
        if (a != b)
            net_cut(w, a, b, 500 + (int64_t)world_below(w, 20000));
    }
    if (w->conf.faults.roster && world_chance(w, 60))
        members_cause(w);
    if (w->conf.faults.clocks && world_chance(w, 60))
        clocks_cause(w);
    if (w->conf.faults.one_way && world_chance(w, 60)) {
        unsigned a = (unsigned)world_below(w, w->conf.nodes), b = (unsigned)world_below(w, w->conf.nodes);
        w->deaf_until[a][b] = w->now + 500 + (int64_t)world_below(w, 20000);
        w->figures.deaf += a != b;
    }
}
