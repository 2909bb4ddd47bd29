#include "fixture.h"

#include "base/mem.h"
#include "store/schema.h"

static struct store_record got[LIMIT_BATCH_COUNT];

static void
a_batch_comes_back_from_every_offset(void **state)
{
    static const uint32_t counts[] = {1, 3, 256, 1, 1, 300, 7, 64};
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false), other = fixture_log(f->s, 2, "jp-jaxa", false);
    uint64_t ends[8], size = 0;
    struct tree tree, beside;
    struct store_batch out;

    tree_init(&tree);
    tree_init(&beside);
    for (size_t i = 0; i < 8; i++) {
        (void)fixture_append(f->s, log, &tree, counts[i], 5000 + i);
        (void)fixture_append(f->s, other, &beside, counts[7 - i], 7000 + i);
        ends[i] = size += counts[i];
    }
    for (size_t bytes_max = 1; bytes_max <= 1000000; bytes_max *= 100)
        for (uint64_t first = 0; first < size; first++) {
            uint64_t bytes = 0, end;
            size_t last = 0;

            assert_int_equal(store_batch_get(f->s, log, first, bytes_max, got, LIMIT_BATCH_COUNT, &out), 0);
            assert_int_equal(out.log, log);
            assert_int_equal(out.first, first);
            assert_ptr_equal(out.records, got);
            for (uint32_t i = 0; i < out.count; i++) {
                fixture_check(log, first + i, &got[i]);
                bytes += got[i].header.n + got[i].body.n;
            }
            end = first + out.count;
            while (ends[last] < end)
                last++;
            assert_int_equal(ends[last], end);
            assert_int_equal(out.anchor.size, 5000 + last);
            assert_int_equal(out.anchor.log[0], 1);
            assert_int_equal(out.received_ms, 1000 + end - counts[last]);
            assert_true(bytes <= bytes_max || last == 0 || ends[last - 1] <= first);
            assert_true(bytes_max < 1000000 || end == size);
        }
    assert_int_equal(store_batch_get(f->s, log, size, 1000, got, LIMIT_BATCH_COUNT, &out), 1);
    assert_int_equal(store_batch_get(f->s, log, UINT64_MAX, 1000, got, LIMIT_BATCH_COUNT, &out), 1);
    assert_int_equal(store_batch_get(f->s, other + 1, 0, 1000, got, LIMIT_BATCH_COUNT, &out), 1);
}

static void
no_more_records_are_taken_than_the_caller_has_room_for(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_batch out;
    struct tree tree;

    tree_init(&tree);
    (void)fixture_append(f->s, log, &tree, 1000, 1000);
    (void)fixture_append(f->s, log, &tree, 24, 1024);
    (void)fixture_append(f->s, log, &tree, 1, 1025);
    assert_int_equal(store_batch_get(f->s, log, 0, 1u << 30, got, LIMIT_BATCH_COUNT, &out), 0);
    assert_int_equal(out.count, 1024);
    assert_int_equal(store_batch_get(f->s, log, 1, 1u << 30, got, LIMIT_BATCH_COUNT, &out), 0);
    assert_int_equal(out.count, 1024);
}

static void
a_record_is_found_with_its_number_and_time(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    uint64_t first, delivery;
    struct store_record r;
    struct tree tree;
    int64_t received;

    tree_init(&tree);
    assert_int_equal(fixture_append(f->s, log, &tree, 20, 20), 1);
    first = fixture_append(f->s, log, &tree, 300, 320);
    assert_int_equal(first, 21);
    for (uint64_t i = 0; i < 320; i++) {
        assert_int_equal(store_record_get(f->s, log, i, &r, &delivery, &received), 0);
        fixture_check(log, i, &r);
        assert_int_equal(delivery, i + 1);
        assert_int_equal(received, i < 20 ? 1000 : 1020);
    }
    assert_int_equal(store_record_get(f->s, log, 320, &r, &delivery, &received), 1);
    assert_int_equal(store_record_get(f->s, log + 1, 0, &r, &delivery, &received), 1);
    assert_int_equal(store_record_get(f->s, 0, 0, &r, &delivery, &received), 1);
    assert_int_equal(store_record_get(f->s, log, UINT64_MAX, &r, &delivery, &received), 1);
}

