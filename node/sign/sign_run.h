/*
 * The loop of the roles that hold keys (sign, seal): answers the requests of core (proto/role.proto) on a UNIX socket, u32 little-endian length before each
 * message. One core at a time: a newer connection replaces the older. No network, no store of records.
 */
#ifndef SIGN_SIGN_RUN_H
#define SIGN_SIGN_RUN_H

#include "base/buf.h"
#include "base/span.h"

struct sign_args {
    int listen_fd; /* bound and listening */
    void *server;
    /* Append the answer to one request, bounded by LIMIT_SIGN_BYTES: 0, or -1 when it cannot go on. */
    int (*answer)(void *server, struct span request, struct buf *out);
    /* Once for a group of requests, before any of their answers leaves. NULL: nothing is to be done. */
    int (*commit)(void *server);
    int ready_fd; /* gets one byte when requests are served; -1 = nobody waits */
    int stop_fd;  /* readable: return; -1 = runs until it is killed */
};

/* 0 after stop_fd, -1 when this machine does not let it work (logged). */
int sign_run(const struct sign_args *args);

#endif
