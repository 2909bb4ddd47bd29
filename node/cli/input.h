/* Input files of the words that read records: as they are, or packed in gzip or ZIP. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "base/buf.h"
#include "cli/mapping.h"
#include "cli/spool.h"
#include "types/registry.h"

#define INPUT_NAME_MAX 320

/* What is being read, for people: "a.cdm", "stdin", or "all.zip(tuesday/a.cdm)". */
struct input {
    char name[INPUT_NAME_MAX];
    struct span whole;      /* the file as it is */
    struct buf bytes;       /* that, unless it came on standard input */
    struct spool spool;     /* and then that, unless it is long, and */
    struct mapping mapping; /* mapped */
};

void input_init(struct input *in, const char *path);
void input_release(struct input *in);

/*
 * All records of ${path} ("-": standard input), as registry_read(). A gzip file is unpacked, of a ZIP file every entry is read in its order, but
 * for those that explain it (README, LICENSE, index, web pages) by their name and their content: those are warned of. What
 * comes out is bounded (LIMIT_INPUT_BYTES, LIMIT_PACKED_RATIO, LIMIT_PACKED_COUNT) and not unpacked once more.
 * A large file of records one after the other is mapped, up to LIMIT_STREAM_BYTES of it, and dropped as it is read (docs/decisions/0018); what comes
 * on standard input waits in a file without a name, and is then read the same way. 0, or -1 with ${why}, and in->name says where.
 */
int input_read(struct input *in, const char *path, const char *format, const struct convert *how,
               registry_emit_fn *emit, void *cookie, struct why *why);

/* The bytes of a file that was read, once more, from ${at} on: some of them, with what stands before them dropped. False: there are no more. */
bool input_piece(struct input *in, size_t at, struct span *piece);
/* Was the file written to while it was read? Only a mapped one can be: the others are copies. */
bool input_is_changed(const struct input *in);

#endif
