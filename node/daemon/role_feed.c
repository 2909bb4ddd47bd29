/*
 * The feed role: one thread that sends what becomes visible to the subscribers of two XPUB sockets (docs/feed.md). It reads the api socket as any local
 * program does, and only while somebody subscribes; it has no key, no store, and no file. Whatever subscribers do, core does not wait.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bus/newest.h"
#include "bus/xpub.h"
#include "core/record.h"
#include "daemon/role.h"
#include "feed.pb-c.h"
#include "plug/feed.h"
#include "wire/unpack.h"

#define OUTS           2
#define WAIT_MS        1000 /* of a tail */
#define RETRY_MS       200
#define BEAT_MS        1000
#define BEAT_SOON_MS   100 /* after somebody subscribed, and never more often */
#define WATCH_MS       100 /* a fast program sends 25 MB meanwhile */
#define REPORT_MS      500
#define REPORT_IDLE_MS 10000
#define SETTLE_MS      2
#define NO_TYPE        "log" /* of a record about its log itself: no record type has that name */
#define INCARNATION    16

struct out {
    const char *endpoint;
    struct xpub *xpub;
    struct newest *newest;
    bool open_only; /* to any local program: what is open to all members, and nothing that was unsealed */
    bool live;      /* has subscribers */
    int64_t beat_ms, beaten_ms; /* monotonic: when the next heartbeat is due, when the last one went */
};

struct feeder {
    struct out out[OUTS];
    size_t n;
    struct feed tail, report;
    bool known;     /* position and incarnation are */
    bool asked_now; /* the tail that was asked is the first */
    bool lost;
    uint8_t incarnation[INCARNATION];
    uint64_t position; /* delivery number up to which all was sent */
    int64_t ask_ms, watch_ms, second_ms, report_ms, reported_ms;
    struct buf said; /* the report that core has, packed */
    struct buf message;
    struct arena arena;
};

static int
send_feed(struct feeder *f, const struct out *o, const char *topic, Parallax__V1__Feed *feed)
{
    feed->incarnation = (ProtobufCBinaryData){INCARNATION, f->incarnation};
    buf_clear(&f->message);
    pack(&feed->base, &f->message);
    return buf_failed(&f->message) ? -1 : xpub_send(o->xpub, topic, buf_span(&f->message));
}

static void
beat(struct feeder *f, struct out *o, int64_t ms)
{
    static const struct newest_row *rows[LIMIT_FEED_BEAT_COUNT];
    static Parallax__V1__FeedNewest row[LIMIT_FEED_BEAT_COUNT], *list[LIMIT_FEED_BEAT_COUNT];
    Parallax__V1__FeedBeat b = PARALLAX__V1__FEED_BEAT__INIT;
    Parallax__V1__Feed feed = PARALLAX__V1__FEED__INIT;

    if (!f->known)
        return;
    b.n_newest = newest_list(o->newest, rows, &b.since);
    for (size_t i = 0; i < b.n_newest; i++) {
        parallax__v1__feed_newest__init(&row[i]);
        row[i].topic = (char *)(uintptr_t)rows[i]->topic;
        row[i].delivery = rows[i]->delivery;
        list[i] = &row[i];
    }
    b.newest = list;
    b.delivery = f->position;
    b.node_lost = f->lost;
    feed.what_case = PARALLAX__V1__FEED__WHAT_BEAT;
    feed.beat = &b;
    (void)send_feed(f, o, XPUB_HEARTBEAT, &feed);
    o->beaten_ms = ms;
    o->beat_ms = ms + BEAT_MS;
}

static bool
is_open(const char *series)
{
    const char *slash = strchr(series, '/');

    return slash != NULL && strncmp(slash, "/open/", 6) == 0;
}

/* "REAL.orbit.us-noaa." False when it cannot be told, or is none of this version's. */
static bool
topic_of(struct feeder *f, const Parallax__V1__RecordRow *row, char topic[LIMIT_FEED_TOPIC_BYTES + 1])
{
    const Parallax__V1__Header *h;
    struct why why;
    int n;

    why_clear(&why);
    arena_clear(&f->arena);
    if (row->id == NULL || row->id->log.len != LOG_ID_BYTES)
        return false;
    h = record_header_read(span_of(row->header.data, row->header.len), row->id->log.data, &f->arena, &why);
    if (h == NULL)
        return false;
    n = snprintf(topic, LIMIT_FEED_TOPIC_BYTES + 1, "%s.%s.%s.", record_mode_name((int)h->mode),
                 h->type[0] != '\0' ? h->type : NO_TYPE, row->origin);
    return n > 0 && n <= LIMIT_FEED_TOPIC_BYTES;
}

