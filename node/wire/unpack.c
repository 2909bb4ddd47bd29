#include "wire/unpack.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/limit.h"
#include "base/text.h"

#define DEPTH_MAX      32  /* of any caller */
#define SCHEMA_FIELDS  512 /* of any schema of ours */
#define CRITICAL_BELOW 32
#define TAG_BYTES      5  /* a tag or a length: 32 bits */
#define VARINT_BYTES   10 /* 64 bits */

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* The wire type of each ProtobufCType. */
static const uint8_t wire_of[] = {
    [PROTOBUF_C_TYPE_INT32] = WIRE_VARINT,     [PROTOBUF_C_TYPE_SINT32] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_SFIXED32] = WIRE_FIXED32, [PROTOBUF_C_TYPE_INT64] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_SINT64] = WIRE_VARINT,    [PROTOBUF_C_TYPE_SFIXED64] = WIRE_FIXED64,
    [PROTOBUF_C_TYPE_UINT32] = WIRE_VARINT,    [PROTOBUF_C_TYPE_FIXED32] = WIRE_FIXED32,
    [PROTOBUF_C_TYPE_UINT64] = WIRE_VARINT,    [PROTOBUF_C_TYPE_FIXED64] = WIRE_FIXED64,
    [PROTOBUF_C_TYPE_FLOAT] = WIRE_FIXED32,    [PROTOBUF_C_TYPE_DOUBLE] = WIRE_FIXED64,
    [PROTOBUF_C_TYPE_BOOL] = WIRE_VARINT,      [PROTOBUF_C_TYPE_ENUM] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_STRING] = WIRE_BYTES,     [PROTOBUF_C_TYPE_BYTES] = WIRE_BYTES,
    [PROTOBUF_C_TYPE_MESSAGE] = WIRE_BYTES,
};

/* One open message. */
struct level {
    const ProtobufCMessageDescriptor *schema;
    const uint8_t *end;
    uint64_t seen[SCHEMA_FIELDS / 64]; /* by index in schema->fields: singular fields met */
};

struct walk {
    const uint8_t *start;
    const uint8_t *p;
    struct level levels[DEPTH_MAX];
    unsigned depth; /* levels in use */
    unsigned depth_max;
    unsigned fields;
    unsigned field_max;
    bool critical;
    enum why_code code;
    struct why *why;
};

static int refuse(struct walk *w, enum why_code code, const ProtobufCFieldDescriptor *field, const char *fmt,
                  ...) __attribute__((format(printf, 4, 5), cold));

static int
refuse(struct walk *w, enum why_code code, const ProtobufCFieldDescriptor *field, const char *fmt, ...)
{
    char note[100];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(note, sizeof note, fmt, args);
    va_end(args);
    return why_set(w->why, code, 0, 0, field != NULL ? field->name : NULL, "%s before byte %zu", note,
                   (size_t)(w->p - w->start));
}

/* The reason for too much rather than wrong. */
static enum why_code
deep_code(enum why_code code)
{
    return code == WHY_BODY_SHAPE ? WHY_BODY_DEEP : code;
}

static int
open_level(struct walk *w, const ProtobufCMessageDescriptor *schema, const uint8_t *end)
{
    struct level *level;

    if (w->depth == w->depth_max)
        return refuse(w, deep_code(w->code), NULL, "messages nest deeper than %u", w->depth_max);
    assert(schema->n_fields <= SCHEMA_FIELDS);
    level = &w->levels[w->depth++];
    level->schema = schema;
    level->end = end;
    memset(level->seen, 0, (schema->n_fields + 63) / 64 * 8);
    return 0;
}

/* A varint of at most ${max} bytes and ${bits} bits; NULL if there is none before ${end}. */
static const uint8_t *
read_long_varint(const uint8_t *p, const uint8_t *end, unsigned max, unsigned bits, uint64_t *out)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < max && p < end; i++, p++) {
        uint64_t part = *p & 0x7Fu;

        if (bits - 7 * i < 7 && part >> (bits - 7 * i) != 0)
            return NULL;
        v |= part << (7 * i);
        if (*p < 0x80) {
            *out = v;
            return p + 1;
        }
    }
    return NULL;
}

static inline const uint8_t *
read_varint(const uint8_t *p, const uint8_t *end, unsigned max, unsigned bits, uint64_t *out)
{
    if (p < end && *p < 0x80) {
        *out = *p;
        return p + 1;
    }
    return read_long_varint(p, end, max, bits, out);
}

