/*
 * NATS JetStream, file store: bench_nats PORT MESSAGES BYTES FLIGHT. One publisher with FLIGHT messages unacknowledged, one
 * push consumer that reads them all as they come; the client protocol is plain text over TCP. Prints `messages= seconds=
 * acked_seconds=`: to the last message at the consumer, and to the publisher's last acknowledgement.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "sample.h"

#define IN_BYTES  262144
#define OUT_BYTES 65536

struct nats {
    int fd;
    const char *inbox; /* where answers to this connection go */
    char in[IN_BYTES];
    size_t n, at; /* bytes held, and how many of them are done with */
};

static void
send_all(int fd, const void *p, size_t n)
{
    const char *bytes = p;

    while (n > 0) {
        ssize_t done = send(fd, bytes, n, MSG_NOSIGNAL);

        if (done < 0 && errno != EINTR)
            sample_die("nats: %s", strerror(errno));
        bytes += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
}

static void
fill(struct nats *c)
{
    ssize_t got;

    memmove(c->in, c->in + c->at, c->n - c->at);
    c->n -= c->at;
    c->at = 0;
    if (c->n == sizeof c->in)
        sample_die("nats: a message of over %zu bytes", sizeof c->in);
    got = recv(c->fd, c->in + c->n, sizeof c->in - c->n, 0);
    if (got <= 0 && !(got < 0 && errno == EINTR))
        sample_die("nats: %s", got == 0 ? "it closed the connection" : strerror(errno));
    c->n += got > 0 ? (size_t)got : 0;
}

/* The next MSG that is here or comes: its payload. */
static struct span
next_message(struct nats *c)
{
    for (;;) {
        char *line = c->in + c->at, *end = memchr(line, '\n', c->n - c->at), *space;
        size_t length, head;

        if (end == NULL) {
            fill(c);
            continue;
        }
        head = (size_t)(end - line) + 1;
        if (strncmp(line, "MSG ", 4) != 0) {
            if (strncmp(line, "-ERR", 4) == 0)
                sample_die("nats: %.*s", (int)(head - 1), line);
            if (strncmp(line, "PING", 4) == 0)
                send_all(c->fd, "PONG\r\n", 6);
            c->at += head; /* INFO, +OK, PONG */
            continue;
        }
        space = memrchr(line, ' ', head);
        length = strtoul(space == NULL ? "" : space, NULL, 10);
        if (c->n - c->at < head + length + 2) {
            fill(c);
            continue;
        }
        c->at += head + length + 2;
        return span_of(line + head, length);
    }
}

/* Is there a whole or begun message that was received already? */
static bool
has_more(const struct nats *c)
{
    return c->at < c->n;
}

static void
connect_nats(struct nats *c, int port, const char *inbox)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct buf hello;
    int one = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->n = c->at = 0;
    c->inbox = inbox;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof to) != 0)
        sample_die("nats: %s", strerror(errno));
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    buf_init(&hello, OUT_BYTES);
    buf_put_str(
        &hello,
        "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c\",\"version\":\"1\",\"protocol\":1}\r\n");
    buf_put_fmt(&hello, "SUB %s 1\r\n", inbox);
    send_all(c->fd, hello.p, hello.n);
    buf_release(&hello);
}

/* One request of the JetStream API and its answer. */
static void
ask(struct nats *c, const char *subject, const char *json)
{
    struct span answer;
    struct buf out;

    buf_init(&out, OUT_BYTES);
    buf_put_fmt(&out, "PUB %s %s %zu\r\n%s\r\n", subject, c->inbox, strlen(json), json);
    send_all(c->fd, out.p, out.n);
    answer = next_message(c);
    if (memmem(answer.p, answer.n, "\"error\"", 7) != NULL)
        sample_die("nats: %.*s", (int)answer.n, (const char *)answer.p);
    buf_release(&out);
}

