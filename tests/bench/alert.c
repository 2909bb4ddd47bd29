/*
 * From a publish call at one node to the record stored and visible at another: bench_alert A.sock B.sock ALERTS PAUSE_MS
 * DIR. One alert at a time, PAUSE_MS between two; one process holds both ends, so that one clock tells. The parts of
 * the way are measured between the alerts, in DIR's file system; not where DIR is "-". Prints `name=microseconds` lines;
 * `shown_us` is a list, each alert's own.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/limit.h"
#include "client.h"
#include "crypt/secret.h"
#include "orbit.h"
#include "parts.h"

#define KEY_BYTES   16
#define ROUNDS      10
#define OBJECTS     1000
#define TAIL_MS     20000
#define IDLE_COUNT  10 /* of each part in a round */
#define INCARNATION 16

struct alert {
    int a, b;
    struct orbit_draw draw;
    uint8_t incarnation[INCARNATION];
    uint64_t after; /* delivery number at B that was seen last */
    struct sample acked, shown;
    struct parts parts, idle; /* one after the other; each after a pause, as an alert is */
};

/* Ask B for what comes next; ${from_now}: and only from here on. */
static void
send_tail(struct alert *t, bool from_now)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__TailRequest tail = PARALLAX__V1__TAIL_REQUEST__INIT;
    struct buf out;

    tail.mode = PARALLAX__V1__MODE__SIMULATED;
    tail.from_now = from_now;
    tail.after = t->after;
    tail.incarnation = (ProtobufCBinaryData){from_now ? 0 : INCARNATION, t->incarnation};
    tail.wait_ms = from_now ? 0 : TAIL_MS;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_TAIL;
    request.tail = &tail;
    buf_init(&out, LIMIT_API_BYTES);
    client_put(&out, &request);
    client_send(t->b, buf_span(&out));
    buf_release(&out);
}

/* The rows of B's answer; its cursor is kept. */
static Parallax__V1__Answer *
receive_tail(struct alert *t)
{
    Parallax__V1__Answer *answer = client_receive(t->b);

    if (answer->what_case != PARALLAX__V1__ANSWER__WHAT_RECORDS ||
        answer->records->incarnation.len != INCARNATION)
        sample_die("the second node answered another request");
    memcpy(t->incarnation, answer->records->incarnation.data, INCARNATION);
    t->after = answer->records->delivery;
    return answer;
}

static void
put_alert(struct alert *t, struct buf *out)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__PublishRequest publish = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__PublishRecord record = PARALLAX__V1__PUBLISH_RECORD__INIT, *list[] = {&record};
    uint8_t key[KEY_BYTES];
    struct buf body;

    if (getrandom(key, sizeof key, 0) != sizeof key)
        sample_die("no random bytes for a key");
    buf_init(&body, LIMIT_BODY_BYTES);
    orbit_body(&t->draw, OBJECTS, &body);
    record.type = (char *)(uintptr_t) "orbit";
    record.class_name = (char *)(uintptr_t) "alert";
    record.body = (ProtobufCBinaryData){body.n, body.p};
    publish.key = (ProtobufCBinaryData){KEY_BYTES, key};
    publish.audience = (char *)(uintptr_t) "open";
    publish.mode = PARALLAX__V1__MODE__SIMULATED;
    publish.n_records = 1;
    publish.records = list;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_PUBLISH;
    request.publish = &publish;
    client_put(out, &request);
    buf_release(&body);
}

/* Both answers are of the record that was published. */
static void
check(const Parallax__V1__Answer *acked, const Parallax__V1__Answer *shown)
{
    const Parallax__V1__PublishedRange *range;
    const Parallax__V1__RecordRow *row;

    if (acked->what_case != PARALLAX__V1__ANSWER__WHAT_PUBLISH || acked->publish->n_ranges != 1 ||
        shown->records->n_rows != 1)
        sample_die("one alert was published, %zu are shown", shown->records->n_rows);
    range = acked->publish->ranges[0];
    row = shown->records->rows[0];
    if (row->id == NULL || row->id->index != range->first || row->id->log.len != range->log.len ||
        memcmp(row->id->log.data, range->log.data, range->log.len) != 0)
        sample_die("another record is shown than the one that was published");
}

