#include "fixture.h"

#include <sys/stat.h>

/* What a walk saw. */
struct seen {
    uint64_t first, last, n, stop_at;
    bool forward;
};

static int
see_number(void *cookie, uint32_t log, uint64_t index, uint64_t delivery, int64_t received_ms,
           const struct store_record *record)
{
    struct seen *w = cookie;

    (void)log, (void)index, (void)record;
    assert_true(received_ms > 0);
    if (w->n > 0)
        assert_true(w->forward ? delivery > w->last : delivery < w->last);
    else
        w->first = delivery;
    w->last = delivery;
    w->n++;
    return delivery == w->stop_at ? 42 : 0;
}

static int
see(void *cookie, uint32_t log, uint64_t index, uint64_t delivery, int64_t received_ms,
    const struct store_record *record)
{
    fixture_check(log, index, record);
    return see_number(cookie, log, index, delivery, received_ms, record);
}

static void
every_visible_record_comes_once_from_any_number_in_both_directions(void **state)
{
    static const uint32_t counts[] = {1, 7, 300, 2, 1, 40};
    struct fixture *f = *state;
    uint32_t log[2] = {fixture_log(f->s, 1, "fr-cnes", false), fixture_log(f->s, 2, "jp-jaxa", false)};
    struct tree tree[2];
    uint64_t total = 0, next;

    tree_init(&tree[0]);
    tree_init(&tree[1]);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(fixture_append(f->s, log[i % 2], &tree[i % 2], counts[i], 9000), total + 1);
        total += counts[i];
    }
    for (uint64_t from = 0; from <= total + 1; from++) {
        struct seen up = {.forward = true}, down = {0};

        assert_int_equal(store_visible(f->s, from, true, NULL, INT64_MIN, INT64_MAX, 100, see, &up, &next),
                         0);
        assert_int_equal(next, UINT64_MAX);
        assert_int_equal(up.n, from == 0 ? total : total + 1 - from);
        assert_int_equal(up.first, from > total ? 0 : from == 0 ? 1 : from);
        assert_int_equal(store_visible(f->s, from, false, NULL, INT64_MIN, INT64_MAX, 100, see, &down, &next),
                         0);
        assert_int_equal(next, UINT64_MAX);
        assert_int_equal(down.n, from > total ? total : from);
        assert_int_equal(down.last, from == 0 ? 0 : 1);
    }
}

static void
a_walk_stops_after_its_batches_and_goes_on_where_it_was(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct tree tree;
    uint64_t next;

    tree_init(&tree);
    for (unsigned i = 0; i < 50; i++)
        (void)fixture_append(f->s, log, &tree, i % 7 + 1, 9000);
    for (unsigned batches = 1; batches < 60; batches += 3)
        for (int forward = 0; forward < 2; forward++) {
            struct seen w = {.forward = forward};
            unsigned calls = 0;

            next = forward ? 1 : UINT64_MAX;
            do
                assert_int_equal(
                    store_visible(f->s, next, forward, NULL, INT64_MIN, INT64_MAX, batches, see, &w, &next),
                    0);
            while (++calls < 100 && next != UINT64_MAX);
            assert_int_equal(w.n, tree.size);
            assert_true(calls >= 50 / batches);
        }
    for (int forward = 0; forward < 2; forward++)
        for (uint64_t stop = 1; stop <= tree.size; stop++) {
            struct seen w = {.forward = forward, .stop_at = stop};

            assert_int_equal(store_visible(f->s, forward ? 1 : UINT64_MAX, forward, NULL, INT64_MIN,
                                           INT64_MAX, 100, see, &w, &next),
                             42);
            assert_int_equal(next, forward ? stop + 1 : stop == 1 ? UINT64_MAX : stop - 1);
            assert_int_equal(w.n, forward ? stop : tree.size + 1 - stop);
        }
}

#define SEGMENTS 5

