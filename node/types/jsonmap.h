/* Flat JSON objects, one a record, by their fieldmap: an array of them, one alone, or one a line (CelesTrak, Space-Track). */
#ifndef TYPES_JSONMAP_H
#define TYPES_JSONMAP_H

#include "types/fill.h"

/* All records of ${input}. ${implied}: what such a source leaves out. As struct reader's read(). */
int jsonmap_read(const struct fieldmap *map, const char *format, const struct fill_default *implied,
                 struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit,
                 void *cookie, struct why *why);

/* The same, where the array may also stand in an object, as its member ${list}; the other members of that are left. */
int jsonmap_read_list(const struct fieldmap *map, const char *list, const char *format,
                      const struct fill_default *implied, struct span input, const struct convert *how,
                      struct arena *a, type_emit_fn *emit, void *cookie, struct why *why);

/* For writers whose record is the canonical JSON: an array, one record a line. */
void jsonmap_begin(struct buf *out);
void jsonmap_between(struct buf *out);
void jsonmap_end(struct buf *out);

#endif
