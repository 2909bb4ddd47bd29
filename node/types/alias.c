#include "types/alias.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "types/designator.h"

static bool
begins(const char *id, const char *scheme)
{
    return strncmp(id, scheme, strlen(scheme)) == 0;
}

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool
is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static char
upper(uint8_t c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* How many bytes from ${from} on ${is}. */
static size_t
run_of(struct span s, size_t from, bool (*is)(uint8_t))
{
    size_t n = 0;

    while (from + n < s.n && is(s.p[from + n]))
        n++;
    return n;
}

enum alias_class
alias_class(const char *id)
{
    struct span rest;

    if (begins(id, "norad:"))
        return ALIAS_NORAD;
    if (begins(id, "cospar:"))
        return ALIAS_COSPAR;
    if (begins(id, "name:"))
        return ALIAS_NAME;
    if (begins(id, "id:"))
        return ALIAS_OTHER;
    if (!begins(id, "neo:"))
        return ALIAS_NONE;
    rest = span_str(id + 4);
    if (rest.n > 0 && run_of(rest, 0, is_digit) == rest.n)
        return ALIAS_NUMBER;
    if (run_of(rest, 0, is_digit) == 4 && (run_of(rest, 4, is_letter) == 2 || rest.n == 7))
        return ALIAS_PROVISIONAL;
    return ALIAS_OTHER;
}

void
alias_put(struct buf *out, const char *id)
{
    size_t n = strlen(id);

    if (n > 0 && n < ALIAS_BYTES)
        buf_put(out, id, n + 1);
}

void
alias_end(struct buf *out)
{
    /* A group of none is none. */
    if (out->n > 0 && (out->n < 2 || out->p[out->n - 2] != 0))
        buf_put_byte(out, 0);
}

void
alias_put_norad(struct buf *out, struct span number)
{
    uint64_t n = designator_norad(number);
    char id[ALIAS_BYTES];

    if (n == 0)
        return;
    (void)snprintf(id, sizeof id, "norad:%" PRIu64, n);
    alias_put(out, id);
}

void
alias_put_cospar(struct buf *out, struct span cospar)
{
    char id[ALIAS_BYTES];

    if (!designator_is_cospar(cospar))
        return;
    (void)snprintf(id, sizeof id, "cospar:%.*s", (int)cospar.n, (const char *)cospar.p);
    alias_put(out, id);
}

void
alias_put_neo(struct buf *out, struct span designation)
{
    char id[ALIAS_BYTES];

    if (alias_neo(designation, id))
        alias_put(out, id);
}

/* Letters in upper case, each run of blanks and control characters one ${blank}, none at the ends; cut at a character. */
static size_t
copy_folded(struct span text, char blank, char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n && n + 1 < size; i++) {
        bool is_blank = text.p[i] <= ' ' || text.p[i] == 0x7f;

        if (is_blank && (n == 0 || out[n - 1] == blank))
            continue;
        out[n++] = is_blank ? blank : upper(text.p[i]);
    }
    while (n > 0 && out[n - 1] == blank)
        n--;
    out[n] = 0;
    n = text_utf8_prefix(span_of(out, n));
    out[n] = 0;
    return n;
}

/* What sources write where they know no name. */
static bool
is_known(struct span name)
{
    static const char *const none[] = {"UNKNOWN", "TBD", "N/A", "NONE", "TBA - TO BE ASSIGNED"};

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (text_equal_nocase(name, none[i]))
            return false;
    }
    return name.n > 0;
}

static bool
name_id(struct span name, char out[ALIAS_BYTES])
{
    memcpy(out, "name:", 5);
    return copy_folded(name, ' ', out + 5, ALIAS_BYTES - 5) > 0 && is_known(span_str(out + 5));
}

void
alias_put_name(struct buf *out, struct span name)
{
    char id[ALIAS_BYTES];

    if (name_id(name, id))
        alias_put(out, id);
}

void
alias_put_catalog(struct buf *out, struct span catalog, struct span designator)
{
    char id[ALIAS_BYTES] = "id:";
    size_t n = 3;

    if (text_equal_nocase(catalog, "SATCAT") || text_equal_nocase(catalog, "CSPOC")) {
        alias_put_norad(out, designator);
        return;
    }
    if (!is_known(text_trim(catalog)) || !is_known(text_trim(designator)) || catalog.n + designator.n > 58)
        return;
    n += copy_folded(catalog, '_', id + n, sizeof id - n);
    id[n++] = '/';
    if (copy_folded(designator, '_', id + n, sizeof id - n) > 0)
        alias_put(out, id);
}

