/* Scales that are worked out: at, below and above each boundary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/utc.h"
#include "types/registry.h"

struct asked {
    struct utc at;
    struct scale scale[SCALES_MAX];
    size_t n;
};

static int
weigh(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct asked *a = cookie;

    (void)why;
    a->n = type->scales(msg, a->at, a->scale);
    return 0;
}

static void
ask(const char *format, const char *text, struct asked *a)
{
    const struct convert how = {0};
    struct why why = {.code = WHY_NONE};

    *a = (struct asked){.n = 0};
    assert_int_equal(utc_parse(span_str("2030-01-01T00:00:00Z"), &a->at), 0);
    if (registry_read(span_str(text), format, &how, weigh, a, &why) != 0)
        fail_msg("%s: %s", text, why.note);
}

static const struct scale *
find(const struct asked *a, const char *name)
{
    for (size_t i = 0; i < a->n; i++) {
        if (strcmp(a->scale[i].name, name) == 0)
            return &a->scale[i];
    }
    return NULL;
}

/* An object with one impact of energy ${mt} (Mt) and probability ${ip}, in 2040. */
static void
ask_impact(const char *ip, const char *mt, const char *ps, struct asked *a)
{
    char text[600];

    (void)snprintf(text, sizeof text,
                   "{\"signature\":{\"source\":\"x\",\"version\":\"2.0\"}}"
                   "{\"des\":\"2031 AQ7\",\"ip\":\"%s\",\"ps_cum\":\"%s\",\"ts_max\":null,\"energy\":\"%s\","
                   "\"range\":\"2040-2040\",\"n_imp\":1,\"last_obs_jd\":\"2462502.5\"}",
                   ip, ps, mt);
    ask("sentry-json", text, a);
}

