/* The supervisor: starts the roles of a node as processes, starts again what ends, stops them in order. */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include "conf/conf.h"

/*
 * Run the node whose configuration is ${conf_name} (a file in the current directory, which is the node's).
 * Returns the exit status: 0 after SIGTERM or SIGINT.
 */
int supervisor_run(const struct conf *conf, const char *conf_name);

#endif
