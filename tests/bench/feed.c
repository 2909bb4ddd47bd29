/*
 * Subscribers of a node's feed, and of plain ZeroMQ beside it, counted in one process by one thread:
 *
 *   bench_feed node ENDPOINT API.sock SUBSCRIBERS RECORDS ALERTS PAUSE_MS   says "ready", takes what another program publishes, then publishes ALERTS one by one
 *   bench_feed raw  ENDPOINT BYTES    SUBSCRIBERS RECORDS ALERTS PAUSE_MS   the same from an XPUB socket in a process of its own, which waits for full queues
 *
 * Prints `name=number` lines: of the burst, the rate at the median subscriber and what was lost of all; of the single ones, from the call until each, and until
 * the last subscriber had it.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "base/limit.h"
#include "base/mem.h"
#include "client.h"
#include "feed.pb-c.h"
#include "orbit.h"
#include "sample.h"

#define TOPIC     "SIMULATED.orbit.us-noaa."
#define HEARTBEAT "heartbeat."
#define SILENT_MS 3000 /* after which what has not come is lost */
#define ALERT_MS  10000
#define HWM       8192

struct subscriber {
    void *socket;
    uint64_t records;
    int64_t first_ns, last_ns;
    bool beat;
};

struct bench {
    bool raw;
    const char *endpoint, *other;
    size_t n;
    uint64_t records;
    long alerts, pause_ms, bytes;
    struct subscriber *subscriber;
    zmq_pollitem_t *items;
    struct sample each, last;
    pid_t publisher;
};

static void
subscribe(struct bench *b, void *context)
{
    const int hwm = HWM;

    b->subscriber = mem_new(b->n * sizeof *b->subscriber);
    b->items = mem_new(b->n * sizeof *b->items);
    for (size_t i = 0; i < b->n; i++) {
        void *s = b->subscriber[i].socket = zmq_socket(context, ZMQ_SUB);
        if (s == NULL || zmq_setsockopt(s, ZMQ_RCVHWM, &hwm, sizeof hwm) != 0 ||
            zmq_connect(s, b->endpoint) != 0 || zmq_setsockopt(s, ZMQ_SUBSCRIBE, TOPIC, strlen(TOPIC)) != 0 ||
            zmq_setsockopt(s, ZMQ_SUBSCRIBE, HEARTBEAT, strlen(HEARTBEAT)) != 0)
            sample_die("%s: %s", b->endpoint, zmq_strerror(errno));
        b->items[i] = (zmq_pollitem_t){.socket = s, .events = ZMQ_POLLIN};
    }
}

/* One message, if there is one: true. */
static bool
take(struct subscriber *s)
{
    char topic[256];
    zmq_msg_t body;
    int n = zmq_recv(s->socket, topic, sizeof topic, ZMQ_DONTWAIT);

    if (n < 0)
        return false;
    (void)zmq_msg_init(&body);
    if (zmq_msg_recv(&body, s->socket, 0) < 0 || zmq_msg_more(&body))
        sample_die("a message is not of two frames");
    if ((size_t)n == strlen(HEARTBEAT)) {
        s->beat = true;
    } else {
        s->last_ns = sample_now_ns();
        s->first_ns = s->records == 0 ? s->last_ns : s->first_ns;
        s->records++;
    }
    (void)zmq_msg_close(&body);
    return true;
}

/* Take from all until each has ${want} records; false when nothing came for ${ms}. */
static bool
take_all(struct bench *b, uint64_t want, int64_t ms, int64_t begun_ns)
{
    for (size_t done = 0; done < b->n;) {
        bool records = false;
        int64_t until = sample_now_ns() + ms * 1000000;
        while (!records && sample_now_ns() < until) {
            if (zmq_poll(b->items, (int)b->n, 100) < 0)
                sample_die("poll: %s", zmq_strerror(errno));
            for (size_t i = 0; i < b->n; i++) {
                struct subscriber *s = &b->subscriber[i];
                uint64_t before = s->records;
                while (b->items[i].revents != 0 && take(s)) {
                }
                records = records || s->records != before;
                if (begun_ns != 0 && before < want && s->records >= want)
                    sample_add(&b->each, s->last_ns - begun_ns);
            }
        }
        done = 0;
        for (size_t i = 0; i < b->n; i++)
            done += b->subscriber[i].records >= want;
        if (!records)
            return false;
    }
    return true;
}

/* Every one has heard a heartbeat, so all subscriptions are in force. */
static void
join(struct bench *b)
{
    for (size_t joined = 0; joined < b->n;) {
        joined = 0;
        (void)zmq_poll(b->items, (int)b->n, 1000);
        for (size_t i = 0; i < b->n; i++) {
            while (take(&b->subscriber[i])) {
            }
            joined += b->subscriber[i].beat;
        }
    }
}

