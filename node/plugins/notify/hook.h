/* What a webhook gets: JSON, and headers by which the receiver knows who sent it, when, and whether it has it already. Pure. */
#ifndef PLUGINS_NOTIFY_HOOK_H
#define PLUGINS_NOTIFY_HOOK_H

#include "plugins/notify/book.h"

#define HOOK_SIGNATURE_MAX 80 /* "sha256=", 64 digits, NUL */

/* Append the body about ${page}. */
void hook_body(const struct config *c, struct book_page *page, struct buf *out);

/*
 * HMAC-SHA256 (RFC 2104) with ${secret} over "TIMESTAMP.DELIVERY.BODY": neither an old body with a new time nor one under another id passes. 0 or -1.
 */
int hook_sign(const char *secret, int64_t timestamp_s, const char *delivery, struct span body,
              char out[HOOK_SIGNATURE_MAX]);

#endif
