#include "fixture.h"

/* Rows of the picture as text, one a line; logs by the first byte of their id, so that two stores can be compared. */
struct dump {
    struct store *s;
    char text[65536];
    size_t n;
    unsigned rows;
};

static uint8_t log_ids[16]; /* by number: what find_ids() saw last */

static int
find_ids(void *cookie, const struct store_log *log)
{
    (void)cookie;
    assert_true(log->no < 16);
    log_ids[log->no] = log->id[0];
    return 0;
}

static int
add_row(void *cookie, const struct store_latest *row)
{
    struct dump *d = cookie;

    d->n += (size_t)snprintf(d->text + d->n, sizeof d->text - d->n, "%s %u %s %s %u %lld %lld %u %llu\n",
                             row->type, row->mode, row->key, row->origin, row->kind, (long long)row->epoch,
                             (long long)row->created, log_ids[row->log], (unsigned long long)row->index);
    assert_true(d->n < sizeof d->text);
    d->rows++;
    return 0;
}

static void
dump(struct store *s, struct dump *d)
{
    d->n = d->rows = 0;
    d->text[0] = 0;
    assert_int_equal(store_logs(s, find_ids, NULL), 0);
    assert_int_equal(store_latest_each(s, NULL, add_row, d), 0);
}

static struct store_subject
subject(uint32_t log, uint64_t index, const char *key, int64_t epoch, int64_t created)
{
    return (struct store_subject){.type = "orbit",
                                  .key = key,
                                  .origin = "fr-cnes",
                                  .object = {key, ""},
                                  .mode = 1,
                                  .kind = 1,
                                  .epoch = epoch,
                                  .created = created,
                                  .log = log,
                                  .index = index,
                                  .delivery = index + 1};
}

#define CASES 48

/* Subjects with many ties; those of case i are the same whatever the number of their log is. */
static struct store_subject
tied(unsigned i, const uint32_t log[3])
{
    static const char *const keys[] = {"a", "b", "\xc3\xa9"}, *const types[] = {"orbit", "neo_risk"};
    struct store_subject v =
        subject(log[i % 3], i, keys[i / 3 % 3], (int64_t)(i / 7 % 3) - 1, (int64_t)(i / 5 % 2));

    v.type = types[i / 24];
    v.kind = (uint8_t)i;
    v.object[0] = i % 4 == 0 ? "" : "norad:1";
    v.object[1] = i % 5 == 0 ? "norad:1" : i % 7 == 0 ? "cospar:1998-067A" : "";
    return v;
}

static void
the_picture_does_not_depend_on_the_order_of_arrival(void **state)
{
    struct fixture *f = *state;
    static struct dump expected, seen, object_expected, object_seen;
    unsigned order[CASES];
    uint64_t seed = 42;

    for (unsigned i = 0; i < CASES; i++)
        order[i] = i;
    for (unsigned round = 0; round < 60; round++) {
        struct store *s = store_open(":memory:", false);
        uint32_t log[3];

        assert_non_null(s);
        for (unsigned i = 0; i < 3; i++) {
            unsigned k = (i + round) % 3;

            log[k] = fixture_log(s, (uint8_t)(100 - k), "fr-cnes", false);
        }
        assert_int_equal(store_begin(s), 0);
        for (unsigned i = 0; i < CASES; i++) {
            struct store_subject v = tied(order[i], log);

            assert_int_equal(store_latest_put(s, &v), 0);
            if (i % 5 == 0)
                assert_int_equal(store_latest_put(s, &v), 0);
            if (i == round % CASES) {
                assert_int_equal(store_commit(s), 0);
                assert_int_equal(store_begin(s), 0);
                assert_int_equal(store_latest_put(s, &v), 0);
                store_rollback(s);
                assert_int_equal(store_begin(s), 0);
            }
        }
        assert_int_equal(store_commit(s), 0);
        dump(s, round == 0 ? &expected : &seen);
        object_seen.n = object_seen.rows = 0;
        assert_int_equal(store_latest_of_object(s, "norad:1", add_row, &object_seen), 0);
        if (round == 0)
            object_expected = object_seen;
        else {
            assert_string_equal(expected.text, seen.text);
            assert_string_equal(object_expected.text, object_seen.text);
        }
        assert_int_equal(expected.rows, 6);
        store_close(s);
        for (unsigned i = CASES - 1; i > 0; i--) {
            unsigned j = (unsigned)((seed = fixture_mix(seed + i)) % (i + 1)), keep = order[i];

            order[i] = order[j];
            order[j] = keep;
        }
    }
    (void)f;
}

