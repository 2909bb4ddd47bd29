#include "cli/word.h"

#include <string.h>

const struct word word_table[] = {
#define WORD(name, function, synopsis, help) {name, function, synopsis, help},
#define OPTION(word, name, letter, value, help)
#include "cli/cmd.tbl"
#undef WORD
#undef OPTION
};
const size_t word_count = sizeof word_table / sizeof word_table[0];

const struct word_option word_options[] = {
#define WORD(name, function, synopsis, help)
#define OPTION(word, name, letter, value, help) {word, name, letter, value, help},
#include "cli/cmd.tbl"
#undef WORD
#undef OPTION
};
const size_t word_options_count = sizeof word_options / sizeof word_options[0];

const struct word *
word_find(const char *name)
{
    for (size_t i = 0; i < word_count; i++) {
        if (strcmp(word_table[i].name, name) == 0)
            return &word_table[i];
    }
    return NULL;
}

/* Is ${name} "${first} ${second}"? */
static int
joins(const char *name, const char *first, const char *second)
{
    size_t n = strlen(first);
    return strncmp(name, first, n) == 0 && name[n] == ' ' && strcmp(name + n + 1, second) == 0;
}

const struct word *
word_match(int argc, char **argv, int *parts)
{
    *parts = 1;
    if (argc < 1)
        return NULL;
    for (size_t i = 0; argc > 1 && i < word_count; i++) {
        if (joins(word_table[i].name, argv[0], argv[1])) {
            *parts = 2;
            return &word_table[i];
        }
    }
    return word_find(argv[0]);
}

int
word_is_group(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < word_count; i++) {
        if (strncmp(word_table[i].name, name, n) == 0 && word_table[i].name[n] == ' ')
            return 1;
    }
    return 0;
}
