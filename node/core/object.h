/* One JSON document being written: members and commas. ${key} is NULL inside an array. */
#ifndef CORE_OBJECT_H
#define CORE_OBJECT_H

#include "base/buf.h"
#include "base/utc.h"

void object_open(struct buf *b, const char *key); /* { */
void object_close(struct buf *b);
void object_open_list(struct buf *b, const char *key); /* [ */
void object_close_list(struct buf *b);
void object_str(struct buf *b, const char *key, const char *value);
void object_uint(struct buf *b, const char *key, uint64_t value);
void object_int(struct buf *b, const char *key, int64_t value);
void object_bool(struct buf *b, const char *key, bool value);
void object_hex(struct buf *b, const char *key, const void *p, size_t n);
void object_base64(struct buf *b, const char *key, struct span value);
void object_raw(struct buf *b, const char *key, struct span json); /* JSON already */
void object_utc(struct buf *b, const char *key, struct utc t);     /* left out when zero */
void object_ms(struct buf *b, const char *key, int64_t ms);        /* POSIX milliseconds; null when 0 */

#endif