static void
the_newest_wins_by_epoch_creation_log_and_index(void **state)
{
    struct fixture *f = *state;
    uint32_t low = fixture_log(f->s, 1, "fr-cnes", false), high = fixture_log(f->s, 2, "fr-cnes", false);
    static struct dump d;
    struct store_subject steps[] = {
        subject(high, 900, "a", INT64_MIN, 9), subject(high, 800, "a", 5, -7), subject(low, 700, "a", 5, -6),
        subject(low, 701, "a", 5, -6),         subject(high, 3, "a", 5, -6),   subject(low, 0, "a", 6, 0),
        subject(low, 1, "a", INT64_MAX, 0),
    };
    char expected[256];

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        for (size_t k = i + 1; k-- > 0;)
            assert_int_equal(store_latest_put(f->s, &steps[k]), 0);
        dump(f->s, &d);
        (void)snprintf(expected, sizeof expected, "orbit 1 a fr-cnes 1 %lld %lld %u %llu\n",
                       (long long)steps[i].epoch, (long long)steps[i].created, steps[i].log,
                       (unsigned long long)steps[i].index);
        assert_string_equal(d.text, expected);
    }
}

static void
what_is_disputed_leaves_the_picture_and_what_is_older_comes_back(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false), next = fixture_log(f->s, 2, "fr-cnes", false);
    struct store_subject a = subject(log, 2, "a", 5, 0), b = subject(log, 1, "b", 5, 0),
                         c = subject(next, 4, "c", 5, 0), older = subject(log, 0, "a", 4, 0);
    static struct dump d;
    struct tree tree;

    tree_init(&tree);
    fixture_append(f->s, log, &tree, 3, 9000);
    assert_int_equal(store_latest_put(f->s, &a), 0);
    assert_int_equal(store_latest_put(f->s, &b), 0);
    assert_int_equal(store_latest_put(f->s, &c), 0);
    assert_int_equal(store_dispute_drop(f->s, log, "fr-cnes", 2), 0);
    a.aside = true;
    assert_int_equal(store_latest_put(f->s, &a), 0);
    for (int reopened = 0; reopened < 2; reopened++) {
        dump(f->s, &d);
        assert_string_equal(d.text, "orbit 1 b fr-cnes 1 5 0 1 1\norbit 1 c fr-cnes 1 5 0 2 4\n");
        fixture_reopen(f);
    }
    assert_int_equal(store_dispute_refill(f->s, &older), 0);
    dump(f->s, &d);
    assert_string_equal(d.text, "orbit 1 a fr-cnes 1 4 0 1 0\norbit 1 b fr-cnes 1 5 0 1 1\n"
                                "orbit 1 c fr-cnes 1 5 0 2 4\n");
}

