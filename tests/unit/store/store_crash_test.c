#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What the writer that is going to be killed says after each commit: sizes of its two logs. */
struct said {
    uint64_t foreign, own, own_signed;
};

static void
put_subjects(struct store *s, uint32_t log, uint64_t first, uint64_t n, uint64_t delivery)
{
    for (uint64_t i = first; i < first + n; i++) {
        char key[32];
        struct store_subject v = {.type = "orbit",
                                  .key = key,
                                  .origin = log == 1 ? "fr-cnes" : "jp-jaxa",
                                  .object = {key, ""},
                                  .mode = 1,
                                  .kind = 1,
                                  .epoch = (int64_t)i,
                                  .log = log,
                                  .index = i,
                                  .delivery = delivery + (i - first)};

        (void)snprintf(key, sizeof key, "%llu", (unsigned long long)(i % 97));
        assert_int_equal(store_latest_put(s, &v), 0);
    }
}

/* Append to a foreign log (1) and an own one (2) for ever. */
static void
write_for_ever(const char *path, int out)
{
    struct store *s = store_open(path, false);
    struct tree foreign, own;
    struct said said = {0};
    uint64_t delivery, seed = 1;

    tree_init(&foreign);
    tree_init(&own);
    for (;;) {
        uint32_t n = (uint32_t)(fixture_mix(seed++) % 300 + 1);

        assert_int_equal(store_begin(s), 0);
        delivery = fixture_append(s, 1, &foreign, n, foreign.size + n);
        put_subjects(s, 1, foreign.size - n, n, delivery);
        delivery = fixture_append(s, 2, &own, 5, 0);
        put_subjects(s, 2, own.size - 5, 5, delivery);
        assert_int_equal(store_commit(s), 0);
        said.foreign = foreign.size;
        said.own = own.size;
        assert_int_equal(write(out, &said, sizeof said), sizeof said);
        if (n % 3 == 0) {
            struct checkpoint head = fixture_head(&own, 2);

            assert_int_equal(store_batch_sign(s, 2, &head), 0);
            said.own_signed = own.size;
            assert_int_equal(write(out, &said, sizeof said), sizeof said);
        }
    }
}

/* What is in the store when it is opened again. */
struct found {
    struct store *s;
    uint64_t size[3], seen[3], delivery, rows;
};

static int
find_size(void *cookie, const struct store_log *log)
{
    ((struct found *)cookie)->size[log->no] = log->size;
    return 0;
}

static int
find_record(void *cookie, uint32_t log, uint64_t index, uint64_t delivery, int64_t received_ms,
            const struct store_record *record)
{
    struct found *w = cookie;

    (void)received_ms;
    assert_int_equal(index, w->seen[log]++);
    assert_int_equal(delivery, ++w->delivery);
    fixture_check(log, index, record);
    return 0;
}

static int
find_row(void *cookie, const struct store_latest *row)
{
    struct found *w = cookie;
    uint64_t newest = w->seen[row->log] - 1, key = strtoull(row->key, NULL, 10);

    newest -= (newest + 97 - key) % 97;
    assert_int_equal(row->index, newest);
    w->rows++;
    return 0;
}

/* Everything that was said is there, and what is there is whole. */
static void
check_store(const char *path, const struct said *said)
{
    struct found w = {.s = store_open(path, false)};
    struct store_record r;
    struct store_counts counts;
    uint64_t next, delivery;
    int64_t received;
    struct tree tree;

    assert_non_null(w.s);
    assert_int_equal(store_logs(w.s, find_size, &w), 0);
    assert_true(w.size[1] >= said->foreign && w.size[2] >= said->own);
    assert_int_equal(
        store_visible(w.s, 0, true, NULL, INT64_MIN, INT64_MAX, UINT32_MAX, find_record, &w, &next), 0);
    assert_int_equal(w.seen[1], w.size[1]);
    assert_true(w.seen[2] >= said->own_signed);
    for (uint64_t i = w.seen[2]; i < w.size[2]; i++) {
        assert_int_equal(store_record_get(w.s, 2, i, &r, &delivery, &received), 0);
        fixture_check(2, i, &r);
        assert_int_equal(delivery, 0);
    }
    assert_int_equal(store_counts(w.s, &counts), 0);
    assert_int_equal(counts.delivery, w.delivery);
    assert_int_equal(store_latest_each(w.s, NULL, find_row, &w), 0);
    assert_int_equal(w.rows, (w.seen[1] < 97 ? w.seen[1] : 97) + (w.seen[2] < 97 ? w.seen[2] : 97));
    tree_init(&tree);
    tree.size = w.size[1];
    delivery = fixture_append(w.s, 1, &tree, 3, w.size[1] + 3);
    assert_int_equal(delivery, counts.delivery + 1);
    store_close(w.s);
}

