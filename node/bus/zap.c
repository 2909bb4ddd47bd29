/* zap_* run in the gate's loop, serve() and what it calls in the handler's thread. They share nothing but
 * messages on a PAIR. */
#include "bus/zap.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zmq.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "bus/socket.h"

#define ZAP_ENDPOINT     "inproc://zeromq.zap.01"
#define CONTROL_ENDPOINT "inproc://zap-control"
#define PARTS            7 /* of a CURVE request: version, request id, domain, address, routing id, mechanism, key */
#define PART_MAX         256
#define BURST            24.0 /* connections of one key at once: two lanes, both ends restarting a few times */
#define PER_SECOND       1.0  /* and from then on */

enum part { PART_VERSION, PART_REQUEST, PART_DOMAIN, PART_ADDRESS, PART_ROUTING, PART_MECHANISM, PART_KEY };

struct row {
    uint8_t key[GATELINK_KEY_BYTES];
    char name[LIMIT_NAME_BYTES + 1];
    double budget;
    double at; /* seconds, monotonic, of the last change of budget */
};

struct table {
    unsigned n;
    struct row row[LIMIT_MEMBER_COUNT * LIMIT_KEY_COUNT];
};

struct zap {
    pthread_t thread;
    void *control;  /* the loop's end */
    void *requests; /* the thread's */
    void *orders;
    atomic_ulong refused;
};

struct request {
    size_t n[PARTS];
    uint8_t part[PARTS][PART_MAX];
};

static double
now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Receive all parts of one request, whatever they are. Is it of the form that libzmq sends? */
static bool
receive(void *socket, struct request *r)
{
    bool fits = true;
    int parts = 0;
    int more = 1;

    memset(r->n, 0, sizeof r->n);
    while (more) {
        uint8_t extra[PART_MAX];
        uint8_t *into = parts < PARTS ? r->part[parts] : extra;
        size_t size = sizeof more;
        int n = zmq_recv(socket, into, PART_MAX, 0);

        if (n < 0)
            return false;
        fits &= parts < PARTS && n <= PART_MAX;
        if (parts < PARTS)
            r->n[parts] = (size_t)n;
        parts++;
        if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) != 0)
            return false;
    }
    return fits && parts == PARTS;
}

static bool
is(const struct request *r, enum part part, const char *s)
{
    return span_is(span_of(r->part[part], r->n[part]), s);
}

static struct row *
find(struct table *table, const uint8_t key[GATELINK_KEY_BYTES])
{
    for (unsigned i = 0; i < table->n; i++) {
        if (memcmp(table->row[i].key, key, GATELINK_KEY_BYTES) == 0)
            return &table->row[i];
    }
    return NULL;
}

/* Take one connection out of the budget of ${row}, if it has one left. */
static bool
afford(struct row *row)
{
    double now = now_s();

    row->budget += (now - row->at) * PER_SECOND;
    row->budget = row->budget > BURST ? BURST : row->budget;
    row->at = now;
    if (row->budget < 1.0)
        return false;
    row->budget -= 1.0;
    return true;
}

/* "Transport-Key: <hex>" in the form of ZMTP 3.1 metadata. */
static void
put_key(const uint8_t key[GATELINK_KEY_BYTES], struct buf *out)
{
    buf_put_byte(out, sizeof ZAP_KEY_PROPERTY - 1);
    buf_put_str(out, ZAP_KEY_PROPERTY);
    buf_put_be32(out, 2 * GATELINK_KEY_BYTES);
    text_hex(out, span_of(key, GATELINK_KEY_BYTES));
}

