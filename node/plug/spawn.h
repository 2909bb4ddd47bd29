/* A plugin's process: started confined, in a process group and folder of its own, with three pipes and nothing else; ended with all that it started. */
#ifndef PLUG_SPAWN_H
#define PLUG_SPAWN_H

#include <sys/types.h>

#include "plug/stanza.h"

struct spawn {
    pid_t pid;        /* 0 = none */
    int in, out, err; /* our ends, non-blocking; -1 = closed */
};

/*
 * Run the command of ${s} in ${folder}, which is made when it is not there; ${node} is told to it. 0, or -1 with errno. A command that cannot
 * run says so on its standard error and ends with 127. The caller reaps it.
 */
int spawn_start(struct spawn *p, const struct stanza *s, const char *folder, const char *node);
/* Send ${signal} to it and to all that it started. */
void spawn_signal(const struct spawn *p, int signal);
/* After it was reaped: end what it left, close the pipes. */
void spawn_clear(struct spawn *p);
void spawn_close(int *fd);
/* "it ended with exit code 3", "it was ended by signal 9". */
void spawn_explain(int status, struct buf *out);

#endif
