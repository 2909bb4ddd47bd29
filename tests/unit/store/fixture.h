/* Logs and batches whose every byte follows from (log, index), in a store file of their own. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "core/tree.h"
#include "store/store.h"

struct fixture {
    uint64_t gone; /* bytes that left a log */
    char dir[64], path[96];
    struct store *s;
};

static inline int
fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    /* In memory where there is such a place: thousands of commits wait for a disk that other tests use. */
    (void)snprintf(f->dir, sizeof f->dir, "%s/store_test_XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof f->path, "%s/node.db", f->dir);
    f->s = store_open(f->path, false);
    assert_non_null(f->s);
    *state = f;
    return 0;
}

static inline int
fixture_teardown(void **state)
{
    struct fixture *f = *state;
    struct dirent *entry;
    char path[400];
    DIR *dir;

    store_close(f->s);
    dir = opendir(f->dir);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", f->dir, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(dir);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

static inline void
fixture_reopen(struct fixture *f)
{
    store_close(f->s);
    f->s = store_open(f->path, false);
    assert_non_null(f->s);
}

/* One statement through a connection of our own: what a lying disk would do. */
static inline void
fixture_sql(struct fixture *f, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline uint32_t
fixture_log(struct store *s, uint8_t id, const char *origin, bool own)
{
    struct store_log log;

    memset(&log, 0, sizeof log);
    memset(log.id, id, sizeof log.id);
    (void)snprintf(log.origin, sizeof log.origin, "%s", origin);
    (void)snprintf(log.audience, sizeof log.audience, "open");
    (void)snprintf(log.class_name, sizeof log.class_name, "data");
    log.own = own;
    assert_int_equal(store_log_put(s, &log), 0);
    assert_true(log.no > 0);
    return log.no;
}

static inline uint64_t
fixture_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* The bytes of part ${part} (0 header, 1 body) of a record; bodies of some records are empty. */
static inline struct span
fixture_bytes(uint32_t log, uint64_t index, int part, uint8_t out[256])
{
    uint64_t seed = fixture_mix(((uint64_t)log << 48 | index) * 2 + (uint64_t)part + 1);
    size_t n = part == 0 ? 40 + seed % 100 : seed % 5 == 0 ? 0 : 20 + seed % 200;

    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(fixture_mix(seed + i / 8) >> i % 8 * 8);
    return span_of(out, n);
}

/* A batch being made. */
struct fixture_batch {
    struct store_record record[LIMIT_BATCH_COUNT];
    uint8_t bytes[LIMIT_BATCH_COUNT][2][256];
    struct store_node node[16];
    size_t nodes_n;
    struct store_batch batch;
};

static inline struct fixture_batch *
fixture_make(uint32_t log, uint64_t first, uint32_t count, uint64_t anchor_size)
{
    struct fixture_batch *b = calloc(1, sizeof *b);

    assert_non_null(b);
    for (uint32_t i = 0; i < count; i++) {
        b->record[i].header = fixture_bytes(log, first + i, 0, b->bytes[i][0]);
        b->record[i].body = fixture_bytes(log, first + i, 1, b->bytes[i][1]);
        b->record[i].body_state = b->record[i].body.n > 0 ? STORE_BODY_HELD : STORE_BODY_MISSING;
    }
    b->batch = (struct store_batch){.log = log,
                                    .first = first,
                                    .count = count,
                                    .records = b->record,
                                    .received_ms = (int64_t)(1000 + first)};
    b->batch.anchor.size = anchor_size;
    memset(b->batch.anchor.root, (int)(anchor_size & 0xff), HASH_BYTES);
    memset(b->batch.anchor.signature, (int)(anchor_size >> 8 & 0xff), SIG_BYTES);
    memset(b->batch.anchor.key_id, 9, KEY_ID_BYTES);
    return b;
}

static inline void
fixture_node(void *cookie, unsigned level, uint64_t index, const uint8_t hash[HASH_BYTES])
{
    struct fixture_batch *b = cookie;

    assert_true(b->nodes_n < 16);
    b->node[b->nodes_n].level = (uint8_t)level;
    b->node[b->nodes_n].index = index;
    memcpy(b->node[b->nodes_n++].hash, hash, HASH_BYTES);
}

/* Append ${count} records at the end of ${tree}; ${anchor_size} 0 leaves them unsigned. The delivery number of the first. */
static inline uint64_t
fixture_append(struct store *s, uint32_t log, struct tree *tree, uint32_t count, uint64_t anchor_size)
{
    struct fixture_batch *b = fixture_make(log, tree->size, count, anchor_size);
    uint8_t leaf[HASH_BYTES];
    uint64_t delivery = 99;

    for (uint32_t i = 0; i < count; i++) {
        hash_leaf(b->record[i].header, leaf);
        tree_append(tree, leaf, fixture_node, b);
    }
    assert_int_equal(store_batch_put(s, &b->batch, b->node, b->nodes_n, &delivery), 0);
    free(b);
    return delivery;
}

static inline void
fixture_check(uint32_t log, uint64_t index, const struct store_record *r)
{
    uint8_t bytes[256];
    struct span body;

    assert_true(span_equal(r->header, fixture_bytes(log, index, 0, bytes)));
    body = fixture_bytes(log, index, 1, bytes);
    assert_true(span_equal(r->body, body));
    assert_int_equal(r->body_state, body.n > 0 ? STORE_BODY_HELD : STORE_BODY_MISSING);
}

static inline struct checkpoint
fixture_head(const struct tree *tree, uint8_t id)
{
    struct checkpoint head = {.size = tree->size};

    memset(head.log, id, sizeof head.log);
    tree_root(tree, head.root);
    memset(head.signature, 5, sizeof head.signature);
    return head;
}

#endif
