/* The table of record types and what works over all of them: lookup, detection, reading, writing. */
#ifndef TYPES_REGISTRY_H
#define TYPES_REGISTRY_H

#include "types/type.h"

extern const struct type *const types_table[]; /* NULL-terminated; generated from the folder names */

const struct type *registry_type(struct span name); /* NULL if not known */
const struct type *registry_type_cstr(const char *name);
/* Reader by format word, over all types; sets ${type}. NULL if not known. */
const struct reader *registry_reader(const char *format, const struct type **type);
const struct writer *registry_writer(const struct type *type, const char *format);

/* Profile by its word, over all types; sets ${type}. NULL if not known. */
const struct profile *registry_profile(const char *name, const struct type **type);

/*
 * Find the one reader whose probe is highest on the head of ${input}. NULL with ${why}: FORMAT_UNKNOWN (the note says what
 * the input looks like), or FORMAT_AMBIGUOUS on a tie (the note names the candidates).
 */
const struct reader *registry_detect(struct span input, const struct type **type, struct why *why);

/*
 * Read all of ${input} with the format word ${format} (NULL: detect), checking each record with its type's check().
 * ${emit} gets the type with each message. Nothing is emitted of an input over its limit. 0, or -1 with ${why}.
 */
typedef int registry_emit_fn(void *cookie, const struct type *type, const ProtobufCMessage *msg,
                             struct why *why);
int registry_read(struct span input, const char *format, const struct convert *how, registry_emit_fn *emit,
                  void *cookie, struct why *why);

/*
 * Unpack body bytes from outside: prescan of depth and counts, unpack into ${a}, then type->check. NULL with ${why}
 * (BODY_DEEP, BODY_SHAPE, or what check() says).
 */
ProtobufCMessage *registry_unpack(const struct type *type, struct span body, struct arena *a,
                                  struct why *why);

#endif
