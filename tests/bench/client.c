#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limit.h"
#include "base/mem.h"
#include "sample.h"
#include "wire/unpack.h"

#define LENGTH_BYTES 4

int
client_connect(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof to.sun_path)
        sample_die("%s: longer than the %zu bytes of a socket's name", path, sizeof to.sun_path - 1);
    memcpy(to.sun_path, path, strlen(path) + 1);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        sample_die("%s: %s", path, strerror(errno));
    return fd;
}

void
client_put(struct buf *out, const Parallax__V1__Request *request)
{
    size_t n = parallax__v1__request__get_packed_size(request);
    uint8_t *length = buf_add(out, LENGTH_BYTES);

    if (n > LIMIT_API_BYTES || length == NULL)
        sample_die("a request of %zu bytes: at most %d are taken", n, LIMIT_API_BYTES);
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        length[i] = (uint8_t)(n >> (8 * i));
    pack(&request->base, out);
}

void
client_send(int fd, struct span bytes)
{
    size_t done = 0;

    while (done < bytes.n) {
        ssize_t n = send(fd, bytes.p + done, bytes.n - done, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            sample_die("the node: %s", strerror(errno));
        done += n > 0 ? (size_t)n : 0;
    }
}

static void
receive(int fd, uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = recv(fd, p, n, 0);

        if (got == 0 || (got < 0 && errno != EINTR))
            sample_die("the node: %s", got == 0 ? "it closed the connection" : strerror(errno));
        p += got > 0 ? got : 0;
        n -= got > 0 ? (size_t)got : 0;
    }
}

Parallax__V1__Answer *
client_receive(int fd)
{
    uint8_t head[LENGTH_BYTES], *p;
    Parallax__V1__Answer *answer;
    size_t n;

    receive(fd, head, sizeof head);
    n = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    p = mem_new(n + 1);
    receive(fd, p, n);
    answer = parallax__v1__answer__unpack(NULL, n, p);
    free(p);
    if (answer == NULL)
        sample_die("the node: its answer is not well-formed");
    if (answer->error[0] != '\0')
        sample_die("the node: %s", answer->error);
    return answer;
}
