/* Which identifiers are of one object: order, votes, and what one hostile origin can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "core/identity.h"

struct fact {
    const char *origin, *a, *b;
    enum store_relation relation;
};

struct world {
    const struct fact *fact;
    size_t n;
    const char *counts; /* the origin whose persons count */
};

struct pair {
    const char *origin, *partner;
};

static int
by_origin(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int rc = strcmp(x->origin, y->origin);

    return rc != 0 ? rc : strcmp(x->partner, y->partner);
}

/* As the store does it: by origin and partner, each once. */
static int
each(void *cookie, const char *id, enum store_relation relation, unsigned max, identity_claim_fn *fn,
     void *to)
{
    const struct world *w = cookie;
    struct pair found[64];
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++) {
        const struct fact *f = &w->fact[i];

        if (f->relation != relation || (strcmp(f->a, id) != 0 && strcmp(f->b, id) != 0))
            continue;
        found[n++] = (struct pair){f->origin, strcmp(f->a, id) == 0 ? f->b : f->a};
    }
    if (n > 0)
        qsort(found, n, sizeof *found, by_origin);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && by_origin(&found[i - 1], &found[i]) == 0)
            continue;
        if (fn(to, found[i].origin, found[i].partner) != 0)
            return -1;
    }
    return 0;
}

static bool
counts(void *cookie, const char *origin)
{
    return strcmp(origin, ((const struct world *)cookie)->counts) == 0;
}

static struct identity object;

static void
resolve(const struct world *w, const char *id)
{
    struct identity_source source = {(void *)(uintptr_t)w, each, counts};

    assert_int_equal(identity_resolve(&source, id, &object), 0);
}

static bool
has(const char *id)
{
    for (size_t i = 0; i < object.alias_n; i++) {
        if (strcmp(object.alias[i].id, id) == 0 && identity_is_joined(object.alias[i].state))
            return true;
    }
    return false;
}

static int
state(const char *id)
{
    for (size_t i = 0; i < object.alias_n; i++) {
        if (strcmp(object.alias[i].id, id) == 0)
            return (int)object.alias[i].state;
    }
    return -1;
}

#define WORLD(facts)                                                                                         \
    {                                                                                                        \
        facts, sizeof facts / sizeof *facts, "fr-cnes"                                                       \
    }
#define ISS        "norad:25544"
#define ISS_COSPAR "cospar:1998-067A"
#define DEBRIS     "norad:40000"
#define DEB_COSPAR "cospar:1998-067B"

static void
a_pair_that_nobody_contradicts_is_one_object_whichever_is_asked_for(void **unused)
{
    static const struct fact facts[] = {{"us-space", ISS, ISS_COSPAR, STORE_SAME},
                                        {"us-space", ISS, "name:ISS (ZARYA)", STORE_SAME},
                                        {"jp-jaxa", ISS_COSPAR, "name:KIBO", STORE_SAME},
                                        {"fr-cnes", ISS_COSPAR, "id:ESA/7", STORE_SAME}};
    struct world w = WORLD(facts);
    const char *asked[] = {ISS, ISS_COSPAR, "id:ESA/7"};

    for (size_t i = 0; i < 3; i++) {
        resolve(&w, asked[i]);
        assert_string_equal(object.alias[0].id, ISS);
        assert_true(has(ISS) && has(ISS_COSPAR) && has("id:ESA/7"));
        assert_int_equal(state("name:KIBO"), IDENTITY_NAMED);
        assert_int_equal(state("name:ISS (ZARYA)"), IDENTITY_NAMED);
    }
}

static void
one_origin_against_one_joins_nothing_and_shows_both(void **unused)
{
    static const struct fact facts[] = {{"us-space", ISS, ISS_COSPAR, STORE_SAME},
                                        {"us-space", DEBRIS, DEB_COSPAR, STORE_SAME},
                                        {"xx-evil", ISS, DEB_COSPAR, STORE_SAME}};
    struct world w = WORLD(facts);

    resolve(&w, ISS);
    assert_false(has(DEBRIS) || has(DEB_COSPAR) || has(ISS_COSPAR));
    assert_int_equal(state(DEB_COSPAR), IDENTITY_CONTESTED);
    assert_int_equal(state(ISS_COSPAR), IDENTITY_CONTESTED);
    resolve(&w, DEB_COSPAR);
    assert_false(has(ISS) || has(DEBRIS));
}

