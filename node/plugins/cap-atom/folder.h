/*
 * Files of the feeds: CAP files and feed.atom in the folder that a web server serves, and beside it each record as it came, from which all of that follows. What is not
 * whole on disk is not there: a crash at any moment leaves whole files, and the next start makes the rest. One thread.
 */
#ifndef PLUGINS_CAP_ATOM_FOLDER_H
#define PLUGINS_CAP_ATOM_FOLDER_H

#include "plugins/cap-atom/shelf.h"

#define FOLDER_SHOWN_MAX 500

struct folder_options {
    struct item_options item;
    const char *base, *path, *title, *author, *seed;
    size_t entries;
    size_t inline_bytes; /* of a CAP file that goes into its entry */
};

struct folder {
    const struct folder_options *o;
    struct shelf shelf;
    struct buf cap; /* the file that is being made */
};

/* Make what is missing, and take in the records that are kept. 0, or -1 with errno; what cannot be read is said and forgotten. */
int folder_open(struct folder *f, const struct folder_options *o, int64_t age_s, struct utc now);
void folder_close(struct folder *f);

/* Take in a record; it is on disk then. 1, 0: it is none for a feed (and why was said), or -1 with errno. */
int folder_add(struct folder *f, const struct line_record *r, struct utc now);

/* Make the files what they are to be at ${now}. 0, or -1 with errno. */
int folder_update(struct folder *f, struct utc now);

#endif
