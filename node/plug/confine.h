/*
 * What a plugin may, from the moment that its command runs: limits of memory, files and time, no new privileges, no files but the system's and
 * its own folder, no sockets but the network's where it asked for that, no signals to others. For the process that calls it and all that it starts.
 */
#ifndef PLUG_CONFINE_H
#define PLUG_CONFINE_H

#include "plug/stanza.h"

/*
 * In the child, in the plugin's own folder, single-threaded. ${program} may run wherever it stands, if it is a path: one that comes with the node.
 * 0, or -1 with what failed in *${what} and errno.
 */
int confine_enter(const struct stanza *s, const char *program, const char **what);

/* This process and all that it starts come after the node: nice. */
void confine_yield(void);

#endif