static void
more_origins_outvote_one_and_its_claim_stays_visible(void **unused)
{
    static const struct fact facts[] = {{"us-space", ISS, ISS_COSPAR, STORE_SAME},
                                        {"jp-jaxa", ISS, ISS_COSPAR, STORE_SAME},
                                        {"xx-evil", ISS, DEB_COSPAR, STORE_SAME},
                                        {"us-space", DEBRIS, DEB_COSPAR, STORE_SAME},
                                        {"jp-jaxa", DEBRIS, DEB_COSPAR, STORE_SAME}};
    struct world w = WORLD(facts);

    resolve(&w, ISS);
    assert_true(has(ISS_COSPAR));
    assert_false(has(DEB_COSPAR) || has(DEBRIS));
    assert_int_equal(state(DEB_COSPAR), IDENTITY_CONTESTED);
    resolve(&w, DEBRIS);
    assert_true(has(DEB_COSPAR));
    assert_false(has(ISS));
}

static void
an_origin_that_contradicts_itself_has_no_vote(void **unused)
{
    static const struct fact facts[] = {{"us-space", ISS, ISS_COSPAR, STORE_SAME},
                                        {"xx-evil", ISS, DEB_COSPAR, STORE_SAME},
                                        {"xx-evil", ISS, "cospar:1998-067C", STORE_SAME},
                                        {"xx-evil", "norad:1", ISS_COSPAR, STORE_SAME},
                                        {"xx-evil", "norad:2", ISS_COSPAR, STORE_SAME}};
    struct world w = WORLD(facts);

    resolve(&w, ISS);
    assert_true(has(ISS_COSPAR));
    assert_false(has(DEB_COSPAR) || has("norad:1"));
    assert_int_equal(state("cospar:1998-067C"), IDENTITY_CONTESTED);
    resolve(&w, "norad:1");
    assert_false(has(ISS_COSPAR));
}

static void
an_operators_identifier_never_makes_two_objects_one(void **unused)
{
    static const struct fact facts[] = {{"us-space", ISS, ISS_COSPAR, STORE_SAME},
                                        {"us-space", DEBRIS, DEB_COSPAR, STORE_SAME},
                                        {"xx-evil", "id:X/1", ISS, STORE_SAME},
                                        {"xx-evil", "id:X/1", DEB_COSPAR, STORE_SAME},
                                        {"xx-evil", "id:X/2", ISS, STORE_SAME}};
    struct world w = WORLD(facts);

    resolve(&w, ISS);
    assert_true(has(ISS_COSPAR) && has("id:X/2"));
    assert_false(has(DEBRIS) || has(DEB_COSPAR) || has("id:X/1"));
    resolve(&w, "id:X/1");
    assert_false(has(ISS) || has(DEBRIS));
    assert_int_equal(state(ISS), IDENTITY_CONTESTED);
}

