#include "syntax/xml_plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct story {
    struct buf text;
    size_t left; /* events until the listener says no */
};

static int
hear(void *cookie, const struct xml_event *e, struct why *why)
{
    struct story *s = cookie;

    buf_put_fmt(&s->text, "%c%u %.*s=%.*s %zu %u:%u", e->kind == XML_START ? '<' : '>', e->depth,
                (int)e->name.n, (const char *)e->name.p, (int)e->text.n, (const char *)e->text.p, e->offset,
                e->place.line, e->place.column);
    for (size_t i = 0; i < e->attribute_count; i++)
        buf_put_fmt(&s->text, " %.*s='%.*s'", (int)e->attribute[i].name.n,
                    (const char *)e->attribute[i].name.p, (int)e->attribute[i].value.n,
                    (const char *)e->attribute[i].value.p);
    buf_put_str(&s->text, "\n");
    if (s->left-- == 0)
        return why_set(why, WHY_FIELD_VALUE, 7, 7, NULL, "enough");
    return 0;
}

/* What xml_read() tells is what libxml2 tells, and the short way goes as far as ${expected} says. */
static void
assert_as_libxml2(const char *text, size_t events, enum xml_plain expected)
{
    struct story plain = {.left = events}, whole = {.left = events}, other = {.left = events};
    struct why why[3];
    size_t told;
    int rc;

    memset(why, 0, sizeof why);
    buf_init(&plain.text, 65536);
    buf_init(&whole.text, 65536);
    buf_init(&other.text, 65536);
    if (xml_plain_read(span_str(text), hear, &plain, &why[0], &told) != expected)
        fail_msg("%s: told %zu events", text, told);
    rc = xml_read(span_str(text), hear, &whole, &why[1]);
    assert_int_equal(rc, xml_read_libxml2(span_str(text), hear, &other, &why[2]));
    assert_string_equal(buf_cstr(&whole.text), buf_cstr(&other.text));
    assert_int_equal(why[1].code, why[2].code);
    assert_int_equal(why[1].line, why[2].line);
    assert_int_equal(why[1].column, why[2].column);
    assert_string_equal(why[1].note, why[2].note);
    if (expected != XML_PLAIN_OTHER)
        assert_string_equal(buf_cstr(&plain.text), buf_cstr(&other.text));
    buf_release(&plain.text);
    buf_release(&whole.text);
    buf_release(&other.text);
}

static const char *const plain[] = {
    "<a/>",
    "<a></a>",
    "<a>\n\n  </a>",
    "<?xml version=\"1.0\" encoding=\"utf-8\" standalone='yes'?>\r\n<a>\r\n <b>1</b>\r\n</a>\r\n",
    "<a x='1' y=\"2 > 1\"\n  xmlns='urn:a' xmlns:p='urn:p' p:z=''><p:b>t ] ]] x</p:b ><c />\t</a> \n",
    "<a><b>1 &lt; 2 &amp;&amp; &quot;x&apos; &gt;</b><c>&amp;</c></a>",
    "<a><b>\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80</b></a>",
    "<p:a><q:b></q:b></p:a>",
    "<a.b-c_9><d>\n x \n</d>\r<e>y</e></a.b-c_9>",
};

static void
what_is_plain_is_read_in_one_go(void **state)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_as_libxml2(plain[i], SIZE_MAX, XML_PLAIN_DONE);
}

static void
a_listener_may_stop_anywhere(void **state)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_as_libxml2(plain[i], 1, XML_PLAIN_STOPPED);
    for (size_t events = 0; events < 6; events++)
        assert_as_libxml2("<a><b>1</b><b>2</b><!-- c --></a>", events,
                          events < 5 ? XML_PLAIN_STOPPED : XML_PLAIN_OTHER);
}

static void
all_else_is_left_to_libxml2(void **state)
{
    static const char *const other[] = {
        " <a/>",
        "<!-- c --><a/>",
        "<?xml version='1.1'?><a/>",
        "<?xml version='1.0' encoding='US-ASCII'?><a/>",
        "<a><b>1</b><!-- c --><c>2</c></a>",
        "<a><b>1<![CDATA[&]]></b></a>",
        "<a><b>&#65;</b></a>",
        "<a><b>&c;</b></a>",
        "<a><b>]]></b></a>",
        "<a><b>x\r\ny</b></a>",
        "<a><b>\x01</b></a>",
        "<a><b>\xEF\xBF\xBF</b></a>",
        "<a><b>\xEF\xBD\x81</b></a>",
        "<a>x<b/></a>",
        "<a><b/>x</a>",
        "<a><b></a></b>",
        "<a><b></b></a",
        "<a>",
        "<a/><b/>",
        "<a/>x",
        "<a x='&amp;'/>",
        "<a x='\t'/>",
        "<a x='<'/>",
        "<a x = '1'/>",
        "<a x='1'y='2'/>",
        "<a x='1' x='2'/>",
        "<a p:x='1' q:x='2'/>",
        "<a xmlns:p='urn:1' xmlns:p='urn:2'/>",
        "<a xmlns:p=''/>",
        "<a xmlns:xml='urn:x'/>",
        "<a xml:lang='en'/>",
        "<xmlns:a/>",
        "<a:b:c/>",
        "<a:/>",
        "<:a/>",
        "<\xC3\xA9/>",
        "<a\xC3\xA9/>",
        "<a><b/ ></a>",
        "< a/>",
        "<a></ a>",
        "<!DOCTYPE a><a/>",
        "<a><?p i?></a>",
    };

    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_as_libxml2(other[i], SIZE_MAX, XML_PLAIN_OTHER);
}

static void
depth_attributes_and_text_are_bounded_as_ever(void **state)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    for (size_t n = 31; n <= 33; n++) {
        buf_clear(&text);
        for (size_t i = 0; i < n; i++)
            buf_put_str(&text, "<a>");
        for (size_t i = 0; i < n; i++)
            buf_put_str(&text, "</a>");
        assert_as_libxml2(buf_cstr(&text), SIZE_MAX, n <= 32 ? XML_PLAIN_DONE : XML_PLAIN_OTHER);
    }
    for (unsigned n = 15; n <= 17; n++) {
        buf_clear(&text);
        buf_put_str(&text, "<a");
        for (unsigned i = 0; i < n; i++)
            buf_put_fmt(&text, " x%u='%u'", i, i);
        buf_put_str(&text, "/>");
        assert_as_libxml2(buf_cstr(&text), SIZE_MAX, n <= 16 ? XML_PLAIN_DONE : XML_PLAIN_OTHER);
    }
    for (int n = 8191; n <= 8193; n++) {
        buf_clear(&text);
        buf_put_fmt(&text, "<a>%0*d</a>", n, 1);
        assert_as_libxml2(buf_cstr(&text), SIZE_MAX, n <= 8192 ? XML_PLAIN_DONE : XML_PLAIN_OTHER);
        buf_clear(&text);
        buf_put_fmt(&text, "<a>&lt;%0*d</a>", n - 1, 1);
        assert_as_libxml2(buf_cstr(&text), SIZE_MAX, n <= 8192 ? XML_PLAIN_DONE : XML_PLAIN_OTHER);
    }
    buf_release(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_is_read_in_one_go),
        cmocka_unit_test(a_listener_may_stop_anywhere),
        cmocka_unit_test(all_else_is_left_to_libxml2),
        cmocka_unit_test(depth_attributes_and_text_are_bounded_as_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
