#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "federation.h"

#include "core/release.h"

/* de-dlr is the origin, jp-jaxa a member, it-asi was removed, fr-nobody was never listed. */
static const char *const readers[] = {"de-dlr", "jp-jaxa", "it-asi", "fr-nobody", RELEASE_LOCAL};

static const struct {
    const char *audience, *origin;
    bool may[5];
} rows[] = {
    {"open", "de-dlr", {true, true, false, false, true}},
    {"inner", "de-dlr", {true, false, false, false, true}},
    {"Open", "de-dlr", {true, false, false, false, true}},
    {"open2", "de-dlr", {true, false, false, false, true}},
    {"jp-jaxa",
     "de-dlr",
     {true, false, false, false, true}},                /* the name of an audience is not a list of readers */
    {"", "de-dlr", {true, false, false, false, false}}, /* descriptor not held: nobody knows whom it is for */
    {"open",
     "it-asi",
     {true, true, false, false, true}}, /* a removed origin does not get its own logs back */
    {"inner", "it-asi", {false, false, false, false, true}},
    {"inner", "", {false, false, false, false, true}}, /* no origin is not the local reader */
};

static void
a_log_is_released_to_those_of_its_audience_and_to_nobody_else(void **state)
{
    struct roster *roster = roster_new();

    federation_add_member(roster, "de-dlr");
    federation_add_member(roster, "jp-jaxa");
    federation_add_member(roster, "it-asi");
    roster->member[2].removed = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct store_log log = {.size = 1};

        (void)snprintf(log.audience, sizeof log.audience, "%s", rows[i].audience);
        (void)snprintf(log.origin, sizeof log.origin, "%s", rows[i].origin);
        for (size_t k = 0; k < sizeof readers / sizeof *readers; k++) {
            if (may_release(readers[k], &log, roster) != rows[i].may[k])
                fail_msg("%s of %s to \"%s\": expected %s", rows[i].audience, rows[i].origin, readers[k],
                         rows[i].may[k] ? "yes" : "no");
        }
    }
    roster_free(roster);
}

/* Members 0 to 4 of one bit each; the origin is member 0, member 4 was removed. */
static const struct {
    uint64_t readers, carriers, granted, limit;
    enum release_rule rule[5];
} lists[] = {
    {0,
     0,
     0,
     ~0ull,
     {RELEASE_origin, RELEASE_not_listed, RELEASE_not_listed, RELEASE_not_listed, RELEASE_not_member}},
    {2,
     4,
     0,
     ~0ull,
     {RELEASE_origin, RELEASE_reader, RELEASE_carrier, RELEASE_not_listed, RELEASE_not_member}},
    {2, 4, 8, ~0ull, {RELEASE_origin, RELEASE_reader, RELEASE_carrier, RELEASE_granted, RELEASE_not_member}},
    {2, 4, 8, 0, {RELEASE_origin, RELEASE_removed, RELEASE_removed, RELEASE_removed, RELEASE_not_member}},
    {14, 0, 0, 4, {RELEASE_origin, RELEASE_removed, RELEASE_reader, RELEASE_removed, RELEASE_not_member}},
    {~0ull,
     ~0ull,
     ~0ull,
     ~0ull,
     {RELEASE_origin, RELEASE_reader, RELEASE_reader, RELEASE_reader, RELEASE_not_member}},
};

static void
a_named_log_is_released_by_its_lists_and_by_those_of_what_continues_it(void **state)
{
    static const char *const names[] = {"de-dlr", "jp-jaxa", "it-asi", "fr-cnes", "br-inpe"};
    struct roster *roster = roster_new();

    for (size_t k = 0; k < 5; k++)
        federation_add_member(roster, names[k]);
    roster->member[4].removed = true;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct store_log log = {.audience = "inner",
                                .origin = "de-dlr",
                                .readers = lists[i].readers,
                                .carriers = lists[i].carriers,
                                .granted = lists[i].granted,
                                .limit = lists[i].limit};
        for (size_t k = 0; k < 5; k++) {
            enum release_rule rule = release_rule(names[k], &log, roster);
            if (rule != lists[i].rule[k])
                fail_msg("row %zu to %s: %s instead of %s", i, names[k], release_info(rule)->name,
                         release_info(lists[i].rule[k])->name);
            assert_int_equal(may_release(names[k], &log, roster), release_info(rule)->holds);
        }
        /* The lists mean nothing where nobody is named. */
        snprintf(log.audience, sizeof log.audience, "open");
        assert_int_equal(release_rule("jp-jaxa", &log, roster), RELEASE_open);
        log.audience[0] = 0;
        assert_int_equal(release_rule("jp-jaxa", &log, roster), RELEASE_unknown);
    }
    roster_free(roster);
}

static void
an_empty_roster_releases_nothing_to_a_peer(void **state)
{
    struct roster *roster = roster_new();
    struct store_log log = {.audience = "open", .origin = "de-dlr"};

    for (size_t k = 0; k + 1 < sizeof readers / sizeof *readers; k++)
        assert_false(may_release(readers[k], &log, roster));
    roster_free(roster);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_is_released_to_those_of_its_audience_and_to_nobody_else),
        cmocka_unit_test(a_named_log_is_released_by_its_lists_and_by_those_of_what_continues_it),
        cmocka_unit_test(an_empty_roster_releases_nothing_to_a_peer),
    };

    secret_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
