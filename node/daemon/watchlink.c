/* The watch role's thread. */
#include "daemon/watchlink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limit.h"
#include "base/mem.h"
#include "wire/unpack.h"

#define LENGTH_BYTES      4
#define ANSWER_MS         30000
#define ANSWER_FIELDS_MAX 1000000

struct watchlink {
    const char *path;
    int fd; /* -1 = not connected */
    uint64_t token;
    struct buf frame;
    char why[40]; /* the last refusal */
};

struct watchlink *
watchlink_new(const char *path)
{
    struct watchlink *l = mem_new(sizeof *l);

    l->path = path;
    l->fd = -1;
    buf_init(&l->frame, LIMIT_API_BYTES + LENGTH_BYTES);
    return l;
}

static int
drop(struct watchlink *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    return -1;
}

void
watchlink_free(struct watchlink *l)
{
    if (l == NULL)
        return;
    (void)drop(l);
    buf_release(&l->frame);
    free(l);
}

static int
reach(struct watchlink *l)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    if (l->fd >= 0)
        return 0;
    snprintf(to.sun_path, sizeof to.sun_path, "%s", l->path);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->fd < 0 || connect(l->fd, (const struct sockaddr *)&to, sizeof to) != 0 ||
        fcntl(l->fd, F_SETFL, O_NONBLOCK) != 0)
        return drop(l);
    return 0;
}

static int
wait_for(const struct watchlink *l, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - clock_mono_ms();
        struct pollfd p = {l->fd, events, 0};
        int rc = left <= 0 ? 0 : poll(&p, 1, (int)left);

        if (rc > 0)
            return 0;
        if (left <= 0 || (rc < 0 && errno != EINTR))
            return -1;
    }
}

static int
send_frame(struct watchlink *l, int64_t deadline)
{
    for (size_t at = 0; at < l->frame.n;) {
        ssize_t n = send(l->fd, l->frame.p + at, l->frame.n - at, MSG_NOSIGNAL);

        if (n > 0)
            at += (size_t)n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR) || wait_for(l, POLLOUT, deadline) != 0)
            return -1;
    }
    return 0;
}

static int
receive(struct watchlink *l, size_t want, int64_t deadline)
{
    buf_clear(&l->frame);
    while (want > 0) {
        uint8_t chunk[16384];
        ssize_t n = recv(l->fd, chunk, want < sizeof chunk ? want : sizeof chunk, 0);

        if (n > 0) {
            buf_put(&l->frame, chunk, (size_t)n);
            want -= (size_t)n;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR) || wait_for(l, POLLIN, deadline) != 0) {
            return -1;
        }
    }
    return buf_failed(&l->frame) ? -1 : 0;
}

static Parallax__V1__Answer *
read_answer(struct watchlink *l)
{
    Parallax__V1__Answer *answer;
    struct why why;

    why_clear(&why);
    if (prescan(&parallax__v1__answer__descriptor, buf_span(&l->frame), LIMIT_PB_DEPTH_COUNT,
                ANSWER_FIELDS_MAX, false, WHY_FRAME_SHAPE, &why) != 0)
        return NULL;
    answer = parallax__v1__answer__unpack(NULL, l->frame.n, l->frame.p);
    if (answer != NULL && answer->token != l->token) {
        watchlink_answer_free(answer);
        return NULL;
    }
    return answer;
}

static int
post(struct watchlink *l, Parallax__V1__Request *request, int64_t deadline)
{
    size_t n;
    uint8_t *p;

    request->token = ++l->token;
    n = parallax__v1__request__get_packed_size(request);
    buf_clear(&l->frame);
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        buf_put_byte(&l->frame, (uint8_t)(n >> (8 * i)));
    p = buf_add(&l->frame, n);
    if (p == NULL)
        return -1;
    parallax__v1__request__pack(request, p);
    return send_frame(l, deadline);
}

static int
collect(struct watchlink *l, int64_t deadline)
{
    const uint8_t *p;
    size_t n;

    if (receive(l, LENGTH_BYTES, deadline) != 0)
        return -1;
    p = l->frame.p;
    n = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    return n > LIMIT_API_BYTES ? -1 : receive(l, n, deadline);
}

Parallax__V1__Answer *
watchlink_ask(struct watchlink *l, Parallax__V1__Request *request, int64_t ms)
{
    int64_t deadline = clock_mono_ms() + ms;
    Parallax__V1__Answer *answer = NULL;

    if (reach(l) == 0 && post(l, request, deadline) == 0 && collect(l, deadline) == 0)
        answer = read_answer(l);
    if (answer == NULL)
        (void)drop(l);
    return answer;
}

void
watchlink_answer_free(Parallax__V1__Answer *answer)
{
    parallax__v1__answer__free_unpacked(answer, NULL);
}

int
watchlink_each(struct watchlink *l, const char *type, Parallax__V1__Mode mode, const char *origin,
               watchlink_take_fn *take, void *cookie)
{
    struct buf cursor;
    bool more = true;
    int rc = 0;

    buf_init(&cursor, LIMIT_API_BYTES);
    while (more && rc == 0) {
        Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
        Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
        Parallax__V1__Answer *answer;

        q.type = (char *)(uintptr_t)type;
        q.mode = mode;
        q.origin = (char *)(uintptr_t)origin;
        q.cursor = (ProtobufCBinaryData){cursor.n, cursor.p};
        request.what_case = PARALLAX__V1__REQUEST__WHAT_QUERY;
        request.query = &q;
        answer = watchlink_ask(l, &request, ANSWER_MS);
        if (answer == NULL || answer->what_case != PARALLAX__V1__ANSWER__WHAT_RECORDS) {
            watchlink_answer_free(answer);
            rc = -1;
            break;
        }
        for (size_t i = 0; i < answer->records->n_rows && rc == 0; i++)
            rc = take(cookie, answer->records->rows[i]);
        buf_clear(&cursor);
        buf_put(&cursor, answer->records->cursor.data, answer->records->cursor.len);
        more = cursor.n > 0;
        watchlink_answer_free(answer);
    }
    buf_release(&cursor);
    return rc;
}

int
watchlink_publish(struct watchlink *l, const ProtobufCMessage *msg, const char *type, Parallax__V1__Mode mode,
                  const uint8_t key[32], Parallax__V1__RecordId **reference, size_t references,
                  const char **why)
{
    Parallax__V1__PublishRecord record = PARALLAX__V1__PUBLISH_RECORD__INIT, *records = &record;
    Parallax__V1__PublishRequest publish = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__Answer *answer;
    struct buf body;
    int rc = -1;

    buf_init(&body, LIMIT_BODY_BYTES);
    pack(msg, &body);
    record.type = (char *)(uintptr_t)type;
    record.body = (ProtobufCBinaryData){body.n, body.p};
    record.references = reference;
    record.n_references = references < LIMIT_REF_COUNT ? references : LIMIT_REF_COUNT;
    publish.key = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)key};
    publish.audience = (char *)(uintptr_t) "open";
    publish.mode = mode;
    publish.records = &records;
    publish.n_records = 1;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_PUBLISH;
    request.publish = &publish;
    answer = buf_failed(&body) ? NULL : watchlink_ask(l, &request, ANSWER_MS);
    if (answer != NULL)
        rc = answer->what_case == PARALLAX__V1__ANSWER__WHAT_PUBLISH ? 0 : 1;
    (void)snprintf(l->why, sizeof l->why, "%s",
                   rc == 1 && answer->error_name[0] != 0 ? answer->error_name : "STORE");
    *why = l->why;
    watchlink_answer_free(answer);
    buf_release(&body);
    return rc;
}