static void
publish(struct feeder *f, struct out *o, const char *topic, const Parallax__V1__RecordRow *row)
{
    static const ProtobufCBinaryData nothing;
    Parallax__V1__FeedRecord record = PARALLAX__V1__FEED_RECORD__INIT;
    Parallax__V1__Feed feed = PARALLAX__V1__FEED__INIT;
    Parallax__V1__RecordRow copy = *row;

    if (!o->live || (o->open_only && !is_open(row->series)))
        return;
    if (o->open_only)
        copy.plain = nothing;
    if (copy.header.len + copy.body.len + copy.plain.len > LIMIT_FEED_RECORD_BYTES) {
        copy.body = nothing;
        copy.plain = nothing;
        record.left_out = true;
    }
    record.row = &copy;
    record.previous = newest_put(o->newest, topic, row->delivery);
    feed.what_case = PARALLAX__V1__FEED__WHAT_RECORD;
    feed.record = &record;
    (void)send_feed(
        f, o, topic,
        &feed); /* what is not sent is lost, and seen to be: by the next one, or the next heartbeat */
}

/* The role may wait where core may not: so that a burst fits the queues of those who read. */
static void
settle(const struct feeder *f)
{
    const struct timespec pause = {0, 250000};
    int64_t until = clock_mono_ms() + SETTLE_MS;

    for (size_t i = 0; i < f->n; i++) {
        while (xpub_waiting(f->out[i].xpub) > LIMIT_FEED_FLIGHT_COUNT && clock_mono_ms() < until)
            (void)nanosleep(&pause, NULL);
    }
}

static void
begin(struct feeder *f, const Parallax__V1__RecordsAnswer *page)
{
    memcpy(f->incarnation, page->incarnation.data, INCARNATION);
    f->position = page->delivery;
    f->known = true;
    for (size_t i = 0; i < f->n; i++) {
        newest_start(f->out[i].newest, f->position);
        f->out[i].beat_ms = 0;
    }
    log_event(EV_feed_following, "number=%" PRIu64, f->position);
}

static void
take_page(struct feeder *f, const Parallax__V1__Answer *answer)
{
    const Parallax__V1__RecordsAnswer *page = answer->records;
    char topic[LIMIT_FEED_TOPIC_BYTES + 1];

    if (answer->error[0] != '\0' || answer->what_case != PARALLAX__V1__ANSWER__WHAT_RECORDS ||
        page->incarnation.len != INCARNATION) {
        f->ask_ms = clock_mono_ms() + RETRY_MS; /* it starts */
        return;
    }
    f->lost = false;
    /* Another store, or an older copy of this one: its subscribers see that, and fetch what is theirs. */
    if (f->known &&
        (memcmp(f->incarnation, page->incarnation.data, INCARNATION) != 0 || page->delivery < f->position)) {
        f->known = false;
        return;
    }
    if (!f->known) {
        begin(f, page);
        return;
    }
    for (size_t i = 0; i < page->n_rows; i++) {
        if (!topic_of(f, page->rows[i], topic))
            continue;
        for (size_t k = 0; k < f->n; k++)
            publish(f, &f->out[k], topic, page->rows[i]);
    }
    f->position = page->delivery;
    settle(f);
}

static void
ask(struct feeder *f)
{
    Parallax__V1__Mode all[] = {PARALLAX__V1__MODE__REAL, PARALLAX__V1__MODE__EXERCISE,
                                PARALLAX__V1__MODE__TEST, PARALLAX__V1__MODE__SIMULATED};
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__TailRequest tail = PARALLAX__V1__TAIL_REQUEST__INIT;

    if (f->tail.fd < 0 && feed_connect(&f->tail, ROLE_API_SOCKET) != 0) {
        f->lost = true;
        f->ask_ms = clock_mono_ms() + RETRY_MS;
        return;
    }
    tail.modes = all;
    tail.n_modes = sizeof all / sizeof *all;
    tail.from_now = !f->known;
    tail.incarnation = (ProtobufCBinaryData){f->known ? INCARNATION : 0, f->incarnation};
    tail.after = f->position;
    tail.wait_ms = f->known ? WAIT_MS : 0;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_TAIL;
    request.tail = &tail;
    feed_ask(&f->tail, &request);
}