static void
an_append_elsewhere_than_at_the_end_is_refused_and_ends_the_transaction(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct fixture_batch *b;
    struct store_counts counts;
    struct tree tree;
    uint64_t delivery;

    tree_init(&tree);
    (void)fixture_append(f->s, log, &tree, 5, 5);
    for (uint64_t first = 0; first < 10; first++) {
        if (first == 5)
            continue;
        b = fixture_make(log, first, 2, 20);
        assert_int_equal(store_begin(f->s), 0);
        assert_int_equal(store_batch_put(f->s, &b->batch, NULL, 0, &delivery), -1);
        assert_int_equal(store_commit(f->s), -1);
        store_rollback(f->s);
        assert_int_equal(store_batch_put(f->s, &b->batch, NULL, 0, &delivery), -1);
        assert_false(store_in_transaction(f->s));
        free(b);
    }
    assert_int_equal(store_counts(f->s, &counts), 0);
    assert_int_equal(counts.records, 5);
    assert_int_equal(fixture_append(f->s, log, &tree, 2, 7), 6);
}

static void
what_is_rolled_back_or_never_committed_is_not_there(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_counts counts;
    struct tree tree, before;

    tree_init(&tree);
    assert_int_equal(fixture_append(f->s, log, &tree, 5, 5), 1);
    before = tree;
    for (int crash = 0; crash < 2; crash++) {
        tree = before;
        assert_int_equal(store_begin(f->s), 0);
        assert_int_equal(fixture_append(f->s, log, &tree, 300, 305), 6);
        assert_int_equal(store_meta_set(f->s, "boot", span_str("7")), 0);
        if (crash)
            fixture_reopen(f);
        else
            store_rollback(f->s);
        assert_int_equal(store_counts(f->s, &counts), 0);
        assert_int_equal(counts.records, 5);
        assert_int_equal(counts.delivery, 5);
    }
    tree = before;
    assert_int_equal(fixture_append(f->s, log, &tree, 2, 7), 6);
}

static void
delivery_numbers_go_on_after_a_reopening(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    uint64_t expected = 1;
    struct tree tree;

    tree_init(&tree);
    for (uint32_t i = 1; i < 20; i++) {
        assert_int_equal(fixture_append(f->s, log, &tree, i, 1000), expected);
        expected += i;
        fixture_reopen(f);
    }
}

static void
small_values_are_kept_by_name(void **state)
{
    struct fixture *f = *state;
    struct buf value;

    buf_init(&value, 4);
    assert_int_equal(store_meta_get(f->s, "guard", &value), 1);
    assert_int_equal(store_meta_set(f->s, "guard", span_of("\0\1", 2)), 0);
    assert_int_equal(store_meta_set(f->s, "empty", span_of(NULL, 0)), 0);
    fixture_reopen(f);
    assert_int_equal(store_meta_get(f->s, "guard", &value), 0);
    assert_int_equal(value.n, 2);
    assert_memory_equal(value.p, "\0\1", 2);
    buf_clear(&value);
    assert_int_equal(store_meta_get(f->s, "empty", &value), 0);
    assert_int_equal(value.n, 0);
    assert_int_equal(store_meta_set(f->s, "guard", span_str("longer")), 0);
    assert_int_equal(store_meta_get(f->s, "guard", &value), -1);
    buf_release(&value);
}

static void
an_incarnation_stays_with_its_file(void **state)
{
    struct fixture *f = *state;
    uint8_t first[16], again[16], other[16];
    struct store *memory = store_open(":memory:", false);

    store_incarnation(f->s, first);
    fixture_reopen(f);
    store_incarnation(f->s, again);
    assert_memory_equal(first, again, 16);
    assert_non_null(memory);
    store_incarnation(memory, other);
    assert_memory_not_equal(first, other, 16);
    assert_true(store_free_bytes(memory) == UINT64_MAX);
    assert_true(store_free_bytes(f->s) > 0 && store_free_bytes(f->s) < UINT64_MAX);
    store_close(memory);
}

static int
copy_log(void *cookie, const struct store_log *log)
{
    *(struct store_log *)cookie = *log;
    return log->no == 2 ? 77 : 0;
}

