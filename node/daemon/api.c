/* The core's thread: connections, turns, publishing and waiting tails. Handlers are in the table below. */
#include "daemon/api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/api_client.h"
#include "wire/unpack.h"

#define ARENA_REQUEST_BYTES (8 * LIMIT_API_BYTES) /* unpacked, the smallest fields take the most */
#define ARENA_ANSWER_BYTES  (4 * LIMIT_API_PAGE_BYTES)
#define TEXT_BYTES          (LIMIT_API_BYTES - 4096) /* of an answer that is one large text */
#define ACCEPT_COUNT        16                       /* connections taken in one turn */
#define ACCEPT_PAUSE_MS     1000                     /* out of descriptors: ask again later */
#define WORK_TURN           16 /* work of one turn, so that frames of peers do not wait */
#define WORK_PUBLISH        1  /* a request that is only handed on */
#define WORK_READ           16 /* one that reads the store: a page each turn */

struct api {
    int listen_fd;
    struct api_ctx *ctx;
    struct api_client *client[LIMIT_API_CLIENT_COUNT];
    size_t clients_n, next; /* next: whose turn it is */
    uint64_t token;         /* of the publish request taken last */
    uint64_t visible;
    int64_t accept_ms; /* 0, or when accepting goes on */
    int64_t rest_ms;   /* until then no patient reader is served; monotonic */
    int64_t busy_ms;   /* when there was other work; monotonic */
    struct arena request, answer, scratch;
    struct buf text, plain, plugins, feeds;
};

static api_fn *const handlers[] = {
    [PARALLAX__V1__REQUEST__WHAT_STATUS] = api_status_node,
    [PARALLAX__V1__REQUEST__WHAT_QUERY] = api_query_answer,
    [PARALLAX__V1__REQUEST__WHAT_RECORD] = api_record_answer,
    [PARALLAX__V1__REQUEST__WHAT_TAIL] = api_tail_answer,
    [PARALLAX__V1__REQUEST__WHAT_PROVE] = api_prove_answer,
    [PARALLAX__V1__REQUEST__WHAT_PICTURE] = api_picture_answer,
    [PARALLAX__V1__REQUEST__WHAT_LOGS] = api_status_logs,
    [PARALLAX__V1__REQUEST__WHAT_LOG] = api_log_answer,
    [PARALLAX__V1__REQUEST__WHAT_HOLDERS] = api_record_holders,
    [PARALLAX__V1__REQUEST__WHAT_AUDIENCES] = api_audiences_answer,
    [PARALLAX__V1__REQUEST__WHAT_RELEASE] = api_release_answer,
    [PARALLAX__V1__REQUEST__WHAT_PLUGINS] = api_plugins_answer,
    [PARALLAX__V1__REQUEST__WHAT_EVENTS] = api_event_list,
    [PARALLAX__V1__REQUEST__WHAT_EVENT] = api_event_answer,
    [PARALLAX__V1__REQUEST__WHAT_OBJECTS] = api_objects_answer,
    [PARALLAX__V1__REQUEST__WHAT_REBUILD] = api_picture_rebuild,
    [PARALLAX__V1__REQUEST__WHAT_FEEDS] = api_feeds_answer,
};

struct api *
api_new(int listen_fd, struct api_ctx *ctx)
{
    struct api *a = mem_new(sizeof *a);
    int flags = fcntl(listen_fd, F_GETFL);

    (void)fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK);
    a->listen_fd = listen_fd;
    a->ctx = ctx;
    arena_init(&a->request, ARENA_REQUEST_BYTES);
    arena_init(&a->answer, ARENA_ANSWER_BYTES);
    arena_init(&a->scratch, LIMIT_ARENA_BODY_BYTES);
    buf_init(&a->text, TEXT_BYTES);
    buf_init(&a->plain, LIMIT_BODY_BYTES);
    buf_init(&a->plugins, LIMIT_PLUGIN_REPORT_BYTES);
    buf_init(&a->feeds, LIMIT_FEED_REPORT_BYTES);
    api_delivered(a);
    return a;
}