static void
segments_without_the_type_or_time_are_skipped(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_subject v = {.mode = 1, .kind = 1, .origin = "fr-cnes", .object = {"", ""}};
    struct seen all = {.forward = true};
    struct tree tree;
    uint64_t next;

    tree_init(&tree);
    assert_int_equal(store_begin(f->s), 0);
    while (tree.size < (uint64_t)SEGMENTS * LIMIT_SEGMENT_COUNT)
        (void)fixture_append(f->s, log, &tree, 1000, 9000000);
    for (uint64_t segment = 0; segment < SEGMENTS; segment++)
        for (uint64_t i = 1; i < 200; i++) {
            v.type = segment % 2 == 0 ? "orbit" : i % 2 == 0 ? "orbit" : "neo_risk";
            v.key = "x";
            v.log = log;
            v.delivery = segment * LIMIT_SEGMENT_COUNT + i;
            v.index = v.delivery - 1;
            v.epoch = (int64_t)(segment * 1000 + i);
            assert_int_equal(store_latest_put(f->s, &v), 0);
        }
    assert_int_equal(store_commit(f->s), 0);
    fixture_reopen(f);
    assert_int_equal(
        store_visible(f->s, 0, true, NULL, INT64_MIN, INT64_MAX, UINT32_MAX, see_number, &all, &next), 0);
    assert_int_equal(all.n, tree.size);
    for (int forward = 0; forward < 2; forward++) {
        struct seen w = {.forward = forward};
        uint64_t from = forward ? 0 : UINT64_MAX, lo = forward ? 1 : 2;

        assert_int_equal(store_visible(f->s, from, forward, "neo_risk", INT64_MIN, INT64_MAX, UINT32_MAX,
                                       see_number, &w, &next),
                         0);
        assert_true(w.n >= 2 * LIMIT_SEGMENT_COUNT && w.n <= 2 * (LIMIT_SEGMENT_COUNT + 2000));
        w.n = 0;
        assert_int_equal(
            store_visible(f->s, from, forward, "orbit", 3050, 3060, UINT32_MAX, see_number, &w, &next), 0);
        assert_true(w.n >= LIMIT_SEGMENT_COUNT && w.n <= LIMIT_SEGMENT_COUNT + 2000);
        assert_true((forward ? w.first : w.last) >= 3 * LIMIT_SEGMENT_COUNT - 1000 * lo);
        w.n = 0;
        assert_int_equal(
            store_visible(f->s, from, forward, NULL, 5000, 6000, UINT32_MAX, see_number, &w, &next), 0);
        assert_int_equal(w.n, 0);
        assert_int_equal(next, UINT64_MAX);
        assert_int_equal(
            store_visible(f->s, from, forward, "event", INT64_MIN, INT64_MAX, 9, see_number, &w, &next), 0);
        assert_int_equal(w.n, 0);
    }
}

/* Where core/tree gets its hashes. */
struct range_of {
    struct store *s;
    uint32_t log;
};

static bool
range(void *cookie, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    struct range_of *r = cookie;

    return store_range(r->s, r->log, lo, hi, out);
}

static void
put_leaf(void *cookie, const uint8_t leaf[HASH_BYTES])
{
    tree_append(cookie, leaf, NULL, NULL);
}