static void
answer(void *socket, const struct request *r, const struct row *row, const char *status)
{
    struct buf metadata;

    buf_init(&metadata, PART_MAX);
    if (row != NULL)
        put_key(row->key, &metadata);
    (void)zmq_send(socket, "1.0", 3, ZMQ_SNDMORE);
    (void)zmq_send(socket, r->part[PART_REQUEST], r->n[PART_REQUEST], ZMQ_SNDMORE);
    (void)zmq_send(socket, status, 3, ZMQ_SNDMORE);
    (void)zmq_send(socket, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(socket, row != NULL ? row->name : "", row != NULL ? strlen(row->name) : 0, ZMQ_SNDMORE);
    (void)zmq_send(socket, metadata.p != NULL ? metadata.p : (const uint8_t *)"", metadata.n, 0);
    buf_release(&metadata);
}

static void
decide(struct zap *zap, struct table *table)
{
    void *socket = zap->requests;
    struct request r;
    struct row *row = NULL;
    struct buf address;
    bool fits = receive(socket, &r);

    if (fits && is(&r, PART_VERSION, "1.0") && is(&r, PART_DOMAIN, ZAP_PEER_DOMAIN) &&
        is(&r, PART_MECHANISM, "CURVE") && r.n[PART_KEY] == GATELINK_KEY_BYTES)
        row = find(table, r.part[PART_KEY]);
    if (row != NULL && afford(row)) {
        answer(socket, &r, row, "200");
        return;
    }
    (void)atomic_fetch_add(&zap->refused, 1);
    buf_init(&address, 4 * PART_MAX + 16);
    text_quote(&address, span_of(r.part[PART_ADDRESS], fits ? r.n[PART_ADDRESS] : 0), 64);
    log_event(EV_zap_refused, "address=%s status=300 peer=%s", buf_cstr(&address),
              row != NULL ? row->name : "-");
    buf_release(&address);
    answer(socket, &r, NULL, "300");
}

static void *
serve(void *cookie)
{
    struct zap *zap = cookie;
    struct table *table = mem_new(sizeof *table);
    zmq_pollitem_t items[2] = {{.socket = zap->orders, .events = ZMQ_POLLIN},
                               {.socket = zap->requests, .events = ZMQ_POLLIN}};

    for (;;) {
        if (zmq_poll(items, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            break;
        }
        if (items[0].revents & ZMQ_POLLIN) {
            struct table *next = NULL;

            if (zmq_recv(zap->orders, &next, sizeof next, 0) != sizeof next || next == NULL)
                break;
            free(table);
            table = next;
            (void)zmq_send(zap->orders, "", 0, 0);
        }
        if (items[1].revents & ZMQ_POLLIN)
            decide(zap, table);
    }
    free(table);
    (void)zmq_close(zap->requests);
    (void)zmq_close(zap->orders);
    return NULL;
}

struct zap *
zap_new(void *context)
{
    struct zap *zap = mem_new(sizeof *zap);
    int error;

    zap->requests = zmq_socket(context, ZMQ_REP);
    zap->orders = zmq_socket(context, ZMQ_PAIR);
    zap->control = zmq_socket(context, ZMQ_PAIR);
    if (zap->requests != NULL && zap->orders != NULL && zap->control != NULL &&
        zmq_bind(zap->requests, ZAP_ENDPOINT) == 0 && zmq_bind(zap->orders, CONTROL_ENDPOINT) == 0 &&
        zmq_connect(zap->control, CONTROL_ENDPOINT) == 0) {
        error = pthread_create(&zap->thread, NULL, serve, zap);
        if (error == 0)
            return zap;
        errno = error;
    }
    error = errno;
    if (zap->requests != NULL)
        (void)zmq_close(zap->requests);
    if (zap->orders != NULL)
        (void)zmq_close(zap->orders);
    if (zap->control != NULL)
        (void)zmq_close(zap->control);
    free(zap);
    errno = error;
    return NULL;
}

void
zap_set(struct zap *zap, const struct gatelink_peers *peers)
{
    struct table *table = mem_new(sizeof *table);

    for (unsigned i = 0; i < peers->peers_n; i++) {
        for (unsigned k = 0; k < peers->peer[i].keys_n; k++) {
            struct row *row = &table->row[table->n++];

            memcpy(row->key, peers->peer[i].key[k], sizeof row->key);
            memcpy(row->name, peers->peer[i].name, sizeof row->name);
            row->budget = BURST;
            row->at = now_s();
        }
    }
    (void)zmq_send(zap->control, &table, sizeof table, 0);
    (void)zmq_recv(zap->control, NULL, 0, 0);
}

unsigned long
zap_refused(const struct zap *zap)
{
    return atomic_load(&zap->refused);
}

void
zap_free(struct zap *zap)
{
    struct table *none = NULL;

    if (zap == NULL)
        return;
    (void)zmq_send(zap->control, &none, sizeof none, 0);
    (void)pthread_join(zap->thread, NULL);
    (void)zmq_close(zap->control);
    free(zap);
}
