#include "fixture.h"

#include "record.pb-c.h"
#include "types/event.h"

#define MINUTE ((int64_t)60000000)
#define CASES  60

/* One record that says something of an event. Its leaf is in the log of that origin. */
struct word {
    unsigned origin; /* log */
    uint64_t index;
    uint8_t mode, kind;
    struct store_event event;
    int64_t created;
};

static const char *const origins[] = {"fr-cnes", "us-noaa", "int-esa"};

struct dump {
    struct store *s;
    char text[65536];
    size_t n;
    unsigned events;
};

static uint8_t log_ids[16];

static int
find_ids(void *cookie, const struct store_log *log)
{
    (void)cookie;
    assert_true(log->no < 16);
    log_ids[log->no] = log->id[0];
    return 0;
}

static void
put(struct store *s, const uint32_t log[3], const struct word *w)
{
    struct store_subject v = {.type = "conjunction",
                              .key = "k",
                              .origin = origins[w->origin],
                              .object = {"", ""},
                              .mode = w->mode,
                              .kind = w->kind,
                              .created = w->created,
                              .log = log[w->origin],
                              .index = w->index,
                              .delivery = w->index + 1,
                              .events = &w->event,
                              .events_n = 1};

    assert_int_equal(store_latest_put(s, &v), 0);
}

static int
add_member(void *cookie, const struct store_member *m)
{
    struct dump *d = cookie;

    d->n += (size_t)snprintf(d->text + d->n, sizeof d->text - d->n, "  %u:%llu %s/%s %lld %lld %lld%s%s%s\n",
                             log_ids[m->log], (unsigned long long)m->index, m->origin, m->voice,
                             (long long)(m->at / MINUTE), (long long)m->issued, (long long)m->created,
                             m->ended ? " ended" : "", m->withdrawn ? " withdrawn" : "",
                             m->remark ? " remark" : "");
    assert_true(d->n < sizeof d->text);
    return 0;
}

static int
add_event(void *cookie, const struct store_event_row *e)
{
    struct dump *d = cookie;

    d->n += (size_t)snprintf(
        d->text + d->n, sizeof d->text - d->n, "%u %s %s %lld..%lld at %lld closes %lld: %llu\n", e->mode,
        e->kind, e->scope, (long long)(e->lo / MINUTE), (long long)(e->hi / MINUTE),
        (long long)(e->at / MINUTE), (long long)(e->closes / MINUTE), (unsigned long long)e->count);
    assert_true(d->n < sizeof d->text);
    d->events++;
    assert_int_equal(store_event_standing(d->s, e, add_member, d), 0);
    return 0;
}

static void
dump(struct store *s, struct dump *d)
{
    static const struct store_event_row from_start;

    d->s = s;
    d->n = d->events = 0;
    d->text[0] = 0;
    assert_int_equal(store_logs(s, find_ids, NULL), 0);
    assert_int_equal(store_event_each(s, NULL, 0, &from_start, add_event, d), 0);
}

static void
make_logs(struct store *s, unsigned turn, uint32_t log[3])
{
    for (unsigned i = 0; i < 3; i++) {
        unsigned k = (i + turn) % 3;

        log[k] = fixture_log(s, (uint8_t)(100 - k), origins[k], false);
    }
}

/* TCA of a pair as three origins see it: drifting, so that what was apart comes together, and a second approach that stays apart. */
static struct word
word(unsigned i)
{
    static const char *const scopes[] = {"norad:1+norad:2", "norad:1+norad:3"}, *const voices[] = {"",
                                                                                                   "CNES"};
    bool second = i % 4 == 0;
    struct word w = {.origin = i % 3, .index = i, .mode = (uint8_t)(i % 11 == 0 ? 2 : 1), .kind = 1};

    w.created = 1000 + (int64_t)(i * 7 % 13);
    w.event = (struct store_event){.kind = "conjunction",
                                   .scope = scopes[i / 5 % 2],
                                   .voice = voices[i / 2 % 2],
                                   .at = (second ? 200 : 100) * MINUTE + (int64_t)(i * 37 % 60) * MINUTE / 2,
                                   .issued = 500 + (int64_t)(i * 5 % 17),
                                   .remark = i % 9 == 8};
    w.event.closes = w.event.at;
    if (i % 7 == 6)
        w.kind = PARALLAX__V1__KIND__CANCEL;
    return w;
}

static void
shuffle(unsigned *order, size_t n, uint64_t *seed)
{
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = (size_t)((*seed = fixture_mix(*seed + i)) % (i + 1));
        unsigned keep = order[i];

        order[i] = order[j];
        order[j] = keep;
    }
}

