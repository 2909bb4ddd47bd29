/*
 * The short way through JSON and yajl alone over the same bytes: the same events with the same places, and the same answer,
 * wherever the listener stops.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limit.h"
#include "syntax/json.h"

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
hear(void *cookie, const struct json_event *e, struct why *why)
{
    struct story *s = cookie;

    buf_put_fmt(&s->text, "%d %u %d %u:%u %u:%u ", (int)e->kind, e->depth, e->key.p != NULL, e->place.line,
                e->place.column, e->key_place.line, e->key_place.column);
    put(&s->text, e->key);
    put(&s->text, e->text);
    put(&s->text, e->raw);
    assert(e->kind != JSON_STRING || e->text.p != NULL);
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
    rc = json_read(input, hear, &a, &why_a);
    assert(rc == json_read_yajl(input, hear, &b, &why_b));
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
