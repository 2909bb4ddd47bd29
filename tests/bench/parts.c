#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "crypt/sig.h"

#define RECORD_BYTES 300
#define FRAME_BYTES  600 /* DATA of one record: header, body, anchor */
#define NOTE_BYTES   120 /* text of a checkpoint */
#define CURVE_KEY    41  /* Z85 */

/* After the machine has been as idle as before an alert; 0: one after the other. */
static int64_t
begin(int64_t pause_ns)
{
    if (pause_ns > 0)
        sample_pause_ns(pause_ns);
    return sample_now_ns();
}

static void
measure_fsync(struct sample *s, const char *dir, size_t n, int64_t pause_ns)
{
    char path[512], bytes[RECORD_BYTES];
    int fd;

    (void)snprintf(path, sizeof path, "%s/parts.tmp", dir);
    fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        sample_die("%s: %s", path, strerror(errno));
    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < n; i++) {
        int64_t begun = begin(pause_ns);

        if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes || fdatasync(fd) != 0)
            sample_die("%s: %s", path, strerror(errno));
        sample_add(s, sample_now_ns() - begun);
    }
    (void)close(fd);
    (void)unlink(path);
}

static void
measure_signatures(struct parts *p, size_t n, int64_t pause_ns)
{
    struct secret *seed = secret_new_random();
    uint8_t key[SIG_KEY_BYTES], sig[SIG_BYTES], note[NOTE_BYTES] = {0};

    sig_public(seed, key);
    for (size_t i = 0; i < n; i++) {
        int64_t begun = begin(pause_ns), signed_ns;

        note[0] = (uint8_t)i;
        sig_sign(seed, span_of(note, sizeof note), sig);
        signed_ns = sample_now_ns();
        if (!sig_verify(key, span_of(note, sizeof note), sig))
            sample_die("a signature of our own does not verify");
        sample_add(&p->sign, signed_ns - begun);
        sample_add(&p->verify, sample_now_ns() - signed_ns);
    }
    secret_free(seed);
}

static void
transfer(int fd, char *bytes, size_t n, bool out)
{
    while (n > 0) {
        ssize_t got = out ? send(fd, bytes, n, MSG_NOSIGNAL) : recv(fd, bytes, n, 0);

        if (got <= 0)
            sample_die("ping-pong: %s", got == 0 ? "closed" : strerror(errno));
        bytes += got;
        n -= (size_t)got;
    }
}

/* A child that does not outlive us. */
static pid_t
start_child(void)
{
    pid_t child = fork();

    if (child < 0)
        sample_die("fork: %s", strerror(errno));
    if (child == 0)
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    return child;
}

static void
end_child(pid_t child)
{
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

static void
measure_local(struct sample *s, size_t n, int64_t pause_ns)
{
    char bytes[RECORD_BYTES] = {0};
    int fd[2];
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
        sample_die("socketpair: %s", strerror(errno));
    child = start_child();
    while (child == 0) {
        transfer(fd[1], bytes, sizeof bytes, false);
        transfer(fd[1], bytes, sizeof bytes, true);
    }
    for (size_t i = 0; i < n; i++) {
        int64_t begun = begin(pause_ns);

        transfer(fd[0], bytes, sizeof bytes, true);
        transfer(fd[0], bytes, sizeof bytes, false);
        sample_add(s, (sample_now_ns() - begun) / 2);
    }
    end_child(child);
    (void)close(fd[0]);
    (void)close(fd[1]);
}

struct curve {
    char server_public[CURVE_KEY], server_secret[CURVE_KEY], client_public[CURVE_KEY],
        client_secret[CURVE_KEY];
};

/* One end of a PAIR; the one that binds is the CURVE server. */
static void *
open_socket(void *context, const struct curve *c, bool binds, char *endpoint, size_t endpoint_n)
{
    void *s = zmq_socket(context, ZMQ_PAIR);
    int one = 1, linger = 0, rc = s == NULL ? -1 : 0;

    rc |= zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    if (binds) {
        rc |= zmq_setsockopt(s, ZMQ_CURVE_SERVER, &one, sizeof one);
        rc |= zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, c->server_secret, CURVE_KEY);
        rc |= zmq_bind(s, "tcp://127.0.0.1:*");
        rc |= zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, endpoint, &endpoint_n);
    } else {
        rc |= zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, c->server_public, CURVE_KEY);
        rc |= zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, c->client_public, CURVE_KEY);
        rc |= zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, c->client_secret, CURVE_KEY);
        rc |= zmq_connect(s, endpoint);
    }
    if (rc != 0)
        sample_die("ping-pong over CURVE: %s", zmq_strerror(zmq_errno()));
    return s;
}

static void
echo(const struct curve *c, int endpoint_fd)
{
    char endpoint[128] = "", bytes[FRAME_BYTES];
    void *context = zmq_ctx_new(), *s = open_socket(context, c, true, endpoint, sizeof endpoint);

    transfer(endpoint_fd, endpoint, sizeof endpoint, true);
    for (;;) {
        if (zmq_recv(s, bytes, sizeof bytes, 0) < 0 || zmq_send(s, bytes, sizeof bytes, 0) < 0)
            exit(1);
    }
}

static void
measure_curve(struct sample *s, size_t n, int64_t pause_ns)
{
    char endpoint[128], bytes[FRAME_BYTES] = {0};
    struct curve c;
    void *context, *socket;
    int fd[2];
    pid_t child;

    if (zmq_curve_keypair(c.server_public, c.server_secret) != 0 ||
        zmq_curve_keypair(c.client_public, c.client_secret) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
        sample_die("ping-pong over CURVE: %s", zmq_strerror(zmq_errno()));
    child = start_child(); /* before there is a context: its threads do not fork */
    if (child == 0)
        echo(&c, fd[1]);
    transfer(fd[0], endpoint, sizeof endpoint, false);
    context = zmq_ctx_new();
    socket = open_socket(context, &c, false, endpoint, sizeof endpoint);
    for (size_t i = 0; i < n + 1; i++) {
        int64_t begun = begin(pause_ns);

        if (zmq_send(socket, bytes, sizeof bytes, 0) < 0 || zmq_recv(socket, bytes, sizeof bytes, 0) < 0)
            sample_die("ping-pong over CURVE: %s", zmq_strerror(zmq_errno()));
        if (i > 0) /* the first one waits for the handshake */
            sample_add(s, (sample_now_ns() - begun) / 2);
    }
    (void)zmq_close(socket);
    (void)zmq_ctx_term(context);
    end_child(child);
    (void)close(fd[0]);
    (void)close(fd[1]);
}

void
parts_measure(struct parts *p, const char *dir, size_t n, int64_t pause_ns)
{
    measure_fsync(&p->fsync, dir, n, pause_ns);
    measure_signatures(p, n, pause_ns);
    measure_local(&p->local, n, pause_ns);
    measure_curve(&p->curve, n, pause_ns);
}

void
parts_release(struct parts *p)
{
    sample_release(&p->fsync);
    sample_release(&p->sign);
    sample_release(&p->verify);
    sample_release(&p->curve);
    sample_release(&p->local);
}
