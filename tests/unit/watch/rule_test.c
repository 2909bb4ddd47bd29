/* The table of rules: what is supplied, what a node's own file may change, and what is refused at its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "types/registry.h"
#include "watch/derive.h"

static void
the_supplied_rules_are_those_of_the_thresholds(void **state)
{
    static const char *const ids[] = {"neo-iawn",
                                      "neo-preparedness",
                                      "neo-smpag",
                                      "neo-torino",
                                      "neo-palermo",
                                      "conjunction-pc",
                                      "conjunction-emergency",
                                      "conjunction-emergency-geo",
                                      "reentry-window",
                                      "reentry-casualty",
                                      "reentry-territory",
                                      "space-weather-r",
                                      "space-weather-s",
                                      "space-weather-g",
                                      "distress",
                                      "fragmentation",
                                      "zone-overlap"};
    struct rule_table *t = rule_table_new();
    struct buf text;

    assert_int_equal(t->n, sizeof ids / sizeof *ids);
    for (size_t i = 0; i < t->n; i++) {
        assert_string_equal(t->rule[i].id, ids[i]);
        assert_false(t->rule[i].overridden);
        assert_true(t->rule[i].levels > 0);
        assert_int_equal(rule_is_in_force(t, &t->rule[i]), strcmp(ids[i], "reentry-territory") != 0);
    }
    assert_int_equal(t->territories.n, 0);
    buf_init(&text, 1000);
    rule_print_when(&rule_find(t, "neo-smpag")->level[0], &text);
    assert_string_equal(buf_cstr(&text),
                        "listed >= 1 and impact_probability > 0.01 and size_m > 50 and years_ahead <= 50");
    buf_clear(&text);
    rule_print_clear(&rule_find(t, "neo-smpag")->level[0], &text);
    assert_string_equal(buf_cstr(&text),
                        "listed < 1 or impact_probability <= 0.008 or size_m <= 45 or years_ahead > 50");
    assert_null(rule_find(t, "neo"));
    buf_release(&text);
    free(t);
}

#define PLACES "form: RULES/1\nterritories:\n"
#define HEAD   "form: RULES/1\nrules:\n"
#define BODY   "    title: t\n    type: neo_risk\n    levels:\n      - level: WARNING\n        when:\n"

static void
an_override_takes_the_place_of_one_rule_and_leaves_the_others(void **state)
{
    struct rule_table *t = rule_table_new();
    size_t n = t->n;
    struct why why;

    why_clear(&why);
    assert_int_equal(
        rule_table_override(t,
                            span_str(HEAD "  - id: neo-iawn\n    version: fr-1\n" BODY
                                          "          - {figure: size_m, above: 5}\n"
                                          "  - id: ours\n    version: 1\n" BODY
                                          "          - {figure: torino, at_least: 3, clear: 1}\n"
                                          "  - {id: distress, version: x, type: distress, off: true}\n"),
                            &why),
        0);
    assert_int_equal(t->n, n + 1);
    assert_true(rule_find(t, "neo-iawn")->overridden);
    assert_string_equal(rule_find(t, "neo-iawn")->version, "fr-1");
    assert_int_equal(rule_find(t, "neo-iawn")->level[0].n, 1);
    assert_true(rule_find(t, "ours")->overridden);
    assert_int_equal(rule_find(t, "distress")->levels, 0);
    assert_false(rule_find(t, "neo-smpag")->overridden);
    free(t);
}

static void
what_is_wrong_is_told_at_its_place_and_changes_nothing(void **state)
{
    static const struct {
        const char *text;
        enum why_code code;
        uint32_t line, column;
    } rows[] = {
        {"form: RULES/2\nrules: []\n", WHY_CONF_VALUE, 1, 7},
        {"form: RULES/1\nrule: []\n", WHY_CONF_KEY, 2, 1},
        {HEAD "  - id: a\n    version: 1\n", WHY_CONF_VALUE, 3, 5},
        {HEAD "  - id: a b\n    version: 1\n", WHY_CONF_VALUE, 3, 9},
        {HEAD "  - id: neo-iawn\n    version: 1\n" BODY "          - {figure: size_m, above: 5}\n",
         WHY_CONF_VALUE, 4, 14}, /* the version of the supplied one */
        {HEAD "  - id: a\n    version: 1\n" BODY "          - {figure: size_km, above: 5}\n", WHY_CONF_VALUE,
         10, 22},
        {HEAD "  - id: a\n    version: 1\n" BODY "          - {figure: size_m, above: ten}\n", WHY_CONF_VALUE,
         10, 37},
        {HEAD "  - id: a\n    version: 1\n" BODY "          - {figure: size_m, above: 5, clear: 6}\n",
         WHY_CONF_VALUE, 10, 47},
        {HEAD "  - id: a\n    version: 1\n" BODY "          - {figure: size_m, above: 5, below: 6}\n",
         WHY_CONF_VALUE, 10, 47},
        {HEAD "  - id: a\n    version: 1\n" BODY "          - {figure: size_m}\n", WHY_CONF_VALUE, 10, 13},
        {HEAD "  - id: a\n    version: 1\n" BODY "          - {figure: overlap, above: 0}\n", WHY_CONF_VALUE,
         10, 22}, /* asteroids claim no place */
        {HEAD
         "  - id: a\n    version: 1\n    title: t\n    type: lunar_activity\n    levels: [{level: A, when: "
         "[{figure: overlap, above: 0}, {figure: radius_km, above: 1}]}]\n",
         WHY_CONF_VALUE, 7, 13}, /* of which of the two? */
        {HEAD
         "  - id: a\n    version: 1\n    title: t\n    type: lunar_activity\n    levels: [{level: A, when: "
         "[{figure: territory_km, above: 0}]}]\n",
         WHY_CONF_VALUE, 7, 41}, /* nothing comes down */
        {PLACES "  - {id: a}\n", WHY_CONF_VALUE, 3, 5},
        {PLACES "  - {id: A, state: 250}\n", WHY_CONF_VALUE, 3, 10},
        {PLACES "  - {id: a, state: 250, box: [1, 2, 3, 4]}\n", WHY_CONF_VALUE, 3, 5},
        {PLACES "  - {id: a, state: []}\n", WHY_CONF_VALUE, 3, 20},
        {PLACES "  - {id: a, state: 250}\n  - {id: a, state: 251}\n", WHY_FIELD_DUPLICATE, 4, 10},
        {PLACES "  - {id: a, box: [1, 2, 3]}\n", WHY_CONF_VALUE, 3, 18},
        {PLACES "  - {id: a, box: [3, 2, 1, 4]}\n", WHY_CONF_VALUE, 3, 18},
        {PLACES "  - {id: a, box: [1, 2, 3, 2]}\n", WHY_CONF_VALUE, 3, 18},
        {PLACES "  - {id: a, box: [1, 2, 91, 4]}\n", WHY_CONF_VALUE, 3, 25},
        {PLACES "  - {id: a, box: [1, 2, 3, 181]}\n", WHY_CONF_VALUE, 3, 28},
        {PLACES "  - {id: a, polygon: [[1, 2], [3, 4]]}\n", WHY_CONF_VALUE, 3, 22},
        {PLACES "  - {id: a, polygon: [[1, 2], [3, 4], [5]]}\n", WHY_CONF_VALUE, 3, 39},
        {PLACES "  - {id: a, circle: 1}\n", WHY_CONF_KEY, 3, 13},
        {"form: RULES/1\nterritories: 1\n", WHY_CONF_VALUE, 2, 14},
        {HEAD "  - id: a\n    version: 1\n" BODY "          - {figure: size_m, over: 5}\n", WHY_CONF_KEY, 10,
         30},
        {HEAD "  - {id: a, version: 1, title: t, type: alert, levels: []}\n", WHY_CONF_VALUE, 3,
         41}, /* no loops */
        {HEAD "  - {id: a, version: 1, title: t, type: nothing, levels: []}\n", WHY_CONF_VALUE, 3, 41},
        {HEAD "  - {id: a, version: 1, title: t, type: neo_risk, levels: []}\n", WHY_CONF_VALUE, 3, 59},
        {HEAD
         "  - {id: a, version: 1, type: neo_risk, off: true}\n  - {id: a, version: 1, type: neo_risk, off: "
         "true}\n",
         WHY_FIELD_DUPLICATE, 4, 5},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rule_table *t = rule_table_new(), *before = rule_table_new();
        struct why why;

        why_clear(&why);
        if (rule_table_override(t, span_str(rows[i].text), &why) == 0)
            fail_msg("row %zu is taken", i);
        if (why.code != rows[i].code || why.line != rows[i].line || why.column != rows[i].column)
            fail_msg("row %zu: %s %u:%u %s", i, why_name(why.code), why.line, why.column, why.note);
        assert_memory_equal(t, before, sizeof *t);
        free(t);
        free(before);
    }
}

