/* The `parallax` program: find the word, run it, say if standard output could not be written. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/screen.h"
#include "crypt/secret.h"

#define WORDS_MAX 128

static int
unknown_word(const char *word)
{
    char names[WORDS_MAX][24]; /* first parts: "roster" of "roster new" */
    const char *list[WORDS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < word_count && n < WORDS_MAX; i++, n++) {
        const char *name = word_table[i].name;
        snprintf(names[n], sizeof names[n], "%.*s", (int)strcspn(name, " "), name);
        list[n] = names[n];
    }
    const char *near = text_nearest(span_str(word), list, n);
    struct buf text;
    buf_init(&text, 1024);
    text_quote(&text, span_str(word), 64);
    fprintf(stderr, "%sparallax:%s there is no word %s%s%s%s\nSee `parallax help`.\n",
            screen_tone(stderr, TONE_BAD), screen_tone(stderr, TONE_PLAIN), buf_cstr(&text),
            near != NULL ? ": did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : "");
    buf_release(&text);
    return EXIT_USAGE;
}

/* "roster" alone, or with a second part that is not there. */
static int
show_group(const char *group, const char *second)
{
    bool asked = second != NULL && (strcmp(second, "--help") == 0 || strcmp(second, "-h") == 0);
    FILE *f = asked ? stdout : stderr;
    if (!asked)
        fprintf(stderr, "parallax %s: expected one of these:\n", group);
    size_t n = strlen(group);
    for (size_t i = 0; i < word_count; i++) {
        const struct word *w = &word_table[i];
        if (strncmp(w->name, group, n) == 0 && w->name[n] == ' ')
            fprintf(f, "  parallax %-18s %s\n", w->name, w->help);
    }
    return asked ? EXIT_DONE : EXIT_USAGE;
}

/* How many arguments before the word are options of every word; they are read with the word's own. */
static int
leading(int argc, char **argv)
{
    int i = 1;
    while (i < argc && argv[i][0] == '-') {
        bool separate = strcmp(argv[i], "--node") == 0 || strcmp(argv[i], "--timeout") == 0;
        bool joined = strncmp(argv[i], "--node=", 7) == 0 || strncmp(argv[i], "--timeout=", 10) == 0;
        if (!separate && !joined)
            break;
        i += separate ? 2 : 1;
    }
    return i > argc ? argc : i;
}

static int
run_word(int argc, char **argv)
{
    int first = leading(argc, argv);
    if (first == argc) {
        char *help[] = {"help", NULL};
        cmd_help(1, help);
        return argc == 1 ? EXIT_DONE : EXIT_USAGE;
    }
    if (strcmp(argv[first], "--help") == 0 || strcmp(argv[first], "-h") == 0)
        argv[first] = "help";
    if (strcmp(argv[first], "--version") == 0)
        argv[first] = "version";
    int parts;
    const struct word *word = word_match(argc - first, argv + first, &parts);
    if (word == NULL && word_is_group(argv[first]))
        return show_group(argv[first], first + 1 < argc ? argv[first + 1] : NULL);
    if (word == NULL)
        return unknown_word(argv[first]);
    char **all = mem_new(sizeof *all * ((size_t)argc + 1));
    int n = 0;
    all[n++] = argv[first + parts - 1];
    for (int i = 1; i < first; i++)
        all[n++] = argv[i];
    for (int i = first + parts; i < argc; i++)
        all[n++] = argv[i];
    int status = word->run(n, all);
    free(all);
    return status;
}

int
main(int argc, char **argv)
{
    secret_start();
    int status = run_word(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "parallax: standard output cannot be written: %s\n", strerror(errno));
        return status == EXIT_DONE ? EXIT_FAILED : status;
    }
    return status;
}
