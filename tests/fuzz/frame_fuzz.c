/*
 * Frames of a hostile member: the input is a run of frames (u16 length, bytes) on an open session; each gets the session id put before it, so that the
 * fuzzer need not guess it. Whatever comes, the core neither ends nor answers with more than it was asked.
 */
#include "core/node.h"
#include "core/record.h"
#include "base/log.h"
#include "base/mem.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct harness {
    struct roster *roster;
    struct node *node;
    struct actions actions;
    uint8_t session[8];
    bool greeted;
};

static int
no_batch(void *cookie, uint32_t log, uint64_t first, size_t bytes_max, struct store_record *records,
         size_t records_max, struct store_batch *out)
{
    (void)cookie, (void)log, (void)first, (void)bytes_max, (void)records, (void)records_max, (void)out;
    return 1;
}

static bool
no_range(void *cookie, uint32_t log, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    (void)cookie, (void)log, (void)lo, (void)hi, (void)out;
    return false;
}

static int
no_leaves(void *cookie, uint32_t log, uint64_t from, void (*fn)(void *cookie, const uint8_t leaf[HASH_BYTES]),
          void *fn_cookie)
{
    (void)cookie, (void)log, (void)from, (void)fn, (void)fn_cookie;
    return 0;
}

static int
no_published(void *cookie, struct span key, uint32_t part, struct store_range_row *ranges, size_t max)
{
    (void)cookie, (void)key, (void)part, (void)ranges, (void)max;
    return 0;
}

/* Carry nothing out; learn our session id from the HELLO that goes out. */
static void
step(struct harness *h, struct event *e)
{
    e->mono_ms = 1000;
    e->wall_ms = 1795000000000;
    node_step(h->node, e, &h->actions);
    for (size_t i = 0; i < h->actions.n && !h->greeted; i++) {
        const struct action *a = &h->actions.v[i];
        Parallax__V1__Frame *f;
        if (a->kind != ACTION_SEND)
            continue;
        f = parallax__v1__frame__unpack(NULL, a->bytes.n, a->bytes.p);
        if (f->body_case == PARALLAX__V1__FRAME__BODY_HELLO) {
            memcpy(h->session, f->hello->session.data, sizeof(h->session));
            h->greeted = true;
        }
        parallax__v1__frame__free_unpacked(f, NULL);
    }
    actions_clear(&h->actions);
}

static void
greet(struct harness *h)
{
    Parallax__V1__Frame f = PARALLAX__V1__FRAME__INIT;
    Parallax__V1__Hello hello = PARALLAX__V1__HELLO__INIT;
    struct event e = {.kind = EVENT_LINK_UP, .link = 1, .peer = "us-noaa"};
    uint8_t bytes[512], theirs[8] = "theirs!";
    uint32_t protocol = 1;

    step(h, &e);
    hello.n_protocols = 1;
    hello.protocols = &protocol;
    hello.federation = h->roster->federation;
    hello.node = (char *)"us-noaa";
    hello.to = (char *)"fr-cnes";
    hello.session = (ProtobufCBinaryData){sizeof(theirs), theirs};
    hello.lane = PARALLAX__V1__LANE__BULK_LANE;
    hello.credit = 1000000;
    f.body_case = PARALLAX__V1__FRAME__BODY_HELLO;
    f.hello = &hello;
    e = (struct event){.kind = EVENT_FRAME, .link = 1};
    e.bytes = span_of(bytes, parallax__v1__frame__pack(&f, bytes));
    step(h, &e);
    assert(h->greeted);
}

static void
start(struct harness *h)
{
    struct node_conf conf = {.name = "fr-cnes",
                             .guard_wait_ms = 90000,
                             .heartbeat_ms = 30000,
                             .cosign_ms = 10000,
                             .software = "fuzz",
                             .view = {NULL, no_batch, no_range, no_leaves, no_published}};
    struct event e = {.kind = EVENT_TICK};

    h->roster = mem_new(sizeof(*h->roster));
    snprintf(h->roster->federation, sizeof(h->roster->federation), "00112233445566778899aabbccddeeff");
    h->roster->version = 1;
    h->roster->members_n = 2;
    snprintf(h->roster->member[0].name, LIMIT_NAME_BYTES, "fr-cnes");
    snprintf(h->roster->member[1].name, LIMIT_NAME_BYTES, "us-noaa");
    conf.roster = h->roster;
    h->node = node_new(&conf, NULL, 0);
    assert(h->node != NULL);
    actions_init(&h->actions);
    step(h, &e);
    greet(h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct harness h = {NULL};
    uint8_t *frame = mem_new(10 + 65536);

    log_start("fuzz", LOG_ERROR);
    start(&h);
    while (size >= 2) {
        size_t n = (size_t)data[0] | (size_t)data[1] << 8;
        struct event e = {.kind = EVENT_FRAME, .link = 1};
        data += 2;
        size -= 2;
        n = n > size ? size : n;
        frame[0] = 0x0a; /* field 1, bytes */
        frame[1] = sizeof(h.session);
        memcpy(frame + 2, h.session, sizeof(h.session));
        memcpy(frame + 10, data, n);
        e.bytes = span_of(frame, 10 + n);
        step(&h, &e);
        data += n;
        size -= n;
    }
    actions_release(&h.actions);
    node_free(h.node);
    free(h.roster);
    free(frame);
    return 0;
}
