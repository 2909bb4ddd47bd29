/* Regions in words, and which records fit a region and an expression. */
#include "sample.h"

#include "core/region.h"
#include "core/sift.h"

static const struct {
    const char *text;
    uint32_t column;
    const char *note; /* part of it */
} bad[] = {
    {"nowhere", 1, "\"nowhere\": expected box:W,S,E,N"},
    {"box:1,2,3", 10, "nothing: expected N of W,S,E,N"},
    {"box:1,2,3,4,5", 13, "\"5\": expected nothing more"},
    {"box:1,2,x,4", 9, "\"x\": expected E of W,S,E,N"},
    {"box:1,91,3,92", 7, "expected S of W,S,E,N"},
    {"box:1,5,3,4", 5, "expected S at most N"},
    {"box:nan,0,1,1", 5, "expected W"},
    {"circle:0,0", 11, "expected KM"},
    {"circle:0,0,-1", 8, "expected KM"},
    {"circle:0,0,30000", 12, "expected KM"},
    {"circle:2.35,148.85,1 ;box:0,0,1", 32, "expected N"},
    {"circle:148.85,2.35,1", 8, "expected LAT"},
    {"polygon:0,0 1,1", 9, "three corners or more"},
    {"polygon:0,0 1,1 2", 17, "\"2\": expected LAT,LON"},
    {"polygon:", 9, "three corners or more"},
    {"box:0,0,1,1;", 13, "nothing: expected box:"},
    {" ", 2, "expected box:"},
};

static void
what_is_no_region_is_refused_at_its_column(void **state)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct area_list list;
        struct arena arena;
        struct why why;

        arena_init(&arena, LIMIT_API_BYTES);
        area_list_init(&list, &arena);
        why_clear(&why);
        if (region_read(span_str(bad[i].text), &list, &why) == 0)
            fail_msg("%s: expected a refusal", bad[i].text);
        if (why.line != 1 || why.column != bad[i].column || strstr(why.note, bad[i].note) == NULL)
            fail_msg("%s: %u:%u %s", bad[i].text, why.line, why.column, why.note);
        arena_release(&arena);
    }
}

static void
a_region_has_bounds(void **state)
{
    struct area_list list;
    struct arena arena;
    struct buf text;
    struct why why;

    arena_init(&arena, LIMIT_API_BYTES);
    buf_init(&text, LIMIT_API_BYTES);
    buf_put_str(&text, "polygon:");
    for (int i = 0; i < 513; i++) {
        arena_clear(&arena);
        area_list_init(&list, &arena);
        why_clear(&why);
        if (i >= 3)
            assert_int_equal(region_read(buf_span(&text), &list, &why), 0);
        buf_put_fmt(&text, " %d,%d", i % 90, i % 3);
    }
    area_list_init(&list, &arena);
    why_clear(&why);
    assert_int_equal(region_read(buf_span(&text), &list, &why), -1);
    assert_non_null(strstr(why.note, "at most 512 corners"));
    while (text.n <= LIMIT_REGION_BYTES)
        buf_put_str(&text, "          ");
    why_clear(&why);
    assert_int_equal(region_read(buf_span(&text), &list, &why), -1);
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
    buf_release(&text);
    arena_release(&arena);
}

#define PACIFIC "box:-165,-30,-135,5"

