/* A client of the api server under test; the last part of bed.h. */
#ifndef BED_CLIENT_H
#define BED_CLIENT_H

#include "bed.h"

static inline int
bed_connect(struct bed *b)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", b->path);
    bed_must(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    bed_must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
    return fd;
}

static inline void
bed_send_bytes(struct bed *b, int fd, struct span s)
{
    for (size_t at = 0; at < s.n;) {
        ssize_t n = send(fd, s.p + at, s.n - at, MSG_NOSIGNAL);

        if (n > 0)
            at += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            bed_turn(b);
        else
            return; /* the server closed: the test looks at that */
    }
}

static inline void
bed_send(struct bed *b, int fd, const Parallax__V1__Request *r)
{
    size_t n = parallax__v1__request__get_packed_size(r);
    uint8_t *p = malloc(4 + n);

    for (size_t i = 0; i < 4; i++)
        p[i] = (uint8_t)(n >> (8 * i));
    parallax__v1__request__pack(r, p + 4);
    bed_send_bytes(b, fd, span_of(p, 4 + n));
    free(p);
}

/* Read ${n} bytes, turning the server; false when none come any more or the connection ended. */
static inline bool
bed_read(struct bed *b, int fd, uint8_t *p, size_t n)
{
    int idle = 0;

    while (n > 0 && idle < 50) {
        ssize_t got = recv(fd, p, n, 0);

        if (got == 0 || (got < 0 && errno != EAGAIN))
            return false;
        if (got > 0) {
            p += got;
            n -= (size_t)got;
            idle = 0;
        } else {
            bed_turn(b);
            idle++;
        }
    }
    return n == 0;
}

/* The next answer, or NULL when the server has none to give. */
static inline Parallax__V1__Answer *
bed_receive(struct bed *b, int fd)
{
    Parallax__V1__Answer *answer;
    uint8_t length[4], *p;
    size_t n;

    if (!bed_read(b, fd, length, 4))
        return NULL;
    n = (size_t)length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    bed_must(n > 0 && n <= LIMIT_API_BYTES);
    p = malloc(n);
    bed_must(bed_read(b, fd, p, n));
    answer = parallax__v1__answer__unpack(NULL, n, p);
    bed_must(answer != NULL);
    free(p);
    return answer;
}

static inline Parallax__V1__Answer *
bed_ask(struct bed *b, int fd, Parallax__V1__Request *r)
{
    Parallax__V1__Answer *answer;

    r->token += 7;
    bed_send(b, fd, r);
    answer = bed_receive(b, fd);
    bed_must(answer != NULL && answer->token == r->token);
    return answer;
}

static inline void
bed_answer_free(Parallax__V1__Answer *a)
{
    parallax__v1__answer__free_unpacked(a, NULL);
}

/* True when the server has closed ${fd}. */
static inline bool
bed_is_closed(struct bed *b, int fd)
{
    uint8_t byte;

    for (int i = 0; i < 5; i++)
        bed_turn(b);
    return recv(fd, &byte, 1, 0) == 0;
}

/* Send one publish request with the orbit of ${number}. */
static inline void
bed_send_orbit(struct bed *b, int fd, uint64_t token, uint32_t number, unsigned day, int mode)
{
    Parallax__V1__Request r = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__PublishRequest publish = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__PublishRecord record = PARALLAX__V1__PUBLISH_RECORD__INIT, *records[] = {&record};
    char key[17];
    struct buf body;

    buf_init(&body, LIMIT_BODY_BYTES);
    bed_orbit(number, day, &body);
    (void)snprintf(key, sizeof key, "key %012u", (unsigned)++b->published_n);
    record.type = (char *)(uintptr_t) "orbit";
    record.body = (ProtobufCBinaryData){body.n, body.p};
    publish.key = (ProtobufCBinaryData){16, (uint8_t *)key};
    publish.audience = (char *)(uintptr_t) "open";
    publish.mode = (Parallax__V1__Mode)mode;
    publish.n_records = 1;
    publish.records = records;
    r.token = token;
    r.what_case = PARALLAX__V1__REQUEST__WHAT_PUBLISH;
    r.publish = &publish;
    bed_send(b, fd, &r);
    buf_release(&body);
}

/* Publish and wait for the acknowledgement. */
static inline void
bed_publish_orbit(struct bed *b, int fd, uint32_t number, unsigned day, int mode)
{
    Parallax__V1__Answer *a;

    bed_send_orbit(b, fd, 99, number, day, mode);
    a = bed_receive(b, fd);
    bed_must(a != NULL && a->token == 99 && a->what_case == PARALLAX__V1__ANSWER__WHAT_PUBLISH);
    bed_answer_free(a);
}

#endif
