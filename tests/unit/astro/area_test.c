/* Areas: which share a place, over poles and antimeridian too. The numbers are of plane and spherical arithmetic by hand; tests/scenario/test_region.py asks shapely. */
#include "astro/area.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/limit.h"

/* "circle LAT LON KM", "box W S E N", "ring LAT LON ...", "line LAT LON ...", "strip LAT LON LAT LON KM"; "ring=" and "line=" as their longitudes say. */
static void
draw(struct area_list *l, const char *text)
{
    char shape[16];
    double v[64];
    size_t n = 0;
    int used;

    assert_int_equal(sscanf(text, "%15s%n", shape, &used), 1);
    for (text += used; n < 64 && sscanf(text, "%lf%n", &v[n], &used) == 1; text += used)
        n++;
    if (strcmp(shape, "circle") == 0) {
        area_add_circle(l, v[0], v[1], v[2]);
    } else if (strcmp(shape, "box") == 0) {
        area_add_box(l, v[0], v[1], v[2], v[3]);
    } else if (strcmp(shape, "strip") == 0) {
        area_add_strip(l, &(struct area_corner){v[0], v[1]}, &(struct area_corner){v[2], v[3]}, v[4]);
    } else {
        area_begin(l, strchr(shape, '=') == NULL);
        for (size_t i = 0; i + 1 < n; i += 2)
            area_corner(l, v[i], v[i + 1]);
        area_end(l, shape[0] == 'r');
    }
}

static bool
meet(const char *a, const char *b)
{
    struct area_list left, right;
    struct arena arena;
    bool one, other;

    arena_init(&arena, 1 << 20);
    area_list_init(&left, &arena);
    area_list_init(&right, &arena);
    draw(&left, a);
    draw(&right, b);
    one = area_list_meets(&left, &right);
    other = area_list_meets(&right, &left);
    assert_int_equal(one, other);
    arena_release(&arena);
    return one;
}

