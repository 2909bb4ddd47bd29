#include "cli/pick.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/logs.h"
#include "core/sift.h"
#include "types/alias.h"

#define LOG_HEX (2 * LOG_ID_BYTES)

static bool
begins_with(const Parallax__V1__LogStatus *log, struct span text)
{
    if (memchr(text.p, '/', text.n) != NULL)
        return !log->closed && span_is(text, log->series);
    struct buf hex;
    buf_init(&hex, LOG_HEX + 1);
    text_hex(&hex, span_of(log->log.data, log->log.len));
    bool fits = hex.n >= text.n && strncasecmp((const char *)hex.p, (const char *)text.p, text.n) == 0;
    buf_release(&hex);
    return fits;
}

static int
search(struct client *c, const struct args *a, struct span text, uint8_t log[LOG_ID_BYTES])
{
    struct logs all;
    size_t found = 0;
    int status = logs_ask(c, &all);
    for (size_t i = 0; status == EXIT_DONE && i < all.n; i++) {
        if (all.log[i]->log.len != LOG_ID_BYTES || !begins_with(all.log[i], text))
            continue;
        memcpy(log, all.log[i]->log.data, LOG_ID_BYTES);
        found++;
    }
    logs_release(&all);
    if (status != EXIT_DONE)
        return status;
    if (found == 1)
        return EXIT_DONE;
    if (found == 0)
        return args_fail(a, "no log is called %.*s here (see `parallax log list`)", (int)text.n,
                         (const char *)text.p);
    return args_fail(a, "%zu logs are called %.*s: expected more of the id", found, (int)text.n,
                     (const char *)text.p);
}

static int
find_log(struct client *c, const struct args *a, struct span text, uint8_t log[LOG_ID_BYTES])
{
    bool series = memchr(text.p, '/', text.n) != NULL;
    for (size_t i = 0; i < text.n; i++) {
        if (!(series ? isgraph(text.p[i]) : isxdigit(text.p[i])))
            return args_usage(
                a, "a log is a beginning of its id in hex, or its series such as fr-cnes/open/data");
    }
    if (text.n == 0 || (!series && text.n > LOG_HEX))
        return args_usage(a, "a log id has %d hex digits", LOG_HEX);
    if (!series && text.n == LOG_HEX)
        return text_unhex(text, log, LOG_ID_BYTES) == 0 ? EXIT_DONE : EXIT_USAGE;
    return search(c, a, text, log);
}

int
pick_log(struct client *c, const struct args *a, const char *text, uint8_t log[LOG_ID_BYTES])
{
    return find_log(c, a, span_str(text), log);
}

int
pick_record(struct client *c, const struct args *a, const char *text, uint8_t log[LOG_ID_BYTES],
            uint64_t *index)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || num_uint(span_str(colon + 1), INT64_MAX, index) != 0 || colon[1] == '+')
        return args_usage(a, "a record is LOG:INDEX, such as 8f3a...:42");
    return find_log(c, a, span_of(text, (size_t)(colon - text)), log);
}

int
pick_type(const struct args *a, const char *text, const struct type **type)
{
    *type = registry_type_cstr(text);
    if (*type != NULL)
        return EXIT_DONE;
    const char *names[64];
    size_t n = 0;
    struct buf all;
    buf_init(&all, 4096);
    for (size_t i = 0; types_table[i] != NULL; i++) {
        buf_put_fmt(&all, "%s%s", i > 0 ? ", " : "", types_table[i]->name);
        if (n < sizeof names / sizeof names[0])
            names[n++] = types_table[i]->name;
    }
    const char *near = text_nearest(span_str(text), names, n);
    int status = near != NULL
                     ? args_usage(a, "%.64s is no record type: did you mean %s?", text, near)
                     : args_usage(a, "%.64s is no record type: expected one of %s", text, buf_cstr(&all));
    buf_release(&all);
    return status;
}

int
pick_mode(const struct args *a, Parallax__V1__Mode *mode)
{
    const char *text = args_get(a, "mode");
    *mode = PARALLAX__V1__MODE__REAL;
    if (text == NULL || record_mode_parse(span_str(text), mode) == 0)
        return EXIT_DONE;
    return args_usage(a, "--mode %.64s: expected REAL, EXERCISE, TEST or SIMULATED", text);
}

