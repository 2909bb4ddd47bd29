/* What the gate asks of the system about libzmq's connections. Runs in the gate's loop. */
#include "bus/gate_internal.h"

#include <errno.h>
#include <linux/tcp.h>

bool
gate_fd_address(int fd, union gate_address *address)
{
    socklen_t n = sizeof *address;

    memset(address, 0, sizeof *address);
    return fd >= 0 && getpeername(fd, &address->any, &n) == 0 && n <= sizeof *address &&
           (address->any.sa_family == AF_INET || address->any.sa_family == AF_INET6);
}

bool
gate_fd_is(int fd, const union gate_address *address)
{
    union gate_address now;

    return gate_fd_address(fd, &now) && memcmp(&now, address, sizeof now) == 0;
}

void
gate_fd_kick(int fd, const union gate_address *address)
{
    if (gate_fd_is(fd, address))
        (void)shutdown(fd, SHUT_RDWR);
}

static bool
info(int fd, struct tcp_info *out)
{
    socklen_t n = sizeof *out;

    memset(out, 0, sizeof *out);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, out, &n) == 0;
}

bool
gate_fd_is_established(int fd)
{
    struct tcp_info tcp;

    return info(fd, &tcp) &&
           tcp.tcpi_state == 1; /* TCP_ESTABLISHED, which is in no header that goes with this one */
}

uint64_t
gate_fd_received(int fd)
{
    struct tcp_info tcp;

    return info(fd, &tcp) ? tcp.tcpi_bytes_received : 0;
}

int
gate_fd_message(void *socket, zmq_msg_t *msg)
{
    zmq_msg_t extra;
    int parts = 1;
    bool more;
    int n;

    do
        n = zmq_msg_recv(msg, socket, ZMQ_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -1;
    for (more = zmq_msg_more(msg); more; parts++) { /* parts of one message become readable together */
        (void)zmq_msg_init(&extra);
        n = zmq_msg_recv(&extra, socket, 0);
        more = n >= 0 ? zmq_msg_more(&extra) : errno == EINTR;
        (void)zmq_msg_close(&extra);
    }
    return parts;
}
