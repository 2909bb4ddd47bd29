/* Figures for alert rules, from the formats that agencies serve: the units that differ, and what is not stated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utc.h"
#include "types/figure.h"
#include "types/registry.h"

struct asked {
    struct utc at;
    struct figure figure[FIGURES_MAX];
    size_t n;
};

static int
take(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct asked *a = cookie;

    (void)why;
    a->n = type->figures(msg, a->at, a->figure);
    for (size_t i = 0; i < a->n; i++) {
        bool is_named = false;

        for (size_t k = 0; type->figure_names[k] != NULL; k++)
            is_named = is_named || strcmp(type->figure_names[k], a->figure[i].name) == 0;
        assert_true(is_named);
    }
    return 0;
}

static void
ask(const char *format, const char *at, const char *text, struct asked *a)
{
    const struct convert how = {0};
    struct why why = {.code = WHY_NONE};

    *a = (struct asked){.n = 0};
    assert_int_equal(utc_parse(span_str(at), &a->at), 0);
    if (registry_read(span_str(text), format, &how, take, a, &why) != 0)
        fail_msg("%s: %s", text, why.note);
}

static const struct figure *
find(const struct asked *a, const char *name)
{
    for (size_t i = 0; i < a->n; i++) {
        if (strcmp(a->figure[i].name, name) == 0)
            return &a->figure[i];
    }
    return NULL;
}

static void
assert_value(const struct asked *a, const char *name, double value)
{
    const struct figure *f = find(a, name);

    if (f == NULL)
        fail_msg("no %s", name);
    else if (f->value != value)
        fail_msg("%s is %.17g, expected %.17g", name, f->value, value);
}

#define SENTRY(members)                                                                                      \
    "{\"signature\":{\"source\":\"x\",\"version\":\"2.0\"},\"count\":\"1\",\"data\":[{\"des\":\"2031 "       \
    "AQ7\"," members "}]}"

#define NEOCC(metres, torino)                                                                                \
    "Last Update: 2031-10-04 05:49 UTC\n"                                                                    \
    "            Object         |    Diameter    |             VI Max                                   |  " \
    "    "                                                                                                   \
    "    VIs                  |\n"                                                                           \
    " Num/des.       Name       |   m  |   *=Y   |      Date/Time   |  IP max  | PS max |TS  | Vel km/s | "  \
    "Years     | IP cum   | PS cum |\n"                                                                      \
    "AAAAAAAAA AAAAAAAAAAAAAAAA | NNNN |    A    | YYYY-MM-DD HH:MM | EEEEEEEE | NNN.NN | NN |  NNN.NN  | "  \
    "YYYY-YYYY | EEEEEEEE | NNN.NN |\n"                                                                      \
    "2031AQ7                    | " metres " |    *    | 2056-09-24 16:19 |  2.98E-7 |  -2.72 |" torino      \
    " |   16.72  | 2056-2113 |  8.98E-7 |  -2.70 |\n"

static void
sentry_states_kilometres_and_neocc_metres(void **state)
{
    struct asked a;

    ask("sentry-json", "2031-01-01T00:00:00Z",
        SENTRY("\"ip\":\"0.02\",\"ps_cum\":\"-1.5\",\"ps_max\":\"-1.6\",\"ts_max\":null,\"n_imp\":1,"
               "\"range\":\"2041-2050\",\"h\":\"28\",\"diameter\":\"0.01\""),
        &a);
    assert_value(&a, "size_m", 10); /* exactly at IAWN's threshold, not a little above it */
    assert_value(&a, "impact_probability", 0.02);
    assert_value(&a, "palermo", -1.5);
    assert_value(&a, "listed", 1);
    assert_null(find(&a, "torino")); /* null is not 0 */
    assert_true(find(&a, "years_ahead")->value > 9.99 && find(&a, "years_ahead")->value < 10.01);
    assert_string_equal(find(&a, "size_m")->text, "10 (diameter_km 0.01)");
    ask("sentry-json", "2031-01-01T00:00:00Z",
        SENTRY("\"ip\":\"2e-2\",\"ps_cum\":\"-1.5\",\"ps_max\":\"-1.6\",\"ts_max\":\"1\",\"n_imp\":1,"
               "\"range\":\"2041-2050\",\"h\":\"28\",\"diameter\":\"5.7e-2\""),
        &a);
    assert_value(&a, "size_m", 57);
    assert_value(&a, "torino", 1);
    ask("neocc-risk", "2031-01-01T00:00:00Z", NEOCC("10", "n/a"), &a);
    assert_value(&a, "size_m", 10);
    assert_value(&a, "impact_probability", 8.98e-7);
    assert_value(&a, "palermo", -2.7);
    assert_null(find(&a, "torino"));
    ask("neocc-risk", "2031-01-01T00:00:00Z", NEOCC("1.2", "  1"), &a);
    assert_value(&a, "size_m", 1.2);
    assert_value(&a, "torino", 1);
}