/* By the ranges of consecutive numbers that the schema keeps. */
static const ProtobufCFieldDescriptor *
find_field(const ProtobufCMessageDescriptor *schema, uint32_t number)
{
    const ProtobufCIntRange *ranges = schema->field_ranges;
    unsigned low = 0;
    unsigned high = schema->n_field_ranges;
    uint32_t offset;

    if (high == 0 || number < (uint32_t)ranges[0].start_value)
        return NULL;
    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;

        if (number < (uint32_t)ranges[middle].start_value)
            high = middle;
        else
            low = middle;
    }
    offset = number - (uint32_t)ranges[low].start_value;
    if (offset >= ranges[low + 1].orig_index - ranges[low].orig_index)
        return NULL;
    return &schema->fields[ranges[low].orig_index + offset];
}

static bool
is_seen(const struct level *level, unsigned index)
{
    return (level->seen[index / 64] >> (index % 64) & 1) != 0;
}

/* Was another member of the oneof of ${field} met? Walked once a message: the second member ends the walk. */
static bool
is_oneof_taken(const struct level *level, const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *schema = level->schema;

    for (unsigned i = 0; i < schema->n_fields; i++) {
        const ProtobufCFieldDescriptor *other = &schema->fields[i];

        if (is_seen(level, i) && (other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
            other->quantifier_offset == field->quantifier_offset)
            return true;
    }
    return false;
}

/* protobuf would merge or overwrite: then two readers could see two messages in the same bytes. */
static int
mark_once(struct walk *w, struct level *level, const ProtobufCFieldDescriptor *field)
{
    unsigned index = (unsigned)(field - level->schema->fields);

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return 0;
    if (is_seen(level, index))
        return refuse(w, w->code, field, "a field that may occur once occurs twice");
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 && is_oneof_taken(level, field))
        return refuse(w, w->code, field, "two members of one choice");
    level->seen[index / 64] |= (uint64_t)1 << (index % 64);
    return 0;
}

static int
count_fields(struct walk *w, size_t n)
{
    if (n > w->field_max - w->fields)
        return refuse(w, deep_code(w->code), NULL, "more than %u fields", w->field_max);
    w->fields += (unsigned)n;
    return 0;
}

/* The elements of a packed repeated field. */
static int
walk_packed(struct walk *w, const ProtobufCFieldDescriptor *field, const uint8_t *end)
{
    uint8_t wire = wire_of[field->type];
    size_t size = wire == WIRE_FIXED64 ? 8 : 4;
    size_t n = 0;

    if (wire != WIRE_VARINT) {
        n = (size_t)(end - w->p);
        if (n % size != 0)
            return refuse(w, w->code, field, "a packed field ends inside an element");
        w->p = end;
        return count_fields(w, n / size);
    }
    while (w->p < end) {
        uint64_t v;
        const uint8_t *next = read_varint(w->p, end, VARINT_BYTES, 64, &v);

        /* protobuf-c takes packed bools only as one byte each. */
        if (next == NULL || (field->type == PROTOBUF_C_TYPE_BOOL && (v > 1 || next - w->p > 1)))
            return refuse(w, w->code, field, "a packed field ends inside an element or holds a bad one");
        w->p = next;
        n++;
    }
    return count_fields(w, n);
}

