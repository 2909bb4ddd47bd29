/* One input file, read whole with the registry and packed: what publish sends, after all of it was found
 * good. */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "base/buf.h"
#include "cli/args.h"
#include "cli/input.h"
#include "types/registry.h"

struct load_record {
    const struct type *type;
    size_t at, n; /* bytes of bodies */
};

struct load {
    struct input in;
    struct buf bodies;
    struct load_record *records;
    size_t n, cap;
};

void load_init(struct load *l, const char *path);
void load_release(struct load *l);

/* Read ${path} with ${format} (NULL: detect). EXIT_DONE, or EXIT_FAILED after saying what is wrong with its
 * place. */
int load_read(struct load *l, const char *path, const char *format, bool strict);

/* The same of one text that is not a file; ${name} stands for it in what is said. */
int load_text(struct load *l, const char *name, struct span text, const char *format);

/* The types of the records and how many there are of each: "2 conjunction, 14683 orbit records". */
void load_types(const struct load *l, struct buf *out);

#endif
