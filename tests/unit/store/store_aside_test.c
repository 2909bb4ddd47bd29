#include "fixture.h"

#include "base/limit.h"

/* What a walk over everything that was delivered sees. */
struct seen {
    uint64_t last, count, index_max;
    uint32_t log;
};

static int
see(void *cookie, uint32_t log, uint64_t index, uint64_t delivery, int64_t received_ms,
    const struct store_record *record)
{
    struct seen *s = cookie;

    (void)received_ms;
    (void)record;
    s->last = delivery;
    if (log != s->log)
        return 0;
    s->count++;
    s->index_max = index > s->index_max ? index : s->index_max;
    return 0;
}

static struct seen
walk(struct store *s, uint32_t log, bool forward)
{
    struct seen seen = {.log = log};
    uint64_t next = 0;

    assert_int_equal(store_visible(s, forward ? 1 : UINT64_MAX, forward, NULL, INT64_MIN, INT64_MAX, 1000,
                                   see, &seen, &next),
                     0);
    assert_true(next == UINT64_MAX || forward);
    return seen;
}

static uint64_t
count_aside(struct store *s, uint8_t id)
{
    uint8_t log[LOG_ID_BYTES];
    uint64_t n = 99;

    memset(log, id, sizeof log);
    assert_int_equal(store_aside_count(s, log, &n), 0);
    return n;
}

static int
take_log(void *cookie, const struct store_log *log)
{
    struct store_log *out = cookie;

    if (log->no == out->no)
        *out = *log;
    return 0;
}

/* Three batches of 100 of ${log}, and one of another log before the last. */
static uint32_t
fill(struct fixture *f, struct tree *tree, uint32_t *other)
{
    struct tree beside;
    uint32_t log = fixture_log(f->s, 1, "jp-jaxa", false);

    *other = fixture_log(f->s, 2, "fr-cnes", false);
    tree_init(tree);
    tree_init(&beside);
    fixture_append(f->s, log, tree, 100, 100);
    fixture_append(f->s, log, tree, 100, 200);
    fixture_append(f->s, *other, &beside, 10, 10);
    fixture_append(f->s, log, tree, 100, 300);
    return log;
}

static void
what_is_put_aside_leaves_the_log_and_is_kept_as_it_came(void **state)
{
    struct fixture *f = *state;
    struct tree tree;
    uint32_t other, log = fill(f, &tree, &other);
    struct store_log row = {.no = log};
    struct checkpoint head = {.size = 150};
    struct store_record record, *records;
    struct store_batch batch;
    uint64_t delivery, bytes = 0;
    int64_t received;
    uint8_t text[256];

    memset(head.root, 8, HASH_BYTES);
    assert_int_equal(store_aside_put(f->s, log, "jp-jaxa", 150, &head, &f->gone), 0);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(store_logs(f->s, take_log, &row), 0);
        assert_int_equal(row.size, 150);
        for (uint64_t i = bytes = 0; i < 150; i++)
            bytes += fixture_bytes(log, i, 0, text).n + fixture_bytes(log, i, 1, text).n;
        assert_int_equal(row.bytes, bytes);
        assert_int_equal(count_aside(f->s, 1), 150);
        assert_int_equal(count_aside(f->s, 2), 0);
        assert_int_equal(store_record_get(f->s, log, 149, &record, &delivery, &received), 0);
        fixture_check(log, 149, &record);
        assert_int_equal(delivery, 150);
        assert_int_equal(store_record_get(f->s, log, 150, &record, &delivery, &received), 1);
        fixture_reopen(f);
    }
    records = calloc(LIMIT_BATCH_COUNT, sizeof *records);
    assert_int_equal(store_batch_get(f->s, log, 100, SIZE_MAX, records, LIMIT_BATCH_COUNT, &batch), 0);
    assert_int_equal(batch.count, 50);
    assert_int_equal(batch.anchor.size, 150);
    assert_memory_equal(batch.anchor.root, head.root, HASH_BYTES);
    assert_int_equal(batch.proof_n, 0);
    free(records);
}

