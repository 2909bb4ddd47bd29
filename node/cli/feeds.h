/* The sockets of a node's feed as its status tells of them. */
#ifndef CLI_FEEDS_H
#define CLI_FEEDS_H

#include "api.pb-c.h"
#include "base/buf.h"

/* A table, to standard output; nothing where there is no feed. */
void feeds_print(const Parallax__V1__StatusAnswer *s);
/* A list named "feeds" of the object that ${out} is in. */
void feeds_json(const Parallax__V1__StatusAnswer *s, struct buf *out);

#endif
