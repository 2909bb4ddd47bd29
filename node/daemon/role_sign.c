/* The sign role: answers the core on one UNIX socket; no network, no store of records. */
#include "base/log.h"
#include "core/checkpoint.h"
#include "daemon/role.h"
#include "sign/signer.h"
#include "wire/unpack.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_BYTES_MAX 2097152 /* leaf hashes of 65,536 records: a tail after a crash is one batch */

struct sign {
    struct signer *signer;
    int fd; /* the core's connection; -1 = none */
};

static int
transfer(int fd, uint8_t *p, size_t n, bool out)
{
    while (n > 0) {
        ssize_t got = out ? send(fd, p, n, MSG_NOSIGNAL) : recv(fd, p, n, 0);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return -1;
        if (got > 0) {
            p += got;
            n -= (size_t)got;
        }
    }
    return 0;
}

static int
send_answer(struct sign *s, const Parallax__Role__SignAnswer *a)
{
    size_t n = parallax__role__sign_answer__get_packed_size(a);
    uint8_t *p = malloc(n + 4);
    int rc;

    if (p == NULL)
        return -1;
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(n >> (8 * i));
    parallax__role__sign_answer__pack(a, p + 4);
    rc = transfer(s->fd, p, n + 4, true);
    free(p);
    return rc;
}

/* 0, 1 when the connection is to end, -1 when our disk failed. */
static int
serve_one(struct sign *s)
{
    uint8_t head[4], *p;
    size_t n;
    Parallax__Role__SignRequest *r;
    struct signer_answer a;
    int rc;

    if (transfer(s->fd, head, sizeof(head), false) != 0)
        return 1;
    n = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    if (n > REQUEST_BYTES_MAX || (p = malloc(n + 1)) == NULL)
        return 1;
    if (transfer(s->fd, p, n, false) != 0) {
        free(p);
        return 1;
    }
    r = parallax__role__sign_request__unpack(NULL, n, p);
    free(p);
    if (r == NULL)
        return 1;
    rc = signer_answer(s->signer, r, &a);
    if (rc == 0 && send_answer(s, &a.answer) != 0)
        rc = 1;
    signer_answer_release(&a);
    parallax__role__sign_request__free_unpacked(r, NULL);
    return rc;
}

static void
hang_up(struct sign *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static int
loop(struct sign *s, const struct role_args *args)
{
    for (;;) {
        struct pollfd p[2] = {{args->listen_sign, POLLIN, 0}, {s->fd, POLLIN, 0}};
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return -1;
        if ((p[0].revents & POLLIN) != 0) {
            /* The newest core is the one that lives. */
            int fd = accept4(args->listen_sign, NULL, NULL, SOCK_CLOEXEC);
            if (fd >= 0) {
                hang_up(s);
                s->fd = fd;
            }
        } else if (s->fd >= 0 && p[1].revents != 0) {
            int rc = serve_one(s);
            if (rc < 0)
                return -1;
            if (rc > 0)
                hang_up(s);
        }
    }
}

int
role_sign(const struct role_args *args)
{
    struct signer_conf conf = {.path = args->conf->sign_path, .node = args->conf->name};
    struct sign s = {NULL, -1};
    struct why why;
    char path[512];
    struct secret *log_key, *witness_key = NULL;

    why_clear(&why);
    snprintf(path, sizeof(path), "%s/log.key", args->conf->keys);
    log_key = secret_load("log", path, &why);
    if (log_key != NULL) {
        snprintf(path, sizeof(path), "%s/witness.key", args->conf->keys);
        witness_key = secret_load("witness", path, &why);
    }
    conf.log_key = log_key;
    conf.witness_key = witness_key;
    if (witness_key == NULL)
        log_event(EV_role_failed, "what=\"%s: %s\"", path, why.note);
    else if ((s.signer = signer_open(&conf)) != NULL) {
        role_ready(args);
        loop(&s, args);
    }
    signer_close(s.signer);
    secret_free(log_key);
    secret_free(witness_key);
    return 1;
}
