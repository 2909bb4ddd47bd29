#include "types/designator.h"

#include <inttypes.h>
#include <stdio.h>

#include "astro/timescale.h"
#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"

#define NORAD_MAX 999999999 /* nine digits (502.0-B-3 table 4-3) */

static bool
is_digits(struct span s, size_t from, size_t n)
{
    for (size_t i = from; i < from + n; i++) {
        if (i >= s.n || s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return true;
}

bool
designator_is_cospar(struct span id)
{
    if (id.n < 9 || id.n > 11 || !is_digits(id, 0, 4) || id.p[4] != '-' || !is_digits(id, 5, 3))
        return false;
    for (size_t i = 8; i < id.n; i++) {
        if (id.p[i] < 'A' || id.p[i] > 'Z')
            return false;
    }
    return true;
}

int
designator_record(struct span id, const char *keyword, struct why *why)
{
    static const char digits[] = "0123456789abcdef";
    size_t log = 0;

    while (log < id.n && log < 32 && memchr(digits, id.p[log], 16) != NULL)
        log++;
    if (log == 32 && id.n > 33 && id.n <= 33 + 13 && id.p[32] == ':' && is_digits(id, 33, id.n - 33))
        return 0;
    return why_set(why, WHY_FIELD_VALUE, 0, 0, keyword,
                   "expected a record id: a log (32 hexadecimal digits), a colon, a number");
}

uint64_t
designator_norad(struct span id)
{
    uint64_t n;

    return num_uint(id, NORAD_MAX, &n) == 0 ? n : 0;
}

void
designator_key(const char *name, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", name);
    out[text_utf8_prefix(span_str(out))] = 0;
}

struct utc
designator_utc(struct span text, struct span system)
{
    const double dut1_s = 0.0;
    struct utc given, utc;

    if (utc_parse(text, &given) != 0)
        return (struct utc){0, 0};
    if (span_is(system, "UTC"))
        return given;
    switch (timescale_utc(given, system, &dut1_s, &utc)) {
    case TIMESCALE_DONE:
        return utc;
    case TIMESCALE_EARLY:
        return given;
    default:
        return (struct utc){0, 0};
    }
}

void
designator_object(const char *number, const char *cospar, const char *name, char *out, size_t size)
{
    uint64_t norad = designator_norad(span_str(number != NULL ? number : ""));

    if (norad > 0) {
        (void)snprintf(out, size, "norad:%" PRIu64, norad);
        return;
    }
    if (cospar != NULL && designator_is_cospar(span_str(cospar))) {
        (void)snprintf(out, size, "cospar:%s", cospar);
        return;
    }
    (void)snprintf(out, size, "name:%s", name != NULL ? name : "");
    out[text_utf8_prefix(span_str(out))] = 0;
    for (char *p = out + strlen("name:"); *p != 0; p++)
        *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
}

/* `2023VD3`, `6344P-L`: a year or a number of four digits, and two capitals or a survey. */
static bool
is_provisional(const char *text)
{
    const char *p = text + 4;

    if (strspn(text, "0123456789") != 4)
        return false;
    if ((p[0] == 'P' || p[0] == 'T') && p[1] == '-')
        return p[2] != 0 && p[3] == 0;
    return p[0] >= 'A' && p[0] <= 'Z' && p[1] >= 'A' && p[1] <= 'Z' &&
           p[2 + strspn(p + 2, "0123456789")] == 0;
}

void
designator_neo(const char *name, char *out, size_t size)
{
    char bare[LIMIT_NAME_BYTES];
    size_t n = 0, digits;

    for (const char *p = name; *p != 0 && n + 1 < sizeof bare; p++) {
        if (*p != ' ' && *p != '(' && *p != ')')
            bare[n++] = *p;
    }
    bare[n] = 0;
    digits = strspn(bare, "0123456789");
    if (digits > 0 && !is_provisional(bare))
        bare[digits] = 0;
    (void)snprintf(out, size, "neo:%s", bare);
    out[text_utf8_prefix(span_str(out))] = 0;
}
