/*
 * Signed tree heads and cosignatures (C2SP tlog-checkpoint, tlog-cosignature v1, signed-note), as values and as text. A checkpoint is
 * known by (log, size, root); the text is made from them and never stored. Pure.
 */
#ifndef CORE_CHECKPOINT_H
#define CORE_CHECKPOINT_H

#include "base/buf.h"
#include "base/limit.h"
#include "core/note.h"

#define LOG_ID_BYTES    16
#define ORIGIN_LINE_MAX 192 /* "<federation>/<node>/<log id hex>" with NUL */

struct checkpoint {
    uint8_t log[LOG_ID_BYTES];
    uint64_t size;
    uint8_t root[HASH_BYTES];
    uint8_t signature[SIG_BYTES];
    uint8_t key_id[KEY_ID_BYTES];
};

struct cosignature {
    char node[LIMIT_NAME_BYTES + 1]; /* member that cosigned */
    uint8_t key_id[KEY_ID_BYTES];
    uint64_t time; /* POSIX seconds */
    uint8_t signature[SIG_BYTES];
};

void checkpoint_origin_line(const char *federation, const char *node, const uint8_t log[LOG_ID_BYTES],
                            char out[ORIGIN_LINE_MAX]);
/* Key name of a cosigner: "<federation>/<node>/witness". */
void checkpoint_witness_name(const char *federation, const char *node, char out[ORIGIN_LINE_MAX]);
/* First 4 bytes of SHA-256(name || 0x0A || type || key); type 0x01 log keys, 0x04 cosigner keys. */
void checkpoint_key_id(const char *name, uint8_t type, const uint8_t key[SIG_KEY_BYTES],
                       uint8_t id[KEY_ID_BYTES]);

/* The signed text: origin line, decimal size, base64 root, each with a newline. */
void checkpoint_text(const char *origin_line, uint64_t size, const uint8_t root[HASH_BYTES], struct buf *out);
/* The message that a cosignature signs: "cosignature/v1\ntime <n>\n" and the checkpoint text. */
void checkpoint_cosign_text(const char *origin_line, uint64_t size, const uint8_t root[HASH_BYTES],
                            uint64_t time, struct buf *out);

bool checkpoint_verify(const struct checkpoint *c, const char *origin_line, const uint8_t key[SIG_KEY_BYTES]);
bool checkpoint_verify_cosignature(const struct checkpoint *c, const char *origin_line,
                                   const struct cosignature *line, const uint8_t key[SIG_KEY_BYTES]);

/* The whole note as C2SP tools read it: text, empty line, the log's line, then the cosignature lines. */
void checkpoint_print(const struct checkpoint *c, const char *federation, const char *origin_line,
                      const struct cosignature *lines, size_t n, struct buf *out);

#endif
