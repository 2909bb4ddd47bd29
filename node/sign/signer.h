/*
 * The signer (DESIGN section 3): the only holder of the log key and the cosigner key, and a compare-and-swap over every head it ever signed, in a database of
 * its own (synchronous=FULL) that is never rolled back or restored. It computes roots itself from leaf hashes and commits before a signature leaves it.
 */
#ifndef SIGN_SIGNER_H
#define SIGN_SIGNER_H

#include "crypt/secret.h"
#include "role.pb-c.h"

struct signer;

struct signer_conf {
    const char *path; /* of sign.db; ":memory:" for tests */
    const char *node; /* our name: it stands in every origin line that we sign */
    const struct secret *log_key, *witness_key;
};

/* NULL after logging. */
struct signer *signer_open(const struct signer_conf *conf);
void signer_close(struct signer *s);

/* An answer; spans of it live in the struct. */
struct signer_answer {
    Parallax__Role__SignAnswer answer;
    uint8_t log[16], root[32], signature[64], cosignature[64];
    char error[160];
    Parallax__Role__SignAnswer__Signed *signed_v, **signed_p;
    uint8_t *bytes; /* of the list */
};
/*
 * Answer one request. A request that does not extend the last head gets ok = false with what is held. -1 when our disk failed: nothing was signed, the role ends.
 */
int signer_answer(struct signer *s, const Parallax__Role__SignRequest *request, struct signer_answer *out);
void signer_answer_release(struct signer_answer *a);

#endif
