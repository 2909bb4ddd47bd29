/* The next version of a roster, as a text that stewards sign: what the words that make one share. */
#ifndef CLI_DRAFT_H
#define CLI_DRAFT_H

#include "cli/document.h"

/* Read ${path} and make ${d} the next version of itself. It must be valid as far as one document shows. An exit code. */
int draft_begin(const struct args *a, struct document *d, const char *path);
/* Threshold and expiry as asked for, else as before where that still holds, else the default. */
int draft_terms(const struct args *a, struct roster *r, unsigned stewards_before);
/*
 * The logs of ${origin} in the file of --ends (lines as `log ends` writes them) end there; ${key}, when given, signs what goes on. An exit code.
 */
int draft_ends(const struct args *a, struct roster *r, const char *origin, const uint8_t *key);
/* A public key in base64, as rosters write it. 0 or -1. */
int draft_key(const char *text, uint8_t key[SIG_KEY_BYTES]);
/* Write the text to -o FILE, after reading it back as everybody else will. */
int draft_write(const struct args *a, const struct roster *r);

#endif
