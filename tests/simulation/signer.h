/* The signer of a simulated node: real keys, its own tree, compare-and-swap; survives every crash of the
 * node. */
#ifndef SIMULATION_SIGNER_H
#define SIMULATION_SIGNER_H

#include "core/node.h"
#include "core/tree.h"
#include "crypt/sig.h"

#define MODEL_LOGS_MAX 64

struct model_log {
    uint8_t id[LOG_ID_BYTES];
    struct tree tree;
    struct event_signed head;
};

struct model_signer {
    struct secret *log_key, *witness_key;
    struct model_log log[MODEL_LOGS_MAX];
    size_t log_n;
    struct {
        uint8_t id[LOG_ID_BYTES];
        uint64_t size;
        uint8_t root[HASH_BYTES];
    } seen[8 * MODEL_LOGS_MAX];
    size_t seen_n;
    uint64_t refused;
};

void model_init(struct model_signer *s, const uint8_t seed[32]);
void model_release(struct model_signer *s);
/* All that the signer knows is what it knew at some moment: it will tell another story. */
void model_roll_back(struct model_signer *s, const struct model_signer *then);
/* 0, or -1 when the request does not extend the last head; ${out} is the last head either way. */
int model_append(struct model_signer *s, const struct action *a, struct event_signed *out);
const struct model_log *model_log(const struct model_signer *s, const uint8_t id[LOG_ID_BYTES]);
void model_cosign(const struct model_signer *s, const char *origin_line, uint64_t size,
                  const uint8_t root[HASH_BYTES], uint64_t time, uint8_t sig[SIG_BYTES]);
/* Cosign another's head. 0, or -1; *size = last cosigned. */
int model_witness(struct model_signer *s, const struct action *a, uint64_t *size, uint8_t sig[SIG_BYTES]);

#endif
