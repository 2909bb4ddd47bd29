/* Expressions over records: what is true, false, unknown of what, and what is no expression, with its column. */
#include "sample.h"

#include "public_alert.pb-c.h"

#define CDM      "conjunction/golden/01-full.cdm-kvn"
#define DISTRESS "distress/golden/01-full.distress-json"
#define CAP      "public_alert/golden/01-full.cap"
#define SPARSE   "distress/golden/02-least.distress-json"

enum { F = WHERE_FALSE, U = WHERE_UNKNOWN, T = WHERE_TRUE };

static const struct {
    const char *of, *text;
    int truth;
} cases[] = {
    /* header words */
    {CDM, "type == conjunction", T},
    {CDM, "type != conjunction", F},
    {CDM, "type in (orbit, conjunction)", T},
    {CDM, "type in (orbit, reentry)", F},
    {CDM, "origin == fr-cnes", T},
    {CDM, "origin == 'us-noaa'", F},
    {CDM, "origin ~ \"fr-*\"", T},
    {CDM, "origin ~ cnes", T},
    {CDM, "origin ~ 'cnes*'", F},
    {CDM, "audience == open and class == alert", T},
    {CDM, "class == data", F},
    {CDM, "mode == TEST", T},
    {CDM, "mode == test", T},
    {CDM, "mode in (REAL, EXERCISE)", F},
    {CDM, "kind == INITIAL", T},
    {CDM, "kind == CANCEL", F},
    /* objects, by any identifier that the record states */
    {CDM, "object == 148493", T},
    {CDM, "object == norad:148493", T},
    {CDM, "object == 2031-004A", T},
    {CDM, "object == cospar:2031-004A", T},
    {CDM, "object == 25544", F},
    {CDM, "object in (25544, 2031-004A)", T},
    {CDM, "object == 'name:LANTERN 1'", T},
    {CDM, "object ~ lantern", T},
    {CAP, "object == 25544", U}, /* it states none */
    {CDM, "subject ~ 148493", T},
    /* times */
    {CDM, "created == 2032-02-11T00:00:00Z", T},
    {CDM, "created < 2032-02-11T00:00:00Z", F},
    {CDM, "created <= 2032-02-11T00:00:00Z", T},
    {CDM, "created > 2032-02-10T23:59:59.999Z", T},
    {CDM, "epoch >= 2032-02-13T22:37:52.618Z", T},
    {CDM, "epoch > 2032-02-13T22:37:52.618Z", F},
    {CDM, "expires > 2032-01-01T00:00:00Z", U},
    {DISTRESS, "issued == 2032-02-11T14:05:00Z", T},
    {CAP, "issued > 2000-01-01T00:00:00Z", U}, /* it makes no event */
    /* figures, in their units */
    {CDM, "pc > 4.8e-5", T},
    {CDM, "pc >= 4.835E-05", T},
    {CDM, "pc > 0.00004835", F},
    {CDM, "pc == 4.835e-5", T},
    {CDM, "pc in (1, 4.835e-5)", T},
    {CDM, "miss_m < 1000 and pc < 1e-4", T},
    {CDM, "miss_m <= 715", T},
    {CDM, "miss_m < 715", F},
    {CDM, "tca_h > 46 and tca_h < 47", T}, /* 2032-02-12T00 to 02-13T22:37 */
    {CDM, "pc_max > 0", U},
    {CDM, "torino >= 1", U}, /* another type's */
    {DISTRESS, "distress == 1", T},
    /* what is not stated is unknown, and so is its contrary */
    {DISTRESS, "pc < 1", U},
    {DISTRESS, "not (pc < 1)", U},
    {DISTRESS, "not pc < 1", U},
    {DISTRESS, "pc != 1", U},
    {DISTRESS, "pc < 1 or type == distress", T},
    {DISTRESS, "pc < 1 or type == orbit", U},
    {DISTRESS, "pc < 1 and type == distress", U},
    {DISTRESS, "pc < 1 and type == orbit", F},
    {DISTRESS, "stated(pc)", F},
    {DISTRESS, "not stated(pc)", T},
    {CDM, "stated(pc) and stated(object) and stated(body.TCA)", T},
    {CDM, "stated(body.OBJECT1.NO_SUCH)", F},
    {DISTRESS, "stated(expires)", F},
    /* paths into the body */
    {CDM, "body.TCA > 2032-02-13T22:37:52Z", T},
    {CDM, "body.OBJECT1.OBJECT_NAME == \"LANTERN 1\"", T},
    {CDM, "body.OBJECT1.OBJECT_NAME == 'LANTERN 2'", F},
    {CDM, "body.OBJECT_NAME == 'LANTERN 1'", U}, /* not there, but one deeper */
    {CDM, "body.OBJECT1.MANEUVERABLE == YES", T},
    {CDM, "body.MISS_DISTANCE == 715.0", T},
    {CDM, "body.MISS_DISTANCE == 715.00000000000000000001", F}, /* exactly */
    {CDM, "body.MISS_DISTANCE == \"715\"", T},                  /* as a text */
    {CDM, "body.COLLISION_PROBABILITY >= 0.00004835", T},
    {CDM, "body.RELATIVE_VELOCITY_T < -14000", T},
    {CDM, "body.OBJECT1.OBJECT_NAME > 5", U}, /* no number */
    {CDM, "body.COMMENT.header ~ test", T},
    {CAP, "body.info.severity == Moderate", T},
    {CAP, "body.info.severity == Extreme", F},
    {CAP, "body.info.language == en-GB", T}, /* one of several is enough */
    {CAP, "body.info.language != en-GB", F}, /* the contrary of it */
    {CAP, "body.info.category in (Met, Infra)", T},
    {CAP, "body.info.area.areaDesc ~ pacifique", T},
    {CAP, "body.info.headline ~ 'd*bris*pacifique'", T},
    {CAP, "body.info.headline ~ 'd*atlantique'", F},
    {CAP, "body.status == Exercise and mode == TEST", T},
    {SPARSE, "body.latitude_deg > -90", U},
    /* binding */
    {CDM, "type == orbit and type == orbit or type == conjunction", T},
    {CDM, "type == orbit and (type == orbit or type == conjunction)", F},
    {CDM, "not type == orbit and type == conjunction", T},
    {CDM, "not (type == orbit or type == conjunction)", F},
    {CDM, "not not type == conjunction", T},
    {CDM, " \t\n type\n==conjunction ", T},
    {CDM, "((((type==conjunction))))", T},
};

