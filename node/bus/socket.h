/* The ZeroMQ sockets that face peers, each with every option of sockopt.tbl set. One thread owns a socket. */
#ifndef BUS_SOCKET_H
#define BUS_SOCKET_H

#include <stdint.h>

#define ZAP_PEER_DOMAIN "peer"
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93 /* a draft name in 4.3.4; the option itself is in every build */
#endif

enum socket_use { SOCKET_LISTEN, SOCKET_ALERT, SOCKET_BULK };

struct socket_keys {
    uint8_t secret[32]; /* ours */
    uint8_t public_key[32];
    uint8_t server[32]; /* the peer's, where we dial */
};

/* The context all sockets of the gate share. Ends with zmq_ctx_term(). NULL with errno. */
void *socket_context(void);

/* A ROUTER (listen) or DEALER (dial). NULL with errno, also when an option is refused: without all of them
 * there is no socket. */
void *socket_new(void *context, enum socket_use use, const struct socket_keys *keys);

/* Read back every option that can be: NULL, or the name of the first that does not hold. */
const char *socket_check(void *socket, enum socket_use use, const struct socket_keys *keys);

#endif
