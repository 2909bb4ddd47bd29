/* Identifiers as people and sources write them, and what records say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "types/alias.h"

static void
what_a_person_means_has_one_canonical_form(void **unused)
{
    static const struct {
        const char *text, *id;
        enum alias_class class;
    } rows[] = {{"25544", "norad:25544", ALIAS_NORAD},
                {" 00005 ", "norad:5", ALIAS_NORAD},
                {"999999999", "norad:999999999", ALIAS_NORAD},
                {"norad:25544", "norad:25544", ALIAS_NORAD},
                {"A0345", "norad:100345", ALIAS_NORAD},
                {"J0000", "norad:180000", ALIAS_NORAD},
                {"Z9999", "norad:339999", ALIAS_NORAD},
                {"1998-067A", "cospar:1998-067A", ALIAS_COSPAR},
                {"98067a", "cospar:1998-067A", ALIAS_COSPAR},
                {"26120ABC", "cospar:2026-120ABC", ALIAS_COSPAR},
                {"2023 VD3", "neo:2023VD3", ALIAS_PROVISIONAL},
                {"2023vd3", "neo:2023VD3", ALIAS_PROVISIONAL},
                {"2040 P-L", "neo:2040P-L", ALIAS_PROVISIONAL},
                {"(99942)", "neo:99942", ALIAS_NUMBER},
                {"99942 Apophis", "neo:99942", ALIAS_NUMBER},
                {"neo:99942 Apophis (2004 MN4)", "neo:99942", ALIAS_NUMBER},
                {"neo:00433", "neo:433", ALIAS_NUMBER},
                {"neo:a0001", "neo:360001", ALIAS_NUMBER},
                {"neo:A0345", "neo:100345", ALIAS_NUMBER},
                {"neo:~0000", "neo:620000", ALIAS_NUMBER},
                {"neo:~AZaz", "neo:3140113", ALIAS_NUMBER},
                {"J95X00A", "neo:1995XA", ALIAS_PROVISIONAL},
                {"J95X01L", "neo:1995XL1", ALIAS_PROVISIONAL},
                {"J98SA8S", "neo:1998SS108", ALIAS_PROVISIONAL},
                {"K07Tf8A", "neo:2007TA418", ALIAS_PROVISIONAL},
                {"PLS2040", "neo:2040P-L", ALIAS_PROVISIONAL},
                {"T1S3138", "neo:3138T-1", ALIAS_PROVISIONAL},
                {"neo:C/2019 Q4", "neo:C/2019Q4", ALIAS_OTHER},
                {"id:esa discos/12 7", "id:ESA_DISCOS/12_7", ALIAS_OTHER},
                {"iss  (zarya) ", "name:ISS (ZARYA)", ALIAS_NAME},
                {"name:25544", "name:25544", ALIAS_NAME},
                {"I0345", "name:I0345", ALIAS_NAME},
                {"Kosmos: 1", "name:KOSMOS: 1", ALIAS_NAME}};
    char id[ALIAS_BYTES];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(alias_parse(rows[i].text, id));
        assert_string_equal(id, rows[i].id);
        assert_int_equal(alias_class(id), rows[i].class);
    }
}

static void
what_names_nothing_is_refused(void **unused)
{
    static const char *const rows[] = {
        "",
        "  ",
        "norad:",
        "norad:x",
        "norad:0",
        "norad:1234567890",
        "cospar:98",
        "name:",
        "name:unknown",
        "id:",
        "unknown",
        "a name that is longer than any identifier may be, so that it is cut nowhere"};
    char id[ALIAS_BYTES];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_false(alias_parse(rows[i], id));
}

static struct buf out;
static uint8_t bytes[ALIAS_TEXT_BYTES];

static const char *
shown(void)
{
    static char text[ALIAS_TEXT_BYTES];

    for (size_t i = 0; i < out.n; i++)
        text[i] = out.p[i] == 0 ? '|' : (char)out.p[i];
    text[out.n] = 0;
    return text;
}

static void
groups_hold_what_is_an_identifier_and_nothing_else(void **unused)
{
    struct span text;
    const char *id;

    buf_init_fixed(&out, bytes, sizeof bytes);
    alias_put_catalog(&out, span_str("SATCAT"), span_str("025544"));
    alias_put_cospar(&out, span_str("1998-067A"));
    alias_put_name(&out, span_str("ISS\n(ZARYA)"));
    alias_end(&out);
    alias_put_name(&out, span_str("UNKNOWN"));
    alias_put_cospar(&out, span_str("UNKNOWN"));
    alias_put_norad(&out, span_str("0"));
    alias_end(&out);
    alias_put_catalog(&out, span_str("My Cat"), span_str("7"));
    alias_put_catalog(&out, span_str(""), span_str("7"));
    alias_put_neo(&out, span_str("2004 MN4"));
    alias_end(&out);
    assert_string_equal(shown(), "norad:25544|cospar:1998-067A|name:ISS (ZARYA)||id:MY_CAT/7|neo:2004MN4||");
    text = buf_span(&out);
    for (int i = 0; i < 3; i++)
        assert_true(alias_take(&text, &id));
    assert_string_equal(id, "name:ISS (ZARYA)");
    assert_false(alias_take(&text, &id));
    assert_true(alias_take(&text, &id) && alias_take(&text, &id));
    assert_false(alias_take(&text, &id));
    assert_false(alias_take(&text, &id));
    assert_int_equal(text.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_person_means_has_one_canonical_form),
                                       cmocka_unit_test(what_names_nothing_is_refused),
                                       cmocka_unit_test(groups_hold_what_is_an_identifier_and_nothing_else)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