static void
its_delivery_numbers_are_not_given_again_and_walks_pass_over_them(void **state)
{
    struct fixture *f = *state;
    struct tree tree, right;
    uint32_t other, log = fill(f, &tree, &other);
    struct checkpoint head = {.size = 310};
    struct seen seen;

    assert_int_equal(store_aside_put(f->s, log, "jp-jaxa", 150, &head, &f->gone), 0);
    for (int forward = 0; forward < 2; forward++) {
        seen = walk(f->s, log, forward);
        assert_int_equal(seen.count, 150);
        assert_int_equal(seen.index_max, 149);
        assert_int_equal(walk(f->s, other, forward).count, 10);
    }
    tree_init(&right);
    for (uint64_t i = 0; i < 150; i++) {
        uint8_t bytes[256], leaf[HASH_BYTES];
        hash_leaf(fixture_bytes(log, i, 0, bytes), leaf);
        tree_append(&right, leaf, NULL, NULL);
    }
    fixture_reopen(f);
    assert_int_equal(fixture_append(f->s, log, &right, 160, 310), 311); /* 310 were given */
    seen = walk(f->s, log, true);
    assert_int_equal(seen.count, 310);
    assert_int_equal(seen.last, 470);
}

static void
subtrees_of_what_went_are_gone_and_come_again_with_other_leaves(void **state)
{
    struct fixture *f = *state;
    struct tree tree;
    uint32_t other, log = fill(f, &tree, &other);
    struct checkpoint head = {.size = 300};
    uint8_t root[HASH_BYTES];

    assert_true(store_range(f->s, log, 0, 256, root));
    assert_int_equal(store_aside_put(f->s, log, "jp-jaxa", 200, &head, &f->gone), 0); /* at a batch */
    assert_false(store_range(f->s, log, 0, 256, root));
    assert_true(store_range(f->s, log, 128, 192, root));
    assert_false(store_range(f->s, log, 192, 256, root));
    assert_int_equal(store_aside_put(f->s, log, "jp-jaxa", 0, &head, &f->gone), 0); /* all of it */
    assert_int_equal(count_aside(f->s, 1), 300);
    tree_init(&tree);
    fixture_append(f->s, log, &tree, 300, 300);
    assert_true(store_range(f->s, log, 0, 256, root));
    assert_int_equal(store_aside_put(f->s, log, "jp-jaxa", 300, &head, &f->gone), 0); /* nothing is above */
    assert_int_equal(count_aside(f->s, 1), 300);
}

/* There is but one row. */
static int
take_key(void *cookie, const struct store_latest *row)
{
    char *key = cookie;

    assert_string_equal(key, "");
    (void)snprintf(key, 128, "%s", row->key);
    return 0;
}

static void
the_picture_no_longer_shows_what_was_put_aside(void **state)
{
    struct fixture *f = *state;
    struct tree tree;
    uint32_t other, log = fill(f, &tree, &other);
    struct checkpoint head = {.size = 150};
    struct store_subject low = {.type = "orbit",
                                .key = "norad:1",
                                .origin = "jp-jaxa",
                                .object = {"norad:1", ""},
                                .mode = 1,
                                .kind = 1,
                                .epoch = 5,
                                .created = 5,
                                .log = log,
                                .index = 149,
                                .delivery = 150};
    struct store_subject high = low;
    char key[128] = "";

    high.key = high.object[0] = "norad:2";
    high.index = 150;
    high.delivery = 151;
    assert_int_equal(store_latest_put(f->s, &low), 0);
    assert_int_equal(store_latest_put(f->s, &high), 0);
    assert_int_equal(store_aside_put(f->s, log, "jp-jaxa", 150, &head, &f->gone), 0);
    assert_int_equal(store_latest_each(f->s, NULL, take_key, key), 0);
    assert_string_equal(key, "norad:1");
    assert_int_equal(store_latest_of_object(f->s, "norad:2", take_key, key), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_put_aside_leaves_the_log_and_is_kept_as_it_came,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(its_delivery_numbers_are_not_given_again_and_walks_pass_over_them,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(subtrees_of_what_went_are_gone_and_come_again_with_other_leaves,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_picture_no_longer_shows_what_was_put_aside, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
