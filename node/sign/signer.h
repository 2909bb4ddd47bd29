/*
 * What may be signed, and that it is remembered before it is: a head of one of our logs only if it extends the last signed one, by leaf
 * hashes from which the root is computed here; another origin's head only if it is consistent with the last cosigned one. DESIGN section 3,
 * C2SP tlog-witness. Whoever asks is not believed: not about sizes, not about roots. One thread owns a signer; it alone has the database.
 */
#ifndef SIGN_SIGNER_H
#define SIGN_SIGNER_H

#include "base/buf.h"
#include "crypt/secret.h"

struct signer;

/*
 * Open or create ${path}, exclusively. ${node}: our name, which stands in every origin line that we sign. The secrets are borrowed. NULL with the
 * reason in ${error}.
 */
struct signer *signer_open(const char *path, const char *node, const struct secret *log_key,
                           const struct secret *witness_key, char error[200]);
void signer_close(struct signer *s);

/*
 * Answer one request (proto/role.proto): append a packed SignAnswer to ${answer}. An answer about a log always names it and what is held of it, also where
 * the request is refused. What it says is on disk only after signer_commit(): not one byte of it may leave before. Several
 * requests may share one commit. 0; -1 when the database failed (logged): then nothing since the last commit holds, the answers since then
 * are void, and the signer is of no more use.
 */
int signer_answer(struct signer *s, struct span request, struct buf *answer);
/* Make all answers since the last commit durable: 0, or -1 as above. */
int signer_commit(struct signer *s);

#endif
