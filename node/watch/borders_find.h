/* The file of borders: where it is, and its reading. The one place of this folder that looks at files. */
#ifndef WATCH_BORDERS_FIND_H
#define WATCH_BORDERS_FIND_H

#include "types/borders.h"

#define BORDERS_PATH_MAX 4096

/*
 * ${given} (NULL: none), else $PARALLAX_BORDERS, else share/parallax/countries-50m.json of the installation or the build that the program belongs to. 1 with
 * ${path}; 0: there is none, and none was named.
 */
int borders_find_path(const char *given, char path[BORDERS_PATH_MAX]);
/* The same, and read it. 1; 0; -1 with ${why}, ${path} is the file that is wrong. Released by the caller in the first case. */
int borders_find(struct borders *b, const char *given, char path[BORDERS_PATH_MAX], struct why *why);

#endif
