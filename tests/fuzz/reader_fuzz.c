/* Every reader of every type over the same bytes: records that pass their check, or a reason; what was read can be written. */
#include <assert.h>

#include "base/text.h"
#include "types/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUTPUT_BYTES_MAX (4 * 1048576)

static void
count_miss(void *cookie, uint32_t line, const char *field, const char *note)
{
    (void)line, (void)field;
    assert(text_is_utf8(span_str(note)));
    ++*(size_t *)cookie;
}

/* Show it, write it, and see that its source is of this input. */
static int
use(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct buf *out = cookie;
    struct convert how = {.alpha5 = true};
    struct subject subject;
    struct source source;
    struct why refused = {.code = WHY_NONE};

    (void)why;
    assert(type->check(msg, &refused) == 0);
    assert(protobuf_c_message_get_packed_size(msg) <= type->body_max);
    buf_clear(out);
    type->json(msg, out);
    type->summary(msg, out);
    assert(text_is_utf8(buf_span(out)));
    assert(type->subject(msg, &subject) == 0 && subject.key[0] != 0);
    type->source(msg, &source);
    assert(source.original.n > 0);
    for (size_t i = 0; type->writers[i] != NULL; i++) {
        struct why refusal = {.code = WHY_NONE};
        int rc = type->writers[i]->write(msg, &how, out, &refusal);

        assert((rc == 0) == (refusal.code == WHY_NONE));
        assert(rc == 0 || !type->writers[i]->lossless || refusal.code == WHY_CANNOT_HOLD);
    }
    /* A profile takes its text from whoever wrote it. */
    for (size_t i = 0; type->profiles != NULL && type->profiles[i] != NULL; i++) {
        size_t misses = 0;

        type->profiles[i]->check(source.original, count_miss, &misses);
    }
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    const struct type *type = NULL;
    struct why why = {.code = WHY_NONE};
    struct buf out;

    buf_init(&out, OUTPUT_BYTES_MAX);
    assert((registry_detect(input, &type, &why) == NULL) == (why.code != WHY_NONE));
    for (size_t t = 0; types_table[t] != NULL; t++) {
        for (size_t r = 0; types_table[t]->readers[r] != NULL; r++) {
            struct convert how = {.strict = false};

            why_clear(&why);
            if (registry_read(input, types_table[t]->readers[r]->format, &how, use, &out, &why) != 0)
                assert(why.code != WHY_NONE);
            how.strict = true;
            why_clear(&why);
            (void)registry_read(input, types_table[t]->readers[r]->format, &how, use, &out, &why);
        }
    }
    buf_release(&out);
    return 0;
}