static void
one(struct alert *t, bool counts)
{
    struct pollfd fds[2] = {{t->a, POLLIN, 0}, {t->b, POLLIN, 0}};
    Parallax__V1__Answer *acked = NULL, *shown = NULL;
    int64_t begun, acked_ns = 0, shown_ns = 0;
    struct buf out;

    buf_init(&out, LIMIT_API_BYTES);
    put_alert(t, &out);
    begun = sample_now_ns();
    client_send(t->a, buf_span(&out));
    while (acked == NULL || shown == NULL) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            sample_die("poll: %s", strerror(errno));
        if (acked == NULL && fds[0].revents != 0) {
            acked_ns = sample_now_ns() - begun;
            acked = client_receive(t->a);
            fds[0].fd = -1;
        }
        if (shown == NULL && fds[1].revents != 0) {
            shown_ns = sample_now_ns() - begun;
            shown = receive_tail(t);
            fds[1].fd = -1;
        }
    }
    check(acked, shown);
    if (counts) {
        sample_add(&t->acked, acked_ns);
        sample_add(&t->shown, shown_ns);
    }
    parallax__v1__answer__free_unpacked(acked, NULL);
    parallax__v1__answer__free_unpacked(shown, NULL);
    buf_release(&out);
    send_tail(t, false);
}

static void
print(const char *prefix, const char *name, struct sample *s)
{
    printf("%s%s_p50_us=%.1f\n%s%s_p99_us=%.1f\n", prefix, name, sample_us(s, 500), prefix, name,
           sample_us(s, 990));
}

static void
print_each(const char *name, const struct sample *s)
{
    printf("%s_us=", name);
    for (size_t i = 0; i < s->n; i++)
        printf("%s%.1f", i == 0 ? "" : ",", (double)s->v[i] / 1000);
    printf("\n");
}

static void
print_parts(const char *prefix, struct parts *p)
{
    print(prefix, "fsync", &p->fsync);
    print(prefix, "sign", &p->sign);
    print(prefix, "verify", &p->verify);
    print(prefix, "curve", &p->curve);
    print(prefix, "local", &p->local);
    parts_release(p);
}

int
main(int argc, char **argv)
{
    struct alert t = {.draw = {7601}};
    long alerts, pause_ms;
    bool measures;

    if (argc != 6 || (alerts = strtol(argv[3], NULL, 10)) < ROUNDS ||
        (pause_ms = strtol(argv[4], NULL, 10)) < 0)
        sample_die("usage: bench_alert A.sock B.sock ALERTS PAUSE_MS DIR");
    measures = strcmp(argv[5], "-") != 0;
    secret_start();
    t.a = client_connect(argv[1]);
    t.b = client_connect(argv[2]);
    send_tail(&t, true);
    parallax__v1__answer__free_unpacked(receive_tail(&t), NULL);
    send_tail(&t, false);
    one(&t, false); /* the log and its tables are new */
    for (long i = 0; i < alerts; i++) {
        if (measures && i % (alerts / ROUNDS) == 0) {
            parts_measure(&t.parts, argv[5], (size_t)(alerts / ROUNDS), 0);
            parts_measure(&t.idle, argv[5], IDLE_COUNT, pause_ms * 1000000);
        }
        sample_pause_ns(pause_ms * 1000000);
        one(&t, true);
    }
    printf("alerts=%zu\n", t.shown.n);
    print("", "acked", &t.acked);
    print("", "shown", &t.shown);
    print_each("shown", &t.shown);
    if (measures) {
        print_parts("", &t.parts);
        print_parts("idle_", &t.idle);
    }
    sample_release(&t.acked);
    sample_release(&t.shown);
    return 0;
}
