/*
 * Why something from outside was refused: one row of why.tbl, with the place. Plain data; keeps the FIRST
 * reason. Never an error of ours, never an exit.
 */
#ifndef BASE_WHY_H
#define BASE_WHY_H

#include <stdint.h>
#include "base/span.h"

/* Whom a refusal blames. */
enum blame { BLAME_NOBODY, BLAME_SENDER, BLAME_ORIGIN, BLAME_USER };

/* What a refusal does. */
enum effect { EFFECT_NONE, EFFECT_DROP, EFFECT_QUARANTINE, EFFECT_FREEZE, EFFECT_END_SESSION };

enum why_code {
#define WHY(name, blame, effect, text) WHY_##name,
#include "base/why.tbl"
#undef WHY
    WHY_COUNT
};

struct why {
    enum why_code code; /* WHY_NONE while nothing is wrong */
    uint32_t line;      /* 1-based; 0 = no place */
    uint32_t column;    /* 1-based, bytes; 0 = no place */
    char field[48];     /* keyword, element or member; "" if none */
    char note[200];     /* what is wrong and what was expected: printable UTF-8, untrusted parts quoted */
};

const char *why_name(enum why_code code); /* "SIGNATURE_BAD"; "?" for a number outside the table */
const char *why_text(enum why_code code); /* one sentence */
enum blame why_blame(enum why_code code);
enum effect why_effect(enum why_code code);
const char *blame_name(enum blame blame);    /* "sender" */
const char *effect_name(enum effect effect); /* "quarantine" */

void why_clear(struct why *why);

/*
 * Record a reason if ${why} (may be NULL) holds none yet. ${field} may be NULL. Returns -1, always, so that a
 * parser reads `return why_set(...)`.
 */
int why_set(struct why *why, enum why_code code, uint32_t line, uint32_t column, const char *field,
            const char *fmt, ...) __attribute__((format(printf, 6, 7)));

struct buf;
/* Append `file:line:column: FIELD: note` (parts that are absent are left out), without newline. */
void why_print(const struct why *why, const char *file, struct buf *out);

#endif
