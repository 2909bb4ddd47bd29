/*
 * Bodies of a hostile origin: the first byte names the type, the rest is its packed body. What passes the check can be shown, keyed
 * and written, and packs to what reads the same.
 */
#include <assert.h>
#include <math.h>

#include "base/text.h"
#include "types/registry.h"
#include "wire/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUTPUT_BYTES_MAX (4 * 1048576)

static void
propagate(const struct type *type, const ProtobufCMessage *msg)
{
    struct why refusal = {.code = WHY_NONE};
    struct type_sgp4 mean;
    struct sgp4 s;
    double r[3], v[3];

    if (type->sgp4 == NULL || type->sgp4(msg, &mean, &refusal) != 0)
        return;
    (void)sgp4_init(&s, &mean.elements, SGP4_IMPROVED);
    if (sgp4_propagate(&s, 100.0, r, v) == SGP4_DONE)
        assert(isfinite(r[0] + r[1] + r[2] + v[0] + v[1] + v[2]));
}

/* Wherever a record is, it is somewhere on the Earth, and meets itself. */
static void
locate(const struct type *type, const ProtobufCMessage *msg)
{
    struct area_list places, earth;
    struct arena a;

    if (type->places == NULL)
        return;
    arena_init(&a, LIMIT_API_BYTES);
    area_list_init(&places, &a);
    area_list_init(&earth, &a);
    area_add_box(&earth, -180, -90, 180, 90);
    type->places(msg, &places);
    assert(area_list_meets(&places, &earth) == (places.first != NULL || places.failed));
    assert(area_list_meets(&places, &places) == (places.first != NULL || places.failed));
    arena_release(&a);
}

static void
use(const struct type *type, const ProtobufCMessage *msg, struct buf *out)
{
    struct convert how = {.alpha5 = true};
    struct subject subject;

    type->json(msg, out);
    type->summary(msg, out);
    assert(text_is_utf8(buf_span(out)));
    assert(type->subject(msg, &subject) == 0 && subject.key[0] != 0);
    for (size_t i = 0; type->writers[i] != NULL; i++) {
        struct why refusal = {.code = WHY_NONE};

        (void)type->writers[i]->write(msg, &how, out, &refusal);
    }
    propagate(type, msg);
    locate(type, msg);
    buf_clear(out);
    pack(msg, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct why why = {.code = WHY_NONE};
    struct arena arena;
    struct buf out;
    size_t types = 0;
    ProtobufCMessage *msg;
    const struct type *type;

    if (size == 0)
        return 0;
    while (types_table[types] != NULL)
        types++;
    type = types_table[data[0] % types];
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    buf_init(&out, OUTPUT_BYTES_MAX);
    msg = registry_unpack(type, span_of(data + 1, size - 1), &arena, &why);
    assert((msg == NULL) == (why.code != WHY_NONE));
    if (msg != NULL) {
        use(type, msg, &out);
        arena_clear(&arena);
        assert(registry_unpack(type, buf_span(&out), &arena, &why) != NULL);
    }
    buf_release(&out);
    arena_release(&arena);
    return 0;
}
