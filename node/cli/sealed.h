/* What in a node's store can be opened with one wrap key only. */
#ifndef CLI_SEALED_H
#define CLI_SEALED_H

#include "core/node.h"
#include "crypt/secret.h"

struct sealed_need {
    uint64_t
        logs; /* of named audiences, whose key is wrapped for this node's old key and for none that it keeps */
    uint64_t embargoes; /* own records that are still sealed by it */
};

/*
 * Look through the store at ${path} for what ${me} opens with ${old} and with none of the ${kept_n} public keys ${kept}. 0, or -1 when the store cannot be read
 * (it was logged).
 */
int sealed_find(const char *path, const char *me, const struct secret *old, const uint8_t (*kept)[32],
                size_t kept_n, struct sealed_need *out);

#endif
