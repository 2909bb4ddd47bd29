#include "astro/frame.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define PI        3.14159265358979323846
#define ARCSECOND (PI / 648000)

static struct utc
read_utc(const char *text)
{
    struct utc t = {0, 0};

    if (utc_parse(span_str(text), &t) != 0)
        fail_msg("%s is refused", text);
    return t;
}

static void
assert_near(const double a[3], const double b[3], double tolerance)
{
    for (int k = 0; k < 3; k++) {
        if (!(fabs(a[k] - b[k]) < tolerance))
            fail_msg("%.9f: expected %.9f", a[k], b[k]);
    }
}

static const double r_teme[3] = {5094.18016210, 6127.64465950, 6380.34453270};
static const double v_teme[3] = {-4.746131487, 0.785818041, 5.531931288};

/* AIAA 2006-6753 appendix C: the state of 2004-04-06, with the Earth's rotation of that day. */
static void
the_example_of_the_paper_is_met(void **state)
{
    static const double r_itrf[3] = {-1033.47938300, 7901.29527540, 6380.35659580};
    static const double v_itrf[3] = {-3.225636520, -2.872451450, 5.531924446};
    const struct frame_rotation rotation = {
        .dut1_s = -0.4399619, .xp_rad = -0.140682 * ARCSECOND, .yp_rad = 0.333309 * ARCSECOND};
    double r[3], v[3];

    frame_teme_to_itrf(read_utc("2004-04-06T07:51:28.386009"), &rotation, r_teme, v_teme, r, v);
    assert_near(r, r_itrf, 1e-4);
    assert_near(v, v_itrf, 1e-6);
}

/* What the header says of it: up to 14 seconds of arc. */
static void
without_the_earths_rotation_the_error_is_bounded(void **state)
{
    const struct frame_rotation late = {.dut1_s = 0.9};
    struct utc t = read_utc("2026-11-24T00:00:00");
    double given = frame_gmst_rad(t, &late), none = frame_gmst_rad(t, NULL);

    assert_true(fabs(given - none) < 14 * ARCSECOND && fabs(given - none) > 13 * ARCSECOND);
}

/* The Astronomical Almanac: 6h 41m 50.54841s at 2000-01-01 12h UT1, less the 12 h. */
static void
sidereal_time_is_that_of_1982(void **state)
{
    double gmst = frame_gmst_rad(read_utc("2000-01-01T12:00:00"), NULL);

    assert_true(fabs(gmst - (18 * 3600 + 41 * 60 + 50.54841) / 86400 * 2 * PI) < 1e-11);
}

/* A day with a leap second goes on in UT1. */
static void
a_leap_second_turns_the_earth_by_a_second(void **state)
{
    struct utc t = read_utc("2016-12-31T23:59:60.5"), before = read_utc("2016-12-31T23:59:59.5");
    double turn = frame_gmst_rad(t, NULL) - frame_gmst_rad(before, NULL);

    assert_true(fabs(turn - 7.2921158553e-5) < 1e-12);
}

static void
a_point_at_rest_in_space_is_seen_to_move_west(void **state)
{
    static const double r_km[3] = {42164, 0, 0}, rest[3] = {0, 0, 0};
    double r[3], v[3];

    frame_teme_to_itrf(read_utc("2026-11-24T06:00:00"), NULL, r_km, rest, r, v);
    assert_true(fabs(hypot(v[0], v[1]) - 42164 * 7.292115146706979e-5) < 1e-9);
    assert_true(r[0] * v[1] - r[1] * v[0] < 0);
}

static void
places_are_those_of_the_ellipsoid(void **state)
{
    static const double equator[3] = {0, 6378.137 + 400, 0}, pole[3] = {0, 0, -6356.752314245 - 10};
    double none[3] = {NAN, 0, 0};
    struct frame_place place;

    assert_int_equal(frame_place(equator, &place), 0);
    assert_true(fabs(place.latitude_rad) < 1e-12 && fabs(place.longitude_rad - PI / 2) < 1e-12);
    assert_true(fabs(place.height_km - 400) < 1e-6);
    assert_int_equal(frame_place(pole, &place), 0);
    assert_true(fabs(place.latitude_rad + PI / 2) < 1e-12 && fabs(place.height_km - 10) < 1e-6);
    assert_int_equal(frame_place(none, &place), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_paper_is_met),
        cmocka_unit_test(without_the_earths_rotation_the_error_is_bounded),
        cmocka_unit_test(sidereal_time_is_that_of_1982),
        cmocka_unit_test(a_leap_second_turns_the_earth_by_a_second),
        cmocka_unit_test(a_point_at_rest_in_space_is_seen_to_move_west),
        cmocka_unit_test(places_are_those_of_the_ellipsoid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
