#include "astro/sgp4.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define PI      3.14159265358979323846
#define DEGREES (PI / 180)

/* An element set as a TLE has it: degrees, revolutions a day. */
struct row {
    double jd, fraction, bstar, inclination, node, eccentricity, perigee, anomaly, motion;
};

static const struct row vanguard = {2451722.5, .78495062, 2.8098e-5, 34.2682,    348.7242,
                                    .1859667,  331.7664,  19.3264,   10.82419157};
static const struct row molniya = {2453911.5, .33215444, 1.1873e-4, 64.1586,   279.0717,
                                   .6877146,  264.7651,  20.2257,   2.00491383};
static const struct row italsat = {2453912.5, .04061740, 1e-4,    3.8536,    80.0121,
                                   .0026640,  311.0977,  48.3000, 1.00778054};
static const struct row cbers = {2453912.5, .78615833, 3.594e-5, 98.4283,    247.6961,
                                 .0000884,  88.1964,   271.9322, 14.35478080};
static const struct row falling = {2453703.5, .02012661, 2.4476e-4, 96.4736,    157.9986,
                                   .0303955,  244.0492,  110.6523,  16.46015938};

static struct sgp4_elements
elements_of(const struct row *row)
{
    return (struct sgp4_elements){.epoch_jd = row->jd,
                                  .epoch_fraction = row->fraction,
                                  .bstar = row->bstar,
                                  .ecco = row->eccentricity,
                                  .argpo = row->perigee * DEGREES,
                                  .inclo = row->inclination * DEGREES,
                                  .mo = row->anomaly * DEGREES,
                                  .no_kozai = row->motion * 2 * PI / 1440,
                                  .nodeo = row->node * DEGREES};
}

static struct sgp4
prepared(const struct row *row)
{
    struct sgp4_elements in = elements_of(row);
    struct sgp4 s;

    assert_int_equal(sgp4_init(&s, &in, SGP4_IMPROVED), SGP4_DONE);
    return s;
}

/* Positions that the reference program printed (tcppver.out, AIAA 2006-6753); all of them: tests/conformance/sgp4_oracle.py. */
static void
positions_are_those_of_the_reference(void **state)
{
    static const struct {
        const struct row *row;
        double minutes, r[3];
    } table[] = {
        {&vanguard, 0, {7022.46529266, -1400.08296755, 0.03995155}},
        {&vanguard, 1080, {5568.53901181, 4492.06992591, 3863.87641983}},
        {&vanguard, 3960, {-3791.44531559, -5712.95617894, -4533.48630714}},
        {&molniya, 360, {19089.29762968, 3107.89495018, 39958.14661370}},
        {&molniya, 1320, {3148.86165643, 18323.19841703, 12305.75195578}},
        {&italsat, 360, {-41413.95109398, 7055.51656639, 2838.90906671}},
        {&italsat, 1320, {25701.46068162, 33089.42617648, -1308.68556638}},
        {&cbers, 1320, {-2311.57375797, -3560.99112891, 5748.16749600}},
    };
    double r[3], v[3];

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct sgp4 s = prepared(table[i].row);

        assert_int_equal(sgp4_propagate(&s, table[i].minutes, r, v), SGP4_DONE);
        for (int k = 0; k < 3; k++)
            assert_true(fabs(r[k] - table[i].r[k]) < 2e-7);
    }
}

static void
velocity_is_the_change_of_position(void **state)
{
    static const struct row *const rows[] = {&vanguard, &molniya, &italsat, &cbers};
    double before[3], after[3], r[3], v[3], unused[3];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sgp4 s = prepared(rows[i]);

        assert_int_equal(sgp4_propagate(&s, 99.99, before, unused), SGP4_DONE);
        assert_int_equal(sgp4_propagate(&s, 100.01, after, unused), SGP4_DONE);
        assert_int_equal(sgp4_propagate(&s, 100, r, v), SGP4_DONE);
        for (int k = 0; k < 3; k++) /* the theory's own velocity leaves small terms out */
            assert_true(fabs((after[k] - before[k]) / 1.2 - v[k]) < 5e-3);
    }
}

static void
the_order_of_times_does_not_matter(void **state)
{
    static const double minutes[] = {0, 5000, -5000, 100, 719.9, 720, 1e5};
    const size_t n = sizeof minutes / sizeof *minutes;
    struct sgp4 s = prepared(&molniya);
    double r[7][3], v[3], again[3];

    for (size_t i = 0; i < n; i++)
        assert_int_equal(sgp4_propagate(&s, minutes[i], r[i], v), SGP4_DONE);
    for (size_t i = n; i-- > 0;) {
        assert_int_equal(sgp4_propagate(&s, minutes[i], again, v), SGP4_DONE);
        assert_memory_equal(again, r[i], sizeof again);
    }
}