static void
an_expression_is_true_false_or_unknown_of_a_record(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct where *w;
        struct arena arena;
        struct sample s;
        struct why why;
        int truth;

        sample_golden(&s, cases[i].of);
        arena_init(&arena, LIMIT_API_BYTES);
        why_clear(&why);
        w = where_read(span_str(cases[i].text), &arena, &why);
        if (w == NULL)
            fail_msg("%s: %u:%u: %s", cases[i].text, why.line, why.column, why.note);
        truth = (int)where_judge(w, &s.record);
        if (truth != cases[i].truth)
            fail_msg("%s of %s is %d: expected %d", cases[i].text, cases[i].of, truth, cases[i].truth);
        arena_release(&arena);
        sample_release(&s);
    }
}

static void
of_a_record_without_a_body_only_the_header_is_known(void **state)
{
    static const struct {
        const char *text;
        int truth;
    } without[] = {
        {"type == conjunction and mode == TEST", T},
        {"pc > 0", U},
        {"body.TCA > 2000-01-01T00:00:00Z", U},
        {"object == 148493", U},
        {"stated(object)", F},
        {"epoch > 2000-01-01T00:00:00Z", U},
    };
    struct sample s;

    sample_golden(&s, CDM);
    s.record.msg = NULL;
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        struct arena arena;
        struct why why;
        const struct where *w;

        arena_init(&arena, LIMIT_API_BYTES);
        why_clear(&why);
        w = where_read(span_str(without[i].text), &arena, &why);
        assert_non_null(w);
        if ((int)where_judge(w, &s.record) != without[i].truth)
            fail_msg("%s: expected %d", without[i].text, without[i].truth);
        arena_release(&arena);
    }
    sample_release(&s);
}

