/* Tracks over territories: boxes and polygons, what is far, and what cannot be told. The second reader is in tests/scenario/test_territory.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "types/registry.h"
#include "watch/rule.h"

static const char tle[] = "1 25544U 98067A   32071.00000000  .00016717  00000-0  10270-3 0  9000\n"
                          "2 25544  51.6400 208.9163 0006317  69.9862 290.2553 16.10000000100009\n";

struct asked {
    struct type_sgp4 mean;
    bool is_there;
};

static int
take(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct asked *a = cookie;

    a->is_there = true;
    return type->sgp4(msg, &a->mean, why);
}

static struct utc
at(const char *text)
{
    struct utc t;

    assert_int_equal(utc_parse(span_str(text), &t), 0);
    return t;
}

/* ${places}: lines of `territories`. */
static struct rule_table *
table(const char *places)
{
    struct rule_table *t = rule_table_new();
    char text[2000];
    struct why why;

    why_clear(&why);
    (void)snprintf(text, sizeof text, "form: RULES/1\nterritories:\n%s", places);
    if (rule_table_override(t, span_str(text), &why) != 0)
        fail_msg("%u:%u %s", why.line, why.column, why.note);
    return t;
}

static struct asked
elements(void)
{
    const struct convert how = {0};
    struct asked a = {.is_there = false};
    struct why why;

    why_clear(&why);
    if (registry_read(span_str(tle), "tle", &how, take, &a, &why) != 0)
        fail_msg("%s", why.note);
    assert_true(a.is_there);
    a.mean.name = "";
    return a;
}

#define PLACES                                                                                               \
    "  - {id: all, box: [-90, -180, 90, 180]}\n"                                                             \
    "  - {id: north, box: [70, -180, 90, 180]}\n"                                                            \
    "  - {id: edge, box: [52.2, -180, 53, 180]}\n"                                                           \
    "  - {id: across, box: [-10, 170, 10, -170]}\n"                                                          \
    "  - {id: same, polygon: [[-10, 170], [10, 170], [10, -170], [-10, -170]]}\n"                            \
    "  - {id: state, state: 250}\n"                                                                          \
    "  - {id: off, box: [54.5, -180, 56, 180]}\n"

static void
a_track_passes_what_lies_within_its_latitudes(void **state)
{
    struct rule_table *t = table(PLACES);
    struct asked a = elements();
    struct territory_pass p[LIMIT_TERRITORY_COUNT];
    struct territory_map m;
    struct figure f[FIGURES_MAX];
    struct why why;

    why_clear(&why);
    territory_map_make(&t->territories, NULL, &m);
    assert_int_equal(m.n, 7);
    assert_int_equal(m.made, 6);
    assert_string_equal(m.note[5], "there is no file of borders");
    assert_int_equal(
        territory_passes(&m, &a.mean, at("2032-03-11T19:12:00Z"), at("2032-03-12T03:12:00Z"), p, &why), 0);
    assert_true(p[0].is_known && p[0].passes == 1 && p[0].nearest_km <= 0 && p[0].share_percent > 99.9);
    assert_true(p[1].is_known && p[1].passes == 0 && p[1].nearest_km > 2 * TERRITORY_FAR_KM);
    /* The track goes as far as 51.80 N: 0.40 degrees are 44 km. */
    assert_true(p[2].is_known && p[2].passes >= 5 && p[2].nearest_km > 43 && p[2].nearest_km < 47);
    if (p[3].passes != p[4].passes)
        fail_msg("%zu %zu %g %g", p[3].passes, p[4].passes, p[3].nearest_km, p[4].nearest_km);
    assert_true(p[3].passes > 0 && p[3].passes == p[4].passes && utc_compare(p[3].first, p[4].first) == 0 &&
                utc_compare(p[3].last, p[4].last) == 0);
    assert_false(p[5].is_known);
    assert_true(p[6].is_known && p[6].passes == 0 && p[6].nearest_km > 298 && p[6].nearest_km < 302);

    /* Far is far: a rule that excludes it is left. The time moves, the words do not. */
    assert_int_equal(territory_figures(&p[1], at("2032-03-11T00:00:00Z"), f, 0), 3);
    assert_string_equal(f[0].text, "more than 500");
    assert_int_equal(territory_figures(&p[5], at("2032-03-11T00:00:00Z"), f, 0), 0);
    assert_int_equal(territory_figures(&p[3], at("2032-03-11T00:00:00Z"), f, 2), 7);
    assert_string_equal(f[2].name, "territory_km");
    assert_true(f[5].course == FIGURE_FALLS && f[5].value > 19 && f[6].value >= f[5].value);
    assert_true(strncmp(f[2].text, "0 (", 3) == 0 && strstr(f[2].text, " pass 2032-03-1") != NULL);
    territory_map_release(&m);
    free(t);
}

static void
a_window_that_says_nothing_gives_nothing(void **state)
{
    static const struct {
        const char *from, *to;
        int rc;
    } rows[] = {
        {"2032-03-11T00:00:00Z", "2032-03-11T00:00:00Z", 0},  /* one time alone */
        {"2032-03-11T01:00:00Z", "2032-03-11T00:00:00Z", -1}, /* the wrong way round */
        {"2032-03-11T00:00:00Z", "2032-04-11T00:00:00Z", -1}, /* longer than 30 days */
        {"2032-04-12T00:00:00Z", "2032-04-12T01:00:00Z", -1}, /* farther than that from the elements */
        {"2032-02-01T00:00:00Z", "2032-02-01T01:00:00Z", -1}};
    struct rule_table *t = table(PLACES);
    struct asked a = elements();
    struct territory_pass p[LIMIT_TERRITORY_COUNT];
    struct territory_map m;
    struct why why;

    territory_map_make(&t->territories, NULL, &m);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        why_clear(&why);
        if (territory_passes(&m, &a.mean, at(rows[i].from), at(rows[i].to), p, &why) != rows[i].rc)
            fail_msg("row %zu: %s", i, why.note);
    }
    territory_map_release(&m);
    free(t);
}

/* SGP4 ends before the window: what was reached is reached, what was not may come later. */
static void
a_track_that_is_cut_excludes_nothing(void **state)
{
    struct rule_table *t = table(PLACES);
    struct asked a = elements();
    struct territory_pass p[LIMIT_TERRITORY_COUNT];
    struct territory_map m;
    struct figure f[FIGURES_MAX];
    struct why why;

    why_clear(&why);
    a.mean.elements.no_kozai *= 16.6 / 16.1;
    territory_map_make(&t->territories, NULL, &m);
    assert_int_equal(
        territory_passes(&m, &a.mean, at("2032-03-11T00:00:00Z"), at("2032-03-12T00:00:00Z"), p, &why), 0);
    assert_true(p[0].is_known && p[0].is_cut && p[0].passes > 0 && p[0].share_percent < 50);
    assert_false(p[1].is_known);
    assert_int_equal(territory_figures(&p[0], at("2032-03-11T00:00:00Z"), f, 0), 5);
    assert_non_null(strstr(f[0].text, "of the window, cut)"));
    territory_map_release(&m);
    free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_track_passes_what_lies_within_its_latitudes),
        cmocka_unit_test(a_window_that_says_nothing_gives_nothing),
        cmocka_unit_test(a_track_that_is_cut_excludes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
