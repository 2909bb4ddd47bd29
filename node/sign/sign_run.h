/*
 * The sign role: answers the requests of core (proto/role.proto) on a UNIX socket, u32 little-endian length before each message. One core
 * at a time: a newer connection replaces the older. No network, no store.
 */
#ifndef SIGN_SIGN_RUN_H
#define SIGN_SIGN_RUN_H

#include "sign/signer.h"

struct sign_args {
    int listen_fd; /* bound and listening */
    struct signer *signer;
    int ready_fd; /* gets one byte when requests are served; -1 = nobody waits */
    int stop_fd;  /* readable: return; -1 = runs until it is killed */
};

/* 0 after stop_fd, -1 when this machine does not let it work (logged). */
int sign_run(const struct sign_args *args);

#endif
