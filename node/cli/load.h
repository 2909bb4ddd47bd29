/*
 * One input file, read whole with the registry and packed: what publish sends, after all of it was found good. Its records wait in
 * memory while they are few, then on the disk: what is held does not grow with the file.
 */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "base/buf.h"
#include "base/limit.h"
#include "cli/args.h"
#include "cli/input.h"
#include "types/registry.h"

#define LOAD_TYPES_MAX 64

struct load_record {
    const struct type *type;
    struct span body; /* of the window it was taken from */
};

struct load {
    struct input in;
    struct spool records;
    struct buf body;                     /* the record being packed */
    uint64_t n, by_type[LOAD_TYPES_MAX]; /* as types_table has them */
};

void load_init(struct load *l, const char *path);
void load_release(struct load *l);

/* Read ${path} with ${format} (NULL: detect). EXIT_DONE, or EXIT_FAILED after saying what is wrong with its
 * place. */
int load_read(struct load *l, const char *path, const char *format, bool strict);

/* The same of one text that is not a file; ${name} stands for it in what is said. */
int load_text(struct load *l, const char *name, struct span text, const char *format);

/*
 * What was read, again, in order: ${out} becomes the window of the records from ${at} on (0: the first), as many bytes of them as a
 * batch has (LIMIT_BATCH_BYTES). 0, or -1 after saying that the disk does not give them back.
 */
int load_window(const struct load *l, uint64_t at, struct buf *out);
/* The next record off ${window}, of which then remains what follows it. False: none is whole there. */
bool load_take(struct span *window, struct load_record *r);

/* The types of the records and how many there are of each: "2 conjunction, 14683 orbit records". */
void load_types(const struct load *l, struct buf *out);

#endif