/* Territories alone leave the rules as supplied; as many as fit are taken, and one more is not. */
static void
territories_are_named_beside_the_rules(void **state)
{
    struct rule_table *t = rule_table_new();
    struct buf text, shown;
    struct why why;

    why_clear(&why);
    buf_init(&text, 65536);
    buf_init(&shown, 1000);
    buf_put_str(&text, PLACES);
    for (int i = 0; i < LIMIT_TERRITORY_COUNT; i++)
        buf_put_fmt(&text,
                    i == 0   ? "  - {id: a%d, state: France}\n"
                    : i == 1 ? "  - {id: a%d, box: [-5, 170, 5, -170]}\n"
                             : "  - {id: a%d, polygon: [[1, 2], [3, 4], [5, 2]]}\n",
                    i);
    assert_int_equal(rule_table_override(t, buf_span(&text), &why), 0);
    assert_int_equal(t->territories.n, LIMIT_TERRITORY_COUNT);
    assert_int_equal(t->n, 17);
    assert_false(rule_find(t, "reentry-territory")->overridden);
    assert_true(rule_is_in_force(t, rule_find(t, "reentry-territory")));
    for (size_t i = 0; i < 3; i++) {
        territory_print(&t->territories.of[i], &shown);
        buf_put_str(&shown, "; ");
    }
    assert_string_equal(buf_cstr(&shown), "state France; box -5,170 to 5,-170; polygon of 3 places; ");
    assert_true(territory_wants_borders(&t->territories));
    buf_put_str(&text, "  - {id: one-more, state: 250}\n");
    assert_int_equal(rule_table_override(t, buf_span(&text), &why), -1);
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
    buf_release(&text);
    buf_release(&shown);
    free(t);
}