static int
walk_bytes(struct walk *w, const struct level *level, const ProtobufCFieldDescriptor *field)
{
    const uint8_t *end = level->end;
    uint64_t length;
    const uint8_t *p = read_varint(w->p, end, TAG_BYTES, 32, &length);
    struct span content;

    if (p == NULL || length > (uint64_t)(end - p))
        return refuse(w, w->code, field, "a length is bad or points outside");
    w->p = p;
    content = span_of(p, (size_t)length);
    if (field == NULL || field->type == PROTOBUF_C_TYPE_BYTES) {
        w->p = p + length;
        return 0;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return open_level(w, field->descriptor, p + length);
    if (field->type != PROTOBUF_C_TYPE_STRING)
        return walk_packed(w, field, p + length);
    w->p = p + length;
    if (content.n > 0 && memchr(content.p, 0, content.n) != NULL)
        return refuse(w, w->code, field, "a string holds NUL");
    if (!text_is_utf8(content))
        return refuse(w, w->code, field, "a string is not UTF-8");
    return 0;
}

static int
walk_value(struct walk *w, const struct level *level, const ProtobufCFieldDescriptor *field, unsigned wire)
{
    size_t size = wire == WIRE_FIXED64 ? 8 : 4;
    const uint8_t *next;
    uint64_t v;

    if (wire == WIRE_BYTES)
        return walk_bytes(w, level, field);
    if (wire == WIRE_VARINT) {
        next = read_varint(w->p, level->end, VARINT_BYTES, 64, &v);
        if (next == NULL)
            return refuse(w, w->code, field, "a varint is cut or longer than 64 bits");
        w->p = next;
        return 0;
    }
    if (size > (size_t)(level->end - w->p))
        return refuse(w, w->code, field, "a number is cut");
    w->p += size;
    return 0;
}

static bool
is_wire_type(const ProtobufCFieldDescriptor *field, unsigned wire)
{
    if (wire == wire_of[field->type])
        return true;
    return wire == WIRE_BYTES && field->label == PROTOBUF_C_LABEL_REPEATED; /* packed */
}

static int
walk_field(struct walk *w)
{
    struct level *level = &w->levels[w->depth - 1];
    const ProtobufCFieldDescriptor *field;
    uint64_t tag;
    const uint8_t *p = read_varint(w->p, level->end, TAG_BYTES, 32, &tag);
    unsigned wire = (unsigned)(tag & 7);

    if (p == NULL)
        return refuse(w, w->code, NULL, "a tag is cut or longer than 32 bits");
    w->p = p;
    if (tag >> 3 == 0)
        return refuse(w, w->code, NULL, "field number 0");
    if (wire != WIRE_VARINT && wire != WIRE_FIXED64 && wire != WIRE_BYTES && wire != WIRE_FIXED32)
        return refuse(w, w->code, NULL, "wire type %u", wire);
    if (count_fields(w, 1) != 0)
        return -1;
    field = find_field(level->schema, (uint32_t)(tag >> 3));
    if (field == NULL && w->critical && w->depth == 1 && tag >> 3 < CRITICAL_BELOW)
        return refuse(w, WHY_HEADER_CRITICAL, NULL, "critical field %u is not known", (unsigned)(tag >> 3));
    if (field != NULL && !is_wire_type(field, wire))
        return refuse(w, w->code, field, "wire type %u does not fit the field", wire);
    if (field != NULL && mark_once(w, level, field) != 0)
        return -1;
    return walk_value(w, level, field, wire);
}

int
prescan(const ProtobufCMessageDescriptor *schema, struct span bytes, unsigned depth_max, unsigned field_max,
        bool critical, enum why_code code, struct why *why)
{
    static const uint8_t nothing[1];
    struct walk w; /* the levels are set when they are opened */

    assert(depth_max <= DEPTH_MAX);
    w.start = w.p = bytes.p != NULL ? bytes.p : nothing;
    w.depth = 0;
    w.depth_max = depth_max;
    w.fields = 0;
    w.field_max = field_max;
    w.critical = critical;
    w.code = code;
    w.why = why;
    if (open_level(&w, schema, w.p + bytes.n) != 0)
        return -1;
    for (;;) {
        while (w.p == w.levels[w.depth - 1].end) {
            if (--w.depth == 0)
                return 0;
        }
        if (walk_field(&w) != 0)
            return -1;
    }
}

static void *
take(void *a, size_t n)
{
    return arena_alloc(a, n);
}

/* What an arena gave goes back with the arena. */
static void
leave(void *a, void *p)
{
    (void)a;
    (void)p;
}

ProtobufCMessage *
unpack(const ProtobufCMessageDescriptor *schema, struct span bytes, bool critical, enum why_code code,
       struct arena *a, struct why *why)
{
    static const uint8_t nothing[1];
    ProtobufCAllocator allocator = {.alloc = take, .free = leave, .allocator_data = a};
    ProtobufCMessage *msg;

    if (prescan(schema, bytes, LIMIT_PB_DEPTH_COUNT, LIMIT_PB_FIELD_COUNT, critical, code, why) != 0)
        return NULL;
    msg = protobuf_c_message_unpack(schema, &allocator, bytes.n, bytes.p != NULL ? bytes.p : nothing);
    if (msg != NULL)
        return msg;
    if (a->starved)
        (void)why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no memory to unpack %zu bytes", bytes.n);
    else if (a->failed)
        (void)why_set(why, deep_code(code), 0, 0, NULL, "unpacked, it takes more than %zu bytes", a->max);
    else
        (void)why_set(why, code, 0, 0, NULL, "not a well-formed %s", schema->short_name);
    return NULL;
}

void
pack(const ProtobufCMessage *msg, struct buf *out)
{
    uint8_t *p = buf_add(out, protobuf_c_message_get_packed_size(msg));

    if (p != NULL)
        (void)protobuf_c_message_pack(msg, p);
}