static void
a_rollback_takes_back_what_the_picture_was_told(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_subject a[] = {subject(log, 1, "a", 1, 0), subject(log, 2, "a", 5, 0),
                                subject(log, 3, "a", 3, 0)};
    struct store_subject b = subject(log, 4, "b", 9, 0), c = subject(log, 5, "c", 9, 0);
    static struct dump d;

    assert_int_equal(store_latest_put(f->s, &a[0]), 0);
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_latest_put(f->s, &a[1]), 0);
    assert_int_equal(store_latest_put(f->s, &b), 0);
    dump(f->s, &d);
    assert_int_equal(d.rows, 2);
    assert_int_equal(store_latest_put(f->s, &b), 0);
    store_rollback(f->s);
    dump(f->s, &d);
    assert_string_equal(d.text, "orbit 1 a fr-cnes 1 1 0 1 1\n");
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_latest_put(f->s, &a[2]), 0);
    assert_int_equal(store_latest_put(f->s, &c), 0);
    assert_int_equal(store_latest_put(f->s, &b), 0);
    assert_int_equal(store_commit(f->s), 0);
    for (int reopened = 0; reopened < 2; reopened++) {
        dump(f->s, &d);
        assert_string_equal(d.text, "orbit 1 a fr-cnes 1 3 0 1 3\norbit 1 b fr-cnes 1 9 0 1 4\n"
                                    "orbit 1 c fr-cnes 1 9 0 1 5\n");
        fixture_reopen(f);
    }
}

static int
check_order(void *cookie, const struct store_latest *row)
{
    struct store_latest *last = cookie;
    int order = strcmp(last->type, row->type);

    if (order == 0)
        order = last->mode - row->mode;
    if (order == 0)
        order = strcmp(last->key, row->key);
    if (order == 0)
        order = strcmp(last->origin, row->origin);
    assert_true(order < 0);
    *last = *row;
    return row->index == 7 ? 5 : 0;
}

static void
rows_come_in_the_order_of_their_bytes_and_a_walk_can_go_on(void **state)
{
    static const char *const keys[] = {"Z", "a", "a b", "a-b", "ab", "\xc3\xa9", "\xf0\x9f\x9b\xb0",
                                       "A", "~", "10",  "9"};
    static const char *const origins[] = {"us-noaa", "fr-cnes", "us", "fr-cnes-2"}, *const types[] = {
                                                                                        "orbit", "neo_risk"};
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_latest last = {.type = ""}, after;
    unsigned walks = 1;
    uint64_t n = 0;
    int rc;

    for (unsigned t = 0; t < 2; t++)
        for (unsigned mode = 1; mode <= 4; mode++)
            for (unsigned k = 0; k < 11; k++)
                for (unsigned o = 0; o < 4; o++) {
                    struct store_subject v = subject(log, n++ % 10, keys[k], 0, 0);

                    v.type = types[t];
                    v.mode = (uint8_t)mode;
                    v.origin = origins[o];
                    assert_int_equal(store_latest_put(f->s, &v), 0);
                }
    for (; (rc = store_latest_each(f->s, walks == 1 ? NULL : &after, check_order, &last)) == 5; walks++)
        after = last;
    assert_int_equal(rc, 0);
    assert_int_equal(walks, n / 10 + 1);
    assert_string_equal(last.type, "orbit");
    assert_string_equal(last.key, "\xf0\x9f\x9b\xb0");
    assert_int_equal(last.mode, 4);
}

static int
note_index(void *cookie, const struct store_latest *row)
{
    struct dump *d = cookie;

    d->n += (size_t)snprintf(d->text + d->n, sizeof d->text - d->n, "%llu ", (unsigned long long)row->index);
    return 0;
}

static const char *
of_object(struct fixture *f, const char *object)
{
    static struct dump d;

    d.n = 0;
    d.text[0] = 0;
    assert_int_equal(store_latest_of_object(f->s, object, note_index, &d), 0);
    return d.text;
}