static void
what_was_committed_survives_a_kill_and_nothing_half_is_there(void **state)
{
    struct fixture *f = *state;
    struct said said, last;
    char path[128];
    int fd[2], status;
    pid_t child;

    for (unsigned round = 0; round < 12; round++) {
        (void)snprintf(path, sizeof path, "%s-%u", f->path, round);
        fixture_reopen(f);
        store_close(f->s);
        f->s = store_open(path, false);
        (void)fixture_log(f->s, 1, "fr-cnes", false);
        (void)fixture_log(f->s, 2, "jp-jaxa", true);
        store_close(f->s);
        f->s = NULL;
        assert_int_equal(pipe(fd), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)close(fd[0]);
            write_for_ever(path, fd[1]);
            _exit(1);
        }
        (void)close(fd[1]);
        memset(&last, 0, sizeof last);
        for (unsigned n = 0; n < 2 + 5 * round && read(fd[0], &said, sizeof said) == sizeof said; n++)
            last = said;
        /* The child is somewhere inside its next transaction now: a little further each round. */
        for (volatile uint64_t spin = 0; spin < 300000u * round; spin++)
            ;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        while (read(fd[0], &said, sizeof said) == sizeof said)
            last = said;
        (void)close(fd[0]);
        check_store(path, &last);
        f->s = store_open(f->path, false);
    }
}

/* The disk is full: a write beyond a limit fails with EFBIG. */
static void
a_full_disk_fails_the_commit_and_leaves_what_was_there(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct rlimit all, little;
    struct store_counts counts;
    struct fixture_batch *b;
    struct tree tree, held;
    uint64_t delivery;
    unsigned failed = 0;
    int rc;

    tree_init(&tree);
    (void)fixture_append(f->s, log, &tree, 100, 100);
    held = tree;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
    for (rlim_t bytes = 4096; bytes < 3000000; bytes *= 3) {
        little = all;
        little.rlim_cur = bytes;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
        b = fixture_make(log, held.size, 1000, 5000);
        rc = store_begin(f->s);
        for (unsigned i = 0; rc == 0 && i < 4; i++, b->batch.first += 1000)
            rc = store_batch_put(f->s, &b->batch, NULL, 0, &delivery);
        if (rc == 0)
            rc = store_commit(f->s);
        if (rc != 0)
            store_rollback(f->s);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
        assert_false(store_in_transaction(f->s));
        failed += rc != 0;
        held.size += rc == 0 ? 4000 : 0;
        free(b);
        assert_int_equal(store_counts(f->s, &counts), 0);
        assert_int_equal(counts.records, held.size);
    }
    assert_true(failed >= 3);
    (void)fixture_append(f->s, log, &held, 10, held.size + 10);
    fixture_reopen(f);
    assert_int_equal(store_counts(f->s, &counts), 0);
    assert_int_equal(counts.records, held.size);
}

static int
ignore_record(void *cookie, uint32_t log, uint64_t index, uint64_t delivery, int64_t received_ms,
              const struct store_record *record)
{
    volatile uint8_t sum = 0;

    (void)cookie, (void)log, (void)index, (void)delivery, (void)received_ms;
    for (size_t i = 0; i < record->header.n; i++)
        sum = (uint8_t)(sum + record->header.p[i]);
    for (size_t i = 0; i < record->body.n; i++)
        sum = (uint8_t)(sum + record->body.p[i]);
    return 0;
}

static int
ignore_row(void *cookie, const struct store_latest *row)
{
    (void)cookie;
    return strlen(row->key) < sizeof row->key ? 0 : 1;
}

static int
ignore_log(void *cookie, const struct store_log *log)
{
    (void)cookie;
    return log->cosignatures_n <= LIMIT_COSIG_COUNT ? 0 : 1;
}

