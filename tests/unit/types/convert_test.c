/* What formats cannot hold is refused with its field; keys do not depend on formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "types/registry.h"

struct visit {
    const char *format;
    bool alpha5;
    bool strict;
    struct buf out;
    struct why why; /* of the writer */
    struct subject subject;
    size_t warnings;
};

static void
count(void *cookie, const struct warning *w)
{
    ((struct visit *)cookie)->warnings++;
}

static int
write_record(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct visit *v = cookie;
    struct convert how = {.alpha5 = v->alpha5, .strict = v->strict, .warn = count, .cookie = v};

    (void)type->subject(msg, &v->subject);
    if (v->format != NULL)
        (void)registry_writer(type, v->format)->write(msg, &how, &v->out, &v->why);
    return 0;
}

static void
convert(struct visit *v, const char *text)
{
    struct convert how = {.strict = false};
    struct why why = {.code = WHY_NONE};

    why_clear(&v->why);
    buf_init(&v->out, 65536);
    if (registry_read(span_str(text), NULL, &how, write_record, v, &why) != 0)
        fail_msg("%u:%u %s: %s in %s", why.line, why.column, why.field, why.note, text);
}

/* A GP record with one member replaced. */
static const char *
gp(const char *key, const char *value)
{
    static char text[2048];
    static const char *const members[][2] = {
        {"OBJECT_NAME", "\"LANTERN\""},
        {"OBJECT_ID", "\"2031-004A\""},
        {"EPOCH", "\"2032-02-11T07:26:52.157760\""},
        {"MEAN_MOTION", "15.23498747"},
        {"ECCENTRICITY", "0.0023764"},
        {"INCLINATION", "97.5160"},
        {"RA_OF_ASC_NODE", "69.4642"},
        {"ARG_OF_PERICENTER", "228.7713"},
        {"MEAN_ANOMALY", "198.2104"},
        {"NORAD_CAT_ID", "48493"},
        {"BSTAR", "0.76643E-3"},
        {"MEAN_MOTION_DOT", "0.00000760"},
        {"MEAN_MOTION_DDOT", "0"},
        {"ELEMENT_SET_NO", "999"},
        {"REV_AT_EPOCH", "5782"},
    };
    int n = snprintf(text, sizeof text, "{");

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s\"%s\":%s", i > 0 ? "," : "", members[i][0],
                      strcmp(members[i][0], key) == 0 ? value : members[i][1]);
    snprintf(text + n, sizeof text - (size_t)n, "%s%s%s%s}", strstr(text, key) == NULL ? ",\"" : "",
             strstr(text, key) == NULL ? key : "", strstr(text, key) == NULL ? "\":" : "",
             strstr(text, key) == NULL ? value : "");
    return text;
}

static void
a_tle_is_written_column_by_column(void **state)
{
    struct visit v = {.format = "tle"};

    convert(&v, gp("", ""));
    assert_int_equal(v.why.code, WHY_NONE);
    assert_string_equal(buf_cstr(&v.out),
                        "LANTERN\n"
                        "1 48493  31004A   32042.31032590  .00000760  00000+0  76643-3    9991\n"
                        "2 48493  97.5160  69.4642 0023764 228.7713 198.2104 15.23498747 57828\n");
    buf_release(&v.out);
}

static void
a_tle_refuses_what_it_cannot_hold(void **state)
{
    static const char *const cases[][2] = {
        {"NORAD_CAT_ID", "100000"},
        {"NORAD_CAT_ID", "0"},
        {"ECCENTRICITY", "0.00237641"},
        {"BSTAR", "0.766431E-3"},
        {"BSTAR", "1E-20"},
        {"BSTAR", "1E+10"},
        {"INCLINATION", "97.51601"},
        {"RA_OF_ASC_NODE", "-0.5"},
        {"ARG_OF_PERICENTER", "0.00001"},
        {"MEAN_ANOMALY", "198.21045"},
        {"MEAN_MOTION", "15.234987471"},
        {"MEAN_MOTION_DOT", "1.0"},
        {"MEAN_MOTION_DOT", "0.000000001"},
        {"MEAN_MOTION_DDOT", "0.1234567"},
        {"EPOCH", "\"2032-02-11T07:26:52.157761\""},
        {"EPOCH", "\"2032-02-11T07:26:52.1577600001\""},
        {"EPOCH", "\"2057-01-01T00:00:00\""},
        {"EPOCH", "\"2016-12-31T23:59:60\""},
        {"OBJECT_ID", "\"2057-004A\""},
        {"OBJECT_ID", "\"SOMETHING\""},
        {"OBJECT_NAME", "\"A NAME OF MORE THAN 24 COLUMNS\""},
        {"REV_AT_EPOCH", "100000"},
        {"CENTER_NAME", "\"MOON\""},
        {"REF_FRAME", "\"GCRF\""},
        {"TIME_SYSTEM", "\"TAI\""},
        {"MEAN_ELEMENT_THEORY", "\"SGP4-XP\""},
        {"BTERM", "0.1"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct visit v = {.format = "tle"};

        convert(&v, gp(cases[i][0], cases[i][1]));
        if (v.why.code != WHY_CANNOT_HOLD)
            fail_msg("%s %s was written: %s", cases[i][0], cases[i][1], buf_cstr(&v.out));
        assert_string_equal(v.why.field, cases[i][0]);
        assert_int_equal(v.out.n, 0);
        buf_release(&v.out);
    }
}

static void
alpha5_is_written_only_when_asked_for(void **state)
{
    static const struct {
        const char *number, *columns;
    } cases[] = {{"100000", "1 A0000 "}, {"148493", "1 E8493 "}, {"182931", "1 J2931 "},
                 {"234018", "1 P4018 "}, {"301928", "1 W1928 "}, {"339999", "1 Z9999 "}};
    struct visit v = {.format = "tle", .alpha5 = true};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        convert(&v, gp("NORAD_CAT_ID", cases[i].number));
        assert_int_equal(v.why.code, WHY_NONE);
        assert_non_null(strstr(buf_cstr(&v.out), cases[i].columns));
        buf_release(&v.out);
    }
    convert(&v, gp("NORAD_CAT_ID", "340000"));
    assert_int_equal(v.why.code, WHY_CANNOT_HOLD);
    buf_release(&v.out);
}