static void
a_subject_is_found_by_each_of_its_objects_while_it_names_them(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_subject v[] = {subject(log, 1, "x", 10, 0), subject(log, 2, "y", 30, 0),
                                subject(log, 3, "z", 20, 0)};

    for (int i = 0; i < 3; i++) {
        v[i].object[0] = "norad:1";
        v[i].object[1] = i == 1 ? "norad:2" : i == 2 ? NULL : "norad:1";
        assert_int_equal(store_latest_put(f->s, &v[i]), 0);
    }
    assert_string_equal(of_object(f, "norad:1"), "2 3 1 ");
    assert_string_equal(of_object(f, "norad:2"), "2 ");
    assert_string_equal(of_object(f, ""), "");
    v[1].object[0] = "norad:3";
    v[1].epoch = 29;
    v[1].index = 20;
    assert_int_equal(store_latest_put(f->s, &v[1]), 0);
    assert_string_equal(of_object(f, "norad:3"), "");
    v[1].epoch = 31;
    v[1].index = 21;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(store_latest_put(f->s, &v[1]), 0);
        assert_string_equal(of_object(f, "norad:1"), "3 1 ");
        assert_string_equal(of_object(f, "norad:2"), "21 ");
        assert_string_equal(of_object(f, "norad:3"), "21 ");
        fixture_reopen(f);
    }
    v[1].object[0] = v[1].object[1] = "";
    v[1].epoch = 32;
    assert_int_equal(store_latest_put(f->s, &v[1]), 0);
    assert_string_equal(of_object(f, "norad:2"), "");
    assert_string_equal(of_object(f, "norad:3"), "");
}

#define MANY (LIMIT_STORE_SUBJECTS_COUNT + LIMIT_STORE_SUBJECTS_COUNT / 4)

/* Record i < MANY has epoch 1; the second one of a subject, i + MANY, has epoch 2 or 0. */
static int
check_newest(void *cookie, const struct store_latest *row)
{
    uint64_t i = strtoull(row->key, NULL, 10), second = i + MANY;

    assert_int_equal(row->index, second % 3 == 0 ? second : i);
    assert_int_equal(row->epoch, second % 3 == 0 ? 2 : 1);
    ++*(uint64_t *)cookie;
    return 0;
}

static void
more_subjects_than_the_writer_remembers_keep_their_newest(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    const uint64_t n = MANY;
    uint64_t rows = 0;
    char key[32];

    assert_int_equal(store_begin(f->s), 0);
    for (uint64_t i = 0; i < 2 * n; i++) {
        struct store_subject v = subject(log, i, key, i < n ? 1 : i % 3 == 0 ? 2 : 0, 0);

        (void)snprintf(key, sizeof key, "%llu", (unsigned long long)(i % n));
        v.object[0] = "";
        assert_int_equal(store_latest_put(f->s, &v), 0);
    }
    assert_int_equal(store_commit(f->s), 0);
    assert_int_equal(store_latest_each(f->s, NULL, check_newest, &rows), 0);
    assert_int_equal(rows, n);
}

static void
one_head(struct store *s, uint32_t log, const struct tree *tree)
{
    struct checkpoint head = fixture_head(tree, 1);

    assert_int_equal(store_batch_sign(s, log, &head), 0);
}

static int
count_rows(void *cookie, uint32_t log, uint64_t index, uint64_t delivery, int64_t received_ms,
           const struct store_record *record)
{
    (void)log, (void)index, (void)received_ms, (void)record;
    assert_true(delivery > 0);
    ++*(unsigned *)cookie;
    return 0;
}

static unsigned
visible(struct store *s)
{
    uint64_t next;
    unsigned n = 0;

    assert_int_equal(store_visible(s, 0, true, NULL, INT64_MIN, INT64_MAX, UINT32_MAX, count_rows, &n, &next),
                     0);
    assert_true(next == UINT64_MAX);
    return n;
}