static void
consume(int port, long messages, int out)
{
    static struct nats c;
    int64_t end = 0;

    connect_nats(&c, port, "consumer");
    send_all(c.fd, "SUB deliver 2\r\n", 15);
    ask(&c, "$JS.API.CONSUMER.CREATE.BENCH",
        "{\"stream_name\":\"BENCH\",\"config\":{\"deliver_subject\":\"deliver\",\"deliver_policy\":\"all\","
        "\"ack_policy\":\"none\",\"replay_policy\":\"instant\"}}");
    if (write(out, &end, sizeof end) != (ssize_t)sizeof end) /* it listens */
        sample_die("pipe: %s", strerror(errno));
    for (long got = 0; got < messages; got++)
        (void)next_message(&c);
    end = sample_now_ns();
    if (write(out, &end, sizeof end) != (ssize_t)sizeof end)
        sample_die("pipe: %s", strerror(errno));
}

static void
check_ack(struct span ack)
{
    if (memmem(ack.p, ack.n, "\"error\"", 7) != NULL || memmem(ack.p, ack.n, "\"seq\"", 5) == NULL)
        sample_die("nats: %.*s", (int)ack.n, (const char *)ack.p);
}

static void
publish(struct nats *c, long messages, size_t bytes, long flight)
{
    long sent = 0, acked = 0;
    struct buf out;

    buf_init(&out, 2 * OUT_BYTES + bytes);
    while (acked < messages) {
        buf_clear(&out);
        for (; sent < messages && sent - acked < flight && out.n < OUT_BYTES; sent++) {
            uint8_t *p;

            buf_put_fmt(&out, "PUB bench %s %zu\r\n", c->inbox, bytes);
            p = buf_add(&out, bytes);
            for (size_t i = 0; p != NULL && i < bytes; i++)
                p[i] = (uint8_t)(i * 31 % 251);
            buf_put_str(&out, "\r\n");
        }
        send_all(c->fd, out.p, out.n);
        if (sent < messages && sent - acked < flight)
            continue;
        do { /* wait for one, take all that came with it */
            check_ack(next_message(c));
            acked++;
        } while (acked < sent && has_more(c));
    }
    buf_release(&out);
}

int
main(int argc, char **argv)
{
    static struct nats c;
    long messages, bytes, flight;
    int64_t begun, acked, end;
    int port, fd[2], status = 0;
    pid_t child;

    if (argc != 5 || (port = (int)strtol(argv[1], NULL, 10)) <= 0 ||
        (messages = strtol(argv[2], NULL, 10)) <= 0 || (bytes = strtol(argv[3], NULL, 10)) <= 0 ||
        (flight = strtol(argv[4], NULL, 10)) <= 0)
        sample_die("usage: bench_nats PORT MESSAGES BYTES FLIGHT");
    connect_nats(&c, port, "publisher");
    ask(&c, "$JS.API.STREAM.CREATE.BENCH",
        "{\"name\":\"BENCH\",\"subjects\":[\"bench\"],\"retention\":\"limits\",\"storage\":\"file\","
        "\"discard\":\"old\","
        "\"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":-1,\"num_replicas\":1}");
    if (pipe(fd) != 0 || (child = fork()) < 0)
        sample_die("fork: %s", strerror(errno));
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        consume(port, messages, fd[1]);
        return 0;
    }
    (void)close(fd[1]);
    if (read(fd[0], &end, sizeof end) != (ssize_t)sizeof end)
        sample_die("the consumer failed");
    begun = sample_now_ns();
    publish(&c, messages, (size_t)bytes, flight);
    acked = sample_now_ns();
    if (read(fd[0], &end, sizeof end) != (ssize_t)sizeof end || waitpid(child, &status, 0) != child ||
        status != 0)
        sample_die("the consumer failed");
    printf("messages=%ld\nseconds=%.6f\nacked_seconds=%.6f\n", messages, (double)(end - begun) / 1e9,
           (double)(acked - begun) / 1e9);
    return 0;
}