static void
who_is_off_the_list_has_no_figures_left(void **state)
{
    struct asked a;

    ask("sentry-json", "2031-01-01T00:00:00Z",
        "{\"signature\":{\"source\":\"x\",\"version\":\"2.0\"},\"count\":\"1\",\"data\":[{\"des\":\"2031 "
        "AQ7\",\"removed\":\"2031-03-01 10:22:33\"}]}",
        &a);
    assert_int_equal(a.n, 1);
    assert_value(&a, "listed", 0);
}

#define ROW_PUBLIC(members)                                                                                  \
    "[{\"CDM_ID\":\"1\",\"CREATED\":\"2032-02-10T05:11:22.123000\",\"EMERGENCY_REPORTABLE\":\"Y\","          \
    "\"TCA\":\"2032-02-12T02:00:00.000000\"," members ",\"SAT_1_ID\":\"900000101\",\"SAT_1_NAME\":\"A\","    \
    "\"SAT1_OBJECT_TYPE\":\"PAYLOAD\",\"SAT1_RCS\":\"LARGE\",\"SAT_1_EXCL_VOL\":\"5.00\","                   \
    "\"SAT_2_ID\":\"900002900\",\"SAT_2_NAME\":\"B\",\"SAT2_OBJECT_TYPE\":\"DEBRIS\",\"SAT2_RCS\":null,"     \
    "\"SAT_2_EXCL_VOL\":\"1.00\"}]"

static void
close_approaches_are_in_metres_whatever_the_list(void **state)
{
    static const char socrates[] =
        "NORAD_CAT_ID_1,OBJECT_NAME_1,DSE_1,NORAD_CAT_ID_2,OBJECT_NAME_2,DSE_2,TCA,TCA_RANGE,"
        "TCA_RELATIVE_SPEED,MAX_PROB,DILUTION\n"
        "900000101,A [+],4.212,900002900,B [-],3.871,2032-02-12 02:09:06.123,1.001,14.512,2.345E-02,0.004\n";
    struct asked a;

    ask("cdm-public-json", "2032-02-11T02:00:00Z", ROW_PUBLIC("\"MIN_RNG\":\"412\",\"PC\":\"0.0001\""), &a);
    assert_value(&a, "miss_m", 412);
    assert_value(&a, "pc", 1e-4);
    assert_value(&a, "tca_h", 24);
    assert_int_equal(find(&a, "tca_h")->course, FIGURE_FALLS);
    assert_null(find(&a, "radius_km"));
    ask("cdm-public-json", "2032-02-11T02:00:00Z", ROW_PUBLIC("\"MIN_RNG\":\"412\",\"PC\":null"), &a);
    assert_null(find(&a, "pc"));
    ask("socrates-csv", "2032-02-11T02:09:06Z", socrates, &a);
    assert_value(&a, "miss_m", 1001);
    assert_value(&a, "pc_max", 2.345e-2);
    assert_null(find(&a, "pc"));
}