static int
ignore_quarantine(void *cookie, int64_t no, uint32_t log, uint64_t index, uint32_t why, const char *note)
{
    (void)cookie, (void)log, (void)index, (void)why;
    return strlen(note) < 100000 ? 0 : 1;
}

static void
ignore_leaf(void *cookie, const uint8_t leaf[HASH_BYTES])
{
    (void)cookie, (void)leaf;
}

/* Everything that can be read: how many calls said that the disk lies. */
static unsigned
read_everything(struct store *s)
{
    static struct store_record records[LIMIT_BATCH_COUNT];
    struct store_range_row ranges[4];
    struct store_record r;
    struct store_batch out;
    struct store_counts counts;
    uint64_t next, delivery;
    uint8_t hash[HASH_BYTES];
    int64_t received;
    unsigned bad = 0;

    for (uint32_t log = 1; log < 3; log++) {
        for (uint64_t first = 0; first < 700; first += 13) {
            bad += store_batch_get(s, log, first, 3000, records, LIMIT_BATCH_COUNT, &out) < 0;
            bad += store_record_get(s, log, first, &r, &delivery, &received) < 0;
            (void)store_range(s, log, first, first + 1, hash);
        }
        bad += store_leaves(s, log, 3, ignore_leaf, NULL) < 0;
        (void)store_range(s, log, 0, 256, hash);
    }
    bad += store_logs(s, ignore_log, NULL) < 0;
    bad += store_visible(s, 0, true, "orbit", 0, 1000, UINT32_MAX, ignore_record, NULL, &next) < 0;
    bad +=
        store_visible(s, UINT64_MAX, false, NULL, INT64_MIN, INT64_MAX, 1000, ignore_record, NULL, &next) < 0;
    bad += store_latest_each(s, NULL, ignore_row, NULL) < 0;
    bad += store_latest_of_object(s, "1", ignore_row, NULL) < 0;
    bad += store_quarantine_each(s, 0, ignore_quarantine, NULL) < 0;
    bad += store_published_get(s, span_str("key"), 0, ranges, 4) < 0;
    bad += store_counts(s, &counts) < 0;
    return bad;
}

static void
fill(struct fixture *f)
{
    struct store_range_row range = {1, 0, 700};
    struct tree foreign, own;
    struct checkpoint head;
    uint64_t delivery;

    (void)fixture_log(f->s, 1, "fr-cnes", false);
    (void)fixture_log(f->s, 2, "jp-jaxa", true);
    tree_init(&foreign);
    tree_init(&own);
    for (unsigned i = 0; i < 7; i++) {
        delivery = fixture_append(f->s, 1, &foreign, 100, 700);
        put_subjects(f->s, 1, foreign.size - 100, 100, delivery);
        (void)fixture_append(f->s, 2, &own, 50, 0);
        put_subjects(f->s, 2, own.size - 50, 50, 0);
        if (i == 4) {
            head = fixture_head(&own, 2);
            assert_int_equal(store_batch_sign(f->s, 2, &head), 0);
        }
    }
    assert_int_equal(store_published_put(f->s, span_str("key"), 0, &range, 1), 0);
    assert_int_equal(store_quarantine_note(f->s, 1, 5, 9, "note"), 0);
    fixture_reopen(f);
    assert_int_equal(read_everything(f->s), 0);
}

