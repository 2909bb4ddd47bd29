/* Protobuf bytes from outside: a prescan that bounds depth and counts first, then an unpack into a bounded arena. */
#ifndef WIRE_UNPACK_H
#define WIRE_UNPACK_H

#include <protobuf-c/protobuf-c.h>
#include "base/arena.h"
#include "base/why.h"

/*
 * Walk the wire format of ${bytes} by ${schema}: every tag, length and varint in bounds, nesting at most ${depth_max}
 * (the outermost message is 1; at most 32), at most ${field_max} fields over all levels (a packed element is a field),
 * no groups, lengths fit. Known fields have their wire type (repeated numbers may be packed). A single field occurs
 * once and a oneof has one member: where protobuf would merge or take the last, this refuses. Enums may be any number. Strings must be UTF-8 without NUL. With ${critical}, a top-level
 * field number below 32 that the schema does not know fails with HEADER_CRITICAL. 0, or -1 with ${why} set to ${code}
 * (BODY_DEEP for depth and counts when code is BODY_SHAPE).
 */
int prescan(const ProtobufCMessageDescriptor *schema, struct span bytes, unsigned depth_max,
            unsigned field_max, bool critical, enum why_code code, struct why *why);

/*
 * prescan() with the ceilings of base/limit.h, then unpack. NULL with ${why}: as prescan() does, and for the ceiling of
 * ${a} as for counts; NO_MEMORY when this machine had none, which says nothing about the sender. The message lives in
 * ${a}: never free it.
 */
ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *schema, struct span bytes, bool critical,
                         enum why_code code, struct arena *a, struct why *why);

/* Append the packed message. Ours are canonical: fields in order, no unknown ones. */
struct buf;
void pack(const ProtobufCMessage *msg, struct buf *out);

#endif
