/* help, completion, version: all made from cmd.tbl. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/screen.h"

#define OFFLINE                                                                                              \
    "check, convert, formats, help, init, key, new, plugin new, plugin test, roster, rules, scales, track "  \
    "and "                                                                                                   \
    "verify"

static void
list_words(void)
{
    puts("usage: parallax WORD [options]\n");
    for (size_t i = 0; i < word_count; i++)
        printf("  %-18s %s\n", word_table[i].name, word_table[i].help);
    puts("\nEvery word but " OFFLINE
         "\nspeaks to a running node: --node DIR or PARALLAX_NODE says which. Exit codes: 0 done, 1 refused "
         "or failed, 2 called wrongly, 3 the node is not "
         "reachable.\n"
         "`parallax help WORD` says how a word is used, `parallax help --man` prints the manual page.");
}

/* roff: a line must not begin with a control character, a backslash and a hyphen stand for themselves. */
static void
roff(const char *s)
{
    if (*s == '.' || *s == '\'')
        fputs("\\&", stdout);
    for (; *s != '\0'; s++) {
        if (*s == '\\')
            fputs("\\e", stdout);
        else if (*s == '-')
            fputs("\\-", stdout);
        else
            putchar(*s);
    }
}

static void
roff_option(const struct word_option *o)
{
    fputs(".TP\n\\fB", stdout);
    if (o->letter != 0)
        printf("\\-%c\\fR, \\fB", o->letter);
    fputs("\\-\\-", stdout);
    roff(o->name);
    fputs("\\fR", stdout);
    if (o->value != NULL) {
        fputs(" \\fI", stdout);
        roff(o->value);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    roff(o->help);
    putchar('\n');
}

static void
roff_options(const char *word)
{
    for (size_t i = 0; i < word_options_count; i++) {
        if (strcmp(word_options[i].word, word) == 0)
            roff_option(&word_options[i]);
    }
}

static void
man_page(void)
{
    puts(".TH PARALLAX 1 \"\" \"parallax " PARALLAX_VERSION "\" \"Parallax\"\n"
         ".SH NAME\nparallax \\- publish, search and prove what partner nations know about the sky\n"
         ".SH SYNOPSIS\n.B parallax\n.I WORD\n[options]\n"
         ".SH DESCRIPTION\nEvery word but " OFFLINE " speaks to a running\n"
         ".BR parallaxd (8)\nthrough the socket in its directory.\n"
         ".SH OPTIONS OF EVERY WORD");
    roff_options("");
    puts(".SH WORDS");
    for (size_t i = 0; i < word_count; i++) {
        const struct word *w = &word_table[i];
        fputs(".SS parallax ", stdout);
        roff(w->name);
        putchar(' ');
        roff(w->synopsis);
        putchar('\n');
        roff(w->help);
        fputs(".\n", stdout);
        roff_options(w->name);
    }
    puts(".SH EXIT STATUS\n0 done, 1 refused or failed, 2 called wrongly, 3 the node is not reachable.\n"
         ".SH ENVIRONMENT\n.TP\nPARALLAX_NODE\nthe directory of the node, when \\-\\-node is not given\n"
         ".TP\nNO_COLOR\nno colours, even on a terminal");
}

int
cmd_help(int argc, char **argv)
{
    struct args a;
    int status;
    if (!args_read(&a, "help", 0, 2, argc, argv, &status))
        return status;
    if (args_has(&a, "man")) {
        man_page();
        return EXIT_DONE;
    }
    if (a.n == 0) {
        list_words();
        return EXIT_DONE;
    }
    int parts;
    const struct word *word = word_match(a.n, a.at, &parts);
    if (word != NULL && parts == a.n) {
        args_help(word);
        return EXIT_DONE;
    }
    if (a.n > 1 || !word_is_group(a.at[0]))
        return args_usage(&a, "there is no such word: %s", a.at[a.n - 1]);
    bool between = false;
    for (size_t i = 0; i < word_count; i++) {
        size_t n = strlen(a.at[0]);
        if (strncmp(word_table[i].name, a.at[0], n) != 0 || word_table[i].name[n] != ' ')
            continue;
        if (between)
            putchar('\n');
        args_help(&word_table[i]);
        between = true;
    }
    return EXIT_DONE;
}

/* One line a word of the shell's case statement: its options, and its files where it takes some. */
static void
bash_options(const char *word)
{
    for (size_t i = 0; i < word_options_count; i++) {
        const struct word_option *o = &word_options[i];
        if (o->word[0] == '\0' || strcmp(o->word, word) == 0)
            printf(" --%s", o->name);
    }
}

static void
bash_first_parts(void)
{
    for (size_t i = 0; i < word_count; i++) {
        const char *name = word_table[i].name;
        size_t n = strcspn(name, " ");
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++)
            seen = strcspn(word_table[j].name, " ") == n && strncmp(word_table[j].name, name, n) == 0;
        if (!seen)
            printf(" %.*s", (int)n, name);
    }
}

static void
bash_second_parts(void)
{
    for (size_t i = 0; i < word_count; i++) {
        const char *space = strchr(word_table[i].name, ' ');
        if (space != NULL)
            printf("    '%.*s') second=\"$second %s\";;&\n", (int)(space - word_table[i].name),
                   word_table[i].name, space + 1);
    }
}

int
cmd_completion(int argc, char **argv)
{
    struct args a;
    int status;
    if (!args_read(&a, "completion", 1, 1, argc, argv, &status))
        return status;
    if (strcmp(a.at[0], "bash") != 0)
        return args_usage(&a, "%s: expected bash", a.at[0]);
    puts("# bash completion for parallax: source <(parallax completion bash)\n"
         "_parallax()\n{\n    local here=${COMP_WORDS[COMP_CWORD]} word=${COMP_WORDS[1]} second= options=");
    fputs("    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '", stdout);
    bash_first_parts();
    puts("' -- \"$here\"))\n        return\n    fi\n    case $word in");
    bash_second_parts();
    puts("    esac\n    if [ \"$COMP_CWORD\" -eq 2 ] && [ -n \"$second\" ]; then\n"
         "        COMPREPLY=($(compgen -W \"$second\" -- \"$here\"))\n        return\n    fi\n"
         "    [ -n \"$second\" ] && word=\"$word ${COMP_WORDS[2]}\"\n    case $word in");
    for (size_t i = 0; i < word_count; i++) {
        printf("    '%s') options='", word_table[i].name);
        bash_options(word_table[i].name);
        puts("';;");
    }
    puts("    esac\n    if [[ $here == -* ]]; then\n        COMPREPLY=($(compgen -W \"$options\" -- "
         "\"$here\"))\n"
         "    else\n        COMPREPLY=($(compgen -f -- \"$here\"))\n    fi\n}\n"
         "complete -o filenames -F _parallax parallax");
    return EXIT_DONE;
}

int
cmd_version(int argc, char **argv)
{
    struct args a;
    int status;
    if (!args_read(&a, "version", 0, 0, argc, argv, &status))
        return status;
    if (args_has(&a, "json"))
        puts("{\"name\":\"parallax\",\"version\":\"" PARALLAX_VERSION "\"}");
    else
        puts("parallax " PARALLAX_VERSION);
    return EXIT_DONE;
}