static void
an_own_batch_is_unseen_until_it_is_signed(void **state)
{
    struct fixture *f = *state;
    uint32_t own = fixture_log(f->s, 1, "fr-cnes", true), other = fixture_log(f->s, 2, "jp-jaxa", false);
    static struct store_record got[LIMIT_BATCH_COUNT];
    struct store_record r;
    struct store_batch out;
    static struct dump d;
    struct tree tree, beside;
    uint64_t delivery;
    int64_t received;

    tree_init(&tree);
    tree_init(&beside);
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(fixture_append(f->s, own, &tree, 3, 0), 0);
    for (uint64_t i = 0; i < 3; i++) {
        struct store_subject v = subject(own, i, i == 2 ? "b" : "a", (int64_t)i, 0);

        v.delivery = 1000 + i;
        assert_int_equal(store_latest_put(f->s, &v), 0);
    }
    assert_int_equal(store_commit(f->s), 0);
    assert_int_equal(fixture_append(f->s, other, &beside, 10, 10), 1);
    for (int reopened = 0; reopened < 2; reopened++) {
        assert_int_equal(store_batch_get(f->s, own, 0, 1000, got, LIMIT_BATCH_COUNT, &out), 1);
        assert_int_equal(visible(f->s), 10);
        dump(f->s, &d);
        assert_int_equal(d.rows, 0);
        assert_int_equal(store_record_get(f->s, own, 1, &r, &delivery, &received), 0);
        assert_int_equal(delivery, 0);
        fixture_reopen(f);
    }
    one_head(f->s, own, &tree);
    one_head(f->s, own, &tree);
    dump(f->s, &d);
    assert_string_equal(d.text, "orbit 1 a fr-cnes 1 1 0 1 1\norbit 1 b fr-cnes 1 2 0 1 2\n");
    assert_int_equal(visible(f->s), 13);
    assert_int_equal(store_record_get(f->s, own, 1, &r, &delivery, &received), 0);
    assert_int_equal(delivery, 12);
    assert_int_equal(store_batch_get(f->s, own, 1, 1000, got, LIMIT_BATCH_COUNT, &out), 0);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.anchor.size, 3);
    assert_int_equal(out.proof_n, 0);
}

static void
one_signature_over_several_batches_proves_each(void **state)
{
    static const uint32_t counts[] = {5, 300, 1, 700, 2};
    static struct store_record got[LIMIT_BATCH_COUNT];
    struct fixture *f = *state;
    uint32_t own = fixture_log(f->s, 1, "fr-cnes", true);
    uint8_t roots[5][HASH_BYTES], root[HASH_BYTES];
    struct store_batch out;
    struct checkpoint head;
    struct tree tree;
    uint64_t at = 0;

    tree_init(&tree);
    for (size_t i = 0; i < 5; i++) {
        (void)fixture_append(f->s, own, &tree, counts[i], 0);
        tree_root(&tree, roots[i]);
    }
    tree_root(&tree, root);
    head = fixture_head(&tree, 1);
    head.size = tree.size - 1;
    assert_int_equal(store_batch_sign(f->s, own, &head), -1);
    head.size = tree.size + 1;
    assert_int_equal(store_batch_sign(f->s, own, &head), -1);
    assert_int_equal(visible(f->s), 0);
    one_head(f->s, own, &tree);
    for (size_t i = 0; i < 5; at += counts[i++]) {
        assert_int_equal(store_batch_get(f->s, own, at, 1, got, LIMIT_BATCH_COUNT, &out), 0);
        assert_int_equal(out.count, counts[i]);
        assert_int_equal(out.anchor.size, tree.size);
        assert_true(
            tree_check_consistency(at + counts[i], roots[i], tree.size, root, out.proof, out.proof_n));
    }
}

