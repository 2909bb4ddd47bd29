/* The supervisor's thread. */
#include "daemon/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"

#define V4 "tcp://127.0.0.1:"
#define V6 "tcp://[::1]:"

union address {
    struct sockaddr any;
    struct sockaddr_un un;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static int
start(int fd, const char *name, bool bound)
{
    if (bound && listen(fd, 64) == 0)
        return fd;
    log_event(EV_role_failed, "what=\"%s: %s\"", name, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int
listen_unix(const char *path, bool group)
{
    union address a = {.un = {.sun_family = AF_UNIX}};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct stat old;
    mode_t mask;
    bool bound;

    (void)snprintf(a.un.sun_path, sizeof a.un.sun_path, "%s", path);
    if (lstat(path, &old) == 0 && S_ISSOCK(old.st_mode))
        (void)unlink(path);
    mask = umask(group ? 0117 : 0177);
    bound = fd >= 0 && bind(fd, &a.any, sizeof a.un) == 0;
    (void)umask(mask);
    return start(fd, path, bound);
}

static bool
read_endpoint(const char *endpoint, union address *a, socklen_t *n)
{
    bool v6 = strncmp(endpoint, V6, strlen(V6)) == 0;
    uint64_t port;

    if (!v6 && strncmp(endpoint, V4, strlen(V4)) != 0)
        return false;
    if (num_uint(span_str(endpoint + strlen(v6 ? V6 : V4)), 65535, &port) != 0 || port == 0)
        return false;
    memset(a, 0, sizeof *a);
    if (v6)
        a->in6 = (struct sockaddr_in6){
            .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    else
        a->in = (struct sockaddr_in){.sin_family = AF_INET,
                                     .sin_port = htons((uint16_t)port),
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *n = v6 ? sizeof a->in6 : sizeof a->in;
    return true;
}

bool
listen_is_loopback(const char *endpoint)
{
    union address a;
    socklen_t n;

    return read_endpoint(endpoint, &a, &n);
}

int
listen_loopback(const char *endpoint)
{
    union address a;
    socklen_t n = 0;
    int on = 1, fd;

    if (!read_endpoint(endpoint, &a, &n)) {
        errno = EINVAL;
        return start(-1, endpoint, false);
    }
    fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return start(-1, endpoint, false);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return start(fd, endpoint, bind(fd, &a.any, n) == 0);
}