static void
a_log_keeps_its_heads_and_all_cosignatures(void **state)
{
    struct fixture *f = *state;
    struct store_log *log = calloc(1, sizeof *log), *back = calloc(1, sizeof *back);
    struct tree tree;

    assert_true(log != NULL && back != NULL);
    assert_int_equal(fixture_log(f->s, 1, "fr-cnes", true), 1);
    memset(log->id, 7, sizeof log->id);
    memset(log->origin, 'o', LIMIT_NAME_BYTES);
    log->closed = true;
    log->witnessed = 1ull << 40;
    log->cosignatures_n = LIMIT_COSIG_COUNT;
    memcpy(log->head.log, log->id, sizeof log->id);
    log->head.size = 1ull << 62;
    memset(log->head.root, 0x81, sizeof log->head.root);
    memset(log->head.signature, 0x82, sizeof log->head.signature);
    memset(log->head.key_id, 0x83, sizeof log->head.key_id);
    for (unsigned i = 0; i < LIMIT_COSIG_COUNT; i++) {
        struct cosignature *c = &log->cosignature[i];

        memset(c->node, 'a' + (int)i % 26, LIMIT_NAME_BYTES - i);
        memset(c->key_id, (int)i + 1, sizeof c->key_id);
        memset(c->signature, (int)i + 2, sizeof c->signature);
        c->time = UINT64_MAX - i;
    }
    log->heartbeat = log->cosignature[3];
    assert_int_equal(store_log_put(f->s, log), 0);
    assert_int_equal(log->no, 2);
    fixture_reopen(f);
    assert_int_equal(store_logs(f->s, copy_log, back), 77);
    assert_memory_equal(log, back, sizeof *log);

    tree_init(&tree);
    (void)fixture_append(f->s, 2, &tree, 10, 10);
    memset(log->audience, 'x', LIMIT_NAME_BYTES);
    log->frozen = true;
    log->size = log->bytes = 12345;
    log->cosignatures_n = 0;
    log->heartbeat.time = 0;
    assert_int_equal(store_log_put(f->s, log), 0);
    assert_int_equal(store_logs(f->s, copy_log, back), 77);
    assert_int_equal(back->size, 10);
    assert_true(back->bytes > 400 && back->bytes != 12345);
    assert_true(back->frozen);
    assert_int_equal(back->cosignatures_n, 0);
    assert_string_equal(back->audience, log->audience);
    log->no = 3;
    assert_int_equal(store_log_put(f->s, log), -1);
    log->no = 0;
    assert_int_equal(store_log_put(f->s, log), -1);
    free(log);
    free(back);
}

static void
a_publish_key_answers_with_what_it_made(void **state)
{
    struct fixture *f = *state;
    struct store_range_row put[3] = {{1, 5, 6}, {2, 1ull << 39, 1}, {1, 11, 1024}}, back[3];
    struct span key = span_of("k\0y", 3);

    assert_int_equal(store_published_get(f->s, key, 0, back, 3), 0);
    assert_int_equal(store_published_put(f->s, key, 0, put, 3), 0);
    assert_int_equal(store_published_put(f->s, key, 1, put, 1), 0);
    fixture_reopen(f);
    memset(back, 0, sizeof back);
    assert_int_equal(store_published_get(f->s, key, 0, back, 2), 3);
    assert_memory_equal(&back[1].first, &put[1].first, 8);
    assert_int_equal(back[2].count, 0);
    assert_int_equal(store_published_get(f->s, key, 1, back, 3), 1);
    assert_int_equal(store_published_get(f->s, span_of("k", 1), 0, back, 3), 0);
    assert_int_equal(store_published_put(f->s, key, 1, put, 1), -1);
}

static int
count_quarantine(void *cookie, int64_t no, uint32_t log, uint64_t index, uint32_t why, const char *note)
{
    unsigned *n = cookie;

    assert_int_equal(log, 1);
    assert_int_equal(index, 3 + 4 * *n);
    assert_int_equal(why, 20 + *n);
    assert_string_equal(note, "\xc3\xa9\n\"");
    ++*n;
    return 0;
}

static int
no_quarantined(void *cookie, uint32_t log, uint64_t index, uint64_t delivery, int64_t received_ms,
               const struct store_record *record)
{
    assert_int_equal(record->quarantine, 0);
    assert_int_equal(delivery, index + 1);
    ++*(unsigned *)cookie;
    return 0;
}