/* Who subscribes decides whether anything is read at all. */
static void
follow(struct feeder *f, int64_t ms)
{
    bool any = false;

    for (size_t i = 0; i < f->n; i++) {
        struct out *o = &f->out[i];
        struct xpub_counts counts;
        bool was = o->live;
        xpub_count(o->xpub, &counts);
        o->live = counts.subscribers > 0;
        any = any || o->live;
        if (o->live && !was && f->known)
            newest_start(o->newest, f->position); /* what went by was not put down */
    }
    if (!any) {
        feed_drop(&f->tail);
        f->known = false;
    } else if (!f->tail.asked && ms >= f->ask_ms) {
        ask(f);
    }
}

static void
watch(struct feeder *f, int64_t ms)
{
    f->watch_ms = ms + WATCH_MS;
    for (size_t i = 0; i < f->n; i++) {
        if (f->out[i].open_only)
            xpub_watch(f->out[i].xpub);
    }
}

static void
second(struct feeder *f, int64_t ms)
{
    f->second_ms = ms + BEAT_MS;
    for (size_t i = 0; i < f->n; i++) {
        xpub_second(f->out[i].xpub);
        if (f->known)
            newest_tick(f->out[i].newest, f->position);
    }
}

static void
report(struct feeder *f, int64_t ms)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__FeedsRequest all = PARALLAX__V1__FEEDS_REQUEST__INIT;
    Parallax__V1__FeedStatus row[OUTS], *rows[OUTS];
    struct buf packed;
    bool same;

    f->report_ms = ms + REPORT_MS;
    if (f->report.asked)
        return;
    all.feeds = rows;
    for (; all.n_feeds < f->n; all.n_feeds++) {
        const struct out *o = &f->out[all.n_feeds];
        struct xpub_counts counts;
        xpub_count(o->xpub, &counts);
        parallax__v1__feed_status__init(&row[all.n_feeds]);
        row[all.n_feeds].endpoint = (char *)(uintptr_t)o->endpoint;
        row[all.n_feeds].subscribers = counts.subscribers;
        row[all.n_feeds].slow = counts.slow;
        row[all.n_feeds].filled = counts.filled;
        row[all.n_feeds].ended = counts.ended;
        row[all.n_feeds].records = counts.sent;
        row[all.n_feeds].incarnation = (ProtobufCBinaryData){f->known ? INCARNATION : 0, f->incarnation};
        row[all.n_feeds].delivery = f->known ? f->position : 0;
        rows[all.n_feeds] = &row[all.n_feeds];
    }
    buf_init(&packed, LIMIT_FEED_REPORT_BYTES);
    pack(&all.base, &packed);
    same = f->report.fd >= 0 && span_equal(buf_span(&packed), buf_span(&f->said));
    if ((same && ms < f->reported_ms + REPORT_IDLE_MS) ||
        (f->report.fd < 0 && feed_connect(&f->report, ROLE_API_SOCKET) != 0)) {
        buf_release(&packed);
        return;
    }
    buf_release(&f->said);
    f->said = packed;
    f->reported_ms = ms;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_FEEDS;
    request.feeds = &all;
    feed_ask(&f->report, &request);
}

static int
wait_ms(const struct feeder *f, int64_t ms)
{
    int64_t due = f->report_ms < f->second_ms ? f->report_ms : f->second_ms;

    for (size_t i = 0; i < f->n; i++) {
        if (f->out[i].live && f->known && f->out[i].beat_ms < due)
            due = f->out[i].beat_ms;
        if (f->out[i].live && f->out[i].open_only && f->watch_ms < due)
            due = f->watch_ms;
        if (f->out[i].live && !f->tail.asked && f->ask_ms < due)
            due = f->ask_ms;
    }
    return due <= ms ? 0 : (int)(due - ms);
}

