/*
 * What events cost: event_bench [open events] [records of one event]. Fills a store in memory with so many open conjunctions of two origins each, and one event with so
 * long a history; then the CPU time of one more record of an event (of the picture alone, for comparison; with the event), of leading an id to its event, of a page of the list,
 * and of one rule against what the origins say of one subject.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/text.h"
#include "store/store.h"
#include "types/event.h"
#include "watch/judge.h"

#define MINUTE ((int64_t)60000000)
#define MORE   20000

struct bench {
    struct store *s;
    uint32_t log[2];
    uint64_t next[2];
    unsigned long long events, history, seed, seen;
};

static double
cpu_us(void)
{
    struct rusage r;

    (void)getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static void
must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "event_bench: %s\n", what);
    exit(1);
}

static unsigned long long
draw(struct bench *b, unsigned long long n)
{
    b->seed = b->seed * 6364136223846793005u + 1442695040888963407u;
    return (b->seed >> 33) % n;
}

static void
scope_of(unsigned long long event, char out[EVENT_SCOPE_MAX])
{
    char a[32], c[32];

    (void)snprintf(a, sizeof a, "norad:%llu", 1 + event % 30000);
    (void)snprintf(c, sizeof c, "norad:%llu", 40000 + event);
    event_scope(out, a, c);
}

/* One more record of ${event} by ${origin}, ${late} into its series; in the picture alone, or of the event too. */
static void
put(struct bench *b, unsigned origin, unsigned long long event, unsigned long long late, bool is_event)
{
    static const char *const origins[] = {"fr-cnes", "us-noaa"};
    char scope[EVENT_SCOPE_MAX], key[64];
    int64_t at = 1000000 * MINUTE + (int64_t)(event % 9999) * MINUTE + (int64_t)(late % 60) * 1000000;
    struct store_event e = {.kind = "conjunction", .scope = scope, .voice = "CNES", .at = at, .closes = at};
    struct store_subject v = {.type = "conjunction",
                              .key = key,
                              .origin = origins[origin],
                              .object = {"norad:1", "norad:2"},
                              .mode = 1,
                              .kind = 1,
                              .epoch = at,
                              .log = b->log[origin],
                              .index = b->next[origin]++};

    scope_of(event, scope);
    (void)snprintf(key, sizeof key, "%llu", event);
    v.created = e.issued = (int64_t)v.index;
    v.delivery = v.index + 1;
    v.events = &e;
    v.events_n = is_event ? 1 : 0;
    must(store_latest_put(b->s, &v) == 0, "a record is not taken");
}

static int
count(void *cookie, const struct store_event_row *row)
{
    struct bench *b = cookie;

    (void)row;
    return ++b->seen == 1000;
}

static int
one(void *cookie, const struct store_latest *row)
{
    unsigned *n = cookie;

    (void)row;
    return ++*n == 2;
}

static void
say(const char *what, double us, unsigned long long n)
{
    printf("  %-34s %8.2f us\n", what, us / (double)n);
}

static void
measure_joins(struct bench *b)
{
    double begun;

    must(store_begin(b->s) == 0, "no transaction");
    begun = cpu_us();
    for (unsigned i = 0; i < MORE; i++)
        put(b, i % 2, draw(b, b->events), i, false);
    say("a record, picture alone", cpu_us() - begun, MORE);
    begun = cpu_us();
    for (unsigned i = 0; i < MORE; i++)
        put(b, i % 2, draw(b, b->events), i, true);
    say("a record of an event", cpu_us() - begun, MORE);
    begun = cpu_us();
    for (unsigned i = 0; i < MORE / 10; i++)
        put(b, i % 2, 0, i, true);
    say("the same, of the one with history", cpu_us() - begun, MORE / 10);
    must(store_commit(b->s) == 0, "no commit");
}

static void
measure_reads(struct bench *b)
{
    static const struct store_event_row from_start = {.mode = 1, .lo = INT64_MIN};
    double begun = cpu_us();

    for (unsigned i = 0; i < MORE; i++) {
        unsigned long long event = draw(b, b->events);
        char scope[EVENT_SCOPE_MAX];
        struct store_event_row e;

        scope_of(event, scope);
        must(store_event_find(b->s, 1, "conjunction", scope,
                              1000000 * MINUTE + (int64_t)(event % 9999) * MINUTE, &e) == 0,
             "an event is not found");
    }
    say("an id to its event", cpu_us() - begun, MORE);
    begun = cpu_us();
    for (unsigned i = 0; i < 20; i++) {
        b->seen = 0;
        must(store_event_each(b->s, NULL, 0, &from_start, count, b) >= 0, "no list");
    }
    say("a list, each event", cpu_us() - begun, 20 * b->seen);
}

/* What the watch role asks and does for one record: the newest of each origin, and a rule against their figures. */
static void
measure_rule(struct bench *b)
{
    struct rule_table *table = rule_table_new();
    const struct rule *rule = rule_find(table, "conjunction-pc");
    static struct judge_view view[2] = {
        {.origin = "fr-cnes",
         .n = 2,
         .figure = {{"pc", 3e-5, FIGURE_STAYS, "3e-5"}, {"tca_h", 20, FIGURE_FALLS, "20"}}},
        {.origin = "us-noaa",
         .n = 2,
         .figure = {{"pc", 2e-4, FIGURE_STAYS, "2e-4"}, {"tca_h", 20, FIGURE_FALLS, "20"}}}};
    static const struct judge_prior prior = {.level = "", .origins = "", .values = "", .version = ""};
    static struct judge_result result;
    double begun = cpu_us();

    for (unsigned i = 0; i < MORE; i++) {
        struct store_latest from = {.type = "conjunction", .mode = 1};
        unsigned n = 0;

        (void)snprintf(from.key, sizeof from.key, "%llu", draw(b, b->events));
        must(store_latest_each(b->s, &from, one, &n) >= 0, "no picture");
        judge(rule, view, 2, &prior, &result);
        must(result.state == JUDGE_RAISED, "the rule raises nothing");
    }
    say("one rule against one subject", cpu_us() - begun, MORE);
}

int
main(int argc, char **argv)
{
    static struct bench b = {.events = 10000, .history = 1, .seed = 1};

    if (argc > 1)
        b.events = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        b.history = strtoull(argv[2], NULL, 10);
    must(b.events > 0, "expected a number of events");
    b.s = store_open(":memory:", false);
    must(b.s != NULL, "no store");
    for (unsigned i = 0; i < 2; i++) {
        struct store_log log = {.audience = "open", .class_name = "data"};

        memset(log.id, (int)i + 1, sizeof log.id);
        (void)snprintf(log.origin, sizeof log.origin, "%s", i == 0 ? "fr-cnes" : "us-noaa");
        must(store_log_put(b.s, &log) == 0, "no log");
        b.log[i] = log.no;
    }
    must(store_begin(b.s) == 0, "no transaction");
    for (unsigned long long i = 0; i < b.events; i++) {
        put(&b, 0, i, 0, true);
        put(&b, 1, i, 1, true);
    }
    for (unsigned long long i = 0; i < b.history; i++)
        put(&b, i % 2, 0, i, true);
    must(store_commit(b.s) == 0, "no commit");
    printf("%llu open events, one of them with %llu records; CPU time of one:\n", b.events, b.history + 2);
    measure_joins(&b);
    measure_reads(&b);
    measure_rule(&b);
    store_close(b.s);
    return 0;
}
