/*
 * One table a rule: the figures of one record after the other, and what becomes of the alert. Below, at and above each threshold, up and down,
 * without a figure, and back inside the hysteresis.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/num.h"
#include "watch/derive.h"
#include "watch/overlap.h"
#include "watch/territory.h"

#define STEPS 16

struct step {
    const char *figures;  /* "size_m=46 listed=1": what one origin states; "withdrawn" */
    const char *expected; /* "RAISED WARNING", "SAME NONE" */
};

static struct judge_view
view_of(const struct type *type, const char *origin, const char *figures)
{
    struct judge_view v = {.origin = origin, .withdrawn = strcmp(figures, "withdrawn") == 0};
    const char *const *const names[] = {type->figure_names, overlap_figure_names, territory_figure_names};
    char word[64];

    for (const char *p = figures; *p != 0 && !v.withdrawn; p += strcspn(p, " "), p += *p == ' ') {
        struct figure *f = &v.figure[v.n++];
        const char *value;

        (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(p, " "), p);
        value = strchr(word, '=') + 1;
        for (size_t i = 0; i < 3; i++) {
            for (const char *const *name = names[i]; *name != NULL; name++) {
                if (strncmp(word, *name, strcspn(word, "=")) == 0 && (*name)[strcspn(word, "=")] == 0)
                    f->name = *name;
            }
        }
        assert_non_null(f->name);
        assert_int_equal(num_double(span_str(value), &f->value), 0);
        (void)snprintf(f->text, sizeof f->text, "%s", value);
    }
    return v;
}

/* What is known of the alert between two steps, as its record would have it. */
struct known {
    struct judge_prior prior;
    char level[RULE_WORD_BYTES], origins[LIMIT_TEXT_BYTES + 1], values[LIMIT_TEXT_BYTES + 1];
};

static void
keep(struct known *k, const struct rule *rule, const struct judge_result *r)
{
    if (r->state == JUDGE_SAME)
        return;
    (void)snprintf(k->level, sizeof k->level, "%s", r->level > 0 ? rule->level[r->level - 1].name : "NONE");
    memcpy(k->origins, r->origins, sizeof k->origins);
    memcpy(k->values, r->values, sizeof k->values);
    k->prior = (struct judge_prior){.is_up = r->level > 0,
                                    .overridden = rule->overridden,
                                    .level = k->level,
                                    .origins = k->origins,
                                    .values = k->values,
                                    .version = rule->version};
}

static void
walk(const char *id, const struct step *step)
{
    struct rule_table *t = rule_table_new();
    const struct rule *rule = rule_find(t, id);
    struct known k = {.prior = {.level = "", .origins = "", .values = "", .version = ""}};
    struct judge_result r;
    char got[80];

    assert_non_null(rule);
    for (; step->figures != NULL; step++) {
        struct judge_view v = view_of(rule->type, "us-noaa", step->figures);

        judge(rule, &v, 1, &k.prior, &r);
        (void)snprintf(got, sizeof got, "%s %s", judge_state_name(r.state),
                       r.level > 0 ? rule->level[r.level - 1].name : "NONE");
        if (strcmp(got, step->expected) != 0)
            fail_msg("%s, %s: %s, expected %s (%s)", id, step->figures, got, step->expected, r.values);
        keep(&k, rule, &r);
        /* The same record again makes no second alert. */
        judge(rule, &v, 1, &k.prior, &r);
        assert_string_equal(judge_state_name(r.state), "SAME");
    }
    free(t);
}

static void
iawn(void **state)
{
    static const struct step steps[] = {
        {"listed=1 impact_probability=0.009 size_m=46", "SAME NONE"},
        {"listed=1 impact_probability=0.01 size_m=46", "SAME NONE"},
        {"listed=1 impact_probability=0.0100001 size_m=10", "SAME NONE"},
        {"listed=1 impact_probability=0.0100001", "SAME NONE"},
        {"listed=1 size_m=46", "SAME NONE"},
        {"listed=1 impact_probability=0.0100001 size_m=10.1", "RAISED WARNING"},
        {"listed=1 impact_probability=0.02 size_m=10.1", "UPDATED WARNING"},
        {"listed=1 impact_probability=0.01 size_m=10.1", "UPDATED WARNING"},
        {"listed=1 impact_probability=0.0081 size_m=9.5", "UPDATED WARNING"},
        {"listed=1 size_m=9.5", "UPDATED WARNING"},
        {"listed=1 impact_probability=0.008 size_m=46", "CANCELLED NONE"},
        {"listed=1 impact_probability=0.009 size_m=46", "SAME NONE"},
        {"listed=1 impact_probability=0.02 size_m=46", "RAISED WARNING"},
        {"listed=1 impact_probability=0.02 size_m=9", "CANCELLED NONE"},
        {"listed=1 impact_probability=0.02 size_m=46", "RAISED WARNING"},
        {"listed=0", "CANCELLED NONE"},
        {NULL, NULL}};

    walk("neo-iawn", steps);
}

