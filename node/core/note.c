#include "core/note.h"

#include <stdio.h>

#include "base/text.h"

#define DASH      "\xE2\x80\x94 " /* U+2014 and a space */
#define DASH_N    4
#define TEXT_MAX  8192 /* base64 of one signature; ML-DSA-44 takes 3,240 */
#define VKEY_LAST 45   /* "+" and base64 of type and key: 44 */

void
note_key_id(const char *name, uint8_t type, const uint8_t key[SIG_KEY_BYTES], uint8_t id[KEY_ID_BYTES])
{
    uint8_t bytes[NOTE_NAME_MAX + 2 + SIG_KEY_BYTES];
    uint8_t hash[HASH_BYTES];
    struct buf b;

    buf_init_fixed(&b, bytes, sizeof bytes);
    buf_put(&b, name, strnlen(name, NOTE_NAME_MAX - 1));
    buf_put_byte(&b, '\n');
    buf_put_byte(&b, type);
    buf_put(&b, key, SIG_KEY_BYTES);
    hash_sha256(buf_span(&b), hash);
    memcpy(id, hash, KEY_ID_BYTES);
}

/* White_Space of Unicode above ASCII, in UTF-8. */
static bool
has_space(struct span s)
{
    static const char *const spaces[] = {"\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\xA8",
                                         "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] == 0x7F)
            return true;
        if (s.p[i] < 0x80)
            continue;
        for (size_t k = 0; k < sizeof spaces / sizeof *spaces; k++) {
            size_t n = strlen(spaces[k]);

            if (s.n - i >= n && memcmp(s.p + i, spaces[k], n) == 0)
                return true;
        }
        /* U+2000 to U+200A */
        if (s.n - i >= 3 && memcmp(s.p + i, "\xE2\x80", 2) == 0 && s.p[i + 2] >= 0x80 && s.p[i + 2] <= 0x8A)
            return true;
    }
    return false;
}

bool
note_name_ok(struct span name)
{
    return name.n > 0 && name.n < NOTE_NAME_MAX && text_is_utf8(name) &&
           memchr(name.p, '+', name.n) == NULL && !has_space(name);
}

void
note_key_make(const char *name, uint8_t type, const uint8_t key[SIG_KEY_BYTES], struct note_key *out)
{
    *out = (struct note_key){.type = type};
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    memcpy(out->key, key, SIG_KEY_BYTES);
    note_key_id(out->name, type, key, out->id);
}

/* Canonical base64 into ${out}; the number of bytes, or -1. */
static int
decode(struct span s, uint8_t *out, size_t max)
{
    struct buf b;

    buf_init_fixed(&b, out, max);
    return text_unbase64(s, &b) == 0 ? (int)b.n : -1;
}

/* Cut ${s} at its last '+': what is behind it, without it. */
static struct span
cut_last(struct span *s)
{
    size_t at = s->n;
    struct span tail;

    while (at > 0 && s->p[at - 1] != '+')
        at--;
    if (at == 0)
        return span_of(s->p, 0);
    tail = span_of(s->p + at, s->n - at);
    s->n = at - 1;
    return tail;
}

int
note_key_parse(struct span vkey, struct note_key *out)
{
    uint8_t key[1 + SIG_KEY_BYTES + 1];
    char digits[2 * KEY_ID_BYTES + 1];
    struct span rest = vkey;
    struct span tail;
    struct span id;

    /* The base64 may hold '+' itself: its length is fixed. */
    if (vkey.n < VKEY_LAST || vkey.p[vkey.n - VKEY_LAST] != '+')
        return -1;
    tail = span_of(vkey.p + vkey.n - (VKEY_LAST - 1), VKEY_LAST - 1);
    rest.n -= VKEY_LAST;
    id = cut_last(&rest);
    if (!note_name_ok(rest) || decode(tail, key, sizeof key) != 1 + SIG_KEY_BYTES)
        return -1;
    if ((key[0] != NOTE_TYPE_SIGN && key[0] != NOTE_TYPE_COSIGN) || !sig_key_ok(key + 1))
        return -1;
    *out = (struct note_key){.type = key[0]};
    memcpy(out->name, rest.p, rest.n);
    memcpy(out->key, key + 1, SIG_KEY_BYTES);
    note_key_id(out->name, out->type, out->key, out->id);
    (void)snprintf(digits, sizeof digits, "%02x%02x%02x%02x", out->id[0], out->id[1], out->id[2], out->id[3]);
    return span_is(id, digits) ? 0 : -1;
}

void
note_key_print(const struct note_key *key, struct buf *out)
{
    uint8_t bytes[1 + SIG_KEY_BYTES];

    bytes[0] = key->type;
    memcpy(bytes + 1, key->key, SIG_KEY_BYTES);
    buf_put_str(out, key->name);
    buf_put_byte(out, '+');
    text_hex(out, span_of(key->id, KEY_ID_BYTES));
    buf_put_byte(out, '+');
    text_base64(out, span_of(bytes, sizeof bytes));
}