static const struct {
    const char *text;
    uint32_t line, column;
    enum why_code code;
    const char *note; /* part of it */
} bad[] = {
    {"", 1, 1, WHY_TEXT_SYNTAX, "the end: expected a name"},
    {"  ", 1, 3, WHY_TEXT_SYNTAX, "the end"},
    {"pc", 1, 3, WHY_TEXT_SYNTAX, "expected ==, !=, <, <=, >, >= or in"},
    {"pc >", 1, 5, WHY_TEXT_SYNTAX, "the end: expected a number"},
    {"pc > 1 2", 1, 8, WHY_TEXT_SYNTAX, "\"2\": expected and, or or the end"},
    {"pc = 1", 1, 4, WHY_TEXT_SYNTAX, "\"=\""},
    {"pc => 1", 1, 4, WHY_TEXT_SYNTAX, "\"=\""},
    {"pc > 1 and", 1, 11, WHY_TEXT_SYNTAX, "the end"},
    {"pc > 1 and\n  mis_m < 3", 2, 3, WHY_FIELD_UNKNOWN, "did you mean miss_m?"},
    {"pc > high", 1, 6, WHY_FIELD_NUMBER, "\"high\": expected a number"},
    {"pc > \"1\"", 1, 6, WHY_FIELD_NUMBER, "expected a number"},
    {"pc > 0x10", 1, 6, WHY_FIELD_NUMBER, "expected a number"},
    {"pc > nan", 1, 6, WHY_FIELD_NUMBER, "expected a number"},
    {"pc ~ 1", 1, 4, WHY_TEXT_SYNTAX, "expected ==, !=, <, <=, >, >= or in"},
    {"origin > fr-cnes", 1, 8, WHY_TEXT_SYNTAX, "expected ==, !=, ~ or in"},
    {"origin == CNES", 1, 11, WHY_FIELD_VALUE, "the name of a node"},
    {"type == conjuncton", 1, 9, WHY_FIELD_VALUE, "did you mean conjunction?"},
    {"mode == drill", 1, 9, WHY_FIELD_VALUE, "REAL, EXERCISE, TEST or SIMULATED"},
    {"mode in (REAL, DRILL)", 1, 16, WHY_FIELD_VALUE, "REAL, EXERCISE"},
    {"kind == DESCRIPTOR", 1, 9, WHY_FIELD_VALUE, "INITIAL, UPDATE"},
    {"class == urgent", 1, 10, WHY_FIELD_VALUE, "alert, data or admin"},
    {"created > 2032-02-30T00:00:00Z", 1, 11, WHY_FIELD_TIME, "a time such as"},
    {"created > yesterday", 1, 11, WHY_FIELD_TIME, "a time such as"},
    {"object == norad:", 1, 11, WHY_FIELD_VALUE, "an object"},
    {"body > 1", 1, 1, WHY_FIELD_UNKNOWN, "expected a name"},
    {"body. > 1", 1, 1, WHY_FIELD_UNKNOWN, "expected a name"},
    {"body.a..b > 1", 1, 1, WHY_TEXT_SYNTAX, "a path such as"},
    {"body.a > high", 1, 10, WHY_FIELD_VALUE, "a number or a time"},
    {"body.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17 > 1", 1, 1, WHY_TEXT_LIMIT, "fewer members"},
    {"(pc > 1", 1, 8, WHY_TEXT_SYNTAX, "the end: expected and, or or )"},
    {"pc > 1)", 1, 7, WHY_TEXT_SYNTAX, "\")\""},
    {"pc in 1", 1, 7, WHY_TEXT_SYNTAX, "expected ( and values"},
    {"pc in ()", 1, 8, WHY_TEXT_SYNTAX, "expected a number"},
    {"pc in (1 2)", 1, 10, WHY_TEXT_SYNTAX, "expected , or )"},
    {"stated pc", 1, 8, WHY_TEXT_SYNTAX, "expected ( and a name"},
    {"stated(pc > 1)", 1, 11, WHY_TEXT_SYNTAX, "expected )"},
    {"origin ~ \"fr", 1, 10, WHY_TEXT_SYNTAX, "a quote that does not end"},
    {"origin ~ \"", 1, 10, WHY_TEXT_SYNTAX, "expected"},
    {"pc > 1 && miss_m < 1", 1, 8, WHY_TEXT_SYNTAX, "expected and, or or the end"},
    {"\x01 > 1", 1, 1, WHY_TEXT_SYNTAX, "\\x01"},
    {"pc\xff > 1", 1, 1, WHY_FIELD_UNKNOWN, "\\xFF"},
};