static void
preparedness(void **state)
{
    static const struct step steps[] = {
        {"listed=1 impact_probability=0.1 size_m=46 years_ahead=10", "SAME NONE"},
        {"listed=1 impact_probability=0.11 size_m=20 years_ahead=10", "SAME NONE"},
        {"listed=1 impact_probability=0.11 size_m=46 years_ahead=20.01", "SAME NONE"},
        {"listed=1 impact_probability=0.11 size_m=46", "SAME NONE"},
        {"listed=1 impact_probability=0.11 size_m=20.1 years_ahead=20", "RAISED WARNING"},
        {"listed=1 impact_probability=0.09 size_m=19 years_ahead=20", "UPDATED WARNING"},
        {"listed=1 impact_probability=0.08 size_m=46 years_ahead=20", "CANCELLED NONE"},
        {"listed=1 impact_probability=0.5 size_m=46 years_ahead=0.1", "RAISED WARNING"},
        {"listed=1 impact_probability=0.5 size_m=18 years_ahead=0.1", "CANCELLED NONE"},
        {NULL, NULL}};

    walk("neo-preparedness", steps);
}

static void
smpag(void **state)
{
    static const struct step steps[] = {
        {"listed=1 impact_probability=0.01 size_m=100 years_ahead=30", "SAME NONE"},
        {"listed=1 impact_probability=0.02 size_m=50 years_ahead=30", "SAME NONE"},
        {"listed=1 impact_probability=0.02 size_m=100 years_ahead=50.1", "SAME NONE"},
        {"listed=1 impact_probability=0.02 size_m=50.1 years_ahead=50", "RAISED WARNING"},
        {"listed=1 impact_probability=0.009 size_m=46 years_ahead=50", "UPDATED WARNING"},
        {"listed=1 impact_probability=0.02 size_m=45 years_ahead=50", "CANCELLED NONE"},
        {"listed=1 impact_probability=0.02 size_m=100 years_ahead=49", "RAISED WARNING"},
        {"withdrawn", "CANCELLED NONE"},
        {NULL, NULL}};

    walk("neo-smpag", steps);
}

static void
torino(void **state)
{
    static const struct step steps[] = {
        {"listed=1 torino=0", "SAME NONE"},         {"listed=1", "SAME NONE"},
        {"listed=1 torino=1", "RAISED GREEN"},      {"listed=1", "UPDATED GREEN"}, /* ts_max null is not 0 */
        {"listed=1 torino=3", "RAISED YELLOW"},     {"listed=1 torino=4", "UPDATED YELLOW"},
        {"listed=1 torino=5", "RAISED ORANGE"},     {"listed=1 torino=8", "RAISED RED"},
        {"listed=1 torino=7", "DOWNGRADED ORANGE"}, {"listed=1 torino=1", "DOWNGRADED GREEN"},
        {"listed=1 torino=0", "CANCELLED NONE"},    {NULL, NULL}};

    walk("neo-torino", steps);
}

static void
palermo(void **state)
{
    static const struct step steps[] = {{"listed=1 palermo=-2.01", "SAME NONE"},
                                        {"listed=1 palermo=-2", "SAME NONE"},
                                        {"listed=1 palermo=-1.99", "RAISED MONITOR"},
                                        {"listed=1 palermo=0", "UPDATED MONITOR"},
                                        {"listed=1 palermo=0.01", "RAISED ABOVE-BACKGROUND"},
                                        {"listed=1 palermo=-0.09", "UPDATED ABOVE-BACKGROUND"},
                                        {"listed=1 palermo=-0.1", "DOWNGRADED MONITOR"},
                                        {"listed=1 palermo=-2.09", "UPDATED MONITOR"},
                                        {"listed=1", "UPDATED MONITOR"},
                                        {"listed=1 palermo=-2.1", "CANCELLED NONE"},
                                        {NULL, NULL}};

    walk("neo-palermo", steps);
}

