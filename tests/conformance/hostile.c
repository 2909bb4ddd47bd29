/* Inputs that somebody made to hurt: every reader refuses each of them with a reason, in bounded time and memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "types/registry.h"

#define BYTES_MAX   (8 * 1048576)
#define SECONDS_MAX 10 /* of CPU for one reader, with sanitizers; none takes one without */

static void
repeat(struct buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_put_str(out, text);
}

static void
deep_json(struct buf *out)
{
    repeat(out, "[", 1000000);
}

static void
deep_json_objects(struct buf *out)
{
    repeat(out, "{\"EPOCH\":", 800000);
}

static void
deep_xml(struct buf *out)
{
    buf_put_str(out, "<ndm>");
    repeat(out, "<omm id=\"CCSDS_OMM_VERS\" version=\"2.0\">", 100000);
}

static void
deep_xml_in_message(struct buf *out)
{
    buf_put_str(out, "<cdm id=\"CCSDS_CDM_VERS\" version=\"1.0\">");
    repeat(out, "<a>", 1000000);
}

static void
entity_bomb(struct buf *out)
{
    buf_put_str(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE omm [<!ENTITY a0 \"aaaaaaaaaa\">");
    for (int i = 1; i < 20; i++)
        buf_put_fmt(out, "<!ENTITY a%d \"&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;\">", i, i - 1,
                    i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    buf_put_str(
        out,
        "]><omm id=\"CCSDS_OMM_VERS\" version=\"2.0\"><header><ORIGINATOR>&a19;</ORIGINATOR></header></omm>");
}

static void
parameter_entity(struct buf *out)
{
    buf_put_str(out, "<!DOCTYPE cdm [<!ENTITY % x SYSTEM \"file:///etc/passwd\">%x;]><cdm/>");
}

static void
undefined_entity(struct buf *out)
{
    buf_put_str(
        out,
        "<omm id=\"CCSDS_OMM_VERS\" version=\"2.0\"><header><ORIGINATOR>&who;</ORIGINATOR></header></omm>");
}

static void
many_attributes(struct buf *out)
{
    buf_put_str(out, "<omm id=\"CCSDS_OMM_VERS\" version=\"2.0\"");
    for (int i = 0; i < 100000; i++)
        buf_put_fmt(out, " a%d=\"\"", i);
    buf_put_str(out, "/>");
}

static void
long_xml_text(struct buf *out)
{
    buf_put_str(out, "<omm id=\"CCSDS_OMM_VERS\" version=\"2.0\"><header><ORIGINATOR>");
    repeat(out, "0123456789", 500000);
}

static void
many_columns(struct buf *out)
{
    repeat(out, "EPOCH,", 100000);
    buf_put_str(out, "ECCENTRICITY,INCLINATION\n");
}

static void
many_short_columns(struct buf *out)
{
    buf_put_str(out, "EPOCH,ECCENTRICITY,INCLINATION");
    repeat(out, ",", 60000);
    buf_put_str(out, "\n");
}

static void
long_line(struct buf *out)
{
    buf_put_str(out, "CCSDS_OMM_VERS = ");
    repeat(out, "0123456789", 500000);
}

static void
giant_number(struct buf *out)
{
    buf_put_str(out, "{\"EPOCH\":\"2032-02-11T00:00:00\",\"MEAN_MOTION\":1");
    repeat(out, "0", 1000000);
    buf_put_str(out, "}");
}

static void
giant_exponent(struct buf *out)
{
    buf_put_str(out, "{\"NORAD_CAT_ID\":5,\"EPOCH\":\"2032-02-11T00:00:00\",\"MEAN_MOTION\":1e999999999,"
                     "\"ECCENTRICITY\":0,"
                     "\"INCLINATION\":0,\"RA_OF_ASC_NODE\":0,\"ARG_OF_PERICENTER\":0,\"MEAN_ANOMALY\":0}");
}

static void
many_comments(struct buf *out)
{
    buf_put_str(out, "CCSDS_CDM_VERS = 1.0\n");
    repeat(out, "COMMENT again\n", 500000);
    buf_put_str(out, "CREATION_DATE = 2032-02-11T00:00:00\n");
}

static void
many_keywords(struct buf *out)
{
    buf_put_str(out, "CCSDS_OMM_VERS = 2.0\n");
    for (int i = 0; i < 300000; i++)
        buf_put_fmt(out, "USER_DEFINED_%d = 1\n", i);
}

static void
many_members(struct buf *out)
{
    buf_put_str(out, "{\"EPOCH\":\"2032-02-11T00:00:00\"");
    for (int i = 0; i < 300000; i++)
        buf_put_fmt(out, ",\"X%d\":1", i);
    buf_put_str(out, "}");
}

static void
many_impacts(struct buf *out)
{
    buf_put_str(
        out,
        "{\"signature\":{\"source\":\"x\",\"version\":\"2.0\"},\"summary\":{\"ps_cum\":\"-1\"},\"data\":[");
    repeat(out, "{\"ip\":\"0\"},", 300000);
    buf_put_str(out, "{}]}");
}

static void
nul_bytes(struct buf *out)
{
    memset(buf_add(out, 100000), 0, 100000);
}

static void
utf16(struct buf *out)
{
    static const char text[] = "\xFF\xFE{\0\"\0E\0P\0O\0C\0H\0";

    buf_put(out, text, sizeof text - 1);
}

static void
blank_lines(struct buf *out)
{
    repeat(out, "\r\n", 1000000);
}

static void
prose(struct buf *out)
{
    repeat(out, "1 this is no element set, though each of its lines begins like one\n", 50000);
}

static void
nothing(struct buf *out)
{
    (void)out;
}

static void
lone_surrogate(struct buf *out)
{
    buf_put_str(out, "{\"OBJECT_NAME\":\"\\ud800\\u0000\",\"NORAD_CAT_ID\":5,\"EPOCH\":\"2032-02-11T00:00:"
                     "00\",\"MEAN_MOTION\":1,"
                     "\"ECCENTRICITY\":0,\"INCLINATION\":0,\"RA_OF_ASC_NODE\":0,\"ARG_OF_PERICENTER\":0,"
                     "\"MEAN_ANOMALY\":0}");
}

static const struct {
    const char *name;
    void (*make)(struct buf *out);
} inputs[] = {
#define INPUT(function)                                                                                      \
    {                                                                                                        \
#function, function                                                                                  \
    }
    INPUT(deep_json),
    INPUT(deep_json_objects),
    INPUT(deep_xml),
    INPUT(deep_xml_in_message),
    INPUT(entity_bomb),
    INPUT(parameter_entity),
    INPUT(undefined_entity),
    INPUT(many_attributes),
    INPUT(long_xml_text),
    INPUT(many_columns),
    INPUT(many_short_columns),
    INPUT(long_line),
    INPUT(giant_number),
    INPUT(giant_exponent),
    INPUT(many_comments),
    INPUT(many_keywords),
    INPUT(many_members),
    INPUT(many_impacts),
    INPUT(nul_bytes),
    INPUT(utf16),
    INPUT(blank_lines),
    INPUT(prose),
    INPUT(nothing),
    INPUT(lone_surrogate),
};

static int
refuse_all(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    (void)cookie, (void)type, (void)msg, (void)why;
    fail_msg("a record was made of it");
    return -1;
}

static void
every_reader_refuses_it(void **state)
{
    size_t which = *(const size_t *)*state;
    struct buf input;

    buf_init(&input, BYTES_MAX);
    inputs[which].make(&input);
    assert_false(buf_failed(&input));
    for (size_t i = 0; types_table[i] != NULL; i++) {
        for (size_t k = 0; types_table[i]->readers[k] != NULL; k++) {
            struct convert how = {0};
            struct why why = {.code = WHY_NONE};
            clock_t start = clock();

            assert_int_equal(registry_read(buf_span(&input), types_table[i]->readers[k]->format, &how,
                                           refuse_all, NULL, &why),
                             -1);
            assert_int_not_equal(why.code, WHY_NONE);
            assert_true((clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX);
        }
    }
    buf_release(&input);
}

static void
detection_never_fails_without_a_reason(void **state)
{
    size_t which = *(const size_t *)*state;
    const struct type *type = NULL;
    struct why why = {.code = WHY_NONE};
    struct buf input;

    buf_init(&input, BYTES_MAX);
    inputs[which].make(&input);
    assert_true((registry_detect(buf_span(&input), &type, &why) == NULL) == (why.code != WHY_NONE));
    buf_release(&input);
}

int
main(void)
{
    size_t n = sizeof inputs / sizeof *inputs;
    struct CMUnitTest tests[2 * sizeof inputs / sizeof *inputs];
    size_t index[sizeof inputs / sizeof *inputs];

    for (size_t i = 0; i < n; i++) {
        index[i] = i;
        tests[2 * i] = (struct CMUnitTest){inputs[i].name, every_reader_refuses_it, NULL, NULL, &index[i]};
        tests[2 * i + 1] = (struct CMUnitTest){inputs[i].name, detection_never_fails_without_a_reason, NULL,
                                               NULL, &index[i]};
    }
    return _cmocka_run_group_tests("hostile", tests, 2 * n, NULL, NULL);
}