void
api_free(struct api *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->clients_n; i++)
        api_client_free(a->client[i]);
    (void)close(a->listen_fd);
    arena_release(&a->request);
    arena_release(&a->answer);
    arena_release(&a->scratch);
    buf_release(&a->text);
    buf_release(&a->plain);
    buf_release(&a->plugins);
    buf_release(&a->feeds);
    free(a);
}

void
api_delivered(struct api *a)
{
    struct store_counts counts;

    if (store_counts(a->ctx->store, &counts) == 0)
        a->visible = counts.delivery;
    for (size_t i = 0; i < a->clients_n; i++) {
        if (a->client[i]->waiting)
            a->client[i]->tail.more = a->client[i]->tail.after < a->visible;
    }
}

size_t
api_pollfds(struct api *a, struct pollfd *out, size_t max)
{
    size_t n = 0;

    if (n < max && a->accept_ms == 0)
        out[n++] = (struct pollfd){.fd = a->listen_fd, .events = POLLIN};
    for (size_t i = 0; i < a->clients_n && n < max; i++)
        out[n++] = (struct pollfd){.fd = a->client[i]->fd, .events = api_client_events(a->client[i])};
    return n;
}

int
api_timeout_ms(const struct api *a)
{
    int64_t first = a->accept_ms == 0 ? INT64_MAX : a->accept_ms;

    for (size_t i = 0; i < a->clients_n; i++) {
        const struct api_client *c = a->client[i];

        if (c->dead || api_client_is_ready(c) || api_client_is_over(c))
            return 0;
        if (c->resting && a->rest_ms < first)
            first = a->rest_ms;
        if (c->resting)
            continue;
        if (c->waiting && c->deadline_ms < first)
            first = c->deadline_ms;
    }
    if (first == INT64_MAX)
        return -1;
    if (first <= a->ctx->mono_ms)
        return 0;
    return first - a->ctx->mono_ms < INT32_MAX ? (int)(first - a->ctx->mono_ms) : INT32_MAX;
}

