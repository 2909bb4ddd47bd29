/* Records that become visible after they were stored. */
#include "fixture.h"

struct row {
    uint32_t log;
    uint64_t index, delivery;
};

struct walk {
    struct row v[64];
    size_t n;
};

static int
see(void *cookie, uint32_t log, uint64_t index, uint64_t delivery, int64_t received_ms,
    const struct store_record *record)
{
    struct walk *w = cookie;

    (void)received_ms, (void)record;
    assert_true(w->n < 64);
    w->v[w->n++] = (struct row){log, index, delivery};
    return 0;
}

static struct walk
visible(struct store *s, uint64_t from)
{
    struct walk w = {.n = 0};
    uint64_t next;

    assert_int_equal(store_visible(s, from, true, NULL, INT64_MIN, INT64_MAX, 100, see, &w, &next), 0);
    return w;
}

static void
put_reveal(struct store *s, uint32_t log, uint64_t index, uint8_t of, uint64_t target)
{
    struct store_reveal r = {.index = index, .target = target};

    memset(r.log, of, sizeof r.log);
    assert_int_equal(store_reveal_put(s, log, &r), 0);
}

static void
an_embargo_is_due_at_its_time_until_it_is_revealed(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", true);
    struct tree tree;
    struct store_due due[8];

    tree_init(&tree);
    fixture_append(f->s, log, &tree, 5, 9000);
    assert_int_equal(store_hold_put(f->s, log, &(struct store_hold){2, 100}), 0);
    assert_int_equal(store_hold_put(f->s, log, &(struct store_hold){3, 50}), 0);
    assert_int_equal(store_due(f->s, 49, due, 8), 0);
    assert_int_equal(store_due(f->s, 50, due, 8), 1);
    assert_true(due[0].log == log && due[0].index == 3 && due[0].kind == DUE_EMBARGO);
    assert_int_equal(store_due(f->s, 100, due, 8), 2);
    assert_true(due[0].index == 3 && due[1].index == 2); /* the oldest first */
    fixture_reopen(f);
    put_reveal(f->s, log, 4, 1, 3);
    assert_int_equal(store_due(f->s, 100, due, 8), 2);
    assert_true(due[0].index == 2 && due[0].kind == DUE_EMBARGO);
    assert_true(due[1].kind == DUE_REVEAL && due[1].index == 3 && due[1].reveal_log == log &&
                due[1].reveal_index == 4);
}

static void
a_reveal_waits_for_its_record_and_comes_before_nobody(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct tree tree;
    struct store_due due[12];
    uint32_t no;
    uint64_t index;
    uint8_t id[LOG_ID_BYTES];

    tree_init(&tree);
    memset(id, 1, sizeof id);
    fixture_append(f->s, log, &tree, 3, 9000);
    put_reveal(f->s, log, 1, 1, 40); /* not held yet */
    put_reveal(f->s, log, 2, 9, 0);  /* of a log that nobody knows */
    assert_int_equal(store_due(f->s, 100, due, 8), 0);
    assert_int_equal(store_reveal_of(f->s, id, 40, &no, &index), 0);
    assert_true(no == log && index == 1);
    assert_int_equal(store_reveal_of(f->s, id, 41, &no, &index), 1);
    fixture_append(f->s, log, &tree, 40, 9000);
    assert_int_equal(store_due(f->s, 100, due, 8), 1);
    assert_true(due[0].index == 40 && due[0].reveal_index == 1);
    /* One that is never dealt with lets the others have their turn. */
    for (uint64_t i = 3; i < 9; i++)
        put_reveal(f->s, log, i, 1, i + 10);
    assert_int_equal(store_due(f->s, 100, due, 12), 4); /* a third each of what can be due */
    assert_int_equal(store_due(f->s, 100, due, 12), 3);
    assert_int_equal(store_due(f->s, 100, due, 12), 4);
}