/* Copy with letters in upper case, blanks made one. */
static size_t
copy_upper(const char *text, char out[PICK_OBJECT_MAX])
{
    size_t n = 0;
    for (; *text != '\0' && n + 1 < PICK_OBJECT_MAX; text++) {
        if (*text == ' ' && (n == 0 || out[n - 1] == ' '))
            continue;
        out[n++] = (char)toupper((unsigned char)*text);
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return n;
}

static size_t
run_of(const char *s, int (*is)(int))
{
    size_t n = 0;
    while (is((unsigned char)s[n]) != 0)
        n++;
    return n;
}

/* COSPAR: 1998-067A: year, launch of three digits, one to three letters. */
static bool
is_cospar(const char *s)
{
    size_t letters;
    if (run_of(s, isdigit) != 4 || s[4] != '-' || run_of(s + 5, isdigit) != 3)
        return false;
    letters = run_of(s + 8, isalpha);
    return letters >= 1 && letters <= 3 && s[8 + letters] == '\0';
}

/* Provisional designation: 2023 VD3, with the blank or (as ESA writes it) without. Returns where the letters
 * are; 0 = none. */
static size_t
provisional_letters(const char *s)
{
    if (run_of(s, isdigit) != 4)
        return 0;
    size_t at = s[4] == ' ' ? 5 : 4;
    size_t tail = at + 2;
    if (run_of(s + at, isalpha) != 2)
        return 0;
    return s[tail + run_of(s + tail, isdigit)] == '\0' ? at : 0;
}

static bool
canonical(const char *text, char out[PICK_OBJECT_MAX])
{
    char up[PICK_OBJECT_MAX];
    uint64_t number;
    size_t n = copy_upper(text, up);
    size_t at = provisional_letters(up);
    if (n > 0 && run_of(up, isdigit) == n && num_uint(span_str(up), 999999999, &number) == 0 && number > 0)
        return snprintf(out, PICK_OBJECT_MAX, "norad:%llu", (unsigned long long)number) > 0;
    if (is_cospar(up))
        return (size_t)snprintf(out, PICK_OBJECT_MAX, "cospar:%s", up) < PICK_OBJECT_MAX;
    if (at > 0)
        return (size_t)snprintf(out, PICK_OBJECT_MAX, "neo:%.4s%s", up, up + at) < PICK_OBJECT_MAX;
    return false;
}

/* Copy without blanks: canonical ids have none. */
static bool
copy_closed(const char *text, char out[PICK_OBJECT_MAX])
{
    size_t n = 0;
    for (; *text != '\0' && n + 1 < PICK_OBJECT_MAX; text++) {
        if (*text != ' ')
            out[n++] = *text;
    }
    out[n] = '\0';
    return *text == '\0';
}

int
pick_object(const struct args *a, const char *text, char out[PICK_OBJECT_MAX])
{
    static const char *const schemes[] = {"norad:", "cospar:", "neo:"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t n = strlen(schemes[i]);
        if (strncmp(text, schemes[i], n) != 0 || text[n] == '\0')
            continue;
        if (canonical(text + n, out) && strncmp(out, schemes[i], n) == 0)
            return EXIT_DONE;
        if (copy_closed(text, out))
            return EXIT_DONE; /* neo:99942, neo:Apophis: as it stands */
    }
    if (strchr(text, ':') == NULL && canonical(text, out))
        return EXIT_DONE;
    return args_usage(
        a,
        "%.64s names no object: expected a catalogue number (25544), a COSPAR id (1998-067A), a provisional "
        "designation (\"2023 VD3\"), or norad:, cospar: or neo: and the id",
        text);
}

int
pick_alias(const struct args *a, const char *text, char out[PICK_OBJECT_MAX])
{
    if (text_is_utf8(span_str(text)) && alias_parse(text, out))
        return EXIT_DONE;
    return args_usage(
        a,
        "%.64s names no object: expected a catalogue number (25544), a COSPAR id (1998-067A), a "
        "designation (\"2023 VD3\", \"(99942)\"), a name, or norad:, cospar:, neo:, id: or name: "
        "and the identifier",
        text);
}

int
pick_pair(const struct args *a, const char *text, char first[PICK_OBJECT_MAX], char second[PICK_OBJECT_MAX])
{
    const char *plus = strchr(text, '+');
    char half[PICK_OBJECT_MAX];
    int status;

    if (plus == NULL || strchr(plus + 1, '+') != NULL || (size_t)(plus - text) >= sizeof half)
        return args_usage(a, "--pair %.64s: expected two objects with a + between, such as 25544+40000",
                          text);
    memcpy(half, text, (size_t)(plus - text));
    half[plus - text] = '\0';
    status = pick_alias(a, half, first);
    return status != EXIT_DONE ? status : pick_alias(a, plus + 1, second);
}

int
pick_sift(const struct args *a, const char **region, const char **where)
{
    struct arena arena;
    struct sift sift;
    struct why why;
    int rc;

    *region = args_get(a, "region");
    *where = args_get(a, "where");
    if ((*region != NULL && **region == 0) || (*where != NULL && **where == 0))
        return args_usage(a, "--%s: expected a text that is not empty",
                          *region != NULL && **region == 0 ? "region" : "where");
    why_clear(&why);
    arena_init(&arena, LIMIT_API_BYTES);
    rc = sift_read(&sift, span_str(*region != NULL ? *region : ""), span_str(*where != NULL ? *where : ""),
                   &arena, &why);
    arena_release(&arena);
    if (rc == 0)
        return EXIT_DONE;
    if (why.line == 0)
        return args_usage(a, "--%s: %s", why.field, why.note);
    return args_usage(a, "--%s:%u:%u: %s", why.field, why.line, why.column, why.note);
}