/* One degree of arc is 111.195 km. */
static const struct {
    const char *a, *b;
    bool meets;
} cases[] = {
    /* places and circles */
    {"circle 0 0 0", "circle 0 360 0", true},
    {"circle 0 0 0", "circle 0 0.001 0", false},
    {"circle 0 0 111.3", "circle 0 1 0", true},
    {"circle 0 0 111.1", "circle 0 1 0", false},
    {"circle 0 179.5 60", "circle 0 -179.5 60", true},
    {"circle 89.5 0 56", "circle 89.5 180 56", true},
    {"circle 89.5 0 55", "circle 89.5 180 55", false},
    {"circle 0 0 10007", "circle 90 0 1", true}, /* a quarter of the Earth */
    {"circle 90 0 3335.9", "circle 60.01 77 0", true},
    {"circle 90 0 3335.8", "circle 59.99 77 0", false},
    /* boxes */
    {"box -5 41 10 51", "circle 48.85 2.35 0", true},
    {"box -5 41 10 51", "circle 52.5 13.4 0", false},
    {"box -5 41 10 51", "circle 51 2 0", true}, /* on its border */
    {"box -5 41 10 51", "circle 51.00001 2 0", false},
    {"box -5 41 10 51", "circle 52 2 111.3", true},
    {"box -5 41 10 51", "circle 52 2 111", false},
    {"box 170 -10 -170 10", "circle 0 180 0", true},
    {"box 170 -10 -170 10", "circle 0 -175 0", true},
    {"box 170 -10 -170 10", "circle 0 175 0", true},
    {"box 170 -10 -170 10", "circle 0 0 0", false},
    {"box -170 -10 170 10", "circle 0 180 0", false},
    {"box -170 -10 170 10", "circle 0 0 0", true},
    {"box -180 -90 180 90", "circle 89 77 0", true},
    {"box 0 -90 360 90", "circle -89 -77 0", true},
    {"box 350 -1 10 1", "circle 0 0 0", true}, /* longitudes of any turn */
    {"box 350 -1 10 1", "circle 0 -9.9 0", true},
    {"box 350 -1 10 1", "circle 0 11 0", false},
    {"box 0 0 10 10", "box 10 10 20 20", true}, /* a corner in common */
    {"box 0 0 10 10", "box 10.0001 0 20 10", false},
    {"box 0 0 10 10", "box 4 4 6 6", true}, /* one inside the other */
    {"box 175 0 -175 10", "box -178 2 -177 3", true},
    {"box 175 0 -175 10", "box 182 2 183 3", true},
    {"box 175 0 -175 10", "box -170 2 -165 3", false},
    /* poles: any longitude */
    {"box 0 80 10 90", "circle 90 123 0", true},
    {"box 0 80 10 90", "box 100 80 110 90", true},
    {"box 0 80 10 89", "box 100 80 110 89", false},
    {"box 0 80 10 90", "circle 89.9 100 12", true},
    {"box 0 80 10 90", "circle 89.9 100 11", false}, /* 11.1195 km from the pole */
    {"box 0 -90 10 -80", "circle -90 200 0", true},
    {"box 0 80 10 90", "circle -90 5 0", false},
    /* rings; edges are straight in longitude and latitude */
    {"ring 0 0 0 10 10 0", "circle 4.9 5 0", true},
    {"ring 0 0 0 10 10 0", "circle 5.1 5 0", false},
    {"ring 0 0 0 10 10 0 0 0", "circle 4.9 5 0", true},                  /* closed by itself */
    {"ring 0 0 0 10 10 0", "circle 5 5 0", true},                        /* on an edge */
    {"ring 0 0 0 10 10 10 10 0 8 0 8 8 2 8 2 0", "circle 5 4 0", false}, /* in the bay of a C */
    {"ring 0 0 0 10 10 10 10 0 8 0 8 8 2 8 2 0", "circle 5 9 0", true},
    {"ring 50 0 50 60 51 60 51 0", "circle 50.5 30 0", true}, /* the great circle would go by at 54 */
    {"ring 50 0 50 60 51 60 51 0", "circle 54 30 0", false},
    {"ring 10 170 10 -170 -10 -170 -10 170", "circle 0 180 0", true},
    {"ring 10 170 10 -170 -10 -170 -10 170", "circle 0 0 0", false},
    {"ring= 10 -170 10 170 -10 170 -10 -170", "circle 0 180 0", false}, /* the long way */
    {"ring= 10 -170 10 170 -10 170 -10 -170", "circle 0 0 0", true},
    {"ring= -90 -180 -90 180 90 180 90 -180", "circle 12 34 0", true},
    {"ring 60 0 60 120 60 240", "circle 90 0 0", true}, /* round the pole */
    {"ring 60 0 60 120 60 240", "circle 61 -30 0", true},
    {"ring 60 0 60 120 60 240", "circle 59 -30 0", false},
    {"ring 60 240 60 120 60 0 60 240", "circle 75 100 0", true}, /* the other way round */
    {"ring -60 0 -60 120 -60 240", "circle -90 0 0", true},
    {"ring -60 0 -60 120 -60 240", "circle 90 0 0", false},
    {"ring -60 0 -60 120 -60 240", "box -10 -70 10 -65", true},
    {"ring 0 0 0 10 10 0", "ring 9 9 9 1 1 9", true}, /* only edges cross */
    {"ring 0 0 0 10 10 0", "ring 9 9 9 2 2 9", false},
    {"ring 0 179 0 -179 2 180", "ring 1 179.9 1 -179.9 1.5 180", true},
    {"circle 5 5 1000", "ring 4.9 4.9 4.9 5.1 5.1 5", true},
    {"ring 0 0 0 20 20 20 20 0", "circle 10 10 1", true},
    /* lines */
    {"line 0 0 0 10", "circle 0.5 5 60", true},
    {"line 0 0 0 10", "circle 0.5 5 55", false},
    {"line 10 0 10 10 0 10", "circle 5 5 0", false}, /* encloses nothing */
    {"line -10 5 10 5", "box 0 0 10 1", true},
    {"line -10 -170 10 170", "box 179 -1 -179 1", true},
    {"line= -10 -170 10 170", "box 179 -1 -179 1", false},
    {"line 0 0 10 10", "line 0 10 10 0", true},
    {"line 0 0 10 10", "line 1 0 11 10", false},
    /* strips: a degree of the great circle, 100 km across */
    {"strip 0 0 0 30 100", "circle 0.44 15 0", true},
    {"strip 0 0 0 30 100", "circle 0.46 15 0", false},
    {"strip 0 0 0 30 100", "circle 0 30.5 0", false},
    {"strip 60 0 60 90 100", "circle 67.79 45 0",
     true}, /* the middle of the great circle is at 67.79 north */
    {"strip 60 0 60 90 100", "circle 60 45 0", false},
    {"strip 0 170 0 -170 100", "circle 0.4 180 0", true},
    {"strip 0 170 0 -170 0", "circle 0.4 180 40", false},
    {"strip 0 170 0 -170 0", "circle 0.4 180 45", true},
    {"strip 5 5 5 5 100", "circle 5.4 5 0", true}, /* no way to go: a circle */
    /* a corner alone is a place; none is nothing */
    {"ring 5 5", "circle 5 5 0", true},
    {"ring", "box -180 -90 180 90", false},
    {"circle 91 0 5", "box -180 -90 180 90", false},
    {"circle 0 0 -1", "box -180 -90 180 90", false},
};

