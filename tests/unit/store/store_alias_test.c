/* What the picture says of who objects are: by identifier, whatever the order, gone with the record that said it, and bounded. */
#include "fixture.h"

#include "base/text.h"

#define GROUPS(text)                                                                                         \
    {                                                                                                        \
        (const uint8_t *)(text), sizeof(text) - 1                                                            \
    }
static const struct span identities[] = {GROUPS("norad:1\0cospar:1998-067A\0name:ISS\0\0"), GROUPS(""),
                                         GROUPS("norad:1\0cospar:1998-067B\0\0norad:2\0\0"),
                                         GROUPS("merge\0norad:1\0norad:2\0\0")};

static struct store_subject
subject(uint32_t log, uint64_t index, const char *key, int64_t epoch)
{
    return (struct store_subject){.type = "orbit",
                                  .key = key,
                                  .origin = "fr-cnes",
                                  .object = {"", ""},
                                  .mode = 1,
                                  .kind = 1,
                                  .epoch = epoch,
                                  .log = log,
                                  .index = index,
                                  .delivery = index + 1};
}

static int
add_alias(void *cookie, const char *origin, const char *partner)
{
    buf_put_fmt(cookie, " %s:%s", origin, partner);
    return 0;
}

/* All that is said of who objects are. */
static const char *
aliases(struct store *s, struct buf *out)
{
    char at[128] = "", next[128];

    buf_clear(out);
    while (store_alias_is_behind(s) == 1)
        assert_int_equal(store_alias_settle(s), 0);
    while (store_alias_next(s, 1, at, next) == 0) {
        for (int relation = STORE_SAME; relation <= STORE_SPLIT; relation++) {
            buf_put_fmt(out, "\n%s %d", next, relation);
            assert_int_equal(store_alias_each(s, 1, next, (enum store_relation)relation, 8, add_alias, out),
                             0);
        }
        memcpy(at, next, sizeof at);
    }
    buf_put_byte(out, '\n');
    return buf_cstr(out);
}

#define CASES 600

static void
any_order_of_arrival_says_the_same(void **state)
{
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"},
                             *const origins[] = {"fr-cnes", "us-noaa", "xx-evil"};
    unsigned order[CASES];
    uint64_t seed = 42;
    unsigned waited = 0;
    struct buf said[2];

    (void)state;
    buf_init(&said[0], 65536);
    buf_init(&said[1], 65536);
    for (unsigned i = 0; i < CASES; i++)
        order[i] = i;
    for (unsigned round = 0; round < 60; round++) {
        struct store *s = store_open(":memory:", false);
        uint32_t log = fixture_log(s, 1, "fr-cnes", false);

        assert_int_equal(store_begin(s), 0);
        for (unsigned i = 0; i < CASES; i++) {
            unsigned k = order[i];
            struct store_subject v = subject(log, k, keys[k % 11], k / 3 % 5);

            v.origin = origins[k % 3];
            v.identity = identities[fixture_mix(k) % 4];
            assert_int_equal(store_latest_put(s, &v), 0);
            if (i % 5 == 0)
                assert_int_equal(store_latest_put(s, &v), 0);
            if (i == round % CASES) {
                assert_int_equal(store_commit(s), 0);
                assert_int_equal(store_begin(s), 0);
                v.epoch = 1000;
                assert_int_equal(store_latest_put(s, &v), 0);
                store_rollback(s);
                assert_int_equal(store_begin(s), 0);
            }
        }
        assert_int_equal(store_commit(s), 0);
        waited += store_alias_is_behind(s) == 1;
        (void)aliases(s, &said[round > 0]);
        if (round > 0)
            assert_string_equal(buf_cstr(&said[0]), buf_cstr(&said[1]));
        store_close(s);
        for (unsigned i = CASES - 1; i > 0; i--) {
            unsigned j = (unsigned)((seed = fixture_mix(seed + i)) % (i + 1)), keep = order[i];

            order[i] = order[j];
            order[j] = keep;
        }
    }
    assert_true(waited > 10 && waited <= 60);
    assert_non_null(strstr(buf_cstr(&said[0]), "norad:1 0 "));
    assert_non_null(strstr(buf_cstr(&said[0]), "norad:2 1 "));
    buf_release(&said[0]);
    buf_release(&said[1]);
}