static void
what_is_no_expression_is_refused_at_its_column(void **state)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena arena;
        struct why why;

        arena_init(&arena, LIMIT_API_BYTES);
        why_clear(&why);
        if (where_read(span_str(bad[i].text), &arena, &why) != NULL)
            fail_msg("%s: expected a refusal", bad[i].text);
        if (why.line != bad[i].line || why.column != bad[i].column || why.code != bad[i].code ||
            strstr(why.note, bad[i].note) == NULL)
            fail_msg("%s: %s %u:%u %s", bad[i].text, why_name(why.code), why.line, why.column, why.note);
        arena_release(&arena);
    }
}

/* ${n} times ${part} between ${head} and ${tail}: is it an expression? */
static bool
repeats(const char *head, const char *part, size_t n, const char *tail)
{
    struct arena arena;
    struct buf text;
    struct why why;
    bool is_one;

    arena_init(&arena, LIMIT_API_BYTES);
    buf_init(&text, LIMIT_API_BYTES);
    buf_put_str(&text, head);
    for (size_t i = 0; i < n; i++)
        buf_put_str(&text, part);
    buf_put_str(&text, tail);
    why_clear(&why);
    is_one = where_read(buf_span(&text), &arena, &why) != NULL;
    assert_true(is_one || why.code == WHY_TEXT_LIMIT || why.code == WHY_TEXT_SYNTAX);
    buf_release(&text);
    arena_release(&arena);
    return is_one;
}

static void
an_expression_has_bounds(void **state)
{
    assert_true(repeats("", "pc > 1 or ", LIMIT_WHERE_COUNT - 1, "pc > 1"));
    assert_false(repeats("", "pc > 1 or ", LIMIT_WHERE_COUNT, "pc > 1"));
    assert_true(repeats("", "not ", LIMIT_WHERE_DEPTH_COUNT, "pc > 1"));
    assert_false(repeats("", "not ", LIMIT_WHERE_DEPTH_COUNT + 1, "pc > 1"));
    assert_false(repeats("", "(", LIMIT_WHERE_DEPTH_COUNT + 1, "pc > 1"));
    assert_false(repeats("", "(", LIMIT_WHERE_BYTES, ""));
    assert_true(repeats("pc in (", "1,", LIMIT_WHERE_VALUE_COUNT - 1, "1)"));
    assert_false(repeats("pc in (", "1,", LIMIT_WHERE_VALUE_COUNT, "1)"));
    assert_true(repeats("origin ~ '", "x", LIMIT_WHERE_BYTES - 11, "'"));
    assert_false(repeats("origin ~ '", "x", LIMIT_WHERE_BYTES - 10, "'"));
}

/* Every figure of every type is a name, and none of them is a word of the header: one name, one meaning. */
static void
a_figure_of_any_type_is_a_name(void **state)
{
    for (const struct type *const *type = types_table; *type != NULL; type++) {
        for (const char *const *f = (*type)->figure_names; f != NULL && *f != NULL; f++) {
            struct arena arena;
            struct why why;
            char text[64];

            for (size_t i = 0; i < where_words_count; i++)
                assert_string_not_equal(*f, where_words[i].name);
            arena_init(&arena, LIMIT_API_BYTES);
            why_clear(&why);
            (void)snprintf(text, sizeof text, "%s > 1", *f);
            assert_non_null(where_read(span_str(text), &arena, &why));
            arena_release(&arena);
        }
    }
}

static void
assert_told(struct buf *page, const char *row)
{
    if (strstr(buf_cstr(page), row) == NULL)
        fail_msg("docs/filters.md lacks: %s", row);
}

