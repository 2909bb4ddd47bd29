/* The api socket of a node, for benchmarks: blocking, one thread. What goes wrong ends the program. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "api.pb-c.h"
#include "base/buf.h"

int client_connect(const char *path);
/* ${request} as it goes over the socket, behind what ${out} holds. */
void client_put(struct buf *out, const Parallax__V1__Request *request);
void client_send(int fd, struct span bytes);
/* The next answer; one that says an error ends the program. Free it with parallax__v1__answer__free_unpacked. */
Parallax__V1__Answer *client_receive(int fd);

#endif
