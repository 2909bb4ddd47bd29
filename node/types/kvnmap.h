/* CCSDS KVN messages by their fieldmap. */
#ifndef TYPES_KVNMAP_H
#define TYPES_KVNMAP_H

#include "types/fill.h"

/* All messages of ${input}: each begins with the version keyword. As struct reader's read(). */
int kvnmap_read(const struct fieldmap *map, const char *format, struct span input, const struct convert *how,
                struct arena *a, type_emit_fn *emit, void *cookie, struct why *why);

/* One message. As struct writer's write(). */
int kvnmap_write(const struct fieldmap *map, const ProtobufCMessage *msg, const struct convert *how,
                 struct buf *out, struct why *why);

#endif