static void
a_late_record_takes_the_next_number_and_its_place_in_the_picture(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_subject subject = {.type = "orbit",
                                    .key = "norad:5",
                                    .origin = "fr-cnes",
                                    .object = {"norad:5", NULL},
                                    .mode = 1,
                                    .kind = 1,
                                    .epoch = 7,
                                    .created = 8,
                                    .log = log,
                                    .index = 2};
    struct store_late late = {
        .log = log, .index = 2, .subject = &subject, .reveal_log = log, .reveal_index = 3, .opened = true};
    struct store_counts counts;
    struct store_due due[8];
    struct tree tree;
    struct walk w;

    tree_init(&tree);
    fixture_append(f->s, log, &tree, 6, 9000);
    assert_int_equal(store_hold_put(f->s, log, &(struct store_hold){2, 1}), 0);
    put_reveal(f->s, log, 3, 1, 2);
    assert_int_equal(store_late_put(f->s, &late), 0);
    assert_int_equal(store_counts(f->s, &counts), 0);
    assert_int_equal(counts.delivery, 7);
    w = visible(f->s, 7);
    assert_true(w.n == 1 && w.v[0].index == 2 && w.v[0].delivery == 7);
    assert_int_equal(store_due(f->s, 100, due, 8), 0);
    fixture_append(f->s, log, &tree, 2, 9000);
    w = visible(f->s, 7);
    assert_true(w.n == 3 && w.v[1].index == 6 && w.v[1].delivery == 8);
}

static int
take(void *cookie, const struct store_latest *row)
{
    *(struct store_latest *)cookie = *row;
    return 1;
}

static void
the_picture_has_the_late_record_by_its_own_times(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_subject subject = {.type = "orbit",
                                    .key = "k",
                                    .origin = "fr-cnes",
                                    .object = {"o", NULL},
                                    .mode = 1,
                                    .kind = 1,
                                    .epoch = 7,
                                    .created = 8,
                                    .log = log,
                                    .index = 4};
    struct store_late late = {.log = log, .index = 1, .subject = &subject, .opened = true};
    struct store_latest row;
    struct tree tree;

    tree_init(&tree);
    fixture_append(f->s, log, &tree, 6, 9000);
    subject.delivery = 5;
    assert_int_equal(store_latest_put(f->s, &subject), 0);
    subject.index = 1;
    subject.epoch = 6; /* older than what is there */
    assert_int_equal(store_late_put(f->s, &late), 0);
    assert_int_equal(store_latest_of_object(f->s, "o", take, &row), 1);
    assert_true(row.index == 4);
    subject.index = 2;
    late.index = 2;
    subject.epoch = 9;
    assert_int_equal(store_late_put(f->s, &late), 0);
    assert_int_equal(store_latest_of_object(f->s, "o", take, &row), 1);
    assert_true(row.index == 2 && row.delivery == 8);
}

static void
a_record_is_amended_in_its_batch_and_counted(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_record was, now, other, read;
    struct store_counts counts;
    struct tree tree;
    uint64_t delivery;
    int64_t received;
    uint8_t copy[300];

    tree_init(&tree);
    fixture_append(f->s, log, &tree, 6, 9000);
    assert_int_equal(store_record_get(f->s, log, 3, &was, &delivery, &received), 0);
    memcpy(copy, was.header.p, was.header.n);
    now = (struct store_record){.header = span_of(copy, was.header.n),
                                .body = span_str("another body"),
                                .body_state = STORE_BODY_HELD,
                                .quarantine = 17};
    struct store_late late = {.log = log, .index = 3, .record = &now, .opened = true};
    assert_int_equal(store_late_put(f->s, &late), 0);
    assert_int_equal(store_record_get(f->s, log, 3, &read, &delivery, &received), 0);
    assert_true(span_is(read.body, "another body") && read.quarantine == 17);
    assert_true(span_equal(read.header, now.header));
    for (uint64_t i = 0; i < 6; i++) {
        if (i == 3)
            continue;
        assert_int_equal(store_record_get(f->s, log, i, &other, &delivery, &received), 0);
        fixture_check(log, i, &other);
    }
    assert_int_equal(store_counts(f->s, &counts), 0);
    assert_true(counts.quarantined == 1 && counts.delivery == 6); /* what is in quarantine is not delivered */
    now.quarantine = 0;
    assert_int_equal(store_late_put(f->s, &late), 0);
    assert_int_equal(store_counts(f->s, &counts), 0);
    assert_true(counts.quarantined == 0 && counts.delivery == 7);
}