static void
csv_refuses_what_would_change_meaning_and_names_what_is_lost(void **state)
{
    struct visit v = {.format = "omm-csv"};

    convert(&v, gp("REF_FRAME", "\"GCRF\""));
    assert_int_equal(v.why.code, WHY_CANNOT_HOLD);
    assert_string_equal(v.why.field, "REF_FRAME");
    buf_release(&v.out);
    convert(&v, gp("PERIOD", "\"94.5\""));
    assert_int_equal(v.why.code, WHY_NONE);
    assert_int_equal(v.warnings, 1);
    buf_release(&v.out);
}

static void
strict_writing_refuses_what_would_be_lost(void **state)
{
    static const char *const formats[] = {"omm-csv", "tle"};

    for (size_t i = 0; i < 2; i++) {
        struct visit v = {.format = formats[i], .strict = true};

        convert(&v, gp("PERIOD", "\"94.5\""));
        assert_int_equal(v.why.code, WHY_CANNOT_HOLD);
        assert_string_equal(v.why.field, "PERIOD");
        assert_int_equal(v.out.n, 0);
        buf_release(&v.out);
        convert(&v, gp("", ""));
        assert_int_equal(v.why.code, WHY_NONE);
        buf_release(&v.out);
    }
}

/* As Canada's alerts have it: the schema wants the element, and nothing in it. */
static void
an_empty_value_of_a_pair_keeps_its_element(void **state)
{
    struct buf text;
    struct visit v = {.format = "cap"};

    buf_init(&text, 65536);
    assert_int_equal(file_read("../../../node/types/public_alert/golden/20-no-value.cap", &text), 0);
    convert(&v, buf_cstr(&text));
    assert_int_equal(v.why.code, WHY_NONE);
    assert_non_null(
        strstr(buf_cstr(&v.out), "<valueName>layer:designation</valueName>\n      <value></value>\n"));
    buf_release(&v.out);
    buf_release(&text);
}

static void
strict_writing_insists_on_mandatory_keywords(void **state)
{
    static const char *const formats[] = {"omm-kvn", "omm-xml"};

    for (size_t i = 0; i < 2; i++) {
        struct visit v = {.format = formats[i], .strict = true};

        convert(&v, gp("", ""));
        assert_int_equal(v.why.code, WHY_CANNOT_HOLD);
        assert_string_equal(v.why.field, "CREATION_DATE");
        buf_release(&v.out);
    }
}

static void
an_orbit_is_keyed_by_number_then_designator_then_name(void **state)
{
    struct visit v = {.format = NULL};

    convert(&v, gp("", ""));
    assert_string_equal(v.subject.key, "48493");
    assert_string_equal(v.subject.object[0], "norad:48493");
    assert_string_equal(v.subject.object[1], "cospar:2031-004A");
    buf_release(&v.out);
    convert(&v, gp("NORAD_CAT_ID", "0"));
    assert_string_equal(v.subject.key, "2031-004A");
    assert_string_equal(v.subject.object[0], "cospar:2031-004A");
    buf_release(&v.out);
}

