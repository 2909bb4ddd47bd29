/* One message for one recipient of one or many alerts of the same mode: RFC 5322, RFC 2047, RFC 2045. Pure. */
#ifndef PLUGINS_NOTIFY_MAIL_H
#define PLUGINS_NOTIFY_MAIL_H

#include "base/utc.h"
#include "plugins/notify/book.h"

/* Append the message about the ${n} alerts of ${pages} (at least one). The same alerts have the same Message-ID. */
void mail_write(const struct config *c, const struct recipient *r, struct book_page *const *pages, size_t n,
                struct utc now, struct buf *out);

/* Append one line about them: "[EXERCISE] MITIGATION: ...". No control characters. */
void mail_subject(const struct config *c, struct book_page *const *pages, size_t n, struct buf *out);

#endif