static void
no_record_joins_two_numbers_of_one_kind_or_two_of_a_name(void **unused)
{
    static const struct fact facts[] = {{"xx-evil", ISS, DEBRIS, STORE_SAME},
                                        {"us-space", ISS, "name:DEB", STORE_SAME},
                                        {"us-space", DEBRIS, "name:DEB", STORE_SAME}};
    struct world w = WORLD(facts);
    struct identity_source source = {&w, each, counts};
    char found[4][ALIAS_BYTES];
    size_t n;

    resolve(&w, ISS);
    assert_false(has(DEBRIS));
    assert_int_equal(identity_find(&source, "name:DEB", &object, found, 4, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(identity_find(&source, "name:DEB", &object, found, 1, &n), 0);
    assert_int_equal(n, 1);
}

static void
a_person_merges_and_splits_and_only_where_that_counts(void **unused)
{
    static const struct fact facts[] = {{"us-space", ISS, ISS_COSPAR, STORE_SAME},
                                        {"fr-cnes", ISS, "norad:270001", STORE_MERGE},
                                        {"xx-evil", ISS, DEBRIS, STORE_MERGE},
                                        {"fr-cnes", "norad:7", "cospar:1962-001A", STORE_SPLIT},
                                        {"us-space", "norad:7", "cospar:1962-001A", STORE_SAME},
                                        {"xx-evil", "norad:8", "cospar:1962-002A", STORE_SPLIT},
                                        {"us-space", "norad:8", "cospar:1962-002A", STORE_SAME}};
    struct world w = WORLD(facts);

    resolve(&w, "norad:270001");
    assert_true(has(ISS) && has(ISS_COSPAR));
    assert_false(has(DEBRIS));
    assert_int_equal(state(DEBRIS), IDENTITY_NOTED);
    assert_int_equal(state("norad:270001"), IDENTITY_USED);
    resolve(&w, "norad:7");
    assert_false(has("cospar:1962-001A"));
    assert_int_equal(state("cospar:1962-001A"), IDENTITY_SPLIT);
    resolve(&w, "norad:8");
    assert_true(has("cospar:1962-002A"));
}

static void
a_split_takes_a_merge_of_the_same_pair_back(void **unused)
{
    static const struct fact facts[] = {{"fr-cnes", ISS, DEBRIS, STORE_MERGE},
                                        {"fr-cnes", DEBRIS, ISS, STORE_SPLIT}};
    struct world w = WORLD(facts);

    resolve(&w, ISS);
    assert_false(has(DEBRIS));
}

static void
a_minor_planet_has_number_and_designation(void **unused)
{
    static const struct fact facts[] = {{"us-jpl", "neo:99942", "neo:2004MN4", STORE_SAME},
                                        {"eu-esa", "neo:2004MN4", "name:APOPHIS", STORE_SAME},
                                        {"xx-evil", "neo:99942", "neo:2024YR4", STORE_SAME}};
    struct world w = WORLD(facts);

    resolve(&w, "neo:2024YR4");
    assert_false(has("neo:99942"));
    w.n = 2;
    resolve(&w, "neo:2004MN4");
    assert_string_equal(object.alias[0].id, "neo:99942");
    assert_int_equal(state("name:APOPHIS"), IDENTITY_NAMED);
}

/* Any order, any start: the same partition, whatever is claimed. */
static void
the_partition_is_symmetric_and_does_not_depend_on_the_order(void **unused)
{
    static const char *const ids[] = {"norad:1",          "norad:2",          "norad:3", "cospar:2000-001A",
                                      "cospar:2000-001B", "cospar:2000-001C", "id:A/1",  "id:A/2"};
    static const char *const origins[] = {"aa-a", "bb-b", "cc-c", "fr-cnes"};
    struct identity *first = mem_new(sizeof *first);

    srand(7);
    for (int round = 0; round < 400; round++) {
        struct fact facts[24], other[24];
        size_t n = 1 + (size_t)rand() % 24;
        struct world w = {facts, n, "fr-cnes"}, v = {other, n, "fr-cnes"};

        for (size_t i = 0; i < n; i++) {
            size_t a = (size_t)rand() % 8, b = (a + 1 + (size_t)rand() % 7) % 8;

            facts[i] = (struct fact){origins[rand() % 4], ids[a], ids[b],
                                     (enum store_relation)(rand() % 8 < 6 ? 0 : 1 + rand() % 2)};
        }
        memcpy(other, facts, sizeof facts);
        for (size_t i = n - 1; i > 0; i--) {
            size_t k = (size_t)rand() % (i + 1);
            struct fact f = other[i];

            other[i] = other[k];
            other[k] = f;
        }
        for (size_t i = 0; i < 8; i++) {
            resolve(&w, ids[i]);
            *first = object;
            resolve(&v, ids[i]);
            assert_memory_equal(first, &object, sizeof object);
            for (size_t k = 0; k < first->alias_n; k++) {
                if (!identity_is_joined(first->alias[k].state))
                    continue;
                resolve(&w, first->alias[k].id);
                assert_true(has(ids[i]));
                assert_string_equal(object.alias[0].id, first->alias[0].id);
            }
        }
    }
    free(first);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_that_nobody_contradicts_is_one_object_whichever_is_asked_for),
        cmocka_unit_test(one_origin_against_one_joins_nothing_and_shows_both),
        cmocka_unit_test(more_origins_outvote_one_and_its_claim_stays_visible),
        cmocka_unit_test(an_origin_that_contradicts_itself_has_no_vote),
        cmocka_unit_test(an_operators_identifier_never_makes_two_objects_one),
        cmocka_unit_test(no_record_joins_two_numbers_of_one_kind_or_two_of_a_name),
        cmocka_unit_test(a_person_merges_and_splits_and_only_where_that_counts),
        cmocka_unit_test(a_split_takes_a_merge_of_the_same_pair_back),
        cmocka_unit_test(a_minor_planet_has_number_and_designation),
        cmocka_unit_test(the_partition_is_symmetric_and_does_not_depend_on_the_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
