/*
 * The two blobs of a batch row. Headers: for each record its length (be32) and bytes. Bodies: for each record
 * its state (1 byte), quarantine code (be16), length (be32) and bytes. What is read back is checked as if it
 * were foreign: disks lie.
 */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "base/buf.h"
#include "core/rows.h"

#define PACK_RECORD_BYTES 11 /* framing of one record in both blobs together */

void pack_headers(struct buf *out, const struct store_record *records, uint32_t n);
void pack_bodies(struct buf *out, const struct store_record *records, uint32_t n);

/* Take the next piece from the front of ${in}. False when it is cut short. */
bool pack_take_header(struct span *in, struct span *header);
bool pack_take_body(struct span *in, struct store_record *r);

/* Records [skip, n) of a batch of ${n}; spans into the blobs. False unless both blobs hold exactly ${n}
 * records. */
bool pack_read(struct span headers, struct span bodies, uint32_t n, uint32_t skip,
               struct store_record *records);

/* Integers, big endian, from the front of ${in}. False when it is too short. */
bool pack_take_bytes(struct span *in, size_t n, struct span *out);
bool pack_take_copy(struct span *in, void *out, size_t n);
bool pack_take_u8(struct span *in, uint8_t *v);
bool pack_take_be16(struct span *in, uint16_t *v);
bool pack_take_be32(struct span *in, uint32_t *v);
bool pack_take_be64(struct span *in, uint64_t *v);

#endif
