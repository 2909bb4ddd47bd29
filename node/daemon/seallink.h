/*
 * The core's side of the socket to the seal role. A call waits for its answer: what is asked for takes microseconds, and a record cannot go on
 * without it. When nobody answers within a second the call fails, and what it was for is tried again later. One thread.
 */
#ifndef DAEMON_SEALLINK_H
#define DAEMON_SEALLINK_H

#include "crypt/sealer.h"

struct seallink;

struct seallink *seallink_new(const char *path);
void seallink_free(struct seallink *l);
/* As sealer_items() and sealer_wrap(); -1 also when the role cannot be reached now. ${cookie} is the link. */
int seallink_items(void *cookie, struct sealer_item *items, size_t n, struct buf *out);
int seallink_wrap(void *cookie, struct span wrapped, const uint8_t (*to)[32], size_t n,
                  uint8_t (*out)[SEAL_WRAPPED_BYTES], struct why *why);
/* As sealer_keys(); their number, or -1. */
int seallink_keys(void *cookie, uint8_t (*out)[32], size_t max);

#endif