static void
pc(void **state)
{
    static const struct step steps[] = {{"pc=1e-7 tca_h=48", "SAME NONE"},
                                        {"tca_h=48", "SAME NONE"},
                                        {"pc=1.01e-7", "SAME NONE"},
                                        {"pc_max=0.5 tca_h=48", "SAME NONE"}, /* a bound is no probability */
                                        {"pc=1.01e-7 tca_h=168.1", "SAME NONE"},
                                        {"pc=1.01e-7 tca_h=0", "SAME NONE"},
                                        {"pc=1.01e-7 tca_h=168", "RAISED ATTENTION"},
                                        {"pc=1e-4 tca_h=160", "UPDATED ATTENTION"},
                                        {"pc=1.1E-4 tca_h=48", "RAISED MITIGATION"},
                                        {"pc=5.1e-5 tca_h=48", "UPDATED MITIGATION"},
                                        {"pc=5e-5 tca_h=48", "DOWNGRADED ATTENTION"},
                                        {"pc=5.1e-8 tca_h=48", "UPDATED ATTENTION"},
                                        {"pc=5e-8 tca_h=48", "CANCELLED NONE"},
                                        {"pc=1e-3 tca_h=1", "RAISED MITIGATION"},
                                        {"pc=1e-3 tca_h=-0.1", "CANCELLED NONE"},
                                        {NULL, NULL}};

    walk("conjunction-pc", steps);
}

static void
emergency(void **state)
{
    static const struct step steps[] = {{"pc=9.9e-5 miss_m=100 tca_h=24", "SAME NONE"},
                                        {"pc=1e-4 miss_m=1000.1 tca_h=24", "SAME NONE"},
                                        {"pc=1e-4 miss_m=1000 tca_h=72.1", "SAME NONE"},
                                        {"pc=1e-4 tca_h=24", "SAME NONE"},
                                        {"pc=1e-4 miss_m=1000 tca_h=72", "RAISED EMERGENCY"},
                                        {"pc=6e-5 miss_m=1199 tca_h=60", "UPDATED EMERGENCY"},
                                        {"pc=1e-4 miss_m=1200 tca_h=60", "CANCELLED NONE"},
                                        {"pc=1e-4 miss_m=900 tca_h=50", "RAISED EMERGENCY"},
                                        {"pc=5e-5 miss_m=900 tca_h=50", "CANCELLED NONE"},
                                        {NULL, NULL}};
    static const struct step geo[] = {{"pc=1e-4 miss_m=4000 tca_h=24", "SAME NONE"}, /* not known how high */
                                      {"pc=1e-4 miss_m=4000 tca_h=24 radius_km=7000", "SAME NONE"},
                                      {"pc=1e-4 miss_m=5000.1 tca_h=24 radius_km=42164", "SAME NONE"},
                                      {"pc=1e-4 miss_m=5000 tca_h=24 radius_km=42164", "RAISED EMERGENCY"},
                                      {"pc=1e-4 miss_m=5999 tca_h=24 radius_km=42164", "UPDATED EMERGENCY"},
                                      {"pc=1e-4 miss_m=6000 tca_h=24 radius_km=42164", "CANCELLED NONE"},
                                      {NULL, NULL}};

    walk("conjunction-emergency", steps);
    walk("conjunction-emergency-geo", geo);
}

static void
reentry(void **state)
{
    static const struct step window[] = {{"opens_h=36.1 closes_h=50", "SAME NONE"},
                                         {"opens_h=36 closes_h=50", "SAME NONE"},
                                         {"closes_h=50", "SAME NONE"},
                                         {"opens_h=35.9 closes_h=50", "RAISED WARNING"},
                                         {"opens_h=39.9 closes_h=50", "UPDATED WARNING"},
                                         {"opens_h=40 closes_h=60", "CANCELLED NONE"},
                                         {"opens_h=-1 closes_h=1", "RAISED WARNING"},
                                         {"opens_h=-2 closes_h=0", "CANCELLED NONE"},
                                         {NULL, NULL}};
    static const struct step casualty[] = {
        {"casualty=1e-4 closes_h=50", "SAME NONE"},        {"closes_h=50", "SAME NONE"},
        {"casualty=1.4E-4 closes_h=50", "RAISED WARNING"}, {"casualty=8.1e-5 closes_h=50", "UPDATED WARNING"},
        {"casualty=8e-5 closes_h=50", "CANCELLED NONE"},   {NULL, NULL}};

    walk("reentry-window", window);
    walk("reentry-casualty", casualty);
}