static void
what_is_said_goes_with_the_record_that_said_it(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_subject a = subject(log, 1, "a", 1), b = subject(log, 2, "b", 1);
    struct buf out, whole;

    buf_init(&out, 65536);
    buf_init(&whole, 65536);
    a.identity = b.identity = identities[0];
    assert_int_equal(store_latest_put(f->s, &a), 0);
    (void)aliases(f->s, &whole);
    assert_non_null(strstr(buf_cstr(&whole), "cospar:1998-067A 0 fr-cnes:norad:1\n"));
    assert_non_null(strstr(buf_cstr(&whole), "name:ISS 0 fr-cnes:norad:1\n"));
    assert_int_equal(store_latest_put(f->s, &b), 0);
    assert_string_equal(aliases(f->s, &out), buf_cstr(&whole)); /* said twice, kept once */
    a.index = 3, a.epoch = 2, a.identity = identities[2];
    assert_int_equal(store_latest_put(f->s, &a), 0);
    assert_non_null(strstr(aliases(f->s, &out), "norad:1 0 fr-cnes:cospar:1998-067A"
                                                " fr-cnes:cospar:1998-067B fr-cnes:name:ISS\n"));
    assert_non_null(strstr(buf_cstr(&out), "norad:2 0 fr-cnes:\n"));
    b.index = 4, b.epoch = 2, b.identity = identities[1];
    assert_int_equal(store_latest_put(f->s, &b), 0);
    assert_null(strstr(aliases(f->s, &out), "067A"));
    assert_int_equal(store_dispute_drop(f->s, log, "fr-cnes", 0), 0);
    assert_string_equal(aliases(f->s, &out), "\n");
    buf_release(&out);
    buf_release(&whole);
}

static void
the_same_record_once_more_says_what_an_older_release_did_not_keep(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    struct store_subject a = subject(log, 1, "a", 1);
    struct buf out;

    buf_init(&out, 65536);
    assert_int_equal(store_latest_put(f->s, &a), 0);
    a.identity = identities[0];
    assert_int_equal(store_latest_put(f->s, &a), 0);
    assert_non_null(strstr(aliases(f->s, &out), "name:ISS 0 fr-cnes:norad:1\n"));
    buf_release(&out);
}

static int
count_alias(void *cookie, const char *origin, const char *partner)
{
    (void)origin, (void)partner;
    ++*(unsigned *)cookie;
    return 0;
}

static void
no_origin_makes_the_list_of_an_identifier_long(void **state)
{
    struct fixture *f = *state;
    uint32_t log = fixture_log(f->s, 1, "fr-cnes", false);
    unsigned seen = 0;
    char key[16], text[64];

    assert_int_equal(store_begin(f->s), 0);
    for (unsigned i = 0; i < 600; i++) {
        struct store_subject v = subject(log, i, key, 1);
        int n = snprintf(text, sizeof text, "norad:1%c%s:%u%c", 0, i % 2 == 0 ? "cospar" : "id", i, 0);

        v.origin = i % 3 == 0 ? "us-space" : i % 3 == 1 ? "xx-evil" : "jp-jaxa";
        (void)snprintf(key, sizeof key, "%u", i);
        text[n] = 0;
        v.identity = span_of(text, (size_t)n + 1);
        assert_int_equal(store_latest_put(f->s, &v), 0);
    }
    assert_int_equal(store_commit(f->s), 0);
    assert_int_equal(store_alias_is_behind(f->s),
                     1); /* the first of them at once, the others wait, over a restart too */
    store_close(f->s);
    f->s = store_open(f->path, false);
    assert_int_equal(store_alias_each(f->s, 1, "norad:1", STORE_SAME, 1000, count_alias, &seen), 0);
    assert_int_equal(seen, 64);
    seen = 0;
    while (store_alias_is_behind(f->s) == 1)
        assert_int_equal(store_alias_settle(f->s), 0);
    assert_int_equal(store_alias_each(f->s, 1, "norad:1", STORE_SAME, 8, count_alias, &seen), 0);
    assert_int_equal(seen, 3 * 2 * 8);
    seen = 0;
    assert_int_equal(store_alias_each(f->s, 1, "norad:1", STORE_SAME, 1000, count_alias, &seen), 0);
    assert_int_equal(seen, 600);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(any_order_of_arrival_says_the_same),
        T(what_is_said_goes_with_the_record_that_said_it),
        T(the_same_record_once_more_says_what_an_older_release_did_not_keep),
        T(no_origin_makes_the_list_of_an_identifier_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
