/* NDM/XML messages (CCSDS 505.0-B) by their fieldmap: one root element, or <ndm> of many. */
#ifndef TYPES_XMLMAP_H
#define TYPES_XMLMAP_H

#include "types/fill.h"

/* All messages of ${input}. As struct reader's read(). */
int xmlmap_read(const struct fieldmap *map, const char *format, struct span input, const struct convert *how,
                struct arena *a, type_emit_fn *emit, void *cookie, struct why *why);

/* A message of another kind than ${root} in an <ndm>: noted for its own reader, or told; 0, or -1 when strict. */
int xmlmap_foreign(const struct convert *how, struct span name, struct place at, const char *root,
                   struct why *why);

/* As struct reader's probe(), by the root element of the message or, in an <ndm>, of its first. */
int xmlmap_probe_root(const char *root, struct span head);
int xmlmap_probe(const struct fieldmap *map, struct span head);

/* Declaration and <ndm>; </ndm>. */
void xmlmap_begin(struct buf *out);
void xmlmap_end(struct buf *out);
int xmlmap_write(const struct fieldmap *map, const ProtobufCMessage *msg, const struct convert *how,
                 struct buf *out, struct why *why);

#endif