int
note_line_read(struct span line, struct note_line *out)
{
    uint8_t bytes[TEXT_MAX / 4 * 3 + 1];
    const uint8_t *space;
    int n;

    if (line.n < DASH_N || memcmp(line.p, DASH, DASH_N) != 0)
        return -1;
    line = span_of(line.p + DASH_N, line.n - DASH_N);
    space = line.n > 0 ? memchr(line.p, ' ', line.n) : NULL;
    if (space == NULL)
        return -1;
    *out = (struct note_line){.name = span_of(line.p, (size_t)(space - line.p))};
    n = decode(span_of(space + 1, line.n - out->name.n - 1), bytes, sizeof bytes);
    if (!note_name_ok(out->name) || n <= KEY_ID_BYTES)
        return -1;
    memcpy(out->key_id, bytes, KEY_ID_BYTES);
    out->signature_n = (size_t)n - KEY_ID_BYTES;
    if (out->signature_n <= NOTE_SIG_MAX)
        memcpy(out->signature, bytes + KEY_ID_BYTES, out->signature_n);
    return 0;
}

/* UTF-8 without control characters but newline. */
static int
check_bytes(struct span bytes, enum why_code code, struct why *why)
{
    size_t valid = text_utf8_prefix(bytes);
    uint32_t line = 1;
    size_t start = 0;

    for (size_t i = 0; i < bytes.n; i++) {
        if (i == valid || (bytes.p[i] < 0x20 && bytes.p[i] != '\n'))
            return why_set(why, code, line, (uint32_t)(i - start) + 1, NULL,
                           i == valid ? "a note is not UTF-8" : "a note holds a control character");
        if (bytes.p[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    return 0;
}

/* Offset behind the last empty line; 0 when there is none. */
static size_t
find_lines(struct span bytes)
{
    for (size_t i = bytes.n; i >= 2; i--) {
        if (bytes.p[i - 1] == '\n' && bytes.p[i - 2] == '\n')
            return i;
    }
    return 0;
}

static uint32_t
count_lines(struct span s)
{
    uint32_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

int
note_read(struct span bytes, size_t bytes_max, enum why_code code, struct note *out, struct why *why)
{
    size_t at;
    uint32_t line;

    out->n = 0;
    if (bytes.n > bytes_max)
        return why_set(why, code, 0, 0, NULL, "a note of %zu bytes: at most %zu are allowed", bytes.n,
                       bytes_max);
    if (check_bytes(bytes, code, why) != 0)
        return -1;
    at = find_lines(bytes);
    if (at < 2 || at == bytes.n)
        return why_set(why, code, 0, 0, NULL, "a note lacks an empty line with signature lines below it");
    out->text = span_of(bytes.p, at - 1);
    line = count_lines(span_of(bytes.p, at)) + 1;
    for (; at < bytes.n; line++) {
        const uint8_t *end = memchr(bytes.p + at, '\n', bytes.n - at);

        if (end == NULL)
            return why_set(why, code, line, 0, NULL, "the last line of a note lacks its newline");
        if (out->n == LIMIT_NOTE_LINES_COUNT)
            return why_set(why, code, line, 0, NULL, "a note has more than %d signature lines",
                           LIMIT_NOTE_LINES_COUNT);
        if (note_line_read(span_of(bytes.p + at, (size_t)(end - bytes.p) - at), &out->line[out->n]) != 0)
            return why_set(why, code, line, 1, NULL, "not a signature line");
        out->n++;
        at = (size_t)(end - bytes.p) + 1;
    }
    return 0;
}

bool
note_line_is(const struct note_line *line, const char *name, const uint8_t id[KEY_ID_BYTES])
{
    return memcmp(line->key_id, id, KEY_ID_BYTES) == 0 && span_is(line->name, name);
}

int
note_check(const struct note *note, const struct note_key *key)
{
    int good = 0;

    for (unsigned i = 0; i < note->n; i++) {
        const struct note_line *line = &note->line[i];

        if (!note_line_is(line, key->name, key->id))
            continue;
        if (line->signature_n != SIG_BYTES || !sig_verify(key->key, note->text, line->signature))
            return -1;
        good = 1;
    }
    return good;
}

int
note_open(const struct note *note, const struct note_key *keys, size_t n)
{
    int good = 0;

    for (size_t i = 0; i < n; i++) {
        int one = note_check(note, &keys[i]);

        if (one < 0)
            return -1;
        good += one;
    }
    return good;
}

void
note_line_print(const char *name, const uint8_t id[KEY_ID_BYTES], struct span signature, struct buf *out)
{
    uint8_t bytes[KEY_ID_BYTES + NOTE_SIG_MAX + 1];
    struct buf b;

    buf_init_fixed(&b, bytes, sizeof bytes);
    buf_put(&b, id, KEY_ID_BYTES);
    buf_put_span(&b, signature);
    buf_put_str(out, DASH);
    buf_put_str(out, name);
    buf_put_byte(out, ' ');
    text_base64(out, buf_span(&b));
    buf_put_byte(out, '\n');
}

void
note_sign(struct span text, const char *name, const struct secret *secret, struct buf *out)
{
    uint8_t key[SIG_KEY_BYTES];
    uint8_t id[KEY_ID_BYTES];
    uint8_t signature[SIG_BYTES];

    sig_public(secret, key);
    note_key_id(name, NOTE_TYPE_SIGN, key, id);
    sig_sign(secret, text, signature);
    note_line_print(name, id, span_of(signature, sizeof signature), out);
}
