/*
 * A federation in one process under virtual time and one seed: pure cores of node/core, real stores on
 * disks that lose power (disk.h), a model signer with real keys, and a network that drops, duplicates, reorders, delays and is
 * cut. Same seed, same run.
 */
#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

#include "core/node.h"
#include "store/store.h"

#define WORLD_NODES_MAX 5

struct world_faults {
    unsigned drop, duplicate, reorder; /* per 10,000 frames */
    unsigned spoil;                    /* bodies of that many in 10,000 frames come damaged */
    bool crashes, partitions, one_way, restarts_whole, power, restores;
    bool roster; /* a node joins, another is removed */
    bool clocks, /* one after the other jumps by more than a minute, and back */
        lies; /* the first node comes back from a backup with its signer: it tells other stories of its logs */
};

struct world_conf {
    uint64_t seed;
    unsigned nodes;
    struct world_faults faults;
    bool trace;
    bool audiences; /* each node also publishes to one of its own, whose readers change */
};

struct world;

void world_start(void); /* once, first */
struct world *world_new(const struct world_conf *conf);
void world_free(struct world *w);
/* Let ${ms} of virtual time pass, with publications at random nodes when ${publish}, and faults when
 * ${faults}. */
void world_run(struct world *w, int64_t ms, bool publish, bool faults);
/* End every fault: partitions heal, crashed nodes start. */
void world_heal(struct world *w);
/* All nodes hold all logs whole, with equal roots. */
bool world_converged(struct world *w);
/* What must hold at any moment: acknowledged records are in their origin's store, heads fit what is held,
 * nothing is frozen. NULL, or what is wrong. */
const char *world_violation(struct world *w);
/* Pictures of all nodes are equal. */
bool world_pictures_equal(struct world *w);
/* Every body is held by whoever holds its leaf, unless a backup took the place of a store. NULL, or what is missing. */
const char *world_missing(struct world *w);
/* Records of named audiences are shown by those who may read them, and by nobody else. NULL, or what is wrong. */
const char *world_secrets_wrong(struct world *w);
/* A log that contradicts itself is known as such to all, with its proof and the same common part, and nothing above that is in a picture. NULL, or what is wrong. */
const char *world_disputes_wrong(struct world *w);
/* Words on the time of each log go on, after clocks were wrong. NULL, or what is wrong; lets half a minute pass. */
const char *world_clocks_wrong(struct world *w);
/* One record at every node, no faults. */
void world_publish_each(struct world *w);
/* In words, why world_converged() last said no. */
const char *world_wrong(const struct world *w);

struct world_figures {
    uint64_t steps, frames, dropped, spoilt, deaf, published, acknowledged, crashes, cuts, new_logs,
        powerless, restored, changes, lies, disputed, jumps, members;
};
const struct world_figures *world_figures(const struct world *w);

#endif