static bool
is_ours(int fd)
{
    struct ucred peer;
    socklen_t n = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && n == sizeof peer &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static void
accept_clients(struct api *a)
{
    for (size_t i = 0; i < ACCEPT_COUNT; i++) {
        int fd = accept4(a->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                a->accept_ms = a->ctx->mono_ms + ACCEPT_PAUSE_MS;
            return;
        }
        if (is_ours(fd) && a->clients_n < LIMIT_API_CLIENT_COUNT) {
            a->client[a->clients_n++] = api_client_new(fd);
            continue;
        }
        log_event(EV_api_refused, "why=%s", is_ours(fd) ? "too_many_connections" : "another_user");
        (void)close(fd);
    }
}

void
api_busy(struct api *a)
{
    a->busy_ms = a->ctx->mono_ms;
}

/* Is ${request} one that the node answers later? */
static bool
takes_off(const Parallax__V1__Request *request)
{
    return request->what_case == PARALLAX__V1__REQUEST__WHAT_PUBLISH ||
           request->what_case == PARALLAX__V1__REQUEST__WHAT_AUDIENCE;
}

static void
publish(struct api *a, struct api_client *c, const Parallax__V1__Request *request)
{
    uint64_t token = ++a->token;
    bool audience = request->what_case == PARALLAX__V1__REQUEST__WHAT_AUDIENCE;
    struct api_flight *f;
    struct why why;

    why_clear(&why);
    api_busy(a);
    api_client_launch(c, request->token, token)->audience = audience;
    if ((audience ? a->ctx->change_audience(a->ctx->cookie, token, request->audience, &why)
                  : a->ctx->publish(a->ctx->cookie, token, request->publish, &why)) == 0)
        return; /* answered already, or later */
    f = api_client_find(c, token);
    if (f != NULL && !f->done) {
        f->done = true;
        f->refused = true;
        f->why = why;
    }
}

/* Answer one request from the store, or leave a tail waiting. True when the request is done with. */
static bool
answer(struct api *a, struct api_client *c, const Parallax__V1__Request *request)
{
    Parallax__V1__Answer out = PARALLAX__V1__ANSWER__INIT;
    struct api_call call = {.ctx = a->ctx,
                            .request = request,
                            .answer = &out,
                            .arena = &a->answer,
                            .scratch = &a->scratch,
                            .text = &a->text,
                            .plain = &a->plain,
                            .tail = &c->tail,
                            .visible = a->visible,
                            .plugins = &a->plugins,
                            .feeds = &a->feeds};
    int rc;

    arena_clear(&a->answer);
    arena_clear(&a->scratch);
    buf_clear(&a->text);
    why_clear(&call.why);
    out.token = request->token;
    rc = handlers[request->what_case](&call);
    if (rc > 0 && a->ctx->mono_ms < c->deadline_ms)
        return false;
    if (rc < 0 && call.why.code == WHY_NONE && a->answer.failed)
        (void)why_set(&call.why, WHY_NO_MEMORY, 0, 0, NULL, "no memory for the answer");
    if (rc < 0)
        api_client_refuse(c, request->token, &call.why);
    else
        api_client_answer(c, &out);
    return true;
}

/* What is not a request ends the connection: where the next one begins is anybody's guess. */
static void
reject(struct api_client *c, struct why *why)
{
    log_event(EV_api_refused, "why=%s", why_name(why->code));
    api_client_refuse(c, 0, why);
    buf_clear(&c->in);
    c->ended = true;
    c->waiting = false;
    c->held = false;
}

static bool
is_handled(const Parallax__V1__Request *request)
{
    size_t what = (size_t)request->what_case;

    return what < sizeof handlers / sizeof handlers[0] && handlers[what] != NULL;
}

static void
begin_wait(struct api *a, struct api_client *c, const Parallax__V1__TailRequest *tail)
{
    uint32_t wait = tail->wait_ms < LIMIT_API_WAIT_MS ? tail->wait_ms : LIMIT_API_WAIT_MS;

    c->waiting = true;
    c->tail = (struct api_tail){.after = UINT64_MAX, .more = true};
    c->deadline_ms = a->ctx->mono_ms + wait;
}

/*
 * Answer ${request}, and of a patient reader see what that took: for as long again, times the share, none of them is served. Without that, one
 * that reads from the beginning would have core read the store between any two frames of a peer.
 */
static bool
answer_in_turn(struct api *a, struct api_client *c, const Parallax__V1__Request *request)
{
    int64_t begun_us = clock_mono_us(), rest_us;
    bool done = answer(a, c, request), idle = a->ctx->mono_ms - a->busy_ms > LIMIT_API_PATIENT_BUSY_MS;

    c->patient = request->what_case == PARALLAX__V1__REQUEST__WHAT_TAIL && request->tail->patient;
    if (!c->patient) {
        api_busy(a);
        return done;
    }
    rest_us = (clock_mono_us() - begun_us) * (idle ? LIMIT_API_PATIENT_IDLE : LIMIT_API_PATIENT_SHARE);
    if (rest_us > LIMIT_API_PATIENT_REST_MS * 1000)
        rest_us = LIMIT_API_PATIENT_REST_MS * 1000;
    c->resting = true;
    a->rest_ms = (begun_us + rest_us) / 1000 + 1;
    return done;
}

/* The next request of a client that is ready. Returns what it cost. */
static unsigned
serve(struct api *a, struct api_client *c)
{
    struct span bytes = {NULL, 0};
    Parallax__V1__Request *request = NULL;
    struct why why;

    why_clear(&why);
    arena_clear(&a->request);
    if (api_client_request(c, &bytes) > 0)
        request = (Parallax__V1__Request *)unpack(&parallax__v1__request__descriptor, bytes, false,
                                                  WHY_FRAME_SHAPE, &a->request, &why);
    else
        (void)why_set(&why, WHY_FRAME_SIZE, 0, 0, NULL, "expected a request of 1 to %d bytes",
                      LIMIT_API_BYTES);
    if (request != NULL && takes_off(request)) {
        publish(a, c, request);
        api_client_drop_request(c);
        return WORK_PUBLISH;
    }
    c->held = c->flight_n > 0;
    if (c->held)
        return WORK_PUBLISH;
    if (request == NULL) {
        reject(c, &why);
        return WORK_PUBLISH;
    }
    if (!is_handled(request)) {
        (void)why_set(&why, WHY_FRAME_SHAPE, 0, 0, NULL, "no request that this version knows");
        api_client_refuse(c, request->token, &why);
        api_client_drop_request(c);
        return WORK_PUBLISH;
    }
    if (!c->waiting && request->what_case == PARALLAX__V1__REQUEST__WHAT_TAIL)
        begin_wait(a, c, request->tail);
    if (answer_in_turn(a, c, request))
        api_client_drop_request(c);
    return WORK_READ;
}

/* Round and round until nobody is ready or the turn's work is done. */
static void
serve_all(struct api *a)
{
    unsigned work = 0;

    for (size_t idle = 0; idle < a->clients_n && work < WORK_TURN; a->next++) {
        struct api_client *c = a->client[a->next % a->clients_n];

        if (c->waiting && c->deadline_ms <= a->ctx->mono_ms)
            c->tail.more = true; /* to be answered, with rows or without */
        idle++;
        c->resting = c->patient && a->ctx->mono_ms < a->rest_ms;
        if (!api_client_is_ready(c))
            continue;
        idle = 0;
        work += serve(a, c);
        api_client_land(c);
        api_client_write(c);
    }
}

static void
attend(struct api *a, const struct pollfd *fd)
{
    struct api_client *c = NULL;

    if (fd->fd == a->listen_fd) {
        if ((fd->revents & POLLIN) != 0)
            accept_clients(a);
        return;
    }
    for (size_t i = 0; i < a->clients_n && c == NULL; i++)
        c = a->client[i]->fd == fd->fd ? a->client[i] : NULL;
    if (c == NULL)
        return;
    if ((fd->revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
        c->dead = true; /* nobody is left to read an answer */
    if (!c->dead && (fd->revents & POLLOUT) != 0)
        api_client_write(c);
    if (!c->dead && (fd->revents & POLLIN) != 0)
        api_client_read(c);
}

static void
reap(struct api *a)
{
    size_t kept = 0;

    for (size_t i = 0; i < a->clients_n; i++) {
        struct api_client *c = a->client[i];

        if (c->dead || api_client_is_over(c))
            api_client_free(c);
        else
            a->client[kept++] = c;
    }
    a->clients_n = kept;
}

void
api_poll(struct api *a, const struct pollfd *fds, size_t n)
{
    if (a->accept_ms != 0 && a->ctx->mono_ms >= a->accept_ms)
        a->accept_ms = 0;
    for (size_t i = 0; i < n; i++)
        attend(a, &fds[i]);
    serve_all(a);
    reap(a);
}

void
api_published(struct api *a, uint64_t token, const struct why *why, const struct store_range_row *range,
              const uint8_t log_id[LOG_ID_BYTES])
{
    for (size_t i = 0; i < a->clients_n; i++) {
        struct api_client *c = a->client[i];
        struct api_flight *f = api_client_find(c, token);

        if (f == NULL || f->done)
            continue;
        f->done = true;
        f->refused = why != NULL;
        if (f->refused) {
            f->why = *why;
        } else {
            f->range = *range;
            memcpy(f->log, log_id, LOG_ID_BYTES);
        }
        api_client_land(c);
        api_client_write(c);
        return;
    }
}
