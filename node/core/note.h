/* C2SP signed notes: a text with signature lines below it. Pure. */
#ifndef CORE_NOTE_H
#define CORE_NOTE_H

#include "base/buf.h"
#include "base/limit.h"
#include "base/why.h"
#include "crypt/hash.h"
#include "crypt/sig.h"

#define KEY_ID_BYTES     4
#define NOTE_TYPE_SIGN   0x01 /* Ed25519 over the text */
#define NOTE_TYPE_COSIGN 0x04 /* timestamped Ed25519 cosignature (core/checkpoint.h) */
#define NOTE_NAME_MAX    256  /* a key name with its NUL */
#define NOTE_SIG_MAX     72   /* longest signature that is kept: a cosignature with its time */

struct note_key {
    char name[NOTE_NAME_MAX];
    uint8_t type;
    uint8_t id[KEY_ID_BYTES];
    uint8_t key[SIG_KEY_BYTES];
};

struct note_line {
    struct span name; /* key name, into the note */
    uint8_t key_id[KEY_ID_BYTES];
    size_t signature_n; /* bytes; over NOTE_SIG_MAX: a kind that is not known here, not kept */
    uint8_t signature[NOTE_SIG_MAX];
};

struct note {
    struct span text; /* with its last newline, into the note */
    unsigned n;
    struct note_line line[LIMIT_NOTE_LINES_COUNT];
};

/* Key id: first 4 bytes of SHA-256(name || 0x0A || type || key). */
void note_key_id(const char *name, uint8_t type, const uint8_t key[SIG_KEY_BYTES], uint8_t id[KEY_ID_BYTES]);
/* Is ${name} a key name: valid UTF-8, not empty, shorter than NOTE_NAME_MAX, no white space, no control, no '+'? */
bool note_name_ok(struct span name);

/* Fill ${out} and its id. ${name} must satisfy note_name_ok(). */
void note_key_make(const char *name, uint8_t type, const uint8_t key[SIG_KEY_BYTES], struct note_key *out);
/* A vkey: "<name>+<id, 8 lower-case hex digits>+<base64 of type and key>"; types 0x01 and 0x04, keys that are valid points. 0 or -1. */
int note_key_parse(struct span vkey, struct note_key *out);
void note_key_print(const struct note_key *key, struct buf *out);

/*
 * Split ${bytes} into text and lines: UTF-8, no control character but newline, the text ends at the last empty line, at least one and at most
 * LIMIT_NOTE_LINES_COUNT lines, canonical base64. Says nothing about signatures. 0 or -1 with ${why} set to ${code} at its line.
 */
int note_read(struct span bytes, size_t bytes_max, enum why_code code, struct note *out, struct why *why);

/* One line without its newline ("<em dash> <name> <base64>"). 0 or -1. */
int note_line_read(struct span line, struct note_line *out);
bool note_line_is(const struct note_line *line, const char *name, const uint8_t id[KEY_ID_BYTES]);

/* The good signature of ${key} (NOTE_TYPE_SIGN): 1, none: 0, or -1 when a line that names this key does not verify: refuse the note. */
int note_check(const struct note *note, const struct note_key *key);
/* Number of ${keys} with a good signature; -1 when a line of any of them is bad. C2SP: refuse the note unless this is above 0. */
int note_open(const struct note *note, const struct note_key *keys, size_t n);

/* Append one signature line. */
void note_line_print(const char *name, const uint8_t id[KEY_ID_BYTES], struct span signature,
                     struct buf *out);
void note_sign(struct span text, const char *name, const struct secret *secret, struct buf *out);

#endif