/* Binzel 2000: the level to both sides of each line. Energies with many digits, so that rounding opens no range. */
static void
torino_at_its_lines(void **state)
{
    static const struct {
        const char *ip, *mt, *level;
    } cases[] = {
        {"0.000100000", "0.999900000", "0"}, /* below 1 Mt: never */
        {"0.999000000", "0.999900000", "0"}, {"0.999000000", "1.000100000", "8"},
        {"0.999000000", "99.99000000", "8"}, {"0.999000000", "100.0100000", "9"},
        {"0.999000000", "99990.00000", "9"}, {"0.999000000", "100010.0000", "10"},
        {"0.989900000", "99.99000000", "3"}, {"0.010010000", "1.000100000", "3"},
        {"0.010010000", "100.0100000", "4"}, {"0.009990000", "100.0100000", "1"},
        {"0.009990000", "110.0000000", "2"}, /* (log10 110 - 2) / 3 - 0.0002 > 0 */
        {"0.500000000", "1000.000000", "5"}, {"0.050000000", "1000.000000", "4"},
        {"0.010010000", "100010.0000", "7"}, {"0.009900000", "200000.0000", "6"},
        {"0.000000001", "1.000100000", "0"}, {"0.002200000", "1.000100000", "1"},
        {"0.002100000", "1.000100000", "0"}, /* (0 + 1) / 3 + (log10 0.0021 + 2) / 2 < 0 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a;

        ask_impact(cases[i].ip, cases[i].mt, "-3.00", &a);
        assert_string_equal(find(&a, "Torino")->low, cases[i].level);
        assert_string_equal(find(&a, "Torino")->high, cases[i].level);
    }
}

/* log10(1e-4 / (0.03 x 100^-0.8 x T)), T from 10 to 11 years: -1.92 and -1.88 before rounding. */
static void
palermo_between_its_bounds(void **state)
{
    struct asked a;

    (void)state;
    ask_impact("0.000100000", "100.0000000", "-1.90", &a);
    assert_string_equal(find(&a, "Palermo")->low, "-1.92");
    assert_string_equal(find(&a, "Palermo")->high, "-1.87");
    assert_false(find(&a, "Palermo")->is_other);
    ask_impact("0.000100000", "100.0000000", "-1.80", &a);
    assert_true(find(&a, "Palermo")->is_other);
    ask_impact("0.000100000", "100.0000000", "-2.00", &a);
    assert_true(find(&a, "Palermo")->is_other);
}

static void
ask_flare(const char *class_type, struct asked *a)
{
    char text[300];

    (void)snprintf(text, sizeof text,
                   "[{\"flrID\":\"2032-03-01T02:24:00-FLR-001\",\"beginTime\":\"2032-03-01T02:24Z\","
                   "\"peakTime\":\"2032-03-01T02:51Z\",\"classType\":\"%s\"}]",
                   class_type);
    ask("donki-events", text, a);
}

static void
radio_blackouts_at_their_boundaries(void **state)
{
    static const struct {
        const char *class_type, *level;
    } cases[] = {{"C9.9", "R0"},  {"M1.0", "R1"}, {"M4.9", "R1"}, {"M5.0", "R2"},
                 {"M9.9", "R2"},  {"X1.0", "R3"}, {"X9.9", "R3"}, {"X10", "R4"},
                 {"X19.9", "R4"}, {"X20", "R5"},  {"X45", "R5"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a;

        ask_flare(cases[i].class_type, &a);
        assert_string_equal(find(&a, "NOAA R")->low, cases[i].level);
        assert_string_equal(find(&a, "NOAA R")->high, cases[i].level);
    }
}

/* K in thirds: 5- is 5 in forecasts and not in the table; 9- belongs to G4. K = 0 is a value. */
static void
geomagnetic_storms_at_their_boundaries(void **state)
{
    static const struct {
        const char *kp, *low, *high;
    } cases[] = {{"0.00", "G0", "G0"}, {"4.33", "G0", "G0"}, {"4.67", "G0", "G1"}, {"5.00", "G1", "G1"},
                 {"5.67", "G1", "G2"}, {"6.00", "G2", "G2"}, {"7.00", "G3", "G3"}, {"8.00", "G4", "G4"},
                 {"8.67", "G4", "G4"}, {"9.00", "G5", "G5"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        struct asked a;

        (void)snprintf(text, sizeof text, "[{\"time_tag\":\"2032-03-01T00:00:00\",\"Kp\":%s}]", cases[i].kp);
        ask("swpc-kp", text, &a);
        assert_string_equal(find(&a, "NOAA G")->low, cases[i].low);
        assert_string_equal(find(&a, "NOAA G")->high, cases[i].high);
    }
}

static void
ask_message(const char *headline, const char *scale, struct asked *a)
{
    char text[600];

    (void)snprintf(
        text, sizeof text,
        "[{\"product_id\":\"P11A\",\"issue_datetime\":\"2032-03-01 09:14:00.000\",\"message\":\"Space "
        "Weather "
        "Message Code: ALTPX1\\nSerial Number: 7\\nIssue Time: 2032 Mar 01 0914 UTC\\n\\nALERT: %s\\nNOAA "
        "Scale: %s\\n\"}]",
        headline, scale);
    ask("swpc-alerts", text, a);
}

static void
messages_against_the_scale_that_they_state(void **state)
{
    static const struct {
        const char *headline, *stated, *name, *low;
        bool is_other;
    } cases[] = {
        {"Proton Event 10MeV Integral Flux exceeded 10pfu", "S1 - Minor", "NOAA S", "S1", false},
        {"Proton Event 10MeV Integral Flux exceeded 1,000pfu", "S3 - Strong", "NOAA S", "S3", false},
        {"Proton Event 10MeV Integral Flux exceeded 1,000pfu", "S1 - Minor", "NOAA S", "S3", true},
        {"X-Ray Flux exceeded M5", "R2 - Moderate", "NOAA R", "R2", false},
        {"X-Ray Flux exceeded X10", "R2 - Moderate", "NOAA R", "R4", true},
        {"Geomagnetic K-index of 7", "G3 - Strong", "NOAA G", "G3", false},
        {"Geomagnetic K-index of 7", "G2 - Moderate", "NOAA G", "G3", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct asked a;

        ask_message(cases[i].headline, cases[i].stated, &a);
        assert_non_null(find(&a, cases[i].name));
        assert_string_equal(find(&a, cases[i].name)->low, cases[i].low);
        assert_int_equal(find(&a, cases[i].name)->is_other, cases[i].is_other);
    }
    struct asked a;
    ask_message("Proton 100MeV Integral Flux exceeded 1pfu", "", &a); /* S counts 10 MeV */
    assert_null(find(&a, "NOAA S"));
    ask_message("Electron 2MeV Integral Flux exceeded 1,000pfu", "", &a);
    assert_int_equal(a.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torino_at_its_lines),
        cmocka_unit_test(palermo_between_its_bounds),
        cmocka_unit_test(radio_blackouts_at_their_boundaries),
        cmocka_unit_test(geomagnetic_storms_at_their_boundaries),
        cmocka_unit_test(messages_against_the_scale_that_they_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