static void
territory(void **state)
{
    static const struct step steps[] = {
        {"territory_km=100.1 closes_h=50", "SAME NONE"},
        {"closes_h=50", "SAME NONE"}, /* no track */
        {"territory_km=0", "SAME NONE"},
        {"territory_km=0 closes_h=0", "SAME NONE"},
        {"territory_km=100 closes_h=50", "RAISED WARNING"},
        {"territory_km=0 closes_h=20", "UPDATED WARNING"},
        {"territory_km=119.9 closes_h=10", "UPDATED WARNING"},
        {"closes_h=9", "UPDATED WARNING"}, /* the track is lost: nothing says that it is elsewhere */
        {"territory_km=120 closes_h=8", "CANCELLED NONE"},
        {"territory_km=110 closes_h=8", "SAME NONE"},
        {"territory_km=20 closes_h=8", "RAISED WARNING"},
        {"territory_km=20 closes_h=0", "CANCELLED NONE"},
        {"territory_km=20 closes_h=3", "RAISED WARNING"},
        {"withdrawn", "CANCELLED NONE"},
        {NULL, NULL}};

    walk("reentry-territory", steps);
}

static void
zone_overlap(void **state)
{
    static const struct step steps[] = {
        {"overlap=0 overlap_closes_h=100", "SAME NONE"},
        {"overlap=1", "SAME NONE"},
        {"overlap_closes_h=100", "SAME NONE"}, /* no place is stated */
        {"overlap=1 overlap_closes_h=0", "SAME NONE"},
        {"overlap=1 overlap_closes_h=100000", "RAISED ADVISORY"},
        {"overlap=1 overlap_closes_h=99 overlap_gap_km=-2", "UPDATED ADVISORY"},
        {"overlap_closes_h=98", "UPDATED ADVISORY"},
        {"overlap=0 overlap_closes_h=97", "CANCELLED NONE"},
        {"overlap=1 overlap_closes_h=96", "RAISED ADVISORY"},
        {"overlap=1 overlap_closes_h=0", "CANCELLED NONE"},
        {"overlap=1 overlap_closes_h=1", "RAISED ADVISORY"},
        {"overlap=0 overlap_other_issuer=1", "CANCELLED NONE"}, /* one of them is over */
        {NULL, NULL}};

    walk("zone-overlap", steps);
}

static void
space_weather(void **state)
{
    static const char letters[] = "rsg";

    for (size_t i = 0; i < 3; i++) {
        const char c = letters[i], big = (char)(letters[i] - 'a' + 'A');
        char id[24], text[12][40];
        struct step steps[] = {
            {text[0], "SAME NONE"}, {text[1], "SAME NONE"}, {text[2], text[8]},          {text[3], text[9]},
            {text[4], text[10]},    {"age_h=1", text[11]},  {text[5], "CANCELLED NONE"}, {NULL, NULL}};

        (void)snprintf(id, sizeof id, "space-weather-%c", c);
        (void)snprintf(text[0], 40, "%c=2 age_h=1", c);
        (void)snprintf(text[1], 40, "%c=5 age_h=24.1", c);
        (void)snprintf(text[2], 40, "%c=3 age_h=24", c);
        (void)snprintf(text[3], 40, "%c=5 age_h=1", c);
        (void)snprintf(text[4], 40, "%c=4 age_h=1", c);
        (void)snprintf(text[5], 40, "%c=2 age_h=1", c);
        (void)snprintf(text[8], 40, "RAISED %c3", big);
        (void)snprintf(text[9], 40, "RAISED %c5", big);
        (void)snprintf(text[10], 40, "DOWNGRADED %c4", big);
        (void)snprintf(text[11], 40, "UPDATED %c4", big);
        walk(id, steps);
    }
}

static void
distress_and_fragmentation(void **state)
{
    static const struct step distress[] = {
        {"distress=1", "RAISED DISTRESS"}, {"distress=0", "CANCELLED NONE"}, {NULL, NULL}};
    static const struct step fragmentation[] = {{"fragmentation=1 age_h=720.1", "SAME NONE"},
                                                {"fragmentation=1 age_h=720", "RAISED WARNING"},
                                                {"fragmentation=1 age_h=721", "CANCELLED NONE"},
                                                {NULL, NULL}};

    walk("distress", distress);
    walk("fragmentation", fragmentation);
}