static void
the_page_names_every_word_figure_and_place(void **state)
{
    static const char *const kinds[] = {"text", "number", "time"};
    struct buf page, row;
    size_t places = 0, told = 0;

    buf_init(&page, LIMIT_API_BYTES);
    buf_init(&row, LIMIT_API_BYTES);
    assert_int_equal(file_read("../../../docs/filters.md", &page), 0);
    for (size_t i = 0; i < where_words_count; i++) {
        const struct where_word *w = &where_words[i];

        buf_clear(&row);
        buf_put_fmt(&row, "\n| `%s` | %s | %s |\n", w->name, kinds[w->kind], w->what);
        assert_told(&page, buf_cstr(&row));
    }
    for (const struct type *const *type = types_table; *type != NULL; type++) {
        buf_clear(&row);
        buf_put_fmt(&row, "\n| `%s` | ", (*type)->name);
        for (const char *const *f = (*type)->figure_names; f != NULL && *f != NULL; f++)
            buf_put_fmt(&row, "%s`%s`", f == (*type)->figure_names ? "" : ", ", *f);
        if ((*type)->figure_names != NULL) {
            buf_put_str(&row, " |\n");
            assert_told(&page, buf_cstr(&row));
        }
        buf_clear(&row);
        buf_put_fmt(&row, "\n| `%s` | ", (*type)->name);
        if ((*type)->places != NULL)
            assert_told(&page, buf_cstr(&row));
        places += (*type)->places != NULL;
    }
    /* No type is told to have places that has none: rows of that table. */
    for (const char *p = strstr(buf_cstr(&page), "| type | its places |"); p != NULL && *p == '|';
         p = strchr(p, '\n') + 1)
        told++;
    assert_int_equal(told, places + 2);
    buf_release(&row);
    buf_release(&page);
}

static bool
is_true_of(const char *expression, const struct sample *s)
{
    struct arena arena;
    struct why why;
    const struct where *w;
    bool is_true;

    arena_init(&arena, LIMIT_API_BYTES);
    why_clear(&why);
    w = where_read(span_str(expression), &arena, &why);
    assert_non_null(w);
    is_true = where_judge(w, &s->record) == WHERE_TRUE;
    arena_release(&arena);
    return is_true;
}

/* Texts of public alerts may be longer than values of text formats. */
static void
a_long_text_is_looked_into(void **state)
{
    struct sample s;
    struct buf text;

    buf_init(&text, LIMIT_API_BYTES);
    for (size_t i = 0; i < LIMIT_VALUE_BYTES; i++)
        buf_put_byte(&text, 'x');
    buf_put_str(&text, "needle");
    sample_golden(&s, CAP);
    ((Parallax__V1__PublicAlert *)(uintptr_t)s.record.msg)->info[0]->description =
        arena_strdup(&s.arena, buf_span(&text));
    assert_true(is_true_of("body.info.description ~ 'xneedle' and body.info.severity == Moderate", &s));
    assert_false(is_true_of("body.info.description ~ 'yneedle'", &s));
    sample_release(&s);
    buf_release(&text);
}

/* Arrays and objects of any nesting are walked through. */
static void
a_deep_value_is_looked_into(void **state)
{
    static const char item[] =
        "{\"type\":\"Feature\",\"stac_version\":\"1.1.0\",\"id\":\"a\",\"geometry\":null,\"properties\":{"
        "\"datetime\":"
        "\"2032-02-11T00:00:00Z\",\"deep\":[[[{\"a\":[1,[{\"b\":7}]]}]]]},\"links\":[],\"assets\":{}}";
    struct sample s;

    sample_read(&s, span_str(item));
    assert_true(is_true_of("body.properties.deep.a.b == 7", &s));
    assert_true(is_true_of("body.properties.deep.a == 1", &s));
    assert_false(is_true_of("body.properties.deep.b == 7", &s));
    sample_release(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_is_true_false_or_unknown_of_a_record),
        cmocka_unit_test(of_a_record_without_a_body_only_the_header_is_known),
        cmocka_unit_test(what_is_no_expression_is_refused_at_its_column),
        cmocka_unit_test(an_expression_has_bounds),
        cmocka_unit_test(a_figure_of_any_type_is_a_name),
        cmocka_unit_test(the_page_names_every_word_figure_and_place),
        cmocka_unit_test(a_long_text_is_looked_into),
        cmocka_unit_test(a_deep_value_is_looked_into),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
