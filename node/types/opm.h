/* The tables of an OPM (CCSDS 502.0-B-3 section 3), for the record types that hold one. */
#ifndef TYPES_OPM_H
#define TYPES_OPM_H

#include <stddef.h>

#include "types/blockmap.h"

#define OPM_KINDS 8

extern const struct block_kind opm_kinds[OPM_KINDS];

/* As blockmap.end. */
int opm_end(struct block_walk *w);

/* The form in the message ${Message}, which has source, form and blocks. */
#define OPM_BLOCKMAP(Message, descriptor)                                                                    \
    {                                                                                                        \
        .form = "opm", .majors = "123", .kind = opm_kinds, .kinds = OPM_KINDS, .end = opm_end,               \
        .has_units = true, .is_flat = true, .schema = &(descriptor), .source = offsetof(Message, source),    \
        .form_at = offsetof(Message, form), .n_blocks = offsetof(Message, n_blocks),                         \
        .blocks = offsetof(Message, blocks)                                                                  \
    }

#endif
