/* An Atom feed (RFC 4287) of alerts. The same items give the same bytes. Pure but for what ${content} does. */
#ifndef PLUGINS_CAP_ATOM_ATOM_H
#define PLUGINS_CAP_ATOM_ATOM_H

#include "plugins/cap-atom/item.h"

#define ATOM_NAME_MAX 64 /* of the CAP file of an item */

struct atom_feed {
    const char *base; /* URL of the folder, with its last '/' */
    const char *name; /* of the feed's file in it */
    const char *seed; /* what its id is made of: never to change */
    const char *title, *author;
    struct utc updated;
};

/* The file of an alert: the same for the same record, whoever writes it. */
void atom_name(const struct item *item, char name[ATOM_NAME_MAX]);

/*
 * Append the feed of ${n} items. ${content} appends the CAP file of one, which goes into its entry; where it appends nothing the entry only links to it. 0, or -1 when it is
 * longer than ${out} takes.
 */
int atom_write(const struct atom_feed *f, const struct item *const *items, size_t n,
               void (*content)(void *cookie, const struct item *item, struct buf *out), void *cookie,
               struct buf *out);

#endif
