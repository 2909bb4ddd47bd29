/* Expressions over records: any bytes are refused at a place, or are true, false or unknown of a record, and their contrary is the contrary. */
#include "core/where.h"
#include "core/record.h"
#include "types/registry.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const texts[] = {
    "{\"notice\":\"DISTRESS/"
    "1\",\"id\":\"a\",\"issued\":\"2032-02-11T14:05:00Z\",\"issuer\":\"b\",\"state\":\"FOUND\","
    "\"spacecraft\":\"Aurora 3\","
    "\"cospar_id\":\"2032-004A\",\"persons\":3,\"latitude_deg\":-12.4021,\"longitude_deg\":-151.2207}",
    "{\"type\":\"Feature\",\"stac_version\":\"1.1.0\",\"id\":\"a\",\"geometry\":{\"type\":\"Point\","
    "\"coordinates\":[7.5,-12.25]},\"bbox\":[7,-13,8,-12],"
    "\"properties\":{\"datetime\":\"2032-02-11T00:00:00Z\",\"gsd\":1.5,\"deep\":[[{\"a\":[true,null,\"x\"]}]]"
    "},\"links\":[],\"assets\":{}}",
};
#define TEXTS (sizeof texts / sizeof *texts)

static struct where_record records[TEXTS];
static struct arena arenas[TEXTS];

static int
keep(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    size_t i = *(size_t *)cookie, n = protobuf_c_message_get_packed_size(msg);
    uint8_t *bytes = malloc(n + 1);

    protobuf_c_message_pack(msg, bytes);
    records[i].type = type;
    records[i].msg = registry_unpack(type, span_of(bytes, n), &arenas[i], why);
    free(bytes);
    assert(records[i].msg != NULL);
    return 0;
}

static void
read_records(void)
{
    static Parallax__V1__Header header = PARALLAX__V1__HEADER__INIT;
    struct convert how = {.strict = false};
    struct why why;

    header.mode = PARALLAX__V1__MODE__REAL;
    header.kind = PARALLAX__V1__KIND__INITIAL;
    header.sealing = PARALLAX__V1__SEALING__NONE;
    for (size_t i = 0; i < TEXTS && records[i].msg == NULL; i++) {
        arena_init(&arenas[i], LIMIT_ARENA_BODY_BYTES);
        why_clear(&why);
        if (registry_read(span_str(texts[i]), NULL, &how, keep, &i, &why) != 0)
            abort();
        records[i].header = &header;
        records[i].origin = "fr-cnes";
        records[i].audience = span_str("open");
        records[i].class_name = span_str("alert");
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct where *w, *contrary;
    struct arena a;
    struct why why;
    struct buf text;

    read_records();
    arena_init(&a, LIMIT_API_BYTES);
    why_clear(&why);
    w = where_read(span_of(data, size), &a, &why);
    assert(w != NULL || why.code != WHY_NONE);
    assert(w != NULL || size > LIMIT_WHERE_BYTES || (why.line > 0 && why.column > 0));
    buf_init(&text, LIMIT_API_BYTES);
    buf_put_str(&text, "not(");
    buf_put(&text, data, size);
    buf_put_str(&text, ")");
    why_clear(&why);
    contrary = w != NULL ? where_read(buf_span(&text), &a, &why) : NULL;
    for (size_t i = 0; i < TEXTS && w != NULL; i++) {
        enum where_truth truth = where_judge(w, &records[i]);

        assert(contrary == NULL || (int)truth + (int)where_judge(contrary, &records[i]) == WHERE_TRUE);
    }
    buf_release(&text);
    arena_release(&a);
    return 0;
}