static void
areas_meet_where_they_share_a_place(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (meet(cases[i].a, cases[i].b) != cases[i].meets)
            fail_msg("%s and %s: expected %d", cases[i].a, cases[i].b, cases[i].meets);
    }
}

/* A ring of ${n} corners on a circle of 1 degree about (0, 0). */
static void
draw_round(struct area_list *l, size_t n)
{
    area_begin(l, true);
    for (size_t i = 0; i < n; i++) {
        double part = 4.0 * (double)i / (double)n; /* a rhombus */

        area_corner(l, part < 2 ? 1 - part : part - 3, part < 1 ? part : part < 3 ? 2 - part : part - 4);
    }
    area_end(l, true);
}

static void
an_outline_that_is_too_long_is_taken_by_its_box(void **state)
{
    struct area_list many, place;
    struct arena arena;

    arena_init(&arena, 1 << 20);
    for (size_t n = LIMIT_AREA_CORNER_COUNT; n <= LIMIT_AREA_CORNER_COUNT + 1; n++) {
        arena_clear(&arena);
        area_list_init(&many, &arena);
        area_list_init(&place, &arena);
        draw_round(&many, n);
        area_add_circle(&place, 0.9, 0.9, 0); /* outside the rhombus, inside its box */
        assert_int_equal(area_list_meets(&many, &place), n > LIMIT_AREA_CORNER_COUNT);
        assert_false(many.failed);
    }
    arena_release(&arena);
}

/* Two parallel diagonals of ${n} corners each, 0.001 degrees apart: no box tells them apart. */
static bool
diagonals_meet(int n)
{
    struct area_list one, other;
    struct arena arena;
    bool meets;

    arena_init(&arena, 1 << 20);
    area_list_init(&one, &arena);
    area_list_init(&other, &arena);
    area_begin(&one, true);
    area_begin(&other, true);
    for (int i = 0; i < n; i++) {
        area_corner(&one, 40.0 * i / n, 40.0 * i / n);
        area_corner(&other, 40.0 * i / n + 0.001, 40.0 * i / n);
    }
    area_end(&one, false);
    area_end(&other, false);
    meets = area_list_meets(&one, &other);
    arena_release(&arena);
    return meets;
}

/* More than can be compared in time: it is shown. */
static void
what_takes_too_long_to_compare_counts_as_met(void **state)
{
    assert_false(diagonals_meet(2));
    assert_false(diagonals_meet(500));
    assert_true(diagonals_meet(4000));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_meet_where_they_share_a_place),
        cmocka_unit_test(an_outline_that_is_too_long_is_taken_by_its_box),
        cmocka_unit_test(what_takes_too_long_to_compare_counts_as_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