static void
a_threshold_excludes_or_includes_its_own_value(void **state)
{
    static const struct {
        enum rule_op op;
        bool has_clear;
        bool holds[3], left[3]; /* at 4, 5 and 6; the threshold is 5, cleared 1 beyond */
    } rows[] = {
        {RULE_ABOVE, false, {false, false, true}, {true, true, false}},
        {RULE_AT_LEAST, false, {false, true, true}, {true, false, false}},
        {RULE_BELOW, false, {true, false, false}, {false, true, true}},
        {RULE_AT_MOST, false, {true, true, false}, {false, false, true}},
        {RULE_ABOVE, true, {false, false, true}, {true, false, false}},
        {RULE_AT_LEAST, true, {false, true, true}, {true, false, false}},
        {RULE_BELOW, true, {true, false, false}, {false, false, true}},
        {RULE_AT_MOST, true, {true, true, false}, {false, false, true}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rule_condition c = {.op = rows[i].op,
                                   .threshold = 5,
                                   .has_clear = rows[i].has_clear,
                                   .clear = rows[i].op == RULE_ABOVE || rows[i].op == RULE_AT_LEAST ? 4 : 6};

        for (int k = 0; k < 3; k++) {
            if (rule_holds(&c, 4 + k) != rows[i].holds[k] || rule_is_left(&c, 4 + k) != rows[i].left[k])
                fail_msg("row %zu at %d", i, 4 + k);
        }
    }
}

/* The alert as it is published: it passes its type's check, names its inputs, and its id is its subject. */
static void
an_alert_names_rule_version_and_inputs(void **state)
{
    struct rule_table *t = rule_table_new();
    const struct rule *rule = rule_find(t, "neo-iawn");
    const struct type *type = registry_type_cstr(DERIVE_TYPE);
    struct subject subject = {.key = "2031AQ7@sentry", .object = {"neo:2031AQ7"}}, own;
    const char *inputs[] = {"00112233445566778899aabbccddeeff:17"};
    struct judge_view v = {.origin = "us-noaa", .n = 3};
    struct judge_prior none = {.level = "", .origins = "", .values = "", .version = ""};
    struct judge_result r;
    struct derive d = {
        .rule = rule, .type = rule->type, .subject = &subject, .input = inputs, .inputs = 1, .mode = 1};
    uint8_t key[DERIVE_KEY_BYTES], other[DERIVE_KEY_BYTES];
    Parallax__V1__Alert *alert, *over;
    struct arena a;
    struct why why;

    v.figure[0] = (struct figure){.name = "listed", .value = 1, .text = "1"};
    v.figure[1] = (struct figure){.name = "impact_probability", .value = 0.02, .text = "0.02"};
    v.figure[2] = (struct figure){.name = "size_m", .value = 46, .text = "46 (diameter_km 0.046)"};
    arena_init(&a, 65536);
    why_clear(&why);
    assert_int_equal(utc_parse(span_str("2032-01-01T00:00:00Z"), &d.now), 0);
    judge(rule, &v, 1, &none, &r);
    alert = derive_alert(&d, &r, NULL, &a);
    assert_non_null(alert);
    if (type->check(&alert->base, &why) != 0)
        fail_msg("%s: %s", why.field, why.note);
    assert_int_equal(type->subject(&alert->base, &own), 0);
    assert_string_equal(own.key, "neo-iawn neo_risk 2031AQ7@sentry");
    assert_string_equal(own.object[0], "neo:2031AQ7");
    assert_string_equal(alert->rule_version, "1");
    assert_string_equal(alert->overridden, "NO");
    assert_string_equal(alert->inputs, inputs[0]);
    derive_key(alert, 1, "", key);
    derive_key(alert, 2, "", other);
    assert_memory_not_equal(key, other, sizeof key); /* EXERCISE and REAL are not one */

    /* The end: later than the alert even if the clock went back; since stays. */
    assert_int_equal(utc_parse(span_str("2031-12-31T00:00:00Z"), &d.now), 0);
    over = derive_end(alert, d.now, &a);
    assert_int_equal(type->check(&over->base, &why), 0);
    assert_string_equal(over->state, "CANCELLED");
    assert_string_equal(over->since, "2032-01-01T00:00:00.000Z");
    assert_string_equal(over->issued, "2032-01-01T00:00:00.001Z");
    arena_release(&a);
    free(t);
}

static void
an_id_that_is_too_long_stays_one_of_its_own(void **state)
{
    char key[128], a[DERIVE_ID_BYTES], b[DERIVE_ID_BYTES];

    memset(key, 'x', 127);
    key[127] = 0;
    derive_id("conjunction-emergency", "conjunction", key, a);
    key[126] = 'y';
    derive_id("conjunction-emergency", "conjunction", key, b);
    assert_true(strlen(a) < DERIVE_ID_BYTES);
    assert_string_not_equal(a, b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_supplied_rules_are_those_of_the_thresholds),
        cmocka_unit_test(an_override_takes_the_place_of_one_rule_and_leaves_the_others),
        cmocka_unit_test(what_is_wrong_is_told_at_its_place_and_changes_nothing),
        cmocka_unit_test(territories_are_named_beside_the_rules),
        cmocka_unit_test(a_threshold_excludes_or_includes_its_own_value),
        cmocka_unit_test(an_alert_names_rule_version_and_inputs),
        cmocka_unit_test(an_id_that_is_too_long_stays_one_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
