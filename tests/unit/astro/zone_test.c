#include "astro/zone.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "astro/sphere.h"

#define DEG_KM (3.14159265358979323846 / 180 * SPHERE_MOON_KM) /* 30.323 km */

/* Centre and radius in degrees of arc; do they meet, and how far apart are the centres. */
static const struct {
    double a[3], b[3];
    bool meets;
    double apart_deg;
} places[] = {
    {{0, 0, 1}, {0, 3, 1}, false, 3},
    {{0, 0, 1}, {0, 2, 1}, true, 2}, /* touching */
    {{0, 0, 1}, {0, 2.000001, 1}, false, 2.000001},
    {{0, 0, 0}, {0, 0, 0}, true, 0}, /* two points, one place */
    {{0, 0, 0}, {0, 0.001, 0}, false, 0.001},
    {{0, 0, 5}, {1, 1, 0.1}, true, 1.41417795}, /* one inside the other */
    {{0, 179, 1}, {0, -179, 1}, true, 2},
    {{0, 179, 0.9}, {0, 181, 1}, false, 2}, /* 181 E is 179 W */
    {{10, 359.5, 1}, {10, 0.5, 0.1}, true, 0.98480},
    {{-90, 0, 1}, {-90, 77, 0}, true, 0}, /* the pole has any longitude */
    {{-89.5, 0, 0.5}, {-89.5, 180, 0.5}, true, 1},
    {{-89.5, 0, 0.4}, {-89.5, 180, 0.5}, false, 1},
    {{89.9, 221.6, 0.06}, {89.9, 311.6, 0.1}, true, 0.14142},
    {{89.9, 221.6, 0.04}, {89.9, 311.6, 0.1}, false, 0.14142},
    {{90, 0, 90}, {-90, 0, 90}, true, 180}, /* the hemispheres share the equator */
    {{90, 0, 89}, {-90, 0, 90}, false, 180},
};

static struct zone
zone_of(const double place[3])
{
    return (struct zone){.latitude_deg = place[0], .longitude_deg = place[1], .radius_km = place[2] * DEG_KM};
}

static void
zones_meet_where_their_circles_do(void **state)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct zone a = zone_of(places[i].a), b = zone_of(places[i].b);
        double apart_deg = zone_distance_km(&a, &b, SPHERE_MOON_KM) / DEG_KM;

        if (fabs(apart_deg - places[i].apart_deg) > 1e-5)
            fail_msg("row %zu: %.8f degrees apart: expected %.8f", i, apart_deg, places[i].apart_deg);
        if (zone_meets_in_space(&a, &b, SPHERE_MOON_KM) != places[i].meets ||
            zone_meets_in_space(&b, &a, SPHERE_MOON_KM) != places[i].meets)
            fail_msg("row %zu: expected that they %s", i, places[i].meets ? "meet" : "do not meet");
    }
}

static const struct {
    int a[2], b[2]; /* days */
    int shared[2];  /* {1, 0}: none */
} times[] = {
    {{1, 5}, {3, 9}, {3, 5}}, {{1, 5}, {5, 9}, {5, 5}}, {{1, 5}, {6, 9}, {1, 0}},
    {{1, 9}, {3, 4}, {3, 4}}, {{2, 2}, {2, 2}, {2, 2}}, {{2, 2}, {1, 1}, {1, 0}},
};

static void
zones_meet_when_their_times_do(void **state)
{
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct zone a = {.start = {times[i].a[0], 0}, .end = {times[i].a[1], 0}};
        struct zone b = {.start = {times[i].b[0], 0}, .end = {times[i].b[1], 0}};
        bool meets = times[i].shared[0] <= times[i].shared[1];
        struct utc from, to;

        if (zone_meets_in_time(&b, &a, &from, &to) != meets ||
            zone_meets_in_time(&a, &b, &from, &to) != meets)
            fail_msg("row %zu: expected that they %s", i, meets ? "meet" : "do not meet");
        if (meets && (from.mjd != times[i].shared[0] || to.mjd != times[i].shared[1]))
            fail_msg("row %zu: %d to %d", i, (int)from.mjd, (int)to.mjd);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_meet_where_their_circles_do),
        cmocka_unit_test(zones_meet_when_their_times_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
