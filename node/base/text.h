/* UTF-8, quoting of untrusted text, hex, base64 (RFC 4648 section 4). */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"

/* Length of the valid UTF-8 prefix (no surrogates, no overlong forms, at most U+10FFFF); s.n when all is valid. */
size_t text_utf8_prefix(struct span s);
bool text_is_utf8(struct span s);
bool text_is_printable(struct span s); /* printable ASCII and blanks only */
/* Length of the prefix that is printable ASCII and blanks: what most of any text is, and nothing more has to be asked about. */
size_t text_plain_prefix(struct span s);

/* Append ${s} in double quotes with \n, \", \\, \xHH for what is not printable UTF-8; at most ${max} input bytes, then "...". */
void text_quote(struct buf *out, struct span s, size_t max);

void text_hex(struct buf *out, struct span s);
/* ${out}: 2 * ${n} + 1 bytes. */
void text_hex_of(const uint8_t *p, size_t n, char *out);
/* Exactly out_n bytes from 2 * out_n lower or upper case digits; 0 or -1. */
int text_unhex(struct span s, uint8_t *out, size_t out_n);

void text_base64(struct buf *out, struct span s);
/* Strict: padded, no blanks, canonical. Appends to ${out}; 0 or -1. */
int text_unbase64(struct span s, struct buf *out);

struct span text_trim(struct span s);                 /* without leading and trailing blanks and TABs */
bool text_equal_nocase(struct span a, const char *s); /* ASCII only */

/* Append a JSON string with quotes. ${s} must be UTF-8; invalid bytes become U+FFFD. */
void text_json(struct buf *out, struct span s);

/* A node name: <iso-country>-<agency>: two lower-case letters, '-', then [a-z0-9-], at most LIMIT_NAME_BYTES. */
bool text_is_node_name(struct span s);
/* An audience, series or type word: [a-z][a-z0-9_-]*, at most LIMIT_NAME_BYTES. */
bool text_is_word(struct span s);

/* Nearest of ${n} words by edit distance, or NULL when none is near enough to suggest. */
const char *text_nearest(struct span s, const char *const *words, size_t n);

#endif
