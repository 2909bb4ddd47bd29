/* The golden files of node/types/<type>/golden: what goes in and what has to come out. */
#ifndef CONFORMANCE_GOLDEN_H
#define CONFORMANCE_GOLDEN_H

#include "base/buf.h"
#include "types/registry.h"

struct golden {
    const struct type *type;
    const struct reader *reader;
    char name[128]; /* "orbit/01-celestrak.omm-csv" */
    struct buf input;
    struct buf json;    /* NN-name.json: canonical JSON, one record a line; or nothing */
    struct buf refusal; /* NN-name.why: "FIELD_RANGE 2:69"; or nothing */
    struct buf strict;  /* NN-name.strict: how strict reading refuses it; or nothing */
};

/* All goldens below ${dir} (node/types); aborts the program if a file fits no format or lacks its expectation. */
struct golden *golden_load(const char *dir, size_t *n);

/* What a reading gave. */
struct outcome {
    int rc;
    struct why why;
    struct buf json; /* canonical JSON, one record a line */
    size_t records;
    struct warning first; /* the first warning */
    size_t warnings;
};

/* Read ${input} as ${reader} would; release with golden_outcome_release(). */
void golden_read(const struct golden *g, struct span input, bool strict, struct outcome *out);
void golden_outcome_release(struct outcome *out);

#endif