static void
proofs_from_what_is_stored_lead_to_the_root(void **state)
{
    static const uint32_t counts[] = {1, 255, 256, 3, 700, 1000, 1, 61};
    static const uint64_t holes[] = {0,   1,    2,    254,  255,  256,  257,  511, 512,
                                     515, 1214, 1215, 2047, 2048, 2215, 2275, 2276};
    struct fixture *f = *state;
    struct range_of of[2];
    struct tree tree, again, beside;
    uint8_t root[HASH_BYTES], old[HASH_BYTES], leaf[HASH_BYTES], proof[LIMIT_PROOF_COUNT][HASH_BYTES];
    uint8_t bytes[256];
    int n;

    of[0] = (struct range_of){f->s, fixture_log(f->s, 1, "fr-cnes", false)};
    of[1] = (struct range_of){store_open(f->path, true), of[0].log};
    assert_non_null(of[1].s);
    (void)fixture_log(f->s, 2, "jp-jaxa", false);
    tree_init(&tree);
    tree_init(&beside);
    for (size_t i = 0; i < 8; i++) {
        (void)fixture_append(f->s, of[0].log, &tree, counts[i], 9000);
        (void)fixture_append(f->s, of[0].log + 1, &beside, counts[7 - i], 9000);
    }
    assert_int_equal(tree.size, 2277);
    tree_root(&tree, root);
    for (int handle = 0; handle < 2; handle++)
        for (size_t i = 0; i < sizeof holes / sizeof holes[0]; i++) {
            uint64_t at = holes[i];

            hash_leaf(fixture_bytes(of[0].log, at, 0, bytes), leaf);
            n = tree_prove_inclusion(range, &of[handle], at, tree.size, proof);
            assert_true(n > 0);
            assert_true(tree_check_inclusion(at, tree.size, leaf, root, (const uint8_t(*)[HASH_BYTES])proof,
                                             (size_t)n));
            if (at == 0)
                continue;
            assert_int_equal(tree_range_root(range, &of[handle], 0, at, old), 0);
            n = tree_prove_consistency(range, &of[handle], at, tree.size, proof);
            assert_true(n > 0);
            assert_true(tree_check_consistency(at, old, tree.size, root, (const uint8_t(*)[HASH_BYTES])proof,
                                               (size_t)n));
        }
    assert_int_equal(tree_prove_inclusion(range, &of[0], 0, tree.size + 1, proof), -1);
    tree_init(&again);
    assert_int_equal(store_leaves(f->s, of[0].log, 0, put_leaf, &again), 0);
    assert_memory_equal(&again, &tree, sizeof tree);
    for (uint64_t from = 1; from < tree.size; from += 130) {
        struct tree tail;

        tree_init(&tail);
        assert_int_equal(store_leaves(f->s, of[0].log, from, put_leaf, &tail), 0);
        assert_int_equal(tail.size, tree.size - from);
    }
    assert_int_equal(store_leaves(f->s, of[0].log, tree.size, put_leaf, &again), 0);
    assert_int_equal(again.size, tree.size);
    store_close(of[1].s);
}

static void
a_range_follows_the_growth_of_its_group_and_forgets_what_was_rolled_back(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    uint8_t hash[HASH_BYTES], leaf[HASH_BYTES], bytes[256];
    struct tree tree, before;

    tree_init(&tree);
    for (uint64_t i = 0; i < 300; i++) {
        assert_false(store_range(f->s, log, i, i + 1, hash));
        (void)fixture_append(f->s, log, &tree, 1, 9000);
        assert_true(store_range(f->s, log, i, i + 1, hash));
        hash_leaf(fixture_bytes(log, i, 0, bytes), leaf);
        assert_memory_equal(hash, leaf, HASH_BYTES);
    }
    assert_true(store_range(f->s, log, 0, 256, hash));
    assert_false(store_range(f->s, log, 256, 512, hash));
    assert_false(store_range(f->s, log, 0, 300, hash));
    assert_false(store_range(f->s, log, 1, 3, hash));
    assert_false(store_range(f->s, log, 7, 7, hash));
    assert_false(store_range(f->s, log, 8, 7, hash));
    assert_false(store_range(f->s, log, UINT64_MAX - 1, UINT64_MAX, hash));
    assert_false(store_range(f->s, 99, 0, 1, hash));
    before = tree;
    assert_int_equal(store_begin(f->s), 0);
    (void)fixture_append(f->s, log, &tree, 300, 9000);
    assert_true(store_range(f->s, log, 300, 301, hash));
    assert_true(store_range(f->s, log, 256, 512, hash));
    store_rollback(f->s);
    assert_false(store_range(f->s, log, 300, 301, hash));
    assert_false(store_range(f->s, log, 256, 512, hash));
    tree = before;
    (void)fixture_append(f->s, log, &tree, 1, 9000);
    assert_true(store_range(f->s, log, 300, 301, hash));
}

