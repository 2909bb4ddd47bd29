/* simulate [--seeds N] [--first S] [--seed S [--trace]] [--stop | --all]: runs seeds, prints those that fail (at most five; one with --stop, any number with
 * --all) and how to replay them. */
#include "world.h"
#include "base/log.h"
#include "crypt/secret.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct totals {
    struct world_figures f;
};

static void
add(struct totals *t, const struct world_figures *f)
{
    t->f.steps += f->steps;
    t->f.frames += f->frames;
    t->f.dropped += f->dropped;
    t->f.spoilt += f->spoilt;
    t->f.deaf += f->deaf;
    t->f.published += f->published;
    t->f.acknowledged += f->acknowledged;
    t->f.crashes += f->crashes;
    t->f.cuts += f->cuts;
    t->f.new_logs += f->new_logs;
    t->f.powerless += f->powerless;
    t->f.restored += f->restored;
    t->f.changes += f->changes;
    t->f.lies += f->lies;
    t->f.disputed += f->disputed;
    t->f.jumps += f->jumps;
    t->f.members += f->members;
}

/* 30 s of faults, then peace: everything acknowledged is there, everybody converges. */
static const char *
run_seed(struct world *w)
{
    const char *wrong;

    for (int i = 0; i < 15; i++) {
        world_run(w, 2000, true, true);
        if ((wrong = world_violation(w)) != NULL)
            return wrong;
    }
    world_heal(w);
    for (int i = 0; i < 60; i++) {
        world_run(w, 5000, false, false);
        if ((wrong = world_violation(w)) != NULL)
            return wrong;
        if (i > 0 && world_converged(w))
            break;
    }
    if (!world_converged(w))
        return world_wrong(w);
    /* In peace nothing waits for a timer: a record is everywhere within a second. */
    for (int i = 0; i < 5; i++) {
        world_publish_each(w);
        world_run(w, 1000, false, false);
        if (!world_converged(w))
            return world_wrong(w);
    }
    /* A body that came damaged is asked for at one peer after the other. */
    for (int i = 0; i < 10 && world_missing(w) != NULL; i++)
        world_run(w, 1000, false, false);
    if ((wrong = world_disputes_wrong(w)) != NULL)
        return wrong;
    if (!world_pictures_equal(w))
        return "the pictures differ";
    if ((wrong = world_missing(w)) != NULL)
        return wrong;
    world_run(w, 12000, false, false); /* embargoes that began in peace */
    if ((wrong = world_secrets_wrong(w)) != NULL || (wrong = world_clocks_wrong(w)) != NULL)
        return wrong;
    return world_violation(w);
}

static int
one(uint64_t seed, bool trace, struct totals *totals)
{
    struct world_conf conf = {.seed = seed, .nodes = 2 + (unsigned)(seed % 4), .trace = trace};
    struct world *w;
    const char *wrong;

    conf.audiences = seed % 2 == 1;
    conf.faults.crashes = seed % 3 != 0;
    conf.faults.partitions = seed % 5 != 0;
    conf.faults.restarts_whole = seed % 2 == 0;
    conf.faults.power = seed % 4 < 2;
    conf.faults.restores = seed % 3 == 1;
    conf.faults.drop = seed % 7 < 3 ? 50 : 0;
    conf.faults.duplicate = seed % 7 < 4 ? 50 : 0;
    conf.faults.reorder = seed % 7 < 2 ? 100 : 0;
    conf.faults.one_way = seed % 11 < 4;
    conf.faults.lies = seed % 4 == 2 || seed % 8 == 3; /* the latter with named audiences */
    conf.faults.roster = conf.nodes > 2 && seed % 10 < 4;
    conf.faults.clocks = seed % 13 < 3;
    conf.faults.spoil = seed % 5 == 2 ? 300 : 0;
    w = world_new(&conf);
    wrong = run_seed(w);
    add(totals, world_figures(w));
    if (wrong != NULL)
        printf("seed %llu: %s\n  replay: simulate --seed %llu --trace\n", (unsigned long long)seed, wrong,
               (unsigned long long)seed);
    world_free(w);
    return wrong == NULL ? 0 : -1;
}

static uint64_t
number(const char *s)
{
    return s == NULL ? 0 : strtoull(s, NULL, 10);
}

int
main(int argc, char **argv)
{
    uint64_t first = 1, seeds = 20;
    bool trace = false;
    unsigned most = 5;
    struct totals totals;
    struct timespec a, b;
    unsigned passed = 0, failed = 0;
    double s;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
            seeds = number(argv[++i]);
        } else if (strcmp(argv[i], "--first") == 0 && i + 1 < argc) {
            first = number(argv[++i]);
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            first = number(argv[++i]);
            seeds = 1;
        } else if (strcmp(argv[i], "--trace") == 0) {
            trace = true;
        } else if (strcmp(argv[i], "--stop") == 0) {
            most = 1;
        } else if (strcmp(argv[i], "--all") == 0) {
            most = UINT_MAX;
        } else {
            fprintf(stderr,
                    "usage: simulate [--seeds N] [--first S] [--seed S] [--trace] [--stop | --all]\n");
            return 2;
        }
    }
    world_start();
    log_start("simulate", LOG_ERROR);
    memset(&totals, 0, sizeof(totals));
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (uint64_t k = 0; k < seeds && failed < most; k++) {
        if (one(first + k, trace, &totals) == 0)
            passed++;
        else
            failed++;
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
    printf("%llu steps, %llu frames (%llu dropped, %llu spoilt, %llu one-way cuts), %llu published, %llu "
           "acknowledged, %llu "
           "crashes, %llu "
           "cuts, %llu "
           "logs continued elsewhere, %llu power cuts, %llu restored backups, %llu changes of readers, %llu "
           "lies, %llu logs disputed, %llu jumps of clocks, %llu changes of members; %.0f seeds an hour\n",
           (unsigned long long)totals.f.steps, (unsigned long long)totals.f.frames,
           (unsigned long long)totals.f.dropped, (unsigned long long)totals.f.spoilt,
           (unsigned long long)totals.f.deaf, (unsigned long long)totals.f.published,
           (unsigned long long)totals.f.acknowledged, (unsigned long long)totals.f.crashes,
           (unsigned long long)totals.f.cuts, (unsigned long long)totals.f.new_logs,
           (unsigned long long)totals.f.powerless, (unsigned long long)totals.f.restored,
           (unsigned long long)totals.f.changes, (unsigned long long)totals.f.lies,
           (unsigned long long)totals.f.disputed, (unsigned long long)totals.f.jumps,
           (unsigned long long)totals.f.members, (passed + failed) / s * 3600);
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
