/* The States of a corridor are those that each of its points is near, however many points are left out on the way. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "types/corridor.h"

static const struct sgp4_elements low_orbit = {.epoch_jd = 2463302.5,
                                               .no_kozai = 16.1 * 2 * 3.14159265358979323846 / 1440,
                                               .ecco = 0.0006317,
                                               .inclo = 0.9013,
                                               .nodeo = 3.6463,
                                               .argpo = 1.2215,
                                               .mo = 5.0659,
                                               .bstar = 1e-4};

/* Boxes of 6 degrees, each 20 from the next. */
static void
make_boxes(struct borders *b)
{
    struct why why;

    why_clear(&why);
    for (double lat = -60; lat <= 60; lat += 20) {
        for (double lon = -170; lon <= 170; lon += 20) {
            const double ring[][2] = {
                {lon, lat}, {lon + 6, lat}, {lon + 6, lat + 6}, {lon, lat + 6}, {lon, lat}};

            assert_int_equal(borders_add_state(b, "box", "", &why), 0);
            assert_int_equal(borders_add_ring(b, ring, 5, &why), 0);
        }
    }
    borders_end(b);
}

static void
each_point_counts(void **state)
{
    struct borders b = {0};
    struct corridor c = {
        .borders = &b, .cross_km = 100, .mean = {.elements = low_orbit, .epoch = {63302, 0}}};
    struct why why;
    size_t found = 0;

    why_clear(&why);
    make_boxes(&b);
    c.from = c.mean.epoch;
    c.to = utc_add_ns(c.from, INT64_C(7200000000000));
    assert_int_equal(corridor_track(&c, &why), 0);
    assert_true(c.points == 7201);
    corridor_overfly(&c);
    for (size_t k = 0; k < b.states; k++) {
        double nearest_km = INFINITY;
        size_t seconds = 0;

        for (size_t i = 0; i < c.points; i++) {
            double km =
                borders_distance_km(&b, &b.state[k], c.point[i].latitude_deg, c.point[i].longitude_deg, 101);

            seconds += km <= hypot(100, 4); /* half the way of a second */
            nearest_km = km <= hypot(100, 4) ? fmin(nearest_km, km) : nearest_km;
        }
        for (size_t i = 0; i < c.states; i++) {
            if (c.state[i].state != &b.state[k])
                continue;
            found++;
            assert_true(fabs(c.state[i].seconds - (double)seconds) <= 2);
            assert_true(c.state[i].nearest_km <= nearest_km && c.state[i].nearest_km >= nearest_km);
            seconds = 0;
        }
        assert_int_equal(seconds, 0); /* none is missed */
    }
    if (found != c.states || found < 10)
        fail_msg("%zu of %zu", found, c.states);
    corridor_release(&c);
    borders_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_point_counts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
