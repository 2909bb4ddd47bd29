/*
 * The words of the `parallax` program and their options, as cmd.tbl lists them: help, man page and completion
 * come from here. Plain data.
 */
#ifndef CLI_WORD_H
#define CLI_WORD_H

#include <stddef.h>

/* What the program exits with. */
enum exit_code {
    EXIT_DONE,
    EXIT_FAILED, /* refused or failed */
    EXIT_USAGE,  /* called wrongly */
    EXIT_NO_NODE /* the node is not reachable */
};

/* ${argv}[0] is the last part of the word; returns an exit_code. */
typedef int word_fn(int argc, char **argv);

struct word {
    const char *name; /* "publish", "roster new" */
    word_fn *run;
    const char *synopsis; /* what follows the name and [options] */
    const char *help;     /* one line */
};

struct word_option {
    const char *word;  /* "" = every word */
    const char *name;  /* without "--" */
    char letter;       /* 0 = none */
    const char *value; /* placeholder; NULL = a switch */
    const char *help;
};

extern const struct word word_table[];
extern const size_t word_count;
extern const struct word_option word_options[];
extern const size_t word_options_count;

/* The word that ${argv} begins with, of one or two parts; NULL if none. Sets ${parts} to how many it took. */
const struct word *word_match(int argc, char **argv, int *parts);
const struct word *word_find(const char *name);
/* Is ${name} the first part of words of two parts ("roster")? */
int word_is_group(const char *name);

#define WORD(name, function, synopsis, help) int function(int argc, char **argv);
#define OPTION(word, name, letter, value, help)
#include "cli/cmd.tbl"
#undef WORD
#undef OPTION

#endif