static void
a_cut_takes_what_was_not_signed_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    uint32_t own = fixture_log(f->s, 1, "fr-cnes", true);
    struct store_range_row ranges[2] = {{own, 290, 12}, {own, 302, 300}}, back[2];
    struct store_counts counts;
    static struct dump d;
    struct tree tree, cut;
    struct fixture_batch *b;
    struct store_subject v;
    uint64_t delivery;
    uint8_t hash[HASH_BYTES];

    tree_init(&tree);
    (void)fixture_append(f->s, own, &tree, 302, 0);
    one_head(f->s, own, &tree);
    cut = tree;
    assert_int_equal(store_published_put(f->s, span_str("kept"), 0, ranges, 1), 0);
    assert_int_equal(store_published_put(f->s, span_str("lost"), 0, ranges, 2), 0);
    b = fixture_make(own, 302, 300, 0);
    b->record[5].quarantine = 3;
    assert_int_equal(store_batch_put(f->s, &b->batch, NULL, 0, &delivery), 0);
    tree.size = 602;
    free(b);
    (void)fixture_append(f->s, own, &tree, 1, 0);
    for (uint64_t i = 301; i < 400; i += 98) {
        v = subject(own, i, "a", (int64_t)i, 0);
        assert_int_equal(store_latest_put(f->s, &v), 0);
    }
    assert_true(store_range(f->s, own, 602, 603, hash));
    assert_int_equal(store_log_truncate(f->s, own, 301), -1);
    assert_int_equal(store_log_truncate(f->s, own, 303), -1);
    assert_int_equal(store_log_truncate(f->s, own, 602), 0);
    assert_false(store_range(f->s, own, 602, 603, hash));
    assert_true(store_range(f->s, own, 601, 602, hash));
    fixture_reopen(f);
    assert_int_equal(store_log_truncate(f->s, own, 302), 0);
    assert_int_equal(store_log_truncate(f->s, own, 302), 0);
    assert_false(store_range(f->s, own, 601, 602, hash));
    assert_int_equal(store_counts(f->s, &counts), 0);
    assert_int_equal(counts.records, 302);
    assert_int_equal(counts.quarantined, 0);
    assert_int_equal(store_published_get(f->s, span_str("kept"), 0, back, 2), 1);
    assert_int_equal(store_published_get(f->s, span_str("lost"), 0, back, 2), 0);
    (void)fixture_append(f->s, own, &cut, 300, 0);
    one_head(f->s, own, &cut);
    dump(f->s, &d);
    assert_string_equal(d.text, "orbit 1 a fr-cnes 1 301 0 1 301\n");
    assert_int_equal(visible(f->s), 602);
    assert_true(store_range(f->s, own, 256, 512, hash));
}

static void
a_cut_takes_the_subtrees_that_it_opens(void **state)
{
    struct fixture *f = *state;
    uint32_t own = fixture_log(f->s, 1, "fr-cnes", true);
    uint8_t hash[HASH_BYTES];
    struct tree tree, cut;

    tree_init(&tree);
    (void)fixture_append(f->s, own, &tree, 300, 0);
    one_head(f->s, own, &tree);
    (void)fixture_append(f->s, own, &tree, 200, 0);
    cut = tree;
    for (int again = 0; again < 3; again++) {
        tree = cut;
        (void)fixture_append(f->s, own, &tree, 100, 0);
        assert_true(store_range(f->s, own, 256, 512, hash));
        assert_int_equal(store_log_truncate(f->s, own, 500), 0);
        assert_false(store_range(f->s, own, 256, 512, hash));
        assert_true(store_range(f->s, own, 0, 256, hash));
    }
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(the_picture_does_not_depend_on_the_order_of_arrival),
        T(the_newest_wins_by_epoch_creation_log_and_index),
        T(a_rollback_takes_back_what_the_picture_was_told),
        T(what_is_disputed_leaves_the_picture_and_what_is_older_comes_back),
        T(rows_come_in_the_order_of_their_bytes_and_a_walk_can_go_on),
        T(a_subject_is_found_by_each_of_its_objects_while_it_names_them),
        T(more_subjects_than_the_writer_remembers_keep_their_newest),
        T(an_own_batch_is_unseen_until_it_is_signed),
        T(one_signature_over_several_batches_proves_each),
        T(a_cut_takes_what_was_not_signed_and_nothing_else),
        T(a_cut_takes_the_subtrees_that_it_opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