static void
a_reader_in_another_process_sees_leaves_that_were_cut_and_made_again(void **state)
{
    struct fixture *f = *state;
    uint32_t own = fixture_log(f->s, 1, "fr-cnes", true);
    struct store *reader = store_open(f->path, true);
    uint8_t hash[HASH_BYTES], leaf[HASH_BYTES];
    struct fixture_batch *b;
    struct tree tree;
    uint64_t delivery;

    assert_non_null(reader);
    tree_init(&tree);
    (void)fixture_append(f->s, own, &tree, 10, 0);
    assert_true(store_range(reader, own, 9, 10, hash));
    assert_int_equal(store_log_truncate(f->s, own, 0), 0);
    b = fixture_make(own, 0, 10, 0);
    b->record[9].header = span_str("other");
    assert_int_equal(store_batch_put(f->s, &b->batch, NULL, 0, &delivery), 0);
    assert_true(store_range(reader, own, 9, 10, hash));
    hash_leaf(span_str("other"), leaf);
    assert_memory_equal(hash, leaf, HASH_BYTES);
    free(b);
    store_close(reader);
}

/* The budget is 1.25 times the bytes of headers and bodies (DESIGN section 11), for batches of 256 records of 300 bytes; logs interleaved. */
static void
the_file_is_at_most_a_quarter_larger_than_headers_and_bodies(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[150] = {0};
    struct store_record record[256];
    struct store_subject v = {.type = "orbit", .mode = 1, .kind = 1, .object = {"", ""}, .origin = "fr-cnes"};
    uint64_t content = 0, delivery;
    struct stat file;
    uint32_t log[8];
    char key[32];

    for (uint8_t i = 0; i < 8; i++)
        log[i] = fixture_log(f->s, i, "fr-cnes", false);
    for (int i = 0; i < 256; i++)
        record[i] = (struct store_record){span_of(bytes, 150), span_of(bytes, 150), 0, 0};
    for (uint64_t i = 0; i < 800; i++) {
        struct store_batch b = {.log = log[i % 8],
                                .first = i / 8 * 256,
                                .count = 256,
                                .records = record,
                                .anchor.size = 1u << 20};

        assert_int_equal(store_begin(f->s), 0);
        assert_int_equal(store_batch_put(f->s, &b, NULL, 0, &delivery), 0);
        for (uint64_t k = 0; k < 256; k++) {
            (void)snprintf(key, sizeof key, "norad:%05llu", (unsigned long long)((i * 256 + k) % 30000));
            v.key = v.object[0] = key;
            v.epoch = (int64_t)i;
            v.log = b.log;
            v.index = b.first + k;
            v.delivery = delivery + k;
            assert_int_equal(store_latest_put(f->s, &v), 0);
        }
        assert_int_equal(store_commit(f->s), 0);
        content += 256 * 300;
    }
    store_close(f->s);
    f->s = NULL;
    assert_int_equal(stat(f->path, &file), 0);
    print_message("file / content = %.3f\n", (double)file.st_size / (double)content);
    assert_true((uint64_t)file.st_size * 100 <= content * 125);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(every_visible_record_comes_once_from_any_number_in_both_directions),
        T(a_walk_stops_after_its_batches_and_goes_on_where_it_was),
        T(segments_without_the_type_or_time_are_skipped),
        T(proofs_from_what_is_stored_lead_to_the_root),
        T(a_range_follows_the_growth_of_its_group_and_forgets_what_was_rolled_back),
        T(a_reader_in_another_process_sees_leaves_that_were_cut_and_made_again),
        T(the_file_is_at_most_a_quarter_larger_than_headers_and_bodies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