/* What is believed of all words, in one order, with restarts, and with a log of which the end turns out to be disputed. */
static void
tell(struct fixture *f, const unsigned *order, unsigned round, bool disputed, struct dump *d)
{
    uint32_t log[3];

    make_logs(f->s, round, log);
    for (unsigned i = 0; i < CASES; i++) {
        struct word w = word(order[i]);

        put(f->s, log, &w);
        if (i % 6 == round % 6) /* the same once more changes nothing */
            put(f->s, log, &w);
        if (i == (round * 7) % CASES)
            fixture_reopen(f);
        if (disputed && i == (round * 11) % CASES) {
            assert_int_equal(store_dispute_drop(f->s, log[1], origins[1], 30), 0);
            assert_int_equal(store_begin(f->s), 0);
            put(f->s, log, &w);
            store_rollback(f->s);
        }
    }
    if (disputed)
        assert_int_equal(store_dispute_drop(f->s, log[1], origins[1], 30), 0);
    dump(f->s, d);
}

static void
check_orders(bool disputed)
{
    static struct dump expected, seen;
    unsigned order[CASES];
    uint64_t seed = 7;

    for (unsigned i = 0; i < CASES; i++)
        order[i] = i;
    for (unsigned round = 0; round < 40; round++) {
        void *state;
        struct fixture *f;

        assert_int_equal(fixture_setup(&state), 0);
        f = state;
        tell(f, order, round, disputed, round == 0 ? &expected : &seen);
        if (round > 0)
            assert_string_equal(expected.text, seen.text);
        assert_true(expected.events > 4);
        assert_int_equal(fixture_teardown(&state), 0);
        shuffle(order, CASES, &seed);
    }
}

static void
events_do_not_depend_on_the_order_of_arrival(void **state)
{
    (void)state;
    check_orders(false);
}

static void
what_is_disputed_leaves_its_events_in_any_order(void **state)
{
    (void)state;
    check_orders(true);
}

static struct word
approach(unsigned origin, uint64_t index, int64_t at, int64_t created)
{
    struct word w = {.origin = origin, .index = index, .mode = 1, .kind = 1, .created = created};

    w.event = (struct store_event){.kind = "conjunction",
                                   .scope = "norad:1+norad:2",
                                   .voice = "",
                                   .at = at,
                                   .issued = created,
                                   .closes = at};
    return w;
}

static void
steps_of_a_window_join_and_one_more_microsecond_splits(void **state)
{
    struct fixture *f = *state;
    const int64_t window = event_window("conjunction", "norad:1+norad:2"), at = 1000 * MINUTE;
    struct word w[] = {approach(0, 0, at, 5), approach(1, 0, at + 2 * window + 1, 6),
                       approach(2, 0, at + window, 7)};
    struct store_event_row e;
    static struct dump d;
    uint32_t log[3];

    make_logs(f->s, 0, log);
    put(f->s, log, &w[0]);
    put(f->s, log, &w[1]);
    put(f->s, log, &w[2]);
    dump(f->s, &d);
    assert_int_equal(d.events, 2);
    w[2] = approach(2, 1, at + window + 1, 8); /* a window from both */
    put(f->s, log, &w[2]);
    dump(f->s, &d);
    assert_int_equal(d.events, 1);
    /* The name of each member, and what is a window from one, still leads there; the first is what it is called. */
    for (int64_t t = at - window; t <= at + 3 * window + 1; t += window / 2) {
        assert_int_equal(store_event_find(f->s, 1, "conjunction", "norad:1+norad:2", t, &e), 0);
        assert_int_equal(e.at, at);
        assert_int_equal(e.count, 4);
    }
    assert_int_equal(store_event_find(f->s, 1, "conjunction", "norad:1+norad:2", at - window - 1, &e), 1);
    assert_int_equal(store_event_find(f->s, 2, "conjunction", "norad:1+norad:2", at, &e), 1);
}

static int
count_member(void *cookie, const struct store_member *m)
{
    (void)m;
    ++*(unsigned *)cookie;
    return 0;
}

static void
a_remark_belongs_to_the_nearest_event_and_makes_none(void **state)
{
    struct fixture *f = *state;
    const int64_t window = event_window("conjunction", "norad:1+norad:2"), at = 1000 * MINUTE;
    struct word a = approach(0, 0, at, 5), b = approach(1, 0, at + window + window / 2, 6);
    struct word remark = approach(2, 0, at + window - 1, 4);
    struct store_event_row e;
    unsigned first = 0, second = 0;
    uint32_t log[3];

    make_logs(f->s, 0, log);
    remark.event.remark = true;
    put(f->s, log, &remark);
    assert_int_equal(store_event_find(f->s, 1, "conjunction", "norad:1+norad:2", at, &e), 1);
    put(f->s, log, &a);
    put(f->s, log, &b);
    assert_int_equal(store_event_find(f->s, 1, "conjunction", "norad:1+norad:2", at, &e), 0);
    assert_int_equal(e.at, at);
    assert_int_equal(store_event_members(f->s, &e, NULL, count_member, &first), 0);
    assert_int_equal(store_event_find(f->s, 1, "conjunction", "norad:1+norad:2", b.event.at, &e), 0);
    assert_int_equal(store_event_members(f->s, &e, NULL, count_member, &second), 0);
    assert_int_equal(first, 1);
    assert_int_equal(second, 2);
}