/* What came on the connections to the api. */
static void
hear(struct feeder *f, const struct pollfd *tail, const struct pollfd *report_fd)
{
    Parallax__V1__Answer *answer = NULL;
    enum feed_result got = FEED_NOTHING;

    if (tail->fd >= 0 && tail->revents != 0)
        got = feed_step(&f->tail, tail->revents, &answer);
    if (got == FEED_ANSWER) {
        take_page(f, answer);
        parallax__v1__answer__free_unpacked(answer, NULL);
    } else if (got == FEED_LOST) {
        f->lost = true;
        f->ask_ms = clock_mono_ms() + RETRY_MS;
    }
    if (report_fd->fd >= 0 && report_fd->revents != 0 &&
        feed_step(&f->report, report_fd->revents, &answer) == FEED_ANSWER)
        parallax__v1__answer__free_unpacked(answer, NULL);
}

static void
turn(struct feeder *f)
{
    struct pollfd p[2 + OUTS * XPUB_FDS];
    int64_t ms = clock_mono_ms();
    size_t n = 2;

    for (size_t i = 0; i < f->n; i++) {
        struct out *o = &f->out[i];
        if (xpub_turn(o->xpub)) /* libzmq tells of what comes once: before each wait all is taken */
            o->beat_ms = o->beaten_ms + BEAT_SOON_MS < o->beat_ms ? o->beaten_ms + BEAT_SOON_MS : o->beat_ms;
        n += xpub_fds(o->xpub, &p[n]);
    }
    follow(f, ms);
    for (size_t i = 0; i < f->n; i++) {
        if (f->out[i].live && ms >= f->out[i].beat_ms)
            beat(f, &f->out[i], ms);
    }
    if (ms >= f->watch_ms)
        watch(f, ms);
    if (ms >= f->second_ms)
        second(f, ms);
    if (ms >= f->report_ms)
        report(f, ms);
    p[0] = (struct pollfd){.fd = f->tail.fd, .events = feed_events(&f->tail)};
    p[1] = (struct pollfd){.fd = f->report.fd, .events = feed_events(&f->report)};
    if (poll(p, n, wait_ms(f, ms)) < 0)
        return;
    hear(f, &p[0], &p[1]);
}

static int
add(struct feeder *f, const char *endpoint, int fd, bool open_only)
{
    struct out *o = &f->out[f->n];

    if (fd < 0)
        return 0;
    *o = (struct out){.endpoint = endpoint, .open_only = open_only};
    o->xpub = xpub_new(fd, endpoint);
    if (o->xpub == NULL) {
        log_event(EV_role_failed, "what=\"%s: %s\"", endpoint, strerror(errno));
        return -1;
    }
    o->newest = newest_new();
    f->n++;
    return 0;
}

/* The last word, should there be a way to make libzmq hold more than is counted here: the role ends, and starts again. */
static void
limit_memory(void)
{
#ifndef PARALLAX_SANITIZED /* their shadow is counted as data */
    const struct rlimit limit = {LIMIT_FEED_MEMORY_BYTES, LIMIT_FEED_MEMORY_BYTES};
    const struct rlimit files = {4 * LIMIT_FEED_SUBSCRIBER_COUNT, 4 * LIMIT_FEED_SUBSCRIBER_COUNT};

    (void)setrlimit(RLIMIT_DATA, &limit);
    (void)setrlimit(RLIMIT_NOFILE, &files);
#endif
}

int
role_feed(const struct role_args *args)
{
    struct feeder *f = mem_new(sizeof *f);

    (void)signal(SIGPIPE, SIG_IGN);
    limit_memory();
    feed_init(&f->tail);
    feed_init(&f->report);
    buf_init(&f->said, LIMIT_FEED_REPORT_BYTES);
    buf_init(&f->message, LIMIT_API_BYTES);
    arena_init(&f->arena, LIMIT_ARENA_BODY_BYTES);
    if (add(f, args->conf->feed_ipc, args->listen_feed, false) != 0 ||
        add(f, args->conf->feed_loopback, args->listen_loopback, true) != 0)
        return 1;
    role_ready(args);
    for (;;)
        turn(f);
}
