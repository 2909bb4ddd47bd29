/* What two claims on one body have in common: at the boundary of place and time, and without what is not stated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "astro/sphere.h"
#include "types/notice.h"
#include "watch/overlap.h"

#define DEGREE_KM (SPHERE_MOON_KM * 3.14159265358979323846 / 180)

static struct utc
at(const char *text)
{
    struct utc t;

    assert_int_equal(utc_parse(span_str(text), &t), 0);
    return t;
}

static struct type_extent
claim(double longitude_deg, double radius_km, const char *start, const char *end, const char *issuer)
{
    struct type_extent e = {.body_km = SPHERE_MOON_KM,
                            .zone = {0, longitude_deg, radius_km, at(start), at(end)},
                            .has_place = true,
                            .has_radius = true};

    (void)snprintf(e.issuer, sizeof e.issuer, "%s", issuer);
    return e;
}

static const struct figure *
find(const struct figure *f, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(f[i].name, name) == 0)
            return &f[i];
    }
    return NULL;
}

#define START "2032-09-14T00:00:00Z"
#define END   "2032-10-02T00:00:00Z"

static void
figures_of_a_pair(void **state)
{
    static const struct {
        double longitude_deg, radius_km;
        const char *start, *end, *issuer;
        int overlap; /* -1: not stated */
        const char *text;
        double hours; /* in common; -1: not stated */
        int other;
    } rows[] = {
        {1, DEGREE_KM - 10, START, END, "B", 1, "1 (by 0.000 km, 2032-09-14T00:00Z to 2032-10-02T00:00Z)",
         432, 1},
        {1, DEGREE_KM - 10.001, START, END, "B", 0, "0", 432, 1},
        {0, 5, START, END, "A", 1, "1 (by 15.000 km, 2032-09-14T00:00Z to 2032-10-02T00:00Z)", 432, 0},
        {0, 5, END, "2032-11-01T00:00:00Z", "B", 1,
         "1 (by 15.000 km, 2032-10-02T00:00Z to 2032-10-02T00:00Z)", 0, 1},
        {0, 5, "2032-10-02T00:00:01Z", "2032-11-01T00:00:00Z", "B", 0, "0 (not at one time)", -1, 1},
    };
    struct type_extent a = claim(0, 10, START, END, "A"), b;
    struct figure f[FIGURES_MAX];
    size_t n;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        b = claim(rows[i].longitude_deg, rows[i].radius_km, rows[i].start, rows[i].end, rows[i].issuer);
        /* The same whichever comes first. */
        for (int turned = 0; turned < 2; turned++) {
            n = overlap_figures(turned ? &b : &a, turned ? &a : &b, at("2032-09-01T00:00:00Z"), f);
            for (size_t k = 0; k < n; k++) {
                const char *const *name = overlap_figure_names;

                while (*name != NULL && strcmp(*name, f[k].name) != 0)
                    name++;
                assert_non_null(*name);
            }
            if (find(f, n, "overlap")->value != rows[i].overlap ||
                strcmp(find(f, n, "overlap")->text, rows[i].text) != 0)
                fail_msg("row %zu: %s", i, find(f, n, "overlap")->text);
            assert_int_equal(overlap_is(turned ? &b : &a, turned ? &a : &b), rows[i].overlap > 0);
            assert_true((find(f, n, "overlap_h") == NULL) == (rows[i].hours < 0));
            assert_true(rows[i].hours < 0 || find(f, n, "overlap_h")->value == rows[i].hours);
            assert_true(find(f, n, "overlap_other_issuer")->value == rows[i].other);
        }
    }
    n = overlap_figures(&a, &a, at("2032-09-01T00:00:00Z"), f);
    assert_true(find(f, n, "overlap_opens_h")->value == 13 * 24 &&
                find(f, n, "overlap_closes_h")->value == 31 * 24);
    assert_true(find(f, n, "overlap_gap_km")->value == -20);
}

static void
what_is_over_or_elsewhere_does_not_overlap_and_what_has_no_place_is_not_compared(void **state)
{
    struct type_extent a = claim(0, 10, START, END, "A"), b = a;
    struct figure f[FIGURES_MAX];
    size_t n;

    b.is_over = true;
    n = overlap_figures(&a, &b, at(START), f);
    assert_true(n == 2 && find(f, n, "overlap")->value == 0 && !overlap_is(&a, &b) && !overlap_is(&b, &a));
    assert_string_equal(find(f, n, "overlap")->text, "0 (one of them is over)");
    b = a;
    b.body_km = SPHERE_EARTH_KM;
    n = overlap_figures(&a, &b, at(START), f);
    assert_true(find(f, n, "overlap")->value == 0 && !overlap_is(&a, &b));
    b = a;
    b.has_place = false;
    assert_false(overlap_is(&a, &b) || overlap_is(&b, &a));
    n = overlap_figures(&a, &b, at(START), f);
    assert_null(find(f, n, "overlap"));
    assert_null(find(f, n, "overlap_gap_km"));
    assert_non_null(find(f, n, "overlap_closes_h")); /* an alert that is open ends by time all the same */
}

static void
long_labels_end_in_a_hash_and_stay_apart(void **state)
{
    char id[200], a[EXTENT_LABEL_MAX], b[EXTENT_LABEL_MAX];

    notice_label("Z-1", "Agency", a, sizeof a);
    assert_string_equal(a, "Z-1 of Agency");
    notice_label("Z-1", NULL, a, sizeof a);
    assert_string_equal(a, "Z-1");
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = 0;
    notice_label(id, "Agency", a, sizeof a);
    notice_label(id, "Agencx", b, sizeof b);
    assert_true(strlen(a) < sizeof a && strlen(b) == sizeof b - 1);
    assert_string_not_equal(a, b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_of_a_pair),
        cmocka_unit_test(what_is_over_or_elsewhere_does_not_overlap_and_what_has_no_place_is_not_compared),
        cmocka_unit_test(long_labels_end_in_a_hash_and_stay_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