static void
quarantined_records_are_served_but_not_visible(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct fixture_batch *b = fixture_make(log, 0, 8, 8);
    struct store_counts counts;
    struct store_batch out;
    uint64_t delivery, next;
    unsigned n = 0;

    b->record[3].quarantine = 20;
    b->record[7].quarantine = 65535;
    assert_int_equal(store_batch_put(f->s, &b->batch, NULL, 0, &delivery), 0);
    assert_int_equal(store_quarantine_note(f->s, log, 3, 20, "\xc3\xa9\n\""), 0);
    assert_int_equal(store_quarantine_note(f->s, log, 7, 21, "\xc3\xa9\n\""), 0);
    fixture_reopen(f);
    assert_int_equal(store_quarantine_each(f->s, 0, count_quarantine, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(store_counts(f->s, &counts), 0);
    assert_int_equal(counts.quarantined, 2);
    assert_int_equal(counts.delivery, 8);
    assert_int_equal(store_batch_get(f->s, log, 0, 1000, got, LIMIT_BATCH_COUNT, &out), 0);
    assert_int_equal(out.count, 8);
    assert_int_equal(got[3].quarantine, 20);
    assert_int_equal(got[7].quarantine, 65535);
    n = 0;
    assert_int_equal(store_visible(f->s, 0, true, NULL, INT64_MIN, INT64_MAX, 9, no_quarantined, &n, &next),
                     0);
    assert_int_equal(n, 6);
    free(b);
}

static void
a_read_only_handle_sees_what_is_committed_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store *reader = store_open(f->path, true);
    struct store_counts counts;
    struct tree tree;

    assert_non_null(reader);
    tree_init(&tree);
    assert_int_equal(store_begin(f->s), 0);
    (void)fixture_append(f->s, log, &tree, 10, 10);
    assert_int_equal(store_counts(reader, &counts), 0);
    assert_int_equal(counts.records, 0);
    assert_int_equal(store_commit(f->s), 0);
    assert_int_equal(store_counts(reader, &counts), 0);
    assert_int_equal(counts.records, 10);
    assert_int_equal(store_begin(reader), 0);
    assert_int_equal(store_counts(reader, &counts), 0);
    (void)fixture_append(f->s, log, &tree, 10, 20);
    assert_int_equal(store_counts(reader, &counts), 0);
    assert_int_equal(counts.records, 10);
    assert_int_equal(store_commit(reader), 0);
    assert_int_equal(store_counts(reader, &counts), 0);
    assert_int_equal(counts.records, 20);
    assert_int_equal(store_meta_set(reader, "x", span_str("y")), -1);
    store_close(reader);
}

static void
only_a_store_of_a_known_version_is_opened(void **state)
{
    struct fixture *f = *state;
    char path[128];

    assert_null(store_open("/nonexistent/dir/node.db", false));
    (void)snprintf(path, sizeof path, "%s/absent.db", f->dir);
    assert_null(store_open(path, true));
    assert_int_equal(access(path, F_OK), -1);
    store_close(f->s);
    fixture_sql(f, "PRAGMA user_version = 99");
    assert_null(store_open(f->path, false));
    assert_null(store_open(f->path, true));
    fixture_sql(f, "PRAGMA user_version = 7; PRAGMA application_id = 5");
    assert_null(store_open(f->path, false));
    (void)snprintf(path, sizeof path, "PRAGMA application_id = %d", SCHEMA_APPLICATION_ID);
    fixture_sql(f, path);
    f->s = store_open(f->path, false);
    assert_non_null(f->s);
}

static void
want_of_memory_is_an_error_and_nothing_half_stored(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct fixture_batch *b = fixture_make(log, 0, 1000, 1000);
    struct store_counts counts;
    uint64_t delivery;
    unsigned failed = 0;

    for (unsigned long k = 1; k < 50; k++) {
        mem_fail_at(k);
        if (store_batch_put(f->s, &b->batch, NULL, 0, &delivery) == 0)
            break;
        mem_fail_at(0);
        failed++;
        assert_int_equal(store_counts(f->s, &counts), 0);
        assert_int_equal(counts.records, 0);
    }
    mem_fail_at(0);
    assert_true(failed > 0 && failed < 49);
    assert_int_equal(store_counts(f->s, &counts), 0);
    assert_int_equal(counts.records, 1000);
    free(b);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(a_batch_comes_back_from_every_offset),
        T(no_more_records_are_taken_than_the_caller_has_room_for),
        T(a_record_is_found_with_its_number_and_time),
        T(an_append_elsewhere_than_at_the_end_is_refused_and_ends_the_transaction),
        T(what_is_rolled_back_or_never_committed_is_not_there),
        T(delivery_numbers_go_on_after_a_reopening),
        T(small_values_are_kept_by_name),
        T(an_incarnation_stays_with_its_file),
        T(a_log_keeps_its_heads_and_all_cosignatures),
        T(a_publish_key_answers_with_what_it_made),
        T(quarantined_records_are_served_but_not_visible),
        T(a_read_only_handle_sees_what_is_committed_and_changes_nothing),
        T(only_a_store_of_a_known_version_is_opened),
        T(want_of_memory_is_an_error_and_nothing_half_stored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
