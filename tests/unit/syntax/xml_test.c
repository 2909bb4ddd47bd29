#include "syntax/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limit.h"

static struct why why;

/* `<name line:column` or `>name=text line:column` for each event. */
static int
print(void *cookie, const struct xml_event *event, struct why *w)
{
    struct buf *out = cookie;
    struct span units = event->kind == XML_START ? xml_attribute(event, "units") : span_of(NULL, 0);

    buf_put_fmt(out, "%c%.*s", event->kind == XML_START ? '<' : '>', (int)event->name.n,
                (const char *)event->name.p);
    if (event->text.n > 0)
        buf_put_fmt(out, "=%.*s", (int)event->text.n, (const char *)event->text.p);
    if (units.p != NULL)
        buf_put_fmt(out, "[%.*s]", (int)units.n, (const char *)units.p);
    buf_put_fmt(out, " %u:%u;", event->place.line, event->place.column);
    return 0;
}

static int
read(const char *text, struct buf *out)
{
    why_clear(&why);
    buf_clear(out);
    return xml_read(span_str(text), print, out, &why);
}

static void
elements_have_local_names_text_and_place(void **state)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(read("<?xml version=\"1.0\"?>\n<n:a xmlns:n=\"urn:x\"><!-- c -->\n <n:b units=\"m/s\"> "
                          "1 &lt;<![CDATA[&]]>&#65;</n:b><c/></n:a>",
                          &out),
                     0);
    assert_string_equal(buf_cstr(&out), "<a 2:1;<b[m/s] 3:2;>b= 1 <&A 3:19;<c 3:50;>c 3:54;>a 3:60;");
    buf_release(&out);
}

static void
a_prefix_needs_no_declaration(void **state)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(read("<ndm:omm><ndm:X>1</ndm:X></ndm:omm>", &out), 0);
    assert_string_equal(buf_cstr(&out), "<omm 1:1;<X 1:10;>X=1 1:17;>omm 1:36;");
    buf_release(&out);
}

static void
document_types_and_entities_are_refused(void **state)
{
    static const char *const bad[] = {
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        "<a>&b;</a>",
        "<a x=\"&b;\"/>",
    };
    struct buf out;

    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read(bad[i], &out), -1);
        assert_int_equal(why.code, WHY_TEXT_SYNTAX);
        assert_int_equal(why.line, 1);
    }
    buf_release(&out);
}

static void
other_encodings_are_refused_in_words(void **state)
{
    static const char *const bad[] = {"<?xml version='1.0' encoding='UTF-16'?><a/>",
                                      "<?xml version=\"1.0\" encoding = \"ISO-8859-1\"?><a>\xC3\xA9</a>",
                                      "<?xml version='1.0' encoding='windows-1251'?><a>\xE9</a>",
                                      "<?xml version='1.0' encoding='Shift_JIS'?><a/>",
                                      "<?xml version='1.0' encoding='ISO-8859-1'?><a>\x80\xE9</a>",
                                      "<?xml version='1.0' encoding='windows-1252'?><a>\xE9\x81</a>",
                                      "<a>\xE9</a>"};
    struct buf out;

    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read(bad[i], &out), -1);
        assert_int_equal(why.code, WHY_TEXT_ENCODING);
    }
    assert_int_equal(read("\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?><a/>", &out), 0);
    /* Of ASCII alone it says the same in all of these. */
    assert_int_equal(read("<?xml version=\"1.0\" encoding = \"ISO-8859-1\"?><a>e</a>", &out), 0);
    assert_int_equal(read("<?xml version='1.0' encoding='windows-1252'?><a/>", &out), 0);
    buf_release(&out);
}

/* The offsets of what was given, behind any number of bytes that UTF-8 needs more of. */
static int
note_offset(void *cookie, const struct xml_event *event, struct why *w)
{
    (void)w;
    buf_put_fmt(cookie, "%zu%.*s ", event->offset, (int)event->text.n, (const char *)event->text.p);
    return 0;
}

static void
declared_latin_is_read_and_offsets_stay_those_of_the_input(void **state)
{
    static const char *const text[] = {
        "<?xml version='1.0' encoding='ISO-8859-1'?><a><b>\xE9</b><b>\xFF</b></a>",
        "<?xml version='1.0' encoding='cp1252'?><a><b>\x80</b><b>\xFF</b></a>"};
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    why_clear(&why);
    assert_int_equal(xml_read(span_str(text[0]), note_offset, &out, &why), 0);
    assert_string_equal(buf_cstr(&out), "43 46 54\xC3\xA9 54 62\xC3\xBF 66 ");
    buf_clear(&out);
    assert_int_equal(xml_read_libxml2(span_str(text[1]), note_offset, &out, &why), 0);
    assert_string_equal(buf_cstr(&out), "39 42 50\xE2\x82\xAC 50 58\xC3\xBF 62 ");
    buf_release(&out);
}

static void
text_beside_elements_is_refused(void **state)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(read("<a>x<b/></a>", &out), -1);
    assert_int_equal(read("<a><b/>x</a>", &out), -1);
    assert_int_equal(read("<a>\n <b/> \n</a>", &out), 0);
    buf_release(&out);
}

static void
depth_attributes_and_text_are_bounded(void **state)
{
    struct buf out, text;

    buf_init(&out, 65536);
    buf_init(&text, 65536);
    for (int i = 0; i <= LIMIT_XML_DEPTH_COUNT; i++)
        buf_put_str(&text, "<a>");
    assert_int_equal(read(buf_cstr(&text), &out), -1);
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
    buf_clear(&text);
    buf_put_str(&text, "<a>");
    for (int i = 0; i <= LIMIT_VALUE_BYTES; i++)
        buf_put_byte(&text, 'x');
    buf_put_str(&text, "</a>");
    assert_int_equal(read(buf_cstr(&text), &out), -1);
    assert_int_equal(why.code, WHY_TEXT_LIMIT);
    buf_release(&text);
    buf_release(&out);
}

static void
not_well_formed_is_refused(void **state)
{
    static const char *const bad[] = {"<a><b></a></b>",  "<a", "<a></a><b/>", "<a><b></b>", "", "x",
                                      "<a x='1' x='2'/>"};
    struct buf out;

    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read(bad[i], &out), -1);
        assert_int_equal(why.code, WHY_TEXT_SYNTAX);
    }
    buf_release(&out);
}

static void
a_probe_sees_the_first_elements(void **state)
{
    struct span names[3];

    assert_int_equal(xml_sniff(span_str("\n<?xml?><!-- <no> --><n:ndm a='>'\n><omm/>"), names, 3), 2);
    assert_true(span_is(names[0], "ndm"));
    assert_true(span_is(names[1], "omm"));
    assert_int_equal(xml_sniff(span_str("text <a>"), names, 3), 0);
    assert_int_equal(xml_sniff(span_str("<"), names, 3), 0);
    assert_int_equal(xml_sniff(span_str("<!-- never closed"), names, 3), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_have_local_names_text_and_place),
        cmocka_unit_test(a_prefix_needs_no_declaration),
        cmocka_unit_test(document_types_and_entities_are_refused),
        cmocka_unit_test(other_encodings_are_refused_in_words),
        cmocka_unit_test(declared_latin_is_read_and_offsets_stay_those_of_the_input),
        cmocka_unit_test(text_beside_elements_is_refused),
        cmocka_unit_test(depth_attributes_and_text_are_bounded),
        cmocka_unit_test(not_well_formed_is_refused),
        cmocka_unit_test(a_probe_sees_the_first_elements),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
