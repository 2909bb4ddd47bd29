/* Input files of the words that read records: as they are, or packed in gzip or ZIP. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "base/buf.h"
#include "cli/mapping.h"
#include "types/registry.h"

#define INPUT_NAME_MAX 320

/* What is being read, for people: "a.cdm", "stdin", or "all.zip(tuesday/a.cdm)". */
struct input {
    char name[INPUT_NAME_MAX];
    struct span whole;      /* the file as it is */
    struct buf bytes;       /* that, unless */
    struct mapping mapping; /* it is mapped */
};

void input_init(struct input *in, const char *path);
void input_release(struct input *in);

/*
 * All records of ${path} ("-": standard input), as registry_read(). A gzip file is unpacked, of a ZIP file every entry is read in its order; what
 * comes out is bounded (LIMIT_INPUT_BYTES, LIMIT_PACKED_RATIO, LIMIT_PACKED_COUNT) and not unpacked once more. Nothing is written to a disk.
 * A large file of records one after the other is mapped, up to LIMIT_STREAM_BYTES of it, and dropped as it is read (docs/decisions/0018). 0, or -1
 * with ${why}, and in->name says where.
 */
int input_read(struct input *in, const char *path, const char *format, const struct convert *how,
               registry_emit_fn *emit, void *cookie, struct why *why);

#endif