static void
a_damaged_row_is_an_error_and_never_believed(void **state)
{
    static const char *const damages[] = {
        "UPDATE batch SET headers = substr(headers, 1, length(headers) - 1)",
        "UPDATE batch SET headers = CAST(headers || x'00' AS BLOB)",
        "UPDATE batch SET headers = CAST(x'ffffffff' || substr(headers, 5) AS BLOB)",
        "UPDATE batch SET headers = x''",
        "UPDATE batch SET bodies = substr(bodies, 1, length(bodies) - 1)",
        "UPDATE batch SET bodies = CAST(bodies || x'00' AS BLOB)",
        "UPDATE batch SET bodies = x'00'",
        "UPDATE batch SET bodies = CAST(x'000000ffffffff' || substr(bodies, 8) AS BLOB)",
        "UPDATE batch SET bodies = CAST(x'04' || substr(bodies, 2) AS BLOB)",
        "UPDATE batch SET count = count + 1",
        "UPDATE batch SET count = 0",
        "UPDATE batch SET count = -1",
        "UPDATE batch SET count = 1 << 40",
        "UPDATE batch SET id = id + 1 WHERE id = 1 << 40",
        "DELETE FROM batch WHERE id = 1 << 40 | 200",
        "DELETE FROM batch WHERE id = 2 << 40",
        "UPDATE anchor SET root = x'00'",
        "UPDATE anchor SET signature = CAST(signature || x'00' AS BLOB)",
        "UPDATE anchor SET key_id = x''",
        "UPDATE anchor SET proof = x'00'",
        "UPDATE anchor SET proof = zeroblob(32 * 64)",
        "UPDATE delivery SET count = 0",
        "UPDATE delivery SET count = 1 << 40",
        "UPDATE delivery SET leaf = 5 << 40",
        "UPDATE delivery SET leaf = -1",
        "UPDATE log SET id = x'00' WHERE no = 1",
        "UPDATE log SET head = x'00'",
        "UPDATE log SET heartbeat = x'ff00'",
        "UPDATE log SET cosignatures = zeroblob(77 * 33)",
        "UPDATE log SET cosignatures = x'41'",
        "UPDATE log SET origin = printf('%.*c', 65, 'x')",
        "UPDATE log SET class = 'a' || char(0)",
        "UPDATE extent SET size = -1",
        "UPDATE newest SET slots = x'00'",
        "UPDATE newest SET slots = substr(slots, 1, 33)",
        "UPDATE newest SET slots = CAST(zeroblob(length(slots)) || x'ff' AS BLOB)",
        "UPDATE subject SET slot = 1 << 40",
        "UPDATE subject SET slot = -1",
        "UPDATE subject SET key = printf('%.*c', 128, 'x') WHERE key = '1'",
        "UPDATE published SET ranges = x'00'",
        "UPDATE published SET ranges = x''",
        "UPDATE quarantine SET note = printf('%.*c', 100000, 'x')",
    };
    struct fixture *f = *state;
    char path[128], command[300];
    unsigned bad;

    fill(f);
    store_close(f->s);
    f->s = NULL;
    (void)snprintf(path, sizeof path, "%s/copy.db", f->dir);
    (void)snprintf(command, sizeof command, "VACUUM INTO '%s'", path);
    fixture_sql(f, command);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct store *s;

        assert_int_equal(unlink(f->path), 0);
        assert_int_equal(link(path, f->path), 0);
        assert_int_equal(unlink(path), 0);
        fixture_sql(f, command);
        fixture_sql(f, damages[i]);
        s = store_open(f->path, false);
        bad = s == NULL ? 1 : read_everything(s);
        store_close(s);
        if (bad == 0)
            fail_msg("believed: %s", damages[i]);
    }
}

static void
no_flipped_byte_of_the_file_makes_a_reader_fall(void **state)
{
    struct fixture *f = *state;
    static uint8_t original[4u << 20];
    uint64_t seed = 77;
    ssize_t size;
    int fd;

    fill(f);
    store_close(f->s);
    f->s = NULL;
    fd = open(f->path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    size = read(fd, original, sizeof original);
    assert_true(size > 100000 && size < (ssize_t)sizeof original);
    for (unsigned round = 0; round < 100; round++) {
        struct store *s;

        assert_int_equal(pwrite(fd, original, (size_t)size, 0), size);
        for (unsigned i = 0; i < 1 + round % 40; i++) {
            uint8_t byte = (uint8_t)fixture_mix(++seed);
            /* Half of them in the first bytes of a page: its B-tree header and cell pointers. */
            off_t page = (off_t)(fixture_mix(++seed) % ((uint64_t)size / 16384)) * 16384;
            off_t at = page + (off_t)(fixture_mix(++seed) % (i % 2 == 0 ? 64 : 16384));

            assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        }
        s = store_open(f->path, round % 2 == 0);
        if (s != NULL)
            (void)read_everything(s);
        store_close(s);
    }
    assert_int_equal(pwrite(fd, original, (size_t)size, 0), size);
    (void)close(fd);
    f->s = store_open(f->path, false);
    assert_non_null(f->s);
    assert_int_equal(read_everything(f->s), 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(what_was_committed_survives_a_kill_and_nothing_half_is_there),
        T(a_full_disk_fails_the_commit_and_leaves_what_was_there),
        T(a_damaged_row_is_an_error_and_never_believed),
        T(no_flipped_byte_of_the_file_makes_a_reader_fall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
