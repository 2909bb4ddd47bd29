/* Whole files: capped read, atomic write. Paths are ours or the operator's, never a peer's. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"

/* Append the whole file to ${out}; -1 with errno (EFBIG when over out->max). "-" is standard input. */
int file_read(const char *path, struct buf *out);
/* The same of an open file, from where it stands; it stays open. */
int file_read_fd(int fd, struct buf *out);
/*
 * Write beside, fsync, rename, fsync the directory. ${mode} as in open(2). 0 or -1 with errno: then the old content is
 * still there, unless only the last step failed.
 */
int file_write(const char *path, struct span content, unsigned mode);
/* As file_write, but fails with EEXIST when the file is there. */
int file_create(const char *path, struct span content, unsigned mode);

#endif
