/* The core's thread. */
#include "daemon/api_client.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "wire/unpack.h"

#define LENGTH_BYTES 4
#define READ_BYTES   65536 /* in one turn: others wait */
#define KEEP_BYTES   65536 /* larger buffers are given back when they are empty */
#define OUT_BYTES    (LENGTH_BYTES + LIMIT_API_BYTES + LIMIT_API_FLIGHT_COUNT * 1024)

struct api_client *
api_client_new(int fd)
{
    struct api_client *c = mem_new(sizeof *c);

    c->fd = fd;
    buf_init(&c->in, LENGTH_BYTES + LIMIT_API_BYTES);
    buf_init(&c->out, OUT_BYTES);
    return c;
}

void
api_client_free(struct api_client *c)
{
    if (c == NULL)
        return;
    (void)close(c->fd);
    buf_release(&c->in);
    buf_release(&c->out);
    free(c);
}

short
api_client_events(const struct api_client *c)
{
    struct span request;
    short events = 0;

    if (!c->ended && api_client_request(c, &request) == 0)
        events = POLLIN;
    if (c->out.n > 0)
        events = (short)(events | POLLOUT);
    return events;
}

void
api_client_read(struct api_client *c)
{
    size_t room = c->in.max - c->in.n;
    size_t before = c->in.n;
    uint8_t *p;
    ssize_t n;

    if (c->ended || room == 0)
        return;
    room = room < READ_BYTES ? room : READ_BYTES;
    p = buf_add(&c->in, room);
    if (p == NULL) { /* no memory: an operating error of ours, this connection's end only */
        c->dead = true;
        return;
    }
    n = recv(c->fd, p, room, MSG_DONTWAIT);
    c->in.n = before + (n > 0 ? (size_t)n : 0);
    if (n == 0)
        c->ended = true;
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        c->dead = true;
}

void
api_client_write(struct api_client *c)
{
    while (!c->dead && c->out_at < c->out.n) {
        ssize_t n = send(c->fd, c->out.p + c->out_at, c->out.n - c->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n > 0)
            c->out_at += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            return;
        else if (n == 0 || errno != EINTR)
            c->dead = true;
    }
    c->out_at = 0;
    if (c->out.cap > KEEP_BYTES)
        buf_release(&c->out);
    buf_clear(&c->out);
}

int
api_client_request(const struct api_client *c, struct span *request)
{
    const uint8_t *p = c->in.p;
    size_t n;

    if (c->in.n < LENGTH_BYTES)
        return 0;
    n = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    if (n == 0 || n > LIMIT_API_BYTES)
        return -1;
    *request = span_of(p + LENGTH_BYTES, n);
    return c->in.n >= LENGTH_BYTES + n;
}

void
api_client_drop_request(struct api_client *c)
{
    struct span request;

    if (api_client_request(c, &request) > 0)
        buf_shift(&c->in, LENGTH_BYTES + request.n);
    else
        buf_clear(&c->in);
    if (c->in.n == 0 && c->in.cap > KEEP_BYTES)
        buf_release(&c->in);
    c->held = false;
    c->waiting = false;
}

void
api_client_refuse(struct api_client *c, uint64_t token, const struct why *why)
{
    Parallax__V1__Answer answer = PARALLAX__V1__ANSWER__INIT;
    struct buf text;

    buf_init(&text, 1024);
    if (why->code != WHY_NONE) {
        why_print(why, NULL, &text);
        answer.error_name = api_answer_text(why_name(why->code));
    }
    answer.token = token;
    answer.error = api_answer_text(buf_cstr(&text));
    if (answer.error[0] == '\0')
        answer.error = api_answer_text(why->code != WHY_NONE ? why_text(why->code)
                                                             : "the store failed: see the node's event log");
    api_client_answer(c, &answer);
    buf_release(&text);
}

void
api_client_answer(struct api_client *c, const Parallax__V1__Answer *answer)
{
    size_t n = parallax__v1__answer__get_packed_size(answer);
    uint8_t *length;

    if (n > LIMIT_API_BYTES) {
        struct why why;

        why_clear(&why);
        (void)why_set(&why, WHY_LIMIT, 0, 0, NULL, "an answer of %zu bytes: at most %d are sent", n,
                      LIMIT_API_BYTES);
        api_client_refuse(c, answer->token, &why);
        return;
    }
    length = buf_add(&c->out, LENGTH_BYTES);
    for (size_t i = 0; length != NULL && i < LENGTH_BYTES; i++)
        length[i] = (uint8_t)(n >> (8 * i));
    pack(&answer->base, &c->out);
    if (buf_failed(&c->out))
        c->dead = true; /* no memory: half an answer must not leave */
}

bool
api_client_is_ready(const struct api_client *c)
{
    struct span request;

    if (c->dead || c->resting || c->out.n > 0 || c->flight_n == LIMIT_API_FLIGHT_COUNT ||
        (c->held && c->flight_n > 0))
        return false;
    if (c->waiting)
        return c->tail.more;
    return api_client_request(c, &request) != 0;
}

bool
api_client_is_over(const struct api_client *c)
{
    struct span request;

    return c->ended && c->out.n == 0 && c->flight_n == 0 && api_client_request(c, &request) == 0;
}

struct api_flight *
api_client_launch(struct api_client *c, uint64_t client_token, uint64_t token)
{
    struct api_flight *f = &c->flight[(c->flight_first + c->flight_n) % LIMIT_API_FLIGHT_COUNT];

    assert(c->flight_n < LIMIT_API_FLIGHT_COUNT);
    c->flight_n++;
    *f = (struct api_flight){.client_token = client_token, .token = token};
    return f;
}

struct api_flight *
api_client_find(struct api_client *c, uint64_t token)
{
    for (unsigned i = 0; i < c->flight_n; i++) {
        struct api_flight *f = &c->flight[(c->flight_first + i) % LIMIT_API_FLIGHT_COUNT];

        if (f->token == token)
            return f;
    }
    return NULL;
}

static void
answer_flight(struct api_client *c, struct api_flight *f)
{
    Parallax__V1__Answer answer = PARALLAX__V1__ANSWER__INIT;
    Parallax__V1__PublishAnswer publish = PARALLAX__V1__PUBLISH_ANSWER__INIT;
    Parallax__V1__PublishedRange range = PARALLAX__V1__PUBLISHED_RANGE__INIT;
    Parallax__V1__PublishedRange *ranges[] = {&range};

    if (f->refused) {
        api_client_refuse(c, f->client_token, &f->why);
        return;
    }
    if (f->audience) {
        Parallax__V1__AudiencesAnswer changed = PARALLAX__V1__AUDIENCES_ANSWER__INIT;
        answer.token = f->client_token;
        answer.what_case = PARALLAX__V1__ANSWER__WHAT_AUDIENCES;
        answer.audiences = &changed;
        api_client_answer(c, &answer);
        return;
    }
    range.log = (ProtobufCBinaryData){LOG_ID_BYTES, f->log};
    range.first = f->range.first;
    range.count = f->range.count;
    publish.n_ranges = 1;
    publish.ranges = ranges;
    answer.token = f->client_token;
    answer.what_case = PARALLAX__V1__ANSWER__WHAT_PUBLISH;
    answer.publish = &publish;
    api_client_answer(c, &answer);
}

void
api_client_land(struct api_client *c)
{
    while (!c->dead && c->flight_n > 0 && c->flight[c->flight_first].done) {
        answer_flight(c, &c->flight[c->flight_first]);
        c->flight_first = (c->flight_first + 1) % LIMIT_API_FLIGHT_COUNT;
        c->flight_n--;
    }
}