void
alias_of(const struct type *type, const ProtobufCMessage *msg, struct subject *subject, struct buf *out)
{
    buf_clear(out);
    if (type->identity != NULL)
        type->identity(msg, subject, out);
    if (buf_failed(out))
        buf_clear(out);
    if (out->n > 5 && out->n <= sizeof subject->object[0] + 1 && subject->object[0][0] == 0 &&
        memcmp(out->p, "name:", 5) == 0)
        memcpy(subject->object[0], out->p, strlen((const char *)out->p) + 1);
}

bool
alias_take(struct span *text, const char **id)
{
    const uint8_t *end = text->n > 0 ? memchr(text->p, 0, text->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - text->p) : 0;

    if (end == NULL || n >= ALIAS_BYTES) {
        *text = span_of(NULL, 0);
        return false;
    }
    *id = (const char *)text->p;
    *text = span_of(end + 1, text->n - n - 1);
    return n > 0;
}

/* Of the packed forms: 0-9, A-Z, a-z. */
static int
base62(uint8_t c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

/* "J95X00A", "PLS2040", "T1S3138". */
static bool
unpack_provisional(struct span s, char out[ALIAS_BYTES])
{
    int cycle;

    if (s.n != 7)
        return false;
    if (memcmp(s.p, "PLS", 3) == 0 || (s.p[0] == 'T' && s.p[1] >= '1' && s.p[1] <= '3' && s.p[2] == 'S')) {
        if (run_of(s, 3, is_digit) != 4)
            return false;
        (void)snprintf(out, ALIAS_BYTES, "neo:%.4s%c-%c", (const char *)s.p + 3, s.p[0], s.p[1]);
        return true;
    }
    if (s.p[0] < 'I' || s.p[0] > 'L' || run_of(s, 1, is_digit) != 2 || s.p[3] < 'A' || s.p[3] > 'Y' ||
        base62(s.p[4]) < 0 || !is_digit(s.p[5]) || s.p[6] < 'A' || s.p[6] > 'Z')
        return false;
    cycle = base62(s.p[4]) * 10 + s.p[5] - '0';
    (void)snprintf(out, ALIAS_BYTES, "neo:%d%.2s%c%c", s.p[0] - 'A' + 10, (const char *)s.p + 1, s.p[3],
                   s.p[6]);
    if (cycle > 0)
        (void)snprintf(out + strlen(out), 16, "%d", cycle);
    return true;
}

/* "00433", "A0345" (100345), "~0000" (620000). */
static bool
unpack_number(struct span s, char out[ALIAS_BYTES])
{
    long n = 0;

    if (s.n != 5)
        return false;
    if (s.p[0] == '~') {
        for (size_t i = 1; i < 5; i++) {
            if (base62(s.p[i]) < 0)
                return false;
            n = n * 62 + base62(s.p[i]);
        }
        n += 620000;
    } else {
        if (!is_letter(s.p[0]) || run_of(s, 1, is_digit) != 4)
            return false;
        for (size_t i = 1; i < 5; i++)
            n = n * 10 + s.p[i] - '0';
        n += 10000L * base62(s.p[0]);
    }
    (void)snprintf(out, ALIAS_BYTES, "neo:%ld", n);
    return true;
}

/* "2023 VD3", "2023VD3", "2040 P-L": year or number, a blank or none, and what follows to the end. */
static bool
read_provisional(struct span s, char out[ALIAS_BYTES])
{
    size_t at = s.n > 4 && s.p[4] == ' ' ? 5 : 4;
    struct span rest;

    if (run_of(s, 0, is_digit) != 4 || s.n <= at)
        return false;
    rest = span_of(s.p + at, s.n - at);
    if (!(run_of(rest, 0, is_letter) == 2 && 2 + run_of(rest, 2, is_digit) == rest.n && rest.n <= 6) &&
        !(rest.n == 3 && rest.p[1] == '-' && is_letter(rest.p[0])))
        return false;
    memcpy(out, "neo:", 4);
    memcpy(out + 4, s.p, 4);
    for (size_t i = 0; i < rest.n; i++)
        out[8 + i] = upper(rest.p[i]);
    out[8 + rest.n] = 0;
    return true;
}

/* "99942", "(99942)", and either with a name behind it. */
static bool
read_number(struct span s, char out[ALIAS_BYTES])
{
    bool in_brackets = s.n > 0 && s.p[0] == '(';
    size_t from = in_brackets ? 1 : 0, n = run_of(s, from, is_digit), end = from + n;
    uint64_t number;

    if (in_brackets && (end >= s.n || s.p[end++] != ')'))
        return false;
    if (n == 0 || n > 9 || (end < s.n && s.p[end] != ' ') ||
        num_uint(span_of(s.p + from, n), 999999999, &number) != 0 || number == 0)
        return false;
    (void)snprintf(out, ALIAS_BYTES, "neo:%" PRIu64, number);
    return true;
}

bool
alias_neo(struct span text, char out[ALIAS_BYTES])
{
    struct span s = text_trim(text);
    size_t n = 4;

    if (read_provisional(s, out) || read_number(s, out) || unpack_provisional(s, out) ||
        unpack_number(s, out))
        return true;
    memcpy(out, "neo:", 4);
    for (size_t i = 0; i < s.n && n + 1 < ALIAS_BYTES; i++) {
        if (s.p[i] > ' ')
            out[n++] = (char)s.p[i];
    }
    out[n] = 0;
    out[text_utf8_prefix(span_str(out))] = 0;
    return out[4] != 0;
}

/* "25544", "A0345" (Alpha-5: no I, no O). */
static bool
read_norad(struct span s, char out[ALIAS_BYTES])
{
    uint64_t n = 0;

    if (s.n == 5 && is_letter(s.p[0]) && run_of(s, 1, is_digit) == 4) {
        char c = upper(s.p[0]);

        if (c == 'I' || c == 'O')
            return false;
        n = (uint64_t)(c - 'A' + 10 - (c > 'I') - (c > 'O')) * 10000;
        for (size_t i = 1; i < 5; i++)
            n += (uint64_t)(s.p[i] - '0') * (i == 1 ? 1000 : i == 2 ? 100 : i == 3 ? 10 : 1);
    } else if (run_of(s, 0, is_digit) == s.n) {
        n = designator_norad(s);
    }
    if (n == 0)
        return false;
    (void)snprintf(out, ALIAS_BYTES, "norad:%" PRIu64, n);
    return true;
}

/* "1998-067A", and "98067A" as element sets have it. */
static bool
read_cospar(struct span s, char out[ALIAS_BYTES])
{
    char id[16];
    size_t n = 0;

    if (s.n < 6 || s.n > 11)
        return false;
    if (run_of(s, 0, is_digit) == 5 && 5 + run_of(s, 5, is_letter) == s.n && s.n <= 8) {
        int year = (s.p[0] - '0') * 10 + s.p[1] - '0';

        n = (size_t)snprintf(id, sizeof id, "%d-%.*s", year + (year < 57 ? 2000 : 1900), (int)s.n - 2,
                             (const char *)s.p + 2);
    } else {
        n = (size_t)snprintf(id, sizeof id, "%.*s", (int)s.n, (const char *)s.p);
    }
    for (size_t i = 0; i < n; i++)
        id[i] = upper((uint8_t)id[i]);
    if (!designator_is_cospar(span_of(id, n)))
        return false;
    (void)snprintf(out, ALIAS_BYTES, "cospar:%.*s", (int)n, id);
    return true;
}

static bool
read_id(struct span s, char out[ALIAS_BYTES])
{
    memcpy(out, "id:", 3);
    return s.n < ALIAS_BYTES - 3 && copy_folded(s, '_', out + 3, ALIAS_BYTES - 3) > 0;
}

bool
alias_parse(const char *text, char out[ALIAS_BYTES])
{
    static const struct {
        const char *scheme;
        bool (*read)(struct span s, char out[ALIAS_BYTES]);
    } schemes[] = {{"norad:", read_norad},
                   {"cospar:", read_cospar},
                   {"neo:", alias_neo},
                   {"name:", name_id},
                   {"id:", read_id}};
    struct span s = text_trim(span_str(text));

    if (s.n == 0 || s.n >= ALIAS_BYTES)
        return false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i].scheme);

        if (s.n >= n && memcmp(s.p, schemes[i].scheme, n) == 0)
            return schemes[i].read(text_trim(span_of(s.p + n, s.n - n)), out);
    }
    return read_norad(s, out) || read_cospar(s, out) || read_provisional(s, out) ||
           unpack_provisional(s, out) || read_number(s, out) || name_id(s, out);
}
