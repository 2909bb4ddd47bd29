#include "core/checkpoint.h"

#include <stdio.h>

#include "base/text.h"

#define TEXT_MAX 512 /* the text of a checkpoint, with the two lines that a cosignature puts before it */

void
checkpoint_origin_line(const char *federation, const char *node, const uint8_t log[LOG_ID_BYTES],
                       char out[ORIGIN_LINE_MAX])
{
    char bytes[2 * LOG_ID_BYTES + 1];
    struct buf hex;

    buf_init_fixed(&hex, bytes, sizeof bytes);
    text_hex(&hex, span_of(log, LOG_ID_BYTES));
    (void)snprintf(out, ORIGIN_LINE_MAX, "%s/%s/%s", federation, node, buf_cstr(&hex));
}

void
checkpoint_witness_name(const char *federation, const char *node, char out[ORIGIN_LINE_MAX])
{
    (void)snprintf(out, ORIGIN_LINE_MAX, "%s/%s/witness", federation, node);
}

void
checkpoint_key_id(const char *name, uint8_t type, const uint8_t key[SIG_KEY_BYTES], uint8_t id[KEY_ID_BYTES])
{
    note_key_id(name, type, key, id);
}

void
checkpoint_text(const char *origin_line, uint64_t size, const uint8_t root[HASH_BYTES], struct buf *out)
{
    buf_put_fmt(out, "%s\n%llu\n", origin_line, (unsigned long long)size);
    text_base64(out, span_of(root, HASH_BYTES));
    buf_put_byte(out, '\n');
}

void
checkpoint_cosign_text(const char *origin_line, uint64_t size, const uint8_t root[HASH_BYTES], uint64_t time,
                       struct buf *out)
{
    buf_put_fmt(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time);
    checkpoint_text(origin_line, size, root, out);
}

bool
checkpoint_verify(const struct checkpoint *c, const char *origin_line, const uint8_t key[SIG_KEY_BYTES])
{
    uint8_t bytes[TEXT_MAX];
    uint8_t id[KEY_ID_BYTES];
    struct buf text;

    note_key_id(origin_line, NOTE_TYPE_SIGN, key, id);
    if (memcmp(id, c->key_id, KEY_ID_BYTES) != 0)
        return false;
    buf_init_fixed(&text, bytes, sizeof bytes);
    checkpoint_text(origin_line, c->size, c->root, &text);
    return !buf_failed(&text) && sig_verify(key, buf_span(&text), c->signature);
}

bool
checkpoint_verify_cosignature(const struct checkpoint *c, const char *origin_line,
                              const struct cosignature *line, const uint8_t key[SIG_KEY_BYTES])
{
    uint8_t bytes[TEXT_MAX];
    struct buf text;

    buf_init_fixed(&text, bytes, sizeof bytes);
    checkpoint_cosign_text(origin_line, c->size, c->root, line->time, &text);
    return !buf_failed(&text) && sig_verify(key, buf_span(&text), line->signature);
}

static void
print_cosignature(const char *federation, const struct cosignature *line, struct buf *out)
{
    uint8_t bytes[NOTE_SIG_MAX + 1];
    char name[ORIGIN_LINE_MAX];
    struct buf signature;

    buf_init_fixed(&signature, bytes, sizeof bytes);
    buf_put_be64(&signature, line->time);
    buf_put(&signature, line->signature, SIG_BYTES);
    checkpoint_witness_name(federation, line->node, name);
    note_line_print(name, line->key_id, buf_span(&signature), out);
}

void
checkpoint_print(const struct checkpoint *c, const char *federation, const char *origin_line,
                 const struct cosignature *lines, size_t n, struct buf *out)
{
    checkpoint_text(origin_line, c->size, c->root, out);
    buf_put_byte(out, '\n');
    note_line_print(origin_line, c->key_id, span_of(c->signature, SIG_BYTES), out);
    for (size_t i = 0; i < n; i++)
        print_cosignature(federation, &lines[i], out);
}
