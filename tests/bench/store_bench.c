/*
 * What the store costs: store_bench [records] [batch] [subjects] [logs] [file]. Subjects are shared out
 * among the logs. Receives pre-made 300-byte
 * records in batches of several logs as the core does (batch, picture, segments; a transaction is
 * LIMIT_TXN_COUNT records), prints the rate of each interval, the length of commits, what reading back costs,
 * and the size of the file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/tree.h"
#include "store/store.h"

#define HEADER_BYTES 150
#define BODY_BYTES   150
#define INTERVALS    10
#define LOGS_MAX     64

struct bench {
    struct store *s;
    uint64_t records, batch, subjects, logs, seed;
    uint32_t log[LOGS_MAX];
    char origin[LOGS_MAX][16];
    uint64_t size[LOGS_MAX];
    struct tree tree[LOGS_MAX];
    uint8_t header[LIMIT_BATCH_COUNT][HEADER_BYTES], body[LIMIT_BATCH_COUNT][BODY_BYTES];
    struct store_record record[LIMIT_BATCH_COUNT];
    struct store_node node[LIMIT_BATCH_COUNT / 256 + 2];
    size_t nodes_n;
    double *commit_ms;
    size_t commits_n;
};

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(void)
{
    struct rusage r;

    (void)getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static uint64_t
draw(struct bench *b)
{
    b->seed ^= b->seed << 13;
    b->seed ^= b->seed >> 7;
    b->seed ^= b->seed << 17;
    return b->seed;
}

static void
fail(const char *what)
{
    (void)fprintf(stderr, "store_bench: %s failed\n", what);
    exit(1);
}

static void
add_node(void *cookie, unsigned level, uint64_t index, const uint8_t hash[HASH_BYTES])
{
    struct bench *b = cookie;
    struct store_node *n = &b->node[b->nodes_n++];

    n->level = (uint8_t)level;
    n->index = index;
    memcpy(n->hash, hash, HASH_BYTES);
}

static void
make_logs(struct bench *b)
{
    struct store_log log;

    for (uint32_t i = 0; i < b->logs; i++) {
        memset(&log, 0, sizeof log);
        memset(log.id, (int)i + 1, sizeof log.id);
        (void)snprintf(b->origin[i], sizeof b->origin[i], "fr-agency%u", i);
        (void)snprintf(log.origin, sizeof log.origin, "%s", b->origin[i]);
        (void)snprintf(log.audience, sizeof log.audience, "open");
        (void)snprintf(log.class_name, sizeof log.class_name, "data");
        if (store_log_put(b->s, &log) != 0)
            fail("store_log_put");
        b->log[i] = log.no;
        tree_init(&b->tree[i]);
    }
}

/* Fill the records of the next batch of log ${l}; hashing is not what is measured, so leaf hashes are made
 * up. */
static void
make_batch(struct bench *b, uint32_t l, struct store_batch *out)
{
    uint64_t word;

    for (uint64_t i = 0; i < b->batch; i++) {
        word = draw(b);
        for (size_t k = 0; k + 8 <= HEADER_BYTES; k += 16)
            memcpy(b->header[i] + k, &word, 8);
        for (size_t k = 0; k + 8 <= BODY_BYTES; k += 16)
            memcpy(b->body[i] + k, &word, 8);
        b->record[i] =
            (struct store_record){span_of(b->header[i], HEADER_BYTES), span_of(b->body[i], BODY_BYTES), 0, 0};
        tree_append(&b->tree[l], b->header[i], add_node, b);
    }
    *out = (struct store_batch){.log = b->log[l],
                                .first = b->size[l],
                                .count = (uint32_t)b->batch,
                                .records = b->record,
                                .received_ms = 1800000000000};
    out->anchor.size = b->size[l] + b->batch;
    memset(out->anchor.root, 7, sizeof out->anchor.root);
    memset(out->anchor.signature, 8, sizeof out->anchor.signature);
}

static void
put_picture(struct bench *b, uint32_t l, const struct store_batch *batch, uint64_t delivery)
{
    for (uint64_t i = 0; i < b->batch; i++) {
        uint64_t r = draw(b);
        char key[32];
        int64_t epoch =
            5350000000000000 + (int64_t)(delivery + i) * 1000 + (int64_t)(r >> 32) % 86400000000 / 1000;
        struct store_subject v = {
            .type = "orbit", .key = key, .origin = b->origin[l], .object = {key, ""}, .mode = 1, .kind = 1};

        (void)snprintf(key, sizeof key, "norad:%05u",
                       (unsigned)(r % (b->subjects / b->logs) * b->logs + l) + 10000);
        v.epoch = epoch;
        v.created = epoch;
        v.log = batch->log;
        v.index = batch->first + i;
        v.delivery = delivery + i;
        if (store_latest_put(b->s, &v) != 0)
            fail("store_latest_put");
    }
}

