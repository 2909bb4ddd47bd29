/* CSV with a header row of keywords, one record a row, by their fieldmap (CelesTrak, Space-Track). */
#ifndef TYPES_CSVMAP_H
#define TYPES_CSVMAP_H

#include "types/fill.h"

/* All rows of ${input}. ${implied}: what such a source leaves out. As struct reader's read(). */
int csvmap_read(const struct fieldmap *map, const char *format, const struct fill_default *implied,
                struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit,
                void *cookie, struct why *why);

/* Are the ${n} keywords all in the first line of ${head}? For probes. */
bool csvmap_has(struct span head, const char *const *keywords, size_t n);

/* Columns ${columns} (NULL-terminated) of ${msg} as one line. */
void csvmap_row(const struct fieldmap *map, const ProtobufCMessage *msg, const char *const *columns,
                struct buf *out);
void csvmap_header(const char *const *columns, struct buf *out);

#endif
