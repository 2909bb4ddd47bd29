/* What an alert is made of, each part alone on this machine: the lower bound that its way is compared with. */
#ifndef BENCH_PARTS_H
#define BENCH_PARTS_H

#include "sample.h"

struct parts {
    struct sample fsync; /* append 300 bytes to a file, fdatasync */
    struct sample sign;  /* Ed25519 over a checkpoint */
    struct sample verify;
    struct sample curve; /* one way between two processes: libzmq, CURVE, loopback, a frame of one record */
    struct sample local; /* one way between two processes: a UNIX socket */
};

/* ${n} of each, ${pause_ns} before each of them; the file is in directory ${dir}. */
void parts_measure(struct parts *p, const char *dir, size_t n, int64_t pause_ns);
void parts_release(struct parts *p);

#endif
