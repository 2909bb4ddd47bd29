/*
 * The short way through XML and libxml2 alone over the same bytes: the same events with the same places, and the same answer,
 * wherever the listener stops.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limit.h"
#include "syntax/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STORY_BYTES_MAX (64 * 1048576)

struct story {
    struct buf text;
    size_t left; /* events until the listener says no */
};

static void
put(struct buf *out, struct span s)
{
    buf_put_be32(out, (uint32_t)s.n);
    buf_put_span(out, s);
}

static int
hear(void *cookie, const struct xml_event *e, struct why *why)
{
    struct story *s = cookie;

    buf_put_fmt(&s->text, "%d %u %d %zu %u:%u %zu ", (int)e->kind, e->depth, e->is_leaf, e->offset,
                e->place.line, e->place.column, e->attribute_count);
    put(&s->text, e->name);
    if (e->kind == XML_END && e->is_leaf)
        assert(e->text.p != NULL);
    put(&s->text, e->text);
    for (size_t i = 0; i < e->attribute_count; i++) {
        put(&s->text, e->attribute[i].name);
        put(&s->text, e->attribute[i].value);
    }
    if (s->left-- == 0)
        return why_set(why, WHY_FIELD_VALUE, 1, 1, NULL, "enough");
    return 0;
}

static void
compare(struct span input, size_t events)
{
    struct story a = {.left = events}, b = {.left = events};
    struct why why_a, why_b;
    int rc;

    why_clear(&why_a);
    why_clear(&why_b);
    buf_init(&a.text, STORY_BYTES_MAX);
    buf_init(&b.text, STORY_BYTES_MAX);
    rc = xml_read(input, hear, &a, &why_a);
    assert(rc == xml_read_libxml2(input, hear, &b, &why_b));
    assert((rc == 0) == (why_a.code == WHY_NONE));
    assert(why_a.code == why_b.code && why_a.line == why_b.line && why_a.column == why_b.column);
    assert(strcmp(why_a.field, why_b.field) == 0 && strcmp(why_a.note, why_b.note) == 0);
    assert(span_equal(buf_span(&a.text), buf_span(&b.text)));
    buf_release(&a.text);
    buf_release(&b.text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    compare(span_of(data, size), SIZE_MAX);
    compare(span_of(data, size), size > 0 ? data[size / 2] % 32 : 0);
    return 0;
}
