#include "astro/sphere.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define DEG (3.14159265358979323846 / 180)

static const struct {
    double a[2], b[2], angle_deg; /* latitude, longitude */
} angles[] = {
    {{0, 0}, {0, 0}, 0},
    {{0, 0}, {0, 1e-7}, 1e-7},
    {{0, 179}, {0, -179}, 2},
    {{90, 0}, {90, 123}, 0},
    {{90, 0}, {-90, 50}, 180},
    {{89, 0}, {89, 180}, 2},
    {{0, 0}, {0, 180 - 1e-7}, 180 - 1e-7},
    {{-89, 10}, {-89, 190}, 2},
    {{45, 400}, {45, 40}, 0},
    {{36.12, -86.67}, {33.94, -118.40}, 25.9575},
};

static void
angles_hold_at_poles_and_across_180(void **state)
{
    double a[3], b[3];

    for (size_t i = 0; i < sizeof angles / sizeof *angles; i++) {
        sphere_unit(angles[i].a[0], angles[i].a[1], a);
        sphere_unit(angles[i].b[0], angles[i].b[1], b);
        if (fabs(sphere_angle(a, b) / DEG - angles[i].angle_deg) > (i == 9 ? 1e-2 : 1e-12 * 180))
            fail_msg("row %zu: %.12f: expected %.12f", i, sphere_angle(a, b) / DEG, angles[i].angle_deg);
    }
}

static const struct {
    double p[2], a[2], b[2], angle_deg;
} arcs[] = {
    {{1, 5}, {0, 0}, {0, 10}, 1},     {{-1, 5}, {0, 10}, {0, 0}, 1}, {{0, 12}, {0, 0}, {0, 10}, 2},
    {{0, -3}, {0, 0}, {0, 10}, 3},    {{0, 5}, {0, 0}, {0, 10}, 0},  {{2, 180}, {0, 179}, {0, -179}, 2},
    {{90, 0}, {89, 0}, {89, 180}, 0}, {{3, 4}, {0, 4}, {0, 4}, 3},   {{0, 190}, {0, 0}, {0, 10}, 170},
};

static void
the_nearest_place_of_an_arc_is_beside_it_or_at_an_end(void **state)
{
    double p[3], a[3], b[3];

    for (size_t i = 0; i < sizeof arcs / sizeof *arcs; i++) {
        sphere_unit(arcs[i].p[0], arcs[i].p[1], p);
        sphere_unit(arcs[i].a[0], arcs[i].a[1], a);
        sphere_unit(arcs[i].b[0], arcs[i].b[1], b);
        if (fabs(sphere_angle_to_arc(p, a, b) / DEG - arcs[i].angle_deg) > 1e-9)
            fail_msg("row %zu: %.12f: expected %.12f", i, sphere_angle_to_arc(p, a, b) / DEG,
                     arcs[i].angle_deg);
    }
}

static void
longitudes_turn_the_shorter_way(void **state)
{
    assert_true(sphere_turn_deg(179, -179) == 2 && sphere_turn_deg(-179, 179) == -2);
    assert_true(sphere_turn_deg(0, 180) == -180 && sphere_turn_deg(180, -180) == 0);
    assert_true(sphere_turn_deg(10, 10 + 360 * 5) == 0 && sphere_turn_deg(350, 10) == 20);
    assert_true(sphere_turn_deg(-360, 359) == -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(angles_hold_at_poles_and_across_180),
        cmocka_unit_test(the_nearest_place_of_an_arc_is_beside_it_or_at_an_end),
        cmocka_unit_test(longitudes_turn_the_shorter_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