/* The record carries the time as it came; only its place in time is UTC. */
static void
an_ephemeris_in_another_time_system_stands_at_its_utc(void **state)
{
    static const char *const cases[][2] = {{"UTC", "2032-02-11T00:00:00.000Z"},
                                           {"GPS", "2032-02-10T23:59:42.000Z"},
                                           {"TT ", "2032-02-10T23:58:50.816Z"},
                                           {"TCB", "2032-02-10T23:58:23.849Z"},
                                           {"MET", "1858-11-17T00:00:00.000Z"}};
    char utc[UTC_TEXT_MAX];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct visit v = {.format = "oem-kvn"};
        struct buf text;

        buf_init(&text, 65536);
        assert_int_equal(file_read("../../../node/types/ephemeris/golden/02-segments.oem-kvn", &text), 0);
        (void)buf_cstr(&text);
        for (char *at = (char *)text.p; (at = strstr(at, "= UTC")) != NULL; at += 5)
            memcpy(at + 2, cases[i][0], 3);
        convert(&v, (char *)text.p);
        utc_print(v.subject.epoch, 3, utc);
        assert_string_equal(utc, cases[i][1]);
        assert_non_null(strstr(buf_cstr(&v.out), "START_TIME = 2032-02-11T00:00:00\n"));
        buf_release(&v.out);
        buf_release(&text);
    }
}

#define SENTRY                                                                                               \
    "{\"signature\":{\"source\":\"NASA/JPL Sentry Data "                                                     \
    "API\",\"version\":\"2.0\"},\"count\":\"1\",\"data\":[{\"des\":\"2031 AQ7\","                            \
    "\"ip\":\"1e-5\",\"ps_cum\":\"-2\",\"diameter\":\"0.05\",\"last_obs\":\"2031-10-3.5\"}]}"
#define NEOCC                                                                                                \
    "Last Update: 2031-10-04 05:49 UTC\n x | y |\n Num/des. Name |m|*=Y|Date/Time|IP max|PS max|TS|Vel "     \
    "km/s|Years|IP cum|PS cum|\nAAA\n"                                                                       \
    "2031AQ7 | 50 | * | 2056-09-24 16:19 | 1E-5 | -2 | 0 | 16.7 | 2056-2113 | 1E-5 | -2 |\n"

static void
risks_of_two_lists_are_of_one_object_and_replace_not_each_other(void **state)
{
    struct visit a = {.format = "json"}, b = {.format = "json"};
    char text[UTC_TEXT_MAX];

    convert(&a, SENTRY);
    convert(&b, NEOCC);
    assert_string_equal(a.subject.object[0], "neo:2031AQ7");
    assert_string_equal(b.subject.object[0], "neo:2031AQ7");
    assert_string_equal(a.subject.key, "2031AQ7@sentry");
    assert_string_equal(b.subject.key, "2031AQ7@neocc");
    utc_print(a.subject.epoch, 0, text);
    assert_string_equal(text, "2031-10-03T12:00:00Z");
    utc_print(b.subject.epoch, 0, text);
    assert_string_equal(text, "2031-10-04T05:49:00Z");
    assert_non_null(strstr(buf_cstr(&a.out), "\"diameter_km\":0.05,"));
    assert_non_null(strstr(buf_cstr(&b.out), "\"diameter_m\":50,"));
    buf_release(&a.out);
    buf_release(&b.out);
}

/* The golden CDM, with its objects named the other way round. */
static void
a_conjunction_is_keyed_alike_whichever_object_comes_first(void **state)
{
    struct buf text;
    struct visit v = {.format = NULL};
    char *first;
    char *second;

    buf_init(&text, 65536);
    assert_int_equal(file_read("../../../node/types/conjunction/golden/02-least.cdm-kvn", &text), 0);
    convert(&v, buf_cstr(&text));
    assert_string_equal(v.subject.key, "88902+148493@2032-02-13T22:37");
    assert_string_equal(v.subject.object[0], "norad:148493");
    assert_string_equal(v.subject.object[1], "norad:88902");
    buf_release(&v.out);
    first = strstr((char *)text.p, "OBJECT=OBJECT1");
    second = strstr((char *)text.p, "OBJECT=OBJECT2");
    first[13] = '2';
    second[13] = '1';
    convert(&v, buf_cstr(&text));
    assert_string_equal(v.subject.key, "88902+148493@2032-02-13T22:37");
    buf_release(&v.out);
    buf_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tle_is_written_column_by_column),
        cmocka_unit_test(a_tle_refuses_what_it_cannot_hold),
        cmocka_unit_test(alpha5_is_written_only_when_asked_for),
        cmocka_unit_test(csv_refuses_what_would_change_meaning_and_names_what_is_lost),
        cmocka_unit_test(strict_writing_refuses_what_would_be_lost),
        cmocka_unit_test(strict_writing_insists_on_mandatory_keywords),
        cmocka_unit_test(an_empty_value_of_a_pair_keeps_its_element),
        cmocka_unit_test(an_orbit_is_keyed_by_number_then_designator_then_name),
        cmocka_unit_test(an_ephemeris_in_another_time_system_stands_at_its_utc),
        cmocka_unit_test(a_conjunction_is_keyed_alike_whichever_object_comes_first),
        cmocka_unit_test(risks_of_two_lists_are_of_one_object_and_replace_not_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
