/* The tables of an OCM (CCSDS 502.0-B-3 section 6), for the record types that hold one. */
#ifndef TYPES_OCM_H
#define TYPES_OCM_H

#include <stddef.h>

#include "types/blockmap.h"

#define OCM_KINDS 9

extern const struct block_kind ocm_kinds[OCM_KINDS];

/* As blockmap.line and blockmap.end. */
int ocm_line(struct block_walk *w, const struct span *column, size_t n);
int ocm_end(struct block_walk *w);

/* Name ${i} of a list "A, B, C", such as MAN_COMPOSITION; n == 0: there are fewer. */
struct span ocm_name(struct span list, size_t i);

/* The form in the message ${Message}, which has source, form and blocks. */
#define OCM_BLOCKMAP(Message, descriptor)                                                                    \
    {                                                                                                        \
        .form = "ocm", .majors = "3", .kind = ocm_kinds, .kinds = OCM_KINDS, .line = ocm_line,               \
        .end = ocm_end, .has_units = true, .has_long_lines = true, .schema = &(descriptor),                  \
        .source = offsetof(Message, source), .form_at = offsetof(Message, form),                             \
        .n_blocks = offsetof(Message, n_blocks), .blocks = offsetof(Message, blocks)                         \
    }

#endif
