/* What a person is told of an input that no reader knows; and that detection takes nothing for what it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "types/registry.h"

static void
what_is_no_data_is_named(void **state)
{
    static const struct {
        const char *text, *note;
    } rows[] = {
        {"", "is empty"},
        {" \n\n \n", "blanks"},
        {"No GP data found\r\n", "\"No GP data found\""},
        {"[]", "empty list"},
        {"{\"error\":\"rate limit\"}", "says \"rate limit\""},
        {"{\"code\":\"400\",\"message\":\"no such object\"}", "says \"no such object\""},
        {"{\"a\":1,\"b\":{\"c\":2}}", "members \"a\", \"b\": no format"},
        {"[{\"a\":1},{\"a\":2}]", "members \"a\""},
        {"{\"signature\":{\"source\":\"NASA/JPL Fireball Data "
         "API\",\"version\":\"1.0\"},\"count\":1,\"fields\":[],\"data\":[]}",
         "NASA/JPL Fireball Data API"},
        {"<!DOCTYPE html>\n<html><head></head></html>", "HTML"},
        {"<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel/></rss>", "RSS"},
        {"<ndm></ndm>", "without any message"},
        {"<ndm><prm/></ndm>", "begins with \"prm\""},
        {"COMMENT first\nCCSDS_OEM_VERS = 2.0\n", "first line"},
        {"ccsds_omm_vers = 2.0\n", "capitals"},
        {"1 25544U 98067A   32070.15865511  .00009130  00000-0  17626-3 0  9990\n", "goes with it"},
        {"NAME;EPOCH;A;B;C\nx;y;1;2;3\n", "commas"},
        {"\xFD"
         "7zXZ",
         "xz"},
        {"%PDF-1.7\n", "PDF"},
        {"DAF/SPK ", "SPK"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct type *type;
        struct why why;

        why_clear(&why);
        assert_null(registry_detect(span_str(rows[i].text), &type, &why));
        assert_int_equal(why.code, WHY_FORMAT_UNKNOWN);
        if (strstr(why.note, rows[i].note) == NULL)
            fail_msg("\"%s\": \"%s\" is not in \"%s\"", rows[i].text, rows[i].note, why.note);
    }
}

static void
a_place_is_told_where_there_is_one(void **state)
{
    static const char zero[] = "SAT\nA\0B\n", wide[] = "S\0A\0T\0\n\0";
    const struct type *type;
    struct why why;

    (void)state;
    why_clear(&why);
    assert_null(registry_detect(span_of((const uint8_t *)zero, sizeof zero - 1), &type, &why));
    assert_int_equal(why.code, WHY_TEXT_ENCODING);
    assert_int_equal(why.line, 2);
    assert_int_equal(why.column, 2);
    assert_non_null(strstr(why.note, "zero byte"));
    why_clear(&why);
    assert_null(registry_detect(span_of((const uint8_t *)wide, sizeof wide - 1), &type, &why));
    assert_non_null(strstr(why.note, "UTF-16"));
    why_clear(&why);
    assert_null(registry_detect(span_str("COMMENT first\nCCSDS_OEM_VERS = 2.0\n"), &type, &why));
    assert_int_equal(why.line, 2);
}

/* Lists that look alike are told apart. */
static void
an_answer_goes_to_the_reader_of_its_source(void **state)
{
    static const struct {
        const char *text, *format; /* NULL: no reader's */
    } rows[] = {
        {"{\"signature\":{\"source\":\"NASA/JPL SBDB Close Approach Data "
         "API\",\"version\":\"1.5\"},\"count\":0}",
         "cad-json"},
        {"{\"signature\":{\"source\":\"NASA/JPL Sentry Data "
         "API\",\"version\":\"2.0\"},\"count\":\"0\",\"data\":[]}",
         "sentry-json"},
        {"{\"signature\":{\"source\":\"NASA/JPL Scout "
         "API\",\"version\":\"1.3\"},\"count\":\"0\",\"data\":[]}",
         NULL},
        {"[{\"NORAD_CAT_ID\":\"77101\",\"MSG_EPOCH\":\"2032-02-11 09:00:00\",\"DECAY_EPOCH\":\"2032-02-10 "
         "0:00:00\",\"MSG_TYPE\":\"Historical\",\"PRECEDENCE\":\"2\"}]",
         NULL},
        {"Last Update: 2032-02-11 05:49 UTC\n Object | Date-Time | Miss Dist. |\n | YYYY-MM-DD | in km |\n",
         "neocc-risk"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct type *type;
        const struct reader *reader;
        struct why why;

        why_clear(&why);
        reader = registry_detect(span_str(rows[i].text), &type, &why);
        if (rows[i].format == NULL) {
            assert_null(reader);
            continue;
        }
        assert_non_null(reader);
        assert_string_equal(reader->format, rows[i].format);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_data_is_named),
        cmocka_unit_test(a_place_is_told_where_there_is_one),
        cmocka_unit_test(an_answer_goes_to_the_reader_of_its_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
