/* Options and arguments of one word, read as cmd.tbl lists them. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "base/utc.h"
#include "base/why.h"
#include "cli/word.h"

#define ARGS_OPTIONS_MAX 256 /* rows of word_options */

struct args {
    const char *word;
    const char *value[ARGS_OPTIONS_MAX]; /* by row of word_options; a switch that is on has "" */
    int n;                               /* what is not an option */
    char **at;
};

/*
 * Read the arguments of ${word} (argv[0] is skipped) and hold ${min}..${max} of them that are no options
 * (${max} < 0: any number). false when the word is done: help was asked for, or the call is wrong; *${status}
 * is the exit code then.
 */
bool args_read(struct args *a, const char *word, int min, int max, int argc, char **argv, int *status);

/* The value of an option of the word, NULL when it was not given. */
const char *args_get(const struct args *a, const char *name);
bool args_has(const struct args *a, const char *name);
const char *args_node(const struct args *a); /* --node or PARALLAX_NODE, NULL when neither */

/* Say what is wrong with the call and where help is. Returns EXIT_USAGE. */
int args_usage(const struct args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Say what failed, after "parallax WORD: ". Returns EXIT_FAILED. */
int args_fail(const struct args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Say why ${file} was refused: `file:line:column: FIELD: note`. Returns EXIT_FAILED. */
int args_refuse(const struct why *why, const char *file);

/* An option that is a number, ${fallback} when not given. 0, or -1 after args_usage. */
int args_uint(const struct args *a, const char *name, uint64_t min, uint64_t max, uint64_t fallback,
              uint64_t *out);
/* An option that is a time: ISO 8601, or a date. Zero when not given. 0, or -1 after args_usage. */
int args_time(const struct args *a, const char *name, struct utc *out);
/* --timeout in milliseconds, ${fallback_s} when not given. 0, or -1 after args_usage. */
int args_timeout(const struct args *a, unsigned fallback_s, int64_t *ms);

/* How ${word} is used, to standard output; ${name} a word or the first part of some. */
void args_help(const struct word *word);

#endif