/* Where the records of each type are that state a place. */
static const struct {
    const char *of, *region, *where;
    bool fits;
} cases[] = {
    {"distress/golden/01-full.distress-json", PACIFIC, "", true},
    {"distress/golden/01-full.distress-json", "circle:-12.4021,-151.2207,0", "", true},
    {"distress/golden/01-full.distress-json", "circle:-12.4021,-151.17,0", "",
     false}, /* 5.5 km: it is 4.5 km off at most */
    {"distress/golden/01-full.distress-json", "circle:-12.4021,-151.17,1.1", "", true},
    {"distress/golden/02-least.distress-json", "box:-180,-90,180,90", "", false}, /* states no place */
    /* CAP: a triangle and a circle of 70 km */
    {"public_alert/golden/01-full.cap", "circle:-23.9,-141,0", "", true},
    {"public_alert/golden/01-full.cap", "circle:1,-159,0", "", false}, /* of its box, not of its triangle */
    {"public_alert/golden/01-full.cap", "circle:-12.31,-151.8,0", "", true},
    {"public_alert/golden/01-full.cap", "circle:-12.31,-151.9,0", "", false},
    {"public_alert/golden/01-full.cap", "circle:0,0,1; circle:-12.31,-151.8,0", "", true}, /* one of two */
    /* RDM: the impact point, and 70 km about the line from -24,-160.5 to 2.5,-140.2 */
    {"reentry/golden/01-full.rdm-kvn", "circle:-12.31,-151.204,0", "", true},
    {"reentry/golden/01-full.rdm-kvn", "circle:-24,-160.5,36", "", true},
    {"reentry/golden/01-full.rdm-kvn", "circle:-11,-150,30", "", true},
    {"reentry/golden/01-full.rdm-kvn", "circle:2.5,-160,200", "", false},
    {"reentry/golden/20-decay.tip-json", "box:-180,-90,180,90", "", true},
    {"launch/golden/01-full.launch-json", "circle:30.4,130.975,0.001", "", true},
    {"launch/golden/01-full.launch-json", "circle:30.4,130.97,0.1", "", false},
    /* points of possible impact: -2.1,-110 4.5,-62 11,10.5 17.2,62 */
    {"neo_warning/golden/01-full.neo_warning-json", "box:-70,0,-60,10", "", true},
    {"neo_warning/golden/01-full.neo_warning-json", "circle:7.75,-25.75,1", "", true}, /* half way */
    {"neo_warning/golden/01-full.neo_warning-json", "box:-70,10,-60,20", "", false},
    /* the Moon is not the Earth */
    {"lunar_activity/golden/01-full.lunar_activity-json", "box:-180,-90,180,90", "", false},
    {"conjunction/golden/01-full.cdm-kvn", "box:-180,-90,180,90", "", false},
    /* both have to hold */
    {"distress/golden/01-full.distress-json", PACIFIC, "distress == 1", true},
    {"distress/golden/01-full.distress-json", PACIFIC, "distress == 0", false},
    {"distress/golden/01-full.distress-json", PACIFIC, "pc > 0", false}, /* unknown */
    {"distress/golden/01-full.distress-json", "box:0,0,1,1", "distress == 1", false},
    {"distress/golden/01-full.distress-json", "", "distress == 1", true},
    {"distress/golden/01-full.distress-json", "", "", true},
};

static bool
fits(const char *region, const char *where, const struct where_record *record)
{
    struct arena arena;
    struct sift s;
    struct why why;
    bool does;

    arena_init(&arena, LIMIT_API_BYTES);
    why_clear(&why);
    if (sift_read(&s, span_str(region), span_str(where), &arena, &why) != 0)
        fail_msg("%s %s: %s: %s", region, where, why.field, why.note);
    does = sift_fits(&s, record);
    arena_release(&arena);
    return does;
}

static void
a_record_fits_where_its_place_and_its_figures_do(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample s;

        sample_golden(&s, cases[i].of);
        if (fits(cases[i].region, cases[i].where, &s.record) != cases[i].fits)
            fail_msg("%s in %s where %s: expected %d", cases[i].of, cases[i].region, cases[i].where,
                     cases[i].fits);
        sample_release(&s);
    }
}

#define ITEM(geometry, bbox)                                                                                 \
    "{\"type\":\"Feature\",\"stac_version\":\"1.1.0\",\"id\":\"a\",\"geometry\":" geometry ",\"bbox\":" bbox \
    ",\"properties\":{\"datetime\":\"2032-02-11T00:00:00Z\"},\"links\":[],\"assets\":{}}"
#define SQUARE "[[[0,0],[10,0],[10,10],[0,10],[0,0]]"

