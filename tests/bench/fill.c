/*
 * Publishes records to a node as fast as it takes them: bench_fill SOCKET RECORDS BATCH OBJECTS [PEER]. Requests of BATCH
 * records are made first, then sent with FLIGHT of them unanswered; prints `records= seconds= body_bytes=`. A record is
 * answered when it is on disk and its checkpoint is signed. PEER is the socket of another node: then this ends when as
 * many records more are visible there, and prints `peer_seconds=` too, from the same beginning.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/limit.h"
#include "base/mem.h"
#include "client.h"
#include "orbit.h"
#include "sample.h"

#define KEY_BYTES 16
#define FLIGHT    32
#define LOOK_NS   2000000 /* between two questions to the peer */

struct fill {
    uint64_t records, batch, objects;
    uint8_t key[KEY_BYTES];
    struct orbit_draw draw;
    struct buf *request;
    size_t requests, body_bytes;
};

/* One request of ${n} records. */
static void
make(struct fill *f, uint64_t n, struct buf *out)
{
    static Parallax__V1__PublishRecord record[LIMIT_BATCH_COUNT];
    static Parallax__V1__PublishRecord *list[LIMIT_BATCH_COUNT];
    static size_t end[LIMIT_BATCH_COUNT];
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__PublishRequest publish = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    struct buf bodies;

    buf_init(&bodies, LIMIT_BATCH_BYTES);
    for (uint64_t i = 0; i < n; i++) {
        orbit_body(&f->draw, f->objects, &bodies);
        end[i] = bodies.n;
    }
    for (uint64_t i = 0; i < n; i++) {
        size_t at = i == 0 ? 0 : end[i - 1];

        parallax__v1__publish_record__init(&record[i]);
        record[i].type = (char *)(uintptr_t) "orbit";
        record[i].body = (ProtobufCBinaryData){end[i] - at, bodies.p + at};
        list[i] = &record[i];
    }
    f->body_bytes += bodies.n;
    publish.key = (ProtobufCBinaryData){KEY_BYTES, f->key};
    publish.audience = (char *)(uintptr_t) "open";
    publish.mode = PARALLAX__V1__MODE__SIMULATED;
    publish.n_records = n;
    publish.records = list;
    publish.part = (uint32_t)f->requests;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_PUBLISH;
    request.publish = &publish;
    request.token = f->requests + 1;
    buf_init(out, LIMIT_API_BYTES + 4);
    client_put(out, &request);
    buf_release(&bodies);
}

static void
make_all(struct fill *f)
{
    f->request = mem_new((f->records / f->batch + 1) * sizeof *f->request);
    for (uint64_t done = 0; done < f->records;) {
        uint64_t n = f->records - done < f->batch ? f->records - done : f->batch;

        make(f, n, &f->request[f->requests]);
        f->requests++;
        done += n;
    }
}

static uint64_t
take_answer(int fd)
{
    Parallax__V1__Answer *answer = client_receive(fd);
    uint64_t count = 0;

    if (answer->what_case != PARALLAX__V1__ANSWER__WHAT_PUBLISH)
        sample_die("the node answered another request");
    for (size_t i = 0; i < answer->publish->n_ranges; i++)
        count += answer->publish->ranges[i]->count;
    parallax__v1__answer__free_unpacked(answer, NULL);
    return count;
}

/* How many records became visible at a node. */
static uint64_t
delivery(int fd)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__StatusRequest plain = PARALLAX__V1__STATUS_REQUEST__INIT;
    Parallax__V1__Answer *answer;
    uint64_t number;
    struct buf out;

    request.what_case = PARALLAX__V1__REQUEST__WHAT_STATUS;
    request.status = &plain;
    buf_init(&out, LIMIT_API_BYTES + 4);
    client_put(&out, &request);
    client_send(fd, buf_span(&out));
    buf_release(&out);
    answer = client_receive(fd);
    if (answer->what_case != PARALLAX__V1__ANSWER__WHAT_STATUS)
        sample_die("the peer answered another request");
    number = answer->status->delivery;
    parallax__v1__answer__free_unpacked(answer, NULL);
    return number;
}

static void
run(struct fill *f, const char *path, const char *peer_path)
{
    int fd = client_connect(path), peer = peer_path != NULL ? client_connect(peer_path) : -1;
    uint64_t before = peer >= 0 ? delivery(peer) : 0;
    int64_t begun = sample_now_ns();
    uint64_t answered = 0;

    for (size_t i = 0; i < f->requests + FLIGHT; i++) {
        if (i < f->requests)
            client_send(fd, buf_span(&f->request[i]));
        if (i >= FLIGHT && i - FLIGHT < f->requests)
            answered += take_answer(fd);
    }
    if (answered != f->records)
        sample_die("%" PRIu64 " of %" PRIu64 " records are acknowledged", answered, f->records);
    printf("records=%" PRIu64 "\nseconds=%.6f\nbody_bytes=%zu\n", answered,
           (double)(sample_now_ns() - begun) / 1e9, f->body_bytes);
    (void)close(fd);
    if (peer < 0)
        return;
    while (delivery(peer) < before + f->records)
        sample_pause_ns(LOOK_NS);
    printf("peer_seconds=%.6f\n", (double)(sample_now_ns() - begun) / 1e9);
    (void)close(peer);
}

static uint64_t
number(const char *text, uint64_t max)
{
    char *end;
    unsigned long long v = strtoull(text, &end, 10);

    if (*end != '\0' || v == 0 || v > max)
        sample_die("%s: expected a number from 1 to %" PRIu64, text, max);
    return v;
}

int
main(int argc, char **argv)
{
    struct fill f = {.draw = {7600}};

    if (argc != 5 && argc != 6)
        sample_die("usage: bench_fill SOCKET RECORDS BATCH OBJECTS [PEER]");
    f.records = number(argv[2], 100000000);
    f.batch = number(argv[3], LIMIT_BATCH_COUNT);
    f.objects = number(argv[4], 999000000);
    if (getrandom(f.key, sizeof f.key, 0) != sizeof f.key)
        sample_die("no random bytes for a key");
    make_all(&f);
    run(&f, argv[1], argc == 6 ? argv[5] : NULL);
    for (size_t i = 0; i < f.requests; i++)
        buf_release(&f.request[i]);
    free(f.request);
    return 0;
}
