#include "watch/orbit_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* An object whose second identifier another record contradicts: it is not joined. */
static void
take(struct orbit_view_object *o, const char *operators)
{
    Parallax__V1__OrbitPolicy policy = PARALLAX__V1__ORBIT_POLICY__INIT;
    Parallax__V1__ObjectAlias alias[2] = {PARALLAX__V1__OBJECT_ALIAS__INIT, PARALLAX__V1__OBJECT_ALIAS__INIT};
    Parallax__V1__ObjectAlias *aliases[2] = {&alias[0], &alias[1]};
    Parallax__V1__Object object = PARALLAX__V1__OBJECT__INIT;

    policy.operators = (char *)(uintptr_t)operators;
    alias[0].id = (char *)(uintptr_t) "norad:25544";
    alias[0].state = (char *)(uintptr_t) "used";
    alias[1].id = (char *)(uintptr_t) "cospar:2001-001A";
    alias[1].state = (char *)(uintptr_t) "contested";
    object.aliases = aliases;
    object.n_aliases = 2;
    orbit_view_take(o, &policy, &object);
}

static void
only_joined_identifiers_make_an_operator(void **state)
{
    struct orbit_view_object o;
    struct orbit_view_row row = {.origin = "us-nasa"};

    (void)state;
    take(&o, "norad:25544=us-nasa");
    assert_int_equal(o.n, 1);
    orbit_view_rate(&o, &row);
    assert_true(row.is_operator);
    take(&o, "cospar:2001-001A=us-nasa");
    orbit_view_rate(&o, &row);
    assert_false(row.is_operator);
}

static void
who_alone_registered_it_is_the_owner(void **state)
{
    struct orbit_view_object o;
    struct orbit_view_row us = {.origin = "us-nasa"}, fr = {.origin = "fr-cnes"};

    (void)state;
    take(&o, "none");
    orbit_view_rate(&o, &us);
    assert_false(us.is_owner);
    orbit_view_registered(&o, "us-nasa");
    orbit_view_registered(&o, "us-nasa");
    orbit_view_rate(&o, &us);
    orbit_view_rate(&o, &fr);
    assert_true(us.is_owner && !fr.is_owner);
    orbit_view_registered(&o, "fr-cnes");
    orbit_view_registered(&o, "us-nasa");
    orbit_view_rate(&o, &us);
    orbit_view_rate(&o, &fr);
    assert_false(us.is_owner || fr.is_owner);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_joined_identifiers_make_an_operator),
                                       cmocka_unit_test(who_alone_registered_it_is_the_owner)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
