/* Confinement of a role: no new privileges, a system call filter, and (where the kernel has it) no files
 * outside the node's directory. */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include "conf/conf.h"

/* For the rest of this process. 0, or -1 after logging role_failed; a kernel without Landlock is logged and
 * goes on. */
int sandbox_enter(const char *role, const struct conf *conf);

#endif