static void
what_a_dropped_tail_asked_for_is_forgotten(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", true);
    struct store_due due[8];
    struct tree tree;
    struct fixture_batch *b;
    uint64_t delivery;

    tree_init(&tree);
    fixture_append(f->s, log, &tree, 3, 3);
    b = fixture_make(log, 3, 2, 0);
    assert_int_equal(store_batch_put(f->s, &b->batch, NULL, 0, &delivery), 0);
    free(b);
    assert_int_equal(store_hold_put(f->s, log, &(struct store_hold){1, 10}), 0);
    assert_int_equal(store_hold_put(f->s, log, &(struct store_hold){4, 10}), 0);
    put_reveal(f->s, log, 3, 1, 1);
    assert_int_equal(store_due(f->s, 100, due, 8), 2);
    assert_int_equal(store_log_truncate(f->s, log, 3), 0);
    assert_int_equal(store_due(f->s, 100, due, 8), 1);
    assert_true(due[0].index == 1 && due[0].kind == DUE_EMBARGO); /* to be revealed once more */
}

static void
what_is_looked_at_again_has_its_turn_until_it_is_settled(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct why why;
    struct store_record now;
    struct store_late late = {.log = log, .index = 3, .record = &now, .why = &why};
    struct store_due due[6];
    struct tree tree;
    uint64_t delivery;
    int64_t received;

    tree_init(&tree);
    fixture_append(f->s, log, &tree, 9, 9000);
    assert_int_equal(store_again_put(f->s, log, 3, STORE_AGAIN_BODY), 0);
    for (uint64_t i = 4; i < 7; i++)
        assert_int_equal(store_again_put(f->s, log, i, STORE_AGAIN_BODY), 0);
    assert_int_equal(store_due(f->s, 100, due, 6), 2);
    assert_true(due[0].kind == DUE_BODY && due[0].log == log && due[0].index == 3 && due[1].index == 4);
    assert_int_equal(store_due(f->s, 100, due, 6), 2);
    assert_true(due[0].index == 5 && due[1].index == 6);
    assert_int_equal(store_due(f->s, 100, due, 6), 0);
    /* A look that settles nothing leaves it for the next round; the body that came ends it. */
    assert_int_equal(store_record_get(f->s, log, 3, &now, &delivery, &received), 0);
    assert_int_equal(store_late_put(f->s, &late), 0);
    assert_int_equal(store_due(f->s, 100, due, 6), 2);
    assert_int_equal(due[0].index, 3);
    late.settled = true;
    assert_int_equal(store_late_put(f->s, &late), 0);
    assert_int_equal(store_due(f->s, 100, due, 6), 2);
    assert_int_equal(store_due(f->s, 100, due, 6), 0);
    assert_int_equal(store_due(f->s, 100, due, 6), 2);
    assert_int_equal(due[0].index, 4);
}

/* In quarantine for ${code}. */
static void
put_in_quarantine(struct store *s, uint32_t log, uint64_t index, enum why_code code)
{
    struct why why;
    struct store_record now;
    struct store_late late = {.log = log, .index = index, .record = &now, .why = &why};
    uint64_t delivery;
    int64_t received;

    (void)why_set(&why, code, 0, 0, NULL, "a reason");
    assert_int_equal(store_record_get(s, log, index, &now, &delivery, &received), 0);
    now.quarantine = (uint16_t)code;
    assert_int_equal(store_late_put(s, &late), 0);
}

static void
what_a_newer_release_may_understand_is_looked_at_again(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_due due[30];
    struct tree tree;

    tree_init(&tree);
    fixture_append(f->s, log, &tree, 9, 9000);
    put_in_quarantine(f->s, log, 2, WHY_TYPE_UNKNOWN);
    put_in_quarantine(f->s, log, 4, WHY_BODY_HASH); /* no release makes this right */
    put_in_quarantine(f->s, log, 6, WHY_HEADER_CRITICAL);
    assert_int_equal(store_due(f->s, 100, due, 30), 0);
    assert_int_equal(store_again_quarantined(f->s), 0);
    assert_int_equal(store_due(f->s, 100, due, 30), 2);
    assert_true(due[0].kind == DUE_CHECK && due[0].index == 2 && due[1].index == 6);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_embargo_is_due_at_its_time_until_it_is_revealed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_reveal_waits_for_its_record_and_comes_before_nobody, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_late_record_takes_the_next_number_and_its_place_in_the_picture,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_picture_has_the_late_record_by_its_own_times, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_record_is_amended_in_its_batch_and_counted, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(what_a_dropped_tail_asked_for_is_forgotten, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(what_is_looked_at_again_has_its_turn_until_it_is_settled,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_a_newer_release_may_understand_is_looked_at_again, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