static const struct {
    const char *item, *region;
    bool fits;
} images[] = {
    {ITEM("{\"type\":\"Point\",\"coordinates\":[7.5,-12.25]}", "[7,-13,8,-12]"), "circle:-12.25,7.5,0", true},
    {ITEM("{\"type\":\"Point\",\"coordinates\":[7.5,-12.25]}", "[7,-13,8,-12]"), "circle:-12.5,7.5,1", false},
    {ITEM("{\"type\":\"MultiPoint\",\"coordinates\":[[0,0],[10,10]]}", "[0,0,10,10]"), "circle:10,10,1",
     true},
    {ITEM("{\"type\":\"MultiPoint\",\"coordinates\":[[0,0],[10,10]]}", "[0,0,10,10]"), "circle:5,5,1", false},
    {ITEM("{\"type\":\"LineString\",\"coordinates\":[[0,0],[10,10,5]]}", "[0,0,10,10]"), "circle:5,5,1",
     true},
    {ITEM("{\"coordinates\":" SQUARE "],\"type\":\"Polygon\"}", "[0,0,10,10]"), "circle:5,5,1", true},
    {ITEM("{\"type\":\"Polygon\",\"coordinates\":" SQUARE "]}", "[0,0,10,10]"), "circle:15,5,1", false},
    /* a hole is left out: the ring around it counts */
    {ITEM("{\"type\":\"Polygon\",\"coordinates\":" SQUARE ",[[20,20],[20,30],[30,30],[20,20]]]}",
          "[0,0,30,30]"),
     "circle:25,22,1", false},
    {ITEM("{\"type\":\"MultiPolygon\",\"coordinates\":[" SQUARE "],[[[20,20],[20,30],[30,30],[20,20]]]]}",
          "[0,0,30,30]"),
     "circle:25,22,1", true},
    {ITEM("{\"type\":\"GeometryCollection\",\"geometries\":[{\"type\":\"Point\",\"coordinates\":[50,50]},{"
          "\"type\":"
          "\"Polygon\",\"coordinates\":" SQUARE "]}]}",
          "[0,0,50,50]"),
     "circle:50,50,1", true},
    /* over the antimeridian: cut as RFC 7946 asks, and not cut */
    {ITEM("{\"type\":\"MultiPolygon\",\"coordinates\":[[[[170,0],[180,0],[180,10],[170,10],[170,0]]],[[[-180,"
          "0],[-170,0],["
          "-170,10],[-180,10],[-180,0]]]]}",
          "[170,0,-170,10]"),
     "circle:5,180,1", true},
    {ITEM("{\"type\":\"MultiPolygon\",\"coordinates\":[[[[170,0],[180,0],[180,10],[170,10],[170,0]]],[[[-180,"
          "0],[-170,0],["
          "-170,10],[-180,10],[-180,0]]]]}",
          "[170,0,-170,10]"),
     "circle:5,0,1", false},
    {ITEM("{\"type\":\"Polygon\",\"coordinates\":[[[170,0],[-170,0],[-170,10],[170,10],[170,0]]]}",
          "[170,0,-170,10]"),
     "circle:5,180,1", true},
    {ITEM("{\"type\":\"Polygon\",\"coordinates\":[[[170,0],[-170,0],[-170,10],[170,10],[170,0]]]}",
          "[170,0,-170,10]"),
     "circle:5,0,1", false},
    {ITEM("{\"type\":\"Polygon\",\"coordinates\":[[[170,0],[-170,0],[-170,10],[170,10],[170,0]]]}",
          "[-170,0,0,170,10,9]"),
     "circle:5,0,1", true}, /* its bbox says that it goes the long way */
    /* no geometry: the bbox, with or without heights */
    {ITEM("null", "[7.0,-13,8.0,-12]"), "circle:-12.5,7.5,1", true},
    {ITEM("null", "[7.0,-13,-400,8.0,-12,9000]"), "circle:-12.5,7.5,1", true},
    {ITEM("null", "[7.0,-13,-400,8.0,-12,9000]"), "circle:-14,7.5,1", false},
    {ITEM("null", "[170,-10,-170,10]"), "circle:0,180,1", true},
    /* what is no geometry says no place */
    {ITEM("{\"type\":\"Polygon\",\"coordinates\":[[[[[[[[[[0,0],[1,1]]]]]]]]]]}", "[0,0,1,1]"),
     "box:-180,-90,180,90", false},
    {ITEM("{\"type\":\"Point\",\"coordinates\":[]}", "[0,0,1,1]"), "box:-180,-90,180,90", false},
    {ITEM("{\"type\":\"Point\",\"coordinates\":[500000000,99]}", "[0,0,1,1]"), "box:-180,-90,180,90", false},
};

static void
an_image_is_where_its_geometry_is(void **state)
{
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        struct sample s;

        sample_read(&s, span_str(images[i].item));
        if (fits(images[i].region, "", &s.record) != images[i].fits)
            fail_msg("%s in %s: expected %d", images[i].item, images[i].region, images[i].fits);
        sample_release(&s);
    }
}

/* Its header alone would tell when, and of what type, somebody speaks to others. */
static void
a_sealed_record_that_cannot_be_opened_fits_nothing(void **state)
{
    struct sample s;

    sample_golden(&s, "distress/golden/01-full.distress-json");
    s.header.sealing = PARALLAX__V1__SEALING__LOG;
    assert_true(fits(PACIFIC, "type == distress", &s.record)); /* opened: like any other */
    s.record.msg = NULL;
    assert_false(fits("", "type == distress", &s.record));
    assert_false(fits("", "not type == orbit", &s.record));
    assert_false(fits("", "not stated(pc)", &s.record));
    assert_false(fits("box:-180,-90,180,90", "", &s.record));
    assert_true(fits("", "", &s.record));           /* nothing was asked of it */
    s.header.sealing = PARALLAX__V1__SEALING__NONE; /* the body is gone, and anybody may read its header */
    assert_true(fits("", "type == distress", &s.record));
    sample_release(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_region_is_refused_at_its_column),
        cmocka_unit_test(a_region_has_bounds),
        cmocka_unit_test(a_record_fits_where_its_place_and_its_figures_do),
        cmocka_unit_test(an_image_is_where_its_geometry_is),
        cmocka_unit_test(a_sealed_record_that_cannot_be_opened_fits_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
