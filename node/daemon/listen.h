/* Listening sockets that the supervisor makes for the roles. -1 after logging what is wrong. */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include <stdbool.h>

/* At ${path}, taking the place of a socket that is there; for the user of the node, or for its group too. */
int listen_unix(const char *path, bool group);
/* At ${endpoint}: tcp://127.0.0.1:PORT or tcp://[::1]:PORT, and nothing that another machine reaches. */
int listen_loopback(const char *endpoint);
/* Is it such an endpoint? */
bool listen_is_loopback(const char *endpoint);

#endif
