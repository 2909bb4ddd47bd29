/*
 * Where the plugins that come with the node are: programs parallax-plugin-NAME in ../libexec/parallax beside the folder of the program that runs
 * (installed: /usr/libexec/parallax), or in that folder itself (a build). A command names them without a folder.
 */
#ifndef PLUG_SHIPPED_H
#define PLUG_SHIPPED_H

#include <limits.h>
#include <stdbool.h>

/* Is ${command} such a name? */
bool shipped_is_name(const char *command);

/* The path of ${command}, where it is one that is there. False: it is found by PATH, like any other. */
bool shipped_find(const char *command, char path[PATH_MAX]);

/* Each shipped program that is here: for who has to allow it. Stops when ${fn} returns other than 0, and returns that. */
int shipped_each(int (*fn)(void *cookie, const char *path), void *cookie);

#endif
