/*
 * Every reader of every type over the same bytes: records that pass their check, or a reason; what was read can be written.
 * With PARALLAX_FUZZ_READER in the environment only the reader of that name, which is many times faster (each.py); with
 * PARALLAX_FUZZ_READER=list the names, and no run.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "types/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

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

static const char *only; /* the one reader; NULL: all */

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    only = getenv("PARALLAX_FUZZ_READER");
    if (only != NULL && strcmp(only, "list") == 0) {
        for (size_t t = 0; types_table[t] != NULL; t++) {
            for (size_t r = 0; types_table[t]->readers[r] != NULL; r++)
                puts(types_table[t]->readers[r]->format);
        }
        exit(0);
    }
    if (only != NULL && registry_reader(only, NULL) == NULL) {
        fprintf(stderr, "%s: no reader of that name\n", only);
        exit(2);
    }
    return 0;
}

/* Lenient, with all that can be done with a record, then strict. */
static void
read_both(struct span input, const char *format, struct buf *out)
{
    struct convert how = {.strict = false};
    struct why why = {.code = WHY_NONE};

    if (registry_read(input, format, &how, use, out, &why) != 0)
        assert(why.code != WHY_NONE);
    how.strict = true;
    why_clear(&why);
    (void)registry_read(input, format, &how, use, out, &why);
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
    if (only != NULL) {
        read_both(input, only, &out);
    } else {
        for (size_t t = 0; types_table[t] != NULL; t++) {
            for (size_t r = 0; types_table[t]->readers[r] != NULL; r++)
                read_both(input, types_table[t]->readers[r]->format, &out);
        }
    }
    buf_release(&out);
    return 0;
}
