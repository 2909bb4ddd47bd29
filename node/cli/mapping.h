/* A large file as memory, for the words that read records: what was read is dropped, so that memory stays flat. One at a time. */
#ifndef CLI_MAPPING_H
#define CLI_MAPPING_H

#include <sys/stat.h>

#include "base/span.h"

struct mapping {
    struct span bytes; /* of the file, as long as it was when it was opened; {NULL, 0}: none is open */
    size_t dropped;    /* bytes before that are not held any more; they come back when they are looked at */
    int fd;
    struct stat before; /* what it was when it was opened */
};

/* An open file read-only, if it is a regular one of at least ${least} and at most ${most} bytes. False: it is not, or cannot be. ${fd} is the mapping's from then on, closed also when it is false. */
bool mapping_open(struct mapping *m, int fd, size_t least, size_t most);
void mapping_close(struct mapping *m);

/* Everything before ${at}, somewhere in the bytes, has been read. */
void mapping_passed(struct mapping *m, const uint8_t *at);
/* It is read once more, from its start. */
void mapping_rewind(struct mapping *m);

/* The file became shorter, or its disk failed, while it was read: zeros stood in for what was gone, and nothing made of them counts. */
bool mapping_is_cut(const struct mapping *m);
/* The file was written to since it was opened, as far as its size and its times tell. */
bool mapping_is_changed(const struct mapping *m);

#endif
