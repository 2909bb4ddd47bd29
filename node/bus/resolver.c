#include "bus/resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

enum slot_state {
    SLOT_FREE,
    SLOT_ASKED,
    SLOT_BUSY,
    SLOT_AGAIN,
    SLOT_DONE
}; /* AGAIN: asked anew while busy */

struct resolver {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int fd;
    unsigned threads, owners; /* owners: the gate and the threads; the last one frees */
    bool ended;
    struct {
        enum slot_state state;
        char endpoint[GATELINK_ENDPOINT_MAX];
        struct resolver_answer answer;
    } slot[RESOLVE_SLOTS];
};

/* Cut "tcp://host:port" or "tcp://[host]:port". */
static bool
split(const char *endpoint, char host[GATELINK_ENDPOINT_MAX], char port[8])
{
    const char *from = endpoint + strlen("tcp://");
    const char *colon;

    if (strncmp(endpoint, "tcp://", strlen("tcp://")) != 0 || (colon = strrchr(from, ':')) == NULL ||
        colon - from >= GATELINK_ENDPOINT_MAX || strlen(colon + 1) >= 8)
        return false;
    (void)snprintf(port, 8, "%s", colon + 1);
    if (*from == '[' && colon > from + 1 && colon[-1] == ']')
        (void)snprintf(host, GATELINK_ENDPOINT_MAX, "%.*s", (int)(colon - from - 2), from + 1);
    else
        (void)snprintf(host, GATELINK_ENDPOINT_MAX, "%.*s", (int)(colon - from), from);
    return host[0] != 0;
}

bool
resolver_is_numeric(const char *endpoint)
{
    char host[GATELINK_ENDPOINT_MAX], port[8];
    struct in6_addr address;

    /* What is no endpoint is no name either: libzmq says what is wrong with it. */
    return !split(endpoint, host, port) || inet_pton(AF_INET, host, &address) == 1 ||
           inet_pton(AF_INET6, host, &address) == 1;
}

static void
look_up(const char *endpoint, struct resolver_answer *out)
{
    char host[GATELINK_ENDPOINT_MAX], port[8], text[INET6_ADDRSTRLEN];
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *list = NULL;

    out->n = 0;
    if (!split(endpoint, host, port) || getaddrinfo(host, NULL, &hints, &list) != 0)
        return;
    for (const struct addrinfo *a = list; a != NULL && out->n < RESOLVE_ADDRESSES_MAX; a = a->ai_next) {
        const void *in =
            a->ai_family == AF_INET
                ? (const void *)&((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr
                : (const void *)&((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr;

        if (inet_ntop(a->ai_family, in, text, sizeof text) != NULL)
            (void)snprintf(out->endpoint[out->n++], GATELINK_ENDPOINT_MAX,
                           a->ai_family == AF_INET ? "tcp://%s:%s" : "tcp://[%s]:%s", text, port);
    }
    freeaddrinfo(list);
}

static void
disown(struct resolver *r)
{
    bool last = --r->owners == 0;

    (void)pthread_mutex_unlock(&r->lock);
    if (!last)
        return;
    (void)close(r->fd);
    (void)pthread_cond_destroy(&r->wake);
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

static int
next_asked(const struct resolver *r)
{
    for (int i = 0; i < RESOLVE_SLOTS; i++) {
        if (r->slot[i].state == SLOT_ASKED)
            return i;
    }
    return -1;
}

static void *
serve(void *cookie)
{
    struct resolver *r = cookie;

    (void)pthread_mutex_lock(&r->lock);
    while (!r->ended) {
        struct resolver_answer answer;
        char endpoint[GATELINK_ENDPOINT_MAX];
        int i = next_asked(r);

        if (i < 0) {
            (void)pthread_cond_wait(&r->wake, &r->lock);
            continue;
        }
        r->slot[i].state = SLOT_BUSY;
        memcpy(endpoint, r->slot[i].endpoint, sizeof endpoint);
        (void)pthread_mutex_unlock(&r->lock);
        answer.slot = (unsigned)i;
        look_up(endpoint, &answer);
        (void)pthread_mutex_lock(&r->lock);
        if (r->slot[i].state == SLOT_AGAIN) {
            r->slot[i].state = SLOT_ASKED;
            continue;
        }
        r->slot[i].answer = answer;
        r->slot[i].state = SLOT_DONE;
        (void)eventfd_write(r->fd, 1);
    }
    disown(r);
    return NULL;
}

struct resolver *
resolver_new(void)
{
    struct resolver *r = mem_new(sizeof *r);

    r->owners = 1;
    r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (r->fd < 0) {
        free(r);
        return NULL;
    }
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_cond_init(&r->wake, NULL);
    return r;
}

void
resolver_free(struct resolver *r)
{
    (void)pthread_mutex_lock(&r->lock);
    r->ended = true;
    (void)pthread_cond_broadcast(&r->wake);
    disown(r);
}

int
resolver_fd(const struct resolver *r)
{
    return r->fd;
}

/* With the lock held. 0, or an error number when there is not one thread. */
static int
start_threads(struct resolver *r)
{
    pthread_attr_t attr;
    pthread_t thread;
    int error = 0;

    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    while (r->threads < RESOLVE_THREADS && error == 0) {
        error = pthread_create(&thread, &attr, serve, r);
        r->threads += error == 0;
        r->owners += error == 0;
    }
    (void)pthread_attr_destroy(&attr);
    return r->threads > 0 ? 0 : error;
}

int
resolver_ask(struct resolver *r, unsigned slot, const char *endpoint)
{
    int error;

    if (slot >= RESOLVE_SLOTS || strlen(endpoint) >= GATELINK_ENDPOINT_MAX) {
        errno = EINVAL;
        return -1;
    }
    (void)pthread_mutex_lock(&r->lock);
    error = start_threads(r);
    (void)snprintf(r->slot[slot].endpoint, GATELINK_ENDPOINT_MAX, "%s", endpoint);
    r->slot[slot].state =
        r->slot[slot].state == SLOT_BUSY || r->slot[slot].state == SLOT_AGAIN ? SLOT_AGAIN : SLOT_ASKED;
    (void)pthread_cond_signal(&r->wake);
    (void)pthread_mutex_unlock(&r->lock);
    errno = error;
    return error == 0 ? 0 : -1;
}

bool
resolver_take(struct resolver *r, struct resolver_answer *out)
{
    eventfd_t ignored;
    bool found = false;

    (void)pthread_mutex_lock(&r->lock);
    for (int i = 0; i < RESOLVE_SLOTS && !found; i++) {
        if (r->slot[i].state != SLOT_DONE)
            continue;
        *out = r->slot[i].answer;
        r->slot[i].state = SLOT_FREE;
        found = true;
    }
    if (!found)
        (void)eventfd_read(r->fd, &ignored);
    (void)pthread_mutex_unlock(&r->lock);
    return found;
}
