#include "cli/args.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/screen.h"
#include "types/registry.h"

static bool
applies(const struct word_option *o, const char *word)
{
    return o->word[0] == '\0' || strcmp(o->word, word) == 0;
}

static size_t
row_of(const char *word, struct span name, char letter)
{
    for (size_t i = 0; i < word_options_count; i++) {
        const struct word_option *o = &word_options[i];
        if (applies(o, word) && (letter != 0 ? o->letter == letter : span_is(name, o->name)))
            return i;
    }
    return word_options_count;
}

static void
put_option(const struct word_option *o)
{
    char left[64];
    char letter[5] = {'-', o->letter, ',', ' ', '\0'};
    snprintf(left, sizeof left, "%s--%s%s%s", o->letter != 0 ? letter : "", o->name,
             o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
    printf("  %-24s %s\n", left, o->help);
}

static void
put_formats(const struct type *type)
{
    printf("\n  %s: %s\n    read ", type->name, type->title);
    for (size_t i = 0; type->readers[i] != NULL; i++)
        printf(" %s", type->readers[i]->format);
    fputs("\n    write", stdout);
    for (size_t i = 0; type->writers[i] != NULL; i++)
        printf(" %s", type->writers[i]->format);
    putchar('\n');
}

/* The record types and their formats, for words that are told one. */
static void
put_types(const struct word *word)
{
    bool wanted = strstr(word->synopsis, "TYPE") != NULL;
    for (size_t i = 0; i < word_options_count && !wanted; i++) {
        const struct word_option *o = &word_options[i];
        wanted = strcmp(o->word, word->name) == 0 && o->value != NULL && strcmp(o->value, "FORMAT") == 0;
    }
    if (!wanted)
        return;
    fputs("\nRecord types and their formats:\n", stdout);
    for (size_t i = 0; types_table[i] != NULL; i++)
        put_formats(types_table[i]);
}

void
args_help(const struct word *word)
{
    printf("usage: parallax %s%s%s [options]\n\n%s\n\n", word->name, word->synopsis[0] != '\0' ? " " : "",
           word->synopsis, word->help);
    for (size_t i = 0; i < word_options_count; i++) {
        if (strcmp(word_options[i].word, word->name) == 0)
            put_option(&word_options[i]);
    }
    for (size_t i = 0; i < word_options_count; i++) {
        if (word_options[i].word[0] == '\0')
            put_option(&word_options[i]);
    }
    put_types(word);
}

static void say(const struct args *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void
say(const struct args *a, const char *fmt, va_list ap)
{
    fprintf(stderr, "%sparallax %s:%s ", screen_tone(stderr, TONE_BAD), a->word,
            screen_tone(stderr, TONE_PLAIN));
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

int
args_usage(const struct args *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(a, fmt, ap);
    va_end(ap);
    fprintf(stderr, "See `parallax %s --help`.\n", a->word);
    return EXIT_USAGE;
}

int
args_fail(const struct args *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(a, fmt, ap);
    va_end(ap);
    return EXIT_FAILED;
}

int
args_refuse(const struct why *why, const char *file)
{
    struct buf text;
    buf_init(&text, 8192);
    why_print(why, file, &text);
    fprintf(stderr, "%s\n", buf_cstr(&text));
    buf_release(&text);
    return EXIT_FAILED;
}

static int
unknown_option(const struct args *a, struct span name)
{
    const char *names[ARGS_OPTIONS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < word_options_count; i++) {
        if (applies(&word_options[i], a->word))
            names[n++] = word_options[i].name;
    }
    const char *near = text_nearest(name, names, n);
    if (near != NULL)
        return args_usage(a, "there is no option --%.*s: did you mean --%s?", (int)name.n,
                          (const char *)name.p, near);
    return args_usage(a, "there is no option --%.*s", (int)name.n, (const char *)name.p);
}

/* Take the option at argv[*i]; moves *i over its value. 0 or an exit code. */
static int
take_option(struct args *a, int argc, char **argv, int *i)
{
    const char *text = argv[*i];
    const char *given = NULL; /* after '=', or after the letter */
    struct span name = {NULL, 0};
    size_t row;
    if (text[1] == '-') {
        name = span_str(text + 2);
        const char *equals = strchr(text, '=');
        if (equals != NULL) {
            name.n = (size_t)(equals - text) - 2;
            given = equals + 1;
        }
        row = row_of(a->word, name, 0);
    } else {
        row = row_of(a->word, name, text[1]);
        given = text[2] != '\0' ? text + 2 : NULL;
    }
    if (row == word_options_count)
        return text[1] == '-' ? unknown_option(a, name) : args_usage(a, "there is no option %.2s", text);
    const struct word_option *o = &word_options[row];
    if (a->value[row] != NULL)
        return args_usage(a, "--%s is given twice", o->name);
    if (o->value == NULL) {
        a->value[row] = "";
        return given == NULL ? 0 : args_usage(a, "--%s takes no value", o->name);
    }
    if (given == NULL && *i + 1 >= argc)
        return args_usage(a, "--%s needs a value: %s", o->name, o->value);
    a->value[row] = given != NULL ? given : argv[++*i];
    return 0;
}

static int
take_all(struct args *a, int argc, char **argv)
{
    bool options = true;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            int status = take_option(a, argc, argv, &i);
            if (status != 0)
                return status;
        } else {
            a->at[a->n++] = argv[i];
        }
    }
    return 0;
}

bool
args_read(struct args *a, const char *word, int min, int max, int argc, char **argv, int *status)
{
    assert(word_options_count <= ARGS_OPTIONS_MAX);
    const struct word *row = word_find(word);
    assert(row != NULL);
    memset(a, 0, sizeof *a);
    a->word = word;
    a->at = argv;
    *status = take_all(a, argc, argv);
    if (args_has(a, "help")) {
        args_help(row);
        *status = EXIT_DONE;
        return false;
    }
    if (*status != 0)
        return false;
    if (a->n < min)
        *status = args_usage(a, "something is missing: expected parallax %s %s", word, row->synopsis);
    else if (max >= 0 && a->n > max)
        *status = args_usage(a, "%s is one argument too many: expected parallax %s %s", a->at[max], word,
                             row->synopsis);
    return *status == 0;
}

const char *
args_get(const struct args *a, const char *name)
{
    size_t row = row_of(a->word, span_str(name), 0);
    assert(row < word_options_count);
    return a->value[row];
}

bool
args_has(const struct args *a, const char *name)
{
    return args_get(a, name) != NULL;
}

const char *
args_node(const struct args *a)
{
    const char *dir = args_get(a, "node");
    if (dir == NULL)
        dir = getenv("PARALLAX_NODE");
    return dir != NULL && dir[0] != '\0' ? dir : NULL;
}

int
args_uint(const struct args *a, const char *name, uint64_t min, uint64_t max, uint64_t fallback,
          uint64_t *out)
{
    const char *text = args_get(a, name);
    *out = fallback;
    if (text == NULL)
        return 0;
    if (num_uint(span_str(text), max, out) == 0 && *out >= min)
        return 0;
    args_usage(a, "--%s %s: expected a whole number from %llu to %llu", name, text, (unsigned long long)min,
               (unsigned long long)max);
    return -1;
}

int
args_time(const struct args *a, const char *name, struct utc *out)
{
    const char *text = args_get(a, name);
    *out = (struct utc){0, 0};
    if (text == NULL)
        return 0;
    char whole[UTC_TEXT_MAX];
    bool date = strchr(text, 'T') == NULL;
    int n = snprintf(whole, sizeof whole, "%s%s", text, date ? "T00:00:00Z" : "");
    if (n > 0 && (size_t)n < sizeof whole && utc_parse(span_str(whole), out) == 0)
        return 0;
    args_usage(a, "--%s %s: expected a time such as 2026-11-24T06:00:00Z or 2026-11-24", name, text);
    return -1;
}

int
args_timeout(const struct args *a, unsigned fallback_s, int64_t *ms)
{
    uint64_t seconds;
    if (args_uint(a, "timeout", 1, 86400, fallback_s, &seconds) != 0)
        return -1;
    *ms = (int64_t)seconds * 1000;
    return 0;
}
