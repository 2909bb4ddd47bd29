/*
 * Names of peers to addresses, in threads of their own: libzmq would ask for them in the one thread that carries the frames of all
 * peers, and a name that nobody answers for would hold up everybody for as long as that takes.
 */
#ifndef BUS_RESOLVER_H
#define BUS_RESOLVER_H

#include <stdbool.h>

#include "bus/gatelink.h"

#define RESOLVE_ADDRESSES_MAX 4   /* of one name that are tried, one after the other */
#define RESOLVE_SLOTS         128 /* questions at once */
#define RESOLVE_THREADS       4   /* names that may be slow at the same time before others wait for them */

struct resolver;

/* NULL with errno. Threads are made with the first question. */
struct resolver *resolver_new(void);
/* Does not wait for questions under way: their threads end by themselves. */
void resolver_free(struct resolver *r);
/* Becomes readable when there is an answer to take. */
int resolver_fd(const struct resolver *r);

/* Is ${endpoint} "tcp://<IPv4 address>:<port>" or "tcp://[<IPv6 address>]:<port>"? Then there is nothing to ask. */
bool resolver_is_numeric(const char *endpoint);
/* Ask for ${endpoint} ("tcp://<name>:<port>") under ${slot}, in place of what was asked under it before. 0, or -1 with errno. */
int resolver_ask(struct resolver *r, unsigned slot, const char *endpoint);

struct resolver_answer {
    unsigned slot, n; /* n 0: the name is not known, or nobody answered */
    char endpoint[RESOLVE_ADDRESSES_MAX][GATELINK_ENDPOINT_MAX];
};
bool resolver_take(struct resolver *r, struct resolver_answer *out);

#endif