/* Each origin for itself: the mean of the two would raise nothing, and one that says nothing holds nothing up. */
static void
figures_of_origins_are_never_mixed(void **state)
{
    struct rule_table *t = rule_table_new();
    const struct rule *rule = rule_find(t, "neo-iawn");
    struct known k = {.prior = {.level = "", .origins = "", .values = "", .version = ""}};
    struct judge_view v[2] = {view_of(rule->type, "fr-cnes", "listed=1 impact_probability=0.0001 size_m=46"),
                              view_of(rule->type, "us-noaa", "listed=1 impact_probability=0.015 size_m=11")};
    struct judge_result r;

    judge(rule, v, 2, &k.prior, &r);
    assert_string_equal(judge_state_name(r.state), "RAISED");
    assert_string_equal(r.origins, "us-noaa=WARNING");
    assert_string_equal(r.values,
                        "fr-cnes: listed 1 >= 1, impact_probability 0.0001 not > 0.01, size_m 46 > 10; "
                        "us-noaa: listed 1 >= 1, impact_probability 0.015 > 0.01, size_m 11 > 10");
    keep(&k, rule, &r);

    /* In the hysteresis of the other, fr-cnes has reached nothing that it could keep. */
    v[0] = view_of(rule->type, "fr-cnes", "listed=1 impact_probability=0.009 size_m=46");
    v[1] = view_of(rule->type, "us-noaa", "listed=0");
    judge(rule, v, 2, &k.prior, &r);
    assert_string_equal(judge_state_name(r.state), "CANCELLED");

    /* Nor does half of each make one alert. */
    v[0] = view_of(rule->type, "fr-cnes", "listed=1 impact_probability=0.5");
    v[1] = view_of(rule->type, "us-noaa", "listed=1 size_m=500");
    k.prior.is_up = false;
    judge(rule, v, 2, &k.prior, &r);
    assert_int_equal(r.level, 0);
    free(t);
}

static void
time_alone_is_told(void **state)
{
    struct rule_table *t = rule_table_new();
    const struct rule *rule = rule_find(t, "conjunction-emergency");
    struct judge_prior none = {.level = "", .origins = "", .values = "", .version = ""};
    static const struct {
        double pc, hours;
        bool waits;
        double turn_h;
    } rows[] = {{1e-4, 100, true, 28}, {1e-4, 50, true, 50}, {1e-4, -1, false, 1e6}, {1e-6, 50, false, 1e6}};
    struct judge_result r;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct judge_view v = view_of(rule->type, "us-noaa", "pc=0 miss_m=10 tca_h=0");

        v.figure[0].value = rows[i].pc;
        v.figure[2].value = rows[i].hours;
        v.figure[2].course = FIGURE_FALLS;
        judge(rule, &v, 1, &none, &r);
        if (r.waits != rows[i].waits || r.turn_h != rows[i].turn_h)
            fail_msg("row %zu", i);
    }
    free(t);
}

static void
a_rule_that_is_off_or_changed_says_so(void **state)
{
    static const char off[] =
        "form: RULES/1\nrules:\n  - {id: neo-iawn, version: fr-1, type: neo_risk, off: true}\n";
    static const char other[] = "form: RULES/1\nrules:\n  - id: neo-iawn\n    version: fr-2\n    title: t\n"
                                "    type: neo_risk\n    levels:\n      - level: WARNING\n        when:\n"
                                "          - {figure: impact_probability, above: 0.01}\n";
    struct rule_table *t = rule_table_new(), *changed = rule_table_new();
    struct known k = {.prior = {.level = "", .origins = "", .values = "", .version = ""}};
    const struct rule *rule = rule_find(t, "neo-iawn");
    struct judge_view v = view_of(rule->type, "us-noaa", "listed=1 impact_probability=0.02 size_m=46");
    struct judge_result r;
    struct why why;

    why_clear(&why);
    judge(rule, &v, 1, &k.prior, &r);
    keep(&k, rule, &r);
    assert_int_equal(rule_table_override(changed, span_str(other), &why), 0);
    judge(rule_find(changed, "neo-iawn"), &v, 1, &k.prior, &r);
    assert_string_equal(judge_state_name(r.state), "UPDATED");
    assert_int_equal(rule_table_override(t, span_str(off), &why), 0);
    judge(rule_find(t, "neo-iawn"), &v, 1, &k.prior, &r);
    assert_string_equal(judge_state_name(r.state), "CANCELLED");
    assert_string_equal(r.values, "the rule is off");
    free(t);
    free(changed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iawn),
        cmocka_unit_test(preparedness),
        cmocka_unit_test(smpag),
        cmocka_unit_test(torino),
        cmocka_unit_test(palermo),
        cmocka_unit_test(pc),
        cmocka_unit_test(emergency),
        cmocka_unit_test(reentry),
        cmocka_unit_test(territory),
        cmocka_unit_test(zone_overlap),
        cmocka_unit_test(space_weather),
        cmocka_unit_test(distress_and_fragmentation),
        cmocka_unit_test(figures_of_origins_are_never_mixed),
        cmocka_unit_test(time_alone_is_told),
        cmocka_unit_test(a_rule_that_is_off_or_changed_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