static void
events_are_found_by_either_object_and_leave_with_their_last_member(void **state)
{
    static const struct store_event_row from_start;
    struct fixture *f = *state;
    struct word w = approach(0, 3, 1000 * MINUTE, 5);
    static const char *const objects[] = {"norad:1", "norad:2"};
    static struct dump d;
    uint32_t log[3];

    make_logs(f->s, 0, log);
    put(f->s, log, &w);
    for (unsigned i = 0; i < 3; i++) { /* one, the other, both: it is the same event */
        d = (struct dump){.s = f->s};
        assert_int_equal(store_event_each(f->s, &objects[i % 2], 1 + i / 2, &from_start, add_event, &d), 0);
        assert_int_equal(d.events, 1);
    }
    assert_int_equal(store_dispute_drop(f->s, log[0], origins[0], 3), 0);
    dump(f->s, &d);
    assert_int_equal(d.events, 0);
    assert_int_equal(store_event_each(f->s, objects, 1, &from_start, add_event, &d), 0);
    assert_int_equal(d.events, 0);
}

/* An own record joins when its head is signed, with all that it says of events, whatever came between. */
static void
an_own_record_joins_an_event_when_it_is_signed(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 7, "fr-cnes", true), logs[3] = {log, 0, 0};
    struct word w = approach(0, 0, 1000 * MINUTE, 5);
    struct tree tree;
    struct checkpoint head;
    static struct dump d;

    tree_init(&tree);
    (void)fixture_append(f->s, log, &tree, 1, 0);
    w.event.ended = true;
    put(f->s, logs, &w);
    dump(f->s, &d);
    assert_int_equal(d.events, 0);
    fixture_reopen(f);
    head = fixture_head(&tree, 7);
    assert_int_equal(store_batch_sign(f->s, log, &head), 0);
    dump(f->s, &d);
    assert_int_equal(d.events, 1);
    assert_non_null(strstr(d.text, " ended"));
}

/* A rebuild that puts back all words, in another order, makes the same; members whose body is gone stay, what is held and not said again does not. */
static void
a_rebuild_makes_the_same_events_and_keeps_those_whose_bodies_are_gone(void **state)
{
    static struct dump before, after;
    struct fixture *f = *state;
    struct tree tree;
    uint64_t bytes = 0, count = 0;
    bool gone[CASES] = {false};
    uint32_t log[3];

    make_logs(f->s, 0, log);
    tree_init(&tree);
    (void)fixture_append(f->s, log[0], &tree, CASES, CASES);
    assert_int_equal(store_bodies_drop(f->s, log[0], INT64_MAX, CASES, 1, &bytes, &count), 0);
    assert_true(count > 0);
    for (unsigned i = 0; i < CASES; i += 3) { /* those of the first log */
        struct store_record r;
        uint64_t delivery;
        int64_t received_ms;

        assert_int_equal(store_record_get(f->s, log[0], i, &r, &delivery, &received_ms), 0);
        gone[i] = r.body_state == STORE_BODY_GONE;
    }
    for (unsigned i = 0; i < CASES; i++) {
        struct word w = word(i);

        put(f->s, log, &w);
    }
    dump(f->s, &before);
    assert_int_equal(store_picture_unmake(f->s), 0);
    dump(f->s, &after);
    assert_int_equal(after.events, 0);
    fixture_reopen(f);
    for (unsigned i = CASES; i-- > 0;) {
        struct word w = word(i);

        if (!gone[i])
            put(f->s, log, &w);
    }
    assert_int_equal(store_picture_remade(f->s), 0);
    dump(f->s, &after);
    assert_string_equal(before.text, after.text);

    assert_int_equal(store_picture_unmake(f->s), 0);
    assert_int_equal(store_picture_remade(f->s), 0);
    dump(f->s, &after);
    assert_true(after.events > 0 && strstr(after.text, "fr-cnes") != NULL &&
                strstr(after.text, "us-noaa") == NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_do_not_depend_on_the_order_of_arrival),
        cmocka_unit_test(what_is_disputed_leaves_its_events_in_any_order),
        cmocka_unit_test_setup_teardown(steps_of_a_window_join_and_one_more_microsecond_splits, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_remark_belongs_to_the_nearest_event_and_makes_none, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(events_are_found_by_either_object_and_leave_with_their_last_member,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_rebuild_makes_the_same_events_and_keeps_those_whose_bodies_are_gone,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(an_own_record_joins_an_event_when_it_is_signed, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
