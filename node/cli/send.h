/*
 * The records of a file on their way to the node: parts of one idempotency key, several of them not answered at a time, sent again
 * after a loss. One thread.
 */
#ifndef CLI_SEND_H
#define CLI_SEND_H

#include "cli/client.h"
#include "cli/load.h"
#include "core/checkpoint.h"

#define SEND_KEY_BYTES 32

struct send_range {
    uint8_t log[LOG_ID_BYTES];
    uint64_t first, count;
};

struct send {
    const struct args *args;
    struct client *client;
    const char *audience, *class_name;
    Parallax__V1__Mode mode;
    struct utc embargo_until;                   /* zero = none */
    const Parallax__V1__RecordId *full_version; /* NULL = none */
    uint8_t key[SEND_KEY_BYTES];
    bool is_once; /* the key is of this call only: the same command would not go on, but publish all again */
    bool interrupted;          /* by SIGINT: what was on its way was waited for */
    bool reached;              /* the node answered once: it may be waited for longer */
    struct send_range *ranges; /* acknowledged, in the order of the records; the caller frees it */
    size_t ranges_n;
};

/*
 * Send all of ${l}. The exit code; what is wrong was said. ${s}->ranges holds what was acknowledged before that. While it runs SIGINT (Ctrl-C)
 * is taken: the first one ends it when what is on its way is answered, the next one ends the program.
 */
int send_file(struct send *s, const struct load *l);

#endif