/* Put one transaction; the time spent in the store alone, seconds. */
static double
transaction(struct bench *b, uint64_t *done, uint64_t end, double *make_s)
{
    double start = now(), made = 0, t;
    uint64_t n = 0, delivery;
    struct store_batch batch;

    if (store_begin(b->s) != 0)
        fail("store_begin");
    while (n < LIMIT_TXN_COUNT && *done < end) {
        uint32_t l = (uint32_t)(*done / b->batch % b->logs);

        t = now();
        b->nodes_n = 0;
        make_batch(b, l, &batch);
        made += now() - t;
        if (store_batch_put(b->s, &batch, b->node, b->nodes_n, &delivery) != 0)
            fail("store_batch_put");
        put_picture(b, l, &batch, delivery);
        b->size[l] += b->batch;
        *done += b->batch;
        n += b->batch;
    }
    t = now();
    if (store_commit(b->s) != 0)
        fail("store_commit");
    b->commit_ms[b->commits_n++] = (now() - t) * 1e3;
    *make_s += made;
    return now() - start - made;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void
show_quantiles(const char *what, double *v, size_t n)
{
    if (n == 0)
        return;
    qsort(v, n, sizeof *v, by_value);
    printf("%-22s p50 %.3f ms, p99 %.3f ms, max %.3f ms\n", what, v[n / 2], v[n * 99 / 100], v[n - 1]);
}

static void
receive(struct bench *b)
{
    uint64_t done = 0, from;
    double spent, total = 0, made = 0, cpu0 = cpu();

    for (unsigned i = 0; i < INTERVALS; i++) {
        from = done;
        spent = 0;
        while (done < b->records * (i + 1) / INTERVALS)
            spent += transaction(b, &done, b->records, &made);
        printf("%10llu records: %8.0f records/s, %.2f us each\n", (unsigned long long)done,
               (double)(done - from) / spent, spent * 1e6 / (double)(done - from));
        (void)fflush(stdout);
        total += spent;
    }
    printf("receive: %.0f records/s, %.2f us wall and %.2f us cpu each\n", (double)done / total,
           total * 1e6 / (double)done, (cpu() - cpu0 - made) * 1e6 / (double)done);
    show_quantiles("commit", b->commit_ms, b->commits_n);
}

static void
read_back(struct bench *b)
{
    static struct store_record records[LIMIT_BATCH_COUNT];
    struct store_batch out;
    double t = now();
    uint64_t n = 0;

    for (uint32_t l = 0; l < b->logs; l++)
        for (uint64_t at = 0;
             store_batch_get(b->s, b->log[l], at, 229376, records, LIMIT_BATCH_COUNT, &out) == 0;
             at += out.count)
            n += out.count;
    printf("store_batch_get: %.0f records/s\n", (double)n / (now() - t));
}

static int
count_visible(void *cookie, uint32_t log, uint64_t index, uint64_t delivery, int64_t received_ms,
              const struct store_record *record)
{
    (void)log, (void)index, (void)delivery, (void)received_ms, (void)record;
    ++*(uint64_t *)cookie;
    return 0;
}

static int
keep_row(void *cookie, const struct store_latest *row)
{
    *(struct store_latest *)cookie = *row;
    return 1;
}

static void
query(struct bench *b)
{
    double *ms = b->commit_ms, t = now();
    uint64_t n = 0, next, delivery;
    struct store_latest row;
    struct store_record r;
    int64_t received;
    size_t k = 0;

    if (store_visible(b->s, 1, true, "orbit", INT64_MIN, INT64_MAX, UINT32_MAX, count_visible, &n, &next) !=
        0)
        fail("store_visible");
    printf("store_visible: %.0f records/s\n", (double)n / (now() - t));
    for (; k < b->commits_n || k < 100; k++) {
        char object[32];

        (void)snprintf(object, sizeof object, "norad:%05u", (unsigned)(draw(b) % b->subjects) + 10000);
        t = now();
        if (store_latest_of_object(b->s, object, keep_row, &row) == 1 &&
            store_record_get(b->s, row.log, row.index, &r, &delivery, &received) != 0)
            fail("store_record_get");
        ms[k] = (now() - t) * 1e3;
    }
    show_quantiles("newest by object", ms, k);
}

static void
show_size(struct bench *b, const char *path)
{
    double bytes = (double)(b->records * (HEADER_BYTES + BODY_BYTES));
    char wal[4096];
    struct stat file;
    struct rusage r;

    (void)getrusage(RUSAGE_SELF, &r);
    store_close(b->s);
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    if (stat(path, &file) != 0)
        fail("stat");
    printf("file: %.0f bytes = %.3f of headers and bodies; resident at most %ld KiB\n", (double)file.st_size,
           (double)file.st_size / bytes, r.ru_maxrss);
}

static uint64_t
argument(int argc, char **argv, int i, uint64_t otherwise)
{
    return argc > i ? strtoull(argv[i], NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
    static struct bench b;
    const char *path = argc > 5 ? argv[5] : "store_bench.db";

    b.records = argument(argc, argv, 1, 1000000);
    b.batch = argument(argc, argv, 2, 256);
    b.subjects = argument(argc, argv, 3, 30000);
    b.logs = argument(argc, argv, 4, 8);
    b.seed = 0x9e3779b97f4a7c15u;
    if (b.batch == 0 || b.batch > LIMIT_BATCH_COUNT || b.subjects < b.logs || b.logs == 0 ||
        b.logs > LOGS_MAX || b.records < INTERVALS * b.batch || (unlink(path) != 0 && errno != ENOENT)) {
        (void)fprintf(stderr, "usage: store_bench [records] [batch] [subjects] [logs] [file]\n");
        return 2;
    }
    b.records -= b.records % b.batch;
    b.commit_ms = calloc(b.records / b.batch + 1100, sizeof *b.commit_ms);
    b.s = store_open(path, false);
    if (b.commit_ms == NULL || b.s == NULL)
        fail("store_open");
    printf("%llu records, batches of %llu, %llu subjects, %llu logs, %d records a transaction\n",
           (unsigned long long)b.records, (unsigned long long)b.batch, (unsigned long long)b.subjects,
           (unsigned long long)b.logs, LIMIT_TXN_COUNT);
    make_logs(&b);
    receive(&b);
    read_back(&b);
    query(&b);
    show_size(&b, path);
    free(b.commit_ms);
    return 0;
}
