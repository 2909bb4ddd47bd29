/*
 * The gate: the only process that faces peers. Frames go between ZeroMQ links (CURVE, one part a message,
 * reference in docs/protocol.md) and core; nothing is parsed here. It never stops reading from peers: who
 * sends more than its credit allows overruns a bounded queue and loses its link. It holds the transport key
 * and no other.
 */
#ifndef BUS_GATE_H
#define BUS_GATE_H

#include "crypt/secret.h"

struct gate_args {
    int listen_fd; /* UNIX socket, bound and listening, on which core calls: see node/daemon/sandbox.c */
    const struct secret *transport; /* our CURVE secret key */
    int ready_fd;                   /* gets one byte when the first PEERS are in force; -1 = nobody waits */
    int stop_fd;                    /* readable: return; -1 = runs until it is killed */
};

/* The role's loop. 0 after stop_fd, -1 when this machine does not let it work (logged). One at a time in a
 * process. */
int gate_run(const struct gate_args *args);

#endif