#define TIP(members)                                                                                         \
    "[{\"NORAD_CAT_ID\":\"900000777\",\"MSG_EPOCH\":\"2032-03-10 17:58:00\",\"INSERT_EPOCH\":\"2032-03-10 "  \
    "18:20:11\",\"DECAY_EPOCH\":\"2032-03-11 23:00:00\"," members                                            \
    ",\"REV\":\"31245\",\"DIRECTION\":\"descending\",\"LAT\":\"-12.3\",\"LON\":\"151.2\",\"INCL\":\"51.6\"," \
    "\"NEXT_REPORT\":\"24\",\"ID\":\"4455\",\"HIGH_INTEREST\":\"Y\",\"OBJECT_NUMBER\":\"900000777\"}]"

static void
the_window_of_a_tip_is_minutes_to_both_sides(void **state)
{
    struct asked a;

    ask("tip-json", "2032-03-11T13:00:00Z", TIP("\"WINDOW\":\"240\""), &a);
    assert_value(&a, "opens_h", 6);
    assert_value(&a, "closes_h", 14);
    assert_value(&a, "window_h", 8);
    assert_null(find(&a, "casualty"));
    ask("tip-json", "2032-03-11T13:00:00Z", TIP("\"WINDOW\":null"), &a);
    assert_value(&a, "opens_h", 10);
    assert_value(&a, "closes_h", 10);
    assert_null(find(&a, "window_h"));
}

static void
scales_are_stated_or_worked_out_and_a_cancelled_message_ends_its_own(void **state)
{
    struct asked a;

    ask("donki-events", "2032-03-01T03:51:00Z",
        "[{\"flrID\":\"2032-03-01T02:24:00-FLR-001\",\"beginTime\":\"2032-03-01T02:24Z\","
        "\"peakTime\":\"2032-03-01T02:51Z\",\"endTime\":null,\"classType\":\"X1.0\"}]",
        &a);
    assert_value(&a, "r", 3);
    assert_value(&a, "age_h", 1);
    assert_int_equal(find(&a, "age_h")->course, FIGURE_RISES);
    assert_null(find(&a, "g"));
    ask("swpc-kp", "2032-03-01T03:00:00Z",
        "[{\"time_tag\":\"2032-03-01T00:00:00\",\"Kp\":6.67,\"a_running\":80,\"station_count\":8}]", &a);
    assert_value(&a, "g", 2); /* G3 begins at 7; a third below is no G3 yet */
    ask("swpc-kp", "2032-03-01T03:00:00Z",
        "[{\"time_tag\":\"2032-03-01T00:00:00\",\"Kp\":7.0,\"a_running\":132,\"station_count\":8}]", &a);
    assert_value(&a, "g", 3);
}

static void
decimals_are_shifted_exactly(void **state)
{
    static const struct {
        const char *text;
        int power;
        double value;
    } rows[] = {
        {"0.001", 3, 1}, {"1.001", 3, 1001}, {"2.3E-02", 3, 23}, {"+5.e1", -1, 5}, {"0.0573", 3, 57.3}};
    struct figure out[FIGURES_MAX];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct figures f = {.out = out};

        figure_decimal(&f, "size_m", "k", rows[i].text, rows[i].power);
        assert_int_equal(f.n, 1);
        if (out[0].value != rows[i].value)
            fail_msg("%s: %.17g", rows[i].text, out[0].value);
    }
    for (size_t i = 0; i < 3; i++) {
        static const char *const none[] = {"", "null", "1 km"};
        struct figures f = {.out = out};

        figure_decimal(&f, "size_m", "k", none[i], 3);
        assert_int_equal(f.n, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentry_states_kilometres_and_neocc_metres),
        cmocka_unit_test(who_is_off_the_list_has_no_figures_left),
        cmocka_unit_test(close_approaches_are_in_metres_whatever_the_list),
        cmocka_unit_test(the_window_of_a_tip_is_minutes_to_both_sides),
        cmocka_unit_test(scales_are_stated_or_worked_out_and_a_cancelled_message_ends_its_own),
        cmocka_unit_test(decimals_are_shifted_exactly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
