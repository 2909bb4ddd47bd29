/* One object as the node tells it: identifiers and who says so, orbits side by side, what else is known of it. */
#ifndef CLI_OBJECT_SHOW_H
#define CLI_OBJECT_SHOW_H

#include "cli/client.h"

/* Members of an open JSON object: id, aliases, ... */
void object_show_identity_json(const Parallax__V1__Object *object, struct buf *out);
/* Ask for ${object}, canonical, and print it. The exit code. */
int object_show(const struct args *a, struct client *c, const char *object, Parallax__V1__Mode mode,
                bool json);
/* Say on standard error which orbit of it is preferred, and why. */
int object_show_why(const struct args *a, struct client *c, const char *object, Parallax__V1__Mode mode);

#endif
