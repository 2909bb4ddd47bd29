/* What the tests of wire/unpack.h share: a schema of every kind of field, and bytes for it. */
#ifndef WIRE_PROBE_H
#define WIRE_PROBE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/limit.h"
#include "wire/unpack.h"

/*
 * A schema with what the real ones lack: repeated fields of every type (numbers 1 to 17, in the order of
 * ProtobufCType; 17 holds probes again), then a gap, single fields, a gap and a oneof.
 */
#define KINDS 17

struct probe {
    ProtobufCMessage base;
    struct {
        size_t n;
        void *items;
    } lists[KINDS];
    uint32_t one;
    char *word;
    struct probe *child;
    uint32_t choice_case;
    union {
        uint32_t number;
        ProtobufCBinaryData bytes;
    } choice;
};

enum { F_MESSAGE = 17, F_ONE = 40, F_WORD = 41, F_CHILD = 42, F_NUMBER = 100, F_BYTES = 101 };

static const ProtobufCMessageDescriptor probe_schema;

#define LIST(i)                                                                                              \
    {                                                                                                        \
        .name = "list", .id = (i) + 1, .label = PROTOBUF_C_LABEL_REPEATED, .type = (i),                      \
        .quantifier_offset = offsetof(struct probe, lists[i].n),                                             \
        .offset = offsetof(struct probe, lists[i].items),                                                    \
        .descriptor = (i) == PROTOBUF_C_TYPE_MESSAGE ? &probe_schema : NULL                                  \
    }
#define SINGLE(number, t, member, schema)                                                                    \
    {                                                                                                        \
        .name = #member, .id = (number), .label = PROTOBUF_C_LABEL_NONE, .type = PROTOBUF_C_TYPE_##t,        \
        .offset = offsetof(struct probe, member), .descriptor = (schema)                                     \
    }
#define CHOICE(number, t, member)                                                                            \
    {                                                                                                        \
        .name = #member, .id = (number), .label = PROTOBUF_C_LABEL_NONE, .type = PROTOBUF_C_TYPE_##t,        \
        .quantifier_offset = offsetof(struct probe, choice_case), .offset = offsetof(struct probe, member),  \
        .flags = PROTOBUF_C_FIELD_FLAG_ONEOF                                                                 \
    }

static const ProtobufCFieldDescriptor probe_fields[] = {
    LIST(0),
    LIST(1),
    LIST(2),
    LIST(3),
    LIST(4),
    LIST(5),
    LIST(6),
    LIST(7),
    LIST(8),
    LIST(9),
    LIST(10),
    LIST(11),
    LIST(12),
    LIST(13),
    LIST(14),
    LIST(15),
    LIST(16),
    SINGLE(F_ONE, UINT32, one, NULL),
    SINGLE(F_WORD, STRING, word, NULL),
    SINGLE(F_CHILD, MESSAGE, child, &probe_schema),
    CHOICE(F_NUMBER, UINT32, choice.number),
    CHOICE(F_BYTES, BYTES, choice.bytes),
};
static const ProtobufCIntRange probe_ranges[] = {{1, 0}, {F_ONE, 17}, {F_NUMBER, 20}, {0, 22}};
static const ProtobufCMessageDescriptor probe_schema = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "probe",
    .short_name = "probe",
    .sizeof_message = sizeof(struct probe),
    .n_fields = 22,
    .fields = probe_fields,
    .n_field_ranges = 3,
    .field_ranges = probe_ranges,
};

static inline void
put_varint(struct buf *b, uint64_t v)
{
    for (; v > 0x7F; v >>= 7)
        buf_put_byte(b, (uint8_t)(v | 0x80));
    buf_put_byte(b, (uint8_t)v);
}

static inline void
put_tag(struct buf *b, uint32_t number, unsigned wire)
{
    put_varint(b, (uint64_t)number << 3 | wire);
}

/* The reason for which prescan() refuses ${bytes} as a probe. unpack() must agree. */
static inline enum why_code
judge(struct span bytes)
{
    struct why why;
    struct why again;
    struct arena a;
    uint8_t *copy = malloc(bytes.n > 0 ? bytes.n : 1); /* at its exact size, for the sanitizer */
    ProtobufCMessage *msg;
    int result;

    assert_non_null(copy);
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    bytes = span_of(copy, bytes.n);
    why_clear(&why);
    why_clear(&again);
    arena_init(&a, 1 << 28);
    result = prescan(&probe_schema, bytes, LIMIT_PB_DEPTH_COUNT, LIMIT_PB_FIELD_COUNT, false, WHY_BODY_SHAPE,
                     &why);
    msg = unpack(&probe_schema, bytes, false, WHY_BODY_SHAPE, &a, &again);
    assert_int_equal(result == 0, why.code == WHY_NONE);
    assert_int_equal(msg != NULL, result == 0);
    assert_int_equal(why.code, again.code);
    arena_release(&a);
    free(copy);
    return why.code;
}

#define JUDGE(literal) judge(span_of(literal, sizeof(literal) - 1))

/* Repeated bytes of every kind, single and packed, in one message. */
static inline void
put_probe(struct buf *b)
{
    for (uint32_t i = 0; i < 14; i++) {
        static const char fixed[16] = "0123456789abcdef";
        bool eight =
            i == PROTOBUF_C_TYPE_SFIXED64 || i == PROTOBUF_C_TYPE_FIXED64 || i == PROTOBUF_C_TYPE_DOUBLE;
        bool four =
            i == PROTOBUF_C_TYPE_SFIXED32 || i == PROTOBUF_C_TYPE_FIXED32 || i == PROTOBUF_C_TYPE_FLOAT;

        put_tag(b, i + 1, eight ? 1 : four ? 5 : 0);
        if (eight || four)
            buf_put(b, fixed, eight ? 8 : 4);
        else
            put_varint(b, 1);
        put_tag(b, i + 1, 2);
        if (eight || four) {
            put_varint(b, 16);
            buf_put(b, fixed, 16);
        } else {
            buf_put(b, "\3\1\0\1", 4);
        }
    }
    buf_put(b, "\x7A\3\xE2\x82\xAC", 5); /* 15, a string */
    buf_put(b, "\x82\1\2\0\xFF", 5);     /* 16, bytes */
    buf_put(b, "\x8A\1\0", 3);           /* 17, an empty probe */
    buf_put(b, "\x8A\1\5\xCA\2\2hi", 8); /* 17, a probe with a word */
}

#endif