static void
modes_differ_for_deep_orbits_only(void **state)
{
    static const struct row *const rows[] = {&cbers, &molniya};
    double r[2][3], v[3];

    for (size_t i = 0; i < 2; i++) {
        struct sgp4_elements in = elements_of(rows[i]);
        struct sgp4 improved, afspc;

        assert_int_equal(sgp4_init(&improved, &in, SGP4_IMPROVED), SGP4_DONE);
        assert_int_equal(sgp4_init(&afspc, &in, SGP4_AFSPC), SGP4_DONE);
        assert_int_equal(sgp4_propagate(&improved, 1000, r[0], v), SGP4_DONE);
        assert_int_equal(sgp4_propagate(&afspc, 1000, r[1], v), SGP4_DONE);
        if (rows[i] == &cbers)
            assert_memory_equal(r[0], r[1], sizeof r[0]);
        else
            assert_true(r[0][0] != r[1][0] && fabs(r[0][0] - r[1][0]) < 1e-3);
    }
}

static void
decay_is_an_error_that_leaves_the_position(void **state)
{
    struct sgp4 s = prepared(&falling);
    double r[3], v[3];

    assert_int_equal(sgp4_propagate(&s, 50, r, v), SGP4_DONE);
    assert_int_equal(sgp4_propagate(&s, 55, r, v), SGP4_DECAYED);
    assert_true(fabs(r[0] - 4358.712488634788) < 1e-6);
}

static void
what_cannot_be_computed_is_an_error(void **state)
{
    struct sgp4_elements in = elements_of(&cbers);
    struct sgp4 s = prepared(&cbers);
    double r[3], v[3];

    assert_int_equal(sgp4_propagate(&s, NAN, r, v), SGP4_INPUT);
    assert_int_equal(sgp4_propagate(&s, 1e9, r, v), SGP4_INPUT);
    assert_true(r[0] == 0 && v[2] == 0);
    in.ecco = 1;
    assert_int_equal(sgp4_init(&s, &in, SGP4_IMPROVED), SGP4_ECCENTRICITY);
    assert_int_equal(sgp4_propagate(&s, 0, r, v), SGP4_ECCENTRICITY);
    in = elements_of(&cbers);
    in.no_kozai = 0;
    assert_int_equal(sgp4_init(&s, &in, SGP4_IMPROVED), SGP4_MEAN_MOTION);
    in.no_kozai = INFINITY;
    assert_int_equal(sgp4_init(&s, &in, SGP4_IMPROVED), SGP4_INPUT);
    in = elements_of(&cbers);
    in.no_kozai = 1e-300;
    (void)sgp4_init(&s, &in, SGP4_IMPROVED);
    assert_int_not_equal(sgp4_propagate(&s, 1, r, v), SGP4_DONE);
    for (int error = SGP4_DONE; error <= SGP4_INPUT; error++)
        assert_string_not_equal(sgp4_error_text((enum sgp4_error)error), "unknown");
}

static void
an_orbit_against_the_earths_rotation_has_no_pole_of_its_own(void **state)
{
    struct row row = cbers;
    struct sgp4 s;
    double r[3], v[3];

    row.inclination = 180;
    s = prepared(&row);
    assert_int_equal(sgp4_propagate(&s, 30, r, v), SGP4_DONE);
    assert_true(fabs(r[2]) < 1 && hypot(r[0], r[1]) > 7000);
}

static double
random_number(uint64_t *seed, double from, double to)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return from + (to - from) * (double)(*seed >> 11) / 9007199254740992.0;
}

/* Whatever a file says: a finite position or an error, and soon. */
static void
any_elements_give_a_position_or_an_error(void **state)
{
    uint64_t seed = 1;
    size_t computed = 0;
    double r[3], v[3];

    for (int i = 0; i < 20000; i++) {
        struct row row = {.jd = random_number(&seed, 2400000, 2500000),
                          .bstar = pow(10, random_number(&seed, -9, 2)) * (i % 2 == 0 ? 1 : -1),
                          .inclination = random_number(&seed, 0, 180),
                          .node = random_number(&seed, -360, 720),
                          .eccentricity = random_number(&seed, 0, 1),
                          .perigee = random_number(&seed, -360, 720),
                          .anomaly = random_number(&seed, -360, 720),
                          .motion =
                              pow(10, random_number(&seed, i % 7 == 0 ? -300 : -3, i % 7 == 0 ? 300 : 1.3))};
        struct sgp4_elements in = elements_of(&row);
        struct sgp4 s;

        (void)sgp4_init(&s, &in, i % 3 == 0 ? SGP4_AFSPC : SGP4_IMPROVED);
        if (sgp4_propagate(&s, random_number(&seed, -1e4, 1e4), r, v) != SGP4_DONE)
            continue;
        computed++;
        for (int k = 0; k < 3; k++)
            assert_true(isfinite(r[k]) && isfinite(v[k]));
    }
    assert_true(computed > 2000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_are_those_of_the_reference),
        cmocka_unit_test(velocity_is_the_change_of_position),
        cmocka_unit_test(the_order_of_times_does_not_matter),
        cmocka_unit_test(modes_differ_for_deep_orbits_only),
        cmocka_unit_test(decay_is_an_error_that_leaves_the_position),
        cmocka_unit_test(what_cannot_be_computed_is_an_error),
        cmocka_unit_test(any_elements_give_a_position_or_an_error),
        cmocka_unit_test(an_orbit_against_the_earths_rotation_has_no_pole_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
