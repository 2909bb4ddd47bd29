/* Runs in the gate's loop. */
#include "bus/socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <zmq.h>

#include "base/limit.h"

#define ON_LISTEN (1u << SOCKET_LISTEN)
#define ON_ALERT  (1u << SOCKET_ALERT)
#define ON_BULK   (1u << SOCKET_BULK)
#define ON_DIAL   (ON_ALERT | ON_BULK)
#define ON_ALL    (ON_LISTEN | ON_DIAL)

#define TEXT_MAX 64

enum readable { SET_ONLY, READ_BACK };

struct option {
    int option;
    const char *name;
    unsigned on;
    int64_t value;
    enum readable readable;
    size_t bytes; /* not 0: a key, at ${offset} in struct socket_keys */
    size_t offset;
    const char *text; /* not NULL: a text */
};

static const struct option options[] = {
#define SOCKOPT(option, on, value, readable, reason) {ZMQ_##option, #option, on, value, readable, 0, 0, NULL},
#define SOCKOPT_BYTES(option, on, member, bytes, reason)                                                     \
    {ZMQ_##option, #option, on, 0, READ_BACK, bytes, offsetof(struct socket_keys, member), NULL},
#define SOCKOPT_TEXT(option, on, text, reason) {ZMQ_##option, #option, on, 0, READ_BACK, 0, 0, text},
#include "bus/sockopt.tbl"
#undef SOCKOPT
#undef SOCKOPT_BYTES
#undef SOCKOPT_TEXT
};
#define OPTIONS (sizeof options / sizeof options[0])

void *
socket_context(void)
{
    void *context = zmq_ctx_new();

    if (context == NULL)
        return NULL;
    /* Two, so that a peer's bulk frame is not decrypted in the thread that an alert waits for. */
    if (zmq_ctx_set(context, ZMQ_IO_THREADS, 2) != 0 || zmq_ctx_set(context, ZMQ_BLOCKY, 0) != 0 ||
        zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 8 * LIMIT_MEMBER_COUNT + 64) != 0) {
        (void)zmq_ctx_term(context);
        return NULL;
    }
    return context;
}

static int
set(void *socket, const struct option *o, const struct socket_keys *keys)
{
    int small = (int)o->value;

    if (o->text != NULL)
        return zmq_setsockopt(socket, o->option, o->text, strlen(o->text));
    if (o->bytes > 0)
        return zmq_setsockopt(socket, o->option, (const uint8_t *)keys + o->offset, o->bytes);
    if (o->option == ZMQ_MAXMSGSIZE)
        return zmq_setsockopt(socket, o->option, &o->value, sizeof o->value);
    return zmq_setsockopt(socket, o->option, &small, sizeof small);
}

static bool
holds(void *socket, const struct option *o, const struct socket_keys *keys)
{
    uint8_t bytes[TEXT_MAX];
    int64_t wide = 0;
    int small = 0;
    size_t n;

    if (o->text != NULL) {
        n = sizeof bytes;
        return zmq_getsockopt(socket, o->option, bytes, &n) == 0 && n == strlen(o->text) + 1 &&
               memcmp(bytes, o->text, n) == 0;
    }
    if (o->bytes > 0) {
        n = o->bytes;
        return zmq_getsockopt(socket, o->option, bytes, &n) == 0 && n == o->bytes &&
               memcmp(bytes, (const uint8_t *)keys + o->offset, n) == 0;
    }
    if (o->option == ZMQ_MAXMSGSIZE) {
        n = sizeof wide;
        return zmq_getsockopt(socket, o->option, &wide, &n) == 0 && wide == o->value;
    }
    n = sizeof small;
    return zmq_getsockopt(socket, o->option, &small, &n) == 0 && small == o->value;
}

void *
socket_new(void *context, enum socket_use use, const struct socket_keys *keys)
{
    void *socket = zmq_socket(context, use == SOCKET_LISTEN ? ZMQ_ROUTER : ZMQ_DEALER);

    if (socket == NULL)
        return NULL;
    for (size_t i = 0; i < OPTIONS; i++) {
        if ((options[i].on & 1u << use) != 0 && set(socket, &options[i], keys) != 0) {
            int saved = errno;
            (void)zmq_close(socket);
            errno = saved;
            return NULL;
        }
    }
    return socket;
}

const char *
socket_check(void *socket, enum socket_use use, const struct socket_keys *keys)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *o = &options[i];

        if ((o->on & 1u << use) != 0 && o->readable == READ_BACK && !holds(socket, o, keys))
            return o->name;
    }
    return NULL;
}