/* The other end of the raw run. */
static void
publish_raw(const struct bench *b, int go)
{
    const int on = 1, hwm = HWM, off = 0;
    uint8_t *body = mem_new((size_t)b->bytes), word;
    void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_XPUB);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (s == NULL || zmq_setsockopt(s, ZMQ_XPUB_NODROP, &on, sizeof on) != 0 ||
        zmq_setsockopt(s, ZMQ_XPUB_VERBOSE, &on, sizeof on) != 0 ||
        zmq_setsockopt(s, ZMQ_SNDHWM, &hwm, sizeof hwm) != 0 ||
        zmq_setsockopt(s, ZMQ_LINGER, &off, sizeof off) != 0 || zmq_bind(s, b->endpoint) != 0)
        sample_die("%s: %s", b->endpoint, zmq_strerror(errno));
    for (size_t i = 0; i < 2 * b->n; i++)
        (void)zmq_recv(s, body, (size_t)b->bytes, 0);
    (void)zmq_send(s, HEARTBEAT, strlen(HEARTBEAT), ZMQ_SNDMORE);
    (void)zmq_send(s, "", 0, 0);
    while (read(go, &word, 1) == 1) {
        for (uint64_t i = 0; i < (word == 'b' ? b->records : 1); i++) {
            (void)zmq_send(s, TOPIC, strlen(TOPIC), ZMQ_SNDMORE);
            (void)zmq_send(s, body, (size_t)b->bytes, 0);
        }
    }
    _exit(0);
}

static int
start_raw(struct bench *b)
{
    int ends[2];

    if (pipe(ends) != 0 || (b->publisher = fork()) < 0)
        sample_die("fork: %s", strerror(errno));
    if (b->publisher == 0) {
        (void)close(ends[1]);
        publish_raw(b, ends[0]);
    }
    (void)close(ends[0]);
    return ends[1];
}

static void
publish_one(int api, struct orbit_draw *draw)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__PublishRequest publish = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__PublishRecord record = PARALLAX__V1__PUBLISH_RECORD__INIT, *list[] = {&record};
    uint8_t key[16];
    struct buf body, out;

    if (getrandom(key, sizeof key, 0) != sizeof key)
        sample_die("no random bytes for a key");
    buf_init(&body, LIMIT_BODY_BYTES);
    buf_init(&out, LIMIT_API_BYTES);
    orbit_body(draw, 1000, &body);
    record.type = (char *)(uintptr_t) "orbit";
    record.body = (ProtobufCBinaryData){body.n, body.p};
    publish.key = (ProtobufCBinaryData){sizeof key, key};
    publish.audience = (char *)(uintptr_t) "open";
    publish.mode = PARALLAX__V1__MODE__SIMULATED;
    publish.n_records = 1;
    publish.records = list;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_PUBLISH;
    request.publish = &publish;
    client_put(&out, &request);
    client_send(api, buf_span(&out));
    buf_release(&body);
    buf_release(&out);
}

static void
singles(struct bench *b, int to)
{
    struct orbit_draw draw = {22};

    for (long i = 0; i < b->alerts; i++) {
        int64_t begun;
        for (size_t k = 0; k < b->n; k++)
            b->subscriber[k].records = 0;
        sample_pause_ns(b->pause_ms * 1000000);
        begun = sample_now_ns();
        if (!b->raw)
            publish_one(to, &draw);
        else if (write(to, "1", 1) != 1)
            sample_die("the publisher is gone");
        if (!take_all(b, 1, ALERT_MS, begun))
            sample_die("a single record did not come");
        sample_add(&b->last, sample_now_ns() - begun);
        if (!b->raw)
            parallax__v1__answer__free_unpacked(client_receive(to), NULL);
    }
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void
print_burst(const struct bench *b)
{
    double *rate = mem_new(b->n * sizeof *rate);
    uint64_t lost = 0;

    for (size_t i = 0; i < b->n; i++) {
        const struct subscriber *s = &b->subscriber[i];
        lost += b->records - s->records;
        rate[i] = s->records < 2 ? 0 : (double)(s->records - 1) * 1e9 / (double)(s->last_ns - s->first_ns);
    }
    qsort(rate, b->n, sizeof *rate, compare);
    printf("rate=%.0f\nlost=%llu\n", rate[b->n / 2], (unsigned long long)lost);
    free(rate);
}

int
main(int argc, char **argv)
{
    struct bench b = {.n = 0};
    int to;

    if (argc != 8 || (strcmp(argv[1], "node") != 0 && strcmp(argv[1], "raw") != 0))
        sample_die("usage: bench_feed node|raw ENDPOINT API.sock|BYTES SUBSCRIBERS RECORDS ALERTS PAUSE_MS");
    b.raw = strcmp(argv[1], "raw") == 0;
    b.endpoint = argv[2];
    b.bytes = strtol(argv[3], NULL, 10);
    b.n = strtoul(argv[4], NULL, 10);
    b.records = strtoull(argv[5], NULL, 10);
    b.alerts = strtol(argv[6], NULL, 10);
    b.pause_ms = strtol(argv[7], NULL, 10);
    if (b.n == 0 || (b.raw && b.bytes < 256))
        sample_die("expected a subscriber, and messages of 256 bytes");
    to = b.raw ? start_raw(&b) : client_connect(argv[3]);
    subscribe(&b, zmq_ctx_new());
    join(&b);
    if (b.raw && write(to, "b", 1) != 1)
        sample_die("the publisher is gone");
    if (!b.raw && (puts("ready=1") < 0 || fflush(stdout) != 0))
        return 1;
    (void)take_all(&b, b.records, b.raw ? SILENT_MS : 4 * SILENT_MS, 0);
    print_burst(&b);
    singles(&b, to);
    printf("each_p50_us=%.1f\neach_p99_us=%.1f\nlast_p50_us=%.1f\n", sample_us(&b.each, 500),
           sample_us(&b.each, 990), sample_us(&b.last, 500));
    (void)close(to);
    if (b.raw)
        (void)waitpid(b.publisher, NULL, 0);
    return 0;
}
